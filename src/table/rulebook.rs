//! Policies and rules in numbers: what is left of a model once its sets are closed over classes.
//!
//! Takes in a model and its classes, gives out heads and rules. How an app is seen in a context (under
//! which account, managed or not) is one of its *forms*; a set holds forms, so that nothing here
//! depends on contexts.

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use super::classes::Classes;
use super::groups::Groups;
use super::sets::{Collector, Sets};
use crate::diagram::{Diagram, Diagrams};
use crate::model::{AppId, Model, PolicyId, Rule, RuleId, Yields};
use crate::vocabulary::{
    Channel, Channels, DeviceState, DeviceStates, Effect, Obligations, Platform, Platforms,
    RuleEffect, Side,
};

/// The number of a form: two for each class.
pub(super) fn form(class: usize, managed: bool) -> usize {
    class * 2 + usize::from(managed)
}

/// Where some neighbours in a list stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Stretch {
    pub(super) start: u32,
    pub(super) length: u32,
}

impl Stretch {
    /// Adds some to the end of a list.
    pub(super) fn add<T>(list: &mut Vec<T>, some: impl IntoIterator<Item = T>) -> Self {
        let number = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
        let start = list.len();
        list.extend(some);
        Self { start: number(start), length: number(list.len() - start) }
    }

    /// Those that stand here.
    pub(super) fn of<T>(self, list: &[T]) -> &[T] {
        &list[self.start as usize..][..self.length as usize]
    }
}

/// What decides where a policy applies, and what it says where no rule does.
#[derive(Debug, Clone)]
pub(super) struct Head {
    /// For whom it is.
    pub(super) people: Diagram,
    pub(super) platforms: Platforms,
    pub(super) devices: DeviceStates,
    /// Whether it only reports.
    pub(super) reports: bool,
    pub(super) otherwise: Effect,
    /// What it protects, ordered by app.
    pub(super) protected: Stretch,
    /// The live policies that it yields to.
    pub(super) above: Stretch,
    pub(super) rules: Stretch,
}

/// A rule.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) policy: PolicyId,
    pub(super) effect: RuleEffect,
    pub(super) channels: Channels,
    pub(super) platforms: Platforms,
    pub(super) devices: DeviceStates,
    /// For whom it is.
    pub(super) people: Diagram,
    pub(super) obligations: Obligations,
    pub(super) app_wide: bool,
    /// The sets of sources and of targets, by number.
    pub(super) sets: [Option<u32>; 2],
}

/// What must be known of an app.
#[derive(Debug, Clone, Copy)]
pub(super) struct Traits {
    pub(super) sdk: bool,
    pub(super) multi_identity: bool,
    pub(super) on_premises: bool,
    pub(super) platforms: Platforms,
}

