//! The order of names: those that the files of a set name come first.
//!
//! Takes in the trees of the files, gives out ranks of endpoints. Catalogues are no files of a set.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::subject::Analysis;
use crate::model::{Model, Origin};
use crate::movement::Endpoint;
use crate::source::SourceKind;
use crate::syntax::ast::{self, ItemKind, StatementKind, TermKind};

/// Names that everybody knows: they come before the rest of a catalogue.
const KNOWN: &[&str] = &["device-storage", "photo-library", "browser", "messages", "dialer"];

/// The names that the files of a set use, and the groups that they declare.
#[derive(Default)]
pub(in crate::analysis) struct Mentions {
    /// By name, or by id in lower case: its position among all.
    names: BTreeMap<String, usize>,
    groups: BTreeSet<String>,
}

/// The place of an endpoint in every list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::analysis) enum Rank {
    Named(usize),
    Known(usize),
    Other,
    Unlisted,
}

impl Mentions {
    pub(in crate::analysis) fn of(analysis: &Analysis<'_>) -> Self {
        let sources = analysis.checked.sources();
        let is_own = |file: &&ast::File| {
            sources
                .iter()
                .any(|(id, source)| id == file.source && source.kind() != SourceKind::Catalogue)
        };
        let mut found = Self::default();
        for item in analysis.checked.files().iter().filter(is_own).flat_map(|file| &file.items) {
            found.item(&item.kind);
        }
        found
    }

    fn item(&mut self, kind: &ItemKind) {
        match kind {
            ItemKind::App(app) => self.name(&app.name.text),
            ItemKind::Storage(storage) => self.name(&storage.name.text),
            ItemKind::Group(group) => {
                self.groups.insert(group.name.text.clone());
                self.set(&group.set);
            }
            ItemKind::Policy(policy) => {
                policy.body.iter().for_each(|one| match &one.kind {
                    StatementKind::Protect(protect) => self.set(&protect.set),
                    StatementKind::Rule(rule) => self.scope(&rule.scope),
                    StatementKind::Expect(expect) => self.scope(&expect.scope),
                    _ => {}
                });
            }
            ItemKind::Expect(expect) => self.scope(&expect.scope),
            _ => {}
        }
    }

    fn scope(&mut self, scope: &ast::Scope) {
        scope.from.iter().chain(&scope.to).for_each(|set| self.set(set));
    }

    fn set(&mut self, set: &ast::Set) {
        for term in set.terms.iter().chain(&set.except) {
            match &term.what {
                TermKind::Name(name) => self.name(&name.text),
                TermKind::Id(id) => self.name(&id.value.to_ascii_lowercase()),
                TermKind::Word(_) => {}
            }
        }
    }

    fn name(&mut self, name: &str) {
        let next = self.names.len();
        self.names.entry(name.to_owned()).or_insert(next);
    }

    /// Whether the files declare a group.
    pub(in crate::analysis) fn has_group(&self, name: &str) -> bool {
        self.groups.contains(name)
    }

    /// Whether the files name an endpoint.
    pub(in crate::analysis) fn is_named(&self, model: &Model, end: Endpoint) -> bool {
        matches!(self.rank(model, end), Rank::Named(_))
    }

    /// The place of an endpoint in every list.
    pub(in crate::analysis) fn rank(&self, model: &Model, end: Endpoint) -> Rank {
        let (name, origin) = match end {
            Endpoint::App { app, .. } => {
                let app = model.app(app);
                (app.name.as_str(), app.origin)
            }
            Endpoint::Storage(id) => {
                let storage = model.storage(id);
                (storage.name.as_str(), storage.origin)
            }
            Endpoint::Place(place) => (place.word(), Origin::BuiltIn),
        };
        let named = self.names.get(name).or_else(|| self.names.get(&name.to_ascii_lowercase()));
        match named {
            _ if origin == Origin::Unlisted => Rank::Unlisted,
            Some(at) => Rank::Named(*at),
            None => KNOWN.iter().position(|one| *one == name).map_or(Rank::Other, Rank::Known),
        }
    }
}
