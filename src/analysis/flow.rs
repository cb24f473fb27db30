//! Chains of allowed movements: how far data gets, step by step.
//!
//! Takes in where chains begin and end, gives out the shortest ones. All users are asked at once: what is
//! known of an end is for whom data gets there. Whether an app is deployed is a question like those about
//! groups, so that a chain cannot have it both ways. What chains mean to authors is not known here.

use std::collections::{BTreeMap, HashMap};

use super::crowd::NOWHERE;
use super::space::{Lens, Space, Spot, can_move, every_end, movement};
use crate::diagram::Diagram;
use crate::model::{AccountReading, AppId, EndpointSet, PolicyId, Scope, UsersId, kind_at};
use crate::movement::{Context, Endpoint, Movement};
use crate::table::{Cell, Seat, set_holds, term_holds};
use crate::vocabulary::{Account, Channel, Kind, Side};

/// What the policy of an expectation asks of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// Nothing.
    Neither,
    /// It begins in an app that the policy protects.
    Start,
    /// It ends in one.
    End,
}

/// An end that chains go through.
pub(super) struct Node {
    pub(super) end: Endpoint,
    pub(super) class: usize,
    /// For whom chains begin here, end here, may not go through here.
    starts: Diagram,
    arrives: Diagram,
    avoided: Diagram,
    /// For whom it is, where a chain begins and where it ends, an app that the expectation's policy is
    /// about.
    own: [Diagram; 2],
    /// When the device's MDM did or did not install the app.
    deployed: Diagram,
}

/// What ends have in common that are decided alike on every channel, on either side.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Class {
    /// By channel, as sources and as targets.
    seats: [Vec<Option<Seat>>; 2],
    /// For whom company files can be followed into them.
    opens: Diagram,
    is_corporate: bool,
}

/// Everything that data can get to on one kind of device.
pub(super) struct Graph {
    pub(super) spot: Spot,
    pub(super) channels: Vec<Channel>,
    pub(super) nodes: Vec<Node>,
    classes: Vec<Class>,
    members: Vec<Vec<usize>>,
    /// By classes of source and target: for whom data may move on some channel.
    links: HashMap<(usize, usize), Diagram>,
}

/// A node of one of the graphs.
pub(super) type At = (usize, usize);

/// For whom data gets to nodes.
pub(super) type Front = BTreeMap<At, Diagram>;

/// Where data is after so many movements.
pub(super) struct Layer {
    /// Where it got by moving, for the first time.
    pub(super) arrived: Front,
    /// And where it can be read after that.
    pub(super) carried: Front,
}

/// A movement of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) channel: Channel,
    pub(super) from: At,
    pub(super) to: At,
}

/// Where data goes in some kinds of devices.
pub(super) struct Flow<'f, 'a> {
    pub(super) lens: &'f mut Lens<'a>,
    pub(super) graphs: Vec<Graph>,
    own: Own,
    /// The first question that is about deployed apps and not about groups.
    first: u32,
    /// Whether what is written to a company storage can be read on another device of the same user.
    across: bool,
    allowed: HashMap<Diagram, Diagram>,
    /// Whether every movement counts as allowed.
    is_open: bool,
}

/// What is asked about.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) scope: &'a Scope,
    pub(super) avoiding: Option<&'a EndpointSet>,
    /// The policy that an expectation stands in.
    pub(super) policy: Option<PolicyId>,
    pub(super) across: bool,
}

impl<'f, 'a> Flow<'f, 'a> {
    pub(super) fn new(lens: &'f mut Lens<'a>, asked: Asked<'a>) -> Self {
        let first = u32::try_from(lens.crowd.groups.len()).unwrap_or(u32::MAX);
        let space = Space::new(lens, asked.scope, asked.policy);
        let (spots, within) = (space.spots(lens.table()), space.within);
        let mut builder = Builder { lens, asked, within, first };
        let graphs = spots.iter().map(|spot| builder.graph(*spot)).collect();
        let across = asked.across;
        Self {
            lens,
            graphs,
            own: Own::Neither,
            first,
            across,
            allowed: HashMap::new(),
            is_open: false,
        }
    }

    /// From now on every movement counts as allowed.
    pub(super) fn let_everything_pass(&mut self) {
        self.is_open = true;
    }

