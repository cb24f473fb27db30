//! The data types of the model: declarations, policies, rules and expectations with ids for names.
//!
//! Plain data without spans into anything but the sources. Every id belongs to the model that gave it.
//! Does not know how a model is made from text, nor how movements are decided.

mod accesses;
mod declarations;
mod endpoints;
mod ids;
mod policies;
mod scopes;
mod users;

pub use accesses::{AccessClaim, AccessExpectation, AccessScope};
pub use declarations::{App, Group, Origin, Storage, Tenant, Users};
pub use endpoints::{AccountReading, EndpointSet, Term, What};
pub use ids::{AccessId, AppId, ExpectationId, GroupId, PolicyId, RuleId, StorageId, UsersId};
pub use policies::{Claim, Expectation, Policy, Rule, Yields};
pub use scopes::{ChainScope, Scope};
pub use users::People;
