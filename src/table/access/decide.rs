//! Decisions about accesses.
//!
//! Takes in an access by name or by ids, gives out its decision for any facts: a few comparisons for each
//! fact. What is joined from the bundles that apply is joined once, when the access is resolved.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers are of the table itself: the build made them, or the loader checked them"
)]

use smallvec::SmallVec;

use super::ir::Limit;
use super::probe::Probe;
use crate::access::{
    AccessDecision, AccessEffect, AccessRequest, AppAccess, Facts, Requirements, Wipe,
};
use crate::model::{AppId, FactSet};
use crate::movement::Context;
use crate::request::{DeviceRequest, ResolveError};
use crate::table::ir::{Device, Range32};
use crate::table::runtime::{AppForUser, Table, TableData, UserGroups};
use crate::vocabulary::{Account, Reason};

/// How many actions there are.
const ACTIONS: usize = 3;

/// An access that a table has resolved: an app under an account, for one user on one device. It can be
/// decided for any facts.
#[derive(Debug, Clone)]
pub struct ResolvedAccess {
    pub(super) stamp: u64,
    pub(super) groups: UserGroups,
    pub(super) device: Device,
    pub(super) app: AppId,
    pub(super) account: Account,
    /// The reason if no policy applies.
    pub(super) reason: Option<Reason>,
    /// Whether the app has one account at a time.
    is_whole_app: bool,
    requirements: Requirements,
    asked: FactSet,
    thresholds: Thresholds,
    /// Lists of names, with the effect of what is in none of them.
    lists: SmallVec<[(Probe, AccessEffect, Range32); 2]>,
}

/// The strictest threshold of each probe and action; actions are `warn`, `block`, `wipe`.
#[derive(Debug, Clone)]
struct Thresholds([[u128; ACTIONS]; Probe::ALL.len()]);

impl Thresholds {
    /// Thresholds at which nothing fires.
    fn never() -> Self {
        let mut thresholds = [[0; ACTIONS]; Probe::ALL.len()];
        for probe in Probe::ALL {
            thresholds[probe.index()] = [probe.never(); ACTIONS];
        }
        Self(thresholds)
    }

    fn add(&mut self, limit: &Limit) {
        let threshold = &mut self.0[limit.probe.index()][limit.action.index()];
        *threshold = limit.probe.stricter(*threshold, limit.threshold);
    }

    /// The strictest effect of a probe on a value.
    fn effect(&self, probe: Probe, value: u128) -> AccessEffect {
        let [warn, block, wipe] = &self.0[probe.index()];
        let is_below = probe.is_below();
        let fires =
            |threshold: &u128| if is_below { value < *threshold } else { value > *threshold };
        if fires(wipe) {
            AccessEffect::Wipe
        } else if fires(block) {
            AccessEffect::Block
        } else if fires(warn) {
            AccessEffect::Warn
        } else {
            AccessEffect::Allow
        }
    }
}

impl Table {
    /// Resolves the app, the user and the device of a request, once for all facts.
    ///
    /// # Errors
    ///
    /// When the app is unknown, when the platform lacks the device state or a fact, or when the table was
    /// compiled without access statements.
    pub fn resolve_access(
        &self,
        request: &AccessRequest<'_>,
    ) -> Result<ResolvedAccess, ResolveError> {
        let directory = &self.0.directory;
        let (app, account) = request.opened(directory)?;
        if self.0.access.is_none() {
            return Err(ResolveError::NoAccess);
        }
        let DeviceRequest { platform, management: state, .. } = request.device;
        let users = request.user.known(directory).chain(request.device.known(directory));
        let user = self.0.app_for_user(users, Device { platform, state }, (app, account));
        user.map(|user| self.0.resolved_access(user)).ok_or_else(|| request.device.unknown())
    }

