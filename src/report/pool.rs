//! Pools: lists in which equal values stand once.
//!
//! Takes in values with keys, gives out positions.

use std::collections::BTreeMap;

/// Values in the order in which they came, each once.
#[derive(Debug, Clone)]
pub(super) struct Pool<K, T> {
    positions: BTreeMap<K, usize>,
    list: Vec<T>,
}

impl<K, T> Default for Pool<K, T> {
    fn default() -> Self {
        Self { positions: BTreeMap::new(), list: Vec::new() }
    }
}

impl<K: Ord, T> Pool<K, T> {
    /// The position of the value with a key, which is made if it is new.
    pub(super) fn position(&mut self, key: K, value: impl FnOnce() -> T) -> usize {
        let next = self.list.len();
        let at = *self.positions.entry(key).or_insert(next);
        if at == next {
            self.list.push(value());
        }
        at
    }

    pub(super) fn into_list(self) -> Vec<T> {
        self.list
    }
}

impl<T: Ord + Clone> Pool<T, T> {
    /// The position of a value that is its own key.
    pub(super) fn add(&mut self, value: T) -> usize {
        self.position(value.clone(), || value)
    }
}
