//! Events: the results of the threads.

use std::sync::Arc;

use super::changes::Changes;
use super::workspace::SetKey;
use crate::analysis::{AccessExpectationResult, Coverage, ExpectationResult};
use crate::compiler::Checked;
use crate::diagnostic::Report;

/// A result of a thread.
#[derive(Debug)]
pub(super) enum Event {
    /// A set was checked; `None` if it cannot be read.
    Checked { generation: u64, key: SetKey, checked: Option<Arc<Checked>> },
    /// The analysis found something in a set.
    Found { generation: u64, key: SetKey, checked: Arc<Checked>, findings: Findings },
}

/// What the analysis finds in a set.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    /// Limits, empty expectations and lints.
    pub(super) reports: Vec<Report>,
    pub(super) expectations: Vec<ExpectationResult>,
    pub(super) accesses: Vec<AccessExpectationResult>,
    pub(super) coverage: Option<Coverage>,
    /// What is decided differently than in the last commit; `None` if there is none.
    pub(super) changes: Option<Changes>,
    /// Whether everything that was asked for is there.
    pub(super) is_complete: bool,
}
