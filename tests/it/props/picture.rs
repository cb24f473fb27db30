//! Pictures: every movement of the scope is in one cell, and is decided as the cell tells.

use std::collections::BTreeMap;

use super::*;
use mam::analysis::{PictureCell, PictureContext, PicturePlace};
use mam::decision::RuleAnswer;

/// A movement with what is decided of it and by which rules.
type Judged = (Movement, Outcome, Vec<RuleAnswer>);

/// The movements of a scope in some contexts, by channel.
fn judged(one: &Compiled, scope: &Scope, contexts: &[Context]) -> BTreeMap<Channel, Vec<Judged>> {
    let mut found: BTreeMap<Channel, Vec<Judged>> = BTreeMap::new();
    for (movement, outcome) in movements_in(one, scope, contexts) {
        let (decision, determining) = one.told(&movement);
        let by = decision.answer(&determining, one.model().directory()).by;
        found.entry(movement.channel).or_default().push((movement, outcome, by));
    }
    found
}

/// The scope of a question without ids that no declaration has: to the interpreter all of these are one app.
fn plain(one: &Compiled, question: &str) -> Option<Scope> {
    one.checked.question(question).ok().filter(|scope| scope.unnamed.is_empty())
}

/// The scopes of a cell.
fn scopes(context: &PictureContext, cell: &PictureCell) -> Vec<String> {
    let mut found = Vec::new();
    for PicturePlace { people, platforms, devices, .. } in &context.places {
        for from in &context.classes[cell.source].sets {
            for to in &context.classes[cell.target].sets {
                let channel = cell.channel;
                found.push(format!("{channel} from {from} to {to} {people} {platforms} {devices}"));
            }
        }
    }
    found
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn every_movement_is_in_one_cell_that_decides_it((one, question) in asked(), pick: Index) {
        let Some(scope) = plain(&one, &question) else { return Ok(()) };
        let contexts = some_contexts(&one.universe(), &pick, 3);
        let judged = judged(&one, &scope, &contexts);
        let picture = Analysis::new(&one.checked).unwrap().picture(&scope).unwrap();
        let mut covered = Vec::new();
        for context in &picture.contexts {
            for cell in &context.cells {
                for text in scopes(context, cell) {
                    let asked = one.checked.question(&text);
                    prop_assert!(asked.is_ok(), "{}\n{}", text, asked.unwrap_err());
                    let asked = asked.unwrap();
                    for (movement, found, by) in judged.get(&cell.channel).into_iter().flatten() {
                        if !interpret::scope_holds(one.model(), &asked, movement, None) {
                            continue;
                        }
                        let words = universe::words(one.model(), movement);
                        let (effect, reason, limits) = found;
                        let told = (&cell.cell.effect, cell.cell.enforced, &cell.cell.limits);
                        prop_assert_eq!((effect, reason.is_none(), limits), told, "{} in {}", words, text);
                        for rule in by {
                            let is_named = cell.by.iter().any(|at| picture.rules[*at] == *rule);
                            prop_assert!(is_named, "{}: {} decides {}", text, rule.rule, words);
                        }
                        covered.push(movement);
                    }
                }
            }
        }
        // Two places of a context, or two sets of a class, may share movements; two cells may not.
        covered.sort();
        for (movement, ..) in judged.values().flatten() {
            let words = universe::words(one.model(), movement);
            prop_assert!(covered.binary_search(&movement).is_ok(), "{question}: {words} is in no cell");
        }
    }

    #[test]
    fn cells_do_not_overlap_and_name_no_rule_in_vain((one, question) in asked(), pick: Index) {
        let Some(scope) = plain(&one, &question) else { return Ok(()) };
        let analysis = Analysis::new(&one.checked).unwrap();
        let picture = analysis.picture(&scope).unwrap();
        let contexts = some_contexts(&one.universe(), &pick, 2);
        let judged = judged(&one, &scope, &contexts);
        let mut cells: BTreeMap<&Movement, (usize, usize)> = BTreeMap::new();
        for (number, context) in picture.contexts.iter().enumerate() {
            for (at, cell) in context.cells.iter().enumerate() {
                for text in scopes(context, cell) {
                    let asked = one.checked.question(&text).unwrap();
                    for (movement, ..) in judged.get(&cell.channel).into_iter().flatten() {
                        if interpret::scope_holds(one.model(), &asked, movement, None) {
                            let known = *cells.entry(movement).or_insert((number, at));
                            let words = universe::words(one.model(), movement);
                            prop_assert_eq!(known, (number, at), "{} is in two cells", words);
                        }
                    }
                }
            }
        }
        let some = picture.contexts.iter().flat_map(|one| one.cells.iter().map(move |cell| (one, cell)));
        for (context, cell) in some.step_by(7).take(8) {
            let mut deciding: Vec<RuleAnswer> = Vec::new();
            for text in scopes(context, cell) {
                for part in analysis.decide(&one.checked.question(&text).unwrap()).unwrap() {
                    deciding.extend(part.answer.by.into_iter().map(|mut rule| {
                        rule.within.clear();
                        rule
                    }));
                }
            }
            for at in &cell.by {
                let rule = &picture.rules[*at];
                prop_assert!(deciding.contains(rule), "{} in {:?}", rule.rule, scopes(context, cell));
            }
        }
    }
}
