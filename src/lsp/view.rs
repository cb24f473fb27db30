//! View: a document with the last results about the sets that it belongs to.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use lsp_types::Position;

use super::documents::{Document, Documents};
use super::options::Options;
use super::places::{Places, bytes_of};
use super::sets::SetState;
use super::workspace::{SetKey, Workspace};
use crate::compiler::Checked;
use crate::model::Model;
use crate::source::Span;
use crate::syntax::ast::{File, Item};
use crate::syntax::{NameRole, Occurrence, SymbolKind, occurrences};

/// A set with the last results about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct SetView<'s> {
    pub(super) key: &'s SetKey,
    pub(super) state: &'s SetState,
}

/// A document and what is known about it.
#[derive(Debug)]
pub(super) struct View<'s> {
    pub(super) path: &'s str,
    pub(super) document: &'s Document,
    /// The sets that the document belongs to. Names are those of the first one.
    pub(super) sets: Vec<SetView<'s>>,
    /// The sets of all open documents.
    pub(super) all: &'s BTreeMap<SetKey, SetState>,
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
    /// The last checks of the sets.
    pub(super) fn all_checked(&self) -> impl Iterator<Item = &'s Arc<Checked>> {
        self.sets.iter().filter_map(|set| set.state.checked.as_ref())
    }

    /// The last check of the first set.
    pub(super) fn checked(&self) -> Option<&'s Arc<Checked>> {
        self.all_checked().next()
    }

    /// The models of the last checks without errors, by set.
    pub(super) fn models(&self) -> impl Iterator<Item = (&'s SetKey, &'s Checked, &'s Model)> {
        self.sets.iter().filter_map(|set| {
            let good = set.state.good.as_ref()?;
            Some((set.key, &**good, good.model()?))
        })
    }

    /// The model of the first set.
    pub(super) fn model(&self) -> Option<&'s Model> {
        self.models().next().map(|(.., model)| model)
    }

    /// The places of a set.
    pub(super) fn places(&self, checked: &'s Checked) -> Places<'s> {
        Places::new(checked, self.documents, self.options)
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
