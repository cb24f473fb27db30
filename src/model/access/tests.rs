//! How tests of this folder resolve the statements of a policy, and what they expect to be said.

use super::*;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::limits::Limits;
use crate::model::types::AccessId;
use crate::source::Sources;
use crate::syntax::ast::{ItemKind, StatementKind};
use crate::vocabulary::{DeviceStates, Platforms};

/// Resolved statements; what is said of them, and as text: message, primary place, help.
pub(super) type Resolved = (Vec<Access>, Vec<Diagnostic>, Vec<String>);

/// All platforms and states.
pub(super) fn everywhere() -> DeviceSet {
    DeviceSet { platforms: Platforms::all(), devices: DeviceStates::all() }
}

/// The statements of a policy that applies everywhere.
pub(super) fn resolve(body: &str) -> Resolved {
    resolve_at(everywhere(), body)
}

pub(super) fn resolve_at(head: DeviceSet, body: &str) -> Resolved {
    let mut sources = Sources::default();
    let id = sources.add("test.mam", &format!("policy p {{ for any protect any {body} }}"));
    let (file, unread) = crate::syntax::parse(&sources, id, &Limits::default());
    let unread = unread.iter().filter(|one| one.code != Code::MissingVersion);
    assert_eq!(unread.count(), 0, "{body}");
    let ItemKind::Policy(policy) = &file.items[0].kind else { panic!("{body}") };
    let (mut all, mut found) = (Vec::new(), Vec::new());
    for statement in &policy.body {
        let id = AccessId::new(all.len());
        match &statement.kind {
            StatementKind::Require(ast) => all.extend(resolve_require(ast, head, id, &mut found)),
            StatementKind::Launch(ast) => all.extend(resolve_launch(ast, head, id, &mut found)),
            _ => {}
        }
    }
    check(&all, &mut found);
    let said = found.iter().map(|one| {
        let place = one.span().map_or("", |span| sources.slice(span));
        format!("{} | {place} | {}", one.message, one.help.as_deref().unwrap_or(""))
    });
    let said = said.collect();
    (all, found, said)
}

/// The one statement of a policy, without a word of complaint.
#[track_caller]
pub(super) fn fine(body: &str) -> Access {
    silent(&[body]);
    let [access] = <[Access; 1]>::try_from(resolve(body).0).expect(body);
    access
}

/// The condition of the one statement of a policy.
#[track_caller]
pub(super) fn condition_of(body: &str) -> Condition {
    match fine(body).kind {
        AccessKind::Launch { condition, .. } => condition,
        AccessKind::Require(_) => panic!("{body}"),
    }
}

/// In every second line stands how the one error about the line before it begins; nothing of that
/// line is kept.
#[track_caller]
pub(super) fn refused(cases: &str) {
    expect(cases, Severity::Error);
}

/// Likewise, but it is a warning, and the statements are kept.
#[track_caller]
pub(super) fn warned(cases: &str) {
    expect(cases, Severity::Warning);
}

#[track_caller]
fn expect(cases: &str, severity: Severity) {
    let lines: Vec<_> = cases.lines().map(str::trim).collect();
    for case in lines.chunks(2) {
        let [body, expected] = case else { panic!("{case:?}") };
        let (all, found, said) = resolve(body);
        assert!(found.len() == 1 && said[0].starts_with(expected), "{body}: {said:?}");
        assert_eq!(found[0].severity, severity, "{body}");
        assert_eq!(all.is_empty(), severity == Severity::Error, "{body}");
    }
}

/// Bodies that nothing is odd about.
#[track_caller]
pub(super) fn silent(cases: &[&str]) {
    for body in cases {
        assert_eq!(resolve(body).2, Vec::<String>::new(), "{body}");
    }
}
