//! From parsed files to a model: one namespace, every name an id.
//!
//! Takes in the ASTs of all files of a set, gives out the [`Model`]. What is in error is told and
//! left out, so that everything else can still be checked; a model of which an error was told is
//! never compiled.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::access::{self, Place as AccessPlace};
use super::directory::{AppEntry, Directory, PolicyEntry, RuleEntry};
use super::ids::{AppId, GroupId, PolicyId, RuleId, StorageId, UsersId};
use super::scope::{Entity, Namespace, Reading, ScopeResolver, split_id};
use super::sets::{EndpointSet, What};
use super::{
    App, ChainScope, Claim, Expectation, Group, Model, Origin, People, Policy, Rule, Scope,
    Storage, Tenant, Users, Yields, check, words,
};
use crate::diagnostic::{Code, Diagnostic, has_error};
use crate::limits::Limits;
use crate::source::{Sources, Span};
use crate::syntax::ast::{
    self, AppEntry as AstEntry, AppTrait, IdKind, Item, ItemKind, Name, StatementKind, TermKind,
};
use crate::syntax::print;
use crate::vocabulary::{Channels, DeviceStates, Effect, Obligations, Place, Platform, Platforms};

/// Apps that are always there, with their titles.
const BUILT_IN_APPS: &[(&str, &str)] = &[
    ("dialer", "The system's dialer"),
    ("messages", "The system's messages"),
    ("browser", "The system's browser"),
];

/// Storages that are always there, with their titles and whether data can be saved to them.
const BUILT_IN_STORAGES: &[(&str, &str, bool)] = &[
    ("device-storage", "The device's storage", true),
    ("photo-library", "The photo library", true),
    ("camera", "The camera", false),
];

/// The names that are always there.
#[cfg(feature = "intune")]
pub(crate) fn built_in_names() -> impl Iterator<Item = &'static str> {
    let apps = BUILT_IN_APPS.iter().map(|(name, _)| *name);
    let storages = BUILT_IN_STORAGES.iter().map(|(name, ..)| *name);
    apps.chain(storages).chain(Place::ALL.iter().map(|place| place.word()))
}

/// Resolves a set of files.
pub(crate) fn resolve(
    sources: &Sources,
    files: &[ast::File],
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Model {
    let mut resolver = Resolver::new(sources, limits, found);
    if !within(files, limits, resolver.found) {
        return resolver.finish();
    }
    resolver.note_missing_files();
    resolver.built_in();
    for file in files {
        resolver.broken(file);
        file.items.iter().for_each(|item| resolver.declare(item));
    }
    for file in files {
        file.items.iter().for_each(|item| resolver.note_ids(item));
    }
    resolver.end_of_endpoints();
    resolver.groups(files);
    resolver.policies(files);
    resolver.finish()
}

/// Whether the files hold no more than the limits.
fn within(files: &[ast::File], limits: &Limits, found: &mut Vec<Diagnostic>) -> bool {
    let items = files.iter().flat_map(|file| &file.items);
    let over = |items: &mut dyn Iterator<Item = Span>, code, what: &str, limit: usize| {
        let spans: Vec<_> = items.collect();
        let place = spans.get(limit).copied()?;
        let message = format!("{} {what}, the limit is {limit}", spans.len());
        let help = "split the set, or raise the limit";
        Some(Diagnostic::new(code, message).at(place, "one too many").help(help))
    };
    let statements = items.clone().flat_map(|item| match &item.kind {
        ItemKind::Policy(policy) => policy.body.iter().map(|statement| statement.span).collect(),
        ItemKind::Expect(_) => vec![item.span],
        _ => Vec::new(),
    });
    let declares = |item: &&Item| {
        !matches!(item.kind, ItemKind::Version(_) | ItemKind::Use(_) | ItemKind::Expect(_))
    };
    let before = found.len();
    found.extend(over(
        &mut items.filter(declares).map(|item| item.span),
        Code::DeclarationCount,
        "declarations",
        limits.declarations,
    ));
    found.extend(over(
        &mut statements.into_iter(),
        Code::StatementCount,
        "statements",
        limits.statements,
    ));
    found.len() == before
}

struct Resolver<'a> {
    sources: &'a Sources,
    limits: &'a Limits,
    found: &'a mut Vec<Diagnostic>,
    space: Namespace,
    /// Where each name is declared; what is always there is declared nowhere.
    places: BTreeMap<String, Option<Span>>,
    model: Model,
    directory: Directory,
    id_places: BTreeMap<AppId, Span>,
}

