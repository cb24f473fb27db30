//! Under any limits, every analysis gives the answer that it gives without, or the limit's error.

#![no_main]

#[path = "../../tests/it/support/analyses.rs"]
mod analyses;
mod policy_text;

use analyses::Questions;
use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mam::analysis::LEAKS;
use mam::{Effect, Limits};

fuzz_target!(|bytes: &[u8]| {
    // Too few bytes say nothing.
    let _ = compare(&mut Unstructured::new(bytes));
});

fn compare(choices: &mut Unstructured<'_>) -> Result<()> {
    let limits = limits(choices)?;
    let scope = scope(choices)?;
    let wanted = *choices.choose(&[Effect::Allow, Effect::Block])?;
    let before = policy_text::policy_set(choices)?;
    let after = policy_text::policy_set(choices)?;
    let questions =
        Questions { before: &before, after: &after, scope: &scope, chain: LEAKS, wanted };
    let Ok(whole) = questions.ask(&Limits::default()) else { return Ok(()) };
    let bounded = match questions.ask(&limits) {
        Ok(bounded) => bounded,
        Err(errors) => {
            assert!(errors.is_limit(), "{errors}");
            return Ok(());
        }
    };
    assert_eq!(whole.len(), bounded.len());
    for (whole, bounded) in whole.iter().zip(&bounded) {
        assert!(bounded.1.is_err() || whole == bounded, "{limits:?} {questions:?}");
    }
    Ok(())
}

fn limits(choices: &mut Unstructured<'_>) -> Result<Limits> {
    let mut limits = Limits::default();
    limits.nodes = choices.int_in_range(0..=1000)?;
    limits.cells = choices.int_in_range(0..=5000)?;
    limits.steps = choices.int_in_range(0..=100_000)?;
    limits.user_kinds = choices.int_in_range(0..=16)?;
    limits.user_clauses = choices.int_in_range(0..=16)?;
    limits.user_groups = choices.int_in_range(0..=8)?;
    Ok(limits)
}

/// A scope that can be asked about, if nothing in it is idle.
fn scope(choices: &mut Unstructured<'_>) -> Result<String> {
    let channel = *choices.choose(&["share", "copy", "share, copy", "link"])?;
    let [from, to] = [policy_text::set(choices, channel)?, policy_text::set(choices, channel)?];
    let mut scope = format!("{channel} from {from} to {to}");
    if choices.ratio(1, 2)? {
        scope.push_str(&format!(" for {}", policy_text::people(choices)?));
    }
    Ok(scope)
}
