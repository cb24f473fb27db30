//! Fixes: the safe edits of suggestions, as many as change no decision together.
//!
//! Takes in a set, gives out the set with edits. Each suggestion should be safe by itself, but two may not be: of two equal
//! rules, one must stay. So edits are kept only if the set that has them decides every movement and access as before; if
//! it does not, half as many are tried, and a suggestion that is not safe alone is passed over. Which edits are
//! suggested is not known here.

use super::access::AccessDifferences;
use super::compare::changes::diff;
use super::compare::comparer::Comparison;
use super::subject::Analysis;
use crate::compiler::Checked;
use crate::diagnostic::{Edit, Errors};

/// The most rounds of suggestions.
const ROUNDS: usize = 50;

/// A set with the safe edits of its suggestions.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Fixed {
    /// The set with the edits.
    pub checked: Checked,
    /// The number of suggestions that were followed.
    pub made: usize,
}

/// Follows safe suggestions until there are none left, in the files whose names are meant.
///
/// ```
/// let checked = mam::Compiler::new().check("notes.mam", "mam 1\n\
///     app notes { ios \"com.example.notes\"  sdk }\n\
///     policy baseline {\n  for any\n  protect notes\n  allow print to any\n  allow print to any\n}\n");
/// let fixed = mam::analysis::fixed(&checked, &|name| name == "notes.mam")?;
/// assert_eq!(fixed.made, 1);
/// # Ok::<(), mam::Errors>(())
/// ```
///
/// # Errors
///
/// Every mistake in the set, or the limit that the search for suggestions or a comparison meets.
pub fn fixed(checked: &Checked, is_meant: &dyn Fn(&str) -> bool) -> Result<Fixed, Errors> {
    checked.compile()?;
    let mut fixed = Fixed { checked: checked.clone(), made: 0 };
    for _ in 0..ROUNDS {
        match round(&fixed.checked, is_meant)? {
            None => break,
            Some(better) => {
                fixed = Fixed { checked: better.checked, made: fixed.made + better.made };
            }
        }
    }
    Ok(fixed)
}

/// The set after as many suggestions as are safe together; `None` if there is none.
fn round(checked: &Checked, is_meant: &dyn Fn(&str) -> bool) -> Result<Option<Fixed>, Errors> {
    let analysis = Analysis::new(checked)?;
    let suggestions = suggestions(&analysis, is_meant)?;
    for first in 0..suggestions.len() {
        let mut rest = suggestions.get(first..).unwrap_or_default();
        while !rest.is_empty() {
            let edits: Vec<Edit> = rest.iter().flatten().cloned().collect();
            let edited = checked.with_edits(&edits);
            if decides_alike(&analysis, &edited)? {
                return Ok(Some(Fixed { checked: edited, made: rest.len() }));
            }
            rest = rest.get(..rest.len() / 2).unwrap_or_default();
        }
    }
    Ok(None)
}

/// The edits of every safe suggestion, without those that touch the edits of an earlier one.
fn suggestions(
    analysis: &Analysis<'_>,
    is_meant: &dyn Fn(&str) -> bool,
) -> Result<Vec<Vec<Edit>>, Errors> {
    let checked = analysis.checked;
    let limit_met = |error| checked.limit_errors(error);
    let mut reports = checked.reports();
    reports.extend(analysis.empty_expectations().map_err(limit_met)?);
    reports.extend(analysis.lints().map_err(limit_met)?);
    let mut found: Vec<Vec<Edit>> = Vec::new();
    for diagnostic in reports.iter().map(|report| report.diagnostic()) {
        let meets = |edit: &Edit| {
            found.iter().flatten().any(|one| {
                one.span.source == edit.span.source
                    && one.span.start <= edit.span.end
                    && edit.span.start <= one.span.end
            })
        };
        let is_here = |edit: &Edit| is_meant(checked.sources().name(edit.span.source));
        let edits = &diagnostic.edits;
        let fits = edits.iter().all(is_here) && !edits.iter().any(meets);
        if diagnostic.is_safe && fits && !edits.is_empty() {
            found.push(edits.clone());
        }
    }
    Ok(found)
}

/// Whether another set has no errors and decides every movement and access like the one that is analysed.
fn decides_alike(before: &Analysis<'_>, after: &Checked) -> Result<bool, Errors> {
    let Ok(after) = Analysis::new(after) else { return Ok(false) };
    let limit_met = |error| before.checked.limit_errors(error);
    if !diff(before, &after).map_err(limit_met)?.is_empty() {
        return Ok(false);
    }
    let comparison = Comparison::of([before.model, after.model], after.limits());
    let accesses = AccessDifferences::some(&comparison).map_err(limit_met)?;
    Ok(accesses.is_empty())
}
