//! Limits in force: how far other rules limit what a rule allows. The strictest limit of all that apply holds.

use super::sets::InForce;
use super::statements::{StatementRef, statements};
use crate::analysis::{Analysis, Part};
use crate::compiler::Checked;
use crate::decision::Effect;
use crate::limits::LimitExceeded;
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
                let Some((limit, by)) = beyond(rule, channel, &analysis.decide(&scope)?) else {
                    continue;
                };
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

/// The strictest limit of some decisions, if it is stricter than that of the rule, with the rules that say so.
fn beyond(rule: &Rule, channel: Channel, parts: &[Part]) -> Option<(String, Vec<String>)> {
    let allowed = || parts.iter().filter(|part| part.answer.effect == Effect::Allow);
    let (limit, holds): (String, Box<dyn Fn(&Part) -> bool>) = match channel {
        Channel::Copy => {
            let least = allowed().filter_map(|part| part.answer.limits.characters).min()?;
            let own = rule.scope.up_to.as_ref().map(|limit| limit.value);
            if own.is_some_and(|own| own <= u64::from(least)) {
                return None;
            }
            let holds = move |part: &Part| part.answer.limits.characters == Some(least);
            (format!("up to {least} characters"), Box::new(holds))
        }
        _ => {
            let holds = |part: &Part| part.answer.limits.content == Some(false);
            if rule.scope.without_content.is_some() || !allowed().any(holds) {
                return None;
            }
            ("without content".to_owned(), Box::new(holds))
        }
    };
    let limited = || allowed().filter(|part| holds(part));
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
