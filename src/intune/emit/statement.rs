//! Constructors for the AST of policies: statements, rules, sets.
//!
//! Takes in words and a place in a document, gives out AST nodes with that place. Which statements a
//! policy has is not known here.

use crate::source::Span;
use crate::syntax::ast::{
    AccountWord, AppEntry, ChannelWord, Effect, Field, Launch, Member, Name, People, Protect,
    Require, Rule, RuleEffect, Scope, Set, SetWord, Setting, Spanned, Statement, StatementKind,
    Term, TermKind, Test, Text, Value, Words, Yields,
};
use crate::syntax::ast::{Channel, Json};

/// A statement, with the text of a comment behind it.
#[derive(Debug, Clone)]
pub(in crate::intune) struct Line {
    pub(in crate::intune) statement: Statement,
    pub(in crate::intune) note: Option<String>,
}

impl Line {
    pub(in crate::intune) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}

/// A place in a document, which constructs AST nodes.
#[derive(Debug, Clone, Copy)]
pub(in crate::intune) struct At(pub(in crate::intune) Span);

impl At {
    pub(in crate::intune) fn name(self, text: &str) -> Name {
        Name { text: text.to_owned(), span: self.0 }
    }

    pub(in crate::intune) fn text(self, value: &str) -> Text {
        Text { value: value.to_owned(), span: self.0 }
    }

    pub(in crate::intune) const fn spanned<T>(self, value: T) -> Spanned<T> {
        Spanned { value, span: self.0 }
    }

    fn line(self, kind: StatementKind) -> Line {
        Line { statement: Statement { docs: Vec::new(), span: self.0, kind }, note: None }
    }

    // ------------------------------------------------------------ sets

    pub(in crate::intune) fn term(self, what: TermKind) -> Term {
        Term { what, account: None, deployed: None, span: self.0 }
    }

    pub(in crate::intune) fn word(self, word: SetWord) -> Term {
        self.term(TermKind::Word(word))
    }

    pub(in crate::intune) fn named(self, name: &str) -> Term {
        self.term(TermKind::Name(self.name(name)))
    }

    /// An app under every account.
    pub(in crate::intune) fn whole(self, term: Term) -> Term {
        Term { account: Some(self.spanned(AccountWord::Any)), ..term }
    }

    pub(in crate::intune) fn set(self, terms: Vec<Term>, except: Vec<Term>) -> Set {
        Set { terms, except, span: self.0 }
    }

    /// Terms for names of the catalogue.
    pub(in crate::intune) fn names(self, names: &[&str]) -> Vec<Term> {
        names.iter().map(|name| self.named(name)).collect()
    }

    // ------------------------------------------------------------ head

    pub(in crate::intune) fn head_for(self, of: Option<Vec<Member>>, except: Vec<Member>) -> Line {
        self.line(StatementKind::For(People::Some { of, except, span: self.0 }))
    }

    pub(in crate::intune) fn protect(self, set: Set) -> Line {
        self.line(StatementKind::Protect(Protect { set, unconfirmed: None }))
    }

    /// The clause of a policy whose apps are not known.
    pub(in crate::intune) fn protect_unconfirmed(self, set: Set) -> Line {
        let unconfirmed = Some(self.0);
        self.line(StatementKind::Protect(Protect { set, unconfirmed }))
    }

    pub(in crate::intune) fn on(self, platform: &str) -> Line {
        self.line(StatementKind::On(self.words(&[platform])))
    }

    pub(in crate::intune) fn devices(self, states: &[&str]) -> Line {
        self.line(StatementKind::Devices(self.words(states)))
    }

    pub(in crate::intune) fn yields(self, yields: Yields) -> Line {
        self.line(StatementKind::Yields(yields))
    }

    pub(in crate::intune) fn otherwise(self, effect: Effect) -> Line {
        self.line(StatementKind::Otherwise(effect))
    }

    fn words(self, words: &[&str]) -> Words {
        let of = Some(words.iter().map(|word| self.name(word)).collect());
        Words { of, except: Vec::new(), span: self.0 }
    }

    // ------------------------------------------------------------ rules

    pub(in crate::intune) fn rule(self, effect: RuleEffect, channels: &[Channel]) -> RuleBuilder {
        let channels = channels.iter().map(|one| self.spanned(ChannelWord::One(*one))).collect();
        let scope = Scope { channels, ..Scope::default() };
        RuleBuilder { at: self, rule: Rule { effect: self.spanned(effect), scope } }
    }

