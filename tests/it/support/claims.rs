//! Expectations by brute force: each movement is held against each of them.
//!
//! This is the reading of the language reference's "Expectations" that the analysis must agree with.
//! It asks the interpreter whether a scope holds a movement and knows itself what a policy block adds.

use std::collections::HashMap;

use mam::analysis::{Analysis, Counterexample, ExpectationResult, Verdict};
use mam::interpret::{self, Judgement, Standing};
use mam::model::{self, AccountReading, EndpointSet, Expectation, Model, PolicyId, RuleId, Term};
use mam::movement::{Context, Endpoint, Movement};
use mam::vocabulary::{Channel, Effect, Reason, Side};
use mam::{Checked, Decision};

use super::universe;

/// An expectation and what came of it.
pub(crate) struct Claim<'m> {
    model: &'m Model,
    pub(crate) expectation: &'m Expectation,
    /// The policy that counts as live, where the expectation stands in one that only reports.
    guest: Option<PolicyId>,
    pub(crate) movements: usize,
    pub(crate) counterexample: Option<(Movement, Judgement)>,
}

/// What a policy has to do with an end in the context at hand.
pub(crate) type Standings = HashMap<(PolicyId, Endpoint), Standing>;

impl<'m> Claim<'m> {
    pub(crate) fn new(model: &'m Model, expectation: &'m Expectation) -> Self {
        let guest = expectation.policy.filter(|id| model.policy(*id).report_only);
        Self { model, expectation, guest, movements: 0, counterexample: None }
    }

    /// The rules that match a movement of which the expectation speaks.
    pub(crate) fn rules_spoken_of(
        &self,
        movement: &Movement,
        standings: &mut Standings,
    ) -> Vec<RuleId> {
        let scope = &self.expectation.scope;
        if !interpret::scope_holds(self.model, scope, movement, self.guest)
            || !self.is_meant(movement, standings)
        {
            return Vec::new();
        }
        let live = || interpret::judge(self.model, movement);
        let judgement = self
            .guest
            .map_or_else(live, |guest| interpret::judge_what_if(self.model, movement, guest));
        let heard = judgement.policies.iter().filter(|one| {
            self.guest == Some(one.policy) || !self.model.policy(one.policy).report_only
        });
        heard.flat_map(|one| one.matching.iter().copied()).collect()
    }

    pub(crate) fn hold_against(
        &mut self,
        movement: &Movement,
        live: Decision,
        standings: &mut Standings,
    ) {
        let scope = &self.expectation.scope;
        if self.counterexample.is_some()
            || !interpret::scope_holds(self.model, scope, movement, self.guest)
            || !self.is_meant(movement, standings)
        {
            return;
        }
        let judge = |guest| interpret::judge_what_if(self.model, movement, guest);
        let decision = self.guest.map_or(live, |guest| judge(guest).decision);
        // A movement inside one app under one account is no movement.
        if decision.reason == Some(Reason::SameApp) {
            return;
        }
        self.movements += 1;
        if !self.is_met(&decision) {
            let judge = || interpret::judge(self.model, movement);
            self.counterexample = Some((
                movement.clone(),
                self.guest.map_or_else(judge, |guest| {
                    interpret::judge_what_if(self.model, movement, guest)
                }),
            ));
        }
    }

    /// Whether the expectation ranges over a movement that its scope holds.
    fn is_meant(&self, movement: &Movement, standings: &mut Standings) -> bool {
        let Some(policy) = self.expectation.policy else { return true };
        let sides: &[Side] = match (&self.expectation.scope.from, movement.channel) {
            (Some(_), _) => &[Side::Source, Side::Target],
            (None, Channel::Open) => &[Side::Target],
            (None, _) => &[Side::Source],
        };
        sides.iter().any(|side| self.is_protected(policy, movement, *side, standings))
    }

    /// Whether one end is an app that the policy protects, under its work account or an account that
    /// the expectation names.
    fn is_protected(
        &self,
        policy: PolicyId,
        movement: &Movement,
        side: Side,
        standings: &mut Standings,
    ) -> bool {
        let end = match side {
            Side::Source => movement.source,
            Side::Target => movement.target,
        };
        if !matches!(end, Endpoint::App { .. }) {
            return false;
        }
        let standing = *standings
            .entry((policy, end))
            .or_insert_with(|| standing(self.model, policy, &movement.context, end));
        let names = |set: &EndpointSet| {
            set.terms.iter().any(|term| {
                let named = matches!(term.accounts, AccountReading::Named(_));
                let alone = only(set, *term);
                named && self.holds_with(side, alone, movement)
            })
        };
        match standing {
            Standing::Applies => true,
            Standing::AppWide => self.expectation.scope.side(side).is_some_and(names),
            _ => false,
        }
    }

