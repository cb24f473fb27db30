//! Hierarchy: the rules that decide the scope of a statement, and the expectations about a rule.
//!
//! Editors show it as a hierarchy of calls: a statement "calls" the rules that decide its scope, and a rule is "called" by
//! the expectations about it.

use lsp_types::{
    CallHierarchyIncomingCall, CallHierarchyItem, CallHierarchyOutgoingCall, Position, SymbolKind,
};

use super::places::{Places, bytes_of, source_of};
use super::position::IndexedText;
use super::reading::reading;
use super::statements::{StatementAt, StatementRef, statement_at, statements};
use super::uri::path_of;
use super::view::{View, name_of};
use crate::analysis::{Analysis, RuleCoverage};
use crate::compiler::Checked;
use crate::model::PolicyId;
use crate::source::Span;

/// The statement at a position, to begin with.
pub(super) fn prepare(view: &View<'_>, position: Position) -> Option<Vec<CallHierarchyItem>> {
    let statement = statement_at(view, view.offset(position))?;
    statement.question()?;
    let range = view.document.text.range(bytes_of(statement.span));
    Some(vec![CallHierarchyItem {
        name: statement.text(),
        kind: kind(&statement),
        tags: None,
        detail: statement.policy_name().map(str::to_owned),
        uri: view.document.uri.clone(),
        range,
        selection_range: range,
        data: None,
    }])
}

const fn kind(statement: &StatementAt<'_>) -> SymbolKind {
    match statement.kind {
        StatementRef::Rule(_) => SymbolKind::METHOD,
        StatementRef::Expect(_) | StatementRef::ExpectAccess(_) => SymbolKind::EVENT,
        StatementRef::Access(..) => SymbolKind::INTERFACE,
        StatementRef::Other(_) => SymbolKind::PROPERTY,
    }
}

/// The rules that decide the scope of a statement, each once, in the order of the answers.
///
/// # Errors
///
/// When there is no such statement any more, or the analysis meets a limit.
pub(super) fn outgoing(
    places: &Places<'_>,
    item: &CallHierarchyItem,
) -> Result<Vec<CallHierarchyOutgoingCall>, String> {
    let statement = statement_of(places, item)?;
    let question = statement.question().ok_or("nothing is decided here")?;
    if question.command == "mam.paths" {
        return Err("chains are decided movement by movement: ask for their paths".to_owned());
    }
    let is_access = question.scope.starts_with("launch");
    let deciding = if is_access { deciding_accesses } else { deciding_movements };
    let (checked, policy) = reading(places.checked, question.policy.as_deref())?;
    let deciding = deciding(&checked, policy, &question.scope)?;
    let mut found: Vec<CallHierarchyItem> = Vec::new();
    for one in deciding {
        if let Some(rule) = item_of(places, &one)
            && !found.contains(&rule)
        {
            found.push(rule);
        }
    }
    let calls = found.into_iter();
    let from_ranges = vec![item.selection_range];
    Ok(calls.map(|to| CallHierarchyOutgoingCall { to, from_ranges: from_ranges.clone() }).collect())
}

/// A statement as answers name it.
#[derive(Debug)]
struct Named {
    policy: String,
    text: String,
    file: String,
    line: u32,
}

/// The statements that decide the movements of a scope.
fn deciding_movements(
    checked: &Checked,
    policy: Option<PolicyId>,
    scope: &str,
) -> Result<Vec<Named>, String> {
    let analysis = Analysis::new(checked).map_err(|errors| errors.to_string())?;
    let question = checked.question(scope).map_err(|errors| errors.to_string())?;
    let parts = analysis.decide_in(policy, &question).map_err(|limit| limit.to_string())?;
    let rules = parts.into_iter().flat_map(|part| part.answer.by);
    let named = rules.map(|rule| Named {
        policy: rule.policy,
        text: rule.rule,
        file: rule.file,
        line: rule.line,
    });
    Ok(named.collect())
}

