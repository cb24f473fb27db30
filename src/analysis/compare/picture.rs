//! The picture of changes: contexts, and in each of them classes of endpoints about which two sets changed alike.
//!
//! Takes in two sets, gives out what becomes of the movements between classes. An endpoint's signature is its row on
//! every channel as a source and its column as a target, as in the picture of one set; a cell here is what both sets
//! decide, and all that is decided alike is one. How a picture is drawn is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "atoms, slots and classes are numbered by the lists that they come from"
)]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::changes::ChangeKind;
use super::comparer::{AlignedAtom, AlignedDevices, Comparer, Comparison, Which};
use crate::analysis::ask::matrix::{Cell, split_by_outcomes, without_reasons};
use crate::analysis::engine::align::{AlignedEndpoint, AlignedView};
use crate::analysis::engine::contexts::{Gathered, Joinable, contexts, gather};
use crate::analysis::engine::endpoints::not_deployed;
use crate::analysis::engine::relevant::relevant_of_both;
use crate::analysis::engine::users::Chosen;
use crate::analysis::picture::{
    ClassMembers, Classed, Mentions, PictureClass, PictureGroup, PictureMember, PicturePlace, Rank,
    Station, as_work, classes, groups, joined, line_numbers, member, place, station,
};
use crate::analysis::subject::Analysis;
use crate::dd::{Cond, Manager};
use crate::limits::LimitExceeded;
use crate::model::{Origin, People, Scope};
use crate::movement::Endpoint;
use crate::table::{DecisionId, Outcome};
use crate::vocabulary::{Channel, DeviceStates};

/// The movements that two sets decide differently, in contexts that changed differently.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangePicture {
    /// The contexts, that with the most changed movements first. In those without cells nothing changed.
    pub contexts: Vec<ChangeContext>,
    /// The groups that the files of the second set declare, each with the names of its apps.
    pub groups: Vec<PictureGroup>,
}

/// People on devices for whom every movement changed alike.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeContext {
    /// The people and devices. Together they are the context.
    pub places: Vec<PicturePlace>,
    /// The endpoints that exist here. What a policy of either set protects is an app of the company; `managed` is that
    /// of the second set.
    pub classes: Vec<PictureClass>,
    /// The movements between classes, as far as some of the channel changed between endpoints of either class.
    pub cells: Vec<ChangePictureCell>,
}

/// The decisions of both sets about every movement from one class to another on a channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangePictureCell {
    /// The channel.
    pub channel: Channel,
    /// The class of the sources, by position.
    pub source: usize,
    /// The class of the targets, by position.
    pub target: usize,
    /// The change; null where the sets decide alike, and nothing is said of how.
    pub change: Option<CellChange>,
}

/// A changed decision.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CellChange {
    /// The meaning of the change.
    pub kind: ChangeKind,
    /// The decision of the first set.
    pub before: Cell,
    /// The decision of the second set.
    pub after: Cell,
}

/// The decisions of two sets about movements between two atoms, for one kind of users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Decided {
    /// There is no movement that both have.
    Nothing,
    Alike,
    Changed([DecisionId; 2]),
}

/// The outcomes of two sets between two atoms.
#[derive(Debug, Clone, Copy)]
enum Between {
    /// No set changed anything here.
    Unaffected,
    /// The outcomes of both, where there are any, and the users for whom both have a movement.
    Outcomes(Option<[Outcome; 2]>, Cond),
}

/// The atoms of one channel on a block of devices.
struct ChannelAtoms {
    channel: Channel,
    sides: [Vec<AlignedAtom>; 2],
    /// By source and target.
    between: Vec<Vec<Between>>,
}

/// An endpoint that exists for a kind of users.
struct Existing {
    view: AlignedView,
    is_company: bool,
    /// By channel and side: its atom.
    slots: Vec<Option<usize>>,
}

/// A context, refined: classes with their members, and cells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refined {
    classes: Vec<Class>,
    cells: Vec<RefinedCell>,
}

#[derive(Debug, Clone, PartialEq)]
struct Class {
    station: Station,
    managed: bool,
    sets: Vec<String>,
    members: Vec<(AlignedEndpoint, Option<bool>)>,
}

/// A channel between two classes, with the decisions of both sets if they differ.
#[derive(Debug, Clone, PartialEq)]
struct RefinedCell {
    channel: Channel,
    classes: [usize; 2],
    decisions: Option<[DecisionId; 2]>,
}

impl Joinable for Refined {
    fn is_like(&self, other: &Self) -> bool {
        self == other
    }

