//! Ranges of the lists that many parts share.

use super::super::codec::{Flaw, demand};
use crate::table::ir::Range32;

/// Whether a range lies in a list of some length.
pub(super) fn is_within(start: u32, length: usize, all: usize) -> bool {
    (start as usize).checked_add(length).is_some_and(|end| end <= all)
}

/// A part of a list; `None` if the list ends before it.
pub(super) fn part<T>(list: &[T], range: Range32) -> Option<&[T]> {
    list.get(range.start as usize..)?.get(..range.length as usize)
}

/// The distinct ranges of a list, in order. Each two of them must be apart: then all of them together are no
/// longer than the list.
pub(super) fn distinct(
    mut ranges: impl Iterator<Item = Range32>,
    length: usize,
) -> Result<Vec<Range32>, Flaw> {
    let mut all: Vec<Range32> = Vec::new();
    ranges.try_for_each(|range| {
        demand(is_within(range.start, range.length as usize, length), "a range leads too far")?;
        // Neighbours often share a range.
        if range.length > 0 && all.last() != Some(&range) {
            all.push(range);
        }
        Ok::<(), Flaw>(())
    })?;
    // A stable sort goes faster where parts are in order already, as most are.
    all.sort();
    all.dedup();
    let mut pairs = all.windows(2);
    let are_apart = pairs.all(|pair| match pair {
        [a, b] => a.start as usize + a.length as usize <= b.start as usize,
        _ => true,
    });
    demand(are_apart, "two ranges overlap")?;
    Ok(all)
}

/// The largest number in each of some ranges.
pub(super) struct Largest {
    ranges: Vec<Range32>,
    largest: Vec<u16>,
}

impl Largest {
    pub(super) fn new(list: &[u16], ranges: impl Iterator<Item = Range32>) -> Result<Self, Flaw> {
        let ranges = distinct(ranges, list.len())?;
        let numbers = ranges.iter().map(|range| part(list, *range).unwrap_or_default());
        let largest = numbers.map(|one| one.iter().copied().max().unwrap_or(0)).collect();
        Ok(Self { ranges, largest })
    }

    /// One more than the largest number of a range; 0 where it is empty.
    pub(super) fn bound(&self, range: Range32) -> usize {
        let at = self.ranges.binary_search(&range).ok();
        let largest = at.and_then(|at| self.largest.get(at));
        largest.map_or(0, |one| usize::from(*one) + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_the_same_or_apart() {
        let range = |start, length| Range32 { start, length };
        let all = |ranges: &[Range32]| distinct(ranges.iter().copied(), 10);
        let (a, b) = (range(0, 4), range(4, 6));
        assert_eq!(all(&[b, a, b, range(3, 0)]).unwrap(), [a, b]);
        assert!(all(&[a, range(3, 2)]).is_err());
        assert!(all(&[range(5, 6)]).is_err());
        assert!(all(&[range(u32::MAX, u32::MAX)]).is_err());
        let largest = Largest::new(&[1, 5, 2, 7], [range(0, 2), range(2, 2)].into_iter()).unwrap();
        assert_eq!(
            [range(0, 2), range(2, 2), range(1, 0)].map(|one| largest.bound(one)),
            [6, 8, 0]
        );
    }
}
