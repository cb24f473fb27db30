//! The proof that settings decide as the policies.
//!
//! Takes in policies and the objects that they became, gives out differences. It reads the objects back
//! as an import does, puts both into one model, and compares two models: with the policies in force, and
//! with the objects in force. How settings were found is not known here.

use super::object::document;
use super::observe::always_exempt;
use super::{ExportError, Exporting, Written};
use crate::analysis::{ComparedEndpoint, Comparison, Difference};
use crate::compiler::Checked;
use crate::diagnostic::{Diagnostics, Errors};
use crate::intune;
use crate::model::{AppId, Model, People, PolicyId, Yields};
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Place, Platform, Side};

/// The movements that policies and objects decide differently, first those on which objects allow more.
pub(super) fn differences(
    exporting: &Exporting<'_>,
    replaced: &[PolicyId],
    written: &[Written],
) -> Result<Vec<Difference>, ExportError> {
    let (checked, platform) = (exporting.checked, exporting.options.platform);
    let both = read_back(checked, written)?;
    let Some(model) = both.model() else { return Err(ExportError::Refused(both.errors())) };
    let added = || model.policy_ids().skip(exporting.model.policies().len());
    let mut before = model.clone();
    added().for_each(|id| retire(&mut before, id));
    let mut after = model.clone();
    // The default policy is read as two, one for each platform that it is for.
    let halves = written.iter().flat_map(|one| [Some(one), one.is_default.then_some(one)]);
    let general = halves.flatten().map(|one| one.is_general);
    let added: Vec<(PolicyId, bool)> = added().zip(general).collect();
    give_way(exporting, &mut after, replaced, &added);
    replaced.iter().for_each(|id| retire(&mut after, *id));
    let exempt = always_exempt(model, platform);
    let comparison = Comparison {
        models: [&before, &after],
        what_if: [None; 2],
        platforms: [platform].into_iter().collect(),
        left_out: &|end| is_beyond(end, platform, &|app| exempt.contains(&app)),
        limits: checked.limits(),
    };
    let found = comparison.differences();
    let mut found = found.map_err(|error| exporting.limit_met(error))?;
    // Reasons for no enforcement are not compared.
    found.retain(|one| one.decisions[0].verdict != one.decisions[1].verdict);
    found.sort_by_key(|one| (!one.is_laxer(), one.clone()));
    Ok(found)
}

/// Whether Intune decides on an endpoint without a setting: on Android some apps of the system always
/// exchange data, and every managed app may open links; Genmoji and Writing Tools are Apple's.
fn is_beyond(end: ComparedEndpoint, platform: Platform, is_exempt: &dyn Fn(AppId) -> bool) -> bool {
    let is_android = platform == Platform::Android;
    match (end.channel, end.end) {
        (Channel::Share, Endpoint::App { app, .. }) => is_android && is_exempt(app),
        (Channel::Link, Endpoint::App { .. }) => {
            is_android && end.managed && end.side == Side::Target
        }
        (Channel::Assist, Endpoint::Place(Place::Genmoji | Place::WritingTools)) => {
            platform != Platform::Ios
        }
        _ => false,
    }
}

/// The set with the objects as further policies.
fn read_back(checked: &Checked, written: &[Written]) -> Result<Checked, ExportError> {
    let mut sources = checked.sources().clone();
    let text = document(written.iter().map(|one| &one.object));
    let id = sources.add("the export", &text);
    let mut found = Vec::new();
    let limits = checked.limits();
    let more = intune::read(&sources, &[id], checked.files(), limits, &mut found);
    let mut diagnostics = Diagnostics::new(limits.diagnostics);
    diagnostics.extend(found);
    if diagnostics.has_errors() {
        return Err(ExportError::Refused(Errors::new(&diagnostics, &sources)));
    }
    let mut files = checked.files().to_vec();
    files.extend(more);
    Ok(checked.with_files(sources, files))
}

/// Makes a policy apply to nobody.
fn retire(model: &mut Model, id: PolicyId) {
    model.policy_mut(id).people = People::NOBODY;
}

/// Sets precedence as the service has it: an object for all devices yields to every policy for particular
/// devices, exported or not. A policy that yields to an exported policy yields to its objects.
fn give_way(
    exporting: &Exporting<'_>,
    model: &mut Model,
    replaced: &[PolicyId],
    added: &[(PolicyId, bool)],
) {
    let is_live = |id: &PolicyId| model.policy(*id).yields != Yields::Any;
    let (general, particular): (Vec<_>, Vec<_>) =
        added.iter().filter(|(id, _)| is_live(id)).partition(|(_, is_general)| *is_general);
    let particular: Vec<PolicyId> = particular.into_iter().map(|(id, _)| id).collect();
    let stays = exporting.specific().into_iter().filter(|id| !replaced.contains(id));
    let all: Vec<PolicyId> = stays.chain(particular.iter().copied()).collect();
    for (id, _) in general {
        let gives_way = !all.is_empty();
        model.policy_mut(id).yields = if gives_way { Yields::To(all.clone()) } else { Yields::No };
    }
    for policy in &mut model.policies {
        if let Yields::To(ids) = &mut policy.yields
            && ids.iter().any(|id| replaced.contains(id))
        {
            ids.extend(&particular);
            ids.sort_unstable();
            ids.dedup();
        }
    }
}
