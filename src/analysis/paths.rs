//! How company data gets where it should not: chains of allowed movements, and the rules that would
//! close them.
//!
//! Takes in where chains begin and end, gives out one chain for each distinct way. Two chains go the same
//! way if the same rules let them pass, movement by movement; so a way is closed by tightening any of its
//! rules. How far data gets is found out in `flow`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde::Serialize;

use super::expect::Hop;
use super::flow::{Asked, At, Flow, Front, Layer};
use super::space::Lens;
use super::{Analysis, crowd::NOWHERE};
use crate::decision::{Effect, Ground, GroundAnswer};
use crate::diagram::Diagram;
use crate::model::ChainScope;
use crate::movement::Movement;
use crate::vocabulary::{Reason, Side};

/// Where company data must not go, as [`Checked::chain`](crate::Checked::chain) reads it: from whatever
/// policies protect and company storage to what they do not protect and personal storage.
pub const LEAKS: &str = "any from managed, corporate-storage to unmanaged, personal-storage";

/// Which chains are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PathOptions {
    /// Whether what is written to a company storage can be read on another device of the same user.
    pub across_devices: bool,
    /// The most ways that are given.
    pub limit: usize,
}

impl Default for PathOptions {
    fn default() -> Self {
        Self { across_devices: false, limit: 100 }
    }
}

/// Every way that chains go.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Paths {
    /// The shortest chain of each way; the shortest first. No part of one of them is a chain itself.
    pub paths: Vec<Path>,
    /// The rules and defaults that let them pass, those that let the most ways pass first.
    pub rules: Vec<Cut>,
    /// How many ways no rule lets pass: nobody's policy has a say in any of their movements.
    pub without_rules: usize,
    /// Whether there are more ways than were asked for.
    pub more: bool,
}

/// One way.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Path {
    /// The movements of an example.
    pub hops: Vec<Hop>,
}

/// A rule or default, and what it would do to tighten it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Cut {
    /// The rule.
    #[serde(flatten)]
    pub rule: GroundAnswer,
    /// How many ways are closed if what it lets pass is blocked.
    pub closes: usize,
    /// Whether it is one of a few that together close every way that a rule lets pass. None of them can
    /// be spared.
    pub chosen: bool,
}

/// What lets a movement pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    /// The first rule or default that does.
    Rule(Ground),
    /// That nobody has a say.
    Free(Reason),
}

/// A way, and a chain that goes it.
struct Way {
    passes: Vec<Pass>,
    chain: Vec<Movement>,
}

/// A way that has not arrived yet.
struct Trail {
    passes: Vec<Pass>,
    layers: Vec<Rc<Layer>>,
}

pub(super) fn paths(analysis: &Analysis<'_>, chain: &ChainScope, options: PathOptions) -> Paths {
    let ChainScope { scope, avoiding } = chain;
    let lens = &mut Lens::new(analysis, &analysis.table, scope.people.iter());
    let asked =
        Asked { scope, avoiding: avoiding.as_ref(), policy: None, across: options.across_devices };
    let flow = Flow::new(lens, asked);
    let mut finder =
        Finder { flow, limit: options.limit, found: Vec::new(), labels: HashMap::new() };
    let more = finder.find();
    let ways = finder.found;
    let hop = |movement| Hop::new(analysis, &analysis.table, movement);
    let without_rules = ways.iter().filter(|way| rules_of(way).next().is_none()).count();
    Paths {
        paths: ways.iter().map(|way| Path { hops: way.chain.iter().map(hop).collect() }).collect(),
        rules: cuts(analysis, &ways),
        without_rules,
        more,
    }
}

fn rules_of(way: &Way) -> impl Iterator<Item = Ground> + '_ {
    way.passes.iter().filter_map(|pass| match pass {
        Pass::Rule(ground) => Some(*ground),
        Pass::Free(_) => None,
    })
}

