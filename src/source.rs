//! Source texts of a policy set, and positions in them.
//!
//! Takes in names and texts, gives out ids, spans (byte ranges) and, on demand, lines and columns. Tells
//! policy text from JSON by content. Does not know the language otherwise.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::sync::Arc;

/// The largest text that spans can address, in bytes.
pub(crate) const MAX_BYTES: usize = u32::MAX as usize;

/// A byte offset as spans hold it. Saturates behind [`MAX_BYTES`]; the parser refuses such texts.
pub(crate) fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// Whether a character is not seen where it stands, or changes how the text around it is shown: controls
/// other than tabs and line feeds, marks of direction, characters without width, separators of lines.
#[must_use]
pub fn is_hidden(character: char) -> bool {
    match character {
        '\t' | '\n' => false,
        _ if character.is_control() => true,
        '\u{ad}' | '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' => true,
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200d}' | '\u{2028}'..='\u{2029}' => true,
        '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' => true,
        '\u{fff0}'..='\u{fffb}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => changes_direction(character),
    }
}

/// Whether a character changes the direction in which the text around it is shown.
pub(crate) fn changes_direction(character: char) -> bool {
    matches!(
        character,
        '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

/// A text in which each [hidden](is_hidden) character is an escape, as strings of the language have them.
///
/// ```
/// assert_eq!(mam::source::visible("a\u{202e}b"), r"a\u{202e}b");
/// ```
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    text.chars().for_each(|character| push_visible(&mut out, character));
    Cow::Owned(out)
}

/// A text in which each byte of a hidden character is a question mark. The ends of lines stay.
fn harmless(text: &str) -> Cow<'_, str> {
    let is_end = |at: usize| text.get(at..).is_some_and(|rest| rest.starts_with("\r\n"));
    let is_shown = |at: usize, character: char| !is_hidden(character) || is_end(at);
    if text.char_indices().all(|(at, character)| is_shown(at, character)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if is_shown(at, character) {
            out.push(character);
        } else {
            out.extend(std::iter::repeat_n('?', character.len_utf8()));
        }
    }
    Cow::Owned(out)
}

/// Appends a character, or its escape if it is hidden.
pub(crate) fn push_visible(out: &mut String, character: char) {
    if is_hidden(character) {
        let _infallible = write!(out, "\\u{{{:x}}}", u32::from(character));
    } else {
        out.push(character);
    }
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
    /// The name in tables, if it is another one.
    recorded: Option<Arc<str>>,
    text: Arc<str>,
    /// The text in which each byte of a hidden character is a question mark: offsets are the same.
    harmless: Arc<str>,
    /// Byte offset of each line's first byte.
    lines: Arc<[u32]>,
}

impl Source {
    fn new(kind: SourceKind, name: &str, text: &str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let lines = std::iter::once(0).chain(starts.map(|(at, _)| offset(at + 1))).collect();
        let text: Arc<str> = text.into();
        let harmless = match harmless(&text) {
            Cow::Borrowed(_) => Arc::clone(&text),
            Cow::Owned(harmless) => harmless.into(),
        };
        Self { kind, name: name.into(), recorded: None, text, harmless, lines }
    }

    /// The text as renderers show it.
    pub(crate) fn harmless(&self) -> &Arc<str> {
        &self.harmless
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

    /// The name of the source in tables.
    pub(crate) fn recorded_name(&self) -> &str {
        self.recorded.as_deref().unwrap_or(&self.name)
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

    /// Adds a source with the kind and the names of another one.
    pub(crate) fn add_like(&mut self, other: &Source, text: &str) -> SourceId {
        let id = self.add_as(other.kind, &other.name, text);
        self.record(id, other.recorded.clone());
        id
    }

    /// Sets the name of a source in tables.
    pub(crate) fn record(&mut self, id: SourceId, name: Option<Arc<str>>) {
        if let Some(source) = self.list.get_mut(id.0 as usize) {
            source.recorded = name;
        }
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

    /// The name of a source in tables; empty for an id of other sources.
    pub(crate) fn recorded_name(&self, id: SourceId) -> &str {
        self.get(id).map_or("", Source::recorded_name)
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
