//! Naming: sets of movements as scope text that every command takes back in.
//!
//! Takes in endpoints, devices and users, gives out text of the language that means exactly this set. Of
//! several texts the shortest one wins that `covers` finds.

#![allow(
    clippy::indexing_slicing,
    reason = "ids are of the model that is asked, and positions are of the list itself"
)]

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use super::covers::{Candidates, NamedSet, SetIndex, first_word};
use super::endpoints::is_deployed;
use crate::access::AppAccess;
use crate::bits::Bits;
use crate::dd::keep_of;
use crate::model::{AppId, FilterTest, Member, Model, Origin, People};
use crate::movement::{Context, Endpoint, Movement};
use crate::syntax::print::quote;
use crate::table::EndpointView;
use crate::vocabulary::{Account, DeviceStates, Platform, Platforms, Side};

/// The names of the groups of people of a model, then of its filters.
pub(in crate::analysis) fn names_of_users(model: &Model) -> Vec<&str> {
    let groups = model.users().iter().map(|users| users.name.as_str());
    groups.chain(model.filters().iter().map(|filter| filter.name.as_str())).collect()
}

/// The names of a model.
#[derive(Clone, Copy)]
pub(in crate::analysis) struct Naming<'a> {
    model: &'a Model,
}

/// The words with which texts begin, beside names and ids.
const WORDS: [&str; 6] =
    ["any", "managed", "unmanaged", "corporate-storage", "personal-storage", "unlisted"];

/// The named sets of one universe of views, the most general first.
#[derive(Debug)]
pub(in crate::analysis) struct Names {
    universe: Vec<EndpointView>,
    positions: OnceCell<HashMap<EndpointView, usize, FxBuildHasher>>,
    /// The views that a text may name first and leave out again: they have no name without others.
    loose: Bits,
    sets: Vec<NamedSet>,
    index: OnceCell<SetIndex>,
    /// Texts that were asked for before: equal sets are named again and again.
    known: RefCell<HashMap<PartsKey, Rc<[NamedPart]>, FxBuildHasher>>,
}

/// The views that are wanted, and those that may be named as well.
type PartsKey = (Bits, Bits);

/// A text, and the views of those wanted that it stands for.
pub(in crate::analysis) type NamedPart = (String, Bits);

/// The most texts that are kept of one universe. Behind that they are worked out anew, so that memory stays within
/// bounds.
const MOST_NAMED: usize = 1 << 13;

/// The mark of names that the second of two models does not have.
pub(in crate::analysis) const OF_OLD: &str = " (of OLD)";

impl<'a> Naming<'a> {
    pub(in crate::analysis) fn new(model: &'a Model) -> Self {
        Self { model }
    }

    // ------------------------------------------------------------ one movement

    /// A scope that holds this movement and no other. `matters` tells whether it makes a difference if the
    /// app on a side is deployed; where it makes none, the text may leave that open.
    pub(in crate::analysis) fn movement(&self, movement: &Movement, matters: [bool; 2]) -> String {
        let context = &movement.context;
        let [from, to] = [Side::Source, Side::Target]
            .map(|side| self.one_endpoint(movement, side, matters[side as usize]));
        let text = format!("{} from {from} to {to}", movement.channel);
        text + &self.context(context)
    }

    /// The clauses of one user on one device, with a blank in front.
    pub(in crate::analysis) fn context(&self, context: &Context) -> String {
        format!("{} on {} devices {}", self.one_user(context), context.platform, context.state)
    }

    /// A scope that holds this access with these facts and no other. `when` are the tests of facts, if any.
    pub(in crate::analysis) fn access(&self, access: &AppAccess, when: &str) -> String {
        let AppAccess { app, account, context } = access;
        let end = Endpoint::App { app: *app, account: *account, deployed: false };
        let mut text = format!("launch {}", self.endpoint(end));
        let except = self.other_unlisted(end, context.platform);
        if !except.is_empty() {
            text.push_str(&format!(" except {}", except.join(", ")));
        }
        text.push_str(&self.one_user(context));
        text.push_str(&format!(" on {} devices {} when {when}", context.platform, context.state));
        text
    }

