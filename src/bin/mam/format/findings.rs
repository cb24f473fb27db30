//! Diagnostics as JSON.
//!
//! Takes in diagnostics and their sources, gives out the objects that `--json` prints, with places as
//! lines and columns that count from 1. SARIF is made from these objects. Does not know the output.

use mam::diagnostic::{Code, Diagnostic};
use mam::source::{Sources, Span};
use mam::{Checked, Report, Severity};
use serde::{Serialize, Serializer};

fn as_text<S: Serializer>(code: &Code, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(code.as_str())
}

/// The text of the line in which a place begins.
fn line_of(span: Span, sources: &Sources) -> String {
    let text = sources.get(span.source).map_or("", |source| source.text());
    let (before, after) = text.split_at_checked(span.start as usize).unwrap_or((text, ""));
    let start = before.rsplit('\n').next().unwrap_or("");
    let end = after.split('\n').next().unwrap_or("");
    format!("{start}{end}").trim().to_owned()
}

/// Output of `check --json`, and of other commands with `--json` for a set with errors.
#[derive(Debug, Serialize)]
pub(crate) struct Findings {
    pub(crate) diagnostics: Vec<Finding>,
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

/// A diagnostic in JSON.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    #[serde(serialize_with = "as_text")]
    pub(crate) code: Code,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    #[serde(flatten)]
    pub(crate) place: Option<Place>,
    pub(crate) labels: Vec<LabelForm>,
    pub(crate) help: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) edits: Vec<LabelForm>,
    #[serde(skip_serializing_if = "is_false")]
    safe: bool,
    /// Text of the line in which the place begins.
    #[serde(skip)]
    pub(crate) line_text: String,
}

/// A place with a text: a label's message, or an edit's replacement.
#[derive(Debug, Serialize)]
pub(crate) struct LabelForm {
    #[serde(flatten)]
    pub(crate) place: Place,
    pub(crate) text: String,
}

/// A range in a file; the end is exclusive.
#[derive(Debug, Serialize)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) end_line: usize,
    pub(crate) end_column: usize,
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
    /// The diagnostics of a checked set, and those of compiling it.
    pub(crate) fn new(checked: &Checked, compiling: &[Report]) -> Self {
        let all = checked.diagnostics().iter().chain(compiling.iter().map(Report::diagnostic));
        Self { not_shown: checked.diagnostics().dropped(), ..Self::of(all, checked.sources()) }
    }

    /// Diagnostics with places in some sources.
    pub(crate) fn of<'d>(
        diagnostics: impl Iterator<Item = &'d Diagnostic>,
        sources: &Sources,
    ) -> Self {
        let diagnostics: Vec<_> = diagnostics
            .map(|one| Finding {
                code: one.code,
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
                line_text: one.span().map(|span| line_of(span, sources)).unwrap_or_default(),
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
