//! Elements of SVG as text, with everything escaped.
//!
//! Takes in names, attributes and text, gives out markup, and whole documents of it.

use super::style;

/// Markup that grows.
#[derive(Default)]
pub(super) struct Svg {
    text: String,
}

/// A text with the characters of markup escaped. What XML cannot have is a question mark.
pub(super) fn escaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => found.push_str("&amp;"),
            '<' => found.push_str("&lt;"),
            '>' => found.push_str("&gt;"),
            '"' => found.push_str("&quot;"),
            '\'' => found.push_str("&#39;"),
            '\t' | '\n' | '\r' => found.push(' '),
            one if one.is_control() || matches!(one, '\u{fffe}' | '\u{ffff}') => found.push('?'),
            one => found.push(one),
        }
    }
    found
}

impl Svg {
    /// Adds markup as it is.
    pub(super) fn raw(&mut self, markup: &str) {
        self.text.push_str(markup);
    }

    /// A text at a place, with its classes.
    pub(super) fn words(&mut self, (x, y): (u32, u32), class: &str, text: &str) {
        let text = escaped(text);
        self.raw(&format!("<text x=\"{x}\" y=\"{y}\" class=\"{class}\">{text}</text>\n"));
    }

    /// A text of several spans.
    pub(super) fn spans(&mut self, (x, y): (u32, u32), spans: &[(&str, String)]) {
        self.raw(&format!("<text x=\"{x}\" y=\"{y}\" class=\"t\">"));
        for (class, text) in spans {
            self.raw(&format!("<tspan class=\"{class}\">{}</tspan>", escaped(text)));
        }
        self.raw("</text>\n");
    }

    /// A path.
    pub(super) fn path(&mut self, class: &str, path: &str) {
        self.raw(&format!("<path d=\"{path}\" class=\"{class}\"/>\n"));
    }

    /// A rectangle with a corner radius.
    pub(super) fn rect(&mut self, class: &str, [x, y, width, height]: [u32; 4], radius: u32) {
        self.raw(&format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{radius}\" \
             class=\"{class}\"/>\n"
        ));
    }

    /// A group with a title of its own, until [`end_group`](Self::end_group).
    pub(super) fn begin_group(&mut self, class: &str, title: &str) {
        self.raw(&format!("<g class=\"{class}\"><title>{}</title>\n", escaped(title)));
    }

    pub(super) fn end_group(&mut self) {
        self.raw("</g>\n");
    }
}

/// A whole drawing of a size, with its title and its text for whoever cannot see it.
pub(super) fn document(size: (u32, u32), title: &str, description: &str, body: Svg) -> String {
    let mut head = Svg::default();
    head.raw(&format!("<title id=\"t\">{}</title>\n", escaped(title)));
    head.raw(&format!("<desc id=\"d\">{}</desc>\n", escaped(description)));
    head.raw(&format!("<style>\n{}</style>\n", style::sheet()));
    let names = "role=\"img\" aria-labelledby=\"t\" aria-describedby=\"d\"";
    whole(size, ["xmlns=\"http://www.w3.org/2000/svg\" ", names], head, body)
}

/// A drawing as an element of a page that has the style sheet.
pub(super) fn page_element(size: (u32, u32), title: &str, body: Svg) -> String {
    let names = format!("role=\"img\" aria-label=\"{}\"", escaped(title));
    whole(size, ["", &names], Svg::default(), body)
}

/// An element with a background; attributes stand in front of its measures and behind them.
fn whole((width, height): (u32, u32), [before, after]: [&str; 2], head: Svg, body: Svg) -> String {
    let mut whole = Svg::default();
    whole.raw(&format!(
        "<svg {before}viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" {after}>\n"
    ));
    whole.raw(&head.text);
    whole.rect("bg", [0, 0, width, height], 0);
    whole.raw(&body.text);
    whole.raw("</svg>\n");
    whole.text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_text_is_escaped() {
        assert_eq!(escaped("<script>\"&'\u{7}\n"), "&lt;script&gt;&quot;&amp;&#39;? ");
    }
}
