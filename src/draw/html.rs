//! Drawings as pages of HTML: the picture, and what it shows as text.
//!
//! Takes in drawings as SVG and their text, gives out a page that needs no other file. Rows of panels are a table each,
//! other text is a list.

use super::panel::{Direction, Panel, Row, StationCard};
use super::svg::escaped;
use super::{style, words};

/// The style of everything but the drawing.
const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:15px/1.5 Arial,'Liberation Sans',Helvetica,Roboto,sans-serif;margin:1rem auto;padding:0 1rem;max-width:62rem}
figure{margin:0 0 1rem;break-inside:avoid}svg{display:block;max-width:100%;height:auto}
h1,h2,li,caption,td{overflow-wrap:anywhere}h1,h2{break-after:avoid}
table{border-collapse:collapse;margin:.5rem 0 1.5rem;width:100%}tr{break-inside:avoid}
caption,th,td{text-align:left;vertical-align:top}caption{font-weight:600;padding:.5rem 0}
th,td{border-bottom:1px solid #8a94a0;padding:.25rem .75rem .25rem 0}th{white-space:nowrap}
@page{size:A4;margin:14mm 12mm}
@media print{body{font-size:10pt;max-width:none;margin:0;padding:0}svg{max-height:220mm;margin:0 auto}}
";

/// A page of drawings with their text. Elements share the style sheet of the page; a whole document has its own.
pub(super) fn page(title: &str, drawings: &[String], text: &str) -> String {
    let (title, sheet) = (escaped(title), style::sheet());
    let figures: String =
        drawings.iter().map(|one| format!("<figure>\n{one}</figure>\n")).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{title}</title>\n<style>\n{sheet}{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n\
         {figures}<h2>The same as text</h2>\n{text}</main>\n</body>\n</html>\n"
    )
}

/// The rows of panels, a table for each.
pub(super) fn tables(panels: &[Panel]) -> String {
    panels.iter().map(table).collect()
}

/// What has no panel, as a list.
pub(super) fn not_drawn(others: &[String]) -> String {
    match others.is_empty() {
        true => String::new(),
        false => format!("<p>Not drawn:</p>\n{}", list(others)),
    }
}

/// Sentences as a list.
pub(super) fn list(sentences: &[String]) -> String {
    let items = sentences.iter().map(|one| format!("<li>{}</li>\n", escaped(one)));
    format!("<ul>\n{}</ul>\n", items.collect::<String>())
}

fn table(panel: &Panel) -> String {
    let Panel { title, subtitle, card, stations, note, .. } = panel;
    let rows =
        stations.iter().flat_map(|station| station.rows.iter().map(move |one| (station, one)));
    let rows: String = rows.map(|(station, one)| row(panel, station, one)).collect();
    let blocks = if card.has_letters() { list(&card.texts()) } else { String::new() };
    let note = note.as_ref().map(|note| format!("<p>{}</p>\n", escaped(note))).unwrap_or_default();
    format!(
        "<table>\n<caption>{} ({})</caption>\n\
         <thead><tr><th scope=\"col\">Movements</th><th scope=\"col\">From</th><th scope=\"col\">To</th>\
         <th scope=\"col\">Decision</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n{blocks}{note}",
        escaped(title),
        escaped(subtitle)
    )
}

fn row(panel: &Panel, station: &StationCard, row: &Row) -> String {
    let card = &panel.card;
    let all = || match card.has_letters() {
        true => card.title.to_owned(),
        false => format!("{}: {}", card.title, card.texts().join(", ")),
    };
    let own = match row.some_sources() {
        Some(some) => format!("{}: {some}", card.title),
        None => all(),
    };
    let other = format!("{}: {}", station.title, row.receivers.full);
    let [from, to] = match row.direction {
        Direction::Out => [own, other],
        Direction::In => [other, own],
        Direction::Both => [format!("{own}, and back"), format!("{other}, and back")],
    };
    let cells = [words::channels(&row.channels), from, to, row.mark.verdict()];
    let cells = cells.iter().map(|one| format!("<td>{}</td>", escaped(one)));
    format!("<tr>{}</tr>\n", cells.collect::<String>())
}
