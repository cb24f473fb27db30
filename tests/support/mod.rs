//! What several tests share.

pub(crate) mod ast;
pub(crate) mod chains;
pub(crate) mod claims;
pub(crate) mod policy_set;
pub(crate) mod universe;
