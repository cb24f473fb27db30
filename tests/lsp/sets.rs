//! Sets: several of them side by side, and files that belong to one, to several, or to another one than before.

use serde_json::{Value, json};

use crate::client::{Client, Memory, path, place, position, short, uri};
use crate::diagnostics::{NOTES, expected, shown};

const PEOPLE: &str = "mam 1\nusers staff\n";

/// The policy whose people are in another file.
fn root(used: &str) -> String {
    NOTES.replace("users staff\n", &format!("{used}\n"))
}

fn codes(list: &[Value]) -> Vec<String> {
    list.iter().map(|one| short(one).0).collect()
}

fn errors(client: &Client, name: &str) -> Vec<String> {
    let Some((_, list)) = client.published.get(&uri(name)) else { return Vec::new() };
    let errors: Vec<_> = list.iter().filter(|one| one["severity"] == 1).cloned().collect();
    codes(&errors)
}

#[test]
fn sets_are_analysed_independently_of_each_other() {
    let options = json!({ "idle": 100 });
    let mut client = Client::with(&[], options, &["utf-16"]);
    let twice = "allow share to managed\n  allow share to managed";
    let first = NOTES.replace("allow share to managed", twice);
    let second = first.replace("base", "second");
    client.open("a.mam", &first);
    client.checked("a.mam");
    // The other set is opened and edited before the analysis of the first one has begun.
    client.open("b.mam", NOTES);
    client.set("b.mam", &second);
    assert_eq!(shown(&client.analysed("a.mam")), expected(("a.mam", &first), "a.mam"));
    assert_eq!(shown(&client.analysed("b.mam")), expected(("b.mam", &second), "b.mam"));
    let lints = codes(&client.published[&uri("a.mam")].1);
    assert!(lints.iter().any(|code| code.starts_with("mam::lint::")), "{lints:?}");
    client.shutdown();
}

#[test]
fn a_request_is_answered_when_its_set_goes_away() {
    let mut client = Client::new(&[]);
    let long = NOTES.to_owned() + &"users u\n".repeat(20_000);
    for _ in 0..3 {
        client.open("a.mam", &long);
        let id = client.send("textDocument/hover", place("a.mam", &position(NOTES, 16)));
        client.close("a.mam");
        // The text is gone that it was about, unless it was answered before.
        if let Err(error) = client.response(id).response_result {
            assert_eq!(error.code, -32801, "{}", error.message);
        }
    }
    client.shutdown();
}

#[test]
fn a_file_is_checked_with_the_set_that_uses_it_by_now() {
    let mut client = Client::new(&[]);
    client.open("root.mam", NOTES);
    client.open("people.mam", "mam 1\nusers crew\n");
    client.checked("root.mam");
    client.checked("people.mam");
    // The root begins to use the other file, which is corrected before anything is checked.
    client.set("root.mam", &root("use \"people.mam\""));
    client.set("people.mam", PEOPLE);
    client.checked("root.mam");
    client.checked("people.mam");
    client.until("the correction", |client| errors(client, "root.mam").is_empty());
    client.shutdown();
}

#[test]
fn a_missing_file_is_there_when_it_is_opened_unsaved() {
    let mut client = Client::new(&[]);
    client.open("root.mam", &root("use \"people.mam\""));
    assert!(codes(&client.checked("root.mam")).contains(&"mam::load::cannot-read".to_owned()));
    client.open("people.mam", PEOPLE);
    client.until("the new file", |client| errors(client, "root.mam").is_empty());
    client.close("people.mam");
    client.until("its end", |client| !errors(client, "root.mam").is_empty());
    client.shutdown();
}

#[test]
fn diagnostics_are_about_the_version_that_they_are_published_with() {
    let mut client = Client::with(&[], json!({ "idle": 60_000 }), &["utf-16"]);
    let big = NOTES.to_owned() + &(0..4_000).map(|n| format!("users u{n}\n")).collect::<String>();
    let broken = big.replace("protect notes", "protect notse");
    client.open("big.mam", &broken);
    client.open("small.mam", NOTES);
    client.checked("big.mam");
    client.checked("small.mam");
    for round in 0..5 {
        // The big file is corrected; the small one is checked first and published meanwhile.
        let (good, bad) = (format!("// {round}\n{big}"), format!("// {round}\n{broken}"));
        client.set("big.mam", &good);
        client.set("small.mam", &format!("{NOTES}// {round}\n"));
        assert!(codes(&client.checked("big.mam")).is_empty(), "round {round}");
        client.set("big.mam", &bad);
        assert!(!codes(&client.checked("big.mam")).is_empty(), "round {round}");
    }
    client.shutdown();
}

