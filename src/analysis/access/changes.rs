//! Changes of who may open an app, between two policy sets: of decisions, not of lines.
//!
//! Takes in two sets, gives out the accesses that they decide differently, sorted by kind of change. Renaming,
//! reordering and regrouping statements change no decision and are not reported.

use std::cmp::Ordering;

use serde::Serialize;

use super::rows::{
    AccessDifferences, EffectDifference, EffectSide, PartValue, RequirementDifference,
};
use crate::access::{
    AccessEffect, FieldAnswer, FieldValue, FiredAnswer, RequirementPart, StatementAnswer,
};
use crate::analysis::compare::comparer::Comparison;
use crate::analysis::subject::Analysis;
use crate::decision::RuleScope;
use crate::limits::LimitExceeded;
use crate::model::{AccessId, PolicyId};
use crate::vocabulary::Reason;

/// The meaning of a change of accesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum AccessChangeKind {
    /// A milder effect, or laxer requirements.
    Looser,
    /// A stricter effect, or stricter requirements.
    Tighter,
    /// Requirements of which some are laxer and others stricter.
    Mixed,
    /// The same effect, but a policy applies now or applies no more.
    Enforcement,
    /// No policy applies, as before, but for another reason.
    Reason,
}

impl AccessChangeKind {
    /// Every kind, in the order of outputs.
    pub const ALL: [Self; 5] =
        [Self::Looser, Self::Tighter, Self::Mixed, Self::Enforcement, Self::Reason];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Looser => "looser",
            Self::Tighter => "tighter",
            Self::Mixed => "mixed",
            Self::Enforcement => "enforcement",
            Self::Reason => "reason",
        }
    }
}

/// Accesses on which two sets have different effects, or enforce them differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccessChange {
    /// The meaning of the change.
    pub kind: AccessChangeKind,
    /// The accesses, as scopes of the second set.
    pub scopes: Vec<String>,
    /// The change in words, with the values of the fact that it is about.
    pub words: Option<String>,
    /// The decision of the first set.
    pub before: AccessSide,
    /// The decision of the second set.
    pub after: AccessSide,
}

/// The decision of one of two sets about accesses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AccessSide {
    /// The effect.
    pub effect: AccessEffect,
    /// Whether some policy applies.
    pub enforced: bool,
    /// The reason for which none applies.
    pub reason: Option<Reason>,
    /// The conditions that lead to the effect, in the order of facts.
    pub fired: Vec<FiredAnswer>,
}

/// Accesses for which two sets have different requirements. Facts make no difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RequirementChange {
    /// The meaning of the change.
    pub kind: AccessChangeKind,
    /// The accesses, as scopes of the second set.
    pub scopes: Vec<String>,
    /// The requirements and fields that changed.
    pub fields: Vec<FieldChange>,
    /// Whether work data is wiped after fewer attempts than before, or only now.
    pub wipes_sooner: bool,
}

/// A requirement, or a field of one, that changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldChange {
    /// The requirement.
    pub requirement: &'static str,
    /// Its field; `None` if it is required as a whole now, or no longer.
    pub field: Option<&'static str>,
    /// The value before; `None` if nothing was said.
    pub before: Option<FieldAnswer>,
    /// The value now; `None` if nothing is said.
    pub after: Option<FieldAnswer>,
}

/// Every access that two sets decide differently, and no other: those that became looser first.
///
/// # Errors
///
/// When the comparison meets a limit.
pub fn diff_access(
    before: &Analysis<'_>,
    after: &Analysis<'_>,
) -> Result<(Vec<AccessChange>, Vec<RequirementChange>), LimitExceeded> {
    let comparison = Comparison::of([before, after].map(|set| set.model), after.limits());
    changes([before, after], &comparison)
}

/// Every access that a set would decide differently if one of its report-only policies were live.
pub(in crate::analysis) fn would_change(
    analysis: &Analysis<'_>,
    policy: PolicyId,
) -> Result<(Vec<AccessChange>, Vec<RequirementChange>), LimitExceeded> {
    changes([analysis; 2], &Comparison::with_live(analysis.model, policy, analysis.limits()))
}

