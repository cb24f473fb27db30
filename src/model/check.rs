//! What resolves but makes no sense, or can have no effect.
//!
//! Takes in AST and resolved parts side by side, gives out diagnostics only. What can have no effect
//! is an error where it is surely a mistake, else a warning; never silence. Whether a movement is
//! allowed is not asked here.

use std::collections::BTreeMap;

use super::ids::{AppId, PolicyId};
use super::links;
use super::sets::{Candidate, EndpointSet, Managed, Setting, Term, What};
use super::{AccountReading, App, ChainScope, Model, Policy, Rule, Scope, Yields, words};
use crate::diagnostic::{Code, Diagnostic, has_error};
use crate::limits::Limits;
use crate::source::Span;
use crate::syntax::ast::{self, ChannelWord, SetWord, Spanned, StatementKind};
use crate::vocabulary::{
    Account, Channel, Channels, DeviceState, DeviceStates, Effect, Kind, Platform, Platforms,
    RuleEffect, Side,
};

// ---------------------------------------------------------------- declarations

/// Traits that need others, and url patterns that match no link.
pub(super) fn app(app: &App, ast: &ast::App, found: &mut Vec<Diagnostic>) {
    for entry in ast.entries.iter().flatten() {
        let one = match entry {
            ast::AppEntry::Trait(one) => one,
            ast::AppEntry::Ids(kind, ids) => {
                let is_idle = |id: &&ast::Text| {
                    kind.value == ast::IdKind::Url && links::canonical(&id.value).is_none()
                };
                found.extend(ids.iter().filter(is_idle).map(idle_url));
                continue;
            }
        };
        let idle = match one.value {
            ast::AppTrait::MultiIdentity | ast::AppTrait::OnPremises => !app.sdk,
            ast::AppTrait::Container => app.sdk,
            ast::AppTrait::Sdk => false,
        };
        if idle {
            let word = one.value.word();
            let (message, help) = if one.value == ast::AppTrait::Container {
                let message = "a container cannot be protected, `sdk` or not".to_owned();
                (message, "keep one of `sdk` and `container`")
            } else {
                let message = format!("`{word}` means nothing for an app without `sdk`");
                (message, "add `sdk` if the app carries the MAM SDK, or leave it out")
            };
            found.push(Diagnostic::new(Code::NoEffect, message).at(one.span, "").help(help));
        }
    }
}

/// A url pattern that matches no link.
fn idle_url(pattern: &ast::Text) -> Diagnostic {
    let message = format!("`{}` matches no link", pattern.value);
    Diagnostic::new(Code::NoEffect, message).at(pattern.span, "").help(
        "write a scheme, `\"wbx:\"`, or a host and a path, `\"*.zoom.us/*\"`; user, port, query and \
         fragment are no part of a pattern",
    )
}

/// A group names apps and storages: words, accounts and `deployed` belong where it is used.
pub(super) fn group(set: &ast::Set, found: &mut Vec<Diagnostic>) -> Option<()> {
    let errors = found.len();
    for term in set.terms.iter().chain(&set.except) {
        if let ast::TermKind::Word(word) = &term.what {
            let message = format!("`{}` in the definition of a group", word.word());
            let help = "a group names apps, storages and places; write the word in the rule";
            let diagnostic = Diagnostic::new(Code::GroupWord, message);
            found.push(diagnostic.at(term.span, "not a name").help(help));
        }
        let place = "in the definition of a group";
        qualifiers(term, place, "say it where the group is used: `NAME as work`", found);
    }
    (found.len() == errors).then_some(())
}

/// Refuses `as` and `deployed` on a term.
fn qualifiers(term: &ast::Term, place: &str, help: &str, found: &mut Vec<Diagnostic>) {
    let account = term.account.map(|account| ("as", account.span));
    let deployed = term.deployed.map(|span| ("deployed", span));
    found.extend(account.into_iter().chain(deployed).map(|(word, span)| {
        let message = format!("`{word}` cannot stand {place}");
        Diagnostic::new(Code::BadQualifier, message).at(span, "").help(help)
    }));
}

// ---------------------------------------------------------------- heads

const fn is_head(kind: &StatementKind) -> Option<&'static str> {
    Some(match kind {
        StatementKind::For(_) => "for",
        StatementKind::Protect(_) => "protect",
        StatementKind::On(_) => "on",
        StatementKind::Devices(_) => "devices",
        StatementKind::Yields(_) => "yields to",
        StatementKind::Otherwise(_) => "otherwise",
        StatementKind::Rule(_)
        | StatementKind::Require(_)
        | StatementKind::Launch(_)
        | StatementKind::Setting(_)
        | StatementKind::Expect(_) => return None,
    })
}

