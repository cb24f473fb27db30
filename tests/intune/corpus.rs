//! Exports of real tenants and templates: each is read, or refused for a known reason.
//!
//! The folder in `MAM_CORPUS` holds them, in folders of their own, as `*.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mam::intune::export::{ExportError, Options, export};
use mam::source::Sources;
use mam::syntax::{parse, print};
use mam::{Checked, Code, Compiler, Limits, Platform, intune};

pub(crate) const OF_EXPORTS: crate::Tests = tests![
    what_is_no_export_of_graph_is_refused,
    every_export_is_read_and_its_text_checks,
    imported_text_is_laid_out,
    the_layout_of_an_export_means_nothing,
    every_policy_comes_back_as_it_was,
    a_corpus_is_one_tenant,
    the_table_in_the_guide_is_what_comes_out,
];

/// The files that are refused, by the ends of their paths, with the reason.
const REFUSED: &[(&str, Code, &str)] = &[
    ("MAM001-ios-ipados-app-protection.json", Code::IntuneNotAPolicy, "a format of its own"),
    ("MAM002-android-app-protection.json", Code::IntuneNotAPolicy, "a format of its own"),
    ("MAM003-windows-app-protection.json", Code::IntuneNotAPolicy, "a format of its own"),
    ("MAM004-ios-app-configuration-outlook.json", Code::IntuneNotAPolicy, "a format of its own"),
    ("maximal_response.json", Code::IntuneJson, "a brace too many at its end"),
];

/// The templates of the framework, a folder of the corpus.
pub(crate) const TEMPLATES: &str = "microsoft+Intune-Config-Frameworks";

/// The framework's levels as a table, a file of the corpus: a row for each setting.
pub(crate) const LEVELS: &str = "ORACLES_framework_levels.tsv";