/// The statements that decide the accesses of a scope.
fn deciding_accesses(
    checked: &Checked,
    policy: Option<PolicyId>,
    scope: &str,
) -> Result<Vec<Named>, String> {
    let analysis = Analysis::new(checked).map_err(|errors| errors.to_string())?;
    let question = checked.access_question(scope).map_err(|errors| errors.to_string())?;
    let mut found = Vec::new();
    let parts = analysis.access_parts_in(policy, &question);
    for part in parts.map_err(|limit| limit.to_string())? {
        found.extend(part.rows.into_iter().flat_map(|row| row.fired).map(|one| Named {
            policy: one.policy,
            text: one.rule,
            file: one.file,
            line: one.line,
        }));
        found.extend(part.requirements.list.into_iter().flat_map(|one| one.by).map(|one| Named {
            policy: one.policy,
            text: one.rule,
            file: one.file,
            line: one.line,
        }));
    }
    Ok(found)
}

/// The expectations about a rule.
///
/// # Errors
///
/// When there is no such statement any more, or the analysis meets a limit.
pub(super) fn incoming(
    places: &Places<'_>,
    item: &CallHierarchyItem,
) -> Result<Vec<CallHierarchyIncomingCall>, String> {
    let statement = statement_of(places, item)?;
    let (text, path) = (statement.text(), path_of(&item.uri));
    let is_it = |one: &&RuleCoverage| {
        Some(one.policy.as_str()) == statement.policy_name() && one.rule == text && one.file == path
    };
    let analysis = Analysis::new(places.checked).map_err(|errors| errors.to_string())?;
    let coverage = analysis.coverage_without_proposals().map_err(|limit| limit.to_string())?;
    let concerned = coverage.rules.iter().find(is_it).into_iter().flat_map(|one| &one.concerned);
    let calls = concerned.filter_map(|id| {
        let from = item_at(places, places.checked.model()?.expectation(*id).span)?;
        let from_ranges = vec![from.selection_range];
        Some(CallHierarchyIncomingCall { from, from_ranges })
    });
    Ok(calls.collect())
}

/// The statements of a set.
fn all<'c>(checked: &'c Checked) -> impl Iterator<Item = StatementAt<'c>> {
    checked.files().iter().flat_map(statements)
}

/// The statement that an item stands for, in the text that was checked.
fn statement_of<'c>(
    places: &Places<'c>,
    item: &CallHierarchyItem,
) -> Result<StatementAt<'c>, String> {
    let find = || {
        let source = source_of(places.checked, &path_of(&item.uri))?;
        let text = places.checked.sources().get(source)?.text().clone();
        let text = IndexedText::shared(text, places.documents.encoding());
        let at = text.offset(item.selection_range.start);
        let is_it =
            |one: &StatementAt<'_>| one.span.source == source && bytes_of(one.span).contains(&at);
        all(places.checked).find(is_it)
    };
    find().ok_or_else(|| "there is no statement here".to_owned())
}

/// The item of a statement that an answer names. Of a default that is not written, its policy.
fn item_of(places: &Places<'_>, named: &Named) -> Option<CallHierarchyItem> {
    let sources = places.checked.sources();
    let is_there = |one: &StatementAt<'_>| {
        one.policy_name() == Some(&named.policy)
            && sources.name(one.span.source) == named.file
            && sources.position(one.span).line == named.line as usize
    };
    let mut there = all(places.checked).filter(is_there).peekable();
    let first = there.peek().copied();
    let found = there.find(|one| one.text() == named.text).or(first);
    match found {
        Some(statement) => item_at(places, statement.span),
        None => {
            let mut items = places.checked.files().iter().flat_map(|file| &file.items);
            let policy = items
                .find(|item| name_of(item).is_some_and(|(_, (name, _))| name == named.policy))?;
            let (_, (_, name)) = name_of(policy)?;
            shown(places, name, named.text.clone(), SymbolKind::FUNCTION, &named.policy)
        }
    }
}

/// The item of the statement with a span.
fn item_at(places: &Places<'_>, span: Span) -> Option<CallHierarchyItem> {
    let statement = all(places.checked).find(|one| one.span == span)?;
    let policy = statement.policy_name().unwrap_or_default();
    shown(places, span, statement.text(), kind(&statement), policy)
}

fn shown(
    places: &Places<'_>,
    span: Span,
    name: String,
    kind: SymbolKind,
    policy: &str,
) -> Option<CallHierarchyItem> {
    let location = places.location(span)?;
    Some(CallHierarchyItem {
        name,
        kind,
        tags: None,
        detail: (!policy.is_empty()).then(|| policy.to_owned()),
        uri: location.uri,
        range: location.range,
        selection_range: location.range,
        data: None,
    })
}
