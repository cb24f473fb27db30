//! Layout: places of cards and lines, by a sum of row heights.
//!
//! Takes in panels, gives out SVG. The places of columns are fixed, so that panels and drawings can be laid beside each
//! other; lines never cross, and text runs horizontally.

use super::marks::{badge, bar, head, hollow_bar, legend, posts};
use super::metrics::{BOLD, NOTE, TEXT, TITLE, cut, width, wrapped};
use super::panel::{
    Direction, Mark, Panel, PanelKind, Row, RowSources, SourceBlock, SourceCard, StationCard, Trace,
};
use super::svg::{Svg, document, page_element};
use super::words;
use crate::vocabulary::Channel;

/// The width of a drawing.
const WIDTH: u32 = 900;
/// The place to the right of the cards for what moves outside.
const GUTTER: u32 = 30;
/// Where text begins.
const LEFT: u32 = 16;
/// The area of the company, and its wall towards the outside.
const AREA: (u32, u32) = (12, 888);
const WALL: u32 = 566;
/// The card of the sources, and the cards of the stations.
const SOURCES: (u32, u32) = (28, 204);
const CARDS: (u32, u32) = (612, 874);
/// Where the wall stands that is around company cards alone.
const BOX: u32 = 598;
/// Where a line ends that is blocked before a company card.
const CARD_BAR: u32 = 598;
/// The distance of two rows.
const PITCH: u32 = 31;
/// The height of a card's title, and the distance of the first row from it.
const CARD_TITLE: u32 = 26;
const FIRST_ROW: u32 = 17;
/// The height of a note below the rows of a card.
const NOTE_LINE: u32 = 14;
/// Where labels of rows begin, and where they end.
const LABEL: (u32, u32) = (220, 548);
/// The distance of two lines of text in a card.
const TEXT_LINE: u32 = 18;
/// The place of a letter.
const CHIP: u32 = 19;

/// The drawing of some panels under a title of the whole, with lines of text about other contexts.
pub(super) fn svg(what: &str, panels: &[Panel], others: &[String]) -> String {
    let mut body = Svg::default();
    let mut bottom = self::panels(&mut body, panels, 0);
    for other in others {
        for line in wrapped(other, NOTE, WIDTH - 2 * LEFT) {
            bottom += 17;
            body.words((LEFT, bottom), "m s", &line);
        }
    }
    let size = (WIDTH, bottom + 14);
    document(size, &title(what, panels), &description(panels, others), body)
}

/// The drawing of some panels as an element of a page that has the style sheet. Its description is that of the rows.
pub(super) fn element(what: &str, panels: &[Panel]) -> String {
    let mut body = Svg::default();
    let bottom = self::panels(&mut body, panels, 0);
    page_element((WIDTH, bottom + 14), &title(what, panels), body)
}

fn title(what: &str, panels: &[Panel]) -> String {
    let titles: Vec<&str> = panels.iter().map(|panel| panel.title.as_str()).collect();
    format!("{what}. {}", titles.join(". "))
}

/// Draws panels from a height downwards, and what their marks mean; gives where they end.
pub(super) fn panels(svg: &mut Svg, panels: &[Panel], top: u32) -> u32 {
    let mut bottom = top;
    for panel in panels {
        bottom = PanelLayout::new(panel, bottom).draw(svg) + 20;
    }
    let rows = panels.iter().flat_map(|panel| &panel.stations).flat_map(|card| &card.rows);
    let marks: Vec<&Mark> = rows.map(|row| &row.mark).collect();
    legend(svg, &marks, (LEFT, WIDTH - LEFT, bottom))
}

/// A sentence for every row.
pub(super) fn description(panels: &[Panel], others: &[String]) -> String {
    let mut sentences = Vec::new();
    for panel in panels {
        sentences.push(format!("{} ({}).", panel.title, panel.subtitle));
        sentences.extend(panel.card.sentences());
        for card in &panel.stations {
            let rows = card.rows.iter();
            sentences.extend(rows.map(|row| format!("{}.", row.sentence(&panel.card, card))));
        }
        sentences.extend(panel.note.clone());
    }
    sentences.extend(others.iter().map(|other| format!("Not drawn: {other}.")));
    sentences.join(" ")
}