// ---------------------------------------------------------------- cuts

/// The rules of all ways, with how many each closes and which together close them all.
fn cuts(analysis: &Analysis<'_>, ways: &[Way]) -> Vec<Cut> {
    let mut closed: BTreeMap<Ground, BTreeSet<usize>> = BTreeMap::new();
    for (number, way) in ways.iter().enumerate() {
        for rule in rules_of(way) {
            closed.entry(rule).or_default().insert(number);
        }
    }
    let chosen = chosen(&closed);
    let mut rules: Vec<_> = closed.into_iter().collect();
    rules.sort_by_key(|(rule, ways)| (std::cmp::Reverse(ways.len()), *rule));
    let directory = analysis.model.directory();
    rules
        .into_iter()
        .map(|(rule, ways)| Cut {
            rule: GroundAnswer::new(&rule, directory),
            closes: ways.len(),
            chosen: chosen.contains(&rule),
        })
        .collect()
}

/// A few rules that together close every way: always the one that closes the most, less those that can
/// be spared in the end.
fn chosen(closed: &BTreeMap<Ground, BTreeSet<usize>>) -> BTreeSet<Ground> {
    let mut open: BTreeSet<usize> = closed.values().flatten().copied().collect();
    let mut chosen = BTreeSet::new();
    while !open.is_empty() {
        let gain = |ways: &BTreeSet<usize>| ways.intersection(&open).count();
        let ranked = closed.iter().rev().max_by_key(|(_, ways)| gain(ways));
        let Some((rule, ways)) = ranked else { break };
        chosen.insert(*rule);
        open.retain(|way| !ways.contains(way));
    }
    for rule in chosen.clone() {
        let others = chosen.iter().filter(|other| **other != rule).map(|other| &closed[other]);
        let others: BTreeSet<usize> = others.flatten().copied().collect();
        if closed[&rule].is_subset(&others) {
            chosen.remove(&rule);
        }
    }
    chosen
}

// ---------------------------------------------------------------- ways

/// What decides who lets a movement pass: the graph, the channel by its number, the classes of both ends.
type Key = (usize, usize, u32, u32);

struct Finder<'f, 'a> {
    flow: Flow<'f, 'a>,
    limit: usize,
    found: Vec<Way>,
    labels: HashMap<Key, Rc<Vec<(Pass, Diagram)>>>,
}

/// Nodes that every rule treats alike, with those for whom data is there.
type Alike = BTreeMap<(usize, u32), Vec<(usize, Diagram)>>;

impl Finder<'_, '_> {
    /// Finds ways, the shortest first; gives whether there are more.
    fn find(&mut self) -> bool {
        let origins = self.flow.origins();
        let mut reached = origins.clone();
        let first = Rc::new(Layer { carried: origins.clone(), arrived: origins });
        let mut open = vec![Trail { passes: Vec::new(), layers: vec![first] }];
        while !open.is_empty() {
            let (ends, between) = self.wanted(&open, &reached);
            for trail in &open {
                for graph in 0..self.flow.graphs.len() {
                    for (pass, front) in self.step(graph, trail, &ends) {
                        let passes = [&trail.passes[..], &[pass]].concat();
                        self.arrive(trail, &passes, &front);
                        if self.found.len() > self.limit {
                            self.found.truncate(self.limit);
                            return true;
                        }
                    }
                }
            }
            open = self.go_on(open, &between, &mut reached);
        }
        false
    }

    /// The nodes that data gets to next and that matter: where chains end, and where they go on.
    fn wanted(&mut self, open: &[Trail], reached: &Front) -> (BTreeSet<At>, BTreeSet<At>) {
        let mut all = Front::new();
        for layer in open.iter().filter_map(|trail| trail.layers.last()) {
            layer.carried.iter().for_each(|(at, when)| self.flow.add(&mut all, *at, *when));
        }
        let next = self.flow.step(&all);
        let mut ends = BTreeSet::new();
        for (at, when) in &next {
            let arrives = self.flow.arrives(*at);
            if self.flow.and(*when, arrives) != Diagram::FALSE {
                ends.insert(*at);
            }
        }
        let between = self.flow.layer(&next, &mut reached.clone()).arrived;
        (ends, between.into_keys().collect())
    }

