//! The policies that can decide something in a scope.
//!
//! Takes in one set or two and a scope, gives out the sets with every other policy emptied. What is decided in the scope
//! stays the same but for the reasons why no policy applies, and fewer endpoints have to be told apart: the cost of an
//! answer follows what it shows.

use std::borrow::Cow;

use super::align::Alignment;
use super::users::Users;
use crate::dd::Cond;
use crate::limits::{LimitExceeded, Limits};
use crate::model::{Model, People, PolicyId, Scope};
use crate::table::Clauses;

/// A set without the policies that are for none of the people and devices of a scope, or only report. Ids stay.
pub(in crate::analysis) fn relevant<'m>(
    model: &'m Model,
    scope: &Scope,
    limits: &Limits,
) -> Result<Cow<'m, Model>, LimitExceeded> {
    let clauses = Clauses::of(model).and(scope.people.iter());
    let users = Users::new(&clauses, model.attributes(), limits)?;
    let mut users = ScopedUsers::new(users, scope, scope.people.clone())?;
    let idle = users.idle(model, &Clone::clone)?;
    Ok(model.without_policies(&idle))
}

/// Two sets likewise, in a scope of the second one.
pub(in crate::analysis) fn relevant_of_both<'m>(
    models: [&'m Model; 2],
    scope: &Scope,
    limits: &Limits,
) -> Result<[Cow<'m, Model>; 2], LimitExceeded> {
    let [old, new] = models;
    let alignment = Alignment::new(models);
    let clauses = |side: usize, model: &Model| {
        Clauses::of(model).map(|people| alignment.clause(side, people))
    };
    let within = scope.people.as_ref().map(|people| alignment.clause(1, people));
    let clauses = clauses(0, old).joined(clauses(1, new)).and(within.iter());
    let users = Users::new(&clauses, alignment.attributes, limits)?;
    let mut users = ScopedUsers::new(users, scope, within)?;
    let of_old = users.idle(old, &|people| alignment.clause(0, people))?;
    let of_new = users.idle(new, &|people| alignment.clause(1, people))?;
    Ok([old.without_policies(&of_old), new.without_policies(&of_new)])
}

/// The people and devices of a scope.
struct ScopedUsers<'a> {
    users: Users,
    scope: &'a Scope,
    within: Cond,
}

impl<'a> ScopedUsers<'a> {
    fn new(
        mut users: Users,
        scope: &'a Scope,
        people: Option<People>,
    ) -> Result<Self, LimitExceeded> {
        let within = match &people {
            Some(people) => users.clause(people)?,
            None => Cond::TRUE,
        };
        Ok(Self { users, scope, within })
    }

    /// The policies of a set that decide nothing for them. `clause` numbers groups and filters as the users do.
    fn idle(
        &mut self,
        model: &Model,
        clause: &dyn Fn(&People) -> People,
    ) -> Result<Vec<PolicyId>, LimitExceeded> {
        let Self { users, scope, within } = self;
        let mut idle = Vec::new();
        for id in model.policy_ids() {
            let policy = model.policy(id);
            let of = users.clause(&clause(&policy.people))?;
            let is_on = policy.platforms.iter().any(|one| scope.platforms.contains(one))
                && policy.devices.iter().any(|state| scope.devices.contains(state));
            if policy.report_only || !is_on || users.manager().are_disjoint(of, *within)? {
                idle.push(id);
            }
        }
        Ok(idle)
    }
}
