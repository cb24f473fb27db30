//! Pieces of text: numbers with nouns, padding, removal of control characters.
//!
//! Takes in and gives out strings. Does not know where they are written.

use std::borrow::Cow;

/// The text with every control character replaced that a terminal would obey. Line breaks and tabs
/// stay; colour sequences stay if `color` is set.
pub(crate) fn harmless(text: &str, color: bool) -> Cow<'_, str> {
    let obeyed = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let (length, shown) = match color_length(rest).filter(|_| color) {
            Some(length) => (length, rest.get(..length).unwrap_or("")),
            None if rest.starts_with("\r\n") => (1, ""),
            None if obeyed(letter) => (letter.len_utf8(), "?"),
            None => (letter.len_utf8(), rest.get(..letter.len_utf8()).unwrap_or("")),
        };
        out.push_str(shown);
        rest = rest.get(length..).unwrap_or("");
    }
    Cow::Owned(out)
}

/// Length in bytes of the colour sequence (`ESC [ 1 ; 31 m`) that a text starts with.
fn color_length(text: &str) -> Option<usize> {
    let parameters = text.strip_prefix("\u{1b}[")?;
    let end = parameters.find(|letter: char| !letter.is_ascii_digit() && letter != ';')?;
    parameters.get(end..)?.starts_with('m').then_some(end + 3)
}

/// The text padded with blanks to a width in columns.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}

/// The text of an argument for a message, cut after 200 characters.
pub(crate) fn short(text: &str) -> String {
    const LONGEST: usize = 200;
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or("")),
        None => text.to_owned(),
    }
}

/// A number with its noun: `1 file`, `2 files`.
pub(crate) fn count(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// A number in groups of three digits: `1,234,567`.
pub(crate) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_other_than_colours_are_removed() {
        let red = "a\u{1b}[1;31mred\u{1b}[0m";
        assert_eq!(harmless("plain\ttext\n", false), "plain\ttext\n");
        assert_eq!(harmless(red, true), red);
        assert_eq!(harmless(red, false), "a?[1;31mred?[0m");
        assert_eq!(harmless("a\u{1b}]0;title\u{7}b", true), "a?]0;title?b");
        assert_eq!(harmless("é\u{1b}[2Jb\u{9b}31m", true), "é?[2Jb?31m");
        assert_eq!(harmless("a\r\nb\rc", true), "a\nb?c");
    }
}
