//! Chains of movements by brute force: from every end, movement by movement.
//!
//! This is the reading of the language reference's "Chains" that the analysis must agree with. It decides
//! each movement by itself and goes on from each end under every assumption about deployed apps.

use std::collections::{BTreeMap, BTreeSet};

use mam::interpret::{self, Standing};
use mam::model::{self, AccountReading, AppId, EndpointSet, Expectation, Model, PolicyId};
use mam::movement::{Context, Endpoint, Movement};
use mam::vocabulary::{Account, Channel, Channels, Reason, Side};
use mam::{Analysis, Checked, Decision, analysis};

use super::claims::{self, Standings};
use super::universe::{self, Universe};

/// Which apps are deployed, as far as a chain has shown.
type Deployed = BTreeMap<AppId, bool>;

/// Where a chain has got to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    at: Endpoint,
    deployed: Deployed,
    /// Whether it began in an app of the expectation's policy.
    own: bool,
}

/// So many states are followed.
const MANY: usize = 20_000;

/// More ways than are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooMany;

/// An expectation about chains, among all movements of one context.
pub(crate) struct Chains<'m> {
    model: &'m Model,
    expectation: &'m Expectation,
    /// The policy that counts as live, where the expectation stands in one that only reports.
    guest: Option<PolicyId>,
    /// By source and target: the channels on which data may move.
    moves: BTreeMap<Endpoint, BTreeMap<Endpoint, Vec<Channel>>>,
    /// Where movements come from, and where they go.
    ends: [BTreeSet<Endpoint>; 2],
    standings: Standings,
    context: Context,
}

impl<'m> Chains<'m> {
    pub(crate) fn new(
        model: &'m Model,
        expectation: &'m Expectation,
        universe: &Universe<'_>,
        context: &Context,
        decide: &dyn Fn(&Movement) -> Decision,
    ) -> Self {
        let guest = expectation.policy.filter(|id| model.policy(*id).report_only);
        let mut allowed = Vec::new();
        let mut ends = [BTreeSet::new(), BTreeSet::new()];
        universe.visit(context, |movement| {
            if !expectation.scope.channels.contains(movement.channel)
                || !universe::is_plain(model, movement)
            {
                return;
            }
            ends[0].insert(movement.source);
            ends[1].insert(movement.target);
            let judge = |guest| interpret::judge_what_if(model, movement, guest).decision;
            let decision = guest.map_or_else(|| decide(movement), judge);
            if !decision.is_blocked() && decision.reason != Some(Reason::SameApp) {
                allowed.push((movement.channel, movement.source, movement.target));
            }
        });
        let (standings, context) = (Standings::new(), context.clone());
        let moves = BTreeMap::new();
        let mut found = Self { model, expectation, guest, moves, ends, standings, context };
        for (channel, from, to) in allowed {
            if found.is_followed(channel, from, to) {
                let targets = found.moves.entry(from).or_default();
                targets.entry(to).or_default().push(channel);
            }
        }
        found
    }

    /// Whether a set of the expectation holds an end.
    fn holds(&self, set: Option<&EndpointSet>, end: Endpoint) -> bool {
        let scope = &self.expectation.scope;
        let mut alone = scope.clone();
        (alone.channels, alone.from, alone.to) = (Channels::all(), set.cloned(), None);
        let probe = universe::probe(&self.context, end);
        interpret::scope_holds(self.model, &alone, &probe, self.guest)
    }

    /// Whether an end is an app that the expectation's policy is about.
    fn is_own(&mut self, end: Endpoint, side: Side) -> bool {
        let Some(policy) = self.expectation.policy else { return true };
        if !matches!(end, Endpoint::App { .. }) {
            return false;
        }
        let standing = *self
            .standings
            .entry((policy, end))
            .or_insert_with(|| claims::standing(self.model, policy, &self.context, end));
        let names = |set: &EndpointSet| {
            set.terms.iter().any(|term| {
                let alone = claims::only(set, *term);
                matches!(term.accounts, AccountReading::Named(_)) && self.holds(Some(&alone), end)
            })
        };
        match standing {
            Standing::Applies => true,
            Standing::AppWide => self.expectation.scope.side(side).is_some_and(names),
            _ => false,
        }
    }

    fn starts(&mut self, end: Endpoint) -> bool {
        let from = self.expectation.scope.from.as_ref();
        self.holds(from, end) && (from.is_some() || self.is_own(end, Side::Source))
    }

    fn arrives(&self, end: Endpoint) -> bool {
        self.holds(self.expectation.scope.to.as_ref(), end)
    }

    /// Company files are followed only into work accounts and accounts of protected apps.
    fn is_followed(&self, channel: Channel, source: Endpoint, target: Endpoint) -> bool {
        let Endpoint::Storage(storage) = source else { return true };
        let Endpoint::App { app, account, .. } = target else { return true };
        if channel != Channel::Open
            || !self.model.storage(storage).corporate
            || account == Account::Work
        {
            return true;
        }
        let work = Endpoint::App { app, account: Account::Work, deployed: false };
        let judgement = interpret::judge(self.model, &universe::probe(&self.context, work));
        let mut own = judgement.policies.iter().filter(|one| one.side == Side::Source);
        own.any(|one| {
            let policy = self.model.policy(one.policy);
            let is_live = !policy.report_only || self.guest == Some(one.policy);
            is_live && one.standing == Standing::Applies
        })
    }

    fn with(&self, deployed: &Deployed, end: Endpoint) -> Option<Deployed> {
        let Endpoint::App { app, deployed: is, .. } = end else { return Some(deployed.clone()) };
        let mut deployed = deployed.clone();
        let is_alone = app != self.model.unlisted_app();
        let same = !is_alone || *deployed.entry(app).or_insert(is) == is;
        same.then_some(deployed)
    }

