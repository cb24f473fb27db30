//! Differences: movements that two models decide differently.
//!
//! Takes in two models, gives out scopes with the decision of each and the rules that determine it: every
//! difference and nothing else. Both models are asked by one engine, in one manager, over one set of
//! variables; why there are two is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "classes and endpoints are numbered by the alignment that these lists belong to"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use crate::analysis::engine::align::{AlignedEndpoint, Alignment};
use crate::analysis::engine::query::can_move_for;
use crate::analysis::engine::rectangles::{
    DeviceSet, FactCell, FactGrid, Rectangle, contexts, equal_for_all, join_channels,
};
use crate::analysis::engine::space::DeviceBlock;
use crate::analysis::engine::users::Users;
use crate::bits::Bits;
use crate::dd::{ApplyCache, Cond, Func, Manager};
use crate::decision::{Decision, DeterminingRule};
use crate::limits::{LimitExceeded, Limits};
use crate::model::{Model, People};
use crate::movement::Endpoint;
use crate::table::{
    Coordinate, DecisionId, DeviceKind, FoldedModel, LazyMatrices, NO_MOVEMENT, Outcome, clauses_of,
};
use crate::vocabulary::{Channel, Channels, DeviceState, Platforms, Side};

/// Movements that each model decides alike, and both decide differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    /// The decisions of the first and of the second model.
    pub(crate) decisions: [Decision; 2],
    /// The channels of the movements.
    pub(crate) channels: Channels,
    /// Their sources.
    pub(crate) from: String,
    /// Their targets.
    pub(crate) to: String,
    /// Users and devices, as further clauses.
    pub(crate) context: String,
    /// By model: the rules and defaults that determine the decision about some of them.
    pub(crate) by: [Vec<DeterminingRule>; 2],
}

impl Difference {
    /// The channels in words.
    pub(crate) fn channel_words(&self) -> String {
        self.channels.iter().map(Channel::word).collect::<Vec<_>>().join(", ")
    }

    /// The movements.
    pub(crate) fn scope(&self) -> String {
        let channels = self.channel_words();
        format!("{channels} from {} to {}{}", self.from, self.to, self.context)
    }

    /// Whether the second model lets something through that the first one does not.
    #[cfg(feature = "intune")]
    pub(crate) fn is_laxer(&self) -> bool {
        let [before, after] = self.decisions.map(|decision| decision.verdict);
        before.join(after) != after
    }
}

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
    pub(crate) what_if: [Option<crate::model::PolicyId>; 2],
    pub(crate) platforms: Platforms,
    /// Endpoints whose movements do not count.
    pub(crate) left_out: &'c dyn Fn(ComparedEndpoint) -> bool,
    pub(crate) limits: &'c Limits,
}

/// Devices of one platform that both models treat alike.
type AlignedDevices = DeviceBlock<[DeviceKind; 2]>;

/// Endpoints that both models treat alike.
#[derive(Debug, Clone)]
struct AlignedAtom {
    at: [Coordinate; 2],
    ends: Vec<AlignedEndpoint>,
    /// Their positions among all endpoints of their side.
    positions: Vec<usize>,
}

/// The decisions of both models.
type Decisions = [Decision; 2];

/// The determining rules of both models.
type Determining = [BTreeSet<DeterminingRule>; 2];

