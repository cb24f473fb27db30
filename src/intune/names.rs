//! Names of apps, user groups and policies, for their ids in documents.
//!
//! Takes in ids, gives out the names that files of the set declare, and new names with declarations.
//! Every new name is unique. Where ids come from is not known here.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::intune::emit::statement::At;
use crate::source::Span;
use crate::syntax::ast::{
    App, AppEntry, AppTrait, File, Filter, IdKind, Item, ItemKind, Term, TermKind, Users,
};
use crate::vocabulary::Platform;

/// An app with its declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KnownApp {
    pub(super) title: Option<String>,
    /// Its ids, in the order of the declaration.
    pub(super) ids: Vec<(IdKind, String)>,
    /// Whether a policy can protect it: trait `sdk`.
    pub(super) sdk: bool,
    /// Whether it separates accounts: trait `multi-identity`.
    pub(super) multi_identity: bool,
    /// The place of its id, if no file declares it.
    new: Option<Span>,
}

/// A reference to an app in a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum AppRef {
    /// A declared name.
    Named(String),
    /// An id that no declaration has.
    Id(IdKind, String),
}

/// The names of a set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    taken: HashSet<String>,
    /// By wish: the number that its next name has at least. Names are never given back.
    numbers: HashMap<String, u64>,
    apps: BTreeMap<String, KnownApp>,
    by_id: HashMap<(IdKind, String), String>,
    /// User groups by title in lower case: the title is the group's object id.
    groups: HashMap<String, String>,
    /// Titles of user groups by name.
    group_ids: HashMap<String, String>,
    new_groups: BTreeMap<String, (String, Span)>,
    /// Filters by title in lower case: the title is the id of the assignment filter.
    filters: HashMap<String, String>,
    /// Titles of filters by name.
    filter_ids: HashMap<String, String>,
    new_filters: BTreeMap<String, (String, Span)>,
    /// App groups with the names of their members.
    app_groups: BTreeMap<String, Vec<String>>,
}

/// The title of the app that stands for an empty selection.
const NO_APP: &str = "No app is selected yet";

impl Names {
    /// The names that some files declare.
    pub(crate) fn new(files: &[File]) -> Self {
        let mut names = Self::default();
        names.taken.extend(crate::model::built_in_names().map(str::to_owned));
        for item in files.iter().flat_map(|file| &file.items) {
            names.add(item);
        }
        names
    }

    fn add(&mut self, item: &Item) {
        let name = match &item.kind {
            ItemKind::App(app) => {
                self.add_app(app);
                &app.name
            }
            ItemKind::Users(users) => {
                // The id of a group without a title is its name.
                let id = users.title.as_ref().map_or(&users.name.text, |title| &title.value);
                self.name_group(&users.name.text, id);
                &users.name
            }
            ItemKind::Filter(filter) => {
                let id = filter.title.as_ref().map_or(&filter.name.text, |title| &title.value);
                self.name_filter(&filter.name.text, id);
                &filter.name
            }
            ItemKind::Storage(storage) => &storage.name,
            ItemKind::Group(group) => {
                let held = group.set.terms.iter().filter_map(|term| match &term.what {
                    TermKind::Name(name) => Some(name.text.clone()),
                    _ => None,
                });
                self.app_groups.insert(group.name.text.clone(), held.collect());
                &group.name
            }
            ItemKind::Policy(policy) => &policy.name,
            ItemKind::Tenant(tenant) => &tenant.name,
            ItemKind::Version(_)
            | ItemKind::Use(_)
            | ItemKind::Expect(_)
            | ItemKind::ExpectAccess(_) => return,
        };
        self.taken.insert(name.text.clone());
    }

    fn add_app(&mut self, app: &App) {
        let title = app.title.as_ref().map(|title| title.value.clone());
        let mut known =
            KnownApp { title, ids: Vec::new(), sdk: false, multi_identity: false, new: None };
        for entry in app.entries.as_deref().unwrap_or_default() {
            match entry {
                AppEntry::Ids(kind, ids) => {
                    known.ids.extend(ids.iter().map(|id| (kind.value, id.value.clone())));
                }
                AppEntry::Trait(one) => {
                    known.sdk |= one.value == AppTrait::Sdk;
                    known.multi_identity |= one.value == AppTrait::MultiIdentity;
                }
            }
        }
        self.insert(&app.name.text, known);
    }

    fn insert(&mut self, name: &str, known: KnownApp) {
        for (kind, id) in &known.ids {
            self.by_id.insert((*kind, id.to_lowercase()), name.to_owned());
        }
        self.apps.insert(name.to_owned(), known);
    }

    // ------------------------------------------------------------ apps

