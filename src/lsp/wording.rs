//! Wording: decisions in words, as Markdown.

use std::fmt::Write as _;

use crate::access::{RequirementsAnswer, StatementAnswer};
use crate::decision::{Answer, RuleAnswer};

/// The decision in words, with the rules behind it.
pub(super) fn answer(answer: &Answer) -> String {
    let mut text = format!("**{}**", answer.effect.word());
    if let Some(most) = answer.limits.characters {
        let _infallible = write!(text, " up to {most} characters");
    }
    if let Some(reason) = answer.reason {
        let _infallible = write!(text, " (no policy applies: {})", reason.word());
    }
    for rule in &answer.by {
        let _infallible = write!(text, "\n- {}", by(rule));
    }
    for rule in &answer.report_only {
        let _infallible = write!(text, "\n- report-only: {}", by(rule));
    }
    text
}

fn by(rule: &RuleAnswer) -> String {
    let file = rule.file.rsplit('/').next().unwrap_or_default();
    let because = rule.because.as_ref().map(|text| format!(" — {text}")).unwrap_or_default();
    format!("`{}`: `{}` ({file}:{}){because}", rule.policy, rule.rule, rule.line)
}

/// The requirements in words, with the statements behind them.
pub(super) fn requirements(found: &RequirementsAnswer) -> String {
    let mut text = String::new();
    for one in &found.list {
        let fields =
            one.fields.iter().map(|(field, answer)| format!("{} {}", field.word(), answer.value));
        let fields: Vec<_> = fields.map(|field| field.trim_end().to_owned()).collect();
        let fields =
            if fields.is_empty() { String::new() } else { format!(" `{}`", fields.join("  ")) };
        let _infallible = writeln!(text, "- **require** `{}`{fields}", one.requirement.word());
        for statement in &one.by {
            let _infallible = writeln!(text, "  - {}", statement_by(statement));
        }
    }
    text
}

fn statement_by(statement: &StatementAnswer) -> String {
    let file = statement.file.rsplit('/').next().unwrap_or_default();
    format!("`{}`: `{}` ({file}:{})", statement.policy, statement.rule, statement.line)
}
