//! Effects on the values of facts, and the values at which two sets differ in them.
//!
//! Takes in the launch conditions of policies, gives out their effects by fact and cell, and boxes of values:
//! for each fact some cells, independent of one another. Users and apps are not known here.

use super::cells::FactCells;
use super::texts::{CellSet, tests, words};
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

/// Boxes that together hold the values of facts that lead to an effect under the first conditions and to a milder
/// one under the second, and no other. They may overlap.
///
/// The effect is the join over all facts. So some fact must lead to it under the first conditions, none to a
/// stricter one, and under the second none to one as strict: a box for each fact that does.
pub(super) fn milder(strict: &Effects, mild: &Effects, effect: AccessEffect) -> Vec<FactBox> {
    let within = within(strict, mild, |strict, mild| strict <= effect && mild < effect);
    if !within.iter().all(|cells| cells.contains(&true)) {
        return Vec::new();
    }
    let at = |fact: usize| {
        let cells = within.get(fact)?.iter().zip(strict.get(fact)?);
        let changed: CellSet = cells.map(|(within, own)| *within && *own == effect).collect();
        let mut cells = within.clone();
        cells.get_mut(fact)?.clone_from(&changed);
        changed.contains(&true).then_some(FactBox { cells, changed: Some(fact) })
    };
    (0..within.len()).filter_map(at).collect()
}

/// The box of values that lead to `allow` under both conditions, if there are any.
pub(super) fn allowed(one: &Effects, other: &Effects) -> Option<FactBox> {
    let is_mild = |one, other| one == AccessEffect::Allow && other == AccessEffect::Allow;
    let cells = within(one, other, is_mild);
    let is_any = cells.iter().all(|cells| cells.contains(&true));
    is_any.then_some(FactBox { cells, changed: None })
}

fn within(
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
    /// The effects to which its values lead, the mildest first.
    pub(super) fn effects(&self, of: &Effects) -> Vec<AccessEffect> {
        let held: Vec<Vec<AccessEffect>> = of
            .iter()
            .zip(&self.cells)
            .map(|(effects, cells)| {
                let held = effects.iter().zip(cells).filter(|(_, is_held)| **is_held);
                held.map(|(effect, _)| *effect).collect()
            })
            .collect();
        let is_reached = |effect: &AccessEffect| {
            let is_at_most = held.iter().all(|fact| fact.iter().any(|own| own <= effect));
            let is_some = held.iter().flatten().any(|own| own == effect);
            is_at_most && (*effect == AccessEffect::Allow || is_some)
        };
        AccessEffect::ALL.iter().copied().filter(is_reached).collect()
    }

    /// The effect, among some, with which a condition of a fact fires for its values.
    pub(super) fn effect_of(
        &self,
        condition: &Effects,
        fact: usize,
        among: &[AccessEffect],
    ) -> Option<AccessEffect> {
        let cells = self.cells.get(fact)?.iter().zip(condition.get(fact)?);
        let held = cells.filter(|(is_held, _)| **is_held).map(|(_, effect)| *effect);
        held.filter(|effect| *effect != AccessEffect::Allow && among.contains(effect)).max()
    }

    /// The tests that hold for its values, as alternatives, each with the values of the changed fact in words.
    pub(super) fn texts(&self, facts: &[FactCells]) -> Vec<(String, Option<String>)> {
        let mut all = vec![(String::new(), None)];
        let others = (0..facts.len()).filter(|fact| Some(*fact) != self.changed);
        for fact in self.changed.into_iter().chain(others) {
            let both = facts.get(fact).zip(self.cells.get(fact));
            let own = both.map(|(facts, cells)| (facts, tests(facts, cells)));
            let Some((facts, own)) = own else { continue };
            let with = |(known, said): &(String, Option<String>)| {
                let add = |(text, cells): &(String, CellSet)| {
                    let said = match self.changed == Some(fact) {
                        true => Some(words(facts, cells, text)),
                        false => said.clone(),
                    };
                    let texts = [known.as_str(), text].into_iter().filter(|text| !text.is_empty());
                    (texts.collect::<Vec<_>>().join(", "), said)
                };
                own.iter().map(add).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(with).collect();
        }
        all
    }
}
