//! The answer about one movement, as a decision with its determining rules.
//!
//! Takes in a query and a movement, gives out what a table would answer, and the movement as a scope. For
//! examples that analysis shows.

#![allow(clippy::indexing_slicing, reason = "ids are of the model that is asked")]

use std::collections::BTreeMap;

use super::naming::Naming;
use super::query::Query;
use crate::dd::Cond;
use crate::decision::{Answer, Determining, DeterminingRule};
use crate::limits::LimitExceeded;
use crate::model::UsersId;
use crate::movement::{Endpoint, Movement};
use crate::table::{ApplicableRules, DecisionId, Device, DeviceKind, LineId, keep_determining};
use crate::vocabulary::{Channel, Side};

impl Query<'_> {
    /// The answer about a movement.
    pub(in crate::analysis) fn answer(
        &mut self,
        movement: &Movement,
    ) -> Result<Answer, LimitExceeded> {
        let users: &Vec<UsersId> = &movement.context.attributes().collect();
        let channel = movement.channel;
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
        let users: Vec<UsersId> = movement.context.attributes().collect();
        let concerns = |when: &Cond| self.users.meets(*when, &users);
        let all = all.into_iter().filter(|(_, when)| concerns(when));
        let mut found: Vec<DeterminingRule> = all.map(|(cause, _)| cause).collect();
        keep_determining(&mut found);
        found
    }

    /// A scope that holds a movement and others only if they have the same answer.
    pub(in crate::analysis) fn scope_of(
        &mut self,
        movement: &Movement,
    ) -> Result<String, LimitExceeded> {
        let matters = self.deployed_matters(movement)?;
        Ok(Naming::new(self.model).movement(movement, matters))
    }

    /// By side: whether the answer can differ if the app there is deployed.
    fn deployed_matters(&mut self, movement: &Movement) -> Result<[bool; 2], LimitExceeded> {
        let is_app = |end: Endpoint| matches!(end, Endpoint::App { .. });
        let can = [movement.source, movement.target]
            .map(|end| is_app(end) && movement.context.state.is_enrolled());
        let as_deployed = |end: Endpoint, deployed: bool| match end {
            Endpoint::App { app, account, .. } => Endpoint::App { app, account, deployed },
            Endpoint::Storage(_) | Endpoint::Place(_) => end,
        };
        let variants = |can: bool| if can { &[false, true][..] } else { &[false] };
        let mut answers = BTreeMap::new();
        for from in variants(can[0]) {
            for to in variants(can[1]) {
                let source = as_deployed(movement.source, *from);
                let target = as_deployed(movement.target, *to);
                // One app is deployed or not.
                if !movement.same_app || from == to {
                    let one = Movement { source, target, ..movement.clone() };
                    answers.insert((*from, *to), self.answer(&one)?);
                }
            }
        }
        let differ = |one: (bool, bool), other: (bool, bool)| {
            let both = answers.get(&one).zip(answers.get(&other));
            both.is_some_and(|(one, other)| one != other)
        };
        if movement.same_app {
            return Ok(can.map(|can| can && differ((false, false), (true, true))));
        }
        Ok([
            [false, true].into_iter().any(|to| differ((false, to), (true, to))),
            [false, true].into_iter().any(|from| differ((from, false), (from, true))),
        ])
    }
}
