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
        let is_it = |one: &(Text, u32)| bytes_at(&texts.all, one.0) == name.as_bytes();
        let found = self.table.find(self.seed.hash(name), is_it);
        found.map(|(_, number)| *number)
    }

    /// The number of a text, compared without regard to the case of ASCII letters.
    #[inline]
    pub(crate) fn get_in_any_case(&self, texts: &Texts, name: &str) -> Option<u32> {
        let is_it = |one: &(Text, u32)| {
            let (text, name) = (bytes_at(&texts.all, one.0), name.as_bytes());
            // Most names are written as they are stored, and that is told faster.
            text == name || text.eq_ignore_ascii_case(name)
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
    /// A hash of a text without regard to the case of ASCII letters: multiply and fold, eight bytes at a
    /// time.
    #[inline]
    fn hash(self, text: &str) -> u64 {
        /// Odd, with bits everywhere: the golden ratio's first 64.
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let mix = |state: u64, chunk: [u8; 8]| {
            let chunk = in_lower_case(u64::from_le_bytes(chunk));
            let wide = u128::from(state ^ chunk) * u128::from(SPREAD ^ self.0.rotate_left(32));
            (wide >> 64) as u64 ^ wide as u64
        };
        let bytes = text.as_bytes();
        let (chunks, rest) = bytes.as_chunks::<8>();
        let start = self.0 ^ text.len() as u64;
        let state = chunks.iter().fold(start, |state, chunk| mix(state, *chunk));
        // The end once more, with what stands before it if there is as much.
        let last = bytes.last_chunk().copied().unwrap_or_else(|| {
            let mut last = [0; 8];
            last.iter_mut().zip(rest).for_each(|(byte, one)| *byte = *one);
            last
        });
        mix(state, last)
    }
}

/// Eight bytes with small letters for ASCII capitals, all at once: adding carries into the highest bit of
/// those that are `A` or higher, and of those that are higher than `Z`.
#[inline]
const fn in_lower_case(bytes: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let low = bytes & !HIGH;
    let from_a = low + (0x80 - b'A' as u64) * ONES;
    let behind_z = low + (0x7f - b'Z' as u64) * ONES;
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
