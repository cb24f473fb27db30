//! Renaming: a declared name and all its uses, in all files of the sets that it is in.

use std::collections::{BTreeMap, BTreeSet};

use lsp_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, Position,
    PrepareRenameResponse, TextDocumentEdit, TextEdit, WorkspaceEdit,
};

use super::navigation::occurrences_of;
use super::view::View;
use crate::source::SourceKind;
use crate::syntax::is_reserved;

/// The reason why a name is not changed.
pub(super) type Refusal = String;

/// The range of the name at a position, if it can be changed.
pub(super) fn prepare(
    view: &View<'_>,
    position: Position,
) -> Result<PrepareRenameResponse, Refusal> {
    let (name, bytes) = renamable(view, position)?;
    let range = view.document.text.range(bytes);
    Ok(PrepareRenameResponse::RangeWithPlaceholder { range, placeholder: name })
}

/// The name at a position with its bytes, if a file of the set declares it.
fn renamable(
    view: &View<'_>,
    position: Position,
) -> Result<(String, std::ops::Range<usize>), Refusal> {
    let found = view.occurrence_at(view.offset(position)).filter(|(_, role, _)| role.is_name());
    let (name, _, bytes) = found.ok_or("there is no name here")?;
    let checked = view.checked().ok_or("the set is not read yet")?;
    let declared = view
        .declaration(checked, &name)
        .ok_or_else(|| format!("no file declares `{name}`; it cannot be renamed"))?;
    let source = checked.sources().get(declared.name.source);
    if source.is_none_or(|source| source.kind() != SourceKind::Policy) {
        return Err(format!("`{name}` is declared in a catalogue; it cannot be renamed"));
    }
    Ok((name, bytes))
}

/// Whether a text can be a name.
fn is_name(text: &str) -> bool {
    let is_inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(is_inner)
}

/// The edits that give the name at a position another one.
pub(super) fn edits(
    view: &View<'_>,
    position: Position,
    new: &str,
) -> Result<WorkspaceEdit, Refusal> {
    let (old, _) = renamable(view, position)?;
    if !is_name(new) {
        return Err(format!(
            "`{new}` is no name: names have small letters, digits and `-`, a letter first"
        ));
    }
    if is_reserved(new) {
        return Err(format!("`{new}` is a reserved word, it cannot be a name"));
    }
    let mut files: BTreeMap<String, TextDocumentEdit> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for checked in view.sets.iter().filter_map(|set| set.checked.as_ref()) {
        if view.declaration(checked, new).is_some() {
            return Err(format!("`{new}` is declared already"));
        }
        for span in occurrences_of(checked, &old, true) {
            let path = checked.sources().name(span.source).to_owned();
            let Some(place) = view.location(checked, span) else { continue };
            if !seen.insert((path.clone(), span.start)) {
                continue;
            }
            let version = view.documents.get(&path).map(|one| one.version);
            let file = files.entry(path).or_insert_with(|| TextDocumentEdit {
                text_document: OptionalVersionedTextDocumentIdentifier {
                    uri: place.uri.clone(),
                    version,
                },
                edits: Vec::new(),
            });
            file.edits.push(OneOf::Left(TextEdit::new(place.range, new.to_owned())));
        }
    }
    let changes = DocumentChanges::Edits(files.into_values().collect());
    Ok(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
}