    fn join(&mut self, _: Self) {}
}

/// The picture of the changes from one set to another, on the channels and for the people and devices of a scope of
/// the second one.
///
/// # Errors
///
/// When the comparison meets a limit, that on kinds of users among them.
pub fn diff_picture(
    before: &Analysis<'_>,
    after: &Analysis<'_>,
    scope: &Scope,
) -> Result<ChangePicture, LimitExceeded> {
    let models = [before, after].map(|set| set.model);
    let [old, new] = &relevant_of_both(models, scope, after.limits())?;
    let comparison = Comparison::of([old, new], after.limits());
    let mentions = [before, after].map(Mentions::of);
    let mut painter = Painter::new(&comparison, &mentions, (scope, &[]))?;
    let found = painter.every_context()?;
    let names = painter.comparer.alignment.texts_of_people();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut contexts_found = Vec::with_capacity(found.len());
    for Gathered { what, users: of, devices } in found {
        let users = &mut painter.comparer.users;
        let places = contexts(users, &names, (of, &Chosen::new()), &devices)?;
        contexts_found.push(painter.finish(what, places.iter().map(place).collect()));
    }
    contexts_found.sort_by_key(|context| Reverse(changed(context)));
    Ok(ChangePicture { contexts: contexts_found, groups: groups(after.model, &mentions[1]) })
}

/// The number of movements that changed.
fn changed(context: &ChangeContext) -> usize {
    let cells = context.cells.iter().filter(|cell| cell.change.is_some());
    let count = |class: usize| context.classes[class].members.len();
    cells.map(|cell| count(cell.source) * count(cell.target)).sum()
}

/// Two sets while their contexts are worked out.
pub(super) struct Painter<'p> {
    comparer: Comparer<'p>,
    mentions: &'p [Mentions; 2],
    scope: &'p Scope,
    /// The users of the scope.
    within: Cond,
    limit: usize,
}

