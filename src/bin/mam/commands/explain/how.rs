//! `mam explain --how`: edits of policies that allow or block a scope.
//!
//! Takes in a scope and an effect, gives out edits with the movements that each would decide differently.
//! Does not know how edits are found.

use mam::analysis::{Change, ChangeKind, NoRemedy, Remedy, RemedyStep, StepKind};
use mam::intune::export::SettingRemedy;
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
    /// Settings of the exports in the set.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    settings: &'r [SettingRemedy],
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
    let found = match search(checked, analysis, scope, wanted) {
        Ok(found) => found,
        Err(NoRemedy::Empty) => return Err(Failure::new("the scope holds no movement")),
        Err(NoRemedy::Scope(errors)) => {
            diagnostics::report(terminal, errors.reports());
            return Err(Failure::BadUsage);
        }
        Err(NoRemedy::Export(errors)) => {
            return Err(inputs::report_errors(terminal, checked, Some(&errors), json));
        }
        Err(NoRemedy::Limit(error)) => {
            let errors = checked.limit_errors(error);
            return Err(inputs::report_errors(terminal, checked, Some(&errors), json));
        }
        Err(_) => return Err(Failure::new("there is no remedy")),
    };
    let Found { already, remedies, settings } = &found;
    let is_found = !remedies.is_empty() || !settings.is_empty();
    if json {
        terminal.json(&Remedies { scope, wanted, already: *already, remedies, settings })?;
    } else if *already {
        terminal.line(format!("every movement of the scope is {} already", done(wanted)));
    } else if !is_found {
        terminal.line(
            "no edit was found; up to three statements at once and 120 edited sets are tried",
        );
        if reads_exports(checked) {
            terminal.line(
                "of exports, edits were tried that settings of Intune can say; `mam import` writes \
                 policies as text, which can say more",
            );
        }
    } else {
        for (number, remedy) in (1..=REMEDIES).zip(remedies) {
            show(number, remedy, terminal);
        }
        if remedies.len() > REMEDIES {
            let more = count(remedies.len() - REMEDIES, "more way");
            terminal.line(format!("{more}; `--json` gives all of them"));
        }
        for (number, remedy) in (remedies.len().min(REMEDIES) + 1..).zip(settings) {
            show_settings(number, remedy, terminal);
        }
    }
    Ok(Status::negative_if(!already && !is_found))
}

/// The result of the search.
struct Found {
    already: bool,
    remedies: Vec<Remedy>,
    settings: Vec<SettingRemedy>,
}

fn search(
    checked: &Checked,
    analysis: &Analysis<'_>,
    scope: &str,
    wanted: Effect,
) -> Result<Found, NoRemedy> {
    let remedies = match analysis.remedies(scope, wanted) {
        Err(NoRemedy::AlreadySo) => {
            return Ok(Found { already: true, remedies: Vec::new(), settings: Vec::new() });
        }
        Err(NoRemedy::NotFound) => Vec::new(),
        remedies => remedies?,
    };
    let settings = match reads_exports(checked) {
        true => match intune::export::remedies(checked, scope, wanted) {
            Err(NoRemedy::NotFound | NoRemedy::AlreadySo) => Vec::new(),
            settings => settings?,
        },
        false => Vec::new(),
    };
    Ok(Found { already: false, remedies, settings })
}

/// Whether some policies stand in JSON.
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
    for (at, step) in remedy.steps.iter().enumerate() {
        let mark = if at == 0 { format!("{number}. ") } else { "   and ".to_owned() };
        terminal.line(format!("{mark}{}", instruction(step, terminal)));
    }
    if remedy.steps.iter().all(|step| step.kind == StepKind::Membership) {
        terminal.line("   the policies stay as they are");
    }
    show_changes(&remedy.changes, terminal);
}

/// Writes settings to change with their first differences.
fn show_settings(number: usize, remedy: &SettingRemedy, terminal: &mut Terminal) {
    let caps = terminal.out;
    for (at, one) in remedy.settings.iter().enumerate() {
        let mark = if at == 0 { format!("{number}. ") } else { "   and ".to_owned() };
        let [before, after] = [&one.before, &one.after].map(|value| match value {
            Some(value) => value.to_string(),
            None => "nothing".to_owned(),
        });
        let (setting, after) =
            (caps.paint(Style::Strong, &one.setting), caps.paint(Style::Strong, after));
        terminal.line(format!("{mark}set in {}: {setting} from {before} to {after}", one.policy));
    }
    show_changes(&remedy.changes, terminal);
}

/// Writes the first differences of a remedy.
fn show_changes(changes: &[Change], terminal: &mut Terminal) {
    for change in changes.iter().take(SHOWN) {
        let kind = terminal.out.paint(change::style(change.kind), change.kind.word());
        terminal.line(format!("   {kind}  {}", change.scope));
    }
    if changes.len() > SHOWN {
        terminal.line(format!("   and {}", count_more(changes)));
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
