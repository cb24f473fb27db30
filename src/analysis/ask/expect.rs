//! Expectations: do they hold?
//!
//! Takes in a model with its expectations, gives out a verdict for each. Every pair of atoms in the scope of
//! an expectation is looked at; of the movements that contradict it the plainest one is shown: one that
//! is enforced if there is one, in as few groups as possible.

use std::collections::HashMap;
use std::ops::ControlFlow;

use serde::Serialize;

use crate::analysis::engine::endpoints::is_deployed;
use crate::analysis::engine::naming::{Naming, names_of_users};
use crate::analysis::engine::query::{Query, SharedQueries};
use crate::analysis::engine::space::{Pair, ScopeSpace, movement_between};
use crate::analysis::reach::graph::{ChainQuestion, PolicyRole};
use crate::analysis::reach::search::Search;
use crate::analysis::subject::Analysis;
use crate::analysis::threads::{in_parts, threads};
use crate::dd::Cond;
use crate::decision::{Answer, Decision};
use crate::limits::LimitExceeded;
use crate::model::{
    Claim, EndpointSet, Expectation, ExpectationId, Model, Origin, People, PolicyId, Scope,
};
use crate::movement::{Endpoint, Movement};
use crate::table::{DecisionId, Flow, Outcome};
use crate::vocabulary::{Account, Channel, Effect, Obligations, Reason, Side};

/// The outcome of one expectation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ExpectationResult {
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
#[non_exhaustive]
pub enum Verdict {
    /// It holds for every movement in its scope.
    Holds,
    /// It does not hold for this movement.
    Fails(Counterexample),
    /// There is a path, this chain, although the expectation says that there is none.
    Leads(Chain),
    /// Its scope holds no movement.
    Empty,
    /// It was not decided: a limit was met. Nothing is known of whether it holds.
    Limit(LimitExceeded),
}

/// A movement for which an expectation does not hold.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Counterexample {
    /// The movement as a scope that holds it and nothing else.
    pub scope: String,
    /// The decision about it.
    pub answer: Answer,
    /// Where no policy applies: how to leave such movements out.
    pub advice: Option<String>,
}

/// A chain of movements that are all allowed: each starts where the one before it ends.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Chain {
    /// The movements.
    pub hops: Vec<Hop>,
    /// Where no policy applies to the first movement: how to leave such chains out.
    pub advice: Option<String>,
}

/// A movement of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Hop {
    /// The movement as a scope that holds it and nothing else.
    pub scope: String,
    /// The decision about it.
    pub answer: Answer,
    /// The channel.
    #[serde(skip)]
    pub channel: Channel,
    /// Where the data is before.
    #[serde(skip)]
    pub source: HopEnd,
    /// Where it is behind.
    #[serde(skip)]
    pub target: HopEnd,
    /// The user and the device, as clauses of a scope: `for exactly staff on ios devices unmanaged`.
    #[serde(skip)]
    pub context: String,
}

/// Where data is before or behind a movement of a chain.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HopEnd {
    /// The name; of an app that is known by an id alone, the id.
    pub name: String,
    /// The account, if it is an app.
    pub account: Option<Account>,
    /// Whether the device's MDM installed the app.
    pub deployed: bool,
    /// Whether it stands for everything that nothing names.
    pub unlisted: bool,
}

impl HopEnd {
    fn new(model: &Model, end: Endpoint) -> Self {
        let plain = |name: &str, origin: Origin| Self {
            name: name.to_owned(),
            account: None,
            deployed: false,
            unlisted: origin == Origin::Unlisted,
        };
        match end {
            Endpoint::App { app, account, deployed } => {
                let app = model.app(app);
                Self { account: Some(account), deployed, ..plain(&app.name, app.origin) }
            }
            Endpoint::Storage(id) => plain(&model.storage(id).name, model.storage(id).origin),
            Endpoint::Place(place) => plain(place.word(), Origin::BuiltIn),
        }
    }
}

impl Hop {
    pub(in crate::analysis) fn new(
        query: &mut Query<'_>,
        movement: &Movement,
    ) -> Result<Self, LimitExceeded> {
        let [source, target] =
            [movement.source, movement.target].map(|end| HopEnd::new(query.model, end));
        Ok(Self {
            scope: query.scope_of(movement)?,
            answer: query.answer(movement)?,
            channel: movement.channel,
            source,
            target,
            context: Naming::new(query.model).context(&movement.context).trim_start().to_owned(),
        })
    }
}

/// The expectations for which a further thread is worth its own matrices.
const OF_THREAD: usize = 32;

/// The outcome of every expectation, in order. Each is asked independently of the others, on several cores.
pub(in crate::analysis) fn test(analysis: &Analysis<'_>) -> Vec<ExpectationResult> {
    let expectations = analysis.model.expectations();
    let parts = threads().min(expectations.len() / OF_THREAD);
    in_parts(expectations, parts, |first, some| {
        let people = people_of_expectations(analysis.model).collect();
        let mut queries = SharedQueries::new(analysis.model, analysis.limits(), people);
        let numbered = (first..).zip(some);
        numbered.map(|(number, one)| result(analysis, &mut queries, number, one)).collect()
    })
}

