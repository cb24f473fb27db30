//! All movements of a scope, class by class.
//!
//! Takes in a scope and a table, gives out kinds of devices and, for each of them and each channel, the
//! ends of movements in *atoms*: ends that the scope and the table both treat alike. Who the user is
//! stays a condition. Existence is settled here: apps only where they exist, `deployed` only on
//! enrolled devices, no movement inside one app.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::Analysis;
use super::crowd::{Crowd, Import, NOWHERE};
use crate::decision::Ground;
use crate::diagram::Diagram;
use crate::model::{AccountReading, Model, People, PolicyId, Scope, Term, UsersId};
use crate::movement::{Context, Endpoint, Movement};
use crate::table::{DeviceKind, Seat, Seen, Table, World, set_holds, term_holds};
use crate::vocabulary::{
    Account, Channel, DeviceState, DeviceStates, Kind, Platform, Platforms, Side,
};

/// Ends that behave alike on a kind of device and on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atom {
    /// How the table decides them.
    pub(super) seat: Seat,
    /// For whom they are in the scope.
    pub(super) inside: Diagram,
    /// For whom they are apps that the expectation's policy is about.
    pub(super) own: Diagram,
    /// The ends, in the order of every output.
    pub(super) ends: Vec<Endpoint>,
}

/// Two atoms on a channel, on a kind of device.
#[derive(Clone, Copy)]
pub(super) struct Pair<'p> {
    pub(super) spot: &'p Spot,
    pub(super) channel: Channel,
    pub(super) source: &'p Atom,
    pub(super) target: &'p Atom,
}

/// One kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// The table's number.
    pub(super) kind: DeviceKind,
    pub(super) platform: Platform,
    /// An example.
    pub(super) state: DeviceState,
    /// All states that the scope and the table treat alike.
    pub(super) states: DeviceStates,
}

/// An end that can be in the scope.
#[derive(Debug, Clone, Copy)]
struct Member {
    end: Endpoint,
    /// Whether the scope holds it where it is managed, and where it is not.
    held: [bool; 2],
    /// The same of accounts that the scope names.
    named: [bool; 2],
}

/// What decides which ends exist: platform, whether apps can be deployed, side, kind, and the channel where
/// that matters.
type Site = (Platform, bool, Side, Kind, Option<Channel>);

/// The movements of a scope, among the users of a crowd.
pub(super) struct Space<'a> {
    pub(super) model: &'a Model,
    pub(super) scope: &'a Scope,
    /// The policy that an expectation stands in.
    policy: Option<PolicyId>,
    platforms: Platforms,
    devices: DeviceStates,
    /// Whom the scope means.
    pub(super) within: Diagram,
    members: HashMap<Site, Rc<Vec<Member>>>,
}

/// A table that is asked, and the users on whom its answers depend.
pub(super) struct Lens<'a> {
    pub(super) crowd: Crowd,
    pub(super) import: Import<'a>,
    pub(super) model: &'a Model,
    worlds: BTreeMap<(DeviceKind, Option<PolicyId>), Rc<World>>,
}

impl<'a> Lens<'a> {
    /// A table among users that its policies and some more clauses tell apart.
    pub(super) fn new<'c>(
        analysis: &'a Analysis<'_>,
        table: &'a Table,
        more: impl Iterator<Item = &'c People>,
    ) -> Self {
        let model = analysis.model;
        let more: Vec<&People> = more.collect();
        let clauses = clauses_of(model).chain(more);
        let nodes = analysis.checked.limits().nodes;
        let mut crowd = Crowd::new(clauses, model.users().len(), nodes);
        let import = Import::new(table, &mut crowd, Some);
        Self { crowd, import, model, worlds: BTreeMap::new() }
    }

    pub(super) fn table(&self) -> &'a Table {
        self.import.table
    }

    /// For whom an end is managed.
    pub(super) fn managed(&mut self, kind: DeviceKind, end: Endpoint) -> Diagram {
        self.import.managed(&mut self.crowd, kind, end)
    }

    /// Everything that can decide what moves between two ends, with those for whom it does; perhaps
    /// with a guest, of whom alone it is told then.
    pub(super) fn contributions(
        &mut self,
        kind: DeviceKind,
        guest: Option<PolicyId>,
        channel: Channel,
        ends: [Endpoint; 2],
    ) -> BTreeMap<Ground, Diagram> {
        let world = self.world(kind, guest);
        let Self { crowd, import, .. } = self;
        let table = import.table;
        let translate = &mut |to: &mut _, people| import.condition(to, people);
        let into = &mut crowd.verdicts.diagrams;
        table.contributions(&world, channel, ends, guest, into, translate)
    }

    /// The policies in force on a kind of device, perhaps with a guest.
    pub(super) fn world(&mut self, kind: DeviceKind, guest: Option<PolicyId>) -> Rc<World> {
        let Self { crowd, import, worlds, .. } = self;
        let world = worlds.entry((kind, guest)).or_insert_with(|| {
            let table = import.table;
            let translate = &mut |to: &mut _, people| import.condition(to, people);
            Rc::new(table.world(kind, guest, &mut crowd.verdicts.diagrams, translate))
        });
        Rc::clone(world)
    }

    /// For whom a policy applies to an app.
    pub(super) fn applies(&mut self, kind: DeviceKind, policy: PolicyId, end: Endpoint) -> Diagram {
        let Endpoint::App { app, .. } = end else { return Diagram::FALSE };
        let world = self.world(kind, None);
        self.import.table.applies(&world, policy, app)
    }
}

