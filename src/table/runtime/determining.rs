//! Determining rules of one movement, for the user who moves data.
//!
//! Takes in resolved movements, gives out the rules and defaults behind their decisions. This goes through
//! the rules of all policies that apply: the matrices are not asked.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers are of the table itself, since its stamp is checked first"
)]

use super::super::applicability::{AppApplicability, ParticipantLists, View};
use super::super::attribution::{Attribution, EveryRule, determining};
use super::super::ir::{ClassKey, Device};
use super::super::logic::OneUser;
use super::resolved::Resolved;
use super::table::Table;
use crate::decision::{Answer, Determining, DeterminingRule};
use crate::model::PolicyId;
use crate::request::{Request, ResolveError};
use crate::vocabulary::Side;

impl Table {
    /// The rules and defaults that determine the decision about a movement. This takes much longer than
    /// the decision itself.
    #[must_use]
    pub fn determining(&self, movement: &Resolved) -> Determining {
        if movement.stamp != self.0.stamp || movement.stays_inside() {
            return Determining::default();
        }
        let policies = self.0.ir.policies.iter().enumerate();
        let report_only = policies.filter(|(_, policy)| policy.report_only);
        let report_only = report_only.map(|(id, _)| PolicyId::new(id));
        Determining {
            by: self.determining_of(movement, None),
            report_only: report_only
                .flat_map(|id| self.determining_of(movement, Some(id)))
                .collect(),
        }
    }

    /// The determining rules of the live policies; with `what_if`, those of that report-only policy as if
    /// it were live.
    fn determining_of(
        &self,
        movement: &Resolved,
        what_if: Option<PolicyId>,
    ) -> Vec<DeterminingRule> {
        let data = &*self.0;
        let (device, channel) = (data.devices.witnesses[movement.kind.index()], movement.channel);
        let logic =
            &mut OneUser { nodes: &data.nodes, is_member: |one| movement.groups.contains(one) };
        let endpoints = [(Side::Source, movement.source), (Side::Target, movement.target)];
        let mut views = Vec::with_capacity(2);
        for (side, endpoint) in endpoints {
            views.push(self.views(logic, device, side, endpoint, what_if));
        }
        let [source, target] = views.as_slice() else { return Vec::new() };
        let views = [source.as_slice(), target];
        let (ir, of_policy) = (&data.ir, what_if);
        let matching = &EveryRule { ir, channel, device };
        let without = None;
        let attribution = Attribution { ir, channel, device, views, of_policy, without, matching };
        // The logic of one user creates no nodes, so that no limit can be met.
        let applicable_rules = attribution.applicable_rules(logic).unwrap_or_default();
        determining(&data.ir, applicable_rules, movement.characters)
    }

    /// The one view in which rules see an endpoint for a user.
    fn views<F: Fn(u32) -> bool>(
        &self,
        logic: &mut OneUser<'_, F>,
        device: Device,
        side: Side,
        endpoint: u32,
        what_if: Option<PolicyId>,
    ) -> Vec<View<bool>> {
        let data = &*self.0;
        let classes = &data.classes[side as usize];
        let class = classes.of_endpoint[endpoint as usize] as usize;
        let ClassKey::App { class: apps, account, deployed } = classes.keys[class] else {
            return vec![View::of_other(class, true)];
        };
        let app = classes.apps[apps as usize];
        let lists = &mut ParticipantLists::default();
        let app = AppApplicability::new(&data.ir, logic, device, app, what_if, lists);
        let key = (apps, account, deployed);
        let views = app.and_then(|app| app.views(&data.ir, logic, device, classes, key));
        views.unwrap_or_default()
    }

    /// The decision about a movement with its determining rules, every id spelt out.
    #[must_use]
    pub fn spell_out(&self, movement: &Resolved) -> Answer {
        self.decide(movement).answer(&self.determining(movement), &self.0.directory)
    }

    /// Decides a request and spells the answer out, as `mam decide` prints it.
    ///
    /// # Errors
    ///
    /// When the request cannot be resolved.
    pub fn answer(&self, request: &Request<'_>) -> Result<Answer, ResolveError> {
        Ok(self.spell_out(&self.resolve(request)?))
    }
}
