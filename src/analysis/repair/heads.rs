//! Edits of the heads of policies: whom they are for, where, and which apps they protect.
//!
//! Takes in the reasons why no policy applies and the policies that do, gives out edits after which a policy applies to
//! more people, devices or apps, or to fewer apps.

use std::collections::BTreeSet;

use super::editor::Editor;
use super::unmet::Unmet;
use crate::model::{Origin, PolicyId};
use crate::movement::Endpoint;
use crate::source::Span;
use crate::syntax::ast::{self, Name, StatementKind, TermKind};
use crate::vocabulary::Reason;

/// The most apps of a question with which `protect` is edited.
const MOST_APPS: usize = 3;

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
            StatementKind::Protect(set) if (1..=MOST_APPS).contains(&apps.len()) => {
                if lacks(Reason::AppNotProtected) {
                    found.push(StatementKind::Protect(with_apps(set, apps)));
                }
                if narrower && unmet.policies.contains(&id) {
                    found.push(StatementKind::Protect(without_apps(set, apps)));
                }
            }
            StatementKind::For(people) => {
                let more = self.for_more(people).filter(|_| lacks(Reason::UserNotAssigned));
                let everywhere = lacks(Reason::Filter).then(|| without_filters(people));
                found.extend(more.into_iter().chain(everywhere).map(StatementKind::For));
            }
            StatementKind::On(words) if lacks(Reason::Platform) => {
                found.push(StatementKind::On(with_words(words, self.asked.platforms())));
            }
            StatementKind::Devices(words) if lacks(Reason::DeviceState) => {
                found.push(StatementKind::Devices(with_words(words, self.asked.devices())));
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
    let is_new = |term: &ast::Term| match &term.what {
        TermKind::Name(name) => set.terms.iter().all(|own| !is_named(own, &[name.text.as_str()])),
        TermKind::Word(_) | TermKind::Id(_) => true,
    };
    let new: Vec<ast::Term> = terms(apps, set.span).filter(is_new).collect();
    set.terms.extend(new);
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
fn with_words(own: &ast::Words, more: Option<&ast::Words>) -> ast::Words {
    let named = more.filter(|words| words.except.is_empty()).and_then(|words| words.of.as_ref());
    let mut words = own.clone();
    // A scope that leaves them open is about all of them.
    let Some(named) = named else {
        return ast::Words { of: None, except: Vec::new(), ..words };
    };
    let is_new = |name: &&Name| own.of.iter().flatten().all(|one| one.text != name.text);
    if let Some(of) = &mut words.of {
        of.extend(named.iter().filter(is_new).cloned());
    }
    words.except.retain(|name| named.iter().all(|one| one.text != name.text));
    words
}
