//! Differences: movements that two models decide differently.
//!
//! Takes in two models, gives out scopes with the decision of each and the rules that determine it: every
//! difference and nothing else. How the models are asked is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "classes and endpoints are numbered by the alignment that these lists belong to"
)]

use std::ops::ControlFlow;

use super::comparer::{AlignedAtom, AlignedDevices, Comparer, Comparison, Decisions};
use super::rules::{ModelRule, NamedAtoms};
use crate::analysis::engine::determining::{RuledPart, RuledRectangles, ruled_parts, words_of};
use crate::analysis::engine::rectangles::{AtomNames, FactGrid};
use crate::decision::{Decision, DeterminingRule, RuleScope};
use crate::limits::LimitExceeded;
use crate::vocabulary::{Channel, Channels, Side};

/// Movements that each model decides alike, and both decide differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Difference {
    /// The decisions of the first and of the second model.
    pub(crate) decisions: [Decision; 2],
    /// The channels of the movements.
    pub(crate) channels: Channels,
    /// Their sources.
    pub(crate) from: String,
    /// Their targets.
    pub(crate) to: String,
    /// Users and devices, as further clauses.
    pub(crate) context: String,
    /// By model: the rules and defaults that determine the decision. One without scopes decides every
    /// movement.
    pub(crate) by: [Vec<(DeterminingRule, Vec<RuleScope>)>; 2],
}

impl Difference {
    /// The channels in words.
    pub(crate) fn channel_words(&self) -> String {
        words_of(self.channels)
    }

    /// The movements.
    pub(crate) fn scope(&self) -> String {
        let channels = self.channel_words();
        format!("{channels} from {} to {}{}", self.from, self.to, self.context)
    }

    /// Whether the second model lets something through that the first one does not.
    #[cfg(feature = "intune")]
    pub(crate) fn is_laxer(&self) -> bool {
        let [before, after] = self.decisions.map(|decision| decision.verdict);
        before.join(after) != after
    }
}

impl Comparison<'_> {
    /// Every difference.
    pub(crate) fn differences(&self) -> Result<Vec<Difference>, LimitExceeded> {
        let mut comparer = Comparer::new(self)?;
        let mut rectangles = RuledRectangles::new();
        comparer.visit(|comparer, devices, channel| {
            comparer.rectangles(devices, channel, &mut rectangles)?;
            Ok(ControlFlow::Continue(()))
        })?;
        let Comparer { users, alignment, .. } = &mut comparer;
        let people = alignment.texts_of_people();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let parts = ruled_parts(users, &people, rectangles)?;
        Ok(parts.into_iter().map(Difference::new).collect())
    }

    /// Whether there is any difference.
    pub(crate) fn is_any(&self) -> Result<bool, LimitExceeded> {
        let mut found = false;
        Comparer::new(self)?.visit(|comparer, devices, channel| {
            found = comparer.is_any(devices, channel)?;
            Ok(if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }
}

impl Comparer<'_> {
    fn is_any(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
    ) -> Result<bool, LimitExceeded> {
        let Some([sources, targets]) = self.atoms(devices, channel)? else { return Ok(false) };
        self.differ_somewhere(devices, channel, [&sources, &targets])
    }

    fn differ_somewhere(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        [sources, targets]: [&[AlignedAtom]; 2],
    ) -> Result<bool, LimitExceeded> {
        for source in sources {
            for target in targets {
                if self.differs(devices, channel, source, target)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Adds the differences as rectangles, each with the determining rules of both models.
    fn rectangles(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        found: &mut RuledRectangles<Decisions, ModelRule>,
    ) -> Result<(), LimitExceeded> {
        let Some([sources, targets]) = self.atoms(devices, channel)? else { return Ok(()) };
        // Most of two sets is equal, and then nothing needs a name.
        if !self.differ_somewhere(devices, channel, [&sources, &targets])? {
            return Ok(());
        }
        let ask = |source: &AlignedAtom, target: &AlignedAtom| {
            self.cell(devices, channel, source, target)
        };
        let grid = FactGrid::new(&sources, &targets, ask)?;
        let names = [
            self.names(devices, channel, Side::Source, &sources)?,
            self.names(devices, channel, Side::Target, &targets)?,
        ];
        let rectangles = grid.rectangles(
            &mut self.users,
            &mut |users, side, of, marks| names[side as usize].texts(users, of, marks),
            Option::is_some,
        )?;
        let named = NamedAtoms { atoms: [&sources, &targets], names: &names };
        for (rectangle, held) in rectangles {
            let Some(fact) = rectangle.fact else { continue };
            let rectangle = rectangle.with(fact);
            let grid = self.rules(devices, channel, named, (&rectangle, &held))?;
            found.entry((rectangle, channel)).or_default().push(grid);
        }
        Ok(())
    }

    fn names(
        &mut self,
        devices: &AlignedDevices,
        channel: Channel,
        side: Side,
        atoms: &[AlignedAtom],
    ) -> Result<AtomNames, LimitExceeded> {
        let AlignedDevices { platform, state, .. } = *devices;
        let mut exist = Vec::new();
        for view in self.alignment.every_view(channel, side, platform, state) {
            exist.push(self.existence(devices, view)?);
        }
        let names = self.alignment.names(channel, side, platform, state);
        let found = AtomNames::new(names, &exist);
        let views = atoms.iter().map(|atom| found.of_positions(atom.positions())).collect();
        Ok(found.of_views(views))
    }
}

impl Difference {
    fn new(part: RuledPart<Decisions, ModelRule>) -> Self {
        let RuledPart { channels, from, to, context, fact, rules } = part;
        let mut by = [Vec::new(), Vec::new()];
        for (ModelRule { model, rule, .. }, scopes) in rules {
            by[model].push((rule, scopes));
        }
        Self { decisions: fact, channels, from, to, context, by }
    }
}
