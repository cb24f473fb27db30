//! Names and ids: how requests name what a model numbers, and how answers show it.
//!
//! Takes in the finished declarations, answers look-ups. Only the look-up of a web link allocates. A
//! table carries it along, so that a device can resolve requests without source or model. Knows nothing
//! of sets, rules and meaning.

use super::ids::{AppId, PolicyId, RuleId, StorageId, UsersId};
use super::links::{self, Link};
use super::texts::{Index, Text, Texts};
use crate::vocabulary::{Effect, Platform, Platforms, RuleEffect, Side};

/// How an app is called and what a request must know of it; names are texts or where these stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AppEntry<T> {
    /// Its name; for an undeclared id, the id as a string term writes it.
    pub name: T,
    /// Whether it has accounts beside the personal one.
    pub sdk: bool,
    /// Where it exists.
    pub platforms: Platforms,
}

/// How a policy is shown; names are texts or where these stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyEntry<T> {
    /// Its name.
    pub name: T,
    /// The file that declares it.
    pub file: T,
    /// The line of its name.
    pub line: u32,
    /// What it says where no rule matches.
    pub otherwise: Effect,
    /// The line that says so: of `otherwise`, or of the name where that is not written.
    pub otherwise_line: u32,
}

/// How a rule is shown; texts are given, or where they stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleEntry<T> {
    /// Its policy.
    pub policy: PolicyId,
    /// What it states.
    pub effect: RuleEffect,
    /// Its canonical text, without `because`.
    pub text: T,
    /// The file that it stands in.
    pub file: T,
    /// The line on which it begins.
    pub line: u32,
    /// What whoever is refused gets to read.
    pub because: Option<T>,
}

/// A storage, and whether data can be saved there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StorageEntry {
    pub(crate) name: Text,
    pub(crate) writable: bool,
}

/// Names and ids of a policy set.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    entries: Entries,
    app_names: Index,
    storage_names: Index,
    user_names: Index,
    /// By platform, in lower case: stores compare ids without regard to the case of ASCII letters.
    ids: [Index; Platform::ALL.len()],
}

/// What a directory lists, and what look-ups are made from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries {
    pub(crate) texts: Texts,
    pub(crate) apps: Vec<AppEntry<Text>>,
    pub(crate) storages: Vec<StorageEntry>,
    pub(crate) users: Vec<Text>,
    pub(crate) policies: Vec<PolicyEntry<Text>>,
    pub(crate) rules: Vec<RuleEntry<Text>>,
    /// By platform: ids with their apps. Look-ups are made from them; see [`Directory::ids`].
    pub(crate) ids: [Vec<(Text, AppId)>; Platform::ALL.len()],
    /// Url patterns in their stored form, the longest first.
    pub(crate) urls: Vec<(Text, AppId)>,
}

impl Directory {
    /// Lists what was listed before, and finds it again.
    pub(crate) fn of(entries: Entries) -> Self {
        let texts = &entries.texts;
        let index = |names: &mut dyn ExactSizeIterator<Item = Text>| {
            let mut index = Index::with_capacity(names.len());
            // Of two with one name the last is found, as when they were added.
            for (text, number) in names.zip(0..) {
                index.insert(texts, text, number);
            }
            index
        };
        let app_names = index(&mut entries.apps.iter().map(|app| app.name));
        let storage_names = index(&mut entries.storages.iter().map(|storage| storage.name));
        let user_names = index(&mut entries.users.iter().copied());
        let ids = entries.ids.each_ref().map(|list| {
            let mut index = Index::with_capacity(list.len());
            for (text, app) in list {
                index.insert(texts, *text, app.number());
            }
            index
        });
        Self { app_names, storage_names, user_names, ids, entries }
    }

    /// Everything that is listed.
    pub(crate) fn entries(&self) -> &Entries {
        &self.entries
    }

    fn text(&self, text: Text) -> &str {
        self.entries.texts.get(text)
    }

    // ------------------------------------------------------------ listing

    pub(super) fn add_app(&mut self, app: AppEntry<&str>) {
        let Entries { texts, apps, .. } = &mut self.entries;
        let name = texts.add(app.name);
        self.app_names.insert(texts, name, AppId::new(apps.len()).number());
        apps.push(AppEntry { name, sdk: app.sdk, platforms: app.platforms });
    }

    pub(super) fn add_storage(&mut self, name: &str, writable: bool) {
        let Entries { texts, storages, .. } = &mut self.entries;
        let name = texts.add(name);
        self.storage_names.insert(texts, name, StorageId::new(storages.len()).number());
        storages.push(StorageEntry { name, writable });
    }

