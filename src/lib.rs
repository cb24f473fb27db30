//! A rules engine and policy language for mobile app management: where may company data go?
//!
//! Policies are written in `.mam` files, checked, and compiled to a decision table that answers in
//! nanoseconds. The flow, in four nouns: a text becomes a [`Table`]; a [`Request`] resolved against it
//! becomes a [`Decision`].
//!
//! ```
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
//! let request: mam::Request = serde_json::from_str(r#"{
//!     "channel": "share",
//!     "source": {"app": "outlook", "account": "work"},
//!     "target": {"app": "ios:net.whatsapp.WhatsApp"},
//!     "user": {"groups": ["staff"]},
//!     "device": {"platform": "ios", "management": "unmanaged"}}"#)?;
//! let decision = table.decide(&table.resolve(&request)?);
//! assert_eq!(decision.effect(), mam::Effect::Block);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Three storeys: [`compile`] does everything in one call; a [`Compiler`] has limits, a loader for
//! other files, and warnings, and gives a [`Checked`] set to ask, test and compile; the modules below
//! are the parts, in the order in which data passes through them. You can ignore those unless you
//! write a tool for policies.

#![deny(clippy::disallowed_methods)]
// Nothing panics on any input, and only the command line prints.
#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::todo,
    clippy::unreachable,
    clippy::print_stdout,
    clippy::print_stderr
)]

pub mod analysis;
mod bits;
pub mod catalogue;
mod compiler;
pub mod decision;
pub mod diagnostic;
mod diagram;
#[cfg(feature = "intune")]
pub mod export;
pub mod interpret;
#[cfg(feature = "intune")]
pub mod intune;
mod limits;
pub mod model;
pub mod movement;
pub mod request;
#[cfg(feature = "sign")]
pub mod sign;
pub mod source;
pub mod syntax;
pub mod table;
pub mod vocabulary;

pub use analysis::Analysis;
pub use compiler::{Checked, Compiler, compile};
pub use decision::{Answer, Decision};
pub use diagnostic::{Code, Errors, Report, Severity};
pub use limits::Limits;
pub use model::{LoadError, Loaded, Loader, Model};
pub use request::{DeviceRequest, EndpointRequest, Request, ResolveError, UserRequest};
pub use table::{Resolved, Session, SourceEnd, Table, TargetEnd};
pub use vocabulary::{Account, Channel, DeviceState, Effect, Place, Platform, Reason};

/// The README's Rust examples are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
#[derive(Debug)]
pub struct ReadmeDoctests;
