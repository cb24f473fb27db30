//! Blocks: sources that are decided alike, and the joining of those that differ least.
//!
//! Takes in sources with their marks in every column, gives out at most as many blocks as are wanted.

#![allow(
    clippy::indexing_slicing,
    reason = "blocks and sets are numbered by the lists that they are in"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::panel::{Direction, Mark};
use crate::vocabulary::Channel;

/// Movements between one receiver and the sources: `Out` is from the sources.
pub(super) type Column = (Direction, Channel, usize);

/// The blocks of sources, with what is decided for the members of each.
pub(super) struct Blocks {
    pub(super) columns: HashMap<Column, usize>,
    pub(super) sets: MarkSets,
    pub(super) list: Vec<Block>,
}

/// Sources that share a place.
pub(super) struct Block {
    pub(super) classes: Vec<usize>,
    /// By column: the marks of its members, by number.
    pub(super) states: Vec<usize>,
}

/// Sets of marks by number. Number 0 is the empty set: no data can move.
pub(super) struct MarkSets {
    pub(super) list: Vec<BTreeSet<Mark>>,
    pub(super) numbers: BTreeMap<BTreeSet<Mark>, usize>,
}

impl MarkSets {
    pub(super) fn number(&mut self, set: BTreeSet<Mark>) -> usize {
        if let Some(known) = self.numbers.get(&set) {
            return *known;
        }
        self.list.push(set.clone());
        self.numbers.insert(set, self.list.len() - 1);
        self.list.len() - 1
    }

    fn union(&mut self, a: usize, b: usize) -> usize {
        if a == b {
            return a;
        }
        let all = self.list[a].union(&self.list[b]).cloned().collect();
        self.number(all)
    }
}

impl Block {
    /// The columns in which two blocks differ, and both have movements.
    fn distance(&self, other: &Self) -> usize {
        let states = self.states.iter().zip(&other.states);
        states.filter(|(a, b)| **a != 0 && **b != 0 && a != b).count()
    }
}

impl Blocks {
    pub(super) fn push(&mut self, block: Block) {
        match self.list.iter().position(|known| known.distance(&block) == 0) {
            Some(at) => self.join(at, block),
            None => self.list.push(block),
        }
    }

    fn join(&mut self, at: usize, other: Block) {
        let Self { sets, list, .. } = self;
        let block = &mut list[at];
        block.classes.extend(other.classes);
        for (state, more) in block.states.iter_mut().zip(other.states) {
            *state = sets.union(*state, more);
        }
    }

    /// Joins the two blocks that differ least until so many are left; of equals the first ones.
    pub(super) fn join_down_to(&mut self, most: usize) {
        while self.list.len() > most {
            let pairs = (0..self.list.len()).flat_map(|a| (0..a).map(move |b| (b, a)));
            let nearest = pairs.min_by_key(|(a, b)| self.list[*a].distance(&self.list[*b]));
            let Some((a, b)) = nearest else { return };
            let block = self.list.remove(b);
            self.join(a, block);
        }
    }

    /// The marks of a block in a column.
    pub(super) fn marks(&self, block: usize, column: Column) -> &BTreeSet<Mark> {
        let state = self.columns.get(&column).map_or(0, |at| self.list[block].states[*at]);
        &self.sets.list[state]
    }
}
