//! Columns: what protects devices in one management state, layer by layer.
//!
//! Takes in layers and the picture of the same devices, gives out frames of text and lines. Statements are those of
//! the policies that apply to the people who are drawn; movements are joined over all of their apps and platforms.

#![allow(
    clippy::indexing_slicing,
    reason = "classes are numbered by the context that they belong to"
)]

use std::collections::BTreeSet;

use super::blocks::Column as Receiver;
use super::fold::Fold;
use super::names::{Item, Names, count};
use super::panel::{Direction, Mark, PanelKind};
use super::words;
use crate::analysis::{
    LayerLimit, LayerStatement, Layers, Picture, PictureContext, PicturePlace, Station,
};
use crate::source::visible;
use crate::vocabulary::{Channel, DeviceState, Platform, Side};

/// The most sources that a line names.
const MOST_NAMED: usize = 2;

/// Devices in one state, or in some for which all layers are alike.
#[derive(Debug, Clone)]
pub(super) struct Column {
    states: Vec<DeviceState>,
    /// The people on such devices who are drawn, and the policies that apply to them.
    places: Vec<PicturePlace>,
    policies: Vec<String>,
    /// The other people on such devices, by how they are decided.
    others: Vec<(&'static str, Vec<PicturePlace>)>,
    pub(super) content: Content,
}

/// The layers of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) management: Frame,
    pub(super) access: Frame,
    /// The work accounts; its lines are above its rows.
    pub(super) work: Frame,
    pub(super) rows: Vec<Line>,
    pub(super) data: Frame,
    pub(super) personal: Frame,
    /// What the policies run into.
    pub(super) limits: Vec<String>,
}

/// A layer: where it is missing, its place stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) lines: Vec<String>,
    pub(super) is_missing: bool,
}

/// Movements that are decided alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) direction: Direction,
    pub(super) mark: Mark,
    pub(super) channels: Vec<Channel>,
    /// The other ends, the sources and the platforms.
    pub(super) rest: String,
}

impl Line {
    /// The line as a sentence.
    pub(super) fn sentence(&self) -> String {
        let way = if self.direction == Direction::In { "in" } else { "out" };
        let rest = match self.rest.trim_start() {
            "" => String::new(),
            rest => format!(" {rest}"),
        };
        let (channels, verdict) = (words::channels(&self.channels), self.mark.verdict());
        format!("{way}: {channels}{rest} – {verdict}")
    }
}

/// The columns of some states, in order; states that are alike share one.
pub(super) fn columns(data: &[(Layers, Picture)]) -> Vec<Column> {
    let mut found: Vec<Column> = Vec::new();
    for (layers, picture) in data {
        let column = Column::new(layers, picture);
        let is_like = |known: &&mut Column| {
            known.content == column.content
                && known.policies == column.policies
                && known.kinds().eq(column.kinds())
        };
        match found.iter_mut().find(is_like) {
            Some(known) => known.join(column),
            None => found.push(column),
        }
    }
    found
}

impl Column {
    fn new(layers: &Layers, picture: &Picture) -> Self {
        let names = Names::new(picture);
        let enforced = || picture.contexts.iter().filter(|one| !one.policies.is_empty());
        let people = |one: &PictureContext| one.places.first().map(|place| place.people.clone());
        let first = enforced().next().and_then(people);
        let (shown, others): (Vec<_>, Vec<_>) = enforced().partition(|one| people(one) == first);
        let free = picture.contexts.iter().filter(|one| one.policies.is_empty()).collect();
        let places = |contexts: Vec<&PictureContext>| -> Vec<PicturePlace> {
            contexts.into_iter().flat_map(|one| one.places.clone()).collect()
        };
        let others = [("decided in another way", others), ("no policy applies", free)];
        let others = others.map(|(kind, contexts)| (kind, places(contexts)));
        let policies: BTreeSet<&str> =
            shown.iter().flat_map(|one| &one.policies).map(String::as_str).collect();
        let applying = Applying { layers, policies };
        Self {
            states: vec![layers.devices],
            policies: applying.policies.iter().map(|one| (*one).to_owned()).collect(),
            others: others.into_iter().filter(|(_, places)| !places.is_empty()).collect(),
            content: Content {
                management: applying.management(),
                access: applying.access(),
                work: work(&shown),
                rows: rows(&names, &shown),
                data: applying.data(),
                personal: personal(&shown),
                limits: applying.limits(),
            },
            places: places(shown),
        }
    }