// ---------------------------------------------------------------- panels

/// A panel with the places of its cards.
struct PanelLayout<'p> {
    panel: &'p Panel,
    top: u32,
    subtitle: Vec<String>,
    /// The top of the area.
    area: u32,
    /// By station: the top of its card.
    tops: Vec<u32>,
    /// The bottom of the company's cards with the space below; `None` without such cards.
    company: Option<u32>,
    /// The lines of each block of sources.
    lines: Vec<Vec<String>>,
    bottom: u32,
}

fn card_height(card: &StationCard) -> u32 {
    let rows = u32::try_from(card.rows.len()).unwrap_or(u32::MAX);
    match (rows, card.note) {
        (0, Some(_)) => CARD_TITLE + 22,
        (rows, note) => {
            let note = if note.is_some() { NOTE_LINE } else { 0 };
            CARD_TITLE + FIRST_ROW + PITCH * (rows.max(1) - 1) + 18 + note
        }
    }
}

impl<'p> PanelLayout<'p> {
    fn new(panel: &'p Panel, top: u32) -> Self {
        let subtitle = wrapped(&panel.subtitle, TEXT, WIDTH - 2 * LEFT);
        let lines_of_subtitle = u32::try_from(subtitle.len()).unwrap_or(1);
        let is_personal = panel.kind == PanelKind::Personal;
        let area = top + 60 + 16 * (lines_of_subtitle - 1) + if is_personal { 8 } else { 0 };
        let mut y = area + if is_personal { 26 } else { 34 };
        let (mut tops, mut company) = (Vec::new(), None);
        for (at, card) in panel.stations.iter().enumerate() {
            tops.push(y);
            let bottom = y + card_height(card);
            let next = panel.stations.get(at + 1);
            let is_last_inside =
                card.station.is_company() && next.is_none_or(|next| !next.station.is_company());
            if is_last_inside {
                company = Some(bottom + 10);
                y = bottom + 10 + 28;
            } else {
                y = bottom + 8;
            }
        }
        let lines = panel.card.blocks.iter().map(|block| block_lines(block, &panel.card)).collect();
        let mut found = Self { panel, top, subtitle, area, tops, company, lines, bottom: 0 };
        let last = panel.stations.last().zip(found.tops.last());
        let right = last.map_or(area, |(card, top)| top + card_height(card));
        found.bottom = right.max(found.card_top() + found.sources_height());
        found
    }

    /// The right edge of the area.
    fn edge(&self) -> u32 {
        AREA.1 + if self.panel.has_leak() { GUTTER } else { 0 }
    }

    fn card_top(&self) -> u32 {
        self.area + if self.panel.kind == PanelKind::Personal { 26 } else { 34 }
    }

    /// The bottom of the area.
    fn area_bottom(&self) -> u32 {
        self.bottom + if self.panel.kind == PanelKind::Personal { 0 } else { 12 }
    }

    fn sources_height(&self) -> u32 {
        let blocks = u32::try_from(self.lines.len()).unwrap_or(u32::MAX);
        let lines: usize = self.lines.iter().map(Vec::len).sum();
        let lines = u32::try_from(lines).unwrap_or(u32::MAX);
        42 + TEXT_LINE * (lines.max(1) - 1) + 14 * blocks.saturating_sub(1) + 22
    }

