//! Rectangle covers: facts about pairs of atoms, joined into sources × targets × users.
//!
//! Takes in atoms with the facts between them, gives out rectangles with their sides as text. A fact may be
//! a decision, a difference or anything else that can be compared.

#![allow(
    clippy::indexing_slicing,
    reason = "rows and columns are numbered by the pairs that these lists are made of"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::endpoints::{Universe, every_endpoint};
use super::naming::{Names, Naming};
use super::query::Query;
use super::space::{Atom, DeviceBlock};
use super::users::Users;
use crate::bits::Bits;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::{Model, People};
use crate::vocabulary::{Channel, Channels, DeviceState, DeviceStates, Platform, Platforms, Side};

/// The facts between two atoms, each with its users. Users for whom there is no movement have none.
pub(in crate::analysis) type FactCell<K> = Vec<(K, Cond)>;

/// All facts on one channel and block of devices.
pub(in crate::analysis) struct FactGrid<K> {
    /// By side and atom: the users for whom the atom is asked about.
    inside: [Vec<Cond>; 2],
    /// By source and target.
    pub(in crate::analysis) cells: Vec<Vec<FactCell<K>>>,
}

/// Names a set of atoms of one side for some users. The marks say which atoms are wanted, and which ones
/// the set may hold or not.
pub(in crate::analysis) type Name<'n> =
    dyn FnMut(&mut Users, Side, Cond, [&[bool]; 2]) -> Result<String, LimitExceeded> + 'n;

/// Sources, targets and users that share one fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::analysis) struct Rectangle<K> {
    pub(in crate::analysis) from: String,
    pub(in crate::analysis) to: String,
    pub(in crate::analysis) users: Cond,
    pub(in crate::analysis) fact: K,
}

/// Sources and targets by position in a grid.
pub(in crate::analysis) type Pairs = Vec<(usize, usize)>;

/// Sources, and marks of the targets that go with all of them.
type RowPart = (Vec<usize>, Vec<bool>);

impl<K: Clone + Ord> FactGrid<K> {
    /// Asks for the facts between every two atoms; `inside` gives the users for whom an atom is asked about.
    pub(in crate::analysis) fn new<A>(
        sources: &[A],
        targets: &[A],
        inside: impl Fn(&A) -> Cond,
        mut ask: impl FnMut(&A, &A) -> Result<FactCell<K>, LimitExceeded>,
    ) -> Result<Self, LimitExceeded> {
        let mut cells = Vec::with_capacity(sources.len());
        for source in sources {
            let row = targets.iter().map(|target| ask(source, target));
            cells.push(row.collect::<Result<Vec<_>, _>>()?);
        }
        let inside = [sources, targets].map(|atoms| atoms.iter().map(&inside).collect());
        Ok(Self { inside, cells })
    }

    /// The facts that are wanted, as rectangles, each with the pairs of atoms that it is made of.
    pub(in crate::analysis) fn rectangles(
        &self,
        users: &mut Users,
        name: &mut Name<'_>,
        wanted: impl Fn(&K) -> bool,
    ) -> Result<Vec<(Rectangle<K>, Pairs)>, LimitExceeded> {
        let mut rows: BTreeMap<(String, Cond, K), Vec<RowPart>> = BTreeMap::new();
        for row in self.joined_rows() {
            let facts = row.values.iter().flatten().filter(|(fact, _)| wanted(fact));
            let facts: BTreeSet<(Cond, K)> =
                facts.map(|(fact, users)| (*users, fact.clone())).collect();
            for (of, fact) in facts {
                let is_it = |(one, to): &(K, Cond)| *one == fact && *to == of;
                let wanted: Vec<bool> =
                    row.values.iter().map(|cell| cell.iter().any(is_it)).collect();
                let free = self.free_targets(users, &row, of)?;
                let to = name(users, Side::Target, of, [&wanted, &free])?;
                rows.entry((to, of, fact)).or_default().push((row.members.clone(), wanted));
            }
        }
        let mut found = Vec::with_capacity(rows.len());
        for ((to, of, fact), parts) in rows {
            let count = self.cells.len();
            let is_wanted = |at: usize| parts.iter().any(|(sources, _)| sources.contains(&at));
            let wanted: Vec<bool> = (0..count).map(is_wanted).collect();
            let from = name(users, Side::Source, of, [&wanted, &vec![false; count]])?;
            found.push((Rectangle { from, to, users: of, fact }, self.pairs(&parts)));
        }
        Ok(found)
    }

