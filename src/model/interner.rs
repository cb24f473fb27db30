//! String interning: every text once, all of them in one string, and hash indexes from text to number.
//!
//! Takes in texts, gives out their positions and the numbers that belong to them. Does not know what
//! the numbers mean.

use hashbrown::HashTable;

/// An interned text: its range of bytes in a [`Texts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
}

impl Texts {
    /// Interns a text.
    pub(crate) fn add(&mut self, text: &str) -> Text {
        let Self { all, known } = self;
        let hash = hash(text);
        let found = known.entry(hash, |one| at(all, *one) == text, |one| self::hash(at(all, *one)));
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
        Self { all, known: HashTable::new() }
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
pub(crate) struct Index(HashTable<(Text, u32)>);

impl Index {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self(HashTable::with_capacity(capacity))
    }

    /// Sets the number of a text; gives its earlier one.
    pub(crate) fn insert(&mut self, texts: &Texts, text: Text, number: u32) -> Option<u32> {
        let name = texts.get(text);
        let is_it = |one: &(Text, u32)| texts.get(one.0) == name;
        match self.0.entry(hash(name), is_it, |one| hash(texts.get(one.0))) {
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
        let found = self.0.find(hash(name), is_it);
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
        self.0.find(hash(name), is_it).map(|(_, number)| *number)
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.0.allocation_size()
    }
}

/// A hash of a text without regard to the case of ASCII letters: multiply and fold, eight bytes at a
/// time. It is not seeded, so that tables are equal from run to run; the author of a policy set who makes
/// names collide slows down look-ups in that set alone.
#[inline]
fn hash(text: &str) -> u64 {
    /// The bit that tells small ASCII letters from capitals.
    const SMALL: u64 = 0x2020_2020_2020_2020;
    /// Odd, with bits everywhere: the golden ratio's first 64.
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |state: u64, chunk: [u8; 8]| {
        let wide = u128::from(state ^ (u64::from_le_bytes(chunk) | SMALL)) * u128::from(SPREAD);
        (wide >> 64) as u64 ^ wide as u64
    };
    let bytes = text.as_bytes();
    let (chunks, rest) = bytes.as_chunks::<8>();
    let state = chunks.iter().fold(text.len() as u64, |state, chunk| mix(state, *chunk));
    // The end once more, with what stands before it if there is as much.
    let last = bytes.last_chunk().copied().unwrap_or_else(|| {
        let mut last = [0; 8];
        last.iter_mut().zip(rest).for_each(|(byte, one)| *byte = *one);
        last
    });
    mix(state, last)
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
}