    /// Draws the panel; gives its bottom.
    fn draw(&self, svg: &mut Svg) -> u32 {
        let title = cut(&self.panel.title, TITLE, WIDTH - 2 * LEFT);
        svg.words((LEFT, self.top + 28), "t h", &title);
        for (line, at) in self.subtitle.iter().zip(0..) {
            svg.words((LEFT, self.top + 47 + 16 * at), "m", line);
        }
        match self.panel.kind {
            PanelKind::Work => self.walled_area(svg),
            PanelKind::Free => self.open_area(svg),
            PanelKind::Personal => self.walled_cards(svg),
        }
        for (card, top) in self.panel.stations.iter().zip(&self.tops) {
            let [x, width] = [CARDS.0, CARDS.1 - CARDS.0];
            svg.rect("card", [x, *top, width, card_height(card)], 5);
            svg.words((x + 12, top + 18), "t k", card.title);
            svg.words((CARDS.1 - 10, top + 18), "m s e", &card.count);
            if let Some(note) = card.note {
                svg.words((x + 12, top + card_height(card) - 9), "m s", note);
            }
        }
        self.sources(svg);
        for (card, top) in self.panel.stations.iter().zip(&self.tops) {
            for (row, at) in card.rows.iter().zip(0..) {
                self.row(svg, card, row, top + CARD_TITLE + FIRST_ROW + PITCH * at);
            }
        }
        self.gutter(svg);
        let mut bottom = self.area_bottom();
        for line in self.panel.note.iter().flat_map(|note| wrapped(note, NOTE, WIDTH - 2 * LEFT)) {
            bottom += 18;
            svg.words((LEFT, bottom), "m s", &line);
        }
        bottom
    }

    // ------------------------------------------------------------ the area

    /// The places of the rows that pass the wall, without those that it stops.
    fn gaps(&self, is_company: bool) -> Vec<u32> {
        let cards = self.panel.stations.iter().zip(&self.tops);
        let cards = cards.filter(|(card, _)| card.station.is_company() == is_company);
        let rows = cards.flat_map(|(card, top)| {
            card.rows
                .iter()
                .zip(0..)
                .map(move |(row, at)| (row, top + CARD_TITLE + FIRST_ROW + PITCH * at))
        });
        let is_outside = |row: &Row| row.trace.as_ref().is_some_and(|trace| !trace.is_line);
        rows.filter(|(row, _)| !row.mark.stops() && !is_outside(row)).map(|(_, y)| y).collect()
    }

    /// A wall from top to bottom with its gaps.
    fn wall(svg: &mut Svg, x: u32, (top, bottom): (u32, u32), gaps: &[u32]) {
        let mut path = format!("M{x} {top}V");
        for y in gaps {
            path.push_str(&format!("{}M{x} {}V", y - 9, y + 9));
        }
        path.push_str(&bottom.to_string());
        svg.path("wall", &path);
    }

    /// The outline of the company's area: L-shaped where there are cards inside and outside. The side towards the
    /// outside, from the second place to the last, is left out if it is drawn as a wall.
    fn outline(&self, is_closed: bool) -> String {
        let (t, b) = (self.area, self.area_bottom());
        let (left, right) = (AREA.0, self.edge());
        let is_inside = |card: &StationCard| card.station.is_company();
        let whole = self.panel.stations.iter().all(is_inside);
        let (step, corner) = match (self.company, whole) {
            (_, true) => (b, right),
            (Some(step), false) => (step, right),
            (None, false) => (t, WALL),
        };
        let end = if is_closed { "Z" } else { "" };
        let bottom = format!(
            "H{}Q{left} {t} {left} {}V{}Q{left} {b} {} {b}",
            left + 10,
            t + 10,
            b - 10,
            left + 10
        );
        let top = format!("Q{corner} {t} {} {t}{bottom}", corner - 10);
        match (self.company, whole) {
            (_, true) => {
                format!("M{right} {}{top}H{}Q{right} {b} {right} {}Z", t + 10, right - 10, b - 10)
            }
            (Some(_), false) => format!(
                "M{WALL} {step}H{}Q{right} {step} {right} {}V{}{top}H{}Q{WALL} {b} {WALL} {}{end}",
                right - 10,
                step - 10,
                t + 10,
                WALL - 10,
                b - 10
            ),
            (None, false) => {
                format!("M{WALL} {}{top}H{}Q{WALL} {b} {WALL} {}{end}", t + 10, WALL - 10, b - 10)
            }
        }
    }

