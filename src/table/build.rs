//! Model to table.
//!
//! For each context and channel the ends of movements are grouped by everything that decides about
//! them: which policies apply, and which rules could match from this side. One decision is worked
//! out per pair of groups; equal rows and equal planes are stored once. Shares nothing with the
//! interpreter but the model and the join.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::applies::Precedence;
use super::bits::Bits;
use super::classes::{ClassKey, Classes, Form, Points};
use super::contexts::Contexts;
use super::users::{TooMany, signature};
use super::{Cells, Entry as Stored, Table};
use crate::decision::{Decision, Ground, Verdict};
use crate::limits::Limits;
use crate::model::{AppId, EndpointSet, Model, PolicyId, RuleId};
use crate::movement::Context;
use crate::vocabulary::{Account, Channel, Effect, Kind, Obligations, Platform, Reason, Side};

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
        contexts: &contexts,
        precedence: Precedence::new(model),
        sources: &sources,
        targets: &targets,
        sets: HashMap::new(),
        cells: Cells::default(),
        entries: HashMap::new(),
        rows: HashMap::new(),
        planes: HashMap::new(),
    };
    let managed = builder.all_planes();
    let cells = builder.cells;
    Ok(Table::assemble(model, contexts, points, (sources, targets), cells, managed))
}

struct Builder<'a> {
    model: &'a Model,
    guest: Option<PolicyId>,
    contexts: &'a Contexts,
    precedence: Precedence,
    sources: &'a Classes,
    targets: &'a Classes,
    /// Which forms each set holds, by side and platform.
    sets: HashMap<(Side, Platform, &'a EndpointSet), HashMap<Form, bool>>,
    cells: Cells,
    entries: HashMap<Stored, u32>,
    rows: HashMap<Vec<u32>, u32>,
    planes: HashMap<Vec<u32>, u32>,
}

/// The policies in force in one context: the live ones, and perhaps one more.
struct World {
    /// The policies that speak in this world.
    speakers: Vec<PolicyId>,
    /// By policy and app: whether it applies.
    applies: Vec<Vec<bool>>,
    /// By app: whether one of the policies in force applies.
    managed: Vec<bool>,
}

/// A policy that speaks about one end of a movement, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Voice {
    None,
    AppWide,
    Full,
}

/// Everything about one end that decides: ends with equal profiles behave alike.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Profile {
    /// By speaker: how much of it speaks of this end.
    voices: Vec<Voice>,
    /// The plane's rules whose set on this side holds the end.
    rules: Bits,
    /// Why nobody has a say, if this end decides that.
    reason: Option<Reason>,
}

/// One context and channel while its plane is worked out.
struct PlaneContext<'w> {
    channel: Channel,
    context: &'w Context,
    worlds: &'w [World],
    /// Every rule that can match here, with the world that it is judged in; ordered by rule.
    rules: Vec<(RuleId, usize)>,
}

impl<'a> Builder<'a> {
    /// Works out every plane; gives, by context, which apps are managed.
    fn all_planes(&mut self) -> Vec<Vec<bool>> {
        let mut managed = Vec::new();
        for context in &self.contexts.witnesses {
            let worlds = self.worlds(context);
            for channel in Channel::ALL {
                let plane = self.plane(*channel, context, &worlds);
                self.cells.planes.push(plane);
            }
            managed.extend(worlds.into_iter().next().map(|world| world.managed));
        }
        managed
    }

    // ------------------------------------------------------------ who applies to what

    fn is_live(&self, id: PolicyId) -> bool {
        !self.model.policy(id).report_only || self.guest == Some(id)
    }

    /// The live world, then one for each policy that only reports.
    fn worlds(&self, context: &Context) -> Vec<World> {
        let live: Vec<PolicyId> = self.model.policy_ids().filter(|id| self.is_live(*id)).collect();
        let applies = self.precedence.applies(self.model, context);
        let mut worlds = vec![self.world(live.clone(), &live, applies.clone())];
        for id in self.model.policy_ids().filter(|id| !self.is_live(*id) && self.guest.is_none()) {
            let in_force: Vec<_> = live.iter().copied().chain([id]).collect();
            worlds.push(self.world(vec![id], &in_force, applies.clone()));
        }
        worlds
    }

    fn world(
        &self,
        speakers: Vec<PolicyId>,
        in_force: &[PolicyId],
        applies: Vec<Vec<bool>>,
    ) -> World {
        let managed = (0..self.model.apps().len())
            .map(|app| in_force.iter().any(|id| applies[id.index()][app]))
            .collect();
        World { speakers, applies, managed }
    }

    // ------------------------------------------------------------ planes

