//! Layout: units of a file, and their text.
//!
//! A unit is a declaration, a statement or a line of an app, with its comments and blank lines. Takes
//! in units, gives out text. Carries the byte offsets of units for the placing of comments, and does
//! not read them.

use super::json::{compact, pretty};
use super::line::{INDENT, Line, WIDTH, length};
use crate::source::Span;
use crate::syntax::ast;

/// The widest first word that neighbours are padded to.
const PADDING: usize = 40;

/// The kind of a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Version,
    Use,
    Tenant,
    App,
    Storage,
    Group,
    Users,
    Filter,
    Policy,
    Expect,
    Head,
    Rule,
    Access,
    Setting,
    Ids,
    Trait,
}

impl Kind {
    /// Whether the units of this kind in a paragraph align behind their first words.
    const fn is_padded(self) -> bool {
        match self {
            Self::Group
            | Self::Users
            | Self::Filter
            | Self::Head
            | Self::Rule
            | Self::Access
            | Self::Ids => true,
            Self::Version
            | Self::Use
            | Self::Tenant
            | Self::App
            | Self::Storage
            | Self::Policy
            | Self::Expect
            | Self::Setting
            | Self::Trait => false,
        }
    }

    /// Whether a blank line separates neighbours of these kinds by default.
    pub(super) fn stands_apart_from(self, other: Self) -> bool {
        let in_app = |kind| matches!(kind, Self::Ids | Self::Trait);
        self != other && !(in_app(self) && in_app(other))
    }
}

/// A declaration, a statement or a line of an app, with its comments.
pub(super) struct Unit<'a> {
    pub(super) kind: Kind,
    /// The first byte in the source, documentation included.
    pub(super) start: u32,
    /// The first byte behind.
    pub(super) end: u32,
    pub(super) docs: &'a [ast::Text],
    pub(super) body: Body<'a>,
    pub(super) block: Option<Block<'a>>,
    pub(super) above: Vec<Own<'a>>,
    /// Whether a blank line precedes the unit, below the comments above it. `None` for units without
    /// a source.
    pub(super) blank: Option<bool>,
    pub(super) trailing: Option<&'a str>,
}

impl<'a> Unit<'a> {
    pub(super) fn new(kind: Kind, body: impl Into<Body<'a>>) -> Self {
        Self {
            kind,
            start: 0,
            end: 0,
            docs: &[],
            body: body.into(),
            block: None,
            above: Vec::new(),
            blank: None,
            trailing: None,
        }
    }

    pub(super) fn at(self, docs: &'a [ast::Text], span: Span) -> Self {
        let start = docs.first().map_or(span.start, |doc| doc.span.start.min(span.start));
        Self { start, end: span.end, docs, ..self }
    }

    pub(super) fn holding(self, units: Vec<Self>) -> Self {
        Self { block: Some(Block::new(units)), ..self }
    }

    /// The opening brace of the block, with the closing one if the block is empty.
    fn brace(&self) -> Option<&'static str> {
        let block = self.block.as_ref()?;
        Some(if block.is_empty() { "{}" } else { "{" })
    }

    /// Whether a blank line separates the unit, comments included, from the one above.
    pub(super) fn opens_paragraph(&self) -> bool {
        self.blank == Some(true) || self.above.iter().any(|own| own.blank)
    }

    /// Separates the unit, comments included, from the one above by a blank line.
    pub(super) fn open_paragraph(&mut self) {
        match self.above.first_mut() {
            Some(own) => own.blank = true,
            None => self.blank = Some(true),
        }
    }
}

/// The units in braces, or of a whole file.
pub(super) struct Block<'a> {
    /// The comment behind the opening brace.
    pub(super) opening: Option<&'a str>,
    pub(super) units: Vec<Unit<'a>>,
    /// The comments before the closing brace.
    pub(super) closing: Vec<Own<'a>>,
}

impl<'a> Block<'a> {
    pub(super) const fn new(units: Vec<Unit<'a>>) -> Self {
        Self { opening: None, units, closing: Vec::new() }
    }

    fn is_empty(&self) -> bool {
        self.opening.is_none() && self.units.is_empty() && self.closing.is_empty()
    }
}

/// A comment on a line of its own.
pub(super) struct Own<'a> {
    pub(super) text: &'a str,
    /// Whether a blank line precedes the comment.
    pub(super) blank: bool,
}