fn changes(
    sets: [&Analysis<'_>; 2],
    comparison: &Comparison<'_>,
) -> Result<(Vec<AccessChange>, Vec<RequirementChange>), LimitExceeded> {
    let AccessDifferences { effects, requirements } =
        AccessDifferences::with_statements(comparison)?;
    let effects = effects.into_iter().map(|(one, scopes)| AccessChange::new(sets, one, scopes));
    let mut effects: Vec<AccessChange> = effects.collect();
    effects.sort_by(|a, b| (a.kind, &a.scopes).cmp(&(b.kind, &b.scopes)));
    let requirements = requirements.into_iter();
    let requirements = requirements.map(|(one, scopes)| RequirementChange::new(sets, one, scopes));
    let mut requirements: Vec<RequirementChange> = requirements.collect();
    requirements.sort_by(|a, b| (a.kind, &a.scopes).cmp(&(b.kind, &b.scopes)));
    Ok((effects, requirements))
}

impl AccessChange {
    fn new(sets: [&Analysis<'_>; 2], difference: EffectDifference, scopes: Vec<String>) -> Self {
        let EffectDifference { sides: [old, new], words } = difference;
        let kind = match old.effect.cmp(&new.effect) {
            Ordering::Greater => AccessChangeKind::Looser,
            Ordering::Less => AccessChangeKind::Tighter,
            Ordering::Equal if old.reason.is_none() != new.reason.is_none() => {
                AccessChangeKind::Enforcement
            }
            Ordering::Equal => AccessChangeKind::Reason,
        };
        let words = words.map(|values| format!("{values} {}", verb(old.effect, new.effect)));
        let [before, after] = [(old, sets[0]), (new, sets[1])].map(|(side, set)| {
            let EffectSide { effect, reason, fired } = side;
            let directory = set.model.directory();
            let fired = fired.into_iter();
            let fired = fired.map(|(one, within)| FiredAnswer::within(one, within, directory));
            AccessSide { effect, enforced: reason.is_none(), reason, fired: fired.collect() }
        });
        Self { kind, scopes, words, before, after }
    }
}

/// The change of an effect as the end of a sentence.
fn verb(old: AccessEffect, new: AccessEffect) -> String {
    let is = |effect| match effect {
        AccessEffect::Allow => "allowed",
        AccessEffect::Warn => "warned of",
        AccessEffect::Block => "blocked",
        AccessEffect::Wipe => "a reason to wipe",
    };
    match new {
        AccessEffect::Allow => format!("is no longer {}", is(old)),
        _ if new > old => format!("is {} now", is(new)),
        _ => format!("is {}, and no longer {}", is(new), is(old)),
    }
}

impl RequirementChange {
    fn new(
        sets: [&Analysis<'_>; 2],
        difference: RequirementDifference,
        scopes: Vec<String>,
    ) -> Self {
        let RequirementDifference { meets: [is_as_strict, is_now_as_strict], parts } = difference;
        let kind = match (is_as_strict, is_now_as_strict) {
            (_, true) => AccessChangeKind::Tighter,
            (true, false) => AccessChangeKind::Looser,
            (false, false) => AccessChangeKind::Mixed,
        };
        let wipes_sooner = parts.iter().any(|(_, [before, after])| {
            let [before, after] = [before, after].map(wipe_after);
            after.is_some_and(|after| before.is_none_or(|before| after < before))
        });
        let field = |(part, [before, after]): (RequirementPart, [PartValue; 2])| {
            let requirement = part.requirement();
            FieldChange {
                requirement: requirement.word(),
                field: (requirement != part).then(|| part.word()),
                before: before.map(|one| answer(one, sets[0])),
                after: after.map(|one| answer(one, sets[1])),
            }
        };
        let fields = parts.into_iter().map(field).collect();
        Self { kind, scopes, fields, wipes_sooner }
    }
}

/// The number of attempts after which data is wiped, if the value is one of attempts that says it.
fn wipe_after(value: &PartValue) -> Option<u32> {
    match value {
        Some((FieldValue::Attempts { wipe, .. }, _)) => *wipe,
        _ => None,
    }
}

fn answer(
    (value, by): (FieldValue, Vec<(AccessId, Vec<RuleScope>)>),
    set: &Analysis<'_>,
) -> FieldAnswer {
    let directory = set.model.directory();
    let by = by.into_iter().map(|(id, within)| StatementAnswer::within(id, within, directory));
    FieldAnswer { value, by: by.collect() }
}
