//! Movements that two tables decide differently.
//!
//! Takes in two models with their tables, gives out scopes with what each decides of them and by which
//! rules: every difference, class by class, and nothing else. Why there are two tables is not known
//! here.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::crowd::{Crowd, Import, NOWHERE};
use super::grid::{Block, Cell, Grid, Spots, contexts, join_channels, same_for_all};
use super::joint::{Joint, JointEnd};
use super::space::can_move;
use crate::bits::Bits;
use crate::decision::{Decision, Ground};
use crate::diagram::{Diagram, Memo};
use crate::model::{Model, People};
use crate::movement::Endpoint;
use crate::table::{DeviceKind, Seat, Table, World};
use crate::vocabulary::{Channel, Channels, DeviceState, DeviceStates, Platform, Platforms, Side};

/// Movements that are decided alike by each table, and differently by both.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    /// What the first and the second table decide.
    pub(crate) decisions: [Decision; 2],
    /// The channels of the movements.
    pub(crate) channels: Channels,
    /// Their sources.
    pub(crate) from: String,
    /// Their targets.
    pub(crate) to: String,
    /// Users and devices, as further clauses.
    pub(crate) context: String,
    /// The rules and defaults by which each table decides some of them.
    pub(crate) by: [Vec<Ground>; 2],
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

    /// Whether the second table lets through something that the first does not.
    #[cfg(feature = "intune")]
    pub(crate) fn is_laxer(&self) -> bool {
        let [before, after] = self.decisions.map(|decision| decision.verdict);
        before.join(after) != after
    }
}

/// An end of movements, as whoever asks may want to leave it out.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(not(feature = "intune"), expect(dead_code, reason = "only exports leave ends out"))]
pub(crate) struct End {
    pub(crate) channel: Channel,
    pub(crate) side: Side,
    /// As the first model numbers it.
    pub(crate) end: Endpoint,
    /// Whether the first table has it managed for somebody.
    pub(crate) managed: bool,
}

/// What is compared.
pub(crate) struct Comparison<'c> {
    pub(crate) models: [&'c Model; 2],
    pub(crate) tables: [&'c Table; 2],
    pub(crate) platforms: Platforms,
    /// Ends whose movements do not count.
    pub(crate) left_out: &'c dyn Fn(End) -> bool,
    /// How many nodes the diagrams of users may have.
    pub(crate) nodes: usize,
}

/// A platform with states that both tables treat alike.
#[derive(Debug, Clone, Copy)]
struct Spot {
    platform: Platform,
    state: DeviceState,
    states: DeviceStates,
    kinds: [DeviceKind; 2],
}

/// Ends that both tables treat alike.
#[derive(Debug, Clone)]
struct Atom {
    seats: [Seat; 2],
    ends: Vec<JointEnd>,
    /// Where they stand among all ends of their side.
    at: Vec<usize>,
}

/// The decisions of both tables.
type Pair = [Decision; 2];

impl Comparison<'_> {
    /// Every difference.
    pub(crate) fn differences(&self) -> Vec<Difference> {
        let mut differ = Differ::new(self);
        let mut places: BTreeMap<(Block<Pair>, Channel), Spots> = BTreeMap::new();
        let mut grounds: BTreeMap<Block<Pair>, [BTreeSet<Ground>; 2]> = BTreeMap::new();
        for spot in self.spots() {
            let worlds = differ.worlds(&spot);
            for channel in Channel::ALL.iter().filter(|one| one.exists_on(spot.platform)) {
                for (block, by) in differ.blocks(&spot, *channel, &worlds) {
                    let known = grounds.entry(block.clone()).or_default();
                    known.iter_mut().zip(by).for_each(|(known, by)| known.extend(by));
                    let spots = places.entry((block, *channel)).or_default();
                    spots.insert((spot.platform, spot.states));
                }
            }
        }
        let mut found = Vec::new();
        for ((block, spots), channels) in join_channels(places) {
            let by = grounds.get(&block).cloned().unwrap_or_default();
            found.extend(differ.difference(block, by, channels, &spots));
        }
        found
    }

    /// Whether there is any difference.
    pub(crate) fn is_any(&self) -> bool {
        let mut differ = Differ::new(self);
        self.spots().iter().any(|spot| {
            let channels = Channel::ALL.iter().filter(|one| one.exists_on(spot.platform));
            channels.into_iter().any(|channel| differ.is_any(spot, *channel))
        })
    }

    fn spots(&self) -> Vec<Spot> {
        let mut found: Vec<Spot> = Vec::new();
        for platform in self.platforms.iter() {
            for state in DeviceState::ALL.iter().copied() {
                let kind = |table: &Table| table.device_kind(platform, state);
                let (Some(one), Some(other)) = (kind(self.tables[0]), kind(self.tables[1])) else {
                    continue;
                };
                let alike = |spot: &&mut Spot| {
                    spot.kinds == [one, other] && spot.state.is_enrolled() == state.is_enrolled()
                };
                match found.iter_mut().find(alike) {
                    Some(spot) => spot.states.insert(state),
                    None => found.push(Spot {
                        platform,
                        state,
                        states: [state].into_iter().collect(),
                        kinds: [one, other],
                    }),
                }
            }
        }
        found
    }
}