    /// Whether an app is known from documents alone.
    pub(super) fn is_new(&self, name: &str) -> bool {
        self.apps.get(name).is_some_and(|app| app.new.is_some())
    }

    /// The app of a name.
    pub(super) fn app(&self, name: &str) -> Option<&KnownApp> {
        self.apps.get(name)
    }

    /// Whether an app group contains an app, directly or by a group inside it.
    pub(super) fn has_member(&self, group: &str, app: &str) -> bool {
        self.has_any_of(group, |name| name == app)
    }

    /// Whether an app group contains an app of which something holds, directly or by a group inside it.
    pub(super) fn has_any_of(&self, group: &str, holds: impl Fn(&str) -> bool) -> bool {
        let mut open = vec![group];
        let mut seen = HashSet::new();
        while let Some(name) = open.pop() {
            if holds(name) {
                return true;
            }
            if seen.insert(name) {
                let held = self.app_groups.get(name).into_iter().flatten();
                open.extend(held.map(String::as_str));
            }
        }
        false
    }

    /// The name of the app with an id.
    pub(super) fn name_of(&self, kind: IdKind, id: &str) -> Option<&str> {
        self.by_id.get(&(kind, id.to_lowercase())).map(String::as_str)
    }

    /// The name of a protected app. An unknown app is declared.
    pub(super) fn protected(&mut self, kind: IdKind, id: &str, span: Span) -> String {
        if let Some(name) = self.name_of(kind, id) {
            return name.to_owned();
        }
        // The same id on two platforms is more often one app than two.
        let kinds = [IdKind::Ios, IdKind::Android, IdKind::Windows];
        let twin = kinds.into_iter().find_map(|other| {
            let name = self.name_of(other, id)?;
            self.apps.get(name).filter(|app| app.new.is_some() && app.sdk)?;
            Some(name.to_owned())
        });
        let name = twin.unwrap_or_else(|| self.free(&slug_of_id(id)));
        self.declare(&name, None, kind, &[id], true, span);
        name
    }

    /// The apps with some ids in a setting. With a title, the unknown ids are declared as one app;
    /// without, they stay ids.
    pub(super) fn apps_with(
        &mut self,
        kind: IdKind,
        ids: &[&str],
        title: Option<&str>,
        span: Span,
    ) -> Vec<AppRef> {
        let (mut refs, mut unknown): (Vec<AppRef>, Vec<&str>) = (Vec::new(), Vec::new());
        for id in ids {
            match self.name_of(kind, id) {
                Some(name) => refs.push(AppRef::Named(name.to_owned())),
                None => unknown.push(id),
            }
        }
        match title.filter(|title| !unknown.is_empty() && !slug(title).is_empty()) {
            Some(title) => {
                let name = self.free(&slug(title));
                self.declare(&name, Some(title), kind, &unknown, false, span);
                refs.push(AppRef::Named(name));
            }
            None => refs.extend(unknown.iter().map(|id| AppRef::Id(kind, (*id).to_owned()))),
        }
        refs
    }

    /// Adds ids to an app, which is declared if it is new.
    fn declare(
        &mut self,
        name: &str,
        title: Option<&str>,
        kind: IdKind,
        ids: &[&str],
        sdk: bool,
        span: Span,
    ) {
        let known = self.apps.get(name).cloned();
        let mut known = known.unwrap_or_else(|| KnownApp {
            title: title.map(str::to_owned),
            ids: Vec::new(),
            sdk,
            multi_identity: false,
            new: Some(span),
        });
        known.ids.extend(ids.iter().map(|id| (kind, (*id).to_owned())));
        self.insert(name, known);
    }

    /// The name of the app that stands for an empty selection: the one that a file declares as that, or a
    /// new one.
    pub(super) fn nothing_selected(&mut self, span: Span) -> String {
        let is_it =
            |app: &KnownApp| app.title.as_deref() == Some(NO_APP) && app.ids.is_empty() && app.sdk;
        if let Some((name, _)) = self.apps.iter().find(|(_, app)| is_it(app)) {
            return name.clone();
        }
        let name = self.free("no-app-selected");
        let (title, ids, multi_identity, new) =
            (Some(NO_APP.to_owned()), Vec::new(), false, Some(span));
        self.insert(&name, KnownApp { title, ids, sdk: true, multi_identity, new });
        name
    }

    /// A term for an app under every account.
    pub(super) fn whole(&self, app: &AppRef, at: At) -> Term {
        match app {
            AppRef::Named(name) => {
                let term = at.named(name);
                let sdk = self.app(name).is_some_and(|known| known.sdk);
                if sdk { at.whole(term) } else { term }
            }
            AppRef::Id(kind, id) => {
                at.term(TermKind::Id(at.text(&format!("{}:{id}", kind.word()))))
            }
        }
    }

