//! Marks: heads of lines, posts of limits, bars of blocked movements, and what they mean.
//!
//! Takes in places, gives out shapes.

use super::metrics::{NOTE, width};
use super::panel::Mark;
use super::svg::Svg;

/// A test of a mark.
type IsMark = fn(&Mark) -> bool;

/// The marks that are used, in words, below a line from left to right at a height. Gives where it ends.
pub(super) fn legend(svg: &mut Svg, used: &[&Mark], (left, right, top): (u32, u32, u32)) -> u32 {
    let marks: [(IsMark, &str); 4] = [
        (|mark| matches!(mark, Mark::Allowed), "allowed"),
        (|mark| matches!(mark, Mark::Limited(_)), "allowed with a limit"),
        (|mark| matches!(mark, Mark::Blocked), "blocked"),
        (|mark| matches!(mark, Mark::Free), "not enforced: no policy applies"),
    ];
    svg.path("hair", &format!("M{left} {top}H{right}"));
    let (mut x, mut y) = (left, top + 18);
    for (is_it, text) in marks {
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
    let (start, end) = if is_back { (x + 9, x + 37) } else { (x, x + 28) };
    let tip = if is_back { x } else { x + 37 };
    match mark {
        Mark::Allowed | Mark::Limited(_) => {
            let class = if *mark == Mark::Allowed { "allow" } else { "limit" };
            svg.path(&format!("line l-{class}"), &format!("M{start} {y}H{end}"));
            head(svg, mark, (tip, y), !is_back);
            if *mark != Mark::Allowed {
                posts(svg, if is_back { x + 23 } else { x + 14 }, y);
            }
        }
        Mark::Free => {
            svg.path("line l-free", &format!("M{x} {y}H{}", x + 37));
            head(svg, mark, (tip, y), !is_back);
        }
        Mark::Blocked => {
            svg.path("line l-block", &format!("M{start} {y}H{end}"));
            bar(svg, if is_back { x + 6 } else { x + 31 }, y);
        }
    }
}

/// The head of a line with its tip at a place, to the right or to the left.
pub(super) fn head(svg: &mut Svg, mark: &Mark, (x, y): (u32, u32), is_right: bool) {
    let back = if is_right { x.saturating_sub(9) } else { x + 9 };
    match mark {
        Mark::Free => {
            let path = format!("M{back} {}L{x} {y}L{back} {}", y - 5, y + 5);
            svg.path("line l-free head", &path);
        }
        mark => {
            let class = if matches!(mark, Mark::Limited(_)) { "f-limit" } else { "f-allow" };
            svg.path(class, &format!("M{x} {y}L{back} {}V{}Z", y - 5, y + 5));
        }
    }
}

/// The posts of a limit.
pub(super) fn posts(svg: &mut Svg, x: u32, y: u32) {
    let [left, right] = [x - 4, x + 4];
    let [top, bottom] = [y - 9, y + 9];
    svg.path(
        "line l-limit post",
        &format!("M{left} {top}v5.5M{right} {top}v5.5M{left} {bottom}v-5.5M{right} {bottom}v-5.5"),
    );
}

pub(super) fn bar(svg: &mut Svg, x: u32, y: u32) {
    svg.rect("f-block", [x - 3, y - 9, 6, 18], 0);
}
