//! The documents say what the code does.
//!
//! Every ```` ```mam ```` block is a whole policy set that checks, keeps its own promises and is laid
//! out as `mam fmt` would lay it out; fragments at least parse. The JSON of `docs/json.md` is what
//! the crate takes and gives. Lists of words and numbers in prose are compared with the code.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mam::analysis::Verdict;
use mam::model::Origin;
use mam::source::Sources;
use mam::syntax::{parse, parse_scope, print};
use mam::vocabulary::{Kind, RuleEffect};
use mam::{
    AccessRequest, Account, Analysis, Channel, Checked, Code, Compiler, DeviceState, Limits, Place,
    Platform, Reason, Request, Table,
};
use serde_json::Value;

/// Under this name the policies of the documents are compiled; answers show it.
const FILE: &str = "contoso.mam";

// ---------------------------------------------------------------- documents and their blocks

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The documents at the root and in `docs`, as far as they are there.
fn documents() -> Vec<PathBuf> {
    let at_root = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name));
    let in_docs = std::fs::read_dir(root().join("docs")).unwrap().map(|one| one.unwrap().path());
    let mut found: Vec<_> = at_root.into_iter().filter(|path| path.exists()).collect();
    found.extend(in_docs.filter(|path| path.extension().is_some_and(|end| end == "md")));
    found.sort();
    found
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// A fenced block.
struct Block {
    /// `docs/language.md:17`, for messages.
    place: String,
    /// What stands behind the fence: its first word, and the rest.
    info: String,
    language: String,
    more: String,
    text: String,
}

/// The fenced blocks of a document, in order.
fn blocks(path: &Path) -> Vec<Block> {
    let text = std::fs::read_to_string(path).unwrap();
    let shown = path.strip_prefix(root()).unwrap().display().to_string();
    let mut found = Vec::new();
    let mut open: Option<(String, Block)> = None;
    for (number, line) in (1..).zip(text.lines()) {
        let fence: String = line.chars().take_while(|one| *one == '`').collect();
        match &mut open {
            Some((mark, _)) if line == mark => found.extend(open.take().map(|(_, block)| block)),
            Some((_, block)) => block.text.extend([line, "\n"]),
            None if fence.len() >= 3 => {
                let info = line.trim_start_matches('`');
                let (language, more) = info.split_once(' ').unwrap_or((info, ""));
                let block = Block {
                    place: format!("{shown}:{number}"),
                    info: info.to_owned(),
                    language: language.to_owned(),
                    more: more.to_owned(),
                    text: String::new(),
                };
                open = Some((fence, block));
            }
            None => {}
        }
    }
    assert!(open.is_none(), "{shown}: a block that is never closed");
    found
}

fn every_block(language: &str) -> Vec<Block> {
    let all = documents().into_iter().flat_map(|path| blocks(&path));
    all.filter(|block| block.language == language).collect()
}

fn assert_none(failures: &[String]) {
    assert!(failures.is_empty(), "{} failures\n\n{}", failures.len(), failures.join("\n\n"));
}

// ---------------------------------------------------------------- policies

#[test]
fn every_policy_in_the_documents_holds_what_it_promises() {
    // Those of `docs/diagnostics.md` are mistakes on purpose, and tried by `tests/it/ui.rs`.
    let mut blocks = every_block("mam");
    blocks.retain(|block| !block.place.starts_with("docs/diagnostics.md"));
    assert!(!blocks.is_empty(), "no blocks found");
    let failures: Vec<_> = blocks.iter().flat_map(broken_promises).collect();
    assert_none(&failures);
}

/// What is wrong with a block that shows a whole file. Warnings are announced behind the fence:
/// ```` ```mam mam::check::unsupported ````.
fn broken_promises(block: &Block) -> Vec<String> {
    let place = &block.place;
    let checked = Compiler::new().check(FILE, &block.text);
    let found: Vec<_> = checked.reports().iter().map(mam::Report::short).collect();
    if checked.has_errors() {
        return vec![format!("{place}: has errors\n{}", found.join("\n"))];
    }
    let codes: Vec<_> = checked.diagnostics().iter().map(|one| one.code.as_str()).collect();
    let announced: Vec<_> = block.more.split_whitespace().collect();
    let mut broken = Vec::new();
    if codes != announced {
        broken.push(format!("{place}: has other warnings than announced\n{}", found.join("\n")));
    }
    let printed = print::print(&checked.files()[0], checked.sources());
    if printed != block.text {
        broken.push(format!("{place}: is not laid out as `mam fmt` does\n{printed}"));
    }
    broken.extend(failed_expectations(&checked).iter().map(|one| format!("{place}: {one}")));
    broken
}

