//! Policies and rules in numbers, with endpoint sets over views of classes.
//!
//! Takes in a model and its classes, gives out a [`PolicyIr`] for each policy and a [`RuleIr`] for each
//! rule. A class has two *views*, unmanaged and managed. Sets hold views, so that nothing here depends on
//! who the user is and which policies apply.

#![allow(
    clippy::indexing_slicing,
    reason = "policies, rules and sets are numbered by the model that these lists belong to"
)]

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use super::classes::EndpointClasses;
use super::range::Range32;
#[cfg(feature = "compile")]
use super::sets::SetBuilder;
use super::sets::Sets;
use crate::dd::{Cond, Manager};
use crate::limits::{LimitExceeded, index};
use crate::model::{AppId, PolicyId, RuleId};
#[cfg(feature = "compile")]
use crate::model::{Model, People, Rule};
use crate::vocabulary::{
    Channel, Channels, DeviceState, DeviceStates, Effect, Obligations, Platform, Platforms,
    RuleEffect, Side,
};

/// The head and the default of a policy.
#[derive(Debug, Clone)]
pub(crate) struct PolicyIr {
    /// The users it is for.
    pub(crate) people: Cond,
    pub(crate) platforms: Platforms,
    pub(crate) devices: DeviceStates,
    /// Whether it is report-only.
    pub(crate) report_only: bool,
    /// Whether it is unknown which of its apps it protects.
    pub(crate) unconfirmed: bool,
    /// The default effect on the source's side: the effect if no rule matches.
    pub(crate) otherwise: Effect,
    /// The apps it protects, ordered by app.
    pub(crate) protects: Range32,
    /// The live policies that it yields to.
    pub(crate) yields_to: Range32,
    pub(crate) rules: Range32,
}

/// A rule.
#[derive(Debug, Clone)]
pub(crate) struct RuleIr {
    pub(crate) policy: PolicyId,
    pub(crate) effect: RuleEffect,
    pub(crate) channels: Channels,
    pub(crate) platforms: Platforms,
    pub(crate) devices: DeviceStates,
    /// The users it is for.
    pub(crate) people: Cond,
    pub(crate) obligations: Obligations,
    pub(crate) app_wide: bool,
    /// The sets of sources and of targets.
    pub(crate) sets: [Option<u32>; 2],
}

/// The traits of an app.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AppIr {
    pub(crate) sdk: bool,
    pub(crate) multi_identity: bool,
    pub(crate) on_premises: bool,
    pub(crate) platforms: Platforms,
}

/// The policies of a model.
#[derive(Debug, Clone)]
pub(crate) struct Ir {
    pub(crate) policies: Vec<PolicyIr>,
    pub(crate) rules: Vec<RuleIr>,
    /// Every policy behind those that it yields to.
    pub(crate) order: Vec<PolicyId>,
    /// The lists of all policies: protected apps, policies yielded to, rules.
    pub(crate) protected: Vec<(AppId, Platforms)>,
    pub(crate) yielded_to: Vec<PolicyId>,
    pub(crate) rule_ids: Vec<RuleId>,
    pub(crate) apps: Vec<AppIr>,
    /// By app: its protection class; no head tells apps of one such class apart.
    pub(crate) protection: Vec<u32>,
    /// By protection class: one app of it.
    pub(crate) examples: Vec<AppId>,
    /// The sets of sources and of targets.
    pub(crate) sets: [Sets; 2],
}

#[cfg(feature = "compile")]
/// Turns a `for` clause into a condition.
pub(crate) type ClauseOf<'f> = dyn Fn(&mut Manager, &People) -> Result<Cond, LimitExceeded> + 'f;

impl Ir {
    #[cfg(feature = "compile")]
    /// Numbers a model. With `what_if`, that report-only policy counts as live. `extra` are rules that
    /// no policy has.
    pub(crate) fn new(
        model: &Model,
        what_if: Option<PolicyId>,
        extra: &[Rule],
        classes: [&EndpointClasses; 2],
        manager: &mut Manager,
        clause: &ClauseOf<'_>,
    ) -> Result<Self, LimitExceeded> {
        let mut ir = Self {
            policies: Vec::new(),
            rules: Vec::new(),
            order: Vec::new(),
            protected: Vec::new(),
            yielded_to: Vec::new(),
            rule_ids: Vec::new(),
            apps: model.apps().iter().map(AppIr::new).collect(),
            protection: Vec::new(),
            examples: Vec::new(),
            sets: [Sets::default(), Sets::default()],
        };
        ir.add_policies(model, what_if, manager, clause)?;
        ir.add_rules(model, extra, classes, manager, clause)?;
        ir.order = ir.topological_order();
        ir.classify_protection()?;
        Ok(ir)
    }

