//! Which expectations speak of some movements, and what they would say of another decision.
//!
//! Takes in a model whose rules are tried, and its expectations; gives out for movements that a trial
//! touches the expectations in whose scope some of them are. Whether an expectation holds is not asked
//! here. Chains are spoken of as far as they are one movement.

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use super::expect::{Asked, is_met};
use super::space::can_move;
use super::trials::{Stage, Trials};
use crate::bits::Bits;
use crate::diagram::Diagram;
use crate::model::{
    AccountReading, Claim, EndpointSet, Expectation, ExpectationId, Model, PolicyId, kind_at,
};
use crate::movement::Endpoint;
use crate::table::{Device, DeviceKind, Showing, Touched, Verdicts, set_holds, term_holds};
use crate::vocabulary::{Channel, DeviceState, Kind, Platform, Side};

/// Expectations of one world: those that count a policy which only reports as live, or the others.
pub(super) struct Spoken<'a> {
    model: &'a Model,
    pub(super) expectations: Vec<(ExpectationId, &'a Expectation)>,
    /// Those that are asked.
    asked: Bits,
    /// Those that speak of chains.
    chains: Bits,
    /// By expectation: whom it means.
    within: Vec<Diagram>,
    platforms: HashMap<DeviceKind, Platform>,
    /// By kind of device: the expectations that are about it, and about apps deployed on it.
    devices: HashMap<DeviceKind, [Bits; 2]>,
    ends: HashMap<EndKey, Rc<[Bits; 2]>>,
    classes: HashMap<ClassKey, Rc<Bits>>,
    /// By decision and claim: for whom the claim is not met.
    unmet: HashMap<(Diagram, usize), Diagram>,
}

/// An end on one side of a channel, on a platform. The channel matters where there are places.
type EndKey = (Platform, Side, Option<Channel>, Endpoint);

/// A class of ends on a kind of device, managed or not.
type ClassKey = (DeviceKind, Channel, Side, usize, bool);

/// Movements of which an expectation speaks: from some ends of one class to some of another.
struct Pair {
    kind: DeviceKind,
    platform: Platform,
    channel: Channel,
    sides: [Showing; 2],
}

impl<'a> Spoken<'a> {
    /// The expectations that are judged with this guest live, or with none.
    pub(super) fn new(trials: &mut Trials<'a>, guest: Option<PolicyId>) -> Self {
        let model = trials.model;
        let is_own =
            |one: &Expectation| one.policy.filter(|id| model.policy(*id).report_only) == guest;
        let all = model.expectations().iter().enumerate();
        let own = all.filter(|(_, one)| is_own(one));
        let expectations: Vec<_> = own.map(|(at, one)| (ExpectationId::new(at), one)).collect();
        let (stage, crowd) = trials.stage();
        let within = expectations.iter().map(|(_, one)| {
            let head = one.policy.map(|id| &model.policy(id).people);
            let clauses = one.scope.people.iter().chain(head);
            let clauses: Vec<Diagram> = clauses.map(|one| crowd.clause(one)).collect();
            crowd.and(&clauses)
        });
        let within = within.collect();
        let is_chain = |(_, one): &(_, &Expectation)| matches!(one.claim, Claim::NoPath { .. });
        let mut found = Self {
            model,
            asked: Bits::collect(expectations.iter().map(|_| true)),
            chains: Bits::collect(expectations.iter().map(is_chain)),
            expectations,
            within,
            platforms: HashMap::new(),
            devices: HashMap::new(),
            ends: HashMap::new(),
            classes: HashMap::new(),
            unmet: HashMap::new(),
        };
        for (kind, device) in stage.kinds() {
            found.platforms.insert(kind, device.platform);
            let bits = [false, true].map(|enrolled| found.about(stage, kind, device, enrolled));
            found.devices.insert(kind, bits);
        }
        found
    }

    /// Only these are asked from now on.
    pub(super) fn keep(&mut self, held: &BTreeSet<ExpectationId>) {
        let is_held = self.expectations.iter().map(|(id, _)| held.contains(id));
        self.asked = Bits::collect(is_held);
    }

