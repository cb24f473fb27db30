//! The meaning of the language, file by file, in every form of the engine.
//!
//! Each file of `tests/conformance` and `examples` is walked through movement by movement. The
//! interpreter must meet every `expect`, the table must decide like the interpreter, and the text
//! printed and read again must decide like the text. What an `expect` cannot say stands in pairs of
//! comments: `//> {request}` and `//< {a part of the answer}`, or `//< {"error": "words of it"}`.
//!
//! `MAM_CONFORMANCE=yields cargo test --test it conformance::` takes only the files whose names hold
//! the word.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use mam::access::RequirementPart;
use mam::analysis::{AccessVerdict, Analysis, Verdict};
use mam::model::{self, Fact, Model};
use mam::movement::Movement;
use mam::syntax::ast::{ItemKind, StatementKind};
use mam::syntax::print;
use mam::{AccessRequest, Checked, Compiler, LoadError, Loaded, Loader, Request, Table, interpret};
use serde_json::Value;

use crate::support::chains::Chains;
use crate::support::claims::{Claim, Standings};
use crate::support::universe::{self, Universe};

/// Models with more apps are walked through with one app of each kind.
const MANY_APPS: usize = 20;

/// How many failures of one kind a file reports.
const ENOUGH: usize = 5;

#[test]
fn every_form_of_the_engine_agrees_with_every_file() {
    let files = files();
    assert!(!files.is_empty(), "no files found");
    let queue = Mutex::new(files.into_iter());
    let failures = Mutex::new(BTreeMap::new());
    let work = || {
        loop {
            let Some(path) = queue.lock().unwrap().next() else { return };
            let found = run(&path);
            if !found.is_empty() {
                failures.lock().unwrap().insert(path, found);
            }
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        (0..threads).for_each(|_| drop(scope.spawn(work)));
    });
    let failures = failures.into_inner().unwrap();
    let report: Vec<_> = (failures.iter())
        .map(|(path, found)| format!("{}\n  {}", path.display(), found.join("\n  ")))
        .collect();
    assert!(report.is_empty(), "{} files fail\n\n{}", report.len(), report.join("\n\n"));
}

/// Every `.mam` file of the corpus and the examples.
fn files() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let mut open = vec![root.join("tests/conformance"), root.join("examples")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "mam") {
                found.push(path);
            }
        }
    }
    let wanted = std::env::var("MAM_CONFORMANCE").unwrap_or_default();
    found.retain(|path| path.to_string_lossy().contains(&wanted));
    found.sort();
    found
}

/// Everything in which the engine does not agree with a file.
fn run(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    let mut folder = Folder(path.parent().unwrap().to_owned());
    let checked = Compiler::new().loader(&mut folder).check(&name, &text);
    let printed = print::print(&checked.files()[0], checked.sources());
    let again = Compiler::new().loader(&mut folder).check(&name, &printed);
    let (Ok(table), Some(model)) = (checked.compile(), checked.model()) else {
        return errors(&checked);
    };
    let Ok(table_again) = again.compile() else {
        return [vec!["printed and read again:".to_owned()], errors(&again)].concat();
    };
    let mut failures = missing(&checked, model);
    failures.extend(walk(&checked, &table, &table_again, &text));
    failures.extend(pairs(&text, model, &table));
    failures
}