    /// Asks only for chains that begin or end in apps of the expectation's policy.
    pub(super) fn only(&mut self, own: Own) {
        self.own = own;
    }

    pub(super) fn and(&mut self, a: Diagram, b: Diagram) -> Diagram {
        self.lens.crowd.verdicts.diagrams.and(a, b)
    }

    pub(super) fn or(&mut self, a: Diagram, b: Diagram) -> Diagram {
        self.lens.crowd.verdicts.diagrams.or(a, b)
    }

    pub(super) fn node(&self, at: At) -> &Node {
        &self.graphs[at.0].nodes[at.1]
    }

    /// For whom a chain can begin at a node.
    pub(super) fn starts(&mut self, at: At) -> Diagram {
        let Node { starts, own, deployed, .. } = *self.node(at);
        let starts = if self.own == Own::Start { self.and(starts, own[0]) } else { starts };
        self.and(starts, deployed)
    }

    /// For whom a chain can end at a node.
    pub(super) fn arrives(&mut self, at: At) -> Diagram {
        let Node { arrives, own, .. } = *self.node(at);
        if self.own == Own::End { self.and(arrives, own[1]) } else { arrives }
    }

    fn every_node(&self) -> Vec<At> {
        let graphs = self.graphs.iter().enumerate();
        graphs.flat_map(|(graph, one)| (0..one.nodes.len()).map(move |at| (graph, at))).collect()
    }

    /// Where chains begin.
    pub(super) fn origins(&mut self) -> Front {
        let mut found = Front::new();
        for at in self.every_node() {
            let when = self.starts(at);
            if when != Diagram::FALSE {
                found.insert(at, when);
            }
        }
        found
    }

    /// Whether somebody has on some device both where a chain can begin and where it can end.
    pub(super) fn is_about_something(&mut self) -> bool {
        (0..self.graphs.len()).any(|graph| {
            let (mut starts, mut arrives) = (Diagram::FALSE, Diagram::FALSE);
            for node in 0..self.graphs[graph].nodes.len() {
                let at = (graph, node);
                let (start, end) = (self.starts(at), self.arrives(at));
                let end = self.and(end, self.node(at).deployed);
                (starts, arrives) = (self.or(starts, start), self.or(arrives, end));
            }
            self.and(starts, arrives) != Diagram::FALSE
        })
    }

    // ------------------------------------------------------------ one step

    /// Where data gets in one movement.
    pub(super) fn step(&mut self, front: &Front) -> Front {
        let mut found = Front::new();
        let mut groups: BTreeMap<(usize, usize), Vec<(usize, Diagram)>> = BTreeMap::new();
        for ((graph, node), when) in front {
            let class = self.graphs[*graph].nodes[*node].class;
            groups.entry((*graph, class)).or_default().push((*node, *when));
        }
        for ((graph, class), sources) in groups {
            let mut total = Diagram::FALSE;
            for (_, when) in &sources {
                total = self.or(total, *when);
            }
            for target in 0..self.graphs[graph].classes.len() {
                let link = self.link(graph, class, target);
                let when = self.and(total, link);
                if when != Diagram::FALSE {
                    self.reach(graph, &sources, target, (link, when), &mut found);
                }
            }
        }
        found
    }

    /// Adds what moves from some sources of one class to the members of another.
    fn reach(
        &mut self,
        graph: usize,
        sources: &[(usize, Diagram)],
        target: usize,
        (link, all): (Diagram, Diagram),
        found: &mut Front,
    ) {
        for member in self.graphs[graph].members[target].clone() {
            let to = (graph, member);
            let numbers = 0..self.graphs[graph].channels.len();
            let inside = &mut |flow: &mut Self, from| {
                let mut found = Diagram::FALSE;
                for number in numbers.clone() {
                    let one = flow.passes(number, from, to);
                    found = flow.or(found, one);
                }
                found
            };
            let when = self.gather(sources, to, (link, all), inside);
            self.add(found, to, when);
        }
    }

