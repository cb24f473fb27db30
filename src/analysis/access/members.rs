//! Accesses that have something in common, as scopes.
//!
//! Takes in apps under accounts by number, devices and users, gives out scopes that hold these accesses and no
//! other. The names of apps come from the caller: they may be those of one set or of two.

use std::collections::BTreeMap;

use crate::analysis::engine::contexts::{DeviceSet, contexts};
use crate::analysis::engine::naming::Names;
use crate::analysis::engine::users::{Chosen, Users};
use crate::bits::Bits;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::table::Device;
use crate::vocabulary::{DeviceState, Platform};

/// The names of apps under accounts, by platform.
pub(super) struct OpenedNames {
    names: Vec<Names>,
}

impl OpenedNames {
    pub(super) fn new(of: impl Fn(Platform) -> Names) -> Self {
        Self { names: Platform::ALL.iter().map(|platform| of(*platform)).collect() }
    }

    /// The names on a platform.
    pub(super) fn on(&self, platform: Platform) -> Option<&Names> {
        self.names.get(platform.index())
    }
}

/// Accesses: by device, the numbers of apps under accounts, each with its users.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Members(BTreeMap<(Platform, DeviceState), BTreeMap<usize, Cond>>);

impl Members {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an app under an account on a device, for some users.
    pub(super) fn add(
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
    pub(super) fn scopes(
        &self,
        users: &mut Users,
        people: &[&str],
        names: &OpenedNames,
    ) -> Result<Vec<String>, LimitExceeded> {
        let mut places: BTreeMap<(String, Cond), DeviceSet> = BTreeMap::new();
        for ((platform, state), apps) in &self.0 {
            let Some(names) = names.on(*platform) else { continue };
            let length = names.universe().len();
            let mut alike: BTreeMap<Cond, Bits> = BTreeMap::new();
            for (number, users) in apps {
                alike.entry(*users).or_insert_with(|| Bits::new(length)).insert(*number);
            }
            for (users, wanted) in alike {
                for (text, _) in names.texts(&wanted, &Bits::new(length)).iter() {
                    let devices = places.entry((text.clone(), users)).or_default();
                    devices.insert((*platform, [*state].into_iter().collect()));
                }
            }
        }
        let mut found = Vec::new();
        for ((text, of), devices) in places {
            let contexts = contexts(users, people, (of, &Chosen::new()), &devices)?;
            found.extend(contexts.iter().map(|context| format!("launch {text}{context}")));
        }
        Ok(found)
    }
}
