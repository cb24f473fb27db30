//! A warning about one term takes no expectation out of the tests and no rule out of the lints.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use mam::syntax::ast::{ItemKind, StatementKind};
use mam::{Analysis, Channel, Checked, Code, Compiler};

const SET: &str = "mam 1\napp a { sdk  multi-identity }\napp b\nstorage drive personal\n\
                   storage vault corporate\ngroup both = a, vault\nusers staff\n";

const TERMS: &[&str] = &[
    "a",
    "a as personal",
    "b",
    "drive",
    "vault",
    "both",
    "printer",
    "widgets",
    "managed",
    "unlisted",
    "any-storage",
    "\"ios:com.ghost\"",
    "camera",
];

fn check(statement: &str, last: &str) -> Checked {
    let policy =
        format!("policy p {{\n  for any\n  protect a\n  allow save to any\n  {statement}\n}}\n");
    Compiler::new().check("a.mam", &format!("{SET}{policy}{last}\n"))
}

/// The expectations that are written in a set.
fn written(checked: &Checked) -> usize {
    let items = checked.files().iter().flat_map(|file| &file.items);
    let count = items.map(|item| match &item.kind {
        ItemKind::Policy(policy) => {
            let kinds = policy.body.iter().map(|statement| &statement.kind);
            kinds.filter(|kind| matches!(kind, StatementKind::Expect(_))).count()
        }
        ItemKind::Expect(_) => 1,
        _ => 0,
    });
    count.sum()
}

#[test]
fn every_expectation_is_tested() {
    let (mut tested, mut warned) = (0, 0);
    let channels = Channel::ALL.iter().map(|channel| channel.word()).chain(["any", "save, share"]);
    for channel in channels {
        for (at, term) in TERMS.iter().enumerate() {
            let other = TERMS[(at + 3) % TERMS.len()];
            let third = TERMS[(at + 5) % TERMS.len()];
            for set in [format!("{term}, {other}"), format!("any except {term}, {third}")] {
                let line = format!("expect block {channel} to {set}");
                let checked = check(&line, &format!("expect allow {channel} from {set}"));
                if checked.has_errors() {
                    continue;
                }
                tested += 1;
                warned += usize::from(!checked.reports().is_empty());
                let outcomes = Analysis::new(&checked).unwrap().test();
                assert_eq!(outcomes.len(), 2, "{line}");
                assert_eq!(written(&checked), 2, "{line}");
            }
        }
    }
    assert!(tested > 100 && warned > 30, "{tested} {warned}");
}

#[test]
fn idle_terms_do_not_hide_what_fails() {
    let checked = check("block print", "expect block save to drive, b");
    assert!(checked.reports().iter().any(|one| one.code() == Code::IdleTerm));
    let outcomes = Analysis::new(&checked).unwrap().test();
    let holds = outcomes.iter().map(|one| matches!(one.verdict, mam::analysis::Verdict::Holds));
    assert_eq!(holds.collect::<Vec<_>>(), [false]);
}

#[test]
fn idle_terms_do_not_hide_rules_without_effect() {
    let lints = |rule: &str| -> Vec<Code> {
        let checked = check(rule, "");
        assert!(!checked.has_errors());
        let lints = Analysis::new(&checked).unwrap().lints().unwrap();
        lints.iter().map(mam::Report::code).filter(|code| *code == Code::LintShadowedRule).collect()
    };
    assert_eq!(lints("allow save to drive"), [Code::LintShadowedRule]);
    assert_eq!(lints("allow save to drive, b"), [Code::LintShadowedRule]);
    assert_eq!(lints("block save to drive, b"), []);
}

#[test]
fn an_expectation_has_one_finding() {
    let text = "mam 1\napp a { ios \"com.example.a\" sdk }\npolicy p { for any on ios protect a }\n\
                expect allow share from a on android\n";
    let checked = Compiler::new().check("a.mam", text);
    let analysis = Analysis::new(&checked).unwrap();
    let empty = analysis.empty_expectations().unwrap();
    assert_eq!(empty.iter().map(mam::Report::code).collect::<Vec<_>>(), [Code::EmptyScope]);
    let lints = analysis.lints().unwrap();
    assert!(lints.iter().all(|one| one.code() != Code::LintVacuous), "{lints:?}");
}
