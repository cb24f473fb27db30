//! One user on one device: the bundles of policies that are for both, and the decisions of all of them.
//!
//! Takes in the groups of a user and a device, gives out endpoints as the rules for the user see them, and
//! verdict codes between two endpoints: the join of the few bundles that apply. The conditions on users are
//! evaluated once, when the user is resolved. A user of few bundles takes no memory on the heap.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers are of the table itself: the build made them, or the loader checked them"
)]

use smallvec::SmallVec;

use super::code::Code;
use super::groups::UserGroups;
use super::layout::{Bundle, NO_SET, SetPair, Variant, position_in_set};
use super::table::TableData;
use crate::dd::{Cond, eval};
use crate::model::{AppId, UsersId};
use crate::movement::Endpoint;
use crate::table::ir::{Device, DeviceKind, Range32};
use crate::vocabulary::{Account, Channel, Channels, DeviceState, Effect, Platform, Reason, Side};

/// One user on one device.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(super) groups: UserGroups,
    pub(super) kind: DeviceKind,
    device: Device,
    /// The bundles for the user and the device, those to which others yield first.
    slots: SmallVec<[Slot; 4]>,
    /// The bundles for the user that are for other devices.
    elsewhere: SmallVec<[u32; 2]>,
    /// The sets of matrices of the layers for the user.
    layers: SmallVec<[SetPair; 1]>,
}

/// A bundle for a user on a device.
#[derive(Debug, Clone, Copy)]
struct Slot {
    bundle: u32,
    sets: SetPair,
    /// Its layers that are for the user; none where those for all users are the only ones.
    layers: Range32,
    /// Whether it is unknown which of its apps it protects.
    unconfirmed: bool,
}

/// How many slots an endpoint has room for: it knows which of these apply to it.
const MARKED: usize = u64::BITS as usize;

/// How many slots of an endpoint have their lines stored; those of others are looked up.
const STORED: usize = 8;

/// The most bundles of a table.
pub(crate) const MOST_BUNDLES: usize = 100_032;

/// The bits of all bundles of a user.
type AllMarks = [u64; MOST_BUNDLES / MARKED];

/// An endpoint as the rules for a user see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SeenEndpoint {
    /// The slots that apply to it, if there are no more than [`MARKED`].
    applying: u64,
    /// The lines of the first slots, and how many are stored.
    lines: [u16; STORED],
    stored: u8,
    /// The position among apps, storages and places.
    thing: u32,
    side: Side,
    variant: Variant,
    /// The account under which sets see it.
    pub(super) account: Account,
    /// Whether it is a managed app: a confirmed policy applies to it.
    pub(super) is_managed: bool,
    /// Whether all rules of the policies that apply to it are for it. Under another account their `app-wide`
    /// rules are.
    pub(super) is_judged: bool,
    /// In a session, the reason if no policy applies, where this endpoint gives it.
    pub(super) reason: Reason,
    /// The channels on which it can stand on its side.
    pub(super) channels: Channels,
}

/// An app under an account for one user on one device, with the bundles that apply to it.
#[derive(Debug)]
pub(in crate::table) struct AppForUser {
    pub(in crate::table) groups: UserGroups,
    pub(in crate::table) device: Device,
    pub(in crate::table) app: AppId,
    pub(in crate::table) account: Account,
    /// The reason if none applies.
    pub(in crate::table) reason: Option<Reason>,
    pub(in crate::table) bundles: SmallVec<[u32; 4]>,
}

/// The traits of an endpoint that is an app on a device.
#[derive(Clone, Copy)]
struct SeenApp {
    thing: usize,
    /// Whether it exists on the platform.
    exists: bool,
    sdk: bool,
    multi_identity: bool,
    /// Whether policies can apply to it on the device.
    is_supported: bool,
}

impl TableData {
    // ------------------------------------------------------------ users

    /// One user on a kind of device.
    #[inline(always)]
    pub(super) fn user(&self, groups: UserGroups, kind: DeviceKind, platform: Platform) -> User {
        let mut user = self.user_without_bundles(groups, kind, platform);
        self.add_bundles(&mut user);
        user
    }