/// Every `for` clause of a model's policies and rules.
pub(super) fn clauses_of(model: &Model) -> impl Iterator<Item = &People> {
    let heads = model.policies().iter().map(|policy| &policy.people);
    heads.chain(model.rules().iter().filter_map(|rule| rule.scope.people.as_ref()))
}

impl<'a> Space<'a> {
    pub(super) fn new(lens: &mut Lens<'a>, scope: &'a Scope, policy: Option<PolicyId>) -> Self {
        let model = lens.model;
        let head = policy.map(|id| model.policy(id));
        let clauses = scope.people.iter().chain(head.map(|head| &head.people));
        let conditions: Vec<Diagram> = clauses.map(|one| lens.crowd.clause(one)).collect();
        Self {
            model,
            scope,
            policy,
            platforms: head.map_or(scope.platforms, |head| scope.platforms.and(head.platforms)),
            devices: head.map_or(scope.devices, |head| scope.devices.and(head.devices)),
            within: lens.crowd.and(&conditions),
            members: HashMap::new(),
        }
    }

    // ------------------------------------------------------------ devices

    /// Every kind of device.
    pub(super) fn spots(&self, table: &Table) -> Vec<Spot> {
        let mut spots: Vec<Spot> = Vec::new();
        for platform in self.platforms.iter() {
            for state in self.devices.iter() {
                let Some(kind) = table.device_kind(platform, state) else { continue };
                let alike = |spot: &&mut Spot| {
                    spot.kind == kind && spot.state.is_enrolled() == state.is_enrolled()
                };
                match spots.iter_mut().find(alike) {
                    Some(spot) => spot.states.insert(state),
                    None => {
                        let states = [state].into_iter().collect();
                        spots.push(Spot { kind, platform, state, states });
                    }
                }
            }
        }
        spots
    }

    /// The scope's channels that exist on a device.
    pub(super) fn channels(&self, spot: &Spot) -> Vec<Channel> {
        let exists = |channel: &Channel| channel.exists_on(spot.platform);
        self.scope.channels.iter().filter(exists).collect()
    }

    // ------------------------------------------------------------ ends

    /// The ends of movements on one side of a channel, in atoms.
    pub(super) fn atoms(
        &mut self,
        lens: &mut Lens<'a>,
        spot: &Spot,
        channel: Channel,
        side: Side,
    ) -> Vec<Atom> {
        let mut numbers: HashMap<(Seat, Diagram, Diagram), usize> = HashMap::new();
        let mut atoms: Vec<Atom> = Vec::new();
        for member in self.members(spot, channel, side).iter() {
            let end = member.end;
            let managed = match (member.held, self.policy) {
                ([true, true], None) => Diagram::FALSE,
                _ => lens.managed(spot.kind, end),
            };
            let by = |holds: [bool; 2]| holds.map(Diagram::truth);
            let [no, yes] = by(member.held);
            let mut inside = lens.crowd.verdicts.diagrams.choose(managed, yes, no);
            let own = match self.policy {
                None => Diagram::TRUE,
                Some(policy) => {
                    let [no, yes] = by(member.named);
                    let named = lens.crowd.verdicts.diagrams.choose(managed, yes, no);
                    let about = lens.crowd.verdicts.diagrams.or(managed, named);
                    let applies = lens.applies(spot.kind, policy, end);
                    lens.crowd.verdicts.diagrams.and(applies, about)
                }
            };
            if self.is_only_own(channel, side) {
                inside = lens.crowd.verdicts.diagrams.and(inside, own);
            }
            if inside == Diagram::FALSE {
                continue;
            }
            let seat = lens.table().seat(spot.kind, channel, side, end);
            let at = *numbers.entry((seat, inside, own)).or_insert_with(|| {
                atoms.push(Atom { seat, inside, own, ends: Vec::new() });
                atoms.len() - 1
            });
            atoms[at].ends.push(end);
        }
        atoms
    }

