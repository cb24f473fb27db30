//! String interning: every text once, all of them in one string, and hash indexes from text to number.
//!
//! Takes in texts, gives out their positions and the numbers that belong to them. Does not know what
//! the numbers mean.

use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

/// An interned text: its range of bytes in a [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Text {
    pub(crate) start: u32,
    pub(crate) length: u32,
}

/// A string interner.
#[derive(Debug, Clone, Default)]
pub(crate) struct Texts {
    all: String,
    /// Empty in an interner that was loaded: nothing is added there.
    known: HashTable<Text>,
    seed: Seed,
}

impl Texts {
    /// Interns a text.
    pub(crate) fn add(&mut self, text: &str) -> Text {
        let Self { all, known, seed } = self;
        let hash = |text: &str| seed.hash(text);
        let found = known.entry(hash(text), |one| at(all, *one) == text, |one| hash(at(all, *one)));
        match found {
            hashbrown::hash_table::Entry::Occupied(known) => *known.get(),
            hashbrown::hash_table::Entry::Vacant(free) => {
                let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
                let new = Text { start: number(all.len()), length: number(text.len()) };
                free.insert(new);
                all.push_str(text);
                new
            }
        }
    }

    /// An interner with the bytes of a saved one.
    pub(crate) fn of(all: String) -> Self {
        Self { all, ..Self::default() }
    }

    pub(crate) fn all(&self) -> &str {
        &self.all
    }

    pub(crate) fn get(&self, text: Text) -> &str {
        at(&self.all, text)
    }

    /// Whether a range lies in the string and on boundaries of characters.
    pub(crate) fn holds(&self, text: Text) -> bool {
        range(text).is_some_and(|range| self.all.get(range).is_some())
    }
}

fn range(text: Text) -> Option<std::ops::Range<usize>> {
    let end = text.start.checked_add(text.length)?;
    Some(text.start as usize..end as usize)
}

fn at(all: &str, text: Text) -> &str {
    range(text).and_then(|range| all.get(range)).unwrap_or("")
}

/// The bytes of a text, without a check of character boundaries.
#[inline]
fn bytes_at(all: &str, text: Text) -> &[u8] {
    range(text).and_then(|range| all.as_bytes().get(range)).unwrap_or_default()
}

/// Whether two texts are equal: names are short, so that to compare them by words takes less than a call.
#[inline]
fn is_same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    match (one.last_chunk::<8>(), other.last_chunk::<8>()) {
        (Some(last), Some(other_last)) => {
            let (words, _) = one.as_chunks::<8>();
            let (others, _) = other.as_chunks::<8>();
            last == other_last && words.iter().zip(others).all(|(a, b)| a == b)
        }
        _ => one.iter().zip(other).all(|(a, b)| a == b),
    }
}

/// A hash index: numbers by interned text.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    table: HashTable<(Text, u32)>,
    seed: Seed,
}

impl Index {
    /// An index of texts with their numbers; `None` if a text is there twice.
    pub(crate) fn of(
        texts: &Texts,
        mut numbered: impl Iterator<Item = (Text, u32)>,
    ) -> Option<Self> {
        let table = HashTable::with_capacity(numbered.size_hint().0);
        let mut index = Self { table, seed: Seed::default() };
        numbered.all(|(text, number)| index.insert(texts, text, number).is_none()).then_some(index)
    }

    /// Sets the number of a text; gives its earlier one.
    pub(crate) fn insert(&mut self, texts: &Texts, text: Text, number: u32) -> Option<u32> {
        let name = texts.get(text);
        let is_it = |one: &(Text, u32)| texts.get(one.0) == name;
        let Self { table, seed } = self;
        match table.entry(seed.hash(name), is_it, |one| seed.hash(texts.get(one.0))) {
            hashbrown::hash_table::Entry::Occupied(mut known) => {
                Some(std::mem::replace(&mut known.get_mut().1, number))
            }
            hashbrown::hash_table::Entry::Vacant(free) => {
                free.insert((text, number));
                None
            }
        }
    }

    /// The number of a text.
    #[inline]
    pub(crate) fn get(&self, texts: &Texts, name: &str) -> Option<u32> {
        let is_it = |one: &(Text, u32)| is_same(bytes_at(&texts.all, one.0), name.as_bytes());
        let found = self.table.find(self.seed.hash(name), is_it);
        found.map(|(_, number)| *number)
    }

    /// The number of a text, compared without regard to the case of ASCII letters.
    #[inline]
    pub(crate) fn get_in_any_case(&self, texts: &Texts, name: &str) -> Option<u32> {
        let is_it = |one: &(Text, u32)| {
            let (text, name) = (bytes_at(&texts.all, one.0), name.as_bytes());
            // Most names are written as they are stored, and that is told faster.
            is_same(text, name) || text.eq_ignore_ascii_case(name)
        };
        self.table.find(self.seed.hash(name), is_it).map(|(_, number)| *number)
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.table.allocation_size()
    }
}

/// The secret of a hash table, another one in each. Nobody can make texts collide who does not know it, and
/// nothing depends on it: tables are searched and never listed.
#[derive(Debug, Clone, Copy)]
struct Seed(u64);

