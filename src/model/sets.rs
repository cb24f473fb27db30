//! Membership in endpoint sets, as far as it can be told without user, device and policies.
//!
//! Takes in sets and candidates, gives out whether a set may hold one. The checks stand on it. Exact
//! membership in a context is defined by [`interpret`](crate::interpret).

use super::resolved::Model;
use super::types::{AppId, EndpointSet, Origin, StorageId, Term, What};
use crate::vocabulary::{
    Account, Channel, DeviceState, DeviceStates, Kind, Place, Platform, SetWord, Side,
};

impl Term {
    /// Whether the term can hold an endpoint of a movement on the channel.
    pub(super) fn fits(&self, model: &Model, channel: Channel, side: Side) -> bool {
        let kind = channel.kind_at(side);
        let apps_only = self.names_apps_only();
        let storage_fits = |id: StorageId| {
            kind == Kind::Storage && (side == Side::Source || model.storage(id).writable)
        };
        let place_fits = |place: Place| kind == Kind::Place && channel.places().contains(&place);
        match self.what {
            What::Word(SetWord::Any) => kind == Kind::App || !apps_only,
            What::Word(SetWord::AnyApp | SetWord::Managed | SetWord::Unmanaged)
            | What::App(..)
            | What::Unnamed(..) => kind == Kind::App,
            What::Word(
                SetWord::AnyStorage | SetWord::CorporateStorage | SetWord::PersonalStorage,
            ) => kind == Kind::Storage,
            What::Word(SetWord::Unlisted) => {
                kind == Kind::App || kind == Kind::Storage && !apps_only
            }
            What::Storage(id) => storage_fits(id),
            What::Place(place) => place_fits(place),
            What::Group(id) => {
                let group = model.group(id);
                kind == Kind::App && !group.apps.is_empty()
                    || !apps_only
                        && (group.storages.iter().any(|id| storage_fits(*id))
                            || group.places.iter().any(|place| place_fits(*place)))
            }
        }
    }
}

/// An endpoint without user and device: checks ask whether a set *could* hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Candidate {
    App { app: AppId, account: Account, deployed: bool },
    Storage(StorageId),
    Place(Place),
}

/// The context in which a candidate is looked at.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    pub(super) model: &'a Model,
    pub(super) platform: Platform,
}

/// The knowledge whether a candidate is managed, which depends on the policies that apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Managed {
    Surely,
    Perhaps,
}

impl Candidate {
    /// Every candidate of a channel on one side, on one platform.
    pub(super) fn all(
        model: &Model,
        channel: Channel,
        side: Side,
        platform: Platform,
        devices: DeviceStates,
    ) -> Vec<Self> {
        match channel.kind_at(side) {
            Kind::Place => channel.places().iter().copied().map(Self::Place).collect(),
            Kind::Storage => model
                .storage_ids()
                .filter(|id| side == Side::Source || model.storage(*id).writable)
                .map(Self::Storage)
                .collect(),
            Kind::App => {
                let apps = model.app_ids().filter(|id| model.exists(*id, platform));
                apps.flat_map(|app| Self::of_app(model, app, platform, devices)).collect()
            }
        }
    }

    /// The candidates of one app: every account, deployed and not.
    pub(super) fn of_app(
        model: &Model,
        app: AppId,
        platform: Platform,
        devices: DeviceStates,
    ) -> impl Iterator<Item = Self> {
        let enrolled = |state: DeviceState| state.is_enrolled() && state.exists_on(platform);
        let can_be_deployed = devices.iter().any(enrolled);
        let accounts = if model.app(app).sdk { Account::ALL } else { &[Account::Personal] };
        let deployed: &[bool] = if can_be_deployed { &[false, true] } else { &[false] };
        accounts.iter().flat_map(move |account| {
            deployed.iter().map(move |deployed| Self::App {
                app,
                account: *account,
                deployed: *deployed,
            })
        })
    }
}

impl EndpointSet {
    /// The apps that the set names one by one or by their groups. Exceptions are not looked at.
    pub(super) fn named_apps<'m>(&'m self, model: &'m Model) -> impl Iterator<Item = AppId> + 'm {
        self.terms.iter().flat_map(|term| {
            let (one, group) = match term.what {
                What::App(app, _) => (Some(app), None),
                What::Group(group) => (None, Some(model.group(group))),
                _ => (None, None),
            };
            let members =
                group.into_iter().flat_map(|group| group.apps.iter().map(|(app, _)| *app));
            one.into_iter().chain(members)
        })
    }

