//! Relevance: the expectations that some movements concern.
//!
//! Takes in an editable model and its expectations, gives out for affected movements the expectations with
//! some of them in scope, and those that the new decision would contradict. Whether an expectation holds
//! now is not asked here. Expectations about chains count as far as they are about one movement.

#![allow(
    clippy::indexing_slicing,
    reason = "expectations and rules are numbered by the model that these lists belong to"
)]

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::effects::{EditableModel, Stage};
use crate::analysis::ask::expect::{Required, is_met};
use crate::analysis::engine::endpoints::{can_move, is_deployed, is_judged_unmanaged};
use crate::bits::Bits;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::{
    AccountReading, Claim, EndpointSet, Expectation, ExpectationId, Model, PolicyId,
};
use crate::movement::Endpoint;
use crate::table::{
    Affected, AffectedClass, Combiner, Device, DeviceKind, Outcome, set_holds, term_holds,
};
use crate::vocabulary::{Channel, DeviceState, Kind, Platform, Side};

/// The expectations that are judged together: those of one report-only policy, or all others.
pub(in crate::analysis) struct Relevance<'a> {
    model: &'a Model,
    pub(in crate::analysis) expectations: Vec<(ExpectationId, &'a Expectation)>,
    /// Expectations that are asked about, by position.
    asked: Bits,
    /// Expectations about chains, by position.
    chains: Bits,
    /// By expectation: its users.
    within: Vec<Cond>,
    platforms: HashMap<DeviceKind, Platform>,
    /// By kind of device: the expectations about some device of it, and about an enrolled one.
    devices: HashMap<DeviceKind, [Bits; 2]>,
    endpoints: HashMap<EndpointKey, Rc<[Bits; 2]>>,
    classes: HashMap<ClassOnChannel, Rc<Bits>>,
    /// By outcome and expectation: the users for whom the outcome contradicts its claim.
    unmet: HashMap<(Outcome, usize), Cond>,
}

/// An endpoint on one side of a channel, on a platform. The channel matters where there are places.
type EndpointKey = (Platform, Side, Option<Channel>, Endpoint);

/// A class of endpoints on a kind of device, managed or not.
type ClassOnChannel = (DeviceKind, Channel, Side, usize, bool);

/// Movements from the endpoints of one class to those of another.
struct ClassPair {
    kind: DeviceKind,
    platform: Platform,
    channel: Channel,
    sides: [AffectedClass; 2],
}

impl<'a> Relevance<'a> {
    /// The expectations that are judged with this report-only policy as if it were live, or with none.
    pub(in crate::analysis) fn new(
        editable: &mut EditableModel<'a>,
        what_if: Option<PolicyId>,
    ) -> Result<Self, LimitExceeded> {
        let model = editable.model;
        let is_own =
            |one: &Expectation| one.policy.filter(|id| model.policy(*id).report_only) == what_if;
        let all = model.expectations().iter().enumerate();
        let own = all.filter(|(_, one)| is_own(one));
        let expectations: Vec<_> = own.map(|(at, one)| (ExpectationId::new(at), one)).collect();
        let (stage, users) = editable.parts();
        let mut within = Vec::with_capacity(expectations.len());
        for (_, one) in &expectations {
            let head = one.policy.map(|id| &model.policy(id).people);
            let mut all = Cond::TRUE;
            for clause in one.scope.people.iter().chain(head) {
                let clause = users.clause(clause)?;
                all = users.manager().and(all, clause)?;
            }
            within.push(all);
        }
        let is_chain = |(_, one): &(_, &Expectation)| matches!(one.claim, Claim::NoPath { .. });
        let mut found = Self {
            model,
            asked: Bits::collect(expectations.iter().map(|_| true)),
            chains: Bits::collect(expectations.iter().map(is_chain)),
            expectations,
            within,
            platforms: HashMap::new(),
            devices: HashMap::new(),
            endpoints: HashMap::new(),
            classes: HashMap::new(),
            unmet: HashMap::new(),
        };
        for (kind, device) in stage.device_kinds() {
            found.platforms.insert(kind, device.platform);
            let bits = [false, true].map(|enrolled| found.about(stage, kind, device, enrolled));
            found.devices.insert(kind, bits);
        }
        Ok(found)
    }

