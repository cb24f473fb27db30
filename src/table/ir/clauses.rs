//! The `for` clauses that tell users apart, and the order of the groups and filters that they name.
//!
//! Takes in a model and further clauses, gives out an order of their groups and filters in which those of clauses
//! that decide together stay close. It keeps diagrams small: they grow with the number of variables that matter
//! both before and behind a place of the order.

#![allow(
    clippy::indexing_slicing,
    reason = "clauses are numbered by the list that holds them, groups and filters by their model"
)]

use std::borrow::Cow;
use std::collections::HashMap;

use crate::model::{Attributes, FilterTest, Member, Model, People, UsersId, Yields};

/// A list of `for` clauses, with the pairs that decide together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Clauses<'c> {
    all: Vec<Cow<'c, People>>,
    /// Clauses, by position, of which one condition is made.
    together: Vec<(usize, usize)>,
}

impl<'c> Clauses<'c> {
    /// The clauses of policies and rules. That of a policy decides together with those of its rules and of
    /// the policies that it yields to by name.
    pub(crate) fn of(model: &'c Model) -> Self {
        let mut found = Self::default().and(model.policies().iter().map(|policy| &policy.people));
        for rule in model.rules() {
            if let Some(people) = &rule.scope.people {
                found.together.push((rule.policy.index(), found.all.len()));
                found.all.push(Cow::Borrowed(people));
            }
        }
        for (policy, id) in model.policies().iter().zip(model.policy_ids()) {
            if let Yields::To(others) = &policy.yields {
                let both = others.iter().map(|other| (id.index(), other.index()));
                found.together.extend(both);
            }
        }
        found
    }

    /// These clauses and some more.
    pub(crate) fn and(mut self, more: impl IntoIterator<Item = &'c People>) -> Self {
        self.all.extend(more.into_iter().map(Cow::Borrowed));
        self
    }

    /// These clauses and those of another list.
    pub(crate) fn joined(mut self, other: Self) -> Self {
        let first = self.all.len();
        let together = other.together.into_iter();
        self.together.extend(together.map(|(one, two)| (first + one, first + two)));
        self.all.extend(other.all);
        self
    }

    /// Every clause as another one.
    pub(crate) fn map(&self, meaning: impl Fn(&People) -> People) -> Clauses<'static> {
        let all = self.all.iter().map(|people| Cow::Owned(meaning(people))).collect();
        Clauses { all, together: self.together.clone() }
    }

    /// Every clause.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &People> {
        self.all.iter().map(Cow::as_ref)
    }

    /// The groups and filters that the clauses name, each once: clause by clause, and behind each clause those
    /// that share a group or filter with it or decide together with it.
    pub(super) fn order(&self, attributes: Attributes) -> Vec<UsersId> {
        let names = |clause| roles_of(clause).into_iter().map(|(id, _)| id).collect();
        let names: Vec<Vec<UsersId>> = self.iter().map(names).collect();
        let mut naming: HashMap<UsersId, Vec<usize>> = HashMap::new();
        for (clause, names) in names.iter().enumerate() {
            names.iter().for_each(|id| naming.entry(*id).or_default().push(clause));
        }
        let mut beside = vec![Vec::new(); names.len()];
        for (one, two) in &self.together {
            beside[*one].push(*two);
            beside[*two].push(*one);
        }
        let mut is_placed = vec![false; attributes.len()];
        let (mut is_seen, mut order) = (vec![false; names.len()], Vec::new());
        let mut open: Vec<usize> = (0..names.len()).rev().collect();
        while let Some(clause) = open.pop() {
            if std::mem::replace(&mut is_seen[clause], true) {
                continue;
            }
            let mut next = std::mem::take(&mut beside[clause]);
            for id in &names[clause] {
                if !std::mem::replace(&mut is_placed[id.index()], true) {
                    order.push(*id);
                    next.extend(naming.remove(id).into_iter().flatten());
                }
            }
            open.extend(next.into_iter().rev().filter(|clause| !is_seen[*clause]));
        }
        order
    }
}

/// The role of a group or filter in a clause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Role<'c> {
    /// One of several groups, membership in one of which is enough where the tests pass.
    Enough(&'c [FilterTest]),
    /// Its members are excluded where the tests pass.
    Excluded(&'c [FilterTest]),
    /// Membership in this very group, or an answer of this very filter, is needed.
    Needed(UsersId),
}

/// The groups and filters that a clause names, each with its roles; a filter behind its group. `exactly` excludes every
/// other group alike.
pub(super) fn roles_of<'c>(clause: &'c People) -> Vec<(UsersId, Role<'c>)> {
    let mut roles = Vec::new();
    let mut add = |group: Option<(UsersId, Role<'c>)>, tests: &'c [FilterTest]| {
        roles.extend(group);
        roles.extend(tests.iter().map(|test| (test.filter, Role::Needed(test.filter))));
    };
    let (of, except): (&[Member], &[Member]) = match clause {
        People::Some { of, except } => (of.as_deref().unwrap_or_default(), except),
        People::All { of, except } => (of, except),
        People::Exactly { of, matching } => {
            of.iter().for_each(|group| add(Some((*group, Role::Needed(*group))), &[]));
            add(None, matching);
            (&[], &[])
        }
    };
    let is_all = matches!(clause, People::All { .. });
    for Member { group, matching } in of {
        let role = |group| if is_all { Role::Needed(group) } else { Role::Enough(matching) };
        add(group.map(|group| (group, role(group))), matching);
    }
    for Member { group, matching } in except {
        add(group.map(|group| (group, Role::Excluded(matching))), matching);
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[usize]) -> Vec<UsersId> {
        ids.iter().copied().map(UsersId::new).collect()
    }

    fn some(of: &[usize]) -> People {
        let of = ids(of).into_iter().map(Member::from).collect();
        People::Some { of: Some(of), except: Vec::new() }
    }

    #[test]
    fn what_decides_together_stands_together() {
        let clauses = [some(&[0]), some(&[1]), some(&[2, 4]), some(&[1, 3]), some(&[0, 2])];
        let attributes = Attributes { groups: 6, filters: 0 };
        let mut found = Clauses::default().and(&clauses);
        assert_eq!(found.order(attributes), ids(&[0, 2, 4, 1, 3]));
        found.together.push((0, 3));
        assert_eq!(found.order(attributes), ids(&[0, 1, 3, 2, 4]));
    }

    #[test]
    fn a_filter_stands_behind_its_group() {
        let matching = |group: usize, filter: usize| Member {
            group: Some(UsersId::new(group)),
            matching: vec![FilterTest { filter: UsersId::new(filter), holds: true }],
        };
        let clause =
            People::Some { of: Some(vec![matching(0, 2), matching(1, 3)]), except: Vec::new() };
        let found = Clauses::default().and([&clause]);
        assert_eq!(found.order(Attributes { groups: 2, filters: 2 }), ids(&[0, 2, 1, 3]));
    }
}
