//! The members of one policy, read plainly.
//!
//! A member that is absent or `null` has the default of the settings tables (§2.3 to §2.5); a list that
//! is `null` selects nothing, which is the stricter reading of a thing that Graph does not write. What
//! contradicts its parent is read as it stands: which of them counts is known where both are used.

use mam::vocabulary::Platform;
use serde_json::Value;

/// One policy.
#[derive(Debug, Clone)]
pub(crate) struct Policy {
    pub(crate) platform: Platform,

    // Whom and what it is for (§1.2 to §1.4).
    pub(crate) people: People,
    pub(crate) apps: Apps,
    /// `targetedAppManagementLevels`; empty for all.
    pub(crate) levels: Vec<String>,
    /// Whether the export says for whom and which apps it is.
    pub(crate) is_certain: bool,

    // Data transfer (§5.1 to §5.5).
    pub(crate) send: Send,
    /// Schemes without the colon (iOS) or package ids (Android).
    pub(crate) exempt: Vec<String>,
    pub(crate) save_as_blocked: bool,
    pub(crate) allowed_storage: Vec<String>,
    pub(crate) receive: Receive,
    pub(crate) block_ingestion: bool,
    pub(crate) allowed_ingestion: Vec<String>,

    // Clipboard (§5.6).
    pub(crate) clipboard: Clipboard,
    pub(crate) exception: u32,

    // Links (§5.7, §5.8, §5.10).
    pub(crate) dialer: Redirect,
    pub(crate) messaging: Redirect,
    pub(crate) browser_required: bool,
    /// Scheme or package id.
    pub(crate) custom_browser: Option<String>,
    pub(crate) exempt_links: Vec<String>,
    pub(crate) managed_links: Vec<String>,

    // Everything else (§5.9, §5.11 to §5.15).
    pub(crate) print_blocked: bool,
    pub(crate) notifications: Notifications,
    /// `None` where the policy does not carry the state.
    pub(crate) screen_capture: Option<bool>,
    pub(crate) genmoji_blocked: bool,
    pub(crate) writing_tools_blocked: bool,
    pub(crate) backup_blocked: bool,
    pub(crate) third_party_keyboards_blocked: bool,
    /// The approved ones, if only those may be used.
    pub(crate) keyboards: Option<Vec<String>>,
    pub(crate) sync_blocked: bool,
    pub(crate) widgets_allowed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum People {
    Everybody { but: Vec<String> },
    Groups { of: Vec<String>, but: Vec<String> },
    Nobody,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Apps {
    Selected(Vec<String>),
    /// A group, and apps of other makers that are listed beside it.
    Beside(Box<Apps>, Vec<String>),
    CoreMicrosoft,
    Microsoft,
    All,
}

/// Send org data to other apps (§2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Send {
    All,
    Managed,
    /// Policy managed apps with OS sharing.
    OsSharing,
    /// Policy managed apps with Open-In/Share filtering.
    Filtered,
    None,
}

/// Receive data from other apps (§2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Receive {
    All,
    /// All apps with incoming org data.
    Incoming,
    Managed,
    None,
}

/// Restrict cut, copy and paste, on Windows too (§5.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clipboard {
    Any,
    PasteIn,
    Managed,
    Blocked,
}

/// Where phone and messaging links go (§5.7, §5.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Redirect {
    Any,
    Managed,
    /// This one, by scheme or package id; none if it is not named.
    App(Option<String>),
    Blocked,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notifications {
    Allow,
    WithoutContent,
    Block,
}

/// §3.1: what a new policy for iOS exempts.
const DEFAULT_SCHEMES: &str =
    "skype;app-settings;calshow;itms;itmss;itms-apps;itms-appss;itms-services";

/// §3.2: the links that a new policy for iOS exempts.
const DEFAULT_EXEMPT_LINKS: &[&str] = &["maps.apple.com", "facetime.apple.com"];

