//! Bundles: the live policies with equal heads, which apply to the same apps for the same users.
//!
//! Takes in the IR, gives out bundles, each behind those that it yields to. Matrices are not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "policies are numbered by the IR that these lists belong to"
)]

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use super::super::ir::{Ir, PolicyIr, Range32};
use super::super::runtime::MOST_BUNDLES;
use crate::dd::Cond;
use crate::limits::{LimitExceeded, Resource};
use crate::model::PolicyId;
use crate::vocabulary::{DeviceStates, Platforms};

/// Live policies with one head, in order.
pub(super) struct PolicyBundle {
    pub(super) policies: Vec<PolicyId>,
    /// The bundles that it yields to, ascending.
    pub(super) yields_to: Vec<u32>,
    /// How many different sets of sources and of targets its rules have.
    sets: [BTreeSet<u32>; 2],
}

/// The most pairs of sets of sources and of targets in a bundle of several policies. A matrix has as many
/// cells at most as there are pairs of what such sets tell apart, so that joining policies for good costs
/// little room.
const MOST_PAIRS: usize = 1 << 14;

/// The head of a policy. Equal conditions are one node, and equal lists of apps one range.
type Key = (Cond, Platforms, DeviceStates, Range32, bool, Vec<u32>);

/// Gathers the live policies into bundles.
pub(super) struct Bundles<'i> {
    ir: &'i Ir,
    pub(super) list: Vec<PolicyBundle>,
    known: HashMap<Key, usize, FxBuildHasher>,
    /// By policy: its bundle.
    of_policy: Vec<u32>,
    /// By list of policies yielded to: the bundles of these.
    yields: HashMap<Range32, Vec<u32>, FxBuildHasher>,
}

impl<'i> Bundles<'i> {
    pub(super) fn new(ir: &'i Ir) -> Result<Self, LimitExceeded> {
        let mut found = Self {
            ir,
            list: Vec::new(),
            known: HashMap::default(),
            of_policy: vec![0; ir.policies.len()],
            yields: HashMap::default(),
        };
        for id in ir.order.iter().filter(|id| !ir.policy(**id).report_only) {
            found.add(*id);
        }
        if found.list.len() > MOST_BUNDLES {
            return Err(LimitExceeded::new(Resource::Indices, found.list.len(), MOST_BUNDLES));
        }
        Ok(found)
    }

    fn add(&mut self, id: PolicyId) {
        let policy = self.ir.policy(id);
        let yields_to = self.yields_to(policy);
        let sets = self.sets(policy);
        let PolicyIr { people, platforms, devices, protects, unconfirmed, .. } = *policy;
        let key = (people, platforms, devices, protects, unconfirmed, yields_to);
        let is_apart = self.has_layers(policy);
        let known = self.known.get(&key).copied().filter(|_| !is_apart);
        let at = match known.filter(|at| self.list[*at].has_room(&sets)) {
            Some(at) => at,
            None => {
                let yields_to = key.5.clone();
                let bundle =
                    PolicyBundle { policies: Vec::new(), yields_to, sets: Default::default() };
                self.list.push(bundle);
                self.list.len() - 1
            }
        };
        let [sources, targets] = sets;
        let bundle = &mut self.list[at];
        bundle.policies.push(id);
        bundle.sets[0].extend(sources);
        bundle.sets[1].extend(targets);
        // Policies are declarations, which 32 bits number.
        self.of_policy[id.index()] = at as u32;
        if !is_apart {
            self.known.insert(key, at);
        }
    }

    /// The bundles of the live policies that a policy yields to. These come earlier.
    fn yields_to(&mut self, policy: &PolicyIr) -> Vec<u32> {
        let Self { ir, of_policy, yields, .. } = self;
        let found = yields.entry(policy.yields_to).or_insert_with(|| {
            let ids = ir.yields_to(policy).iter();
            let ids = ids.filter(|id| !ir.policy(**id).report_only);
            let mut bundles: Vec<u32> = ids.map(|id| of_policy[id.index()]).collect();
            bundles.sort_unstable();
            bundles.dedup();
            bundles
        });
        found.clone()
    }

    /// The sets of sources and of targets of a policy's rules.
    fn sets(&self, policy: &PolicyIr) -> [BTreeSet<u32>; 2] {
        [0, 1].map(|side: usize| {
            let rules = self.ir.rules_of(policy).iter();
            rules.filter_map(|id| self.ir.rule(*id).sets[side]).collect()
        })
    }

    /// Whether some rule is for fewer users than its policy. Verdicts of such rules are combined within the
    /// policy for each user, so that it is joined with no other.
    fn has_layers(&self, policy: &PolicyIr) -> bool {
        self.ir.rules_of(policy).iter().any(|id| self.ir.rule(*id).people != Cond::TRUE)
    }
}

impl PolicyBundle {
    /// Whether the bundle stays small with some more sets.
    fn has_room(&self, sets: &[BTreeSet<u32>; 2]) -> bool {
        let [sources, targets] =
            [0, 1].map(|side: usize| self.sets[side].union(&sets[side]).count());
        (sources + 1) * (targets + 1) <= MOST_PAIRS
    }
}
