//! Policies and rules in numbers: what is left of a model once its sets are closed over classes.
//!
//! Takes in a model and its classes, gives out heads and rules whose sets are bits. How an app is seen
//! in a context (under which account, managed or not) is one of its *forms*; a set holds forms, so that
//! nothing here depends on contexts.

use std::collections::HashMap;
use std::sync::Arc;

use super::classes::{ClassKey, Classes, term_holds};
use super::groups::Groups;
use crate::bits::Bits;
use crate::diagram::{Diagram, Diagrams};
use crate::model::{AppId, EndpointSet, Model, PolicyId, Rule, RuleId, Term, Yields};
use crate::movement::Endpoint;
use crate::vocabulary::{
    Account, Channel, Channels, DeviceState, DeviceStates, Effect, Obligations, Platform,
    Platforms, RuleEffect, Side,
};

/// The number of a form: two for each class.
pub(super) fn form(class: usize, managed: bool) -> usize {
    class * 2 + usize::from(managed)
}

/// What decides where a policy applies, and what it says where no rule does.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// For whom it is.
    pub(super) people: Diagram,
    platforms: Platforms,
    devices: DeviceStates,
    /// Ordered by app.
    protect: Vec<(AppId, Platforms)>,
    /// The live policies that it yields to.
    above: Vec<PolicyId>,
    /// Whether it only reports.
    pub(super) reports: bool,
    pub(super) otherwise: Effect,
    pub(super) rules: Vec<RuleId>,
}

/// A rule.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) policy: PolicyId,
    pub(super) effect: RuleEffect,
    channels: Channels,
    platforms: Platforms,
    devices: DeviceStates,
    /// For whom it is.
    pub(super) people: Diagram,
    pub(super) obligations: Obligations,
    pub(super) app_wide: bool,
    /// The sets of sources and of targets, by number.
    sets: [Option<u32>; 2],
}

/// What must be known of an app.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    pub(super) sdk: bool,
    pub(super) multi_identity: bool,
    on_premises: bool,
    pub(super) platforms: Platforms,
}

/// The policies of a model, those that others yield to first in `order`.
#[derive(Debug, Clone)]
pub(super) struct Rulebook {
    pub(super) heads: Vec<Head>,
    pub(super) lines: Vec<Line>,
    order: Vec<PolicyId>,
    pub(super) apps: Vec<Traits>,
    /// By app: its kind of protection; of apps of one kind every policy says the same in its head.
    protection: Vec<u32>,
    /// One app of each kind of protection.
    examples: Vec<AppId>,
    /// The sets of sources and of targets: by number and platform the forms that they hold.
    sets: [Vec<Vec<Arc<Bits>>>; 2],
}

impl Rulebook {
    /// Numbers a model. With a `guest`, that policy, which only reports, is treated as if it were live.
    /// `extra` are rules that no policy has.
    pub(super) fn new(
        model: &Model,
        guest: Option<PolicyId>,
        extra: &[Rule],
        classes: [&Classes; 2],
        groups: &Groups,
        diagrams: &mut Diagrams,
    ) -> Self {
        let heads = model.policy_ids().map(|id| {
            let policy = model.policy(id);
            Head {
                people: groups.clause(diagrams, &policy.people),
                platforms: policy.platforms,
                devices: policy.devices,
                protect: policy.protect.clone(),
                above: above(model, id),
                reports: policy.report_only && guest != Some(id),
                otherwise: policy.otherwise,
                rules: policy.rules.clone(),
            }
        });
        let heads: Vec<_> = heads.collect();
        let mut found = Sets::new(model, classes);
        let lines = model.rules().iter().chain(extra).map(|rule| Line {
            policy: rule.policy,
            effect: rule.effect,
            channels: rule.scope.channels,
            platforms: rule.scope.platforms,
            devices: rule.scope.devices,
            people: match &rule.scope.people {
                Some(people) => groups.clause(diagrams, people),
                None => Diagram::TRUE,
            },
            obligations: rule.obligations,
            app_wide: rule.app_wide,
            sets: [Side::Source, Side::Target]
                .map(|side| found.number(side, rule.scope.side(side))),
        });
        let lines = lines.collect();
        let apps = model.apps().iter().map(|app| Traits {
            sdk: app.sdk,
            multi_identity: app.multi_identity,
            on_premises: app.on_premises,
            platforms: app.platforms,
        });
        let apps: Vec<_> = apps.collect();
        let (protection, examples) = protection(&apps, &heads);
        Self { order: order(&heads), heads, lines, apps, protection, examples, sets: found.held }
    }

