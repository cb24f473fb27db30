//! What is decided of an open scope, in few lines.
//!
//! Works class by class: rows of sources that are decided alike are joined, then channels, device
//! states and platforms. The parts are exact: together they are the scope, and each, asked again, gives
//! the one answer that it shows.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Analysis;
use super::crowd::NOWHERE;
use super::describe::names_of_users;
use super::grid::{Block, Cell, Grid, Spots, Words, join_channels, scopes};
use super::space::{Atom, Lens, Space, Spot};
use crate::decision::{Answer, Decision, Determining, Effect, Ground};
use crate::diagram::Diagram;
use crate::model::{Model, PolicyId, Scope};
use crate::table::DeviceKind;
use crate::vocabulary::{Channel, Channels, Side};

/// Movements that are decided alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// The movements.
    pub scope: String,
    /// What is decided of each of them, by every rule that decides some of them.
    #[serde(flatten)]
    pub answer: Answer,
}

/// What parts are told apart by. Who blocks makes a difference to whoever asks; who allows does not,
/// and would cut what is allowed into many small pieces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Outcome {
    decision: Decision,
    blocked_by: Vec<Ground>,
    report_only: Vec<Ground>,
}

/// Every rule that decides some movement of a part, and every report about one.
#[derive(Debug, Default, Clone)]
struct Found {
    by: BTreeSet<Ground>,
    report_only: BTreeSet<Ground>,
}

impl Found {
    fn extend(&mut self, other: Self) {
        self.by.extend(other.by);
        self.report_only.extend(other.report_only);
    }
}

pub(super) fn parts(analysis: &Analysis<'_>, scope: &Scope) -> Vec<Part> {
    let lens = &mut Lens::new(analysis, &analysis.table, scope.people.iter());
    let mut space = Space::new(lens, scope, None);
    let mut words = Words::new(analysis.model);
    let mut places: BTreeMap<(Block<Outcome>, Channel), Spots> = BTreeMap::new();
    let mut grounds: BTreeMap<Block<Outcome>, Found> = BTreeMap::new();
    for spot in space.spots(lens.table()) {
        let speakers = Speakers::new(analysis.model, &spot);
        for channel in space.channels(&spot) {
            let sources = space.atoms(lens, &spot, channel, Side::Source);
            let targets = space.atoms(lens, &spot, channel, Side::Target);
            let ask = |source: &Atom, target: &Atom| {
                let outcome = space.outcome(lens, &spot, channel, source, target);
                speakers.cell(lens, channel, source, target, outcome)
            };
            let grid = Grid::new(&sources, &targets, |atom| atom.inside, ask);
            let blocks = {
                let Lens { crowd, import, .. } = &mut *lens;
                let mut name = words.naming(import, &spot, channel, [&sources, &targets]);
                grid.blocks(crowd, &mut name, |_| true)
            };
            for (block, pairs) in blocks {
                let found = grounds.entry(block.clone()).or_default();
                for (source, target) in pairs {
                    let ends = (&sources[source], &targets[target]);
                    let decision = block.said.decision;
                    found.extend(speakers.found(lens, channel, ends, decision, block.users));
                }
                places.entry((block, channel)).or_default().insert((spot.platform, spot.states));
            }
        }
    }
    let names = names_of_users(analysis.model);
    let mut parts = Vec::new();
    for ((block, spots), channels) in join_channels(places) {
        let found = grounds.get(&block).cloned().unwrap_or_default();
        let scopes = scopes(&mut lens.crowd, &names, &block, channels, &spots);
        parts.extend(
            scopes.into_iter().map(|scope| part(analysis, scope, channels, &block, &found)),
        );
    }
    parts.sort_by(|a, b| order(a).cmp(&order(b)));
    parts.into_iter().map(|(_, part)| part).collect()
}

type Ranked = ((bool, Channels), Part);

/// What is enforced comes first, blocks before allows.
fn order(ranked: &Ranked) -> (bool, bool, Channels, &str) {
    let ((is_idle, channels), part) = ranked;
    (*is_idle, part.answer.effect == Effect::Allow, *channels, &part.scope)
}

fn part(
    analysis: &Analysis<'_>,
    scope: String,
    channels: Channels,
    block: &Block<Outcome>,
    found: &Found,
) -> Ranked {
    let mut by: Vec<_> = found.by.iter().copied().collect();
    by.sort_by_key(|ground| (ground.side, ground.policy, ground.rule));
    let grounds = Determining { by, report_only: found.report_only.iter().copied().collect() };
    let answer = block.said.decision.answer(&grounds, analysis.model.directory());
    ((!answer.enforced, channels), Part { scope, answer })
}

// ---------------------------------------------------------------- who decides

/// The policies that speak on one kind of device: the live ones, and each that only reports.
struct Speakers {
    kind: DeviceKind,
    reports: Vec<PolicyId>,
}

impl Speakers {
    fn new(model: &Model, spot: &Spot) -> Self {
        let reports = model.policy_ids().filter(|id| model.policy(*id).report_only);
        Self { kind: spot.kind, reports: reports.collect() }
    }

    /// What is decided between two atoms, by whom, and to whom.
    fn cell(
        &self,
        lens: &mut Lens<'_>,
        channel: Channel,
        source: &Atom,
        target: &Atom,
        outcome: Diagram,
    ) -> Cell<Outcome> {
        let mut cell = Vec::new();
        for number in lens.crowd.verdicts.diagrams.numbers(outcome) {
            if number == NOWHERE {
                continue;
            }
            let decision = lens.crowd.decision(number);
            let users = lens.crowd.verdicts.diagrams.is_among(outcome, |one| one == number);
            let found = self.found(lens, channel, (source, target), decision, users);
            let blocks = |grounds: BTreeSet<Ground>| -> Vec<Ground> {
                grounds.into_iter().filter(|ground| ground.effect == Effect::Block).collect()
            };
            let Found { by, report_only } = found;
            let (blocked_by, report_only) = (blocks(by), blocks(report_only));
            cell.push((Outcome { decision, blocked_by, report_only }, users));
        }
        cell
    }

    /// The grounds of a decision about movements between two atoms, for some users.
    fn found(
        &self,
        lens: &mut Lens<'_>,
        channel: Channel,
        (source, target): (&Atom, &Atom),
        decision: Decision,
        users: Diagram,
    ) -> Found {
        let mut found = Found::default();
        let (Some(from), Some(to)) = (source.ends.first(), target.ends.first()) else {
            return found;
        };
        if decision.is_enforced() {
            let said = lens.contributions(self.kind, None, channel, [*from, *to]);
            let winning = said.into_iter().filter(|(one, _)| one.effect == decision.effect());
            for (ground, when) in winning {
                if !lens.crowd.are_apart(when, users) {
                    found.by.insert(ground);
                }
            }
        }
        for guest in &self.reports {
            let said = lens.contributions(self.kind, Some(*guest), channel, [*from, *to]);
            let blocked = said.iter().filter(|(one, _)| one.effect == Effect::Block);
            let blocked: Vec<Diagram> = blocked.map(|(_, when)| *when).collect();
            for (ground, mut when) in said {
                if ground.effect == Effect::Allow {
                    for blocked in &blocked {
                        when = lens.crowd.verdicts.diagrams.choose(*blocked, Diagram::FALSE, when);
                    }
                }
                if !lens.crowd.are_apart(when, users) {
                    found.report_only.insert(ground);
                }
            }
        }
        found
    }
}
