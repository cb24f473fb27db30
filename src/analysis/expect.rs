//! Do expectations hold?
//!
//! Every class of movements in an expectation's scope is looked at; of those that contradict it the
//! plainest movement is shown: one that is enforced if there is one, in the fewest groups.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Analysis;
use super::crowd::NOWHERE;
use super::describe::{Describe, names_of_users};
use super::flow::{self, Flow, Own};
use super::space::{Lens, Pair, Space};
use crate::decision::{Answer, Decision};
use crate::diagram::Diagram;
use crate::model::{Claim, EndpointSet, Expectation, ExpectationId, Model, PolicyId};
use crate::movement::{Endpoint, Movement};
use crate::table::{Seen, Table};
use crate::vocabulary::{Effect, Obligations, Reason, Side};

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
    /// This chain leads where none may lead.
    Leads(Chain),
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

/// A chain of movements that are all allowed: each goes on from where the one before it went to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Chain {
    /// The movements.
    pub hops: Vec<Hop>,
    /// Where nothing is enforced at its beginning: how to leave such chains out.
    pub advice: Option<String>,
}

/// A movement of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hop {
    /// The movement as a scope that holds it and nothing else.
    pub scope: String,
    /// What is decided of it, and by which rules.
    pub answer: Answer,
}

impl Hop {
    pub(super) fn new(analysis: &Analysis<'_>, table: &Table, movement: &Movement) -> Self {
        Self {
            scope: Describe::new(analysis.model).movement(table, movement),
            answer: table.spell_out(&table.resolve_movement(movement)),
        }
    }
}

pub(super) fn test(analysis: &Analysis<'_>) -> Vec<Outcome> {
    let mut lenses = BTreeMap::new();
    let expectations = analysis.model.expectations().iter().enumerate();
    expectations
        .map(|(index, expectation)| {
            let sources = analysis.checked.sources();
            let guest = expectation.policy.filter(|id| analysis.guests.contains_key(id));
            let lens = lenses.entry(guest).or_insert_with(|| lens(analysis, guest));
            Outcome {
                expectation: ExpectationId::new(index),
                text: expectation.text.clone(),
                file: sources.name(expectation.span.source).to_owned(),
                line: sources.position(expectation.span).line,
                policy: expectation.policy.map(|id| analysis.model.policy(id).name.clone()),
                verdict: match &expectation.claim {
                    Claim::Decided { effect, obligations } => {
                        let asked = Asked { effect: *effect, obligations: *obligations };
                        check(analysis, lens, expectation, asked)
                    }
                    Claim::NoPath { avoiding } => {
                        follow(analysis, lens, expectation, avoiding.as_ref())
                    }
                },
            }
        })
        .collect()
}

/// The table in which a policy that only reports is live, or the one in which none is, among the users
/// that all expectations tell apart.
pub(super) fn lens<'a>(analysis: &'a Analysis<'_>, guest: Option<PolicyId>) -> Lens<'a> {
    let table = analysis.table_with(guest);
    let expectations = analysis.model.expectations().iter();
    Lens::new(analysis, table, expectations.filter_map(|one| one.scope.people.as_ref()))
}

/// A movement that contradicts an expectation, with what makes another one plainer.
struct Candidate {
    rank: (bool, usize, usize),
    movement: Movement,
}

/// What an expectation claims of every movement.
#[derive(Clone, Copy)]
pub(super) struct Asked {
    pub(super) effect: Effect,
    pub(super) obligations: Obligations,
}

fn check<'a>(
    analysis: &'a Analysis<'_>,
    lens: &mut Lens<'a>,
    expectation: &'a Expectation,
    asked: Asked,
) -> Verdict {
    let mut space = Space::new(lens, &expectation.scope, expectation.policy);
    let mut worst: Option<Candidate> = None;
    let mut is_empty = true;
    space.visit(lens, |space, lens, pair| {
        let outcome = space.decided(lens, pair);
        is_empty &= outcome == Diagram::leaf(NOWHERE);
        let found = contradiction(space, lens, pair, asked, outcome);
        let is_plainer = |one: &Candidate| worst.as_ref().is_none_or(|known| one.rank < known.rank);
        if let Some(found) = found.filter(is_plainer) {
            worst = Some(found);
        }
        Seen::More
    });
    match worst {
        _ if is_empty => Verdict::Empty,
        None => Verdict::Holds,
        Some(worst) => {
            let Hop { scope, answer } = Hop::new(analysis, lens.table(), &worst.movement);
            let advice = advice(analysis.model, expectation, &worst.movement, answer.reason);
            Verdict::Fails(Counterexample { scope, answer, advice })
        }
    }
}