/// A place near the beginning of a statement behind the head.
const fn opening(statement: &ast::Statement) -> Span {
    match &statement.kind {
        StatementKind::Rule(rule) => rule.effect.span,
        StatementKind::Require(require) => require.what.span,
        StatementKind::Launch(launch) => launch.action.span,
        StatementKind::Setting(setting) => setting.name.span,
        _ => statement.span,
    }
}

/// The head comes first, each clause once.
pub(super) fn head_order(policy: &ast::Policy, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut body = None;
    for statement in &policy.body {
        let Some(word) = is_head(&statement.kind) else {
            body = body.or(Some(opening(statement)));
            continue;
        };
        if let Some(body) = body {
            let message = format!("`{word}` belongs to the head of the policy");
            found.push(
                Diagnostic::new(Code::Misplaced, message)
                    .at(statement.span, "stands behind a rule")
                    .at(body, "the head ends here")
                    .help("move it above the first rule"),
            );
        }
        if let Some(first) = seen.insert(word, statement.span) {
            let message = format!("a second `{word}` in the head of `{}`", policy.name.text);
            found.push(
                Diagnostic::new(Code::DuplicateClause, message)
                    .at(statement.span, "again")
                    .at(first, "first here")
                    .help("join them, or write two policies"),
            );
        }
    }
}

/// `for` and `protect` are required.
pub(super) fn head_clauses(policy: &ast::Policy, found: &mut Vec<Diagnostic>) {
    if !policy.complete {
        return;
    }
    for (word, help) in [
        ("for", "say for whom it is: `for any`, `for staff`"),
        ("protect", "say which apps it protects: `protect any`, `protect outlook, word`"),
    ] {
        if !policy.body.iter().any(|statement| is_head(&statement.kind) == Some(word)) {
            let message = format!("the policy `{}` has no `{word}`", policy.name.text);
            let diagnostic = Diagnostic::new(Code::MissingHeadClause, message);
            found.push(diagnostic.at(policy.name.span, "").help(help));
        }
    }
}

/// A head that holds on no device, or where the product cannot keep it.
pub(super) fn head(model: &Model, id: PolicyId, ast: &ast::Policy, found: &mut Vec<Diagnostic>) {
    let policy = model.policy(id);
    let devices = ast.body.iter().find_map(|statement| match &statement.kind {
        StatementKind::Devices(words) => Some(words),
        _ => None,
    });
    if let Some(words) = devices {
        let exists = |state: &DeviceState| policy.platforms.iter().any(|on| state.exists_on(on));
        if !policy.devices.iter().any(|state| exists(&state)) {
            let message = "no device of these platforms is in these states";
            let diagnostic = Diagnostic::new(Code::EmptyScope, message);
            found.push(diagnostic.at(words.span, "").help("change `on` or `devices`"));
        } else {
            idle_states(words, exists, found);
        }
    }
    let on_premises = policy.protect.iter().find(|(app, _)| model.app(*app).on_premises);
    if let Some((app, _)) = on_premises
        && policy.devices.contains(DeviceState::Configmgr)
    {
        let name = &model.app(*app).name;
        let message =
            format!("`{}` does not apply to `{name}` on `configmgr` devices", policy.name);
        let help = "write `devices any except configmgr`, and another policy for those devices";
        let why = format!("protects `{name}`, which is `on-premises`");
        found.push(Diagnostic::new(Code::Unsupported, message).at(policy.span, why).help(help));
    }
    let absent = policy
        .protect
        .iter()
        .filter(|(app, on)| on.and(model.app(*app).platforms).and(policy.platforms).is_empty());
    let absent: Vec<_> = absent.map(|(app, _)| format!("`{}`", model.app(*app).name)).collect();
    if absent.len() == policy.protect.len() && !absent.is_empty() {
        let message =
            format!("none of the apps that `{}` protects exists on its platforms", policy.name);
        let help = "change `on`, or give the apps ids for these platforms";
        let on = ast.body.iter().find_map(|statement| match &statement.kind {
            StatementKind::On(words) => Some(words.span),
            _ => None,
        });
        let span = on.unwrap_or(policy.span);
        found.push(Diagnostic::new(Code::EmptyScope, message).at(span, "").help(help));
    }
}

/// States that none of the platforms knows, named one by one.
fn idle_states(
    words: &ast::Words,
    exists: impl Fn(&DeviceState) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    for word in words.of.iter().flatten() {
        if DeviceState::from_word(&word.text).is_some_and(|state| !exists(&state)) {
            let message = format!("`{}` exists on none of these platforms", word.text);
            let diagnostic = Diagnostic::new(Code::NoEffect, message);
            found.push(diagnostic.at(word.span, "").help("leave it out, or add `android` to `on`"));
        }
    }
}

