//! Diagnostics that need the compiled set: limits, empty expectations, lints.
//!
//! Takes in a checked set, gives out reports. Does not know how they are shown.

use mam::{Analysis, Checked, Errors, Report};

/// Reports of compiling and of analysis; with `lints`, also those about rules and policies that change
/// nothing. A limit that is met is one of the reports.
pub(crate) fn reports(checked: &Checked, lints: bool) -> Vec<Report> {
    let Ok(analysis) = Analysis::new(checked) else { return Vec::new() };
    let limit_met = |error| Some(checked.limit_errors(error));
    let mut errors: Vec<Errors> = checked.compile().err().into_iter().collect();
    errors.extend(analysis.empty_expectations().unwrap_or_else(limit_met));
    if lints {
        errors.extend(analysis.lints().map_or_else(limit_met, Some));
    }
    let mut reports: Vec<Report> =
        errors.iter().flat_map(|one| one.reports().iter().cloned()).collect();
    reports.dedup_by(|a, b| a.code().is_limit() && a.short() == b.short());
    reports
}