    /// The don't-care targets of a row for some users: they are in scope for all of these users, but no
    /// data can move to them.
    fn free_targets(
        &self,
        users: &mut Users,
        row: &JoinedLine<Cond, FactCell<K>>,
        of: Cond,
    ) -> Result<Vec<bool>, LimitExceeded> {
        let mut free = Vec::with_capacity(row.values.len());
        for (cell, inside) in row.values.iter().zip(&self.inside[1]) {
            let mut is_free = users.manager().implies(of, *inside)?;
            for (_, to) in cell {
                is_free = is_free && users.manager().are_disjoint(*to, of)?;
            }
            free.push(is_free);
        }
        Ok(free)
    }

    fn pairs(&self, parts: &[RowPart]) -> Pairs {
        let pairs = parts.iter().flat_map(|(sources, targets)| {
            let targets = (0..targets.len()).filter(|at| targets[*at]);
            targets.flat_map(|to| sources.iter().map(move |from| (*from, to)))
        });
        pairs.filter(|(from, to)| !self.cells[*from][*to].is_empty()).collect()
    }

    /// Joins sources that are asked about for equal users and whose rows agree.
    fn joined_rows(&self) -> Vec<JoinedLine<Cond, FactCell<K>>> {
        joined(self.inside[0].iter().copied().zip(&self.cells), Vec::is_empty)
    }
}

/// Lines of one key that agree, joined.
pub(in crate::analysis) struct JoinedLine<K, T> {
    pub(in crate::analysis) key: K,
    /// The lines, by position.
    pub(in crate::analysis) members: Vec<usize>,
    /// In each place: the value of the lines that have one.
    pub(in crate::analysis) values: Vec<T>,
}

/// Joins lines of equal keys that agree wherever both have a value; lines without any are left out.
pub(in crate::analysis) fn joined<'l, K: PartialEq, T: Clone + PartialEq + 'l>(
    lines: impl Iterator<Item = (K, &'l Vec<T>)>,
    is_open: impl Fn(&T) -> bool,
) -> Vec<JoinedLine<K, T>> {
    let mut found: Vec<JoinedLine<K, T>> = Vec::new();
    for (at, (key, line)) in lines.enumerate() {
        if line.iter().all(&is_open) {
            continue;
        }
        let agrees = |known: &&mut JoinedLine<K, T>| {
            let mut places = known.values.iter().zip(line);
            known.key == key && places.all(|(a, b)| is_open(a) || is_open(b) || a == b)
        };
        match found.iter_mut().find(agrees) {
            Some(known) => {
                known.members.push(at);
                let places = known.values.iter_mut().zip(line);
                places.filter(|(a, _)| is_open(a)).for_each(|(a, b)| a.clone_from(b));
            }
            None => found.push(JoinedLine { key, members: vec![at], values: line.clone() }),
        }
    }
    found
}

// ---------------------------------------------------------------- names of atoms

/// The names of a model, worked out once for each universe of endpoints.
pub(in crate::analysis) struct NameCache<'a> {
    model: &'a Model,
    names: HashMap<Universe, Rc<Names>>,
}

/// The names of the atoms of one side of a channel.
pub(in crate::analysis) struct AtomNames<'n> {
    names: Rc<Names>,
    /// By position in the universe: the users for whom the endpoint is managed.
    managed: Vec<Cond>,
    atoms: &'n [Atom],
}

impl<'a> NameCache<'a> {
    pub(in crate::analysis) fn new(model: &'a Model) -> Self {
        Self { model, names: HashMap::new() }
    }

    fn names(&mut self, devices: &DeviceBlock, channel: Channel, side: Side) -> Rc<Names> {
        let DeviceBlock { platform, state, .. } = *devices;
        let model = self.model;
        let known = self.names.entry(Universe::new(channel, side, platform, state));
        let names = known.or_insert_with(|| {
            let universe = every_endpoint(model, channel, side, platform, state);
            Rc::new(Naming::new(model).names(universe, platform))
        });
        Rc::clone(names)
    }

    /// The names of the atoms of one side of a channel.
    pub(in crate::analysis) fn of_atoms<'n>(
        &mut self,
        query: &mut Query<'_>,
        (devices, channel, side): (&DeviceBlock, Channel, Side),
        atoms: &'n [Atom],
    ) -> Result<AtomNames<'n>, LimitExceeded> {
        let names = self.names(devices, channel, side);
        let universe = names.universe().iter();
        let managed = universe.map(|end| query.managed(devices.kind, *end));
        let managed = managed.collect::<Result<Vec<_>, _>>()?;
        Ok(AtomNames { names, managed, atoms })
    }
}

