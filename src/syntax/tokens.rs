//! Token list of a source, with access by index.
//!
//! Takes in a source and its scanned tokens, gives out the text, span, keyword roles and layout of
//! the token at an index. An index behind the last token is valid everywhere and stands for the end
//! of the text. Does not know the grammar.

use std::ops::Range;

use super::keywords::{Roles, roles};
use super::scan::{Token, TokenKind};
use crate::source::{SourceId, Span, offset};

/// The tokens of a source.
pub(super) struct Tokens<'a> {
    text: &'a str,
    source: SourceId,
    list: Vec<Token>,
    /// The keyword roles of each token.
    roles: Vec<Roles>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str, source: SourceId, list: Vec<Token>) -> Self {
        let roles_of = |token: &Token| match token.kind {
            TokenKind::Word => roles(text.get(token.start..token.end).unwrap_or("")),
            _ => Roles::default(),
        };
        let roles = list.iter().map(roles_of).collect();
        Self { text, source, list, roles }
    }

    pub(super) const fn text(&self) -> &'a str {
        self.text
    }

    pub(super) const fn source(&self) -> SourceId {
        self.source
    }

    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, Token> {
        self.list.iter()
    }

    pub(super) fn get(&self, at: usize) -> Option<&Token> {
        self.list.get(at)
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.get(at).map(|token| token.kind)
    }

    /// The text of a token, or nothing at the end.
    pub(super) fn slice(&self, at: usize) -> &'a str {
        self.get(at).and_then(|token| self.text.get(token.start..token.end)).unwrap_or("")
    }

    /// The text of a token that is a word, or nothing.
    pub(super) fn word(&self, at: usize) -> &'a str {
        if self.kind(at) == Some(TokenKind::Word) { self.slice(at) } else { "" }
    }

    /// The keyword roles of a token.
    pub(super) fn roles(&self, at: usize) -> Roles {
        self.roles.get(at).copied().unwrap_or_default()
    }

    /// The indentation of a token's line in bytes, if the token begins it; else the bytes before it.
    pub(super) fn indent(&self, at: usize) -> usize {
        self.get(at).map_or(0, |token| token.indent)
    }

    /// Whether a token is the first of its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.get(at).is_some_and(|token| token.first_on_line)
    }

    /// The span of two byte offsets of the text.
    pub(super) fn span_of(&self, start: usize, end: usize) -> Span {
        Span { source: self.source, start: offset(start), end: offset(end) }
    }

    /// The span of a token; the empty span at the end of the text behind the last one.
    pub(super) fn span(&self, at: usize) -> Span {
        let end = self.text.len();
        self.get(at).map_or(self.span_of(end, end), |token| self.span_of(token.start, token.end))
    }

    /// The bytes that a range of tokens covers; empty for an empty range.
    pub(super) fn bytes(&self, piece: &Range<usize>) -> Range<usize> {
        let start = self.get(piece.start).map_or(self.text.len(), |token| token.start);
        let last = piece.end.checked_sub(1).and_then(|last| self.get(last));
        start..last.map_or(start, |token| token.end).max(start)
    }

    /// The first token from an index on that is no documentation.
    pub(super) fn skip_docs(&self, from: usize) -> usize {
        (from..).find(|at| self.kind(*at) != Some(TokenKind::Doc)).unwrap_or(from)
    }
}
