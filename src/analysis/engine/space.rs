//! The movements of a scope, atom by atom.
//!
//! Takes in a scope and a query, gives out kinds of devices and, for each of them and each channel, the
//! endpoints in *atoms*: endpoints that the scope and the rules treat alike. Users stay a condition on
//! groups. Determining rules are not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "device kinds and atoms are numbered by the space that these lists belong to"
)]

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use super::endpoints::{
    Universe, can_move, every_endpoint, is_judged_unmanaged, is_usual_target, movement,
    not_deployed,
};
use super::open::open_users;
use super::query::Query;
use crate::dd::{Cond, Manager};
use crate::limits::LimitExceeded;
use crate::model::{AccountReading, Model, PolicyId, Scope, Term, UsersId};
use crate::movement::{Context, Endpoint, Movement};
use crate::table::{
    ApplicableRules, Device, DeviceKind, EndpointView, Flow, LineId, NO_MOVEMENT, Outcome,
    set_holds, term_holds,
};
use crate::vocabulary::{Channel, DeviceState, DeviceStates, Platform, Platforms, Side};

/// Views of endpoints that are decided alike on a kind of device and on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::analysis) struct Atom {
    pub(in crate::analysis) line: LineId,
    /// The users for whom one of them exists in the scope.
    pub(in crate::analysis) inside: Cond,
    /// The users for whom the expectation's policy is about them; everybody if it stands in no policy.
    pub(in crate::analysis) own: Cond,
    /// The views, in the order of every output.
    pub(in crate::analysis) members: Vec<AtomMember>,
}

/// A view of an endpoint in an atom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) struct AtomMember {
    pub(in crate::analysis) view: EndpointView,
    /// The users for whom it exists in the scope.
    pub(in crate::analysis) exists: Cond,
}

/// Two atoms on a channel, on one block of devices.
#[derive(Clone, Copy)]
pub(in crate::analysis) struct Pair<'p> {
    pub(in crate::analysis) devices: &'p DeviceBlock,
    pub(in crate::analysis) channel: Channel,
    pub(in crate::analysis) source: &'p Atom,
    pub(in crate::analysis) target: &'p Atom,
}

impl Pair<'_> {
    /// The rules and defaults by which policies decide between the atoms, each with the users for whom its
    /// policy does, for those of them for whom the views exist. One list for each class of targets: on one
    /// line there can be apps of different policies.
    pub(in crate::analysis) fn applicable_rules(
        self,
        query: &mut Query<'_>,
        what_if: Option<PolicyId>,
    ) -> Result<Vec<ApplicableRules<Cond>>, LimitExceeded> {
        let Some(from) = self.source.members.first() else { return Ok(Vec::new()) };
        let class = |to: &AtomMember| (query.class_of(Side::Target, to.view.end), to.view.managed);
        let mut found = Vec::new();
        for to in first_of_each(&self.target.members, class) {
            let views = [from.view, to.view];
            found.push(query.rules_between(self.devices.kind, what_if, self.channel, views)?);
        }
        Ok(found)
    }
}

/// The first member of each class, in order.
pub(in crate::analysis) fn first_of_each<M, K: Ord>(
    members: &[M],
    class: impl Fn(&M) -> K,
) -> Vec<&M> {
    let mut seen = BTreeSet::new();
    members.iter().filter(|member| seen.insert(class(member))).collect()
}

/// Devices of one platform that the scope and the rules treat alike. `K` is their kind: that of one model,
/// or of each of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::analysis) struct DeviceBlock<K = DeviceKind> {
    pub(in crate::analysis) kind: K,
    pub(in crate::analysis) platform: Platform,
    /// An example of the states.
    pub(in crate::analysis) state: DeviceState,
    pub(in crate::analysis) states: DeviceStates,
}

