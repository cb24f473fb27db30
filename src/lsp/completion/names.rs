//! Completion of names: the people, filters and policies that are declared, and how declarations are shown.

use std::collections::BTreeSet;

use lsp_types::CompletionItemKind;

use super::{Completion, Proposal};
use crate::lsp::statements::policy_of;
use crate::lsp::view::{name_of, title_of};
use crate::syntax::SymbolKind;
use crate::syntax::ast::{AppEntry, Item, ItemKind, StatementKind, Yields};

impl<'v> Completion<'v, '_> {
    /// The declarations that are wanted, by name and kind.
    pub(super) fn named(
        &self,
        is_wanted: impl Fn(&str, SymbolKind) -> bool,
    ) -> Vec<(&'v str, &'v Item)> {
        let kind = |item: &Item| name_of(item).map(|(kind, _)| kind);
        let all = self.declarations.iter();
        all.filter(|(name, item)| kind(item).is_some_and(|kind| is_wanted(name, kind))).collect()
    }

    /// Whether something of a kind is declared.
    pub(super) fn has_declared(&self, kind: SymbolKind) -> bool {
        self.declarations.iter().any(|(_, item)| name_of(item).is_some_and(|(one, _)| one == kind))
    }

    pub(super) fn add_names(&mut self, names: Vec<(&str, &Item)>) {
        let group = self.group;
        self.found.extend(names.into_iter().filter_map(|(name, item)| {
            let (kind, _) = name_of(item)?;
            Some(Proposal {
                label: name.to_owned(),
                kind: completion_kind(kind),
                detail: Some(detail(item, kind)),
                is_name: true,
                group,
            })
        }));
        self.group += 1;
    }

    /// Names of people, filters or policies.
    pub(super) fn names(&mut self) {
        let words: Vec<&str> = self.before().collect();
        let last = words.last().copied().unwrap_or_default();
        let clause = |word: &str| words.iter().rposition(|one| *one == word);
        let (at, is_people) = match (clause("for"), clause("yields")) {
            (Some(at), None) => (at, true),
            (None, Some(at)) => (at, false),
            _ => return,
        };
        let behind = words.get(at + 1..).unwrap_or_default();
        let is_free = |name: &str| !behind.contains(&name);
        let tested = self.tested();
        let own = self.cursor.policy.as_deref();
        let is_left_out = behind.contains(&"except");
        let may_come_first = |name: &str| match own {
            Some(own) if !is_left_out => !self.yields_to(name, own),
            _ => self.is_other_policy(name),
        };
        let found = self.named(|name, kind| match kind {
            SymbolKind::Filter => is_people && last == "matching" && !tested.contains(&name),
            SymbolKind::Users => is_people && last != "matching" && is_free(name),
            SymbolKind::Policy => !is_people && is_free(name) && may_come_first(name),
            _ => false,
        });
        self.add_names(found);
        if is_people && last == "for" {
            self.words(["any", "exactly"], CompletionItemKind::KEYWORD);
        }
    }

    fn is_other_policy(&self, name: &str) -> bool {
        self.cursor.policy.as_deref() != Some(name)
    }

    /// Whether a policy is declared that the one at the place can leave out.
    pub(super) fn goes_on_with_policies(&self) -> bool {
        let is_other = |name: &str, kind| kind == SymbolKind::Policy && self.is_other_policy(name);
        !self.named(is_other).is_empty()
    }

    /// Whether a policy is another one, or yields to it, directly or not: the two may not yield to each other.
    fn yields_to(&self, name: &str, other: &str) -> bool {
        let files = self.view.checked().into_iter().flat_map(|checked| checked.files());
        let files: Vec<_> = files.into_iter().collect();
        let (mut open, mut seen) = (vec![name], BTreeSet::new());
        while let Some(name) = open.pop() {
            if name == other {
                return true;
            }
            if !seen.insert(name) {
                continue;
            }
            let policy = files.iter().find_map(|file| policy_of(file, name));
            for statement in policy.iter().flat_map(|policy| &policy.body) {
                if let StatementKind::Yields(Yields::To(names)) = &statement.kind {
                    open.extend(names.iter().map(|name| name.text.as_str()));
                }
            }
        }
        false
    }

    /// Whether a word that goes on with a list of people leads to a name that is declared.
    pub(super) fn goes_on_with_people(&self, word: &str) -> bool {
        let (wanted, written) = match word {
            "matching" => (SymbolKind::Filter, self.tested()),
            _ => (SymbolKind::Users, self.before().collect()),
        };
        !self.named(|name, kind| kind == wanted && !written.contains(&name)).is_empty()
    }

    /// The words behind the last group of people in a list.
    fn tested(&self) -> Vec<&'v str> {
        let is_of_it = |word: &&str| !matches!(*word, "for" | "," | "and" | "except" | "exactly");
        self.before().rev().take_while(is_of_it).collect()
    }
}

const fn completion_kind(kind: SymbolKind) -> CompletionItemKind {
    match kind {
        SymbolKind::Tenant => CompletionItemKind::MODULE,
        SymbolKind::App | SymbolKind::Storage => CompletionItemKind::CLASS,
        SymbolKind::Group => CompletionItemKind::STRUCT,
        SymbolKind::Users => CompletionItemKind::ENUM,
        SymbolKind::Filter => CompletionItemKind::VARIABLE,
        SymbolKind::Policy => CompletionItemKind::FUNCTION,
    }
}

/// The kind, title and ids of a declaration.
fn detail(item: &Item, kind: SymbolKind) -> String {
    let mut parts = vec![kind.word().to_owned()];
    parts.extend(title_of(item).map(|title| format!("\"{title}\"")));
    if let ItemKind::App(app) = &item.kind {
        let ids = app.entries.iter().flatten().filter_map(|entry| match entry {
            AppEntry::Ids(kind, ids) => Some((kind.value.word(), ids.first()?.value.as_str())),
            AppEntry::Trait(_) => None,
        });
        parts.extend(ids.map(|(kind, id)| format!("{kind}:{id}")));
    }
    parts.join(" ")
}
