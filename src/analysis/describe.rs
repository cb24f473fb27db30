//! Sets of movements as scope text that every command takes back in.
//!
//! Takes in ends, contexts and users, gives out the words of the language, exactly: what a text names
//! is the set, nothing missing and nothing extra. Among the ways to say it the shortest one wins.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, HashMap};

use crate::bits::Bits;
use crate::model::{AppId, Model, Origin, People};
use crate::movement::{Endpoint, Movement};
use crate::syntax::print::quote;
use crate::table::Table;
use crate::vocabulary::{Account, DeviceStates, Platform, Platforms, Side};

/// The names of the groups of people.
pub(super) fn names_of_users(model: &Model) -> Vec<&str> {
    model.users().iter().map(|users| users.name.as_str()).collect()
}

/// Writes scopes for a model.
#[derive(Clone, Copy)]
pub(super) struct Describe<'a> {
    model: &'a Model,
}

/// A set of ends with one way to name it.
struct Vocable {
    text: String,
    /// Which ends of the universe it holds.
    holds: Bits,
    size: usize,
    /// Whether it can stand in front of `except`.
    is_base: bool,
}

/// The words with which ways to name ends begin, beside names and ids.
const WORDS: [&str; 4] = ["any", "corporate-storage", "personal-storage", "unlisted"];

/// Every way to name ends of one side in one context, the most general first.
pub(super) struct Vocabulary {
    universe: Vec<Endpoint>,
    vocables: Vec<Vocable>,
    /// Texts that were asked for before: the same sets are named again and again.
    known: RefCell<HashMap<Asked, String>>,
}

/// Ends that are wanted, those that may be named as well, and those that are managed.
type Asked = (Bits, Bits, Option<Bits>);

impl<'a> Describe<'a> {
    pub(super) fn new(model: &'a Model) -> Self {
        Self { model }
    }

    // ------------------------------------------------------------ one movement

    /// A scope that holds this movement and no other, as far as a table can tell.
    pub(super) fn movement(&self, table: &Table, movement: &Movement) -> String {
        let context = &movement.context;
        let [from, to] =
            [Side::Source, Side::Target].map(|side| self.one_end(table, movement, side));
        let mut text = format!("{} from {from} to {to}", movement.channel);
        if !self.model.users().is_empty() {
            text.push_str(" for ");
            text.push_str(&Self::people(
                &names_of_users(self.model),
                &People::Exactly(context.users.clone()),
            ));
        }
        text.push_str(&format!(" on {} devices {}", context.platform, context.state));
        text
    }

    /// One end and no other. That an app is not deployed is said only where it makes a difference.
    fn one_end(&self, table: &Table, movement: &Movement, side: Side) -> String {
        let context = &movement.context;
        let end = match side {
            Side::Source => movement.source,
            Side::Target => movement.target,
        };
        let text = match end {
            Endpoint::App { app, deployed, .. } => match self.nameless(app, context.platform) {
                Some(name) if deployed => format!("{name} deployed"),
                Some(name) => name,
                None => self.end(end),
            },
            Endpoint::Storage(_) | Endpoint::Place(_) => self.end(end),
        };
        let Endpoint::App { app, account, deployed: false } = end else { return text };
        let kind = table.device_kind(context.platform, context.state);
        let Some(kind) = kind.filter(|_| context.state.is_enrolled()) else { return text };
        let seat = |deployed| {
            let end = Endpoint::App { app, account, deployed };
            table.seat(kind, movement.channel, side, end)
        };
        if seat(false) == seat(true) { text } else { format!("{text} except any deployed") }
    }

