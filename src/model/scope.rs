//! Scopes and sets: from names to ids.
//!
//! Takes in the AST of a scope and the names of a model, gives out closed sets. Decides the reading
//! of bare names: what permits is read narrowly, what forbids is read widely. Whether a scope makes
//! sense is not asked here but in `check`.

use std::collections::{BTreeMap, BTreeSet};

use super::ids::{GroupId, PolicyId, StorageId, UsersId};
use super::sets::{AccountReading, EndpointSet, Term, What};
use super::{AppId, ChainScope, Model, People, Scope, words};
use crate::diagnostic::{Code, Diagnostic, closest, has_error};
use crate::source::Span;
use crate::syntax::ast::{self, AccountWord, ChannelWord, Name, SetWord, TermKind};
use crate::vocabulary::{
    Accounts, Channel, Channels, DeviceStates, Place, Platform, Platforms, RuleEffect, Side,
};

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entity {
    Tenant,
    App(AppId),
    Storage(StorageId),
    Place(Place),
    Group(GroupId),
    Users(UsersId),
    Policy(PolicyId),
}

impl Entity {
    /// How such a thing is called.
    pub(super) const fn noun(self) -> &'static str {
        match self {
            Self::Tenant => "a tenant",
            Self::App(_) => "an app",
            Self::Storage(_) => "a storage",
            Self::Place(_) => "a place",
            Self::Group(_) => "a group of apps and storages",
            Self::Users(_) => "a group of people",
            Self::Policy(_) => "a policy",
        }
    }
}

/// The one namespace of a set.
#[derive(Debug, Clone, Default)]
pub(crate) struct Namespace {
    pub(super) names: BTreeMap<String, Entity>,
    /// Names whose declarations are in error: using them is no second mistake.
    pub(super) broken: BTreeSet<String>,
    /// Whether a file could not be read, which may declare any name.
    pub(super) is_incomplete: bool,
}

/// How a bare name of an app is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// In `allow` and `accept`: its work account; after `except`, every account.
    Narrow,
    /// In `block` and `refuse`: every account; after `except`, its work account.
    Wide,
    /// In expectations and questions: every account on both sides.
    Every,
}

impl Reading {
    pub(super) const fn of(effect: RuleEffect) -> Self {
        match effect {
            RuleEffect::Allow | RuleEffect::Accept => Self::Narrow,
            RuleEffect::Block | RuleEffect::Refuse => Self::Wide,
        }
    }

    const fn account(self, after_except: bool) -> AccountReading {
        match (self, after_except) {
            (Self::Narrow, false) | (Self::Wide, true) => AccountReading::Work,
            (Self::Narrow, true) | (Self::Wide, false) | (Self::Every, _) => AccountReading::Every,
        }
    }
}

/// Turns the AST of scopes into closed scopes. Gives `None` where something was in error, and has
/// told so.
pub(super) struct ScopeResolver<'a> {
    pub(super) space: &'a Namespace,
    pub(super) model: &'a Model,
    pub(super) found: &'a mut Vec<Diagnostic>,
    /// No more unknown names are told once there are so many diagnostics and an error among them.
    pub(super) bound: usize,
    /// So many groups of people may be asked for at once.
    pub(super) groups: usize,
}

