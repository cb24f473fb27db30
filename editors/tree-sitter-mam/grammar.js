/**
 * @file Tree-sitter grammar of `.mam` policy files.
 *
 * It accepts what `grammar/mam.pest` accepts. Where the two differ, the file of pest is right: a
 * test parses every policy of the repository with both, and compares the keywords.
 */

/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

const CHANNELS = [
  'any', 'share', 'invoke', 'copy', 'open', 'save', 'link', 'call', 'message', 'type', 'print',
  'backup', 'notify', 'capture', 'sync', 'assist',
];

const SETS = [
  'any', 'any-app', 'any-storage', 'corporate-storage', 'personal-storage', 'managed',
  'unmanaged', 'unlisted',
];

const ACCOUNTS = ['work', 'personal', 'other', 'any'];

const FIELDS = [
  'length', 'kind', 'simple', 'attempts', 'history', 'expires', 'biometrics',
  'biometrics-override', 'biometrics-class', 'biometrics-change', 'recheck',
  'skip-with-device-pin', 'class',
];

const UNITS = ['minute', 'minutes', 'hour', 'hours', 'day', 'days'];

const list = (rule) => seq(rule, repeat(seq(',', rule)));

module.exports = grammar({
  name: 'mam',

  word: ($) => $._word,

  extras: ($) => [/[ \t\r\n]/, $.comment],

  // A comma behind the last string of `not in` leads to another string, or to the next test.
  conflicts: ($) => [[$._excluded]],

  supertypes: ($) => [$._declaration, $._statement],

  inline: ($) => [$._scope_clause],

  rules: {
    source_file: ($) => repeat(choice($.doc, $._declaration)),

    // ------------------------------------------------------------ declarations

    _declaration: ($) => choice(
      $.version, $.use, $.tenant, $.app, $.storage, $.group, $.users, $.filter, $.policy, $.expect,
    ),

    version: ($) => seq('mam', field('number', $.number)),

    use: ($) => seq('use', field('path', choice($.name, $.string))),

    tenant: ($) => seq('tenant', field('name', $.name), field('domain', $.string)),

    app: ($) => seq(
      'app', field('name', $.name), optional(field('title', $.string)),
      optional(field('body', $.app_body)),
    ),
    app_body: ($) => seq('{', repeat(choice($.app_ids, $.app_trait)), '}'),
    app_ids: ($) => seq(field('kind', $.id_kind), list($.string)),
    id_kind: (_) => choice('ios', 'android', 'windows', 'url'),
    app_trait: (_) => choice('sdk', 'multi-identity', 'container', 'on-premises'),

    storage: ($) => seq(
      'storage', field('name', $.name), optional(field('title', $.string)),
      field('kind', $.storage_kind),
    ),
    storage_kind: (_) => choice('corporate', 'personal'),

    group: ($) => seq('group', field('name', $.name), '=', field('members', $.set)),

    users: ($) => seq('users', field('name', $.name), optional(field('title', $.string))),

    filter: ($) => seq('filter', field('name', $.name), optional(field('title', $.string))),

    // ------------------------------------------------------------ policies

    policy: ($) => seq(
      'policy', field('name', $.name), optional(field('title', $.string)), optional('report-only'),
      field('body', $.policy_body),
    ),
    policy_body: ($) => seq('{', repeat(choice($.doc, $._statement)), '}'),

    _statement: ($) => choice(
      $.for, $.on, $.devices, $.protect, $.yields, $.otherwise, $.rule, $.require, $.launch,
      $.setting, $.expect,
    ),

    protect: ($) => seq('protect', $.set, optional('unconfirmed')),
    yields: ($) => seq(
      'yields', 'to',
      choice(seq('any', optional(seq('except', list($.name)))), list($.name)),
    ),
    otherwise: ($) => seq('otherwise', field('effect', alias(choice('allow', 'block'), $.effect))),

    rule: ($) => prec.right(seq(
      field('effect', $.effect), $.channels,
      repeat(choice($._scope_clause, $._limit, $.because)),
    )),
    effect: (_) => choice('allow', 'block', 'accept', 'refuse'),

    _limit: ($) => choice($.up_to, $.without_content, $.tagged, $.app_wide),
    up_to: ($) => seq('up', 'to', $.number, choice('character', 'characters')),
    without_content: (_) => seq('without', 'content'),
    tagged: (_) => seq('tagged', 'work'),
    app_wide: (_) => 'app-wide',
    because: ($) => seq('because', $.string),

    // ------------------------------------------------------------ scopes

    _scope_clause: ($) => choice($.from, $.to, $.for, $.on, $.devices),

    channels: ($) => list($.channel),
    channel: (_) => choice(...CHANNELS),

    from: ($) => seq('from', $.set),
    to: ($) => seq('to', $.set),

    set: ($) => seq(list($.term), optional(seq('except', list($.term)))),
    term: ($) => seq(
      choice($.name, $.set_word, $.string),
      optional(seq('as', $.account)),
      optional('deployed'),
    ),
    set_word: (_) => choice(...SETS),
    account: (_) => choice(...ACCOUNTS),

    for: ($) => seq('for', choice(
      seq('exactly', choice(seq('none', repeat($.matching)), list($.member))),
      seq(
        choice(
          seq('any', repeat($.matching)),
          list($.member),
          seq($.member, repeat1(seq('and', $.member))),
        ),
        optional(seq('except', list($.member))),
      ),
    )),
    member: ($) => seq($.name, repeat($.matching)),
    matching: ($) => seq(optional('not'), 'matching', field('filter', $.name)),

    on: ($) => seq('on', $._words),
    devices: ($) => seq('devices', $._words),
    _words: ($) => seq(
      choice('any', list($.constant)),
      optional(seq('except', list($.constant))),
    ),
    constant: ($) => $._word,

    // ------------------------------------------------------------ expectations

    expect: ($) => prec.right(seq('expect', choice(
      seq('no', 'path', repeat(choice($.by, $.avoiding, $._scope_clause))),
      seq(
        field('effect', alias(choice('allow', 'block'), $.effect)), $.channels,
        repeat(choice($._scope_clause, $._limit)),
      ),
      seq(
        field('effect', alias(choice('allow', 'warn', 'block', 'wipe'), $.effect)),
        $.access_scope,
      ),
      seq('require', $._requirement, $.access_scope),
    ))),
    by: ($) => seq('by', $.channels),
    avoiding: ($) => seq('avoiding', $.set),

    // ------------------------------------------------------------ access

    require: ($) => prec.right(seq('require', $._requirement, repeat(choice($.on, $.devices)))),
    _requirement: ($) => prec.right(seq(
      field('requirement', $.requirement),
      choice(field('body', $.requirement_body), repeat($.field)),
    )),
    requirement: ($) => $._word,
    requirement_body: ($) => seq('{', repeat($.field), '}'),
    field: ($) => seq(
      field('name', $.field_name),
      optional(field('value', choice($._amount, $.attempts, $.constant))),
    ),
    field_name: (_) => choice(...FIELDS),
    _amount: ($) => choice($.number, $.duration),
    duration: ($) => seq($.number, $.unit),
    unit: (_) => choice(...UNITS),
    attempts: ($) => list(seq($.number, 'then', $.constant)),

    launch: ($) => prec.right(seq(
      'launch', field('effect', alias($._word, $.effect)), 'when',
      $.condition, repeat(choice($.on, $.devices, $.because)),
    )),
    condition: ($) => prec.right(seq(
      field('fact', $.fact),
      optional(choice(
        seq($.comparison, field('value', $._value)),
        seq('not', 'in', list($.string)),
        field('value', $.constant),
      )),
    )),
    fact: ($) => $._word,
    comparison: (_) => choice('<', '>'),
    _value: ($) => choice($.date, $.version_number, $._amount, $.constant),

    access_scope: ($) => prec.right(seq(
      'launch', optional($.set), repeat(choice($.for, $.on, $.devices, $.when)),
    )),
    when: ($) => seq('when', choice(
      $.rest_unknown,
      seq(list($.fact_test), optional(seq(',', $.rest_unknown))),
    )),
    rest_unknown: (_) => seq('rest', 'unknown'),
    fact_test: ($) => prec.right(seq(
      optional('not'),
      field('fact', $.fact),
      optional(choice(
        seq($.comparison, field('value', $._value)),
        seq('not', 'in', $._excluded),
        field('value', choice($._value, $.string)),
      )),
    )),
    _excluded: ($) => list($.string),

    setting: ($) => seq('setting', field('name', $.string), '=', field('value', $._json)),
    _json: ($) => choice(
      $.json_object, $.json_array, $.json_string, $.json_number, $.json_constant,
    ),
    json_object: ($) => seq('{', optional(list($.json_member)), '}'),
    json_member: ($) => seq(field('key', $.json_string), ':', field('value', $._json)),
    json_array: ($) => seq('[', optional(list($._json)), ']'),
    json_string: (_) => token(/"([^"\\\x00-\x1F]|\\(["\\\/bfnrt]|[uU][0-9A-Fa-f]{4}))*"/),
    json_number: (_) => token(/-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/),
    json_constant: (_) => choice('true', 'false', 'null'),

    // ------------------------------------------------------------ tokens

    name: ($) => $._word,
    _word: (_) => /[a-z][A-Za-z0-9_-]*/,

    string: ($) => seq('"', repeat(choice($._string_text, $.escape)), token.immediate('"')),
    _string_text: (_) => token.immediate(prec(1, /[^"\\\n]+/)),
    escape: (_) => token.immediate(/\\(["\\n]|u\{[0-9A-Fa-f]{1,6}\})/),

    number: (_) => /[0-9]+/,
    version_number: (_) => /[0-9]+(\.[0-9]+)+/,
    date: (_) => /[0-9]{4}-[0-9]{2}-[0-9]{2}/,

    doc: (_) => /\/\/\/([^\/\n][^\n]*)?/,
    comment: (_) => token(choice(/\/\/([^\/\n][^\n]*)?/, /\/\/\/\/[^\n]*/)),
  },
});