    /// Shows every two atoms between which the scope can hold a movement, until nothing more is wanted.
    pub(super) fn visit(
        &mut self,
        lens: &mut Lens<'a>,
        mut see: impl FnMut(&Self, &mut Lens<'a>, Pair<'_>) -> Seen,
    ) {
        for spot in self.spots(lens.table()) {
            for channel in self.channels(&spot) {
                let targets = self.atoms(lens, &spot, channel, Side::Target);
                for source in &self.atoms(lens, &spot, channel, Side::Source) {
                    for target in &targets {
                        let pair = Pair { spot: &spot, channel, source, target };
                        if see(self, lens, pair) == Seen::Enough {
                            return;
                        }
                    }
                }
            }
        }
    }

    /// Every end that exists and that the scope holds for somebody.
    fn members(&mut self, spot: &Spot, channel: Channel, side: Side) -> Rc<Vec<Member>> {
        let kind = crate::model::kind_at(channel, side);
        let of_channel = (kind == Kind::Place).then_some(channel);
        let key = (spot.platform, spot.state.is_enrolled(), side, kind, of_channel);
        if let Some(known) = self.members.get(&key) {
            return Rc::clone(known);
        }
        let set = self.scope.side(side);
        let names_account = |term: &&Term| matches!(term.accounts, AccountReading::Named(_));
        let member = |end| Member {
            end,
            held: [false, true].map(|managed| {
                set.is_none_or(|set| set_holds(self.model, set, end, spot.platform, managed))
            }),
            named: [false, true].map(|managed| {
                let mut terms = set.iter().flat_map(|set| &set.terms).filter(names_account);
                terms.any(|term| term_holds(self.model, term, end, spot.platform, managed))
            }),
        };
        let ends = every_end(self.model, channel, side, spot.platform, spot.state);
        let members = ends.into_iter().map(member).filter(|one| one.held.contains(&true));
        let members = Rc::new(members.collect());
        self.members.insert(key, Rc::clone(&members));
        members
    }

    /// Whether one side of an expectation in a policy holds nothing but the policy's own apps: the side
    /// where `from` stands if it is left out; for `open`, the target.
    fn is_only_own(&self, channel: Channel, side: Side) -> bool {
        let is_written = self.scope.from.is_some() && channel != Channel::Open;
        self.policy.is_some() && side == channel.own_side() && !is_written
    }

    // ------------------------------------------------------------ movements

    /// For whom there is a movement of the scope between two atoms.
    pub(super) fn condition(
        &self,
        lens: &mut Lens<'a>,
        spot: &Spot,
        channel: Channel,
        source: &Atom,
        target: &Atom,
    ) -> Diagram {
        let own = lens.crowd.verdicts.diagrams.or(source.own, target.own);
        let all = lens.crowd.and(&[source.inside, target.inside, own, self.within]);
        if all == Diagram::FALSE {
            return all;
        }
        let can = can_move_between(lens, spot, channel, source, target);
        lens.crowd.verdicts.diagrams.and(all, can)
    }

    /// What is decided between the atoms of a pair, as for [`outcome`](Self::outcome).
    pub(super) fn decided(&self, lens: &mut Lens<'a>, pair: Pair<'_>) -> Diagram {
        self.outcome(lens, pair.spot, pair.channel, pair.source, pair.target)
    }

    /// Whether the scope holds a movement between the atoms of a pair.
    pub(super) fn holds(&self, lens: &mut Lens<'a>, pair: Pair<'_>) -> bool {
        let Pair { spot, channel, source, target } = pair;
        self.condition(lens, spot, channel, source, target) != Diagram::FALSE
    }

