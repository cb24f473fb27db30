//! Model to table.
//!
//! For each context and channel the ends of movements are grouped by everything that decides about
//! them: which policies apply, and which rules could match from this side. One decision is worked
//! out per pair of groups; equal rows and equal planes are stored once. Shares nothing with the
//! interpreter but the model and the join.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::applies::Precedence;
use super::classes::{ClassKey, Classes, Points};
use super::contexts::Contexts;
use super::judge::{Speaker, View, Voice, join};
use super::membership::{Membership, form};
use super::users::{TooMany, is_meant};
use super::{Cells, Entry as Stored, Table};
use crate::bits::Bits;
use crate::limits::Limits;
use crate::model::{AppId, Model, PolicyId, RuleId};
use crate::movement::Context;
use crate::vocabulary::{Account, Channel, DeviceState, Kind, Platform, Reason, Side};

/// Why a model has no table within the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Policies tell apart more kinds of users than the limit.
    #[error("policies tell apart more than {limit} kinds of users")]
    UserClasses {
        /// The limit.
        limit: usize,
    },
    /// The table would have more cells than the limit.
    #[error("the table would have {cells} cells, the limit is {limit}")]
    Cells {
        /// Contexts times channels times classes of sources times classes of targets.
        cells: usize,
        /// The limit.
        limit: usize,
    },
}

/// Compiles a model. With a `guest`, that policy, which only reports, is treated as if it were live.
pub(super) fn build(
    model: &Model,
    guest: Option<PolicyId>,
    limits: &Limits,
) -> Result<Table, BuildError> {
    let contexts = Contexts::new(model, limits)
        .map_err(|TooMany| BuildError::UserClasses { limit: limits.user_classes })?;
    let points = Points::new(model.apps().len(), model.storages().len());
    let sources = Classes::new(model, Side::Source, points);
    let targets = Classes::new(model, Side::Target, points);
    let cells = [contexts.len(), Channel::ALL.len(), sources.len(), targets.len()]
        .into_iter()
        .try_fold(1usize, usize::checked_mul)
        .unwrap_or(usize::MAX);
    if cells > limits.cells {
        return Err(BuildError::Cells { cells, limit: limits.cells });
    }
    let mut builder = Builder {
        model,
        guest,
        classes: [&sources, &targets],
        members: [
            Membership::new(model, &sources, Side::Source),
            Membership::new(model, &targets, Side::Target),
        ],
        precedence: Precedence::new(model),
        cells: Cells::default(),
        entries: HashMap::new(),
        rows: HashMap::new(),
        planes: HashMap::new(),
        known: HashMap::new(),
    };
    let managed = contexts.witnesses.iter().map(|context| builder.context(context)).collect();
    let cells = builder.cells;
    Ok(Table::assemble(model, contexts, points, (sources, targets), cells, managed))
}

struct Builder<'a> {
    model: &'a Model,
    guest: Option<PolicyId>,
    /// Of sources and of targets.
    classes: [&'a Classes; 2],
    members: [Membership<'a>; 2],
    precedence: Precedence,
    cells: Cells,
    entries: HashMap<Stored, u32>,
    rows: HashMap<Vec<u32>, u32>,
    planes: HashMap<Vec<u32>, u32>,
    /// The plane of every situation that was worked out.
    known: HashMap<Situation, u32>,
}

/// Everything about a context and channel that decides what their plane is.
#[derive(PartialEq, Eq, Hash)]
struct Situation {
    channel: Channel,
    platform: Platform,
    /// The policies whose users are meant, and those whose device states are.
    assigned: Bits,
    in_state: Bits,
    is_configmgr: bool,
    rules: Vec<(RuleId, usize)>,
}

/// The policies in force in one context: the live ones, and perhaps one more.
struct World {
    /// The policies that speak in this world.
    speakers: Vec<PolicyId>,
    /// The apps to which one of the policies in force applies.
    managed: Bits,
}

/// One context: its worlds, the live one first, then one for each policy that only reports.
struct Place<'c> {
    context: &'c Context,
    /// By policy, the apps to which it applies.
    applies: Vec<Bits>,
    worlds: Vec<World>,
    /// What is known of sources and of targets, whatever the channel.
    ends: [Ends; 2],
    /// Every way in which policies speak of an end: by speaker, in the order of worlds. The first is
    /// silence.
    voices: Vec<Vec<Voice>>,
}

