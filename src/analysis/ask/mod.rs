//! Questions about one set: expectations, open scopes, matrices.

pub(super) mod by_group;
pub(super) mod expect;
pub(super) mod matrix;
pub(super) mod partition;
pub(super) mod vacuity;