fn failed_expectations(checked: &Checked) -> Vec<String> {
    let outcomes = Analysis::new(checked).unwrap().test();
    let failed = outcomes.iter().filter(|outcome| outcome.verdict != Verdict::Holds);
    failed.map(|outcome| serde_json::to_string_pretty(outcome).unwrap()).collect()
}

#[test]
fn every_fragment_in_the_documents_parses() {
    let failures: Vec<_> = every_block("mam-fragment").iter().filter_map(unreadable).collect();
    assert_none(&failures);
}

/// Why a fragment is neither a file nor anything that could stand in one: declarations, statements,
/// or scopes.
fn unreadable(block: &Block) -> Option<String> {
    messages(&block.text)?;
    let declarations = messages(&format!("mam 1\n{}", block.text))?;
    let statements = messages(&format!("mam 1\npolicy fragment {{\n{}}}\n", block.text))?;
    let scopes: Vec<_> = block.text.lines().flat_map(scope_messages).collect();
    let place = &block.place;
    (!scopes.is_empty()).then(|| {
        format!(
            "{place}: as declarations: {declarations:?}\n  as statements: {statements:?}\n  as \
             scopes: {scopes:?}"
        )
    })
}

fn messages(text: &str) -> Option<Vec<String>> {
    let mut sources = Sources::default();
    let id = sources.add("fragment", text);
    let (_, found) = parse(&sources, id, &Limits::default());
    (!found.is_empty()).then(|| found.into_iter().map(|one| one.message).collect())
}

fn scope_messages(line: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let id = sources.add("fragment", line);
    let (_, found) = parse_scope(&sources, id, &Limits::default());
    found.into_iter().map(|one| one.message).collect()
}

// ---------------------------------------------------------------- JSON

const JSON: &str = "docs/json.md";

/// Every answer in `docs/json.md` is the one that the crate gives: to the request above it, or to the
/// command behind the fence. `UPDATE=1 cargo test --all-features --test it docs::` rewrites them.
#[test]
fn the_json_in_the_documents_is_what_the_code_gives() {
    let path = root().join(JSON);
    let blocks = blocks(&path);
    let mut found: Vec<_> = blocks.windows(2).filter_map(|pair| answered(&blocks, pair)).collect();
    assert!(found.len() > 2, "no request with an answer found");
    found.extend(printed(&blocks));
    if std::env::var_os("UPDATE").is_some() {
        let text = std::fs::read_to_string(&path).unwrap();
        let updated = found.iter().fold(text, |text, (block, now)| {
            let fenced = |inside: &str| format!("```{}\n{inside}```\n", block.info);
            text.replacen(&fenced(&block.text), &fenced(now), 1)
        });
        return std::fs::write(&path, updated).unwrap();
    }
    let stale = found.iter().filter(|(block, now)| block.text != *now);
    let failures: Vec<_> =
        stale.map(|(block, now)| format!("{}: is\n{now}", block.place)).collect();
    assert_none(&failures);
}

/// A request and the block that shows its answer, with the answer that it should show.
fn answered<'b>(blocks: &[Block], pair: &'b [Block]) -> Option<(&'b Block, String)> {
    let [asked, answer] = pair else { return None };
    let is_plain = |block: &Block| block.info == "json";
    let request = Some(asked).filter(|block| is_plain(block))?;
    let value: Value = serde_json::from_str(&request.text)
        .unwrap_or_else(|error| panic!("{}: {error}", request.place));
    value.get("source").or_else(|| value.get("launch"))?;
    let policy = blocks.iter().find(|block| block.language == "mam").unwrap();
    let table = mam::compile(FILE, &policy.text).unwrap();
    let now = answer_of(value, &table).unwrap_or_else(|error| panic!("{}: {error}", asked.place));
    let now = laid_out(&now, 0, WIDTH);
    Some(answer).filter(|block| is_plain(block)).map(|block| (block, now + "\n"))
}

/// The answer to a request of either kind, as JSON.
fn answer_of(request: Value, table: &Table) -> Result<String, Box<dyn std::error::Error>> {
    if request.get("launch").is_some() {
        let request: AccessRequest = serde_json::from_value(request)?;
        return Ok(serde_json::to_string(&table.answer_access(&request)?)?);
    }
    let request: Request = serde_json::from_value(request)?;
    Ok(serde_json::to_string(&table.answer(&request)?)?)
}

