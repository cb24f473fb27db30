//! Mutation testing: would the expectations notice a mistake?
//!
//! Takes in a set, tries small edits of every rule, access statement and head, gives out the edits that no expectation notices, each
//! with a movement that would be decided differently. An edit is noticed if an expectation that holds would
//! not hold any more. (DeMillo, Lipton and Sayward 1978.)

#![allow(
    clippy::indexing_slicing,
    reason = "rules and expectations are numbered by the model that these lists belong to"
)]

use std::collections::{BTreeMap, BTreeSet};

use super::access_mutants::AccessMutant;
use super::access_mutation::{AccessFate, access_fates, access_text};
use super::effects::{DiffersCache, EditableModel, Example, break_if};
use super::fates::{Decided, Fate, Mutation, Mutations, Survivor};
use super::head_mutation::head_mutations;
use super::mutants::{Mutant, mutants};
use super::relevance::Relevance;
use super::suggestion::expectation;
use crate::analysis::ask::expect::{Verdict, verdict};
use crate::analysis::engine::query::Query;
use crate::analysis::subject::{Analysis, statements};
use crate::bits::Bits;
use crate::limits::LimitExceeded;
use crate::model::{Claim, Expectation, ExpectationId, Model, PolicyId, RuleId, UsersId};
use crate::table::RuleEdit;

/// The state of a mutant while it is tried.
#[derive(Default, Clone)]
struct State {
    noticed: Option<ExpectationId>,
    survivor: Option<Survivor>,
    /// Whether it lets more pass somewhere.
    is_looser: bool,
}

pub(in crate::analysis) fn mutate(analysis: &Analysis<'_>) -> Result<Mutations, LimitExceeded> {
    let model = analysis.model;
    let all = every_mutant(analysis, &|_| true);
    let held = held(analysis)?;
    let states = states(analysis, &all, &held)?;
    let rules = all.iter().zip(states).map(|(mutant, state)| mutation(model, mutant, state));
    let mut mutants: Vec<Mutation> = rules.collect();
    let accesses = access_fates(analysis)?.into_iter();
    mutants.extend(accesses.map(|(mutant, fate)| mutation_of_access(model, mutant, fate)));
    mutants.extend(head_mutations(analysis, &held)?);
    let count = |is: fn(&Fate) -> bool| mutants.iter().filter(|one| is(&one.fate)).count();
    Ok(Mutations {
        noticed: count(|fate| matches!(fate, Fate::Noticed { .. })),
        survived: count(|fate| matches!(fate, Fate::Survived(_) | Fate::SurvivedAccess(_))),
        equivalent: count(|fate| matches!(fate, Fate::Equivalent)),
        mutants,
    })
}

/// The expectations that notice an edit of some of the rules, rule by rule: the first one for each edit.
pub(super) fn noticing(
    analysis: &Analysis<'_>,
    rules: &BTreeSet<RuleId>,
) -> Result<BTreeMap<RuleId, BTreeSet<ExpectationId>>, LimitExceeded> {
    let mut found: BTreeMap<RuleId, BTreeSet<ExpectationId>> = BTreeMap::new();
    if rules.is_empty() || analysis.model.expectations().is_empty() {
        return Ok(found);
    }
    let all = every_mutant(analysis, &|id| rules.contains(&id));
    for (mutant, state) in all.iter().zip(states(analysis, &all, &held(analysis)?)?) {
        found.entry(mutant.rule).or_default().extend(state.noticed);
    }
    Ok(found)
}

/// The expectations about movements that hold.
fn held(analysis: &Analysis<'_>) -> Result<BTreeSet<ExpectationId>, LimitExceeded> {
    let mut held = BTreeSet::new();
    for outcome in analysis.test() {
        match &outcome.verdict {
            Verdict::Holds => drop(held.insert(outcome.expectation)),
            // Without the verdict it is not known what the expectation would notice.
            Verdict::Limit(error) => return Err(*error),
            Verdict::Fails(_) | Verdict::Leads(_) | Verdict::Empty => {}
        }
    }
    Ok(held)
}

/// The states of mutants after all expectations were asked.
fn states(
    analysis: &Analysis<'_>,
    all: &[Mutant],
    held: &BTreeSet<ExpectationId>,
) -> Result<Vec<State>, LimitExceeded> {
    let mut states = vec![State::default(); all.len()];
    // Rules of a report-only policy are tried as if it were live.
    for what_if in std::iter::once(None).chain(report_only(analysis.model).map(Some)) {
        try_mutants(analysis, what_if, held, all, &mut states)?;
    }
    try_chains(analysis, held, all, &mut states)?;
    Ok(states)
}