    /// The kind of protection of an app.
    pub(super) fn protection(&self, app: AppId) -> usize {
        self.protection[app.index()] as usize
    }

    /// One app of each kind of protection.
    pub(super) fn protection_examples(&self) -> impl Iterator<Item = AppId> + '_ {
        self.examples.iter().copied()
    }

    pub(super) fn head(&self, id: PolicyId) -> &Head {
        &self.heads[id.index()]
    }

    pub(super) fn line(&self, id: RuleId) -> &Line {
        &self.lines[id.index()]
    }

    /// The forms that a rule's set holds on a platform; `None` for all.
    pub(super) fn held(&self, line: &Line, side: Side, platform: Platform) -> Option<&Bits> {
        let number = line.sets[side as usize]? as usize;
        Some(&self.sets[side as usize][number][platform.index()])
    }

    /// The policies that can apply to an app on a device, whoever uses it, those that others yield to
    /// first.
    pub(super) fn protecting(
        &self,
        app: AppId,
        platform: Platform,
        state: DeviceState,
    ) -> impl Iterator<Item = PolicyId> + '_ {
        let traits = self.apps[app.index()];
        let exists = traits.platforms.contains(platform)
            && !(traits.on_premises && state == DeviceState::Configmgr);
        self.order.iter().copied().filter(move |id| {
            let head = self.head(*id);
            let protects = |head: &Head| {
                let found = head.protect.binary_search_by_key(&app, |(one, _)| *one);
                found.is_ok_and(|at| head.protect[at].1.contains(platform))
            };
            exists
                && head.platforms.contains(platform)
                && head.devices.contains(state)
                && protects(head)
        })
    }

    /// How far a policy for a user gets in applying to an app: the number of tests of its head that it
    /// passes, `for` being the first.
    pub(super) fn tests_passed(
        &self,
        id: PolicyId,
        app: AppId,
        platform: Platform,
        state: DeviceState,
    ) -> u32 {
        let head = self.head(id);
        let protected = head.protect.binary_search_by_key(&app, |(one, _)| *one);
        match protected {
            Err(_) => 1,
            Ok(at)
                if !(head.platforms.contains(platform)
                    && head.protect[at].1.contains(platform)) =>
            {
                2
            }
            Ok(_) if !head.devices.contains(state) => 3,
            Ok(_) => 4,
        }
    }
}

impl Head {
    pub(super) fn above(&self) -> &[PolicyId] {
        &self.above
    }
}

impl Line {
    /// Whether the rule can match on a device and channel, whatever moves.
    pub(super) fn is_for(&self, channel: Channel, platform: Platform, state: DeviceState) -> bool {
        self.channels.contains(channel)
            && self.platforms.contains(platform)
            && self.devices.contains(state)
    }
}

/// The live policies that a policy yields to; one that only reports never counts.
fn above(model: &Model, id: PolicyId) -> Vec<PolicyId> {
    let counts = |id: &PolicyId| !model.policy(*id).report_only;
    match &model.policy(id).yields {
        Yields::No => Vec::new(),
        Yields::To(ids) => ids.iter().copied().filter(counts).collect(),
        Yields::Any => {
            let stays = |id: &PolicyId| model.policy(*id).yields != Yields::Any;
            model.policy_ids().filter(counts).filter(stays).collect()
        }
    }
}

/// An order in which each policy comes behind those that it yields to.
fn order(heads: &[Head]) -> Vec<PolicyId> {
    let mut left: Vec<PolicyId> = (0..heads.len()).map(PolicyId::new).collect();
    let mut placed = vec![false; left.len()];
    let mut order = Vec::with_capacity(left.len());
    // The checker refuses circles, so every round places at least one policy.
    while !left.is_empty() {
        let (ready, rest): (Vec<_>, Vec<_>) = left
            .into_iter()
            .partition(|id| heads[id.index()].above.iter().all(|other| placed[other.index()]));
        ready.iter().for_each(|id| placed[id.index()] = true);
        left = if ready.is_empty() { Vec::new() } else { rest };
        order.extend(ready);
    }
    order
}

