//! Boolean variables over groups of people, and `for` clauses as conditions on them.
//!
//! Takes in the clauses of a policy set, gives out variables and the condition of each clause. A user is
//! an assignment of the variables; users are never enumerated. Groups with the same role in every clause
//! share a variable, which is true of whoever is in one of them.

#![allow(
    clippy::indexing_slicing,
    reason = "variables and groups are numbered by the model that these lists belong to"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::dd::{Cond, Manager};
use crate::limits::LimitExceeded;
use crate::model::UsersId;
#[cfg(feature = "compile")]
use crate::model::{Model, People};

/// The variables over groups of people.
#[derive(Debug, Clone)]
pub(crate) struct GroupVariables {
    /// By group: its variable, if some clause tells the group from others.
    variable: Vec<Option<u32>>,
    /// By variable: its groups.
    members: Vec<Vec<UsersId>>,
}

#[cfg(feature = "compile")]
/// The role of a group in a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    /// One of several groups, membership in one of which is enough.
    Enough,
    /// Its members are excluded.
    Excluded,
    /// Membership in this very group is needed.
    Needed(UsersId),
}

impl GroupVariables {
    #[cfg(feature = "compile")]
    /// The variables of some clauses. Variables of one clause get neighbouring numbers, which keeps
    /// diagrams small.
    pub(crate) fn new<'c>(clauses: impl Iterator<Item = &'c People>, groups: usize) -> Self {
        let (mut order, mut known) = (Vec::new(), BTreeSet::new());
        let mut roles: HashMap<UsersId, Vec<(usize, Role)>> = HashMap::new();
        let mut names_all = false;
        for (number, clause) in clauses.enumerate() {
            names_all |= matches!(clause, People::Exactly(_));
            for (group, role) in roles_of(clause) {
                if known.insert(group) {
                    order.push(group);
                }
                roles.entry(group).or_default().push((number, role));
            }
        }
        if names_all {
            order.extend((0..groups).map(UsersId::new).filter(|group| known.insert(*group)));
        }
        let mut found = Self { variable: vec![None; groups], members: Vec::new() };
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

    /// The variables, given the variable of every group; every number up to the highest is there.
    pub(crate) fn of(variable: Vec<Option<u32>>) -> Self {
        let count = variable.iter().flatten().max().map_or(0, |last| *last as usize + 1);
        let mut members = vec![Vec::new(); count];
        for (group, variable) in variable.iter().enumerate() {
            if let Some(variable) = variable {
                members[*variable as usize].push(UsersId::new(group));
            }
        }
        Self { variable, members }
    }

    /// By group: its variable.
    pub(crate) fn variables(&self) -> &[Option<u32>] {
        &self.variable
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
        self.variable.iter().all(Option::is_some)
    }

    /// The groups of a variable.
    pub(crate) fn members(&self, variable: u32) -> &[UsersId] {
        self.members.get(variable as usize).map_or(&[], Vec::as_slice)
    }

    /// The variable of a group.
    pub(crate) fn variable(&self, group: UsersId) -> Option<u32> {
        self.variable.get(group.index()).copied().flatten()
    }

    /// The variables of some groups, ascending.
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
                let mut found = Cond::TRUE;
                if let Some(of) = of {
                    found = Cond::FALSE;
                    for variable in self.variables_of(of).into_iter().rev() {
                        let member = manager.variable(variable)?;
                        found = manager.or(member, found)?;
                    }
                }
                self.without(manager, found, except)
            }
            People::All { of, except } => {
                let mut found = Cond::TRUE;
                for variable in self.variables_of(of).into_iter().rev() {
                    let member = manager.variable(variable)?;
                    found = manager.and(member, found)?;
                }
                self.without(manager, found, except)
            }
            People::Exactly(groups) => {
                let needed = self.variables_of(groups);
                let mut found = Cond::TRUE;
                for variable in self.iter().rev() {
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
    /// A condition without the members of some groups.
    fn without(
        &self,
        manager: &mut Manager,
        mut found: Cond,
        except: &[UsersId],
    ) -> Result<Cond, LimitExceeded> {
        for variable in self.variables_of(except).into_iter().rev() {
            let member = manager.variable(variable)?;
            found = manager.and_not(found, member)?;
        }
        Ok(found)
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
    groups: usize,
    limit: usize,
    nodes: usize,
) -> Result<Vec<UserKind>, LimitExceeded> {
    use crate::limits::Resource;
    let variables = GroupVariables::new(clauses.iter(), groups);
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
/// The groups that a clause names, each with its role. `exactly` excludes every other group alike.
fn roles_of(clause: &People) -> BTreeMap<UsersId, Role> {
    let mut roles = BTreeMap::new();
    let mut add = |groups: &[UsersId], role: &dyn Fn(UsersId) -> Role| {
        roles.extend(groups.iter().map(|group| (*group, role(*group))));
    };
    match clause {
        People::Some { of, except } => {
            add(of.as_deref().unwrap_or_default(), &|_| Role::Enough);
            add(except, &|_| Role::Excluded);
        }
        People::All { of, except } => {
            add(of, &Role::Needed);
            add(except, &|_| Role::Excluded);
        }
        People::Exactly(groups) => add(groups, &Role::Needed),
    }
    roles
}

#[cfg(feature = "compile")]
/// Every `for` clause of policies and rules.
pub(crate) fn clauses_of(model: &Model) -> impl Iterator<Item = &People> {
    let heads = model.policies().iter().map(|policy| &policy.people);
    heads.chain(model.rules().iter().filter_map(|rule| rule.scope.people.as_ref()))
}

#[cfg(feature = "compile")]
#[cfg(test)]
mod tests {
    use super::*;

    fn ids(groups: &[usize]) -> Vec<UsersId> {
        groups.iter().copied().map(UsersId::new).collect()
    }

    fn some(of: &[usize], except: &[usize]) -> People {
        People::Some { of: Some(ids(of)), except: ids(except) }
    }

    /// Asserts that each condition means the users that its clause means, in each combination of groups.
    fn agrees(clauses: &[People], groups: usize) {
        let found = GroupVariables::new(clauses.iter(), groups);
        let mut manager = Manager::new(10_000);
        for clause in clauses {
            let condition = found.clause(&mut manager, clause).unwrap();
            for bits in 0..1usize << groups {
                let users =
                    ids(&(0..groups).filter(|bit| bits >> bit & 1 == 1).collect::<Vec<_>>());
                let assignment = found.variables_of(&users);
                let meant = manager.eval(condition, |variable| assignment.contains(&variable));
                assert_eq!(meant, clause.contains(&users), "{clause:?} {users:?}");
            }
        }
    }

    #[test]
    fn conditions_mean_the_users_of_their_clauses() {
        agrees(
            &[
                some(&[0, 1, 2], &[3]),
                some(&[4], &[]),
                People::ANYBODY,
                People::Some { of: None, except: ids(&[4, 5]) },
            ],
            7,
        );
        agrees(&[some(&[0, 1], &[]), People::Exactly(ids(&[1])), People::Exactly(ids(&[]))], 5);
        agrees(&[People::All { of: ids(&[0, 2]), except: ids(&[1]) }, some(&[0, 2], &[1])], 4);
        agrees(&[some(&[0], &[0]), People::Some { of: Some(Vec::new()), except: Vec::new() }], 2);
    }

    #[test]
    fn groups_that_no_clause_tells_apart_share_a_variable() {
        let all: Vec<usize> = (0..60).collect();
        let clauses = [some(&all, &[]), some(&all[..30], &[])];
        assert_eq!(GroupVariables::new(clauses.iter(), 100).len(), 2);
        let exactly = [People::Exactly(ids(&[3]))];
        assert_eq!(GroupVariables::new(exactly.iter(), 100).len(), 2);
        assert_eq!(GroupVariables::new([].iter(), 100).len(), 0);
    }

    #[cfg(feature = "intune")]
    #[test]
    fn kinds_of_users_are_all_there_or_the_limit_is_named() {
        let clauses: Vec<People> = (0..5).map(|group| some(&[group], &[])).collect();
        assert_eq!(user_kinds(&clauses, 5, 32, 1000).unwrap().len(), 32);
        let error = user_kinds(&clauses, 5, 31, 1000).unwrap_err();
        assert_eq!((error.needed(), error.limit()), (32, 31));
        assert!(user_kinds(&clauses, 5, 32, 3).is_err());
    }
}
