//! What lints, coverage and repair advise: it names what matters to the rule that it is about, and it can be
//! followed as it is printed.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use mam::analysis::{AccessVerdict, Analysis, Fate, NoRemedy, StepKind, Verdict};
use mam::vocabulary::Effect;
use mam::{Checked, Compiler, Limits, Report};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::policy_set::{Choices, People, PolicySet, Style};
use crate::support::random::{self, regressions};

fn config(cases: u32) -> ProptestConfig {
    random::config(cases, regressions!("advice"))
}

fn checked(text: &str) -> Checked {
    let checked = Compiler::new().check("set.mam", text);
    assert!(!checked.has_errors(), "{text}\n{}", checked.errors());
    checked
}

/// A finding as text: its code, the text of its places, and what it says of them.
fn told(report: &Report, checked: &Checked) -> String {
    let diagnostic = report.diagnostic();
    let place = |label: &mam::diagnostic::Label| {
        let source = checked.sources().get(label.span.source).unwrap();
        let text = &source.text()[label.span.start as usize..label.span.end as usize];
        format!("`{text}` {}", label.text)
    };
    let places: Vec<_> = diagnostic.labels.iter().map(place).collect();
    format!("{}: {}", diagnostic.code.as_str(), places.join("; "))
}

/// The lints of a set with one of some codes.
fn lints(text: &str, codes: &[&str]) -> Vec<String> {
    let checked = checked(text);
    let found = Analysis::new(&checked).unwrap().lints().unwrap();
    let meant = found.iter().filter(|one| codes.contains(&one.code().as_str()));
    meant.map(|one| told(one, &checked)).collect()
}

/// The lints that speak of rules without effect.
const IDLE: &[&str] = &[
    "mam::lint::shadowed-rule",
    "mam::lint::shadowed-part",
    "mam::lint::overridden-allow",
    "mam::lint::no-movement",
    "mam::lint::unseen-because",
];

// ---------------------------------------------------------------- shadows

const TWO_PEOPLE: &str = "mam 1 app mail { sdk multi-identity } users staff users guests\n";

#[test]
fn a_default_of_its_own_policy_shadows_a_rule_whoever_else_has_policies() {
    let own = "policy p { for staff protect mail allow copy to any block print }\n";
    let other = "policy q { for guests protect mail allow copy to any }\n";
    let alone = lints(&format!("{TWO_PEOPLE}{own}"), IDLE);
    let shadowed = "mam::lint::shadowed-rule: `block print` this changes nothing; \
                    `p` this default blocks it";
    assert_eq!(alone, [shadowed]);
    assert_eq!(lints(&format!("{TWO_PEOPLE}{own}{other}"), IDLE), alone);
    assert_eq!(lints(&format!("{TWO_PEOPLE}{other}{own}"), IDLE), alone);
    let seen = own.replace("block print", "block print because \"At the office\"");
    assert!(lints(&format!("{TWO_PEOPLE}{seen}{other}"), IDLE).is_empty());
}

#[test]
fn the_policy_that_blocks_for_the_same_people_is_named() {
    let own = "policy p { for staff protect mail otherwise allow block print }\n";
    let wider = "policy q { for any protect mail otherwise allow block print, capture }\n";
    let other = "policy r { for guests protect mail otherwise allow block print }\n";
    let found = lints(&format!("{TWO_PEOPLE}{own}{other}{wider}"), IDLE);
    let by_wider = |own: &str| {
        format!(
            "mam::lint::shadowed-rule: `{own}` this changes nothing; \
                 `block print, capture` this blocks it"
        )
    };
    assert_eq!(found, [by_wider("block print"), by_wider("block print")]);
    let allowed = "policy p { for staff protect mail allow print }\n";
    let found = lints(&format!("{TWO_PEOPLE}{allowed}{other}{wider}"), IDLE);
    let overridden = "mam::lint::overridden-allow: `allow print` this allows nothing; \
                      `block print, capture` this blocks it";
    assert!(found.contains(&overridden.to_owned()), "{found:?}");
}

