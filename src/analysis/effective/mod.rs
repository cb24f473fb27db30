//! The resultant policy: what holds for people in an app on their devices, from which policy, and why the others
//! do not apply.
//!
//! Takes in a scope of accesses, gives out kinds of people and devices: as few as the policies that apply, their
//! requirements and their launch conditions tell apart. `unmet` says why a policy does not apply. Movements are
//! asked about within each kind, where rules may tell more users apart.

mod applied;
mod places;
mod unmet;

use std::collections::BTreeSet;

use serde::Serialize;

use super::access::space::{AccessSpace, Opened, until};
use super::ask::partition::{self, Part};
use super::engine::query::Query;
use super::subject::Analysis;
use crate::access::{AccessEffect, AppAccess, Facts, RequirementsAnswer};
use crate::dd::Cond;
use crate::interpret::{AccessJudgement, judge_access};
use crate::limits::LimitExceeded;
use crate::model::{AccessKind, AccessScope, Model, PolicyId, Scope, UsersId};
use crate::movement::Context;
use crate::table::Device;
use crate::vocabulary::{Channel, Channels, Side};
pub use applied::AppliedPolicy;
use places::Accesses;
pub use unmet::{Unapplied, Unmet, UnmetTest};

/// People in an app on devices for whom the same holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct EffectiveKind {
    /// The apps, accounts, people and devices, as `launch` scopes without the keyword.
    pub scopes: Vec<String>,
    /// The policies that apply, as declared.
    pub applies: Vec<AppliedPolicy>,
    /// The policies that do not, as declared.
    pub others: Vec<Unapplied>,
    /// What may leave the app and what may come in: the parts of both that are decided alike.
    pub movements: Vec<Part>,
    /// What is required to open the app.
    pub requirements: RequirementsAnswer,
    /// The launch conditions in force, as declared.
    pub conditions: Vec<EffectiveCondition>,
}

/// A launch condition in force.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct EffectiveCondition {
    /// The policy that states it.
    pub policy: String,
    /// The effect when it fires.
    pub effect: AccessEffect,
    /// Its canonical text, such as `block when os < 17.0`.
    pub rule: String,
    /// The file in which it stands.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// The text for whoever is warned or refused.
    pub because: Option<String>,
}

/// A kind while it is gathered.
struct Kind {
    applying: BTreeSet<PolicyId>,
    requirements: RequirementsAnswer,
    conditions: Vec<EffectiveCondition>,
    /// The apps and devices, each with its users.
    places: Vec<(Opened, Cond)>,
}

/// The kinds of a scope, in the order of its devices and apps.
pub(super) fn effective(
    analysis: &Analysis<'_>,
    scope: &AccessScope,
) -> Result<Vec<EffectiveKind>, LimitExceeded> {
    let query = &mut Query::new(analysis.model, None, analysis.limits(), scope.people.iter())?;
    let kinds = gather(query, scope)?;
    kinds.into_iter().map(|kind| finish(analysis, query, kind)).collect()
}

fn gather(query: &mut Query<'_>, scope: &AccessScope) -> Result<Vec<Kind>, LimitExceeded> {
    let space = AccessSpace::new(query, scope, None)?;
    let mut found: Vec<Kind> = Vec::new();
    space.visit(query, |query, opened| {
        for (applying, users) in user_kinds(query, &opened)? {
            let Some(example) = query.users.example(users) else { continue };
            let requirements = requirements(query.model, &opened, &example);
            let conditions = conditions(query.model, &opened, &applying);
            let is_it = |kind: &&mut Kind| {
                kind.applying == applying
                    && kind.requirements == requirements
                    && kind.conditions == conditions
            };
            match found.iter_mut().find(is_it) {
                Some(kind) => kind.places.push((opened, users)),
                None => {
                    let places = vec![(opened, users)];
                    found.push(Kind { applying, requirements, conditions, places });
                }
            }
        }
        Ok(until(false))
    })?;
    Ok(found)
}

