//! All movements of a scope, class by class.
//!
//! Takes in a scope and a table, gives out contexts and, for each context and channel, the ends of
//! movements in *atoms*: ends that the scope and the table both treat alike. Existence is settled
//! here: apps only where they exist, `deployed` only on enrolled devices, no movement inside one app.

use std::collections::{BTreeMap, BTreeSet};

use super::Analysis;
use crate::bits::Bits;
use crate::model::{AccountReading, EndpointSet, Model, People, PolicyId, Scope};
use crate::movement::{Context, Endpoint, Movement};
use crate::table::{ContextId, Table, UserClass, set_holds, term_holds, user_classes};
use crate::vocabulary::{
    Account, Channel, DeviceState, DeviceStates, Kind, Platform, Platforms, Side,
};

/// Ends that behave alike in a context and on a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Atom {
    /// The table's class of them.
    pub(super) class: u32,
    /// Whether each of them is one of the apps that the expectation's policy is about.
    pub(super) own: bool,
    /// The ends, in the order of every output.
    pub(super) ends: Vec<Endpoint>,
}

/// One kind of context.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// The table's number.
    pub(super) id: ContextId,
    /// An example.
    pub(super) context: Context,
    /// The kind of users, as the space numbers them.
    pub(super) users: usize,
}

/// The movements of a scope.
pub(super) struct Space<'a> {
    pub(super) analysis: &'a Analysis<'a>,
    pub(super) model: &'a Model,
    pub(super) table: &'a Table,
    pub(super) scope: &'a Scope,
    /// The policy that an expectation stands in.
    policy: Option<PolicyId>,
    pub(super) platforms: Platforms,
    pub(super) devices: DeviceStates,
    /// The clauses that tell the kinds of users apart.
    pub(super) clauses: Vec<People>,
    /// The kinds of users that there are.
    pub(super) classes: Vec<UserClass>,
    /// Those of them that are in the scope.
    pub(super) users: Vec<usize>,
}

impl<'a> Space<'a> {
    pub(super) fn new(
        analysis: &'a Analysis<'a>,
        table: &'a Table,
        scope: &'a Scope,
        policy: Option<PolicyId>,
    ) -> Self {
        Self::telling_apart(analysis, table, scope, policy, &[])
    }

    /// The same, in which users are told apart by some more clauses.
    pub(super) fn telling_apart(
        analysis: &'a Analysis<'a>,
        table: &'a Table,
        scope: &'a Scope,
        policy: Option<PolicyId>,
        more: &[People],
    ) -> Self {
        let model = analysis.model;
        let head = policy.map(|id| model.policy(id));
        let own: Vec<People> =
            scope.people.iter().chain(head.map(|head| &head.people)).cloned().collect();
        let (clauses, classes) = users(analysis, table, &[&own, more].concat());
        let is_meant = |index: &usize| {
            classes
                .get(*index)
                .is_some_and(|class| own.iter().all(|one| one.contains(&class.witness)))
        };
        let users = (0..classes.len()).filter(is_meant).collect();
        Self {
            analysis,
            model,
            table,
            scope,
            policy,
            platforms: head.map_or(scope.platforms, |head| scope.platforms.and(head.platforms)),
            devices: head.map_or(scope.devices, |head| scope.devices.and(head.devices)),
            clauses,
            classes,
            users,
        }
    }

    // ------------------------------------------------------------ contexts

    /// Every kind of context, each device state by itself.
    pub(super) fn spots(&self) -> Vec<Spot> {
        let mut spots = Vec::new();
        for (users, class) in self.users.iter().map(|index| (*index, &self.classes[*index])) {
            for platform in self.platforms.iter() {
                for state in self.devices.iter().filter(|state| state.exists_on(platform)) {
                    let context = Context { users: class.witness.clone(), platform, state };
                    let id = self.table.context_id(&context.users, platform, state);
                    spots.extend(id.map(|id| Spot { id, context, users }));
                }
            }
        }
        spots
    }

    /// One of each kind of context that the table tells apart, the fewest groups first.
    pub(super) fn kinds_of_spots(&self) -> Vec<Spot> {
        let mut seen = BTreeSet::new();
        let mut spots = self.spots();
        spots.retain(|spot| seen.insert((spot.id, spot.context.state.is_enrolled())));
        spots
    }

