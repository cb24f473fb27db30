//! Checks of `yields to`: the relation between policies must have no cycles.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::model::resolved::Model;
use crate::model::types::PolicyId;

/// How many policies of a cycle a message names.
const NAMED: usize = 10;

/// Reports cycles of `yields to`, and chains longer than the limit on nesting.
///
/// Policies on a cycle would never apply, and recursion over long chains would exhaust the stack.
pub(in crate::model) fn yields(model: &Model, limits: &Limits, found: &mut Vec<Diagnostic>) {
    let mut search = Search { model, visited: BTreeMap::new() };
    let mut longest = None;
    for start in model.policy_ids() {
        search.visit(start, found);
        let depth = search.depth(start);
        if longest.is_none_or(|(most, _)| depth > most) {
            longest = Some((depth, start));
        }
    }
    let limit = limits.nesting;
    let Some((depth, start)) = longest.filter(|(depth, _)| *depth > limit) else { return };
    let message = format!("policies yield to each other {depth} deep, the limit is {limit}");
    let diagnostic = Diagnostic::new(Code::Nesting, message);
    let diagnostic = diagnostic.at(model.policy(start).span, "starts here");
    found.push(diagnostic.help("let the policies yield to fewer others"));
}

/// A depth-first search over the graph of policies, with a stack of its own. Each policy and each edge is
/// visited once, whichever policy the search starts from.
struct Search<'m> {
    model: &'m Model,
    /// By policy: the policies of the longest chain from it, or `None` while it is on the path.
    visited: BTreeMap<PolicyId, Option<usize>>,
}

/// A policy on the path of the search.
struct Step {
    policy: PolicyId,
    /// The policies that it yields to and that are not visited from here yet.
    next: Vec<PolicyId>,
    /// The policies of the longest chain behind it, as far as it is known.
    behind: usize,
}

impl Search<'_> {
    fn depth(&self, policy: PolicyId) -> usize {
        self.visited.get(&policy).copied().flatten().unwrap_or(0)
    }

    fn enter(&mut self, policy: PolicyId, path: &mut Vec<Step>) {
        self.visited.insert(policy, None);
        path.push(Step { policy, next: self.model.yielded_to(policy), behind: 0 });
    }

    /// Visits a policy and all to which it yields, directly or not. A cycle ends the visit.
    fn visit(&mut self, start: PolicyId, found: &mut Vec<Diagnostic>) {
        if self.visited.contains_key(&start) {
            return;
        }
        let mut path = Vec::new();
        self.enter(start, &mut path);
        while let Some(step) = path.last_mut() {
            let Some(next) = step.next.pop() else {
                self.leave(&mut path);
                continue;
            };
            match self.visited.get(&next) {
                Some(Some(depth)) => step.behind = step.behind.max(*depth),
                Some(None) => return self.give_up(next, &path, found),
                None => self.enter(next, &mut path),
            }
        }
    }

    /// Takes the last policy off the path: all chains from it are known.
    fn leave(&mut self, path: &mut Vec<Step>) {
        let Some(step) = path.pop() else { return };
        let depth = step.behind + 1;
        self.visited.insert(step.policy, Some(depth));
        if let Some(before) = path.last_mut() {
            before.behind = before.behind.max(depth);
        }
    }

    /// Reports the cycle that closes at a policy of the path.
    fn give_up(&mut self, closes: PolicyId, path: &[Step], found: &mut Vec<Diagnostic>) {
        let path: Vec<_> = path.iter().map(|step| step.policy).collect();
        let from = path.iter().position(|one| *one == closes).unwrap_or(0);
        cycle(self.model, path.get(from..).unwrap_or(&path), found);
        self.visited.extend(path.into_iter().map(|policy| (policy, Some(0))));
    }
}

/// The diagnostic about a cycle.
fn cycle(model: &Model, path: &[PolicyId], found: &mut Vec<Diagnostic>) {
    let name = |id: &PolicyId| format!("`{}`", model.policy(*id).name);
    let names: Vec<_> = path.iter().take(NAMED).map(name).collect();
    let message = match (names.as_slice(), path.len() - names.len()) {
        ([one], _) => format!("the policy {one} yields to itself"),
        (names, 0) => format!("policies that yield to each other: {}", names.join(", ")),
        (names, more) => {
            format!("policies that yield to each other: {} and {more} more", names.join(", "))
        }
    };
    let mut diagnostic = Diagnostic::new(Code::YieldsCircle, message);
    for (id, next) in path.iter().zip(path.iter().cycle().skip(1)).take(NAMED) {
        let label = format!("yields to {}", name(next));
        diagnostic = diagnostic.at(model.policy(*id).span, label);
    }
    found.push(diagnostic.help("take one `yields to` out"));
}
