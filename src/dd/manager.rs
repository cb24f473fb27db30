//! The unique table: nodes by number, each function once, up to a limit.
//!
//! Takes in variables with two successors, gives out node ids. Operations and types of terminals are
//! not known here.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::limits::{Interrupt, LimitExceeded, Resource};

/// A function: the number of a node, or a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

/// The bit that tells terminals from nodes.
const TERMINAL: u32 = 1 << 31;

impl NodeId {
    pub(super) const FALSE: Self = Self::of_terminal(0);
    pub(super) const TRUE: Self = Self::of_terminal(1);

    /// The constant function to a terminal.
    pub(super) const fn of_terminal(number: u32) -> Self {
        Self(TERMINAL | number)
    }

    /// The terminal of a constant function.
    pub(crate) const fn terminal(self) -> Option<u32> {
        if self.0 & TERMINAL == 0 { None } else { Some(self.0 & !TERMINAL) }
    }

    /// The position of a node that is no terminal.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    /// The number as a file holds it: the highest bit marks terminals.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// The id of such a number.
    pub(crate) const fn of_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// A test of a variable with both cofactors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    /// The variable that is tested.
    pub(crate) variable: u32,
    /// The function where the variable is false.
    pub(crate) low: NodeId,
    /// The function where the variable is true.
    pub(crate) high: NodeId,
}

/// The bound that a manager has met: it would need one more than the limit, or is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Exhausted {
    Nodes,
    Steps,
    Time,
}

/// The number of steps between two looks at whether the work is stopped.
const STRIDE: usize = 1 << 12;

/// The most results of one operation that are kept. Behind that they are worked out anew, so that memory
/// stays within bounds.
const MOST_KNOWN: usize = 1 << 22;

/// Keeps a result in a cache that holds no more than so many.
pub(crate) fn keep_of<K: Eq + Hash, T>(
    cache: &mut HashMap<K, T, FxBuildHasher>,
    most: usize,
    key: K,
    result: T,
) {
    if cache.len() >= most {
        cache.clear();
    }
    cache.insert(key, result);
}

/// Keeps a pair of which one thing is known.
pub(super) fn keep_pair(pairs: &mut Pairs, pair: (NodeId, NodeId)) {
    if pairs.len() >= MOST_KNOWN {
        pairs.clear();
    }
    pairs.insert(pair);
}

/// Keeps a result of an operation.
pub(super) fn keep<K: Eq + Hash>(
    cache: &mut HashMap<K, NodeId, FxBuildHasher>,
    operands: K,
    result: NodeId,
) {
    keep_of(cache, MOST_KNOWN, operands, result);
}

/// The ids of three operands.
pub(super) type Triple = (NodeId, NodeId, NodeId);

/// Pairs of conditions of which one thing is known.
pub(super) type Pairs = HashSet<(NodeId, NodeId), FxBuildHasher>;

/// A store of functions with the operation cache of [`ite`](Self::ite).
#[derive(Debug, Clone)]
pub(crate) struct Manager {
    nodes: Vec<Node>,
    /// The ids of all nodes by what the nodes hold, so that each function is there once.
    unique: HashTable<NodeId>,
    pub(super) ite_cache: HashMap<Triple, NodeId, FxBuildHasher>,
    /// Pairs of conditions that exclude each other.
    pub(super) disjoint: Pairs,
    /// Pairs of conditions that do not.
    pub(super) overlapping: Pairs,
    /// Pairs of which the first implies the second.
    pub(super) implied: Pairs,
    /// By conditions in order: their disjunction.
    pub(super) disjunctions: HashMap<Vec<NodeId>, NodeId, FxBuildHasher>,
    limit: usize,
    steps: usize,
    most_steps: usize,
    interrupt: Option<Interrupt>,
    /// The number of steps up to which neither the limit nor the interrupt is looked at.
    unwatched: usize,
}

