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
#[cfg(feature = "compile")]
mod build;
#[cfg(feature = "compile")]
mod decisions;
#[cfg(feature = "compile")]
mod delta;
#[cfg(feature = "compile")]
mod folded;
mod ir;
#[cfg(feature = "compile")]
mod lazy;
mod logic;
#[cfg(feature = "compile")]
mod matrix;
#[cfg(feature = "compile")]
mod numbered;
mod runtime;
mod wire;

pub use access::ResolvedAccess;
#[cfg(feature = "compile")]
pub(crate) use applicability::{Participant, Participants};
#[cfg(feature = "compile")]
pub(crate) use attribution::{ApplicableRules, keep_determining};
#[cfg(feature = "compile")]
pub(crate) use decisions::{Combiner, DecisionId, NO_MOVEMENT, Outcome};
#[cfg(feature = "compile")]
pub(crate) use delta::{Affected, AffectedClass, Flow, RuleEdit};
#[cfg(feature = "compile")]
pub(crate) use folded::{DeviceContext, FoldedModel};
#[cfg(feature = "intune")]
pub(crate) use ir::user_kinds;
#[cfg(feature = "compile")]
pub(crate) use ir::{Clauses, Device, DeviceKind, GroupVariables, RuleIr, set_holds, term_holds};
#[cfg(feature = "compile")]
pub(crate) use lazy::{EndpointView, LazyMatrices, LineId};
pub use runtime::{
    Case, EndpointCase, Resolved, ResolvedSource, ResolvedTarget, Session, Stats, Table, UserCase,
};
pub use wire::{LoadTableError, is_table};
