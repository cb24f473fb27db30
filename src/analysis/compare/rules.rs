//! Determining rules of differences, of both models.
//!
//! Takes in the rectangles of one channel and block of devices, gives out the rules that decide in each, and
//! for whom. How parts are made of them is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "classes and atoms are numbered by the comparison that these lists belong to"
)]

use std::collections::{BTreeMap, BTreeSet};

use super::comparer::{AlignedAtom, AlignedDevices, AlignedMember, Comparer, Decisions, Which};
use crate::analysis::engine::determining::{RuleCell, RuleGrid};
use crate::analysis::engine::rectangles::{AtomNames, Held, Rectangle, between};
use crate::bits::Bits;
use crate::dd::Cond;
use crate::decision::DeterminingRule;
use crate::limits::LimitExceeded;
use crate::model::{PolicyId, RuleId};
use crate::vocabulary::{Channel, Side};

/// A determining rule of one of the models, in the order of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ModelRule {
    pub(super) model: usize,
    rank: (Side, PolicyId, Option<RuleId>),
    pub(super) rule: DeterminingRule,
}

/// The atoms of both sides, with their names.
#[derive(Clone, Copy)]
pub(super) struct NamedAtoms<'n> {
    pub(super) atoms: [&'n [AlignedAtom]; 2],
    pub(super) names: &'n [AtomNames; 2],
}

impl Comparer<'_> {
    /// The rules of both models that decide the movements of a rectangle.
    pub(super) fn rules(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        NamedAtoms { atoms, names }: NamedAtoms<'_>,
        (rectangle, held): (&Rectangle<Decisions>, &Held),
    ) -> Result<RuleGrid<ModelRule>, LimitExceeded> {
        let mut fine = |side: Side| {
            let of = |(from, to): &(usize, usize)| if side == Side::Source { *from } else { *to };
            let wanted: BTreeSet<usize> = held.pairs.iter().map(of).collect();
            self.fine_atoms(side, atoms[side as usize], (&wanted, &held.views[side as usize]))
        };
        let (sources, targets) = (fine(Side::Source)?, fine(Side::Target)?);
        let pairs: BTreeSet<_> = held.pairs.iter().copied().collect();
        let ask = &mut |(row, source): &(usize, AlignedAtom),
                        (column, target): &(usize, AlignedAtom)| {
            match pairs.contains(&(*row, *column)) {
                true => self.rule_cell(devices, channel, (source, target), rectangle),
                false => Ok((Cond::FALSE, None)),
            }
        };
        let (moving, cells) = between(&sources, &targets, ask)?;
        let views = |names: &AtomNames, atoms: &[(usize, AlignedAtom)]| -> Vec<Bits> {
            atoms.iter().map(|(_, atom)| names.of_positions(atom.positions())).collect()
        };
        let (rows, columns) = (views(&names[0], &sources), views(&names[1], &targets));
        let names = [&names[0], &names[1]];
        let place = (devices.platform, devices.states);
        Ok(RuleGrid::new(place, names, [&rows, &columns], (&moving, &cells)))
    }

    /// The named views of some atoms, each with the number of its atom, split by class.
    fn fine_atoms(
        &mut self,
        side: Side,
        atoms: &[AlignedAtom],
        (wanted, named): (&BTreeSet<usize>, &Bits),
    ) -> Result<Vec<(usize, AlignedAtom)>, LimitExceeded> {
        let mut found = Vec::new();
        for of in wanted {
            let mut classes: BTreeMap<_, Vec<AlignedMember>> = BTreeMap::new();
            let is_named = |member: &&AlignedMember| named.contains(member.position);
            for member in atoms[*of].members.iter().filter(is_named) {
                let ends = member.view.end.ends;
                let class = [0, 1].map(|model| self.matrices[model].class_of(side, ends[model]));
                classes.entry((class, member.view.managed)).or_default().push(*member);
            }
            for members in classes.into_values() {
                let inside = self.users.manager().any(members.iter().map(|one| one.exists))?;
                let apps = self.apps_of(&members);
                found.push((*of, atoms[*of].with_members(inside, members, apps)));
            }
        }
        Ok(found)
    }

    /// The users for whom data of a rectangle can move between two atoms, and the rules that decide there.
    fn rule_cell(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        pair: (&AlignedAtom, &AlignedAtom),
        rectangle: &Rectangle<Decisions>,
    ) -> Result<(Cond, RuleCell<ModelRule>), LimitExceeded> {
        let moving = self.moving(channel, pair, Which::Both)?;
        let ([from, ..], [to, ..]) = (&pair.0.members[..], &pair.1.members[..]) else {
            return Ok((Cond::FALSE, None));
        };
        if self.users.manager().are_disjoint(moving, rectangle.users)? {
            return Ok((Cond::FALSE, None));
        }
        let mut cell = BTreeMap::new();
        for model in [0, 1] {
            let decision = rectangle.fact[model];
            if !decision.is_enforced() {
                continue;
            }
            let (combiner, kind) = (&mut self.users.combiner, devices.kind[model]);
            let matrices = &mut self.matrices[model];
            // The old model may see the endpoints managed for some of the users.
            let all = if model == 0 {
                let ends = [from, to].map(|one| one.view.end.ends[0]);
                matrices.applicable_rules(combiner, kind, None, channel, ends)?
            } else {
                let views = [from, to].map(|one| one.view.of_model(1));
                matrices.rules_between(combiner, kind, None, channel, views)?
            };
            let all = all.into_iter().filter(|(rule, _)| rule.effect == decision.effect());
            let numbered = |rule: DeterminingRule| ModelRule { model, rank: rule.rank(), rule };
            cell.extend(all.map(|(rule, when)| (numbered(rule), when)));
        }
        // The rules of all cells are kept until parts are made of them.
        self.users.manager().take_steps(cell.len())?;
        Ok((moving, Some(cell)))
    }
}
