//! Code actions: repairs of diagnostics, and all safe repairs at once.

use std::ops::Range;
use std::sync::Arc;

use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Command, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use serde_json::json;

use super::additions;
use super::position::IndexedText;
use super::view::{View, bytes_of};
use crate::compiler::Checked;
use crate::diagnostic::{Diagnostic, Edit, Report};
use crate::source::{SourceId, SourceKind};

/// The kind of the action that makes all edits that change no decision.
pub(super) fn fix_all() -> CodeActionKind {
    CodeActionKind::new("source.fixAll.mam")
}

/// The actions for some bytes of the document, of the kinds that are asked for.
pub(super) fn actions(
    view: &View<'_>,
    bytes: Range<usize>,
    only: Option<&[CodeActionKind]>,
) -> Option<Vec<CodeActionOrCommand>> {
    let wants = |kind: &CodeActionKind| {
        only.is_none_or(|only| only.iter().any(|one| kind.as_str().starts_with(one.as_str())))
    };
    let checked = view.checked()?;
    let source = view.source(checked)?;
    let reports = reports(view, checked);
    let mut found = Vec::new();
    let is_here = |report: &&Report| {
        let span = report.diagnostic().span();
        span.is_some_and(|span| {
            let place = bytes_of(span);
            span.source == source && place.start <= bytes.end && bytes.start <= place.end
        })
    };
    if wants(&CodeActionKind::QUICKFIX) {
        for report in reports.iter().filter(is_here) {
            found.extend(repairs(view, checked, report.diagnostic()));
            found.push(explanation(report.diagnostic()));
        }
    }
    if wants(&fix_all()) {
        found.extend(all_safe(view, source, &reports));
    }
    Some(found)
}

/// The reports about the newest text: of the check, and of the analysis if it is about that text.
fn reports(view: &View<'_>, checked: &Arc<Checked>) -> Vec<Report> {
    let mut reports = checked.reports();
    if let Some((about, findings)) = view.found()
        && Arc::ptr_eq(about, checked)
    {
        reports.extend(findings.reports.iter().cloned());
    }
    reports
}

fn repairs(view: &View<'_>, checked: &Checked, found: &Diagnostic) -> Vec<CodeActionOrCommand> {
    let mut actions = Vec::new();
    if !found.edits.is_empty() {
        let title = title_of(found);
        actions.extend(action(view, checked, title, &found.edits, found.is_safe));
    } else if let (Some(meant), Some(span)) = (meant(found), found.span()) {
        let edit = Edit { span, text: meant.to_owned() };
        actions.extend(action(view, checked, format!("Change to `{meant}`"), &[edit], true));
    }
    actions.extend(additions::actions(view, found));
    actions
}

/// The title of an action that makes the edits of a diagnostic.
fn title_of(found: &Diagnostic) -> String {
    match &found.help {
        Some(help) => {
            let mut letters = help.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string());
            format!("{}{}", first.unwrap_or_default(), letters.as_str())
        }
        None => format!("Repair: {}", found.message),
    }
}

/// The word that a misspelt one was meant to be, as the help names it.
fn meant(found: &Diagnostic) -> Option<&str> {
    let (_, rest) = found.help.as_ref()?.split_once("did you mean `")?;
    rest.split_once('`').map(|(word, _)| word)
}

fn action(
    view: &View<'_>,
    checked: &Checked,
    title: String,
    edits: &[Edit],
    is_preferred: bool,
) -> Option<CodeActionOrCommand> {
    let edit = workspace_edit(view, checked, edits)?;
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        edit: Some(edit),
        is_preferred: is_preferred.then_some(true),
        ..CodeAction::default()
    }))
}

/// The edits of one file.
type FileEdits = (SourceId, Uri, Vec<OneOf<TextEdit, lsp_types::AnnotatedTextEdit>>);

/// Edits of a set as the protocol has them; `None` if one is in a catalogue.
fn workspace_edit(view: &View<'_>, checked: &Checked, edits: &[Edit]) -> Option<WorkspaceEdit> {
    let mut files: Vec<FileEdits> = Vec::new();
    for edit in edits {
        let source = checked.sources().get(edit.span.source)?;
        if source.kind() == SourceKind::Catalogue {
            return None;
        }
        let text = IndexedText::shared(Arc::clone(source.text()), view.documents.encoding());
        let new = TextEdit::new(text.range(bytes_of(edit.span)), edit.text.clone());
        match files.iter_mut().find(|(id, ..)| *id == edit.span.source) {
            Some((.., edits)) => edits.push(OneOf::Left(new)),
            None => files.push((edit.span.source, view.uri(source)?, vec![OneOf::Left(new)])),
        }
    }
    let files = files.into_iter().map(|(id, uri, edits)| {
        let open = view.documents.get(checked.sources().name(id));
        let text_document =
            OptionalVersionedTextDocumentIdentifier { uri, version: open.map(|one| one.version) };
        TextDocumentEdit { text_document, edits }
    });
    let changes = DocumentChanges::Edits(files.collect());
    Some(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
}

/// The action that shows the explanation of a diagnostic.
fn explanation(found: &Diagnostic) -> CodeActionOrCommand {
    let title = format!("Explain {}", found.code);
    let command = Command {
        title: title.clone(),
        command: "mam.help".to_owned(),
        arguments: Some(vec![json!({ "code": found.code.as_str() })]),
    };
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        command: Some(command),
        ..CodeAction::default()
    })
}

/// The action that makes all edits in the document that change no decision. They are worked out when it is chosen.
fn all_safe(view: &View<'_>, source: SourceId, reports: &[Report]) -> Option<CodeActionOrCommand> {
    let is_own = |edit: &Edit| edit.span.source == source;
    let is_safe = |one: &&Report| {
        let one = one.diagnostic();
        one.is_safe && one.edits.iter().any(is_own)
    };
    reports.iter().find(is_safe)?;
    let title = "Make all edits that change no decision".to_owned();
    let command = Command {
        title: title.clone(),
        command: "mam.fix".to_owned(),
        arguments: Some(vec![json!({ "uri": view.document.uri })]),
    };
    Some(CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(fix_all()),
        command: Some(command),
        ..CodeAction::default()
    }))
}
