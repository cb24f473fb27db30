//! Accesses in a table: who may open an app.
//!
//! Takes in the `require` and `launch` statements of a model and the bundles of its policies, gives out
//! decisions about accesses. `probe` has the comparisons that conditions make, each of a fact as a number;
//! `ir` has the statements in numbers; `fold` leaves of each bundle the strictest thresholds; `decide` joins
//! those of the bundles that apply, and compares facts with them; `attribution` names the statements behind
//! a decision. Nothing here knows movements.

mod attribution;
mod decide;
mod fold;
mod ir;
mod probe;

pub use decide::ResolvedAccess;
pub(super) use fold::{AccessLayout, BundleAccess};
pub(super) use ir::{AccessIr, ConditionIr, Limit, Need, PolicyAccess, RequirementIr};
pub(super) use probe::Probe;