impl ScopeResolver<'_> {
    // ------------------------------------------------------------ names

    /// What a name stands for, if it is one of the wanted things.
    pub(super) fn entity(
        &mut self,
        name: &Name,
        wanted: &str,
        fits: impl Fn(Entity) -> bool,
    ) -> Option<Entity> {
        match self.space.names.get(&name.text) {
            Some(entity) if fits(*entity) => Some(*entity),
            _ if self.space.broken.contains(&name.text) || self.is_enough() => None,
            Some(entity) => {
                let message = format!("`{}` is {}, not {wanted}", name.text, entity.noun());
                let diagnostic = Diagnostic::new(Code::WrongKind, message)
                    .at(name.span, format!("{wanted} is expected here"));
                self.found.push(diagnostic.help(wrong_kind_help(*entity, wanted)));
                None
            }
            None => {
                let known = self.space.names.iter().filter(|(_, entity)| fits(**entity));
                let meant = closest(&name.text, known.map(|(name, _)| name.as_str()));
                let help = match meant {
                    Some(known) => format!("did you mean `{known}`?"),
                    None if self.space.is_incomplete => return None,
                    None => unknown_name_help(&name.text, wanted),
                };
                let message = format!("nothing is called `{}`", name.text);
                let diagnostic = Diagnostic::new(Code::UnknownName, message);
                self.found.push(diagnostic.at(name.span, "unknown name").help(help));
                None
            }
        }
    }

    /// Whether so much is told that one more unknown name need not be. An error is among it, or else the
    /// name would go missing without any.
    fn is_enough(&self) -> bool {
        self.found.len() > self.bound && has_error(self.found)
    }

    /// Groups of people.
    pub(super) fn users(&mut self, names: &[Name]) -> Option<Vec<UsersId>> {
        let mut ids = Vec::new();
        let mut complete = true;
        for name in names {
            match self.entity(name, "a group of people", |e| matches!(e, Entity::Users(_))) {
                Some(Entity::Users(id)) => ids.push(id),
                _ => complete = false,
            }
        }
        ids.sort_unstable();
        ids.dedup();
        complete.then_some(ids)
    }

    /// Whether a clause asks for no more groups at once than tables can tell apart. One of many groups
    /// may be asked for: that is one question, however many they are.
    fn few_groups(&mut self, people: &ast::People) -> Option<()> {
        let (ast::People::Every { of, span, .. } | ast::People::Exactly { of, span }) = people
        else {
            return Some(());
        };
        if of.len() <= self.groups {
            return Some(());
        }
        let message = format!(
            "a clause that asks for {} groups of people at once, the limit is {}",
            of.len(),
            self.groups
        );
        let help = "nobody is in so many; name those that make the difference";
        let diagnostic = Diagnostic::new(Code::UserGroupCount, message);
        self.found.push(diagnostic.at(*span, "too many at once").help(help));
        None
    }

    pub(super) fn people(&mut self, people: &ast::People) -> Option<People> {
        self.few_groups(people)?;
        match people {
            ast::People::Some { of, except, span } => {
                let of = of.as_ref().map(|names| self.users(names));
                let except = self.users(except);
                // Both lists are looked up before either is given up.
                let (of, except) = (of.map_or(Some(None), |of| of.map(Some))?, except?);
                let clause = People::Some { of, except };
                if !clause.meets(&People::ANYBODY) {
                    let diagnostic = Diagnostic::new(Code::EmptySet, "a clause that means nobody");
                    self.found.push(
                        diagnostic
                            .at(*span, "every group is left out again")
                            .help("name a group in front of `except` that is not behind it"),
                    );
                    return None;
                }
                Some(clause)
            }
            ast::People::Every { of, except, span } => {
                let (of, except) = (self.users(of), self.users(except));
                let (of, except) = (of?, except?);
                if of.iter().any(|group| except.contains(group)) {
                    let diagnostic = Diagnostic::new(Code::EmptySet, "a clause that means nobody");
                    self.found.push(
                        diagnostic
                            .at(*span, "a group that is asked for is left out again")
                            .help("nobody is in a group and not in it; name it on one side only"),
                    );
                    return None;
                }
                Some(match of.as_slice() {
                    [_] => People::Some { of: Some(of), except },
                    _ => People::All { of, except },
                })
            }
            ast::People::Exactly { of, .. } => Some(People::Exactly(self.users(of)?)),
        }
    }

    // ------------------------------------------------------------ sets

    pub(super) fn set(&mut self, set: &ast::Set, reading: Reading) -> Option<EndpointSet> {
        let terms = self.terms(&set.terms, reading, false);
        let except = self.terms(&set.except, reading, true);
        Some(EndpointSet { terms: terms?, except: except? })
    }

    fn terms(
        &mut self,
        terms: &[ast::Term],
        reading: Reading,
        after_except: bool,
    ) -> Option<Vec<Term>> {
        let resolved: Vec<_> =
            terms.iter().map(|term| self.term(term, reading.account(after_except))).collect();
        resolved.into_iter().collect()
    }

    fn term(&mut self, term: &ast::Term, bare: AccountReading) -> Option<Term> {
        let what = self.what(&term.what)?;
        let accounts = match term.account {
            None if matches!(what, What::Word(_)) => AccountReading::Every,
            None => bare,
            Some(account) => AccountReading::Named(match account.value {
                AccountWord::Any => Accounts::all(),
                AccountWord::One(account) => [account].into_iter().collect(),
            }),
        };
        self.qualifiers(term, what)?;
        Some(Term { what, accounts, deployed: term.deployed.is_some() })
    }

    fn what(&mut self, what: &TermKind) -> Option<What> {
        match what {
            TermKind::Word(word) => Some(What::Word(*word)),
            TermKind::Id(id) => self.id(&id.value, id.span),
            TermKind::Name(name) => {
                let is_endpoint = |entity| {
                    matches!(
                        entity,
                        Entity::App(_) | Entity::Storage(_) | Entity::Place(_) | Entity::Group(_)
                    )
                };
                match self.entity(name, "an app or storage", is_endpoint)? {
                    Entity::App(id) => Some(What::App(id, Platforms::all())),
                    Entity::Storage(id) => Some(What::Storage(id)),
                    Entity::Place(place) => Some(What::Place(place)),
                    Entity::Group(id) => Some(What::Group(id)),
                    Entity::Tenant | Entity::Users(_) | Entity::Policy(_) => None,
                }
            }
        }
    }

    /// The app with an id, on that id's platform.
    fn id(&mut self, id: &str, span: Span) -> Option<What> {
        let Some((kind, rest)) = split_id(id) else {
            self.found.push(bad_id(id, span));
            return None;
        };
        let platform = kind.unwrap_or(Platform::Ios);
        let directory = &self.model.directory;
        let app = match kind {
            Some(platform) => directory.app_with_id(platform, rest),
            None => directory.app_with_url(rest),
        };
        Some(match app {
            Some(app) => What::App(app, [platform].into_iter().collect()),
            None => What::UnlistedOn(platform),
        })
    }

    /// `as` and `deployed` where they mean something.
    fn qualifiers(&mut self, term: &ast::Term, what: What) -> Option<()> {
        let noun = match what {
            What::Word(SetWord::Managed | SetWord::Unmanaged) => {
                let Some(account) = term.account else { return Some(()) };
                self.found.push(bad_qualifier(
                    account.span,
                    "`managed` and `unmanaged` know themselves which accounts they mean",
                    "leave out `as`, or name apps: `any-app as personal`",
                ));
                return None;
            }
            What::Word(
                SetWord::AnyStorage | SetWord::CorporateStorage | SetWord::PersonalStorage,
            )
            | What::Storage(_) => "a storage",
            What::Place(_) => "a place",
            What::Word(SetWord::Any | SetWord::AnyApp | SetWord::Unlisted)
            | What::App(..)
            | What::UnlistedOn(_)
            | What::Group(_) => return Some(()),
        };
        let before = self.found.len();
        let help = "leave it out; only apps have accounts and can be deployed";
        if let Some(account) = term.account {
            let message = format!("{noun} has no accounts");
            self.found.push(bad_qualifier(account.span, &message, help));
        }
        if let Some(deployed) = term.deployed {
            let message = format!("{noun} is never deployed");
            self.found.push(bad_qualifier(deployed, &message, help));
        }
        (self.found.len() == before).then_some(())
    }

    // ------------------------------------------------------------ scopes

    /// A scope. `fitting` are the channels that `any` may stand for.
    pub(super) fn scope(
        &mut self,
        scope: &ast::Scope,
        reading: Reading,
        fitting: Channels,
    ) -> Option<Scope> {
        let from = scope.from.as_ref().map(|set| self.set(set, reading));
        let to = scope.to.as_ref().map(|set| self.set(set, reading));
        let people = scope.people.as_ref().map(|people| self.people(people));
        let platforms = match &scope.platforms {
            Some(list) => words::platforms(list, self.found),
            None => Some(Platforms::all()),
        };
        let devices = match &scope.devices {
            Some(list) => words::devices(list, self.found),
            None => Some(DeviceStates::all()),
        };
        let (from, to) = (
            from.map_or(Some(None), |set| set.map(Some)),
            to.map_or(Some(None), |set| set.map(Some)),
        );
        let people = people.map_or(Some(None), |people| people.map(Some));
        let mut scope = Scope {
            channels: named_channels(scope),
            from: from?,
            to: to?,
            people: people?,
            platforms: platforms?,
            devices: devices?,
        };
        if scope.channels.is_empty() {
            let can = |channel: &Channel| can_hold(self.model, &scope, *channel);
            scope.channels = fitting.iter().filter(can).collect();
        }
        Some(scope)
    }
}

