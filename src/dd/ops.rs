//! Operations on functions by node id.
//!
//! Each is the textbook recursion over cofactors with a cache, so that it visits every pair (or triple)
//! of nodes once. Types of terminals are not known here; see `typed`.

use std::collections::{BTreeSet, HashMap, HashSet};

use rustc_hash::FxBuildHasher;

use super::manager::{Exhausted, Manager, Node, NodeId, keep, keep_pair};

/// Results of one operation by its operands.
pub(super) type Cache = HashMap<(NodeId, NodeId), NodeId, FxBuildHasher>;

/// The smallest number of true variables by node; `None` where the condition is never met.
type Counts = HashMap<NodeId, Option<usize>, FxBuildHasher>;

/// The most variables that are looked at before results are.
const MOST_DESCENDED: usize = 32;

impl Manager {
    /// If-then-else: `then` where a condition holds, `other` elsewhere.
    pub(super) fn ite_node(
        &mut self,
        when: NodeId,
        then: NodeId,
        other: NodeId,
    ) -> Result<NodeId, Exhausted> {
        match when {
            NodeId::TRUE => return Ok(then),
            NodeId::FALSE => return Ok(other),
            _ if then == other => return Ok(then),
            _ if then == NodeId::TRUE && other == NodeId::FALSE => return Ok(when),
            _ => {}
        }
        if let Some(known) = self.ite_cache.get(&(when, then, other)) {
            return Ok(*known);
        }
        let Some(variable) = self.top_variable(&[when, then, other]) else { return Ok(other) };
        let (a, b, c) = (
            self.cofactors(variable, when),
            self.cofactors(variable, then),
            self.cofactors(variable, other),
        );
        let low = self.ite_node(a.0, b.0, c.0)?;
        let high = self.ite_node(a.1, b.1, c.1)?;
        let found = self.mk(variable, low, high)?;
        keep(&mut self.ite_cache, (when, then, other), found);
        Ok(found)
    }

    /// Whether two conditions exclude each other. Makes no node, and ends at the first assignment that
    /// meets both.
    pub(super) fn are_disjoint_nodes(&mut self, a: NodeId, b: NodeId) -> Result<bool, Exhausted> {
        self.count(1)?;
        if self.meet_soon(a, b) {
            return Ok(false);
        }
        let pair = (a.min(b), a.max(b));
        if self.overlapping.contains(&pair) {
            return Ok(false);
        }
        let is_so = self.exclude_each_other(a, b)?;
        // Analyses ask about the same pairs again and again. Those on the descent are rarely asked about.
        if !is_so && a.terminal().is_none() && b.terminal().is_none() {
            keep_pair(&mut self.overlapping, pair);
        }
        Ok(is_so)
    }

    /// Whether one descent of a few steps finds an assignment that meets both conditions: of most pairs that do
    /// not exclude each other it does, and costs less than a look into what is known.
    fn meet_soon(&self, mut a: NodeId, mut b: NodeId) -> bool {
        let meet = |(a, b): (NodeId, NodeId)| {
            let is_met = a == b || a == NodeId::TRUE || b == NodeId::TRUE;
            is_met && a != NodeId::FALSE && b != NodeId::FALSE
        };
        for _ in 0..MOST_DESCENDED {
            if a == NodeId::FALSE || b == NodeId::FALSE {
                return false;
            }
            let Some(variable) = self.top_variable(&[a, b]) else { return meet((a, b)) };
            let ((a0, a1), (b0, b1)) = (self.cofactors(variable, a), self.cofactors(variable, b));
            if meet((a0, b0)) || meet((a1, b1)) {
                return true;
            }
            (a, b) = match a1 == NodeId::FALSE || b1 == NodeId::FALSE {
                true => (a0, b0),
                false => (a1, b1),
            };
        }
        false
    }

    fn exclude_each_other(&mut self, a: NodeId, b: NodeId) -> Result<bool, Exhausted> {
        match (a.min(b), a.max(b)) {
            _ if a == NodeId::FALSE || b == NodeId::FALSE => Ok(true),
            (a, b) if a == b || a == NodeId::TRUE || b == NodeId::TRUE => Ok(false),
            pair if self.disjoint.contains(&pair) => Ok(true),
            pair => {
                self.count(1)?;
                let Some(variable) = self.top_variable(&[pair.0, pair.1]) else { return Ok(false) };
                let (a, b) = (self.cofactors(variable, pair.0), self.cofactors(variable, pair.1));
                let is_so =
                    self.exclude_each_other(a.0, b.0)? && self.exclude_each_other(a.1, b.1)?;
                if is_so {
                    keep_pair(&mut self.disjoint, pair);
                }
                Ok(is_so)
            }
        }
    }

