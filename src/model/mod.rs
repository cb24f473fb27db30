//! The checked model: a policy set with every name resolved and every set closed.
//!
//! Takes in files through a [`Loader`], gives out a [`Model`] together with diagnostics. Below this
//! layer there are no names to look up and no mistakes to report. How movements are decided is not
//! known here: [`interpret`](crate::interpret) defines it and [`table`](crate::table) compiles it.

mod access;
mod check;
mod directory;
mod ids;
mod links;
mod load;
mod people;
mod resolve;
mod scope;
mod sets;
mod texts;
mod words;

use std::sync::Arc;

pub use access::*;
pub use directory::{AppEntry, Directory, PolicyEntry, RuleEntry};
pub(crate) use directory::{Entries, StorageEntry};
pub use ids::{AppId, ExpectationId, GroupId, PolicyId, RuleId, StorageId, UsersId};
pub use load::{Denied, Files, LoadError, Loaded, Loader, NoFiles, load};
pub use people::People;
#[cfg(feature = "intune")]
pub(crate) use resolve::built_in_names;
pub(crate) use resolve::{chain, question, resolve};

pub use sets::{AccountReading, EndpointSet, Term, What};
pub(crate) use texts::{Text, Texts};

use crate::source::Span;
pub use crate::syntax::ast::SetWord;
use crate::vocabulary::{
    Channels, DeviceStates, Effect, Kind, Obligations, Place, Platform, Platforms, RuleEffect, Side,
};

/// A policy set, ready to be decided, compiled and analysed.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) tenant: Option<Tenant>,
    pub(crate) apps: Vec<App>,
    pub(crate) storages: Vec<Storage>,
    pub(crate) groups: Vec<Group>,
    pub(crate) users: Vec<Users>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) expectations: Vec<Expectation>,
    pub(crate) directory: Arc<Directory>,
    /// For questions that are asked later.
    space: scope::Namespace,
}

/// Whose policies these are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its name.
    pub name: String,
    /// Its domain.
    pub domain: String,
}

/// Where an app or storage comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// A declaration.
    Declared,
    /// The language: it is always there.
    BuiltIn,
    /// A set that names an id which nothing declares; it counts as unlisted.
    Id,
    /// It stands for everything that nothing names.
    Unlisted,
}

/// A program that data moves from and to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its name; for an undeclared id, the id as a string term writes it.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// Where it exists.
    pub platforms: Platforms,
    /// Carries the MAM SDK, so that a policy can protect it.
    pub sdk: bool,
    /// Holds work and personal accounts side by side.
    pub multi_identity: bool,
    /// Another vendor's MAM or secure container.
    pub container: bool,
    /// Its work data lives on the company's own servers.
    pub on_premises: bool,
    /// Where it is declared.
    pub span: Option<Span>,
}

/// A place where files are kept, under one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is the company's.
    pub corporate: bool,
    /// Whether data can be saved there; the camera can only be opened from.
    pub writable: bool,
}

/// A named set of apps, storages and places, closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// Its apps, each on the platforms on which the group names it; ordered.
    pub apps: Vec<(AppId, Platforms)>,
    /// Its storages, ordered.
    pub storages: Vec<StorageId>,
    /// Its places, ordered.
    pub places: Vec<Place>,
}

/// A group of people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
}

/// To whom a policy gives way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yields {
    /// To nobody.
    No,
    /// To every live policy that does not itself yield to any.
    Any,
    /// To these.
    To(Vec<PolicyId>),
}

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: Option<String>,
    /// Its documentation.
    pub docs: Vec<String>,
    /// The place of its name.
    pub span: Span,
    /// Whether it only reports.
    pub report_only: bool,
    /// For whom it is.
    pub people: People,
    /// On which platforms it is in force.
    pub platforms: Platforms,
    /// In which device management states it is in force.
    pub devices: DeviceStates,
    /// The apps that it protects, on the platforms on which it names them; ordered.
    pub protect: Vec<(AppId, Platforms)>,
    /// To whom it gives way.
    pub yields: Yields,
    /// What it says of data that leaves where no rule matches.
    pub otherwise: Effect,
    /// Where that is written.
    pub otherwise_span: Option<Span>,
    /// Its rules, in order.
    pub rules: Vec<RuleId>,
    /// What it requires and checks before an app opens.
    pub access: Vec<Access>,
    /// Properties kept from the system that it came from: name and JSON text.
    pub settings: Vec<(String, String)>,
}

/// A set of movements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The channels.
    pub channels: Channels,
    /// The sources; `None` where nothing is said of them.
    pub from: Option<EndpointSet>,
    /// The targets; `None` where nothing is said of them.
    pub to: Option<EndpointSet>,
    /// The users; `None` where nothing is said of them.
    pub people: Option<People>,
    /// The platforms.
    pub platforms: Platforms,
    /// The device management states.
    pub devices: DeviceStates,
}

