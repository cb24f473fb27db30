//! Comparison of two sets: movements that they decide differently, and statements that decide nothing.

mod affected;
pub(super) mod changes;
pub(super) mod comparer;
pub(super) mod differences;
pub(super) mod pairs;
pub(super) mod picture;
mod rules;
pub(super) mod statements;
pub(super) mod would_be;
