//! Lints of all policies that were read together: settings of one that count on another.
//!
//! Takes in policies and the keys that configurations hand over, gives out warnings.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::configuration::{HANDED_OVER, missing_keys, not_handed_over};
use crate::intune::names::{AppRef, Names};
use crate::intune::read::apps::ProtectedApps;
use crate::intune::read::assignments::Assignees;
use crate::intune::read::policy::{ImportedPolicies, ImportedPolicy};
use crate::intune::settings::web::Browser;
use crate::syntax::ast::IdKind;
use crate::vocabulary::Platform;

use super::conflicts::may_meet_people;

/// The apps to which Intune itself sends the keys of management.
const SENT_TO: &[&str] = &["excel", "outlook", "powerpoint", "teams", "word"];

/// Finds what one policy of a tenant lacks of others. `handed_over` are the keys of management that
/// configurations hand over to apps.
pub(in crate::intune) fn find(
    policies: &ImportedPolicies,
    handed_over: &BTreeSet<&str>,
    found: &mut Vec<Diagnostic>,
) {
    for policy in &policies.list {
        found.extend(browser(policy, policies));
        found.extend(management(policy, policies, handed_over));
    }
}

/// A policy that sends links to a browser that no policy protects for the same people.
fn browser(policy: &ImportedPolicy, policies: &ImportedPolicies) -> Option<Diagnostic> {
    if policy.settings.web.browser != Browser::Edge || policy.head.assignees == Assignees::Nobody {
        return None;
    }
    let protects = |other: &&ImportedPolicy| {
        other.platform == policy.platform
            && protects_edge(&other.head.apps, &policies.names)
            && may_meet_people(&policy.head, &other.head)
    };
    if policies.list.iter().any(|other| protects(&other)) {
        return None;
    }
    let message = format!("\"{}\" sends web links to Edge, which no policy protects", policy.title);
    let help = "protect Microsoft Edge for the same people, in this policy or in another one: in an Edge \
                without a policy the pages are as free as in any browser";
    let place = policy.stated_at("managedBrowserToOpenLinksRequired");
    Some(Diagnostic::new(Code::IntuneBrowser, message).at(place, "").help(help))
}

fn protects_edge(apps: &ProtectedApps, names: &Names) -> bool {
    match apps {
        // A policy whose apps nobody lists may protect it.
        ProtectedApps::Core
        | ProtectedApps::Microsoft
        | ProtectedApps::All
        | ProtectedApps::Unknown => true,
        ProtectedApps::Selected(apps) => apps.iter().any(|name| {
            let app = AppRef::Named(name.clone());
            let ids = [IdKind::Ios, IdKind::Android, IdKind::Windows];
            let ids = ids.into_iter().flat_map(|kind| names.ids(&app, kind));
            name == "edge"
                || ids.into_iter().any(|id| id.eq_ignore_ascii_case("com.microsoft.msedge"))
        }),
    }
}

/// A policy for managed devices on iOS whose apps are not told that the device is managed.
fn management(
    policy: &ImportedPolicy,
    policies: &ImportedPolicies,
    handed_over: &BTreeSet<&str>,
) -> Option<Diagnostic> {
    let levels = policy.head.devices(Platform::Ios);
    if policy.platform != Platform::Ios
        || policy.is_default
        || !levels.is_specific()
        || levels.has_unmanaged()
    {
        return None;
    }
    let (is_served, has_own) = match &policy.head.apps {
        ProtectedApps::Selected(apps) => (
            apps.iter().all(|app| SENT_TO.contains(&app.as_str())),
            apps.iter().any(|app| policies.names.is_new(app)),
        ),
        _ => (false, false),
    };
    if is_served {
        return None;
    }
    let wanted = if has_own { &HANDED_OVER[..] } else { &HANDED_OVER[..2] };
    let missing = missing_keys(handed_over, wanted);
    if missing.is_empty() {
        return None;
    }
    let holds_instead = |other: &&ImportedPolicy| {
        other.platform == Platform::Ios
            && other.name != policy.name
            && other.head.devices(Platform::Ios).has_unmanaged()
            && may_meet_people(&policy.head, &other.head)
    };
    let other = policies.list.iter().find(holds_instead).map(|other| other.title.as_str());
    let place = policy.stated_at("targetedAppManagementLevels");
    Some(not_handed_over((&policy.title, place), &missing, other))
}