    #[cfg(feature = "compile")]
    fn add_policies(
        &mut self,
        model: &Model,
        what_if: Option<PolicyId>,
        manager: &mut Manager,
        clause: &ClauseOf<'_>,
    ) -> Result<(), LimitExceeded> {
        // Many policies protect the same apps.
        let mut known: HashMap<&[(AppId, Platforms)], Range32, FxBuildHasher> = HashMap::default();
        // And many yield to any.
        let mut yields: HashMap<Vec<PolicyId>, Range32, FxBuildHasher> = HashMap::default();
        for id in model.policy_ids() {
            let policy = model.policy(id);
            let protects = match known.get(policy.protect.as_slice()) {
                Some(known) => *known,
                None => Range32::append(&mut self.protected, policy.protect.iter().copied())?,
            };
            known.insert(&policy.protect, protects);
            let others = model.yielded_to(id);
            let yields_to = match yields.get(&others) {
                Some(known) => *known,
                None => Range32::append(&mut self.yielded_to, others.iter().copied())?,
            };
            yields.insert(others, yields_to);
            self.policies.push(PolicyIr {
                people: clause(manager, &policy.people)?,
                platforms: policy.platforms,
                devices: policy.devices,
                report_only: policy.report_only && what_if != Some(id),
                unconfirmed: policy.unconfirmed.is_some(),
                otherwise: policy.otherwise,
                protects,
                yields_to,
                rules: Range32::append(&mut self.rule_ids, policy.rules.iter().copied())?,
            });
        }
        Ok(())
    }

    #[cfg(feature = "compile")]
    fn add_rules(
        &mut self,
        model: &Model,
        extra: &[Rule],
        classes: [&EndpointClasses; 2],
        manager: &mut Manager,
        clause: &ClauseOf<'_>,
    ) -> Result<(), LimitExceeded> {
        let mut builders = classes.map(|classes| SetBuilder::new(model, classes));
        for rule in model.rules().iter().chain(extra) {
            let mut sets = [None, None];
            for side in [Side::Source, Side::Target] {
                if let Some(set) = rule.scope.side(side) {
                    sets[side as usize] = Some(builders[side as usize].number(set)?);
                }
            }
            self.rules.push(RuleIr {
                policy: rule.policy,
                effect: rule.effect,
                channels: rule.scope.channels,
                platforms: rule.scope.platforms,
                devices: rule.scope.devices,
                people: match &rule.scope.people {
                    Some(people) => clause(manager, people)?,
                    None => Cond::TRUE,
                },
                obligations: rule.obligations,
                app_wide: rule.app_wide,
                sets,
            });
        }
        self.sets = builders.map(SetBuilder::finish);
        Ok(())
    }

    // ------------------------------------------------------------ policies and rules by id

    pub(crate) fn policy(&self, id: PolicyId) -> &PolicyIr {
        &self.policies[id.index()]
    }

    pub(crate) fn rule(&self, id: RuleId) -> &RuleIr {
        &self.rules[id.index()]
    }

    /// The apps that a policy protects, ordered by app.
    pub(crate) fn protected(&self, policy: &PolicyIr) -> &[(AppId, Platforms)] {
        policy.protects.of(&self.protected)
    }

    /// The live policies that a policy yields to.
    pub(crate) fn yields_to(&self, policy: &PolicyIr) -> &[PolicyId] {
        policy.yields_to.of(&self.yielded_to)
    }

    /// The rules of a policy.
    pub(crate) fn rules_of(&self, policy: &PolicyIr) -> &[RuleId] {
        policy.rules.of(&self.rule_ids)
    }

    /// The effect of a policy on one side where no rule matches: that of `otherwise` for a source, allow
    /// for a target.
    pub(crate) fn default_effect(&self, policy: PolicyId, side: Side) -> Effect {
        match side {
            Side::Source => self.policy(policy).otherwise,
            Side::Target => Effect::Allow,
        }
    }

    /// Whether the set of a rule holds a view on a platform.
    pub(crate) fn holds(&self, rule: &RuleIr, side: Side, platform: Platform, view: usize) -> bool {
        let sets = &self.sets[side as usize];
        rule.sets[side as usize].is_none_or(|set| sets.holds(set, platform, view))
    }

    // ------------------------------------------------------------ protection

    /// The protection class of an app.
    pub(crate) fn protection(&self, app: AppId) -> usize {
        self.protection[app.index()] as usize
    }

