//! The world that a compiled set speaks of, as plain data: its apps, storages and users, and the
//! movements among them.
//!
//! Facts come from the declarations. Nothing here looks at policies, rules and sets.

use std::collections::BTreeMap;

use mam::model::{Model, Origin, UsersId};
use mam::movement::{Context, Endpoint, Movement as Moved};
use mam::syntax::ast::{AppEntry, IdKind, ItemKind};
use mam::vocabulary::{Account, Channel, DeviceState, Kind, Platform, Side};
use mam::{Checked, Compiler};

use super::movement::{App, Device, End, Movement, Party, Storage, User};
use super::policy::{Apps, People, Policy, link};

/// Every app is tried with each of these, as source and as target: one that keeps accounts apart, one
/// that does not, one of another vendor, one without the SDK; the one that nobody declared and the
/// first that each policy selects come on top. All pairs of apps would be ten times as many
/// movements and tell no more: what a policy says of an end depends on the other end through these
/// differences only.
const PARTNERS: &[&str] = &["outlook", "sharepoint-app", "adobe-acrobat", "skype"];

/// What is tried of the movements of a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every app, every user on every device.
    Whole,
    /// The partners among themselves.
    Partners,
}

pub(crate) struct World<'m> {
    model: &'m Model,
    /// By number, on each platform.
    apps: [Vec<App>; Platform::ALL.len()],
    /// Every user that the set tells apart, as the engine and as the oracle take them.
    users: Vec<(Vec<UsersId>, User)>,
    /// The first app that each policy selects.
    selected: Vec<String>,
}

impl<'m> World<'m> {
    pub(crate) fn new(checked: &'m Checked, policies: &[Policy]) -> Self {
        let model = checked.model().unwrap();
        let declared = declarations(checked);
        let [core, microsoft] = ["core-microsoft-apps", "microsoft-apps"].map(members_of);
        let on = |platform: Platform| {
            let app = |app: &mam::model::App| {
                let entries = declared.get(app.name.as_str()).map_or(&[][..], |one| &one[..]);
                let (ids, urls) = match app.origin {
                    Origin::Id => own_id(&app.name, platform),
                    _ => (ids(entries, id_kind(platform)), ids(entries, IdKind::Url)),
                };
                App {
                    name: app.name.clone(),
                    ids,
                    urls: urls.iter().map(|url| link(url)).collect(),
                    sdk: app.sdk,
                    multi_identity: app.multi_identity,
                    stand_in: app.sdk && !has_ids(entries),
                    core: core.contains(&app.name),
                    microsoft: microsoft.contains(&app.name),
                }
            };
            model.apps().iter().map(app).collect()
        };
        let apps = [on(Platform::Ios), on(Platform::Android), on(Platform::Windows)];
        let first = |policy: &Policy| match &policy.apps {
            Apps::Selected(ids) => ids.first().cloned(),
            _ => None,
        };
        let selected = policies.iter().filter_map(first).collect();
        Self { model, apps, users: users(model, policies), selected }
    }

    /// Every user on every device.
    pub(crate) fn contexts(&self) -> Vec<(Context, User)> {
        let mut contexts = Vec::new();
        for (users, user) in &self.users {
            for platform in Platform::ALL.iter().copied() {
                let states = DeviceState::ALL.iter().copied();
                for state in states.filter(|state| state.exists_on(platform)) {
                    let users = users.clone();
                    let filters = Vec::new();
                    contexts.push((Context { users, filters, platform, state }, user.clone()));
                }
            }
        }
        contexts
    }

