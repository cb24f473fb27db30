//! Sets of movements as scope text that every command takes back in.
//!
//! Takes in ends, contexts and users, gives out the words of the language, exactly: what a text names
//! is the set, nothing missing and nothing extra. Among the ways to say it the shortest one wins.

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
    holds: Vec<bool>,
    size: usize,
    /// Whether it can stand in front of `except`.
    is_base: bool,
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

    /// A set of ends out of a universe. `may` are ends that the text may hold or not, as it likes.
    pub(super) fn ends(
        &self,
        universe: &[Endpoint],
        platform: Platform,
        wanted: &[bool],
        may: &[bool],
        managed: impl Fn(Endpoint) -> bool,
    ) -> String {
        let vocables = self.vocables(universe, platform, managed);
        let outside: Vec<bool> = wanted.iter().zip(may).map(|(w, m)| !w && !m).collect();
        let mut best: Option<(usize, String)> = None;
        let mut keep = |cost: usize, text: String| {
            if best.as_ref().is_none_or(|(known, _)| cost < *known) {
                best = Some((cost, text));
            }
        };
        if let Some((count, text)) = cover(&vocables, wanted, &outside) {
            keep(count, text);
        }
        for base in vocables.iter().filter(|vocable| vocable.is_base) {
            let lacks = wanted.iter().zip(&base.holds).any(|(wanted, holds)| *wanted && !holds);
            if lacks {
                continue;
            }
            let surplus: Vec<bool> = base
                .holds
                .iter()
                .zip(&outside)
                .map(|(holds, outside)| *holds && *outside)
                .collect();
            if let Some((count, text)) = cover(&vocables, &surplus, wanted) {
                keep(1 + count, format!("{} except {text}", base.text));
            }
        }
        best.map(|(_, text)| text).unwrap_or_default()
    }

    /// Everything that has a name, the most general first.
    fn vocables(
        &self,
        universe: &[Endpoint],
        platform: Platform,
        managed: impl Fn(Endpoint) -> bool,
    ) -> Vec<Vocable> {
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
            let holds: Vec<bool> = universe.iter().map(holds).collect();
            let size = holds.iter().filter(|holds| **holds).count();
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
        let unlisted = model.unlisted_app();
        if let Some(text) = self.nameless(unlisted, platform) {
            add(text, false, &|end| matches!(end, Endpoint::App { app, .. } if *app == unlisted));
        }
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
        for end in universe {
            match end {
                Endpoint::App { app, account, deployed } => {
                    let name = self.app_name(*app);
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
        found
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

/// Names that together hold all that is wanted and nothing that is forbidden: always the one that
/// adds the most. Gives how many there are.
fn cover(vocables: &[Vocable], wanted: &[bool], forbidden: &[bool]) -> Option<(usize, String)> {
    let mut left = wanted.to_vec();
    let usable: Vec<&Vocable> = vocables
        .iter()
        .filter(|vocable| !vocable.holds.iter().zip(forbidden).any(|(holds, not)| *holds && *not))
        .collect();
    let mut chosen: Vec<(usize, &str)> = Vec::new();
    while left.iter().any(|left| *left) {
        let gain = |vocable: &Vocable| {
            vocable.holds.iter().zip(&left).filter(|(holds, left)| **holds && **left).count()
        };
        // Of two that add the same the one that holds less says more exactly what is meant.
        let (at, best) = usable
            .iter()
            .enumerate()
            .max_by_key(|(at, vocable)| (gain(vocable), usize::MAX - vocable.size, usize::MAX - at))
            .filter(|(_, vocable)| gain(vocable) > 0)?;
        left.iter_mut().zip(&best.holds).for_each(|(left, holds)| *left &= !holds);
        chosen.push((at, &best.text));
    }
    chosen.sort_unstable();
    let texts: Vec<&str> = chosen.iter().map(|(_, text)| *text).collect();
    Some((texts.len(), texts.join(", ")))
}