    /// One user on a kind of device whose bundles are still to be added.
    #[inline(always)]
    pub(super) fn user_without_bundles(
        &self,
        groups: UserGroups,
        kind: DeviceKind,
        platform: Platform,
    ) -> User {
        let state = self.devices.witnesses[kind.index()].state;
        let device = Device { platform, state };
        User {
            groups,
            kind,
            device,
            slots: SmallVec::new(),
            elsewhere: SmallVec::new(),
            layers: SmallVec::new(),
        }
    }

    /// Adds the bundles that are for a user.
    #[inline]
    pub(super) fn add_bundles(&self, user: &mut User) {
        match self.candidates.known(&user.groups) {
            Some(known) => known.iter().for_each(|one| self.add_bundle(*one, user)),
            None => self.add_candidates(user),
        }
    }

    /// Adds the bundles whose conditions hold for a user.
    #[inline(never)]
    fn add_candidates(&self, user: &mut User) {
        for number in self.candidates.gathered(&user.groups) {
            if self.holds(self.layout.bundles[number as usize].people, &user.groups) {
                self.add_bundle(number, user);
            } else if let Some(assigned) = self.assigned.get(number as usize)
                && self.holds(*assigned, &user.groups)
            {
                user.elsewhere.push(number);
            }
        }
    }

    /// Adds a bundle that is for a user.
    #[inline(always)]
    fn add_bundle(&self, number: u32, user: &mut User) {
        let bundle = &self.layout.bundles[number as usize];
        let sets = self.layout.set_pair(bundle.sets, user.kind);
        if sets[0] == NO_SET {
            user.elsewhere.push(number);
            return;
        }
        let layers = match bundle.layers.length {
            0 => Range32::default(),
            _ => self.add_layers(bundle, user),
        };
        let unconfirmed = bundle.unconfirmed;
        user.slots.push(Slot { bundle: number, sets, layers, unconfirmed });
    }

    /// Adds the layers of a bundle that are for the user, if there are others than the one for all users.
    #[inline(never)]
    fn add_layers(&self, bundle: &Bundle, user: &mut User) -> Range32 {
        let start = user.layers.len();
        let layers = bundle.layers.of(&self.layout.layers).iter();
        for layer in layers {
            if self.holds(layer.people, &user.groups) {
                user.layers.push(self.layout.set_pair(layer.sets, user.kind));
            }
        }
        if user.layers.len() <= start + 1 {
            user.layers.truncate(start);
            return Range32::default();
        }
        // A table has no more layers than 32 bits number.
        Range32 { start: start as u32, length: (user.layers.len() - start) as u32 }
    }

    #[inline]
    fn holds(&self, people: Cond, groups: &UserGroups) -> bool {
        eval(&self.nodes, people, |variable| groups.contains(variable))
    }

    // ------------------------------------------------------------ endpoints

    /// An endpoint as the rules for a user see it.
    #[inline(always)]
    pub(super) fn see(&self, user: &User, side: Side, end: Endpoint) -> SeenEndpoint {
        let mut seen = SeenEndpoint {
            applying: 0,
            lines: [0; STORED],
            stored: 0,
            thing: self.endpoints.thing(end) as u32,
            side,
            variant: Variant::OTHER,
            account: Account::Personal,
            is_managed: false,
            is_judged: false,
            reason: Reason::AppNotProtected,
            channels: self.channels[side as usize].of(end),
        };
        if let Endpoint::App { account, deployed, .. } = end {
            self.see_app(user, account, deployed, &mut seen);
        }
        seen
    }

    /// An endpoint of a session, with the lines that its decisions need.
    #[inline]
    pub(super) fn see_with_lines(&self, user: &User, side: Side, end: Endpoint) -> SeenEndpoint {
        let mut seen = self.see(user, side, end);
        let mut lines = seen.lines;
        for (line, slot) in lines.iter_mut().zip(&user.slots) {
            *line = self.line_of(slot, user.device.platform, &seen);
        }
        seen.lines = lines;
        // At most as many as have room.
        seen.stored = user.slots.len().min(STORED) as u8;
        seen.reason = self.reason(user, &seen, end);
        seen
    }