/// A policy for a group of people of its own, whom no other policy is for.
fn for_others(set: &PolicySet, choices: &mut Choices<'_>) -> (PolicySet, PolicySet) {
    let mut before = set.clone();
    let others = before.people;
    before.people += 1;
    for policy in &mut before.policies {
        match &mut policy.people {
            People::Some { except, .. } | People::Every { except, .. } => {
                except.push(others.into())
            }
            People::Exactly(_) => {}
        }
    }
    let mut policy = before.policy(choices);
    policy.people = People::Some { of: vec![others.into()], except: Vec::new() };
    let mut after = before.clone();
    after.policies.push(policy);
    (before, after)
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn policies_for_other_people_change_no_finding(bytes in vec(any::<u8>(), 700)) {
        let mut choices = Choices::new(&bytes);
        let set = PolicySet::choose(&mut choices);
        let (before, after) = for_others(&set, &mut choices);
        let ((before, _), (after, checked)) = (before.checked(), after.checked());
        let [one, other] = [&before, &after].map(|set| set.text(Style::default()));
        // The checker may have taken out more of one than of the other.
        prop_assume!(other.starts_with(one.trim_end()));
        prop_assume!(after.policies.len() > before.policies.len());
        let last = other.rfind("\npolicy ").unwrap();
        let found = Analysis::new(&checked).unwrap().lints().unwrap();
        let found: Vec<_> = found
            .iter()
            .filter(|one| IDLE.contains(&one.code().as_str()))
            .filter(|one| one.diagnostic().span().is_some_and(|span| (span.start as usize) < last))
            .map(|one| told(one, &checked))
            .collect();
        prop_assert_eq!(found, lints(&one, IDLE), "{}", other);
    }
}

// ---------------------------------------------------------------- policies

#[test]
fn policies_with_statements_of_their_own_are_kept() {
    let of = |head: &str, body: &str| {
        format!("policy {head} {{ for staff protect mail otherwise allow {body} }}\n")
    };
    let codes = &["mam::lint::superfluous-policy"];
    let wide = of("q", "block print, capture");
    let count = |body: &str| lints(&format!("{TWO_PEOPLE}{}{wide}", of("p", body)), codes).len();
    assert_eq!(count("block print"), 1);
    for own in ["require pin", "launch block when jailbroken", "setting \"x\" = 1"] {
        assert_eq!(count(&format!("block print {own}")), 0, "{own}");
    }
}

#[test]
fn policies_under_other_filters_are_not_compared() {
    let of = |name: &str, kind: &str| {
        format!(
            "policy {name} {{ for staff protect mail otherwise allow block print setting \
             \"assignments\" = [{{ \"target\": {{ \
             \"deviceAndAppManagementAssignmentFilterId\": \"f1\", \
             \"deviceAndAppManagementAssignmentFilterType\": \"{kind}\" }} }}] }}\n"
        )
    };
    let count = |kinds: [&str; 2]| {
        let text = format!("{TWO_PEOPLE}{}{}", of("p", kinds[0]), of("q", kinds[1]));
        let codes = ["mam::lint::superfluous-policy", "mam::lint::shadowed-rule"];
        lints(&text, &codes).len()
    };
    assert!(count(["include", "include"]) > 0);
    assert_eq!(count(["include", "exclude"]), 0);
}

// ---------------------------------------------------------------- coverage and mutation

const NO_PATH: &str = "mam 1 app mail { sdk multi-identity } storage drive corporate users staff
    policy p {
      for staff
      protect mail
      allow share to managed
      allow save to drive
      refuse open from corporate-storage to unmanaged app-wide
      expect no path by share, save, open to personal-storage
    }\n";

