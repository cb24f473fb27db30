//! Lints of all policies that were read together: settings of one that count on another.
//!
//! Takes in policies and the tenant's configurations, gives out warnings.

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::configuration::{Configurations, HANDED_OVER, WantedKeys};
use crate::intune::names::Names;
use crate::intune::read::apps::ProtectedApps;
use crate::intune::read::assignments::{Assignee, Assignees};
use crate::intune::read::policy::{ImportedPolicies, ImportedPolicy};
use crate::intune::settings::web::Browser;
use crate::syntax::ast::IdKind;
use crate::vocabulary::{DeviceStates, Platform};

/// The apps to which Intune itself sends the keys of management.
const SENT_TO: &[&str] = &["excel", "outlook", "powerpoint", "teams", "word"];

/// Finds what one policy of a tenant lacks of others.
pub(in crate::intune) fn find(
    policies: &ImportedPolicies,
    configurations: &Configurations<'_>,
    found: &mut Vec<Diagnostic>,
) {
    let edge = edge(&policies.names);
    let protecting: Vec<&ImportedPolicy> =
        policies.list.iter().filter(|one| protects_edge(one, &edge, &policies.names)).collect();
    let has_unknown = policies.list.iter().any(|one| one.head.apps == ProtectedApps::Unknown);
    for policy in &policies.list {
        found.extend(browser(policy, &protecting, has_unknown));
        found.extend(management(policy, policies, configurations));
    }
}

/// A policy that sends links to a browser that no policy protects for the same people on the same devices.
/// `has_unknown` tells that nobody knows the apps of some policy.
fn browser(
    policy: &ImportedPolicy,
    protecting: &[&ImportedPolicy],
    has_unknown: bool,
) -> Option<Diagnostic> {
    let head = &policy.head;
    if policy.settings.web.browser != Browser::Edge
        || head.assignees == Assignees::Nobody
        || protecting.iter().any(|one| std::ptr::eq(*one, policy))
    {
        return None;
    }
    let everybody = (BTreeSet::from([Assignee::ALL]), BTreeSet::new());
    let (of, except) = match &head.assignees {
        Assignees::Some { of, except } => (of, except),
        Assignees::Unknown | Assignees::Nobody => (&everybody.0, &everybody.1),
    };
    let own = head.states(policy.platform);
    let is_covered = |one: &Assignee| {
        let others = protecting.iter().filter(|other| other.platform == policy.platform);
        let covering = others.filter(|other| match &other.head.assignees {
            Assignees::Some { of, except: left_out } => {
                of.iter().any(|other| other.covers(one)) && left_out.is_subset(except)
            }
            Assignees::Unknown | Assignees::Nobody => false,
        });
        let states = covering.map(|other| other.head.states(policy.platform));
        own.without(states.fold(DeviceStates::default(), DeviceStates::or)).is_empty()
    };
    if of.iter().all(is_covered) {
        return None;
    }
    let protects = if has_unknown { "is known to protect" } else { "protects" };
    let message = format!(
        "\"{}\" sends web links to Edge, which no policy {protects} for all of its people and devices",
        policy.title
    );
    let help = "protect Microsoft Edge for the same people, in this policy or in another one: in an Edge \
                without a policy the pages are as free as in any browser";
    let place = policy.stated_at("managedBrowserToOpenLinksRequired");
    Some(Diagnostic::new(Code::IntuneBrowser, message).at(place, "").help(help))
}

/// The names of Edge.
fn edge(names: &Names) -> BTreeSet<String> {
    let kinds = [IdKind::Ios, IdKind::Android, IdKind::Windows];
    let by_id = kinds.into_iter().filter_map(|kind| names.name_of(kind, "com.microsoft.msedge"));
    by_id.chain(["edge"]).map(str::to_owned).collect()
}

/// Whether a policy is known to be for Edge.
fn protects_edge(policy: &ImportedPolicy, edge: &BTreeSet<String>, names: &Names) -> bool {
    edge.iter().any(|name| policy.head.protects(name, names))
}

/// A policy for managed devices on iOS whose apps are not told that the device is managed.
fn management(
    policy: &ImportedPolicy,
    policies: &ImportedPolicies,
    configurations: &Configurations<'_>,
) -> Option<Diagnostic> {
    let head = &policy.head;
    let levels = head.devices(Platform::Ios);
    if policy.platform != Platform::Ios
        || policy.is_default
        || !levels.is_specific()
        || levels.has_unmanaged()
    {
        return None;
    }
    let listed = match &head.apps {
        ProtectedApps::Selected(apps) => apps,
        _ => &head.beside,
    };
    let is_listed = matches!(head.apps, ProtectedApps::Selected(_));
    let (of_all, of_own) = (HANDED_OVER.get(..2).unwrap_or_default(), HANDED_OVER);
    let listed = listed.iter().filter(|app| !SENT_TO.contains(&app.as_str()));
    let mut wanted: Vec<WantedKeys<'_>> = listed
        .map(|app| (Some(&**app), if policies.names.is_new(app) { of_own } else { of_all }))
        .collect();
    // Of a group nobody knows which apps are in use.
    wanted.extend((!is_listed).then_some((None, of_all)));
    let holds_instead = |other: &&ImportedPolicy| {
        other.platform == Platform::Ios
            && other.name != policy.name
            && other.head.devices(Platform::Ios).has_unmanaged()
            && head.may_meet_people(&other.head)
    };
    // One for particular devices holds before one for all.
    let other = || {
        let others = policies.list.iter().filter(holds_instead);
        let other = others.min_by_key(|other| !other.head.devices(Platform::Ios).is_specific());
        other.map(|other| other.title.as_str())
    };
    configurations.missing_keys(policy, &wanted, other)
}
