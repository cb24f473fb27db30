//! The policies that can decide something in a scope.
//!
//! Takes in a set and a scope, gives out the set with every other policy emptied. What is decided in the scope stays the
//! same, and fewer endpoints have to be told apart: the cost of a picture follows what it shows.

use std::borrow::Cow;

use crate::analysis::engine::users::Users;
use crate::dd::Cond;
use crate::limits::{LimitExceeded, Limits};
use crate::model::{Model, PolicyId, Scope};
use crate::table::Clauses;

/// A set without the policies that are for none of the people and devices of a scope, or only report. Ids stay.
pub(super) fn relevant<'m>(
    model: &'m Model,
    scope: &Scope,
    limits: &Limits,
) -> Result<Cow<'m, Model>, LimitExceeded> {
    let clauses = Clauses::of(model).and(scope.people.iter());
    let mut users = Users::new(&clauses, model.attributes(), limits)?;
    let within = match &scope.people {
        Some(people) => users.clause(people)?,
        None => Cond::TRUE,
    };
    let mut idle: Vec<PolicyId> = Vec::new();
    for id in model.policy_ids() {
        let policy = model.policy(id);
        let of = users.clause(&policy.people)?;
        let is_on = policy.platforms.iter().any(|platform| scope.platforms.contains(platform))
            && policy.devices.iter().any(|state| scope.devices.contains(state));
        if policy.report_only || !is_on || users.manager().are_disjoint(of, within)? {
            idle.push(id);
        }
    }
    Ok(model.without_policies(&idle))
}
