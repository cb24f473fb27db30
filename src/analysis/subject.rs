//! The subject of analysis: one checked policy set.

use std::collections::HashMap;

use crate::compiler::Checked;
use crate::diagnostic::Errors;
use crate::limits::Limits;
use crate::model::{AppId, Model, PolicyId};
use crate::source::Span;
use crate::syntax::ast::{self, ItemKind, StatementKind};

/// The questions about a checked policy set.
#[derive(Debug, Clone, Copy)]
pub struct Analysis<'c> {
    pub(super) checked: &'c Checked,
    pub(super) model: &'c Model,
}

impl<'c> Analysis<'c> {
    /// An analysis of a checked set.
    ///
    /// # Errors
    ///
    /// Every mistake in the set.
    pub fn new(checked: &'c Checked) -> Result<Self, Errors> {
        let model = checked.model().ok_or_else(|| checked.errors())?;
        Ok(Self { checked, model })
    }

    /// The model.
    #[must_use]
    pub fn model(&self) -> &'c Model {
        self.model
    }

    pub(super) fn limits(&self) -> &'c Limits {
        self.checked.limits()
    }

    /// Asks in the model, or, if a question names ids that no declaration has, in one that has these apps.
    /// They begin with the given id.
    pub(super) fn with_unnamed<T>(
        &self,
        ids: &[String],
        ask: impl FnOnce(&Analysis<'_>, AppId) -> T,
    ) -> T {
        let model = self.model.with_unnamed(ids);
        ask(&Analysis { checked: self.checked, model: &model }, self.model.unlisted_app())
    }

    /// The report-only policy that counts as live for an expectation in a policy.
    pub(super) fn what_if_of(&self, policy: Option<PolicyId>) -> Option<PolicyId> {
        policy.filter(|id| self.model.policy(*id).report_only)
    }

    /// Whether the rules of a policy are tested while `what_if`, a report-only policy or none, counts as
    /// live: its own rules are, and those of live policies unless `what_if` has no expectations.
    pub(super) fn matters(&self, what_if: Option<PolicyId>, policy: PolicyId) -> bool {
        let has_expectations =
            |id| self.model.expectations().iter().any(|one| one.policy == Some(id));
        match what_if {
            Some(id) if !has_expectations(id) => policy == id,
            _ => !self.model.policy(policy).report_only || what_if == Some(policy),
        }
    }
}

/// The policy of files whose name stands in a place, as it was parsed, with its item.
pub(super) fn policy_at<'a>(
    mut files: impl Iterator<Item = &'a ast::File>,
    name: Span,
) -> Option<(&'a ast::Item, &'a ast::Policy)> {
    files.find_map(|file| {
        file.items.iter().find_map(|item| match &item.kind {
            ItemKind::Policy(policy) if policy.name.span == name => Some((item, policy)),
            _ => None,
        })
    })
}

/// The rules of files as they were parsed, by place.
pub(super) fn statements(files: &[ast::File]) -> HashMap<Span, &ast::Rule> {
    let policies = files.iter().flat_map(|file| &file.items).filter_map(|item| match &item.kind {
        ItemKind::Policy(policy) => Some(&policy.body),
        _ => None,
    });
    let rules = policies.flatten().filter_map(|one| match &one.kind {
        StatementKind::Rule(rule) => Some((one.span, rule)),
        _ => None,
    });
    rules.collect()
}