    #[inline(always)]
    fn see_app(&self, user: &User, account: Account, deployed: bool, seen: &mut SeenEndpoint) {
        let app = self.app_on(user, seen.thing);
        let mut marks = [0];
        let [applies, is_confirmed] = if user.slots.len() <= MARKED {
            self.mark_applying(user, app, &mut marks)
        } else {
            self.applies_to_many(user, app)
        };
        seen.applying = marks[0];
        seen.account = match app {
            SeenApp { exists, sdk, .. } if !(exists && sdk) => Account::Personal,
            SeenApp { multi_identity: false, .. } if is_confirmed => Account::Work,
            _ => account,
        };
        seen.is_managed = is_confirmed && seen.account == Account::Work;
        let has_one_account = app.exists && app.sdk && !app.multi_identity;
        seen.is_judged = applies && (seen.account == Account::Work || has_one_account);
        seen.variant = Variant::new(seen.account, seen.is_managed, deployed);
    }

    /// Whether some bundle applies to an app, and some confirmed one, for a user of more bundles than endpoints
    /// have room for.
    #[cold]
    fn applies_to_many(&self, user: &User, app: SeenApp) -> [bool; 2] {
        let mut marks: AllMarks = [0; MOST_BUNDLES / MARKED];
        self.mark_applying(user, app, &mut marks)
    }

    /// An app under an account for a user on a device, with the bundles that apply to it; `None` where the
    /// platform lacks the state.
    pub(in crate::table) fn app_for_user(
        &self,
        users: impl Iterator<Item = UsersId>,
        device: Device,
        (app, account): (AppId, Account),
    ) -> Option<AppForUser> {
        let user = self.user_on(users, device.platform, device.state)?;
        let end = Endpoint::App { app, account, deployed: false };
        let seen = self.see(&user, Side::Source, end);
        let mut bundles = SmallVec::new();
        if seen.is_judged && user.slots.len() <= MARKED {
            bundles.extend(marked(&[seen.applying]).map(|at| user.slots[at].bundle));
        } else if seen.is_judged {
            self.add_bundles_of_many(&user, self.app_on(&user, seen.thing), &mut bundles);
        }
        let reason = (!seen.is_judged).then(|| self.reason(&user, &seen, end));
        Some(AppForUser { groups: user.groups, device, app, account, reason, bundles })
    }

    /// Adds the bundles that apply to an app, for a user of more bundles than endpoints have room for.
    #[cold]
    fn add_bundles_of_many(&self, user: &User, app: SeenApp, bundles: &mut SmallVec<[u32; 4]>) {
        let mut marks: AllMarks = [0; MOST_BUNDLES / MARKED];
        self.mark_applying(user, app, &mut marks);
        bundles.extend(marked(&marks).map(|at| user.slots[at].bundle));
    }

    fn app_on(&self, user: &User, thing: u32) -> SeenApp {
        let Device { platform, state } = user.device;
        let traits = self.ir.apps[thing as usize];
        let exists = traits.platforms.contains(platform);
        SeenApp {
            thing: thing as usize,
            exists,
            sdk: traits.sdk,
            multi_identity: traits.multi_identity,
            is_supported: exists && !(traits.on_premises && state == DeviceState::Configmgr),
        }
    }

    /// Marks the slots that apply to an app, whatever the account: those that protect it and yield to none
    /// that applies. Tells whether a slot applies, and whether a confirmed one does.
    #[inline(always)]
    fn mark_applying(&self, user: &User, app: SeenApp, marks: &mut [u64]) -> [bool; 2] {
        let [mut applies, mut is_confirmed] = [false; 2];
        let slots = if app.is_supported { user.slots.as_slice() } else { &[] };
        for (at, slot) in slots.iter().enumerate() {
            let on = self.layout.seen(slot.bundle, app.thing).protected_on;
            if on.contains(user.device.platform)
                && !(applies && self.yields(user, slot.bundle, marks))
            {
                marks[at / MARKED] |= 1 << (at % MARKED);
                applies = true;
                is_confirmed |= !slot.unconfirmed;
            }
        }
        [applies, is_confirmed]
    }

