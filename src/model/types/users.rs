//! User sets: the meaning of a `for` clause.

use super::ids::UsersId;

/// A test of a filter: `matching f` or `not matching f`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct FilterTest {
    /// The filter.
    pub filter: UsersId,
    /// Whether it has to hold, or must not.
    pub holds: bool,
}

impl FilterTest {
    fn passes(self, filters: &[UsersId]) -> bool {
        filters.contains(&self.filter) == self.holds
    }

    const fn negated(self) -> Self {
        Self { filter: self.filter, holds: !self.holds }
    }
}

/// A term of a `for` clause: the users in a group on devices that filters tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Member {
    /// The group; `None` stands for anybody.
    pub group: Option<UsersId>,
    /// The tests of filters, which must all pass; ordered.
    pub matching: Vec<FilterTest>,
}

impl From<UsersId> for Member {
    fn from(group: UsersId) -> Self {
        Self { group: Some(group), matching: Vec::new() }
    }
}

impl Member {
    /// Whether the filters may be such that all tests pass.
    #[must_use]
    pub fn is_possible(&self) -> bool {
        can_pass(&self.matching, &[])
    }

    fn contains(&self, groups: &[UsersId], filters: &[UsersId]) -> bool {
        self.group.is_none_or(|group| groups.contains(&group))
            && self.matching.iter().all(|test| test.passes(filters))
    }
}

/// A set of users, as a condition on the groups that a user is in and on the filters that hold on the device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum People {
    /// Users of at least one member of `of` and of none of `except`.
    Some {
        /// The members; `None` stands for anybody.
        of: Option<Vec<Member>>,
        /// The members that exclude.
        except: Vec<Member>,
    },
    /// Users of every member of `of` and of none of `except`.
    All {
        /// The members, at least two.
        of: Vec<Member>,
        /// The members that exclude.
        except: Vec<Member>,
    },
    /// Users in these groups and in no other, where the tests pass.
    Exactly {
        /// The groups, ordered.
        of: Vec<UsersId>,
        /// The tests of filters; others may hold or not.
        matching: Vec<FilterTest>,
    },
}

impl People {
    /// All users, those in no group included.
    pub const ANYBODY: Self = Self::Some { of: None, except: Vec::new() };

    /// No users.
    pub(crate) const NOBODY: Self = Self::Some { of: Some(Vec::new()), except: Vec::new() };

    /// Whether the clause tests a filter.
    #[must_use]
    pub fn has_filters(&self) -> bool {
        let tests = |members: &[Member]| members.iter().any(|one| !one.matching.is_empty());
        match self {
            Self::Some { of, except } => tests(of.as_deref().unwrap_or_default()) || tests(except),
            Self::All { of, except } => tests(of) || tests(except),
            Self::Exactly { matching, .. } => !matching.is_empty(),
        }
    }

    /// Whether the intersection with another set is not empty.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        let others = other.alternatives();
        self.alternatives().iter().any(|one| others.iter().any(|other| one.meets(other)))
    }

    /// Whether a user who is in exactly these groups, where exactly these filters hold, is in the set. Both
    /// lists are ordered.
    #[must_use]
    pub fn contains(&self, groups: &[UsersId], filters: &[UsersId]) -> bool {
        let is_in = |one: &Member| one.contains(groups, filters);
        match self {
            Self::Some { of, except } => {
                of.as_ref().is_none_or(|of| of.iter().any(is_in)) && !except.iter().any(is_in)
            }
            Self::All { of, except } => of.iter().all(is_in) && !except.iter().any(is_in),
            Self::Exactly { of, matching } => {
                of == groups && matching.iter().all(|test| test.passes(filters))
            }
        }
    }

    /// The conjunctions of which a user of the set meets one.
    fn alternatives(&self) -> Vec<Alternative<'_>> {
        let joined = |members: &[&Member]| {
            let groups = members.iter().filter_map(|one| one.group).collect();
            let tests = members.iter().flat_map(|one| one.matching.iter().copied()).collect();
            (groups, tests)
        };
        let alternative = |members: &[&Member], except| {
            let (groups, tests) = joined(members);
            Alternative { groups, is_exact: false, tests, except }
        };
        match self {
            Self::Some { of: None, except } => vec![alternative(&[], except)],
            Self::Some { of: Some(of), except } => {
                of.iter().map(|one| alternative(&[one], except)).collect()
            }
            Self::All { of, except } => vec![alternative(&of.iter().collect::<Vec<_>>(), except)],
            Self::Exactly { of, matching } => {
                let (groups, tests) = (of.clone(), matching.clone());
                vec![Alternative { groups, is_exact: true, tests, except: &[] }]
            }
        }
    }
}

