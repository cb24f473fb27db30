//! Decisions in words, the same wherever one is shown.
//!
//! Takes in answers, gives out lines: the effect with its limits, why nothing is enforced, and the
//! rules that decided with their places. Decides nothing.

use mam::analysis::Hop;
use mam::decision::{LimitsAnswer, RuleAnswer};
use mam::{Answer, Effect};

use crate::output::{Ink, Look, pad};

/// `block`, `allow`, `allow up to 50 characters`, `not enforced`.
pub(crate) fn headline(answer: &Answer) -> String {
    cell(answer.effect, answer.enforced, &answer.limits)
}

/// The same of what a matrix knows of an answer.
pub(crate) fn cell(effect: Effect, enforced: bool, limits: &LimitsAnswer) -> String {
    match (effect, enforced) {
        (Effect::Allow, false) => "not enforced".to_owned(),
        (effect, _) => verdict(effect, limits),
    }
}

/// An effect with its limits.
pub(crate) fn verdict(effect: Effect, within: &LimitsAnswer) -> String {
    format!("{effect}{}", limits(within))
}

/// ` up to 50 characters, tagged work`, with a blank in front; nothing where nothing is limited.
fn limits(limits: &LimitsAnswer) -> String {
    let characters = limits.characters.map(|most| format!("up to {most} characters"));
    let content = (limits.content == Some(false)).then(|| "without content".to_owned());
    let tagged = limits.tagged.map(|account| format!("tagged {account}"));
    let all: Vec<_> = [characters, content, tagged].into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!(" {}", all.join(", ")) }
}

/// The ink of an answer.
pub(crate) fn ink(answer: &Answer) -> Ink {
    cell_ink(answer.effect, answer.enforced, &answer.limits)
}

/// The same of what a matrix knows of an answer.
pub(crate) fn cell_ink(effect: Effect, enforced: bool, within: &LimitsAnswer) -> Ink {
    match effect {
        Effect::Block => Ink::Bad,
        Effect::Allow if !enforced => Ink::Faint,
        Effect::Allow if limits(within).is_empty() => Ink::Good,
        Effect::Allow => Ink::Limited,
    }
}

/// Everything about an answer but its headline, a line each.
pub(crate) fn details(answer: &Answer, look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(why) = answer.reason {
        lines.push(format!("{} ({why})", why.description()));
    }
    lines.extend(determining(&answer.by, look));
    if !answer.report_only.is_empty() {
        for (effect, word) in [(Effect::Allow, "allow"), (Effect::Block, "block")] {
            let own: Vec<_> =
                answer.report_only.iter().filter(|one| one.effect == effect).cloned().collect();
            if !own.is_empty() {
                lines.push(look.paint(Ink::Faint, format!("report-only, would {word}:")));
                lines.extend(determining(&own, look).into_iter().map(|line| format!("  {line}")));
            }
        }
    }
    lines
}

/// The movements of a chain, each with what is decided of it and by whom.
pub(crate) fn chain(hops: &[Hop], look: Look) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, hop) in (1..).zip(hops) {
        lines.push(format!("{number}. {}", look.paint(Ink::Strong, &hop.scope)));
        let headline = look.paint(ink(&hop.answer), headline(&hop.answer));
        lines.push(format!("   {headline}"));
        let details = details(&hop.answer, look).into_iter();
        lines.extend(details.map(|line| format!("     {}", line.replace('\n', "\n     "))));
    }
    lines
}

/// Rules with their policies and places, in columns; what the refused get to read below.
fn determining(determining: &[RuleAnswer], look: Look) -> Vec<String> {
    let widest = |text: fn(&RuleAnswer) -> &str| {
        let all = determining.iter().map(|cause| text(cause).chars().count());
        all.filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let (policies, rules) = (widest(|one| &one.policy), widest(|one| &one.rule));
    let mut lines = Vec::new();
    for cause in determining {
        let place = look.paint(Ink::Faint, format!("{}:{}", cause.file, cause.line));
        let policy = pad(&cause.policy, policies);
        lines.push(format!("{policy}  {}  {place}", pad(&cause.rule, rules)));
        lines.extend(cause.because.iter().map(|text| because(text, policies + 2)));
    }
    lines
}

/// What whoever is refused gets to read, indented; further lines below the first.
pub(crate) fn because(text: &str, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    let text = text.trim_end().replace('\n', &format!("\n{blanks}         "));
    format!("{blanks}because: {text}")
}
