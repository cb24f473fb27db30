//! Sets of values of one fact as text: tests of a scope, and words.
//!
//! Takes in cells of a fact and a set of them, gives out tests that hold for these values and for no other.
//! A scope joins tests by "and", so that some sets need several scopes. The cover is greedy: always the test
//! that leaves out the most (Chvátal 1979). Decisions are not known here.
//!
//! INVARIANT: a set holds the unknown value of a fact that nothing fires for if and only if it holds the
//! last interval of values, or the first one, that nothing fires for either. No test tells these apart.

use super::cells::{Cell, FactCells, has_intervals};
use crate::model::{
    Condition, Date, DeviceLock, Fact, FactPredicate, FactTest, Integrity, Knox, KnoxResult,
    NameList, Threat, Version,
};

/// A set of the cells of a fact, by position.
pub(super) type CellSet = Vec<bool>;

/// A test with the cells for whose values it holds.
struct Candidate {
    text: String,
    holds: CellSet,
    /// Whether its threshold is the value beside one that can be said as well.
    is_odd: bool,
}

/// The tests that hold for the values of some cells and for no other: alternatives, each with its cells. Of all
/// cells that is one empty text.
pub(super) fn tests(facts: &FactCells, wanted: &CellSet) -> Vec<(String, CellSet)> {
    let candidates = candidates(facts, wanted);
    // Thresholds that somebody wrote are plainer than the values beside them.
    let plain: Vec<&Candidate> = candidates.iter().filter(|one| !one.is_odd).collect();
    let all: Vec<&Candidate> = candidates.iter().collect();
    let text = |part: CellSet| {
        let text = conjunction(&plain, &part).or_else(|| conjunction(&all, &part))?;
        Some((text, part))
    };
    if let Some(found) = text(wanted.clone()) {
        // Two words are plainer than a range that `not` cuts off.
        if found.0.contains(", ") && has_words(facts.fact) && singles(wanted).count() == 2 {
            let words: Option<Vec<_>> = singles(wanted).map(text).collect();
            return words.unwrap_or_else(|| vec![found]);
        }
        return vec![found];
    }
    let mut found = Vec::new();
    for part in runs(facts, wanted) {
        match text(part.clone()) {
            Some(one) => found.push(one),
            None => found.extend(singles(&part).filter_map(text)),
        }
    }
    found
}

/// The fewest tests that together hold for just these cells, as far as they can be found.
fn conjunction(candidates: &[&Candidate], wanted: &CellSet) -> Option<String> {
    let is_within = |one: &&Candidate| wanted.iter().zip(&one.holds).all(|(w, h)| !w || *h);
    let usable: Vec<&Candidate> = candidates.iter().copied().filter(is_within).collect();
    let mut open: CellSet = wanted.iter().map(|wanted| !wanted).collect();
    let mut chosen: Vec<&Candidate> = Vec::new();
    while open.contains(&true) {
        let gain = |one: &&&Candidate| {
            let left_out = open.iter().zip(&one.holds).filter(|(open, holds)| **open && !**holds);
            left_out.count()
        };
        // Of several that leave out as much the shortest, and of these the first.
        let best =
            usable.iter().rev().max_by_key(|one| (gain(one), usize::MAX - one.text.len()))?;
        if gain(&best) == 0 {
            return None;
        }
        open.iter_mut().zip(&best.holds).for_each(|(open, holds)| *open &= holds);
        chosen.push(best);
    }
    // The one that leaves out the least values stands first.
    chosen
        .sort_by_key(|one| one.holds.iter().skip(1).position(|holds| !holds).unwrap_or(usize::MAX));
    Some(chosen.iter().map(|one| one.text.as_str()).collect::<Vec<_>>().join(", "))
}

/// The unknown cell, and runs of neighbouring cells of an interval fact.
fn runs(facts: &FactCells, wanted: &CellSet) -> Vec<CellSet> {
    if !has_intervals(facts.fact) {
        let is_unknown = |at: usize| at == 0;
        let part = |unknown: bool| {
            let cells = wanted.iter().enumerate();
            cells.map(|(at, wanted)| *wanted && is_unknown(at) == unknown).collect::<CellSet>()
        };
        return [part(false), part(true)].into_iter().filter(|one| one.contains(&true)).collect();
    }
    let mut found: Vec<CellSet> = Vec::new();
    let mut is_open = false;
    for (at, is_wanted) in wanted.iter().enumerate() {
        if !is_wanted {
            is_open = false;
            continue;
        }
        if !is_open {
            found.push(vec![false; wanted.len()]);
        }
        if let Some(slot) = found.last_mut().and_then(|run| run.get_mut(at)) {
            *slot = true;
        }
        is_open = at > 0;
    }
    found
}

