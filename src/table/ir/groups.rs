//! Boolean variables over groups of people and filters, and `for` clauses as conditions on them.
//!
//! Takes in the clauses of a policy set, gives out variables and the condition of each clause. A user on a
//! device is an assignment of the variables; users are never enumerated. Groups with the same role in every
//! clause share a variable, which is true of whoever is in one of them. Each filter that a clause tests has a
//! variable of its own.

#![allow(
    clippy::indexing_slicing,
    reason = "variables and groups are numbered by the model that these lists belong to"
)]

use std::collections::{BTreeSet, HashMap};

#[cfg(feature = "compile")]
use super::clauses::{Clauses, Role, roles_of};
use crate::dd::{Cond, Manager};
use crate::limits::LimitExceeded;
use crate::model::{Attributes, UsersId};
#[cfg(feature = "compile")]
use crate::model::{FilterTest, Member, People};

/// The variables over groups of people and filters.
#[derive(Debug, Clone)]
pub(crate) struct GroupVariables {
    attributes: Attributes,
    /// By group, then by filter: its variable, if some clause tells it from others.
    variable: Vec<Option<u32>>,
    /// By variable: its groups, or its one filter.
    members: Vec<Vec<UsersId>>,
}

impl GroupVariables {
    #[cfg(feature = "compile")]
    /// The variables of some clauses, numbered in their order.
    pub(crate) fn new(clauses: &Clauses<'_>, attributes: Attributes) -> Self {
        let mut roles: HashMap<UsersId, Vec<(usize, Role<'_>)>> = HashMap::new();
        let mut order = clauses.order(attributes);
        for (number, clause) in clauses.iter().enumerate() {
            for (group, role) in roles_of(clause) {
                roles.entry(group).or_default().push((number, role));
            }
        }
        if clauses.iter().any(|clause| matches!(clause, People::Exactly { .. })) {
            let all = (0..attributes.groups).map(UsersId::new);
            order.extend(all.filter(|group| !roles.contains_key(group)));
        }
        let variable = vec![None; attributes.len()];
        let mut found = Self { attributes, variable, members: Vec::new() };
        let mut variables = HashMap::new();
        for group in order {
            let signature = roles.remove(&group).unwrap_or_default();
            let variable = *variables.entry(signature).or_insert_with(|| {
                found.members.push(Vec::new());
                found.members.len() - 1
            });
            found.members[variable].push(group);
            // Groups are declarations, which 32 bits number.
            found.variable[group.index()] = Some(variable as u32);
        }
        found
    }

    /// The variables, given the variable of every group and filter; every number up to the highest is there.
    pub(crate) fn of(attributes: Attributes, variable: Vec<Option<u32>>) -> Self {
        let count = variable.iter().flatten().max().map_or(0, |last| *last as usize + 1);
        let mut members = vec![Vec::new(); count];
        for (group, variable) in variable.iter().enumerate() {
            if let Some(variable) = variable {
                members[*variable as usize].push(UsersId::new(group));
            }
        }
        Self { attributes, variable, members }
    }

    /// By group, then by filter: its variable.
    pub(crate) fn variables(&self) -> &[Option<u32>] {
        &self.variable
    }

    #[cfg(feature = "compile")]
    /// Whether filters are declared.
    pub(crate) fn has_filters(&self) -> bool {
        self.attributes.filters > 0
    }

    /// Whether a variable is that of a filter.
    pub(crate) fn is_filter(&self, variable: u32) -> bool {
        self.members(variable).iter().any(|one| self.attributes.is_filter(*one))
    }

    /// How many variables there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Every variable.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = u32> + use<> {
        0..self.members.len() as u32
    }

    /// Whether every group has a variable.
    pub(crate) fn cover_all_groups(&self) -> bool {
        self.variable.iter().take(self.attributes.groups).all(Option::is_some)
    }

    /// The groups of a variable, or its filter.
    pub(crate) fn members(&self, variable: u32) -> &[UsersId] {
        self.members.get(variable as usize).map_or(&[], Vec::as_slice)
    }

    /// The variable of a group or filter.
    pub(crate) fn variable(&self, group: UsersId) -> Option<u32> {
        self.variable.get(group.index()).copied().flatten()
    }