/// `protect` takes names, and of the words only `any` and `any-app`.
pub(super) fn protect_words(set: &ast::Set, found: &mut Vec<Diagnostic>) {
    for term in set.terms.iter().chain(&set.except) {
        if let ast::TermKind::Word(word) = &term.what
            && !matches!(word, SetWord::Any | SetWord::AnyApp)
        {
            let message = format!("`{}` cannot be protected", word.word());
            let help = "name apps or groups of apps; `any` takes all that can be protected";
            let diagnostic = Diagnostic::new(Code::CannotProtect, message);
            found.push(diagnostic.at(term.span, "").help(help));
        }
        let help = "leave it out: a policy protects the work account, deployed or not";
        qualifiers(term, "in `protect`", help, found);
    }
}

/// A named app must carry the SDK and be no container.
pub(super) fn protect_term(
    model: &Model,
    what: What,
    ast: &ast::Term,
    found: &mut Vec<Diagnostic>,
) {
    let apps: Vec<_> = match what {
        What::Word(_) => return,
        What::App(app, _) => vec![app],
        What::Group(group) => model.group(group).apps.iter().map(|(app, _)| *app).collect(),
        What::UnlistedOn(_) | What::Storage(_) | What::Place(_) => Vec::new(),
    };
    let other = match what {
        What::Group(group) => {
            let group = model.group(group);
            let only_apps = group.storages.is_empty() && group.places.is_empty();
            (!only_apps).then_some("holds more than apps")
        }
        What::Storage(_) => Some("is a storage"),
        What::Place(_) => Some("is a place"),
        What::UnlistedOn(_) | What::Word(_) | What::App(..) => None,
    };
    if let Some(why) = other {
        let message = format!("`{}` cannot be protected: it {why}", term_text(ast));
        let diagnostic = Diagnostic::new(Code::CannotProtect, message).at(ast.span, "");
        found.push(diagnostic.help("name the apps that shall be protected"));
    }
    for app in apps.into_iter().map(|id| model.app(id)).filter(|app| !app.can_be_protected()) {
        let (why, help) = match app.span {
            _ if app.container => (
                "is another vendor's container",
                "one container cannot protect another; leave it out",
            ),
            Some(_) => ("has no `sdk`", "add `sdk` where it is declared if it carries the MAM SDK"),
            None => ("has no `sdk`", "an app with the MAM SDK is declared with `app NAME { sdk }`"),
        };
        let message = format!("`{}` cannot be protected: it {why}", app.name);
        let mut diagnostic = Diagnostic::new(Code::CannotProtect, message).at(ast.span, "");
        if let Some(span) = app.span {
            diagnostic = diagnostic.at(span, "declared here");
        }
        found.push(diagnostic.help(help));
    }
}

/// A term without what stands behind it, as it is written.
fn term_text(term: &ast::Term) -> &str {
    match &term.what {
        ast::TermKind::Word(word) => word.word(),
        ast::TermKind::Name(name) => &name.text,
        ast::TermKind::Id(id) => &id.value,
    }
}

/// Policies that give way to each other would never be decided, and long chains of them cost what
/// nested brackets cost.
pub(super) fn yields(model: &Model, limits: &Limits, found: &mut Vec<Diagnostic>) {
    let mut done = vec![false; model.policies.len()];
    for start in model.policy_ids() {
        let mut path = vec![start];
        let mut open: Vec<Vec<PolicyId>> = vec![yields_to(model, start)];
        while let Some(next) = open.last_mut() {
            match next.pop() {
                Some(id) if path.contains(&id) => {
                    let from = path.iter().position(|one| *one == id).unwrap_or(0);
                    yields_circle(model, path.get(from..).unwrap_or(&path), found);
                    path.drain(..).for_each(|id| done[id.index()] = true);
                    break;
                }
                Some(id) if done[id.index()] => {}
                Some(_) if path.len() >= limits.nesting => {
                    let (length, limit) = (path.len() + 1, limits.nesting);
                    let message =
                        format!("policies yield to each other {length} deep, the limit is {limit}");
                    let span = model.policy(start).span;
                    let diagnostic = Diagnostic::new(Code::Nesting, message);
                    let help = "let the policies yield to fewer others";
                    found.push(diagnostic.at(span, "starts here").help(help));
                    return;
                }
                Some(id) => {
                    path.push(id);
                    open.push(yields_to(model, id));
                }
                None => {
                    open.pop();
                    if let Some(id) = path.pop() {
                        done[id.index()] = true;
                    }
                }
            }
        }
    }
}

fn yields_to(model: &Model, id: PolicyId) -> Vec<PolicyId> {
    match &model.policy(id).yields {
        Yields::No => Vec::new(),
        Yields::To(ids) => ids.clone(),
        Yields::Any => {
            let stays = |other: &PolicyId| {
                let other = model.policy(*other);
                other.yields != Yields::Any && !other.report_only
            };
            model.policy_ids().filter(stays).collect()
        }
    }
}

