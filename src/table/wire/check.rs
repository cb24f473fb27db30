//! The invariants between the parts of a table, on which array reads rely.
//!
//! Takes in parts whose numbers are each in their range, gives out the first broken invariant.

use std::collections::{BTreeMap, BTreeSet};

use super::codec::Flaw;
use crate::dd::{Func, Node, NodeId};
use crate::model::{Entries, Text};
use crate::table::ir::{DeviceKinds, Ir, Range32, Sets};
use crate::table::runtime::{ClassFacts, GroupBits, Layout, MatrixAt, NO_LINE, TableData};
use crate::vocabulary::{Channel, DeviceState, Platform};

fn demand(holds: bool, flaw: Flaw) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(flaw) }
}

/// Every name lies within the texts, and every id refers to an entry.
pub(super) fn entries(entries: &Entries) -> Result<(), Flaw> {
    let Entries { texts, apps, storages, users, policies, rules, ids, urls } = entries;
    demand(
        !apps.is_empty() && !storages.is_empty(),
        "the entry of unlisted apps or storages is missing",
    )?;
    let named = apps.iter().map(|app| app.name).chain(storages.iter().map(|one| one.name));
    let named = named.chain(users.iter().copied()).chain(urls.iter().map(|(url, _)| *url));
    let named = named.chain(ids.iter().flatten().map(|(id, _)| *id));
    let shown = policies.iter().flat_map(|policy| [policy.name, policy.file]);
    let said = rules.iter().flat_map(|rule| [Some(rule.text), Some(rule.file), rule.because]);
    let all = named.chain(shown).chain(said.flatten());
    let mut all: Vec<Text> = all.collect();
    demand(all.iter().all(|text| texts.holds(*text)), "a name stands outside of the texts")?;
    let ranges = all.drain(..).map(|Text { start, length }| Range32 { start, length });
    demand(follow_each_other(ranges, texts.all().len()), "texts overlap, or are none")?;
    let mut lower = ids.iter().flatten().map(|(id, _)| texts.get(*id));
    let is_lower = |id: &str| !id.bytes().any(|byte| byte.is_ascii_uppercase());
    demand(lower.all(is_lower), "an id is not in lower case")?;
    let mut owners = ids.iter().flatten().chain(urls).map(|(_, app)| app.index());
    demand(owners.all(|app| app < apps.len()), "an id belongs to no app")?;
    let mut owners = rules.iter().map(|rule| rule.policy.index());
    demand(owners.all(|policy| policy < policies.len()), "a rule belongs to no policy")
}

/// Whether ranges of a list, of which some may be the same, stand one behind the other and leave nothing
/// out: what they refer to together is no longer than the list.
fn follow_each_other(ranges: impl Iterator<Item = Range32>, all: usize) -> bool {
    let mut ranges: Vec<_> = ranges.map(|range| (range.start, range.length)).collect();
    ranges.sort_unstable();
    ranges.dedup();
    are_consecutive(ranges.into_iter().map(|(start, length)| Range32 { start, length }), all)
}

/// Whether ranges of a list stand one behind the other in their order, and leave nothing out.
fn are_consecutive(mut ranges: impl Iterator<Item = Range32>, all: usize) -> bool {
    let end = ranges.try_fold(0, |end: usize, Range32 { start, length }| {
        (start as usize == end).then(|| end.checked_add(length as usize))?
    });
    end == Some(all)
}

/// Every variable belongs to a group, and there are no more than a user has bits.
pub(super) fn variables(variables: &[Option<u32>]) -> Result<(), Flaw> {
    let mut all: Vec<u32> = variables.iter().copied().flatten().collect();
    all.sort_unstable();
    all.dedup();
    demand(all.len() <= GroupBits::CAPACITY, "there are more variables than bits of a user")?;
    demand(all.iter().zip(0..).all(|(one, next)| *one == next), "a variable belongs to no group")
}

/// Classes are numbered in the order of their first members.
pub(super) fn classes(of_endpoint: &[u32], endpoints: usize) -> Result<(), Flaw> {
    demand(of_endpoint.len() == endpoints, "an endpoint has no class, or a class no endpoint")?;
    let mut next = 0;
    for class in of_endpoint {
        demand(*class <= next, "a class has no member")?;
        next += u32::from(*class == next);
    }
    Ok(())
}

