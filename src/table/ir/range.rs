//! Ranges of positions in lists that many items share.

#![allow(clippy::indexing_slicing, reason = "ranges are of the list for which they were made")]

use crate::limits::{LimitExceeded, index};

/// A range of positions in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(crate) struct Range32 {
    pub(crate) start: u32,
    pub(crate) length: u32,
}

impl Range32 {
    /// Appends values to a list; the range is where they stand.
    pub(crate) fn append<T>(
        list: &mut Vec<T>,
        values: impl IntoIterator<Item = T>,
    ) -> Result<Self, LimitExceeded> {
        let start = list.len();
        list.extend(values);
        Ok(Self { start: index(start)?, length: index(list.len() - start)? })
    }

    /// The values of the range.
    pub(crate) fn of<T>(self, list: &[T]) -> &[T] {
        &list[self.start as usize..][..self.length as usize]
    }
}
