//! Symbols: the outline of a document, and the declarations of the workspace.

#![expect(deprecated, reason = "the protocol's types still have a field that is deprecated")]

use std::collections::BTreeSet;

use lsp_types::{DocumentSymbol, Location, SymbolInformation, SymbolKind as Kind};

use super::documents::Documents;
use super::places::{Places, bytes_of};
use super::position::IndexedText;
use super::view::{View, name_of, title_of};
use crate::limits::Limits;
use crate::source::{SourceKind, Sources, Span};
use crate::syntax::ast::{File, Item, ItemKind, Statement, StatementKind};
use crate::syntax::{SymbolKind, parse, print};

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

/// The declarations whose names or titles hold a text, each once, catalogues aside.
pub(super) struct Matches {
    query: String,
    seen: BTreeSet<(String, u32)>,
    /// The files that are searched.
    files: BTreeSet<String>,
    pub(super) found: Vec<SymbolInformation>,
}

impl Matches {
    pub(super) fn of(query: &str) -> Self {
        let query = query.to_lowercase();
        Self { query, seen: BTreeSet::new(), files: BTreeSet::new(), found: Vec::new() }
    }

    /// Adds those of a set.
    pub(super) fn add_set(&mut self, places: &Places<'_>) {
        for file in places.checked.files() {
            let start = Span { source: file.source, start: 0, end: 0 };
            let Some(path) = places.path(start) else { continue };
            self.files.insert(path.to_owned());
            self.add_file(path, file, |place| places.location(place));
        }
    }

    /// Adds those of a text that no set had.
    pub(super) fn add_text(&mut self, documents: &Documents, path: &str, text: &str) {
        if !self.files.insert(path.to_owned()) || SourceKind::of(text) == SourceKind::Json {
            return;
        }
        let mut sources = Sources::default();
        let id = sources.add(path, text);
        let (file, _) = parse(&sources, id, &Limits::default());
        let text = IndexedText::new(text, documents.encoding());
        let uri = documents.uri(path);
        let location = |place| Some(Location::new(uri.clone()?, text.range(bytes_of(place))));
        self.add_file(path, &file, location);
    }

    fn add_file(&mut self, path: &str, file: &File, location: impl Fn(Span) -> Option<Location>) {
        for item in &file.items {
            if let Some((symbol, (name, place))) = name_of(item)
                && is_match(item, name, &self.query)
                && self.seen.insert((path.to_owned(), place.start))
                && let Some(location) = location(place)
            {
                self.found.push(SymbolInformation {
                    name: name.to_owned(),
                    kind: kind(symbol),
                    tags: None,
                    deprecated: None,
                    location,
                    container_name: title_of(item).map(str::to_owned),
                });
            }
        }
    }
}

fn is_match(item: &Item, name: &str, query: &str) -> bool {
    name.contains(query) || title_of(item).unwrap_or_default().to_lowercase().contains(query)
}
