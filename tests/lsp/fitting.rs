//! Completion at random places of the samples: every label that is offered leads to a text without a mistake there.
//!
//! `MAM_PROPS=10 cargo test --all-features --test lsp fitting` tries ten times as many places.

use std::collections::BTreeMap;
use std::fs;

use mam::source::Sources;
use mam::syntax::ast::ItemKind;
use mam::syntax::{Cursor, ParseCache, cursor, parse};
use mam::{Compiler, Limits};
use serde_json::Value;

use crate::client::{Client, path, place, position};
use crate::random::Random;

/// The samples whose policies are written on several lines, and on one.
fn samples() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["examples", "examples/figures", "tests/conformance"] {
        let mut files: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files.iter().filter(|file| file.extension().is_some_and(|it| it == "mam")) {
            let name = file.file_stem().unwrap().to_str().unwrap();
            let text = fs::read_to_string(file).unwrap();
            let checked = check(&text, &ParseCache::default());
            let is_idle = |one: &mam::diagnostic::Diagnostic| one.code == mam::Code::IdleTerm;
            if !checked.has_errors() && !checked.diagnostics().iter().any(is_idle) {
                found.push((format!("{name}.mam"), text.clone()));
                found.push((format!("{name}-lines.mam"), in_lines(&text)));
            }
        }
    }
    assert!(found.len() > 60, "{}", found.len());
    found
}

/// A text whose policies stand on one line each, without comments.
fn in_lines(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let line = line.trim_end();
        let line = if line.trim_start().starts_with("//") { "" } else { line };
        let line = line.split(" // ").next().unwrap();
        let is_inside = line.starts_with([' ', '\t', '}']);
        out.push_str(if is_inside { " " } else { "\n" });
        out.push_str(line.trim());
    }
    out
}

fn check(text: &str, cache: &ParseCache) -> mam::Checked {
    Compiler::new().parse_cache(cache).check(&path("sample.mam"), text)
}

/// The bytes of the statement or declaration around a place; empty between them.
fn piece(text: &str, at: usize) -> std::ops::Range<usize> {
    let mut sources = Sources::default();
    let id = sources.add("", text);
    let (file, _) = parse(&sources, id, &Limits::default());
    let mut spans = Vec::new();
    for item in &file.items {
        match &item.kind {
            ItemKind::Policy(policy) => {
                spans.extend(policy.body.iter().map(|statement| statement.span));
            }
            _ => spans.push(item.span),
        }
    }
    let mut bytes = spans.iter().map(|span| span.start as usize..span.end as usize);
    bytes.find(|bytes| bytes.start < at && at < bytes.end).unwrap_or(at..at)
}

/// The labels that the server offers at a byte of an open text.
fn labels(client: &mut Client, name: &str, text: &str, at: usize) -> Vec<String> {
    let found = client.request("textDocument/completion", place(name, &position(text, at)));
    let found = found.as_array().cloned().unwrap_or_default();
    let label = |one: &Value| one["textEdit"]["newText"].as_str().unwrap().to_owned();
    found.iter().map(label).collect()
}

/// A text that is being completed.
struct Search<'c> {
    client: &'c mut Client,
    /// The document in which the text is tried out.
    name: &'c str,
    cache: ParseCache,
    /// The start of the piece.
    start: usize,
    /// Whether it is in a policy.
    in_policy: bool,
    /// The text behind the piece.
    rest: &'c str,
    /// How many texts may still be looked at.
    left: usize,
    /// The first mistake of a text that is whole, or the reason why there is none.
    reason: Option<String>,
}

impl Search<'_> {
    /// Whether a text can be completed so that there is no mistake in the piece: with words from the completion, and with
    /// names and values that fit the grammar. The shortest texts are tried first.
    fn is_completed(&mut self, text: String) -> bool {
        let mut open = std::collections::VecDeque::from([text]);
        while let Some(text) = open.pop_front() {
            if self.left == 0 {
                return false;
            }
            self.left -= 1;
            let line = format!("{text}\n");
            let here = cursor(&line, line.len()).unwrap();
            if here.before.first().is_some_and(|word| word == "policy") && here.accepts_keyword("{")
            {
                return true;
            }
            if here.begins && here.policy.is_some() == self.in_policy {
                let whole = format!("{line}{}", self.rest);
                let Some(mistake) = mistakes(&whole, self.start..text.len(), &self.cache) else {
                    return true;
                };
                self.give_reason(&text, mistake);
            }
            let next = self.next(&text, &line, &here);
            open.extend(next.into_iter().map(|word| format!("{text} {word}")));
        }
        false
    }

    /// Keeps the first reason why a text is not completed.
    fn give_reason(&mut self, text: &str, why: String) {
        let shown = text[self.start..].split_whitespace().collect::<Vec<_>>().join(" ");
        self.reason.get_or_insert(format!("`{shown}`: {why}"));
    }

    /// The words that may follow.
    fn next(&mut self, text: &str, line: &str, here: &Cursor) -> Vec<String> {
        let whole = format!("{line}{}", self.rest);
        self.client.set(self.name, &whole);
        let offered = labels(self.client, self.name, &whole, line.len());
        let declares = here.before.last().is_some_and(|word| DECLARING.contains(&word.as_str()));
        let fits = |noun: &&str| here.expected.contains(noun) && (*noun != "a name" || declares);
        let fillers =
            FILLERS.iter().filter(|(noun, _)| fits(noun)).map(|(_, text)| (*text).to_owned());
        let fillers: Vec<_> = fillers.collect();
        if offered.is_empty() && fillers.is_empty() {
            self.give_reason(text, format!("nothing follows but {:?}", here.expected));
        }
        let offered =
            offered.into_iter().filter(|one| !here.begins || !OPENERS.contains(&one.as_str()));
        let (first, rest): (Vec<_>, Vec<_>) = offered
            .partition(|one| ["to", "from", "<", ">", "not in", "launch"].contains(&one.as_str()));
        first.into_iter().take(4).chain(fillers).chain(rest.into_iter().take(8)).collect()
    }
}