fn yields_circle(model: &Model, path: &[PolicyId], found: &mut Vec<Diagnostic>) {
    let name = |id: &PolicyId| format!("`{}`", model.policy(*id).name);
    let names: Vec<_> = path.iter().map(name).collect();
    let message = match names.as_slice() {
        [one] => format!("the policy {one} yields to itself"),
        names => format!("policies that yield to each other: {}", names.join(", ")),
    };
    let mut diagnostic = Diagnostic::new(Code::YieldsCircle, message);
    for (id, next) in path.iter().zip(path.iter().cycle().skip(1)) {
        let label = format!("yields to {}", name(next));
        diagnostic = diagnostic.at(model.policy(*id).span, label);
    }
    found.push(diagnostic.help("take one `yields to` out"));
}

/// A property cannot have two values.
pub(super) fn settings(policy: &ast::Policy, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    for statement in &policy.body {
        let StatementKind::Setting(setting) = &statement.kind else { continue };
        if let Some(first) = seen.insert(&setting.name.value, setting.name.span) {
            let message = format!("the setting `{}` stands twice", setting.name.value);
            let diagnostic = Diagnostic::new(Code::DuplicateName, message);
            found.push(
                diagnostic
                    .at(setting.name.span, "again")
                    .at(first, "first here")
                    .help("keep one of them"),
            );
        }
    }
}

// ---------------------------------------------------------------- channels and limits

/// The channels on which a rule of this effect can be judged.
pub(super) fn channels_for(effect: RuleEffect) -> Channels {
    let judged = |channel: &Channel| channel.judged_at(effect.side());
    Channel::ALL.iter().copied().filter(judged).collect()
}

/// Named channels must fit the effect.
pub(super) fn channel_effect(rule: &ast::Rule, found: &mut Vec<Diagnostic>) {
    let effect = rule.effect.value;
    let fitting = channels_for(effect);
    for channel in &rule.scope.channels {
        let ChannelWord::One(one) = channel.value else { continue };
        if !fitting.contains(one) {
            let message = format!("`{effect}` does not fit `{one}`");
            let help = match (effect, one) {
                (RuleEffect::Allow, Channel::Open) => {
                    "`open` is judged where data arrives: `accept`".to_owned()
                }
                (RuleEffect::Block, Channel::Open) => {
                    "`open` is judged where data arrives: `refuse`".to_owned()
                }
                (RuleEffect::Accept, _) => format!("`{one}` is judged where data leaves: `allow`"),
                (RuleEffect::Refuse, _) => format!("`{one}` is judged where data leaves: `block`"),
                (RuleEffect::Allow | RuleEffect::Block, _) => "use another channel".to_owned(),
            };
            let diagnostic = Diagnostic::new(Code::ChannelEffect, message);
            found.push(diagnostic.at(channel.span, "").help(help));
        }
    }
}

/// The limits that a scope writes: their words, places, and the channels that have them.
fn limits_of(scope: &ast::Scope) -> Vec<(&'static str, Span, Channels)> {
    let one = |channel| [channel].into_iter().collect();
    let arriving = channels_for(RuleEffect::Accept);
    [
        scope.up_to.map(|limit| ("up to", limit.span, one(Channel::Copy))),
        scope.without_content.map(|span| ("without content", span, one(Channel::Notify))),
        scope.tagged.map(|span| ("tagged work", span, arriving)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A limit belongs to its channel, and to rules that let data through.
pub(super) fn rule_limits(rule: &ast::Rule, found: &mut Vec<Diagnostic>) {
    let effect = rule.effect.value;
    for (word, span, channels) in limits_of(&rule.scope) {
        if effect.effect() == Effect::Block {
            let message =
                format!("`{word}` limits what is let through; `{effect}` lets nothing through");
            let help = format!("write `{}` with the limit", opposite(effect));
            found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
        } else if word == "tagged work" && effect != RuleEffect::Accept {
            let message = "`tagged work` says how data arrives";
            let help = "write `accept … tagged work`";
            found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
        }
        limit_channels(word, span, channels, &rule.scope.channels, found);
    }
    if let Some(span) = rule.scope.app_wide
        && effect.effect() == Effect::Allow
    {
        let message = format!("`app-wide` does not fit `{effect}`");
        let help = "only `block` and `refuse` reach accounts that no policy protects";
        found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
    }
}

const fn opposite(effect: RuleEffect) -> RuleEffect {
    match effect {
        RuleEffect::Allow => RuleEffect::Block,
        RuleEffect::Block => RuleEffect::Allow,
        RuleEffect::Accept => RuleEffect::Refuse,
        RuleEffect::Refuse => RuleEffect::Accept,
    }
}

/// A channel as it is written.
const fn channel_text(channel: ChannelWord) -> &'static str {
    match channel {
        ChannelWord::One(one) => one.word(),
        ChannelWord::Any => "any",
    }
}

fn limit_channels(
    word: &str,
    span: Span,
    channels: Channels,
    named: &[Spanned<ChannelWord>],
    found: &mut Vec<Diagnostic>,
) {
    for channel in named {
        let fits = match channel.value {
            ChannelWord::One(one) => channels.contains(one),
            ChannelWord::Any => channels.len() > 1,
        };
        if !fits {
            let name = channel_text(channel.value);
            let only: Vec<_> = channels.iter().map(|one| format!("`{one}`")).collect();
            let message = format!("`{word}` means nothing for `{name}`");
            let help = match named {
                [_] => format!("leave it out; it is a limit of {}", only.join(", ")),
                _ => format!("it is a limit of {}; write two rules", only.join(", ")),
            };
            found.push(
                Diagnostic::new(Code::LimitChannel, message)
                    .at(channel.span, "this channel has no such limit")
                    .at(span, "the limit")
                    .help(help),
            );
        }
    }
}

/// `expect allow` may ask for a limit; `expect block` may not, and neither knows `app-wide`.
pub(super) fn expect_limits(effect: Effect, scope: &ast::Scope, found: &mut Vec<Diagnostic>) {
    for (word, span, channels) in limits_of(scope) {
        if effect == Effect::Block {
            let message = format!("`{word}` limits what is allowed; what is blocked has no limits");
            let help = format!("write `expect allow … {word}`, or leave it out");
            found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
        }
        limit_channels(word, span, channels, &scope.channels, found);
    }
    if let Some(span) = scope.app_wide {
        let message = "`app-wide` belongs to rules";
        let help = "name the account instead: `from outlook as personal`";
        found.push(Diagnostic::new(Code::LimitChannel, message).at(span, "").help(help));
    }
}

// ---------------------------------------------------------------- sets

const fn side_word(side: Side) -> &'static str {
    match side {
        Side::Source => "from",
        Side::Target => "to",
    }
}

const fn kind_noun(kind: Kind) -> &'static str {
    match kind {
        Kind::App => "an app",
        Kind::Storage => "a storage",
        Kind::Place => "a place",
    }
}

