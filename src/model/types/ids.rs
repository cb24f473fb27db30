//! Index newtypes for resolved names. An id belongs to the model that gave it.

macro_rules! ids {
    ($( $(#[$meta:meta])* $name:ident, )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            pub(crate) fn new(index: usize) -> Self {
                Self(u32::try_from(index).unwrap_or(u32::MAX))
            }

            #[allow(dead_code, reason = "not every id stands in a table")]
            pub(crate) const fn of(number: u32) -> Self {
                Self(number)
            }

            #[allow(dead_code, reason = "not every id stands in a table")]
            pub(crate) const fn number(self) -> u32 {
                self.0
            }

            /// The position in the model's list.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    )* };
}

ids! {
    /// An app: declared, built in, named by its id only, or the unlisted one.
    AppId,
    /// A storage: declared, built in, or the unlisted one.
    StorageId,
    /// A group of apps, storages and places.
    GroupId,
    /// A group of users, or a filter: filters are numbered behind the groups.
    UsersId,
    /// A policy.
    PolicyId,
    /// A rule; rules of all policies are numbered in one sequence.
    RuleId,
    /// A requirement or launch condition; those of all policies are numbered in one sequence.
    AccessId,
    /// An expectation, inside a policy or not.
    ExpectationId,
}

/// How many groups of people and filters a set has. Filters are numbered behind the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Attributes {
    /// The number of groups of people.
    pub(crate) groups: usize,
    /// The number of filters.
    pub(crate) filters: usize,
}

impl Attributes {
    /// How many there are of both.
    pub(crate) const fn len(self) -> usize {
        self.groups + self.filters
    }

    /// Whether an id is that of a filter.
    pub(crate) fn is_filter(self, id: UsersId) -> bool {
        id.index() >= self.groups
    }

    /// Where the filters begin in an ordered list of ids.
    pub(crate) fn split(self, users: &[UsersId]) -> (&[UsersId], &[UsersId]) {
        users.split_at(users.partition_point(|id| !self.is_filter(*id)))
    }
}
