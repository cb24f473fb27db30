//! Policies of two sets side by side: which of one stands for which of the other.
//!
//! Takes in two checked sets, gives out pairs of policies: first those of one id in the tenant, then those of one name, then
//! those of one title, then those whose statements are most alike. What they decide is not known here.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::compiler::Checked;
use crate::model::{AppId, Model, Policy, PolicyId};
use crate::syntax::ast::{Item, ItemKind, StatementKind};
use crate::syntax::print;
use crate::vocabulary::{Platform, Platforms};

/// The policies of two sets side by side, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyPairs {
    /// A policy of the first set, and the one of the second that stands for it.
    pub pairs: Vec<[String; 2]>,
    /// By set: the policies for which none stands.
    pub unpaired: [Vec<String>; 2],
}

/// The least likeness, in hundredths, of policies with other names and titles.
const LIKENESS: usize = 20;

/// The policies of two sets side by side. Sets with errors have none.
///
/// ```
/// let set = |name: &str, more: &str| mam::Compiler::new().check("a.mam", &format!(
///     "mam 1\nusers staff\napp notes {{ sdk }}\n\
///      policy {name} {{ for staff  protect notes  otherwise allow  block print {more} }}"));
/// let pairs = mam::analysis::pair_policies(&set("base", ""), &set("ours", "block backup"));
/// assert_eq!(pairs.pairs, [["base", "ours"]]);
/// ```
#[must_use]
pub fn pair_policies(before: &Checked, after: &Checked) -> PolicyPairs {
    let [mut old, mut new] = [before, after].map(portraits);
    let mut pairs = Vec::new();
    type Alike = fn(&Portrait, &Portrait) -> bool;
    let same: [Alike; 4] = [
        |one, other| one.id.is_some() && one.id == other.id,
        // Of several with one title, those that say the same.
        |one, other| one.has_title_of(other) && one.statements == other.statements,
        |one, other| one.name == other.name,
        Portrait::has_title_of,
    ];
    for is_same in same {
        old.retain(|one| {
            let at = new.iter().position(|other| one.shares_platform(other) && is_same(one, other));
            let Some(at) = at else { return true };
            pairs.push([one.name.clone(), new.remove(at).name]);
            false
        });
    }
    pairs.extend(most_alike(&mut old, &mut new));
    pairs.sort();
    PolicyPairs {
        pairs,
        unpaired: [old, new].map(|left| left.into_iter().map(|one| one.name).collect()),
    }
}

/// Both sets, in which each policy whose apps only one of them knows protects those of its apps that its counterpart
/// protects in the other one, with the names of these policies by set. Apps that the other one declares are declared in
/// both; those that no declaration has are left out of both.
#[must_use]
pub fn with_confirmed_apps(sets: [&Checked; 2]) -> ([Checked; 2], [Vec<String>; 2]) {
    let (mut of_old, mut of_new) = (Vec::new(), Vec::new());
    let [before, after] = sets;
    let pairs = pair_policies(before, after).pairs;
    let is_pair = |before: &str, after: &str| pairs.iter().any(|pair| *pair == [before, after]);
    let before = &with_apps_of(before, after, &is_pair);
    let after = &with_apps_of(after, before, &|one, other| is_pair(other, one));
    let (Some(old), Some(new)) = (before.model(), after.model()) else {
        return ([before.clone(), after.clone()], [of_old, of_new]);
    };
    let (mut old, mut new) = (old.clone(), new.clone());
    for [name, counterpart] in pairs {
        let found = policy_named(&old, &name).zip(policy_named(&new, &counterpart));
        let Some((one, other)) = found else { continue };
        let is_known = |policy: &Policy| policy.unconfirmed.is_none();
        match (is_known(old.policy(one)), is_known(new.policy(other))) {
            (false, true) => {
                confirm((&mut old, one), (&mut new, other));
                of_old.push(name);
            }
            (true, false) => {
                confirm((&mut new, other), (&mut old, one));
                of_new.push(counterpart);
            }
            _ => {}
        }
    }
    ([before.with_model(old), after.with_model(new)], [of_old, of_new])
}

/// A set with the declarations of apps that it lacks and that a policy of another set protects, where its own one of a pair
/// does not know its apps.
fn with_apps_of(own: &Checked, other: &Checked, is_pair: &dyn Fn(&str, &str) -> bool) -> Checked {
    let (Some(model), Some(others)) = (own.model(), other.model()) else { return own.clone() };
    let mut missing = BTreeSet::new();
    for unknown in model.policies().iter().filter(|one| one.unconfirmed.is_some()) {
        let is_known =
            |known: &&Policy| known.unconfirmed.is_none() && is_pair(&unknown.name, &known.name);
        let apps = others.policies().iter().filter(is_known).flat_map(|known| &known.protect);
        let apps = apps.map(|(app, _)| &*others.app(*app).name);
        missing.extend(apps.filter(|app| model.directory().app_named(app).is_none()));
    }
    let items = other.files().iter().flat_map(|file| &file.items);
    let is_missing = |item: &&Item| matches!(&item.kind, ItemKind::App(app) if missing.contains(&*app.name.text));
    let items: Vec<Item> = items.filter(is_missing).cloned().collect();
    match items.is_empty() {
        true => own.clone(),
        false => own.with_declarations(items).unwrap_or_else(|| own.clone()),
    }
}

fn policy_named(model: &Model, name: &str) -> Option<PolicyId> {
    model.policy_ids().find(|id| model.policy(*id).name == name)
}

