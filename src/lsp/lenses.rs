//! Code lenses: whether an expectation holds, how much of a policy is covered, what an edit changed.

use lsp_types::{CodeLens, Command, Position, Range};
use serde_json::json;

use super::events::Findings;
use super::view::{View, bytes_of};
use crate::analysis::{AccessVerdict, Verdict};
use crate::source::Span;
use crate::syntax::ast::{Item, ItemKind, StatementKind};
use crate::syntax::print;

/// Whether an expectation holds, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) title: String,
    /// A counterexample, as a scope.
    pub(super) scope: Option<String>,
}

impl Shown {
    /// The verdict as Markdown.
    pub(super) fn markdown(&self) -> String {
        let scope = self.scope.as_ref().map(|scope| format!("\n\n```mam\n{scope}\n```"));
        format!("{}{}", self.title, scope.unwrap_or_default())
    }
}

/// The verdict on an expectation, found by its place and text.
pub(super) fn verdict_of(
    findings: &Findings,
    path: &str,
    policy: Option<&str>,
    text: &str,
) -> Option<Shown> {
    let is_it = |file: &str, of: &Option<String>, line: &str| {
        file == path && of.as_deref() == policy && line == text
    };
    let movement =
        findings.expectations.iter().find(|one| is_it(&one.file, &one.policy, &one.text));
    let access = findings.accesses.iter().find(|one| is_it(&one.file, &one.policy, &one.text));
    movement.map(|one| of_movements(&one.verdict)).or_else(|| Some(of_accesses(&access?.verdict)))
}

fn of_movements(verdict: &Verdict) -> Shown {
    let (title, scope) = match verdict {
        Verdict::Holds => ("✓ holds".to_owned(), None),
        Verdict::Fails(example) => {
            let effect = example.answer.effect.word();
            (format!("✗ fails: {effect}"), Some(example.scope.clone()))
        }
        Verdict::Leads(chain) => {
            let hops = chain.hops.len();
            let hops =
                if hops == 1 { "1 movement".to_owned() } else { format!("{hops} movements") };
            (format!("✗ fails: a path of {hops}"), chain.hops.first().map(|hop| hop.scope.clone()))
        }
        Verdict::Empty => ("✗ its scope holds no movement".to_owned(), None),
        Verdict::Limit(limit) => (format!("? not decided: {limit}"), None),
    };
    Shown { title, scope }
}

fn of_accesses(verdict: &AccessVerdict) -> Shown {
    let (title, scope) = match verdict {
        AccessVerdict::Holds => ("✓ holds".to_owned(), None),
        AccessVerdict::Fails(example) => ("✗ fails".to_owned(), Some(example.scope.clone())),
        AccessVerdict::Empty => ("✗ its scope holds no access".to_owned(), None),
        AccessVerdict::Limit(limit) => (format!("? not decided: {limit}"), None),
    };
    Shown { title, scope }
}

/// The lenses of the document.
pub(super) fn lenses(view: &View<'_>) -> Option<Vec<CodeLens>> {
    let file = &view.document.parsed()?.file;
    let (_, findings) = view.found()?;
    let mut found = Vec::new();
    found.extend(changes(view, findings));
    for item in &file.items {
        match &item.kind {
            ItemKind::Policy(policy) => {
                let name = policy.name.text.as_str();
                found.extend(coverage(view, findings, item, name));
                for statement in &policy.body {
                    let text = match &statement.kind {
                        StatementKind::Expect(expect) => print::expect(expect),
                        StatementKind::ExpectAccess(expect) => print::expect_access(expect),
                        _ => continue,
                    };
                    found.extend(verdict(view, findings, Some(name), &text, statement.span));
                }
            }
            ItemKind::Expect(one) => {
                found.extend(verdict(view, findings, None, &print::expect(one), item.span));
            }
            ItemKind::ExpectAccess(one) => {
                found.extend(verdict(view, findings, None, &print::expect_access(one), item.span));
            }
            _ => {}
        }
    }
    Some(found)
}

fn lens(range: Range, title: String, command: &str, arguments: serde_json::Value) -> CodeLens {
    let arguments = Some(vec![arguments]);
    let command = Command { title, command: command.to_owned(), arguments };
    CodeLens { range, command: Some(command), data: None }
}

/// The lens of an expectation. It shows the counterexample, which its command explains.
fn verdict(
    view: &View<'_>,
    findings: &Findings,
    policy: Option<&str>,
    text: &str,
    span: Span,
) -> Option<CodeLens> {
    let Shown { title, scope } = verdict_of(findings, view.path, policy, text)?;
    let shown = scope.as_ref().map(|scope| format!(" for {scope}")).unwrap_or_default();
    let claim = scope.unwrap_or_else(|| scope_of_claim(text).to_owned());
    let arguments = json!({ "uri": view.document.uri, "scope": claim });
    let range = view.document.text.range(bytes_of(span));
    Some(lens(range, title + &shown, "mam.explain", arguments))
}

/// The scope of an expectation's text: without the keyword, the claim and limits.
fn scope_of_claim(text: &str) -> &str {
    let scope = text.strip_prefix("expect ").unwrap_or(text);
    let claims = ["allow ", "block ", "warn ", "wipe "];
    claims.iter().find_map(|claim| scope.strip_prefix(claim)).unwrap_or(scope)
}

/// The lens of a policy: how many of its rules expectations are about.
fn coverage(view: &View<'_>, findings: &Findings, item: &Item, policy: &str) -> Option<CodeLens> {
    let rules = &findings.coverage.as_ref()?.rules;
    let own = || rules.iter().filter(|rule| rule.policy == policy);
    let covered = own().filter(|rule| rule.expectations > 0).count();
    let title = format!("{covered} of {} rules covered by expectations", own().count());
    let arguments = json!({ "uri": view.document.uri, "policy": policy });
    let range = view.document.text.range(bytes_of(item.span));
    Some(lens(range, title, "mam.matrix", arguments))
}

/// The lens at the top: what is decided differently than in the last commit.
fn changes(view: &View<'_>, findings: &Findings) -> Option<CodeLens> {
    let changes = findings.changes.as_ref()?;
    let arguments = json!({ "uri": view.document.uri, "against": "commit" });
    let range = Range::new(Position::new(0, 0), Position::new(0, 0));
    Some(lens(range, format!("since the last commit: {changes}"), "mam.diff", arguments))
}
