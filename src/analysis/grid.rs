//! What is said of the movements of one channel on one kind of device, in rectangles.
//!
//! Takes in atoms with what is said between them, gives out blocks of sources by targets by users, each
//! as text. What is said may be a decision, a difference or anything else that can be compared.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::crowd::{Crowd, Import};
use super::describe::{Describe, Vocabulary};
use super::space::{Atom, Spot, every_end};
use crate::bits::Bits;
use crate::diagram::Diagram;
use crate::model::{Model, People, kind_at};
use crate::vocabulary::{
    Channel, Channels, DeviceState, DeviceStates, Kind, Platform, Platforms, Side,
};

/// What is said between two atoms, and to whom. Nothing is said to those for whom there is no
/// movement.
pub(super) type Cell<K> = Vec<(K, Diagram)>;

/// Everything that is said on one channel and kind of device.
pub(super) struct Grid<K> {
    /// Of sources and of targets: for whom each is asked about at all.
    inside: [Vec<Diagram>; 2],
    /// By source and target.
    pub(super) cells: Vec<Vec<Cell<K>>>,
}

/// Names some sources or targets, as marked, for some users; those that are marked as free may be in
/// the set or not.
pub(super) type Name<'n> = dyn FnMut(&mut Crowd, Side, Diagram, &[bool], &[bool]) -> String + 'n;

/// Sources, targets and users between and to whom one thing is said.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Block<K> {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) users: Diagram,
    pub(super) said: K,
}

/// Sources and targets by their places in a grid.
pub(super) type Pairs = Vec<(usize, usize)>;

/// Sources, and the targets that go with all of them, as marks.
type Stripe = (Vec<usize>, Vec<bool>);

/// Sources between which the targets make no difference.
struct Row<K> {
    /// For whom they are asked about.
    inside: Diagram,
    sources: Vec<usize>,
    cells: Vec<Cell<K>>,
}

impl<K: Clone + Ord> Grid<K> {
    /// Asks what is said between every two atoms; `inside` tells for whom an atom is asked about.
    pub(super) fn new<A>(
        sources: &[A],
        targets: &[A],
        inside: impl Fn(&A) -> Diagram,
        mut ask: impl FnMut(&A, &A) -> Cell<K>,
    ) -> Self {
        let row = |source| targets.iter().map(|target| ask(source, target)).collect();
        let cells = sources.iter().map(row).collect();
        let inside = [sources, targets].map(|atoms| atoms.iter().map(&inside).collect());
        Self { inside, cells }
    }

    /// The grid as rectangles, each with the pairs of atoms that it is made of; of what is said only as
    /// much as is wanted.
    pub(super) fn blocks(
        &self,
        crowd: &mut Crowd,
        name: &mut Name<'_>,
        wanted: impl Fn(&K) -> bool,
    ) -> Vec<(Block<K>, Pairs)> {
        let mut rows: BTreeMap<(String, Diagram, K), Vec<Stripe>> = BTreeMap::new();
        for row in self.joined_rows() {
            let said = row.cells.iter().flatten().filter(|(said, _)| wanted(said));
            let said: BTreeSet<(Diagram, K)> =
                said.map(|(said, users)| (*users, said.clone())).collect();
            for (users, said) in said {
                let is_it = |(one, to): &(K, Diagram)| *one == said && *to == users;
                let wanted: Vec<bool> =
                    row.cells.iter().map(|cell| cell.iter().any(is_it)).collect();
                // Where nothing can move to, a target may be named or not; one that nobody asked about may
                // not.
                let mut is_free = |(cell, inside): (&Cell<K>, &Diagram)| {
                    crowd.is_within(users, *inside)
                        && cell.iter().all(|(_, to)| crowd.are_apart(*to, users))
                };
                let free = row.cells.iter().zip(&self.inside[1]).map(&mut is_free);
                let free: Vec<bool> = free.collect();
                let to = name(crowd, Side::Target, users, &wanted, &free);
                rows.entry((to, users, said)).or_default().push((row.sources.clone(), wanted));
            }
        }
        let blocks = rows.into_iter().map(|((to, users, said), parts)| {
            let count = self.cells.len();
            let is_wanted = |at: usize| parts.iter().any(|(sources, _)| sources.contains(&at));
            let wanted: Vec<bool> = (0..count).map(is_wanted).collect();
            let from = name(crowd, Side::Source, users, &wanted, &vec![false; count]);
            let pairs = parts.iter().flat_map(|(sources, targets)| {
                let targets = (0..targets.len()).filter(|at| targets[*at]);
                targets.flat_map(|to| sources.iter().map(move |from| (*from, to)))
            });
            let is_there = |(from, to): &(usize, usize)| !self.cells[*from][*to].is_empty();
            let pairs = pairs.filter(is_there).collect();
            (Block { from, to, users, said }, pairs)
        });
        blocks.collect()
    }

