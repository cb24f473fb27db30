//! The protocol: options and messages that cannot be read, requests that are taken back, edits that come too late.

use serde_json::{Value, json};

use crate::client::{Client, edited, place, position, uri};
use crate::diagnostics::{NOTES, expected, shown};

#[test]
fn one_bad_option_leaves_the_others_and_is_told() {
    let people = "mam 1\nusers staff\n";
    let policies = NOTES.replace("users staff\n", "");
    let options = json!({ "idle": "1", "colour": true, "sets": [["people.mam", "policies.mam"]] });
    let files = [("people.mam", people), ("policies.mam", policies.as_str())];
    let mut client = Client::with(&files, options, &["utf-16"]);
    client.open("policies.mam", &policies);
    assert!(client.checked("policies.mam").iter().all(|one| one["severity"] != 1));
    let told = client.messages.join("\n");
    assert!(told.contains("option `idle`") && told.contains("no option `colour`"), "{told}");
    client.shutdown();
}

#[test]
fn a_change_that_cannot_be_read_ends_the_document() {
    let mut client = Client::new(&[("notes.mam", NOTES)]);
    client.open("notes.mam", NOTES);
    client.checked("notes.mam");
    let document = json!({ "uri": uri("notes.mam"), "version": "two" });
    let params = json!({ "textDocument": document, "contentChanges": [{ "text": "mam 1" }] });
    client.notify("textDocument/didChange", params);
    let hover = client.request("textDocument/hover", place("notes.mam", &position(NOTES, 10)));
    assert!(hover.is_null(), "{hover}");
    assert!(client.messages.iter().any(|one| one.contains("didChange")), "{:?}", client.messages);
    // The editor opens it again.
    client.open("notes.mam", NOTES);
    assert_eq!(shown(&client.analysed("notes.mam")), expected(("notes.mam", NOTES), "notes.mam"));
    client.shutdown();
}

#[test]
fn changes_need_no_version() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", NOTES);
    client.checked("notes.mam");
    let broken = NOTES.replace("protect notes", "protect notse");
    for version in [None, Some(Value::Null)] {
        let mut document = json!({ "uri": uri("notes.mam") });
        if let Some(version) = version {
            document["version"] = version;
        }
        for (text, is_wrong) in [(broken.as_str(), true), (NOTES, false)] {
            let params = json!({ "textDocument": document, "contentChanges": [{ "text": text }] });
            client.notify("textDocument/didChange", params);
            client.until("the errors", |client| {
                let (version, list) = &client.published[&uri("notes.mam")];
                version.is_none() && list.iter().any(|one| one["severity"] == 1) == is_wrong
            });
        }
    }
    assert!(client.messages.is_empty(), "{:?}", client.messages);
    client.shutdown();
}

#[test]
fn unknown_methods_and_arguments_are_refused() {
    let mut client = Client::new(&[]);
    assert!(client.refusal("foo/bar", json!({})).contains("unknown method"), "without a document");
    client.open("notes.mam", NOTES);
    client.analysed("notes.mam");
    let command = |name: &str, argument: Value| json!({ "command": name, "arguments": [argument] });
    for (params, why) in [
        (
            command("mam.diff", json!({ "uri": uri("notes.mam"), "against": "yesterday" })),
            "`commit` or `saved`",
        ),
        (command("mam.diff", json!({ "uri": uri("notes.mam") })), "no earlier text"),
        (command("mam.dance", json!({})), "unknown command"),
        (command("mam.explain", json!({ "uri": uri("notes.mam") })), "no scope"),
        (command("mam.explain", json!({ "uri": uri("other.mam"), "scope": "share" })), "no set"),
    ] {
        let refusal = client.refusal("workspace/executeCommand", params);
        assert!(refusal.contains(why), "{refusal}");
    }
    let shown = client.command(
        "mam.explain",
        json!({ "uri": uri("notes.mam"), "scope": "  launch notes as work " }),
    );
    assert!(shown["markdown"].as_str().unwrap().contains("launch notes"), "{shown}");
    client.shutdown();
}