/// §3.2: the links that a new policy for iOS hands to managed apps.
const DEFAULT_MANAGED_LINKS: &[&str] = &[
    "*.onedrive.com/*",
    "*.appsplatform.us/*",
    "*.powerapps.cn/*",
    "*.powerapps.com/*",
    "*.powerapps.us/*",
    "*.powerbi.com/*",
    "app.powerbi.cn/*",
    "app.powerbi.de/*",
    "app.powerbigov.us/*",
    "*.service-now.com/*",
    "*.sharepoint.com/*",
    "*.sharepoint-df.com/*",
    "web.microsoftstream.com/video/*",
    "msit.microsoftstream.com/video/*",
    "*teams.microsoft.com/l/*",
    "*devspaces.skype.com/l/*",
    "*teams.live.com/l/*",
    "*collab.apps.mil/l/*",
    "*teams.microsoft.us/l/*",
    "*teams-fl.microsoft.com/l/*",
    "tasks.office.com/*",
    "to-do.microsoft.com/sharing*",
    "*.yammer.com/*",
    "*.zoom.us/*",
];

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    ///
    /// When it is of no type that speaks of movements, or has words that Graph does not know.
    pub(crate) fn read(policy: &Value) -> Result<Self, String> {
        let platform = platform(policy).ok_or("not an app protection policy")?;
        let json = Members(policy);
        let (ios, android) = (platform == Platform::Ios, platform == Platform::Android);
        // §2.5: four members are all that speaks of movements on Windows; others are strays.
        let mobile = |name: &str| json.flag(name).map(|flag| flag && (ios || android));
        let by_platform = |on_ios: &str, on_android: &str| match platform {
            Platform::Ios => json.text(on_ios).map(|text| text.as_deref().and_then(scheme)),
            Platform::Android => json.text(on_android).map(|text| text.as_deref().and_then(id)),
            _ => Ok(None),
        };
        Ok(Self {
            platform,
            people: people(&json)?,
            apps: apps(&json)?,
            is_certain: is_certain(&json)?,
            levels: levels(&json)?,
            send: send(&json, ios)?,
            exempt: match platform {
                Platform::Ios => exempt_schemes(&json)?,
                Platform::Android => json.pairs("exemptedAppPackages")?.unwrap_or_default(),
                _ => Vec::new(),
            },
            save_as_blocked: mobile("saveAsBlocked")?,
            allowed_storage: json.words("allowedDataStorageLocations")?.unwrap_or_default(),
            receive: receive(&json, ios)?,
            block_ingestion: mobile("blockDataIngestionIntoOrganizationDocuments")?,
            allowed_ingestion: ingestion(&json)?,
            clipboard: json.choice(
                "allowedOutboundClipboardSharingLevel",
                &[
                    ("allApps", Clipboard::Any),
                    ("managedAppsWithPasteIn", Clipboard::PasteIn),
                    ("managedApps", Clipboard::Managed),
                    ("blocked", Clipboard::Blocked),
                    ("anyDestinationAnySource", Clipboard::Any),
                    ("orgDestinationAnySource", Clipboard::PasteIn),
                    ("orgDestinationOrgSource", Clipboard::Managed),
                    ("none", Clipboard::Blocked),
                ],
            )?,
            exception: match platform {
                Platform::Windows => 0,
                _ => json.number("allowedOutboundClipboardSharingExceptionLength")?,
            },
            dialer: json
                .choice(
                    "dialerRestrictionLevel",
                    &[
                        ("allApps", Redirect::Any),
                        ("managedApps", Redirect::Managed),
                        ("customApp", Redirect::App(None)),
                        ("blocked", Redirect::Blocked),
                    ],
                )?
                .to(by_platform("customDialerAppProtocol", "customDialerAppPackageId")?),
            messaging: json
                .choice(
                    "protectedMessagingRedirectAppType",
                    &[
                        ("anyApp", Redirect::Any),
                        ("anyManagedApp", Redirect::Managed),
                        ("specificApps", Redirect::App(None)),
                        ("blocked", Redirect::Blocked),
                    ],
                )?
                .to(by_platform("messagingRedirectAppUrlScheme", "messagingRedirectAppPackageId")?),
            browser_required: mobile("managedBrowserToOpenLinksRequired")?,
            custom_browser: by_platform("customBrowserProtocol", "customBrowserPackageId")?,
            exempt_links: links(&json, "exemptedUniversalLinks", DEFAULT_EXEMPT_LINKS)?,
            managed_links: links(&json, "managedUniversalLinks", DEFAULT_MANAGED_LINKS)?,
            print_blocked: json.flag("printBlocked")?,
            notifications: json.choice(
                "notificationRestriction",
                &[
                    ("allow", Notifications::Allow),
                    ("blockOrganizationalData", Notifications::WithoutContent),
                    ("block", Notifications::Block),
                ],
            )?,
            screen_capture: match platform {
                Platform::Ios => json.state("screenCaptureConfigurationState")?,
                _ => Some(json.flag("screenCaptureBlocked")?),
            },
            genmoji_blocked: ios && json.state("genmojiConfigurationState")? == Some(true),
            writing_tools_blocked: ios
                && json.state("writingToolsConfigurationState")? == Some(true),
            backup_blocked: mobile("dataBackupBlocked")?,
            third_party_keyboards_blocked: ios && json.flag("thirdPartyKeyboardsBlocked")?,
            keyboards: (android && json.flag("keyboardsRestricted")?)
                .then(|| json.keyboards())
                .transpose()?,
            sync_blocked: mobile("contactSyncBlocked")?,
            widgets_allowed: mobile("allowWidgetContentSync")?,
        })
    }
}