/// Sets that contradict their channels, hold nothing, or have terms that no channel can hold.
pub(super) fn scope_sets(
    model: &Model,
    scope: &Scope,
    ast: &ast::Scope,
    found: &mut Vec<Diagnostic>,
) {
    let is_any = ast.channels.iter().any(|channel| channel.value == ChannelWord::Any);
    if is_any && scope.channels.is_empty() {
        let span = ast.from.as_ref().or(ast.to.as_ref()).map(|set| set.span);
        let message = "no channel that fits leads from such a source to such a target";
        let help = "`save` goes to a storage, `open` comes from one, `print` and its like go to \
                    places; all others lead from app to app";
        let diagnostic = Diagnostic::new(Code::SetContradictsChannel, message);
        found.extend(span.map(|span| diagnostic.at(span, "").help(help)));
        return;
    }
    for (side, resolved, written) in
        [(Side::Source, &scope.from, &ast.from), (Side::Target, &scope.to, &ast.to)]
    {
        let (Some(set), Some(written)) = (resolved, written) else { continue };
        if contradictions(model, ast, side, set, written, found) {
            idle_terms(model, scope, side, set, written, found);
        }
    }
}

/// Finds sets of chains that no movement of the channels leaves, reaches or passes.
pub(super) fn chain_sets(
    model: &Model,
    chain: &ChainScope,
    ast: &ast::Scope,
    found: &mut Vec<Diagnostic>,
) {
    let ChainScope { scope, avoiding } = chain;
    let sides = [Side::Source, Side::Target];
    let sets = [
        (scope.from.as_ref(), &ast.from, "begins", &sides[..1]),
        (scope.to.as_ref(), &ast.to, "ends", &sides[1..]),
        (avoiding.as_ref(), &ast.avoiding, "passes", &sides),
    ];
    for (set, written, verb, sides) in sets {
        let (Some(set), Some(written)) = (set, written) else { continue };
        let fits = |channel: Channel, side: &Side| {
            set.terms.iter().any(|term| term.fits(model, channel, *side))
        };
        let mut channels = scope.channels.iter();
        if !channels.any(|channel| sides.iter().any(|side| fits(channel, side))) {
            let message = format!("no movement on these channels {verb} here");
            let help = "data leaves apps, and storages by `open`; it reaches apps, storages by `save`, \
                        and places by their own channels; without `by` every channel is meant";
            let diagnostic = Diagnostic::new(Code::SetContradictsChannel, message);
            found.push(diagnostic.at(written.span, "").help(help));
        }
    }
}

