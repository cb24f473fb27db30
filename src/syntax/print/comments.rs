//! Placing of comments and blank lines.
//!
//! Takes in the comments of a file and its units of layout, fills in the comments above, inside and
//! behind each unit. Reads the source only for blank lines and braces. Does not know how units print.

use super::layout::{Block, Kind, Own, Unit};
use crate::source::{Sources, Span};
use crate::syntax::ast;
use crate::syntax::scan::{self, TokenKind};

/// The comments of a file that are not placed yet, in source order.
pub(super) struct Comments<'a> {
    file: &'a ast::File,
    sources: &'a Sources,
    rest: &'a [ast::Comment],
}

impl<'a> Comments<'a> {
    pub(super) const fn new(file: &'a ast::File, sources: &'a Sources) -> Self {
        Self { file, sources, rest: file.comments.as_slice() }
    }

    /// Places all comments in the block of a file.
    pub(super) fn place_in_file(mut self, block: &mut Block<'a>) {
        self.place_in_block(block, u32::MAX);
        separate(&mut block.units, true);
    }

    /// Places comments and blank lines in a block that ends at byte `end`.
    fn place_in_block(&mut self, block: &mut Block<'a>, end: u32) {
        let starts = block.units.iter().skip(1).map(|unit| unit.start).chain([end]);
        let nexts: Vec<u32> = starts.collect();
        let mut last = None;
        for (unit, next) in block.units.iter_mut().zip(nexts) {
            self.place_at_unit(unit, last, next);
            last = Some(unit.end);
        }
        block.closing = self.own(end, &mut last);
    }

    /// Places comments at a unit. `last` is the end of the text above it, `next` the start of the text
    /// below.
    fn place_at_unit(&mut self, unit: &mut Unit<'a>, mut last: Option<u32>, next: u32) {
        unit.above = self.own(unit.start, &mut last);
        unit.blank = self.is_blank(last, unit.start);
        for comment in self.before(self.brace(unit)) {
            let blank = unit.blank.replace(false) == Some(true);
            unit.above.push(Own { text: &comment.text, blank });
        }
        if let Some(block) = &mut unit.block {
            let first = block.units.first().map_or(unit.end, |unit| unit.start);
            block.opening = self.behind(first).map(|comment| &*comment.text);
            self.place_in_block(block, unit.end);
            separate(&mut block.units, false);
        }
        if let Some(comment) = self.behind(next) {
            unit.trailing = Some(&comment.text);
            unit.end = comment.span.end;
        }
    }

    /// The byte of a unit's opening brace; without one, the end of the unit. Comments before it go above
    /// the unit, others into the block.
    fn brace(&self, unit: &Unit<'_>) -> u32 {
        if unit.block.is_none() {
            return unit.end;
        }
        let text = self.slice(unit.start, unit.end);
        if text.is_empty() {
            // The unit was built by hand: only the order of its offsets is meaningful.
            let first = unit.block.as_ref().and_then(|block| block.units.first());
            return first.map_or(unit.end, |first| first.start);
        }
        let scan = scan::scan(text);
        let brace = scan.tokens.iter().find(|token| token.kind == TokenKind::Open);
        let offset = brace.and_then(|token| u32::try_from(token.start).ok());
        offset.map_or(unit.end, |offset| unit.start.saturating_add(offset))
    }

    /// Removes and returns the comments that start before byte `end`.
    fn before(&mut self, end: u32) -> &'a [ast::Comment] {
        let count = self.rest.iter().take_while(|comment| comment.span.start < end).count();
        let (taken, rest) = self.rest.split_at_checked(count).unwrap_or((self.rest, &[]));
        self.rest = rest;
        taken
    }

    /// Removes and returns the comments that start before byte `end`, as lines of their own below the
    /// text that ends at `last`.
    fn own(&mut self, end: u32, last: &mut Option<u32>) -> Vec<Own<'a>> {
        let mut own = Vec::new();
        for comment in self.before(end) {
            let blank = self.is_blank(*last, comment.span.start) == Some(true);
            own.push(Own { text: &comment.text, blank });
            *last = Some(comment.span.end);
        }
        own
    }

    /// Removes and returns the next comment if it trails a line and starts before byte `next`.
    fn behind(&mut self, next: u32) -> Option<&'a ast::Comment> {
        let (first, rest) = self.rest.split_first()?;
        if !first.trailing || first.span.start >= next {
            return None;
        }
        self.rest = rest;
        Some(first)
    }

    /// Whether a blank line is between two bytes; `None` if they are no range of the source.
    fn is_blank(&self, end: Option<u32>, start: u32) -> Option<bool> {
        let Some(end) = end else { return Some(false) };
        let between = self.slice(end, start);
        let mut lines = between.split('\n');
        // The first part is the rest of a line, the last the beginning of one.
        let _ = (lines.next(), lines.next_back());
        if between.is_empty() { None } else { Some(lines.any(|line| line.trim().is_empty())) }
    }

    fn slice(&self, start: u32, end: u32) -> &'a str {
        self.sources.slice(Span { source: self.file.source, start, end })
    }
}

/// Adds the blank lines that the layout requires.
fn separate(units: &mut [Unit<'_>], declarations: bool) {
    let mut previous: Option<(Kind, bool)> = None;
    for unit in units {
        if let Some((kind, braces)) = previous {
            let apart = unit.kind.stands_apart_from(kind);
            let needed = declarations && (apart || braces || unit.block.is_some());
            if !unit.opens_paragraph() && (needed || apart && unit.blank.is_none()) {
                unit.open_paragraph();
            }
        }
        previous = Some((unit.kind, unit.block.is_some()));
    }
}