    /// The policies whose `protect`, `on` and `devices` clauses hold for an app on a device, in topological
    /// order.
    pub(crate) fn protecting(
        &self,
        app: AppId,
        platform: Platform,
        state: DeviceState,
    ) -> impl Iterator<Item = PolicyId> + '_ {
        let traits = self.apps[app.index()];
        let exists = traits.platforms.contains(platform)
            && !(traits.on_premises && state == DeviceState::Configmgr);
        let order = if exists { self.order.as_slice() } else { &[] };
        order.iter().copied().filter(move |id| {
            let policy = self.policy(*id);
            policy.platforms.contains(platform)
                && policy.devices.contains(state)
                && self.protected_on(policy, app).is_some_and(|on| on.contains(platform))
        })
    }

    /// The platforms on which a policy protects an app.
    fn protected_on(&self, policy: &PolicyIr, app: AppId) -> Option<Platforms> {
        let protected = self.protected(policy);
        let found = protected.binary_search_by_key(&app, |(one, _)| *one);
        found.ok().map(|at| protected[at].1)
    }

    /// The number of tests of its head that a policy passes for an app on a device. Tests come in the order
    /// `for`, `protect`, `on`, `devices`; `for` is taken to pass under some answer of the filters.
    pub(crate) fn tests_passed(
        &self,
        id: PolicyId,
        app: AppId,
        platform: Platform,
        state: DeviceState,
    ) -> u32 {
        let policy = self.policy(id);
        match self.protected_on(policy, app) {
            None => 1,
            Some(on) if !(policy.platforms.contains(platform) && on.contains(platform)) => 2,
            Some(_) if !policy.devices.contains(state) => 3,
            Some(_) => 4,
        }
    }

    // ------------------------------------------------------------ building

    #[cfg(feature = "compile")]
    /// An order in which each policy stands behind those that it yields to. The checker refuses circles,
    /// so that every round places a policy.
    fn topological_order(&self) -> Vec<PolicyId> {
        let mut left: Vec<PolicyId> = (0..self.policies.len()).map(PolicyId::new).collect();
        let mut placed = vec![false; left.len()];
        let mut order = Vec::with_capacity(left.len());
        while !left.is_empty() {
            let is_ready = |id: &PolicyId| {
                self.yields_to(self.policy(*id)).iter().all(|one| placed[one.index()])
            };
            let (ready, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(is_ready);
            ready.iter().for_each(|id| placed[id.index()] = true);
            left = if ready.is_empty() { Vec::new() } else { rest };
            order.extend(ready);
        }
        order
    }

    #[cfg(feature = "compile")]
    /// Groups the apps that every policy protects alike.
    fn classify_protection(&mut self) -> Result<(), LimitExceeded> {
        let mut lists: Vec<Vec<(PolicyId, Platforms)>> = vec![Vec::new(); self.apps.len()];
        for (id, policy) in self.policies.iter().enumerate() {
            for (app, on) in self.protected(policy) {
                lists[app.index()].push((PolicyId::new(id), *on));
            }
        }
        let mut known = HashMap::new();
        for (app, (list, traits)) in lists.into_iter().zip(&self.apps).enumerate() {
            let next = index(self.examples.len())?;
            let class = *known.entry((list, traits.platforms, traits.on_premises)).or_insert(next);
            if class == next {
                self.examples.push(AppId::new(app));
            }
            self.protection.push(class);
        }
        Ok(())
    }

    /// The limits on characters that rules set, the smallest first.
    pub(crate) fn character_limits(&self) -> Vec<u32> {
        let limits = self.rules.iter().filter_map(|rule| rule.obligations.characters);
        let limits: BTreeSet<u32> = limits.collect();
        limits.into_iter().collect()
    }

    /// The bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(self.policies.as_slice())
            + size_of_val(self.rules.as_slice())
            + size_of_val(self.order.as_slice())
            + size_of_val(self.protected.as_slice())
            + size_of_val(self.yielded_to.as_slice())
            + size_of_val(self.rule_ids.as_slice())
            + size_of_val(self.apps.as_slice())
            + size_of_val(self.protection.as_slice())
            + size_of_val(self.examples.as_slice())
            + self.sets.iter().map(Sets::heap_bytes).sum::<usize>()
    }
}

#[cfg(feature = "compile")]
impl AppIr {
    fn new(app: &crate::model::App) -> Self {
        Self {
            sdk: app.sdk,
            multi_identity: app.multi_identity,
            on_premises: app.on_premises,
            platforms: app.platforms,
        }
    }
}

impl RuleIr {
    /// Whether the rule can match on a channel and a device, for some endpoints and users.
    pub(crate) fn is_for(&self, channel: Channel, platform: Platform, state: DeviceState) -> bool {
        self.channels.contains(channel)
            && self.platforms.contains(platform)
            && self.devices.contains(state)
    }
}
