//! Expectations about accesses: do they hold?
//!
//! Takes in a model with its expectations, gives out a verdict for each. The effect on an access is the
//! strictest over facts, and conditions ask for one fact each: so the least and the greatest effect of a
//! scope are found fact by fact, and no product of facts is walked. Users are conditions throughout.

use std::collections::BTreeMap;

use serde::Serialize;

use super::cells::{Cell, FactCells};
use super::space::{AccessSpace, Opened, applying, until, when_text};
use crate::access::{AccessAnswer, AccessEffect, AppAccess, Facts, RequirementPart, Requirements};
use crate::analysis::engine::naming::{Naming, names_of_users};
use crate::analysis::engine::query::{Query, SharedQueries};
use crate::analysis::subject::Analysis;
use crate::dd::Cond;
use crate::interpret::{judge_access, judge_access_what_if};
use crate::limits::LimitExceeded;
use crate::model::{
    Access, AccessClaim, AccessExpectation, AccessKind, Fact, Model, PolicyId, Requirement, UsersId,
};
use crate::movement::Context;
use crate::table::Device;
use crate::vocabulary::{Platforms, Reason};

/// The outcome of one expectation about accesses.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AccessExpectationResult {
    /// Its position among the expectations about accesses.
    #[serde(skip)]
    pub expectation: usize,
    /// Its canonical text.
    pub text: String,
    /// The file that it stands in.
    pub file: String,
    /// The line on which it begins.
    pub line: usize,
    /// The policy that it stands in.
    pub policy: Option<String>,
    /// Whether it holds.
    #[serde(flatten)]
    pub verdict: AccessVerdict,
}

/// Whether an expectation about accesses holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
#[non_exhaustive]
pub enum AccessVerdict {
    /// It holds for every access in its scope.
    Holds,
    /// It does not hold for this access.
    Fails(AccessCounterexample),
    /// Its scope holds no access.
    Empty,
    /// It was not decided: a limit was met. Nothing is known of whether it holds.
    Limit(LimitExceeded),
}

/// An access for which an expectation does not hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct AccessCounterexample {
    /// The access as a scope that holds it and nothing else.
    pub scope: String,
    /// The decision about it.
    pub answer: AccessAnswer,
    /// Of a requirement, the fields that are laxer than claimed, as `.mam` text names them.
    pub lacks: Vec<&'static str>,
    /// How to leave such accesses out, or to make the claim true.
    pub advice: Option<String>,
}

/// The outcome of every expectation about accesses, in order.
pub(in crate::analysis) fn test(analysis: &Analysis<'_>) -> Vec<AccessExpectationResult> {
    let sources = analysis.checked.sources();
    let all = analysis.model.access_expectations();
    let people = all.iter().filter_map(|one| one.scope.people.as_ref());
    let mut queries = SharedQueries::new(analysis.model, analysis.limits(), people.collect());
    let expectations = all.iter().enumerate();
    let results = expectations.map(|(number, expectation)| {
        let AccessExpectation { policy, scope, span, .. } = expectation;
        let what_if = analysis.what_if_of(*policy);
        let verdict = queries.ask(what_if, scope.people.as_ref(), |one| check(one, expectation));
        AccessExpectationResult {
            expectation: number,
            text: expectation.text.clone(),
            file: sources.name(span.source).to_owned(),
            line: sources.position(*span).line,
            policy: policy.map(|id| analysis.model.policy(id).name.clone()),
            verdict: verdict.unwrap_or_else(AccessVerdict::Limit),
        }
    });
    results.collect()
}

