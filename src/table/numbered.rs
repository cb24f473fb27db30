//! Values by number: each distinct one once.
//!
//! Takes in values, gives out their numbers in the order in which they came. What they mean is not known here.

use std::collections::HashMap;
use std::hash::Hash;

use rustc_hash::FxBuildHasher;

/// Distinct values, numbered.
pub(super) struct Numbered<T> {
    pub(super) list: Vec<T>,
    known: HashMap<T, u32, FxBuildHasher>,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { list: Vec::new(), known: HashMap::default() }
    }
}

impl<T: Clone + Eq + Hash> Numbered<T> {
    /// The number of a value. There are no more values than 32 bits number.
    pub(super) fn number(&mut self, value: T) -> u32 {
        let next = self.list.len() as u32;
        *self.known.entry(value).or_insert_with_key(|value| {
            self.list.push(value.clone());
            next
        })
    }
}