    fn walled_area(&self, svg: &mut Svg) {
        svg.path("area", &self.outline(true));
        svg.path("wall", &self.outline(false));
        svg.words((SOURCES.0, self.area + 22), "f-wall k", "Company area: protected by policy");
        let is_outside = self.panel.stations.iter().any(|card| !card.station.is_company());
        if is_outside {
            let top = self.company.unwrap_or(self.area + 10);
            Self::wall(svg, WALL, (top, self.area_bottom() - 10), &self.gaps(false));
            self.outside(svg, "Outside");
        }
    }

    fn open_area(&self, svg: &mut Svg) {
        svg.path("none", &self.outline(true));
        let text = "Company apps and storage: no boundary, no policy applies";
        svg.words((SOURCES.0, self.area + 22), "m k", text);
        self.outside(svg, "Personal and public");
    }

    /// A wall around the company's cards alone.
    fn walled_cards(&self, svg: &mut Svg) {
        if let Some(bottom) = self.company {
            let (top, right) = (self.area, self.edge());
            svg.path("area", &format!("M{BOX} {top}H{right}V{bottom}H{BOX}Z"));
            svg.path("wall", &format!("M{BOX} {top}H{right}V{bottom}H{BOX}"));
            Self::wall(svg, BOX, (top, bottom), &self.gaps(true));
            svg.words((CARDS.0, top + 18), "f-wall k", "Company area");
        }
        self.outside(svg, "Personal and public");
    }

    /// The word over the cards outside.
    fn outside(&self, svg: &mut Svg, text: &str) {
        let cards = self.panel.stations.iter().zip(&self.tops);
        let first =
            cards.filter(|(card, _)| !card.station.is_company()).map(|(_, top)| *top).next();
        if let Some(top) = first {
            svg.words((CARDS.0, top - 8), "m k", text);
        }
    }

    // ------------------------------------------------------------ sources

    fn sources(&self, svg: &mut Svg) {
        let SourceCard { title, count, .. } = self.panel.card;
        let top = self.card_top();
        let bottom = top + self.sources_height();
        let cards = self.panel.stations.iter().zip(&self.tops);
        let last_row = |(card, top): (&StationCard, &u32)| {
            let rows = u32::try_from(card.rows.len()).unwrap_or(u32::MAX);
            (rows > 0).then(|| top + CARD_TITLE + FIRST_ROW + PITCH * (rows - 1))
        };
        let last = cards.filter_map(last_row).max().unwrap_or(top);
        if last > bottom {
            svg.path("rail", &format!("M{} {}V{}", SOURCES.1, bottom - 6, last + 1));
        }
        svg.rect("card", [SOURCES.0, top, SOURCES.1 - SOURCES.0, bottom - top], 5);
        svg.words((SOURCES.0 + 12, top + 19), "t k", title);
        svg.words((SOURCES.1 - 10, top + 19), "m s e", &words::count(count, "app"));
        let has_letters = self.panel.card.has_letters();
        let mut y = top + 42;
        let blocks = self.panel.card.blocks.iter().zip(&self.lines).zip('A'..);
        for (at, ((block, lines), letter)) in blocks.enumerate() {
            if at > 0 {
                svg.path("hair", &format!("M{} {}H{}", SOURCES.0 + 12, y - 16, SOURCES.1 - 12));
                y += 4;
            }
            if has_letters {
                chip(svg, SOURCES.0 + 12, y + 6, letter);
                svg.words((SOURCES.1 - 10, y), "m s e", &block.count.to_string());
            }
            let x = SOURCES.0 + if has_letters { 36 } else { 12 };
            for (at, line) in lines.iter().enumerate() {
                let class = if at == 0 && block.heading.is_some() { "m" } else { "t" };
                svg.words((x, y), class, line);
                y += TEXT_LINE;
            }
            y += 10;
        }
    }

