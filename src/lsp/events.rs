//! Events: the results of the threads.

use std::sync::Arc;

use lsp_server::RequestId;

use super::commands::{CommandResult, Refusal};
use super::sets::AnalysisPart;
use super::workspace::{SetCheck, SetKey, UsedFiles};
use crate::compiler::Checked;

/// A result of a thread.
#[derive(Debug)]
pub(super) enum Event {
    /// A set was checked; `None` if it cannot be read.
    Checked { state: u64, key: SetKey, check: Option<Box<SetCheck>> },
    /// A part of the analysis of a set was worked out.
    Analysed { state: u64, key: SetKey, checked: Arc<Checked>, part: AnalysisPart },
    /// The files of a folder were read.
    Searched { folder: String, files: UsedFiles },
    /// A command was carried out.
    Answered { id: RequestId, result: Result<CommandResult, Refusal> },
    /// Work ended in a mistake of this program.
    Failed { work: &'static str, reason: String },
}