    /// Whether a bundle yields to one that is marked.
    fn yields(&self, user: &User, bundle: u32, marks: &[u64]) -> bool {
        let others = self.layout.bundles[bundle as usize].yields_to.of(&self.layout.yields_to);
        !others.is_empty()
            && marked(marks).any(|at| others.binary_search(&user.slots[at].bundle).is_ok())
    }

    /// The reason if no policy applies to an endpoint. No one asks for that of an app that is judged.
    #[inline]
    pub(super) fn reason(&self, user: &User, seen: &SeenEndpoint, end: Endpoint) -> Reason {
        match end {
            Endpoint::App { account, .. } if !seen.is_judged => {
                self.reason_of_app(user, self.app_on(user, seen.thing), account)
            }
            _ => Reason::AppNotProtected,
        }
    }

    /// The reason why no policy applies to an app: the furthest test that some policy for the user reaches.
    fn reason_of_app(&self, user: &User, app: SeenApp, account: Account) -> Reason {
        match account {
            _ if !app.exists => Reason::Platform,
            _ if !app.sdk => Reason::PersonalAccount,
            Account::Personal => Reason::PersonalAccount,
            Account::Other => Reason::OtherOrganisation,
            Account::Work => {
                let own = user.slots.iter().map(|slot| slot.bundle);
                let all = own.chain(user.elsewhere.iter().copied());
                let furthest = all.map(|bundle| self.failed_test(user, bundle, app)).max();
                furthest.unwrap_or(Reason::UserNotAssigned)
            }
        }
    }

    /// The test of its head that a bundle fails for an app. It is for the user, or a filter keeps it away.
    fn failed_test(&self, user: &User, number: u32, app: SeenApp) -> Reason {
        let device = user.device;
        let bundle = &self.layout.bundles[number as usize];
        let on = self.layout.seen(number, app.thing).protected_on;
        if on.is_empty() {
            Reason::AppNotProtected
        } else if !on.and(bundle.platforms).contains(device.platform) {
            Reason::Platform
        } else if !bundle.devices.contains(device.state) {
            Reason::DeviceState
        } else if !self.holds(bundle.people, &user.groups) {
            Reason::Filter
        } else {
            Reason::Unsupported
        }
    }

    /// The line of an endpoint in the bundle of a slot.
    #[inline(always)]
    fn line(&self, slot: &Slot, at: usize, platform: Platform, seen: &SeenEndpoint) -> u16 {
        match seen.lines.get(at) {
            Some(line) if at < usize::from(seen.stored) => *line,
            _ => self.line_of(slot, platform, seen),
        }
    }

    #[inline(always)]
    fn line_of(&self, slot: &Slot, platform: Platform, seen: &SeenEndpoint) -> u16 {
        let number = slot.bundle;
        let class = self.layout.seen(number, seen.thing as usize).class;
        let bundle = &self.layout.bundles[number as usize];
        self.layout.line(bundle, (seen.side, platform), class, seen.variant)
    }

    // ------------------------------------------------------------ decisions

    /// The combined outcome of all policies between a source and a target.
    #[inline]
    pub(super) fn code(&self, user: &User, channel: Channel, ends: [&SeenEndpoint; 2]) -> Code {
        if user.slots.len() > MARKED {
            return self.code_of_many(user, channel, ends);
        }
        self.joined(user, channel, ends, ends.map(|end| [end.applying]))
    }

