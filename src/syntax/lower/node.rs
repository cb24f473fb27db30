//! Lowering of tokens: spans, names, strings and numbers.
//!
//! Takes in single pairs, gives out leaves of the tree. Reports invalid escapes and numbers out of
//! range. Does not know which piece a token is part of.

use pest::iterators::{Pair, Pairs};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceId, Span, offset};
use crate::syntax::ast::{Name, Spanned, Text};
use crate::syntax::grammar::Rule;

/// The lowering of one piece of text.
pub(in crate::syntax) struct Lower {
    source: SourceId,
    /// The byte of the source where the piece begins.
    base: usize,
    /// The mistakes that the grammar cannot exclude.
    pub(in crate::syntax) diagnostics: Vec<Diagnostic>,
}

/// A matched grammar rule, with its text and children.
pub(super) type Node<'i> = Pair<'i, Rule>;
/// The children of a node.
pub(super) type Nodes<'i> = Pairs<'i, Rule>;

impl Lower {
    pub(in crate::syntax) fn new(source: SourceId, base: usize) -> Self {
        Self { source, base, diagnostics: Vec::new() }
    }

    /// The span of a node, without the white space and comments that the grammar skips at its end.
    pub(super) fn span(&self, node: &Node<'_>) -> Span {
        let offset = |at: usize| offset(self.base + at);
        let whole = node.as_span();
        let last = node.clone().into_inner().flatten().next_back();
        let end = last.map_or(whole.end(), |leaf| leaf.as_span().end());
        Span { source: self.source, start: offset(whole.start()), end: offset(end) }
    }

    pub(super) fn spanned<T>(&self, value: T, node: &Node<'_>) -> Spanned<T> {
        Spanned { value, span: self.span(node) }
    }

    /// The text of a documentation line, without slashes and the one space behind them.
    pub(super) fn doc(&mut self, node: &Node<'_>) -> Text {
        let value = node.as_str().trim_start_matches('/');
        let value = value.strip_prefix(' ').unwrap_or(value).trim_end();
        Text { value: value.to_owned(), span: self.span(node) }
    }

    pub(super) fn name(&mut self, node: &Node<'_>) -> Name {
        Name { text: node.as_str().to_owned(), span: self.span(node) }
    }

    pub(super) fn names(&mut self, node: Node<'_>) -> Vec<Name> {
        let is_name = |node: &Node<'_>| matches!(node.as_rule(), Rule::name | Rule::word);
        node.into_inner().filter(is_name).map(|node| self.name(&node)).collect()
    }

    pub(super) fn strings(&mut self, node: Node<'_>) -> Option<Vec<Text>> {
        let strings = node.into_inner().filter(|node| node.as_rule() == Rule::string);
        strings.map(|node| self.text(&node)).collect()
    }

    pub(super) fn optional_text(&mut self, node: Option<Node<'_>>) -> Option<Option<Text>> {
        match node {
            Some(node) => self.text(&node).map(Some),
            None => Some(None),
        }
    }

    /// A string with its escapes replaced.
    pub(super) fn text(&mut self, node: &Node<'_>) -> Option<Text> {
        let span = self.span(node);
        let raw = node.as_str().trim_start_matches('"');
        let raw = raw.strip_suffix('"').unwrap_or(raw);
        let mut value = String::with_capacity(raw.len());
        let mut rest = raw;
        while let Some(at) = rest.find('\\') {
            let (before, escape) = rest.split_at(at);
            value.push_str(before);
            let (c, length) = unescape(escape).or_else(|| {
                let length = escape.find('}').map_or(escape.len(), |end| end + 1);
                let written = escape.get(..length)?;
                let offset = |at: usize| span.start.saturating_add(offset(at));
                let start = 1 + raw.len() - escape.len();
                let place = Span { start: offset(start), end: offset(start + length), ..span };
                let diagnostic = Diagnostic::new(
                    Code::BadEscape,
                    format!("`{written}` is no Unicode character"),
                );
                let help = "`\\u{…}` takes the hexadecimal number of a character";
                self.diagnostics.push(diagnostic.at(place, "").help(help));
                None
            })?;
            value.push(c);
            rest = escape.get(length..).unwrap_or("");
        }
        value.push_str(rest);
        Some(Text { value, span })
    }

    pub(super) fn number(&mut self, node: &Node<'_>) -> Option<Spanned<u64>> {
        let Ok(value) = node.as_str().parse() else {
            let message = format!("the number {} is too large", node.as_str());
            let help = format!("no number is larger than {}", u32::MAX);
            let place = self.span(node);
            let diagnostic = Diagnostic::new(Code::NumberRange, message);
            self.diagnostics.push(diagnostic.at(place, "").help(help));
            return None;
        };
        Some(self.spanned(value, node))
    }
}

/// The next child that matches a rule.
pub(super) fn find<'i>(children: &mut Nodes<'i>, rule: Rule) -> Option<Node<'i>> {
    children.find(|node| node.as_rule() == rule)
}

/// The character of an escape, and the length of the escape in bytes.
fn unescape(escape: &str) -> Option<(char, usize)> {
    let rest = escape.strip_prefix('\\')?;
    match rest.chars().next()? {
        'n' => Some(('\n', 2)),
        'u' => {
            let end = rest.find('}')?;
            let digits = rest.get(2..end)?;
            let c = char::from_u32(u32::from_str_radix(digits, 16).ok()?)?;
            Some((c, end + 2))
        }
        c => Some((c, 1 + c.len_utf8())),
    }
}
