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

use super::layout::Bundle;
use crate::bits::Bits;
use crate::dd::{Cond, Node};

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
    #[inline]
    pub(super) fn new(variables: impl Iterator<Item = u32>, count: usize) -> Self {
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
}

impl Candidates {
    /// The candidates of each variable. A user who meets the condition of a bundle leaves the path of its
    /// diagram on which all variables are false, unless that path leads to true: at one of its variables.
    pub(crate) fn new(nodes: &[Node], bundles: &[Bundle], variables: usize) -> Self {
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); variables];
        let mut always = Vec::new();
        for (number, bundle) in (0..).zip(bundles) {
            let mut id = bundle.people.id();
            while let Some(node) = nodes.get(id.index()).filter(|_| id.terminal().is_none()) {
                lists[node.variable as usize].push(number);
                id = node.low;
            }
            if Cond::of_id(id) == Cond::TRUE {
                always.push(number);
            }
        }
        let starts = (lists.iter().scan(0, |end, list| {
            *end += list.len() as u32;
            Some(*end)
        }))
        .collect::<Vec<u32>>();
        let starts = [0].into_iter().chain(starts).collect();
        Self { always, starts, lists: lists.concat() }
    }

    /// Shows the bundles that can be for a user, ascending.
    #[inline]
    pub(super) fn each(&self, groups: &UserGroups, visit: impl FnMut(u32)) {
        if let UserGroups::Few([variable, NONE, ..]) = groups
            && self.always.is_empty()
        {
            let list = if *variable == NONE { &[] } else { self.of_variable(*variable) };
            return list.iter().copied().for_each(visit);
        }
        self.gathered(groups).into_iter().for_each(visit);
    }

    /// The bundles of several lists, each once.
    #[inline(never)]
    fn gathered(&self, groups: &UserGroups) -> SmallVec<[u32; 16]> {
        let mut found = SmallVec::from_slice(&self.always);
        groups.each(|variable| found.extend_from_slice(self.of_variable(variable)));
        found.sort_unstable();
        found.dedup();
        found
    }

    #[inline]
    fn of_variable(&self, variable: u32) -> &[u32] {
        let [start, end] = [0, 1].map(|next| self.starts[variable as usize + next] as usize);
        &self.lists[start..end]
    }

    /// The bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(self.always.as_slice())
            + size_of_val(self.starts.as_slice())
            + size_of_val(self.lists.as_slice())
    }
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
