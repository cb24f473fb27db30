//! What stands around policies in a tenant: absence, filters, configurations, the spelling of other tools.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use mam::intune::export::{ExportError, Options, compare_settings, export};
use mam::{Analysis, Checked, Code, Compiler, Effect, Limits, Platform, analysis, intune};
use serde_json::{Value, json};

mod strict;
mod wrappers;

const GROUP: &str = "aaaaaaaa-2222-3333-4444-555555555555";
const FILTER: &str = "dddddddd-2222-3333-4444-555555555555";

fn to_group(filter: Option<&str>) -> Value {
    let mut target =
        json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP });
    if let Some(kind) = filter {
        target["deviceAndAppManagementAssignmentFilterId"] = json!(FILTER);
        target["deviceAndAppManagementAssignmentFilterType"] = json!(kind);
    }
    json!([{ "target": target }])
}

pub(crate) fn policy(platform: &str, title: &str, more: Value) -> Value {
    let mut policy = json!({
        "@odata.type": format!("#microsoft.graph.{platform}ManagedAppProtection"),
        "displayName": title,
        "appGroupType": "allCoreMicrosoftApps",
        "assignments": to_group(None),
    });
    let Value::Object(more) = more else { panic!("members") };
    policy.as_object_mut().unwrap().extend(more);
    policy
}

fn filter(rule: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentFilter",
        "id": FILTER, "displayName": "Not enrolled",
        "platform": "androidMobileApplicationManagement", "rule": rule,
        "assignmentFilterManagementType": "apps",
    })
}

pub(crate) fn check(document: &Value) -> Checked {
    let checked = Compiler::new().check("tenant.json", &document.to_string());
    assert!(!checked.has_errors(), "{}\n{document}", checked.errors());
    checked
}

fn codes(checked: &Checked) -> Vec<Code> {
    checked.reports().iter().map(mam::Report::code).collect()
}

fn import(document: &Value) -> String {
    let text = document.to_string();
    intune::import(&[("tenant.json", &text)], &Limits::default()).unwrap().text
}

/// The headlines of the parts of a scope: effect and scope.
fn parts(checked: &Checked, scope: &str) -> Vec<String> {
    let analysis = Analysis::new(checked).unwrap();
    let scope = checked.question(scope).unwrap_or_else(|errors| panic!("{errors}"));
    let parts = analysis.decide(&scope).unwrap();
    parts.iter().map(|part| format!("{} {}", part.answer.effect.word(), part.scope)).collect()
}

// ---------------------------------------------------------------- absence

#[test]
fn apps_that_nobody_lists_are_judged_and_not_trusted() {
    let own = policy(
        "android",
        "Phones",
        json!({ "appGroupType": "selectedPublicApps", "printBlocked": true,
                "allowedOutboundDataTransferDestinations": "managedApps" }),
    );
    for apps in [None, Some(Value::Null)] {
        let mut own = own.clone();
        if let Some(apps) = apps {
            own["apps"] = apps;
        }
        let text = import(&own);
        assert!(text.contains("protect   any unconfirmed"), "{text}");
        // The text says and decides what the document does.
        let written = Compiler::new().check("tenant.mam", &text);
        for checked in [check(&own), written] {
            assert!(codes(&checked).contains(&Code::IntuneUnknownApps));
            let on = "for group-aaaaaaaa on android";
            for (scope, effect) in [
                ("print from outlook as work", "block"),
                ("share from outlook as work to word as work", "block"),
            ] {
                let parts = parts(&checked, &format!("{scope} {on}"));
                assert!(parts.len() == 1 && parts[0].starts_with(effect), "{parts:?}");
            }
            let exported = export(&checked, &Options::new(Platform::Android)).unwrap();
            let exported: Value = serde_json::from_str(&exported.text).unwrap();
            assert_eq!(exported.get("apps"), None, "nothing is untargeted");
            assert_eq!(exported["appGroupType"], "selectedPublicApps");
        }
    }
    // Beside a policy that is known to protect the other app, that one is managed again.
    let known = policy("android", "Core", json!({}));
    let both = check(&json!([own, known]));
    let parts =
        parts(&both, "share from outlook as work to word as work for group-aaaaaaaa on android");
    assert!(parts.len() == 1 && parts[0].starts_with("allow"), "{parts:?}");
}