    /// What is decided between two atoms; [`NOWHERE`] for those for whom no movement of the scope is.
    pub(super) fn outcome(
        &self,
        lens: &mut Lens<'a>,
        spot: &Spot,
        channel: Channel,
        source: &Atom,
        target: &Atom,
    ) -> Diagram {
        let when = self.condition(lens, spot, channel, source, target);
        if when == Diagram::FALSE {
            return Diagram::leaf(NOWHERE);
        }
        let cell = lens.table().cell_at(spot.kind, channel, source.seat, target.seat);
        let outcome = lens.import.outcome(&mut lens.crowd, cell);
        lens.crowd.verdicts.diagrams.choose(when, outcome, Diagram::leaf(NOWHERE))
    }

    /// A movement between ends of two atoms for a user in some groups.
    pub(super) fn movement_between(
        &self,
        lens: &mut Lens<'a>,
        spot: &Spot,
        channel: Channel,
        (sources, targets): (&[Endpoint], &[Endpoint]),
        users: &[UsersId],
    ) -> Option<Movement> {
        let context = Context { users: users.to_vec(), platform: spot.platform, state: spot.state };
        let view = lens.table().view(users.iter().copied(), spot.platform, spot.state)?;
        let managed = |end| view.is_managed(end);
        let mut pairs = sources.iter().flat_map(|from| targets.iter().map(move |to| (*from, *to)));
        let ends = pairs.find(|(from, to)| {
            can_move(lens.model, channel, *from, *to, &|| managed(*from) && managed(*to))
        })?;
        Some(movement(lens.model, channel, ends, context))
    }

    /// The only movement of the scope, or what is left open.
    pub(super) fn only_movement(&mut self, lens: &mut Lens<'a>) -> Result<Movement, String> {
        let mut seen = Met { users: self.is_open_in_users(lens), ..Met::default() };
        let Some(users) = lens.crowd.example(self.within) else {
            return Err(NO_MOVEMENT.to_owned());
        };
        let mut found = None;
        for spot in self.spots(lens.table()) {
            for channel in self.channels(&spot) {
                let sources = self.ends_for(lens, &spot, channel, Side::Source, &users);
                let targets = self.ends_for(lens, &spot, channel, Side::Target, &users);
                if sources.is_empty() || targets.is_empty() {
                    continue;
                }
                seen.note(&spot, channel, &sources, &targets);
                if seen.open().len() == OPEN.len() {
                    return Err(left_open(&seen.open()));
                }
                // Not being deployed comes first.
                if seen.open().is_empty() && found.is_none() {
                    let ends = (sources.as_slice(), targets.as_slice());
                    found = self.movement_between(lens, &spot, channel, ends, &users);
                }
            }
        }
        let open = seen.open();
        match found {
            _ if !open.is_empty() => Err(left_open(&open)),
            None => Err(NO_MOVEMENT.to_owned()),
            Some(movement) => Ok(movement),
        }
    }

    /// The ends of the scope for one user.
    fn ends_for(
        &mut self,
        lens: &Lens<'a>,
        spot: &Spot,
        channel: Channel,
        side: Side,
        users: &[UsersId],
    ) -> Vec<Endpoint> {
        let Some(view) = lens.table().view(users.iter().copied(), spot.platform, spot.state) else {
            return Vec::new();
        };
        let members = self.members(spot, channel, side);
        let held = members.iter().filter(|one| one.held[usize::from(view.is_managed(one.end))]);
        held.map(|member| member.end).collect()
    }

    /// Whether some policy or rule means some users of the scope and not others.
    fn is_open_in_users(&self, lens: &mut Lens<'a>) -> bool {
        clauses_of(self.model).any(|clause| {
            let clause = lens.crowd.clause(clause);
            let meant = lens.crowd.verdicts.diagrams.and(self.within, clause);
            meant != Diagram::FALSE && meant != self.within
        })
    }
}

/// For whom data can move between some ends of two atoms.
fn can_move_between(
    lens: &mut Lens<'_>,
    spot: &Spot,
    channel: Channel,
    source: &Atom,
    target: &Atom,
) -> Diagram {
    let mut found = Diagram::FALSE;
    for from in &source.ends {
        for to in &target.ends {
            let can = if can_move(lens.model, channel, *from, *to, &|| false) {
                let both = |lens: &mut Lens<'_>| {
                    let managed = [*from, *to].map(|end| lens.managed(spot.kind, end));
                    lens.crowd.and(&managed)
                };
                if can_move(lens.model, channel, *from, *to, &|| true) {
                    return Diagram::TRUE;
                }
                let both = both(lens);
                lens.crowd.verdicts.diagrams.not(both)
            } else {
                Diagram::FALSE
            };
            found = lens.crowd.verdicts.diagrams.or(found, can);
            if found == Diagram::TRUE {
                return found;
            }
        }
    }
    found
}

