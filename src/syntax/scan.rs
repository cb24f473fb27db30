//! Scanner: text to tokens and comments.
//!
//! Takes in text, gives out words, strings, brackets, symbols and comments with byte offsets and
//! layout. The parser cuts files into statements by these tokens, and messages name them. Does not
//! know the grammar or its keywords, and cannot fail: every character belongs to a token, a comment
//! or white space.

use std::ops::Range;

use crate::source::is_hidden;

/// The kind of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenKind {
    /// A run of letters, digits, `-`, `_` and `.`: a name, keyword, number, version or date.
    Word,
    /// A string literal with its quotes.
    String,
    /// A string literal without a closing quote on its line.
    UnclosedString,
    /// `{` or `[`.
    Open,
    /// `}` or `]`.
    Close,
    /// A `///` line.
    Doc,
    /// Another printable character; `==`, `&&` and the like are one symbol.
    Symbol,
    /// A run of hidden characters.
    Hidden,
}

/// A token with its position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) kind: TokenKind,
    /// The first byte.
    pub(crate) start: usize,
    /// The first byte behind.
    pub(crate) end: usize,
    /// Whether only white space precedes it on its line.
    pub(crate) first_on_line: bool,
    /// The bytes between the start of its line and the token.
    pub(crate) indent: usize,
}

/// The result of a scan.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    pub(crate) tokens: Vec<Token>,
    /// The bytes of each `//` comment, and whether a token precedes it on its line.
    pub(crate) comments: Vec<(Range<usize>, bool)>,
}

/// The tokens and comments of a text.
pub(crate) fn scan(text: &str) -> Scan {
    let mut scan = Scan::default();
    let mut at = 0;
    let mut first_on_line = true;
    let mut line = 0;
    while let Some(rest) = text.get(at..)
        && let Some(next) = rest.chars().next()
    {
        if is_blank(rest, next) {
            at += 1;
            if next == '\n' {
                (first_on_line, line) = (true, at);
            }
            continue;
        }
        let (kind, length) = token(rest, next);
        let end = at + length;
        match kind {
            None => {
                let length = rest.get(..length).unwrap_or(rest).trim_end().len();
                scan.comments.push((at..at + length, !first_on_line));
            }
            Some(kind) => {
                let indent = at - line;
                scan.tokens.push(Token { kind, start: at, end, first_on_line, indent });
            }
        }
        first_on_line = false;
        at = end;
    }
    scan
}

/// The kind of the token at the start of `rest`, `None` for a comment, and its length in bytes.
fn token(rest: &str, next: char) -> (Option<TokenKind>, usize) {
    let line = || rest.find('\n').unwrap_or(rest.len());
    match next {
        '/' if rest.starts_with("///") && !rest.starts_with("////") => {
            (Some(TokenKind::Doc), line())
        }
        '/' if rest.starts_with("//") => (None, line()),
        '"' => string(rest),
        '{' | '[' => (Some(TokenKind::Open), 1),
        '}' | ']' => (Some(TokenKind::Close), 1),
        _ if is_word(next) => (Some(TokenKind::Word), run(rest, is_word)),
        _ if is_hidden(next) => (Some(TokenKind::Hidden), run(rest, is_hidden)),
        _ => (Some(TokenKind::Symbol), run(rest, is_same_symbol(next)).max(next.len_utf8())),
    }
}

/// Whether a text begins with white space. A carriage return is that before a line feed only: elsewhere,
/// some programs end the line there and others show the next characters over the last ones.
fn is_blank(rest: &str, next: char) -> bool {
    matches!(next, ' ' | '\t' | '\n') || rest.starts_with("\r\n")
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() && !is_hidden(c) || matches!(c, '-' | '_' | '.')
}

/// Whether a character continues a symbol: `==` and `&&` are one symbol each, `,,` are two.
fn is_same_symbol(first: char) -> impl Fn(char) -> bool {
    move |c| c == first && matches!(c, '=' | '&' | '|' | '<' | '>' | '!')
}

fn run(rest: &str, holds: impl Fn(char) -> bool) -> usize {
    rest.find(|c| !holds(c)).unwrap_or(rest.len())
}

/// A string literal: up to the first quote without a backslash before it, or unclosed up to the end of
/// the line.
fn string(rest: &str) -> (Option<TokenKind>, usize) {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            b'\n' => return (Some(TokenKind::UnclosedString), at),
            b'"' if !escaped => return (Some(TokenKind::String), at + 1),
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    (Some(TokenKind::UnclosedString), rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<(TokenKind, &str)> {
        scan(text).tokens.iter().map(|token| (token.kind, &text[token.start..token.end])).collect()
    }

    #[test]
    fn cuts_words_strings_and_symbols() {
        use TokenKind::{Close, Open, Symbol, Word};
        assert_eq!(
            kinds(r#"app x-1 { ios "a \" // b" } // note"#),
            [
                (Word, "app"),
                (Word, "x-1"),
                (Open, "{"),
                (Word, "ios"),
                (TokenKind::String, r#""a \" // b""#),
                (Close, "}"),
            ]
        );
        assert_eq!(
            kinds("a == b,,"),
            [(Word, "a"), (Symbol, "=="), (Word, "b"), (Symbol, ","), (Symbol, ",")]
        );
    }

    #[test]
    fn tells_comments_from_documentation() {
        let text = "// one\nmam 1 // two\n/// doc\n//// three";
        let comments: Vec<_> = scan(text)
            .comments
            .iter()
            .map(|(at, trailing)| (&text[at.clone()], *trailing))
            .collect();
        assert_eq!(comments, [("// one", false), ("// two", true), ("//// three", false)]);
        assert_eq!(kinds(text).last(), Some(&(TokenKind::Doc, "/// doc")));
    }

    #[test]
    fn a_string_ends_with_its_line() {
        assert_eq!(kinds("\"a\nb\"")[0], (TokenKind::UnclosedString, "\"a"));
        assert_eq!(kinds("\"a\\")[0].0, TokenKind::UnclosedString);
    }
}
