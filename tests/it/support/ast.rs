//! Random syntax trees: every kind of declaration, statement and clause, with awkward strings.
//!
//! They keep to the grammar and to nothing else: names are declared nowhere, policies make no sense.
//! All spans are one and the same; [`without_spans`] compares trees without them.

use mam::source::{Sources, Span};
use mam::syntax::ast::*;
use mam::vocabulary::{Account, Channel, Effect, RuleEffect};
use proptest::collection::{btree_map, vec};
use proptest::option::{of, weighted};
use proptest::prelude::*;
use proptest::sample::select;

/// Words that are no names.
const RESERVED: &str = "mam use tenant app storage group users policy report-only protect yields \
    otherwise allow block accept refuse expect require launch setting for on devices from to up \
    without tagged app-wide because by avoiding share invoke copy open save link call message type \
    print backup notify capture sync assist any any-app any-storage corporate-storage \
    personal-storage managed unmanaged unlisted deployed as work personal other except exactly none \
    and not when";

const FIELDS: [&str; 13] = [
    "length",
    "kind",
    "simple",
    "attempts",
    "history",
    "expires",
    "biometrics-override",
    "biometrics-class",
    "biometrics-change",
    "biometrics",
    "recheck",
    "skip-with-device-pin",
    "class",
];

/// A tree's debug text with every span left out, comments too: equal for trees that say the same.
pub(crate) fn without_spans(file: &File) -> String {
    let file = File { comments: Vec::new(), ..file.clone() };
    let text = format!("{file:#?}");
    let mut pieces = text.split("Span {\n");
    let first = pieces.next().unwrap_or("").to_owned();
    pieces
        .fold(first, |text, piece| text + "…" + piece.split_once('}').map_or("", |(_, rest)| rest))
}

/// The span of everything here.
fn span() -> Span {
    Span { source: Sources::default().add("", ""), start: 0, end: 0 }
}

fn spanned<T>(value: T) -> Spanned<T> {
    Spanned { value, span: span() }
}

/// A whole file.
pub(crate) fn file() -> impl Strategy<Value = File> {
    let version = Item { docs: Vec::new(), span: span(), kind: ItemKind::Version(spanned(1)) };
    vec(item(), 0..8).prop_map(move |items| File {
        source: span().source,
        items: std::iter::once(version.clone()).chain(items).collect(),
        comments: Vec::new(),
        broken: Vec::new(),
    })
}

fn item() -> impl Strategy<Value = Item> {
    (docs(), item_kind()).prop_map(|(docs, kind)| Item { docs, span: span(), kind })
}

fn item_kind() -> impl Strategy<Value = ItemKind> {
    prop_oneof![
        prop_oneof![name().prop_map(Use::Catalogue), text().prop_map(Use::File)]
            .prop_map(ItemKind::Use),
        (name(), text()).prop_map(|(name, domain)| ItemKind::Tenant(Tenant { name, domain })),
        (name(), of(text()), of(vec(app_entry(), 0..5)))
            .prop_map(|(name, title, entries)| ItemKind::App(App { name, title, entries })),
        (name(), of(text()), any::<bool>()).prop_map(|(name, title, corporate)| {
            ItemKind::Storage(Storage { name, title, corporate })
        }),
        (name(), set()).prop_map(|(name, set)| ItemKind::Group(Group { name, set })),
        (name(), of(text())).prop_map(|(name, title)| ItemKind::Users(Users { name, title })),
        (name(), of(text())).prop_map(|(name, title)| ItemKind::Filter(Filter { name, title })),
        policy().prop_map(ItemKind::Policy),
        expect().prop_map(ItemKind::Expect),
        expect_access().prop_map(ItemKind::ExpectAccess),
    ]
}

fn app_entry() -> impl Strategy<Value = AppEntry> {
    let kinds = select(vec![IdKind::Ios, IdKind::Android, IdKind::Windows, IdKind::Url]);
    let traits = select(vec![
        AppTrait::Sdk,
        AppTrait::MultiIdentity,
        AppTrait::Container,
        AppTrait::OnPremises,
    ]);
    prop_oneof![
        (kinds, vec(text(), 1..5)).prop_map(|(kind, ids)| AppEntry::Ids(spanned(kind), ids)),
        traits.prop_map(|value| AppEntry::Trait(spanned(value))),
    ]
}

fn policy() -> impl Strategy<Value = Policy> {
    let body = (vec((docs(), head_clause()), 0..5), vec((docs(), statement()), 0..10));
    (name(), of(text()), any::<bool>(), body).prop_map(
        |(name, title, report_only, (head, rest))| Policy {
            name,
            title,
            report_only: report_only.then(span),
            body: head
                .into_iter()
                .chain(rest)
                .map(|(docs, kind)| Statement { docs, span: span(), kind })
                .collect(),
            complete: true,
        },
    )
}

