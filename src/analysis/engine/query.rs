//! A query: one model that is asked, and the users on whom its answers depend.
//!
//! Takes in a model, perhaps with one report-only policy as if it were live, gives out outcomes between
//! endpoints and the rules that determine them. Scopes are not known here.

use super::endpoints::can_move;
use super::users::Users;
use crate::dd::{Cond, Manager};
use crate::limits::{LimitExceeded, Limits};
use crate::model::{Model, People, PolicyId};
use crate::movement::Endpoint;
use crate::table::{
    ApplicableRules, Coordinate, Device, DeviceKind, FoldedModel, LazyMatrices, Outcome, clauses_of,
};
use crate::vocabulary::{Channel, Side};

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
        let clauses = clauses_of(model).chain(more);
        let mut users = Users::new(clauses, model.users().len(), limits)?;
        let Users { groups, combiner, .. } = &mut users;
        let clause = |manager: &mut Manager, people: &People| groups.clause(manager, people);
        let folded = FoldedModel::new(model, what_if, &[], &mut combiner.manager, &clause)?;
        Ok(Self { model, users, what_if, matrices: LazyMatrices::new(folded) })
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

    /// The users for whom data can move between two endpoints.
    pub(in crate::analysis) fn can_move(
        &mut self,
        kind: DeviceKind,
        channel: Channel,
        ends: [Endpoint; 2],
    ) -> Result<Cond, LimitExceeded> {
        can_move_for(self.model, &mut self.matrices, &mut self.users, (kind, channel), ends)
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

    /// The coordinate of an endpoint.
    pub(in crate::analysis) fn coordinate(
        &mut self,
        kind: DeviceKind,
        channel: Channel,
        side: Side,
        end: Endpoint,
    ) -> Result<Coordinate, LimitExceeded> {
        self.matrices.coordinate(&mut self.users.combiner, kind, channel, side, end)
    }

    /// The outcome between two coordinates.
    pub(in crate::analysis) fn outcome(
        &mut self,
        kind: DeviceKind,
        channel: Channel,
        source: Coordinate,
        target: Coordinate,
    ) -> Result<Outcome, LimitExceeded> {
        self.matrices.outcome(&mut self.users.combiner, kind, channel, source, target)
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
}

/// The users of one model for whom data can move between two endpoints.
pub(in crate::analysis) fn can_move_for(
    model: &Model,
    matrices: &mut LazyMatrices,
    users: &mut Users,
    (kind, channel): (DeviceKind, Channel),
    [from, to]: [Endpoint; 2],
) -> Result<Cond, LimitExceeded> {
    let can = |are_managed| can_move(model, channel, from, to, are_managed);
    match (can(false), can(true)) {
        (_, true) => Ok(Cond::TRUE),
        (false, _) => Ok(Cond::FALSE),
        (true, false) => {
            let one = matrices.managed(&mut users.combiner, kind, from)?;
            let other = matrices.managed(&mut users.combiner, kind, to)?;
            let both = users.manager().and(one, other)?;
            users.manager().not(both)
        }
    }
}
