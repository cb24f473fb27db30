//! `mam diff --ignore assignments` and `mam diff --settings`: policies of two sets, pair by pair.
//!
//! Takes in two sets, gives out for each pair of policies what they decide differently, whoever they are for,
//! or the settings in which they differ. Does not know how policies are paired.

use mam::Checked;
use mam::analysis::{PolicyPairs, pair_policies};
use mam::intune::export::{Direction, PolicySettings, SettingDifference, policy_settings};
use serde::Serialize;

use super::differences::{Changes, Differences, FailOn, KINDS, compare, forms, show_kind, summary};
use crate::failure::{Failure, Status};
use crate::render::diagnostics;
use crate::render::style::Style;
use crate::render::terminal::Terminal;
use crate::render::text::count;

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
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let found = pair_policies(old, new);
    let mut compared: Vec<(&[String; 2], Differences)> = Vec::new();
    for names in &found.pairs {
        let [before, after] = names;
        let sets = [old.alone(before, after), new.alone(after, after)];
        let [Some(before), Some(after)] = sets else { continue };
        compared.push((names, compare(terminal, &before, &after, json)?));
    }
    let fails = compared.iter().any(|(_, one)| one.fails(fail_on));
    let pairs = compared.iter();
    if json {
        let pairs =
            pairs.map(|([before, after], one)| PairForm { before, after, changes: forms(one) });
        let [only_before, only_after] = &found.unpaired;
        terminal.json(&PairsForm { pairs: pairs.collect(), only_before, only_after })?;
        return Ok(Status::negative_if(fails || is_incomplete(&found)));
    }
    for (names, one) in pairs {
        terminal.line(heading(names, terminal));
        for kind in KINDS {
            show_kind(one, kind, terminal);
        }
        terminal.line(summary(one, terminal));
        terminal.line("");
    }
    show_unpaired(&found, terminal);
    Ok(Status::negative_if(fails || is_incomplete(&found)))
}

fn is_incomplete(found: &PolicyPairs) -> bool {
    found.unpaired.iter().any(|names| !names.is_empty())
}

fn heading([before, after]: &[String; 2], terminal: &Terminal) -> String {
    let caps = terminal.out;
    let names = if before == after { before.clone() } else { format!("{before} and {after}") };
    format!("policy {}", caps.paint(Style::Strong, names))
}

fn show_unpaired(found: &PolicyPairs, terminal: &mut Terminal) {
    for (names, which) in found.unpaired.iter().zip(["first", "second"]) {
        if !names.is_empty() {
            terminal.line(format!("in the {which} set alone: {}", names.join(", ")));
        }
    }
}

// ---------------------------------------------------------------- settings

/// A pair of policies with the settings in which they differ.
#[derive(Serialize)]
struct SettingsForm<'a> {
    before: &'a str,
    after: &'a str,
    platform: &'static str,
    settings: Vec<SettingDifference>,
}

/// Compares the settings of policies.
pub(super) fn settings(
    (fail_on, json): (FailOn, bool),
    [old, new]: [&Checked; 2],
    terminal: &mut Terminal,
) -> Result<Status, Failure> {
    let found = pair_policies(old, new);
    let [of_old, of_new] = [old, new].map(|set| settings_of(set, terminal));
    let (of_old, of_new) = (of_old?, of_new?);
    let mut pairs = Vec::new();
    for [before, after] in &found.pairs {
        for one in of_old.iter().filter(|one| one.policy == *before) {
            let others = of_new.iter().filter(|other| other.policy == *after);
            let others = others.filter(|other| other.platform == one.platform);
            if let Some(other) = others.min_by_key(|other| one.differences(other).len()) {
                let settings = one.differences(other);
                let platform = one.platform.word();
                pairs.push(SettingsForm { before, after, platform, settings });
            }
        }
    }
    let differs =
        pairs.iter().any(|pair| pair.settings.iter().any(|one| counts(fail_on, one.direction)));
    if json {
        let [only_before, only_after] = &found.unpaired;
        terminal.json(&PairsForm { pairs, only_before, only_after })?;
    } else {
        pairs.iter().for_each(|pair| show_settings(pair, terminal));
        show_unpaired(&found, terminal);
    }
    Ok(Status::negative_if(differs || is_incomplete(&found)))
}

fn counts(fail_on: FailOn, direction: Direction) -> bool {
    match fail_on {
        FailOn::Any => true,
        FailOn::Looser => direction != Direction::Tighter,
        FailOn::Tighter => direction != Direction::Looser,
        FailOn::Never => false,
    }
}

fn settings_of(set: &Checked, terminal: &Terminal) -> Result<Vec<PolicySettings>, Failure> {
    policy_settings(set).map_err(|error| {
        if let mam::intune::export::ExportError::Refused(errors) = &error {
            diagnostics::report(terminal, errors.reports());
        }
        Failure::new(format!("no settings can be determined: {error}"))
    })
}

/// Shows a table: the setting, its values before and after, and the direction.
fn show_settings(pair: &SettingsForm<'_>, terminal: &mut Terminal) {
    let caps = terminal.out;
    let names = [pair.before.to_owned(), pair.after.to_owned()];
    terminal.line(format!("{} on {}", heading(&names, terminal), pair.platform));
    for one in &pair.settings {
        let style = match one.direction {
            Direction::Looser => Style::Bad,
            Direction::Tighter => Style::Good,
            _ => Style::Limited,
        };
        let word = caps.paint(style, format!("{:<12}", one.direction.word()));
        terminal.line(format!("  {word}  {}", one.title));
        terminal.line(format!("                {}: {} -> {}", one.member, one.before, one.after));
    }
    let summary = match pair.settings.len() {
        0 => "  no setting differs".to_owned(),
        number => format!("  {}", count(number, "setting") + " differ"),
    };
    terminal.line(summary);
    terminal.line("");
}
