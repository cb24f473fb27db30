//! Lints of rules: rules, and parts of rules, without which every movement would be decided alike.

use std::collections::BTreeSet;

use super::linter::Linter;
use super::shadow::Shadow;
use crate::analysis::what_if::weakening::{self, Part};
use crate::decision::DeterminingRule;
use crate::diagnostic::{Code, Diagnostic, Edit};
use crate::limits::LimitExceeded;
use crate::model::{PolicyId, Rule, RuleId};
use crate::source::Span;
use crate::table::RuleEdit;
use crate::vocabulary::{Effect, Side};

/// The most shadowing rules that a message shows.
const SHOWN: usize = 3;

impl Linter<'_> {
    /// Rules, and parts of rules, without effect.
    pub(super) fn rules(
        &self,
        inapplicable: &BTreeSet<PolicyId>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<(), LimitExceeded> {
        let report_only = self.model.policy_ids().filter(|id| self.model.policy(*id).report_only);
        for what_if in std::iter::once(None).chain(report_only.map(Some)) {
            let is_meant = |rule: &Rule| match what_if {
                Some(policy) => rule.policy == policy,
                None => !self.model.policy(rule.policy).report_only,
            };
            let rules = self.model.rules().iter().enumerate();
            let rules =
                rules.filter(|(_, rule)| is_meant(rule) && !inapplicable.contains(&rule.policy));
            let rules: Vec<RuleId> = rules
                .filter(|(_, rule)| !self.is_reported(rule) && self.is_own(rule.span))
                .map(|(id, _)| RuleId::new(id))
                .collect();
            let edits: Vec<RuleEdit> = rules.iter().map(|id| without(*id)).collect();
            let mut editable = self.editable(what_if, &[])?;
            let effects = editable.have_effects(&edits)?;
            let (useful, idle): (Vec<_>, Vec<_>) =
                rules.into_iter().zip(effects).partition(|(_, has_effect)| *has_effect);
            let idle: Vec<RuleId> = idle.into_iter().map(|(id, _)| id).collect();
            let mut shadowed = Vec::new();
            let before = found.len();
            for (id, shadow) in idle.iter().zip(self.shadows(&idle, what_if, &mut editable)?) {
                let Some(diagnostic) = self.idle(*id, &shadow) else { continue };
                match diagnostic.code {
                    // Its text stands in answers, which is an effect.
                    Code::LintShadowedRule if self.model.rule(*id).because.is_some() => continue,
                    Code::LintShadowedRule => shadowed.push(*id),
                    _ => found.extend(self.unseen(*id)),
                }
                found.push(diagnostic);
            }
            let all = RuleEdit { removes: shadowed.clone(), adds: Vec::new() };
            if shadowed.len() > 1 && editable.have_effects(&[all])? != [false] {
                let own = found.iter_mut().skip(before);
                own.filter(|one| one.code == Code::LintShadowedRule).for_each(one_at_a_time);
            }
            let useful: Vec<RuleId> = useful.into_iter().map(|(id, _)| id).collect();
            self.parts(&useful, shadowed, what_if, found)?;
        }
        Ok(())
    }

    /// The `because` of a rule that never decides anything.
    pub(super) fn unseen(&self, id: RuleId) -> Option<Diagnostic> {
        let statement = self.statements.get(&self.model.rule(id).span)?;
        let because = statement.scope.because.as_ref()?;
        let message = "nobody ever gets to read this `because`";
        let help = "the rule decides nothing; say it at the rule that does";
        let diagnostic = Diagnostic::new(Code::LintUnseen, message);
        let edit = Edit { span: self.with_word(because.span, "because"), text: String::new() };
        Some(diagnostic.at(because.span, "never shown").help(help).safe_edits(vec![edit]))
    }

    /// Whether the model's checks have reported already that the rule has no effect.
    fn is_reported(&self, rule: &Rule) -> bool {
        let reported = self.analysis.checked.diagnostics().iter();
        let mut about =
            reported.filter(|one| matches!(one.code, Code::RepeatsDefault | Code::NoEffect));
        about.any(|one| one.span().is_some_and(|span| is_within(span, rule.span)))
    }

    /// Whether the model's checks have reported a term of a rule as idle. That says nothing of the rule.
    fn is_idle_term(&self, part: Span) -> bool {
        let mut reported = self.analysis.checked.diagnostics().iter();
        reported.any(|one| {
            one.code == Code::IdleTerm && one.span().is_some_and(|span| is_within(part, span))
        })
    }

    /// The diagnostic of a rule without effect; `None` where that is not known on all devices.
    fn idle(&self, id: RuleId, shadow: &Shadow) -> Option<Diagnostic> {
        let rule = self.model.rule(id);
        let edits = self.without_statement(rule.span);
        if shadow.is_empty() {
            let message = "a rule that matches no movement";
            let help =
                "nothing like this exists where the policy applies; take it out, or widen it";
            let diagnostic = Diagnostic::new(Code::LintNoMovement, message);
            let diagnostic = diagnostic.at(rule.span, "nothing moves like this").help(help);
            return Some(self.edited(diagnostic, edits));
        }
        if shadow.depends_on_filters {
            return None;
        }
        let (code, message, label, help) = if shadow.is_blocked {
            (
                Code::LintOverridden,
                "everything that this rule allows is blocked all the same",
                "this allows nothing",
                "a block always wins; take this rule out, or let the block leave out what is meant",
            )
        } else {
            (
                Code::LintShadowedRule,
                "without this rule nothing would be decided differently",
                "this changes nothing",
                "what it says is said already; take it out",
            )
        };
        let by = shadow.by(rule.policy);
        let mut diagnostic = Diagnostic::new(code, message).at(rule.span, label).help(help);
        for cause in by.iter().take(SHOWN) {
            diagnostic = diagnostic.at(self.place(*cause), self.word(*cause));
        }
        // Whoever lets two policies decide alike may want the one to hold without the other.
        if by.iter().all(|cause| cause.policy != rule.policy) {
            return Some(diagnostic.advice());
        }
        Some(self.edited(diagnostic, edits))
    }

    fn place(&self, cause: DeterminingRule) -> Span {
        let policy = self.model.policy(cause.policy);
        match cause.rule {
            Some(rule) => self.model.rule(rule).span,
            None => match cause.side {
                Side::Source => policy.otherwise_span.unwrap_or(policy.span),
                Side::Target => policy.span,
            },
        }
    }

    fn word(&self, cause: DeterminingRule) -> &'static str {
        match (cause.rule, cause.effect) {
            (Some(_), Effect::Block) => "this blocks it",
            (Some(_), Effect::Allow) => "this allows it",
            (None, Effect::Block) => "this default blocks it",
            (None, Effect::Allow) => "this default allows it",
        }
    }

    /// Parts of rules without effect. `shadowed` are rules that are reported as a whole.
    fn parts(
        &self,
        rules: &[RuleId],
        shadowed: Vec<RuleId>,
        what_if: Option<PolicyId>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<(), LimitExceeded> {
        let mut parts: Vec<(RuleId, Part)> = Vec::new();
        for id in rules {
            let rule = self.model.rule(*id);
            // Without the part, some answers would lose the text of the rule.
            let statement = self.statements.get(&rule.span).filter(|_| rule.because.is_none());
            if let Some(statement) = statement {
                let own = weakening::parts(self.model, rule, statement).into_iter();
                let own = own.filter(|part| !self.is_idle_term(part.span));
                parts.extend(own.map(|part| (*id, part)));
            }
        }
        let extra: Vec<Rule> = parts.iter().map(|(_, part)| part.rule.clone()).collect();
        let first = self.model.rules().len();
        let edits = parts.iter().enumerate().map(|(at, (id, _))| RuleEdit {
            removes: vec![*id],
            adds: vec![RuleId::new(first + at)],
        });
        let edits: Vec<RuleEdit> = edits.collect();
        let mut editable = self.editable(what_if, &extra)?;
        let effects = editable.have_effects(&edits)?;
        let mut reported = BTreeSet::new();
        let before = found.len();
        let mut all = RuleEdit { removes: shadowed, adds: Vec::new() };
        for (((id, part), edit_of_rule), has_effect) in parts.iter().zip(&edits).zip(effects) {
            // One part at a time: without the first the second may be needed.
            if !has_effect && reported.insert(*id) {
                all.removes.extend(&edit_of_rule.removes);
                all.adds.extend(&edit_of_rule.adds);
                let message = "without this part of the rule nothing would be decided differently";
                let diagnostic = Diagnostic::new(Code::LintShadowedPart, message);
                let edit = Edit { span: self.with_comma(part.span), text: String::new() };
                let help = "what it adds is decided so already; take it out";
                let diagnostic = diagnostic.at(part.span, "this changes nothing").help(help);
                found.push(diagnostic.safe_edits(vec![edit]));
            }
        }
        if all.removes.len() > 1
            && !reported.is_empty()
            && editable.have_effects(&[all])? != [false]
        {
            found.iter_mut().skip(before).for_each(one_at_a_time);
        }
        Ok(())
    }
}

/// Adds to the help of a finding that others need not hold once it is followed: each is the reason of another one.
fn one_at_a_time(diagnostic: &mut Diagnostic) {
    let help = diagnostic.help.get_or_insert_default();
    help.push_str(", and check again before you follow the next advice");
}

/// Whether a place lies in another.
fn is_within(inner: Span, outer: Span) -> bool {
    inner.source == outer.source && outer.start <= inner.start && inner.end <= outer.end
}

/// The edit that takes a rule out.
fn without(rule: RuleId) -> RuleEdit {
    RuleEdit { removes: vec![rule], adds: Vec::new() }
}
