//! Partition of an open scope: its movements in few parts that are decided alike.
//!
//! Takes in a scope, gives out parts as scopes. Rows of sources that are decided alike are joined, then
//! channels, device states and platforms. The parts are exact: together they are the scope, and each of
//! them, asked again, gives the one answer that it shows.

#![allow(
    clippy::indexing_slicing,
    reason = "atoms are numbered by the space that these lists belong to"
)]

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::analysis::engine::naming::names_of_users;
use crate::analysis::engine::query::Query;
use crate::analysis::engine::rectangles::{
    DeviceSet, FactCell, FactGrid, NameCache, Rectangle, join_channels, scopes,
};
use crate::analysis::engine::space::{Atom, DeviceBlock, Pair, ScopeSpace};
use crate::analysis::subject::Analysis;
use crate::dd::Cond;
use crate::decision::{Answer, Decision, Determining, DeterminingRule, Effect};
use crate::limits::LimitExceeded;
use crate::model::{Model, PolicyId, Scope};
use crate::table::{ApplicableRules, DecisionId};
use crate::vocabulary::{Channel, Channels, Side};

/// Movements that are decided alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// The movements.
    pub scope: String,
    /// The decision about each of them, with every rule that decides some of them.
    #[serde(flatten)]
    pub answer: Answer,
}

/// The facts that tell parts apart. Rules that block are among them; rules that allow are not: they would
/// cut allowed movements into many small pieces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct PartKey {
    decision: Decision,
    blocked_by: Vec<DeterminingRule>,
    report_only: Vec<DeterminingRule>,
}

/// The rules that determine the decisions about some movements.
#[derive(Debug, Default, Clone)]
struct RuleSets {
    by: BTreeSet<DeterminingRule>,
    report_only: BTreeSet<DeterminingRule>,
}

impl RuleSets {
    fn extend(&mut self, other: Self) {
        self.by.extend(other.by);
        self.report_only.extend(other.report_only);
    }
}

/// Rectangles while they are collected.
#[derive(Default)]
struct Found {
    devices: BTreeMap<(Rectangle<PartKey>, Channel), DeviceSet>,
    determining: BTreeMap<Rectangle<PartKey>, RuleSets>,
}

pub(in crate::analysis) fn parts(
    analysis: &Analysis<'_>,
    scope: &Scope,
) -> Result<Vec<Part>, LimitExceeded> {
    let query = &mut Query::new(analysis.model, None, analysis.limits(), scope.people.iter())?;
    let mut space = ScopeSpace::new(query, scope, None)?;
    let mut names = NameCache::new(analysis.model);
    let mut found = Found::default();
    for devices in space.device_blocks(query) {
        for channel in space.channels(&devices) {
            add(query, &mut space, &mut names, (&devices, channel), &mut found)?;
        }
    }
    let Found { devices, determining } = found;
    let names = names_of_users(analysis.model);
    let mut parts = Vec::new();
    for ((rectangle, devices), channels) in join_channels(devices) {
        let determining = determining.get(&rectangle).cloned().unwrap_or_default();
        let scopes = scopes(&mut query.users, &names, &rectangle, channels, &devices)?;
        let ranked = scopes
            .into_iter()
            .map(|scope| part(analysis.model, scope, channels, &rectangle, &determining));
        parts.extend(ranked);
    }
    parts.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

/// Adds the rectangles of one channel on one block of devices.
fn add<'a>(
    query: &mut Query<'a>,
    space: &mut ScopeSpace<'a>,
    names: &mut NameCache<'a>,
    (devices, channel): (&DeviceBlock, Channel),
    found: &mut Found,
) -> Result<(), LimitExceeded> {
    let attributor = Attributor::new(query.model);
    let sources = space.atoms(query, devices, channel, Side::Source)?;
    let targets = space.atoms(query, devices, channel, Side::Target)?;
    let ask = |source: &Atom, target: &Atom| {
        let pair = Pair { devices, channel, source, target };
        let moving = space.condition(query, pair)?;
        Ok((moving, attributor.cell(query, pair, (moving, space.within))?))
    };
    let grid = FactGrid::new(&sources, &targets, ask)?;
    let mut names = [
        names.of_atoms(query, (devices, channel, Side::Source), &sources)?,
        names.of_atoms(query, (devices, channel, Side::Target), &targets)?,
    ];
    let rectangles = grid.rectangles(
        &mut query.users,
        &mut |users, side, of, marks| names[side as usize].texts(users, of, marks),
        |_| true,
    )?;
    for (rectangle, pairs) in rectangles {
        let determining = found.determining.entry(rectangle.clone()).or_default();
        for (source, target) in pairs {
            let pair =
                Pair { devices, channel, source: &sources[source], target: &targets[target] };
            let moving = grid.moving[source][target];
            let users = query.manager().and(rectangle.users, moving)?;
            let decision = rectangle.fact.decision;
            determining.extend(attributor.determining(query, pair, decision, users)?);
        }
        let place = found.devices.entry((rectangle, channel)).or_default();
        place.insert((devices.platform, devices.states));
    }
    Ok(())
}

