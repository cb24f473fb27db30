//! Which policies apply to which apps in a context.
//!
//! Takes in a model and a context, gives out a set of apps per policy. Policies that others yield to
//! are worked out first, so that no recursion is needed.

use super::users::is_meant;
use crate::bits::Bits;
use crate::model::{Model, PolicyId, Yields};
use crate::movement::Context;
use crate::vocabulary::DeviceState;

/// The policies of a model in an order in which each comes behind those that it yields to.
#[derive(Debug, Clone)]
pub(crate) struct Precedence {
    /// Each policy with the live ones that it yields to.
    order: Vec<(PolicyId, Vec<PolicyId>)>,
}

impl Precedence {
    pub(crate) fn new(model: &Model) -> Self {
        let mut left: Vec<_> = model.policy_ids().map(|id| (id, above(model, id))).collect();
        let mut placed = vec![false; left.len()];
        let mut order = Vec::with_capacity(left.len());
        // The checker refuses circles, so every round places at least one policy.
        while !left.is_empty() {
            let (ready, rest): (Vec<_>, Vec<_>) = left
                .into_iter()
                .partition(|(_, above)| above.iter().all(|other| placed[other.index()]));
            ready.iter().for_each(|(id, _)| placed[id.index()] = true);
            left = if ready.is_empty() { Vec::new() } else { rest };
            order.extend(ready);
        }
        Self { order }
    }

    /// By policy, the apps to which it applies, whatever the account.
    pub(crate) fn applies(&self, model: &Model, context: &Context) -> Vec<Bits> {
        let mut applies = vec![Bits::new(model.apps().len()); model.policies().len()];
        for (id, above) in &self.order {
            let policy = model.policy(*id);
            let passes = is_meant(&policy.people, &context.users)
                && policy.platforms.contains(context.platform)
                && policy.devices.contains(context.state);
            if !passes {
                continue;
            }
            for (app, on) in &policy.protect {
                let one = model.app(*app);
                let unsupported = one.on_premises && context.state == DeviceState::Configmgr;
                let holds = on.contains(context.platform)
                    && one.platforms.contains(context.platform)
                    && !unsupported
                    && !above.iter().any(|other| applies[other.index()].contains(app.index()));
                if holds {
                    applies[id.index()].insert(app.index());
                }
            }
        }
        applies
    }
}

/// The live policies that a policy yields to; one that only reports never counts.
fn above(model: &Model, id: PolicyId) -> Vec<PolicyId> {
    let counts = |id: &PolicyId| !model.policy(*id).report_only;
    match &model.policy(id).yields {
        Yields::No => Vec::new(),
        Yields::To(ids) => ids.iter().copied().filter(counts).collect(),
        Yields::Any => {
            let stays = |id: &PolicyId| model.policy(*id).yields != Yields::Any;
            model.policy_ids().filter(counts).filter(stays).collect()
        }
    }
}