/// Reports each named channel of whose kind the set holds nothing; gives whether there is none.
fn contradictions(
    model: &Model,
    ast: &ast::Scope,
    side: Side,
    set: &EndpointSet,
    written: &ast::Set,
    found: &mut Vec<Diagnostic>,
) -> bool {
    let errors = found.len();
    for channel in &ast.channels {
        let ChannelWord::One(one) = channel.value else { continue };
        if set.terms.iter().any(|term| term.fits(model, one, side)) {
            continue;
        }
        let kind = kind_noun(super::kind_at(one, side));
        let (verb, word) = match side {
            Side::Source => ("comes from", "source"),
            Side::Target => ("goes to", "target"),
        };
        let message = format!("`{one}` {verb} {kind}, and this {word} holds none");
        let camera =
            |term: &Term| matches!(term.what, What::Storage(id) if !model.storage(id).writable);
        let help = if side == Side::Target && set.terms.iter().any(camera) {
            "data can only be opened from the camera: `accept open`, `refuse open`".to_owned()
        } else {
            hint(one, side, ast.channels.len() > 1)
        };
        found.push(
            Diagnostic::new(Code::SetContradictsChannel, message)
                .at(written.span, format!("no {word} of `{one}`"))
                .at(channel.span, "")
                .help(help),
        );
    }
    found.len() == errors
}

/// What to write where a set contradicts its channel, which may stand beside others.
fn hint(channel: Channel, side: Side, among_others: bool) -> String {
    match (super::kind_at(channel, side), channel, side) {
        (Kind::Place, _, _) if among_others => format!("write a rule of its own for `{channel}`"),
        (Kind::Place, _, _) => {
            let places: Vec<_> = channel.places().iter().map(|place| place.word()).collect();
            format!("leave out `to`, or write {}", words::quoted(&places, "or"))
        }
        (Kind::Storage, Channel::Save, _) => {
            "name a storage, or use `share` for data that goes to an app".to_owned()
        }
        (Kind::Storage, _, _) => "name a storage".to_owned(),
        (Kind::App, _, Side::Target) => {
            "name an app, or use `save` for data that goes to a storage".to_owned()
        }
        (Kind::App, _, Side::Source) => "name an app".to_owned(),
    }
}

/// Terms that none of the channels can hold, exceptions that except nothing, sets that are empty.
fn idle_terms(
    model: &Model,
    scope: &Scope,
    side: Side,
    set: &EndpointSet,
    written: &ast::Set,
    found: &mut Vec<Diagnostic>,
) {
    let fits = |term: &Term| scope.channels.iter().any(|channel| term.fits(model, channel, side));
    let terms = set.terms.iter().zip(&written.terms);
    for (term, ast) in terms.chain(set.except.iter().zip(&written.except)) {
        if !fits(term) {
            let channels: Vec<_> = scope.channels.iter().map(|one| format!("`{one}`")).collect();
            let message = format!(
                "`{}` can be no {} of {}",
                term_text(ast),
                if side == Side::Source { "source" } else { "target" },
                channels.join(", ")
            );
            let diagnostic = Diagnostic::new(Code::IdleTerm, message);
            found.push(diagnostic.at(ast.span, what_noun(model, term)).help("leave it out"));
        } else if let AccountReading::Named(_) = term.accounts
            && has_no_account(model, term)
        {
            let message = format!("`{}` has no such account", term_text(ast));
            let help = "an app without `sdk` has only a personal account";
            let span = ast.account.map_or(ast.span, |account| account.span);
            found.push(Diagnostic::new(Code::EmptySet, message).at(span, "").help(help));
            return;
        }
    }
    if !set.except.is_empty() && !places(scope).any(|at| witness(model, set, side, at).is_some()) {
        let message = format!("the set behind `{}` holds nothing", side_word(side));
        let diagnostic = Diagnostic::new(Code::EmptySet, message);
        found.push(
            diagnostic
                .at(written.span, "everything is left out again")
                .help("take something out of what stands behind `except`"),
        );
    }
}

/// What a term is, as a label says it.
fn what_noun(model: &Model, term: &Term) -> &'static str {
    match term.what {
        What::App(..) | What::UnlistedOn(_) => "an app",
        What::Storage(id) if !model.storage(id).writable => "can only be opened from",
        What::Storage(_) => "a storage",
        What::Place(_) => "a place",
        What::Word(_) | What::Group(_) => "",
    }
}

fn has_no_account(model: &Model, term: &Term) -> bool {
    let holds = |app: &App| {
        let accounts = if app.sdk { Account::ALL } else { &[Account::Personal] };
        accounts.iter().any(|account| term.accounts.holds(*account, app.sdk))
    };
    match term.what {
        What::App(app, _) => !holds(model.app(app)),
        What::Group(group) => {
            !model.group(group).apps.iter().any(|(app, _)| holds(model.app(*app)))
        }
        What::UnlistedOn(_) | What::Word(SetWord::Unlisted) => {
            !term.accounts.holds(Account::Personal, false)
        }
        What::Word(_) | What::Storage(_) | What::Place(_) => false,
    }
}

// ---------------------------------------------------------------- what a scope can match

/// Where a set is asked for.
#[derive(Debug, Clone, Copy)]
struct Spot {
    channel: Channel,
    platform: Platform,
    devices: DeviceStates,
}

