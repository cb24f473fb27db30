//! Compaction: the nodes that some functions reach, copied without gaps.
//!
//! Takes in functions of a manager, gives out the nodes of a table. Tables are not known here.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::manager::{Manager, Node, NodeId};
use super::typed::Func;

/// A copy of the nodes that some functions reach. Successors come before the nodes that lead to them.
pub(crate) struct Compaction<'m> {
    from: &'m Manager,
    ids: HashMap<NodeId, NodeId, FxBuildHasher>,
    nodes: Vec<Node>,
}

impl<'m> Compaction<'m> {
    pub(crate) fn new(from: &'m Manager) -> Self {
        Self { from, ids: HashMap::default(), nodes: Vec::new() }
    }

    /// A function in the copy.
    pub(crate) fn keep<T>(&mut self, function: Func<T>) -> Func<T> {
        Func::of(self.keep_node(function.id()))
    }

    fn keep_node(&mut self, id: NodeId) -> NodeId {
        let Some(node) = self.from.node(id) else { return id };
        if let Some(known) = self.ids.get(&id) {
            return *known;
        }
        let node = Node { low: self.keep_node(node.low), high: self.keep_node(node.high), ..node };
        // A copy has no more nodes than its manager, which numbers them with 31 bits.
        let new = NodeId::of_bits(self.nodes.len() as u32);
        self.nodes.push(node);
        self.ids.insert(id, new);
        new
    }

    /// The nodes of the copy.
    pub(crate) fn into_nodes(self) -> Vec<Node> {
        self.nodes
    }
}
