//! The shapes in which policies of Intune come: whatever wraps a policy, it reads as the same one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails where it stands")]

use mam::{Code, Compiler, Limits, Severity, intune};
use serde_json::{Value, json};

const TYPE: &str = "#microsoft.graph.iosManagedAppProtection";
const GROUP: &str = "aaaaaaaa-0000-0000-0000-000000000001";

/// A policy for iOS with something of everything.
fn policy() -> Value {
    json!({
        "@odata.type": TYPE,
        "id": "T_10000000-0000-0000-0000-000000000001",
        "displayName": "Mail on phones",
        "description": "For phones of all kinds.",
        "appGroupType": "selectedPublicApps",
        "apps": [
            { "mobileAppIdentifier": {
                "@odata.type": "#microsoft.graph.iosMobileAppIdentifier",
                "bundleId": "com.contoso.notes",
            } },
        ],
        "assignments": [assignment()],
        "allowedOutboundDataTransferDestinations": "managedApps",
        "exemptedAppProtocols": [{ "name": "Maps", "value": "contoso-maps" }],
        "faceIdBlocked": true,
        "fingerprintBlocked": true,
        "pinRequired": true,
        "printBlocked": true,
        "stickers": { "blocked": [1, 2.50, "ü"] },
    })
}

fn assignment() -> Value {
    json!({
        "id": format!("{GROUP}_incl"),
        "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": GROUP },
    })
}

/// The policy without some members.
fn without(names: &[&str]) -> Value {
    let mut policy = policy();
    names.iter().for_each(|name| drop(policy.as_object_mut().unwrap().remove(*name)));
    policy
}

/// The text of some documents, which have no errors; warnings but for the unknown member are none.
#[track_caller]
fn read_all(documents: &[&str]) -> String {
    let names: Vec<_> = (0..documents.len()).map(|number| format!("{number}.json")).collect();
    let named = names.iter().map(String::as_str).zip(documents.iter().copied());
    let named: Vec<_> = named.collect();
    match intune::import(&named, &Limits::default()) {
        Ok(import) => {
            let codes: Vec<_> = import.reports.iter().map(|one| one.diagnostic().code).collect();
            assert_eq!(codes, [Code::IntuneUnknownMember], "{documents:?}");
            import.text
        }
        Err(errors) => panic!("{errors}\n{:?}\n{documents:?}", errors.reports()),
    }
}

#[track_caller]
fn read(document: &str) -> String {
    read_all(&[document])
}

/// What is said of documents, by import and by a check alike.
#[track_caller]
fn said(documents: &[(&str, &str)]) -> Vec<(Code, String)> {
    let checked = Compiler::new().check_all(documents);
    let reports = match intune::import(documents, &Limits::default()) {
        Ok(import) => import.reports,
        Err(errors) => errors.reports().to_vec(),
    };
    let of = |report: &mam::Report| (report.diagnostic().code, report.diagnostic().message.clone());
    let found: Vec<_> = reports.iter().map(of).collect();
    let is_own = |(code, _): &(Code, String)| {
        code.as_str().starts_with("mam::intune") || code.as_str().starts_with("mam::limit")
    };
    let also: Vec<_> = checked.reports().iter().map(of).filter(is_own).collect();
    assert_eq!(found, also, "{documents:?}");
    found
}

#[track_caller]
fn codes(document: &str) -> Vec<Code> {
    said(&[("document.json", document)]).into_iter().map(|(code, _)| code).collect()
}

// ---------------------------------------------------------------- shapes of one policy

#[test]
fn wrappers_change_nothing() {
    let (bare, expected) = (policy(), read(&policy().to_string()));
    let inner = bare.to_string();
    let wrapped = [
        json!([bare]),
        json!([[], [bare]]),
        json!({ "value": [bare] }),
        json!({ "value": bare }),
        json!({ "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#x", "value": [bare] }),
        json!({ "@odata.count": 1, "@odata.nextLink": null, "value": [bare] }),
        json!({ "policy": bare }),
        json!({ "policy": [bare] }),
        json!({ "RAWJson": inner }),
        json!({ "rawJson": bare }),
        json!([{ "name": "Mail on phones", "value": inner }]),
        json!({ "value": [{ "value": inner }] }),
        json!({ "value": json!([bare]).to_string() }),
        json!({ "value": json!({ "value": inner }).to_string() }),
    ];
    for document in wrapped {
        assert_eq!(read(&document.to_string()), expected, "{document}");
        assert_eq!(read(&serde_json::to_string_pretty(&document).unwrap()), expected, "{document}");
    }
}

