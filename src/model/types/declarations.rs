//! Declarations: the tenant, apps, storages, groups of both, and groups of users.

use super::ids::{AppId, StorageId};
use crate::source::Span;
use crate::vocabulary::{Place, Platforms};

/// The tenant to which a policy set belongs.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
}

/// The origin of an app or a storage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// A declaration.
    Declared,
    /// The language: it exists in every set.
    BuiltIn,
    /// An id that a set names and no declaration has; the app counts as unlisted.
    Id,
    /// The representative of everything that nothing names.
    Unlisted,
}

/// An app: a source and target of movements.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct App {
    /// Its name; for an undeclared id, the id as a string term writes it.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Its documentation, line by line.
    pub docs: Vec<String>,
    /// Its origin.
    pub origin: Origin,
    /// The platforms on which it exists.
    pub platforms: Platforms,
    /// Whether it carries the MAM SDK, which a policy needs to protect it.
    pub sdk: bool,
    /// Whether it keeps work and personal accounts side by side.
    pub multi_identity: bool,
    /// Whether it is another vendor's MAM app or secure container.
    pub container: bool,
    /// Whether its work data lives on the company's own servers.
    pub on_premises: bool,
    /// The place of its declaration.
    pub span: Option<Span>,
}

/// A storage: files under one account.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Storage {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Its documentation, line by line.
    pub docs: Vec<String>,
    /// Its origin.
    pub origin: Origin,
    /// Whether it belongs to the company.
    pub corporate: bool,
    /// Whether data can be saved there. The camera can only be opened from.
    pub writable: bool,
}

/// A named set of apps, storages and places, transitively closed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its apps by id, ordered, each with the platforms on which the group names it.
    pub apps: Vec<(AppId, Platforms)>,
    /// Its storages, ordered.
    pub storages: Vec<StorageId>,
    /// Its places, ordered.
    pub places: Vec<Place>,
}

/// A group of users.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Users {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
}

/// A filter: a yes/no fact of app and device that the host knows.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Filter {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
}

impl App {
    /// An app without traits that exists on every platform.
    pub(in crate::model) fn new(name: &str, origin: Origin) -> Self {
        Self {
            name: name.to_owned(),
            title: None,
            docs: Vec::new(),
            origin,
            platforms: Platforms::all(),
            sdk: false,
            multi_identity: false,
            container: false,
            on_premises: false,
            span: None,
        }
    }

    /// Whether a policy can protect it.
    #[must_use]
    pub fn can_be_protected(&self) -> bool {
        self.sdk && !self.container
    }
}

impl Storage {
    /// A writable personal storage.
    pub(in crate::model) fn new(name: &str, origin: Origin) -> Self {
        Self {
            name: name.to_owned(),
            title: None,
            docs: Vec::new(),
            origin,
            corporate: false,
            writable: true,
        }
    }
}

impl Group {
    /// A group without members.
    pub(in crate::model) fn empty(name: &str) -> Self {
        Self { name: name.to_owned(), apps: Vec::new(), storages: Vec::new(), places: Vec::new() }
    }
}
