//! Contexts: users and devices as clauses of scopes.
//!
//! Takes in a condition on users and a set of devices, gives out boxes of users, platforms and device states,
//! each with its text. Endpoints are not known here.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::naming::Naming;
use super::users::{Chosen, Users};
use crate::dd::{Cond, Manager};
use crate::limits::LimitExceeded;
use crate::model::People;
use crate::vocabulary::{DeviceState, DeviceStates, Platform, Platforms};

/// Platforms with device states.
pub(in crate::analysis) type DeviceSet = BTreeSet<(Platform, DeviceStates)>;

/// Findings about users on devices. Those of like contexts are one.
pub(in crate::analysis) trait Joinable {
    /// Whether another context is told in the same words.
    fn is_like(&self, other: &Self) -> bool;

    /// Adds the findings of a context that is like this one.
    fn join(&mut self, other: Self);
}

/// A context while contexts are gathered: the users and devices for whom a finding holds.
pub(in crate::analysis) struct Gathered<F> {
    pub(in crate::analysis) what: F,
    pub(in crate::analysis) users: Cond,
    pub(in crate::analysis) devices: DeviceSet,
}

/// Adds the findings on a block of devices: users who are decided alike are joined, then devices with the same
/// users.
pub(in crate::analysis) fn gather<F: Joinable>(
    manager: &mut Manager,
    found: &mut Vec<Gathered<F>>,
    devices: (Platform, DeviceStates),
    kinds: Vec<(F, Cond)>,
) -> Result<(), LimitExceeded> {
    let mut of_block: Vec<(F, Cond)> = Vec::new();
    for (what, users) in kinds {
        match of_block.iter_mut().find(|(known, _)| known.is_like(&what)) {
            Some((known, all)) => {
                known.join(what);
                *all = manager.or(*all, users)?;
            }
            None => of_block.push((what, users)),
        }
    }
    for (what, users) in of_block {
        let is_it = |one: &&mut Gathered<F>| one.users == users && one.what.is_like(&what);
        match found.iter_mut().find(is_it) {
            Some(known) => {
                known.devices.insert(devices);
                known.what.join(what);
            }
            None => found.push(Gathered { what, users, devices: [devices].into_iter().collect() }),
        }
    }
    Ok(())
}

/// A box of users, platforms and device states. Each text is a clause with a blank in front, or empty where
/// the clause is not needed.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Context {
    pub(in crate::analysis) people: String,
    pub(in crate::analysis) platforms: String,
    pub(in crate::analysis) devices: String,
    pub(in crate::analysis) on: Vec<Platform>,
    /// The device states, as far as they exist on the platforms.
    pub(in crate::analysis) states: DeviceStates,
    /// The clause of the users.
    pub(in crate::analysis) clause: People,
    /// The users.
    pub(in crate::analysis) users: Cond,
    /// The groups that the clause of the users names of variables with several.
    pub(in crate::analysis) chosen: Chosen,
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { people, platforms, devices, .. } = self;
        write!(f, "{people}{platforms}{devices}")
    }
}

/// Users and devices in boxes. `names` are those of the groups of people; `chosen` are the groups that
/// clauses name already.
pub(in crate::analysis) fn contexts(
    users: &mut Users,
    names: &[&str],
    (of, chosen): (Cond, &Chosen),
    devices: &DeviceSet,
) -> Result<Vec<Context>, LimitExceeded> {
    let clauses = users.clauses(of, chosen)?;
    let text = |people: &People| match people {
        People::Some { of: None, except } if except.is_empty() => String::new(),
        _ => format!(" for {}", Naming::people(names, people)),
    };
    let mut found = Vec::new();
    for (devices, (on, states)) in by_devices(devices) {
        let platforms = Naming::platforms(&on, Platforms::all());
        found.extend(clauses.iter().map(|clause| Context {
            people: text(&clause.people),
            platforms: platforms.clone(),
            devices: devices.clone(),
            on: on.clone(),
            states,
            clause: clause.people.clone(),
            users: clause.users,
            chosen: clause.chosen.clone(),
        }));
    }
    Ok(found)
}

/// The clauses of device states, each with its platforms and with the states on any of them.
fn by_devices(devices: &DeviceSet) -> BTreeMap<String, (Vec<Platform>, DeviceStates)> {
    let mut states: BTreeMap<Platform, DeviceStates> = BTreeMap::new();
    for (platform, some) in devices {
        let all = states.entry(*platform).or_insert(DeviceStates::NONE);
        *all = all.or(*some);
    }
    let mut found: BTreeMap<String, (Vec<Platform>, DeviceStates)> = BTreeMap::new();
    for (platform, states) in states {
        let all = DeviceState::ALL.iter().copied().filter(|one| one.exists_on(platform));
        let text = Naming::devices(states, all.collect());
        let (on, known) = found.entry(text).or_default();
        on.push(platform);
        *known = known.or(states);
    }
    found
}
