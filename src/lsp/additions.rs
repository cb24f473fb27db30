//! Additions: edits that write missing declarations and apps.

use std::ops::Range;

use super::edits::line_end;
use super::offers::{Demand, Offer};
use super::places::bytes_of;
use super::statements::{StatementRef, statement_at};
use super::view::View;
use crate::diagnostic::{Code, Diagnostic, Edit};
use crate::source::{SourceId, Span, offset};
use crate::syntax::ast::{ChannelWord, ItemKind, Policy, Set, StatementKind, TermKind};
use crate::syntax::{NameRole, SymbolKind};
use crate::vocabulary::{Kind, Side};

/// The edits that write what a diagnostic misses in the document, which is a source of the set.
pub(super) fn offers(view: &View<'_>, source: SourceId, found: &Diagnostic) -> Vec<Offer> {
    let declarations = match found.code {
        Code::UnknownName => declarations(view, source, found).unwrap_or_default(),
        _ => Vec::new(),
    };
    declarations.into_iter().chain(protect(view, source, found)).collect()
}

/// An edit that writes something at a byte of the document.
fn insertion(source: SourceId, title: String, at: usize, text: String, demand: Demand) -> Offer {
    let span = Span { source, start: offset(at), end: offset(at) };
    Offer { title, edits: vec![Edit { span, text }], demand, is_preferred: false }
}

/// The edits that declare an unknown name: as people behind `for`, as a filter behind `matching`, else as what fits
/// its set. The declaration is written in front of the first policy and its comments, or else at the end.
fn declarations(view: &View<'_>, source: SourceId, found: &Diagnostic) -> Option<Vec<Offer>> {
    let at = bytes_of(found.span()?).start;
    let (name, role, _) = view.occurrence_at(at)?;
    let kinds: Vec<_> = match role {
        NameRole::People => vec![SymbolKind::Users.word()],
        NameRole::Filter => vec![SymbolKind::Filter.word()],
        NameRole::Endpoint => endpoints(view, at).to_vec(),
        _ => return None,
    };
    let text = view.document.text.text();
    let items = &view.document.parsed()?.file.items;
    let first = items.iter().find(|item| matches!(item.kind, ItemKind::Policy(_)));
    let place = first.map_or(text.len(), |item| {
        let docs = item.docs.first().map(|doc| doc.span);
        above_comments(text, bytes_of(docs.unwrap_or(item.span)).start)
    });
    let end = line_end(text);
    let offers = kinds.into_iter().map(|kind| {
        let (keyword, rest) = kind.split_once(' ').unwrap_or((kind, ""));
        let new = format!("{keyword} {name} {rest}").trim_end().to_owned();
        let text = match first {
            Some(_) => format!("{new}{end}{end}"),
            None => format!("{end}{new}{end}"),
        };
        let title = format!("Declare `{new}`");
        insertion(source, title, place, text, Demand::FewerBesideEmptyScopes)
    });
    Some(offers.collect())
}

/// The start of the comments that stand right above a byte, which begins a line; else that byte.
fn above_comments(text: &str, at: usize) -> usize {
    let before = text.get(..at).unwrap_or("");
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    if !before.get(start..).unwrap_or("").trim().is_empty() {
        return at;
    }
    let lines = before.get(..start).unwrap_or("").split_inclusive('\n').rev();
    let comments = lines.take_while(|line| line.trim_start().starts_with("//"));
    let length: usize = comments.map(str::len).sum();
    if length == 0 { at } else { start - length }
}

/// An app that a policy can protect, without its name.
const PROTECTABLE: &[&str] = &["app { sdk }"];
const APP: &[&str] = &["app"];
const STORAGE: &[&str] = &["storage personal", "storage corporate"];
const EITHER: &[&str] = &["app", "storage personal", "storage corporate"];

/// The declarations, without their names, of what can stand at a byte in a set.
fn endpoints(view: &View<'_>, at: usize) -> &'static [&'static str] {
    let Some(statement) = statement_at(view, at) else { return EITHER };
    let is_in =
        |set: &Option<Set>| set.as_ref().is_some_and(|set| bytes_of(set.span).contains(&at));
    let (scope, own) = match statement.kind {
        StatementRef::Rule(rule) => (&rule.scope, Some(rule.effect.value.side())),
        StatementRef::Expect(expect) => (&expect.scope, None),
        StatementRef::Other(StatementKind::Protect(_)) => return PROTECTABLE,
        StatementRef::ExpectAccess(_) => return APP,
        StatementRef::Access(..) | StatementRef::Other(_) => return EITHER,
    };
    let side = if is_in(&scope.from) { Side::Source } else { Side::Target };
    if is_in(&scope.avoiding) || !is_in(&scope.from) && !is_in(&scope.to) {
        return EITHER;
    }
    if own == Some(side) {
        return PROTECTABLE;
    }
    let kinds = scope.channels.iter().map(|channel| match channel.value {
        ChannelWord::Any => None,
        ChannelWord::One(channel) => Some(channel.kind_at(side)),
    });
    let kinds: Vec<_> = kinds.collect();
    let is_all = |kind| !kinds.is_empty() && kinds.iter().all(|one| *one == Some(kind));
    match (is_all(Kind::App), is_all(Kind::Storage)) {
        (true, _) => APP,
        (_, true) => STORAGE,
        _ => EITHER,
    }
}

/// The edit that adds the apps of a rule to `protect`, where the policy protects none of them.
fn protect(view: &View<'_>, source: SourceId, found: &Diagnostic) -> Option<Offer> {
    if found.code != Code::EmptyScope {
        return None;
    }
    let at = bytes_of(found.span()?);
    let items = &view.document.parsed()?.file.items;
    let policy = items.iter().find_map(|item| match &item.kind {
        ItemKind::Policy(policy) if bytes_of(item.span).contains(&at.start) => Some(policy),
        _ => None,
    })?;
    let (protected, own) = (protected(policy)?, own_set(policy, &at)?);
    if bytes_of(own.span) != at {
        return None;
    }
    let is_there = |name: &str| {
        protected
            .terms
            .iter()
            .any(|term| matches!(&term.what, TermKind::Name(one) if one.text == name))
    };
    let names = own.terms.iter().filter_map(|term| match &term.what {
        TermKind::Name(name) => Some(name.text.as_str()),
        TermKind::Word(_) | TermKind::Id(_) => None,
    });
    let names: Vec<_> = names.filter(|name| !is_there(name)).collect();
    let last = bytes_of(protected.terms.last()?.span).end;
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    let title = format!("Add `{names}` to `protect`");
    Some(insertion(source, title, last, format!(", {names}"), Demand::Fewer))
}

/// The set behind `protect`.
fn protected(policy: &Policy) -> Option<&Set> {
    policy.body.iter().find_map(|one| match &one.kind {
        StatementKind::Protect(protect) => Some(&protect.set),
        _ => None,
    })
}

/// The set of a rule at some bytes that holds the apps of its policy.
fn own_set<'p>(policy: &'p Policy, at: &Range<usize>) -> Option<&'p Set> {
    policy.body.iter().find_map(|one| match &one.kind {
        StatementKind::Rule(rule) if bytes_of(one.span).contains(&at.start) => {
            match rule.effect.value.side() {
                Side::Source => rule.scope.from.as_ref(),
                Side::Target => rule.scope.to.as_ref(),
            }
        }
        _ => None,
    })
}
