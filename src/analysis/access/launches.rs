//! The launch conditions in force on accesses, fact by fact.
//!
//! Takes in a query, gives out for each kind of app and device the conditions on each fact, with their users and
//! their effects on the cells of the fact. Accesses with the same conditions are shown once.

use std::collections::BTreeSet;

use super::cells::{FactCells, cells, on_platform};
use super::space::{AccessSpace, applying, conditions, until};
use crate::access::AccessEffect;
use crate::analysis::engine::query::Query;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::{Access, AccessKind, AccessScope, PolicyId};
use crate::table::Device;

/// A launch condition in force.
pub(in crate::analysis) struct PlacedLaunch<'m> {
    pub(in crate::analysis) policy: PolicyId,
    pub(in crate::analysis) access: &'m Access,
    /// The users to whom its policy applies.
    pub(in crate::analysis) users: Cond,
    /// Its effect on each cell of the fact; the first cell is the unknown value.
    pub(in crate::analysis) effects: Vec<AccessEffect>,
}

/// The launch conditions on one fact that are in force on some accesses.
pub(in crate::analysis) struct Launches<'m> {
    /// The number of cells of the fact, the unknown one among them.
    pub(in crate::analysis) cells: usize,
    pub(in crate::analysis) list: Vec<PlacedLaunch<'m>>,
}

/// Shows the launch conditions on every fact, for each kind of accesses.
pub(in crate::analysis) fn visit_launches<'m>(
    query: &mut Query<'m>,
    see: &mut dyn FnMut(&mut Query<'m>, &Launches<'m>) -> Result<(), LimitExceeded>,
) -> Result<(), LimitExceeded> {
    let model = query.model;
    let all = cells(&conditions(model), &[]);
    visit_applying(query, &mut |query, device, policies| {
        for FactCells { fact, cells } in on_platform(&all, device.platform) {
            let mut list = Vec::new();
            for (policy, users) in policies {
                for access in &model.policy(*policy).access {
                    let AccessKind::Launch { action, condition } = &access.kind else { continue };
                    if condition.fact() == fact && access.is_on(device.platform, device.state) {
                        let effects =
                            cells.iter().map(|cell| cell.effect((*action, condition))).collect();
                        list.push(PlacedLaunch { policy: *policy, access, users: *users, effects });
                    }
                }
            }
            if !list.is_empty() {
                see(query, &Launches { cells: cells.len(), list })?;
            }
        }
        Ok(())
    })
}

/// A device with the policies that apply to some app on it, each with its users.
type Applying<'v, 'm> =
    dyn FnMut(&mut Query<'m>, Device, &[(PolicyId, Cond)]) -> Result<(), LimitExceeded> + 'v;

/// Shows the policies with statements about accesses that apply together, for each kind of accesses.
pub(in crate::analysis) fn visit_applying<'m>(
    query: &mut Query<'m>,
    see: &mut Applying<'_, 'm>,
) -> Result<(), LimitExceeded> {
    let everything = AccessScope::everything();
    let space = AccessSpace::new(query, &everything, None)?;
    let mut known: BTreeSet<(Device, Vec<(PolicyId, Cond)>)> = BTreeSet::new();
    let mut kinds = Vec::new();
    space.visit(query, |query, opened| {
        let kind = (opened.device, applying(query, &opened)?);
        if !kind.1.is_empty() && known.insert(kind.clone()) {
            kinds.push(kind);
        }
        Ok(until(false))
    })?;
    kinds.iter().try_for_each(|(device, policies)| see(query, *device, policies))
}
