//! Rows against the cells that they come from, and text against the room that it has.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails where it stands")]

use super::metrics::{BOLD, NOTE, TEXT, TITLE, width};
use super::panel::{Direction, Mark, Row, Trace};
use super::*;
use crate::analysis::{Analysis, LEAKS, Path, PathOptions, Station, diff_picture};
use crate::compiler::Compiler;
use crate::decision::Effect;
use crate::vocabulary::{Channel, DeviceState, Side};

const CONTOSO: &str = include_str!("../../examples/contoso.mam");
const COMPANY: &str = include_str!("../../examples/figures/6-company.mam");
const BYOD: &str = include_str!("../../examples/figures/4-byod.mam");

fn picture(text: &str, scope: &str) -> Picture {
    let checked = Compiler::new().check("set.mam", text);
    assert!(!checked.has_errors(), "{}", checked.errors());
    let scope = checked.question(scope).unwrap();
    Analysis::new(&checked).unwrap().picture(&scope).unwrap()
}

/// Whether a panel has a row with a mark on a channel, in a direction at a station.
fn has_row(panel: &Panel, station: Station, at: (Direction, Channel), blocked: bool) -> bool {
    let cards = panel.stations.iter().filter(|card| card.station == station);
    let mut rows = cards.flat_map(|card| &card.rows);
    rows.any(|row| {
        (row.direction == at.0 || row.direction == Direction::Both)
            && row.channels.contains(&at.1)
            && (row.mark == Mark::Blocked) == blocked
    })
}

/// Whether what comes from a station on a channel is shown.
fn is_shown_in(station: Station, channel: Channel) -> bool {
    station != Station::CompanyApps && channel.judged_at(Side::Target)
}

/// Holds the rows of a panel against the cells of its context: what is open has an opening, what is blocked a cut.
fn hold(context: &PictureContext, panel: &Panel) -> usize {
    let mut held = 0;
    for cell in &context.cells {
        let [from, to] = [cell.source, cell.target].map(|at| context.classes[at].station);
        let blocked = cell.cell.effect == Effect::Block;
        let like_others = [Channel::Link, Channel::Call, Channel::Message, Channel::Type];
        if from == Station::CompanyApps {
            let may_be_left_out =
                to == Station::OtherAccounts && like_others.contains(&cell.channel);
            let at = (Direction::Out, cell.channel);
            assert!(may_be_left_out || has_row(panel, to, at, blocked), "{cell:?} to {to:?}");
            held += 1;
        } else if to == Station::CompanyApps && is_shown_in(from, cell.channel) {
            let at = (Direction::In, cell.channel);
            assert!(has_row(panel, from, at, blocked), "{cell:?} from {from:?}");
            held += 1;
        }
    }
    held
}

#[test]
fn every_cell_has_a_row() {
    let mut held = 0;
    for text in [CONTOSO, COMPANY, BYOD] {
        let picture = picture(text, "any");
        let names = Names::new(&picture);
        for context in picture.contexts.iter().filter(|one| !one.policies.is_empty()) {
            let panel = fold::panel(&names, context, PanelKind::Work).unwrap();
            held += hold(context, &panel);
        }
    }
    assert!(held > 1_000, "{held}");
}

#[test]
fn rows_name_the_sources_and_receivers_of_their_cells() {
    let picture = picture(CONTOSO, "any for staff except contractors on ios devices unmanaged");
    let names = Names::new(&picture);
    let panel = fold::panel(&names, &picture.contexts[0], PanelKind::Work).unwrap();
    let rows: Vec<String> = panel
        .stations
        .iter()
        .flat_map(|card| card.rows.iter().map(|row| row.sentence(&panel.card, card)))
        .collect();
    let expected = [
        "share, invoke, copy, type: from protected apps to protected apps (all) – allowed",
        "link: from protected apps to protected apps (Edge) – allowed",
        "save: from Contoso Field Notes, OneNote, Edge to company storage (SharePoint) – allowed",
        "type: from protected apps to other apps (all: Salesforce +57) – allowed",
        "copy: from protected apps to other apps (all) – allowed up to 50 characters",
        "invoke: from protected apps to other apps (Salesforce) – allowed",
        "open: from personal storage (The camera) to protected apps – allowed",
        "notify: from protected apps to this device (Notifications) – allowed without content",
    ];
    for sentence in expected {
        assert!(rows.iter().any(|row| row == sentence), "{sentence}\n{}", rows.join("\n"));
    }
}

