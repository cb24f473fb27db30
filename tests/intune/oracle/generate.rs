//! Policies that nobody would write, so that every member meets every other.
//!
//! Takes in a number, gives out a policy, always the same one. Each member is there or not, whatever
//! its parent says: half of the policies contradict themselves somewhere.

use mam::vocabulary::Platform;
use serde_json::{Map, Value, json};

/// A policy.
pub(crate) fn policy(number: u64) -> Value {
    let mut dice = Dice(number);
    let platform = dice.platform();
    one(&mut dice, platform, "Policy")
}

/// A few policies of one platform.
pub(crate) fn policies(number: u64) -> Vec<Value> {
    let mut dice = Dice(number);
    let platform = dice.platform();
    let names = ["First", "Second", "Third"];
    let many = 2 + dice.below(2);
    names[..many].iter().map(|name| one(&mut dice, platform, name)).collect()
}

fn one(dice: &mut Dice, platform: Platform, name: &str) -> Value {
    let mut policy = Map::new();
    let mut add = |name: &str, value: Value| drop(policy.insert(name.to_owned(), value));
    add("@odata.type", json!(format!("#microsoft.graph.{platform}ManagedAppProtection")));
    add("displayName", json!(name));
    match platform {
        Platform::Ios => ios(dice, &mut add),
        Platform::Android => android(dice, &mut add),
        Platform::Windows => windows(dice, &mut add),
        other => panic!("no policy is known for {other}"),
    }
    Value::Object(policy)
}

type Add<'a> = &'a mut dyn FnMut(&str, Value);

fn ios(dice: &mut Dice, add: Add<'_>) {
    let apps = [
        "com.microsoft.Office.Outlook",
        "com.microsoft.sharepoint",
        "com.microsoft.msedge",
        "com.adobe.adobe-reader",
        "us.zoom.videomeetings4intune",
        "com.contoso.fieldnotes",
    ];
    let ids = dice.some_of(&apps).into_iter().map(|id| {
        json!({"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": id}})
    });
    target(dice, ids.collect(), &["unmanaged", "mdm", "unmanaged,mdm"], add);
    mobile(dice, add);
    let schemes = [
        "skype;app-settings;calshow;itms;itmss;itms-apps;itms-appss;itms-services;",
        "tel;telprompt",
        "sms",
        "mailto",
        "wbx",
        "maps:",
        "Contoso-CRM",
        "",
    ];
    dice.maybe(add, "exemptedAppProtocols", |dice| pairs("Default", &dice.some_of(&schemes)));
    let links = [
        "http://maps.apple.com",
        "https://maps.apple.com",
        "https://facetime.apple.com",
        "http://*.zoom.us/*",
        "https://*.sharepoint.com/*",
        "https://*.contoso.com/*",
        "https://*.service-now.com/*",
    ];
    dice.maybe(add, "exemptedUniversalLinks", |dice| json!(dice.some_of(&links)));
    dice.maybe(add, "managedUniversalLinks", |dice| json!(dice.some_of(&links)));
    let flags = [
        "disableProtectionOfManagedOutboundOpenInData",
        "filterOpenInToOnlyManagedApps",
        "protectInboundDataFromUnknownSources",
        "thirdPartyKeyboardsBlocked",
        "allowWidgetContentSync",
    ];
    for flag in flags {
        dice.maybe(add, flag, |dice| json!(dice.flip()));
    }
    for state in [
        "genmojiConfigurationState",
        "screenCaptureConfigurationState",
        "writingToolsConfigurationState",
    ] {
        dice.maybe(add, state, |dice| json!(dice.one_of(&["blocked", "notBlocked"])));
    }
    let own = ["", "wbx", "skype", "tel", "contoso-call", "ms-outlook"];
    for app in ["customDialerAppProtocol", "messagingRedirectAppUrlScheme", "customBrowserProtocol"]
    {
        dice.maybe(add, app, |dice| json!(dice.one_of(&own)));
    }
}

