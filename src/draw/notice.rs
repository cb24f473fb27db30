//! Notices: drawings of one line, where there is nothing to draw.
//!
//! Takes in a title and sentences, gives out SVG.

use super::metrics::{NOTE, TEXT, wrapped};
use super::svg::{Svg, document};

/// Where text begins, and the width of a drawing.
const LEFT: u32 = 16;
const WIDTH: u32 = 900;

/// A title, a sentence, and lines that say what it is about.
pub(super) fn svg(title: &str, sentence: &str, about: &[String]) -> String {
    let mut body = Svg::default();
    body.words((LEFT, 28), "t h", title);
    let mut y = 32;
    for line in wrapped(sentence, TEXT, WIDTH - 2 * LEFT) {
        y += 17;
        body.words((LEFT, y), "t", &line);
    }
    for line in about.iter().flat_map(|line| wrapped(line, NOTE, WIDTH - 2 * LEFT)) {
        y += 17;
        body.words((LEFT, y), "m s", &line);
    }
    let description = format!("{title}: {sentence}. {}", about.join(". "));
    document((WIDTH, y + 14), title, &description, body)
}
