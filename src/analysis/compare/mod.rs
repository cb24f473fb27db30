//! Comparison of two sets: movements that they decide differently.

mod affected;
pub(super) mod changes;
pub(super) mod comparer;
pub(super) mod differences;
mod rules;
