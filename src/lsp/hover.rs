//! Hovers: the meaning of a name, of a word, and of a statement.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::lenses;
use super::view::{Declaration, View, bytes_of};
use crate::compiler::Checked;
use crate::model::{Model, Origin};
use crate::reference;
use crate::source::SourceKind;
use crate::syntax::ast::{ItemKind, Policy, Statement, StatementKind};
use crate::syntax::{NameRole, TokenKind, print, scan};

/// The hover at a position.
pub(super) fn hover(view: &View<'_>, position: Position) -> Option<Hover> {
    let at = view.offset(position);
    let (text, bytes) = content(view, at)?;
    let contents = MarkupContent { kind: MarkupKind::Markdown, value: text };
    Some(Hover {
        contents: HoverContents::Markup(contents),
        range: Some(view.document.text.range(bytes)),
    })
}

fn content(view: &View<'_>, at: usize) -> Option<(String, std::ops::Range<usize>)> {
    if SourceKind::of(view.document.text.text()) == SourceKind::Json {
        return super::hints::of_setting(view, at);
    }
    if let Some((name, role, bytes)) = view.occurrence_at(at).filter(|(_, role, _)| role.is_name())
    {
        return Some((of_name(view, &name, role)?, bytes));
    }
    let text = view.document.text.text();
    let token = scan(text).tokens.into_iter().find(|token| token.start <= at && at <= token.end)?;
    if token.kind != TokenKind::Word {
        return None;
    }
    let word = text.get(token.start..token.end)?;
    let mut parts = Vec::new();
    if let Some((policy, statement)) = statement_at(view, at)
        && bytes_of(statement.span).start == token.start
    {
        parts.extend(of_statement(view, policy, statement));
    }
    parts.extend(reference::find(word).map(|found| format!("`{word}`: {}", found.meaning)));
    if matches!(word, "managed" | "unmanaged") {
        parts.extend(view.model().map(managed));
    }
    (!parts.is_empty()).then(|| (parts.join("\n\n---\n\n"), token.start..token.end))
}

// ---------------------------------------------------------------- names

fn of_name(view: &View<'_>, name: &str, role: NameRole) -> Option<String> {
    let checked = view.checked()?;
    let Some(found) = view.declaration(checked, name) else {
        let word = reference::find(name)?;
        return Some(format!("`{name}`: {}", word.meaning));
    };
    let mut parts = vec![format!("```mam\n{}\n```", heading(checked, &found))];
    let docs: Vec<_> = found.item.docs.iter().map(|line| line.value.trim()).collect();
    if !docs.is_empty() {
        parts.push(docs.join("\n"));
    }
    match &found.item.kind {
        ItemKind::Policy(policy) => parts.push(head(policy)),
        ItemKind::Group(_) => parts.extend(view.model().and_then(|model| members(model, name))),
        ItemKind::App(_) => parts.extend(view.model().and_then(|model| protection(model, name))),
        _ => {}
    }
    let source = checked.sources().get(found.name.source)?;
    if source.kind() == SourceKind::Catalogue {
        parts.push(format!("From the catalogue `{}`.", source.name()));
    } else if !matches!(role, NameRole::Declares(_)) {
        let line = checked.sources().position(found.name).line;
        let file = source.name().rsplit('/').next().unwrap_or_default();
        parts.push(format!("Declared in `{file}`, line {line}."));
    }
    Some(parts.join("\n\n"))
}

/// The declaration as it is written; of a policy its first line.
fn heading(checked: &Checked, found: &Declaration<'_>) -> String {
    let text = checked.sources().slice(found.item.span);
    match &found.item.kind {
        ItemKind::Policy(_) => text.split('{').next().unwrap_or_default().trim_end().to_owned(),
        _ => text.to_owned(),
    }
}

/// The clauses of a policy's head, and how many rules it has.
fn head(policy: &Policy) -> String {
    let clauses = policy.body.iter().filter(|one| one.kind.is_of_head());
    let lines: Vec<_> = clauses.map(|one| print::statement(&one.kind)).collect();
    let number = |is_it: fn(&StatementKind) -> bool| {
        policy.body.iter().filter(|one| is_it(&one.kind)).count()
    };
    let rules = number(|kind| matches!(kind, StatementKind::Rule(_)));
    let expectations =
        number(|kind| matches!(kind, StatementKind::Expect(_) | StatementKind::ExpectAccess(_)));
    format!("```mam\n{}\n```\n\n{rules} rules, {expectations} expectations", lines.join("\n"))
}