impl<'a> Resolver<'a> {
    fn new(sources: &'a Sources, limits: &'a Limits, found: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            sources,
            limits,
            found,
            space: Namespace::default(),
            places: BTreeMap::new(),
            model: Model::empty(),
            directory: Directory::default(),
            id_places: BTreeMap::new(),
        }
    }

    fn finish(mut self) -> Model {
        self.model.directory = Arc::new(self.directory);
        self.model.space = self.space;
        self.model
    }

    // ------------------------------------------------------------ declarations

    /// Declares a name, unless it is declared already.
    fn name(&mut self, name: &str, span: Option<Span>, entity: Entity) -> bool {
        let Some(first) = self.places.get(name).copied() else {
            self.places.insert(name.to_owned(), span);
            self.space.names.insert(name.to_owned(), entity);
            return true;
        };
        if let Some(span) = span {
            self.found.push(self.declared_twice(name, span, first));
        }
        false
    }

    fn declared_twice(&self, name: &str, again: Span, first: Option<Span>) -> Diagnostic {
        let Some(first) = first else {
            let message = format!("`{name}` is always there and cannot be declared");
            let diagnostic = Diagnostic::new(Code::DuplicateName, message).at(again, "");
            return diagnostic.help("choose another name");
        };
        let catalogue = |span: Span| self.sources.catalogue(span.source);
        // Of the two, the author can change the one that is in no catalogue.
        let (place, other) =
            if catalogue(again).is_some() { (first, again) } else { (again, first) };
        let diagnostic =
            Diagnostic::new(Code::DuplicateName, format!("`{name}` is declared twice"));
        match catalogue(other) {
            Some(catalogue) => diagnostic
                .at(place, "here")
                .at(other, format!("the catalogue `{catalogue}` declares it as well"))
                .help("choose another name, or leave this one out"),
            None => diagnostic
                .at(place, "again here")
                .at(other, "first declared here")
                .help("rename one of them"),
        }
    }

    fn built_in(&mut self) {
        for (name, title) in BUILT_IN_APPS {
            let app = App { title: Some((*title).to_owned()), ..App::new(name, Origin::BuiltIn) };
            let id = self.add_app(app);
            self.name(name, None, Entity::App(id));
        }
        for (name, title, writable) in BUILT_IN_STORAGES {
            let id = self.add_storage(Storage {
                title: Some((*title).to_owned()),
                writable: *writable,
                ..Storage::new(name, Origin::BuiltIn)
            });
            self.name(name, None, Entity::Storage(id));
        }
        for place in Place::ALL {
            self.name(place.word(), None, Entity::Place(*place));
        }
    }

    /// What a missing file would have declared cannot be known.
    fn note_missing_files(&mut self) {
        let is_missing = |one: &Diagnostic| {
            let code = one.code;
            code == Code::NewerVersion
                || code.as_str().starts_with("mam::load::")
                || code.as_str().starts_with("mam::limit::")
        };
        self.space.is_incomplete = self.found.iter().any(is_missing);
    }

    fn broken(&mut self, file: &ast::File) {
        self.space.broken.extend(file.broken.iter().map(|name| name.text.clone()));
    }

    fn add_app(&mut self, app: App) -> AppId {
        let id = AppId::new(self.model.apps.len());
        let App { name, sdk, platforms, .. } = &app;
        self.directory.add_app(AppEntry { name, sdk: *sdk, platforms: *platforms });
        self.model.apps.push(app);
        id
    }

    fn add_storage(&mut self, storage: Storage) -> StorageId {
        let id = StorageId::new(self.model.storages.len());
        self.directory.add_storage(&storage.name, storage.writable);
        self.model.storages.push(storage);
        id
    }

    fn declare(&mut self, item: &Item) {
        let docs = || item.docs.iter().map(|doc| doc.value.clone()).collect();
        match &item.kind {
            ItemKind::Tenant(tenant) => {
                if self.name(&tenant.name.text, Some(tenant.name.span), Entity::Tenant) {
                    self.tenant(tenant, item.span);
                }
            }
            ItemKind::App(app) => self.app(app, docs()),
            ItemKind::Storage(storage) => {
                let id = StorageId::new(self.model.storages.len());
                let name = &storage.name;
                if self.name(&name.text, Some(name.span), Entity::Storage(id)) {
                    self.add_storage(Storage {
                        title: storage.title.as_ref().map(|title| title.value.clone()),
                        docs: docs(),
                        corporate: storage.corporate,
                        ..Storage::new(&name.text, Origin::Declared)
                    });
                }
            }
            ItemKind::Group(group) => {
                let id = GroupId::new(self.model.groups.len());
                if self.name(&group.name.text, Some(group.name.span), Entity::Group(id)) {
                    self.model.groups.push(Group::empty(&group.name.text));
                }
            }
            ItemKind::Users(users) => {
                let id = UsersId::new(self.model.users.len());
                let name = &users.name;
                if self.name(&name.text, Some(name.span), Entity::Users(id)) {
                    let title = users.title.as_ref().map(|title| title.value.clone());
                    self.model.users.push(Users { name: name.text.clone(), title });
                    self.directory.add_users(&name.text);
                }
            }
            ItemKind::Policy(policy) => {
                let id = PolicyId::new(self.model.policies.len());
                if self.name(&policy.name.text, Some(policy.name.span), Entity::Policy(id)) {
                    self.model.policies.push(Policy {
                        title: policy.title.as_ref().map(|title| title.value.clone()),
                        docs: docs(),
                        report_only: policy.report_only.is_some(),
                        ..Policy::new(&policy.name)
                    });
                }
            }
            ItemKind::Version(_) | ItemKind::Use(_) | ItemKind::Expect(_) => {}
        }
    }

    fn tenant(&mut self, tenant: &ast::Tenant, span: Span) {
        if let Some(first) = &self.model.tenant {
            let message = format!("a second tenant beside `{}`", first.name);
            let diagnostic = Diagnostic::new(Code::DuplicateName, message).at(span, "");
            self.found.push(diagnostic.help("a set belongs to one tenant; keep one of them"));
            return;
        }
        let (name, domain) = (tenant.name.text.clone(), tenant.domain.value.clone());
        self.model.tenant = Some(Tenant { name, domain });
    }

    fn app(&mut self, app: &ast::App, docs: Vec<String>) {
        let id = AppId::new(self.model.apps.len());
        if !self.name(&app.name.text, Some(app.name.span), Entity::App(id)) {
            return;
        }
        let mut resolved = App {
            title: app.title.as_ref().map(|title| title.value.clone()),
            docs,
            span: Some(app.name.span),
            ..App::new(&app.name.text, Origin::Declared)
        };
        let mut platforms = Platforms::NONE;
        let mut traits = Vec::new();
        for entry in app.entries.iter().flatten() {
            match entry {
                AstEntry::Ids(kind, ids) => {
                    platforms.insert(platform_of(kind.value));
                    ids.iter().for_each(|text| self.app_id(id, kind.value, text));
                }
                AstEntry::Trait(one) if traits.contains(&one.value) => {
                    let word = one.value.word();
                    let diagnostic =
                        Diagnostic::new(Code::DuplicateClause, format!("`{word}` stands twice"));
                    self.found.push(diagnostic.at(one.span, "again").help("leave it out"));
                }
                AstEntry::Trait(one) => traits.push(one.value),
            }
        }
        resolved.set_traits(&traits);
        if !platforms.is_empty() {
            resolved.platforms = platforms;
        }
        check::app(&resolved, app, self.found);
        self.id_places.insert(id, app.name.span);
        self.add_app(resolved);
    }

    fn app_id(&mut self, app: AppId, kind: IdKind, id: &ast::Text) {
        let known = match kind {
            IdKind::Url => self.directory.add_url(&id.value, app),
            IdKind::Ios | IdKind::Android | IdKind::Windows => {
                self.directory.add_id(platform_of(kind), &id.value, app)
            }
        };
        if id.value.trim().is_empty() {
            let diagnostic = Diagnostic::new(Code::BadId, "an empty id").at(id.span, "");
            self.found.push(diagnostic.help("leave the line out where the app has no id"));
            return;
        }
        if let Some(known) = known {
            let message = format!("the {} id `{}` is declared twice", kind.word(), id.value);
            let diagnostic = Diagnostic::new(Code::DuplicateId, message).at(id.span, "again");
            self.found.push(match self.id_places.get(&known) {
                Some(first) => diagnostic
                    .at(*first, "this app has it already")
                    .help("an id belongs to one app; take it from one of them"),
                None => diagnostic.help("leave it out"),
            });
        }
    }

    // ------------------------------------------------------------ undeclared ids

    /// Makes an app of every id that a set names and nothing declares.
    fn note_ids(&mut self, item: &Item) {
        for set in sets_of(item) {
            for term in set.terms.iter().chain(&set.except) {
                if let TermKind::Id(id) = &term.what {
                    self.note_id(&id.value);
                }
            }
        }
    }

    fn note_id(&mut self, id: &str) {
        let Some((kind, rest)) = split_id(id) else { return };
        let known = match kind {
            Some(platform) => self.directory.app_with_id(platform, rest),
            None => self.directory.app_with_url(rest),
        };
        if known.is_some() {
            return;
        }
        let platform = kind.unwrap_or(Platform::Ios);
        let platforms = [platform].into_iter().collect();
        let app = self.add_app(App { platforms, ..App::new(id, Origin::Id) });
        match kind {
            Some(platform) => self.directory.add_id(platform, rest, app),
            None => self.directory.add_url(rest, app),
        };
    }

    /// The apps and storages that stand for everything that nothing names come last.
    fn end_of_endpoints(&mut self) {
        self.add_app(App::new("unlisted", Origin::Unlisted));
        self.add_storage(Storage::new("unlisted", Origin::Unlisted));
        // Sets are resolved against the directory as it stands now.
        self.model.directory = Arc::new(self.directory.clone());
    }

    // ------------------------------------------------------------ groups

    fn groups(&mut self, files: &[ast::File]) {
        let mut asts: BTreeMap<GroupId, &ast::Group> = BTreeMap::new();
        for item in files.iter().flat_map(|file| &file.items) {
            let ItemKind::Group(group) = &item.kind else { continue };
            let Some(Entity::Group(id)) = self.space.names.get(&group.name.text) else { continue };
            asts.entry(*id).or_insert(group);
        }
        let mut depths = BTreeMap::new();
        for id in asts.keys() {
            self.group(*id, &asts, &mut depths);
        }
    }

    /// Closes a group after the groups that it names, and notes how deep each one is.
    fn group(
        &mut self,
        id: GroupId,
        asts: &BTreeMap<GroupId, &ast::Group>,
        depths: &mut BTreeMap<GroupId, usize>,
    ) {
        let mut open = vec![id];
        while let Some(id) = open.last().copied() {
            let Some(group) = asts.get(&id) else { return };
            let inner = self.groups_in(&group.set);
            let next = inner.iter().copied().find(|inner| !depths.contains_key(inner));
            let known = inner.iter().filter_map(|inner| depths.get(inner));
            let depth = 1 + known.max().copied().unwrap_or(0);
            match next {
                Some(inner) if open.contains(&inner) => {
                    self.group_cycle(inner, &open, asts);
                    self.break_groups(&mut open, asts, depths);
                }
                Some(inner) if open.len() < self.limits.nesting => open.push(inner),
                None if depth <= self.limits.nesting => {
                    let closed = check::group(&group.set, self.found)
                        .and_then(|()| self.scopes().set(&group.set, Reading::Every))
                        .map(|set| self.close(&set, &group.name, group.set.span));
                    match closed {
                        Some(closed) => self.model.groups[id.index()] = closed,
                        None => self.break_group(id, asts),
                    }
                    depths.insert(id, depth);
                    open.pop();
                }
                _ => {
                    let (depth, limit) = (depth.max(open.len() + 1), self.limits.nesting);
                    let message =
                        format!("groups hold each other {depth} deep, the limit is {limit}");
                    let diagnostic = Diagnostic::new(Code::Nesting, message);
                    let help = "name what the inner groups hold, or raise the limit";
                    self.found.push(diagnostic.at(group.name.span, "one too many").help(help));
                    self.break_groups(&mut open, asts, depths);
                }
            }
        }
    }

    /// Gives up the groups that are being closed.
    fn break_groups(
        &mut self,
        open: &mut Vec<GroupId>,
        asts: &BTreeMap<GroupId, &ast::Group>,
        depths: &mut BTreeMap<GroupId, usize>,
    ) {
        for id in open.drain(..) {
            depths.insert(id, 0);
            self.break_group(id, asts);
        }
    }

    fn groups_in(&self, set: &ast::Set) -> Vec<GroupId> {
        let terms = set.terms.iter().chain(&set.except);
        let names = terms.filter_map(|term| match &term.what {
            TermKind::Name(name) => self.space.names.get(&name.text),
            TermKind::Word(_) | TermKind::Id(_) => None,
        });
        names
            .filter_map(|entity| match entity {
                Entity::Group(id) => Some(*id),
                _ => None,
            })
            .collect()
    }

    fn break_group(&mut self, id: GroupId, asts: &BTreeMap<GroupId, &ast::Group>) {
        if let Some(group) = asts.get(&id) {
            self.space.names.remove(&group.name.text);
            self.space.broken.insert(group.name.text.clone());
        }
    }

    fn group_cycle(
        &mut self,
        id: GroupId,
        open: &[GroupId],
        asts: &BTreeMap<GroupId, &ast::Group>,
    ) {
        let from = open.iter().position(|one| *one == id).unwrap_or(0);
        let circle: Vec<_> = open.iter().skip(from).filter_map(|id| asts.get(id)).collect();
        let names: Vec<_> = circle.iter().map(|group| format!("`{}`", group.name.text)).collect();
        let message = match names.as_slice() {
            [one] => format!("the group {one} holds itself"),
            names => format!("groups that hold each other: {}", names.join(", ")),
        };
        let mut diagnostic = Diagnostic::new(Code::GroupCycle, message);
        for (group, next) in circle.iter().zip(circle.iter().cycle().skip(1)) {
            let terms = group.set.terms.iter().chain(&group.set.except);
            let holds = |term: &&ast::Term| match &term.what {
                TermKind::Name(name) => name.text == next.name.text,
                TermKind::Word(_) | TermKind::Id(_) => false,
            };
            let place = terms.into_iter().find(holds).map_or(group.set.span, |term| term.span);
            diagnostic = diagnostic.at(place, format!("`{}` holds it", group.name.text));
        }
        self.found.push(diagnostic.help("take one of these names out"));
    }

    /// A group's members, one by one.
    fn close(&mut self, set: &EndpointSet, name: &Name, span: Span) -> Group {
        let mut held = self.members(set.terms.iter().map(|term| term.what));
        let left_out = self.members(set.except.iter().map(|term| term.what));
        for (app, platforms) in &mut held.0 {
            let out = left_out.0.get(app).copied().unwrap_or_default();
            *platforms = platforms.without(out);
        }
        let group = Group {
            name: name.text.clone(),
            apps: held.0.into_iter().filter(|(_, platforms)| !platforms.is_empty()).collect(),
            storages: held.1.into_iter().filter(|id| !left_out.1.contains(id)).collect(),
            places: held.2.into_iter().filter(|place| !left_out.2.contains(place)).collect(),
        };
        if group.apps.is_empty() && group.storages.is_empty() && group.places.is_empty() {
            let message = format!("the group `{}` holds nothing", name.text);
            let diagnostic = Diagnostic::new(Code::EmptySet, message);
            let diagnostic = diagnostic.at(span, "everything is left out again");
            self.found.push(diagnostic.help("leave something in, or take the group out"));
        }
        group
    }

    fn members(&self, terms: impl Iterator<Item = What>) -> Members {
        let mut members = Members::default();
        for what in terms {
            match what {
                What::App(app, platforms) => members.add_app(app, platforms),
                What::Storage(id) => members.1.push(id),
                What::Place(place) => members.2.push(place),
                What::Group(id) => {
                    let group = self.model.group(id);
                    group.apps.iter().for_each(|(app, on)| members.add_app(*app, *on));
                    members.1.extend(&group.storages);
                    members.2.extend(&group.places);
                }
                What::Word(_) | What::UnlistedOn(_) => {}
            }
        }
        members.1.sort_unstable();
        members.1.dedup();
        members.2.sort_unstable();
        members.2.dedup();
        members
    }

    // ------------------------------------------------------------ policies

    fn scopes(&mut self) -> ScopeResolver<'_> {
        let (bound, groups) = (self.limits.diagnostics, self.limits.user_groups);
        ScopeResolver { space: &self.space, model: &self.model, found: self.found, bound, groups }
    }

    fn policies(&mut self, files: &[ast::File]) {
        let mut heads = BTreeMap::new();
        for item in files.iter().flat_map(|file| &file.items) {
            if let Some((id, policy)) = self.policy_of(item)
                && !heads.contains_key(&id)
            {
                let whole = self.head(id, policy);
                self.policy_entry(id);
                heads.insert(id, whole);
            }
        }
        check::yields(&self.model, self.limits, self.found);
        let mut seen = std::collections::BTreeSet::new();
        for item in files.iter().flat_map(|file| &file.items) {
            if let ItemKind::Expect(expect) = &item.kind {
                self.expect(None, expect, item.span);
            }
            if let Some((id, policy)) = self.policy_of(item)
                && seen.insert(id)
            {
                self.body(id, policy, heads.get(&id) == Some(&true));
            }
        }
    }

    fn policy_of<'i>(&self, item: &'i Item) -> Option<(PolicyId, &'i ast::Policy)> {
        let ItemKind::Policy(policy) = &item.kind else { return None };
        match self.space.names.get(&policy.name.text)? {
            Entity::Policy(id) if self.model.policy(*id).span == policy.name.span => {
                Some((*id, policy))
            }
            _ => None,
        }
    }

    /// Resolves the head of a policy; gives whether its rules can be judged against it.
    fn head(&mut self, id: PolicyId, ast: &ast::Policy) -> bool {
        check::head_order(ast, self.found);
        let errors = self.found.len();
        let mut head = self.model.policy(id).clone();
        let mut whole = true;
        let mut protected = false;
        for statement in &ast.body {
            match &statement.kind {
                StatementKind::For(people) => {
                    let people = self.scopes().people(people);
                    whole &= people.is_some();
                    head.people = people.unwrap_or(People::ANYBODY);
                }
                StatementKind::Protect(set) => {
                    let protect = self.protect(set);
                    protected = protect.is_some();
                    head.protect = protect.unwrap_or_default();
                }
                StatementKind::On(list) => {
                    head.platforms = words::platforms(list, self.found).unwrap_or(Platforms::all());
                }
                StatementKind::Devices(list) => {
                    head.devices = words::devices(list, self.found).unwrap_or(DeviceStates::all());
                }
                StatementKind::Yields(yields) => head.yields = self.yields(yields),
                StatementKind::Otherwise(effect) => {
                    head.otherwise = *effect;
                    head.otherwise_span = Some(statement.span);
                }
                StatementKind::Rule(_)
                | StatementKind::Require(_)
                | StatementKind::Launch(_)
                | StatementKind::Setting(_)
                | StatementKind::Expect(_) => {}
            }
        }
        self.model.policies[id.index()] = head;
        whole &= protected && !self.has_errors(errors);
        if whole {
            check::head(&self.model, id, ast, self.found);
        }
        check::head_clauses(ast, self.found);
        whole && !self.has_errors(errors)
    }

    /// Whether an error was found since there were so many diagnostics.
    fn has_errors(&self, before: usize) -> bool {
        has_error(self.found.get(before..).unwrap_or_default())
    }

    fn yields(&mut self, yields: &ast::Yields) -> Yields {
        let ast::Yields::To(names) = yields else { return Yields::Any };
        let mut ids = Vec::new();
        for name in names {
            let entity = self.scopes().entity(name, "a policy", |e| matches!(e, Entity::Policy(_)));
            if let Some(Entity::Policy(id)) = entity {
                ids.push(id);
            }
        }
        Yields::To(ids)
    }

    /// The apps that a `protect` clause means.
    fn protect(&mut self, set: &ast::Set) -> Option<Vec<(AppId, Platforms)>> {
        let errors = self.found.len();
        check::protect_words(set, self.found);
        let resolved = self.scopes().set(set, Reading::Every)?;
        let mut members = Members::default();
        for (term, ast) in resolved.terms.iter().zip(&set.terms) {
            check::protect_term(&self.model, term.what, ast, self.found);
            match term.what {
                What::Word(_) => {
                    let apps =
                        self.model.app_ids().filter(|id| self.model.app(*id).can_be_protected());
                    apps.for_each(|app| members.add_app(app, Platforms::all()));
                }
                what => members.extend(self.members(std::iter::once(what))),
            }
        }
        let left_out = self.members(resolved.except.iter().map(|term| term.what));
        if self.has_errors(errors) {
            return None;
        }
        let protect: Vec<_> = members
            .0
            .into_iter()
            .map(|(app, on)| (app, on.without(left_out.0.get(&app).copied().unwrap_or_default())))
            .filter(|(_, on)| !on.is_empty())
            .collect();
        if protect.is_empty() {
            let diagnostic = Diagnostic::new(Code::EmptySet, "a policy that protects nothing");
            let diagnostic = diagnostic.at(set.span, "no app with `sdk` is in this set");
            self.found.push(diagnostic.help("name an app that is declared with `sdk`"));
        }
        Some(protect)
    }

    fn line(&self, span: Span) -> u32 {
        u32::try_from(self.sources.position(span).line).unwrap_or(u32::MAX)
    }

    fn policy_entry(&mut self, id: PolicyId) {
        let policy = self.model.policy(id);
        self.directory.add_policy(PolicyEntry {
            name: &policy.name,
            file: self.sources.name(policy.span.source),
            line: self.line(policy.span),
            otherwise: policy.otherwise,
            otherwise_line: self.line(policy.otherwise_span.unwrap_or(policy.span)),
        });
    }

    /// Resolves what stands behind the head. Where the head is in error, rules are not held against it.
    fn body(&mut self, id: PolicyId, ast: &ast::Policy, whole_head: bool) {
        let policy = self.model.policy(id);
        let place = AccessPlace { platforms: policy.platforms, devices: policy.devices };
        let mut access = Vec::new();
        let mut settings = Vec::new();
        let errors = self.found.len();
        for statement in &ast.body {
            match &statement.kind {
                StatementKind::Rule(rule) => self.rule(id, rule, statement, whole_head),
                StatementKind::Require(require) => {
                    access.extend(access::resolve_require(require, place, self.found));
                }
                StatementKind::Launch(launch) => {
                    access.extend(access::resolve_launch(launch, place, self.found));
                }
                StatementKind::Setting(setting) => {
                    settings.push((setting.name.value.clone(), print::json(&setting.value)));
                }
                StatementKind::Expect(expect) => self.expect(Some(id), expect, statement.span),
                StatementKind::For(_)
                | StatementKind::Protect(_)
                | StatementKind::On(_)
                | StatementKind::Devices(_)
                | StatementKind::Yields(_)
                | StatementKind::Otherwise(_) => {}
            }
        }
        // What a rule in error was to change is not known.
        let all_read = whole_head && ast.complete && !self.has_errors(errors);
        access::check(&access, self.found);
        check::settings(ast, self.found);
        if all_read {
            check::repeats(&self.model, id, self.found);
        }
        let policy = &mut self.model.policies[id.index()];
        policy.access = access;
        policy.settings = settings;
    }

    fn rule(
        &mut self,
        policy: PolicyId,
        ast: &ast::Rule,
        statement: &ast::Statement,
        whole_head: bool,
    ) {
        let effect = ast.effect.value;
        let errors = self.found.len();
        check::channel_effect(ast, self.found);
        check::rule_limits(ast, self.found);
        let scope =
            self.scopes().scope(&ast.scope, Reading::of(effect), check::channels_for(effect));
        let Some(scope) = scope else { return };
        let Some(limits) = self.limits(&ast.scope) else { return };
        if self.has_errors(errors) {
            return;
        }
        let rule = Rule {
            policy,
            effect,
            scope,
            obligations: limits,
            app_wide: ast.scope.app_wide.is_some(),
            because: ast.scope.because.as_ref().map(|text| text.value.clone()),
            docs: statement.docs.iter().map(|doc| doc.value.clone()).collect(),
            span: statement.span,
        };
        check::rule(&self.model, &rule, &ast.scope, whole_head, self.found);
        self.directory.add_rule(RuleEntry {
            policy,
            effect,
            text: &print::rule(ast),
            file: self.sources.name(rule.span.source),
            line: self.line(rule.span),
            because: rule.because.as_deref(),
        });
        let id = RuleId::new(self.model.rules.len());
        self.model.rules.push(rule);
        self.model.policies[policy.index()].rules.push(id);
    }

    fn limits(&mut self, scope: &ast::Scope) -> Option<Obligations> {
        let characters = match scope.up_to {
            None => None,
            Some(number) => match u32::try_from(number.value) {
                Ok(characters) => Some(characters),
                Err(_) => {
                    let message = format!("{} characters are too many", number.value);
                    let help = format!("the largest number is {}", u32::MAX);
                    let diagnostic = Diagnostic::new(Code::NumberRange, message);
                    self.found.push(diagnostic.at(number.span, "").help(help));
                    return None;
                }
            },
        };
        Some(Obligations {
            characters,
            without_content: scope.without_content.is_some(),
            tagged: scope.tagged.is_some(),
        })
    }

    fn expect(&mut self, policy: Option<PolicyId>, ast: &ast::Expect, span: Span) {
        let errors = self.found.len();
        let (scope, claim) = match ast.claim {
            ast::Claim::Effect(effect) => {
                check::expect_limits(effect, &ast.scope, self.found);
                let scope = self.scopes().scope(&ast.scope, Reading::Every, Channels::all());
                let Some(scope) = scope else { return };
                let Some(obligations) = self.limits(&ast.scope) else { return };
                check::scope_sets(&self.model, &scope, &ast.scope, self.found);
                (scope, Claim::Decided { effect, obligations })
            }
            ast::Claim::NoPath => {
                let Some(chain) = self.scopes().chain(&ast.scope) else { return };
                check::chain_sets(&self.model, &chain, &ast.scope, self.found);
                (chain.scope, Claim::NoPath { avoiding: chain.avoiding })
            }
        };
        if self.has_errors(errors) {
            return;
        }
        let text = print::expect(ast);
        self.model.expectations.push(Expectation { policy, claim, scope, text, span });
    }
}

