//! Counters of decisions: by channel, policy and rule.
//!
//! Takes in movements that a table has resolved, and the decisions of another table to compare with. Memory
//! grows with the distinct cases of the table, and not with the requests. Does not know where requests
//! come from, or how counters are shown.

#![allow(clippy::indexing_slicing, reason = "counters are made for the table whose ids they count")]

use std::collections::{BTreeMap, HashMap};

use mam::decision::{Determining, Verdict};
use mam::model::{FactSet, PolicyId};
use mam::table::Case;
use mam::vocabulary::Side;
use mam::{AccessDecision, AccessEffect, Channel, Decision, Effect, Reason, Resolved, Table};
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use crate::input::groups::UnknownIn;
use crate::input::requests::BadRequest;

/// Number of cases from which [`Counters::attribute`] is called, to bound memory.
const CASES: usize = 1 << 16;

/// Number of examples that are kept of unanswered requests, and of changed decisions.
pub(crate) const EXAMPLES: usize = 10;

/// Number of decisions by effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Outcomes {
    pub(crate) block: u64,
    /// Allowed within limits.
    pub(crate) limited: u64,
    pub(crate) allow: u64,
    pub(crate) not_enforced: u64,
}

impl Outcomes {
    fn count(&mut self, decision: Decision, times: u64) {
        let own = match decision {
            one if one.effect() == Effect::Block => &mut self.block,
            one if !one.is_enforced() => &mut self.not_enforced,
            one if one.verdict != Verdict::FREE => &mut self.limited,
            _ => &mut self.allow,
        };
        *own += times;
    }

    fn add(&mut self, other: Self) {
        self.block += other.block;
        self.limited += other.limited;
        self.allow += other.allow;
        self.not_enforced += other.not_enforced;
    }

    /// Number of all decisions.
    pub(crate) fn sum(self) -> u64 {
        self.block + self.limited + self.allow + self.not_enforced
    }
}

/// Number of decisions about accesses by effect.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct AccessOutcomes {
    pub(crate) wipe: u64,
    pub(crate) block: u64,
    pub(crate) warn: u64,
    pub(crate) allow: u64,
    pub(crate) not_enforced: u64,
    /// Of all of these, those without facts that conditions ask for.
    pub(crate) unknown: u64,
}

impl AccessOutcomes {
    fn count(&mut self, decision: &AccessDecision, times: u64) {
        let own = match decision.effect {
            _ if !decision.is_enforced() => &mut self.not_enforced,
            AccessEffect::Wipe => &mut self.wipe,
            AccessEffect::Block => &mut self.block,
            AccessEffect::Warn => &mut self.warn,
            _ => &mut self.allow,
        };
        *own += times;
        self.unknown += if decision.unknown == FactSet::NONE { 0 } else { times };
    }

    fn add(&mut self, other: Self) {
        self.wipe += other.wipe;
        self.block += other.block;
        self.warn += other.warn;
        self.allow += other.allow;
        self.not_enforced += other.not_enforced;
        self.unknown += other.unknown;
    }

    /// Number of all decisions.
    pub(crate) const fn sum(self) -> u64 {
        self.wipe + self.block + self.warn + self.allow + self.not_enforced
    }
}

/// Number of decisions that a policy determined.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Decided {
    pub(crate) block: u64,
    pub(crate) allow: u64,
}

impl Decided {
    fn count(&mut self, effect: Effect, times: u64) {
        match effect {
            Effect::Block => self.block += times,
            Effect::Allow => self.allow += times,
        }
    }
}

/// Difference between the decisions of two tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    NewlyBlocked,
    NewlyAllowed,
    /// Allowed by both, within other limits, or enforced by one of them only.
    Otherwise,
}

/// Number of decisions that differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Changes {
    pub(crate) newly_blocked: u64,
    pub(crate) newly_allowed: u64,
    pub(crate) otherwise: u64,
    /// Answered by one of the tables only.
    pub(crate) incomparable: u64,
}

impl Changes {
    /// Whether anything differs.
    pub(crate) fn any(self) -> bool {
        self != Self::default()
    }

    /// Counts the change between two decisions, if both tables answer and differ.
    fn count<D: PartialEq>(
        &mut self,
        decisions: [Option<D>; 2],
        is_allowed: fn(&D) -> bool,
        times: u64,
    ) -> Option<Change> {
        let [was, is] = decisions;
        let (was, is) = match (was, is) {
            (Some(was), Some(is)) => (was, is),
            (None, None) => return None,
            _ => {
                self.incomparable += times;
                return None;
            }
        };
        if was == is {
            return None;
        }
        let (change, own) = match (is_allowed(&was), is_allowed(&is)) {
            (true, false) => (Change::NewlyBlocked, &mut self.newly_blocked),
            (false, true) => (Change::NewlyAllowed, &mut self.newly_allowed),
            _ => (Change::Otherwise, &mut self.otherwise),
        };
        *own += times;
        Some(change)
    }

    fn add(&mut self, other: Self) {
        self.newly_blocked += other.newly_blocked;
        self.newly_allowed += other.newly_allowed;
        self.otherwise += other.otherwise;
        self.incomparable += other.incomparable;
    }
}

/// A request that two tables decide differently, with its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Example {
    pub(crate) line: u64,
    pub(crate) change: Change,
    pub(crate) request: String,
}