/// The members of a group, as many as can be read.
fn members(model: &Model, name: &str) -> Option<String> {
    const MOST: usize = 20;
    let group = model.groups().iter().find(|group| group.name == name)?;
    let apps = group.apps.iter().map(|(id, _)| model.app(*id).name.as_str());
    let storages = group.storages.iter().map(|id| model.storage(*id).name.as_str());
    let places = group.places.iter().map(|place| place.word());
    let all: Vec<_> = apps.chain(storages).chain(places).collect();
    let shown: Vec<_> = all.iter().take(MOST).map(|name| format!("`{name}`")).collect();
    let more = all.len().saturating_sub(MOST);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    Some(format!("{} members: {}{more}", all.len(), shown.join(", ")))
}

/// The policies that protect an app.
fn protection(model: &Model, name: &str) -> Option<String> {
    let id = model.app_ids().find(|id| model.app(*id).name == name)?;
    let protects =
        |policy: &&crate::model::Policy| policy.protect.iter().any(|(app, _)| *app == id);
    let policies: Vec<_> =
        model.policies().iter().filter(protects).map(|one| format!("`{}`", one.name)).collect();
    let app = model.app(id);
    Some(match (policies.is_empty(), app.can_be_protected()) {
        (false, _) => format!("Protected by {}.", policies.join(", ")),
        (true, true) => "No policy protects it.".to_owned(),
        (true, false) => "No policy can protect it: it has no `sdk`.".to_owned(),
    })
}

/// The apps that policies protect, by policy.
fn managed(model: &Model) -> String {
    let live = model.policies().iter().filter(|policy| !policy.report_only);
    let lines = live.map(|policy| {
        let apps: Vec<_> = policy
            .protect
            .iter()
            .map(|(id, _)| model.app(*id))
            .filter(|app| app.origin != Origin::Unlisted)
            .map(|app| app.name.as_str())
            .collect();
        format!("- `{}`: {}", policy.name, apps.join(", "))
    });
    let lines: Vec<_> = lines.collect();
    format!("Managed in this set, where the policy applies:\n\n{}", lines.join("\n"))
}

// ---------------------------------------------------------------- statements

/// The statement at a byte, with the name of its policy.
fn statement_at<'s>(view: &View<'s>, at: usize) -> Option<(Option<&'s str>, &'s Statement)> {
    let items = &view.document.parsed()?.file.items;
    items.iter().find_map(|item| match &item.kind {
        ItemKind::Policy(policy) => {
            let holds = |one: &&Statement| bytes_of(one.span).contains(&at);
            let statement = policy.body.iter().find(holds)?;
            Some((Some(policy.name.text.as_str()), statement))
        }
        _ => None,
    })
}

/// What is known about a statement: how many expectations are about a rule, whether an expectation holds.
fn of_statement(view: &View<'_>, policy: Option<&str>, statement: &Statement) -> Option<String> {
    let (_, findings) = view.found()?;
    match &statement.kind {
        StatementKind::Rule(rule) => {
            let text = print::rule(rule);
            let coverage = findings.coverage.as_ref()?;
            let found = coverage.rules.iter().find(|one| {
                Some(one.policy.as_str()) == policy && one.rule == text && one.file == view.path
            })?;
            Some(match (found.expectations, &found.example) {
                (0, Some(example)) => {
                    format!(
                        "No expectation is about this rule. It decides, for example:\n\n```mam\n{example}\n```"
                    )
                }
                (0, None) => {
                    "No expectation is about this rule, and it matches nothing.".to_owned()
                }
                (1, _) => "1 expectation is about this rule.".to_owned(),
                (number, _) => format!("{number} expectations are about this rule."),
            })
        }
        StatementKind::Expect(expect) => {
            let text = print::expect(expect);
            lenses::verdict_of(findings, view.path, policy, &text).map(|one| one.markdown())
        }
        StatementKind::ExpectAccess(expect) => {
            let text = print::expect_access(expect);
            lenses::verdict_of(findings, view.path, policy, &text).map(|one| one.markdown())
        }
        _ => None,
    }
}