/// The verdict on one expectation.
fn check(
    query: &mut Query<'_>,
    expectation: &AccessExpectation,
) -> Result<AccessVerdict, LimitExceeded> {
    let space = AccessSpace::new(query, &expectation.scope, expectation.policy)?;
    let least = query.users.example(space.within).map_or(0, |groups| groups.len());
    let (mut is_empty, mut plainest) = (true, None::<Candidate>);
    space.visit(query, |query, opened| {
        is_empty = false;
        let Some(facts) = space.facts(opened.device.platform) else { return Ok(until(false)) };
        let wrong = violating(query, &expectation.claim, &opened, facts)?;
        let managed = query.judged(opened.kind, opened.endpoint())?;
        for is_idle in [false, true] {
            let users = match is_idle {
                false => query.manager().and(wrong, managed)?,
                true => query.manager().and_not(wrong, managed)?,
            };
            let Some(groups) = query.users.example(users) else { continue };
            let rank = (is_idle, groups.len());
            if plainest.as_ref().is_none_or(|known| rank < known.rank) {
                plainest = Some(Candidate { rank, opened, groups });
            }
        }
        Ok(until(plainest.as_ref().is_some_and(|known| known.rank == (false, least))))
    })?;
    match plainest {
        _ if is_empty => Ok(AccessVerdict::Empty),
        None => Ok(AccessVerdict::Holds),
        Some(found) => {
            let facts = space.facts(found.opened.device.platform).unwrap_or_default();
            counterexample(query, expectation, &found, facts).map(AccessVerdict::Fails)
        }
    }
}

/// An access that contradicts an expectation.
struct Candidate {
    /// Whether no policy applies, and the number of groups.
    rank: (bool, usize),
    opened: Opened,
    groups: Vec<UsersId>,
}

// ---------------------------------------------------------------- violations

/// The users of the scope for whom some access contradicts a claim.
pub(super) fn violating(
    query: &mut Query<'_>,
    claim: &AccessClaim,
    opened: &Opened,
    facts: &[FactCells],
) -> Result<Cond, LimitExceeded> {
    let policies = applying(query, opened)?;
    let wrong = match claim {
        AccessClaim::Effect(AccessEffect::Allow) => {
            some_reaches(query, &policies, opened, (facts, AccessEffect::Block))?
        }
        AccessClaim::Effect(AccessEffect::Warn) => {
            let stricter = some_reaches(query, &policies, opened, (facts, AccessEffect::Block))?;
            let milder = some_stays_below(query, &policies, opened, (facts, AccessEffect::Warn))?;
            query.manager().or(stricter, milder)?
        }
        AccessClaim::Effect(effect) => {
            some_stays_below(query, &policies, opened, (facts, *effect))?
        }
        AccessClaim::Require { requirement, platforms } => {
            let met = meets(query, &policies, opened, (requirement, *platforms))?;
            query.manager().and_not(Cond::TRUE, met)?
        }
    };
    query.manager().and(opened.users, wrong)
}

/// The users for whom some access has an effect at least.
fn some_reaches(
    query: &mut Query<'_>,
    policies: &[(PolicyId, Cond)],
    opened: &Opened,
    (facts, least): (&[FactCells], AccessEffect),
) -> Result<Cond, LimitExceeded> {
    let mut found = Cond::FALSE;
    for FactCells { fact, cells } in facts {
        for cell in cells {
            let own = reached(query, policies, opened, (*fact, cell, least))?;
            found = query.manager().or(found, own)?;
        }
    }
    Ok(found)
}

/// The users for whom some access has an effect below: every fact has a value at which it does not reach it.
fn some_stays_below(
    query: &mut Query<'_>,
    policies: &[(PolicyId, Cond)],
    opened: &Opened,
    (facts, least): (&[FactCells], AccessEffect),
) -> Result<Cond, LimitExceeded> {
    let mut found = Cond::TRUE;
    for FactCells { fact, cells } in facts {
        let mut below = Cond::FALSE;
        for cell in cells {
            let reached = reached(query, policies, opened, (*fact, cell, least))?;
            let own = query.manager().and_not(Cond::TRUE, reached)?;
            below = query.manager().or(below, own)?;
        }
        found = query.manager().and(found, below)?;
    }
    Ok(found)
}

/// The users for whom a value of a fact leads to an effect at least.
fn reached(
    query: &mut Query<'_>,
    policies: &[(PolicyId, Cond)],
    opened: &Opened,
    (fact, cell, least): (Fact, &Cell, AccessEffect),
) -> Result<Cond, LimitExceeded> {
    let model = query.model;
    let reaches = |id: PolicyId| effect_of(model, id, opened, (fact, cell)) >= least;
    let users = policies.iter().filter(|(id, _)| reaches(*id)).map(|(_, when)| *when);
    query.manager().any(users)
}