impl AtomNames<'_> {
    /// The text of a set of atoms for some users; the marks are those of [`Name`].
    pub(in crate::analysis) fn text(
        &self,
        users: &mut Users,
        of: Cond,
        [wanted, free]: [&[bool]; 2],
    ) -> Result<String, LimitExceeded> {
        let managed = equal_for_all(users, of, &self.managed)?;
        let marked = |marks: &[bool]| {
            let marked = self.atoms.iter().zip(marks).filter(|(_, mark)| **mark);
            self.names.mark(&marked.flat_map(|(atom, _)| atom.ends.iter().copied()).collect())
        };
        Ok(self.names.text(&marked(wanted), &marked(free), managed.as_ref()))
    }
}

/// The conditions that some users meet; `None` where one of them is met by some of the users and not by
/// others.
pub(in crate::analysis) fn equal_for_all(
    users: &mut Users,
    of: Cond,
    conditions: &[Cond],
) -> Result<Option<Bits>, LimitExceeded> {
    let mut met = Bits::new(conditions.len());
    for (at, condition) in conditions.iter().enumerate() {
        let both = users.manager().and(*condition, of)?;
        if both == of {
            met.insert(at);
        } else if !both.is_never() {
            return Ok(None);
        }
    }
    Ok(Some(met))
}

// ---------------------------------------------------------------- contexts of rectangles

/// Platforms with device states.
pub(in crate::analysis) type DeviceSet = BTreeSet<(Platform, DeviceStates)>;

/// Joins channels on which equal rectangles hold for equal devices.
pub(in crate::analysis) fn join_channels<K: Clone + Ord>(
    found: BTreeMap<(Rectangle<K>, Channel), DeviceSet>,
) -> BTreeMap<(Rectangle<K>, DeviceSet), Channels> {
    let mut joined: BTreeMap<(Rectangle<K>, DeviceSet), Channels> = BTreeMap::new();
    for ((rectangle, channel), devices) in found {
        joined.entry((rectangle, devices)).or_insert(Channels::NONE).insert(channel);
    }
    joined
}

/// A rectangle as scopes: one for each clause of users and block of devices that is needed. `names` are
/// those of the groups of people.
pub(in crate::analysis) fn scopes<K>(
    users: &mut Users,
    names: &[&str],
    rectangle: &Rectangle<K>,
    channels: Channels,
    devices: &DeviceSet,
) -> Result<Vec<String>, LimitExceeded> {
    let words: Vec<_> = channels.iter().map(Channel::word).collect();
    let ends = format!("{} from {} to {}", words.join(", "), rectangle.from, rectangle.to);
    let contexts = contexts(users, names, rectangle.users, devices)?.into_iter();
    Ok(contexts.map(|context| format!("{ends}{context}")).collect())
}

/// Users and devices as clauses: each text is one box of users, platforms and states.
pub(in crate::analysis) fn contexts(
    users: &mut Users,
    names: &[&str],
    of: Cond,
    devices: &DeviceSet,
) -> Result<Vec<String>, LimitExceeded> {
    let mut states: BTreeMap<Platform, DeviceStates> = BTreeMap::new();
    for (platform, some) in devices {
        let all = states.entry(*platform).or_insert(DeviceStates::NONE);
        *all = all.or(*some);
    }
    let mut by_devices: BTreeMap<String, Vec<Platform>> = BTreeMap::new();
    for (platform, states) in states {
        let all = DeviceState::ALL.iter().copied().filter(|one| one.exists_on(platform));
        let text = Naming::devices(states, all.collect());
        by_devices.entry(text).or_default().push(platform);
    }
    let people = users.clauses(of)?;
    let text = |people: &People| match people {
        People::Some { of: None, except } if except.is_empty() => String::new(),
        _ => format!(" for {}", Naming::people(names, people)),
    };
    let people: Vec<String> = people.iter().map(text).collect();
    let mut texts = Vec::new();
    for (devices, platforms) in by_devices {
        let platforms = Naming::platforms(&platforms, Platforms::all());
        texts.extend(people.iter().map(|people| format!("{people}{platforms}{devices}")));
    }
    Ok(texts)
}
