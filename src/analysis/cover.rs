//! What is decided of an open scope, in few lines.
//!
//! Works class by class: rows of sources that are decided alike are joined, then channels, device
//! states, platforms and users. The parts are exact: together they are the scope, and each, asked
//! again, gives the one answer that it shows. Where no clause can name a kind of users (being in two
//! groups at once, for example) an example of them stands for it.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Analysis;
use super::describe::{Describe, Vocabulary};
use super::space::{Atom, Space, Spot};
use crate::decision::{Answer, Decision, Effect, Ground, Reason, Verdict};
use crate::model::{People, Scope};
use crate::vocabulary::{Channel, Channels, DeviceState, DeviceStates, Platform, Platforms, Side};

/// Movements that are decided alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Part {
    /// The movements.
    pub scope: String,
    /// What is decided of each of them.
    #[serde(flatten)]
    pub answer: Answer,
}

/// A rectangle of one plane: sources, targets, and what is decided between them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) outcome: Outcome,
}

/// What parts are told apart by. Who blocks makes a difference to whoever asks; who allows does not,
/// and would cut what is allowed into many small pieces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Outcome {
    verdict: Verdict,
    reason: Option<Reason>,
    blocked_by: Vec<Ground>,
    report_only: Vec<Ground>,
}

impl Outcome {
    fn of(decision: &Decision) -> Self {
        let blocks = |grounds: &[Ground]| {
            grounds.iter().filter(|ground| ground.effect == Effect::Block).copied().collect()
        };
        Self {
            verdict: decision.verdict,
            reason: decision.reason,
            blocked_by: blocks(&decision.by),
            report_only: blocks(&decision.report_only),
        }
    }
}

/// Every rule that allows some movement of a part, and every report about one.
#[derive(Debug, Default)]
struct Grounds {
    by: BTreeSet<Ground>,
    report_only: BTreeSet<Ground>,
}

/// Where something holds: kinds of users, platforms, states.
type Spots = BTreeSet<(usize, Platform, DeviceState)>;

pub(super) fn parts(analysis: &Analysis<'_>, scope: &Scope) -> Vec<Part> {
    let space = Space::new(analysis, &analysis.table, scope, None);
    let mut where_it_holds: BTreeMap<(Block, Channel), Spots> = BTreeMap::new();
    let mut grounds: BTreeMap<(Block, Channel), Grounds> = BTreeMap::new();
    let mut known = BTreeMap::new();
    for spot in space.spots() {
        for channel in space.channels(&spot) {
            let key = (spot.id, spot.context.state.is_enrolled(), channel);
            let blocks = known.entry(key).or_insert_with(|| blocks(&space, &spot, channel));
            for (block, decisions) in blocks.iter() {
                let spots = where_it_holds.entry((block.clone(), channel)).or_default();
                spots.insert((spot.users, spot.context.platform, spot.context.state));
                let grounds = grounds.entry((block.clone(), channel)).or_default();
                for decision in decisions {
                    grounds.by.extend(&decision.by);
                    grounds.report_only.extend(&decision.report_only);
                }
            }
        }
    }
    let mut joined: BTreeMap<(Block, Spots), (Channels, Grounds)> = BTreeMap::new();
    for ((block, channel), spots) in where_it_holds {
        let found = grounds.remove(&(block.clone(), channel)).unwrap_or_default();
        let (channels, grounds) = joined.entry((block, spots)).or_default();
        channels.insert(channel);
        grounds.by.extend(found.by);
        grounds.report_only.extend(found.report_only);
    }
    let mut parts: Vec<_> = joined
        .into_iter()
        .flat_map(|((block, spots), (channels, grounds))| {
            part(&space, &block, &spots, channels, grounds)
        })
        .collect();
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
    space: &Space<'_>,
    block: &Block,
    spots: &Spots,
    channels: Channels,
    grounds: Grounds,
) -> Vec<Ranked> {
    let words: Vec<_> = channels.iter().map(Channel::word).collect();
    let ends = format!("{} from {} to {}", words.join(", "), block.from, block.to);
    let mut by: Vec<_> = grounds.by.into_iter().collect();
    by.sort_by_key(|ground| (ground.side, ground.policy, ground.rule));
    let decision = Decision {
        verdict: block.outcome.verdict,
        reason: block.outcome.reason,
        by,
        report_only: grounds.report_only.into_iter().collect(),
    };
    let answer = decision.answer(space.model.directory());
    contexts(space, spots)
        .into_iter()
        .map(|context| {
            let part = Part { scope: format!("{ends}{context}"), answer: answer.clone() };
            ((!answer.enforced, channels), part)
        })
        .collect()
}