impl Manager {
    /// A manager that holds at most so many nodes, and never more than 32 bits can number.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            nodes: Vec::new(),
            unique: HashTable::new(),
            ite_cache: HashMap::default(),
            disjoint: Pairs::default(),
            overlapping: Pairs::default(),
            implied: Pairs::default(),
            disjunctions: HashMap::default(),
            limit: limit.min(TERMINAL as usize - 1),
            steps: 0,
            most_steps: usize::MAX,
            interrupt: None,
            unwatched: usize::MAX,
        }
    }

    /// The manager with a limit on steps; see [`Limits::steps`](crate::Limits::steps).
    pub(crate) fn with_steps(self, most_steps: usize) -> Self {
        Self { most_steps, unwatched: most_steps.min(self.unwatched), ..self }
    }

    /// The manager that stops with an interrupt, if there is one.
    pub(crate) fn stopped_by(self, interrupt: Option<Interrupt>) -> Self {
        let unwatched = if interrupt.is_some() { 0 } else { self.unwatched };
        Self { interrupt, unwatched, ..self }
    }

    /// The error of a bound that is met.
    pub(super) fn exceeded(&self, bound: Exhausted) -> LimitExceeded {
        let (resource, limit) = match bound {
            Exhausted::Nodes => (Resource::Nodes, self.limit),
            Exhausted::Steps => (Resource::Steps, self.most_steps),
            Exhausted::Time => return LimitExceeded::STOPPED,
        };
        LimitExceeded::new(resource, limit.saturating_add(1), limit)
    }

    /// Counts so many steps.
    #[inline]
    pub(super) fn count(&mut self, steps: usize) -> Result<(), Exhausted> {
        self.steps = self.steps.saturating_add(steps);
        if self.steps > self.unwatched { self.watch() } else { Ok(()) }
    }

    /// Looks at the limit and at the interrupt.
    #[cold]
    fn watch(&mut self) -> Result<(), Exhausted> {
        if self.steps > self.most_steps {
            return Err(Exhausted::Steps);
        }
        self.unwatched = match &self.interrupt {
            Some(interrupt) if interrupt.is_stopped() => return Err(Exhausted::Time),
            Some(_) => self.most_steps.min(self.steps.saturating_add(STRIDE)),
            None => self.most_steps,
        };
        Ok(())
    }

    /// Counts the steps of work beside the operations on functions.
    pub(crate) fn take_steps(&mut self, steps: usize) -> Result<(), LimitExceeded> {
        self.count(steps).map_err(|bound| self.exceeded(bound))
    }

    /// The node of a function that tests a variable.
    #[inline]
    pub(super) fn node(&self, id: NodeId) -> Option<Node> {
        if id.terminal().is_some() { None } else { self.nodes.get(id.index()).copied() }
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The function that tests a variable first; `low` and `high` test later ones only.
    pub(super) fn mk(
        &mut self,
        variable: u32,
        low: NodeId,
        high: NodeId,
    ) -> Result<NodeId, Exhausted> {
        self.count(1)?;
        if low == high {
            return Ok(low);
        }
        let node = Node { variable, low, high };
        let hash = FxBuildHasher.hash_one(Some(&node));
        let is_it = |id: &NodeId| self.nodes.get(id.index()) == Some(&node);
        if let Some(known) = self.unique.find(hash, is_it) {
            return Ok(*known);
        }
        if self.nodes.len() >= self.limit {
            return Err(Exhausted::Nodes);
        }
        let id = NodeId(u32::try_from(self.nodes.len()).map_err(|_| Exhausted::Nodes)?);
        self.nodes.push(node);
        let hash_of = |id: &NodeId| FxBuildHasher.hash_one(self.nodes.get(id.index()));
        self.unique.insert_unique(hash, id, hash_of);
        Ok(id)
    }

    /// Both cofactors of a function by a variable that it tests first or not at all.
    #[inline]
    pub(super) fn cofactors(&self, variable: u32, id: NodeId) -> (NodeId, NodeId) {
        match self.node(id) {
            Some(node) if node.variable == variable => (node.low, node.high),
            _ => (id, id),
        }
    }

    /// The first variable that some functions test.
    #[inline]
    pub(super) fn top_variable(&self, ids: &[NodeId]) -> Option<u32> {
        ids.iter().filter_map(|id| self.node(*id)).map(|node| node.variable).min()
    }
}
