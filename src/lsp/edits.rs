//! Edits of files, as the protocol has them.

use std::collections::BTreeMap;

use lsp_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit,
    WorkspaceEdit,
};

use super::documents::{Document, Documents};
use super::line_map::LineMap;
use super::places::Places;
use super::position::IndexedText;
use crate::diagnostic::Edit;

/// Edits by file. Each file that is open is named by the editor's own address, with the version that is edited.
#[derive(Debug, Default)]
pub(super) struct FileEdits {
    files: BTreeMap<String, TextDocumentEdit>,
}

impl FileEdits {
    /// Adds an edit of a file; `None` if the file has no address.
    pub(super) fn add(&mut self, documents: &Documents, path: &str, edit: TextEdit) -> Option<()> {
        let uri = documents.uri(path)?;
        let version = documents.get(path).and_then(|document| document.version);
        let file = self.files.entry(path.to_owned()).or_insert_with(|| TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: Vec::new(),
        });
        file.edits.push(OneOf::Left(edit));
        Some(())
    }

    pub(super) fn finish(self) -> WorkspaceEdit {
        let changes = DocumentChanges::Edits(self.files.into_values().collect());
        WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
    }
}

/// Edits of a set; `None` if one is in a catalogue.
pub(super) fn of_set(places: &Places<'_>, edits: &[Edit]) -> Option<WorkspaceEdit> {
    let mut files = FileEdits::default();
    for edit in edits {
        let new = TextEdit::new(places.range(edit.span)?, edit.text.clone());
        files.add(places.documents, places.path(edit.span)?, new)?;
    }
    Some(files.finish())
}

/// Edits of one open document.
pub(super) fn of_document(document: &Document, edits: Vec<TextEdit>) -> WorkspaceEdit {
    let (uri, version) = (document.uri.clone(), document.version);
    let edits = edits.into_iter().map(OneOf::Left).collect();
    let text_document = OptionalVersionedTextDocumentIdentifier { uri, version };
    let changes = DocumentChanges::Edits(vec![TextDocumentEdit { text_document, edits }]);
    WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
}

/// The end of lines in a text: that of its first line.
pub(super) fn line_end(text: &str) -> &'static str {
    let first = text.split_inclusive('\n').next().unwrap_or("");
    if first.ends_with("\r\n") { "\r\n" } else { "\n" }
}

/// The edits of lines that lead from a text to another one.
pub(super) fn of_lines(old: &IndexedText, new: &str) -> Vec<TextEdit> {
    let edits = LineMap::new(old.text(), new).edits().into_iter();
    let edits = edits.filter_map(|(bytes, with)| {
        Some(TextEdit::new(old.range(bytes), new.get(with)?.to_owned()))
    });
    edits.collect()
}
