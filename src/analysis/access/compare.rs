//! Accesses that two models decide differently: in effects, in enforcement, in requirements.
//!
//! Takes in two models, gives out every difference and nothing else, as accesses with what both models say of
//! them. Users stay conditions: of the policies that apply, those that ask for the same are one, and only users
//! for whom something differs are told apart. How differences are shown is not known here.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::cells::{FactCells, cells, on_platform};
use super::effects::{Effects, FactBox, allowed, effects_of, joined, milder};
use super::members::{Members, OpenedNames};
use super::space::{conditions, may_apply};
use crate::access::{
    AccessEffect, FieldValue, Fired, RequirementPart, Requirements, Requiring, required_by,
};
use crate::analysis::compare::comparer::{Comparer, Comparison};
use crate::analysis::engine::align::AlignedEndpoint;
use crate::dd::Cond;
use crate::limits::{LimitExceeded, Resource};
use crate::model::{Access, AccessId, AccessKind, Model, PolicyId};
use crate::table::{Device, DeviceKind};
use crate::vocabulary::{DeviceState, Platform, Reason};

/// The factor on the limit of kinds of users where one difference is enough: the kinds are not printed.
const MORE_KINDS: usize = 16;

/// What a model says of accesses whose effect differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EffectSide {
    /// The effects on these accesses, the mildest first.
    pub(crate) effects: Vec<AccessEffect>,
    /// The reason for which no policy applies.
    pub(crate) reason: Option<Reason>,
    /// The conditions that lead to these effects on some of the accesses.
    pub(crate) fired: Vec<Fired>,
}

/// Accesses on which two models have different effects, or enforce them differently.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EffectDifference {
    pub(crate) sides: [EffectSide; 2],
    /// The tests of facts; empty where facts make no difference.
    pub(crate) when: String,
    /// The values of the fact about which the models differ, in words.
    pub(crate) words: Option<String>,
}

/// Accesses for which two models have different requirements.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RequirementDifference {
    /// Whether the requirements of each model are as strict as those of the other.
    pub(crate) meets: [bool; 2],
    /// The parts that differ, with their values in both models.
    pub(crate) parts: Vec<(RequirementPart, [PartValue; 2])>,
}

/// The value of a part of requirements, if it asks for something, with the statements that say so.
pub(crate) type PartValue = Option<(FieldValue, Vec<AccessId>)>;

/// The differences of two models in accesses, each with scopes that hold them.
#[derive(Debug, Default)]
pub(crate) struct AccessDifferences {
    pub(crate) effects: Vec<(EffectDifference, Vec<String>)>,
    pub(crate) requirements: Vec<(RequirementDifference, Vec<String>)>,
}

impl AccessDifferences {
    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.effects.is_empty() && self.requirements.is_empty()
    }

    /// Every difference. Models without any statement about accesses do not differ in them.
    pub(crate) fn of(comparison: &Comparison<'_>) -> Result<Self, LimitExceeded> {
        let says = |model: &Model| model.policies().iter().any(|policy| !policy.access.is_empty());
        if !comparison.models.iter().any(|model| says(model)) {
            return Ok(Self::default());
        }
        let mut found = AccessComparer::new(comparison)?;
        found.visit(AccessComparer::compare)?;
        found.named()
    }

    /// Every difference; if these take more kinds of users than the limit, those for one user for whom there is
    /// one.
    pub(crate) fn some(comparison: &Comparison<'_>) -> Result<Self, LimitExceeded> {
        match Self::of(comparison) {
            Err(error) if error.resource() == Resource::UserKinds => {
                let mut found = AccessComparer::new(comparison)?;
                found.most_kinds = found.most_kinds.saturating_mul(MORE_KINDS);
                found.visit(AccessComparer::compare_example)?;
                found.named()
            }
            found => found,
        }
    }
}

/// Policies that may apply to an access, each with its users.
type Policies = Vec<(PolicyId, Cond)>;

/// The users for whom some policy applies, and those for whom none does, by reason.
type Standing = Vec<(Option<Reason>, Cond)>;

