//! Formatting of a part: whole statements, and nothing but the layout.

use serde_json::{Value, json};

use crate::client::{Client, edited, uri};

const ROUGH: &str = "mam 1
app notes { ios \"com.example.notes\" sdk }
users staff
policy base {
  for staff
  protect   notes
  allow share
   // partners only
   to managed
  allow   copy to any up to 50 characters // short
  block save   to any allow print   to printer
}
users   crew
";

fn canonical(text: &str) -> String {
    let mut sources = mam::source::Sources::default();
    let id = sources.add("notes.mam", text);
    let (file, found) = mam::syntax::parse(&sources, id, &mam::Limits::default());
    assert!(found.is_empty(), "{found:?}");
    mam::syntax::print::print(&file, &sources)
}

#[test]
fn a_part_is_laid_out_with_its_statements_and_nothing_else_changes() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", ROUGH);
    let lines = ROUGH.lines().count();
    let mut changed = 0;
    for from in 0..lines {
        for to in from..lines {
            let range = json!({ "start": { "line": from, "character": 0 }, "end": { "line": to, "character": 2 } });
            let options = json!({ "tabSize": 2, "insertSpaces": true });
            let params = json!({ "textDocument": { "uri": uri("notes.mam") }, "range": range, "options": options });
            let edits = client.request("textDocument/rangeFormatting", params);
            if edits == Value::Null {
                continue;
            }
            let text = edited(ROUGH, &edits);
            assert_eq!(canonical(&text), canonical(ROUGH), "lines {from} to {to} give\n{text}");
            changed += usize::from(text != ROUGH);
        }
    }
    assert!(changed > lines, "most parts are laid out: {changed}");
    // One statement, whose comment moves above it; the others stay as they are.
    let line = ROUGH.lines().position(|line| line.starts_with("  allow share")).unwrap();
    let at = json!({ "line": line, "character": 3 });
    let params = json!({ "textDocument": { "uri": uri("notes.mam") }, "range": { "start": at, "end": at }, "options": { "tabSize": 2, "insertSpaces": true } });
    let edits = client.request("textDocument/rangeFormatting", params);
    let text = edited(ROUGH, &edits);
    assert!(
        text.contains("  // partners only\n  allow share to managed\n  allow   copy"),
        "{text}"
    );
    assert!(text.contains("  protect   notes\n"), "{text}");
    client.shutdown();
}

#[test]
fn line_ends_stay_as_they_are() {
    let rough = ROUGH.replace('\n', "\r\n");
    let mut client = Client::new(&[]);
    client.open("notes.mam", &rough);
    let line = ROUGH.lines().position(|line| line.starts_with("  allow   copy")).unwrap();
    let at = json!({ "line": line, "character": 3 });
    let options = json!({ "tabSize": 2, "insertSpaces": true });
    let document = json!({ "uri": uri("notes.mam") });
    for (method, range) in
        [("formatting", Value::Null), ("rangeFormatting", json!({ "start": at, "end": at }))]
    {
        let mut params = json!({ "textDocument": document, "options": options });
        if method == "rangeFormatting" {
            params["range"] = range;
        }
        let edits = client.request(&format!("textDocument/{method}"), params);
        let text = edited(&rough, &edits);
        assert!(text.contains("  allow copy to any up to 50 characters  // short\r\n"), "{text}");
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{method}");
        // The statements before it keep their layout.
        assert_eq!(text.contains("protect   notes"), method == "rangeFormatting", "{text}");
    }
    client.shutdown();
}
