//! Diagnostics that need the compiled set: limits, empty expectations, lints.
//!
//! Takes in a checked set, gives out reports. Does not know how they are shown.

use mam::{Analysis, Checked, Report};

/// Reports of compiling and of analysis; with `lints`, also those about rules and policies that change
/// nothing. A limit that is met is one of the reports.
pub(crate) fn reports(checked: &Checked, lints: bool) -> Vec<Report> {
    let Ok(analysis) = Analysis::new(checked) else { return Vec::new() };
    let limit_met = |error| checked.limit_errors(error).reports().to_vec();
    let mut reports = checked.compile().err().map_or_else(Vec::new, |it| it.reports().to_vec());
    reports.extend(analysis.empty_expectations().unwrap_or_else(limit_met));
    if lints {
        reports.extend(analysis.lints().unwrap_or_else(limit_met));
    }
    reports.dedup_by(|a, b| a.code().is_limit() && a.short() == b.short());
    reports
}
