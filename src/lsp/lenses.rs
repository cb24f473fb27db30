//! Code lenses: whether an expectation holds, how much of a policy is covered, and what an edit changed.

use lsp_types::{CodeLens, Command, Position, Range};
use serde_json::json;

use super::changes::Changes;
use super::places::bytes_of;
use super::sets::{ChangesSince, Dated};
use super::statements::{Question, StatementAt, statements};
use super::verdicts::{EARLIER, verdict};
use super::view::{SetView, View};
use super::workspace::name_of_set;
use crate::syntax::ast::{Item, ItemKind};

/// The lenses of the document.
pub(super) fn lenses(view: &View<'_>) -> Option<Vec<CodeLens>> {
    let file = &view.document.parsed()?.file;
    let mut found: Vec<_> = view.sets.iter().flat_map(|set| changes(view, *set)).collect();
    for item in &file.items {
        if let ItemKind::Policy(policy) = &item.kind {
            let name = &policy.name.text;
            found.extend(view.sets.iter().filter_map(|set| coverage(view, *set, item, name)));
        }
    }
    let expectations = statements(file).filter(StatementAt::is_expectation);
    found.extend(expectations.filter_map(|one| of_expectation(view, &one)));
    Some(found)
}

fn lens(range: Range, title: String, command: &str, arguments: serde_json::Value) -> CodeLens {
    let arguments = Some(vec![arguments]);
    let command = Command { title, command: command.to_owned(), arguments };
    CodeLens { range, command: Some(command), data: None }
}

/// The words behind a result: the set, where there are several, and whether it is about an earlier text.
fn remarks<T>(view: &View<'_>, set: SetView<'_>, result: &Dated<T>) -> String {
    let mut remarks = String::new();
    if view.sets.len() > 1 {
        remarks.push_str(&format!(" in {}", name_of_set(set.key)));
    }
    if !set.state.is_current(result) {
        remarks.push_str(&format!(", {EARLIER}"));
    }
    remarks
}

/// The lens of an expectation. It shows the counterexample, which its command explains; where there is none, the
/// command explains the scope of the expectation.
fn of_expectation(view: &View<'_>, statement: &StatementAt<'_>) -> Option<CodeLens> {
    let shown = verdict(view, statement)?;
    let question = statement.question()?;
    let uri = &view.document.uri;
    let Question { command, scope, policy } = question;
    let (title, command, arguments) = match shown.scope {
        Some(example) => {
            let title = format!("{} for {example}", shown.title);
            (title, "mam.explain", json!({ "uri": uri, "scope": example }))
        }
        None => (shown.title, command, json!({ "uri": uri, "scope": scope, "policy": policy })),
    };
    let range = view.document.text.range(bytes_of(statement.span));
    Some(lens(range, title, command, arguments))
}

/// The lens of a policy: how many of its rules expectations are about.
fn coverage(view: &View<'_>, set: SetView<'_>, item: &Item, policy: &str) -> Option<CodeLens> {
    let dated = set.state.analysis.coverage.as_ref()?;
    let remarks = remarks(view, set, dated);
    let title = match &dated.value {
        Ok(coverage) => {
            let own = || coverage.rules.iter().filter(|rule| rule.policy == policy);
            let covered = own().filter(|rule| rule.expectations > 0).count();
            format!("{covered} of {} rules covered by expectations{remarks}", own().count())
        }
        Err(limit) => format!("? coverage not decided{remarks}: {limit}"),
    };
    let arguments = json!({ "uri": view.document.uri, "policy": policy });
    let range = view.document.text.range(bytes_of(item.span));
    Some(lens(range, title, "mam.matrix", arguments))
}

/// The lenses at the top: how many decisions changed since the last commit, and how many are unsaved.
fn changes(view: &View<'_>, set: SetView<'_>) -> Vec<CodeLens> {
    let Some(dated) = &set.state.analysis.changes else { return Vec::new() };
    let remarks = remarks(view, set, dated);
    let lens_of = |what: &str, against: &str, changes: &Result<Option<Changes>, String>| {
        let title = match changes {
            Ok(None) => return None,
            Ok(Some(changes)) => format!("{what}{remarks}: {changes}"),
            Err(why) => format!("? {what}{remarks}: not decided: {why}"),
        };
        let arguments = json!({ "uri": view.document.uri, "against": against });
        let range = Range::new(Position::new(0, 0), Position::new(0, 0));
        Some(lens(range, title, "mam.diff", arguments))
    };
    let ChangesSince { committed, saved } = &dated.value;
    let committed = lens_of("since the last commit", "commit", committed);
    committed.into_iter().chain(lens_of("unsaved", "saved", saved)).collect()
}
