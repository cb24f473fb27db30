//! Formatting: the canonical layout, as edits of the lines that differ.

use std::ops::Range;

use lsp_types::TextEdit;

use super::edits;
use super::places::bytes_of;
use super::view::View;
use crate::diagnostic::has_error;
use crate::limits::Limits;
use crate::source::Sources;
use crate::syntax::ast::{File, ItemKind};
use crate::syntax::parse;
use crate::syntax::print::print;

/// The edits that lay the document out; `None` if it has mistakes of syntax.
pub(super) fn whole(view: &View<'_>) -> Option<Vec<TextEdit>> {
    let parsed = view.document.parsed().filter(|parsed| !parsed.is_broken())?;
    let old = &view.document.text;
    Some(edits::of_lines(old, &with_ends_of(old.text(), print(&parsed.file, &parsed.sources))))
}

/// The edits that lay out the statements which some bytes touch. A comment inside a statement may move above it: a part of
/// the text is taken with all that moves in it, and the rest of the text stays as it is.
pub(super) fn part(view: &View<'_>, bytes: Range<usize>) -> Option<Vec<TextEdit>> {
    let parsed = view.document.parsed().filter(|parsed| !parsed.is_broken())?;
    let old = &view.document.text;
    let new = with_ends_of(old.text(), print(&parsed.file, &parsed.sources));
    let mut sources = Sources::default();
    let id = sources.add("", &new);
    let (file, _) = parse(&sources, id, &Limits::default());
    let (olds, news) = (pieces(&parsed.file, old.text()), pieces(&file, &new));
    let touches = |piece: &(Range<usize>, Range<usize>)| {
        piece.0.start < bytes.end.max(bytes.start + 1) && bytes.start < piece.0.end
    };
    let joined = joined(&olds, &news);
    let mut touched = joined.into_iter().filter(touches);
    let first = touched.next()?;
    let last = touched.next_back().unwrap_or_else(|| first.clone());
    let (from, to) = (first.0.start..last.0.end, first.1.start..last.1.end);
    let laid_out = new.get(to)?;
    let mut text = old.text().to_string();
    text.replace_range(from.clone(), laid_out);
    // Nothing but the layout may change: the whole text has to be laid out as before.
    let mut sources = Sources::default();
    let id = sources.add("", &text);
    let (file, found) = parse(&sources, id, &Limits::default());
    let laid_out = with_ends_of(old.text(), print(&file, &sources));
    let is_equal = !has_error(&found) && laid_out == new;
    Some(if is_equal { edits::of_lines(old, &text) } else { Vec::new() })
}

/// A text whose lines end as those of the author's do.
fn with_ends_of(text: &str, new: String) -> String {
    match edits::line_end(text) {
        "\n" => new,
        end => new.replace('\n', end),
    }
}

/// The ends of the lines on which the declarations and statements of a text end, in order; `None` where another one begins
/// on that line.
fn pieces(file: &File, text: &str) -> Vec<Option<usize>> {
    let mut spans = Vec::new();
    for item in &file.items {
        if let ItemKind::Policy(policy) = &item.kind {
            spans.extend(policy.body.iter().map(|one| bytes_of(one.span)));
        }
        spans.push(bytes_of(item.span));
    }
    spans.sort_by_key(|bytes| bytes.end);
    let mut starts: Vec<_> = spans.iter().map(|bytes| bytes.start).collect();
    starts.sort_unstable();
    let following = spans.iter().skip(1).map(|bytes| bytes.end).chain([usize::MAX]);
    let ends = spans.iter().zip(following).map(|(bytes, following)| {
        let rest = text.get(bytes.end..).unwrap_or("");
        let end = bytes.end + rest.find('\n').map_or(rest.len(), |end| end + 1);
        let next = starts.get(starts.partition_point(|start| *start < bytes.end));
        let is_shared = next.is_some_and(|next| *next < end) || following < end;
        (!is_shared).then_some(end)
    });
    ends.collect()
}

/// The parts of two texts that end with the same declaration or statement.
fn joined(olds: &[Option<usize>], news: &[Option<usize>]) -> Vec<(Range<usize>, Range<usize>)> {
    let mut parts = Vec::new();
    if olds.len() != news.len() {
        return parts;
    }
    let (mut old, mut new) = (0, 0);
    for ends in olds.iter().zip(news) {
        if let (Some(old_end), Some(new_end)) = ends {
            parts.push((old..*old_end, new..*new_end));
            (old, new) = (*old_end, *new_end);
        }
    }
    parts
}