/// Every channel and platform of a scope, with the device states that exist there.
fn places(scope: &Scope) -> impl Iterator<Item = Spot> {
    let (platforms, devices) = (scope.platforms, scope.devices);
    spots(scope.channels, platforms, devices)
}

fn spots(
    channels: Channels,
    platforms: Platforms,
    devices: DeviceStates,
) -> impl Iterator<Item = Spot> {
    channels.iter().flat_map(move |channel| {
        let platforms = platforms.iter().filter(move |on| channel.exists_on(*on));
        platforms.filter_map(move |platform| {
            let devices: DeviceStates =
                devices.iter().filter(|state| state.exists_on(platform)).collect();
            (!devices.is_empty()).then_some(Spot { channel, platform, devices })
        })
    })
}

/// Something that the set could hold.
fn witness(model: &Model, set: &EndpointSet, side: Side, at: Spot) -> Option<Candidate> {
    let setting = Setting { model, platform: at.platform };
    let may = |candidate: &Candidate| set.may_hold(setting, *candidate, Managed::Perhaps);
    if super::kind_at(at.channel, side) != Kind::App {
        return Candidate::all(model, at.channel, side, at.platform, at.devices)
            .into_iter()
            .find(may);
    }
    // Most sets hold the first app that they name.
    set.named_apps(model)
        .chain(model.app_ids())
        .filter(|app| model.exists(*app, at.platform))
        .flat_map(|app| Candidate::of_app(model, app, at.platform, at.devices))
        .find(may)
}

/// Everything that can be wrong with a rule's scope; held against the policy's head if that is whole.
pub(super) fn rule(
    model: &Model,
    rule: &Rule,
    ast: &ast::Scope,
    whole_head: bool,
    found: &mut Vec<Diagnostic>,
) {
    let errors = found.len();
    scope_sets(model, &rule.scope, ast, found);
    missing_target(rule, ast, found);
    if whole_head
        && !has_error(found.get(errors..).unwrap_or_default())
        && let Some((span, message, help)) = contradiction(model, rule, ast)
    {
        let span = span.unwrap_or(rule.span);
        let diagnostic = Diagnostic::new(Code::EmptyScope, message);
        found.push(diagnostic.at(span, "this rule can match nothing").help(help));
    }
}

/// What permits says where data goes, unless its channels lead to places anyway; what forbids may
/// leave it out and means everywhere.
fn missing_target(rule: &Rule, ast: &ast::Scope, found: &mut Vec<Diagnostic>) {
    if rule.effect.effect() == Effect::Block {
        return;
    }
    let (missing, other) = match rule.effect.side() {
        Side::Source => (ast.to.is_none(), Side::Target),
        Side::Target => (ast.from.is_none(), Side::Source),
    };
    let needs = |channel: &Channel| super::kind_at(*channel, other) != Kind::Place;
    let Some(channel) = rule.scope.channels.iter().find(needs).filter(|_| missing) else { return };
    let word = side_word(other);
    let is_meant = |one: &&Spanned<ChannelWord>| match one.value {
        ChannelWord::One(named) => named == channel,
        ChannelWord::Any => true,
    };
    let written = ast.channels.iter().find(is_meant);
    let (span, channel) =
        written.map_or((rule.span, channel.word()), |one| (one.span, channel_text(one.value)));
    let what = if other == Side::Target { "goes to" } else { "comes from" };
    let message = format!("`{} {channel}` does not say where the data {what}", rule.effect);
    let help = format!("write `{word} any` if you mean everything");
    found.push(Diagnostic::new(Code::MissingTarget, message).at(span, "").help(help));
}