#[test]
fn every_form_of_use_ties_files_together() {
    let forms = [
        "use \"people.mam\"",
        "use\n  \"people.mam\"",
        "use // here\n  \"people.mam\"",
        "use \"p\\u{65}ople.mam\"",
        "use microsoft use \"people.mam\"",
    ];
    for form in forms {
        let root = root(form);
        let mut client = Client::new(&[("root.mam", &root), ("people.mam", PEOPLE)]);
        client.open("people.mam", "mam 1\nusers team\n");
        client.until("the error in the root file", |client| {
            errors(client, "root.mam") == ["mam::resolve::unknown-name"]
        });
        client.shutdown();
    }
}

#[test]
fn a_file_that_a_circle_uses_belongs_to_its_set() {
    let one = root("use \"two.mam\"\nuse \"people.mam\"");
    let files = [("one.mam", one.as_str()), ("two.mam", "mam 1\nuse \"one.mam\"\n")];
    let mut client = Client::new(&files);
    client.open("people.mam", "mam 1\nusers team\n");
    client.until("the error", |client| !errors(client, "one.mam").is_empty());
    client.set("people.mam", PEOPLE);
    client.until("its end", |client| errors(client, "one.mam").is_empty());
    client.shutdown();
}

#[test]
fn a_named_set_without_one_of_its_files_says_that() {
    let policies = root("");
    let options = json!({ "idle": 1, "sets": [["policies.mam", "people.mam"]] });
    let mut client = Client::with(&[("policies.mam", &policies)], options, &["utf-16"]);
    client.open("policies.mam", &policies);
    let found = client.checked("policies.mam");
    let codes = codes(&found);
    assert!(codes.contains(&"mam::load::cannot-read".to_owned()), "{found:#?}");
    assert!(codes.contains(&"mam::resolve::unknown-name".to_owned()), "{found:#?}");
    client.files.saved.lock().unwrap().insert(path("people.mam"), PEOPLE.to_owned());
    let change = json!({ "uri": uri("people.mam"), "type": 1 });
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    client.until("the file", |client| errors(client, "policies.mam").is_empty());
    client.shutdown();
}

#[test]
fn folders_can_be_added_later() {
    let other = "file:///elsewhere";
    let root = root("use \"people.mam\"");
    let mut client = Client::new(&[]);
    {
        let mut saved = client.files.saved.lock().unwrap();
        saved.insert("/elsewhere/root.mam".to_owned(), root);
        saved.insert("/elsewhere/people.mam".to_owned(), PEOPLE.to_owned());
    }
    let people = format!("{other}/people.mam");
    let item =
        json!({ "uri": people, "languageId": "mam", "version": 1, "text": "mam 1\nusers team\n" });
    client.notify("textDocument/didOpen", json!({ "textDocument": item }));
    client.until("a check", |client| client.published.contains_key(&people));
    let folder = json!({ "uri": other, "name": "elsewhere" });
    let event = json!({ "event": { "added": [folder], "removed": [] } });
    client.notify("workspace/didChangeWorkspaceFolders", event);
    let in_root = format!("{other}/root.mam");
    client.until("the error in the root file", |client| {
        client.published.get(&in_root).is_some_and(|(_, list)| !list.is_empty())
    });
    let event = json!({ "event": { "added": [], "removed": [folder] } });
    client.notify("workspace/didChangeWorkspaceFolders", event);
    client.until("its end", |client| client.published[&in_root].1.is_empty());
    client.shutdown();
}

#[test]
fn the_first_search_of_folders_holds_up_what_needs_it_and_nothing_else() {
    let files = [("root.mam", root("use \"people.mam\"")), ("people.mam", PEOPLE.to_owned())];
    let files: Vec<_> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let memory = Memory::default();
    memory.set_busy(true);
    let mut client = Client::of(memory, &files, json!({ "idle": 1 }), &["utf-16"]);
    client.open("people.mam", "mam 1\nusers team\n");
    let symbols = client.request(
        "textDocument/documentSymbol",
        json!({ "textDocument": { "uri": uri("people.mam") } }),
    );
    assert_eq!(symbols[0]["name"], "team");
    let place = place("people.mam", &json!({ "line": 2, "character": 0 }));
    assert!(client.request("textDocument/completion", place.clone()).as_array().unwrap().len() > 5);
    let hover = client.send("textDocument/hover", place);
    assert!(client.published.is_empty(), "{:?}", client.published);
    client.files.set_busy(false);
    assert!(client.response(hover).response_result.is_ok());
    client.until("the error in the root file", |client| {
        errors(client, "root.mam") == ["mam::resolve::unknown-name"]
    });
    client.shutdown();
}

