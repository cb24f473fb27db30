//! Accesses: who may open an app, and in which state of device, app and account.
//!
//! Takes in an [`AccessRequest`], the documented JSON form, and a [`Directory`](crate::model::Directory);
//! gives out the resolved request as [`AppAccess`] and [`Facts`], and has the types of what is decided:
//! [`AccessDecision`] with its [`AccessDetails`], and their JSON form, [`AccessAnswer`]. `requirements` has
//! the join of requirements. Does not know which policies apply.

mod answer;
mod decision;
mod facts;
mod request;
mod requirements;

pub use answer::{
    AccessAnswer, FieldAnswer, FieldValue, FiredAnswer, ReportAnswer, RequirementAnswer,
    RequirementsAnswer, StatementAnswer, WipeAnswer,
};
pub use decision::{AccessDecision, AccessDetails, AccessEffect, Fired, RequiredBy, Shadow, Wipe};
pub use facts::Facts;
pub use request::{AccessRequest, AppAccess, LaunchRequest};
pub use requirements::{
    CredentialsRequirement, EncryptionRequirement, PinRequirement, RequirementPart, Requirements,
};
pub(crate) use requirements::{Requiring, required_by};