    /// The `for` clause of one user on one device; empty where there are no groups and no filters.
    fn one_user(&self, context: &Context) -> String {
        let names = names_of_users(self.model);
        if names.is_empty() {
            return String::new();
        }
        let users: Vec<_> = context.attributes().collect();
        format!(" for {}", Self::people(&names, &self.model.exactly(&users)))
    }

    /// One endpoint and no other.
    fn one_endpoint(&self, movement: &Movement, side: Side, matters: bool) -> String {
        let context = &movement.context;
        let end = match side {
            Side::Source => movement.source,
            Side::Target => movement.target,
        };
        let is_open = matches!(end, Endpoint::App { deployed: false, .. });
        let mut except = self.other_unlisted(end, context.platform);
        if is_open && matters && context.state.is_enrolled() {
            except.push("any deployed".to_owned());
        }
        let text = self.endpoint(end);
        if except.is_empty() { text } else { format!("{text} except {}", except.join(", ")) }
    }

    /// One endpoint; of an app that is not deployed the text holds the deployed one, too.
    fn endpoint(&self, end: Endpoint) -> String {
        match end {
            Endpoint::App { app, account, deployed } => {
                let mut text = self.app_name(app);
                if self.model.app(app).sdk {
                    text.push_str(&format!(" as {account}"));
                }
                if deployed {
                    text.push_str(" deployed");
                }
                text
            }
            Endpoint::Storage(storage) => self.model.storage(storage).name.clone(),
            Endpoint::Place(place) => place.word().to_owned(),
        }
    }

    /// The other apps that `unlisted` holds, where it means the representative of all apps that nothing
    /// names: those that sets name by an id that no declaration has.
    fn other_unlisted(&self, end: Endpoint, platform: Platform) -> Vec<String> {
        let Endpoint::App { app, .. } = end else { return Vec::new() };
        let is_it =
            |app: &&crate::model::App| app.origin == Origin::Id && app.platforms.contains(platform);
        let others = self.model.apps().iter().filter(is_it);
        let others = others.filter(|_| app == self.model.unlisted_app());
        others.map(|app| quote(&app.name)).collect()
    }

    fn app_name(&self, app: AppId) -> String {
        let app = self.model.app(app);
        match app.origin {
            Origin::Id => quote(&app.name),
            Origin::Declared | Origin::BuiltIn | Origin::Unlisted => app.name.clone(),
        }
    }

    // ------------------------------------------------------------ sets of endpoints

    /// Every named set of some views. The views of one endpoint stand together.
    pub(in crate::analysis) fn names(
        &self,
        universe: Vec<EndpointView>,
        platform: Platform,
    ) -> Names {
        let loose = Bits::collect(universe.iter().map(|view| {
            let is_id = |app: AppId| self.model.app(app).origin == Origin::Id;
            matches!(view.end, Endpoint::App { app, deployed, .. } if deployed || is_id(app))
        }));
        let mut found = Names {
            sets: Vec::new(),
            loose,
            universe,
            positions: OnceCell::new(),
            index: OnceCell::new(),
            known: RefCell::default(),
        };
        self.words(&mut found);
        self.groups(&mut found);
        self.endpoints(&mut found, platform);
        found
    }

    /// Every named set of apps under accounts. Words that mean what is managed are not among them.
    pub(in crate::analysis) fn opened_names(&self, apps: &[Endpoint], platform: Platform) -> Names {
        let views = apps.iter().map(|end| EndpointView { end: *end, managed: false });
        self.names(views.collect(), platform).without_management()
    }

    fn words(&self, found: &mut Names) {
        let model = self.model;
        let origin = |end: &Endpoint| match end {
            Endpoint::App { app, .. } => Some(model.app(*app).origin),
            Endpoint::Storage(storage) => Some(model.storage(*storage).origin),
            Endpoint::Place(_) => None,
        };
        let corporate = |end: &Endpoint| match end {
            Endpoint::Storage(storage) => Some(model.storage(*storage).corporate),
            Endpoint::App { .. } | Endpoint::Place(_) => None,
        };
        let is_app = |end: &Endpoint| matches!(end, Endpoint::App { .. });
        found.add("any".to_owned(), true, &|_| true);
        found.add_views("managed".to_owned(), &|view| view.managed);
        found.add_views("unmanaged".to_owned(), &|view| !view.managed && is_app(&view.end));
        found.add("corporate-storage".to_owned(), true, &|end| corporate(end) == Some(true));
        found.add("personal-storage".to_owned(), true, &|end| corporate(end) == Some(false));
        let is_unlisted =
            |end: &Endpoint| matches!(origin(end), Some(Origin::Unlisted | Origin::Id));
        found.add("unlisted".to_owned(), true, &is_unlisted);
        found
            .add("unlisted deployed".to_owned(), true, &|end| is_unlisted(end) && is_deployed(end));
        for account in Account::ALL {
            found.add(format!("any as {account}"), true, &|end| is_as(end, *account));
        }
        found.add("any deployed".to_owned(), true, &is_deployed);
    }

