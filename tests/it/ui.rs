//! Every diagnostic as its reader sees it, and the text that explains it.
//!
//! Each `tests/ui/NAME.mam` and `tests/ui/NAME.json` is checked and compiled, and what is said about
//! it is held against `NAME.stderr`; `UPDATE=1 cargo test --all-features --test it ui::` rewrites those. A
//! file marks its lines with the codes that are expected there, `//~ mam::x::y`, or `//~^ mam::x::y`
//! on the line below; the marks are blanked out before the text is read, so that they may stand in
//! JSON as well. Line 1 has what has no place. A first line `// limits: nesting=3` tightens limits,
//! and with `// export: ios`, or `// export: ios NAME` for one policy, the file is exported as well;
//! `use` finds files in the folder `tests/ui/NAME`.
//!
//! The examples of `docs/diagnostics.md` are tried as well: each section has one that gives the
//! diagnostic and one that gives none. Those about exports are exported on iOS.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use mam::diagnostic::{Code, Report};
use mam::intune::export::{ExportError, Options, export};
use mam::syntax::print;
use mam::{Analysis, Checked, Compiler, Limits, LoadError, Loaded, Loader, Platform};
use miette::{GraphicalReportHandler, GraphicalTheme};

/// Columns of the rendered diagnostics.
const WIDTH: usize = 100;

/// Codes that no file here can show: the first is given only where the feature `intune` is absent, and
/// `tests/not_read.rs` tries it and its example; the second takes a table of more than 2³² parts.
const ELSEWHERE: [Code; 2] = [Code::IntuneNotRead, Code::IndexCount];

/// A diagnostic is expected, or found, in this line of this file.
type Mark = (String, usize, String);

