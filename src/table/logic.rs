//! Two logics for one definition: conditions on users as diagrams, for all users at once, or as truth
//! values, for one user.
//!
//! Applicability and attribution are written once over [`UserLogic`]; analysis uses the manager of its
//! diagrams, a table that names the determining rules of one movement uses [`OneUser`].

use std::hash::Hash;

use crate::dd::{Cond, Manager, Node, eval};
use crate::limits::LimitExceeded;

/// A Boolean algebra of conditions on users.
pub(super) trait UserLogic {
    /// A condition.
    type Cond: Copy + Ord + Hash;

    const NEVER: Self::Cond;
    const ALWAYS: Self::Cond;

    /// The condition of a clause of the IR.
    fn clause(&self, clause: Cond) -> Self::Cond;

    fn and(&mut self, a: Self::Cond, b: Self::Cond) -> Result<Self::Cond, LimitExceeded>;

    /// The disjunction of conditions; false of none.
    fn any(
        &mut self,
        conditions: impl IntoIterator<Item = Self::Cond>,
    ) -> Result<Self::Cond, LimitExceeded>;

    /// `a` and not `b`.
    fn and_not(&mut self, a: Self::Cond, b: Self::Cond) -> Result<Self::Cond, LimitExceeded>;
}

impl UserLogic for Manager {
    type Cond = Cond;

    const NEVER: Cond = Cond::FALSE;
    const ALWAYS: Cond = Cond::TRUE;

    fn clause(&self, clause: Cond) -> Cond {
        clause
    }

    fn and(&mut self, a: Cond, b: Cond) -> Result<Cond, LimitExceeded> {
        Self::and(self, a, b)
    }

    fn any(&mut self, conditions: impl IntoIterator<Item = Cond>) -> Result<Cond, LimitExceeded> {
        Self::any(self, conditions)
    }

    fn and_not(&mut self, a: Cond, b: Cond) -> Result<Cond, LimitExceeded> {
        Self::and_not(self, a, b)
    }
}

/// One user, as an assignment to the variables of stored nodes.
pub(super) struct OneUser<'t, F> {
    pub(super) nodes: &'t [Node],
    pub(super) is_member: F,
}

impl<F: Fn(u32) -> bool> UserLogic for OneUser<'_, F> {
    type Cond = bool;

    const NEVER: bool = false;
    const ALWAYS: bool = true;

    fn clause(&self, clause: Cond) -> bool {
        eval(self.nodes, clause, &self.is_member)
    }

    fn and(&mut self, a: bool, b: bool) -> Result<bool, LimitExceeded> {
        Ok(a && b)
    }

    fn any(&mut self, conditions: impl IntoIterator<Item = bool>) -> Result<bool, LimitExceeded> {
        Ok(conditions.into_iter().any(|one| one))
    }

    fn and_not(&mut self, a: bool, b: bool) -> Result<bool, LimitExceeded> {
        Ok(a && !b)
    }
}