/// A statement of a policy's head. Behind another statement some would be read as its clauses.
fn head_clause() -> impl Strategy<Value = StatementKind> {
    prop_oneof![
        people().prop_map(StatementKind::For),
        protect().prop_map(StatementKind::Protect),
        words().prop_map(StatementKind::On),
        words().prop_map(StatementKind::Devices),
        yields().prop_map(StatementKind::Yields),
        select(Effect::ALL).prop_map(StatementKind::Otherwise),
    ]
}

fn yields() -> impl Strategy<Value = Yields> {
    prop_oneof![
        names().prop_map(Yields::To),
        of(names()).prop_map(|names| Yields::Any { except: names.unwrap_or_default() }),
    ]
}

fn protect() -> impl Strategy<Value = Protect> {
    (set(), any::<bool>()).prop_map(|(set, unsure)| Protect { set, unconfirmed: unsure.then(span) })
}

/// A statement that may stand anywhere in a policy.
pub(crate) fn statement() -> impl Strategy<Value = StatementKind> {
    prop_oneof![
        1 => protect().prop_map(StatementKind::Protect),
        4 => rule().prop_map(StatementKind::Rule),
        2 => require().prop_map(StatementKind::Require),
        2 => launch().prop_map(StatementKind::Launch),
        2 => (text(), json())
            .prop_map(|(name, value)| StatementKind::Setting(Setting { name, value })),
        2 => expect().prop_map(StatementKind::Expect),
        2 => expect_access().prop_map(StatementKind::ExpectAccess),
    ]
}

/// A rule with any of its clauses.
pub(crate) fn rule() -> impl Strategy<Value = Rule> {
    (select(RuleEffect::ALL), scope(), limits(), weighted(0.3, text())).prop_map(
        |(effect, scope, limits, because)| Rule {
            effect: spanned(effect),
            scope: Scope { because, ..with_limits(scope, limits) },
        },
    )
}

/// An expectation of either kind.
pub(crate) fn expect() -> impl Strategy<Value = Expect> {
    let effect = (select(Effect::ALL), scope(), limits()).prop_map(|(effect, scope, limits)| {
        Expect { claim: Claim::Effect(effect), scope: with_limits(scope, limits) }
    });
    let no_path = (scope(), any::<bool>(), weighted(0.3, set())).prop_map(
        |(scope, any_channel, avoiding)| {
            let channels = if any_channel { Vec::new() } else { scope.channels.clone() };
            Expect { claim: Claim::NoPath, scope: Scope { channels, avoiding, ..scope } }
        },
    );
    prop_oneof![2 => effect, 1 => no_path]
}

/// A scope as a question has it: no limits, no `because`.
pub(crate) fn scope() -> impl Strategy<Value = Scope> {
    let ends = (weighted(0.5, set()), weighted(0.5, set()));
    let context = (weighted(0.3, people()), weighted(0.3, words()), weighted(0.3, words()));
    (vec(channel(), 1..5), ends, context).prop_map(
        |(channels, (from, to), (people, platforms, devices))| Scope {
            channels,
            from,
            to,
            people,
            platforms,
            devices,
            ..Scope::default()
        },
    )
}

fn channel() -> impl Strategy<Value = Spanned<ChannelWord>> {
    let one = select(Channel::ALL).prop_map(ChannelWord::One);
    prop_oneof![1 => Just(ChannelWord::Any), 8 => one].prop_map(spanned)
}

type Limits = (Option<u64>, [bool; 3]);

fn limits() -> impl Strategy<Value = Limits> {
    (weighted(0.2, prop_oneof![0..3u64, any::<u64>()]), any::<[bool; 3]>())
}

fn with_limits(scope: Scope, (up_to, [without_content, tagged, app_wide]): Limits) -> Scope {
    Scope {
        up_to: up_to.map(spanned),
        without_content: without_content.then(span),
        tagged: tagged.then(span),
        app_wide: app_wide.then(span),
        ..scope
    }
}

/// A set of endpoints; now and then one that takes several lines.
pub(crate) fn set() -> impl Strategy<Value = Set> {
    let terms = prop_oneof![9 => vec(term(), 1..4), 1 => vec(term(), 10..20)];
    let except = prop_oneof![2 => Just(Vec::new()), 1 => vec(term(), 1..3)];
    (terms, except).prop_map(|(terms, except)| Set { terms, except, span: span() })
}