#[test]
fn files_that_are_deleted_and_renamed_change_their_sets() {
    let text = root("use \"people.mam\"");
    let mut client = Client::new(&[("root.mam", &text), ("people.mam", PEOPLE)]);
    client.open("root.mam", &text);
    assert!(client.checked("root.mam").iter().all(|one| one["severity"] != 1));
    let rename = |client: &Client, from: &str, to: &str| {
        let mut saved = client.files.saved.lock().unwrap();
        let text = saved.remove(&path(from)).unwrap();
        saved.insert(path(to), text);
    };
    let tell = |client: &Client, names: [(&str, i32); 2]| {
        let changes = names.map(|(name, kind)| json!({ "uri": uri(name), "type": kind }));
        client.notify("workspace/didChangeWatchedFiles", json!({ "changes": changes }));
    };
    rename(&client, "people.mam", "crew.mam");
    tell(&client, [("people.mam", 3), ("crew.mam", 1)]);
    client.until("the missing file", |client| !errors(client, "root.mam").is_empty());
    client.set("root.mam", &text.replace("people", "crew"));
    client.until("the new name", |client| errors(client, "root.mam").is_empty());
    rename(&client, "crew.mam", "people.mam");
    tell(&client, [("crew.mam", 3), ("people.mam", 1)]);
    client.until("the missing file", |client| !errors(client, "root.mam").is_empty());
    // The root itself goes: its text is that of the editor, until it is closed.
    client.files.saved.lock().unwrap().remove(&path("root.mam"));
    tell(&client, [("root.mam", 3), ("people.mam", 2)]);
    client.set("root.mam", &text);
    client.until("the name as before", |client| errors(client, "root.mam").is_empty());
    client.close("root.mam");
    client.until("no diagnostics", |client| {
        client.published.get(&uri("root.mam")).is_none_or(|(_, list)| list.is_empty())
    });
    client.shutdown();
}

#[test]
fn files_outside_of_all_folders_are_sets_of_their_own() {
    let mut client = Client::new(&[("people.mam", PEOPLE)]);
    for address in
        ["file:///elsewhere/root.mam", "untitled:Untitled-1", "file:///elsewhere/a/../root2.mam"]
    {
        let item = json!({ "uri": address, "languageId": "mam", "version": 1, "text": root("use \"../work/people.mam\"") });
        client.notify("textDocument/didOpen", json!({ "textDocument": item }));
        client.until("a check", |client| client.published.contains_key(address));
        let codes = codes(&client.published[address].1);
        assert!(codes.contains(&"mam::load::outside-folder".to_owned()), "{address}: {codes:?}");
        let outline = json!({ "textDocument": { "uri": address } });
        assert!(
            client.request("textDocument/documentSymbol", outline).as_array().unwrap().len() > 2
        );
    }
    client.shutdown();
}

#[test]
fn names_are_found_in_sets_that_are_not_open() {
    let lib = "mam 1\nusers staff\n";
    let one = root("use \"lib.mam\"");
    let two = one.replace("policy base", "policy second");
    let alone = "mam 1\nusers lonely\n";
    let files = [("lib.mam", lib), ("one.mam", &one), ("two.mam", &two), ("alone.mam", alone)];
    let mut client = Client::new(&files);
    client.open("one.mam", &one);
    let at = position(&one, one.find("for     staff").unwrap() + 9);
    let mut params = place("one.mam", &at);
    params["context"] = json!({ "includeDeclaration": true });
    let uses = client.request("textDocument/references", params);
    let mut files: Vec<_> = (uses.as_array().unwrap().iter())
        .map(|one| one["uri"].as_str().unwrap().to_owned())
        .collect();
    files.sort();
    assert_eq!(files, [uri("lib.mam"), uri("one.mam"), uri("two.mam")]);
    for (query, count) in [("lonely", 1), ("second", 1), ("staff", 1), ("nobody", 0)] {
        let found = client.request("workspace/symbol", json!({ "query": query }));
        assert_eq!(found.as_array().unwrap().len(), count, "{query}: {found:#}");
    }
    client.shutdown();
}

#[test]
fn symbols_of_a_shared_file_come_once() {
    let text = NOTES.replace("policy base", "policy NAME");
    let text =
        |name: &str| text.replace("users staff\n", "use \"people.mam\"\n").replace("NAME", name);
    let (one, two) = (text("one"), text("two"));
    let mut client = Client::new(&[("one.mam", &one), ("two.mam", &two), ("people.mam", PEOPLE)]);
    client.open("one.mam", &one);
    client.open("two.mam", &two);
    let found = client.request("workspace/symbol", json!({ "query": "staff" }));
    assert_eq!(found.as_array().unwrap().len(), 1, "{found:#}");
    let found = client.request("workspace/symbol", json!({ "query": "notes" }));
    assert_eq!(found.as_array().unwrap().len(), 2, "{found:#}");
    client.shutdown();
}
