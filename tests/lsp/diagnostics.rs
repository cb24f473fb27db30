//! Diagnostics: those of `mam check`, while texts change, over several files.

use mam::{Analysis, Compiler, Report};
use serde_json::json;

use crate::client::{Client, Short, path, short, uri};

/// The diagnostics of `mam check` in a file of a set, as tests compare them; columns count units of UTF-16.
pub(crate) fn expected(root: (&str, &str), file: &str) -> Vec<Short> {
    let checked = Compiler::new().check(&path(root.0), root.1);
    let mut reports: Vec<Report> = checked.reports();
    if let Ok(analysis) = Analysis::new(&checked) {
        reports.extend(checked.compile().err().into_iter().flat_map(|it| it.reports().to_vec()));
        reports.extend(analysis.empty_expectations().unwrap());
        reports.extend(analysis.lints().unwrap());
    }
    let here = path(file);
    let found = reports.iter().filter_map(|report| {
        let (name, text) = report.text()?;
        if name != here {
            return None;
        }
        let at = report.diagnostic().span()?.start as usize;
        let line = text[..at].matches('\n').count() as u64;
        let column = text[..at].rsplit('\n').next()?.encode_utf16().count() as u64;
        Some((report.code().to_string(), line, column))
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(_, line, column)| (*line, *column));
    found
}

/// Diagnostics of the server in the same form.
pub(crate) fn shown(list: &[serde_json::Value]) -> Vec<Short> {
    let mut found: Vec<_> = list.iter().map(short).collect();
    found.sort_by_key(|(_, line, column)| (*line, *column));
    found
}

pub(crate) const NOTES: &str = "mam 1

app notes \"Notes\" {
  ios \"com.example.notes\"
  sdk
}

app tasks {
  ios \"com.example.tasks\"
  sdk
}

users staff

policy base \"All 😀\" {
  for     staff
  protect notes, tasks

  allow share to managed
  allow copy to any up to 50 characters

  expect block share to unmanaged
  expect allow print from notes as work
}
";

#[test]
fn diagnostics_are_those_of_check() {
    let mut client = Client::new(&[]);
    client.open("notes.mam", NOTES);
    let lints = shown(&client.analysed("notes.mam"));
    assert_eq!(lints, expected(("notes.mam", NOTES), "notes.mam"));

    let broken = NOTES.replace("protect notes", "protect \"😀\", notse");
    client.set("notes.mam", &broken);
    let errors = client.checked("notes.mam");
    assert_eq!(shown(&errors), expected(("notes.mam", &broken), "notes.mam"));
    let error = errors.iter().find(|one| one["code"] == "mam::resolve::unknown-name").unwrap();
    assert_eq!(error["severity"], 1);
    assert_eq!(error["source"], "mam");
    assert_eq!(error["range"]["start"]["character"], 16, "the emoji counts as two");
    assert!(error["message"].as_str().unwrap().contains("did you mean `notes`"), "{error}");

    client.set("notes.mam", NOTES);
    assert_eq!(shown(&client.analysed("notes.mam")), lints);
    client.shutdown();
}

#[test]
fn duplicates_have_related_places() {
    let mut client = Client::new(&[]);
    client.open("twice.mam", "mam 1\nusers staff\nusers staff\n");
    let found = client.checked("twice.mam");
    let related = &found[0]["relatedInformation"][0]["location"];
    assert_eq!(related["uri"], uri("twice.mam"));
    assert_ne!(related["range"], found[0]["range"]);
}

#[test]
fn a_set_spans_files_and_saved_texts_give_way_to_open_ones() {
    let people = "mam 1\nusers staff\n";
    let root = NOTES.replace("users staff\n", "use \"lib/people.mam\"\n");
    let mut client = Client::new(&[("root.mam", &root), ("lib/people.mam", people)]);
    client.open("lib/people.mam", people);
    client.checked("lib/people.mam");
    // The root file is not open; an edit of the other file breaks it.
    client.set("lib/people.mam", "mam 1\nusers team\n");
    client.checked("lib/people.mam");
    client.until("the error in the root file", |client| {
        client.published.get(&uri("root.mam")).is_some_and(|(version, list)| {
            version.is_none() && list.iter().any(|one| one["code"] == "mam::resolve::unknown-name")
        })
    });
    client.set("lib/people.mam", people);
    client.checked("lib/people.mam");
    client.until("the end of the error", |client| {
        let (_, list) = &client.published[&uri("root.mam")];
        list.iter().all(|one| one["severity"] != 1)
    });
    // A closed document gives way to the saved one.
    client.set("lib/people.mam", "mam 1\n");
    client.checked("lib/people.mam");
    client.open("root.mam", &root);
    client.checked("root.mam");
    client.close("lib/people.mam");
    client.until("the saved text", |client| {
        client.published[&uri("root.mam")].1.iter().all(|one| one["severity"] != 1)
    });
    client.shutdown();
}

