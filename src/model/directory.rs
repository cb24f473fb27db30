//! The directory: names and ids of a policy set, for requests and answers.
//!
//! Takes in declarations, answers look-ups from name to id and back. Only the look-up of a web link
//! allocates. A table carries its directory, so that a device can resolve requests without the model.
//! Does not know sets, rules and their meaning.

#![allow(
    clippy::indexing_slicing,
    reason = "an id belongs to the directory that gave it, and there is an index for each platform"
)]

use std::cmp::Reverse;

use super::interner::{Index, Text, Texts};
use super::links::{self, Link, UnusualLink};
use super::patterns::Patterns;
use super::types::{AccessId, AppId, Attributes, PolicyId, RuleId, StorageId, UsersId};
use crate::spelling::closest;
use crate::vocabulary::{Effect, Platform, Platforms, RuleEffect, Side};

/// The directory entry of an app. `T` is a text, or the position of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppEntry<T> {
    /// Its name; for an undeclared id, the id as a string term writes it.
    pub name: T,
    /// Whether it carries the MAM SDK, and so has accounts beside the personal one.
    pub sdk: bool,
    /// The platforms on which it exists.
    pub platforms: Platforms,
}

/// The directory entry of a policy. `T` is a text, or the position of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyEntry<T> {
    /// Its name.
    pub name: T,
    /// The file that declares it.
    pub file: T,
    /// The line of its name.
    pub line: u32,
    /// Its default effect for data that leaves.
    pub otherwise: Effect,
    /// The line of `otherwise`, or of the name if that is not written.
    pub otherwise_line: u32,
}

/// The directory entry of a rule. `T` is a text, or the position of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RuleEntry<T> {
    /// Its policy.
    pub policy: PolicyId,
    /// Its effect.
    pub effect: RuleEffect,
    /// Its canonical text, without `because`.
    pub text: T,
    /// The file in which it stands.
    pub file: T,
    /// The line on which it begins.
    pub line: u32,
    /// The reason shown to a user whose data is blocked.
    pub because: Option<T>,
}

/// The directory entry of a requirement or launch condition. `T` is a text, or the position of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessEntry<T> {
    /// Its policy.
    pub policy: PolicyId,
    /// Its canonical text: of a launch condition without the keyword and `because`.
    pub text: T,
    /// The file in which it stands.
    pub file: T,
    /// The line on which it begins.
    pub line: u32,
    /// The text for a user who is warned or refused.
    pub because: Option<T>,
}

/// The directory entry of a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StorageEntry {
    pub(crate) name: Text,
    pub(crate) writable: bool,
}

/// The names and ids of a policy set, with indexes in both directions.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    entries: Entries,
    app_names: Index,
    storage_names: Index,
    user_names: Index,
    filter_names: Index,
    /// By platform: apps by id, compared without regard to the case of ASCII letters, as stores do.
    ids: [Index; Platform::ALL.len()],
    /// Apps by url pattern in its stored form.
    urls: Index,
    /// The url patterns in their order, once they are complete.
    patterns: Patterns,
}

/// The lists of a directory, from which its indexes are built.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries {
    pub(crate) texts: Texts,
    pub(crate) apps: Vec<AppEntry<Text>>,
    pub(crate) storages: Vec<StorageEntry>,
    pub(crate) users: Vec<Text>,
    pub(crate) filters: Vec<Text>,
    pub(crate) policies: Vec<PolicyEntry<Text>>,
    pub(crate) rules: Vec<RuleEntry<Text>>,
    pub(crate) access: Vec<AccessEntry<Text>>,
    /// By platform: ids in lower case, with their apps.
    pub(crate) ids: [Vec<(Text, AppId)>; Platform::ALL.len()],
    /// Url patterns in their stored form, the longest first, with their apps.
    pub(crate) urls: Vec<(Text, AppId)>,
}

impl Entries {
    /// How many groups of users and filters there are.
    pub(crate) fn attributes(&self) -> Attributes {
        Attributes { groups: self.users.len(), filters: self.filters.len() }
    }

