//! Exempt apps, to which data may go although unmanaged apps are blocked.
//!
//! Takes in members or observed behaviour, gives out apps, and members again. The settings that block
//! are not known here.

use std::collections::BTreeSet;

use super::observed::{Observed, blocks};
use super::reader::SettingsReader;
use crate::intune::names::{AppRef, Names};
use crate::intune::value::{DEFAULT_SCHEMES, Pair, canonical_list, scheme, split};
use crate::syntax::ast::IdKind;
use crate::vocabulary::{Channel, Platform, Side};

/// Schemes whose exemption overrides the redirection of phone numbers, or of messages.
pub(super) const DIALER_SCHEMES: &[&str] = &["tel", "telprompt"];
pub(super) const MESSAGING_SCHEMES: &[&str] = &["sms"];

/// The exempt apps of a new policy for iOS.
pub(in crate::intune) fn default_apps(names: &Names) -> BTreeSet<AppRef> {
    let apps = split(DEFAULT_SCHEMES.1).map(|scheme| app_of(scheme, names));
    apps.collect()
}

/// The app with a scheme.
fn app_of(scheme: &str, names: &Names) -> AppRef {
    let url = format!("{scheme}:");
    match names.name_of(IdKind::Url, &url) {
        Some(name) => AppRef::Named(name.to_owned()),
        None => AppRef::Id(IdKind::Url, url),
    }
}

/// Pairs for exempt apps: one pair `Default` for the apps of a new policy and for bare schemes, and one
/// pair by title for every other app.
pub(super) fn scheme_pairs(apps: &BTreeSet<AppRef>, names: &Names) -> Vec<Pair> {
    let usual = default_apps(names);
    let schemes =
        |app: &AppRef| -> Vec<String> { schemes_of(app, names).map(str::to_owned).collect() };
    let mut default: Vec<String> = Vec::new();
    let mut pairs: Vec<Pair> = Vec::new();
    for app in apps {
        match names.title(app) {
            Some(title) if !usual.contains(app) => {
                pairs.push((title.to_owned(), canonical_list(&schemes(app).join(";"))));
            }
            _ => default.extend(schemes(app)),
        }
    }
    if !default.is_empty() {
        pairs.push((DEFAULT_SCHEMES.0.to_owned(), canonical_list(&default.join(";"))));
    }
    pairs.sort_unstable();
    pairs
}

/// Pairs for exempt apps by package, one for each app.
pub(super) fn package_pairs(apps: &BTreeSet<AppRef>, names: &Names) -> Vec<Pair> {
    let pair = |app| {
        let packages = names.ids(app, IdKind::Android).join(";");
        (names.title(app).unwrap_or("Default").to_owned(), canonical_list(&packages))
    };
    let mut pairs: Vec<Pair> = apps.iter().map(pair).collect();
    pairs.sort_unstable();
    pairs
}

/// The exempt apps in the members of a policy.
pub(super) fn read(reader: &mut SettingsReader<'_>) -> BTreeSet<AppRef> {
    let (member, kind, usual) = match reader.platform() {
        Platform::Ios => ("exemptedAppProtocols", IdKind::Url, vec![DEFAULT_SCHEMES]),
        Platform::Android => ("exemptedAppPackages", IdKind::Android, Vec::new()),
        Platform::Windows => return BTreeSet::new(),
    };
    let usual = || usual.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let pairs = reader.members.pairs(member).unwrap_or_else(|| usual().collect());
    let span = reader.members.span(member);
    let mut apps = BTreeSet::new();
    for (name, value) in &pairs {
        let ids = split(value).filter_map(|id| match kind {
            IdKind::Url => scheme(id).map(|scheme| format!("{scheme}:")),
            _ => Some(id.to_owned()),
        });
        let ids: Vec<String> = ids.collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let title = (name != DEFAULT_SCHEMES.0 && !name.is_empty()).then_some(&**name);
        apps.extend(reader.names.apps_with(kind, &ids, title, span));
    }
    // Android exempts the members of this group without a list.
    let names = &*reader.names;
    let is_exempt = |app: &AppRef| matches!(app, AppRef::Named(name) if names.has_member("android-exempt", name));
    apps.retain(|app| kind != IdKind::Android || !is_exempt(app));
    apps
}

/// The free apps that settings can name. `both_ways` tells that data from unmanaged apps is blocked, too.
pub(super) fn fit(observed: &Observed, both_ways: bool, names: &Names) -> BTreeSet<AppRef> {
    match observed.platform {
        Platform::Ios => {
            let held = |channel| observed.leaving(channel).any(|(_, verdict)| blocks(verdict));
            let defeats = |app: &AppRef| {
                let has =
                    |schemes: &[&str]| schemes_of(app, names).any(|one| schemes.contains(&one));
                held(Channel::Call) && has(DIALER_SCHEMES)
                    || held(Channel::Message) && has(MESSAGING_SCHEMES)
            };
            let free = observed.free_apps(Side::Source, Channel::Invoke).into_iter();
            free.filter(|app| schemes_of(app, names).next().is_some() && !defeats(app)).collect()
        }
        Platform::Android => {
            let mut free = observed.free_apps(Side::Source, Channel::Share);
            // Both directions have one list.
            if both_ways {
                let arriving = observed.free_apps(Side::Target, Channel::Share);
                free.retain(|app| arriving.contains(app));
            }
            free.retain(|app| !names.ids(app, IdKind::Android).is_empty());
            free
        }
        Platform::Windows => BTreeSet::new(),
    }
}

/// The schemes that open an app.
pub(super) fn schemes_of<'n>(app: &'n AppRef, names: &'n Names) -> impl Iterator<Item = &'n str> {
    names.ids(app, IdKind::Url).into_iter().filter_map(|url| url.strip_suffix(':'))
}
