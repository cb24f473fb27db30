//! Sets of movements as scope text that every command takes back in.
//!
//! Takes in ends, contexts and users, gives out the words of the language, exactly: what a text names
//! is the set, nothing missing and nothing extra. Among the ways to say it the shortest one wins.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use crate::bits::Bits;
use crate::model::{Model, Origin, People};
use crate::movement::{Context, Endpoint, Movement};
use crate::syntax::print::quote;
use crate::table::{ContextId, Table};
use crate::vocabulary::{Account, DeviceStates, Platform, Platforms};

/// Writes scopes for a model and its table.
#[derive(Clone, Copy)]
pub(super) struct Describe<'a> {
    model: &'a Model,
    table: &'a Table,
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

/// Every way to name ends of one side in one context, the most general first.
pub(super) struct Vocabulary {
    universe: Vec<Endpoint>,
    vocables: Vec<Vocable>,
}

impl<'a> Describe<'a> {
    pub(super) fn new(model: &'a Model, table: &'a Table) -> Self {
        Self { model, table }
    }

    // ------------------------------------------------------------ one movement

    /// A scope that holds this movement and no other.
    pub(super) fn movement(&self, movement: &Movement) -> String {
        let context = &movement.context;
        let id = self.table.context_id(&context.users, context.platform, context.state);
        let mut text = format!(
            "{} from {}",
            movement.channel,
            self.one_end(movement.source, context, id, true)
        );
        text.push_str(" to ");
        text.push_str(&self.one_end(movement.target, context, id, false));
        if !self.model.users().is_empty() {
            text.push_str(" for ");
            text.push_str(&Self::people(self.model, &People::Exactly(context.users.clone())));
        }
        text.push_str(&format!(" on {} devices {}", context.platform, context.state));
        text
    }

