//! Mutation testing of statements about accesses: would the expectations notice a mistake?
//!
//! Takes in a set, tries small edits of every launch condition and requirement, gives out the fate of each. An
//! edit is noticed if an expectation that holds would not hold any more.

use std::collections::BTreeMap;

use super::access_mutants::{AccessMutant, access_mutants};
use super::fates::{AccessSurvivor, Fate};
use crate::access::{AccessEffect, FieldValue, RequirementPart};
use crate::analysis::access::{
    self, AccessDifferences, AccessVerdict, EffectDifference, RequirementDifference,
};
use crate::analysis::compare::comparer::Comparison;
use crate::analysis::subject::Analysis;
use crate::limits::LimitExceeded;
use crate::model::{Access, AccessId, AccessKind, Model, PolicyId, Requirement};

/// The fate of an edit.
pub(super) enum AccessFate {
    /// The positions of the expectations that notice it, at least one.
    Noticed(Vec<usize>),
    Survived(AccessSurvivor),
    Equivalent,
}

impl AccessFate {
    /// The fate with the expectation that notices the edit in words.
    pub(super) fn into_fate(self, model: &Model) -> Fate {
        let text = |at: &usize| model.access_expectations().get(*at).map(|one| one.text.clone());
        match self {
            Self::Noticed(by) => {
                Fate::Noticed { expectation: by.first().and_then(text).unwrap_or_default() }
            }
            Self::Survived(survivor) => Fate::SurvivedAccess(survivor),
            Self::Equivalent => Fate::Equivalent,
        }
    }
}

/// The mutants of all policies, each with its fate; a report-only policy is tried as if it were live. What can never
/// fire has none: it has a warning.
pub(super) fn access_fates(
    analysis: &Analysis<'_>,
) -> Result<Vec<(AccessMutant, AccessFate)>, LimitExceeded> {
    let held = holding(analysis)?;
    let fates = mutants(analysis.model).into_iter().map(|(mutant, may_skip)| {
        let edited = edited(analysis.model, &mutant);
        let fate = fate(analysis, &edited, mutant.policy, &held, may_skip)?;
        Ok((mutant, fate))
    });
    fates.collect()
}

/// Mutants, likewise, with the positions of the expectations that notice each, perhaps none. The fate of the others is not
/// asked.
pub(super) fn noticed_access_mutants(
    analysis: &Analysis<'_>,
) -> Result<Vec<(AccessMutant, Vec<usize>)>, LimitExceeded> {
    let held = holding(analysis)?;
    let fates = mutants(analysis.model).into_iter().map(|(mutant, _)| {
        let by = match held.is_empty() {
            true => Vec::new(),
            false => noticing(analysis, &edited(analysis.model, &mutant), &held)?,
        };
        Ok((mutant, by))
    });
    fates.collect()
}

/// The mutants of all policies, each with whether it is about a PIN that may be skipped.
fn mutants(model: &Model) -> Vec<(AccessMutant, bool)> {
    let mut found = Vec::new();
    for id in model.policy_ids() {
        let can_fire = |one: &&Access| match &one.kind {
            AccessKind::Launch { condition, .. } => !condition.never_fires(),
            AccessKind::Require(_) => true,
        };
        for access in model.policy(id).access.iter().filter(can_fire) {
            let all = access_mutants(id, access).into_iter();
            found.extend(all.map(|mutant| (mutant, may_skip(&access.kind))));
        }
    }
    found
}

/// By position: whether an expectation about accesses holds.
pub(super) fn holding(analysis: &Analysis<'_>) -> Result<BTreeMap<usize, bool>, LimitExceeded> {
    let results = access::test(analysis).into_iter();
    let verdict = |one: access::AccessExpectationResult| match one.verdict {
        // Without the verdict it is not known what the expectation would notice.
        AccessVerdict::Limit(error) => Err(error),
        verdict => Ok((one.expectation, verdict == AccessVerdict::Holds)),
    };
    results.map(verdict).collect()
}

/// The model with an edit.
fn edited(model: &Model, mutant: &AccessMutant) -> Model {
    let mut edited = model.clone();
    let all = &mut edited.policy_mut(mutant.policy).access;
    match &mutant.replacement {
        None => all.retain(|one| one.id != mutant.id),
        Some(kind) => {
            let own = all.iter_mut().find(|one| one.id == mutant.id);
            own.into_iter().for_each(|one| one.kind.clone_from(kind));
        }
    }
    edited
}