    fn groups(&self, found: &mut Names) {
        for group in self.model.groups() {
            let in_group = |end: &Endpoint| match end {
                Endpoint::App { app, .. } => {
                    let member = group.apps.binary_search_by_key(app, |(one, _)| *one);
                    member.is_ok_and(|at| group.apps[at].1 == Platforms::all())
                }
                Endpoint::Storage(storage) => group.storages.contains(storage),
                Endpoint::Place(place) => group.places.contains(place),
            };
            if group.apps.iter().any(|(_, on)| *on != Platforms::all()) {
                continue;
            }
            found.add(group.name.clone(), true, &in_group);
            found.add(format!("{} as work", group.name), false, &|end| {
                in_group(end) && is_as(end, Account::Work)
            });
        }
    }

    /// The name of each endpoint, and those of an app under one account.
    fn endpoints(&self, found: &mut Names, platform: Platform) {
        let mut of_end: BTreeMap<Endpoint, Vec<usize>> = BTreeMap::new();
        let mut of_app: BTreeMap<AppId, Vec<usize>> = BTreeMap::new();
        for (at, view) in found.universe.iter().enumerate() {
            of_end.entry(view.end).or_default().push(at);
            if let Endpoint::App { app, .. } = view.end {
                of_app.entry(app).or_default().push(at);
            }
        }
        for at in 0..found.universe.len() {
            let end = found.universe[at].end;
            let views = of_end.get(&end).map_or(&[][..], Vec::as_slice);
            if views.first() != Some(&at) {
                continue;
            }
            let Endpoint::App { app, account, deployed } = end else {
                found.push(self.endpoint(end), false, views);
                continue;
            };
            // Where `unlisted` holds other apps, too, this one has no name of its own.
            if !self.other_unlisted(end, platform).is_empty() {
                continue;
            }
            let same = of_app.get(&app).map_or(&[][..], Vec::as_slice);
            let name = self.app_name(app);
            if account == Account::Personal && !deployed {
                found.push(name.clone(), false, same);
            }
            let mut suffix = String::new();
            if self.model.app(app).sdk {
                suffix.push_str(&format!(" as {account}"));
                if !deployed {
                    let same = same.iter().copied();
                    let same: Vec<usize> =
                        same.filter(|one| is_as(&found.universe[*one].end, account)).collect();
                    found.push(format!("{name}{suffix}"), false, &same);
                }
            }
            if deployed {
                found.push(format!("{name}{suffix} deployed"), false, views);
            }
        }
    }

    // ------------------------------------------------------------ contexts

    /// A clause as it stands behind `for`; `names` are those of the groups and filters.
    pub(in crate::analysis) fn people(names: &[&str], people: &People) -> String {
        let tests = |tests: &[FilterTest]| -> String {
            let tests = tests.iter().map(|FilterTest { filter, holds, .. }| {
                let not = if *holds { "" } else { " not" };
                format!("{not} matching {}", names[filter.index()])
            });
            tests.collect()
        };
        let member = |one: &Member| {
            let group = one.group.map_or("any", |group| names[group.index()]);
            format!("{group}{}", tests(&one.matching))
        };
        let joined = |members: &[Member], with: &str| {
            members.iter().map(member).collect::<Vec<_>>().join(with)
        };
        let with_except = |text: String, except: &[Member]| match except {
            [] => text,
            except => format!("{text} except {}", joined(except, ", ")),
        };
        match people {
            People::Some { of: None, except } => with_except("any".to_owned(), except),
            People::Some { of: Some(of), except } => with_except(joined(of, ", "), except),
            People::All { of, except } => with_except(joined(of, " and "), except),
            People::Exactly { of, matching } => {
                let groups: Vec<&str> = of.iter().map(|group| names[group.index()]).collect();
                let groups = if groups.is_empty() { "none".to_owned() } else { groups.join(", ") };
                format!("exactly {groups}{}", tests(matching))
            }
        }
    }

