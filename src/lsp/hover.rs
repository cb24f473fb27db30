//! Hovers: the meaning of a name, of a word, and of a statement.

use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::places::{Places, bytes_of};
use super::statements::{StatementAt, StatementRef, audience, policy_of, statement_at};
use super::verdicts::{EARLIER, verdict};
use super::view::{Declaration, View, name_of, title_of};
use super::workspace::name_of_set;
use crate::analysis::RuleCoverage;
use crate::compiler::Checked;
use crate::intune::setting_at;
use crate::model::{Model, Origin};
use crate::reference;
use crate::source::SourceKind;
use crate::syntax::ast::{File, ItemKind, Policy, StatementKind};
use crate::syntax::{NameRole, TokenKind, keywords, occurrences, print, scan};

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
        return of_setting(view, at);
    }
    match view.occurrence_at(at) {
        Some((name, role, bytes)) if role.is_name() => {
            return Some((of_name(view, &name, role)?, bytes));
        }
        Some((name, NameRole::Catalogue, bytes)) => {
            return Some((of_catalogue(view, &name)?, bytes));
        }
        Some((word, NameRole::Value, bytes)) => {
            return Some((of_value(view, &word, bytes.start)?, bytes));
        }
        _ => {}
    }
    let text = view.document.text.text();
    let token = scan(text).tokens.into_iter().find(|token| token.start <= at && at <= token.end)?;
    if token.kind != TokenKind::Word {
        return None;
    }
    let word = text.get(token.start..token.end)?;
    let mut parts = Vec::new();
    if let Some(statement) = statement_at(view, at)
        && bytes_of(statement.span).start == token.start
    {
        parts.extend(of_statement(view, &statement));
    }
    parts.extend(reference::find(word).map(|found| format!("`{word}`: {}", found.meaning)));
    if matches!(word, "managed" | "unmanaged") {
        parts.extend(managed(view));
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

/// A catalogue: how many declarations it has.
fn of_catalogue(view: &View<'_>, name: &str) -> Option<String> {
    let checked = view.checked()?;
    let sources = checked.sources();
    let is_it = |file: &&File| {
        sources
            .get(file.source)
            .is_some_and(|source| source.kind() == SourceKind::Catalogue && source.name() == name)
    };
    let file = checked.files().iter().find(is_it)?;
    let declarations = file.items.iter().filter(|item| name_of(item).is_some()).count();
    Some(format!("The catalogue `{name}`, which comes with `mam`: {declarations} declarations."))
}

/// A value: the field or fact that it belongs to, with its meaning.
fn of_value(view: &View<'_>, word: &str, at: usize) -> Option<String> {
    let occurrences = occurrences(&view.document.parsed()?.file);
    let mut before = occurrences.iter().rev().skip_while(|one| bytes_of(one.span).start >= at);
    let owner = before.find(|one| matches!(one.role, NameRole::Field | NameRole::Fact))?.text;
    let mut parts = vec![format!("`{word}`: a value of `{owner}`.")];
    // As a keyword, the word means something else.
    let own = reference::find(word).filter(|_| !keywords().any(|one| one == word));
    let meanings = [(word, own), (owner, reference::find(owner))].into_iter();
    parts
        .extend(meanings.filter_map(|(word, found)| Some(format!("`{word}`: {}", found?.meaning))));
    Some(parts.join("\n\n"))
}

/// The declaration as it is written; of a policy its first line.
fn heading(checked: &Checked, found: &Declaration<'_>) -> String {
    let text = checked.sources().slice(found.item.span);
    match &found.item.kind {
        ItemKind::Policy(policy) => {
            let title = title_of(found.item).map(|title| format!(" {}", print::quote(title)));
            let report_only = if policy.report_only.is_some() { " report-only" } else { "" };
            format!("policy {}{}{report_only}", policy.name.text, title.unwrap_or_default())
        }
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
    let app = model.app(id);
    if !app.can_be_protected() {
        let why = if app.sdk { "it is a `container`" } else { "it has no `sdk`" };
        return Some(format!("No policy can protect it: {why}."));
    }
    let (mut live, mut others) = (Vec::new(), Vec::new());
    for policy in model.policies().iter().filter(protects) {
        let name = &policy.name;
        match (policy.report_only, policy.unconfirmed) {
            (true, _) => {
                others.push(format!("`{name}` is report-only: it does not protect it yet."))
            }
            (false, Some(_)) => others.push(format!(
                "`{name}` judges it, and it is `unconfirmed` whether that protects it."
            )),
            (false, None) => live.push(format!("`{name}`")),
        }
    }
    let first = match live.is_empty() {
        true if others.is_empty() => "No policy protects it.".to_owned(),
        true => others.remove(0),
        false => format!("Protected by {}.", live.join(", ")),
    };
    others.insert(0, first);
    Some(others.join("\n\n"))
}

/// The apps that live policies make managed and for whom, by set and policy. Those that are `unconfirmed` make none so.
fn managed(view: &View<'_>) -> Option<String> {
    let mut parts = Vec::new();
    for (key, checked, model) in view.models() {
        let of_set = match view.sets.len() {
            1 => "in this set".to_owned(),
            _ => format!("in {}", name_of_set(key)),
        };
        let lines: Vec<_> = managed_by_policy(checked, model);
        parts.push(match lines.is_empty() {
            true => format!("No app is managed {of_set}."),
            false => {
                let lines = lines.join("\n");
                format!("Managed {of_set}, where the policy applies:\n\n{lines}")
            }
        });
    }
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

fn managed_by_policy(checked: &Checked, model: &Model) -> Vec<String> {
    let manages =
        |policy: &&crate::model::Policy| !policy.report_only && policy.unconfirmed.is_none();
    let live = model.policies().iter().filter(manages);
    let lines = live.map(|policy| {
        let apps: Vec<_> = policy
            .protect
            .iter()
            .map(|(id, _)| model.app(*id))
            .filter(|app| app.origin != Origin::Unlisted)
            .map(|app| app.name.as_str())
            .collect();
        let written = checked.files().iter().find_map(|file| policy_of(file, &policy.name));
        let whom = written.map(audience).filter(|whom| !whom.is_empty());
        let whom = whom.map(|whom| format!(" `{whom}`")).unwrap_or_default();
        format!("- `{}`{whom}: {}", policy.name, apps.join(", "))
    });
    lines.collect()
}

// ---------------------------------------------------------------- statements

/// The meaning of a statement: whether an expectation holds; what a rule decides, and which expectations are about it.
fn of_statement(view: &View<'_>, statement: &StatementAt<'_>) -> Option<String> {
    if statement.is_expectation() {
        return verdict(view, statement).map(|one| one.markdown());
    }
    let mut parts = Vec::new();
    if let StatementRef::Rule(_) | StatementRef::Access(..) = statement.kind {
        let question = statement.question()?;
        parts.push(format!("It is about:\n\n```mam\n{}\n```", question.scope));
        parts.extend(statement.remarks());
        parts.extend(covering(view, statement));
    }
    (!parts.is_empty()).then(|| parts.join("\n\n"))
}

/// The expectations about a rule, by set.
fn covering(view: &View<'_>, statement: &StatementAt<'_>) -> Vec<String> {
    let text = statement.text();
    let mut parts = Vec::new();
    for set in &view.sets {
        let Some(dated) = &set.state.analysis.coverage else { continue };
        let Ok(coverage) = &dated.value else { continue };
        let is_it = |one: &&RuleCoverage| {
            Some(one.policy.as_str()) == statement.policy_name()
                && one.rule == text
                && one.file == view.path
        };
        let Some(rule) = coverage.rules.iter().find(is_it) else { continue };
        let mut part = of_coverage(&view.places(&dated.about), rule);
        if view.sets.len() > 1 {
            part = format!("In {}: {part}", name_of_set(set.key));
        }
        if !set.state.is_current(dated) {
            part = format!("{part} (as it was {EARLIER})");
        }
        parts.push(part);
    }
    parts
}

fn of_coverage(places: &Places<'_>, rule: &RuleCoverage) -> String {
    let counted = match (rule.expectations, &rule.example) {
        (0, Some(example)) => {
            return format!(
                "No expectation is about this rule. It decides, for example:\n\n```mam\n{example}\n```"
            );
        }
        (0, None) => return "No expectation is about this rule.".to_owned(),
        (1, _) => "1 expectation is about this rule".to_owned(),
        (number, _) => format!("{number} expectations are about this rule"),
    };
    let model = places.checked.model();
    let lines = rule.concerned.iter().filter_map(|id| {
        let expectation = model?.expectation(*id);
        let (span, text) = (expectation.span, &expectation.text);
        let line = places.checked.sources().position(span).line;
        let file = places.path(span)?.rsplit('/').next()?;
        Some(format!("- `{text}` ({file}:{line})"))
    });
    let lines: Vec<_> = lines.collect();
    match lines.is_empty() {
        true => format!("{counted}."),
        false => format!("{counted}:\n\n{}", lines.join("\n")),
    }
}

/// The setting of Intune at a byte of an export: its title in the portal, with the bytes of its name.
fn of_setting(view: &View<'_>, at: usize) -> Option<(String, std::ops::Range<usize>)> {
    let setting = setting_at(view.document.text.text(), at)?;
    Some((format!("**{}**\n\n{}", setting.title, setting.values), setting.bytes))
}