    /// The variables of some groups and filters, ascending.
    pub(crate) fn variables_of(&self, groups: &[UsersId]) -> BTreeSet<u32> {
        groups.iter().filter_map(|group| self.variable(*group)).collect()
    }

    #[cfg(feature = "compile")]
    /// The condition of a clause. It must be one of those that the variables were made for.
    pub(crate) fn clause(
        &self,
        manager: &mut Manager,
        clause: &People,
    ) -> Result<Cond, LimitExceeded> {
        match clause {
            People::Some { of, except } => {
                let found = match of {
                    Some(of) => self.any_of(manager, of)?,
                    None => Cond::TRUE,
                };
                self.without(manager, found, except)
            }
            People::All { of, except } => {
                let mut found = Cond::TRUE;
                for (variable, tests) in self.terms_of(of).into_iter().rev() {
                    let member = self.member(manager, variable, tests)?;
                    found = manager.and(member, found)?;
                }
                self.without(manager, found, except)
            }
            People::Exactly { of, matching } => {
                let needed = self.variables_of(of);
                let mut found = self.member(manager, None, matching)?;
                for variable in self.iter().rev().filter(|variable| !self.is_filter(*variable)) {
                    let member = manager.variable(variable)?;
                    found = if needed.contains(&variable) {
                        manager.and(member, found)?
                    } else {
                        manager.and_not(found, member)?
                    };
                }
                Ok(found)
            }
        }
    }

    #[cfg(feature = "compile")]
    /// The terms of a clause as variables and tests, each once. A term without a group has no variable.
    fn terms_of<'c>(&self, members: &'c [Member]) -> BTreeSet<(Option<u32>, &'c [FilterTest])> {
        let variable = |group| self.variable(group);
        members.iter().map(|one| (one.group.and_then(variable), one.matching.as_slice())).collect()
    }

    #[cfg(feature = "compile")]
    /// The users of a variable, or everybody, where the tests pass.
    fn member(
        &self,
        manager: &mut Manager,
        variable: Option<u32>,
        tests: &[FilterTest],
    ) -> Result<Cond, LimitExceeded> {
        let mut found = match variable {
            Some(variable) => manager.variable(variable)?,
            None => Cond::TRUE,
        };
        for test in tests {
            let Some(filter) = self.variable(test.filter) else { continue };
            let filter = manager.variable(filter)?;
            found = match test.holds {
                true => manager.and(found, filter)?,
                false => manager.and_not(found, filter)?,
            };
        }
        Ok(found)
    }

    #[cfg(feature = "compile")]
    /// The users of at least one term.
    fn any_of(&self, manager: &mut Manager, members: &[Member]) -> Result<Cond, LimitExceeded> {
        let mut found = Cond::FALSE;
        for (variable, tests) in self.terms_of(members).into_iter().rev() {
            let member = self.member(manager, variable, tests)?;
            found = manager.or(member, found)?;
        }
        Ok(found)
    }

    #[cfg(feature = "compile")]
    /// A condition without the users of some terms.
    fn without(
        &self,
        manager: &mut Manager,
        mut found: Cond,
        except: &[Member],
    ) -> Result<Cond, LimitExceeded> {
        for (variable, tests) in self.terms_of(except).into_iter().rev() {
            let member = self.member(manager, variable, tests)?;
            found = manager.and_not(found, member)?;
        }
        Ok(found)
    }

    #[cfg(feature = "compile")]
    /// The users for whom a condition holds under some answer of the filters.
    pub(crate) fn without_filters(
        &self,
        manager: &mut Manager,
        condition: Cond,
    ) -> Result<Cond, LimitExceeded> {
        if !self.has_filters() {
            return Ok(condition);
        }
        manager.exists(condition, |variable| self.is_filter(variable))
    }
}

/// Users who meet some clauses and do not meet the others.
#[cfg(feature = "intune")]
#[derive(Debug)]
pub(crate) struct UserKind {
    /// By clause: whether these users meet it.
    pub(crate) meets: Vec<bool>,
    /// The groups of one of them: as few as possible.
    pub(crate) groups: Vec<UsersId>,
}

