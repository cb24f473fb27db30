//! Edits that are called safe lose nothing of what an author wrote: no text that an answer shows, no
//! comment, and no documentation of a rule that stays.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use std::collections::BTreeSet;

use mam::{Analysis, Checked, Code, Compiler, Report};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::policy_set::{Choices, PolicySet, Style};
use crate::support::random::{self, regressions};

fn check(text: &str) -> Checked {
    Compiler::new().check("a.mam", text)
}

/// The findings of a set.
fn lints(checked: &Checked) -> Vec<Report> {
    Analysis::new(checked).unwrap_or_else(|errors| panic!("{errors}")).lints().unwrap()
}

/// The text after all safe edits, one finding at a time.
fn fixed(text: &str) -> String {
    let mut checked = check(text);
    for _ in 0..50 {
        let next = lints(&checked)
            .into_iter()
            .find(|one| one.diagnostic().is_safe && !one.diagnostic().edits.is_empty());
        let Some(report) = next else { break };
        checked = checked.with_edits(&report.diagnostic().edits);
        assert!(!checked.has_errors(), "{}: {}", report.short(), checked.errors());
    }
    let (_, source) = checked.sources().iter().find(|(_, one)| one.name() == "a.mam").unwrap();
    source.text().to_string()
}

/// The texts that some answer shows.
fn shown(checked: &Checked) -> BTreeSet<String> {
    let analysis = Analysis::new(checked).unwrap();
    let parts = analysis.decide(&checked.question("any").unwrap()).unwrap();
    let rules = parts.into_iter().flat_map(|part| part.answer.by);
    rules.filter_map(|rule| rule.because).collect()
}

const HEAD: &str = "mam 1\nuse microsoft\nusers staff\nusers externals\npolicy p {\n  for staff\n  on ios\n  \
                    protect outlook, word\n";

#[test]
fn texts_and_documentation_stay_with_their_rules() {
    let text = format!(
        "{HEAD}  allow share to managed\n  block print because \"Please print at the office\"\n  \
         /// Screens: see ticket 42.\n  block capture\n  allow save to onedrive\n}}\n"
    );
    let after = fixed(&text);
    assert!(after.contains("block print because \"Please print at the office\""), "{after}");
    // The default blocks screens: the rule goes, and its documentation with it.
    assert!(!after.contains("capture") && !after.contains("ticket 42"), "{after}");
    assert!(after.contains("allow save to onedrive"), "{after}");
}

#[test]
fn comments_inside_a_rule_keep_it() {
    let text = format!(
        "{HEAD}  allow share to managed\n  block // see the wiki\n    capture\n  block print // plain\n}}\n"
    );
    let after = fixed(&text);
    assert!(after.contains("see the wiki") && after.contains("// plain"), "{after}");
    assert!(!after.contains("print"), "{after}");
}

#[test]
fn a_text_that_is_shown_is_an_effect() {
    let rule =
        |because: &str| format!("{HEAD}  allow share to managed\n  block print{because}\n}}\n");
    let ext =
        "policy ext {\n  for externals\n  on ios\n  protect outlook\n  allow copy to managed\n}\n";
    let idle = |text: &str| -> Vec<String> {
        let found = lints(&check(text)).into_iter();
        let found = found.filter(|one| one.code() == Code::LintShadowedRule);
        found.map(|one| format!("{} {:?}", one.short(), one.diagnostic().labels)).collect()
    };
    assert!(idle(&(rule(" because \"Print at the office\"") + ext)).is_empty());
    assert_eq!(idle(&rule("")).len(), 1);
    let accepted =
        format!("{HEAD}  allow share to managed\n  accept copy from word because \"x\"\n}}\n");
    assert!(!check(&accepted).reports().iter().any(|one| one.code() == Code::RepeatsDefault));
}

/// The text of a random set in which every rule has documentation, and every second one a text.
fn commented(set: &PolicySet) -> String {
    let mut lines = Vec::new();
    for (number, line) in set.text(Style::default()).lines().enumerate() {
        let opening = line.trim_start().split(' ').next().unwrap_or("");
        let is_rule =
            line.starts_with(' ') && ["allow", "block", "accept", "refuse"].contains(&opening);
        match is_rule {
            true if number % 2 == 0 => {
                lines.push(format!("/// {number}\n{line} because \"{number}\""))
            }
            true => lines.push(format!("/// {number}\n{line}")),
            false => lines.push(line.to_owned()),
        }
    }
    lines.join("\n") + "\n"
}

/// Each documented number with the first word behind it and the text of its rule.
fn documented(text: &str) -> BTreeSet<(String, String)> {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let pairs = lines.windows(2).filter_map(|pair| Some((pair[0].strip_prefix("/// ")?, pair[1])));
    pairs
        .map(|(number, rule)| (number.to_owned(), rule.split(' ').next().unwrap_or("").to_owned()))
        .collect()
}

proptest! {
    #![proptest_config(random::config(30, regressions!("fixes")))]

    #[test]
    fn no_shown_text_is_lost(bytes in vec(any::<u8>(), 700)) {
        let text = commented(&PolicySet::choose(&mut Choices::new(&bytes)));
        let before = check(&text);
        if before.has_errors() {
            return Ok(());
        }
        let after = fixed(&text);
        prop_assert_eq!(shown(&before), shown(&check(&after)), "{}\nbecame\n{}", text, after);
        let (was, is) = (documented(&text), documented(&after));
        prop_assert!(is.is_subset(&was), "{:?}", is.difference(&was));
    }
}
