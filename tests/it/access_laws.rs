//! What must hold of access, tried on random policy sets, with facts at thresholds and beside them.

use mam::access::{AppAccess, Requirements};
use mam::analysis::{
    self, AccessVerdict, Analysis, AppliedPolicy, EffectiveKind, NoRemedy, Unmet, UnmetTest,
};
use mam::interpret::{self, Standing};
use mam::model::{AccessClaim, AccessExpectation, AccessScope, Model, PolicyId};
use mam::movement::Context;
use mam::{AccessEffect, Checked, Compiler, Facts, Reason, Table};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::access_set::{
    accesses, every_value, expectation, facts, in_words, text_of, with_access,
};
use crate::support::policy_set::{Choices, PolicySet, Style};
use crate::support::random::{self, regressions};

fn config(cases: u32) -> ProptestConfig {
    random::config(cases, regressions!("access_laws"))
}

/// A set whose policies have access statements.
fn checked() -> impl Strategy<Value = Checked> {
    (vec(any::<u8>(), 700), vec(any::<u8>(), 200)).prop_map(|(set, access)| {
        let text = PolicySet::choose(&mut Choices::new(&set)).checked().0.text(Style::default());
        with_access(&text, &mut Choices::new(&access))
    })
}

fn holds(
    model: &Model,
    expectation: &AccessExpectation,
    access: (&AppAccess, &Facts<'_>),
    what_if: Option<PolicyId>,
) -> bool {
    let AccessExpectation { policy, scope, .. } = expectation;
    interpret::access_scope_holds(model, scope, *policy, access, what_if)
}

/// Whether an access is as an expectation claims.
fn is_met(
    model: &Model,
    expectation: &AccessExpectation,
    access: &AppAccess,
    facts: &Facts<'_>,
    what_if: Option<PolicyId>,
) -> bool {
    let judgement = match what_if {
        Some(id) => interpret::judge_access_what_if(model, access, facts, id),
        None => interpret::judge_access(model, access, facts),
    };
    let decision = judgement.decision;
    match &expectation.claim {
        AccessClaim::Effect(AccessEffect::Allow) => decision.effect.lets_in(),
        AccessClaim::Effect(AccessEffect::Block) => !decision.effect.lets_in(),
        AccessClaim::Effect(effect) => decision.effect == *effect,
        AccessClaim::Require { requirement, platforms } => {
            let Context { platform, state, .. } = access.context;
            decision.is_enforced()
                && platforms.contains(platform)
                && decision.requirements.meet(Requirements::of(requirement, platform, state))
        }
        _ => false,
    }
}

/// The access that a counterexample names, with its facts.
fn one_access(checked: &Checked, scope: &str) -> (AppAccess, Facts<'static>) {
    let analysis = Analysis::new(checked).unwrap();
    let asked = checked.access_question(scope).unwrap_or_else(|error| panic!("{scope}: {error}"));
    analysis.access(&asked).unwrap_or_else(|error| panic!("{scope}: {error}"))
}

proptest! {
    #![proptest_config(config(120))]

    /// The table decides, and says why, as the interpreter does; so do its bytes.
    #[test]
    fn the_table_decides_like_the_interpreter(checked in checked(), bytes in vec(any::<u8>(), 2000)) {
        let table = checked.compile().unwrap();
        let loaded = Table::from_bytes(&table.to_bytes()).unwrap();
        let model = checked.model().unwrap();
        let choices = &mut Choices::new(&bytes);
        for access in accesses(model, choices) {
            let facts = facts(choices, access.context.platform);
            let meant = interpret::judge_access(model, &access, &facts);
            for table in [&table, &loaded] {
                let resolved = table.resolve_app_access(&access).unwrap();
                let about = || format!("{}\n{}", in_words(model, &access, &facts), text_of(&checked));
                let found = table.decide_access(&resolved, &facts);
                prop_assert_eq!(found, meant.decision, "{}", about());
                let found = table.access_details(&resolved, &facts);
                prop_assert_eq!(&found, &meant.details, "{}", about());
            }
        }
    }

    /// The table agrees with the interpreter at every value of every fact, with filters, several policies that are
    /// joined field by field, and report-only ones, whatever the other facts are.
    #[test]
    fn the_table_agrees_at_every_value(checked in checked(), bytes in vec(any::<u8>(), 2000)) {
        let table = checked.compile().unwrap();
        let model = checked.model().unwrap();
        let choices = &mut Choices::new(&bytes);
        let applies = |access: &AppAccess| {
            interpret::decide_access(model, access, &Facts::default()).is_enforced()
        };
        let all: Vec<_> = (0..4).flat_map(|_| accesses(model, choices)).filter(applies).collect();
        for access in all.iter().take(8) {
            let platform = access.context.platform;
            let resolved = table.resolve_app_access(access).unwrap();
            for others in [Facts::default(), facts(choices, platform)] {
                for facts in every_value(&others, platform) {
                    let meant = interpret::judge_access(model, access, &facts);
                    let about =
                        || format!("{}\n{}", in_words(model, access, &facts), text_of(&checked));
                    let found = table.decide_access(&resolved, &facts);
                    prop_assert_eq!(found, meant.decision, "{}", about());
                    let found = table.access_details(&resolved, &facts);
                    prop_assert_eq!(&found, &meant.details, "{}", about());
                }
            }
        }
    }

    /// What holds of an expectation holds of every access in its scope; what fails has an access that
    /// shows it.
    #[test]
    fn expectations_are_exact(checked in checked(), bytes in vec(any::<u8>(), 6000)) {
        let model = checked.model().unwrap();
        let analysis = Analysis::new(&checked).unwrap();
        let results = analysis.test_access();
        let choices = &mut Choices::new(&bytes);
        let all: Vec<_> = (0..6).flat_map(|_| accesses(model, choices)).collect();
        for (expectation, result) in model.access_expectations().iter().zip(&results) {
            let what_if = expectation.policy.filter(|id| model.policy(*id).report_only);
            for access in &all {
                let facts = facts(choices, access.context.platform);
                if !holds(model, expectation, (access, &facts), what_if) {
                    continue;
                }
                let about = || {
                    let words = in_words(model, access, &facts);
                    format!("{}\n{words}\n{result:?}\n{}", expectation.text, text_of(&checked))
                };
                prop_assert!(result.verdict != AccessVerdict::Empty, "{}", about());
                if result.verdict == AccessVerdict::Holds {
                    let met = is_met(model, expectation, access, &facts, what_if);
                    prop_assert!(met, "{}", about());
                }
            }
            if let AccessVerdict::Fails(found) = &result.verdict {
                let about = || format!("{}\n{found:?}\n{}", expectation.text, text_of(&checked));
                let (access, facts) = one_access(&checked, &found.scope);
                prop_assert!(holds(model, expectation, (&access, &facts), what_if), "{}", about());
                let met = is_met(model, expectation, &access, &facts, what_if);
                prop_assert!(!met, "{}", about());
            }
        }
    }

    /// The effect is that of the strictest condition that fires, and these stand in order.
    #[test]
    fn what_fires_decides(checked in checked(), bytes in vec(any::<u8>(), 2000)) {
        let model = checked.model().unwrap();
        let choices = &mut Choices::new(&bytes);
        for access in accesses(model, choices) {
            let facts = facts(choices, access.context.platform);
            let meant = interpret::judge_access(model, &access, &facts);
            let effects: Vec<_> = meant.details.fired.iter().map(|one| one.effect).collect();
            let strictest = effects.first().copied().unwrap_or(AccessEffect::Allow);
            prop_assert_eq!(meant.decision.effect, strictest);
            prop_assert!(effects.is_sorted_by(|a, b| a >= b));
            prop_assert_eq!(meant.decision.wipe.is_some(), strictest == AccessEffect::Wipe);
        }
    }

    /// Joined requirements meet what each of two policies requires; the join keeps its laws.
    #[test]
    fn requirements_join_as_a_lattice(checked in checked(), bytes in vec(any::<u8>(), 2000)) {
        let model = checked.model().unwrap();
        let choices = &mut Choices::new(&bytes);
        let all: Vec<_> = accesses(model, choices).iter()
            .map(|access| interpret::decide_access(model, access, &Facts::default()).requirements)
            .collect();
        for (a, b) in all.iter().zip(all.iter().rev()) {
            let joined = a.join(*b);
            prop_assert_eq!(joined, b.join(*a));
            prop_assert_eq!(a.join(*a), *a);
            prop_assert_eq!(joined.join(*b), joined);
            prop_assert!(joined.meet(*a) && joined.meet(*b));
        }
    }
}

proptest! {
    #![proptest_config(config(12))]

    /// What is told of a kind of people and devices is what the interpreter tells of each of its accesses.
    #[test]
    fn effective_kinds_are_as_interpreted(checked in checked(), bytes in vec(any::<u8>(), 500)) {
        let model = checked.model().unwrap();
        let scope = checked.access_question("launch app-0, app-1 devices unmanaged").unwrap();
        let kinds = Analysis::new(&checked).unwrap().effective(&scope).unwrap();
        let resolved = |scope: String| checked.access_question(&scope).unwrap();
        let scopes_of = |kind: &EffectiveKind| -> Vec<AccessScope> {
            kind.scopes.iter().map(|scope| resolved(format!("launch {scope}"))).collect()
        };
        let kinds: Vec<_> = kinds.iter().map(|kind| (kind, scopes_of(kind))).collect();
        for access in accesses(model, &mut Choices::new(&bytes)) {
            let nothing = &Facts::default();
            let is_in = |scope: &AccessScope| {
                interpret::access_scope_holds(model, scope, None, (&access, nothing), None)
            };
            if !is_in(&scope) {
                continue;
            }
            let found: Vec<_> = kinds.iter().filter(|(_, all)| all.iter().any(is_in)).collect();
            prop_assert_eq!(found.len(), 1, "{:?}", access);
            let kind = found[0].0;
            let meant = interpret::judge_access(model, &access, nothing);
            let answer = meant.decision.answer(&meant.details, model.directory());
            prop_assert_eq!(&kind.requirements, &answer.requirements);
            for (id, standing) in meant.policies {
                let policy = model.policy(id);
                let name = |one: &AppliedPolicy| one.policy == policy.name;
                if policy.report_only {
                    continue;
                }
                let applies = kind.applies.iter().any(name);
                prop_assert_eq!(applies, standing == Standing::Applies, "{}", policy.name);
                let Some(other) = kind.others.iter().find(|one| name(&one.policy)) else { continue };
                let is_there = |unmet: &&Unmet| {
                    unmet.scopes.is_empty()
                        || unmet.scopes.iter().any(|scope| is_in(&resolved(scope.clone())))
                };
                let tests: Vec<_> = other.unmet.iter().filter(is_there).map(|one| one.test).collect();
                prop_assert_eq!(tests.len(), 1, "{:?}", other);
                prop_assert!(is_first(tests[0], standing), "{:?} {:?}", standing, other);
            }
        }
    }
}

/// Whether a test may be told as the first that fails where a policy stands so. Where a policy is for some users
/// of a kind, the tests that fail for all of them come first.
fn is_first(test: UnmetTest, standing: Standing) -> bool {
    let of_users = [UnmetTest::UserNotAssigned, UnmetTest::Filter, UnmetTest::YieldsTo];
    match standing {
        Standing::Not(Reason::UserNotAssigned) => {
            test == UnmetTest::UserNotAssigned || !of_users.contains(&test)
        }
        Standing::Not(Reason::Filter) => test == UnmetTest::Filter,
        Standing::YieldsTo(_) => test == UnmetTest::YieldsTo,
        _ => !of_users.contains(&test),
    }
}

/// An access in the scope of a claim that is not as it claims, in words.
fn contradicting(checked: &Checked, claim: &str, choices: &mut Choices<'_>) -> Option<String> {
    let model = checked.model().unwrap();
    let claim = checked.access_claim(claim).unwrap();
    let all: Vec<AppAccess> = (0..4).flat_map(|_| accesses(model, choices)).collect();
    for access in all.iter().filter(|one| model.exists(one.app, one.context.platform)) {
        let platform = access.context.platform;
        let others = facts(choices, platform);
        for facts in every_value(&others, platform).iter().chain([&others, &Facts::default()]) {
            let is_asked = holds(model, &claim, (access, facts), None);
            if is_asked && !is_met(model, &claim, access, facts, None) {
                return Some(in_words(model, access, facts));
            }
        }
    }
    None
}

proptest! {
    #![proptest_config(config(120))]

    /// After the edits of every remedy the claim holds of all accesses, and everything that differs then is told.
    #[test]
    fn remedies_of_accesses_lead_to_what_is_claimed(
        checked in checked(), claim in vec(any::<u8>(), 40), bytes in vec(any::<u8>(), 6000)
    ) {
        let choices = &mut Choices::new(&bytes);
        let claim = expectation(&mut Choices::new(&claim)).replacen("expect ", "", 1);
        prop_assume!(checked.access_claim(&claim).is_ok());
        let analysis = Analysis::new(&checked).unwrap();
        let remedies = match analysis.access_remedies(&claim) {
            Ok(remedies) => remedies,
            Err(NoRemedy::AlreadySo) => {
                prop_assert_eq!(contradicting(&checked, &claim, choices), None, "{}", claim);
                return Ok(());
            }
            Err(_) => return Ok(()),
        };
        prop_assert!(!remedies.is_empty());
        for remedy in remedies.iter().filter(|remedy| !remedy.files.is_empty()).take(6) {
            let (name, text) = &remedy.files[0];
            let edited = Compiler::new().check(name, text);
            let about = || format!("{claim}\n{:?}\n{}", remedy.steps, text_of(&checked));
            prop_assert_eq!(contradicting(&edited, &claim, choices), None, "{}", about());
            let after = Analysis::new(&edited).unwrap();
            let (effects, requirements) = analysis::diff_access(&analysis, &after).unwrap();
            prop_assert_eq!(&remedy.accesses, &effects, "{}", about());
            prop_assert_eq!(&remedy.requirements, &requirements, "{}", about());
            prop_assert_eq!(&remedy.changes, &analysis::diff(&analysis, &after).unwrap());
        }
    }
}