#[test]
fn white_space_and_marks_change_nothing() {
    let pretty = serde_json::to_string_pretty(&policy()).unwrap();
    let expected = read(&pretty);
    for text in [
        pretty.replace('\n', "\r\n"),
        pretty.replace('\n', "\r"),
        pretty.replace('\n', "\t"),
        format!("\u{FEFF}{pretty}"),
        format!("\n\n  {pretty}\n\n"),
    ] {
        assert_eq!(read(&text), expected, "{text:?}");
    }
}

#[test]
fn what_the_service_adds_changes_nothing() {
    let mut full = policy();
    let expected = read(&full.to_string());
    let added = json!({
        "@odata.context": "https://graph.microsoft.com/beta/$metadata#deviceAppManagement/iosManagedAppProtections(assignments(),apps())/$entity",
        "@odata.id": "deviceAppManagement/iosManagedAppProtections('T_1')",
        "@odata.editLink": "deviceAppManagement/iosManagedAppProtections('T_1')/microsoft.graph.iosManagedAppProtection",
        "id@odata.type": "#String",
        "createdDateTime@odata.type": "#DateTimeOffset",
        "createdDateTime": "2026-01-31T12:00:00Z",
        "lastModifiedDateTime": "2026-01-31T12:00:00.1234567Z",
        "version": "\"1f00-0000\"",
        "isAssigned": true,
        "deployedAppCount": 1,
        "exemptedAppProtocols@odata.type": "#Collection(microsoft.graph.keyValuePair)",
        "apps@odata.context": "https://graph.microsoft.com/beta/$metadata#x/apps",
        "apps@odata.associationLink": "https://graph.microsoft.com/beta/x/apps/$ref",
        "assignments@odata.navigationLink": "https://graph.microsoft.com/beta/x/assignments",
        "#microsoft.graph.assign": { "title": "assign", "target": "https://example.com" },
        "#microsoft.graph.targetApps": {},
        "deploymentSummary": null,
        "screenCaptureConfigurationState": null,
        "minimumRequiredOsVersion": null,
        "screenCaptureBlocked": false,
        "roleScopeTagIds": ["0"],
    });
    for (name, value) in added.as_object().unwrap() {
        full[name] = value.clone();
    }
    assert_eq!(read(&full.to_string()), expected);
}

#[test]
fn the_order_of_members_and_entries_means_nothing() {
    let mut policy = policy();
    policy["allowedOutboundDataTransferDestinations"] = json!("managedApps");
    policy["saveAsBlocked"] = json!(true);
    policy["allowedDataStorageLocations"] = json!(["sharePoint", "oneDriveForBusiness"]);
    policy["exemptedAppProtocols"] = json!([
        { "name": "Plans", "value": "contoso-plans" }, { "value": "skype;calshow", "name": "Default" },
    ]);
    let expected = read(&policy.to_string());
    policy["allowedDataStorageLocations"] = json!(["oneDriveForBusiness", "sharePoint"]);
    policy["exemptedAppProtocols"] = json!([
        { "name": "Default", "value": "calshow; skype;" }, { "name": "Plans", "value": "contoso-plans" },
    ]);
    let Value::Object(members) = policy else { panic!("an object") };
    let backwards = members.iter().rev().map(|(name, value)| format!("{}:{value}", json!(name)));
    let backwards = format!("{{{}}}", backwards.collect::<Vec<_>>().join(","));
    assert_eq!(read(&backwards), expected);
}

// ---------------------------------------------------------------- types

