//! The levels of Microsoft's data protection framework that decisions reach.
//!
//! Takes in a checked set and apps under accounts with people and devices on one platform, asks for every
//! requirement of the framework whether all decisions there are as strict, gives out those that are not met.
//! Movements are written as scopes and resolved in the set. The table of requirements is `intune::framework`.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use serde::Serialize;

use super::engine::query::Query;
use super::engine::space::ScopeSpace;
use crate::access::{AccessDecision, AppAccess, Facts};
use crate::compiler::Checked;
use crate::decision::Decision;
use crate::interpret::decide_access;
use crate::intune::framework::{Claim, LEVELS, Movements, Point, points};
use crate::limits::LimitExceeded;
use crate::model::{
    AccountReading, AppId, EndpointSet, Model, Origin, People, Scope, Term, Threat, UsersId, What,
};
use crate::movement::{Context, Endpoint};
use crate::table::DecisionId;
use crate::vocabulary::{Account, DeviceState, DeviceStates, Effect, Platform, Platforms, Side};

/// The level of the data protection framework that all policies reach together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ReachedLevel {
    /// The platform: levels ask for other things on each.
    pub platform: Platform,
    /// The highest level that is reached together with all levels below, 1 to 3; 0 for none.
    pub reached: u8,
    /// The requirements that are not met, of every level, in the order of the portal.
    pub missing: Vec<MissingPoint>,
    /// The policies that apply: each of them could add what is missing.
    pub policies: Vec<String>,
}

/// A requirement of the framework that is not met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MissingPoint {
    /// The level that introduces it.
    pub level: u8,
    /// The setting's title in the portal.
    pub setting: &'static str,
    /// The choice that the level requires, in the portal's words.
    pub asks: &'static str,
}

impl ReachedLevel {
    /// The level on a platform where some requirements are not met. `policies` are those that apply.
    pub(super) fn new(platform: Platform, unmet: &BTreeSet<usize>, policies: Vec<String>) -> Self {
        let missing: Vec<Point> =
            points(platform).filter(|point| unmet.contains(&point.number)).collect();
        let lowest = missing.iter().map(|point| point.level).min();
        let missing = missing.iter().map(|point| MissingPoint {
            level: point.level,
            setting: point.setting,
            asks: point.asks,
        });
        Self {
            platform,
            reached: lowest.map_or(LEVELS, |level| level.saturating_sub(1)),
            missing: missing.collect(),
            policies,
        }
    }
}

/// Apps under accounts, people and devices on one platform, to all of which the same policies apply.
pub(crate) struct Protected<'p> {
    /// The apps, each under an account.
    pub(crate) apps: Vec<(AppId, Account)>,
    /// The people.
    pub(crate) people: &'p People,
    /// The platform.
    pub(crate) platform: Platform,
    /// The device states.
    pub(crate) states: DeviceStates,
}

/// The numbers of the requirements that some decision of a model does not meet. The model is that of the checked
/// set, perhaps with other policies.
pub(crate) fn unmet(
    checked: &Checked,
    model: &Model,
    place: &Protected<'_>,
) -> Result<BTreeSet<usize>, LimitExceeded> {
    let all: Vec<(Point, Vec<Option<Scope>>)> = points(place.platform)
        .map(|point| (point, scopes(checked, model, place, point.claim)))
        .collect();
    let query = &mut Query::new(model, None, checked.limits(), [place.people].into_iter())?;
    let people = query.users.clause(place.people)?;
    let Some(user) = query.users.example(people) else { return Ok(BTreeSet::new()) };
    let mut found = BTreeSet::new();
    for (point, scopes) in &all {
        let is_met = match point.claim {
            Claim::Blocks(_) => {
                all_are(query, scopes, &|decision| decision.effect() == Effect::Block)?
            }
            Claim::Redacts(_) => all_are(query, scopes, &|decision| {
                decision.effect() == Effect::Block || decision.verdict.obligations.without_content
            })?,
            Claim::Requires(holds) => states(place).all(|state| {
                let decision = decide(model, place, &user, (state, &Facts::default()));
                decision.is_some_and(|one| holds(&one.requirements, state))
            }),
            Claim::Leads(least, facts) => states(place).all(|state| {
                facts.iter().all(|set| {
                    // A threat level that is not known would block by itself.
                    let mut facts = Facts { threat: Some(Threat::Secured), ..Facts::default() };
                    set(&mut facts);
                    let decision = decide(model, place, &user, (state, &facts));
                    decision.is_some_and(|one| one.effect >= least)
                })
            }),
        };
        if !is_met {
            found.insert(point.number);
        }
    }
    Ok(found)
}

