//! The invariants of conditions on users.

use super::super::codec::{Flaw, demand};
use crate::dd::{Cond, Node, NodeId};

/// The nodes of conditions.
pub(super) struct Conditions<'n>(&'n [Node]);

impl<'n> Conditions<'n> {
    /// Every node stands behind those to which it leads and tests an earlier variable than they do: every
    /// evaluation ends, at true or false.
    pub(super) fn new(nodes: &'n [Node], variables: usize) -> Result<Self, Flaw> {
        for (at, node) in nodes.iter().enumerate() {
            demand((node.variable as usize) < variables, "a node tests an unknown variable")?;
            let earlier = Conditions(nodes.get(..at).unwrap_or_default());
            for next in [node.low, node.high] {
                demand(earlier.holds(next), "a node leads nowhere")?;
                let variable = earlier.0.get(next.index()).map(|node| node.variable);
                let is_later = variable.is_none_or(|one| one > node.variable);
                demand(next.terminal().is_some() || is_later, "variables are not ordered")?;
            }
        }
        Ok(Self(nodes))
    }

    fn holds(&self, id: NodeId) -> bool {
        id.terminal().map_or(id.index() < self.0.len(), |truth| truth < 2)
    }

    /// Whether some functions are conditions.
    pub(super) fn hold(&self, all: impl Iterator<Item = Cond>) -> Result<(), Flaw> {
        let mut all = all.map(|one| one.id());
        demand(all.all(|id| self.holds(id)), "a condition on users is no condition")
    }
}
