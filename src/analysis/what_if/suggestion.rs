//! Suggested expectations: lines of a policy file that hold today.
//!
//! Takes in a scope with the decision about all of it, gives out an expectation, if some expectation can tell
//! this decision from another one. How the scope was found is not known here.

use crate::analysis::ask::expect::{Required, is_met};
use crate::decision::{Decision, Effect};

/// The expectation that a scope is decided as it is; `None` if it would also hold with the other decision.
pub(super) fn expectation(
    scope: &str,
    decision: Decision,
    other: Option<Decision>,
) -> Option<String> {
    let obligations = decision.verdict.obligations;
    let claim = Required { effect: decision.effect(), obligations };
    if other.is_some_and(|other| is_met(claim, other)) {
        return None;
    }
    let mut text = format!("expect {} {scope}", decision.effect());
    if decision.effect() == Effect::Allow {
        if let Some(most) = obligations.characters {
            text.push_str(&format!(" up to {most} characters"));
        }
        if obligations.without_content {
            text.push_str(" without content");
        }
        if obligations.tagged {
            text.push_str(" tagged work");
        }
    }
    Some(text)
}
