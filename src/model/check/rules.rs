//! Checks of rules and settings inside their policy.

use std::collections::BTreeMap;

use super::limits::channel_text;
use super::sets::{scope_sets, side_word};
use super::witness::{ChannelContext, contexts_of, witness};
use crate::diagnostic::{Code, Diagnostic, has_error};
use crate::model::resolved::Model;
use crate::model::sets::{Candidate, Context, Managed};
use crate::model::types::{AppId, EndpointSet, Policy, PolicyId, Rule};
use crate::source::Span;
use crate::syntax::ast::{self, ChannelWord, Spanned, StatementKind};
use crate::vocabulary::{Account, Channel, Channels, Effect, Kind, RuleEffect, Side};

/// Reports everything wrong with a rule's scope. It is compared with the policy's head if that has no
/// errors.
pub(in crate::model) fn rule(
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

/// Reports a rule that permits without naming the other side. On channels that lead to places it may be
/// left out, and so it may in a rule that forbids, which then means every endpoint.
fn missing_target(rule: &Rule, ast: &ast::Scope, found: &mut Vec<Diagnostic>) {
    if rule.effect.effect() == Effect::Block {
        return;
    }
    let (missing, other) = match rule.effect.side() {
        Side::Source => (ast.to.is_none(), Side::Target),
        Side::Target => (ast.from.is_none(), Side::Source),
    };
    let needs = |channel: &Channel| channel.kind_at(other) != Kind::Place;
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

/// A place, a message and a help.
type Contradiction = (Option<Span>, String, &'static str);

/// The reason for which a rule matches no movement inside its policy, if there is one.
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
    if contexts_of(rule.scope.channels, platforms, devices).next().is_none() {
        let message = format!("`{}` is for none of these devices", policy.name);
        let span = ast.devices.as_ref().map(|words| words.span);
        return Some((
            span,
            message,
            "a rule is for some of the device states that the head names",
        ));
    }
    contradicting_set(
        model,
        rule,
        ast,
        contexts_of(rule.scope.channels, platforms, devices).collect(),
    )
}

/// The reason for which one of the rule's sets is empty inside its policy, if there is one.
fn contradicting_set(
    model: &Model,
    rule: &Rule,
    ast: &ast::Scope,
    contexts: Vec<ChannelContext>,
) -> Option<Contradiction> {
    let policy = model.policy(rule.policy);
    let own = rule.effect.side();
    let (own_ast, other, other_ast) = match own {
        Side::Source => (&ast.from, Side::Target, &ast.to),
        Side::Target => (&ast.to, Side::Source, &ast.from),
    };
    let protects = |at: &ChannelContext| protected(model, policy, rule, own, *at);
    let contexts: Vec<_> = contexts.into_iter().filter(protects).collect();
    if contexts.is_empty() {
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
    if !contexts.iter().any(|at| witness(model, set, other, *at).is_some()) {
        let message = "none of these exists on the platforms and devices of this rule".to_owned();
        let help = "change the set, or `on` and `devices`";
        return Some((other_ast.as_ref().map(|set| set.span), message, help));
    }
    None
}

/// Whether the rule's own side may hold an app that the policy protects.
fn protected(model: &Model, policy: &Policy, rule: &Rule, side: Side, at: ChannelContext) -> bool {
    let context = Context { model, platform: at.platform };
    let in_set = |candidate: Candidate| {
        let Candidate::App { account, .. } = candidate else { return false };
        let is_work = account == Account::Work;
        let managed = if is_work { Managed::Surely } else { Managed::Perhaps };
        (is_work || rule.app_wide)
            && rule.scope.side(side).is_none_or(|set| set.may_hold(context, candidate, managed))
    };
    let is_protected = |app: &AppId| {
        let found = policy.protect.binary_search_by_key(app, |(app, _)| *app);
        let platforms = found.ok().and_then(|at| policy.protect.get(at));
        platforms.is_some_and(|(_, platforms)| platforms.contains(at.platform))
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

/// Reports settings with two values.
pub(in crate::model) fn settings(policy: &ast::Policy, found: &mut Vec<Diagnostic>) {
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

/// Reports rules without limits that repeat the policy's default.
pub(in crate::model) fn repeats(model: &Model, id: PolicyId, found: &mut Vec<Diagnostic>) {
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
        let limited = match rule.effect {
            RuleEffect::Allow => limited_allows,
            RuleEffect::Accept => limited_accepts,
            RuleEffect::Block | RuleEffect::Refuse => continue,
        };
        let default_allows = policy.default_effect(rule.effect.side()) == Effect::Allow;
        let widens = !limited.and(rule.scope.channels).is_empty();
        // A rule with a text has an effect: answers show it.
        let is_plain = rule.obligations.is_none() && rule.because.is_none();
        if !default_allows || !is_plain || widens {
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
