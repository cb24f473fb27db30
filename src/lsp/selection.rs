//! Selection ranges: word, term or clause, statement, body, declaration, file.

use lsp_types::{Position, SelectionRange};

use super::places::bytes_of;
use super::view::View;
use crate::source::Span;
use crate::syntax::ast::{ItemKind, Scope, Set, StatementKind};
use crate::syntax::occurrences;

/// The nested ranges around each position.
pub(super) fn ranges(view: &View<'_>, positions: &[Position]) -> Option<Vec<SelectionRange>> {
    let spans = spans(view)?;
    Some(positions.iter().map(|position| around(view, &spans, *position)).collect())
}

fn around(view: &View<'_>, spans: &[std::ops::Range<usize>], position: Position) -> SelectionRange {
    let text = &view.document.text;
    let at = view.offset(position);
    let mut outer: Vec<_> =
        spans.iter().filter(|bytes| bytes.start <= at && at <= bytes.end).cloned().collect();
    outer.push(0..text.text().len());
    // The largest first; equal ones once.
    outer.sort_by_key(|bytes| (std::cmp::Reverse(bytes.len()), bytes.start));
    outer.dedup();
    let mut found: Option<SelectionRange> = None;
    for bytes in outer {
        let fits = |parent: &SelectionRange| {
            let parent = text.bytes(parent.range);
            parent.start <= bytes.start && bytes.end <= parent.end
        };
        if found.as_ref().is_none_or(fits) {
            found = Some(SelectionRange { range: text.range(bytes), parent: found.map(Box::new) });
        }
    }
    found.unwrap_or_else(|| SelectionRange { range: text.range(at..at), parent: None })
}

/// The bytes of everything that can be selected.
fn spans(view: &View<'_>) -> Option<Vec<std::ops::Range<usize>>> {
    let parsed = view.document.parsed()?;
    let mut found: Vec<Span> = occurrences(&parsed.file).iter().map(|one| one.span).collect();
    for item in &parsed.file.items {
        found.push(item.span);
        let docs = item.docs.first().zip(item.docs.last());
        found.extend(docs.map(|(first, _)| first.span.to(item.span)));
        match &item.kind {
            ItemKind::Group(group) => set(&group.set, &mut found),
            ItemKind::Expect(expect) => scope(&expect.scope, &mut found),
            ItemKind::Policy(policy) => {
                let body = policy.body.first().zip(policy.body.last());
                found.extend(body.map(|(first, last)| first.span.to(last.span)));
                for statement in &policy.body {
                    found.push(statement.span);
                    inside(&statement.kind, &mut found);
                }
            }
            _ => {}
        }
    }
    Some(found.into_iter().map(bytes_of).collect())
}

fn inside(statement: &StatementKind, found: &mut Vec<Span>) {
    match statement {
        StatementKind::Rule(rule) => scope(&rule.scope, found),
        StatementKind::Expect(expect) => scope(&expect.scope, found),
        StatementKind::Protect(protect) => set(&protect.set, found),
        StatementKind::For(people) => found.push(people.span()),
        StatementKind::On(words) | StatementKind::Devices(words) => found.push(words.span),
        StatementKind::Require(require) => found.extend(require.fields.iter().map(|one| one.span)),
        StatementKind::ExpectAccess(expect) => found.push(expect.scope.span),
        _ => {}
    }
}

fn scope(scope: &Scope, found: &mut Vec<Span>) {
    let channels = scope.channels.first().zip(scope.channels.last());
    found.extend(channels.map(|(first, last)| first.span.to(last.span)));
    let sets = [&scope.from, &scope.to, &scope.avoiding];
    sets.into_iter().flatten().for_each(|one| set(one, found));
    found.extend(scope.people.iter().map(|one| one.span()));
    found.extend(scope.platforms.iter().chain(&scope.devices).map(|one| one.span));
}

fn set(set: &Set, found: &mut Vec<Span>) {
    found.push(set.span);
    found.extend(set.terms.iter().chain(&set.except).map(|term| term.span));
}
