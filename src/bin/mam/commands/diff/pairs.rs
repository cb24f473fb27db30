//! `mam diff --ignore assignments` and `mam diff --settings`: policies of two sets, pair by pair.
//!
//! Takes in two sets, gives out for each pair of policies what they decide differently, whoever they are for,
//! or the settings in which they differ. Does not know how policies are paired.

use mam::Checked;
use mam::analysis::pair_policies;
use mam::intune::Direction;
use mam::intune::export::{ComparedSettings, ExportError, SettingsComparison, compare_settings};
use serde::Serialize;

use super::differences::{
    Changes, Differences, FailOn, KINDS, UnknownApps, compare, forms, show_kind, summary,
    tell_unknown_apps, unknown_apps_of,
};
use crate::failure::{Failure, Status};
use crate::render::diagnostics;
use crate::render::style::Style;
use crate::render::terminal::Terminal;

/// A pair of policies with what they decide differently.
#[derive(Serialize)]
struct PairForm<'a> {
    before: &'a str,
    after: &'a str,
    #[serde(flatten)]
    changes: Changes<'a>,
}

/// Output of `--json`.
#[derive(Serialize)]
struct PairsForm<'a, P> {
    pairs: Vec<P>,
    only_before: &'a [String],
    only_after: &'a [String],
}

/// Compares what policies decide, whoever they are for.
pub(super) fn run(
    (fail_on, json): (FailOn, bool),
    [old, new]: [&Checked; 2],
    unknown: &UnknownApps,
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let found = pair_policies(old, new);
    let mut compared: Vec<(&[String; 2], Differences, UnknownApps)> = Vec::new();
    for names in &found.pairs {
        let [before, after] = names;
        let sets = [old.alone(before, after), new.alone(after, after)];
        let [Some(before), Some(after)] = sets else { continue };
        let found = compare(terminal, &before, &after, json)?;
        compared.push((names, found, unknown_apps_of(unknown, names)));
    }
    let fails = compared.iter().any(|(_, one, _)| one.fails(fail_on));
    let pairs = compared.iter();
    if json {
        let pairs = pairs.map(|([before, after], one, unknown)| PairForm {
            before,
            after,
            changes: forms(one, unknown),
        });
        let [only_before, only_after] = &found.unpaired;
        terminal.json(&PairsForm { pairs: pairs.collect(), only_before, only_after })?;
        return Ok(Status::negative_if(fails || counts_unpaired(fail_on, &found.unpaired)));
    }
    for (names, one, _) in pairs {
        terminal.line(heading(names, terminal));
        for kind in KINDS {
            show_kind(one, kind, terminal);
        }
        terminal.line(summary(one, terminal));
        terminal.line("");
    }
    show_unpaired(&found.unpaired, terminal);
    Ok(Status::negative_if(fails || counts_unpaired(fail_on, &found.unpaired)))
}

/// Whether policies of one set alone count: without one of the first set more may pass, with one of the second less.
fn counts_unpaired(fail_on: FailOn, [only_before, only_after]: &[Vec<String>; 2]) -> bool {
    match fail_on {
        FailOn::Any => !only_before.is_empty() || !only_after.is_empty(),
        FailOn::Looser => !only_before.is_empty(),
        FailOn::Tighter => !only_after.is_empty(),
        FailOn::Never => false,
    }
}

fn heading([before, after]: &[String; 2], terminal: &Terminal) -> String {
    let caps = terminal.out;
    let names = if before == after { before.clone() } else { format!("{before} and {after}") };
    format!("policy {}", caps.paint(Style::Strong, names))
}

fn show_unpaired(unpaired: &[Vec<String>; 2], terminal: &mut Terminal) {
    for (names, which) in unpaired.iter().zip(["first", "second"]) {
        if !names.is_empty() {
            terminal.line(format!("in the {which} set alone: {}", names.join(", ")));
        }
    }
}

// ---------------------------------------------------------------- settings

/// Output of `--json`.
#[derive(Serialize)]
struct SettingsForm<'a> {
    pairs: &'a [ComparedSettings],
    only_before: &'a [String],
    only_after: &'a [String],
    not_compared: &'a [String],
    unknown_apps: &'a [Vec<String>; 2],
}

/// Compares the settings of policies.
pub(super) fn settings(
    (fail_on, json): (FailOn, bool),
    [old, new]: [&Checked; 2],
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let found = compare_settings(old, new).map_err(|error| {
        if let ExportError::Refused(errors) = &error {
            diagnostics::report(terminal, errors.reports());
        }
        Failure::new(format!("no settings can be determined: {error}"))
    })?;
    let SettingsComparison { pairs, unpaired, not_compared, unknown_apps, reports, .. } = &found;
    if !reports.is_empty() {
        diagnostics::report(terminal, reports);
    }
    tell_unknown_apps(unknown_apps, terminal, |_| "their apps are not compared".to_owned());
    if json {
        let [only_before, only_after] = unpaired;
        let form = SettingsForm { pairs, only_before, only_after, not_compared, unknown_apps };
        terminal.json(&form)?;
    } else {
        pairs.iter().for_each(|pair| show_settings(pair, terminal));
        show_unpaired(unpaired, terminal);
        if !not_compared.is_empty() {
            let names = not_compared.join(", ");
            terminal.line(format!("not compared, since no settings express them: {names}"));
        }
    }
    let mut changes = pairs.iter().flat_map(|pair| &pair.settings);
    let differs = changes.any(|one| counts(fail_on, one.direction));
    let fails = differs || counts_unpaired(fail_on, unpaired) || !not_compared.is_empty();
    Ok(Status::negative_if(fails))
}

fn counts(fail_on: FailOn, direction: Direction) -> bool {
    match fail_on {
        FailOn::Any => true,
        FailOn::Looser => !matches!(direction, Direction::Tighter | Direction::Idle),
        FailOn::Tighter => !matches!(direction, Direction::Looser | Direction::Idle),
        FailOn::Never => false,
    }
}

/// Shows a table: the setting, its values before and after, and the direction.
fn show_settings(pair: &ComparedSettings, terminal: &mut Terminal) {
    let caps = terminal.out;
    let names = [pair.before.clone(), pair.after.clone()];
    terminal.line(format!("{} on {}", heading(&names, terminal), pair.platform));
    for one in &pair.settings {
        let style = match one.direction {
            Direction::Looser => Style::Bad,
            Direction::Tighter => Style::Good,
            Direction::Idle => Style::Faint,
            _ => Style::Limited,
        };
        let word = caps.paint(style, format!("{:<12}", one.direction.word()));
        terminal.line(format!("  {word}  {}", one.title));
        let [before, after] =
            [&one.before, &one.after].map(|value| value.as_deref().unwrap_or("not said"));
        terminal.line(format!("                {}: {before} -> {after}", one.member));
    }
    let summary = match pair.settings.len() {
        0 => "  no setting differs".to_owned(),
        1 => "  1 setting differs".to_owned(),
        number => format!("  {number} settings differ"),
    };
    terminal.line(summary);
    terminal.line("");
}