/// Two tables among the users of one crowd.
struct Differ<'a> {
    comparison: &'a Comparison<'a>,
    joint: Joint<'a>,
    crowd: Crowd,
    imports: [Import<'a>; 2],
    pairs: HashMap<(Diagram, Diagram), Cell<Option<Pair>>>,
    /// Where two outcomes differ, and where one of them speaks of a movement.
    different: Memo,
    there: Memo,
}

impl<'a> Differ<'a> {
    fn new(comparison: &'a Comparison<'a>) -> Self {
        let joint = Joint::new(comparison.models);
        let clauses: Vec<People> = [0, 1]
            .into_iter()
            .flat_map(|side| {
                let translate = |people: People| match people {
                    People::Some { of, except } => {
                        let of = of.map(|of| {
                            of.iter().filter_map(|group| joint.users(side, *group)).collect()
                        });
                        People::Some { of, except }
                    }
                    other => other,
                };
                let clauses = comparison.tables[side].groups().as_clauses();
                clauses.into_iter().map(translate).collect::<Vec<_>>()
            })
            .collect();
        let mut crowd = Crowd::new(clauses.iter(), joint.people.len(), comparison.nodes);
        let imports = [0, 1].map(|side| {
            let translate = |group| joint.users(side, group);
            Import::new(comparison.tables[side], &mut crowd, translate)
        });
        Self {
            comparison,
            joint,
            crowd,
            imports,
            pairs: HashMap::new(),
            different: Memo::default(),
            there: Memo::default(),
        }
    }

    fn worlds(&mut self, spot: &Spot) -> [Rc<World>; 2] {
        let Self { comparison, crowd, imports, .. } = self;
        [0, 1].map(|side| {
            let import = &mut imports[side];
            let translate = &mut |to: &mut _, people| import.condition(to, people);
            let (kind, to) = (spot.kinds[side], &mut crowd.verdicts.diagrams);
            Rc::new(comparison.tables[side].world(kind, None, to, translate))
        })
    }

    /// Whether something is decided differently in one place.
    fn is_any(&mut self, spot: &Spot, channel: Channel) -> bool {
        let [sources, targets] =
            [Side::Source, Side::Target].map(|side| self.atoms(spot, channel, side));
        sources.iter().any(|source| {
            targets.iter().any(|target| {
                let [one, other] = self.outcomes(spot, channel, source, target);
                one != other && self.cell([one, other]).iter().any(|(said, _)| said.is_some())
            })
        })
    }