/// Texts for what the grammar expects and no completion offers.
const FILLERS: &[(&str, &str)] = &[
    ("`}`", "}"),
    ("`]`", "]"),
    ("a value", "17.0"),
    ("a value", "90 days"),
    ("a value", "2026-01-01"),
    ("a string", "\"1.0\""),
    ("a name", "fresh"),
    ("a number", "10"),
    ("a number", "3"),
    ("a version", "17.0"),
    ("`=`", "="),
    ("`{`", "{"),
    ("a JSON value", "1"),
    ("`,`", ","),
];

/// Words in front of a name that is declared.
const DECLARING: &[&str] = &["tenant", "app", "storage", "group", "users", "filter", "policy"];

/// Words that open another statement or declaration.
const OPENERS: &[&str] = &[
    "protect",
    "yields",
    "otherwise",
    "allow",
    "block",
    "accept",
    "refuse",
    "require",
    "launch",
    "setting",
    "expect",
    "mam",
    "use",
    "tenant",
    "app",
    "storage",
    "group",
    "users",
    "filter",
    "policy",
];

/// The first mistake in a text between two bytes. That a scope is empty, since the policy is for others, is none.
fn mistakes(text: &str, within: std::ops::Range<usize>, cache: &ParseCache) -> Option<String> {
    let checked = check(text, cache);
    let mut found = checked.diagnostics().iter().filter(|one| {
        let is_error = one.severity == mam::Severity::Error && one.code != mam::Code::EmptyScope;
        let is_kind = one.code == mam::Code::IdleTerm || is_error;
        let span = one.span();
        is_kind
            && span.is_some_and(|span| {
                checked.sources().name(span.source) == path("sample.mam")
                    && (span.start as usize) < within.end
                    && within.start <= span.end as usize
            })
    });
    found.next().map(|one| format!("{} {}", one.code, one.message))
}

#[test]
fn offered_labels_fit_wherever_they_are_offered() {
    let scale: f64 = std::env::var("MAM_PROPS").map_or(1.0, |it| it.parse().unwrap());
    let mut random = Random(0x51_7c_c1_b7);
    let mut client = Client::with(&[], serde_json::json!({ "idle": 60_000 }), &["utf-16"]);
    let mut wrong: BTreeMap<String, String> = BTreeMap::new();
    let mut count = 0;
    for (name, text) in samples() {
        let cache = ParseCache::default();
        let scratch = format!("scratch-{name}");
        for name in [&name, &scratch] {
            client.open(name, &text);
            client.checked(name);
        }
        let starts: Vec<usize> = starts(&text);
        for _ in 0..(2.0 * scale).ceil() as usize {
            let at = starts[random.below(starts.len())];
            let mut offered = labels(&mut client, &name, &text, at);
            // Names are alike: a few stand for the others.
            while offered.len() > 60 {
                offered.swap_remove(random.below(offered.len()));
            }
            for label in offered {
                count += 1;
                let around = piece(&text, at);
                let start = around.start.min(at);
                let here = cursor(&text, at).unwrap();
                let mut search = Search {
                    client: &mut client,
                    name: &scratch,
                    cache: cache.clone(),
                    start,
                    in_policy: here.policy.is_some(),
                    rest: &text[around.end..],
                    left: 150,
                    reason: None,
                };
                let is_opener = OPENERS.contains(&label.as_str()) && here.begins;
                let (start, head) = if is_opener && start < at { (at, "\n") } else { (start, "") };
                search.start = start + head.len();
                if !search.is_completed(format!("{}{head}{label}", &text[..at])) {
                    let why = search.reason.unwrap_or("no end was found".to_owned());
                    let line = text[..at].matches('\n').count() + 1;
                    let context = here.before.join(" ");
                    wrong
                        .entry(format!("{context} <{label}>"))
                        .or_insert(format!("{name}:{line}: {why}"));
                }
            }
        }
        client.close(&name);
        client.close(&scratch);
    }
    let list: Vec<_> = wrong.iter().map(|(what, why)| format!("{what}\n    {why}")).collect();
    assert!(list.is_empty(), "{} of {count} labels do not fit\n{}", list.len(), list.join("\n"));
    client.shutdown();
}

/// The starts of words outside of comments and strings, and the ends of lines.
fn starts(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let is_start = |at: &usize| {
        let before = at.checked_sub(1).map_or(b' ', |before| bytes[before]);
        before.is_ascii_whitespace() && (bytes[*at].is_ascii_alphanumeric() || bytes[*at] == b'\n')
    };
    let found = (1..bytes.len()).filter(is_start);
    found.filter(|at| cursor(text, *at).is_some_and(|here| !here.in_string)).collect()
}
