//! Matrices of sources by targets.
//!
//! One for each channel and kind of context of a scope. Sources that are decided alike share a row,
//! targets a column; who decided makes no difference here, only what.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Analysis;
use super::cover::{Plane, contexts};
use super::space::{Space, Spot};
use crate::decision::{Decision, Effect, LimitsAnswer};
use crate::model::Scope;
use crate::vocabulary::{Channel, Side};

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

/// Rows and columns of a matrix before it is known where it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Grid {
    columns: Vec<String>,
    rows: Vec<(String, Vec<Option<Cell>>)>,
}

impl Cell {
    fn of(decision: &Decision) -> Self {
        Self {
            effect: decision.effect(),
            enforced: decision.is_enforced(),
            limits: decision.limits(),
        }
    }
}

pub(super) fn matrices(analysis: &Analysis<'_>, scope: &Scope) -> Vec<Matrix> {
    let space = Space::new(analysis, &analysis.table, scope, None);
    let mut known: BTreeMap<_, Grid> = BTreeMap::new();
    let mut found: Vec<((Channel, Grid), _)> = Vec::new();
    for spot in space.spots() {
        for channel in space.channels(&spot) {
            let key = (spot.id, spot.context.state.is_enrolled(), channel);
            let grid = known.entry(key).or_insert_with(|| grid(&space, &spot, channel)).clone();
            let place = (spot.users, spot.context.platform, spot.context.state);
            let key = (channel, grid);
            match found.iter_mut().find(|(other, _)| *other == key) {
                Some((_, places)) => places,
                None => {
                    found.push((key, std::collections::BTreeSet::new()));
                    match found.last_mut() {
                        Some((_, places)) => places,
                        None => continue,
                    }
                }
            }
            .insert(place);
        }
    }
    found.sort_by_key(|((channel, _), _)| *channel);
    found
        .into_iter()
        .filter(|((_, grid), _)| !grid.rows.is_empty())
        .flat_map(|((channel, grid), places)| {
            contexts(&space, &places).into_iter().map(move |context| Matrix {
                scope: format!("{channel}{context}"),
                columns: grid.columns.clone(),
                rows: grid.rows.clone(),
            })
        })
        .collect()
}

/// Whether two decisions look alike in a matrix.
fn looks_alike(a: &Decision, b: &Decision) -> bool {
    a.verdict == b.verdict && a.is_enforced() == b.is_enforced()
}

fn grid(space: &Space<'_>, spot: &Spot, channel: Channel) -> Grid {
    let plane = Plane::new(space, spot, channel);
    let rows = plane.joined_rows(looks_alike);
    // Columns are joined by what all rows say of them.
    let mut columns: Vec<(Vec<usize>, Vec<Option<&Decision>>)> = Vec::new();
    for target in 0..plane.targets.len() {
        let cells: Vec<_> = rows.iter().map(|row| row.cells[target]).collect();
        let agrees = |(_, known): &&mut (Vec<usize>, Vec<Option<&Decision>>)| {
            known.iter().zip(&cells).all(|(a, b)| match (a, b) {
                (Some(a), Some(b)) => looks_alike(a, b),
                (None, _) | (_, None) => true,
            })
        };
        match columns.iter_mut().find(agrees) {
            Some((targets, known)) => {
                targets.push(target);
                known.iter_mut().zip(&cells).for_each(|(a, b)| *a = a.or(*b));
            }
            None => columns.push((vec![target], cells)),
        }
    }
    let name = |side, count: usize, members: &[usize]| {
        let wanted: Vec<bool> = (0..count).map(|index| members.contains(&index)).collect();
        plane.text(side, &wanted, &vec![false; count])
    };
    Grid {
        columns: columns
            .iter()
            .map(|(targets, _)| name(Side::Target, plane.targets.len(), targets))
            .collect(),
        rows: rows
            .iter()
            .enumerate()
            .map(|(index, row)| {
                let cells = columns.iter().map(|(_, cells)| cells[index].map(Cell::of)).collect();
                (name(Side::Source, plane.sources.len(), &row.sources), cells)
            })
            .collect(),
    }
}
