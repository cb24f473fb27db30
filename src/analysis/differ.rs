//! Movements that two tables of one model decide differently.
//!
//! Takes in a set with its table and another table of the same model, gives out scopes with what each
//! says of them: every difference on a platform, class by class. Why there are two tables is not known
//! here.

use std::collections::{BTreeMap, BTreeSet};

use super::Analysis;
use super::cover::{Plane, contexts, vocabulary};
use super::space::{Atom, Space, Spot};
use crate::decision::Verdict;
use crate::model::Scope;
use crate::movement::Endpoint;
use crate::table::Table;
use crate::vocabulary::{Channel, Channels, DeviceState, DeviceStates, Platform, Side};

/// Movements that are decided alike by each table, and differently by both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    /// What the other table says.
    pub(crate) after: Verdict,
    /// What the set's own table says.
    pub(crate) before: Verdict,
    /// The movements.
    pub(crate) scope: String,
}

impl Difference {
    /// Whether the other table lets through something that the first does not.
    pub(crate) fn is_laxer(&self) -> bool {
        self.before.join(self.after) != self.after
    }
}

/// An end of movements, as whoever asks may want to leave it out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct End {
    pub(crate) channel: Channel,
    pub(crate) side: Side,
    pub(crate) end: Endpoint,
    pub(crate) managed: bool,
}

/// Every difference on a platform, but for movements from or to an end that is left out.
pub(crate) fn differences(
    analysis: &Analysis<'_>,
    other: &Table,
    platform: Platform,
    left_out: &dyn Fn(End) -> bool,
) -> Vec<Difference> {
    let scope = everything(platform);
    let clauses = other.user_clauses();
    let space = Space::telling_apart(analysis, &analysis.table, &scope, None, clauses);
    let pair = Pair { space: &space, other, left_out };
    let mut found: BTreeMap<(Block, Channel), Spots> = BTreeMap::new();
    let mut known: BTreeMap<_, BTreeSet<Block>> = BTreeMap::new();
    for spot in space.spots() {
        let context = &spot.context;
        let Some(id) = other.context_id(&context.users, platform, context.state) else { continue };
        for channel in space.channels(&spot) {
            let key = (spot.id, id, context.state.is_enrolled(), channel);
            let blocks = known.entry(key).or_insert_with(|| pair.blocks(&spot, id, channel));
            for block in blocks.iter() {
                let spots = found.entry((block.clone(), channel)).or_default();
                spots.insert((spot.users, platform, context.state));
            }
        }
    }
    let mut joined: BTreeMap<(Block, Spots), Channels> = BTreeMap::new();
    for ((block, channel), spots) in found {
        joined.entry((block, spots)).or_default().insert(channel);
    }
    let one = |((block, spots), channels): ((Block, Spots), Channels)| {
        let words: Vec<_> = channels.iter().map(Channel::word).collect();
        let ends = format!("{} from {} to {}", words.join(", "), block.from, block.to);
        let contexts = contexts(&space, &spots).into_iter();
        let difference = move |context| Difference {
            after: block.after,
            before: block.before,
            scope: format!("{ends}{context}"),
        };
        contexts.map(difference).collect::<Vec<_>>()
    };
    joined.into_iter().flat_map(one).collect()
}

/// All movements on a platform.
fn everything(platform: Platform) -> Scope {
    Scope {
        channels: Channel::ALL.iter().copied().collect(),
        from: None,
        to: None,
        people: None,
        platforms: [platform].into_iter().collect(),
        devices: DeviceState::ALL.iter().copied().collect::<DeviceStates>(),
    }
}

type Spots = BTreeSet<(usize, Platform, DeviceState)>;

/// Sources and targets between which both tables say one thing each.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Block {
    from: String,
    to: String,
    before: Verdict,
    after: Verdict,
}

/// Two tables, and the space of the first.
struct Pair<'a> {
    space: &'a Space<'a>,
    other: &'a Table,
    left_out: &'a dyn Fn(End) -> bool,
}

impl Pair<'_> {
    /// The differences in one context and on one channel, as rectangles.
    fn blocks(
        &self,
        spot: &Spot,
        id: crate::table::ContextId,
        channel: Channel,
    ) -> BTreeSet<Block> {
        let plane = self.plane(spot, id, channel);
        let differs = |cell: &Option<(Verdict, Verdict)>| cell.filter(|(a, b)| a != b);
        let mut rows: BTreeMap<(String, (Verdict, Verdict)), BTreeSet<usize>> = BTreeMap::new();
        for row in plane.joined_rows(|a, b| a == b) {
            let free: Vec<bool> = row.cells.iter().map(Option::is_none).collect();
            for verdicts in row.cells.iter().filter_map(differs).collect::<BTreeSet<_>>() {
                let wanted: Vec<bool> =
                    row.cells.iter().map(|cell| *cell == Some(verdicts)).collect();
                let to = plane.text(Side::Target, &wanted, &free);
                rows.entry((to, verdicts)).or_default().extend(&row.sources);
            }
        }
        let block = |((to, (before, after)), sources): (_, BTreeSet<usize>)| {
            let count = plane.sources.len();
            let wanted: Vec<bool> = (0..count).map(|index| sources.contains(&index)).collect();
            let from = plane.text(Side::Source, &wanted, &vec![false; count]);
            Block { from, to, before, after }
        };
        rows.into_iter().map(block).collect()
    }

    /// What both tables say between the ends that neither tells apart.
    fn plane(
        &self,
        spot: &Spot,
        id: crate::table::ContextId,
        channel: Channel,
    ) -> Plane<(Verdict, Verdict)> {
        let space = self.space;
        let (sources, from): (Vec<Atom>, Vec<u32>) =
            self.atoms(spot, channel, Side::Source).into_iter().unzip();
        let (targets, to): (Vec<Atom>, Vec<u32>) =
            self.atoms(spot, channel, Side::Target).into_iter().unzip();
        let cell = |(source, class): (&Atom, &u32), (target, other): (&Atom, &u32)| {
            space.pair(channel, spot, source, target)?;
            let before = space.table.decide_classes(spot.id, channel, source.class, target.class);
            let after = self.other.decide_classes(id, channel, *class, *other);
            Some((before.verdict, after.verdict))
        };
        let row = |source| targets.iter().zip(&to).map(|target| cell(source, target)).collect();
        let cells = sources.iter().zip(&from).map(row).collect();
        let vocabularies =
            [Side::Source, Side::Target].map(|side| vocabulary(space, spot, channel, side));
        Plane { sources, targets, cells, vocabularies }
    }

    /// The ends of one side in atoms of both tables, each with its class in the other.
    fn atoms(&self, spot: &Spot, channel: Channel, side: Side) -> Vec<(Atom, u32)> {
        let of_side = |(source, target)| if side == Side::Source { source } else { target };
        let mut atoms: BTreeMap<(u32, u32, bool), Atom> = BTreeMap::new();
        for end in self.space.every_end(spot, channel, side) {
            let managed = self.space.table.is_managed(spot.id, end);
            if (self.left_out)(End { channel, side, end, managed }) {
                continue;
            }
            let class = of_side(self.space.table.classes(end));
            let other = of_side(self.other.classes(end));
            let atom = atoms.entry((class, other, managed));
            atom.or_insert_with(|| Atom { class, own: true, ends: Vec::new() }).ends.push(end);
        }
        atoms.into_iter().map(|((_, other, _), atom)| (atom, other)).collect()
    }
}
