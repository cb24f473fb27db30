//! Parse cache: the trees of declarations and statements that were parsed before.
//!
//! Takes in the text of a piece and its place, gives out its tree if the same text was parsed without a
//! mistake. Two generations are kept: a piece that is asked for stays, and the older generation is dropped when
//! the younger one has grown to the bound. Does not know the grammar, nor the limits of a parser.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::ast::{Item, Statement};
use super::relocate::{Move, Relocate};
use crate::source::{SourceId, offset};

/// The bytes of text in the younger generation at which the older one is dropped.
const MOST_BYTES: usize = 8 << 20;

/// Trees of declarations and statements, to be found again by their text.
///
/// Clones share what they keep, over threads too. All texts have to be parsed with the same limits.
///
/// ```
/// let cache = mam::syntax::ParseCache::default();
/// let mut text = String::from("mam 1\nusers staff\n");
/// for _ in 0..2 {
///     let checked = mam::Compiler::new().parse_cache(&cache).check("people.mam", &text);
///     assert!(!checked.has_errors());
///     text.insert_str(0, "// Everybody\n");
/// }
/// assert_eq!((cache.found(), cache.kept()), (2, 2));
/// ```
#[derive(Debug, Clone, Default)]
pub struct ParseCache(Arc<Mutex<Pieces>>);

/// All that is kept.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    items: Generations<Item>,
    statements: Generations<Statement>,
    /// How often a tree was found.
    found: usize,
}

/// The younger and the older pieces, by text.
#[derive(Debug)]
pub(super) struct Generations<T> {
    young: BTreeMap<Box<str>, Arc<Placed<T>>>,
    old: BTreeMap<Box<str>, Arc<Placed<T>>>,
    /// The bytes of text of the younger ones.
    bytes: usize,
}

impl<T> Default for Generations<T> {
    fn default() -> Self {
        Self { young: BTreeMap::new(), old: BTreeMap::new(), bytes: 0 }
    }
}

/// A tree, with the byte where its text began.
#[derive(Debug)]
struct Placed<T> {
    start: u32,
    tree: T,
}

impl<T> Generations<T> {
    fn get(&mut self, text: &str) -> Option<Arc<Placed<T>>> {
        if let Some(known) = self.young.get(text) {
            return Some(Arc::clone(known));
        }
        let (text, known) = self.old.remove_entry(text)?;
        self.insert(text, Arc::clone(&known));
        Some(known)
    }

    fn insert(&mut self, text: Box<str>, piece: Arc<Placed<T>>) {
        self.bytes += text.len();
        self.young.insert(text, piece);
        if self.bytes > MOST_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.bytes = 0;
        }
    }
}

/// A kind of tree that is kept.
pub(super) trait Piece: Relocate + Clone {
    /// Where such trees are kept.
    fn of(pieces: &mut Pieces) -> &mut Generations<Self>;
}

impl Piece for Item {
    fn of(pieces: &mut Pieces) -> &mut Generations<Self> {
        &mut pieces.items
    }
}

impl Piece for Statement {
    fn of(pieces: &mut Pieces) -> &mut Generations<Self> {
        &mut pieces.statements
    }
}

impl ParseCache {
    /// How many pieces are kept.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.with(|pieces| {
            let Pieces { items, statements, .. } = pieces;
            items.young.len() + items.old.len() + statements.young.len() + statements.old.len()
        })
    }

    /// How often a tree was found since the cache was made.
    #[must_use]
    pub fn found(&self) -> usize {
        self.with(|pieces| pieces.found)
    }

    /// The tree of a text that begins at a byte of a source.
    pub(super) fn get<T: Piece>(&self, text: &str, source: SourceId, start: usize) -> Option<T> {
        let known = self.with(|pieces| {
            let known = T::of(pieces).get(text);
            pieces.found += usize::from(known.is_some());
            known
        })?;
        let mut tree = known.tree.clone();
        tree.relocate(Move::new(known.start, source, offset(start)));
        Some(tree)
    }

    /// Keeps the tree of a text that begins at a byte.
    pub(super) fn insert<T: Piece>(&self, text: &str, start: usize, tree: &T) {
        let piece = Arc::new(Placed { start: offset(start), tree: tree.clone() });
        self.with(|pieces| T::of(pieces).insert(text.into(), piece));
    }

    /// A panic while the lock was held leaves maps as whole as they were.
    fn with<T>(&self, act: impl FnOnce(&mut Pieces) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::source::Sources;
    use crate::syntax::ast::File;
    use crate::syntax::parse_cached;

    fn parsed(text: &str, before: &str, cache: Option<&ParseCache>) -> File {
        let mut sources = Sources::default();
        sources.add("other.mam", before);
        let id = sources.add("a.mam", text);
        let limits = Limits::default();
        let (file, found) = parse_cached(&sources, id, &limits, cache);
        assert!(found.is_empty(), "{found:?}");
        file
    }

    /// A text with every declaration and statement of the language.
    const EVERYTHING: &str = "mam 1\nuse microsoft\nuse \"b.mam\"\ntenant t \"t.com\"\n\
        /// An app\napp a \"A\" { ios \"a\", \"b\" sdk }\nstorage s \"S\" corporate\nusers staff \"Staff\"\n\
        filter own \"Own\"\ngroup g = a as work deployed, managed, \"ios:c\" except s\n\
        policy p \"P\" report-only { for staff matching own, b except c on ios except android devices any\n\
          protect g unconfirmed yields to q, r otherwise allow\n\
          /// A rule\n  allow copy, share from g to managed except a up to 5 characters for every and staff\n\
          accept share tagged work from a because \"so\" block type app-wide allow notify without content\n\
          require pin { length 6 simple no attempts 5 then reset, 9 then wipe recheck 30 minutes } on ios\n\
          launch wipe when offline > 90 days devices enrolled because \"x\"\n\
          launch block when os < 17.0.1 launch warn when model not in \"a\", \"b\"\n\
          setting \"x\" = { \"a\": [1, null] }\n\
          expect no path by share from a to s avoiding g for exactly staff\n\
          expect require pin { length 6 } launch g for any except staff when os 17, not model \"x\", rest unknown }\n\
        expect block share to unmanaged for exactly none\nexpect warn launch when patch < 2024-01-01\n";

    #[test]
    fn a_found_tree_is_that_of_a_parse() {
        let cache = ParseCache::default();
        let first = parsed(EVERYTHING, "", Some(&cache));
        assert_eq!(first, parsed(EVERYTHING, "", None));
        let known = cache.kept();
        assert_eq!(cache.found(), 0);
        let moved = EVERYTHING.replace("/// An app", "// moved\n\n/// An app");
        let again = parsed(&moved, "mam 1\n", Some(&cache));
        assert_eq!(again, parsed(&moved, "mam 1\n", None));
        assert!(cache.kept() == known && cache.found() == known, "{} {known}", cache.found());
    }

    #[test]
    fn old_pieces_are_dropped_and_used_ones_stay() {
        let mut pieces = Generations::default();
        let piece = |start| Arc::new(Placed { start, tree: () });
        pieces.insert("a".into(), piece(1));
        pieces.insert("b".into(), piece(2));
        pieces.insert("x".repeat(MOST_BYTES).into(), piece(3));
        assert!(pieces.get("a").is_some_and(|one| one.start == 1));
        pieces.insert("y".repeat(MOST_BYTES).into(), piece(4));
        assert!(pieces.get("a").is_some() && pieces.get("b").is_none());
    }
}
