//! Coverage: the rules and cells that expectations are about.
//!
//! Takes in a set, gives out for each rule how many expectations have a movement in scope that it matches,
//! or else notice an edit of it, and how many pairs of equivalence classes some expectation is about.

#![allow(
    clippy::indexing_slicing,
    reason = "rules and policies are numbered by the model that these lists belong to"
)]

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::ControlFlow;

use serde::Serialize;

use super::access_mutation::{AccessFate, access_fates, access_text, noticed_access_mutants};
use super::effects::{EditableModel, Example, break_if};
use super::mutation::noticing;
use super::relevance::Relevance;
use super::suggestion::expectation;
use crate::analysis::ask::expect::shared_query;
use crate::analysis::engine::query::Query;
use crate::analysis::engine::space::ScopeSpace;
use crate::analysis::subject::Analysis;
use crate::bits::Bits;
use crate::decision::Decision;
use crate::interpret::{judge, judge_what_if};
use crate::limits::LimitExceeded;
use crate::model::{AccessId, ExpectationId, Model, PolicyId, RuleId, Scope};
use crate::movement::Movement;
use crate::table::{DeviceKind, LineId};
use crate::vocabulary::Channel;

/// The coverage of a set by its expectations.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Coverage {
    /// Every rule, in order; behind them every launch condition that can fire and every requirement.
    pub rules: Vec<RuleCoverage>,
    /// The pairs of equivalence classes between which there are movements, by channel and kind of device.
    pub cells: usize,
    /// How many of them some expectation is about.
    pub cells_covered: usize,
}

impl Coverage {
    /// How many rules some expectation is about.
    #[must_use]
    pub fn rules_covered(&self) -> usize {
        self.rules.iter().filter(|rule| rule.expectations > 0).count()
    }
}

/// The coverage of a rule, launch condition or requirement.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RuleCoverage {
    /// The policy.
    pub policy: String,
    /// The rule's canonical text.
    pub rule: String,
    /// The file that it stands in.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// How many expectations have a movement in scope that the rule matches. Where there is none: how many are the
    /// first to notice an edit of it. Of a launch condition or requirement: how many notice an edit of it.
    pub expectations: usize,
    /// The expectations about movements among them, in order.
    #[serde(skip)]
    pub concerned: Vec<ExpectationId>,
    /// Where there is none: a movement that the rule matches, as a scope.
    pub example: Option<String>,
    /// Where there is none: an expectation about that movement which holds today. Of a rule in a report-only
    /// policy it belongs into that policy.
    pub expect: Option<String>,
}

/// By rule: a movement that it matches, as a scope, and the decision about it.
type Examples = BTreeMap<RuleId, (String, Decision)>;

/// Expectations about launch conditions and requirements are proposed if that is wanted: they cost most.
pub(in crate::analysis) fn coverage(
    analysis: &Analysis<'_>,
    with_proposals: bool,
) -> Result<Coverage, LimitExceeded> {
    let model = analysis.model;
    let mut concerned: Vec<Vec<ExpectationId>> = vec![Vec::new(); model.rules().len()];
    let mut examples: Examples = BTreeMap::new();
    let report_only = model.policy_ids().filter(|id| model.policy(*id).report_only);
    for what_if in std::iter::once(None).chain(report_only.map(Some)) {
        cover_rules(analysis, what_if, &mut concerned, &mut examples)?;
    }
    let uncovered = concerned.iter().enumerate().filter(|(_, concerned)| concerned.is_empty());
    let uncovered = uncovered.map(|(number, _)| RuleId::new(number)).collect();
    for (id, noticing) in noticing(analysis, &uncovered)? {
        concerned[id.index()].extend(noticing);
    }
    let rules = concerned.iter().enumerate().map(|(number, concerned)| {
        let id = RuleId::new(number);
        let entry = model.directory().rule(id);
        let example = examples.get(&id).filter(|_| concerned.is_empty());
        RuleCoverage {
            policy: model.policy(entry.policy).name.clone(),
            rule: entry.text.to_owned(),
            file: entry.file.to_owned(),
            line: entry.line,
            expectations: concerned.len(),
            concerned: concerned.clone(),
            example: example.map(|(scope, _)| scope.clone()),
            expect: example.and_then(|(scope, decision)| expectation(scope, *decision, None)),
        }
    });
    let rules = rules.chain(accesses(analysis, with_proposals)?).collect();
    let everything = Scope::everything();
    // Lines can be compared within one query only.
    let query = &mut shared_query(analysis, None)?;
    let mut all = HashSet::new();
    add_cells(query, &everything, None, &mut all)?;
    let mut covered = HashSet::new();
    for one in model.expectations() {
        let policy = one.policy.filter(|id| !model.policy(*id).report_only);
        add_cells(query, &one.scope, policy, &mut covered)?;
    }
    Ok(Coverage { rules, cells: all.len(), cells_covered: covered.len() })
}

