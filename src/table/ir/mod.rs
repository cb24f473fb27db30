//! The intermediate representation (IR): the model in numbers.
//!
//! Takes in a checked model, gives out equivalence classes of endpoints and devices, variables over groups
//! of people, and policies and rules over them. Tables are built from it and analysis asks it; decisions
//! are not known here.

mod classes;
mod devices;
mod groups;
mod membership;
mod policies;
mod range;
mod sets;

pub(super) use classes::{ClassKey, EndpointClasses, EndpointIndex};
pub(super) use devices::DeviceKinds;
pub(crate) use devices::{Device, DeviceKind};
#[cfg(feature = "intune")]
pub(crate) use groups::user_kinds;
pub(crate) use groups::{GroupVariables, clauses_of};
pub(crate) use membership::{set_holds, term_holds};
pub(crate) use policies::RuleIr;
pub(super) use policies::{AppIr, ClauseOf, Ir, PolicyIr};
pub(super) use range::Range32;
pub(super) use sets::{SetTerms, Sets, TermLists, ViewRange, view_number};
