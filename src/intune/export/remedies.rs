//! Remedies for exports: settings after which a scope is allowed or blocked, or a claim about accesses holds.
//!
//! Takes in a set that was read from exports, gives out settings to change. The exports are read as text,
//! the text is edited, and the edited policies are written as settings again, so that a change is one that
//! Intune can hold. How edits are found is not known here.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{ExportError, Options, export};
use crate::analysis::{
    AccessChange, Analysis, Change, NoRemedy, Remedy, RequirementChange, diff, diff_access,
};
use crate::compiler::Checked;
use crate::diagnostic::Errors;
use crate::intune;
use crate::limits::LimitExceeded;
use crate::source::SourceKind;
use crate::syntax;
use crate::syntax::ast::{
    AccessScope, ExpectAccess, File, ItemKind, Policy, Scope, Statement, StatementKind,
};
use crate::vocabulary::{Effect, Platform, Platforms};

/// The number of remedies of a question, the best first, that are written as settings.
const TRIED: usize = 16;

/// The number of remedies found in settings at which the search ends.
const FOUND: usize = 4;

/// The name of the text that the exports are read as.
const TEXT: &str = "the imported policies";

/// Changes of settings that together lead to the wanted decision, with every decision that they change.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SettingRemedy {
    /// The settings to change.
    pub settings: Vec<SettingChange>,
    /// Every movement that would be decided differently, what was asked for included.
    pub changes: Vec<Change>,
    /// Every access that would have another effect, likewise.
    pub accesses: Vec<AccessChange>,
    /// Every access for which something else would be required, likewise.
    pub requirements: Vec<RequirementChange>,
}

/// A setting with another value.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SettingChange {
    /// The policy, by its name in the language.
    pub policy: String,
    /// The member of the policy in Graph.
    pub setting: String,
    /// Its value now; `None` where the member is missing.
    pub before: Option<Value>,
    /// Its value afterwards.
    pub after: Option<Value>,
}

/// Up to four changes of settings of exports that give a scope an effect. A setting is about every app of its
/// policy, so that remedies for all managed apps are tried behind those for the scope alone, the best 16 of each; one
/// that no settings express is left out.
///
/// ```
/// let export = r##"{ "@odata.type": "#microsoft.graph.iosManagedAppProtection",
///     "displayName": "Mail on phones", "appGroupType": "allCoreMicrosoftApps",
///     "printBlocked": false,
///     "assignments": [{ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget",
///         "groupId": "aaaaaaaa-0000-0000-0000-000000000000" } }] }"##;
/// let checked = mam::Compiler::new().check("mail.json", export);
/// let scope = "print from outlook as work for group-aaaaaaaa on ios";
/// let found = mam::intune::export::remedies(&checked, scope, mam::Effect::Block)?;
/// assert_eq!(found[0].settings[0].setting, "printBlocked");
/// # Ok::<(), mam::analysis::NoRemedy>(())
/// ```
///
/// # Errors
///
/// As [`Analysis::remedies`], and [`NoRemedy::Export`] if the set cannot be read as text, or written as settings
/// within the limits.
pub fn remedies(
    checked: &Checked,
    question: &str,
    wanted: Effect,
) -> Result<Vec<SettingRemedy>, NoRemedy> {
    let text = as_text(checked).map_err(NoRemedy::Export)?;
    let questions = Questions {
        own: question,
        broader: broader(&text, question),
        remedies: &|analysis, question| analysis.remedies(question, wanted),
        is_met: &|analysis, question| analysis.is_met(question, wanted),
    };
    questions.search(&text)
}