/// What is known of the classes of one side in one context.
#[derive(Default)]
struct Ends {
    /// By world and class: the form in which rules see it.
    forms: Vec<Vec<usize>>,
    /// By class: how policies speak of it, as a number in the context's list.
    voices: Vec<usize>,
    /// By class: why nobody has a say in what it does.
    reasons: Vec<Reason>,
}

/// One context and channel while its plane is worked out.
struct PlaneContext<'p> {
    channel: Channel,
    place: &'p Place<'p>,
    /// Every rule that can match here, with the world that it is judged in; ordered by rule.
    rules: Vec<(RuleId, usize)>,
}

/// How policies stand to one end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Stance {
    /// How much each of them speaks of it, as a number in the context's list.
    voices: usize,
    /// Why nobody has a say, if this end decides that.
    reason: Option<Reason>,
}

/// Everything about one end that decides: ends with equal profiles behave alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Profile {
    stance: Stance,
    /// The plane's rules whose set on this side holds the end.
    rules: Bits,
}

/// The groups of one side: the group of each class, and the profile of each group. A class that
/// cannot stand at this end of the channel has no profile.
struct Groups {
    of_class: Vec<usize>,
    profiles: Vec<Option<Profile>>,
}

const fn at(side: Side) -> usize {
    side as usize
}