/// Statements that the model lacks, whatever warnings there are.
fn missing(checked: &Checked, model: &Model) -> Vec<String> {
    let items = || checked.files().iter().flat_map(|file| &file.items);
    let statements = || {
        let bodies = items().filter_map(|item| match &item.kind {
            ItemKind::Policy(policy) => Some(&policy.body),
            _ => None,
        });
        bodies.flatten().map(|statement| &statement.kind)
    };
    let count = |is_one: fn(&StatementKind) -> bool| statements().filter(|one| is_one(one)).count();
    let outside = items().filter(|item| matches!(item.kind, ItemKind::Expect(_))).count();
    let outside_access =
        items().filter(|item| matches!(item.kind, ItemKind::ExpectAccess(_))).count();
    let access =
        |kind: &StatementKind| matches!(kind, StatementKind::Require(_) | StatementKind::Launch(_));
    let policies = model.policies();
    [
        ("rules", count(|kind| matches!(kind, StatementKind::Rule(_))), model.rules().len()),
        (
            "expectations",
            outside + count(|kind| matches!(kind, StatementKind::Expect(_))),
            model.expectations().len(),
        ),
        (
            "expectations about accesses",
            outside_access + count(|kind| matches!(kind, StatementKind::ExpectAccess(_))),
            model.access_expectations().len(),
        ),
        ("access", count(access), policies.iter().map(|policy| policy.access.len()).sum()),
    ]
    .into_iter()
    .filter(|(_, written, known)| written != known)
    .map(|(what, written, known)| format!("{what}: {written} are written, {known} are known"))
    .collect()
}

fn errors(checked: &Checked) -> Vec<String> {
    checked.reports().iter().map(mam::Report::short).collect()
}

/// Finds `use "file.mam"` beside the file that says so.
struct Folder(PathBuf);

impl Loader for Folder {
    fn load(&mut self, path: &str, _: &str) -> Result<Loaded, LoadError> {
        let text = std::fs::read_to_string(self.0.join(path));
        let text = text.map_err(|error| LoadError::CannotRead(error.to_string()))?;
        Ok(Loaded::new(path, text))
    }
}

// ---------------------------------------------------------------- every movement

/// Decides every movement in every form, and holds it against every expectation.
fn walk(checked: &Checked, table: &Table, printed: &Table, text: &str) -> Vec<String> {
    let Some(model) = checked.model() else { return Vec::new() };
    let names: Vec<_> = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').collect();
    let universe = if model.apps().len() > MANY_APPS {
        Universe::folded(model, &names)
    } else {
        Universe::whole(model)
    }
    .odd();
    let mut differences = Vec::new();
    let all = model.expectations();
    let (decided, chained): (Vec<usize>, Vec<usize>) =
        (0..all.len()).partition(|at| matches!(all[*at].claim, model::Claim::Decided { .. }));
    let mut claims: Vec<_> = decided.iter().map(|at| Claim::new(model, &all[*at])).collect();
    let mut meant = vec![false; all.len()];
    for context in universe.contexts() {
        let mut standings = Standings::new();
        universe.visit(&context, |movement| {
            let meant = interpret::judge(model, movement);
            let decision = meant.decision;
            for (form, table) in [("the table", table), ("the printed text", printed)] {
                let resolved = table.resolve_movement(movement);
                let other = table.decide(&resolved);
                let determining = table.determining(&resolved);
                if determining != meant.determining && differences.len() < ENOUGH {
                    let (words, meant) = (universe::words(model, movement), &meant.determining);
                    differences
                        .push(format!("{words}\n    {form}: {determining:?}\n    not {meant:?}"));
                }
                if other != decision && differences.len() < ENOUGH {
                    let words = universe::words(model, movement);
                    differences
                        .push(format!("{words}\n    {form}: {other:?}\n    not {decision:?}"));
                }
            }
            let plain = universe::is_plain(model, movement);
            for claim in claims.iter_mut().filter(|_| plain) {
                claim.hold_against(movement, decision, &mut standings);
            }
        });
        for at in &chained {
            let decide = |movement: &Movement| interpret::decide(model, movement);
            let mut chains = Chains::new(model, &all[*at], &universe, &context, &decide);
            meant[*at] |= chains.is_meant();
            let found = chains.shortest().unwrap();
            if let Some(length) = found.filter(|_| differences.len() < ENOUGH) {
                let (text, context) = (&all[*at].text, &context);
                differences.push(format!("{text}\n    {length} movements lead there: {context:?}"));
            }
        }
    }
    differences.extend(claims.iter().filter_map(|claim| claim.failure(checked)));
    let analysis = Analysis::new(checked).unwrap();
    let outcomes = analysis.test();
    differences.extend(
        claims
            .iter()
            .zip(decided.iter().map(|at| &outcomes[*at]))
            .filter_map(|(one, outcome)| one.difference(&analysis, checked, outcome)),
    );
    for outcome in analysis.test_access() {
        if outcome.verdict != AccessVerdict::Holds {
            let place = format!("line {}: {}", outcome.line, outcome.text);
            differences.push(format!("{place}\n    {:?}", outcome.verdict));
        }
    }
    for at in chained {
        let place = format!("line {}: {}", outcomes[at].line, outcomes[at].text);
        if !meant[at] {
            differences.push(format!("{place}\n    no chain could begin and end there"));
        }
        if outcomes[at].verdict != Verdict::Holds {
            differences.push(format!("{place}\n    {:?}", outcomes[at].verdict));
        }
    }
    differences
}

