//! App protection policies of Microsoft Intune, in the JSON of Microsoft Graph.
//!
//! Takes in exports of Graph or of tools, gives out policies of the language; [`export`](mod@export)
//! gives out exports. `json` makes a tree of a text. `read` finds the policies in it and types their
//! members by the one table in `schema`; a policy is a `head` and `settings`. `emit` states both in the
//! language. `lint` warns, `framework` tells levels. Statements have the places of the members that they
//! come from, so that diagnostics and decisions point into the export. How movements are decided is not
//! known here.
//!
//! Exports are texts: whoever reads files decodes them, as the command line does with UTF-16.
//! With the feature `intune`, a [`Compiler`](crate::Compiler) reads such texts wherever it reads
//! `.mam` files.

mod configuration;
mod direction;
mod duration;
mod emit;
pub mod export;
mod filter;
pub(crate) mod framework;
#[cfg(feature = "lsp")]
mod hover;
mod json;
mod levels;
mod lint;
mod names;
mod read;
mod schema;
mod settings;
#[cfg(test)]
mod tests;
mod value;

use std::collections::{BTreeMap, BTreeSet};

use crate::compiler::Checked;
use crate::diagnostic::{Diagnostic, Diagnostics, Errors, Report, Severity};
use crate::limits::Limits;
use crate::model::Policy;
use crate::source::{SourceId, SourceKind, Sources};
use crate::syntax::ast::File;
use crate::vocabulary::{DeviceStates, Platform};
use levels::ManagementLevels;
use read::policy::{ImportedPolicies, ImportedPolicy};

pub use direction::Direction;
pub use framework::{Change, Missing, PolicyLevel};
#[cfg(feature = "lsp")]
pub(crate) use hover::setting_at;
pub(crate) use names::{AppRef, Names, UNASSIGNED, id_kind};
pub(crate) use settings::observed::{Counterpart, Observed};

/// Reads the JSON texts of a set; `files` are its `.mam` files, catalogues included.
pub(crate) fn read(
    sources: &Sources,
    documents: &[SourceId],
    files: &[File],
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Vec<File> {
    lint::written::find(files, limits, found);
    read::read(sources, documents, files, limits, found).into_files(documents)
}

/// The device management levels of a platform, each as the set of states that Intune treats alike.
pub(crate) fn levels(platform: Platform) -> Vec<DeviceStates> {
    ManagementLevels::each(platform)
}

/// Whether a text is read as an export: JSON, and no file of the language.
#[must_use]
pub fn is_document(text: &str) -> bool {
    SourceKind::of(text) == SourceKind::Json
}

/// Whether each of some documents, given by name and text, has something that an import reads: a policy, an
/// assignment of one of the policies, an assignment filter, a configuration of apps. The rest of a tenant's
/// backup is something else. A text that is no JSON counts as read, so that its mistake is reported.
///
/// ```
/// let policy = r##"{ "@odata.type": "#microsoft.graph.iosManagedAppProtection" }"##;
/// let other = r##"{ "@odata.type": "#microsoft.graph.iosCompliancePolicy" }"##;
/// let read = mam::intune::recognised(&[("a.json", policy), ("b.json", other)], &mam::Limits::default());
/// assert_eq!(read, [true, false]);
/// ```
#[must_use]
pub fn recognised(documents: &[(&str, &str)], limits: &Limits) -> Vec<bool> {
    read::recognised(documents, limits)
}

/// The members of a policy's object that this version reads, in the order of an export.
///
/// ```
/// let mut members = mam::intune::members(mam::Platform::Ios);
/// assert!(members.any(|name| name == "faceIdBlocked"));
/// ```
pub fn members(platform: Platform) -> impl Iterator<Item = &'static str> {
    schema::Property::all(platform).map(|property| property.name)
}

/// An import: documents as `.mam` text, with warnings.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Import {
    /// The text of one file, formatted.
    pub text: String,
    /// Warnings: contradictions, members that decide nothing, parts that are not understood.
    pub reports: Vec<Report>,
}

/// Turns exports, given by name and text, into one `.mam` file.
///
/// ```
/// let export = r##"{ "@odata.type": "#microsoft.graph.iosManagedAppProtection",
///     "displayName": "Mail on phones", "appGroupType": "allCoreMicrosoftApps",
///     "printBlocked": true, "allowedOutboundClipboardSharingLevel": "managedApps" }"##;
/// let import = mam::intune::import(&[("mail.json", export)], &mam::Limits::default())?;
/// assert!(import.text.contains("block  print"));
/// assert!(import.text.contains("block  copy to unmanaged"));
/// # Ok::<(), mam::Errors>(())
/// ```
///
/// # Errors
///
/// Every mistake in the documents, with its place and JSON path, or the limits that the text exceeds: one that
/// could not be read back is not given.
pub fn import(documents: &[(&str, &str)], limits: &Limits) -> Result<Import, Errors> {
    let Export { sources, documents, policies, diagnostics } = load(documents, limits)?;
    let reports = diagnostics.iter().map(|one| Report::new(one.clone(), &sources)).collect();
    let text = policies.into_text(&documents);
    read_back(&text, limits)?;
    Ok(Import { text, reports })
}

