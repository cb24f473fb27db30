//! Would the expectations notice a mistake?
//!
//! Takes in an analysed set, tries small edits of every rule, gives out which of them no expectation
//! notices, each with a movement that would be decided differently. An edit is noticed if an expectation
//! that holds would not hold any more.

use std::collections::BTreeSet;

use serde::Serialize;

use super::expect::{self, Verdict};
use super::mutants::{Mutant, MutationKind, mutants};
use super::space::Lens;
use super::spoken::Spoken;
use super::trials::{Example, Trials};
use super::{Analysis, statements};
use crate::bits::Bits;
use crate::decision::{Effect, LimitsAnswer};
use crate::diagram::Memo;
use crate::model::{Claim, Expectation, ExpectationId, Model, PolicyId, RuleId};
use crate::table::{Seen, Table, Trial};

/// What became of every edit.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mutations {
    /// The edits, rule by rule.
    pub mutants: Vec<Mutation>,
    /// How many an expectation notices.
    pub noticed: usize,
    /// How many no expectation notices, although something would be decided differently.
    pub survived: usize,
    /// How many change nothing.
    pub equivalent: usize,
}

impl Mutations {
    /// How many percent of the edits that change something are noticed; `None` where none does.
    #[must_use]
    pub fn score(&self) -> Option<f64> {
        let all = self.noticed + self.survived;
        #[expect(clippy::cast_precision_loss, reason = "nobody has so many rules")]
        (all > 0).then(|| 100.0 * self.noticed as f64 / all as f64)
    }
}

/// An edit of one rule.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Mutation {
    /// The policy.
    pub policy: String,
    /// The rule's canonical text.
    pub rule: String,
    /// The file that it stands in.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// What the edit does.
    pub kind: MutationKind,
    /// The edit in words.
    pub edit: String,
    /// What became of it.
    #[serde(flatten)]
    pub fate: Fate,
}

/// What became of an edit.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "fate", rename_all = "lowercase")]
pub enum Fate {
    /// An expectation would not hold any more.
    Noticed {
        /// Its canonical text.
        expectation: String,
    },
    /// Something would be decided differently, and every expectation would hold.
    Survived(Survivor),
    /// Nothing would be decided differently.
    Equivalent,
}

/// A movement that would be decided differently without anybody noticing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Survivor {
    /// The movement as a scope that holds it and nothing else.
    pub scope: String,
    /// What is decided of it; where the rule's policy only reports: what would be if it were live.
    pub before: Decided,
    /// What would be with the edit.
    pub after: Decided,
}

/// What is decided of a movement, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decided {
    /// May the data move?
    pub effect: Effect,
    /// Within which limits.
    pub limits: LimitsAnswer,
}

/// What is known of each mutant while worlds are looked at.
#[derive(Default, Clone)]
struct State {
    noticed: Option<ExpectationId>,
    survivor: Option<Survivor>,
    /// Whether it lets more pass somewhere.
    is_looser: bool,
}

pub(super) fn mutate(analysis: &Analysis<'_>) -> Mutations {
    let model = analysis.model;
    let statements = statements(analysis.checked.files());
    let sources = analysis.checked.sources();
    let all: Vec<Mutant> = (0..model.rules().len())
        .map(RuleId::new)
        .flat_map(|id| {
            let span = model.rule(id).span;
            // What another system exported has no parts that its author could take out.
            let is_own = sources.is_authored(span.source);
            let statement = statements.get(&span).copied().filter(|_| is_own);
            mutants(model, id, statement, sources)
        })
        .collect();
    let outcomes = analysis.test();
    let held = outcomes.iter().filter(|one| one.verdict == Verdict::Holds);
    let held: BTreeSet<ExpectationId> = held.map(|one| one.expectation).collect();
    let mut states = vec![State::default(); all.len()];
    // The guest of another world has the last word on its own rules only.
    for guest in std::iter::once(None).chain(reporting(model).map(Some)) {
        look(analysis, guest, &held, &all, &mut states);
    }
    follow(analysis, &held, &all, &mut states);
    let mutants: Vec<Mutation> =
        all.iter().zip(states).map(|(mutant, state)| mutation(model, mutant, state)).collect();
    let count = |is: fn(&Fate) -> bool| mutants.iter().filter(|one| is(&one.fate)).count();
    Mutations {
        noticed: count(|fate| matches!(fate, Fate::Noticed { .. })),
        survived: count(|fate| matches!(fate, Fate::Survived(_))),
        equivalent: count(|fate| matches!(fate, Fate::Equivalent)),
        mutants,
    }
}

