//! Lints of statements by themselves: rules that one rule could replace, apps that no policy protects,
//! expectations that nothing could break.

#![allow(
    clippy::indexing_slicing,
    reason = "rules are numbered by the model that these lists belong to"
)]

use std::collections::BTreeSet;

use super::linter::Linter;
use crate::analysis::ask::vacuity;
use crate::analysis::what_if::weakening;
use crate::diagnostic::{Code, Diagnostic, Edit};
use crate::limits::LimitExceeded;
use crate::model::Origin;
use crate::source::Span;
use crate::syntax::print;

impl Linter<'_> {
    /// Rules of a policy that differ in one list only.
    pub(super) fn mergeable(&self, found: &mut Vec<Diagnostic>) {
        for policy in self.model.policies() {
            let mut told = BTreeSet::new();
            for (at, id) in policy.rules.iter().enumerate() {
                let one = self.model.rule(*id);
                let others = policy.rules[at + 1..].iter();
                let joined = others.filter(|other| !told.contains(*other)).find_map(|other| {
                    let what = weakening::differ_in_one(one, self.model.rule(*other))?;
                    Some((*other, what))
                });
                let Some((other, what)) = joined else { continue };
                if !self.is_own(one.span) || told.contains(id) {
                    continue;
                }
                told.insert(other);
                let second = self.model.rule(other).span;
                let message = format!("two rules that differ in their {what} only");
                let help = format!("write one rule that names both {what}");
                let diagnostic = Diagnostic::new(Code::LintMergeable, message);
                let diagnostic = diagnostic.at(second, "this could be said above");
                let diagnostic = diagnostic.at(one.span, "here").help(help);
                found.push(match self.merged(one.span, second) {
                    Some(text) => {
                        let first = [Edit { span: one.span, text }].into_iter();
                        self.edited(
                            diagnostic,
                            first.chain(self.without_statement(second)).collect(),
                        )
                    }
                    None => diagnostic,
                });
            }
        }
    }

    /// The text of the rule that names both lists of two rules which differ in one.
    fn merged(&self, one: Span, other: Span) -> Option<String> {
        let (one, other) = (self.statements.get(&one)?, self.statements.get(&other)?);
        weakening::merged(one, other).map(|rule| print::rule(&rule))
    }

    /// Expectations that would hold whatever rules said.
    pub(super) fn vacuous(&self, found: &mut Vec<Diagnostic>) -> Result<(), LimitExceeded> {
        let all = vacuity::find(self.analysis)?.into_iter();
        for (one, reason) in all.filter(|(one, _)| self.is_own(one.span)) {
            let diagnostic =
                Diagnostic::new(Code::LintVacuous, "an expectation that nothing could break");
            let help = "correct what was meant, or leave it out: it promises nothing";
            let edits = self.without_statement(one.span);
            found.push(diagnostic.at(one.span, reason).help(help).edits(edits));
        }
        Ok(())
    }

    /// Declared apps that carry the SDK and that no policy protects.
    pub(super) fn unprotected(&self, found: &mut Vec<Diagnostic>) {
        if self.model.policies().is_empty() {
            return;
        }
        let mut protected = BTreeSet::new();
        for policy in self.model.policies() {
            protected.extend(policy.protect.iter().map(|(app, _)| *app));
        }
        for id in self.model.app_ids().filter(|id| !protected.contains(id)) {
            let app = self.model.app(id);
            let declared =
                app.span.filter(|span| app.origin == Origin::Declared && self.is_own(*span));
            let Some(span) = declared.filter(|_| app.sdk && !app.container) else { continue };
            let message = format!("`{}` carries the SDK, and no policy protects it", app.name);
            let help = "let a policy protect it, or leave out `sdk`";
            let diagnostic = Diagnostic::new(Code::LintUnprotected, message);
            found.push(diagnostic.at(span, "protected nowhere").help(help));
        }
    }
}
