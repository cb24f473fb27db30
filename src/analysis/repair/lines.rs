//! Lines of the first set for places in sets that came out of it by edits.

use crate::compiler::Checked;
use crate::source::{SourceId, Sources, Span};

/// Bytes of a text that an edit replaced.
#[derive(Debug, Clone)]
pub(super) struct Replaced {
    source: SourceId,
    start: usize,
    removed: usize,
    added: usize,
}

impl Replaced {
    /// The bytes that an edit of a file replaced, with what its removal took beside them.
    pub(super) fn of(before: &Checked, after: &Checked, edit: Span) -> Option<Self> {
        let text = |set: &Checked| Some(set.sources().get(edit.source)?.text().clone());
        let (old, new) = (text(before)?, text(after)?);
        let (old, new) = (old.as_bytes(), new.as_bytes());
        let same = |(a, b): &(&u8, &u8)| a == b;
        let start = old.iter().zip(new).take_while(same).count().min(edit.start as usize);
        let most = old.len().min(new.len()) - start;
        let end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(same).count();
        let (removed, added) = (old.len() - start - end, new.len() - start - end);
        Some(Self { source: edit.source, start, removed, added })
    }

    /// The place before the edit of a place behind it.
    fn before(&self, at: usize) -> usize {
        match at.checked_sub(self.start) {
            None => at,
            Some(behind) if behind < self.added => self.start,
            Some(behind) => self.start + (behind - self.added) + self.removed,
        }
    }
}

/// The line in the first set on which a place of an edited set stands; of text that an edit added, the line behind
/// which it goes.
pub(super) fn first_line(sources: &Sources, replaced: &[Replaced], span: Span) -> usize {
    let own = replaced.iter().rev().filter(|one| one.source == span.source);
    let at = own.fold(span.start as usize, |at, one| one.before(at));
    let at = u32::try_from(at).unwrap_or(u32::MAX);
    sources.position(Span { start: at, end: at, ..span }).line
}
