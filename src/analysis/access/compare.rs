//! Accesses that two models decide differently: in effects, in enforcement, in requirements.
//!
//! Takes in two models, gives out every difference and nothing else, as accesses with what both models say of
//! them. Users stay conditions: of the policies that apply, those that ask for the same are one, and only users
//! for whom something differs are told apart. How differences are shown is not known here.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use super::cells::{FactCells, cells, on_platform};
use super::effects::{Effects, FactBox, FactPart, allowed, differing, effects_of, joined};
use super::members::{Members, OpenedNames};
use super::rows::{
    AccessDifferences, EffectKey, EffectRow, FiredIn, RequirementKey, RequirementRow, RowNames,
};
use super::space::{conditions, may_apply};
use super::texts::{CellSet, tests};
use crate::access::{
    AccessEffect, FieldValue, Fired, RequirementPart, Requirements, Requiring, required_by,
};
use crate::analysis::compare::comparer::{Comparer, Comparison};
use crate::analysis::engine::align::AlignedEndpoint;
use crate::analysis::engine::users::Users;
use crate::dd::Cond;
use crate::limits::{LimitExceeded, Resource};
use crate::model::{Access, AccessId, AccessKind, Fact, Model, PolicyId};
use crate::table::{Device, DeviceKind};
use crate::vocabulary::{DeviceState, Platform, Reason};

/// The factor on the limit of kinds of users where one difference is enough. The limit bounds what is printed, and
/// these kinds are only looked at: each costs a join of requirements.
const MORE_KINDS: usize = 16;

/// The kinds of users up to which every difference is worked out where one is enough. It is no limit: with a smaller
/// limit another difference would be found, and not an error.
const ALL_KINDS: usize = 256;

impl AccessDifferences {
    /// Every difference, without the statements behind it.
    #[cfg(feature = "intune")]
    pub(crate) fn of(comparison: &Comparison<'_>) -> Result<Self, LimitExceeded> {
        AccessComparer::new(comparison)?.differences(false)
    }

    /// Every difference with the statements behind it.
    pub(crate) fn with_statements(comparison: &Comparison<'_>) -> Result<Self, LimitExceeded> {
        AccessComparer::new(comparison)?.differences(true)
    }

