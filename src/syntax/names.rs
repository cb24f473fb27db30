//! Names and words of a tree, each with its place and its role there.
//!
//! Takes in a tree, gives out its occurrences in the order of the text: declared names, uses of names,
//! and words whose place gives them a meaning. Does not resolve names: a use tells only what kind of
//! thing it can stand for.

use super::ast::{
    AccessClaim, AccessScope, Expect, ExpectAccess, Field, File, Item, ItemKind, Launch, Member,
    Name, People, Require, Scope, Set, StatementKind, Term, TermKind, Test, Use, Value, Words,
    Yields,
};
use crate::source::Span;

/// The kind of thing that a declaration names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the keyword that declares it")]
pub enum SymbolKind {
    Tenant,
    App,
    Storage,
    Group,
    Users,
    Filter,
    Policy,
}

impl SymbolKind {
    /// The keyword that declares it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Tenant => "tenant",
            Self::App => "app",
            Self::Storage => "storage",
            Self::Group => "group",
            Self::Users => "users",
            Self::Filter => "filter",
            Self::Policy => "policy",
        }
    }
}

/// The role of a word in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameRole {
    /// The name of a declaration.
    Declares(SymbolKind),
    /// A name in a set of apps, storages and places.
    Endpoint,
    /// A group of people.
    People,
    /// A filter.
    Filter,
    /// A policy that another one yields to.
    Policy,
    /// A catalogue.
    Catalogue,
    /// A platform or a device management state.
    Constant,
    /// A requirement, such as `pin`.
    Requirement,
    /// A field of a requirement.
    Field,
    /// A fact that a condition tests.
    Fact,
    /// The effect of a launch condition.
    Action,
    /// A value: a word, version, date or unit.
    Value,
}

impl NameRole {
    /// Whether the word is a name: one that is declared somewhere, perhaps by the language.
    #[must_use]
    pub const fn is_name(self) -> bool {
        matches!(
            self,
            Self::Declares(_) | Self::Endpoint | Self::People | Self::Filter | Self::Policy
        )
    }
}

/// An occurrence of a name or word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Occurrence<'a> {
    /// The name as written.
    pub text: &'a str,
    /// Its place.
    pub span: Span,
    /// Its role.
    pub role: NameRole,
}

/// The occurrences of names and words in a file, in the order of the text.
#[must_use]
pub fn occurrences(file: &File) -> Vec<Occurrence<'_>> {
    let mut found = Collector { found: Vec::new() };
    file.items.iter().for_each(|item| found.item(item));
    let mut found = found.found;
    found.sort_by_key(|one| one.span);
    found
}

struct Collector<'a> {
    found: Vec<Occurrence<'a>>,
}

impl<'a> Collector<'a> {
    fn push(&mut self, name: &'a Name, role: NameRole) {
        self.found.push(Occurrence { text: &name.text, span: name.span, role });
    }

    fn all(&mut self, names: &'a [Name], role: NameRole) {
        names.iter().for_each(|name| self.push(name, role));
    }

    // ------------------------------------------------------------ declarations

    fn item(&mut self, item: &'a Item) {
        let declares = NameRole::Declares;
        match &item.kind {
            ItemKind::Version(_) | ItemKind::Use(Use::File(_)) => {}
            ItemKind::Use(Use::Catalogue(name)) => self.push(name, NameRole::Catalogue),
            ItemKind::Tenant(one) => self.push(&one.name, declares(SymbolKind::Tenant)),
            ItemKind::App(app) => self.push(&app.name, declares(SymbolKind::App)),
            ItemKind::Storage(one) => self.push(&one.name, declares(SymbolKind::Storage)),
            ItemKind::Group(group) => {
                self.push(&group.name, declares(SymbolKind::Group));
                self.set(&group.set);
            }
            ItemKind::Users(one) => self.push(&one.name, declares(SymbolKind::Users)),
            ItemKind::Filter(one) => self.push(&one.name, declares(SymbolKind::Filter)),
            ItemKind::Policy(policy) => {
                self.push(&policy.name, declares(SymbolKind::Policy));
                policy.body.iter().for_each(|one| self.statement(&one.kind));
            }
            ItemKind::Expect(expect) => self.expect(expect),
            ItemKind::ExpectAccess(expect) => self.expect_access(expect),
        }
    }

    fn statement(&mut self, statement: &'a StatementKind) {
        match statement {
            StatementKind::For(people) => self.people(people),
            StatementKind::Protect(protect) => self.set(&protect.set),
            StatementKind::On(words) | StatementKind::Devices(words) => self.words(words),
            StatementKind::Yields(Yields::To(names) | Yields::Any { except: names }) => {
                self.all(names, NameRole::Policy);
            }
            StatementKind::Otherwise(_) | StatementKind::Setting(_) => {}
            StatementKind::Rule(rule) => self.scope(&rule.scope),
            StatementKind::Require(require) => self.require(require),
            StatementKind::Launch(launch) => self.launch(launch),
            StatementKind::Expect(expect) => self.expect(expect),
            StatementKind::ExpectAccess(expect) => self.expect_access(expect),
        }
    }