type Contradiction = (Option<Span>, String, &'static str);

/// Why a rule can match nothing inside its policy, if so.
fn contradiction(model: &Model, rule: &Rule, ast: &ast::Scope) -> Option<Contradiction> {
    let policy = model.policy(rule.policy);
    if let Some(people) = &rule.scope.people
        && !people.meets(&policy.people)
    {
        let message = format!("`{}` is for none of these users", policy.name);
        let span = ast.people.as_ref().map(ast::People::span);
        return Some((span, message, "a rule is for some of the users that the head names"));
    }
    let platforms = rule.scope.platforms.and(policy.platforms);
    if !rule.scope.channels.iter().any(|channel| platforms.iter().any(|on| channel.exists_on(on))) {
        let invoke = rule.scope.channels.contains(Channel::Invoke) && !platforms.is_empty();
        let message = if invoke {
            "`invoke` does not exist on Android".to_owned()
        } else {
            format!("`{}` is for none of these platforms", policy.name)
        };
        let help = if invoke {
            "opening another app is `share` there"
        } else {
            "a rule is for some of the platforms that the head names"
        };
        return Some((ast.platforms.as_ref().map(|words| words.span), message, help));
    }
    let devices = rule.scope.devices.and(policy.devices);
    if spots(rule.scope.channels, platforms, devices).next().is_none() {
        let message = format!("`{}` is for none of these devices", policy.name);
        let span = ast.devices.as_ref().map(|words| words.span);
        return Some((
            span,
            message,
            "a rule is for some of the device states that the head names",
        ));
    }
    contradicting_set(model, rule, ast, spots(rule.scope.channels, platforms, devices).collect())
}

fn contradicting_set(
    model: &Model,
    rule: &Rule,
    ast: &ast::Scope,
    spots: Vec<Spot>,
) -> Option<Contradiction> {
    let policy = model.policy(rule.policy);
    let own = rule.effect.side();
    let (own_ast, other, other_ast) = match own {
        Side::Source => (&ast.from, Side::Target, &ast.to),
        Side::Target => (&ast.to, Side::Source, &ast.from),
    };
    let protects = |at: &Spot| protected(model, policy, rule, own, *at);
    let spots: Vec<_> = spots.into_iter().filter(protects).collect();
    if spots.is_empty() {
        let message = format!("`{}` protects none of these apps here", policy.name);
        let help = if rule.effect.effect() == Effect::Allow || rule.app_wide {
            "name an app that stands behind `protect`, under its work account"
        } else {
            "name an app that stands behind `protect`, under its work account; `app-wide` takes in \
             the others"
        };
        return Some((own_ast.as_ref().map(|set| set.span), message, help));
    }
    let set = rule.scope.side(other)?;
    if !spots.iter().any(|at| witness(model, set, other, *at).is_some()) {
        let message = "none of these exists on the platforms and devices of this rule".to_owned();
        let help = "change the set, or `on` and `devices`";
        return Some((other_ast.as_ref().map(|set| set.span), message, help));
    }
    None
}

/// Whether the rule's own side holds an app that the policy protects.
fn protected(model: &Model, policy: &Policy, rule: &Rule, side: Side, at: Spot) -> bool {
    let setting = Setting { model, platform: at.platform };
    let in_set = |candidate: Candidate| {
        let Candidate::App { account, .. } = candidate else { return false };
        let is_work = account == Account::Work;
        let managed = if is_work { Managed::Surely } else { Managed::Perhaps };
        (is_work || rule.app_wide)
            && rule.scope.side(side).is_none_or(|set| set.may_hold(setting, candidate, managed))
    };
    let is_protected = |app: &AppId| {
        let found = policy.protect.binary_search_by_key(app, |(app, _)| *app);
        found.is_ok_and(|found| policy.protect[found].1.contains(at.platform))
            && model.exists(*app, at.platform)
    };
    let holds = |app: AppId| Candidate::of_app(model, app, at.platform, at.devices).any(&in_set);
    // Most sets name few apps, and hold no others.
    let named = rule.scope.side(side).into_iter().flat_map(|set| set.named_apps(model));
    if named.filter(is_protected).any(holds) {
        return true;
    }
    let names_all = rule.scope.side(side).is_some_and(EndpointSet::names_every_member);
    let mut protected = policy.protect.iter().map(|(app, _)| *app).filter(is_protected);
    !names_all && protected.any(holds)
}

// ---------------------------------------------------------------- rules that change nothing

/// Rules without limits that only repeat what the policy says anyway.
pub(super) fn repeats(model: &Model, id: PolicyId, found: &mut Vec<Diagnostic>) {
    let policy = model.policy(id);
    let rules = || policy.rules.iter().map(|id| model.rule(*id));
    // Beside a rule with limits, one without them is milder and so no repetition.
    let limited = |effect| {
        let limited = rules().filter(|rule| rule.effect == effect && !rule.obligations.is_none());
        limited.fold(Channels::NONE, |channels, rule| channels.or(rule.scope.channels))
    };
    let limited_allows = limited(RuleEffect::Allow);
    let limited_accepts = limited(RuleEffect::Accept);
    for rule in rules() {
        let (default_allows, limited) = match rule.effect {
            RuleEffect::Allow => (policy.otherwise == Effect::Allow, limited_allows),
            RuleEffect::Accept => (true, limited_accepts),
            RuleEffect::Block | RuleEffect::Refuse => continue,
        };
        let widens = !limited.and(rule.scope.channels).is_empty();
        if !default_allows || !rule.obligations.is_none() || widens {
            continue;
        }
        let (message, help) = match rule.effect {
            RuleEffect::Accept => (
                "what comes in is accepted anyway",
                "leave the rule out; an exception belongs to the `refuse`: `refuse … except …`",
            ),
            _ => (
                "`otherwise allow` allows this anyway",
                "leave the rule out; an exception belongs to the `block`: `block … except …`",
            ),
        };
        let mut diagnostic = Diagnostic::new(Code::RepeatsDefault, message).at(rule.span, "");
        if let (RuleEffect::Allow, Some(span)) = (rule.effect, policy.otherwise_span) {
            diagnostic = diagnostic.at(span, "says so already");
        }
        found.push(diagnostic.help(help));
    }
}
