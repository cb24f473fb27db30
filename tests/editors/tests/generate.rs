//! The generated parser is the one of the grammar. `UPDATE=1` writes it.

use std::path::Path;

use mam_editors::root;

/// What the generator writes and the repository keeps.
const KEPT: &[&str] = &[
    "parser.c",
    "grammar.json",
    "node-types.json",
    "tree_sitter/alloc.h",
    "tree_sitter/array.h",
    "tree_sitter/parser.h",
];

#[test]
fn the_parser_is_generated_from_the_grammar() {
    let grammar = root().join("editors/tree-sitter-mam");
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let mut found = Vec::new();
    tree_sitter_generate::generate_parser_in_directory(
        &grammar,
        Some(scratch.path()),
        None::<&Path>,
        tree_sitter_generate::ABI_VERSION_MIN,
        None,
        None,
        true,
        tree_sitter_generate::OptLevel::default(),
        &mut found,
    )
    .unwrap_or_else(|error| panic!("the grammar is not accepted (this needs node): {error}"));
    assert!(found.is_empty(), "{}", found.iter().map(ToString::to_string).collect::<String>());
    for name in KEPT {
        let new = std::fs::read_to_string(scratch.path().join(name)).expect("it is generated");
        let kept = grammar.join("src").join(name);
        if std::env::var_os("UPDATE").is_some() {
            std::fs::create_dir_all(kept.parent().expect("a folder")).expect("a folder");
            std::fs::write(&kept, new).expect("it can be written");
        } else {
            let old = std::fs::read_to_string(&kept).unwrap_or_default();
            assert!(old == new, "{name} is not that of grammar.js; set UPDATE=1 to write it");
        }
    }
}
