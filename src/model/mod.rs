//! The checked model: a policy set with every name resolved and every set closed.
//!
//! Takes in files through a [`Loader`], gives out a [`Model`] and diagnostics. Below this layer there
//! are no names to look up and no errors to report. Does not know how movements are decided:
//! [`interpret`](crate::interpret) defines it and [`table`](crate::table) compiles it.
//!
//! `load` reads files, `resolve` turns their ASTs into `types`, `check` finds what is resolved and
//! makes no sense. `symbols` is the namespace, [`Directory`] the part of it that requests need.

mod access;
#[cfg(feature = "compile")]
mod check;
#[cfg(feature = "compile")]
mod clauses;
mod directory;
mod interner;
mod links;
#[cfg(feature = "compile")]
mod load;
mod patterns;
#[cfg(feature = "compile")]
mod resolve;
#[cfg(feature = "compile")]
mod resolved;
#[cfg(feature = "compile")]
mod scope;
#[cfg(feature = "compile")]
mod sets;
#[cfg(feature = "compile")]
mod symbols;
mod types;

pub use access::*;
#[cfg(feature = "intune")]
pub(crate) use check::{odd_id, odd_shape};
pub use directory::{AccessEntry, AppEntry, Directory, PolicyEntry, RuleEntry};
pub(crate) use directory::{Entries, StorageEntry};
pub(crate) use interner::{Text, Texts};
pub use links::UnusualLink;
#[cfg(feature = "intune")]
pub(crate) use load::load;
#[cfg(feature = "compile")]
pub use load::{LoadError, Loaded, Loader};
#[cfg(feature = "compile")]
pub(crate) use load::{NoFiles, load_cached};
#[cfg(feature = "lsp")]
pub(crate) use resolve::built_in_endpoints;
#[cfg(feature = "intune")]
pub(crate) use resolve::built_in_names;
#[cfg(feature = "compile")]
pub(crate) use resolve::{access_claim, access_question, chain, question, resolve};
#[cfg(feature = "compile")]
pub use resolved::Model;
pub use types::*;

#[cfg(feature = "compile")]
pub use crate::vocabulary::SetWord;
