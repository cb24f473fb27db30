//! The common refinement: classes of endpoints that every channel decides alike, on both sides.
//!
//! Takes in a scope, gives out for each block of devices the kinds of users, and for each of them the classes with
//! the decisions between them. For one kind of users each endpoint has one view, and each pair of atoms one
//! decision. An endpoint's signature is its row on every channel as a source and its column as a target; endpoints
//! of one signature are one class (partition by signature; one pass is enough, since rows are compared by decisions
//! and not by classes).

#![allow(
    clippy::indexing_slicing,
    reason = "atoms, slots and classes are numbered by the lists that they come from"
)]

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use super::classes::{
    ClassMembers, Classed, LineNumbers, as_work, classes, joined, line_numbers, station,
};
use super::data::Station;
use super::mention::Mentions;
use crate::analysis::ask::matrix::{split_by_outcomes, without_reasons};
use crate::analysis::engine::contexts::Joinable;
use crate::analysis::engine::endpoints::{can_move, not_deployed};
use crate::analysis::engine::query::Query;
use crate::analysis::engine::rectangles::NameCache;
use crate::analysis::engine::space::{Atom, DeviceBlock, ScopeSpace};
use crate::dd::Cond;
use crate::decision::{Decision, DeterminingRule};
use crate::limits::LimitExceeded;
use crate::model::{AppId, Model, PolicyId, RuleId, Scope};
use crate::movement::Endpoint;
use crate::table::{ApplicableRules, DecisionId, EndpointView, NO_MOVEMENT, Outcome};
use crate::vocabulary::{Channel, Side};

/// The place of a rule among those that determine decisions.
pub(super) type RuleRank = (Side, PolicyId, Option<RuleId>);

/// A context, refined.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refined {
    pub(super) policies: Vec<PolicyId>,
    pub(super) classes: Vec<Class>,
    pub(super) cells: Vec<RefinedCell>,
}

/// Endpoints of one signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Class {
    pub(super) station: Station,
    pub(super) managed: bool,
    /// The members as sets of the language.
    pub(super) sets: Vec<String>,
    /// The members, not deployed, with what is meant of deployment where it makes a difference.
    pub(super) members: Vec<(Endpoint, Option<bool>)>,
}

/// The decision between two classes on a channel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RefinedCell {
    pub(super) channel: Channel,
    pub(super) source: usize,
    pub(super) target: usize,
    pub(super) decision: Decision,
    pub(super) by: BTreeMap<RuleRank, DeterminingRule>,
}

impl Joinable for Refined {
    /// Whether another context has the same classes and decisions, whichever rules determine these.
    fn is_like(&self, other: &Self) -> bool {
        let key = |cell: &RefinedCell| (cell.channel, cell.source, cell.target, cell.decision);
        self.policies == other.policies
            && self.classes == other.classes
            && self.cells.iter().map(key).eq(other.cells.iter().map(key))
    }

    /// Adds the rules of a context that is like this one.
    fn join(&mut self, other: Self) {
        for (cell, like) in self.cells.iter_mut().zip(other.cells) {
            cell.by.extend(like.by);
        }
    }
}

/// The atoms of one channel on a block of devices.
struct ChannelAtoms {
    channel: Channel,
    /// The atoms of sources and of targets.
    sides: [Vec<Atom>; 2],
    /// By source and target: the outcomes for users for whom both exist, whether data can move or not.
    outcomes: Vec<Vec<Outcome>>,
}

/// A view of an endpoint that exists for a kind of users.
struct Existing {
    view: EndpointView,
    /// By channel and side: its atom.
    slots: Vec<Option<usize>>,
}

/// The refinement of a scope, while it is made.
pub(super) struct Refinement<'a> {
    pub(super) query: Query<'a>,
    space: ScopeSpace<'a>,
    names: NameCache<'a>,
    mentions: &'a Mentions,
    with_rules: bool,
    limit: usize,
}

/// The decisions of one channel for a kind of users, by source and target atom.
type DecisionTable = Vec<Vec<DecisionId>>;

/// The rules between an atom of sources and a class of targets on a channel.
type KnownRules = HashMap<(usize, usize, (usize, bool)), ApplicableRules<Cond>, FxBuildHasher>;