    // ------------------------------------------------------------ rows

    /// The movements of a leak outside, each from the row of one node to that of the next.
    fn gutter(&self, svg: &mut Svg) {
        let places: Vec<(&Trace, u32)> = self.traces().collect();
        let stops = places.iter().filter(|(trace, _)| !trace.is_line && trace.number.is_some());
        for ((stop, to), lane) in stops.zip(0..) {
            let from = places.iter().find(|(trace, _)| trace.node + 1 == stop.node);
            let Some((_, from)) = from else { continue };
            // One line may come to a row, and one go from it.
            let (from, to) = (from + 5, to - 5);
            let x = CARDS.1 + 16 + 8 * (lane % 3);
            svg.path("line l-leak", &format!("M{} {from}H{x}V{to}H{}", CARDS.1, CARDS.1 + 10));
            let (tip, back) = (CARDS.1 + 1, CARDS.1 + 11);
            svg.path("f-leak", &format!("M{tip} {to}L{back} {}V{}Z", to - 6, to + 6));
        }
    }

    /// The rows of a leak with their places.
    fn traces(&self) -> impl Iterator<Item = (&Trace, u32)> {
        let cards = self.panel.stations.iter().zip(&self.tops);
        cards.flat_map(|(card, top)| {
            let rows = card.rows.iter().zip(0..);
            rows.filter_map(move |(row, at)| {
                Some((row.trace.as_ref()?, top + CARD_TITLE + FIRST_ROW + PITCH * at))
            })
        })
    }

    fn row(&self, svg: &mut Svg, card: &StationCard, row: &Row, y: u32) {
        let sentence = row.sentence(&self.panel.card, card);
        if let Some(trace) = &row.trace {
            svg.begin_group("row", &sentence);
            traced(svg, row, trace, y);
            svg.end_group();
            return;
        }
        svg.begin_group(if self.panel.has_leak() { "row dim" } else { "row" }, &sentence);
        let is_walled = self.panel.kind == PanelKind::Work && !card.station.is_company();
        match row.mark.stops() {
            true => blocked(svg, row, if is_walled { WALL } else { CARD_BAR }, y),
            false => open(svg, row, if is_walled { WALL } else { CARD_BAR - 8 }, y),
        }
        label(svg, row, y - 6);
        let class = if row.is_general { "m" } else { "t" };
        svg.words((CARDS.0 + 12, y + 4), class, &row.receivers.text);
        svg.end_group();
    }
}

/// A movement of a leak: a line with its number, or a receiver that one outside leads to.
fn traced(svg: &mut Svg, row: &Row, trace: &Trace, y: u32) {
    let x = CARDS.0 + 12;
    let Some(number) = trace.number.filter(|_| trace.is_line) else {
        if let Some(number) = trace.number {
            badge(svg, number, (x + 8, y));
        }
        let indent = if trace.number.is_some() { 24 } else { 0 };
        svg.words((x + indent, y + 4), "t b", &cut(&row.receivers.text, BOLD, 232 - indent));
        return;
    };
    let (from, to) = (SOURCES.1, CARDS.0);
    let is_out = row.direction == Direction::Out;
    let (start, end, tip, back) = match is_out {
        true => (from, to - 9, to - 1, to - 11),
        false => (from + 9, to, from + 1, from + 11),
    };
    svg.path("line l-leak", &format!("M{start} {y}H{end}"));
    svg.path("f-leak", &format!("M{tip} {y}L{back} {}V{}Z", y - 6, y + 6));
    badge(svg, number, (LABEL.0 + 8, y - 12));
    let limits = match &row.mark {
        Mark::Limited(limits) => format!(" {limits}"),
        _ => String::new(),
    };
    let channels = words::channels(&row.channels);
    let room = LABEL.1 - LABEL.0 - 24 - width(&channels, BOLD) - width(&limits, BOLD);
    let whose = if is_out { "from" } else { "into" };
    let sources = row.some_sources().unwrap_or_default();
    let sources = cut(&format!(" {whose} {sources}"), TEXT, room);
    let mut spans = vec![("t b", channels)];
    spans.extend((!limits.is_empty()).then_some(("f-limit b", limits)));
    spans.push(("m q", sources));
    svg.spans((LABEL.0 + 22, y - 8), &spans);
    svg.words((x, y + 4), "t b", &cut(&row.receivers.text, BOLD, 232));
}