#[test]
fn a_comparison_with_unknown_apps_is_about_the_rest() {
    let listed = policy("ios", "Phones", json!({ "printBlocked": true }));
    let mut unknown = listed.clone();
    unknown["appGroupType"] = json!("selectedPublicApps");
    let (old, new) = (check(&listed), check(&unknown));
    let (sets, names) = analysis::with_confirmed_apps([&old, &new]);
    assert_eq!(names, [vec![], vec!["phones".to_owned()]]);
    let [before, after] = sets.each_ref().map(|set| Analysis::new(set).unwrap());
    assert_eq!(analysis::diff(&before, &after).unwrap(), []);
    // Whatever they are called, and whatever apps only one of the sets declares.
    let own = json!([{ "mobileAppIdentifier": {
        "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": "com.contoso.field" } }]);
    let selected = |title: &str, apps: Value| {
        policy(
            "ios",
            title,
            json!({ "id": "T_1", "printBlocked": true,
            "appGroupType": "selectedPublicApps", "apps": apps }),
        )
    };
    let other =
        |title: &str| policy("ios", title, json!({ "id": "T_2", "screenCaptureBlocked": true }));
    let old = check(&json!([selected("Field", own), other("Core")]));
    let new = check(&json!([selected("Field staff", json!(null)), other("Core")]));
    for (one, two) in [(&old, &new), (&new, &old)] {
        let ([before, after], names) = analysis::with_confirmed_apps([one, two]);
        assert_eq!(names.concat(), ["field-staff"]);
        let analyses = [&before, &after].map(|set| Analysis::new(set).unwrap());
        assert_eq!(analysis::diff(&analyses[0], &analyses[1]).unwrap(), []);
        let alone = [&before, &after].map(|set| {
            let model = set.model().unwrap();
            let name =
                &model.policies().iter().find(|one| one.name.starts_with("field")).unwrap().name;
            set.alone(name, "field").unwrap()
        });
        let analyses = alone.each_ref().map(|set| Analysis::new(set).unwrap());
        assert_eq!(analysis::diff(&analyses[0], &analyses[1]).unwrap(), []);
        let settings = compare_settings(one, two).unwrap();
        assert_eq!(settings.unknown_apps.concat(), ["field-staff"]);
        assert!(settings.pairs.iter().all(|pair| pair.settings.is_empty()), "{:?}", settings.pairs);
    }
    // That they are selected ones is known.
    let core = check(&policy("ios", "Field", json!({ "id": "T_1", "printBlocked": true })));
    let settings = compare_settings(&new, &core).unwrap();
    let members: Vec<_> = settings.pairs[0].settings.iter().map(|one| &*one.member).collect();
    assert_eq!(members, ["appGroupType"]);
}

#[test]
fn settings_are_compared_by_what_they_mean() {
    let one = |more: Value| check(&policy("ios", "P", more));
    let found = |before: Value, after: Value| {
        let settings = compare_settings(&one(before), &one(after)).unwrap();
        settings.pairs[0].settings.iter().map(|one| one.direction.word()).collect::<Vec<_>>()
    };
    let version = |text: &str| json!({ "minimumRequiredOsVersion": text });
    assert_eq!(found(version("17.0"), version("17")), [""; 0]);
    assert_eq!(found(version("17.0"), version("17.0.0")), [""; 0]);
    assert_eq!(found(version("17.0"), version("17.0.1")), ["tighter"]);
    let places =
        |list: Value| json!({ "saveAsBlocked": true, "allowedDataStorageLocations": list });
    assert_eq!(
        found(places(json!(["box", "sharePoint"])), places(json!(["sharePoint", "box"]))),
        [""; 0]
    );
}

