//! What became of many requests, counted.
//!
//! Takes in movements that a table has resolved, counts them by channel and by who decided, and tells
//! where another table decides otherwise. Needs memory for what tables tell apart, not for requests.

#![allow(clippy::indexing_slicing, reason = "counters are made for the table whose ids they count")]

use std::collections::HashMap;

use mam::decision::{Determining, Verdict};
use mam::table::Case;
use mam::{Channel, Decision, Effect, Resolved, Table};
use rustc_hash::FxBuildHasher;
use serde::Serialize;

use crate::stream::BadRequest;

/// More cases than this are not kept in mind: who decided them is worked out, and they are forgotten.
const CASES: usize = 1 << 16;

/// How many lines are shown of those that could not be answered, and of those that changed.
const EXAMPLES: usize = 10;

/// Decisions, by what they say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Outcomes {
    pub(crate) block: u64,
    /// Allowed within limits.
    pub(crate) limited: u64,
    pub(crate) allow: u64,
    pub(crate) not_enforced: u64,
}

impl Outcomes {
    fn count(&mut self, decision: Decision) {
        let own = match decision {
            one if one.effect() == Effect::Block => &mut self.block,
            one if !one.is_enforced() => &mut self.not_enforced,
            one if one.verdict != Verdict::FREE => &mut self.limited,
            _ => &mut self.allow,
        };
        *own += 1;
    }

    fn add(&mut self, other: Self) {
        self.block += other.block;
        self.limited += other.limited;
        self.allow += other.allow;
        self.not_enforced += other.not_enforced;
    }

    pub(crate) fn sum(self) -> u64 {
        self.block + self.limited + self.allow + self.not_enforced
    }
}

/// How often somebody decided so.
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

/// How a decision differs from the other table's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Change {
    NewlyBlocked,
    NewlyAllowed,
    /// Allowed as before, within other limits, or enforced where it was not, or the other way round.
    Otherwise,
}

/// How many differ.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Changes {
    pub(crate) newly_blocked: u64,
    pub(crate) newly_allowed: u64,
    pub(crate) otherwise: u64,
    /// Answered by one of the two tables only.
    pub(crate) incomparable: u64,
}

impl Changes {
    pub(crate) fn any(self) -> bool {
        self != Self::default()
    }

    fn add(&mut self, other: Self) {
        self.newly_blocked += other.newly_blocked;
        self.newly_allowed += other.newly_allowed;
        self.otherwise += other.otherwise;
        self.incomparable += other.incomparable;
    }
}

/// A line that shows a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Example {
    pub(crate) line: u64,
    pub(crate) change: Change,
    pub(crate) request: String,
}

/// All that is counted of the requests of one stream, or of some of its pieces.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// By channel.
    pub(crate) channels: Vec<Outcomes>,
    /// By policy, those that only report included.
    pub(crate) policies: Vec<Decided>,
    /// By rule.
    pub(crate) rules: Vec<u64>,
    /// How many could not be answered, with the first of them.
    pub(crate) unanswered: u64,
    pub(crate) errors: Vec<(u64, BadRequest)>,
    /// By channel.
    pub(crate) changes: Vec<Changes>,
    pub(crate) examples: Vec<Example>,
    cases: HashMap<Case, (Resolved, u64), FxBuildHasher>,
}

impl Tally {
    /// Nothing, of requests to this table.
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

    /// Counts a decision.
    pub(crate) fn count(&mut self, table: &Table, movement: &Resolved, on: Channel) -> Decision {
        let decision = table.decide(movement);
        self.channels[on.index()].count(decision);
        self.cases.entry(table.case(movement)).or_insert((*movement, 0)).1 += 1;
        if self.cases.len() > CASES {
            self.settle(table);
        }
        decision
    }

    /// Works out who decided what was counted.
    pub(crate) fn settle(&mut self, table: &Table) {
        let cases = std::mem::take(&mut self.cases);
        cases.into_values().for_each(|(movement, times)| {
            let Determining { by, report_only, .. } = table.determining(&movement);
            let mut determining = [by, report_only].concat();
            for cause in &determining {
                if let Some(rule) = cause.rule {
                    self.rules[rule.index()] += times;
                }
            }
            // A policy that decides by several rules, or on both sides, decides once.
            determining.sort_unstable_by_key(|cause| cause.policy);
            determining.dedup_by_key(|cause| cause.policy);
            for cause in determining {
                self.policies[cause.policy.index()].count(cause.effect, times);
            }
        });
    }

    /// Counts a request that could not be answered.
    pub(crate) fn refuse(&mut self, line: u64, error: BadRequest) {
        self.unanswered += 1;
        if self.errors.len() < EXAMPLES {
            self.errors.push((line, error));
        }
    }

    /// Compares a decision with the other table's, which is none where that one cannot answer.
    pub(crate) fn compare(
        &mut self,
        [was, is]: [Option<Decision>; 2],
        on: Channel,
        line: u64,
        request: &[u8],
    ) {
        let changes = &mut self.changes[on.index()];
        let change = match (was, is) {
            (Some(was), Some(is)) if was == is => return,
            (Some(was), Some(is)) => match (was.effect(), is.effect()) {
                (Effect::Allow, Effect::Block) => Change::NewlyBlocked,
                (Effect::Block, Effect::Allow) => Change::NewlyAllowed,
                _ => Change::Otherwise,
            },
            (None, None) => return,
            _ => {
                changes.incomparable += 1;
                return;
            }
        };
        match change {
            Change::NewlyBlocked => changes.newly_blocked += 1,
            Change::NewlyAllowed => changes.newly_allowed += 1,
            Change::Otherwise => changes.otherwise += 1,
        }
        if self.examples.len() < EXAMPLES {
            let request = String::from_utf8_lossy(request.trim_ascii()).into_owned();
            self.examples.push(Example { line, change, request });
        }
    }

    /// Adds what was counted elsewhere; both are settled.
    pub(crate) fn add(&mut self, other: Self) {
        self.channels.iter_mut().zip(other.channels).for_each(|(own, one)| own.add(one));
        self.changes.iter_mut().zip(other.changes).for_each(|(own, one)| own.add(one));
        self.rules.iter_mut().zip(other.rules).for_each(|(own, one)| *own += one);
        self.policies.iter_mut().zip(other.policies).for_each(|(own, one)| {
            own.block += one.block;
            own.allow += one.allow;
        });
        self.unanswered += other.unanswered;
        self.errors.extend(other.errors);
        self.errors.sort();
        self.errors.truncate(EXAMPLES);
        self.examples.extend(other.examples);
        self.examples.sort_by_key(|example| example.line);
        self.examples.truncate(EXAMPLES);
    }

    /// How many requests were answered.
    pub(crate) fn answered(&self) -> u64 {
        self.channels.iter().map(|channel| channel.sum()).sum()
    }

    /// Everything that differs from the other table.
    pub(crate) fn all_changes(&self) -> Changes {
        let mut all = Changes::default();
        self.changes.iter().for_each(|one| all.add(*one));
        all
    }
}
