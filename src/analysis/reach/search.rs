//! The search for chains: breadth first, for all users at once.
//!
//! Takes in the ends of chains, gives out the shortest one. A frontier maps each node to the condition on
//! users (and on deployed apps) under which data gets there. The rules behind movements are not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "nodes are numbered by the graphs that these lists belong to"
)]

use std::collections::{BTreeMap, HashMap};

use rustc_hash::FxBuildHasher;

use super::graph::{ChainQuestion, Graph, GraphBuilder, Node, PolicyRole};
use crate::analysis::engine::endpoints::{can_move, movement};
use crate::analysis::engine::query::Query;
use crate::analysis::engine::space::{DeviceBlock, ScopeSpace};
use crate::dd::Cond;
use crate::limits::{LimitExceeded, index};
use crate::model::{AppId, UsersId};
use crate::movement::{Context, Endpoint, Movement};
use crate::table::{DecisionId, NO_MOVEMENT, Outcome};
use crate::vocabulary::Channel;

/// A node of one of the graphs.
pub(super) type At = (usize, usize);

/// By node: the condition under which data gets there.
pub(super) type Frontier = BTreeMap<At, Cond>;

/// The places of data after so many movements.
pub(super) struct Layer {
    /// The nodes where data has moved to, for the first time.
    pub(super) arrived: Frontier,
    /// These, and the nodes where it can be read after that.
    pub(super) carried: Frontier,
}

/// A movement of a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) channel: Channel,
    pub(super) from: At,
    pub(super) to: At,
}

/// Nodes of one class with the condition under which data is there.
pub(super) type Sources = [(usize, Cond)];

/// The true variables of one user on one device.
pub(super) type Assignment = Vec<u32>;

/// The search in the graphs of some blocks of devices.
pub(in crate::analysis) struct Search<'f, 'a> {
    pub(super) query: &'f mut Query<'a>,
    pub(super) graphs: Vec<Graph>,
    role: PolicyRole,
    /// The first variable that is about deployment and not about groups.
    first_deployment: u32,
    across_devices: bool,
    /// Whether every movement counts as allowed.
    allows_everything: bool,
    /// By outcome: the users for whom it lets data pass.
    passing: HashMap<Outcome, Cond, FxBuildHasher>,
    /// By graph and classes of source and target: the users for whom data may move on some channel.
    links: HashMap<(usize, usize, usize), Cond, FxBuildHasher>,
}

impl<'f, 'a> Search<'f, 'a> {
    pub(in crate::analysis) fn new(
        query: &'f mut Query<'a>,
        question: ChainQuestion<'a>,
    ) -> Result<Self, LimitExceeded> {
        let first_deployment = index(query.users.groups.len())?;
        let space = ScopeSpace::new(query, question.scope, question.policy)?;
        let (blocks, within) = (space.device_blocks(query), space.within);
        let mut builder = GraphBuilder { query, question, within, first_deployment };
        let graphs = blocks.iter().map(|devices| builder.graph(*devices));
        let graphs = graphs.collect::<Result<_, _>>()?;
        Ok(Self {
            query,
            graphs,
            role: PolicyRole::None,
            first_deployment,
            across_devices: question.across_devices,
            allows_everything: false,
            passing: HashMap::default(),
            links: HashMap::default(),
        })
    }

    /// Counts every movement as allowed from now on.
    pub(in crate::analysis) fn allow_everything(&mut self) {
        self.allows_everything = true;
    }

    /// Looks only for chains in which the expectation's policy has this role.
    pub(in crate::analysis) fn set_role(&mut self, role: PolicyRole) {
        self.role = role;
    }

    pub(super) fn and(&mut self, a: Cond, b: Cond) -> Result<Cond, LimitExceeded> {
        self.query.manager().and(a, b)
    }

    pub(super) fn or(&mut self, a: Cond, b: Cond) -> Result<Cond, LimitExceeded> {
        self.query.manager().or(a, b)
    }

    pub(super) fn node(&self, at: At) -> &Node {
        &self.graphs[at.0].nodes[at.1]
    }

    /// The condition under which chains start at a node.
    fn starts(&mut self, at: At) -> Result<Cond, LimitExceeded> {
        let Node { roles, exists, .. } = *self.node(at);
        let mut starts = roles.starts;
        if self.role == PolicyRole::Start {
            starts = self.and(starts, roles.own[0])?;
        }
        self.and(starts, exists)
    }