#[test]
fn files_that_change_outside_of_the_editor_are_read_again() {
    let root = NOTES.replace("users staff\n", "use \"people.mam\"\n");
    let mut client = Client::new(&[("root.mam", &root)]);
    client.open("root.mam", &root);
    let codes: Vec<_> = client.checked("root.mam").iter().map(|one| short(one).0).collect();
    assert!(codes.contains(&"mam::load::cannot-read".to_owned()), "{codes:?}");
    client
        .files
        .saved
        .lock()
        .unwrap()
        .insert(path("people.mam"), "mam 1\nusers staff\n".to_owned());
    let change = json!({ "uri": uri("people.mam"), "type": 1 });
    client.notify("workspace/didChangeWatchedFiles", json!({ "changes": [change] }));
    client.until("the new file", |client| {
        client.published[&uri("root.mam")].1.iter().all(|one| one["severity"] != 1)
    });
    assert_eq!(client.registrations.len(), 1);
    client.shutdown();
}

#[test]
fn options_name_sets_of_several_files() {
    let people = "mam 1\nusers staff\n";
    let policies = NOTES.replace("users staff\n", "");
    let options = json!({ "idle": 1, "sets": [["people.mam", "policies.mam"]] });
    let files = [("people.mam", people), ("policies.mam", policies.as_str())];
    let mut client = Client::with(&files, options, &["utf-16"]);
    client.open("policies.mam", &policies);
    let found = client.checked("policies.mam");
    assert!(found.iter().all(|one| one["severity"] != 1), "{found:#?}");
    client.shutdown();
}

#[test]
fn exports_have_diagnostics_and_hovers() {
    let export = r##"{ "@odata.type": "#microsoft.graph.iosManagedAppProtection",
        "displayName": "Baseline", "saveAsBlocked": "maybe" }"##;
    let mut client = Client::new(&[]);
    client.open("export.json", export);
    let found = client.checked("export.json");
    assert!(found.iter().any(|one| short(one).0.starts_with("mam::intune::")), "{found:#?}");
    let marked = export.replace("saveAs", "save|As");
    let hover = client.at("export.json", "textDocument/hover", &marked);
    assert!(hover["contents"]["value"].as_str().unwrap().contains("Save copies of org data"));
    client.shutdown();
}

#[test]
fn columns_can_count_bytes() {
    let mut client = Client::with(&[], json!({ "idle": 1 }), &["utf-8", "utf-16"]);
    assert_eq!(client.capabilities["positionEncoding"], "utf-8");
    client.open("a.mam", "mam 1\napp \"😀\" x");
    let found = client.checked("a.mam");
    let broken = "mam 1\nusers x \"😀\" y\n";
    client.set("a.mam", broken);
    let behind = client.checked("a.mam");
    assert!(!found.is_empty());
    assert_eq!(short(&behind[0]).2, "users x \"😀\" ".len() as u64, "{behind:#?}");
    client.shutdown();
}

#[test]
fn what_was_found_stays_while_the_text_is_broken() {
    let mut client = Client::new(&[]);
    let idle =
        NOTES.replace("allow share to managed", "allow share to managed\n  allow share to managed");
    client.open("notes.mam", &idle);
    let lints = shown(&client.analysed("notes.mam"));
    let lint = lints.iter().find(|one| one.0.starts_with("mam::lint::")).unwrap().clone();
    // A line above shifts the lint; a mistake at the end takes nothing away.
    let broken = format!("// a line\n{idle}\npolicy {{");
    client.set("notes.mam", &broken);
    let found = shown(&client.checked("notes.mam"));
    assert!(found.contains(&(lint.0, lint.1 + 1, lint.2)), "{found:?}");
    assert!(found.iter().any(|one| one.0.starts_with("mam::syntax::")), "{found:?}");
    client.shutdown();
}
