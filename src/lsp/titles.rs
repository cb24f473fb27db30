//! Titles: what an edit does, in words.

use super::places::bytes_of;
use super::view::name_of;
use crate::compiler::Checked;
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::syntax::ast::{Item, ItemKind, Policy, Statement, StatementKind};
use crate::syntax::print;

/// The longest text in a title, in characters.
const LONGEST: usize = 60;

/// The title of the edits of a diagnostic: what they change, insert or delete.
pub(super) fn title(checked: &Checked, found: &Diagnostic, edits: &[Edit]) -> String {
    let (docs, mut others): (Vec<&Edit>, Vec<&Edit>) =
        edits.iter().partition(|edit| is_documentation(checked, edit));
    if others.is_empty() {
        others = docs;
    }
    let Some(first) = others.first() else { return format!("Repair: {}", found.message) };
    let own = of_edit(checked, found, first);
    match others.len() {
        1 => own,
        2 => format!("{own}, and one more edit"),
        number => format!("{own}, and {} more edits", number - 1),
    }
}

/// Whether an edit deletes documentation alone, which goes with what it documents.
fn is_documentation(checked: &Checked, edit: &Edit) -> bool {
    edit.text.is_empty()
        && checked.sources().slice(edit.span).trim_start().starts_with("///")
        && deleted_item(checked, edit.span).is_none()
        && deleted_statement(checked, edit.span).is_none()
}

fn of_edit(checked: &Checked, found: &Diagnostic, Edit { span, text }: &Edit) -> String {
    let old = checked.sources().slice(*span).trim();
    let new = shorten(text.trim());
    if !text.is_empty() {
        return match old {
            _ if found.span() == Some(*span) => format!("Change to `{new}`"),
            "" => format!("Insert `{new}`"),
            old => format!("Change `{}` to `{new}`", shorten(old)),
        };
    }
    if let Some(item) = deleted_item(checked, *span) {
        return of_item(checked, item);
    }
    if let Some(statement) = deleted_statement(checked, *span) {
        return format!("Delete `{}`", shorten(&print::statement(&statement.kind)));
    }
    format!("Delete `{}`", shorten(old.trim_matches(',').trim()))
}

/// The title of the deletion of a declaration.
fn of_item(checked: &Checked, item: &Item) -> String {
    match (&item.kind, name_of(item)) {
        (ItemKind::Policy(policy), _) => {
            format!("Delete the policy `{}`{}", policy.name.text, expectations(policy))
        }
        (_, Some((kind, (name, _)))) => format!("Delete the declaration `{} {name}`", kind.word()),
        (_, None) => format!("Delete `{}`", shorten(checked.sources().slice(item.span))),
    }
}

/// The expectations that go with a policy, in words.
fn expectations(policy: &Policy) -> String {
    let is_one = |one: &&Statement| {
        matches!(one.kind, StatementKind::Expect(_) | StatementKind::ExpectAccess(_))
    };
    match policy.body.iter().filter(is_one).count() {
        0 => String::new(),
        1 => ", with its expectation".to_owned(),
        number => format!(", with its {number} expectations"),
    }
}

/// The first declaration or expectation outside of policies that lies in a span.
fn deleted_item(checked: &Checked, span: Span) -> Option<&Item> {
    let files = checked.files().iter().filter(|file| file.source == span.source);
    files.flat_map(|file| &file.items).find(|item| holds(span, item.span))
}

/// The first statement that lies in a span.
fn deleted_statement(checked: &Checked, span: Span) -> Option<&Statement> {
    let files = checked.files().iter().filter(|file| file.source == span.source);
    let mut policies = files.flat_map(|file| &file.items).filter_map(|item| match &item.kind {
        ItemKind::Policy(policy) => Some(policy),
        _ => None,
    });
    policies.find_map(|policy| policy.body.iter().find(|one| holds(span, one.span)))
}

fn holds(outer: Span, inner: Span) -> bool {
    let (outer, inner) = (bytes_of(outer), bytes_of(inner));
    outer.start <= inner.start && inner.end <= outer.end && !inner.is_empty()
}

/// The beginning of a text on one line.
fn shorten(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", line.get(..at).unwrap_or("")),
        None => line,
    }
}