    /// For whom data gets from some nodes, which are alike, to another node. `link` tells for whom it may
    /// move from any of them, `inside` from one of the same app.
    fn gather(
        &mut self,
        sources: &[(usize, Diagram)],
        to: At,
        (link, all): (Diagram, Diagram),
        inside: &mut dyn FnMut(&mut Self, At) -> Diagram,
    ) -> Diagram {
        let app = self.app_of(to);
        let is_same = |flow: &Self, node| app.is_some() && flow.app_of((to.0, node)) == app;
        if !sources.iter().any(|(node, _)| is_same(self, *node)) {
            return all;
        }
        let mut found = Diagram::FALSE;
        for (node, when) in sources {
            let link = if is_same(self, *node) { inside(self, (to.0, *node)) } else { link };
            let moved = self.and(*when, link);
            found = self.or(found, moved);
        }
        found
    }

    /// The same on one channel, where something more is asked of the movement.
    pub(super) fn moved(
        &mut self,
        number: usize,
        sources: &[(usize, Diagram)],
        to: At,
        (passes, all): (Diagram, Diagram),
    ) -> Diagram {
        let inside = &mut |flow: &mut Self, from| {
            let can = flow.passes(number, from, to);
            flow.and(can, passes)
        };
        self.gather(sources, to, (passes, all), inside)
    }

    pub(super) fn add(&mut self, found: &mut Front, at: At, when: Diagram) {
        let when = self.and(when, self.node(at).deployed);
        if when != Diagram::FALSE {
            let known = found.get(&at).copied().unwrap_or(Diagram::FALSE);
            let both = self.or(known, when);
            found.insert(at, both);
        }
    }

    /// The app of a node, if it is known to be the same wherever it is named.
    fn app_of(&self, at: At) -> Option<AppId> {
        match self.node(at).end {
            Endpoint::App { app, .. } if app != self.lens.model.unlisted_app() => Some(app),
            _ => None,
        }
    }

    /// Between two classes: for whom data may move on some channel.
    fn link(&mut self, graph: usize, source: usize, target: usize) -> Diagram {
        if let Some(known) = self.graphs[graph].links.get(&(source, target)) {
            return *known;
        }
        let mut found = Diagram::FALSE;
        for number in 0..self.graphs[graph].channels.len() {
            let one = self.link_on(graph, number, source, target);
            found = self.or(found, one);
        }
        self.graphs[graph].links.insert((source, target), found);
        found
    }

    /// The same on one channel.
    fn link_on(&mut self, graph: usize, number: usize, source: usize, target: usize) -> Diagram {
        let Graph { spot, channels, classes, .. } = &self.graphs[graph];
        let (from, to) = (&classes[source], &classes[target]);
        let (Some(row), Some(column)) = (from.seats[0][number], to.seats[1][number]) else {
            return Diagram::FALSE;
        };
        let channel = channels[number];
        let followed = channel == Channel::Open && from.is_corporate;
        let opens = if followed { to.opens } else { Diagram::TRUE };
        let cell = self.lens.table().cell_at(spot.kind, channel, row, column);
        let allowed = self.allowed(cell);
        self.and(allowed, opens)
    }

    /// For whom a cell of the table lets data pass.
    fn allowed(&mut self, cell: Cell) -> Diagram {
        if self.is_open {
            return Diagram::TRUE;
        }
        let outcome = self.lens.import.outcome(&mut self.lens.crowd, cell);
        if let Some(known) = self.allowed.get(&outcome) {
            return *known;
        }
        let numbers = self.lens.crowd.verdicts.diagrams.numbers(outcome);
        let passing: Vec<u32> = numbers
            .into_iter()
            .filter(|one| *one != NOWHERE && self.lens.crowd.decision(*one).is_allowed())
            .collect();
        let among = |one: u32| passing.contains(&one);
        let found = self.lens.crowd.verdicts.diagrams.is_among(outcome, among);
        self.allowed.insert(outcome, found);
        found
    }

    /// The same between two nodes of different apps.
    pub(super) fn link_between(&mut self, from: At, to: At) -> Diagram {
        let (source, target) = (self.node(from).class, self.node(to).class);
        self.link(from.0, source, target)
    }