#[test]
fn an_edit_that_no_path_notices_is_spoken_about() {
    let checked = checked(NO_PATH);
    let analysis = Analysis::new(&checked).unwrap();
    let mutations = analysis.mutate().unwrap();
    for rule in analysis.coverage().unwrap().rules {
        let own = mutations.mutants.iter().filter(|one| one.line == rule.line);
        let is_noticed = own.clone().any(|one| matches!(one.fate, Fate::Noticed { .. }));
        assert_eq!(rule.expectations > 0, is_noticed, "{}", rule.rule);
    }
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn suggested_expectations_hold_and_are_missing(bytes in vec(any::<u8>(), 700)) {
        let mut choices = Choices::new(&bytes);
        let mut set = PolicySet::choose(&mut choices);
        set.people = set.people.min(2);
        set.filters = set.filters.min(1);
        set.policies.iter_mut().for_each(|policy| policy.report_only = false);
        set.expect(&mut choices);
        let (set, checked) = set.checked();
        let text = set.text(Style::default());
        let analysis = Analysis::new(&checked).unwrap();
        let coverage = analysis.coverage().unwrap();
        let mutations = analysis.mutate().unwrap();
        let survivors = mutations.mutants.iter().filter_map(|one| match &one.fate {
            Fate::Survived(found) => found.expect.clone(),
            _ => None,
        });
        let lines = coverage.rules.iter().filter_map(|rule| rule.expect.clone()).chain(survivors);
        let lines: Vec<String> = lines.take(40).collect();
        let more = Compiler::new().check("set.mam", &format!("{text}\n{}\n", lines.join("\n")));
        prop_assert!(!more.has_errors(), "{:?}\n{}", &lines, more.errors());
        let analysis = Analysis::new(&more).unwrap();
        let outcomes = analysis.test();
        let own = &outcomes[outcomes.len() - lines.len()..];
        for (one, line) in own.iter().zip(&lines) {
            prop_assert_eq!(&one.verdict, &Verdict::Holds, "{}", line);
        }
        if lines.len() < 40 {
            let covered = analysis.coverage().unwrap();
            for (before, after) in coverage.rules.iter().zip(&covered.rules) {
                let is_covered = before.expect.is_none() || after.expectations > 0;
                prop_assert!(is_covered, "{} {:?}", &after.rule, &before.expect);
            }
            let again = analysis.mutate().unwrap();
            for (before, after) in mutations.mutants.iter().zip(&again.mutants) {
                if let Fate::Survived(found) = &before.fate && found.expect.is_some() {
                    let is_noticed = matches!(after.fate, Fate::Noticed { .. });
                    prop_assert!(is_noticed, "{}, {}: {:?}", &after.rule, &after.edit, found.expect);
                }
            }
        }
    }
}

/// The edits of heads, each with its fate: what notices it, or what changes.
fn head_edits(expectations: &str) -> Vec<(String, Fate)> {
    let text = format!(
        "mam 1 app mail {{ sdk multi-identity }} users staff users guests filter byod filter old
        policy p {{ for staff matching byod except guests not matching old protect mail otherwise allow
        require pin block print }}\n{expectations}"
    );
    let checked = checked(&text);
    let found = Analysis::new(&checked).unwrap().mutate().unwrap().mutants.into_iter();
    found.filter(|one| one.rule.starts_with("for ")).map(|one| (one.edit, one.fate)).collect()
}

#[test]
fn tests_of_filters_in_heads_are_taken_out() {
    let edits =
        ["without `matching byod` behind `staff`", "without `not matching old` behind `guests`"];
    let fates = |expectations: &str| {
        let found = head_edits(expectations);
        assert_eq!(found.iter().map(|(edit, _)| edit.as_str()).collect::<Vec<_>>(), edits);
        found.into_iter().map(|(_, fate)| fate).collect::<Vec<_>>()
    };
    for fate in fates("") {
        let Fate::Survived(found) = fate else { panic!("{fate:?}") };
        let checked = checked(&format!(
            "mam 1 app mail {{ sdk multi-identity }} users staff users guests filter byod filter old
            policy p {{ for staff matching byod except guests not matching old protect mail
            otherwise allow require pin block print }}\n{}",
            found.expect.unwrap()
        ));
        let verdicts = Analysis::new(&checked).unwrap().test();
        assert_eq!(verdicts[0].verdict, Verdict::Holds, "{}", verdicts[0].text);
    }
    let noticed = |fate: &Fate| matches!(fate, Fate::Noticed { .. });
    let found = fates("expect allow print from mail as work for staff not matching byod");
    assert_eq!(found.iter().map(noticed).collect::<Vec<_>>(), [true, false]);
    let found = fates(
        "expect require pin launch mail as work for staff and guests matching byod matching old on ios",
    );
    assert_eq!(found.iter().map(noticed).collect::<Vec<_>>(), [false, true]);
}

// ---------------------------------------------------------------- repair

