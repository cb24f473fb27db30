//! Matrices of sources by targets.
//!
//! One for each channel, kind of users and kind of devices of a scope. Sources that are decided alike share a row,
//! targets a column; who decided makes no difference here, only what.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Analysis;
use super::crowd::NOWHERE;
use super::describe::names_of_users;
use super::grid::{self, Grid, Spots, Words, contexts};
use super::space::{Atom, Lens, Space, Spot};
use crate::decision::{Decision, Effect, LimitsAnswer};
use crate::diagram::Diagram;
use crate::model::Scope;
use crate::vocabulary::{Channel, Reason, Side};

/// What is decided between the sources of a row and the targets of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// May the data move?
    pub effect: Effect,
    /// Whether some policy has a say.
    pub enforced: bool,
    /// The limits in force.
    pub limits: LimitsAnswer,
}

/// What is decided between some sources and some targets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Matrix {
    /// The channel, and where the matrix holds: clauses without `from` and `to`.
    pub scope: String,
    /// The targets, one set a column.
    pub columns: Vec<String>,
    /// The sources, one set a row, with a cell for each column; `None` where no data can move.
    pub rows: Vec<(String, Vec<Option<Cell>>)>,
}

/// More kinds of users than there can be matrices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the scope leaves open more than {limit} kinds of users; narrow it with `for …`")]
pub struct TooManyKinds {
    /// How many kinds are the limit.
    pub limit: usize,
}

/// On one channel so many kinds of users get matrices of their own.
const KINDS: usize = 256;

/// Rows and columns of a matrix before it is known where it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sketch {
    channel: Channel,
    users: Diagram,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Option<Cell>>)>,
}

impl Cell {
    pub(super) fn of(decision: Decision) -> Self {
        Self {
            effect: decision.effect(),
            enforced: decision.is_enforced(),
            limits: decision.limits(),
        }
    }
}

pub(super) fn matrices(
    analysis: &Analysis<'_>,
    scope: &Scope,
) -> Result<Vec<Matrix>, TooManyKinds> {
    let lens = &mut Lens::new(analysis, &analysis.table, scope.people.iter());
    let mut space = Space::new(lens, scope, None);
    let mut words = Words::new(analysis.model);
    let mut found: Vec<(Sketch, Spots)> = Vec::new();
    for spot in space.spots(lens.table()) {
        for channel in space.channels(&spot) {
            let sources = space.atoms(lens, &spot, channel, Side::Source);
            let targets = space.atoms(lens, &spot, channel, Side::Target);
            let mut outcomes = BTreeSet::new();
            let grid = Grid::new(
                &sources,
                &targets,
                |atom| atom.inside,
                |source, target| {
                    let outcome = space.outcome(lens, &spot, channel, source, target);
                    let looks = looks(lens, outcome);
                    outcomes.insert(looks);
                    vec![(looks, Diagram::TRUE)]
                },
            );
            for users in kinds(lens, space.within, &outcomes)? {
                let place = (&spot, channel, [sources.as_slice(), &targets]);
                let sketch = sketch(lens, &mut words, place, users, &grid);
                let place = (spot.platform, spot.states);
                match found.iter_mut().find(|(other, _)| *other == sketch) {
                    Some((_, places)) => drop(places.insert(place)),
                    None => found.push((sketch, [place].into_iter().collect())),
                }
            }
        }
    }
    found.sort_by_key(|(sketch, _)| sketch.channel);
    found.retain(|(sketch, _)| !sketch.rows.is_empty());
    let names = names_of_users(analysis.model);
    let matrix = |(sketch, places): (Sketch, Spots)| {
        let contexts = contexts(&mut lens.crowd, &names, sketch.users, &places);
        let one = move |context| Matrix {
            scope: format!("{}{context}", sketch.channel),
            columns: sketch.columns.clone(),
            rows: sketch.rows.clone(),
        };
        contexts.into_iter().map(one).collect::<Vec<_>>()
    };
    Ok(found.into_iter().flat_map(matrix).collect())
}

/// Decisions that look alike in a matrix as one number.
fn looks(lens: &mut Lens<'_>, outcome: Diagram) -> Diagram {
    let mut known = BTreeMap::new();
    for number in lens.crowd.verdicts.diagrams.numbers(outcome) {
        let decision = lens.crowd.decision(number);
        let reason = decision.reason.map(|_| Reason::AppNotProtected);
        let looks = if number == NOWHERE {
            NOWHERE
        } else {
            lens.crowd.verdicts.number(Decision { reason, ..decision })
        };
        known.insert(number, looks);
    }
    lens.crowd
        .verdicts
        .diagrams
        .map(outcome, |number| known.get(&number).copied().unwrap_or(NOWHERE))
}

