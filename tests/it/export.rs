//! What becomes of policies as settings of Intune: what is exact, what is stricter, what has no form.
//!
//! That exports decide what policies decide is proved by the export itself, and by an oracle in
//! `tests/intune/meaning.rs`; here are the shapes, one by one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use mam::intune::export::{Deviation, Export, ExportError, Options, export};
use mam::{Compiler, Platform};
use serde_json::{Value, json};

const HEAD: &str = r#"
    mam 1
    use microsoft
    users staff  "11111111-1111-1111-1111-111111111111"
    users guests "22222222-2222-2222-2222-222222222222"
    users board  "33333333-3333-3333-3333-333333333333"
    app fieldnotes "Field Notes" { ios "com.contoso.fieldnotes" android "com.contoso.fieldnotes" sdk }
    app radio "Radio" { ios "com.contoso.radio" android "com.contoso.radio" url "radio:" }
"#;

fn try_export(
    text: &str,
    platform: Platform,
    policy: Option<&str>,
    nearest: bool,
) -> Result<Export, ExportError> {
    let checked = Compiler::new().check("set.mam", &format!("{HEAD}{text}"));
    assert!(!checked.has_errors(), "{}", checked.errors());
    let mut options = Options::new(platform).with_nearest(nearest);
    options.policy = policy.map(str::to_owned);
    export(&checked, &options)
}

/// The objects of an export that decides the same.
fn exact(text: &str, platform: Platform) -> Vec<Value> {
    match try_export(text, platform, None, false) {
        Ok(export) => objects(&export),
        Err(ExportError::Refused(errors)) => panic!("{errors}"),
        Err(other) => panic!("{other:?}"),
    }
}

fn objects(export: &Export) -> Vec<Value> {
    match serde_json::from_str(&export.text).unwrap() {
        Value::Array(objects) => objects,
        object => vec![object],
    }
}

fn only(mut objects: Vec<Value>) -> Value {
    assert_eq!(objects.len(), 1, "{objects:#?}");
    objects.remove(0)
}

/// How an export that cannot be exact differs.
fn deviations(text: &str, platform: Platform) -> Vec<Deviation> {
    match try_export(text, platform, None, false) {
        Err(ExportError::Inexact { deviations, .. }) => deviations,
        Err(other) => panic!("{other:?}"),
        Ok(export) => panic!("{}", export.text),
    }
}