#[test]
fn a_comparison_without_assignments_is_one_without_filters() {
    let list = |kind: Option<&str>| json!({ "assignments": to_group(kind), "printBlocked": true });
    let own = |kind: Option<&str>, more: Value| {
        let mut own = policy("android", "P", list(kind));
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        check(&json!([own, filter("(app.deviceManagementType -eq \"Unmanaged\")")]))
    };
    let differs = |one: &Checked, other: &Checked| {
        let sets = [one, other].map(|set| set.alone("p", "p").unwrap());
        let analyses = sets.each_ref().map(|set| Analysis::new(set).unwrap());
        !analysis::diff(&analyses[0], &analyses[1]).unwrap().is_empty()
    };
    let levels = |text: &str| json!({ "targetedAppManagementLevels": text });
    for more in [json!({}), levels("unspecified"), levels("unmanaged,mdm")] {
        let (all, filtered) = (own(None, more.clone()), own(Some("include"), more.clone()));
        assert!(
            filtered.model().unwrap().policies()[0].devices
                != all.model().unwrap().policies()[0].devices
        );
        assert!(!differs(&all, &filtered), "{more}");
        let text = Compiler::new().check(
            "p.mam",
            &import(&json!([
                policy("android", "P", {
                    let mut list = list(Some("include"));
                    list.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
                    list
                }),
                filter("(app.deviceManagementType -eq \"Unmanaged\")")
            ])),
        );
        assert!(!differs(&all, &text), "{more}");
    }
    assert!(differs(&own(None, levels("unmanaged")), &own(Some("include"), levels("unspecified"))));
}

#[test]
fn assignments_that_nobody_lists_are_warned_of() {
    let mut own = policy("ios", "Phones", json!({}));
    own.as_object_mut().unwrap().remove("assignments");
    let checked = check(&own);
    assert_eq!(codes(&checked), [Code::IntuneUnknownAssignments]);
    let exported = export(&checked, &Options::new(Platform::Ios)).unwrap();
    let exported: Value = serde_json::from_str(&exported.text).unwrap();
    assert_eq!(exported.get("assignments"), None);
}

#[test]
fn an_app_beside_a_group_counts() {
    let app = |id: &str| {
        json!({ "mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": id } })
    };
    let apps = json!([app("com.microsoft.Office.Outlook"), app("com.contoso.field")]);
    let own = policy("ios", "P", json!({ "apps": apps, "printBlocked": true }));
    assert!(import(&own).contains("  protect   core-microsoft-apps, field\n"), "{}", import(&own));
    let found = parts(&check(&own), "print from field as work for group-aaaaaaaa on ios");
    assert!(found.len() == 1 && found[0].starts_with("block"), "{found:?}");
}

#[test]
fn older_names_of_members_are_recognised() {
    let own = policy("ios", "P", json!({ "allowedOutboundClipboardTransferLevel": "blocked" }));
    let checked = check(&own);
    let report = &checked.reports()[0];
    assert!(
        report.help().unwrap().contains("`allowedOutboundClipboardSharingLevel`"),
        "{report:?}"
    );
}

#[test]
fn an_export_is_proved_as_a_stranger_reads_it() {
    let text = |traits: &str, rule: &str| {
        format!(
            "mam 1\nuse microsoft\napp field \"Field\" {{ ios \"com.contoso.field\" {traits} sdk }}\n\
             users staff \"{GROUP}\"\n\
             policy links {{ for staff on ios protect outlook, edge, field otherwise allow\n\
               block share to unmanaged  block invoke to unmanaged except ios-exempt\n\
               {rule} block capture  block assist to assistant }}"
        )
    };
    let link = "block link to any except edge, universal-links, field";
    // Titles and names are lost and make no difference; links and traits do where decisions depend on them.
    for (traits, rule, is_exact) in [
        ("", "", true),
        ("url \"*.field.example/*\"", "", false),
        ("url \"*.field.example/*\"", link, false),
        ("multi-identity", "", false),
    ] {
        let checked = Compiler::new().check("links.mam", &text(traits, rule));
        match export(&checked, &Options::new(Platform::Ios)) {
            Ok(export) => assert!(is_exact && export.deviations.is_empty(), "{traits} {rule}"),
            Err(ExportError::Inexact { reports, deviations, .. }) => {
                assert!(!is_exact, "{traits} {rule}: {deviations:?}");
                let codes: Vec<_> = reports.iter().map(mam::Report::code).collect();
                assert_eq!(codes, [Code::ExportUnstated], "{traits} {rule}: {deviations:?}");
            }
            Err(error) => panic!("{traits}: {error:?}"),
        }
    }
}

