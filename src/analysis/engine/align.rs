//! Alignment of two models: their apps, storages and groups of people side by side.
//!
//! Takes in two models, gives out endpoints as each of them numbers them, and the groups of people of both.
//! An app that one set does not declare is an unlisted one there, as it is for whoever asks that set.
//! Decisions are not known here.

#![allow(clippy::indexing_slicing, reason = "ids are of the two models that these lists belong to")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::covers::first_word;
use super::endpoints::{Universe, uses_of_app, views_of_endpoint};
use super::naming::{Names, Naming, OF_OLD};
use crate::model::{
    AppId, Attributes, FilterTest, Group, GroupId, Member, Model, Origin, People, StorageId,
    UsersId,
};
use crate::movement::Endpoint;
use crate::syntax::print::quote;
use crate::table::EndpointView;
use crate::vocabulary::{Account, Channel, DeviceState, Kind, Platform, Platforms, Side};

/// An endpoint as each of two models numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::analysis) struct AlignedEndpoint {
    pub(in crate::analysis) ends: [Endpoint; 2],
    /// The number of the app in the alignment; equal for endpoints of one app.
    pub(in crate::analysis) app: Option<usize>,
}

/// A view of an endpoint in the second of two models: managed there or not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::analysis) struct AlignedView {
    pub(in crate::analysis) end: AlignedEndpoint,
    pub(in crate::analysis) managed: bool,
}

impl AlignedView {
    /// The view as one of the models numbers its endpoint.
    pub(in crate::analysis) fn of_model(&self, model: usize) -> EndpointView {
        EndpointView { end: self.end.ends[model], managed: self.managed }
    }
}

/// An app as each of two models numbers it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct AlignedApp {
    apps: [AppId; 2],
    /// Its ids by platform, where its name does not mean the same app in both sets. It is on no other
    /// platform then.
    ids: BTreeMap<Platform, Vec<String>>,
    /// The platforms on which these are not one app, or not this one: others of the alignment stand for them.
    absent: Platforms,
    /// Whether it is an address alone: a link pattern of apps that are elsewhere in the alignment, too. Data
    /// goes to a link and comes from none.
    is_address: bool,
}

impl AlignedApp {
    fn new(apps: [AppId; 2]) -> Self {
        Self { apps, ids: BTreeMap::new(), absent: Platforms::default(), is_address: false }
    }
}

/// Two models side by side.
pub(in crate::analysis) struct Alignment<'a> {
    pub(in crate::analysis) models: [&'a Model; 2],
    apps: Vec<AlignedApp>,
    storages: Vec<[StorageId; 2]>,
    /// The names of all groups of people, then of all filters.
    pub(in crate::analysis) people: Vec<&'a str>,
    /// How many of both there are.
    pub(in crate::analysis) attributes: Attributes,
    /// By model: the number of each group of people and of each filter in the alignment.
    groups: [Vec<UsersId>; 2],
    /// By side where sources and targets of one kind are not the same.
    names: HashMap<(Universe, Option<Side>), Rc<Names>>,
    /// The ids of each app of the first model, where it has some.
    old_ids: BTreeMap<(Platform, AppId), BTreeSet<&'a str>>,
}