// ---------------------------------------------------------------- requests and answers

/// Answers every request of a file in two forms.
fn pairs(text: &str, model: &Model, table: &Table) -> Vec<String> {
    let mut failures = Vec::new();
    let mut open: Option<&str> = None;
    for (line, text) in (1..).zip(text.lines()) {
        let text = text.trim();
        if let Some(request) = text.strip_prefix("//>") {
            if open.replace(request).is_some() {
                failures.push(format!("line {line}: the request before it has no answer"));
            }
        } else if let Some(answer) = text.strip_prefix("//<") {
            let Some(request) = open.take() else {
                failures.push(format!("line {line}: an answer without a request"));
                continue;
            };
            failures.extend(
                pair(request, answer, model, table).map(|why| format!("line {line}: {why}")),
            );
        }
    }
    failures
}

/// In what the engine's answers differ from the one that is expected.
fn pair(request: &str, answer: &str, model: &Model, table: &Table) -> Option<String> {
    let expected: Value = match serde_json::from_str(answer) {
        Ok(expected) => expected,
        Err(error) => return Some(format!("the answer is no JSON: {error}")),
    };
    let is_access =
        serde_json::from_str(request).is_ok_and(|one: Value| one.get("launch").is_some());
    let found = if is_access {
        [access_by_table(request, table), access_by_model(request, model)]
    } else {
        [by_table(request, table), by_model(request, model)]
    };
    for (form, found) in ["the table", "the interpreter"].into_iter().zip(found) {
        let found = found.unwrap_or_else(|error| serde_json::json!({ "error": error.to_string() }));
        if let Err(why) = holds(&expected, &found) {
            return Some(format!("{form}: {why}\n    {found}"));
        }
    }
    None
}

/// An answer as JSON, or why there is none.
type Answered = Result<Value, Box<dyn std::error::Error>>;

fn by_table(request: &str, table: &Table) -> Answered {
    let request: Request = serde_json::from_str(request)?;
    Ok(serde_json::to_value(table.answer(&request)?)?)
}

fn by_model(request: &str, model: &Model) -> Answered {
    let request: Request = serde_json::from_str(request)?;
    let movements = request.resolve(model.directory())?;
    let (_, judgement) = interpret::judge_request(model, &movements).unwrap();
    let answer = judgement.decision.answer(&judgement.determining, model.directory());
    Ok(serde_json::to_value(answer)?)
}

fn access_by_table(request: &str, table: &Table) -> Answered {
    let request: AccessRequest = serde_json::from_str(request)?;
    Ok(serde_json::to_value(table.answer_access(&request)?)?)
}

fn access_by_model(request: &str, model: &Model) -> Answered {
    let request: AccessRequest = serde_json::from_str(request)?;
    let access = request.resolve(model.directory())?;
    let judgement = interpret::judge_access(model, &access, &request.facts);
    let answer = judgement.decision.answer(&judgement.details, model.directory());
    Ok(serde_json::to_value(answer)?)
}