    fn url_patterns(&self) -> impl Iterator<Item = &str> + Clone {
        self.urls.iter().map(|(pattern, _)| self.texts.get(*pattern))
    }
}

impl Directory {
    /// A directory with new indexes over the entries; `None` if a name, id or pattern is listed twice.
    pub(crate) fn of(entries: Entries) -> Option<Self> {
        let texts = &entries.texts;
        let numbered = |names: &mut dyn Iterator<Item = Text>| Index::of(texts, names.zip(0..));
        let owned = |list: &[(Text, AppId)]| {
            Index::of(texts, list.iter().map(|(text, app)| (*text, app.number())))
        };
        let [ios, android, windows] = entries.ids.each_ref().map(|list| owned(list));
        Some(Self {
            app_names: numbered(&mut entries.apps.iter().map(|app| app.name))?,
            storage_names: numbered(&mut entries.storages.iter().map(|one| one.name))?,
            user_names: numbered(&mut entries.users.iter().copied())?,
            filter_names: numbered(&mut entries.filters.iter().copied())?,
            ids: [ios?, android?, windows?],
            urls: owned(&entries.urls)?,
            patterns: Patterns::of(entries.url_patterns()),
            entries,
        })
    }

    /// The lists.
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

    pub(super) fn add_filter(&mut self, name: &str) {
        let Entries { texts, filters, .. } = &mut self.entries;
        let name = texts.add(name);
        self.filter_names.insert(texts, name, UsersId::new(filters.len()).number());
        filters.push(name);
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

    pub(super) fn add_access(&mut self, access: AccessEntry<&str>) {
        let Entries { texts, access: list, .. } = &mut self.entries;
        let AccessEntry { policy, text, file, line, because } = access;
        let (text, file) = (texts.add(text), texts.add(file));
        let because = because.map(|because| texts.add(because));
        list.push(AccessEntry { policy, text, file, line, because });
    }

    /// The id of the next requirement or launch condition.
    pub(super) fn next_access(&self) -> AccessId {
        AccessId::new(self.entries.access.len())
    }

    /// Adds an id; gives the app that had it before.
    pub(super) fn add_id(&mut self, platform: Platform, id: &str, app: AppId) -> Option<AppId> {
        let Entries { texts, ids, .. } = &mut self.entries;
        let text = texts.add(&id.to_ascii_lowercase());
        ids[platform.index()].push((text, app));
        self.ids[platform.index()].insert(texts, text, app.number()).map(AppId::of)
    }

    #[cfg(feature = "compile")]
    /// Adds a url pattern, unless an app has it; gives that app.
    pub(super) fn add_url(&mut self, url: &str, app: AppId) -> Option<AppId> {
        let known = self.app_with_url(url);
        let Entries { texts, urls, .. } = &mut self.entries;
        if known.is_none() {
            let text = texts.add(&links::stored(url));
            self.urls.insert(texts, text, app.number());
            urls.push((text, app));
        }
        known
    }

    /// Prepares the look-up of links, when all url patterns are there. Of two as long as each other, the one
    /// that was added first stays the first.
    pub(super) fn prepare_links(&mut self) {
        self.entries.urls.sort_by_key(|(text, _)| Reverse(text.length));
        self.patterns = Patterns::of(self.entries.url_patterns());
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

    /// The group of users with this name.
    #[must_use]
    pub fn users_named(&self, name: &str) -> Option<UsersId> {
        self.user_names.get(&self.entries.texts, name).map(UsersId::of)
    }

    /// How many groups of users and filters there are.
    #[inline]
    pub(crate) fn attributes(&self) -> Attributes {
        self.entries.attributes()
    }

    /// The name of a filter.
    #[cfg(feature = "intune")]
    #[must_use]
    pub(crate) fn filter(&self, id: UsersId) -> &str {
        // Filters are numbered behind the groups of users.
        let at = id.index().checked_sub(self.entries.users.len());
        let text = at.and_then(|at| self.entries.filters.get(at));
        text.map_or("", |text| self.text(*text))
    }

    /// The filter with this name.
    #[must_use]
    #[inline]
    pub fn filter_named(&self, name: &str) -> Option<UsersId> {
        let at = self.filter_names.get(&self.entries.texts, name)?;
        Some(UsersId::new(self.entries.users.len() + at as usize))
    }

    /// The filter whose name is spelt most like this one, if one is close.
    #[must_use]
    pub fn filter_like(&self, name: &str) -> Option<&str> {
        closest(&name.to_lowercase(), self.entries.filters.iter().map(|one| self.text(*one)))
    }

    /// The group of users whose name is spelt most like this one, if one is close.
    #[must_use]
    pub fn users_like(&self, name: &str) -> Option<&str> {
        closest(&name.to_lowercase(), self.entries.users.iter().map(|users| self.text(*users)))
    }

    /// The app with this id on the platform.
    #[must_use]
    pub fn app_with_id(&self, platform: Platform, id: &str) -> Option<AppId> {
        self.ids[platform.index()].get_in_any_case(&self.entries.texts, id).map(AppId::of)
    }

    #[cfg(feature = "compile")]
    /// The app with this url pattern, however it is written: case, protocol and the form of the host
    /// make no difference.
    #[must_use]
    pub fn app_with_url(&self, pattern: &str) -> Option<AppId> {
        self.urls.get(&self.entries.texts, &links::stored(pattern)).map(AppId::of)
    }

    #[cfg(feature = "compile")]
    /// The app with this url pattern; if the text is no known pattern and has no star, the app that it opens
    /// as a link.
    #[must_use]
    pub fn app_with_link(&self, text: &str) -> Option<AppId> {
        let opens = || self.app_opening(text).ok()?.filter(|_| !text.contains('*'));
        self.app_with_url(text).or_else(opens)
    }

    /// The app that a link opens on iOS: the one whose url pattern matches, the longest first. A link
    /// that is no URL opens none. Web links that no URL library would write like this allocate, as do
    /// patterns with several stars; all other look-ups allocate nothing.
    ///
    /// # Errors
    ///
    /// In a build without the compiler, when a web link is not in its usual ASCII form.
    pub fn app_opening(&self, link: &str) -> Result<Option<AppId>, UnusualLink> {
        let found = self.patterns.first(&Link::parse(link)?, self.entries.url_patterns());
        let app = found.and_then(|found| self.entries.urls.get(found));
        Ok(app.map(|(_, app)| *app))
    }

    /// The entry of an app.
    #[must_use]
    pub fn app(&self, id: AppId) -> AppEntry<&str> {
        let AppEntry { name, sdk, platforms } = self.entries.apps[id.index()];
        AppEntry { name: self.text(name), sdk, platforms }
    }

    /// Whether an app carries the MAM SDK.
    pub(crate) fn has_sdk(&self, id: AppId) -> bool {
        self.entries.apps[id.index()].sdk
    }

    /// The name of a storage.
    #[must_use]
    pub fn storage(&self, id: StorageId) -> &str {
        self.text(self.entries.storages[id.index()].name)
    }

    /// Whether data can be saved to a storage.
    #[must_use]
    pub fn is_writable(&self, id: StorageId) -> bool {
        self.entries.storages[id.index()].writable
    }

    /// The name of a group of users.
    #[must_use]
    pub fn users(&self, id: UsersId) -> &str {
        self.text(self.entries.users[id.index()])
    }

    /// The entry of a policy.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> PolicyEntry<&str> {
        let PolicyEntry { name, file, line, otherwise, otherwise_line } =
            self.entries.policies[id.index()];
        let (name, file) = (self.text(name), self.text(file));
        PolicyEntry { name, file, line, otherwise, otherwise_line }
    }

    /// Every policy, in the order of ids.
    pub fn policies(&self) -> impl ExactSizeIterator<Item = (PolicyId, PolicyEntry<&str>)> {
        (0..self.entries.policies.len()).map(PolicyId::new).map(|id| (id, self.policy(id)))
    }

    /// Every rule, in the order of ids.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = (RuleId, RuleEntry<&str>)> {
        (0..self.entries.rules.len()).map(RuleId::new).map(|id| (id, self.rule(id)))
    }