    fn plane(&mut self, channel: Channel, context: &Context, worlds: &[World]) -> u32 {
        let plane =
            PlaneContext { channel, context, worlds, rules: self.rules(channel, context, worlds) };
        let (source_group, source_profiles) = self.groups(&plane, Side::Source);
        let (target_group, target_profiles) = self.groups(&plane, Side::Target);
        let mut row_of_group = Vec::with_capacity(source_profiles.len());
        for source in &source_profiles {
            let decided: Vec<u32> = target_profiles
                .iter()
                .map(|target| self.decide(&plane, source.as_ref(), target.as_ref()))
                .collect();
            let row = target_group.iter().map(|group| decided[*group]).collect();
            row_of_group.push(self.intern_row(row));
        }
        let rows: Vec<u32> = source_group.iter().map(|group| row_of_group[*group]).collect();
        let next = u32::try_from(self.planes.len()).unwrap_or(u32::MAX);
        match self.planes.entry(rows) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.cells.rows.extend(new.key());
                *new.insert(next)
            }
        }
    }

    fn intern_row(&mut self, row: Vec<u32>) -> u32 {
        let next = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        match self.rows.entry(row) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(new) => {
                self.cells.cells.extend(new.key());
                *new.insert(next)
            }
        }
    }

    /// The rules whose conditions hold in a context, on a channel that exists there.
    fn rules(&self, channel: Channel, context: &Context, worlds: &[World]) -> Vec<(RuleId, usize)> {
        if !channel.exists_on(context.platform) {
            return Vec::new();
        }
        let holds = |id: &RuleId| {
            let scope = &self.model.rule(*id).scope;
            scope.channels.contains(channel)
                && scope.platforms.contains(context.platform)
                && scope.devices.contains(context.state)
                && scope.people.as_ref().is_none_or(|people| {
                    signature(std::slice::from_ref(people), &context.users) == [true]
                })
        };
        let mut rules: Vec<_> = worlds
            .iter()
            .enumerate()
            .flat_map(|(world, speakers)| {
                let ids = speakers.speakers.iter().flat_map(|id| &self.model.policy(*id).rules);
                ids.copied().filter(holds).map(move |id| (id, world))
            })
            .collect();
        rules.sort_unstable();
        rules
    }

    /// Groups the classes of one side: the group of each class, and the profile of each group. A class
    /// that cannot stand at this end of the channel has no profile.
    fn groups(
        &mut self,
        plane: &PlaneContext<'_>,
        side: Side,
    ) -> (Vec<usize>, Vec<Option<Profile>>) {
        let classes = match side {
            Side::Source => self.sources,
            Side::Target => self.targets,
        };
        let mut groups = HashMap::new();
        let mut profiles = Vec::new();
        let of_class = (classes.keys.iter())
            .map(|key| {
                let profile = self.profile(plane, side, classes, *key);
                *groups.entry(profile.clone()).or_insert_with(|| {
                    profiles.push(profile);
                    profiles.len() - 1
                })
            })
            .collect();
        (of_class, profiles)
    }

    fn profile(
        &mut self,
        plane: &PlaneContext<'_>,
        side: Side,
        classes: &Classes,
        key: ClassKey,
    ) -> Option<Profile> {
        let kind = match side {
            Side::Source => plane.channel.source_kind(),
            Side::Target => plane.channel.target_kind(),
        };
        let fits = match key {
            ClassKey::App { .. } => kind == Kind::App,
            ClassKey::Storage { .. } => kind == Kind::Storage,
            ClassKey::Place(place) => plane.channel.places().contains(&place),
        };
        if !fits {
            return None;
        }
        let forms: Vec<Form> = plane
            .worlds
            .iter()
            .map(|world| self.form(classes, key, world, plane.context.platform))
            .collect();
        let mut rules = Bits::new(plane.rules.len());
        for (bit, (id, world)) in plane.rules.iter().enumerate() {
            let set = self.model.rule(*id).scope.side(side);
            if set.is_none_or(|set| self.holds(set, side, forms[*world], plane.context.platform)) {
                rules.insert(bit);
            }
        }
        let voices = self.voices(plane, side, classes, key, &forms);
        let reason = match (plane.channel, side) {
            (Channel::Open, Side::Source) => None,
            (Channel::Open, Side::Target) | (_, Side::Source) => {
                Some(self.reason(classes, key, plane.context))
            }
            (_, Side::Target) => None,
        };
        Some(Profile { voices, rules, reason })
    }

    /// How rules of a world see a class.
    fn form(&self, classes: &Classes, key: ClassKey, world: &World, platform: Platform) -> Form {
        let ClassKey::App { class, account, deployed } = key else {
            return Form { key, managed: false };
        };
        let app = classes.apps[class];
        let account = self.judged(app, account, world, platform);
        let managed = account == Account::Work && world.managed[app.index()];
        Form { key: ClassKey::App { class, account, deployed }, managed }
    }

    /// The account under which an app is judged.
    fn judged(&self, app: AppId, account: Account, world: &World, platform: Platform) -> Account {
        let one = self.model.app(app);
        match (one.sdk && one.platforms.contains(platform), one.multi_identity) {
            (false, _) => Account::Personal,
            (true, false) if world.managed[app.index()] => Account::Work,
            (true, _) => account,
        }
    }

    fn holds(&mut self, set: &'a EndpointSet, side: Side, form: Form, platform: Platform) -> bool {
        let classes = match side {
            Side::Source => self.sources,
            Side::Target => self.targets,
        };
        let model = self.model;
        let forms = self.sets.entry((side, platform, set)).or_default();
        *forms.entry(form).or_insert_with(|| classes.holds(model, set, form, platform))
    }

    /// By speaker, in the order of worlds.
    fn voices(
        &self,
        plane: &PlaneContext<'_>,
        side: Side,
        classes: &Classes,
        key: ClassKey,
        forms: &[Form],
    ) -> Vec<Voice> {
        let ClassKey::App { class, .. } = key else { return Vec::new() };
        if !plane.channel.judged_at(side) || !plane.channel.exists_on(plane.context.platform) {
            return Vec::new();
        }
        let app = classes.apps[class].index();
        let voice = |world: &World, form: &Form, id: &PolicyId| match form.key {
            _ if !world.applies[id.index()][app] => Voice::None,
            ClassKey::App { account: Account::Work, .. } => Voice::Full,
            _ => Voice::AppWide,
        };
        plane
            .worlds
            .iter()
            .zip(forms)
            .flat_map(|(world, form)| world.speakers.iter().map(move |id| voice(world, form, id)))
            .collect()
    }

    /// Why no policy has a say in what this end does.
    fn reason(&self, classes: &Classes, key: ClassKey, context: &Context) -> Reason {
        let ClassKey::App { class, account, .. } = key else { return Reason::AppNotProtected };
        let app = classes.apps[class];
        let one = self.model.app(app);
        match (one.sdk, account) {
            (false, _) | (_, Account::Personal) => return Reason::PersonalAccount,
            (_, Account::Other) => return Reason::OtherOrganisation,
            (true, Account::Work) => {}
        }
        let mut left: Vec<_> = self
            .model
            .policy_ids()
            .filter(|id| self.is_live(*id))
            .map(|id| self.model.policy(id))
            .collect();
        left.retain(|policy| {
            signature(std::slice::from_ref(&policy.people), &context.users) == [true]
        });
        if left.is_empty() {
            return Reason::UserNotAssigned;
        }
        left.retain(|policy| policy.protect.iter().any(|(protected, _)| *protected == app));
        if left.is_empty() {
            return Reason::AppNotProtected;
        }
        left.retain(|policy| {
            policy.platforms.contains(context.platform)
                && one.platforms.contains(context.platform)
                && policy
                    .protect
                    .iter()
                    .any(|(protected, on)| *protected == app && on.contains(context.platform))
        });
        if left.is_empty() {
            return Reason::Platform;
        }
        left.retain(|policy| policy.devices.contains(context.state));
        if left.is_empty() { Reason::DeviceState } else { Reason::Unsupported }
    }

    // ------------------------------------------------------------ one pair of groups

    fn decide(
        &mut self,
        plane: &PlaneContext<'_>,
        source: Option<&Profile>,
        target: Option<&Profile>,
    ) -> u32 {
        let (Some(source), Some(target)) = (source, target) else {
            return self.intern(Stored::IMPOSSIBLE);
        };
        let views = self.views(plane, source, target);
        let reason = source.reason.or(target.reason).unwrap_or(Reason::AppNotProtected);
        let mut thresholds: Vec<u32> =
            views.iter().filter_map(|view| view.obligations.and_then(|o| o.characters)).collect();
        thresholds.sort_unstable();
        thresholds.dedup();
        // From the longest texts down, so that each decision knows the one for longer texts.
        let mut beyond = None;
        for limit in thresholds.into_iter().rev() {
            let decision = self.join(&views, reason, Some(limit));
            let id = self.intern(Stored { decision, beyond });
            beyond = Some((limit, id));
        }
        let decision = self.join(&views, reason, None);
        self.intern(Stored { decision, beyond })
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

    /// What each policy says on each side, those of the live world first.
    fn views(&self, plane: &PlaneContext<'_>, source: &Profile, target: &Profile) -> Vec<View> {
        let matching: Vec<RuleId> =
            source.rules.common(&target.rules).map(|bit| plane.rules[bit].0).collect();
        let mut views = Vec::new();
        for (side, profile) in [(Side::Source, source), (Side::Target, target)] {
            let speakers = (plane.worlds.iter().enumerate())
                .flat_map(|(world, one)| one.speakers.iter().map(move |id| (world, *id)));
            for ((world, id), voice) in speakers.zip(&profile.voices) {
                views.extend(self.view(id, side, *voice, &matching, world > 0));
            }
        }
        views
    }

    fn view(
        &self,
        id: PolicyId,
        side: Side,
        voice: Voice,
        matching: &[RuleId],
        reports: bool,
    ) -> Option<View> {
        let rules = matching.iter().copied().filter(|rule| {
            let rule = self.model.rule(*rule);
            let speaks = match voice {
                Voice::None => false,
                Voice::AppWide => rule.app_wide,
                Voice::Full => true,
            };
            rule.policy == id && rule.effect.side() == side && speaks
        });
        let (blocking, allowing): (Vec<_>, Vec<_>) =
            rules.partition(|rule| self.model.rule(*rule).effect.effect() == Effect::Block);
        if voice == Voice::None || voice == Voice::AppWide && blocking.is_empty() {
            return None;
        }
        let view = View {
            policy: id,
            side,
            reports,
            rules: Vec::new(),
            effect: Effect::Block,
            obligations: None,
        };
        if !blocking.is_empty() {
            return Some(View { rules: blocking, ..view });
        }
        let limits = allowing.iter().map(|rule| self.model.rule(*rule).obligations);
        let obligations = limits.reduce(|a, b| Obligations {
            characters: a.characters.zip(b.characters).map(|(a, b)| a.max(b)),
            without_content: a.without_content & b.without_content,
            tagged: a.tagged & b.tagged,
        });
        let effect = match (side, obligations) {
            (Side::Source, None) => self.model.policy(id).otherwise,
            (Side::Target, None) | (_, Some(_)) => Effect::Allow,
        };
        Some(View { rules: allowing, effect, obligations, ..view })
    }

    /// All views together, for a text longer than `longer_than` characters if that is given.
    fn join(&self, views: &[View], reason: Reason, longer_than: Option<u32>) -> Decision {
        let said: Vec<_> = views.iter().map(|view| view.say(longer_than)).collect();
        let live: Vec<_> = said.iter().filter(|one| !one.reports).collect();
        let report_only = self.reports(&said);
        let Some(verdict) = live.iter().map(|one| one.verdict).reduce(Verdict::join) else {
            return Decision::not_enforced(reason, report_only);
        };
        let by = live
            .iter()
            .filter(|one| one.verdict.effect == verdict.effect)
            .flat_map(|one| one.grounds.iter().copied())
            .collect();
        Decision { verdict, reason: None, by, report_only }
    }

    /// Of each policy that only reports, what gave its strictest effect.
    fn reports(&self, said: &[Said]) -> Vec<Ground> {
        let mut grounds = Vec::new();
        for id in self.model.policy_ids().filter(|id| self.model.policy(*id).report_only) {
            let own = || said.iter().filter(|one| one.reports && one.policy == id);
            let Some(verdict) = own().map(|one| one.verdict).reduce(Verdict::join) else {
                continue;
            };
            let strictest = own().filter(|one| one.verdict.effect == verdict.effect);
            grounds.extend(strictest.flat_map(|one| one.grounds.iter().copied()));
        }
        grounds
    }
}

