//! A query: one model that is asked, and the users on whom its answers depend.
//!
//! Takes in a model, perhaps with one report-only policy as if it were live, gives out outcomes between
//! endpoints and the rules that determine them. Scopes are not known here.

use std::collections::BTreeMap;

use super::users::Users;
use crate::dd::{Cond, Manager};
use crate::limits::{LimitExceeded, Limits};
use crate::model::{Model, People, PolicyId};
use crate::movement::Endpoint;
use crate::table::{
    ApplicableRules, Clauses, Device, DeviceKind, EndpointView, FoldedModel, LazyMatrices, LineId,
    Outcome,
};
use crate::vocabulary::{Channel, Reason, Side};

/// A model that is asked.
pub(in crate::analysis) struct Query<'a> {
    pub(in crate::analysis) model: &'a Model,
    pub(in crate::analysis) users: Users,
    /// The report-only policy that counts as live.
    pub(in crate::analysis) what_if: Option<PolicyId>,
    matrices: LazyMatrices,
}

impl<'a> Query<'a> {
    /// A model among the users that its policies and some more clauses tell apart.
    pub(in crate::analysis) fn new<'c>(
        model: &'a Model,
        what_if: Option<PolicyId>,
        limits: &Limits,
        more: impl Iterator<Item = &'c People>,
    ) -> Result<Self, LimitExceeded> {
        let more: Vec<&People> = more.collect();
        let clauses = Clauses::of(model).and(more);
        let mut users = Users::new(&clauses, model.attributes(), limits)?;
        let Users { groups, combiner, .. } = &mut users;
        let clause = |manager: &mut Manager, people: &People| groups.clause(manager, people);
        let folded = FoldedModel::new(model, what_if, &[], &mut combiner.manager, &clause, groups)?;
        Ok(Self { model, users, what_if, matrices: LazyMatrices::new(folded) })
    }

    /// A model for a question, whose users are written in its own words.
    pub(in crate::analysis) fn of_question(
        model: &'a Model,
        limits: &Limits,
        people: Option<&People>,
    ) -> Result<Self, LimitExceeded> {
        let mut query = Self::new(model, None, limits, people.into_iter())?;
        if let Some(people) = people {
            query.users.name_as(people)?;
        }
        Ok(query)
    }

    pub(in crate::analysis) fn manager(&mut self) -> &mut Manager {
        self.users.manager()
    }

    pub(in crate::analysis) fn device_kind(&self, device: Device) -> Option<DeviceKind> {
        self.matrices.device_kind(device)
    }

    /// The class of an endpoint: no set of any rule tells its members apart.
    pub(in crate::analysis) fn class_of(&self, side: Side, end: Endpoint) -> usize {
        self.matrices.class_of(side, end)
    }

    /// The users for whom an endpoint is managed.
    pub(in crate::analysis) fn managed(
        &mut self,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Result<Cond, LimitExceeded> {
        self.matrices.managed(&mut self.users.combiner, kind, end)
    }

    /// The users for whom policies judge an endpoint with all of their rules.
    pub(in crate::analysis) fn judged(
        &mut self,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Result<Cond, LimitExceeded> {
        self.matrices.judged(&mut self.users.combiner, kind, end)
    }

    /// The users for whom a policy applies to an app, whatever the account.
    pub(in crate::analysis) fn applies(
        &mut self,
        kind: DeviceKind,
        policy: PolicyId,
        end: Endpoint,
    ) -> Result<Cond, LimitExceeded> {
        self.matrices.applies(&mut self.users.combiner, kind, policy, end)
    }

    /// The users to whom no policy applies at an endpoint, by the reason.
    pub(in crate::analysis) fn reasons(
        &mut self,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Result<Vec<(Option<Reason>, Cond)>, LimitExceeded> {
        self.matrices.reasons(&mut self.users.combiner, kind, end)
    }

    /// The views of an endpoint, each with the users for whom it exists.
    pub(in crate::analysis) fn views(
        &mut self,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Result<Vec<(EndpointView, Cond)>, LimitExceeded> {
        self.matrices.views(&mut self.users.combiner, kind, end)
    }

    /// The line of a view; `None` where its endpoint cannot stand on this side of the channel.
    pub(in crate::analysis) fn line(
        &mut self,
        kind: DeviceKind,
        channel: Channel,
        side: Side,
        view: EndpointView,
    ) -> Result<Option<LineId>, LimitExceeded> {
        self.matrices.line(&mut self.users.combiner, kind, channel, side, view)
    }

    /// The outcome between a row and a column.
    pub(in crate::analysis) fn outcome(
        &mut self,
        kind: DeviceKind,
        channel: Channel,
        lines: [LineId; 2],
    ) -> Result<Outcome, LimitExceeded> {
        self.matrices.outcome(&mut self.users.combiner, kind, channel, lines)
    }

    /// The rules and defaults by which policies decide between two endpoints, each with the users for whom
    /// its policy does. With `what_if`, those of that report-only policy as if it were live.
    pub(in crate::analysis) fn applicable_rules(
        &mut self,
        kind: DeviceKind,
        what_if: Option<PolicyId>,
        channel: Channel,
        ends: [Endpoint; 2],
    ) -> Result<ApplicableRules<Cond>, LimitExceeded> {
        let combiner = &mut self.users.combiner;
        self.matrices.applicable_rules(combiner, kind, what_if, channel, ends)
    }

    /// As [`applicable_rules`](Self::applicable_rules), for the users for whom these views exist.
    pub(in crate::analysis) fn rules_between(
        &mut self,
        kind: DeviceKind,
        what_if: Option<PolicyId>,
        channel: Channel,
        views: [EndpointView; 2],
    ) -> Result<ApplicableRules<Cond>, LimitExceeded> {
        self.matrices.rules_between(&mut self.users.combiner, kind, what_if, channel, views)
    }
}

/// Queries that questions share as long as there is room, by the report-only policy that counts as live.
pub(in crate::analysis) struct SharedQueries<'a> {
    model: &'a Model,
    limits: &'a Limits,
    /// The clauses of all questions.
    people: Vec<&'a People>,
    known: BTreeMap<Option<PolicyId>, Query<'a>>,
}

impl<'a> SharedQueries<'a> {
    pub(in crate::analysis) fn new(
        model: &'a Model,
        limits: &'a Limits,
        people: Vec<&'a People>,
    ) -> Self {
        Self { model, limits, people, known: BTreeMap::new() }
    }

    /// The answer to a question with a clause of its own. If the shared query meets a limit, the question is
    /// asked once more by itself, so that no other one decides whether it is answered.
    pub(in crate::analysis) fn ask<T>(
        &mut self,
        what_if: Option<PolicyId>,
        people: Option<&'a People>,
        ask: impl Fn(&mut Query<'a>) -> Result<T, LimitExceeded>,
    ) -> Result<T, LimitExceeded> {
        let (model, limits) = (self.model, self.limits);
        limits.go_on()?;
        let shared = match self.known.remove(&what_if) {
            Some(query) => Ok(query),
            None => Query::new(model, what_if, limits, self.people.iter().copied()),
        };
        if let Ok(mut query) = shared
            && let Ok(found) = ask(&mut query)
        {
            self.known.insert(what_if, query);
            return Ok(found);
        }
        ask(&mut Query::new(model, what_if, limits, people.into_iter())?)
    }
}
