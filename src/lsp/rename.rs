//! Renaming: a declared name and all its uses, in all files of the sets that it is in.

use std::collections::BTreeSet;

use lsp_types::{Position, PrepareRenameResponse, TextEdit, WorkspaceEdit};

use super::edits::FileEdits;
use super::navigation::occurrences_of;
use super::view::View;
use super::workspace::{SetKey, name_of_set};
use crate::compiler::Checked;
use crate::diagnostic::Severity;
use crate::limits::Limits;
use crate::model::built_in_names;
use crate::source::SourceKind;
use crate::syntax::{is_name, is_reserved};

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

/// The reason why a text cannot be a name, if there is one.
fn objection(new: &str) -> Option<Refusal> {
    if is_reserved(new) {
        return Some(format!("`{new}` is a reserved word, it cannot be a name"));
    }
    if !is_name(new) {
        return Some(format!(
            "`{new}` is no name: names have small letters, digits and `-`, a letter first"
        ));
    }
    let (length, limit) = (new.len(), Limits::default().name_bytes);
    if length > limit {
        return Some(format!("the name has {length} bytes, the limit is {limit}"));
    }
    let is_built_in = built_in_names().any(|name| name == new);
    is_built_in.then(|| format!("`{new}` is a name of the language"))
}

/// The reason why the uses of a name in a set are not all known, if there is one.
fn gap(checked: &Checked) -> Option<Refusal> {
    let is_broken =
        |code: &str| code.starts_with("mam::syntax::") || code.starts_with("mam::load::");
    let mut errors = checked.diagnostics().iter();
    let error =
        errors.find(|one| is_broken(one.code.as_str()) && one.severity == Severity::Error)?;
    let place = error.span().map_or_else(String::new, |span| {
        let file = checked.sources().name(span.source).rsplit('/').next().unwrap_or_default();
        format!(" in `{file}`, line {}", checked.sources().position(span).line)
    });
    Some(format!("a part of the set cannot be read{place}: {}; correct it first", error.message))
}

/// The edits that give the name at a position another one.
pub(super) fn edits(
    view: &View<'_>,
    position: Position,
    new: &str,
) -> Result<WorkspaceEdit, Refusal> {
    let (old, _) = renamable(view, position)?;
    if let Some(objection) = objection(new) {
        return Err(objection);
    }
    let mut files = FileEdits::default();
    let mut seen = BTreeSet::new();
    let mut open: Vec<SetKey> = view.sets.iter().map(|set| set.key.clone()).collect();
    let mut done = BTreeSet::new();
    while let Some(key) = open.pop() {
        if !done.insert(key.clone()) {
            continue;
        }
        let checked = readable(view, &key, new)?;
        let places = view.places(checked);
        for span in occurrences_of(checked, &old, true) {
            if let (Some(path), Some(range)) = (places.path(span), places.range(span))
                && seen.insert((path, span.start))
            {
                files.add(view.documents, path, TextEdit::new(range, new.to_owned()));
                // Another set that has this file has to go along.
                open.extend(view.workspace.sets_of(path));
            }
        }
    }
    Ok(files.finish())
}

/// The last check of a set in which a name can be replaced by a new one.
fn readable<'s>(view: &View<'s>, key: &SetKey, new: &str) -> Result<&'s Checked, Refusal> {
    let checked = view.all.get(key).filter(|set| set.is_ready());
    let checked = checked.and_then(|set| set.checked.as_ref());
    let Some(checked) = checked else {
        return Err(format!(
            "the name is used in the set {}, too; open it first",
            name_of_set(key)
        ));
    };
    if let Some(gap) = gap(checked) {
        return Err(gap);
    }
    if view.declaration(checked, new).is_some() {
        return Err(format!("`{new}` is declared already"));
    }
    Ok(checked)
}