impl<'a> Alignment<'a> {
    pub(in crate::analysis) fn new(models: [&'a Model; 2]) -> Self {
        let groups = models.map(|model| {
            let groups = model.users().iter();
            groups.map(|one| (&*one.name, object_id(one.title.as_deref()))).collect()
        });
        let (mut people, groups) = matched(groups, 0);
        let count = people.len();
        let filters = models.map(|model| {
            let filters = model.filters().iter();
            filters.map(|one| (&*one.name, object_id(one.title.as_deref()))).collect()
        });
        let (filters, numbers) = matched(filters, count);
        let attributes = Attributes { groups: count, filters: filters.len() };
        people.extend(filters);
        let [old, new] = numbers;
        let [mut of_old, mut of_new] = groups;
        of_old.extend(old);
        of_new.extend(new);
        let groups = [of_old, of_new];
        let (apps, storages, old_ids) = (apps(models), storages(models), every_id(models[0]));
        let names = HashMap::new();
        Self { models, apps, storages, people, attributes, groups, names, old_ids }
    }

    /// The names of all groups of people and filters, as they stand in a scope of the second model.
    pub(in crate::analysis) fn texts_of_people(&self) -> Vec<String> {
        let known: BTreeSet<UsersId> = self.groups[1].iter().copied().collect();
        let texts = self.people.iter().enumerate().map(|(number, name)| {
            let is_known = known.contains(&UsersId::new(number));
            if is_known { (*name).to_owned() } else { of_old(name) }
        });
        texts.collect()
    }

    /// A `for` clause of one of the models, with groups and filters as the alignment numbers them. `exactly`
    /// excludes the groups of its own model only.
    pub(in crate::analysis) fn clause(&self, model: usize, people: &People) -> People {
        let all = &self.groups[model];
        let aligned = |id: UsersId| all.get(id.index()).copied().unwrap_or(id);
        let tests = |tests: &[FilterTest]| -> Vec<FilterTest> {
            tests.iter().map(|one| FilterTest { filter: aligned(one.filter), ..*one }).collect()
        };
        let members = |members: &[Member]| -> Vec<Member> {
            let of = |one: &Member| Member {
                group: one.group.map(aligned),
                matching: tests(&one.matching),
            };
            members.iter().map(of).collect()
        };
        match people {
            People::Some { of, except } => {
                People::Some { of: of.as_deref().map(members), except: members(except) }
            }
            People::All { of, except } => People::All { of: members(of), except: members(except) },
            People::Exactly { of, matching } => {
                let of: Vec<UsersId> = of.iter().copied().map(aligned).collect();
                let groups = all.iter().filter(|one| !self.attributes.is_filter(**one));
                let others = groups.copied().filter(|group| !of.contains(group));
                let except = others.map(Member::from).collect();
                let everybody = Member { group: None, matching: tests(matching) };
                let of = std::iter::once(everybody).chain(of.into_iter().map(Member::from));
                People::All { of: of.collect(), except }
            }
        }
    }

    /// Every endpoint that exists for one of the models on one side of a channel on a device.
    pub(in crate::analysis) fn every_endpoint(
        &self,
        channel: Channel,
        side: Side,
        platform: Platform,
        state: DeviceState,
    ) -> Vec<AlignedEndpoint> {
        let plain = |ends| AlignedEndpoint { ends, app: None };
        let writable = |storages: &&[StorageId; 2]| {
            let storages = storages.iter().zip(self.models);
            let mut writable = storages.map(|(id, model)| model.storage(*id).writable);
            side == Side::Source || writable.any(|writable| writable)
        };
        match channel.kind_at(side) {
            Kind::Place => {
                channel.places().iter().map(|place| plain([Endpoint::Place(*place); 2])).collect()
            }
            Kind::Storage => {
                let storages = self.storages.iter().filter(writable);
                storages.map(|ids| plain(ids.map(Endpoint::Storage))).collect()
            }
            Kind::App => {
                let here = |(_, app): &(usize, &AlignedApp)| {
                    self.exists(app, platform) && (side == Side::Target || !app.is_address)
                };
                let apps = self.apps.iter().enumerate().filter(here);
                apps.flat_map(|(number, app)| self.ends_of(number, app, state)).collect()
            }
        }
    }

    /// Every view that an endpoint may have in the second model, those of one endpoint together.
    pub(in crate::analysis) fn every_view(
        &self,
        channel: Channel,
        side: Side,
        platform: Platform,
        state: DeviceState,
    ) -> Vec<AlignedView> {
        let ends = self.every_endpoint(channel, side, platform, state).into_iter();
        let views = ends.flat_map(|end| {
            let views = views_of_endpoint(self.models[1], end.ends[1]);
            views.map(move |view| AlignedView { end, managed: view.managed })
        });
        views.collect()
    }

    fn exists(&self, app: &AlignedApp, platform: Platform) -> bool {
        let mut here = app.apps.iter().zip(self.models);
        let known = (app.ids.is_empty() || app.ids.contains_key(&platform))
            && !app.absent.contains(platform);
        known && here.any(|(app, model)| model.exists(*app, platform))
    }

    fn ends_of(&self, number: usize, app: &AlignedApp, state: DeviceState) -> Vec<AlignedEndpoint> {
        let mut sdk = app.apps.iter().zip(self.models).map(|(app, model)| model.app(*app).sdk);
        let uses = uses_of_app(sdk.any(|sdk| sdk), state);
        let ends = uses.map(|(account, deployed)| AlignedEndpoint {
            ends: app.apps.map(|app| Endpoint::App { app, account, deployed }),
            app: Some(number),
        });
        ends.collect()
    }

    /// Whether both endpoints are one app: no two unlisted apps are known to be one.
    pub(in crate::analysis) fn is_same_app(
        &self,
        from: AlignedEndpoint,
        to: AlignedEndpoint,
    ) -> bool {
        let is_unlisted = |number: usize| {
            let apps = self.apps[number].apps.iter().zip(self.models);
            apps.into_iter().all(|(app, model)| *app == model.unlisted_app())
        };
        from.app.is_some_and(|number| from.app == to.app && !is_unlisted(number))
    }

    /// Whether two groups of apps, storages and places have one name and equal members.
    pub(in crate::analysis) fn is_equal_group(&self, old: GroupId, new: GroupId) -> bool {
        let members = |model: usize, id: GroupId| {
            let model = self.models[model];
            let Group { name, apps, storages, places } = model.group(id);
            let apps: BTreeSet<_> =
                apps.iter().map(|(app, on)| (model.app(*app).name.as_str(), *on)).collect();
            let storages: BTreeSet<_> =
                storages.iter().map(|id| model.storage(*id).name.as_str()).collect();
            (name.as_str(), apps, storages, places.as_slice())
        };
        members(0, old) == members(1, new)
    }

    // ------------------------------------------------------------ names

    /// The named sets of endpoints that mean the same in both models.
    pub(in crate::analysis) fn names(
        &mut self,
        channel: Channel,
        side: Side,
        platform: Platform,
        state: DeviceState,
    ) -> Rc<Names> {
        let has_addresses = self.apps.iter().any(|app| app.is_address);
        let key = (Universe::new(channel, side, platform, state), has_addresses.then_some(side));
        if let Some(known) = self.names.get(&key) {
            return Rc::clone(known);
        }
        let views = self.every_view(channel, side, platform, state);
        let found = Rc::new(self.names_of(&views, platform));
        self.names.insert(key, Rc::clone(&found));
        found
    }

    /// The apps that exist for one of the models on a platform, each under every account of it.
    pub(in crate::analysis) fn every_opened(&self, platform: Platform) -> Vec<AlignedEndpoint> {
        // Nobody deploys apps to devices that nobody manages.
        self.every_endpoint(Channel::Share, Side::Source, platform, DeviceState::Unmanaged)
    }

    /// The named sets of some apps under accounts that mean the same in both models.
    pub(in crate::analysis) fn opened_names(
        &self,
        apps: &[AlignedEndpoint],
        platform: Platform,
    ) -> Names {
        let views = apps.iter().map(|end| AlignedView { end: *end, managed: false });
        self.names_of(&views.collect::<Vec<_>>(), platform).without_management()
    }

    fn names_of(&self, views: &[AlignedView], platform: Platform) -> Names {
        let [one, other] = [0, 1].map(|side: usize| {
            let universe = views.iter().map(|view| view.of_model(side)).collect();
            Naming::new(self.models[side]).names(universe, platform)
        });
        let knows = |side: usize, word: &str| self.knows(side, word, platform);
        let known_as = |text: &str| self.text_of_old(text, platform);
        let mut found = one.agreed(other, |name| knows(0, name), known_as);
        let unlisted = self.models.map(Model::unlisted_app);
        let is_told_apart = |view: &AlignedView| {
            let apps = view.end.app.map(|number| self.apps[number].apps);
            apps.is_some_and(|apps| apps[1] == unlisted[1] && apps[0] != unlisted[0])
        };
        found.loosen((0..views.len()).filter(|at| is_told_apart(&views[*at])));
        for number in views.iter().filter_map(|view| view.end.app).collect::<BTreeSet<_>>() {
            if let Some(ids) = self.apps[number].ids.get(&platform) {
                let sdk = self.models[1].app(self.apps[number].apps[1]).sdk;
                name_by_ids(&mut found, (ids, sdk), views, number);
            }
        }
        // An account that the second model's app does not have is in none of that model's sets.
        let is_unknown = |view: &AlignedView| match view.end.ends[1] {
            Endpoint::App { app, account, .. } => {
                account != Account::Personal && !self.models[1].app(app).sdk
            }
            Endpoint::Storage(_) | Endpoint::Place(_) => false,
        };
        let unknown = (0..views.len()).filter(|at| is_unknown(&views[*at]));
        found.withhold(unknown, |text| text.ends_with(OF_OLD));
        found
    }

    /// The text for an app or storage that only the first model has on a platform, with the app's id, which the second
    /// model can read. It is marked where the second model cannot read it. `None` for every other name.
    fn text_of_old(&self, text: &str, platform: Platform) -> Option<String> {
        let (directory, name) = (self.models[0].directory(), first_word(text));
        if self.knows(1, name, platform) {
            return None;
        }
        if let Some(app) = directory.app_named(name) {
            let Some(ids) = self.old_ids.get(&(platform, app)) else { return Some(of_old(text)) };
            // An app whose name means another one has its ids as a name already.
            if self.models[1].directory().app_named(name).is_some() {
                return None;
            }
            // To the second model the app has one account.
            let has_account = |account| text.contains(&format!(" as {account}"));
            let is_known = !has_account(Account::Work) && !has_account(Account::Other);
            let term = |id: &&str| {
                let term = text.replacen(name, &quote(&format!("{platform}:{id}")), 1);
                if is_known { term } else { of_old(&term) }
            };
            return Some(ids.iter().map(term).collect::<Vec<_>>().join(", "));
        }
        directory.storage_named(name).map(|_| of_old(text))
    }

    /// Whether a name means something to a model on a platform.
    fn knows(&self, side: usize, name: &str, platform: Platform) -> bool {
        let model = self.models[side];
        let directory = model.directory();
        directory.app_named(name).is_some_and(|app| model.exists(app, platform))
            || directory.storage_named(name).is_some()
            || model.groups().iter().any(|group| group.name == name)
    }
}

/// A group of people or a filter: its name, and its id in the tenant, where its title is one.
type Attribute<'a> = (&'a str, Option<&'a str>);

/// A title that is an object id of a tenant, such as `11111111-2222-3333-4444-555555555555`.
fn object_id(title: Option<&str>) -> Option<&str> {
    let is_id = |title: &&str| {
        let mut parts = title.split('-');
        let lengths = parts.clone().map(str::len);
        lengths.eq([8, 4, 4, 4, 12])
            && parts.all(|part| part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    title.filter(is_id)
}

/// The positions of attributes by id, without ids that several have.
fn by_id(all: &[Attribute<'_>]) -> BTreeMap<String, usize> {
    let (mut found, mut twice) = (BTreeMap::new(), BTreeSet::new());
    for (at, (_, id)) in all.iter().enumerate() {
        let Some(id) = id.map(str::to_ascii_lowercase) else { continue };
        if found.insert(id.clone(), at).is_some() {
            twice.insert(id);
        }
    }
    found.retain(|id, _| !twice.contains(id));
    found
}

/// Groups of people or filters of two models as one list, under the names of the second one where it has them, and by
/// model the number of each. Two are one if they have one id, else if they have one name.
fn matched<'a>(
    [old, new]: [Vec<Attribute<'a>>; 2],
    first: usize,
) -> (Vec<&'a str>, [Vec<UsersId>; 2]) {
    let mut all: Vec<&str> = old.iter().map(|(name, _)| *name).collect();
    let [of_old, of_new] = [&old, &new].map(|list| by_id(list));
    let mut matched: Vec<Option<usize>> = vec![None; new.len()];
    for (id, at) in of_new {
        matched[at] = of_old.get(&id).copied();
    }
    let taken: BTreeSet<usize> = matched.iter().flatten().copied().collect();
    let by_name: HashMap<&str, usize> = (old.iter().enumerate())
        .filter(|(at, _)| !taken.contains(at))
        .map(|(at, (name, _))| (*name, at))
        .collect();
    let mut of_new = Vec::with_capacity(new.len());
    for ((name, _), with_id) in new.iter().zip(matched) {
        let at = match with_id.or_else(|| by_name.get(name).copied()) {
            Some(at) => {
                all[at] = name;
                at
            }
            None => {
                all.push(name);
                all.len() - 1
            }
        };
        of_new.push(UsersId::new(first + at));
    }
    let of_old = (0..old.len()).map(|at| UsersId::new(first + at)).collect();
    (all, [of_old, of_new])
}

/// The ids of each app of a model, by platform.
fn every_id(model: &Model) -> BTreeMap<(Platform, AppId), BTreeSet<&str>> {
    let directory = model.directory();
    let mut found: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
    for (platform, id) in directory.every_id() {
        if let Some(platform) = platform
            && let Some(app) = directory.app_with_id(platform, id)
        {
            found.entry((platform, app)).or_default().insert(id);
        }
    }
    found
}

/// The platforms on which apps of one name are two: one of them is not there, or has ids of which the other has none.
fn named_apart(
    models: [&Model; 2],
    ids: &[BTreeMap<(Platform, AppId), BTreeSet<&str>>; 2],
    apps: [AppId; 2],
) -> Platforms {
    let is_apart = |platform: &Platform| {
        let of = |side: usize| ids[side].get(&(*platform, apps[side]));
        let exists = |side: usize| models[side].exists(apps[side], *platform);
        let is_one = match (of(0), of(1)) {
            (Some(one), Some(other)) => !one.is_disjoint(other),
            (one, other) => one.is_none() && other.is_none(),
        };
        !is_one || exists(0) != exists(1)
    };
    Platform::ALL.iter().copied().filter(is_apart).collect()
}

/// A name that only the first of two models has. The second one cannot read it.
fn of_old(name: &str) -> String {
    format!("{name}{OF_OLD}")
}

/// Adds the ids of an app as a name of its views. `sdk` tells whether it has several accounts in the second
/// model.
fn name_by_ids(
    into: &mut Names,
    (ids, sdk): (&[String], bool),
    views: &[AlignedView],
    number: usize,
) {
    let listed = |term: &dyn Fn(String) -> String| {
        ids.iter().map(|id| term(quote(id))).collect::<Vec<_>>().join(", ")
    };
    let held = |is_it: &dyn Fn(Endpoint) -> bool| -> Vec<usize> {
        let of_app = |at: &usize| views[*at].end.app == Some(number);
        (0..views.len()).filter(of_app).filter(|at| is_it(views[*at].end.ends[1])).collect()
    };
    let all = held(&|_| true);
    into.push(listed(&|id| id), false, &all);
    let ends: BTreeSet<Endpoint> = all.iter().map(|at| views[*at].end.ends[1]).collect();
    for end in ends {
        let Endpoint::App { account, deployed, .. } = end else { continue };
        let of_account =
            held(&|one| matches!(one, Endpoint::App { account: other, .. } if other == account));
        let is_one_of_several = of_account.len() < all.len();
        let suffix = if is_one_of_several { format!(" as {account}") } else { String::new() };
        let is_known = sdk || !is_one_of_several || account == Account::Personal;
        let marked = |text: String| if is_known { text } else { of_old(&text) };
        if deployed {
            let text = listed(&|id| marked(format!("{id}{suffix} deployed")));
            into.push(text, false, &held(&|one| one == end));
        } else if is_one_of_several {
            into.push(listed(&|id| marked(format!("{id}{suffix}"))), false, &of_account);
        }
    }
}

/// The apps of two models: paired by name, and by id where names do not pair them as the ids do.
fn apps(models: [&Model; 2]) -> Vec<AlignedApp> {
    let unlisted = models.map(Model::unlisted_app);
    let ids = models.map(every_id);
    let mut found: Vec<AlignedApp> = Vec::new();
    let mut known: BTreeSet<[AppId; 2]> = BTreeSet::new();
    let named = |model: &Model, app: &AppId| {
        matches!(model.app(*app).origin, Origin::Declared | Origin::BuiltIn)
    };
    for app in models[0].app_ids().filter(|app| named(models[0], app)) {
        if let Some(other) = models[1].directory().app_named(&models[0].app(app).name)
            && known.insert([app, other])
        {
            let absent = named_apart(models, &ids, [app, other]);
            found.push(AlignedApp { absent, ..AlignedApp::new([app, other]) });
        }
    }
    // Ids that the names do not pair as the sets do.
    let every_id = models.iter().flat_map(|model| model.directory().every_id());
    for (platform, id) in every_id.collect::<BTreeSet<_>>() {
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
                found.push(AlignedApp::new(apps));
                let Some(last) = found.last_mut() else { continue };
                &mut last.ids
            }
        };
        let text = format!("{}:{id}", platform.map_or("url", Platform::word));
        let known = ids.entry(platform.unwrap_or(Platform::Ios)).or_default();
        // Links come first in the order of ids; ids say better what is meant.
        known.retain(|one| !one.starts_with("url:") || platform.is_none());
        known.push(text);
    }
    let lone = lone_apps(models, &ids, &found);
    found.extend(lone);
    // Apps without ids that only one set declares.
    for side in [0, 1] {
        for app in models[side].app_ids().filter(|app| named(models[side], app)) {
            let mut apps = unlisted;
            apps[side] = app;
            let is_paired = known.iter().any(|known| known[side] == app);
            if !is_paired && known.insert(apps) {
                found.push(AlignedApp::new(apps));
            }
        }
    }
    mark_addresses(&mut found, unlisted);
    found.push(AlignedApp::new(unlisted));
    found
}

/// Apps that have a counterpart by name, but none and no id on some platforms: there they stand alone.
fn lone_apps(
    models: [&Model; 2],
    ids: &[BTreeMap<(Platform, AppId), BTreeSet<&str>>; 2],
    found: &[AlignedApp],
) -> Vec<AlignedApp> {
    let mut lone = Vec::new();
    let named = found.iter().filter(|one| one.ids.is_empty());
    for (one, side) in named.flat_map(|one| [(one, 0), (one, 1)]) {
        let app = one.apps[side];
        let is_here = |platform: Platform| {
            one.absent.contains(platform)
                && models[side].exists(app, platform)
                && !ids[side].contains_key(&(platform, app))
        };
        let (here, absent): (Vec<_>, Vec<_>) =
            Platform::ALL.iter().copied().partition(|platform| is_here(*platform));
        if !here.is_empty() {
            let mut apps = models.map(Model::unlisted_app);
            apps[side] = app;
            let absent = absent.into_iter().collect();
            lone.push(AlignedApp { absent, ..AlignedApp::new(apps) });
        }
    }
    lone
}

/// Marks the apps that are known by links alone, where each model has its app elsewhere, too.
fn mark_addresses(found: &mut [AlignedApp], unlisted: [AppId; 2]) {
    let has_links_only = |one: &AlignedApp| {
        !one.ids.is_empty() && one.ids.values().flatten().all(|id| id.starts_with("url:"))
    };
    let (links, others): (Vec<_>, Vec<_>) = found.iter_mut().partition(|one| has_links_only(one));
    for one in links {
        one.is_address = [0, 1].into_iter().all(|side| {
            let app = one.apps[side];
            app == unlisted[side] || others.iter().any(|other| other.apps[side] == app)
        });
    }
}

/// The storages of two models, paired by name; one that a model does not declare is an unlisted one
/// there.
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