    /// A `devices` clause; empty where the states are all that exist.
    pub(in crate::analysis) fn devices(states: DeviceStates, all: DeviceStates) -> String {
        let enrolled = |states: DeviceStates| -> DeviceStates {
            states.iter().filter(|state| state.is_enrolled()).collect()
        };
        if states == all {
            return String::new();
        }
        if states == enrolled(all) && states.len() > 1 {
            return " devices enrolled".to_owned();
        }
        let words: Vec<_> = states.iter().map(|state| state.word()).collect();
        format!(" devices {}", words.join(", "))
    }

    /// An `on` clause; empty where the platforms are all that exist.
    pub(in crate::analysis) fn platforms(platforms: &[Platform], all: Platforms) -> String {
        if platforms.len() == all.len() {
            return String::new();
        }
        let words: Vec<_> = platforms.iter().map(|platform| platform.word()).collect();
        format!(" on {}", words.join(", "))
    }
}

fn is_as(end: &Endpoint, account: Account) -> bool {
    matches!(end, Endpoint::App { account: one, .. } if *one == account)
}

impl Names {
    /// The views, by position.
    pub(in crate::analysis) fn universe(&self) -> &[EndpointView] {
        &self.universe
    }

    /// The position of a view.
    pub(in crate::analysis) fn position(&self, view: EndpointView) -> Option<usize> {
        let numbered = || self.universe.iter().copied().zip(0..).collect();
        self.positions.get_or_init(numbered).get(&view).copied()
    }

    fn add(&mut self, text: String, is_base: bool, holds: &dyn Fn(&Endpoint) -> bool) {
        let held: Vec<usize> =
            (0..self.universe.len()).filter(|at| holds(&self.universe[*at].end)).collect();
        self.push(text, is_base, &held);
    }

    fn add_views(&mut self, text: String, holds: &dyn Fn(&EndpointView) -> bool) {
        let held: Vec<usize> =
            (0..self.universe.len()).filter(|at| holds(&self.universe[*at])).collect();
        self.push(text, true, &held);
    }

    pub(in crate::analysis) fn push(&mut self, text: String, is_base: bool, held: &[usize]) {
        if !held.is_empty() {
            let mut holds = Bits::new(self.universe.len());
            held.iter().for_each(|at| holds.insert(*at));
            self.sets.push(NamedSet::new(text, holds, is_base));
        }
    }

    /// The names among these that do not depend on what is managed.
    pub(in crate::analysis) fn without_management(mut self) -> Self {
        self.sets.retain(|one| !["managed", "unmanaged"].contains(&one.text.as_str()));
        self
    }

    /// The names among these that do not begin with a word.
    pub(in crate::analysis) fn without(mut self, word: &str) -> Self {
        self.sets.retain(|one| first_word(&one.text) != word);
        self
    }

    /// The named sets of the second of two aligned universes, as far as they cannot be misread: a word means
    /// what the second set says, a group has equal members in both, or only the second set knows the name.
    /// The sets of the first one are added where `known_as` gives a text for theirs.
    pub(in crate::analysis) fn agreed(
        self,
        other: Self,
        knows_first: impl Fn(&str) -> bool,
        known_as: impl Fn(&str) -> Option<String>,
    ) -> Self {
        let named: BTreeMap<&str, &Bits> =
            self.sets.iter().map(|one| (one.text.as_str(), &one.holds)).collect();
        let agrees = |one: &NamedSet| {
            let name = first_word(&one.text);
            let is_word = name.starts_with('"') || WORDS.contains(&name);
            let is_equal = named.get(one.text.as_str()).is_some_and(|holds| **holds == one.holds);
            is_word || is_equal || !knows_first(name)
        };
        let (mut sets, universe) = (other.sets, other.universe);
        sets.retain(agrees);
        for one in &self.sets {
            if let Some(text) = known_as(&one.text) {
                sets.push(NamedSet::new(text, one.holds.clone(), false));
            }
        }
        Self {
            universe,
            positions: OnceCell::new(),
            loose: other.loose,
            sets,
            index: OnceCell::new(),
            known: RefCell::default(),
        }
    }