/// The access statements of a policy that apply on the device.
pub(super) fn statements<'m>(
    model: &'m Model,
    policy: PolicyId,
    opened: &Opened,
) -> impl Iterator<Item = &'m Access> + use<'m> {
    let Device { platform, state } = opened.device;
    model.policy(policy).access.iter().filter(move |one| one.is_on(platform, state))
}

/// The strictest effect of a policy's conditions on a value of a fact.
fn effect_of(
    model: &Model,
    policy: PolicyId,
    opened: &Opened,
    (fact, cell): (Fact, &Cell),
) -> AccessEffect {
    let effects = statements(model, policy, opened).filter_map(|one| match &one.kind {
        AccessKind::Launch { action, condition } if condition.fact() == fact => {
            Some(cell.effect((*action, condition)))
        }
        _ => None,
    });
    effects.max().unwrap_or(AccessEffect::Allow)
}

/// The users for whom a policy applies and a requirement would add nothing to those in force.
fn meets(
    query: &mut Query<'_>,
    policies: &[(PolicyId, Cond)],
    opened: &Opened,
    (requirement, platforms): (&Requirement, Platforms),
) -> Result<Cond, LimitExceeded> {
    let device = opened.device;
    if !platforms.contains(device.platform) {
        return Ok(Cond::FALSE);
    }
    let claimed = Requirements::of(requirement, device.platform, device.state);
    let mut known = BTreeMap::from([(Requirements::NONE, Cond::TRUE)]);
    for (id, when) in policies {
        let own = required_by(query.model, *id, opened);
        let mut next = BTreeMap::new();
        for (joined, users) in known {
            let with = query.manager().and(users, *when)?;
            let without = query.manager().and_not(users, *when)?;
            for (joined, users) in [(joined.join(own), with), (joined, without)] {
                let all = next.entry(joined).or_insert(Cond::FALSE);
                *all = query.manager().or(*all, users)?;
            }
        }
        known = next.into_iter().filter(|(_, users)| !users.is_never()).collect();
    }
    let meeting = known.into_iter().filter(|(joined, _)| joined.meet(claimed));
    let meeting = query.manager().any(meeting.map(|(_, users)| users))?;
    let managed = query.judged(opened.kind, opened.endpoint())?;
    query.manager().and(meeting, managed)
}

/// The requirements of a policy on the device, joined.
fn required_by(model: &Model, policy: PolicyId, opened: &Opened) -> Requirements {
    let device = opened.device;
    let own = statements(model, policy, opened).filter_map(|one| match &one.kind {
        AccessKind::Require(requirement) => {
            Some(Requirements::of(requirement, device.platform, device.state))
        }
        AccessKind::Launch { .. } => None,
    });
    own.reduce(Requirements::join).unwrap_or_default()
}

// ---------------------------------------------------------------- counterexamples

/// An access that contradicts the claim, with as few facts as matter.
fn counterexample(
    query: &mut Query<'_>,
    expectation: &AccessExpectation,
    found: &Candidate,
    facts: &[FactCells],
) -> Result<AccessCounterexample, LimitExceeded> {
    let Candidate { opened, groups, .. } = found;
    let policies = applying(query, opened)?;
    let own = policies.iter().filter(|(_, when)| query.users.meets(*when, groups));
    let own: Vec<PolicyId> = own.map(|(id, _)| *id).collect();
    let chosen = plainest_values(query.model, &expectation.claim, &own, opened, facts);
    let Device { platform, state } = opened.device;
    let context = Context::new(query.model.attributes(), groups, platform, state);
    let access = AppAccess { app: opened.app, account: opened.account, context };
    let mut known = Facts::default();
    chosen.iter().for_each(|(fact, cell)| cell.set(*fact, &mut known));
    let judgement = match query.what_if {
        Some(id) => judge_access_what_if(query.model, &access, &known, id),
        None => judge_access(query.model, &access, &known),
    };
    let decision = judgement.decision;
    Ok(AccessCounterexample {
        scope: Naming::new(query.model).access(&access, &when_text(&chosen)),
        answer: decision.answer(&judgement.details, query.model.directory()),
        lacks: lacks(&expectation.claim, decision.requirements, opened),
        advice: advice(query.model, expectation, &access, decision.reason)
            .or_else(|| passing(query.model, &expectation.claim, &own, opened)),
    })
}

