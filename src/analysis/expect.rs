//! Do expectations hold?
//!
//! Every class of movements in an expectation's scope is looked at; of those that contradict it the
//! plainest movement is shown: one that is enforced if there is one, in the fewest groups.

use serde::Serialize;

use super::Analysis;
use super::describe::Describe;
use super::space::{Space, movement};
use crate::decision::{Answer, Decision};
use crate::model::{Claim, Expectation, ExpectationId, Model};
use crate::movement::{Endpoint, Movement};
use crate::vocabulary::{Channel, Effect, Reason, Side};

/// What became of one expectation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The expectation.
    #[serde(skip)]
    pub expectation: ExpectationId,
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
    pub verdict: Verdict,
}

/// Whether an expectation holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "verdict", rename_all = "lowercase")]
pub enum Verdict {
    /// Of every movement in its scope.
    Holds,
    /// Not of this one.
    Fails(Counterexample),
    /// Its scope holds no movement.
    Empty,
}

/// A movement of which an expectation does not hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Counterexample {
    /// The movement as a scope that holds it and nothing else.
    pub scope: String,
    /// What is decided of it.
    pub answer: Answer,
    /// Where nothing is enforced: how to leave such movements out.
    pub advice: Option<String>,
}

pub(super) fn test(analysis: &Analysis<'_>) -> Vec<Outcome> {
    let expectations = analysis.model.expectations().iter().enumerate();
    expectations
        .map(|(index, expectation)| {
            let sources = analysis.checked.sources();
            Outcome {
                expectation: ExpectationId::new(index),
                text: expectation.text.clone(),
                file: sources.name(expectation.span.source).to_owned(),
                line: sources.position(expectation.span).line,
                policy: expectation.policy.map(|id| analysis.model.policy(id).name.clone()),
                verdict: check(analysis, expectation),
            }
        })
        .collect()
}

/// A movement that contradicts an expectation, with what makes another one plainer.
struct Candidate {
    rank: (bool, usize, usize),
    movement: Movement,
    decision: Decision,
}

fn check(analysis: &Analysis<'_>, expectation: &Expectation) -> Verdict {
    let guest = expectation.policy.and_then(|id| analysis.guests.get(&id));
    let table = guest.unwrap_or(&analysis.table);
    let space = Space::new(analysis, table, &expectation.scope, expectation.policy);
    let mut worst: Option<Candidate> = None;
    let mut is_empty = true;
    for spot in space.kinds_of_spots() {
        for channel in space.channels(&spot) {
            let targets = space.atoms(&spot, channel, Side::Target);
            for source in space.atoms(&spot, channel, Side::Source) {
                for target in &targets {
                    let decision =
                        table.decide_classes(spot.id, channel, source.class, target.class);
                    let holds = is_met(expectation.claim, decision);
                    if holds && !is_empty {
                        continue;
                    }
                    let Some(ends) = space.pair(channel, &spot, &source, target) else { continue };
                    is_empty = false;
                    let rank = rank(decision, &spot.context.users, ends);
                    if !holds && worst.as_ref().is_none_or(|known| rank < known.rank) {
                        let movement = movement(space.model, channel, ends, spot.context.clone());
                        worst = Some(Candidate { rank, movement, decision: decision.clone() });
                    }
                }
            }
        }
    }
    match worst {
        _ if is_empty => Verdict::Empty,
        None => Verdict::Holds,
        Some(worst) => Verdict::Fails(Counterexample {
            scope: Describe::new(analysis.model, table).movement(&worst.movement),
            answer: worst.decision.answer(analysis.model.directory()),
            advice: advice(analysis.model, expectation, &worst),
        }),
    }
}

/// The plainest counterexample has the smallest rank: enforced, few groups, nothing deployed.
fn rank(
    decision: &Decision,
    users: &[crate::model::UsersId],
    ends: (Endpoint, Endpoint),
) -> (bool, usize, usize) {
    let deployed = |end| usize::from(matches!(end, Endpoint::App { deployed: true, .. }));
    (!decision.is_enforced(), users.len(), deployed(ends.0) + deployed(ends.1))
}

/// Whether a decision meets a claim: its effect, and for each limit that is asked for, that one or a
/// stricter one.
fn is_met(claim: Claim, decision: &Decision) -> bool {
    let (asked, given) = (claim.obligations, decision.verdict.obligations);
    let characters = match (asked.characters, given.characters) {
        (Some(asked), Some(given)) => given <= asked,
        (Some(_), None) => false,
        (None, _) => true,
    };
    decision.effect() == claim.effect
        && (claim.effect == Effect::Block
            || characters
                && (given.without_content || !asked.without_content)
                && (given.tagged || !asked.tagged))
}

/// How to leave out movements that nobody's policy has a say in.
fn advice(model: &Model, expectation: &Expectation, worst: &Candidate) -> Option<String> {
    let (side, end) = match worst.movement.channel {
        Channel::Open => ("to", worst.movement.target),
        _ => ("from", worst.movement.source),
    };
    let name = match end {
        Endpoint::App { app, .. } => model.app(app).name.clone(),
        Endpoint::Storage(_) | Endpoint::Place(_) => return None,
    };
    let policies = || {
        let ids = expectation.policy.map_or_else(|| model.policy_ids().collect(), |id| vec![id]);
        ids.into_iter().map(|id| model.policy(id)).filter(|policy| !policy.report_only)
    };
    Some(match worst.decision.reason? {
        Reason::PersonalAccount => format!(
            "`{name}` is used with a personal account, which no policy restricts; `{side} managed` \
             leaves such accounts out"
        ),
        Reason::OtherOrganisation => format!(
            "`{name}` is used with another organisation's account; `{side} managed` leaves such \
             accounts out"
        ),
        Reason::UserNotAssigned => {
            let people: Vec<_> = policies()
                .map(|policy| format!("`for {}`", Describe::people(model, &policy.people)))
                .collect();
            match people.first() {
                Some(first) => {
                    format!("no policy is assigned to this user; {first} leaves such users out")
                }
                None => "there is no policy at all".to_owned(),
            }
        }
        Reason::AppNotProtected => {
            format!(
                "no policy protects `{name}` for this user; `{side} managed` leaves such apps out"
            )
        }
        Reason::Platform => {
            let platforms: Vec<_> = policies()
                .map(|policy| policy.platforms)
                .reduce(|a, b| a.or(b))
                .map_or_else(Vec::new, |platforms| {
                    platforms.iter().map(|one| one.word()).collect()
                });
            format!("no policy is for this platform; `on {}` leaves it out", platforms.join(", "))
        }
        Reason::DeviceState => {
            let states: Vec<_> = policies()
                .map(|policy| policy.devices)
                .reduce(|a, b| a.or(b))
                .map_or_else(Vec::new, |states| states.iter().map(|one| one.word()).collect());
            format!(
                "no policy is for such devices; `devices {}` leaves them out",
                states.join(", ")
            )
        }
        Reason::Unsupported => {
            "on-premises data on such devices is not supported; `devices any except configmgr` \
             leaves them out"
                .to_owned()
        }
        Reason::SameApp | Reason::ForeignMovement => return None,
    })
}
