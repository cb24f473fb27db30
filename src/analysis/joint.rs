//! Two policy sets as one world: their apps, storages and people side by side.
//!
//! Takes in two models, gives out ends of movements that each names in its own way, and the groups of
//! people of both. An app that one set does not declare is there an unlisted one, as it is for
//! whoever asks that set. What the sets decide is not known here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::describe::{Describe, Vocabulary};
use crate::model::{AppId, Model, Origin, StorageId, UsersId, kind_at};
use crate::movement::Endpoint;
use crate::syntax::print::quote;
use crate::vocabulary::{Account, Channel, DeviceState, Kind, Platform, Side};

/// An end of movements, as each of two sets sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct JointEnd {
    pub(super) ends: [Endpoint; 2],
    /// The app, as the joint numbers it; ends of one app have the same.
    pub(super) app: Option<usize>,
}

/// An app, as each of two sets sees it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct JointApp {
    apps: [AppId; 2],
    /// Its ids by platform, where names do not tell both sets which app is meant. It is on no others.
    ids: BTreeMap<Platform, String>,
}

/// Two models side by side.
pub(super) struct Joint<'a> {
    pub(super) models: [&'a Model; 2],
    apps: Vec<JointApp>,
    storages: Vec<[StorageId; 2]>,
    /// The names of all groups of people.
    pub(super) people: Vec<&'a str>,
    /// By model: the joint number of each group of people.
    groups: [Vec<UsersId>; 2],
    vocabularies: HashMap<Key, Rc<Vocabulary>>,
}

type Key = (Platform, bool, Kind, Option<(Channel, Side)>);

