//! Symbols: the outline of a document, and the declarations of the workspace.

#![expect(deprecated, reason = "the protocol's types still have a field that is deprecated")]

use std::collections::BTreeSet;

use lsp_types::{DocumentSymbol, SymbolInformation, SymbolKind as Kind};

use super::places::{Places, bytes_of};
use super::position::IndexedText;
use super::view::{View, name_of, title_of};
use crate::source::Span;
use crate::syntax::ast::{Item, ItemKind, Statement, StatementKind};
use crate::syntax::{SymbolKind, print};

/// The kind of symbol that editors know.
pub(super) const fn kind(kind: SymbolKind) -> Kind {
    match kind {
        SymbolKind::Tenant => Kind::NAMESPACE,
        SymbolKind::App => Kind::CLASS,
        SymbolKind::Storage => Kind::STRUCT,
        SymbolKind::Group => Kind::ARRAY,
        SymbolKind::Users => Kind::ENUM,
        SymbolKind::Filter => Kind::BOOLEAN,
        SymbolKind::Policy => Kind::FUNCTION,
    }
}

/// The outline of the document.
pub(super) fn outline(view: &View<'_>) -> Option<Vec<DocumentSymbol>> {
    let text = &view.document.text;
    let items = &view.document.parsed()?.file.items;
    Some(items.iter().filter_map(|item| of_item(text, item)).collect())
}

fn of_item(text: &IndexedText, item: &Item) -> Option<DocumentSymbol> {
    if let Some((symbol, (name, place))) = name_of(item) {
        let detail = title_of(item).map(str::to_owned);
        let mut found = symbol_at(text, name.to_owned(), kind(symbol), item.span, place);
        if let ItemKind::Policy(policy) = &item.kind {
            found.children = Some(policy.body.iter().map(|one| of_statement(text, one)).collect());
        }
        return Some(DocumentSymbol { detail, ..found });
    }
    let line = match &item.kind {
        ItemKind::Expect(expect) => print::expect(expect),
        ItemKind::ExpectAccess(expect) => print::expect_access(expect),
        _ => return None,
    };
    Some(symbol_at(text, line, Kind::EVENT, item.span, item.span))
}

fn of_statement(text: &IndexedText, statement: &Statement) -> DocumentSymbol {
    let kind = match statement.kind {
        StatementKind::Rule(_) => Kind::METHOD,
        StatementKind::Require(_) | StatementKind::Launch(_) => Kind::INTERFACE,
        StatementKind::Expect(_) | StatementKind::ExpectAccess(_) => Kind::EVENT,
        _ => Kind::PROPERTY,
    };
    symbol_at(text, print::statement(&statement.kind), kind, statement.span, statement.span)
}

fn symbol_at(
    text: &IndexedText,
    name: String,
    kind: Kind,
    span: Span,
    selected: Span,
) -> DocumentSymbol {
    DocumentSymbol {
        name,
        detail: None,
        kind,
        tags: None,
        deprecated: None,
        range: text.range(bytes_of(span)),
        selection_range: text.range(bytes_of(selected)),
        children: None,
    }
}

/// The declarations of all sets whose names or titles hold a text, catalogues aside.
pub(super) fn matching(view: &View<'_>, query: &str) -> Vec<SymbolInformation> {
    let query = query.to_lowercase();
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for checked in view.all_checked() {
        let places = view.places(checked);
        for item in checked.files().iter().flat_map(|file| &file.items) {
            if let Some((symbol, (name, place))) = name_of(item)
                && let Some(path) = places.path(place)
                && is_match(item, name, &query)
                && seen.insert((path, place.start))
            {
                found.extend(symbol_of(&places, item, kind(symbol), name, place));
            }
        }
    }
    found
}

fn is_match(item: &Item, name: &str, query: &str) -> bool {
    name.contains(query) || title_of(item).unwrap_or_default().to_lowercase().contains(query)
}

fn symbol_of(
    places: &Places<'_>,
    item: &Item,
    kind: Kind,
    name: &str,
    place: Span,
) -> Option<SymbolInformation> {
    Some(SymbolInformation {
        name: name.to_owned(),
        kind,
        tags: None,
        deprecated: None,
        location: places.location(place)?,
        container_name: title_of(item).map(str::to_owned),
    })
}