/// The fate of an edit of a policy that makes the model another one.
pub(super) fn fate(
    analysis: &Analysis<'_>,
    edited: &Model,
    policy: PolicyId,
    held: &BTreeMap<usize, bool>,
    may_skip: bool,
) -> Result<AccessFate, LimitExceeded> {
    let comparison = of_edit(analysis, edited, policy);
    let differences = AccessDifferences::some(&comparison)?;
    if differences.is_empty() {
        return Ok(AccessFate::Equivalent);
    }
    let noticing = noticing(analysis, edited, held)?;
    if !noticing.is_empty() {
        return Ok(AccessFate::Noticed(noticing));
    }
    let effects = differences.effects.iter().filter_map(|(one, scopes)| of_effect(one, scopes));
    let required = differences.requirements.iter();
    let required = required.filter_map(|(one, scopes)| of_requirements(one, scopes, may_skip));
    // One with an expectation tells more.
    let first = effects.chain(required).min_by_key(|one| one.expect.is_none());
    Ok(first.map_or(AccessFate::Equivalent, AccessFate::Survived))
}

/// A set beside the one with an edit of a policy, which counts as live. Scopes are read in the second set, and are there
/// to be pasted into the one that is not edited.
pub(super) fn of_edit<'c>(
    analysis: &Analysis<'c>,
    edited: &'c Model,
    policy: PolicyId,
) -> Comparison<'c> {
    let what_if = [analysis.what_if_of(Some(policy)); 2];
    Comparison { what_if, ..Comparison::of([edited, analysis.model], analysis.limits()) }
}

/// The expectations that hold, and would not with an edit.
fn noticing(
    analysis: &Analysis<'_>,
    edited: &Model,
    held: &BTreeMap<usize, bool>,
) -> Result<Vec<usize>, LimitExceeded> {
    let holds_now = holding(&Analysis { checked: analysis.checked, model: edited })?;
    let breaks = |at: &usize| held.get(at) == Some(&true) && holds_now.get(at) == Some(&false);
    Ok(held.keys().copied().filter(breaks).collect())
}

fn of_effect(one: &EffectDifference, scopes: &[String]) -> Option<AccessSurvivor> {
    let scope = scopes.first()?.clone();
    let [after, before] = one.sides.each_ref().map(|side| side.effect);
    let is_met = |claim: AccessEffect, effect: AccessEffect| match claim {
        AccessEffect::Allow => effect.lets_in(),
        AccessEffect::Block => !effect.lets_in(),
        claim => effect == claim,
    };
    let mut claims = AccessEffect::ALL.iter().rev();
    let claim = claims.find(|claim| is_met(**claim, before) && !is_met(**claim, after));
    let expect = claim.map(|claim| format!("expect {claim} {scope}"));
    let [before, after] = [before, after].map(|effect| effect.word().to_owned());
    Some(AccessSurvivor { scope, before, after, expect })
}

/// Whether a statement requires a PIN that may be skipped.
fn may_skip(kind: &AccessKind) -> bool {
    matches!(
        kind,
        AccessKind::Require(Requirement::Pin(pin)) if pin.skip_with_device_pin.is_some()
    )
}

fn of_requirements(
    one: &RequirementDifference,
    scopes: &[String],
    may_skip: bool,
) -> Option<AccessSurvivor> {
    let scope = scopes.first()?.clone();
    // The last part is a field, if there is one: it says more than the whole.
    let (part, [after, before]) = one.parts.last()?;
    let whole = part.requirement();
    // A field that nobody states leaves its requirement, unless that differs as well.
    let is_field_alone = one.parts.iter().all(|(part, _)| *part != whole);
    let text = |value: &Option<(FieldValue, _)>| match value {
        Some((value, _)) => claim(*part, value, may_skip),
        None if is_field_alone => whole.word().to_owned(),
        None => "nothing".to_owned(),
    };
    let expect = before.as_ref().filter(|_| !one.meets[0]);
    let expect = expect
        .map(|(value, _)| format!("expect require {} {scope}", claim(*part, value, may_skip)));
    Some(AccessSurvivor { scope, before: text(before), after: text(after), expect })
}

/// A part of requirements as an expectation claims it. A PIN that may be skipped is claimed as such.
fn claim(part: RequirementPart, value: &FieldValue, may_skip: bool) -> String {
    let word = part.word();
    match part {
        RequirementPart::Pin if may_skip => "pin { skip-with-device-pin }".to_owned(),
        RequirementPart::Pin | RequirementPart::Credentials | RequirementPart::Encryption => {
            word.to_owned()
        }
        RequirementPart::CredentialsRecheck => format!("credentials {word} {value}"),
        RequirementPart::Class => format!("encryption {{ {word} {value} }}"),
        RequirementPart::SkipWithDevicePin => "pin".to_owned(),
        _ if may_skip => format!("pin {{ {word} {value}  skip-with-device-pin }}"),
        _ => format!("pin {{ {word} {value} }}"),
    }
}

/// The text of a statement of a policy.
pub(super) fn access_text(model: &Model, policy: PolicyId, id: AccessId) -> String {
    let own = model.policy(policy).access.iter().find(|one| one.id == id);
    let is_launch = own.is_some_and(|one| one.fact().is_some());
    let text = model.directory().access(id).text;
    if is_launch { format!("launch {text}") } else { text.to_owned() }
}
