//! The rules that are named in parts and changes decide the movements that they are named for, and no other
//! rule decides there.

use super::*;
use mam::decision::RuleAnswer;

/// The most scopes of one rule.
const MOST_SCOPES: usize = 8;

/// A scope of a set.
fn asked_of(one: &Compiled, scope: &str) -> Scope {
    one.checked.question(scope).unwrap_or_else(|errors| panic!("{scope}\n{errors}"))
}

fn holds(one: &Compiled, scope: &Scope, movement: &Movement) -> bool {
    interpret::scope_holds(one.model(), scope, movement, None)
}

/// Whether a scope holds movements.
pub(super) fn has_movements(analysis: &Analysis<'_>, scope: &Scope) -> bool {
    !analysis.decide(scope).unwrap().is_empty()
}

/// The rules of a part, with the scopes in which they decide.
struct Named(Vec<(RuleAnswer, Vec<Scope>)>);

impl Named {
    fn new(one: &Compiled, rules: &[RuleAnswer]) -> Self {
        let named = |rule: &RuleAnswer| {
            let within = rule.within.iter().map(|at| asked_of(one, &at.scope)).collect();
            (rule.clone(), within)
        };
        Self(rules.iter().map(named).collect())
    }

    /// The scopes of all rules.
    fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter().flat_map(|(_, within)| within)
    }

    /// The rules that are named for a movement, as they would be named for it alone.
    fn of(&self, one: &Compiled, movement: &Movement) -> Vec<RuleAnswer> {
        let is_named = |(_, within): &&(RuleAnswer, Vec<Scope>)| {
            within.is_empty() || within.iter().any(|at| holds(one, at, movement))
        };
        let named = self.0.iter().filter(is_named).map(|(rule, _)| {
            let mut rule = rule.clone();
            rule.within.clear();
            rule
        });
        sorted(named.collect())
    }

    /// What is wrong with the scopes: there are too many, or one holds a movement outside of the part.
    fn fault(&self, one: &Compiled, part: &Scope, movements: &[Movement]) -> Option<String> {
        for (rule, within) in &self.0 {
            if within.len() > MOST_SCOPES {
                return Some(format!("{} is in {} scopes", rule.rule, within.len()));
            }
            for at in within {
                let is_outside = |it: &&Movement| holds(one, at, it) && !holds(one, part, it);
                if let Some(movement) = movements.iter().find(is_outside) {
                    let words = universe::words(one.model(), movement);
                    return Some(format!("a scope of {} is too wide: {words}", rule.rule));
                }
            }
        }
        None
    }
}

fn sorted(mut rules: Vec<RuleAnswer>) -> Vec<RuleAnswer> {
    rules.sort_by_key(|rule| (rule.policy.clone(), rule.side, rule.line, rule.rule.clone()));
    rules
}

proptest! {
    #![proptest_config(config(80))]

    #[test]
    fn rules_of_parts_decide_where_they_are_named((one, question) in asked(), pick: Index) {
        let Ok(scope) = one.checked.question(&question) else { return Ok(()) };
        let analysis = Analysis::new(&one.checked).unwrap();
        let contexts = some_contexts(&one.universe(), &pick, 3);
        let movements = movements_among(&one, &one.universe(), &scope, &contexts);
        let movements: Vec<_> = movements.into_iter().map(|(movement, _)| movement).collect();
        for part in analysis.decide(&scope).unwrap() {
            let within = asked_of(&one, &part.scope);
            prop_assert!(has_movements(&analysis, &within), "{} holds no movement", part.scope);
            let [by, report_only] =
                [&part.answer.by, &part.answer.report_only].map(|rules| Named::new(&one, rules));
            for rules in [&by, &report_only] {
                let fault = rules.fault(&one, &within, &movements);
                prop_assert!(fault.is_none(), "{}: {}", part.scope, fault.unwrap());
                let idle = rules.scopes().find(|at| !has_movements(&analysis, at));
                prop_assert!(idle.is_none(), "{}: {:?} holds no movement", part.scope, idle);
            }
            for movement in movements.iter().filter(|it| holds(&one, &within, it)) {
                let judgement = interpret::judge(one.model(), movement);
                let alone = judgement.decision.answer(&judgement.determining, one.model().directory());
                let words = universe::words(one.model(), movement);
                prop_assert_eq!(by.of(&one, movement), sorted(alone.by), "{} in {}", &words, &part.scope);
                let reporting = report_only.of(&one, movement);
                prop_assert_eq!(reporting, sorted(alone.report_only), "{} in {}", words, &part.scope);
            }
        }
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn rules_of_changes_decide_where_they_are_named((before, after) in changed(one_rule), pick: Index) {
        let analyses = [&before, &after].map(|one| Analysis::new(&one.checked).unwrap());
        let universe = after.universe_with(&before);
        let contexts = some_contexts(&universe, &pick, 6);
        let mut movements = Vec::new();
        for context in &contexts {
            universe.visit(context, |movement| movements.push(movement.clone()));
        }
        movements.retain(|it| after.decide(it).reason != Some(Reason::SameApp));
        for change in analysis::diff(&analyses[0], &analyses[1]).unwrap() {
            // To the new set an id that only the old one names is one of many unlisted apps.
            if !knows_ids(&after, &before, &change.scope) {
                continue;
            }
            let within = asked_of(&after, &change.scope);
            let rules = [&change.before.by, &change.after.by].map(|rules| Named::new(&after, rules));
            for rules in &rules {
                let fault = rules.fault(&after, &within, &movements);
                prop_assert!(fault.is_none(), "{}: {}", change.scope, fault.unwrap());
            }
            for movement in movements.iter().filter(|it| holds(&after, &within, it)) {
                let answers = [&before, &after].map(|one| one.answer(after.model(), movement));
                let words = universe::words(after.model(), movement);
                for (rules, answer) in rules.iter().zip(answers) {
                    let named = rules.of(&after, movement);
                    prop_assert_eq!(named, sorted(answer.by), "{} in {}", &words, &change.scope);
                }
            }
        }
    }
}
