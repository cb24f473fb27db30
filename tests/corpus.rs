//! Exports of real tenants and templates: each is read, or refused for a known reason.
//!
//! The folder in `MAM_CORPUS` holds them, in folders of their own, as `*.json`; without it nothing is
//! tried. They belong to others and are no part of this repository.

#![cfg(feature = "intune")]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test fails where it stands")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use mam::source::Sources;
use mam::syntax::{parse, print};
use mam::{Code, Compiler, Limits, intune};

/// The files that are refused, by the ends of their paths, with the reason.
const REFUSED: &[(&str, Code, &str)] = &[
    ("MAM001-ios-ipados-app-protection.json", Code::IntuneNotAPolicy, "a format of its own"),
    ("MAM002-android-app-protection.json", Code::IntuneNotAPolicy, "a format of its own"),
    ("MAM003-windows-app-protection.json", Code::IntuneNotAPolicy, "a format of its own"),
    ("MAM004-ios-app-configuration-outlook.json", Code::IntuneNotAPolicy, "a format of its own"),
    ("maximal_response.json", Code::IntuneJson, "a brace too many at its end"),
];

/// An export with its name.
struct Export {
    name: String,
    text: String,
}

/// The exports that are to be read, by name; none where there is no corpus.
fn exports() -> Vec<Export> {
    let Some(root) = std::env::var_os("MAM_CORPUS") else {
        eprintln!("skipped: MAM_CORPUS names no folder");
        return Vec::new();
    };
    let mut paths = Vec::new();
    gather(Path::new(&root), &mut paths);
    assert!(!paths.is_empty(), "no exports in {}", root.display());
    paths.sort();
    let export = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
        Export { name, text: decode(&std::fs::read(&path).unwrap()) }
    };
    paths.into_iter().map(export).collect()
}

fn gather(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, paths);
        } else if path.extension().is_some_and(|end| end == "json") {
            paths.push(path);
        }
    }
}

/// Scripts write UTF-8, and UTF-16 of the order that begins with its mark.
fn decode(bytes: &[u8]) -> String {
    let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") else {
        return String::from_utf8(bytes.to_vec()).unwrap();
    };
    let units = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    String::from_utf16(&units.collect::<Vec<_>>()).unwrap()
}

fn refusal(name: &str) -> Option<Code> {
    REFUSED.iter().find(|(end, ..)| name.ends_with(end)).map(|(_, code, _)| *code)
}

/// What is wrong with any of the exports that are read, given with their imported texts.
fn try_each(wrong: impl Fn(&Export, &str) -> Option<String>) {
    let mut failures = Vec::new();
    for export in exports().iter().filter(|one| refusal(&one.name).is_none()) {
        let problem = match import(&export.text) {
            Ok(text) => wrong(export, &text),
            Err(errors) => Some(errors),
        };
        failures.extend(problem.map(|problem| format!("{}: {problem}", export.name)));
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn import(text: &str) -> Result<String, String> {
    let import = intune::import(&[("export.json", text)], &Limits::default());
    import.map(|import| import.text).map_err(|errors| {
        errors.reports().iter().map(mam::Report::short).collect::<Vec<_>>().join("\n")
    })
}

#[test]
fn what_is_no_export_of_graph_is_refused() {
    let mut left: BTreeMap<&str, Code> =
        REFUSED.iter().map(|(end, code, _)| (*end, *code)).collect();
    let exports = exports();
    for export in &exports {
        let Some(code) = refusal(&export.name) else { continue };
        left.retain(|end, _| !export.name.ends_with(end));
        let checked = Compiler::new().check("export.json", &export.text);
        let found: Vec<_> = checked.diagnostics().iter().map(|one| one.code).collect();
        assert_eq!(found, [code], "{}", export.name);
        assert!(import(&export.text).is_err(), "{}", export.name);
    }
    assert!(exports.is_empty() || left.is_empty(), "not in the corpus: {left:?}");
}

#[test]
fn every_export_is_read_and_its_text_checks() {
    try_each(|export, text| {
        let errors = |name: &str, text: &str| {
            let checked = Compiler::new().check(name, text);
            let reports = checked.reports();
            let shown: Vec<_> = reports.iter().map(mam::Report::short).collect();
            checked.has_errors().then(|| shown.join("\n"))
        };
        errors("export.json", &export.text).or_else(|| errors("export.mam", text))
    });
}

#[test]
fn imported_text_is_laid_out() {
    try_each(|_, text| {
        let mut sources = Sources::default();
        let id = sources.add("export.mam", text);
        let (file, _) = parse(&sources, id, &Limits::default());
        let laid_out = print::print(&file, &sources);
        (laid_out != text).then(|| format!("is laid out as\n{laid_out}"))
    });
}

#[test]
fn the_layout_of_an_export_means_nothing() {
    try_each(|export, text| {
        let value: serde_json::Value = match serde_json::from_str(export.text.trim()) {
            Ok(value) => value,
            Err(error) => return Some(error.to_string()),
        };
        let forms = [
            value.to_string(),
            serde_json::to_string_pretty(&value).unwrap(),
            export.text.replace("\r\n", "\n").replace('\n', "\r\n"),
            serde_json::json!({ "value": value.to_string() }).to_string(),
            serde_json::json!({ "RAWJson": value.to_string() }).to_string(),
        ];
        let differs = |form: &&String| import(form).as_deref() != Ok(text);
        forms.iter().find(differs).map(|form| format!("{form} reads as {:?}", import(form)))
    });
}

#[test]
fn a_corpus_is_one_tenant() {
    let exports = exports();
    let read = exports.iter().filter(|one| refusal(&one.name).is_none());
    let documents: Vec<_> = read.map(|one| (one.name.as_str(), one.text.as_str())).collect();
    if !documents.is_empty() {
        let import = intune::import(&documents, &Limits::default()).unwrap();
        let checked = Compiler::new().check("tenant.mam", &import.text);
        let reports: Vec<_> = checked.reports().iter().map(mam::Report::short).collect();
        assert!(!checked.has_errors(), "{}", reports.join("\n"));
    }
}
