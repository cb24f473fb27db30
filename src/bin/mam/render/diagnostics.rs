//! Diagnostics for people.
//!
//! Takes in reports, writes them with their sources to standard error and counts them by severity. Does
//! not know where reports come from.

use mam::{Report, Severity};

use crate::render::snippet;
use crate::render::style::{Capabilities, Style};
use crate::render::terminal::Terminal;
use crate::render::text::count;

/// Writes reports to standard error.
pub(crate) fn report(terminal: &Terminal, reports: &[Report]) {
    let mut text = snippet::graphical(reports, terminal.err);
    if let Some(report) = reports.first() {
        let hint = format!("`mam help {}` says more", report.diagnostic().code);
        text.push_str(&format!("{} {hint}\n", terminal.err.paint(Style::Help, "help:")));
    }
    terminal.diagnose(&text);
}

/// Number of reports by severity.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SeverityCounts {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) advice: usize,
    /// Reports beyond the bound, which are not kept.
    pub(crate) dropped: usize,
}

impl SeverityCounts {
    /// The counts of some reports; `dropped` more were not kept.
    pub(crate) fn of(reports: &[Report], dropped: usize) -> Self {
        let number = |severity| {
            reports.iter().filter(|report| report.diagnostic().severity == severity).count()
        };
        Self {
            errors: number(Severity::Error),
            warnings: number(Severity::Warning),
            advice: number(Severity::Advice),
            dropped,
        }
    }

    /// The counts in words: `2 errors, no warnings`.
    pub(crate) fn text(self, caps: Capabilities) -> String {
        let one = |number, noun, style| match number {
            0 => format!("no {noun}s"),
            _ => caps.paint(style, count(number, noun)),
        };
        let errors = one(self.errors, "error", Style::Bad);
        let warnings = one(self.warnings, "warning", Style::Limited);
        let dropped = match self.dropped {
            0 => String::new(),
            more => format!(", {more} more not shown"),
        };
        let advice = match self.advice {
            0 => String::new(),
            some => format!(", {}", caps.paint(Style::Help, format!("{some} advice"))),
        };
        format!("{errors}, {warnings}{advice}{dropped}")
    }
}