/// Likewise, up to four changes of settings of exports after which a claim about accesses holds, such as
/// `block launch outlook as work when jailbroken`.
///
/// ```
/// let export = r##"{ "@odata.type": "#microsoft.graph.iosManagedAppProtection",
///     "displayName": "Mail on phones", "appGroupType": "allCoreMicrosoftApps",
///     "minimumRequiredOsVersion": "16.0",
///     "assignments": [{ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget",
///         "groupId": "aaaaaaaa-0000-0000-0000-000000000000" } }] }"##;
/// let checked = mam::Compiler::new().check("mail.json", export);
/// let claim = "block launch outlook as work for group-aaaaaaaa on ios when os < 17.0";
/// let found = mam::intune::export::access_remedies(&checked, claim)?;
/// assert_eq!(found[0].settings[0].setting, "minimumRequiredOsVersion");
/// # Ok::<(), mam::analysis::NoRemedy>(())
/// ```
///
/// # Errors
///
/// As [`Analysis::access_remedies`], and [`NoRemedy::Export`] as for [`remedies`].
pub fn access_remedies(checked: &Checked, claim: &str) -> Result<Vec<SettingRemedy>, NoRemedy> {
    let text = as_text(checked).map_err(NoRemedy::Export)?;
    let questions = Questions {
        own: claim,
        broader: broader_claims(&text, claim),
        remedies: &|analysis, claim| analysis.access_remedies(claim),
        is_met: &|analysis, claim| analysis.is_claim_met(claim),
    };
    questions.search(&text)
}

/// The remedies of a question in a set.
type Ask<'a> = &'a dyn Fn(&Analysis<'_>, &str) -> Result<Vec<Remedy>, NoRemedy>;

/// A question, and broader ones whose remedies may be settings.
struct Questions<'a> {
    own: &'a str,
    broader: Vec<String>,
    remedies: Ask<'a>,
    is_met: &'a dyn Fn(&Analysis<'_>, &str) -> Result<bool, LimitExceeded>,
}

impl Questions<'_> {
    /// The settings to change in a set whose exports are read as text. What meets a limit is left out, and tells if
    /// nothing else is found.
    fn search(&self, text: &Checked) -> Result<Vec<SettingRemedy>, NoRemedy> {
        let analysis = Analysis::new(text).map_err(NoRemedy::Export)?;
        let mut settings = EditedSettings { text, known: BTreeMap::new() };
        let (mut seen, mut found) = (BTreeSet::new(), Vec::<SettingRemedy>::new());
        let (mut tried, mut met) = (0, None);
        for asked in std::iter::once(self.own).chain(self.broader.iter().map(String::as_str)) {
            let remedies = match self.asked(&analysis, asked) {
                Ok(remedies) => remedies,
                Err(NoRemedy::NotFound { tried: more }) => {
                    tried += more;
                    continue;
                }
                Err(error) if is_limit(&error) => {
                    met.get_or_insert(error);
                    continue;
                }
                Err(error) => return Err(error),
            };
            let mut is_new = |one: &Remedy| is_of_exports(one) && seen.insert(one.files.clone());
            let remedies = remedies.into_iter().filter(|one| is_new(one)).take(TRIED);
            for remedy in remedies {
                tried += 1;
                match self.as_settings(&analysis, &mut settings, &remedy) {
                    Ok(one) => found.extend(one.filter(|new| is_unlike(&found, new))),
                    Err(error) if is_limit(&error) => drop(met.get_or_insert(error)),
                    Err(error) => return Err(error),
                }
                if found.len() == FOUND {
                    return Ok(found);
                }
            }
        }
        match (found.is_empty(), met) {
            (false, _) => Ok(found),
            (true, Some(error)) => Err(error),
            (true, None) => Err(NoRemedy::NotFound { tried }),
        }
    }

    /// The settings that a remedy of the text changes; `None` where they do not lead to what is wanted.
    fn as_settings(
        &self,
        analysis: &Analysis<'_>,
        settings: &mut EditedSettings<'_>,
        remedy: &Remedy,
    ) -> Result<Option<SettingRemedy>, NoRemedy> {
        let edited = edited(settings.text, remedy);
        let Some((settings, written)) = settings.changed(&edited, remedy)? else {
            return Ok(None);
        };
        // What the settings decide counts: they can say more than the text that they were made of.
        let Ok(after) = Analysis::new(&written) else { return Ok(None) };
        if settings.is_empty() || !(self.is_met)(&after, self.own)? {
            return Ok(None);
        }
        let changes = diff(analysis, &after)?;
        let (accesses, requirements) = diff_access(analysis, &after)?;
        Ok(Some(SettingRemedy { settings, changes, accesses, requirements }))
    }

    /// The remedies of the question, or of a broader one.
    fn asked(&self, analysis: &Analysis<'_>, asked: &str) -> Result<Vec<Remedy>, NoRemedy> {
        match (self.remedies)(analysis, asked) {
            // Not every channel has managed apps on both sides.
            Err(NoRemedy::Scope(_) | NoRemedy::Empty | NoRemedy::AlreadySo)
                if asked != self.own =>
            {
                Ok(Vec::new())
            }
            remedies => remedies,
        }
    }
}

