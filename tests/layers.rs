//! Who may import whom: within one crate nothing else enforces it.
//!
//! Data passes through the modules from the top of [`MAY_IMPORT`] to the bottom. What matters most: the
//! table and the interpreter share no code, so that each can be held against the other; text, files
//! and clocks stay out of everything that decides.

use std::fs;
use std::path::Path;

/// Each module of the library with those that it may import, beside itself.
const MAY_IMPORT: &[(&str, &str)] = &[
    ("source", ""),
    ("limits", ""),
    ("vocabulary", ""),
    ("bits", ""),
    ("diagram", ""),
    ("catalogue", ""),
    ("diagnostic", "source"),
    ("syntax", "source diagnostic limits vocabulary"),
    ("model", "source diagnostic limits vocabulary syntax catalogue"),
    ("movement", "vocabulary model"),
    ("decision", "vocabulary model"),
    ("request", "vocabulary diagnostic model movement"),
    ("interpret", "vocabulary model movement decision"),
    ("table", "vocabulary limits bits diagram model movement decision request"),
    ("sign", "table"),
    ("compiler", "source diagnostic limits syntax model intune table"),
    (
        "analysis",
        "source diagnostic limits vocabulary bits diagram catalogue syntax model movement decision request \
         interpret table compiler",
    ),
    ("intune", "source diagnostic limits vocabulary syntax catalogue model decision"),
    (
        "export",
        "source diagnostic limits vocabulary syntax model movement decision table compiler analysis \
         intune",
    ),
];

/// Words that belong to a few files, with where those are.
const KEPT: &[(&[&str], &[&str])] = &[
    (&["pest::", "pest_derive::"], &["syntax/"]),
    (&["miette::"], &["diagnostic/", "bin/"]),
    (&["clap::", "comfy_table::"], &["bin/"]),
    (&["url::"], &["model/links.rs"]),
    (&["ed25519_dalek"], &["sign.rs"]),
    (&["std::fs", "std::env", "std::net", "std::process", "SystemTime", "Instant::"], &["bin/"]),
];

#[test]
fn modules_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for (path, code) in code().iter().filter(|(path, _)| !path.starts_with("bin/")) {
        let module = path.split(['/', '.']).next().unwrap();
        if module == "lib" {
            continue;
        }
        let Some((_, allowed)) = MAY_IMPORT.iter().find(|(one, _)| *one == module) else {
            wrong.push(format!("{path}: `{module}` stands in no layer; give it a row"));
            continue;
        };
        let imports = code.split("crate::").skip(1);
        let imports = imports
            .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap());
        let forbidden = imports
            .filter(|one| *one != module && !allowed.split_whitespace().any(|may| may == *one));
        wrong.extend(forbidden.map(|one| format!("{path}: `crate::{one}`")));
    }
    assert!(wrong.is_empty(), "forbidden imports:\n{}", wrong.join("\n"));
}

#[test]
fn foreign_crates_and_the_outside_world_are_kept_to_their_places() {
    let mut wrong = Vec::new();
    for (path, code) in code() {
        for (words, places) in KEPT {
            let at_home = places.iter().any(|place| path.starts_with(place));
            let found = words.iter().filter(|word| !at_home && code.contains(**word));
            wrong.extend(found.map(|word| format!("{path}: `{word}` belongs to {places:?}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every file under `src` with its code: no comments, no unit tests.
fn code() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut open = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push((name(&root, &path), without_comments(&fs::read_to_string(&path).unwrap())));
        }
    }
    found.sort();
    found
}

fn name(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap();
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn without_comments(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_hosts_hold_can_be_shared_between_threads() {
    fn shared<T: Send + Sync + std::fmt::Debug>() {}
    shared::<mam::Checked>();
    shared::<mam::Table>();
    shared::<mam::Session>();
    shared::<mam::Resolved>();
    shared::<mam::Model>();
    shared::<mam::Request>();
    shared::<mam::Decision>();
    shared::<mam::Answer>();
    shared::<mam::Errors>();
    shared::<mam::Report>();
    shared::<mam::ResolveError>();
    shared::<mam::Limits>();
    shared::<mam::analysis::Analysis<'_>>();
    shared::<mam::analysis::Outcome>();
}
