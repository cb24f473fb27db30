//! What several tests share.

pub(crate) mod access_set;
#[cfg(feature = "intune")]
pub(crate) mod analyses;
pub(crate) mod ast;
#[cfg(feature = "arrow")]
pub(crate) mod batches;
pub(crate) mod chains;
pub(crate) mod claims;
pub(crate) mod policy_set;
pub(crate) mod random;
pub(crate) mod tree;
pub(crate) mod universe;