impl<'p> Painter<'p> {
    /// Two sets in a scope of the second one, among the users whom they tell apart, and whom some clauses do.
    pub(super) fn new(
        comparison: &'p Comparison<'p>,
        mentions: &'p [Mentions; 2],
        (scope, people): (&'p Scope, &[&People]),
    ) -> Result<Self, LimitExceeded> {
        let people: Vec<&People> = people.iter().copied().chain(&scope.people).collect();
        let comparer = Comparer::among(comparison, &people)?;
        let limit = comparison.limits.user_kinds;
        let mut found = Self { comparer, mentions, scope, within: Cond::TRUE, limit };
        if let Some(people) = &scope.people {
            found.within = found.users(people)?;
        }
        Ok(found)
    }

    /// The people and devices of the scope, in contexts.
    pub(super) fn every_context(&mut self) -> Result<Vec<Gathered<Refined>>, LimitExceeded> {
        let mut found: Vec<Gathered<Refined>> = Vec::new();
        for devices in self.comparer.device_blocks() {
            let states = devices.states.iter().filter(|state| self.scope.devices.contains(*state));
            let states: DeviceStates = states.collect();
            if states.iter().next().is_none() || !self.scope.platforms.contains(devices.platform) {
                continue;
            }
            let kinds = self.kinds(&devices)?;
            let manager = self.comparer.users.manager();
            gather(manager, &mut found, (devices.platform, states), kinds)?;
        }
        Ok(found)
    }

    /// The users of a clause of the second set.
    pub(super) fn users(&mut self, people: &People) -> Result<Cond, LimitExceeded> {
        let clause = self.comparer.alignment.clause(1, people);
        self.comparer.users.clause(&clause)
    }

    pub(super) fn manager(&mut self) -> &mut Manager {
        self.comparer.users.manager()
    }

    /// The kinds of users on a block of devices, each with its classes.
    fn kinds(&mut self, devices: &AlignedDevices) -> Result<Vec<(Refined, Cond)>, LimitExceeded> {
        let mut channels = Vec::new();
        let is_asked = |channel: &&Channel| {
            channel.exists_on(devices.platform) && self.scope.channels.contains(**channel)
        };
        for channel in Channel::ALL.iter().filter(is_asked).collect::<Vec<_>>() {
            channels.push(self.channel_atoms(devices, *channel)?);
        }
        let is_affected = |one: &Between| matches!(one, Between::Outcomes(..));
        let nothing = Refined { classes: Vec::new(), cells: Vec::new() };
        if !channels.iter().any(|one| one.between.iter().flatten().any(is_affected)) {
            return Ok(vec![(nothing, self.within)]);
        }
        let company = self.company(devices, &channels)?;
        let mut found = Vec::new();
        for users in self.user_kinds(&channels, &company)? {
            let refined = self.refine(devices, &channels, &company, users)?;
            let is_changed = refined.cells.iter().any(|cell| cell.decisions.is_some());
            found.push((if is_changed { refined } else { nothing.clone() }, users));
        }
        Ok(found)
    }

    fn channel_atoms(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
    ) -> Result<ChannelAtoms, LimitExceeded> {
        let sides = self.comparer.every_atom(devices, channel)?;
        let mut between = Vec::with_capacity(sides[0].len());
        for source in &sides[0] {
            let mut row = Vec::with_capacity(sides[1].len());
            for target in &sides[1] {
                row.push(self.between(devices, channel, (source, target))?);
            }
            between.push(row);
        }
        Ok(ChannelAtoms { channel, sides, between })
    }

    fn between(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        (source, target): (&AlignedAtom, &AlignedAtom),
    ) -> Result<Between, LimitExceeded> {
        if !source.is_affected && !target.is_affected {
            return Ok(Between::Unaffected);
        }
        let (Some(from), Some(to)) = (source.at, target.at) else {
            return Ok(Between::Outcomes(None, Cond::FALSE));
        };
        let Some(outcomes) = self.comparer.outcomes(devices, channel, from, to)? else {
            return Ok(Between::Outcomes(None, Cond::FALSE));
        };
        let both = self.comparer.moving(channel, (source, target), Which::Both)?;
        let users = &mut self.comparer.users;
        let [before, after] = outcomes.map(|outcome| without_reasons(users, outcome));
        Ok(Between::Outcomes(Some([before?, after?]), both))
    }

    /// The endpoints that are apps, each with the users for whom either set manages it: itself, and its work account.
    fn company(
        &mut self,
        devices: &AlignedDevices,
        channels: &[ChannelAtoms],
    ) -> Result<BTreeMap<AlignedEndpoint, [Cond; 2]>, LimitExceeded> {
        let atoms = channels.iter().flat_map(|one| one.sides.iter().flatten());
        let ends: BTreeSet<AlignedEndpoint> =
            atoms.flat_map(|atom| &atom.members).map(|member| member.view.end).collect();
        let mut found = BTreeMap::new();
        for end in ends.into_iter().filter(|end| end.app.is_some()) {
            let own = self.managed(devices, end)?;
            let as_work = AlignedEndpoint { ends: end.ends.map(work_account), ..end };
            found.insert(end, [own, self.managed(devices, as_work)?]);
        }
        Ok(found)
    }

    /// The users for whom either set manages an endpoint.
    fn managed(
        &mut self,
        devices: &AlignedDevices,
        end: AlignedEndpoint,
    ) -> Result<Cond, LimitExceeded> {
        let Comparer { users, matrices, .. } = &mut self.comparer;
        let before = matrices[0].managed(&mut users.combiner, devices.kind[0], end.ends[0])?;
        let after = matrices[1].managed(&mut users.combiner, devices.kind[1], end.ends[1])?;
        users.manager().or(before, after)
    }

    /// Kinds of users for whom the same views exist and both outcomes are one decision each.
    fn user_kinds(
        &mut self,
        channels: &[ChannelAtoms],
        company: &BTreeMap<AlignedEndpoint, [Cond; 2]>,
    ) -> Result<Vec<Cond>, LimitExceeded> {
        let atoms = || channels.iter().flat_map(|one| one.sides.iter().flatten());
        let exists = atoms().flat_map(|atom| &atom.members).map(|member| member.exists);
        let managed = atoms().filter_map(|atom| atom.at).map(|at| at.managed());
        let mut conditions: BTreeSet<Cond> = exists.chain(managed).collect();
        conditions.extend(company.values().flatten());
        let mut outcomes: BTreeSet<Outcome> = BTreeSet::new();
        for between in channels.iter().flat_map(|one| one.between.iter().flatten()) {
            if let Between::Outcomes(found, both) = between {
                conditions.insert(*both);
                outcomes.extend(found.iter().flatten());
            }
        }
        let users = &mut self.comparer.users;
        let kinds = users.kinds(self.within, conditions)?;
        split_by_outcomes(users, kinds, &outcomes, self.limit)
    }

    // ------------------------------------------------------------ kinds of users

    fn refine(
        &mut self,
        devices: &AlignedDevices,
        channels: &[ChannelAtoms],
        company: &BTreeMap<AlignedEndpoint, [Cond; 2]>,
        users: Cond,
    ) -> Result<Refined, LimitExceeded> {
        let manager = &self.comparer.users.combiner.manager;
        let example = manager.minimal_model(users).unwrap_or_default();
        let holds = |when: Cond| manager.eval(when, |variable| example.contains(&variable));
        let id = |outcome: Outcome| manager.eval(outcome, |variable| example.contains(&variable));
        let decided = |between: &Between| match between {
            Between::Unaffected => Decided::Alike,
            Between::Outcomes(Some(outcomes), both) if holds(*both) => match outcomes.map(id) {
                [DecisionId::NONE, _] | [_, DecisionId::NONE] => Decided::Nothing,
                [before, after] if before == after => Decided::Alike,
                decisions => Decided::Changed(decisions),
            },
            Between::Outcomes(..) => Decided::Nothing,
        };
        let tables: Vec<Vec<Vec<Decided>>> = channels
            .iter()
            .map(|one| one.between.iter().map(|row| row.iter().map(decided).collect()).collect())
            .collect();
        let existing = existing(channels, company, holds);
        let protects = company.values().any(|[_, as_work]| holds(*as_work));
        let protected =
            |end: AlignedEndpoint| company.get(&end).is_some_and(|[_, as_work]| holds(*as_work));
        let old_managed = |channel: usize, slots: [usize; 2]| {
            let of = |side: usize| channels[channel].sides[side][slots[side]].at;
            [of(0), of(1)].iter().all(|at| at.is_some_and(|at| holds(at.managed())))
        };
        let station = |one: &Existing| self.station(one, protects.then(|| protected(one.view.end)));
        let groups = self.classes(&existing, (channels, &tables), station);
        let cells = self.cells(channels, &tables, &groups, old_managed);
        let classes = groups.iter().map(|group| self.class(devices, users, group));
        Ok(Refined { classes: classes.collect::<Result<_, _>>()?, cells })
    }

    /// The station of an endpoint, whichever set makes it so.
    fn station(&self, one: &Existing, is_protected: Option<bool>) -> Station {
        let side = self.side(one.view.end);
        let model = self.comparer.alignment.models[side];
        station(model, one.view.end.ends[side], one.is_company, is_protected)
    }

    /// The set that knows an endpoint: the second one, if it does.
    fn side(&self, end: AlignedEndpoint) -> usize {
        let models = self.comparer.alignment.models;
        let is_unlisted = |side: usize| match end.ends[side] {
            Endpoint::App { app, .. } => models[side].app(app).origin == Origin::Unlisted,
            Endpoint::Storage(id) => models[side].storage(id).origin == Origin::Unlisted,
            Endpoint::Place(_) => false,
        };
        usize::from(!is_unlisted(1) || is_unlisted(0))
    }

    /// The endpoints in classes.
    fn classes<'e>(
        &self,
        existing: &'e [Existing],
        (channels, tables): (&[ChannelAtoms], &[Vec<Vec<Decided>>]),
        station: impl Fn(&Existing) -> Station,
    ) -> Vec<ClassMembers<'e, Existing>> {
        let widths = channels.iter().map(|one| one.sides[1].len());
        let lines = tables.iter().zip(widths).map(|(table, width)| line_numbers(table, width));
        classes(existing, &lines.collect::<Vec<_>>(), |one| Classed {
            station: station(one),
            managed: one.view.managed,
            slots: &one.slots,
            rank: (self.rank(one.view.end), one.view.end),
        })
    }

    /// The place of an endpoint in lists: that of the set that names it first.
    fn rank(&self, end: AlignedEndpoint) -> Rank {
        let models = self.comparer.alignment.models;
        let rank = |side: usize| self.mentions[side].rank(models[side], end.ends[side]);
        rank(0).min(rank(1))
    }

    /// The decisions of both sets between classes.
    fn cells(
        &self,
        channels: &[ChannelAtoms],
        tables: &[Vec<Vec<Decided>>],
        groups: &[ClassMembers<'_, Existing>],
        old_managed: impl Fn(usize, [usize; 2]) -> bool,
    ) -> Vec<RefinedCell> {
        let mut found = Vec::new();
        for (at, table) in tables.iter().enumerate() {
            let channel = channels[at].channel;
            let is_changed = |one: &Decided| matches!(one, Decided::Changed(_));
            if !table.iter().flatten().any(is_changed) {
                continue;
            }
            for (source, (_, from)) in groups.iter().enumerate() {
                for (target, (_, to)) in groups.iter().enumerate() {
                    let decided = from.iter().find_map(|from| {
                        to.iter().find_map(|to| {
                            let slots = [from.slots[2 * at]?, to.slots[2 * at + 1]?];
                            let managed = old_managed(at, slots);
                            let views = [from.view, to.view];
                            let moves =
                                self.comparer.can_move(channel, views, managed, Which::Both);
                            moves.then(|| table[slots[0]][slots[1]])
                        })
                    });
                    let decisions = match decided {
                        None | Some(Decided::Nothing) => continue,
                        Some(Decided::Alike) => None,
                        Some(Decided::Changed(decisions)) => Some(decisions),
                    };
                    found.push(RefinedCell { channel, classes: [source, target], decisions });
                }
            }
        }
        found
    }

    /// A class with its text.
    fn class(
        &mut self,
        devices: &AlignedDevices,
        users: Cond,
        ((station, managed), members): &ClassMembers<'_, Existing>,
    ) -> Result<Class, LimitExceeded> {
        let views = || members.iter().map(|one| one.view);
        let sets = match members.first().map(|one| one.view.end.ends[1]) {
            Some(Endpoint::Place(_)) | None => {
                let words = views().filter_map(|view| match view.end.ends[1] {
                    Endpoint::Place(place) => Some(place.word()),
                    Endpoint::App { .. } | Endpoint::Storage(_) => None,
                });
                vec![words.collect::<Vec<_>>().join(", ")]
            }
            Some(end) => {
                let is_app = matches!(end, Endpoint::App { .. });
                let channel = if is_app { Channel::Share } else { Channel::Open };
                let views: Vec<AlignedView> = views().collect();
                self.comparer.texts_of(devices, channel, &views, users)?
            }
        };
        let is_enrolled = devices.state.is_enrolled();
        let deployed = |end: AlignedEndpoint| match end.ends[1] {
            Endpoint::App { deployed, .. } if is_enrolled => Some(deployed),
            _ => None,
        };
        let plain =
            |end: AlignedEndpoint| AlignedEndpoint { ends: end.ends.map(not_deployed), ..end };
        let members = joined(views().map(|view| (plain(view.end), deployed(view.end))));
        Ok(Class { station: *station, managed: *managed, sets, members })
    }

    pub(super) fn finish(&self, refined: Refined, places: Vec<PicturePlace>) -> ChangeContext {
        let models = self.comparer.alignment.models;
        let member = |(end, deployed): &(AlignedEndpoint, Option<bool>)| -> PictureMember {
            let side = self.side(*end);
            member(models[side], &self.mentions[side], (end.ends[side], *deployed))
        };
        let classes = refined.classes.into_iter().map(|class| PictureClass {
            station: class.station,
            managed: class.managed,
            sets: class.sets,
            members: class.members.iter().map(member).collect(),
        });
        let change = |decisions: [DecisionId; 2]| {
            let [before, after] = decisions.map(|id| self.comparer.users.decision(id));
            let kind = ChangeKind::of(before, after);
            CellChange { kind, before: Cell::of(before), after: Cell::of(after) }
        };
        let cell = |cell: RefinedCell| ChangePictureCell {
            channel: cell.channel,
            source: cell.classes[0],
            target: cell.classes[1],
            change: cell.decisions.map(change),
        };
        ChangeContext {
            places,
            classes: classes.collect(),
            cells: refined.cells.into_iter().map(cell).collect(),
        }
    }
}

/// An app under its work account; any other endpoint as it is.
fn work_account(end: Endpoint) -> Endpoint {
    match end {
        Endpoint::App { app, .. } => as_work(app),
        Endpoint::Storage(_) | Endpoint::Place(_) => end,
    }
}

/// The endpoints that exist for a kind of users.
fn existing(
    channels: &[ChannelAtoms],
    company: &BTreeMap<AlignedEndpoint, [Cond; 2]>,
    holds: impl Fn(Cond) -> bool,
) -> Vec<Existing> {
    let mut found: BTreeMap<AlignedEndpoint, Existing> = BTreeMap::new();
    for (at, one) in channels.iter().enumerate() {
        for (side, atoms) in one.sides.iter().enumerate() {
            for (number, atom) in atoms.iter().enumerate() {
                for member in atom.members.iter().filter(|member| holds(member.exists)) {
                    let view = member.view;
                    let new = || Existing {
                        view,
                        is_company: company.get(&view.end).is_some_and(|[own, _]| holds(*own)),
                        slots: vec![None; 2 * channels.len()],
                    };
                    let known = found.entry(view.end).or_insert_with(new);
                    known.slots[2 * at + side] = Some(number);
                }
            }
        }
    }
    found.into_values().collect()
}