/// Reads a text as whoever gets it will, to find limits that it exceeds.
fn read_back(text: &str, limits: &Limits) -> Result<(), Errors> {
    let roots = [("the imported policies", text)];
    let (sources, loaded, mut found) =
        crate::model::load(&roots, &mut crate::model::NoFiles, limits);
    crate::model::resolve(&sources, &loaded.files, limits, &mut found);
    let mut errors = Diagnostics::new(limits.diagnostics);
    errors.extend(found.into_iter().filter(|one| one.severity == Severity::Error));
    if errors.is_empty() { Ok(()) } else { Err(Errors::new(&errors, &sources)) }
}

/// Documents that were read without errors.
struct Export {
    sources: Sources,
    documents: Vec<SourceId>,
    policies: ImportedPolicies,
    /// Warnings.
    diagnostics: Diagnostics,
}

fn load(documents: &[(&str, &str)], limits: &Limits) -> Result<Export, Errors> {
    let (exports, others): (Vec<_>, Vec<_>) =
        documents.iter().copied().partition(|(_, text)| is_document(text));
    let (mut sources, loaded, mut found) =
        crate::model::load(&exports, &mut crate::model::NoFiles, limits);
    for (name, text) in others {
        let source = sources.add(name, text);
        found.push(json::no_document(text, source));
    }
    let policies = read::read(&sources, &loaded.documents, &loaded.files, limits, &mut found);
    let mut diagnostics = Diagnostics::new(limits.diagnostics);
    found.sort_by_key(|diagnostic| (diagnostic.span(), diagnostic.code));
    diagnostics.extend(found);
    if diagnostics.has_errors() {
        return Err(Errors::new(&diagnostics, &sources));
    }
    Ok(Export { sources, documents: loaded.documents, policies, diagnostics })
}

/// The devices of an imported policy without the assignment filters that narrow them; `None` if it has no such filter.
pub(crate) fn unfiltered_states(policy: &Policy) -> Option<DeviceStates> {
    let setting = |name: &str| policy.settings.iter().find(|(one, _)| one == name);
    setting(read::kept::FILTERS)?;
    let (_, stated) = setting("targetedAppManagementLevels")?;
    let flags: Option<String> = serde_json::from_str(stated).ok()?;
    let flags = flags.unwrap_or_default();
    let on = policy.platforms.iter();
    let states = on.map(|on| Some(ManagementLevels::read(&flags, on)?.states(on)));
    states
        .collect::<Option<Vec<_>>>()
        .map(|all| all.into_iter().fold(DeviceStates::default(), DeviceStates::or))
}

/// The policies of the exports of a checked set, read anew.
fn imported(checked: &Checked) -> ImportedPolicies {
    let sources = checked.sources();
    let documents = sources.iter().filter(|(_, one)| one.kind() == SourceKind::Json);
    let documents: Vec<SourceId> = documents.map(|(id, _)| id).collect();
    let is_text = |file: &&File| documents.binary_search(&file.source).is_err();
    let files: Vec<File> = checked.files().iter().filter(is_text).cloned().collect();
    read::read(sources, &documents, &files, checked.limits(), &mut Vec::new())
}

/// The ids that exports state for policies, by the policy's name.
pub(crate) fn policy_ids(checked: &Checked) -> BTreeMap<String, String> {
    let policies = imported(checked).list.into_iter();
    policies.filter_map(|one| Some((one.name, one.id?.to_lowercase()))).collect()
}

/// The levels of Microsoft's data protection framework that the policies of a set reach: first those of its exports, then
/// those in the language. Policies that only report are left out.
///
/// A policy of an export reaches a level if every setting is at least as strict as the level requires; its apps and
/// assignments do not matter. A policy in the language reaches it by what it decides alone; the settings that are fitted
/// to its rules are quoted.
///
/// ```
/// let export = r##"{ "@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "Mail",
///     "appGroupType": "allCoreMicrosoftApps", "printBlocked": true, "pinRequired": false }"##;
/// let checked = mam::Compiler::new().check("mail.json", export);
/// let levels = mam::intune::framework_levels(&checked)?;
/// assert_eq!(levels[0].reached, 0);
/// assert!(levels[0].missing(1).iter().any(|one| one.setting == "PIN for access"));
/// # Ok::<(), mam::intune::export::ExportError>(())
/// ```
///
/// # Errors
///
/// [`ExportError::Refused`](export::ExportError::Refused) if the set has mistakes, or meets a limit.
pub fn framework_levels(checked: &Checked) -> Result<Vec<PolicyLevel>, export::ExportError> {
    let Some(model) = checked.model() else {
        return Err(export::ExportError::Refused(checked.errors()));
    };
    let (sources, ImportedPolicies { list, names }) = (checked.sources(), imported(checked));
    let level = |policy: &ImportedPolicy| {
        let place = (sources.name(policy.source), sources.position(policy.place).line);
        let title = (&*policy.title, policy.platform);
        PolicyLevel::of_export(title, place, &policy.settings, (&names, &policy.stated))
    };
    let mut levels: Vec<PolicyLevel> = list.iter().map(level).collect();
    let exported: BTreeSet<&str> = list.iter().map(|one| one.name.as_str()).collect();
    for id in model.policy_ids() {
        if !exported.contains(model.policy(id).name.as_str()) {
            levels.extend(export::levels_of_policy(checked, id)?);
        }
    }
    Ok(levels)
}
