//! The intermediate representation (IR): the model in numbers.
//!
//! Takes in a checked model, gives out equivalence classes of endpoints and devices, variables over groups
//! of people, and policies and rules over them. Tables are built from it and analysis asks it; decisions
//! are not known here.

mod classes;
#[cfg(feature = "compile")]
mod clauses;
mod devices;
mod groups;
#[cfg(feature = "compile")]
mod membership;
mod policies;
mod range;
mod sets;

pub(super) use classes::{ClassKey, EndpointClasses, EndpointIndex};
#[cfg(feature = "compile")]
pub(crate) use clauses::Clauses;
pub(super) use devices::DeviceKinds;
pub(crate) use devices::{Device, DeviceKind};
pub(crate) use groups::GroupVariables;
#[cfg(feature = "intune")]
pub(crate) use groups::user_kinds;
#[cfg(feature = "compile")]
pub(crate) use membership::{set_holds, term_holds};
#[cfg(feature = "compile")]
pub(super) use policies::ClauseOf;
pub(crate) use policies::RuleIr;
pub(super) use policies::{AppIr, Ir, PolicyIr};
pub(super) use range::Range32;
#[cfg(feature = "compile")]
pub(super) use sets::TermLists;
pub(super) use sets::{SetTerms, Sets, ViewRange, view_number};