impl Redirect {
    /// Names the app that is meant.
    fn to(self, app: Option<String>) -> Self {
        match self {
            Self::App(_) => Self::App(app),
            other => other,
        }
    }
}

// ---------------------------------------------------------------- whom and what it is for

/// The platform is the type; policies without one tell by members that only one type has.
fn platform(policy: &Value) -> Option<Platform> {
    let members = policy.as_object()?;
    let has = |name: &str| members.contains_key(name);
    match policy["@odata.type"].as_str().map(|name| name.trim_start_matches('#')) {
        Some("microsoft.graph.iosManagedAppProtection") => Some(Platform::Ios),
        Some("microsoft.graph.androidManagedAppProtection") => Some(Platform::Android),
        Some("microsoft.graph.windowsManagedAppProtection") => Some(Platform::Windows),
        Some(_) => None,
        None if has("appDataEncryptionType") || has("faceIdBlocked") => Some(Platform::Ios),
        None if has("encryptAppData") || has("screenCaptureBlocked") => Some(Platform::Android),
        None => None,
    }
}

/// §1.2: groups of users, exclusion beats inclusion. A filter is not known here; it counts as met.
fn people(json: &Members<'_>) -> Result<People, String> {
    let assigned = json.get("isAssigned").map(|one| one.as_bool().ok_or("isAssigned"));
    if assigned.transpose()? == Some(false) {
        return Ok(People::Nobody);
    }
    let Some(assignments) = json.list("assignments")? else {
        return Ok(People::Everybody { but: Vec::new() });
    };
    let (mut everybody, mut of, mut but) = (false, Vec::new(), Vec::new());
    for assignment in assignments {
        let target = &assignment["target"];
        let kind = target["@odata.type"].as_str().unwrap_or_default();
        let group = || target["groupId"].as_str().map(str::to_lowercase).ok_or("groupId");
        match kind.rsplit('.').next() {
            Some("allLicensedUsersAssignmentTarget") => everybody = true,
            Some("groupAssignmentTarget") => of.push(group()?),
            Some("exclusionGroupAssignmentTarget") => but.push(group()?),
            _ => return Err(format!("assignment to {kind}")),
        }
    }
    Ok(match (everybody, of.is_empty()) {
        (true, _) => People::Everybody { but },
        (false, true) => People::Nobody,
        (false, false) => People::Groups { of, but },
    })
}

/// What an export leaves out it has not said: neither whom nor which apps a policy is for.
fn is_certain(json: &Members<'_>) -> Result<bool, String> {
    let is_unassigned = json.get("isAssigned").and_then(Value::as_bool) == Some(false);
    let says_whom = is_unassigned || json.list("assignments")?.is_some();
    let group = json.get("appGroupType").and_then(Value::as_str);
    let is_group = group.is_some_and(|group| group != "selectedPublicApps");
    Ok(says_whom && (is_group || json.list("apps")?.is_some()))
}

