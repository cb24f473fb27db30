//! Positions: between bytes of a text and lines and columns of an editor.
//!
//! Editors count columns in units of UTF-16 unless they agree on bytes. A line ends with a line feed, a
//! carriage return, or both. A byte order mark that an editor sends counts as a character of its first line; no text here
//! has it, as no source has.

use std::sync::Arc;

use lsp_types::{ClientCapabilities, Position, PositionEncodingKind, Range};

/// The unit of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    Utf8,
    #[default]
    Utf16,
}

impl Encoding {
    /// The unit for an editor: bytes if it knows them.
    pub(super) fn of(client: &ClientCapabilities) -> Self {
        let known = client.general.as_ref().and_then(|general| general.position_encodings.as_ref());
        let has_bytes = known.is_some_and(|known| known.contains(&PositionEncodingKind::UTF8));
        if has_bytes { Self::Utf8 } else { Self::Utf16 }
    }

    /// The length of a text in this unit.
    pub(super) fn length(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }

    /// The length of a character in this unit.
    const fn width(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
        }
    }

    /// The byte of a text before which a number of units stand; its end if it has fewer.
    fn byte(self, text: &str, units: usize) -> usize {
        let mut left = units;
        for (at, character) in text.char_indices() {
            let length = self.width(character);
            if left < length {
                return at;
            }
            left -= length;
        }
        text.len()
    }
}

/// A place in a text up to which units are counted.
#[derive(Debug, Clone, Copy)]
struct Mark {
    byte: usize,
    units: usize,
}

/// The bytes between two marks, at least. Lines may be long: no place is counted from the start of its line.
const STEP: usize = 256;

/// A byte order mark.
const MARK: char = '\u{FEFF}';

/// A text with the places of its lines.
#[derive(Debug, Clone)]
pub(super) struct IndexedText {
    text: Arc<str>,
    /// Whether the editor has a byte order mark in front of it.
    is_marked: bool,
    /// The first byte of each line.
    starts: Arc<[usize]>,
    /// Places with the number of units before them, in order.
    marks: Arc<[Mark]>,
    encoding: Encoding,
}

impl IndexedText {
    /// The text of an editor.
    pub(super) fn new(text: &str, encoding: Encoding) -> Self {
        match text.strip_prefix(MARK) {
            Some(rest) => Self { is_marked: true, ..Self::shared(rest.into(), encoding) },
            None => Self::shared(text.into(), encoding),
        }
    }

    /// The text of a source.
    pub(super) fn shared(text: Arc<str>, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let ends_line = |at: &usize| match bytes.get(*at) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(*at + 1) != Some(&b'\n'),
            _ => false,
        };
        let ends = (0..bytes.len()).filter(ends_line);
        let starts = std::iter::once(0).chain(ends.map(|at| at + 1)).collect();
        let marks = marks(&text, encoding);
        Self { text, is_marked: false, starts, marks, encoding }
    }

    /// The units before a byte.
    fn units(&self, byte: usize) -> usize {
        let mark = self.marks.partition_point(|mark| mark.byte <= byte);
        let Mark { byte: start, units } = self.mark(mark);
        units + self.encoding.length(self.text.get(start..byte).unwrap_or(""))
    }

    /// The last mark of a number of marks; the start of the text if it has none.
    fn mark(&self, number: usize) -> Mark {
        let last = number.checked_sub(1).and_then(|last| self.marks.get(last));
        last.copied().unwrap_or(Mark { byte: 0, units: 0 })
    }

    pub(super) fn text(&self) -> &Arc<str> {
        &self.text
    }

    /// The text after a change in the editor.
    pub(super) fn replaced(&self, range: Range, with: &str) -> Self {
        let mark = if self.is_marked { MARK.len_utf8() } else { 0 };
        let byte = |position: Position| match (position.line, position.character) {
            (0, 0) => 0,
            _ => mark + self.offset(position),
        };
        let (start, end) = (byte(range.start), byte(range.end));
        let mut text = if self.is_marked { MARK.to_string() } else { String::new() };
        text.push_str(&self.text);
        text.replace_range(start..end.max(start), with);
        Self::new(&text, self.encoding)
    }

    /// The units of the byte order mark, if a line begins with it.
    const fn mark_units(&self, line: usize) -> usize {
        if self.is_marked && line == 0 { self.encoding.width(MARK) } else { 0 }
    }

    /// The bytes of a line without its end; empty behind the last line.
    pub(super) fn line(&self, line: usize) -> std::ops::Range<usize> {
        let Some(start) = self.starts.get(line).copied() else {
            return self.text.len()..self.text.len();
        };
        let end = self.starts.get(line + 1).copied().unwrap_or(self.text.len());
        let text = self.text.get(start..end).unwrap_or("");
        start..start + text.trim_end_matches(['\n', '\r']).len()
    }

    /// The byte at a position. Positions behind the end of a line stand for its end.
    pub(super) fn offset(&self, position: Position) -> usize {
        let line = self.line(position.line as usize);
        let mark = self.mark_units(position.line as usize);
        let column = (position.character as usize).saturating_sub(mark);
        let units = self.units(line.start).saturating_add(column);
        let mark = self.marks.partition_point(|mark| mark.units <= units);
        let start = self.mark(mark).byte.max(line.start);
        let text = self.text.get(start..line.end.max(start)).unwrap_or("");
        let at = start + self.encoding.byte(text, units.saturating_sub(self.units(start)));
        at.min(line.end)
    }

    /// The position of a byte.
    pub(super) fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let column = self.units(byte).saturating_sub(self.units(start));
        Position::new(number(line), number(column + self.mark_units(line)))
    }

    /// The range of some bytes.
    pub(super) fn range(&self, bytes: std::ops::Range<usize>) -> Range {
        Range::new(self.position(bytes.start), self.position(bytes.end))
    }

    /// The bytes of a range.
    pub(super) fn bytes(&self, range: Range) -> std::ops::Range<usize> {
        let (start, end) = (self.offset(range.start), self.offset(range.end));
        start..end.max(start)
    }

    /// The length of a part of the text in units of columns.
    pub(super) fn length(&self, bytes: std::ops::Range<usize>) -> u32 {
        number(self.encoding.length(self.text.get(bytes).unwrap_or("")))
    }
}