#[test]
fn a_type_that_is_not_written_is_told_from_what_is() {
    let expected = read(&policy().to_string());
    let bare = without(&["@odata.type"]);
    assert_eq!(read(&bare.to_string()), expected, "by members");
    let dull = without(&["@odata.type", "faceIdBlocked", "exemptedAppProtocols"]);
    let mut bare = dull.clone();
    bare["apps"] = Value::Null;
    assert_eq!(codes(&bare.to_string()), [Code::IntunePlatform]);
    let context = "https://graph.microsoft.com/v1.0/$metadata#deviceAppManagement";
    let expected = read(&without(&["faceIdBlocked", "exemptedAppProtocols"]).to_string());
    assert_eq!(read(&dull.to_string()), expected, "by apps");
    for (context, is_list) in [
        ("/iosManagedAppProtections", true),
        ("/iosManagedAppProtections(apps(),assignments())", true),
        ("/iosManagedAppProtections/$entity", false),
        ("/managedAppPolicies/microsoft.graph.iosManagedAppProtection/$entity", false),
    ]
    .map(|(set, is_list)| (format!("{context}{set}"), is_list))
    {
        let mut object = dull.clone();
        if is_list {
            object = json!({ "@odata.context": context, "value": [object] });
        } else {
            object["@odata.context"] = json!(context);
        }
        assert_eq!(read(&object.to_string()), expected, "{context}");
    }
}

#[test]
fn a_windows_policy_is_told_by_its_context() {
    let policy = json!({
        "displayName": "Edge", "printBlocked": true, "minimumRequiredAppVersion": "1.0",
        "allowedInboundDataTransferSources": "none", "assignments": [],
    });
    assert_eq!(codes(&policy.to_string()), [Code::IntunePlatform]);
    let context = "https://x/$metadata#deviceAppManagement/windowsManagedAppProtections";
    let list = json!({ "@odata.context": context, "value": [policy] });
    let import = intune::import(&[("w.json", &list.to_string())], &Limits::default()).unwrap();
    assert!(import.text.contains("on        windows"), "{}", import.text);
}

#[test]
fn members_of_two_platforms_are_no_policy_of_either() {
    let mut both = without(&["@odata.type"]);
    both["screenCaptureBlocked"] = json!(true);
    let found = said(&[("both.json", &both.to_string())]);
    assert_eq!(found.len(), 1);
    let (code, message) = &found[0];
    assert_eq!(*code, Code::IntunePlatform);
    assert!(message.contains("`screenCaptureBlocked`"), "{message}");
}

#[test]
fn older_schemas_are_read() {
    let old = json!({
        "@odata.type": "#microsoft.graph.androidManagedAppProtection",
        "displayName": "Old", "assignments": [],
        "managedBrowser": "notConfigured", "fingerprintBlocked": true, "pinRequired": true,
        "deviceLockRequired": true, "appActionIfDeviceLockNotSet": "wipe",
        "periodOfflineBeforeAccessCheck": "PT720M", "appGroupType": null,
        "apps": [{ "mobileAppIdentifier": { "packageId": "com.microsoft.teams" } }],
    });
    let import = intune::import(&[("old.json", &old.to_string())], &Limits::default()).unwrap();
    assert!(import.reports.is_empty(), "{:?}", import.reports);
    for line in [
        "protect   teams",
        "biometrics no",
        "wipe when device-lock < low",
        "block when offline > 12 hours",
    ] {
        assert!(import.text.contains(line), "no {line} in\n{}", import.text);
    }
}

#[test]
fn a_default_policy_is_one_for_each_platform() {
    let app = |kind: &str, member: &str, id: &str| {
        let kind = format!("#microsoft.graph.{kind}MobileAppIdentifier");
        json!({ "mobileAppIdentifier": { "@odata.type": kind, member: id } })
    };
    let policy = json!({
        "@odata.type": "#microsoft.graph.defaultManagedAppProtection",
        "displayName": "Global",
        "apps": [
            app("ios", "bundleId", "com.microsoft.skydrive"),
            app("android", "packageId", "com.microsoft.skydrive"),
        ],
        "printBlocked": true,
    });
    let import = intune::import(&[("d.json", &policy.to_string())], &Limits::default()).unwrap();
    assert!(import.reports.is_empty());
    let text = import.text;
    for line in [
        "policy global-ios \"Global (ios)\" {",
        "policy global-android \"Global (android)\" {",
        "  for       any  // for users whom no other policy reaches",
        "  protect   onedrive-app",
        "  yields to any",
    ] {
        assert!(text.lines().any(|one| one == line), "{line}\n{text}");
    }
    assert!(!text.contains("setting"), "{text}");
}

// ---------------------------------------------------------------- assignments

