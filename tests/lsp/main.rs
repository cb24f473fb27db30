//! The language server, driven by a client over a connection in memory.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

mod answers;
mod client;
mod company;
mod diagnostics;
mod edits;
mod random;
