//! Comparison of two sets: movements that they decide differently.

pub(super) mod changes;
pub(super) mod differences;