fn term() -> impl Strategy<Value = Term> {
    let words = select(vec![
        SetWord::Any,
        SetWord::AnyApp,
        SetWord::AnyStorage,
        SetWord::CorporateStorage,
        SetWord::PersonalStorage,
        SetWord::Managed,
        SetWord::Unmanaged,
        SetWord::Unlisted,
    ]);
    let account =
        prop_oneof![Just(AccountWord::Any), select(Account::ALL).prop_map(AccountWord::One),];
    let what = prop_oneof![
        2 => words.prop_map(TermKind::Word),
        4 => name().prop_map(TermKind::Name),
        1 => text().prop_map(TermKind::Id),
    ];
    (what, weighted(0.2, account), weighted(0.1, Just(span()))).prop_map(
        |(what, account, deployed)| Term {
            what,
            account: account.map(spanned),
            deployed,
            span: span(),
        },
    )
}

fn people() -> impl Strategy<Value = People> {
    let members = || vec(member(), 1..4);
    let few = || vec(member(), 0..3);
    let some = (weighted(0.7, members()), few()).prop_map(|(of, except)| People::Some {
        of,
        except,
        span: span(),
    });
    let any = (matching(1), few()).prop_map(|(matching, except)| People::Some {
        of: Some(vec![Member { group: None, matching }]),
        except,
        span: span(),
    });
    let every = (vec(member(), 2..4), few()).prop_map(|(of, except)| People::Every {
        of,
        except,
        span: span(),
    });
    let exactly = few().prop_map(|of| People::Exactly { of, span: span() });
    let none = matching(1).prop_map(|matching| People::Exactly {
        of: vec![Member { group: None, matching }],
        span: span(),
    });
    prop_oneof![4 => some, 1 => any, 2 => every, 2 => exactly, 1 => none]
}

fn member() -> impl Strategy<Value = Member> {
    (name(), matching(0)).prop_map(|(name, matching)| Member { group: Some(name), matching })
}

/// Tests of filters, so many at least.
fn matching(least: usize) -> impl Strategy<Value = Vec<Matching>> {
    let test = (name(), any::<bool>()).prop_map(|(filter, holds)| Matching { filter, holds });
    vec(test, least..3)
}

fn words() -> impl Strategy<Value = Words> {
    (of(names()), few_names()).prop_map(|(of, except)| Words { of, except, span: span() })
}

fn require() -> impl Strategy<Value = Require> {
    let what = select(vec!["pin", "credentials", "encryption", "other"]).prop_map(word);
    let fields = prop_oneof![4 => vec(field(), 0..4), 1 => vec(field(), 5..12)];
    (what, fields, of(words()), of(words()))
        .prop_map(|(what, fields, platforms, devices)| Require { what, fields, platforms, devices })
}

fn field() -> impl Strategy<Value = Field> {
    let value = prop_oneof![amount(), name().prop_map(Value::Word)];
    (select(&FIELDS[..]), of(value)).prop_map(|(name, value)| Field {
        name: word(name),
        value,
        span: span(),
    })
}

fn amount() -> impl Strategy<Value = Value> {
    let units = select(vec!["minutes", "minute", "hours", "hour", "days", "day"]);
    prop_oneof![
        any::<u64>().prop_map(|number| Value::Number(spanned(number))),
        (0..100u64, units).prop_map(|(number, unit)| Value::Amount(spanned(number), word(unit))),
        vec((0..100u64, name()), 1..4).prop_map(|outcomes| {
            let outcomes = outcomes.into_iter();
            Value::Then(outcomes.map(|(number, word)| (spanned(number), word)).collect())
        }),
    ]
}

fn launch() -> impl Strategy<Value = Launch> {
    let action = select(vec!["warn", "block", "wipe"]).prop_map(word);
    let subject = prop_oneof![
        select(vec!["os", "jailbroken", "offline", "company-portal-age"]).prop_map(word),
        name(),
    ];
    let condition = prop_oneof![
        4 => (subject, test()),
        // Anything else behind `app` could be the declaration of an app.
        1 => (Just(word("app")), value().prop_map(Test::Less)),
    ];
    let clauses = (weighted(0.3, words()), weighted(0.3, words()), weighted(0.3, text()));
    (action, condition, clauses).prop_map(
        |(action, (subject, test), (platforms, devices, because))| Launch {
            action,
            subject,
            test,
            platforms,
            devices,
            because,
        },
    )
}

