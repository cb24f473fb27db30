//! Name resolution in scopes.
//!
//! Takes in the AST of a scope and the symbol table of a model, gives out scopes and diagnostics. Decides
//! the reading of bare names: what permits is read narrowly, what forbids is read widely. Does not ask
//! whether a scope makes sense; `check` does.

use std::collections::BTreeSet;

use super::clauses;
use super::resolved::Model;
use super::symbols::{Entity, SymbolTable};
use super::types::{
    AccountReading, ChainScope, EndpointSet, FilterTest, Member, People, Scope, Term, UsersId,
    What, split_id,
};
use crate::diagnostic::{Code, Diagnostic, closest, has_error};
use crate::source::Span;
use crate::syntax::account_and_storage;
use crate::syntax::ast::{self, AccountWord, ChannelWord, Name, TermKind};
use crate::vocabulary::{
    Accounts, Channel, Channels, DeviceStates, Platform, Platforms, RuleEffect, SetWord, Side,
};

/// The most filters behind the `except` of one clause. To find whether they leave somebody takes time that
/// doubles with each.
const FILTERS_LEFT_OUT: usize = 8;

/// The reading of an app's name without `as`.
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

/// A resolver of scopes. Its methods give `None` where there is an error, which they report.
pub(super) struct ScopeResolver<'a> {
    pub(super) symbols: &'a SymbolTable,
    pub(super) model: &'a Model,
    pub(super) found: &'a mut Vec<Diagnostic>,
    /// No more unknown names are told once there are so many diagnostics and an error among them.
    pub(super) bound: usize,
    /// The most groups of users that one clause may ask for at once.
    pub(super) groups: usize,
    /// Whether the scope is a question, beside which nothing can be declared.
    pub(super) is_question: bool,
    /// The app ids of the scope that no declaration has.
    pub(super) unnamed: Vec<String>,
    /// The channels and the side of the set that is read, where a scope names channels.
    pub(super) place: Option<(Channels, Side)>,
}