    /// For whom data may move between two nodes of different apps on a channel, and what is decided of
    /// it.
    pub(super) fn allowed_on(&mut self, number: usize, from: At, to: At) -> (Diagram, Diagram) {
        let (source, target) = (self.node(from).class, self.node(to).class);
        let link = self.link_on(from.0, number, source, target);
        let Graph { spot, channels, classes, .. } = &self.graphs[from.0];
        let seats = (classes[source].seats[0][number], classes[target].seats[1][number]);
        let (Some(row), Some(column)) = seats else { return (link, Diagram::leaf(NOWHERE)) };
        let cell = self.lens.table().cell_at(spot.kind, channels[number], row, column);
        (link, self.lens.import.outcome(&mut self.lens.crowd, cell))
    }

    /// For whom data may move between two nodes of a graph on one channel, by its number.
    pub(super) fn passes(&mut self, number: usize, from: At, to: At) -> Diagram {
        let graph = &self.graphs[from.0];
        let (channel, kind) = (graph.channels[number], graph.spot.kind);
        let (source, target) = (self.node(from), self.node(to));
        let (classes, ends) = ((source.class, target.class), (source.end, target.end));
        let link = self.link_on(from.0, number, classes.0, classes.1);
        let can = |managed: bool| can_move(self.lens.model, channel, ends.0, ends.1, &|| managed);
        match (can(false), can(true)) {
            (_, true) => link,
            (false, _) => Diagram::FALSE,
            (true, false) => {
                let managed = [ends.0, ends.1].map(|end| self.lens.managed(kind, end));
                let both = self.lens.crowd.and(&managed);
                self.lens.crowd.verdicts.diagrams.choose(both, Diagram::FALSE, link)
            }
        }
    }

    // ------------------------------------------------------------ the shortest chain

    /// The shortest chain; of several the one of the plainest user.
    pub(super) fn shortest(&mut self) -> Option<Vec<Movement>> {
        let origins = self.origins();
        let mut reached = origins.clone();
        let mut layers = vec![Layer { carried: origins.clone(), arrived: origins }];
        while let Some(layer) = layers.last().filter(|layer| !layer.carried.is_empty()) {
            let next = self.step(&layer.carried.clone());
            if let Some((to, answers)) = self.plainest(&next) {
                return self.trace(&layers, to, answers);
            }
            layers.push(self.layer(&next, &mut reached));
        }
        None
    }

    /// Where data can go on from, with what is carried to other devices.
    pub(super) fn layer(&mut self, next: &Front, reached: &mut Front) -> Layer {
        let arrived = self.fresh(next, reached);
        let mut carried = arrived.clone();
        if self.across {
            let elsewhere = self.elsewhere(&arrived);
            for (at, when) in self.fresh(&elsewhere, reached) {
                self.add(&mut carried, at, when);
            }
        }
        Layer { arrived, carried }
    }

    /// What can be read on other devices of the same user, on which other apps may be deployed.
    fn elsewhere(&mut self, front: &Front) -> Front {
        let mut found = Front::new();
        for (at, when) in front {
            let Endpoint::Storage(storage) = self.node(*at).end else { continue };
            if !self.lens.model.storage(storage).corporate {
                continue;
            }
            let when = self.lens.crowd.verdicts.diagrams.whatever(*when, self.first);
            let is_it = |other: &At| self.node(*other).end == Endpoint::Storage(storage);
            let others: Vec<At> = self.every_node().into_iter().filter(is_it).collect();
            others.into_iter().for_each(|other| self.add(&mut found, other, when));
        }
        found
    }

    /// Where data can go on from: neither avoided nor reached before.
    fn fresh(&mut self, next: &Front, reached: &mut Front) -> Front {
        let mut found = Front::new();
        for (at, when) in next {
            let avoided = self.node(*at).avoided;
            let known = reached.get(at).copied().unwrap_or(Diagram::FALSE);
            let not = self.or(avoided, known);
            let new = self.lens.crowd.verdicts.diagrams.choose(not, Diagram::FALSE, *when);
            if new != Diagram::FALSE {
                found.insert(*at, new);
                let all = self.or(known, new);
                reached.insert(*at, all);
            }
        }
        found
    }