    /// The expectations that are about some device of a kind; about an enrolled one, if that is asked for.
    fn about(&self, stage: Stage<'_>, kind: DeviceKind, device: Device, enrolled: bool) -> Bits {
        let states = || {
            let alike = move |state: &DeviceState| {
                stage.kind(Device { state: *state, ..device }) == Some(kind)
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

    // ------------------------------------------------------------ ends

    /// The expectations whose sets hold an end where it is not managed, and where it is.
    fn of_end(
        &mut self,
        platform: Platform,
        channel: Channel,
        side: Side,
        end: Endpoint,
    ) -> Rc<[Bits; 2]> {
        let of_place = (kind_at(channel, side) == Kind::Place).then_some(channel);
        let key = (platform, side, of_place, end);
        if let Some(known) = self.ends.get(&key) {
            return Rc::clone(known);
        }
        let held = |managed: bool| {
            Bits::collect(self.expectations.iter().map(|(_, one)| {
                let holds = |set: &EndpointSet| set_holds(self.model, set, end, platform, managed);
                one.scope.side(side).is_none_or(holds)
            }))
        };
        let found = Rc::new([held(false), held(true)]);
        self.ends.insert(key, Rc::clone(&found));
        found
    }

    /// The expectations whose sets hold some end of a class.
    fn of_class(&mut self, stage: Stage<'_>, pair: &Pair, side: Side) -> Rc<Bits> {
        let Showing { class, managed, .. } = pair.sides[side as usize];
        let key = (pair.kind, pair.channel, side, class, managed);
        if let Some(known) = self.classes.get(&key) {
            return Rc::clone(known);
        }
        let mut found = Bits::new(self.expectations.len());
        for end in stage.members(pair.kind, pair.channel, side, class) {
            let held = self.of_end(pair.platform, pair.channel, side, *end);
            found.add_all(&held[usize::from(managed)]);
        }
        let found = Rc::new(found);
        self.classes.insert(key, Rc::clone(&found));
        found
    }

    // ------------------------------------------------------------ movements

    /// Adds the expectations that speak of a movement among those that are touched. With `after`, only
    /// those that would not be met if this were decided: the first of them is enough, and what chains say
    /// of it is not known here.
    pub(super) fn speaking(
        &mut self,
        verdicts: &mut Verdicts,
        stage: Stage<'_>,
        touched: &Touched,
        after: Option<Diagram>,
        known: &mut Bits,
    ) {
        let (channel, platform) = (touched.channel, self.platforms[&touched.kind]);
        let named = self.expectations.iter().map(|(_, one)| one.scope.channels.contains(channel));
        let about = self.devices[&touched.kind][0].and(&self.asked);
        let mut open = Bits::collect(named).and(&about);
        open.remove_all(known);
        if after.is_some() {
            open.remove_all(&self.chains);
        }
        for source in &touched.sources {
            let from = verdicts.diagrams.and(touched.users, source.when);
            if from == Diagram::FALSE {
                continue;
            }
            for target in &touched.targets {
                let sides = [*source, *target];
                let pair = Pair { kind: touched.kind, platform, channel, sides };
                let of_source = self.of_class(stage, &pair, Side::Source);
                if !open.meets(&of_source) {
                    break;
                }
                let of_target = self.of_class(stage, &pair, Side::Target);
                if !open.meets(&of_target) {
                    continue;
                }
                let candidates = open.and(&of_source).and(&of_target);
                if candidates.is_empty() {
                    continue;
                }
                let users = verdicts.diagrams.and(from, target.when);
                for at in candidates.iter() {
                    let when = after.map_or(users, |after| {
                        let unmet = self.unmet(verdicts, after, at);
                        verdicts.diagrams.and(users, unmet)
                    });
                    let when = verdicts.diagrams.and(when, self.within[at]);
                    if when != Diagram::FALSE && self.speaks(verdicts, stage, &pair, at, when) {
                        known.insert(at);
                        open.remove(at);
                        if after.is_some() {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// For whom a decision does not meet what an expectation claims.
    fn unmet(&mut self, verdicts: &mut Verdicts, after: Diagram, at: usize) -> Diagram {
        if let Some(known) = self.unmet.get(&(after, at)) {
            return *known;
        }
        let Claim::Decided { effect, obligations } = self.expectations[at].1.claim else {
            return Diagram::FALSE;
        };
        let asked = Asked { effect, obligations };
        let numbers = verdicts.diagrams.numbers(after).into_iter();
        let wrong: Vec<u32> = numbers
            .filter(|number| !is_met(asked, verdicts.decisions()[*number as usize]))
            .collect();
        let is_wrong = |number: u32| wrong.contains(&number);
        let found = verdicts.diagrams.is_among(after, is_wrong);
        self.unmet.insert((after, at), found);
        found
    }

    /// Whether an expectation speaks of a movement of a pair for some of these users.
    fn speaks(
        &mut self,
        verdicts: &mut Verdicts,
        stage: Stage<'_>,
        pair: &Pair,
        at: usize,
        users: Diagram,
    ) -> bool {
        let Pair { kind, channel, sides, .. } = *pair;
        let [sources, targets] = [Side::Source, Side::Target].map(|side| {
            let ends = stage.members(kind, channel, side, sides[side as usize].class);
            let held = ends.iter().copied().filter(|end| self.holds(pair, side, *end, at));
            held.collect::<Vec<Endpoint>>()
        });
        let managed = sides[0].managed && sides[1].managed;
        for from in &sources {
            for to in &targets {
                if can_move(self.model, channel, *from, *to, &|| managed)
                    && self.is_about(verdicts, stage, pair, at, [*from, *to], users)
                {
                    return true;
                }
            }
        }
        false
    }

    fn holds(&mut self, pair: &Pair, side: Side, end: Endpoint, at: usize) -> bool {
        let managed = pair.sides[side as usize].managed;
        let is_deployed = matches!(end, Endpoint::App { deployed: true, .. });
        let held = self.of_end(pair.platform, pair.channel, side, end);
        held[usize::from(managed)].contains(at)
            && (!is_deployed || self.devices[&pair.kind][1].contains(at))
    }

    /// Whether the policy that an expectation stands in has to do with a movement.
    fn is_about(
        &self,
        verdicts: &mut Verdicts,
        stage: Stage<'_>,
        pair: &Pair,
        at: usize,
        ends: [Endpoint; 2],
        users: Diagram,
    ) -> bool {
        let (_, one) = self.expectations[at];
        let Some(policy) = one.policy else { return true };
        let own = [Side::Source, Side::Target].map(|side| {
            let (end, managed) = (ends[side as usize], pair.sides[side as usize].managed);
            let mut terms = one.scope.side(side).into_iter().flat_map(|set| &set.terms);
            let named = terms.any(|term| {
                matches!(term.accounts, AccountReading::Named(_))
                    && term_holds(self.model, term, end, pair.platform, managed)
            });
            match end {
                Endpoint::App { app, .. } if managed || named => {
                    stage.applies(pair.kind, policy, app)
                }
                _ => Diagram::FALSE,
            }
        });
        let diagrams = &mut verdicts.diagrams;
        let about = match (&one.scope.from, pair.channel) {
            (Some(_), Channel::Open) | (None, Channel::Open) => own[1],
            (Some(_), _) => diagrams.or(own[0], own[1]),
            (None, _) => own[0],
        };
        diagrams.and(users, about) != Diagram::FALSE
    }
}
