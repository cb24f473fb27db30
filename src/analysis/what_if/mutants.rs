//! Mutants: rules with a small mistake in them.
//!
//! Takes in a rule with its AST, gives out the rules that a small edit makes of it: what an author may have
//! meant to write, or may write next. Whether an expectation notices is not known here.

use super::weakening;
use crate::model::{Model, Rule, RuleId, Scope};
use crate::source::{Sources, Span};
use crate::syntax::ast;
use crate::vocabulary::{DeviceStates, Effect, Obligations, Platforms, RuleEffect};

/// The kind of an edit of a rule.
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum MutationKind {
    /// It takes the rule out.
    Removed,
    /// It blocks what the rule allows, or allows what it blocks.
    Inverted,
    /// It leaves out a clause, an exception or a limit, so that the rule says more.
    Widened,
    /// It leaves out a channel, a member of a list or a platform, so that the rule says less.
    Narrowed,
    /// It gives a launch condition another action.
    Action,
    /// It moves the threshold of a launch condition by one step.
    Threshold,
}

impl MutationKind {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Inverted => "inverted",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::Action => "action",
            Self::Threshold => "threshold",
        }
    }
}

/// A rule and an edit of it.
pub(in crate::analysis) struct Mutant {
    pub(in crate::analysis) rule: RuleId,
    pub(in crate::analysis) kind: MutationKind,
    /// The edit in words.
    pub(in crate::analysis) edit: String,
    /// The edited rule; `None` where it is taken out.
    pub(in crate::analysis) replacement: Option<Rule>,
}

/// Every mutant of a rule. Of a rule without AST, as exports of other systems give it, those that need
/// none.
pub(in crate::analysis) fn mutants(
    model: &Model,
    id: RuleId,
    statement: Option<&ast::Rule>,
    sources: &Sources,
) -> Vec<Mutant> {
    let rule = model.rule(id);
    let mut found = Mutants { model, id, found: Vec::new() };
    found.add(MutationKind::Removed, "taken out".to_owned(), None);
    let (effect, word) = inverted(rule.effect);
    let inverted = Rule { effect, obligations: Obligations::NONE, app_wide: false, ..rule.clone() };
    found.add(MutationKind::Inverted, format!("with `{word}`"), Some(inverted));
    found.wider(rule);
    let text = |span: Span| {
        let text = sources.get(span.source).map_or("", |source| source.text());
        text.get(span.start as usize..span.end as usize).unwrap_or("").to_owned()
    };
    for part in statement.map_or_else(Vec::new, |ast| weakening::parts(model, rule, ast)) {
        let what = text(part.span);
        let (kind, what) = if part.is_exception {
            (MutationKind::Widened, format!("without the exception `{what}`"))
        } else {
            (MutationKind::Narrowed, format!("without `{what}`"))
        };
        found.add(kind, what, Some(part.rule));
    }
    found.on_fewer_platforms(rule, statement);
    found.found
}

const fn inverted(effect: RuleEffect) -> (RuleEffect, &'static str) {
    match effect {
        RuleEffect::Allow => (RuleEffect::Block, "block"),
        RuleEffect::Block => (RuleEffect::Allow, "allow"),
        RuleEffect::Accept => (RuleEffect::Refuse, "refuse"),
        RuleEffect::Refuse => (RuleEffect::Accept, "accept"),
    }
}

/// The mutants of one rule while they are collected.
struct Mutants<'m> {
    model: &'m Model,
    id: RuleId,
    found: Vec<Mutant>,
}

impl Mutants<'_> {
    fn add(&mut self, kind: MutationKind, edit: String, replacement: Option<Rule>) {
        self.found.push(Mutant { rule: self.id, kind, edit, replacement });
    }

    /// The rule without each of its clauses and limits.
    fn wider(&mut self, rule: &Rule) {
        let Scope { from, to, people, platforms, devices, .. } = &rule.scope;
        let scope = || rule.scope.clone();
        let clauses = [
            ("from", from.is_some().then(|| Scope { from: None, ..scope() })),
            ("to", to.is_some().then(|| Scope { to: None, ..scope() })),
            ("for", people.is_some().then(|| Scope { people: None, ..scope() })),
            (
                "on",
                (*platforms != Platforms::all())
                    .then(|| Scope { platforms: Platforms::all(), ..scope() }),
            ),
            (
                "devices",
                (*devices != DeviceStates::all())
                    .then(|| Scope { devices: DeviceStates::all(), ..scope() }),
            ),
        ];
        for (word, scope) in clauses {
            if let Some(scope) = scope {
                let rule = Rule { scope, ..rule.clone() };
                self.add(MutationKind::Widened, format!("without `{word}`"), Some(rule));
            }
        }
        if rule.effect.effect() == Effect::Allow && !rule.obligations.is_none() {
            let rule = Rule { obligations: Obligations::NONE, ..rule.clone() };
            self.add(MutationKind::Widened, "without its limit".to_owned(), Some(rule));
        }
    }

    /// The rule without each of its policy's platforms, where it names none.
    fn on_fewer_platforms(&mut self, rule: &Rule, statement: Option<&ast::Rule>) {
        if statement.is_none_or(|ast| ast.scope.platforms.is_some()) {
            return;
        }
        let platforms = self.model.policy(rule.policy).platforms;
        for platform in platforms.iter().filter(|_| platforms.len() > 1) {
            let one = [platform].into_iter().collect();
            let scope =
                Scope { platforms: rule.scope.platforms.without(one), ..rule.scope.clone() };
            let rule = Rule { scope, ..rule.clone() };
            self.add(MutationKind::Narrowed, format!("not on `{platform}`"), Some(rule));
        }
    }
}