/// The text of a unit up to its brace, in a form that knows where to break.
pub(super) enum Body<'a> {
    Line(Line),
    /// `require pin`, the fields in braces, the clauses behind them.
    Fields(Line, Vec<String>, Line),
    /// `setting "…" =` and an array or object that is not empty.
    Json(Line, &'a ast::Json),
}

impl From<Line> for Body<'_> {
    fn from(line: Line) -> Self {
        Self::Line(line)
    }
}

impl Body<'_> {
    const fn line(&self) -> &Line {
        match self {
            Self::Line(line) | Self::Fields(line, ..) | Self::Json(line, _) => line,
        }
    }

    /// The text on one line.
    pub(super) fn text(&self) -> String {
        self.text_with(&self.line().text())
    }

    fn text_with(&self, start: &str) -> String {
        match self {
            Self::Line(_) => start.to_owned(),
            Self::Fields(_, fields, tail) => {
                format!("{start} {{ {} {}", fields.join("  "), tail.text())
            }
            Self::Json(_, value) => format!("{start} {}", compact(value)),
        }
    }

    /// The text on several lines if one is too short, with the first word padded to `width` and
    /// `brace` at the end.
    fn layout(&self, width: usize, indent: usize, brace: Option<&str>) -> String {
        let text = self.text_with(&self.line().fill(width, indent, brace));
        if indent + length(&text) <= WIDTH {
            return text;
        }
        match self {
            Self::Line(_) => text,
            Self::Fields(line, fields, tail) => {
                let start = line.fill(width, indent, Some("{"));
                let step = format!("\n{:1$}", "", indent + INDENT);
                let tail = tail.fill(0, indent, None);
                format!("{start}{step}{}\n{:indent$}{tail}", fields.join(&step), "")
            }
            Self::Json(line, value) => {
                let value = pretty(value, indent, 0);
                let (bracket, rest) = value.split_at_checked(1).unwrap_or((&value, ""));
                line.fill(width, indent, Some(bracket)) + rest
            }
        }
    }
}

/// Writes the units of a block.
pub(super) fn write_block(out: &mut String, block: &Block<'_>, indent: usize) {
    for paragraph in block.units.chunk_by(|_, next| !next.opens_paragraph()) {
        let widths = widths(paragraph);
        for unit in paragraph {
            let width = widths.iter().find(|(kind, _)| *kind == unit.kind);
            write_unit(out, unit, width.map_or(0, |(_, width)| *width), indent);
        }
    }
    write_own(out, &block.closing, indent);
}

/// The widest first word of each aligned kind in a paragraph, up to [`PADDING`].
fn widths(paragraph: &[Unit<'_>]) -> Vec<(Kind, usize)> {
    let mut widths: Vec<(Kind, usize)> = Vec::new();
    for unit in paragraph.iter().filter(|unit| unit.kind.is_padded()) {
        let length = unit.body.line().key_length();
        if length > PADDING {
            continue;
        }
        match widths.iter_mut().find(|(kind, _)| *kind == unit.kind) {
            Some((_, width)) => *width = length.max(*width),
            None => widths.push((unit.kind, length)),
        }
    }
    widths
}

fn write_unit(out: &mut String, unit: &Unit<'_>, width: usize, indent: usize) {
    write_own(out, &unit.above, indent);
    if unit.blank == Some(true) {
        out.push('\n');
    }
    for line in unit.docs.iter().flat_map(|doc| doc.value.split('\n')) {
        write_line(out, format!("/// {line}").trim_end(), indent);
    }
    out.push_str(&format!("{:indent$}{}", "", unit.body.layout(width, indent, unit.brace())));
    if let Some(block) = unit.block.as_ref().filter(|block| !block.is_empty()) {
        write_inside(out, block, indent);
    }
    end_line(out, unit.trailing);
}

/// Writes a block behind its opening brace, and the closing brace.
fn write_inside(out: &mut String, block: &Block<'_>, indent: usize) {
    end_line(out, block.opening);
    write_block(out, block, indent + INDENT);
    out.push_str(&format!("{:indent$}}}", ""));
}

fn write_own(out: &mut String, comments: &[Own<'_>], indent: usize) {
    for comment in comments {
        if comment.blank {
            out.push('\n');
        }
        write_line(out, comment.text, indent);
    }
}

fn write_line(out: &mut String, text: &str, indent: usize) {
    out.push_str(&format!("{:indent$}{text}\n", ""));
}

fn end_line(out: &mut String, comment: Option<&str>) {
    if let Some(comment) = comment {
        out.push_str("  ");
        out.push_str(comment);
    }
    out.push('\n');
}
