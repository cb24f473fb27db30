//! Diagnostics as the protocol has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    NumberOrString,
};

use super::documents::Documents;
use super::line_map::LineMap;
use super::options::Options;
use super::places::{Places, bytes_of};
use super::uri::uri_of;
use crate::compiler::Checked;
use crate::diagnostic::{self, Code, Report, Severity};
use crate::model::LoadError;
use crate::source::{SourceId, Span};

/// The name of this program in diagnostics.
pub(super) const SOURCE: &str = "mam";

/// Diagnostics by the path of the file that they are in.
pub(super) type ByPath = BTreeMap<String, Vec<Diagnostic>>;

/// Turns diagnostics of a set into those of its files.
struct Translator<'s> {
    places: Places<'s>,
    options: &'s Options,
}

impl Translator<'_> {
    /// Adds a diagnostic of the set to those of its file. One without a place stands at the start of the first file.
    fn add(&self, found: &diagnostic::Diagnostic, elsewhere: &[Report], into: &mut ByPath) {
        let first = self.places.checked.sources().iter().next().map(|(id, _)| id);
        let start = first.map(|source| Span { source, start: 0, end: 0 });
        let Some(span) = found.span().or(start) else { return };
        let Some((path, range)) = self.places.path(span).zip(self.places.range(span)) else {
            return;
        };
        let others = elsewhere.iter().map(Report::diagnostic).flat_map(|one| &one.labels);
        let labels: Vec<_> = found.labels.iter().skip(1).chain(others).cloned().collect();
        let related = labels.into_iter().filter_map(|label| {
            let message = if label.text.is_empty() { "here".to_owned() } else { label.text };
            let location = self.places.location(label.span)?;
            Some(DiagnosticRelatedInformation { location, message })
        });
        let related: Vec<_> = related.collect();
        into.entry(path.to_owned()).or_default().push(Diagnostic {
            range,
            severity: Some(severity(found.severity)),
            code: Some(NumberOrString::String(found.code.to_string())),
            code_description: self.description(found),
            source: Some(SOURCE.to_owned()),
            message: message(found),
            related_information: (!related.is_empty()).then_some(related),
            tags: is_without_effect(found).then(|| vec![DiagnosticTag::UNNECESSARY]),
            data: None,
        });
    }

    /// The address of the explanation.
    fn description(&self, found: &diagnostic::Diagnostic) -> Option<CodeDescription> {
        let start = self.options.explanations.as_ref()?;
        let href = uri_of(&format!("{start}{}", found.code))?;
        Some(CodeDescription { href })
    }
}

/// The message with its first label and its help.
fn message(found: &diagnostic::Diagnostic) -> String {
    let mut text = found.message.clone();
    if let Some(label) = found.labels.first().filter(|label| !label.text.is_empty()) {
        text.push_str(&format!(" ({})", label.text));
    }
    if let Some(help) = &found.help {
        text.push_str(&format!("\nhelp: {help}"));
    }
    text
}

const fn severity(severity: Severity) -> DiagnosticSeverity {
    match severity {
        Severity::Error => DiagnosticSeverity::ERROR,
        Severity::Warning => DiagnosticSeverity::WARNING,
        Severity::Advice => DiagnosticSeverity::INFORMATION,
    }
}

/// Whether the text that a lint is about could go, as far as decisions are concerned.
fn is_without_effect(found: &diagnostic::Diagnostic) -> bool {
    found.is_safe && found.edits.iter().any(|edit| edit.text.is_empty())
}

/// The last results about a set from which diagnostics are made.
#[derive(Debug, Clone, Copy)]
pub(super) struct Results<'s> {
    pub(super) checked: &'s Arc<Checked>,
    /// The root files that could not be read, each with the reason.
    pub(super) unread: &'s [(String, LoadError)],
    /// The findings of the analysis, with the check that they are about.
    pub(super) findings: Option<(&'s Arc<Checked>, &'s [Report])>,
}

/// The diagnostics of a set: those of its last check, and the findings as far as the text is still the same.
pub(super) fn of_set(results: Results<'_>, documents: &Documents, options: &Options) -> ByPath {
    let mut into = ByPath::new();
    let checked = results.checked;
    let translator = Translator { places: Places::new(checked, documents, options), options };
    for (path, error) in results.unread {
        let message = format!("cannot read `{path}`, which belongs to this set: {error}");
        translator.add(&diagnostic::Diagnostic::new(Code::CannotRead, message), &[], &mut into);
    }
    for report in checked.reports() {
        translator.add(report.diagnostic(), report.elsewhere(), &mut into);
    }
    let Some((about, findings)) = results.findings else { return into };
    if Arc::ptr_eq(about, checked) {
        for report in findings {
            translator.add(report.diagnostic(), report.elsewhere(), &mut into);
        }
        return into;
    }
    let mut moves = Moves { before: about, after: checked, maps: BTreeMap::new() };
    for report in findings {
        if let Some(moved) = moves.diagnostic(report.diagnostic()) {
            translator.add(&moved, &[], &mut into);
        }
    }
    into
}

/// The moves from the places of an earlier check of a set to those of a later one.
struct Moves<'c> {
    before: &'c Checked,
    after: &'c Checked,
    /// By source of the earlier check: the later source, and which lines went where.
    maps: BTreeMap<SourceId, Option<(SourceId, LineMap)>>,
}

impl Moves<'_> {
    /// A diagnostic of the earlier check as one of the later check; `None` if one of its places changed.
    fn diagnostic(&mut self, found: &diagnostic::Diagnostic) -> Option<diagnostic::Diagnostic> {
        let mut moved = found.clone();
        for label in &mut moved.labels {
            label.span = self.span(label.span)?;
        }
        moved.edits.clear();
        Some(moved)
    }

    fn span(&mut self, span: Span) -> Option<Span> {
        let (before, after) = (self.before.sources(), self.after.sources());
        let map = self.maps.entry(span.source).or_insert_with(|| {
            let old = before.get(span.source)?;
            let mut later = after.iter();
            let (id, new) =
                later.find(|(_, one)| one.name() == old.name() && one.kind() == old.kind())?;
            Some((id, LineMap::new(old.text(), new.text())))
        });
        let (id, map) = map.as_ref()?;
        let bytes = map.bytes(bytes_of(span))?;
        let offset = |at: usize| u32::try_from(at).ok();
        Some(Span { source: *id, start: offset(bytes.start)?, end: offset(bytes.end)? })
    }
}