impl<K: Copy + PartialEq> DeviceBlock<K> {
    /// The devices of some platforms and states in blocks, where they have a kind.
    pub(in crate::analysis) fn all(
        platforms: Platforms,
        states: DeviceStates,
        kind_of: impl Fn(Device) -> Option<K>,
    ) -> Vec<Self> {
        let mut blocks: Vec<Self> = Vec::new();
        for platform in platforms.iter() {
            for state in states.iter() {
                let Some(kind) = kind_of(Device { platform, state }) else { continue };
                let alike = |block: &&mut Self| {
                    block.kind == kind && block.state.is_enrolled() == state.is_enrolled()
                };
                match blocks.iter_mut().find(alike) {
                    Some(block) => block.states.insert(state),
                    None => {
                        let states = [state].into_iter().collect();
                        blocks.push(Self { kind, platform, state, states });
                    }
                }
            }
        }
        blocks
    }
}

/// An endpoint that can be in the scope.
#[derive(Debug, Clone, Copy)]
struct Member {
    end: Endpoint,
    /// Whether the scope holds it where it is unmanaged, and where it is managed.
    held: [bool; 2],
    /// Whether a term that names an account holds it, where it is unmanaged and where it is managed.
    named: [bool; 2],
}

/// The movements of a scope.
pub(in crate::analysis) struct ScopeSpace<'a> {
    model: &'a Model,
    scope: &'a Scope,
    /// The policy that an expectation stands in.
    policy: Option<PolicyId>,
    platforms: Platforms,
    devices: DeviceStates,
    /// The users of the scope.
    pub(in crate::analysis) within: Cond,
    members: HashMap<(Universe, Side), Rc<Vec<Member>>>,
}

impl<'a> ScopeSpace<'a> {
    pub(in crate::analysis) fn new(
        query: &mut Query<'a>,
        scope: &'a Scope,
        policy: Option<PolicyId>,
    ) -> Result<Self, LimitExceeded> {
        let model = query.model;
        let head = policy.map(|id| model.policy(id));
        let mut within = Cond::TRUE;
        for clause in scope.people.iter().chain(head.map(|head| &head.people)) {
            let clause = query.users.clause(clause)?;
            within = query.manager().and(within, clause)?;
        }
        Ok(Self {
            model,
            scope,
            policy,
            platforms: head.map_or(scope.platforms, |head| scope.platforms.and(head.platforms)),
            devices: head.map_or(scope.devices, |head| scope.devices.and(head.devices)),
            within,
            members: HashMap::new(),
        })
    }

    // ------------------------------------------------------------ devices

    /// The devices of the scope in blocks.
    pub(in crate::analysis) fn device_blocks(&self, query: &Query<'_>) -> Vec<DeviceBlock> {
        DeviceBlock::all(self.platforms, self.devices, |device| query.device_kind(device))
    }

    /// The scope's channels that exist on some devices.
    pub(in crate::analysis) fn channels(&self, devices: &DeviceBlock) -> Vec<Channel> {
        let exists = |channel: &Channel| channel.exists_on(devices.platform);
        self.scope.channels.iter().filter(exists).collect()
    }

    // ------------------------------------------------------------ endpoints

    /// The endpoints of one side of a channel in atoms.
    pub(in crate::analysis) fn atoms(
        &mut self,
        query: &mut Query<'a>,
        devices: &DeviceBlock,
        channel: Channel,
        side: Side,
    ) -> Result<Vec<Atom>, LimitExceeded> {
        let mut numbers: HashMap<(LineId, Cond), usize, FxBuildHasher> = HashMap::default();
        let mut atoms: Vec<Atom> = Vec::new();
        let is_only_own = self.is_only_own(channel, side);
        for member in self.members(devices, channel, side).iter() {
            for (view, mut exists) in query.views(devices.kind, member.end)? {
                let managed = usize::from(view.managed);
                let own = about(query, devices.kind, self.policy, view, member.named[managed])?;
                if is_only_own {
                    exists = query.manager().and(exists, own)?;
                }
                if !member.held[managed] || exists.is_never() {
                    continue;
                }
                let Some(line) = query.line(devices.kind, channel, side, view)? else { continue };
                let atom = *numbers.entry((line, own)).or_insert_with(|| {
                    atoms.push(Atom { line, inside: Cond::FALSE, own, members: Vec::new() });
                    atoms.len() - 1
                });
                atoms[atom].members.push(AtomMember { view, exists });
            }
        }
        for atom in &mut atoms {
            let exist = atom.members.iter().map(|member| member.exists);
            atom.inside = query.manager().any(exist)?;
        }
        Ok(atoms)
    }

