//! Affected endpoints: those about which two models can decide differently.
//!
//! Takes in two aligned models, gives out for each endpoint and channel whether the policies that judge it, or
//! what is known of it, differ. Between two endpoints that are not affected every movement is decided alike;
//! so the cost of a comparison follows what differs.

#![allow(
    clippy::indexing_slicing,
    reason = "policies and endpoints are numbered by the alignment that these lists belong to"
)]

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use crate::analysis::engine::align::{AlignedEndpoint, Alignment};
use crate::limits::LimitExceeded;
use crate::model::{EndpointSet, Model, PolicyId, RuleId, Term, What};
use crate::movement::Endpoint;
use crate::table::{Combiner, Device, DeviceKind, LazyMatrices, Participant, Participants, RuleIr};
use crate::vocabulary::{Channel, Side};

/// A policy of the second model, and the one with its name in the first.
type Paired = (PolicyId, PolicyId);

/// The differences between two models that do not depend on devices.
pub(super) struct Differing {
    /// By policy of the first model: the one with its name in the second.
    paired: Vec<Option<PolicyId>>,
    /// The paired policies that are not equal in their default and all their rules.
    changed: Vec<Paired>,
    /// By pair of lists of participants: whether they are equal.
    equal: HashMap<[*const Participant; 2], bool, FxBuildHasher>,
}

/// The policies that judge one side of a channel otherwise.
pub(super) struct ChangedPolicies(Vec<PolicyId>);

impl Differing {
    pub(super) fn new(alignment: &Alignment<'_>, matrices: &[LazyMatrices; 2]) -> Self {
        let [old, new] = alignment.models;
        let by_name: BTreeMap<&str, PolicyId> =
            new.policy_ids().map(|id| (new.policy(id).name.as_str(), id)).collect();
        let named = |id| by_name.get(old.policy(id).name.as_str()).copied();
        let paired: Vec<Option<PolicyId>> = old.policy_ids().map(named).collect();
        let mut found = Self { paired, changed: Vec::new(), equal: HashMap::default() };
        let pairs = old.policy_ids().filter_map(|id| Some((found.paired[id.index()]?, id)));
        let is_changed = |pair: &Paired| {
            let default = |model: usize, id: PolicyId| alignment.models[model].policy(id).otherwise;
            default(1, pair.0) != default(0, pair.1)
                || !found.equal_rules(alignment, matrices, *pair, &|_| true)
        };
        found.changed = pairs.filter(is_changed).collect();
        found
    }

    /// The policies of the second model that judge a side of a channel otherwise than those with their names
    /// in the first.
    pub(super) fn policies(
        &self,
        alignment: &Alignment<'_>,
        matrices: &[LazyMatrices; 2],
        (device, channel, side): (Device, Channel, Side),
    ) -> ChangedPolicies {
        let Device { platform, state } = device;
        let concerns =
            |rule: &RuleIr| rule.effect.side() == side && rule.is_for(channel, platform, state);
        let is_changed = |pair: &&Paired| {
            let default = |model: usize, id: PolicyId| matrices[model].default_effect(id, side);
            default(1, pair.0) != default(0, pair.1)
                || !self.equal_rules(alignment, matrices, **pair, &concerns)
        };
        ChangedPolicies(self.changed.iter().filter(is_changed).map(|pair| pair.0).collect())
    }

    /// Whether two policies have equal rules in equal order, as far as these are wanted.
    fn equal_rules(
        &self,
        alignment: &Alignment<'_>,
        matrices: &[LazyMatrices; 2],
        (new, old): Paired,
        wanted: &dyn Fn(&RuleIr) -> bool,
    ) -> bool {
        let rules = |model: usize, id: PolicyId| -> Vec<(RuleId, &RuleIr)> {
            matrices[model].rules_of(id).filter(|(_, rule)| wanted(rule)).collect()
        };
        let (old, new) = (rules(0, old), rules(1, new));
        old.len() == new.len()
            && old.iter().zip(&new).all(|(old, new)| is_equal_rule(alignment, *old, *new))
    }

    // ------------------------------------------------------------ endpoints