/// Whether a search ended at a limit.
fn is_limit(error: &NoRemedy) -> bool {
    match error {
        NoRemedy::Limit(_) => true,
        NoRemedy::Export(errors) => errors.is_limit(),
        _ => false,
    }
}

/// Whether no remedy that was found has the same settings.
fn is_unlike(found: &[SettingRemedy], new: &SettingRemedy) -> bool {
    found.iter().all(|one| one.settings != new.settings)
}

/// Whether a remedy edits policies of exports alone.
fn is_of_exports(remedy: &Remedy) -> bool {
    remedy.steps.iter().all(|step| step.file.as_deref() == Some(TEXT))
}

/// Questions about all managed apps: a setting is about every app of its policy.
fn broader(checked: &Checked, question: &str) -> Vec<String> {
    let parsed = |text: &str| checked.parsed_question(text);
    let (Some(asked), Some(managed)) = (parsed(question), parsed("any from managed to managed"))
    else {
        return Vec::new();
    };
    let ends = [
        (managed.from.clone(), asked.to.clone()),
        (managed.from.clone(), None),
        (asked.from.clone(), managed.to.clone()),
        (None, managed.to.clone()),
    ];
    let question = |(from, to)| syntax::print::scope(&Scope { from, to, ..asked.clone() });
    ends.into_iter().map(question).collect()
}

/// The claim about all managed apps, and about all apps.
fn broader_claims(checked: &Checked, claim: &str) -> Vec<String> {
    let parsed = |text: &str| checked.parsed_access_claim(text);
    let (Some(asked), Some(managed)) = (parsed(claim), parsed("allow launch managed")) else {
        return Vec::new();
    };
    let claim = |set| {
        let scope = AccessScope { set, ..asked.scope.clone() };
        syntax::print::access_claim(&ExpectAccess { scope, ..asked.clone() })
    };
    [managed.scope.set, None].into_iter().map(claim).collect()
}

/// The set with its exports as text.
fn as_text(checked: &Checked) -> Result<Checked, Errors> {
    let sources = checked.sources();
    let documents: Vec<(&str, &str)> = (sources.iter())
        .map(|(_, source)| (source.name(), source.text().as_ref()))
        .filter(|(_, text)| intune::is_document(text))
        .collect();
    let import = intune::import(&documents, checked.limits())?;
    let is_text = |file: &&File| {
        sources.get(file.source).is_none_or(|source| source.kind() != SourceKind::Json)
    };
    let files = checked.files().iter().filter(is_text).cloned().collect();
    let text = with_texts(checked, files, &[(TEXT.to_owned(), import.text)]);
    if text.has_errors() { Err(text.errors()) } else { Ok(text) }
}

/// The set of some files and of some more texts.
fn with_texts(checked: &Checked, mut files: Vec<File>, texts: &[(String, String)]) -> Checked {
    let mut sources = checked.sources().clone();
    for (name, text) in texts {
        let id = sources.add(name, text);
        files.push(syntax::parse(&sources, id, checked.limits()).0);
    }
    checked.with_files(sources, files)
}

/// The set with the edits of a remedy.
fn edited(text: &Checked, remedy: &Remedy) -> Checked {
    let is_edited = |file: &File| {
        let name = text.sources().name(file.source);
        remedy.files.iter().any(|(edited, _)| edited == name)
    };
    let files = text.files().iter().filter(|file| !is_edited(file)).cloned().collect();
    with_texts(text, files, &remedy.files)
}

/// The settings of a policy as a document; `None` where none decide exactly the same.
type Document = Option<String>;

/// The settings of a set before it is edited.
struct EditedSettings<'c> {
    text: &'c Checked,
    /// By policy and platform: the documents that were asked for.
    known: BTreeMap<(String, Platform), Document>,
}

