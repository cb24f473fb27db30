//! Lints: rules and policies that have no effect, or not the one that they seem to have.
//!
//! Takes in a set, gives out diagnostics with places and suggested edits. Each is exact: a rule is reported
//! as without effect if and only if every movement would be decided alike without it. The form of statements
//! is looked up in the AST; mistakes that need no look at movements are found by the model's own checks.

mod accesses;
mod defaults;
mod linter;
mod place;
mod policies;
mod rules;
mod shadow;
mod statements;
mod unused;

use crate::analysis::subject::Analysis;
use crate::diagnostic::Diagnostic;
use crate::limits::LimitExceeded;
use linter::Linter;

/// Every lint that needs a look at all movements.
pub(in crate::analysis) fn lints(
    analysis: &Analysis<'_>,
) -> Result<Vec<Diagnostic>, LimitExceeded> {
    let mut found = Vec::new();
    let linter = Linter::new(analysis);
    let inapplicable = linter.policies(&mut found)?;
    linter.rules(&inapplicable, &mut found)?;
    linter.accesses(&mut found)?;
    linter.defaults(&mut found)?;
    linter.mergeable(&mut found);
    linter.unprotected(&mut found);
    linter.unused(&mut found);
    linter.vacuous(&mut found)?;
    found.sort_by_key(|one: &Diagnostic| (one.span(), one.code));
    Ok(found)
}
