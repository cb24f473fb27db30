//! What analysis says of the examples, asked again: each scope that comes out is a question that gives the
//! same answer.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::path::{Path, PathBuf};

use mam::analysis::{Analysis, Decided, Fate, LEAKS, PathOptions, diff};
use mam::decision::LimitsAnswer;
use mam::{Answer, Checked, Compiler, Effect};

/// The examples, each with its name.
fn examples() -> Vec<(String, Checked)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut paths: Vec<PathBuf> = vec![root.join("contoso.mam")];
    let figures = std::fs::read_dir(root.join("figures")).unwrap();
    paths.extend(figures.map(|entry| entry.unwrap().path()));
    paths.retain(|path| path.extension().is_some_and(|end| end == "mam"));
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let checked = Compiler::new().check(&name, &std::fs::read_to_string(path).unwrap());
        assert!(!checked.has_errors(), "{name}");
        (name, checked)
    };
    paths.into_iter().map(read).collect()
}

/// What is decided, without who decides: a part may have more rules than one of its movements.
fn decided(answer: &Answer) -> (Effect, bool, LimitsAnswer) {
    (answer.effect, answer.enforced, answer.limits.clone())
}

/// Every answer to a scope.
fn answers(analysis: &Analysis<'_>, checked: &Checked, scope: &str) -> Vec<Answer> {
    let question = checked.question(scope).unwrap_or_else(|errors| panic!("{scope}: {errors}"));
    let parts = analysis.decide(&question).unwrap();
    assert!(!parts.is_empty(), "{scope} holds nothing");
    parts.into_iter().map(|part| part.answer).collect()
}

#[test]
fn movements_of_chains_are_decided_as_shown() {
    for (name, checked) in examples() {
        let analysis = Analysis::new(&checked).unwrap();
        let leaks = checked.chain(LEAKS).unwrap();
        let found = analysis.paths(&leaks, PathOptions::default()).unwrap();
        assert!(!found.more, "{name}");
        for hop in found.paths.iter().flat_map(|path| &path.hops) {
            let again = answers(&analysis, &checked, &hop.scope);
            assert_eq!(again, std::slice::from_ref(&hop.answer), "{name}: {}", hop.scope);
        }
    }
}

#[test]
fn changes_are_decided_as_shown_by_both_sets() {
    let all = examples();
    for ((old_name, old), (new_name, new)) in all.iter().zip(all.iter().skip(1)) {
        let (before, after) = (Analysis::new(old).unwrap(), Analysis::new(new).unwrap());
        let changes = diff(&before, &after).unwrap();
        assert!(!changes.is_empty(), "{old_name} and {new_name} decide alike");
        for change in changes {
            // The new set reads the scope. The old one can be asked, too, where it knows the names and means the
            // same by them: not by what is managed.
            let words = change.scope.replace(',', " ");
            let is_of_new = words.split(' ').any(|one| one.ends_with("managed"));
            for (set, checked, shown) in
                [(&before, old, &change.before), (&after, new, &change.after)]
            {
                if is_of_new && std::ptr::eq(set, &before) {
                    continue;
                }
                let Ok(question) = checked.question(&change.scope) else { continue };
                for part in set.decide(&question).unwrap() {
                    let place = format!("{old_name} and {new_name}: {}", change.scope);
                    assert_eq!(decided(&part.answer), decided(shown), "{place}");
                }
            }
        }
    }
}

#[test]
fn survivors_are_decided_as_shown() {
    for (name, checked) in examples() {
        let analysis = Analysis::new(&checked).unwrap();
        for mutant in analysis.mutate().unwrap().mutants {
            let Fate::Survived(survivor) = mutant.fate else { continue };
            for answer in answers(&analysis, &checked, &survivor.scope) {
                let Decided { effect, limits, .. } = &survivor.before;
                assert_eq!(
                    (&answer.effect, &answer.limits),
                    (effect, limits),
                    "{name}: {}",
                    survivor.scope
                );
            }
        }
    }
}

#[test]
fn rules_that_nobody_speaks_about_decide_their_examples() {
    for (name, checked) in examples() {
        let analysis = Analysis::new(&checked).unwrap();
        let silent =
            analysis.coverage().unwrap().rules.into_iter().filter(|rule| rule.expectations == 0);
        for rule in silent {
            let Some(example) = &rule.example else { continue };
            let place = format!("{name}:{}: {example}", rule.line);
            let movement = analysis.movement(&checked.question(example).unwrap()).unwrap();
            let judgement = mam::interpret::judge(analysis.model(), &movement);
            let directory = analysis.model().directory();
            let mut matching = judgement.policies.iter().flat_map(|one| &one.matching);
            assert!(matching.any(|id| directory.rule(*id).line == rule.line), "{place}");
        }
    }
}