/// Lets a policy whose apps are unknown protect those of its apps that its counterpart protects, and the counterpart no
/// apps that the other model does not have. Apps are the same by an id, or else by their name.
fn confirm((unknown, id): (&mut Model, PolicyId), (known, other): (&mut Model, PolicyId)) {
    let ids = known.directory().every_id().into_iter();
    let with_id = |(platform, id): (Option<Platform>, &str)| {
        let [one, other] =
            [&*known, &*unknown].map(|model| model.directory().app_with_id(platform?, id));
        one.zip(other)
    };
    let by_id: BTreeMap<AppId, AppId> = ids.filter_map(with_id).collect();
    let counterpart = |app: AppId| {
        let named = || unknown.directory().app_named(&known.app(app).name);
        by_id.get(&app).copied().or_else(named)
    };
    let may_be = &unknown.policy(id).protect;
    let (mut own, mut others) = (Vec::new(), Vec::new());
    for (app, on) in &known.policy(other).protect {
        let Some(same) = counterpart(*app) else { continue };
        others.push((*app, *on));
        own.extend(may_be.iter().any(|(one, _)| *one == same).then_some((same, *on)));
    }
    own.sort_unstable();
    let policy = unknown.policy_mut(id);
    (policy.protect, policy.unconfirmed) = (own, None);
    known.policy_mut(other).protect = others;
}

/// The pairs of portraits that are alike, which are taken out: the most alike first.
fn most_alike(old: &mut Vec<Portrait>, new: &mut Vec<Portrait>) -> Vec<[String; 2]> {
    let likeness = |one: &Portrait, other: &Portrait| {
        let likeness = one.likeness(other);
        (likeness >= LIKENESS).then_some((Reverse(likeness), ()))
    };
    let pairs = best_pairs(old, new, likeness).into_iter();
    pairs.map(|(one, other, ())| [one.name, other.name]).collect()
}

/// The pairs of two lists, which are taken out: that of the lowest rank first; of several that of the first members. Each
/// pair has what its comparison gave beside the rank; `None` keeps two members apart.
pub(crate) fn best_pairs<A, B, R: Ord, T>(
    old: &mut Vec<A>,
    new: &mut Vec<B>,
    compare: impl Fn(&A, &B) -> Option<(R, T)>,
) -> Vec<(A, B, T)> {
    let mut all = Vec::new();
    for (at, one) in old.iter().enumerate() {
        for (other_at, other) in new.iter().enumerate() {
            all.extend(compare(one, other).map(|(rank, found)| (rank, at, other_at, found)));
        }
    }
    all.sort_by(|a, b| (&a.0, a.1, a.2).cmp(&(&b.0, b.1, b.2)));
    let mut left: Vec<Option<A>> = old.drain(..).map(Some).collect();
    let mut other_left: Vec<Option<B>> = new.drain(..).map(Some).collect();
    let mut pairs = Vec::new();
    for (_, at, other_at, found) in all {
        if let (Some(one), Some(other)) = (left.get_mut(at), other_left.get_mut(other_at))
            && one.is_some()
            && let Some(other) = other.take()
            && let Some(one) = one.take()
        {
            pairs.push((one, other, found));
        }
    }
    old.extend(left.into_iter().flatten());
    new.extend(other_left.into_iter().flatten());
    pairs
}

/// The id, name, title, platforms and statements of a policy, by which another one is found.
struct Portrait {
    /// The id that its export states.
    id: Option<String>,
    name: String,
    title: Option<String>,
    platforms: Platforms,
    /// Its statements as texts, without those about people.
    statements: BTreeSet<String>,
}

impl Portrait {
    fn has_title_of(&self, other: &Self) -> bool {
        self.title.is_some() && self.title == other.title
    }

    fn shares_platform(&self, other: &Self) -> bool {
        !self.platforms.and(other.platforms).is_empty()
    }

    /// How many of all statements both have, in hundredths; 0 on different platforms.
    fn likeness(&self, other: &Self) -> usize {
        if !self.shares_platform(other) {
            return 0;
        }
        let common = self.statements.intersection(&other.statements).count();
        let all = self.statements.union(&other.statements).count();
        (common * 100).checked_div(all).unwrap_or(0)
    }
}

fn portraits(checked: &Checked) -> Vec<Portrait> {
    let policies = checked.model().map(Model::policies).unwrap_or_default();
    #[cfg(feature = "intune")]
    let ids = crate::intune::policy_ids(checked);
    #[cfg(not(feature = "intune"))]
    let ids = std::collections::BTreeMap::<String, String>::new();
    policies.iter().map(|policy| portrait(checked, policy, ids.get(&policy.name))).collect()
}

fn portrait(checked: &Checked, policy: &Policy, id: Option<&String>) -> Portrait {
    let items = checked.files().iter().flat_map(|file| &file.items);
    let body = items.filter_map(|item| match &item.kind {
        ItemKind::Policy(one) if one.name.text == policy.name => Some(&one.body),
        _ => None,
    });
    let kinds = body.flatten().map(|statement| &statement.kind);
    let kinds = kinds.filter(|kind| !matches!(kind, StatementKind::For(_)));
    Portrait {
        id: id.cloned(),
        name: policy.name.clone(),
        title: policy.title.clone(),
        platforms: policy.platforms,
        statements: kinds.map(print::statement).collect(),
    }
}
