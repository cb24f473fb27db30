//! Diagnostics of policy sets: codes, messages, places, help.
//!
//! Takes in spans and words from every layer, gives out plain data and, for renderers, reports that
//! implement [`miette::Diagnostic`]. Does not know the layers. Each [`Code`] has a section of the same
//! name in `docs/diagnostics.md`.

mod code;
mod report;

use std::borrow::Cow;

pub use self::code::{Code, Severity};
pub use self::report::{Errors, Report};
use crate::source::{Span, visible};
pub(crate) use crate::spelling::closest;

/// A label: a source span and a remark about it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Label {
    /// The span.
    pub span: Span,
    /// The remark: a few words in lower case without full stop, or nothing.
    pub text: String,
}

/// A diagnostic: a mistake in a policy set, or a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// The kind of diagnostic.
    pub code: Code,
    /// The severity: that of the code, or advice.
    pub severity: Severity,
    /// The message: one sentence in lower case without full stop.
    pub message: String,
    /// The labels, the primary one first.
    pub labels: Vec<Label>,
    /// The help: one sentence in the imperative.
    pub help: Option<String>,
    /// The edits that repair the mistake, to be applied together.
    pub edits: Vec<Edit>,
    /// Whether the edits change no decision. Tools may apply such edits without asking.
    pub is_safe: bool,
}

/// An edit: a source span and its new text.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edit {
    /// The span that is replaced.
    pub span: Span,
    /// The new text; empty for a deletion.
    pub text: String,
}

/// A text that may repeat what an author wrote, with nothing hidden in it.
fn shown(text: impl Into<String>) -> String {
    let text = text.into();
    match visible(&text) {
        Cow::Owned(visible) => visible,
        Cow::Borrowed(_) => text,
    }
}

impl Diagnostic {
    /// A diagnostic without labels.
    pub(crate) fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            message: shown(message),
            labels: Vec::new(),
            help: None,
            edits: Vec::new(),
            is_safe: false,
        }
    }

    /// Adds a label; the first call adds the primary one.
    #[must_use]
    pub(crate) fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: shown(text) });
        self
    }

    /// Sets the help.
    #[must_use]
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(shown(help));
        self
    }

    /// Sets the word that was probably meant in the place of the primary label: the help, and the edit.
    #[must_use]
    pub(crate) fn meant(self, word: &str) -> Self {
        let edits = self.span().map(|span| Edit { span, text: word.to_owned() });
        self.help(format!("did you mean `{word}`?")).edits(edits.into_iter().collect())
    }

    /// Lowers the severity to advice, for text that may be intended.
    #[must_use]
    pub(crate) fn advice(self) -> Self {
        Self { severity: Severity::Advice, ..self }
    }

    /// Adds edits that may change decisions or delete text that the author wants.
    #[must_use]
    pub(crate) fn edits(self, edits: Vec<Edit>) -> Self {
        Self { edits, ..self }
    }

    /// Adds edits that change no decision.
    #[must_use]
    pub(crate) fn safe_edits(self, edits: Vec<Edit>) -> Self {
        Self { edits, is_safe: true, ..self }
    }

    /// The span of the primary label.
    #[must_use]
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// Whether a diagnostic is an error. Searches from the end, where the diagnostics of the last step are.
pub(crate) fn has_error(found: &[Diagnostic]) -> bool {
    found.iter().rev().any(|one| one.severity == Severity::Error)
}

/// The diagnostics of a policy set: a list of bounded length that counts the rest.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
    bound: usize,
    dropped: usize,
    errors: usize,
}

impl Diagnostics {
    pub(crate) fn new(bound: usize) -> Self {
        Self { bound, ..Self::default() }
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let is_error = diagnostic.severity == Severity::Error;
        self.errors += usize::from(is_error);
        if self.list.len() < self.bound {
            self.list.push(diagnostic);
        } else {
            self.dropped += 1;
        }
    }

    pub(crate) fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        more.into_iter().for_each(|diagnostic| self.push(diagnostic));
    }

    /// The diagnostics that are kept.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }

    /// The number of diagnostics that are not kept. Parsing stops soon after the bound: there may be
    /// further mistakes.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.dropped
    }

    /// Whether there is an error, kept or not.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.errors > 0
    }

    /// Whether there are no diagnostics.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
