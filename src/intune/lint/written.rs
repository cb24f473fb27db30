//! Lints of policies that an import has written: what their export was warned of, and their text keeps.
//!
//! Takes in files of the language, gives out warnings about settings that decide nothing. A set without kept
//! settings has none.

use std::collections::HashMap;

use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::filter::AssignmentFilter;
use crate::intune::json::{Home, parse};
use crate::intune::read::kept::FILTERS;
use crate::intune::settings::launch::{flaw_of, switch_of};
use crate::limits::Limits;
use crate::source::Span;
use crate::syntax::ast::{self, File, ItemKind, People, Policy, StatementKind};
use crate::syntax::print;
use crate::vocabulary::Platform;

/// Finds settings of which the export was warned.
pub(in crate::intune) fn find(files: &[File], limits: &Limits, found: &mut Vec<Diagnostic>) {
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
            of_policy(policy, &filters, limits, found);
        }
    }
}

fn of_policy(
    policy: &Policy,
    filters: &HashMap<&str, String>,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) {
    for statement in &policy.body {
        let StatementKind::Setting(setting) = &statement.kind else { continue };
        let span = statement.span;
        match (setting.name.value.as_str(), &setting.value) {
            ("assignments", ast::Json::Null) if is_for_everybody(policy) => {
                found.push(unassigned(policy, span));
            }
            (FILTERS, value) => {
                let Ok(objects) = parse(&print::json(value), Home::Inside(span), limits) else {
                    continue;
                };
                let objects = objects.array().unwrap_or_default().iter();
                let asked = asked(policy, filters);
                let is_free =
                    |filter: &AssignmentFilter| asked.contains(&filter.id.to_lowercase().as_str());
                let free = objects.filter_map(AssignmentFilter::read).filter(is_free);
                found.extend(free.map(|one| one.stays_a_fact(platform(policy), span)));
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

/// The platform of a policy for one.
fn platform(policy: &Policy) -> Option<Platform> {
    let on = policy.body.iter().find_map(|statement| match &statement.kind {
        StatementKind::On(words) => words.of.as_deref(),
        _ => None,
    });
    match on {
        Some([only]) => Platform::from_word(&only.text),
        _ => None,
    }
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

fn kept(name: &str, flaw: &str, span: Span) -> Diagnostic {
    let message = format!("no rule can state `{name}`");
    let help = format!("{flaw}; the value is kept as a `setting` and decides nothing");
    Diagnostic::new(Code::IntuneKept, message).at(span, "").help(help)
}