// ---------------------------------------------------------------- filters

fn filtered_pair(rule: &str) -> Value {
    json!([
        policy(
            "android",
            "Own phones",
            json!({ "assignments": to_group(Some("include")), "printBlocked": true })
        ),
        policy("android", "Company phones", json!({ "assignments": to_group(Some("exclude")) })),
        filter(rule),
    ])
}

#[test]
fn a_filter_about_management_is_imported_as_devices() {
    let checked = check(&filtered_pair("(app.deviceManagementType -eq \"Unmanaged\")"));
    assert_eq!(codes(&checked), []);
    let parts = parts(&checked, "print from outlook as work for group-aaaaaaaa on android");
    let [blocked, allowed] = parts.as_slice() else { panic!("{parts:?}") };
    assert!(blocked.ends_with("devices unmanaged, third-party"), "{blocked}");
    assert!(allowed.starts_with("allow") && !allowed.contains("unmanaged"), "{allowed}");
}

#[test]
fn other_filters_stay_facts() {
    let document = filtered_pair("(app.osVersion -startsWith \"17\")");
    let checked = check(&document);
    assert!(
        codes(&checked).iter().all(|code| *code == Code::IntuneFilter),
        "{:?}",
        codes(&checked)
    );
    let text = import(&document);
    for line in [
        "filter not-enrolled \"dddddddd-2222-3333-4444-555555555555\"",
        "  for       group-aaaaaaaa matching not-enrolled",
        "  for       group-aaaaaaaa not matching not-enrolled",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    // The two never meet.
    let scope =
        "print from outlook as work for exactly group-aaaaaaaa matching not-enrolled on android";
    assert!(parts(&checked, scope).iter().all(|part| part.starts_with("block")));
}

#[test]
fn understood_filters_of_some_assignments_are_told_so() {
    let rule = |id: &str, title: &str, word: &str| {
        json!({ "@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentFilter",
            "id": id, "displayName": title, "platform": "androidMobileApplicationManagement",
            "rule": format!("(app.deviceManagementType -eq \"{word}\")") })
    };
    let target = |group: &str, filter: &str| {
        json!({ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group,
            "deviceAndAppManagementAssignmentFilterId": filter,
            "deviceAndAppManagementAssignmentFilterType": "include" } })
    };
    let (one, other) = (FILTER, "ffffffff-2222-3333-4444-555555555555");
    let list = [target(GROUP, one), target("99999999-2222-3333-4444-555555555555", other)];
    let document = json!([
        policy("android", "P", json!({ "assignments": list })),
        rule(one, "Unmanaged", "Unmanaged"),
        rule(other, "AOSP", "AOSP userless devices")
    ]);
    let messages = |checked: &Checked| {
        let of_filters =
            checked.reports().into_iter().filter(|one| one.code() == Code::IntuneFilter);
        of_filters.map(|one| one.diagnostic().message.clone()).collect::<Vec<_>>()
    };
    let expected = ["Unmanaged", "AOSP"]
        .map(|title| format!("not all assignments of the policy have the filter \"{title}\""));
    assert_eq!(messages(&check(&document)), expected);
    let text = Compiler::new().check("p.mam", &import(&document));
    assert_eq!(messages(&text), expected);
    let free = filter("(app.osVersion -startsWith \"14\")");
    let document =
        json!([policy("android", "P", json!({ "assignments": to_group(Some("include")) })), free]);
    let expected = ["the model cannot say for which devices \"Not enrolled\" holds"];
    assert_eq!(messages(&check(&document)), expected);
    assert_eq!(messages(&Compiler::new().check("p.mam", &import(&document))), expected);
}