impl Comparison<'_> {
    /// Every difference.
    pub(crate) fn differences(&self) -> Result<Vec<Difference>, LimitExceeded> {
        let mut comparer = Comparer::new(self)?;
        let mut places: BTreeMap<(Rectangle<Decisions>, Channel), DeviceSet> = BTreeMap::new();
        let mut determining: BTreeMap<Rectangle<Decisions>, Determining> = BTreeMap::new();
        comparer.visit(|comparer, devices, channel| {
            for (rectangle, by) in comparer.rectangles(devices, channel)? {
                let known = determining.entry(rectangle.clone()).or_default();
                known.iter_mut().zip(by).for_each(|(known, by)| known.extend(by));
                let devices_of = places.entry((rectangle, channel)).or_default();
                devices_of.insert((devices.platform, devices.states));
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let mut found = Vec::new();
        for ((rectangle, devices), channels) in join_channels(places) {
            let by = determining.get(&rectangle).cloned().unwrap_or_default();
            found.extend(comparer.difference(rectangle, by, channels, &devices)?);
        }
        Ok(found)
    }

    /// Whether there is any difference.
    pub(crate) fn is_any(&self) -> Result<bool, LimitExceeded> {
        let mut found = false;
        Comparer::new(self)?.visit(|comparer, devices, channel| {
            found = comparer.is_any(devices, channel)?;
            Ok(if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }
}

/// Two models among the same users.
struct Comparer<'a> {
    comparison: &'a Comparison<'a>,
    alignment: Alignment<'a>,
    users: Users,
    matrices: [LazyMatrices; 2],
    cells: HashMap<[Outcome; 2], FactCell<Option<Decisions>>>,
    differs: ApplyCache<DecisionId, DecisionId, bool>,
    exists: ApplyCache<DecisionId, DecisionId, bool>,
}

impl<'a> Comparer<'a> {
    fn new(comparison: &'a Comparison<'a>) -> Result<Self, LimitExceeded> {
        let alignment = Alignment::new(comparison.models);
        let clauses: Vec<People> = [0, 1]
            .into_iter()
            .flat_map(|side| {
                let clauses = clauses_of(comparison.models[side]);
                clauses.map(|people| alignment.clause(side, people)).collect::<Vec<_>>()
            })
            .collect();
        let mut users = Users::new(clauses.iter(), alignment.people.len(), comparison.limits)?;
        let mut fold = |side: usize| {
            let Users { groups, combiner, .. } = &mut users;
            let clause = |manager: &mut Manager, people: &People| {
                groups.clause(manager, &alignment.clause(side, people))
            };
            let (model, what_if) = (comparison.models[side], comparison.what_if[side]);
            let folded = FoldedModel::new(model, what_if, &[], &mut combiner.manager, &clause)?;
            Ok::<_, LimitExceeded>(LazyMatrices::new(folded))
        };
        let matrices = [fold(0)?, fold(1)?];
        Ok(Self {
            comparison,
            alignment,
            users,
            matrices,
            cells: HashMap::new(),
            differs: ApplyCache::default(),
            exists: ApplyCache::default(),
        })
    }

    /// Visits every channel on every block of devices, until the visitor breaks off.
    fn visit(
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

    fn device_blocks(&self) -> Vec<AlignedDevices> {
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

    /// The endpoints of one side of a channel in atoms of both models.
    fn atoms(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        side: Side,
    ) -> Result<Vec<AlignedAtom>, LimitExceeded> {
        let mut found: BTreeMap<[Coordinate; 2], AlignedAtom> = BTreeMap::new();
        let AlignedDevices { platform, state, kind: kinds, .. } = *devices;
        let ends = self.alignment.every_endpoint(channel, side, platform, state);
        for (position, end) in ends.into_iter().enumerate() {
            let first = end.ends[0];
            let managed = !self.managed(0, kinds[0], first)?.is_never();
            let compared = ComparedEndpoint { channel, side, end: first, managed };
            if (self.comparison.left_out)(compared) {
                continue;
            }
            let at = [
                self.coordinate(0, devices, channel, side, end)?,
                self.coordinate(1, devices, channel, side, end)?,
            ];
            let new = || AlignedAtom { at, ends: Vec::new(), positions: Vec::new() };
            let atom = found.entry(at).or_insert_with(new);
            atom.ends.push(end);
            atom.positions.push(position);
        }
        Ok(found.into_values().collect())
    }

    fn coordinate(
        &mut self,
        model: usize,
        devices: &AlignedDevices,
        channel: Channel,
        side: Side,
        end: AlignedEndpoint,
    ) -> Result<Coordinate, LimitExceeded> {
        let (kind, end) = (devices.kind[model], end.ends[model]);
        self.matrices[model].coordinate(&mut self.users.combiner, kind, channel, side, end)
    }

    fn managed(
        &mut self,
        model: usize,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Result<Cond, LimitExceeded> {
        self.matrices[model].managed(&mut self.users.combiner, kind, end)
    }

    /// By model: the users for whom each endpoint of a side is managed.
    fn managed_endpoints(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        side: Side,
    ) -> Result<[Vec<Cond>; 2], LimitExceeded> {
        let AlignedDevices { platform, state, kind: kinds, .. } = *devices;
        let mut found = [Vec::new(), Vec::new()];
        for end in self.alignment.every_endpoint(channel, side, platform, state) {
            for model in [0, 1] {
                found[model].push(self.managed(model, kinds[model], end.ends[model])?);
            }
        }
        Ok(found)
    }

    // ------------------------------------------------------------ outcomes

    /// The outcome of each model between two atoms; [`NO_MOVEMENT`] for users for whom it has no
    /// movement there.
    fn outcomes(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        (source, target): (&AlignedAtom, &AlignedAtom),
    ) -> Result<[Outcome; 2], LimitExceeded> {
        let mut found = [NO_MOVEMENT; 2];
        for (model, found) in found.iter_mut().enumerate() {
            let can = self.can_move(model, devices, channel, (source, target))?;
            let combiner = &mut self.users.combiner;
            let (kind, at) = (devices.kind[model], [source.at[model], target.at[model]]);
            let outcome = self.matrices[model].outcome(combiner, kind, channel, at[0], at[1])?;
            *found = combiner.manager.ite(can, outcome, *found)?;
        }
        Ok(found)
    }

    /// The users for whom a model has a movement between two atoms.
    fn can_move(
        &mut self,
        model: usize,
        devices: &AlignedDevices,
        channel: Channel,
        (source, target): (&AlignedAtom, &AlignedAtom),
    ) -> Result<Cond, LimitExceeded> {
        let mut found = Cond::FALSE;
        for from in &source.ends {
            for to in &target.ends {
                // Two apps that are unlisted in both models may be one all the same, if an id says so.
                let is_same = channel.stays_inside()
                    && from.ends == to.ends
                    && self.alignment.is_same_app(*from, *to);
                if is_same {
                    continue;
                }
                let place = (devices.kind[model], channel);
                let ends = [from.ends[model], to.ends[model]];
                let of = self.comparison.models[model];
                let can =
                    can_move_for(of, &mut self.matrices[model], &mut self.users, place, ends)?;
                found = self.users.manager().or(found, can)?;
                if found == Cond::TRUE {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// The facts between two atoms: the decisions of both models where they differ, and `None` where they
    /// are equal. A movement that only one of them has is no difference: if an app has one account at a time
    /// in one set only, that set has no movement between two of its accounts.
    fn cell(
        &mut self,
        outcomes: [Outcome; 2],
    ) -> Result<FactCell<Option<Decisions>>, LimitExceeded> {
        if let Some(known) = self.cells.get(&outcomes) {
            return Ok(known.clone());
        }
        let Self { users, differs, exists, .. } = self;
        let manager = users.manager();
        let none = DecisionId::NONE;
        let [one, other] = outcomes;
        let differs =
            manager.apply(one, other, differs, |a, b| a != none && b != none && a != b)?;
        let exists = manager.apply(one, other, exists, |a, b| a != none || b != none)?;
        let equal = manager.and_not(exists, differs)?;
        let mut cell: FactCell<Option<Decisions>> = Vec::new();
        if !equal.is_never() {
            cell.push((None, equal));
        }
        if !differs.is_never() {
            let one = manager.ite(differs, one, Func::constant(none))?;
            let other = manager.ite(differs, other, Func::constant(none))?;
            let others = users.combiner.parts(other)?;
            for (one, when) in users.combiner.parts(one)? {
                for (other, also) in &others {
                    let of = users.manager().and(when, *also)?;
                    if one != none && *other != none && !of.is_never() {
                        let decisions = [one, *other].map(|id| users.decision(id));
                        cell.push((Some(decisions), of));
                    }
                }
            }
        }
        cell.sort_unstable();
        self.cells.insert(outcomes, cell.clone());
        Ok(cell)
    }

    // ------------------------------------------------------------ one channel on one block of devices

    fn is_any(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
    ) -> Result<bool, LimitExceeded> {
        let sources = self.atoms(devices, channel, Side::Source)?;
        let targets = self.atoms(devices, channel, Side::Target)?;
        for source in &sources {
            for target in &targets {
                let outcomes = self.outcomes(devices, channel, (source, target))?;
                let differs = outcomes[0] != outcomes[1];
                if differs && self.cell(outcomes)?.iter().any(|(fact, _)| fact.is_some()) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The differences as rectangles, each with the determining rules of both models.
    fn rectangles(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
    ) -> Result<Vec<(Rectangle<Decisions>, Determining)>, LimitExceeded> {
        let sources = self.atoms(devices, channel, Side::Source)?;
        let targets = self.atoms(devices, channel, Side::Target)?;
        let ask = |source: &AlignedAtom, target: &AlignedAtom| {
            let outcomes = self.outcomes(devices, channel, (source, target))?;
            self.cell(outcomes)
        };
        let grid = FactGrid::new(&sources, &targets, |_| Cond::TRUE, ask)?;
        // Most of two sets is equal, and then nothing needs a name.
        if !grid.cells.iter().flatten().flatten().any(|(fact, _)| fact.is_some()) {
            return Ok(Vec::new());
        }
        let names = [
            self.names(devices, channel, Side::Source, &sources)?,
            self.names(devices, channel, Side::Target, &targets)?,
        ];
        let rectangles = grid.rectangles(
            &mut self.users,
            &mut |users, side, of, marks| names[side as usize].text(users, of, marks),
            Option::is_some,
        )?;
        let mut found = Vec::new();
        for (Rectangle { from, to, users, fact }, pairs) in rectangles {
            let Some(fact) = fact else { continue };
            let rectangle = Rectangle { from, to, users, fact };
            let mut by = Determining::default();
            for (source, target) in pairs {
                let atoms = (&sources[source], &targets[target]);
                self.determining(devices, channel, atoms, &rectangle, &mut by)?;
            }
            found.push((rectangle, by));
        }
        Ok(found)
    }

    fn names<'n>(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        side: Side,
        atoms: &'n [AlignedAtom],
    ) -> Result<AlignedNames<'n>, LimitExceeded> {
        let AlignedDevices { platform, state, .. } = *devices;
        Ok(AlignedNames {
            names: self.alignment.names(channel, side, platform, state),
            managed: self.managed_endpoints(devices, channel, side)?,
            atoms,
        })
    }

    /// Adds the rules that determine the decisions of a rectangle about movements between two atoms.
    fn determining(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        (source, target): (&AlignedAtom, &AlignedAtom),
        rectangle: &Rectangle<Decisions>,
        by: &mut Determining,
    ) -> Result<(), LimitExceeded> {
        let (Some(from), Some(to)) = (source.ends.first(), target.ends.first()) else {
            return Ok(());
        };
        for (model, by) in by.iter_mut().enumerate() {
            let decision = rectangle.fact[model];
            if !decision.is_enforced() {
                continue;
            }
            let (kind, ends) = (devices.kind[model], [from.ends[model], to.ends[model]]);
            let combiner = &mut self.users.combiner;
            let all = self.matrices[model].applicable_rules(combiner, kind, None, channel, ends)?;
            by.extend(self.users.rules_of_effect(all, decision.effect(), rectangle.users)?);
        }
        Ok(())
    }

    fn difference(
        &mut self,
        rectangle: Rectangle<Decisions>,
        by: Determining,
        channels: Channels,
        devices: &DeviceSet,
    ) -> Result<Vec<Difference>, LimitExceeded> {
        let contexts = contexts(&mut self.users, &self.alignment.people, rectangle.users, devices)?;
        let by = by.map(|determining| {
            let mut determining: Vec<_> = determining.into_iter().collect();
            determining.sort_by_key(DeterminingRule::rank);
            determining
        });
        let one = |context| Difference {
            decisions: rectangle.fact,
            channels,
            from: rectangle.from.clone(),
            to: rectangle.to.clone(),
            context,
            by: by.clone(),
        };
        Ok(contexts.into_iter().map(one).collect())
    }
}

/// The names of the atoms of one side of a channel.
struct AlignedNames<'n> {
    names: std::rc::Rc<crate::analysis::engine::naming::Names>,
    /// By model and position: the users for whom the endpoint is managed.
    managed: [Vec<Cond>; 2],
    atoms: &'n [AlignedAtom],
}

impl AlignedNames<'_> {
    /// The text of a set of atoms for some users. `managed` is a word for it only if both models mean the
    /// same by it.
    fn text(
        &self,
        users: &mut Users,
        of: Cond,
        [wanted, free]: [&[bool]; 2],
    ) -> Result<String, LimitExceeded> {
        let one = equal_for_all(users, of, &self.managed[0])?;
        let other = equal_for_all(users, of, &self.managed[1])?;
        let managed = one.filter(|one| Some(one) == other.as_ref());
        let marked = |marks: &[bool]| {
            let mut bits = Bits::new(self.names.universe().len());
            let marked = self.atoms.iter().zip(marks).filter(|(_, mark)| **mark);
            marked.flat_map(|(atom, _)| &atom.positions).for_each(|at| bits.insert(*at));
            bits
        };
        Ok(self.names.text(&marked(wanted), &marked(free), managed.as_ref()))
    }
}
