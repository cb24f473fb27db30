//! Differences of two sets in accesses, held against the interpreter: on random sets, with facts at thresholds and
//! one step beside them, what differs is in the scope of one change, with the effects and statements that the
//! change tells, and nothing else is.

use mam::access::{AppAccess, FieldAnswer};
use mam::analysis::{AccessChangeKind, AccessSide, Analysis, diff_access};
use mam::decision::RuleScope;
use mam::model::{AccessId, AccessScope, Model};
use mam::{AccessDecision, Checked, Compiler, Facts, interpret};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::support::access_set::{
    accesses, facts, in_words, one_fact_changed, text_of, with_access,
};
use crate::support::policy_set::{Choices, PolicySet, Style};
use crate::support::random::{self, regressions};

fn config(cases: u32) -> ProptestConfig {
    random::config(cases, regressions!("access_diff"))
}

/// Two sets with the same declarations: the second one has other statements about accesses, one of them less, or
/// a policy less.
fn two() -> impl Strategy<Value = [Checked; 2]> {
    let bytes = || vec(any::<u8>(), 200);
    (vec(any::<u8>(), 700), bytes(), bytes(), vec(any::<u8>(), 8)).prop_map(
        |(set, one, other, how)| {
            let mut set = PolicySet::choose(&mut Choices::new(&set)).checked().0;
            let how = &mut Choices::new(&how);
            let before = with_access(&set.text(Style::default()), &mut Choices::new(&one));
            let after = match how.below(4) {
                0 => with_access(&set.text(Style::default()), &mut Choices::new(&other)),
                1 if set.policies.len() > 1 => {
                    set.take_out_policy(how.below(set.policies.len()));
                    with_access(&set.text(Style::default()), &mut Choices::new(&one))
                }
                _ => without_one(&text_of(&before), how),
            };
            [before, after]
        },
    )
}

/// A set without one of its statements about accesses, or with it for other devices.
fn without_one(text: &str, how: &mut Choices<'_>) -> Checked {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let is_access =
        |line: &&mut String| line.starts_with("launch ") || line.starts_with("require ");
    let mut all: Vec<&mut String> = lines.iter_mut().filter(is_access).collect();
    if !all.is_empty() {
        let at = how.below(all.len());
        let line = std::mem::take(all[at]);
        if how.below(2) == 0 && !line.contains(" on ") && !line.contains(" devices ") {
            *all[at] = format!("{line} devices enrolled");
        }
    }
    let checked = Compiler::new().check("access.mam", &lines.join("\n"));
    // Policies for other devices cannot say so.
    if checked.has_errors() { Compiler::new().check("access.mam", text) } else { checked }
}

/// Some accesses that exist.
fn existing(model: &Model, choices: &mut Choices<'_>, times: usize) -> Vec<AppAccess> {
    let all = (0..times).flat_map(|_| accesses(model, choices)).collect::<Vec<_>>().into_iter();
    all.filter(|one| model.exists(one.app, one.context.platform)).collect()
}