    /// The node at which a chain ends for the plainest user: in the fewest groups, with the fewest apps
    /// deployed.
    pub(super) fn plainest(&mut self, next: &Front) -> Option<(At, Vec<u32>)> {
        let mut best: Option<((usize, usize), At, Vec<u32>)> = None;
        for (at, when) in next {
            let arrives = self.arrives(*at);
            let when = self.and(*when, arrives);
            let Some(answers) = self.lens.crowd.verdicts.diagrams.fewest(when) else { continue };
            let groups = answers.iter().filter(|one| **one < self.first).count();
            let rank = (groups, answers.len());
            if best.as_ref().is_none_or(|(known, ..)| rank < *known) {
                best = Some((rank, *at, answers));
            }
        }
        best.map(|(_, at, answers)| (at, answers))
    }

    /// The way back from where a chain ends to where it begins.
    fn trace(
        &mut self,
        layers: &[Layer],
        mut to: At,
        mut answers: Vec<u32>,
    ) -> Option<Vec<Movement>> {
        let mut chain = Vec::new();
        for layer in layers.iter().rev() {
            let (_, step) = self.steps_before(&layer.carried, to, &answers).into_iter().next()?;
            chain.push(self.movement(step, &answers));
            (to, answers) = self.arrival(&layer.arrived, step.from, answers)?;
        }
        chain.reverse();
        Some(chain)
    }

    /// Where data was before it was carried to another device, and what is deployed there.
    pub(super) fn arrival(
        &mut self,
        arrived: &Front,
        at: At,
        answers: Vec<u32>,
    ) -> Option<(At, Vec<u32>)> {
        if arrived.get(&at).is_some_and(|when| self.holds(*when, &answers)) {
            return Some((at, answers));
        }
        let user = self.lens.crowd.user(&self.users(&answers));
        let end = self.node(at).end;
        arrived.iter().find_map(|(other, when)| {
            let is_it = self.node(*other).end == end;
            let when = self.lens.crowd.verdicts.diagrams.and(*when, user);
            let answers = self.lens.crowd.verdicts.diagrams.fewest(when);
            answers.filter(|_| is_it).map(|answers| (*other, answers))
        })
    }

    /// Whether someone who gives these answers meets a condition.
    pub(super) fn holds(&self, when: Diagram, answers: &[u32]) -> bool {
        self.lens.crowd.verdicts.diagrams.at(when, |one| answers.contains(&one)) == 1
    }

    /// The movements that bring data to a node, for someone who gives these answers, each with the number
    /// of its channel.
    pub(super) fn steps_before(
        &mut self,
        front: &Front,
        to: At,
        answers: &[u32],
    ) -> Vec<(usize, Step)> {
        let mut found = Vec::new();
        for (from, when) in front.iter().filter(|(from, _)| from.0 == to.0) {
            if !self.holds(*when, answers) {
                continue;
            }
            for number in 0..self.graphs[from.0].channels.len() {
                let passes = self.passes(number, *from, to);
                if self.holds(passes, answers) {
                    let channel = self.graphs[from.0].channels[number];
                    found.push((number, Step { channel, from: *from, to }));
                }
            }
        }
        found
    }

    pub(super) fn movement(&self, step: Step, answers: &[u32]) -> Movement {
        let Spot { platform, state, .. } = self.graphs[step.from.0].spot;
        let context = Context { users: self.users(answers), platform, state };
        let ends = (self.node(step.from).end, self.node(step.to).end);
        movement(self.lens.model, step.channel, ends, context)
    }

    /// The groups of whoever gives these answers.
    fn users(&self, answers: &[u32]) -> Vec<UsersId> {
        let groups = answers.iter().filter(|one| **one < self.first);
        let groups = groups.filter_map(|one| self.lens.crowd.groups.members(*one).first());
        let mut users: Vec<UsersId> = groups.copied().collect();
        users.sort_unstable();
        users
    }
}

// ---------------------------------------------------------------- graphs

/// Makes a graph for each kind of device.
struct Builder<'b, 'a> {
    lens: &'b mut Lens<'a>,
    asked: Asked<'a>,
    within: Diagram,
    first: u32,
}

