//! Repairs: edits that keep their promise in every set, and titles that say what they do.

use serde_json::{Value, json};

use crate::client::{Client, edited, position, uri};
use crate::diagnostics::NOTES;

/// The quick fixes with edits for a whole document.
fn fixes(client: &mut Client, name: &str) -> Vec<Value> {
    let end = json!({ "line": 999, "character": 0 });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": end });
    let document = json!({ "uri": uri(name) });
    let params =
        json!({ "textDocument": document, "range": range, "context": { "diagnostics": [] } });
    let found = client.request("textDocument/codeAction", params);
    found.as_array().unwrap().iter().filter(|one| !one["edit"].is_null()).cloned().collect()
}

fn titles(fixes: &[Value]) -> Vec<&str> {
    fixes.iter().map(|one| one["title"].as_str().unwrap()).collect()
}

/// Opens a text or gives it to an open document; waits for its check.
fn show(client: &mut Client, name: &str, text: &str) -> Vec<Value> {
    match client.published.contains_key(&uri(name)) {
        true => client.set(name, text),
        false => client.open(name, text),
    }
    client.checked(name)
}

fn with(fix: &Value, text: &str) -> String {
    edited(text, &fix["edit"]["documentChanges"][0]["edits"])
}

const LIB: &str = "mam 1
app notes { ios \"com.example.notes\" sdk }
app tasks { ios \"com.example.tasks\" sdk }
users staff
policy p {
  for staff
  protect notes
  otherwise allow
  block share, copy to unmanaged
  block share to tasks as work
}
";

#[test]
fn what_one_set_finds_is_edited_only_if_every_set_finds_it() {
    let one = "mam 1\nuse \"lib.mam\"\n";
    let two = "mam 1\nuse \"lib.mam\"\npolicy t { for staff protect tasks otherwise allow }\n";
    let mut client = Client::new(&[("lib.mam", LIB), ("one.mam", one), ("two.mam", two)]);
    client.open("lib.mam", LIB);
    let found = client.analysed("lib.mam");
    // Where nobody protects `tasks`, the second rule says nothing new; where somebody does, it does.
    let shadowed = found.iter().find(|one| one["code"] == "mam::lint::shadowed-rule").unwrap();
    assert!(shadowed["message"].as_str().unwrap().ends_with("\nin one.mam"), "{shadowed}");
    let offered = fixes(&mut client, "lib.mam");
    assert!(offered.is_empty(), "{:?}", titles(&offered));
    let params = json!({ "command": "mam.fix", "arguments": [{ "uri": uri("lib.mam") }] });
    let refusal = client.refusal("workspace/executeCommand", params);
    assert!(refusal.contains("(one.mam, two.mam)"), "{refusal}");
    client.open("two.mam", one);
    client.analysed("two.mam");
    client.analysed("lib.mam");
    let offered = fixes(&mut client, "lib.mam");
    assert_eq!(titles(&offered), ["Delete `block share to tasks as work`"]);
    client.shutdown();
}

#[test]
fn a_name_that_one_set_lacks_is_not_declared() {
    let lib = LIB.replace("block share, copy to unmanaged", "block share to chat");
    let one = "mam 1\nuse \"lib.mam\"\n";
    let two = "mam 1\nuse \"lib.mam\"\napp chat\n";
    let mut client = Client::new(&[("lib.mam", &lib), ("one.mam", one), ("two.mam", two)]);
    let found = show(&mut client, "lib.mam", &lib);
    let unknown = found.iter().find(|one| one["code"] == "mam::resolve::unknown-name").unwrap();
    assert!(unknown["message"].as_str().unwrap().ends_with("\nin one.mam"), "{unknown}");
    assert!(fixes(&mut client, "lib.mam").is_empty());
    client.open("two.mam", one);
    client.checked("two.mam");
    let offered = fixes(&mut client, "lib.mam");
    assert_eq!(titles(&offered), ["Declare `app chat`"]);
    client.shutdown();
}

#[test]
fn exports_are_not_edited() {
    let export = std::fs::read_to_string("examples/intune/mail.json").unwrap();
    let policy = |name: &str| {
        format!(
            r##"{{"@odata.type":"#microsoft.graph.iosManagedAppProtection","displayName":"{name}","appGroupType":"selectedPublicApps","apps":[{{"mobileAppIdentifier":{{"@odata.type":"#microsoft.graph.iosMobileAppIdentifier","bundleId":"com.microsoft.Office.Outlook"}}}}],"assignments":[{{"target":{{"@odata.type":"#microsoft.graph.groupAssignmentTarget","groupId":"11111111-1111-1111-1111-111111111111"}}}}],"printBlocked":true}}"##
        )
    };
    let twice = format!("[\n{},\n{}\n]\n", policy("A"), policy("B"));
    let mut client = Client::new(&[]);
    let mut found = 0;
    for (name, text) in [("mail.json", &export), ("twice.json", &twice)] {
        client.open(name, text);
        found += client.analysed(name).len();
        let offered = fixes(&mut client, name);
        assert!(offered.is_empty(), "{:?}", titles(&offered));
        let params = json!({ "command": "mam.fix", "arguments": [{ "uri": uri(name) }] });
        let refusal = client.refusal("workspace/executeCommand", params);
        assert!(refusal.contains("an export of another system"), "{refusal}");
    }
    assert!(found > 0, "a policy that changes nothing is found");
    client.shutdown();
}

#[test]
fn titles_say_what_is_deleted() {
    let mut client = Client::new(&[]);
    let twice = NOTES.to_owned()
        + "\n/// The same once more.\npolicy again {\n  for staff\n  protect notes\n  allow share to managed\n  \
           allow copy to any up to 50 characters\n  expect block print\n}\n\napp unused { ios \"com.example.unused\" }\n";
    client.open("notes.mam", &twice);
    client.analysed("notes.mam");
    let offered = fixes(&mut client, "notes.mam");
    let titles = titles(&offered);
    assert!(titles.contains(&"Delete the declaration `app unused`"), "{titles:?}");
    let policy = titles.iter().position(|one| one.starts_with("Delete the policy")).unwrap();
    assert_eq!(titles[policy], "Delete the policy `again`, with its expectation");
    assert!(!with(&offered[policy], &twice).contains("The same once more"));
    client.shutdown();
}

#[test]
fn no_edit_leaves_what_it_is_for_or_new_errors() {
    let mut client = Client::new(&[]);
    for (old, new, allowed) in [
        // Nothing that could be declared can be protected as part of this group.
        ("users staff", "users staff\ngroup g = tasks, foo", &[][..]),
        ("allow share to managed", "allow share, save to foo", &[]),
        ("allow share to managed", "block share to managed except foo", &["app foo"]),
        ("allow share to managed", "allow share to foo as work", &[]),
        ("allow share to managed", "block share to unmanaged except except", &[]),
    ] {
        let mut text = NOTES.replacen(old, new, 1);
        if new.contains("group g") {
            text = text.replace("protect notes, tasks", "protect notes, g");
        }
        let before = errors(&show(&mut client, "notes.mam", &text));
        for fix in fixes(&mut client, "notes.mam") {
            let title = fix["title"].as_str().unwrap();
            assert!(!title.starts_with("Change to `accept`"), "{new}: {title}");
            let declared = title.strip_prefix("Declare `").map(|rest| rest.trim_end_matches('`'));
            assert!(declared.is_none_or(|one| allowed.contains(&one)), "{new}: {title}");
            let after = errors(&show(&mut client, "notes.mam", &with(&fix, &text)));
            assert!(after < before, "{new}: {title}: {before} to {after}");
            show(&mut client, "notes.mam", &text);
        }
    }
    // An app that no policy can protect is not added.
    let text =
        NOTES.replace("users staff", "app viewer { ios \"com.example.viewer\" }\nusers staff");
    let text = text.replace("allow copy", "allow copy from viewer");
    show(&mut client, "notes.mam", &text);
    assert!(fixes(&mut client, "notes.mam").is_empty());
    client.shutdown();
}

fn errors(found: &[Value]) -> usize {
    found.iter().filter(|one| one["severity"] == 1).count()
}

#[test]
fn declarations_keep_comments_and_line_ends() {
    let text = NOTES
        .replace("policy base", "// About\n// this policy.\npolicy base")
        .replace("for     staff", "for     crew")
        .replace('\n', "\r\n");
    let mut client = Client::new(&[]);
    show(&mut client, "notes.mam", &text);
    let offered = fixes(&mut client, "notes.mam");
    let declare = offered.iter().find(|one| one["title"] == "Declare `users crew`").unwrap();
    let declared = with(declare, &text);
    assert!(declared.contains("\r\n\r\nusers crew\r\n\r\n// About\r\n// this policy.\r\npolicy"));
    assert_eq!(declared.matches('\n').count(), declared.matches("\r\n").count());
    client.shutdown();
}

#[test]
fn a_text_with_a_byte_order_mark_is_edited_where_it_is_wrong() {
    let text = format!("\u{feff}{}", NOTES.replace("protect notes", "protect notse"));
    let mut client = Client::new(&[]);
    show(&mut client, "notes.mam", &text);
    let offered = fixes(&mut client, "notes.mam");
    let change = offered.iter().find(|one| one["title"] == "Change to `notes`").unwrap();
    assert_eq!(with(change, &text), format!("\u{feff}{NOTES}"));
    // The mark is a column of the first line.
    let range =
        json!({ "start": { "line": 0, "character": 5 }, "end": { "line": 0, "character": 6 } });
    client.change("notes.mam", json!([{ "range": range, "text": "1\nusers crew" }]));
    client.checked("notes.mam");
    let params = json!({ "textDocument": { "uri": uri("notes.mam") }, "position": position("mam 1\nusers crew", 12) });
    let hover = client.request("textDocument/hover", params);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("users crew"), "{hover}");
    client.shutdown();
}