#[test]
fn app_wide_rules_are_tried_for_other_accounts() {
    let text = "mam 1 app mail { sdk multi-identity } storage drive corporate users staff
        policy p { for staff protect mail allow save to drive }\n";
    let checked = checked(text);
    let analysis = Analysis::new(&checked).unwrap();
    let question = "open from drive to mail as personal for exactly staff on ios devices unmanaged";
    let found = analysis.remedies(question, Effect::Block).unwrap();
    let added: Vec<_> =
        found.iter().filter_map(|one| one.steps.first()?.after.as_deref()).collect();
    let rule = "refuse open from corporate-storage to unmanaged app-wide";
    assert!(added.contains(&rule), "{added:?}");
}

#[test]
fn memberships_come_last_with_all_that_they_change() {
    let text = "mam 1 app mail { sdk multi-identity } users staff users guests
        policy p { for staff protect mail otherwise allow block print, capture }
        policy q { for guests protect mail otherwise allow }\n";
    let checked = checked(text);
    let analysis = Analysis::new(&checked).unwrap();
    let question = "print from mail as work for exactly staff on ios devices unmanaged";
    let found = analysis.remedies(question, Effect::Allow).unwrap();
    let is_membership = |at: usize| found[at].steps[0].kind == StepKind::Membership;
    let first = (0..found.len()).find(|at| is_membership(*at)).unwrap();
    assert!((first..found.len()).all(is_membership));
    let changes = &found[first].changes;
    assert!(changes.iter().any(|one| one.scope.contains("capture ")), "{changes:?}");
    for change in changes {
        checked.question(&change.scope).unwrap();
    }
}

/// A set with one policy for phones, and the first step of each remedy for a claim: the text before and after it.
fn steps_for(statements: &str, claim: &str) -> Vec<(Option<String>, Option<String>)> {
    let text = format!(
        "mam 1 app mail {{ ios \"a.b\" android \"c.d\" sdk }} users staff users guests
        policy p {{ for staff protect mail\n{statements}\n}}\n"
    );
    let checked = checked(&text);
    let found = Analysis::new(&checked).unwrap().access_remedies(claim).unwrap_or_default();
    let first =
        |one: mam::analysis::Remedy| (one.steps[0].before.clone(), one.steps[0].after.clone());
    found.into_iter().map(first).collect()
}

#[test]
fn thresholds_move_just_so_far_that_a_claim_about_accesses_holds() {
    let changed = |statement: &str, claim: &str| {
        let steps = steps_for(statement, claim).into_iter();
        let changed = steps.filter(|(before, _)| before.as_deref() == Some(statement));
        changed.filter_map(|(_, after)| after).next()
    };
    let cases = [
        (
            "launch block when os < 17.0",
            "allow launch mail for staff when os 16.4, rest unknown",
            "launch block when os < 16.4",
        ),
        (
            "launch block when os < 17.0",
            "block launch mail as work for staff when os < 18.0",
            "launch block when os < 18.0",
        ),
        (
            "launch block when os > 26.0 on ios",
            "allow launch mail for staff on ios when os 26.2, rest unknown",
            "launch block when os > 26.2 on ios",
        ),
        (
            "launch block when patch < 2026-01-01",
            "allow launch mail for staff on android when patch 2025-12-31, rest unknown",
            "launch block when patch < 2025-12-31",
        ),
        (
            "launch wipe when offline > 30 days",
            "allow launch mail for staff when offline 45 days, rest unknown",
            "launch wipe when offline > 45 days",
        ),
        (
            "launch wipe when offline > 30 days",
            "wipe launch mail as work for staff when offline > 20 days",
            "launch wipe when offline > 20 days",
        ),
        (
            "launch block when threat > low",
            "allow launch mail for staff when threat medium, rest unknown",
            "launch block when threat > medium",
        ),
        (
            "launch block when integrity < strong",
            "allow launch mail for staff on android when integrity device, rest unknown",
            "launch block when integrity < device",
        ),
        (
            "launch block when device-lock < high",
            "allow launch mail for staff on android when device-lock medium, rest unknown",
            "launch block when device-lock < medium",
        ),
        (
            "launch block when knox failed",
            "allow launch mail for staff on android when knox unsupported, rest unknown",
            "launch block when knox failed-if-supported",
        ),
        (
            "launch block when model not in \"a\" on ios",
            "allow launch mail for staff on ios when model \"b\", rest unknown",
            "launch block when model not in \"a\", \"b\" on ios",
        ),
        (
            "launch warn when os < 17.0",
            "block launch mail as work for staff when os < 17.0",
            "launch block when os < 17.0",
        ),
        (
            "launch block when os < 17.0",
            "warn launch mail as work for staff when os < 17.0, rest unknown",
            "launch warn when os < 17.0",
        ),
        (
            "require pin { length 4  simple no }",
            "require pin { length 6 } launch mail as work for staff on ios, android",
            "require pin { length 6  simple no }",
        ),
    ];
    for (statement, claim, expected) in cases {
        assert_eq!(changed(statement, claim).as_deref(), Some(expected), "{claim}");
    }
}