/// Marks of a text, each at the start of a character.
fn marks(text: &str, encoding: Encoding) -> Arc<[Mark]> {
    let mut marks = Vec::new();
    let mut last = Mark { byte: 0, units: 0 };
    let mut units = 0;
    for (byte, character) in text.char_indices() {
        if byte - last.byte >= STEP {
            last = Mark { byte, units };
            marks.push(last);
        }
        units += encoding.width(character);
    }
    marks.into()
}

/// A number as the protocol has it.
pub(super) fn number(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_units_of_utf_16() {
        let text = IndexedText::new("a😀b\r\nç\rd", Encoding::Utf16);
        assert_eq!(text.starts.len(), 3);
        for (byte, line, column) in
            [(0, 0, 0), (1, 0, 1), (5, 0, 3), (6, 0, 4), (8, 1, 0), (10, 1, 1), (11, 2, 0)]
        {
            assert_eq!(text.position(byte), Position::new(line, column), "{byte}");
            assert_eq!(text.offset(Position::new(line, column)), byte, "{byte}");
        }
        assert_eq!(text.offset(Position::new(0, 2)), 1, "in the middle of a character");
        assert_eq!(text.offset(Position::new(0, 99)), 6, "behind the line");
        assert_eq!(text.offset(Position::new(9, 0)), text.text().len());
        let long = format!("first\n{}\nlast", "aé😀".repeat(500));
        let text = IndexedText::new(&long, Encoding::Utf16);
        for (byte, character) in long.char_indices().filter(|(_, one)| *one != '\n') {
            let position = text.position(byte);
            let start = long[..byte].rfind('\n').map_or(0, |at| at + 1);
            let column = long[start..byte].encode_utf16().count();
            assert_eq!(position.character as usize, column, "{byte} {character}");
            assert_eq!(text.offset(position), byte);
        }
        assert_eq!(text.offset(Position::new(1, 99_999)), long.rfind('\n').unwrap_or(0));
        let bytes = IndexedText::new("a😀b", Encoding::Utf8);
        assert_eq!(bytes.position(5), Position::new(0, 5));
    }

    #[test]
    fn a_byte_order_mark_counts_and_is_no_part_of_the_text() {
        for (encoding, units) in [(Encoding::Utf16, 1), (Encoding::Utf8, 3)] {
            let text = IndexedText::new("\u{feff}ab\ncd", encoding);
            assert_eq!(&**text.text(), "ab\ncd");
            assert_eq!(text.position(1), Position::new(0, units + 1));
            assert_eq!(text.offset(Position::new(0, units + 1)), 1);
            assert_eq!(text.position(4), Position::new(1, 1));
            let range = |from, to| Range::new(Position::new(0, from), Position::new(0, to));
            let changed = text.replaced(range(units, units + 1), "x");
            assert_eq!((&**changed.text(), changed.is_marked), ("xb\ncd", true));
            let changed = text.replaced(range(0, units), "");
            assert_eq!((&**changed.text(), changed.is_marked), ("ab\ncd", false));
        }
    }
}