    // ------------------------------------------------------------ scopes

    fn scope(&mut self, scope: &'a Scope) {
        let sets = [&scope.from, &scope.to, &scope.avoiding];
        sets.into_iter().flatten().for_each(|set| self.set(set));
        scope.people.iter().for_each(|people| self.people(people));
        self.places(scope.platforms.as_ref(), scope.devices.as_ref());
    }

    fn places(&mut self, platforms: Option<&'a Words>, devices: Option<&'a Words>) {
        platforms.into_iter().chain(devices).for_each(|words| self.words(words));
    }

    fn set(&mut self, set: &'a Set) {
        set.terms.iter().chain(&set.except).for_each(|term| self.term(term));
    }

    fn term(&mut self, term: &'a Term) {
        if let TermKind::Name(name) = &term.what {
            self.push(name, NameRole::Endpoint);
        }
    }

    fn people(&mut self, people: &'a People) {
        let (of, except): (&[Member], &[Member]) = match people {
            People::Some { of, except, .. } => (of.as_deref().unwrap_or_default(), except),
            People::Every { of, except, .. } => (of, except),
            People::Exactly { of, .. } => (of, &[]),
        };
        for member in of.iter().chain(except) {
            member.group.iter().for_each(|name| self.push(name, NameRole::People));
            member.matching.iter().for_each(|one| self.push(&one.filter, NameRole::Filter));
        }
    }

    fn words(&mut self, words: &'a Words) {
        self.all(words.of.as_deref().unwrap_or_default(), NameRole::Constant);
        self.all(&words.except, NameRole::Constant);
    }

    // ------------------------------------------------------------ expectations and accesses

    fn expect(&mut self, expect: &'a Expect) {
        self.scope(&expect.scope);
    }

    fn expect_access(&mut self, expect: &'a ExpectAccess) {
        match &expect.claim {
            AccessClaim::Effect(name) => self.push(name, NameRole::Action),
            AccessClaim::Require(require) => self.require(require),
        }
        self.access_scope(&expect.scope);
    }

    fn access_scope(&mut self, scope: &'a AccessScope) {
        scope.set.iter().for_each(|set| self.set(set));
        scope.people.iter().for_each(|people| self.people(people));
        self.places(scope.platforms.as_ref(), scope.devices.as_ref());
        for test in scope.when.iter().flat_map(|when| &when.tests) {
            self.push(&test.subject, NameRole::Fact);
            self.test(&test.test);
        }
    }

    fn require(&mut self, require: &'a Require) {
        self.push(&require.what, NameRole::Requirement);
        require.fields.iter().for_each(|field| self.field(field));
        self.places(require.platforms.as_ref(), require.devices.as_ref());
    }

    fn field(&mut self, field: &'a Field) {
        self.push(&field.name, NameRole::Field);
        field.value.iter().for_each(|value| self.value(value));
    }

    fn launch(&mut self, launch: &'a Launch) {
        self.push(&launch.action, NameRole::Action);
        self.push(&launch.subject, NameRole::Fact);
        self.test(&launch.test);
        self.places(launch.platforms.as_ref(), launch.devices.as_ref());
    }

    fn test(&mut self, test: &'a Test) {
        match test {
            Test::Is(name) => self.push(name, NameRole::Value),
            Test::Less(value) | Test::Greater(value) | Test::Equals(value) => self.value(value),
            Test::Holds | Test::NotIn(_) | Test::Named(_) => {}
        }
    }

    fn value(&mut self, value: &'a Value) {
        match value {
            Value::Number(_) => {}
            Value::Amount(_, name)
            | Value::Word(name)
            | Value::Version(name)
            | Value::Date(name) => self.push(name, NameRole::Value),
            Value::Then(outcomes) => {
                outcomes.iter().for_each(|(_, name)| self.push(name, NameRole::Value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::Limits;
    use crate::source::Sources;

    #[test]
    fn every_name_is_found_in_order() {
        let text = "mam 1\nuse microsoft\nfilter own\ngroup g = outlook except word as work\n\
            policy p { for staff matching own except b on ios protect g yields to q\n\
              allow share from g to managed  require pin { length 6 simple no }\n\
              launch wipe when offline > 90 days devices enrolled\n\
              expect require pin launch g when os < 17.0 }";
        let mut sources = Sources::default();
        let id = sources.add("a.mam", text);
        let (file, found) = super::super::parse(&sources, id, &Limits::default());
        assert!(found.is_empty(), "{found:?}");
        let found = occurrences(&file);
        let words: Vec<_> = found.iter().map(|one| one.text).collect();
        assert_eq!(
            words.join(" "),
            "microsoft own g outlook word p staff own b ios g q g pin length simple no wipe offline \
             days enrolled pin g os 17.0"
        );
        assert!(found.iter().all(|one| sources.slice(one.span) == one.text));
        assert_eq!(found[2].role, NameRole::Declares(SymbolKind::Group));
        assert!(found[3].role.is_name() && !found[9].role.is_name());
    }
}
