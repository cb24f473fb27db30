//! The comparer: two models in one manager, atom by atom.
//!
//! Takes in two models, gives out views of endpoints in atoms of both, and the decisions of both between two
//! atoms. Both models are asked by one engine over one set of variables; why there are two is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "classes and endpoints are numbered by the alignment that these lists belong to"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use super::affected::Differing;
use crate::analysis::engine::align::{AlignedView, Alignment};
use crate::analysis::engine::endpoints::can_move;
use crate::analysis::engine::rectangles::{AtomNames, FactCell};
use crate::analysis::engine::space::{DeviceBlock, moving};
use crate::analysis::engine::users::Users;
use crate::bits::Bits;
use crate::dd::{Cond, Manager};
use crate::decision::Decision;
use crate::limits::{LimitExceeded, Limits};
use crate::model::{Model, People, PolicyId};
use crate::movement::Endpoint;
use crate::table::{
    Clauses, DecisionId, Device, DeviceKind, EndpointView, FoldedModel, LazyMatrices, LineId,
    NO_MOVEMENT, Outcome,
};
use crate::vocabulary::{Channel, DeviceState, Platforms, Side};

/// An endpoint that a comparison may leave out.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "intune"), expect(dead_code, reason = "only exports leave some out"))]
pub(crate) struct ComparedEndpoint {
    pub(crate) channel: Channel,
    pub(crate) side: Side,
    /// As the first model numbers it.
    pub(crate) end: Endpoint,
    /// Whether it is managed in the first model for some user.
    pub(crate) managed: bool,
}

/// A comparison of two models.
pub(crate) struct Comparison<'c> {
    pub(crate) models: [&'c Model; 2],
    /// By model: the report-only policy that counts as live.
    pub(crate) what_if: [Option<PolicyId>; 2],
    pub(crate) platforms: Platforms,
    /// Endpoints whose movements do not count.
    pub(crate) left_out: &'c dyn Fn(ComparedEndpoint) -> bool,
    pub(crate) limits: &'c Limits,
}

impl<'c> Comparison<'c> {
    /// The comparison of all that two models decide while no report-only policy counts as live.
    pub(crate) fn of(models: [&'c Model; 2], limits: &'c Limits) -> Self {
        let platforms = Platforms::all();
        Self { models, what_if: [None; 2], platforms, left_out: &|_| false, limits }
    }

    /// The comparison of a model with itself in which one report-only policy counts as live.
    pub(in crate::analysis) fn with_live(
        model: &'c Model,
        policy: PolicyId,
        limits: &'c Limits,
    ) -> Self {
        Self { what_if: [None, Some(policy)], ..Self::of([model; 2], limits) }
    }
}

/// Devices of one platform that both models treat alike.
pub(super) type AlignedDevices = DeviceBlock<[DeviceKind; 2]>;

/// Views of endpoints that both models treat alike.
#[derive(Debug, Clone)]
pub(super) struct AlignedAtom {
    /// Their lines; `None` for views that no affected endpoint meets: their lines make no difference.
    pub(super) at: Option<AlignedLines>,
    /// Whether the models differ about them.
    pub(super) is_affected: bool,
    /// The users for whom one of the views exists.
    pub(super) inside: Cond,
    pub(super) members: Vec<AlignedMember>,
    /// By model: the apps of the views, without the unlisted one. Data can always move between two apps.
    apps: [Bits; 2],
}

/// The lines of a view in both models; `None` where its endpoint cannot stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct AlignedLines {
    new: Option<LineId>,
    /// The lines where the old model sees the endpoint unmanaged and managed. There is one if it sees it
    /// alike for all users for whom the view exists.
    old: [Option<LineId>; 2],
    /// The users for whom the old model sees it managed.
    managed: Cond,
}

/// A view of an endpoint in an atom.
#[derive(Debug, Clone, Copy)]
pub(super) struct AlignedMember {
    pub(super) view: AlignedView,
    /// The users for whom it exists.
    pub(super) exists: Cond,
    /// Its position among all views of its side.
    pub(super) position: usize,
}

/// The models that must have a movement.
#[derive(Clone, Copy)]
pub(super) enum Which {
    Both,
    Either,
}

/// The decisions of both models.
pub(super) type Decisions = [Decision; 2];

/// Two models among the same users.
pub(in crate::analysis) struct Comparer<'a> {
    comparison: &'a Comparison<'a>,
    pub(in crate::analysis) alignment: Alignment<'a>,
    pub(in crate::analysis) users: Users,
    pub(in crate::analysis) matrices: [LazyMatrices; 2],
    differing: Differing,
    cells: HashMap<[Outcome; 2], FactCell<Option<Decisions>>>,
}

