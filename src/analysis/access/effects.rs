//! Effects on the values of facts, and the values at which two sets differ in them.
//!
//! Takes in the launch conditions of policies, gives out their effects by fact and cell, and disjoint boxes of
//! values: for each fact some cells, independent of one another. Users and apps are not known here.

use super::cells::FactCells;
use super::texts::{CellSet, has_words, tests, words};
use crate::access::AccessEffect;
use crate::model::{Access, AccessKind};

/// The effect of some conditions, by fact and cell.
pub(super) type Effects = Vec<Vec<AccessEffect>>;

/// The effects of statements.
pub(super) fn effects_of<'m>(
    statements: impl Iterator<Item = &'m Access>,
    facts: &[FactCells],
) -> Effects {
    let mut found: Effects =
        facts.iter().map(|one| vec![AccessEffect::Allow; one.cells.len()]).collect();
    for one in statements {
        let AccessKind::Launch { action, condition } = &one.kind else { continue };
        let cells = facts.iter().zip(&mut found);
        let own = cells.filter(|(facts, _)| facts.fact == condition.fact());
        for (facts, effects) in own {
            for (cell, effect) in facts.cells.iter().zip(effects) {
                *effect = (*effect).max(cell.effect((*action, condition)));
            }
        }
    }
    found
}

/// The join of two effects everywhere.
pub(super) fn joined(one: &Effects, other: &Effects) -> Effects {
    let joined = |(one, other): (&Vec<AccessEffect>, &Vec<AccessEffect>)| {
        one.iter().zip(other).map(|(a, b)| *a.max(b)).collect()
    };
    one.iter().zip(other).map(joined).collect()
}

/// Values of all facts: those in some cells of each.
#[derive(Debug, Clone)]
pub(super) struct FactBox {
    cells: Vec<CellSet>,
    /// The fact about which two sets differ, by its number.
    changed: Option<usize>,
}

/// A part of a box that the tests of one scope can name.
#[derive(Debug, Clone)]
pub(super) struct FactPart {
    cells: Vec<CellSet>,
    /// The tests; empty for all values of all facts.
    pub(super) when: String,
    /// The values of the changed fact in words.
    pub(super) words: Option<String>,
}

/// The values of a part for which a condition fires with some effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Firing {
    Never,
    Sometimes,
    Always,
}

/// Disjoint boxes that together hold the values of facts that lead to the first effect under the first conditions and
/// to the second effect, another one, under the second conditions, and no other.
///
/// The effect is the join over all facts. So no fact leads to more in either set. Some fact leads to the stricter
/// effect where that holds: a box for the first such fact. If the milder effect is more than `allow`, some fact leads
/// to it under the other conditions: again a box for the first one. There are at most as many boxes as pairs of facts
/// of which the first one differs.
pub(super) fn differing(old: &Effects, new: &Effects, to: [AccessEffect; 2]) -> Vec<FactBox> {
    let [before, after] = to;
    let open = cells_of_both(old, new, |old, new| old <= before && new <= after);
    let of_old = cells_of_both(old, new, |old, _| old == before);
    let of_new = cells_of_both(old, new, |_, new| new == after);
    let [stricter, milder] = if before > after { [of_old, of_new] } else { [of_new, of_old] };
    let facts = 0..open.len();
    let mut found = Vec::new();
    for (changed, cells) in by_first(&open, &stricter, facts.clone()) {
        if before.min(after) == AccessEffect::Allow {
            found.push(FactBox { cells, changed: Some(changed) });
            continue;
        }
        let others = facts.clone().filter(|fact| *fact != changed);
        let boxes = by_first(&cells, &milder, std::iter::once(changed).chain(others)).into_iter();
        found.extend(boxes.map(|(_, cells)| FactBox { cells, changed: Some(changed) }));
    }
    found
}

/// Disjoint boxes that together hold the values of which some fact has a marked one: those of which a fact is the
/// first, in an order, that has one. Each comes with that fact.
fn by_first(
    open: &[CellSet],
    marked: &[CellSet],
    order: impl Iterator<Item = usize>,
) -> Vec<(usize, Vec<CellSet>)> {
    let mut open = open.to_vec();
    let mut found = Vec::new();
    for fact in order {
        if !open.iter().all(|cells| cells.contains(&true)) {
            break;
        }
        let Some(marked) = marked.get(fact) else { continue };
        let mut own = open.clone();
        for (cells, keeps) in [(own.get_mut(fact), true), (open.get_mut(fact), false)] {
            let cells = cells.into_iter().flatten().zip(marked);
            cells.for_each(|(cell, marked)| *cell &= *marked == keeps);
        }
        if own.get(fact).is_some_and(|cells| cells.contains(&true)) {
            found.push((fact, own));
        }
    }
    found
}

/// The box of values that lead to `allow` under both conditions, if there are any.
pub(super) fn allowed(one: &Effects, other: &Effects) -> Option<FactBox> {
    let is_mild = |one, other| one == AccessEffect::Allow && other == AccessEffect::Allow;
    let cells = cells_of_both(one, other, is_mild);
    let is_any = cells.iter().all(|cells| cells.contains(&true));
    is_any.then_some(FactBox { cells, changed: None })
}

fn cells_of_both(
    one: &Effects,
    other: &Effects,
    holds: impl Fn(AccessEffect, AccessEffect) -> bool,
) -> Vec<CellSet> {
    let facts = one.iter().zip(other);
    let cells =
        facts.map(|(one, other)| one.iter().zip(other).map(|(a, b)| holds(*a, *b)).collect());
    cells.collect()
}

impl FactBox {
    /// Disjoint parts that together hold its values.
    pub(super) fn parts(&self, facts: &[FactCells]) -> Vec<FactPart> {
        let mut all =
            vec![FactPart { cells: self.cells.clone(), when: String::new(), words: None }];
        let others = (0..facts.len()).filter(|fact| Some(*fact) != self.changed);
        for fact in self.changed.into_iter().chain(others) {
            let both = facts.get(fact).zip(self.cells.get(fact));
            let own = both.map(|(facts, cells)| (facts, tests(facts, cells)));
            let Some((facts, own)) = own else { continue };
            let with = |known: &FactPart| {
                let add = |(text, cells): &(String, CellSet)| {
                    let mut part = known.clone();
                    part.cells.get_mut(fact).into_iter().for_each(|own| own.clone_from(cells));
                    if self.changed == Some(fact) {
                        // Words are told together, whichever of them one scope can name.
                        let whole = self.cells.get(fact).filter(|_| has_words(facts.fact));
                        part.words = Some(words(facts, whole.unwrap_or(cells), text));
                    }
                    let texts = [known.when.as_str(), text].into_iter();
                    let texts = texts.filter(|text| !text.is_empty()).collect::<Vec<_>>();
                    part.when = texts.join(", ");
                    part
                };
                own.iter().map(add).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(with).collect();
        }
        all
    }
}

impl FactPart {
    /// For which of its values a condition of a fact fires, given the cells for which it does.
    pub(super) fn firing(&self, fact: usize, fires: &CellSet) -> Firing {
        let held = self.cells.get(fact).into_iter().flatten().zip(fires);
        let mut held = held.filter(|(is_held, _)| **is_held).map(|(_, fires)| *fires).peekable();
        let first = held.peek().copied().unwrap_or(false);
        match (first, held.all(|fires| fires == first)) {
            (_, false) => Firing::Sometimes,
            (true, true) => Firing::Always,
            (false, true) => Firing::Never,
        }
    }
}