fn every_mutant(analysis: &Analysis<'_>, is_meant: &dyn Fn(RuleId) -> bool) -> Vec<Mutant> {
    let model = analysis.model;
    let statements = statements(analysis.checked.files());
    let sources = analysis.checked.sources();
    let rules = (0..model.rules().len()).map(RuleId::new).filter(|id| is_meant(*id));
    let mutants = rules.flat_map(|id| {
        let span = model.rule(id).span;
        // The parts of an export's rule are nothing that its author could take out.
        let is_own = sources.is_authored(span.source);
        let statement = statements.get(&span).copied().filter(|_| is_own);
        mutants(model, id, statement, sources)
    });
    mutants.collect()
}

fn report_only(model: &Model) -> impl Iterator<Item = PolicyId> + '_ {
    model.policy_ids().filter(|id| model.policy(*id).report_only)
}

fn mutation_of_access(model: &Model, mutant: AccessMutant, fate: AccessFate) -> Mutation {
    let entry = model.directory().access(mutant.id);
    Mutation {
        policy: model.policy(mutant.policy).name.clone(),
        rule: access_text(model, mutant.policy, mutant.id),
        file: entry.file.to_owned(),
        line: entry.line,
        kind: mutant.kind,
        edit: mutant.edit,
        fate: fate.into_fate(model),
    }
}

fn mutation(model: &Model, mutant: &Mutant, state: State) -> Mutation {
    let entry = model.directory().rule(mutant.rule);
    let fate = match (state.noticed, state.survivor) {
        (Some(id), _) => Fate::Noticed { expectation: model.expectation(id).text.clone() },
        (None, Some(survivor)) => Fate::Survived(survivor),
        (None, None) => Fate::Equivalent,
    };
    Mutation {
        policy: model.policy(entry.policy).name.clone(),
        rule: entry.text.to_owned(),
        file: entry.file.to_owned(),
        line: entry.line,
        kind: mutant.kind,
        edit: mutant.edit.clone(),
        fate,
    }
}

/// Tries the mutants of live policies, or those of one report-only policy.
fn try_mutants(
    analysis: &Analysis<'_>,
    what_if: Option<PolicyId>,
    held: &BTreeSet<ExpectationId>,
    all: &[Mutant],
    states: &mut [State],
) -> Result<(), LimitExceeded> {
    let (model, limits) = (analysis.model, analysis.limits());
    let mut extra = Vec::new();
    let mut numbers = Vec::new();
    let mut edits = Vec::new();
    for (number, mutant) in all.iter().enumerate() {
        let is_meant = analysis.matters(what_if, model.rule(mutant.rule).policy);
        if states[number].noticed.is_some() || !is_meant {
            continue;
        }
        let mut edit = RuleEdit { removes: vec![mutant.rule], adds: Vec::new() };
        if let Some(rule) = &mutant.replacement {
            edit.adds.push(RuleId::new(model.rules().len() + extra.len()));
            extra.push(rule.clone());
        }
        edits.push(edit);
        numbers.push(number);
    }
    if edits.is_empty() {
        return Ok(());
    }
    let people = model.expectations().iter().filter_map(|one| one.scope.people.as_ref());
    let mut editable = EditableModel::new(model, what_if, &extra, limits, people)?;
    let mut relevance = Relevance::new(&mut editable, what_if)?;
    relevance.keep(held);
    let (mut cache, mut examples) = (DiffersCache::default(), vec![None; edits.len()]);
    let count = relevance.expectations.len();
    editable.show_effects(&edits, |combiner, stage, number, affected| {
        let state = &mut states[numbers[number]];
        let Some(example) = stage.effect(combiner, affected, &mut cache)? else {
            return Ok(break_if(false));
        };
        state.is_looser |= combiner.is_looser(affected.before, affected.after)?;
        examples[number].get_or_insert(example);
        let mut noticing = Bits::new(count);
        let after = Some(affected.after);
        relevance.add_concerned(combiner, stage, affected, after, &mut noticing)?;
        state.noticed = noticing.iter().next().map(|at| relevance.expectations[at].0);
        Ok(break_if(state.noticed.is_some()))
    })?;
    let mut query = Query::new(model, what_if, limits, std::iter::empty())?;
    for (number, example) in numbers.iter().zip(&examples) {
        let state = &mut states[*number];
        if let Some(example) = example
            && state.noticed.is_none()
            && state.survivor.is_none()
        {
            state.survivor = survivor(&mut query, &editable, example)?;
        }
    }
    Ok(())
}

fn survivor(
    query: &mut Query<'_>,
    editable: &EditableModel<'_>,
    example: &Example,
) -> Result<Option<Survivor>, LimitExceeded> {
    let Some(movement) = editable.movement(example) else { return Ok(None) };
    let users: &Vec<UsersId> = &movement.context.attributes().collect();
    let [before, after] = [example.before, example.after]
        .map(|outcome| editable.users.decision(editable.users.decision_for(outcome, users)));
    let scope = query.scope_of(&movement)?;
    Ok(Some(Survivor {
        expect: expectation(&scope, before, Some(after)),
        scope,
        before: Decided::from(before),
        after: Decided::from(after),
    }))
}

