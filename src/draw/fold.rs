//! Folding: few rows of many classes.
//!
//! Takes in a context, gives out a panel. Sources that are decided alike are one block; at most seven blocks are
//! left, and of joined ones a row tells how many apps have the opening. For each channel and decision, receivers that
//! the same blocks reach share a row, and channels with equal rows a line. Openings are listed one by one; cuts are
//! summed up: a movement out of the sources that no row shows open is blocked. Nothing that any member may do is drawn as blocked.

#![allow(
    clippy::indexing_slicing,
    reason = "blocks, classes and columns are numbered by the lists that they come from"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::blocks::{Block, Blocks, Column, MarkSets};
use super::metrics::{BOLD, TEXT, width};
use super::names::{Fitted, Item, Names, count};
use super::panel::{
    Change, ChangeMark, Direction, Mark, Panel, PanelKind, Reported, Row, RowSources, SourceBlock,
    SourceCard, StationCard,
};
use super::words;
use crate::analysis::{
    Cell, CellChange, ChangeContext, ChangeKind, ChangePictureCell, PictureClass, PictureContext,
    PictureMember, Station, WouldBe, WouldBeCell,
};
use crate::vocabulary::{Channel, Effect, Side};

/// The most blocks of sources: each has a letter, and a place in every row.
const MOST_BLOCKS: usize = 7;
/// The most blocks that rows name in words.
const MOST_NAMED: usize = 2;
/// The number of rows above which blocks, and at last openings, are joined.
const MOST_ROWS: usize = 40;
/// The number of rows of a report-only policy above which its openings are joined.
const MOST_REPORTED: usize = 12;
/// The most apps that the card of the sources names one by one.
const MOST_NAMES: usize = 12;
/// The width of a card's text.
const CARD_WIDTH: u32 = 240;
/// The width of a row's label.
const LABEL_WIDTH: u32 = 324;

/// Channels to other accounts that are shown only where they differ from those to other apps.
const LIKE_OTHER_APPS: [Channel; 4] =
    [Channel::Link, Channel::Call, Channel::Message, Channel::Type];

/// The panel of a context; `None` where it has no row.
pub(super) fn panel(names: &Names<'_>, context: &PictureContext, kind: PanelKind) -> Option<Panel> {
    let whose = words::whose(&context.places);
    let title = match kind {
        PanelKind::Work => format!("Work accounts of {whose}"),
        PanelKind::Personal => format!("Personal accounts of {whose}"),
        PanelKind::Free => format!("No policy for {whose}"),
    };
    let mut panel = Fold::new(names, context, kind).panel(title, words::subtitle(context))?;
    for one in &context.would_be {
        Fold::of_would_be(names, one, kind).add_to(&mut panel);
    }
    Some(panel)
}

/// The panel of what changed in a context; `None` where nothing did.
pub(super) fn change_panel(
    names: &Names<'_>,
    context: &ChangeContext,
    kind: PanelKind,
) -> Option<Panel> {
    let whose = words::whose(&context.places);
    let whose = match kind {
        PanelKind::Work | PanelKind::Free => format!("work accounts of {whose}"),
        PanelKind::Personal => format!("personal accounts of {whose}"),
    };
    let fold = Fold::of_changes(names, context, kind);
    fold.panel(format!("What changes for {whose}"), words::scopes(&context.places))
}

/// A context that is folded.
pub(super) struct Fold<'p> {
    names: &'p Names<'p>,
    pub(super) classes: &'p [PictureClass],
    kind: PanelKind,
    cells: HashMap<(Channel, usize, usize), Mark>,
    /// Whether only what changed is drawn.
    is_change: bool,
    /// Whether rows name their sources, however many blocks there are.
    names_sources: bool,
    /// The classes of the sources.
    pub(super) subjects: Vec<usize>,
}

/// An opening before it is named: blocks, channels and receivers with one decision.
#[derive(Clone, PartialEq, Eq)]
struct Opening {
    mark: Mark,
    channels: Vec<Channel>,
    /// By block.
    blocks: Vec<bool>,
    receivers: Vec<usize>,
    /// Whether the receivers are all of the station that the channel has.
    is_whole: bool,
}