    /// Notes a way that has arrived, if it is a new one.
    fn arrive(&mut self, trail: &Trail, passes: &[Pass], front: &Front) {
        if self.found.iter().any(|way| way.passes == passes) {
            return;
        }
        if let Some((to, answers)) = self.flow.plainest(front)
            && let Some(chain) = self.trace(trail, passes, to, answers)
        {
            self.found.push(Way { passes: passes.to_vec(), chain });
        }
    }

    /// The ways that go on: from where chains neither begin nor end, and where data has not been before.
    fn go_on(
        &mut self,
        open: Vec<Trail>,
        between: &BTreeSet<At>,
        reached: &mut Front,
    ) -> Vec<Trail> {
        let (before, mut found) = (reached.clone(), Vec::new());
        for trail in open {
            let mut fronts: BTreeMap<Pass, Front> = BTreeMap::new();
            for graph in 0..self.flow.graphs.len() {
                for (pass, front) in self.step(graph, &trail, between) {
                    fronts.entry(pass).or_default().extend(front);
                }
            }
            for (pass, mut front) in fronts {
                for (at, when) in &mut front {
                    let arrives = self.flow.arrives(*at);
                    let diagrams = &mut self.flow.lens.crowd.verdicts.diagrams;
                    *when = diagrams.choose(arrives, Diagram::FALSE, *when);
                }
                let layer = self.flow.layer(&front, &mut before.clone());
                if layer.carried.is_empty() {
                    continue;
                }
                for (at, when) in &layer.carried {
                    self.flow.add(reached, *at, *when);
                }
                let passes = [&trail.passes[..], &[pass]].concat();
                let layers = [&trail.layers[..], &[Rc::new(layer)]].concat();
                found.push(Trail { passes, layers });
            }
        }
        found
    }

    // ------------------------------------------------------------ who lets data pass

    /// Which of the wanted nodes of a graph data gets to in one movement, by what lets it pass.
    fn step(
        &mut self,
        graph: usize,
        trail: &Trail,
        wanted: &BTreeSet<At>,
    ) -> BTreeMap<Pass, Front> {
        let mut found = BTreeMap::new();
        let Some(layer) = trail.layers.last() else { return found };
        let mut sources = Alike::new();
        for ((_, node), when) in layer.carried.iter().filter(|(at, _)| at.0 == graph) {
            let key = self.alike(Side::Source, (graph, *node));
            sources.entry(key).or_default().push((*node, *when));
        }
        let mut targets = Alike::new();
        for at in wanted.range((graph, 0)..(graph + 1, 0)) {
            let key = self.alike(Side::Target, *at);
            targets.entry(key).or_default().push((at.1, Diagram::TRUE));
        }
        for sources in sources.values() {
            for targets in targets.values() {
                self.between(graph, sources, targets, &mut found);
            }
        }
        found
    }

    /// What a node has in common with others that policies and rules treat alike.
    fn alike(&self, side: Side, at: At) -> (usize, u32) {
        let node = self.flow.node(at);
        (node.class, self.flow.lens.table().class_of(side, node.end))
    }

