//! The export of policies as settings of Microsoft Intune, by meaning.
//!
//! Takes in a checked set, gives out objects of Graph that decide the same, or the movements that
//! settings decide differently. `observe` asks tables what one policy decides, `parts` cuts it into
//! parts with one set of settings each, `object` fits settings to a part and writes its object, `proof`
//! reads the objects back and compares all movements, `remedies` finds settings to change, `comparison` compares
//! the settings of two sets. Names of members are not known here.

mod comparison;
mod object;
mod observe;
mod parts;
mod proof;
mod remedies;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::analysis::Difference;
use crate::analysis::framework::{Protected, unmet};
use crate::compiler::Checked;
use crate::decision::Verdict;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Errors, Report, Severity};
use crate::intune::framework::PolicyLevel;
use crate::intune::value::Value;
use crate::intune::{AppRef, Names};
use crate::limits::LimitExceeded;
use crate::model::{Model, People, Policy, PolicyId, Yields};
use crate::source::Span;
use crate::syntax::ast::{File, IdKind, ItemKind, StatementKind};
use crate::vocabulary::{Account, Effect, Platform};
pub use comparison::{ComparedSettings, SettingDifference, SettingsComparison, compare_settings};
use object::{ComparedStatements, Fit, Object, ObjectWriter, document};
use parts::Part;
use proof::Deviations;
pub use remedies::{SettingChange, SettingRemedy, access_remedies, remedies};

/// The options of an export.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Options {
    /// The platform: a policy of Intune is for one.
    pub platform: Platform,
    /// The name of a policy; `None` stands for every policy on the platform.
    pub policy: Option<String>,
    /// Whether settings may be stricter than the policy if none decide the same.
    pub nearest: bool,
}

impl Options {
    /// An exact export of every policy on a platform.
    #[must_use]
    pub const fn new(platform: Platform) -> Self {
        Self { platform, policy: None, nearest: false }
    }

    /// The export of this policy alone.
    #[must_use]
    pub fn with_policy(self, name: impl Into<String>) -> Self {
        Self { policy: Some(name.into()), ..self }
    }

    /// The export with settings that may be stricter than the policies.
    #[must_use]
    pub fn with_nearest(self, nearest: bool) -> Self {
        Self { nearest, ..self }
    }
}

/// Exported policies.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Export {
    /// JSON, ready to be posted: one policy is an object, several are an array of objects.
    pub text: String,
    /// Warnings.
    pub reports: Vec<Report>,
    /// Movements and accesses that the settings decide more strictly than the policies.
    pub deviations: Vec<Deviation>,
}

/// A scope of movements or accesses that policy and settings decide differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Deviation {
    /// The movements, or the accesses.
    pub scope: String,
    /// The verdict of the policies: `allow`, `allow up to 5 characters`, `block`; or what they require.
    pub policies: String,
    /// The verdict of the settings.
    pub settings: String,
    /// Whether the settings allow more than the policies.
    pub laxer: bool,
}

/// The reason why there is no export.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The set has mistakes, or Graph cannot express a part of it.
    #[error("the set cannot be exported")]
    Refused(#[source] Errors),
    /// No settings decide these movements as the policies do.
    #[error("no settings decide the same")]
    Inexact {
        /// The movements, first those on which the settings allow more.
        deviations: Vec<Deviation>,
        /// Warnings.
        reports: Vec<Report>,
    },
}

