//! The proof that settings decide as the policies.
//!
//! Takes in policies and the objects that they became, gives out differences. It reads the objects back
//! as an import does, puts both into one model, and compares two models: with the policies in force, and
//! with the objects in force, movement by movement and access by access. How settings were found is not known
//! here.

use std::collections::BTreeSet;

use super::object::with_filters;
use super::observe::{always_exempt, retire};
use super::{Deviation, ExportError, Exporter, Written, parts};
use crate::access::{FieldValue, RequirementPart};
use crate::analysis::{
    AccessDifferences, ComparedEndpoint, Comparison, EffectDifference, RequirementDifference,
};
use crate::compiler::{Checked, Compiler};
use crate::diagnostic::{Diagnostics, Errors};
use crate::intune::{self, AppRef};
use crate::model::{AppId, Model, PolicyId, Yields, minutes_of};
use crate::movement::Endpoint;
use crate::syntax::ast::{App, AppEntry, AppTrait, File, IdKind, Item, ItemKind};
use crate::syntax::print;
use crate::vocabulary::{Channel, Place, Platform, Side};

/// The movements and accesses that policies and objects decide differently, first those on which objects allow
/// more: among the other policies of the set, and for whoever reads the objects by themselves.
pub(super) fn deviations(
    exporter: &Exporter<'_>,
    replaced: &[PolicyId],
    written: &[Written],
) -> Result<Deviations, ExportError> {
    let mut list = among_others(exporter, replaced, written)?;
    if written.is_empty() || list.iter().any(|one| one.laxer) {
        return Ok(Deviations { list, unstated: None });
    }
    let unlisted = unlisted(exporter, replaced, written);
    let mut more = alone(exporter, replaced, written, &known(exporter.checked, Some(&unlisted)))?;
    if !list.is_empty() {
        // Some of them are those of the settings, which are in the list.
        let of_settings = alone(exporter, replaced, written, &known(exporter.checked, None))?;
        more.retain(|one| !of_settings.contains(one));
    }
    let unstated = (!more.is_empty()).then_some(unlisted);
    list.extend(more);
    list.sort_by_key(|one| !one.laxer);
    Ok(Deviations { list, unstated })
}

/// Deviations of objects.
pub(super) struct Deviations {
    pub(super) list: Vec<Deviation>,
    /// The apps that no object lists, if some deviations come from what the set declares and no object states.
    pub(super) unstated: Option<BTreeSet<String>>,
}

/// The deviations of the objects for whoever reads them with these declarations and without the set.
fn alone(
    exporter: &Exporter<'_>,
    replaced: &[PolicyId],
    written: &[Written],
    known: &str,
) -> Result<Vec<Deviation>, ExportError> {
    let checked = exporter.checked;
    let mut before = exporter.model.clone();
    let others = exporter.model.policy_ids().filter(|id| !replaced.contains(id));
    others.for_each(|id| retire(&mut before, id));
    let text = with_filters(written.iter().map(|one| &one.object));
    let documents = [("the export", text.as_str()), ("what is known", known)];
    let read = Compiler::new().limits(checked.limits().clone()).check_all(&documents);
    let Some(after) = read.model() else { return Err(ExportError::Refused(read.errors())) };
    compared(exporter, [&before, after])
}

/// The names of the set's own apps that policies protect and no object lists: whoever reads the objects does not know
/// that they can be protected.
fn unlisted(
    exporter: &Exporter<'_>,
    replaced: &[PolicyId],
    written: &[Written],
) -> BTreeSet<String> {
    let model = exporter.model;
    let listed: BTreeSet<String> =
        written.iter().flat_map(|one| one.object.app_ids()).map(str::to_lowercase).collect();
    let protected = replaced.iter().flat_map(|id| &model.policy(*id).protect);
    let protected: BTreeSet<AppId> = protected.map(|(app, _)| *app).collect();
    let kind = intune::id_kind(exporter.options.platform);
    let apps = protected.into_iter().map(|app| model.app(app).name.clone());
    let is_listed = |name: &String| {
        let app = AppRef::Named(name.clone());
        let ids = exporter.names.ids(&app, kind);
        // An app without ids stands for a list without apps.
        ids.is_empty() || ids.iter().any(|id| listed.contains(&id.to_lowercase()))
    };
    apps.filter(|name| !is_listed(name)).collect()
}