    pub(in crate::intune) fn block(self, channels: &[Channel]) -> RuleBuilder {
        self.rule(RuleEffect::Block, channels)
    }

    pub(in crate::intune) fn refuse(self, channels: &[Channel]) -> RuleBuilder {
        self.rule(RuleEffect::Refuse, channels)
    }

    // ------------------------------------------------------------ access and settings

    pub(in crate::intune) fn require(
        self,
        what: &str,
        fields: Vec<Field>,
        devices: &[&str],
    ) -> Line {
        let devices = (!devices.is_empty()).then(|| self.words(devices));
        let what = self.name(what);
        self.line(StatementKind::Require(Require { what, fields, platforms: None, devices }))
    }

    pub(in crate::intune) fn field(self, name: &str, value: Option<Value>) -> Field {
        Field { name: self.name(name), value, span: self.0 }
    }

    pub(in crate::intune) fn launch(self, action: &str, subject: &str, test: Test) -> Line {
        let (action, subject) = (self.name(action), self.name(subject));
        let launch =
            Launch { action, subject, test, platforms: None, devices: None, because: None };
        self.line(StatementKind::Launch(launch))
    }

    pub(in crate::intune) fn number(self, number: u32) -> Value {
        Value::Number(self.spanned(u64::from(number)))
    }

    /// A duration in the largest unit that divides it: minutes, hours or days.
    pub(in crate::intune) fn minutes(self, minutes: u32) -> Value {
        let (count, unit) = match minutes {
            _ if minutes > 0 && minutes.is_multiple_of(24 * 60) => (minutes / (24 * 60), "day"),
            _ if minutes > 0 && minutes.is_multiple_of(60) => (minutes / 60, "hour"),
            _ => (minutes, "minute"),
        };
        self.amount(count, unit)
    }

    pub(in crate::intune) fn amount(self, count: u32, unit: &str) -> Value {
        let unit = if count == 1 { unit.to_owned() } else { format!("{unit}s") };
        Value::Amount(self.spanned(u64::from(count)), self.name(&unit))
    }

    pub(in crate::intune) fn setting(self, name: &str, value: Json) -> Line {
        self.line(StatementKind::Setting(Setting { name: self.text(name), value }))
    }

    /// An entry of an app's declaration.
    pub(in crate::intune) fn ids(
        self,
        kind: crate::syntax::ast::IdKind,
        ids: &[String],
    ) -> AppEntry {
        AppEntry::Ids(self.spanned(kind), ids.iter().map(|id| self.text(id)).collect())
    }
}

/// A builder of a rule.
#[derive(Debug, Clone)]
pub(in crate::intune) struct RuleBuilder {
    at: At,
    rule: Rule,
}

impl RuleBuilder {
    pub(in crate::intune) fn targets(mut self, terms: Vec<Term>, except: Vec<Term>) -> Self {
        self.rule.scope.to = Some(self.at.set(terms, except));
        self
    }

    pub(in crate::intune) fn sources(mut self, terms: Vec<Term>, except: Vec<Term>) -> Self {
        self.rule.scope.from = Some(self.at.set(terms, except));
        self
    }

    /// A target of one word with exceptions, such as `to any except edge`.
    pub(in crate::intune) fn target(self, word: SetWord, except: Vec<Term>) -> Self {
        let word = self.at.word(word);
        self.targets(vec![word], except)
    }

    /// A source of one word with exceptions.
    pub(in crate::intune) fn source(self, word: SetWord, except: Vec<Term>) -> Self {
        let word = self.at.word(word);
        self.sources(vec![word], except)
    }

    pub(in crate::intune) fn devices(mut self, states: &[&str]) -> Self {
        self.rule.scope.devices = Some(self.at.words(states));
        self
    }

    pub(in crate::intune) fn up_to(mut self, characters: u32) -> Self {
        self.rule.scope.up_to = Some(self.at.spanned(u64::from(characters)));
        self
    }

    pub(in crate::intune) fn without_content(mut self) -> Self {
        self.rule.scope.without_content = Some(self.at.0);
        self
    }

    pub(in crate::intune) fn tagged(mut self) -> Self {
        self.rule.scope.tagged = Some(self.at.0);
        self
    }

    pub(in crate::intune) fn app_wide(mut self) -> Self {
        self.rule.scope.app_wide = Some(self.at.0);
        self
    }

    pub(in crate::intune) fn line(self) -> Line {
        self.at.line(StatementKind::Rule(self.rule))
    }

    pub(in crate::intune) fn note(self, note: impl Into<String>) -> Line {
        self.line().note(note)
    }
}
