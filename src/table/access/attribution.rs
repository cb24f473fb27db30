//! The statements behind decisions about accesses.
//!
//! Takes in a resolved access and its facts, gives out the conditions that fire and the statements behind
//! each requirement. This goes through the statements of all policies that apply: the folded thresholds are
//! not asked.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers are of the table itself, since its stamp is checked first"
)]

use std::cmp::Reverse;

use super::decide::ResolvedAccess;
use super::ir::{AccessIr, Limit, PolicyAccess};
use super::probe::Probe;
use crate::access::{
    AccessAnswer, AccessDetails, AccessEffect, AccessRequest, Facts, Fired, Requirements,
    Requiring, Shadow, required_by,
};
use crate::model::PolicyId;
use crate::request::ResolveError;
use crate::table::applicability::{AppApplicability, ParticipantLists};
use crate::table::ir::Device;
use crate::table::logic::OneUser;
use crate::table::runtime::Table;
use crate::vocabulary::Account;

impl Table {
    /// The statements behind the decision about an access. This takes longer than the decision itself.
    #[must_use]
    pub fn access_details(&self, access: &ResolvedAccess, facts: &Facts<'_>) -> AccessDetails {
        let mut details = AccessDetails::default();
        let Some(parts) = self.0.access.as_ref().filter(|_| access.stamp == self.0.stamp) else {
            return details;
        };
        let statements = Statements { ir: &parts.ir, device: access.device, facts };
        if access.reason.is_none() {
            let policies = self.applying(access, None);
            details.fired = statements.fired(&policies);
            details.required_by = statements.required(&policies).1;
        }
        let all = self.0.ir.policies.iter().enumerate();
        for (id, _) in all.filter(|(_, policy)| policy.report_only) {
            let id = PolicyId::new(id);
            if self.applying(access, Some(id)).contains(&id) {
                details.report_only.push(statements.shadow(id));
            }
        }
        details
    }

    /// The live policies that apply to an access, in order; with `what_if` that report-only policy as if it
    /// were live.
    fn applying(&self, access: &ResolvedAccess, what_if: Option<PolicyId>) -> Vec<PolicyId> {
        let data = &*self.0;
        let traits = data.ir.apps[access.app.index()];
        let is_work = access.account == Account::Work || !traits.multi_identity;
        if !is_work || !traits.sdk {
            return Vec::new();
        }
        let logic =
            &mut OneUser { nodes: &data.nodes, is_member: |one| access.groups.contains(one) };
        let lists = &mut ParticipantLists::default();
        let app = AppApplicability::new(&data.ir, logic, access.device, access.app, what_if, lists);
        // The logic of one user creates no nodes, so that no limit can be met.
        let applying = app.map(|app| app.applying).unwrap_or_default();
        let mut ids: Vec<_> = applying.into_iter().map(|(id, _)| id).collect();
        ids.sort_unstable();
        ids
    }

    /// The decision about an access with the statements behind it, every id spelt out.
    #[must_use]
    pub fn spell_out_access(&self, access: &ResolvedAccess, facts: &Facts<'_>) -> AccessAnswer {
        let details = self.access_details(access, facts);
        self.decide_access(access, facts).answer(&details, self.directory())
    }

    /// Decides a request about an access and spells the answer out, as `mam decide --requests` prints it.
    ///
    /// # Errors
    ///
    /// When the request cannot be resolved.
    pub fn answer_access(&self, request: &AccessRequest<'_>) -> Result<AccessAnswer, ResolveError> {
        Ok(self.spell_out_access(&self.resolve_access(request)?, &request.facts))
    }
}

/// The statements for a device, held against facts.
struct Statements<'t> {
    ir: &'t AccessIr,
    device: Device,
    facts: &'t Facts<'t>,
}

impl<'t> Statements<'t> {
    fn of<'p>(&self, policies: &'p [PolicyId]) -> impl Iterator<Item = PolicyAccess> + use<'p, 't> {
        let ir = self.ir;
        policies.iter().map(|id| ir.policies[id.index()])
    }

    /// The conditions of some policies that fire, in the order of answers.
    fn fired(&self, policies: &[PolicyId]) -> Vec<Fired> {
        let Device { platform, state } = self.device;
        let all = self.of(policies).flat_map(|own| own.conditions.of(&self.ir.conditions));
        let mut fired: Vec<_> = all
            .filter(|one| one.limit.is_on(platform, state))
            .filter_map(|one| Some((self.effect(&one.limit)?, one.limit.probe, one.statement)))
            .collect();
        fired.sort_by_key(|(effect, probe, id)| (Reverse(*effect), *probe, *id));
        fired.into_iter().map(|(effect, _, id)| Fired::new(id, effect)).collect()
    }

    /// The effect with which a condition fires; `None` if it does not.
    fn effect(&self, limit: &Limit) -> Option<AccessEffect> {
        let Limit { probe, action, threshold, names, .. } = *limit;
        if probe.fires_without_value(self.facts) {
            return Some(AccessEffect::Block);
        }
        let fires = match probe {
            Probe::ModelNotIn | Probe::ManufacturerNotIn => {
                probe.name(self.facts).is_some_and(|name| !self.ir.holds(names, name))
            }
            _ => probe.value(self.facts).is_some_and(|value| probe.fires(value, threshold)),
        };
        fires.then(|| action.into())
    }

    /// The requirements of some policies, and the statements behind them.
    fn required(&self, policies: &[PolicyId]) -> (Requirements, crate::access::RequiredBy) {
        let Device { platform, state } = self.device;
        let all = self.of(policies).flat_map(|own| own.requirements.of(&self.ir.requirements));
        let here = all.filter(|one| one.need.is_on(platform, state));
        let requiring: Vec<Requiring> = here
            .map(|one| (one.statement, one.need.said, one.need.said.on(platform, state)))
            .collect();
        let own = requiring.iter().map(|(.., own)| *own);
        let joined = own.reduce(Requirements::join).unwrap_or_default().effective();
        (joined, required_by(joined, &requiring))
    }

    fn shadow(&self, policy: PolicyId) -> Shadow {
        let fired = self.fired(&[policy]);
        let (requirements, required_by) = self.required(&[policy]);
        let effect = fired.iter().map(|one| one.effect).max().unwrap_or(AccessEffect::Allow);
        Shadow { policy, effect, fired, requirements, required_by }
    }
}
