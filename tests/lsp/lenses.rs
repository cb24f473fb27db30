//! Lenses: verdicts over several sets and about earlier texts, what their commands answer, and limits.

use serde_json::{Value, json};

use crate::client::{Client, path, place, position, uri};
use crate::diagnostics::NOTES;

const LIBRARY: &str = "mam 1
app notes {
  ios \"com.example.notes\"
  sdk
}
users staff
expect block share from notes as work to unmanaged for staff
";

/// A policy of the set with the library.
fn policy(name: &str, to: &str) -> String {
    format!(
        "mam 1\nuse \"lib.mam\"\npolicy {name} {{\n  for staff\n  protect notes\n  allow share to {to}\n}}\n"
    )
}

#[test]
fn a_verdict_is_the_worst_of_all_sets() {
    let (good, bad) = (policy("p", "managed"), policy("p", "any"));
    let mut client = Client::new(&[("a.mam", &good), ("b.mam", &bad), ("lib.mam", LIBRARY)]);
    client.open("lib.mam", LIBRARY);
    client.analysed("lib.mam");
    let titles = client.lenses("lib.mam");
    assert!(titles[0].starts_with("✗ fails: allow in b.mam for share from notes"), "{titles:?}");
    let expect = position(LIBRARY, LIBRARY.find("expect").unwrap() + 2);
    let hover = client.request("textDocument/hover", place("lib.mam", &expect));
    assert!(
        hover["contents"]["value"].as_str().unwrap().contains("✗ fails: allow in b.mam"),
        "{hover}"
    );
    // Commands answer for each set.
    let scope = "share from notes as work to unmanaged for staff on ios";
    let shown = client.command("mam.explain", json!({ "uri": uri("lib.mam"), "scope": scope }));
    let text = shown["markdown"].as_str().unwrap();
    assert!(text.contains("## In a.mam") && text.contains("## In b.mam"), "{text}");
    let good = good.replace("policy p", "policy q");
    client.files.saved.lock().unwrap().insert(path("b.mam"), good.clone());
    client.open("b.mam", &good);
    client.analysed("lib.mam");
    assert_eq!(client.lenses("lib.mam"), ["✓ holds"]);
    client.shutdown();
}

#[test]
fn verdicts_about_earlier_texts_are_marked() {
    let mut client = Client::with(&[], json!({ "idle": 100 }), &["utf-16"]);
    client.open("notes.mam", NOTES);
    client.analysed("notes.mam");
    let before = client.lenses("notes.mam");
    assert_eq!(before[1], "✓ holds");
    // The expectation does not hold any more, which is not worked out yet.
    client.set("notes.mam", &NOTES.replace("allow share to managed", "allow share to any"));
    client.checked("notes.mam");
    let now = client.lenses("notes.mam");
    assert_eq!(now[1], "✓ held before this edit");
    assert!(now[2].starts_with("✗ failed before this edit: block for print"), "{now:?}");
    assert!(now[0].ends_with("covered by expectations, before this edit"), "{now:?}");
    client.analysed("notes.mam");
    let after = client.lenses("notes.mam");
    assert!(after[1].starts_with("✗ fails: allow for share from"), "{after:?}");
    // While the text is broken, the last verdicts stay, and are marked.
    client.set(
        "notes.mam",
        &format!("{}policy {{", NOTES.replace("share to managed", "share to any")),
    );
    client.checked("notes.mam");
    let broken = client.lenses("notes.mam");
    assert!(broken[1].starts_with("✗ failed before this edit: allow"), "{broken:?}");
    client.shutdown();
}

#[test]
fn lenses_stay_while_the_analysis_goes_on() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", NOTES);
    client.analysed("notes.mam");
    let number = client.lenses("notes.mam").len();
    for round in 0..10 {
        client.set("notes.mam", &format!("{NOTES}// {round}\n"));
        for _ in 0..20 {
            assert_eq!(client.lenses("notes.mam").len(), number);
        }
    }
    client.shutdown();
}