fn android(dice: &mut Dice, add: Add<'_>) {
    let apps = [
        "com.microsoft.office.outlook",
        "com.microsoft.sharepoint",
        "com.microsoft.emmx",
        "com.adobe.reader",
        "us.zoom.videomeetings4intune",
        "com.contoso.fieldnotes",
    ];
    let ids = dice.some_of(&apps).into_iter().map(|id| {
        json!({"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.androidMobileAppIdentifier", "packageId": id}})
    });
    let levels = [
        "unmanaged",
        "mdm",
        "androidEnterprise",
        "mdm,androidEnterprise",
        "androidEnterpriseDedicatedDevicesWithAzureAdSharedMode",
        "androidOpenSourceProjectUserAssociated,androidOpenSourceProjectUserless",
        "unmanaged,androidOpenSourceProjectUserless",
    ];
    target(dice, ids.collect(), &levels, add);
    mobile(dice, add);
    let packages = [
        "com.cisco.webex.meetings",
        "com.google.android.apps.messaging",
        "com.skype.raider",
        "com.microsoft.teams",
        "com.contoso.crm; com.contoso.Notes",
        "com.android.phone",
        "",
    ];
    dice.maybe(add, "exemptedAppPackages", |dice| pairs("Exempt", &dice.some_of(&packages)));
    dice.maybe(add, "screenCaptureBlocked", |dice| json!(dice.flip()));
    dice.maybe(add, "keyboardsRestricted", |dice| json!(dice.flip()));
    let keyboards = [
        "com.google.android.inputmethod.latin",
        "com.touchtype.swiftkey",
        "com.contoso.keys",
        "com.microsoft.emmx",
    ];
    dice.maybe(add, "approvedKeyboards", |dice| {
        let chosen = dice.some_of(&keyboards);
        json!(chosen.iter().map(|id| json!({"name": id, "value": "Keys"})).collect::<Vec<_>>())
    });
    let own =
        ["", "com.skype.raider", "com.android.phone", "com.contoso.call", "com.microsoft.teams"];
    for app in
        ["customDialerAppPackageId", "messagingRedirectAppPackageId", "customBrowserPackageId"]
    {
        dice.maybe(add, app, |dice| json!(dice.one_of(&own)));
    }
}

fn windows(dice: &mut Dice, add: Add<'_>) {
    add(
        "apps",
        json!([{"mobileAppIdentifier": {
        "@odata.type": "#microsoft.graph.windowsAppIdentifier",
        "windowsAppId": "com.microsoft.edge"}}]),
    );
    assignment(dice, add);
    for level in ["allowedInboundDataTransferSources", "allowedOutboundDataTransferDestinations"] {
        dice.maybe(add, level, |dice| json!(dice.one_of(&["allApps", "none"])));
    }
    let levels =
        ["anyDestinationAnySource", "orgDestinationAnySource", "orgDestinationOrgSource", "none"];
    dice.maybe(add, "allowedOutboundClipboardSharingLevel", |dice| json!(dice.one_of(&levels)));
    dice.maybe(add, "printBlocked", |dice| json!(dice.flip()));
}

/// What both mobile platforms have.
fn mobile(dice: &mut Dice, add: Add<'_>) {
    let mut choice = |name: &str, words: &[&str]| {
        dice.maybe(add, name, |dice| json!(dice.one_of(words)));
    };
    let levels = ["allApps", "managedApps", "managedApps", "none"];
    choice("allowedOutboundDataTransferDestinations", &levels);
    choice("allowedInboundDataTransferSources", &levels);
    choice(
        "allowedOutboundClipboardSharingLevel",
        &["allApps", "managedAppsWithPasteIn", "managedApps", "blocked"],
    );
    choice("dialerRestrictionLevel", &["allApps", "managedApps", "customApp", "blocked"]);
    choice(
        "protectedMessagingRedirectAppType",
        &["anyApp", "anyManagedApp", "specificApps", "blocked"],
    );
    choice("notificationRestriction", &["allow", "blockOrganizationalData", "block"]);
    choice("managedBrowser", &["notConfigured", "microsoftEdge"]);
    let flags = [
        "saveAsBlocked",
        "blockDataIngestionIntoOrganizationDocuments",
        "printBlocked",
        "dataBackupBlocked",
        "contactSyncBlocked",
        "managedBrowserToOpenLinksRequired",
    ];
    for flag in flags {
        dice.maybe(add, flag, |dice| json!(dice.flip()));
    }
    dice.maybe(add, "allowedOutboundClipboardSharingExceptionLength", |dice| {
        json!(dice.one_of(&[0, 1, 25, 65535]))
    });
    let storage = [
        "oneDriveForBusiness",
        "sharePoint",
        "box",
        "localStorage",
        "photoLibrary",
        "iManage",
        "egnyte",
    ];
    dice.maybe(add, "allowedDataStorageLocations", |dice| json!(dice.some_of(&storage)));
    let ingestion = ["oneDriveForBusiness", "sharePoint", "camera", "photoLibrary"];
    dice.maybe(add, "allowedDataIngestionLocations", |dice| json!(dice.some_of(&ingestion)));
}