/// Counters of the requests of a stream, or of some of its chunks.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// By channel.
    pub(crate) channels: Vec<Outcomes>,
    /// About accesses.
    pub(crate) accesses: AccessOutcomes,
    /// By policy, report-only policies included.
    pub(crate) policies: Vec<Decided>,
    /// By rule.
    pub(crate) rules: Vec<u64>,
    /// By default: those that determined a decision.
    pub(crate) defaults: BTreeMap<(PolicyId, Side), u64>,
    /// Groups and filters that no policy declares.
    pub(crate) unknown_names: UnknownIn,
    /// Number of requests that leave the target's account open.
    pub(crate) assumed: u64,
    /// Number of requests without an answer; below, the first of them by line.
    pub(crate) unanswered: u64,
    pub(crate) errors: Vec<(u64, BadRequest)>,
    /// By channel.
    pub(crate) changes: Vec<Changes>,
    /// About accesses.
    pub(crate) access_changes: Changes,
    pub(crate) examples: Vec<Example>,
    cases: HashMap<Case, (Resolved, u64), FxBuildHasher>,
}

impl Counters {
    /// Counters at zero for the requests to a table.
    pub(crate) fn new(table: &Table) -> Self {
        let channels = Channel::ALL.len();
        Self {
            channels: vec![Outcomes::default(); channels],
            policies: vec![Decided::default(); table.directory().policies().len()],
            rules: vec![0; table.directory().rules().len()],
            changes: vec![Changes::default(); channels],
            ..Self::default()
        }
    }

    /// Decides a movement that was asked about some times, and counts the decision.
    pub(crate) fn count(
        &mut self,
        table: &Table,
        movement: &Resolved,
        on: Channel,
        times: u64,
    ) -> Decision {
        let decision = table.decide(movement);
        self.channels[on.index()].count(decision, times);
        self.assumed += if decision.assumed.is_some() { times } else { 0 };
        self.cases.entry(table.case(movement)).or_insert_with(|| (movement.clone(), 0)).1 += times;
        if self.cases.len() > CASES {
            self.attribute(table);
        }
        decision
    }

    /// Counts the determining policies and rules of the cases gathered until now, and forgets the cases.
    pub(crate) fn attribute(&mut self, table: &Table) {
        let cases = std::mem::take(&mut self.cases);
        cases.into_values().for_each(|(movement, times)| {
            let Determining { by, report_only, .. } = table.determining(&movement);
            let mut determining = [by, report_only].concat();
            for cause in &determining {
                match cause.rule {
                    Some(rule) => self.rules[rule.index()] += times,
                    None => *self.defaults.entry((cause.policy, cause.side)).or_default() += times,
                }
            }
            // A policy that decides by several rules, or on both sides, counts once.
            determining.sort_unstable_by_key(|cause| cause.policy);
            determining.dedup_by_key(|cause| cause.policy);
            for cause in determining {
                self.policies[cause.policy.index()].count(cause.effect, times);
            }
        });
    }

    /// Counts a request without an answer.
    pub(crate) fn refuse(&mut self, line: u64, error: impl FnOnce() -> BadRequest) {
        self.unanswered += 1;
        if self.errors.len() < EXAMPLES {
            self.errors.push((line, error()));
        }
    }

    /// Compares the decisions of two tables about a movement that was asked about some times; `None` if a
    /// table cannot answer.
    pub(crate) fn compare(
        &mut self,
        [was, is]: [Option<Decision>; 2],
        on: Channel,
        times: u64,
    ) -> Option<Change> {
        let decided = [was, is].map(|one| one.map(|one| (one.verdict, one.reason)));
        let is_allowed = |(verdict, _): &(Verdict, Option<Reason>)| verdict.effect == Effect::Allow;
        self.changes[on.index()].count(decided, is_allowed, times)
    }

    /// Counts the decision about an access that was asked about some times.
    pub(crate) fn count_access(&mut self, decision: &AccessDecision, times: u64) {
        self.accesses.count(decision, times);
    }

    /// Compares the decisions of two tables about an access likewise.
    pub(crate) fn compare_access(
        &mut self,
        decisions: [Option<AccessDecision>; 2],
        times: u64,
    ) -> Option<Change> {
        self.access_changes.count(decisions, |one| one.effect.lets_in(), times)
    }

    /// Keeps a request that two tables decide differently as an example, if there are few.
    pub(crate) fn keep(&mut self, change: Change, line: u64, request: &[u8]) {
        if self.examples.len() < EXAMPLES {
            let request = String::from_utf8_lossy(request.trim_ascii()).into_owned();
            self.examples.push(Example { line, change, request });
        }
    }

    /// Adds the counters of another thread. Both have attributed all of their cases.
    pub(crate) fn add(&mut self, other: Self) {
        self.channels.iter_mut().zip(other.channels).for_each(|(own, one)| own.add(one));
        self.changes.iter_mut().zip(other.changes).for_each(|(own, one)| own.add(one));
        self.accesses.add(other.accesses);
        self.access_changes.add(other.access_changes);
        self.rules.iter_mut().zip(other.rules).for_each(|(own, one)| *own += one);
        for (default, times) in other.defaults {
            *self.defaults.entry(default).or_default() += times;
        }
        self.policies.iter_mut().zip(other.policies).for_each(|(own, one)| {
            own.block += one.block;
            own.allow += one.allow;
        });
        self.unknown_names.add(other.unknown_names);
        self.assumed += other.assumed;
        self.unanswered += other.unanswered;
        self.errors.extend(other.errors);
        self.errors.sort();
        self.errors.truncate(EXAMPLES);
        self.examples.extend(other.examples);
        self.examples.sort_by_key(|example| example.line);
        self.examples.truncate(EXAMPLES);
    }

    /// Number of answered requests.
    pub(crate) fn answered(&self) -> u64 {
        self.channels.iter().map(|channel| channel.sum()).sum::<u64>() + self.accesses.sum()
    }

    /// Number of differences on all channels, and about accesses.
    pub(crate) fn all_changes(&self) -> Changes {
        let mut all = self.access_changes;
        self.changes.iter().for_each(|one| all.add(*one));
        all
    }
}
