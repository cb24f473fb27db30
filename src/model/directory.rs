//! Names and ids: how requests name what a model numbers, and how answers show it.
//!
//! Takes in the finished declarations, answers look-ups. A table carries it along, so that a device
//! can resolve requests without source or model. Knows nothing of sets, rules and meaning.

use std::collections::HashMap;

use super::ids::{AppId, PolicyId, RuleId, StorageId, UsersId};
use crate::vocabulary::{Effect, Platform, Platforms, RuleEffect, Side};

/// How an app is called and what a request must know of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppEntry {
    /// Its name; for an undeclared id, the id as a string term writes it.
    pub name: String,
    /// Whether it has accounts beside the personal one.
    pub sdk: bool,
    /// Where it exists.
    pub platforms: Platforms,
}

/// How a policy is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyEntry {
    /// Its name.
    pub name: String,
    /// The file that declares it.
    pub file: String,
    /// The line of its name.
    pub line: usize,
    /// What it says where no rule matches.
    pub otherwise: Effect,
    /// The line that says so: of `otherwise`, or of the name where that is not written.
    pub otherwise_line: usize,
}

/// How a rule is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleEntry {
    /// Its policy.
    pub policy: PolicyId,
    /// What it states.
    pub effect: RuleEffect,
    /// Its canonical text, without `because`.
    pub text: String,
    /// The file that it stands in.
    pub file: String,
    /// The line on which it begins.
    pub line: usize,
    /// What whoever is refused gets to read.
    pub because: Option<String>,
}

/// Names and ids of a policy set.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    pub(super) apps: Vec<AppEntry>,
    /// With whether data can be saved there.
    pub(super) storages: Vec<(String, bool)>,
    pub(super) users: Vec<String>,
    pub(super) policies: Vec<PolicyEntry>,
    pub(super) rules: Vec<RuleEntry>,
    app_names: HashMap<String, AppId>,
    storage_names: HashMap<String, StorageId>,
    user_names: HashMap<String, UsersId>,
    /// By platform, in lower case: stores compare ids without regard to case.
    ids: [HashMap<String, AppId>; Platform::ALL.len()],
    /// The longest first.
    urls: Vec<(String, AppId)>,
}

impl Directory {
    pub(super) fn name_app(&mut self, app: AppId) {
        if let Some(entry) = self.apps.get(app.index()) {
            self.app_names.insert(entry.name.clone(), app);
        }
    }

    pub(super) fn name_storage(&mut self, storage: StorageId) {
        if let Some((name, _)) = self.storages.get(storage.index()) {
            self.storage_names.insert(name.clone(), storage);
        }
    }

    pub(super) fn name_users(&mut self, users: UsersId) {
        if let Some(name) = self.users.get(users.index()) {
            self.user_names.insert(name.clone(), users);
        }
    }

    /// Notes an id; gives the app that has it already.
    pub(super) fn add_id(&mut self, platform: Platform, id: &str, app: AppId) -> Option<AppId> {
        self.ids[platform.index()].insert(id.to_lowercase(), app)
    }

    /// Notes a url pattern; gives the app that has it already.
    pub(super) fn add_url(&mut self, url: &str, app: AppId) -> Option<AppId> {
        let url = normal_pattern(url);
        let known = self.urls.iter().find(|(known, _)| *known == url).map(|(_, app)| *app);
        let place = self.urls.partition_point(|(known, _)| known.len() >= url.len());
        if known.is_none() {
            self.urls.insert(place, (url, app));
        }
        known
    }

    /// The app with this name.
    #[must_use]
    pub fn app_named(&self, name: &str) -> Option<AppId> {
        self.app_names.get(name).copied()
    }

    /// The storage with this name.
    #[must_use]
    pub fn storage_named(&self, name: &str) -> Option<StorageId> {
        self.storage_names.get(name).copied()
    }

    /// The group of people with this name.
    #[must_use]
    pub fn users_named(&self, name: &str) -> Option<UsersId> {
        self.user_names.get(name).copied()
    }

    /// The app with this id on the platform.
    #[must_use]
    pub fn app_with_id(&self, platform: Platform, id: &str) -> Option<AppId> {
        let ids = &self.ids[platform.index()];
        ids.get(id).or_else(|| ids.get(&id.to_lowercase())).copied()
    }

