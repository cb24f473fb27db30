//! Text to AST and back.
//!
//! Takes in texts of `.mam` files, gives out [`ast::File`]s with diagnostics, and canonical text of
//! an AST. No name is resolved here, and no file is opened.

pub mod ast;
mod error;
mod grammar;
mod lower;
mod parse;
pub mod print;
mod scan;

#[cfg(feature = "intune")]
pub(crate) use error::is_reserved;
pub use parse::{parse, parse_chain, parse_scope};
