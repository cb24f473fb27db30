//! Fixes: the safe edits of a document, as an edit of the editor's workspace.

use std::sync::Arc;

use lsp_types::WorkspaceEdit;

use super::documents::Document;
use super::edits;
use super::places::source_of;
use crate::analysis::fixed;
use crate::compiler::Checked;

/// The edits of a document of a set that change no decision; `None` if there are none.
///
/// # Errors
///
/// When the set has errors, or the search meets a limit.
pub(super) fn edits(
    checked: &Checked,
    path: &str,
    document: &Document,
) -> Result<Option<WorkspaceEdit>, String> {
    let fixed = fixed(checked, &|name| name == path).map_err(|errors| errors.to_string())?.checked;
    let text = |of: &Checked| {
        let source = of.sources().get(source_of(of, path)?)?;
        Some(Arc::clone(source.text()))
    };
    if text(checked).as_ref() != Some(document.text.text()) {
        return Err("the text has changed since it was checked".to_owned());
    }
    let new = text(&fixed).unwrap_or_default();
    let edits = edits::of_lines(&document.text, &new);
    Ok((!edits.is_empty()).then(|| edits::of_document(document, edits)))
}