    /// Whether the set holds only what it names one by one or by groups.
    pub(super) fn names_every_member(&self) -> bool {
        let is_named = |term: &Term| {
            matches!(term.what, What::App(..) | What::Group(_) | What::Storage(_) | What::Place(_))
        };
        self.terms.iter().all(is_named)
    }

    /// Whether the set may hold the candidate under some policies.
    pub(super) fn may_hold(&self, at: Context<'_>, candidate: Candidate, managed: Managed) -> bool {
        let held =
            self.terms.iter().any(|term| term.may_hold(at, candidate, managed) != Some(false));
        held && !self.except.iter().any(|term| term.may_hold(at, candidate, managed) == Some(true))
    }
}

impl Term {
    /// Whether the term holds the candidate; `None` if that depends on policies.
    pub(super) fn may_hold(
        &self,
        at: Context<'_>,
        candidate: Candidate,
        managed: Managed,
    ) -> Option<bool> {
        match candidate {
            Candidate::App { app, account, deployed } => {
                let fits = (deployed || !self.deployed)
                    && self.accounts.holds(account, at.model.app(app).sdk);
                if fits { self.may_hold_app(at, app, account, managed) } else { Some(false) }
            }
            Candidate::Storage(_) | Candidate::Place(_) if self.names_apps_only() => Some(false),
            Candidate::Storage(storage) => Some(self.holds_storage(at.model, storage)),
            Candidate::Place(place) => Some(match self.what {
                What::Word(SetWord::Any) => true,
                What::Place(named) => named == place,
                What::Group(group) => at.model.group(group).places.contains(&place),
                What::Word(_) | What::App(..) | What::Unnamed(..) | What::Storage(_) => false,
            }),
        }
    }

    /// Whether the term means an app on a platform by its name or by a group.
    pub(crate) fn names(&self, model: &Model, app: AppId, platform: Platform) -> bool {
        match self.what {
            What::App(named, platforms) => named == app && platforms.contains(platform),
            What::Group(group) => {
                let apps = &model.group(group).apps;
                let member = apps.binary_search_by_key(&app, |(named, _)| *named);
                let member = member.ok().and_then(|found| apps.get(found));
                member.is_some_and(|(_, platforms)| platforms.contains(platform))
            }
            _ => false,
        }
    }

    fn may_hold_app(
        &self,
        at: Context<'_>,
        app: AppId,
        account: Account,
        managed: Managed,
    ) -> Option<bool> {
        let origin = at.model.app(app).origin;
        let is_unlisted = matches!(origin, Origin::Unlisted | Origin::Id);
        let can_be_managed = at.model.app(app).sdk
            && (account == Account::Work || !at.model.app(app).multi_identity);
        match self.what {
            What::Word(SetWord::Any | SetWord::AnyApp) => Some(true),
            What::Word(SetWord::Managed) if managed == Managed::Surely => Some(true),
            What::Word(SetWord::Unmanaged) if managed == Managed::Surely => Some(false),
            What::Word(SetWord::Managed) if !can_be_managed => Some(false),
            What::Word(SetWord::Unmanaged) if !can_be_managed => Some(true),
            What::Word(SetWord::Managed | SetWord::Unmanaged) => None,
            What::Word(SetWord::Unlisted) => Some(is_unlisted),
            What::App(..) | What::Group(_) => Some(self.names(at.model, app, at.platform)),
            What::Unnamed(platform, _) => {
                Some(origin == Origin::Unlisted && platform == at.platform)
            }
            What::Word(
                SetWord::AnyStorage | SetWord::CorporateStorage | SetWord::PersonalStorage,
            )
            | What::Storage(_)
            | What::Place(_) => Some(false),
        }
    }

    fn holds_storage(&self, model: &Model, storage: StorageId) -> bool {
        let one = model.storage(storage);
        match self.what {
            What::Word(SetWord::Any | SetWord::AnyStorage) => true,
            What::Word(SetWord::CorporateStorage) => one.corporate,
            What::Word(SetWord::PersonalStorage) => !one.corporate,
            What::Word(SetWord::Unlisted) => one.origin == Origin::Unlisted,
            What::Storage(named) => named == storage,
            What::Group(group) => model.group(group).storages.contains(&storage),
            What::Word(SetWord::AnyApp | SetWord::Managed | SetWord::Unmanaged)
            | What::App(..)
            | What::Unnamed(..)
            | What::Place(_) => false,
        }
    }
}