    /// The people of the column, without their devices.
    fn kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        let others = self
            .others
            .iter()
            .flat_map(|(kind, places)| places.iter().map(|place| (*kind, place.people.as_str())));
        self.places.iter().map(|place| ("", place.people.as_str())).chain(others)
    }

    fn join(&mut self, other: Self) {
        self.states.extend(other.states);
        self.places.extend(other.places);
        for ((_, places), (_, more)) in self.others.iter_mut().zip(other.others) {
            places.extend(more);
        }
    }

    pub(super) fn title(&self) -> String {
        let states: Vec<String> =
            self.states.iter().map(|state| state.word().replace('-', " ")).collect();
        format!("{} devices", words::capital(&states.join(", ")))
    }

    /// The people, devices and policies that are drawn.
    pub(super) fn subtitle(&self) -> String {
        if self.places.is_empty() {
            let states: Vec<&str> = self.states.iter().map(|state| state.word()).collect();
            return format!("devices {}", states.join(", "));
        }
        let policies: Vec<&str> = self.policies.iter().map(String::as_str).collect();
        format!("{} · {}", words::joined_scopes(&self.places), words::policies(&policies))
    }

    /// What the policies run into, and who is not drawn.
    pub(super) fn notes(&self) -> Vec<String> {
        let other = |(kind, places): &(&str, Vec<PicturePlace>)| {
            format!("{kind}: {}", words::joined_scopes(places))
        };
        let others = self.others.iter().map(other);
        self.content.limits.iter().cloned().chain(others).collect()
    }

    /// A sentence for everything that is drawn.
    pub(super) fn description(&self) -> String {
        let mut found = vec![format!("{} ({}).", self.title(), self.subtitle())];
        let frame = |frame: &Frame| match frame.lines.is_empty() {
            true => format!("{}.", frame.title),
            false => format!("{}: {}.", frame.title, frame.lines.join("; ")),
        };
        let Content { management, access, work, rows, data, personal, .. } = &self.content;
        found.extend([management, access, work].map(frame));
        found.extend(rows.iter().map(|row| format!("{}.", row.sentence())));
        found.extend([data, personal].map(frame));
        found.extend(self.notes().iter().map(|note| format!("{note}.")));
        found.join(" ")
    }
}

/// The layers of the policies that apply to the people who are drawn.
struct Applying<'l> {
    layers: &'l Layers,
    policies: BTreeSet<&'l str>,
}

impl Applying<'_> {
    /// The statements of policies that apply, each with its policy where there are several.
    fn statements(&self, all: &[LayerStatement]) -> Vec<String> {
        let applies = |one: &&LayerStatement| self.policies.contains(one.policy.as_str());
        let text = |one: &LayerStatement| {
            let of =
                if self.policies.len() > 1 { format!(" ({})", one.policy) } else { String::new() };
            visible(&format!("{}{of}", one.statement)).into_owned()
        };
        all.iter().filter(applies).map(text).collect()
    }

    fn management(&self) -> Frame {
        let of = |provided: bool| -> Vec<&str> {
            let all = self.layers.provides.iter().filter(|one| one.provided == provided);
            all.map(|one| one.what).collect()
        };
        let relying =
            self.layers.provides.iter().map(|one| (one, self.statements(&one.relied_on_by)));
        let relying = relying.filter(|(_, statements)| !statements.is_empty());
        let mut lines = Vec::new();
        let Some(by) = self.layers.management else {
            lines.push("apps come from the store".to_owned());
            lines.push(format!("missing: {}", of(false).join(", ")));
            for (one, statements) in relying {
                let never = |statement| format!("never matches without {}: {statement}", one.what);
                lines.extend(statements.into_iter().map(never));
            }
            return Frame { title: "No device management".to_owned(), lines, is_missing: true };
        };
        lines.push(of(true).join(", "));
        lines.extend(relying.map(|(one, statements)| {
            let verb = if statements.len() == 1 { "relies" } else { "rely" };
            format!("{} {verb} on {}", words::count(statements.len(), "rule"), one.what)
        }));
        Frame { title: format!("Device management: {by}"), lines, is_missing: false }
    }

    fn access(&self) -> Frame {
        let mut lines = self.statements(&self.layers.access);
        let is_missing = lines.is_empty();
        if is_missing {
            lines.push("no policy asks for anything".to_owned());
        }
        Frame { title: "Before the work account opens".to_owned(), lines, is_missing }
    }

    fn data(&self) -> Frame {
        let mut lines = self.statements(&self.layers.wipe);
        let is_missing = lines.is_empty();
        if is_missing {
            lines.push("no policy removes it".to_owned());
        }
        Frame { title: "Company data in the app".to_owned(), lines, is_missing }
    }

    fn limits(&self) -> Vec<String> {
        let limit = |one: &LayerLimit| {
            visible(&format!("{}: {}", one.limit, one.concerns.join(", "))).into_owned()
        };
        self.layers.limits.iter().map(limit).collect()
    }
}

