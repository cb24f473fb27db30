//! The language server, driven by a client over a connection in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

mod answers;
mod client;
mod company;
mod completion;
mod diagnostics;
mod edits;
mod fitting;
mod formatting;
mod lenses;
mod protocol;
mod random;
mod rename;
mod repairs;
mod scopes;
mod sets;
mod streams;
