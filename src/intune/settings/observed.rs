//! The observed behaviour of a policy: verdicts on movements from and to one of its apps.
//!
//! Takes in verdicts, gives out sums over them. A family of settings is fitted to it: `fit` finds the
//! weakest setting that is at least as strict on every movement. How verdicts come about is not known
//! here.

use std::collections::{BTreeMap, BTreeSet};

use crate::decision::Verdict;
use crate::intune::names::AppRef;
use crate::vocabulary::{Account, Channel, Effect, Place, Platform, Side};

/// The other endpoint of a movement from or to the app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counterpart {
    App {
        /// `None` stands for all apps that no name or id refers to.
        app: Option<AppRef>,
        account: Account,
        deployed: bool,
        /// Whether some policy protects it, under its work account.
        managed: bool,
    },
    Storage(String),
    Place(Place),
}

impl Counterpart {
    pub(in crate::intune) const fn is_managed(&self) -> bool {
        matches!(self, Self::App { managed: true, .. })
    }

    fn app(&self) -> Option<&AppRef> {
        match self {
            Self::App { app, .. } => app.as_ref(),
            Self::Storage(_) | Self::Place(_) => None,
        }
    }
}

/// The verdicts of one policy on every movement of an app under its work account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observed {
    pub(in crate::intune) platform: Platform,
    verdicts: BTreeMap<(Side, Channel), BTreeMap<Counterpart, Verdict>>,
}

impl Observed {
    pub(crate) const fn new(platform: Platform) -> Self {
        Self { platform, verdicts: BTreeMap::new() }
    }

    /// Adds a verdict; `side` is the side of the app. Verdicts on one counterpart are joined.
    pub(crate) fn note(
        &mut self,
        side: Side,
        channel: Channel,
        other: Counterpart,
        verdict: Verdict,
    ) {
        let ends = self.verdicts.entry((side, channel)).or_default();
        let known = ends.entry(other).or_insert(verdict);
        *known = known.join(verdict);
    }

    /// Adds verdicts from other devices on apps that have no unmanaged account on these devices, if all
    /// of those are free. A list that names such an app then fits both kinds of devices.
    pub(crate) fn complete(&mut self, others: &[Self]) {
        let mut free: BTreeMap<(Side, Channel, AppRef), BTreeMap<Counterpart, Verdict>> =
            BTreeMap::new();
        for (place, other, verdict) in others.iter().flat_map(Self::unmanaged) {
            let Some(app) = other.app() else { continue };
            let ends = free.entry((place.0, place.1, app.clone())).or_default();
            let known = ends.entry(other.clone()).or_insert(*verdict);
            *known = known.join(*verdict);
        }
        free.retain(|_, ends| ends.values().all(|verdict| *verdict == Verdict::FREE));
        for (place, other, _) in self.unmanaged() {
            if let Some(app) = other.app() {
                free.remove(&(place.0, place.1, app.clone()));
            }
        }
        for ((side, channel, _), ends) in free {
            self.verdicts.entry((side, channel)).or_default().extend(ends);
        }
    }

    fn unmanaged(&self) -> impl Iterator<Item = ((Side, Channel), &Counterpart, &Verdict)> {
        let ends = self.verdicts.iter();
        let ends = ends.flat_map(|(place, ends)| ends.iter().map(|(a, b)| (*place, a, b)));
        ends.filter(|(_, other, _)| !other.is_managed())
    }

    fn ends(&self, side: Side, channel: Channel) -> impl Iterator<Item = (&Counterpart, &Verdict)> {
        self.verdicts.get(&(side, channel)).into_iter().flatten()
    }

    // ------------------------------------------------------------ queries of families

    /// The verdicts on data that leaves, by counterpart.
    pub(in crate::intune) fn leaving(
        &self,
        channel: Channel,
    ) -> impl Iterator<Item = (&Counterpart, &Verdict)> {
        self.ends(Side::Source, channel)
    }

    /// The verdicts on data that arrives, by counterpart.
    pub(in crate::intune) fn arriving(
        &self,
        channel: Channel,
    ) -> impl Iterator<Item = (&Counterpart, &Verdict)> {
        self.ends(Side::Target, channel)
    }

    /// Whether movements to a place are blocked.
    pub(in crate::intune) fn is_held_from(&self, channel: Channel, place: Place) -> bool {
        self.leaving(channel).any(|(other, verdict)| {
            *other == Counterpart::Place(place) && verdict.effect == Effect::Block
        })
    }

    /// The apps with a free verdict under every unmanaged account.
    pub(in crate::intune) fn free_apps(&self, side: Side, channel: Channel) -> BTreeSet<AppRef> {
        let unmanaged = || self.ends(side, channel).filter(|(other, _)| !other.is_managed());
        let held: BTreeSet<&AppRef> = unmanaged()
            .filter(|(_, verdict)| **verdict != Verdict::FREE)
            .filter_map(|(other, _)| other.app())
            .collect();
        let named = unmanaged().filter_map(|(other, _)| other.app());
        named.filter(|app| !held.contains(app)).cloned().collect()
    }

    /// The storages that are not blocked.
    pub(in crate::intune) fn free_storages(&self, side: Side, channel: Channel) -> BTreeSet<&str> {
        self.ends(side, channel)
            .filter(|(_, verdict)| verdict.effect == Effect::Allow)
            .filter_map(|(other, _)| match other {
                Counterpart::Storage(name) => Some(name.as_str()),
                Counterpart::App { .. } | Counterpart::Place(_) => None,
            })
            .collect()
    }
}

/// Whether a verdict blocks.
pub(in crate::intune) fn blocks(verdict: &Verdict) -> bool {
    verdict.effect == Effect::Block
}

/// The number of counterparts, and of those with a block.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::intune) struct EffectCount {
    pub(in crate::intune) count: usize,
    pub(in crate::intune) blocked: usize,
}

impl EffectCount {
    /// The count over managed or over unmanaged counterparts.
    pub(in crate::intune) fn of<'s>(
        ends: impl Iterator<Item = (&'s Counterpart, &'s Verdict)>,
        managed: bool,
    ) -> Self {
        ends.filter(|(other, _)| other.is_managed() == managed).fold(Self::default(), |sum, end| {
            Self { count: sum.count + 1, blocked: sum.blocked + usize::from(blocks(end.1)) }
        })
    }

    /// Whether some counterpart is blocked.
    pub(in crate::intune) const fn is_held(self) -> bool {
        self.blocked > 0
    }

    /// Whether there are counterparts, and none is blocked.
    pub(in crate::intune) const fn is_free(self) -> bool {
        self.count > 0 && self.blocked == 0
    }
}
