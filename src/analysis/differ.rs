//! Movements that two tables of one model decide differently.
//!
//! Takes in a set with its table and another table of the same model, gives out scopes with what each
//! says of them: every difference on a platform, class by class. Why there are two tables is not known
//! here.

use std::collections::BTreeMap;

use super::Analysis;
use super::crowd::{Import, NOWHERE};
use super::grid::{Block, Cell, Grid, Spots, Words, join_channels, scopes};
use super::space::{Atom, Lens, Space, Spot};
use crate::decision::Verdict;
use crate::diagram::Diagram;
use crate::model::Scope;
use crate::movement::Endpoint;
use crate::table::{DeviceKind, Table};
use crate::vocabulary::{Channel, DeviceState, DeviceStates, Platform, Side};

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
    let questions = other.groups().as_clauses();
    let lens = &mut Lens::new(analysis, &analysis.table, questions.iter());
    let import = &mut Import::new(other, &mut lens.crowd, Some);
    let space = &mut Space::new(lens, &scope, None);
    let mut words = Words::new(analysis.model);
    let mut places: BTreeMap<(Block<Verdicts>, Channel), Spots> = BTreeMap::new();
    for (spot, kind) in spots(space, lens.table(), other) {
        for channel in space.channels(&spot) {
            let mut pair = Pair { space, import, left_out, spot: &spot, kind, channel };
            let grid = pair.grid(lens);
            for (block, _) in grid.blocks(lens, &mut words, &spot, channel) {
                if block.said.0 != block.said.1 {
                    places.entry((block, channel)).or_default().insert((platform, spot.states));
                }
            }
        }
    }
    let mut found = Vec::new();
    for ((block, spots), channels) in join_channels(places) {
        let (before, after) = block.said;
        let scopes = scopes(lens, space, &block, channels, &spots).into_iter();
        found.extend(scopes.map(|scope| Difference { after, before, scope }));
    }
    found
}

/// The kinds of devices that one of two tables tells apart, with what each is in the other.
fn spots(space: &Space<'_>, table: &Table, other: &Table) -> Vec<(Spot, DeviceKind)> {
    let mut found: Vec<(Spot, DeviceKind)> = Vec::new();
    for spot in space.spots(table) {
        for state in spot.states.iter() {
            let Some(kind) = other.device_kind(spot.platform, state) else { continue };
            let alike = |(one, other): &&mut (Spot, DeviceKind)| {
                one.kind == spot.kind
                    && *other == kind
                    && one.state.is_enrolled() == state.is_enrolled()
            };
            match found.iter_mut().find(alike) {
                Some((one, _)) => one.states.insert(state),
                None => {
                    let states = [state].into_iter().collect();
                    found.push((Spot { state, states, ..spot }, kind));
                }
            }
        }
    }
    found
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

/// What the first table says, and what the other one does.
type Verdicts = (Verdict, Verdict);

/// Two tables in one place, and the space of the first.
struct Pair<'p, 'a, 'o> {
    space: &'p mut Space<'a>,
    import: &'p mut Import<'o>,
    left_out: &'p dyn Fn(End) -> bool,
    spot: &'p Spot,
    /// What kind of device the other table takes it for.
    kind: DeviceKind,
    channel: Channel,
}

impl<'a> Pair<'_, 'a, '_> {
    /// What both tables say between the ends that neither tells apart.
    fn grid(&mut self, lens: &mut Lens<'a>) -> Grid<Verdicts> {
        let sources = self.atoms(lens, Side::Source);
        let targets = self.atoms(lens, Side::Target);
        let place = |atoms: &[(Atom, u32)], atom: &Atom| {
            atoms.iter().find(|(one, _)| one.ends == atom.ends).map_or(0, |(_, place)| *place)
        };
        let only = |atoms: &[(Atom, u32)]| atoms.iter().map(|(atom, _)| atom.clone()).collect();
        let (from, to) = (only(&sources), only(&targets));
        Grid::new(from, to, |source, target| {
            let other = (place(&sources, source), place(&targets, target));
            self.cell(lens, source, target, other)
        })
    }

    fn cell(
        &mut self,
        lens: &mut Lens<'a>,
        source: &Atom,
        target: &Atom,
        other: (u32, u32),
    ) -> Cell<Verdicts> {
        let before = self.space.outcome(lens, self.spot, self.channel, source, target);
        let after = self.import.table.cell_at(self.kind, self.channel, other.0, other.1);
        let after = self.import.outcome(&mut lens.crowd, after);
        let mut cell: Vec<(Verdicts, Diagram)> = Vec::new();
        for (one, when) in parts(lens, before).into_iter().filter(|(one, _)| *one != NOWHERE) {
            for (other, also) in parts(lens, after) {
                let users = lens.crowd.diagrams.and(when, also);
                let verdicts =
                    (lens.crowd.decision(one).verdict, lens.crowd.decision(other).verdict);
                if users == Diagram::FALSE {
                    continue;
                }
                match cell.iter_mut().find(|(known, _)| *known == verdicts) {
                    Some((_, known)) => *known = lens.crowd.diagrams.or(*known, users),
                    None => cell.push((verdicts, users)),
                }
            }
        }
        cell.sort_unstable();
        cell
    }

    /// The ends of one side in atoms of both tables, each with its place in the other.
    fn atoms(&mut self, lens: &mut Lens<'a>, side: Side) -> Vec<(Atom, u32)> {
        let mut found: BTreeMap<(u32, u32), Atom> = BTreeMap::new();
        for atom in self.space.atoms(lens, self.spot, self.channel, side) {
            for end in &atom.ends {
                let managed = lens.managed(self.spot.kind, *end) != Diagram::FALSE;
                let seen = End { channel: self.channel, side, end: *end, managed };
                if (self.left_out)(seen) {
                    continue;
                }
                let other = self.import.table.place_in_plane(self.kind, self.channel, side, *end);
                let new = || Atom { ends: Vec::new(), ..atom.clone() };
                found.entry((atom.place, other)).or_insert_with(new).ends.push(*end);
            }
        }
        found.into_iter().map(|((_, other), atom)| (atom, other)).collect()
    }
}

/// The numbers of a function, each with the users for whom it gives it.
fn parts(lens: &mut Lens<'_>, outcome: Diagram) -> Vec<(u32, Diagram)> {
    let mut found = Vec::new();
    for number in lens.crowd.diagrams.numbers(outcome) {
        found.push((number, lens.crowd.diagrams.is_among(outcome, |one| one == number)));
    }
    found
}
