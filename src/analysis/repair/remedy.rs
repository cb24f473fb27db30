//! Remedies: edits with everything that they would change.

use serde::Serialize;

use crate::analysis::access::{AccessChange, RequirementChange};
use crate::analysis::compare::changes::Change;
use crate::diagnostic::Errors;
use crate::limits::LimitExceeded;

/// Edits that together lead to the wanted decision, and their price.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Remedy {
    /// The edits.
    pub steps: Vec<RemedyStep>,
    /// Every movement that would be decided differently, what was asked for included.
    pub changes: Vec<Change>,
    /// Every access that would have another effect, likewise.
    pub accesses: Vec<AccessChange>,
    /// Every access for which something else would be required, likewise.
    pub requirements: Vec<RequirementChange>,
    /// The edited files: their names and their new texts.
    #[serde(skip)]
    pub files: Vec<(String, String)>,
}

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct RemedyStep {
    /// The kind of the edit.
    pub kind: StepKind,
    /// The policy; `None` where a user joins or leaves a group.
    pub policy: Option<String>,
    /// The file, and the line on which the edited statement begins, or behind which a new one goes.
    pub file: Option<String>,
    /// See `file`.
    pub line: Option<usize>,
    /// The text that stands there now.
    pub before: Option<String>,
    /// The text that would stand there; of a membership, the change in words.
    pub after: Option<String>,
}

/// The kind of an edit.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// It adds a rule, a launch condition or a requirement.
    Add,
    /// It changes a statement or a clause of a policy's head.
    Change,
    /// It takes a statement out.
    Remove,
    /// It edits nothing: a user joins or leaves a group.
    Membership,
}

/// The reason why there is no remedy.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NoRemedy {
    /// The scope cannot be read.
    Scope(Errors),
    /// The scope holds no movement and no access.
    Empty,
    /// All of the scope is decided so already.
    AlreadySo,
    /// None was found among the edits that are tried, of up to three statements at once.
    NotFound {
        /// The number of edited sets that were tried.
        tried: usize,
    },
    /// Policies of exports cannot be read as text, or the text cannot be written as settings, within the limits.
    Export(Errors),
    /// A limit was met before a remedy was found: by the set, or by edited sets, of which it is not known what they
    /// decide.
    Limit(LimitExceeded),
}

impl From<LimitExceeded> for NoRemedy {
    fn from(error: LimitExceeded) -> Self {
        Self::Limit(error)
    }
}