    /// Whether the scope would hold the movement if it had this set on one side.
    fn holds_with(&self, side: Side, set: EndpointSet, movement: &Movement) -> bool {
        let mut scope = self.expectation.scope.clone();
        match side {
            Side::Source => scope.from = Some(set),
            Side::Target => scope.to = Some(set),
        }
        interpret::scope_holds(self.model, &scope, movement, self.guest)
    }

    fn is_met(&self, decision: &Decision) -> bool {
        let model::Claim::Decided { effect, obligations: asked } = self.expectation.claim else {
            return true;
        };
        let (found, limits) = (decision.verdict, decision.verdict.obligations);
        let strict_enough = asked
            .characters
            .is_none_or(|asked| limits.characters.is_some_and(|limit| limit <= asked))
            && (limits.without_content || !asked.without_content)
            && (limits.tagged || !asked.tagged);
        found.effect == effect && (effect == Effect::Block || strict_enough)
    }

    pub(crate) fn failure(&self, checked: &Checked) -> Option<String> {
        let line = checked.sources().position(self.expectation.span).line;
        let place = format!("line {line}: {}", self.expectation.text);
        if self.movements == 0 {
            return Some(format!("{place}\n    holds no movement"));
        }
        let (movement, judgement) = self.counterexample.as_ref()?;
        let words = universe::words(self.model, movement);
        let answer = serde_json::to_string(&self.answer(judgement)).unwrap();
        Some(format!("{place}\n    fails for {words}\n    {answer}"))
    }
}

impl Claim<'_> {
    fn answer(&self, judgement: &Judgement) -> mam::Answer {
        judgement.decision.answer(&judgement.determining, self.model.directory())
    }

    /// In what the analysis disagrees with what came of the expectation.
    pub(crate) fn difference(
        &self,
        analysis: &Analysis<'_>,
        checked: &Checked,
        outcome: &ExpectationResult,
    ) -> Option<String> {
        let place = format!("line {}: {}", outcome.line, outcome.text);
        let found = self.failure(checked);
        match &outcome.verdict {
            Verdict::Holds if found.is_none() => None,
            Verdict::Empty if self.movements == 0 => None,
            Verdict::Fails(_) if found.is_none() || self.movements == 0 => {
                Some(format!("{place}\n    the analysis says {:?}, but it holds", outcome.verdict))
            }
            Verdict::Fails(counterexample) => {
                let wrong = self.pasted_back(analysis, checked, counterexample)?;
                Some(format!("{place}\n    {}\n    {wrong}", counterexample.scope))
            }
            verdict => {
                Some(format!("{}\n    the analysis says {verdict:?}", found.unwrap_or(place)))
            }
        }
    }

    /// What is wrong with a counterexample when its scope is asked about again.
    fn pasted_back(
        &self,
        analysis: &Analysis<'_>,
        checked: &Checked,
        counterexample: &Counterexample,
    ) -> Option<String> {
        let scope = match checked.question(&counterexample.scope) {
            Ok(scope) => scope,
            Err(errors) => return Some(format!("the scope cannot be read: {errors}")),
        };
        let movement = match analysis.movement(&scope) {
            Ok(movement) => movement,
            Err(error) => return Some(format!("the scope is not one movement: {error}")),
        };
        if !interpret::scope_holds(self.model, &scope, &movement, None) {
            return Some("the scope does not hold its movement".to_owned());
        }
        let live = interpret::decide(self.model, &movement);
        let mut again = Self::new(self.model, self.expectation);
        again.hold_against(&movement, live, &mut Standings::new());
        match again.counterexample {
            None => Some("it is none".to_owned()),
            Some((_, judgement)) => {
                let mut answer = self.answer(&judgement);
                let mut told = counterexample.answer.clone();
                answer.report_only.clear();
                told.report_only.clear();
                (answer != told).then(|| format!("the answer is {answer:?}, not {told:?}"))
            }
        }
    }
}

/// What a policy has to do with an app under one account.
pub(crate) fn standing(
    model: &Model,
    policy: PolicyId,
    context: &Context,
    end: Endpoint,
) -> Standing {
    let judgement = interpret::judge(model, &universe::probe(context, end));
    let own = judgement.policies.iter();
    let own = own.filter(|one| one.policy == policy && one.side == Side::Source);
    own.map(|one| one.standing).next().unwrap()
}

/// A set that is one term of another set.
pub(crate) fn only(set: &EndpointSet, term: Term) -> EndpointSet {
    let mut alone = set.clone();
    alone.terms = vec![term];
    alone.except.clear();
    alone
}