impl ScopeResolver<'_> {
    /// The scope of chains of movements, with what they avoid. Where it names no channel every one is
    /// meant: the first movement of a chain need not go where the last one does.
    pub(super) fn chain(&mut self, scope: &ast::Scope) -> Option<ChainScope> {
        let resolved = self.scope(scope, Reading::Every, Channels::all());
        let avoiding = scope.avoiding.as_ref().map(|set| self.set(set, Reading::Every));
        let avoiding = avoiding.map_or(Some(None), |set| set.map(Some))?;
        let named = named_channels(scope);
        let channels = if named.is_empty() { Channels::all() } else { named };
        Some(ChainScope { scope: Scope { channels, ..resolved? }, avoiding })
    }
}

/// What to write instead of a name of another kind.
fn wrong_kind_help(entity: Entity, wanted: &str) -> &'static str {
    match (wanted, entity) {
        ("a group of people", _) => "name people that are declared with `users`, or write `any`",
        ("a policy", _) => "name a policy, or write `any`",
        (_, Entity::Users(_)) => "people stand behind `for`",
        (_, Entity::Policy(_)) => "name the apps; `managed` stands for those that policies protect",
        _ => "name apps, storages or groups of them",
    }
}

/// What to do about a name that is like no other.
fn unknown_name_help(name: &str, wanted: &str) -> String {
    if matches!(name, "all" | "everything" | "everyone" | "everybody" | "anyone" | "anybody") {
        return "write `any`".to_owned();
    }
    match wanted {
        "a group of people" => return format!("declare it with `users {name}`, or write `any`"),
        "a policy" => return "name a policy that is declared with `policy NAME { … }`".to_owned(),
        _ => {}
    }
    for catalogue in crate::catalogue::names() {
        let names = names_of(catalogue);
        if names.contains(&name) {
            return format!("write `use {catalogue}`: that catalogue declares it");
        }
        if let Some(meant) = closest(name, names) {
            return format!("did you mean `{meant}`? it needs `use {catalogue}`");
        }
    }
    format!("declare it with `app {name}`, `storage {name} personal` or `group {name} = …`")
}

