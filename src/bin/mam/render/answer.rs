//! Decisions in words, shared by all commands.
//!
//! Takes in answers, gives out lines: the effect with its limits, the reason if no policy applies, the
//! determining rules with their places. Does not know how decisions are made.

use mam::analysis::Hop;
use mam::decision::{LimitsAnswer, RuleAnswer};
use mam::{Answer, Effect};

use crate::render::style::{Capabilities, Style};
use crate::render::text::{count, pad};

/// The most determining rules of one answer that are printed.
const MOST_RULES: usize = 24;

/// The effect of an answer: `block`, `allow`, `allow up to 50 characters`, `not enforced`.
pub(crate) fn headline(answer: &Answer) -> String {
    cell(answer.effect, answer.enforced, &answer.limits)
}

/// The effect in a cell of a matrix, in the words of [`headline`].
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

/// Limits with a blank in front: ` up to 50 characters, tagged work`. Empty without limits.
fn limits(limits: &LimitsAnswer) -> String {
    let characters = limits.characters.map(|most| format!("up to {most} characters"));
    let content = (limits.content == Some(false)).then(|| "without content".to_owned());
    let tagged = limits.tagged.map(|account| format!("tagged {account}"));
    let all: Vec<_> = [characters, content, tagged].into_iter().flatten().collect();
    if all.is_empty() { String::new() } else { format!(" {}", all.join(", ")) }
}

/// Style of an answer.
pub(crate) fn style(answer: &Answer) -> Style {
    cell_style(answer.effect, answer.enforced, &answer.limits)
}

/// Style of a cell of a matrix.
pub(crate) fn cell_style(effect: Effect, enforced: bool, within: &LimitsAnswer) -> Style {
    match effect {
        Effect::Block => Style::Bad,
        Effect::Allow if !enforced => Style::Faint,
        Effect::Allow if limits(within).is_empty() => Style::Good,
        Effect::Allow => Style::Limited,
    }
}

/// An answer without its headline: reason, determining rules, report-only policies; one line each.
pub(crate) fn details(answer: &Answer, caps: Capabilities) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(account) = answer.assumed {
        lines.push(format!(
            "assumed: {account}, the account of the target that is decided strictest"
        ));
    }
    if let Some(why) = answer.reason {
        lines.push(format!("{} ({why})", why.description()));
    }
    lines.extend(determining(&answer.by, caps));
    if !answer.report_only.is_empty() {
        for (effect, word) in [(Effect::Allow, "allow"), (Effect::Block, "block")] {
            let own: Vec<_> =
                answer.report_only.iter().filter(|one| one.effect == effect).cloned().collect();
            if !own.is_empty() {
                lines.push(caps.paint(Style::Faint, format!("report-only, would {word}:")));
                lines.extend(determining(&own, caps).into_iter().map(|line| format!("  {line}")));
            }
        }
    }
    lines
}

/// The movements of a chain with their answers.
pub(crate) fn chain(hops: &[Hop], caps: Capabilities) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, hop) in (1..).zip(hops) {
        lines.push(format!("{number}. {}", caps.paint(Style::Strong, &hop.scope)));
        let headline = caps.paint(style(&hop.answer), headline(&hop.answer));
        lines.push(format!("   {headline}"));
        let details = details(&hop.answer, caps).into_iter();
        lines.extend(details.map(|line| format!("     {}", line.replace('\n', "\n     "))));
    }
    lines
}

/// Determining rules in columns: policy, rule, where it decides if not everywhere, place. Further scopes and the
/// text of `because` stand below the rule.
fn determining(determining: &[RuleAnswer], caps: Capabilities) -> Vec<String> {
    let widest = |text: fn(&RuleAnswer) -> &str| {
        let all = determining.iter().map(|cause| text(cause).chars().count());
        all.filter(|width| *width <= 60).max().unwrap_or(0)
    };
    let (policies, rules) = (widest(|one| &one.policy), widest(|one| &one.rule));
    let mut lines = Vec::new();
    for cause in determining.iter().take(MOST_RULES) {
        let place = caps.paint(Style::Faint, format!("{}:{}", cause.file, cause.line));
        let policy = pad(&cause.policy, policies);
        let mut scopes = cause.within.iter().map(|one| &one.clauses);
        let scope = scopes.next().map(|scope| format!("{scope}  ")).unwrap_or_default();
        lines.push(format!("{policy}  {}  {scope}{place}", pad(&cause.rule, rules)));
        let blanks = " ".repeat(policies + rules + 4);
        lines.extend(scopes.map(|scope| format!("{blanks}{scope}")));
        lines.extend(cause.because.iter().map(|text| because(text, policies + 2)));
    }
    if let Some(more @ 1..) = determining.len().checked_sub(MOST_RULES) {
        let more = format!("and {}; --json lists them all", count(more, "more rule"));
        lines.push(caps.paint(Style::Faint, more));
    }
    lines
}

/// The text of `because`, which a blocked user reads, indented; further lines align with the first.
pub(crate) fn because(text: &str, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    let text = text.trim_end().replace('\n', &format!("\n{blanks}         "));
    format!("{blanks}because: {text}")
}
