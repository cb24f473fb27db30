//! One bundle of policies on its way into the layout.
//!
//! Takes in a model, its IR and the policies of a bundle, gives out the bundle's parts: its classes, lines and
//! sets of matrices. Lines and classes that all matrices treat alike are merged at the end, so that the parts
//! are no larger than what is decided.

#![allow(
    clippy::indexing_slicing,
    reason = "rules, lines and classes are numbered by the bundle that these lists belong to"
)]

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::super::ir::{Device, DeviceKinds, EndpointIndex, Ir, PolicyIr, RuleIr};
use super::super::runtime::{
    Bundle, Code, Layer, MatrixRef, NO_SET, SET_SIZE, SetPair, Variant, position_in_set,
};
use super::bundles::PolicyBundle;
use super::layout::LayoutBuilder;
use super::lines::{Lines, Names, Terms};
use super::matrices::{BundleMatrix, BundleRules, Fallback, MatrixBuilder, Outcomes};
use super::partition::{Class, Partition, Traits};
use crate::dd::Cond;
use crate::limits::{LimitExceeded, index};
use crate::model::Model;
use crate::vocabulary::{Channel, DeviceStates, Effect, Platform, Platforms, Side};

/// The parts of a model from which every bundle is built.
pub(super) struct Source<'m> {
    pub(super) model: &'m Model,
    pub(super) ir: &'m Ir,
    pub(super) devices: &'m DeviceKinds,
    pub(super) endpoints: EndpointIndex,
    pub(super) traits: &'m Traits,
    pub(super) character_limits: &'m [u32],
    /// The limit on cells.
    pub(super) cells: usize,
}

/// The outcomes of some rules of a bundle on a kind of device, by position in the set.
type OutcomeSet = [Outcomes; SET_SIZE];

/// By kind of device: the outcomes where the policies apply, and of `app-wide` rules alone.
type OutcomesByKind = Vec<[Option<OutcomeSet>; 2]>;

/// The users of some rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct RulesFor {
    people: Cond,
    fallback: Fallback,
}