/// By model: what policies ask for, with the users for whom they apply.
type Groups<T> = [BTreeMap<T, Cond>; 2];

/// What the policies of both models ask for together, with the users for whom they do.
type Kinds<T> = BTreeMap<[T; 2], Cond>;

/// An app under an account on a device, as both models see it.
struct AlignedAccess {
    /// Its number among all on the platform.
    number: usize,
    device: Device,
    /// By model: the policies that apply.
    policies: [Policies; 2],
    /// By model: the users for whom some policy applies, and those for whom none does, by reason.
    standing: [Standing; 2],
}

/// Two models, with what was found so far.
struct AccessComparer<'c> {
    comparison: &'c Comparison<'c>,
    comparer: Comparer<'c>,
    /// By platform.
    facts: Vec<Vec<FactCells>>,
    /// What each policy asks for on each device, by model.
    asked: HashMap<(usize, PolicyId, Device), Rc<(Effects, Requirements)>>,
    /// The users who are compared.
    among: Cond,
    /// The most kinds of users that are told apart.
    most_kinds: usize,
    effects: BTreeMap<EffectDifference, Members>,
    requirements: BTreeMap<RequirementDifference, Members>,
}

impl<'c> AccessComparer<'c> {
    fn new(comparison: &'c Comparison<'c>) -> Result<Self, LimitExceeded> {
        let conditions = comparison.models.iter().flat_map(|model| conditions(model));
        let all = cells(&conditions.collect::<Vec<_>>(), &[]);
        Ok(Self {
            comparison,
            comparer: Comparer::new(comparison)?,
            facts: Platform::ALL.iter().map(|platform| on_platform(&all, *platform)).collect(),
            asked: HashMap::new(),
            among: Cond::TRUE,
            most_kinds: comparison.limits.user_kinds,
            effects: BTreeMap::new(),
            requirements: BTreeMap::new(),
        })
    }

    /// Compares every access.
    fn visit(
        &mut self,
        compare: fn(&mut Self, &AlignedAccess) -> Result<(), LimitExceeded>,
    ) -> Result<(), LimitExceeded> {
        for platform in self.comparison.platforms.iter() {
            let apps = self.comparer.alignment.every_opened(platform);
            let states = DeviceState::ALL.iter().filter(|state| state.exists_on(platform));
            for state in states {
                let device = Device { platform, state: *state };
                let kinds = self.comparer.matrices.each_ref().map(|one| one.device_kind(device));
                let [Some(old), Some(new)] = kinds else { continue };
                for (number, end) in apps.iter().enumerate() {
                    let access = self.access((number, *end), device, [old, new])?;
                    compare(self, &access)?;
                }
            }
        }
        Ok(())
    }

    fn access(
        &mut self,
        (number, end): (usize, AlignedEndpoint),
        device: Device,
        kinds: [DeviceKind; 2],
    ) -> Result<AlignedAccess, LimitExceeded> {
        let mut found = AlignedAccess {
            number,
            device,
            policies: [Vec::new(), Vec::new()],
            standing: [Vec::new(), Vec::new()],
        };
        let sides = found.policies.iter_mut().zip(&mut found.standing).enumerate();
        for (side, (policies, standing)) in sides {
            let (Some(matrices), Some(model)) =
                (self.comparer.matrices.get_mut(side), self.comparison.models.get(side))
            else {
                continue;
            };
            let Some((end, kind)) = end.ends.get(side).zip(kinds.get(side)) else { continue };
            let combiner = &mut self.comparer.users.combiner;
            let managed = matrices.managed(combiner, *kind, *end)?;
            let what_if = self.comparison.what_if.get(side).copied().flatten();
            for id in may_apply(model, what_if, *end) {
                let when = matrices.applies(combiner, *kind, id, *end)?;
                let when = combiner.manager.and(when, managed)?;
                policies.extend((!when.is_never()).then_some((id, when)));
            }
            standing.push((None, managed));
            standing.extend(matrices.reasons(combiner, *kind, *end)?);
        }
        Ok(found)
    }

