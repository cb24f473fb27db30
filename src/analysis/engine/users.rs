//! Users, never enumerated: conditions on the groups that a user is in.
//!
//! Takes in the `for` clauses that matter, gives out conditions that can be combined, examples of users,
//! and clauses that mean the users of a condition. Apps and devices are not known here.

use std::collections::BTreeSet;

use crate::dd::{Cond, Manager};
use crate::decision::{Decision, DeterminingRule, Effect};
use crate::limits::{LimitExceeded, Limits, Resource};
use crate::model::{People, UsersId};
use crate::table::{ApplicableRules, Combiner, DecisionId, GroupVariables, Outcome};

/// The factor on the limit of user groups: scopes and expectations tell more groups apart than policies do.
const MORE_GROUPS: usize = 4;

/// The most groups that are named behind `except`; for more, `exactly` is plainer.
const EXCEPTIONS: usize = 3;

/// All users, as far as some clauses tell them apart, with the outcomes that depend on them.
pub(in crate::analysis) struct Users {
    pub(in crate::analysis) groups: GroupVariables,
    pub(in crate::analysis) combiner: Combiner,
    /// The limit on the clauses of one condition.
    clauses: usize,
}

/// A conjunction of group variables: some true, some false, the others open.
struct Cube {
    yes: Vec<u32>,
    no: BTreeSet<u32>,
}

