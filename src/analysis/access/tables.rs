//! Tables of accesses: for whom and where the facts decide alike, and how.
//!
//! Takes in a scope, gives out parts: accesses that no policy tells apart, with an interval of one fact for
//! each row, all others at rest. Rows that allow are left out.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cells::{Cell, FactCells, has_intervals, interval};
use super::space::{AccessSpace, Opened, applying, until};
use crate::access::{AccessEffect, AppAccess, Facts, Fired, FiredAnswer, RequirementsAnswer};
use crate::analysis::engine::naming::{Naming, names_of_users};
use crate::analysis::engine::query::Query;
use crate::analysis::engine::users::Chosen;
use crate::dd::Cond;
use crate::interpret::{AccessJudgement, judge_access};
use crate::limits::{LimitExceeded, Resource};
use crate::model::{
    AccessId, AccessKind, AccessScope, AccountReading, EndpointSet, Fact, Model, People, Term,
    UsersId, What,
};
use crate::movement::Context;
use crate::table::Device;
use crate::vocabulary::{Account, DeviceState, DeviceStates, Platform, Platforms, Reason};

/// Accesses of a scope that are decided alike, whatever the facts are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccessPart {
    /// The accesses, as scopes.
    pub scopes: Vec<String>,
    /// Whether some policy applies.
    pub enforced: bool,
    /// The reason for which none applies.
    pub reason: Option<Reason>,
    /// The values of facts that lead to something else than `allow`, fact by fact.
    pub rows: Vec<AccessRow>,
    /// What is required.
    pub requirements: RequirementsAnswer,
}

/// Values of one fact that are decided alike, where all other facts are at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccessRow {
    /// The tests that hold for these values and no other.
    pub when: String,
    /// The effect.
    pub effect: AccessEffect,
    /// The conditions that fire.
    pub fired: Vec<FiredAnswer>,
}

/// The parts of a scope: as few as policies tell apart.
pub(in crate::analysis) fn parts(
    query: &mut Query<'_>,
    scope: &AccessScope,
) -> Result<Vec<AccessPart>, LimitExceeded> {
    let space = AccessSpace::new(query, scope, None)?;
    let mut parts: Vec<(AccessPart, Members)> = Vec::new();
    space.visit(query, |query, opened| {
        let Some(facts) = space.facts(opened.device.platform) else { return Ok(until(false)) };
        for (users, example) in user_kinds(query, &opened)? {
            let part = part(query.model, &opened, &example, facts);
            let known = parts.iter_mut().find(|(known, _)| *known == part);
            match known {
                Some((_, members)) => members.add(&opened, users),
                None => {
                    let mut members = Members::default();
                    members.add(&opened, users);
                    parts.push((part, members));
                }
            }
        }
        Ok(until(false))
    })?;
    let named = parts
        .into_iter()
        .map(|(part, members)| Ok(AccessPart { scopes: members.scopes(query)?, ..part }));
    named.collect()
}

/// The users of an access in kinds for whom the same policies apply, or none for the same reason, each with the groups of one of them.
fn user_kinds(
    query: &mut Query<'_>,
    opened: &Opened,
) -> Result<Vec<(Cond, Vec<UsersId>)>, LimitExceeded> {
    /// The most kinds of users that are told apart at once.
    const MOST: usize = 256;
    let mut conditions: Vec<Cond> =
        applying(query, opened)?.into_iter().map(|(_, when)| when).collect();
    let reasons = query.reasons(opened.kind, opened.endpoint())?;
    conditions.extend(reasons.into_iter().map(|(_, when)| when));
    let mut kinds = vec![opened.users];
    for when in conditions {
        let mut next = Vec::new();
        for users in kinds {
            next.push(query.manager().and(users, when)?);
            next.push(query.manager().and_not(users, when)?);
        }
        next.retain(|users| !users.is_never());
        if next.len() > MOST {
            return Err(LimitExceeded::new(Resource::UserKinds, next.len(), MOST));
        }
        kinds = next;
    }
    let example = |users: Cond| Some((users, query.users.example(users)?));
    Ok(kinds.into_iter().filter_map(example).collect())
}

