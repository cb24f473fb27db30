//! Pieces of text: numbers with nouns, padding, line breaks, removal of control characters.
//!
//! Takes in and gives out strings. Does not know where they are written.

use std::borrow::Cow;

use mam::source::{is_hidden, visible};
use textwrap::core::Word;
use textwrap::{WordSeparator, WordSplitter, WrapAlgorithm};

use crate::render::style::own_sequence;

/// The text with an escape for every hidden character, as strings of the language have them. Line breaks and
/// tabs stay. Of colour sequences, the own ones of this program stay.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(is_hidden) {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        let length = if let Some((sequence, length)) = own_sequence(behind) {
            out.push('\u{1b}');
            out.push_str(sequence);
            length
        } else {
            let length = behind.chars().next().map_or(1, char::len_utf8);
            if !behind.starts_with("\r\n") {
                out.push_str(&visible(behind.get(..length).unwrap_or("")));
            }
            length
        };
        rest = behind.get(length..).unwrap_or("");
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The lines of a text, broken at words where they are wider than a terminal. What follows begins below the last
/// column that begins in the left half; columns are two blanks apart.
pub(crate) fn wrapped(text: &str, width: usize) -> Cow<'_, str> {
    let is_wide = |line: &str| textwrap::core::display_width(line) > width;
    if !text.lines().any(is_wide) {
        return Cow::Borrowed(text);
    }
    let line = |line: &str| {
        let indent = " ".repeat(last_column(line, width / 2));
        textwrap::fill(line, at_words(width).subsequent_indent(&indent))
    };
    Cow::Owned(text.split('\n').map(line).collect::<Vec<_>>().join("\n"))
}

/// Where the last column of a line begins that begins before a position; colour sequences take no place.
fn last_column(line: &str, before: usize) -> usize {
    let (mut column, mut blanks, mut found) = (0, 2, 0);
    let mut is_sequence = false;
    for character in line.chars() {
        if is_sequence || character == '\u{1b}' {
            is_sequence = character != 'm';
            continue;
        }
        if column > before {
            break;
        }
        if character == ' ' {
            blanks += 1;
        } else {
            found = if blanks > 1 { column } else { found };
            blanks = 0;
        }
        column += 1;
    }
    found
}

/// The text padded with blanks to a number of characters.
pub(crate) fn pad(text: &str, width: usize) -> String {
    format!("{text:<width$}")
}

/// The text in lines of a width, broken at blanks outside quotes. A word that is wider than a line stands on a
/// line of its own.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    textwrap::wrap(text, at_words(width)).into_iter().map(Cow::into_owned).collect()
}

/// Line breaks at blanks outside quotes.
fn at_words(width: usize) -> textwrap::Options<'static> {
    textwrap::Options::new(width)
        .break_words(false)
        .word_separator(separator())
        .word_splitter(WordSplitter::NoHyphenation)
        .wrap_algorithm(WrapAlgorithm::FirstFit)
}

/// The division of a line into words.
pub(crate) fn separator() -> WordSeparator {
    WordSeparator::Custom(|line| Box::new(words(line).into_iter()))
}

/// The words of a line with the blanks behind them: a string in quotes is never broken, nor is code in backticks
/// that a line has room for.
fn words(line: &str) -> Vec<Word<'_>> {
    let (mut is_quoted, mut is_escaped, mut was_blank) = (false, false, false);
    let (mut words, mut start, mut code_end) = (Vec::new(), 0, 0);
    for (at, letter) in line.char_indices() {
        if was_blank && letter != ' ' {
            words.push(Word::from(line.get(start..at).unwrap_or_default()));
            start = at;
        }
        if letter == '`' && at >= code_end {
            code_end = line.get(at + 1..).map_or(0, |rest| end_of_code(rest, at + 1));
        } else if letter == '"' && !is_escaped && at >= code_end {
            is_quoted = !is_quoted;
        }
        is_escaped = letter == '\\' && !is_escaped;
        was_blank = letter == ' ' && !is_quoted && at >= code_end;
    }
    words.push(Word::from(line.get(start..).unwrap_or_default()));
    words
}

/// The end of the code that begins at a position, behind its backtick; zero if it is longer than a line or has none.
fn end_of_code(rest: &str, start: usize) -> usize {
    const LONGEST: usize = 60;
    rest.find('`').filter(|end| *end <= LONGEST).map_or(0, |end| start + end + 1)
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
    use crate::render::style::own;

    #[test]
    fn lines_break_at_blanks_outside_quotes() {
        assert_eq!(wrap("share from a to b", 9), ["share", "from a to", "b"]);
        assert_eq!(wrap(r#"x not in "a b c d", y"#, 6), ["x not", "in", r#""a b c d","#, "y"]);
        assert_eq!(wrap("write `a and b` or", 9), ["write", "`a and b`", "or"]);
        assert_eq!(wrap("a ` b c", 4), ["a `", "b c"]);
        assert_eq!(wrap("", 9), [""]);
    }

    #[test]
    fn hidden_characters_are_escaped_and_own_colours_are_not() {
        let red = "a\u{1b}[1;31mred\u{1b}[0m";
        assert_eq!(harmless("plain\ttext\n"), "plain\ttext\n");
        assert_eq!(harmless(&own(red)), red);
        assert_eq!(harmless(red), r"a\u{1b}[1;31mred\u{1b}[0m");
        assert_eq!(harmless("a\u{1b}]0;title\u{7}b"), r"a\u{1b}]0;title\u{7}b");
        assert_eq!(harmless("é\u{1b}[2Jb\u{9b}31m"), r"é\u{1b}[2Jb\u{9b}31m");
        assert_eq!(harmless("a\r\nb\rc"), "a\nb\\u{d}c");
        assert_eq!(harmless("a\u{202e}b\u{200b}"), r"a\u{202e}b\u{200b}");
        assert_eq!(harmless(&own("\u{1b}[2J"))[..6], *r"\u{1b}");
    }

    #[test]
    fn lines_are_broken_at_words_and_keep_their_columns() {
        let text = "allow  share from outlook as work to any\n  p  block  print";
        assert_eq!(wrapped(text, 80), text);
        let narrow = "allow  share from outlook\n       as work to any\n  p  block  print";
        assert_eq!(wrapped(text, 25), narrow);
        let red = "\u{1b}[31mallow\u{1b}[0m  share from outlook as work to any";
        let broken = "\u{1b}[31mallow\u{1b}[0m  share from outlook\n       as work to any";
        assert_eq!(wrapped(red, 25), broken);
        let prose = "one two three four, and a-word-that-is-never-broken-anywhere";
        let broken = "one two three\nfour, and\na-word-that-is-never-broken-anywhere";
        assert_eq!(wrapped(prose, 14), broken);
    }
}
