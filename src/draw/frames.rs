//! Layout of layers: frames within frames, one column for each state of devices.
//!
//! Takes in columns, gives out SVG. Layers of columns that stand side by side begin at one height, so that a missing
//! one is seen by the place that it leaves.

use super::columns::{Column, Frame, Line};
use super::marks::{legend, line_sample};
use super::metrics::{BOLD, NOTE, TEXT, TITLE, cut, width, wrapped};
use super::panel::{Direction, Mark};
use super::svg::{Svg, document};
use super::words;

/// The title of a drawing.
pub(super) const TITLE_OF_ALL: &str = "Layers of protection around company data";
/// The columns side by side.
const ABREAST: usize = 2;
/// Where text begins, and the distance of columns.
const LEFT: u32 = 16;
const GAP: u32 = 12;
/// The width of a column.
const COLUMN: u32 = 428;
/// The distance of a frame from that around it, and of text from its frame.
const INSET: u32 = 10;
const PADDING: u32 = 12;
/// The distances of lines of text and of rows.
const TEXT_LINE: u32 = 16;
const ROW_LINE: u32 = 17;
const ROW_GAP: u32 = 7;
/// Where the text of a row begins behind its line.
const LABEL: u32 = 46;

/// The drawing of columns.
pub(super) fn svg(columns: &[Column]) -> String {
    let mut body = Svg::default();
    let whole = 2 * LEFT + if columns.len() > 1 { 2 * COLUMN + GAP } else { COLUMN };
    body.words((LEFT, 28), "t h", &cut(TITLE_OF_ALL, TITLE, whole - 2 * LEFT));
    let mut bottom = 42;
    for band in columns.chunks(ABREAST) {
        let band: Vec<Placed<'_>> = band.iter().map(Placed::new).collect();
        let heights = Heights::of(&band);
        for (placed, at) in band.iter().zip(0..) {
            placed.draw(&mut body, (LEFT + at * (COLUMN + GAP), bottom), &heights);
        }
        bottom += heights.all() + GAP;
    }
    let rows = columns.iter().flat_map(|one| &one.content.rows);
    let marks: Vec<&Mark> = rows.map(|row| &row.mark).collect();
    let height = legend(&mut body, &marks, (LEFT, whole - LEFT, bottom)) + 8;
    let sentences: Vec<String> = columns.iter().map(Column::description).collect();
    let named: Vec<String> = columns.iter().map(Column::title).collect();
    let title = format!("{TITLE_OF_ALL}. {}", named.join(". "));
    document((whole, height), &title, &sentences.join(" "), body)
}

/// The text of a frame in lines.
struct Wrapped<'c> {
    frame: &'c Frame,
    lines: Vec<String>,
}

/// Words of one class.
type Span = (&'static str, String);

/// A row with its text in lines.
struct WrappedRow<'c> {
    line: &'c Line,
    lines: Vec<Vec<Span>>,
}

/// A column with its text in lines.
struct Placed<'c> {
    title: String,
    subtitle: Vec<String>,
    management: Wrapped<'c>,
    access: Wrapped<'c>,
    work: Wrapped<'c>,
    rows: Vec<WrappedRow<'c>>,
    data: Wrapped<'c>,
    personal: Wrapped<'c>,
    notes: Vec<String>,
}

/// The heights of a band's layers: each the largest of its columns.
#[derive(Default)]
struct Heights {
    device: u32,
    management: u32,
    access: u32,
    work: u32,
    data: u32,
    personal: u32,
    notes: u32,
}

fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The width of text in a frame that stands so deep in others.
const fn room(depth: u32) -> u32 {
    COLUMN - 2 * INSET * depth - 2 * PADDING
}

impl<'c> Wrapped<'c> {
    fn new(frame: &'c Frame, depth: u32) -> Self {
        let lines = frame.lines.iter().flat_map(|line| hanging(line, room(depth)));
        Self { frame, lines: lines.collect() }
    }