/// Exports the policies of a set for one platform.
///
/// ```
/// use mam::intune::export::{Options, export};
///
/// let checked = mam::Compiler::new().check("prints.mam", r#"
///     mam 1
///     use microsoft
///     users staff "11111111-2222-3333-4444-555555555555"
///     policy no-printing "No printing" {
///       for staff  protect core-microsoft-apps  otherwise allow
///       block print
///     }
/// "#);
/// let export = export(&checked, &Options::new(mam::Platform::Ios))?;
/// assert!(export.text.contains(r#""printBlocked": true"#));
/// # Ok::<(), mam::intune::export::ExportError>(())
/// ```
///
/// # Errors
///
/// [`ExportError::Refused`] if the set has mistakes, or Graph cannot express a part of a policy;
/// [`ExportError::Inexact`] if settings decide some movement differently, and `nearest` is false or some
/// setting would allow more.
pub fn export(checked: &Checked, options: &Options) -> Result<Export, ExportError> {
    let Some(model) = checked.model() else { return Err(ExportError::Refused(checked.errors())) };
    let mut exporter = Exporter::new(checked, model, options);
    let ids = exporter.chosen();
    let mut parts = Vec::new();
    for id in &ids {
        let mut own = exporter.parts(*id)?;
        number(&mut own);
        parts.push((*id, own));
    }
    let export = exporter.written(&parts)?;
    let is_laxer = export.deviations.iter().any(|one| one.laxer);
    if is_laxer || !export.deviations.is_empty() && !options.nearest {
        let Export { deviations, reports, .. } = export;
        return Err(ExportError::Inexact { deviations, reports });
    }
    Ok(export)
}

/// The settings that are fitted to a policy on one platform.
pub(in crate::intune) struct Fitted {
    pub(in crate::intune) platform: Platform,
    pub(in crate::intune) objects: Vec<FittedObject>,
    /// The parts that no settings express.
    pub(in crate::intune) errors: Option<Errors>,
}

/// One of the objects that a policy becomes.
pub(in crate::intune) struct FittedObject {
    pub(in crate::intune) title: String,
    /// Apps, device types and assignments, by member; none of users whom no assignment can name.
    pub(in crate::intune) head: BTreeMap<&'static str, serde_json::Value>,
    /// The settings, by member.
    pub(in crate::intune) values: BTreeMap<&'static str, Value>,
}

/// The settings that are fitted to a policy, on each of its platforms. Groups without ids have settings, too.
pub(in crate::intune) fn fitted(
    checked: &Checked,
    id: PolicyId,
) -> Result<Vec<Fitted>, ExportError> {
    let Some(model) = checked.model() else { return Err(ExportError::Refused(checked.errors())) };
    let policy = model.policy(id);
    let mut found = Vec::new();
    for platform in platforms(policy) {
        let options = Options { platform, policy: Some(policy.name.clone()), nearest: true };
        let mut exporter = Exporter::new(checked, model, &options);
        let mut parts = exporter.parts(id)?;
        number(&mut parts);
        let names = &exporter.names;
        let values = |fit: &Fit| fit.settings().members(platform, names);
        let assigned = parts.iter().map(|Part { target, fit, .. }| FittedObject {
            title: target.title.clone(),
            head: target.head().members(platform, names),
            values: values(fit),
        });
        let nameless = exporter.unassigned.iter().map(|fit| FittedObject {
            title: policy.title.as_ref().unwrap_or(&policy.name).clone(),
            head: BTreeMap::new(),
            values: values(fit),
        });
        let mut objects: Vec<_> = assigned.chain(nameless).collect();
        objects.dedup_by(|one, known| known.values == one.values && one.head.is_empty());
        exporter.found.retain(|one| one.code != Code::ExportNoId);
        let errors = match exporter.reports() {
            Ok(_) => None,
            Err(ExportError::Refused(errors)) => Some(errors),
            Err(other) => return Err(other),
        };
        found.push(Fitted { platform, objects, errors });
    }
    Ok(found)
}

/// The platforms on which a policy has an object; none if it only reports.
fn platforms(policy: &Policy) -> impl Iterator<Item = Platform> {
    let is_in_force = is_in_force(policy);
    Platform::ALL.iter().copied().filter(move |one| is_in_force && is_for(policy, *one))
}

