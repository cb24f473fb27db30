//! The open documents: their texts as the editor last sent them, and their trees.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, Uri};

use super::position::{Encoding, IndexedText};
use super::uri::path_of;
use crate::diagnostic::{Diagnostic, has_error};
use crate::limits::Limits;
use crate::source::{SourceKind, Sources};
use crate::syntax::ast::File;
use crate::syntax::parse;

/// A text as a tree, alone and without the files that it uses.
#[derive(Debug)]
pub(super) struct Parsed {
    pub(super) sources: Sources,
    pub(super) file: File,
    found: Vec<Diagnostic>,
}

impl Parsed {
    fn new(text: &str) -> Self {
        let mut sources = Sources::default();
        let id = sources.add("", text);
        let (file, found) = parse(&sources, id, &Limits::default());
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
    pub(super) version: i32,
    pub(super) text: IndexedText,
    parsed: OnceCell<Parsed>,
}

impl Document {
    pub(super) fn new(uri: Uri, version: i32, text: IndexedText) -> Self {
        Self { uri, version, text, parsed: OnceCell::new() }
    }

    /// The tree of the text; `None` for JSON.
    pub(super) fn parsed(&self) -> Option<&Parsed> {
        let text = self.text.text();
        let is_policy = SourceKind::of(text) == SourceKind::Policy;
        is_policy.then(|| self.parsed.get_or_init(|| Parsed::new(text)))
    }
}

/// The open documents, by path.
#[derive(Debug, Default)]
pub(super) struct Documents {
    open: BTreeMap<String, Document>,
    encoding: Encoding,
}

impl Documents {
    pub(super) fn new(encoding: Encoding) -> Self {
        Self { open: BTreeMap::new(), encoding }
    }

    pub(super) fn open(&mut self, uri: Uri, version: i32, text: &str) {
        let text = IndexedText::new(text, self.encoding);
        self.open.insert(path_of(&uri), Document::new(uri, version, text));
    }

    pub(super) fn close(&mut self, path: &str) {
        self.open.remove(path);
    }

    /// Applies changes, each to the text that the one before it left.
    pub(super) fn change(
        &mut self,
        path: &str,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
    ) {
        let Some(document) = self.open.get_mut(path) else { return };
        let mut text = document.text.clone();
        for change in changes {
            text = match change.range {
                None => IndexedText::new(&change.text, self.encoding),
                Some(range) => {
                    let bytes = text.bytes(range);
                    let mut new = text.text().to_string();
                    new.replace_range(bytes, &change.text);
                    IndexedText::new(&new, self.encoding)
                }
            };
        }
        *document = Document::new(document.uri.clone(), version, text);
    }

    pub(super) fn get(&self, path: &str) -> Option<&Document> {
        self.open.get(path)
    }

    pub(super) fn paths(&self) -> impl Iterator<Item = &String> {
        self.open.keys()
    }

    /// The texts by path, for threads.
    pub(super) fn texts(&self) -> BTreeMap<String, Arc<str>> {
        self.open.iter().map(|(path, one)| (path.clone(), Arc::clone(one.text.text()))).collect()
    }

    pub(super) const fn encoding(&self) -> Encoding {
        self.encoding
    }
}
