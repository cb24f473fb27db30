//! Analysis of accesses: who may open an app, for all users, devices and facts of a scope.
//!
//! Takes in checked sets and scopes of accesses, gives out whether expectations hold, with examples, tables,
//! and differences of two sets. `cells` divides the values of each fact where conditions and tests do, `texts`
//! names sets of them, `space` walks apps, accounts and devices, `members` names these. On them stand
//! `expect`, `tables` and `one`, with `effects` and `rows` also `compare` and `changes`, and with `thresholds` also
//! `unmet`.

mod cells;
mod changes;
mod compare;
mod effects;
mod expect;
mod launches;
pub(super) mod members;
mod one;
mod rows;
pub(super) mod space;
mod tables;
mod texts;
mod thresholds;
mod unmet;

pub(in crate::analysis) use changes::would_change;
pub use changes::{
    AccessChange, AccessChangeKind, AccessSide, FieldChange, RequirementChange, diff_access,
};
pub(super) use expect::test;
pub use expect::{AccessCounterexample, AccessExpectationResult, AccessVerdict};
pub(super) use launches::{Launches, PlacedLaunch, visit_applying, visit_launches};
pub use one::NotOneAccess;
pub(super) use one::one_access;
pub(crate) use rows::{AccessDifferences, EffectDifference, RequirementDifference};
pub(super) use tables::parts;
pub use tables::{AccessPart, AccessRow};
pub(super) use unmet::{ClaimState, FiredLaunch, UnmetClaim, claim_state};
