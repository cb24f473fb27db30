//! Decisions as terminals of decision diagrams, and the combining algorithms over them.
//!
//! Takes in decisions, gives them numbers, and combines functions from users to decisions: deny-overrides
//! between policies, weakest obligations between rules that allow, and fallback where no policy applies.
//! Policies and rules are not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "terminals are numbered by the combiner that fills these lists"
)]

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::attribution::weakest;
use crate::dd::{ApplyCache, Cond, Func, Manager, RestrictCache, Terminal};
use crate::decision::{Decision, Verdict};
use crate::limits::LimitExceeded;
use crate::vocabulary::{Effect, Reason};

/// The number of a decision in its [`Combiner`] or table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DecisionId(u32);

impl DecisionId {
    /// No decision: no policy applies. In the outcome of a scope it also marks users for whom the scope
    /// holds no movement.
    pub(crate) const NONE: Self = Self(0);

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl Terminal for DecisionId {
    fn number(self) -> u32 {
        self.0
    }

    fn of_number(number: u32) -> Self {
        Self(number)
    }
}

impl Terminal for Reason {
    fn number(self) -> u32 {
        // There are few reasons.
        self.index() as u32
    }

    fn of_number(number: u32) -> Self {
        Self::ALL.get(number as usize).copied().unwrap_or(Self::ForeignMovement)
    }
}

/// A function from users to decisions.
pub(crate) type Outcome = Func<DecisionId>;

/// The constant outcome "not applicable": no policy applies for any user.
pub(crate) const NOT_APPLICABLE: Outcome = Func::of_terminal(0);

/// The outcome for users for whom there is no movement. In analysis every outcome has its reason filled in,
/// so that the terminal is free for this.
pub(crate) const NO_MOVEMENT: Outcome = NOT_APPLICABLE;

type Combination = ApplyCache<DecisionId, DecisionId, DecisionId>;

/// The decisions of a set by number.
struct DecisionNumbers {
    list: Vec<Decision>,
    numbers: HashMap<Decision, DecisionId, FxBuildHasher>,
}

impl DecisionNumbers {
    fn number(&mut self, decision: Decision) -> DecisionId {
        // Few: four for each limit on characters that rules set, and one for each reason.
        let next = DecisionId(self.list.len() as u32);
        *self.numbers.entry(decision).or_insert_with(|| {
            self.list.push(decision);
            next
        })
    }
}

/// A manager of decision diagrams whose terminals are decisions.
pub(crate) struct Combiner {
    pub(crate) manager: Manager,
    decisions: DecisionNumbers,
    deny_overrides: Combination,
    weakest_obligations: Combination,
    or_else: Combination,
    /// By verdicts: their join.
    joined: HashMap<Vec<(Cond, Outcome)>, Outcome, FxBuildHasher>,
    restricted: RestrictCache,
}

impl Combiner {
    pub(crate) fn new(manager: Manager) -> Self {
        let decisions = DecisionNumbers {
            // A placeholder: nobody asks for the decision of `NONE`.
            list: vec![Decision::not_enforced(Reason::AppNotProtected)],
            numbers: HashMap::default(),
        };
        Self {
            manager,
            decisions,
            deny_overrides: Combination::default(),
            weakest_obligations: Combination::default(),
            or_else: Combination::default(),
            joined: HashMap::default(),
            restricted: RestrictCache::default(),
        }
    }

    /// By number: the decisions. That of [`DecisionId::NONE`] is none.
    pub(crate) fn decisions(&self) -> &[Decision] {
        &self.decisions.list
    }

    /// The decision of a number.
    pub(crate) fn decision(&self, id: DecisionId) -> Decision {
        self.decisions.list[id.index()]
    }

    /// The number of a decision.
    pub(crate) fn number(&mut self, decision: Decision) -> DecisionId {
        self.decisions.number(decision)
    }

    /// One decision for every user.
    pub(crate) fn constant(&mut self, decision: Decision) -> Outcome {
        Func::constant(self.number(decision))
    }

    /// One verdict for the users who meet a condition; not applicable to others.
    pub(crate) fn verdict(
        &mut self,
        when: Cond,
        verdict: Verdict,
    ) -> Result<Outcome, LimitExceeded> {
        let outcome = self.constant(Decision::enforced(verdict));
        self.manager.ite(when, outcome, NOT_APPLICABLE)
    }

    /// The outcome of two policies: deny-overrides, and all limits of both.
    pub(crate) fn deny_overrides(
        &mut self,
        a: Outcome,
        b: Outcome,
    ) -> Result<Outcome, LimitExceeded> {
        let Self { manager, decisions, deny_overrides, .. } = self;
        combine(manager, decisions, deny_overrides, [a, b], Verdict::join)
    }

