//! Analysis of generated policy sets never stops, and its answers are those of the interpreter.

#![no_main]

mod policy_text;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use mam::analysis::{Analysis, Fate, LEAKS, PathOptions, Verdict};
use mam::{Compiler, Effect, interpret};

/// The most paths of each policy set.
const PATHS: usize = 8;

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Unstructured::new(bytes);
    let Ok(text) = policy_text::policy_set(&mut choices) else { return };
    let checked = Compiler::new().check("fuzz.mam", &text);
    if checked.has_errors() {
        return;
    }
    let analysis = Analysis::new(&checked).expect("small sets compile");
    let outcomes = analysis.test();
    let met = outcomes.iter().find(|one| matches!(one.verdict, Verdict::Limit(_)));
    assert!(met.is_none(), "{met:?}\n{text}");
    analysis.lints().expect("small sets meet no limit");
    let effect_of = |scope: &str| {
        let question = checked.question(scope).expect("analysis writes scopes that can be read");
        let movement = analysis.movement(&question).expect("of one movement");
        interpret::decide(analysis.model(), &movement).effect()
    };
    let chain = checked.chain(LEAKS).expect("a question about every set");
    let mut options = PathOptions::default();
    (options.limit, options.across_devices) = (PATHS, bytes.len() % 2 == 0);
    let paths = analysis.paths(&chain, options).expect("small sets meet no limit");
    for hop in paths.paths.iter().flat_map(|path| &path.hops) {
        assert_eq!(effect_of(&hop.scope), Effect::Allow, "{}\n{text}", hop.scope);
    }
    // What only reports decides nothing that could be asked again.
    let is_live = |name: &str| {
        analysis.model().policies().iter().any(|policy| policy.name == name && !policy.report_only)
    };
    let mutations = analysis.mutate().expect("small sets meet no limit");
    for mutant in mutations.mutants {
        let Fate::Survived(found) = mutant.fate else { continue };
        if !is_live(&mutant.policy) {
            continue;
        }
        // The scope of an edit of a head may hold several movements.
        let question = checked.question(&found.scope).expect("analysis writes scopes that can be read");
        let parts = analysis.decide(&question).expect("small sets meet no limit");
        assert!(!parts.is_empty(), "{}\n{text}", found.scope);
        for part in parts {
            assert_eq!(part.answer.effect, found.before.effect, "{}\n{text}", found.scope);
        }
    }
});