    /// What a policy asks for on a device.
    fn asked(&mut self, side: usize, id: PolicyId, device: Device) -> Rc<(Effects, Requirements)> {
        let facts = self.facts.get(device.platform.index()).map_or(&[][..], Vec::as_slice);
        let model = self.comparison.models.get(side);
        let asked = || {
            let own = || model.into_iter().flat_map(|model| statements(model, id, device));
            let required = own().filter_map(|one| requiring(one, device)).map(|(.., own)| own);
            let required = required.reduce(Requirements::join).unwrap_or_default();
            Rc::new((effects_of(own(), facts), required))
        };
        Rc::clone(self.asked.entry((side, id, device)).or_insert_with(asked))
    }

    fn compare(&mut self, access: &AlignedAccess) -> Result<(), LimitExceeded> {
        self.compare_effects(access)?;
        self.compare_requirements(access)
    }

    /// Compares an example of the users for whom effects or reasons differ, and the requirements of all, up to
    /// the first difference of all.
    fn compare_example(&mut self, access: &AlignedAccess) -> Result<(), LimitExceeded> {
        if !self.effects.is_empty() || !self.requirements.is_empty() {
            return Ok(());
        }
        let differing = self.differing_effects(access)?;
        if let Some(user) = self.comparer.users.example(differing) {
            self.among = self.comparer.users.user(&user)?;
            self.compare_effects(access)?;
            self.among = Cond::TRUE;
        }
        self.compare_requirements(access)
    }

    /// The users for whom some facts have another effect, or `allow` for another reason.
    ///
    /// An effect is the join over all facts. So one model leads to an effect and the other one to less where a
    /// value of some fact does so, and the other facts have values that lead to less in the other model.
    fn differing_effects(&mut self, access: &AlignedAccess) -> Result<Cond, LimitExceeded> {
        let mut found = self.moved(&access.standing)?;
        for side in [0, 1] {
            let allowed = self.leading_to_less(access, side, None, AccessEffect::Warn)?;
            found = self.comparer.users.manager().and(found, allowed)?;
        }
        let facts = self.facts.get(access.device.platform.index()).cloned().unwrap_or_default();
        let effects = AccessEffect::ALL.iter().filter(|one| **one > AccessEffect::Allow);
        for (effect, (fact, cells)) in
            effects.flat_map(|effect| facts.iter().enumerate().map(move |fact| (*effect, fact)))
        {
            let mut milder = [Cond::FALSE; 2];
            for cell in 0..cells.cells.len() {
                let [old, new] = self.leading_to(access, (fact, cell), effect)?;
                let manager = self.comparer.users.manager();
                for (milder, (mild, strict)) in milder.iter_mut().zip([(old, new), (new, old)]) {
                    let users = manager.and_not(strict, mild)?;
                    *milder = manager.or(*milder, users)?;
                }
            }
            for (side, milder) in milder.into_iter().enumerate().filter(|(_, one)| !one.is_never())
            {
                let less = self.leading_to_less(access, side, Some(fact), effect)?;
                let users = self.comparer.users.manager().and(milder, less)?;
                found = self.comparer.users.manager().or(found, users)?;
            }
        }
        Ok(found)
    }

    /// By model: the users for whom a cell of a fact leads to an effect, or to a stricter one.
    fn leading_to(
        &mut self,
        access: &AlignedAccess,
        (fact, cell): (usize, usize),
        effect: AccessEffect,
    ) -> Result<[Cond; 2], LimitExceeded> {
        let mut found = [Cond::FALSE; 2];
        for (side, (found, policies)) in found.iter_mut().zip(&access.policies).enumerate() {
            let mut users = Vec::new();
            for (id, when) in policies {
                let asked = self.asked(side, *id, access.device);
                let own = asked.0.get(fact).and_then(|own| own.get(cell));
                users.extend(own.is_some_and(|own| *own >= effect).then_some(*when));
            }
            *found = self.comparer.users.manager().any(users)?;
        }
        Ok(found)
    }

