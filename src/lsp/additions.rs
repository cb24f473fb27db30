//! Additions: actions that write missing declarations and apps.

use std::ops::Range;

use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, TextEdit};

use super::edits;
use super::places::bytes_of;
use super::view::View;
use crate::diagnostic::{Code, Diagnostic};
use crate::syntax::ast::{ItemKind, Policy, Set, StatementKind, TermKind};
use crate::syntax::{NameRole, SymbolKind};
use crate::vocabulary::Side;

/// The actions that write what a diagnostic misses.
pub(super) fn actions(view: &View<'_>, found: &Diagnostic) -> Vec<CodeActionOrCommand> {
    let declare = (found.code == Code::UnknownName).then(|| declare(view, found)).flatten();
    declare.into_iter().chain(protect(view, found)).collect()
}

/// An action that replaces some bytes of the document.
fn action(
    view: &View<'_>,
    title: String,
    bytes: Range<usize>,
    text: String,
) -> CodeActionOrCommand {
    let edit = TextEdit::new(view.document.text.range(bytes), text);
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        edit: Some(edits::of_document(view.document, vec![edit])),
        ..CodeAction::default()
    })
}

/// The action that declares an unknown name: as people behind `for`, as a filter behind `matching`, else as an app. It
/// is written in front of the first policy, or else at the end.
fn declare(view: &View<'_>, found: &Diagnostic) -> Option<CodeActionOrCommand> {
    let (name, role, _) = view.occurrence_at(bytes_of(found.span()?).start)?;
    let text = view.document.text.text();
    let kind = match role {
        NameRole::People => SymbolKind::Users,
        NameRole::Filter => SymbolKind::Filter,
        NameRole::Endpoint => SymbolKind::App,
        _ => return None,
    };
    let kind = kind.word();
    let items = &view.document.parsed()?.file.items;
    let first = items.iter().find(|item| matches!(item.kind, ItemKind::Policy(_)));
    let place = first.map_or(text.len(), |item| {
        let docs = item.docs.first().map(|doc| doc.span);
        bytes_of(docs.unwrap_or(item.span)).start
    });
    let new = match first {
        Some(_) => format!("{kind} {name}\n\n"),
        None => format!("\n{kind} {name}\n"),
    };
    Some(action(view, format!("Declare `{kind} {name}`"), place..place, new))
}

/// The action that adds the apps of a rule to `protect`, where the policy protects none of them.
fn protect(view: &View<'_>, found: &Diagnostic) -> Option<CodeActionOrCommand> {
    if found.code != Code::EmptyScope {
        return None;
    }
    let at = bytes_of(found.span()?);
    let items = &view.document.parsed()?.file.items;
    let policy = items.iter().find_map(|item| match &item.kind {
        ItemKind::Policy(policy) if bytes_of(item.span).contains(&at.start) => Some(policy),
        _ => None,
    })?;
    let (protected, own) = (protected(policy)?, own_set(policy, &at)?);
    if bytes_of(own.span) != at {
        return None;
    }
    let is_there = |name: &str| {
        protected
            .terms
            .iter()
            .any(|term| matches!(&term.what, TermKind::Name(one) if one.text == name))
    };
    let names = own.terms.iter().filter_map(|term| match &term.what {
        TermKind::Name(name) => Some(name.text.as_str()),
        TermKind::Word(_) | TermKind::Id(_) => None,
    });
    let names: Vec<_> = names.filter(|name| !is_there(name)).collect();
    let last = bytes_of(protected.terms.last()?.span).end;
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    Some(action(view, format!("Add `{names}` to `protect`"), last..last, format!(", {names}")))
}

/// The set behind `protect`.
fn protected(policy: &Policy) -> Option<&Set> {
    policy.body.iter().find_map(|one| match &one.kind {
        StatementKind::Protect(protect) => Some(&protect.set),
        _ => None,
    })
}

/// The set of a rule at some bytes that holds the apps of its policy.
fn own_set<'p>(policy: &'p Policy, at: &Range<usize>) -> Option<&'p Set> {
    policy.body.iter().find_map(|one| match &one.kind {
        StatementKind::Rule(rule) if bytes_of(one.span).contains(&at.start) => {
            match rule.effect.value.side() {
                Side::Source => rule.scope.from.as_ref(),
                Side::Target => rule.scope.to.as_ref(),
            }
        }
        _ => None,
    })
}
