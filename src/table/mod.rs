//! Decision tables: the compiled form of a model.
//!
//! Takes in a checked model, gives out decisions in a few array reads. Data passes through the parts in
//! this order: `ir` has the model in numbers, over equivalence classes of endpoints and devices and
//! variables over groups of people; `applicability` has the policies that apply to each app, as
//! conditions on users; `matrix` has the outcomes between sources and targets, combined by `decisions`;
//! `folded` ties these together for one model; `build` lays matrices out as a table; `runtime` decides
//! with it, and `wire` writes and reads it as bytes. Beside them, `lazy` works out single rows for
//! analysis, `attribution` names the rules that determine decisions, and `delta` finds the movements that
//! an edit of rules affects; `logic` lets one definition serve a single user and all users.
//!
//! The table never looks at the interpreter; that both agree on every movement is tested.

mod access;
mod applicability;
mod attribution;
mod build;
mod decisions;
mod delta;
mod folded;
mod ir;
mod lazy;
mod logic;
mod matrix;
mod numbered;
mod runtime;
mod wire;

pub use access::ResolvedAccess;
pub(crate) use applicability::{Participant, Participants};
pub(crate) use attribution::{ApplicableRules, keep_determining};
pub(crate) use decisions::{Combiner, DecisionId, NO_MOVEMENT, Outcome};
pub(crate) use delta::{Affected, AffectedClass, Flow, RuleEdit};
pub(crate) use folded::{DeviceContext, FoldedModel};
#[cfg(feature = "intune")]
pub(crate) use ir::user_kinds;
pub(crate) use ir::{
    Device, DeviceKind, GroupVariables, RuleIr, clauses_of, set_holds, term_holds,
};
pub(crate) use lazy::{EndpointView, LazyMatrices, LineId};
pub use runtime::{Case, Resolved, ResolvedSource, ResolvedTarget, Session, Stats, Table};
pub use wire::{LoadTableError, is_table};