    /// The entry of a rule.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> RuleEntry<&str> {
        let RuleEntry { policy, effect, text, file, line, because } =
            self.entries.rules[id.index()];
        let because = because.map(|because| self.text(because));
        RuleEntry { policy, effect, text: self.text(text), file: self.text(file), line, because }
    }

    /// The entry of a requirement or launch condition.
    #[must_use]
    pub fn access(&self, id: AccessId) -> AccessEntry<&str> {
        let AccessEntry { policy, text, file, line, because } = self.entries.access[id.index()];
        let because = because.map(|because| self.text(because));
        AccessEntry { policy, text: self.text(text), file: self.text(file), line, because }
    }

    /// The representative of all apps that nothing names.
    #[must_use]
    pub fn unlisted_app(&self) -> AppId {
        AppId::new(self.entries.apps.len().saturating_sub(1))
    }

    /// The representative of all personal storages that nothing names.
    #[must_use]
    pub fn unlisted_storage(&self) -> StorageId {
        StorageId::new(self.entries.storages.len().saturating_sub(1))
    }

    /// The text of a policy's default on one side.
    #[must_use]
    pub fn default_text(&self, policy: PolicyId, side: Side) -> &'static str {
        match (side, self.policy(policy).otherwise) {
            (Side::Source, Effect::Allow) => "otherwise allow",
            (Side::Source, Effect::Block) => "otherwise block",
            (Side::Target, _) => "otherwise accept",
        }
    }

    /// Every id with its platform and every url pattern without one, ordered.
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

    /// The name of every app, for suggestions.
    pub(crate) fn app_names(&self) -> impl Iterator<Item = &str> {
        self.entries.apps.iter().map(|app| self.text(app.name))
    }

    /// The name of every storage, for suggestions.
    pub(crate) fn storage_names(&self) -> impl Iterator<Item = &str> {
        self.entries.storages.iter().map(|storage| self.text(storage.name))
    }

    /// The bytes of heap that the directory takes.
    pub(crate) fn heap_bytes(&self) -> usize {
        let Entries { texts, apps, storages, users, filters, policies, rules, access, ids, urls } =
            &self.entries;
        let named = ids.iter().map(Vec::len).sum::<usize>() + urls.len();
        let indexes = [&self.app_names, &self.storage_names, &self.user_names, &self.filter_names]
            .into_iter();
        texts.all().len()
            + size_of_val(apps.as_slice())
            + size_of_val(storages.as_slice())
            + size_of_val(filters.as_slice())
            + size_of_val(users.as_slice())
            + size_of_val(policies.as_slice())
            + size_of_val(rules.as_slice())
            + size_of_val(access.as_slice())
            + named * size_of::<(Text, AppId)>()
            + indexes.chain(&self.ids).chain([&self.urls]).map(Index::heap_bytes).sum::<usize>()
            + self.patterns.heap_bytes()
    }
}

#[cfg(feature = "compile")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_url_wins() {
        let mut directory = Directory::default();
        directory.add_url("*.example.com/*", AppId::new(1));
        directory.add_url("*.example.com/mail/*", AppId::new(2));
        directory.prepare_links();
        assert_eq!(directory.app_opening("https://a.example.com/mail/1"), Ok(Some(AppId::new(2))));
        assert_eq!(directory.app_opening("https://a.example.com/x"), Ok(Some(AppId::new(1))));
        assert_eq!(
            directory.add_url("HTTPS://*.example.com/*", AppId::new(3)),
            Some(AppId::new(1))
        );
    }
}
