//! The rows of panels as plain text for graph tools.
//!
//! Takes in panels, gives out text in the languages of Graphviz and Mermaid. Layout is the tool's.

use super::panel::{Direction, Mark, Panel, Row, StationCard};
use super::words;

/// A language of graphs. Each piece is a line, or some, with its indent.
trait Language {
    /// The first lines.
    const HEAD: &'static str;
    /// The last line of a panel.
    const END_OF_PANEL: &'static str;
    /// The last line.
    const END: &'static str;

    /// A text in quotes.
    fn quoted(text: &str) -> String;

    /// The first line of a panel.
    fn panel(number: usize, title: &str) -> String;

    /// A node of a panel.
    fn node(name: &str, text: &str) -> String;

    /// The line of a row, from the sources to the receivers.
    fn row(row: &Row, sources: &str, receivers: &str) -> String;

    /// A text beside the panels.
    fn other(number: usize, text: &str) -> String;
}

struct Dot;
struct Mermaid;

impl Language for Dot {
    const HEAD: &'static str = "digraph movements {\n  rankdir=LR\n  node [shape=box]\n";
    const END_OF_PANEL: &'static str = "  }\n";
    const END: &'static str = "}\n";

    fn quoted(text: &str) -> String {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }

    fn panel(number: usize, title: &str) -> String {
        format!("  subgraph cluster_{number} {{\n    label={}\n", Self::quoted(title))
    }

    fn node(name: &str, text: &str) -> String {
        format!("    {name} [label={}]\n", Self::quoted(text))
    }

    fn row(row: &Row, sources: &str, receivers: &str) -> String {
        let (from, to, both) = match row.direction {
            Direction::Out => (sources, receivers, ""),
            Direction::In => (receivers, sources, ""),
            Direction::Both => (sources, receivers, " dir=both"),
        };
        let shape = match &row.mark {
            Mark::Free | Mark::Unchanged => " style=dashed arrowhead=vee",
            mark if mark.stops() => " arrowhead=tee",
            mark if mark.is_limited() => " style=bold",
            _ => "",
        };
        let label = Self::quoted(&label(row));
        format!("    {from} -> {to} [label={label}{shape}{both}]\n")
    }

    fn other(number: usize, text: &str) -> String {
        format!("  other{number} [shape=plaintext label={}]\n", Self::quoted(text))
    }
}

impl Language for Mermaid {
    const HEAD: &'static str = "flowchart LR\n";
    const END_OF_PANEL: &'static str = "  end\n";
    const END: &'static str = "";

    fn quoted(text: &str) -> String {
        let mut found = String::from("\"");
        for character in text.chars() {
            match character {
                // What the language or a page around it could take for markup.
                '"' | '<' | '>' | '&' | '#' | ';' | '`' | '\\' | '\'' => {
                    found.push_str(&format!("#{};", character as u32));
                }
                one => found.push(one),
            }
        }
        found.push('"');
        found
    }

    fn panel(number: usize, title: &str) -> String {
        format!("  subgraph s{number}[{}]\n", Self::quoted(title))
    }

    fn node(name: &str, text: &str) -> String {
        format!("    {name}[{}]\n", Self::quoted(text))
    }

    fn row(row: &Row, sources: &str, receivers: &str) -> String {
        let (from, to) = match row.direction {
            Direction::Out | Direction::Both => (sources, receivers),
            Direction::In => (receivers, sources),
        };
        let line = match (&row.mark, row.direction) {
            (Mark::Free, Direction::Both) => "<-.->",
            (_, Direction::Both) => "<-->",
            (Mark::Free, _) => "-.->",
            (mark, _) if mark.stops() => "--x",
            (mark, _) if mark.is_limited() => "==>",
            _ => "-->",
        };
        format!("    {from} {line}|{}| {to}\n", Self::quoted(&label(row)))
    }

    fn other(number: usize, text: &str) -> String {
        format!("  other{number}[{}]\n", Self::quoted(text))
    }
}

/// The label of a row's line.
fn label(row: &Row) -> String {
    let channels = words::channels(&row.channels);
    let from = row.some_sources().map(|some| format!(" from {some}")).unwrap_or_default();
    match row.mark {
        Mark::Allowed => format!("{channels}{from}"),
        _ => format!("{channels}{from}: {}", row.mark.verdict()),
    }
}

/// The names of the sources, block by block.
fn sources(panel: &Panel) -> String {
    format!("{} ({}): {}", panel.card.title, panel.card.count, panel.card.texts().join("; "))
}

fn receiver(card: &StationCard, row: &Row) -> String {
    format!("{}: {}", card.title, row.receivers.full)
}

/// The rows of a panel with the stations that they are at.
fn rows(panel: &Panel) -> impl Iterator<Item = (&StationCard, &Row)> {
    panel.stations.iter().flat_map(|card| card.rows.iter().map(move |row| (card, row)))
}

pub(super) fn dot(panels: &[Panel], others: &[String]) -> String {
    written::<Dot>(panels, others)
}

pub(super) fn mermaid(panels: &[Panel], others: &[String]) -> String {
    written::<Mermaid>(panels, others)
}

fn written<L: Language>(panels: &[Panel], others: &[String]) -> String {
    let mut text = String::from(L::HEAD);
    for (number, panel) in panels.iter().enumerate() {
        text.push_str(&L::panel(number, &format!("{} ({})", panel.title, panel.subtitle)));
        let own = format!("p{number}");
        text.push_str(&L::node(&own, &sources(panel)));
        for (at, (card, row)) in rows(panel).enumerate() {
            let other = format!("p{number}r{at}");
            text.push_str(&L::node(&other, &receiver(card, row)));
            text.push_str(&L::row(row, &own, &other));
        }
        text.push_str(L::END_OF_PANEL);
    }
    for (at, other) in others.iter().enumerate() {
        text.push_str(&L::other(at, other));
    }
    text.push_str(L::END);
    text
}
