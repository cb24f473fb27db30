//! Matrices of sources by targets.
//!
//! Takes in a scope, gives out one matrix for each channel, kind of users and kind of devices. Sources that
//! are decided alike share a row, targets a column; which rules decide makes no difference here.

#![allow(
    clippy::indexing_slicing,
    reason = "rows and columns are numbered by the lists of atoms that they come from"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::by_group::{ByGroup, LeftOut};
use crate::analysis::engine::contexts::{DeviceSet, contexts};
use crate::analysis::engine::naming::names_of_users;
use crate::analysis::engine::query::Query;
use crate::analysis::engine::rectangles::{AtomNames, JoinedLine, NameCache, joined};
use crate::analysis::engine::relevant::relevant;
use crate::analysis::engine::space::{DeviceBlock, Pair, ScopeSpace};
use crate::analysis::engine::users::{Chosen, Users};
use crate::analysis::subject::Analysis;
use crate::dd::Cond;
use crate::decision::{Decision, Effect, LimitsAnswer};
use crate::limits::{LimitExceeded, Resource};
use crate::model::Scope;
use crate::table::{DecisionId, Outcome};
use crate::vocabulary::{Channel, Reason, Side};

/// The decision between the sources of a row and the targets of a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Cell {
    /// May the data move?
    pub effect: Effect,
    /// Whether some policy applies.
    pub enforced: bool,
    /// The limits in force.
    pub limits: LimitsAnswer,
}

/// The decisions between some sources and some targets.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Matrix {
    /// The channel, and where the matrix holds: clauses without `from` and `to`.
    pub scope: String,
    /// The targets, one set a column.
    pub columns: Vec<String>,
    /// The sources, one set a row, with a cell for each column; `None` where no data can move.
    pub rows: Vec<(String, Vec<Option<Cell>>)>,
}

/// Matrices, and who is left out of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct GroupMatrices {
    /// The matrices.
    pub matrices: Vec<Matrix>,
    /// The people who are left out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// A matrix for some users, before it is known for which devices it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Sketch {
    channel: Channel,
    users: Cond,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Option<Cell>>)>,
}

/// Rows or columns of a matrix that are joined, with the decision in each place.
type Line = JoinedLine<Option<DecisionId>>;

impl Cell {
    pub(in crate::analysis) fn of(decision: Decision) -> Self {
        Self {
            effect: decision.effect(),
            enforced: decision.is_enforced(),
            limits: decision.limits(),
        }
    }
}

pub(in crate::analysis) fn matrices(
    analysis: &Analysis<'_>,
    scope: &Scope,
) -> Result<Vec<Matrix>, LimitExceeded> {
    let limits = analysis.limits();
    let model = &*relevant(analysis.model, scope, limits)?;
    let query = &mut Query::of_question(model, limits, scope.people.as_ref())?;
    let mut space = ScopeSpace::new(query, scope, None)?;
    let mut names = NameCache::new(model, scope);
    let mut found: Vec<(Sketch, DeviceSet)> = Vec::new();
    for devices in space.device_blocks(query) {
        for channel in space.channels(&devices) {
            let place = (&devices, channel);
            for sketch in sketches(query, &mut space, &mut names, place, limits.user_kinds)? {
                let place = (devices.platform, devices.states);
                match found.iter_mut().find(|(other, _)| *other == sketch) {
                    Some((_, places)) => drop(places.insert(place)),
                    None => found.push((sketch, [place].into_iter().collect())),
                }
            }
        }
    }
    found.sort_by_key(|(sketch, _)| sketch.channel);
    found.retain(|(sketch, _)| !sketch.rows.is_empty());
    let names = names_of_users(model);
    let mut matrices = Vec::new();
    for (Sketch { channel, users, columns, rows }, places) in found {
        for context in contexts(&mut query.users, &names, (users, &Chosen::new()), &places)? {
            let scope = format!("{channel}{context}");
            matrices.push(Matrix { scope, columns: columns.clone(), rows: rows.clone() });
        }
    }
    Ok(matrices)
}

/// The matrices of a scope, or, where it leaves open more kinds of users than a question may, of at most so many of them.
pub(in crate::analysis) fn matrices_by_group(
    analysis: &Analysis<'_>,
    scope: &Scope,
    most: usize,
) -> Result<GroupMatrices, LimitExceeded> {
    let limit = match matrices(analysis, scope) {
        Ok(matrices) => return Ok(GroupMatrices { matrices, left_out: Vec::new() }),
        Err(limit) => limit,
    };
    let is_people = limit.resource() == Resource::UserKinds && scope.people.is_none();
    if !is_people || analysis.model.users().is_empty() {
        return Err(limit);
    }
    let ByGroup { people, left_out } = ByGroup::new(analysis.model, limit, most);
    let mut found = Vec::new();
    for people in people {
        found.extend(matrices(analysis, &Scope { people: Some(people), ..scope.clone() })?);
    }
    Ok(GroupMatrices { matrices: found, left_out })
}

