//! Limits are errors, never answers.
//!
//! `MAM_PROPS=100 cargo test --release --all-features --test it limits::` tries a hundred times as many cases.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use mam::analysis::{self, Analysis, Verdict};
use mam::vocabulary::{Channel, Effect};
use mam::{Checked, Compiler, Interrupt, Limits, Resource};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::access_set::{self, text_of};
use crate::support::analyses::Questions;
use crate::support::policy_set::{Choices, PolicySet, Style};
use crate::support::random::{self, regressions};

fn config(cases: u32) -> ProptestConfig {
    // A case takes long: it asks everything under several limits.
    ProptestConfig { max_shrink_iters: 500, ..random::config(cases, regressions!("limits")) }
}

fn checked(text: &str, nodes: usize) -> Checked {
    let mut limits = Limits::default();
    limits.nodes = nodes;
    let checked = Compiler::new().limits(limits).check("set.mam", text);
    assert!(!checked.has_errors(), "{}", checked.errors());
    checked
}

// ---------------------------------------------------------------- two sets that were answered wrongly

/// So many apps that no rule tells apart, and one that a rule excepts.
fn one_evil_app_among(count: usize) -> String {
    let mut text = "mam 1\nuse microsoft\nusers staff\napp evil { ios \"com.evil\" }\n".to_owned();
    for app in 0..count {
        writeln!(text, "app a{app} {{ ios \"com.a.x{app}\" }}").unwrap();
    }
    text + "policy p {\n  for staff  on ios  devices intune  protect outlook\n\n  \
            allow share to any deployed except evil\n}\n\n\
            expect no path by share from outlook as work to evil for staff on ios devices intune\n"
}

#[test]
fn a_path_through_many_apps_is_found_or_the_limit_is_named() {
    let text = one_evil_app_among(3500);
    let whole = checked(&text, Limits::default().nodes);
    let outcomes = Analysis::new(&whole).unwrap().test();
    let Verdict::Leads(chain) = &outcomes[0].verdict else { panic!("{:?}", outcomes[0]) };
    assert_eq!(chain.hops.len(), 2, "{chain:?}");

    let text = one_evil_app_among(20);
    let mut seen = BTreeMap::new();
    for nodes in (0..4000).step_by(40) {
        let bounded = checked(&text, nodes);
        match Analysis::new(&bounded).unwrap().test().swap_remove(0).verdict {
            Verdict::Limit(error) => {
                assert_eq!((error.resource(), error.limit()), (Resource::Nodes, nodes));
                assert!(error.needed() > nodes);
                *seen.entry("limit").or_insert(0) += 1;
            }
            Verdict::Leads(_) => *seen.entry("fails").or_insert(0) += 1,
            other => panic!("with {nodes} nodes: {other:?}"),
        }
    }
    assert_eq!(seen.len(), 2, "both are seen: {seen:?}");
}

/// Policies of which no user is in all.
fn five_policies(last: &str) -> String {
    let mut text = "mam 1\nuse microsoft\n".to_owned();
    (0..10).for_each(|group| writeln!(text, "users g{group}").unwrap());
    let rules = ["block print", "block save", "block capture", "block copy", last];
    for (policy, rule) in rules.iter().enumerate() {
        let [one, other] = [policy * 2, policy * 2 + 1];
        writeln!(
            text,
            "policy p{policy} {{ for g{one} except g{other}  protect outlook, word  otherwise allow  {rule} }}"
        )
        .unwrap();
    }
    text
}

#[test]
fn a_difference_is_found_or_the_limit_is_named() {
    let sets = [five_policies("block share"), five_policies("block notify")];
    let diff = |nodes: usize| {
        let [before, after] = [0, 1].map(|set| checked(&sets[set], nodes));
        let [before, after] = [&before, &after].map(|set| Analysis::new(set).unwrap());
        analysis::diff(&before, &after)
    };
    let whole = diff(Limits::default().nodes).unwrap();
    assert!(!whole.is_empty());
    let mut met = 0;
    for nodes in (0..2000).step_by(50) {
        match diff(nodes) {
            Ok(found) => assert_eq!(found, whole, "with {nodes} nodes"),
            Err(error) => {
                assert_eq!((error.resource(), error.limit()), (Resource::Nodes, nodes));
                met += 1;
            }
        }
    }
    assert!(met > 1, "no limit was met");
    assert!(diff(100).is_err());
}

