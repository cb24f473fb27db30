//! Random edits: no crash, no stale answer.

use serde_json::{Value, json};

use crate::client::{Client, place, position, uri};
use crate::diagnostics::{NOTES, expected, shown};

/// A generator of numbers that repeats itself from run to run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

const PIECES: &[&str] = &[
    "",
    "",
    "",
    " ",
    "\n",
    "\r\n",
    "{",
    "}",
    "\"",
    "//",
    "///",
    "😀",
    "allow ",
    "share",
    " to ",
    "managed",
    "notes",
    "staff",
    "policy p {\n",
    "expect block ",
    "except ",
    ",",
    "as work",
    "up to 5 characters",
    "é",
    "require pin { ",
];

/// The start of a character at or before a byte.
fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

const METHODS: &[&str] = &[
    "textDocument/hover",
    "textDocument/completion",
    "textDocument/definition",
    "textDocument/documentHighlight",
    "textDocument/signatureHelp",
    "textDocument/documentSymbol",
    "textDocument/foldingRange",
    "textDocument/semanticTokens/full",
    "textDocument/codeLens",
];

#[test]
fn ten_thousand_edits_leave_what_check_finds() {
    const EDITS: usize = 10_000;
    let mut client = Client::new(&[]);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut text = NOTES.to_owned();
    client.open("notes.mam", &text);
    for round in 1..=EDITS {
        let start = floor(&text, random.below(text.len() + 1));
        let end = floor(&text, (start + random.below(12)).min(text.len())).max(start);
        let piece = PIECES[random.below(PIECES.len())];
        let range = json!({ "start": position(&text, start), "end": position(&text, end) });
        // A carriage return and a line feed are one end of a line: no editor parts them.
        let parts = |at: usize| text[..at].ends_with('\r') && text[at..].starts_with('\n');
        if parts(start) || parts(end) {
            continue;
        }
        text.replace_range(start..end, piece);
        client.change("notes.mam", json!([{ "range": range, "text": piece }]));
        if round % 10 == 0 {
            ask(&mut client, &mut random, &text);
        }
        if round % 500 == 0 {
            let found = shown(&client.checked("notes.mam"));
            let errors: Vec<_> = errors_of(&client);
            assert!(found.len() >= errors.len());
            assert_eq!(errors, errors_expected(&text), "after {round} edits of\n{text}");
            text = NOTES.to_owned();
            client.set("notes.mam", &text);
        }
    }
    assert_eq!(shown(&client.analysed("notes.mam")), expected(("notes.mam", &text), "notes.mam"));
    client.shutdown();
}

fn ask(client: &mut Client, random: &mut Random, text: &str) {
    let method = METHODS[random.below(METHODS.len())];
    let at = floor(text, random.below(text.len() + 1));
    let id = client.send(method, place("notes.mam", &position(text, at)));
    if let Err(error) = client.response(id).response_result {
        panic!("{method}: {}", error.message);
    }
}

/// The codes and lines of the errors that the editor has.
fn errors_of(client: &Client) -> Vec<(String, u64)> {
    let list = &client.published[&uri("notes.mam")].1;
    let is_error = |one: &&Value| one["severity"] == 1;
    let mut found: Vec<_> = list
        .iter()
        .filter(is_error)
        .map(|one| {
            (
                one["code"].as_str().unwrap().to_owned(),
                one["range"]["start"]["line"].as_u64().unwrap(),
            )
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Those of a check.
fn errors_expected(text: &str) -> Vec<(String, u64)> {
    let checked = mam::Compiler::new().check("/work/notes.mam", text);
    let errors = checked.diagnostics().iter().filter(|one| one.severity == mam::Severity::Error);
    let mut found: Vec<_> = errors
        .map(|one| {
            let at = one.span().map_or(0, |span| span.start as usize);
            (one.code.to_string(), text[..at].matches('\n').count() as u64)
        })
        .collect();
    found.sort();
    found.dedup();
    found
}