    /// The scope's channels that exist in a context.
    pub(super) fn channels(&self, spot: &Spot) -> Vec<Channel> {
        let platform = spot.context.platform;
        self.scope.channels.iter().filter(|channel| channel.exists_on(platform)).collect()
    }

    // ------------------------------------------------------------ ends

    /// The ends of movements on one side of a channel, in atoms.
    pub(super) fn atoms(&self, spot: &Spot, channel: Channel, side: Side) -> Vec<Atom> {
        let protected = self.protected(spot);
        let mut atoms: BTreeMap<(u32, bool), Atom> = BTreeMap::new();
        let mut order = Vec::new();
        for end in self.ends(spot, channel, side) {
            let own = self.is_own(spot, side, end, protected.as_ref());
            if self.is_only_own(channel, side) && !own {
                continue;
            }
            let (source, target) = self.table.classes(end);
            let class = if side == Side::Source { source } else { target };
            let atom = atoms.entry((class, own)).or_insert_with(|| {
                order.push((class, own));
                Atom { class, own, ends: Vec::new() }
            });
            atom.ends.push(end);
        }
        order.into_iter().filter_map(|key| atoms.remove(&key)).collect()
    }

    /// Every end that exists.
    pub(super) fn every_end(&self, spot: &Spot, channel: Channel, side: Side) -> Vec<Endpoint> {
        every_end(self.model, channel, side, &spot.context)
    }

    /// Every end that exists and is in the scope.
    fn ends(&self, spot: &Spot, channel: Channel, side: Side) -> Vec<Endpoint> {
        let ends = self.every_end(spot, channel, side);
        let Some(set) = self.scope.side(side) else { return ends };
        ends.into_iter().filter(|end| self.holds(set, spot, *end)).collect()
    }

    pub(super) fn holds(&self, set: &EndpointSet, spot: &Spot, end: Endpoint) -> bool {
        let managed = self.table.is_managed(spot.id, end);
        set_holds(self.model, set, end, spot.context.platform, managed)
    }

    /// The apps to which the expectation's policy applies.
    fn protected(&self, spot: &Spot) -> Option<Bits> {
        let id = self.policy?;
        let applies = self.analysis.precedence.applies(self.model, &spot.context);
        applies.into_iter().nth(id.index())
    }

    /// Whether an end is one of those that an expectation in a policy is about: a protected app under
    /// its work account, or under an account that the expectation names.
    fn is_own(&self, spot: &Spot, side: Side, end: Endpoint, protected: Option<&Bits>) -> bool {
        let Some(protected) = protected else { return true };
        let Endpoint::App { app, .. } = end else { return false };
        let managed = self.table.is_managed(spot.id, end);
        let named = || {
            let terms = self.scope.side(side).map_or(&[][..], |set| &set.terms);
            terms.iter().any(|term| {
                matches!(term.accounts, AccountReading::Named(_))
                    && term_holds(self.model, term, end, spot.context.platform, managed)
            })
        };
        protected.contains(app.index()) && (managed || named())
    }

    /// Whether this side must be one of the policy's apps: the source where `from` is left out; for
    /// `open`, the target.
    fn is_only_own(&self, channel: Channel, side: Side) -> bool {
        let protected_side = match channel {
            Channel::Open => Side::Target,
            _ => Side::Source,
        };
        let is_written = self.scope.from.is_some() && channel != Channel::Open;
        self.policy.is_some() && side == protected_side && !is_written
    }

    /// Two ends of the atoms between which data can move, if there are any.
    pub(super) fn pair(
        &self,
        channel: Channel,
        spot: &Spot,
        source: &Atom,
        target: &Atom,
    ) -> Option<(Endpoint, Endpoint)> {
        if !source.own && !target.own {
            return None;
        }
        source.ends.iter().find_map(|from| {
            let to = target.ends.iter().find(|to| self.can_move(channel, spot, *from, **to));
            to.map(|to| (*from, *to))
        })
    }

    /// Whether there is such a movement: one app is deployed or not, and moving data inside one app
    /// under one account is none.
    fn can_move(&self, channel: Channel, spot: &Spot, from: Endpoint, to: Endpoint) -> bool {
        let (
            Endpoint::App { app: a, account: x, deployed: p },
            Endpoint::App { app: b, account: y, deployed: q },
        ) = (from, to)
        else {
            return true;
        };
        if a != b || a == self.model.unlisted_app() {
            return true;
        }
        let one_account =
            x == y || self.table.is_managed(spot.id, from) && self.table.is_managed(spot.id, to);
        p == q && !(channel.stays_inside() && one_account)
    }