/// Apps, device states and people.
fn target(dice: &mut Dice, apps: Vec<Value>, levels: &[&str], add: Add<'_>) {
    let groups = ["selectedPublicApps", "allCoreMicrosoftApps", "allMicrosoftApps", "allApps"];
    let group = (dice.below(4) > 0).then(|| *dice.one_of(&groups));
    if let Some(group) = group {
        add("appGroupType", json!(group));
    }
    match dice.below(8) {
        // Without a list, or with an empty one and without a group, nobody knows which apps are selected; that is tried
        // elsewhere.
        0 if group.is_some_and(|group| group != "selectedPublicApps") => {}
        1 if group.is_some() => add("apps", json!([])),
        _ => add("apps", Value::Array(apps)),
    }
    if dice.below(3) == 0 {
        add("targetedAppManagementLevels", json!(dice.one_of(levels)));
    }
    assignment(dice, add);
}

fn assignment(dice: &mut Dice, add: Add<'_>) {
    let to = |kind: &str, group: Option<&str>| {
        let kind = format!("#microsoft.graph.{kind}AssignmentTarget");
        json!({"target": {"@odata.type": kind, "groupId": group}})
    };
    let staff = to("group", Some("0f5eb4ab-3d1c-4a39-9d83-1d5b1a5a0001"));
    let guests = to("exclusionGroup", Some("0f5eb4ab-3d1c-4a39-9d83-1d5b1a5a0002"));
    let everybody = to("allLicensedUsers", None);
    match dice.below(10) {
        0 => add("isAssigned", json!(false)),
        1 => add("assignments", json!([])),
        2 => add("assignments", json!([staff])),
        3 => add("assignments", json!([staff, guests])),
        4 => add("assignments", json!([everybody, guests])),
        5 => add("isAssigned", json!(true)),
        _ => {}
    }
}

fn pairs(name: &str, values: &[&str]) -> Value {
    json!(values.iter().map(|value| json!({"name": name, "value": value})).collect::<Vec<_>>())
}

/// Numbers that look random and are not (`SplitMix64`).
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) const fn of(number: u64) -> Self {
        Self(number)
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// Windows less often: it has few settings.
    fn platform(&mut self) -> Platform {
        match self.below(7) {
            0..3 => Platform::Ios,
            3..6 => Platform::Android,
            _ => Platform::Windows,
        }
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.roll() % end as u64).unwrap()
    }

    pub(crate) fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    pub(crate) fn one_of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// Some of the items, in order; at least one.
    pub(crate) fn some_of<'a>(&mut self, items: &[&'a str]) -> Vec<&'a str> {
        let some: Vec<_> = items.iter().copied().filter(|_| self.flip()).collect();
        if some.is_empty() { vec![*self.one_of(items)] } else { some }
    }

    /// Adds a member in three of four cases; sometimes it is `null`.
    fn maybe(
        &mut self,
        add: &mut dyn FnMut(&str, Value),
        name: &str,
        value: impl Fn(&mut Self) -> Value,
    ) {
        match self.below(16) {
            0..4 => {}
            4 => add(name, Value::Null),
            _ => add(name, value(self)),
        }
    }
}
