//! Mutation testing of the heads of policies: would the expectations notice that a test of a filter is missing?
//!
//! Takes in a set, takes each `matching` out of each policy's `for`, gives out the fate of each edit. Movements and
//! accesses are compared, since a head is about both.

use std::collections::{BTreeMap, BTreeSet};

use super::access_mutation::{fate, holding, of_edit};
use super::fates::{AccessSurvivor, Decided, Fate, Mutation, Survivor};
use super::mutants::MutationKind;
use super::mutants::{TestPlace, without_each_test, without_test};
use super::suggestion::expectation;
use crate::analysis::ask::expect::Verdict;
use crate::analysis::compare::differences::Difference;
use crate::analysis::engine::naming::{Naming, names_of_users};
use crate::analysis::subject::{Analysis, policy_at};
use crate::limits::LimitExceeded;
use crate::model::{ExpectationId, Model, PolicyId};
use crate::syntax::ast::StatementKind;

/// The edits of the heads of all policies, each with its fate; a report-only policy is tried as if it were live. `held`
/// are the expectations about movements that hold.
pub(super) fn head_mutations(
    analysis: &Analysis<'_>,
    held: &BTreeSet<ExpectationId>,
) -> Result<Vec<Mutation>, LimitExceeded> {
    let model = analysis.model;
    let names = names_of_users(model);
    let held_accesses = holding(analysis)?;
    let mut found = Vec::new();
    for id in model.policy_ids() {
        let policy = model.policy(id);
        let (file, line) = place(analysis, id);
        for (place, test, people) in without_each_test(&policy.people) {
            let mut edited = model.clone();
            edited.policy_mut(id).people = people;
            let kind = match place {
                TestPlace::Member(_, true) => MutationKind::Narrowed,
                TestPlace::Member(_, false) | TestPlace::Exactly => MutationKind::Widened,
            };
            let mut fate = fate_of_head(analysis, &edited, id, (held, &held_accesses))?;
            // An expectation in a policy is about its users, and no other one sees a report-only policy.
            if policy.report_only && kind == MutationKind::Widened {
                fate = without_expectation(fate);
            }
            found.push(Mutation {
                policy: policy.name.clone(),
                rule: format!("for {}", Naming::people(&names, &policy.people)),
                file: file.clone(),
                line,
                kind,
                edit: without_test(&names, place, test),
                fate,
            });
        }
    }
    Ok(found)
}

fn without_expectation(fate: Fate) -> Fate {
    match fate {
        Fate::Survived(one) => Fate::Survived(Survivor { expect: None, ..one }),
        Fate::SurvivedAccess(one) => Fate::SurvivedAccess(AccessSurvivor { expect: None, ..one }),
        other => other,
    }
}

/// The file and line of a policy's `for`, or of its name.
fn place(analysis: &Analysis<'_>, id: PolicyId) -> (String, u32) {
    let sources = analysis.checked.sources();
    let name = analysis.model.policy(id).span;
    let policy = policy_at(analysis.checked.files().iter(), name);
    let mut body = policy.into_iter().flat_map(|(_, policy)| &policy.body);
    let clause = body.find(|one| matches!(one.kind, StatementKind::For(_)));
    let span = clause.map_or(name, |one| one.span);
    let line = u32::try_from(sources.position(span).line).unwrap_or(u32::MAX);
    (sources.name(span.source).to_owned(), line)
}

/// The fate of an edit: what notices it first, or what differs.
fn fate_of_head(
    analysis: &Analysis<'_>,
    edited: &Model,
    policy: PolicyId,
    (held, held_accesses): (&BTreeSet<ExpectationId>, &BTreeMap<usize, bool>),
) -> Result<Fate, LimitExceeded> {
    let changed = Analysis { checked: analysis.checked, model: edited };
    for outcome in changed.test() {
        let id = outcome.expectation;
        match outcome.verdict {
            Verdict::Limit(error) => return Err(error),
            Verdict::Holds => {}
            _ if !held.contains(&id) => {}
            _ => return Ok(Fate::Noticed { expectation: outcome.text }),
        }
    }
    let access = fate(analysis, edited, policy, held_accesses, false)?.into_fate(analysis.model);
    if matches!(access, Fate::Noticed { .. }) {
        return Ok(access);
    }
    let comparison = of_edit(analysis, edited, policy);
    let differences = comparison.differences()?;
    // One with an expectation tells more.
    let first = differences.iter().map(survivor).min_by_key(|one| one.expect.is_none());
    let is_told = matches!(&access, Fate::SurvivedAccess(one) if one.expect.is_some());
    Ok(match first {
        Some(movement) if movement.expect.is_some() || !is_told => Fate::Survived(movement),
        _ => access,
    })
}

fn survivor(difference: &Difference) -> Survivor {
    let [after, before] = difference.decisions;
    let scope = difference.scope();
    Survivor {
        expect: expectation(&scope, before, Some(after)),
        scope,
        before: Decided::from(before),
        after: Decided::from(after),
    }
}