/// The levels of a policy that is written in the language, by what it decides alone. The settings that are fitted to its
/// rules are quoted.
pub(in crate::intune) fn levels_of_policy(
    checked: &Checked,
    id: PolicyId,
) -> Result<Vec<PolicyLevel>, ExportError> {
    let Some(model) = checked.model() else { return Err(ExportError::Refused(checked.errors())) };
    let (sources, policy) = (checked.sources(), model.policy(id));
    let alone = observe::alone(model, id, None);
    let plain = without_filters(model, id);
    let mut levels = Vec::new();
    for platform in platforms(policy) {
        let options = Options { platform, policy: Some(policy.name.clone()), nearest: true };
        let mut exporter = Exporter::new(checked, plain.as_ref().unwrap_or(model), &options);
        let mut parts = exporter.parts(id)?;
        number(&mut parts);
        if exporter.left_some_out() {
            levels.extend(level_of_whole(&exporter, id, &parts, &alone)?);
            continue;
        }
        let place = (sources.name(policy.span.source), sources.position(policy.span).line);
        for Part { target, fit, apps, people } in &parts {
            let states = if target.states.is_empty() { policy.devices } else { target.states };
            let protected = Protected {
                apps: apps.iter().map(|app| (*app, Account::Work)).collect(),
                // Settings know no filters: they are those for the users for whom all filters let them be.
                people: if plain.is_some() { &policy.people } else { people },
                platform,
                states: states.and(policy.devices),
            };
            let unmet = unmet(checked, &alone, &protected);
            let unmet = unmet.map_err(|error| exporter.limit_met(error))?;
            let title = (&*target.title, platform);
            let quoted = (fit.settings(), &exporter.names);
            levels.push(PolicyLevel::of_decisions(title, place, quoted, &unmet));
        }
    }
    Ok(levels)
}

/// The level of a policy for all of its users and apps together, where no settings say it for each of them.
fn level_of_whole(
    exporter: &Exporter<'_>,
    id: PolicyId,
    parts: &[Part],
    alone: &Model,
) -> Result<Option<PolicyLevel>, ExportError> {
    let (checked, platform) = (exporter.checked, exporter.options.platform);
    let policy = alone.policy(id);
    let apps = policy.protect.iter().filter(|(_, on)| on.contains(platform));
    let protected = Protected {
        apps: apps.map(|(app, _)| (*app, Account::Work)).collect(),
        people: &policy.people,
        platform,
        states: policy.devices,
    };
    let unmet = unmet(checked, alone, &protected).map_err(|error| exporter.limit_met(error))?;
    let fit = parts.first().map(|part| &part.fit).or(exporter.unassigned.first());
    let title = policy.title.as_deref().unwrap_or(&policy.name);
    let sources = checked.sources();
    let place = (sources.name(policy.span.source), sources.position(policy.span).line);
    Ok(fit.map(|fit| {
        let quoted = (fit.settings(), &exporter.names);
        PolicyLevel::of_decisions((title, platform), place, quoted, &unmet)
    }))
}

/// The model in which a policy asks for no filters. `None` if it asks for none.
fn without_filters(model: &Model, id: PolicyId) -> Option<Model> {
    let rules = &model.policy(id).rules;
    let clauses = rules.iter().filter_map(|rule| model.rule(*rule).scope.people.as_ref());
    let mut clauses = clauses.chain([&model.policy(id).people]);
    if !clauses.any(People::has_filters) {
        return None;
    }
    let mut plain = model.clone();
    let policy = plain.policy_mut(id);
    policy.people = People::ANYBODY;
    // Rules for some users are left out: the settings are quoted, and decide nothing.
    policy.rules.retain(|rule| model.rule(*rule).scope.people.is_none());
    Some(plain)
}

/// Numbers the titles of several parts.
fn number(parts: &mut [Part]) {
    let count = parts.len();
    for (part, number) in parts.iter_mut().zip(1..).filter(|_| count > 1) {
        part.target.title = format!("{} ({number} of {count})", part.target.title);
    }
}

/// A policy as it is exported.
struct Written {
    object: Object,
    /// Whether it is for all devices, and therefore yields to one for particular devices.
    is_general: bool,
    is_default: bool,
}

