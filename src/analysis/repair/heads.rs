//! Edits of the heads of policies: whom they are for, where, and which apps they protect.
//!
//! Takes in the reasons why no policy applies and the policies that do, gives out edits after which a policy applies to
//! more people, devices or apps, or to fewer apps.

use std::collections::BTreeSet;

use super::editor::{Editor, behind, last_of_head};
use super::remedy::StepKind;
use super::unmet::Unmet;
use super::words::{with_words, without_words};
use crate::model::{AppId, Origin, PolicyId};
use crate::movement::Endpoint;
use crate::source::Span;
use crate::syntax::ast::{self, Name, Protect, StatementKind, TermKind};
use crate::syntax::print;
use crate::vocabulary::Reason;

/// The most terms of a clause that are edited one by one.
const MOST_TERMS: usize = 8;

/// The most apps of a question that edits of `protect` name one by one; more are named as the question does.
const MOST_APPS: usize = 3;

impl<'a> Editor<'a> {
    /// Edits of clauses of a policy's head after which it may apply to more. Either of those that are the reason why no
    /// policy applies, or of the others: the reason is that of one policy.
    pub(super) fn widen_head(&mut self, id: PolicyId, unmet: &Unmet, are_reasons: bool) {
        let Some(policy) = self.policy(id) else { return };
        let names = self.apps(unmet);
        let lacks = |reason| unmet.reasons.contains(&reason) == are_reasons;
        for statement in &policy.body {
            for changed in self.widened(&statement.kind, &lacks, &names) {
                self.change(id, statement, &changed);
            }
        }
    }

    /// Edits of a policy's head after which it applies to less.
    pub(super) fn restrict_head(&mut self, id: PolicyId, unmet: &Unmet) {
        let Some(policy) = self.policy(id) else { return };
        let names = self.apps(unmet);
        if !unmet.policies.contains(&id) {
            return;
        }
        let first = self.found.len();
        for statement in &policy.body {
            for changed in self.narrowed(&statement.kind, &names) {
                self.change(id, statement, &changed);
            }
        }
        self.clauses_of_less(id, policy);
        self.found.iter_mut().skip(first).for_each(|step| step.narrows = true);
    }

    /// Names for the apps of the unwanted decisions: their own, or, of many, those of the question.
    fn apps(&self, unmet: &Unmet) -> Vec<&'a str> {
        let apps = unmet.ends.iter().filter_map(|end| match end {
            Endpoint::App { app, .. } => Some(*app),
            Endpoint::Storage(_) | Endpoint::Place(_) => None,
        });
        let apps: BTreeSet<AppId> = apps.collect();
        if apps.len() > MOST_APPS {
            return self.goal.names();
        }
        let (model, apps) = (self.model, apps.iter());
        let apps = apps.map(|app| model.app(*app));
        let declared = apps.filter(|app| app.origin == Origin::Declared && app.can_be_protected());
        declared.map(|app| app.name.as_str()).collect()
    }

    /// A clause of a head with which its policy applies to more.
    fn widened(
        &self,
        clause: &StatementKind,
        lacks: &dyn Fn(Reason) -> bool,
        apps: &[&str],
    ) -> Vec<StatementKind> {
        let mut found = Vec::new();
        match clause {
            StatementKind::Protect(protect)
                if lacks(Reason::AppNotProtected) && !apps.is_empty() =>
            {
                let set = with_apps(&protect.set, apps);
                found.push(StatementKind::Protect(Protect { set, ..protect.clone() }));
            }
            StatementKind::For(people) => {
                if lacks(Reason::UserNotAssigned) {
                    found.extend(self.for_more(people).map(StatementKind::For));
                }
                if lacks(Reason::Filter) {
                    found.extend(without_filters(people).map(StatementKind::For));
                }
            }
            StatementKind::On(words) if lacks(Reason::Platform) => {
                found.push(StatementKind::On(with_words(words, self.goal.platforms())));
            }
            StatementKind::Devices(words) if lacks(Reason::DeviceState) => {
                found.push(StatementKind::Devices(with_words(words, self.goal.devices())));
            }
            _ => {}
        }
        found
    }

    /// A clause of a head with which its policy applies to less.
    fn narrowed(&self, clause: &StatementKind, apps: &[&str]) -> Vec<StatementKind> {
        match clause {
            StatementKind::Protect(protect) if !apps.is_empty() => {
                let set = without_apps(&protect.set, apps);
                vec![StatementKind::Protect(Protect { set, ..protect.clone() })]
            }
            StatementKind::For(people) => {
                self.for_less(people).into_iter().map(StatementKind::For).collect()
            }
            StatementKind::On(words) => without_words(Some(words), self.goal.platforms())
                .map(StatementKind::On)
                .into_iter()
                .collect(),
            StatementKind::Devices(words) => without_words(Some(words), self.goal.devices())
                .map(StatementKind::Devices)
                .into_iter()
                .collect(),
            _ => Vec::new(),
        }
    }

    /// Clauses that keep a policy from the platforms or device states of the scope, where it has no such clause.
    fn clauses_of_less(&mut self, id: PolicyId, policy: &ast::Policy) {
        let has = |is: fn(&StatementKind) -> bool| policy.body.iter().any(|one| is(&one.kind));
        let platforms = without_words(None, self.goal.platforms())
            .filter(|_| !has(|kind| matches!(kind, StatementKind::On(_))));
        let devices = without_words(None, self.goal.devices())
            .filter(|_| !has(|kind| matches!(kind, StatementKind::Devices(_))));
        let Some(last) = last_of_head(policy) else { return };
        let clauses = platforms.map(StatementKind::On).into_iter();
        for clause in clauses.chain(devices.map(StatementKind::Devices)) {
            let text = print::statement(&clause);
            self.push(StepKind::Add, id, behind(last, &text), [None, Some(text)]);
        }
    }

    /// The `for` clause of a policy, widened by the users of the scope.
    fn for_more(&self, people: &ast::People) -> Option<ast::People> {
        let ast::People::Some { of: own, except, span } = people else { return None };
        let everybody = ast::People::Some { of: None, except: Vec::new(), span: *span };
        let more = match self.goal.people() {
            Some(ast::People::Some { of: Some(of), .. } | ast::People::Exactly { of, .. }) => of,
            // Who is in all of the groups is in the first.
            Some(ast::People::Every { of, .. }) => of.get(..1).unwrap_or(of),
            Some(ast::People::Some { of: None, .. }) | None => return Some(everybody),
        };
        if more.iter().all(|member| member.group.is_none()) {
            return Some(everybody);
        }
        let is_new =
            |member: &&ast::Member| own.iter().flatten().all(|one| name(one) != name(member));
        let with_new = |own: &Vec<ast::Member>| -> Vec<ast::Member> {
            own.iter().chain(more.iter().filter(is_new)).cloned().collect()
        };
        let of = own.as_ref().map(with_new);
        let is_wanted = |member: &&ast::Member| more.iter().all(|one| name(one) != name(member));
        let mut left: Vec<ast::Member> = except.iter().filter(is_wanted).cloned().collect();
        // Who is named already is kept away by an exception for another group.
        if of == *own && left.len() == except.len() {
            left.clear();
        }
        Some(ast::People::Some { of, except: left, span: *span })
    }

    /// The `for` clause of a policy without the users of the scope: they are no longer named, or an exception.
    fn for_less(&self, people: &ast::People) -> Vec<ast::People> {
        let fewer = match self.goal.people() {
            Some(ast::People::Some { of: Some(of), .. }) => vec![of.as_slice()],
            // One exception is enough for who is in several groups.
            Some(ast::People::Exactly { of, .. } | ast::People::Every { of, .. }) => {
                of.iter().map(std::slice::from_ref).collect()
            }
            Some(ast::People::Some { of: None, .. }) | None => Vec::new(),
        };
        let is_named = |of: &&[ast::Member]| of.iter().all(|member| member.group.is_some());
        let without = |of: &[ast::Member]| without_members(people, of);
        fewer.into_iter().filter(is_named).filter_map(without).collect()
    }
}