    // ------------------------------------------------------------ one movement

    /// The only movement of the scope, or what is left open.
    pub(super) fn only_movement(&self) -> Result<Movement, String> {
        let mut seen = Seen::default();
        let mut found = None;
        for spot in self.spots() {
            for channel in self.channels(&spot) {
                let sources = self.ends(&spot, channel, Side::Source);
                let targets = self.ends(&spot, channel, Side::Target);
                if sources.is_empty() || targets.is_empty() {
                    continue;
                }
                seen.note(&spot, channel, &sources, &targets);
                let open = seen.open();
                if open.len() == OPEN.len() {
                    return Err(left_open(&open));
                }
                // Not being deployed comes first.
                let mut pairs =
                    sources.iter().flat_map(|from| targets.iter().map(move |to| (*from, *to)));
                if open.is_empty() && found.is_none() {
                    found = pairs
                        .find(|(from, to)| self.can_move(channel, &spot, *from, *to))
                        .map(|ends| movement(self.model, channel, ends, spot.context.clone()));
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
}

/// What the movements of a scope have been seen to differ in.
#[derive(Default)]
struct Seen {
    channels: BTreeSet<Channel>,
    sources: BTreeSet<Endpoint>,
    targets: BTreeSet<Endpoint>,
    users: BTreeSet<usize>,
    platforms: BTreeSet<Platform>,
    states: BTreeSet<DeviceState>,
}

impl Seen {
    fn note(&mut self, spot: &Spot, channel: Channel, sources: &[Endpoint], targets: &[Endpoint]) {
        self.channels.insert(channel);
        self.sources.extend(sources.iter().copied().map(plain));
        self.targets.extend(targets.iter().copied().map(plain));
        self.users.insert(spot.users);
        self.platforms.insert(spot.context.platform);
        self.states.insert(spot.context.state);
    }

    /// What is left open.
    fn open(&self) -> Vec<&'static str> {
        let counts = [
            self.channels.len(),
            self.sources.len(),
            self.targets.len(),
            self.users.len(),
            self.platforms.len(),
            self.states.len(),
        ];
        OPEN.into_iter().zip(counts).filter(|(_, count)| *count > 1).map(|(what, _)| what).collect()
    }
}

/// The clauses that tell users apart, and the kinds of users that they tell apart. Beside the
/// table's clauses and the scope's own there are the opposites of each, so that parts of a scope can be
/// named by their users; where that makes too many kinds, the table's own must do.
fn users(analysis: &Analysis<'_>, table: &Table, own: &[People]) -> (Vec<People>, Vec<UserClass>) {
    let groups = analysis.model.users().len();
    let bound = analysis.checked.limits().user_classes;
    let plain: Vec<People> = table.user_clauses().iter().chain(own).cloned().collect();
    let wide: Vec<People> = plain.iter().cloned().chain(plain.iter().flat_map(opposites)).collect();
    for clauses in [wide, plain] {
        if let Ok(classes) = user_classes(&clauses, groups, bound) {
            return (clauses, classes);
        }
    }
    (Vec::new(), Vec::new())
}

/// Those whom a clause leaves out.
fn opposites(clause: &People) -> Vec<People> {
    let People::Some { of, except } = clause else { return Vec::new() };
    let mut named: Vec<_> = of.iter().flatten().chain(except).copied().collect();
    named.sort_unstable();
    named.dedup();
    let mut found = vec![People::Some { of: None, except: named }];
    if !except.is_empty() {
        found.push(People::Some { of: Some(except.clone()), except: Vec::new() });
    }
    found
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
fn plain(end: Endpoint) -> Endpoint {
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
    context: &Context,
) -> Vec<Endpoint> {
    let Context { platform, state, .. } = context;
    let kind = match side {
        Side::Source => channel.source_kind(),
        Side::Target => channel.target_kind(),
    };
    match kind {
        Kind::Place => channel.places().iter().copied().map(Endpoint::Place).collect(),
        Kind::Storage => model
            .storage_ids()
            .filter(|id| side == Side::Source || model.storage(*id).writable)
            .map(Endpoint::Storage)
            .collect(),
        Kind::App => apps(model, *platform, *state),
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
