//! Tables of accesses: for whom and where the facts decide alike, and how.
//!
//! Takes in a scope, gives out parts: accesses that no policy tells apart, with an interval of one fact for
//! each row, all others at rest. Rows that allow are left out.

use serde::Serialize;

use super::cells::{FactCells, has_intervals};
use super::members::{Members, OpenedNames};
use super::space::{AccessSpace, Opened, applying, until};
use super::texts::tests;
use crate::access::{AccessEffect, AppAccess, Facts, Fired, FiredAnswer, RequirementsAnswer};
use crate::analysis::engine::naming::names_of_users;
use crate::analysis::engine::query::Query;
use crate::dd::Cond;
use crate::interpret::{AccessJudgement, judge_access};
use crate::limits::LimitExceeded;
use crate::model::{AccessId, AccessScope, Fact, Model, PolicyId, UsersId};
use crate::movement::Context;
use crate::vocabulary::Reason;

/// Accesses of a scope that are decided alike, whatever the facts are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccessPart {
    /// The accesses, as scopes.
    pub scopes: Vec<String>,
    /// Whether some policy applies.
    pub enforced: bool,
    /// The reason for which none applies.
    pub reason: Option<Reason>,
    /// The values of facts that lead to something else than `allow`, fact by fact.
    pub rows: Vec<AccessRow>,
    /// What is required.
    pub requirements: RequirementsAnswer,
}

/// Values of one fact that are decided alike, where all other facts are at rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccessRow {
    /// The tests that hold for these values and no other.
    pub when: String,
    /// The effect.
    pub effect: AccessEffect,
    /// The conditions that fire.
    pub fired: Vec<FiredAnswer>,
}

/// The parts of a scope: as few as policies tell apart; with a policy, of what the scope means in an expectation that
/// stands in the policy.
pub(in crate::analysis) fn parts(
    query: &mut Query<'_>,
    scope: &AccessScope,
    policy: Option<PolicyId>,
) -> Result<Vec<AccessPart>, LimitExceeded> {
    let space = AccessSpace::new(query, scope, policy)?;
    let names = OpenedNames::of(query.model);
    let mut parts: Vec<(AccessPart, Members)> = Vec::new();
    space.visit(query, |query, opened| {
        let Some(number) = names.number(&opened) else { return Ok(until(false)) };
        for (users, example) in user_kinds(query, &opened)? {
            let part = part(query.model, &opened, example, &space);
            let at = parts.iter().position(|(known, _)| *known == part);
            let at = at.unwrap_or_else(|| {
                parts.push((part, Members::default()));
                parts.len() - 1
            });
            if let Some((_, members)) = parts.get_mut(at) {
                members.add(&mut query.users, opened.device, number, users)?;
            }
        }
        Ok(until(false))
    })?;
    let (people, when) = (names_of_users(query.model), space.when());
    let named = parts.into_iter().map(|(part, members)| {
        let mut scopes = members.scopes(&mut query.users, &people, &names)?;
        scopes.iter_mut().for_each(|scope| scope.push_str(&when));
        Ok(AccessPart { scopes, ..part })
    });
    named.collect()
}

/// The users of an access in kinds for whom the same policies apply, or none for the same reason, each with the
/// groups of one of them.
fn user_kinds(
    query: &mut Query<'_>,
    opened: &Opened,
) -> Result<Vec<(Cond, Vec<UsersId>)>, LimitExceeded> {
    let mut conditions: Vec<Cond> =
        applying(query, opened)?.into_iter().map(|(_, when)| when).collect();
    conditions.push(query.judged(opened.kind, opened.endpoint())?);
    conditions
        .extend(query.reasons(opened.kind, opened.endpoint())?.into_iter().map(|(_, when)| when));
    let kinds = query.users.kinds(opened.users, conditions)?;
    let example = |users: Cond| Some((users, query.users.example(users)?));
    Ok(kinds.into_iter().filter_map(example).collect())
}

/// The part of an access for a user in some groups, without its scopes.
fn part(
    model: &Model,
    opened: &Opened,
    users: Vec<UsersId>,
    space: &AccessSpace<'_>,
) -> AccessPart {
    let platform = opened.device.platform;
    let context = Context::new(model.attributes(), &users, platform, opened.device.state);
    let access = AppAccess { app: opened.app, account: opened.account, context };
    let decide = |facts: &Facts<'_>| judge_access(model, &access, facts);
    let plain = decide(&Facts::default());
    // Without any fact, those are unknown that a condition in force asks for. No other makes a difference.
    let asked = plain.decision.unknown;
    let plain = plain.decision.answer(&plain.details, model.directory());
    let facts = space.facts(platform).unwrap_or_default().iter().zip(&space.all);
    let facts = facts.filter(|(_, all)| asked.contains(all.fact));
    let rows = facts.flat_map(|(left, all)| rows(model, left, all, &decide)).collect();
    AccessPart {
        scopes: Vec::new(),
        enforced: plain.enforced,
        reason: plain.reason,
        rows,
        requirements: plain.requirements,
    }
}

/// The rows of one fact: neighbouring intervals that are decided alike are one row, and so are words. What other facts do without
/// a value is told in rows of their own. `left` are the cells of the scope among `all`.
fn rows(
    model: &Model,
    left: &FactCells,
    all: &FactCells,
    decide: &dyn Fn(&Facts<'_>) -> AccessJudgement,
) -> Vec<AccessRow> {
    let mut found: Vec<(Vec<usize>, Vec<Fired>)> = Vec::new();
    for (at, cell) in all.cells.iter().enumerate().filter(|(_, cell)| left.cells.contains(cell)) {
        let mut fired = decide(&cell.facts(all.fact)).details.fired;
        fired.retain(|one| fact_of(model, one.statement) == Some(all.fact));
        if fired.is_empty() {
            continue;
        }
        let joins =
            |run: &[usize]| !has_intervals(all.fact) || run.last().map(|last| last + 1) == Some(at);
        match found.iter_mut().find(|(run, known)| joins(run) && *known == fired) {
            Some((run, _)) => run.push(at),
            None => found.push((vec![at], fired)),
        }
    }
    let row = |(run, fired): (Vec<usize>, Vec<Fired>)| {
        let wanted = (0..all.cells.len()).map(|at| run.contains(&at)).collect();
        let texts = tests(all, &wanted).into_iter();
        texts.map(move |(when, _)| AccessRow {
            when,
            effect: fired.iter().map(|one| one.effect).max().unwrap_or(AccessEffect::Allow),
            fired: FiredAnswer::list(&fired, model.directory()),
        })
    };
    found.into_iter().flat_map(row).collect()
}

/// The fact that a launch condition asks for.
fn fact_of(model: &Model, statement: AccessId) -> Option<Fact> {
    let policy = model.policy(model.directory().access(statement).policy);
    let mut own = policy.access.iter();
    own.find(|one| one.id == statement)?.fact()
}