/// A conjunction: the user is in these groups, the tests pass, and no excluding member holds.
struct Alternative<'p> {
    groups: Vec<UsersId>,
    /// Whether the user must be in no other group.
    is_exact: bool,
    tests: Vec<FilterTest>,
    except: &'p [Member],
}

impl Alternative<'_> {
    /// Whether some user meets both. It is enough to look at the user in the fewest groups.
    fn meets(&self, other: &Self) -> bool {
        let allows = |one: &Self, groups: &[UsersId]| {
            !one.is_exact || groups.iter().all(|group| one.groups.contains(group))
        };
        if !allows(self, &other.groups) || !allows(other, &self.groups) {
            return false;
        }
        let is_in = |group: &UsersId| self.groups.contains(group) || other.groups.contains(group);
        let excluding = self.except.iter().chain(other.except);
        let excluding = excluding.filter(|one| one.group.as_ref().is_none_or(is_in));
        let excluding: Vec<&[FilterTest]> = excluding.map(|one| one.matching.as_slice()).collect();
        let tests: Vec<FilterTest> = self.tests.iter().chain(&other.tests).copied().collect();
        can_pass(&tests, &excluding)
    }
}

/// Whether the filters may be such that all of the `tests` pass, and of each list in `excluding` one does not. It
/// tries the tests of the first list that may still pass as a whole; a clause has few filters behind `except`.
fn can_pass(tests: &[FilterTest], excluding: &[&[FilterTest]]) -> bool {
    if tests.iter().any(|test| tests.contains(&test.negated())) {
        return false;
    }
    let is_open = |list: &&&[FilterTest]| !list.iter().any(|one| tests.contains(&one.negated()));
    let Some(list) = excluding.iter().find(is_open) else { return true };
    let mut known = tests.to_vec();
    list.iter().filter(|one| !tests.contains(one)).any(|one| {
        known.push(one.negated());
        let found = can_pass(&known, excluding);
        known.pop();
        known.push(*one);
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(group: Option<usize>, tests: &[(usize, bool)]) -> Member {
        let test = |(filter, holds): &(usize, bool)| FilterTest {
            filter: UsersId::new(*filter),
            holds: *holds,
        };
        Member { group: group.map(UsersId::new), matching: tests.iter().map(test).collect() }
    }

    fn some(of: &[Member], except: &[Member]) -> People {
        People::Some { of: Some(of.to_vec()), except: except.to_vec() }
    }

    /// Every user in two groups, with two filters.
    fn all_users() -> impl Iterator<Item = (Vec<UsersId>, Vec<UsersId>)> {
        (0..16_usize).map(|bits| {
            let of = |range: std::ops::Range<usize>| {
                range.filter(|at| bits >> at & 1 == 1).map(UsersId::new).collect()
            };
            (of(0..2), of(2..4))
        })
    }

    #[test]
    fn clauses_meet_where_some_user_is_in_both() {
        let (f, g) = ((2, true), (3, true));
        let (not_f, not_g) = ((2, false), (3, false));
        let exactly = |of: &[usize], tests: &[(usize, bool)]| People::Exactly {
            of: of.iter().copied().map(UsersId::new).collect(),
            matching: member(None, tests).matching,
        };
        let clauses = [
            People::ANYBODY,
            People::NOBODY,
            some(&[member(Some(0), &[f])], &[]),
            some(&[member(Some(0), &[not_f]), member(Some(1), &[g])], &[member(Some(0), &[g])]),
            some(&[member(None, &[f])], &[member(Some(1), &[])]),
            some(
                &[member(Some(0), &[])],
                &[
                    member(Some(0), &[f, g]),
                    member(Some(0), &[f, not_g]),
                    member(Some(0), &[not_f, g]),
                ],
            ),
            some(
                &[member(Some(0), &[])],
                &[
                    member(Some(0), &[f, g]),
                    member(Some(0), &[f, not_g]),
                    member(Some(0), &[not_f]),
                ],
            ),
            People::All {
                of: vec![member(Some(0), &[f]), member(Some(1), &[])],
                except: vec![member(Some(1), &[not_g])],
            },
            exactly(&[], &[not_f]),
            exactly(&[0], &[f, not_g]),
            exactly(&[0, 1], &[]),
        ];
        for one in &clauses {
            for other in &clauses {
                let mut users = all_users();
                let meet = users.any(|(groups, filters)| {
                    one.contains(&groups, &filters) && other.contains(&groups, &filters)
                });
                assert_eq!(one.meets(other), meet, "{one:?} {other:?}");
            }
        }
    }
}
