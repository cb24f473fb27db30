//! Hypothetical rules: effects of edits, lints, coverage and mutation.

mod access_mutants;
pub(super) mod access_mutation;
pub(super) mod coverage;
pub(super) mod effects;
pub(super) mod fates;
mod head_mutation;
pub(super) mod lint;
pub(super) mod mutants;
pub(super) mod mutation;
pub(super) mod relevance;
mod suggestion;
pub(super) mod weakening;