#[test]
fn diagnostics_read_as_recorded() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut failures = Vec::new();
    for path in files() {
        let case = Case::run(&path);
        let golden = path.with_extension("stderr");
        if update {
            std::fs::write(&golden, &case.rendered).unwrap();
        }
        let recorded = std::fs::read_to_string(&golden).unwrap_or_default();
        if recorded != case.rendered {
            let (name, now) = (golden.display(), &case.rendered);
            failures.push(format!("{name}\n--- is\n{now}\n--- should be\n{recorded}"));
        }
        if case.found != case.expected {
            let (name, found, expected) = (path.display(), &case.found, &case.expected);
            failures.push(format!("{name}\nfound    {found:?}\nexpected {expected:?}"));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn every_code_has_a_recorded_diagnostic() {
    let shown: Vec<_> = files().iter().flat_map(|path| Case::run(path).found).collect();
    let missing =
        Code::ALL.iter().filter(|code| !ELSEWHERE.contains(code)).map(|code| code.as_str());
    let missing: Vec<_> =
        missing.filter(|code| !shown.iter().any(|(_, _, shown)| shown == code)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_recorded_diagnostic_has_its_source() {
    let is_orphan =
        |path: &PathBuf| !files().iter().any(|file| file.file_stem() == path.file_stem());
    let orphans: Vec<_> = listed("stderr").into_iter().filter(is_orphan).collect();
    assert!(orphans.is_empty(), "{orphans:?}");
}

#[test]
fn every_section_explains_a_code_and_every_code_has_one() {
    let headings: Vec<_> = DOCUMENT
        .lines()
        .filter_map(|line| line.strip_prefix("## `"))
        .map(|line| line.strip_suffix('`').unwrap_or(line))
        .collect();
    let codes: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
    assert_eq!(headings, codes, "one section a code, in the order of the codes");
    for code in Code::ALL {
        assert!(!code.explanation().is_empty(), "{code} has no explanation");
        assert_eq!(Code::from_text(code.as_str()), Some(*code));
    }
}

#[test]
fn examples_behave_as_their_sections_say() {
    let failures: Vec<_> = Code::ALL.iter().flat_map(|code| try_examples(*code)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn sections_about_limits_quote_the_defaults() {
    let limits = Limits::default();
    let quoted = [
        (Code::FileSize, format!("{} MiB", limits.file_bytes >> 20)),
        (Code::FileSize, format!("{} MiB", limits.export_bytes >> 20)),
        (Code::StatementSize, format!("{} KiB", limits.statement_bytes >> 10)),
        (Code::FileCount, limits.files.to_string()),
        (Code::NameLength, limits.name_bytes.to_string()),
        (Code::Nesting, limits.nesting.to_string()),
        (Code::DeclarationCount, grouped(limits.declarations)),
        (Code::StatementCount, grouped(limits.statements)),
        (Code::UserGroupCount, grouped(limits.user_groups)),
        (Code::NodeCount, grouped(limits.nodes)),
        (Code::CellCount, grouped(limits.cells)),
        (Code::StepCount, grouped(limits.steps)),
        (Code::UserKindCount, grouped(limits.user_kinds)),
        (Code::UserClauseCount, grouped(limits.user_clauses)),
    ];
    for (code, number) in quoted {
        assert!(code.explanation().contains(&number), "{code} does not say {number}");
    }
    let opening = DOCUMENT.split("\n## ").next().unwrap();
    assert!(opening.contains(&format!("up to {} of them", limits.diagnostics)));
}

/// `400 000 000`.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(" ")
}

// ---------------------------------------------------------------- recorded diagnostics

struct Case {
    rendered: String,
    found: Vec<Mark>,
    expected: Vec<Mark>,
}

impl Case {
    fn run(path: &Path) -> Self {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let marked = std::fs::read_to_string(path).unwrap();
        let (text, mut expected) = unmark(&name, &marked);
        let mut folder = Folder { root: path.with_extension(""), expected: BTreeMap::new() };
        let checked = Compiler::new().limits(limits(&text)).loader(&mut folder).check(&name, &text);
        expected.extend(folder.expected.into_values().flatten());
        expected.sort();
        let mut reports = reports(&checked);
        if name.starts_with("lint-") {
            reports.extend(lints(&checked));
        }
        reports.extend(text.lines().nth(1).and_then(|second| reports_of_matrix(&checked, second)));
        if let Some(options) = text.lines().next().and_then(exported) {
            reports.extend(reports_of_export(&checked, &options));
        }
        let mut found: Vec<_> = reports.iter().map(|report| place(report, &name)).collect();
        found.sort();
        Self { rendered: render(&reports), found, expected }
    }
}

/// Everything that is said about a set: also that its table would be too large.
fn reports(checked: &Checked) -> Vec<Report> {
    let mut reports = checked.reports();
    if let (false, Err(errors)) = (checked.has_errors(), checked.compile()) {
        reports.extend_from_slice(errors.reports());
    }
    reports
}

/// What only a look at all movements finds.
fn lints(checked: &Checked) -> Vec<Report> {
    Analysis::new(checked).map(|it| it.lints().unwrap()).unwrap_or_default()
}

/// The limit that a matrix meets, if a second line wants one.
fn reports_of_matrix(checked: &Checked, second: &str) -> Option<Report> {
    let scope = checked.question(second.strip_prefix("// matrix:")?).unwrap();
    let error = Analysis::new(checked).unwrap().matrix(&scope).unwrap_err();
    checked.limit_errors(error).reports().first().cloned()
}

/// What a first line wants to be exported.
fn exported(first: &str) -> Option<Options> {
    let mut words = first.strip_prefix("// export:")?.split_whitespace();
    let platform = Platform::from_word(words.next()?)?;
    let mut options = Options::new(platform).with_nearest(true);
    options.policy = words.next().map(str::to_owned);
    Some(options)
}

/// What is said about a set as it is exported.
fn reports_of_export(checked: &Checked, options: &Options) -> Vec<Report> {
    match export(checked, options) {
        Ok(export) => export.reports,
        Err(ExportError::Refused(errors)) => errors.reports().to_vec(),
        Err(ExportError::Inexact { reports, .. }) => reports,
        Err(error) => panic!("{error}"),
    }
}

/// Where a diagnostic is; without a place, in the first line of the root file.
fn place(report: &Report, root: &str) -> Mark {
    let code = report.diagnostic().code.to_string();
    let Some(location) = report.location() else { return (root.to_owned(), 1, code) };
    let mut parts = location.rsplitn(3, ':').skip(1);
    let line = parts.next().and_then(|line| line.parse().ok()).unwrap_or(0);
    (parts.next().unwrap_or("").to_owned(), line, code)
}

fn render(reports: &[Report]) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(WIDTH)
        .without_cause_chain();
    let mut rendered = String::new();
    for report in reports {
        handler.render_report(&mut rendered, report).unwrap();
        rendered.push('\n');
    }
    let lines: Vec<_> = rendered.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n") + "\n"
}

/// The text without its marks, and the marks.
fn unmark(name: &str, text: &str) -> (String, Vec<Mark>) {
    let mut marks = Vec::new();
    let mut lines = Vec::new();
    for (index, line) in text.split('\n').enumerate() {
        let Some((code, mark)) = line.split_once("//~") else {
            lines.push(line);
            continue;
        };
        let (number, mark) = match mark.strip_prefix('^') {
            Some(mark) => (index, mark),
            None => (index + 1, mark),
        };
        marks.extend(mark.split(',').map(|mark| (name.to_owned(), number, mark.trim().to_owned())));
        lines.push(code.trim_end());
    }
    (lines.join("\n"), marks)
}

/// The limits that the first line sets.
fn limits(text: &str) -> Limits {
    let mut limits = Limits::default();
    let first = text.lines().next().unwrap_or("");
    for setting in first.strip_prefix("// limits:").unwrap_or("").split_whitespace() {
        let (name, number) = setting.split_once('=').unwrap();
        let limit = match name {
            "file_bytes" => &mut limits.file_bytes,
            "export_bytes" => &mut limits.export_bytes,
            "statement_bytes" => &mut limits.statement_bytes,
            "files" => &mut limits.files,
            "name_bytes" => &mut limits.name_bytes,
            "nesting" => &mut limits.nesting,
            "declarations" => &mut limits.declarations,
            "statements" => &mut limits.statements,
            "diagnostics" => &mut limits.diagnostics,
            "user_groups" => &mut limits.user_groups,
            "nodes" => &mut limits.nodes,
            "cells" => &mut limits.cells,
            "steps" => &mut limits.steps,
            "user_kinds" => &mut limits.user_kinds,
            "user_clauses" => &mut limits.user_clauses,
            _ => panic!("there is no limit {name}"),
        };
        *limit = number.parse().unwrap();
    }
    limits
}

/// Finds files in one folder, and gathers what they mark.
struct Folder {
    root: PathBuf,
    expected: BTreeMap<String, Vec<Mark>>,
}

impl Loader for Folder {
    fn load(&mut self, path: &str, _: &str) -> Result<Loaded, LoadError> {
        if path.starts_with("..") {
            return Err(LoadError::OutsideFolder);
        }
        let missing = |_| LoadError::CannotRead("there is no such file".to_owned());
        let marked = std::fs::read_to_string(self.root.join(path)).map_err(missing)?;
        let (text, marks) = unmark(path, &marked);
        self.expected.insert(path.to_owned(), marks);
        Ok(Loaded::new(path, text))
    }
}

fn files() -> Vec<PathBuf> {
    let mut files = listed("mam");
    files.extend(listed("json"));
    assert!(!files.is_empty(), "no files found");
    let stems: BTreeSet<_> = files.iter().map(|file| file.file_stem()).collect();
    assert_eq!(stems.len(), files.len(), "two files would share one record");
    files
}

/// The files of `tests/ui` whose names end so.
fn listed(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.is_file() && path.extension().is_some_and(|end| end == extension));
    paths.sort();
    paths
}

// ---------------------------------------------------------------- the document

const DOCUMENT: &str = include_str!("../../docs/diagnostics.md");

/// What the examples of a section do other than they should. A whole file that is to be avoided
/// announces its code behind the fence: ```` ```mam mam::check::unsupported ````; one in JSON does the
/// same. Limits are too far away for examples to exceed them.
fn try_examples(code: Code) -> Vec<String> {
    if ELSEWHERE.contains(&code) {
        return Vec::new();
    }
    let blocks = blocks(code.explanation());
    let is_whole = |block: &&Block| matches!(&*block.language, "mam" | "json");
    let whole: Vec<_> = blocks.iter().filter(is_whole).collect();
    let announced: Vec<_> = whole.iter().map(|block| block.announced.as_str()).collect();
    let mut failures = Vec::new();
    if code.as_str().starts_with("mam::limit::") {
        if blocks.len() < 2 {
            failures.push(format!("{code}: an example to avoid and one to prefer are missing"));
        }
    } else if !matches!(announced[..], [bad, ""] if bad.split(' ').any(|one| one == code.as_str()))
    {
        failures.push(format!("{code}: not an example to avoid and one to prefer: {announced:?}"));
    }
    failures.extend(whole.iter().flat_map(|block| try_example(code, block)));
    failures
}

fn try_example(code: Code, block: &Block) -> Vec<String> {
    let checked = example(&format!("example.{}", block.language), &block.text);
    let mut reports = reports(&checked);
    if code.as_str().starts_with("mam::lint::") {
        reports.extend(lints(&checked));
    }
    if code.as_str().starts_with("mam::export::") {
        let options = Options::new(Platform::Ios);
        reports.extend(reports_of_export(&checked, &options));
    }
    let mut found: Vec<_> =
        reports.iter().map(|report| report.diagnostic().code.as_str()).collect();
    found.dedup();
    let expected: Vec<_> = block.announced.split_whitespace().collect();
    let mut failures = Vec::new();
    if found != expected {
        let said = render(&reports);
        failures.push(format!("{code}: should give {expected:?}\n{}\n{said}", block.text));
    }
    let printed = print::print(&checked.files()[0], checked.sources());
    if block.language == "mam"
        && !found.iter().any(|code| code.starts_with("mam::syntax::"))
        // The layout of these examples is their mistake.
        && !found.contains(&Code::ClauseBelow.as_str())
        && printed != block.text
    {
        failures.push(format!("{code}: the layout is\n{printed}"));
    }
    failures
}

/// Checks an example. The files that examples `use` are there, and nothing else.
fn example(name: &str, text: &str) -> Checked {
    struct Examples(BTreeMap<String, String>);

    impl Loader for Examples {
        fn load(&mut self, path: &str, from: &str) -> Result<Loaded, LoadError> {
            if path.starts_with("..") {
                Err(LoadError::OutsideFolder)
            } else {
                self.0.load(path, from)
            }
        }
    }

    let people = ("people.mam".to_owned(), "mam 1\n\nusers staff\n".to_owned());
    let mut loader = Examples([people].into_iter().collect());
    Compiler::new().loader(&mut loader).check(name, text)
}

/// A fenced block of a Markdown text.
#[derive(Default)]
struct Block {
    language: String,
    /// What stands behind the language.
    announced: String,
    text: String,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for line in text.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (None, Some(fence)) => {
                let (language, announced) = fence.split_once(' ').unwrap_or((fence, ""));
                let (language, announced) = (language.to_owned(), announced.to_owned());
                open = Some(Block { language, announced, ..Block::default() });
            }
            (Some(block), None) => block.text.extend([line, "\n"]),
            (None, None) => {}
        }
    }
    blocks
}
