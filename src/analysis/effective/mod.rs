//! The resultant policy: what holds for people in an app on their devices, from which policy, and why the others
//! do not apply.
//!
//! Takes in a scope of accesses, gives out kinds of people and devices: as few as the policies that apply, their
//! requirements and their launch conditions tell apart. `unmet` says why a policy does not apply. Movements are
//! asked about within each kind, where rules may tell more users apart.

mod applied;
mod unmet;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::access::members::{Members, OpenedNames, OpenedPlace};
use super::access::space::{AccessSpace, Opened, until};
use super::ask::partition::{self, Part};
use super::engine::naming::names_of_users;
use super::engine::query::Query;
use super::subject::Analysis;
use crate::access::{AccessEffect, AppAccess, Facts, RequirementsAnswer};
use crate::dd::Cond;
use crate::interpret::{AccessJudgement, judge_access};
use crate::limits::LimitExceeded;
use crate::model::{AccessKind, AccessScope, EndpointSet, Model, PolicyId, Scope, UsersId};
use crate::movement::{Context, Endpoint};
use crate::table::Device;
use crate::vocabulary::{Channel, Channels, Platform, Side};
pub use applied::AppliedPolicy;
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
    /// The levels of Microsoft's data protection framework that all of it reaches together, one for each platform;
    /// none where no policy applies.
    #[cfg(feature = "intune")]
    pub levels: Vec<super::framework::ReachedLevel>,
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
    with_movements: bool,
) -> Result<Vec<EffectiveKind>, LimitExceeded> {
    let query = &mut Query::of_question(analysis.model, analysis.limits(), scope.people.as_ref())?;
    let (kinds, all) = gather(query, scope)?;
    let mut names = OpenedNames::of(query.model);
    if let (Some(apps), Some(text)) = (all, &scope.asked) {
        names = names.with(text.clone(), &apps);
    }
    kinds.into_iter().map(|kind| finish(analysis, query, &names, (kind, with_movements))).collect()
}

/// Apps under accounts, by platform.
type Apps = BTreeMap<Platform, BTreeSet<Endpoint>>;

/// The kinds, and the apps of the scope, where those are the same for all its users.
fn gather(
    query: &mut Query<'_>,
    scope: &AccessScope,
) -> Result<(Vec<Kind>, Option<Apps>), LimitExceeded> {
    let space = AccessSpace::new(query, scope, None)?;
    let mut found: Vec<Kind> = Vec::new();
    let (mut apps, mut is_one) = (Apps::new(), true);
    space.visit(query, |query, opened| {
        is_one &= opened.users == space.within;
        apps.entry(opened.device.platform).or_default().insert(opened.endpoint());
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
    Ok((found, is_one.then_some(apps)))
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
    names: &OpenedNames,
    (kind, with_movements): (Kind, bool),
) -> Result<EffectiveKind, LimitExceeded> {
    let mut members = Members::default();
    for (opened, users) in &kind.places {
        let Some(number) = names.number(opened) else { continue };
        members.add(&mut query.users, opened.device, number, *users)?;
    }
    let people = names_of_users(query.model);
    let places = members.places(&mut query.users, &people, names)?;
    let mut movements = Vec::new();
    for place in places.iter().filter(|_| with_movements) {
        for side in [Side::Source, Side::Target] {
            movements.extend(partition::parts(analysis, &movements_of(place, side), None)?);
        }
    }
    Ok(EffectiveKind {
        scopes: places.iter().map(OpenedPlace::to_string).collect(),
        #[cfg(feature = "intune")]
        levels: levels(analysis, &kind, &places)?,
        applies: kind.applying.iter().map(|id| AppliedPolicy::of(query.model, *id)).collect(),
        others: unmet::others(query, names, &kind.applying, &kind.places)?,
        movements,
        requirements: kind.requirements,
        conditions: kind.conditions,
    })
}

/// The levels of the data protection framework that a kind reaches.
#[cfg(feature = "intune")]
fn levels(
    analysis: &Analysis<'_>,
    kind: &Kind,
    places: &[OpenedPlace],
) -> Result<Vec<super::framework::ReachedLevel>, LimitExceeded> {
    use super::framework::{Protected, ReachedLevel, apps_on, unmet};

    let model = analysis.model;
    let mut found = Vec::new();
    if kind.applying.is_empty() {
        return Ok(found);
    }
    let policies: Vec<String> =
        kind.applying.iter().map(|id| model.policy(*id).name.clone()).collect();
    for platform in Platform::ALL {
        let here = places.iter().filter(|place| place.context.on.contains(platform));
        let mut missing = None;
        for place in here {
            let place = Protected {
                apps: apps_on(model, place.ends.iter(), *platform),
                people: &place.context.clause,
                platform: *platform,
                states: place.context.states,
            };
            let own = unmet(analysis.checked, model, &place)?;
            missing.get_or_insert_with(BTreeSet::new).extend(own);
        }
        found.extend(missing.map(|unmet| ReachedLevel::new(*platform, &unmet, policies.clone())));
    }
    Ok(found)
}

/// The movements with an app of a place on one side, on the channels on which policies of that side decide.
fn movements_of(place: &OpenedPlace, side: Side) -> Scope {
    let apps = place.ends.iter().filter_map(|end| match end {
        Endpoint::App { app, account, .. } => Some((*app, *account)),
        Endpoint::Storage(_) | Endpoint::Place(_) => None,
    });
    let apps = Some(EndpointSet::of_apps(apps));
    let (from, to) = if side == Side::Source { (apps, None) } else { (None, apps) };
    let judged = Channel::ALL.iter().copied().filter(|one| one.judged_at(side));
    Scope {
        channels: judged.collect::<Channels>(),
        from,
        to,
        people: Some(place.context.clause.clone()),
        platforms: place.context.on.iter().copied().collect(),
        devices: place.context.states,
        ..Scope::everything()
    }
}
