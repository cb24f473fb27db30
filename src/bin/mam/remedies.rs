//! What could be done about a decision: `mam explain --how`.
//!
//! Takes in the edits that the library has found and tried, gives out text with the price of each.

use mam::analysis::{Change, ChangeKind, NoRemedy, Remedy, RemedyStep, StepKind};
use mam::{Analysis, Checked, Effect};
use serde::Serialize;

use crate::commands::diff::ink;
use crate::failure::{Failure, Status};
use crate::output::{Ink, Terminal, count};
use crate::{render, set};

/// So many remedies are shown.
const REMEDIES: usize = 8;

/// So many changes of one remedy are shown.
const SHOWN: usize = 4;

/// What `--json` gives.
#[derive(Debug, Serialize)]
struct Remedies<'r> {
    scope: &'r str,
    wanted: Effect,
    /// Whether it is decided so already.
    already: bool,
    remedies: &'r [Remedy],
}

/// Shows how a scope could get an effect.
///
/// # Errors
///
/// When the scope cannot be read, or holds no movement.
pub(crate) fn run(
    checked: &Checked,
    analysis: &Analysis<'_>,
    scope: &str,
    wanted: Effect,
    json: bool,
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let (already, remedies) = match analysis.remedies(scope, wanted) {
        Ok(remedies) => (false, remedies),
        Err(NoRemedy::AlreadySo) => (true, Vec::new()),
        Err(NoRemedy::NotFound) => (false, Vec::new()),
        Err(NoRemedy::Empty) => return Err(Failure::stop("the scope holds no movement")),
        Err(NoRemedy::Scope(errors)) => {
            render::diagnose(terminal, errors.reports());
            return Err(Failure::BadQuestion);
        }
        Err(NoRemedy::Limit(error)) => {
            let errors = checked.limit_errors(error);
            return Err(set::refuse(terminal, checked, Some(&errors), json));
        }
        Err(_) => return Err(Failure::stop("there is no remedy")),
    };
    if json {
        terminal.json(&Remedies { scope, wanted, already, remedies: &remedies })?;
    } else if already {
        terminal.line(format!("every movement of the scope is {} already", done(wanted)));
    } else if remedies.is_empty() {
        terminal.line("no edit was found that does it; edits of up to three statements are tried");
    } else {
        for (number, remedy) in (1..=REMEDIES).zip(&remedies) {
            show(number, remedy, terminal);
        }
        if remedies.len() > REMEDIES {
            let more = count(remedies.len() - REMEDIES, "more way");
            terminal.line(format!("{more} would change more; `--json` gives all of them"));
        }
    }
    Ok(Status::no_if(!already && remedies.is_empty()))
}

const fn done(wanted: Effect) -> &'static str {
    match wanted {
        Effect::Allow => "allowed",
        Effect::Block => "blocked",
    }
}

fn show(number: usize, remedy: &Remedy, terminal: &mut Terminal) {
    let look = terminal.out;
    for (at, step) in remedy.steps.iter().enumerate() {
        let mark = if at == 0 { format!("{number}. ") } else { "   and ".to_owned() };
        terminal.line(format!("{mark}{}", told(step, terminal)));
    }
    if remedy.steps.iter().all(|step| step.kind == StepKind::Membership) {
        terminal.line("   the policies stay as they are");
    }
    for change in remedy.changes.iter().take(SHOWN) {
        let kind = look.paint(ink(change.kind), change.kind.word());
        terminal.line(format!("   {kind}  {}", change.scope));
    }
    let more = remedy.changes.len().saturating_sub(SHOWN);
    if more > 0 {
        terminal.line(format!("   and {}", count_more(&remedy.changes)));
    }
    terminal.line("");
}

/// What is not shown, by kind.
fn count_more(changes: &[Change]) -> String {
    let rest = changes.get(SHOWN..).unwrap_or_default();
    let kinds = ChangeKind::ALL.into_iter().filter_map(|kind| {
        let number = rest.iter().filter(|change| change.kind == kind).count();
        (number > 0).then(|| format!("{number} {}", kind.word()))
    });
    let kinds: Vec<_> = kinds.collect();
    format!("{}: {}", count(rest.len(), "more difference"), kinds.join(", "))
}

fn told(step: &RemedyStep, terminal: &Terminal) -> String {
    let look = terminal.out;
    let (before, after) =
        (step.before.as_deref().unwrap_or(""), step.after.as_deref().unwrap_or(""));
    let place = match (&step.file, step.line) {
        (Some(file), Some(line)) => look.paint(Ink::Faint, format!("{file}:{line}")).to_string(),
        _ => String::new(),
    };
    let policy = step.policy.as_deref().unwrap_or("");
    let [strong_before, strong_after] = [before, after].map(|text| look.paint(Ink::Strong, text));
    match step.kind {
        StepKind::Add => format!("add to {policy}, behind {place}: {strong_after}"),
        StepKind::Remove => format!("take out of {policy}, {place}: {strong_before}"),
        StepKind::Change if before.is_empty() => {
            format!("write in {policy}, behind {place}: {strong_after}")
        }
        StepKind::Change => {
            format!("change in {policy}, {place}: {before}\n      to {strong_after}")
        }
        _ => strong_after.to_string(),
    }
}
