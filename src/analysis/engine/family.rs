//! Families: many conditions on users, of which some exclude another condition.
//!
//! Takes in conditions, gives out those that no user among some meets. What excludes some users excludes all
//! users among these, and where they are a conjunction of literals, whoever is told apart among them by other
//! variables than a condition's changes nothing for that condition. So a family that is asked about many users
//! among the same ones is looked through once, and then only as far as variables are shared.

#![allow(clippy::indexing_slicing, reason = "conditions are numbered by the family itself")]

use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use crate::bits::Bits;
use crate::dd::{Cond, Manager};
use crate::limits::LimitExceeded;

/// Conditions by position.
#[derive(Debug)]
pub(in crate::analysis) struct Family {
    conditions: Vec<Cond>,
    /// By variable: the conditions that depend on it.
    dependent: OnceCell<HashMap<u32, Vec<usize>, FxBuildHasher>>,
}

/// The conditions of a family that exclude some users.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Excluded {
    positions: Bits,
    /// The variables of the users, where they are a conjunction of literals.
    literals: Option<BTreeSet<u32>>,
}

impl Excluded {
    /// Whether a condition excludes the users.
    pub(in crate::analysis) fn contains(&self, position: usize) -> bool {
        self.positions.contains(position)
    }

    /// The positions of the conditions.
    pub(in crate::analysis) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.positions.iter()
    }
}

impl Family {
    pub(in crate::analysis) fn new(conditions: Vec<Cond>) -> Self {
        Self { conditions, dependent: OnceCell::new() }
    }

    /// The conditions that exclude some users.
    pub(in crate::analysis) fn excluded(
        &self,
        manager: &mut Manager,
        of: Cond,
    ) -> Result<Excluded, LimitExceeded> {
        let mut positions = Bits::new(self.conditions.len());
        for (at, condition) in self.conditions.iter().enumerate() {
            if manager.are_disjoint(*condition, of)? {
                positions.insert(at);
            }
        }
        let literals = manager.literals(of);
        let literals = literals.map(|all| all.into_iter().map(|(variable, _)| variable).collect());
        Ok(Excluded { positions, literals })
    }

    /// The positions of the conditions that exclude some users, but not all of those among whom they are, of whom
    /// `known` tells.
    pub(in crate::analysis) fn also_excluded(
        &self,
        manager: &mut Manager,
        of: Cond,
        known: &Excluded,
    ) -> Result<Vec<usize>, LimitExceeded> {
        let mut open: Vec<usize> = match &known.literals {
            Some(literals) if !of.is_never() => {
                let dependent = self.dependent.get_or_init(|| self.by_variable(manager));
                let variables = manager.support(of).into_iter();
                let others = variables.filter(|variable| !literals.contains(variable));
                others.flat_map(|one| dependent.get(&one).into_iter().flatten().copied()).collect()
            }
            _ => (0..self.conditions.len()).collect(),
        };
        open.sort_unstable();
        open.dedup();
        let mut found = Vec::new();
        for at in open.into_iter().filter(|at| !known.contains(*at)) {
            if manager.are_disjoint(self.conditions[at], of)? {
                found.push(at);
            }
        }
        Ok(found)
    }

    fn by_variable(&self, manager: &Manager) -> HashMap<u32, Vec<usize>, FxBuildHasher> {
        let mut found: HashMap<u32, Vec<usize>, FxBuildHasher> = HashMap::default();
        for (at, condition) in self.conditions.iter().enumerate() {
            for variable in manager.support(*condition) {
                found.entry(variable).or_default().push(at);
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Conditions over eight variables, drawn from a small generator.
    fn conditions(
        manager: &mut Manager,
        count: usize,
        seed: u64,
    ) -> Result<Vec<Cond>, LimitExceeded> {
        let mut random = seed;
        let mut below = |bound: u32| {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((random >> 33) as u32) % bound
        };
        let mut found = Vec::new();
        for _ in 0..count {
            let mut any = Cond::FALSE;
            for _ in 0..=below(3) {
                let mut all = Cond::TRUE;
                for _ in 0..=below(3) {
                    let one = manager.variable(below(8))?;
                    all = match below(2) {
                        0 => manager.and(all, one)?,
                        _ => manager.and_not(all, one)?,
                    };
                }
                any = manager.or(any, all)?;
            }
            found.push(any);
        }
        Ok(found)
    }

    #[test]
    fn what_is_known_of_some_users_changes_nothing_for_fewer() -> Result<(), LimitExceeded> {
        let manager = &mut Manager::new(1 << 20);
        let all = conditions(manager, 40, 3)?;
        let family = Family::new(all.iter().copied().chain([Cond::FALSE, Cond::TRUE]).collect());
        let (mut conjunctions, mut others) = (0, 0);
        for among in conditions(manager, 60, 5)? {
            let known = family.excluded(manager, among)?;
            match known.literals {
                Some(_) => conjunctions += 1,
                None => others += 1,
            }
            for one in &all {
                let of = manager.and(among, *one)?;
                let mut found: Vec<usize> = known.iter().collect();
                found.extend(family.also_excluded(manager, of, &known)?);
                found.sort_unstable();
                assert_eq!(found, family.excluded(manager, of)?.iter().collect::<Vec<_>>());
            }
        }
        assert!(conjunctions > 5 && others > 5, "{conjunctions} {others}");
        Ok(())
    }
}
