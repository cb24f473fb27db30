//! Users, never enumerated: conditions on the groups that a user is in and on the filters that hold.
//!
//! Takes in the `for` clauses that matter, gives out conditions that can be combined, examples of users,
//! and clauses that mean the users of a condition. Apps and devices are not known here.

use std::collections::{BTreeMap, BTreeSet};

use crate::dd::{Cond, Manager};
use crate::decision::{Decision, DeterminingRule, Effect};
use crate::limits::{LimitExceeded, Limits, Resource};
use crate::model::{Attributes, FilterTest, Member, People, UsersId};
use crate::table::{ApplicableRules, Clauses, Combiner, DecisionId, GroupVariables, Outcome};

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
    /// The limit on the kinds that users are told apart in.
    kinds: usize,
    /// Clauses that are written as they are.
    named: Vec<(Cond, People)>,
}

/// The group that a clause names of a variable with several.
pub(in crate::analysis) type Chosen = BTreeMap<u32, UsersId>;

/// A clause, and its users as far as variables tell them.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Clause {
    pub(in crate::analysis) people: People,
    pub(in crate::analysis) users: Cond,
    pub(in crate::analysis) chosen: Chosen,
}

/// A conjunction of variables: some true, some false, the others open.
struct Cube {
    yes: Vec<u32>,
    no: BTreeSet<u32>,
}

/// A conjunction as a clause says it: variables of groups, and tests of filters.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Term {
    groups: Vec<u32>,
    tests: Vec<FilterTest>,
}

impl Users {
    /// The users that some clauses tell apart. Only these clauses can be asked for later.
    pub(in crate::analysis) fn new(
        clauses: &Clauses<'_>,
        attributes: Attributes,
        limits: &Limits,
    ) -> Result<Self, LimitExceeded> {
        let groups = GroupVariables::new(clauses, attributes);
        let limit = limits.user_groups.saturating_mul(MORE_GROUPS);
        if groups.len() > limit {
            return Err(LimitExceeded::new(Resource::UserGroups, groups.len(), limit));
        }
        let manager = Manager::new(limits.nodes).with_steps(limits.steps);
        let combiner = Combiner::new(manager.stopped_by(limits.interrupt.clone()));
        Ok(Self {
            groups,
            combiner,
            clauses: limits.user_clauses,
            kinds: limits.user_kinds,
            named: Vec::new(),
        })
    }

    /// The manager of all conditions.
    pub(in crate::analysis) fn manager(&mut self) -> &mut Manager {
        &mut self.combiner.manager
    }

    /// The users of a clause.
    pub(in crate::analysis) fn clause(&mut self, people: &People) -> Result<Cond, LimitExceeded> {
        self.groups.clause(&mut self.combiner.manager, people)
    }

    /// Lets exactly the users of a clause be written as the clause writes them.
    pub(in crate::analysis) fn name_as(&mut self, people: &People) -> Result<(), LimitExceeded> {
        let users = self.clause(people)?;
        self.named.push((users, people.clone()));
        Ok(())
    }

