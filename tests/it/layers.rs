//! Which module imports which: within one crate nothing else enforces it.
//!
//! Data passes through the modules from the top of [`MAY_IMPORT`] to the bottom. What matters most: the
//! table and the interpreter share no code, so that each can be held against the other; text, files
//! and clocks stay out of everything that decides. Within the modules of [`WITHOUT_CIRCLES`] and within the
//! program, imports of files go one way, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::tree::sources;

/// Each module of the library with those that it may import, beside itself. A module inside another
/// one that has a row of its own is no part of the outer one.
const MAY_IMPORT: &[(&str, &str)] = &[
    ("source", ""),
    ("limits", ""),
    ("spelling", ""),
    ("vocabulary", "spelling"),
    ("bits", ""),
    ("dd", "limits"),
    ("catalogue", ""),
    ("diagnostic", "source spelling"),
    ("reference", ""),
    ("syntax", "source diagnostic limits vocabulary"),
    ("model", "source spelling diagnostic limits vocabulary syntax catalogue"),
    ("movement", "vocabulary model"),
    ("decision", "vocabulary model"),
    ("request", "spelling vocabulary model movement"),
    ("access", "spelling vocabulary diagnostic model movement decision request"),
    ("host", "model access"),
    ("interpret", "vocabulary model movement decision access"),
    ("table", "vocabulary limits bits dd model movement decision request access"),
    ("columnar", "spelling vocabulary model decision request access table"),
    ("sign", "table"),
    ("compiler", "source diagnostic limits syntax model intune table"),
    (
        "analysis",
        "source diagnostic limits vocabulary bits dd catalogue syntax model movement decision request \
         access interpret table compiler intune",
    ),
    ("draw", "source vocabulary decision analysis"),
    ("report", "source diagnostic limits vocabulary model decision access compiler analysis draw"),
    ("intune", "source diagnostic limits vocabulary syntax catalogue model decision access"),
    (
        "lsp",
        "source diagnostic limits vocabulary catalogue syntax reference model decision access compiler \
         analysis intune",
    ),
    (
        "intune/export",
        "source diagnostic limits vocabulary syntax model movement decision access table compiler \
         analysis intune",
    ),
];

/// Modules whose files import each other without a circle, with parts that are not held to it: the export
/// is one type whose methods are in several files.
const WITHOUT_CIRCLES: &[(&str, &[&str])] = &[
    ("diagnostic", &[]),
    ("dd", &[]),
    ("syntax", &[]),
    ("model", &[]),
    ("request", &[]),
    ("access", &[]),
    ("columnar", &[]),
    ("table", &[]),
    ("analysis", &[]),
    ("draw", &[]),
    ("report", &[]),
    ("lsp", &[]),
    ("intune", &["intune/export/"]),
];

/// Words that belong to a few files, with where those are.
const KEPT: &[(&[&str], &[&str])] = &[
    (&["pest::", "pest_derive::"], &["syntax/"]),
    (&["miette::"], &["diagnostic/", "bin/"]),
    (&["clap::", "comfy_table::"], &["bin/"]),
    (&["lsp_types::", "crossbeam_channel::"], &["lsp/"]),
    (&["lsp_server::"], &["lsp/", "bin/mam/commands/lsp.rs"]),
    (&["arrow_array::", "arrow_buffer::", "arrow_schema::"], &["columnar/", "bin/"]),
    (&["resvg::"], &["bin/mam/format/png.rs"]),
    (&["url::"], &["model/links.rs"]),
    (&["ed25519_dalek"], &["sign.rs"]),
    (&["std::fs", "std::env", "std::net", "std::process", "SystemTime", "Instant::"], &["bin/"]),
];

#[test]
fn modules_import_only_what_they_may() {
    let files = library();
    let mut wrong = Vec::new();
    for (path, code) in &files {
        let Some((module, allowed)) = layer(path) else {
            wrong.push(format!("{path}: stands in no layer; give its module a row"));
            continue;
        };
        for import in imports(path, code, &files) {
            let (other, _) = layer(&import).unwrap_or((&import, ""));
            if other != module && !allowed.split_whitespace().any(|may| may == other) {
                wrong.push(format!("{path}: `{other}`, by {import}"));
            }
        }
    }
    assert!(wrong.is_empty(), "forbidden imports:\n{}", wrong.join("\n"));
}

#[test]
fn files_of_a_module_import_each_other_one_way() {
    let files = library();
    let mut wrong = Vec::new();
    for (module, but) in WITHOUT_CIRCLES {
        let is_inside = |path: &str| {
            path.starts_with(&format!("{module}/")) && !but.iter().any(|one| path.starts_with(one))
        };
        wrong.extend(circles(&files, is_inside));
    }
    assert!(wrong.is_empty(), "in a circle:\n{}", wrong.join("\n"));
}

#[test]
fn files_of_the_program_import_each_other_one_way() {
    let wrong = circles(&program(), |_| true);
    assert!(wrong.is_empty(), "in a circle:\n{}", wrong.join("\n"));
}

