//! Renaming: refused where not every use is known or the name cannot be one; over all sets that a file is in.

use serde_json::json;

use crate::client::{Client, edited, place, position, uri};
use crate::diagnostics::NOTES;

#[test]
fn a_broken_statement_keeps_names_from_being_changed() {
    let mut client = Client::new(&[]);
    let broken = NOTES.replace("allow share to managed", "allow share to managed for staff for");
    client.open("notes.mam", &broken);
    let mut params =
        place("notes.mam", &position(&broken, broken.find("users staff").unwrap() + 7));
    params["newName"] = json!("crew");
    let refusal = client.refusal("textDocument/rename", params.clone());
    assert!(refusal.contains("cannot be read in `notes.mam`, line"), "{refusal}");
    client.set("notes.mam", NOTES);
    for (name, why) in [
        ("printer", "name of the language"),
        ("dialer", "name of the language"),
        ("camera", "name of the language"),
        ("share", "reserved"),
        ("a b", "no name"),
        ("Crew", "no name"),
        ("", "no name"),
    ] {
        params["newName"] = json!(name);
        let refusal = client.refusal("textDocument/rename", params.clone());
        assert!(refusal.contains(why), "{name}: {refusal}");
    }
    params["newName"] = json!("a".repeat(5_000));
    let refusal = client.refusal("textDocument/rename", params.clone());
    assert!(refusal.contains("5000 bytes, the limit is"), "{refusal}");
    // Another kind of mistake leaves every use known.
    let unknown = NOTES.replace("protect notes", "protect notse");
    client.set("notes.mam", &unknown);
    params["newName"] = json!("crew");
    let edit = client.request("textDocument/rename", params);
    let text = edited(&unknown, &edit["documentChanges"][0]["edits"]);
    assert!(!text.contains("staff") && text.matches("crew").count() == 2, "{text}");
    client.shutdown();
}

#[test]
fn a_name_of_two_roots_is_changed_in_both_or_not_at_all() {
    // Both roots declare the people, and use a file that names them.
    let common = "mam 1\nexpect block share to unmanaged for staff\n";
    let root = |policy: &str| {
        NOTES.replace("users staff", "use \"common.mam\"\nusers staff").replace("base", policy)
    };
    let (one, two) = (root("one"), root("two"));
    let mut client = Client::new(&[("one.mam", &one), ("two.mam", &two), ("common.mam", common)]);
    client.open("one.mam", &one);
    let mut params = place("one.mam", &position(&one, one.find("users staff").unwrap() + 7));
    params["newName"] = json!("crew");
    let refusal = client.refusal("textDocument/rename", params.clone());
    assert!(refusal.contains("two.mam") && refusal.contains("open it first"), "{refusal}");
    client.open("two.mam", &two);
    client.checked("two.mam");
    let edit = client.request("textDocument/rename", params);
    let mut files: Vec<_> = (edit["documentChanges"].as_array().unwrap().iter())
        .map(|file| file["textDocument"]["uri"].as_str().unwrap().to_owned())
        .collect();
    files.sort();
    assert_eq!(files, [uri("common.mam"), uri("one.mam"), uri("two.mam")]);
    client.shutdown();
}