// ---------------------------------------------------------------- every analysis, under any limits

/// Two sets that differ a little, a scope and the ends of chains.
#[derive(Debug)]
struct Case {
    before: String,
    after: String,
    scope: String,
    wanted: Effect,
}

fn case() -> impl Strategy<Value = Case> {
    vec(any::<u8>(), 700).prop_map(|bytes| {
        let mut choices = Choices::new(&bytes);
        let mut set = PolicySet::choose(&mut choices);
        set.people = set.people.min(3);
        set.filters = set.filters.min(1);
        set.expect(&mut choices);
        set.expect_no_path(&mut choices);
        let scope = set.scope(&mut choices, Channel::ALL);
        let scope = set.question(&scope);
        let (mut set, _) = set.checked();
        let with_access = |set: &PolicySet, bytes: &[u8]| {
            text_of(&access_set::with_access(&set.text(Style::default()), &mut Choices::new(bytes)))
        };
        let before = with_access(&set, &bytes);
        if let Some(policy) = set.policies.first_mut() {
            policy.rules.pop();
        }
        let after = with_access(&set, bytes.get(1..).unwrap_or_default());
        let wanted = if bytes[0] % 2 == 0 { Effect::Allow } else { Effect::Block };
        Case { before, after, scope, wanted }
    })
}

/// Limits of which some are met, and some are not.
fn limits() -> impl Strategy<Value = Limits> {
    let nodes = prop_oneof![0..40_usize, 0..1000_usize, Just(1 << 20)];
    let cells = prop_oneof![0..300_usize, 0..5000_usize, Just(1 << 20)];
    let steps = prop_oneof![0..5000_usize, 0..1_000_000_usize, Just(1 << 30)];
    let small = || prop_oneof![0..4_usize, Just(1000)];
    let all = (nodes, cells, steps, small(), small(), small());
    all.prop_map(|(nodes, cells, steps, kinds, clauses, groups)| {
        let mut limits = Limits::default();
        (limits.nodes, limits.cells, limits.steps) = (nodes, cells, steps);
        (limits.user_kinds, limits.user_clauses, limits.user_groups) = (kinds, clauses, groups);
        limits
    })
}

/// Limits with an interrupt that another thread stops after some microseconds, perhaps in the middle of an analysis.
fn stopped_after(pause: u64) -> Limits {
    let interrupt = Interrupt::default();
    let mut limits = Limits::default();
    limits.interrupt = Some(interrupt.clone());
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_micros(pause));
        interrupt.stop();
    });
    limits
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn every_analysis_is_exact_or_names_its_limit(case in case(), bounds in vec(limits(), 4), pauses in vec(0..20_000_u64, 2)) {
        let Case { before, after, scope, wanted } = &case;
        let chain = analysis::LEAKS;
        let questions = Questions { before, after, scope, chain, wanted: *wanted };
        let whole = questions.ask(&Limits::default()).unwrap();
        for limits in bounds.into_iter().chain(pauses.into_iter().map(stopped_after)) {
            let bounded = match questions.ask(&limits) {
                Ok(bounded) => bounded,
                Err(errors) => {
                    prop_assert!(errors.is_limit(), "{errors}");
                    continue;
                }
            };
            prop_assert_eq!(whole.len(), bounded.len());
            for ((what, whole), (also, bounded)) in whole.iter().zip(&bounded) {
                prop_assert_eq!(what, also);
                prop_assert!(bounded.is_err() || whole == bounded, "{} under {:?}", what, limits);
            }
        }
    }
}
