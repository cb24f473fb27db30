//! Text for people: decisions, diagnostics, levels and the quality of tests on a terminal.

pub(crate) mod access;
pub(crate) mod answer;
pub(crate) mod change;
pub(crate) mod diagnostics;
pub(crate) mod levels;
pub(crate) mod outcome;
pub(crate) mod progress;
pub(crate) mod snippet;
pub(crate) mod style;
pub(crate) mod terminal;
pub(crate) mod test_quality;
pub(crate) mod text;
