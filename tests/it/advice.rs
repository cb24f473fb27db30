//! What lints, coverage and repair advise: it names what matters to the rule that it is about, and it can be
//! followed as it is printed.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use mam::analysis::{Analysis, Verdict};
use mam::{Checked, Compiler};

fn checked(text: &str) -> Checked {
    let checked = Compiler::new().check("set.mam", text);
    assert!(!checked.has_errors(), "{text}\n{}", checked.errors());
    checked
}

// ---------------------------------------------------------------- report-only policies and defaults

#[test]
fn a_report_only_policy_counts_for_yields_to_in_its_own_shadow() {
    let text = "mam 1 app mail { sdk multi-identity }
        policy q { for any protect mail yields to r otherwise allow block print }
        policy r report-only { for any protect mail otherwise allow expect block print }
        expect block print from mail as work\n";
    let checked = checked(text);
    let outcomes = Analysis::new(&checked).unwrap().test();
    let holds: Vec<bool> = outcomes.iter().map(|one| one.verdict == Verdict::Holds).collect();
    assert_eq!(holds, [false, true]);
    let circle = "mam 1 app mail { sdk } policy p { for any protect mail yields to any }
        policy r report-only { for any protect mail yields to p }";
    assert!(Compiler::new().check("set.mam", circle).has_errors());
}

#[test]
fn a_default_that_is_not_written_stands_at_the_name_of_its_policy() {
    let text = "mam 1 app mail { sdk multi-identity } app web\npolicy p {\n  for any\n  \
                protect mail\n  otherwise allow\n}\n\
                expect block share from web to mail as work\n\
                expect block print from mail as work\n";
    let checked = checked(text);
    let lines = Analysis::new(&checked).unwrap().test().into_iter().map(|one| match one.verdict {
        Verdict::Fails(found) => found.answer.by[0].line,
        _ => 0,
    });
    assert_eq!(lines.collect::<Vec<_>>(), [2, 5]);
}