    /// The differences in one place as rectangles, each with the grounds on both sides.
    fn blocks(
        &mut self,
        spot: &Spot,
        channel: Channel,
        worlds: &[Rc<World>; 2],
    ) -> Vec<(Block<Pair>, [BTreeSet<Ground>; 2])> {
        let [sources, targets] =
            [Side::Source, Side::Target].map(|side| self.atoms(spot, channel, side));
        let mut outcomes = HashMap::new();
        for source in &sources {
            for target in &targets {
                let found = self.outcomes(spot, channel, source, target);
                outcomes.insert((source.seats, target.seats), found);
            }
        }
        // Most of two sets is the same, and then that is all that there is to know.
        if outcomes.values().all(|[one, other]| one == other) {
            return Vec::new();
        }
        let grid = Grid::new(
            &sources,
            &targets,
            |_| Diagram::TRUE,
            |source, target| self.cell(outcomes[&(source.seats, target.seats)]),
        );
        if !grid.cells.iter().flatten().flatten().any(|(said, _)| said.is_some()) {
            return Vec::new();
        }
        let words = [Side::Source, Side::Target].map(|side| {
            (
                self.joint.vocabulary(channel, side, spot.platform, spot.state),
                self.managed(spot, channel, side),
            )
        });
        let atoms = [&sources, &targets];
        let mut name = |crowd: &mut Crowd, side, users, wanted: &[bool], free: &[bool]| {
            let (vocabulary, managed) = &words[side as usize];
            let count = vocabulary.universe().len();
            let marked = |marks: &[bool]| {
                let mut bits = Bits::new(count);
                let marked = atoms[side as usize].iter().zip(marks).filter(|(_, mark)| **mark);
                marked.flat_map(|(atom, _)| &atom.at).for_each(|at| bits.insert(*at));
                bits
            };
            let [one, other] = managed.clone().map(|managed| same_for_all(crowd, users, managed));
            let managed = one.filter(|one| Some(one) == other.as_ref());
            vocabulary.text(&marked(wanted), &marked(free), managed.as_ref())
        };
        let blocks = grid.blocks(&mut self.crowd, &mut name, Option::is_some).into_iter();
        let blocks = blocks.filter_map(|(block, pairs)| {
            let Block { from, to, users, said } = block;
            said.map(|said| (Block { from, to, users, said }, pairs))
        });
        let blocks: Vec<_> = blocks.collect();
        let blocks = blocks.into_iter().map(|(block, pairs)| {
            let mut by: [BTreeSet<Ground>; 2] = Default::default();
            for (source, target) in pairs {
                let ends = (&sources[source], &targets[target]);
                self.grounds(channel, worlds, ends, &block, &mut by);
            }
            (block, by)
        });
        blocks.collect()
    }

    /// What each table decides between two atoms; [`NOWHERE`] for those for whom it knows no movement.
    fn outcomes(
        &mut self,
        spot: &Spot,
        channel: Channel,
        source: &Atom,
        target: &Atom,
    ) -> [Diagram; 2] {
        [0, 1].map(|side| {
            let can = self.can_move(side, spot, channel, (source, target));
            let table = self.comparison.tables[side];
            let seats = (source.seats[side], target.seats[side]);
            let cell = table.cell_at(spot.kinds[side], channel, seats.0, seats.1);
            let outcome = self.imports[side].outcome(&mut self.crowd, cell);
            self.crowd.verdicts.diagrams.choose(can, outcome, Diagram::leaf(NOWHERE))
        })
    }

    /// What both tables decide where that differs, and `None` where it does not. A movement that only one of
    /// them knows, since only there both ends are under one account, is no difference.
    fn cell(&mut self, [one, other]: [Diagram; 2]) -> Cell<Option<Pair>> {
        if let Some(known) = self.pairs.get(&(one, other)) {
            return known.clone();
        }
        let diagrams = &mut self.crowd.verdicts.diagrams;
        let is_different = &mut |a: u32, b: u32| u32::from(a != NOWHERE && b != NOWHERE && a != b);
        let differs = diagrams.join(one, other, &mut self.different, is_different);
        let is_there = &mut |a: u32, b: u32| u32::from(a != NOWHERE || b != NOWHERE);
        let there = diagrams.join(one, other, &mut self.there, is_there);
        let same = diagrams.choose(differs, Diagram::FALSE, there);
        let mut cell: Cell<Option<Pair>> = Vec::new();
        if same != Diagram::FALSE {
            cell.push((None, same));
        }
        if differs != Diagram::FALSE {
            let nowhere = Diagram::leaf(NOWHERE);
            let within = [one, other].map(|outcome| diagrams.choose(differs, outcome, nowhere));
            for (one, when) in self.crowd.parts(within[0]) {
                for (other, also) in self.crowd.parts(within[1]) {
                    let users = self.crowd.verdicts.diagrams.and(when, also);
                    if one != NOWHERE && other != NOWHERE && users != Diagram::FALSE {
                        let pair = [one, other].map(|number| self.crowd.decision(number));
                        cell.push((Some(pair), users));
                    }
                }
            }
        }
        cell.sort_unstable();
        self.pairs.insert((one, other), cell.clone());
        cell
    }

    /// For whom a table knows a movement between two atoms.
    fn can_move(
        &mut self,
        side: usize,
        spot: &Spot,
        channel: Channel,
        (source, target): (&Atom, &Atom),
    ) -> Diagram {
        let mut found = Diagram::FALSE;
        for from in &source.ends {
            for to in &target.ends {
                let can = self.can_move_between(side, spot, channel, (*from, *to));
                found = self.crowd.verdicts.diagrams.or(found, can);
                if found == Diagram::TRUE {
                    return found;
                }
            }
        }
        found
    }

