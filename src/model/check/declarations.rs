//! Checks of declarations: traits of apps, ids, url patterns, definitions of groups.

use crate::diagnostic::{Code, Diagnostic};
use crate::model::links;
use crate::model::types::App;
use crate::source::Span;
use crate::syntax::ast;

/// Reports traits that need others, and url patterns that match no link.
pub(in crate::model) fn app(app: &App, ast: &ast::App, found: &mut Vec<Diagnostic>) {
    for entry in ast.entries.iter().flatten() {
        let one = match entry {
            ast::AppEntry::Trait(one) => one,
            ast::AppEntry::Ids(kind, ids) => {
                let is_idle = |id: &&ast::Text| {
                    kind.value == ast::IdKind::Url && links::canonical(&id.value).is_none()
                };
                for id in ids.iter().filter(is_idle) {
                    // Of a scheme in an export it is told already.
                    let is_told = found.iter().any(|one| is_odd_at(one, id.span));
                    found.extend((!is_told).then(|| idle_url(id)));
                }
                continue;
            }
        };
        let idle = match one.value {
            ast::AppTrait::MultiIdentity | ast::AppTrait::OnPremises => !app.sdk,
            ast::AppTrait::Container => app.sdk,
            ast::AppTrait::Sdk => false,
        };
        if idle {
            let word = one.value.word();
            let (message, help) = if one.value == ast::AppTrait::Container {
                let message = "a container cannot be protected, `sdk` or not".to_owned();
                (message, "keep one of `sdk` and `container`")
            } else {
                let message = format!("`{word}` means nothing for an app without `sdk`");
                (message, "add `sdk` if the app carries the MAM SDK, or leave it out")
            };
            found.push(Diagnostic::new(Code::NoEffect, message).at(one.span, "").help(help));
        }
    }
}

/// Why an id has a form that no app's on a platform has.
pub(crate) fn odd_shape(kind: ast::IdKind, id: &str) -> Option<String> {
    let fits = |c: char| match kind {
        ast::IdKind::Ios => c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'),
        ast::IdKind::Android => c.is_ascii_alphanumeric() || matches!(c, '.' | '_'),
        _ => !c.is_whitespace() && !matches!(c, '/' | '\\' | ':' | '*'),
    };
    let is_part = |part: &str| part.starts_with(|c: char| c.is_ascii_alphabetic());
    let has_dots = id.trim_matches('.').contains('.');
    match (id.chars().find(|c| !fits(*c)), kind) {
        (Some(c), _) if c.is_whitespace() => Some("it has a blank".to_owned()),
        (Some(c), _) => Some(format!("it has a `{c}`")),
        (None, ast::IdKind::Ios | ast::IdKind::Android) if !has_dots => {
            Some("it has no dot".to_owned())
        }
        (None, ast::IdKind::Android) if !id.split('.').all(is_part) => {
            Some("a part of it begins with no letter".to_owned())
        }
        _ => None,
    }
}

/// The diagnostic about an id or a url pattern of a form that no app's has.
pub(crate) fn odd_id(kind: ast::IdKind, id: &str, span: Span) -> Option<Diagnostic> {
    if kind == ast::IdKind::Url {
        return odd_url(id, span);
    }
    let why = odd_shape(kind, id)?;
    let (what, example) = match kind {
        ast::IdKind::Android => ("Android package", "com.example.app"),
        ast::IdKind::Ios => ("bundle id", "com.example.app"),
        _ => ("app id", "Example.App"),
    };
    let message = format!("`{id}` looks like no {what}: {why}");
    let help = format!("write the id as the system has it: \"{example}\"");
    Some(Diagnostic::new(Code::OddId, message).at(span, "").help(help))
}

/// The diagnostic about a url pattern that is a host without a dot: probably a scheme.
fn odd_url(pattern: &str, span: Span) -> Option<Diagnostic> {
    let canonical = links::canonical(pattern).filter(|canonical| !canonical.ends_with(':'))?;
    let host = host(&canonical);
    if host.contains('.') {
        return None;
    }
    let message = format!("`{pattern}` has neither a scheme's colon nor a host's dot");
    let help = format!("write `\"{host}:\"` for the scheme, or the whole host");
    Some(Diagnostic::new(Code::OddId, message).at(span, "").help(help))
}

/// Whether a diagnostic is about an odd id around a place.
fn is_odd_at(one: &Diagnostic, place: Span) -> bool {
    let holds = |told: Span| {
        told.source == place.source && told.start <= place.start && place.end <= told.end
    };
    one.code == Code::OddId && one.span().is_some_and(holds)
}

/// The diagnostic about a url pattern that matches no link.
fn idle_url(pattern: &ast::Text) -> Diagnostic {
    let message = format!("`{}` matches no link", pattern.value);
    Diagnostic::new(Code::NoEffect, message).at(pattern.span, "").help(
        "write a scheme, `\"wbx:\"`, or a host and a path, `\"*.zoom.us/*\"`; user, port, query and \
         fragment are no part of a pattern",
    )
}

/// The host of a universal link.
fn host(canonical: &str) -> &str {
    canonical.split('/').next().unwrap_or("")
}

/// Reports words, accounts and `deployed` in the definition of a group; `None` if there is one.
pub(in crate::model) fn group(set: &ast::Set, found: &mut Vec<Diagnostic>) -> Option<()> {
    let errors = found.len();
    for term in set.terms.iter().chain(&set.except) {
        if let ast::TermKind::Word(word) = &term.what {
            let message = format!("`{}` in the definition of a group", word.word());
            let help = "a group names apps, storages and places; write the word in the rule";
            let diagnostic = Diagnostic::new(Code::GroupWord, message);
            found.push(diagnostic.at(term.span, "not a name").help(help));
        }
        let place = "in the definition of a group";
        qualifiers(term, place, "say it where the group is used: `NAME as work`", found);
    }
    (found.len() == errors).then_some(())
}

/// Reports `as` and `deployed` on a term.
pub(super) fn qualifiers(term: &ast::Term, place: &str, help: &str, found: &mut Vec<Diagnostic>) {
    let account = term.account.map(|account| ("as", account.span));
    let deployed = term.deployed.map(|span| ("deployed", span));
    found.extend(account.into_iter().chain(deployed).map(|(word, span)| {
        let message = format!("`{word}` cannot stand {place}");
        Diagnostic::new(Code::BadQualifier, message).at(span, "").help(help)
    }));
}