impl<'a> Joint<'a> {
    pub(super) fn new(models: [&'a Model; 2]) -> Self {
        let mut people: Vec<&str> = Vec::new();
        let groups = models.map(|model| {
            let numbers = model.users().iter().map(|users| {
                let known = people.iter().position(|name| *name == users.name);
                UsersId::new(known.unwrap_or_else(|| {
                    people.push(&users.name);
                    people.len() - 1
                }))
            });
            numbers.collect()
        });
        let storages = storages(models);
        Self { models, apps: apps(models), storages, people, groups, vocabularies: HashMap::new() }
    }

    /// A group of people of one of the models.
    pub(super) fn users(&self, side: usize, group: UsersId) -> Option<UsersId> {
        self.groups[side].get(group.index()).copied()
    }

    /// Every end that exists on one side of a channel on a device for one of the sets.
    pub(super) fn every_end(
        &self,
        channel: Channel,
        side: Side,
        platform: Platform,
        state: DeviceState,
    ) -> Vec<JointEnd> {
        let plain = |ends| JointEnd { ends, app: None };
        let writable = |storages: &&[StorageId; 2]| {
            let storages = storages.iter().zip(self.models);
            let mut writable = storages.map(|(id, model)| model.storage(*id).writable);
            side == Side::Source || writable.any(|writable| writable)
        };
        match kind_at(channel, side) {
            Kind::Place => {
                channel.places().iter().map(|place| plain([Endpoint::Place(*place); 2])).collect()
            }
            Kind::Storage => {
                let storages = self.storages.iter().filter(writable);
                storages.map(|ids| plain(ids.map(Endpoint::Storage))).collect()
            }
            Kind::App => {
                let here = |(_, app): &(usize, &JointApp)| self.exists(app, platform);
                let apps = self.apps.iter().enumerate().filter(here);
                apps.flat_map(|(number, app)| self.ends_of(number, app, state)).collect()
            }
        }
    }

    fn exists(&self, app: &JointApp, platform: Platform) -> bool {
        let mut here = app.apps.iter().zip(self.models);
        let known = app.ids.is_empty() || app.ids.contains_key(&platform);
        known && here.any(|(app, model)| model.exists(*app, platform))
    }

    fn ends_of(&self, number: usize, app: &JointApp, state: DeviceState) -> Vec<JointEnd> {
        let mut sdk = app.apps.iter().zip(self.models).map(|(app, model)| model.app(*app).sdk);
        let accounts = if sdk.any(|sdk| sdk) { Account::ALL } else { &[Account::Personal] };
        let deployed: &[bool] = if state.is_enrolled() { &[false, true] } else { &[false] };
        let end = |account: Account, deployed: bool| JointEnd {
            ends: app.apps.map(|app| Endpoint::App { app, account, deployed }),
            app: Some(number),
        };
        let accounts = accounts.iter();
        accounts.flat_map(|account| deployed.iter().map(move |one| end(*account, *one))).collect()
    }

    /// Whether both ends are one app: no two unlisted apps are known to be one.
    pub(super) fn is_same_app(&self, from: JointEnd, to: JointEnd) -> bool {
        let is_unlisted = |number: usize| {
            let apps = self.apps[number].apps.iter().zip(self.models);
            apps.into_iter().all(|(app, model)| *app == model.unlisted_app())
        };
        from.app.is_some_and(|number| from.app == to.app && !is_unlisted(number))
    }

    // ------------------------------------------------------------ words

    /// Every way to name ends that means the same in both sets.
    pub(super) fn vocabulary(
        &mut self,
        channel: Channel,
        side: Side,
        platform: Platform,
        state: DeviceState,
    ) -> Rc<Vocabulary> {
        let kind = kind_at(channel, side);
        let of = (kind != Kind::App).then_some((channel, side));
        let key = (platform, state.is_enrolled(), kind, of);
        if let Some(known) = self.vocabularies.get(&key) {
            return Rc::clone(known);
        }
        let ends = self.every_end(channel, side, platform, state);
        let [one, other] = [0, 1].map(|side| {
            let universe = ends.iter().map(|end| end.ends[side]).collect();
            Describe::new(self.models[side]).vocabulary(universe, platform)
        });
        let knows = |side: usize, word: &str| self.knows(side, word);
        let mut found = one.agreed(other, knows);
        for number in ends.iter().filter_map(|end| end.app).collect::<BTreeSet<_>>() {
            let same = |at: &usize| ends[*at].app == Some(number);
            let held: Vec<usize> = (0..ends.len()).filter(same).collect();
            if let Some(id) = self.apps[number].ids.get(&platform) {
                self.name_by_id(&mut found, &quote(id), &ends, &held);
            }
        }
        let found = Rc::new(found);
        self.vocabularies.insert(key, Rc::clone(&found));
        found
    }

    /// Adds the id of an app as a name for its ends.
    fn name_by_id(&self, into: &mut Vocabulary, id: &str, ends: &[JointEnd], held: &[usize]) {
        into.push(id.to_owned(), false, held);
        for at in held {
            let Endpoint::App { account, deployed, .. } = ends[*at].ends[1] else { continue };
            let of_account = |one: &&usize| matches!(ends[**one].ends[1], Endpoint::App { account: other, .. } if other == account);
            let of_account: Vec<usize> = held.iter().filter(of_account).copied().collect();
            if of_account.len() < held.len() && !deployed {
                into.push(format!("{id} as {account}"), false, &of_account);
            }
            if deployed {
                let suffix = if of_account.len() < held.len() {
                    format!(" as {account}")
                } else {
                    String::new()
                };
                into.push(format!("{id}{suffix} deployed"), false, &[*at]);
            }
        }
    }

    /// Whether a set can read a word or name.
    fn knows(&self, side: usize, name: &str) -> bool {
        let model = self.models[side];
        let directory = model.directory();
        directory.app_named(name).is_some()
            || directory.storage_named(name).is_some()
            || model.groups().iter().any(|group| group.name == name)
    }
}

/// The apps of two models: those with one name, and those that an id tells apart.
fn apps(models: [&Model; 2]) -> Vec<JointApp> {
    let unlisted = models.map(Model::unlisted_app);
    let mut found: Vec<JointApp> = Vec::new();
    let mut known: BTreeSet<[AppId; 2]> = BTreeSet::new();
    let named = |model: &Model, app: &AppId| {
        matches!(model.app(*app).origin, Origin::Declared | Origin::BuiltIn)
    };
    for app in models[0].app_ids().filter(|app| named(models[0], app)) {
        if let Some(other) = models[1].directory().app_named(&models[0].app(app).name)
            && known.insert([app, other])
        {
            found.push(JointApp { apps: [app, other], ids: BTreeMap::new() });
        }
    }
    // Ids that the names do not pair as the sets do.
    let ids = models.iter().flat_map(|model| model.directory().every_id());
    for (platform, id) in ids.collect::<BTreeSet<_>>() {
        let apps = [0, 1].map(|side| {
            let directory = models[side].directory();
            let app = match platform {
                Some(platform) => directory.app_with_id(platform, id),
                None => directory.app_with_url(id),
            };
            app.unwrap_or(unlisted[side])
        });
        let named = found.iter_mut().find(|one| one.apps == apps);
        let ids = match named {
            // The names tell already.
            Some(one) if one.ids.is_empty() => continue,
            Some(one) => &mut one.ids,
            None => {
                known.insert(apps);
                found.push(JointApp { apps, ids: BTreeMap::new() });
                let Some(last) = found.last_mut() else { continue };
                &mut last.ids
            }
        };
        let text = format!("{}:{id}", platform.map_or("url", Platform::word));
        let known = ids.entry(platform.unwrap_or(Platform::Ios)).or_insert_with(|| text.clone());
        // Links come first in the order of ids; an id says better what is meant.
        if known.starts_with("url:") {
            *known = text;
        }
    }
    // Apps without ids that only one set declares.
    for side in [0, 1] {
        for app in models[side].app_ids().filter(|app| named(models[side], app)) {
            let mut apps = unlisted;
            apps[side] = app;
            let is_paired = known.iter().any(|known| known[side] == app);
            if !is_paired && known.insert(apps) {
                found.push(JointApp { apps, ids: BTreeMap::new() });
            }
        }
    }
    found.push(JointApp { apps: unlisted, ids: BTreeMap::new() });
    found
}

/// The storages of two models, by name; one that a set does not declare is an unlisted one there.
fn storages(models: [&Model; 2]) -> Vec<[StorageId; 2]> {
    let mut found: Vec<[StorageId; 2]> = Vec::new();
    for side in [0, 1] {
        for id in models[side].storage_ids() {
            let name = &models[side].storage(id).name;
            let other = models[1 - side].directory().storage_named(name);
            let other = other.unwrap_or(models[1 - side].unlisted_storage());
            let pair = if side == 0 { [id, other] } else { [other, id] };
            if id != models[side].unlisted_storage() && !found.contains(&pair) {
                found.push(pair);
            }
        }
    }
    found.push(models.map(Model::unlisted_storage));
    found
}
