//! Paths: chains of allowed movements by which company data gets where it should not, and the rules that
//! would close them.
//!
//! Takes in the ends of chains, gives out one chain for each distinct path. Two chains are one path if equal
//! rules let them pass, movement by movement; so a path is closed by tightening any of its rules. How far
//! data gets is found out by `search`.

#![allow(
    clippy::indexing_slicing,
    reason = "nodes are numbered by the graphs that these lists belong to"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use rustc_hash::FxBuildHasher;
use serde::Serialize;

use super::graph::{ChainQuestion, Node};
use super::search::{Assignment, At, Frontier, Layer, Search};
use crate::analysis::ask::expect::{Hop, roles};
use crate::analysis::engine::query::Query;
use crate::analysis::subject::Analysis;
use crate::dd::Cond;
use crate::decision::{DeterminingRule, Effect, RuleAnswer};
use crate::limits::LimitExceeded;
use crate::model::{ChainScope, Model, PolicyId};
use crate::movement::Movement;
use crate::table::DecisionId;
use crate::vocabulary::{Reason, Side};

/// The chains that company data must not take, as [`Checked::chain`](crate::Checked::chain) reads
/// them: from managed apps and company storage to unmanaged apps and personal storage.
pub const LEAKS: &str = "any from managed, corporate-storage to unmanaged, personal-storage";

/// Options of a search for paths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PathOptions {
    /// Whether data in a company storage can be read on another device of the same user.
    pub across_devices: bool,
    /// The most paths that are given.
    pub limit: usize,
}

impl Default for PathOptions {
    fn default() -> Self {
        Self { across_devices: false, limit: 100 }
    }
}

/// The paths between the ends of chains.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Paths {
    /// The shortest chain of each path, the shortest first. No proper part of a chain leads from a start
    /// to an end.
    pub paths: Vec<Path>,
    /// The rules and defaults that let them pass, those of the most paths first.
    pub rules: Vec<Cut>,
    /// How many paths no rule lets pass: no policy applies to any of their movements.
    pub without_rules: usize,
    /// Whether there are more paths than were asked for.
    pub more: bool,
}

/// One path.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Path {
    /// The movements of an example.
    pub hops: Vec<Hop>,
}

/// A rule or default, and the effect of tightening it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Cut {
    /// The rule.
    #[serde(flatten)]
    pub rule: RuleAnswer,
    /// How many paths are closed if everything that it lets pass is blocked.
    pub closes: usize,
    /// Whether it is one of a few that together close every path that a rule lets pass. None of them can be
    /// spared.
    pub chosen: bool,
}

/// The cause why a movement passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pass {
    /// The first rule or default that allows it.
    Rule(DeterminingRule),
    /// No policy applies.
    NotEnforced(Reason),
}

/// A path, and a chain that takes it.
struct FoundPath {
    passes: Vec<Pass>,
    chain: Vec<Movement>,
}

/// The beginning of a path that has not reached an end.
struct Trail {
    passes: Vec<Pass>,
    layers: Vec<Rc<Layer>>,
}

/// The paths of a scope; with a policy, of what the scope means in an expectation that stands in the policy.
pub(in crate::analysis) fn paths(
    analysis: &Analysis<'_>,
    chain: &ChainScope,
    policy: Option<PolicyId>,
    options: PathOptions,
) -> Result<Paths, LimitExceeded> {
    let ChainScope { scope, avoiding } = chain;
    let query = &mut Query::new(analysis.model, None, analysis.limits(), scope.people.iter())?;
    let across_devices = options.across_devices;
    let question = ChainQuestion { scope, avoiding: avoiding.as_ref(), policy, across_devices };
    let has_unconfirmed = query.model.policies().iter().any(|one| one.unconfirmed.is_some());
    let search = Search::new(query, question)?;
    let (limit, found, labels) = (options.limit, Vec::new(), HashMap::default());
    let mut finder = Finder { search, limit, has_unconfirmed, found, labels };
    let mut more = false;
    for role in roles(policy, scope) {
        finder.search.set_role(*role);
        more = more || finder.find()?;
    }
    let found = finder.found;
    let without_rules = found.iter().filter(|path| rules_of(path).next().is_none()).count();
    let mut paths = Vec::with_capacity(found.len());
    for FoundPath { chain, .. } in &found {
        let hops = chain.iter().map(|movement| Hop::new(query, movement));
        paths.push(Path { hops: hops.collect::<Result<_, _>>()? });
    }
    Ok(Paths { paths, rules: cuts(analysis.model, &found), without_rules, more })
}

