//! Files of AST from imported policies.
//!
//! Takes in policies with their names, gives out one file for each document, or the text of one file.

use std::collections::BTreeMap;

use crate::intune::emit::statement::At;
use crate::intune::read::policy::{ImportedPolicies, ImportedPolicy};
use crate::source::{SourceId, Sources, Span};
use crate::syntax::ast::{self, File};
use crate::syntax::print;

impl ImportedPolicies {
    /// A file of AST for each document. The first has the declarations.
    pub(in crate::intune) fn into_files(self, documents: &[SourceId]) -> Vec<File> {
        let mut declarations = self.names.into_items();
        let mut by_source: BTreeMap<SourceId, Vec<ast::Item>> = BTreeMap::new();
        for policy in &self.list {
            by_source.entry(policy.source).or_default().push(item(policy));
        }
        documents
            .iter()
            .map(|source| {
                let mut items = prelude(*source);
                items.append(&mut declarations);
                items.extend(by_source.remove(source).unwrap_or_default());
                File { source: *source, items, comments: Vec::new(), broken: Vec::new() }
            })
            .collect()
    }

    /// The text of one file with all policies.
    pub(in crate::intune) fn into_text(self, documents: &[SourceId]) -> String {
        let Some(source) = documents.first() else { return String::new() };
        let mut layout = Layout { source: *source, next: 0, comments: Vec::new() };
        let mut items = prelude(*source);
        items.extend(self.names.into_items());
        items.iter_mut().for_each(|item| layout.declaration(item));
        items.extend(self.list.iter().map(|policy| layout.policy(policy)));
        let file = File { source: *source, items, comments: layout.comments, broken: Vec::new() };
        print::print(&file, &Sources::default())
    }
}

/// The first lines of a file: version and catalogue.
fn prelude(source: SourceId) -> Vec<ast::Item> {
    let span = Span { source, start: 0, end: 0 };
    let at = At(span);
    let item = |kind| ast::Item { docs: Vec::new(), span, kind };
    vec![
        item(ast::ItemKind::Version(at.spanned(1))),
        item(ast::ItemKind::Use(ast::Use::Catalogue(at.name("microsoft")))),
    ]
}

/// The declaration of a policy.
fn item(policy: &ImportedPolicy) -> ast::Item {
    let at = At(policy.place);
    let body = policy.lines.iter().map(|line| line.statement.clone()).collect();
    let ast = ast::Policy {
        name: at.name(&policy.name),
        title: Some(at.text(&policy.title)),
        report_only: None,
        body,
        complete: true,
    };
    let docs = policy.docs.iter().map(|line| at.text(line)).collect();
    ast::Item { docs, span: policy.span, kind: ast::ItemKind::Policy(ast) }
}

/// A layout of invented places in ascending order. With them the printer puts notes behind their
/// statements as comments.
struct Layout {
    source: SourceId,
    next: u32,
    comments: Vec<ast::Comment>,
}

impl Layout {
    fn span(&mut self) -> Span {
        let start = self.next;
        self.next = start.saturating_add(2);
        Span { source: self.source, start: start.saturating_add(1), end: start.saturating_add(2) }
    }

    fn declaration(&mut self, item: &mut ast::Item) {
        let start = self.span();
        if let ast::ItemKind::App(app) = &mut item.kind {
            for entry in app.entries.iter_mut().flatten() {
                let span = self.span();
                match entry {
                    ast::AppEntry::Ids(kind, ids) => {
                        kind.span = span;
                        ids.iter_mut().for_each(|id| id.span = span);
                    }
                    ast::AppEntry::Trait(word) => word.span = span,
                }
            }
        }
        item.span = start.to(self.span());
    }

    fn policy(&mut self, policy: &ImportedPolicy) -> ast::Item {
        let mut item = item(policy);
        let start = self.span();
        item.docs.iter_mut().for_each(|line| line.span = start);
        if let ast::ItemKind::Policy(ast) = &mut item.kind {
            for (statement, line) in ast.body.iter_mut().zip(&policy.lines) {
                statement.span = self.span();
                if let Some(note) = &line.note {
                    let text = format!("// {note}");
                    let span = self.span();
                    self.comments.push(ast::Comment { text, span, trailing: true });
                }
            }
        }
        item.span = start.to(self.span());
        item
    }
}