impl ScopeResolver<'_> {
    // ------------------------------------------------------------ names

    /// The entity of a name, if it is of a fitting kind.
    pub(super) fn entity(
        &mut self,
        name: &Name,
        wanted: &str,
        fits: impl Fn(Entity) -> bool,
    ) -> Option<Entity> {
        match self.symbols.names.get(&name.text) {
            Some(entity) if fits(*entity) => Some(*entity),
            _ if self.symbols.broken.contains(&name.text) || self.is_enough() => None,
            Some(entity) => {
                let message = format!("`{}` is {}, not {wanted}", name.text, entity.noun());
                let diagnostic = Diagnostic::new(Code::WrongKind, message)
                    .at(name.span, format!("{wanted} is expected here"));
                self.found.push(diagnostic.help(wrong_kind_help(*entity, wanted)));
                None
            }
            None => {
                let meant = self.meant(&name.text, wanted, fits);
                let message = format!("nothing is called `{}`", name.text);
                let diagnostic =
                    Diagnostic::new(Code::UnknownName, message).at(name.span, "unknown name");
                self.found.push(match meant {
                    Some(known) => diagnostic.meant(&known),
                    None if self.symbols.is_incomplete => return None,
                    None => {
                        let (help, meant) = self.unknown_name_help(&name.text, wanted);
                        match meant {
                            Some(meant) => diagnostic.meant(meant).help(help),
                            None => diagnostic.help(help),
                        }
                    }
                });
                None
            }
        }
    }

    /// The name or word that an unknown name was probably meant to be: one that the channels of the scope take, before
    /// others.
    fn meant(&self, name: &str, wanted: &str, fits: impl Fn(Entity) -> bool) -> Option<String> {
        let is_endpoint = !matches!(wanted, "a group of people" | "a filter" | "a policy");
        let words = SetWord::ALL.iter().filter(|_| is_endpoint);
        let words = words.map(|word| (word.word(), Some(What::Word(*word))));
        let names = self.symbols.names.iter().filter(|(_, entity)| fits(**entity));
        let names = names.map(|(name, entity)| (name.as_str(), entity.endpoint()));
        let known: Vec<(&str, Option<What>)> = words.chain(names).collect();
        let taken = known.iter().filter(|(_, what)| what.is_none_or(|what| self.is_taken(what)));
        if let Some(meant) = closest(name, taken.map(|(name, _)| *name)) {
            return Some(meant.to_owned());
        }
        let meant = closest(name, known.iter().map(|(name, _)| *name))?;
        // A storage is often called as the app in which it is opened.
        let app = format!("{meant}-app");
        let app = self.symbols.names.get_key_value(&app);
        let app = app.filter(|(_, app)| app.endpoint().is_some_and(|app| self.is_taken(app)));
        Some(app.map_or(meant, |(app, _)| app).to_owned())
    }

    /// Whether a channel of the scope takes an endpoint on the side that is read.
    fn is_taken(&self, what: What) -> bool {
        let term = Term { what, accounts: AccountReading::Every, deployed: false };
        self.place.is_none_or(|(channels, side)| {
            channels.iter().any(|channel| term.fits(self.model, channel, side))
        })
    }

    /// The help for a name without a similar one, and the word of a catalogue that was probably meant.
    fn unknown_name_help(&self, name: &str, wanted: &str) -> (String, Option<&'static str>) {
        if matches!(name, "all" | "everything" | "everyone" | "everybody" | "anyone" | "anybody") {
            return ("write `any`".to_owned(), None);
        }
        if wanted == "a group of people" && matches!(name, "nobody" | "none") {
            return ("write `exactly none` for people in no group".to_owned(), None);
        }
        let help = match wanted {
            "a group of people" if self.is_question => {
                "name people that the policies declare, or write `any`".to_owned()
            }
            "a group of people" => format!("declare it with `users {name}`, or write `any`"),
            "a filter" if self.is_question => "name a filter that the policies declare".to_owned(),
            "a filter" => format!("declare it with `filter {name}`"),
            "a policy" => "name a policy that is declared with `policy NAME { … }`".to_owned(),
            _ => return self.unknown_endpoint_help(name),
        };
        (help, None)
    }

    /// Likewise for the name of an endpoint.
    fn unknown_endpoint_help(&self, name: &str) -> (String, Option<&'static str>) {
        let help = if let Some((account, Some(storage))) = account_and_storage(name) {
            format!("write `{storage}`, or `as {account}` behind the name of an app")
        } else if self.is_question {
            let help = "write `unlisted` for an app that no policy file declares, or its id";
            format!("{help}: \"ios:…\"")
        } else if let Some(found) = catalogue_help(name) {
            return found;
        } else {
            format!("declare it with `app {name}`, `storage {name} personal` or `group {name} = …`")
        };
        (help, None)
    }

    /// Whether so much is told that one more unknown name need not be. An error is among it, or else the
    /// name would go missing without any.
    fn is_enough(&self) -> bool {
        self.found.len() > self.bound && has_error(self.found)
    }

    /// The terms of a `for` clause, ordered.
    fn members(&mut self, members: &[ast::Member]) -> Option<Vec<Member>> {
        let found: Vec<_> = members.iter().map(|one| self.member(one)).collect();
        let mut found: Vec<Member> = found.into_iter().collect::<Option<_>>()?;
        found.sort_unstable();
        found.dedup();
        Some(found)
    }

    /// A term of a `for` clause.
    fn member(&mut self, member: &ast::Member) -> Option<Member> {
        let group = member.group.as_ref().map(|name| self.group(name));
        let matching: Vec<_> = member.matching.iter().map(|test| self.test(test)).collect();
        let group = group.map_or(Some(None), |group| group.map(Some))?;
        let mut matching: Vec<FilterTest> = matching.into_iter().collect::<Option<_>>()?;
        matching.sort_unstable();
        matching.dedup();
        let found = Member { group, matching };
        if !found.is_possible() {
            let span = member.matching.iter().map(|test| test.filter.span).reduce(Span::to)?;
            self.means_nobody(
                span,
                "a filter that has to hold and must not",
                "say it once: `matching` or `not matching`",
            );
            return None;
        }
        Some(found)
    }

    fn group(&mut self, name: &Name) -> Option<UsersId> {
        match self.entity(name, "a group of people", |e| matches!(e, Entity::Users(_)))? {
            Entity::Users(id) => Some(id),
            _ => None,
        }
    }

    fn test(&mut self, test: &ast::Matching) -> Option<FilterTest> {
        match self.entity(&test.filter, "a filter", |e| matches!(e, Entity::Filter(_)))? {
            Entity::Filter(at) => {
                let filter = UsersId::new(self.model.users.len() + at);
                Some(FilterTest { filter, holds: test.holds })
            }
            _ => None,
        }
    }

    fn means_nobody(&mut self, span: Span, label: &str, help: &str) {
        let diagnostic = Diagnostic::new(Code::EmptySet, "a clause that means nobody");
        self.found.push(diagnostic.at(span, label).help(help));
    }

    /// Whether a clause asks for no more groups at once than tables can tell apart, and leaves out by few
    /// filters. One of many groups may be asked for: that is one question, however many they are.
    fn few_attributes(&mut self, people: &ast::People) -> Option<()> {
        let (of, except, span): (&[_], &[_], _) = match people {
            ast::People::Some { except, span, .. } => (&[], except, *span),
            ast::People::Every { of, except, span } => (of, except, *span),
            ast::People::Exactly { of, span } => (of, &[], *span),
        };
        let filters = except.iter().flat_map(|one| &one.matching);
        let filters = filters.map(|test| &test.filter.text).collect::<BTreeSet<_>>().len();
        let (message, limit, help) = if of.len() > self.groups {
            (
                format!("a clause that asks for {} groups of people at once", of.len()),
                self.groups,
                "nobody is in so many; name those that make the difference",
            )
        } else if filters > FILTERS_LEFT_OUT {
            (
                format!("a clause with {filters} filters behind `except`"),
                FILTERS_LEFT_OUT,
                "write several rules or policies, each with a few of them",
            )
        } else {
            return Some(());
        };
        let message = format!("{message}, the limit is {limit}");
        let diagnostic = Diagnostic::new(Code::UserGroupCount, message);
        self.found.push(diagnostic.at(span, "too many at once").help(help));
        None
    }

    pub(super) fn people(&mut self, people: &ast::People) -> Option<People> {
        self.few_attributes(people)?;
        let (clause, label, help) = match people {
            ast::People::Some { of, except, .. } => {
                let of = of.as_ref().map(|members| self.members(members));
                let except = self.members(except);
                // Both lists are looked up before either is given up.
                let (of, except) = (of.map_or(Some(None), |of| of.map(Some))?, except?);
                let label = "every group is left out again";
                let help = "name a group in front of `except` that is not behind it";
                (People::Some { of, except }, label, help)
            }
            ast::People::Every { of, except, .. } => {
                let (of, except) = (self.members(of), self.members(except));
                let (of, except) = (of?, except?);
                let clause = match of.as_slice() {
                    [_] => People::Some { of: Some(of), except },
                    _ => People::All { of, except },
                };
                let label = "a group that is asked for is left out again";
                let help = "nobody is in a group and not in it; name it on one side only";
                (clause, label, help)
            }
            ast::People::Exactly { of, .. } => {
                let members = self.members(of)?;
                let mut of: Vec<UsersId> = members.iter().filter_map(|one| one.group).collect();
                of.dedup();
                let tests = members.iter().flat_map(|one| one.matching.iter().copied());
                let mut matching: Vec<FilterTest> = tests.collect();
                matching.sort_unstable();
                matching.dedup();
                (People::Exactly { of, matching }, "", "")
            }
        };
        if !clause.meets(&People::ANYBODY) {
            match clause.has_filters() {
                true => self.means_nobody(
                    people.span(),
                    "its groups and filters leave nobody",
                    "let a filter hold or not, and name a group on one side of `except`",
                ),
                false => self.means_nobody(people.span(), label, help),
            }
            return None;
        }
        Some(clause)
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

    pub(super) fn what(&mut self, what: &TermKind) -> Option<What> {
        match what {
            TermKind::Word(word) => Some(What::Word(*word)),
            TermKind::Id(id) => self.id(&id.value, id.span),
            TermKind::Name(name) => {
                let is_endpoint = |entity: Entity| entity.endpoint().is_some();
                self.entity(name, "an app or storage", is_endpoint)?.endpoint()
            }
        }
    }

    /// The app with an id, on the platform of the id.
    fn id(&mut self, id: &str, span: Span) -> Option<What> {
        let Some((kind, rest)) = split_id(id) else {
            self.found.push(bad_id(id, span));
            return None;
        };
        let platform = kind.unwrap_or(Platform::Ios);
        let directory = &self.model.directory;
        let app = match kind {
            Some(platform) => directory.app_with_id(platform, rest),
            None => directory.app_with_link(rest),
        };
        Some(match app {
            Some(app) => What::App(app, [platform].into_iter().collect()),
            None => What::Unnamed(platform, self.unnamed(id)),
        })
    }

    /// The position of an id that no declaration has.
    fn unnamed(&mut self, id: &str) -> usize {
        let is_it = |known: &String| known.eq_ignore_ascii_case(id);
        self.unnamed.iter().position(is_it).unwrap_or_else(|| {
            self.unnamed.push(id.to_owned());
            self.unnamed.len() - 1
        })
    }

    /// Reports `as` and `deployed` where they mean nothing.
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
            | What::Unnamed(..)
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

    /// A scope. `any` stands for those of the `fitting` channels that its sets can be on.
    pub(super) fn scope(
        &mut self,
        scope: &ast::Scope,
        reading: Reading,
        fitting: Channels,
    ) -> Option<Scope> {
        let channels = named_channels(scope);
        let place = |side| (!channels.is_empty()).then_some((channels, side));
        self.place = place(Side::Source);
        let from = scope.from.as_ref().map(|set| self.set(set, reading));
        self.place = place(Side::Target);
        let to = scope.to.as_ref().map(|set| self.set(set, reading));
        self.place = None;
        let people = scope.people.as_ref().map(|people| self.people(people));
        let platforms = match &scope.platforms {
            Some(list) => clauses::platforms(list, self.found),
            None => Some(Platforms::all()),
        };
        let devices = match &scope.devices {
            Some(list) => clauses::devices(list, self.found),
            None => Some(DeviceStates::all()),
        };
        let (from, to) = (
            from.map_or(Some(None), |set| set.map(Some)),
            to.map_or(Some(None), |set| set.map(Some)),
        );
        let people = people.map_or(Some(None), |people| people.map(Some));
        let mut scope = Scope {
            channels,
            from: from?,
            to: to?,
            people: people?,
            platforms: platforms?,
            devices: devices?,
            unnamed: self.unnamed.clone(),
            asked: [None, None],
        };
        if scope.channels.is_empty() {
            let can = |channel: &Channel| can_hold(self.model, &scope, *channel);
            scope.channels = fitting.iter().filter(can).collect();
        }
        Some(scope)
    }
}