/// The blocks that show what a command prints, with what it prints: ```` ```json 1 mam check … ````.
#[cfg(feature = "cli")]
fn printed(blocks: &[Block]) -> Vec<(&Block, String)> {
    let folder = std::env::temp_dir().join(format!("mam-docs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for block in blocks {
        let name = if block.language == "mam" { FILE } else { &block.more };
        if name.starts_with(|one: char| one.is_ascii_alphabetic()) && !name.contains(' ') {
            std::fs::write(folder.join(name), &block.text).unwrap();
        }
    }
    let commands = blocks.iter().filter_map(|block| Some((block, block.more.split_once(" mam ")?)));
    let run = |(block, (status, command)): (_, (&str, &str))| {
        let (plain, quoted) = command.split_once('\'').unwrap_or((command, ""));
        let quoted = quoted.strip_suffix('\'').filter(|scope| !scope.is_empty());
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_mam"))
            .current_dir(&folder)
            .args(plain.split_whitespace().chain(quoted))
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), status.parse().ok(), "mam {command}\n{text}");
        (block, text)
    };
    let printed = commands.map(run).map(|(block, text): (&Block, String)| {
        let width = if block.language == "json" { WIDTH } else { usize::MAX };
        let lines = text.lines().map(|line| laid_out(line, 0, width) + "\n");
        (block, lines.collect())
    });
    let printed = printed.collect();
    std::fs::remove_dir_all(&folder).unwrap();
    printed
}

/// Without the command line there is nothing to run.
#[cfg(not(feature = "cli"))]
fn printed(_: &[Block]) -> Vec<(&Block, String)> {
    Vec::new()
}

/// Columns of the JSON in the documents.
const WIDTH: usize = 92;

/// JSON on one line as the documents show it: values that fit stay on their line.
fn laid_out(text: &str, indent: usize, width: usize) -> String {
    let inside = text.get(1..text.len() - 1).filter(|_| text.starts_with(['{', '[']));
    let Some(inside) = inside.filter(|inside| !inside.is_empty()) else { return text.to_owned() };
    let part = |part: &str, width| match pieces(part, ':').as_slice() {
        [name, value] => format!("{name}: {}", laid_out(value, indent + 1, width)),
        _ => laid_out(part, indent + 1, width),
    };
    let parts = |width| pieces(inside, ',').into_iter().map(move |one| part(one, width));
    let (open, close) = (&text[..1], &text[text.len() - 1..]);
    let line = parts(usize::MAX).collect::<Vec<_>>().join(", ");
    if 2 * indent + line.chars().count() + 2 <= width {
        return format!("{open}{line}{close}");
    }
    let blanks = "  ".repeat(indent);
    let lines: Vec<_> = parts(width).map(|one| format!("{blanks}  {one}")).collect();
    format!("{open}\n{}\n{blanks}{close}", lines.join(",\n"))
}

/// A text cut at a mark that stands in no bracket and no string.
fn pieces(text: &str, mark: char) -> Vec<&str> {
    let (mut depth, mut in_string, mut escaped) = (0, false, false);
    text.split(|one: char| {
        match one {
            _ if escaped => {}
            '"' => in_string = !in_string,
            '{' | '[' if !in_string => depth += 1,
            '}' | ']' if !in_string => depth -= 1,
            _ => {}
        }
        escaped = one == '\\' && !escaped;
        one == mark && depth == 0 && !in_string
    })
    .collect()
}

#[test]
fn the_members_of_requests_and_answers_are_documented() {
    let text = read(JSON);
    let request: Request = serde_json::from_str(
        r#"{"channel": "copy", "source": {"app": "outlook", "account": "work", "deployed": false},
            "target": {"storage": "printer"}, "user": {"groups": []}, "characters": 1,
            "device": {"platform": "ios", "management": "intune"}}"#,
    )
    .unwrap();
    let mut names = BTreeSet::new();
    members(&serde_json::to_value(request).unwrap(), &mut names);
    for block in blocks(&root().join(JSON)).iter().filter(|block| block.language == "json") {
        members(&serde_json::from_str(&block.text).unwrap(), &mut names);
    }
    let is_missing = |name: &&String| {
        ["`", "."].iter().all(|before| !text.contains(&format!("{before}{name}`")))
    };
    let missing: Vec<_> = names.iter().filter(is_missing).collect();
    assert!(missing.is_empty(), "not described: {missing:?}");
}

