//! `mam explain --how`: edits of policies that allow or block a scope.
//!
//! Takes in a scope and an effect, gives out edits with the movements that each would decide differently.
//! Does not know how edits are found.

use mam::analysis::{Change, ChangeKind, NoRemedy, Remedy, RemedyStep, StepKind};
use mam::{Analysis, Checked, Effect, intune};
use serde::Serialize;

use crate::failure::{Failure, Status};
use crate::input::inputs;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::count;
use crate::render::{change, diagnostics};

/// Number of remedies that are shown.
const REMEDIES: usize = 8;

/// Number of changes of one remedy that are shown.
const SHOWN: usize = 4;

/// Output of `--json`.
#[derive(Debug, Serialize)]
struct Remedies<'r> {
    scope: &'r str,
    wanted: Effect,
    /// Every movement of the scope has the wanted effect already.
    already: bool,
    remedies: &'r [Remedy],
}

/// Shows the edits that give a scope an effect.
///
/// # Errors
///
/// When the scope has errors or holds no movement, or a limit is met.
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
        Err(NoRemedy::Empty) => return Err(Failure::new("the scope holds no movement")),
        Err(NoRemedy::Scope(errors)) => {
            diagnostics::report(terminal, errors.reports());
            return Err(Failure::BadUsage);
        }
        Err(NoRemedy::Limit(error)) => {
            let errors = checked.limit_errors(error);
            return Err(inputs::report_errors(terminal, checked, Some(&errors), json));
        }
        Err(_) => return Err(Failure::new("there is no remedy")),
    };
    if json {
        terminal.json(&Remedies { scope, wanted, already, remedies: &remedies })?;
    } else if already {
        terminal.line(format!("every movement of the scope is {} already", done(wanted)));
    } else if remedies.is_empty() {
        terminal.line("no edit was found; edits of up to three statements are tried");
        if reads_exports(checked) {
            terminal.line(
                "policies of exports were not edited; `mam import` writes them as text that can be",
            );
        }
    } else {
        for (number, remedy) in (1..=REMEDIES).zip(&remedies) {
            show(number, remedy, terminal);
        }
        if remedies.len() > REMEDIES {
            let more = count(remedies.len() - REMEDIES, "more way");
            terminal.line(format!("{more}; `--json` gives all of them"));
        }
    }
    Ok(Status::negative_if(!already && remedies.is_empty()))
}

/// Whether some policies stand in JSON, which no edit is tried on.
fn reads_exports(checked: &Checked) -> bool {
    checked.sources().iter().any(|(_, source)| intune::is_document(source.text()))
}

const fn done(wanted: Effect) -> &'static str {
    match wanted {
        Effect::Allow => "allowed",
        Effect::Block => "blocked",
    }
}

/// Writes a remedy with its first differences.
fn show(number: usize, remedy: &Remedy, terminal: &mut Terminal) {
    let caps = terminal.out;
    for (at, step) in remedy.steps.iter().enumerate() {
        let mark = if at == 0 { format!("{number}. ") } else { "   and ".to_owned() };
        terminal.line(format!("{mark}{}", instruction(step, terminal)));
    }
    if remedy.steps.iter().all(|step| step.kind == StepKind::Membership) {
        terminal.line("   the policies stay as they are");
    }
    for change in remedy.changes.iter().take(SHOWN) {
        let kind = caps.paint(change::style(change.kind), change.kind.word());
        terminal.line(format!("   {kind}  {}", change.scope));
    }
    let more = remedy.changes.len().saturating_sub(SHOWN);
    if more > 0 {
        terminal.line(format!("   and {}", count_more(&remedy.changes)));
    }
    terminal.line("");
}

/// Number of differences that are not shown, by kind.
fn count_more(changes: &[Change]) -> String {
    let rest = changes.get(SHOWN..).unwrap_or_default();
    let kinds = ChangeKind::ALL.into_iter().filter_map(|kind| {
        let number = rest.iter().filter(|change| change.kind == kind).count();
        (number > 0).then(|| format!("{number} {}", kind.word()))
    });
    let kinds: Vec<_> = kinds.collect();
    format!("{}: {}", count(rest.len(), "more difference"), kinds.join(", "))
}

/// A step of an edit, as an instruction.
fn instruction(step: &RemedyStep, terminal: &Terminal) -> String {
    let caps = terminal.out;
    let (before, after) =
        (step.before.as_deref().unwrap_or(""), step.after.as_deref().unwrap_or(""));
    let place = match (&step.file, step.line) {
        (Some(file), Some(line)) => caps.paint(Style::Faint, format!("{file}:{line}")).to_string(),
        _ => String::new(),
    };
    let policy = step.policy.as_deref().unwrap_or("");
    let [strong_before, strong_after] = [before, after].map(|text| caps.paint(Style::Strong, text));
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