impl<'a> Comparer<'a> {
    pub(in crate::analysis) fn new(comparison: &'a Comparison<'a>) -> Result<Self, LimitExceeded> {
        Self::among(comparison, &[])
    }

    /// Two models among the users whom their policies tell apart, and whom some clauses of the second one do.
    pub(super) fn among(
        comparison: &'a Comparison<'a>,
        more: &[&People],
    ) -> Result<Self, LimitExceeded> {
        let alignment = Alignment::new(comparison.models);
        let more: Vec<People> = more.iter().map(|people| alignment.clause(1, people)).collect();
        let of_side = |side: usize| {
            let clauses = Clauses::of(comparison.models[side]);
            clauses.map(|people| alignment.clause(side, people))
        };
        let clauses = of_side(0).joined(of_side(1)).and(&more);
        let mut users = Users::new(&clauses, alignment.attributes, comparison.limits)?;
        let mut fold = |side: usize| {
            let Users { groups, combiner, .. } = &mut users;
            let clause = |manager: &mut Manager, people: &People| {
                groups.clause(manager, &alignment.clause(side, people))
            };
            let (model, what_if) = (comparison.models[side], comparison.what_if[side]);
            let folded =
                FoldedModel::new(model, what_if, &[], &mut combiner.manager, &clause, groups)?;
            Ok::<_, LimitExceeded>(LazyMatrices::new(folded))
        };
        let matrices = [fold(0)?, fold(1)?];
        let differing = Differing::new(&alignment, &matrices);
        Ok(Self { comparison, alignment, users, matrices, differing, cells: HashMap::new() })
    }

