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

/// The card of the sources.
#[derive(Debug, Clone)]
pub(super) struct SourceCard {
    pub(super) title: &'static str,
    pub(super) count: usize,
    pub(super) blocks: Vec<SourceBlock>,
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
    Blocked,
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
#[derive(Debug, Clone)]
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
}

impl Mark {
    /// The decision in words.
    pub(super) fn verdict(&self) -> String {
        match self {
            Self::Allowed => "allowed".to_owned(),
            Self::Limited(limits) => format!("allowed {limits}"),
            Self::Free => "not enforced".to_owned(),
            Self::Blocked => "blocked".to_owned(),
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