/// The policies of a model, those that others yield to first in `order`.
#[derive(Debug, Clone)]
pub(super) struct Rulebook {
    pub(super) heads: Vec<Head>,
    pub(super) lines: Vec<Line>,
    pub(super) order: Vec<PolicyId>,
    /// What policies protect, each list once; whom they yield to and which rules they have.
    pub(super) protected: Vec<(AppId, Platforms)>,
    pub(super) above: Vec<PolicyId>,
    pub(super) rules: Vec<RuleId>,
    pub(super) apps: Vec<Traits>,
    /// By app: its kind of protection; of apps of one kind every policy says the same in its head.
    pub(super) protection: Vec<u32>,
    /// One app of each kind of protection.
    pub(super) examples: Vec<AppId>,
    /// The sets of sources and of targets that rules name.
    pub(super) sets: [Sets; 2],
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
        let (mut protected, mut aboves, mut rules) = (Vec::new(), Vec::new(), Vec::new());
        // Many policies protect the same apps.
        let mut known: HashMap<&[(AppId, Platforms)], Stretch, FxBuildHasher> = HashMap::default();
        let heads = model.policy_ids().map(|id| {
            let policy = model.policy(id);
            Head {
                people: groups.clause(diagrams, &policy.people),
                platforms: policy.platforms,
                devices: policy.devices,
                reports: policy.report_only && guest != Some(id),
                otherwise: policy.otherwise,
                protected: *known.entry(&policy.protect).or_insert_with(|| {
                    Stretch::add(&mut protected, policy.protect.iter().copied())
                }),
                above: Stretch::add(&mut aboves, above(model, id)),
                rules: Stretch::add(&mut rules, policy.rules.iter().copied()),
            }
        });
        let heads: Vec<_> = heads.collect();
        let mut sets = classes.map(|classes| Collector::new(model, classes));
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
                .map(|side| Some(sets[side as usize].number(rule.scope.side(side)?))),
        });
        let lines = lines.collect();
        let apps = model.apps().iter().map(|app| Traits {
            sdk: app.sdk,
            multi_identity: app.multi_identity,
            on_premises: app.on_premises,
            platforms: app.platforms,
        });
        let apps: Vec<_> = apps.collect();
        let sets = sets.map(Collector::finish);
        let mut book = Self {
            heads,
            lines,
            order: Vec::new(),
            protected,
            above: aboves,
            rules,
            apps,
            protection: Vec::new(),
            examples: Vec::new(),
            sets,
        };
        book.order = book.in_order();
        book.classify_protection();
        book
    }

    /// What a policy protects, ordered by app.
    pub(super) fn protected(&self, head: &Head) -> &[(AppId, Platforms)] {
        head.protected.of(&self.protected)
    }

    /// The live policies that a policy yields to.
    pub(super) fn above(&self, head: &Head) -> &[PolicyId] {
        head.above.of(&self.above)
    }

    /// The rules of a policy.
    pub(super) fn rules(&self, head: &Head) -> &[RuleId] {
        head.rules.of(&self.rules)
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

    /// Whether a rule names an end of some form on a platform.
    pub(super) fn holds(&self, line: &Line, side: Side, platform: Platform, form: usize) -> bool {
        let sets = &self.sets[side as usize];
        line.sets[side as usize].is_none_or(|set| sets.holds(set, platform, form))
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
                let protected = self.protected(head);
                let found = protected.binary_search_by_key(&app, |(one, _)| *one);
                found.is_ok_and(|at| protected[at].1.contains(platform))
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
        let protected = self.protected(head);
        match protected.binary_search_by_key(&app, |(one, _)| *one) {
            Err(_) => 1,
            Ok(at)
                if !(head.platforms.contains(platform) && protected[at].1.contains(platform)) =>
            {
                2
            }
            Ok(_) if !head.devices.contains(state) => 3,
            Ok(_) => 4,
        }
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

impl Rulebook {
    /// An order in which each policy comes behind those that it yields to.
    fn in_order(&self) -> Vec<PolicyId> {
        let mut left: Vec<PolicyId> = (0..self.heads.len()).map(PolicyId::new).collect();
        let mut placed = vec![false; left.len()];
        let mut order = Vec::with_capacity(left.len());
        // The checker refuses circles, so every round places at least one policy.
        while !left.is_empty() {
            let is_ready =
                |id: &PolicyId| self.above(self.head(*id)).iter().all(|one| placed[one.index()]);
            let (ready, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(is_ready);
            ready.iter().for_each(|id| placed[id.index()] = true);
            left = if ready.is_empty() { Vec::new() } else { rest };
            order.extend(ready);
        }
        order
    }

    /// Finds the apps that every policy protects alike, and one of each kind.
    fn classify_protection(&mut self) {
        let mut lists: Vec<Vec<(PolicyId, Platforms)>> = vec![Vec::new(); self.apps.len()];
        for (id, head) in self.heads.iter().enumerate() {
            for (app, on) in self.protected(head) {
                lists[app.index()].push((PolicyId::new(id), *on));
            }
        }
        let mut known = HashMap::new();
        for (app, (list, traits)) in lists.into_iter().zip(&self.apps).enumerate() {
            let key = (list, traits.platforms, traits.on_premises);
            let number = *known.entry(key).or_insert_with(|| {
                self.examples.push(AppId::new(app));
                u32::try_from(self.examples.len() - 1).unwrap_or(u32::MAX)
            });
            self.protection.push(number);
        }
    }

    /// The limits on characters that rules set, the smallest first.
    pub(super) fn limits(&self) -> Vec<u32> {
        let limits = self.lines.iter().filter_map(|line| line.obligations.characters);
        let limits: BTreeSet<u32> = limits.collect();
        limits.into_iter().collect()
    }

    /// The bytes that policies and rules take.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(self.heads.as_slice())
            + size_of_val(self.lines.as_slice())
            + size_of_val(self.order.as_slice())
            + size_of_val(self.protected.as_slice())
            + size_of_val(self.above.as_slice())
            + size_of_val(self.rules.as_slice())
            + size_of_val(self.apps.as_slice())
            + size_of_val(self.protection.as_slice())
            + size_of_val(self.examples.as_slice())
            + self.sets.iter().map(Sets::heap_bytes).sum::<usize>()
    }
}
