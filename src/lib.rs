//! A rules engine and policy language for mobile app management: where may company data go?
//!
//! Policies are written in `.mam` files, checked, and compiled to a decision table that answers in
//! nanoseconds. The flow, in four nouns: a text becomes a [`Table`]; a [`Request`] resolved against it
//! becomes a [`Decision`].
//!
//! ```
//! use mam::{Account, Channel, DeviceRequest, DeviceState, Effect, EndpointRequest, Platform, Request,
//!     UserRequest};
//!
//! let table = mam::compile("contoso.mam", r#"
//!     mam 1
//!     use microsoft
//!     users staff
//!     policy baseline {
//!       for staff  on ios, android  protect outlook, word
//!       allow share to managed
//!       allow copy to any up to 50 characters
//!     }
//! "#)?;
//! let request = Request::new(
//!     Channel::Share,
//!     EndpointRequest::app("outlook").with_account(Account::Work),
//!     EndpointRequest::app("ios:net.whatsapp.WhatsApp"),
//!     UserRequest::new(["staff"]),
//!     DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged),
//! );
//! let decision = table.decide(&table.resolve(&request)?);
//! assert_eq!(decision.effect(), Effect::Block);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which part do you want?
//!
//! | to | use |
//! | --- | --- |
//! | compile a policy text in one call | [`compile`] |
//! | set limits, load other files, read warnings | [`Compiler`], which gives a [`Checked`] set |
//! | decide requests, explain decisions | [`Table`], [`Request`], [`Decision`], [`Answer`] |
//! | decide many requests of one user on one device | [`Session`] |
//! | decide columns of requests (Apache Arrow) | `columnar`, with the feature `arrow` |
//! | load a compiled table | [`Table::from_bytes`] |
//! | test, compare and search policies | [`Analysis`], [`analysis`] |
//! | report mistakes | [`Errors`], [`Report`], [`diagnostic`] |
//! | read and write policy text | [`syntax`] |
//!
//! The modules are the parts of the compiler, in the order in which data passes through them. Only
//! tools for policies need them.
//!
//! # Features
//!
//! | feature | adds |
//! | --- | --- |
//! | `compile`, on by default | parser, checks, compiler, interpreter and analysis; without it the crate loads and decides compiled tables, with nine small crates beside it |
//! | `intune` | modules `intune` and `export`: policies of Microsoft Intune in Graph JSON |
//! | `arrow` | module `columnar`: decisions about Apache Arrow record batches |
//! | `sign` | module `sign`: Ed25519 signatures of compiled tables |
//! | `lsp` | module `lsp`: the language server |
//! | `cli` | the program `mam`, with `intune` and `sign`; of no use to a library |

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(feature = "compile"),
    allow(
        dead_code,
        unused_imports,
        reason = "the compiler uses more of what it shares with the tables"
    )
)]
#![deny(clippy::disallowed_methods)]
// Nothing panics on any input, and only the command line prints.
#![warn(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unreachable,
    clippy::print_stdout,
    clippy::print_stderr
)]

pub mod access;
#[cfg(feature = "compile")]
pub mod analysis;
mod bits;
#[cfg(feature = "compile")]
pub mod catalogue;
#[cfg(feature = "arrow")]
pub mod columnar;
#[cfg(feature = "compile")]
mod compiler;
mod dd;
pub mod decision;
#[cfg(feature = "compile")]
pub mod diagnostic;
#[cfg(feature = "draw")]
pub mod draw;
#[cfg(feature = "compile")]
pub mod host;
#[cfg(feature = "compile")]
pub mod interpret;
#[cfg(feature = "intune")]
pub mod intune;
mod limits;
#[cfg(feature = "lsp")]
pub mod lsp;
pub mod model;
pub mod movement;
#[cfg(feature = "compile")]
pub mod reference;
#[cfg(feature = "report")]
pub mod report;
pub mod request;
#[cfg(feature = "sign")]
pub mod sign;
#[cfg(feature = "compile")]
pub mod source;
mod spelling;
#[cfg(feature = "compile")]
pub mod syntax;
pub mod table;
pub mod vocabulary;

pub use access::{AccessAnswer, AccessDecision, AccessEffect, AccessRequest, Facts, LaunchRequest};
#[cfg(feature = "compile")]
pub use analysis::Analysis;
#[cfg(feature = "compile")]
pub use compiler::{Checked, Compiler, compile};
pub use decision::{Answer, Decision};
#[cfg(feature = "compile")]
pub use diagnostic::{Code, Errors, Report, Severity};
pub use limits::{Interrupt, LimitExceeded, Limits, Resource};
#[cfg(feature = "compile")]
pub use model::{LoadError, Loaded, Loader, Model};
pub use request::{DeviceRequest, EndpointRequest, Request, ResolveError, UserRequest};
pub use table::{Resolved, ResolvedAccess, ResolvedSource, ResolvedTarget, Session, Table};
pub use vocabulary::{Account, Channel, DeviceState, Effect, Place, Platform, Reason};

/// The README's Rust examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct ReadmeDoctests;