// ---------------------------------------------------------------- one plane

/// The rectangles of a plane inside the scope, with the decisions that each is made of.
fn blocks<'a>(
    space: &'a Space<'_>,
    spot: &Spot,
    channel: Channel,
) -> Vec<(Block, Vec<&'a Decision>)> {
    let plane = Plane::new(space, spot, channel);
    let mut rows: BTreeMap<_, (Vec<usize>, Vec<&Decision>)> = BTreeMap::new();
    for row in plane.joined_rows(|a, b| Outcome::of(a) == Outcome::of(b)) {
        let outcomes: Vec<_> = row.cells.iter().map(|cell| cell.map(Outcome::of)).collect();
        for outcome in outcomes.iter().flatten().collect::<BTreeSet<_>>() {
            let wanted: Vec<bool> =
                outcomes.iter().map(|cell| cell.as_ref() == Some(outcome)).collect();
            let free: Vec<bool> = outcomes.iter().map(Option::is_none).collect();
            let to = plane.text(Side::Target, &wanted, &free);
            let (sources, decisions) = rows.entry((to, outcome.clone())).or_default();
            sources.extend(&row.sources);
            decisions.extend(plane.decisions(&row.sources, &wanted));
        }
    }
    rows.into_iter()
        .map(|((to, outcome), (sources, decisions))| {
            let wanted: Vec<bool> =
                (0..plane.sources.len()).map(|index| sources.contains(&index)).collect();
            let from = plane.text(Side::Source, &wanted, &vec![false; wanted.len()]);
            (Block { from, to, outcome }, decisions)
        })
        .collect()
}

/// What is decided between the atoms of one context and channel.
pub(super) struct Plane<T> {
    pub(super) sources: Vec<Atom>,
    pub(super) targets: Vec<Atom>,
    /// By source and target; `None` where no data can move.
    pub(super) cells: Vec<Vec<Option<T>>>,
    /// Of sources and of targets.
    pub(super) vocabularies: [Vocabulary; 2],
}

/// Sources between which the targets make no difference.
pub(super) struct Row<T> {
    pub(super) sources: Vec<usize>,
    pub(super) cells: Vec<Option<T>>,
}

impl<'a> Plane<&'a Decision> {
    pub(super) fn new(space: &'a Space<'_>, spot: &Spot, channel: Channel) -> Self {
        let sources = space.atoms(spot, channel, Side::Source);
        let targets = space.atoms(spot, channel, Side::Target);
        let decide = |source: &Atom, target: &Atom| {
            space.pair(channel, spot, source, target)?;
            Some(space.table.decide_classes(spot.id, channel, source.class, target.class))
        };
        let cells = sources
            .iter()
            .map(|source| targets.iter().map(|target| decide(source, target)).collect())
            .collect();
        let vocabularies =
            [Side::Source, Side::Target].map(|side| vocabulary(space, spot, channel, side));
        Self { sources, targets, cells, vocabularies }
    }

    /// The different decisions between some sources and targets.
    fn decisions(&self, sources: &[usize], targets: &[bool]) -> BTreeSet<&'a Decision> {
        let rows = sources.iter().map(|source| &self.cells[*source]);
        rows.flat_map(|row| row.iter().zip(targets))
            .filter(|(_, wanted)| **wanted)
            .filter_map(|(cell, _)| *cell)
            .collect()
    }
}

impl<T: Copy> Plane<T> {
    /// Joins sources whose rows agree wherever both have a cell.
    pub(super) fn joined_rows(&self, same: impl Fn(T, T) -> bool) -> Vec<Row<T>> {
        let mut rows: Vec<Row<T>> = Vec::new();
        for (source, cells) in self.cells.iter().enumerate() {
            if cells.iter().all(Option::is_none) {
                continue;
            }
            let agrees = |row: &&mut Row<T>| {
                row.cells.iter().zip(cells).all(|(a, b)| match (a, b) {
                    (Some(a), Some(b)) => same(*a, *b),
                    (None, _) | (_, None) => true,
                })
            };
            match rows.iter_mut().find(agrees) {
                Some(row) => {
                    row.sources.push(source);
                    row.cells.iter_mut().zip(cells).for_each(|(a, b)| *a = a.or(*b));
                }
                None => rows.push(Row { sources: vec![source], cells: cells.clone() }),
            }
        }
        rows
    }

