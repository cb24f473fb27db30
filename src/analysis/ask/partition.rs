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

use crate::analysis::engine::determining::{
    RuleCell, RuleGrid, RuledPart, RuledRectangles, ruled_parts,
};
use crate::analysis::engine::naming::names_of_users;
use crate::analysis::engine::query::Query;
use crate::analysis::engine::rectangles::{
    AtomNames, FactCell, FactGrid, Held, NameCache, Rectangle, between,
};
use crate::analysis::engine::space::{Atom, AtomMember, DeviceBlock, Pair, ScopeSpace};
use crate::analysis::subject::Analysis;
use crate::bits::Bits;
use crate::dd::Cond;
use crate::decision::{Answer, Decision, Determining, DeterminingRule, Effect, RuleAnswer};
use crate::limits::LimitExceeded;
use crate::model::{Model, PolicyId, RuleId, Scope};
use crate::table::{ApplicableRules, DecisionId};
use crate::vocabulary::{Channel, Channels, Side};

/// Movements that are decided alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Part {
    /// The movements.
    pub scope: String,
    /// The decision about each of them. A rule decides all of them, or it says where.
    #[serde(flatten)]
    pub answer: Answer,
}

/// A determining rule of a part, in the order of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum PartRule {
    Live { rank: (Side, PolicyId, Option<RuleId>), rule: DeterminingRule },
    ReportOnly(DeterminingRule),
}

/// The parts of a scope; with a policy, of what the scope means in an expectation that stands in the policy.
pub(in crate::analysis) fn parts(
    analysis: &Analysis<'_>,
    scope: &Scope,
    policy: Option<PolicyId>,
) -> Result<Vec<Part>, LimitExceeded> {
    let query = Query::of_question(analysis.model, analysis.limits(), scope.people.as_ref())?;
    let mut partition = Partition::new(query, scope, policy)?;
    let mut found = RuledRectangles::new();
    for devices in partition.space.device_blocks(&partition.query) {
        for channel in partition.space.channels(&devices) {
            partition.add(&devices, channel, &mut found)?;
        }
    }
    let people = names_of_users(analysis.model);
    let parts = ruled_parts(&mut partition.query.users, &people, found)?.into_iter();
    let mut ranked: Vec<_> = parts.map(|one| (one.channels, part(analysis.model, one))).collect();
    ranked.sort_by(|a, b| order(a).cmp(&order(b)));
    Ok(ranked.into_iter().map(|(_, part)| part).collect())
}

/// Enforced decisions come first, blocks before allows.
fn order((channels, part): &(Channels, Part)) -> (bool, bool, Channels, &str) {
    let Answer { effect, enforced, .. } = part.answer;
    (!enforced, effect == Effect::Allow, *channels, &part.scope)
}

fn part(model: &Model, part: RuledPart<Decision, PartRule>) -> Part {
    let scope = part.scope();
    let mut answer = part.fact.answer(&Determining::default(), model.directory());
    for (rule, scopes) in part.rules {
        let (rule, list) = match &rule {
            PartRule::Live { rule, .. } => (rule, &mut answer.by),
            PartRule::ReportOnly(rule) => (rule, &mut answer.report_only),
        };
        list.push(RuleAnswer::within(rule, scopes, model.directory()));
    }
    Part { scope, answer }
}

/// The movements of a scope, while parts are made.
struct Partition<'a> {
    query: Query<'a>,
    space: ScopeSpace<'a>,
    names: NameCache<'a>,
    report_only: Vec<PolicyId>,
}

impl<'a> Partition<'a> {
    fn new(
        mut query: Query<'a>,
        scope: &'a Scope,
        policy: Option<PolicyId>,
    ) -> Result<Self, LimitExceeded> {
        let model = query.model;
        let space = ScopeSpace::new(&mut query, scope, policy)?;
        let report_only = model.policy_ids().filter(|id| model.policy(*id).report_only).collect();
        Ok(Self { query, space, names: NameCache::new(model, scope), report_only })
    }

    /// Adds the rectangles of one channel on one block of devices.
    fn add(
        &mut self,
        devices: &DeviceBlock,
        channel: Channel,
        found: &mut RuledRectangles<Decision, PartRule>,
    ) -> Result<(), LimitExceeded> {
        let sources = self.space.atoms(&mut self.query, devices, channel, Side::Source)?;
        let targets = self.space.atoms(&mut self.query, devices, channel, Side::Target)?;
        let ask = |source: &Atom, target: &Atom| {
            let pair = Pair { devices, channel, source, target };
            let moving = self.space.condition(&mut self.query, pair)?;
            Ok((moving, self.cell(pair, moving)?))
        };
        let grid = FactGrid::new(&sources, &targets, ask)?;
        let names = [
            self.names.of_atoms(&mut self.query, (devices, channel, Side::Source), &sources)?,
            self.names.of_atoms(&mut self.query, (devices, channel, Side::Target), &targets)?,
        ];
        let rectangles = grid.rectangles(
            &mut self.query.users,
            &mut |users, side, of, marks| names[side as usize].texts(users, of, marks),
            |_| true,
        )?;
        let atoms = [&sources, &targets];
        for (rectangle, held) in rectangles {
            let grid = self.rules(devices, channel, (&names, atoms), (&rectangle, &held))?;
            found.entry((rectangle, channel)).or_default().push(grid);
        }
        Ok(())
    }