/// The mark of a changed decision, unless as much may move as before.
fn change(one: &CellChange) -> Option<Change> {
    let kind = match (one.kind, one.before.effect, one.after.effect) {
        (ChangeKind::Looser, Effect::Block, _) => ChangeMark::Opened,
        (ChangeKind::Looser, ..) => ChangeMark::Looser,
        (ChangeKind::Tighter, _, Effect::Block) => ChangeMark::Closed,
        (ChangeKind::Tighter, ..) => ChangeMark::Tighter,
        (ChangeKind::Limits, ..) => ChangeMark::Limits,
        (ChangeKind::Enforcement | ChangeKind::Reason, ..) => return None,
    };
    let words = |cell: &Cell| match mark(cell) {
        Mark::Limited(limits) => limits,
        other => other.verdict(),
    };
    let is_limited = matches!(mark(&one.after), Mark::Limited(_));
    let now = match mark(&one.after) {
        Mark::Limited(_) | Mark::Free => words(&one.after),
        _ => String::new(),
    };
    Some(Change { kind, now, was: words(&one.before), is_limited })
}

/// The mark of a decision.
pub(super) fn mark(cell: &Cell) -> Mark {
    match (cell.effect, cell.enforced) {
        (Effect::Block, _) => Mark::Blocked,
        (Effect::Allow, false) => Mark::Free,
        (Effect::Allow, true) => {
            let limits = words::limits(&cell.limits);
            if limits.is_empty() { Mark::Allowed } else { Mark::Limited(limits) }
        }
    }
}

impl<'p> Fold<'p> {
    pub(super) fn new(names: &'p Names<'p>, context: &'p PictureContext, kind: PanelKind) -> Self {
        let cells = context.cells.iter();
        let cells = cells.map(|one| ((one.channel, one.source, one.target), mark(&one.cell)));
        Self::of_cells(names, &context.classes, kind, cells.collect())
    }

    fn of_changes(names: &'p Names<'p>, context: &'p ChangeContext, kind: PanelKind) -> Self {
        let mark = |one: &ChangePictureCell| {
            let change = one.change.as_ref().and_then(change);
            change.map_or(Mark::Unchanged, Mark::Changed)
        };
        let cells = context.cells.iter();
        let cells = cells.map(|one| ((one.channel, one.source, one.target), mark(one)));
        let found = Self::of_cells(names, &context.classes, kind, cells.collect());
        Self { is_change: true, ..found }
    }

    /// What a report-only policy would change. Its blocks are not those of the panel, so that rows name them.
    fn of_would_be(names: &'p Names<'p>, would_be: &'p WouldBe, kind: PanelKind) -> Self {
        let some = if would_be.whole { "" } else { " for some of them" };
        let mark = |one: &WouldBeCell| match (&one.decided, &one.would_be) {
            (Some(decided), Some(would_be)) => Mark::Reported(Reported {
                decided: Box::new(mark(decided)),
                would_be: format!("{}{some}", mark(would_be).verdict()),
                is_blocked: mark(would_be) == Mark::Blocked,
            }),
            _ => Mark::Unchanged,
        };
        let cells = would_be.cells.iter();
        let cells = cells.map(|one| ((one.channel, one.source, one.target), mark(one)));
        let found = Self::of_cells(names, &would_be.classes, kind, cells.collect());
        Self { names_sources: true, ..found }
    }

    /// Adds the rows to a panel of the same context.
    fn add_to(&self, panel: &mut Panel) {
        let Some(mut blocks) = self.blocks() else { return };
        blocks.join_down_to(MOST_BLOCKS);
        let mut stations = self.stations(&blocks, false);
        if stations.iter().map(|station| station.rows.len()).sum::<usize>() > MOST_REPORTED {
            stations = self.stations(&blocks, true);
        }
        for StationCard { station, rows, .. } in
            stations.into_iter().filter(|one| !one.rows.is_empty())
        {
            let Some(card) = panel.card_of(station, || self.empty_card(station)) else { continue };
            let new = rows.into_iter().filter(|row| !card.rows.contains(row));
            let new: Vec<Row> = new.collect();
            card.rows.extend(new);
        }
    }

