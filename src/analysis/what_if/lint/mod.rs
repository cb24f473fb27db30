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
use crate::analysis::threads::in_parts;
use crate::diagnostic::Diagnostic;
use crate::limits::LimitExceeded;
use linter::Linter;

/// Lints that know nothing of others, so that they run beside these.
type LintGroup = fn(&Linter<'_>, &mut Vec<Diagnostic>) -> Result<(), LimitExceeded>;

/// Every lint that needs a look at all movements.
pub(in crate::analysis) fn lints(
    analysis: &Analysis<'_>,
) -> Result<Vec<Diagnostic>, LimitExceeded> {
    let linter = &Linter::new(analysis);
    let groups: [LintGroup; 2] = [
        |linter, found| {
            let inapplicable = linter.policies(found)?;
            linter.rules(&inapplicable, found)
        },
        |linter, found| {
            linter.accesses(found)?;
            linter.defaults(found)?;
            linter.vacuous(found)
        },
    ];
    let all = in_parts(&groups, groups.len(), |_, groups| {
        let lint = |group: &LintGroup| {
            let mut found = Vec::new();
            group(linter, &mut found).map(|()| found)
        };
        groups.iter().map(lint).collect()
    });
    let mut found = Vec::new();
    for one in all {
        found.extend(one?);
    }
    linter.mergeable(&mut found);
    linter.unprotected(&mut found);
    // What is reported as a gap is not reported as unused.
    linter.unused(&mut found);
    found.sort_by_key(|one: &Diagnostic| (one.span(), one.code));
    Ok(found)
}