    /// The decisions between two atoms, among which data can move for some users. The users of a decision are
    /// those of the scope: what it would be for others makes it plainer.
    fn cell(&mut self, pair: Pair<'_>, moving: Cond) -> Result<FactCell<Decision>, LimitExceeded> {
        let mut cell = Vec::new();
        if moving.is_never() {
            return Ok(cell);
        }
        let (query, within) = (&mut self.query, self.space.within);
        let lines = [pair.source.line, pair.target.line];
        let outcome = query.outcome(pair.devices.kind, pair.channel, lines)?;
        for (id, users) in query.users.combiner.parts(outcome)? {
            let users = query.manager().and(users, within)?;
            let moved = query.manager().and(users, moving)?;
            if id != DecisionId::NONE && !moved.is_never() {
                cell.push((query.users.decision(id), users));
            }
        }
        Ok(cell)
    }

    // ------------------------------------------------------------ determining rules

    /// The rules that decide the movements of a rectangle.
    fn rules(
        &mut self,
        devices: &DeviceBlock,
        channel: Channel,
        (names, atoms): (&[AtomNames; 2], [&Vec<Atom>; 2]),
        (rectangle, held): (&Rectangle<Decision>, &Held),
    ) -> Result<RuleGrid<PartRule>, LimitExceeded> {
        let mut side = |side: Side| {
            let of = |(from, to): &(usize, usize)| if side == Side::Source { *from } else { *to };
            let wanted: BTreeSet<usize> = held.pairs.iter().map(of).collect();
            let named = (&names[side as usize], &held.views[side as usize]);
            self.fine_atoms(named, side, atoms[side as usize], &wanted)
        };
        let (sources, targets) = (side(Side::Source)?, side(Side::Target)?);
        let pairs: BTreeSet<_> = held.pairs.iter().copied().collect();
        let ask = &mut |(row, source): &(usize, Atom), (column, target): &(usize, Atom)| {
            let pair = Pair { devices, channel, source, target };
            match pairs.contains(&(*row, *column)) {
                true => self.rule_cell(pair, rectangle),
                false => Ok((Cond::FALSE, None)),
            }
        };
        let (moving, cells) = between(&sources, &targets, ask)?;
        let views = |names: &AtomNames, atoms: &[(usize, Atom)]| -> Vec<Bits> {
            let views = |(_, atom): &(usize, Atom)| {
                names.views(atom.members.iter().map(|member| member.view))
            };
            atoms.iter().map(views).collect()
        };
        let (rows, columns) = (views(&names[0], &sources), views(&names[1], &targets));
        let names = [&names[0], &names[1]];
        let place = (devices.platform, devices.states);
        Ok(RuleGrid::new(place, names, [&rows, &columns], (&moving, &cells)))
    }

    /// The named views of some atoms, split by class, each with the number of its atom.
    fn fine_atoms(
        &mut self,
        (names, named): (&AtomNames, &Bits),
        side: Side,
        atoms: &[Atom],
        wanted: &BTreeSet<usize>,
    ) -> Result<Vec<(usize, Atom)>, LimitExceeded> {
        let mut found = Vec::new();
        for of in wanted {
            let mut classes: BTreeMap<(usize, bool), Vec<AtomMember>> = BTreeMap::new();
            let is_named = |member: &&AtomMember| {
                names.position(member.view).is_some_and(|at| named.contains(at))
            };
            for member in atoms[*of].members.iter().filter(is_named) {
                let class = self.query.class_of(side, member.view.end);
                classes.entry((class, member.view.managed)).or_default().push(*member);
            }
            for members in classes.into_values() {
                let inside = members.iter().map(|member| member.exists);
                let inside = self.query.manager().any(inside)?;
                found.push((*of, Atom { inside, members, ..atoms[*of] }));
            }
        }
        Ok(found)
    }

    /// The users for whom data of a rectangle can move between two atoms, and the rules that decide there.
    fn rule_cell(
        &mut self,
        pair: Pair<'_>,
        rectangle: &Rectangle<Decision>,
    ) -> Result<(Cond, RuleCell<PartRule>), LimitExceeded> {
        let moving = self.space.condition(&mut self.query, pair)?;
        let ([from, ..], [to, ..]) = (&pair.source.members[..], &pair.target.members[..]) else {
            return Ok((Cond::FALSE, None));
        };
        if self.query.manager().are_disjoint(moving, rectangle.users)? {
            return Ok((Cond::FALSE, None));
        }
        let (views, kind, channel) = ([from.view, to.view], pair.devices.kind, pair.channel);
        let mut cell = BTreeMap::new();
        if rectangle.fact.is_enforced() {
            let all = self.query.rules_between(kind, None, channel, views)?;
            let all = all.into_iter().filter(|(rule, _)| rule.effect == rectangle.fact.effect());
            let live = |rule: DeterminingRule| PartRule::Live { rank: rule.rank(), rule };
            cell.extend(all.map(|(rule, when)| (live(rule), when)));
        }
        for policy in &self.report_only {
            let ends = views.map(|view| view.end);
            let all = self.query.applicable_rules(kind, Some(*policy), channel, ends)?;
            let all = with_winning_effect(&mut self.query, all)?;
            cell.extend(all.into_iter().map(|(rule, when)| (PartRule::ReportOnly(rule), when)));
        }
        // The rules of all cells are kept until parts are made of them.
        self.query.manager().take_steps(cell.len())?;
        Ok((moving, Some(cell)))
    }
}

/// The applicable rules of one policy with the users for whom they give the effect of the policy.
fn with_winning_effect(
    query: &mut Query<'_>,
    mut all: ApplicableRules<Cond>,
) -> Result<ApplicableRules<Cond>, LimitExceeded> {
    let blocks = all.iter().filter(|(one, _)| one.effect == Effect::Block);
    let blocked = query.manager().any(blocks.map(|(_, when)| *when))?;
    for (_, when) in all.iter_mut().filter(|(one, _)| one.effect == Effect::Allow) {
        *when = query.manager().and_not(*when, blocked)?;
    }
    Ok(all)
}