/// Whether data can move between two ends: one app is deployed or not, and moving data inside one app
/// under one account is none. An app with one account at a time has one where both ends are managed.
pub(super) fn can_move(
    model: &Model,
    channel: Channel,
    from: Endpoint,
    to: Endpoint,
    are_managed: &dyn Fn() -> bool,
) -> bool {
    let (
        Endpoint::App { app: a, account: x, deployed: p },
        Endpoint::App { app: b, account: y, deployed: q },
    ) = (from, to)
    else {
        return true;
    };
    if a != b || a == model.unlisted_app() {
        return true;
    }
    p == q && !(channel.stays_inside() && (x == y || are_managed()))
}

/// What the movements of a scope have been seen to differ in.
#[derive(Default)]
struct Met {
    channels: BTreeSet<Channel>,
    sources: BTreeSet<Endpoint>,
    targets: BTreeSet<Endpoint>,
    users: bool,
    platforms: BTreeSet<Platform>,
    states: BTreeSet<DeviceState>,
}

impl Met {
    fn note(&mut self, spot: &Spot, channel: Channel, sources: &[Endpoint], targets: &[Endpoint]) {
        self.channels.insert(channel);
        self.sources.extend(sources.iter().copied().map(plain));
        self.targets.extend(targets.iter().copied().map(plain));
        self.platforms.insert(spot.platform);
        self.states.extend(spot.states.iter());
    }

    /// What is left open.
    fn open(&self) -> Vec<&'static str> {
        let counts = [
            self.channels.len(),
            self.sources.len(),
            self.targets.len(),
            1 + usize::from(self.users),
            self.platforms.len(),
            self.states.len(),
        ];
        OPEN.into_iter().zip(counts).filter(|(_, count)| *count > 1).map(|(what, _)| what).collect()
    }
}

/// What to say of a scope without any movement.
pub(super) const NO_MOVEMENT: &str = "the scope holds no movement: nothing like this exists, or it \
                                      stays inside one app under one account";

/// What a scope can leave open, with the clauses that fix it.
const OPEN: [&str; 6] = [
    "the channel",
    "the source (`from … as …`)",
    "the target (`to … as …`)",
    "the user (`for exactly …`)",
    "the platform (`on …`)",
    "the device state (`devices …`)",
];

fn left_open(open: &[&str]) -> String {
    format!("the scope holds several movements; it leaves open {}", open.join(", "))
}

/// The end as if the device's MDM had not installed it.
pub(super) fn plain(end: Endpoint) -> Endpoint {
    match end {
        Endpoint::App { app, account, .. } => Endpoint::App { app, account, deployed: false },
        Endpoint::Storage(_) | Endpoint::Place(_) => end,
    }
}

/// The movement between two ends.
pub(super) fn movement(
    model: &Model,
    channel: Channel,
    (source, target): (Endpoint, Endpoint),
    context: Context,
) -> Movement {
    let same_app = matches!(
        (source, target),
        (Endpoint::App { app: a, .. }, Endpoint::App { app: b, .. })
            if a == b && a != model.unlisted_app()
    );
    Movement { channel, source, target, context, same_app, characters: None }
}

/// Every end that exists on one side of a channel in a context, apps in the order of declaration, each
/// account by itself, deployed ones behind.
pub(crate) fn every_end(
    model: &Model,
    channel: Channel,
    side: Side,
    platform: Platform,
    state: DeviceState,
) -> Vec<Endpoint> {
    match crate::model::kind_at(channel, side) {
        Kind::Place => channel.places().iter().copied().map(Endpoint::Place).collect(),
        Kind::Storage => model
            .storage_ids()
            .filter(|id| side == Side::Source || model.storage(*id).writable)
            .map(Endpoint::Storage)
            .collect(),
        Kind::App => apps(model, platform, state),
    }
}

fn apps(model: &Model, platform: Platform, state: DeviceState) -> Vec<Endpoint> {
    let deployed: &[bool] = if state.is_enrolled() { &[false, true] } else { &[false] };
    let existing = model.app_ids().filter(|app| model.exists(*app, platform));
    existing
        .flat_map(|app| {
            let accounts = if model.app(app).sdk { Account::ALL } else { &[Account::Personal] };
            accounts.iter().flat_map(move |account| {
                deployed.iter().map(move |deployed| Endpoint::App {
                    app,
                    account: *account,
                    deployed: *deployed,
                })
            })
        })
        .collect()
}