impl EditedSettings<'_> {
    /// The settings that a remedy changes, given the set with its edits, and the set in which the edited policies say
    /// what those settings say; `None` where no settings decide the same as a policy that it edits.
    fn changed(
        &mut self,
        edited: &Checked,
        remedy: &Remedy,
    ) -> Result<Option<(Vec<SettingChange>, Checked)>, NoRemedy> {
        let policies: BTreeSet<&String> =
            remedy.steps.iter().filter_map(|step| step.policy.as_ref()).collect();
        let (mut found, mut written) = (Vec::new(), edited.clone());
        for policy in policies {
            let platforms = platforms_of(self.text, policy).or(platforms_of(edited, policy));
            // An export is for one platform.
            let mut platforms = platforms.iter();
            let (Some(platform), None) = (platforms.next(), platforms.next()) else {
                return Ok(None);
            };
            let after = document(edited, policy, platform)?;
            let (Some(before), Some(after)) = (self.before(policy, platform)?, &after) else {
                return Ok(None);
            };
            let (Some(old), Some(new)) = (members(before), members(after)) else { return Ok(None) };
            found.extend(differing(policy, &old, &new));
            let Some(next) = with_document(&written, policy, after) else { return Ok(None) };
            written = next;
        }
        Ok(Some((found, written)))
    }

    fn before(&mut self, policy: &str, platform: Platform) -> Result<&Document, NoRemedy> {
        Ok(match self.known.entry((policy.to_owned(), platform)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(document(self.text, policy, platform)?),
        })
    }
}

fn platforms_of(checked: &Checked, policy: &str) -> Platforms {
    let policies = checked.model().map_or(&[][..], |model| model.policies());
    let named = policies.iter().find(|one| one.name == policy);
    named.map_or(Platforms::default(), |one| one.platforms)
}

/// The document of a policy on a platform.
fn document(checked: &Checked, policy: &str, platform: Platform) -> Result<Document, NoRemedy> {
    match export(checked, &Options::new(platform).with_policy(policy)) {
        Ok(export) => Ok(Some(export.text)),
        Err(ExportError::Refused(errors)) if errors.is_limit() => Err(NoRemedy::Export(errors)),
        Err(_) => Ok(None),
    }
}

/// The members of a document that is one policy.
fn members(document: &str) -> Option<Map<String, Value>> {
    serde_json::from_str(document).ok()
}

/// The set in which a policy has the rules and access statements of a document, under its own head.
fn with_document(checked: &Checked, policy: &str, document: &str) -> Option<Checked> {
    let import = intune::import(&[("the settings", document)], checked.limits()).ok()?;
    let mut sources = checked.sources().clone();
    let id = sources.add("the settings as text", &import.text);
    let (read, _) = syntax::parse(&sources, id, checked.limits());
    let [said] = policies(&read).collect::<Vec<_>>()[..] else { return None };
    let is_said = |one: &Statement| {
        matches!(
            one.kind,
            StatementKind::Rule(_) | StatementKind::Require(_) | StatementKind::Launch(_)
        )
    };
    let said: Vec<Statement> = said.body.iter().filter(|one| is_said(one)).cloned().collect();
    let mut files: Vec<File> = checked.files().to_vec();
    let items = files.iter_mut().flat_map(|file| &mut file.items);
    let mut own = items.filter_map(|item| match &mut item.kind {
        ItemKind::Policy(own) if own.name.text == policy => Some(own),
        _ => None,
    });
    let own = own.next()?;
    own.body.retain(|one| !is_said(one));
    own.body.extend(said);
    Some(checked.with_files(sources, files))
}

fn policies(file: &File) -> impl Iterator<Item = &Policy> {
    file.items.iter().filter_map(|item| match &item.kind {
        ItemKind::Policy(policy) => Some(policy),
        _ => None,
    })
}

fn differing(
    policy: &str,
    before: &Map<String, Value>,
    after: &Map<String, Value>,
) -> Vec<SettingChange> {
    let new = after.keys().filter(|key| !before.contains_key(*key));
    let members = before.keys().chain(new);
    let change = |setting: &String| {
        let [before, after] = [before, after].map(|members| members.get(setting).cloned());
        (before != after).then(|| SettingChange {
            policy: policy.to_owned(),
            setting: setting.clone(),
            before,
            after,
        })
    };
    members.filter_map(change).collect()
}