    fn origins(&mut self) -> Vec<State> {
        let mut found = Vec::new();
        for at in self.ends[0].clone() {
            if self.starts(at) {
                let own = self.is_own(at, Side::Source);
                found.extend(self.with(&Deployed::new(), at).map(|deployed| State {
                    at,
                    deployed,
                    own,
                }));
            }
        }
        found
    }

    /// Whether a chain could begin and end here at all.
    pub(crate) fn is_meant(&mut self) -> bool {
        let origins = self.origins();
        let ends: Vec<Endpoint> =
            self.ends[1].iter().copied().filter(|end| self.arrives(*end)).collect();
        origins.iter().any(|state| {
            ends.iter().any(|end| {
                self.with(&state.deployed, *end).is_some()
                    && (state.own || self.is_own(*end, Side::Target))
            })
        })
    }

    /// How many movements the shortest chain has; an error where there are too many ways to follow them
    /// all, since each app that may be deployed doubles them.
    pub(crate) fn shortest(&mut self) -> Result<Option<usize>, TooMany> {
        let model::Claim::NoPath { avoiding } = &self.expectation.claim else { return Ok(None) };
        let mut seen = BTreeSet::new();
        let mut open = self.origins();
        for length in 1.. {
            let mut next = Vec::new();
            for state in open {
                for at in self.moves.get(&state.at).cloned().unwrap_or_default().into_keys() {
                    let Some(deployed) = self.with(&state.deployed, at) else { continue };
                    if self.arrives(at) && (state.own || self.is_own(at, Side::Target)) {
                        return Ok(Some(length));
                    }
                    let avoided = avoiding.as_ref().is_some_and(|set| self.holds(Some(set), at));
                    let state = State { at, deployed, own: state.own };
                    if !avoided && seen.insert(state.clone()) {
                        next.push(state);
                    }
                }
            }
            if next.is_empty() {
                return Ok(None);
            }
            if seen.len() > MANY {
                return Err(TooMany);
            }
            open = next;
        }
        Ok(None)
    }

    /// What is wrong with a chain that the analysis found.
    pub(crate) fn fault(
        &mut self,
        analysis: &Analysis<'_>,
        checked: &Checked,
        hops: &[analysis::Hop],
    ) -> Option<String> {
        let mut deployed = Deployed::new();
        let mut at: Option<Endpoint> = None;
        for hop in hops {
            let scope = match checked.question(&hop.scope) {
                Ok(scope) => scope,
                Err(errors) => return Some(format!("{} cannot be read: {errors}", hop.scope)),
            };
            let movement = match analysis.movement(&scope) {
                Ok(movement) => movement,
                Err(error) => return Some(format!("{} is not one movement: {error}", hop.scope)),
            };
            let targets = self.moves.get(&movement.source);
            let channels = targets.and_then(|targets| targets.get(&movement.target));
            if !channels.is_some_and(|channels| channels.contains(&movement.channel)) {
                return Some(format!("{} is not allowed", hop.scope));
            }
            if at.is_some_and(|at| at != movement.source) {
                return Some(format!("{} does not go on from there", hop.scope));
            }
            let known = self.with(&deployed, movement.source);
            let known = known.and_then(|known| self.with(&known, movement.target));
            let Some(known) = known else {
                return Some(format!("{}: deployed and not", hop.scope));
            };
            if at.is_none() && !self.starts(movement.source) {
                return Some(format!("{} does not begin there", hop.scope));
            }
            (deployed, at) = (known, Some(movement.target));
        }
        let arrived = at.is_some_and(|at| self.arrives(at));
        (!arrived).then(|| "the chain does not arrive".to_owned())
    }
}

/// How many movements the shortest chain has over several devices of one user: what is written to a
/// company storage on one of them can be read on every other one, on which other apps may be deployed.
pub(crate) fn shortest_across(devices: &mut [Chains<'_>]) -> Result<Option<usize>, TooMany> {
    let mut seen = BTreeSet::new();
    let mut open = Vec::new();
    for (number, device) in devices.iter_mut().enumerate() {
        open.extend(device.origins().into_iter().map(|state| (number, state)));
    }
    for length in 1.. {
        let mut next = Vec::new();
        for (number, state) in open {
            let device = &devices[number];
            for at in device.moves.get(&state.at).cloned().unwrap_or_default().into_keys() {
                let Some(deployed) = device.with(&state.deployed, at) else { continue };
                if device.arrives(at) {
                    return Ok(Some(length));
                }
                let model::Claim::NoPath { avoiding } = &device.expectation.claim else { continue };
                if avoiding.as_ref().is_some_and(|set| device.holds(Some(set), at)) {
                    continue;
                }
                next.push((number, State { at, deployed, own: true }));
                let is_corporate =
                    matches!(at, Endpoint::Storage(id) if device.model.storage(id).corporate);
                if is_corporate {
                    let fresh = State { at, deployed: Deployed::new(), own: true };
                    next.extend((0..devices.len()).map(|other| (other, fresh.clone())));
                }
            }
        }
        next.retain(|state| seen.insert(state.clone()));
        if next.is_empty() {
            return Ok(None);
        }
        if seen.len() > MANY {
            return Err(TooMany);
        }
        open = next;
    }
    Ok(None)
}

/// The context that every hop of a chain names.
pub(crate) fn context_of(
    analysis: &Analysis<'_>,
    checked: &Checked,
    hops: &[analysis::Hop],
) -> Option<Context> {
    let scope = checked.question(&hops.first()?.scope).ok()?;
    Some(analysis.movement(&scope).ok()?.context)
}