/// The codes for which an export is refused.
fn refused(text: &str, platform: Platform, policy: Option<&str>) -> Vec<String> {
    match try_export(text, platform, policy, true) {
        Err(ExportError::Refused(errors)) => {
            errors.reports().iter().map(|one| one.diagnostic().code.to_string()).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn policy(head: &str, rules: &str) -> String {
    format!(
        "policy p \"P\" {{ for staff {head} protect outlook, word, edge otherwise allow {rules} }}"
    )
}

/// The members of the one object, which decides the same.
fn members(platform: Platform, rules: &str, expected: Value) {
    let object = only(exact(&policy(&format!("on {platform}"), rules), platform));
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(object.get(name).unwrap_or(&Value::Null), value, "{name} for {rules}");
    }
}

use Platform::{Android, Ios, Windows};

const HELD: &str = "block share to unmanaged block invoke to unmanaged except ios-exempt \
                    block capture block assist to assistant ";
const HELD_ANDROID: &str = "block share to unmanaged except android-exempt ";

// ---------------------------------------------------------------- what settings can say

#[test]
fn every_family_of_settings_is_found() {
    members(Ios, HELD, json!({"allowedOutboundDataTransferDestinations": "managedApps"}));
    members(Ios, "block print, backup", json!({"printBlocked": true, "dataBackupBlocked": true}));
    members(
        Ios,
        "block sync to native-contacts",
        json!({
            "contactSyncBlocked": true, "allowWidgetContentSync": true,
        }),
    );
    members(Android, "block sync", json!({"contactSyncBlocked": true}));
    members(
        Ios,
        "allow notify without content",
        json!({
            "notificationRestriction": "blockOrganizationalData",
        }),
    );
    members(
        Ios,
        "block copy to unmanaged",
        json!({
            "allowedOutboundClipboardSharingLevel": "managedAppsWithPasteIn",
            "allowedOutboundClipboardSharingExceptionLength": 0,
        }),
    );
    members(
        Android,
        "allow copy to unmanaged up to 50 characters refuse copy from unmanaged",
        json!({
            "allowedOutboundClipboardSharingLevel": "managedApps",
            "allowedOutboundClipboardSharingExceptionLength": 50,
        }),
    );
    members(Ios, "block type app-wide", json!({"thirdPartyKeyboardsBlocked": true}));
    members(
        Android,
        "block type to any except gboard",
        json!({
            "keyboardsRestricted": true,
            "approvedKeyboards": [{
                "name": "com.google.android.inputmethod.latin", "value": "Gboard - the Google Keyboard",
            }],
        }),
    );
    members(
        Ios,
        "block call to any except radio",
        json!({
            "dialerRestrictionLevel": "customApp", "customDialerAppProtocol": "radio",
        }),
    );
    members(
        Android,
        "block message to unmanaged",
        json!({
            "protectedMessagingRedirectAppType": "anyManagedApp",
        }),
    );
    members(
        Ios,
        "block link to any except edge, universal-links",
        json!({
            "managedBrowserToOpenLinksRequired": true, "managedBrowser": "microsoftEdge",
        }),
    );
    members(
        Android,
        "block link to unmanaged except radio as any",
        json!({
            "managedBrowserToOpenLinksRequired": true, "managedBrowser": "notConfigured",
            "customBrowserPackageId": "com.contoso.radio", "customBrowserDisplayName": "Radio",
        }),
    );
    members(
        Android,
        "block capture block assist to assistant",
        json!({"screenCaptureBlocked": true}),
    );
    let windows = policy("on windows devices unmanaged", "block print");
    assert_eq!(only(exact(&windows, Windows))["printBlocked"], json!(true));
}

#[test]
fn rules_in_other_words_are_the_same_settings() {
    let saves = "block save to any except onedrive, sharepoint \
                 refuse open from corporate-storage to unmanaged app-wide ";
    let one = only(exact(&policy("on ios", &format!("{HELD}{saves}")), Ios));
    let other = r#"
        block share to any except managed  block invoke to any except managed, ios-exempt
        block capture to screen  block assist to assistant
        block save to personal-storage  block save to box, egnyte, imanage
        refuse open from onedrive, sharepoint, box, egnyte, imanage to any except managed app-wide"#;
    assert_eq!(one, only(exact(&policy("on ios", other), Ios)));
}

#[test]
fn exemptions_are_named_by_scheme_or_package() {
    let rules = HELD.replace("ios-exempt", "ios-exempt, radio, \"url:wbx:\"");
    members(
        Ios,
        &rules,
        json!({"exemptedAppProtocols": [
            {"name": "Cisco Webex", "value": "wbx"},
            {"name": "Default", "value": "skype;app-settings;calshow;itms;itmss;itms-apps;itms-appss;itms-services;"},
            {"name": "Radio", "value": "radio"},
        ]}),
    );
    let rules = HELD_ANDROID.replace("android-exempt", "android-exempt, radio");
    members(
        Android,
        &rules,
        json!({"exemptedAppPackages": [
            {"name": "Radio", "value": "com.contoso.radio"},
        ]}),
    );
}

#[test]
fn os_sharing_and_tagging_need_enrolled_devices_and_stay_one_policy() {
    let rules = "block share to unmanaged devices unmanaged \
                 block share to unmanaged except any deployed devices enrolled \
                 block invoke to unmanaged except ios-exempt \
                 block capture block assist to assistant \
                 accept share, invoke from unmanaged tagged work devices enrolled";
    members(
        Ios,
        rules,
        json!({
            "allowedOutboundDataTransferDestinations": "managedApps",
            "disableProtectionOfManagedOutboundOpenInData": true,
            "protectInboundDataFromUnknownSources": true,
            "targetedAppManagementLevels": "unspecified",
        }),
    );
    members(
        Android,
        "require encryption devices unmanaged, third-party",
        json!({
            "encryptAppData": true, "disableAppEncryptionIfDeviceEncryptionIsEnabled": true,
        }),
    );
}

#[test]
fn access_statements_become_members() {
    let rules = r#"
        require pin { length 6 kind alphanumeric simple no attempts 7 then wipe expires 90 days
            biometrics touch biometrics-override 30 minutes recheck 15 minutes skip-with-device-pin }
        require credentials
        require encryption { class open-files }
        launch warn when os < 17.0  launch block when os < 16.0  launch wipe when os < 15.0
        launch block when offline > 12 hours  launch wipe when offline > 30 days
        launch wipe when jailbroken  launch block when account-disabled
        launch block when threat > low  launch block when model not in "iPhone14,2", "iPhone14,3"
        launch warn when off-duty"#;
    members(
        Ios,
        rules,
        json!({
            "pinRequired": true, "minimumPinLength": 6, "pinCharacterSet": "alphanumericAndSymbol",
            "simplePinBlocked": true, "maximumPinRetries": 7,
            "appActionIfMaximumPinRetriesExceeded": "wipe", "periodBeforePinReset": "P90D",
            "faceIdBlocked": true, "fingerprintBlocked": false,
            "pinRequiredInsteadOfBiometricTimeout": "PT30M", "periodOnlineBeforeAccessCheck": "PT15M",
            "disableAppPinIfDevicePinIsSet": true, "organizationalCredentialsRequired": true,
            "appDataEncryptionType": "whenDeviceLockedExceptOpenFiles",
            "minimumWarningOsVersion": "17.0", "minimumRequiredOsVersion": "16.0",
            "minimumWipeOsVersion": "15.0", "periodOfflineBeforeAccessCheck": "PT12H",
            "periodOfflineBeforeWipeIsEnforced": "P30D", "deviceComplianceRequired": true,
            "appActionIfDeviceComplianceRequired": "wipe", "appActionIfUnableToAuthenticateUser": "block",
            "maximumAllowedDeviceThreatLevel": "low", "allowedIosDeviceModels": "iPhone14,2;iPhone14,3",
            "appActionIfAccountIsClockedOut": "warn",
        }),
    );
    let rules = r#"
        require pin { history 3 biometrics no }
        launch block when patch < 2026-01-01  launch warn when company-portal-age > 30 days
        launch wipe when integrity < strong  launch block when app-scan off
        launch warn when device-lock < high  launch block when device-lock < low
        launch block when knox failed-if-supported
        launch block when manufacturer not in "Google", "Samsung""#;
    members(
        Android,
        rules,
        json!({
            "previousPinBlockCount": 3, "biometricAuthenticationBlocked": true,
            "minimumRequiredPatchVersion": "2026-01-01",
            "warnAfterCompanyPortalUpdateDeferralInDays": 30,
            "requiredAndroidSafetyNetDeviceAttestationType": "basicIntegrityAndDeviceCertification",
            "requiredAndroidSafetyNetEvaluationType": "hardwareBacked",
            "appActionIfAndroidSafetyNetDeviceAttestationFailed": "wipe",
            "requiredAndroidSafetyNetAppsVerificationType": "enabled",
            "appActionIfDevicePasscodeComplexityLessThanHigh": "warn",
            "appActionIfDevicePasscodeComplexityLessThanLow": "block",
            "appActionIfSamsungKnoxAttestationRequired": "blockWhenSettingIsSupported",
            "allowedAndroidDeviceManufacturers": "Google;Samsung",
        }),
    );
}

#[test]
fn conditions_that_one_member_cannot_hold_are_told() {
    let no_setting = ["mam::export::no-setting"];
    for (platform, rules) in [
        (Ios, "launch block when threat > low launch wipe when threat > high"),
        (Android, "launch warn when integrity < strong launch block when integrity < basic"),
        (Ios, "require encryption devices intune"),
    ] {
        let text = policy(&format!("on {platform}"), rules);
        assert_eq!(refused(&text, platform, None), no_setting, "{rules}");
    }
    // A milder action for a state in which a stricter one is taken anyway says nothing new.
    let rules = "launch wipe when jailbroken launch block when knox failed \
                 launch block when knox failed-if-supported";
    members(
        Android,
        rules,
        json!({
            "appActionIfDeviceComplianceRequired": "wipe",
            "appActionIfSamsungKnoxAttestationRequired": "block",
        }),
    );
}

// ---------------------------------------------------------------- heads

#[test]
fn heads_become_apps_levels_and_assignments() {
    let head = |clauses: &str| {
        let text = format!(
            "/// Why it is there,\n/// in two lines.\n policy p \"Title\" {{ {clauses} otherwise allow block print }}"
        );
        only(exact(&text, Android))
    };
    let group = |kind: &str, id: &str| json!({"target": {"@odata.type": format!("#microsoft.graph.{kind}"), "groupId": id}});
    let one = head(
        "for staff, board except guests on android devices unmanaged, third-party protect outlook, fieldnotes",
    );
    assert_eq!(one["@odata.type"], "#microsoft.graph.androidManagedAppProtection");
    assert_eq!(one["displayName"], "Title");
    assert_eq!(one["description"], "Why it is there, in two lines.");
    assert_eq!(one["appGroupType"], "selectedPublicApps");
    assert_eq!(one["apps"][0]["mobileAppIdentifier"]["packageId"], "com.contoso.fieldnotes");
    assert_eq!(one["targetedAppManagementLevels"], "unmanaged");
    assert_eq!(
        one["assignments"],
        json!([
            group("groupAssignmentTarget", "33333333-3333-3333-3333-333333333333"),
            group("groupAssignmentTarget", "11111111-1111-1111-1111-111111111111"),
            group("exclusionGroupAssignmentTarget", "22222222-2222-2222-2222-222222222222"),
        ])
    );
    let one = head("for any on android protect core-microsoft-apps");
    assert_eq!(one["appGroupType"], "allCoreMicrosoftApps");
    assert_eq!(
        one["assignments"][0]["target"]["@odata.type"],
        "#microsoft.graph.allLicensedUsersAssignmentTarget"
    );
    assert_eq!(
        head("for any on android protect microsoft-apps")["appGroupType"],
        "allMicrosoftApps"
    );
    assert_eq!(head("for any on android protect any")["appGroupType"], "allApps");
    let text = "policy p { for any yields to any on ios protect onedrive-app otherwise allow block print }";
    let one = only(exact(text, Ios));
    assert_eq!(one["@odata.type"], "#microsoft.graph.defaultManagedAppProtection");
    assert_eq!(one.get("assignments"), None);
}

#[test]
fn rules_for_some_apps_people_or_devices_become_several_policies() {
    let split = |rules: &str| {
        let objects = exact(&policy("on ios", rules), Ios);
        let titles: Vec<_> = objects.iter().map(|one| one["displayName"].clone()).collect();
        assert_eq!(titles, ["P (1 of 2)", "P (2 of 2)"], "{rules}");
        objects
    };
    let apps = split("block print from outlook");
    let ids = |object: &Value| object["apps"].as_array().unwrap().len();
    assert_eq!((ids(&apps[0]), ids(&apps[1])), (2, 1));
    assert_eq!((&apps[0]["printBlocked"], &apps[1]["printBlocked"]), (&json!(false), &json!(true)));

    let devices = split("block print devices unmanaged");
    let levels: Vec<_> = devices.iter().map(|one| &one["targetedAppManagementLevels"]).collect();
    assert_eq!(levels, ["unmanaged", "mdm"]);

    let text = "policy p \"P\" { for staff, guests on ios protect outlook otherwise allow block print for guests }";
    let people = exact(text, Ios);
    assert_eq!(people.len(), 2);
    let of = |object: &Value| object["assignments"].as_array().unwrap().len();
    assert_eq!((of(&people[0]), of(&people[1])), (2, 1), "staff without guests, and guests");
}

#[test]
fn people_in_two_groups_at_once_have_no_assignment() {
    let text =
        "policy p { for staff on ios protect outlook otherwise allow block print for guests }";
    assert_eq!(refused(text, Ios, None), ["mam::export::no-setting"]);
}

#[test]
fn a_policy_for_all_devices_stays_in_force_beside_a_particular_one() {
    let narrow = "policy narrow { for staff on ios devices unmanaged protect outlook otherwise allow block print }";
    let levels = |general: &str| {
        let objects = exact(&format!("{general} {narrow}"), Ios);
        objects.iter().map(|one| one["targetedAppManagementLevels"].clone()).collect::<Vec<_>>()
    };
    let general = |yields: &str| {
        format!(
            "policy wide {{ for staff on ios protect outlook {yields} otherwise allow block backup }}"
        )
    };
    assert_eq!(levels(&general("")), ["unmanaged,mdm", "unmanaged"]);
    assert_eq!(levels(&general("yields to narrow")), ["unspecified", "unmanaged"]);
    // The others of the set count although they are not exported.
    let both = format!("{} {narrow}", general(""));
    let export = try_export(&both, Ios, Some("wide"), false).unwrap();
    assert_eq!(only(objects(&export))["targetedAppManagementLevels"], "unmanaged,mdm");
}

// ---------------------------------------------------------------- what settings cannot say

#[test]
fn where_nothing_is_equal_the_nearest_is_stricter() {
    for (platform, rules) in [
        // Saving is held only where sending is.
        (Ios, "block save to any except onedrive"),
        // Never one iOS app in the share sheet, never one managed app out of it.
        (Ios, "block share to unmanaged except radio"),
        (Ios, "block share to word"),
        // Dropbox can never be chosen.
        (Android, "block save to personal-storage"),
        (Ios, "block type to unlisted"),
        (Ios, "block assist to assistant"),
        (Android, "block capture"),
    ] {
        let text = policy(&format!("on {platform}"), rules);
        let found = deviations(&text, platform);
        assert!(found.iter().all(|one| !one.laxer), "{rules}: {found:#?}");
        let nearest = try_export(&text, platform, None, true).unwrap();
        assert_eq!(nearest.deviations, found, "{rules}");
    }
}

#[test]
fn what_no_setting_is_as_strict_as_is_never_written() {
    for (platform, rules) in
        [(Ios, "block link to any"), (Windows, "block backup"), (Ios, "block print app-wide")]
    {
        let devices = if platform == Windows { "devices unmanaged" } else { "" };
        let text = policy(&format!("on {platform} {devices}"), rules);
        let found = deviations(&text, platform);
        assert!(found[0].laxer, "those that matter most come first: {found:#?}");
        let nearest = try_export(&text, platform, None, true);
        assert!(matches!(nearest, Err(ExportError::Inexact { .. })), "{rules}");
    }
}

#[test]
fn deviations_are_questions_that_the_set_answers_as_told() {
    let text = format!("{HEAD}{}", policy("on ios", "block save to any except onedrive"));
    let checked = Compiler::new().check("set.mam", &text);
    let analysis = mam::Analysis::new(&checked).unwrap();
    for one in deviations(&policy("on ios", "block save to any except onedrive"), Ios) {
        let scope = checked.question(&one.scope).unwrap();
        for part in analysis.decide(&scope).unwrap() {
            assert_eq!(part.answer.effect.word(), one.policies, "{}", part.scope);
        }
    }
}

#[test]
fn what_has_no_form_is_refused_and_named() {
    let fine = policy("on ios", "block print");
    assert_eq!(refused(&fine, Android, None), ["mam::export::nothing"]);
    assert_eq!(refused(&fine, Ios, Some("q")), ["mam::export::nothing"]);
    let reports =
        "policy p report-only { for staff on ios protect outlook otherwise allow block print }";
    assert_eq!(refused(reports, Ios, None), ["mam::export::nothing"]);
    let nameless = "app memo { android \"com.contoso.memo\" sdk } app plain { sdk } \
                    policy p { for staff protect memo, plain, outlook otherwise allow block print }";
    assert_eq!(refused(nameless, Ios, None), ["mam::export::no-app-id"]);
    let untitled = "policy p \"\" { for staff on ios protect outlook otherwise allow block print }";
    assert_eq!(refused(untitled, Ios, None), ["mam::intune::bad-value"]);
    // Policies for Windows end where somebody manages the device.
    let managed = policy("on windows", "launch block when os < 10.0");
    assert_eq!(refused(&managed, Windows, None), ["mam::export::no-setting"]);
    // For Android, one level is Intune with Configuration Manager and without.
    let part = policy("on android devices intune", "require pin");
    assert!(deviations(&part, Android).iter().all(|one| !one.laxer));
}

#[test]
fn settings_that_were_kept_come_back_unless_they_contradict_the_rules() {
    let rules = r#"block print
        setting "roleScopeTagIds" = ["7"]
        setting "filterOpenInToOnlyManagedApps" = true
        setting "dataBackupBlocked" = true
        setting "isAssigned" = true
        setting "@odata.type" = "microsoft.graph.androidManagedAppProtection"
        setting "contosoTag" = {"a": [1, null]}"#;
    let checked = Compiler::new().check("set.mam", &format!("{HEAD}{}", policy("on ios", rules)));
    let options = Options::new(Ios);
    let export = export(&checked, &options).unwrap();
    let object = only(objects(&export));
    assert_eq!(object["roleScopeTagIds"], json!(["7"]));
    assert_eq!(object["contosoTag"], json!({"a": [1, null]}));
    assert_eq!(object["dataBackupBlocked"], json!(false));
    let codes: Vec<_> = export.reports.iter().map(|one| one.diagnostic().code.as_str()).collect();
    assert_eq!(codes, ["mam::export::setting-left-out"; 3]);
    assert_eq!(object.get("isAssigned"), None);
}