    /// Resolves an access of ids of the model that this table was compiled from; `None` where the platform
    /// lacks the device state.
    #[must_use]
    pub fn resolve_app_access(&self, access: &AppAccess) -> Option<ResolvedAccess> {
        let Context { platform, state, .. } = access.context;
        let device = Device { platform, state };
        let opened = (access.app, access.account);
        let user = self.0.app_for_user(access.context.attributes(), device, opened)?;
        Some(self.0.resolved_access(user))
    }

    /// Decides an access. Never fails and never allocates.
    ///
    /// An access that another table resolved is refused: the decision is `block` with the reason
    /// [`Reason::ForeignMovement`].
    #[must_use]
    pub fn decide_access(&self, access: &ResolvedAccess, facts: &Facts<'_>) -> AccessDecision {
        if access.stamp != self.0.stamp {
            return AccessDecision::FOREIGN;
        }
        match access.reason {
            Some(reason) => AccessDecision::not_enforced(reason),
            None => self.0.decision_on_access(access, facts),
        }
    }
}

impl TableData {
    /// An access with everything that the bundles that apply ask for.
    fn resolved_access(&self, user: AppForUser) -> ResolvedAccess {
        let AppForUser { groups, device, app, account, reason, bundles } = user;
        let traits = self.ir.apps[app.index()];
        let mut access = ResolvedAccess {
            stamp: self.stamp,
            groups,
            device,
            app,
            account,
            reason,
            is_whole_app: !traits.multi_identity,
            requirements: Requirements::default(),
            asked: FactSet::NONE,
            thresholds: Thresholds::never(),
            lists: SmallVec::new(),
        };
        bundles.iter().for_each(|bundle| self.add_access(*bundle, &mut access));
        access.requirements = access.requirements.effective();
        access
    }

    /// Joins what a bundle asks for.
    fn add_access(&self, bundle: u32, access: &mut ResolvedAccess) {
        let Some(parts) = &self.access else { return };
        let layout = &parts.layout;
        let Device { platform, state } = access.device;
        let own = layout.bundles[bundle as usize];
        for limit in own.limits.of(&layout.limits).iter().filter(|one| one.is_on(platform, state)) {
            access.asked.insert(limit.probe.fact());
            match limit.probe {
                Probe::ModelNotIn | Probe::ManufacturerNotIn => {
                    access.lists.push((limit.probe, limit.action.into(), limit.names));
                }
                _ => access.thresholds.add(limit),
            }
        }
        for need in own.needs.of(&layout.needs).iter().filter(|one| one.is_on(platform, state)) {
            let required = need.said.on(platform, state);
            access.requirements = access.requirements.join(required);
        }
    }

    fn decision_on_access(&self, access: &ResolvedAccess, facts: &Facts<'_>) -> AccessDecision {
        let mut effect = AccessEffect::Allow;
        let mut unless_sign_in = true;
        let mut unknown = FactSet::NONE;
        for fact in access.asked.iter() {
            if !facts.is_known(fact) {
                unknown.insert(fact);
            }
            for probe in Probe::of_fact(fact) {
                let own = self.effect_of(*probe, access, facts);
                effect = effect.max(own);
                unless_sign_in &= own != AccessEffect::Wipe || *probe == Probe::OfflineAbove;
            }
        }
        let wipe = Wipe::new(access.is_whole_app, unless_sign_in);
        AccessDecision::enforced(effect, access.requirements, wipe, unknown)
    }

    /// The strictest effect of the conditions of one probe.
    fn effect_of(&self, probe: Probe, access: &ResolvedAccess, facts: &Facts<'_>) -> AccessEffect {
        if probe.fires_without_value(facts) {
            return AccessEffect::Block;
        }
        if let Some(value) = probe.value(facts) {
            return access.thresholds.effect(probe, value);
        }
        let Some((parts, name)) = self.access.as_ref().zip(probe.name(facts)) else {
            return AccessEffect::Allow;
        };
        let lists = access.lists.iter().filter(|(one, ..)| *one == probe);
        let missing = lists.filter(|(.., names)| !parts.ir.holds(*names, name));
        missing.map(|(_, effect, _)| *effect).max().unwrap_or(AccessEffect::Allow)
    }
}