fn reporting(model: &Model) -> impl Iterator<Item = PolicyId> + '_ {
    model.policy_ids().filter(|id| model.policy(*id).report_only)
}

fn mutation(model: &Model, mutant: &Mutant, state: State) -> Mutation {
    let entry = model.directory().rule(mutant.rule);
    let fate = match (state.noticed, state.survivor) {
        (Some(id), _) => {
            Fate::Noticed { expectation: model.expectations()[id.index()].text.clone() }
        }
        (None, Some(survivor)) => Fate::Survived(survivor),
        (None, None) => Fate::Equivalent,
    };
    Mutation {
        policy: model.policy(entry.policy).name.clone(),
        rule: entry.text.to_owned(),
        file: entry.file.to_owned(),
        line: entry.line,
        kind: mutant.kind,
        edit: mutant.what.clone(),
        fate,
    }
}

/// Tries the mutants of one world: that of the live policies, or that of a policy which only reports.
fn look(
    analysis: &Analysis<'_>,
    guest: Option<PolicyId>,
    held: &BTreeSet<ExpectationId>,
    all: &[Mutant],
    states: &mut [State],
) {
    let model = analysis.model;
    let mut extra = Vec::new();
    let mut numbers = Vec::new();
    let mut trials = Vec::new();
    for (number, mutant) in all.iter().enumerate() {
        if states[number].noticed.is_some()
            || !analysis.matters(guest, model.rule(mutant.rule).policy)
        {
            continue;
        }
        let mut trial = Trial { removes: vec![mutant.rule], adds: Vec::new() };
        if let Some(rule) = &mutant.replacement {
            trial.adds.push(RuleId::new(model.rules().len() + extra.len()));
            extra.push(rule.clone());
        }
        trials.push(trial);
        numbers.push(number);
    }
    if trials.is_empty() {
        return;
    }
    let nodes = analysis.checked.limits().nodes;
    let people = model.expectations().iter().filter_map(|one| one.scope.people.as_ref());
    let mut stage = Trials::among(model, guest, &extra, nodes, people);
    let mut spoken = Spoken::new(&mut stage, guest);
    spoken.keep(held);
    let (mut memo, mut examples) = (Memo::default(), vec![None; trials.len()]);
    let count = spoken.expectations.len();
    stage.show_changes(&trials, |verdicts, stage, number, touched| {
        let state = &mut states[numbers[number]];
        let Some(example) = stage.change(model, verdicts, touched, &mut memo) else {
            return Seen::More;
        };
        state.is_looser |= verdicts.is_looser(touched.before, touched.after);
        examples[number].get_or_insert(example);
        let mut noticing = Bits::new(count);
        spoken.speaking(verdicts, stage, touched, Some(touched.after), &mut noticing);
        state.noticed = noticing.iter().next().map(|at| spoken.expectations[at].0);
        if state.noticed.is_some() { Seen::Enough } else { Seen::More }
    });
    let table = analysis.table_with(guest);
    for (number, example) in numbers.iter().zip(&examples) {
        let state = &mut states[*number];
        if let Some(example) = example
            && state.noticed.is_none()
            && state.survivor.is_none()
        {
            state.survivor = survivor(analysis, table, &stage, example);
        }
    }
}

fn survivor(
    analysis: &Analysis<'_>,
    table: &Table,
    stage: &Trials<'_>,
    example: &Example,
) -> Option<Survivor> {
    let movement = stage.movement(example)?;
    let users = &movement.context.users;
    let decided = |outcome| {
        let decision = stage.crowd.decision(stage.crowd.at(outcome, users));
        Decided { effect: decision.effect(), limits: decision.limits() }
    };
    Some(Survivor {
        scope: super::describe::Describe::new(analysis.model).movement(table, &movement),
        before: decided(example.before),
        after: decided(example.after),
    })
}

// ---------------------------------------------------------------- chains