/// A policy with every kind of expectation.
const CLAIMS: &str = "mam 1

app notes \"Notes { and more\" {
  ios \"com.example.notes\"
  sdk
}

users staff

policy base \"All { of them\" {
  for     staff
  on      ios
  protect notes

  allow share to managed
  allow copy to any up to 50 characters
  require pin { length 6 }
  launch block when jailbroken

  expect block share to unmanaged
  expect allow copy to any up to 50 characters
  expect no path by share from managed to unmanaged
  expect no path from notes to unmanaged avoiding notes
  expect allow launch notes as work when os 17.0, rest unknown
  expect require pin { length 6 } launch notes as work
}

expect block share from notes as work to unmanaged for staff
expect no path
";

#[test]
fn the_command_of_every_lens_is_answered() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", CLAIMS);
    client.analysed("notes.mam");
    let document = json!({ "textDocument": { "uri": uri("notes.mam") } });
    let lenses = client.request("textDocument/codeLens", document);
    let lenses = lenses.as_array().unwrap().clone();
    assert_eq!(lenses.len(), 9, "{lenses:#?}");
    for lens in &lenses {
        let command = &lens["command"];
        let shown =
            client.command(command["command"].as_str().unwrap(), command["arguments"][0].clone());
        assert!(!shown["markdown"].as_str().unwrap().is_empty(), "{lens:#}");
    }
    // What an expectation leaves open is as its policy has it.
    let scope = lenses[1]["command"]["arguments"][0]["scope"].as_str().unwrap();
    assert_eq!(scope, "share from notes as work to unmanaged for staff on ios");
    assert_eq!(lenses[1]["command"]["arguments"][0]["policy"], "base");
    client.shutdown();
}

#[test]
fn scopes_are_found_by_place() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", CLAIMS);
    let mut at = |text: &str| {
        let position = position(CLAIMS, CLAIMS.find(text).unwrap() + 1);
        client.command("mam.scope", json!({ "uri": uri("notes.mam"), "position": position }))
    };
    let found = at("allow copy to any");
    assert_eq!(found["scope"], "copy from notes as work to any for staff on ios");
    assert_eq!((&found["command"], &found["policy"]), (&json!("mam.explain"), &json!("base")));
    let found = at("expect no path from notes");
    assert_eq!(found["command"], "mam.paths");
    assert_eq!(found["scope"], "any from notes to unmanaged avoiding notes for staff on ios");
    let found = at("require pin { length 6 }\n  launch");
    assert_eq!(found["scope"], "launch notes as work for staff on ios");
    let found = at("expect require pin");
    assert_eq!(found["scope"], "launch notes as work for staff on ios");
    assert_eq!(at("protect notes")["scope"], Value::Null);
    assert_eq!(at("expect block share from")["policy"], Value::Null);
    client.shutdown();
}