/// Apps that every policy protects alike, with one of each kind.
fn protection(apps: &[Traits], heads: &[Head]) -> (Vec<u32>, Vec<AppId>) {
    let mut lists: Vec<Vec<(PolicyId, Platforms)>> = vec![Vec::new(); apps.len()];
    for (id, head) in heads.iter().enumerate() {
        for (app, on) in &head.protect {
            lists[app.index()].push((PolicyId::new(id), *on));
        }
    }
    let (mut known, mut examples) = (HashMap::new(), Vec::new());
    let numbers = lists.into_iter().zip(apps).enumerate().map(|(app, (list, traits))| {
        let key = (list, traits.platforms, traits.on_premises);
        *known.entry(key).or_insert_with(|| {
            examples.push(AppId::new(app));
            u32::try_from(examples.len() - 1).unwrap_or(u32::MAX)
        })
    });
    let numbers = numbers.collect();
    (numbers, examples)
}

// ---------------------------------------------------------------- sets

/// The distinct sets of rules while they are collected.
struct Sets<'m> {
    model: &'m Model,
    classes: [&'m Classes; 2],
    numbers: [HashMap<&'m EndpointSet, u32>; 2],
    terms: [HashMap<(Term, Platform), Arc<Bits>>; 2],
    held: [Vec<Vec<Arc<Bits>>>; 2],
}

impl<'m> Sets<'m> {
    fn new(model: &'m Model, classes: [&'m Classes; 2]) -> Self {
        Self {
            model,
            classes,
            numbers: Default::default(),
            terms: Default::default(),
            held: Default::default(),
        }
    }

    fn number(&mut self, side: Side, set: Option<&'m EndpointSet>) -> Option<u32> {
        let set = set?;
        if let Some(number) = self.numbers[side as usize].get(set) {
            return Some(*number);
        }
        let held = Platform::ALL.iter().map(|platform| Arc::new(self.set(side, set, *platform)));
        let held = held.collect();
        let list = &mut self.held[side as usize];
        list.push(held);
        let number = u32::try_from(list.len() - 1).unwrap_or(u32::MAX);
        self.numbers[side as usize].insert(set, number);
        Some(number)
    }

    fn set(&mut self, side: Side, set: &EndpointSet, platform: Platform) -> Bits {
        let mut held = Bits::new(self.classes[side as usize].len() * 2);
        for term in &set.terms {
            held.add_all(&self.term(side, *term, platform));
        }
        for term in &set.except {
            held.remove_all(&self.term(side, *term, platform));
        }
        held
    }

    fn term(&mut self, side: Side, term: Term, platform: Platform) -> Arc<Bits> {
        let (model, classes) = (self.model, self.classes[side as usize]);
        let known = self.terms[side as usize].entry((term, platform));
        Arc::clone(known.or_insert_with(|| Arc::new(forms_of(model, classes, &term, platform))))
    }
}

/// The forms that a term holds.
fn forms_of(model: &Model, classes: &Classes, term: &Term, platform: Platform) -> Bits {
    let mut held = Bits::new(classes.len() * 2);
    let mut add = |class: usize, end: Endpoint, managed: bool| {
        if term_holds(model, term, end, platform, managed) {
            held.insert(form(class, managed));
        }
    };
    for (class, key) in classes.others() {
        add(class, classes.example(key), false);
    }
    for (number, app) in classes.apps.iter().enumerate() {
        // Most terms name few apps: one look tells whether any form of this one can be held.
        let names_it = |managed| {
            let all =
                Term { deployed: false, accounts: crate::model::AccountReading::Every, ..*term };
            let end = Endpoint::App { app: *app, account: Account::Work, deployed: true };
            term_holds(model, &all, end, platform, managed)
        };
        for managed in [false, true].into_iter().filter(|managed| names_it(*managed)) {
            for account in Account::ALL {
                for deployed in [false, true] {
                    let class = classes.of_app(number, *account, deployed);
                    let key = classes.keys[class];
                    if matches!(key, ClassKey::App { deployed: one, .. } if one == deployed) {
                        let end = Endpoint::App { app: *app, account: *account, deployed };
                        add(class, end, managed);
                    }
                }
            }
        }
    }
    held
}