    /// Every difference, or, where these take more than [`ALL_KINDS`] of users, those of the first access that has one:
    /// effects for one example user, requirements for all users. Empty only where nothing differs.
    pub(crate) fn some(comparison: &Comparison<'_>) -> Result<Self, LimitExceeded> {
        let all = AccessComparer { most_kinds: ALL_KINDS, ..AccessComparer::new(comparison)? };
        match all.differences(false) {
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

/// By model: the demands of policies, with the users for whom these apply.
type Groups<T> = [BTreeMap<T, Cond>; 2];

/// The demands of the policies of both models together, with the users for whom these hold.
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
    /// By model, policy and device: the effects and the requirements.
    asked: HashMap<(usize, PolicyId, Device), Rc<(Effects, Requirements)>>,
    /// The users who are compared.
    among: Cond,
    /// The most kinds of users that are told apart.
    most_kinds: usize,
    /// Whether the statements behind a difference are told.
    tells_statements: bool,
    effects: BTreeMap<EffectKey, EffectRow>,
    requirements: BTreeMap<RequirementKey, RequirementRow>,
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
            tells_statements: false,
            effects: BTreeMap::new(),
            requirements: BTreeMap::new(),
        })
    }

    /// Every difference. Models without any statement about accesses do not differ in them.
    fn differences(mut self, tells_statements: bool) -> Result<AccessDifferences, LimitExceeded> {
        let says = |model: &Model| model.policies().iter().any(|policy| !policy.access.is_empty());
        if !self.comparison.models.iter().any(|model| says(model)) {
            return Ok(AccessDifferences::default());
        }
        self.tells_statements = tells_statements;
        self.visit(Self::compare)?;
        self.named()
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
            let managed = matrices.judged(combiner, *kind, *end)?;
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

    /// The effects and the requirements of a policy on a device.
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

    /// Compares an access, unless a difference is known already: effects for an example of the users for whom they
    /// differ, requirements for all users.
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
                let [old, new] = [
                    self.leading_to(access, 0, (fact, cell), effect)?,
                    self.leading_to(access, 1, (fact, cell), effect)?,
                ];
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

    /// The users for whom a cell of a fact leads to an effect, or to a stricter one, in a model.
    fn leading_to(
        &mut self,
        access: &AlignedAccess,
        side: usize,
        (fact, cell): (usize, usize),
        effect: AccessEffect,
    ) -> Result<Cond, LimitExceeded> {
        let mut users = Vec::new();
        for (id, when) in access.policies.get(side).into_iter().flatten() {
            let asked = self.asked(side, *id, access.device);
            let own = asked.0.get(fact).and_then(|own| own.get(cell));
            users.extend(own.is_some_and(|own| *own >= effect).then_some(*when));
        }
        self.comparer.users.manager().any(users)
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
                let strict = self.leading_to(access, side, (fact, cell), effect)?;
                let less = self.comparer.users.manager().not(strict)?;
                of_fact = self.comparer.users.manager().or(of_fact, less)?;
            }
            found = self.comparer.users.manager().and(found, of_fact)?;
        }
        Ok(found)
    }

    /// The users for whom the demands of both models differ, told apart by these.
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

    /// The demands of the policies of each model, equal ones once, with their users.
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

    /// The users for whom a demand holds in one model alone.
    fn differing<T: Ord>(&mut self, [old, new]: &Groups<T>) -> Result<Cond, LimitExceeded> {
        let manager = self.comparer.users.manager();
        let mut found = Cond::FALSE;
        for asked in old.keys().chain(new.keys().filter(|asked| !old.contains_key(*asked))) {
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
        let [is, now] = reasons;
        for before in AccessEffect::ALL {
            for after in AccessEffect::ALL.iter().filter(|after| *after != before) {
                for values in differing(old, new, [*before, *after]) {
                    let sides = [(*before, is), (*after, now)];
                    self.note_box(access, (&values, facts), sides, users)?;
                }
            }
        }
        // Where one model enforces nothing both allow.
        if let Some(values) = allowed(old, new).filter(|_| is != now) {
            let sides = reasons.map(|reason| (AccessEffect::Allow, reason));
            self.note_box(access, (&values, facts), sides, users)?;
        }
        Ok(())
    }

    /// Notes that models differ on some values of facts, with the conditions that lead to both effects.
    fn note_box(
        &mut self,
        access: &AlignedAccess,
        (values, facts): (&FactBox, &[FactCells]),
        sides: [(AccessEffect, Option<Reason>); 2],
        users: Cond,
    ) -> Result<(), LimitExceeded> {
        let AlignedAccess { device, number, .. } = *access;
        for part in values.parts(facts) {
            let key = EffectKey { sides, words: part.words.clone() };
            let row = self.effects.entry(key).or_default();
            let known = &mut self.comparer.users;
            row.all.add(known, device, number, users)?;
            row.parts.entry(part.when.clone()).or_default().add(known, device, number, users)?;
            if !self.tells_statements {
                continue;
            }
            let models = self.comparison.models.iter().zip(&access.policies);
            for (((model, policies), row), (effect, _)) in models.zip(&mut row.fired).zip(sides) {
                for (id, when) in policies {
                    let own = known.manager().and(users, *when)?;
                    if own.is_never() {
                        continue;
                    }
                    for one in statements(model, *id, device) {
                        let Some(members) = fired(row, one, effect, (&part, facts)) else {
                            continue;
                        };
                        members.add(known, device, number, own)?;
                    }
                }
            }
        }
        Ok(())
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
            let values = RequirementPart::ALL
                .iter()
                .map(|part| (*part, [old, new].map(|one| value(one, *part))));
            let parts: Vec<_> = values.filter(|(_, [before, after])| before != after).collect();
            let told: Vec<RequirementPart> = parts.iter().map(|(part, _)| *part).collect();
            let key = RequirementKey { meets: [old.meet(new), new.meet(old)], parts };
            let row = self.requirements.entry(key).or_default();
            row.all.add(&mut self.comparer.users, access.device, access.number, users)?;
            if !self.tells_statements {
                continue;
            }
            let known = &mut self.comparer.users;
            let models = self.comparison.models.iter().zip(&access.policies);
            for (((model, policies), by), joined) in models.zip(&mut row.by).zip([old, new]) {
                for part in told.iter().filter(|part| joined.has(**part)) {
                    for (id, when) in
                        saying(model, known, policies, (access.device, joined, *part))?
                    {
                        let own = known.manager().and(users, when)?;
                        if !own.is_never() {
                            let members = by.entry((*part, id)).or_default();
                            members.add(known, access.device, access.number, own)?;
                        }
                    }
                }
            }
        }
        Ok(())
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
        let names = RowNames { people: &people, apps: &names };
        Ok(AccessDifferences {
            effects: names.effects(users, self.effects)?,
            requirements: names.requirements(users, self.requirements)?,
        })
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

/// The accesses of a row for which a statement fires with an effect, if it does so for some values of a part.
fn fired<'r>(
    row: &'r mut BTreeMap<(Fact, Fired), FiredIn>,
    one: &Access,
    effect: AccessEffect,
    (part, facts): (&FactPart, &[FactCells]),
) -> Option<&'r mut Members> {
    let AccessKind::Launch { condition, .. } = &one.kind else { return None };
    if effect == AccessEffect::Allow {
        return None;
    }
    let fact = facts.iter().position(|facts| facts.fact == condition.fact())?;
    let cells = facts.get(fact)?;
    let of_one = effects_of(std::iter::once(one), facts);
    let fires: CellSet = of_one.get(fact)?.iter().map(|own| *own == effect).collect();
    if !fires.contains(&true) {
        return None;
    }
    let texts = || tests(cells, &fires).into_iter().map(|(text, _)| text).collect();
    let fired = row
        .entry((condition.fact(), Fired::new(one.id, effect)))
        .or_insert_with(|| FiredIn::new(texts()));
    fired.note(part.firing(fact, &fires))
}