    /// Visits every channel on every block of devices, until the visitor breaks off.
    pub(super) fn visit(
        &mut self,
        mut visit: impl FnMut(
            &mut Self,
            &AlignedDevices,
            Channel,
        ) -> Result<ControlFlow<()>, LimitExceeded>,
    ) -> Result<(), LimitExceeded> {
        for devices in self.device_blocks() {
            for channel in Channel::ALL.iter().filter(|one| one.exists_on(devices.platform)) {
                if visit(self, &devices, *channel)?.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    pub(super) fn device_blocks(&self) -> Vec<AlignedDevices> {
        DeviceBlock::all(
            self.comparison.platforms,
            DeviceState::ALL.iter().copied().collect(),
            |device| {
                let kinds = self.matrices.each_ref().map(|one| one.device_kind(device));
                let [Some(one), Some(other)] = kinds else { return None };
                Some([one, other])
            },
        )
    }

    // ------------------------------------------------------------ atoms

    /// The views of both sides of a channel in atoms of both models; `None` where no endpoint is affected.
    pub(super) fn atoms(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
    ) -> Result<Option<[Vec<AlignedAtom>; 2]>, LimitExceeded> {
        let sides = self.every_atom(devices, channel)?;
        let is_affected = sides.iter().flatten().any(|atom| atom.is_affected);
        Ok(is_affected.then_some(sides))
    }

    /// The views of both sides of a channel in atoms of both models. Of a side on whose other side no endpoint is
    /// affected, those that are not affected are one atom.
    pub(super) fn every_atom(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
    ) -> Result<[Vec<AlignedAtom>; 2], LimitExceeded> {
        let sides = [Side::Source, Side::Target];
        let [sources, targets] = sides.map(|side| self.members(devices, channel, side));
        let (sources, targets) = (sources?, targets?);
        let [of_sources, of_targets] =
            [&sources, &targets].map(|members| members.iter().any(|(_, is_affected)| *is_affected));
        let sources = self.joined(devices, (channel, Side::Source), &sources, of_targets)?;
        let targets = self.joined(devices, (channel, Side::Target), &targets, of_sources)?;
        Ok([sources, targets])
    }

    /// The views of one side of a channel, each with whether it is affected.
    fn members(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        side: Side,
    ) -> Result<Vec<(AlignedMember, bool)>, LimitExceeded> {
        let AlignedDevices { platform, state, kind, .. } = *devices;
        let on = (Device { platform, state }, channel, side);
        let changed = self.differing.policies(&self.alignment, &self.matrices, on);
        let mut known = None;
        let mut found = Vec::new();
        let views = self.alignment.every_view(channel, side, platform, state);
        for (position, view) in views.into_iter().enumerate() {
            let exists = self.existence(devices, view)?;
            if exists.is_never() || self.is_left_out(devices, channel, side, view)? {
                continue;
            }
            let is_affected = match known {
                Some((end, is_affected)) if end == view.end => is_affected,
                _ => self.differing.is_affected(
                    &self.alignment,
                    (&mut self.matrices, &mut self.users.combiner),
                    kind,
                    (channel, side, &changed),
                    view.end,
                )?,
            };
            known = Some((view.end, is_affected));
            found.push((AlignedMember { view, exists, position }, is_affected));
        }
        Ok(found)
    }

    /// Views in atoms. Without `all`, those that are not affected are one atom.
    fn joined(
        &mut self,
        devices: &AlignedDevices,
        (channel, side): (Channel, Side),
        members: &[(AlignedMember, bool)],
        all: bool,
    ) -> Result<Vec<AlignedAtom>, LimitExceeded> {
        let mut found: BTreeMap<(Option<AlignedLines>, bool), Vec<AlignedMember>> = BTreeMap::new();
        for (member, is_affected) in members {
            let at = match all || *is_affected {
                true => Some(self.lines(devices, channel, side, (member.view, member.exists))?),
                false => None,
            };
            found.entry((at, *is_affected)).or_default().push(*member);
        }
        let mut atoms = Vec::with_capacity(found.len());
        for ((at, is_affected), members) in found {
            let inside = self.users.manager().any(members.iter().map(|one| one.exists))?;
            let apps = self.apps_of(&members);
            atoms.push(AlignedAtom { at, is_affected, inside, members, apps });
        }
        Ok(atoms)
    }

    /// By model: the apps of some views, without the unlisted one.
    pub(super) fn apps_of(&self, members: &[AlignedMember]) -> [Bits; 2] {
        [0, 1].map(|model: usize| {
            let apps = self.comparison.models[model];
            let (unlisted, mut found) = (apps.unlisted_app(), Bits::new(apps.apps().len()));
            for member in members {
                if let Endpoint::App { app, .. } = member.view.end.ends[model]
                    && app != unlisted
                {
                    found.insert(app.index());
                }
            }
            found
        })
    }

    fn is_left_out(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        side: Side,
        view: AlignedView,
    ) -> Result<bool, LimitExceeded> {
        let end = view.end.ends[0];
        let combiner = &mut self.users.combiner;
        let managed = !self.matrices[0].managed(combiner, devices.kind[0], end)?.is_never();
        Ok((self.comparison.left_out)(ComparedEndpoint { channel, side, end, managed }))
    }

    /// The users for whom a view exists.
    pub(super) fn existence(
        &mut self,
        devices: &AlignedDevices,
        view: AlignedView,
    ) -> Result<Cond, LimitExceeded> {
        let (combiner, wanted) = (&mut self.users.combiner, view.of_model(1));
        let views = self.matrices[1].views(combiner, devices.kind[1], wanted.end)?;
        let exists = views.into_iter().find(|(view, _)| *view == wanted);
        Ok(exists.map_or(Cond::FALSE, |(_, exists)| exists))
    }

    /// The views of an endpoint in the old model, for the users for whom a view of the new one exists.
    fn old_views(
        &mut self,
        devices: &AlignedDevices,
        view: AlignedView,
        exists: Cond,
    ) -> Result<Vec<(EndpointView, Cond)>, LimitExceeded> {
        let (combiner, end) = (&mut self.users.combiner, view.end.ends[0]);
        let mut found = Vec::new();
        for (old, when) in self.matrices[0].views(combiner, devices.kind[0], end)? {
            let both = combiner.manager.and(when, exists)?;
            if both == exists {
                return Ok(vec![(old, Cond::TRUE)]);
            }
            if !both.is_never() {
                found.push((old, when));
            }
        }
        Ok(found)
    }

    fn lines(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        side: Side,
        (view, exists): (AlignedView, Cond),
    ) -> Result<AlignedLines, LimitExceeded> {
        let mut found = AlignedLines { new: None, old: [None; 2], managed: Cond::FALSE };
        for (old, when) in self.old_views(devices, view, exists)? {
            let (combiner, kind) = (&mut self.users.combiner, devices.kind[0]);
            let line = self.matrices[0].line(combiner, kind, channel, side, old)?;
            found.old[usize::from(old.managed)] = line;
            if old.managed {
                found.managed = when;
            }
        }
        let (combiner, kind) = (&mut self.users.combiner, devices.kind[1]);
        found.new = self.matrices[1].line(combiner, kind, channel, side, view.of_model(1))?;
        Ok(found)
    }

    // ------------------------------------------------------------ outcomes

    /// The users for whom the models have a movement between two atoms: `Both` of them, or `Either`.
    pub(super) fn moving(
        &mut self,
        channel: Channel,
        (source, target): (&AlignedAtom, &AlignedAtom),
        which: Which,
    ) -> Result<Cond, LimitExceeded> {
        let Self { alignment, comparison, users, .. } = self;
        let manager = users.manager();
        if !source.apps.iter().zip(&target.apps).any(|(from, to)| from.meets(to)) {
            return manager.and(source.inside, target.inside);
        }
        let managed = |atom: &AlignedAtom| atom.at.map_or(Cond::FALSE, |at| at.managed);
        let both = manager.and(managed(source), managed(target))?;
        let mut found = Cond::FALSE;
        // The old set may see both managed for some of the users.
        for (managed, when) in [(true, both), (false, manager.not(both)?)] {
            let when = manager.and(source.inside, when)?;
            if when.is_never() {
                continue;
            }
            let moves = moving(
                manager,
                [&source.members, &target.members],
                [source.inside, target.inside],
                |member| member.exists,
                |from, to| {
                    can_move_in(
                        comparison,
                        alignment,
                        channel,
                        [from.view, to.view],
                        managed,
                        which,
                    )
                },
            )?;
            let moves = manager.and(moves, when)?;
            found = manager.or(found, moves)?;
        }
        Ok(found)
    }

    /// Whether the models have a movement between two views: `Both` of them, or `Either`. `managed` tells whether the
    /// old one sees both managed.
    pub(super) fn can_move(
        &self,
        channel: Channel,
        views: [AlignedView; 2],
        managed: bool,
        which: Which,
    ) -> bool {
        can_move_in(self.comparison, &self.alignment, channel, views, managed, which)
    }

    /// Some views as sets of the second model, for users for whom they exist.
    pub(super) fn texts_of(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        views: &[AlignedView],
        users: Cond,
    ) -> Result<Vec<String>, LimitExceeded> {
        let AlignedDevices { platform, state, .. } = *devices;
        let all = self.alignment.every_view(channel, Side::Source, platform, state);
        let mut exist = Vec::with_capacity(all.len());
        for view in &all {
            exist.push(self.existence(devices, *view)?);
        }
        let wanted: BTreeSet<&AlignedView> = views.iter().collect();
        let positions = (0..all.len()).filter(|at| wanted.contains(&all[*at]));
        let names =
            AtomNames::new(self.alignment.names(channel, Side::Source, platform, state), &exist);
        let names = names.of_views(vec![names.of_positions(positions)]);
        let texts = names.texts(&mut self.users, users, [&[true], &[false]])?;
        Ok(texts.into_iter().map(|(text, ..)| text).collect())
    }

    /// The outcomes of both models between two atoms; `None` where one has no movement there.
    pub(super) fn outcomes(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        source: AlignedLines,
        target: AlignedLines,
    ) -> Result<Option<[Outcome; 2]>, LimitExceeded> {
        let (Some(row), Some(column)) = (source.new, target.new) else { return Ok(None) };
        let (combiner, kinds) = (&mut self.users.combiner, devices.kind);
        let new = self.matrices[1].outcome(combiner, kinds[1], channel, [row, column])?;
        let mut by_source = [NO_MOVEMENT; 2];
        for (found, row) in by_source.iter_mut().zip(source.old) {
            let mut by_target = [NO_MOVEMENT; 2];
            for (found, column) in by_target.iter_mut().zip(target.old) {
                if let (Some(row), Some(column)) = (row, column) {
                    let lines = [row, column];
                    *found = self.matrices[0].outcome(combiner, kinds[0], channel, lines)?;
                }
            }
            *found = combiner.manager.ite(target.managed, by_target[1], by_target[0])?;
        }
        let old = combiner.manager.ite(source.managed, by_source[1], by_source[0])?;
        Ok(Some([old, new]))
    }

    /// The facts between two atoms: the decisions of both models where they differ, and `None` where they
    /// are equal, with the users for whom data can move there in either. A movement that only one of them
    /// has is no difference: if an app has one account at a time in one set only, that set has no movement
    /// between two of its accounts. Between atoms that are not affected nothing differs.
    pub(super) fn cell(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        source: &AlignedAtom,
        target: &AlignedAtom,
    ) -> Result<(Cond, FactCell<Option<Decisions>>), LimitExceeded> {
        let none = (Cond::FALSE, Vec::new());
        if !source.is_affected && !target.is_affected {
            return Ok((Cond::TRUE, vec![(None, Cond::TRUE)]));
        }
        let (Some(from), Some(to)) = (source.at, target.at) else { return Ok(none) };
        let Some(outcomes) = self.outcomes(devices, channel, from, to)? else {
            return Ok(none);
        };
        let moving = self.moving(channel, (source, target), Which::Either)?;
        if moving.is_never() {
            return Ok(none);
        }
        let both = self.moving(channel, (source, target), Which::Both)?;
        let mut cell = Vec::new();
        for (fact, users) in self.facts(outcomes)? {
            if !self.users.manager().are_disjoint(users, both)? {
                cell.push((fact, users));
            }
        }
        Ok((moving, cell))
    }

    /// Whether the models decide otherwise between two atoms for some users for whom both have a movement there.
    pub(super) fn differs(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        source: &AlignedAtom,
        target: &AlignedAtom,
    ) -> Result<bool, LimitExceeded> {
        let (Some(from), Some(to)) = (source.at, target.at) else { return Ok(false) };
        if !source.is_affected && !target.is_affected {
            return Ok(false);
        }
        let Some(outcomes) = self.outcomes(devices, channel, from, to)? else { return Ok(false) };
        let mut differing = self.facts(outcomes)?;
        differing.retain(|(fact, _)| fact.is_some());
        if differing.is_empty() {
            return Ok(false);
        }
        let both = self.moving(channel, (source, target), Which::Both)?;
        for (_, users) in differing {
            if !self.users.manager().are_disjoint(users, both)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The decisions of both models where they differ, and `None` where they are equal.
    fn facts(
        &mut self,
        outcomes: [Outcome; 2],
    ) -> Result<FactCell<Option<Decisions>>, LimitExceeded> {
        if outcomes[0] == outcomes[1] {
            return Ok(vec![(None, Cond::TRUE)]);
        }
        if let Some(known) = self.cells.get(&outcomes) {
            return Ok(known.clone());
        }
        let [one, other] = outcomes;
        let others = self.users.combiner.parts(other)?;
        let mut cell: FactCell<Option<Decisions>> = Vec::new();
        let mut equal = Cond::FALSE;
        for (one, when) in self.users.combiner.parts(one)? {
            for (other, also) in &others {
                if self.users.manager().are_disjoint(when, *also)? {
                    continue;
                }
                let of = self.users.manager().and(when, *also)?;
                if one == *other {
                    equal = self.users.manager().or(equal, of)?;
                } else if one != DecisionId::NONE && *other != DecisionId::NONE {
                    let decisions = [one, *other].map(|id| self.users.decision(id));
                    cell.push((Some(decisions), of));
                }
            }
        }
        cell.push((None, equal));
        cell.sort_unstable();
        self.cells.insert(outcomes, cell.clone());
        Ok(cell)
    }
}

/// Whether the models have a movement between two views.
fn can_move_in(
    comparison: &Comparison<'_>,
    alignment: &Alignment<'_>,
    channel: Channel,
    [from, to]: [AlignedView; 2],
    managed: bool,
    which: Which,
) -> bool {
    let [old, new] = comparison.models;
    let old_view = |view: AlignedView| EndpointView { end: view.end.ends[0], managed };
    // Two apps that are unlisted in both models may be one all the same, if an id says so.
    let is_same = channel.stays_inside()
        && from.end.ends == to.end.ends
        && alignment.is_same_app(from.end, to.end);
    let in_old = can_move(old, channel, old_view(from), old_view(to));
    let in_new = can_move(new, channel, from.of_model(1), to.of_model(1));
    !is_same
        && match which {
            Which::Both => in_old && in_new,
            Which::Either => in_old || in_new,
        }
}

impl AlignedLines {
    /// The users for whom the old model sees the view managed.
    pub(super) fn managed(self) -> Cond {
        self.managed
    }
}

impl AlignedAtom {
    /// The atom with some of its views alone: `apps` are theirs.
    pub(super) fn with_members(
        &self,
        inside: Cond,
        members: Vec<AlignedMember>,
        apps: [Bits; 2],
    ) -> Self {
        let Self { at, is_affected, .. } = *self;
        Self { at, is_affected, inside, members, apps }
    }

    pub(super) fn positions(&self) -> impl Iterator<Item = usize> + '_ {
        self.members.iter().map(|member| member.position)
    }
}
