//! Checks of `yields to`: the relation between policies must have no cycles.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::model::resolved::Model;
use crate::model::types::PolicyId;

/// Reports cycles of `yields to`, and chains longer than the limit on nesting.
///
/// A depth-first search over the graph of policies; each policy is left once. Policies on a cycle would
/// never apply, and recursion over long chains would exhaust the stack.
pub(in crate::model) fn yields(model: &Model, limits: &Limits, found: &mut Vec<Diagnostic>) {
    let mut done = BTreeSet::new();
    for start in model.policy_ids() {
        let mut path = vec![start];
        let mut open: Vec<Vec<PolicyId>> = vec![model.yielded_to(start)];
        while let Some(next) = open.last_mut() {
            match next.pop() {
                Some(id) if path.contains(&id) => {
                    let from = path.iter().position(|one| *one == id).unwrap_or(0);
                    cycle(model, path.get(from..).unwrap_or(&path), found);
                    done.extend(path.drain(..));
                    break;
                }
                Some(id) if done.contains(&id) => {}
                Some(_) if path.len() >= limits.nesting => {
                    let (length, limit) = (path.len() + 1, limits.nesting);
                    let message =
                        format!("policies yield to each other {length} deep, the limit is {limit}");
                    let span = model.policy(start).span;
                    let diagnostic = Diagnostic::new(Code::Nesting, message);
                    let help = "let the policies yield to fewer others";
                    found.push(diagnostic.at(span, "starts here").help(help));
                    return;
                }
                Some(id) => {
                    path.push(id);
                    open.push(model.yielded_to(id));
                }
                None => {
                    open.pop();
                    done.extend(path.pop());
                }
            }
        }
    }
}

/// The diagnostic about a cycle.
fn cycle(model: &Model, path: &[PolicyId], found: &mut Vec<Diagnostic>) {
    let name = |id: &PolicyId| format!("`{}`", model.policy(*id).name);
    let names: Vec<_> = path.iter().map(name).collect();
    let message = match names.as_slice() {
        [one] => format!("the policy {one} yields to itself"),
        names => format!("policies that yield to each other: {}", names.join(", ")),
    };
    let mut diagnostic = Diagnostic::new(Code::YieldsCircle, message);
    for (id, next) in path.iter().zip(path.iter().cycle().skip(1)) {
        let label = format!("yields to {}", name(next));
        diagnostic = diagnostic.at(model.policy(*id).span, label);
    }
    found.push(diagnostic.help("take one `yields to` out"));
}