    /// The users for whom some value of each fact but one leads to less than an effect in a model.
    fn leading_to_less(
        &mut self,
        access: &AlignedAccess,
        side: usize,
        but: Option<usize>,
        effect: AccessEffect,
    ) -> Result<Cond, LimitExceeded> {
        let facts = self.facts.get(access.device.platform.index()).map_or(&[][..], Vec::as_slice);
        let cells: Vec<usize> = facts.iter().map(|one| one.cells.len()).collect();
        let mut found = Cond::TRUE;
        for (fact, cells) in cells.into_iter().enumerate().filter(|(fact, _)| Some(*fact) != but) {
            let mut of_fact = Cond::FALSE;
            for cell in 0..cells {
                let both = self.leading_to(access, (fact, cell), effect)?;
                let strict = both.get(side).copied().unwrap_or(Cond::FALSE);
                let less = self.comparer.users.manager().not(strict)?;
                of_fact = self.comparer.users.manager().or(of_fact, less)?;
            }
            found = self.comparer.users.manager().and(found, of_fact)?;
        }
        Ok(found)
    }

    /// The users for whom the policies of both models differ in what they ask for, told apart by what they ask
    /// for together.
    fn kinds<T: Ord + Clone>(
        &mut self,
        access: &AlignedAccess,
        (nothing, within): (&T, Cond),
        ask: impl Fn(&(Effects, Requirements)) -> T,
        join: impl Fn(&T, &T) -> T,
    ) -> Result<Kinds<T>, LimitExceeded> {
        let groups = self.groups(access, nothing, ask)?;
        let differing = self.differing(&groups)?;
        let manager = self.comparer.users.manager();
        let open = manager.or(within, differing)?;
        let open = manager.and(open, self.among)?;
        let mut found = Kinds::new();
        if !open.is_never() {
            found.insert([nothing.clone(), nothing.clone()], open);
        }
        let limit = self.most_kinds;
        for (side, group) in groups.iter().enumerate() {
            for (asked, when) in group {
                let mut next = Kinds::new();
                for (known, users) in found {
                    let with = manager.and(users, *when)?;
                    let without = manager.and_not(users, *when)?;
                    let mut joined = known.clone();
                    joined.get_mut(side).into_iter().for_each(|own| *own = join(own, asked));
                    for (known, users) in [(joined, with), (known, without)] {
                        if !users.is_never() {
                            let all = next.entry(known).or_insert(Cond::FALSE);
                            *all = manager.or(*all, users)?;
                        }
                    }
                }
                found = next;
                if found.len() > limit {
                    return Err(LimitExceeded::new(Resource::UserKinds, found.len(), limit));
                }
            }
        }
        Ok(found)
    }

    /// What the policies of each model ask for, with the users of those who ask for the same.
    fn groups<T: Ord>(
        &mut self,
        access: &AlignedAccess,
        nothing: &T,
        ask: impl Fn(&(Effects, Requirements)) -> T,
    ) -> Result<Groups<T>, LimitExceeded> {
        let mut groups = [BTreeMap::new(), BTreeMap::new()];
        for (side, group) in groups.iter_mut().enumerate() {
            for (id, when) in access.policies.get(side).into_iter().flatten() {
                let asked = ask(&self.asked(side, *id, access.device));
                if asked != *nothing {
                    let known = group.entry(asked).or_insert(Cond::FALSE);
                    *known = self.comparer.users.manager().or(*known, *when)?;
                }
            }
        }
        Ok(groups)
    }

    /// The users for whom something is asked in one model alone.
    fn differing<T: Ord>(&mut self, [old, new]: &Groups<T>) -> Result<Cond, LimitExceeded> {
        let manager = self.comparer.users.manager();
        let mut found = Cond::FALSE;
        for asked in old.keys().chain(new.keys()) {
            let [one, other] =
                [old, new].map(|group| group.get(asked).copied().unwrap_or(Cond::FALSE));
            for (one, other) in [(one, other), (other, one)] {
                let differs = manager.and_not(one, other)?;
                found = manager.or(found, differs)?;
            }
        }
        Ok(found)
    }

