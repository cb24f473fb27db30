//! Bit sets of fixed length.
//!
//! Takes in and gives out indices below a length. Does not know what they number.

use std::ops::Range;

/// A set of indices below a length that is fixed at construction.
///
/// Operations on two sets expect equal lengths.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct Bits(Vec<u64>);

impl Bits {
    pub(crate) fn new(length: usize) -> Self {
        Self(vec![0; length.div_ceil(64)])
    }

    /// The set of the positions at which the iterator yields `true`.
    pub(crate) fn collect(marks: impl ExactSizeIterator<Item = bool>) -> Self {
        let mut bits = Self::new(marks.len());
        for (bit, _) in marks.enumerate().filter(|(_, mark)| *mark) {
            bits.insert(bit);
        }
        bits
    }

    #[expect(clippy::indexing_slicing, reason = "callers give positions below the set's length")]
    pub(crate) fn insert(&mut self, bit: usize) {
        self.0[bit / 64] |= 1 << (bit % 64);
    }

    #[expect(clippy::indexing_slicing, reason = "callers give positions below the set's length")]
    pub(crate) fn remove(&mut self, bit: usize) {
        self.0[bit / 64] &= !(1 << (bit % 64));
    }

    pub(crate) fn contains(&self, bit: usize) -> bool {
        self.0.get(bit / 64).is_some_and(|word| word & (1 << (bit % 64)) != 0)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    pub(crate) fn or(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }

    /// The complement below `length`.
    pub(crate) fn not(&self, length: usize) -> Self {
        let mut bits = Self(self.0.iter().map(|word| !word).collect());
        if let (Some(last), used @ 1..) = (bits.0.last_mut(), length % 64) {
            *last &= (1 << used) - 1;
        }
        bits
    }

    pub(crate) fn add_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    pub(crate) fn remove_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= !b);
    }

    /// Whether the sets have a common index.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    /// Whether the set is a subset of another.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(a, b)| a & !b == 0)
    }

    /// The words that hold all indices.
    pub(crate) fn span(&self) -> Range<usize> {
        let is_used = |word: &u64| *word != 0;
        let first = self.0.iter().position(is_used).unwrap_or_default();
        first..self.0.iter().rposition(is_used).map_or(first, |last| last + 1)
    }

    /// As [`meets`](Self::meets), of a set that has all its indices in some words.
    #[expect(clippy::indexing_slicing, reason = "a span is of a set of equal length")]
    pub(crate) fn meets_within(&self, other: &Self, span: &Range<usize>) -> bool {
        let mut words = self.0[span.clone()].iter().zip(&other.0[span.clone()]);
        words.any(|(a, b)| a & b != 0)
    }

    /// The number of indices in common with a set that has all its own in some words.
    #[expect(clippy::indexing_slicing, reason = "a span is of a set of equal length")]
    pub(crate) fn count_common_within(&self, other: &Self, span: &Range<usize>) -> usize {
        let words = self.0[span.clone()].iter().zip(&other.0[span.clone()]);
        words.map(|(a, b)| (a & b).count_ones() as usize).sum()
    }

    /// The indices in ascending order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.0.iter().enumerate().flat_map(|(index, word)| {
            let mut word = *word;
            std::iter::from_fn(move || {
                let bit = word.trailing_zeros() as usize;
                (word != 0).then(|| {
                    word &= word - 1;
                    index * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_behave_as_sets() {
        let multiples = |n: usize| Bits::collect((0..130).map(move |bit| bit % n == 0));
        let (two, three) = (multiples(2), multiples(3));
        assert_eq!(two.len(), 65);
        assert_eq!(two.and(&three), multiples(6));
        assert_eq!(two.count_common_within(&three, &two.span()), 22);
        assert_eq!(two.and(&three).iter().nth(21), Some(126));
        assert!(multiples(6).is_within(&three) && !two.is_within(&three));
        let late = Bits::collect((0..130).map(|bit| bit == 66 || bit == 80));
        assert_eq!((late.span(), Bits::new(130).span()), (1..2, 0..0));
        assert_eq!(late.count_common_within(&three, &late.span()), 1);
        assert!(
            late.meets_within(&two, &late.span()) && !late.meets_within(&late.not(130), &(1..2))
        );
        assert_eq!(two.not(130).len(), 65);
        assert!(!two.not(130).meets(&two));
        let mut odd = two.or(&three);
        odd.remove_all(&two);
        assert!(odd.is_within(&two.not(130)) && !odd.is_empty());
    }
}
