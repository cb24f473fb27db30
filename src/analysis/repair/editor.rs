//! An editor of policies as they are written.
//!
//! Takes in a set, gives out the AST of its policies, and collects edits with their descriptions. Which edits may help
//! is not known here.

use super::goal::Goal;
use super::remedy::{RemedyStep, StepKind};
use crate::analysis::subject::policy_at;
use crate::compiler::Checked;
use crate::diagnostic::Edit;
use crate::model::{Model, PolicyId};
use crate::source::{Sources, Span};
use crate::syntax::ast::{self, StatementKind};
use crate::syntax::print;

/// An edit with its description.
pub(super) struct Step {
    pub(super) edit: Edit,
    pub(super) step: RemedyStep,
    /// Whether it lets a policy apply to less: much more may pass than was asked for.
    pub(super) narrows: bool,
}

/// A set that is edited, and the edits so far.
pub(super) struct Editor<'a> {
    checked: &'a Checked,
    pub(super) model: &'a Model,
    pub(super) goal: &'a Goal,
    pub(super) found: Vec<Step>,
}

impl<'a> Editor<'a> {
    /// An editor without edits; `None` of a set with errors.
    pub(super) fn new(checked: &'a Checked, goal: &'a Goal) -> Option<Self> {
        let model = checked.model()?;
        Some(Self { checked, model, goal, found: Vec::new() })
    }

    pub(super) fn files(&self) -> &'a [ast::File] {
        self.checked.files()
    }

    pub(super) fn sources(&self) -> &'a Sources {
        self.checked.sources()
    }

    /// The policy as it is written, if its author can edit it here.
    pub(super) fn policy(&self, id: PolicyId) -> Option<&'a ast::Policy> {
        let span = self.model.policy(id).span;
        if !self.sources().is_authored(span.source) {
            return None;
        }
        policy_at(self.files().iter(), span).map(|(_, policy)| policy)
    }

    /// Adds the edit that makes a statement another one, if it is another one.
    pub(super) fn change(&mut self, id: PolicyId, own: &ast::Statement, changed: &StatementKind) {
        let [before, after] = [&own.kind, changed].map(print::statement);
        // Places differ where nothing else does.
        if before != after {
            self.change_text(id, own.span, [before, after]);
        }
    }

    /// Adds the edit that gives a statement another text.
    pub(super) fn change_text(&mut self, id: PolicyId, span: Span, [before, after]: [String; 2]) {
        let edit = Edit { span, text: after.clone() };
        self.push(StepKind::Change, id, edit, [Some(before), Some(after)]);
    }

    pub(super) fn push(
        &mut self,
        kind: StepKind,
        policy: PolicyId,
        edit: Edit,
        texts: [Option<String>; 2],
    ) {
        let [before, after] = texts;
        let start = Span { end: edit.span.start, ..edit.span };
        let step = RemedyStep {
            kind,
            policy: Some(self.model.policy(policy).name.clone()),
            file: Some(self.sources().name(edit.span.source).to_owned()),
            line: Some(self.sources().position(start).line),
            before,
            after,
        };
        self.found.push(Step { edit, step, narrows: false });
    }
}

/// The statement behind which a new one goes.
pub(super) fn last_statement(policy: &ast::Policy) -> Option<&ast::Statement> {
    let is_place = |one: &&ast::Statement| {
        !matches!(
            one.kind,
            StatementKind::Expect(_) | StatementKind::ExpectAccess(_) | StatementKind::Setting(_)
        )
    };
    policy.body.iter().rev().find(is_place)
}

/// The last statement of those that say whom a policy is for and what it protects.
pub(super) fn last_of_head(policy: &ast::Policy) -> Option<&ast::Statement> {
    let is_head = |one: &&ast::Statement| {
        matches!(one.kind, StatementKind::For(_) | StatementKind::Protect(_))
    };
    policy.body.iter().rev().find(is_head)
}

/// A line of its own behind a statement.
pub(super) fn behind(statement: &ast::Statement, text: &str) -> Edit {
    let span = Span { start: statement.span.end, ..statement.span };
    Edit { span, text: format!("\n  {text}") }
}