/// §1.3. An export without the list has not said which apps are selected: it may be any. Of a group the list is a
/// snapshot of Microsoft's apps, and of what was added to them.
fn apps(json: &Members<'_>) -> Result<Apps, String> {
    let group = json.choice(
        "appGroupType",
        &[
            ("selectedPublicApps", None),
            ("allCoreMicrosoftApps", Some(Apps::CoreMicrosoft)),
            ("allMicrosoftApps", Some(Apps::Microsoft)),
            ("allApps", Some(Apps::All)),
        ],
    )?;
    let list = json.list("apps")?;
    let Some(list) = list.filter(|_| group != Some(Apps::All)) else {
        return Ok(group.unwrap_or(Apps::All));
    };
    let own = |app: &Value| {
        let identifier = &app["mobileAppIdentifier"];
        let names = ["bundleId", "packageId", "windowsAppId"];
        names.iter().find_map(|name| identifier[name].as_str()).and_then(id)
    };
    let ids: Option<Vec<String>> = list.iter().map(own).collect();
    let ids = ids.ok_or("an app without an id")?;
    let Some(group) = group else { return Ok(Apps::Selected(ids)) };
    let others = ids.into_iter().filter(|id| !id.to_lowercase().contains("microsoft"));
    Ok(Apps::Beside(Box::new(group), others.collect()))
}

/// §1.4: a set of flags, written as words with commas between.
fn levels(json: &Members<'_>) -> Result<Vec<String>, String> {
    let known = [
        "unmanaged",
        "mdm",
        "androidEnterprise",
        "androidEnterpriseDedicatedDevicesWithAzureAdSharedMode",
        "androidOpenSourceProjectUserAssociated",
        "androidOpenSourceProjectUserless",
    ];
    let text = json.text("targetedAppManagementLevels")?.unwrap_or_default();
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    let words: Vec<_> = words.filter(|word| *word != "unspecified").map(str::to_owned).collect();
    match words.iter().find(|word| !known.contains(&word.as_str())) {
        Some(unknown) => Err(format!("targetedAppManagementLevels {unknown}")),
        None => Ok(words),
    }
}

// ---------------------------------------------------------------- data transfer

/// §2.2: two more members tell the kinds of "policy managed" apart, on iOS.
fn send(json: &Members<'_>, ios: bool) -> Result<Send, String> {
    let level = json.choice(
        "allowedOutboundDataTransferDestinations",
        &[("allApps", Send::All), ("managedApps", Send::Managed), ("none", Send::None)],
    )?;
    let os_sharing = ios && json.flag("disableProtectionOfManagedOutboundOpenInData")?;
    let filtered = ios && json.flag("filterOpenInToOnlyManagedApps")?;
    Ok(match (level, os_sharing, filtered) {
        (Send::Managed, true, _) => Send::OsSharing,
        (Send::Managed, false, true) => Send::Filtered,
        _ => level,
    })
}

/// §2.2: one more member turns "all" into "all with incoming org data", on iOS.
fn receive(json: &Members<'_>, ios: bool) -> Result<Receive, String> {
    let level = json.choice(
        "allowedInboundDataTransferSources",
        &[("allApps", Receive::All), ("managedApps", Receive::Managed), ("none", Receive::None)],
    )?;
    let protects = ios && json.flag("protectInboundDataFromUnknownSources")?;
    Ok(if level == Receive::All && protects { Receive::Incoming } else { level })
}

fn exempt_schemes(json: &Members<'_>) -> Result<Vec<String>, String> {
    let listed = json.pairs("exemptedAppProtocols")?;
    let default = || DEFAULT_SCHEMES.split(';').map(str::to_owned).collect();
    Ok(listed.map_or_else(default, |list| list.iter().filter_map(|one| scheme(one)).collect()))
}

/// §2.3: all are selected unless the policy says otherwise.
fn ingestion(json: &Members<'_>) -> Result<Vec<String>, String> {
    let default = ["oneDriveForBusiness", "sharePoint", "camera", "photoLibrary"];
    let listed = json.words("allowedDataIngestionLocations")?;
    Ok(listed.unwrap_or_else(|| default.map(str::to_owned).to_vec()))
}