    pub(super) fn add_users(&mut self, name: &str) {
        let Entries { texts, users, .. } = &mut self.entries;
        let name = texts.add(name);
        self.user_names.insert(texts, name, UsersId::new(users.len()).number());
        users.push(name);
    }

    pub(super) fn add_policy(&mut self, policy: PolicyEntry<&str>) {
        let Entries { texts, policies, .. } = &mut self.entries;
        let PolicyEntry { name, file, line, otherwise, otherwise_line } = policy;
        let (name, file) = (texts.add(name), texts.add(file));
        policies.push(PolicyEntry { name, file, line, otherwise, otherwise_line });
    }

    pub(super) fn add_rule(&mut self, rule: RuleEntry<&str>) {
        let Entries { texts, rules, .. } = &mut self.entries;
        let RuleEntry { policy, effect, text, file, line, because } = rule;
        let (text, file) = (texts.add(text), texts.add(file));
        let because = because.map(|because| texts.add(because));
        rules.push(RuleEntry { policy, effect, text, file, line, because });
    }

    /// Notes an id; gives the app that has it already.
    pub(super) fn add_id(&mut self, platform: Platform, id: &str, app: AppId) -> Option<AppId> {
        let Entries { texts, ids, .. } = &mut self.entries;
        let text = texts.add(&id.to_ascii_lowercase());
        ids[platform.index()].push((text, app));
        self.ids[platform.index()].insert(texts, text, app.number()).map(AppId::of)
    }

    /// Notes a url pattern; gives the app that has it already.
    pub(super) fn add_url(&mut self, url: &str, app: AppId) -> Option<AppId> {
        let known = self.app_with_url(url);
        let Entries { texts, urls, .. } = &mut self.entries;
        if known.is_none() {
            let text = texts.add(&links::stored(url));
            let place = urls.partition_point(|(known, _)| known.length >= text.length);
            urls.insert(place, (text, app));
        }
        known
    }

    // ------------------------------------------------------------ looking up

    /// The app with this name.
    #[must_use]
    pub fn app_named(&self, name: &str) -> Option<AppId> {
        self.app_names.get(&self.entries.texts, name).map(AppId::of)
    }

    /// The storage with this name.
    #[must_use]
    pub fn storage_named(&self, name: &str) -> Option<StorageId> {
        self.storage_names.get(&self.entries.texts, name).map(StorageId::of)
    }

    /// The group of people with this name.
    #[must_use]
    pub fn users_named(&self, name: &str) -> Option<UsersId> {
        self.user_names.get(&self.entries.texts, name).map(UsersId::of)
    }

    /// The app with this id on the platform.
    #[must_use]
    pub fn app_with_id(&self, platform: Platform, id: &str) -> Option<AppId> {
        self.ids[platform.index()].get_in_any_case(&self.entries.texts, id).map(AppId::of)
    }

    /// The app with this url pattern, however it is written: case, protocol and the form of the host
    /// make no difference.
    #[must_use]
    pub fn app_with_url(&self, pattern: &str) -> Option<AppId> {
        let stored = links::stored(pattern);
        let mut urls = self.entries.urls.iter();
        let found = urls.find(|(known, _)| self.text(*known) == stored);
        found.map(|(_, app)| *app)
    }

    /// The app that a link opens on iOS: the one whose url pattern matches, the longest first. A link
    /// that is no URL opens none. Web links are parsed, which allocates; all other look-ups allocate
    /// nothing.
    #[must_use]
    pub fn app_opening(&self, link: &str) -> Option<AppId> {
        let link = Link::parse(link);
        let mut urls = self.entries.urls.iter();
        let found = urls.find(|(pattern, _)| link.matches(self.text(*pattern)));
        found.map(|(_, app)| *app)
    }

    /// How an app is called.
    #[must_use]
    pub fn app(&self, id: AppId) -> AppEntry<&str> {
        let AppEntry { name, sdk, platforms } = self.entries.apps[id.index()];
        AppEntry { name: self.text(name), sdk, platforms }
    }

    /// Whether an app has accounts beside the personal one.
    pub(crate) fn has_sdk(&self, id: AppId) -> bool {
        self.entries.apps[id.index()].sdk
    }

    /// Where an app exists.
    pub(crate) fn platforms(&self, id: AppId) -> Platforms {
        self.entries.apps[id.index()].platforms
    }

