//! View: a document with the last results about the sets that it belongs to.

use std::ops::Range;
use std::sync::Arc;

use lsp_types::{Location, Position, Uri};

use super::documents::{Document, Documents};
use super::events::Findings;
use super::options::Options;
use super::position::IndexedText;
use super::uri::uri_of;
use super::workspace::Workspace;
use crate::compiler::Checked;
use crate::model::Model;
use crate::source::{Source, SourceId, SourceKind, Span};
use crate::syntax::ast::{File, Item};
use crate::syntax::{NameRole, Occurrence, SymbolKind, occurrences};

/// The last results about a set.
#[derive(Debug, Clone, Default)]
pub(super) struct SetState {
    /// The number of the newest text that has to be checked.
    pub(super) wanted: u64,
    /// The number of the text that was checked last.
    pub(super) done: u64,
    /// That check.
    pub(super) checked: Option<Arc<Checked>>,
    /// The last check without errors.
    pub(super) good: Option<Arc<Checked>>,
    /// The last findings of the analysis, with the set that they are about.
    pub(super) found: Option<(Arc<Checked>, Findings)>,
}

impl SetState {
    /// Whether the newest text is checked.
    pub(super) fn is_ready(&self) -> bool {
        self.done >= self.wanted
    }
}

/// A document and what is known about it.
#[derive(Debug)]
pub(super) struct View<'s> {
    pub(super) path: &'s str,
    pub(super) document: &'s Document,
    /// The sets that the document belongs to; the first one answers where one has to.
    pub(super) sets: Vec<&'s SetState>,
    pub(super) documents: &'s Documents,
    pub(super) options: &'s Options,
    pub(super) workspace: &'s Workspace,
}

/// A declaration of a set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Declaration<'c> {
    pub(super) item: &'c Item,
    /// The place of its name.
    pub(super) name: Span,
}

impl<'s> View<'s> {
    /// The last check of the first set.
    pub(super) fn checked(&self) -> Option<&'s Arc<Checked>> {
        self.sets.iter().find_map(|set| set.checked.as_ref())
    }

    /// The last check of the first set that found no errors.
    pub(super) fn good(&self) -> Option<&'s Arc<Checked>> {
        self.sets.iter().find_map(|set| set.good.as_ref())
    }

    /// The model of that check.
    pub(super) fn model(&self) -> Option<&'s Model> {
        self.good().and_then(|checked| checked.model())
    }

    /// The last findings about the first set that has some.
    pub(super) fn found(&self) -> Option<&'s (Arc<Checked>, Findings)> {
        self.sets.iter().find_map(|set| set.found.as_ref())
    }

    /// The byte at a position of the document.
    pub(super) fn offset(&self, position: Position) -> usize {
        self.document.text.offset(position)
    }

    /// The declaration of a name in a set.
    pub(super) fn declaration<'c>(
        &self,
        checked: &'c Checked,
        name: &str,
    ) -> Option<Declaration<'c>> {
        checked.files().iter().find_map(|file| declared(file, name))
    }

    /// The place of a span of a set. Texts of catalogues have one if the editor can show them.
    pub(super) fn location(&self, checked: &Checked, span: Span) -> Option<Location> {
        let source = checked.sources().get(span.source)?;
        let uri = self.uri(source)?;
        let text = IndexedText::shared(Arc::clone(source.text()), self.documents.encoding());
        Some(Location::new(uri, text.range(bytes_of(span))))
    }

    /// The address of a source.
    pub(super) fn uri(&self, source: &Source) -> Option<Uri> {
        match source.kind() {
            SourceKind::Catalogue => {
                let start = self.options.catalogues.as_ref()?;
                uri_of(&format!("{start}{}.mam", source.name()))
            }
            _ => match self.documents.get(source.name()) {
                Some(document) => Some(document.uri.clone()),
                None => uri_of(source.name()),
            },
        }
    }

    /// The source of the document in a set.
    pub(super) fn source(&self, checked: &Checked) -> Option<SourceId> {
        let is_it =
            |source: &Source| source.name() == self.path && source.kind() != SourceKind::Catalogue;
        checked.sources().iter().find(|(_, source)| is_it(source)).map(|(id, _)| id)
    }

    /// The name or word at a byte of the document, with its bytes.
    pub(super) fn occurrence_at(&self, at: usize) -> Option<(String, NameRole, Range<usize>)> {
        let file = &self.document.parsed()?.file;
        let touches = |one: &Occurrence<'_>| {
            let bytes = bytes_of(one.span);
            bytes.start <= at && at <= bytes.end
        };
        let found = occurrences(file).into_iter().find(touches)?;
        Some((found.text.to_owned(), found.role, bytes_of(found.span)))
    }
}

/// The declaration of a name in a file.
pub(super) fn declared<'c>(file: &'c File, name: &str) -> Option<Declaration<'c>> {
    file.items.iter().find_map(|item| {
        let (_, (found, place)) = name_of(item)?;
        (found == name).then_some(Declaration { item, name: place })
    })
}

/// The kind, name and place of a declaration.
pub(super) fn name_of(item: &Item) -> Option<(SymbolKind, (&str, Span))> {
    use crate::syntax::ast::ItemKind;
    let (kind, name) = match &item.kind {
        ItemKind::Tenant(one) => (SymbolKind::Tenant, &one.name),
        ItemKind::App(one) => (SymbolKind::App, &one.name),
        ItemKind::Storage(one) => (SymbolKind::Storage, &one.name),
        ItemKind::Group(one) => (SymbolKind::Group, &one.name),
        ItemKind::Users(one) => (SymbolKind::Users, &one.name),
        ItemKind::Filter(one) => (SymbolKind::Filter, &one.name),
        ItemKind::Policy(one) => (SymbolKind::Policy, &one.name),
        ItemKind::Version(_)
        | ItemKind::Use(_)
        | ItemKind::Expect(_)
        | ItemKind::ExpectAccess(_) => {
            return None;
        }
    };
    Some((kind, (&name.text, name.span)))
}

/// The title of a declaration.
pub(super) fn title_of(item: &Item) -> Option<&str> {
    use crate::syntax::ast::ItemKind;
    let title = match &item.kind {
        ItemKind::Tenant(one) => Some(&one.domain),
        ItemKind::App(one) => one.title.as_ref(),
        ItemKind::Storage(one) => one.title.as_ref(),
        ItemKind::Users(one) => one.title.as_ref(),
        ItemKind::Filter(one) => one.title.as_ref(),
        ItemKind::Policy(one) => one.title.as_ref(),
        _ => None,
    };
    title.map(|text| text.value.as_str())
}

/// The bytes of a span.
pub(super) fn bytes_of(span: Span) -> Range<usize> {
    span.start as usize..span.end as usize
}
