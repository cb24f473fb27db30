//! What a device needs: a table in memory, movements resolved against it, and sessions.
//!
//! Takes in the arrays that `build` or `wire` made, gives out decisions. `layout` has the matrices of each
//! bundle of policies, `groups` finds the bundles of a user, `user` joins those that apply; `decide` and
//! `session` are the two ways to ask, `case` has cache keys for hosts that ask for many. Nothing here allocates on the way to a decision, and the model is
//! not known any more.

mod cache;
mod case;
mod code;
mod decide;
mod determining;
mod groups;
mod layout;
mod resolved;
mod session;
mod stats;
mod table;
mod user;

pub use case::{EndpointCase, UserCase};
pub(super) use code::Code;
pub(super) use groups::UserGroups;
pub(super) use layout::{
    Bundle, Layer, Layout, Matrix, MatrixRef, NO_SET, SET_SIZE, SetPair, Variant, position_in_set,
};
pub use resolved::{Case, Resolved};
pub use session::{ResolvedSource, ResolvedTarget, Session};
pub use stats::Stats;
pub use table::Table;
pub(super) use table::{AccessParts, Parts, TableData};
pub(super) use user::{AppForUser, MOST_BUNDLES};
