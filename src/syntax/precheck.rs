//! Limits on a text that are checked before the grammar reads it.
//!
//! Takes in a text or its tokens and the limits, gives out diagnostics; with none, the text is small,
//! flat and printable enough for the parser. Does not know the grammar.

use std::ops::Range;

use super::scan::{Token, TokenKind};
use super::tokens::Tokens;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::{MAX_BYTES, SourceId, Span, changes_direction, is_hidden};

/// The diagnostic for a text that is too large to be scanned.
pub(super) fn check_size(text: &str, source: SourceId, limits: &Limits) -> Option<Diagnostic> {
    let (found, limit) = (text.len(), limits.file_bytes.min(MAX_BYTES));
    if found <= limit {
        return None;
    }
    let message = format!("the file has {found} bytes, the limit is {limit}");
    let place = Span { source, start: 0, end: 0 };
    let help = "split it, and load the parts with `use \"part.mam\"`";
    Some(Diagnostic::new(Code::FileSize, message).at(place, "").help(help))
}

/// The diagnostics for tokens that the parser is not given.
pub(super) fn check_tokens(tokens: &Tokens<'_>, limits: &Limits) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for token in tokens.iter() {
        found.extend(overlong(tokens, token, limits));
        if token.kind == TokenKind::Hidden {
            // Binary data has many of them, and one says enough.
            found.extend(hidden_character(tokens, token));
            return found;
        }
    }
    if found.is_empty() {
        found.extend(nested_too_deep(tokens, limits));
    }
    found
}

fn overlong(tokens: &Tokens<'_>, token: &Token, limits: &Limits) -> Option<Diagnostic> {
    let (length, limit) = (token.end - token.start, limits.name_bytes);
    if length <= limit || !matches!(token.kind, TokenKind::Word | TokenKind::String) {
        return None;
    }
    let message = format!("a name or string has {length} bytes, the limit is {limit}");
    let start = tokens.span_of(token.start, token.start);
    let diagnostic = Diagnostic::new(Code::NameLength, message);
    Some(diagnostic.at(start, "begins here").help("write a shorter one"))
}

fn hidden_character(tokens: &Tokens<'_>, token: &Token) -> Option<Diagnostic> {
    let found = tokens.text().get(token.start..token.end)?.chars().next()?;
    let help = match found {
        '\r' => "end the line with a line feed",
        _ if found.is_control() => "remove it; the file may be no text at all",
        _ => "remove it",
    };
    let diagnostic = Diagnostic::new(Code::BadCharacter, named(found));
    Some(diagnostic.at(tokens.span_of(token.start, token.end), "").help(help))
}

/// A hidden character in words.
fn named(character: char) -> String {
    let number = format!("U+{:04X}", u32::from(character));
    match character {
        '\r' => "carriage return without a line feed".to_owned(),
        _ if character.is_control() => format!("control character {number}"),
        _ if changes_direction(character) => {
            format!("character {number}, which changes the direction of the text around it")
        }
        _ => format!("invisible character {number}"),
    }
}

/// The warnings about hidden characters in strings and comments, where they are no mistake of syntax: one
/// for each string and comment that has some, and no more than are kept.
pub(super) fn hidden_characters(
    tokens: &Tokens<'_>,
    comments: &[(Range<usize>, bool)],
    limits: &Limits,
) -> Vec<Diagnostic> {
    let texts = tokens.iter().filter_map(|token| match token.kind {
        TokenKind::String => Some(("string", token.start..token.end)),
        TokenKind::Doc => Some(("comment", token.start..token.end)),
        _ => None,
    });
    let comments = comments.iter().map(|(bytes, _)| ("comment", bytes.clone()));
    let found = texts.chain(comments).filter_map(|(what, bytes)| {
        let (at, found) = hidden_in(tokens.text(), bytes)?;
        let message = format!("{} in a {what}", named(found));
        let help = match what {
            "string" => "write it as an escape, or remove it",
            _ if found == '\r' => {
                "end the line with a line feed: what stands behind it is a comment now"
            }
            _ => "remove it",
        };
        let diagnostic = Diagnostic::new(Code::HiddenCharacter, message);
        Some(diagnostic.at(tokens.span_of(at, at + found.len_utf8()), "").help(help))
    });
    found.take(limits.diagnostics).collect()
}

/// The first hidden character of a range, with its offset. The end of a line is none.
fn hidden_in(text: &str, bytes: Range<usize>) -> Option<(usize, char)> {
    let mut characters = text.get(bytes.clone())?.char_indices();
    let is_end = |at: usize| text.get(at..).is_some_and(|rest| rest.starts_with("\r\n"));
    let found = characters.find(|(at, c)| is_hidden(*c) && !is_end(bytes.start + at));
    found.map(|(at, c)| (bytes.start + at, c))
}

fn nested_too_deep(tokens: &Tokens<'_>, limits: &Limits) -> Option<Diagnostic> {
    let limit = limits.nesting;
    let mut depth = 0usize;
    for token in tokens.iter() {
        match token.kind {
            TokenKind::Open => depth += 1,
            TokenKind::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > limit {
            let message = format!("brackets are nested {depth} deep, the limit is {limit}");
            let place = tokens.span_of(token.start, token.end);
            let diagnostic = Diagnostic::new(Code::Nesting, message).at(place, "one too many");
            return Some(diagnostic.help("nest less, or raise the limit"));
        }
    }
    None
}
