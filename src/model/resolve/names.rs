//! Declarations: the symbol table, apps, storages, users, and ids that no declaration has.

use super::resolver::Resolver;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::check;
use crate::model::directory::AppEntry;
use crate::model::symbols::Entity;
use crate::model::types::{
    App, AppId, Filter, Group, GroupId, Origin, Policy, PolicyId, Storage, StorageId, Tenant,
    Users, UsersId, split_id,
};
use crate::source::Span;
use crate::syntax::ast::{
    self, AppEntry as AstEntry, AppTrait, IdKind, Item, ItemKind, StatementKind, TermKind,
};
#[cfg(feature = "lsp")]
use crate::vocabulary::Kind;
use crate::vocabulary::{Place, Platform, Platforms};
use std::sync::Arc;

/// The built-in apps: names and titles.
const BUILT_IN_APPS: &[(&str, &str)] = &[
    ("dialer", "The system's dialer"),
    ("messages", "The system's messages"),
    ("browser", "The system's browser"),
];

/// The built-in storages: names, titles, and whether data can be saved there.
const BUILT_IN_STORAGES: &[(&str, &str, bool)] = &[
    ("device-storage", "The device's storage", true),
    ("photo-library", "The photo library", true),
    ("camera", "The camera", false),
];

/// The built-in names.
#[cfg(feature = "intune")]
pub(crate) fn built_in_names() -> impl Iterator<Item = &'static str> {
    let apps = BUILT_IN_APPS.iter().map(|(name, _)| *name);
    let storages = BUILT_IN_STORAGES.iter().map(|(name, ..)| *name);
    apps.chain(storages).chain(Place::ALL.iter().map(|place| place.word()))
}

/// The built-in apps and storages with their kinds, and whether data can go there.
#[cfg(feature = "lsp")]
pub(crate) fn built_in_endpoints() -> impl Iterator<Item = (&'static str, Kind, bool)> {
    let apps = BUILT_IN_APPS.iter().map(|(name, _)| (*name, Kind::App, true));
    let storages = BUILT_IN_STORAGES.iter();
    apps.chain(storages.map(|(name, _, writable)| (*name, Kind::Storage, *writable)))
}