/// The state of an export.
struct Exporter<'e> {
    checked: &'e Checked,
    model: &'e Model,
    names: Names,
    options: &'e Options,
    found: Vec<Diagnostic>,
    /// The settings for users whom no assignment means.
    unassigned: Vec<Fit>,
}

impl<'e> Exporter<'e> {
    fn new(checked: &'e Checked, model: &'e Model, options: &'e Options) -> Self {
        let names = Names::new(checked.files());
        Self { checked, model, names, options, found: Vec::new(), unassigned: Vec::new() }
    }

    /// Whether some users or apps of the policies so far are in no part.
    fn left_some_out(&self) -> bool {
        let is_nameless = |one: &Diagnostic| one.code == Code::ExportNoId;
        !self.unassigned.is_empty() || self.found.iter().any(is_nameless)
    }

    /// The refusal for a limit that the export meets.
    fn limit_met(&self, error: LimitExceeded) -> ExportError {
        ExportError::Refused(self.checked.limit_errors(error))
    }

    /// The policies to export.
    fn chosen(&mut self) -> Vec<PolicyId> {
        let (model, platform) = (self.model, self.options.platform);
        let of_platform =
            |id: &PolicyId| is_in_force(model.policy(*id)) && is_for(model.policy(*id), platform);
        let is_meant = |id: &PolicyId| {
            self.options.policy.as_ref().is_none_or(|name| *name == model.policy(*id).name)
        };
        let ids: Vec<PolicyId> = model.policy_ids().filter(of_platform).filter(is_meant).collect();
        if ids.is_empty() {
            self.found.push(nothing_to_export(model, self.options));
        }
        for id in model.policy_ids().filter(is_meant).filter(|id| !of_platform(id)) {
            let policy = model.policy(id);
            if policy.report_only && is_for(policy, platform) && !ids.is_empty() {
                let message = format!("`{}` only reports, which Graph cannot say", policy.name);
                let help = "it is left out; remove `report-only` to export it";
                let diagnostic = Diagnostic::new(Code::ExportLeftOut, message);
                self.found.push(diagnostic.at(policy.span, "").help(help));
            }
        }
        ids
    }

    /// The document of all parts, with as many kept members as decide the same.
    fn written(&mut self, parts: &[(PolicyId, Vec<Part>)]) -> Result<Export, ExportError> {
        let found = self.found.clone();
        let mut kept = parts.iter().flat_map(|(id, _)| &self.model.policy(*id).settings);
        let of_heads = kept.any(object::is_of_head).then_some(ComparedStatements::Accesses);
        for check in of_heads.into_iter().chain([ComparedStatements::AllButRules]) {
            let export = self.write(parts, check)?;
            if export.deviations.is_empty() {
                return Ok(export);
            }
            self.found.clone_from(&found);
        }
        self.write(parts, ComparedStatements::Everything)
    }

    /// The document of all parts, with its deviations from the policies.
    fn write(
        &mut self,
        parts: &[(PolicyId, Vec<Part>)],
        check: ComparedStatements,
    ) -> Result<Export, ExportError> {
        let written: Vec<Written> =
            parts.iter().flat_map(|(id, parts)| self.policy(*id, parts, check)).collect();
        let reports = self.reports()?;
        let ids: Vec<PolicyId> = parts.iter().map(|(id, _)| *id).collect();
        let Deviations { list: deviations, unstated } = proof::deviations(self, &ids, &written)?;
        let mut reports = reports;
        if let Some(unlisted) = unstated {
            let unstated = self.unstated(&ids, &unlisted);
            let sources = self.checked.sources();
            reports.extend(unstated.into_iter().map(|one| Report::new(one, sources)));
        }
        let text = document(written.iter().map(|one| &one.object));
        Ok(Export { text, reports, deviations })
    }

