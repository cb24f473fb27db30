//! Analysis of generated policy sets never stops, and its answers are those of the interpreter.

#![no_main]

mod policy_text;

use arbitrary::Unstructured;
use libfuzzer_sys::fuzz_target;
use mam::analysis::{Analysis, Fate, LEAKS, PathOptions};
use mam::{Compiler, Effect, interpret};

/// Ways that are looked for in each policy set.
const WAYS: usize = 8;

fuzz_target!(|bytes: &[u8]| {
    let mut choices = Unstructured::new(bytes);
    let Ok(text) = policy_text::policy_set(&mut choices) else { return };
    let checked = Compiler::new().check("fuzz.mam", &text);
    if checked.has_errors() {
        return;
    }
    let analysis = Analysis::new(&checked).expect("small sets compile");
    analysis.test();
    analysis.lints().unwrap();
    let effect_of = |scope: &str| {
        let question = checked.question(scope).expect("analysis writes scopes that can be read");
        let movement = analysis.movement(&question).expect("of one movement");
        interpret::decide(analysis.model(), &movement).effect()
    };
    let chain = checked.chain(LEAKS).expect("a question about every set");
    let mut options = PathOptions::default();
    (options.limit, options.across_devices) = (WAYS, bytes.len() % 2 == 0);
    for hop in analysis.paths(&chain, options).unwrap().paths.iter().flat_map(|path| &path.hops) {
        assert_eq!(effect_of(&hop.scope), Effect::Allow, "{}\n{text}", hop.scope);
    }
    // What only reports decides nothing that could be asked again.
    let is_live = |name: &str| {
        analysis.model().policies().iter().any(|policy| policy.name == name && !policy.report_only)
    };
    for mutant in analysis.mutate().unwrap().mutants {
        if let Fate::Survived(found) = mutant.fate
            && is_live(&mutant.policy)
        {
            assert_eq!(effect_of(&found.scope), found.before.effect, "{}\n{text}", found.scope);
        }
    }
});