    fn can_move_between(
        &mut self,
        side: usize,
        spot: &Spot,
        channel: Channel,
        (from, to): (JointEnd, JointEnd),
    ) -> Diagram {
        // What both sets take for unlisted may be one app all the same, if an id says so.
        if self.joint.is_same_app(from, to) && channel.stays_inside() && from.ends == to.ends {
            return Diagram::FALSE;
        }
        let (from, to) = (from.ends[side], to.ends[side]);
        let model = self.comparison.models[side];
        let can = |managed: bool| can_move(model, channel, from, to, &|| managed);
        match (can(false), can(true)) {
            (_, true) => Diagram::TRUE,
            (false, _) => Diagram::FALSE,
            (true, false) => {
                let managed = [from, to]
                    .map(|end| self.imports[side].managed(&mut self.crowd, spot.kinds[side], end));
                let both = self.crowd.and(&managed);
                self.crowd.verdicts.diagrams.not(both)
            }
        }
    }

    /// The ends of one side in atoms of both tables.
    fn atoms(&mut self, spot: &Spot, channel: Channel, side: Side) -> Vec<Atom> {
        let mut found: BTreeMap<[Seat; 2], Atom> = BTreeMap::new();
        let ends = self.joint.every_end(channel, side, spot.platform, spot.state);
        for (at, end) in ends.into_iter().enumerate() {
            let first = end.ends[0];
            let managed = self.imports[0].managed(&mut self.crowd, spot.kinds[0], first);
            let managed = managed != Diagram::FALSE;
            if (self.comparison.left_out)(End { channel, side, end: first, managed }) {
                continue;
            }
            let seats = [0, 1].map(|one| {
                let table = self.comparison.tables[one];
                table.seat(spot.kinds[one], channel, side, end.ends[one])
            });
            let new = || Atom { seats, ends: Vec::new(), at: Vec::new() };
            let atom = found.entry(seats).or_insert_with(new);
            atom.ends.push(end);
            atom.at.push(at);
        }
        found.into_values().collect()
    }

    /// By table: for whom each end of a side is managed.
    fn managed(&mut self, spot: &Spot, channel: Channel, side: Side) -> [Vec<Diagram>; 2] {
        let ends = self.joint.every_end(channel, side, spot.platform, spot.state);
        [0, 1].map(|one| {
            let managed = |end: &JointEnd| {
                self.imports[one].managed(&mut self.crowd, spot.kinds[one], end.ends[one])
            };
            ends.iter().map(managed).collect()
        })
    }

    /// Notes who decides movements between two atoms for the users of a block.
    fn grounds(
        &mut self,
        channel: Channel,
        worlds: &[Rc<World>; 2],
        (source, target): (&Atom, &Atom),
        block: &Block<Pair>,
        by: &mut [BTreeSet<Ground>; 2],
    ) {
        let (Some(from), Some(to)) = (source.ends.first(), target.ends.first()) else { return };
        for side in [0, 1] {
            let decision = block.said[side];
            if !decision.is_enforced() {
                continue;
            }
            let import = &mut self.imports[side];
            let translate = &mut |into: &mut _, people| import.condition(into, people);
            let (ends, into) =
                ([from.ends[side], to.ends[side]], &mut self.crowd.verdicts.diagrams);
            let table = self.comparison.tables[side];
            let said = table.contributions(&worlds[side], channel, ends, None, into, translate);
            for (ground, when) in said {
                let wins = ground.effect == decision.effect();
                if wins && !self.crowd.are_apart(when, block.users) {
                    by[side].insert(ground);
                }
            }
        }
    }

    fn difference(
        &mut self,
        block: Block<Pair>,
        by: [BTreeSet<Ground>; 2],
        channels: Channels,
        spots: &Spots,
    ) -> Vec<Difference> {
        let contexts = contexts(&mut self.crowd, &self.joint.people, block.users, spots);
        let by = by.map(|grounds| {
            let mut grounds: Vec<_> = grounds.into_iter().collect();
            grounds.sort_by_key(|ground| (ground.side, ground.policy, ground.rule));
            grounds
        });
        let one = |context| Difference {
            decisions: block.said,
            channels,
            from: block.from.clone(),
            to: block.to.clone(),
            context,
            by: by.clone(),
        };
        contexts.into_iter().map(one).collect()
    }
}