    /// The objects that a policy becomes.
    fn policy(&mut self, id: PolicyId, parts: &[Part], check: ComparedStatements) -> Vec<Written> {
        let policy = self.model.policy(id);
        let writer = ObjectWriter {
            names: &self.names,
            sources: self.checked.sources(),
            files: self.checked.files(),
            limits: self.checked.limits(),
        };
        let mut left_out = Vec::new();
        let mut written = Vec::new();
        for Part { target, fit, .. } in parts {
            let (object, without) = writer.object(target, fit, &policy.settings, check);
            left_out.extend(without);
            let is_general = target.states.is_empty();
            written.push(Written { object, is_general, is_default: target.is_default });
        }
        left_out.sort_unstable();
        left_out.dedup();
        for (name, _) in left_out.iter().filter_map(|index| policy.settings.get(*index)) {
            let message = format!("`setting \"{name}\"` of `{}` is left out", policy.name);
            let help = "with it the policy would decide something else than its rules; remove it";
            let place = setting(self.checked.files(), policy, name).unwrap_or(policy.span);
            let diagnostic = Diagnostic::new(Code::ExportSetting, message);
            self.found.push(diagnostic.at(place, "").help(help));
        }
        written
    }

    /// The traits of the policies' own apps that no object states.
    fn unstated(&self, ids: &[PolicyId], unlisted: &BTreeSet<String>) -> Vec<Diagnostic> {
        let apps = ids.iter().flat_map(|id| self.model.policy(*id).protect.iter());
        let apps: BTreeSet<_> = apps.map(|(app, _)| *app).collect();
        let is_own = |span: &Span| self.checked.sources().catalogue(span.source).is_none();
        let mut found = Vec::new();
        for app in apps.into_iter().map(|app| self.model.app(app)) {
            let Some(span) = app.span.filter(is_own) else { continue };
            let named = AppRef::Named(app.name.clone());
            let traits = [
                ("sdk", app.sdk && unlisted.contains(&app.name)),
                ("multi-identity", app.multi_identity),
                ("on-premises", app.on_premises),
                ("url", !self.names.ids(&named, IdKind::Url).is_empty()),
            ];
            let lost: Vec<_> =
                traits.iter().filter(|(_, has)| *has).map(|(word, _)| *word).collect();
            if lost.is_empty() {
                continue;
            }
            let words = lost.join("`, `");
            let message = format!("no member states `{words}` of `{}`", app.name);
            let help = "whoever reads the export without this declaration decides otherwise; take the stricter \
                        reading with `--nearest`, or leave the app out";
            let diagnostic = Diagnostic::new(Code::ExportUnstated, message);
            found.push(diagnostic.at(span, "").help(help));
        }
        found
    }

    /// The warnings; the errors if there are any.
    fn reports(&mut self) -> Result<Vec<Report>, ExportError> {
        let (sources, limits) = (self.checked.sources(), self.checked.limits());
        let mut found = std::mem::take(&mut self.found);
        found.sort_by_key(|diagnostic| (diagnostic.span(), diagnostic.code));
        found.dedup();
        let mut diagnostics = Diagnostics::new(limits.diagnostics);
        diagnostics.extend(found);
        if diagnostics.iter().any(|one| one.severity == Severity::Error) {
            return Err(ExportError::Refused(Errors::new(&diagnostics, sources)));
        }
        Ok(diagnostics.iter().map(|one| Report::new(one.clone(), sources)).collect())
    }

    /// The policies on the platform to which one for all devices yields: those for particular devices,
    /// and those to which another policy yields by its own words.
    fn specific(&self) -> Vec<PolicyId> {
        let (model, platform) = (self.model, self.options.platform);
        let is_here = |policy: &Policy| is_in_force(policy) && is_for(policy, platform);
        let yields = model.policies().iter().filter(|policy| is_here(policy));
        let yields = yields.filter_map(|policy| match &policy.yields {
            Yields::To(ids) => Some(ids),
            Yields::No | Yields::Any { .. } => None,
        });
        let preferred: BTreeSet<PolicyId> = yields.flatten().copied().collect();
        let is_specific = |id: &PolicyId| {
            let policy = model.policy(*id);
            is_here(policy)
                && parts::is_certain(policy)
                && !policy.yields.is_any()
                && (parts::is_specific(policy, platform) || preferred.contains(id))
        };
        model.policy_ids().filter(is_specific).collect()
    }
}