    fn of_cells(
        names: &'p Names<'p>,
        classes: &'p [PictureClass],
        kind: PanelKind,
        cells: HashMap<(Channel, usize, usize), Mark>,
    ) -> Self {
        let own = match kind {
            PanelKind::Work | PanelKind::Free => Station::CompanyApps,
            PanelKind::Personal => Station::OtherAccounts,
        };
        let subjects = classes.iter().enumerate().filter(|(_, class)| class.station == own);
        let subjects = subjects.map(|(at, _)| at).collect();
        Self { names, classes, kind, cells, is_change: false, names_sources: false, subjects }
    }

    /// The panel with its rows; `None` where there are none.
    fn panel(&self, title: String, subtitle: String) -> Option<Panel> {
        let mut blocks = self.blocks()?;
        let mut most = MOST_BLOCKS;
        let mut note = None;
        let mut stations = loop {
            blocks.join_down_to(most);
            let stations = self.stations(&blocks, false);
            let rows: usize = stations.iter().map(|station| station.rows.len()).sum();
            if rows <= MOST_ROWS {
                break stations;
            }
            if most == 1 {
                note = Some(format!(
                    "{rows} rows, joined: each opening is shown with all channels and receivers of its kind. A scope \
                     with one channel draws them one by one."
                ));
                break self.stations(&blocks, true);
            }
            most -= 1;
        };
        if stations.iter().all(|station| station.rows.is_empty()) {
            return None;
        }
        stations.retain(|card| !card.rows.is_empty() || self.is_change && self.has(card.station));
        let (kind, card) = (self.kind, self.card(&blocks));
        Some(Panel { kind, title, subtitle, card, stations, note })
    }

    fn has(&self, station: Station) -> bool {
        self.classes.iter().any(|class| class.station == station)
    }

    pub(super) fn cell(
        &self,
        (direction, channel, receiver): Column,
        source: usize,
    ) -> Option<&Mark> {
        let key = match direction {
            Direction::In => (channel, receiver, source),
            Direction::Out | Direction::Both => (channel, source, receiver),
        };
        self.cells.get(&key)
    }

    pub(super) fn station_classes(&self, station: Station) -> Vec<usize> {
        let classes = self.classes.iter().enumerate();
        classes.filter(|(_, class)| class.station == station).map(|(at, _)| at).collect()
    }

    pub(super) fn members(&self, classes: &[usize]) -> Vec<&'p PictureMember> {
        let classes = classes.iter().map(|at| &self.classes[*at]);
        classes.flat_map(|class: &'p PictureClass| &class.members).collect()
    }

    /// The channels of a direction at a station. What comes in is shown where it can be refused.
    fn channels(&self, station: Station, direction: Direction) -> Vec<Channel> {
        let is_own = station == Station::CompanyApps
            || self.kind == PanelKind::Personal && station == Station::OtherAccounts;
        let fits = |channel: &Channel| match direction {
            Direction::In => channel.judged_at(Side::Target) && !is_own,
            Direction::Out | Direction::Both => true,
        };
        Channel::ALL.iter().copied().filter(fits).collect()
    }