    /// One end and no other. That an app is not deployed is said only where it makes a difference.
    fn one_end(
        &self,
        end: Endpoint,
        context: &Context,
        id: Option<ContextId>,
        is_source: bool,
    ) -> String {
        let text = match end {
            Endpoint::App { app, deployed: false, .. } => {
                self.nameless(app, context.platform).unwrap_or_else(|| self.end(end))
            }
            _ => self.end(end),
        };
        let Endpoint::App { app, account, deployed: false } = end else { return text };
        let class = |end| {
            let (source, target) = self.table.classes(end);
            if is_source { source } else { target }
        };
        let twin = Endpoint::App { app, account, deployed: true };
        let can_be_deployed = context.state.is_enrolled() && id.is_some();
        if can_be_deployed && class(end) != class(twin) {
            format!("{text} except any deployed")
        } else {
            text
        }
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
    fn nameless(&self, app: crate::model::AppId, platform: Platform) -> Option<String> {
        let is_id =
            |app: &crate::model::App| app.origin == Origin::Id && app.platforms.contains(platform);
        let is_needed = app == self.model.unlisted_app() && self.model.apps().iter().any(is_id);
        is_needed.then(|| quote(&format!("{platform}:unlisted")))
    }

    fn app_name(&self, app: crate::model::AppId) -> String {
        let app = self.model.app(app);
        match app.origin {
            Origin::Id => quote(&app.name),
            Origin::Declared | Origin::BuiltIn | Origin::Unlisted => app.name.clone(),
        }
    }

    // ------------------------------------------------------------ sets of ends

    /// Every way to name some of the ends.
    pub(super) fn vocabulary(
        &self,
        universe: Vec<Endpoint>,
        platform: Platform,
        managed: impl Fn(Endpoint) -> bool,
    ) -> Vocabulary {
        let model = self.model;
        let is_app = |end: &Endpoint| matches!(end, Endpoint::App { .. });
        let origin = |end: &Endpoint| match end {
            Endpoint::App { app, .. } => Some(model.app(*app).origin),
            Endpoint::Storage(storage) => Some(model.storage(*storage).origin),
            Endpoint::Place(_) => None,
        };
        let corporate = |end: &Endpoint| match end {
            Endpoint::Storage(storage) => Some(model.storage(*storage).corporate),
            Endpoint::App { .. } | Endpoint::Place(_) => None,
        };
        let mut found = Vec::new();
        let mut add = |text: String, is_base: bool, holds: &dyn Fn(&Endpoint) -> bool| {
            let holds = Bits::collect(universe.iter().map(holds));
            let size = holds.len();
            if size > 0 {
                found.push(Vocable { text, holds, size, is_base });
            }
        };
        add("any".to_owned(), true, &|_| true);
        add("managed".to_owned(), true, &|end| managed(*end));
        add("unmanaged".to_owned(), true, &|end| is_app(end) && !managed(*end));
        add("corporate-storage".to_owned(), true, &|end| corporate(end) == Some(true));
        add("personal-storage".to_owned(), true, &|end| corporate(end) == Some(false));
        add("unlisted".to_owned(), true, &|end| {
            matches!(origin(end), Some(Origin::Unlisted | Origin::Id))
        });
        for account in Account::ALL {
            add(format!("any as {account}"), true, &|end| is_as(end, *account));
        }
        add("any deployed".to_owned(), true, &|end| is_deployed(end));
        for group in model.groups() {
            let in_group = |end: &Endpoint| match end {
                Endpoint::App { app, .. } => {
                    group.apps.iter().any(|(one, on)| one == app && *on == Platforms::all())
                }
                Endpoint::Storage(storage) => group.storages.contains(storage),
                Endpoint::Place(place) => group.places.contains(place),
            };
            if group.apps.iter().any(|(_, on)| *on != Platforms::all()) {
                continue;
            }
            add(group.name.clone(), true, &in_group);
            add(format!("{} as work", group.name), false, &|end| {
                in_group(end) && is_as(end, Account::Work)
            });
        }
        for end in &universe {
            match end {
                Endpoint::App { app, account, deployed } => {
                    let name = self.nameless(*app, platform).unwrap_or_else(|| self.app_name(*app));
                    let same = |end: &Endpoint| matches!(end, Endpoint::App { app: one, .. } if one == app);
                    if *account == Account::Personal && !deployed {
                        add(name.clone(), false, &same);
                    }
                    let mut suffix = String::new();
                    if model.app(*app).sdk {
                        suffix.push_str(&format!(" as {account}"));
                        if !deployed {
                            add(format!("{name}{suffix}"), false, &|end| {
                                same(end) && is_as(end, *account)
                            });
                        }
                    }
                    if *deployed {
                        add(format!("{name}{suffix} deployed"), false, &|other| other == end);
                    }
                }
                Endpoint::Storage(_) | Endpoint::Place(_) => {
                    add(self.end(*end), false, &|other| other == end);
                }
            }
        }
        Vocabulary { universe, vocables: found }
    }

    // ------------------------------------------------------------ contexts

    /// People, as they stand behind `for`.
    pub(super) fn people(model: &Model, people: &People) -> String {
        let names = |ids: &[crate::model::UsersId]| {
            let names: Vec<_> =
                ids.iter().map(|id| model.users()[id.index()].name.as_str()).collect();
            names.join(", ")
        };
        match people {
            People::Some { of, except } => {
                let mut text = of.as_ref().map_or_else(|| "any".to_owned(), |of| names(of));
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
    /// The ends of the universe that are among these.
    pub(super) fn mark(&self, ends: &BTreeSet<Endpoint>) -> Bits {
        Bits::collect(self.universe.iter().map(|end| ends.contains(end)))
    }

    /// A set of ends as text. `may` are ends that it may hold or not, as it likes.
    pub(super) fn text(&self, wanted: &Bits, may: &Bits) -> String {
        let forbidden = wanted.or(may).not(self.universe.len());
        let plain = self.cover(wanted, &forbidden).map(|cover| (cover.count(), cover.text()));
        let bases = self.vocables.iter().filter(|one| one.is_base && wanted.is_within(&one.holds));
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
        let deployed = Bits::collect(self.universe.iter().map(is_deployed));
        let mut firmly = forbidden.clone();
        firmly.remove_all(&deployed);
        let held = self.cover(wanted, &firmly)?;
        let except = self.cover(&held.holds.and(forbidden), wanted)?;
        Some(format!("{} except {}", held.text(), except.text()))
    }

    /// Names that together hold all that is wanted and nothing that is forbidden: always the one that
    /// adds the most, of two that add the same the one that holds less.
    fn cover(&self, wanted: &Bits, forbidden: &Bits) -> Option<Cover<'_>> {
        let mut left = wanted.clone();
        let usable: Vec<&Vocable> =
            self.vocables.iter().filter(|one| !one.holds.meets(forbidden)).collect();
        let mut cover = Cover { chosen: Vec::new(), holds: Bits::new(self.universe.len()) };
        while !left.is_empty() {
            let ranked = usable.iter().enumerate().map(|(at, one)| {
                ((one.holds.count_common(&left), Reverse(one.size), Reverse(at)), at, *one)
            });
            let best = ranked.max_by_key(|(rank, _, _)| *rank);
            let (_, at, best) = best.filter(|((gain, _, _), _, _)| *gain > 0)?;
            left.remove_all(&best.holds);
            cover.holds = cover.holds.or(&best.holds);
            cover.chosen.push((at, &best.text));
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