/// Whether all that is expected is found. An empty object expects an empty one.
fn holds(expected: &Value, found: &Value) -> Result<(), String> {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) if !expected.is_empty() => {
            expected.iter().try_for_each(|(key, expected)| match found.get(key) {
                Some(Value::String(message)) if key == "error" => {
                    let words = expected.as_str().unwrap_or_default();
                    let told = message.contains(words);
                    told.then_some(()).ok_or(format!("`{message}` does not say `{words}`"))
                }
                Some(found) => holds(expected, found).map_err(|why| format!("{key}: {why}")),
                None => Err(format!("`{key}` is missing")),
            })
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            expected.iter().zip(found).try_for_each(|(expected, found)| holds(expected, found))
        }
        _ if expected == found => Ok(()),
        _ => Err(format!("expected {expected}, found {found}")),
    }
}

// ---------------------------------------------------------------- what the files execute

/// Every launch condition of the language fires in an answer of some file, with every sign and word that it can
/// have, and every requirement and field of one is in an answer.
#[test]
fn every_condition_and_requirement_is_executed() {
    let (mut conditions, mut required) = (BTreeSet::new(), BTreeSet::new());
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut folder = Folder(path.parent().unwrap().to_owned());
        let checked = Compiler::new().loader(&mut folder).check("file.mam", &text);
        let table = checked.compile().unwrap();
        let requests = text.lines().filter_map(|line| line.trim().strip_prefix("//>"));
        for answer in requests.filter_map(|one| access_by_table(one, &table).ok()) {
            let fired = answer["fired"].as_array().into_iter().flatten();
            conditions.extend(fired.map(|one| form(one["rule"].as_str().unwrap())));
            names(&answer["requirements"], &mut required);
        }
    }
    let forms = Fact::ALL.iter().flat_map(|fact| forms(*fact));
    let idle: Vec<_> = forms.filter(|one| !conditions.contains(one)).collect();
    assert!(idle.is_empty(), "conditions that never fire: {idle:?}");
    let parts = RequirementPart::ALL.iter().map(|part| part.word());
    let idle: Vec<_> = parts.filter(|one| !required.contains(*one)).collect();
    assert!(idle.is_empty(), "requirements that are never in force: {idle:?}");
}

/// A fired rule without its action, its number and its clauses: `os <`, `knox failed`, `model not in`.
fn form(rule: &str) -> String {
    let (_, condition) = rule.split_once(" when ").unwrap();
    let words: Vec<&str> = condition.split_whitespace().collect();
    let count = match words.as_slice() {
        [_, "not", "in", ..] => 3,
        [_, "<" | ">" | "off" | "failed" | "failed-if-supported", ..] => 2,
        _ => 1,
    };
    words[..count].join(" ")
}

/// The forms that conditions on a fact can have.
fn forms(fact: Fact) -> Vec<String> {
    let signs: &[&str] = match fact {
        Fact::Os => &[" <", " >"],
        Fact::Sdk | Fact::App | Fact::Patch | Fact::CompanyPortal => &[" <"],
        Fact::Integrity | Fact::DeviceLock => &[" <"],
        Fact::Offline | Fact::CompanyPortalAge | Fact::Threat => &[" >"],
        Fact::AppScan => &[" off"],
        Fact::Knox => &[" failed", " failed-if-supported"],
        Fact::Model | Fact::Manufacturer => &[" not in"],
        Fact::AccountDisabled | Fact::Jailbroken | Fact::OffDuty => &[""],
    };
    signs.iter().map(|sign| format!("{fact}{sign}")).collect()
}

/// The names of all members of an object, `recheck` of credentials apart from that of a PIN.
fn names(requirements: &Value, found: &mut BTreeSet<String>) {
    for (name, fields) in requirements.as_object().into_iter().flatten() {
        found.insert(name.clone());
        found.extend(fields.as_object().into_iter().flatten().map(|(name, _)| name.clone()));
    }
}
