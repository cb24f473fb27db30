//! What a build without the feature `intune` says of JSON.
//!
//! `cargo test --test not_read` alone compiles this: every other test of diagnostics wants the
//! features, with which the code is never given.

#![cfg(not(feature = "intune"))]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use mam::{Code, Compiler};

const SOUND: &str = "mam 1\n\napp notes { sdk }\n\npolicy p {\n  for any\n  protect notes\n}\n";

/// The example of the code's section in `docs/diagnostics.md`.
fn example() -> &'static str {
    let block = Code::IntuneNotRead.explanation().split("```json mam::intune::not-read\n").nth(1);
    block.unwrap().split("```").next().unwrap()
}

#[test]
fn json_is_refused_with_help() {
    let checked = Compiler::new().check_all(&[("rules.mam", SOUND), ("policy.json", example())]);
    let [report] = &checked.reports()[..] else { panic!("{:?}", checked.diagnostics()) };
    assert_eq!(report.diagnostic().code, Code::IntuneNotRead);
    assert_eq!(report.location(), Some("policy.json:1:1"));
    assert!(report.diagnostic().help.as_ref().unwrap().contains("feature `intune`"));
    assert!(checked.compile().is_err());
}

#[test]
fn every_document_is_named() {
    let checked = Compiler::new().check_all(&[("a.json", "{}"), ("b.json", "\u{FEFF}[]")]);
    let places: Vec<_> =
        checked.reports().iter().map(|one| one.location().unwrap().to_owned()).collect();
    assert_eq!(places, ["a.json:1:1", "b.json:1:1"]);
}