    /// The same for a user of more bundles than endpoints have room for.
    #[cold]
    fn code_of_many(&self, user: &User, channel: Channel, ends: [&SeenEndpoint; 2]) -> Code {
        let marks = ends.map(|end| {
            let mut marks: AllMarks = [0; MOST_BUNDLES / MARKED];
            // The ends of a channel that is judged on a side are apps there.
            if channel.judged_at(end.side) && end.channels.contains(channel) {
                self.mark_applying(user, self.app_on(user, end.thing), &mut marks);
            }
            marks
        });
        self.joined(user, channel, ends, marks)
    }

    #[inline]
    fn joined<const N: usize>(
        &self,
        user: &User,
        channel: Channel,
        ends: [&SeenEndpoint; 2],
        marks: [[u64; N]; 2],
    ) -> Code {
        let [source, target] = &marks;
        let code = self.joined_at(user, channel, Side::Source, ends, source);
        if code.is_blocked() || !channel.judged_at(Side::Target) {
            return code;
        }
        code.deny_overrides(self.joined_at(user, channel, Side::Target, ends, target))
    }

    /// The combined outcome of the policies on one side.
    #[inline(always)]
    fn joined_at(
        &self,
        user: &User,
        channel: Channel,
        side: Side,
        ends: [&SeenEndpoint; 2],
        marks: &[u64],
    ) -> Code {
        let mut code = Code::NOT_APPLICABLE;
        let Some(position) = position_in_set(channel, side) else { return code };
        let slots = user.slots.as_slice();
        for (word, marks) in marks.iter().enumerate() {
            let mut left = *marks;
            while left != 0 {
                let at = word * MARKED + left.trailing_zeros() as usize;
                left &= left - 1;
                let slot = (&slots[at], at);
                code = code.deny_overrides(self.outcome(user, slot, (side, position), ends));
                if code.is_blocked() {
                    return code;
                }
            }
        }
        code
    }

    /// The outcome of one bundle on one side.
    #[inline]
    fn outcome(
        &self,
        user: &User,
        (slot, at): (&Slot, usize),
        (side, position): (Side, usize),
        ends: [&SeenEndpoint; 2],
    ) -> Code {
        let (own, [source, target]) = (ends[side as usize], ends);
        let platform = user.device.platform;
        let lines = [self.line(slot, at, platform, source), self.line(slot, at, platform, target)];
        if slot.layers.length > 0 {
            return self.outcome_of_layers(user, slot, (side, position), own.is_judged, lines);
        }
        self.outcome_in(slot.sets, position, own.is_judged, lines)
    }

    #[inline]
    fn outcome_in(&self, sets: SetPair, position: usize, judged: bool, lines: [u16; 2]) -> Code {
        match sets[usize::from(!judged)] {
            NO_SET => Code::NOT_APPLICABLE,
            set => self.layout.outcome(set, position, lines[0], lines[1]),
        }
    }

    /// The outcome of a bundle with rules that are for this user and not for all.
    #[cold]
    fn outcome_of_layers(
        &self,
        user: &User,
        slot: &Slot,
        (side, position): (Side, usize),
        judged: bool,
        lines: [u16; 2],
    ) -> Code {
        let layers = slot.layers.of(&user.layers).iter();
        let outcomes = layers.map(|sets| self.outcome_in(*sets, position, judged, lines));
        let code = outcomes.fold(Code::NOT_APPLICABLE, Code::within_policy);
        if !judged {
            return code;
        }
        let otherwise = self.layout.bundles[slot.bundle as usize].otherwise;
        code.or_default(match side.default_effect(otherwise) {
            Effect::Block => Code::BLOCKED,
            Effect::Allow => Code::FREE,
        })
    }
}

impl User {
    /// How many bundles are for the user on the device.
    pub(super) fn bundles(&self) -> usize {
        self.slots.len()
    }
}

/// The positions of marks.
#[inline]
fn marked(marks: &[u64]) -> impl Iterator<Item = usize> + '_ {
    marks.iter().enumerate().flat_map(|(at, word)| {
        let mut word = *word;
        std::iter::from_fn(move || {
            let bit = word.trailing_zeros() as usize;
            (word != 0).then(|| {
                word &= word - 1;
                at * MARKED + bit
            })
        })
    })
}