/// The matrices of one channel on one block of devices: one for each kind of users.
fn sketches<'a>(
    query: &mut Query<'a>,
    space: &mut ScopeSpace<'a>,
    names: &mut NameCache<'a>,
    (devices, channel): (&DeviceBlock, Channel),
    limit: usize,
) -> Result<Vec<Sketch>, LimitExceeded> {
    let sources = space.atoms(query, devices, channel, Side::Source)?;
    let targets = space.atoms(query, devices, channel, Side::Target)?;
    let mut outcomes = BTreeSet::new();
    let mut grid = Vec::with_capacity(sources.len());
    for source in &sources {
        let row = targets.iter().map(|target| {
            let outcome = space.outcome(query, Pair { devices, channel, source, target })?;
            without_reasons(&mut query.users, outcome)
        });
        grid.push(row.collect::<Result<Vec<Outcome>, LimitExceeded>>()?);
        outcomes.extend(grid.last().into_iter().flatten().copied());
    }
    let names = [
        names.of_atoms(query, (devices, channel, Side::Source), &sources)?,
        names.of_atoms(query, (devices, channel, Side::Target), &targets)?,
    ];
    let within = Some(space.within).filter(|one| !one.is_never()).into_iter().collect();
    let kinds = split_by_outcomes(&mut query.users, within, &outcomes, limit)?;
    kinds.into_iter().map(|users| sketch(query, &names, channel, users, &grid)).collect()
}

/// The outcome with one reason for all: matrices do not show why no policy applies.
pub(in crate::analysis) fn without_reasons(
    users: &mut Users,
    outcome: Outcome,
) -> Result<Outcome, LimitExceeded> {
    let mut known = BTreeMap::new();
    for id in users.combiner.manager.terminals(outcome) {
        if id == DecisionId::NONE {
            known.insert(id, id);
            continue;
        }
        let decision = users.decision(id);
        let reason = decision.reason.map(|_| Reason::AppNotProtected);
        known.insert(id, users.combiner.number(Decision { reason, ..decision }));
    }
    users.manager().map(outcome, |id| known.get(&id).copied().unwrap_or(id))
}

/// Kinds of users, split as coarsely as can be so that each outcome is one decision for all users of a kind.
pub(in crate::analysis) fn split_by_outcomes(
    users: &mut Users,
    mut kinds: Vec<Cond>,
    outcomes: &BTreeSet<Outcome>,
    limit: usize,
) -> Result<Vec<Cond>, LimitExceeded> {
    for outcome in outcomes {
        let mut split = Vec::new();
        for (_, of) in users.combiner.parts(*outcome)? {
            for kind in &kinds {
                split.push(users.manager().and(*kind, of)?);
            }
        }
        split.retain(|kind| !kind.is_never());
        kinds = split;
        if kinds.len() > limit {
            return Err(LimitExceeded::new(Resource::UserKinds, kinds.len(), limit));
        }
    }
    Ok(kinds)
}

/// The matrix for one kind of users: rows and columns that look alike are joined.
fn sketch(
    query: &mut Query<'_>,
    names: &[AtomNames; 2],
    channel: Channel,
    users: Cond,
    grid: &[Vec<Outcome>],
) -> Result<Sketch, LimitExceeded> {
    // The outcomes are equal for all of these users: one of them stands for all.
    let example = query.users.combiner.manager.minimal_model(users).unwrap_or_default();
    let decided = |outcome: &Outcome| -> Option<DecisionId> {
        let manager = &query.users.combiner.manager;
        let id = manager.eval(*outcome, |variable| example.contains(&variable));
        (id != DecisionId::NONE).then_some(id)
    };
    let row = |row: &Vec<Outcome>| row.iter().map(decided).collect();
    let cells: Vec<Vec<Option<DecisionId>>> = grid.iter().map(row).collect();
    let width = cells.first().map_or(0, Vec::len);
    let joined = |lines: &[_]| joined(lines.iter(), Option::is_none);
    let rows: Vec<Line> = joined(&cells);
    let columns = (0..width).map(|target| rows.iter().map(|row| row.values[target]).collect());
    let columns: Vec<Line> = joined(&columns.collect::<Vec<_>>());
    let mut name = |side: Side, count: usize, lines: &[Line]| {
        let mut texts = Vec::with_capacity(lines.len());
        for (number, Line { members, .. }) in lines.iter().enumerate() {
            let wanted: Vec<bool> = (0..count).map(|at| members.contains(&at)).collect();
            let marks = [wanted.as_slice(), &vec![false; count]];
            let of_line = names[side as usize].texts(&mut query.users, users, marks)?;
            texts.extend(of_line.into_iter().map(|(text, ..)| (number, text)));
        }
        Ok::<Vec<(usize, String)>, LimitExceeded>(texts)
    };
    let column_names = name(Side::Target, width, &columns)?;
    let row_names = name(Side::Source, cells.len(), &rows)?;
    let cell = |row: usize, column: usize| {
        columns[column].values[row].map(|id| Cell::of(query.users.decision(id)))
    };
    let rows = row_names.into_iter().map(|(row, name)| {
        (name, column_names.iter().map(|(column, _)| cell(row, *column)).collect())
    });
    let rows = rows.collect();
    let columns = column_names.into_iter().map(|(_, name)| name).collect();
    Ok(Sketch { channel, users, columns, rows })
}