/// The names of all members, however deep.
fn members(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                into.insert(name.clone());
                members(value, into);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| members(value, into)),
        _ => {}
    }
}

// ---------------------------------------------------------------- words

#[test]
fn the_language_document_names_every_word() {
    let text = read("docs/language.md");
    let empty = Compiler::new().check(FILE, "mam 1\n");
    let model = empty.model().unwrap();
    let built_in = (model.apps().iter().filter(|app| app.origin == Origin::BuiltIn))
        .map(|app| app.name.clone())
        .chain(
            (model.storages().iter().filter(|one| one.origin == Origin::BuiltIn))
                .map(|one| one.name.clone()),
        );
    let catalogue = Compiler::new().check(FILE, "mam 1\nuse microsoft\n");
    let catalogue = catalogue.model().unwrap();
    let storages = catalogue.storages().iter().filter(|one| one.origin == Origin::Declared);
    let words = [
        vocabulary(),
        words(Reason::ALL, Reason::word),
        built_in.collect(),
        catalogue.groups().iter().map(|group| group.name.clone()).collect(),
        storages.map(|storage| storage.name.clone()).collect(),
        mam::catalogue::names().map(str::to_owned).collect(),
        fields(),
    ];
    let is_missing = |word: &&String| !text.contains(&format!("`{word}`"));
    let missing: BTreeSet<_> = words.iter().flatten().filter(is_missing).collect();
    assert!(missing.is_empty(), "not in docs/language.md: {missing:?}");
}

fn words<T: Copy>(all: &[T], word: fn(T) -> &'static str) -> Vec<String> {
    all.iter().map(|one| word(*one).to_owned()).collect()
}

/// The closed words of which policies are made.
fn vocabulary() -> Vec<String> {
    let words = [
        words(Channel::ALL, Channel::word),
        words(Platform::ALL, Platform::word),
        words(DeviceState::ALL, DeviceState::word),
        words(Account::ALL, Account::word),
        words(Place::ALL, Place::word),
        words(RuleEffect::ALL, RuleEffect::word),
    ];
    words.concat()
}

