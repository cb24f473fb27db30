//! Checks of policy heads: their order and completeness, the devices that they match, what they protect.

use std::collections::BTreeMap;

use super::declarations::qualifiers;
use super::sets::term_text;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::resolved::Model;
use crate::model::types::{App, Policy, PolicyId, What};
use crate::source::{SourceKind, Sources, Span};
use crate::syntax::ast::{self, StatementKind};
use crate::vocabulary::{DeviceState, SetWord};

/// The keyword of a head clause; `None` for statements of the body.
const fn head_word(kind: &StatementKind) -> Option<&'static str> {
    Some(match kind {
        StatementKind::For(_) => "for",
        StatementKind::Protect(_) => "protect",
        StatementKind::On(_) => "on",
        StatementKind::Devices(_) => "devices",
        StatementKind::Yields(_) => "yields to",
        StatementKind::Otherwise(_) => "otherwise",
        StatementKind::Rule(_)
        | StatementKind::Require(_)
        | StatementKind::Launch(_)
        | StatementKind::Setting(_)
        | StatementKind::Expect(_)
        | StatementKind::ExpectAccess(_) => return None,
    })
}

/// The place of a body statement's first words.
const fn opening(statement: &ast::Statement) -> Span {
    match &statement.kind {
        StatementKind::Rule(rule) => rule.effect.span,
        StatementKind::Require(require) => require.what.span,
        StatementKind::Launch(launch) => launch.action.span,
        StatementKind::Setting(setting) => setting.name.span,
        _ => statement.span,
    }
}

/// Reports head clauses behind the first body statement, and clauses that are written twice.
pub(in crate::model) fn head_order(policy: &ast::Policy, found: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<&str, Span> = BTreeMap::new();
    let mut body = None;
    for statement in &policy.body {
        let Some(word) = head_word(&statement.kind) else {
            body = body.or(Some(opening(statement)));
            continue;
        };
        if let Some(body) = body {
            let message = format!("`{word}` belongs to the head of the policy");
            found.push(
                Diagnostic::new(Code::Misplaced, message)
                    .at(statement.span, "stands behind a rule")
                    .at(body, "the head ends here")
                    .help("move it above the first rule"),
            );
        }
        if let Some(first) = seen.insert(word, statement.span) {
            let message = format!("a second `{word}` in the head of `{}`", policy.name.text);
            found.push(
                Diagnostic::new(Code::DuplicateClause, message)
                    .at(statement.span, "again")
                    .at(first, "first here")
                    .help("join them, or write two policies"),
            );
        }
    }
}

/// Reports a policy without `for` or without `protect`.
pub(in crate::model) fn head_clauses(policy: &ast::Policy, found: &mut Vec<Diagnostic>) {
    if !policy.complete {
        return;
    }
    for (word, help) in [
        ("for", "say for whom it is: `for any`, `for staff`"),
        ("protect", "say which apps it protects: `protect any`, `protect outlook, word`"),
    ] {
        if !policy.body.iter().any(|statement| head_word(&statement.kind) == Some(word)) {
            let message = format!("the policy `{}` has no `{word}`", policy.name.text);
            let diagnostic = Diagnostic::new(Code::MissingHeadClause, message);
            found.push(diagnostic.at(policy.name.span, "").help(help));
        }
    }
}

/// Reports a head that matches no device, or that the product does not support.
pub(in crate::model) fn head(
    model: &Model,
    id: PolicyId,
    ast: &ast::Policy,
    found: &mut Vec<Diagnostic>,
) {
    let policy = model.policy(id);
    let devices = ast.body.iter().find_map(|statement| match &statement.kind {
        StatementKind::Devices(words) => Some(words),
        _ => None,
    });
    if let Some(words) = devices {
        let exists = |state: &DeviceState| policy.platforms.iter().any(|on| state.exists_on(on));
        if !policy.devices.iter().any(|state| exists(&state)) {
            let message = "no device of these platforms is in these states";
            let diagnostic = Diagnostic::new(Code::EmptyScope, message);
            found.push(diagnostic.at(words.span, "").help("change `on` or `devices`"));
        } else {
            idle_states(words, exists, found);
        }
    }
    let on_premises = policy.protect.iter().find(|(app, _)| model.app(*app).on_premises);
    if let Some((app, _)) = on_premises
        && policy.devices.contains(DeviceState::Configmgr)
    {
        let name = &model.app(*app).name;
        let message =
            format!("`{}` does not apply to `{name}` on `configmgr` devices", policy.name);
        let help = "write `devices any except configmgr`: no policy reaches the app there";
        let why = format!("protects `{name}`, which is `on-premises`");
        found.push(Diagnostic::new(Code::Unsupported, message).at(policy.span, why).help(help));
    }
    let absent = policy
        .protect
        .iter()
        .filter(|(app, on)| on.and(model.app(*app).platforms).and(policy.platforms).is_empty());
    let absent: Vec<_> = absent.map(|(app, _)| format!("`{}`", model.app(*app).name)).collect();
    if absent.len() == policy.protect.len() && !absent.is_empty() {
        let message =
            format!("none of the apps that `{}` protects exists on its platforms", policy.name);
        let help = "change `on`, or give the apps ids for these platforms";
        let on = ast.body.iter().find_map(|statement| match &statement.kind {
            StatementKind::On(words) => Some(words.span),
            _ => None,
        });
        let span = on.unwrap_or(policy.span);
        found.push(Diagnostic::new(Code::EmptyScope, message).at(span, "").help(help));
    }
}

