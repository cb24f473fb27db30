//! Which users a clause means.

use super::ids::UsersId;

/// The users that a `for` clause means.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum People {
    /// In at least one group of the first list and in none of the last; `None` stands for anybody.
    Some {
        /// Those who are meant.
        of: Option<Vec<UsersId>>,
        /// Those who are not.
        except: Vec<UsersId>,
    },
    /// In every group of the first list, which names at least two, and in none of the last.
    All {
        /// Those who are meant.
        of: Vec<UsersId>,
        /// Those who are not.
        except: Vec<UsersId>,
    },
    /// In exactly these groups.
    Exactly(Vec<UsersId>),
}

impl People {
    /// Everybody, people in no group included.
    pub const ANYBODY: Self = Self::Some { of: None, except: Vec::new() };

    /// Whether somebody can be meant by both clauses.
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

    /// Whether a user who is in exactly these groups is meant. `groups` is ordered.
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
