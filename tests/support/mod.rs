//! What several tests share.

pub(crate) mod ast;
pub(crate) mod universe;
