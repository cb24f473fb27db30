//! Groups in requests that no policy set declares.
//!
//! Takes in requests, gives out the names that are not declared, with the declared names that are spelt most
//! alike. Such groups are no mistake, since directories have many; a misspelt one looks just like them.

use std::cmp::Reverse;
use std::collections::HashMap;

use mam::model::Directory;
use mam::{Request, Table};
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use crate::render::terminal::Terminal;
use crate::render::text::{count, short};

/// Number of names that are kept. Requests with other names are counted without these.
const KEPT: usize = 1 << 14;

/// Number of names that are listed in JSON, and to people.
const LISTED: usize = 100;
const SHOWN: usize = 5;

/// A group that is not declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct UnknownGroup {
    group: String,
    /// Number of requests that name it.
    requests: u64,
    /// The declared group that is spelt most alike, if one is close.
    meant: Option<String>,
}

/// Counters of groups that are not declared.
#[derive(Debug, Default)]
pub(crate) struct UnknownGroups {
    /// Number of requests that name such groups.
    pub(crate) requests: u64,
    names: HashMap<String, u64, FxBuildHasher>,
}

impl UnknownGroups {
    /// Counts the groups of a request that are not declared.
    pub(crate) fn count(&mut self, request: &Request<'_>, directory: &Directory) {
        let groups = request.user.groups.iter().map(AsRef::as_ref);
        let mut is_counted = false;
        for group in groups.filter(|group| directory.users_named(group).is_none()) {
            self.add_name(group, 1);
            is_counted = true;
        }
        self.requests += u64::from(is_counted);
    }

    fn add_name(&mut self, group: &str, requests: u64) {
        if let Some(known) = self.names.get_mut(group) {
            *known += requests;
        } else if self.names.len() < KEPT {
            self.names.insert(group.to_owned(), requests);
        }
    }

    /// Adds the counters of another thread.
    pub(crate) fn add(&mut self, other: Self) {
        self.requests += other.requests;
        let mut names: Vec<_> = other.names.into_iter().collect();
        names.sort_unstable();
        names.iter().for_each(|(group, requests)| self.add_name(group, *requests));
    }

    /// The first groups: those that are spelt like a declared one, then the most frequent.
    pub(crate) fn listed(&self, table: &Table) -> Vec<UnknownGroup> {
        let meant = |group: &str| table.directory().users_like(group).map(str::to_owned);
        let mut groups: Vec<_> = (self.names.iter())
            .map(|(group, requests)| UnknownGroup {
                group: group.clone(),
                requests: *requests,
                meant: meant(group),
            })
            .collect();
        let rank = |one: &UnknownGroup| (one.meant.is_none(), Reverse(one.requests));
        groups.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.group.cmp(&b.group)));
        groups.truncate(LISTED);
        groups
    }

    /// Writes a note for people, if there are such groups.
    pub(crate) fn print(&self, table: &Table, terminal: &Terminal) {
        if self.requests == 0 {
            return;
        }
        let requests = count(self.requests, "request");
        let kept = count(self.names.len() as u64, "group");
        let most = if self.names.len() < KEPT { "" } else { "at least " };
        terminal.note(&format!("{requests} with {most}{kept} that no policy declares"));
        for one in self.listed(table).iter().take(SHOWN) {
            let times = count(one.requests, "request");
            let meant = one.meant.as_ref().map(|meant| format!("; did you mean `{meant}`?"));
            let meant = meant.unwrap_or_default();
            terminal.diagnose(&format!("  `{}` in {times}{meant}\n", short(&one.group)));
        }
        if self.names.len() > SHOWN {
            terminal.diagnose(&format!("  and {} more\n", self.names.len() - SHOWN));
        }
    }
}
