//! Line map: from the lines of an earlier text to the equal ones of a later text, and the edits between the two.
//!
//! Lines are matched from the start. Where the texts part, the nearest line that occurs in both and is not blank ends
//! the difference. That is no shortest difference, but a short one, found in time that grows with its length. The crate
//! `similar` finds shortest ones; between texts that have little in common its time grows with the square, and what
//! bounds that is a clock, which the library does not read.

use std::ops::Range;

/// How many lines ahead a line that occurs in both texts is looked for.
const FAR: usize = 200;

/// The runs of lines that two texts have in common, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LineMap {
    /// The bytes in the earlier text, and where they begin in the later one.
    pieces: Vec<(Range<usize>, usize)>,
    /// The lengths of both texts.
    lengths: (usize, usize),
}

impl LineMap {
    pub(super) fn new(before: &str, after: &str) -> Self {
        let old: Vec<&str> = before.split_inclusive('\n').collect();
        let new: Vec<&str> = after.split_inclusive('\n').collect();
        let mut pieces: Vec<(Range<usize>, usize)> = Vec::new();
        let (mut a, mut b, mut old_byte, mut new_byte) = (0, 0, 0, 0);
        while let (Some(left), Some(right)) = (old.get(a..), new.get(b..))
            && let (Some(one), Some(other)) = (left.first(), right.first())
        {
            if one == other {
                match pieces.last_mut() {
                    Some((bytes, start))
                        if bytes.end == old_byte && *start + bytes.len() == new_byte =>
                    {
                        bytes.end += one.len();
                    }
                    _ => pieces.push((old_byte..old_byte + one.len(), new_byte)),
                }
                (a, b) = (a + 1, b + 1);
                (old_byte, new_byte) = (old_byte + one.len(), new_byte + one.len());
                continue;
            }
            let (skip, insert) = next_match(left, right);
            old_byte += left.iter().take(skip).map(|line| line.len()).sum::<usize>();
            new_byte += right.iter().take(insert).map(|line| line.len()).sum::<usize>();
            (a, b) = (a + skip, b + insert);
        }
        Self { pieces, lengths: (before.len(), after.len()) }
    }

    /// The bytes in the later text; `None` if a line of them changed.
    pub(super) fn bytes(&self, bytes: Range<usize>) -> Option<Range<usize>> {
        let holds = |piece: &&(Range<usize>, usize)| {
            piece.0.start <= bytes.start && bytes.end <= piece.0.end
        };
        let (old, new) = self.pieces.iter().find(holds)?;
        Some(new + bytes.start - old.start..new + bytes.end - old.start)
    }

    /// The differences: bytes of the earlier text, and those of the later one that stand in their place.
    pub(super) fn edits(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let ends = std::iter::once((self.lengths.0..self.lengths.0, self.lengths.1));
        let (mut old, mut new) = (0, 0);
        let mut edits = Vec::new();
        for (bytes, start) in self.pieces.iter().cloned().chain(ends) {
            if old < bytes.start || new < start {
                edits.push((old..bytes.start, new..start));
            }
            (old, new) = (bytes.end, start + bytes.len());
        }
        edits
    }
}

/// How many lines to leave out and to put in before the nearest lines that are equal and not blank.
fn next_match(old: &[&str], new: &[&str]) -> (usize, usize) {
    let (old_near, new_near) = (old.len().min(FAR), new.len().min(FAR));
    for distance in 1..old_near + new_near {
        for skip in distance.saturating_sub(new_near)..=distance.min(old_near) {
            let insert = distance - skip;
            if let (Some(one), Some(other)) = (old.get(skip), new.get(insert))
                && one == other
                && !one.trim().is_empty()
            {
                return (skip, insert);
            }
        }
    }
    (old.len(), new.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_move_with_their_lines() {
        let map = LineMap::new("one\ntwo\nthree\n", "zero\none\n2\nthree\nfour\n");
        assert_eq!(map.bytes(0..3), Some(5..8));
        assert_eq!(map.bytes(4..7), None);
        assert_eq!(map.bytes(8..13), Some(11..16));
        assert_eq!(LineMap::new("same\n", "same\n").bytes(1..3), Some(1..3));
    }

    #[test]
    fn edits_lead_from_one_text_to_the_other() {
        let texts =
            ["", "a\n", "a\nb\nc\n", "a\n\nb\n\n\nc", "x\na\nb\n", "c\nb\na\n", "b\nb\n\nb\n"];
        for old in texts {
            for new in texts {
                let mut out = old.to_owned();
                for (bytes, with) in LineMap::new(old, new).edits().into_iter().rev() {
                    out.replace_range(bytes, &new[with]);
                }
                assert_eq!(out, new, "{old:?}");
            }
        }
        assert_eq!(LineMap::new("a\nb\nc\n", "a\nB\nc\n").edits(), [(2..4, 2..4)]);
    }
}
