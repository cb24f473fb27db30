//! Folding: of all statements of a bundle, what decides.
//!
//! Takes in the statements of the policies of each bundle, gives out for each kind of comparison, action
//! and set of devices the strictest threshold. However many statements a bundle has, few thresholds are
//! left.

use std::collections::{BTreeMap, HashSet};

use rustc_hash::FxBuildHasher;

use super::ir::{AccessIr, Limit, Need, PolicyAccess};
use super::probe::Probe;
use crate::limits::LimitExceeded;
use crate::model::{Action, PolicyId, Text};
use crate::table::ir::Range32;
use crate::vocabulary::{DeviceStates, Platforms};

/// What the policies of a bundle ask for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BundleAccess {
    pub(crate) limits: Range32,
    pub(crate) needs: Range32,
}

/// The folded statements of all bundles.
#[derive(Debug, Default)]
pub(crate) struct AccessLayout {
    /// By bundle.
    pub(crate) bundles: Vec<BundleAccess>,
    pub(crate) limits: Vec<Limit>,
    pub(crate) needs: Vec<Need>,
}

/// What distinguishes limits that are folded into one.
type Key = (Platforms, DeviceStates, Probe, Action);

impl AccessLayout {
    /// Folds the statements of bundles, given the policies of each. Lists of names that are cut are added to
    /// those of the IR.
    pub(crate) fn new<'b>(
        ir: &mut AccessIr,
        bundles: impl Iterator<Item = &'b [PolicyId]>,
    ) -> Result<Self, LimitExceeded> {
        let mut layout = Self::default();
        for policies in bundles {
            let statements: Vec<PolicyAccess> =
                policies.iter().filter_map(|id| ir.policies.get(id.index())).copied().collect();
            let limits = limits(ir, &statements)?;
            let needs = needs(ir, &statements);
            let limits = Range32::append(&mut layout.limits, limits)?;
            let needs = Range32::append(&mut layout.needs, needs)?;
            layout.bundles.push(BundleAccess { limits, needs });
        }
        Ok(layout)
    }

    /// The bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(self.bundles.as_slice())
            + size_of_val(self.limits.as_slice())
            + size_of_val(self.needs.as_slice())
    }
}

/// The strictest limits of some policies.
fn limits(ir: &mut AccessIr, policies: &[PolicyAccess]) -> Result<Vec<Limit>, LimitExceeded> {
    let mut found: BTreeMap<Key, Limit> = BTreeMap::new();
    for limit in policies.iter().flat_map(|policy| policy.conditions.of(&ir.conditions)) {
        let limit = limit.limit;
        let key = (limit.platforms, limit.devices, limit.probe, limit.action);
        let Some(known) = found.get_mut(&key) else {
            found.insert(key, limit);
            continue;
        };
        known.threshold = limit.probe.stricter(known.threshold, limit.threshold);
        if known.names != limit.names {
            known.names = common(&mut ir.lists, known.names, limit.names)?;
        }
    }
    Ok(found.into_values().collect())
}

/// The names of both lists, as a list of its own.
fn common(lists: &mut Vec<Text>, a: Range32, b: Range32) -> Result<Range32, LimitExceeded> {
    // Equal names are one text.
    let both: HashSet<Text, FxBuildHasher> = b.of(lists).iter().copied().collect();
    let common: Vec<Text> = a.of(lists).iter().copied().filter(|one| both.contains(one)).collect();
    Range32::append(lists, common)
}

/// The distinct requirements of some policies.
fn needs(ir: &AccessIr, policies: &[PolicyAccess]) -> Vec<Need> {
    let all = policies.iter().flat_map(|policy| policy.requirements.of(&ir.requirements));
    let mut known: HashSet<Need, FxBuildHasher> = HashSet::default();
    all.map(|one| one.need).filter(|need| known.insert(*need)).collect()
}