    /// Asks only about these expectations from now on.
    pub(in crate::analysis) fn keep(&mut self, held: &BTreeSet<ExpectationId>) {
        let is_held = self.expectations.iter().map(|(id, _)| held.contains(id));
        self.asked = Bits::collect(is_held);
    }

    /// The expectations about some device of a kind; about an enrolled one, if that is asked for.
    fn about(&self, stage: Stage<'_>, kind: DeviceKind, device: Device, enrolled: bool) -> Bits {
        let states = || {
            let alike = move |state: &DeviceState| {
                stage.device_kind(Device { state: *state, ..device }) == Some(kind)
            };
            DeviceState::ALL.iter().copied().filter(alike)
        };
        let is_about = |(_, one): &(ExpectationId, &Expectation)| {
            let head = one.policy.map(|id| self.model.policy(id));
            let on = |state| {
                (!enrolled || DeviceState::is_enrolled(state))
                    && one.scope.devices.contains(state)
                    && head.is_none_or(|head| head.devices.contains(state))
            };
            one.scope.platforms.contains(device.platform)
                && head.is_none_or(|head| head.platforms.contains(device.platform))
                && states().any(on)
        };
        Bits::collect(self.expectations.iter().map(is_about))
    }

    // ------------------------------------------------------------ endpoints

    /// The expectations whose sets hold an endpoint where it is unmanaged, and where it is managed.
    fn of_endpoint(
        &mut self,
        platform: Platform,
        channel: Channel,
        side: Side,
        end: Endpoint,
    ) -> Rc<[Bits; 2]> {
        let of_place = (channel.kind_at(side) == Kind::Place).then_some(channel);
        let key = (platform, side, of_place, end);
        if let Some(known) = self.endpoints.get(&key) {
            return Rc::clone(known);
        }
        let held = |managed: bool| {
            Bits::collect(self.expectations.iter().map(|(_, one)| {
                let holds = |set: &EndpointSet| set_holds(self.model, set, end, platform, managed);
                one.scope.side(side).is_none_or(holds)
            }))
        };
        let found = Rc::new([held(false), held(true)]);
        self.endpoints.insert(key, Rc::clone(&found));
        found
    }

    /// The expectations whose sets hold some endpoint of a class.
    fn of_class(&mut self, stage: Stage<'_>, pair: &ClassPair, side: Side) -> Rc<Bits> {
        let AffectedClass { class, managed, .. } = pair.sides[side as usize];
        let key = (pair.kind, pair.channel, side, class, managed);
        if let Some(known) = self.classes.get(&key) {
            return Rc::clone(known);
        }
        let mut found = Bits::new(self.expectations.len());
        for end in stage.members(pair.kind, pair.channel, side, class) {
            let held = self.of_endpoint(pair.platform, pair.channel, side, *end);
            found.add_all(&held[usize::from(managed)]);
        }
        let found = Rc::new(found);
        self.classes.insert(key, Rc::clone(&found));
        found
    }

    // ------------------------------------------------------------ movements