fn result<'a>(
    analysis: &Analysis<'a>,
    queries: &mut SharedQueries<'a>,
    number: usize,
    expectation: &'a Expectation,
) -> ExpectationResult {
    let Expectation { policy, scope, span, .. } = expectation;
    let sources = analysis.checked.sources();
    let what_if = analysis.what_if_of(*policy);
    let verdict = queries.ask(what_if, scope.people.as_ref(), |one| verdict(one, expectation));
    ExpectationResult {
        expectation: ExpectationId::new(number),
        text: expectation.text.clone(),
        file: sources.name(span.source).to_owned(),
        line: sources.position(*span).line,
        policy: policy.map(|id| analysis.model.policy(id).name.clone()),
        verdict: verdict.unwrap_or_else(Verdict::Limit),
    }
}

/// A query among the users that all expectations tell apart.
pub(in crate::analysis) fn shared_query<'t>(
    analysis: &'t Analysis<'_>,
    what_if: Option<PolicyId>,
) -> Result<Query<'t>, LimitExceeded> {
    let people = people_of_expectations(analysis.model);
    Query::new(analysis.model, what_if, analysis.limits(), people)
}

/// The `for` clauses of expectations.
fn people_of_expectations(model: &Model) -> impl Iterator<Item = &People> {
    model.expectations().iter().filter_map(|one| one.scope.people.as_ref())
}

/// The verdict on one expectation.
pub(in crate::analysis) fn verdict<'t>(
    query: &mut Query<'t>,
    expectation: &'t Expectation,
) -> Result<Verdict, LimitExceeded> {
    match &expectation.claim {
        Claim::Decided { effect, obligations } => {
            let claim = Required { effect: *effect, obligations: *obligations };
            check(query, expectation, claim)
        }
        Claim::NoPath { avoiding } => follow(query, expectation, avoiding.as_ref()),
    }
}

/// The decision that an expectation claims for every movement.
#[derive(Clone, Copy)]
pub(in crate::analysis) struct Required {
    pub(in crate::analysis) effect: Effect,
    pub(in crate::analysis) obligations: Obligations,
}

fn check<'t>(
    query: &mut Query<'t>,
    expectation: &'t Expectation,
    claim: Required,
) -> Result<Verdict, LimitExceeded> {
    let mut space = ScopeSpace::new(query, &expectation.scope, expectation.policy)?;
    let Some(plainest) = query.users.example(space.within) else { return Ok(Verdict::Empty) };
    let mut check = Check {
        claim,
        within: space.within,
        least_groups: plainest.len(),
        unmet: HashMap::new(),
        is_empty: true,
        plainest: None,
    };
    space.visit(query, |space, query, pair| check.see(space, query, pair))?;
    Ok(match check.plainest {
        _ if check.is_empty => Verdict::Empty,
        None => Verdict::Holds,
        Some(plainest) => {
            let Hop { scope, answer, .. } = Hop::new(query, &plainest.movement)?;
            let advice = advice(query.model, expectation, &plainest.movement, answer.reason);
            Verdict::Fails(Counterexample { scope, answer, advice })
        }
    })
}

/// A movement that contradicts an expectation.
struct Candidate {
    rank: Rank,
    movement: Movement,
}

/// Whether no policy applies, the number of groups, and that of deployed endpoints: the plainer movement has
/// the smaller rank.
type Rank = (bool, usize, usize);

/// The search for the plainest movement that contradicts a claim.
struct Check {
    claim: Required,
    /// The users of the scope.
    within: Cond,
    /// The number of groups of the plainest of them.
    least_groups: usize,
    /// By outcome: the users of the scope whose decisions contradict the claim, enforced ones and others.
    unmet: HashMap<Outcome, [Cond; 2]>,
    /// Whether no movement has been seen.
    is_empty: bool,
    plainest: Option<Candidate>,
}

