//! Places of statements in the text, and edits that take them out.

use super::linter::Linter;
use crate::analysis::subject::policy_at;
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::syntax::ast::{self, ItemKind};

impl<'a> Linter<'a> {
    pub(super) fn files(&self) -> impl Iterator<Item = &'a ast::File> {
        self.analysis.checked.files().iter()
    }

    pub(super) fn text(&self, span: Span) -> &'a str {
        self.sources().get(span.source).map_or("", |source| source.text())
    }

    /// The edits that take a statement or declaration out, with its documentation, and with its lines if
    /// it stands there alone.
    pub(super) fn without_statement(&self, span: Span) -> Vec<Edit> {
        let docs = self.docs_of(span).iter().map(|doc| self.without_line(doc.span));
        docs.chain([self.without_line(span)]).collect()
    }

    /// The `///` lines above a statement or declaration.
    fn docs_of(&self, span: Span) -> &'a [ast::Text] {
        let items = self
            .files()
            .flat_map(|file| &file.items)
            .filter(|item| item.span.source == span.source);
        for item in items {
            if item.span == span {
                return &item.docs;
            }
            let ItemKind::Policy(policy) = &item.kind else { continue };
            if let Some(statement) = policy.body.iter().find(|one| one.span == span) {
                return &statement.docs;
            }
        }
        &[]
    }

    /// Adds edits to a diagnostic of a rule. They are safe unless a comment would be lost with them.
    pub(super) fn edited(&self, diagnostic: Diagnostic, edits: Vec<Edit>) -> Diagnostic {
        let is_inside = |comment: &ast::Comment| {
            let holds = |edit: &Edit| {
                edit.span.source == comment.span.source
                    && edit.span.start <= comment.span.start
                    && comment.span.end <= edit.span.end
            };
            edits.iter().any(holds)
        };
        if self.files().flat_map(|file| &file.comments).any(is_inside) {
            return diagnostic.edits(edits);
        }
        diagnostic.safe_edits(edits)
    }

    /// The edit that takes a piece of text out, with its line if it stands there alone.
    fn without_line(&self, span: Span) -> Edit {
        let text = self.text(span);
        let (start, end) = (span.start as usize, span.end as usize);
        let line = text.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        let rest = text.get(end..).unwrap_or("");
        let next = rest.find('\n').map_or(text.len(), |at| end + at + 1);
        let is_blank = |from: usize, to: usize| {
            text.get(from..to).is_some_and(|piece| piece.trim().is_empty())
        };
        let alone = is_blank(line, start) && is_blank(end, next);
        let (start, end) = if alone { (line, next) } else { (start, end) };
        let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Edit { span: Span { start: at(start), end: at(end), ..span }, text: String::new() }
    }

    /// A member of a list with the comma that goes with it, or the blank before a clause.
    pub(super) fn with_comma(&self, span: Span) -> Span {
        let text = self.text(span);
        let (start, end) = (span.start as usize, span.end as usize);
        let (before, after) = (text.get(..start).unwrap_or(""), text.get(end..).unwrap_or(""));
        let at = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let lead = before.trim_end();
        if lead.ends_with(',') {
            let start = lead.trim_end_matches(',').trim_end().len();
            return Span { start: at(start), ..span };
        }
        let rest = after.trim_start();
        if let Some(rest) = rest.strip_prefix(',') {
            let end = text.len() - rest.trim_start().len();
            return Span { end: at(end), ..span };
        }
        // The only exception goes with its word.
        self.with_word(Span { start: at(lead.len()), ..span }, "except")
    }

    /// A place with the word before it, if it is this one, and the blanks before that.
    pub(super) fn with_word(&self, span: Span, word: &str) -> Span {
        let before = self.text(span).get(..span.start as usize).unwrap_or("").trim_end();
        let before = before.strip_suffix(word).map_or(before, str::trim_end);
        Span { start: u32::try_from(before.len()).unwrap_or(u32::MAX), ..span }
    }

    /// The place of the policy whose name stands in a place.
    pub(super) fn policy_at(&self, name: Span) -> Option<Span> {
        policy_at(self.files(), name).map(|(item, _)| item.span)
    }

    /// The name of a group of people in its declaration.
    pub(super) fn declaration(&self, name: &str) -> Option<Span> {
        let items = self.files().flat_map(|file| &file.items);
        items
            .filter_map(|item| match &item.kind {
                ItemKind::Users(users) if users.name.text == name => Some(users.name.span),
                ItemKind::Filter(filter) if filter.name.text == name => Some(filter.name.span),
                _ => None,
            })
            .next()
    }
}