    /// The outcome of the policies that apply, each with its users and its own outcome. Equal outcomes are
    /// joined first: what is left has one diagram for each outcome, whatever the number of policies.
    pub(crate) fn joined(
        &mut self,
        mut verdicts: Vec<(Cond, Outcome)>,
    ) -> Result<Outcome, LimitExceeded> {
        verdicts.sort_unstable_by_key(|(when, outcome)| (*outcome, *when));
        if let Some(known) = self.joined.get(&verdicts) {
            return Ok(*known);
        }
        let mut found = NOT_APPLICABLE;
        for alike in verdicts.chunk_by(|(_, a), (_, b)| a == b) {
            let users = self.manager.any(alike.iter().map(|(when, _)| *when))?;
            let outcome = alike.first().map_or(NOT_APPLICABLE, |(_, outcome)| *outcome);
            let outcome = self.manager.ite(users, outcome, NOT_APPLICABLE)?;
            found = self.deny_overrides(found, outcome)?;
        }
        self.joined.insert(verdicts, found);
        Ok(found)
    }

    /// A plain outcome that is equal for some users, and arbitrary for the others.
    pub(crate) fn restricted(
        &mut self,
        outcome: Outcome,
        users: Cond,
    ) -> Result<Outcome, LimitExceeded> {
        self.manager.restrict(outcome, users, &mut self.restricted)
    }

    /// The outcome of two rules of one policy that allow: of each kind of limit the weakest.
    pub(crate) fn weakest_obligations(
        &mut self,
        a: Outcome,
        b: Outcome,
    ) -> Result<Outcome, LimitExceeded> {
        let Self { manager, decisions, weakest_obligations, .. } = self;
        combine(manager, decisions, weakest_obligations, [a, b], |a, b| Verdict {
            effect: Effect::Allow,
            obligations: weakest(a.obligations, b.obligations),
        })
    }

    /// The first outcome, and where it is not applicable the second.
    pub(crate) fn or_else(&mut self, a: Outcome, b: Outcome) -> Result<Outcome, LimitExceeded> {
        if a == NOT_APPLICABLE {
            return Ok(b);
        }
        let first = |a, b| if a == DecisionId::NONE { b } else { a };
        self.manager.apply(a, b, &mut self.or_else, first)
    }

    /// The decisions of users to whom no policy applies, from their reasons.
    pub(crate) fn not_enforced(&mut self, reasons: Func<Reason>) -> Result<Outcome, LimitExceeded> {
        let Self { manager, decisions, .. } = self;
        manager.map(reasons, |reason| decisions.number(Decision::not_enforced(reason)))
    }

    /// Whether `after` allows a movement for some user for whom `before` blocks it.
    pub(crate) fn is_looser(
        &mut self,
        before: Outcome,
        after: Outcome,
    ) -> Result<bool, LimitExceeded> {
        let passes: Vec<bool> = self.decisions().iter().map(|one| !one.is_blocked()).collect();
        let opens = |a: DecisionId, b: DecisionId| !passes[a.index()] && passes[b.index()];
        let opened = self.manager.apply(before, after, &mut ApplyCache::default(), opens)?;
        Ok(!opened.is_never())
    }

    /// The decisions of an outcome, each with the users who get it.
    pub(crate) fn parts(
        &mut self,
        outcome: Outcome,
    ) -> Result<Vec<(DecisionId, Cond)>, LimitExceeded> {
        let ids = self.manager.terminals(outcome).into_iter();
        ids.map(|id| Ok((id, self.manager.preimage(outcome, |one| one == id)?))).collect()
    }
}

/// Combines two outcomes verdict by verdict; an outcome that is not applicable is neutral.
fn combine(
    manager: &mut Manager,
    decisions: &mut DecisionNumbers,
    cache: &mut Combination,
    [a, b]: [Outcome; 2],
    with: impl Fn(Verdict, Verdict) -> Verdict,
) -> Result<Outcome, LimitExceeded> {
    match (a, b) {
        (NOT_APPLICABLE, other) | (other, NOT_APPLICABLE) => return Ok(other),
        _ if a == b => return Ok(a),
        _ => {}
    }
    manager.apply(a, b, cache, |a: DecisionId, b: DecisionId| {
        if a == DecisionId::NONE || b == DecisionId::NONE || a == b {
            return a.max(b);
        }
        let [one, other] = [a, b].map(|id| decisions.list[id.index()].verdict);
        decisions.number(Decision::enforced(with(one, other)))
    })
}
