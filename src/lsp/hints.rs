//! Inlay hints: clauses, accounts and limits that are meant where nothing is written.

use std::ops::Range;

use lsp_types::{InlayHint, InlayHintKind, InlayHintLabel, InlayHintTooltip};

use super::places::bytes_of;
use super::sets::InForce;
use super::view::View;
use crate::model::Model;
use crate::source::Span;
use crate::syntax::ast::{ItemKind, Policy, Rule, Set, StatementKind, Term, TermKind};
use crate::syntax::print;
use crate::vocabulary::{Effect, RuleEffect};

/// The hints in some bytes of the document.
pub(super) fn hints(view: &View<'_>, within: Range<usize>) -> Option<Vec<InlayHint>> {
    let file = &view.document.parsed()?.file;
    let mut found = Vec::new();
    let is_shown = |span: Span| {
        let bytes = bytes_of(span);
        bytes.start < within.end && within.start <= bytes.end
    };
    for item in file.items.iter().filter(|item| is_shown(item.span)) {
        let ItemKind::Policy(policy) = &item.kind else { continue };
        found.extend(defaults(view, policy));
        let Some(model) = view.model() else { continue };
        for statement in policy.body.iter().filter(|one| is_shown(one.span)) {
            if let StatementKind::Rule(rule) = &statement.kind {
                found.extend(limits(view, policy, rule, statement.span));
                let sets = [&rule.scope.from, &rule.scope.to].into_iter().flatten();
                sets.for_each(|set| accounts(view, model, rule.effect.value, set, &mut found));
            }
        }
    }
    found.retain(|(at, _)| within.contains(at));
    found.sort_by_key(|(at, _)| *at);
    Some(found.into_iter().map(|(_, hint)| hint).collect())
}

fn hint(view: &View<'_>, at: usize, label: &str, tooltip: &str) -> (usize, InlayHint) {
    let hint = InlayHint {
        position: view.document.text.position(at),
        label: InlayHintLabel::String(label.to_owned()),
        kind: Some(InlayHintKind::TYPE),
        text_edits: None,
        tooltip: Some(InlayHintTooltip::String(tooltip.to_owned())),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    };
    (at, hint)
}

/// The clauses that a policy's head lacks, behind the last one that it has.
fn defaults(view: &View<'_>, policy: &Policy) -> Option<(usize, InlayHint)> {
    if !policy.complete {
        return None;
    }
    let has = |is_it: fn(&StatementKind) -> bool| policy.body.iter().any(|one| is_it(&one.kind));
    let mut label = Vec::new();
    if !has(|kind| matches!(kind, StatementKind::On(_))) {
        label.push("on any".to_owned());
    }
    if !has(|kind| matches!(kind, StatementKind::Devices(_))) {
        label.push("devices any".to_owned());
    }
    if !has(|kind| matches!(kind, StatementKind::Otherwise(_))) {
        label.push(format!("otherwise {}", Effect::Block));
    }
    let head = policy.body.iter().rfind(|one| one.kind.is_of_head())?;
    let tooltip = "these clauses are meant where they are not written";
    (!label.is_empty()).then(|| hint(view, bytes_of(head.span).end, &label.join("  "), tooltip))
}

/// The limits of other rules on what a rule allows, if they are known for the newest text.
fn limits(view: &View<'_>, policy: &Policy, rule: &Rule, span: Span) -> Vec<(usize, InlayHint)> {
    let text = print::rule(rule);
    let known = view.sets.iter().filter_map(|set| {
        let dated = set.state.analysis.in_force.as_ref()?;
        set.state.is_current(dated).then_some(dated.value.as_ref().ok()?)
    });
    let is_it = |one: &&InForce| {
        one.file == view.path
            && one.policy.as_deref() == Some(policy.name.text.as_str())
            && one.rule == text
    };
    let mut found: Vec<&InForce> = known.flatten().filter(is_it).collect();
    found.dedup();
    let hints = found.into_iter().map(|one| {
        let tooltip = format!("the strictest limit holds:\n{}", one.by.join("\n"));
        hint(view, bytes_of(span).end, &one.limit, &tooltip)
    });
    hints.collect()
}

/// The account that is meant by terms without `as`: what permits is read narrowly, what forbids widely, and behind
/// `except` the other way round.
fn accounts(
    view: &View<'_>,
    model: &Model,
    effect: RuleEffect,
    set: &Set,
    found: &mut Vec<(usize, InlayHint)>,
) {
    let permits = effect.effect() == Effect::Allow;
    let terms = if permits { &set.terms } else { &set.except };
    for term in terms {
        if let Some(name) = plain_name(term)
            && has_work_account(model, name)
        {
            let tooltip = "the name of an app with the SDK stands for its work account here";
            found.push(hint(view, bytes_of(term.span).end, "as work", tooltip));
        }
    }
}

/// The name of a term without `as`.
fn plain_name(term: &Term) -> Option<&str> {
    match &term.what {
        TermKind::Name(name) if term.account.is_none() => Some(&name.text),
        _ => None,
    }
}

/// Whether a name is that of an app with the SDK, or of a group that holds one.
fn has_work_account(model: &Model, name: &str) -> bool {
    let group = model.groups().iter().find(|group| group.name == name);
    let members = group.into_iter().flat_map(|group| &group.apps);
    let own = model.apps().iter().find(|app| app.name == name);
    own.is_some_and(|app| app.sdk) || members.map(|(id, _)| model.app(*id)).any(|app| app.sdk)
}
