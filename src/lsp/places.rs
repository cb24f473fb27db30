//! Places: spans of a checked set as ranges in documents.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use lsp_types::{Location, Range, Uri};

use super::documents::Documents;
use super::options::Options;
use super::position::IndexedText;
use super::uri::uri_of;
use crate::compiler::Checked;
use crate::source::{Source, SourceId, SourceKind, Span};

/// The bytes of a span.
pub(super) fn bytes_of(span: Span) -> std::ops::Range<usize> {
    span.start as usize..span.end as usize
}

/// The places of a set. The lines of each text are found once.
pub(super) struct Places<'s> {
    pub(super) checked: &'s Checked,
    pub(super) documents: &'s Documents,
    options: &'s Options,
    texts: RefCell<BTreeMap<SourceId, IndexedText>>,
}

impl<'s> Places<'s> {
    pub(super) fn new(
        checked: &'s Checked,
        documents: &'s Documents,
        options: &'s Options,
    ) -> Self {
        Self { checked, documents, options, texts: RefCell::default() }
    }

    /// The range of a span in its text.
    pub(super) fn range(&self, span: Span) -> Option<Range> {
        let source = self.checked.sources().get(span.source)?;
        let mut texts = self.texts.borrow_mut();
        let text = texts.entry(span.source).or_insert_with(|| {
            IndexedText::shared(Arc::clone(source.text()), self.documents.encoding())
        });
        Some(text.range(bytes_of(span)))
    }

    /// The place of a span. Texts of catalogues have one if the editor can show them.
    pub(super) fn location(&self, span: Span) -> Option<Location> {
        let source = self.checked.sources().get(span.source)?;
        Some(Location::new(self.uri(source)?, self.range(span)?))
    }

    /// The address of a source.
    pub(super) fn uri(&self, source: &Source) -> Option<Uri> {
        match source.kind() {
            SourceKind::Catalogue => {
                let start = self.options.catalogues.as_ref()?;
                uri_of(&format!("{start}{}.mam", source.name()))
            }
            _ => self.documents.uri(source.name()),
        }
    }

    /// The path of the file that a span is in; `None` for a catalogue.
    pub(super) fn path(&self, span: Span) -> Option<&'s str> {
        let source = self.checked.sources().get(span.source)?;
        (source.kind() != SourceKind::Catalogue).then(|| source.name())
    }
}

/// The source of a file in a set.
pub(super) fn source_of(checked: &Checked, path: &str) -> Option<SourceId> {
    let is_it = |source: &Source| source.name() == path && source.kind() != SourceKind::Catalogue;
    checked.sources().iter().find(|(_, source)| is_it(source)).map(|(id, _)| id)
}
