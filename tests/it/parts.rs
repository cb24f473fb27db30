//! Parts of scopes: the rules that are named in them, and apps of which only an id is known.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use mam::analysis::{self, Analysis, Part, PathOptions};
use mam::decision::RuleAnswer;
use mam::{Answer, Checked, Compiler};

fn check(text: &str) -> Checked {
    let checked = Compiler::new().check("set.mam", text);
    assert!(!checked.has_errors(), "{}", checked.errors());
    checked
}

fn parts(text: &str, scope: &str) -> Vec<Part> {
    let checked = check(text);
    Analysis::new(&checked).unwrap().decide(&checked.question(scope).unwrap()).unwrap()
}

/// Each rule with its policy, and the clauses in which it decides.
fn rules(rules: &[RuleAnswer]) -> Vec<String> {
    let text = |one: &RuleAnswer| {
        let clauses: Vec<&str> = one.within.iter().map(|at| at.clauses.as_str()).collect();
        format!("{}: {} [{}]", one.policy, one.rule, clauses.join("; "))
    };
    rules.iter().map(text).collect()
}

/// Parts in one line each.
fn told(parts: &[Part]) -> Vec<String> {
    let told = |part: &Part| {
        let Answer { effect, by, .. } = &part.answer;
        format!("{effect} {} <- {}", part.scope, rules(by).join(", "))
    };
    parts.iter().map(told).collect()
}