/// The kinds of users that some clauses tell apart; those in the fewest groups first.
///
/// # Errors
///
/// When there are more than `limit`, or the manager is full.
#[cfg(feature = "intune")]
pub(crate) fn user_kinds(
    clauses: &[People],
    attributes: Attributes,
    limit: usize,
    nodes: usize,
) -> Result<Vec<UserKind>, LimitExceeded> {
    use crate::limits::Resource;
    let variables = GroupVariables::new(&Clauses::default().and(clauses), attributes);
    let mut manager = Manager::new(nodes);
    let mut kinds = vec![(Vec::new(), Cond::TRUE)];
    for clause in clauses {
        let meant = variables.clause(&mut manager, clause)?;
        let mut split = Vec::new();
        for (meets, users) in kinds {
            let apart = [manager.and_not(users, meant)?, manager.and(users, meant)?];
            for (answer, users) in [false, true].into_iter().zip(apart) {
                if !users.is_never() {
                    split.push(([meets.as_slice(), &[answer]].concat(), users));
                }
            }
        }
        if split.len() > limit {
            return Err(LimitExceeded::new(Resource::UserKinds, split.len(), limit));
        }
        kinds = split;
    }
    let example = |users| {
        let model = manager.minimal_model(users).unwrap_or_default();
        let first = model.iter().filter_map(|variable| variables.members(*variable).first());
        let mut example: Vec<UsersId> = first.copied().collect();
        example.sort_unstable();
        example
    };
    let mut found: Vec<_> = kinds
        .into_iter()
        .map(|(meets, users)| UserKind { meets, groups: example(users) })
        .collect();
    found.sort_by(|a, b| (a.groups.len(), &a.groups).cmp(&(b.groups.len(), &b.groups)));
    Ok(found)
}

#[cfg(feature = "compile")]
#[cfg(test)]
mod tests {
    use super::*;

    fn ids(groups: &[usize]) -> Vec<UsersId> {
        groups.iter().copied().map(UsersId::new).collect()
    }

    fn members(groups: &[usize]) -> Vec<Member> {
        ids(groups).into_iter().map(Member::from).collect()
    }

    fn some(of: &[usize], except: &[usize]) -> People {
        People::Some { of: Some(members(of)), except: members(except) }
    }

    fn exactly(of: &[usize]) -> People {
        People::Exactly { of: ids(of), matching: Vec::new() }
    }

    fn tests(tests: &[(usize, bool)]) -> Vec<FilterTest> {
        let test = |(filter, holds): &(usize, bool)| (UsersId::new(*filter), *holds);
        tests.iter().map(test).map(|(filter, holds)| FilterTest { filter, holds }).collect()
    }

    fn matching(group: Option<usize>, of: &[(usize, bool)]) -> Member {
        Member { group: group.map(UsersId::new), matching: tests(of) }
    }

    fn groups(groups: usize) -> Attributes {
        Attributes { groups, filters: 0 }
    }

    /// Asserts that each condition means the users that its clause means, in each combination of groups and
    /// filters.
    fn agrees(clauses: &[People], attributes: Attributes) {
        let found = GroupVariables::new(&Clauses::default().and(clauses), attributes);
        let mut manager = Manager::new(10_000);
        for clause in clauses {
            let condition = found.clause(&mut manager, clause).unwrap();
            for bits in 0..1usize << attributes.len() {
                let users = ids(&(0..attributes.len())
                    .filter(|bit| bits >> bit & 1 == 1)
                    .collect::<Vec<_>>());
                let assignment = found.variables_of(&users);
                let meant = manager.eval(condition, |variable| assignment.contains(&variable));
                let (groups, filters) = attributes.split(&users);
                assert_eq!(meant, clause.contains(groups, filters), "{clause:?} {users:?}");
            }
        }
    }