/// Where chains that an expectation speaks of have to do with its policy.
pub(super) fn owns(expectation: &Expectation) -> &'static [Own] {
    match (expectation.policy, &expectation.scope.from) {
        (Some(_), Some(_)) => &[Own::Start, Own::End],
        _ => &[Own::Neither],
    }
}

/// Whether a chain leads where an expectation says that none does.
pub(super) fn leads<'a>(
    analysis: &'a Analysis<'_>,
    lens: &mut Lens<'a>,
    expectation: &'a Expectation,
) -> bool {
    let Claim::NoPath { avoiding } = &expectation.claim else { return false };
    matches!(follow(analysis, lens, expectation, avoiding.as_ref()), Verdict::Leads(_))
}

/// Looks for a chain that leads where the expectation says that none does.
fn follow<'a>(
    analysis: &'a Analysis<'_>,
    lens: &mut Lens<'a>,
    expectation: &'a Expectation,
    avoiding: Option<&'a EndpointSet>,
) -> Verdict {
    let Expectation { policy, scope, .. } = expectation;
    let table = lens.table();
    let asked = flow::Asked { scope, avoiding, policy: *policy, across: false };
    let mut flow = Flow::new(lens, asked);
    let (mut is_empty, mut found) = (true, None);
    for own in owns(expectation) {
        flow.only(*own);
        if flow.is_about_something() {
            is_empty = false;
            let is_shorter = |chain: &Vec<Movement>, known: &Option<Vec<Movement>>| {
                known.as_ref().is_none_or(|known| chain.len() < known.len())
            };
            found = flow.shortest().filter(|chain| is_shorter(chain, &found)).or(found);
        }
    }
    match found {
        _ if is_empty => Verdict::Empty,
        None => Verdict::Holds,
        Some(chain) => {
            let hops: Vec<Hop> =
                chain.iter().map(|movement| Hop::new(analysis, table, movement)).collect();
            let reason = hops.first().and_then(|hop| hop.answer.reason);
            let first = chain.first();
            let advice = first.and_then(|first| advice(analysis.model, expectation, first, reason));
            Verdict::Leads(Chain { hops, advice })
        }
    }
}

/// The plainest movement that contradicts a claim: enforced, few groups, nothing deployed.
fn contradiction<'a>(
    space: &Space<'a>,
    lens: &mut Lens<'a>,
    pair: Pair<'_>,
    asked: Asked,
    outcome: Diagram,
) -> Option<Candidate> {
    let crowd = &mut lens.crowd;
    let numbers = crowd.verdicts.diagrams.numbers(outcome);
    let mut failing: Vec<(bool, u32)> = numbers
        .into_iter()
        .filter(|number| *number != NOWHERE && !is_met(asked, crowd.decision(*number)))
        .map(|number| (!crowd.decision(number).is_enforced(), number))
        .collect();
    failing.sort_unstable();
    let (is_idle, _) = *failing.first()?;
    let plain = |number: u32| failing.contains(&(is_idle, number));
    let users = crowd.verdicts.diagrams.is_among(outcome, plain);
    let users = crowd.example(users)?;
    let Pair { spot, channel, source, target } = pair;
    let movement =
        space.movement_between(lens, spot, channel, (&source.ends, &target.ends), &users)?;
    let deployed = |end| usize::from(matches!(end, Endpoint::App { deployed: true, .. }));
    let deployed = deployed(movement.source) + deployed(movement.target);
    Some(Candidate { rank: (is_idle, users.len(), deployed), movement })
}

/// Whether a decision meets a claim: its effect, and for each limit that is asked for, that one or a
/// stricter one.
pub(super) fn is_met(claim: Asked, decision: Decision) -> bool {
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
fn advice(
    model: &Model,
    expectation: &Expectation,
    movement: &Movement,
    reason: Option<Reason>,
) -> Option<String> {
    let (side, end) = match movement.channel.own_side() {
        Side::Source => ("from", movement.source),
        Side::Target => ("to", movement.target),
    };
    let name = match end {
        Endpoint::App { app, .. } => model.app(app).name.clone(),
        Endpoint::Storage(_) | Endpoint::Place(_) => return None,
    };
    let policies = || {
        let ids = expectation.policy.map_or_else(|| model.policy_ids().collect(), |id| vec![id]);
        ids.into_iter().map(|id| model.policy(id)).filter(|policy| !policy.report_only)
    };
    Some(match reason? {
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
                .map(|policy| {
                    format!("`for {}`", Describe::people(&names_of_users(model), &policy.people))
                })
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
