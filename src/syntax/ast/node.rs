//! Leaves of the tree: names, strings and comments with their spans.

use crate::source::Span;

/// A word with its span: a declared name, a platform, a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The word as written.
    pub text: String,
    /// The bytes of the word.
    pub span: Span,
}

/// A string literal with its span.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The value, with escapes replaced.
    pub value: String,
    /// The bytes of the literal, quotes included.
    pub span: Span,
}

/// A `//` comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The whole comment, slashes included, without trailing white space.
    pub text: String,
    /// The bytes of the comment.
    pub span: Span,
    /// Whether a token precedes the comment on its line.
    pub trailing: bool,
}
