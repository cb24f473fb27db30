//! Limits in force: how far other rules limit what a rule allows. The strictest limit of all that apply holds.

use std::borrow::Cow;

use super::reading::reading;
use super::sets::InForce;
use super::statements::{StatementRef, statements};
use crate::analysis::{Analysis, Part};
use crate::compiler::Checked;
use crate::decision::Effect;
use crate::limits::LimitExceeded;
use crate::model::Scope;
use crate::source::SourceKind;
use crate::syntax::ast::Rule;
use crate::vocabulary::Channel;

/// The limits on what the rules of some files allow.
///
/// # Errors
///
/// When a question meets a limit of the analysis.
pub(super) fn in_force(
    analysis: &Analysis<'_>,
    checked: &Checked,
    is_wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<InForce>, LimitExceeded> {
    let mut found = Vec::new();
    for file in checked.files() {
        let Some(source) = checked.sources().get(file.source) else { continue };
        if source.kind() == SourceKind::Catalogue || !is_wanted(source.name()) {
            continue;
        }
        for statement in statements(file) {
            let StatementRef::Rule(rule) = statement.kind else { continue };
            for channel in [Channel::Copy, Channel::Notify] {
                let scope = statement.permitted_on(channel);
                let Some(scope) = scope.and_then(|text| checked.question(&text).ok()) else {
                    continue;
                };
                let parts = parts(analysis, checked, statement.policy_name(), &scope)?;
                let Some((limit, by)) = beyond(rule, channel, &parts) else { continue };
                found.push(InForce {
                    file: source.name().to_owned(),
                    policy: statement.policy_name().map(str::to_owned),
                    rule: statement.text(),
                    limit,
                    by,
                });
            }
        }
    }
    Ok(found)
}

/// The decisions about what a rule of a policy matches where the policy applies; of a report-only one as if it were live.
fn parts(
    analysis: &Analysis<'_>,
    checked: &Checked,
    policy: Option<&str>,
    scope: &Scope,
) -> Result<Vec<Part>, LimitExceeded> {
    // The rule is one of the set: it has a policy.
    let Ok((read, id)) = reading(checked, policy) else { return Ok(Vec::new()) };
    match (&read, Analysis::new(&read)) {
        (Cow::Owned(_), Ok(live)) => live.decide_in(id, scope),
        _ => analysis.decide_in(id, scope),
    }
}

/// The strictest limit of some decisions, if it is stricter than that of the rule, with the rules that say so.
fn beyond(rule: &Rule, channel: Channel, parts: &[Part]) -> Option<(String, Vec<String>)> {
    // Where no policy applies, the rule allows nothing that is not allowed anyway.
    let is_allowed = |part: &&Part| part.answer.enforced && part.answer.effect == Effect::Allow;
    let allowed = || parts.iter().filter(is_allowed);
    let least = allowed().filter_map(|part| part.answer.limits.characters).min();
    let limit = match channel {
        Channel::Copy => characters_beyond(rule, least?)?,
        _ if rule.scope.without_content.is_some() => return None,
        _ => "without content".to_owned(),
    };
    let holds = |part: &&Part| match channel {
        Channel::Copy => part.answer.limits.characters == least,
        _ => part.answer.limits.content == Some(false),
    };
    let limited = || allowed().filter(holds);
    limited().next()?;
    let rules = limited().flat_map(|part| &part.answer.by);
    let mut by: Vec<_> = rules
        .filter(|rule| rule.rule.contains(&limit))
        .map(|rule| format!("`{}`: `{}`", rule.policy, rule.rule))
        .collect();
    by.sort();
    by.dedup();
    let part = if limited().count() < allowed().count() { " in part" } else { "" };
    Some((format!("{limit}{part}"), by))
}

/// A limit on characters as a rule says it; `None` if the rule has one that is as strict.
fn characters_beyond(rule: &Rule, least: u32) -> Option<String> {
    let own = rule.scope.up_to.as_ref().map(|limit| limit.value);
    let is_stricter = own.is_none_or(|own| u64::from(least) < own);
    is_stricter.then(|| format!("up to {least} characters"))
}