/// A line that ends at a bar.
fn blocked(svg: &mut Svg, row: &Row, at: u32, y: u32) {
    let (from, to) = (SOURCES.1, CARDS.0);
    let class = format!("line l-{}", row.mark.colour());
    if row.direction == Direction::In {
        svg.path(&class, &format!("M{to} {y}H{}", at + 4));
        svg.path("ghost", &format!("M{} {y}H{from}", at - 6));
    } else {
        svg.path(&class, &format!("M{from} {y}H{}", at - 4));
        if at < CARD_BAR {
            svg.path("ghost", &format!("M{} {y}H{}", at + 6, to - 2));
        }
    }
    bar(svg, &row.mark, at, y);
}

/// A line from one card to the other.
fn open(svg: &mut Svg, row: &Row, posts_at: u32, y: u32) {
    let (from, to) = (SOURCES.1, CARDS.0);
    let class = format!("line l-{}", row.mark.colour());
    if matches!(&row.mark, Mark::Reported(one) if one.is_blocked) {
        hollow_bar(svg, posts_at - 16, y);
    }
    // A filled head covers the end of its line.
    let tip = if row.mark.colour() == "free" { 1 } else { 9 };
    let (out, back) = match row.direction {
        Direction::Out => (true, false),
        Direction::In => (false, true),
        Direction::Both => (true, true),
    };
    let start = if back { from + tip } else { from };
    let end = if out { to - tip } else { to };
    svg.path(&class, &format!("M{start} {y}H{end}"));
    if out {
        head(svg, &row.mark, (to - 1, y), true);
    }
    if back {
        head(svg, &row.mark, (from + 1, y), false);
    }
    if row.mark.is_limited() {
        posts(svg, &row.mark, posts_at, y);
    }
}

fn chip(svg: &mut Svg, x: u32, y: u32, letter: char) {
    svg.rect("chip", [x, y - 17, 16, 16], 3);
    svg.words((x + 8, y - 5), "i c", &letter.to_string());
}

/// The label over a line: letters of blocks, channels, limits, sources.
fn label(svg: &mut Svg, row: &Row, y: u32) {
    let mut x = LABEL.0;
    if let RowSources::Letters(blocks) = &row.sources {
        for (is_in, letter) in blocks.iter().zip('A'..) {
            match is_in {
                true => chip(svg, x, y + 5, letter),
                false => svg.words((x + 8, y), "m c", "·"),
            }
            x += CHIP;
        }
        x += 4;
    }
    let (sign, details) = (row.mark.sign(), row.mark.details());
    let limits = if details.is_empty() { details } else { format!(" {details}") };
    let some = row.some_of.map(|(part, all)| format!(" for {part} of {all}"));
    let sources = match &row.sources {
        RowSources::Named(names) => format!(" from {}", names.text),
        RowSources::All | RowSources::Letters(_) => String::new(),
    };
    let mut sources = format!("{sources}{}", some.unwrap_or_default());
    // What a report-only policy would decide matters more than for which apps.
    let ends = x + width(&sign, BOLD) + width(&limits, BOLD) + width(&sources, TEXT);
    if matches!(row.mark, Mark::Reported(_)) && ends + width("message +9", BOLD) > LABEL.1 {
        sources.clear();
    }
    let taken = width(&limits, BOLD) + width(&sources, TEXT) + width(&sign, BOLD) + x;
    let channels = sign + &fitting(&row.channels, LABEL.1.saturating_sub(taken));
    // The title of the row has all of it.
    let limits_at = x + width(&channels, BOLD) + width(&sources, TEXT);
    let limits = cut(&limits, BOLD, LABEL.1.saturating_sub(limits_at));
    let class = match row.mark {
        Mark::Allowed | Mark::Limited(_) | Mark::Changed(_) => "b",
        Mark::Free | Mark::Unchanged | Mark::Reported(_) | Mark::Blocked => "q",
    };
    let colour = match row.mark.colour() {
        "open" => "f-open b",
        _ if matches!(row.mark, Mark::Reported(_)) => "m q",
        "allow" => "f-allow b",
        _ => "f-limit b",
    };
    let mut spans = vec![(class, channels)];
    spans.extend((!limits.is_empty()).then_some((colour, limits)));
    spans.extend((!sources.is_empty()).then_some(("m q", sources)));
    svg.spans((x, y), &spans);
}