fn singles(of: &CellSet) -> impl Iterator<Item = CellSet> + '_ {
    let wanted = (0..of.len()).filter(|at| of.get(*at) == Some(&true));
    wanted.map(|at| (0..of.len()).map(|other| other == at).collect())
}

/// Every test of a fact that can be of use: conditions with and without `not`, values, `unknown`.
fn candidates(facts: &FactCells, wanted: &CellSet) -> Vec<Candidate> {
    let FactCells { fact, cells } = facts;
    let mut found = Vec::new();
    for condition in conditions(facts, wanted) {
        let (text, is_odd) = (condition.to_string(), is_odd(&condition));
        let test = FactTest { is_negated: false, predicate: FactPredicate::Fires(condition) };
        let holds: CellSet = cells.iter().map(|cell| cell.meets(&test)).collect();
        let not = holds.iter().map(|holds| !holds).collect();
        found.push(Candidate { text: format!("not {text}"), holds: not, is_odd });
        // `threat > high` is plainer as `threat unknown`.
        if holds.iter().skip(1).any(|holds| *holds) {
            found.push(Candidate { text, holds, is_odd });
        }
    }
    for (at, cell) in cells.iter().enumerate().filter(|(at, _)| is_single(facts, *at)) {
        let holds = (0..cells.len()).map(|other| other == at).collect();
        found.push(Candidate { text: cell.text(*fact), holds, is_odd: false });
    }
    found
}

/// Whether the version of a condition is one step beside a shorter one, with which the opposite condition says the same.
fn is_odd(condition: &Condition) -> bool {
    let (version, beside) = match condition {
        Condition::OsBelow(version) => (version, version.number().checked_sub(1)),
        Condition::OsAbove(version) => (version, version.number().checked_add(1)),
        _ => return false,
    };
    let length = |version: Version| version.to_string().len();
    beside.is_some_and(|beside| length(Version::of_number(beside)) < length(*version))
}

/// Whether a cell has one value, which a test can name.
fn is_single(FactCells { fact, cells }: &FactCells, at: usize) -> bool {
    let end = match cells.get(at + 1) {
        Some(Cell::Number(end)) => Some(*end),
        _ => None,
    };
    match cells.get(at) {
        Some(Cell::Unknown | Cell::Expired) => true,
        Some(Cell::Name(_)) => at + 1 < cells.len(),
        Some(Cell::Number(number)) => match fact {
            Fact::AccountDisabled | Fact::Jailbroken | Fact::AppScan | Fact::OffDuty => false,
            // `knox failed` is a condition, which holds for more.
            Fact::Knox => *number != KnoxResult::Failed.index() as u128,
            _ => !has_intervals(*fact) || end == number.checked_add(1),
        },
        None => false,
    }
}

/// The conditions that begin or cease to fire at the borders of cells.
fn conditions(FactCells { fact, cells }: &FactCells, wanted: &CellSet) -> Vec<Condition> {
    match fact {
        Fact::Model | Fact::Manufacturer => {
            let condition = |list: NameList| match fact {
                Fact::Model => Condition::ModelNotIn(list),
                _ => Condition::ManufacturerNotIn(list),
            };
            return name_lists(cells, wanted).into_iter().map(condition).collect();
        }
        Fact::AccountDisabled => return vec![Condition::AccountDisabled],
        Fact::Jailbroken => return vec![Condition::Jailbroken],
        Fact::AppScan => return vec![Condition::AppScanOff],
        Fact::OffDuty => return vec![Condition::OffDuty],
        Fact::Knox => {
            return [Knox::Failed, Knox::FailedIfSupported].map(Condition::Knox).to_vec();
        }
        Fact::Threat => return Threat::ALL.iter().copied().map(Condition::ThreatAbove).collect(),
        Fact::Integrity => {
            return Integrity::ALL.iter().copied().map(Condition::IntegrityBelow).collect();
        }
        Fact::DeviceLock => {
            return DeviceLock::ALL.iter().copied().map(Condition::DeviceLockBelow).collect();
        }
        _ => {}
    }
    // The first value of all begins no cell that another one ends at.
    let starts = cells.iter().skip(2).filter_map(|cell| match cell {
        Cell::Number(start) => Some(*start),
        _ => None,
    });
    starts.flat_map(|start| conditions_at(*fact, start)).collect()
}

