//! Diagnostics as the protocol has them.

use std::collections::BTreeMap;
use std::sync::Arc;

use lsp_types::{
    CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    Location, NumberOrString,
};

use super::carry::Carry;
use super::position::IndexedText;
use super::uri::uri_of;
use super::view::{SetState, bytes_of};
use super::{documents::Documents, options::Options};
use crate::compiler::Checked;
use crate::diagnostic::{self, Report, Severity};
use crate::source::{SourceKind, Span};

/// The name of this program in diagnostics.
pub(super) const SOURCE: &str = "mam";

/// Diagnostics by the path of the file that they are in.
pub(super) type ByPath = BTreeMap<String, Vec<Diagnostic>>;

/// Turns diagnostics of a set into those of its files.
pub(super) struct Translator<'s> {
    pub(super) checked: &'s Checked,
    pub(super) documents: &'s Documents,
    pub(super) options: &'s Options,
    texts: BTreeMap<String, IndexedText>,
}

impl<'s> Translator<'s> {
    pub(super) fn new(
        checked: &'s Checked,
        documents: &'s Documents,
        options: &'s Options,
    ) -> Self {
        Self { checked, documents, options, texts: BTreeMap::new() }
    }

    /// The text of a source, with its lines.
    fn text(&mut self, span: Span) -> Option<(&str, &IndexedText)> {
        let source = self.checked.sources().get(span.source)?;
        if source.kind() == SourceKind::Catalogue {
            return None;
        }
        let encoding = self.documents.encoding();
        let text = self
            .texts
            .entry(source.name().to_owned())
            .or_insert_with(|| IndexedText::shared(Arc::clone(source.text()), encoding));
        Some((source.name(), text))
    }

    fn location(&mut self, span: Span) -> Option<Location> {
        let open = self.documents;
        let (path, text) = self.text(span)?;
        let uri = open.get(path).map_or_else(|| uri_of(path), |one| Some(one.uri.clone()))?;
        Some(Location::new(uri, text.range(bytes_of(span))))
    }

    /// Adds a diagnostic of the set to those of its file. One without a place stands at the start of the first file.
    fn add(&mut self, found: &diagnostic::Diagnostic, elsewhere: &[Report], into: &mut ByPath) {
        let first = self.checked.sources().iter().next().map(|(id, _)| id);
        let start = first.map(|source| Span { source, start: 0, end: 0 });
        let Some(span) = found.span().or(start) else { return };
        let Some((path, text)) = self.text(span) else { return };
        let (path, range) = (path.to_owned(), text.range(bytes_of(span)));
        let others = elsewhere.iter().map(Report::diagnostic).flat_map(|one| &one.labels);
        let labels: Vec<_> = found.labels.iter().skip(1).chain(others).cloned().collect();
        let related = labels.into_iter().filter_map(|label| {
            let message = if label.text.is_empty() { "here".to_owned() } else { label.text };
            Some(DiagnosticRelatedInformation { location: self.location(label.span)?, message })
        });
        let related: Vec<_> = related.collect();
        into.entry(path).or_default().push(Diagnostic {
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

/// The diagnostics of a set: those of its last check, and of the last analysis as far as the text is still the
/// same.
pub(super) fn of_set(
    state: &SetState,
    documents: &Documents,
    options: &Options,
    into: &mut ByPath,
) {
    let Some(checked) = &state.checked else { return };
    let mut translator = Translator::new(checked, documents, options);
    for report in checked.reports() {
        translator.add(report.diagnostic(), report.elsewhere(), into);
    }
    let Some((before, findings)) = &state.found else { return };
    let carries = Carries::new(before, checked);
    for report in &findings.reports {
        if let Some((carried, elsewhere)) = carries.report(report) {
            translator.add(&carried, &elsewhere, into);
        }
    }
}

/// The changes from an earlier check of a set to a later one.
struct Carries<'c> {
    before: &'c Checked,
    after: &'c Checked,
    is_same: bool,
}

impl<'c> Carries<'c> {
    fn new(before: &'c Arc<Checked>, after: &'c Arc<Checked>) -> Self {
        Self { before, after, is_same: Arc::ptr_eq(before, after) }
    }

    /// A report about the earlier texts as one about the later ones; `None` if one of its places changed.
    fn report(&self, report: &Report) -> Option<(diagnostic::Diagnostic, Vec<Report>)> {
        if self.is_same {
            return Some((report.diagnostic().clone(), report.elsewhere().to_vec()));
        }
        let mut carried = report.diagnostic().clone();
        for label in &mut carried.labels {
            label.span = self.span(label.span)?;
        }
        carried.edits.clear();
        Some((carried, Vec::new()))
    }

    fn span(&self, span: Span) -> Option<Span> {
        let old = self.before.sources().get(span.source)?;
        let (id, new) = self
            .after
            .sources()
            .iter()
            .find(|(_, one)| one.name() == old.name() && one.kind() == old.kind())?;
        let bytes = Carry::new(old.text(), new.text()).bytes(bytes_of(span))?;
        let offset = |at: usize| u32::try_from(at).ok();
        Some(Span { source: id, start: offset(bytes.start)?, end: offset(bytes.end)? })
    }
}