/// As many channels as fit, with the number of the others.
fn fitting(channels: &[Channel], room: u32) -> String {
    let texts = (1..=channels.len()).rev().map(|shown| {
        let (first, rest) = channels.split_at(shown);
        let more = if rest.is_empty() { String::new() } else { format!(" +{}", rest.len()) };
        format!("{}{more}", words::channels(first))
    });
    let mut last = String::new();
    for text in texts {
        if width(&text, BOLD) <= room {
            return text;
        }
        last = text;
    }
    last
}

/// The lines of a block in the card of the sources. What does not fit is counted.
fn block_lines(block: &SourceBlock, card: &SourceCard) -> Vec<String> {
    let has_letters = card.has_letters();
    let room = SOURCES.1 - SOURCES.0 - if has_letters { 68 } else { 24 };
    let most = match (card.blocks.len(), block.count) {
        (1, ..=12) => 8,
        (1 | 2, _) => 4,
        _ => 3,
    };
    let mut lines: Vec<String> = block.heading.iter().map(|one| cut(one, TEXT, room)).collect();
    let heading = lines.len();
    let mut counted = 0;
    for (at, (name, count)) in block.names.iter().enumerate() {
        let comma = if at + 1 < block.names.len() { "," } else { "" };
        let name = format!("{}{comma}", cut(name, TEXT, room - width(",", TEXT)));
        let joined = lines.last().map(|line| format!("{line} {name}"));
        match joined.filter(|line| lines.len() > heading && width(line, TEXT) <= room) {
            Some(line) => drop(lines.pop().map(|_| lines.push(line))),
            None if lines.len() == heading + most => break,
            None => lines.push(name),
        }
        counted += count;
    }
    let left = block.count.saturating_sub(counted);
    if left > 0 {
        let last = lines.pop().unwrap_or_default();
        let more = format!("{} +{left}", last.trim_end_matches(','));
        match width(&more, TEXT) <= room {
            true => lines.push(more),
            false => lines.extend([last.trim_end_matches(',').to_owned(), format!("+{left}")]),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_end_before_the_wall() {
        let all = Channel::ALL;
        assert_eq!(fitting(all, 120), "share, invoke +13");
        assert_eq!(fitting(all, 0), "share +14");
        assert!(width(&fitting(all, 328), BOLD) <= 328);
    }

    #[test]
    fn long_titles_do_not_leave_their_card() {
        let names =
            (0..40).map(|at| (format!("An app of which the title is long {at}"), 1)).collect();
        let block = SourceBlock { heading: None, names, count: 40 };
        let card = SourceCard { title: "Protected apps", count: 40, blocks: vec![block.clone()] };
        let lines = block_lines(&block, &card);
        assert!(lines.len() <= 5 && lines.iter().all(|line| width(line, TEXT) <= 152), "{lines:?}");
        assert_eq!(lines.last().map(String::as_str), Some("+36"));
    }
}