impl Source<'_> {
    /// Adds a bundle to the layout.
    pub(super) fn add(
        &self,
        policies: &PolicyBundle,
        into: &mut LayoutBuilder,
    ) -> Result<(), LimitExceeded> {
        let Some(head) = policies.policies.first().map(|id| self.ir.policy(*id)) else {
            return Ok(());
        };
        let rules = BundleRules::new(self.ir, &policies.policies, self.character_limits)?;
        let (partition, lines) = self.lines(&rules, head)?;
        let rule_lists = [lines[0].list.as_slice(), lines[1].list.as_slice()];
        let mut matrices = MatrixBuilder::new(self.ir, &rules, rule_lists, self.cells);
        let layers = self.layers(&rules);
        let all_users = RulesFor { people: Cond::TRUE, fallback: Fallback::Default };
        let sets = self.outcomes(&mut matrices, head, all_users)?;
        let of_layers = layers.iter().map(|people| {
            let layer = RulesFor { people: *people, fallback: Fallback::NotApplicable };
            self.outcomes(&mut matrices, head, layer)
        });
        let of_layers: Vec<OutcomesByKind> = of_layers.collect::<Result<_, _>>()?;
        let merged =
            [0, 1].map(|side| merge_lines(&matrices.matrices, side, lines[side].list.len()));
        let places = LaidOut::new(into, &matrices.matrices, &merged)?;
        let layers = layers.iter().zip(of_layers).map(|(people, outcomes)| {
            Ok(Layer { people: *people, sets: places.sets_by_kind(into, outcomes)? })
        });
        let layers: Vec<Layer> = layers.collect::<Result<_, LimitExceeded>>()?;
        let sets = places.sets_by_kind(into, sets)?;
        let layers = into.layers(layers)?;
        let yields_to = into.yields_to(policies.yields_to.clone())?;
        let bundle = Bundle {
            people: head.people,
            platforms: head.platforms,
            devices: head.devices,
            otherwise: head.otherwise,
            unconfirmed: head.unconfirmed,
            yields_to,
            sets,
            layers,
            ..self.classes(into, &partition, &lines, &merged)?
        };
        into.layout.bundles.push(bundle);
        Ok(())
    }

    /// The classes and lines of a bundle.
    fn lines(
        &self,
        rules: &BundleRules,
        head: &PolicyIr,
    ) -> Result<(Partition, [Lines; 2]), LimitExceeded> {
        let mut names = Names::default();
        let terms = [Side::Source, Side::Target].map(|side| {
            let rules = rules.rules.iter();
            let sets = rules.map(|rule| self.model.rule(rule.id).scope.side(side));
            Terms::new(&sets.collect::<Vec<_>>(), &mut names)
        });
        let protects = self.ir.protected(head);
        let partition =
            Partition::new(self.model, self.endpoints, self.traits, &names.list, protects)?;
        let [sources, targets] =
            terms.map(|terms| Lines::new(self.model, self.endpoints, &partition, &terms));
        Ok((partition, [sources?, targets?]))
    }

    /// The users of the rules of a bundle, those of rules for all users first; nothing if there are no others.
    fn layers(&self, rules: &BundleRules) -> Vec<Cond> {
        let mut layers = vec![Cond::TRUE];
        for rule in &rules.rules {
            let people = self.ir.rule(rule.id).people;
            if !layers.contains(&people) {
                layers.push(people);
            }
        }
        if layers.len() == 1 { Vec::new() } else { layers }
    }

    // ------------------------------------------------------------ outcomes

    fn outcomes(
        &self,
        matrices: &mut MatrixBuilder<'_>,
        head: &PolicyIr,
        rules: RulesFor,
    ) -> Result<OutcomesByKind, LimitExceeded> {
        let kinds = self.devices.witnesses.iter().map(|device| {
            if !(head.platforms.contains(device.platform) && head.devices.contains(device.state)) {
                return Ok([None; 2]);
            }
            let all = self.outcome_set(matrices, *device, rules, |_| true)?;
            let rules = RulesFor { fallback: Fallback::NotApplicable, ..rules };
            let app_wide = self.outcome_set(matrices, *device, rules, |rule| rule.app_wide)?;
            let nothing = Outcomes::Constant(Code::NOT_APPLICABLE);
            Ok([Some(all), Some(app_wide).filter(|set| *set != [nothing; SET_SIZE])])
        });
        kinds.collect()
    }

    fn outcome_set(
        &self,
        matrices: &mut MatrixBuilder<'_>,
        device: Device,
        RulesFor { people, fallback }: RulesFor,
        is_meant: impl Fn(&RuleIr) -> bool,
    ) -> Result<OutcomeSet, LimitExceeded> {
        let nothing = Outcomes::Constant(Code::NOT_APPLICABLE);
        let mut set = [nothing; SET_SIZE];
        for channel in Channel::ALL.iter().filter(|one| one.exists_on(device.platform)) {
            for side in [Side::Source, Side::Target] {
                let Some(position) = position_in_set(*channel, side) else { continue };
                let is_active = |rule: &RuleIr| {
                    rule.effect.side() == side
                        && rule.people == people
                        && rule.is_for(*channel, device.platform, device.state)
                        && is_meant(rule)
                };
                set[position] = matrices.outcomes_of(side, fallback, is_active)?;
            }
        }
        Ok(set)
    }

    // ------------------------------------------------------------ classes

    /// The bundle with its classes and lines, and nothing else.
    fn classes(
        &self,
        into: &mut LayoutBuilder,
        partition: &Partition,
        lines: &[Lines; 2],
        merged: &[Merged; 2],
    ) -> Result<Bundle, LimitExceeded> {
        let seen = |class: usize| SeenClass::new(class, &partition.classes[class], lines, merged);
        let all: Vec<SeenClass> = (0..partition.classes.len()).map(seen).collect();
        let examples = partition.classes.iter().map(|class| class.example);
        let traits: Vec<u16> =
            examples.map(|example| self.traits.of_thing[example as usize]).collect();
        let (list, numbers) = merge_classes(all, &traits);
        let (mut named, mut words) = (Vec::new(), vec![0; self.endpoints.things().div_ceil(64)]);
        for (thing, class) in &partition.named {
            let number = numbers[*class as usize];
            if number != u32::from(traits[*class as usize]) {
                words[*thing as usize / 64] |= 1 << (thing % 64);
                named.push(number);
            }
        }
        let protects: Vec<u32> = list.iter().map(|one| u32::from(one.protects)).collect();
        let mut places = [[0; Platform::ALL.len()]; 2];
        for (side, places) in places.iter_mut().enumerate() {
            for (platform, place) in places.iter_mut().enumerate() {
                let of = list.iter().flat_map(|one| one.lines[side][platform]);
                *place = into.list(&of.collect::<Vec<u32>>())?;
            }
        }
        Ok(Bundle {
            people: Cond::FALSE,
            platforms: Platforms::NONE,
            devices: DeviceStates::NONE,
            otherwise: Effect::Block,
            unconfirmed: false,
            yields_to: Default::default(),
            words: into.words(words)?,
            classes: into.range(&named)?,
            protects: into.range(&protects)?,
            lines: places,
            line_counts: [index(merged[0].count)?, index(merged[1].count)?],
            sets: 0,
            layers: Default::default(),
        })
    }
}