/// One value of each fact such that the claim is contradicted: where something blocks, of one fact the value
/// that does; of all others, or of all, the mildest.
fn plainest_values(
    model: &Model,
    claim: &AccessClaim,
    policies: &[PolicyId],
    opened: &Opened,
    facts: &[FactCells],
) -> Vec<(Fact, Cell)> {
    let effect = |fact: Fact, cell: &Cell| {
        let effects = policies.iter().map(|id| effect_of(model, *id, opened, (fact, cell)));
        effects.max().unwrap_or(AccessEffect::Allow)
    };
    let looks_for_block =
        matches!(claim, AccessClaim::Effect(AccessEffect::Allow | AccessEffect::Warn));
    let mut is_open = looks_for_block;
    let chosen = facts.iter().filter_map(|FactCells { fact, cells }| {
        let blocking = cells.iter().find(|cell| effect(*fact, cell) >= AccessEffect::Block);
        let mildest = || cells.iter().min_by_key(|cell| effect(*fact, cell));
        let cell = match blocking {
            Some(cell) if is_open => {
                is_open = false;
                Some(cell)
            }
            _ => mildest(),
        };
        cell.map(|cell| (*fact, cell.clone()))
    });
    chosen.collect()
}

/// The fields of a claimed requirement that are not in force.
fn lacks(claim: &AccessClaim, joined: Requirements, opened: &Opened) -> Vec<&'static str> {
    let AccessClaim::Require { requirement, .. } = claim else { return Vec::new() };
    let device = opened.device;
    let claimed = Requirements::of(requirement, device.platform, device.state);
    let needed = joined.join(claimed).effective();
    let differs = |part: &&RequirementPart| {
        needed.has(**part) != joined.has(**part) || needed.value(**part) != joined.value(**part)
    };
    let parts = RequirementPart::ALL.iter().filter(differs);
    parts.map(|part| part.word()).collect()
}

/// How to leave out accesses to which no policy applies.
fn advice(
    model: &Model,
    expectation: &AccessExpectation,
    access: &AppAccess,
    reason: Option<Reason>,
) -> Option<String> {
    let policies = || {
        let ids = expectation.policy.map_or_else(|| model.policy_ids().collect(), |id| vec![id]);
        ids.into_iter().map(|id| model.policy(id)).filter(|policy| !policy.report_only)
    };
    let name = &model.app(access.app).name;
    Some(match reason? {
        Reason::PersonalAccount | Reason::OtherOrganisation => {
            format!("no policy is for this account; `{name} as work` leaves such accounts out")
        }
        Reason::UserNotAssigned => {
            let people = policies()
                .next()
                .map(|policy| Naming::people(&names_of_users(model), &policy.people));
            format!("no policy is for this user; `for {}` leaves such users out", people?)
        }
        Reason::AppNotProtected => {
            "no policy protects this app for this user; `launch managed` leaves such apps out"
                .to_owned()
        }
        Reason::Filter => {
            "a filter keeps the policies away; `for … matching …` leaves such devices out"
                .to_owned()
        }
        Reason::Platform | Reason::DeviceState | Reason::Unsupported => {
            "no policy is for such devices; `on …` and `devices …` leave them out".to_owned()
        }
        Reason::SameApp | Reason::ForeignMovement => return None,
    })
}

/// The tests that leave out what blocks, where an expectation says that nothing does.
fn passing(
    model: &Model,
    claim: &AccessClaim,
    policies: &[PolicyId],
    opened: &Opened,
) -> Option<String> {
    if !matches!(claim, AccessClaim::Effect(AccessEffect::Allow)) {
        return None;
    }
    let here = policies.iter().flat_map(|id| statements(model, *id, opened));
    let mut tests: Vec<String> = here
        .filter_map(|one| match &one.kind {
            AccessKind::Launch { action, condition } if !AccessEffect::from(*action).lets_in() => {
                Some(format!("not {condition}"))
            }
            _ => None,
        })
        .collect();
    tests.sort();
    tests.dedup();
    (!tests.is_empty()).then(|| format!("`when {}` leaves out what blocks", tests.join(", ")))
}