    /// Shows every movement of a context, as the engine and as the oracle take it.
    pub(crate) fn visit(
        &self,
        (context, user): &(Context, User),
        extent: Extent,
        mut visit: impl FnMut(&Moved, &Movement<'_>),
    ) {
        let device = Device { platform: context.platform, state: context.state };
        for channel in Channel::ALL.iter().filter(|one| one.exists_on(context.platform)) {
            let [sources, targets] =
                [Side::Source, Side::Target].map(|side| self.ends(context, *channel, side, extent));
            let lengths = if *channel == Channel::Copy { LENGTHS } else { &[None] };
            let Some(first) = sources.first().zip(targets.first()) else { continue };
            let mut moved = Moved {
                channel: *channel,
                source: first.0.0,
                target: first.1.0,
                context: context.clone(),
                same_app: false,
                characters: None,
            };
            for (source, from, is_partner) in &sources {
                for (target, to, partners) in &targets {
                    let Some(one_app) = self.one_app(*source, *target) else { continue };
                    if !is_partner && !partners && !one_app {
                        continue;
                    }
                    (moved.source, moved.target, moved.same_app) = (*source, *target, one_app);
                    for characters in lengths {
                        moved.characters = *characters;
                        let movement = Movement {
                            channel: *channel,
                            source: *from,
                            target: *to,
                            device,
                            user,
                            one_app,
                            characters: *characters,
                        };
                        visit(&moved, &movement);
                    }
                }
            }
        }
    }

    /// Whether both ends are one app; `None` if it would be deployed and not deployed. Two apps that
    /// nobody declared are two.
    fn one_app(&self, source: Endpoint, target: Endpoint) -> Option<bool> {
        match (source, target) {
            (
                Endpoint::App { app, deployed: one, .. },
                Endpoint::App { app: other, deployed: another, .. },
            ) if app == other && app != self.model.unlisted_app() => {
                (one == another).then_some(true)
            }
            _ => Some(false),
        }
    }

    /// Every end that a channel has on one side, with whether all others are tried with it.
    fn ends(
        &self,
        context: &Context,
        channel: Channel,
        side: Side,
        extent: Extent,
    ) -> Vec<(Endpoint, End<'_>, bool)> {
        let kind = match side {
            Side::Source => channel.source_kind(),
            Side::Target => channel.target_kind(),
        };
        match kind {
            Kind::Place => {
                let places = channel.places().iter();
                places.map(|place| (Endpoint::Place(*place), End::Place(*place), true)).collect()
            }
            Kind::Storage => {
                let ids = self.model.storage_ids().zip(self.model.storages());
                ids.filter(|(_, storage)| side == Side::Source || storage.writable)
                    .map(|(id, storage)| {
                        let (name, corporate) = (storage.name.as_str(), storage.corporate);
                        (Endpoint::Storage(id), End::Storage(Storage { name, corporate }), true)
                    })
                    .collect()
            }
            Kind::App => self.parties(context, extent),
        }
    }

    /// Every account of every app, deployed and not.
    fn parties(&self, context: &Context, extent: Extent) -> Vec<(Endpoint, End<'_>, bool)> {
        let mut ends = Vec::new();
        let apps = &self.apps[context.platform.index()];
        let deployed = if context.state.is_enrolled() { &[false, true][..] } else { &[false] };
        for (id, app) in self.model.app_ids().zip(apps) {
            let is_partner = PARTNERS.contains(&app.name.as_str())
                || id == self.model.unlisted_app()
                || self.selected.iter().any(|id| app.has_id(id));
            if !self.model.exists(id, context.platform) || extent == Extent::Partners && !is_partner
            {
                continue;
            }
            let accounts = if app.sdk { Account::ALL } else { &[Account::Personal] };
            for account in accounts.iter().copied() {
                for deployed in deployed.iter().copied() {
                    let end = Endpoint::App { app: id, account, deployed };
                    ends.push((end, End::App(Party { app, account, deployed }), is_partner));
                }
            }
        }
        ends
    }
}

/// Lengths of copied text: unknown, and around the exceptions of the policies that are compared.
const LENGTHS: &[Option<u32>] = &[None, Some(1), Some(25), Some(26), Some(65535)];

// ---------------------------------------------------------------- facts

/// What each app's declaration says, by name.
fn declarations(checked: &Checked) -> BTreeMap<&str, Vec<&AppEntry>> {
    let items = checked.files().iter().flat_map(|file| &file.items);
    items
        .filter_map(|item| match &item.kind {
            ItemKind::App(app) => {
                Some((app.name.text.as_str(), app.entries.iter().flatten().collect()))
            }
            _ => None,
        })
        .collect()
}

fn ids(entries: &[&AppEntry], wanted: IdKind) -> Vec<String> {
    let of = |entry: &&AppEntry| match entry {
        AppEntry::Ids(kind, ids) if kind.value == wanted => {
            ids.iter().map(|id| id.value.to_lowercase()).collect()
        }
        _ => Vec::new(),
    };
    entries.iter().flat_map(of).collect()
}

fn has_ids(entries: &[&AppEntry]) -> bool {
    entries.iter().any(|entry| matches!(entry, AppEntry::Ids(..)))
}

/// The id or the url of an app that is known by nothing else: its name says which.
fn own_id(name: &str, platform: Platform) -> (Vec<String>, Vec<String>) {
    let (kind, id) = name.split_once(':').unwrap_or_default();
    let id = vec![id.to_lowercase()];
    match kind {
        "url" => (Vec::new(), id),
        kind if kind == platform.word() => (id, Vec::new()),
        _ => (Vec::new(), Vec::new()),
    }
}

fn id_kind(platform: Platform) -> IdKind {
    match platform {
        Platform::Ios => IdKind::Ios,
        Platform::Android => IdKind::Android,
        Platform::Windows => IdKind::Windows,
        other => panic!("no id is known for {other}"),
    }
}

/// The apps of a group of the catalogue.
fn members_of(group: &str) -> Vec<String> {
    let checked = Compiler::new().check("catalogue.mam", "mam 1\nuse microsoft\n");
    let model = checked.model().unwrap();
    let found = model.groups().iter().find(|one| one.name == group).unwrap();
    found.apps.iter().map(|(app, _)| model.app(*app).name.clone()).collect()
}

/// Every combination of groups. A group that a policy is assigned to has its id for a title; any other
/// stands for those to whom one will be assigned.
fn users(model: &Model, policies: &[Policy]) -> Vec<(Vec<UsersId>, User)> {
    let groups = |policy: &Policy| match &policy.people {
        People::Everybody { but } => but.clone(),
        People::Groups { of, but } => [&of[..], but].concat(),
        People::Nobody => Vec::new(),
    };
    let assigned: Vec<_> = policies.iter().flat_map(groups).collect();
    let mut found = vec![(Vec::new(), User::default())];
    for group in model.users() {
        let id = model.directory().users_named(&group.name).unwrap();
        let title = group.title.as_deref().unwrap_or_default().to_lowercase();
        let with = found.clone().into_iter().map(|(mut users, mut user)| {
            users.push(id);
            users.sort_unstable();
            match assigned.contains(&title) {
                true => user.groups.push(title.clone()),
                false => user.declared = true,
            }
            (users, user)
        });
        found.extend(with.collect::<Vec<_>>());
    }
    found
}
