//! Texts that change: pieces of documents, cancellation, many changes in a row.

use serde_json::json;

use crate::client::{Client, place, position, short, uri};
use crate::diagnostics::{NOTES, expected, shown};

#[test]
fn pieces_are_changed_in_order_and_emoji_count_twice() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", NOTES);
    // Behind the emoji: the quote at the end of the title is taken away, and put back.
    let quote = NOTES.find("😀\"").unwrap() + "😀".len();
    let (start, end) = (position(NOTES, quote), position(NOTES, quote + 1));
    client.change("notes.mam", json!([{ "range": { "start": start, "end": end }, "text": "" }]));
    let codes: Vec<_> = client.checked("notes.mam").iter().map(|one| short(one).0).collect();
    assert!(codes.contains(&"mam::syntax::unclosed-string".to_owned()), "{codes:?}");
    client.change(
        "notes.mam",
        json!([
            { "range": { "start": start, "end": start }, "text": "xy\"" },
            { "range": { "start": start, "end": { "line": start["line"], "character": start["character"].as_u64().unwrap() + 2 } }, "text": "" }
        ]),
    );
    assert_eq!(shown(&client.analysed("notes.mam")), expected(("notes.mam", NOTES), "notes.mam"));
    client.shutdown();
}

#[test]
fn requests_that_wait_are_answered_about_the_newest_text_or_canceled() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", NOTES);
    let mut canceled = 0;
    for round in 0..20 {
        let text = NOTES.replace("users staff", &format!("users staff\nusers team{round}"));
        client.set("notes.mam", &text);
        let at = position(&text, text.find("team").unwrap());
        let id = client.send("textDocument/hover", place("notes.mam", &at));
        if round % 3 == 0 {
            client.notify("$/cancelRequest", json!({ "id": id }));
            match client.response(id).response_result {
                // The check was there first, with the newest text.
                Ok(result) => {
                    assert!(result.to_string().contains(&format!("team{round}")), "{result}")
                }
                Err(error) => {
                    canceled += 1;
                    assert_eq!(error.code, -32800, "{}", error.message);
                }
            }
        } else if let Ok(result) = client.response(id).response_result {
            let text = result["contents"]["value"].as_str().unwrap().to_owned();
            assert!(text.contains(&format!("users team{round}")), "{text}");
        } else {
            panic!("the request is refused");
        }
    }
    assert!(canceled > 0, "no request was taken back before its check");
    client.shutdown();
}

#[test]
fn answers_are_about_the_text_of_the_time_or_refused() {
    let mut client = Client::new(&[]);
    let rest = (0..2_000).map(|number| format!("users u{number}\n")).collect::<String>();
    let text = NOTES.to_owned() + &rest;
    client.open("notes.mam", &text);
    client.checked("notes.mam");
    let at = position(&text, text.find("staff").unwrap() + 1);
    let top =
        json!({ "start": { "line": 0, "character": 5 }, "end": { "line": 0, "character": 5 } });
    let mut refused = 0;
    for method in ["hover", "definition", "rename", "references", "prepareRename"] {
        // The first change makes the set stale; the second one moves the name while the request waits.
        client.set("notes.mam", &format!("{text}// {method}\n"));
        let mut params = place("notes.mam", &at);
        params["newName"] = json!("crew");
        params["context"] = json!({ "includeDeclaration": true });
        let id = client.send(&format!("textDocument/{method}"), params);
        client.change("notes.mam", json!([{ "range": top, "text": "\n" }]));
        match client.response(id).response_result {
            // The check was there first.
            Ok(result) => assert!(!result.is_null(), "{method}"),
            Err(error) => {
                refused += 1;
                assert_eq!(error.code, -32801, "{method}: {}", error.message);
            }
        }
    }
    assert!(refused > 0, "no text changed while a request waited");
    client.shutdown();
}

#[test]
fn line_ends_of_every_kind_are_counted() {
    let mut client = Client::new(&[]);
    let text = NOTES.replace('\n', "\r\n").replace("protect notes", "protect notse");
    client.open("notes.mam", &text);
    let found = client.checked("notes.mam");
    let lines: Vec<_> = found.iter().map(short).collect();
    let line = NOTES.lines().position(|line| line.contains("protect")).unwrap() as u64;
    assert!(lines.contains(&("mam::resolve::unknown-name".to_owned(), line, 10)), "{lines:?}");
    assert_eq!(client.published[&uri("notes.mam")].0, Some(1));
    client.shutdown();
}

#[test]
fn answers_may_come_between_shutdown_and_exit_and_requests_may_not() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", NOTES);
    client.request("shutdown", serde_json::Value::Null);
    client.answer_late();
    let start = json!({ "line": 0, "character": 0 });
    assert!(client.refusal("textDocument/hover", place("notes.mam", &start)).contains("ending"));
    client.exit().unwrap();
    let ended = Client::new(&[]).exit();
    assert!(matches!(ended, Err(mam::lsp::ServeError::NotShutDown)), "{ended:?}");
}
