//! Edits of rules that may turn decisions about movements around.
//!
//! Takes in the rules and reasons of unwanted decisions, gives out edits that add a rule, remove one, add an exception
//! to one, or change a default.

use std::collections::HashMap;

use super::editor::{Editor, behind, last_of_head, last_statement};
use super::remedy::StepKind;
use super::unmet::Unmet;
use crate::analysis::subject::statements;
use crate::decision::{DeterminingRule, Effect};
use crate::diagnostic::Edit;
use crate::model::{PolicyId, RuleId};
use crate::movement::Endpoint;
use crate::source::Span;
use crate::syntax::ast::{
    self, AccountWord, ChannelWord, SetWord, Spanned, StatementKind, TermKind,
};
use crate::syntax::print;
use crate::vocabulary::{Channel, Reason, RuleEffect, Side};

/// An editor of rules for a question about movements.
pub(super) struct RuleEditor<'e, 'a> {
    editor: &'e mut Editor<'a>,
    scope: &'a ast::Scope,
    wanted: Effect,
    /// Rules as they are written.
    statements: HashMap<Span, &'a ast::Rule>,
}

impl<'e, 'a> RuleEditor<'e, 'a> {
    pub(super) fn new(editor: &'e mut Editor<'a>, scope: &'a ast::Scope, wanted: Effect) -> Self {
        let statements = statements(editor.files());
        Self { editor, scope, wanted, statements }
    }

    /// Edits of a rule or default.
    pub(super) fn edit(&mut self, cause: DeterminingRule) {
        let Some(policy) = self.editor.policy(cause.policy) else { return };
        if let Some(rule) = cause.rule {
            self.edit_rule(cause.policy, rule);
        } else if cause.side == Side::Source {
            self.edit_default(cause.policy, policy);
        }
        // One allow is not enough where a rule blocks.
        if self.wanted == Effect::Block || cause.rule.is_none() {
            let effect = match (self.wanted, cause.side) {
                (Effect::Allow, Side::Source) => RuleEffect::Allow,
                (Effect::Allow, Side::Target) => RuleEffect::Accept,
                (Effect::Block, Side::Source) => RuleEffect::Block,
                (Effect::Block, Side::Target) => RuleEffect::Refuse,
            };
            self.add(cause.policy, policy, effect);
        }
    }

    fn edit_rule(&mut self, policy: PolicyId, id: RuleId) {
        let rule = self.editor.model.rule(id);
        let Some(statement) = self.statements.get(&rule.span).copied() else { return };
        let text = |rule: &ast::Rule| print::statement(&StatementKind::Rule(rule.clone()));
        let before = || Some(text(statement));
        let edit = Edit { span: rule.span, text: String::new() };
        self.editor.push(StepKind::Remove, policy, edit, [before(), None]);
        for changed in self.excepting(statement) {
            let text = text(&changed);
            let edit = Edit { span: rule.span, text: text.clone() };
            self.editor.push(StepKind::Change, policy, edit, [before(), Some(text)]);
        }
    }

    /// The rule without the movements that are asked about: on other channels, or with an exception.
    fn excepting(&self, rule: &ast::Rule) -> Vec<ast::Rule> {
        let mut found = Vec::new();
        let asked = self.scope;
        let is_asked = |channel: &Spanned<ChannelWord>| {
            asked.channels.iter().any(|one| one.value == channel.value)
        };
        let mut rest = rule.clone();
        rest.scope.channels.retain(|channel| !is_asked(channel));
        if !rest.scope.channels.is_empty() && rest.scope.channels.len() < rule.scope.channels.len()
        {
            found.push(rest);
        }
        let is_wide = matches!(rule.effect.value, RuleEffect::Block | RuleEffect::Refuse);
        for is_source in [false, true] {
            let set = if is_source { &asked.from } else { &asked.to };
            let Some(set) = set.as_ref().filter(|set| set.except.is_empty()) else { continue };
            let mut changed = rule.clone();
            let scope = &mut changed.scope;
            let own = if is_source { &mut scope.from } else { &mut scope.to };
            let own = own.get_or_insert_with(|| any(set.span));
            own.except.extend(set.terms.iter().map(|term| self.of_any_account(term, is_wide)));
            let rest =
                own.terms.iter().filter(|own| set.terms.iter().all(|one| !is_same(own, one)));
            let rest: Vec<ast::Term> = rest.cloned().collect();
            // What is named is named no more, where something else is left.
            if !rest.is_empty() && rest.len() + set.terms.len() == own.terms.len() {
                own.terms = rest;
                own.except.truncate(own.except.len() - set.terms.len());
            }
            found.push(changed);
        }
        found
    }

    /// The term with every account, as questions read it, where a rule would read less.
    fn of_any_account(&self, term: &ast::Term, reads_less: bool) -> ast::Term {
        let has_accounts = match &term.what {
            TermKind::Name(name) => {
                let app = self.editor.model.directory().app_named(&name.text);
                app.is_some_and(|app| self.editor.model.app(app).sdk)
            }
            TermKind::Id(_) => true,
            TermKind::Word(_) => false,
        };
        let mut term = term.clone();
        if reads_less && has_accounts && term.account.is_none() {
            term.account = Some(Spanned { value: AccountWord::Any, span: term.span });
        }
        term
    }

    /// The edit that gives a policy the wanted effect as its default.
    fn edit_default(&mut self, id: PolicyId, policy: &ast::Policy) {
        let text = format!("otherwise {}", self.wanted);
        let written =
            policy.body.iter().find(|one| matches!(one.kind, StatementKind::Otherwise(_)));
        match written {
            Some(one) => {
                let before = print::statement(&one.kind);
                let edit = Edit { span: one.span, text: text.clone() };
                self.editor.push(StepKind::Change, id, edit, [Some(before), Some(text)]);
            }
            None => {
                let Some(last) = last_of_head(policy) else { return };
                let edit = behind(last, &text);
                self.editor.push(StepKind::Add, id, edit, [None, Some(text)]);
            }
        }
    }

