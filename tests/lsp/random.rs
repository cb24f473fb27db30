//! Random edits: no crash, no stale answer.

use mam::syntax::ast::{ItemKind, Use};
use serde_json::{Value, json};

use crate::client::{Client, path, place, position, uri};
use crate::diagnostics::NOTES;

/// A generator of numbers that repeats itself from run to run.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
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

/// Requests about a place, with the members that they take beside it.
fn requests(name: &str, at: &Value) -> Vec<(&'static str, Value)> {
    let mut asked = Vec::new();
    for method in [
        "hover",
        "completion",
        "definition",
        "documentHighlight",
        "signatureHelp",
        "documentSymbol",
        "foldingRange",
        "semanticTokens/full",
        "codeLens",
        "formatting",
        "rangeFormatting",
        "codeAction",
        "inlayHint",
        "references",
        "selectionRange",
        "semanticTokens/range",
        "prepareCallHierarchy",
        "rename",
    ] {
        let mut params = place(name, at);
        params["range"] = json!({ "start": at, "end": at });
        params["positions"] = json!([at]);
        params["context"] = match method {
            "references" => json!({ "includeDeclaration": true }),
            "codeAction" => json!({ "diagnostics": [] }),
            _ => Value::Null,
        };
        params["options"] = json!({ "tabSize": 2, "insertSpaces": true });
        params["newName"] = json!("another");
        asked.push((method, params));
    }
    asked
}

/// The files: a root, and one that it uses.
const FILES: [&str; 2] = ["root.mam", "people.mam"];

fn beginnings() -> [String; 2] {
    let root = NOTES.replace("users staff\n", "use \"people.mam\"\n");
    [root, "mam 1\nusers staff\nfilter own \"😀\"\n".to_owned()]
}

#[test]
fn ten_thousand_edits_leave_what_check_finds() {
    const EDITS: usize = 10_000;
    let mut client = Client::new(&[]);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut texts = beginnings();
    for (name, text) in FILES.iter().zip(&texts) {
        client.open(name, text);
    }
    for round in 1..=EDITS {
        let file = random.below(FILES.len());
        edit(&mut client, &mut random, FILES[file], &mut texts[file]);
        if round % 10 == 0 {
            ask(&mut client, &mut random, FILES[file], &texts[file]);
        }
        if round % 250 == 0 {
            agree(&mut client, &texts, round);
            texts = beginnings();
            for (name, text) in FILES.iter().zip(&texts) {
                client.set(name, text);
            }
        }
    }
    client.analysed(FILES[0]);
    agree(&mut client, &texts, EDITS);
    client.shutdown();
}

fn edit(client: &mut Client, random: &mut Random, name: &str, text: &mut String) {
    let start = floor(text, random.below(text.len() + 1));
    let end = floor(text, (start + random.below(12)).min(text.len())).max(start);
    let piece = PIECES[random.below(PIECES.len())];
    let range = json!({ "start": position(text, start), "end": position(text, end) });
    // A carriage return and a line feed are one end of a line: no editor parts them.
    let parts = |at: usize| text[..at].ends_with('\r') && text[at..].starts_with('\n');
    if !parts(start) && !parts(end) {
        text.replace_range(start..end, piece);
        client.change(name, json!([{ "range": range, "text": piece }]));
    }
}

fn ask(client: &mut Client, random: &mut Random, name: &str, text: &str) {
    let at = position(text, floor(text, random.below(text.len() + 1)));
    let mut all = requests(name, &at);
    let (method, params) = all.swap_remove(random.below(all.len()));
    let id = client.send(&format!("textDocument/{method}"), params);
    match client.response(id).response_result {
        // A name may not be there, or not be one that can be changed.
        Err(error) if method != "rename" => panic!("{method}: {}", error.message),
        _ => {}
    }
}

/// Checks that the diagnostics of both files are those of a check of their texts.
fn agree(client: &mut Client, texts: &[String; 2], round: usize) {
    for name in FILES {
        client.checked(name);
    }
    // What the root uses decides whether the other file is in its set or in one of its own.
    let is_used = uses_people(&texts[0]);
    let roots = if is_used { vec![0] } else { vec![0, 1] };
    for name in FILES {
        // A `use` with a mistake around it ties the files together and reads nothing.
        if name == FILES[1] && !is_used && texts[0].contains("\"people.mam\"") {
            continue;
        }
        let mut expected = Vec::new();
        for root in &roots {
            expected.extend(errors_expected(texts, *root, &path(name)));
        }
        expected.sort();
        expected.dedup();
        let found = errors_of(client, name);
        assert_eq!(
            found, expected,
            "{name} after {round} edits of\n{}\n---\n{}",
            texts[0], texts[1]
        );
    }
}

/// Whether a text uses the other file.
fn uses_people(text: &str) -> bool {
    let mut sources = mam::source::Sources::default();
    let id = sources.add("root.mam", text);
    let (file, _) = mam::syntax::parse(&sources, id, &mam::Limits::default());
    file.items.iter().any(|item| match &item.kind {
        ItemKind::Use(Use::File(path)) => path.value == "people.mam",
        _ => false,
    })
}

/// An error as an editor has it: code and range.
type Error = (String, String);

/// The errors that the editor has.
fn errors_of(client: &Client, name: &str) -> Vec<Error> {
    let list = &client.published[&uri(name)].1;
    let is_error = |one: &&Value| one["severity"] == 1;
    let mut found: Vec<_> = list
        .iter()
        .filter(is_error)
        .map(|one| (one["code"].as_str().unwrap().to_owned(), one["range"].to_string()))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Those of a check of a root file, in one of the files.
fn errors_expected(texts: &[String; 2], root: usize, file: &str) -> Vec<Error> {
    let mut loader = Loader(&texts[1]);
    let compiler = mam::Compiler::new().loader(&mut loader);
    let checked = compiler.check(&path(FILES[root]), &texts[root]);
    let errors = checked.diagnostics().iter().filter(|one| one.severity == mam::Severity::Error);
    let found = errors.filter_map(|one| {
        let span = one.span()?;
        let source = checked.sources().get(span.source)?;
        let text = source.text();
        let range = json!({
            "start": position(text, span.start as usize), "end": position(text, span.end as usize)
        });
        (source.name() == file).then(|| (one.code.to_string(), range.to_string()))
    });
    found.collect()
}

/// A loader that finds the second file and no other.
struct Loader<'t>(&'t str);

impl mam::Loader for Loader<'_> {
    fn load(&mut self, name: &str, _: &str) -> Result<mam::Loaded, mam::LoadError> {
        match name {
            "people.mam" => Ok(mam::Loaded::new(path(name), self.0)),
            _ => Err(mam::LoadError::CannotRead("there is no such file".to_owned())),
        }
    }
}