    /// Some atoms of one side as the text of a set; `free` ones may be in it or not.
    pub(super) fn text(&self, side: Side, wanted: &[bool], free: &[bool]) -> String {
        let (atoms, vocabulary) = match side {
            Side::Source => (&self.sources, &self.vocabularies[0]),
            Side::Target => (&self.targets, &self.vocabularies[1]),
        };
        let marked = |marks: &[bool]| {
            let marked = atoms.iter().zip(marks).filter(|(_, mark)| **mark);
            vocabulary.mark(&marked.flat_map(|(atom, _)| atom.ends.iter().copied()).collect())
        };
        vocabulary.text(&marked(wanted), &marked(free))
    }
}

/// Every way to name ends of one side.
pub(super) fn vocabulary(
    space: &Space<'_>,
    spot: &Spot,
    channel: Channel,
    side: Side,
) -> Vocabulary {
    let universe = space.every_end(spot, channel, side);
    let managed = |end| space.table.is_managed(spot.id, end);
    Describe::new(space.model, space.table).vocabulary(universe, spot.context.platform, managed)
}

// ---------------------------------------------------------------- contexts

/// Where something holds, as clauses: each text is one box of users, platforms and states.
pub(super) fn contexts(space: &Space<'_>, spots: &Spots) -> Vec<String> {
    // By kind of users: device clause, then the platforms that share it.
    let mut by_users: BTreeMap<usize, BTreeMap<Platform, DeviceStates>> = BTreeMap::new();
    for (users, platform, state) in spots {
        by_users.entry(*users).or_default().entry(*platform).or_default().insert(*state);
    }
    let mut boxes: BTreeMap<(Vec<Platform>, String), BTreeSet<usize>> = BTreeMap::new();
    for (users, platforms) in by_users {
        let mut by_device: BTreeMap<String, Vec<Platform>> = BTreeMap::new();
        for (platform, states) in platforms {
            let all = DeviceState::ALL.iter().copied().filter(|one| one.exists_on(platform));
            let text = Describe::devices(states, all.collect());
            by_device.entry(text).or_default().push(platform);
        }
        for (device, platforms) in by_device {
            boxes.entry((platforms, device)).or_default().insert(users);
        }
    }
    boxes
        .into_iter()
        .flat_map(|((platforms, device), kinds)| {
            let platforms = Describe::platforms(&platforms, Platforms::all());
            people(space, &kinds)
                .into_iter()
                .map(move |people| format!("{people}{platforms}{device}"))
        })
        .collect()
}

/// Kinds of users as `for` clauses: the ones that hold the most first.
fn people(space: &Space<'_>, kinds: &BTreeSet<usize>) -> Vec<String> {
    let text = |people: &People| format!(" for {}", Describe::people(space.model, people));
    if kinds.len() == space.classes.len() {
        return vec![String::new()];
    }
    let mut left = kinds.clone();
    let mut texts = Vec::new();
    while !left.is_empty() {
        let gain = |index: &usize| {
            let holds: BTreeSet<usize> = (0..space.classes.len())
                .filter(|class| space.classes[*class].signature.get(*index) == Some(&true))
                .collect();
            let is_inside = holds.is_subset(kinds);
            if is_inside { holds.intersection(&left).count() } else { 0 }
        };
        let best = (0..space.clauses.len())
            .map(|index| (gain(&index), index))
            .filter(|(gain, _)| *gain > 0)
            .max_by_key(|(gain, index)| (*gain, usize::MAX - index));
        let Some((_, index)) = best else { break };
        left.retain(|class| space.classes[*class].signature.get(index) != Some(&true));
        texts.push(text(&space.clauses[index]));
    }
    texts.extend(
        left.iter().map(|class| text(&People::Exactly(space.classes[*class].witness.clone()))),
    );
    texts
}