const TWO_GROUPS: &str = "\
mam 1
app mail { sdk multi-identity }
users inside
users outside
policy base { for inside protect mail otherwise block }
policy guests { for outside protect mail otherwise allow block print because \"Guests never print\" }
";

#[test]
fn a_rule_is_named_for_the_users_for_whom_it_decides() {
    let found = parts(TWO_GROUPS, "print from mail as work for inside, outside on ios");
    assert_eq!(
        told(&found),
        ["block print from mail as work to any for inside, outside on ios <- \
          base: otherwise block [for inside], guests: block print [for outside]"]
    );
    let scopes = &found[0].answer.by[1].within;
    assert_eq!(scopes[0].scope, "print from mail as work to any for outside on ios");
    let json = serde_json::to_value(&found[0]).unwrap();
    assert_eq!(json["by"][0]["in"][0], "print from mail as work to any for inside on ios");
    let alone = parts(TWO_GROUPS, "print from mail as work for exactly outside on ios");
    assert!(serde_json::to_value(&alone[0]).unwrap()["by"][0].get("in").is_none());
}

#[test]
fn policies_of_two_apps_are_named_for_their_own_app() {
    let text = "\
mam 1
app mail { sdk multi-identity }
app files { sdk multi-identity }
policy of-mail { for any protect mail }
policy of-files { for any protect files }
";
    assert_eq!(
        told(&parts(text, "print from managed on ios")),
        ["block print from managed to any on ios <- \
          of-mail: otherwise block [from mail as work], \
          of-files: otherwise block [from files as work]"]
    );
}

#[test]
fn a_policy_that_yields_is_not_named() {
    let text = "\
mam 1
app mail { sdk multi-identity }
users inside
policy everybody { for any protect mail yields to strict otherwise block }
policy strict { for inside protect mail otherwise block }
";
    let found = parts(text, "print from mail as work for exactly inside on ios devices unmanaged");
    assert_eq!(rules(&found[0].answer.by), ["strict: otherwise block []"]);
}

/// Four policies, each for those who are in both groups of a pair, and one for everybody else.
#[test]
fn a_rule_with_many_scopes_splits_its_part() {
    let pairs: Vec<[String; 2]> = (0..4).map(|at| [format!("a{at}"), format!("b{at}")]).collect();
    let mut text = "mam 1\napp mail { sdk multi-identity }\n".to_owned();
    for name in pairs.iter().flatten() {
        text.push_str(&format!("users {name}\n"));
    }
    for [a, b] in &pairs {
        text.push_str(&format!("policy of-{a} {{ for {a} and {b} protect mail }}\n"));
    }
    text.push_str("policy base { for any protect mail yields to any }\n");
    let found = parts(&text, "print from mail as work on ios devices unmanaged");
    assert!(found.len() > 1);
    for part in found.iter().flat_map(|part| &part.answer.by) {
        assert!(part.within.len() <= 8, "{part:?}");
    }
}

// ---------------------------------------------------------------- ids that no declaration has

const GHOST: &str = "\
mam 1
app mail { sdk multi-identity }
policy p { for any protect mail otherwise block allow share to any }
";

#[test]
fn an_id_in_a_question_is_one_app() {
    let scope = "share from mail as work to any except \"ios:com.ghost\" on ios";
    let found = told(&parts(GHOST, scope));
    assert_eq!(
        found,
        [
            "allow share from mail as work to any except \"ios:com.ghost\" on ios <- p: allow share to any []"
        ]
    );
    let only = told(&parts(GHOST, "share from mail as work to \"ios:com.ghost\" on ios"));
    assert_eq!(
        only,
        ["allow share from mail as work to \"ios:com.ghost\" on ios <- p: allow share to any []"]
    );
    let checked = check(GHOST);
    let analysis = Analysis::new(&checked).unwrap();
    let chain = "by share from mail as work to unlisted except \"ios:com.ghost\" on ios";
    let paths = analysis.paths(&checked.chain(chain).unwrap(), PathOptions::default()).unwrap();
    let last = |path: &mam::analysis::Path| path.hops.last().unwrap().scope.clone();
    let ends: Vec<String> = paths.paths.iter().map(last).collect();
    assert!(!ends.is_empty());
    for end in ends {
        assert!(end.contains("to unlisted except \"ios:com.ghost\""), "{end}");
    }
    let one = "share from mail as work to \"ios:com.ghost\" on ios devices unmanaged";
    let movement = analysis.movement(&checked.question(one).unwrap()).unwrap();
    assert_eq!(
        mam::interpret::judge(analysis.model(), &movement).decision.effect(),
        mam::Effect::Allow
    );
}

/// The scopes of all differences.
fn diff(before: &str, after: &str) -> Vec<String> {
    let (before, after) = (check(before), check(after));
    let found = analysis::diff(&Analysis::new(&before).unwrap(), &Analysis::new(&after).unwrap());
    let scopes = found.unwrap().into_iter().map(|change| change.scope);
    scopes
        .inspect(|scope| assert!(scope.contains("(of OLD)") || after.question(scope).is_ok()))
        .collect()
}

#[test]
fn a_diff_names_unlisted_apps_by_their_ids_and_invents_none() {
    let before =
        GHOST.replace("allow share to any", "allow share to any block share to \"ios:com.ghost\"");
    let after = GHOST.replace(
        "allow share to any",
        "allow share to any block share to unlisted except \"ios:com.ghost\"",
    );
    let scopes = diff(&before, &after);
    assert!(scopes.iter().any(|scope| scope.contains("to \"ios:com.ghost\"")), "{scopes:?}");
    let others = |scope: &&String| scope.contains("to unlisted except \"ios:com.ghost\" on ios");
    assert!(scopes.iter().any(|scope| others(&scope)), "{scopes:?}");
}

#[test]
fn a_diff_names_what_only_the_old_set_declares_by_ids_or_marks_it() {
    let declared = "app ghost { ios \"com.ghost\" }\napp phantom\n";
    let before = GHOST.replace("policy", &format!("{declared}users temps\npolicy")).replace(
        "share to any",
        "share to any block share to ghost, phantom block print for temps",
    );
    let scopes = diff(&before, GHOST);
    assert!(scopes.iter().any(|scope| scope.contains("\"ios:com.ghost\"")), "{scopes:?}");
    assert!(scopes.iter().any(|scope| scope.contains("phantom (of OLD)")), "{scopes:?}");
    assert!(!scopes.iter().any(|scope| scope.contains("ghost,")), "{scopes:?}");
    let before = before.replace("otherwise block", "otherwise allow");
    let after = GHOST.replace("otherwise block", "otherwise allow");
    let scopes = diff(&before, &after);
    assert!(scopes.iter().any(|scope| scope.contains("for temps (of OLD)")), "{scopes:?}");
}

/// On a platform where the name means another app now, or none, the apps are told apart by their ids.
#[test]
fn an_app_that_loses_its_id_on_a_platform_is_compared_by_that_id() {
    let before = "\
mam 1
app mail { sdk ios \"x.mail\" android \"y.mail\" }
app files { sdk ios \"x.files\" android \"y.files\" }
policy p { for any protect mail, files allow share to managed }
";
    let lost = before.replace(" android \"y.mail\"", "");
    let passed_on = lost.replace("policy", "app chat { sdk android \"y.mail\" }\npolicy");
    let id = "\"android:y.mail\"";
    let sets = [(before, &*lost, id), (before, &passed_on, "chat"), (&lost, before, "mail")];
    for (before, after, name) in sets {
        let scopes = diff(before, after);
        assert!(scopes.iter().any(|scope| scope.contains(&format!("to {name}"))), "{scopes:?}");
        for scope in &scopes {
            assert!(scope.contains(name) && !scope.contains("dialer"), "{scope}");
        }
    }
    // Without an id, the new set has no words for it.
    let before = "mam 1 app mail { sdk } policy p { for any protect mail }";
    let after = "mam 1 app mail { sdk ios \"x.mail\" } policy p { for any on ios protect mail }";
    let scopes = diff(before, after);
    assert!(scopes.iter().any(|scope| scope.contains("mail (of OLD)")), "{scopes:?}");
    assert!(scopes.iter().all(|scope| !scope.ends_with("from mail to any on android")));
}

#[test]
fn a_mark_stands_behind_the_name_that_it_is_about() {
    let before = GHOST.replace("policy", "users staff filter old\npolicy");
    let before = before.replace("for any", "for staff matching old");
    let after = GHOST.replace("policy", "users staff filter new\npolicy");
    let after = after.replace("for any", "for staff matching new");
    let scopes = diff(&before, &after);
    let marked = "for staff matching old (of OLD) not matching new";
    assert!(scopes.iter().any(|scope| scope.contains(marked)), "{scopes:?}");
}

/// A change of a head or of a default is a difference, also where no rule is another.
#[test]
fn a_diff_sees_what_changed_beside_the_rules() {
    let text = "\
mam 1
app mail { sdk multi-identity }
app files { sdk multi-identity }
users inside
policy p { for inside protect mail otherwise allow block print devices unmanaged }
policy q { for any protect files }
";
    let edits = [
        ("otherwise allow", "otherwise block"),
        ("for inside", "for any except inside"),
        ("protect mail", "protect mail, files"),
        ("otherwise allow block", "on ios otherwise allow block"),
        (
            "otherwise allow block print devices",
            "devices any except intune otherwise allow block print devices",
        ),
        ("policy p {", "policy p report-only {"),
        ("policy q { for any", "policy q { for any yields to p"),
    ];
    let decided = |text: &str| {
        let checked = check(text);
        let analysis = Analysis::new(&checked).unwrap();
        let everything = checked.question("any").unwrap();
        let parts = analysis.decide(&everything).unwrap().into_iter();
        parts.map(|part| (part.scope, part.answer.effect, part.answer.reason)).collect::<Vec<_>>()
    };
    for (old, new) in edits {
        let after = text.replacen(old, new, 1);
        assert_ne!(text, after);
        let is_other = decided(text) != decided(&after);
        assert_eq!(!diff(text, &after).is_empty(), is_other, "{new}");
        assert_eq!(!diff(&after, text).is_empty(), is_other, "{new}");
    }
}

// ---------------------------------------------------------------- one movement

#[test]
fn a_counterexample_leaves_deployment_open_only_where_the_answer_is_the_same() {
    let text = "\
mam 1
app mail { ios \"x.mail\" sdk multi-identity }
policy p {
  for any
  devices enrolled
  protect mail
  block print from mail except any-app deployed
  expect allow print from any except mail deployed
}
";
    let checked = check(text);
    let analysis = Analysis::new(&checked).unwrap();
    let found = analysis.test();
    let analysis::Verdict::Fails(example) = &found[0].verdict else { panic!("{found:?}") };
    let asked = checked.question(&example.scope).unwrap();
    let again = analysis.decide(&asked).unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].answer, example.answer);
}

#[test]
fn an_unconfirmed_policy_judges_every_account_beside_a_confirmed_one() {
    let text = "mam 1
app a { sdk }
app b { sdk }
users s
policy p0 { for s  protect a, b unconfirmed }
policy p2 { for s  protect a }
";
    for account in ["work", "personal", "other"] {
        let scope = format!(
            "save from b as {account} to device-storage for exactly s on ios devices unmanaged"
        );
        let found = parts(text, &scope);
        assert_eq!(told(&found), [format!("block {scope} <- p0: otherwise block []")]);
    }
}
