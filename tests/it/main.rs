//! Integration tests of the library, a module for each subject.
//!
//! They are one program: it is linked once. `cargo test --all-features --test it props::` runs one module.

mod access;
mod access_diff;
mod access_laws;
mod advice;
#[cfg(feature = "arrow")]
mod columns;
#[cfg(feature = "intune")]
mod compared;
mod conformance;
mod counted;
mod docs;
#[cfg(feature = "draw")]
mod drawing;
mod editors;
#[cfg(feature = "intune")]
mod export;
mod fixes;
mod fmt;
mod fuzzing;
mod hints;
mod host;
mod hostile;
mod house;
#[cfg(feature = "intune")]
mod intune_import;
mod large;
mod layers;
#[cfg(feature = "intune")]
mod limits;
mod links;
mod parts;
mod pasted;
mod props;
#[cfg(feature = "report")]
mod report;
mod support;
mod table_bytes;
#[cfg(feature = "intune")]
mod tenant;
#[cfg(feature = "cli")]
mod ui;