impl Check {
    fn see<'t>(&mut self, space: &ScopeSpace<'t>, query: &mut Query<'t>, pair: Pair<'_>) -> Flow {
        if self.is_empty {
            self.is_empty = !space.holds(query, pair)?;
        }
        for is_idle in [false, true] {
            if self.is_plainest((is_idle, self.least_groups, 0)) {
                break;
            }
            let users = self.contradicting(query, pair, is_idle)?;
            if users.is_never() {
                continue;
            }
            let when = space.condition(query, pair)?;
            let users = query.manager().and(users, when)?;
            let Some(found) = candidate(query, pair, is_idle, users)? else { continue };
            if !self.is_plainest(found.rank) {
                self.plainest = Some(found);
            }
            break;
        }
        let is_done = self.is_plainest((false, self.least_groups, 0));
        Ok(if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    }

    /// Whether no movement of a rank would be plainer than what is known.
    fn is_plainest(&self, rank: Rank) -> bool {
        self.plainest.as_ref().is_some_and(|known| known.rank <= rank)
    }

    /// The users of the scope for whom the decision between two atoms contradicts the claim: where a policy
    /// applies, or where none does.
    fn contradicting(
        &mut self,
        query: &mut Query<'_>,
        Pair { devices, channel, source, target }: Pair<'_>,
        is_idle: bool,
    ) -> Result<Cond, LimitExceeded> {
        let lines = [source.line, target.line];
        let outcome = query.outcome(devices.kind, channel, lines)?;
        let [enforced, idle] = self.unmet(query, outcome)?;
        Ok(if is_idle { idle } else { enforced })
    }

    fn unmet(
        &mut self,
        query: &mut Query<'_>,
        outcome: Outcome,
    ) -> Result<[Cond; 2], LimitExceeded> {
        if let Some(known) = self.unmet.get(&outcome) {
            return Ok(*known);
        }
        let decisions = query.users.combiner.decisions().to_vec();
        let mut found = [Cond::FALSE; 2];
        for (found, is_idle) in found.iter_mut().zip([false, true]) {
            let is_wrong = |id: DecisionId| {
                let decision = decisions.get(id.index()).filter(|_| id != DecisionId::NONE);
                let decision = decision.filter(|one| one.is_enforced() != is_idle);
                decision.is_some_and(|decision| !is_met(self.claim, *decision))
            };
            let wrong = query.manager().preimage(outcome, is_wrong)?;
            *found = query.manager().and(wrong, self.within)?;
        }
        self.unmet.insert(outcome, found);
        Ok(found)
    }
}

/// A movement between two atoms for one of some users: in few groups, nothing deployed.
fn candidate(
    query: &mut Query<'_>,
    Pair { devices, channel, source, target }: Pair<'_>,
    is_idle: bool,
    users: Cond,
) -> Result<Option<Candidate>, LimitExceeded> {
    let Some(users) = query.users.example(users) else { return Ok(None) };
    let ends = (source.members.as_slice(), target.members.as_slice());
    let movement = movement_between(query, (devices, channel), ends, &users);
    Ok(movement.map(|movement| {
        let ends = [movement.source, movement.target];
        let deployed = ends.iter().filter(|end| is_deployed(end)).count();
        Candidate { rank: (is_idle, users.len(), deployed), movement }
    }))
}

/// The roles that the policy around a scope of chains can have, each of which is asked about.
pub(in crate::analysis) fn roles(policy: Option<PolicyId>, scope: &Scope) -> &'static [PolicyRole] {
    match (policy, &scope.from) {
        (Some(_), Some(_)) => &[PolicyRole::Start, PolicyRole::End],
        _ => &[PolicyRole::None],
    }
}

/// The verdict on `expect no path`: the shortest chain, if there is one, contradicts it.
fn follow<'t>(
    query: &mut Query<'t>,
    expectation: &'t Expectation,
    avoiding: Option<&'t EndpointSet>,
) -> Result<Verdict, LimitExceeded> {
    let Expectation { policy, scope, .. } = expectation;
    let question = ChainQuestion { scope, avoiding, policy: *policy, across_devices: false };
    let mut search = Search::new(query, question)?;
    let (mut is_empty, mut found) = (true, None);
    for role in roles(*policy, scope) {
        search.set_role(*role);
        if search.has_both_ends()? {
            is_empty = false;
            let is_shorter = |chain: &Vec<Movement>, known: &Option<Vec<Movement>>| {
                known.as_ref().is_none_or(|known| chain.len() < known.len())
            };
            found = search.shortest()?.filter(|chain| is_shorter(chain, &found)).or(found);
        }
    }
    Ok(match found {
        _ if is_empty => Verdict::Empty,
        None => Verdict::Holds,
        Some(chain) => {
            let hops = chain.iter().map(|movement| Hop::new(query, movement));
            let hops: Vec<Hop> = hops.collect::<Result<_, _>>()?;
            let reason = hops.first().and_then(|hop| hop.answer.reason);
            let first = chain.first();
            let advice = first.and_then(|first| advice(query.model, expectation, first, reason));
            Verdict::Leads(Chain { hops, advice })
        }
    })
}

/// Whether a decision meets a claim: its effect, and for each limit that is asked for, that one or a
/// stricter one.
pub(in crate::analysis) fn is_met(claim: Required, decision: Decision) -> bool {
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

/// How to leave out movements to which no policy applies.
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
                    format!("`for {}`", Naming::people(&names_of_users(model), &policy.people))
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
        Reason::Filter => {
            "a filter keeps the policies away; `for … matching …` leaves such devices out"
                .to_owned()
        }
        Reason::Unsupported => {
            "on-premises data on such devices is not supported; `devices any except configmgr` \
             leaves them out"
                .to_owned()
        }
        Reason::SameApp | Reason::ForeignMovement => return None,
    })
}