/// The users of an access in kinds for whom the same live policies apply, each with these policies.
fn user_kinds(
    query: &mut Query<'_>,
    opened: &Opened,
) -> Result<Vec<(BTreeSet<PolicyId>, Cond)>, LimitExceeded> {
    let mut policies = Vec::new();
    for id in query.model.policy_ids().filter(|id| !query.model.policy(*id).report_only) {
        policies.push((id, unmet::applies(query, id, opened)?));
    }
    let kinds = query.users.kinds(opened.users, policies.iter().map(|(_, when)| *when))?;
    let mut found = Vec::with_capacity(kinds.len());
    for users in kinds {
        let mut applying = BTreeSet::new();
        for (id, when) in &policies {
            if !query.manager().are_disjoint(users, *when)? {
                applying.insert(*id);
            }
        }
        found.push((applying, users));
    }
    Ok(found)
}

/// What is required of a user in some groups to open an app.
fn requirements(model: &Model, opened: &Opened, users: &[UsersId]) -> RequirementsAnswer {
    let Device { platform, state } = opened.device;
    let context = Context::new(model.attributes(), users, platform, state);
    let access = AppAccess { app: opened.app, account: opened.account, context };
    let AccessJudgement { decision, details, .. } = judge_access(model, &access, &Facts::default());
    decision.answer(&details, model.directory()).requirements
}

/// The launch conditions of some policies that are for a device.
fn conditions(
    model: &Model,
    opened: &Opened,
    policies: &BTreeSet<PolicyId>,
) -> Vec<EffectiveCondition> {
    let (directory, Device { platform, state }) = (model.directory(), opened.device);
    let of = |id: PolicyId| model.policy(id).access.iter();
    let here = policies
        .iter()
        .flat_map(|id| of(*id))
        .filter(|one| one.platforms.contains(platform) && one.devices.contains(state));
    let conditions = here.filter_map(|one| match &one.kind {
        AccessKind::Launch { action, condition } if condition.fact().exists_on(platform) => {
            let entry = directory.access(one.id);
            Some(EffectiveCondition {
                policy: directory.policy(entry.policy).name.to_owned(),
                effect: AccessEffect::from(*action),
                rule: entry.text.to_owned(),
                file: entry.file.to_owned(),
                line: entry.line,
                because: entry.because.map(str::to_owned),
            })
        }
        AccessKind::Launch { .. } | AccessKind::Require(_) => None,
    });
    conditions.collect()
}

fn finish(
    analysis: &Analysis<'_>,
    query: &mut Query<'_>,
    kind: Kind,
) -> Result<EffectiveKind, LimitExceeded> {
    let model = query.model;
    let mut members = Accesses::default();
    kind.places.iter().for_each(|(opened, users)| members.add(opened, *users));
    let (mut scopes, mut movements) = (Vec::new(), Vec::new());
    for place in members.places(query)? {
        scopes.push(place.text(model));
        for side in [Side::Source, Side::Target] {
            let apps = Some(place.apps());
            let (from, to) = if side == Side::Source { (apps, None) } else { (None, apps) };
            let judged = Channel::ALL.iter().copied().filter(|one| one.judged_at(side));
            let scope = Scope {
                channels: judged.collect::<Channels>(),
                from,
                to,
                people: Some(place.people.clone()),
                platforms: place.platforms.iter().copied().collect(),
                devices: place.states,
                unnamed: Vec::new(),
                asked: [None, None],
            };
            movements.extend(partition::parts(analysis, &scope)?);
        }
    }
    Ok(EffectiveKind {
        scopes,
        applies: kind.applying.iter().map(|id| AppliedPolicy::of(model, *id)).collect(),
        others: unmet::others(query, &kind.applying, &kind.places)?,
        movements,
        requirements: kind.requirements,
        conditions: kind.conditions,
    })
}