    /// Whether the models differ about an endpoint on a side of a channel.
    pub(super) fn is_affected(
        &mut self,
        alignment: &Alignment<'_>,
        (matrices, combiner): (&mut [LazyMatrices; 2], &mut Combiner),
        kinds: [DeviceKind; 2],
        (channel, side, changed): (Channel, Side, &ChangedPolicies),
        end: AlignedEndpoint,
    ) -> Result<bool, LimitExceeded> {
        if !is_equal_endpoint(alignment, end) {
            return Ok(true);
        }
        let old = matrices[0].judgement(combiner, kinds[0], side, end.ends[0])?;
        let new = matrices[1].judgement(combiner, kinds[1], side, end.ends[1])?;
        if side == channel.own_side() && old.reason != new.reason
            || old.views.len() != new.views.len()
        {
            return Ok(true);
        }
        for (old, new) in old.views.iter().zip(&new.views) {
            // What is managed counts for the rules of every policy.
            if (old.managed, old.when) != (new.managed, new.when) {
                return Ok(true);
            }
            let is_changed = |one: &Participant| changed.0.contains(&one.policy);
            if channel.judged_at(side)
                && (!self.equal_participants(&old.participants, &new.participants)
                    || new.participants.iter().any(is_changed))
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn equal_participants(&mut self, old: &Participants, new: &Participants) -> bool {
        let key = [Rc::as_ptr(old).cast::<Participant>(), Rc::as_ptr(new).cast()];
        if let Some(known) = self.equal.get(&key).filter(|_| !old.is_empty() && !new.is_empty()) {
            return *known;
        }
        let is_equal = |(old, new): (&Participant, &Participant)| {
            let policy = self.paired[old.policy.index()];
            let of_new = (policy, old.participation, old.when);
            of_new == (Some(new.policy), new.participation, new.when)
        };
        let found = old.len() == new.len() && old.iter().zip(new.iter()).all(is_equal);
        self.equal.insert(key, found);
        found
    }
}

fn is_equal_rule(
    alignment: &Alignment<'_>,
    (old_id, old): (RuleId, &RuleIr),
    (new_id, new): (RuleId, &RuleIr),
) -> bool {
    let [before, after] = alignment.models;
    let traits = |rule: &RuleIr| {
        let devices = (rule.channels, rule.platforms, rule.devices);
        (rule.effect, devices, rule.people, rule.obligations, rule.app_wide)
    };
    let is_equal_set = |side| {
        let sets = (before.rule(old_id).scope.side(side), after.rule(new_id).scope.side(side));
        match sets {
            (None, None) => true,
            (Some(old), Some(new)) => is_equal_set(alignment, old, new),
            _ => false,
        }
    };
    traits(old) == traits(new) && is_equal_set(Side::Source) && is_equal_set(Side::Target)
}

/// Whether two sets name the same things in the same order.
fn is_equal_set(alignment: &Alignment<'_>, old: &EndpointSet, new: &EndpointSet) -> bool {
    let equal = |old: &[Term], new: &[Term]| {
        let is_equal = |(old, new): (&Term, &Term)| is_equal_term(alignment, *old, *new);
        old.len() == new.len() && old.iter().zip(new).all(is_equal)
    };
    equal(&old.terms, &new.terms) && equal(&old.except, &new.except)
}

fn is_equal_term(alignment: &Alignment<'_>, old: Term, new: Term) -> bool {
    let [before, after] = alignment.models;
    let is_equal = match (old.what, new.what) {
        (What::App(a, on), What::App(b, also)) => {
            on == also && before.app(a).name == after.app(b).name
        }
        (What::Storage(a), What::Storage(b)) => before.storage(a).name == after.storage(b).name,
        (What::Group(a), What::Group(b)) => alignment.is_equal_group(a, b),
        (old, new) => old == new && matches!(old, What::Word(_) | What::Place(_)),
    };
    is_equal && (old.accounts, old.deployed) == (new.accounts, new.deployed)
}

/// Whether both models know the same of an endpoint, and mean it by the same names.
fn is_equal_endpoint(
    alignment: &Alignment<'_>,
    AlignedEndpoint { ends, .. }: AlignedEndpoint,
) -> bool {
    let [old, new] = alignment.models;
    match ends {
        [Endpoint::App { app: a, .. }, Endpoint::App { app: b, .. }] => {
            let traits = |model: &Model, app| {
                let app = model.app(app);
                let kinds = (app.sdk, app.multi_identity, app.container, app.on_premises);
                (app.name.clone(), app.origin, app.platforms, kinds)
            };
            traits(old, a) == traits(new, b)
        }
        [Endpoint::Storage(a), Endpoint::Storage(b)] => {
            let traits = |model: &Model, id| {
                let storage = model.storage(id);
                (storage.name.clone(), storage.origin, storage.corporate, storage.writable)
            };
            traits(old, a) == traits(new, b)
        }
        [a, b] => a == b,
    }
}