// ---------------------------------------------------------------- room

/// A text on a drawing: its box in units.
#[derive(Debug)]
struct Text {
    left: u32,
    right: u32,
    top: u32,
    bottom: u32,
    text: String,
}

fn attribute<'a>(tag: &'a str, name: &str) -> &'a str {
    tag.split_once(&format!(" {name}=\"")).map_or("", |(_, rest)| rest.split('"').next().unwrap())
}

/// The type of a text with these classes, and its size.
fn type_of(classes: &str) -> (super::metrics::Type, u32) {
    let has = |class: &str| classes.split(' ').any(|one| one == class);
    match (has("h"), has("s") || has("k"), has("i"), has("b")) {
        (true, ..) => (TITLE, 17),
        (_, true, ..) if has("k") => (BOLD, 12),
        (_, true, ..) => (NOTE, 12),
        (_, _, true, _) => (NOTE, 11),
        (_, _, _, true) => (BOLD, 13),
        _ => (TEXT, 13),
    }
}

fn unescaped(text: &str) -> String {
    let known = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    known.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// Every text of a drawing.
fn texts(svg: &str) -> Vec<Text> {
    let mut found = Vec::new();
    for line in svg.lines().filter(|line| line.starts_with("<text ")) {
        let (tag, rest) = line.split_once('>').unwrap();
        let [x, y] = ["x", "y"].map(|name| attribute(tag, name).parse::<u32>().unwrap());
        let classes = attribute(tag, "class");
        let content = rest.strip_suffix("</text>").unwrap();
        let (mut text, mut wide, mut high) = (String::new(), 0, 0);
        for span in content.split("</tspan>").filter(|span| !span.is_empty()) {
            let (classes, span) = match span.strip_prefix("<tspan") {
                Some(span) => {
                    let (tag, span) = span.split_once('>').unwrap();
                    (attribute(tag, "class"), span)
                }
                None => (classes, span),
            };
            let (of, size) = type_of(classes);
            // The table has slack for other fonts; what is drawn by it is at most so wide.
            wide += width(&unescaped(span), of) * 94 / 100;
            high = high.max(size);
            text.push_str(&unescaped(span));
        }
        let has = |class: &str| classes.split(' ').any(|one| one == class);
        let left = match (has("e"), has("c")) {
            (true, _) => x - wide,
            (_, true) => x - wide / 2,
            _ => x,
        };
        found.push(Text { left, right: left + wide, top: y - high * 3 / 4, bottom: y + 2, text });
    }
    found
}

/// Holds every text to the drawing's edges and to those of the other texts.
fn fits(svg: &str) {
    let view: Vec<u32> =
        attribute(svg, "viewBox").split(' ').map(|one| one.parse().unwrap()).collect();
    let texts = texts(svg);
    assert!(!texts.is_empty());
    for (at, one) in texts.iter().enumerate() {
        assert!(one.right <= view[2] && one.bottom <= view[3], "{one:?} in {view:?}");
        for other in &texts[..at] {
            let apart = one.left >= other.right
                || other.left >= one.right
                || one.top >= other.bottom
                || other.top >= one.bottom;
            assert!(apart, "{one:?} over {other:?}");
        }
    }
    for row in svg.split("<g class=\"row").skip(1) {
        assert!(row.split_once('>').unwrap().1.starts_with("<title>"), "{row}");
    }
}

const MANAGED: &str = include_str!("../../examples/figures/3-intune-managed.mam");
const ELSEWHERE: &str = include_str!("../../examples/figures/5-third-party-mdm.mam");

#[test]
fn movements_fit() {
    for text in [CONTOSO, COMPANY, BYOD, MANAGED, ELSEWHERE] {
        for scope in ["any", "any on ios", "copy, share, save", "any from any as personal"] {
            fits(&Drawing::new(&picture(text, scope)).svg());
        }
    }
}

#[test]
fn layers_fit_and_a_missing_one_leaves_its_place() {
    for text in [CONTOSO, COMPANY, BYOD, MANAGED, ELSEWHERE] {
        let columns: Vec<_> = DeviceState::ALL
            .iter()
            .map(|state| {
                let checked = Compiler::new().check("set.mam", text);
                let layers = Analysis::new(&checked).unwrap().layers(*state);
                (layers, picture(text, &format!("any devices {state}")))
            })
            .collect();
        let svg = LayersDrawing::new(&columns).svg();
        fits(&svg);
        let texts = texts(&svg);
        let top = |text: &str| texts.iter().find(|one| one.text.starts_with(text)).unwrap().top;
        assert_eq!(top("No device management"), top("Device management: Intune"), "{svg}");
    }
}

/// The drawing of the paths of a scope of chains, with all that the command line gives it.
fn leaks(text: &str, scope: &str) -> PathsDrawing {
    let checked = Compiler::new().check("set.mam", text);
    let analysis = Analysis::new(&checked).unwrap();
    let paths = analysis.paths(&checked.chain(scope).unwrap(), PathOptions::default()).unwrap();
    let first = paths.paths.iter().take(MOST_PANELS).filter_map(|path| path.hops.first());
    let pictures: Vec<Picture> =
        first.map(|hop| picture(text, &format!("any {}", hop.context))).collect();
    let pictures: Vec<&Picture> = pictures.iter().collect();
    let remedy = |scope: &str| {
        analysis.remedies(scope, Effect::Block).unwrap_or_default().into_iter().next()
    };
    let of_path = |path: &Path| path.hops.iter().map(|hop| remedy(&hop.scope)).collect();
    let remedies: Vec<Vec<_>> = paths.paths.iter().take(MOST_PANELS).map(of_path).collect();
    PathsDrawing::new(scope, &paths, &pictures, &remedies)
}

const THREE_MOVEMENTS: &str = "by save, open from word as work to device-storage for staff except contractors on ios devices unmanaged";

#[test]
fn leaks_fit() {
    for scope in [THREE_MOVEMENTS, LEAKS, "by save, open from corporate-storage to unmanaged"] {
        fits(&leaks(CONTOSO, scope).svg());
    }
    for text in [COMPANY, BYOD, MANAGED, ELSEWHERE] {
        fits(&leaks(text, LEAKS).svg());
    }
    let none = leaks(
        BYOD,
        "by print from excel as work to printer for employees on ios devices unmanaged",
    );
    assert!(none.svg().contains(">No leak path<"));
    fits(&none.svg());
}

#[test]
fn a_leak_runs_through_its_panel_with_its_numbers() {
    let drawing = leaks(CONTOSO, THREE_MOVEMENTS);
    let kinds: Vec<(&str, bool)> =
        drawing.leaks[0].nodes.iter().map(|node| (node.title.as_str(), node.is_company)).collect();
    let expected = [
        ("Word", true),
        ("OneDrive for Business", true),
        ("Edge", false),
        ("The device's storage", false),
    ];
    assert_eq!(kinds, expected);
    let panel = drawing.panel.as_ref().unwrap();
    let traced: Vec<(Station, Trace)> = panel
        .stations
        .iter()
        .flat_map(|card| {
            card.rows.iter().filter_map(|row| Some((card.station, row.trace.clone()?)))
        })
        .collect();
    let trace = |number, is_line| Trace { number: Some(number), node: number, is_line };
    let expected = [
        (Station::CompanyStorage, trace(1, true)),
        (Station::OtherAccounts, trace(2, false)),
        (Station::PersonalStorage, trace(3, false)),
    ];
    assert_eq!(traced, expected);
    let svg = drawing.svg();
    // What lets the first movement pass, with its line, and the edit that blocks it.
    assert!(svg.contains(">allow save to onedrive, sharepoint<"), "{svg}");
    assert!(svg.contains("set.mam:33") && svg.contains("1: add to baseline"), "{svg}");
    // Each movement of each chain, those of the first again in the panel.
    let drawn: usize = drawing.leaks.iter().map(|leak| leak.hops.len()).sum();
    assert_eq!(svg.matches("class=\"line l-leak\"").count(), drawn + 3, "{svg}");
}

// ---------------------------------------------------------------- changes

fn changes(before: &str, after: &str) -> Drawing {
    let sets = [before, after].map(|text| Compiler::new().check("set.mam", text));
    let [before, after] = [0, 1].map(|at| Analysis::new(&sets[at]).unwrap());
    let scope = sets[1].question("any").unwrap();
    Drawing::of_changes(&diff_picture(&before, &after, &scope).unwrap())
}

#[test]
fn changes_fit() {
    for texts in [CONTOSO, COMPANY, BYOD, MANAGED, ELSEWHERE, CONTOSO].windows(2) {
        let drawing = changes(texts[0], texts[1]);
        assert!(!drawing.is_empty());
        fits(&drawing.svg());
    }
    let none = changes(CONTOSO, CONTOSO);
    assert!(none.is_empty() && none.svg().contains("nothing changes: for any"));
    fits(&none.svg());
}

#[test]
fn rows_of_changes_say_what_opened_and_what_closed() {
    let new = CONTOSO
        .replace("up to 50 characters", "up to 20 characters")
        .replace("allow  type to any", "allow  print, message to any");
    assert_ne!(new, CONTOSO);
    let drawing = changes(CONTOSO, &new);
    let panel =
        drawing.panels.iter().find(|one| one.subtitle.ends_with("on ios devices unmanaged"));
    let panel = panel.unwrap();
    let rows = panel
        .stations
        .iter()
        .flat_map(|card| card.rows.iter().map(|row| row.sentence(&panel.card, card)));
    let rows: Vec<String> = rows.collect();
    let expected = [
        "message: from protected apps to other apps (all: Salesforce +57) – opened: allowed, was blocked",
        "copy: from protected apps to other apps (all) – tighter: allowed up to 20 characters, was up to 50 characters",
        "type: from protected apps to other apps (all) – closed: blocked, was allowed",
    ];
    for sentence in expected {
        assert!(rows.iter().any(|row| row == sentence), "{sentence}\n{}", rows.join("\n"));
    }
    // A smaller limit is a line with posts; only what nothing passes is cut.
    let is_cut = |row: &&Row| row.mark.stops();
    let cut = panel.stations.iter().flat_map(|card| &card.rows).filter(is_cut);
    assert!(cut.clone().count() > 0);
    assert!(cut.clone().all(|row| !row.channels.contains(&Channel::Copy)));
    assert!(
        panel.stations.iter().any(|card| card.rows.is_empty() && card.note == Some("unchanged"))
    );
}

#[test]
fn what_report_only_policies_would_change_has_rows() {
    let picture =
        picture(COMPANY, "any for staff except finance, contractors on ios devices unmanaged");
    let names = Names::new(&picture);
    let panel = fold::panel(&names, &picture.contexts[0], PanelKind::Work).unwrap();
    let rows = panel
        .stations
        .iter()
        .flat_map(|card| card.rows.iter().map(|row| row.sentence(&panel.card, card)));
    let rows: Vec<String> = rows.filter(|row| row.contains("report only")).collect();
    let expected = [
        "open: from personal storage (The camera) to protected apps – allowed; report only: would be blocked",
        "capture: from protected apps to this device (Screen) – allowed; report only: would be blocked",
    ];
    assert_eq!(rows, expected);
    fits(&Drawing::new(&picture).svg());
    // The policy is for unmanaged devices.
    let managed =
        self::picture(COMPANY, "any for staff except finance, contractors on ios devices intune");
    assert!(managed.contexts.iter().all(|context| context.would_be.is_empty()));
    let both = self::picture(
        COMPANY,
        "capture for staff except contractors on ios devices unmanaged, intune",
    );
    let parts = both.contexts.iter().flat_map(|context| &context.would_be);
    assert!(parts.clone().count() > 0 && parts.clone().all(|part| !part.whole));
}

#[test]
fn wide_titles_fit() {
    let text = "mam 1\napp メモ \"会社のメモ帳アプリケーション\" { ios \"com.example.a\" sdk }\n\
        app b \"営業部門のための顧客管理システム統合版\" { ios \"com.example.b\" }\n\
        storage drive \"東京本社の共有ドライブ\" corporate\nusers staff\n\
        policy p { for staff protect a allow share to b allow save to drive }";
    let text = text.replace("app メモ", "app a");
    fits(&Drawing::new(&picture(&text, "any on ios")).svg());
    fits(&leaks(&text, LEAKS).svg());
}