    /// Joins sources whose rows agree wherever both have a cell.
    fn joined_rows(&self) -> Vec<Row<K>> {
        let mut rows: Vec<Row<K>> = Vec::new();
        for (source, cells) in self.cells.iter().enumerate() {
            if cells.iter().all(Vec::is_empty) {
                continue;
            }
            let inside = self.inside[0][source];
            let agrees = |row: &&mut Row<K>| row.inside == inside && agree(&row.cells, cells);
            match rows.iter_mut().find(agrees) {
                Some(row) => {
                    row.sources.push(source);
                    fill(&mut row.cells, cells);
                }
                None => rows.push(Row { inside, sources: vec![source], cells: cells.clone() }),
            }
        }
        rows
    }
}

/// Whether two lists of cells say the same wherever both say something.
pub(super) fn agree<K: PartialEq>(some: &[Cell<K>], others: &[Cell<K>]) -> bool {
    some.iter().zip(others).all(|(a, b)| a.is_empty() || b.is_empty() || a == b)
}

/// Takes over what the other list says where one is silent.
pub(super) fn fill<K: Clone>(some: &mut [Cell<K>], others: &[Cell<K>]) {
    for (a, b) in some.iter_mut().zip(others).filter(|(a, _)| a.is_empty()) {
        a.clone_from(b);
    }
}

// ---------------------------------------------------------------- words for ends

/// One side of a channel on a kind of device.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    pub(super) spot: &'s Spot,
    pub(super) channel: Channel,
    pub(super) side: Side,
}

type Key = (Platform, bool, Kind, Option<(Channel, Side)>);

/// Every way to name ends, worked out once for each kind of end.
pub(super) struct Words<'a> {
    model: &'a Model,
    describe: Describe<'a>,
    vocabularies: HashMap<Key, Rc<Vocabulary>>,
}

impl<'a> Words<'a> {
    pub(super) fn new(model: &'a Model) -> Self {
        Self { model, describe: Describe::new(model), vocabularies: HashMap::new() }
    }

    fn vocabulary(&mut self, place: Place<'_>) -> Rc<Vocabulary> {
        let Place { spot, channel, side } = place;
        let kind = kind_at(channel, side);
        let of = (kind != Kind::App).then_some((channel, side));
        let key = (spot.platform, spot.state.is_enrolled(), kind, of);
        let (describe, model) = (self.describe, self.model);
        let known = self.vocabularies.entry(key).or_insert_with(|| {
            let universe = every_end(model, channel, side, spot.platform, spot.state);
            Rc::new(describe.vocabulary(universe, spot.platform))
        });
        Rc::clone(known)
    }

    /// Names the atoms of one place.
    pub(super) fn naming<'n>(
        &'n mut self,
        import: &'n mut Import<'_>,
        spot: &'n Spot,
        channel: Channel,
        atoms: [&'n [Atom]; 2],
    ) -> impl FnMut(&mut Crowd, Side, Diagram, &[bool], &[bool]) -> String {
        move |crowd, side, users, wanted, free| {
            let place = Place { spot, channel, side };
            self.text(crowd, import, place, users, atoms[side as usize], [wanted, free])
        }
    }

