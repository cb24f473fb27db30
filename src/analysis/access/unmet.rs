//! Causes for which a claim about accesses does not hold.
//!
//! Takes in an expectation, gives out the launch conditions whose effect is too strict, the policies that apply, and
//! the reasons why none does, over all accesses that contradict it. Edits are not known here.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use super::cells::FactCells;
use super::expect::{statements, violating};
use super::space::{AccessSpace, Opened};
use super::thresholds::AskedValues;
use crate::access::AccessEffect;
use crate::analysis::engine::query::Query;
use crate::analysis::subject::Analysis;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::{
    AccessClaim, AccessExpectation, AccessId, AccessKind, Action, Condition, Model, PolicyId,
};
use crate::movement::Endpoint;
use crate::vocabulary::Reason;

/// Whether a claim holds.
pub(in crate::analysis) enum ClaimState {
    /// Its scope holds no access.
    Empty,
    Met,
    Unmet(UnmetClaim),
}

/// The causes for which a claim does not hold.
#[derive(Default)]
pub(in crate::analysis) struct UnmetClaim {
    /// The launch conditions whose effect is too strict.
    pub(in crate::analysis) fired: Vec<FiredLaunch>,
    /// Conditions that would lead to the claimed effect on every access of the scope.
    pub(in crate::analysis) covering: Vec<Condition>,
    /// The policies that apply to some access that contradicts the claim.
    pub(in crate::analysis) policies: BTreeSet<PolicyId>,
    /// The reasons why no policy applies to some of them.
    pub(in crate::analysis) reasons: BTreeSet<Reason>,
    /// The apps of the accesses that contradict the claim.
    pub(in crate::analysis) ends: BTreeSet<Endpoint>,
}

/// A launch condition whose effect is too strict.
#[derive(Debug)]
pub(in crate::analysis) struct FiredLaunch {
    pub(in crate::analysis) policy: PolicyId,
    pub(in crate::analysis) id: AccessId,
    /// The condition with thresholds at which it lets in what is asked about.
    pub(in crate::analysis) moved: Vec<Condition>,
}

/// Whether a claim holds, and if not, why.
pub(in crate::analysis) fn claim_state(
    analysis: &Analysis<'_>,
    expectation: &AccessExpectation,
) -> Result<ClaimState, LimitExceeded> {
    let scope = &expectation.scope;
    let query = &mut Query::new(analysis.model, None, analysis.limits(), scope.people.iter())?;
    let space = AccessSpace::new(query, scope, expectation.policy)?;
    let (mut is_empty, mut is_met, mut unmet) = (true, true, UnmetClaim::default());
    let mut platforms = BTreeSet::new();
    space.visit(query, |query, opened| {
        is_empty = false;
        let facts = space.facts(opened.device.platform).unwrap_or_default();
        let wrong = violating(query, &expectation.claim, &opened, facts)?;
        if !wrong.is_never() {
            is_met = false;
            let policies = unmet.add_policies(query, &opened, wrong)?;
            let asked = asked_values(expectation, &space.all, facts);
            unmet.add_fired(query.model, &policies, &opened, (&expectation.claim, &asked));
            // The facts are those of the platform.
            if platforms.insert(opened.device.platform) {
                unmet.add_covering(&expectation.claim, &asked);
            }
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(match (is_empty, is_met) {
        (true, _) => ClaimState::Empty,
        (_, true) => ClaimState::Met,
        _ => ClaimState::Unmet(unmet),
    })
}

/// The values of each fact that an expectation asks about.
fn asked_values<'a>(
    expectation: &'a AccessExpectation,
    all: &'a [FactCells],
    left: &'a [FactCells],
) -> Vec<AskedValues<'a>> {
    let tests = &expectation.scope.tests;
    let values = left.iter().filter_map(|left| {
        let all = all.iter().find(|one| one.fact == left.fact)?;
        Some(AskedValues { left, all, tests })
    });
    values.collect()
}

impl UnmetClaim {
    /// Adds the policies that apply to some users, which it gives out, and the reasons for which none applies to
    /// others.
    fn add_policies(
        &mut self,
        query: &mut Query<'_>,
        opened: &Opened,
        users: Cond,
    ) -> Result<Vec<PolicyId>, LimitExceeded> {
        let (model, end) = (query.model, opened.endpoint());
        let mut found = Vec::new();
        for id in model.policy_ids().filter(|id| !model.policy(*id).report_only) {
            let when = query.applies(opened.kind, id, end)?;
            if !query.manager().are_disjoint(when, users)? {
                found.push(id);
            }
        }
        for (reason, when) in query.reasons(opened.kind, end)? {
            if !query.manager().are_disjoint(when, users)? {
                self.reasons.extend(reason);
            }
        }
        self.ends.insert(end);
        self.policies.extend(&found);
        Ok(found)
    }

    /// Adds the conditions of policies that block or wipe at some of the values, where the claim is that none does.
    fn add_fired(
        &mut self,
        model: &Model,
        policies: &[PolicyId],
        opened: &Opened,
        (claim, asked): (&AccessClaim, &[AskedValues<'_>]),
    ) {
        if !matches!(claim, AccessClaim::Effect(AccessEffect::Allow | AccessEffect::Warn)) {
            return;
        }
        for policy in policies {
            for one in statements(model, *policy, opened) {
                let AccessKind::Launch { action, condition } = &one.kind else { continue };
                let own = asked.iter().find(|values| values.left.fact == condition.fact());
                let blocks = |values: &&AskedValues<'_>| {
                    let mut cells = values.left.cells.iter();
                    cells.any(|cell| cell.effect((*action, condition)) >= AccessEffect::Block)
                };
                if let Some(values) = own.filter(blocks) {
                    let moved = values.sparing((*action, condition), AccessEffect::Block);
                    self.note_fired(*policy, one.id, moved);
                }
            }
        }
    }

    fn note_fired(&mut self, policy: PolicyId, id: AccessId, moved: Option<Condition>) {
        match self.fired.iter_mut().find(|one| one.id == id) {
            Some(known) => known.moved.extend(moved.filter(|one| !known.moved.contains(one))),
            None => self.fired.push(FiredLaunch { policy, id, moved: moved.into_iter().collect() }),
        }
    }

    /// Adds the conditions that would lead to the claimed effect at all of the values.
    fn add_covering(&mut self, claim: &AccessClaim, asked: &[AskedValues<'_>]) {
        let AccessClaim::Effect(claimed) = claim else { return };
        let action = Action::ALL.iter().find(|action| AccessEffect::from(**action) == *claimed);
        let Some(action) = action else { return };
        for condition in asked.iter().flat_map(|one| one.covering(*action)) {
            if !self.covering.contains(&condition) {
                self.covering.push(condition);
            }
        }
    }
}