/// A block of devices, prepared for all kinds of users.
struct BlockFacts<'b> {
    block: &'b DeviceBlock,
    channels: Vec<ChannelAtoms>,
    /// The apps of the scope, each with the users for whom it is managed under its work account.
    apps: Vec<(AppId, Cond)>,
    /// The live policies, each with the users for whom it applies to some of the apps.
    policies: Vec<(PolicyId, Cond)>,
    rules: KnownRules,
}

impl<'a> Refinement<'a> {
    pub(super) fn new(
        mut query: Query<'a>,
        scope: &'a Scope,
        (mentions, with_rules): (&'a Mentions, bool),
        limit: usize,
    ) -> Result<Self, LimitExceeded> {
        let space = ScopeSpace::new(&mut query, scope, None)?;
        let names = NameCache::new(query.model, scope);
        Ok(Self { query, space, names, mentions, with_rules, limit })
    }

    /// The devices of the scope in blocks.
    pub(super) fn device_blocks(&self) -> Vec<DeviceBlock> {
        self.space.device_blocks(&self.query)
    }

    /// The kinds of users of a block of devices, each with its classes. Kinds without a movement are left out.
    pub(super) fn kinds(
        &mut self,
        block: &DeviceBlock,
    ) -> Result<Vec<(Refined, Cond)>, LimitExceeded> {
        let mut facts = self.block_facts(block)?;
        let mut found = Vec::new();
        for users in self.user_kinds(&facts)? {
            let refined = self.refine(&mut facts, users)?;
            if !refined.cells.is_empty() {
                found.push((refined, users));
            }
        }
        Ok(found)
    }

    // ------------------------------------------------------------ blocks of devices

    fn block_facts<'b>(&mut self, block: &'b DeviceBlock) -> Result<BlockFacts<'b>, LimitExceeded> {
        let mut channels = Vec::new();
        for channel in self.space.channels(block) {
            channels.push(self.channel_atoms(block, channel)?);
        }
        let members = |atoms: &ChannelAtoms| -> Vec<Endpoint> {
            let atoms = atoms.sides.iter().flatten();
            atoms.flat_map(|atom| &atom.members).map(|member| member.view.end).collect()
        };
        let app = |end: Endpoint| match end {
            Endpoint::App { app, .. } => Some(app),
            Endpoint::Storage(_) | Endpoint::Place(_) => None,
        };
        let all: BTreeSet<AppId> = channels.iter().flat_map(members).filter_map(app).collect();
        let (mut apps, mut policies) = (Vec::new(), Vec::new());
        for app in &all {
            apps.push((*app, self.query.managed(block.kind, as_work(*app))?));
        }
        let model = self.query.model;
        for policy in model.policy_ids().filter(|id| !model.policy(*id).report_only) {
            let mut applies = Vec::new();
            for app in &all {
                applies.push(self.query.applies(block.kind, policy, as_work(*app))?);
            }
            policies.push((policy, self.query.manager().any(applies)?));
        }
        Ok(BlockFacts { block, channels, apps, policies, rules: KnownRules::default() })
    }

    fn channel_atoms(
        &mut self,
        block: &DeviceBlock,
        channel: Channel,
    ) -> Result<ChannelAtoms, LimitExceeded> {
        let sources = self.space.atoms(&mut self.query, block, channel, Side::Source)?;
        let targets = self.space.atoms(&mut self.query, block, channel, Side::Target)?;
        let mut outcomes = Vec::with_capacity(sources.len());
        for source in &sources {
            let mut row = Vec::with_capacity(targets.len());
            for target in &targets {
                let when = [source.inside, target.inside, self.space.within];
                let when = self.query.manager().all(&when)?;
                let lines = [source.line, target.line];
                let outcome = self.query.outcome(block.kind, channel, lines)?;
                let outcome = self.query.manager().ite(when, outcome, NO_MOVEMENT)?;
                row.push(without_reasons(&mut self.query.users, outcome)?);
            }
            outcomes.push(row);
        }
        Ok(ChannelAtoms { channel, sides: [sources, targets], outcomes })
    }

    /// Kinds of users for whom the same views exist and every outcome is one decision.
    fn user_kinds(&mut self, facts: &BlockFacts<'_>) -> Result<Vec<Cond>, LimitExceeded> {
        let within = self.space.within;
        if within.is_never() {
            return Ok(Vec::new());
        }
        let atoms = facts.channels.iter().flat_map(|one| one.sides.iter().flatten());
        let exists = atoms.flat_map(|atom| &atom.members).map(|member| member.exists);
        let conditions: BTreeSet<Cond> =
            exists.chain(facts.apps.iter().map(|(_, managed)| *managed)).collect();
        let kinds = self.query.users.kinds(within, conditions)?;
        let outcomes = facts.channels.iter().flat_map(|one| one.outcomes.iter().flatten());
        split_by_outcomes(&mut self.query.users, kinds, &outcomes.copied().collect(), self.limit)
    }

    // ------------------------------------------------------------ kinds of users

    fn refine(
        &mut self,
        facts: &mut BlockFacts<'_>,
        users: Cond,
    ) -> Result<Refined, LimitExceeded> {
        let manager = &self.query.users.combiner.manager;
        let example = manager.minimal_model(users).unwrap_or_default();
        let holds = |when: Cond| manager.eval(when, |variable| example.contains(&variable));
        let existing = existing(&facts.channels, holds);
        let protected: BTreeSet<AppId> =
            facts.apps.iter().filter(|(_, when)| holds(*when)).map(|(app, _)| *app).collect();
        let id = |outcome: &Outcome| manager.eval(*outcome, |variable| example.contains(&variable));
        let table = |one: &ChannelAtoms| -> DecisionTable {
            one.outcomes.iter().map(|row| row.iter().map(id).collect()).collect()
        };
        let tables: Vec<DecisionTable> = facts.channels.iter().map(table).collect();
        let widths = facts.channels.iter().map(|one| one.sides[1].len());
        let lines = tables.iter().zip(widths).map(|(table, width)| line_numbers(table, width));
        let groups = self.classes(&existing, &lines.collect::<Vec<_>>(), &protected);
        let mut policies = Vec::new();
        for (policy, when) in &facts.policies {
            if !self.query.manager().are_disjoint(*when, users)? {
                policies.push(*policy);
            }
        }
        let cells = self.cells(facts, users, &tables, &groups)?;
        let classes = groups.iter().map(|group| self.class(facts.block, users, group));
        Ok(Refined { policies, classes: classes.collect::<Result<_, _>>()?, cells })
    }

    /// The views in classes, where these apps are protected.
    fn classes<'e>(
        &self,
        existing: &'e [Existing],
        lines: &[LineNumbers],
        protected: &BTreeSet<AppId>,
    ) -> Vec<ClassMembers<'e, Existing>> {
        let (model, mentions) = (self.query.model, self.mentions);
        classes(existing, lines, |one| {
            let EndpointView { end, managed } = one.view;
            let is_protected = match end {
                Endpoint::App { app, .. } if !protected.is_empty() => {
                    Some(protected.contains(&app))
                }
                _ => None,
            };
            let station = station(model, end, managed, is_protected);
            let rank = (mentions.rank(model, end), end);
            Classed { station, managed, slots: &one.slots, rank }
        })
    }

    /// A class with its text.
    fn class(
        &mut self,
        block: &DeviceBlock,
        users: Cond,
        ((station, managed), members): &ClassMembers<'_, Existing>,
    ) -> Result<Class, LimitExceeded> {
        let views = members.iter().map(|one| one.view);
        let sets = match members.first().map(|one| one.view.end) {
            Some(Endpoint::Place(_)) | None => {
                let words = views.filter_map(|view| match view.end {
                    Endpoint::Place(place) => Some(place.word()),
                    Endpoint::App { .. } | Endpoint::Storage(_) => None,
                });
                vec![words.collect::<Vec<_>>().join(", ")]
            }
            Some(end) => {
                let is_app = matches!(end, Endpoint::App { .. });
                let channel = if is_app { Channel::Share } else { Channel::Open };
                let place = (block, channel, Side::Source);
                let names = self.names.of_atoms(&mut self.query, place, &[])?;
                let names = names.of_views(vec![names.views(views)]);
                let texts = names.texts(&mut self.query.users, users, [&[true], &[false]])?;
                texts.into_iter().map(|(text, ..)| text).collect()
            }
        };
        let is_enrolled = block.state.is_enrolled();
        let deployed = |end: Endpoint| match end {
            Endpoint::App { deployed, .. } if is_enrolled => Some(deployed),
            _ => None,
        };
        Ok(Class {
            station: *station,
            managed: *managed,
            sets,
            members: joined(
                members.iter().map(|one| (not_deployed(one.view.end), deployed(one.view.end))),
            ),
        })
    }

    /// The decisions between classes, with the rules that determine them.
    fn cells(
        &mut self,
        facts: &mut BlockFacts<'_>,
        users: Cond,
        tables: &[DecisionTable],
        groups: &[ClassMembers<'_, Existing>],
    ) -> Result<Vec<RefinedCell>, LimitExceeded> {
        let mut found = Vec::new();
        for (at, table) in tables.iter().enumerate() {
            let channel = facts.channels[at].channel;
            let slot =
                |group: &[&Existing], side: Side| group.first()?.slots[2 * at + side as usize];
            for (source, (_, from)) in groups.iter().enumerate() {
                let Some(row) = slot(from, Side::Source) else { continue };
                for (target, (_, to)) in groups.iter().enumerate() {
                    let Some(column) = slot(to, Side::Target) else { continue };
                    let id = table[row][column];
                    let model = self.query.model;
                    if id == DecisionId::NONE || movable(model, channel, from, to).is_none() {
                        continue;
                    }
                    let decision = self.query.users.decision(id);
                    let by = match self.with_rules && decision.is_enforced() {
                        true => self.rules(facts, (at, users), decision, [from, to])?,
                        false => BTreeMap::new(),
                    };
                    found.push(RefinedCell { channel, source, target, decision, by });
                }
            }
        }
        Ok(found)
    }

    /// The rules that determine the decision about some movement between two classes. Sources of one atom have the
    /// same rules, and so have targets that no set tells apart.
    fn rules(
        &mut self,
        facts: &mut BlockFacts<'_>,
        (at, users): (usize, Cond),
        decision: Decision,
        [from, to]: [&[&Existing]; 2],
    ) -> Result<BTreeMap<RuleRank, DeterminingRule>, LimitExceeded> {
        let (kind, channel) = (facts.block.kind, facts.channels[at].channel);
        let mut sources: BTreeMap<usize, Vec<&Existing>> = BTreeMap::new();
        for one in from {
            sources.entry(one.slots[2 * at].unwrap_or_default()).or_default().push(*one);
        }
        let mut targets: BTreeMap<(usize, bool), Vec<&Existing>> = BTreeMap::new();
        for one in to {
            let class = self.query.class_of(Side::Target, one.view.end);
            targets.entry((class, one.view.managed)).or_default().push(*one);
        }
        let mut found = BTreeMap::new();
        for (atom, from) in &sources {
            for (class, to) in &targets {
                let Some(views) = movable(self.query.model, channel, from, to) else { continue };
                let rules = match facts.rules.entry((at, *atom, *class)) {
                    Entry::Occupied(known) => known.into_mut(),
                    Entry::Vacant(new) => {
                        new.insert(self.query.rules_between(kind, None, channel, views)?)
                    }
                };
                for (rule, when) in &*rules {
                    if rule.effect == decision.effect()
                        && !found.contains_key(&rule.rank())
                        && !self.query.manager().are_disjoint(*when, users)?
                    {
                        found.insert(rule.rank(), *rule);
                    }
                }
            }
        }
        Ok(found)
    }
}

/// The views that exist for a kind of users.
fn existing(channels: &[ChannelAtoms], holds: impl Fn(Cond) -> bool) -> Vec<Existing> {
    let mut found: BTreeMap<Endpoint, Existing> = BTreeMap::new();
    for (at, one) in channels.iter().enumerate() {
        for (side, atoms) in one.sides.iter().enumerate() {
            for (number, atom) in atoms.iter().enumerate() {
                for member in atom.members.iter().filter(|member| holds(member.exists)) {
                    let view = member.view;
                    let new = || Existing { view, slots: vec![None; 2 * channels.len()] };
                    found.entry(view.end).or_insert_with(new).slots[2 * at + side] = Some(number);
                }
            }
        }
    }
    found.into_values().collect()
}

/// Two views between which data can move on a channel.
fn movable(
    model: &Model,
    channel: Channel,
    from: &[&Existing],
    to: &[&Existing],
) -> Option<[EndpointView; 2]> {
    let can = |from: &Existing, to: &Existing| can_move(model, channel, from.view, to.view);
    from.iter().find_map(|from| {
        let to = to.iter().find(|to| can(from, to))?;
        Some([from.view, to.view])
    })
}