    /// Every class of sources in blocks of those that are decided alike; `None` where there are no movements.
    fn blocks(&self) -> Option<Blocks> {
        let mut columns: Vec<Column> = Vec::new();
        for station in Station::ALL {
            for direction in [Direction::Out, Direction::In] {
                for channel in self.channels(*station, direction) {
                    let receivers = self.station_classes(*station).into_iter();
                    columns.extend(receivers.map(|receiver| (direction, channel, receiver)));
                }
            }
        }
        columns.retain(|column| self.subjects.iter().any(|one| self.cell(*column, *one).is_some()));
        let numbers = BTreeMap::from([(BTreeSet::new(), 0)]);
        let sets = MarkSets { list: vec![BTreeSet::new()], numbers };
        let mut blocks = Blocks { columns: HashMap::new(), sets, list: Vec::new() };
        for source in &self.subjects {
            let state = |column: &Column| {
                let marks = self.cell(*column, *source).cloned().into_iter().collect();
                blocks.sets.number(marks)
            };
            let states: Vec<usize> = columns.iter().map(state).collect();
            if states.iter().any(|state| *state != 0) {
                blocks.push(Block { classes: vec![*source], states });
            }
        }
        blocks.columns = columns.into_iter().zip(0..).collect();
        (!blocks.list.is_empty()).then_some(blocks)
    }

    // ------------------------------------------------------------ rows

    fn stations(&self, blocks: &Blocks, join_openings: bool) -> Vec<StationCard> {
        let card = |station: &Station| {
            let receivers = self.station_classes(*station);
            let members = self.members(&receivers);
            let items = self.names.items(&members, &members);
            let mut rows = self.rows(blocks, *station, join_openings);
            self.give_examples(*station, &items, &mut rows);
            let all_else = self.is_change && !rows.is_empty();
            let card = self.card_of(*station, &items);
            let note = if all_else { Some("all else unchanged") } else { card.note };
            StationCard { rows, note, ..card }
        };
        Station::ALL.iter().map(card).collect()
    }

    /// The card of a station without rows.
    pub(super) fn empty_card(&self, station: Station) -> StationCard {
        let members = self.members(&self.station_classes(station));
        self.card_of(station, &self.names.items(&members, &members))
    }

    fn card_of(&self, station: Station, items: &[Item<'_>]) -> StationCard {
        let noun = match station {
            Station::Device => "place",
            Station::CompanyStorage | Station::PersonalStorage => "storage",
            _ => "app",
        };
        let (title, count) = (self.title(station), words::count(count(items), noun));
        let note = self.is_change.then_some("unchanged");
        StationCard { station, title, count, rows: Vec::new(), note }
    }

    fn title(&self, station: Station) -> &'static str {
        match (station, self.kind) {
            (Station::CompanyApps, PanelKind::Work) => "Protected apps",
            (Station::CompanyApps, PanelKind::Personal) => "Work accounts",
            (Station::CompanyApps, PanelKind::Free) => "Company apps",
            (Station::CompanyStorage, _) => "Company storage",
            (Station::OtherAccounts, _) => "Same apps, other accounts",
            (Station::OtherApps, _) => "Other apps",
            (Station::PersonalStorage, _) => "Personal storage",
            (Station::Device, _) => "This device",
        }
    }

    fn rows(&self, blocks: &Blocks, station: Station, join_openings: bool) -> Vec<Row> {
        let mut out = self.rows_of(blocks, station, Direction::Out, join_openings);
        let mut back = self.rows_of(blocks, station, Direction::In, join_openings);
        let is_free = |rows: &[Row]| {
            matches!(rows, [Row { mark: Mark::Free, sources: RowSources::All, is_general, .. }]
                if *is_general || station == Station::Device)
        };
        if is_free(&out) && is_free(&back) {
            for (one, other) in out.iter_mut().zip(&back) {
                one.direction = Direction::Both;
                one.channels.extend(&other.channels);
                one.channels.sort_unstable();
                one.channels.dedup();
            }
            back.clear();
        }
        out.extend(back);
        out
    }

