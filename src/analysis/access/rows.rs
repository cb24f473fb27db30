//! Rows of a comparison: accesses on which two models differ alike, with the statements behind both decisions.
//!
//! Takes in the accesses of each row and the statements in force on them, gives out scopes. A statement is in force
//! on every access of its row, or it is listed with the scopes in which it is.

use std::collections::BTreeMap;

use super::effects::Firing;
use super::members::{Members, OpenedNames};
use crate::access::{AccessEffect, FieldValue, Fired, RequirementPart};
use crate::analysis::engine::users::Users;
use crate::decision::RuleScope;
use crate::limits::LimitExceeded;
use crate::model::{AccessId, Fact};
use crate::vocabulary::Reason;

/// A decision of one model about accesses whose effect differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EffectSide {
    /// The effect.
    pub(crate) effect: AccessEffect,
    /// The reason for which no policy applies.
    pub(crate) reason: Option<Reason>,
    /// The conditions that lead to the effect, each with the scopes in which it fires; without any it fires for
    /// every access.
    pub(crate) fired: Vec<(Fired, Vec<RuleScope>)>,
}

/// Accesses on which two models have different effects, or enforce them differently. Differences are disjoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EffectDifference {
    /// The decisions of both models.
    pub(crate) sides: [EffectSide; 2],
    /// The values of the fact about which the models differ, in words.
    pub(crate) words: Option<String>,
}

/// The value of a part of requirements, if it asks for something, with the statements that say so, each with the
/// scopes in which it does; without any it does for every access.
pub(crate) type PartValue = Option<(FieldValue, Vec<(AccessId, Vec<RuleScope>)>)>;

/// Accesses for which two models have different requirements. Differences are disjoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RequirementDifference {
    /// Whether the requirements of each model are as strict as those of the other.
    pub(crate) meets: [bool; 2],
    /// The parts that differ, with their values in both models.
    pub(crate) parts: Vec<(RequirementPart, [PartValue; 2])>,
}

/// The differences of two models in accesses, each with scopes that hold them.
#[derive(Debug, Default)]
pub(crate) struct AccessDifferences {
    pub(crate) effects: Vec<(EffectDifference, Vec<String>)>,
    pub(crate) requirements: Vec<(RequirementDifference, Vec<String>)>,
}

impl AccessDifferences {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.requirements.is_empty()
    }
}

/// A row of effects: both effects, both reasons, and the values of the fact that it is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EffectKey {
    pub(super) sides: [(AccessEffect, Option<Reason>); 2],
    pub(super) words: Option<String>,
}

/// A row of requirements: how they compare, and the parts that differ.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RequirementKey {
    pub(super) meets: [bool; 2],
    pub(super) parts: Vec<(RequirementPart, [Option<FieldValue>; 2])>,
}

/// The accesses of a row of effects.
#[derive(Default)]
pub(super) struct EffectRow {
    /// By tests of facts.
    pub(super) parts: BTreeMap<String, Members>,
    /// All of them, whatever the facts are.
    pub(super) all: Members,
    /// By model: the conditions that lead to the effect, in the order of facts.
    pub(super) fired: [BTreeMap<(Fact, Fired), FiredIn>; 2],
}

/// The accesses of a row for which a condition fires.
pub(super) struct FiredIn {
    /// The tests that hold for the values for which it fires, as alternatives.
    tests: Vec<String>,
    /// Whether it fires for all values of the row, where its policy applies.
    is_always: bool,
    members: Members,
}

/// The accesses of a row of requirements.
#[derive(Default)]
pub(super) struct RequirementRow {
    pub(super) all: Members,
    /// By model: the statements that say the value of a part.
    pub(super) by: [BTreeMap<(RequirementPart, AccessId), Members>; 2],
}

impl FiredIn {
    /// A condition that fires nowhere yet, with the tests of the values for which it fires.
    pub(super) fn new(tests: Vec<String>) -> Self {
        Self { tests, is_always: true, members: Members::default() }
    }

    /// Notes for which facts it fires on accesses to which its policy applies; gives these where there are any.
    pub(super) fn note(&mut self, firing: Firing) -> Option<&mut Members> {
        self.is_always &= firing == Firing::Always;
        (firing != Firing::Never).then_some(&mut self.members)
    }
}

/// The names by which accesses are told.
pub(super) struct RowNames<'n> {
    pub(super) people: &'n [&'n str],
    pub(super) apps: &'n OpenedNames,
}

