//! The users of policies by names, which two sets have in common.
//!
//! Takes in `for` clauses, gives out whether all users of one are surely users of another. It may miss that they
//! are.

use std::collections::BTreeSet;

use crate::model::{FilterTest, Member, Model, People};

/// The users of a `for` clause, by names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Users<'s> {
    Some { of: BTreeSet<Named<'s>>, except: BTreeSet<Named<'s>> },
    All { of: BTreeSet<Named<'s>>, except: BTreeSet<Named<'s>> },
    Exactly { of: BTreeSet<&'s str>, tests: Tests<'s> },
}

/// A term of a `for` clause, by names. Anybody is a term without a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named<'s> {
    group: Option<&'s str>,
    tests: Tests<'s>,
}

/// Filters, each with whether it has to hold.
pub(super) type Tests<'s> = BTreeSet<(&'s str, bool)>;

impl Named<'_> {
    /// Whether everybody of another term is meant by this one, too.
    fn covers(&self, other: &Self) -> bool {
        (self.group.is_none() || self.group == other.group) && self.tests.is_subset(&other.tests)
    }
}

impl<'s> Users<'s> {
    pub(super) fn of(people: &People, model: &'s Model) -> Self {
        let tests = |tests: &[FilterTest]| -> Tests<'s> {
            let named = |one: &FilterTest| Some((model.attribute_name(one.filter)?, one.holds));
            tests.iter().filter_map(named).collect()
        };
        let members = |members: &[Member]| -> BTreeSet<Named<'s>> {
            let named = |one: &Member| Named {
                group: one.group.and_then(|group| model.attribute_name(group)),
                tests: tests(&one.matching),
            };
            members.iter().map(named).collect()
        };
        match people {
            People::Some { of, except } => {
                let anybody = || Named { group: None, tests: Tests::new() };
                let of = of.as_deref().map_or_else(|| [anybody()].into(), members);
                Self::Some { of, except: members(except) }
            }
            People::All { of, except } => Self::All { of: members(of), except: members(except) },
            People::Exactly { of, matching } => {
                let of = of.iter().filter_map(|group| model.attribute_name(*group)).collect();
                Self::Exactly { of, tests: tests(matching) }
            }
        }
    }

    /// Whether everybody that is meant here is surely meant there.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        let Self::Some { of: wide, except: but } = other else { return self == other };
        let is_wide = |member: &Named<'_>| wide.iter().any(|one| one.covers(member));
        let are_left_out = |except: &BTreeSet<Named<'_>>| {
            but.iter().all(|member| except.iter().any(|one| one.covers(member)))
        };
        match self {
            Self::Some { of, except } => of.iter().all(is_wide) && are_left_out(except),
            Self::All { of, except } => of.iter().any(is_wide) && are_left_out(except),
            Self::Exactly { of, tests } => {
                let is_out = |member: &Named<'_>| {
                    member.group.is_some_and(|group| !of.contains(group))
                        || member.tests.iter().any(|(one, holds)| tests.contains(&(one, !holds)))
                };
                let groups = of.iter().copied().map(Some).chain([None]);
                let mut members = groups.map(|group| Named { group, tests: tests.clone() });
                members.any(|member| is_wide(&member)) && but.iter().all(is_out)
            }
        }
    }
}
