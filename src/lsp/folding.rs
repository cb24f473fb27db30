//! Folding: braces, runs of comments, and runs of `use`.

use lsp_types::{FoldingRange, FoldingRangeKind};

use super::places::bytes_of;
use super::position::{IndexedText, number};
use super::view::View;
use crate::syntax::ast::{File, Item, ItemKind, StatementKind};

/// The parts of the document that can be folded.
pub(super) fn ranges(view: &View<'_>) -> Option<Vec<FoldingRange>> {
    let text = &view.document.text;
    let file = &view.document.parsed()?.file;
    let mut found: Vec<_> =
        blocks(file).into_iter().filter_map(|bytes| range(text, bytes, None)).collect();
    let comments = file.comments.iter().filter(|one| !one.trailing).map(|one| bytes_of(one.span));
    let docs = file.items.iter().flat_map(docs_of).map(|one| one.0..one.1);
    found.extend(runs(text, comments, Some(FoldingRangeKind::Comment)));
    found.extend(runs(text, docs, Some(FoldingRangeKind::Comment)));
    let uses = file.items.iter().filter(|item| matches!(item.kind, ItemKind::Use(_)));
    found.extend(runs(text, uses.map(|item| bytes_of(item.span)), Some(FoldingRangeKind::Imports)));
    found.sort_by_key(|one| (one.start_line, one.end_line));
    Some(found)
}

/// The lines of documentation of a declaration and its statements.
fn docs_of(item: &Item) -> Vec<(usize, usize)> {
    let statements = match &item.kind {
        ItemKind::Policy(policy) => policy.body.as_slice(),
        _ => &[],
    };
    let docs = item.docs.iter().chain(statements.iter().flat_map(|one| &one.docs));
    docs.map(|doc| (doc.span.start as usize, doc.span.end as usize)).collect()
}

/// The bytes of declarations and statements that may have several lines.
fn blocks(file: &File) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    for item in &file.items {
        found.push(bytes_of(item.span));
        if let ItemKind::Policy(policy) = &item.kind {
            let has_braces = |kind: &StatementKind| {
                matches!(kind, StatementKind::Require(_) | StatementKind::Setting(_))
            };
            let inner = policy.body.iter().filter(|one| has_braces(&one.kind));
            found.extend(inner.map(|one| bytes_of(one.span)));
        }
    }
    found
}

fn range(
    text: &IndexedText,
    bytes: std::ops::Range<usize>,
    kind: Option<FoldingRangeKind>,
) -> Option<FoldingRange> {
    let range = text.range(bytes);
    (range.start.line < range.end.line).then(|| FoldingRange {
        start_line: range.start.line,
        end_line: range.end.line,
        kind,
        ..FoldingRange::default()
    })
}

/// The ranges of pieces on lines that follow each other.
fn runs(
    text: &IndexedText,
    pieces: impl Iterator<Item = std::ops::Range<usize>>,
    kind: Option<FoldingRangeKind>,
) -> Vec<FoldingRange> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    for piece in pieces {
        let range = text.range(piece);
        match found.last_mut() {
            Some((_, end)) if range.start.line == *end + number(1) => *end = range.end.line,
            _ => found.push((range.start.line, range.end.line)),
        }
    }
    let several = found.into_iter().filter(|(start, end)| start < end);
    several
        .map(|(start_line, end_line)| FoldingRange {
            start_line,
            end_line,
            kind: kind.clone(),
            ..FoldingRange::default()
        })
        .collect()
}