#[test]
fn remedies_of_accesses_ask_for_no_more_edits_than_it_takes() {
    let all = |statements: &str, claim: &str| -> Vec<String> {
        let steps = steps_for(statements, claim).into_iter();
        steps.map(|(_, after)| after.unwrap_or_else(|| "-".to_owned())).collect()
    };
    let ios = "launch mail as work for staff on ios";
    let claim = format!("require pin {{ length 8  attempts 5 then reset }} {ios}");
    let found = all("require pin { length 10 }", &claim);
    let joined = "require pin { length 10  attempts 5 then reset }".to_owned();
    assert!(found.contains(&joined), "{found:?}");
    let offered = [
        (
            "require pin { attempts 3 then reset }",
            "require pin { attempts 5 then wipe } launch mail as work for staff on ios",
            "require pin { attempts 3 then reset, 5 then wipe }",
        ),
        (
            "require pin { skip-with-device-pin }",
            "require pin launch mail as work for staff on ios devices intune",
            "require pin",
        ),
        (
            "launch block when os < 16.0 on ios",
            "block launch mail as work for staff on ios, android when os < 16.0",
            "launch block when os < 16.0",
        ),
        (
            "launch block when os < 16.0 because \"old\"",
            "allow launch mail as work for staff when os 15.0, rest unknown",
            "launch block when os < 15.0 because \"old\"",
        ),
        (
            "launch warn when os < 18.0\nlaunch block when offline > 2 days",
            "warn launch mail as work for staff when os < 18.0",
            "-",
        ),
        (
            "block print",
            "block launch mail as work for staff when threat unknown",
            "launch block when threat > high",
        ),
        (
            "block print",
            "block launch mail as work for staff on ios when model not in \"x\"",
            "launch block when model not in \"x\" on ios",
        ),
    ];
    for (statements, claim, expected) in offered {
        let found = all(statements, claim);
        assert!(found.iter().any(|one| one == expected), "{claim}: {found:?}");
    }
}

