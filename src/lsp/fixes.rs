//! Fixes: all edits of a set that change no decision.
//!
//! Each suggestion is safe by itself, but two may not be: of two equal rules, one must stay. Therefore edits are kept
//! only if the set that has them decides every movement as before; otherwise half as many are tried.

use std::sync::Arc;

use lsp_types::{
    DocumentChanges, OneOf, OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit,
    WorkspaceEdit,
};

use super::carry::Carry;
use super::linter::reports;
use super::position::{Encoding, IndexedText};
use super::uri::uri_of;
use crate::analysis::{Analysis, diff};
use crate::compiler::Checked;
use crate::diagnostic::{Edit, Report};
use crate::source::SourceKind;

/// The most rounds of suggestions.
const ROUNDS: usize = 50;

/// The edits of one file of a set that change no decision; `None` if there are none.
pub(super) fn edits(checked: &Checked, path: &str, encoding: Encoding) -> Option<WorkspaceEdit> {
    let mut fixed = checked.clone();
    for _ in 0..ROUNDS {
        match round(&fixed, path) {
            Some(better) => fixed = better,
            None => break,
        }
    }
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

/// The set after as many suggestions as are safe together; `None` if there is none.
fn round(checked: &Checked, path: &str) -> Option<Checked> {
    let analysis = Analysis::new(checked).ok()?;
    let suggestions = suggestions(checked, &analysis, path);
    for first in 0..suggestions.len() {
        let mut rest = suggestions.get(first..)?;
        while !rest.is_empty() {
            let edits: Vec<Edit> = rest.iter().flatten().cloned().collect();
            let better = checked.with_edits(&edits);
            if decides_alike(&analysis, &better) {
                return Some(better);
            }
            rest = rest.get(..rest.len() / 2)?;
        }
    }
    None
}

/// The edits of every safe suggestion in a file, without those that touch the edits of an earlier one.
fn suggestions(checked: &Checked, analysis: &Analysis<'_>, path: &str) -> Vec<Vec<Edit>> {
    let mut found: Vec<Vec<Edit>> = Vec::new();
    let all = checked.reports().into_iter().chain(reports(checked, analysis, true));
    for report in all {
        let suggestion = Report::diagnostic(&report);
        let meets = |edit: &Edit| {
            let taken = found.iter().flatten();
            taken
                .into_iter()
                .any(|one| one.span.start <= edit.span.end && edit.span.start <= one.span.end)
        };
        let is_here = |edit: &Edit| checked.sources().name(edit.span.source) == path;
        let edits = &suggestion.edits;
        let fits = edits.iter().all(is_here) && !edits.iter().any(meets);
        if suggestion.is_safe && fits && !edits.is_empty() {
            found.push(edits.clone());
        }
    }
    found
}

/// Whether another set decides every movement like the one that is analysed.
fn decides_alike(before: &Analysis<'_>, after: &Checked) -> bool {
    let Ok(after) = Analysis::new(after) else { return false };
    diff(before, &after).is_ok_and(|changes| changes.is_empty())
}