/// An export with its name.
pub(crate) struct Export {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// Whether there is a corpus to be tried.
pub(crate) fn is_named() -> bool {
    std::env::var_os("MAM_CORPUS").is_some()
}

fn root() -> PathBuf {
    let root = PathBuf::from(std::env::var_os("MAM_CORPUS").expect("MAM_CORPUS names no folder"));
    assert!(root.is_dir(), "MAM_CORPUS: there is no folder `{}`", root.display());
    root
}

/// A part of the corpus by its name, which has to be there.
pub(crate) fn part(name: &str) -> PathBuf {
    let path = root().join(name);
    assert!(path.exists(), "MAM_CORPUS lacks `{}`", path.display());
    path
}

/// The exports by name, of which there has to be one.
pub(crate) fn exports() -> Vec<Export> {
    let root = root();
    let mut paths = Vec::new();
    gather(&root, &mut paths);
    assert!(!paths.is_empty(), "MAM_CORPUS: no exports in `{}`", root.display());
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
    assert!(left.is_empty(), "not in the corpus: {left:?}");
}

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

fn imported_text_is_laid_out() {
    try_each(|_, text| {
        let mut sources = Sources::default();
        let id = sources.add("export.mam", text);
        let (file, _) = parse(&sources, id, &Limits::default());
        let laid_out = print::print(&file, &sources);
        (laid_out != text).then(|| format!("is laid out as\n{laid_out}"))
    });
}

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

/// An export of all policies of a set on a platform, if there are any; settings must decide the same.
fn back(checked: &Checked, platform: Platform) -> Result<Option<String>, String> {
    let has_policy = checked.model().unwrap().policies().iter();
    if !has_policy.into_iter().any(|policy| policy.platforms.contains(platform)) {
        return Ok(None);
    }
    let options = Options::new(platform);
    match export(checked, &options) {
        Ok(export) => Ok(Some(export.text)),
        Err(ExportError::Refused(errors)) => Err(errors.to_string()),
        Err(ExportError::Inexact { deviations, .. }) => Err(format!("{deviations:#?}")),
        Err(error) => Err(error.to_string()),
    }
}

fn every_policy_comes_back_as_it_was() {
    try_each(|export, text| {
        let checked = Compiler::new().check("export.json", &export.text);
        let mut found = Vec::new();
        for platform in Platform::ALL {
            match back(&checked, *platform) {
                Ok(text) => found.extend(text),
                Err(problem) => return Some(problem),
            }
        }
        let documents: Vec<_> = found.iter().map(|text| ("export.json", text.as_str())).collect();
        // Policies of several platforms come back in several documents, in another order.
        let [(_, one)] = documents.as_slice() else { return None };
        let again = import(one);
        (again.as_deref() != Ok(text)).then(|| format!("was\n{text}\nis\n{again:?}"))
    });
}

fn a_corpus_is_one_tenant() {
    let exports = exports();
    let read = exports.iter().filter(|one| refusal(&one.name).is_none());
    // Of the versions of one policy a tenant has one.
    let mut known = BTreeSet::new();
    let ids = |text: &str| -> Vec<String> {
        let words = text.lines().map(|line| line.split_whitespace().collect::<String>());
        words.filter(|line| line.starts_with("\"id\":\"T_")).collect()
    };
    let read = read.filter(|one| {
        let ids = ids(&one.text);
        let is_new = ids.iter().all(|id| !known.contains(id));
        known.extend(ids);
        is_new
    });
    let documents: Vec<_> = read.map(|one| (one.name.as_str(), one.text.as_str())).collect();
    let import = intune::import(&documents, &Limits::default()).unwrap();
    let checked = Compiler::new().check("tenant.mam", &import.text);
    let reports: Vec<_> = checked.reports().iter().map(mam::Report::short).collect();
    assert!(!checked.has_errors(), "{}", reports.join("\n"));
}

// ---------------------------------------------------------------- the table in the guide

/// The lines between which the guide has the table.
const MARKS: (&str, &str) = ("<!-- corpus -->\n", "<!-- /corpus -->");

fn the_table_in_the_guide_is_what_comes_out() {
    let exports = exports();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/intune.md");
    let guide = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = guide.split_once(MARKS.0).unwrap();
    let (table, after) = rest.split_once(MARKS.1).unwrap();
    let now = table_of(&exports);
    if std::env::var_os("UPDATE").is_some() {
        let text = [before, MARKS.0, &now, MARKS.1, after].concat();
        std::fs::write(&path, text).unwrap();
    } else {
        assert_eq!(table, now, "`UPDATE=1` makes the table again");
    }
}

fn table_of(exports: &[Export]) -> String {
    let mut rows: Vec<(String, usize)> = vec![("files".to_owned(), exports.len())];
    let mut refused: BTreeMap<&str, usize> = BTreeMap::new();
    for (end, _, why) in REFUSED {
        let count = exports.iter().filter(|one| one.name.ends_with(end)).count();
        *refused.entry(*why).or_default() += count;
    }
    rows.extend(refused.into_iter().map(|(why, count)| (format!("files refused: {why}"), count)));
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for export in exports.iter().filter(|one| refusal(&one.name).is_none()) {
        for row in rows_of(export) {
            *counts.entry(row).or_default() += 1;
        }
    }
    rows.extend(counts);
    let rows: String = rows.iter().map(|(what, count)| format!("| {what} | {count} |\n")).collect();
    format!("| what | how many |\n| --- | --- |\n{rows}")
}

/// Everything that is counted of one file.
fn rows_of(export: &Export) -> Vec<String> {
    let checked = Compiler::new().check("export.json", &export.text);
    let policies = checked.model().unwrap().policies();
    let mut rows = Vec::new();
    if policies.is_empty() {
        rows.push("files with nothing that decides movements".to_owned());
    }
    let on =
        |platform: Platform| policies.iter().filter(move |one| one.platforms.contains(platform));
    for platform in Platform::ALL {
        let exact = back(&checked, *platform).is_ok();
        for _ in on(*platform) {
            rows.push(format!("policies on {platform}"));
            if exact {
                rows.push(format!(
                    "policies on {platform}: settings found again that decide the same"
                ));
            }
        }
    }
    let levels = intune::framework_levels(&checked).unwrap();
    rows.extend(levels.iter().map(|one| match one.reached {
        0 => "policies below framework level 1".to_owned(),
        level => format!("policies at framework level {level}"),
    }));
    let codes: std::collections::BTreeSet<_> =
        checked.diagnostics().iter().map(|one| one.code.as_str()).collect();
    rows.extend(codes.into_iter().map(|code| format!("files with a warning `{code}`")));
    rows
}
