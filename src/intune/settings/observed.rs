//! What a policy says of data that leaves one of its apps or arrives there, end by end.
//!
//! Plain data, which the exporter fills in by asking. The families of settings are fitted to it: each
//! finds the mildest setting that is nowhere milder than what is observed here.

use std::collections::{BTreeMap, BTreeSet};

use crate::decision::Verdict;
use crate::intune::names::AppRef;
use crate::vocabulary::{Account, Channel, Effect, Place, Platform, Side};

/// The other end of a movement from or to the app.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Counterpart {
    App {
        /// `None` for all apps that nothing names.
        app: Option<AppRef>,
        account: Account,
        deployed: bool,
        /// Protected by some policy, under its work account.
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

/// Every movement of an app under its work account, with what the policy alone says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observed {
    pub(in crate::intune) platform: Platform,
    verdicts: BTreeMap<(Side, Channel), BTreeMap<Counterpart, Verdict>>,
}

impl Observed {
    pub(crate) const fn new(platform: Platform) -> Self {
        Self { platform, verdicts: BTreeMap::new() }
    }

    /// Notes a verdict; `side` is where the app stands. Of several for one end the strictest counts.
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

    /// Adds what is known from other devices of apps that have no unmanaged account on these, where
    /// it is that they go free: whether a list names such an app makes no difference here.
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

    // ------------------------------------------------------------ questions of the families

    /// What is said of data that leaves.
    pub(in crate::intune) fn leaving(
        &self,
        channel: Channel,
    ) -> impl Iterator<Item = (&Counterpart, &Verdict)> {
        self.ends(Side::Source, channel)
    }

    /// What is said of data that arrives.
    pub(in crate::intune) fn arriving(
        &self,
        channel: Channel,
    ) -> impl Iterator<Item = (&Counterpart, &Verdict)> {
        self.ends(Side::Target, channel)
    }

    /// Whether data is held back from a place.
    pub(in crate::intune) fn is_held_from(&self, channel: Channel, place: Place) -> bool {
        self.leaving(channel).any(|(other, verdict)| {
            *other == Counterpart::Place(place) && verdict.effect == Effect::Block
        })
    }

    /// The apps to which data may go without any limit, whatever their unmanaged account.
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

/// What is said of some ends together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::intune) struct EffectCount {
    pub(in crate::intune) count: usize,
    pub(in crate::intune) blocked: usize,
}

impl EffectCount {
    /// Counts ends that are managed, or those that are not.
    pub(in crate::intune) fn of<'s>(
        ends: impl Iterator<Item = (&'s Counterpart, &'s Verdict)>,
        managed: bool,
    ) -> Self {
        ends.filter(|(other, _)| other.is_managed() == managed).fold(Self::default(), |sum, end| {
            Self { count: sum.count + 1, blocked: sum.blocked + usize::from(blocks(end.1)) }
        })
    }

    pub(in crate::intune) const fn is_held(self) -> bool {
        self.blocked > 0
    }

    pub(in crate::intune) const fn is_free(self) -> bool {
        self.count > 0 && self.blocked == 0
    }
}