    /// Takes some views out of every set whose text is not `marked`.
    pub(in crate::analysis) fn withhold(
        &mut self,
        views: impl Iterator<Item = usize>,
        marked: impl Fn(&str) -> bool,
    ) {
        let mut withheld = Bits::new(self.universe.len());
        views.for_each(|at| withheld.insert(at));
        let sets = self.sets.iter_mut().filter(|one| !marked(&one.text));
        sets.for_each(|one| one.holds.remove_all(&withheld));
    }

    /// Lets texts name some views first and leave them out again.
    pub(in crate::analysis) fn loosen(&mut self, views: impl Iterator<Item = usize>) {
        views.for_each(|at| self.loose.insert(at));
    }

    /// The names that hold all of some views, the most general first, each with the views that it holds.
    pub(in crate::analysis) fn holding<'n>(
        &'n self,
        wanted: &'n Bits,
    ) -> impl Iterator<Item = (&'n str, &'n Bits)> {
        let holding = &self.index().holding;
        let of_first = wanted.iter().next().map_or(&[][..], |first| &holding[first]);
        let sets = of_first.iter().map(|at| &self.sets[*at]);
        let sets = sets.filter(|one| wanted.is_within(&one.holds));
        sets.map(|one| (one.text.as_str(), &one.holds))
    }

    fn index(&self) -> &SetIndex {
        self.index.get_or_init(|| SetIndex::new(&self.sets, self.universe.len()))
    }

    /// The views that `unmanaged` holds.
    pub(in crate::analysis) fn unmanaged(&self) -> Option<&Bits> {
        let unmanaged = self.sets.iter().find(|one| one.text == "unmanaged");
        unmanaged.map(|one| &one.holds)
    }

    /// The text of a set of views. Those of `may` are don't-cares. Where no text means just these, there are
    /// several, each for a part.
    pub(in crate::analysis) fn texts(&self, wanted: &Bits, may: &Bits) -> Rc<[NamedPart]> {
        let key = (wanted.clone(), may.clone());
        if let Some(known) = self.known.borrow().get(&key) {
            return Rc::clone(known);
        }
        let texts: Rc<[NamedPart]> = self.new_texts(wanted, may).into();
        keep_of(&mut self.known.borrow_mut(), MOST_NAMED, key, Rc::clone(&texts));
        texts
    }

    fn new_texts(&self, wanted: &Bits, may: &Bits) -> Vec<NamedPart> {
        let candidates = Candidates {
            all: &self.sets,
            index: self.index(),
            views: self.universe.len(),
            loose: &self.loose,
        };
        let mut found = Vec::new();
        let mut open = vec![wanted.clone()];
        open.retain(|wanted| !wanted.is_empty());
        for part_of in SPLITS {
            let mut left = Vec::new();
            for wanted in open {
                match candidates.text(&wanted, may) {
                    Some(text) => found.push((text, wanted)),
                    None => left.extend(self.split(&wanted, part_of)),
                }
            }
            open = left;
        }
        found
    }

    /// Some views in parts.
    fn split(&self, wanted: &Bits, part_of: PartOf) -> Vec<Bits> {
        let mut parts: BTreeMap<_, Bits> = BTreeMap::new();
        for at in wanted.iter() {
            let none = || Bits::new(self.universe.len());
            let part = part_of(&self.universe[at], at);
            parts.entry(part).or_insert_with(none).insert(at);
        }
        parts.into_values().collect()
    }
}

/// The part of a view, by its position, when views are split.
type PartOf = fn(&EndpointView, usize) -> (bool, bool, usize);

/// How views are split for which there is no text: by whether they are managed, then by whether they are
/// deployed, then one by one. For a single view there always is a text.
const SPLITS: [PartOf; 4] = [
    |view, _| (!view.managed, false, 0),
    |view, _| (!view.managed, is_deployed(&view.end), 0),
    |view, at| (!view.managed, is_deployed(&view.end), at),
    |view, at| (!view.managed, is_deployed(&view.end), at),
];
