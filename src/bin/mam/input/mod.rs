//! Inputs of a command: files, policy sets, scopes and streams of requests.

#[cfg(feature = "columns")]
pub(crate) mod columns;
#[cfg(feature = "lsp")]
pub(crate) mod disk;
pub(crate) mod files;
pub(crate) mod folders;
pub(crate) mod formats;
pub(crate) mod groups;
pub(crate) mod inputs;
pub(crate) mod requests;
pub(crate) mod watch;
mod yaml;