/// What whoever reads an export knows without the set: the groups of people and the filters of the tenant, the
/// apps by their ids, and of apps that no policy can protect the addresses by which settings name them. With `None`,
/// everything that the set declares of apps.
fn known(checked: &Checked, unlisted: Option<&BTreeSet<String>>) -> String {
    let sources = checked.sources();
    let own = checked.files().iter().filter(|file| sources.catalogue(file.source).is_none());
    let items = own.flat_map(|file| &file.items).filter_map(|item| {
        let kind = match &item.kind {
            kind @ (ItemKind::Users(_) | ItemKind::Filter(_)) => kind.clone(),
            ItemKind::App(app) => ItemKind::App(match unlisted {
                Some(unlisted) => stated(app, unlisted),
                None => app.clone(),
            }),
            _ => return None,
        };
        Some(Item { docs: Vec::new(), span: item.span, kind })
    });
    let items: Vec<Item> = items.collect();
    let Some(source) = items.first().map(|item| item.span.source) else {
        return String::from("mam 1\n");
    };
    let file = File { source, items, comments: Vec::new(), broken: Vec::new() };
    print::print(&file, sources)
}

/// An app without what no member of a policy states.
fn stated(app: &App, unlisted: &BTreeSet<String>) -> App {
    let is_trait =
        |entry: &AppEntry, known| matches!(entry, AppEntry::Trait(one) if one.value == known);
    let entries = app.entries.as_deref().unwrap_or_default();
    let has_sdk = entries.iter().any(|entry| is_trait(entry, AppTrait::Sdk));
    let is_stated = |entry: &&AppEntry| match entry {
        AppEntry::Ids(kind, _) => !has_sdk || kind.value != IdKind::Url,
        AppEntry::Trait(one) => match one.value {
            AppTrait::MultiIdentity | AppTrait::OnPremises => false,
            AppTrait::Sdk => !unlisted.contains(&app.name.text),
            AppTrait::Container => true,
        },
    };
    let entries: Vec<AppEntry> = entries.iter().filter(is_stated).cloned().collect();
    App { entries: app.entries.is_some().then_some(entries), ..app.clone() }
}

/// What policies and objects decide differently among the other policies of the set.
fn among_others(
    exporter: &Exporter<'_>,
    replaced: &[PolicyId],
    written: &[Written],
) -> Result<Vec<Deviation>, ExportError> {
    let checked = exporter.checked;
    let both = read_back(checked, written)?;
    let Some(model) = both.model() else { return Err(ExportError::Refused(both.errors())) };
    let added = || model.policy_ids().skip(exporter.model.policies().len());
    let mut before = model.clone();
    added().for_each(|id| retire(&mut before, id));
    let mut after = model.clone();
    // The default policy is read as two, one for each platform that it is for.
    let halves = written.iter().flat_map(|one| [Some(one), one.is_default.then_some(one)]);
    let general = halves.flatten().map(|one| one.is_general);
    let added: Vec<(PolicyId, bool)> = added().zip(general).collect();
    give_way(exporter, &mut after, replaced, &added);
    replaced.iter().for_each(|id| retire(&mut after, *id));
    compared(exporter, [&before, &after])
}

/// What two models decide differently on the platform of an export.
fn compared(exporter: &Exporter<'_>, models: [&Model; 2]) -> Result<Vec<Deviation>, ExportError> {
    let (checked, platform) = (exporter.checked, exporter.options.platform);
    let exempt = always_exempt(models[0], platform);
    let comparison = Comparison {
        models,
        what_if: [None; 2],
        platforms: [platform].into_iter().collect(),
        left_out: &|end| is_beyond(end, platform, &|app| exempt.contains(&app)),
        limits: checked.limits(),
    };
    let found = comparison.differences();
    let mut found = found.map_err(|error| exporter.limit_met(error))?;
    // Reasons for no enforcement are not compared.
    found.retain(|one| one.decisions[0].verdict != one.decisions[1].verdict);
    found.sort_by_key(|one| (!one.is_laxer(), one.clone()));
    let accesses = AccessDifferences::of(&comparison);
    let accesses = accesses.map_err(|error| exporter.limit_met(error))?;
    let mut found: Vec<Deviation> = found.iter().map(Deviation::new).collect();
    found.extend(accesses.effects.iter().flat_map(|(one, scopes)| of_effect(one, scopes)));
    let required = accesses.requirements.iter();
    found.extend(required.flat_map(|(one, scopes)| of_requirements(one, scopes)));
    found.sort_by_key(|one| !one.laxer);
    Ok(found)
}

/// The deviations of an effect. Whether a policy applies and why not is not compared.
fn of_effect(one: &EffectDifference, scopes: &[String]) -> Vec<Deviation> {
    let [old, new] = one.sides.each_ref().map(|side| side.effect);
    let deviation = |scope: &String| Deviation {
        scope: scope.clone(),
        policies: old.word().to_owned(),
        settings: new.word().to_owned(),
        laxer: old > new,
    };
    let differs = old != new;
    scopes.iter().filter(|_| differs).map(deviation).collect()
}

