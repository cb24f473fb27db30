//! Limits on a text that are checked before the grammar reads it.
//!
//! Takes in a text or its tokens and the limits, gives out diagnostics; with none, the text is small,
//! flat and printable enough for the parser. Does not know the grammar.

use super::scan::{Token, TokenKind};
use super::tokens::Tokens;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::{MAX_BYTES, SourceId, Span};

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
        if token.kind == TokenKind::Control {
            // Binary data has many of them, and one says enough.
            found.push(control_character(tokens, token));
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

fn control_character(tokens: &Tokens<'_>, token: &Token) -> Diagnostic {
    let text = tokens.text().get(token.start..token.end);
    let found = text.and_then(|text| text.chars().next());
    let message = format!("control character U+{:04X}", u32::from(found.unwrap_or_default()));
    Diagnostic::new(Code::BadCharacter, message)
        .at(tokens.span_of(token.start, token.end), "")
        .help("remove it; the file may be no text at all")
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