    /// Calls `see` with every source and target atom of a channel and block of devices, until it breaks
    /// off.
    pub(in crate::analysis) fn visit(
        &mut self,
        query: &mut Query<'a>,
        mut see: impl FnMut(&Self, &mut Query<'a>, Pair<'_>) -> Flow,
    ) -> Result<(), LimitExceeded> {
        for devices in self.device_blocks(query) {
            for channel in self.channels(&devices) {
                let targets = self.atoms(query, &devices, channel, Side::Target)?;
                for source in &self.atoms(query, &devices, channel, Side::Source)? {
                    for target in &targets {
                        let pair = Pair { devices: &devices, channel, source, target };
                        if let ControlFlow::Break(()) = see(self, query, pair)? {
                            return Ok(());
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Every endpoint that exists and that the scope holds for some user.
    fn members(&mut self, devices: &DeviceBlock, channel: Channel, side: Side) -> Rc<Vec<Member>> {
        let DeviceBlock { platform, state, .. } = *devices;
        let key = (Universe::new(channel, side, platform, state), side);
        if let Some(known) = self.members.get(&key) {
            return Rc::clone(known);
        }
        let set = self.scope.side(side);
        let names_account = |term: &&Term| matches!(term.accounts, AccountReading::Named(_));
        let member = |end| Member {
            end,
            held: [false, true].map(|managed| {
                set.is_none_or(|set| set_holds(self.model, set, end, platform, managed))
            }),
            named: [false, true].map(|managed| {
                let mut terms = set.iter().flat_map(|set| &set.terms).filter(names_account);
                terms.any(|term| term_holds(self.model, term, end, platform, managed))
            }),
        };
        let ends = every_endpoint(self.model, channel, side, platform, state);
        let members = ends.into_iter().map(member).filter(|one| one.held.contains(&true));
        let members = Rc::new(members.collect());
        self.members.insert(key, Rc::clone(&members));
        members
    }

    /// Whether a side holds only the apps of the expectation's policy: the channel's own side, if `from`
    /// is left out. On `open` the own side is the target, which always does.
    fn is_only_own(&self, channel: Channel, side: Side) -> bool {
        let is_written = self.scope.from.is_some() && channel != Channel::Open;
        self.policy.is_some() && side == channel.own_side() && !is_written
    }

    // ------------------------------------------------------------ movements

    /// The users for whom the scope holds a movement between the atoms of a pair.
    pub(in crate::analysis) fn condition(
        &self,
        query: &mut Query<'a>,
        pair: Pair<'_>,
    ) -> Result<Cond, LimitExceeded> {
        let Pair { source, target, .. } = pair;
        let manager = query.manager();
        let own = manager.or(source.own, target.own)?;
        let all = manager.all(&[source.inside, target.inside, own, self.within])?;
        if all.is_never() {
            return Ok(all);
        }
        let moves = moving_between(query, pair)?;
        query.manager().and(all, moves)
    }

    /// Whether the scope holds a movement between the atoms of a pair.
    pub(in crate::analysis) fn holds(
        &self,
        query: &mut Query<'a>,
        pair: Pair<'_>,
    ) -> Result<bool, LimitExceeded> {
        Ok(!self.condition(query, pair)?.is_never())
    }

    /// The outcome between the atoms of a pair; [`NO_MOVEMENT`] for users for whom the scope holds no
    /// movement.
    pub(in crate::analysis) fn outcome(
        &self,
        query: &mut Query<'a>,
        pair: Pair<'_>,
    ) -> Result<Outcome, LimitExceeded> {
        let when = self.condition(query, pair)?;
        if when.is_never() {
            return Ok(NO_MOVEMENT);
        }
        let Pair { devices, channel, source, target } = pair;
        let outcome = query.outcome(devices.kind, channel, [source.line, target.line])?;
        query.manager().ite(when, outcome, NO_MOVEMENT)
    }

    // ------------------------------------------------------------ the only movement

    /// The only movement of the scope.
    pub(in crate::analysis) fn only_movement(
        &mut self,
        query: &mut Query<'a>,
    ) -> Result<OnlyMovement, LimitExceeded> {
        let mut seen = Seen { users: open_users(query, self.within)?, ..Seen::default() };
        let Some(users) = query.users.example(self.within) else {
            return Ok(OnlyMovement::Nothing);
        };
        let mut found = None;
        for devices in self.device_blocks(query) {
            for channel in self.channels(&devices) {
                let sources = self.views_for(query, &devices, channel, Side::Source, &users)?;
                let targets = self.views_for(query, &devices, channel, Side::Target, &users)?;
                if sources.is_empty() || targets.is_empty() {
                    continue;
                }
                seen.note(&devices, channel, &sources, &targets);
                if seen.is_all_open() {
                    return Ok(OnlyMovement::Several(seen.open()));
                }
                // An endpoint that is not deployed comes first.
                if seen.open().is_empty() && found.is_none() {
                    let place = (&devices, channel);
                    found = movement_between(query, place, (&sources, &targets), &users);
                }
            }
        }
        let open = seen.open();
        Ok(match found {
            _ if !open.is_empty() => OnlyMovement::Several(open),
            None => OnlyMovement::Nothing,
            Some(movement) => OnlyMovement::One(movement),
        })
    }

    /// The views of endpoints of the scope for one user.
    fn views_for(
        &mut self,
        query: &mut Query<'a>,
        devices: &DeviceBlock,
        channel: Channel,
        side: Side,
        users: &[UsersId],
    ) -> Result<Vec<AtomMember>, LimitExceeded> {
        let members = self.members(devices, channel, side);
        let mut found = Vec::new();
        for member in members.iter() {
            for (view, exists) in query.views(devices.kind, member.end)? {
                if member.held[usize::from(view.managed)] && query.users.meets(exists, users) {
                    found.push(AtomMember { view, exists });
                }
            }
        }
        Ok(found)
    }
}

/// The users for whom the policy of an expectation is about a view of an endpoint: it applies to the app,
/// under its work account or one that the expectation names, as `named` tells.
pub(in crate::analysis) fn about(
    query: &mut Query<'_>,
    kind: DeviceKind,
    policy: Option<PolicyId>,
    view: EndpointView,
    named: bool,
) -> Result<Cond, LimitExceeded> {
    match policy {
        None => Ok(Cond::TRUE),
        Some(policy)
            if view.managed || named || is_judged_unmanaged(query.model, policy, view.end) =>
        {
            query.applies(kind, policy, view.end)
        }
        Some(_) => Ok(Cond::FALSE),
    }
}

/// The users for whom data can move between some views of two atoms.
fn moving_between(query: &mut Query<'_>, pair: Pair<'_>) -> Result<Cond, LimitExceeded> {
    let Pair { channel, source, target, .. } = pair;
    let model = query.model;
    let inside = [source.inside, target.inside];
    moving(
        query.manager(),
        [&source.members, &target.members],
        inside,
        |member| member.exists,
        |from, to| can_move(model, channel, from.view, to.view),
    )
}

/// The users for whom data can move from some of the sources to some of the targets. `exists` gives the users
/// for whom one exists, `inside` those for whom any does on each side.
pub(in crate::analysis) fn moving<M>(
    manager: &mut Manager,
    [sources, targets]: [&[M]; 2],
    inside: [Cond; 2],
    exists: impl Fn(&M) -> Cond,
    can_move: impl Fn(&M, &M) -> bool,
) -> Result<Cond, LimitExceeded> {
    let mut free = BTreeSet::new();
    let mut bound = Vec::new();
    for from in sources {
        // Another source with the same users to whom everything is open says it all.
        if free.contains(&exists(from)) {
            continue;
        }
        let is_open = |to: &M| can_move(from, to);
        let is_free = targets.iter().any(|to| exists(to) == inside[1] && is_open(to))
            || targets.iter().all(is_open);
        if is_free {
            free.insert(exists(from));
        } else {
            bound.push(from);
        }
    }
    let from = manager.any(free.iter().copied())?;
    let mut found = manager.and(from, inside[1])?;
    if from == inside[0] {
        return Ok(found);
    }
    for from in bound.into_iter().filter(|from| !free.contains(&exists(*from))) {
        let open = targets.iter().filter(|to| can_move(from, to));
        let to = manager.any(open.map(&exists))?;
        let moves = manager.and(exists(from), to)?;
        found = manager.or(found, moves)?;
    }
    Ok(found)
}

/// A movement between some views for a user in some groups.
pub(in crate::analysis) fn movement_between(
    query: &mut Query<'_>,
    (devices, channel): (&DeviceBlock, Channel),
    (sources, targets): (&[AtomMember], &[AtomMember]),
    users: &[UsersId],
) -> Option<Movement> {
    let here = |one: &&AtomMember| query.users.meets(one.exists, users);
    let mut targets: Vec<&AtomMember> = targets.iter().filter(here).collect();
    targets.sort_by_key(|to| !is_usual_target(query.model, channel, to.view.end));
    for from in sources.iter().filter(here) {
        let can = |to: &&&AtomMember| can_move(query.model, channel, from.view, to.view);
        if let Some(to) = targets.iter().find(can) {
            let DeviceBlock { platform, state, .. } = *devices;
            let attributes = query.model.attributes();
            let context = Context::new(attributes, users, platform, state);
            let ends = (from.view.end, to.view.end);
            return Some(movement(query.model, channel, ends, context));
        }
    }
    None
}

/// The answer to the question for the only movement of a scope.
pub(in crate::analysis) enum OnlyMovement {
    One(Movement),
    /// The scope holds several; these parts are left open.
    Several(Vec<String>),
    /// The scope holds none.
    Nothing,
}

/// The parts in which the movements of a scope have been seen to differ.
#[derive(Default)]
struct Seen {
    channels: BTreeSet<Channel>,
    sources: BTreeSet<Endpoint>,
    targets: BTreeSet<Endpoint>,
    /// The parts that leave users open.
    users: Vec<String>,
    platforms: BTreeSet<Platform>,
    states: BTreeSet<DeviceState>,
}

impl Seen {
    fn note(
        &mut self,
        devices: &DeviceBlock,
        channel: Channel,
        sources: &[AtomMember],
        targets: &[AtomMember],
    ) {
        self.channels.insert(channel);
        self.sources.extend(sources.iter().map(|one| not_deployed(one.view.end)));
        self.targets.extend(targets.iter().map(|one| not_deployed(one.view.end)));
        self.platforms.insert(devices.platform);
        self.states.extend(devices.states.iter());
    }

    /// The parts that are left open, each with the clause that fixes it.
    fn open(&self) -> Vec<String> {
        let part = |count: usize, part: &str| (count > 1).then(|| part.to_owned());
        let ends = [
            part(self.channels.len(), "the channel"),
            part(self.sources.len(), "the source (`from … as …`)"),
            part(self.targets.len(), "the target (`to … as …`)"),
        ];
        let devices = [
            part(self.platforms.len(), "the platform (`on …`)"),
            part(self.states.len(), "the device state (`devices …`)"),
        ];
        let users = self.users.iter().cloned();
        ends.into_iter().flatten().chain(users).chain(devices.into_iter().flatten()).collect()
    }

    /// Whether every part is known to be open.
    fn is_all_open(&self) -> bool {
        let counts = [self.channels.len(), self.sources.len(), self.targets.len()];
        let more = [self.platforms.len(), self.states.len()];
        !self.users.is_empty() && counts.into_iter().chain(more).all(|count| count > 1)
    }
}
