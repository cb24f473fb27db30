//! User sets: the meaning of a `for` clause.

use super::ids::UsersId;

/// A set of users, as a condition on the groups that a user is in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum People {
    /// Users in at least one group of `of` and in none of `except`.
    Some {
        /// The groups; `None` stands for anybody.
        of: Option<Vec<UsersId>>,
        /// The groups that exclude.
        except: Vec<UsersId>,
    },
    /// Users in every group of `of` and in none of `except`.
    All {
        /// The groups, at least two.
        of: Vec<UsersId>,
        /// The groups that exclude.
        except: Vec<UsersId>,
    },
    /// Users in these groups and in no other.
    Exactly(Vec<UsersId>),
}

impl People {
    /// All users, those in no group included.
    pub const ANYBODY: Self = Self::Some { of: None, except: Vec::new() };

    /// Whether the intersection with another set is not empty.
    #[must_use]
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Exactly(a), Self::Exactly(b)) => a == b,
            (Self::Exactly(groups), clause) | (clause, Self::Exactly(groups)) => {
                clause.contains(groups)
            }
            (Self::Some { of: a, except: not_a }, Self::Some { of: b, except: not_b }) => {
                let free = |group: &UsersId| !not_a.contains(group) && !not_b.contains(group);
                let can =
                    |of: &Option<Vec<UsersId>>| of.as_ref().is_none_or(|of| of.iter().any(free));
                can(a) && can(b)
            }
            (Self::All { of, except }, Self::Some { of: any, except: not })
            | (Self::Some { of: any, except: not }, Self::All { of, except }) => {
                let free = |group: &UsersId| !except.contains(group) && !not.contains(group);
                !of.iter().any(|group| not.contains(group))
                    && any.as_ref().is_none_or(|any| any.iter().any(free))
            }
            (Self::All { of: a, except: not_a }, Self::All { of: b, except: not_b }) => {
                !a.iter().any(|group| not_b.contains(group))
                    && !b.iter().any(|group| not_a.contains(group))
            }
        }
    }

    /// Whether a user who is in exactly these groups is in the set. `groups` is ordered.
    #[must_use]
    pub fn contains(&self, groups: &[UsersId]) -> bool {
        match self {
            Self::Some { of, except } => {
                of.as_ref().is_none_or(|of| of.iter().any(|group| groups.contains(group)))
                    && !except.iter().any(|group| groups.contains(group))
            }
            Self::All { of, except } => {
                of.iter().all(|group| groups.contains(group))
                    && !except.iter().any(|group| groups.contains(group))
            }
            Self::Exactly(exactly) => exactly == groups,
        }
    }
}
