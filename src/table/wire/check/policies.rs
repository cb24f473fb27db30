//! The invariants of policies and rules, by which determining rules are found.

#![allow(
    clippy::indexing_slicing,
    reason = "ids are checked before the lists that they index are read"
)]

use super::super::codec::{Flaw, demand};
use super::conditions::Conditions;
use super::ranges::{distinct, part};
use crate::model::PolicyId;
use crate::table::ir::{Ir, Range32, Sets};
use crate::table::runtime::Parts;

pub(super) fn ir(parts: &Parts, conditions: &Conditions<'_>) -> Result<(), Flaw> {
    let (ir, entries) = (&parts.ir, parts.directory.entries());
    let (policies, rules) = (entries.policies.len(), entries.rules.len());
    let apps = entries.apps.len();
    demand(ir.policies.len() == policies, "a policy is missing")?;
    demand(ir.rules.len() == rules, "a rule is missing")?;
    demand(ir.apps.len() == apps && ir.protection.len() == apps, "an app is missing")?;
    let mut ids = ir.order.iter().chain(&ir.yielded_to).map(|id| id.index());
    demand(ids.all(|id| id < policies), "there is no such policy")?;
    demand(ir.rule_ids.iter().all(|id| id.index() < rules), "there is no such rule")?;
    let mut ids = ir.protected.iter().map(|(app, _)| app).chain(&ir.examples);
    demand(ids.all(|app| app.index() < apps), "there is no such app")?;
    let mut kinds = ir.protection.iter();
    demand(kinds.all(|kind| (*kind as usize) < ir.examples.len()), "an app has no protection")?;
    lists(ir)?;
    order(ir)?;
    let mut owners = ir.rules.iter().map(|rule| rule.policy.index());
    demand(owners.all(|policy| policy < policies), "there is no such policy")?;
    rule_sets(ir)?;
    let people = ir.policies.iter().map(|policy| policy.people);
    conditions.hold(people.chain(ir.rules.iter().map(|rule| rule.people)))
}

/// The lists of policies are there: apps in order, and the policy's own rules.
fn lists(ir: &Ir) -> Result<(), Flaw> {
    let protects = ir.policies.iter().map(|policy| policy.protects);
    let protects = distinct(protects, ir.protected.len())?;
    let lists = protects.iter().map(|range| part(&ir.protected, *range).unwrap_or_default());
    let are_ordered = lists.into_iter().all(|list| list.is_sorted_by(|a, b| a.0 < b.0));
    demand(are_ordered, "the apps of a policy are not ordered")?;
    distinct(ir.policies.iter().map(|policy| policy.rules), ir.rule_ids.len())?;
    for (number, policy) in ir.policies.iter().enumerate() {
        let rules = part(&ir.rule_ids, policy.rules).unwrap_or_default();
        let are_own = rules.iter().all(|id| ir.rules[id.index()].policy == PolicyId::new(number));
        demand(are_own, "a rule is in the list of another policy")?;
    }
    Ok(())
}

/// The order of policies has each of them once, behind those that it yields to.
fn order(ir: &Ir) -> Result<(), Flaw> {
    let mut position = vec![None; ir.policies.len()];
    demand(ir.order.len() == ir.policies.len(), "the order of policies misses one")?;
    for (at, id) in ir.order.iter().enumerate() {
        let before = position[id.index()].replace(at);
        demand(before.is_none(), "a policy stands in the order twice")?;
    }
    let lists = distinct(ir.policies.iter().map(|policy| policy.yields_to), ir.yielded_to.len())?;
    let last = lists.iter().map(|range| {
        let others = part(&ir.yielded_to, *range).unwrap_or_default().iter();
        others.filter_map(|id| position[id.index()]).max()
    });
    let last: Vec<Option<usize>> = last.collect();
    let is_behind = |id: &PolicyId| {
        let list = lists.binary_search(&ir.policies[id.index()].yields_to);
        list.ok().and_then(|list| last[list]) < position[id.index()]
    };
    demand(ir.order.iter().all(is_behind), "a policy stands before one that it yields to")
}

fn rule_sets(ir: &Ir) -> Result<(), Flaw> {
    let [sources, targets] = &ir.sets;
    let is_there =
        |set: Option<u32>, sets: &Sets| set.is_none_or(|set| (set as usize) < sets.sets.len());
    let have_sets = ir.rules.iter().all(|rule| {
        let [from, to] = rule.sets;
        is_there(from, sources) && is_there(to, targets)
    });
    demand(have_sets, "there is no such set")?;
    ir.sets.iter().try_for_each(sets)
}

fn sets(sets: &Sets) -> Result<(), Flaw> {
    let lists = sets.sets.iter().flat_map(|set| [set.named, set.except]);
    distinct(lists, sets.members.len())?;
    let mut members = sets.members.iter();
    demand(members.all(|term| (*term as usize) < sets.terms.len()), "there is no such term")?;
    let ranges = distinct(sets.terms.iter().flatten().copied(), sets.ranges.len())?;
    let are_ordered = |range: &Range32| {
        let ranges = part(&sets.ranges, *range).unwrap_or_default();
        ranges.iter().all(|range| range.first <= range.last)
            && ranges.is_sorted_by(|a, b| a.last < b.first)
    };
    demand(ranges.iter().all(are_ordered), "the ranges of a term are not ordered")
}