impl Scope {
    /// Every movement on every channel.
    #[must_use]
    pub fn everything() -> Self {
        Self {
            channels: Channels::all(),
            from: None,
            to: None,
            people: None,
            platforms: Platforms::all(),
            devices: DeviceStates::all(),
        }
    }

    /// The set of the movements' ends on one side.
    #[must_use]
    pub const fn side(&self, side: Side) -> Option<&EndpointSet> {
        match side {
            Side::Source => self.from.as_ref(),
            Side::Target => self.to.as_ref(),
        }
    }
}

/// Chains of movements: each movement on one of the channels, for one user on one device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainScope {
    /// The channels; where chains begin and end; for whom and where.
    pub scope: Scope,
    /// What no chain goes through; where it begins and ends is not meant.
    pub avoiding: Option<EndpointSet>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// Its policy.
    pub policy: PolicyId,
    /// What it states.
    pub effect: RuleEffect,
    /// For which movements.
    pub scope: Scope,
    /// Within which limits.
    pub obligations: Obligations,
    /// Whether it is judged for every account of the protected apps.
    pub app_wide: bool,
    /// What whoever is refused gets to read.
    pub because: Option<String>,
    /// Its documentation.
    pub docs: Vec<String>,
    /// Its place.
    pub span: Span,
}

/// What an expectation claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Every movement in the scope is decided so.
    Decided {
        /// The effect.
        effect: Effect,
        /// Limits that must be in force, or stricter ones.
        obligations: Obligations,
    },
    /// No chain of allowed movements on the scope's channels leads from its sources to its targets.
    NoPath {
        /// What no chain goes through; where it begins and ends is not meant.
        avoiding: Option<EndpointSet>,
    },
}

/// An expectation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expectation {
    /// The policy that it stands in.
    pub policy: Option<PolicyId>,
    /// What it claims.
    pub claim: Claim,
    /// Of which movements.
    pub scope: Scope,
    /// Its canonical text.
    pub text: String,
    /// Its place.
    pub span: Span,
}

impl Model {
    /// Whose policies these are.
    #[must_use]
    pub fn tenant(&self) -> Option<&Tenant> {
        self.tenant.as_ref()
    }

    /// Every app, the unlisted one last.
    #[must_use]
    pub fn apps(&self) -> &[App] {
        &self.apps
    }

    /// Every storage, the unlisted one last.
    #[must_use]
    pub fn storages(&self) -> &[Storage] {
        &self.storages
    }

    /// Every group of apps and storages.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Every group of people.
    #[must_use]
    pub fn users(&self) -> &[Users] {
        &self.users
    }

    /// Every policy, in the order of declaration.
    #[must_use]
    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    /// Every rule, policy by policy.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// Every expectation, in the order in which they stand.
    #[must_use]
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// Names and ids, as requests use them and answers show them.
    #[must_use]
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// The ids of all policies.
    pub fn policy_ids(&self) -> impl Iterator<Item = PolicyId> + use<> {
        (0..self.policies.len()).map(PolicyId::new)
    }

    /// The ids of all apps, the unlisted one last.
    pub fn app_ids(&self) -> impl Iterator<Item = AppId> + use<> {
        (0..self.apps.len()).map(AppId::new)
    }

    /// The ids of all storages, the unlisted one last.
    pub fn storage_ids(&self) -> impl Iterator<Item = StorageId> + use<> {
        (0..self.storages.len()).map(StorageId::new)
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

    /// The app with this id.
    #[must_use]
    pub fn app(&self, id: AppId) -> &App {
        &self.apps[id.index()]
    }

    /// The storage with this id.
    #[must_use]
    pub fn storage(&self, id: StorageId) -> &Storage {
        &self.storages[id.index()]
    }

    /// The group with this id.
    #[must_use]
    pub fn group(&self, id: GroupId) -> &Group {
        &self.groups[id.index()]
    }

    /// The policy with this id.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> &Policy {
        &self.policies[id.index()]
    }

    /// The rule with this id.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.index()]
    }

    /// Whether an app exists on a platform.
    #[must_use]
    pub fn exists(&self, app: AppId, platform: Platform) -> bool {
        self.app(app).platforms.contains(platform)
    }
}

/// What the sets of a scope may hold on a channel.
#[must_use]
pub(crate) fn kind_at(channel: crate::vocabulary::Channel, side: Side) -> Kind {
    match side {
        Side::Source => channel.source_kind(),
        Side::Target => channel.target_kind(),
    }
}
