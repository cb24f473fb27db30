//! Symbols: the outline of a document, and the declarations of the workspace.

#![expect(deprecated, reason = "the protocol's types still have a field that is deprecated")]

use lsp_types::{DocumentSymbol, SymbolInformation, SymbolKind as Kind};

use super::position::IndexedText;
use super::view::{View, bytes_of, name_of, title_of};
use crate::compiler::Checked;
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

/// The declarations of a set whose names or titles hold a text, catalogues aside.
pub(super) fn matching(view: &View<'_>, checked: &Checked, query: &str) -> Vec<SymbolInformation> {
    let query = query.to_lowercase();
    let items = checked.files().iter().flat_map(|file| &file.items);
    let found = items.filter_map(|item| {
        let (symbol, (name, place)) = name_of(item)?;
        let title = title_of(item).unwrap_or_default();
        let is_match = name.contains(&query) || title.to_lowercase().contains(&query);
        let is_own =
            checked.sources().get(place.source)?.kind() == crate::source::SourceKind::Policy;
        if !is_match || !is_own {
            return None;
        }
        Some(SymbolInformation {
            name: name.to_owned(),
            kind: kind(symbol),
            tags: None,
            deprecated: None,
            location: view.location(checked, place)?,
            container_name: (!title.is_empty()).then(|| title.to_owned()),
        })
    });
    found.collect()
}