    /// Two edits that add a rule: one with exactly the asked scope, and one for all users and devices.
    fn add(&mut self, id: PolicyId, policy: &ast::Policy, effect: RuleEffect) {
        let Some(last) = last_statement(policy) else { return };
        let reads_less = matches!(effect, RuleEffect::Allow | RuleEffect::Accept);
        let mut scope = self.scope.clone();
        // Of the side that the policy protects, rules see the work account only.
        let other = match effect {
            RuleEffect::Allow | RuleEffect::Block => &mut scope.to,
            RuleEffect::Accept | RuleEffect::Refuse => &mut scope.from,
        };
        if let Some(set) = other {
            let terms = set.terms.iter().map(|term| self.of_any_account(term, reads_less));
            set.terms = terms.collect();
            let except = set.except.iter().map(|term| self.of_any_account(term, !reads_less));
            set.except = except.collect();
        }
        let span = last.span;
        match effect {
            RuleEffect::Allow if scope.to.is_none() => scope.to = Some(any(span)),
            RuleEffect::Accept if scope.from.is_none() => scope.from = Some(any(span)),
            _ => {}
        }
        let effect = Spanned { value: effect, span };
        let general = ast::Scope { people: None, platforms: None, devices: None, ..scope.clone() };
        for scope in [scope, general] {
            let text = print::rule(&ast::Rule { effect, scope });
            let edit = behind(last, &text);
            self.editor.push(StepKind::Add, id, edit, [None, Some(text)]);
        }
    }

    /// Edits that add a rule for every account of the apps that a policy protects, where the endpoint is
    /// under an account that is not the company's: with the asked sets, and for all such accounts.
    pub(super) fn add_app_wide(&mut self, id: PolicyId, unmet: &Unmet) {
        let is_other =
            |reason: &Reason| matches!(reason, Reason::PersonalAccount | Reason::OtherOrganisation);
        let protects = |end: &Endpoint| match end {
            Endpoint::App { app, .. } => {
                self.editor.model.policy(id).protect.iter().any(|(one, _)| one == app)
            }
            Endpoint::Storage(_) | Endpoint::Place(_) => false,
        };
        let [protects_own, protects_other] =
            [&unmet.ends, &unmet.other_ends].map(|ends| ends.iter().any(protects));
        let is_meant = self.wanted == Effect::Block
            && unmet.reasons.iter().any(is_other)
            && (protects_own || protects_other);
        let Some(policy) = self.editor.policy(id).filter(|_| is_meant) else { return };
        let Some(last) = last_statement(policy) else { return };
        let span = last.span;
        let asked = self.scope;
        let is_open = asked.channels.iter().all(|one| one.value == ChannelWord::One(Channel::Open));
        let narrow = ast::Scope {
            people: None,
            platforms: None,
            devices: None,
            app_wide: Some(span),
            ..asked.clone()
        };
        let unmanaged = || Some(word(SetWord::Unmanaged, span));
        let corporate =
            || self.is_corporate(&asked.from).then(|| word(SetWord::CorporateStorage, span));
        let from = if is_open { corporate() } else { None };
        let refused = ast::Scope { to: unmanaged(), from, ..narrow.clone() };
        let blocked = ast::Scope { from: unmanaged(), ..narrow.clone() };
        let is_refused = if is_open { protects_own } else { protects_other };
        let rules = [
            (RuleEffect::Block, blocked, protects_own && !is_open),
            (RuleEffect::Refuse, refused, is_refused),
        ];
        for (effect, wide, _) in rules.into_iter().filter(|(.., is_meant)| *is_meant) {
            for scope in [narrow.clone(), wide] {
                let effect = Spanned { value: effect, span };
                let text = print::rule(&ast::Rule { effect, scope });
                self.editor.push(StepKind::Add, id, behind(last, &text), [None, Some(text)]);
            }
        }
    }

    /// Whether a set names storages of the company and nothing else.
    fn is_corporate(&self, set: &Option<ast::Set>) -> bool {
        let directory = self.editor.model.directory();
        set.as_ref().is_some_and(|set| {
            set.terms.iter().all(|term| match &term.what {
                TermKind::Name(name) => directory
                    .storage_named(&name.text)
                    .is_some_and(|id| self.editor.model.storage(id).corporate),
                TermKind::Word(word) => *word == SetWord::CorporateStorage,
                TermKind::Id(_) => false,
            })
        })
    }
}

/// Whether two terms are written alike.
fn is_same(one: &ast::Term, other: &ast::Term) -> bool {
    let what = |term: &ast::Term| match &term.what {
        TermKind::Name(name) => name.text.clone(),
        TermKind::Word(word) => word.word().to_owned(),
        TermKind::Id(id) => id.value.clone(),
    };
    let account = |term: &ast::Term| term.account.as_ref().map(|one| one.value);
    let deployed = |term: &ast::Term| term.deployed.is_some();
    (what(one), account(one), deployed(one)) == (what(other), account(other), deployed(other))
}

/// The set that holds everything.
fn any(span: Span) -> ast::Set {
    word(SetWord::Any, span)
}

/// The set that a word stands for.
fn word(word: SetWord, span: Span) -> ast::Set {
    let what = TermKind::Word(word);
    let term = ast::Term { what, account: None, deployed: None, span };
    ast::Set { terms: vec![term], except: Vec::new(), span }
}