    fn rows_of(
        &self,
        blocks: &Blocks,
        station: Station,
        direction: Direction,
        join_openings: bool,
    ) -> Vec<Row> {
        let receivers = self.station_classes(station);
        let mut channels = self.channels(station, direction);
        if station == Station::OtherAccounts && direction == Direction::Out {
            channels.retain(|channel| !self.is_like_other_apps(blocks, *channel));
        }
        let mut openings: Vec<Opening> = Vec::new();
        let mut cut: Vec<Channel> = Vec::new();
        let mut cut_receivers: BTreeSet<usize> = BTreeSet::new();
        for channel in channels {
            let columns: Vec<Column> =
                receivers.iter().map(|to| (direction, channel, *to)).collect();
            for opening in self.openings(blocks, &columns) {
                add(&mut openings, opening, station);
            }
            let has_cut = |column: &&Column| {
                (0..blocks.list.len()).any(|at| blocks.marks(at, **column).contains(&Mark::Blocked))
            };
            let of_channel: Vec<usize> = columns.iter().filter(has_cut).map(|one| one.2).collect();
            if !of_channel.is_empty() {
                cut.push(channel);
                cut_receivers.extend(of_channel);
            }
        }
        if join_openings {
            openings = joined(openings);
        }
        openings.sort_by_key(|one| (!one.is_whole, one.mark.clone(), one.channels.clone()));
        let row = |one: &Opening| self.row(blocks, station, direction, one);
        let mut rows: Vec<Row> = openings.iter().map(row).collect();
        if !cut.is_empty() {
            let is_rest =
                openings.iter().any(|one| one.channels.iter().any(|channel| cut.contains(channel)));
            let receivers: Vec<usize> = cut_receivers.into_iter().collect();
            rows.push(self.cut_row(station, direction, cut, (&receivers, is_rest)));
        }
        rows
    }

    /// Whether a channel to all other accounts is decided as that to all other apps, for each block.
    fn is_like_other_apps(&self, blocks: &Blocks, channel: Channel) -> bool {
        let others = self.station_classes(Station::OtherApps);
        let own = self.station_classes(Station::OtherAccounts);
        let marks = |block: usize, receivers: &[usize]| -> BTreeSet<Mark> {
            let columns = receivers.iter().map(|to| (Direction::Out, channel, *to));
            columns.flat_map(|column| blocks.marks(block, column).iter().cloned()).collect()
        };
        LIKE_OTHER_APPS.contains(&channel)
            && !others.is_empty()
            && (0..blocks.list.len()).all(|at| {
                let (own, others) = (marks(at, &own), marks(at, &others));
                own.len() <= 1 && own == others
            })
    }

    /// The openings of one channel: receivers that the same blocks reach are together. Where no data can move, a
    /// receiver goes with any.
    fn openings(&self, blocks: &Blocks, columns: &[Column]) -> Vec<Opening> {
        let count = blocks.list.len();
        let all: Vec<&Column> = columns
            .iter()
            .filter(|column| (0..count).any(|at| !blocks.marks(at, **column).is_empty()))
            .collect();
        let marks: BTreeSet<&Mark> = all
            .iter()
            .flat_map(|column| (0..count).flat_map(|at| blocks.marks(at, **column)))
            .collect();
        let mut found = Vec::new();
        for mark in marks.into_iter().filter(|mark| !mark.is_summed_up()) {
            // Blocks that reach the receivers, and blocks that do or have no movement there.
            let mut groups: Vec<(Vec<bool>, Vec<bool>, Vec<usize>)> = Vec::new();
            for column in &all {
                let marks = |at: usize| blocks.marks(at, **column);
                let yes: Vec<bool> = (0..count).map(|at| marks(at).contains(mark)).collect();
                let may: Vec<bool> = (0..count).map(|at| yes[at] || marks(at).is_empty()).collect();
                if !yes.contains(&true) {
                    continue;
                }
                let within = |a: &[bool], b: &[bool]| a.iter().zip(b).all(|(a, b)| !a || *b);
                let fits = |(known, known_may, _): &&mut (Vec<bool>, Vec<bool>, Vec<usize>)| {
                    within(known, &may) && within(&yes, known_may)
                };
                match groups.iter_mut().find(fits) {
                    Some((known, known_may, receivers)) => {
                        known.iter_mut().zip(&yes).for_each(|(a, b)| *a |= b);
                        known_may.iter_mut().zip(&may).for_each(|(a, b)| *a &= b);
                        receivers.push(column.2);
                    }
                    None => groups.push((yes, may, vec![column.2])),
                }
            }
            found.extend(groups.into_iter().map(|(yes, may, receivers)| Opening {
                mark: mark.clone(),
                channels: columns.iter().take(1).map(|column| column.1).collect(),
                blocks: if may.contains(&false) { yes } else { may },
                is_whole: receivers.len() == all.len(),
                receivers,
            }));
        }
        found
    }