fn rules_of(path: &FoundPath) -> impl Iterator<Item = DeterminingRule> + '_ {
    path.passes.iter().filter_map(|pass| match pass {
        Pass::Rule(cause) => Some(*cause),
        Pass::NotEnforced(_) => None,
    })
}

// ---------------------------------------------------------------- cuts

/// The rules of all paths, with how many each closes and which together close them all.
fn cuts(model: &Model, paths: &[FoundPath]) -> Vec<Cut> {
    let mut closed: BTreeMap<DeterminingRule, BTreeSet<usize>> = BTreeMap::new();
    for (number, path) in paths.iter().enumerate() {
        for rule in rules_of(path) {
            closed.entry(rule).or_default().insert(number);
        }
    }
    let chosen = hitting_set(&closed);
    let mut rules: Vec<_> = closed.into_iter().collect();
    rules.sort_by_key(|(rule, paths)| (std::cmp::Reverse(paths.len()), *rule));
    let cut = |(rule, paths): (DeterminingRule, BTreeSet<usize>)| Cut {
        rule: RuleAnswer::new(&rule, model.directory()),
        closes: paths.len(),
        chosen: chosen.contains(&rule),
    };
    rules.into_iter().map(cut).collect()
}

/// A few rules that together close every path: greedily the one that closes the most, less those that can be
/// spared in the end.
fn hitting_set(closed: &BTreeMap<DeterminingRule, BTreeSet<usize>>) -> BTreeSet<DeterminingRule> {
    let mut open: BTreeSet<usize> = closed.values().flatten().copied().collect();
    let mut chosen = BTreeSet::new();
    while !open.is_empty() {
        let gain = |paths: &BTreeSet<usize>| paths.intersection(&open).count();
        let ranked = closed.iter().rev().max_by_key(|(_, paths)| gain(paths));
        let Some((rule, paths)) = ranked else { break };
        chosen.insert(*rule);
        open.retain(|path| !paths.contains(path));
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

// ---------------------------------------------------------------- finding

/// Everything that decides which rules let a movement pass: the graph, the number of the channel, and by
/// what source and target are alike.
type LabelKey = (usize, usize, (usize, usize), (usize, usize));

/// The causes why movements pass, each with its users.
type Labels = Rc<Vec<(Pass, Cond)>>;

struct Finder<'f, 'a> {
    search: Search<'f, 'a>,
    limit: usize,
    /// Whether unconfirmed policies judge what is not managed.
    has_unconfirmed: bool,
    found: Vec<FoundPath>,
    labels: HashMap<LabelKey, Labels, FxBuildHasher>,
}

/// Nodes that every rule treats alike, each with the condition under which data is there.
type Alike = BTreeMap<(usize, usize), Vec<(usize, Cond)>>;

impl Finder<'_, '_> {
    /// Finds paths, the shortest first; tells whether there are more.
    fn find(&mut self) -> Result<bool, LimitExceeded> {
        let origins = self.search.origins()?;
        let mut reached = origins.clone();
        let first = Rc::new(Layer { carried: origins.clone(), arrived: origins });
        let mut open = vec![Trail { passes: Vec::new(), layers: vec![first] }];
        let ends = self.ends()?;
        while !open.is_empty() {
            for trail in &open {
                for graph in 0..self.search.graphs.len() {
                    if self.complete(graph, trail, &ends)? {
                        return Ok(true);
                    }
                }
            }
            let between = self.between_ends(&open, &reached)?;
            open = self.go_on(open, &between, &mut reached)?;
        }
        Ok(false)
    }

    /// Adds the paths that continue a trail to an end; tells whether there are more than are wanted. It
    /// stops as soon as enough are seen.
    fn complete(
        &mut self,
        graph: usize,
        trail: &Trail,
        ends: &BTreeSet<At>,
    ) -> Result<bool, LimitExceeded> {
        let seen = self.found.iter().filter(|path| {
            path.passes.len() == trail.passes.len() + 1 && path.passes.starts_with(&trail.passes)
        });
        let enough = self.limit.saturating_sub(self.found.len()).saturating_add(seen.count());
        // What is seen may reach no end after all; then everything is looked at.
        for enough in [enough, usize::MAX] {
            let frontiers = self.step(graph, trail, ends, enough)?;
            let is_whole = frontiers.len() <= enough;
            for (pass, frontier) in frontiers {
                let passes = [&trail.passes[..], &[pass]].concat();
                self.arrive(trail, &passes, &frontier)?;
                if self.found.len() > self.limit {
                    self.found.truncate(self.limit);
                    return Ok(true);
                }
            }
            if is_whole {
                break;
            }
        }
        Ok(false)
    }

    /// The nodes where chains end.
    fn ends(&mut self) -> Result<BTreeSet<At>, LimitExceeded> {
        let mut found = BTreeSet::new();
        for at in self.search.every_node() {
            if !self.search.ends(at)?.is_never() {
                found.insert(at);
            }
        }
        Ok(found)
    }

    /// The nodes that data gets to next and where chains can go on.
    fn between_ends(
        &mut self,
        open: &[Trail],
        reached: &Frontier,
    ) -> Result<BTreeSet<At>, LimitExceeded> {
        let mut all = Frontier::new();
        for layer in open.iter().filter_map(|trail| trail.layers.last()) {
            for (at, when) in &layer.carried {
                self.search.add(&mut all, *at, *when)?;
            }
        }
        let next = self.search.step(&all)?;
        let between = self.search.layer(&next, &mut reached.clone())?.arrived;
        Ok(between.into_keys().collect())
    }

    /// Adds a path that has reached an end, if it is a new one.
    fn arrive(
        &mut self,
        trail: &Trail,
        passes: &[Pass],
        frontier: &Frontier,
    ) -> Result<(), LimitExceeded> {
        if self.found.iter().any(|path| path.passes == passes) {
            return Ok(());
        }
        if let Some((to, assignment)) = self.search.plainest(frontier)?
            && let Some(chain) = self.trace(trail, passes, to, assignment)?
        {
            self.found.push(FoundPath { passes: passes.to_vec(), chain });
        }
        Ok(())
    }

    /// The trails that go on: from nodes where chains neither start nor end and where data has not been
    /// before.
    fn go_on(
        &mut self,
        open: Vec<Trail>,
        between: &BTreeSet<At>,
        reached: &mut Frontier,
    ) -> Result<Vec<Trail>, LimitExceeded> {
        let (before, mut found) = (reached.clone(), Vec::new());
        for trail in open {
            let mut frontiers: BTreeMap<Pass, Frontier> = BTreeMap::new();
            for graph in 0..self.search.graphs.len() {
                for (pass, frontier) in self.step(graph, &trail, between, usize::MAX)? {
                    frontiers.entry(pass).or_default().extend(frontier);
                }
            }
            for (pass, mut frontier) in frontiers {
                for (at, when) in &mut frontier {
                    let ends = self.search.ends(*at)?;
                    *when = self.search.query.manager().and_not(*when, ends)?;
                }
                let layer = self.search.layer(&frontier, &mut before.clone())?;
                if layer.carried.is_empty() {
                    continue;
                }
                for (at, when) in &layer.carried {
                    self.search.add(reached, *at, *when)?;
                }
                let passes = [&trail.passes[..], &[pass]].concat();
                let layers = [&trail.layers[..], &[Rc::new(layer)]].concat();
                found.push(Trail { passes, layers });
            }
        }
        Ok(found)
    }

    // ------------------------------------------------------------ causes

    /// The wanted nodes of a graph that data gets to in one movement, by the cause why it passes. It stops
    /// where it has seen more than enough causes.
    fn step(
        &mut self,
        graph: usize,
        trail: &Trail,
        wanted: &BTreeSet<At>,
        enough: usize,
    ) -> Result<BTreeMap<Pass, Frontier>, LimitExceeded> {
        let mut found = BTreeMap::new();
        let Some(layer) = trail.layers.last() else { return Ok(found) };
        let mut sources = Alike::new();
        for ((_, node), when) in layer.carried.iter().filter(|(at, _)| at.0 == graph) {
            let key = self.alike(Side::Source, (graph, *node));
            sources.entry(key).or_default().push((*node, *when));
        }
        let mut targets = Alike::new();
        for at in wanted.range((graph, 0)..(graph + 1, 0)) {
            let key = self.alike(Side::Target, *at);
            targets.entry(key).or_default().push((at.1, Cond::TRUE));
        }
        for sources in sources.values() {
            for targets in targets.values() {
                self.between(graph, sources, targets, &mut found)?;
                if found.len() > enough {
                    return Ok(found);
                }
            }
        }
        Ok(found)
    }

    /// The traits by which policies and rules treat nodes alike. Targets of one class that policies judge can
    /// be apps of different policies.
    fn alike(&self, side: Side, at: At) -> (usize, usize) {
        let Node { class, view, .. } = *self.search.node(at);
        let of_policies = side == Side::Target && (view.managed || self.has_unconfirmed);
        (class, if of_policies { self.search.query.class_of(side, view.end) } else { 0 })
    }

    /// Adds the movements between some sources and some targets, all of each treated alike.
    fn between(
        &mut self,
        graph: usize,
        sources: &[(usize, Cond)],
        targets: &[(usize, Cond)],
        found: &mut BTreeMap<Pass, Frontier>,
    ) -> Result<(), LimitExceeded> {
        let (Some((source, _)), Some((target, _))) = (sources.first(), targets.first()) else {
            return Ok(());
        };
        let conditions = sources.iter().map(|(_, when)| *when);
        let any = self.search.query.manager().any(conditions)?;
        let link = self.search.link_between((graph, *source), (graph, *target))?;
        if self.search.and(any, link)?.is_never() {
            return Ok(());
        }
        for number in 0..self.search.graphs[graph].channels.len() {
            let labels = self.labels(number, (graph, *source), (graph, *target))?;
            for (pass, passes) in labels.iter() {
                let all = self.search.and(any, *passes)?;
                if all.is_never() {
                    continue;
                }
                let mut frontier = Frontier::new();
                for (to, _) in targets {
                    let to = (graph, *to);
                    let when = self.search.gather_on(number, sources, to, (*passes, all))?;
                    self.search.add(&mut frontier, to, when)?;
                }
                if !frontier.is_empty() {
                    self.search.join(found.entry(*pass).or_default(), &frontier)?;
                }
            }
        }
        Ok(())
    }

    /// The causes why data passes between two nodes on a channel: the first rule, or the first default, or
    /// that no policy applies.
    fn labels(&mut self, number: usize, from: At, to: At) -> Result<Labels, LimitExceeded> {
        let key = (from.0, number, self.alike(Side::Source, from), self.alike(Side::Target, to));
        if let Some(known) = self.labels.get(&key) {
            return Ok(Rc::clone(known));
        }
        let (mut left, outcome) = self.search.link_and_outcome(number, from, to)?;
        let mut found = Vec::new();
        if !left.is_never() {
            for (cause, when) in self.allowing(number, from, to)? {
                let own = self.search.and(left, when)?;
                left = self.search.query.manager().and_not(left, when)?;
                if !own.is_never() {
                    found.push((Pass::Rule(cause), own));
                }
            }
        }
        // No policy applies to the users who are left.
        if !left.is_never() {
            for (id, when) in self.search.query.users.combiner.parts(outcome)? {
                let decision = self.search.query.users.decision(id);
                let own = self.search.and(left, when)?;
                let reason = decision.reason.filter(|_| id != DecisionId::NONE && !own.is_never());
                found.extend(reason.map(|reason| (Pass::NotEnforced(reason), own)));
            }
        }
        let found = Rc::new(found);
        self.labels.insert(key, Rc::clone(&found));
        Ok(found)
    }

    /// The rules and defaults that allow movements between two nodes on a channel, rules first.
    fn allowing(
        &mut self,
        number: usize,
        from: At,
        to: At,
    ) -> Result<Vec<(DeterminingRule, Cond)>, LimitExceeded> {
        let graph = &self.search.graphs[from.0];
        let (kind, channel) = (graph.devices.kind, graph.channels[number]);
        let views = [self.search.node(from).view, self.search.node(to).view];
        let all = self.search.query.rules_between(kind, None, channel, views)?.into_iter();
        let mut determining: Vec<_> = all.filter(|(one, _)| one.effect == Effect::Allow).collect();
        determining.sort_by_key(|(one, _)| (one.rule.is_none(), one.side, one.policy, one.rule));
        Ok(determining)
    }

    // ------------------------------------------------------------ examples

    /// The chain of a path that ends at a node for one user, from its start.
    fn trace(
        &mut self,
        trail: &Trail,
        passes: &[Pass],
        mut to: At,
        mut assignment: Assignment,
    ) -> Result<Option<Vec<Movement>>, LimitExceeded> {
        let mut chain = Vec::new();
        for (layer, pass) in trail.layers.iter().zip(passes).rev() {
            let mut found = None;
            for (number, step) in self.search.steps_before(&layer.carried, to, &assignment)? {
                let labels = self.labels(number, step.from, to)?;
                let is_it = |(one, when): &(Pass, Cond)| {
                    one == pass && self.search.holds(*when, &assignment)
                };
                if labels.iter().any(is_it) {
                    found = Some(step);
                    break;
                }
            }
            let Some(step) = found else { return Ok(None) };
            chain.push(self.search.movement(step, &assignment));
            match self.search.arrival(&layer.arrived, step.from, assignment)? {
                Some(before) => (to, assignment) = before,
                None => return Ok(None),
            }
        }
        chain.reverse();
        Ok(Some(chain))
    }
}