#[test]
fn ids_that_cannot_be_are_reported_once() {
    let found = |platform: &str, more: Value| {
        let checked = check(&policy(platform, "P", more));
        let odd = checked
            .reports()
            .into_iter()
            .filter(|one| matches!(one.code(), Code::OddId | Code::NoEffect));
        odd.map(|one| one.code()).collect::<Vec<_>>()
    };
    let app = |kind: &str, member: &str, id: &str| {
        json!({ "appGroupType": "selectedPublicApps", "apps": [{ "mobileAppIdentifier": {
            "@odata.type": format!("#microsoft.graph.{kind}MobileAppIdentifier"), member: id } }] })
    };
    for (id, is_odd) in
        [("com.contoso.*", true), ("com.contoso.büro", true), ("com.contoso.a-b", false)]
    {
        let codes = found("ios", app("ios", "bundleId", id));
        assert_eq!(codes, [Code::OddId][..usize::from(is_odd)], "{id}");
    }
    for (id, is_odd) in [
        ("com.contoso.*", true),
        ("com.contoso.büro", true),
        ("com.contoso.a-b", true),
        ("com.contoso.a_b", false),
    ] {
        let codes = found("android", app("android", "packageId", id));
        assert_eq!(codes, [Code::OddId][..usize::from(is_odd)], "{id}");
    }
    for scheme in ["my app", "http://", "a/b", "com.contoso.maps"] {
        let exempt = json!({ "allowedOutboundDataTransferDestinations": "managedApps",
            "exemptedAppProtocols": [{ "name": "X", "value": scheme }] });
        assert!(found("ios", exempt.clone()).len() <= 1, "{scheme}: {:?}", found("ios", exempt));
    }
    let blank = json!({ "allowedOutboundDataTransferDestinations": "managedApps",
        "exemptedAppProtocols": [{ "name": "X", "value": "my app" }] });
    assert_eq!(found("ios", blank), [Code::OddId]);
}

#[test]
fn filters_come_back() {
    for rule in
        ["(app.deviceManagementType -eq \"Unmanaged\")", "(app.osVersion -startsWith \"17\")"]
    {
        let document = filtered_pair(rule);
        let written = Compiler::new().check("tenant.mam", &import(&document));
        for checked in [check(&document), written] {
            let exported = export(&checked, &Options::new(Platform::Android)).unwrap();
            let exported: Value = serde_json::from_str(&exported.text).unwrap();
            let policies = exported.as_array().unwrap();
            assert_eq!(policies.len(), 2, "{rule}");
            for (policy, kind) in policies.iter().zip(["include", "exclude"]) {
                let target = &policy["assignments"][0]["target"];
                assert_eq!(target["deviceAndAppManagementAssignmentFilterId"], FILTER, "{rule}");
                assert_eq!(target["deviceAndAppManagementAssignmentFilterType"], kind, "{rule}");
                assert_eq!(policy.get("deviceAndAppManagementAssignmentFilters"), None);
            }
        }
    }
}

// ---------------------------------------------------------------- configurations

fn configuration(key: &str, value: &str, more: Value) -> Value {
    let mut found = json!({
        "@odata.type": "#microsoft.graph.targetedManagedAppConfiguration",
        "displayName": "Settings", "appGroupType": "allCoreMicrosoftApps",
        "customSettings": [{ "name": key, "value": value }],
        "assignments": to_group(None),
    });
    let Value::Object(more) = more else { panic!("members") };
    found.as_object_mut().unwrap().extend(more);
    found
}

