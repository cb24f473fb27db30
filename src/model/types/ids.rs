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
    /// A group of users.
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