fn expect_access() -> impl Strategy<Value = ExpectAccess> {
    let effect = select(vec!["allow", "warn", "block", "wipe"]);
    let required = (select(vec!["pin", "encryption"]), vec(field(), 0..4));
    let claim = prop_oneof![
        effect.prop_map(|effect| AccessClaim::Effect(word(effect))),
        required.prop_map(|(what, fields)| {
            let what = word(what);
            AccessClaim::Require(Require { what, fields, platforms: None, devices: None })
        }),
    ];
    let places = (weighted(0.3, words()), weighted(0.3, words()));
    (claim, of(set()), weighted(0.3, people()), places, weighted(0.6, when())).prop_map(
        |(claim, set, people, (platforms, devices), when)| ExpectAccess {
            claim,
            scope: AccessScope { set, people, platforms, devices, when, span: span() },
        },
    )
}

fn when() -> impl Strategy<Value = When> {
    (vec(fact_test(), 0..4), any::<bool>()).prop_map(|(tests, rest)| When {
        rest_unknown: (rest || tests.is_empty()).then(span),
        tests,
    })
}

fn fact_test() -> impl Strategy<Value = FactTest> {
    let subject = select(vec!["os", "jailbroken", "offline", "threat", "model", "company-portal"]);
    let test = prop_oneof![
        3 => test(),
        1 => value().prop_filter("a word is another test", |value| !matches!(value, Value::Word(_)))
            .prop_map(Test::Equals),
        1 => text().prop_map(Test::Named),
        1 => Just(Test::Is(word("unknown"))),
    ];
    (any::<bool>(), subject, test).prop_map(|(is_negated, subject, test)| FactTest {
        is_negated,
        subject: word(subject),
        test,
        span: span(),
    })
}

fn test() -> impl Strategy<Value = Test> {
    prop_oneof![
        Just(Test::Holds),
        name().prop_map(Test::Is),
        value().prop_map(Test::Less),
        value().prop_map(Test::Greater),
        vec(text(), 1..12).prop_map(Test::NotIn),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        amount(),
        name().prop_map(Value::Word),
        "[0-9]{1,3}(\\.[0-9]{1,2}){1,3}".prop_map(|text| Value::Version(word(&text))),
        "20[0-9]{2}-[01][0-9]-[0-3][0-9]".prop_map(|text| Value::Date(word(&text))),
    ]
}

/// A JSON value.
pub(crate) fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        "-?(0|[1-9][0-9]{0,5})(\\.[0-9]{1,3})?([eE][+-]?[0-9]{1,2})?".prop_map(Json::Number),
        json_string().prop_map(Json::String),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let members = btree_map(json_string(), inner.clone(), 0..6);
        prop_oneof![
            vec(inner, 0..6).prop_map(Json::Array),
            members.prop_map(|members| Json::Object(members.into_iter().collect())),
        ]
    })
}

fn json_string() -> impl Strategy<Value = String> {
    string().prop_map(|text| serde_json::Value::from(text).to_string())
}

/// Up to two names.
fn few_names() -> impl Strategy<Value = Vec<Name>> {
    prop_oneof![2 => Just(Vec::new()), 1 => vec(name(), 1..3)]
}

fn names() -> impl Strategy<Value = Vec<Name>> {
    vec(name(), 1..4)
}

/// A name that may stand anywhere: no reserved word, no key of a requirement.
pub(crate) fn name() -> impl Strategy<Value = Name> {
    "[a-z][a-z0-9-]{0,11}"
        .prop_filter("reserved", |text| {
            !RESERVED.split(' ').any(|word| word == text) && !FIELDS.contains(&text.as_str())
        })
        .prop_map(|text| word(&text))
}

fn word(text: &str) -> Name {
    Name { text: text.to_owned(), span: span() }
}

fn docs() -> impl Strategy<Value = Vec<Text>> {
    let doc = string().prop_map(|text| text.replace('\n', " ").trim_end().to_owned());
    prop_oneof![3 => Just(Vec::new()), 1 => vec(doc.prop_map(text_of), 1..3)]
}

fn text() -> impl Strategy<Value = Text> {
    string().prop_map(text_of)
}

fn text_of(value: String) -> Text {
    Text { value, span: span() }
}

/// Strings that printers get wrong: quotes, slashes, braces, controls, wide characters.
pub(crate) fn string() -> impl Strategy<Value = String> {
    let odd = select(vec![
        '"', '\\', '\n', '\r', '\t', '\0', '\u{7f}', '\u{85}', '\u{2028}', '\u{feff}', '/', '{',
        '}', ',', ' ', 'n', 'u', 'é', '漢', '🦀',
    ]);
    prop_oneof![
        4 => "[ -~]{0,20}",
        2 => vec(odd, 0..8).prop_map(String::from_iter),
        1 => vec(any::<char>(), 0..8).prop_map(String::from_iter),
        1 => "[a-z ]{60,120}",
    ]
}