/// The scopes of the movements of a requirement. `None` where the set cannot resolve them; it is not met then.
fn scopes(
    checked: &Checked,
    model: &Model,
    place: &Protected<'_>,
    claim: Claim,
) -> Vec<Option<Scope>> {
    let all = match claim {
        Claim::Blocks(all) => all,
        Claim::Redacts(channels) => {
            let all = Movements { channels, side: Side::Target, others: "any", except: &[] };
            return vec![scope_of(checked, model, place, &all)];
        }
        Claim::Requires(_) | Claim::Leads(..) => &[],
    };
    all.iter().map(|movements| scope_of(checked, model, place, movements)).collect()
}

/// The device states of a place that exist on its platform.
fn states(place: &Protected<'_>) -> impl Iterator<Item = DeviceState> {
    let platform = place.platform;
    place.states.iter().filter(move |state| state.exists_on(platform))
}

/// The decision about an access to one of the apps: to the others the same policies apply.
fn decide(
    model: &Model,
    place: &Protected<'_>,
    user: &[UsersId],
    (state, facts): (DeviceState, &Facts<'_>),
) -> Option<AccessDecision> {
    let (app, account) = *place.apps.first()?;
    let context = Context::new(model.attributes(), user, place.platform, state);
    Some(decide_access(model, &AppAccess { app, account, context }, facts))
}

/// Movements between the apps of a place and others. `None` where the set knows none of them.
fn scope_of(
    checked: &Checked,
    model: &Model,
    place: &Protected<'_>,
    Movements { channels, side, others: named, except }: &Movements,
) -> Option<Scope> {
    let word = if *side == Side::Source { "from" } else { "to" };
    let is_known = |name: &&&str| {
        name.contains(' ')
            || model.apps().iter().any(|one| one.name == **name)
            || model.storages().iter().any(|one| one.name == **name)
            || model.groups().iter().any(|one| one.name == **name)
    };
    let except: Vec<&str> = except.iter().filter(is_known).copied().collect();
    let mut text = format!("{channels} {word} {named}");
    if !except.is_empty() {
        text.push_str(&format!(" except {}", except.join(", ")));
    }
    let scope = checked.question(&text).ok()?;
    let apps = Some(EndpointSet::of_apps(place.apps.iter().copied()));
    let mut others = if *side == Side::Source { scope.from } else { scope.to };
    // Apps that rules name by an id are no unlisted ones here: the framework lets a policy name some.
    if let Some(set) = others.as_mut().filter(|_| *named == "unlisted") {
        let by_id = model.app_ids().filter(|app| model.app(*app).origin == Origin::Id);
        set.except.extend(by_id.map(|app| Term {
            what: What::App(app, Platforms::all()),
            accounts: AccountReading::Every,
            deployed: false,
        }));
    }
    let (from, to) = if *side == Side::Source { (others, apps) } else { (apps, others) };
    Some(Scope {
        from,
        to,
        people: Some(place.people.clone()),
        platforms: [place.platform].into_iter().collect(),
        devices: place.states,
        ..scope
    })
}

/// Whether every decision about the movements of some scopes is as asked.
fn all_are<'q>(
    query: &mut Query<'q>,
    scopes: &'q [Option<Scope>],
    is_as_asked: &dyn Fn(&Decision) -> bool,
) -> Result<bool, LimitExceeded> {
    for scope in scopes {
        let Some(scope) = scope else { return Ok(false) };
        let mut all = true;
        ScopeSpace::new(query, scope, None)?.visit(query, |space, query, pair| {
            let outcome = space.outcome(query, pair)?;
            let mut decisions = query.users.combiner.manager.terminals(outcome).into_iter();
            all = decisions
                .all(|id| id == DecisionId::NONE || is_as_asked(&query.users.decision(id)));
            Ok(if all { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })?;
        if !all {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The apps among some endpoints that exist on a platform, each under its account.
pub(super) fn apps_on<'e>(
    model: &Model,
    ends: impl Iterator<Item = &'e Endpoint>,
    platform: Platform,
) -> Vec<(AppId, Account)> {
    let apps = ends.filter_map(|end| match end {
        Endpoint::App { app, account, .. } if model.exists(*app, platform) => {
            Some((*app, *account))
        }
        _ => None,
    });
    apps.collect()
}
