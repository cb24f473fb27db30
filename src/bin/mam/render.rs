//! Diagnostics as people read them.
//!
//! Takes in reports, gives out text with the source and the place underlined. Decides nothing about
//! what is wrong.

use mam::{Report, Severity};

use crate::output::{Ink, Look, Terminal, count};
use crate::snippet;

/// Writes reports to standard error.
pub(crate) fn diagnose(terminal: &Terminal, reports: &[Report]) {
    let mut text = snippet::graphical(reports, terminal.err);
    if let Some(report) = reports.first() {
        let hint = format!("`mam help {}` says more", report.diagnostic().code);
        text.push_str(&format!("{} {hint}\n", terminal.err.paint(Ink::Help, "help:")));
    }
    terminal.diagnose(&text);
}

/// How many errors and warnings there are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) errors: usize,
    pub(crate) warnings: usize,
    pub(crate) advice: usize,
    /// Found as well, but not kept.
    pub(crate) dropped: usize,
}

impl Tally {
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

    /// `2 errors, no warnings`.
    pub(crate) fn text(self, look: Look) -> String {
        let one = |number, noun, ink| match number {
            0 => format!("no {noun}s"),
            _ => look.paint(ink, count(number, noun)),
        };
        let errors = one(self.errors, "error", Ink::Bad);
        let warnings = one(self.warnings, "warning", Ink::Limited);
        let dropped = match self.dropped {
            0 => String::new(),
            more => format!(", {more} more not shown"),
        };
        let advice = match self.advice {
            0 => String::new(),
            some => format!(", {}", look.paint(Ink::Help, format!("{some} advice"))),
        };
        format!("{errors}, {warnings}{advice}{dropped}")
    }
}