impl Builder<'_, '_> {
    fn graph(&mut self, spot: Spot) -> Graph {
        let exists = |channel: &Channel| channel.exists_on(spot.platform);
        let channels: Vec<Channel> = self.asked.scope.channels.iter().filter(exists).collect();
        let mut graph = Graph {
            spot,
            nodes: Vec::new(),
            classes: Vec::new(),
            members: Vec::new(),
            links: HashMap::new(),
            channels,
        };
        let mut known: HashMap<Class, usize> = HashMap::new();
        for end in self.ends(&graph) {
            let class = self.class(&graph, end);
            let next = graph.classes.len();
            let class = *known.entry(class).or_insert_with_key(|class| {
                graph.classes.push(class.clone());
                next
            });
            let node = self.node(&graph, end, class);
            graph.nodes.push(node);
        }
        self.settle_deployed(&mut graph);
        graph.members = vec![Vec::new(); graph.classes.len()];
        for (at, node) in graph.nodes.iter().enumerate() {
            graph.members[node.class].push(at);
        }
        graph
    }

    /// Every end that the channels know.
    fn ends(&self, graph: &Graph) -> Vec<Endpoint> {
        let Spot { platform, state, .. } = graph.spot;
        let mut found: Vec<Endpoint> = Vec::new();
        let mut kinds: Vec<(Kind, Option<Channel>)> = Vec::new();
        for side in [Side::Source, Side::Target] {
            for channel in &graph.channels {
                let kind = kind_at(*channel, side);
                let key = (kind, (kind == Kind::Place).then_some(*channel));
                if kinds.contains(&key) {
                    continue;
                }
                kinds.push(key);
                // What cannot be written to can be read.
                let side = if kind == Kind::Place { Side::Target } else { side };
                let ends = every_end(self.lens.model, *channel, side, platform, state);
                let new = ends.into_iter().filter(|end| !found.contains(end));
                let new: Vec<Endpoint> = new.collect();
                found.extend(new);
            }
        }
        found
    }

    fn class(&mut self, graph: &Graph, end: Endpoint) -> Class {
        let kind = match end {
            Endpoint::App { .. } => Kind::App,
            Endpoint::Storage(_) => Kind::Storage,
            Endpoint::Place(_) => Kind::Place,
        };
        let storage = |id| self.lens.model.storage(id);
        let is_there = |channel: Channel, side: Side| {
            kind == kind_at(channel, side)
                && match end {
                    Endpoint::App { .. } => true,
                    Endpoint::Storage(id) => side == Side::Source || storage(id).writable,
                    Endpoint::Place(place) => channel.places().contains(&place),
                }
        };
        let seats = |side: Side| {
            let seat = |channel: &Channel| {
                let table = self.lens.table();
                let seat = || table.seat(graph.spot.kind, *channel, side, end);
                is_there(*channel, side).then(seat)
            };
            graph.channels.iter().map(seat).collect()
        };
        Class {
            seats: [seats(Side::Source), seats(Side::Target)],
            is_corporate: matches!(end, Endpoint::Storage(id) if storage(id).corporate),
            opens: self.opens(graph, end),
        }
    }

    /// For whom company files can be followed into an end: into a work account, and into every account
    /// of an app that some policy protects.
    fn opens(&mut self, graph: &Graph, end: Endpoint) -> Diagram {
        match end {
            Endpoint::App { account: Account::Work, .. } => Diagram::TRUE,
            Endpoint::App { app, deployed, .. } => {
                let work = Endpoint::App { app, account: Account::Work, deployed };
                self.lens.managed(graph.spot.kind, work)
            }
            Endpoint::Storage(_) | Endpoint::Place(_) => Diagram::FALSE,
        }
    }

    fn node(&mut self, graph: &Graph, end: Endpoint, class: usize) -> Node {
        let Scope { from, to, .. } = self.asked.scope;
        let own = [from, to].map(|set| self.own(graph, set.as_ref(), end));
        let starts = from.as_ref().map_or(own[0], |set| self.held(graph, set, end));
        let is_source = graph.classes[class].seats[0].iter().any(Option::is_some);
        let starts = if is_source { starts } else { Diagram::FALSE };
        let arrives = to.as_ref().map_or(Diagram::TRUE, |set| self.held(graph, set, end));
        let is_target = graph.classes[class].seats[1].iter().any(Option::is_some);
        let arrives = if is_target { arrives } else { Diagram::FALSE };
        let avoided = self.asked.avoiding.map_or(Diagram::FALSE, |set| self.held(graph, set, end));
        let starts = self.lens.crowd.verdicts.diagrams.and(starts, self.within);
        Node { end, class, starts, arrives, avoided, own, deployed: Diagram::TRUE }
    }