    /// Adds what moves from some nodes to others, all of each treated alike.
    fn between(
        &mut self,
        graph: usize,
        sources: &[(usize, Diagram)],
        targets: &[(usize, Diagram)],
        found: &mut BTreeMap<Pass, Front>,
    ) {
        let (Some((source, _)), Some((target, _))) = (sources.first(), targets.first()) else {
            return;
        };
        let mut total = Diagram::FALSE;
        for (_, when) in sources {
            total = self.flow.or(total, *when);
        }
        let link = self.flow.link_between((graph, *source), (graph, *target));
        if self.flow.and(total, link) == Diagram::FALSE {
            return;
        }
        for number in 0..self.flow.graphs[graph].channels.len() {
            let labels = self.labels(number, (graph, *source), (graph, *target));
            for (pass, passes) in labels.iter() {
                let all = self.flow.and(total, *passes);
                if all == Diagram::FALSE {
                    continue;
                }
                let front = found.entry(*pass).or_default();
                for (to, _) in targets {
                    let to = (graph, *to);
                    let when = self.flow.moved(number, sources, to, (*passes, all));
                    self.flow.add(front, to, when);
                }
            }
        }
    }

    /// Who lets data pass between two nodes on a channel, and for whom: the first rule, or the first
    /// default, or that nobody has a say.
    fn labels(&mut self, number: usize, from: At, to: At) -> Rc<Vec<(Pass, Diagram)>> {
        let key =
            (from.0, number, self.alike(Side::Source, from).1, self.alike(Side::Target, to).1);
        if let Some(known) = self.labels.get(&key) {
            return Rc::clone(known);
        }
        let (mut left, outcome) = self.flow.allowed_on(number, from, to);
        let mut found = Vec::new();
        if left != Diagram::FALSE {
            for (ground, when) in self.flow.grounds(number, from, to) {
                let own = self.flow.and(left, when);
                left = self.flow.lens.crowd.verdicts.diagrams.choose(when, Diagram::FALSE, left);
                if own != Diagram::FALSE {
                    found.push((Pass::Rule(ground), own));
                }
            }
            for (decided, when) in self.flow.lens.crowd.parts(outcome) {
                let reason = (decided != NOWHERE).then(|| self.flow.lens.crowd.decision(decided));
                let reason = reason.and_then(|decision| decision.reason);
                let own = self.flow.and(left, when);
                found.extend(
                    reason.filter(|_| own != Diagram::FALSE).map(|why| (Pass::Free(why), own)),
                );
            }
        }
        let found = Rc::new(found);
        self.labels.insert(key, Rc::clone(&found));
        found
    }

    // ------------------------------------------------------------ examples

    /// The way back from where a chain ends to where it begins.
    fn trace(
        &mut self,
        trail: &Trail,
        passes: &[Pass],
        mut to: At,
        mut answers: Vec<u32>,
    ) -> Option<Vec<Movement>> {
        let mut chain = Vec::new();
        for (layer, pass) in trail.layers.iter().zip(passes).rev() {
            let steps = self.flow.steps_before(&layer.carried, to, &answers);
            let step = steps.into_iter().find(|(number, step)| {
                let labels = self.labels(*number, step.from, to);
                let is_it =
                    |(one, when): &(Pass, Diagram)| one == pass && self.flow.holds(*when, &answers);
                labels.iter().any(is_it)
            });
            let (_, step) = step?;
            chain.push(self.flow.movement(step, &answers));
            (to, answers) = self.flow.arrival(&layer.arrived, step.from, answers)?;
        }
        chain.reverse();
        Some(chain)
    }
}

impl Flow<'_, '_> {
    /// The grounds that let data pass between two nodes on a channel, rules first, each with those for
    /// whom it does.
    fn grounds(&mut self, number: usize, from: At, to: At) -> Vec<(Ground, Diagram)> {
        let graph = &self.graphs[from.0];
        let (kind, channel) = (graph.spot.kind, graph.channels[number]);
        let ends = [self.node(from).end, self.node(to).end];
        let all = self.lens.contributions(kind, None, channel, ends).into_iter();
        let mut grounds: Vec<_> = all.filter(|(one, _)| one.effect == Effect::Allow).collect();
        grounds.sort_by_key(|(one, _)| (one.rule.is_none(), one.side, one.policy, one.rule));
        grounds
    }
}