#[test]
fn texts_for_users_stay_in_edited_rules() {
    let text = "mam 1 app mail { sdk multi-identity } app word { sdk } app web users staff
        policy p { for staff protect mail otherwise allow
        block share to word, web because \"Use mail.\" }\n";
    let checked = checked(text);
    let question = "share from mail as work to web for exactly staff on ios devices unmanaged";
    let found = Analysis::new(&checked).unwrap().remedies(question, Effect::Allow).unwrap();
    let changed = found.iter().flat_map(|one| &one.steps);
    let changed =
        changed.filter(|step| step.before.as_ref().is_some_and(|one| one.contains("block")));
    let changed: Vec<_> = changed.filter_map(|step| step.after.clone()).collect();
    assert!(!changed.is_empty());
    assert!(changed.iter().all(|one| one.ends_with("because \"Use mail.\"")), "{changed:?}");
}

#[test]
fn clauses_of_heads_are_widened_whatever_their_form() {
    for clauses in ["on any except ios", "on android", "devices any except unmanaged"] {
        let text = format!(
            "mam 1 app mail {{ sdk multi-identity }} users staff
            policy p {{ for staff {clauses} protect mail block print }}\n"
        );
        let checked = checked(&text);
        let analysis = Analysis::new(&checked).unwrap();
        for scope in ["on ios devices unmanaged", "devices unmanaged", ""] {
            let question = format!("print from mail as work for staff {scope}");
            let found = analysis.remedies(&question, Effect::Block);
            assert!(found.is_ok(), "{clauses}: {question}: {found:?}");
        }
    }
}

#[test]
fn two_edits_of_one_clause_are_one_step() {
    let text = "mam 1 app mail { sdk multi-identity } users staff users guests filter corp
        policy p { for staff matching corp except guests protect mail block print }\n";
    let checked = checked(text);
    let claim = "require encryption launch mail as work for staff on ios";
    let found = Analysis::new(&checked).unwrap().access_remedies(claim).unwrap();
    for step in found.iter().flat_map(|one| &one.steps) {
        let is_there = |before: &String| text.contains(before.as_str());
        assert!(step.before.as_ref().is_none_or(is_there), "{step:?}");
    }
}

#[test]
fn every_step_names_the_line_of_the_set_that_is_there() {
    let text = "mam 1\napp mail { sdk multi-identity } app word { sdk } app web users staff
policy p {
  for staff
  protect mail
  otherwise allow
  block share
    to web
  block share
    to any
    except word
  block any
    to web
}\n";
    let checked = checked(text);
    let question = "share from mail as work to web for exactly staff on ios devices unmanaged";
    let found = Analysis::new(&checked).unwrap().remedies(question, Effect::Allow).unwrap();
    let deep = found.iter().filter(|one| one.steps.len() == 3).count();
    assert!(deep > 0, "{found:?}");
    let line = |number: usize| text.lines().nth(number - 1).unwrap().trim();
    for step in found.iter().flat_map(|one| &one.steps) {
        let (Some(before), Some(number)) = (&step.before, step.line) else { continue };
        assert!(before.starts_with(line(number)), "{before}: line {number}: {}", line(number));
    }
}

#[test]
fn heads_are_narrowed_by_people_platforms_and_device_states() {
    let text = |head: &str| {
        format!(
            "mam 1 app mail {{ sdk multi-identity }} users staff users guests
            policy p {{ {head} protect mail block print }}\n"
        )
    };
    let offered = [
        ("for any", "for any except staff"),
        ("for staff, guests", "for guests except staff"),
        ("for staff and guests", "for staff and guests except staff"),
        ("for any on any", "on any except ios"),
        ("for any on ios, android", "on android"),
        ("for any", "on any except ios"),
        ("for any", "devices any except unmanaged"),
        ("for any devices intune, unmanaged", "devices intune"),
    ];
    for (head, expected) in offered {
        let checked = checked(&text(head));
        let analysis = Analysis::new(&checked).unwrap();
        let places = "for staff on ios devices unmanaged";
        let both = [
            analysis.remedies(&format!("print from mail as work {places}"), Effect::Allow),
            analysis.access_remedies(&format!("allow launch mail as work {places}")),
        ];
        let [movements, _] = both;
        let found = movements.unwrap();
        let steps: Vec<_> = found.iter().flat_map(|one| &one.steps).collect();
        let is_offered = steps.iter().any(|step| step.after.as_deref() == Some(expected));
        assert_eq!(
            is_offered,
            expected != "for staff and guests except staff",
            "{head}: {steps:?}"
        );
    }
}

/// What is offered is one edit, the one that does.
#[test]
fn heads_are_widened_where_it_takes_one_edit() {
    let cases = [
        // An exception of everybody.
        (
            "policy base { for any except temps protect mail otherwise allow require pin { length 6 } }",
            "require pin { length 6 } launch mail as work for exactly temps on ios",
            "for any",
        ),
        (
            "policy base { for any except staff matching own protect mail require pin }",
            "require pin launch mail as work for exactly staff matching own on ios",
            "for any",
        ),
        // The filter of one term.
        (
            "policy base { for staff matching own, temps not matching corp protect mail require pin }",
            "require pin launch mail as work for exactly temps matching corp on ios",
            "for staff matching own, temps",
        ),
        // The reason is that of another policy.
        (
            "policy base { for any on ios protect mail require credentials recheck 10 minutes }
            policy more { for staff matching own, temps matching own protect mail yields to base }",
            "require credentials launch mail as work for exactly temps not matching own on ios, android",
            "on ios, android",
        ),
    ];
    for (policies, claim, expected) in cases {
        let checked = checked(&format!(
            "mam 1 app mail {{ sdk multi-identity }} users staff users temps filter own filter corp {policies}\n"
        ));
        let found = Analysis::new(&checked).unwrap().access_remedies(claim).unwrap();
        let single = found.iter().filter(|one| one.steps.len() == 1).flat_map(|one| &one.steps);
        let offered: Vec<_> = single.filter_map(|step| step.after.as_deref()).collect();
        assert!(offered.contains(&expected), "{claim}: {offered:?}");
    }
}

#[test]
fn no_remedy_holds_another_one() {
    let text = "mam 1 app mail { sdk multi-identity } app docs { sdk } group office = mail, docs
        policy base { for any protect office otherwise allow
        launch block when model not in \"A\", \"B\"
        launch block when os < 17.0
        launch block when os > 20 }\n";
    let checked = checked(text);
    let claim = "allow launch mail as work for exactly none on ios devices unmanaged \
                 when model \"C\", not os < 16.0, not os > 20";
    let claim = &claim.replace(" for exactly none", "");
    let found = Analysis::new(&checked).unwrap().access_remedies(claim).unwrap();
    assert!(found.len() > 3, "{found:?}");
    for (at, one) in found.iter().enumerate() {
        let edits = |at: usize| found[at].steps.iter().map(|step| (&step.before, &step.after));
        let others = (0..found.len()).filter(|other| *other != at);
        let is_held = |other: usize| edits(other).all(|edit| edits(at).any(|own| own == edit));
        assert!(!others.into_iter().any(is_held), "{:?}", one.steps);
    }
}

#[test]
fn a_list_gets_the_names_of_a_negated_condition() {
    let statement = "launch block when model not in \"A\", \"B\"";
    let claim =
        "allow launch mail as work for staff on ios when not model not in \"A\", \"B\", \"C\"";
    let expected = "launch block when model not in \"A\", \"B\", \"C\"";
    let steps = steps_for(statement, claim);
    assert!(steps.iter().any(|(_, after)| after.as_deref() == Some(expected)), "{steps:?}");
}

#[test]
fn edits_of_accesses_are_ones_that_the_language_has() {
    let text = "mam 1 app mail { android \"com.example.mail\" sdk multi-identity }
        policy p { for any on android protect mail launch block when knox failed-if-supported
        launch block when offline > 0 minutes require pin { skip-with-device-pin } }\n";
    let checked = checked(text);
    let analysis = Analysis::new(&checked).unwrap();
    for mutant in analysis.mutate().unwrap().mutants {
        let edited = mutant.edit.strip_prefix("with `").and_then(|edit| edit.strip_suffix('`'));
        if let Some(action @ ("warn" | "wipe")) = edited {
            let rule = mutant.rule.replacen("block", action, 1);
            let text = text.replacen(&mutant.rule, &rule, 1);
            assert!(!Compiler::new().check("p.mam", &text).has_errors(), "{text}");
        }
        let Fate::SurvivedAccess(survivor) = mutant.fate else { continue };
        let Some(expect) = survivor.expect else { continue };
        let with = format!("{text}{expect}\n");
        let checked = Compiler::new().check("p.mam", &with);
        assert!(!checked.has_errors(), "{with}");
        let results = Analysis::new(&checked).unwrap().test_access();
        assert!(results.iter().all(|one| one.verdict == AccessVerdict::Holds), "{expect}");
    }
}

#[test]
fn many_apps_are_named_as_the_question_does() {
    let apps: String = (0..5).map(|at| format!("app a{at} {{ sdk }} ")).collect();
    let text = format!(
        "mam 1 {apps} group all = a0, a1, a2, a3, a4 app mail {{ sdk }} users staff
        policy p {{ for staff protect mail block print }}\n"
    );
    let checked = checked(&text);
    let analysis = Analysis::new(&checked).unwrap();
    let found = analysis.remedies("print from all for staff", Effect::Block).unwrap();
    let steps: Vec<_> = found.iter().flat_map(|one| &one.steps).collect();
    let protect = Some("protect mail, all");
    assert!(steps.iter().any(|step| step.after.as_deref() == protect), "{steps:?}");
}

#[test]
fn a_search_for_edits_is_whole_or_names_its_limit() {
    let text = "mam 1 app mail { sdk multi-identity } users staff users guests
        policy p { for staff protect mail block print }\n";
    let question = "print from mail as work for staff on ios devices unmanaged";
    let whole = Analysis::new(&checked(text)).unwrap().remedies(question, Effect::Allow).unwrap();
    for steps in (0..24).map(|power| 1 << power) {
        let mut limits = Limits::default();
        limits.steps = steps;
        let checked = Compiler::new().limits(limits).check("set.mam", text);
        let Ok(analysis) = Analysis::new(&checked) else { continue };
        match analysis.remedies(question, Effect::Allow) {
            Ok(found) => assert_eq!(found, whole),
            Err(NoRemedy::Limit(error)) => assert_eq!(error.limit(), steps),
            Err(other) => panic!("{steps}: {other:?}"),
        }
    }
}

#[test]
fn conditions_and_requirements_are_added_where_none_can_be_changed() {
    let added = |claim: &str| -> Vec<String> {
        let steps = steps_for("block print", claim).into_iter();
        steps.filter(|(before, _)| before.is_none()).filter_map(|(_, after)| after).collect()
    };
    let cases = [
        (
            "block launch mail as work for staff on ios when os < 17.0",
            "launch block when os < 17.0 on ios",
        ),
        (
            "wipe launch mail as work for staff on ios, android when jailbroken",
            "launch wipe when jailbroken",
        ),
        (
            "block launch mail as work for staff when threat high",
            "launch block when threat > medium",
        ),
        (
            "require pin launch mail as work for staff on ios, android",
            "require pin on ios, android",
        ),
        (
            "require encryption launch mail as work for staff on android",
            "require encryption on android",
        ),
    ];
    for (claim, expected) in cases {
        let added = added(claim);
        assert!(added.iter().any(|one| one == expected), "{claim}: {added:?}");
    }
    // A list of models says which are let in, not which are kept out.
    assert_eq!(
        added("block launch mail as work for staff on ios when model \"x\""),
        Vec::<String>::new()
    );
}

#[test]
fn accesses_differ_where_a_remedy_of_movements_changes_a_head() {
    let text = "mam 1 app mail { sdk multi-identity } users staff users guests
        policy p { for staff protect mail require pin block print }\n";
    let checked = checked(text);
    let analysis = Analysis::new(&checked).unwrap();
    let question = "print from mail as work for guests on ios";
    let found = analysis.remedies(question, Effect::Block).unwrap();
    assert!(found.iter().any(|one| !one.requirements.is_empty()), "{found:?}");
}

// ---------------------------------------------------------------- report-only policies and defaults

#[test]
fn statements_and_heads_of_report_only_policies_are_edited_as_if_live() {
    let text = |expect: &str| {
        format!(
            "mam 1 app mail {{ sdk multi-identity }} filter corp
            policy r report-only {{ for any matching corp protect mail
            launch block when os < 16.0 {expect} }}\n"
        )
    };
    let fates = |expect: &str| -> Vec<(String, Fate)> {
        let checked = checked(&text(expect));
        let analysis = Analysis::new(&checked).unwrap();
        let mutants = analysis.mutate().unwrap().mutants.into_iter();
        mutants.map(|one| (one.rule, one.fate)).collect()
    };
    let of_launch = |(rule, fate): (String, Fate)| rule.starts_with("launch").then_some(fate);
    let open: Vec<Fate> = fates("").into_iter().filter_map(of_launch).collect();
    let proposed = open.iter().map(|fate| match fate {
        Fate::SurvivedAccess(survivor) => survivor.expect.clone(),
        other => panic!("{other:?}"),
    });
    let proposed: Vec<String> = proposed.flatten().collect();
    assert!(!proposed.is_empty(), "{open:?}");
    for proposed in proposed {
        // It stands in the policy that it is about.
        let again = fates(&proposed);
        assert!(again.iter().any(|(_, fate)| matches!(fate, Fate::Noticed { .. })), "{proposed}");
    }
    let heads = fates("").into_iter().filter(|(rule, _)| rule.starts_with("for"));
    let heads: Vec<_> = heads.collect();
    // No expectation can tell of people whom the policy is not for.
    let is_open = |fate: &Fate| matches!(fate, Fate::Survived(one) if one.expect.is_none());
    assert!(heads.iter().any(|(_, fate)| is_open(fate)), "{heads:?}");
    let checked = checked(&text("expect block launch mail as work when os < 16.0"));
    let coverage = Analysis::new(&checked).unwrap().coverage().unwrap();
    let launch = coverage.rules.iter().find(|one| one.rule.starts_with("launch")).unwrap();
    assert_eq!(launch.expectations, 1);
}

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