/// Apps with their platforms, storages, places.
#[derive(Default)]
struct Members(BTreeMap<AppId, Platforms>, Vec<StorageId>, Vec<Place>);

impl Members {
    fn add_app(&mut self, app: AppId, platforms: Platforms) {
        let known = self.0.entry(app).or_default();
        *known = known.or(platforms);
    }

    fn extend(&mut self, other: Self) {
        other.0.into_iter().for_each(|(app, on)| self.add_app(app, on));
        self.1.extend(other.1);
        self.2.extend(other.2);
    }
}

const fn platform_of(kind: IdKind) -> Platform {
    match kind {
        IdKind::Ios | IdKind::Url => Platform::Ios,
        IdKind::Android => Platform::Android,
        IdKind::Windows => Platform::Windows,
    }
}

/// Every set that a declaration writes.
fn sets_of(item: &Item) -> Vec<&ast::Set> {
    match &item.kind {
        ItemKind::Group(group) => vec![&group.set],
        ItemKind::Expect(expect) => sets_of_scope(&expect.scope).collect(),
        ItemKind::Policy(policy) => policy
            .body
            .iter()
            .flat_map(|statement| match &statement.kind {
                StatementKind::Protect(set) => vec![set],
                StatementKind::Rule(rule) => sets_of_scope(&rule.scope).collect(),
                StatementKind::Expect(expect) => sets_of_scope(&expect.scope).collect(),
                _ => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn sets_of_scope(scope: &ast::Scope) -> impl Iterator<Item = &ast::Set> {
    scope.from.iter().chain(&scope.to).chain(&scope.avoiding)
}

/// Resolves what stands alone against a finished model.
fn alone<'a>(
    model: &'a Model,
    limits: &Limits,
    found: &'a mut Vec<Diagnostic>,
) -> ScopeResolver<'a> {
    let (bound, groups) = (limits.diagnostics, limits.user_groups);
    ScopeResolver { space: &model.space, model, found, bound, groups }
}

/// Resolves a scope that stands alone against a finished model.
pub(crate) fn question(
    model: &Model,
    ast: &ast::Scope,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Option<Scope> {
    let scope = alone(model, limits, found).scope(ast, Reading::Every, Channels::all())?;
    let errors = found.len();
    check::scope_sets(model, &scope, ast, found);
    (!has_error(found.get(errors..).unwrap_or_default())).then_some(scope)
}

/// Resolves chains of movements that stand alone against a finished model.
pub(crate) fn chain(
    model: &Model,
    ast: &ast::Scope,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Option<ChainScope> {
    let chain = alone(model, limits, found).chain(ast)?;
    let errors = found.len();
    check::chain_sets(model, &chain, ast, found);
    (!has_error(found.get(errors..).unwrap_or_default())).then_some(chain)
}

impl Model {
    fn empty() -> Self {
        Self {
            tenant: None,
            apps: Vec::new(),
            storages: Vec::new(),
            groups: Vec::new(),
            users: Vec::new(),
            policies: Vec::new(),
            rules: Vec::new(),
            expectations: Vec::new(),
            directory: Arc::default(),
            space: Namespace::default(),
        }
    }
}

impl App {
    fn new(name: &str, origin: Origin) -> Self {
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

    fn set_traits(&mut self, traits: &[AppTrait]) {
        self.sdk = traits.contains(&AppTrait::Sdk);
        self.multi_identity = traits.contains(&AppTrait::MultiIdentity);
        self.container = traits.contains(&AppTrait::Container);
        self.on_premises = traits.contains(&AppTrait::OnPremises);
    }

    /// Whether a policy can protect it.
    #[must_use]
    pub fn can_be_protected(&self) -> bool {
        self.sdk && !self.container
    }
}

impl Storage {
    fn new(name: &str, origin: Origin) -> Self {
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
    fn empty(name: &str) -> Self {
        Self { name: name.to_owned(), apps: Vec::new(), storages: Vec::new(), places: Vec::new() }
    }
}

impl Policy {
    fn new(name: &Name) -> Self {
        Self {
            name: name.text.clone(),
            title: None,
            docs: Vec::new(),
            span: name.span,
            report_only: false,
            people: People::ANYBODY,
            platforms: Platforms::all(),
            devices: DeviceStates::all(),
            protect: Vec::new(),
            yields: Yields::No,
            otherwise: Effect::Block,
            otherwise_span: None,
            rules: Vec::new(),
            access: Vec::new(),
            settings: Vec::new(),
        }
    }
}