/// What one policy says on one side, whatever the length of a text.
struct View {
    policy: PolicyId,
    side: Side,
    /// Whether the policy only reports.
    reports: bool,
    /// The rules that decide; none for the default.
    rules: Vec<RuleId>,
    effect: Effect,
    /// The limits of the rules that allow; `None` for a block or the default.
    obligations: Option<Obligations>,
}

/// A view of a text of some length.
struct Said {
    policy: PolicyId,
    reports: bool,
    verdict: Verdict,
    grounds: Vec<Ground>,
}

impl View {
    fn say(&self, longer_than: Option<u32>) -> Said {
        let limit = self.obligations.and_then(|limits| limits.characters);
        let exceeded =
            matches!((limit, longer_than), (Some(limit), Some(length)) if limit <= length);
        let effect = if exceeded { Effect::Block } else { self.effect };
        let verdict = match effect {
            Effect::Block => Verdict::BLOCKED,
            Effect::Allow => Verdict { effect, obligations: self.obligations.unwrap_or_default() },
        };
        let ground = |rule| Ground { policy: self.policy, side: self.side, rule, effect };
        let grounds = if self.rules.is_empty() {
            vec![ground(None)]
        } else {
            self.rules.iter().map(|rule| ground(Some(*rule))).collect()
        };
        Said { policy: self.policy, reports: self.reports, verdict, grounds }
    }
}