    fn row(&self, blocks: &Blocks, station: Station, direction: Direction, one: &Opening) -> Row {
        let some_of = self.some_of(blocks, direction, one);
        let sources = self.sources(blocks, one, some_of);
        let (receivers, is_general) = match one.is_whole && station != Station::Device {
            true => (Fitted::plain("all"), true),
            false => (self.receivers(station, &one.receivers), false),
        };
        let (mark, channels) = (one.mark.clone(), one.channels.clone());
        Row { direction, mark, channels, sources, some_of, receivers, is_general, trace: None }
    }

    fn cut_row(
        &self,
        station: Station,
        direction: Direction,
        channels: Vec<Channel>,
        (receivers, is_rest): (&[usize], bool),
    ) -> Row {
        let receivers = match (is_rest, station) {
            (true, _) => Fitted::plain("everything else"),
            (false, Station::Device) => self.receivers(station, receivers),
            (false, _) => Fitted::plain("all"),
        };
        let is_general = is_rest || station != Station::Device;
        let (mark, sources) = (Mark::Blocked, RowSources::All);
        let some_of = None;
        Row { direction, mark, channels, sources, some_of, receivers, is_general, trace: None }
    }

    /// The blocks of a row. A row without a word about them is about all.
    fn sources(
        &self,
        blocks: &Blocks,
        one: &Opening,
        some_of: Option<(usize, usize)>,
    ) -> RowSources {
        if !one.blocks.contains(&false) {
            return RowSources::All;
        }
        if blocks.list.len() > MOST_NAMED && !self.names_sources {
            return RowSources::Letters(one.blocks.clone());
        }
        let of = blocks.list.iter().zip(&one.blocks).filter(|(_, is_in)| **is_in);
        let classes: Vec<usize> = of.flat_map(|(block, _)| block.classes.clone()).collect();
        let items = self.items(&classes, &self.subjects);
        let mut taken = width(&words::channels(&one.channels), BOLD) + width(" from ", TEXT);
        let details = one.mark.details();
        if !details.is_empty() {
            taken += width(&format!("+ {details} "), BOLD);
        }
        if let Some((part, all)) = some_of {
            taken += width(&format!(" {part} of {all}:"), TEXT);
        }
        RowSources::Named(self.names.list(&items, TEXT, LABEL_WIDTH.saturating_sub(taken).max(48)))
    }

    /// The number of apps of the blocks that have some part of an opening or no movement there, and of all; `None`
    /// where these are equal.
    fn some_of(
        &self,
        blocks: &Blocks,
        direction: Direction,
        one: &Opening,
    ) -> Option<(usize, usize)> {
        let (mut all, mut open) = (BTreeSet::new(), BTreeSet::new());
        for (block, _) in blocks.list.iter().zip(&one.blocks).filter(|(_, is_in)| **is_in) {
            for class in &block.classes {
                let mut cells = one.channels.iter().flat_map(|channel| {
                    one.receivers.iter().map(|to| self.cell((direction, *channel, *to), *class))
                });
                let has_it = cells.clone().any(|cell| cell.is_some_and(|it| *it == one.mark));
                let has_none = cells.all(|cell| cell.is_none());
                let members = self.members(&[*class]).into_iter();
                let names: Vec<&str> = members.map(|member| member.name.as_str()).collect();
                all.extend(names.iter().copied());
                if has_it || has_none {
                    open.extend(names);
                }
            }
        }
        (open.len() < all.len()).then_some((open.len(), all.len()))
    }

    // ------------------------------------------------------------ names

