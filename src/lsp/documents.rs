//! The open documents: their texts as the editor last sent them, and their trees.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::position::{Encoding, IndexedText};
use super::uri::{path_of, uri_of};
use crate::diagnostic::{Diagnostic, has_error};
use crate::limits::Limits;
use crate::source::{SourceKind, Sources};
use crate::syntax::ast::File;
use crate::syntax::{ParseCache, parse_cached};

/// A text as a tree, alone and without the files that it uses.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) sources: Sources,
    pub(super) file: File,
    found: Vec<Diagnostic>,
}

impl Parsed {
    fn new(text: &str, cache: &ParseCache) -> Self {
        let mut sources = Sources::default();
        let id = sources.add("", text);
        let (file, found) = parse_cached(&sources, id, &Limits::default(), Some(cache));
        Self { sources, file, found }
    }

    /// Whether the text has mistakes of syntax; the tree lacks the statements that have them.
    pub(super) fn is_broken(&self) -> bool {
        has_error(&self.found)
    }
}

/// An open document.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) uri: Uri,
    /// The number that the editor gave the text, if it gives any.
    pub(super) version: Option<i32>,
    pub(super) text: IndexedText,
    parsed: OnceLock<Parsed>,
    cache: ParseCache,
}

impl Document {
    /// The tree of the text; `None` for JSON.
    pub(super) fn parsed(&self) -> Option<&Parsed> {
        let text = self.text.text();
        let is_policy = SourceKind::of(text) == SourceKind::Policy;
        is_policy.then(|| self.parsed.get_or_init(|| Parsed::new(text, &self.cache)))
    }
}

/// The open documents, by path. A clone is a state of them that does not change, for threads.
#[derive(Debug, Clone, Default)]
pub(super) struct Documents {
    open: BTreeMap<String, Arc<Document>>,
    encoding: Encoding,
    /// The trees of statements, which the checker shares.
    cache: ParseCache,
}

impl Documents {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { encoding, ..Self::default() }
    }

    /// No documents, with the cache of others.
    pub(super) fn sharing_cache(others: &Self) -> Self {
        Self { cache: others.cache.clone(), ..Self::new(others.encoding) }
    }

    pub(super) fn open(&mut self, uri: Uri, version: Option<i32>, text: &str) {
        let text = IndexedText::new(text, self.encoding);
        self.insert(path_of(&uri), uri, version, text);
    }

    fn insert(&mut self, path: String, uri: Uri, version: Option<i32>, text: IndexedText) {
        let cache = self.cache.clone();
        let document = Document { uri, version, text, parsed: OnceLock::new(), cache };
        self.open.insert(path, Arc::new(document));
    }

    pub(super) fn close(&mut self, path: &str) {
        self.open.remove(path);
    }

    /// Applies changes, each to the text that the one before it left.
    pub(super) fn change(
        &mut self,
        path: &str,
        version: Option<i32>,
        changes: Vec<TextDocumentContentChangeEvent>,
    ) {
        let Some(document) = self.open.get(path) else { return };
        let uri = document.uri.clone();
        let mut text = document.text.clone();
        for change in changes {
            text = match change.range {
                None => IndexedText::new(&change.text, self.encoding),
                Some(range) => text.replaced(range, &change.text),
            };
        }
        self.insert(path.to_owned(), uri, version, text);
    }

    pub(super) fn get(&self, path: &str) -> Option<&Document> {
        self.open.get(path).map(|document| &**document)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.open.keys()
    }

    /// The address of a file: the editor's own one if it is open.
    pub(super) fn uri(&self, path: &str) -> Option<Uri> {
        match self.get(path) {
            Some(document) => Some(document.uri.clone()),
            None => uri_of(path),
        }
    }

    pub(super) const fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub(super) const fn cache(&self) -> &ParseCache {
        &self.cache
    }
}
