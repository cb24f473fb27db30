//! Places: apps with the same users and devices, of which rules are asked.
//!
//! Takes in accesses one by one, gives out apps, users and devices that stand together, as text and as parts of
//! scopes. What holds there is not known here.

use std::collections::BTreeMap;

use crate::analysis::access::space::Opened;
use crate::analysis::engine::naming::{Naming, names_of_users};
use crate::analysis::engine::query::Query;
use crate::analysis::engine::users::Chosen;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::{AccountReading, EndpointSet, Model, People, Term, What};
use crate::vocabulary::{Account, DeviceState, DeviceStates, Platform, Platforms};

/// Devices, each with users.
type UserPlaces = Vec<(Platform, DeviceState, Cond)>;

/// Accesses for which the same holds.
#[derive(Default)]
pub(super) struct Accesses {
    /// By app and account: devices with users.
    apps: BTreeMap<(u32, u8), UserPlaces>,
    opened: BTreeMap<(u32, u8), Opened>,
}

/// Apps under accounts with the same users and devices.
pub(super) struct Place {
    members: Vec<Opened>,
    pub(super) people: People,
    pub(super) platforms: Vec<Platform>,
    pub(super) states: DeviceStates,
}

impl Place {
    /// The scope of its accesses, without the keyword.
    pub(super) fn text(&self, model: &Model) -> String {
        let members: Vec<&Opened> = self.members.iter().collect();
        let people = Naming::people(&names_of_users(model), &self.people);
        scope_text(&names(model, &members), &people, &self.platforms, self.states)
    }

    /// The set of its apps under their accounts.
    pub(super) fn apps(&self) -> EndpointSet {
        let term = |one: &Opened| Term {
            what: What::App(one.app, Platforms::all()),
            accounts: AccountReading::Named([one.account].into_iter().collect()),
            deployed: false,
        };
        EndpointSet { terms: self.members.iter().map(term).collect(), except: Vec::new() }
    }
}

impl Accesses {
    pub(super) fn add(&mut self, opened: &Opened, users: Cond) {
        // There are three accounts.
        let key = (opened.app.number(), opened.account.index() as u8);
        let device = opened.device;
        self.apps.entry(key).or_default().push((device.platform, device.state, users));
        self.opened.entry(key).or_insert(*opened);
    }

    /// Scopes that hold these accesses and no other.
    pub(super) fn scopes(&self, query: &mut Query<'_>) -> Result<Vec<String>, LimitExceeded> {
        let places = self.places(query)?;
        Ok(places.iter().map(|place| format!("launch {}", place.text(query.model))).collect())
    }

    /// These accesses: apps with the same users and devices stand together.
    pub(super) fn places(&self, query: &mut Query<'_>) -> Result<Vec<Place>, LimitExceeded> {
        let mut alike: Vec<(&UserPlaces, Vec<Opened>)> = Vec::new();
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