#[test]
fn changes_since_the_last_commit_and_unsaved_ones_are_counted() {
    let before = NOTES.replace("up to 50", "up to 5");
    let mut client = Client::new(&[("notes.mam", &before)]);
    client.files.committed.lock().unwrap().insert(path("notes.mam"), before.clone());
    client.open("notes.mam", &before);
    client.analysed("notes.mam");
    assert_eq!(client.lenses("notes.mam")[0], "since the last commit: no decision changed");
    client.set("notes.mam", NOTES);
    client.analysed("notes.mam");
    let titles = client.lenses("notes.mam");
    assert_eq!(
        titles[..2],
        ["since the last commit: 1 looser, 0 tighter", "unsaved: 1 looser, 0 tighter"]
    );
    let shown = client.command("mam.diff", json!({ "uri": uri("notes.mam"), "against": "saved" }));
    assert_eq!((&shown["looser"], &shown["tighter"]), (&json!(1), &json!(0)), "{shown:#}");
    // After a save nothing is unsaved, and after a commit nothing has changed.
    client.files.saved.lock().unwrap().insert(path("notes.mam"), NOTES.to_owned());
    client.files.committed.lock().unwrap().insert(path("notes.mam"), NOTES.to_owned());
    let document = json!({ "textDocument": { "uri": uri("notes.mam") } });
    let refreshes = client.refreshes;
    client.notify("textDocument/didSave", document);
    client.until("the changes", |client| client.refreshes > refreshes);
    let titles = client.lenses("notes.mam");
    assert_eq!(titles[0], "since the last commit: no decision changed");
    assert!(!titles[1].starts_with("unsaved"), "{titles:?}");
    // A commit with errors is no commit without changes.
    let broken = NOTES.replace("protect notes", "protect notse");
    client.files.committed.lock().unwrap().insert(path("notes.mam"), broken);
    client.set("notes.mam", &format!("{NOTES}// again\n"));
    client.analysed("notes.mam");
    let title = "? since the last commit: not decided: the last commit has errors";
    assert_eq!(client.lenses("notes.mam")[0], title);
    let params = json!({ "command": "mam.diff", "arguments": [{ "uri": uri("notes.mam") }] });
    let refusal = client.refusal("workspace/executeCommand", params);
    assert!(refusal.contains("the last commit has errors"), "{refusal}");
    client.shutdown();
}

#[test]
fn hovers_tell_what_a_statement_is_about_and_which_expectations_are_about_it() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", CLAIMS);
    client.analysed("notes.mam");
    let mut hover = |text: &str, at: usize| {
        let place = place("notes.mam", &position(CLAIMS, CLAIMS.find(text).unwrap() + at));
        let found = client.request("textDocument/hover", place);
        found["contents"]["value"].as_str().unwrap_or_default().to_owned()
    };
    let rule = hover("allow copy", 1);
    assert!(rule.contains("copy from notes as work to any for staff on ios"), "{rule}");
    assert!(rule.contains("expectations are about this rule:\n\n- `expect "), "{rule}");
    assert!(
        rule.contains("- `expect allow copy to any up to 50 characters` (notes.mam:21)"),
        "{rule}"
    );
    assert!(
        hover("policy base", 8).contains("policy base \"All { of them\"\n```"),
        "the brace cuts nothing"
    );
    assert!(hover("expect block share from", 1).starts_with("✓ holds"));
    let managed = hover("to managed", 4);
    assert!(managed.contains("- `base` `for staff on ios`: notes"), "{managed}");
    client.shutdown();
}

#[test]
fn a_hierarchy_leads_to_the_rules_that_decide_and_to_the_expectations() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", CLAIMS);
    client.checked("notes.mam");
    let mut prepare = |text: &str| {
        let place = place("notes.mam", &position(CLAIMS, CLAIMS.find(text).unwrap() + 1));
        client.request("textDocument/prepareCallHierarchy", place)[0].clone()
    };
    let (claim, rule) = (prepare("expect allow copy"), prepare("allow copy"));
    let (launch, condition) = (prepare("expect allow launch"), prepare("launch block when"));
    assert_eq!(claim["detail"], "base");
    let calls = client.request("callHierarchy/outgoingCalls", json!({ "item": claim }));
    let names: Vec<_> =
        calls.as_array().unwrap().iter().map(|one| one["to"]["name"].clone()).collect();
    assert_eq!(names, ["allow copy to any up to 50 characters"], "{calls:#}");
    assert_eq!(calls[0]["to"]["range"], rule["range"]);
    let calls = client.request("callHierarchy/incomingCalls", json!({ "item": rule }));
    let froms = calls.as_array().unwrap();
    assert!(froms.iter().any(|one| one["from"]["range"] == claim["range"]), "{calls:#}");
    let calls = client.request("callHierarchy/outgoingCalls", json!({ "item": launch }));
    assert!(calls.to_string().contains("require pin"), "{calls:#}");
    let calls = client.request("callHierarchy/outgoingCalls", json!({ "item": condition }));
    assert!(calls.to_string().contains("launch block when jailbroken"), "{calls:#}");
    client.shutdown();
}