#[test]
fn assignments_may_stand_apart() {
    let (whole, alone) = (read(&policy().to_string()), without(&["assignments"]));
    let id = alone["id"].as_str().unwrap();
    let mut own = assignment();
    own["@odata.type"] = json!("#microsoft.graph.targetedManagedAppPolicyAssignment");
    let context = format!("https://x/$metadata#y/iosManagedAppProtections('{id}')/assignments");
    let mut with_id = assignment();
    with_id["sourceId"] = json!(id);
    for apart in [
        json!({ "@odata.context": context, "value": [assignment()] }),
        json!({ "@odata.context": context, "value": [own] }),
        json!(with_id),
    ] {
        let (alone, apart) = (alone.to_string(), apart.to_string());
        assert_eq!(read_all(&[&alone, &apart]), whole, "{apart}");
        assert_eq!(read_all(&[&apart, &alone]), whole, "{apart}");
    }
    for apart in [
        json!([assignment()]),
        json!(assignment()),
        json!({ "value": [own] }),
        json!({ "assignments": [assignment()] }),
    ] {
        let (alone, apart) = (alone.to_string(), apart.to_string());
        // By the names of files, as backups have them; and never just because there is one policy.
        for (file, is_found) in [
            ("tenant/App Protection/Assignments/Phones.json", true),
            ("tenant/App Protection/phones_assignments.json", true),
            ("tenant/App Protection/Assignments/Tablets.json", false),
            ("tenant/Compliance/Assignments/Phones.json", false),
            ("assignments.json", false),
        ] {
            let documents = [("tenant/App Protection/Phones.json", &*alone), (file, &*apart)];
            let import = intune::import(&documents, &Limits::default()).unwrap();
            assert_eq!(import.text == whole, is_found, "{file}: {apart}");
            let unread = import.reports.iter().any(|one| one.code() == Code::IntuneNoRules);
            assert_eq!(unread, !is_found, "{file}: {apart}");
        }
    }
}

#[test]
fn assignments_that_could_be_of_several_policies_are_refused() {
    let mut other = without(&["assignments"]);
    (other["displayName"], other["id"]) = (json!("Another"), json!("T_another"));
    let both = json!([without(&["assignments"]), other]).to_string();
    let apart = json!([assignment()]).to_string();
    let documents = [("a/phones.json", &*both), ("a/assignments/phones.json", &*apart)];
    let errors = intune::import(&documents, &Limits::default()).unwrap_err();
    assert_eq!(errors.code(), Some(Code::IntuneLooseAssignment));
}

#[test]
fn an_empty_list_of_assignments_means_nobody() {
    let alone = without(&["assignments"]);
    let id = alone["id"].as_str().unwrap();
    let context = format!("https://x/$metadata#y/iosManagedAppProtections('{id}')/assignments");
    let mut whole = policy();
    whole["assignments"] = json!([]);
    let whole = read(&whole.to_string());
    assert!(whole.contains("for       unassigned"), "{whole}");
    let apart = json!({ "@odata.context": context, "value": [] }).to_string();
    let alone = alone.to_string();
    assert_eq!(read_all(&[&alone, &apart]), whole, "{apart}");
    assert_eq!(read_all(&[&apart, &alone]), whole, "{apart}");
    let apart = json!({ "assignments": [] }).to_string();
    let documents = [("a/phones.json", &*alone), ("a/assignments/phones.json", &*apart)];
    assert_eq!(intune::import(&documents, &Limits::default()).unwrap().text, whole);
}

#[test]
fn assignments_find_their_policy_among_several() {
    let policy = |number: u32| {
        json!({
            "@odata.type": TYPE, "id": format!("T_{number}"), "displayName": format!("P{number}"),
            "appGroupType": "allApps",
        })
    };
    let apart = |number: u32, group: &str| {
        json!({
            "@odata.context": format!("https://x/#y/iosManagedAppProtections('T_{number}')/assignments"),
            "value": [{ "target": {
                "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": group,
            } }],
        })
    };
    let texts = [
        json!([policy(1), policy(11), policy(111)]).to_string(),
        apart(11, "eleven").to_string(),
        apart(1, "one").to_string(),
        apart(2, "two").to_string(),
    ];
    let documents: Vec<_> = ["p.json", "11.json", "1.json", "2.json"]
        .into_iter()
        .zip(texts.iter().map(String::as_str))
        .collect();
    let import = intune::import(&documents, &Limits::default()).unwrap();
    let codes: Vec<_> = import.reports.iter().map(|one| one.diagnostic().code).collect();
    assert_eq!(codes, [Code::IntuneUnknownAssignments, Code::IntuneNoRules], "of T_111 and T_2");
    let people: Vec<_> =
        import.text.lines().filter_map(|line| line.strip_prefix("  for       ")).collect();
    let unsaid = "any  // the export has no assignments";
    assert_eq!(people, ["group-one", "group-eleven", unsaid], "{}", import.text);
}

