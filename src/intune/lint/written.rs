//! Lints of policies that an import has written: what their export was warned of, and their text keeps.
//!
//! Takes in files of the language, gives out warnings about settings that decide nothing. A set without kept
//! settings has none.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::read::kept::FILTERS;
use crate::intune::settings::launch::{flaw_of, switch_of};
use crate::source::Span;
use crate::syntax::ast::{self, File, ItemKind, People, Policy, StatementKind};
use crate::syntax::print;

/// Finds settings of which the export was warned.
pub(in crate::intune) fn find(files: &[File], found: &mut Vec<Diagnostic>) {
    let items = || files.iter().flat_map(|file| &file.items);
    let mut filters: HashMap<&str, String> = HashMap::new();
    for item in items() {
        if let ItemKind::Filter(filter) = &item.kind {
            let id = filter.title.as_ref().map_or(&filter.name.text, |title| &title.value);
            filters.insert(&filter.name.text, id.to_lowercase());
        }
    }
    for item in items() {
        if let ItemKind::Policy(policy) = &item.kind {
            of_policy(policy, &filters, found);
        }
    }
}

fn of_policy(policy: &Policy, filters: &HashMap<&str, String>, found: &mut Vec<Diagnostic>) {
    for statement in &policy.body {
        let StatementKind::Setting(setting) = &statement.kind else { continue };
        let span = statement.span;
        match (setting.name.value.as_str(), &setting.value) {
            ("assignments", ast::Json::Null) if is_for_everybody(policy) => {
                found.push(unassigned(policy, span));
            }
            (FILTERS, value) => {
                let objects: Json = serde_json::from_str(&print::json(value)).unwrap_or_default();
                let objects = objects.as_array().map(Vec::as_slice).unwrap_or_default();
                let asked = asked(policy, filters);
                let is_free = |object: &&Json| {
                    text(object, "id").is_some_and(|id| asked.contains(&id.to_lowercase().as_str()))
                };
                found.extend(objects.iter().filter(is_free).map(|one| free_filter(one, span)));
            }
            (name, ast::Json::String(_)) => {
                let value: Json =
                    serde_json::from_str(&print::json(&setting.value)).unwrap_or_default();
                let is_on = switch_of(name).is_none_or(|switch| has_setting(policy, switch));
                let flaw = value.as_str().filter(|_| is_on).and_then(|value| flaw_of(name, value));
                found.extend(flaw.map(|flaw| kept(name, &flaw, span)));
            }
            _ => {}
        }
    }
}

fn has_setting(policy: &Policy, name: &str) -> bool {
    policy.body.iter().any(|statement| {
        matches!(&statement.kind, StatementKind::Setting(setting) if setting.name.value == name)
    })
}

fn text<'j>(object: &'j Json, name: &str) -> Option<&'j str> {
    object.get(name)?.as_str()
}

/// The ids of the filters that the clause `for` asks for.
fn asked<'f>(policy: &Policy, filters: &'f HashMap<&str, String>) -> Vec<&'f str> {
    let people = policy.body.iter().filter_map(|statement| match &statement.kind {
        StatementKind::For(People::Some { of: Some(of), .. }) => Some(of),
        _ => None,
    });
    let tests = people.flatten().flat_map(|member| &member.matching);
    tests.filter_map(|test| filters.get(test.filter.text.as_str())).map(String::as_str).collect()
}

fn is_for_everybody(policy: &Policy) -> bool {
    policy.body.iter().any(|statement| {
        matches!(&statement.kind, StatementKind::For(People::Some { of: None, except, .. }) if except.is_empty())
    })
}

fn unassigned(policy: &Policy, span: Span) -> Diagnostic {
    let message = format!("nobody says to whom `{}` is assigned", policy.name.text);
    let help = "the export that it comes from had no assignments: write whom it is for, and take the setting out";
    Diagnostic::new(Code::IntuneUnknownAssignments, message).at(span, "").help(help)
}

fn free_filter(object: &Json, span: Span) -> Diagnostic {
    let title = text(object, "displayName").or_else(|| text(object, "id")).unwrap_or_default();
    let message = format!("the model cannot say for which devices \"{title}\" holds");
    let help = format!(
        "its rule is `{}`; whether it holds is told with each request, in `device.filters`",
        text(object, "rule").unwrap_or_default()
    );
    Diagnostic::new(Code::IntuneFilter, message).at(span, "").help(help)
}

fn kept(name: &str, flaw: &str, span: Span) -> Diagnostic {
    let message = format!("no rule can state `{name}`");
    let help = format!("{flaw}; the value is kept as a `setting` and decides nothing");
    Diagnostic::new(Code::IntuneKept, message).at(span, "").help(help)
}
