//! Newest: how work on a thread learns that a later state of the texts makes it useless.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The number of the newest state of a set, shared with the work for it.
#[derive(Debug, Clone, Default)]
pub(super) struct Newest(Arc<AtomicU64>);

impl Newest {
    /// The number; 0 before the first state.
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    /// Notes a later state.
    pub(super) fn set(&self, number: u64) {
        self.0.store(number, Ordering::Release);
    }

    /// Notes that no state will be asked for again.
    pub(super) fn close(&self) {
        self.set(u64::MAX);
    }

    /// Whether work on a state is useless.
    pub(super) fn is_after(&self, number: u64) -> bool {
        self.get() > number
    }
}