impl ScopeResolver<'_> {
    /// A scope of chains. Without named channels every channel is meant: the first movement of a chain need
    /// not lead to an endpoint of the last one's kind.
    pub(super) fn chain(&mut self, scope: &ast::Scope) -> Option<ChainScope> {
        let resolved = self.scope(scope, Reading::Every, Channels::all());
        let avoiding = scope.avoiding.as_ref().map(|set| self.set(set, Reading::Every));
        let avoiding = avoiding.map_or(Some(None), |set| set.map(Some))?;
        let named = named_channels(scope);
        let channels = if named.is_empty() { Channels::all() } else { named };
        let unnamed = self.unnamed.clone();
        Some(ChainScope { scope: Scope { channels, unnamed, ..resolved? }, avoiding })
    }
}

/// The help for a name of another kind.
fn wrong_kind_help(entity: Entity, wanted: &str) -> &'static str {
    match (wanted, entity) {
        ("a group of people", _) => "name people that are declared with `users`, or write `any`",
        ("a filter", _) => "name a filter that is declared with `filter`",
        ("a policy", _) => "name a policy, or write `any`",
        (_, Entity::Users(_)) => "people stand behind `for`",
        (_, Entity::Filter(_)) => "filters stand behind `matching`",
        (_, Entity::Policy(_)) => "name the apps; `managed` stands for those that policies protect",
        _ => "name apps, storages or groups of them",
    }
}

