//! Accesses that have something in common, as scopes.
//!
//! Takes in apps under accounts by number, devices and users, gives out places: apps with the same users and
//! devices, each with the scope that holds these accesses and no other. The names of apps come from the caller:
//! they may be those of one set or of two.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::space::Opened;
use crate::analysis::engine::contexts::{Context, DeviceSet, contexts};
use crate::analysis::engine::covers::first_word;
use crate::analysis::engine::endpoints::every_endpoint;
use crate::analysis::engine::naming::{Names, Naming};
use crate::analysis::engine::users::{Chosen, Users};
use crate::bits::Bits;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::Model;
use crate::movement::Endpoint;
use crate::table::{Device, EndpointView};
use crate::vocabulary::{Channel, DeviceState, Platform, Side};

/// The names of apps under accounts, by platform.
pub(in crate::analysis) struct OpenedNames {
    names: Vec<Names>,
    /// A set that has a text of its own, with its apps by platform.
    known: Option<(String, BTreeMap<Platform, Bits>)>,
}

impl OpenedNames {
    pub(super) fn new(of: impl Fn(Platform) -> Names) -> Self {
        let names = Platform::ALL.iter().map(|platform| of(*platform)).collect();
        Self { names, known: None }
    }

    /// The names of all apps of a model under their accounts.
    pub(in crate::analysis) fn of(model: &Model) -> Self {
        Self::new(|platform| {
            // Nobody deploys apps to devices that nobody manages.
            let state = DeviceState::Unmanaged;
            let apps = every_endpoint(model, Channel::Share, Side::Source, platform, state);
            Naming::new(model).opened_names(&apps, platform)
        })
    }

    /// The names, with a text that stands for some apps under accounts and for no others.
    pub(in crate::analysis) fn with(
        mut self,
        text: String,
        apps: &BTreeMap<Platform, BTreeSet<Endpoint>>,
    ) -> Self {
        let numbered = apps.iter().filter_map(|(platform, apps)| {
            let names = self.names.get(platform.index())?;
            let mut bits = Bits::new(names.universe().len());
            for end in apps {
                bits.insert(names.position(EndpointView { end: *end, managed: false })?);
            }
            Some((*platform, bits))
        });
        let numbered = numbered.collect();
        // Of a set that names its apps, parts are named, too.
        if first_word(&text) != "any" {
            self.names = self.names.into_iter().map(|names| names.without("any")).collect();
        }
        self.known = Some((text, numbered));
        self
    }

    /// The number of an app under an account on its device.
    pub(in crate::analysis) fn number(&self, opened: &Opened) -> Option<usize> {
        let names = self.names.get(opened.device.platform.index())?;
        names.position(EndpointView { end: opened.endpoint(), managed: false })
    }

    /// Texts that together stand for some apps on a platform, each with its apps.
    fn texts(&self, platform: Platform, wanted: &Bits) -> Vec<(String, BTreeSet<Endpoint>)> {
        let Some(names) = self.names.get(platform.index()) else { return Vec::new() };
        let ends = |bits: &Bits| -> BTreeSet<Endpoint> {
            bits.iter().filter_map(|at| Some(names.universe().get(at)?.end)).collect()
        };
        if let Some((text, apps)) = &self.known
            && apps.get(&platform) == Some(wanted)
        {
            return vec![(text.clone(), ends(wanted))];
        }
        let texts = names.texts(wanted, &Bits::new(names.universe().len()));
        texts.iter().map(|(text, bits)| (text.clone(), ends(bits))).collect()
    }

    fn len(&self, platform: Platform) -> usize {
        self.names.get(platform.index()).map_or(0, |names| names.universe().len())
    }
}

/// Apps under accounts with the same users and devices.
pub(in crate::analysis) struct OpenedPlace {
    /// The text of the apps.
    apps: String,
    /// The apps.
    pub(in crate::analysis) ends: BTreeSet<Endpoint>,
    /// The users and devices.
    pub(in crate::analysis) context: Context,
}

impl fmt::Display for OpenedPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.apps, self.context)
    }
}

/// Accesses: by device, the numbers of apps under accounts, each with its users.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::analysis) struct Members(BTreeMap<(Platform, DeviceState), BTreeMap<usize, Cond>>);

impl Members {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an app under an account on a device, for some users.
    pub(in crate::analysis) fn add(
        &mut self,
        users: &mut Users,
        device: Device,
        number: usize,
        of: Cond,
    ) -> Result<(), LimitExceeded> {
        let here = self.0.entry((device.platform, device.state)).or_default();
        let known = here.entry(number).or_insert(Cond::FALSE);
        *known = users.manager().or(*known, of)?;
        Ok(())
    }

    /// Scopes that hold these accesses and no other. `people` are the names of the groups of people.
    pub(in crate::analysis) fn scopes(
        &self,
        users: &mut Users,
        people: &[&str],
        names: &OpenedNames,
    ) -> Result<Vec<String>, LimitExceeded> {
        let places = self.places(users, people, names)?;
        Ok(places.iter().map(|place| format!("launch {place}")).collect())
    }

    /// Places that hold these accesses and no other.
    pub(in crate::analysis) fn places(
        &self,
        users: &mut Users,
        people: &[&str],
        names: &OpenedNames,
    ) -> Result<Vec<OpenedPlace>, LimitExceeded> {
        let mut places: BTreeMap<(String, Cond), (BTreeSet<Endpoint>, DeviceSet)> = BTreeMap::new();
        for ((platform, state), apps) in &self.0 {
            let length = names.len(*platform);
            let mut alike: BTreeMap<Cond, Bits> = BTreeMap::new();
            for (number, users) in apps {
                alike.entry(*users).or_insert_with(|| Bits::new(length)).insert(*number);
            }
            for (users, wanted) in alike {
                for (text, own) in names.texts(*platform, &wanted) {
                    let (ends, devices) = places.entry((text, users)).or_default();
                    ends.extend(own);
                    devices.insert((*platform, [*state].into_iter().collect()));
                }
            }
        }
        let mut found = Vec::new();
        for ((text, of), (ends, devices)) in places {
            let contexts = contexts(users, people, (of, &Chosen::new()), &devices)?.into_iter();
            found.extend(contexts.map(|context| OpenedPlace {
                apps: text.clone(),
                ends: ends.clone(),
                context,
            }));
        }
        Ok(found)
    }
}