    /// For whom a set holds an end.
    fn held(&mut self, graph: &Graph, set: &EndpointSet, end: Endpoint) -> Diagram {
        let platform = graph.spot.platform;
        let holds = |managed| set_holds(self.lens.model, set, end, platform, managed);
        self.when_managed(graph, end, [holds(false), holds(true)])
    }

    /// For whom something holds that may depend on whether an end is managed.
    fn when_managed(&mut self, graph: &Graph, end: Endpoint, holds: [bool; 2]) -> Diagram {
        let [no, yes] = holds.map(Diagram::truth);
        if no == yes {
            return no;
        }
        let managed = self.lens.managed(graph.spot.kind, end);
        self.lens.crowd.verdicts.diagrams.choose(managed, yes, no)
    }

    /// For whom an end is an app that the expectation's policy protects, under its work account or one
    /// that the expectation names.
    fn own(&mut self, graph: &Graph, set: Option<&EndpointSet>, end: Endpoint) -> Diagram {
        let Some(policy) = self.asked.policy else { return Diagram::TRUE };
        let terms = set.iter().flat_map(|set| &set.terms);
        let terms: Vec<_> =
            terms.filter(|term| matches!(term.accounts, AccountReading::Named(_))).collect();
        let platform = graph.spot.platform;
        let named = |managed| {
            terms.iter().any(|term| term_holds(self.lens.model, term, end, platform, managed))
        };
        let named = self.when_managed(graph, end, [named(false), named(true)]);
        let managed = self.lens.managed(graph.spot.kind, end);
        let about = self.lens.crowd.verdicts.diagrams.or(managed, named);
        let applies = self.lens.applies(graph.spot.kind, policy, end);
        self.lens.crowd.verdicts.diagrams.and(applies, about)
    }

    /// Leaves out the deployed twins of apps for which it makes no difference, and asks about the others
    /// whether they are deployed: throughout a chain or not at all. Of apps that nothing names there are
    /// always both.
    fn settle_deployed(&mut self, graph: &mut Graph) {
        let mut twins: BTreeMap<AppId, Vec<usize>> = BTreeMap::new();
        for (at, node) in graph.nodes.iter().enumerate() {
            if let Endpoint::App { app, .. } = node.end {
                twins.entry(app).or_default().push(at);
            }
        }
        let mut left_out = Vec::new();
        for (number, (app, nodes)) in twins.into_iter().enumerate() {
            let of = |wanted: bool| {
                let nodes = nodes.iter().map(|at| &graph.nodes[*at]);
                let is_it = move |node: &&Node| matches!(node.end, Endpoint::App { deployed, .. } if deployed == wanted);
                let alike =
                    |node: &Node| (node.class, node.starts, node.arrives, node.avoided, node.own);
                nodes.filter(is_it).map(alike).collect::<Vec<_>>()
            };
            let is_deployed =
                |at: &usize| matches!(graph.nodes[*at].end, Endpoint::App { deployed: true, .. });
            let (plain, deployed) = (of(false), of(true));
            if plain == deployed {
                left_out.extend(nodes.iter().copied().filter(is_deployed));
            } else if !deployed.is_empty() && app != self.lens.model.unlisted_app() {
                let number = u32::try_from(number).unwrap_or(u32::MAX - self.first);
                let yes = self.lens.crowd.verdicts.diagrams.answer(self.first + number);
                let no = self.lens.crowd.verdicts.diagrams.not(yes);
                let (some, others): (Vec<usize>, Vec<usize>) =
                    nodes.iter().partition(|at| is_deployed(at));
                some.into_iter().for_each(|at| graph.nodes[at].deployed = yes);
                others.into_iter().for_each(|at| graph.nodes[at].deployed = no);
            }
        }
        left_out.sort_unstable();
        let mut at = 0;
        graph.nodes.retain(|_| {
            at += 1;
            left_out.binary_search(&(at - 1)).is_err()
        });
    }
}
