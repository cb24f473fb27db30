//! What heads reach: which one covers another, and where two meet.
//!
//! Takes in heads, gives out whether people, apps and devices of one are those of another. To cover is read
//! strictly, and to meet generously: of what an export does not say, nothing is covered, and all can meet.

use std::collections::BTreeSet;

use super::apps::{CORE, MICROSOFT, ProtectedApps};
use super::assignments::{Assignee, Assignees};
use super::head::Head;
use crate::intune::names::Names;
use crate::vocabulary::{DeviceStates, Platform};

impl Head {
    /// Whether it reaches whatever another one does on a platform: its people, apps and devices. What an export
    /// does not say is reached by nothing.
    pub(in crate::intune) fn covers(
        &self,
        other: &Self,
        platform: Platform,
        names: &Names,
    ) -> bool {
        self.assignees.covers(&other.assignees)
            && self.devices(platform).covers(other.devices(platform), platform)
            && self.covers_apps(other, names)
    }

    fn covers_apps(&self, other: &Self, names: &Names) -> bool {
        let has_all = |apps: &BTreeSet<String>| apps.iter().all(|app| self.protects(app, names));
        let has_beside = has_all(&other.beside);
        match (&self.apps, &other.apps) {
            (ProtectedApps::Unknown, _) | (_, ProtectedApps::Unknown) => false,
            (ProtectedApps::All, _) => true,
            (_, ProtectedApps::Selected(apps)) => has_all(apps),
            (ProtectedApps::Microsoft, ProtectedApps::Microsoft | ProtectedApps::Core)
            | (ProtectedApps::Core, ProtectedApps::Core) => has_beside,
            (ProtectedApps::Microsoft, ProtectedApps::All)
            | (ProtectedApps::Core, ProtectedApps::All | ProtectedApps::Microsoft)
            | (ProtectedApps::Selected(_), _) => false,
        }
    }

    /// Whether it is known to be for an app, in its group, in its list, or beside the group.
    pub(in crate::intune) fn protects(&self, app: &str, names: &Names) -> bool {
        let is_in = |group: &str| names.has_member(group, app) || self.beside.contains(app);
        match &self.apps {
            ProtectedApps::Core => is_in(CORE),
            ProtectedApps::Microsoft => is_in(MICROSOFT),
            ProtectedApps::All => true,
            ProtectedApps::Selected(apps) => apps.contains(app),
            ProtectedApps::Unknown => false,
        }
    }

    // ------------------------------------------------------------ meeting

    /// Whether both may apply to one user in one app on one device. Groups are taken to have common members,
    /// unless one policy excludes the groups of the other.
    pub(in crate::intune) fn may_meet(
        &self,
        other: &Self,
        platform: Platform,
        names: &Names,
    ) -> bool {
        !self.states(platform).and(other.states(platform)).is_empty()
            && self.may_meet_people(other)
            && share_apps(self, other, names)
    }

    /// Whether both may apply to one user, whatever their apps and devices.
    pub(in crate::intune) fn may_meet_people(&self, other: &Self) -> bool {
        share_people(&self.assignees, &other.assignees)
    }

    /// The states of the devices on which it holds.
    pub(in crate::intune) fn states(&self, platform: Platform) -> DeviceStates {
        self.devices(platform).states(platform)
    }
}

fn share_people(one: &Assignees, other: &Assignees) -> bool {
    match (one, other) {
        (Assignees::Nobody, _) | (_, Assignees::Nobody) => false,
        (Assignees::Unknown, _) | (_, Assignees::Unknown) => true,
        (
            Assignees::Some { of, except },
            Assignees::Some { of: other_of, except: other_except },
        ) => {
            let is_left_out = |of: &BTreeSet<Assignee>, by: &BTreeSet<String>| {
                of.iter().all(|one| one.group.as_ref().is_some_and(|group| by.contains(group)))
            };
            !is_left_out(of, other_except)
                && !is_left_out(other_of, except)
                && of.iter().any(|one| other_of.iter().any(|other| !exclude_each_other(one, other)))
        }
    }
}

/// Whether one filter includes what the other excludes.
fn exclude_each_other(one: &Assignee, other: &Assignee) -> bool {
    match (&one.filter, &other.filter) {
        (Some(one), Some(other)) => one.name == other.name && one.holds != other.holds,
        _ => false,
    }
}

fn share_apps(one: &Head, other: &Head, names: &Names) -> bool {
    match (&one.apps, &other.apps) {
        // An app of either may be in the unknown list.
        (ProtectedApps::Unknown, _) | (_, ProtectedApps::Unknown) => true,
        (ProtectedApps::Selected(apps), _) => apps.iter().any(|app| other.protects(app, names)),
        (_, ProtectedApps::Selected(apps)) => apps.iter().any(|app| one.protects(app, names)),
        _ => true,
    }
}