    /// The app whose url is written exactly so.
    #[must_use]
    pub fn app_with_url(&self, url: &str) -> Option<AppId> {
        let url = normal_pattern(url);
        self.urls.iter().find(|(known, _)| *known == url).map(|(_, app)| *app)
    }

    /// The app that a link opens on iOS: the one whose url matches, the longest first.
    #[must_use]
    pub fn app_opening(&self, link: &str) -> Option<AppId> {
        let link = link.to_lowercase();
        let matching = self.urls.iter().find(|(pattern, _)| url_matches(pattern, &link));
        matching.map(|(_, app)| *app)
    }

    /// How an app is called.
    #[must_use]
    pub fn app(&self, id: AppId) -> &AppEntry {
        &self.apps[id.index()]
    }

    /// How a storage is called.
    #[must_use]
    pub fn storage(&self, id: StorageId) -> &str {
        &self.storages[id.index()].0
    }

    /// Whether data can be saved to a storage.
    #[must_use]
    pub fn is_writable(&self, id: StorageId) -> bool {
        self.storages[id.index()].1
    }

    /// How a group of people is called.
    #[must_use]
    pub fn users(&self, id: UsersId) -> &str {
        &self.users[id.index()]
    }

    /// How a policy is shown.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> &PolicyEntry {
        &self.policies[id.index()]
    }

    /// How a rule is shown.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> &RuleEntry {
        &self.rules[id.index()]
    }

    /// The app that stands for every one that nothing names.
    #[must_use]
    pub fn unlisted_app(&self) -> AppId {
        AppId::new(self.apps.len().saturating_sub(1))
    }

    /// The personal storage that stands for every one that nothing names.
    #[must_use]
    pub fn unlisted_storage(&self) -> StorageId {
        StorageId::new(self.storages.len().saturating_sub(1))
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
            let ids = self.ids[platform.index()].keys();
            let platform = *platform;
            ids.map(move |id| (Some(platform), id.as_str())).collect::<Vec<_>>()
        };
        let urls = self.urls.iter().map(|(url, _)| (None, url.as_str()));
        let mut found: Vec<_> = Platform::ALL.iter().flat_map(of).chain(urls).collect();
        found.sort_unstable();
        found
    }

    /// Every name of an app, storage or group of people, for suggestions.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let apps = self.apps.iter().map(|app| app.name.as_str());
        apps.chain(self.storages.iter().map(|(name, _)| name.as_str()))
    }
}

/// Universal links stand for http and https, however they are written.
fn normal_pattern(url: &str) -> String {
    let url = url.to_lowercase();
    let bare = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    bare.map_or(url.clone(), str::to_owned)
}

/// Whether a pattern, a scheme (`wbx:`) or a universal link (`*.zoom.us/*`), matches a link. Both are
/// in lower case.
fn url_matches(pattern: &str, link: &str) -> bool {
    let web = link.strip_prefix("https://").or_else(|| link.strip_prefix("http://"));
    match (pattern.ends_with(':'), web) {
        (true, _) => link.starts_with(pattern),
        (false, Some(rest)) => wildcard(pattern, rest),
        (false, None) => false,
    }
}

/// Whether a pattern in which `*` stands for anything matches all of a text.
fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else {
        return false;
    };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = rest.get(at + part.len()..).unwrap_or("");
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_match_schemes_and_universal_links() {
        assert!(url_matches("wbx:", "wbx://meeting/7"));
        assert!(!url_matches("wbx:", "wbxteams://x"));
        assert!(url_matches("*.zoom.us/*", "https://eu.zoom.us/j/1"));
        assert!(url_matches("*.zoom.us/*", "http://eu.zoom.us/"));
        assert!(!url_matches("*.zoom.us/*", "https://zoom.us/j/1"));
        assert!(!url_matches("*.zoom.us/*", "zoomus://zoom.us/"));
        assert!(url_matches("maps.apple.com", "https://maps.apple.com"));
        assert!(!url_matches("maps.apple.com", "https://maps.apple.com/x"));
        assert!(!wildcard("a*a", "a"));
    }

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
