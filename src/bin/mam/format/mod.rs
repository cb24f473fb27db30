//! Formats of other tools: SARIF, JUnit XML, unified diffs, and diagnostics as JSON.

pub(crate) mod diff;
pub(crate) mod findings;
pub(crate) mod json;
pub(crate) mod junit;
pub(crate) mod sarif;
