//! Marks: heads of lines, posts of limits, bars of blocked movements, and what they mean.
//!
//! Takes in places, gives out shapes.

use super::metrics::{NOTE, width};
use super::panel::{ChangeMark, Mark};
use super::svg::Svg;

/// A test of a mark.
type IsMark = fn(&Mark) -> bool;

/// Whether a mark is a change of some kinds.
fn is_change(mark: &Mark, kinds: &[ChangeMark]) -> bool {
    matches!(mark, Mark::Changed(change) if kinds.contains(&change.kind))
}

/// The marks of a legend, in words.
const MEANINGS: [(IsMark, &str); 9] = [
    (|mark| matches!(mark, Mark::Allowed), "allowed"),
    (|mark| matches!(mark, Mark::Limited(_)), "allowed with a limit"),
    (|mark| matches!(mark, Mark::Blocked), "blocked"),
    (|mark| matches!(mark, Mark::Free), "not enforced: no policy applies"),
    (|mark| matches!(mark, Mark::Reported(_)), "report only: would be decided in another way"),
    (|mark| is_change(mark, &[ChangeMark::Opened, ChangeMark::Looser]), "+ opened, or looser"),
    (|mark| is_change(mark, &[ChangeMark::Limits]), "± one limit looser, another tighter"),
    (|mark| is_change(mark, &[ChangeMark::Tighter]), "− tighter, still allowed"),
    (|mark| is_change(mark, &[ChangeMark::Closed]), "− closed"),
];

/// The marks that are used, in words, below a line from left to right at a height. Gives where it ends.
pub(super) fn legend(svg: &mut Svg, used: &[&Mark], (left, right, top): (u32, u32, u32)) -> u32 {
    svg.path("hair", &format!("M{left} {top}H{right}"));
    let (mut x, mut y) = (left, top + 18);
    for (is_it, text) in MEANINGS {
        let Some(mark) = used.iter().find(|mark| is_it(mark)) else { continue };
        let needed = 46 + width(text, NOTE);
        if x > left && x + needed > right {
            (x, y) = (left, y + 22);
        }
        line_sample(svg, mark, (x, y), false);
        svg.words((x + 46, y + 4), "t s", text);
        x += needed + 26;
    }
    y + 14
}

/// A short line with a mark, which runs to the right, or back to the left.
pub(super) fn line_sample(svg: &mut Svg, mark: &Mark, (x, y): (u32, u32), is_back: bool) {
    let (start, end) = match (mark.colour(), is_back) {
        ("free", _) => (x, x + 37),
        (_, true) => (x + 9, x + 37),
        (_, false) => (x, x + 28),
    };
    svg.path(&format!("line l-{}", mark.colour()), &format!("M{start} {y}H{end}"));
    if mark.stops() {
        bar(svg, mark, if is_back { x + 6 } else { x + 31 }, y);
        return;
    }
    if matches!(mark, Mark::Reported(one) if one.is_blocked) {
        hollow_bar(svg, x + 16, y);
    }
    head(svg, mark, (if is_back { x } else { x + 37 }, y), !is_back);
    if mark.is_limited() {
        posts(svg, mark, if is_back { x + 23 } else { x + 14 }, y);
    }
}

/// The head of a line with its tip at a place, to the right or to the left.
pub(super) fn head(svg: &mut Svg, mark: &Mark, (x, y): (u32, u32), is_right: bool) {
    let back = if is_right { x.saturating_sub(9) } else { x + 9 };
    if mark.colour() == "free" {
        let path = format!("M{back} {}L{x} {y}L{back} {}", y - 5, y + 5);
        svg.path("line l-free head", &path);
        return;
    }
    let path = format!("M{x} {y}L{back} {}V{}Z", y - 5, y + 5);
    svg.path(&format!("f-{}", mark.colour()), &path);
}

/// The posts of a limit.
pub(super) fn posts(svg: &mut Svg, mark: &Mark, x: u32, y: u32) {
    let [left, right] = [x - 4, x + 4];
    let [top, bottom] = [y - 9, y + 9];
    svg.path(
        &format!("line l-{} post", mark.colour()),
        &format!("M{left} {top}v5.5M{right} {top}v5.5M{left} {bottom}v-5.5M{right} {bottom}v-5.5"),
    );
}

/// The bar at which a line ends.
pub(super) fn bar(svg: &mut Svg, mark: &Mark, x: u32, y: u32) {
    svg.rect(&format!("f-{}", mark.colour()), [x - 3, y - 9, 6, 18], 0);
}

/// The bar at which a line would end.
pub(super) fn hollow_bar(svg: &mut Svg, x: u32, y: u32) {
    svg.rect("hollow", [x - 4, y - 9, 8, 18], 0);
}

/// The number of a movement in a disc around a place.
pub(super) fn badge(svg: &mut Svg, number: usize, (x, y): (u32, u32)) {
    svg.rect("f-leak", [x - 8, y - 8, 16, 16], 8);
    svg.words((x, y + 4), "i c", &number.to_string());
}
