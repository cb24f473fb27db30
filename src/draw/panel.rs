//! Panels: what is drawn of one context.
//!
//! Plain data that `fold` makes and `layout` and `graph` write.

use super::names::Fitted;
use super::words;
use crate::analysis::Station;
use crate::vocabulary::Channel;

/// The sources of a panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PanelKind {
    /// Apps that a policy protects.
    Work,
    /// Other accounts in such apps.
    Personal,
    /// Apps of the company where no policy applies.
    Free,
}

/// One context.
#[derive(Debug, Clone)]
pub(super) struct Panel {
    pub(super) kind: PanelKind,
    pub(super) title: String,
    pub(super) subtitle: String,
    pub(super) card: SourceCard,
    /// The stations that have rows, in order.
    pub(super) stations: Vec<StationCard>,
    /// A sentence about rows that are joined.
    pub(super) note: Option<String>,
}

impl Panel {
    /// The card of a station, in the order of stations; a new one if there is none.
    pub(super) fn card_of(
        &mut self,
        station: Station,
        new: impl FnOnce() -> StationCard,
    ) -> Option<&mut StationCard> {
        let known = self.stations.iter().position(|card| card.station >= station);
        let at = known.unwrap_or(self.stations.len());
        if self.stations.get(at).is_none_or(|card| card.station != station) {
            self.stations.insert(at, new());
        }
        self.stations.get_mut(at)
    }

    /// Whether a leak runs in it.
    pub(super) fn has_leak(&self) -> bool {
        let mut rows = self.stations.iter().flat_map(|card| &card.rows);
        rows.any(|row| row.trace.is_some())
    }
}

/// The card of the sources.
#[derive(Debug, Clone)]
pub(super) struct SourceCard {
    pub(super) title: &'static str,
    pub(super) count: usize,
    pub(super) blocks: Vec<SourceBlock>,
}

impl SourceCard {
    /// Whether rows name its blocks by letters.
    pub(super) fn has_letters(&self) -> bool {
        self.blocks.len() > 2
    }

    /// The names of each block, behind its letter if it has one.
    pub(super) fn texts(&self) -> Vec<String> {
        let text = |(block, letter): (&SourceBlock, char)| {
            let names: Vec<&str> = block.names.iter().map(|(name, _)| name.as_str()).collect();
            let names = names.join(", ");
            if self.has_letters() { format!("{letter}: {names}") } else { names }
        };
        self.blocks.iter().zip('A'..).map(text).collect()
    }

    /// A sentence for each block.
    pub(super) fn sentences(&self) -> Vec<String> {
        let noun = if self.has_letters() { "Block" } else { "Sources:" };
        self.texts().into_iter().map(|text| format!("{noun} {text}.")).collect()
    }
}

/// Sources that are decided alike.
#[derive(Debug, Clone)]
pub(super) struct SourceBlock {
    /// The group that it is.
    pub(super) heading: Option<String>,
    /// Names of apps and groups, each with the number of apps that it stands for.
    pub(super) names: Vec<(String, usize)>,
    pub(super) count: usize,
}

/// The card of a station.
#[derive(Debug, Clone)]
pub(super) struct StationCard {
    pub(super) station: Station,
    pub(super) title: &'static str,
    pub(super) count: String,
    pub(super) rows: Vec<Row>,
    /// A line below the rows.
    pub(super) note: Option<&'static str>,
}

/// The heads of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Direction {
    Out,
    In,
    Both,
}

/// The decision of a row, in the order of rows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    Allowed,
    /// Allowed with limits.
    Limited(String),
    /// Allowed, and no policy applies.
    Free,
    /// Decided in another way than before.
    Changed(Change),
    /// Decided so, while a report-only policy would decide in another way.
    Reported(Reported),
    /// Decided as before. No row is about it.
    Unchanged,
    Blocked,
}

/// A decision that a report-only policy would change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reported {
    pub(super) decided: Box<Mark>,
    /// The decision if it were live, in words.
    pub(super) would_be: String,
    /// Whether that would be a block.
    pub(super) is_blocked: bool,
}

/// A changed decision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Change {
    pub(super) kind: ChangeMark,
    /// The limits now, or that no policy applies now; empty where it is plainly allowed or blocked.
    pub(super) now: String,
    /// The decision before.
    pub(super) was: String,
    /// Whether it is allowed with limits now.
    pub(super) is_limited: bool,
}

/// What became of a movement, in the order of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ChangeMark {
    /// It was blocked, and passes now.
    Opened,
    /// It passes with milder limits.
    Looser,
    /// One limit is milder, another stricter.
    Limits,
    /// It passes with stricter limits.
    Tighter,
    /// It is blocked now.
    Closed,
}

impl ChangeMark {
    /// The sign before its channels.
    pub(super) const fn sign(self) -> &'static str {
        match self {
            Self::Opened | Self::Looser => "+",
            Self::Limits => "±",
            Self::Tighter | Self::Closed => "−",
        }
    }

    /// The word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Looser => "looser",
            Self::Limits => "one limit looser, another tighter",
            Self::Tighter => "tighter",
            Self::Closed => "closed",
        }
    }
}

/// The blocks of sources that a row is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RowSources {
    All,
    /// Blocks by name.
    Named(Fitted),
    /// By block: whether the row is about it.
    Letters(Vec<bool>),
}

/// Movements that are decided alike, on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) direction: Direction,
    pub(super) mark: Mark,
    pub(super) channels: Vec<Channel>,
    pub(super) sources: RowSources,
    /// How many of the sources have the opening, where it is not all of them.
    pub(super) some_of: Option<(usize, usize)>,
    pub(super) receivers: Fitted,
    /// Whether the text of the receivers names nobody.
    pub(super) is_general: bool,
    /// The movement of a leak that it is.
    pub(super) trace: Option<Trace>,
}

