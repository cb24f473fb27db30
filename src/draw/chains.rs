//! Layout of leaks: chains of boxes, and below them the panel in which the first one runs.
//!
//! Takes in leaks and a panel, gives out SVG. A box with a thick edge belongs to the company.

use super::layout;
use super::leak::{Leak, LeakHop, LeakNode, sentence};
use super::marks::badge;
use super::metrics::{BOLD, NOTE, TEXT, TITLE, Type, cut, width, wrapped};
use super::panel::Panel;
use super::svg::{Svg, document};

/// Where text begins, and the width of a drawing with a gutter for what moves outside.
const LEFT: u32 = 16;
const WIDTH: u32 = 930;
/// The room of a movement between two boxes, and the boxes of a line.
const ARROW: u32 = 92;
const ABREAST: usize = 4;
/// The widest box.
const BOX_WIDTH: u32 = 196;
/// The distance of two lines of text, and where the right column begins.
const TEXT_LINE: u32 = 17;
const RIGHT: u32 = 476;

/// A drawing of leaks.
pub(super) fn svg(leaks: &[Leak], panel: Option<&Panel>, notes: &[String]) -> String {
    let mut body = Svg::default();
    let mut bottom = 0;
    for leak in leaks {
        bottom = chain(&mut body, leak, bottom) + 12;
    }
    if let Some(panel) = panel {
        bottom = layout::panels(&mut body, std::slice::from_ref(panel), bottom);
    }
    let notes_at = bottom;
    for line in notes.iter().flat_map(|note| wrapped(note, NOTE, WIDTH - 2 * LEFT)) {
        bottom += TEXT_LINE;
        body.words((LEFT, bottom), "m s", &line);
    }
    let height = bottom + if notes_at == bottom { 4 } else { 14 };
    let titles: Vec<&str> = leaks.iter().map(|leak| leak.title.as_str()).collect();
    let title = format!("Where company data leaks. {}", titles.join(". "));
    let mut sentences: Vec<String> = leaks.iter().map(Leak::description).collect();
    sentences.extend(panel.map(|panel| layout::description(std::slice::from_ref(panel), &[])));
    sentences.extend(notes.iter().cloned());
    document((WIDTH, height), &title, &sentences.join(" "), body)
}

/// Draws a chain with its rules; gives where it ends.
fn chain(svg: &mut Svg, leak: &Leak, top: u32) -> u32 {
    svg.words((LEFT, top + 28), "t h", &cut(&leak.title, TITLE, WIDTH - 2 * LEFT));
    let mut y = top + 30;
    for line in wrapped(&leak.subtitle, TEXT, WIDTH - 2 * LEFT) {
        y += TEXT_LINE;
        svg.words((LEFT, y), "m", &line);
    }
    let boxes = boxes(svg, leak, y + 14);
    let left = causes(svg, leak, boxes);
    let right = closes(svg, leak, boxes);
    left.max(right)
}

/// Draws the boxes, line by line: a line that goes on begins with a movement.
fn boxes(svg: &mut Svg, leak: &Leak, top: u32) -> u32 {
    let all = u32::try_from(leak.nodes.len().min(ABREAST)).unwrap_or(1).max(1);
    let wide = ((WIDTH - 2 * LEFT - ARROW * (all - 1)) / all).min(BOX_WIDTH);
    let most = leak.nodes.iter().map(|node| box_lines(node, wide).len()).max().unwrap_or(0);
    let high = 12 + TEXT_LINE * u32::try_from(most).unwrap_or(1);
    let (mut x, mut y) = (LEFT, top);
    for (at, node) in leak.nodes.iter().enumerate() {
        if let Some((number, hop)) =
            at.checked_sub(1).and_then(|at| Some((at + 1, leak.hops.get(at)?)))
        {
            if x + ARROW + wide > WIDTH - LEFT {
                (x, y) = (LEFT, y + high + 16);
            }
            let ends = leak.nodes.get(at - 1..=at).unwrap_or_default();
            svg.begin_group("row", &sentence(number, hop, ends));
            arrow(svg, (number, hop), (x, y + high / 2));
            svg.end_group();
            x += ARROW;
        }
        node_box(svg, node, [x, y, wide, high]);
        x += wide;
    }
    y + high
}

/// The text of a box: at most two lines of its title, and two of its kind.
fn box_lines(node: &LeakNode, wide: u32) -> Vec<(&'static str, String)> {
    let lines = |class: &'static str, text: &str, of: Type| {
        let mut lines = wrapped(text, of, wide - 20);
        if lines.len() > 2 {
            let rest = lines.split_off(1).join(" ");
            lines.push(cut(&rest, of, wide - 20));
        }
        lines.into_iter().map(move |line| (class, line)).collect::<Vec<_>>()
    };
    let mut found = lines("t b", &node.title, BOLD);
    found.extend(lines("m s", &node.kind, NOTE));
    found
}

fn node_box(svg: &mut Svg, node: &LeakNode, place: [u32; 4]) {
    let [x, y, wide, _] = place;
    svg.rect(if node.is_company { "area wall thin" } else { "card" }, place, 5);
    for ((class, line), at) in box_lines(node, wide).iter().zip(0..) {
        svg.words((x + 10, y + 19 + TEXT_LINE * at), class, line);
    }
}

fn arrow(svg: &mut Svg, (number, hop): (usize, &LeakHop), (x, y): (u32, u32)) {
    badge(svg, number, (x + 14, y - 12));
    svg.words((x + 26, y - 8), "t b", hop.channel.word());
    svg.path("line l-leak", &format!("M{x} {y}H{}", x + ARROW - 9));
    let tip = x + ARROW - 1;
    svg.path("f-leak", &format!("M{tip} {y}L{} {}V{}Z", tip - 10, y - 6, y + 6));
}

/// The rule of each movement; gives where they end.
fn causes(svg: &mut Svg, leak: &Leak, top: u32) -> u32 {
    let mut y = top + 8;
    let room = RIGHT - LEFT - 40;
    for (number, hop) in (1..).zip(&leak.hops) {
        y += TEXT_LINE + 3;
        badge(svg, number, (LEFT + 8, y - 4));
        let one_line = width(&hop.cause, BOLD) + width(&hop.place, NOTE) + 8 <= room;
        if one_line {
            let place = format!("  {}", hop.place);
            svg.spans((LEFT + 22, y), &[("t b", hop.cause.clone()), ("m s", place)]);
            continue;
        }
        let lines = wrapped(&hop.cause, BOLD, room).into_iter().map(|line| ("t b", line));
        let places = wrapped(&hop.place, NOTE, room).into_iter().map(|line| ("m s", line));
        for (at, (class, line)) in lines.chain(places).enumerate() {
            y += if at == 0 { 0 } else { TEXT_LINE };
            svg.words((LEFT + 22, y), class, &line);
        }
    }
    y + 6
}

/// What closes the path; gives where it ends.
fn closes(svg: &mut Svg, leak: &Leak, top: u32) -> u32 {
    let mut y = top + 11 + TEXT_LINE;
    svg.words((RIGHT, y), "t b", "What closes it");
    for close in &leak.closes {
        for (at, line) in wrapped(close, NOTE, WIDTH - LEFT - RIGHT - 12).iter().enumerate() {
            y += if at == 0 { TEXT_LINE + 2 } else { TEXT_LINE - 2 };
            svg.words((RIGHT + if at == 0 { 0 } else { 12 }, y), "t s", line);
        }
    }
    y + 6
}
