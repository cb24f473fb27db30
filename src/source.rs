//! Source texts of a policy set, and positions in them.
//!
//! Takes in names and texts, gives out ids, spans (byte ranges) and, on demand, lines and columns. Tells
//! policy text from JSON by content. Does not know the language otherwise.

use std::sync::Arc;

/// The largest text that spans can address, in bytes.
pub(crate) const MAX_BYTES: usize = u32::MAX as usize;

/// A byte offset as spans hold it. Saturates behind [`MAX_BYTES`]; the parser refuses such texts.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The id of a source in its [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(u32);

/// A range of bytes in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The source.
    pub source: SourceId,
    /// The first byte.
    pub start: u32,
    /// The first byte behind the range.
    pub end: u32,
}

impl Span {
    /// The smallest span that covers both spans, which must be of one source.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self {
            source: self.source,
            start: self.start.min(other.start),
            end: self.end.max(other.end),
        }
    }

    /// The empty span at the end of this one.
    #[must_use]
    pub fn after(self) -> Self {
        Self { start: self.end, ..self }
    }
}

/// A value with its place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// The kind of a source. Its content tells, when it is added; its name does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SourceKind {
    /// Text in the language.
    Policy,
    /// Text in the language that comes with the crate.
    Catalogue,
    /// JSON: policies as another system exports them.
    Json,
}

impl SourceKind {
    /// The kind of a text, by its first character. Text in the language opens with `mam 1` or a comment.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let text = text.trim_start_matches('\u{FEFF}').trim_start();
        if text.starts_with(['{', '[']) { Self::Json } else { Self::Policy }
    }
}

/// A source: a text and its name.
#[derive(Debug, Clone)]
pub struct Source {
    kind: SourceKind,
    name: Arc<str>,
    text: Arc<str>,
    /// Byte offset of each line's first byte.
    lines: Arc<[u32]>,
}

impl Source {
    fn new(kind: SourceKind, name: &str, text: &str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(starts.map(|(at, _)| offset(at + 1))).collect();
        Self { kind, name: name.into(), text: text.into(), lines }
    }

    /// The kind of the source.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        self.kind
    }

    /// The name of the source: a path, or the name of a catalogue.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text, without a byte order mark.
    #[must_use]
    pub fn text(&self) -> &Arc<str> {
        &self.text
    }
}

/// A position as editors show it. Both numbers count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

/// The sources of a policy set, in the order of loading.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    list: Vec<Source>,
}

impl Sources {
    /// Adds a source; its content tells its kind. A byte order mark at the start of the text is dropped.
    pub fn add(&mut self, name: &str, text: &str) -> SourceId {
        self.add_as(SourceKind::of(text), name, text)
    }

    /// Adds a source of a known kind.
    pub(crate) fn add_as(&mut self, kind: SourceKind, name: &str, text: &str) -> SourceId {
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        let id = SourceId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        self.list.push(Source::new(kind, name, text));
        id
    }

    /// The source with this id; `None` for an id of other sources.
    #[must_use]
    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.list.get(id.0 as usize)
    }

    /// The name of a source; empty for an id of other sources.
    #[must_use]
    pub fn name(&self, id: SourceId) -> &str {
        self.get(id).map_or("", Source::name)
    }

    /// Whether a source is text in the language that its author can edit. Catalogues, exports of other
    /// systems and empty texts are not.
    pub(crate) fn is_authored(&self, id: SourceId) -> bool {
        self.get(id).is_some_and(|one| one.kind == SourceKind::Policy && !one.text.is_empty())
    }

    /// The name of a source that is a catalogue.
    pub(crate) fn catalogue(&self, id: SourceId) -> Option<&str> {
        self.get(id).filter(|one| one.kind == SourceKind::Catalogue).map(Source::name)
    }

    /// The sources with their ids.
    pub fn iter(&self) -> impl Iterator<Item = (SourceId, &Source)> {
        (0..).map(SourceId).zip(&self.list)
    }

    /// The text of a span; empty if the span is no range of the source.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.list
            .get(span.source.0 as usize)
            .and_then(|source| source.text.get(span.start as usize..span.end as usize))
            .unwrap_or("")
    }

    /// The line and column of a span's first byte.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        let lines = self.get(span.source).map_or(&[][..], |source| &source.lines);
        let line = lines.partition_point(|start| *start <= span.start).max(1);
        let start = lines.get(line - 1).copied().unwrap_or(0);
        let before = self.slice(Span { start, end: span.start, ..span });
        Position { line, column: before.chars().count() + 1 }
    }
}
