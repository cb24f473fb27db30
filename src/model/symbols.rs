//! The symbol table of a policy set: one namespace for every kind of declaration.

use std::collections::{BTreeMap, BTreeSet};

use super::types::{AppId, GroupId, PolicyId, StorageId, UsersId, What};
use crate::vocabulary::{Place, Platforms};

/// The declaration that a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Entity {
    Tenant,
    App(AppId),
    Storage(StorageId),
    Place(Place),
    Group(GroupId),
    Users(UsersId),
    /// A filter, by its position among the filters.
    Filter(usize),
    Policy(PolicyId),
}

impl Entity {
    /// The endpoints that it stands for in a set, if it does.
    pub(super) fn endpoint(self) -> Option<What> {
        match self {
            Self::App(id) => Some(What::App(id, Platforms::all())),
            Self::Storage(id) => Some(What::Storage(id)),
            Self::Place(place) => Some(What::Place(place)),
            Self::Group(id) => Some(What::Group(id)),
            Self::Tenant | Self::Users(_) | Self::Filter(_) | Self::Policy(_) => None,
        }
    }

    /// The noun for an entity of this kind, with its article.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Tenant => "a tenant",
            Self::App(_) => "an app",
            Self::Storage(_) => "a storage",
            Self::Place(_) => "a place",
            Self::Group(_) => "a group of apps and storages",
            Self::Users(_) => "a group of people",
            Self::Filter(_) => "a filter",
            Self::Policy(_) => "a policy",
        }
    }
}

/// Entities by name.
#[derive(Debug, Clone, Default)]
pub(super) struct SymbolTable {
    pub(super) names: BTreeMap<String, Entity>,
    /// Names whose declarations have errors. A use of one is no second error.
    pub(super) broken: BTreeSet<String>,
    /// Whether a file is missing, which may declare any name.
    pub(super) is_incomplete: bool,
}