/// The invariants between the parts: diagrams, devices, facts, matrices, IR.
pub(super) fn table(table: &TableData) -> Result<(), Flaw> {
    let terminals = Terminals::new(&table.nodes, table.groups.len())?;
    let decisions = u32::try_from(table.decisions.len()).unwrap_or(u32::MAX);
    demand(decisions > 0, "there is no decision")?;
    devices(&table.devices)?;
    let classes = table.classes.each_ref().map(|classes| classes.len());
    let kinds = table.devices.len();
    facts(&table.facts_at, &table.facts, kinds, classes)?;
    let managed = table.facts.iter().map(|facts| facts.managed);
    demand(
        terminals.all_below(managed, 2),
        "the users of a managed app are given by a function that is no condition",
    )?;
    let outcomes = table.facts.iter().map(|facts| facts.reason);
    let outcomes = outcomes.chain(table.layout.cells.iter().copied());
    demand(terminals.all_below(outcomes, decisions), "a cell leads to no decision")?;
    layout(&table.layout, kinds, classes)?;
    ir(&table.ir, table, &terminals)
}

// ---------------------------------------------------------------- decision diagrams

/// By node: the largest terminal that it reaches.
struct Terminals<'n> {
    nodes: &'n [Node],
    largest: Vec<u32>,
}

impl<'n> Terminals<'n> {
    /// Every node stands behind those to which it leads and tests an earlier variable than they do: every
    /// evaluation ends.
    fn new(nodes: &'n [Node], variables: usize) -> Result<Self, Flaw> {
        let mut found = Self { nodes, largest: Vec::with_capacity(nodes.len()) };
        for node in nodes {
            demand((node.variable as usize) < variables, "a node tests an unknown variable")?;
            let mut largest = 0;
            for next in [node.low, node.high] {
                let (terminal, variable) = found.look(next).ok_or("a node leads nowhere")?;
                demand(
                    variable.is_none_or(|one| one > node.variable),
                    "variables are not ordered",
                )?;
                largest = largest.max(terminal);
            }
            found.largest.push(largest);
        }
        Ok(found)
    }

    /// The largest terminal that a function reaches, and the variable that it tests first.
    fn look(&self, id: NodeId) -> Option<(u32, Option<u32>)> {
        match id.terminal() {
            Some(terminal) => Some((terminal, None)),
            None => {
                let largest = self.largest.get(id.index())?;
                Some((*largest, Some(self.nodes.get(id.index())?.variable)))
            }
        }
    }

    fn all_below<T>(&self, mut all: impl Iterator<Item = Func<T>>, bound: u32) -> bool {
        all.all(|one| self.look(one.id()).is_some_and(|(largest, _)| largest < bound))
    }
}

// ---------------------------------------------------------------- devices and matrices

fn devices(devices: &DeviceKinds) -> Result<(), Flaw> {
    let states = DeviceState::ALL.len();
    demand(devices.numbers.len() == Platform::ALL.len() * states, "a device is missing")?;
    let on =
        |platform: &'static Platform| DeviceState::ALL.iter().map(move |state| (platform, state));
    let mut numbers = Platform::ALL.iter().flat_map(on).zip(&devices.numbers);
    let fits = numbers.all(|((platform, state), kind)| {
        kind.is_some() == state.exists_on(*platform)
            && kind.is_none_or(|one| one.index() < devices.len())
    });
    demand(fits, "a device is of no kind")?;
    demand(devices.len() <= devices.numbers.len(), "there are more kinds than devices")?;
    let mut witnesses = devices.witnesses.iter();
    demand(witnesses.all(|one| one.state.exists_on(one.platform)), "there is no such device")
}

fn facts(
    at: &[[u32; 2]],
    facts: &[ClassFacts],
    kinds: usize,
    classes: [usize; 2],
) -> Result<(), Flaw> {
    demand(at.len() == kinds, "a kind of device is missing")?;
    let mut lists = at.iter().flat_map(|at| at.iter().zip(classes));
    let fit = lists.all(|(start, length)| is_within(*start, length, facts.len()));
    demand(fit, "a class has no facts")
}

fn is_within(start: u32, length: usize, all: usize) -> bool {
    (start as usize).checked_add(length).is_some_and(|end| end <= all)
}