fn work(contexts: &[&PictureContext]) -> Frame {
    let is_missing = contexts.is_empty();
    let (title, lines) = match is_missing {
        true => ("No policy", vec!["company data may go everywhere".to_owned()]),
        false => ("Work accounts: where their data may go", Vec::new()),
    };
    Frame { title: title.to_owned(), lines, is_missing }
}

/// The other accounts in the same apps.
fn personal(contexts: &[&PictureContext]) -> Frame {
    let (mut channels, mut is_any) = (BTreeSet::new(), false);
    for context in contexts {
        for cell in &context.cells {
            let [from, to] = [cell.source, cell.target].map(|at| context.classes[at].station);
            if from == Station::OtherAccounts && !to.is_company() {
                is_any = true;
                channels.extend(cell.cell.enforced.then_some(cell.channel));
            }
        }
    }
    let channels: Vec<Channel> = channels.into_iter().collect();
    let line = match (is_any, &channels[..]) {
        (false, _) => "these apps have none".to_owned(),
        (true, []) => "no policy applies to what leaves them for places outside".to_owned(),
        (true, channels) => format!("rules for whole apps decide {}", words::channels(channels)),
    };
    Frame { title: "Other accounts in these apps".to_owned(), lines: vec![line], is_missing: true }
}

// ---------------------------------------------------------------- movements

/// Movements on one channel that are decided alike in some contexts.
struct Unit {
    line: Line,
    contexts: BTreeSet<usize>,
}

/// The movements of contexts that differ in devices alone, in few lines.
fn rows(names: &Names<'_>, contexts: &[&PictureContext]) -> Vec<Line> {
    let folds: Vec<Fold<'_>> =
        contexts.iter().map(|context| Fold::new(names, context, PanelKind::Work)).collect();
    let mut found: Vec<(Line, Vec<Channel>)> = Vec::new();
    for direction in [Direction::Out, Direction::In] {
        for channel in Channel::ALL {
            for Unit { mut line, contexts: held } in units(&folds, direction, *channel) {
                let exists = |at: &usize| !ends(&folds[*at], direction, *channel).is_empty();
                if !(0..folds.len()).filter(exists).all(|at| held.contains(&at)) {
                    line.rest.push_str(&whereabouts(contexts, &held));
                }
                match found.iter_mut().find(|(known, _)| *known == line) {
                    Some((_, channels)) => channels.push(*channel),
                    None => found.push((line, vec![*channel])),
                }
            }
        }
    }
    let lines = found.into_iter().map(|(line, channels)| Line { channels, ..line });
    let mut lines: Vec<Line> = lines.collect();
    let order = |one: &Line| (one.direction, one.mark.clone(), one.rest.is_empty());
    lines.sort_by_key(order);
    lines
}