    /// The users for whom a condition holds under some answer of the filters.
    pub(in crate::analysis) fn assigned(&mut self, condition: Cond) -> Result<Cond, LimitExceeded> {
        self.groups.without_filters(&mut self.combiner.manager, condition)
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

    /// Some users in the kinds that conditions tell apart.
    pub(in crate::analysis) fn kinds(
        &mut self,
        of: Cond,
        conditions: impl IntoIterator<Item = Cond>,
    ) -> Result<Vec<Cond>, LimitExceeded> {
        let mut kinds = vec![of];
        for when in conditions {
            let mut next = Vec::new();
            for users in kinds {
                let manager = self.manager();
                next.extend([manager.and(users, when)?, manager.and_not(users, when)?]);
            }
            next.retain(|users| !users.is_never());
            if next.len() > self.kinds {
                return Err(LimitExceeded::new(Resource::UserKinds, next.len(), self.kinds));
            }
            kinds = next;
        }
        Ok(kinds)
    }

    // ------------------------------------------------------------ conditions as clauses

    /// Clauses that together mean exactly the users of a condition. They may overlap. Of a variable that is
    /// chosen they name that group alone.
    pub(in crate::analysis) fn clauses(
        &mut self,
        condition: Cond,
        chosen: &Chosen,
    ) -> Result<Vec<Clause>, LimitExceeded> {
        if condition == Cond::TRUE {
            let (people, chosen) = (People::ANYBODY, chosen.clone());
            return Ok(vec![Clause { people, users: condition, chosen }]);
        }
        if let Some((_, people)) = self.named.iter().find(|(users, _)| *users == condition)
            && chosen.is_empty()
        {
            let (people, chosen) = (people.clone(), chosen.clone());
            return Ok(vec![Clause { people, users: condition, chosen }]);
        }
        let cubes = self.cover(condition)?;
        // Membership in one of several groups is one clause.
        let mut joined: Vec<(Vec<Term>, BTreeSet<u32>, Cond)> = Vec::new();
        for (cube, held) in cubes {
            let (term, no) = self.term(cube);
            let fits = |(known, without, _): &&mut (Vec<Term>, BTreeSet<u32>, Cond)| {
                let one_group = |term: &Term| term.groups.len() == 1;
                *without == no && one_group(&term) && known.iter().all(one_group)
            };
            match joined.iter_mut().find(fits) {
                Some((known, _, users)) => {
                    known.push(term);
                    *users = self.combiner.manager.or(*users, held)?;
                }
                None => joined.push((vec![term], no, held)),
            }
        }
        let mut found = Vec::new();
        for (terms, no, users) in &joined {
            let clauses = self.people(terms, no, chosen)?.into_iter();
            found.extend(clauses.map(|(people, chosen)| Clause { people, users: *users, chosen }));
        }
        self.check_clauses(found.len())?;
        Ok(found)
    }

    /// The term of a cube, and the groups whose members it leaves out.
    fn term(&self, Cube { yes, no }: Cube) -> (Term, BTreeSet<u32>) {
        let filters = |variable: &u32| self.groups.is_filter(*variable);
        let (holding, groups) = yes.into_iter().partition::<Vec<_>, _>(filters);
        let (failing, no) = no.into_iter().partition::<BTreeSet<_>, _>(filters);
        let tests = |variables: &mut dyn Iterator<Item = u32>, holds| -> Vec<FilterTest> {
            let filters = variables.flat_map(|variable| self.groups.members(variable));
            filters.map(|filter| FilterTest { filter: *filter, holds }).collect()
        };
        let mut tests =
            [tests(&mut holding.into_iter(), true), tests(&mut failing.into_iter(), false)]
                .concat();
        tests.sort_unstable();
        (Term { groups, tests }, no)
    }

    fn check_clauses(&self, needed: usize) -> Result<(), LimitExceeded> {
        if needed > self.clauses {
            return Err(LimitExceeded::new(Resource::UserClauses, needed, self.clauses));
        }
        Ok(())
    }

    /// Cubes whose union is a condition, each with its users: the largest around a user in the fewest groups.
    fn cover(&mut self, condition: Cond) -> Result<Vec<(Cube, Cond)>, LimitExceeded> {
        if let Some(literals) = self.combiner.manager.literals(condition) {
            let (yes, no): (Vec<_>, Vec<_>) = literals.into_iter().partition(|(_, value)| *value);
            let variables = |some: Vec<(u32, bool)>| some.into_iter().map(|(one, _)| one);
            let cube = Cube { yes: variables(yes).collect(), no: variables(no).collect() };
            return Ok(vec![(cube, condition)]);
        }
        let (mut left, mut found) = (condition, Vec::new());
        while let Some(yes) = self.combiner.manager.minimal_model(left) {
            self.check_clauses(found.len() + 1)?;
            let no = self.excluded(condition, &yes)?;
            let cube = Cube { yes, no };
            let held = self.cube(&cube)?;
            left = self.combiner.manager.and_not(left, held)?;
            found.push((cube, held));
        }
        Ok(found)
    }

    /// The variables that must be false so that every user with the true variables `yes` meets a
    /// condition. The set is irreducible: variables are dropped one after the other while that is
    /// possible.
    fn excluded(&mut self, condition: Cond, yes: &[u32]) -> Result<BTreeSet<u32>, LimitExceeded> {
        let manager = &mut self.combiner.manager;
        let mut no = manager.support(condition);
        no.retain(|one| !yes.contains(one));
        for variable in no.clone() {
            no.remove(&variable);
            let value = |one| (yes.contains(&one) || no.contains(&one)).then(|| yes.contains(&one));
            if !manager.holds_under(condition, value)? {
                no.insert(variable);
            }
        }
        Ok(no)
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

    /// Clauses for the users of some term who are in no group of `no`.
    fn people(
        &self,
        terms: &[Term],
        no: &BTreeSet<u32>,
        chosen: &Chosen,
    ) -> Result<Vec<(People, Chosen)>, LimitExceeded> {
        let except = self.sorted_members(no.iter().copied(), &Chosen::new());
        let single = |one: &u32| self.groups.members(*one).len() == 1;
        let groups =
            self.groups.iter().filter(|variable| !self.groups.is_filter(*variable)).count();
        if let [Term { groups: yes, tests }] = terms
            && yes.len() + no.len() == groups
            && yes.iter().all(single)
            && self.groups.cover_all_groups()
            && except.len() > EXCEPTIONS
        {
            let of = self.sorted_members(yes.iter().copied(), chosen);
            let people = People::Exactly { of, matching: tests.clone() };
            return Ok(vec![(people, chosen.clone())]);
        }
        let except: Vec<Member> = except.into_iter().map(Member::from).collect();
        match terms {
            [Term { groups, tests }] if groups.is_empty() => {
                let all = Member { group: None, matching: tests.clone() };
                let of = (!tests.is_empty()).then(|| vec![all]);
                Ok(vec![(People::Some { of, except }, chosen.clone())])
            }
            _ if terms.iter().all(|term| term.groups.len() == 1) => {
                let of = terms.iter().flat_map(|Term { groups, tests }| {
                    let groups = self.sorted_members(groups.iter().copied(), chosen).into_iter();
                    groups.map(|one| Member { group: Some(one), matching: tests.clone() })
                });
                let mut of: Vec<Member> = of.collect();
                of.sort_unstable();
                Ok(vec![(People::Some { of: Some(of), except }, chosen.clone())])
            }
            _ => {
                let mut found = Vec::new();
                for term in terms {
                    found.extend(self.in_each(term, &except, chosen)?);
                }
                Ok(found)
            }
        }
    }

    /// The groups of some variables; of one that is chosen, that group alone.
    fn sorted_members(
        &self,
        variables: impl Iterator<Item = u32>,
        chosen: &Chosen,
    ) -> Vec<UsersId> {
        let mut members: Vec<UsersId> = Vec::new();
        for variable in variables {
            match chosen.get(&variable) {
                Some(group) => members.push(*group),
                None => members.extend(self.groups.members(variable)),
            }
        }
        members.sort_unstable();
        members
    }

    /// The users who are in a group of each variable of a term, where its tests pass.
    fn in_each(
        &self,
        Term { groups, tests }: &Term,
        except: &[Member],
        chosen: &Chosen,
    ) -> Result<Vec<(People, Chosen)>, LimitExceeded> {
        let mut choices: Vec<Chosen> = vec![chosen.clone()];
        for variable in groups.iter().filter(|variable| !chosen.contains_key(*variable)) {
            let members = self.groups.members(*variable);
            self.check_clauses(choices.len().saturating_mul(members.len()))?;
            let with = |known: &Chosen| -> Vec<Chosen> {
                let with = |group: &UsersId| {
                    let mut known = known.clone();
                    known.insert(*variable, *group);
                    known
                };
                members.iter().map(with).collect()
            };
            choices = choices.iter().flat_map(with).collect();
        }
        let people = choices.into_iter().map(|chosen| {
            let of = self.sorted_members(groups.iter().copied(), &chosen);
            let mut of: Vec<Member> = of.into_iter().map(Member::from).collect();
            // The tests are of the device, whichever group they stand behind.
            if let Some(last) = of.last_mut() {
                last.matching.clone_from(tests);
            }
            (People::All { of, except: except.to_vec() }, chosen)
        });
        Ok(people.collect())
    }
}