    #[test]
    fn conditions_mean_the_filters_of_their_clauses() {
        let attributes = Attributes { groups: 4, filters: 2 };
        let (f, g, not_f) = ((4, true), (5, true), (4, false));
        let of = |of: &[Member], except: &[Member]| People::Some {
            of: Some(of.to_vec()),
            except: except.to_vec(),
        };
        agrees(
            &[
                of(&[matching(Some(0), &[f]), matching(Some(1), &[f])], &[]),
                of(
                    &[matching(Some(0), &[f, g]), matching(Some(2), &[])],
                    &[matching(Some(3), &[not_f])],
                ),
                of(&[matching(None, &[not_f])], &[matching(Some(0), &[])]),
                People::All {
                    of: vec![matching(Some(0), &[f]), matching(Some(1), &[])],
                    except: vec![matching(Some(2), &[g])],
                },
            ],
            attributes,
        );
        let exact = People::Exactly { of: ids(&[1]), matching: tests(&[f, (5, false)]) };
        agrees(&[exact, of(&[matching(Some(1), &[]), matching(Some(1), &[g])], &[])], attributes);
    }

    #[test]
    fn some_answer_of_the_filters_is_enough() {
        let clause =
            People::Some { of: Some(vec![matching(Some(0), &[(2, true)])]), except: members(&[1]) };
        let found = GroupVariables::new(
            &Clauses::default().and([&clause]),
            Attributes { groups: 2, filters: 1 },
        );
        let mut manager = Manager::new(100);
        let condition = found.clause(&mut manager, &clause).unwrap();
        let without = found.without_filters(&mut manager, condition).unwrap();
        let holds = |of, groups: &[usize]| {
            let users = found.variables_of(&ids(groups));
            manager.eval(of, |variable| users.contains(&variable))
        };
        assert!(holds(without, &[0]) && !holds(condition, &[0]));
        assert!(!holds(without, &[0, 1, 2]) && holds(condition, &[0, 2]));
    }

    #[test]
    fn groups_with_filters_of_their_own_cost_few_nodes() {
        const PAIRS: usize = 64;
        let pair = |at| matching(Some(at), &[(PAIRS + at, true)]);
        let pairs: Vec<Member> = (0..PAIRS).map(pair).collect();
        let clause = People::Some { of: Some(pairs), except: Vec::new() };
        let attributes = Attributes { groups: PAIRS, filters: PAIRS };
        let found = GroupVariables::new(&Clauses::default().and([&clause]), attributes);
        let mut manager = Manager::new(10_000);
        let condition = found.clause(&mut manager, &clause).unwrap();
        let without = found.without_filters(&mut manager, condition).unwrap();
        let users = found.variables_of(&ids(&[PAIRS - 1]));
        assert!(manager.eval(without, |variable| users.contains(&variable)));
        assert!(!manager.eval(condition, |variable| users.contains(&variable)));
    }

    #[test]
    fn conditions_mean_the_users_of_their_clauses() {
        agrees(
            &[
                some(&[0, 1, 2], &[3]),
                some(&[4], &[]),
                People::ANYBODY,
                People::Some { of: None, except: members(&[4, 5]) },
            ],
            groups(7),
        );
        agrees(&[some(&[0, 1], &[]), exactly(&[1]), exactly(&[])], groups(5));
        agrees(
            &[People::All { of: members(&[0, 2]), except: members(&[1]) }, some(&[0, 2], &[1])],
            groups(4),
        );
        agrees(&[some(&[0], &[0]), People::NOBODY], groups(2));
    }

    #[test]
    fn groups_that_no_clause_tells_apart_share_a_variable() {
        let all: Vec<usize> = (0..60).collect();
        let clauses = [some(&all, &[]), some(&all[..30], &[])];
        assert_eq!(GroupVariables::new(&Clauses::default().and(&clauses), groups(100)).len(), 2);
        let exactly = [exactly(&[3])];
        assert_eq!(GroupVariables::new(&Clauses::default().and(&exactly), groups(100)).len(), 2);
        assert_eq!(GroupVariables::new(&Clauses::default(), groups(100)).len(), 0);
    }

    #[cfg(feature = "intune")]
    #[test]
    fn kinds_of_users_are_all_there_or_the_limit_is_named() {
        let clauses: Vec<People> = (0..5).map(|group| some(&[group], &[])).collect();
        assert_eq!(user_kinds(&clauses, groups(5), 32, 1000).unwrap().len(), 32);
        let error = user_kinds(&clauses, groups(5), 31, 1000).unwrap_err();
        assert_eq!((error.needed(), error.limit()), (32, 31));
        assert!(user_kinds(&clauses, groups(5), 32, 3).is_err());
    }
}