/// The name of a group in a `for` clause.
fn name(member: &ast::Member) -> Option<&str> {
    member.group.as_ref().map(|name| name.text.as_str())
}

/// A `for` clause with some groups as exceptions, which it names nowhere else; `None` of a clause that can have no
/// exceptions, or that is for nobody then.
fn without_members(people: &ast::People, groups: &[ast::Member]) -> Option<ast::People> {
    let mut people = people.clone();
    let is_kept = |own: &ast::Member| groups.iter().all(|one| name(one) != name(own));
    if let ast::People::Some { of: Some(of), .. } = &mut people {
        of.retain(is_kept);
        if of.is_empty() {
            return None;
        }
    }
    match &mut people {
        ast::People::Some { except, .. } | ast::People::Every { except, .. } => {
            // An exception without tests holds one with tests.
            let tests = |one: &ast::Member| -> Vec<(String, bool)> {
                one.matching.iter().map(|test| (test.filter.text.clone(), test.holds)).collect()
            };
            let holds = |own: &ast::Member, one: &ast::Member| {
                name(own) == name(one) && (own.matching.is_empty() || tests(own) == tests(one))
            };
            let is_new = |one: &&ast::Member| !except.iter().any(|own| holds(own, one));
            let new: Vec<ast::Member> = groups.iter().filter(is_new).cloned().collect();
            except.extend(new);
        }
        ast::People::Exactly { .. } => return None,
    }
    Some(people)
}

/// A `for` clause without the filters of each one of its terms before `except`, then without those of all.
fn without_filters(people: &ast::People) -> impl Iterator<Item = ast::People> + '_ {
    let terms = match people {
        ast::People::Some { of: Some(of), .. }
        | ast::People::Every { of, .. }
        | ast::People::Exactly { of, .. } => of.as_slice(),
        ast::People::Some { of: None, .. } => &[],
    };
    let tested =
        (0..terms.len()).filter(|at| terms.get(*at).is_some_and(|one| !one.matching.is_empty()));
    let each = tested.take(MOST_TERMS).map(Some);
    each.chain([None]).map(|only| {
        let mut people = people.clone();
        if let ast::People::Some { of: Some(of), .. }
        | ast::People::Every { of, .. }
        | ast::People::Exactly { of, .. } = &mut people
        {
            let of = of.iter_mut().enumerate();
            let meant = of.filter(|(at, _)| only.is_none_or(|only| only == *at));
            meant.for_each(|(_, term)| term.matching.clear());
        }
        people
    })
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
        let new = terms(apps, set.span);
        let is_known = |new: &ast::Term| match &new.what {
            TermKind::Name(name) => set.except.iter().any(|own| is_named(own, &[&name.text])),
            TermKind::Word(_) | TermKind::Id(_) => false,
        };
        let new: Vec<ast::Term> = new.filter(|term| !is_known(term)).collect();
        set.except.extend(new);
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