    pub(super) fn items(&self, classes: &[usize], all: &[usize]) -> Vec<Item<'p>> {
        self.names.items(&self.members(classes), &self.members(all))
    }

    /// The names of some receivers of a station.
    pub(super) fn receivers(&self, station: Station, receivers: &[usize]) -> Fitted {
        let all = self.station_classes(station);
        let mut items = self.items(receivers, &all);
        let rest: Vec<usize> = all.iter().copied().filter(|one| !receivers.contains(one)).collect();
        let rest = self.items(&rest, &all);
        self.names.among(&mut items, &rest, CARD_WIDTH)
    }

    /// The first row of a card that is about all of them has examples.
    fn give_examples(&self, station: Station, items: &[Item<'p>], rows: &mut [Row]) {
        let is_all = |row: &&mut Row| row.receivers.text == "all";
        let own = station == Station::CompanyApps;
        let Some(row) = rows.iter_mut().find(is_all).filter(|_| !own) else { return };
        if station == Station::OtherAccounts {
            row.receivers = Fitted::plain("all: personal, other organisations");
            return;
        }
        let classes = self.station_classes(station).into_iter().filter(|class| {
            let columns = row.channels.iter().map(|channel| (row.direction, *channel, *class));
            let mut cells =
                columns.flat_map(|at| self.subjects.iter().map(move |one| self.cell(at, *one)));
            cells.any(|cell| cell.is_some())
        });
        let members = self.members(&classes.collect::<Vec<_>>());
        let names: BTreeSet<&str> = members.iter().map(|one| one.name.as_str()).collect();
        let named = items.iter().filter(|one| !one.unlisted && names.contains(one.name));
        let named: Vec<Item<'p>> = named.cloned().collect();
        if !named.is_empty() {
            let examples = self.names.list(&named, TEXT, CARD_WIDTH - width("all: ", TEXT));
            row.receivers = Fitted {
                text: format!("all: {}", examples.text),
                full: format!("all: {}", examples.full),
            };
        }
    }

    fn card(&self, blocks: &Blocks) -> SourceCard {
        let title = match self.kind {
            PanelKind::Work => "Protected apps",
            PanelKind::Personal => "The same apps",
            PanelKind::Free => "Company apps",
        };
        let all = self.items(&self.subjects, &self.subjects);
        let block = |block: &Block| {
            let items = self.items(&block.classes, &self.subjects);
            let heading = match items.len() <= MOST_NAMES {
                true => self.names.group_of(&items).map(str::to_owned),
                false => None,
            };
            let names = self.names.parts(&items, MOST_NAMES);
            SourceBlock { heading, names, count: count(&items) }
        };
        let count = count(&all);
        SourceCard { title, count, blocks: blocks.list.iter().map(block).collect() }
    }
}

/// Adds an opening; channels with the same blocks and receivers share one. On the device each channel has places of
/// its own.
fn add(openings: &mut Vec<Opening>, one: Opening, station: Station) {
    let is_like = |known: &&mut Opening| {
        known.mark == one.mark
            && known.blocks == one.blocks
            && known.is_whole == one.is_whole
            && (one.is_whole || known.receivers == one.receivers)
    };
    match openings.iter_mut().find(is_like) {
        Some(known) => {
            known.channels.extend(one.channels);
            if station == Station::Device || one.is_whole {
                let new = one.receivers.iter().filter(|at| !known.receivers.contains(at));
                let new: Vec<usize> = new.copied().collect();
                known.receivers.extend(new);
            }
        }
        None => openings.push(one),
    }
}

/// One opening for each decision.
fn joined(openings: Vec<Opening>) -> Vec<Opening> {
    let mut found: Vec<Opening> = Vec::new();
    for one in openings {
        match found.iter_mut().find(|known| known.mark == one.mark) {
            Some(known) => {
                known.channels.extend(one.channels);
                known.channels.sort_unstable();
                known.channels.dedup();
                known.receivers.extend(one.receivers);
                known.receivers.sort_unstable();
                known.receivers.dedup();
                known.blocks.iter_mut().zip(one.blocks).for_each(|(a, b)| *a |= b);
                known.is_whole = false;
            }
            None => found.push(one),
        }
    }
    found
}
