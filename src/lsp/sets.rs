//! Sets: the last results about each policy set that has open documents.

use std::sync::Arc;

use super::changes::Changes;
use super::diagnostics::{ByPath, Results, of_set};
use super::documents::Documents;
use super::newest::Newest;
use super::options::Options;
use super::workspace::SetCheck;
use crate::analysis::{AccessExpectationResult, Coverage, ExpectationResult};
use crate::compiler::Checked;
use crate::diagnostic::Report;
use crate::limits::LimitExceeded;
use crate::model::LoadError;

/// The outcomes of a set's expectations.
#[derive(Debug, Default)]
pub(super) struct Verdicts {
    pub(super) movements: Vec<ExpectationResult>,
    pub(super) accesses: Vec<AccessExpectationResult>,
}

/// The decisions that changed since earlier states; `None` where there is no such state.
#[derive(Debug)]
pub(super) struct ChangesSince {
    /// Since the last commit.
    pub(super) committed: Result<Option<Changes>, String>,
    /// Since the files were saved; `None` also if nothing is unsaved.
    pub(super) saved: Result<Option<Changes>, String>,
}

/// A limit of other rules on what a rule allows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InForce {
    /// The file of the rule.
    pub(super) file: String,
    pub(super) policy: Option<String>,
    /// The canonical text of the rule.
    pub(super) rule: String,
    /// The limit, and whether it holds for a part of the rule only: `up to 50 characters in part`.
    pub(super) limit: String,
    /// The rules that say so, with their policies.
    pub(super) by: Vec<String>,
}

/// A part of the analysis of a set.
#[derive(Debug)]
pub(super) enum AnalysisPart {
    /// The outcomes of expectations.
    Verdicts(Arc<Verdicts>),
    /// Limits, empty expectations and lints.
    Findings(Vec<Report>),
    /// The decisions that changed.
    Changes(ChangesSince),
    /// The rules that expectations are about.
    Coverage(Result<Coverage, LimitExceeded>),
    /// The limits on what rules allow.
    InForce(Result<Vec<InForce>, LimitExceeded>),
}

/// A result with the check that it is about.
#[derive(Debug)]
pub(super) struct Dated<T> {
    pub(super) about: Arc<Checked>,
    pub(super) value: T,
}

/// The last known parts of the analysis of a set. Each may be about another state of the texts.
#[derive(Debug, Default)]
pub(super) struct SetAnalysis {
    pub(super) verdicts: Option<Dated<Arc<Verdicts>>>,
    pub(super) findings: Option<Dated<Vec<Report>>>,
    pub(super) changes: Option<Dated<ChangesSince>>,
    pub(super) coverage: Option<Dated<Result<Coverage, LimitExceeded>>>,
    pub(super) in_force: Option<Dated<Result<Vec<InForce>, LimitExceeded>>>,
}

impl SetAnalysis {
    /// Takes in a part that was worked out.
    pub(super) fn insert(&mut self, about: Arc<Checked>, part: AnalysisPart) {
        match part {
            AnalysisPart::Verdicts(value) => self.verdicts = Some(Dated { about, value }),
            AnalysisPart::Findings(value) => self.findings = Some(Dated { about, value }),
            AnalysisPart::Changes(value) => self.changes = Some(Dated { about, value }),
            AnalysisPart::Coverage(value) => self.coverage = Some(Dated { about, value }),
            AnalysisPart::InForce(value) => self.in_force = Some(Dated { about, value }),
        }
    }
}

/// The last results about a set. Work for a set that is dropped ends.
#[derive(Debug, Default)]
pub(super) struct SetState {
    /// The newest state of the texts that has to be checked.
    pub(super) newest: Newest,
    /// The number of the state that was checked last.
    pub(super) done: u64,
    /// That check; `None` if no root file could be read.
    pub(super) checked: Option<Arc<Checked>>,
    /// The root files that could not be read, each with the reason.
    pub(super) unread: Vec<(String, LoadError)>,
    /// The diagnostics of that check and of the analysis, as the editor has to see them.
    pub(super) shown: ByPath,
    /// The last check without errors.
    pub(super) good: Option<Arc<Checked>>,
    pub(super) analysis: SetAnalysis,
}

impl SetState {
    /// Takes in a check.
    pub(super) fn insert(&mut self, state: u64, check: Option<Box<SetCheck>>) {
        self.done = state;
        let check = check.map(|check| (Arc::new(check.checked), check.unread));
        let (checked, unread) = check.unzip();
        (self.checked, self.unread) = (checked, unread.unwrap_or_default());
        if let Some(whole) = self.whole() {
            self.good = Some(Arc::clone(whole));
        }
    }

    /// Makes the diagnostics anew.
    pub(super) fn show(&mut self, documents: &Documents, options: &Options) {
        let findings = self.analysis.findings.as_ref();
        let results = self.checked.as_ref().map(|checked| Results {
            checked,
            unread: &self.unread,
            findings: findings.map(|one| (&one.about, one.value.as_slice())),
        });
        self.shown = results.map(|results| of_set(results, documents, options)).unwrap_or_default();
    }

    /// The last check, if nothing of the set is missing and it has no errors.
    pub(super) fn whole(&self) -> Option<&Arc<Checked>> {
        let checked = self.checked.as_ref().filter(|_| self.unread.is_empty());
        checked.filter(|checked| !checked.has_errors())
    }

    /// Whether the newest state is checked.
    pub(super) fn is_ready(&self) -> bool {
        !self.newest.is_after(self.done)
    }

    /// Whether the last check read a file.
    pub(super) fn has_file(&self, path: &str) -> bool {
        let mut sources = self.checked.iter().flat_map(|checked| checked.sources().iter());
        sources.any(|(_, source)| source.name() == path)
    }

    /// Whether a result is about the newest state.
    pub(super) fn is_current<T>(&self, result: &Dated<T>) -> bool {
        let is_it = |checked: &Arc<Checked>| Arc::ptr_eq(checked, &result.about);
        self.is_ready() && self.checked.as_ref().is_some_and(is_it)
    }

    /// Whether every part of the analysis is about the newest state.
    pub(super) fn is_complete(&self) -> bool {
        let SetAnalysis { verdicts, findings, changes, coverage, in_force } = &self.analysis;
        verdicts.as_ref().is_some_and(|one| self.is_current(one))
            && findings.as_ref().is_some_and(|one| self.is_current(one))
            && changes.as_ref().is_some_and(|one| self.is_current(one))
            && coverage.as_ref().is_some_and(|one| self.is_current(one))
            && in_force.as_ref().is_some_and(|one| self.is_current(one))
    }
}