/// The files among some that are in a circle of imports, or import one that is.
fn circles(files: &BTreeMap<String, String>, is_inside: impl Fn(&str) -> bool) -> Vec<String> {
    let inside = files.iter().filter(|(path, _)| is_inside(path));
    let mut left: BTreeMap<&String, BTreeSet<String>> =
        inside.map(|(path, code)| (path, imports(path, &own(code), files))).collect();
    assert!(!left.is_empty(), "there are no files");
    // Files that import none of the others are done; what stays is a circle, or imports one.
    loop {
        let before = left.len();
        let open: BTreeSet<String> = left.keys().map(|path| (*path).clone()).collect();
        left.retain(|_, imports| imports.iter().any(|one| open.contains(one)));
        if left.len() == before {
            break;
        }
    }
    let open: BTreeSet<String> = left.keys().map(|path| (*path).clone()).collect();
    let wrong = left.iter().map(|(path, imports)| {
        let imports: Vec<_> = imports.intersection(&open).cloned().collect();
        format!("{path} imports {}", imports.join(", "))
    });
    wrong.collect()
}

/// Code without statements that only pass items on, and without visibilities: neither imports anything.
fn own(code: &str) -> String {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("#["));
    let code = lines.collect::<Vec<_>>().join("\n").replace("pub(in crate::", "pub(in ");
    let passes_on = |statement: &&str| {
        let mut words = statement.split_whitespace();
        let first = words.next().unwrap_or_default();
        first.starts_with("pub") && words.next() == Some("use")
    };
    code.split_inclusive(';').filter(|one| !passes_on(one)).collect()
}

/// The row of the innermost module that has one.
fn layer(path: &str) -> Option<(&'static str, &'static str)> {
    let is_in = |module: &str| {
        let rest = path.strip_prefix(module);
        rest.is_some_and(|rest| rest.starts_with('/') || rest == ".rs")
    };
    let rows = MAY_IMPORT.iter().filter(|(module, _)| is_in(module));
    rows.max_by_key(|(module, _)| module.len()).copied()
}

/// The library's files by path, without the one that only names its modules.
fn library() -> BTreeMap<String, String> {
    let is_library = |path: &String| !path.starts_with("bin/") && path != "lib.rs";
    code().into_iter().filter(|(path, _)| is_library(path)).collect()
}

/// The program's files by path below its root, without the one that only names its modules.
fn program() -> BTreeMap<String, String> {
    let own =
        |(path, code): (String, String)| Some((path.strip_prefix("bin/mam/")?.to_owned(), code));
    code().into_iter().filter_map(own).filter(|(path, _)| path != "main.rs").collect()
}

// ---------------------------------------------------------------- imports

/// The files whose items the code of a file names, by `crate::`, `super::`, `self::` or the name of a
/// module below.
fn imports(path: &str, code: &str, files: &BTreeMap<String, String>) -> BTreeSet<String> {
    let own = module_of(path);
    let parent = &own[..own.len() - 1];
    let below = files.keys().map(|file| module_of(file));
    let below = below.filter(|module| module.len() == own.len() + 1 && module.starts_with(&own));
    let mut starts = vec![
        ("crate".to_owned(), Vec::new()),
        ("super".to_owned(), parent.to_vec()),
        ("self".to_owned(), own.clone()),
    ];
    starts.extend(below.filter_map(|module| Some((module.last()?.clone(), module))));
    let mut found = BTreeSet::new();
    for (word, base) in &starts {
        for (at, _) in code.match_indices(&format!("{word}::")) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if !before.is_alphanumeric() && !matches!(before, '_' | ':') {
                let rest = &code[at + word.len()..];
                follow(rest, base.clone(), files, &mut found);
            }
        }
    }
    found.remove(path);
    found
}

/// Finds the files to which a path leads, or each path of a list in braces.
fn follow(
    code: &str,
    mut module: Vec<String>,
    files: &BTreeMap<String, String>,
    found: &mut BTreeSet<String>,
) {
    let Some(rest) = code.strip_prefix("::") else {
        found.extend(file_of(&module, files));
        return;
    };
    if let Some(list) = rest.strip_prefix('{') {
        for one in items(list) {
            follow(&format!("::{one}"), module.clone(), files, found);
        }
        return;
    }
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
    let (word, behind) = rest.split_at(end);
    match word {
        "super" => drop(module.pop()),
        "self" => {}
        _ => {
            module.push(word.to_owned());
            if file_of(&module, files).is_none() {
                module.pop();
                found.extend(file_of(&module, files));
                return;
            }
        }
    }
    follow(behind, module, files, found);
}

/// The items of a list in braces, which is open already.
fn items(list: &str) -> Vec<String> {
    let (mut items, mut depth) = (vec![String::new()], 0);
    for c in list.chars().filter(|c| !c.is_whitespace()) {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(String::new());
                continue;
            }
            _ => {}
        }
        items.last_mut().unwrap().push(c);
    }
    items.retain(|item| !item.is_empty());
    items
}

fn module_of(path: &str) -> Vec<String> {
    let path = path.strip_suffix(".rs").unwrap_or(path);
    let path = path.strip_suffix("/mod").unwrap_or(path);
    path.split('/').map(str::to_owned).collect()
}

fn file_of(module: &[String], files: &BTreeMap<String, String>) -> Option<String> {
    let path = module.join("/");
    let file = [format!("{path}.rs"), format!("{path}/mod.rs")];
    file.into_iter().find(|file| files.contains_key(file))
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
    let files = sources().into_iter().filter(|(path, _)| !path.ends_with("/tests.rs"));
    files.map(|(path, text)| (path, without_comments(&text))).collect()
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
    shared::<mam::analysis::ExpectationResult>();
}
