//! The grammar for tree-sitter on every policy of the repository.

use std::collections::BTreeSet;

use mam::source::Sources;
use mam::{Limits, Severity};
use mam_editors::{policies, root};
use streaming_iterator::StreamingIterator;
use tree_sitter::{Language, Node, Parser, Query, QueryCursor, Tree};
use tree_sitter_language::LanguageFn;

unsafe extern "C" {
    fn tree_sitter_mam() -> *const ();
}

fn language() -> Language {
    // SAFETY: the generated parser exports this function.
    unsafe { LanguageFn::from_raw(tree_sitter_mam) }.into()
}

fn parse(text: &str) -> Tree {
    let mut parser = Parser::new();
    parser.set_language(&language()).expect("the version of the language fits");
    parser.parse(text, None).expect("a parser with a language parses")
}

fn query(name: &str) -> Query {
    let path = root().join("editors/tree-sitter-mam/queries").join(name);
    let text = std::fs::read_to_string(path).expect("the query is there");
    Query::new(&language(), &text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Whether the parser of the crate finds a mistake of syntax in a text.
fn has_mistake(text: &str) -> bool {
    let mut sources = Sources::default();
    let id = sources.add("text.mam", text);
    let (_, found) = mam::syntax::parse(&sources, id, &Limits::default());
    found.iter().any(|one| one.severity == Severity::Error)
}

/// The texts of the repository without mistakes of syntax.
fn texts() -> Vec<(String, String)> {
    let texts = policies().into_iter().filter_map(|path| {
        let text = std::fs::read_to_string(&path).ok()?;
        (!has_mistake(&text)).then(|| (path.display().to_string(), text))
    });
    texts.collect()
}

/// The first node below one that is no part of the grammar.
fn error<'t>(node: Node<'t>) -> Option<Node<'t>> {
    if node.is_error() || node.is_missing() {
        return Some(node);
    }
    node.has_error()
        .then(|| (0..node.child_count()).find_map(|at| error(node.child(at as u32)?)))?
}

#[test]
fn every_policy_parses() {
    let texts = texts();
    assert!(texts.len() > 130, "only {} texts", texts.len());
    let wrong = texts.iter().filter_map(|(path, text)| {
        let tree = parse(text);
        let at = error(tree.root_node())?;
        Some(format!("{path}:{}: {}", at.start_position().row + 1, &text[at.byte_range()]))
    });
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn mistakes_are_seen() {
    for text in ["mam 1\npolicy {", "app x { ios }", "group g = ", "mam 1\npolicy p { allow }"] {
        assert!(has_mistake(text) && parse(text).root_node().has_error(), "{text}");
    }
}

/// The tokens of a tree.
fn tokens<'t>(node: Node<'t>, found: &mut Vec<Node<'t>>) {
    if node.child_count() == 0 {
        found.push(node);
    }
    (0..node.child_count())
        .filter_map(|at| node.child(at as u32))
        .for_each(|one| tokens(one, found));
}

#[test]
fn every_token_is_highlighted() {
    let query = query("highlights.scm");
    let mut wrong = BTreeSet::new();
    for (path, text) in texts() {
        let tree = parse(&text);
        let mut covered = Vec::new();
        let mut cursor = QueryCursor::new();
        let mut captures = cursor.captures(&query, tree.root_node(), text.as_bytes());
        while let Some((one, at)) = captures.next() {
            covered.push(one.captures()[*at].node.byte_range());
        }
        let mut all = Vec::new();
        tokens(tree.root_node(), &mut all);
        covered.sort_by_key(|range| (range.start, range.end));
        for token in all.iter().filter(|token| !token.byte_range().is_empty()) {
            let range = token.byte_range();
            let until = covered.partition_point(|one| one.start <= range.start);
            if !covered[..until].iter().any(|one| one.end >= range.end) {
                wrong.insert(format!("{path}: {} `{}`", token.kind(), &text[range]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.into_iter().collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_queries_of_zed_know_the_grammar() {
    let path = root().join("editors/zed/languages/mam/indents.scm");
    let text = std::fs::read_to_string(path).expect("the query is there");
    assert_eq!(
        Query::new(&language(), &text).expect("it fits the grammar").capture_names().len(),
        2
    );
}

#[test]
fn blocks_fold_and_indent() {
    let text = "mam 1\npolicy p {\n  require pin {\n    length 6\n  }\n}\n";
    let tree = parse(text);
    for name in ["folds.scm", "indents.scm"] {
        let query = query(name);
        let mut cursor = QueryCursor::new();
        let mut captures = cursor.captures(&query, tree.root_node(), text.as_bytes());
        let mut rows = BTreeSet::new();
        while let Some((one, at)) = captures.next() {
            rows.insert(one.captures()[*at].node.start_position().row);
        }
        assert!(rows.contains(&1) && rows.contains(&2), "{name}: {rows:?}");
    }
}
