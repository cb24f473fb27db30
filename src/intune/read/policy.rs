//! One policy of an export.
//!
//! Takes in an object and its platform, gives out [`ImportedPolicy`]: head, settings, statements. Other
//! policies are not known here.

use std::collections::BTreeMap;

use super::apps::ProtectedApps;
use super::assignments::{Assignees, TenantParts};
use super::head::Head;
use super::kept;
use super::members::{Members, StatedMember};
use super::objects::{ListedObject, ObjectType};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::Line;
use crate::intune::json::Path;
use crate::intune::lint;
use crate::intune::names::Names;
use crate::intune::settings::Settings;
use crate::intune::settings::reader::SettingsReader;
use crate::source::{SourceId, Span};
use crate::vocabulary::Platform;

/// A policy of an export on one platform. A default policy gives two, one for iOS and one for Android.
#[derive(Debug)]
pub(in crate::intune) struct ImportedPolicy {
    pub(in crate::intune) source: SourceId,
    /// The id of its object in the tenant.
    pub(in crate::intune) id: Option<String>,
    pub(in crate::intune) name: String,
    pub(in crate::intune) title: String,
    pub(in crate::intune) docs: Vec<String>,
    pub(in crate::intune) platform: Platform,
    /// Whether it is the policy for users whom no other policy reaches.
    pub(in crate::intune) is_default: bool,
    pub(in crate::intune) head: Head,
    pub(in crate::intune) settings: Settings,
    /// The members of its object, by name.
    pub(in crate::intune) stated: BTreeMap<&'static str, StatedMember>,
    /// Its statements.
    pub(in crate::intune) lines: Vec<Line>,
    /// The place of its name.
    pub(in crate::intune) place: Span,
    /// The place of its object.
    pub(in crate::intune) span: Span,
}

/// The policies of several documents, with the names that they share.
#[derive(Debug)]
pub(in crate::intune) struct ImportedPolicies {
    pub(in crate::intune) list: Vec<ImportedPolicy>,
    pub(in crate::intune) names: Names,
}

impl ImportedPolicy {
    /// Whether the export says for which apps and people the policy is. One that may be for others puts no policy
    /// aside.
    pub(in crate::intune) fn is_certain(&self) -> bool {
        self.head.apps != ProtectedApps::Unknown && self.head.assignees != Assignees::Unknown
    }

    /// The place of a member; of the policy's name if the object lacks it.
    pub(in crate::intune) fn stated_at(&self, member: &str) -> Span {
        self.stated.get(member).map_or(self.place, |entry| entry.span)
    }
}

/// A policy on one platform of which the head is read, and nothing else.
pub(super) struct HeadedPolicy<'n> {
    source: SourceId,
    object: &'n ListedObject<'n>,
    members: Members<'n>,
    pub(super) platform: Platform,
    pub(super) head: Head,
}

impl<'n> HeadedPolicy<'n> {
    /// Reads members and head of a policy on one platform.
    pub(super) fn read(
        (source, object): (SourceId, &'n ListedObject<'n>),
        platform: Platform,
        parts: TenantParts<'_>,
        names: &mut Names,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let before = found.len();
        let is_default = object.what == ObjectType::Default;
        let mut members = Members::read(object.node, Path::known(&object.path), platform, found);
        members.is_of_default = is_default;
        let head = Head::read(&members, parts, names, found);
        keep_once(found, before, is_default);
        Self { source, object, members, platform, head }
    }

    /// Reads the rest. `frees_capture` tells that a configuration of its apps lets screens be captured.
    pub(super) fn finish(
        self,
        frees_capture: bool,
        names: &mut Names,
        found: &mut Vec<Diagnostic>,
    ) -> ImportedPolicy {
        let Self { source, object, mut members, platform, head } = self;
        members.frees_capture = frees_capture;
        let before = found.len();
        let is_default = members.is_of_default;
        let levels = head.devices(platform);
        let mut reader = SettingsReader { members: &members, levels: &levels, names, found };
        let settings = Settings::read(&mut reader);
        lint::shapes::find(&members, found);
        lint::policy::find(&members, &head, &settings, names, found);
        keep_once(found, before, is_default);
        let mut lines = head.lines(&members, names);
        let emitter = RuleEmitter { platform, levels: &levels, names, members: &members };
        lines.extend(settings.lines(&emitter));
        lines.extend(kept::statements(&members, &head, &settings, is_default, names));
        let suffix = if is_default { format!(" ({platform})") } else { String::new() };
        let title = format!("{}{suffix}", head.title);
        ImportedPolicy {
            source,
            id: object.node.text("id").map(str::to_owned),
            name: names.policy(&title),
            docs: kept::docs(&head.description),
            title,
            platform,
            is_default,
            lines,
            place: members.head(),
            span: object.node.span,
            head,
            settings,
            stated: members.into_entries(),
        }
    }
}

/// Drops diagnostics that the other half of a default policy has given already.
fn keep_once(found: &mut Vec<Diagnostic>, before: usize, is_default: bool) {
    let twice: Vec<Diagnostic> = found.drain(before..).collect();
    for one in twice {
        if !is_default || !found.contains(&one) && one.code != Code::IntuneIdle {
            found.push(one);
        }
    }
}