/// The devices of some contexts as clauses, as far as they differ.
fn whereabouts(contexts: &[&PictureContext], held: &BTreeSet<usize>) -> String {
    let places = || held.iter().flat_map(|at| &contexts[*at].places);
    let all = contexts.iter().flat_map(|one| &one.places);
    let devices: BTreeSet<&str> = all.map(|place| place.devices.as_str()).collect();
    let platforms: BTreeSet<&str> =
        places().flat_map(|place| place.platforms.trim_start_matches("on ").split(", ")).collect();
    let known = Platform::ALL.iter().map(|one| one.word()).filter(|one| platforms.contains(one));
    let platforms: Vec<&str> = known.collect();
    let mut found = String::new();
    if !platforms.is_empty() {
        found.push_str(&format!(" on {}", platforms.join(", ")));
    }
    if devices.len() > 1 {
        let devices: BTreeSet<&str> = places().map(|place| place.devices.as_str()).collect();
        found.extend(devices.into_iter().map(|clause| format!(" {clause}")));
    }
    found
}

/// The classes at the other end of a channel.
fn ends(fold: &Fold<'_>, direction: Direction, channel: Channel) -> Vec<usize> {
    let has_cell = |class: &usize| {
        fold.subjects.iter().any(|one| fold.cell((direction, channel, *class), *one).is_some())
    };
    let is_own = |class: usize| fold.classes[class].station == Station::CompanyApps;
    let all = (0..fold.classes.len()).filter(has_cell);
    all.filter(|class| direction == Direction::Out || !is_own(*class)).collect()
}

/// What is decided on a channel. What comes in is told where something of it is refused.
fn units(folds: &[Fold<'_>], direction: Direction, channel: Channel) -> Vec<Unit> {
    if direction == Direction::In && !channel.judged_at(Side::Target) {
        return Vec::new();
    }
    let mut found: Vec<Unit> = Vec::new();
    for (at, fold) in folds.iter().enumerate() {
        let all = ends(fold, direction, channel);
        let marks_of = |class: usize| {
            let cells = fold
                .subjects
                .iter()
                .filter_map(move |one| fold.cell((direction, channel, class), *one));
            cells.cloned().collect::<BTreeSet<Mark>>()
        };
        let marks: BTreeSet<Mark> = all.iter().flat_map(|class| marks_of(*class)).collect();
        let has_opening = marks.iter().any(|mark| *mark != Mark::Blocked);
        for mark in marks {
            let rest = match (&mark, has_opening) {
                (Mark::Blocked, true) => format!("{} everything else", preposition(direction)),
                (Mark::Blocked, false) => String::new(),
                (mark, _) => {
                    let held: Vec<usize> = all
                        .iter()
                        .copied()
                        .filter(|class| marks_of(*class).contains(mark))
                        .collect();
                    let to = phrase(fold, &all, &held);
                    let from = sources(fold, (direction, channel), &held, mark);
                    let to = match to.is_empty() {
                        true => to,
                        false => format!("{} {to}", preposition(direction)),
                    };
                    to + &from
                }
            };
            let line = Line { direction, mark, channels: Vec::new(), rest };
            match found.iter_mut().find(|known| known.line == line) {
                Some(known) => drop(known.contexts.insert(at)),
                None => found.push(Unit { line, contexts: BTreeSet::from([at]) }),
            }
        }
    }
    let is_refused = found.iter().any(|unit| unit.line.mark == Mark::Blocked);
    if direction == Direction::In && !is_refused { Vec::new() } else { found }
}

fn preposition(direction: Direction) -> &'static str {
    if direction == Direction::In { "from" } else { "to" }
}