impl Users {
    /// The users that some clauses tell apart; `groups` is the number of groups. Only these clauses can
    /// be asked for later.
    pub(in crate::analysis) fn new<'c>(
        clauses: impl Iterator<Item = &'c People>,
        groups: usize,
        limits: &Limits,
    ) -> Result<Self, LimitExceeded> {
        let groups = GroupVariables::new(clauses, groups);
        let limit = limits.user_groups.saturating_mul(MORE_GROUPS);
        if groups.len() > limit {
            return Err(LimitExceeded::new(Resource::UserGroups, groups.len(), limit));
        }
        let combiner = Combiner::new(Manager::new(limits.nodes).with_steps(limits.steps));
        Ok(Self { groups, combiner, clauses: limits.user_clauses })
    }

    /// The manager of all conditions.
    pub(in crate::analysis) fn manager(&mut self) -> &mut Manager {
        &mut self.combiner.manager
    }

    /// The users of a clause.
    pub(in crate::analysis) fn clause(&mut self, people: &People) -> Result<Cond, LimitExceeded> {
        self.groups.clause(&mut self.combiner.manager, people)
    }

    /// The user who is in these groups and in no other.
    pub(in crate::analysis) fn user(&mut self, groups: &[UsersId]) -> Result<Cond, LimitExceeded> {
        let yes = self.groups.variables_of(groups);
        let no = self.groups.iter().filter(|variable| !yes.contains(variable)).collect();
        self.cube(&Cube { yes: yes.into_iter().collect(), no })
    }

    /// The decision of a number.
    pub(in crate::analysis) fn decision(&self, id: DecisionId) -> Decision {
        self.combiner.decision(id)
    }

    /// The decision about a user in these groups.
    pub(in crate::analysis) fn decision_for(
        &self,
        outcome: Outcome,
        groups: &[UsersId],
    ) -> DecisionId {
        let yes = self.groups.variables_of(groups);
        self.combiner.manager.eval(outcome, |variable| yes.contains(&variable))
    }

    /// The rules and defaults with an effect by which policies decide for some of the users.
    pub(in crate::analysis) fn rules_of_effect(
        &mut self,
        all: ApplicableRules<Cond>,
        effect: Effect,
        users: Cond,
    ) -> Result<Vec<DeterminingRule>, LimitExceeded> {
        let mut found = Vec::new();
        for (rule, when) in all.into_iter().filter(|(rule, _)| rule.effect == effect) {
            if !self.manager().are_disjoint(when, users)? {
                found.push(rule);
            }
        }
        Ok(found)
    }

    /// Whether a user in these groups meets a condition.
    pub(in crate::analysis) fn meets(&self, condition: Cond, groups: &[UsersId]) -> bool {
        let yes = self.groups.variables_of(groups);
        self.combiner.manager.eval(condition, |variable| yes.contains(&variable))
    }

    /// The groups of a user who meets a condition: as few as possible. `None` where nobody does.
    pub(in crate::analysis) fn example(&self, condition: Cond) -> Option<Vec<UsersId>> {
        let model = self.combiner.manager.minimal_model(condition)?;
        Some(self.members_of(&model))
    }

    /// One group of each variable.
    pub(in crate::analysis) fn members_of(&self, variables: &[u32]) -> Vec<UsersId> {
        let first = variables.iter().filter_map(|one| self.groups.members(*one).first());
        let mut users: Vec<UsersId> = first.copied().collect();
        users.sort_unstable();
        users
    }

    // ------------------------------------------------------------ conditions as clauses

    /// Clauses that together mean exactly the users of a condition. They may overlap.
    pub(in crate::analysis) fn clauses(
        &mut self,
        condition: Cond,
    ) -> Result<Vec<People>, LimitExceeded> {
        if condition == Cond::TRUE {
            return Ok(vec![People::ANYBODY]);
        }
        let cubes = self.cover(condition)?;
        // Membership in one of several groups is one clause.
        let mut joined: Vec<(Vec<Vec<u32>>, BTreeSet<u32>)> = Vec::new();
        for Cube { yes, no } in cubes {
            let fits = |(known, without): &&mut (Vec<Vec<u32>>, BTreeSet<u32>)| {
                *without == no && yes.len() == 1 && known.iter().all(|one| one.len() == 1)
            };
            match joined.iter_mut().find(fits) {
                Some((known, _)) => known.push(yes),
                None => joined.push((vec![yes], no)),
            }
        }
        let mut found = Vec::new();
        for (yes, no) in &joined {
            found.extend(self.people(yes, no)?);
        }
        self.check_clauses(found.len())?;
        Ok(found)
    }

    fn check_clauses(&self, needed: usize) -> Result<(), LimitExceeded> {
        if needed > self.clauses {
            return Err(LimitExceeded::new(Resource::UserClauses, needed, self.clauses));
        }
        Ok(())
    }

    /// Cubes whose union is a condition: each the largest around a user in the fewest groups.
    fn cover(&mut self, condition: Cond) -> Result<Vec<Cube>, LimitExceeded> {
        let (mut left, mut found) = (condition, Vec::new());
        while let Some(yes) = self.combiner.manager.minimal_model(left) {
            self.check_clauses(found.len() + 1)?;
            let no = self.excluded(condition, &yes)?;
            let cube = Cube { yes, no };
            let held = self.cube(&cube)?;
            left = self.combiner.manager.and_not(left, held)?;
            found.push(cube);
        }
        Ok(found)
    }

    /// The variables that must be false so that every user with the true variables `yes` meets a
    /// condition. The set is irreducible: variables are dropped one after the other while that is
    /// possible.
    fn excluded(&mut self, condition: Cond, yes: &[u32]) -> Result<BTreeSet<u32>, LimitExceeded> {
        let support = self.combiner.manager.support(condition);
        let no = support.into_iter().filter(|one| !yes.contains(one)).collect();
        let mut cube = Cube { yes: yes.to_vec(), no };
        for variable in cube.no.clone() {
            cube.no.remove(&variable);
            let held = self.cube(&cube)?;
            if !self.combiner.manager.implies(held, condition)? {
                cube.no.insert(variable);
            }
        }
        Ok(cube.no)
    }

    fn cube(&mut self, Cube { yes, no }: &Cube) -> Result<Cond, LimitExceeded> {
        let manager = &mut self.combiner.manager;
        let mut found = Cond::TRUE;
        for variable in yes.iter().rev() {
            let member = manager.variable(*variable)?;
            found = manager.and(member, found)?;
        }
        for variable in no.iter().rev() {
            let member = manager.variable(*variable)?;
            found = manager.and_not(found, member)?;
        }
        Ok(found)
    }

    /// Clauses for the users for whom all variables of some list in `yes` are true, and all of `no` false.
    fn people(&self, yes: &[Vec<u32>], no: &BTreeSet<u32>) -> Result<Vec<People>, LimitExceeded> {
        let members = |variables: &mut dyn Iterator<Item = u32>| -> Vec<UsersId> {
            let mut members: Vec<_> =
                variables.flat_map(|one| self.groups.members(one).iter().copied()).collect();
            members.sort_unstable();
            members
        };
        let except = members(&mut no.iter().copied());
        let single = |one: &u32| self.groups.members(*one).len() == 1;
        if let [one] = yes
            && one.len() + no.len() == self.groups.len()
            && one.iter().all(single)
            && self.groups.cover_all_groups()
            && except.len() > EXCEPTIONS
        {
            return Ok(vec![People::Exactly(members(&mut one.iter().copied()))]);
        }
        match yes {
            [one] if one.is_empty() => Ok(vec![People::Some { of: None, except }]),
            _ if yes.iter().all(|one| one.len() == 1) => {
                let of = members(&mut yes.iter().flatten().copied());
                Ok(vec![People::Some { of: Some(of), except }])
            }
            _ => {
                let mut found = Vec::new();
                for one in yes {
                    found.extend(self.in_each(one, &except)?);
                }
                Ok(found)
            }
        }
    }

    /// The users who are in a group of each variable.
    fn in_each(&self, variables: &[u32], except: &[UsersId]) -> Result<Vec<People>, LimitExceeded> {
        let mut chosen: Vec<Vec<UsersId>> = vec![Vec::new()];
        for variable in variables {
            let members = self.groups.members(*variable);
            self.check_clauses(chosen.len().saturating_mul(members.len()))?;
            let with = |chosen: &Vec<UsersId>| -> Vec<Vec<UsersId>> {
                members.iter().map(|group| [chosen.as_slice(), &[*group]].concat()).collect()
            };
            chosen = chosen.iter().flat_map(with).collect();
        }
        let people = chosen.into_iter().map(|mut of| {
            of.sort_unstable();
            People::All { of, except: except.to_vec() }
        });
        Ok(people.collect())
    }
}