#[test]
fn answers_of_commands_are_shown_by_the_server_unless_the_editor_does_it() {
    for shows in [false, true] {
        let mut client = Client::with(&[], json!({ "idle": 1, "shows": shows }), &["utf-16"]);
        client.command("mam.help", json!({ "code": "mam::resolve::unknown-name" }));
        assert_eq!(client.messages.iter().any(|one| one.contains("declar")), !shows);
        client.shutdown();
    }
}

#[test]
fn help_waits_for_no_check() {
    let mut client = Client::new(&[]);
    let long = NOTES.to_owned() + &(0..20_000).map(|n| format!("users u{n}\n")).collect::<String>();
    client.open("long.mam", &long);
    let shown = client.command("mam.help", json!({ "code": "mam::resolve::unknown-name" }));
    assert!(shown["markdown"].as_str().unwrap().contains("declar"));
    assert!(!client.published.contains_key(&uri("long.mam")), "the check was there first");
    client.shutdown();
}

/// A text with a rule that is written twice.
fn twice() -> String {
    NOTES.replace(
        "  allow share to managed\n",
        "  allow share to managed\n  allow share to managed\n",
    )
}

#[test]
fn edits_are_those_of_a_text_that_is_still_there() {
    let mut client = Client::new(&[]);
    let name = "a(b)@c.mam";
    client.open(name, &twice());
    client.analysed(name);
    assert!(client.command("mam.fix", json!({ "uri": uri(name) })).is_null());
    let change = &client.applied[0]["edit"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": uri(name), "version": 1 }));
    assert_eq!(edited(&twice(), &change["edits"]).matches("allow share to managed").count(), 1);
    // The text moves on while the edits are worked out.
    let params = json!({ "command": "mam.fix", "arguments": [{ "uri": uri(name) }] });
    let id = client.send("workspace/executeCommand", params.clone());
    client.set(name, &format!("// one\n// two\n{}", twice()));
    let late = client.response(id).response_result;
    assert!(late.is_err_and(|error| error.code == -32801), "the edits are refused");
    assert_eq!(client.applied.len(), 1);
    // The editor may refuse, too.
    client.applies = false;
    assert!(client.refusal("workspace/executeCommand", params).contains("did not make the edits"));
    client.shutdown();
}

#[test]
fn commands_that_are_taken_back_are_answered_at_once() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", NOTES);
    client.checked("notes.mam");
    let argument = json!({ "uri": uri("notes.mam"), "scope": "any" });
    let params = json!({ "command": "mam.matrix", "arguments": [argument] });
    let ids: Vec<_> =
        (0..30).map(|_| client.send("workspace/executeCommand", params.clone())).collect();
    for id in &ids[1..] {
        client.notify("$/cancelRequest", json!({ "id": id }));
    }
    let canceled = ids[1..].iter().filter(|id| {
        client.response(**id).response_result.is_err_and(|error| error.code == -32800)
    });
    assert!(canceled.count() >= 20, "most are still waiting for the worker");
    assert!(client.response(ids[0]).response_result.is_ok());
    client.shutdown();
}

#[test]
fn addresses_may_have_letters_of_every_language() {
    let mut client = Client::new(&[]);
    client.open("ü é.mam", "mam 1\npolicy {");
    let address = uri("%C3%BC%20%C3%A9.mam");
    client.until("a check", |client| client.published.contains_key(&address));
    let outline = json!({ "textDocument": { "uri": uri("ü é.mam") } });
    assert!(client.request("textDocument/documentSymbol", outline).is_array());
    client.shutdown();
}

#[test]
fn texts_of_catalogues_are_no_policies() {
    let options = json!({ "idle": 1, "catalogues": "mam-catalogue:/" });
    let mut client = Client::with(&[], options, &["utf-16"]);
    let catalogue = client.command("mam.catalogue", json!({ "name": "microsoft" }));
    let item = json!({
        "uri": "mam-catalogue:/microsoft.mam", "languageId": "mam", "version": 1, "text": catalogue["text"]
    });
    client.notify("textDocument/didOpen", json!({ "textDocument": item }));
    client.open("notes.mam", NOTES);
    client.analysed("notes.mam");
    assert!(!client.published.contains_key("mam-catalogue:/microsoft.mam"));
    client.shutdown();
}
