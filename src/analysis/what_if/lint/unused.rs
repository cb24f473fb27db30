//! Lints of declarations that nothing names.

use std::collections::BTreeSet;

use super::linter::Linter;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{
    self, AppEntry, AppTrait, IdKind, ItemKind, People, SetWord, StatementKind, TermKind,
};

/// The names and words that the sets and `for` clauses of some files use.
#[derive(Default)]
struct Uses<'a> {
    names: BTreeSet<&'a str>,
    /// The ids, `ios:com.example.app`, in lower case.
    ids: BTreeSet<String>,
    words: BTreeSet<&'static str>,
    /// Whether a `no path` is claimed, whose chains tell corporate storages from others.
    has_chains: bool,
}

impl<'a> Uses<'a> {
    fn of(files: impl Iterator<Item = &'a ast::File>) -> Self {
        let mut uses = Self::default();
        for item in files.flat_map(|file| &file.items) {
            match &item.kind {
                ItemKind::Group(group) => uses.set(&group.set),
                ItemKind::Expect(expect) => uses.expectation(expect),
                ItemKind::ExpectAccess(expect) => uses.access_scope(&expect.scope),
                ItemKind::Policy(policy) => {
                    policy.body.iter().for_each(|statement| uses.statement(&statement.kind));
                }
                _ => {}
            }
        }
        uses
    }

    fn statement(&mut self, kind: &'a StatementKind) {
        match kind {
            StatementKind::For(people) => self.people(people),
            StatementKind::Protect(protect) => self.set(&protect.set),
            StatementKind::Rule(rule) => self.scope(&rule.scope),
            StatementKind::Expect(expect) => self.expectation(expect),
            StatementKind::ExpectAccess(expect) => self.access_scope(&expect.scope),
            _ => {}
        }
    }

    fn expectation(&mut self, expect: &'a ast::Expect) {
        self.has_chains |= expect.claim == ast::Claim::NoPath;
        self.scope(&expect.scope);
    }

    fn access_scope(&mut self, scope: &'a ast::AccessScope) {
        scope.set.iter().for_each(|set| self.set(set));
        scope.people.iter().for_each(|people| self.people(people));
    }

    fn scope(&mut self, scope: &'a ast::Scope) {
        scope.from.iter().chain(&scope.to).chain(&scope.avoiding).for_each(|set| self.set(set));
        scope.people.iter().for_each(|people| self.people(people));
    }

    fn set(&mut self, set: &'a ast::Set) {
        for term in set.terms.iter().chain(&set.except) {
            match &term.what {
                TermKind::Name(name) => self.names.insert(&name.text),
                TermKind::Id(id) => self.ids.insert(id.value.to_ascii_lowercase()),
                TermKind::Word(word) => self.words.insert(word.word()),
            };
        }
    }

    fn people(&mut self, people: &'a People) {
        let (of, except): (&[ast::Member], &[ast::Member]) = match people {
            People::Some { of, except, .. } => (of.as_deref().unwrap_or_default(), except),
            People::Every { of, except, .. } => (of, except),
            People::Exactly { of, .. } => (of, &[]),
        };
        for member in of.iter().chain(except) {
            let filters = member.matching.iter().map(|test| &test.filter);
            let names = member.group.iter().chain(filters);
            self.names.extend(names.map(|name| name.text.as_str()));
        }
    }

    fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether a set names an app by its id. One link may be written in several ways.
    fn has_id(&self, kind: Spanned<IdKind>, id: &str) -> bool {
        let is_link = kind.value == IdKind::Url;
        let id = format!("{}:{}", kind.value.word(), id.to_ascii_lowercase());
        self.ids.contains(&id) || is_link && self.ids.iter().any(|id| id.starts_with("url:"))
    }

    fn has_word(&self, words: &[SetWord]) -> bool {
        words.iter().any(|word| self.words.contains(word.word()))
    }
}

impl Linter<'_> {
    /// Declared apps, storages, groups and people that nothing names, if a set without them would say the
    /// same. Sets without policies are left alone: they declare for others.
    pub(super) fn unused(&self, found: &mut Vec<Diagnostic>) {
        if self.model.policies().is_empty() {
            return;
        }
        let uses = Uses::of(self.files());
        // People without a policy are reported as that.
        let gaps = found.iter().filter(|one| one.code == Code::LintGap);
        let gaps: BTreeSet<Span> = gaps.filter_map(Diagnostic::span).collect();
        for item in self.files().flat_map(|file| &file.items).filter(|item| self.is_own(item.span))
        {
            let Some((name, noun)) = declared(&item.kind) else { continue };
            let is_known = uses.has_name(&name.text) || gaps.contains(&name.span);
            if !is_known && !matters(&uses, &item.kind) {
                found.push(self.unused_declaration(name, noun, item.span));
            }
        }
    }

    fn unused_declaration(&self, name: &ast::Name, noun: &str, item: Span) -> Diagnostic {
        let message = format!("nothing names the {noun} `{}`", name.text);
        let help = match noun {
            "group of people" => "name it behind `for`, or leave the declaration out",
            "filter" => "name it behind `matching`, or leave the declaration out",
            _ => "name it in a rule, or leave the declaration out",
        };
        let diagnostic = Diagnostic::new(Code::LintUnused, message).at(name.span, "used nowhere");
        diagnostic.help(help).edits(self.without_statement(item))
    }
}

/// Whether a declaration has an effect although nothing names it.
fn matters(uses: &Uses<'_>, kind: &ItemKind) -> bool {
    let is_unlisted_told = uses.has_word(&[SetWord::Unlisted]);
    match kind {
        ItemKind::App(app) => is_unlisted_told || app_matters(app, uses),
        ItemKind::Storage(storage) => {
            let words = [SetWord::CorporateStorage, SetWord::PersonalStorage];
            let are_told = uses.has_word(&words) || uses.has_chains;
            is_unlisted_told || storage.corporate && are_told
        }
        _ => false,
    }
}

/// Whether an app that nothing names is named by an id of its own, or carries the SDK: `unprotected-app`
/// speaks of those.
fn app_matters(app: &ast::App, uses: &Uses<'_>) -> bool {
    app.entries.iter().flatten().any(|entry| match entry {
        AppEntry::Trait(one) => one.value == AppTrait::Sdk,
        AppEntry::Ids(kind, ids) => ids.iter().any(|id| uses.has_id(*kind, &id.value)),
    })
}

/// The name of a declaration that may be unused, and the noun for it.
fn declared(kind: &ItemKind) -> Option<(&ast::Name, &'static str)> {
    Some(match kind {
        ItemKind::App(app) => (&app.name, "app"),
        ItemKind::Storage(storage) => (&storage.name, "storage"),
        ItemKind::Group(group) => (&group.name, "group"),
        ItemKind::Users(users) => (&users.name, "group of people"),
        ItemKind::Filter(filter) => (&filter.name, "filter"),
        _ => return None,
    })
}
