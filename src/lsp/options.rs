//! Options of the server, as the editor gives them at the start.

use serde::Deserialize;

/// The options. Each has a default, so that an editor needs to give none.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Options {
    /// Sets of several files that no `use` ties together, each a list of paths from the first folder.
    pub(super) sets: Vec<Vec<String>>,
    /// The start of the addresses of explanations; the code of a diagnostic stands behind it.
    pub(super) explanations: Option<String>,
    /// The start of the addresses of catalogues, if the editor can show them: `mam-catalogue:/`.
    pub(super) catalogues: Option<String>,
    /// The pause after which lints and expectations are worked out, in milliseconds.
    pub(super) idle: u64,
    /// Whether rules and policies that change nothing are looked for.
    pub(super) lints: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { sets: Vec::new(), explanations: None, catalogues: None, idle: 250, lints: true }
    }
}