// ---------------------------------------------------------------- what is no policy

#[test]
fn what_is_no_policy_is_refused_or_passed_over() {
    use Code::{IntuneJson, IntuneNoRules, IntuneNotAPolicy};
    let none: &[Code] = &[IntuneNoRules];
    let not: &[Code] = &[IntuneNotAPolicy];
    for (document, expected) in [
        ("[]", none),
        ("{\"value\": []}", none),
        ("[[], {\"value\": []}]", none),
        ("{}", not),
        ("[{}]", not),
        ("[{}, {}]", &[IntuneNotAPolicy, IntuneNotAPolicy]),
        ("[null]", not),
        ("[1, \"two\"]", &[IntuneNotAPolicy, IntuneNotAPolicy]),
        ("{\"value\": null}", not),
        ("{\"displayName\": \"A\", \"description\": \"b\", \"id\": \"c\"}", not),
        ("{\"@odata.type\": \"#microsoft.graph.androidCompliancePolicy\"}", not),
        ("{\"resource\": \"aws_s3_bucket\", \"value\": [{\"name\": \"x\"}]}", not),
        ("{", &[IntuneJson]),
        ("[1,]", &[IntuneJson]),
        ("{} {}", &[IntuneJson]),
        ("{'a': 1}", &[IntuneJson]),
        ("{\"a\": 0x1}", &[IntuneJson]),
        ("{\"a\": NaN}", &[IntuneJson]),
        ("// comment\n{}", &[IntuneJson]),
        ("[\"\\x\"]", &[IntuneJson]),
        ("[\"\\ud800\"]", &[IntuneJson]),
        ("[{\"value\": \"{\"}]", &[IntuneJson]),
    ] {
        let is_language = document.starts_with('/');
        let found = if is_language { Vec::new() } else { codes(document) };
        assert!(is_language || found == expected, "{document}: {found:?}");
        let import = intune::import(&[("document.json", document)], &Limits::default());
        let reports = import.as_ref().map_or_else(|errors| errors.reports(), |one| &one.reports);
        let found: Vec<_> = reports.iter().map(|one| one.diagnostic().code).collect();
        assert_eq!(found, expected, "{document}");
        assert!(reports.iter().all(|one| one.location().is_some()), "{document}");
        assert!(reports.iter().all(|one| one.diagnostic().help.is_some()), "{document}");
    }
}

#[test]
fn texts_that_are_no_json_are_refused_by_import_alone() {
    for text in ["", "  \n", "mam 1\n", "<policy/>", "\u{FEFF}"] {
        let errors = intune::import(&[("text", text)], &Limits::default()).unwrap_err();
        let codes: Vec<_> = errors.reports().iter().map(|one| one.diagnostic().code).collect();
        assert_eq!(codes, [Code::IntuneJson], "{text:?}");
        assert!(!intune::is_document(text));
    }
}

#[test]
fn one_bad_document_hides_no_other() {
    let good = policy().to_string();
    let found = said(&[("a.json", "{"), ("b.json", &good), ("c.json", "[1]"), ("d.json", "[]")]);
    let codes: Vec<_> = found.into_iter().map(|(code, _)| code).collect();
    use Code::{IntuneJson, IntuneNoRules, IntuneNotAPolicy, IntuneUnknownMember};
    assert_eq!(codes, [IntuneJson, IntuneUnknownMember, IntuneNotAPolicy, IntuneNoRules]);
}

// ---------------------------------------------------------------- bounds