/// Some of all ends of a channel in words.
fn phrase(fold: &Fold<'_>, all: &[usize], held: &[usize]) -> String {
    let of = |classes: &[usize], station: Station| -> Vec<usize> {
        let is_there = |class: &usize| fold.classes[*class].station == station;
        classes.iter().copied().filter(is_there).collect()
    };
    let is_whole = |station: Station| of(all, station) == of(held, station);
    let stations = |is_it: fn(Station) -> bool| -> Vec<Station> {
        let there = Station::ALL.iter().copied().filter(|one| is_it(*one));
        there.filter(|one| !of(all, *one).is_empty()).collect()
    };
    let known = [
        (stations(is_app), "any app"),
        (stations(is_storage), "any storage"),
        (stations(|one| is_app(one) && !one.is_company()), "all other apps and accounts"),
    ];
    let mut left: BTreeSet<Station> =
        Station::ALL.iter().copied().filter(|one| !of(held, *one).is_empty()).collect();
    let (mut found, mut deployed) = (Vec::new(), None);
    if is_deployed(fold, all, held) {
        deployed = Some("deployed apps".to_owned());
        left.retain(|one| !is_app(*one) || one.is_company());
    }
    for (group, text) in known {
        if group.len() > 1 && group.iter().all(|one| left.contains(one) && is_whole(*one)) {
            found.push(text.to_owned());
            left.retain(|one| !group.contains(one));
        }
    }
    left.retain(|one| *one != Station::Device || !is_whole(*one));
    for station in left {
        let text = match (is_whole(station), whole_station(station)) {
            (true, Some(text)) => text.to_owned(),
            _ => fold.receivers(station, &of(held, station)).full,
        };
        found.push(text);
    }
    found.extend(deployed);
    found.join(", ")
}

fn is_app(station: Station) -> bool {
    matches!(station, Station::CompanyApps | Station::OtherAccounts | Station::OtherApps)
}

fn is_storage(station: Station) -> bool {
    matches!(station, Station::CompanyStorage | Station::PersonalStorage)
}

fn whole_station(station: Station) -> Option<&'static str> {
    match station {
        Station::CompanyApps => Some("protected apps"),
        Station::CompanyStorage => Some("company storage"),
        Station::OtherAccounts => Some("other accounts"),
        Station::OtherApps => Some("other apps"),
        Station::PersonalStorage => Some("personal storage"),
        Station::Device => None,
    }
}

/// Whether, of the ends outside, just those are held that management has installed.
fn is_deployed(fold: &Fold<'_>, all: &[usize], held: &[usize]) -> bool {
    let outside = |classes: &[usize]| -> Vec<usize> {
        let class = |at: &usize| fold.classes[*at].station;
        let is_it = |at: &usize| is_app(class(at)) && !class(at).is_company();
        classes.iter().copied().filter(is_it).collect()
    };
    let is_whole = |is_it: fn(Option<bool>) -> bool, classes: &[usize]| {
        fold.members(classes).iter().all(|member| is_it(member.deployed))
    };
    let (held, all) = (outside(held), outside(all));
    let rest: Vec<usize> = all.iter().copied().filter(|at| !held.contains(at)).collect();
    !held.is_empty()
        && is_whole(|deployed| deployed == Some(true), &held)
        && is_whole(|deployed| deployed == Some(false), &rest)
}

/// The sources that have an opening, if they are not all that have movements there.
fn sources(
    fold: &Fold<'_>,
    (direction, channel): (Direction, Channel),
    held: &[usize],
    wanted: &Mark,
) -> String {
    let has = |source: &usize, is_it: &dyn Fn(&Mark) -> bool| {
        let columns = held.iter().map(|class| -> Receiver { (direction, channel, *class) });
        let mut cells = columns.filter_map(|column| fold.cell(column, *source));
        cells.any(is_it)
    };
    let all = || fold.subjects.iter().copied();
    let open: Vec<usize> = all().filter(|one| has(one, &|mark| mark == wanted)).collect();
    let moving: Vec<usize> = all().filter(|one| has(one, &|_| true)).collect();
    if open == moving {
        return String::new();
    }
    let items: Vec<Item<'_>> = fold.items(&open, &fold.subjects);
    let whose = if direction == Direction::In { "into" } else { "from" };
    if items.len() <= MOST_NAMED {
        let names: Vec<&str> = items.iter().map(|one| one.text.as_str()).collect();
        return format!(" {whose} {}", names.join(", "));
    }
    let of = count(&fold.items(&moving, &fold.subjects));
    format!(" {whose} {} of {of} apps", count(&items))
}