fn links(json: &Members<'_>, name: &str, default: &[&str]) -> Result<Vec<String>, String> {
    let listed = json.words(name)?.map(|list| list.iter().map(|one| link(one)).collect());
    Ok(listed.unwrap_or_else(|| default.iter().map(|one| (*one).to_owned()).collect()))
}

// ---------------------------------------------------------------- members

/// A policy's members, each read as what it is.
struct Members<'a>(&'a Value);

impl<'a> Members<'a> {
    /// A member that is there and not `null`.
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn flag(&self, name: &str) -> Result<bool, String> {
        let flag = self.get(name).map(|value| value.as_bool().ok_or(name));
        Ok(flag.transpose()?.unwrap_or(false))
    }

    fn number(&self, name: &str) -> Result<u32, String> {
        let number = self.get(name).map(|value| value.as_u64().ok_or(name));
        let number = number.transpose()?.unwrap_or(0);
        u32::try_from(number).map_err(|_| name.to_owned())
    }

    fn text(&self, name: &str) -> Result<Option<String>, String> {
        let text = self.get(name).map(|value| value.as_str().ok_or(name));
        Ok(text.transpose()?.map(str::to_owned))
    }

    fn list(&self, name: &str) -> Result<Option<&'a Vec<Value>>, String> {
        Ok(self.get(name).map(|value| value.as_array().ok_or(name)).transpose()?)
    }

    /// A list that is there, empty if it is `null`.
    fn entries(&self, name: &str) -> Result<Option<&'a [Value]>, String> {
        Ok(match (self.0.get(name), self.list(name)?) {
            (None, _) => None,
            (Some(_), list) => Some(list.map_or(&[], Vec::as_slice)),
        })
    }

    fn words(&self, name: &str) -> Result<Option<Vec<String>>, String> {
        let Some(list) = self.entries(name)? else { return Ok(None) };
        let words: Option<_> = list.iter().map(|one| one.as_str().map(str::to_owned)).collect();
        words.map(Some).ok_or_else(|| name.to_owned())
    }

    /// One of several words; the first is the default.
    fn choice<T: Clone>(&self, name: &str, words: &[(&str, T)]) -> Result<T, String> {
        let Some(text) = self.text(name)? else { return Ok(words[0].1.clone()) };
        let found = words.iter().find(|(word, _)| *word == text);
        found.map(|(_, value)| value.clone()).ok_or_else(|| format!("{name} {text}"))
    }

    /// `blocked` or `notBlocked`.
    fn state(&self, name: &str) -> Result<Option<bool>, String> {
        let words = [("", None), ("blocked", Some(true)), ("notBlocked", Some(false))];
        self.choice(name, &words)
    }

    /// The values of a list of name and value, taken apart at semicolons.
    fn pairs(&self, name: &str) -> Result<Option<Vec<String>>, String> {
        let Some(list) = self.entries(name)? else { return Ok(None) };
        let values: Option<Vec<_>> = list.iter().map(|pair| pair["value"].as_str()).collect();
        let values = values.ok_or_else(|| name.to_owned())?;
        Ok(Some(values.iter().flat_map(|value| value.split(';')).filter_map(id).collect()))
    }

    /// §3.4: the name is the package id, the value what people call it.
    fn keyboards(&self) -> Result<Vec<String>, String> {
        let list = self.list("approvedKeyboards")?.map_or(&[][..], Vec::as_slice);
        let names: Option<Vec<_>> = list.iter().map(|pair| pair["name"].as_str()).collect();
        let names = names.ok_or("approvedKeyboards")?;
        Ok(names.into_iter().filter_map(id).collect())
    }
}

/// An id as it is compared: in lower case; none if nothing is written.
fn id(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    (!text.is_empty()).then_some(text)
}

/// A scheme as it is compared: without the colon and what may follow it.
fn scheme(text: &str) -> Option<String> {
    id(text.split(':').next().unwrap_or_default())
}

/// A universal link as it is compared: http and https are one.
pub(crate) fn link(text: &str) -> String {
    let text = text.trim().to_lowercase();
    let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    bare.unwrap_or(&text).to_owned()
}