impl Builder<'_> {
    /// Works out the planes of a context; gives the apps to which a live policy applies.
    fn context(&mut self, context: &Context) -> Bits {
        let place = self.place(context);
        for channel in Channel::ALL {
            let rules = self.rules(*channel, &place);
            let situation = self.situation(*channel, context, rules.clone());
            let plane = match self.known.get(&situation) {
                Some(plane) => *plane,
                None => {
                    let plane =
                        self.plane(&PlaneContext { channel: *channel, place: &place, rules });
                    self.known.insert(situation, plane);
                    plane
                }
            };
            self.cells.planes.push(plane);
        }
        place.worlds.into_iter().next().map(|world| world.managed).unwrap_or_default()
    }

    fn situation(
        &self,
        channel: Channel,
        context: &Context,
        rules: Vec<(RuleId, usize)>,
    ) -> Situation {
        let policies = self.model.policies();
        let people = policies.iter().map(|policy| is_meant(&policy.people, &context.users));
        let states = policies.iter().map(|policy| policy.devices.contains(context.state));
        Situation {
            channel,
            platform: context.platform,
            assigned: Bits::collect(people),
            in_state: Bits::collect(states),
            is_configmgr: context.state == DeviceState::Configmgr,
            rules,
        }
    }

    // ------------------------------------------------------------ who applies to what

    fn is_live(&self, id: PolicyId) -> bool {
        !self.model.policy(id).report_only || self.guest == Some(id)
    }

    fn place<'c>(&self, context: &'c Context) -> Place<'c> {
        let applies = self.precedence.applies(self.model, context);
        let live: Vec<PolicyId> = self.model.policy_ids().filter(|id| self.is_live(*id)).collect();
        let nothing = Bits::new(self.model.apps().len());
        let managed = live.iter().fold(nothing, |apps, id| apps.or(&applies[id.index()]));
        let reports =
            self.model.policy_ids().filter(|id| !self.is_live(*id) && self.guest.is_none());
        let others = reports
            .map(|id| World { speakers: vec![id], managed: managed.or(&applies[id.index()]) })
            .collect::<Vec<_>>();
        let worlds = [World { speakers: live, managed }].into_iter().chain(others).collect();
        let voices = vec![Vec::new()];
        let mut place = Place { context, applies, worlds, ends: Default::default(), voices };
        let mut known = HashMap::new();
        for side in Side::ALL {
            place.ends[at(*side)] = self.ends(&mut place, &mut known, self.classes[at(*side)]);
        }
        place
    }

    fn ends(
        &self,
        place: &mut Place<'_>,
        known: &mut HashMap<Vec<Voice>, usize>,
        classes: &Classes,
    ) -> Ends {
        let mut ends = Ends::default();
        for world in &place.worlds {
            let platform = place.context.platform;
            let forms = classes.keys.iter().map(|key| self.form(classes, *key, world, platform));
            ends.forms.push(forms.collect());
        }
        for key in &classes.keys {
            let next = place.voices.len();
            let voices =
                *known.entry(self.voices(place, classes, *key)).or_insert_with_key(|list| {
                    place.voices.push(list.clone());
                    next
                });
            ends.voices.push(voices);
            ends.reasons.push(self.reason(classes, *key, place.context));
        }
        ends
    }

    /// The rules whose conditions hold in a context, on a channel that exists there.
    fn rules(&self, channel: Channel, place: &Place<'_>) -> Vec<(RuleId, usize)> {
        let context = place.context;
        if !channel.exists_on(context.platform) {
            return Vec::new();
        }
        let holds = |id: &RuleId| {
            let scope = &self.model.rule(*id).scope;
            scope.channels.contains(channel)
                && scope.platforms.contains(context.platform)
                && scope.devices.contains(context.state)
                && scope.people.as_ref().is_none_or(|people| is_meant(people, &context.users))
        };
        let speaks = |id: &&PolicyId| !place.applies[id.index()].is_empty();
        let mut rules = Vec::new();
        for (number, world) in place.worlds.iter().enumerate() {
            let ids = world.speakers.iter().filter(speaks);
            let ids = ids.flat_map(|id| &self.model.policy(*id).rules).copied();
            rules.extend(ids.filter(holds).map(|id| (id, number)));
        }
        rules.sort_unstable();
        rules
    }

    // ------------------------------------------------------------ planes

    fn plane(&mut self, plane: &PlaneContext<'_>) -> u32 {
        let sources = self.groups(plane, Side::Source);
        let targets = self.groups(plane, Side::Target);
        let mut decided = HashMap::new();
        let mut row_of_group = Vec::with_capacity(sources.profiles.len());
        for source in &sources.profiles {
            let mut of_group = Vec::with_capacity(targets.profiles.len());
            for target in &targets.profiles {
                of_group.push(self.pair(plane, source.as_ref(), target.as_ref(), &mut decided));
            }
            let row = targets.of_class.iter().map(|group| of_group[*group]).collect();
            row_of_group.push(intern(&mut self.rows, row, &mut self.cells.cells));
        }
        let rows = sources.of_class.iter().map(|group| row_of_group[*group]).collect();
        intern(&mut self.planes, rows, &mut self.cells.rows)
    }

    fn groups(&mut self, plane: &PlaneContext<'_>, side: Side) -> Groups {
        let classes = self.classes[at(side)];
        let ends = &plane.place.ends[at(side)];
        let mut rules = vec![Bits::new(plane.rules.len()); classes.len()];
        for (bit, (id, world)) in plane.rules.iter().enumerate() {
            let held = self.members[at(side)].of(*id, plane.place.context.platform);
            for (rules, form) in rules.iter_mut().zip(&ends.forms[*world]) {
                if held.is_none_or(|held| held.contains(*form)) {
                    rules.insert(bit);
                }
            }
        }
        let mut numbers = HashMap::new();
        let mut groups = Groups { of_class: Vec::new(), profiles: Vec::new() };
        for ((class, key), rules) in classes.keys.iter().enumerate().zip(rules) {
            let profile = fits(plane.channel, side, *key)
                .then(|| Profile { stance: stance(plane, side, class), rules });
            let next = groups.profiles.len();
            let group = *numbers.entry(profile.clone()).or_insert(next);
            if group == next {
                groups.profiles.push(profile);
            }
            groups.of_class.push(group);
        }
        groups
    }

    // ------------------------------------------------------------ one end

    /// How rules of a world see a class.
    fn form(&self, classes: &Classes, key: ClassKey, world: &World, platform: Platform) -> usize {
        let ClassKey::App { class, account, deployed } = key else {
            return form(classes.number(key), false);
        };
        let app = classes.apps[class];
        let account = self.judged(app, account, world, platform);
        let managed = account == Account::Work && world.managed.contains(app.index());
        form(classes.number(ClassKey::App { class, account, deployed }), managed)
    }

    /// The account under which an app is judged.
    fn judged(&self, app: AppId, account: Account, world: &World, platform: Platform) -> Account {
        let one = self.model.app(app);
        match (one.sdk && one.platforms.contains(platform), one.multi_identity) {
            (false, _) => Account::Personal,
            (true, false) if world.managed.contains(app.index()) => Account::Work,
            (true, _) => account,
        }
    }

    /// By speaker, in the order of worlds: how much of it speaks of a class.
    fn voices(&self, place: &Place<'_>, classes: &Classes, key: ClassKey) -> Vec<Voice> {
        let ClassKey::App { class, account, .. } = key else { return Vec::new() };
        let app = classes.apps[class];
        let voice = |account: Account, id: &PolicyId| match account {
            _ if !place.applies[id.index()].contains(app.index()) => Voice::None,
            Account::Work => Voice::Full,
            Account::Personal | Account::Other => Voice::AppWide,
        };
        let worlds = place.worlds.iter().map(|world| {
            (self.judged(app, account, world, place.context.platform), &world.speakers)
        });
        worlds.flat_map(|(account, ids)| ids.iter().map(move |id| voice(account, id))).collect()
    }

    /// Why no policy has a say in what this end does.
    fn reason(&self, classes: &Classes, key: ClassKey, context: &Context) -> Reason {
        let ClassKey::App { class, account, .. } = key else { return Reason::AppNotProtected };
        let app = classes.apps[class];
        let one = self.model.app(app);
        if !one.platforms.contains(context.platform) {
            return Reason::Platform;
        }
        match (one.sdk, account) {
            (false, _) | (_, Account::Personal) => return Reason::PersonalAccount,
            (_, Account::Other) => return Reason::OtherOrganisation,
            (true, Account::Work) => {}
        }
        let live = self.model.policy_ids().filter(|id| self.is_live(*id));
        let mut left: Vec<_> = live.map(|id| self.model.policy(id)).collect();
        left.retain(|policy| is_meant(&policy.people, &context.users));
        if left.is_empty() {
            return Reason::UserNotAssigned;
        }
        left.retain(|policy| policy.protect.iter().any(|(protected, _)| *protected == app));
        if left.is_empty() {
            return Reason::AppNotProtected;
        }
        left.retain(|policy| {
            let mut protect = policy.protect.iter();
            policy.platforms.contains(context.platform)
                && protect.any(|(one, on)| *one == app && on.contains(context.platform))
        });
        if left.is_empty() {
            return Reason::Platform;
        }
        left.retain(|policy| policy.devices.contains(context.state));
        if left.is_empty() { Reason::DeviceState } else { Reason::Unsupported }
    }

    // ------------------------------------------------------------ one pair of groups

    /// The decision between two groups; pairs that the same rules match under the same stances share
    /// it.
    fn pair(
        &mut self,
        plane: &PlaneContext<'_>,
        source: Option<&Profile>,
        target: Option<&Profile>,
        decided: &mut HashMap<(Stance, Stance, Bits), u32>,
    ) -> u32 {
        let (Some(source), Some(target)) = (source, target) else {
            return self.intern(Stored::IMPOSSIBLE);
        };
        let common = source.rules.and(&target.rules);
        match decided.entry((source.stance, target.stance, common)) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                let (_, _, common) = new.key();
                let rules = common.iter().map(|bit| plane.rules[bit].0).collect::<Vec<_>>();
                *new.insert(self.decide(plane, source.stance, target.stance, &rules))
            }
        }
    }

    fn decide(
        &mut self,
        plane: &PlaneContext<'_>,
        source: Stance,
        target: Stance,
        matching: &[RuleId],
    ) -> u32 {
        let views = self.views(plane, source, target, matching);
        let reason = source.reason.or(target.reason).unwrap_or(Reason::AppNotProtected);
        let mut limits: Vec<u32> = views.iter().filter_map(View::characters).collect();
        limits.sort_unstable();
        limits.dedup();
        // From the longest texts down, so that each decision knows the one for longer texts.
        let mut beyond = None;
        for limit in limits.into_iter().rev() {
            let decision = join(&views, reason, Some(limit));
            let id = self.intern(Stored { decision, beyond });
            beyond = Some((limit, id));
        }
        let decision = join(&views, reason, None);
        self.intern(Stored { decision, beyond })
    }

    /// What each policy says, the source's side first, the live world first.
    fn views(
        &self,
        plane: &PlaneContext<'_>,
        source: Stance,
        target: Stance,
        matching: &[RuleId],
    ) -> Vec<View> {
        let mut views = Vec::new();
        for (side, stance) in [(Side::Source, source), (Side::Target, target)] {
            let speakers = (plane.place.worlds.iter().enumerate())
                .flat_map(|(world, one)| one.speakers.iter().map(move |id| (world > 0, *id)));
            for ((reports, policy), voice) in speakers.zip(&plane.place.voices[stance.voices]) {
                let speaker = Speaker { policy, side, voice: *voice, reports };
                views.extend(View::new(self.model, speaker, matching));
            }
        }
        views
    }

    fn intern(&mut self, entry: Stored) -> u32 {
        let next = u32::try_from(self.entries.len()).unwrap_or(u32::MAX);
        match self.entries.entry(entry) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.cells.entries.push(new.key().clone());
                *new.insert(next)
            }
        }
    }
}