impl Resolver<'_> {
    /// Adds a name to the symbol table; `false`, with a diagnostic, if it is declared already.
    fn name(&mut self, name: &str, span: Option<Span>, entity: Entity) -> bool {
        let Some(first) = self.places.get(name).copied() else {
            self.places.insert(name.to_owned(), span);
            self.symbols.names.insert(name.to_owned(), entity);
            return true;
        };
        if let Some(span) = span {
            self.found.push(self.declared_twice(name, span, first));
        }
        false
    }

    /// The diagnostic about a name that is declared twice.
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

    /// Declares the built-in names.
    pub(super) fn built_in(&mut self) {
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

    /// Notes whether files are missing: what they declare cannot be known.
    pub(super) fn note_missing_files(&mut self) {
        let is_missing = |one: &Diagnostic| {
            let code = one.code;
            code == Code::NewerVersion
                || code.as_str().starts_with("mam::load::")
                || code.as_str().starts_with("mam::limit::")
        };
        self.symbols.is_incomplete = self.found.iter().any(is_missing);
    }

    /// Notes the names of declarations that could not be parsed.
    pub(super) fn broken(&mut self, file: &ast::File) {
        self.symbols.broken.extend(file.broken.iter().map(|name| name.text.clone()));
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

    /// Adds a declaration. Groups and policies are filled later.
    pub(super) fn declare(&mut self, item: &Item) {
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
            ItemKind::Filter(filter) => {
                let at = self.model.filters.len();
                let name = &filter.name;
                if self.name(&name.text, Some(name.span), Entity::Filter(at)) {
                    let title = filter.title.as_ref().map(|title| title.value.clone());
                    self.model.filters.push(Filter { name: name.text.clone(), title });
                    self.directory.add_filter(&name.text);
                }
            }
            ItemKind::Policy(policy) => {
                let id = PolicyId::new(self.model.policies.len());
                if self.name(&policy.name.text, Some(policy.name.span), Entity::Policy(id)) {
                    self.model.policies.push(Policy {
                        title: policy.title.as_ref().map(|title| title.value.clone()),
                        docs: docs(),
                        report_only: policy.report_only.is_some(),
                        ..Policy::new(&policy.name.text, policy.name.span)
                    });
                }
            }
            ItemKind::Version(_)
            | ItemKind::Use(_)
            | ItemKind::Expect(_)
            | ItemKind::ExpectAccess(_) => {}
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
                    ids.iter().for_each(|text| self.app_id(id, app, kind.value, text));
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
        resolved.sdk = traits.contains(&AppTrait::Sdk);
        resolved.multi_identity = traits.contains(&AppTrait::MultiIdentity);
        resolved.container = traits.contains(&AppTrait::Container);
        resolved.on_premises = traits.contains(&AppTrait::OnPremises);
        if !platforms.is_empty() {
            resolved.platforms = platforms;
        }
        check::app(&resolved, app, self.found);
        self.id_places.insert(id, app.name.span);
        self.add_app(resolved);
    }

    fn app_id(&mut self, app: AppId, ast: &ast::App, kind: IdKind, id: &ast::Text) {
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
        if self.sources.is_authored(id.span.source) {
            self.found.extend(check::odd_id(kind, &id.value, id.span));
        }
        if let Some(known) = known {
            let message = format!("the {} id `{}` is declared twice", kind.word(), id.value);
            let diagnostic = Diagnostic::new(Code::DuplicateId, message);
            self.found.push(self.declared_by_both(diagnostic, known, ast, id.span));
        }
    }

    /// Adds the places of both apps to the diagnostic about an id that `owner` has and another app
    /// declares again. Of the two, the author can change the one that is in no catalogue.
    fn declared_by_both(
        &self,
        diagnostic: Diagnostic,
        owner: AppId,
        other: &ast::App,
        again: Span,
    ) -> Diagnostic {
        let Some(first) = self.id_places.get(&owner).copied() else {
            return diagnostic.at(again, "again").help("leave it out");
        };
        let catalogue = |span: Span| self.sources.catalogue(span.source);
        let (place, known, name, catalogue) = match (catalogue(first), catalogue(again)) {
            (Some(catalogue), _) => (again, first, &self.model.app(owner).name, catalogue),
            (None, Some(catalogue)) => (first, again, &other.name.text, catalogue),
            (None, None) => {
                return diagnostic
                    .at(again, "again")
                    .at(first, "this app has it already")
                    .help("an id belongs to one app; take it from one of them");
            }
        };
        diagnostic
            .at(place, "here")
            .at(known, format!("the catalogue `{catalogue}` calls this app `{name}`"))
            .help(format!("use the name `{name}`, or leave the id out here"))
    }

    /// Prepares the look-up of links among the declared apps.
    pub(super) fn end_of_apps(&mut self) {
        self.directory.prepare_links();
    }

    /// Adds an app for every id that a set names and no declaration has.
    pub(super) fn note_ids(&mut self, item: &Item) {
        for set in sets_of(item) {
            for term in set.terms.iter().chain(&set.except) {
                if let TermKind::Id(id) = &term.what {
                    self.note_id(id);
                }
            }
        }
    }

    fn note_id(&mut self, id: &ast::Text) {
        let Some((kind, rest)) = split_id(&id.value) else { return };
        let known = match kind {
            Some(platform) => self.directory.app_with_id(platform, rest),
            None => self.directory.app_with_link(rest),
        };
        if known.is_some() {
            return;
        }
        if let Some(platform) = kind.filter(|_| self.sources.is_authored(id.span.source)) {
            self.found.extend(check::odd_id(id_kind(platform), rest, id.span));
        }
        let platform = kind.unwrap_or(Platform::Ios);
        let platforms = [platform].into_iter().collect();
        let app = self.add_app(App { platforms, ..App::new(&id.value, Origin::Id) });
        match kind {
            Some(platform) => self.directory.add_id(platform, rest, app),
            None => self.directory.add_url(rest, app),
        };
    }

    /// Adds the representatives of everything that nothing names, which come last.
    pub(super) fn end_of_endpoints(&mut self) {
        self.add_app(App::new("unlisted", Origin::Unlisted));
        self.add_storage(Storage::new("unlisted", Origin::Unlisted));
        // Sets are resolved against the directory as it stands now.
        self.model.directory = Arc::new(self.directory.clone());
    }
}

/// The platform on which apps have ids of a kind.
const fn platform_of(kind: IdKind) -> Platform {
    match kind {
        IdKind::Ios | IdKind::Url => Platform::Ios,
        IdKind::Android => Platform::Android,
        IdKind::Windows => Platform::Windows,
    }
}

/// The kind of ids that apps have on a platform.
const fn id_kind(platform: Platform) -> IdKind {
    match platform {
        Platform::Ios => IdKind::Ios,
        Platform::Android => IdKind::Android,
        Platform::Windows => IdKind::Windows,
    }
}

/// Every endpoint set that an item writes.
fn sets_of(item: &Item) -> Vec<&ast::Set> {
    match &item.kind {
        ItemKind::Group(group) => vec![&group.set],
        ItemKind::Expect(expect) => sets_of_scope(&expect.scope).collect(),
        ItemKind::ExpectAccess(expect) => expect.scope.set.iter().collect(),
        ItemKind::Policy(policy) => policy
            .body
            .iter()
            .flat_map(|statement| match &statement.kind {
                StatementKind::Protect(protect) => vec![&protect.set],
                StatementKind::Rule(rule) => sets_of_scope(&rule.scope).collect(),
                StatementKind::Expect(expect) => sets_of_scope(&expect.scope).collect(),
                StatementKind::ExpectAccess(expect) => expect.scope.set.iter().collect(),
                _ => Vec::new(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn sets_of_scope(scope: &ast::Scope) -> impl Iterator<Item = &ast::Set> {
    scope.from.iter().chain(&scope.to).chain(&scope.avoiding)
}