/// Whether a policy is more than report-only.
const fn is_in_force(policy: &Policy) -> bool {
    !policy.report_only
}

/// Whether a policy is for devices of a platform.
fn is_for(policy: &Policy, platform: Platform) -> bool {
    policy.platforms.contains(platform)
        && policy.devices.iter().any(|state| state.exists_on(platform))
        && policy.protect.iter().any(|(_, on)| on.contains(platform))
}

/// The statements of a policy.
fn statements<'f>(files: &'f [File], policy: &Policy) -> impl Iterator<Item = &'f StatementKind> {
    let items = files.iter().flat_map(|file| &file.items);
    let body = items.filter_map(|item| match &item.kind {
        ItemKind::Policy(one) if one.name.text == policy.name => Some(&one.body),
        _ => None,
    });
    body.flatten().map(|statement| &statement.kind)
}

/// The place of a kept setting in a policy.
fn setting(files: &[File], policy: &Policy, name: &str) -> Option<Span> {
    statements(files, policy).find_map(|kind| match kind {
        StatementKind::Setting(setting) if setting.name.value == name => Some(setting.name.span),
        _ => None,
    })
}

fn nothing_to_export(model: &Model, options: &Options) -> Diagnostic {
    let (name, platform) = (options.policy.as_deref(), options.platform);
    let known = name.and_then(|name| model.policies().iter().find(|policy| policy.name == name));
    let others = || {
        let is_there = |one: &&Platform| {
            model.policies().iter().any(|policy| is_in_force(policy) && is_for(policy, **one))
        };
        let words: Vec<_> = Platform::ALL.iter().filter(is_there).map(|one| one.word()).collect();
        match words.is_empty() {
            true => "write a policy for it first".to_owned(),
            false => format!("name another platform; there are policies for {}", words.join(", ")),
        }
    };
    let only_reports = || model.policies().iter().any(|policy| is_for(policy, platform));
    let (message, help) = match (name, known) {
        (None, _) if only_reports() => (
            format!("every policy for {platform} only reports, which Graph cannot say"),
            "remove `report-only` to export them".to_owned(),
        ),
        (None, _) => (format!("no policy of the set is for {platform}"), others()),
        (Some(name), None) => {
            let names: Vec<_> = model.policies().iter().map(|policy| &*policy.name).collect();
            let help = format!("the set has {}", names.join(", "));
            (format!("no policy is called `{name}`"), help)
        }
        (Some(name), Some(policy)) if policy.report_only => (
            format!("`{name}` only reports, which Graph cannot say"),
            "remove `report-only` to export it".to_owned(),
        ),
        (Some(name), Some(policy)) => {
            let words = Platform::ALL.iter().filter(|one| is_for(policy, **one));
            let words: Vec<_> = words.map(|one| one.word()).collect();
            let help = format!("name another platform; it is for {}", words.join(", "));
            (format!("`{name}` is not for {platform}"), help)
        }
    };
    let diagnostic = Diagnostic::new(Code::ExportNothing, message).help(help);
    match known {
        Some(policy) => diagnostic.at(policy.span, ""),
        None => diagnostic,
    }
}

impl Deviation {
    fn new(difference: &Difference) -> Self {
        Self {
            scope: difference.scope(),
            policies: words(difference.decisions[0].verdict),
            settings: words(difference.decisions[1].verdict),
            laxer: difference.is_laxer(),
        }
    }
}

/// A verdict in the words of rules.
fn words(verdict: Verdict) -> String {
    if verdict.effect == Effect::Block {
        return "block".to_owned();
    }
    let mut text = "allow".to_owned();
    if let Some(characters) = verdict.obligations.characters {
        let noun = if characters == 1 { "character" } else { "characters" };
        text.push_str(&format!(" up to {characters} {noun}"));
    }
    if verdict.obligations.without_content {
        text.push_str(" without content");
    }
    if verdict.obligations.tagged {
        text.push_str(" tagged work");
    }
    text
}