/// How policies stand to a class on a channel. On one that a side has no say in, they are silent.
fn stance(plane: &PlaneContext<'_>, side: Side, class: usize) -> Stance {
    let ends = &plane.place.ends[at(side)];
    let speaks =
        plane.channel.judged_at(side) && plane.channel.exists_on(plane.place.context.platform);
    let decides_reason = match plane.channel {
        Channel::Open => side == Side::Target,
        _ => side == Side::Source,
    };
    Stance {
        voices: if speaks { ends.voices[class] } else { 0 },
        reason: decides_reason.then(|| ends.reasons[class]),
    }
}

/// Whether a class can stand at this end of the channel.
fn fits(channel: Channel, side: Side, key: ClassKey) -> bool {
    let kind = match side {
        Side::Source => channel.source_kind(),
        Side::Target => channel.target_kind(),
    };
    match key {
        ClassKey::App { .. } => kind == Kind::App,
        ClassKey::Storage { .. } => kind == Kind::Storage,
        ClassKey::Place(place) => channel.places().contains(&place),
    }
}

/// The number of a list; a new one is written behind the others.
fn intern(known: &mut HashMap<Vec<u32>, u32>, list: Vec<u32>, into: &mut Vec<u32>) -> u32 {
    let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
    match known.entry(list) {
        Entry::Occupied(known) => *known.get(),
        Entry::Vacant(new) => {
            into.extend(new.key());
            *new.insert(next)
        }
    }
}