/// The strings in one rule of the grammar.
fn words_of_rule(name: &str) -> Vec<String> {
    let grammar = read("grammar/mam.pest");
    let start = grammar.find(&format!("\n{name} ")).unwrap();
    let rule = grammar[start + 1..].split("\n\n").next().unwrap();
    let rule = rule.split("\n}").next().unwrap();
    rule.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

fn reserved() -> Vec<String> {
    words_of_rule("reserved")
}

/// The fields of `require`.
fn fields() -> Vec<String> {
    words_of_rule("field_name")
}

#[test]
fn every_word_is_in_the_table_of_all_words() {
    let text = read("docs/language.md");
    let table = text.split("\n## All words\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: Vec<String> = rows.map(|row| row.split('`').next().unwrap().to_owned()).collect();
    let once: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(listed.len(), once.len(), "a word has two rows");
    let grammar = read("grammar/mam.pest");
    let keywords = grammar.lines().filter(|line| line.starts_with("kw_"));
    let keywords = keywords.filter_map(|line| line.split('"').nth(1)).map(str::to_owned);
    let rules =
        ["id_kind", "trait_sdk", "trait_multi_identity", "trait_container", "trait_on_premises"];
    let all = [
        vocabulary(),
        reserved(),
        fields(),
        rules.iter().flat_map(|rule| words_of_rule(rule)).collect(),
    ];
    let all: BTreeSet<String> = all.into_iter().flatten().chain(keywords).collect();
    let missing: Vec<_> = all.difference(&once).collect();
    assert!(all.len() > 80 && missing.is_empty(), "not in the table: {missing:?}");
}

#[test]
fn the_list_of_reserved_words_is_the_grammars() {
    let text = read("docs/language.md");
    let section = text.split("### Reserved words").nth(1).unwrap();
    let list = section.split("```").nth(1).unwrap();
    let listed: BTreeSet<_> = list.split_whitespace().skip(1).map(str::to_owned).collect();
    assert_eq!(listed, reserved().into_iter().collect());
}

#[test]
fn the_table_of_channels_is_the_codes() {
    let text = read("docs/language.md");
    let kind = |kind| match kind {
        Kind::App => "app",
        Kind::Storage => "storage",
        Kind::Place => "place",
    };
    for channel in Channel::ALL {
        let effects: Vec<_> = (RuleEffect::ALL.iter())
            .filter(|effect| channel.judged_at(effect.side()))
            .map(|effect| format!("`{effect}`"))
            .collect();
        let row = format!(
            "| `{channel}` | {} → {} | {} |",
            kind(channel.source_kind()),
            match channel.places() {
                [] => kind(channel.target_kind()).to_owned(),
                places =>
                    places.iter().map(|one| format!("`{one}`")).collect::<Vec<_>>().join(", "),
            },
            effects.join(", "),
        );
        assert!(text.contains(&row), "docs/language.md lacks the row\n{row}");
    }
}

#[test]
fn the_table_of_device_states_is_the_codes() {
    let text = read("docs/language.md");
    for state in DeviceState::ALL {
        let platforms: Vec<_> = (Platform::ALL.iter())
            .filter(|platform| state.exists_on(**platform))
            .map(|platform| format!("`{platform}`"))
            .collect();
        let row = format!("| `{state}` | {} |", platforms.join(", "));
        assert!(text.contains(&row), "docs/language.md lacks the row\n{row}");
    }
}

#[test]
fn the_tables_of_requirements_and_launch_conditions_are_the_codes() {
    let text = read("docs/language.md");
    let access = text.split("\n## Access").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = access.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut failures = Vec::new();
    let mut rows_seen = 0;
    for row in rows {
        let cells = row.trim_end_matches('|').split('|').map(str::trim);
        let cells: Vec<_> = cells.collect();
        let statements = match cells.as_slice() {
            [_, example, platforms, _] if example.starts_with('`') => {
                vec![(format!("require pin {{ {} }}", example.trim_matches('`')), *platforms)]
            }
            [condition, places @ ..] if places.len() == 3 => {
                let condition = condition.split('`').next().unwrap();
                let statement = |action| format!("launch {action} when {condition}");
                let statements = ["warn", "block", "wipe"].map(statement);
                statements.into_iter().zip(places.iter().copied()).collect()
            }
            _ => panic!("{row}"),
        };
        rows_seen += 1;
        for (statement, listed) in statements {
            failures.extend(misplaced(&statement, listed));
        }
    }
    assert!(rows_seen > 20, "the tables are gone");
    assert_none(&failures);
}

/// Platforms on which a statement of a policy is possible although the list does not say so, or is
/// not although it does.
fn misplaced(statement: &str, listed: &str) -> Vec<String> {
    let names =
        [(Platform::Ios, "iOS"), (Platform::Android, "Android"), (Platform::Windows, "Windows")];
    let differs = |(platform, name): &(Platform, &str)| {
        let file = format!(
            "mam 1 app a {{ sdk }} policy p {{ for any on {platform} devices enrolled protect a \
             {statement} }}"
        );
        let is_possible = !Compiler::new().check(FILE, &file).has_errors();
        is_possible != (listed == "all" || listed.contains(name))
    };
    let wrong = names.iter().filter(|one| differs(one));
    wrong
        .map(|(platform, _)| format!("`{statement}` on `{platform}`: listed as `{listed}`"))
        .collect()
}

#[test]
fn reasons_are_documented_in_their_order() {
    let text = read("docs/language.md");
    let section = text.split("## Not enforced").nth(1).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `"));
    let listed: Vec<_> = rows.filter_map(|row| row.split('`').next()).collect();
    // The last one is the answer to a mistake of the host, not of any policy.
    let (foreign, all) = Reason::ALL.split_last().unwrap();
    let all: Vec<_> = all.iter().map(|reason| reason.word()).collect();
    assert_eq!(*foreign, Reason::ForeignMovement);
    assert_eq!(listed.get(..all.len()), Some(&all[..]));
}

#[test]
fn what_a_word_without_as_means_is_documented() {
    let text = read("docs/language.md");
    let rows = [
        "| `allow`, `accept` | its work account | every account |",
        "| `block`, `refuse` | every account | its work account |",
        "| `expect`, questions | every account | every account |",
    ];
    for row in rows {
        assert!(text.contains(row), "docs/language.md lacks the row\n{row}");
    }
}

// ---------------------------------------------------------------- numbers

#[test]
fn the_limits_in_the_documents_are_the_codes() {
    let text = read("docs/language.md");
    let limits = Limits::default();
    let rows = [
        ("file_bytes", "bytes of one file", limits.file_bytes),
        ("export_bytes", "bytes of one export of Intune", limits.export_bytes),
        (
            "statement_bytes",
            "bytes of one statement or declaration, a policy's body not counted",
            limits.statement_bytes,
        ),
        ("files", "files of one set, catalogues included", limits.files),
        ("name_bytes", "bytes of one name or string", limits.name_bytes),
        (
            "nesting",
            "brackets inside each other; groups inside each other; policies of which each yields to the \
             next",
            limits.nesting,
        ),
        ("declarations", "declarations of one set", limits.declarations),
        ("statements", "statements of all policies", limits.statements),
        ("diagnostics", "diagnostics that are kept", limits.diagnostics),
        ("user_groups", "groups of people that policies tell apart", limits.user_groups),
        ("cells", "cells of the decision table", limits.cells),
        ("nodes", "nodes of decision diagrams", limits.nodes),
        ("steps", "steps of one question", limits.steps),
        ("user_kinds", "kinds of users that one question leaves open", limits.user_kinds),
        (
            "user_clauses",
            "clauses with `for` that one part of an answer takes to say its users",
            limits.user_clauses,
        ),
        (
            "table_bytes",
            "bytes of a compiled table that the command line loads",
            limits.table_bytes,
        ),
    ];
    for (_, what, number) in rows {
        let row = format!("| {what} | {} |", grouped(number));
        assert!(text.contains(&row), "docs/language.md lacks the row\n{row}");
    }
    let debug = format!("{limits:?}");
    let fields = debug.split(' ').filter_map(|word| word.strip_suffix(':'));
    // The interrupt is no number.
    let fields: Vec<_> = fields.filter(|name| *name != "interrupt").collect();
    let listed: Vec<_> = rows.iter().map(|(name, ..)| *name).collect();
    assert_eq!(fields, listed, "a bound that docs/language.md does not tell");
}

/// 1234567 as 1,234,567.
fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let parts: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    let parts: Vec<_> = parts.iter().map(|part| std::str::from_utf8(part).unwrap()).collect();
    parts.join(",")
}

// ---------------------------------------------------------------- names of things

#[test]
fn codes_in_the_documents_exist() {
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split('`').filter(|part| part.starts_with("mam::")) {
            let is_code = part.split("::").nth(1).is_some_and(|layer| {
                ["limit", "syntax", "load", "resolve", "check", "intune", "export"].contains(&layer)
            }) && part
                .chars()
                .all(|one| one.is_ascii_lowercase() || ":-".contains(one));
            let known =
                !is_code || part.split("::").count() != 3 || Code::from_text(part).is_some();
            assert!(known, "{}: there is no `{part}`", path.display());
        }
    }
}

