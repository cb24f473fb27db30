//! The answer about one movement, as a decision with its determining rules.
//!
//! Takes in a query and a movement, gives out what a table would answer, and the movement as a scope. For
//! examples that analysis shows.

#![allow(clippy::indexing_slicing, reason = "ids are of the model that is asked")]

use super::naming::Naming;
use super::query::Query;
use crate::dd::Cond;
use crate::decision::{Answer, Determining, DeterminingRule};
use crate::limits::LimitExceeded;
use crate::model::UsersId;
use crate::movement::{Endpoint, Movement};
use crate::table::{
    ApplicableRules, DecisionId, Device, DeviceKind, EndpointView, LineId, keep_determining,
};
use crate::vocabulary::{Channel, Side};

/// The endpoint on a side of a movement.
pub(in crate::analysis) const fn endpoint(movement: &Movement, side: Side) -> Endpoint {
    match side {
        Side::Source => movement.source,
        Side::Target => movement.target,
    }
}

impl Query<'_> {
    /// The answer about a movement.
    pub(in crate::analysis) fn answer(
        &mut self,
        movement: &Movement,
    ) -> Result<Answer, LimitExceeded> {
        let (users, channel) = (&movement.context.users, movement.channel);
        let ends = [movement.source, movement.target];
        let mut determining = Determining::default();
        let Some(kind) = self.kind_of(movement) else {
            let decision = self.users.decision(DecisionId::NONE);
            return Ok(decision.answer(&determining, self.model.directory()));
        };
        let source = self.line_for(kind, channel, Side::Source, ends[0], users)?;
        let target = self.line_for(kind, channel, Side::Target, ends[1], users)?;
        let decision = match (source, target) {
            (Some(source), Some(target)) => {
                let outcome = self.outcome(kind, channel, [source, target])?;
                self.users.decision_for(outcome, users)
            }
            _ => DecisionId::NONE,
        };
        let decision = self.users.decision(decision);
        let live = self.applicable_rules(kind, None, channel, ends)?;
        determining.by = self.determining(live, movement);
        for id in self.model.policy_ids().filter(|id| self.model.policy(*id).report_only) {
            if self.what_if != Some(id) {
                let reported = self.applicable_rules(kind, Some(id), channel, ends)?;
                determining.report_only.extend(self.determining(reported, movement));
            }
        }
        Ok(decision.answer(&determining, self.model.directory()))
    }

    /// The line of an endpoint for a user in some groups.
    fn line_for(
        &mut self,
        kind: DeviceKind,
        channel: Channel,
        side: Side,
        end: Endpoint,
        users: &[UsersId],
    ) -> Result<Option<LineId>, LimitExceeded> {
        let views = self.views(kind, end)?;
        match views.into_iter().find(|(_, exists)| self.users.meets(*exists, users)) {
            Some((view, _)) => self.line(kind, channel, side, view),
            None => Ok(None),
        }
    }

    fn kind_of(&self, movement: &Movement) -> Option<DeviceKind> {
        let (platform, state) = (movement.context.platform, movement.context.state);
        self.device_kind(Device { platform, state })
    }

    /// The applicable rules of the strictest effect for the user of a movement, the source's side first.
    fn determining(&self, all: ApplicableRules<Cond>, movement: &Movement) -> Vec<DeterminingRule> {
        let concerns = |when: &Cond| self.users.meets(*when, &movement.context.users);
        let all = all.into_iter().filter(|(_, when)| concerns(when));
        let mut found: Vec<DeterminingRule> = all.map(|(cause, _)| cause).collect();
        keep_determining(&mut found);
        found
    }

    /// A scope that holds a movement and no other.
    pub(in crate::analysis) fn scope_of(
        &mut self,
        movement: &Movement,
    ) -> Result<String, LimitExceeded> {
        let mut matters = [false; 2];
        for side in [Side::Source, Side::Target] {
            matters[side as usize] = self.deployed_matters(movement, side)?;
        }
        Ok(Naming::new(self.model).movement(movement, matters))
    }

    /// Whether rules can tell if the app on a side of a movement is deployed.
    fn deployed_matters(&mut self, movement: &Movement, side: Side) -> Result<bool, LimitExceeded> {
        let Endpoint::App { app, account, .. } = endpoint(movement, side) else { return Ok(false) };
        let Some(kind) = self.kind_of(movement) else { return Ok(false) };
        let mut at = |deployed| {
            let end = Endpoint::App { app, account, deployed };
            let views = self.views(kind, end)?.into_iter();
            let line = |(view, exists): (EndpointView, Cond)| {
                Ok((exists, self.line(kind, movement.channel, side, view)?))
            };
            views.map(line).collect::<Result<Vec<_>, LimitExceeded>>()
        };
        Ok(at(false)? != at(true)?)
    }
}