/// The names of apps, storages and groups that a catalogue declares.
fn names_of(catalogue: &str) -> Vec<&'static str> {
    let declared = |line: &'static str| {
        let (keyword, rest) = line.split_once(' ')?;
        let name = rest.split([' ', '=']).find(|word| !word.is_empty())?;
        matches!(keyword, "app" | "storage" | "group").then_some(name)
    };
    crate::catalogue::get(catalogue).unwrap_or("").lines().filter_map(declared).collect()
}

/// The channels that a scope names; none where it says `any`.
fn named_channels(scope: &ast::Scope) -> Channels {
    let mut channels = Channels::NONE;
    for channel in &scope.channels {
        match channel.value {
            ChannelWord::Any => return Channels::NONE,
            ChannelWord::One(channel) => channels.insert(channel),
        }
    }
    channels
}

/// Whether both sets of a scope can hold something on a channel.
pub(super) fn can_hold(model: &Model, scope: &Scope, channel: Channel) -> bool {
    [Side::Source, Side::Target].iter().all(|side| {
        let set = scope.side(*side);
        set.is_none_or(|set| set.terms.iter().any(|term| term.fits(model, channel, *side)))
    })
}

/// The platform (`None` for a url) and the rest of an id as a string term writes it.
pub(super) fn split_id(id: &str) -> Option<(Option<Platform>, &str)> {
    let (kind, rest) = id.split_once(':')?;
    if rest.is_empty() {
        return None;
    }
    match kind {
        "url" => Some((None, rest)),
        _ => Platform::from_word(kind).map(|platform| (Some(platform), rest)),
    }
}

fn bad_id(id: &str, span: Span) -> Diagnostic {
    let message = format!("`{id}` is no app id");
    Diagnostic::new(Code::BadId, message).at(span, "").help(
        "write the platform in front: \"ios:com.example.app\", \"android:…\", \"windows:…\", or \
         \"url:scheme:\"",
    )
}

fn bad_qualifier(span: Span, message: &str, help: &str) -> Diagnostic {
    Diagnostic::new(Code::BadQualifier, message).at(span, "means nothing here").help(help)
}
