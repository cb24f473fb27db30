//! Parser and printer of `.mam` text.
//!
//! Takes in the text of a file, gives out its abstract syntax tree ([`ast::File`]) with diagnostics;
//! takes in a tree, gives out canonical text ([`print`](mod@print)). Does not resolve names, does not
//! check meaning, and opens no files.
//!
//! A text passes through `scan` (tokens), `precheck` (limits), `parser`, which cuts it at the
//! boundaries of `recover` and hands each piece to the `grammar`, and `lower` (tree). Mistakes become
//! diagnostics in `explain`, `structure` and `version`. `keywords` is the one list of keywords. For editors,
//! `names` lists the names and words of a tree, `uses` the files that a text names, `cursor` tells what the
//! grammar accepts at a place, and `parse_cache`
//! keeps the trees of what did not change.

pub mod ast;
mod cursor;
mod explain;
mod grammar;
mod keywords;
mod lower;
mod names;
mod parse_cache;
mod parser;
mod phrases;
mod precheck;
pub mod print;
mod recover;
mod relocate;
mod scan;
mod structure;
mod tokens;
#[cfg(feature = "lsp")]
mod uses;
mod version;

pub use cursor::{Cursor, Piece, cursor};
pub use grammar::is_name;
#[cfg(feature = "lsp")]
pub(crate) use keywords::{declarations, opens_head_clause, statements};
pub use keywords::{example, is_reserved, keywords};
pub use names::{NameRole, Occurrence, SymbolKind, occurrences};
pub use parse_cache::ParseCache;
pub(crate) use parser::parse_cached;
pub use parser::{parse, parse_access, parse_access_claim, parse_chain, parse_scope};
pub(crate) use phrases::account_and_storage;
#[cfg(feature = "lsp")]
pub(crate) use scan::{TokenKind, scan};
#[cfg(feature = "lsp")]
pub(crate) use uses::used_files;