/// A part of a list; `None` if the list ends before it.
fn part<T>(list: &[T], start: u32, length: usize) -> Option<&[T]> {
    list.get(start as usize..)?.get(..length)
}

fn layout(layout: &Layout, kinds: usize, classes: [usize; 2]) -> Result<(), Flaw> {
    demand(layout.matrices.len() == kinds * Channel::ALL.len(), "a matrix is missing")?;
    let mut maps = [LineMaps::new(layout, classes[0]), LineMaps::new(layout, classes[1])];
    let line_maps = layout.matrices.iter().flat_map(|matrix| {
        let [rows, columns] = [matrix.rows, matrix.columns];
        [(rows, classes[0]), (columns, classes[1])]
    });
    let line_maps = line_maps.map(|(start, classes)| Range32 {
        start,
        length: u32::try_from(classes * 2).unwrap_or(u32::MAX),
    });
    demand(follow_each_other(line_maps, layout.lines.len()), "rows or columns overlap")?;
    for MatrixAt { rows, columns, cells, width } in &layout.matrices {
        let [height, columns] = {
            let [of_rows, of_columns] = &mut maps;
            [of_rows.count(*rows)?, of_columns.count(*columns)?]
        };
        demand(columns <= *width as usize, "a column is beyond its matrix")?;
        let size = height.checked_mul(*width as usize).ok_or("a matrix is too large")?;
        demand(is_within(*cells, size, layout.cells.len()), "a matrix is beyond the cells")?;
    }
    Ok(())
}

/// The numbers of lines of line maps, which matrices share.
struct LineMaps<'c> {
    lines: &'c [u32],
    length: usize,
    known: BTreeMap<u32, usize>,
}

impl<'c> LineMaps<'c> {
    fn new(layout: &'c Layout, classes: usize) -> Self {
        Self { lines: &layout.lines, length: classes * 2, known: BTreeMap::new() }
    }

    /// How many lines a map leads to.
    fn count(&mut self, start: u32) -> Result<usize, Flaw> {
        if let Some(lines) = self.known.get(&start) {
            return Ok(*lines);
        }
        let map = part(self.lines, start, self.length).ok_or("a matrix has no lines")?;
        let last = map.iter().filter(|line| **line != NO_LINE).max();
        let lines = last.map_or(0, |last| *last as usize + 1);
        self.known.insert(start, lines);
        Ok(lines)
    }
}

// ---------------------------------------------------------------- policies and rules

fn ir(ir: &Ir, table: &TableData, terminals: &Terminals<'_>) -> Result<(), Flaw> {
    let entries = table.directory.entries();
    let (policies, rules) = (entries.policies.len(), entries.rules.len());
    let apps = entries.apps.len();
    demand(ir.policies.len() == policies, "a policy is missing")?;
    demand(ir.rules.len() == rules, "a rule is missing")?;
    demand(ir.apps.len() == apps && ir.protection.len() == apps, "an app is missing")?;
    demand(ir.order.len() == policies, "the order of policies misses one")?;
    let mut ids = ir.order.iter().chain(&ir.yielded_to).map(|id| id.index());
    demand(ids.all(|id| id < policies), "there is no such policy")?;
    demand(is_ordered(ir), "a policy stands before one that it yields to, or twice")?;
    demand(ir.rule_ids.iter().all(|id| id.index() < rules), "there is no such rule")?;
    let mut ids = ir.protected.iter().map(|(app, _)| app).chain(&ir.examples);
    demand(ids.all(|app| app.index() < apps), "there is no such app")?;
    let mut kinds = ir.protection.iter();
    demand(kinds.all(|kind| (*kind as usize) < ir.examples.len()), "an app has no protection")?;
    for policy in &ir.policies {
        let fits = |part: Range32, all: usize| is_within(part.start, part.length as usize, all);
        let are_there = fits(policy.protects, ir.protected.len())
            && fits(policy.yields_to, ir.yielded_to.len())
            && fits(policy.rules, ir.rule_ids.len());
        demand(are_there, "a list of a policy is not there")?;
    }
    let own = ir.policies.iter();
    let are_apart = follow_each_other(own.clone().map(|one| one.protects), ir.protected.len())
        && are_consecutive(own.clone().map(|one| one.yields_to), ir.yielded_to.len())
        && are_consecutive(own.map(|one| one.rules), ir.rule_ids.len());
    demand(are_apart, "lists of policies overlap")?;
    let mut ordered = BTreeSet::new();
    for policy in &ir.policies {
        let is_new = ordered.insert((policy.protects.start, policy.protects.length));
        let is_ordered = !is_new || ir.protected(policy).is_sorted_by(|a, b| a.0 < b.0);
        demand(is_ordered, "the apps of a policy are not ordered")?;
    }
    let all = ir.rules.iter();
    demand(all.clone().all(|one| one.policy.index() < policies), "there is no such policy")?;
    let is_there =
        |set: Option<u32>, sets: &Sets| set.is_none_or(|set| (set as usize) < sets.sets.len());
    let [sources, targets] = &ir.sets;
    let have_sets = all.clone().all(|rule| {
        let [from, to] = rule.sets;
        is_there(from, sources) && is_there(to, targets)
    });
    demand(have_sets, "there is no such set")?;
    ir.sets.iter().try_for_each(sets)?;
    let people = ir.policies.iter().map(|policy| policy.people);
    let people = people.chain(all.map(|rule| rule.people));
    demand(terminals.all_below(people, 2), "a condition on users is no condition")
}

