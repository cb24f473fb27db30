//! Edits of the heads of policies: whom they are for, where, and which apps they protect.
//!
//! Takes in the reasons why no policy applies and the policies that do, gives out edits after which a policy applies to
//! more or to less.

use std::collections::BTreeSet;

use super::editor::Editor;
use super::unmet::Unmet;
use crate::model::{Origin, PolicyId};
use crate::movement::Endpoint;
use crate::source::Span;
use crate::syntax::ast::{self, Name, StatementKind, TermKind};
use crate::vocabulary::Reason;

/// The most apps that are put into a policy at once.
const APPS: usize = 3;

impl Editor<'_> {
    /// Edits of the head of a policy.
    pub(super) fn head(&mut self, id: PolicyId, unmet: &Unmet) {
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
            for changed in self.changed_clause(id, &statement.kind, unmet, &declared) {
                self.change(id, statement, &changed);
            }
        }
    }

    /// A clause of a head with which its policy applies to more, or to less.
    fn changed_clause(
        &self,
        id: PolicyId,
        clause: &StatementKind,
        unmet: &Unmet,
        apps: &[&str],
    ) -> Vec<StatementKind> {
        let [wider, narrower] = self.asked.policies_help();
        let lacks = |reason| wider && unmet.reasons.contains(&reason);
        let mut found = Vec::new();
        match clause {
            StatementKind::Protect(set) if (1..=APPS).contains(&apps.len()) => {
                if lacks(Reason::AppNotProtected) {
                    found.push(StatementKind::Protect(with_apps(set, apps)));
                }
                if narrower && unmet.policies.contains(&id) {
                    found.push(StatementKind::Protect(without_apps(set, apps)));
                }
            }
            StatementKind::For(people) if lacks(Reason::UserNotAssigned) => {
                found.extend(self.for_more(people).map(StatementKind::For));
            }
            StatementKind::For(people) if lacks(Reason::Filter) => {
                found.push(StatementKind::For(without_filters(people)));
            }
            StatementKind::On(words) if lacks(Reason::Platform) => {
                found.extend(with_words(words, self.asked.platforms()).map(StatementKind::On));
            }
            StatementKind::Devices(words) if lacks(Reason::DeviceState) => {
                found.extend(with_words(words, self.asked.devices()).map(StatementKind::Devices));
            }
            _ => {}
        }
        found
    }

    /// The `for` clause of a policy, widened by the users of the scope.
    fn for_more(&self, people: &ast::People) -> Option<ast::People> {
        let ast::People::Some { of: Some(own), except, span } = people else { return None };
        let more = match self.asked.people() {
            Some(ast::People::Some { of: Some(of), .. } | ast::People::Exactly { of, .. }) => of,
            _ => return Some(ast::People::Some { of: None, except: Vec::new(), span: *span }),
        };
        if more.iter().all(|member| member.group.is_none()) {
            return Some(ast::People::Some { of: None, except: Vec::new(), span: *span });
        }
        let name = |member: &ast::Member| member.group.as_ref().map(|name| name.text.clone());
        let is_new = |member: &&ast::Member| own.iter().all(|one| name(one) != name(member));
        let of: Vec<ast::Member> = own.iter().chain(more.iter().filter(is_new)).cloned().collect();
        let is_wanted = |member: &&ast::Member| more.iter().all(|one| name(one) != name(member));
        let mut left: Vec<ast::Member> = except.iter().filter(is_wanted).cloned().collect();
        // Who is named already is kept away by an exception for another group.
        if of.len() == own.len() && left.len() == except.len() {
            left.clear();
        }
        Some(ast::People::Some { of: Some(of), except: left, span: *span })
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

/// A `protect` set with some apps.
fn with_apps(set: &ast::Set, apps: &[&str]) -> ast::Set {
    let mut set = set.clone();
    set.except.retain(|term| !is_named(term, apps));
    set.terms.extend(terms(apps, set.span));
    set
}

/// A `protect` set without some apps.
fn without_apps(set: &ast::Set, apps: &[&str]) -> ast::Set {
    let mut set = set.clone();
    let rest = set.terms.iter().filter(|term| !is_named(term, apps));
    let rest: Vec<ast::Term> = rest.cloned().collect();
    if rest.len() < set.terms.len() && !rest.is_empty() {
        set.terms = rest;
    } else {
        set.except.extend(terms(apps, set.span));
    }
    set
}

fn terms<'a>(apps: &'a [&'a str], span: Span) -> impl Iterator<Item = ast::Term> + 'a {
    apps.iter().map(move |name| {
        let what = TermKind::Name(Name { text: (*name).to_owned(), span });
        ast::Term { what, account: None, deployed: None, span }
    })
}

fn is_named(term: &ast::Term, apps: &[&str]) -> bool {
    matches!(&term.what, TermKind::Name(name) if apps.contains(&name.text.as_str()))
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