type Ranked = ((bool, Channels), Part);

/// Enforced decisions come first, blocks before allows.
fn order(ranked: &Ranked) -> (bool, bool, Channels, &str) {
    let ((is_idle, channels), part) = ranked;
    (*is_idle, part.answer.effect == Effect::Allow, *channels, &part.scope)
}

fn part(
    model: &Model,
    scope: String,
    channels: Channels,
    rectangle: &Rectangle<PartKey>,
    determining: &RuleSets,
) -> Ranked {
    let mut by: Vec<_> = determining.by.iter().copied().collect();
    by.sort_by_key(DeterminingRule::rank);
    let report_only = determining.report_only.iter().copied().collect();
    let determining = Determining { by, report_only };
    let answer = rectangle.fact.decision.answer(&determining, model.directory());
    ((!answer.enforced, channels), Part { scope, answer })
}

// ---------------------------------------------------------------- determining rules

/// Finds the determining rules of movements.
struct Attributor {
    report_only: Vec<PolicyId>,
}

impl Attributor {
    fn new(model: &Model) -> Self {
        let report_only = model.policy_ids().filter(|id| model.policy(*id).report_only);
        Self { report_only: report_only.collect() }
    }

    /// The facts between two atoms, among which data can move for some users. The users of a fact are those
    /// of the scope: what a decision would be for others makes it plainer.
    fn cell(
        &self,
        query: &mut Query<'_>,
        pair: Pair<'_>,
        (moving, within): (Cond, Cond),
    ) -> Result<FactCell<PartKey>, LimitExceeded> {
        let mut cell = Vec::new();
        if moving.is_never() {
            return Ok(cell);
        }
        let lines = [pair.source.line, pair.target.line];
        let outcome = query.outcome(pair.devices.kind, pair.channel, lines)?;
        for (id, users) in query.users.combiner.parts(outcome)? {
            let users = query.manager().and(users, within)?;
            let moved = query.manager().and(users, moving)?;
            if id == DecisionId::NONE || moved.is_never() {
                continue;
            }
            let decision = query.users.decision(id);
            let RuleSets { by, report_only } = self.determining(query, pair, decision, moved)?;
            let blocks = |determining: BTreeSet<DeterminingRule>| -> Vec<DeterminingRule> {
                determining.into_iter().filter(|cause| cause.effect == Effect::Block).collect()
            };
            let (blocked_by, report_only) = (blocks(by), blocks(report_only));
            cell.push((PartKey { decision, blocked_by, report_only }, users));
        }
        Ok(cell)
    }

    /// The determining rules of a decision about movements between two atoms, for some users.
    fn determining(
        &self,
        query: &mut Query<'_>,
        pair: Pair<'_>,
        decision: Decision,
        users: Cond,
    ) -> Result<RuleSets, LimitExceeded> {
        let mut found = RuleSets::default();
        if decision.is_enforced() {
            for all in pair.applicable_rules(query, None)? {
                found.by.extend(query.users.rules_of_effect(all, decision.effect(), users)?);
            }
        }
        for policy in &self.report_only {
            for all in pair.applicable_rules(query, Some(*policy))? {
                found.report_only.extend(determining_of(query, all, users)?);
            }
        }
        Ok(found)
    }
}

/// The applicable rules of one policy that give its strictest effect for some of the users.
fn determining_of(
    query: &mut Query<'_>,
    all: ApplicableRules<Cond>,
    users: Cond,
) -> Result<Vec<DeterminingRule>, LimitExceeded> {
    let blocks = all.iter().filter(|(one, _)| one.effect == Effect::Block);
    let blocked = query.manager().any(blocks.map(|(_, when)| *when))?;
    let mut found = Vec::new();
    for (cause, mut when) in all {
        if cause.effect == Effect::Allow {
            when = query.manager().and_not(when, blocked)?;
        }
        if !query.manager().are_disjoint(when, users)? {
            found.push(cause);
        }
    }
    Ok(found)
}