fn holds(model: &Model, scopes: &[AccessScope], access: (&AppAccess, &Facts<'_>)) -> bool {
    scopes.iter().any(|scope| interpret::access_scope_holds(model, scope, None, access, None))
}

/// The kind of the difference of two decisions in effects, if there is any.
fn kind(old: &AccessDecision, new: &AccessDecision) -> Option<AccessChangeKind> {
    match (old.effect.cmp(&new.effect), old.is_enforced() == new.is_enforced()) {
        (std::cmp::Ordering::Greater, _) => Some(AccessChangeKind::Looser),
        (std::cmp::Ordering::Less, _) => Some(AccessChangeKind::Tighter),
        (_, false) => Some(AccessChangeKind::Enforcement),
        (_, true) => (old.reason != new.reason).then_some(AccessChangeKind::Reason),
    }
}

/// The kind of the difference of two decisions in requirements, if there is any.
fn kind_of_requirements(old: &AccessDecision, new: &AccessDecision) -> Option<AccessChangeKind> {
    let (old, new) = (old.requirements, new.requirements);
    (old != new).then(|| match (new.meet(old), old.meet(new)) {
        (true, _) => AccessChangeKind::Tighter,
        (_, true) => AccessChangeKind::Looser,
        _ => AccessChangeKind::Mixed,
    })
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn changes_of_accesses_are_exact(sets in two(), bytes in vec(any::<u8>(), 6000)) {
        let [before, after] = &sets;
        let [old, new] = [before, after].map(|one| one.model().unwrap());
        let says = |model: &Model| model.policies().iter().any(|policy| !policy.access.is_empty());
        // Both must number their apps alike: a policy can be the only one that names an id.
        prop_assume!(says(old) || says(new));
        prop_assume!(old.apps().len() == new.apps().len());
        let analyses = [before, after].map(|one| Analysis::new(one).unwrap());
        let (effects, requirements) = diff_access(&analyses[0], &analyses[1]).unwrap();
        let read = |scopes: &[String]| -> Vec<AccessScope> {
            let read = |scope: &String| after.access_question(scope);
            scopes.iter().map(|one| read(one).unwrap_or_else(|error| panic!("{one}: {error}"))).collect()
        };
        let within = |scopes: &[RuleScope]| -> Vec<AccessScope> {
            scopes.iter().flat_map(|one| read(std::slice::from_ref(&one.scope))).collect()
        };
        let fired = |side: &AccessSide| -> Vec<_> {
            side.fired.iter().map(|one| (one.clone(), within(&one.within))).collect()
        };
        let effects: Vec<_> = effects.iter().map(|one| {
            (read(&one.scopes), one, [fired(&one.before), fired(&one.after)])
        }).collect();
        let requirements: Vec<_> = requirements.iter().map(|one| {
            let by = |value: &Option<FieldAnswer>| -> Vec<_> {
                let by = value.iter().flat_map(|value| &value.by);
                by.map(|one| (one.clone(), within(&one.within))).collect()
            };
            let by: Vec<_> =
                one.fields.iter().map(|field| [by(&field.before), by(&field.after)]).collect();
            (read(&one.scopes), one, by)
        }).collect();
        for (scopes, change, _) in &effects {
            for scope in scopes {
                prop_assert!(!analyses[1].access_parts(scope).unwrap().is_empty(), "{change:?}");
            }
        }
        let choices = &mut Choices::new(&bytes);
        let mut tried = Vec::new();
        for (at, access) in existing(old, choices, 6).into_iter().enumerate() {
            let facts = facts(choices, access.context.platform);
            if at % 16 == 0 {
                let near = one_fact_changed(&facts, access.context.platform);
                tried.extend(near.into_iter().map(|facts| (access.clone(), facts)));
            }
            tried.push((access, facts));
        }
        for (access, facts) in tried {
            let [was, is] = [old, new].map(|one| interpret::judge_access(one, &access, &facts));
            let about = || {
                let words = in_words(old, &access, &facts);
                format!("{words}\n{was:?}\n{is:?}\n{}\nAFTER\n{}", text_of(before), text_of(after))
            };
            let here = (&access, &facts);
            let is_here = |scopes: &[AccessScope]| scopes.is_empty() || holds(new, scopes, here);
            let told: Vec<_> =
                effects.iter().filter(|(scopes, ..)| holds(new, scopes, here)).collect();
            let meant = kind(&was.decision, &is.decision);
            prop_assert_eq!(told.len(), usize::from(meant.is_some()), "{:?} {}", told, about());
            for (_, change, fired) in told {
                prop_assert_eq!(Some(change.kind), meant, "{:?} {}", change, about());
                let sides = [(&change.before, &was, old), (&change.after, &is, new)];
                for ((side, judgement, model), fired) in sides.into_iter().zip(fired) {
                    let decision = &judgement.decision;
                    prop_assert_eq!(side.effect, decision.effect, "{:?} {}", change, about());
                    prop_assert_eq!(side.reason, decision.reason, "{:?} {}", change, about());
                    let own = fired.iter().filter(|(_, scopes)| is_here(scopes));
                    let mut own: Vec<_> = own.map(|(one, _)| (one.line, one.effect)).collect();
                    let leading = judgement.details.fired.iter();
                    let leading = leading.filter(|one| one.effect == decision.effect);
                    let line = |id| model.directory().access(id).line;
                    let mut leading: Vec<_> =
                        leading.map(|one| (line(one.statement), one.effect)).collect();
                    own.sort_unstable();
                    leading.sort_unstable();
                    prop_assert_eq!(own, leading, "{:?} {}", change, about());
                }
            }
            let told: Vec<_> =
                requirements.iter().filter(|(scopes, ..)| holds(new, scopes, here)).collect();
            let meant = kind_of_requirements(&was.decision, &is.decision);
            prop_assert_eq!(told.len(), usize::from(meant.is_some()), "{:?} {}", told, about());
            for (_, change, by) in told {
                prop_assert_eq!(Some(change.kind), meant, "{:?} {}", change, about());
                for (field, sides) in change.fields.iter().zip(by) {
                    let sides = sides.iter().zip([(&was, old), (&is, new)]);
                    for (by, (judgement, model)) in sides {
                        let own = by.iter().filter(|(_, scopes)| is_here(scopes));
                        let mut own: Vec<_> = own.map(|(one, _)| one.line).collect();
                        let word = field.field.unwrap_or(field.requirement);
                        let all = judgement.details.required_by.iter();
                        let saying = all.filter(|(part, _)| {
                            part.word() == word && part.requirement().word() == field.requirement
                        });
                        let line = |id: &AccessId| model.directory().access(*id).line;
                        let mut saying: Vec<_> =
                            saying.flat_map(|(_, ids)| ids.iter().map(line)).collect();
                        own.sort_unstable();
                        saying.sort_unstable();
                        prop_assert_eq!(own, saying, "{:?} {:?} {}", field, change, about());
                    }
                }
            }
        }
    }

    /// An access is in one part, and each of its facts in the row of what fires for it.
    #[test]
    fn tables_of_accesses_are_exact(sets in two(), bytes in vec(any::<u8>(), 3000)) {
        let [checked, _] = &sets;
        let model = checked.model().unwrap();
        let analysis = Analysis::new(checked).unwrap();
        let read = |scope: &str| {
            checked.access_question(scope).unwrap_or_else(|error| panic!("{scope}: {error}"))
        };
        let parts = analysis.access_parts(&read("launch")).unwrap();
        let parts: Vec<_> = parts.iter().map(|part| {
            let scopes: Vec<AccessScope> = part.scopes.iter().map(|scope| read(scope)).collect();
            let rows = part.rows.iter().map(|row| (read(&format!("launch when {}", row.when)), row));
            (scopes, part, rows.collect::<Vec<_>>())
        }).collect();
        let choices = &mut Choices::new(&bytes);
        for access in existing(model, choices, 3) {
            let facts = facts(choices, access.context.platform);
            let here = (&access, &facts);
            let meant = interpret::judge_access(model, &access, &facts);
            let about = || format!("{}\n{}", in_words(model, &access, &facts), text_of(checked));
            let own: Vec<_> =
                parts.iter().filter(|(scopes, ..)| holds(model, scopes, here)).collect();
            prop_assert_eq!(own.len(), 1, "{}", about());
            for (_, part, rows) in own {
                prop_assert_eq!(part.reason, meant.decision.reason, "{}", about());
                let rows: Vec<_> = rows.iter().filter(|(scope, _)| {
                    holds(model, std::slice::from_ref(scope), here)
                }).collect();
                let strictest = rows.iter().map(|(_, row)| row.effect).max();
                let strictest = strictest.unwrap_or(mam::AccessEffect::Allow);
                prop_assert_eq!(strictest, meant.decision.effect, "{:?} {}", rows, about());
                let fired: usize = rows.iter().map(|(_, row)| row.fired.len()).sum();
                prop_assert_eq!(fired, meant.details.fired.len(), "{:?} {}", rows, about());
            }
        }
    }
}
