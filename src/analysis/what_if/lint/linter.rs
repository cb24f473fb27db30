//! The state that all lints share.

use std::collections::HashMap;

use crate::analysis::subject::Analysis;
use crate::analysis::what_if::effects::EditableModel;
use crate::limits::LimitExceeded;
use crate::model::{Model, PolicyId, Rule};
use crate::source::{Sources, Span};
use crate::syntax::ast;

pub(super) struct Linter<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) model: &'a Model,
    /// Rules as they are written, by place.
    pub(super) statements: HashMap<Span, &'a ast::Rule>,
}

impl<'a> Linter<'a> {
    pub(super) fn sources(&self) -> &'a Sources {
        self.analysis.checked.sources()
    }

    pub(super) fn editable(
        &self,
        what_if: Option<PolicyId>,
        extra: &[Rule],
    ) -> Result<EditableModel<'a>, LimitExceeded> {
        let limits = self.analysis.limits();
        EditableModel::new(self.model, what_if, extra, limits, std::iter::empty())
    }

    /// Whether the author can change the text in a place.
    pub(super) fn is_own(&self, span: Span) -> bool {
        self.sources().is_authored(span.source)
    }
}