    /// The users for whom a policy applies in one model alone, or none for another reason.
    fn moved(&mut self, [old, new]: &[Standing; 2]) -> Result<Cond, LimitExceeded> {
        let manager = self.comparer.users.manager();
        let mut found = Cond::FALSE;
        for (one, when) in old {
            for (_, also) in new.iter().filter(|(other, _)| one != other) {
                let users = manager.and(*when, *also)?;
                found = manager.or(found, users)?;
            }
        }
        Ok(found)
    }

    // ------------------------------------------------------------ effects

    fn compare_effects(&mut self, access: &AlignedAccess) -> Result<(), LimitExceeded> {
        let facts = self.facts.get(access.device.platform.index()).cloned().unwrap_or_default();
        let nothing = effects_of(std::iter::empty(), &facts);
        let [old, new] = &access.standing;
        let moved = self.moved(&access.standing)?;
        let mut pairs = Vec::new();
        for (one, when) in old {
            for (other, also) in new {
                let manager = self.comparer.users.manager();
                let users = manager.and(*when, *also)?;
                if users.is_never() {
                    continue;
                }
                pairs.push(([*one, *other], users));
            }
        }
        let kinds = self.kinds(access, (&nothing, moved), |asked| asked.0.clone(), joined)?;
        for (effects, users) in &kinds {
            for (reasons, when) in &pairs {
                let users = self.comparer.users.manager().and(*users, *when)?;
                if !users.is_never() {
                    self.note_effects(access, (effects, &facts), *reasons, users)?;
                }
            }
        }
        Ok(())
    }

    /// Notes the differences for users for whom the policies have the same effects.
    fn note_effects(
        &mut self,
        access: &AlignedAccess,
        (effects, facts): (&[Effects; 2], &[FactCells]),
        reasons: [Option<Reason>; 2],
        users: Cond,
    ) -> Result<(), LimitExceeded> {
        let [old, new] = effects;
        let mut found = Vec::new();
        for effect in AccessEffect::ALL {
            found.extend(milder(old, new, *effect));
            found.extend(milder(new, old, *effect));
        }
        // Where one model enforces nothing both allow.
        found.extend(allowed(old, new).filter(|_| reasons[0] != reasons[1]));
        for values in found {
            let mut sides = Vec::new();
            for (side, (of, reason)) in effects.iter().zip(reasons).enumerate() {
                let effects = values.effects(of);
                let fired = self.fired(access, side, (&values, facts, &effects), users)?;
                sides.push(EffectSide { effects, reason, fired });
            }
            let Ok(sides) = <[EffectSide; 2]>::try_from(sides) else { continue };
            for (when, words) in values.texts(facts) {
                let difference = EffectDifference { sides: sides.clone(), when, words };
                let members = self.effects.entry(difference).or_default();
                members.add(&mut self.comparer.users, access.device, access.number, users)?;
            }
        }
        Ok(())
    }

    /// The conditions of a model that lead to some effects for some of the users.
    fn fired(
        &mut self,
        access: &AlignedAccess,
        side: usize,
        (values, facts, effects): (&FactBox, &[FactCells], &[AccessEffect]),
        users: Cond,
    ) -> Result<Vec<Fired>, LimitExceeded> {
        let mut found = Vec::new();
        for id in self.applying(access, side, users)? {
            let model = self.comparison.models.get(side);
            for one in model.into_iter().flat_map(|model| statements(model, id, access.device)) {
                let AccessKind::Launch { condition, .. } = &one.kind else { continue };
                let fact = facts.iter().position(|facts| facts.fact == condition.fact());
                let own = effects_of(std::iter::once(one), facts);
                let effect = fact.and_then(|fact| values.effect_of(&own, fact, effects));
                found.extend(effect.map(|effect| (condition.fact(), Fired::new(one.id, effect))));
            }
        }
        found.sort_unstable();
        Ok(found.into_iter().map(|(_, fired)| fired).collect())
    }

    /// The policies of a model that apply for some of the users.
    fn applying(
        &mut self,
        access: &AlignedAccess,
        side: usize,
        users: Cond,
    ) -> Result<Vec<PolicyId>, LimitExceeded> {
        let mut found = Vec::new();
        for (id, when) in access.policies.get(side).into_iter().flatten() {
            if !self.comparer.users.manager().are_disjoint(*when, users)? {
                found.push(*id);
            }
        }
        Ok(found)
    }