    /// Whether one condition implies another. Makes no node, and ends at the first assignment that meets
    /// the first alone.
    pub(super) fn implies_node(&mut self, a: NodeId, b: NodeId) -> Result<bool, Exhausted> {
        match (a, b) {
            (NodeId::FALSE, _) | (_, NodeId::TRUE) => Ok(true),
            (a, b) if a == b => Ok(true),
            (NodeId::TRUE, _) | (_, NodeId::FALSE) => Ok(false),
            pair if self.implied.contains(&pair) => Ok(true),
            pair => {
                self.count(1)?;
                let Some(variable) = self.top_variable(&[a, b]) else { return Ok(false) };
                let (a, b) = (self.cofactors(variable, a), self.cofactors(variable, b));
                let is_so = self.implies_node(a.0, b.0)? && self.implies_node(a.1, b.1)?;
                if is_so {
                    keep_pair(&mut self.implied, pair);
                }
                Ok(is_so)
            }
        }
    }

    /// The function whose terminals are those of two functions, combined by `op`. A cache belongs to one
    /// `op`.
    pub(super) fn apply_node(
        &mut self,
        a: NodeId,
        b: NodeId,
        cache: &mut Cache,
        op: &mut dyn FnMut(u32, u32) -> u32,
    ) -> Result<NodeId, Exhausted> {
        if let (Some(a), Some(b)) = (a.terminal(), b.terminal()) {
            return Ok(NodeId::of_terminal(op(a, b)));
        }
        if let Some(known) = cache.get(&(a, b)) {
            return Ok(*known);
        }
        let Some(variable) = self.top_variable(&[a, b]) else { return Ok(a) };
        let (left, right) = (self.cofactors(variable, a), self.cofactors(variable, b));
        let low = self.apply_node(left.0, right.0, cache, op)?;
        let high = self.apply_node(left.1, right.1, cache, op)?;
        let found = self.mk(variable, low, high)?;
        keep(cache, (a, b), found);
        Ok(found)
    }

    /// Existential quantification over some variables.
    pub(super) fn exists_node(
        &mut self,
        a: NodeId,
        is_quantified: &dyn Fn(u32) -> bool,
        cache: &mut HashMap<NodeId, NodeId, FxBuildHasher>,
    ) -> Result<NodeId, Exhausted> {
        let Some(node) = self.node(a) else { return Ok(a) };
        if let Some(known) = cache.get(&a) {
            return Ok(*known);
        }
        let low = self.exists_node(node.low, is_quantified, cache)?;
        let found = match is_quantified(node.variable) {
            true if low == NodeId::TRUE => NodeId::TRUE,
            true => {
                let high = self.exists_node(node.high, is_quantified, cache)?;
                self.ite_node(low, NodeId::TRUE, high)?
            }
            false => {
                let high = self.exists_node(node.high, is_quantified, cache)?;
                self.mk(node.variable, low, high)?
            }
        };
        cache.insert(a, found);
        Ok(found)
    }

    /// A small function that equals `a` where `care` holds and is arbitrary elsewhere (`restrict` of
    /// Coudert and Madre 1990).
    pub(super) fn restrict_node(
        &mut self,
        a: NodeId,
        care: NodeId,
        cache: &mut Cache,
    ) -> Result<NodeId, Exhausted> {
        if a.terminal().is_some() || care.terminal().is_some() {
            return Ok(a);
        }
        if let Some(known) = cache.get(&(a, care)) {
            return Ok(*known);
        }
        let Some(variable) = self.top_variable(&[a, care]) else { return Ok(a) };
        let (left, right) = (self.cofactors(variable, a), self.cofactors(variable, care));
        let found = if right.0 == NodeId::FALSE {
            self.restrict_node(left.1, right.1, cache)?
        } else if right.1 == NodeId::FALSE {
            self.restrict_node(left.0, right.0, cache)?
        } else if left.0 == left.1 {
            let care = self.ite_node(right.0, NodeId::TRUE, right.1)?;
            self.restrict_node(a, care, cache)?
        } else {
            let low = self.restrict_node(left.0, right.0, cache)?;
            let high = self.restrict_node(left.1, right.1, cache)?;
            self.mk(variable, low, high)?
        };
        keep(cache, (a, care), found);
        Ok(found)
    }