// ---------------------------------------------------------------- chains

/// Asks the expectations about chains of each mutant that lets more pass and that none has noticed.
fn try_chains(
    analysis: &Analysis<'_>,
    held: &BTreeSet<ExpectationId>,
    all: &[Mutant],
    states: &mut [State],
) -> Result<(), LimitExceeded> {
    let expectations = analysis.model.expectations().iter().enumerate();
    let chained: Vec<(ExpectationId, &Expectation)> = expectations
        .map(|(at, one)| (ExpectationId::new(at), one))
        .filter(|(id, one)| held.contains(id) && matches!(one.claim, Claim::NoPath { .. }))
        .collect();
    if chained.is_empty() {
        return Ok(());
    }
    for (mutant, state) in all.iter().zip(states) {
        if state.noticed.is_none() && state.is_looser {
            state.noticed = noticed_by_chains(analysis, mutant, &chained)?;
        }
    }
    Ok(())
}

/// The first expectation about chains that would not hold with a mutant.
fn noticed_by_chains(
    analysis: &Analysis<'_>,
    mutant: &Mutant,
    chained: &[(ExpectationId, &Expectation)],
) -> Result<Option<ExpectationId>, LimitExceeded> {
    let model = with(analysis.model, mutant);
    for (id, one) in chained {
        let people = one.scope.people.iter();
        let what_if = analysis.what_if_of(one.policy);
        let mut query = Query::new(&model, what_if, analysis.limits(), people)?;
        if matches!(verdict(&mut query, one)?, Verdict::Leads(_)) {
            return Ok(Some(*id));
        }
    }
    Ok(None)
}

/// The model with a mutant in it.
fn with(model: &Model, mutant: &Mutant) -> Model {
    let mut model = model.clone();
    match &mutant.replacement {
        Some(rule) => model.rules[mutant.rule.index()] = rule.clone(),
        None => {
            let policy = model.rule(mutant.rule).policy;
            model.policies[policy.index()].rules.retain(|id| *id != mutant.rule);
        }
    }
    model
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::analysis::compare::comparer::Comparison;
    use crate::compiler::Compiler;

    /// Every sample that stands alone.
    #[expect(clippy::disallowed_methods, reason = "a test reads what the library is handed")]
    fn samples() -> Vec<(String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = Vec::new();
        for folder in ["examples", "examples/figures", "tests/conformance"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_some_and(|end| end == "mam") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    found.push((path.display().to_string(), text));
                }
            }
        }
        found.sort();
        found
    }

    /// Whether an expectation that holds fails with a mutant in place, and whether any decision changes.
    fn fate(analysis: &Analysis<'_>, held: &[usize], mutant: &Mutant) -> (bool, bool) {
        let model = with(analysis.model, mutant);
        let changed = Analysis { checked: analysis.checked, model: &model };
        let outcomes = changed.test();
        let noticed = held.iter().any(|at| outcomes[*at].verdict != Verdict::Holds);
        let policy = analysis.model.rule(mutant.rule).policy;
        let what_if = Some(policy).filter(|id| analysis.model.policy(*id).report_only);
        let comparison = Comparison {
            what_if: [what_if; 2],
            ..Comparison::of([analysis.model, &model], analysis.limits())
        };
        (noticed, comparison.is_any().unwrap())
    }

    #[test]
    fn fates_are_what_sets_with_the_edits_show() {
        for (name, text) in samples() {
            let checked = Compiler::new().check(&name, &text);
            let Ok(analysis) = Analysis::new(&checked) else { continue };
            let all = every_mutant(&analysis, &|_| true);
            let outcomes = analysis.test();
            let held: Vec<usize> =
                (0..outcomes.len()).filter(|at| outcomes[*at].verdict == Verdict::Holds).collect();
            let found = analysis.mutate().unwrap();
            // Behind the rules stand launch conditions and requirements.
            assert!(found.mutants.len() >= all.len());
            for (mutation, mutant) in found.mutants.iter().zip(&all) {
                let (noticed, changes) = fate(&analysis, &held, mutant);
                let place =
                    format!("{name}:{}: {}, {}", mutation.line, mutation.rule, mutation.edit);
                match &mutation.fate {
                    Fate::Noticed { .. } => assert!(noticed, "{place}: nobody notices"),
                    Fate::Survived(_) => assert!(!noticed && changes, "{place}: {noticed}"),
                    Fate::SurvivedAccess(_) => panic!("{place}: a rule is no access"),
                    Fate::Equivalent => {
                        assert!(!noticed && !changes, "{place}: {noticed} {changes}")
                    }
                }
                if let Fate::Survived(survivor) = &mutation.fate {
                    assert_ne!(survivor.before, survivor.after, "{place}");
                    let scope = checked.question(&survivor.scope).unwrap();
                    assert!(analysis.movement(&scope).is_ok(), "{place}: {}", survivor.scope);
                }
            }
        }
    }
}