/// The deviations of requirements. What a policy leaves open a setting has to state: that is none.
fn of_requirements(one: &RequirementDifference, scopes: &[String]) -> Vec<Deviation> {
    let parts = || one.parts.iter().filter(|(part, values)| !is_filled(*part, values));
    let words = |side: usize| {
        let word = |(part, values): &(RequirementPart, [_; 2])| {
            let requirement = part.requirement().word();
            let name = if part.requirement() == *part { "" } else { part.word() };
            let values: &[Option<(FieldValue, _)>; 2] = values;
            let value = values.get(side).and_then(Option::as_ref);
            match value {
                Some((value, _)) => format!("{requirement} {name} {value}").trim().to_owned(),
                None => format!("no {requirement} {name}").trim().to_owned(),
            }
        };
        let words: Vec<String> = parts().map(word).collect();
        words.join(", ").replace("  ", " ")
    };
    let deviation = |scope: &String| Deviation {
        scope: scope.clone(),
        policies: words(0),
        settings: words(1),
        laxer: !one.meets[1],
    };
    let differs = parts().next().is_some();
    scopes.iter().filter(|_| differs).map(deviation).collect()
}

/// Whether a setting states what the policies leave open: a length of 4, five attempts, or one time without use for
/// PIN and credentials alike, which is the shorter one of two.
fn is_filled<T>(part: RequirementPart, [old, new]: &[Option<(FieldValue, T)>; 2]) -> bool {
    let [old, new] = [old, new].map(|one| one.as_ref().map(|(value, _)| value));
    match (part, old, new) {
        (RequirementPart::Length, None, Some(FieldValue::Number(4)))
        | (RequirementPart::Recheck | RequirementPart::CredentialsRecheck, None, Some(_)) => true,
        (
            RequirementPart::Recheck | RequirementPart::CredentialsRecheck,
            Some(FieldValue::Text(old)),
            Some(FieldValue::Text(new)),
        ) => minutes_of(new).zip(minutes_of(old)).is_some_and(|(new, old)| new <= old),
        (
            RequirementPart::Attempts,
            old,
            Some(FieldValue::Attempts { reset: Some(5), wipe: wipe_now }),
        ) => match old {
            Some(FieldValue::Attempts { reset, wipe }) => {
                wipe == wipe_now && reset.is_none_or(|reset| reset > 5)
            }
            Some(_) => false,
            None => wipe_now.is_none(),
        },
        _ => false,
    }
}

/// Whether Intune decides on an endpoint without a setting: on Android some apps of the system always
/// exchange data, and every managed app may open links; Genmoji and ObjectWriter Tools are Apple's.
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
    let text = with_filters(written.iter().map(|one| &one.object));
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

/// Sets precedence as the service has it: an object for all devices yields to every policy for particular
/// devices, exported or not, and that for all others to every one; to none of which it is not known for whom and for
/// what it is. A policy that yields to an exported policy yields to its objects.
fn give_way(
    exporter: &Exporter<'_>,
    model: &mut Model,
    replaced: &[PolicyId],
    added: &[(PolicyId, bool)],
) {
    let is_live = |id: &PolicyId| !model.policy(*id).yields.is_any();
    let (general, particular): (Vec<_>, Vec<_>) =
        added.iter().filter(|(id, _)| is_live(id)).partition(|(_, is_general)| *is_general);
    let particular = particular.into_iter().map(|(id, _)| id);
    let particular: Vec<PolicyId> =
        particular.filter(|id| parts::is_certain(model.policy(*id))).collect();
    let stays = exporter.specific().into_iter().filter(|id| !replaced.contains(id));
    let all: Vec<PolicyId> = stays.chain(particular.iter().copied()).collect();
    for (id, _) in general {
        let gives_way = !all.is_empty();
        model.policy_mut(id).yields = if gives_way { Yields::To(all.clone()) } else { Yields::No };
    }
    let is_doubtful = |id: &PolicyId| !parts::is_certain(model.policy(*id));
    let doubtful: Vec<PolicyId> = model.policy_ids().filter(is_doubtful).collect();
    for (id, _) in added {
        if let Yields::Any { except } = &mut model.policy_mut(*id).yields {
            except.clone_from(&doubtful);
        }
    }
    let objects = added.iter().map(|(id, _)| *id);
    for policy in &mut model.policies {
        let (ids, more) = match &mut policy.yields {
            Yields::No => continue,
            Yields::To(ids) => (ids, particular.clone()),
            Yields::Any { except } => (except, objects.clone().collect()),
        };
        if ids.iter().any(|id| replaced.contains(id)) {
            ids.extend(more);
            ids.sort_unstable();
            ids.dedup();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stated_recheck_is_no_laxer_than_that_of_the_policies() {
        let text = |time: &str| Some((FieldValue::Text(time.to_owned()), ()));
        for part in [RequirementPart::Recheck, RequirementPart::CredentialsRecheck] {
            assert!(is_filled(part, &[None, text("30 minutes")]));
            assert!(is_filled(part, &[text("1 hour"), text("30 minutes")]));
            assert!(!is_filled(part, &[text("30 minutes"), text("1 hour")]));
            assert!(!is_filled(part, &[text("30 minutes"), None]));
        }
    }
}
