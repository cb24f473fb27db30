//! Commands: one module each, with its arguments, its help text and `run`.

pub(crate) mod check;
pub(crate) mod compile;
pub(crate) mod completions;
pub(crate) mod decide;
pub(crate) mod diff;
pub(crate) mod draw;
pub(crate) mod effective;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod fmt;
pub(crate) mod help;
pub(crate) mod import;
pub(crate) mod layers;
pub(crate) mod list;
#[cfg(feature = "lsp")]
pub(crate) mod lsp;
pub(crate) mod man;
pub(crate) mod matrix;
pub(crate) mod paths;
pub(crate) mod replay;
pub(crate) mod report;
pub(crate) mod sign;
pub(crate) mod test;
