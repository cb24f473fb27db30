//! Remedies: edits with everything that they would change.

use serde::Serialize;

use crate::analysis::access::{AccessChange, RequirementChange, diff_access};
use crate::analysis::compare::changes::{Change, diff};
use crate::analysis::subject::Analysis;
use crate::diagnostic::Errors;
use crate::limits::LimitExceeded;
use crate::model::{Access, Model, Policy};

/// Edits, or a change of memberships, that lead to the wanted decision, and their price.
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
    /// It adds a statement: a rule, a launch condition, a requirement, or a clause of a policy's head.
    Add,
    /// It changes a statement or a clause of a policy's head.
    Change,
    /// It takes a statement out.
    Remove,
    /// It edits nothing: a user joins or leaves a group.
    Membership,
}

/// The reason why there is no remedy.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum NoRemedy {
    /// The scope cannot be read.
    #[error("the scope cannot be read: {0}")]
    Scope(Errors),
    /// The scope holds no movement and no access.
    #[error("the scope holds nothing")]
    Empty,
    /// All of the scope is decided so already.
    #[error("all of the scope is decided so already")]
    AlreadySo,
    /// None was found among the edits that are tried, of up to three statements at once.
    #[error("no edit was found; {tried} edited sets were tried")]
    NotFound {
        /// The number of edited sets that were tried.
        tried: usize,
    },
    /// Policies of exports cannot be read as text, or the text cannot be written as settings, within the limits.
    #[error("the policies of exports cannot be edited: {0}")]
    Export(Errors),
    /// A limit was met: by the set, or by an edited one, of which it is not known what it decides.
    #[error("{0}")]
    Limit(LimitExceeded),
}

impl From<LimitExceeded> for NoRemedy {
    fn from(error: LimitExceeded) -> Self {
        Self::Limit(error)
    }
}

impl Remedy {
    /// Edits with everything that they change from one set to another.
    pub(super) fn of(
        [before, after]: [&Analysis<'_>; 2],
        steps: Vec<RemedyStep>,
        files: Vec<(String, String)>,
    ) -> Result<Self, LimitExceeded> {
        let changes = diff(before, after)?;
        let (accesses, requirements) = match decide_accesses_alike(before.model, after.model) {
            true => Default::default(),
            false => diff_access(before, after)?,
        };
        Ok(Self { steps, changes, accesses, requirements, files })
    }
}

/// Whether the policies of two models differ in their rules alone, which decide no access.
fn decide_accesses_alike(before: &Model, after: &Model) -> bool {
    let statements = |model: &'_ Model, policy: &Policy| -> Vec<_> {
        let text = |one: &Access| model.directory().access(one.id).text.to_owned();
        policy.access.iter().map(|one| (text(one), one.platforms, one.devices)).collect()
    };
    let is_alike = |(a, b): (&Policy, &Policy)| {
        (&a.people, &a.protect, &a.yields) == (&b.people, &b.protect, &b.yields)
            && a.unconfirmed.is_some() == b.unconfirmed.is_some()
            && (a.platforms, a.devices, a.report_only) == (b.platforms, b.devices, b.report_only)
            && statements(before, a) == statements(after, b)
    };
    let mut policies = before.policies().iter().zip(after.policies());
    before.policies().len() == after.policies().len() && policies.all(is_alike)
}