    /// How a storage is called.
    #[must_use]
    pub fn storage(&self, id: StorageId) -> &str {
        self.text(self.entries.storages[id.index()].name)
    }

    /// Whether data can be saved to a storage.
    #[must_use]
    pub fn is_writable(&self, id: StorageId) -> bool {
        self.entries.storages[id.index()].writable
    }

    /// How a group of people is called.
    #[must_use]
    pub fn users(&self, id: UsersId) -> &str {
        self.text(self.entries.users[id.index()])
    }

    /// How a policy is shown.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> PolicyEntry<&str> {
        let PolicyEntry { name, file, line, otherwise, otherwise_line } =
            self.entries.policies[id.index()];
        let (name, file) = (self.text(name), self.text(file));
        PolicyEntry { name, file, line, otherwise, otherwise_line }
    }

    /// Every policy, in the order of their numbers.
    pub fn policies(&self) -> impl ExactSizeIterator<Item = (PolicyId, PolicyEntry<&str>)> {
        (0..self.entries.policies.len()).map(PolicyId::new).map(|id| (id, self.policy(id)))
    }

    /// Every rule, in the order of their numbers.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = (RuleId, RuleEntry<&str>)> {
        (0..self.entries.rules.len()).map(RuleId::new).map(|id| (id, self.rule(id)))
    }

    /// How a rule is shown.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> RuleEntry<&str> {
        let RuleEntry { policy, effect, text, file, line, because } =
            self.entries.rules[id.index()];
        let because = because.map(|because| self.text(because));
        RuleEntry { policy, effect, text: self.text(text), file: self.text(file), line, because }
    }

    /// The app that stands for every one that nothing names.
    #[must_use]
    pub fn unlisted_app(&self) -> AppId {
        AppId::new(self.entries.apps.len().saturating_sub(1))
    }

    /// The personal storage that stands for every one that nothing names.
    #[must_use]
    pub fn unlisted_storage(&self) -> StorageId {
        StorageId::new(self.entries.storages.len().saturating_sub(1))
    }

    /// The text of what a policy says on one side where no rule matches.
    #[must_use]
    pub fn default_text(&self, policy: PolicyId, side: Side) -> &'static str {
        match (side, self.policy(policy).otherwise) {
            (Side::Source, Effect::Allow) => "otherwise allow",
            (Side::Source, Effect::Block) => "otherwise block",
            (Side::Target, _) => "otherwise accept",
        }
    }

    /// Every id, with its platform, and every url pattern, without one; each list in order.
    pub(crate) fn every_id(&self) -> Vec<(Option<Platform>, &str)> {
        let of = |platform: &Platform| {
            let ids = self.entries.ids[platform.index()].iter();
            let platform = *platform;
            ids.map(move |(id, _)| (Some(platform), self.text(*id)))
        };
        let urls = self.entries.urls.iter().map(|(url, _)| (None, self.text(*url)));
        let mut found: Vec<_> = Platform::ALL.iter().flat_map(of).chain(urls).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Every name of an app, storage or group of people, for suggestions.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let apps = self.entries.apps.iter().map(|app| self.text(app.name));
        apps.chain(self.entries.storages.iter().map(|storage| self.text(storage.name)))
    }

    /// The bytes that names, ids and texts take.
    pub(crate) fn heap_bytes(&self) -> usize {
        let Entries { texts, apps, storages, users, policies, rules, ids, urls } = &self.entries;
        let named = ids.iter().map(Vec::len).sum::<usize>() + urls.len();
        let indexes = [&self.app_names, &self.storage_names, &self.user_names].into_iter();
        texts.all().len()
            + size_of_val(apps.as_slice())
            + size_of_val(storages.as_slice())
            + size_of_val(users.as_slice())
            + size_of_val(policies.as_slice())
            + size_of_val(rules.as_slice())
            + named * size_of::<(Text, AppId)>()
            + indexes.chain(&self.ids).map(Index::heap_bytes).sum::<usize>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_url_wins() {
        let mut directory = Directory::default();
        directory.add_url("*.example.com/*", AppId::new(1));
        directory.add_url("*.example.com/mail/*", AppId::new(2));
        assert_eq!(directory.app_opening("https://a.example.com/mail/1"), Some(AppId::new(2)));
        assert_eq!(directory.app_opening("https://a.example.com/x"), Some(AppId::new(1)));
        assert_eq!(
            directory.add_url("HTTPS://*.example.com/*", AppId::new(3)),
            Some(AppId::new(1))
        );
    }
}