fn sets(sets: &Sets) -> Result<(), Flaw> {
    let fits = |part: Range32, all: usize| is_within(part.start, part.length as usize, all);
    let mut lists = sets.sets.iter().flat_map(|set| [set.named, set.except]);
    demand(lists.all(|part| fits(part, sets.members.len())), "a set has no terms")?;
    let all = sets.sets.iter().flat_map(|set| [set.named, set.except]);
    demand(are_consecutive(all, sets.members.len()), "sets overlap")?;
    let all = sets.terms.iter().flatten().copied();
    demand(follow_each_other(all, sets.ranges.len()), "terms overlap")?;
    let mut members = sets.members.iter();
    demand(members.all(|term| (*term as usize) < sets.terms.len()), "there is no such term")?;
    let lists = sets.terms.iter().flatten().map(|list| (list.start, list.length));
    for (start, length) in lists.collect::<BTreeSet<_>>() {
        let ranges = part(&sets.ranges, start, length as usize);
        let ranges = ranges.ok_or("a term has no ranges")?;
        let are_ordered = ranges.iter().all(|range| range.first <= range.last)
            && ranges.is_sorted_by(|a, b| a.last < b.first);
        demand(are_ordered, "the ranges of a term are not ordered")?;
    }
    Ok(())
}

/// Whether the order of policies has each of them once, behind those that it yields to.
fn is_ordered(ir: &Ir) -> bool {
    let mut placed = vec![false; ir.policies.len()];
    ir.order.iter().all(|id| {
        let policy = ir.policies.get(id.index());
        let above = policy.and_then(|policy| {
            let Range32 { start, length } = policy.yields_to;
            part(&ir.yielded_to, start, length as usize)
        });
        let is_behind = above.is_some_and(|above| {
            above.iter().all(|one| placed.get(one.index()).copied().unwrap_or(false))
        });
        let place = placed.get_mut(id.index());
        is_behind && place.is_some_and(|place| !std::mem::replace(place, true))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_follow_each_other_or_are_the_same() {
        let range = |start, length| Range32 { start, length };
        let both = |ranges: &[Range32], all| {
            [
                are_consecutive(ranges.iter().copied(), all),
                follow_each_other(ranges.iter().copied(), all),
            ]
        };
        assert_eq!(both(&[], 0), [true, true]);
        assert_eq!(both(&[range(0, 2), range(2, 0), range(2, 3)], 5), [true, true]);
        assert_eq!(both(&[range(2, 3), range(0, 2), range(2, 3)], 5), [false, true]);
        for wrong in
            [[range(0, 2), range(1, 3)], [range(0, 4), range(0, 3)], [range(0, 2), range(3, 1)]]
        {
            assert_eq!(both(&wrong, 4), [false, false]);
        }
        assert_eq!(both(&[range(0, 2)], 3), [false, false]);
        assert_eq!(both(&[range(0, u32::MAX), range(u32::MAX, u32::MAX)], 3), [false, false]);
    }
}
