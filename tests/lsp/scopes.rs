//! Scopes of statements in policies: those of the check, in hovers, lenses, hints and commands.

use serde_json::{Value, json};

use crate::client::{Client, place, position, uri};

const STAFF: &str = "mam 1

app notes { ios \"com.example.notes\" android \"com.example.notes\" sdk multi-identity }
app tasks { ios \"com.example.tasks\" android \"com.example.tasks\" sdk multi-identity }
app chat { ios \"com.example.chat\" android \"com.example.chat\" }

users staff
users guests
users leaders

policy p {
  for staff
  on ios
  protect notes, tasks
  yields to q

  allow copy to any on ios, android
  allow share to managed for guests
  block print for staff, leaders
  refuse share from chat

  expect block share to unmanaged
  expect block share from chat
  expect allow copy from unmanaged
  expect block share to chat for any except guests on ios, android
  expect no path by share to chat
}

policy q {
  for leaders
  protect notes, tasks
  otherwise allow

  allow copy to any up to 5 characters
}
";

/// The hover over the first word of a statement.
fn hover(client: &mut Client, name: &str, text: &str, statement: &str) -> String {
    let at = position(text, text.find(statement).unwrap() + 1);
    let hover = client.request("textDocument/hover", place(name, &at));
    hover["contents"]["value"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn hovers_name_what_a_rule_is_about() {
    let mut client = Client::new(&[]);
    client.open("p.mam", STAFF);
    client.checked("p.mam");
    for (statement, scope) in [
        ("allow copy to any on", "copy from notes as work, tasks as work to any for staff on ios"),
        (
            "allow share",
            "share from notes as work, tasks as work to managed for staff and guests on ios",
        ),
        ("block print", "print from notes as work, tasks as work for staff on ios"),
        ("refuse share", "share from chat to notes as work, tasks as work for staff on ios"),
    ] {
        let shown = hover(&mut client, "p.mam", STAFF, statement);
        assert!(shown.contains(&format!("```mam\n{scope}\n```")), "{statement}: {shown}");
        assert!(shown.contains("`yields to q`"), "{statement}: {shown}");
    }
    client.shutdown();
}

#[test]
fn explanations_agree_with_verdicts() {
    let mut client = Client::new(&[]);
    client.open("p.mam", STAFF);
    client.analysed("p.mam");
    let document = json!({ "textDocument": { "uri": uri("p.mam") } });
    let lenses = client.request("textDocument/codeLens", document);
    let holding: Vec<Value> = (lenses.as_array().unwrap().iter())
        .filter(|one| one["command"]["title"] == "✓ holds")
        .map(|one| one["command"].clone())
        .collect();
    let scopes: Vec<_> = holding.iter().map(|one| one["arguments"][0]["scope"].clone()).collect();
    let expected = [
        "share from notes as work, tasks as work to unmanaged for staff on ios",
        "share from chat for staff on ios",
        "copy from unmanaged to notes as work, tasks as work for staff on ios",
        "share from notes as work, tasks as work to chat for staff except guests on ios",
        "share from notes as work, tasks as work to chat for staff on ios",
    ];
    assert_eq!(scopes, expected);
    for command in holding {
        assert_eq!(command["arguments"][0]["policy"], "p");
        let params = json!({ "command": command["command"], "arguments": command["arguments"] });
        let shown = client.request("workspace/executeCommand", params);
        let text = shown["markdown"].as_str().unwrap();
        // For leaders the other policy allows it; but the expectation is about those whom this one is for.
        if command["command"] == "mam.paths" {
            assert_eq!(text, "No path.\n");
        } else {
            let is_allow = text.contains("copy from");
            assert!(text.contains(if is_allow { "**allow**" } else { "**block**" }), "{text}");
            assert!(!text.contains(if is_allow { "**block**" } else { "**allow**" }), "{text}");
        }
    }
    client.shutdown();
}

/// The hints of a text whose labels are about limits, each with its line.
fn limits(client: &mut Client, text: &str) -> Vec<(String, String)> {
    match client.published.contains_key(&uri("p.mam")) {
        true => client.set("p.mam", text),
        false => client.open("p.mam", text),
    }
    client.analysed("p.mam");
    let end = json!({ "line": text.lines().count(), "character": 0 });
    let range = json!({ "start": { "line": 0, "character": 0 }, "end": end });
    let params = json!({ "textDocument": { "uri": uri("p.mam") }, "range": range });
    let hints = client.request("textDocument/inlayHint", params);
    let line = |one: &Value| one["position"]["line"].as_u64().unwrap() as usize;
    let all = hints.as_array().unwrap().iter().map(|one| {
        let line = text.lines().nth(line(one)).unwrap().trim().to_owned();
        (line, one["label"].as_str().unwrap().to_owned())
    });
    all.filter(|(_, label)| label.contains("characters")).collect()
}

#[test]
fn limits_in_force_are_those_where_the_policy_decides() {
    let mut client = Client::new(&[]);
    // Where the other policy limits, this one has yielded to it.
    assert_eq!(limits(&mut client, STAFF), []);
    let both = STAFF.replace("  yields to q\n", "");
    let line = "allow copy to any on ios, android".to_owned();
    let in_part = (line.clone(), "up to 5 characters in part".to_owned());
    assert_eq!(limits(&mut client, &both), [in_part]);
    // It holds for all that the policy is for, whatever devices the rule names beyond that.
    let whole = both.replace("for leaders", "for staff");
    let everywhere = (line.clone(), "up to 5 characters".to_owned());
    assert_eq!(limits(&mut client, &whole), [everywhere]);
    let elsewhere = whole.replace(
        "for staff\n  protect notes, tasks\n  otherwise",
        "for staff\n  on android\n  protect notes, tasks\n  otherwise",
    );
    assert_eq!(limits(&mut client, &elsewhere), []);
    client.shutdown();
}

#[test]
fn hovers_tell_what_is_managed_and_protected() {
    let text = STAFF
        .replace(
            "policy q {",
            "policy trial report-only {\n  for staff\n  protect notes\n}\n\npolicy q {",
        )
        .replace("protect notes, tasks\n  otherwise", "protect notes unconfirmed\n  otherwise")
        .replace("  yields to q\n", "")
        .replace("app chat {", "app vault { ios \"com.example.vault\" sdk container }\napp chat {");
    let mut client = Client::new(&[]);
    client.open("p.mam", &text);
    client.checked("p.mam");
    let at = position(&text, text.find("managed for guests").unwrap() + 1);
    let shown = client.request("textDocument/hover", place("p.mam", &at));
    let shown = shown["contents"]["value"].as_str().unwrap();
    assert!(shown.contains("- `p` `for staff on ios`: notes, tasks"), "{shown}");
    assert!(!shown.contains("`q`") && !shown.contains("`trial`"), "{shown}");
    for (name, expected) in [
        ("notes {", &["Protected by `p`.", "`trial` is report-only", "`q` judges it"][..]),
        ("vault {", &["No policy can protect it: it is a `container`."]),
        ("chat {", &["No policy can protect it: it has no `sdk`."]),
    ] {
        let shown = hover(&mut client, "p.mam", &text, name);
        for words in expected {
            assert!(shown.contains(words), "{name}: {shown}");
        }
    }
    client.shutdown();
}