#[test]
fn a_configuration_that_frees_screens_counts_where_it_covers_the_policy() {
    let held =
        || policy("ios", "P", json!({ "allowedOutboundDataTransferDestinations": "managedApps" }));
    let key = "com.microsoft.intune.mam.screencapturecontrol";
    let scope = "capture from outlook as work for group-aaaaaaaa on ios";
    let effect =
        |document: &Value| parts(&check(document), scope)[0].split(' ').next().unwrap().to_owned();
    assert_eq!(effect(&held()), "block");
    let free = configuration(key, "Disabled", json!({}));
    let document = json!([held(), free]);
    assert_eq!((effect(&document), codes(&check(&document))), ("allow".to_owned(), Vec::new()));
    for partly in [
        json!({ "assignments": [] }),
        json!({ "appGroupType": "selectedPublicApps", "apps": [] }),
        json!({ "targetedAppManagementLevels": "mdm" }),
    ] {
        let document = json!([held(), configuration(key, "Disabled", partly)]);
        let expected = ("block".to_owned(), vec![Code::IntuneConfiguration]);
        assert_eq!((effect(&document), codes(&check(&document))), expected, "{document}");
    }
    let document = json!([held(), configuration(key, "Enabled", json!({}))]);
    assert_eq!(effect(&document), "block");
}

#[test]
fn configurations_are_told_by_what_they_change() {
    let own = || policy("ios", "P", json!({}));
    for (key, code) in [
        ("IntuneMAMAllowedAccountsOnly", Code::IntuneConfiguration),
        ("com.microsoft.intune.mam.managedbrowser.AllowListURLs", Code::IntuneConfiguration),
        ("com.microsoft.intune.mam.unheard-of", Code::IntuneConfiguration),
        ("com.microsoft.outlook.Contacts.LocalSyncEnabled", Code::IntuneConfiguration),
        ("com.microsoft.outlook.Mail.FocusedInbox", Code::IntuneNoRules),
    ] {
        let checked = check(&json!([own(), configuration(key, "x", json!({}))]));
        assert_eq!(codes(&checked), [code], "{key}");
    }
    // Of Android the payload is encoded.
    let payload = "eyJtYW5hZ2VkUHJvcGVydHkiOlt7ImtleSI6ImNvbS5taWNyb3NvZnQuaW50dW5lLm1hbS5BbGxvd2VkQWNjb3VudFVQTnMiLCJ2YWx1ZVN0cmluZyI6IngifV19";
    let android = json!({ "@odata.type": "#microsoft.graph.androidManagedStoreAppConfiguration",
        "displayName": "Accounts", "payloadJson": payload });
    assert_eq!(codes(&check(&json!([own(), android]))), [Code::IntuneConfiguration]);
}

/// The value that a key about management has to have.
fn value_of(key: &str) -> &'static str {
    match key {
        "IntuneMAMUPN" => "{{UserPrincipalName}}",
        "IntuneMAMOID" => "{{userid}}",
        _ => "{{deviceid}}",
    }
}

/// An app of the tenant.
fn store_app(id: &str, bundle: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.iosStoreApp", "id": id, "displayName": "An app", "bundleId": bundle })
}