/// The listed names that are wanted, those that are not, and all.
fn name_lists(cells: &[Cell], wanted: &CellSet) -> Vec<NameList> {
    let listed = cells.len().saturating_sub(1);
    let names = |is_meant: &dyn Fn(bool) -> bool| -> Vec<String> {
        let cells = cells.iter().zip(wanted).take(listed);
        let meant = cells.filter_map(|(cell, wanted)| match cell {
            Cell::Name(name) if is_meant(*wanted) => Some(name.clone()),
            _ => None,
        });
        meant.collect()
    };
    let lists = [names(&|wanted| !wanted), names(&|wanted| wanted), names(&|_| true)];
    let lists = lists.into_iter().filter(|names| !names.is_empty());
    lists.map(|names| names.into_iter().collect()).collect()
}

/// The conditions of an interval fact that tell a value from the one before it.
fn conditions_at(fact: Fact, start: u128) -> Vec<Condition> {
    let version = Version::of_number(start);
    let before = start.saturating_sub(1);
    let day = u32::try_from(start).ok().and_then(Date::of_ordinal);
    match fact {
        Fact::Sdk => vec![Condition::SdkBelow(version)],
        Fact::App => vec![Condition::AppBelow(version)],
        Fact::CompanyPortal => vec![Condition::CompanyPortalBelow(version)],
        Fact::Os => {
            vec![Condition::OsBelow(version), Condition::OsAbove(Version::of_number(before))]
        }
        Fact::Patch => day.map(Condition::PatchBefore).into_iter().collect(),
        Fact::Offline => {
            let minutes = u32::try_from(before).ok();
            minutes.map(|minutes| Condition::Offline { minutes }).into_iter().collect()
        }
        Fact::CompanyPortalAge => {
            let days = u16::try_from(before).ok();
            days.map(|days| Condition::CompanyPortalOlder { days }).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Values of a fact in words; `when` are the tests that hold for them.
pub(super) fn words(facts: &FactCells, wanted: &CellSet, when: &str) -> String {
    let first = wanted.iter().position(|wanted| *wanted).unwrap_or(0);
    let last = wanted.iter().rposition(|wanted| *wanted).unwrap_or(0);
    if has_words(facts.fact) {
        let values = facts.cells.iter().zip(wanted).filter(|(_, wanted)| **wanted);
        let values: Vec<String> = values.map(|(cell, _)| cell.value(facts.fact)).collect();
        return format!("{} {}", facts.fact, listed(&values));
    }
    if first == 0 || !has_intervals(facts.fact) {
        return format!("`{when}`");
    }
    let (from, to) = (border(facts, first), border(facts, last + 1));
    let from = from.filter(|_| first > 1).map(|(is_above, value)| match is_above {
        true => format!(" above {value}"),
        false => format!(" from {value}"),
    });
    let to = to.map(|(is_included, value)| match (is_included, &from) {
        (true, _) => format!(" up to {value}"),
        (false, Some(_)) => format!(" up to, not including, {value}"),
        (false, None) => format!(" below {value}"),
    });
    format!("{}{}{}", facts.fact, from.unwrap_or_default(), to.unwrap_or_default())
}

/// Whether the values of a fact are a few words.
pub(super) const fn has_words(fact: Fact) -> bool {
    matches!(fact, Fact::Threat | Fact::Integrity | Fact::DeviceLock | Fact::Knox)
}

/// Words as alternatives: `medium or high`.
fn listed(words: &[String]) -> String {
    match words.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        _ => words.concat(),
    }
}

/// The border between a cell and the one before it: the last value before it (`true`), or its first value,
/// whichever is the shorter text.
fn border(FactCells { fact, cells }: &FactCells, at: usize) -> Option<(bool, String)> {
    let Some(Cell::Number(start)) = cells.get(at) else { return None };
    let value = |number: u128| Cell::Number(number).value(*fact);
    let (this, before) = (value(*start), value(start.saturating_sub(1)));
    let is_time = matches!(fact, Fact::Offline | Fact::CompanyPortalAge);
    Some(if is_time || before.len() < this.len() { (true, before) } else { (false, this) })
}
