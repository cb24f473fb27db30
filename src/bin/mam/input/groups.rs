//! Groups and filters in requests that no policy set declares.
//!
//! Takes in requests, gives out the names that are not declared, with the declared names that are spelt most
//! alike. Such names are no mistake, since directories have many; a misspelt one looks just like them.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use mam::model::Directory;
use mam::{DeviceRequest, Table, UserRequest};
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use crate::render::terminal::Terminal;
use crate::render::text::{count, short};

/// Number of names that are kept. Requests with other names are counted without these.
const KEPT: usize = 1 << 14;

/// Number of names that are listed in JSON, and to people.
const LISTED: usize = 100;
const SHOWN: usize = 5;

/// A kind of names in requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum NameKind {
    Group,
    Filter,
}

impl NameKind {
    const fn noun(self) -> &'static str {
        match self {
            Self::Group => "group",
            Self::Filter => "filter",
        }
    }

    fn is_declared(self, directory: &Directory, name: &str) -> bool {
        match self {
            Self::Group => directory.users_named(name).is_some(),
            Self::Filter => directory.filter_named(name).is_some(),
        }
    }

    fn like(self, directory: &Directory, name: &str) -> Option<String> {
        let found = match self {
            Self::Group => directory.users_like(name),
            Self::Filter => directory.filter_like(name),
        };
        found.map(str::to_owned)
    }
}

/// A group or filter that is not declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnknownName {
    /// Its name, under the name of its kind.
    #[serde(flatten)]
    name: BTreeMap<&'static str, String>,
    /// Number of requests that name it.
    requests: u64,
    /// The declared name that is spelt most alike, if one is close.
    meant: Option<String>,
}

/// Counters of names of one kind that are not declared.
#[derive(Debug)]
pub(crate) struct UnknownNames {
    kind: NameKind,
    /// Number of requests that have such names.
    pub(crate) requests: u64,
    names: HashMap<String, u64, FxBuildHasher>,
}

/// Counters of groups and of filters that are not declared.
#[derive(Debug)]
pub(crate) struct UnknownIn {
    pub(crate) groups: UnknownNames,
    pub(crate) filters: UnknownNames,
}

impl Default for UnknownIn {
    fn default() -> Self {
        let of = |kind| UnknownNames { kind, requests: 0, names: HashMap::default() };
        Self { groups: of(NameKind::Group), filters: of(NameKind::Filter) }
    }
}

impl UnknownIn {
    /// Counts the names that are not declared, of a request that was made some times.
    pub(crate) fn count(
        &mut self,
        user: &UserRequest<'_>,
        device: &DeviceRequest<'_>,
        directory: &Directory,
        times: u64,
    ) {
        self.groups.count(&user.groups, directory, times);
        self.filters.count(device.filters.as_deref().unwrap_or_default(), directory, times);
    }

    /// Adds the counters of another thread.
    pub(crate) fn add(&mut self, other: Self) {
        self.groups.add(other.groups);
        self.filters.add(other.filters);
    }

    /// Writes notes for people, if there are such names.
    pub(crate) fn print(&self, table: &Table, terminal: &Terminal) {
        self.groups.print(table, terminal);
        self.filters.print(table, terminal);
    }
}

impl UnknownNames {
    /// Counts the names that are not declared, of a request that was made some times.
    fn count(&mut self, names: &[Cow<'_, str>], directory: &Directory, times: u64) {
        let mut is_counted = false;
        let kind = self.kind;
        for name in names.iter().filter(|name| !kind.is_declared(directory, name)) {
            self.add_name(name, times);
            is_counted = true;
        }
        self.requests += if is_counted { times } else { 0 };
    }

    fn add_name(&mut self, name: &str, requests: u64) {
        if let Some(known) = self.names.get_mut(name) {
            *known += requests;
        } else if self.names.len() < KEPT {
            self.names.insert(name.to_owned(), requests);
        }
    }

    /// Adds the counters of another thread.
    fn add(&mut self, other: Self) {
        self.requests += other.requests;
        let mut names: Vec<_> = other.names.into_iter().collect();
        names.sort_unstable();
        names.iter().for_each(|(name, requests)| self.add_name(name, *requests));
    }

    /// The first names: those that are spelt like a declared one, then the most frequent.
    pub(crate) fn listed(&self, table: &Table) -> Vec<UnknownName> {
        let mut names: Vec<_> = (self.names.iter())
            .map(|(name, requests)| UnknownName {
                name: BTreeMap::from([(self.kind.noun(), name.clone())]),
                requests: *requests,
                meant: self.kind.like(table.directory(), name),
            })
            .collect();
        let rank = |one: &UnknownName| (one.meant.is_none(), Reverse(one.requests));
        names.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.name.cmp(&b.name)));
        names.truncate(LISTED);
        names
    }

    /// Writes a note for people, if there are such names.
    fn print(&self, table: &Table, terminal: &Terminal) {
        if self.requests == 0 {
            return;
        }
        let requests = count(self.requests, "request");
        let kept = count(self.names.len() as u64, self.kind.noun());
        let most = if self.names.len() < KEPT { "" } else { "at least " };
        terminal.note(&format!("{requests} with {most}{kept} that no policy declares"));
        for one in self.listed(table).iter().take(SHOWN) {
            let times = count(one.requests, "request");
            let meant = one.meant.as_ref().map(|meant| format!("; did you mean `{meant}`?"));
            let meant = meant.unwrap_or_default();
            terminal.diagnose(&format!(
                "  `{}` in {times}{meant}\n",
                short(one.name.values().next().map_or("", String::as_str))
            ));
        }
        if self.names.len() > SHOWN {
            terminal.diagnose(&format!("  and {} more\n", self.names.len() - SHOWN));
        }
    }
}