/// Asks the expectations about chains of each mutant that lets more pass and that nobody has noticed.
fn follow(
    analysis: &Analysis<'_>,
    held: &BTreeSet<ExpectationId>,
    all: &[Mutant],
    states: &mut [State],
) {
    let expectations = analysis.model.expectations().iter().enumerate();
    let chained: Vec<(ExpectationId, &Expectation)> = expectations
        .map(|(at, one)| (ExpectationId::new(at), one))
        .filter(|(id, one)| held.contains(id) && matches!(one.claim, Claim::NoPath { .. }))
        .collect();
    if chained.is_empty() {
        return;
    }
    for (mutant, state) in all.iter().zip(states) {
        if state.noticed.is_none() && state.is_looser {
            state.noticed = noticed_by_chains(analysis, mutant, &chained);
        }
    }
}

/// The first expectation about chains that would not hold with a mutant.
fn noticed_by_chains(
    analysis: &Analysis<'_>,
    mutant: &Mutant,
    chained: &[(ExpectationId, &Expectation)],
) -> Option<ExpectationId> {
    let model = with(analysis.model, mutant);
    let limits = analysis.checked.limits();
    let table = Table::new(&model, limits).ok()?;
    let mut guests = std::collections::BTreeMap::new();
    for id in analysis.guests.keys() {
        guests.insert(*id, Table::with_guest(&model, *id, limits).ok()?);
    }
    let changed = Analysis { checked: analysis.checked, model: &model, table, guests };
    let leads = |(_, one): &&(ExpectationId, &Expectation)| {
        let table = changed.table_with(one.policy);
        let lens = &mut Lens::new(&changed, table, one.scope.people.iter());
        expect::leads(&changed, lens, one)
    };
    chained.iter().find(leads).map(|(id, _)| *id)
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

    use super::super::differ::Comparison;
    use super::*;
    use crate::compiler::Compiler;
    use crate::vocabulary::Platforms;

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

    /// What becomes of a mutant if a set is built with it in place.
    fn fate(analysis: &Analysis<'_>, held: &[usize], mutant: &Mutant) -> (bool, bool) {
        let model = with(analysis.model, mutant);
        let limits = analysis.checked.limits();
        let table = Table::new(&model, limits).unwrap();
        let reporting = reporting(&model);
        let guests = reporting.map(|id| (id, Table::with_guest(&model, id, limits).unwrap()));
        let changed =
            Analysis { checked: analysis.checked, model: &model, table, guests: guests.collect() };
        let outcomes = changed.test();
        let noticed = held.iter().any(|at| outcomes[*at].verdict != Verdict::Holds);
        let differs = |before: &Table, after: &Table| {
            let comparison = Comparison {
                models: [analysis.model, &model],
                tables: [before, after],
                platforms: Platforms::all(),
                left_out: &|_| false,
                nodes: limits.nodes,
            };
            comparison.is_any()
        };
        let rule = analysis.model.rule(mutant.rule);
        let own = Some(rule.policy).filter(|id| analysis.model.policy(*id).report_only);
        let changes = own.map_or_else(
            || differs(&analysis.table, &changed.table),
            |id| {
                let before = Table::with_guest(analysis.model, id, limits).unwrap();
                differs(&before, &changed.guests[&id])
            },
        );
        (noticed, changes)
    }

    #[test]
    fn fates_are_what_sets_with_the_edits_show() {
        for (name, text) in samples() {
            let checked = Compiler::new().check(&name, &text);
            let Ok(analysis) = Analysis::new(&checked) else { continue };
            let model = analysis.model;
            let statements = statements(checked.files());
            let sources = checked.sources();
            let ids = (0..model.rules().len()).map(RuleId::new);
            let all: Vec<Mutant> = ids
                .flat_map(|id| {
                    let statement = statements.get(&model.rule(id).span).copied();
                    mutants(model, id, statement, sources)
                })
                .collect();
            let outcomes = analysis.test();
            let held: Vec<usize> =
                (0..outcomes.len()).filter(|at| outcomes[*at].verdict == Verdict::Holds).collect();
            let found = analysis.mutate();
            assert_eq!(found.mutants.len(), all.len());
            for (mutation, mutant) in found.mutants.iter().zip(&all) {
                let (noticed, changes) = fate(&analysis, &held, mutant);
                let place =
                    format!("{name}:{}: {}, {}", mutation.line, mutation.rule, mutation.edit);
                match &mutation.fate {
                    Fate::Noticed { .. } => assert!(noticed, "{place}: nobody notices"),
                    Fate::Survived(_) => assert!(!noticed && changes, "{place}: {noticed}"),
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
