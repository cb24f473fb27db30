//! Name resolution: from parsed files to a model.
//!
//! Takes in the ASTs of all files of a set, gives out the [`Model`] and diagnostics. What has errors is
//! reported and left out, so that everything else can still be checked. A model of which an error was
//! reported is never compiled.

mod accesses;
mod groups;
mod heads;
mod names;
mod questions;
mod resolver;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use self::resolver::Resolver;
use super::check;
use super::resolved::Model;
use super::symbols::Entity;
use super::types::PolicyId;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::{Sources, Span};
use crate::syntax::ast::{self, Item, ItemKind};

#[cfg(feature = "lsp")]
pub(crate) use names::built_in_endpoints;
#[cfg(feature = "intune")]
pub(crate) use names::built_in_names;
pub(crate) use questions::{access_claim, access_question, chain, question};

/// Resolves a set of files. Declarations come first, then groups, then policies and expectations.
pub(crate) fn resolve(
    sources: &Sources,
    files: &[ast::File],
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Model {
    let mut resolver = Resolver::new(sources, limits, found);
    if !within(files, limits, resolver.found) {
        return resolver.finish();
    }
    resolver.note_missing_files();
    resolver.built_in();
    for file in files {
        resolver.broken(file);
        file.items.iter().for_each(|item| resolver.declare(item));
    }
    resolver.end_of_apps();
    for file in files {
        file.items.iter().for_each(|item| resolver.note_ids(item));
    }
    resolver.end_of_endpoints();
    resolver.groups(files);
    resolver.policies(files);
    check::join_unprotectable(resolver.found);
    resolver.finish()
}

/// Whether the files hold no more declarations and statements than the limits allow.
fn within(files: &[ast::File], limits: &Limits, found: &mut Vec<Diagnostic>) -> bool {
    let items = files.iter().flat_map(|file| &file.items);
    let over = |items: &mut dyn Iterator<Item = Span>, code, what: &str, limit: usize| {
        let spans: Vec<_> = items.collect();
        let place = spans.get(limit).copied()?;
        let message = format!("{} {what}, the limit is {limit}", spans.len());
        let help = "split the set, or raise the limit";
        Some(Diagnostic::new(code, message).at(place, "one too many").help(help))
    };
    let statements = items.clone().flat_map(|item| match &item.kind {
        ItemKind::Policy(policy) => policy.body.iter().map(|statement| statement.span).collect(),
        ItemKind::Expect(_) | ItemKind::ExpectAccess(_) => vec![item.span],
        _ => Vec::new(),
    });
    let declares = |item: &&Item| {
        !matches!(
            item.kind,
            ItemKind::Version(_)
                | ItemKind::Use(_)
                | ItemKind::Expect(_)
                | ItemKind::ExpectAccess(_)
        )
    };
    let before = found.len();
    found.extend(over(
        &mut items.filter(declares).map(|item| item.span),
        Code::DeclarationCount,
        "declarations",
        limits.declarations,
    ));
    found.extend(over(
        &mut statements.into_iter(),
        Code::StatementCount,
        "statements",
        limits.statements,
    ));
    found.len() == before
}

impl Resolver<'_> {
    /// Resolves all heads, then all bodies: a rule may depend on the head of another policy.
    fn policies(&mut self, files: &[ast::File]) {
        let mut heads = BTreeMap::new();
        for item in files.iter().flat_map(|file| &file.items) {
            if let Some((id, policy)) = self.policy_of(item)
                && !heads.contains_key(&id)
            {
                let whole = self.head(id, policy);
                self.policy_entry(id);
                heads.insert(id, whole);
            }
        }
        check::yields(&self.model, self.limits, self.found);
        let mut seen = BTreeSet::new();
        for item in files.iter().flat_map(|file| &file.items) {
            if let ItemKind::Expect(expect) = &item.kind {
                self.expect(None, expect, item.span);
            }
            if let ItemKind::ExpectAccess(expect) = &item.kind {
                self.expect_access(None, expect, item.span);
            }
            if let Some((id, policy)) = self.policy_of(item)
                && seen.insert(id)
            {
                self.body(id, policy, heads.get(&id) == Some(&true));
            }
        }
    }

    /// The policy that an item declares; `None` for a second declaration of its name.
    fn policy_of<'i>(&self, item: &'i Item) -> Option<(PolicyId, &'i ast::Policy)> {
        let ItemKind::Policy(policy) = &item.kind else { return None };
        match self.symbols.names.get(&policy.name.text)? {
            Entity::Policy(id) if self.model.policy(*id).span == policy.name.span => {
                Some((*id, policy))
            }
            _ => None,
        }
    }
}