    /// The ids of an app, of one kind.
    pub(crate) fn ids<'n>(&'n self, app: &'n AppRef, kind: IdKind) -> Vec<&'n str> {
        match app {
            AppRef::Named(name) => {
                let ids = self.app(name).map_or(&[][..], |known| &known.ids);
                ids.iter().filter(|(one, _)| *one == kind).map(|(_, id)| &**id).collect()
            }
            AppRef::Id(one, id) if *one == kind => vec![id],
            AppRef::Id(..) => Vec::new(),
        }
    }

    /// The id by which a setting names an app: its scheme on iOS, else its package.
    pub(super) fn setting_id(&self, app: &AppRef, platform: Platform) -> Option<String> {
        if platform != Platform::Ios {
            return self.ids(app, id_kind(platform)).first().map(|id| (*id).to_owned());
        }
        let urls = self.ids(app, IdKind::Url);
        urls.iter().find_map(|url| url.strip_suffix(':')).map(str::to_owned)
    }

    /// The title of a named app; its name if it has no title.
    pub(super) fn title<'n>(&'n self, app: &'n AppRef) -> Option<&'n str> {
        match app {
            AppRef::Named(name) => Some(self.app(name)?.title.as_deref().unwrap_or(name)),
            AppRef::Id(..) => None,
        }
    }

    // ------------------------------------------------------------ people and policies

    /// The name of a user group. An unknown group is declared.
    pub(super) fn users(&mut self, id: &str, display: Option<&str>, span: Span) -> String {
        if let Some(name) = self.groups.get(&id.to_lowercase()) {
            return name.clone();
        }
        let wish = display.map(slug).filter(|slug| !slug.is_empty());
        let wish = wish.unwrap_or_else(|| {
            let head: String = id.chars().take_while(char::is_ascii_alphanumeric).take(8).collect();
            format!("group-{}", head.to_lowercase())
        });
        let name = self.free(wish.trim_end_matches('-'));
        self.name_group(&name, id);
        self.new_groups.insert(name.clone(), (id.to_owned(), span));
        name
    }

    fn name_group(&mut self, name: &str, id: &str) {
        self.groups.insert(id.to_lowercase(), name.to_owned());
        self.group_ids.insert(name.to_owned(), id.to_owned());
    }

    /// The object id of a user group: its title.
    pub(crate) fn group_id(&self, name: &str) -> Option<&str> {
        self.group_ids.get(name).map(String::as_str)
    }

    /// The name of an assignment filter. An unknown filter is declared.
    pub(super) fn filter(&mut self, id: &str, display: Option<&str>, span: Span) -> String {
        if let Some(name) = self.filters.get(&id.to_lowercase()) {
            return name.clone();
        }
        let wish = display.map(slug).filter(|slug| !slug.is_empty());
        let wish = wish.unwrap_or_else(|| {
            let head: String = id.chars().take_while(char::is_ascii_alphanumeric).take(8).collect();
            format!("filter-{}", head.to_lowercase())
        });
        let name = self.free(wish.trim_end_matches('-'));
        self.name_filter(&name, id);
        self.new_filters.insert(name.clone(), (id.to_owned(), span));
        name
    }

    fn name_filter(&mut self, name: &str, id: &str) {
        self.filters.insert(id.to_lowercase(), name.to_owned());
        self.filter_ids.insert(name.to_owned(), id.to_owned());
    }

    /// The id of an assignment filter: its title.
    pub(crate) fn filter_id(&self, name: &str) -> Option<&str> {
        self.filter_ids.get(name).map(String::as_str)
    }

    /// The name of the user group that stands for an empty list of assignments: the one that a file declares as
    /// that, or a new one.
    pub(super) fn unassigned(&mut self, span: Span) -> String {
        if let Some(name) = self.groups.get(&UNASSIGNED.to_lowercase()) {
            return name.clone();
        }
        let name = self.free("unassigned");
        self.name_group(&name, UNASSIGNED);
        self.new_groups.insert(name.clone(), (UNASSIGNED.to_owned(), span));
        name
    }

    /// A new name for a policy, by its title.
    pub(super) fn policy(&mut self, title: &str) -> String {
        let wish = slug(title);
        self.free(if wish.is_empty() { "policy" } else { &wish })
    }