    /// Some atoms as the text of a set that holds them for some users: those that are wanted, and of those
    /// that are free as many as it likes.
    pub(super) fn text(
        &mut self,
        crowd: &mut Crowd,
        import: &mut Import<'_>,
        place: Place<'_>,
        users: Diagram,
        atoms: &[Atom],
        [wanted, free]: [&[bool]; 2],
    ) -> String {
        let vocabulary = self.vocabulary(place);
        let universe = vocabulary.universe().iter();
        let managed = universe.map(|end| import.managed(crowd, place.spot.kind, *end));
        let managed = managed.collect::<Vec<_>>();
        let managed = same_for_all(crowd, users, managed);
        let marked = |marks: &[bool]| {
            let marked = atoms.iter().zip(marks).filter(|(_, mark)| **mark);
            vocabulary.mark(&marked.flat_map(|(atom, _)| atom.ends.iter().copied()).collect())
        };
        vocabulary.text(&marked(wanted), &marked(free), managed.as_ref())
    }
}

/// Which of some conditions some users meet; `None` where that is not the same for all of them.
pub(super) fn same_for_all(
    crowd: &mut Crowd,
    users: Diagram,
    conditions: Vec<Diagram>,
) -> Option<Bits> {
    let mut met = Vec::with_capacity(conditions.len());
    for condition in conditions {
        let both = crowd.verdicts.diagrams.and(condition, users);
        if both != Diagram::FALSE && both != users {
            return None;
        }
        met.push(both == users);
    }
    Some(Bits::collect(met.into_iter()))
}

// ---------------------------------------------------------------- where something holds

/// Where something holds: platforms with device states, and users.
pub(super) type Spots = BTreeSet<(Platform, DeviceStates)>;

/// Joins channels on which the same block holds in the same places.
pub(super) fn join_channels<K: Clone + Ord>(
    found: BTreeMap<(Block<K>, Channel), Spots>,
) -> BTreeMap<(Block<K>, Spots), Channels> {
    let mut joined: BTreeMap<(Block<K>, Spots), Channels> = BTreeMap::new();
    for ((block, channel), spots) in found {
        joined.entry((block, spots)).or_insert(Channels::NONE).insert(channel);
    }
    joined
}

/// A block as scopes: one for each clause of users and kind of device that is needed. `names` are those
/// of the groups of people.
pub(super) fn scopes<K>(
    crowd: &mut Crowd,
    names: &[&str],
    block: &Block<K>,
    channels: Channels,
    spots: &Spots,
) -> Vec<String> {
    let words: Vec<_> = channels.iter().map(Channel::word).collect();
    let ends = format!("{} from {} to {}", words.join(", "), block.from, block.to);
    let contexts = contexts(crowd, names, block.users, spots).into_iter();
    contexts.map(|context| format!("{ends}{context}")).collect()
}

/// Users and devices as clauses: each text is one box of users, platforms and states.
pub(super) fn contexts(
    crowd: &mut Crowd,
    names: &[&str],
    users: Diagram,
    spots: &Spots,
) -> Vec<String> {
    let mut states: BTreeMap<Platform, DeviceStates> = BTreeMap::new();
    for (platform, some) in spots {
        let all = states.entry(*platform).or_insert(DeviceStates::NONE);
        *all = all.or(*some);
    }
    let mut by_device: BTreeMap<String, Vec<Platform>> = BTreeMap::new();
    for (platform, states) in states {
        let all = DeviceState::ALL.iter().copied().filter(|one| one.exists_on(platform));
        let text = Describe::devices(states, all.collect());
        by_device.entry(text).or_default().push(platform);
    }
    let people = crowd.clauses(users);
    let text = |people: &People| match people {
        People::Some { of: None, except } if except.is_empty() => String::new(),
        _ => format!(" for {}", Describe::people(names, people)),
    };
    let people: Vec<String> = people.iter().map(text).collect();
    let mut texts = Vec::new();
    for (device, platforms) in by_device {
        let platforms = Describe::platforms(&platforms, Platforms::all());
        texts.extend(people.iter().map(|people| format!("{people}{platforms}{device}")));
    }
    texts
}