/// The part of an access for a user in some groups, without its scopes.
fn part(model: &Model, opened: &Opened, users: &[UsersId], facts: &[FactCells]) -> AccessPart {
    let Device { platform, state } = opened.device;
    let context = Context::new(model.attributes(), users, platform, state);
    let access = AppAccess { app: opened.app, account: opened.account, context };
    let decide = |facts: &Facts<'_>| judge_access(model, &access, facts);
    let plain = decide(&Facts::default());
    let plain = plain.decision.answer(&plain.details, model.directory());
    let rows = facts.iter().flat_map(|one| rows(model, one, &decide)).collect();
    AccessPart {
        scopes: Vec::new(),
        enforced: plain.enforced,
        reason: plain.reason,
        rows,
        requirements: plain.requirements,
    }
}

/// The rows of one fact: neighbouring intervals that are decided alike are one row. What other facts do without
/// a value is told in rows of their own.
fn rows(
    model: &Model,
    facts: &FactCells,
    decide: &dyn Fn(&Facts<'_>) -> AccessJudgement,
) -> Vec<AccessRow> {
    let mut found: Vec<(usize, usize, Vec<Fired>)> = Vec::new();
    for (at, cell) in facts.cells.iter().enumerate() {
        let mut fired = decide(&cell.facts(facts.fact)).details.fired;
        fired.retain(|one| fact_of(model, one.statement) == Some(facts.fact));
        if fired.is_empty() {
            continue;
        }
        let joins = matches!(cell, Cell::Number(_)) && has_intervals(facts.fact);
        match found.last_mut() {
            Some((_, last, known)) if joins && *last + 1 == at && *known == fired => *last = at,
            _ => found.push((at, at, fired)),
        }
    }
    let row = |(first, last, fired): (usize, usize, Vec<Fired>)| AccessRow {
        when: interval(facts, first, last),
        effect: fired.iter().map(|one| one.effect).max().unwrap_or(AccessEffect::Allow),
        fired: FiredAnswer::list(&fired, model.directory()),
    };
    found.into_iter().map(row).collect()
}

/// The fact that a launch condition asks for.
fn fact_of(model: &Model, statement: AccessId) -> Option<Fact> {
    let policy = model.policy(model.directory().access(statement).policy);
    let mut own = policy.access.iter();
    match &own.find(|one| one.id == statement)?.kind {
        AccessKind::Launch { condition, .. } => Some(condition.fact()),
        AccessKind::Require(_) => None,
    }
}

/// Devices, each with users.
type Places = Vec<(Platform, DeviceState, Cond)>;

/// The accesses of a part.
#[derive(Default)]
pub(in crate::analysis) struct Members {
    /// By app and account: devices with users.
    apps: BTreeMap<(u32, u8), Places>,
    opened: BTreeMap<(u32, u8), Opened>,
}

/// Apps under accounts with the same users and devices.
pub(in crate::analysis) struct Place {
    members: Vec<Opened>,
    pub(in crate::analysis) people: People,
    pub(in crate::analysis) platforms: Vec<Platform>,
    pub(in crate::analysis) states: DeviceStates,
}

impl Place {
    /// The scope of its accesses, without the keyword.
    pub(in crate::analysis) fn text(&self, model: &Model) -> String {
        let members: Vec<&Opened> = self.members.iter().collect();
        let people = Naming::people(&names_of_users(model), &self.people);
        scope_text(&names(model, &members), &people, &self.platforms, self.states)
    }

    /// The set of its apps under their accounts.
    pub(in crate::analysis) fn apps(&self) -> EndpointSet {
        let term = |one: &Opened| Term {
            what: What::App(one.app, Platforms::all()),
            accounts: AccountReading::Named([one.account].into_iter().collect()),
            deployed: false,
        };
        EndpointSet { terms: self.members.iter().map(term).collect(), except: Vec::new() }
    }
}

impl Members {
    pub(in crate::analysis) fn add(&mut self, opened: &Opened, users: Cond) {
        // There are three accounts.
        let key = (opened.app.number(), opened.account.index() as u8);
        let device = opened.device;
        self.apps.entry(key).or_default().push((device.platform, device.state, users));
        self.opened.entry(key).or_insert(*opened);
    }

    /// Scopes that hold these accesses and no other.
    pub(in crate::analysis) fn scopes(
        &self,
        query: &mut Query<'_>,
    ) -> Result<Vec<String>, LimitExceeded> {
        let places = self.places(query)?;
        Ok(places.iter().map(|place| format!("launch {}", place.text(query.model))).collect())
    }

    /// These accesses: apps with the same users and devices stand together.
    pub(in crate::analysis) fn places(
        &self,
        query: &mut Query<'_>,
    ) -> Result<Vec<Place>, LimitExceeded> {
        let mut alike: Vec<(&Places, Vec<Opened>)> = Vec::new();
        for (key, places) in &self.apps {
            let Some(opened) = self.opened.get(key) else { continue };
            match alike.iter_mut().find(|(known, _)| *known == places) {
                Some((_, members)) => members.push(*opened),
                None => alike.push((places, vec![*opened])),
            }
        }
        let mut found = Vec::new();
        for (places, members) in alike {
            for (users, platforms, states) in grouped(places) {
                for clause in query.users.clauses(users, &Chosen::default())? {
                    let (members, platforms) = (members.clone(), platforms.clone());
                    found.push(Place { members, people: clause.people, platforms, states });
                }
            }
        }
        Ok(found)
    }
}

/// Apps under accounts by name; an app under all of its accounts by its name alone.
fn names(model: &Model, members: &[&Opened]) -> Vec<String> {
    let naming = Naming::new(model);
    let name = |one: &Opened| naming.opened(one.app, one.account);
    let of_app = members.chunk_by(|a, b| a.app == b.app);
    let names = of_app.flat_map(|accounts| match accounts {
        [first, ..] if accounts.len() == Account::ALL.len() => {
            let name = name(first);
            let suffix = format!(" as {}", first.account);
            vec![name.strip_suffix(&suffix).map(str::to_owned).unwrap_or(name)]
        }
        _ => accounts.iter().map(|one| name(one)).collect(),
    });
    names.collect()
}

/// Devices with the same users: platforms with the same states stand together.
fn grouped(places: &[(Platform, DeviceState, Cond)]) -> Vec<(Cond, Vec<Platform>, DeviceStates)> {
    let mut by_platform: Vec<(Cond, Platform, DeviceStates)> = Vec::new();
    for (platform, state, users) in places {
        let known = by_platform.iter_mut().find(|(known, on, _)| known == users && on == platform);
        match known {
            Some((.., states)) => states.insert(*state),
            None => by_platform.push((*users, *platform, [*state].into_iter().collect())),
        }
    }
    let mut found: Vec<(Cond, Vec<Platform>, DeviceStates)> = Vec::new();
    for (users, platform, states) in by_platform {
        let is_whole = |on: Platform, states: DeviceStates| states == states_of(on);
        let joins = |(known, platforms, other): &&mut (Cond, Vec<Platform>, DeviceStates)| {
            let all = platforms.iter().all(|on| is_whole(*on, other.and(states_of(*on))));
            *known == users && (*other == states || all && is_whole(platform, states))
        };
        match found.iter_mut().find(joins) {
            Some((_, platforms, known)) => {
                platforms.push(platform);
                *known = known.or(states);
            }
            None => found.push((users, vec![platform], states)),
        }
    }
    found
}

/// The states that exist on a platform.
fn states_of(platform: Platform) -> DeviceStates {
    DeviceState::ALL.iter().copied().filter(|state| state.exists_on(platform)).collect()
}

fn scope_text(
    names: &[String],
    people: &str,
    platforms: &[Platform],
    states: DeviceStates,
) -> String {
    let mut text = names.join(", ");
    if people != "any" {
        text.push_str(&format!(" for {people}"));
    }
    text.push_str(&Naming::platforms(platforms, Platforms::all()));
    let all = platforms.iter().fold(DeviceStates::NONE, |all, on| all.or(states_of(*on)));
    text.push_str(&Naming::devices(states, all));
    text
}