#[test]
fn managed_phones_need_keys() {
    let keys = |keys: &[&str]| {
        let settings: Vec<_> = keys
            .iter()
            .map(|key| json!({ "appConfigKey": key, "appConfigKeyValue": value_of(key) }))
            .collect();
        json!({ "@odata.type": "#microsoft.graph.iosMobileAppConfiguration", "displayName": "Keys", "settings": settings,
            "targetedMobileApps": ["A-0", "a-1"], "assignments": to_group(None) })
    };
    let app = |id: &str| {
        json!({ "mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": id } })
    };
    let managed = |ids: &[&str]| {
        let apps: Vec<_> = ids.iter().map(|id| app(id)).collect();
        policy(
            "ios",
            "Managed",
            json!({
            "appGroupType": "selectedPublicApps", "apps": apps, "targetedAppManagementLevels": "mdm" }),
        )
    };
    let alone = policy("ios", "Unmanaged", json!({ "targetedAppManagementLevels": "unmanaged" }));
    let (core, own) = (["com.microsoft.sharepoint"], ["com.contoso.field"]);
    let both = ["IntuneMAMUPN", "IntuneMAMOID"];
    let all = ["IntuneMAMUPN", "IntuneMAMOID", "IntuneMAMDeviceID"];
    for (ids, given, is_warned) in [
        (&core[..], &[][..], true),
        (&core, &["IntuneMAMUPN"], true),
        (&core, &both, false),
        (&own, &both, true),
        (&own, &all, false),
        (&["com.microsoft.Office.Outlook"], &[], false),
    ] {
        let apps = [store_app("a-0", core[0]), store_app("a-1", own[0])];
        let checked = check(&json!([managed(ids), alone, keys(given), apps]));
        let found =
            checked.reports().into_iter().find(|one| one.code() == Code::IntuneManagementKeys);
        assert_eq!(found.is_some(), is_warned, "{ids:?} {given:?}");
        if let Some(found) = found {
            assert!(
                found.help().unwrap().contains("\"Unmanaged\" holds there instead"),
                "{found:?}"
            );
        }
    }
}

// ---------------------------------------------------------------- other tools

#[test]
fn spellings_of_other_tools_are_read() {
    let expected = import(&policy(
        "ios",
        "Phones",
        json!({
        "printBlocked": true, "faceIdBlocked": true, "pinRequired": true,
        "periodOnlineBeforeAccessCheck": "PT1H" }),
    ));
    let graph = policy(
        "ios",
        "Phones",
        json!({
        "printBlocked": true, "faceIdBlocked": true, "pinRequired": true,
        "periodOnlineBeforeAccessCheck": "PT1H" }),
    )
    .to_string();
    let cipp = json!({ "JSON": json!({ "Displayname": "Phones", "RAWJson": graph }).to_string(),
        "RowKey": "x", "PartitionKey": "IntuneTemplate" });
    let mixed = json!([graph, { "displayName": "a dashboard", "widgets": [] }]);
    let powershell = json!({
        "DisplayName": "Phones", "AppGroupType": "allCoreMicrosoftApps", "PrintBlocked": true,
        "FaceIdBlocked": true, "PinRequired": true,
        "PeriodOnlineBeforeAccessCheck": { "Ticks": 36_000_000_000_u64, "TotalMinutes": 60 },
        "Assignments": [{ "Target": { "AdditionalProperties": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP } } }],
        "AdditionalProperties": { "@odata.type": TYPE },
    });
    let dsc = json!([{
        "ResourceName": "IntuneAppProtectionPolicyiOS", "ResourceInstanceName": "x", "Ensure": "Present",
        "DisplayName": "Phones", "AppGroupType": "allCoreMicrosoftApps", "PrintBlocked": true,
        "FaceIdBlocked": true, "PinRequired": true, "PeriodOnlineBeforeAccessCheck": "01:00:00",
        "Assignments": [{ "dataType": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP }],
    }]);
    let attributes = json!({
        "display_name": "Phones", "app_group_type": "allCoreMicrosoftApps", "print_blocked": true,
        "face_id_blocked": true, "pin_required": true, "period_online_before_access_check": "PT1H",
        "assignments": [{ "type": "groupAssignmentTarget", "group_id": GROUP }],
    });
    let kind = "microsoft365_graph_beta_device_and_app_management_ios_managed_app_protection";
    let state = json!({ "version": 4, "resources": [
        { "mode": "managed", "type": kind, "name": "phones", "instances": [{ "attributes": attributes }] } ] });
    let plan = json!({ "values": { "root_module": { "resources": [
        { "type": kind, "name": "phones", "values": attributes } ] } } });
    for (tool, document) in [
        ("CIPP", cipp),
        ("a mixed array", mixed),
        ("PowerShell", powershell),
        ("Microsoft365DSC", dsc),
        ("a Terraform state", state),
        ("a Terraform plan", plan),
    ] {
        assert_eq!(import(&document), expected, "{tool}");
    }
}