    fn height(&self) -> u32 {
        26 + TEXT_LINE * number(self.lines.len()) + if self.lines.is_empty() { 0 } else { 4 }
    }

    /// Draws the title and the lines of a frame; gives where they end.
    fn text(&self, svg: &mut Svg, (x, y): (u32, u32), title: &str) {
        svg.words((x + PADDING, y + 18), title, &self.frame.title);
        let class = if self.frame.is_missing { "m s" } else { "t s" };
        for (line, at) in self.lines.iter().zip(0..) {
            svg.words((x + PADDING, y + 36 + TEXT_LINE * at), class, line);
        }
    }
}

/// A text in lines, of which all but the first are indented.
fn hanging(text: &str, room: u32) -> Vec<String> {
    let indent = "  ";
    let lines = wrapped(text, NOTE, room - width("  ", NOTE)).into_iter().enumerate();
    lines.map(|(at, line)| if at == 0 { line } else { format!("{indent}{line}") }).collect()
}

impl<'c> WrappedRow<'c> {
    fn new(line: &'c Line, room: u32) -> Self {
        let bold = if line.mark == Mark::Blocked { ("t q", TEXT) } else { ("t b", BOLD) };
        let limits = match &line.mark {
            Mark::Limited(limits) => limits.as_str(),
            _ => "",
        };
        let channels = words::channels(&line.channels);
        let parts = [
            (channels.as_str(), bold),
            (limits, ("f-limit b", BOLD)),
            (line.rest.trim_start(), ("m q", TEXT)),
        ];
        let words = parts.into_iter().flat_map(|(text, of)| {
            let words = text.split(' ').filter(|word| !word.is_empty());
            words.map(move |word| (word, of))
        });
        let (mut lines, mut taken): (Vec<Vec<Span>>, u32) = (Vec::new(), room);
        let blank = width(" ", BOLD);
        for (word, (class, of)) in words {
            let word = cut(word, of, room);
            let needed = width(&word, of);
            let is_first = lines.is_empty();
            if is_first || taken.saturating_add(blank + needed) > room {
                lines.push(vec![(class, word)]);
                taken = needed;
                continue;
            }
            taken += blank + needed;
            match lines.last_mut() {
                Some(spans) => add(spans, class, &word),
                None => lines.push(vec![(class, word)]),
            }
        }
        Self { line, lines }
    }

    fn height(&self) -> u32 {
        ROW_LINE * number(self.lines.len().max(1)) + ROW_GAP
    }

    fn draw(&self, svg: &mut Svg, (x, y): (u32, u32)) {
        svg.begin_group("row", &self.line.sentence());
        line_sample(svg, &self.line.mark, (x, y + 9), self.line.direction == Direction::In);
        for (spans, at) in self.lines.iter().zip(0..) {
            svg.spans((x + LABEL, y + 13 + ROW_LINE * at), spans);
        }
        svg.end_group();
    }
}

/// Adds a word to a line.
fn add(spans: &mut Vec<Span>, class: &'static str, word: &str) {
    match spans.last_mut() {
        Some((last, text)) if *last == class => {
            text.push(' ');
            text.push_str(word);
        }
        _ => spans.push((class, format!(" {word}"))),
    }
}

impl<'c> Placed<'c> {
    fn new(column: &'c Column) -> Self {
        let content = &column.content;
        Self {
            title: column.title(),
            subtitle: wrapped(&column.subtitle(), NOTE, room(0)),
            management: Wrapped::new(&content.management, 1),
            access: Wrapped::new(&content.access, 2),
            work: Wrapped::new(&content.work, 3),
            rows: content.rows.iter().map(|row| WrappedRow::new(row, room(3) - LABEL)).collect(),
            data: Wrapped::new(&content.data, 4),
            personal: Wrapped::new(&content.personal, 3),
            notes: column.notes().iter().flat_map(|note| hanging(note, room(0))).collect(),
        }
    }