/// The value of a part of joined requirements; `None` if it asks for nothing.
fn value(joined: Requirements, part: RequirementPart) -> Option<FieldValue> {
    joined.has(part).then(|| joined.value(part).unwrap_or(FieldValue::Flag(true)))
}

/// The statements that say a part of joined requirements, each with its users. Two kinds of biometrics add up to none
/// only for users for whom no statement says so itself.
fn saying(
    model: &Model,
    users: &mut Users,
    policies: &Policies,
    (device, joined, part): (Device, Requirements, RequirementPart),
) -> Result<Vec<(AccessId, Cond)>, LimitExceeded> {
    let mut found = Vec::new();
    let mut exactly = Cond::FALSE;
    for (id, when) in policies {
        for one in statements(model, *id, device).filter_map(|one| requiring(one, device)) {
            let (statement, _, own) = one;
            let says = required_by(joined, &[one]).iter().any(|(own, _)| *own == part);
            let is_exact =
                part != RequirementPart::Biometrics || value(own, part) == value(joined, part);
            if says && is_exact {
                exactly = users.manager().or(exactly, *when)?;
            }
            found.extend(says.then_some((statement, *when, is_exact)));
        }
    }
    let mut all = Vec::with_capacity(found.len());
    for (statement, when, is_exact) in found {
        let when = if is_exact { when } else { users.manager().and_not(when, exactly)? };
        all.push((statement, when));
    }
    Ok(all)
}