const TYPE: &str = "#microsoft.graph.iosManagedAppProtection";

#[test]
fn groups_without_ids_keep_their_names() {
    let target = json!({ "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupName": "Field staff" });
    let document = policy("ios", "P", json!({ "assignments": [{ "target": target }] }));
    let text = import(&document);
    assert!(
        text.contains("for       field-staff")
            && text.contains("users field-staff \"Field staff\""),
        "{text}"
    );
    let platforms = json!({ "displayName": "P", "appGroupType": "allApps", "printBlocked": true,
        "thirdPartyKeyboardsBlocked": true, "screenCaptureBlocked": true, "pinRequired": true });
    let errors =
        intune::import(&[("p.json", &platforms.to_string())], &Limits::default()).unwrap_err();
    assert_eq!(errors.code(), Some(Code::IntunePlatform));
}

#[test]
fn what_else_is_in_a_backup_is_passed_over() {
    let own = policy("ios", "P", json!({})).to_string();
    let other = json!({ "@odata.type": "#microsoft.graph.windows10CompliancePolicy" }).to_string();
    let apart = to_group(None).to_string();
    let documents = [
        ("b/App Protection/P.json", own.as_str()),
        ("b/App Protection/Assignments/P.json", &apart),
        ("b/Compliance/Q.json", &other),
        ("b/Compliance/Assignments/Q.json", &apart),
        ("b/filters/f.json", &filter("x").to_string()),
        ("b/broken.json", "{"),
    ];
    let read = intune::recognised(&documents, &Limits::default());
    assert_eq!(read, [true, true, false, false, true, true]);
}

#[test]
fn repeated_findings_are_counted() {
    let mut own = policy("ios", "P", json!({}));
    for number in 0..40 {
        own[format!("unheardOf{number}")] = json!(true);
    }
    let checked = check(&own);
    let reports = checked.reports();
    assert_eq!(reports.len(), 8);
    assert!(reports[7].short().contains("and 32 more like this"), "{}", reports[7].short());
}

// ---------------------------------------------------------------- comparison

#[test]
fn a_baseline_is_compared_with_a_tenant() {
    let send =
        json!({ "allowedOutboundDataTransferDestinations": "managedApps", "printBlocked": true });
    let mut baseline = policy("ios", "Baseline", send.clone());
    baseline.as_object_mut().unwrap().remove("assignments");
    let mut tenant = policy("ios", "Customer phones", send);
    tenant["printBlocked"] = json!(false);
    let (old, new) = (check(&baseline), check(&tenant));
    let found = analysis::pair_policies(&old, &new);
    assert_eq!(found.pairs, [["baseline", "customer-phones"]]);
    assert_eq!(found.unpaired, [Vec::<String>::new(), Vec::new()]);
    let (one, other) =
        (old.alone("baseline", "x").unwrap(), new.alone("customer-phones", "x").unwrap());
    let [before, after] = [&one, &other].map(|set| Analysis::new(set).unwrap());
    let changes = analysis::diff(&before, &after).unwrap();
    let scopes: Vec<_> = changes.iter().map(|one| one.scope.as_str()).collect();
    assert_eq!(scopes.len(), 1, "{scopes:?}");
    assert!(scopes[0].starts_with("print from managed"), "{scopes:?}");
    assert_eq!(analysis::diff_statements(&before, &after), []);
    // Setting by setting it is one as well, between exports and text.
    let text = Compiler::new().check("tenant.mam", &import(&tenant));
    for set in [&new, &text] {
        let compared = compare_settings(&old, set).unwrap();
        let differences = compared.pairs.iter().flat_map(|pair| &pair.settings);
        let found: Vec<_> =
            differences.map(|one| (one.member.as_str(), one.direction.word())).collect();
        assert_eq!(found, [("printBlocked", "looser")]);
    }
}