/// Reports device states that exist on none of the platforms.
fn idle_states(
    words: &ast::Words,
    exists: impl Fn(&DeviceState) -> bool,
    found: &mut Vec<Diagnostic>,
) {
    for word in words.of.iter().flatten() {
        if DeviceState::from_word(&word.text).is_some_and(|state| !exists(&state)) {
            let message = format!("`{}` exists on none of these platforms", word.text);
            let diagnostic = Diagnostic::new(Code::NoEffect, message);
            found.push(diagnostic.at(word.span, "").help("leave it out, or add `android` to `on`"));
        }
    }
}

/// Warns of a policy of which nobody knows which apps it protects. An export is warned of where it is read.
pub(in crate::model) fn unconfirmed(
    sources: &Sources,
    policy: &Policy,
    found: &mut Vec<Diagnostic>,
) {
    let Some(span) = policy.unconfirmed else { return };
    let text = sources.get(span.source).map_or("", |source| source.text());
    if SourceKind::of(text) == SourceKind::Json {
        return;
    }
    let message = format!("which of these apps `{}` protects is not confirmed", policy.name);
    let help = "name the apps and leave `unconfirmed` out; until then its rules count for all of them, and an app \
                that such policies alone protect counts as unmanaged";
    let diagnostic = Diagnostic::new(Code::IntuneUnknownApps, message);
    found.push(diagnostic.at(span, "").help(help));
}

/// Reports words other than `any` and `any-app` in `protect`, and qualifiers.
pub(in crate::model) fn protect_words(set: &ast::Set, found: &mut Vec<Diagnostic>) {
    for term in set.terms.iter().chain(&set.except) {
        if let ast::TermKind::Word(word) = &term.what
            && !matches!(word, SetWord::Any | SetWord::AnyApp)
        {
            let message = format!("`{}` cannot be protected", word.word());
            let help = "name apps or groups of apps; `any` takes all that can be protected";
            let diagnostic = Diagnostic::new(Code::CannotProtect, message);
            found.push(diagnostic.at(term.span, "").help(help));
        }
        let help = "leave it out: a policy protects the work account, deployed or not";
        qualifiers(term, "in `protect`", help, found);
    }
}

/// The app of a storage in the catalogue: `onedrive-app` of `onedrive`.
fn app_of_storage(model: &Model, what: What) -> Option<&App> {
    let What::Storage(id) = what else { return None };
    let name = format!("{}-app", model.storage(id).name);
    model.apps.iter().find(|app| app.name == name && app.can_be_protected())
}

/// Reports members of `protect` that no policy can protect.
pub(in crate::model) fn protect_term(
    model: &Model,
    what: What,
    ast: &ast::Term,
    found: &mut Vec<Diagnostic>,
) {
    let apps: Vec<_> = match what {
        What::Word(_) => return,
        What::App(app, _) => vec![app],
        What::Group(group) => model.group(group).apps.iter().map(|(app, _)| *app).collect(),
        What::Unnamed(..) | What::Storage(_) | What::Place(_) => Vec::new(),
    };
    let other = match what {
        What::Group(group) => {
            let group = model.group(group);
            let only_apps = group.storages.is_empty() && group.places.is_empty();
            (!only_apps).then_some("holds more than apps")
        }
        What::Storage(_) => Some("is a storage"),
        What::Place(_) => Some("is a place"),
        What::Unnamed(..) | What::Word(_) | What::App(..) => None,
    };
    if let Some(why) = other {
        let message = format!("`{}` cannot be protected: it {why}", term_text(ast));
        let diagnostic = Diagnostic::new(Code::CannotProtect, message).at(ast.span, "");
        found.push(diagnostic.help(match app_of_storage(model, what) {
            Some(app) => format!("the app is `{}`", app.name),
            None => "name the apps that shall be protected".to_owned(),
        }));
    }
    for app in apps.into_iter().map(|id| model.app(id)).filter(|app| !app.can_be_protected()) {
        let (why, help) = match app.span {
            _ if app.container => (
                "is another vendor's container",
                "one container cannot protect another; leave it out",
            ),
            Some(_) => ("has no `sdk`", "add `sdk` where it is declared if it carries the MAM SDK"),
            None => ("has no `sdk`", "an app with the MAM SDK is declared with `app NAME { sdk }`"),
        };
        let message = format!("`{}` cannot be protected: it {why}", app.name);
        let mut diagnostic = Diagnostic::new(Code::CannotProtect, message).at(ast.span, "");
        if let Some(span) = app.span {
            diagnostic = diagnostic.at(span, "declared here");
        }
        found.push(diagnostic.help(help));
    }
}

/// The most places of one mistake that a message shows.
const SHOWN: usize = 4;

/// Joins what is said of one app that several `protect` clauses name: it is one mistake, in the app's
/// declaration.
pub(in crate::model) fn join_unprotectable(found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<Span, usize> = BTreeMap::new();
    let mut joined: Vec<Diagnostic> = Vec::with_capacity(found.len());
    for diagnostic in found.drain(..) {
        let (use_span, declared) = match diagnostic.labels.as_slice() {
            [one, app] if diagnostic.code == Code::CannotProtect => (one.span, app.span),
            _ => {
                joined.push(diagnostic);
                continue;
            }
        };
        let known = first.get(&declared).and_then(|at| joined.get_mut(*at));
        let Some(known) = known else {
            first.insert(declared, joined.len());
            joined.push(diagnostic);
            continue;
        };
        if known.labels.len() <= SHOWN {
            let label = if known.labels.len() < SHOWN { "here as well" } else { "and elsewhere" };
            *known = known.clone().at(use_span, label);
        }
    }
    *found = joined;
}
