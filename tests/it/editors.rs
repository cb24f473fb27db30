//! The grammars for editors know the words of the language. `tests/editors` tries them on texts.

use std::collections::BTreeSet;
use std::path::Path;

use mam::syntax::keywords;
use serde_json::Value;

/// Words that are no keywords of the table and stand in the grammar alone.
const OTHER_WORDS: &[&str] = &[
    "character",
    "characters",
    "content",
    "corporate",
    "minute",
    "minutes",
    "hour",
    "hours",
    "day",
    "days",
    "warn",
    "wipe",
    "true",
    "false",
    "null",
];

fn json(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Hands over every string below a value, with the member or list that it is in.
fn strings<'v>(value: &'v Value, member: &'v str, found: &mut Vec<(&'v str, &'v str)>) {
    match value {
        Value::String(text) => found.push((member, text)),
        Value::Array(list) => list.iter().for_each(|one| strings(one, member, found)),
        Value::Object(members) => {
            members.iter().for_each(|(name, one)| strings(one, name, found));
        }
        _ => {}
    }
}

/// The words in strings of some members: runs of small letters and hyphens.
fn words(value: &Value, members: &[&str]) -> BTreeSet<String> {
    let mut found = Vec::new();
    strings(value, "", &mut found);
    let texts = found.into_iter().filter(|(member, _)| members.contains(member));
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '-';
    let words = texts.flat_map(|(_, text)| text.split(move |c| !is_letter(c)));
    words.filter(|word| word.starts_with(|c: char| c != '-')).map(str::to_owned).collect()
}

fn known() -> BTreeSet<String> {
    keywords().chain(OTHER_WORDS.iter().copied()).map(str::to_owned).collect()
}

#[test]
fn the_grammar_for_tree_sitter_has_the_keywords_of_the_language() {
    let grammar = json("editors/tree-sitter-mam/src/grammar.json");
    let mut found = Vec::new();
    literals(&grammar["rules"], &mut found);
    let theirs: BTreeSet<_> = found.into_iter().collect();
    let known = known();
    let missing: Vec<_> = known.difference(&theirs).collect();
    // `pin` and its like are words of their place: requirements, platforms, facts.
    let requirements = ["pin", "credentials", "encryption"];
    assert!(missing.iter().all(|word| requirements.contains(&word.as_str())), "{missing:?}");
    let more: Vec<_> = theirs.difference(&known).collect();
    assert!(more.is_empty(), "no keywords: {more:?}");
}

/// The literals of rules that are words.
fn literals(value: &Value, found: &mut Vec<String>) {
    if value["type"] == "STRING" {
        let word = value["value"].as_str().unwrap();
        found.extend(word.starts_with(|c: char| c.is_ascii_lowercase()).then(|| word.to_owned()));
    }
    match value {
        Value::Array(list) => list.iter().for_each(|one| literals(one, found)),
        Value::Object(members) => members.values().for_each(|one| literals(one, found)),
        _ => {}
    }
}

#[test]
fn the_grammar_for_text_mate_has_the_keywords_of_the_language() {
    let grammar = json("editors/vscode/syntaxes/mam.tmLanguage.json");
    let theirs = words(&grammar, &["match", "begin", "end"]);
    let requirements = ["pin", "credentials", "encryption"];
    let missing: Vec<_> = known().into_iter().filter(|word| !theirs.contains(word)).collect();
    assert!(missing.iter().all(|word| requirements.contains(&word.as_str())), "{missing:?}");
}

/// A snippet's text with the first choice or the default in each place.
fn expanded(body: &str) -> String {
    let mut text = String::new();
    let mut rest = body;
    let mut values = std::collections::BTreeMap::new();
    while let Some((before, behind)) = rest.split_once('$') {
        text.push_str(before);
        let (place, after) = match behind.strip_prefix('{') {
            Some(inner) => inner.split_once('}').unwrap(),
            None => behind.split_at(1),
        };
        let (number, default) = match place.split_once([':', '|']) {
            Some((number, default)) => (number, default.trim_end_matches('|').split(',').next()),
            None => (place, None),
        };
        // A default in plain text may hold commas; a list of choices ends with a bar.
        let default =
            if place.contains(':') { place.split_once(':').map(|it| it.1) } else { default };
        let value =
            values.entry(number.to_owned()).or_insert_with(|| default.unwrap_or("").to_owned());
        text.push_str(value);
        rest = after;
    }
    text + rest
}

#[test]
fn snippets_are_policies() {
    let snippets = json("editors/vscode/snippets/mam.json");
    let mut count = 0;
    for (name, snippet) in snippets.as_object().unwrap() {
        let body = match &snippet["body"] {
            Value::Array(lines) => {
                lines.iter().map(|line| line.as_str().unwrap()).collect::<Vec<_>>().join("\n")
            }
            line => line.as_str().unwrap().to_owned(),
        };
        let body = expanded(&body);
        let text = match name.as_str() {
            "File" => body,
            "Policy" | "App" => format!("mam 1\n{body}"),
            _ => format!("mam 1\npolicy p {{\n  for any\n  protect outlook\n  {body}\n}}"),
        };
        let mut sources = mam::source::Sources::default();
        let id = sources.add(name, &text);
        let (_, found) = mam::syntax::parse(&sources, id, &mam::Limits::default());
        assert!(found.is_empty(), "{name}: {found:?}\n{text}");
        count += 1;
    }
    assert!(count >= 7);
    let file = expanded(
        &snippets["File"]["body"]
            .as_array()
            .unwrap()
            .iter()
            .map(|line| line.as_str().unwrap())
            .collect::<Vec<_>>()
            .join("\n"),
    );
    let checked = mam::Compiler::new().check("file.mam", &file);
    assert!(!checked.has_errors(), "{}", checked.errors());
    assert!(
        mam::Analysis::new(&checked)
            .unwrap()
            .test()
            .iter()
            .all(|one| one.verdict == mam::analysis::Verdict::Holds)
    );
}

#[test]
fn zed_highlights_as_tree_sitter_does() {
    let text = |path: &str| {
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("editors").join(path))
            .unwrap()
    };
    let copy = text("zed/languages/mam/highlights.scm");
    assert_eq!(copy, text("tree-sitter-mam/queries/highlights.scm"), "copy the one over the other");
}
