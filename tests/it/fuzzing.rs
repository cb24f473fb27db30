//! What fuzzing starts from: a dictionary with every word of the language, a guide with every target.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use mam::syntax::keywords;

/// Pieces of texts that are no words.
const OTHERS: &[&str] = &[
    "mam 1\n",
    "use \"",
    "microsoft",
    "{",
    "}",
    ",",
    "=",
    "<",
    ">",
    "//",
    "///",
    "\"ios:",
    "\"android:",
    "\"url:",
    "*",
];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The dictionary as libFuzzer reads it: a string in each line.
fn dictionary() -> String {
    let mut words: Vec<String> = keywords()
        .map(|word| format!("{word} "))
        .chain(OTHERS.iter().map(|one| one.to_string()))
        .collect();
    words.sort();
    let mut text = String::from("# Words of the language. `UPDATE=1` makes them again.\n");
    for word in words {
        let word = word.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\x0A");
        writeln!(text, "\"{word}\"").unwrap();
    }
    text
}

#[test]
fn the_dictionary_has_every_word_of_the_language() {
    let path = folder().join("mam.dict");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, dictionary()).unwrap();
    } else {
        assert_eq!(fs::read_to_string(&path).unwrap(), dictionary(), "`UPDATE=1` makes it again");
    }
}

#[test]
fn the_guide_has_every_target() {
    let manifest = fs::read_to_string(folder().join("Cargo.toml")).unwrap();
    let guide = fs::read_to_string(folder().join("README.md")).unwrap();
    let paths = manifest.lines().filter_map(|line| line.strip_prefix("path = \"fuzz_targets/"));
    let targets = paths.filter_map(|path| path.strip_suffix(".rs\""));
    let missing: Vec<_> =
        targets.filter(|target| !guide.contains(&format!("| `{target}` |"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