    /// Adds the expectations with some of the affected movements in scope. With `after`, only the first one
    /// that this outcome would contradict; expectations about chains are left out then.
    pub(in crate::analysis) fn add_concerned(
        &mut self,
        combiner: &mut Combiner,
        stage: Stage<'_>,
        affected: &Affected,
        after: Option<Outcome>,
        known: &mut Bits,
    ) -> Result<(), LimitExceeded> {
        let (channel, platform) = (affected.channel, self.platforms[&affected.kind]);
        let named = self.expectations.iter().map(|(_, one)| one.scope.channels.contains(channel));
        let about = self.devices[&affected.kind][0].and(&self.asked);
        let mut open = Bits::collect(named).and(&about);
        open.remove_all(known);
        if after.is_some() {
            open.remove_all(&self.chains);
        }
        for source in &affected.sources {
            let from = combiner.manager.and(affected.users, source.when)?;
            if from.is_never() {
                continue;
            }
            for target in &affected.targets {
                let sides = [*source, *target];
                let pair = ClassPair { kind: affected.kind, platform, channel, sides };
                let of_source = self.of_class(stage, &pair, Side::Source);
                if !open.meets(&of_source) {
                    break;
                }
                let of_target = self.of_class(stage, &pair, Side::Target);
                let candidates = open.and(&of_source).and(&of_target);
                if candidates.is_empty() {
                    continue;
                }
                let users = combiner.manager.and(from, target.when)?;
                for at in candidates.iter() {
                    if self.is_concerned(combiner, stage, &pair, (at, users), after)? {
                        known.insert(at);
                        open.remove(at);
                        if after.is_some() {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Whether an expectation has a movement of a pair in scope for some of the users; with `after`, one
    /// that this outcome would contradict.
    fn is_concerned(
        &mut self,
        combiner: &mut Combiner,
        stage: Stage<'_>,
        pair: &ClassPair,
        (at, users): (usize, Cond),
        after: Option<Outcome>,
    ) -> Result<bool, LimitExceeded> {
        let mut when = combiner.manager.and(users, self.within[at])?;
        if let Some(after) = after {
            let unmet = self.unmet(combiner, after, at)?;
            when = combiner.manager.and(when, unmet)?;
        }
        if when.is_never() {
            return Ok(false);
        }
        self.has_in_scope(combiner, stage, pair, at, when)
    }

    /// The users for whom an outcome contradicts the claim of an expectation.
    fn unmet(
        &mut self,
        combiner: &mut Combiner,
        after: Outcome,
        at: usize,
    ) -> Result<Cond, LimitExceeded> {
        if let Some(known) = self.unmet.get(&(after, at)) {
            return Ok(*known);
        }
        let Claim::Decided { effect, obligations } = self.expectations[at].1.claim else {
            return Ok(Cond::FALSE);
        };
        let claim = Required { effect, obligations };
        let decisions = combiner.decisions().to_vec();
        let is_wrong = |id: crate::table::DecisionId| !is_met(claim, decisions[id.index()]);
        let found = combiner.manager.preimage(after, is_wrong)?;
        self.unmet.insert((after, at), found);
        Ok(found)
    }

    fn has_in_scope(
        &mut self,
        combiner: &mut Combiner,
        stage: Stage<'_>,
        pair: &ClassPair,
        at: usize,
        users: Cond,
    ) -> Result<bool, LimitExceeded> {
        let ClassPair { kind, channel, sides, .. } = *pair;
        let [sources, targets] = [Side::Source, Side::Target].map(|side| {
            let ends = stage.members(kind, channel, side, sides[side as usize].class);
            let held = ends.iter().copied().filter(|end| self.holds(pair, side, *end, at));
            held.collect::<Vec<Endpoint>>()
        });
        for from in &sources {
            for to in &targets {
                if can_move(self.model, channel, sides[0].view(*from), sides[1].view(*to))
                    && self.is_about(combiner, stage, pair, at, [*from, *to], users)?
                {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn holds(&mut self, pair: &ClassPair, side: Side, end: Endpoint, at: usize) -> bool {
        let managed = pair.sides[side as usize].managed;
        let held = self.of_endpoint(pair.platform, pair.channel, side, end);
        held[usize::from(managed)].contains(at)
            && (!is_deployed(&end) || self.devices[&pair.kind][1].contains(at))
    }

    /// Whether the policy that an expectation stands in is about a movement, for some of the users.
    fn is_about(
        &self,
        combiner: &mut Combiner,
        stage: Stage<'_>,
        pair: &ClassPair,
        at: usize,
        ends: [Endpoint; 2],
        users: Cond,
    ) -> Result<bool, LimitExceeded> {
        let (_, one) = self.expectations[at];
        let Some(policy) = one.policy else { return Ok(true) };
        let own = [Side::Source, Side::Target].map(|side| {
            let (end, managed) = (ends[side as usize], pair.sides[side as usize].managed);
            let mut terms = one.scope.side(side).into_iter().flat_map(|set| &set.terms);
            let named = terms.any(|term| {
                matches!(term.accounts, AccountReading::Named(_))
                    && term_holds(self.model, term, end, pair.platform, managed)
            });
            let is_judged = managed || named || is_judged_unmanaged(self.model, policy, end);
            match end {
                Endpoint::App { app, .. } if is_judged => stage.applies(pair.kind, policy, app),
                _ => Cond::FALSE,
            }
        });
        let manager = &mut combiner.manager;
        let about = match (&one.scope.from, pair.channel) {
            (Some(_), Channel::Open) | (None, Channel::Open) => own[1],
            (Some(_), _) => manager.or(own[0], own[1])?,
            (None, _) => own[0],
        };
        Ok(!manager.are_disjoint(users, about)?)
    }
}
