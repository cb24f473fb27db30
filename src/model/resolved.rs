//! The resolved policy set: every name an id, every set closed.
//!
//! Read-only for everybody below the model. Lists are ordered: apps and storages as declared, then those
//! that sets name by their ids only, then the representative of everything that nothing names.

#![allow(clippy::indexing_slicing, reason = "an id belongs to the model that gave it")]

use std::borrow::Cow;
use std::sync::Arc;

use super::directory::Directory;
use super::symbols::SymbolTable;
use super::types::{
    AccessExpectation, App, AppId, Attributes, Expectation, ExpectationId, Filter, FilterTest,
    Group, GroupId, Origin, People, Policy, PolicyId, Rule, RuleId, Storage, StorageId, Tenant,
    Users, UsersId, Yields, split_id,
};
use crate::vocabulary::Platform;

/// A policy set that can be interpreted, compiled and analysed.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) tenant: Option<Tenant>,
    pub(crate) apps: Vec<App>,
    pub(crate) storages: Vec<Storage>,
    pub(crate) groups: Vec<Group>,
    pub(crate) users: Vec<Users>,
    pub(crate) filters: Vec<Filter>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) expectations: Vec<Expectation>,
    pub(crate) access_expectations: Vec<AccessExpectation>,
    pub(crate) directory: Arc<Directory>,
    /// The names of the set, for questions that are resolved later.
    pub(super) symbols: SymbolTable,
}

impl Model {
    /// A set without declarations.
    pub(super) fn empty() -> Self {
        Self {
            tenant: None,
            apps: Vec::new(),
            storages: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            filters: Vec::new(),
            policies: Vec::new(),
            rules: Vec::new(),
            expectations: Vec::new(),
            access_expectations: Vec::new(),
            directory: Arc::default(),
            symbols: SymbolTable::default(),
        }
    }

    /// The set with an app for each id that a question names and no declaration has: they stand before the
    /// unlisted one.
    pub(crate) fn with_unnamed(&self, ids: &[String]) -> Cow<'_, Self> {
        if ids.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut found = self.clone();
        let apps = ids.iter().map(|id| {
            let platform = split_id(id).and_then(|(kind, _)| kind).unwrap_or(Platform::Ios);
            App { platforms: [platform].into_iter().collect(), ..App::new(id, Origin::Id) }
        });
        let at = found.unlisted_app().index();
        found.apps.splice(at..at, apps);
        Cow::Owned(found)
    }

    /// The set in which some policies protect nothing and say nothing. Every id means what it did.
    pub(crate) fn without_policies(&self, idle: &[PolicyId]) -> Cow<'_, Self> {
        if idle.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut found = self.clone();
        for (policy, id) in found.policies.iter_mut().zip(self.policy_ids()) {
            if idle.contains(&id) {
                policy.protect.clear();
                policy.rules.clear();
            }
        }
        for rule in found.rules.iter_mut().filter(|rule| idle.contains(&rule.policy)) {
            rule.scope.from = None;
            rule.scope.to = None;
            rule.scope.people = None;
        }
        Cow::Owned(found)
    }

    /// The tenant.
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

    /// Every group of users.
    #[must_use]
    pub fn users(&self) -> &[Users] {
        &self.users
    }

    /// Every filter.
    #[must_use]
    pub fn filters(&self) -> &[Filter] {
        &self.filters
    }

    /// How many groups of users and filters there are.
    pub(crate) fn attributes(&self) -> Attributes {
        Attributes { groups: self.users.len(), filters: self.filters.len() }
    }

    /// The name of a group of users or of a filter.
    #[must_use]
    pub fn attribute_name(&self, id: UsersId) -> Option<&str> {
        let groups = self.users.iter().map(|users| users.name.as_str());
        groups.chain(self.filters.iter().map(|filter| filter.name.as_str())).nth(id.index())
    }

    /// The users in these groups and in no other, where these filters hold and no other; both are given in one
    /// ordered list.
    pub(crate) fn exactly(&self, users: &[UsersId]) -> People {
        let attributes = self.attributes();
        let (of, holding) = attributes.split(users);
        let filters = (attributes.groups..attributes.len()).map(UsersId::new);
        let matching =
            filters.map(|filter| FilterTest { filter, holds: holding.contains(&filter) });
        People::Exactly { of: of.to_vec(), matching: matching.collect() }
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

    /// Every expectation, in the order of the text.
    #[must_use]
    pub fn expectations(&self) -> &[Expectation] {
        &self.expectations
    }

    /// Every expectation about accesses, in the order of the text.
    #[must_use]
    pub fn access_expectations(&self) -> &[AccessExpectation] {
        &self.access_expectations
    }

    /// The names and ids that requests use and answers show.
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

    /// The representative of all apps that nothing names.
    #[must_use]
    pub fn unlisted_app(&self) -> AppId {
        AppId::new(self.apps.len().saturating_sub(1))
    }

    /// The representative of all personal storages that nothing names.
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

    /// Replaces a group.
    pub(super) fn set_group(&mut self, id: GroupId, group: Group) {
        self.groups[id.index()] = group;
    }

    /// The policy with this id.
    #[must_use]
    pub fn policy(&self, id: PolicyId) -> &Policy {
        &self.policies[id.index()]
    }

    /// The policy with this id, to be changed.
    pub(crate) fn policy_mut(&mut self, id: PolicyId) -> &mut Policy {
        &mut self.policies[id.index()]
    }

    /// The rule with this id.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> &Rule {
        &self.rules[id.index()]
    }

    /// The expectation with this id.
    #[must_use]
    pub fn expectation(&self, id: ExpectationId) -> &Expectation {
        &self.expectations[id.index()]
    }

    /// Whether an app exists on a platform.
    #[must_use]
    pub fn exists(&self, app: AppId, platform: Platform) -> bool {
        self.app(app).platforms.contains(platform)
    }

    /// The policies that a policy yields to, live or not: those that it names, or every one that does not
    /// itself yield to any, but for its exceptions. Unconfirmed ones are left out.
    pub(crate) fn yielded_to(&self, policy: PolicyId) -> Vec<PolicyId> {
        let mut found = match &self.policy(policy).yields {
            Yields::No => Vec::new(),
            Yields::To(ids) => ids.clone(),
            Yields::Any { except } => {
                let stays =
                    |id: &PolicyId| !self.policy(*id).yields.is_any() && !except.contains(id);
                self.policy_ids().filter(stays).collect()
            }
        };
        found.retain(|one| self.policy(*one).unconfirmed.is_none());
        found
    }
}
