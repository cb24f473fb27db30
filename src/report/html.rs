//! Parts of sections as HTML: rules, scopes, answers.
//!
//! Takes in answers of analysis, gives out markup. All text of policies goes through [`shown`], and is escaped by the
//! templates.

use std::borrow::Cow;

use maud::{Markup, html};

use crate::analysis::Hop;
use crate::decision::{Answer, LimitsAnswer, RuleAnswer};
use crate::limits::LimitExceeded;
use crate::source::visible;
use crate::vocabulary::Effect;

/// A text that may repeat what an author wrote, with nothing hidden in it.
pub(super) fn shown(text: &str) -> Cow<'_, str> {
    visible(text)
}

/// A number with a noun.
pub(super) fn count(number: usize, noun: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{s}")
}

/// A scope as it can be pasted.
pub(super) fn scope(text: &str) -> Markup {
    html! { code { (shown(text)) } }
}

/// The sentence in place of a part that met a limit.
pub(super) fn limit(limit: LimitExceeded) -> Markup {
    html! { p.missing { "Not here: " (limit.to_string()) "." } }
}

/// A decision in words.
pub(super) fn verdict(answer: &Answer) -> String {
    if !answer.enforced {
        return "not enforced".to_owned();
    }
    match answer.effect {
        Effect::Block => "blocked".to_owned(),
        Effect::Allow => match limits(&answer.limits) {
            words if words.is_empty() => "allowed".to_owned(),
            words => format!("allowed {words}"),
        },
    }
}

fn limits(limits: &LimitsAnswer) -> String {
    let characters = limits.characters.map(|most| format!("up to {most} characters"));
    let content = limits.content.map(|_| "without content".to_owned());
    let tagged = limits.tagged.map(|account| format!("tagged {account}"));
    [characters, content, tagged].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// A statement with its policy, place and reason.
pub(super) fn statement(
    (policy, rule): (&str, &str),
    (file, line): (&str, u32),
    because: Option<&str>,
) -> Markup {
    html! {
        code { (shown(rule)) }
        span.quiet { " " (shown(policy)) ", " (shown(file)) ":" (line) }
        @if let Some(because) = because { " “" (shown(because)) "”" }
    }
}

pub(super) fn rule(rule: &RuleAnswer) -> Markup {
    let because = rule.because.as_deref();
    statement((&rule.policy, &rule.rule), (&rule.file, rule.line), because)
}

/// The rules of an answer, or why none applies.
pub(super) fn rules(answer: &Answer) -> Markup {
    html! {
        @if let Some(reason) = answer.reason { p.quiet { (reason.description()) " (" (reason.word()) ")" } }
        @if !answer.by.is_empty() {
            ul { @for one in &answer.by { li { (rule(one)) } } }
        }
    }
}

/// The movements of a chain.
pub(super) fn hops(hops: &[Hop]) -> Markup {
    html! {
        ol {
            @for hop in hops {
                li { (scope(&hop.scope)) " " b { (verdict(&hop.answer)) } (rules(&hop.answer)) }
            }
        }
    }
}

/// The most rows that a table has.
const MOST_ROWS: usize = 1_000;

/// A table of which some rows are shown from the start and the others folded. Where there are too many, a command
/// lists them.
pub(super) fn table(head: &[&str], rows: &[Markup], (shown, command): (usize, &str)) -> Markup {
    let kept = rows.get(..MOST_ROWS).unwrap_or(rows);
    let (first, more) = kept.split_at(kept.len().min(shown));
    let part = |rows: &[Markup]| {
        html! {
            table.plain.wide[head.len() > 2] {
                thead { tr { @for name in head { th scope="col" { (name) } } } }
                tbody { @for row in rows { (row) } }
            }
        }
    };
    html! {
        (part(first))
        @if !more.is_empty() { details { summary { (more.len()) " more" } (part(more)) } }
        @if rows.len() > kept.len() {
            p.missing { (rows.len() - kept.len()) " more are not here; " code { (command) } " lists them." }
        }
    }
}