    fn work_height(&self) -> u32 {
        self.work.height() + self.rows.iter().map(WrappedRow::height).sum::<u32>()
    }

    /// Draws the column from a place downwards.
    fn draw(&self, svg: &mut Svg, (x, y): (u32, u32), heights: &Heights) {
        svg.rect("card", [x, y, COLUMN, heights.all()], 8);
        svg.words((x + PADDING, y + 20), "t b", &cut(&self.title, BOLD, room(0)));
        for (line, at) in self.subtitle.iter().zip(0..) {
            svg.words((x + PADDING, y + 37 + TEXT_LINE * at), "m s", line);
        }
        let place = |depth: u32, top: u32, height: u32| {
            [x + INSET * depth, top, COLUMN - 2 * INSET * depth, height]
        };
        let management = y + heights.device;
        let frame = place(1, management, heights.inside_management());
        let is_missing = self.management.frame.is_missing;
        svg.rect(if is_missing { "none" } else { "card mdm" }, frame, 7);
        let title = if is_missing { "m k" } else { "t k" };
        self.management.text(svg, (frame[0], management), title);
        let access = management + heights.management;
        let frame = place(2, access, heights.inside_access());
        let has_policy = !self.work.frame.is_missing;
        svg.rect(if has_policy { "card" } else { "none" }, frame, 6);
        self.access.text(svg, (frame[0], access), if has_policy { "t k" } else { "m k" });
        let work = access + heights.access;
        self.draw_work(svg, place(3, work, heights.inside_work()), heights);
        let personal = work + heights.inside_work() + INSET;
        let frame = place(3, personal, heights.personal);
        svg.rect("none", frame, 5);
        self.personal.text(svg, (frame[0], personal), "m k");
        let notes = management + heights.inside_management() + 18;
        for (line, at) in self.notes.iter().zip(0..) {
            svg.words((x + PADDING, notes + TEXT_LINE * at), "m s", line);
        }
    }

    /// Draws the work accounts with the company's data in them.
    fn draw_work(&self, svg: &mut Svg, frame: [u32; 4], heights: &Heights) {
        let [x, y, ..] = frame;
        let is_missing = self.work.frame.is_missing;
        if is_missing {
            svg.rect("none", frame, 6);
        } else {
            svg.rect("area wall", frame, 6);
        }
        self.work.text(svg, (x, y), if is_missing { "m k" } else { "f-wall k" });
        let mut top = y + self.work.height();
        for row in &self.rows {
            row.draw(svg, (x + PADDING, top));
            top += row.height();
        }
        let data = y + heights.work;
        let frame = [x + INSET, data, COLUMN - 2 * INSET * 4, heights.data];
        svg.rect(if self.data.frame.is_missing { "none" } else { "card" }, frame, 5);
        self.data.text(svg, (frame[0], data), "t k");
    }
}

impl Heights {
    fn of(band: &[Placed<'_>]) -> Self {
        let most = |of: &dyn Fn(&Placed<'_>) -> u32| band.iter().map(of).max().unwrap_or(0);
        let lines = |lines: &Vec<String>| match lines.len() {
            0 => 0,
            length => 8 + TEXT_LINE * number(length),
        };
        Self {
            device: most(&|one| 32 + TEXT_LINE * number(one.subtitle.len())),
            management: most(&|one| one.management.height()),
            access: most(&|one| one.access.height()),
            work: most(&|one| one.work_height() + 4),
            data: most(&|one| one.data.height()),
            personal: most(&|one| one.personal.height()),
            notes: most(&|one| lines(&one.notes)),
        }
    }

    fn inside_work(&self) -> u32 {
        self.work + self.data + INSET
    }

    fn inside_access(&self) -> u32 {
        self.access + self.inside_work() + INSET + self.personal + INSET
    }

    fn inside_management(&self) -> u32 {
        self.management + self.inside_access() + INSET
    }

    fn all(&self) -> u32 {
        self.device + self.inside_management() + self.notes + INSET
    }
}
