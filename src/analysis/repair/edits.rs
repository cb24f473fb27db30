//! Candidate edits: changes of the text that may turn a decision around.
//!
//! Takes in the rules and reasons of unwanted decisions, gives out edits that add a rule, remove one, add
//! an exception to one, or change a clause of a policy's head. Whether an edit leads to the wanted
//! decision, and at what price, is not known here.

use std::collections::{BTreeSet, HashMap};

use super::remedy::{RemedyStep, StepKind};
use crate::analysis::subject::statements;
use crate::compiler::Checked;
use crate::decision::{DeterminingRule, Effect};
use crate::diagnostic::Edit;
use crate::model::{Model, Origin, PolicyId, RuleId};
use crate::movement::Endpoint;
use crate::source::{Sources, Span};
use crate::syntax::ast::{
    self, AccountWord, ChannelWord, ItemKind, Name, SetWord, Spanned, StatementKind, TermKind,
};
use crate::syntax::print;
use crate::vocabulary::{Channel, Reason, RuleEffect, Side};

/// The most apps that are put into a policy at once.
const APPS: usize = 3;

/// The wanted decision about a scope.
pub(super) struct Asked {
    pub(super) scope: ast::Scope,
    pub(super) wanted: Effect,
}

/// The rules and reasons that decide some movements as it is not wanted.
#[derive(Debug, Default)]
pub(super) struct Unmet {
    /// Rules and defaults.
    pub(super) determining: BTreeSet<DeterminingRule>,
    /// The reasons why no policy applies.
    pub(super) reasons: BTreeSet<Reason>,
    /// The endpoints that policies would have to protect, as if no MDM had installed them.
    pub(super) ends: BTreeSet<Endpoint>,
}

/// An edit with its description.
pub(super) struct Step {
    pub(super) edit: Edit,
    pub(super) step: RemedyStep,
}

/// Every edit that may help.
pub(super) fn steps(checked: &Checked, unmet: &Unmet, asked: &Asked) -> Vec<Step> {
    let Some(model) = checked.model() else { return Vec::new() };
    let statements = statements(checked.files());
    let mut editor = Editor { checked, model, asked, statements, found: Vec::new() };
    for cause in &unmet.determining {
        editor.about(*cause);
    }
    for policy in model.policy_ids().filter(|id| !model.policy(*id).report_only) {
        editor.head(policy, unmet);
        editor.add_app_wide(policy, unmet);
    }
    editor.found
}

struct Editor<'a> {
    checked: &'a Checked,
    model: &'a Model,
    asked: &'a Asked,
    /// Rules as they are written.
    statements: HashMap<Span, &'a ast::Rule>,
    found: Vec<Step>,
}