/// The help for a name that a catalogue declares, and that name if it is spelt otherwise.
fn catalogue_help(name: &str) -> Option<(String, Option<&'static str>)> {
    crate::catalogue::names().find_map(|catalogue| {
        let names = names_of(catalogue);
        if names.contains(&name) {
            return Some((format!("write `use {catalogue}`: that catalogue declares it"), None));
        }
        let meant = closest(name, names)?;
        Some((format!("did you mean `{meant}`? it needs `use {catalogue}`"), Some(meant)))
    })
}

/// The names of the apps, storages and groups in a catalogue.
fn names_of(catalogue: &str) -> Vec<&'static str> {
    let declared = |line: &'static str| {
        let (keyword, rest) = line.split_once(' ')?;
        let name = rest.split([' ', '=']).find(|word| !word.is_empty())?;
        matches!(keyword, "app" | "storage" | "group").then_some(name)
    };
    crate::catalogue::get(catalogue).unwrap_or("").lines().filter_map(declared).collect()
}

/// The channels that a scope names; none for `any`.
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

/// Whether both sets of a scope can hold an endpoint on a channel.
pub(super) fn can_hold(model: &Model, scope: &Scope, channel: Channel) -> bool {
    [Side::Source, Side::Target].iter().all(|side| {
        let set = scope.side(*side);
        set.is_none_or(|set| set.terms.iter().any(|term| term.fits(model, channel, *side)))
    })
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