#[test]
fn files_in_the_documents_exist() {
    let folders = ["src/", "tests/", "docs/", "grammar/", "examples/", "benches/", "fuzz/"];
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for part in text.split('`').filter(|part| folders.iter().any(|one| part.starts_with(one))) {
            let is_path = !part.contains(char::is_whitespace) && !part.contains(['*', '<', '…']);
            assert!(!is_path || root().join(part).exists(), "{}: no {part}", path.display());
        }
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            let is_file = !target.is_empty() && !target.contains(':');
            let file = path.parent().unwrap().join(target);
            assert!(!is_file || file.exists(), "{}: no {link}", path.display());
        }
    }
}

#[test]
fn links_inside_the_documents_lead_somewhere() {
    for path in documents() {
        let text = std::fs::read_to_string(&path).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let Some((file, anchor)) = link.split_once('#') else { continue };
            if file.contains(':') {
                continue;
            }
            let target = if file.is_empty() { path.clone() } else { path.with_file_name(file) };
            let found = anchors(&std::fs::read_to_string(target).unwrap());
            assert!(found.contains(anchor), "{}: no {link} in {found:?}", path.display());
        }
    }
}

/// The anchors of a document's headings, as the usual hosts make them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let anchor = |heading: &str| {
        let kept = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|one| one.is_alphanumeric() || " -_".contains(*one));
        kept.map(|one| if one == ' ' { '-' } else { one }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn the_architecture_is_short_and_names_every_part() {
    let text = read("docs/architecture.md");
    let (main, glossary) = text.split_once("\n## Glossary\n").unwrap();
    assert!(main.lines().count() < 200, "docs/architecture.md is to stay under 200 lines");
    assert!(glossary.lines().count() < 100, "the glossary is to fit on a page");
    for entry in std::fs::read_dir(root().join("src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let part = name.strip_suffix(".rs").unwrap_or(&name);
        let is_named = [format!("`{part}`"), format!("`{name}`"), format!("`src/{name}`")];
        assert!(is_named.iter().any(|one| text.contains(one)), "docs/architecture.md lacks {part}");
    }
}
