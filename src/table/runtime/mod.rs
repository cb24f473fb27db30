//! What a device needs: a table in memory, movements resolved against it, and sessions.
//!
//! Takes in the arrays that `build` or `wire` made, gives out decisions. Nothing here allocates on the
//! way to a decision, and the model is not known any more.

mod decide;
mod determining;
mod resolved;
mod session;
mod stats;
mod table;

pub(super) use resolved::GroupBits;
pub use resolved::{Case, Resolved};
pub use session::{ResolvedSource, ResolvedTarget, Session};
pub use stats::Stats;
pub use table::Table;
pub(super) use table::{ClassFacts, Layout, MatrixAt, NO_LINE, TableData, next_stamp};