    /// A new name: the one that is wished for, or that one with a number.
    fn free(&mut self, wish: &str) -> String {
        let is_reserved = crate::syntax::is_reserved(wish);
        let wish = if is_reserved { format!("{wish}-1") } else { wish.to_owned() };
        let mut name = wish.clone();
        while !self.taken.insert(name.clone()) {
            let number = self.numbers.entry(wish.clone()).or_insert(2);
            name = format!("{wish}-{number}");
            *number += 1;
        }
        name
    }

    // ------------------------------------------------------------ declarations

    /// The declarations of new names.
    pub(super) fn into_items(self) -> Vec<Item> {
        let apps = self.apps.into_iter();
        let apps = apps.filter_map(|(name, app)| Some(app_item(&name, &app, app.new?)));
        let groups = self.new_groups.into_iter().map(|(name, (title, span))| {
            let at = At(span);
            let users = Users { name: at.name(&name), title: Some(at.text(&title)) };
            Item { docs: Vec::new(), span, kind: ItemKind::Users(users) }
        });
        let filters = self.new_filters.into_iter().map(|(name, (title, span))| {
            let at = At(span);
            let filter = Filter { name: at.name(&name), title: Some(at.text(&title)) };
            Item { docs: Vec::new(), span, kind: ItemKind::Filter(filter) }
        });
        apps.chain(groups).chain(filters).collect()
    }
}

/// The title of the user group that stands for an empty list of assignments.
pub(crate) const UNASSIGNED: &str = "Nobody is assigned yet";

/// The declaration of an app.
fn app_item(name: &str, app: &KnownApp, span: Span) -> Item {
    let at = At(span);
    let kinds = [IdKind::Ios, IdKind::Android, IdKind::Windows, IdKind::Url];
    let mut entries: Vec<_> = kinds
        .into_iter()
        .filter_map(|kind| {
            let of_kind = app.ids.iter().filter(|(one, _)| *one == kind);
            let ids: Vec<String> = of_kind.map(|(_, id)| id.clone()).collect();
            (!ids.is_empty()).then(|| at.ids(kind, &ids))
        })
        .collect();
    if app.sdk {
        entries.push(AppEntry::Trait(at.spanned(AppTrait::Sdk)));
    }
    let title = app.title.as_deref().map(|title| at.text(title));
    let app = App { name: at.name(name), title, entries: Some(entries) };
    Item { docs: Vec::new(), span, kind: ItemKind::App(app) }
}

/// The kind of apps' ids on a platform.
pub(crate) const fn id_kind(platform: Platform) -> IdKind {
    match platform {
        Platform::Ios => IdKind::Ios,
        Platform::Android => IdKind::Android,
        Platform::Windows => IdKind::Windows,
    }
}

/// The kebab case of a title: ASCII letters and digits in words with single hyphens between them.
fn slug(title: &str) -> String {
    let mut slug = String::new();
    for c in title.chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    let slug = slug.trim_start_matches(|c: char| !c.is_ascii_lowercase());
    slug.chars().take(64).collect::<String>().trim_end_matches('-').to_owned()
}

/// The distinctive part of an app id: `fieldnotes` of `com.contoso.fieldnotes`.
fn slug_of_id(id: &str) -> String {
    const DULL: &[&str] =
        &["ios", "android", "app", "mobile", "intune", "iphone", "it", "pro", "enterprise"];
    let parts: Vec<String> = id.split('.').map(slug).filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => "app".to_owned(),
        [.., before, last] if DULL.contains(&&**last) || last.len() < 3 => {
            format!("{before}-{last}")
        }
        [.., last] => last.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Names, slug, slug_of_id};

    #[test]
    fn a_name_for_many_is_tried_once_for_each() {
        let mut names = Names::default();
        names.taken.insert("mail-3".to_owned());
        let found: Vec<_> = (0..8000).map(|_| names.policy("Mail")).collect();
        assert_eq!(found[..4], ["mail", "mail-2", "mail-4", "mail-5"]);
        assert_eq!(found.last().map(String::as_str), Some("mail-8001"));
        // The next number tells how many were tried.
        assert_eq!(names.numbers["mail"], 8002);
    }

    #[test]
    fn titles_become_names() {
        assert_eq!(
            slug("iOS - Baseline - BYOD - App Protection"),
            "ios-baseline-byod-app-protection"
        );
        assert_eq!(slug("[ITPM Android] Baseline (Level 2)"), "itpm-android-baseline-level-2");
        assert_eq!(slug("365: everything"), "everything");
        assert_eq!(slug("日本語"), "");
    }

    #[test]
    fn ids_become_names() {
        assert_eq!(slug_of_id("com.contoso.fieldnotes"), "fieldnotes");
        assert_eq!(slug_of_id("com.contoso.notes.ios"), "notes-ios");
        assert_eq!(slug_of_id("..."), "app");
    }
}
