//! The groups of one user, and the bundles of policies that can be for members of a group.
//!
//! Takes in variables over groups, gives out membership and candidates. A user in few groups takes no
//! memory on the heap, however many groups there are.

#![allow(
    clippy::indexing_slicing,
    reason = "variables are numbered by the table, and lists of candidates end where the next begins"
)]

use std::sync::Arc;

use smallvec::SmallVec;

use crate::bits::Bits;
use crate::dd::{Cond, Node, eval};

/// How many variables a user can be in without memory on the heap.
const FEW: usize = 8;

/// No variable.
const NONE: u32 = u32::MAX;

/// The variables that are true of a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum UserGroups {
    /// In order, and then [`NONE`].
    Few([u32; FEW]),
    Many(Arc<Bits>),
}

impl Default for UserGroups {
    fn default() -> Self {
        Self::NONE
    }
}

impl UserGroups {
    pub(crate) const NONE: Self = Self::Few([NONE; FEW]);

    /// The user of whom some variables are true. `count` is how many variables there are.
    #[inline(always)]
    pub(super) fn new(mut variables: impl Iterator<Item = u32>, count: usize) -> Self {
        let Some(first) = variables.next() else { return Self::NONE };
        match variables.next() {
            None => Self::Few([first, NONE, NONE, NONE, NONE, NONE, NONE, NONE]),
            Some(second) => Self::several([first, second].into_iter().chain(variables), count),
        }
    }

    #[inline(never)]
    fn several(variables: impl Iterator<Item = u32>, count: usize) -> Self {
        let (mut few, mut length) = ([NONE; FEW], 0);
        let mut variables = variables;
        while let Some(variable) = variables.next() {
            let is_next = length == 0 || few[length - 1] < variable;
            if !is_next && few.contains(&variable) {
                continue;
            }
            if length == FEW {
                let all = few.into_iter().chain([variable]).chain(variables);
                return Self::many(all, count);
            }
            few[length] = variable;
            length += 1;
            if !is_next {
                few[..length].sort_unstable();
            }
        }
        Self::Few(few)
    }

    #[cold]
    fn many(variables: impl Iterator<Item = u32>, count: usize) -> Self {
        let mut bits = Bits::new(count);
        variables.for_each(|variable| bits.insert(variable as usize));
        Self::Many(Arc::new(bits))
    }

    #[inline]
    pub(in crate::table) fn contains(&self, variable: u32) -> bool {
        match self {
            Self::Few(few) => few.contains(&variable),
            Self::Many(bits) => bits.contains(variable as usize),
        }
    }

    /// Shows each variable.
    #[inline]
    fn each(&self, mut visit: impl FnMut(u32)) {
        match self {
            Self::Few(few) => few.iter().take_while(|one| **one != NONE).copied().for_each(visit),
            // There are no more variables than 32 bits number.
            Self::Many(bits) => bits.iter().for_each(|variable| visit(variable as u32)),
        }
    }
}

/// The index from variables to bundles.
#[derive(Debug, Default)]
pub(crate) struct Candidates {
    /// The bundles that can be for users in no group.
    always: Vec<u32>,
    /// By variable: where its list begins, and where the last one ends.
    starts: Vec<u32>,
    /// The lists of bundles, each ascending.
    lists: Vec<u32>,
    /// By variable: where the list begins of the bundles for users of whom it alone is true, and where the
    /// last one ends.
    alone_starts: Vec<u32>,
    alone: Vec<u32>,
    /// Whether the conditions are those of the bundles, and not only of the users whom filters may let in.
    are_exact: bool,
}

impl Candidates {
    /// The candidates of each variable, given the condition of each bundle. A user who meets the condition of a bundle leaves the path of its
    /// diagram on which all variables are false, unless that path leads to true: at one of its variables.
    pub(crate) fn new(nodes: &[Node], bundles: &[Cond], variables: usize, are_exact: bool) -> Self {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); variables];
        let mut always = Vec::new();
        for (number, bundle) in (0..).zip(bundles) {
            let mut id = bundle.id();
            while let Some(node) = nodes.get(id.index()).filter(|_| id.terminal().is_none()) {
                lists[node.variable as usize].push(number);
                id = node.low;
            }
            if Cond::of_id(id) == Cond::TRUE {
                always.push(number);
            }
        }
        let is_for = |variable: u32, number: &u32| {
            eval(nodes, bundles[*number as usize], |one| one == variable)
        };
        let alone = (0..).zip(&lists).map(|(variable, list)| {
            list.iter().copied().filter(|number| is_for(variable, number)).collect()
        });
        let alone: Vec<Vec<u32>> = alone.collect();
        Self {
            always,
            starts: starts(&lists),
            lists: lists.concat(),
            alone_starts: starts(&alone),
            alone: alone.concat(),
            are_exact,
        }
    }

    /// The bundles for a user, ascending, where that is known without looking at their conditions.
    #[inline]
    pub(super) fn known(&self, groups: &UserGroups) -> Option<&[u32]> {
        match groups {
            UserGroups::Few([variable, NONE, ..]) if self.always.is_empty() && self.are_exact => {
                Some(if *variable == NONE {
                    &[]
                } else {
                    part(&self.alone_starts, *variable, &self.alone)
                })
            }
            _ => None,
        }
    }

    /// The bundles that can be for a user, ascending.
    #[inline(never)]
    pub(super) fn gathered(&self, groups: &UserGroups) -> SmallVec<[u32; 16]> {
        let mut found = SmallVec::from_slice(&self.always);
        groups.each(|variable| found.extend_from_slice(part(&self.starts, variable, &self.lists)));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(self.always.as_slice())
            + size_of_val(self.starts.as_slice())
            + size_of_val(self.lists.as_slice())
            + size_of_val(self.alone_starts.as_slice())
            + size_of_val(self.alone.as_slice())
    }
}

/// Where lists begin that are laid one behind the other, and where the last one ends.
fn starts(lists: &[Vec<u32>]) -> Vec<u32> {
    let ends = lists.iter().scan(0, |end, list| {
        *end += list.len() as u32;
        Some(*end)
    });
    [0].into_iter().chain(ends).collect()
}

/// The list of a variable among such lists.
#[inline]
fn part<'l>(starts: &[u32], variable: u32, lists: &'l [u32]) -> &'l [u32] {
    let [start, end] = [0, 1].map(|next| starts[variable as usize + next] as usize);
    &lists[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_groups_and_many_are_one_set() {
        let of = |variables: &[u32]| UserGroups::new(variables.iter().copied(), 1000);
        assert_eq!(of(&[7, 3, 7]), of(&[3, 7]));
        let many: Vec<u32> = (0..40).map(|one| one * 17 % 101).collect();
        let set = of(&many);
        assert!(matches!(set, UserGroups::Many(_)));
        assert!((0..1000).all(|one| set.contains(one) == many.contains(&one)));
        let few = of(&many[..FEW]);
        assert!(matches!(few, UserGroups::Few(_)));
        assert!((0..1000).all(|one| few.contains(one) == many[..FEW].contains(&one)));
        let mut seen = Vec::new();
        few.each(|one| seen.push(one));
        assert!(seen.is_sorted() && seen.len() == FEW);
    }
}
