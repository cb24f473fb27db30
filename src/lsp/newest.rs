//! Newest: the newest state of a set, and the stop for work that a later one makes useless.

use crate::limits::Interrupt;

/// The number of the newest state of a set; 0 before the first.
#[derive(Debug, Default)]
pub(super) struct Newest {
    number: u64,
    interrupt: Interrupt,
}

impl Newest {
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// The stop for work on this state.
    pub(super) fn interrupt(&self) -> Interrupt {
        self.interrupt.clone()
    }

    /// Notes a later state: work on the one before it stops.
    pub(super) fn set(&mut self, number: u64) {
        self.interrupt.stop();
        self.number = number;
        self.interrupt = Interrupt::default();
    }

    /// Whether a result about a state is about an earlier one than this.
    pub(super) const fn is_after(&self, number: u64) -> bool {
        self.number > number
    }
}

/// Nobody waits for work on a set that is gone.
impl Drop for Newest {
    fn drop(&mut self) {
        self.interrupt.stop();
    }
}