/// The kinds of users that some functions tell apart.
fn kinds(
    lens: &mut Lens<'_>,
    within: Diagram,
    outcomes: &BTreeSet<Diagram>,
) -> Result<Vec<Diagram>, TooManyKinds> {
    let mut kinds: Vec<Diagram> =
        Some(within).filter(|one| *one != Diagram::FALSE).into_iter().collect();
    for outcome in outcomes {
        let mut split = Vec::new();
        for number in lens.crowd.verdicts.diagrams.numbers(*outcome) {
            let users = lens.crowd.verdicts.diagrams.is_among(*outcome, |one| one == number);
            for kind in &kinds {
                split.push(lens.crowd.verdicts.diagrams.and(*kind, users));
            }
        }
        split.retain(|kind| *kind != Diagram::FALSE);
        kinds = split;
        if kinds.len() > KINDS {
            return Err(TooManyKinds { limit: KINDS });
        }
    }
    Ok(kinds)
}

/// What each of some users sees of a grid: rows and columns that look alike are joined.
fn sketch(
    lens: &mut Lens<'_>,
    words: &mut Words<'_>,
    (spot, channel, [sources, targets]): (&Spot, Channel, [&[Atom]; 2]),
    users: Diagram,
    grid: &Grid<Diagram>,
) -> Sketch {
    let look = |cell: &grid::Cell<Diagram>| -> Option<u32> {
        let outcome = cell.first()?.0;
        let users = lens.crowd.verdicts.diagrams.fewest(users)?;
        let number = lens.crowd.verdicts.diagrams.at(outcome, |question| users.contains(&question));
        (number != NOWHERE).then_some(number)
    };
    let cells: Vec<Vec<Option<u32>>> =
        grid.cells.iter().map(|row| row.iter().map(look).collect()).collect();
    let rows = joined(&cells);
    let columns = (0..targets.len())
        .map(|target| rows.iter().map(|(_, row)| row[target]).collect::<Vec<_>>());
    let columns = joined(&columns.collect::<Vec<_>>());
    let (column_names, row_names) = {
        let Lens { crowd, import, .. } = &mut *lens;
        let mut name = words.naming(import, spot, channel, [sources, targets]);
        let mut name = |side, count: usize, members: &[usize]| {
            let wanted: Vec<bool> = (0..count).map(|index| members.contains(&index)).collect();
            name(crowd, side, users, &wanted, &vec![false; count])
        };
        let of_columns = columns.iter().map(|(of, _)| name(Side::Target, targets.len(), of));
        let of_columns: Vec<String> = of_columns.collect();
        let of_rows = rows.iter().map(|(of, _)| name(Side::Source, sources.len(), of));
        (of_columns, of_rows.collect::<Vec<String>>())
    };
    let cell = |row: usize, column: &(Vec<usize>, Vec<Option<u32>>)| {
        column.1[row].map(|number| Cell::of(lens.crowd.decision(number)))
    };
    let rows = row_names
        .into_iter()
        .enumerate()
        .map(|(row, name)| (name, columns.iter().map(|column| cell(row, column)).collect()));
    Sketch { channel, users, columns: column_names, rows: rows.collect() }
}

/// Joins lists that agree wherever both have something; those that have nothing are left out.
fn joined(lists: &[Vec<Option<u32>>]) -> Vec<(Vec<usize>, Vec<Option<u32>>)> {
    let mut found: Vec<(Vec<usize>, Vec<Option<u32>>)> = Vec::new();
    for (at, list) in lists.iter().enumerate() {
        if list.iter().all(Option::is_none) {
            continue;
        }
        let agrees = |(_, known): &&mut (Vec<usize>, Vec<Option<u32>>)| {
            known.iter().zip(list).all(|(a, b)| a.is_none() || b.is_none() || a == b)
        };
        match found.iter_mut().find(agrees) {
            Some((members, known)) => {
                members.push(at);
                known.iter_mut().zip(list).for_each(|(a, b)| *a = a.or(*b));
            }
            None => found.push((vec![at], list.clone())),
        }
    }
    found
}
