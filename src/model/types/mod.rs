//! The data types of the model: declarations, policies, rules and expectations with ids for names.
//!
//! Plain data without spans into anything but the sources. Every id belongs to the model that gave it.
//! Does not know how a model is made from text, nor how movements are decided.

#[cfg(feature = "compile")]
mod accesses;
#[cfg(feature = "compile")]
mod declarations;
#[cfg(feature = "compile")]
mod endpoints;
mod ids;
#[cfg(feature = "compile")]
mod policies;
#[cfg(feature = "compile")]
mod scopes;
#[cfg(feature = "compile")]
mod users;

#[cfg(feature = "compile")]
pub use accesses::{AccessClaim, AccessExpectation, AccessScope};
#[cfg(feature = "compile")]
pub use declarations::{App, Filter, Group, Origin, Storage, Tenant, Users};
#[cfg(feature = "compile")]
pub(in crate::model) use endpoints::split_id;
#[cfg(feature = "compile")]
pub use endpoints::{AccountReading, EndpointSet, Term, What};
pub(crate) use ids::Attributes;
pub use ids::{AccessId, AppId, ExpectationId, GroupId, PolicyId, RuleId, StorageId, UsersId};
#[cfg(feature = "compile")]
pub use policies::{Claim, Expectation, Policy, Rule, Yields};
#[cfg(feature = "compile")]
pub use scopes::{ChainScope, Scope};
#[cfg(feature = "compile")]
pub use users::{FilterTest, Member, People};