    /// One end; of an app that is not deployed also its deployed twin.
    fn end(&self, end: Endpoint) -> String {
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

    /// How to name the unlisted app alone where `unlisted` holds undeclared ids beside it: by an id that
    /// nothing names.
    fn nameless(&self, app: AppId, platform: Platform) -> Option<String> {
        let is_id =
            |app: &crate::model::App| app.origin == Origin::Id && app.platforms.contains(platform);
        let is_needed = app == self.model.unlisted_app() && self.model.apps().iter().any(is_id);
        is_needed.then(|| quote(&format!("{platform}:unlisted")))
    }

    fn app_name(&self, app: AppId) -> String {
        let app = self.model.app(app);
        match app.origin {
            Origin::Id => quote(&app.name),
            Origin::Declared | Origin::BuiltIn | Origin::Unlisted => app.name.clone(),
        }
    }

    // ------------------------------------------------------------ sets of ends

    /// Every way to name some of the ends.
    pub(super) fn vocabulary(&self, universe: Vec<Endpoint>, platform: Platform) -> Vocabulary {
        let mut found = Vocabulary { vocables: Vec::new(), universe, known: RefCell::default() };
        self.words(&mut found);
        self.groups(&mut found);
        self.ends(&mut found, platform);
        found
    }

    fn words(&self, found: &mut Vocabulary) {
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
        found.add("any".to_owned(), true, &|_| true);
        found.add("corporate-storage".to_owned(), true, &|end| corporate(end) == Some(true));
        found.add("personal-storage".to_owned(), true, &|end| corporate(end) == Some(false));
        found.add("unlisted".to_owned(), true, &|end| {
            matches!(origin(end), Some(Origin::Unlisted | Origin::Id))
        });
        for account in Account::ALL {
            found.add(format!("any as {account}"), true, &|end| is_as(end, *account));
        }
        found.add("any deployed".to_owned(), true, &is_deployed);
    }

    fn groups(&self, found: &mut Vocabulary) {
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

    /// The name of each end; `any as …` stands for those of one app by itself.
    fn ends(&self, found: &mut Vocabulary, platform: Platform) {
        let mut of_app: BTreeMap<AppId, Vec<usize>> = BTreeMap::new();
        for (at, end) in found.universe.iter().enumerate() {
            if let Endpoint::App { app, .. } = end {
                of_app.entry(*app).or_default().push(at);
            }
        }
        for at in 0..found.universe.len() {
            let end = found.universe[at];
            let Endpoint::App { app, account, deployed } = end else {
                found.push(self.end(end), false, &[at]);
                continue;
            };
            let same = of_app.get(&app).map_or(&[][..], Vec::as_slice);
            let name = self.nameless(app, platform).unwrap_or_else(|| self.app_name(app));
            if account == Account::Personal && !deployed {
                found.push(name.clone(), false, same);
            }
            let mut suffix = String::new();
            if self.model.app(app).sdk {
                suffix.push_str(&format!(" as {account}"));
                if !deployed {
                    let same = same.iter().copied();
                    let same: Vec<usize> =
                        same.filter(|one| is_as(&found.universe[*one], account)).collect();
                    found.push(format!("{name}{suffix}"), false, &same);
                }
            }
            if deployed {
                found.push(format!("{name}{suffix} deployed"), false, &[at]);
            }
        }
    }

    // ------------------------------------------------------------ contexts

    /// People, as they stand behind `for`; `names` are those of the groups.
    pub(super) fn people(names: &[&str], people: &People) -> String {
        let joined = |ids: &[crate::model::UsersId], with: &str| {
            let names: Vec<_> = ids.iter().map(|id| names[id.index()]).collect();
            names.join(with)
        };
        let names = |ids: &[crate::model::UsersId]| joined(ids, ", ");
        match people {
            People::Some { of, except } => {
                let mut text = of.as_ref().map_or_else(|| "any".to_owned(), |of| names(of));
                if !except.is_empty() {
                    text.push_str(&format!(" except {}", names(except)));
                }
                text
            }
            People::All { of, except } => {
                let mut text = joined(of, " and ");
                if !except.is_empty() {
                    text.push_str(&format!(" except {}", names(except)));
                }
                text
            }
            People::Exactly(of) if of.is_empty() => "exactly none".to_owned(),
            People::Exactly(of) => format!("exactly {}", names(of)),
        }
    }

    /// Device states, as they stand behind `devices`; nothing where they are all there are.
    pub(super) fn devices(states: DeviceStates, all: DeviceStates) -> String {
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

    /// Platforms, as they stand behind `on`; nothing where they are all there are.
    pub(super) fn platforms(platforms: &[Platform], all: Platforms) -> String {
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

fn is_deployed(end: &Endpoint) -> bool {
    matches!(end, Endpoint::App { deployed: true, .. })
}

impl Vocabulary {
    pub(super) fn universe(&self) -> &[Endpoint] {
        &self.universe
    }

    fn add(&mut self, text: String, is_base: bool, holds: &dyn Fn(&Endpoint) -> bool) {
        let held: Vec<usize> =
            (0..self.universe.len()).filter(|at| holds(&self.universe[*at])).collect();
        self.push(text, is_base, &held);
    }

    pub(super) fn push(&mut self, text: String, is_base: bool, held: &[usize]) {
        if !held.is_empty() {
            let mut holds = Bits::new(self.universe.len());
            held.iter().for_each(|at| holds.insert(*at));
            self.vocables.push(Vocable { text, holds, size: held.len(), is_base });
        }
    }

    /// The ways to name ends that mean the same in two universes of as many ends. A name that only one
    /// of them knows is taken as that one means it; `knows` says whether the first or the second can
    /// read a name.
    pub(super) fn agreed(self, other: Self, knows: impl Fn(usize, &str) -> bool) -> Self {
        let named: Vec<BTreeMap<String, Bits>> = [&self, &other]
            .map(|one| one.vocables.iter().map(|it| (it.text.clone(), it.holds.clone())).collect())
            .into_iter()
            .collect();
        let is_foreign = |side: usize, text: &str| {
            let name = text.split(' ').next().unwrap_or_default();
            let is_name = !name.starts_with('"') && !WORDS.contains(&name);
            is_name && !knows(side, name)
        };
        let agrees = |side: usize, one: &Vocable| match named[1 - side].get(&one.text) {
            Some(holds) => side == 0 && *holds == one.holds,
            None => is_foreign(1 - side, &one.text),
        };
        let mut vocables = Vec::new();
        vocables.extend(self.vocables.into_iter().filter(|one| agrees(0, one)));
        vocables.extend(other.vocables.into_iter().filter(|one| agrees(1, one)));
        Self { universe: other.universe, vocables, known: RefCell::default() }
    }

    /// The words for what policies protect, where that is the same for all who are meant.
    fn of_managed(&self, managed: &Bits) -> Vec<Vocable> {
        let is_app = |end: &Endpoint| matches!(end, Endpoint::App { .. });
        let apps = Bits::collect(self.universe.iter().map(is_app));
        let unmanaged = apps.and(&managed.not(self.universe.len()));
        [("managed", managed.clone()), ("unmanaged", unmanaged)]
            .into_iter()
            .map(|(text, holds)| Vocable {
                text: text.to_owned(),
                size: holds.len(),
                holds,
                is_base: true,
            })
            .filter(|one| one.size > 0)
            .collect()
    }

    /// The ends of the universe that are among these.
    pub(super) fn mark(&self, ends: &BTreeSet<Endpoint>) -> Bits {
        Bits::collect(self.universe.iter().map(|end| ends.contains(end)))
    }

    /// A set of ends as text. `may` are ends that it may hold or not, as it likes; `managed` are those
    /// that policies protect, if that can be said.
    pub(super) fn text(&self, wanted: &Bits, may: &Bits, managed: Option<&Bits>) -> String {
        let key = (wanted.clone(), may.clone(), managed.cloned());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let text = self.new_text(wanted, may, managed);
        self.known.borrow_mut().insert(key, text.clone());
        text
    }

    fn new_text(&self, wanted: &Bits, may: &Bits, managed: Option<&Bits>) -> String {
        let more = managed.map_or_else(Vec::new, |managed| self.of_managed(managed));
        // The most general word comes first.
        let (any, rest) = self.vocables.split_at(self.vocables.len().min(1));
        let words = Ways { all: any.iter().chain(&more).chain(rest).collect(), vocabulary: self };
        words.text(wanted, may)
    }
}

/// The ways to name ends that can be used in one place.
struct Ways<'v> {
    all: Vec<&'v Vocable>,
    vocabulary: &'v Vocabulary,
}

impl<'v> Ways<'v> {
    fn universe(&self) -> &'v [Endpoint] {
        &self.vocabulary.universe
    }

    fn text(&self, wanted: &Bits, may: &Bits) -> String {
        let forbidden = wanted.or(may).not(self.universe().len());
        let plain = self.cover(wanted, &forbidden).map(|cover| (cover.count(), cover.text()));
        let bases = self.all.iter().filter(|one| one.is_base && wanted.is_within(&one.holds));
        let with_exceptions = bases.filter_map(|base| {
            let except = self.cover(&base.holds.and(&forbidden), wanted)?;
            Some((1 + except.count(), format!("{} except {}", base.text, except.text())))
        });
        let texts = plain.into_iter().chain(with_exceptions);
        let best = texts.min_by_key(|(count, _)| *count).map(|(_, text)| text);
        best.or_else(|| self.text_in_two_steps(wanted, &forbidden)).unwrap_or_default()
    }

    /// An app that is not deployed has no name of its own: its name holds the deployed one, too. Where
    /// that one is not wanted, it is named first and left out behind `except`.
    fn text_in_two_steps(&self, wanted: &Bits, forbidden: &Bits) -> Option<String> {
        let deployed = Bits::collect(self.universe().iter().map(is_deployed));
        let mut firmly = forbidden.clone();
        firmly.remove_all(&deployed);
        let held = self.cover(wanted, &firmly)?;
        let except = self.cover(&held.holds.and(forbidden), wanted)?;
        Some(format!("{} except {}", held.text(), except.text()))
    }

    /// Names that together hold all that is wanted and nothing that is forbidden: always the one that
    /// adds the most, of two that add the same the one that holds less.
    fn cover(&self, wanted: &Bits, forbidden: &Bits) -> Option<Cover<'v>> {
        let mut left = wanted.clone();
        let usable = self.all.iter().filter(|one| !one.holds.meets(forbidden));
        let usable: Vec<&Vocable> = usable.copied().collect();
        let rank = |at: usize, gain: usize| (gain, Reverse(usable[at].size), Reverse(at));
        let gain = |at: usize, left: &Bits| usable[at].holds.count_common(left);
        let ranked = (0..usable.len()).map(|at| rank(at, gain(at, &left)));
        let mut ranked: BinaryHeap<_> = ranked.filter(|(gain, ..)| *gain > 0).collect();
        let mut cover = Cover { chosen: Vec::new(), holds: Bits::new(self.universe().len()) };
        while !left.is_empty() {
            let (known, _, Reverse(at)) = ranked.pop()?;
            // What a name adds only ever becomes less, so the first that adds what is known adds the most.
            let now = gain(at, &left);
            if now < known {
                ranked.extend((now > 0).then(|| rank(at, now)));
                continue;
            }
            left.remove_all(&usable[at].holds);
            cover.holds = cover.holds.or(&usable[at].holds);
            cover.chosen.push((at, &usable[at].text));
        }
        Some(cover)
    }
}

/// Names that together hold some ends.
struct Cover<'v> {
    /// The names, with their places in the vocabulary.
    chosen: Vec<(usize, &'v str)>,
    holds: Bits,
}

impl Cover<'_> {
    fn count(&self) -> usize {
        self.chosen.len()
    }

    /// The names in the order of the vocabulary.
    fn text(&self) -> String {
        let mut chosen = self.chosen.clone();
        chosen.sort_unstable();
        chosen.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(", ")
    }
}
