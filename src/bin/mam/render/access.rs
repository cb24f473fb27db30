//! Decisions about accesses in words.
//!
//! Takes in answers, gives out lines: the effect, the reason if no policy applies, the conditions that fired
//! with their places, what is required and by whom. Does not know how decisions are made.

use mam::access::{FieldAnswer, FieldValue, FiredAnswer, RequirementsAnswer, StatementAnswer};
use mam::analysis::{AccessPart, AccessRow};
use mam::decision::RuleScope;
use mam::{AccessAnswer, AccessEffect};

use crate::render::answer::because;
use crate::render::style::{Capabilities, Style};
use crate::render::text::pad;

/// The effect of an answer: `block`, `allow`, `not enforced`.
pub(crate) fn headline(answer: &AccessAnswer) -> String {
    match answer.wipe.as_ref().and_then(|wipe| wipe.unless) {
        _ if !answer.enforced => "not enforced".to_owned(),
        Some(unless) => format!("{} unless {unless}", answer.effect),
        None => answer.effect.to_string(),
    }
}

/// Style of an answer.
pub(crate) fn style(answer: &AccessAnswer) -> Style {
    effect_style(answer.effect, answer.enforced)
}

/// Style of an effect.
pub(crate) const fn effect_style(effect: AccessEffect, enforced: bool) -> Style {
    match effect {
        AccessEffect::Allow if !enforced => Style::Faint,
        AccessEffect::Allow => Style::Good,
        AccessEffect::Warn => Style::Limited,
        _ => Style::Bad,
    }
}

/// An answer without its headline, one line each.
pub(crate) fn details(answer: &AccessAnswer, caps: Capabilities) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(why) = answer.reason {
        lines.push(format!("{} ({why})", why.description()));
    }
    lines.extend(fired(&answer.fired, caps));
    lines.extend(required(&answer.requirements, caps));
    if !answer.unknown.is_empty() {
        let facts = answer.unknown.join(", ");
        lines.push(caps.paint(Style::Faint, format!("unknown: {facts}")));
    }
    for report in &answer.report_only {
        let would = format!("report-only, {} would {}:", report.policy, report.effect);
        lines.push(caps.paint(Style::Faint, would));
        let own = fired(&report.fired, caps).into_iter();
        let own = own.chain(required(&report.requirements, caps));
        lines.extend(own.map(|line| format!("  {line}")));
    }
    lines
}

/// A part of a scope: its scopes, a line for each row, and what is required.
pub(crate) fn part(part: &AccessPart, caps: Capabilities) -> Vec<String> {
    let scopes = part.scopes.iter().map(|scope| caps.paint(Style::Strong, scope).to_string());
    let mut lines: Vec<String> = scopes.collect();
    if let Some(why) = part.reason {
        lines.push(format!("  not enforced: {} ({why})", why.description()));
    }
    if part.enforced && part.rows.is_empty() {
        lines.push("  allow".to_owned());
    }
    let width = part.rows.iter().map(|row| row.when.chars().count()).max().unwrap_or(0);
    for AccessRow { when, effect, fired, .. } in &part.rows {
        let places = fired.iter().map(|one| format!("{} {}:{}", one.policy, one.file, one.line));
        let places = caps.paint(Style::Faint, places.collect::<Vec<_>>().join(", "));
        let effect = pad(effect.word(), 5);
        lines.push(format!("  {effect}  when {}  {places}", pad(when, width)));
    }
    lines.extend(required(&part.requirements, caps).into_iter().map(|line| format!("  {line}")));
    lines
}

/// Conditions that fired, in columns: policy, statement, where it fires if not everywhere, place. Further scopes and
/// the text of `because` stand below the statement.
pub(crate) fn fired(fired: &[FiredAnswer], caps: Capabilities) -> Vec<String> {
    let width = |text: fn(&FiredAnswer) -> &str| {
        let all = fired.iter().map(|one| text(one).chars().count());
        all.filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let (policies, rules) = (width(|one| &one.policy), width(|one| &one.rule));
    let mut lines = Vec::new();
    for one in fired {
        let place = caps.paint(Style::Faint, format!("{}:{}", one.file, one.line));
        let mut scopes = clauses(&one.within).into_iter();
        let scope = scopes.next().map(|scope| format!("{scope}  ")).unwrap_or_default();
        let (policy, rule) = (pad(&one.policy, policies), pad(&one.rule, rules));
        lines.push(format!("{policy}  {rule}  {scope}{place}"));
        let blanks = " ".repeat(policies + rules + 4);
        lines.extend(scopes.map(|scope| format!("{blanks}{scope}")));
        lines.extend(one.because.iter().map(|text| because(text, policies + 2)));
    }
    lines
}

/// Requirements, a line for each and for each of its fields.
pub(crate) fn required(requirements: &RequirementsAnswer, caps: Capabilities) -> Vec<String> {
    let mut lines = Vec::new();
    for one in &requirements.list {
        let word = one.requirement.word();
        lines.push(format!("requires {word}  {}", places(&one.by, caps)));
        let fields = one.fields.iter().map(|(part, FieldAnswer { value, by, .. })| {
            let field = format!("{} {value}", part.word());
            format!("  {}  {}", field.trim_end(), places(by, caps))
        });
        lines.extend(fields);
    }
    lines
}

/// Requirements and their fields: each with its value and the statements that say it.
pub(crate) fn requirement_rows(requirements: &RequirementsAnswer) -> Vec<(String, String, String)> {
    let mut rows = Vec::new();
    for one in &requirements.list {
        let word = one.requirement.word();
        rows.push((word.to_owned(), "required".to_owned(), in_places(&one.by)));
        for (part, FieldAnswer { value, by, .. }) in &one.fields {
            let value = match value {
                FieldValue::Flag(_) => "yes".to_owned(),
                value => value.to_string(),
            };
            rows.push((format!("{word} {}", part.word()), value, in_places(by)));
        }
    }
    rows
}

/// Statements by their policies and places.
pub(crate) fn places(by: &[StatementAnswer], caps: Capabilities) -> String {
    caps.paint(Style::Faint, in_places(by)).to_string()
}

fn in_places(by: &[StatementAnswer]) -> String {
    let places = by.iter().map(|one| {
        let place = format!("{} {}:{}", one.policy, one.file, one.line);
        let scopes = clauses(&one.within);
        if scopes.is_empty() { place } else { format!("{place} ({})", scopes.join("; ")) }
    });
    places.collect::<Vec<_>>().join(", ")
}

/// The scopes of a statement by their clauses, each once.
fn clauses(within: &[RuleScope]) -> Vec<&str> {
    let mut found: Vec<&str> = within.iter().map(|one| one.clauses.as_str()).collect();
    found.dedup();
    found
}
