//! Code actions: repairs of diagnostics, and all safe repairs at once.

use std::ops::Range;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Command, WorkspaceEdit};
use serde_json::json;

use super::additions;
use super::edits;
use super::places::{Places, bytes_of, source_of};
use super::view::{SetView, View};
use crate::diagnostic::{Code, Diagnostic, Edit, Report, Severity};

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
    let mut found: Vec<CodeActionOrCommand> = Vec::new();
    let mut has_safe = false;
    for set in &view.sets {
        let Some(checked) = &set.state.checked else { continue };
        let Some(source) = source_of(checked, view.path) else { continue };
        let places = view.places(checked);
        let reports = reports(set);
        let is_here = |report: &&Report| {
            let span = report.diagnostic().span();
            span.is_some_and(|span| {
                let place = bytes_of(span);
                span.source == source && place.start <= bytes.end && bytes.start <= place.end
            })
        };
        for report in reports.iter().filter(is_here) {
            let repairs = repairs(view, &places, report.diagnostic());
            // The same diagnostic may come from several sets.
            for action in repairs.into_iter().chain([explanation(report.diagnostic())]) {
                if !found.contains(&action) {
                    found.push(action);
                }
            }
        }
        let is_own = |edit: &Edit| edit.span.source == source;
        has_safe |= reports
            .iter()
            .any(|one| one.diagnostic().is_safe && one.diagnostic().edits.iter().any(is_own));
    }
    if !wants(&CodeActionKind::QUICKFIX) {
        found.clear();
    }
    if has_safe && wants(&fix_all()) {
        found.push(all_safe(view));
    }
    Some(found)
}

/// The reports about the newest text: of the check, and of the analysis if it is about that text.
fn reports(set: &SetView<'_>) -> Vec<Report> {
    let checked = set.state.checked.iter();
    let mut reports: Vec<_> = checked.flat_map(|checked| checked.reports()).collect();
    let findings = set.state.analysis.findings.as_ref();
    if let Some(findings) = findings.filter(|findings| set.state.is_current(findings)) {
        reports.extend(findings.value.iter().cloned());
    }
    reports
}

fn repairs(view: &View<'_>, places: &Places<'_>, found: &Diagnostic) -> Vec<CodeActionOrCommand> {
    let mut actions = Vec::new();
    if !found.edits.is_empty() {
        let edit = edits::of_set(places, &found.edits);
        // That an allow is overridden can be mended in two directions: neither is preferred.
        let is_preferred = found.severity == Severity::Error
            || found.is_safe && found.code != Code::LintOverridden;
        actions.extend(edit.map(|edit| repair(title_of_repair(found), edit, is_preferred)));
    }
    actions.extend(additions::actions(view, found));
    actions
}

/// The title of an action that makes the edits of a diagnostic.
fn title_of_repair(found: &Diagnostic) -> String {
    if let [Edit { span, text }] = found.edits.as_slice()
        && found.span() == Some(*span)
        && !text.is_empty()
    {
        return format!("Change to `{text}`");
    }
    match &found.help {
        Some(help) => {
            let mut letters = help.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string());
            format!("{}{}", first.unwrap_or_default(), letters.as_str())
        }
        None => format!("Repair: {}", found.message),
    }
}

fn repair(title: String, edit: WorkspaceEdit, is_preferred: bool) -> CodeActionOrCommand {
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        edit: Some(edit),
        is_preferred: is_preferred.then_some(true),
        ..CodeAction::default()
    })
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
fn all_safe(view: &View<'_>) -> CodeActionOrCommand {
    let title = "Make all edits that change no decision".to_owned();
    let command = Command {
        title: title.clone(),
        command: "mam.fix".to_owned(),
        arguments: Some(vec![json!({ "uri": view.document.uri })]),
    };
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(fix_all()),
        command: Some(command),
        ..CodeAction::default()
    })
}