    // ------------------------------------------------------------ queries; none creates a node

    /// Whether a condition holds whatever the variables are that `assignment` leaves open.
    pub(super) fn holds_under_node(
        &mut self,
        condition: NodeId,
        assignment: &dyn Fn(u32) -> Option<bool>,
    ) -> Result<bool, Exhausted> {
        let (mut seen, mut open) = (HashSet::with_hasher(FxBuildHasher), vec![condition]);
        while let Some(id) = open.pop() {
            if id == NodeId::FALSE {
                return Ok(false);
            }
            let Some(node) = self.node(id) else { continue };
            if seen.insert(id) {
                self.count(1)?;
                let value = assignment(node.variable);
                open.extend((value != Some(true)).then_some(node.low));
                open.extend((value != Some(false)).then_some(node.high));
            }
        }
        Ok(true)
    }

    /// The literals whose conjunction a condition is: variables in order, each with its value. `None` where it is
    /// no such conjunction.
    pub(super) fn literals_of(&self, condition: NodeId) -> Option<Vec<(u32, bool)>> {
        let (mut found, mut id) = (Vec::new(), condition);
        while let Some(node) = self.node(id) {
            let (value, next) = match (node.low, node.high) {
                (NodeId::FALSE, high) => (true, high),
                (low, NodeId::FALSE) => (false, low),
                _ => return None,
            };
            found.push((node.variable, value));
            id = next;
        }
        (id == NodeId::TRUE).then_some(found)
    }

    /// Every terminal that a function reaches.
    pub(super) fn terminals_of(&self, id: NodeId) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        found.extend(id.terminal());
        self.visit(id, |node| {
            found.extend([node.low, node.high].into_iter().filter_map(NodeId::terminal));
        });
        found
    }

    /// Every variable that a function tests.
    pub(super) fn support_of(&self, id: NodeId) -> BTreeSet<u32> {
        let mut found = BTreeSet::new();
        self.visit(id, |node| found.extend([node.variable]));
        found
    }

    /// Shows every node of a function once.
    fn visit(&self, id: NodeId, mut see: impl FnMut(Node)) {
        let (mut seen, mut open) = (BTreeSet::new(), vec![id]);
        while let Some(id) = open.pop() {
            if let Some(node) = self.node(id)
                && seen.insert(id)
            {
                see(node);
                open.extend([node.low, node.high]);
            }
        }
    }

    /// The true variables of a model of a condition, all others false: as few as possible, and of equally
    /// many those with the smallest numbers.
    pub(super) fn minimal_model_of(&self, condition: NodeId) -> Option<Vec<u32>> {
        let mut counts = Counts::default();
        self.count_true(condition, &mut counts)?;
        let (mut chosen, mut id) = (Vec::new(), condition);
        while let Some(node) = self.node(id) {
            let count = |one: NodeId| match one.terminal() {
                Some(terminal) => (terminal != 0).then_some(0),
                None => counts.get(&one).copied().flatten(),
            };
            let count = |one: NodeId| count(one).unwrap_or(usize::MAX);
            // Of equally many, a true variable here has the smaller number.
            if count(node.high).saturating_add(1) <= count(node.low) {
                chosen.push(node.variable);
                id = node.high;
            } else {
                id = node.low;
            }
        }
        Some(chosen)
    }

    fn count_true(&self, id: NodeId, known: &mut Counts) -> Option<usize> {
        if let Some(count) = known.get(&id) {
            return *count;
        }
        let count = match self.node(id) {
            None => (id != NodeId::FALSE).then_some(0),
            Some(node) => {
                let low = self.count_true(node.low, known);
                let high = self.count_true(node.high, known).map(|count| count + 1);
                match (low, high) {
                    (Some(low), Some(high)) => Some(low.min(high)),
                    (one, None) | (None, one) => one,
                }
            }
        };
        known.insert(id, count);
        count
    }
}