impl<'a> Editor<'a> {
    fn sources(&self) -> &'a Sources {
        self.checked.sources()
    }

    /// The policy as it is written, if its author can edit it here.
    fn policy(&self, id: PolicyId) -> Option<&'a ast::Policy> {
        let span = self.model.policy(id).span;
        if !self.sources().is_authored(span.source) {
            return None;
        }
        let items = self.checked.files().iter().flat_map(|file| &file.items);
        let mut policies = items.filter_map(|item| match &item.kind {
            ItemKind::Policy(policy) => Some(policy),
            _ => None,
        });
        policies.find(|policy| policy.name.span == span)
    }

    fn push(&mut self, kind: StepKind, policy: PolicyId, edit: Edit, texts: [Option<String>; 2]) {
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
        self.found.push(Step { edit, step });
    }

    // ------------------------------------------------------------ rules

    /// Edits of a rule or default.
    fn about(&mut self, cause: DeterminingRule) {
        let Some(policy) = self.policy(cause.policy) else { return };
        if let Some(rule) = cause.rule {
            self.about_rule(cause.policy, rule);
        } else if cause.side == Side::Source {
            self.about_default(cause.policy, policy);
        }
        // One allow is not enough where a rule blocks.
        if self.asked.wanted == Effect::Block || cause.rule.is_none() {
            let effect = match (self.asked.wanted, cause.side) {
                (Effect::Allow, Side::Source) => RuleEffect::Allow,
                (Effect::Allow, Side::Target) => RuleEffect::Accept,
                (Effect::Block, Side::Source) => RuleEffect::Block,
                (Effect::Block, Side::Target) => RuleEffect::Refuse,
            };
            self.add(cause.policy, policy, effect);
        }
    }

    fn about_rule(&mut self, policy: PolicyId, id: RuleId) {
        let rule = self.model.rule(id);
        let Some(statement) = self.statements.get(&rule.span).copied() else { return };
        let before = || Some(print::rule(statement));
        let edit = Edit { span: rule.span, text: String::new() };
        self.push(StepKind::Remove, policy, edit, [before(), None]);
        for changed in self.excepting(statement) {
            let text = print::rule(&changed);
            let edit = Edit { span: rule.span, text: text.clone() };
            self.push(StepKind::Change, policy, edit, [before(), Some(text)]);
        }
    }

    /// The rule without the movements that are asked about: on other channels, or with an exception.
    fn excepting(&self, rule: &ast::Rule) -> Vec<ast::Rule> {
        let mut found = Vec::new();
        let asked = &self.asked.scope;
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
            found.push(changed);
        }
        found
    }

    /// The term with every account, as questions read it, where a rule would read less.
    fn of_any_account(&self, term: &ast::Term, reads_less: bool) -> ast::Term {
        let has_accounts = match &term.what {
            TermKind::Name(name) => {
                let app = self.model.directory().app_named(&name.text);
                app.is_some_and(|app| self.model.app(app).sdk)
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
    fn about_default(&mut self, id: PolicyId, policy: &ast::Policy) {
        let text = format!("otherwise {}", self.asked.wanted);
        let written =
            policy.body.iter().find(|one| matches!(one.kind, StatementKind::Otherwise(_)));
        match written {
            Some(one) => {
                let before = print::statement(&one.kind);
                let edit = Edit { span: one.span, text: text.clone() };
                self.push(StepKind::Change, id, edit, [Some(before), Some(text)]);
            }
            None => {
                let is_head = |one: &&ast::Statement| {
                    matches!(one.kind, StatementKind::For(_) | StatementKind::Protect(_))
                };
                let Some(last) = policy.body.iter().rev().find(is_head) else { return };
                let edit = behind(last, &text);
                self.push(StepKind::Change, id, edit, [None, Some(text)]);
            }
        }
    }

    /// Two edits that add a rule: one with exactly the asked scope, and one for all users and devices.
    fn add(&mut self, id: PolicyId, policy: &ast::Policy, effect: RuleEffect) {
        let Some(last) = last_rule(policy) else { return };
        let reads_less = matches!(effect, RuleEffect::Allow | RuleEffect::Accept);
        let mut scope = self.asked.scope.clone();
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
            RuleEffect::Allow => drop(scope.to.get_or_insert_with(|| any(span)).span),
            RuleEffect::Accept => drop(scope.from.get_or_insert_with(|| any(span)).span),
            RuleEffect::Block | RuleEffect::Refuse => {}
        }
        let effect = Spanned { value: effect, span };
        let general = ast::Scope { people: None, platforms: None, devices: None, ..scope.clone() };
        for scope in [scope, general] {
            let text = print::rule(&ast::Rule { effect, scope });
            let edit = behind(last, &text);
            self.push(StepKind::Add, id, edit, [None, Some(text)]);
        }
    }

    /// Edits that add a rule for every account of the apps that a policy protects, where the endpoint is
    /// under an account that is not the company's: with the asked sets, and for all such accounts.
    fn add_app_wide(&mut self, id: PolicyId, unmet: &Unmet) {
        let is_other =
            |reason: &Reason| matches!(reason, Reason::PersonalAccount | Reason::OtherOrganisation);
        let protects = |end: &Endpoint| match end {
            Endpoint::App { app, .. } => {
                self.model.policy(id).protect.iter().any(|(one, _)| one == app)
            }
            Endpoint::Storage(_) | Endpoint::Place(_) => false,
        };
        let is_meant = self.asked.wanted == Effect::Block
            && unmet.reasons.iter().any(is_other)
            && unmet.ends.iter().any(protects);
        let Some(policy) = self.policy(id).filter(|_| is_meant) else { return };
        let Some(last) = last_rule(policy) else { return };
        let span = last.span;
        let asked = &self.asked.scope;
        let is_open = asked.channels.iter().all(|one| one.value == ChannelWord::One(Channel::Open));
        let effect = if is_open { RuleEffect::Refuse } else { RuleEffect::Block };
        let narrow = ast::Scope {
            people: None,
            platforms: None,
            devices: None,
            app_wide: Some(span),
            ..asked.clone()
        };
        let mut wide = narrow.clone();
        let unmanaged = Some(word(SetWord::Unmanaged, span));
        if is_open {
            wide.to = unmanaged;
            wide.from =
                self.is_corporate(&asked.from).then(|| word(SetWord::CorporateStorage, span));
        } else {
            wide.from = unmanaged;
        }
        for scope in [narrow, wide] {
            let effect = Spanned { value: effect, span };
            let text = print::rule(&ast::Rule { effect, scope });
            self.push(StepKind::Add, id, behind(last, &text), [None, Some(text)]);
        }
    }

    /// Whether a set names storages of the company and nothing else.
    fn is_corporate(&self, set: &Option<ast::Set>) -> bool {
        let directory = self.model.directory();
        set.as_ref().is_some_and(|set| {
            set.terms.iter().all(|term| match &term.what {
                TermKind::Name(name) => directory
                    .storage_named(&name.text)
                    .is_some_and(|id| self.model.storage(id).corporate),
                TermKind::Word(word) => *word == SetWord::CorporateStorage,
                TermKind::Id(_) => false,
            })
        })
    }

    // ------------------------------------------------------------ heads

    /// Edits of the head of a policy.
    fn head(&mut self, id: PolicyId, unmet: &Unmet) {
        let Some(policy) = self.policy(id) else { return };
        let apps = unmet.ends.iter().filter_map(|end| match end {
            Endpoint::App { app, .. } => Some(*app),
            Endpoint::Storage(_) | Endpoint::Place(_) => None,
        });
        let apps: BTreeSet<_> = apps.collect();
        let declared: Vec<&str> = apps
            .iter()
            .map(|app| self.model.app(*app))
            .filter(|app| app.origin == Origin::Declared && app.can_be_protected())
            .map(|app| app.name.as_str())
            .collect();
        for statement in &policy.body {
            let changed = match (&statement.kind, self.asked.wanted) {
                (StatementKind::Protect(set), wanted)
                    if !declared.is_empty() && declared.len() <= APPS =>
                {
                    let is_meant = match wanted {
                        Effect::Block => unmet.reasons.contains(&Reason::AppNotProtected),
                        Effect::Allow => unmet.determining.iter().any(|cause| cause.policy == id),
                    };
                    is_meant.then(|| StatementKind::Protect(protecting(set, &declared, wanted)))
                }
                (StatementKind::For(people), Effect::Block)
                    if unmet.reasons.contains(&Reason::UserNotAssigned) =>
                {
                    self.for_more(people).map(StatementKind::For)
                }
                (StatementKind::For(people), Effect::Block)
                    if unmet.reasons.contains(&Reason::Filter) =>
                {
                    Some(StatementKind::For(without_filters(people)))
                }
                (StatementKind::On(words), Effect::Block)
                    if unmet.reasons.contains(&Reason::Platform) =>
                {
                    with_words(words, self.asked.scope.platforms.as_ref()).map(StatementKind::On)
                }
                (StatementKind::Devices(words), Effect::Block)
                    if unmet.reasons.contains(&Reason::DeviceState) =>
                {
                    with_words(words, self.asked.scope.devices.as_ref()).map(StatementKind::Devices)
                }
                _ => None,
            };
            if let Some(changed) = changed.filter(|changed| *changed != statement.kind) {
                let texts = [&statement.kind, &changed].map(|kind| Some(print::statement(kind)));
                let text = texts[1].clone().unwrap_or_default();
                let edit = Edit { span: statement.span, text };
                self.push(StepKind::Change, id, edit, texts);
            }
        }
    }

    /// The `for` clause of a policy, widened by the users of the scope.
    fn for_more(&self, people: &ast::People) -> Option<ast::People> {
        let ast::People::Some { of: Some(own), except, span } = people else { return None };
        let more = match &self.asked.scope.people {
            Some(ast::People::Some { of: Some(of), .. } | ast::People::Exactly { of, .. }) => of,
            _ => return Some(ast::People::Some { of: None, except: Vec::new(), span: *span }),
        };
        if more.iter().all(|member| member.group.is_none()) {
            return Some(ast::People::Some { of: None, except: Vec::new(), span: *span });
        }
        let name = |member: &ast::Member| member.group.as_ref().map(|name| name.text.clone());
        let is_new = |member: &&ast::Member| own.iter().all(|one| name(one) != name(member));
        let of = own.iter().chain(more.iter().filter(is_new)).cloned().collect();
        let is_wanted = |member: &&ast::Member| more.iter().all(|one| name(one) != name(member));
        let except = except.iter().filter(is_wanted).cloned().collect();
        Some(ast::People::Some { of: Some(of), except, span: *span })
    }
}

/// A `for` clause in which no term before `except` tests a filter.
fn without_filters(people: &ast::People) -> ast::People {
    let mut people = people.clone();
    let (ast::People::Some { of: Some(of), .. }
    | ast::People::Every { of, .. }
    | ast::People::Exactly { of, .. }) = &mut people
    else {
        return people;
    };
    of.iter_mut().for_each(|member| member.matching.clear());
    people
}

/// The statement behind which a new rule goes.
fn last_rule(policy: &ast::Policy) -> Option<&ast::Statement> {
    let is_place = |one: &&ast::Statement| {
        !matches!(
            one.kind,
            StatementKind::Expect(_) | StatementKind::ExpectAccess(_) | StatementKind::Setting(_)
        )
    };
    policy.body.iter().rev().find(is_place)
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

/// A line of its own behind a statement.
fn behind(statement: &ast::Statement, text: &str) -> Edit {
    let span = Span { start: statement.span.end, ..statement.span };
    Edit { span, text: format!("\n  {text}") }
}

/// The `protect` set of a policy with some apps added (to block) or taken out (to allow).
fn protecting(set: &ast::Set, apps: &[&str], wanted: Effect) -> ast::Set {
    let mut set = set.clone();
    let term = |name: &&str| ast::Term {
        what: TermKind::Name(Name { text: (*name).to_owned(), span: set.span }),
        account: None,
        deployed: None,
        span: set.span,
    };
    let terms: Vec<ast::Term> = apps.iter().map(term).collect();
    let is_named = |term: &ast::Term| matches!(&term.what, TermKind::Name(name) if apps.contains(&name.text.as_str()));
    match wanted {
        Effect::Block => {
            set.except.retain(|term| !is_named(term));
            set.terms.extend(terms);
        }
        Effect::Allow => {
            let count = set.terms.len();
            let rest: Vec<ast::Term> =
                set.terms.iter().filter(|term| !is_named(term)).cloned().collect();
            if rest.len() < count && !rest.is_empty() {
                set.terms = rest;
            } else {
                set.except.extend(terms);
            }
        }
    }
    set
}

/// The words of an `on` or `devices` clause, widened by those of the scope.
fn with_words(own: &ast::Words, more: Option<&ast::Words>) -> Option<ast::Words> {
    let more = more?.of.as_ref()?;
    let mut words = own.clone();
    let of = words.of.as_mut()?;
    of.extend(
        more.iter()
            .filter(|name| own.of.iter().flatten().all(|one| one.text != name.text))
            .cloned(),
    );
    words.except.retain(|name| more.iter().all(|one| one.text != name.text));
    Some(words)
}