/// The coverage of launch conditions and requirements: the expectations that notice an edit of each.
fn accesses(
    analysis: &Analysis<'_>,
    with_proposals: bool,
) -> Result<Vec<RuleCoverage>, LimitExceeded> {
    let model = analysis.model;
    let mut found: BTreeMap<AccessId, (PolicyId, BTreeSet<usize>, Option<String>)> =
        BTreeMap::new();
    let fates = match with_proposals {
        true => access_fates(analysis)?
            .into_iter()
            .map(|(mutant, fate)| match fate {
                AccessFate::Noticed(by) => (mutant, by, None),
                AccessFate::Survived(survivor) => (mutant, Vec::new(), survivor.expect),
                AccessFate::Equivalent => (mutant, Vec::new(), None),
            })
            .collect::<Vec<_>>(),
        false => {
            let noticed = noticed_access_mutants(analysis)?.into_iter();
            noticed.map(|(mutant, by)| (mutant, by, None)).collect()
        }
    };
    for (mutant, by, proposed) in fates {
        let none = || (mutant.policy, BTreeSet::new(), None);
        let (_, noticing, expect) = found.entry(mutant.id).or_insert_with(none);
        noticing.extend(by);
        *expect = expect.take().or(proposed);
    }
    let row = |(id, (policy, noticing, expect)): (AccessId, (PolicyId, BTreeSet<_>, _))| {
        let entry = model.directory().access(id);
        RuleCoverage {
            policy: model.policy(policy).name.clone(),
            rule: access_text(model, policy, id),
            file: entry.file.to_owned(),
            line: entry.line,
            expectations: noticing.len(),
            concerned: Vec::new(),
            example: None,
            expect: if noticing.is_empty() { expect } else { None },
        }
    };
    Ok(found.into_iter().map(row).collect())
}

/// Finds the expectations about each rule: of live policies, or of one report-only policy.
fn cover_rules(
    analysis: &Analysis<'_>,
    what_if: Option<PolicyId>,
    concerned: &mut [Vec<ExpectationId>],
    examples: &mut Examples,
) -> Result<(), LimitExceeded> {
    let (model, limits) = (analysis.model, analysis.limits());
    let all = (0..model.rules().len()).map(RuleId::new);
    let rules: Vec<RuleId> =
        all.filter(|id| analysis.matters(what_if, model.rule(*id).policy)).collect();
    let people = || model.expectations().iter().filter_map(|one| one.scope.people.as_ref());
    let mut editable = EditableModel::new(model, what_if, &[], limits, people())?;
    let mut relevance = Relevance::new(&mut editable, what_if)?;
    let count = relevance.expectations.len();
    let mut known = vec![Bits::new(count); rules.len()];
    let mut first: Vec<Option<Example>> = vec![None; rules.len()];
    editable.show_matches(&rules, |combiner, stage, number, affected| {
        if first[number].is_none() {
            first[number] = stage.example(combiner, affected, affected.users)?;
        }
        relevance.add_concerned(combiner, stage, affected, None, &mut known[number])?;
        Ok(break_if(known[number].len() == count && first[number].is_some()))
    })?;
    let mut query = Query::new(model, what_if, limits, std::iter::empty())?;
    for ((id, known), first) in rules.iter().zip(&known).zip(&first) {
        concerned[id.index()].extend(known.iter().map(|at| relevance.expectations[at].0));
        if let Some(movement) = first.as_ref().and_then(|example| editable.movement(example))
            && !examples.contains_key(id)
        {
            let decision = decision(model, what_if, &movement);
            examples.insert(*id, (query.scope_of(&movement)?, decision));
        }
    }
    Ok(())
}

/// The decision about a movement; with `what_if`, that report-only policy counts as live.
fn decision(model: &Model, what_if: Option<PolicyId>, movement: &Movement) -> Decision {
    match what_if {
        Some(policy) => judge_what_if(model, movement, policy).decision,
        None => judge(model, movement).decision,
    }
}

/// A pair of classes on a channel and a kind of device.
type Cell = (DeviceKind, Channel, LineId, LineId);

/// Adds the pairs of classes between which a scope holds movements.
fn add_cells<'a>(
    query: &mut Query<'a>,
    scope: &'a Scope,
    policy: Option<PolicyId>,
    found: &mut HashSet<Cell>,
) -> Result<(), LimitExceeded> {
    let mut space = ScopeSpace::new(query, scope, policy)?;
    space.visit(query, |space, query, pair| {
        let cell = (pair.devices.kind, pair.channel, pair.source.line, pair.target.line);
        if !found.contains(&cell) && space.holds(query, pair)? {
            found.insert(cell);
        }
        Ok(ControlFlow::Continue(()))
    })
}