/// A movement of a leak as a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Trace {
    /// The number of the movement; `None` where the leak only starts.
    pub(super) number: Option<usize>,
    /// The node that the receivers are, counted from the start of the leak.
    pub(super) node: usize,
    /// Whether it is a line from or to the sources. Otherwise it is outside, and runs in the gutter.
    pub(super) is_line: bool,
}

impl Mark {
    /// The decision in words.
    pub(super) fn verdict(&self) -> String {
        match self {
            Self::Allowed => "allowed".to_owned(),
            Self::Limited(limits) => format!("allowed {limits}"),
            Self::Free => "not enforced".to_owned(),
            Self::Blocked => "blocked".to_owned(),
            Self::Unchanged => "unchanged".to_owned(),
            Self::Reported(one) => {
                format!("{}; report only: would be {}", one.decided.verdict(), one.would_be)
            }
            Self::Changed(change) => {
                let now = match (change.kind, change.now.as_str()) {
                    (ChangeMark::Closed, _) => "blocked".to_owned(),
                    (_, "") => "allowed".to_owned(),
                    (_, now) if change.is_limited => format!("allowed {now}"),
                    (_, now) => now.to_owned(),
                };
                format!("{}: {now}, was {}", change.kind.word(), change.was)
            }
        }
    }

    /// What stands behind the channels: limits, and what was before.
    pub(super) fn details(&self) -> String {
        match self {
            Self::Limited(limits) => limits.clone(),
            Self::Changed(change) if change.now.is_empty() => format!("(was {})", change.was),
            Self::Changed(change) => format!("{} (was {})", change.now, change.was),
            Self::Reported(one) => {
                let details = one.decided.details();
                let details = if details.is_empty() { details } else { details + " " };
                format!("{details}(report only: would be {})", one.would_be)
            }
            Self::Allowed | Self::Free | Self::Unchanged | Self::Blocked => String::new(),
        }
    }

    /// The sign before the channels, with a blank.
    pub(super) fn sign(&self) -> String {
        match self {
            Self::Changed(change) => format!("{} ", change.kind.sign()),
            _ => String::new(),
        }
    }

    /// Whether the line ends at the wall.
    pub(super) fn stops(&self) -> bool {
        match self {
            Self::Blocked => true,
            Self::Changed(change) => change.kind == ChangeMark::Closed,
            Self::Reported(one) => one.decided.stops(),
            Self::Allowed | Self::Limited(_) | Self::Free | Self::Unchanged => false,
        }
    }

    /// Whether movements so decided have no row each.
    pub(super) fn is_summed_up(&self) -> bool {
        matches!(self, Self::Blocked | Self::Unchanged)
    }

    /// Whether posts stand in the gap.
    pub(super) fn is_limited(&self) -> bool {
        match self {
            Self::Limited(_) => true,
            Self::Changed(change) => change.is_limited,
            Self::Reported(one) => one.decided.is_limited(),
            Self::Allowed | Self::Free | Self::Unchanged | Self::Blocked => false,
        }
    }

    /// The colour: a class of lines behind `l-`, of shapes and texts behind `f-`.
    pub(super) fn colour(&self) -> &'static str {
        match self {
            Self::Allowed => "allow",
            Self::Limited(_) => "limit",
            Self::Free | Self::Unchanged => "free",
            Self::Blocked => "block",
            Self::Reported(one) => one.decided.colour(),
            Self::Changed(change) => match change.kind {
                ChangeMark::Opened | ChangeMark::Looser => "open",
                ChangeMark::Limits => "limit",
                ChangeMark::Tighter | ChangeMark::Closed => "allow",
            },
        }
    }
}

impl Row {
    /// The sources, if they are not all of the panel.
    pub(super) fn some_sources(&self) -> Option<String> {
        let some = match &self.sources {
            RowSources::All => None,
            RowSources::Named(names) => Some(names.full.clone()),
            RowSources::Letters(blocks) => {
                let letters = blocks.iter().zip('A'..).filter(|(is_in, _)| **is_in);
                let letters: Vec<String> = letters.map(|(_, letter)| letter.to_string()).collect();
                Some(letters.join(", "))
            }
        };
        match (some, self.some_of) {
            (some, None) => some,
            (some, Some((part, all))) => {
                let whose = some.map(|some| format!(" ({some})")).unwrap_or_default();
                Some(format!("{part} of {all} apps{whose}"))
            }
        }
    }

    /// The row as a sentence.
    pub(super) fn sentence(&self, card: &SourceCard, station: &StationCard) -> String {
        let number = self.trace.as_ref().and_then(|trace| trace.number);
        let number = number.map(|number| format!("{number}. ")).unwrap_or_default();
        number + &self.unnumbered(card, station)
    }

    fn unnumbered(&self, card: &SourceCard, station: &StationCard) -> String {
        let channels = words::channels(&self.channels);
        let sources = self.some_sources().unwrap_or_else(|| card.title.to_lowercase());
        let receivers = format!("{} ({})", station.title.to_lowercase(), self.receivers.full);
        let verdict = self.mark.verdict();
        match self.direction {
            Direction::Out => format!("{channels}: from {sources} to {receivers} – {verdict}"),
            Direction::In => format!("{channels}: from {receivers} to {sources} – {verdict}"),
            Direction::Both => format!("{channels}: between {sources} and {receivers} – {verdict}"),
        }
    }
}
