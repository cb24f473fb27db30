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

/// Folders whose files form no cycle.
const ACYCLIC: &[&str] = &["syntax", "diagnostic"];

#[test]
fn no_files_of_a_folder_import_each_other_in_a_circle() {
    for folder in ACYCLIC {
        let prefix = format!("{folder}/");
        let files = code().into_iter().filter(|(path, _)| path.starts_with(&prefix));
        let files: Vec<_> = files.map(|(path, code)| (module_path(&path), code)).collect();
        let modules: Vec<_> = files.iter().map(|(module, _)| module.clone()).collect();
        let mut imports: Vec<(String, Vec<String>)> = (files.iter())
            .map(|(module, code)| (module.clone(), imports(module, code, &modules)))
            .collect();
        assert!(imports.iter().any(|(_, imports)| !imports.is_empty()), "no imports in {folder}");
        // Whoever imports nothing that is left is in no circle.
        while let Some(at) = imports.iter().position(|(_, imports)| imports.is_empty()) {
            let (done, _) = imports.remove(at);
            imports.iter_mut().for_each(|(_, imports)| imports.retain(|one| *one != done));
        }
        assert!(imports.is_empty(), "a circle among the imports of\n{imports:#?}");
    }
}

/// `a/b.rs` and `a/b/mod.rs` as `a::b`.
fn module_path(path: &str) -> String {
    let path = path.trim_end_matches(".rs");
    path.strip_suffix("/mod").unwrap_or(path).replace('/', "::")
}

/// The other modules, among those given, that a module's code names. What it only passes on with
/// `pub use` does not count.
fn imports(module: &str, code: &str, modules: &[String]) -> Vec<String> {
    let reexports = ["pub use", "pub(crate) use", "pub(super) use"];
    let code = code.split(';').filter(|statement| {
        let statement = statement.trim_start();
        !reexports.iter().any(|opening| statement.starts_with(opening))
    });
    let code = code.collect::<Vec<_>>().join(";").replace("(in crate::", "(in ");
    let parent = module.rsplit_once("::").map_or("", |(parent, _)| parent);
    let children = modules.iter().filter_map(|one| one.strip_prefix(&format!("{module}::")));
    let roots = [("crate::", String::new()), ("super::", format!("{parent}::"))]
        .into_iter()
        .chain([("self::", format!("{module}::"))])
        .map(|(root, stands_for)| (root.to_owned(), stands_for))
        .chain(children.map(|child| (format!("{child}::"), format!("{module}::{child}::"))));
    let mut found = Vec::new();
    for (root, stands_for) in roots {
        for (at, _) in code.match_indices(&root) {
            let is_whole =
                code[..at].ends_with(|c: char| !c.is_alphanumeric() && !"_:".contains(c));
            let rest = &code[at + root.len()..];
            let paths = if is_whole { paths(rest) } else { Vec::new() };
            for path in paths {
                let named = format!("{stands_for}{path}");
                let owner = (modules.iter())
                    .filter(|one| named == **one || named.starts_with(&format!("{one}::")))
                    .max_by_key(|one| one.len());
                found.extend(owner.filter(|one| *one != module).cloned());
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The paths that begin a text, one for each name in braces.
fn paths(text: &str) -> Vec<String> {
    let is_path = |c: char| c.is_alphanumeric() || "_:".contains(c);
    let end = text.find(|c| !is_path(c)).unwrap_or(text.len());
    let (path, rest) = text.split_at(end);
    let Some(rest) = rest.strip_prefix('{') else { return vec![path.to_owned()] };
    let inside = rest.split('}').next().unwrap();
    inside.split(',').map(|name| format!("{path}{}", name.trim())).collect()
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
