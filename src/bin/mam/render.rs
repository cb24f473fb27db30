//! Diagnostics as people and machines read them.
//!
//! Takes in reports, gives out text: with the source and the place underlined, or as JSON. Decides
//! nothing about what is wrong.

use mam::diagnostic::Diagnostic;
use mam::source::{Sources, Span};
use mam::{Checked, Report, Severity};
use serde::Serialize;

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

// ---------------------------------------------------------------- JSON

/// What `--json` gives for a set with errors, and `check --json` always.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    diagnostics: Vec<Finding>,
    errors: usize,
    warnings: usize,
    #[serde(skip_serializing_if = "is_zero")]
    advice: usize,
    #[serde(skip_serializing_if = "is_zero")]
    not_shown: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_false(truth: &bool) -> bool {
    !*truth
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
const fn is_zero(number: &usize) -> bool {
    *number == 0
}

#[derive(Debug, Serialize)]
struct Finding {
    code: &'static str,
    severity: Severity,
    message: String,
    #[serde(flatten)]
    place: Option<Place>,
    labels: Vec<LabelForm>,
    help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    edits: Vec<LabelForm>,
    #[serde(skip_serializing_if = "is_false")]
    safe: bool,
}

/// A place with a text: what is to be said of it, or to be written there.
#[derive(Debug, Serialize)]
struct LabelForm {
    #[serde(flatten)]
    place: Place,
    text: String,
}

#[derive(Debug, Serialize)]
struct Place {
    file: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl Place {
    fn new(span: Span, sources: &Sources) -> Self {
        let (start, end) = (sources.position(span), sources.position(span.after()));
        Self {
            file: sources.name(span.source).to_owned(),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
        }
    }
}

impl Findings {
    /// The diagnostics of a checked set, and those that compiling it gave besides.
    pub(crate) fn new(checked: &Checked, compiling: &[Report]) -> Self {
        let all = checked.diagnostics().iter().chain(compiling.iter().map(Report::diagnostic));
        Self { not_shown: checked.diagnostics().dropped(), ..Self::of(all, checked.sources()) }
    }

    /// Diagnostics about texts.
    pub(crate) fn of<'d>(
        diagnostics: impl Iterator<Item = &'d Diagnostic>,
        sources: &Sources,
    ) -> Self {
        let diagnostics: Vec<_> = diagnostics
            .map(|one| Finding {
                code: one.code.as_str(),
                severity: one.severity,
                message: one.message.clone(),
                place: one.span().map(|span| Place::new(span, sources)),
                labels: (one.labels.iter())
                    .map(|label| LabelForm {
                        place: Place::new(label.span, sources),
                        text: label.text.clone(),
                    })
                    .collect(),
                help: one.help.clone(),
                edits: (one.edits.iter())
                    .map(|edit| LabelForm {
                        place: Place::new(edit.span, sources),
                        text: edit.text.clone(),
                    })
                    .collect(),
                safe: one.is_safe,
            })
            .collect();
        let number =
            |severity| diagnostics.iter().filter(|one: &&Finding| one.severity == severity).count();
        Self {
            errors: number(Severity::Error),
            warnings: number(Severity::Warning),
            advice: number(Severity::Advice),
            not_shown: 0,
            diagnostics,
        }
    }
}
