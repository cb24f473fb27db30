//! Diagnostics that need the compiled set: limits, empty expectations, lints.
//!
//! Takes in a checked set, gives out reports. Does not know how they are shown.

use mam::{Analysis, Checked, Report};

/// Reports of compiling and of analysis; none of a set with errors.
pub(crate) fn reports(checked: &Checked, lints: bool) -> Vec<Report> {
    Analysis::new(checked).map_or_else(|_| Vec::new(), |analysis| analysis.findings(lints))
}
