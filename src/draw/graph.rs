//! The rows of panels as plain text for graph tools.
//!
//! Takes in panels, gives out text in the languages of Graphviz and Mermaid. Layout is the tool's.

use super::panel::{Direction, Mark, Panel, Row, StationCard};
use super::words;

/// A language of graphs.
trait Language {
    /// A text in quotes.
    fn quoted(text: &str) -> String;
}

struct Dot;
struct Mermaid;

impl Language for Dot {
    fn quoted(text: &str) -> String {
        format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    }
}

impl Language for Mermaid {
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
}

/// The label of a row's line.
fn label(row: &Row) -> String {
    let channels = words::channels(&row.channels);
    let from = row.some_sources().map(|some| format!(" from {some}")).unwrap_or_default();
    match row.mark {
        Mark::Allowed => format!("{channels}{from}"),
        _ => format!("{channels}{from}: {}", row.verdict()),
    }
}

/// The names of the sources, block by block.
fn sources(panel: &Panel) -> String {
    let is_one = panel.card.blocks.len() == 1;
    let block = |(block, letter): (&super::panel::SourceBlock, char)| {
        let names: Vec<&str> = block.names.iter().map(|(name, _)| name.as_str()).collect();
        let names = names.join(", ");
        if is_one { names } else { format!("{letter}: {names}") }
    };
    let blocks: Vec<String> = panel.card.blocks.iter().zip('A'..).map(block).collect();
    format!("{} ({}): {}", panel.card.title, panel.card.count, blocks.join("; "))
}

fn receiver(card: &StationCard, row: &Row) -> String {
    format!("{}: {}", card.title, row.receivers.full)
}

/// The rows of a panel with the stations that they are at.
fn rows(panel: &Panel) -> impl Iterator<Item = (&StationCard, &Row)> {
    panel.stations.iter().flat_map(|card| card.rows.iter().map(move |row| (card, row)))
}

pub(super) fn dot(panels: &[Panel], others: &[String]) -> String {
    let mut text = String::from("digraph movements {\n  rankdir=LR\n  node [shape=box]\n");
    for (number, panel) in panels.iter().enumerate() {
        let title = Dot::quoted(&format!("{} ({})", panel.title, panel.subtitle));
        text.push_str(&format!("  subgraph cluster_{number} {{\n    label={title}\n"));
        let own = format!("p{number}");
        text.push_str(&format!("    {own} [label={}]\n", Dot::quoted(&sources(panel))));
        for (at, (card, row)) in rows(panel).enumerate() {
            let other = format!("p{number}r{at}");
            let name = Dot::quoted(&receiver(card, row));
            text.push_str(&format!("    {other} [label={name}]\n"));
            let (from, to, both) = match row.direction {
                Direction::Out => (&own, &other, ""),
                Direction::In => (&other, &own, ""),
                Direction::Both => (&own, &other, " dir=both"),
            };
            let shape = match row.mark {
                Mark::Allowed => "",
                Mark::Limited(_) => " style=bold",
                Mark::Free => " style=dashed arrowhead=vee",
                Mark::Blocked => " arrowhead=tee",
            };
            let label = Dot::quoted(&label(row));
            text.push_str(&format!("    {from} -> {to} [label={label}{shape}{both}]\n"));
        }
        text.push_str("  }\n");
    }
    for (at, other) in others.iter().enumerate() {
        text.push_str(&format!("  other{at} [shape=plaintext label={}]\n", Dot::quoted(other)));
    }
    text.push_str("}\n");
    text
}

pub(super) fn mermaid(panels: &[Panel], others: &[String]) -> String {
    let mut text = String::from("flowchart LR\n");
    for (number, panel) in panels.iter().enumerate() {
        let title = Mermaid::quoted(&format!("{} ({})", panel.title, panel.subtitle));
        text.push_str(&format!("  subgraph s{number}[{title}]\n"));
        let own = format!("p{number}");
        text.push_str(&format!("    {own}[{}]\n", Mermaid::quoted(&sources(panel))));
        for (at, (card, row)) in rows(panel).enumerate() {
            let other = format!("p{number}r{at}");
            text.push_str(&format!("    {other}[{}]\n", Mermaid::quoted(&receiver(card, row))));
            let (from, to) = match row.direction {
                Direction::Out | Direction::Both => (&own, &other),
                Direction::In => (&other, &own),
            };
            let line = match (&row.mark, row.direction) {
                (Mark::Free, Direction::Both) => "<-.->",
                (_, Direction::Both) => "<-->",
                (Mark::Free, _) => "-.->",
                (Mark::Limited(_), _) => "==>",
                (Mark::Allowed, _) => "-->",
                (Mark::Blocked, _) => "--x",
            };
            let label = Mermaid::quoted(&label(row));
            text.push_str(&format!("    {from} {line}|{label}| {to}\n"));
        }
        text.push_str("  end\n");
    }
    for (at, other) in others.iter().enumerate() {
        text.push_str(&format!("  other{at}[{}]\n", Mermaid::quoted(other)));
    }
    text
}