#[test]
fn deep_nesting_is_refused() {
    for depth in [65, 511, 513, 100_000] {
        for (open, inner, close) in
            [("[", "", "]"), ("{\"a\":", "1", "}"), ("[{\"value\":", "1", "}]")]
        {
            let text = format!("{}{inner}{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(codes(&text), [Code::Nesting], "{depth} of {open}");
        }
        assert_eq!(codes(&"[".repeat(depth)).len(), 1);
    }
    let mut member = policy();
    let deep = format!("{}{}", "[".repeat(60), "]".repeat(60));
    member["stickers"] = serde_json::from_str(&deep).unwrap();
    let text = read(&member.to_string());
    assert!(!Compiler::new().check("policy.mam", &text).has_errors());
}

#[test]
fn huge_texts_and_numbers_are_kept_or_refused() {
    let mut huge = policy();
    for (name, value, code) in [
        ("description", json!("x".repeat(5000)), Some(Code::NameLength)),
        ("displayName", json!("x".repeat(5000)), Some(Code::NameLength)),
        ("stickers", json!("x".repeat(5000)), Some(Code::NameLength)),
        ("stickers", json!("x".repeat(4000)), None),
        ("minimumPinLength", json!(1e300), Some(Code::IntuneBadValue)),
        ("minimumPinLength", json!(4.5), Some(Code::IntuneBadValue)),
        ("minimumPinLength", json!(-1), Some(Code::IntuneBadValue)),
        ("periodOfflineBeforeAccessCheck", json!("P4000000000D"), Some(Code::IntuneBadValue)),
        ("periodOfflineBeforeWipeIsEnforced", json!("P99999D"), None),
    ] {
        huge[name] = value;
        let expected = code.into_iter().chain([Code::IntuneUnknownMember]);
        let mut found = codes(&huge.to_string());
        found.sort_unstable();
        let mut expected: Vec<_> = expected.collect();
        expected.sort_unstable();
        assert_eq!(found, expected, "{name}");
        huge[name] = policy()[name].clone();
        if huge[name].is_null() {
            huge.as_object_mut().unwrap().remove(name);
        }
    }
    let large = format!("[\"{}\"]", "x".repeat(Limits::default().export_bytes));
    assert_eq!(codes(&large), [Code::FileSize]);
}

#[test]
fn members_that_stand_twice_are_found_at_any_depth() {
    let text = policy().to_string();
    let text =
        text.replace("\"printBlocked\":true", "\"printBlocked\":true,\"printBlocked\":false");
    let text = text.replace("\"blocked\":", "\"blocked\":1,\"blocked\":");
    let text = text.replace("\"groupId\":", "\"groupId\":\"x\",\"groupId\":");
    let found = codes(&text);
    let doublets = found.iter().filter(|code| **code == Code::IntuneDoublet);
    assert_eq!(doublets.count(), 3, "{found:?}");
    let wrapped = json!({ "value": "{\"a\": 1, \"a\": 2}" });
    let found = codes(&wrapped.to_string());
    assert_eq!(found, [Code::IntuneNotAPolicy, Code::IntuneDoublet]);
}

// ---------------------------------------------------------------- what is said, and where

#[test]
fn statements_and_warnings_stand_where_their_members_stand() {
    let text = serde_json::to_string_pretty(&policy()).unwrap();
    let checked = Compiler::new().check("policy.json", &text);
    assert!(!checked.has_errors(), "{:?}", checked.reports());
    let line = |needle: &str| text.lines().position(|line| line.contains(needle)).unwrap() + 1;
    let [report] = &checked.reports()[..] else { panic!("{:?}", checked.reports()) };
    assert_eq!(report.diagnostic().severity, Severity::Warning);
    assert_eq!(report.location(), Some(&*format!("policy.json:{}:3", line("\"stickers\""))));
    let model = checked.model().unwrap();
    let lines: Vec<_> =
        model.rules().iter().map(|rule| checked.sources().position(rule.span).line).collect();
    assert!(lines.contains(&line("\"printBlocked\"")), "{lines:?}");
}

#[test]
fn what_tools_add_is_kept_and_told() {
    let mut policy = policy();
    policy["AppProtectionPolicyAssignments"] = json!([{ "groupName": "Field" }]);
    policy["SettingsCount"] = json!(12);
    let import = intune::import(&[("p.json", &policy.to_string())], &Limits::default()).unwrap();
    for line in [
        "setting \"AppProtectionPolicyAssignments\" = [{\"groupName\": \"Field\"}]",
        "setting \"SettingsCount\" = 12",
        "setting \"stickers\" = {\"blocked\": [1, 2.5, \"ü\"]}",
    ] {
        assert!(import.text.contains(line), "no {line} in\n{}", import.text);
    }
    assert_eq!(import.reports.len(), 3);
}

#[test]
fn odd_values_are_kept_and_break_no_statement() {
    let ios = json!({ "allowedOutboundDataTransferDestinations": "managedApps" });
    let android = json!({ "keyboardsRestricted": true, "pinRequired": true });
    for (kind, base, members) in [
        // OS sharing, where no device is enrolled.
        (
            "ios",
            &ios,
            json!({
                "targetedAppManagementLevels": "unmanaged",
                "disableProtectionOfManagedOutboundOpenInData": true,
            }),
        ),
        ("ios", &ios, json!({ "exemptedAppProtocols": [{ "name": "None", "value": "://; :;;" }] })),
        (
            "ios",
            &ios,
            json!({
                "dialerRestrictionLevel": "customApp", "customDialerAppProtocol": "://",
            }),
        ),
        (
            "ios",
            &ios,
            json!({
                "managedBrowserToOpenLinksRequired": true, "customBrowserProtocol": " : ",
                "managedUniversalLinks": ["http://", "https://", " "],
            }),
        ),
        (
            "android",
            &android,
            json!({
                "managedBrowserToOpenLinksRequired": true, "customBrowserPackageId": "  ",
            }),
        ),
        (
            "android",
            &android,
            json!({
                "approvedKeyboards": [{ "name": "com.example.keys", "value": "" }, { "name": " " }],
            }),
        ),
        (
            "android",
            &android,
            json!({
                "allowedAndroidDeviceModels": ["One;Two", ";"],
                "appActionIfAndroidDeviceModelNotAllowed": "wipe",
            }),
        ),
        (
            "android",
            &android,
            json!({
                "periodBeforePinReset": "P99999D", "requiredAndroidSafetyNetAppsVerificationType": "enabled",
                "appActionIfAndroidSafetyNetAppsVerificationFailed": "wipe",
            }),
        ),
    ] {
        let mut policy = json!({
            "@odata.type": format!("#microsoft.graph.{kind}ManagedAppProtection"),
            "displayName": "Odd", "appGroupType": "allCoreMicrosoftApps", "assignments": [],
        });
        for (name, value) in base.as_object().unwrap().iter().chain(members.as_object().unwrap()) {
            policy[name] = value.clone();
        }
        let text = policy.to_string();
        let import = intune::import(&[("odd.json", &text)], &Limits::default()).unwrap();
        for (name, text) in [("odd.json", &text), ("odd.mam", &import.text)] {
            let checked = Compiler::new().check(name, text);
            assert!(!checked.has_errors(), "{text}\n{:?}", checked.reports());
        }
    }
}

/// Everything that is said of a set with one file, its name left out.
fn all_said(name: &str, text: &str) -> String {
    let checked = Compiler::new().check(name, text);
    let analysis = mam::Analysis::new(&checked).unwrap();
    let lints = analysis.lints().unwrap();
    let reports = checked.reports().into_iter().chain(lints);
    let reports: Vec<_> = reports.map(|report| report.short()).collect();
    let remedies = analysis.remedies("print from outlook as work on ios", mam::Effect::Allow);
    let mutations = serde_json::to_string(&analysis.mutate().unwrap()).unwrap();
    let all = format!("{reports:#?} {remedies:#?} {mutations}");
    all.replace(&format!("\"{name}:"), "\"NAME:").replace(&format!("\"{name}\""), "\"NAME\"")
}

#[test]
fn what_a_file_is_does_not_depend_on_its_name() {
    let export = policy().to_string();
    let text = format!(
        "mam 1\nuse microsoft\npolicy p {{\n  for any\n  on ios\n  protect outlook\n{}\n}}\n",
        "  block print\n  block print because \"twice\"\n  expect block print from outlook, word"
    );
    for text in [export, text] {
        let as_json = all_said("mail.json", &text);
        for name in ["mail.export", "mail.mam", "mail", "microsoft"] {
            assert_eq!(all_said(name, &text), as_json, "{name}");
        }
    }
    // Policy text is its author's, whatever it is called.
    assert!(
        all_said(
            "p.json",
            "mam 1\nuse microsoft\npolicy p { for any protect outlook block print }"
        )
        .contains("mam::lint::")
    );
}

#[test]
fn a_policy_without_its_list_of_apps_is_read_as_protecting_all_of_them() {
    let mut null = without(&["apps"]);
    null["apps"] = Value::Null;
    for document in [without(&["apps"]), null] {
        let documents = [("mail.json", &*document.to_string())];
        let codes: Vec<_> = said(&documents).into_iter().map(|(code, _)| code).collect();
        assert!(codes.contains(&Code::IntuneUnknownApps), "{document}: {codes:?}");
        let text = intune::import(&documents, &Limits::default()).unwrap().text;
        let kept = r#"setting "appGroupType" = "selectedPublicApps""#;
        assert!(
            text.contains("protect   any unconfirmed  // the export does not say which apps"),
            "{text}"
        );
        assert!(text.contains(kept) && !text.contains("no-app-selected"), "{text}");

        let checked = Compiler::new().check("mail.json", documents[0].1);
        let analysis = mam::Analysis::new(&checked).unwrap();
        let group = text.lines().find_map(|line| line.strip_prefix("users ")).unwrap();
        let group = group.split(' ').next().unwrap();
        for scope in ["print from outlook as work", "share from word as work to unlisted"] {
            let scope = checked.question(&format!("{scope} for exactly {group} on ios")).unwrap();
            for part in analysis.decide(&scope).unwrap() {
                assert_eq!(part.answer.effect, mam::Effect::Block, "{}", part.scope);
            }
        }
    }
}

#[test]
fn a_list_of_apps_that_was_not_exported_is_not_written_back() {
    for members in [&["apps"][..], &["apps", "appGroupType"]] {
        let documents = [("mail.json", &*without(members).to_string())];
        let text = intune::import(&documents, &Limits::default()).unwrap().text;
        for (name, text) in [("mail.json", documents[0].1), ("mail.mam", &text)] {
            let checked = Compiler::new().check(name, text);
            let options = intune::export::Options::new(mam::Platform::Ios);
            let export = intune::export::export(&checked, &options).unwrap();
            let object: Value = serde_json::from_str(&export.text).unwrap();
            assert_eq!(object.get("apps"), None, "{name}");
            let expected = without(members).get("appGroupType").cloned();
            assert_eq!(object.get("appGroupType").cloned(), expected, "{name}");
        }
    }
}

/// An import can be read back, or there is none.
#[test]
fn what_is_imported_can_be_read_back() {
    let with = |name: &str, value: Value| {
        let mut policy = policy();
        policy[name] = value;
        policy.to_string()
    };
    let nested = (0..80).fold(json!(1), |inner, _| json!([inner]));
    let exports = [
        (with("displayName", json!("x".repeat(4000))), true),
        (with("displayName", json!("x".repeat(5000))), false),
        (with("displayName", json!("\u{1b}[31m\u{202e}\r\n\"\\\u{0}")), true),
        (with("description", json!("a\rb\u{2028}// c")), true),
        (with("stickers", json!("x".repeat(5000))), false),
        (with("stickers", json!(vec!["x".repeat(100); 3000])), false),
        (with("stickers", nested), false),
        (with("\u{202e}stickers\r", json!(1)), true),
    ];
    for (export, is_read) in exports {
        match intune::import(&[("a.json", &export)], &Limits::default()) {
            Ok(import) => {
                let checked = Compiler::new().check("a.mam", &import.text);
                assert!(is_read && !checked.has_errors(), "{}: {}", import.text, checked.errors());
            }
            Err(errors) => assert!(!is_read && errors.is_limit(), "{errors}"),
        }
    }
    // Each file is small enough, all together are not.
    let description = "x".repeat(3000);
    let many = |file: &str| {
        let one = |number: usize| {
            let mut one: Value =
                serde_json::from_str(&with("description", json!(description))).unwrap();
            one["id"] = json!(format!("T_{file}{number}"));
            one
        };
        json!((0..1000).map(one).collect::<Vec<_>>()).to_string()
    };
    let (a, b) = (many("a"), many("b"));
    let errors = intune::import(&[("a.json", &a), ("b.json", &b)], &Limits::default());
    let errors = errors.unwrap_err();
    assert_eq!(errors.code(), Some(Code::FileSize), "{errors}");
}