    /// The users for whom chains end at a node.
    pub(super) fn ends(&mut self, at: At) -> Result<Cond, LimitExceeded> {
        let roles = self.node(at).roles;
        if self.role == PolicyRole::End {
            self.and(roles.ends, roles.own[1])
        } else {
            Ok(roles.ends)
        }
    }

    pub(super) fn every_node(&self) -> Vec<At> {
        let graphs = self.graphs.iter().enumerate();
        graphs.flat_map(|(graph, one)| (0..one.nodes.len()).map(move |at| (graph, at))).collect()
    }

    /// The nodes where chains start.
    pub(super) fn origins(&mut self) -> Result<Frontier, LimitExceeded> {
        let mut found = Frontier::new();
        for at in self.every_node() {
            let when = self.starts(at)?;
            if !when.is_never() {
                found.insert(at, when);
            }
        }
        Ok(found)
    }

    /// Whether some user has on some device both a start and an end of chains.
    pub(in crate::analysis) fn has_both_ends(&mut self) -> Result<bool, LimitExceeded> {
        for graph in 0..self.graphs.len() {
            let (mut starts, mut ends) = (Cond::FALSE, Cond::FALSE);
            for node in 0..self.graphs[graph].nodes.len() {
                let at = (graph, node);
                let (start, end) = (self.starts(at)?, self.ends(at)?);
                let end = self.and(end, self.node(at).exists)?;
                (starts, ends) = (self.or(starts, start)?, self.or(ends, end)?);
            }
            if !self.and(starts, ends)?.is_never() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    // ------------------------------------------------------------ one movement

    /// The nodes that data gets to in one movement.
    pub(super) fn step(&mut self, frontier: &Frontier) -> Result<Frontier, LimitExceeded> {
        let mut found = Frontier::new();
        let mut groups: BTreeMap<(usize, usize), Vec<(usize, Cond)>> = BTreeMap::new();
        for ((graph, node), when) in frontier {
            let class = self.graphs[*graph].nodes[*node].class;
            groups.entry((*graph, class)).or_default().push((*node, *when));
        }
        for ((graph, class), sources) in groups {
            let any = self.query.manager().any(sources.iter().map(|(_, when)| *when))?;
            for target in 0..self.graphs[graph].classes.len() {
                let link = self.link(graph, class, target)?;
                let when = self.and(any, link)?;
                if !when.is_never() {
                    self.reach(graph, &sources, target, (link, when), &mut found)?;
                }
            }
        }
        Ok(found)
    }

    /// Adds the movements from some sources of one class to the members of another.
    fn reach(
        &mut self,
        graph: usize,
        sources: &Sources,
        target: usize,
        (link, all): (Cond, Cond),
        found: &mut Frontier,
    ) -> Result<(), LimitExceeded> {
        for member in self.graphs[graph].members[target].clone() {
            let to = (graph, member);
            let channels = self.graphs[graph].channels.len();
            let inside = &mut |search: &mut Self, from| {
                let mut found = Cond::FALSE;
                for number in 0..channels {
                    let one = search.passes(number, from, to)?;
                    found = search.or(found, one)?;
                }
                Ok(found)
            };
            let when = self.gather(sources, to, (link, all), inside)?;
            self.add(found, to, when)?;
        }
        Ok(())
    }

    /// The condition under which data gets from some sources of one class to a node. `link` is the
    /// condition of a movement between different apps of both classes, and `all` its conjunction with the
    /// disjunction of the sources' conditions: the answer unless a source is in the target's app. For
    /// those sources, `inside` gives the condition of the movement.
    fn gather(
        &mut self,
        sources: &Sources,
        to: At,
        (link, all): (Cond, Cond),
        inside: &mut dyn FnMut(&mut Self, At) -> Result<Cond, LimitExceeded>,
    ) -> Result<Cond, LimitExceeded> {
        let app = self.app_of(to);
        let is_same = |search: &Self, node| app.is_some() && search.app_of((to.0, node)) == app;
        if !sources.iter().any(|(node, _)| is_same(self, *node)) {
            return Ok(all);
        }
        let mut found = Cond::FALSE;
        for (node, when) in sources {
            let link = if is_same(self, *node) { inside(self, (to.0, *node))? } else { link };
            let moved = self.and(*when, link)?;
            found = self.or(found, moved)?;
        }
        Ok(found)
    }

    /// As [`gather`](Self::gather), on one channel and under a further condition on the movement.
    pub(super) fn gather_on(
        &mut self,
        number: usize,
        sources: &Sources,
        to: At,
        (passes, all): (Cond, Cond),
    ) -> Result<Cond, LimitExceeded> {
        let inside = &mut |search: &mut Self, from| {
            let can = search.passes(number, from, to)?;
            search.and(can, passes)
        };
        self.gather(sources, to, (passes, all), inside)
    }

    /// Adds a node to a frontier.
    pub(super) fn add(
        &mut self,
        found: &mut Frontier,
        at: At,
        when: Cond,
    ) -> Result<(), LimitExceeded> {
        let when = self.and(when, self.node(at).exists)?;
        if !when.is_never() {
            let known = found.get(&at).copied().unwrap_or(Cond::FALSE);
            let both = self.or(known, when)?;
            found.insert(at, both);
        }
        Ok(())
    }

    /// Adds the nodes of one frontier to another.
    pub(super) fn join(
        &mut self,
        found: &mut Frontier,
        more: &Frontier,
    ) -> Result<(), LimitExceeded> {
        for (at, when) in more {
            let known = found.get(at).copied().unwrap_or(Cond::FALSE);
            let both = self.or(known, *when)?;
            found.insert(*at, both);
        }
        Ok(())
    }

    /// The app of a node; `None` for other endpoints, and for the unlisted app, which stands for many.
    fn app_of(&self, at: At) -> Option<AppId> {
        match self.node(at).view.end {
            Endpoint::App { app, .. } if app != self.query.model.unlisted_app() => Some(app),
            _ => None,
        }
    }

    /// The users for whom data may move between different apps of two classes on some channel.
    fn link(&mut self, graph: usize, source: usize, target: usize) -> Result<Cond, LimitExceeded> {
        if let Some(known) = self.links.get(&(graph, source, target)) {
            return Ok(*known);
        }
        let mut found = Cond::FALSE;
        for number in 0..self.graphs[graph].channels.len() {
            if found == Cond::TRUE {
                break;
            }
            let one = self.link_on(graph, number, source, target)?;
            found = self.or(found, one)?;
        }
        self.links.insert((graph, source, target), found);
        Ok(found)
    }

    /// As [`link`](Self::link), on one channel.
    fn link_on(
        &mut self,
        graph: usize,
        number: usize,
        source: usize,
        target: usize,
    ) -> Result<Cond, LimitExceeded> {
        let Graph { channels, classes, .. } = &self.graphs[graph];
        let (from, to) = (&classes[source], &classes[target]);
        let is_followed = channels[number] == Channel::Open && from.is_corporate;
        let opens = if is_followed { to.opens } else { Cond::TRUE };
        let Some(outcome) = self.outcome(graph, number, source, target)? else {
            return Ok(Cond::FALSE);
        };
        let passes = self.passing(outcome)?;
        self.and(passes, opens)
    }

    /// The outcome between two classes on a channel; `None` where one cannot stand there.
    fn outcome(
        &mut self,
        graph: usize,
        number: usize,
        source: usize,
        target: usize,
    ) -> Result<Option<Outcome>, LimitExceeded> {
        let Graph { devices, channels, classes, .. } = &self.graphs[graph];
        let lines = (classes[source].lines[0][number], classes[target].lines[1][number]);
        let (Some(row), Some(column)) = lines else { return Ok(None) };
        self.query.outcome(devices.kind, channels[number], [row, column]).map(Some)
    }

    /// The users for whom an outcome lets data pass.
    fn passing(&mut self, outcome: Outcome) -> Result<Cond, LimitExceeded> {
        if self.allows_everything {
            return Ok(Cond::TRUE);
        }
        if let Some(known) = self.passing.get(&outcome) {
            return Ok(*known);
        }
        let combiner = &mut self.query.users.combiner;
        let passes: Vec<bool> = combiner.decisions().iter().map(|one| !one.is_blocked()).collect();
        let found = combiner.manager.preimage(outcome, |id| {
            id != DecisionId::NONE && passes.get(id.index()).copied().unwrap_or_default()
        })?;
        self.passing.insert(outcome, found);
        Ok(found)
    }

    /// The users for whom data may move between two nodes of different apps on some channel.
    pub(super) fn link_between(&mut self, from: At, to: At) -> Result<Cond, LimitExceeded> {
        let (source, target) = (self.node(from).class, self.node(to).class);
        self.link(from.0, source, target)
    }

    /// The users for whom data may move between two nodes of different apps on a channel, and the outcome
    /// there.
    pub(super) fn link_and_outcome(
        &mut self,
        number: usize,
        from: At,
        to: At,
    ) -> Result<(Cond, Outcome), LimitExceeded> {
        let (source, target) = (self.node(from).class, self.node(to).class);
        let link = self.link_on(from.0, number, source, target)?;
        let outcome = self.outcome(from.0, number, source, target)?;
        Ok((link, outcome.unwrap_or(NO_MOVEMENT)))
    }

    /// The users for whom data may move between two nodes of a graph on one channel.
    pub(super) fn passes(
        &mut self,
        number: usize,
        from: At,
        to: At,
    ) -> Result<Cond, LimitExceeded> {
        let channel = self.graphs[from.0].channels[number];
        let (source, target) = (*self.node(from), *self.node(to));
        if can_move(self.query.model, channel, source.view, target.view) {
            self.link_on(from.0, number, source.class, target.class)
        } else {
            Ok(Cond::FALSE)
        }
    }

    // ------------------------------------------------------------ the shortest chain

    /// The shortest chain; of several that of the plainest user. `None` where there is none.
    pub(in crate::analysis) fn shortest(&mut self) -> Result<Option<Vec<Movement>>, LimitExceeded> {
        let origins = self.origins()?;
        let mut reached = origins.clone();
        let mut layers = vec![Layer { carried: origins.clone(), arrived: origins }];
        while let Some(layer) = layers.last().filter(|layer| !layer.carried.is_empty()) {
            let next = self.step(&layer.carried.clone())?;
            if let Some((to, assignment)) = self.plainest(&next)? {
                return self.trace(&layers, to, assignment);
            }
            layers.push(self.layer(&next, &mut reached)?);
        }
        Ok(None)
    }

    /// The places from which data can move on, with those on other devices where it can be read.
    pub(super) fn layer(
        &mut self,
        next: &Frontier,
        reached: &mut Frontier,
    ) -> Result<Layer, LimitExceeded> {
        let arrived = self.fresh(next, reached)?;
        let mut carried = arrived.clone();
        if self.across_devices {
            let elsewhere = self.elsewhere(&arrived)?;
            for (at, when) in self.fresh(&elsewhere, reached)? {
                self.add(&mut carried, at, when)?;
            }
        }
        Ok(Layer { arrived, carried })
    }

    /// The company storages in which data can be read on other devices of the same user, where other apps
    /// may be deployed.
    fn elsewhere(&mut self, frontier: &Frontier) -> Result<Frontier, LimitExceeded> {
        let mut found = Frontier::new();
        for (at, when) in frontier {
            let Endpoint::Storage(storage) = self.node(*at).view.end else { continue };
            if !self.query.model.storage(storage).corporate {
                continue;
            }
            let first = self.first_deployment;
            let when = self.query.manager().exists(*when, |variable| variable >= first)?;
            let is_it = |other: &At| self.node(*other).view.end == Endpoint::Storage(storage);
            let others: Vec<At> = self.every_node().into_iter().filter(is_it).collect();
            for other in others {
                self.add(&mut found, other, when)?;
            }
        }
        Ok(found)
    }

    /// The part of a frontier that is neither avoided nor reached before.
    fn fresh(
        &mut self,
        next: &Frontier,
        reached: &mut Frontier,
    ) -> Result<Frontier, LimitExceeded> {
        let mut found = Frontier::new();
        for (at, when) in next {
            let avoided = self.node(*at).roles.avoided;
            let known = reached.get(at).copied().unwrap_or(Cond::FALSE);
            let not = self.or(avoided, known)?;
            let new = self.query.manager().and_not(*when, not)?;
            if !new.is_never() {
                found.insert(*at, new);
                let all = self.or(known, new)?;
                reached.insert(*at, all);
            }
        }
        Ok(found)
    }

    /// The node at which a chain ends for the plainest user: in the fewest groups, with the fewest apps
    /// deployed.
    pub(super) fn plainest(
        &mut self,
        next: &Frontier,
    ) -> Result<Option<(At, Assignment)>, LimitExceeded> {
        let mut best: Option<((usize, usize), At, Assignment)> = None;
        for (at, when) in next {
            let ends = self.ends(*at)?;
            let when = self.and(*when, ends)?;
            let model = self.query.users.combiner.manager.minimal_model(when);
            let Some(assignment) = model else { continue };
            let groups = assignment.iter().filter(|one| **one < self.first_deployment).count();
            let rank = (groups, assignment.len());
            if best.as_ref().is_none_or(|(known, ..)| rank < *known) {
                best = Some((rank, *at, assignment));
            }
        }
        Ok(best.map(|(_, at, assignment)| (at, assignment)))
    }

    // ------------------------------------------------------------ the movements of a chain

    /// The chain that ends at a node for one user, from its start.
    fn trace(
        &mut self,
        layers: &[Layer],
        mut to: At,
        mut assignment: Assignment,
    ) -> Result<Option<Vec<Movement>>, LimitExceeded> {
        let mut chain = Vec::new();
        for layer in layers.iter().rev() {
            let steps = self.steps_before(&layer.carried, to, &assignment)?;
            let Some((_, step)) = steps.into_iter().next() else { return Ok(None) };
            chain.push(self.movement(step, &assignment));
            match self.arrival(&layer.arrived, step.from, assignment)? {
                Some(before) => (to, assignment) = before,
                None => return Ok(None),
            }
        }
        chain.reverse();
        Ok(Some(chain))
    }

    /// The node where data was before it was carried to another device, and the assignment there.
    pub(super) fn arrival(
        &mut self,
        arrived: &Frontier,
        at: At,
        assignment: Assignment,
    ) -> Result<Option<(At, Assignment)>, LimitExceeded> {
        if arrived.get(&at).is_some_and(|when| self.holds(*when, &assignment)) {
            return Ok(Some((at, assignment)));
        }
        let user = self.query.users.user(&self.users(&assignment))?;
        let end = self.node(at).view.end;
        for (other, when) in arrived {
            if self.node(*other).view.end != end {
                continue;
            }
            let when = self.and(*when, user)?;
            if let Some(assignment) = self.query.users.combiner.manager.minimal_model(when) {
                return Ok(Some((*other, assignment)));
            }
        }
        Ok(None)
    }

    /// Whether a condition holds under an assignment.
    pub(super) fn holds(&self, when: Cond, assignment: &[u32]) -> bool {
        self.query.users.combiner.manager.eval(when, |one| assignment.contains(&one))
    }

    /// The movements that bring data to a node under an assignment, each with the number of its channel.
    pub(super) fn steps_before(
        &mut self,
        frontier: &Frontier,
        to: At,
        assignment: &[u32],
    ) -> Result<Vec<(usize, Step)>, LimitExceeded> {
        let mut found = Vec::new();
        for (from, when) in frontier.iter().filter(|(from, _)| from.0 == to.0) {
            if !self.holds(*when, assignment) {
                continue;
            }
            for number in 0..self.graphs[from.0].channels.len() {
                let passes = self.passes(number, *from, to)?;
                if self.holds(passes, assignment) {
                    let channel = self.graphs[from.0].channels[number];
                    found.push((number, Step { channel, from: *from, to }));
                }
            }
        }
        Ok(found)
    }

    pub(super) fn movement(&self, step: Step, assignment: &[u32]) -> Movement {
        let DeviceBlock { platform, state, .. } = self.graphs[step.from.0].devices;
        let users = self.users(assignment);
        let context = Context::new(self.query.model.attributes(), &users, platform, state);
        let ends = (self.node(step.from).view.end, self.node(step.to).view.end);
        movement(self.query.model, step.channel, ends, context)
    }

    /// The groups and filters of an assignment.
    fn users(&self, assignment: &[u32]) -> Vec<UsersId> {
        let groups = assignment.iter().copied().filter(|one| *one < self.first_deployment);
        self.query.users.members_of(&groups.collect::<Vec<_>>())
    }
}
