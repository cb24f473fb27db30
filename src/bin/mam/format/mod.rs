//! Formats of other tools: SARIF, JUnit XML, unified diffs, PNG, and diagnostics as JSON.

pub(crate) mod diff;
pub(crate) mod findings;
pub(crate) mod json;
pub(crate) mod junit;
#[cfg(feature = "png")]
pub(crate) mod png;
pub(crate) mod sarif;
