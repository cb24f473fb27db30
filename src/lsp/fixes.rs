//! Fixes: the safe edits of a file, as an edit of the editor's workspace.

use std::sync::Arc;

use lsp_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit,
    WorkspaceEdit,
};

use super::carry::Carry;
use super::position::{Encoding, IndexedText};
use super::uri::uri_of;
use crate::analysis::fixed;
use crate::compiler::Checked;
use crate::source::SourceKind;

/// The edits of one file of a set that change no decision; `None` if there are none.
pub(super) fn edits(checked: &Checked, path: &str, encoding: Encoding) -> Option<WorkspaceEdit> {
    let fixed = fixed(checked, &|name| name == path).ok()?.checked;
    let text = |of: &Checked| {
        let is_it = |kind: SourceKind, name: &str| kind == SourceKind::Policy && name == path;
        let found = of.sources().iter().find(|(_, source)| is_it(source.kind(), source.name()));
        found.map(|(_, source)| Arc::clone(source.text()))
    };
    let (old, new) = (IndexedText::shared(text(checked)?, encoding), text(&fixed)?);
    let edits = Carry::new(old.text(), &new).edits().into_iter().filter_map(|(bytes, with)| {
        Some(OneOf::Left(TextEdit::new(old.range(bytes), new.get(with)?.to_owned())))
    });
    let edits: Vec<_> = edits.collect();
    if edits.is_empty() {
        return None;
    }
    let text_document =
        OptionalVersionedTextDocumentIdentifier { uri: uri_of(path)?, version: None };
    let changes = DocumentChanges::Edits(vec![TextDocumentEdit { text_document, edits }]);
    Some(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
}
