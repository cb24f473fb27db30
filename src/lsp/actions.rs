//! Code actions: repairs of diagnostics, and all safe repairs at once.

use std::ops::Range;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Command, WorkspaceEdit};
use serde_json::json;

use super::additions;
use super::edits;
use super::offers::{Demand, Offer, Previews, reports};
use super::places::{bytes_of, source_of};
use super::titles::title;
use super::view::{SetView, View};
use crate::compiler::Checked;
use crate::diagnostic::{Code, Diagnostic, Edit, Report, Severity};
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
    let mut found: Vec<CodeActionOrCommand> = Vec::new();
    if wants(&CodeActionKind::QUICKFIX) {
        let previews = Previews::new(view);
        for set in &view.sets {
            for action in of_set(view, set, &previews, &bytes) {
                // The same diagnostic may come from several sets.
                if !found.contains(&action) {
                    found.push(action);
                }
            }
        }
    }
    if wants(&fix_all()) && has_safe(view) {
        found.push(all_safe(view));
    }
    Some(found)
}

/// The actions for what one set finds at some bytes.
fn of_set(
    view: &View<'_>,
    set: &SetView<'_>,
    previews: &Previews<'_, '_>,
    bytes: &Range<usize>,
) -> Vec<CodeActionOrCommand> {
    let Some(checked) = &set.state.checked else { return Vec::new() };
    let Some(source) = source_of(checked, view.path) else { return Vec::new() };
    let places = view.places(checked);
    let is_here = |report: &&Report| {
        let span = report.diagnostic().span();
        span.is_some_and(|span| {
            let place = bytes_of(span);
            span.source == source && place.start <= bytes.end && bytes.start <= place.end
        })
    };
    let mut actions = Vec::new();
    for report in reports(set.state).iter().filter(is_here) {
        let diagnostic = report.diagnostic();
        for offer in offers(view, (checked, source), diagnostic) {
            let Some(leaves_fewer) = previews.passed(checked, diagnostic, &offer) else { continue };
            let is_preferred =
                offer.is_preferred && (leaves_fewer || diagnostic.severity != Severity::Error);
            let edit = edits::of_set(&places, &offer.edits);
            actions.extend(edit.map(|edit| repair(offer.title, edit, is_preferred)));
        }
        actions.push(explanation(diagnostic));
    }
    actions
}

/// The edits that may repair what a diagnostic is about: its own, and what is missing.
fn offers(
    view: &View<'_>,
    (checked, source): (&Checked, SourceId),
    found: &Diagnostic,
) -> Vec<Offer> {
    let mut offers = Vec::new();
    if !found.edits.is_empty() {
        // That an allow is overridden can be mended in two directions: neither is preferred.
        let is_preferred = found.severity == Severity::Error
            || found.is_safe && found.code != Code::LintOverridden;
        let title = title(checked, found, &found.edits);
        let (edits, demand) = (found.edits.clone(), Demand::NotMore);
        offers.push(Offer { title, edits, demand, is_preferred });
    }
    offers.extend(additions::offers(view, source, found));
    offers
}

/// Whether edits of the document change no decision. Where several sets use it, an edit may change what another one
/// decides; and an export is not edited.
fn has_safe(view: &View<'_>) -> bool {
    let [set] = view.sets.as_slice() else { return false };
    let Some(checked) = &set.state.checked else { return false };
    let Some(source) = source_of(checked, view.path) else { return false };
    let kind = checked.sources().get(source).map(|source| source.kind());
    let is_own = |edit: &Edit| edit.span.source == source;
    kind == Some(SourceKind::Policy)
        && reports(set.state)
            .iter()
            .any(|one| one.diagnostic().is_safe && one.diagnostic().edits.iter().any(is_own))
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