    // ------------------------------------------------------------ requirements

    fn compare_requirements(&mut self, access: &AlignedAccess) -> Result<(), LimitExceeded> {
        let start = (&Requirements::NONE, Cond::FALSE);
        let kinds = self.kinds(access, start, |asked| asked.1, |one, other| one.join(*other))?;
        for ([old, new], users) in kinds {
            let [old, new] = [old.effective(), new.effective()];
            if old == new {
                continue;
            }
            let values = [self.parts(access, 0, old, users)?, self.parts(access, 1, new, users)?];
            let [before, after] = &values;
            let pairs = RequirementPart::ALL.iter().zip(before.iter().zip(after));
            let differs = |one: &PartValue, other: &PartValue| {
                one.as_ref().map(|(value, _)| value) != other.as_ref().map(|(value, _)| value)
            };
            let parts = pairs.filter(|(_, (before, after))| differs(before, after));
            let parts =
                parts.map(|(part, (before, after))| (*part, [before.clone(), after.clone()]));
            let meets = [old.meet(new), new.meet(old)];
            let difference = RequirementDifference { meets, parts: parts.collect() };
            let members = self.requirements.entry(difference).or_default();
            members.add(&mut self.comparer.users, access.device, access.number, users)?;
        }
        Ok(())
    }

    /// The values of all parts of joined requirements.
    fn parts(
        &mut self,
        access: &AlignedAccess,
        side: usize,
        joined: Requirements,
        users: Cond,
    ) -> Result<Vec<PartValue>, LimitExceeded> {
        let mut all: Vec<Requiring> = Vec::new();
        for id in self.applying(access, side, users)? {
            let model = self.comparison.models.get(side);
            let own = model.into_iter().flat_map(|model| statements(model, id, access.device));
            all.extend(own.filter_map(|one| requiring(one, access.device)));
        }
        all.sort_by_key(|(id, ..): &(AccessId, _, _)| *id);
        let by = required_by(joined, &all);
        let value = |part: &RequirementPart| {
            let by = by.iter().find(|(one, _)| one == part).map(|(_, by)| by.clone());
            let value = joined.value(*part).unwrap_or(FieldValue::Flag(true));
            joined.has(*part).then(|| (value, by.unwrap_or_default()))
        };
        Ok(RequirementPart::ALL.iter().map(value).collect())
    }

    // ------------------------------------------------------------ scopes

    fn named(mut self) -> Result<AccessDifferences, LimitExceeded> {
        let alignment = &self.comparer.alignment;
        let names = OpenedNames::new(|platform| {
            alignment.opened_names(&alignment.every_opened(platform), platform)
        });
        let people = alignment.texts_of_people();
        let people: Vec<&str> = people.iter().map(String::as_str).collect();
        let users = &mut self.comparer.users;
        let mut found = AccessDifferences::default();
        for (difference, members) in self.effects {
            let mut scopes = members.scopes(users, &people, &names)?;
            if !difference.when.is_empty() {
                scopes
                    .iter_mut()
                    .for_each(|one| one.push_str(&format!(" when {}", difference.when)));
            }
            found.effects.push((difference, scopes));
        }
        for (difference, members) in self.requirements {
            let scopes = members.scopes(users, &people, &names)?;
            found.requirements.push((difference, scopes));
        }
        Ok(found)
    }
}

/// The statements of a policy about accesses on a device.
fn statements(model: &Model, id: PolicyId, device: Device) -> impl Iterator<Item = &Access> {
    let all = model.policy(id).access.iter();
    all.filter(move |one| one.is_on(device.platform, device.state))
}

/// A requirement with what it asks for on a device.
fn requiring(one: &Access, Device { platform, state }: Device) -> Option<Requiring> {
    match &one.kind {
        AccessKind::Require(requirement) => {
            let said = Requirements::said(requirement);
            Some((one.id, said, said.on(platform, state)))
        }
        AccessKind::Launch { .. } => None,
    }
}