/// Everything that decisions know of a class.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct SeenClass {
    protects: u16,
    /// By side, platform and variant.
    lines: [[[u32; Variant::COUNT]; Platform::ALL.len()]; 2],
}

impl SeenClass {
    fn new(number: usize, class: &Class, lines: &[Lines; 2], merged: &[Merged; 2]) -> Self {
        let lines = std::array::from_fn(|side| {
            std::array::from_fn(|platform| {
                let first = number * Variant::COUNT;
                let line = |variant: usize| lines[side].of[platform][first + variant] as usize;
                std::array::from_fn(|variant| merged[side].of_line[line(variant)])
            })
        });
        Self { protects: class.protects.bits(), lines }
    }
}

/// The distinct classes, and by class the one that stands for it. The first ones are those of traits, which
/// stay apart; `traits` has by class that of its traits.
fn merge_classes(classes: Vec<SeenClass>, traits: &[u16]) -> (Vec<SeenClass>, Vec<u32>) {
    let unnamed = traits.iter().zip(0..).take_while(|(one, at)| usize::from(**one) == *at).count();
    let mut list: Vec<SeenClass> = classes.iter().take(unnamed).cloned().collect();
    let mut known: HashMap<SeenClass, u32, FxBuildHasher> = HashMap::default();
    let numbers = classes.into_iter().zip(traits).map(|(class, of_traits)| {
        if class == list[usize::from(*of_traits)] {
            return u32::from(*of_traits);
        }
        *known.entry(class).or_insert_with_key(|class| {
            list.push(class.clone());
            // Classes are numbered with 32 bits.
            list.len() as u32 - 1
        })
    });
    let numbers = numbers.collect();
    (list, numbers)
}

// ---------------------------------------------------------------- lines

/// The lines of one side after those that all matrices treat alike were merged.
struct Merged {
    /// By line: the one that stands for it.
    of_line: Vec<u32>,
    /// By merged line: a line.
    examples: Vec<usize>,
    count: usize,
}

fn merge_lines(matrices: &[BundleMatrix], side: usize, lines: usize) -> Merged {
    let mut known: HashMap<Vec<u32>, u32, FxBuildHasher> = HashMap::default();
    let mut examples = Vec::new();
    let of_line = (0..lines).map(|line| {
        let places = matrices.iter().map(|matrix| matrix.of_line[side][line]).collect();
        *known.entry(places).or_insert_with(|| {
            examples.push(line);
            // Lines are numbered with 32 bits.
            examples.len() as u32 - 1
        })
    });
    let of_line = of_line.collect();
    Merged { of_line, count: examples.len(), examples }
}

/// The matrices of a bundle in the layout.
struct LaidOut(Vec<MatrixRef>);

impl LaidOut {
    fn new(
        into: &mut LayoutBuilder,
        matrices: &[BundleMatrix],
        merged: &[Merged; 2],
    ) -> Result<Self, LimitExceeded> {
        let matrices = matrices.iter().map(|matrix| {
            let [rows, columns] = [0, 1].map(|side: usize| {
                let examples = merged[side].examples.iter();
                examples.map(|line| matrix.of_line[side][*line]).collect::<Vec<u32>>()
            });
            into.matrix([&rows, &columns], matrix.cells.clone(), matrix.width)
        });
        matrices.collect::<Result<_, _>>().map(Self)
    }

    /// The place of the sets of all kinds of devices.
    fn sets_by_kind(
        &self,
        into: &mut LayoutBuilder,
        outcomes: OutcomesByKind,
    ) -> Result<u32, LimitExceeded> {
        let mut pairs: Vec<SetPair> = Vec::with_capacity(outcomes.len());
        for pair in outcomes {
            let mut numbers = [NO_SET; 2];
            for (number, set) in numbers.iter_mut().zip(pair) {
                if let Some(set) = set {
                    *number = into.set(set.map(|one| self.place(one)))?;
                }
            }
            pairs.push(numbers);
        }
        into.sets_by_kind(pairs)
    }

    fn place(&self, outcomes: Outcomes) -> MatrixRef {
        match outcomes {
            Outcomes::Constant(code) => MatrixRef::constant(code),
            Outcomes::Matrix(number) => self.0[number],
        }
    }
}