impl Default for Seed {
    fn default() -> Self {
        Self(RandomState::new().hash_one(()))
    }
}

impl Seed {
    /// A hash of a text without regard to the case of ASCII letters: sixteen bytes at a time, multiplied
    /// with each other and folded. Whoever does not know the secret cannot choose a factor.
    #[inline(always)]
    fn hash(self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        let (mut state, mut rest) = (self.0 ^ bytes.len() as u64, bytes);
        while rest.len() > 16
            && let Some((chunk, behind)) = rest.split_first_chunk::<16>()
        {
            state = self.mix(state, words(chunk));
            rest = behind;
        }
        // The end, with what stands before it if there is as much.
        state = self.mix(state, last_words(bytes));
        state ^ state >> 32
    }

    #[inline(always)]
    fn mix(self, state: u64, [one, other]: [u64; 2]) -> u64 {
        /// Odd, with bits everywhere: the golden ratio's first 64.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let secret = SPREAD ^ self.0.rotate_left(32);
        let one = u128::from(in_lower_case(one) ^ state);
        let wide = one * u128::from(in_lower_case(other) ^ secret);
        (wide >> 64) as u64 ^ wide as u64
    }
}

/// Sixteen bytes as two words.
#[inline]
fn words(bytes: &[u8; 16]) -> [u64; 2] {
    let wide = u128::from_le_bytes(*bytes);
    [wide as u64, (wide >> 64) as u64]
}

/// The last sixteen bytes as two words; of a shorter text all of it, with bytes twice or zeros between.
#[inline]
fn last_words(bytes: &[u8]) -> [u64; 2] {
    if let Some(last) = bytes.last_chunk::<16>() {
        return words(last);
    }
    if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        return [u64::from_le_bytes(*first), u64::from_le_bytes(*last)];
    }
    let mut short = [0; 8];
    short.iter_mut().zip(bytes).for_each(|(byte, one)| *byte = *one);
    [u64::from_le_bytes(short), 0]
}

/// Eight bytes with small letters for ASCII capitals, all at once: adding carries into the highest bit of
/// those that are `A` or higher, and of those that are higher than `Z`.
#[inline]
const fn in_lower_case(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let low = bytes & !HIGH;
    // No byte of the sum is higher than 0xff.
    let from_a = low.wrapping_add((0x80 - b'A' as u64) * ONES);
    let behind_z = low.wrapping_add((0x7f - b'Z' as u64) * ONES);
    let capitals = from_a & !behind_z & !bytes & HIGH;
    bytes | (capitals >> 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_stored_once() {
        let mut texts = Texts::default();
        let (a, b) = (texts.add("word"), texts.add("outlook"));
        assert_eq!(texts.add("word"), a);
        assert_eq!((texts.get(a), texts.get(b)), ("word", "outlook"));
        assert_eq!(texts.all(), "wordoutlook");
        assert!(texts.holds(b) && !texts.holds(Text { start: 8, length: 4 }));
        assert_eq!(texts.get(Text { start: u32::MAX, length: 2 }), "");
    }

    #[test]
    fn numbers_are_found_by_text() {
        let (mut texts, mut index) = (Texts::default(), Index::default());
        for number in 0..500 {
            let text = texts.add(&format!("com.example.app{number}"));
            assert_eq!(index.insert(&texts, text, number), None);
        }
        assert_eq!(index.get(&texts, "com.example.app77"), Some(77));
        assert_eq!(index.get(&texts, "com.example.App77"), None);
        assert_eq!(index.get_in_any_case(&texts, "Com.Example.App77"), Some(77));
        assert_eq!(index.get_in_any_case(&texts, "com.example.app"), None);
        let known = texts.add("com.example.app7");
        assert_eq!(index.insert(&texts, known, 9), Some(7));
    }

    #[test]
    fn letters_alone_lose_their_case() {
        for byte in 0..=u8::MAX {
            let lower = u64::from_le_bytes([byte.to_ascii_lowercase(); 8]);
            assert_eq!(in_lower_case(u64::from_le_bytes([byte; 8])), lower, "{byte}");
        }
        let bytes = *b"Az[@`{Z\xff";
        assert_eq!(in_lower_case(u64::from_le_bytes(bytes)).to_le_bytes(), *b"az[@`{z\xff");
    }

    #[test]
    fn texts_do_not_collide_however_they_are_chosen() {
        let seed = Seed::default();
        let brackets = |number: u32| -> String {
            (0..17).map(|bit| if number >> bit & 1 == 0 { '[' } else { '{' }).collect()
        };
        let hashes: std::collections::BTreeSet<u64> =
            (0..1 << 17).map(|number| seed.hash(&brackets(number))).collect();
        assert!(hashes.len() > (1 << 17) - 10, "{}", hashes.len());
        assert_ne!(seed.hash("a"), Seed::default().hash("a"));
        assert_eq!(seed.hash("Com.Example.Notes"), seed.hash("cOM.eXAMPLE.nOTES"));
    }
}