impl RowNames<'_> {
    /// The rows of effects with their scopes.
    pub(super) fn effects(
        &self,
        users: &mut Users,
        rows: BTreeMap<EffectKey, EffectRow>,
    ) -> Result<Vec<(EffectDifference, Vec<String>)>, LimitExceeded> {
        let mut found = Vec::with_capacity(rows.len());
        for (EffectKey { sides: [old, new], words }, row) in rows {
            let mut scopes = Vec::new();
            for (when, members) in &row.parts {
                let own = members.scopes(users, self.people, self.apps)?.into_iter();
                scopes.extend(own.map(|scope| format!("{scope}{}", clause(when))));
            }
            let [of_old, of_new] = &row.fired;
            let sides = [
                self.side(users, old, (&row.all, of_old))?,
                self.side(users, new, (&row.all, of_new))?,
            ];
            found.push((EffectDifference { sides, words }, scopes));
        }
        Ok(found)
    }

    fn side(
        &self,
        users: &mut Users,
        (effect, reason): (AccessEffect, Option<Reason>),
        (all, conditions): (&Members, &BTreeMap<(Fact, Fired), FiredIn>),
    ) -> Result<EffectSide, LimitExceeded> {
        let mut fired = Vec::new();
        for ((_, one), FiredIn { tests, is_always, members }) in conditions {
            if members.is_empty() {
                continue;
            }
            let tests = if *is_always { &[][..] } else { tests };
            fired.push((*one, self.within(users, all, (members, tests))?));
        }
        Ok(EffectSide { effect, reason, fired })
    }

    /// The rows of requirements with their scopes.
    pub(super) fn requirements(
        &self,
        users: &mut Users,
        rows: BTreeMap<RequirementKey, RequirementRow>,
    ) -> Result<Vec<(RequirementDifference, Vec<String>)>, LimitExceeded> {
        let mut found = Vec::with_capacity(rows.len());
        for (RequirementKey { meets, parts: values }, row) in rows {
            let scopes = row.all.scopes(users, self.people, self.apps)?;
            let mut parts = Vec::with_capacity(values.len());
            for (part, [old, new]) in values {
                let [of_old, of_new] = &row.by;
                let values = [
                    self.value(users, (part, old), (&row.all, of_old))?,
                    self.value(users, (part, new), (&row.all, of_new))?,
                ];
                parts.push((part, values));
            }
            found.push((RequirementDifference { meets, parts }, scopes));
        }
        Ok(found)
    }

    fn value(
        &self,
        users: &mut Users,
        (part, value): (RequirementPart, Option<FieldValue>),
        (all, by): (&Members, &BTreeMap<(RequirementPart, AccessId), Members>),
    ) -> Result<PartValue, LimitExceeded> {
        let Some(value) = value else { return Ok(None) };
        let mut statements = Vec::new();
        for ((_, id), members) in by.iter().filter(|((own, _), _)| *own == part) {
            statements.push((*id, self.within(users, all, (members, &[]))?));
        }
        Ok(Some((value, statements)))
    }

    /// The scopes of some members of a row under tests of facts, which are alternatives; none where these are all
    /// accesses of the row.
    fn within(
        &self,
        users: &mut Users,
        all: &Members,
        (members, tests): (&Members, &[String]),
    ) -> Result<Vec<RuleScope>, LimitExceeded> {
        let is_of_all = members == all;
        if is_of_all && tests.is_empty() {
            return Ok(Vec::new());
        }
        let tests = if tests.is_empty() { &[String::new()][..] } else { tests };
        let mut found = Vec::new();
        for scope in members.scopes(users, self.people, self.apps)? {
            found.extend(tests.iter().map(|when| {
                let when = clause(when);
                let clauses = if is_of_all { when.trim_start() } else { &format!("{scope}{when}") };
                RuleScope { clauses: clauses.to_owned(), scope: format!("{scope}{when}") }
            }));
        }
        if is_of_all {
            // Each test is told once, whatever the number of scopes.
            found.sort_by(|one, other| one.clauses.cmp(&other.clauses));
        }
        Ok(found)
    }
}

/// Tests of facts as a clause with a blank in front; empty where there are none.
fn clause(tests: &str) -> String {
    if tests.is_empty() { String::new() } else { format!(" when {tests}") }
}
