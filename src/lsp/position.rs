//! Positions: between bytes of a text and lines and columns of an editor.
//!
//! Editors count columns in units of UTF-16 unless they agree on bytes. A line ends with a line feed, a
//! carriage return, or both.

use std::sync::Arc;

use lsp_types::{Position, Range};

/// The unit of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    Utf8,
    #[default]
    Utf16,
}

impl Encoding {
    /// The length of a text in this unit.
    pub(super) fn length(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }

    /// The byte at a column of a line; the line's end behind it.
    fn byte(self, line: &str, column: usize) -> usize {
        let mut left = column;
        for (at, character) in line.char_indices() {
            let length = match self {
                Self::Utf8 => character.len_utf8(),
                Self::Utf16 => character.len_utf16(),
            };
            if left < length {
                return at;
            }
            left -= length;
        }
        line.len()
    }
}

/// A text with the places of its lines.
#[derive(Debug, Clone)]
pub(super) struct IndexedText {
    text: Arc<str>,
    /// The first byte of each line.
    starts: Arc<[usize]>,
    encoding: Encoding,
}

impl IndexedText {
    pub(super) fn new(text: &str, encoding: Encoding) -> Self {
        Self::shared(text.into(), encoding)
    }

    pub(super) fn shared(text: Arc<str>, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let ends_line = |at: &usize| match bytes.get(*at) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(*at + 1) != Some(&b'\n'),
            _ => false,
        };
        let ends = (0..bytes.len()).filter(ends_line);
        let starts = std::iter::once(0).chain(ends.map(|at| at + 1)).collect();
        Self { text, starts, encoding }
    }

    pub(super) fn text(&self) -> &Arc<str> {
        &self.text
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
        let text = self.text.get(line.clone()).unwrap_or("");
        line.start + self.encoding.byte(text, position.character as usize)
    }

    /// The position of a byte.
    pub(super) fn position(&self, byte: usize) -> Position {
        let byte = byte.min(self.text.len());
        let line = self.starts.partition_point(|start| *start <= byte).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or(0);
        let before = self.text.get(start..byte).unwrap_or("");
        Position::new(number(line), number(self.encoding.length(before)))
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
        let bytes = IndexedText::new("a😀b", Encoding::Utf8);
        assert_eq!(bytes.position(5), Position::new(0, 5));
    }
}
