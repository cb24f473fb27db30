//! What is not understood is reported and read strictly: parts of a tenant that are lost, doubled or guessed.

use super::*;

const OTHER: &str = "bbbbbbbb-2222-3333-4444-555555555555";
const EVERYBODY: &str = "allLicensedUsersAssignmentTarget";
const CAPTURE: &str = "com.microsoft.intune.mam.screencapturecontrol";

/// An assignment to a group, or to what a type says.
fn assignment(kind: &str, group: Option<&str>) -> Value {
    let mut target = json!({ "@odata.type": format!("#microsoft.graph.{kind}") });
    if let Some(group) = group {
        target["groupId"] = json!(group);
    }
    json!({ "target": target })
}

fn filtered(kind: &str, group: Option<&str>, filter: &str, direction: &str) -> Value {
    let mut found = assignment(kind, group);
    found["target"]["deviceAndAppManagementAssignmentFilterId"] = json!(filter);
    found["target"]["deviceAndAppManagementAssignmentFilterType"] = json!(direction);
    found
}

fn ios_filter(id: &str, title: &str, rule: &str) -> Value {
    json!({ "@odata.type": "#microsoft.graph.deviceAndAppManagementAssignmentFilter",
        "id": id, "displayName": title, "platform": "iOSMobileApplicationManagement", "rule": rule })
}

fn app(id: &str) -> Value {
    json!({ "mobileAppIdentifier": {
        "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": id } })
}

fn selected(title: &str, ids: &[&str], more: Value) -> Value {
    let apps: Vec<_> = ids.iter().map(|id| app(id)).collect();
    let mut found =
        policy("ios", title, json!({ "appGroupType": "selectedPublicApps", "apps": apps }));
    found.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    found
}

/// The text and the warnings of some documents by name.
#[track_caller]
fn read(documents: &[(&str, &Value)]) -> (String, Vec<Code>) {
    let texts: Vec<_> = documents.iter().map(|(name, one)| (*name, one.to_string())).collect();
    let texts: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let import =
        intune::import(&texts, &Limits::default()).unwrap_or_else(|errors| panic!("{errors}"));
    (import.text, import.reports.iter().map(mam::Report::code).collect())
}

#[track_caller]
fn read_one(document: &Value) -> (String, Vec<Code>) {
    read(&[("tenant.json", document)])
}

#[track_caller]
fn refused(document: &Value) -> Code {
    let text = document.to_string();
    let errors = intune::import(&[("tenant.json", &text)], &Limits::default()).unwrap_err();
    errors.code().unwrap()
}

#[track_caller]
fn has_line(text: &str, line: &str) {
    assert!(text.lines().any(|one| one == line), "{line}\n{text}");
}

// ---------------------------------------------------------------- filters and assignments

#[test]
fn a_filter_that_leaves_no_device_leaves_nobody() {
    let of = |direction: &str, rule: &str| {
        json!([
            policy(
                "ios",
                "P",
                json!({ "targetedAppManagementLevels": "mdm",
                "assignments": [filtered("groupAssignmentTarget", Some(GROUP), FILTER, direction)] })
            ),
            ios_filter(FILTER, "F", rule),
        ])
    };
    let alone = "(app.deviceManagementType -eq \"Unmanaged\")";
    let (text, codes) = read_one(&of("include", alone));
    has_line(&text, "  for       unassigned");
    assert_eq!(codes, [Code::IntuneFilter, Code::IntuneManagementKeys]);
    let (text, codes) = read_one(&of("exclude", alone));
    has_line(&text, "  devices   enrolled  // with an assignment filter");
    has_line(&text, "  for       group-aaaaaaaa");
    assert_eq!(codes, [Code::IntuneManagementKeys]);
    // A rule that holds for no device at all.
    let none = "(app.deviceManagementType -eq \"Unmanaged\") and (app.deviceManagementType -eq \"Managed\")";
    has_line(&read_one(&of("include", none)).0, "  for       unassigned");
    // What comes back is what the tenant has.
    let written = Compiler::new().check("tenant.mam", &read_one(&of("include", alone)).0);
    let exported = export(&written, &Options::new(Platform::Ios)).unwrap();
    let exported: Value = serde_json::from_str(&exported.text).unwrap();
    let target = &exported["assignments"][0]["target"];
    assert_eq!(target["deviceAndAppManagementAssignmentFilterId"], FILTER);
}

#[test]
fn everybody_with_a_filter_swallows_what_it_contains_and_no_more() {
    let of = |others: &[Value]| {
        let mut list = vec![filtered(EVERYBODY, None, FILTER, "include")];
        list.extend(others.iter().cloned());
        let filter = ios_filter(FILTER, "New phones", "(app.osVersion -startsWith \"17\")");
        read_one(&json!([policy("ios", "P", json!({ "assignments": list })), filter]))
    };
    let (text, codes) = of(&[filtered("groupAssignmentTarget", Some(GROUP), FILTER, "include")]);
    has_line(&text, "  for       any matching new-phones");
    assert_eq!(codes, [Code::IntuneFilter]);
    // All who are assigned twice, of whom one clause cannot tell.
    let (text, codes) = of(&[assignment("groupAssignmentTarget", Some(GROUP))]);
    has_line(&text, "  for       any");
    assert_eq!(codes, [Code::IntuneFilter, Code::IntuneFilter]);
    let (text, codes) = of(&[assignment(EVERYBODY, None)]);
    has_line(&text, "  for       any");
    assert_eq!(codes, []);
}

#[test]
fn words_of_filters_are_not_guessed() {
    for (rule, code) in [
        (
            "(app.deviceManagementType -ne \"Some newer kind of enrolment\")",
            Some(Code::IntuneFilter),
        ),
        ("(app.deviceManagementType -notContains \"newer\")", Some(Code::IntuneFilter)),
        ("(app.deviceManagementType -eq \"Unmanaged\")", None),
    ] {
        let list = [filtered("groupAssignmentTarget", Some(GROUP), FILTER, "include")];
        let document = json!([
            policy("ios", "P", json!({ "assignments": list })),
            ios_filter(FILTER, "F", rule)
        ]);
        let codes: Vec<Code> = code.into_iter().collect();
        assert_eq!(read_one(&document).1, codes, "{rule}");
    }
}

#[test]
fn no_filter_gets_lost() {
    let own = |list: Value| policy("ios", "P", json!({ "assignments": list }));
    let rule = "(app.deviceManagementType -eq \"Unmanaged\")";
    // A direction that is not known, and none.
    for direction in [json!("unknownFutureValue"), Value::Null, json!(3)] {
        let mut one = filtered("groupAssignmentTarget", Some(GROUP), FILTER, "x");
        one["target"]["deviceAndAppManagementAssignmentFilterType"] = direction;
        let document = json!([own(json!([one])), ios_filter(FILTER, "F", rule)]);
        assert_eq!(refused(&document), Code::IntuneBadValue);
    }
    // No exclusion has a filter.
    let list = [
        assignment(EVERYBODY, None),
        filtered("exclusionGroupAssignmentTarget", Some(GROUP), FILTER, "include"),
    ];
    assert_eq!(refused(&own(json!(list))), Code::IntuneBadValue);
    // Without a filter it excludes.
    let list = [
        assignment(EVERYBODY, None),
        filtered("exclusionGroupAssignmentTarget", Some(GROUP), "", "none"),
    ];
    has_line(&read_one(&own(json!(list))).0, "  for       any except group-aaaaaaaa");
    // An object without id is found by its name, and reported if it has none.
    let named = [filtered("groupAssignmentTarget", Some(GROUP), "Own Phones", "include")];
    let mut object = ios_filter("", "Own phones", rule);
    object.as_object_mut().unwrap().remove("id");
    let (text, codes) = read_one(&json!([own(json!(named)), object]));
    has_line(&text, "  devices   unmanaged  // with an assignment filter");
    assert_eq!(codes, []);
    object.as_object_mut().unwrap().remove("displayName");
    assert_eq!(read_one(&json!([own(json!([])), object])).1, [Code::IntuneFilter]);
}

#[test]
fn filters_of_one_id_that_differ_count_as_unknown() {
    let list = [filtered("groupAssignmentTarget", Some(GROUP), FILTER, "include")];
    let own = policy("ios", "P", json!({ "assignments": list }));
    let one = ios_filter(FILTER, "F", "(app.deviceManagementType -eq \"Unmanaged\")");
    let (text, codes) = read_one(&json!([own, one, one]));
    has_line(&text, "  devices   unmanaged  // with an assignment filter");
    assert_eq!(codes, []);
    let other = ios_filter(FILTER, "F", "(app.deviceManagementType -eq \"Managed\")");
    let (text, codes) = read(&[("a.json", &json!([own, one])), ("b.json", &json!([other]))]);
    has_line(&text, "  for       group-aaaaaaaa matching f");
    assert_eq!(codes, [Code::IntuneFilter, Code::IntuneFilter]);
}

#[test]
fn a_filter_named_by_id_and_by_title_is_one() {
    let of = |title: &str, filter: &str, direction: &str| {
        let list = [filtered("groupAssignmentTarget", Some(GROUP), filter, direction)];
        policy("ios", title, json!({ "assignments": list, "printBlocked": direction == "include" }))
    };
    let rule = "(app.osVersion -startsWith \"17\")";
    let object = ios_filter(FILTER, "New phones", rule);
    let document = json!([of("A", "new phones", "include"), of("B", FILTER, "exclude"), object]);
    let (text, _) = read_one(&document);
    assert_eq!(text.matches("\nfilter ").count(), 1, "{text}");
    has_line(&text, "  for       group-aaaaaaaa matching new-phones");
    has_line(&text, "  for       group-aaaaaaaa not matching new-phones");
    let written = Compiler::new().check("tenant.mam", &text);
    let exported = export(&written, &Options::new(Platform::Ios)).unwrap();
    assert_eq!(exported.text.matches(FILTER).count(), 2, "{}", exported.text);
}

#[test]
fn targets_of_unknown_types_are_refused() {
    for (kind, group) in [
        ("somethingNewAssignmentTarget", Some(GROUP)),
        ("allDevicesAssignmentTarget", None),
        ("groupAssignmentTarget", None),
    ] {
        let document = policy("ios", "P", json!({ "assignments": [assignment(kind, group)] }));
        assert_eq!(refused(&document), Code::IntuneBadValue, "{kind}");
    }
    let document =
        policy("ios", "P", json!({ "assignments": [{ "target": { "groupId": GROUP } }] }));
    assert_eq!(refused(&document), Code::IntuneBadValue);
}

// ---------------------------------------------------------------- configurations

/// The effect of capture, of documents with a policy that holds data back.
#[track_caller]
fn capture(documents: &[(&str, &Value)]) -> String {
    let (text, _) = read(documents);
    let is_capture = |line: &str| line.split_whitespace().take(2).eq(["block", "capture"]);
    let is_blocked = text.lines().any(is_capture);
    let of_documents: Vec<_> =
        documents.iter().map(|(name, one)| (*name, one.to_string())).collect();
    let texts: Vec<_> = of_documents.iter().map(|(name, one)| (*name, one.as_str())).collect();
    assert!(!Compiler::new().check_all(&texts).has_errors());
    if is_blocked { "block" } else { "allow" }.to_owned()
}

#[test]
fn a_configuration_frees_screens_only_where_it_reaches() {
    let held = |more: Value| {
        let mut one =
            policy("ios", "P", json!({ "allowedOutboundDataTransferDestinations": "managedApps" }));
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    let free = |more: Value| configuration(CAPTURE, "Disabled", more);
    let selected = |ids: &[&str]| {
        let apps: Vec<_> = ids.iter().map(|id| app(id)).collect();
        json!({ "appGroupType": "selectedPublicApps", "apps": apps })
    };
    let named = |name: &str| {
        json!({ "assignments": [{ "target": {
        "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupDisplayName": name } }] })
    };
    let (outlook, own) = ("com.microsoft.office.outlook", "com.contoso.fieldnotes");
    let mut unlisted = selected(&[]);
    unlisted["deployedAppCount"] = json!(3);
    for (policy, configuration, effect) in [
        (json!({}), json!({}), "allow"),
        // Apps that the export does not list.
        (unlisted, selected(&[outlook]), "block"),
        (selected(&[outlook]), selected(&[outlook, own]), "allow"),
        (selected(&[outlook, own]), selected(&[outlook]), "block"),
        (selected(&[outlook]), json!({}), "allow"),
        (selected(&[own]), json!({}), "block"),
        (json!({ "appGroupType": "allMicrosoftApps" }), json!({}), "block"),
        (json!({}), json!({ "appGroupType": "allMicrosoftApps" }), "allow"),
        // An app beside the group.
        (json!({ "apps": [app(own)] }), json!({}), "block"),
        (json!({ "apps": [app(own)] }), json!({ "apps": [app(own)] }), "allow"),
        // Groups without ids.
        (named("Sales"), named("Kiosk"), "block"),
        (named("Sales"), named("Sales"), "allow"),
        // People and devices.
        (json!({}), json!({ "assignments": [assignment(EVERYBODY, None)] }), "allow"),
        (json!({ "assignments": [assignment(EVERYBODY, None)] }), json!({}), "block"),
        (
            json!({}),
            json!({ "assignments": [assignment(EVERYBODY, None),
            assignment("exclusionGroupAssignmentTarget", Some(OTHER))] }),
            "block",
        ),
        (json!({}), json!({ "assignments": null }), "block"),
        (json!({ "assignments": null }), json!({}), "block"),
        (json!({ "targetedAppManagementLevels": "mdm" }), json!({}), "allow"),
        (json!({}), json!({ "targetedAppManagementLevels": "mdm" }), "block"),
        (
            json!({ "targetedAppManagementLevels": "mdm" }),
            json!({ "targetedAppManagementLevels": "mdm,unmanaged" }),
            "allow",
        ),
        // Parts of its reach that nobody can read.
        (json!({}), json!({ "targetedAppManagementLevels": "bogus" }), "block"),
        (json!({}), json!({ "targetedAppManagementLevels": 5 }), "block"),
        (json!({}), json!({ "assignments": to_group(Some("bogus")) }), "block"),
        (
            json!({}),
            json!({ "assignments": [assignment(EVERYBODY, None), {
                "target": {
                    "@odata.type": "#microsoft.graph.exclusionGroupAssignmentTarget",
                    "groupId": GROUP,
                    "deviceAndAppManagementAssignmentFilterId": FILTER,
                    "deviceAndAppManagementAssignmentFilterType": "include",
                },
            }] }),
            "block",
        ),
    ] {
        let document = json!([held(policy), free(configuration)]);
        assert_eq!(capture(&[("tenant.json", &document)]), effect, "{document}");
    }
    // Assignments in files of their own.
    let apart = |group: &str| json!([assignment("groupAssignmentTarget", Some(group))]);
    let policy = held(json!({ "assignments": [] }));
    for (group, effect) in [(GROUP, "allow"), (OTHER, "block")] {
        let documents = [
            ("b/P.json", &policy),
            ("b/Assignments/P.json", &apart(group)),
            ("b/C.json", &free(json!({}))),
        ];
        assert_eq!(capture(&documents), effect);
    }
}

#[test]
fn the_delivery_of_a_configuration_is_known_by_its_context() {
    let mut one = configuration(CAPTURE, "Disabled", json!({ "appGroupType": "allApps" }));
    let keys = ["IntuneMAMUPN", "IntuneMAMOID"].map(|name| json!({ "name": name, "value": "x" }));
    one["customSettings"].as_array_mut().unwrap().extend(keys);
    one.as_object_mut().unwrap().remove("@odata.type");
    let answer = json!({ "value": [one],
        "@odata.context": "https://graph/beta/$metadata#deviceAppManagement/targetedManagedAppConfigurations" });
    let own = policy(
        "ios",
        "P",
        json!({ "targetedAppManagementLevels": "mdm",
        "allowedOutboundDataTransferDestinations": "managedApps" }),
    );
    let documents = [("a.json", &answer), ("b.json", &own)];
    assert_eq!(capture(&documents), "allow");
    // By the account no app learns that its device is managed.
    assert!(read(&documents).1.contains(&Code::IntuneManagementKeys));
}

#[test]
fn keys_are_handed_over_to_those_who_are_assigned() {
    let own =
        selected("P", &["com.microsoft.msedge"], json!({ "targetedAppManagementLevels": "mdm" }));
    let of = |more: Value| {
        let mut one = json!({ "@odata.type": "#microsoft.graph.iosMobileAppConfiguration",
            "displayName": "Keys", "targetedMobileApps": ["e"], "assignments": to_group(None) });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let apps =
            [store_app("e", "com.microsoft.msedge"), store_app("w", "com.microsoft.Office.Word")];
        let codes = read_one(&json!([own, one, apps])).1;
        codes.contains(&Code::IntuneManagementKeys)
    };
    let settings = json!([
        { "appConfigKey": "IntuneMAMUPN", "appConfigKeyType": "stringType", "appConfigKeyValue": value_of("IntuneMAMUPN") },
        { "appConfigKey": "IntuneMAMOID", "appConfigKeyType": "stringType", "appConfigKeyValue": value_of("IntuneMAMOID") },
    ]);
    let everywhere = json!([assignment("allDevicesAssignmentTarget", None)]);
    let to_others = json!([assignment("groupAssignmentTarget", Some(OTHER))]);
    assert!(!of(json!({ "settings": settings })));
    assert!(!of(json!({ "settings": settings, "assignments": everywhere })));
    assert!(of(json!({ "settings": settings, "assignments": to_others })));
    assert!(of(json!({ "settings": settings, "assignments": null })));
    // Of a property list, `<dict>…</dict>` in base 64.
    let (none, both) = (
        "PGRpY3Q+PC9kaWN0Pg==",
        "PGRpY3Q+PGtleT5JbnR1bmVNQU1VUE48L2tleT48c3RyaW5nPnt7dXNlcnByaW5jaXBhbG5hbWV9fTwvc3RyaW5nPjxrZXk+SW50dW5lTUFNT0lEPC9rZXk+PHN0cmluZz57e3VzZXJpZH19PC9zdHJpbmc+PC9kaWN0Pg==",
    );
    assert!(of(json!({ "encodedSettingXml": none })));
    assert!(!of(json!({ "encodedSettingXml": both })));
    assert!(of(json!({ "encodedSettingXml": "bm8geG1sPA==" })));
    // Only what reaches the app.
    for targets in
        [json!(["w"]), json!([]), json!(["x"]), json!([{ "appName": "Edge" }]), json!(null)]
    {
        assert!(of(json!({ "settings": settings, "targetedMobileApps": targets })), "{targets}");
    }
    assert!(!of(json!({ "settings": settings, "targetedMobileApps": ["x", "E"] })));
    // Only with the values that say who the user is.
    for value in ["x", "", "true", "{{deviceid}}", "{{userprincipalname}"] {
        let mut settings = settings.clone();
        settings[0]["appConfigKeyValue"] = json!(value);
        assert!(of(json!({ "settings": settings })), "{value}");
    }
}

#[test]
fn apps_of_a_tenant_are_read_where_a_configuration_names_them() {
    let own = policy("ios", "P", json!({}));
    let app = store_app("e", "com.microsoft.msedge").to_string();
    let keys = json!({ "@odata.type": "#microsoft.graph.iosMobileAppConfiguration", "displayName": "Keys",
        "targetedMobileApps": ["E"], "settings": [] });
    for (configuration, is_read) in [(keys, true), (json!([]), false)] {
        let texts = [own.to_string(), configuration.to_string()];
        let documents = [("p.json", &*texts[0]), ("k.json", &texts[1]), ("e.json", &app)];
        let read = intune::recognised(&documents, &Limits::default());
        assert_eq!((read[0], read[2]), (true, is_read));
        let import = intune::import(&documents, &Limits::default()).unwrap();
        let told = import.reports.iter().any(|one| one.short().contains("is an app"));
        assert_eq!(told, !is_read);
    }
}

#[test]
fn values_of_keys_are_numbers_and_booleans_too() {
    // {"managedProperty":[{"key":"com.microsoft.outlook.Contacts.LocalSyncEnabled","valueBool":true}]}
    let payload = "eyJtYW5hZ2VkUHJvcGVydHkiOlt7ImtleSI6ImNvbS5taWNyb3NvZnQub3V0bG9vay5Db250YWN0cy5Mb2NhbFN5bmNFbmFibGVkIiwidmFsdWVCb29sIjp0cnVlfV19";
    let one = json!({ "@odata.type": "#microsoft.graph.androidManagedStoreAppConfiguration",
        "displayName": "Contacts", "payloadJson": payload });
    let own = policy("android", "P", json!({}));
    assert_eq!(read_one(&json!([own, one])).1, [Code::IntuneConfiguration]);
    // A switch that is no string is read as well.
    let held =
        policy("ios", "P", json!({ "allowedOutboundDataTransferDestinations": "managedApps" }));
    let mut free = configuration(CAPTURE, "x", json!({}));
    free["customSettings"][0]["value"] = json!(false);
    assert_eq!(capture(&[("a.json", &json!([held, free]))]), "block");
}

// ---------------------------------------------------------------- wrappers and pages

#[test]
fn every_part_of_a_wrapper_is_read() {
    let bare = |title: &str| {
        let mut one = policy("ios", title, json!({}));
        one.as_object_mut().unwrap().remove("assignments");
        one
    };
    let wrapped = |title: &str, group: &str| json!({ "policy": bare(title), "assignments": [assignment("groupAssignmentTarget", Some(group))] });
    let (text, codes) = read_one(&wrapped("P", GROUP));
    has_line(&text, "  for       group-aaaaaaaa");
    assert_eq!(codes, []);
    // Each with its own.
    let (text, codes) = read_one(&json!([wrapped("P", GROUP), wrapped("Q", OTHER)]));
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}\n{text}"));
    assert!(at("policy p \"P\"") < at("for       group-aaaaaaaa"), "{text}");
    assert!(at("for       group-aaaaaaaa") < at("policy q \"Q\""), "{text}");
    assert!(at("policy q \"Q\"") < at("for       group-bbbbbbbb"), "{text}");
    assert_eq!(codes, []);
    // What is not looked into is reported.
    let mut other = wrapped("P", GROUP);
    other["archive"] = json!([policy("ios", "Old", json!({}))]);
    assert_eq!(read_one(&other).1, [Code::IntuneNoRules]);
    // Modules of Terraform, in states and in plans.
    let resource = |title: &str| {
        json!({ "type": "microsoft365_graph_beta_device_and_app_management_ios_managed_app_protection",
            "values": { "display_name": title, "app_group_type": "allCoreMicrosoftApps",
                "print_blocked": true, "pin_required": true, "assignments": [] } })
    };
    let root = json!({ "root_module": { "resources": [resource("Root")],
        "child_modules": [{ "resources": [resource("Child")],
            "child_modules": [{ "resources": [resource("Deep")] }] }] } });
    for document in [
        json!({ "format_version": "1.2", "values": root }),
        json!({ "planned_values": root, "resource_changes": [{ "change": { "after": {} } }],
            "prior_state": { "values": root } }),
    ] {
        let (text, codes) = read_one(&document);
        assert_eq!(text.matches("\npolicy ").count(), 3, "{text}");
        assert_eq!(codes, [], "{document}");
    }
}

#[test]
fn lists_that_go_on_are_not_taken_for_whole() {
    let link = "https://graph.microsoft.com/beta/next";
    let own = policy("ios", "P", json!({ "assignments@odata.nextLink": link }));
    let (text, codes) = read_one(&own);
    has_line(&text, "  for       any  // the export has no assignments");
    assert_eq!(codes, [Code::IntuneUnknownAssignments]);
    let own = selected("P", &["com.contoso.field"], json!({ "apps@odata.nextLink": link }));
    let (text, codes) = read_one(&own);
    assert!(text.contains("protect   any unconfirmed"), "{text}");
    assert_eq!(codes, [Code::IntuneUnknownApps]);
    let all = json!({ "value": [policy("ios", "P", json!({}))], "@odata.nextLink": link });
    assert_eq!(read_one(&all).1, [Code::IntuneNextPage]);
    let last = json!({ "value": [policy("ios", "P", json!({}))], "@odata.nextLink": null });
    assert_eq!(read_one(&last).1, []);
}

// ---------------------------------------------------------------- assignments apart

#[test]
fn an_assignment_that_states_an_id_belongs_to_no_other_policy() {
    let (one, other) =
        ("T_AAAAAAAA-1111-2222-3333-444444444444", "T_bbbbbbbb-1111-2222-3333-444444444444");
    let own = |id: &str| {
        let mut found = policy("ios", "P", json!({ "id": id }));
        found.as_object_mut().unwrap().remove("assignments");
        found
    };
    let stated = |name: &str, id: &str| {
        let mut found = assignment("groupAssignmentTarget", Some(GROUP));
        found[name] = json!(id);
        found
    };
    let is_attached = |documents: &[(&str, &Value)]| {
        let (text, codes) = read(documents);
        let is_attached = text.contains("for       group-aaaaaaaa");
        assert_eq!(codes.contains(&Code::IntuneUnknownAssignments), !is_attached, "{text}");
        is_attached
    };
    let context = |id: &str| {
        format!(
            "https://graph/$metadata#deviceAppManagement/iosManagedAppProtections('{id}')/assignments"
        )
    };
    for name in ["sourceId", "policyId", "@odata.context"] {
        let value = |id: &str| if name == "@odata.context" { context(id) } else { id.to_owned() };
        // Ids are compared without case.
        for (id, expected) in [(one.to_lowercase(), true), (other.to_owned(), false)] {
            let list = json!([own(one), stated(name, &value(&id))]);
            assert_eq!(is_attached(&[("all.json", &list)]), expected, "{name} {id}");
            let apart = json!([stated(name, &value(&id))]);
            let files = [("b/P.json", &own(one)), ("b/Assignments/P.json", &apart)];
            assert_eq!(is_attached(&files), expected, "{name} {id}");
        }
    }
    // These state nothing.
    let nil = "00000000-0000-0000-0000-000000000000";
    assert!(is_attached(&[("all.json", &json!([own(one), stated("sourceId", nil)]))]));
    let mut by_set = stated("sourceId", other);
    by_set["source"] = json!("policySets");
    assert!(is_attached(&[("all.json", &json!([own(one), by_set]))]));
    // The id of an assignment may contain the policy's.
    let within = stated("id", &format!("{}_{GROUP}", one.to_lowercase()));
    assert!(is_attached(&[
        ("a.json", &json!([own(one), policy("ios", "Q", json!({ "id": other }))])),
        ("b.json", &json!([within]))
    ]));
}

#[test]
fn an_empty_list_in_a_file_of_assignments_is_nobody() {
    let mut own = policy("ios", "P", json!({}));
    own.as_object_mut().unwrap().remove("assignments");
    let documents = [("b/P.json", &own), ("b/Assignments/P.json", &json!([]))];
    let (text, codes) = read(&documents);
    has_line(&text, "  for       unassigned");
    assert_eq!(codes, []);
    let texts = documents.map(|(name, one)| (name, one.to_string()));
    let texts: Vec<_> = texts.iter().map(|(name, one)| (*name, one.as_str())).collect();
    assert_eq!(intune::recognised(&texts, &Limits::default()), [true, true]);
    // Elsewhere it is something else.
    let (text, codes) = read(&[("b/P.json", &own), ("b/Q.json", &json!([]))]);
    has_line(&text, "  for       any  // the export has no assignments");
    assert_eq!(codes, [Code::IntuneUnknownAssignments, Code::IntuneNoRules]);
}

// ---------------------------------------------------------------- names and types

#[test]
fn names_of_absence_are_nobody_elses() {
    let text = format!(
        "mam 1\nuse microsoft\nusers unassigned \"{GROUP}\"\napp no-app-selected {{ ios \"com.example.real\" sdk }}\n"
    );
    let own = selected("P", &[], json!({ "assignments": [], "printBlocked": true }));
    let own = own.to_string();
    let checked = Compiler::new().check_all(&[("names.mam", &text), ("p.json", &own)]);
    assert!(!checked.has_errors(), "{}", checked.errors());
    for scope in [
        "print from no-app-selected as work for exactly unassigned on ios",
        "print from outlook as work for exactly unassigned on ios",
    ] {
        let found = parts(&checked, scope);
        assert!(found.iter().all(|part| part.starts_with("allow")), "{scope}: {found:?}");
    }
    // The names of an earlier import mean what they meant.
    let (earlier, _) = read_one(&selected("Q", &[], json!({ "assignments": [] })));
    let checked = Compiler::new().check_all(&[("q.mam", &earlier), ("p.json", &own)]);
    let exported = export(&checked, &Options::new(Platform::Ios)).unwrap();
    let exported: Value = serde_json::from_str(&exported.text).unwrap();
    for policy in exported.as_array().unwrap() {
        assert_eq!((&policy["assignments"], &policy["apps"]), (&json!([]), &json!([])), "{policy}");
    }
}

#[test]
fn an_object_of_another_type_is_no_policy() {
    let other = json!({ "@odata.type": "#microsoft.graph.someNewProtection", "displayName": "Foreign",
        "pinRequired": true, "printBlocked": true, "faceIdBlocked": true });
    let (text, codes) = read_one(&json!([other, policy("ios", "P", json!({}))]));
    assert!(!text.contains("Foreign"), "{text}");
    assert_eq!(codes, [Code::IntuneNoRules]);
    assert_eq!(refused(&other), Code::IntuneNotAPolicy);
    // The identifier of an app tells the platform.
    let mut windows = json!({ "displayName": "W", "allowedOutboundDataTransferDestinations": "none",
        "allowedInboundDataTransferSources": "none", "printBlocked": true, "assignments": [] });
    assert_eq!(refused(&windows), Code::IntunePlatform);
    windows["apps"] = json!([{ "mobileAppIdentifier": {
        "@odata.type": "#microsoft.graph.windowsAppIdentifier", "windowsAppId": "com.microsoft.edge" } }]);
    has_line(&read_one(&windows).0, "  on        windows");
    windows.as_object_mut().unwrap().remove("apps");
    windows["windowsAppIdentifier"] = json!("com.microsoft.edge");
    has_line(&read_one(&windows).0, "  on        windows");
}

#[test]
fn values_of_other_tools_are_not_guessed() {
    let of = |more: Value| {
        let mut one = json!({ "ResourceName": "IntuneAppProtectionPolicyiOS", "DisplayName": "P",
            "AppGroupType": "allCoreMicrosoftApps", "PrintBlocked": true, "PinRequired": true,
            "SaveAsBlocked": false, "Assignments": [] });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([one])
    };
    let (text, codes) = read_one(&of(json!({ "Ensure": "Absent" })));
    assert!(!text.contains("policy "), "{text}");
    assert_eq!(codes, [Code::IntuneNoRules]);
    assert!(read_one(&of(json!({ "Ensure": "Present" }))).0.contains("policy p \"P\""));
    // What is neither is a policy with a member that is not known.
    let (text, codes) = read_one(&of(json!({ "Ensure": "Soon" })));
    assert!(text.contains("policy p \"P\""), "{text}");
    assert_eq!(codes, [Code::IntuneUnknownMember]);
    let (text, _) = read_one(&of(json!({ "DisplayName": "08:30:00" })));
    assert!(text.contains("\"08:30:00\""), "{text}");
    let (text, _) =
        read_one(&of(json!({ "PeriodOfflineBeforeAccessCheck": { "Ticks": 600_000_000_u64 } })));
    has_line(&text, "  launch  block when offline > 1 minute");
    let rest = of(json!({ "PeriodOfflineBeforeAccessCheck": { "Ticks": 900_000_000_u64 } }));
    assert_eq!(refused(&rest), Code::IntuneBadValue);
    // A member of a policy is no member of the tool.
    let graph = policy("ios", "P", json!({ "identity": "x" }));
    assert_eq!(read_one(&graph).1, [Code::IntuneUnknownMember]);
}

// ---------------------------------------------------------------- lints

#[test]
fn edge_has_to_be_protected_for_the_same_people_and_devices() {
    let links =
        json!({ "managedBrowserToOpenLinksRequired": true, "managedBrowser": "microsoftEdge" });
    let mail = |more: Value| {
        let mut one = selected("Mail", &["com.microsoft.office.outlook"], links.clone());
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        one
    };
    let web = |more: Value| selected("Web", &["com.microsoft.msedge"], more);
    let is_warned = |documents: Value| read_one(&documents).1.contains(&Code::IntuneBrowser);
    let to =
        |group: &str| json!({ "assignments": [assignment("groupAssignmentTarget", Some(group))] });
    let levels = |level: &str| json!({ "targetedAppManagementLevels": level });
    assert!(is_warned(json!([mail(json!({}))])));
    assert!(!is_warned(json!([mail(json!({})), web(json!({}))])));
    assert!(is_warned(json!([mail(json!({})), web(to(OTHER))])));
    assert!(is_warned(json!([mail(json!({})), web(levels("unmanaged"))])));
    assert!(!is_warned(json!([mail(json!({})), web(levels("unmanaged")), web(levels("mdm"))])));
    assert!(!is_warned(json!([mail(levels("unmanaged")), web(levels("unmanaged"))])));
    let beside = json!({ "appGroupType": "allCoreMicrosoftApps" });
    assert!(!is_warned(json!([mail(json!({})), policy("ios", "Core", beside)])));
    // Of unknown apps nobody knows whether Edge is one.
    let unknown = json!({ "appGroupType": "selectedPublicApps", "apps": null });
    assert!(is_warned(json!([mail(json!({})), policy("ios", "Core", unknown.clone())])));
    assert!(is_warned(json!([mail(unknown)])));
}

#[test]
fn apps_beside_a_group_conflict_too() {
    let pin = |length: u32| json!({ "pinRequired": true, "minimumPinLength": length });
    let mut one = policy("ios", "A", pin(6));
    one["apps"] = json!([app("com.contoso.fieldnotes")]);
    let other = selected("B", &["com.contoso.fieldnotes"], pin(8));
    assert_eq!(read_one(&json!([one, other])).1, [Code::IntuneNumbers]);
    let other = selected("B", &["com.contoso.other"], pin(8));
    assert_eq!(read_one(&json!([one, other])).1, []);
}

#[test]
fn an_own_app_is_not_microsofts_by_its_name() {
    let id = "com.contoso.microsoftconnector";
    let mut own = policy("ios", "P", json!({ "printBlocked": true }));
    own["apps"] = json!([app(id), app("com.microsoft.office.outlook")]);
    let (text, _) = read_one(&own);
    has_line(&text, "  protect   core-microsoft-apps, microsoftconnector");
    let checked = Compiler::new().check("p.mam", &text);
    let exported = export(&checked, &Options::new(Platform::Ios)).unwrap();
    assert!(exported.text.contains(id), "{}", exported.text);
}

#[test]
fn conflicts_of_many_policies_are_found() {
    let pin = |length: u32| json!({ "pinRequired": true, "minimumPinLength": length });
    let mut all: Vec<Value> = (0..798)
        .map(|number| {
            selected(&format!("P{number}"), &[&format!("com.contoso.app{number}")], pin(6))
        })
        .collect();
    all.push(selected("Last", &["com.contoso.app797"], pin(8)));
    assert_eq!(read_one(&json!(all)).1, [Code::IntuneNumbers]);
    // Of many pairs with the same two values one is shown, and all are counted.
    let everybody = |number: u32| {
        let list = [assignment(EVERYBODY, None)];
        let mut own = policy("ios", &format!("Q{number}"), pin(4 + 2 * (number % 2)));
        own["assignments"] = json!(list);
        own
    };
    let all: Vec<Value> = (0..300).map(everybody).collect();
    let text = json!(all).to_string();
    let import = intune::import(&[("tenant.json", &text)], &Limits::default()).unwrap();
    let messages: Vec<_> = import.reports.iter().map(ToString::to_string).collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].contains("and so in 22499 more pairs"), "{messages:?}");
}

#[test]
fn a_device_lock_that_no_rule_states_is_reported() {
    let own = policy(
        "android",
        "P",
        json!({ "deviceLockRequired": true,
        "appActionIfDeviceLockNotSet": "blockWhenSettingIsSupported" }),
    );
    let (text, codes) = read_one(&own);
    assert!(text.contains("setting \"deviceLockRequired\" = true"), "{text}");
    assert_eq!(codes, [Code::IntuneKept]);
}

#[test]
fn what_an_export_is_warned_of_its_text_is_too() {
    let list = [filtered("groupAssignmentTarget", Some(GROUP), FILTER, "include")];
    let free = ios_filter(FILTER, "New phones", "(app.osVersion -startsWith \"17\")");
    let mut unassigned = policy("ios", "U", json!({}));
    unassigned.as_object_mut().unwrap().remove("assignments");
    for document in [
        json!([policy("ios", "P", json!({ "assignments": list })), free]),
        json!([policy(
            "android",
            "P",
            json!({ "deviceLockRequired": true,
                "appActionIfDeviceLockNotSet": "blockWhenSettingIsSupported" })
        )]),
        json!([policy(
            "ios",
            "P",
            json!({ "allowedIosDeviceModels": "iPhone1,1",
                "appActionIfIosDeviceModelNotAllowed": "warn" })
        )]),
        json!([unassigned]),
    ] {
        let (text, codes) = read_one(&document);
        assert_eq!(codes.len(), 1, "{document}");
        assert_eq!(super::codes(&Compiler::new().check("p.mam", &text)), codes, "{text}");
    }
}

#[test]
fn a_configuration_is_not_passed_over_where_its_keys_are_unknown() {
    let own = policy("ios", "P", json!({}));
    let of = |more: Value| {
        let mut one = configuration("com.microsoft.outlook.Mail.FocusedInbox", "x", json!({}));
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read_one(&json!([own, one])).1
    };
    assert_eq!(of(json!({})), [Code::IntuneNoRules]);
    assert_eq!(of(json!({ "customSettings": [] })), [Code::IntuneNoRules]);
    for settings in [json!(null), json!({}), json!("x"), json!([{ "value": "x" }]), json!(["x"])] {
        assert_eq!(of(json!({ "customSettings": settings })), [Code::IntuneConfiguration]);
    }
    for key in [
        "FileUploadBlockedForUrls",
        "com.microsoft.outlook.Calendar.NativeSyncEnabled",
        "com.microsoft.outlook.ContactSync.NotesAllowed",
    ] {
        let settings = json!([{ "name": key, "value": "x" }]);
        assert_eq!(of(json!({ "customSettings": settings })), [Code::IntuneConfiguration], "{key}");
    }
}

#[test]
fn of_two_configurations_the_stricter_wins() {
    let held =
        policy("ios", "P", json!({ "allowedOutboundDataTransferDestinations": "managedApps" }));
    let free = configuration(CAPTURE, "Disabled", json!({}));
    for (value, to, effect) in
        [("Enabled", GROUP, "block"), ("maybe", GROUP, "block"), ("Disabled", OTHER, "allow")]
    {
        let list = json!({ "assignments": [assignment("groupAssignmentTarget", Some(to))] });
        let other = configuration(CAPTURE, value, list);
        let document = json!([held, free, other]);
        assert_eq!(capture(&[("a.json", &document)]), effect, "{value}");
        // What keeps another one from its effect has one.
        let said = read_one(&document).1;
        assert!(!said.contains(&Code::IntuneNoRules), "{value}: {said:?}");
    }
    let alone = json!([held, configuration(CAPTURE, "Enabled", json!({}))]);
    assert_eq!(read_one(&alone).1, [Code::IntuneNoRules]);
}

#[test]
fn lists_of_group_ids_are_assignments() {
    let of = |more: Value| {
        let mut one = json!({ "ResourceName": "IntuneAppProtectionPolicyiOS", "DisplayName": "P",
            "AppGroupType": "allCoreMicrosoftApps", "PrintBlocked": true, "PinRequired": true,
            "SaveAsBlocked": false });
        one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        read_one(&json!([one]))
    };
    let (text, codes) = of(json!({ "Assignments": [GROUP], "ExcludedGroups": [OTHER] }));
    has_line(&text, "  for       group-aaaaaaaa except group-bbbbbbbb");
    assert_eq!(codes, []);
    has_line(&of(json!({ "Assignments": [] })).0, "  for       unassigned");
}

#[test]
fn files_of_assignments_say_where_they_belong() {
    let own = |list: Value| policy("ios", "P", json!({ "assignments": list }));
    let apart = json!([assignment("groupAssignmentTarget", Some(GROUP))]);
    let folder = "b/App Protection Policies";
    let (policy, typed, file) = (
        format!("{folder}/P.json"),
        format!("{folder}/P_iosManagedAppProtection.json"),
        format!("{folder}/Assignments/P.json"),
    );
    // Some tools put the type behind the name.
    let documents = [(typed.as_str(), &own(json!([]))), (&file, &apart)];
    has_line(&read(&documents).0, "  for       group-aaaaaaaa");
    // What contradicts the policy is reported.
    let same = [(policy.as_str(), &own(apart.clone())), (&file, &apart)];
    assert_eq!(read(&same).1, []);
    let others = json!([assignment("groupAssignmentTarget", Some(OTHER))]);
    let differs = [(policy.as_str(), &own(others)), (&file, &apart)];
    assert_eq!(read(&differs).1, [Code::IntuneContradiction]);
    // Beside policies, a file of assignments without one is reported; elsewhere it is something else.
    let lost = format!("{folder}/Assignments/Q.json");
    let elsewhere = "b/Device Configurations/Assignments/Q.json";
    let text = own(json!([])).to_string();
    let list = apart.to_string();
    let documents = [(policy.as_str(), text.as_str()), (&lost, &list), (elsewhere, &list)];
    assert_eq!(intune::recognised(&documents, &Limits::default()), [true, true, false]);
    assert_eq!(read(&[(&policy, &own(json!([]))), (&lost, &apart)]).1, [Code::IntuneNoRules]);
}

#[test]
fn an_empty_list_of_apps_needs_a_group_type() {
    for (kind, is_unknown) in
        [(json!("selectedPublicApps"), false), (Value::Null, true), (json!(""), true)]
    {
        let mut own = selected("P", &[], json!({ "appGroupType": kind }));
        if kind == "" {
            own.as_object_mut().unwrap().remove("appGroupType");
        }
        let (text, codes) = read_one(&own);
        let expected: &[Code] = if is_unknown { &[Code::IntuneUnknownApps] } else { &[] };
        assert_eq!(codes, expected, "{text}");
        assert_eq!(text.contains("any unconfirmed"), is_unknown, "{text}");
    }
}

#[test]
fn a_part_of_an_apps_links_is_none_of_them() {
    let links = |links: &[&str]| {
        policy(
            "ios",
            "P",
            json!({ "managedBrowserToOpenLinksRequired": true, "managedBrowser": "microsoftEdge",
            "managedUniversalLinks": links, "exemptedUniversalLinks": [] }),
        )
    };
    let (text, codes) = read_one(&links(&["https://*.yammer.com/*"]));
    has_line(&text, "  block link to any except edge, viva-engage");
    assert_eq!(codes, []);
    let (text, codes) =
        read_one(&links(&["https://*.yammer.com/*", "https://*teams.live.com/l/*"]));
    has_line(&text, "  block link to any except edge, viva-engage");
    assert_eq!(codes, [Code::IntuneKept]);
}

#[test]
fn a_filter_narrows_no_level_that_is_not_stated() {
    let list = [filtered("groupAssignmentTarget", Some(GROUP), FILTER, "include")];
    let document = json!([
        policy("ios", "P", json!({ "assignments": list })),
        ios_filter(FILTER, "F", "(app.deviceManagementType -eq \"Unmanaged\")")
    ]);
    let written = Compiler::new().check("tenant.mam", &read_one(&document).0);
    for checked in [check(&document), written] {
        let exported = export(&checked, &Options::new(Platform::Ios)).unwrap();
        let exported: Value = serde_json::from_str(&exported.text).unwrap();
        assert_eq!(exported.get("targetedAppManagementLevels"), None, "{exported}");
        let target = &exported["assignments"][0]["target"];
        assert_eq!(target["deviceAndAppManagementAssignmentFilterId"], FILTER);
    }
}

#[test]
fn a_policy_that_excludes_whom_it_includes_is_for_nobody() {
    let mut excluded = policy("ios", "P", json!({ "printBlocked": true }));
    excluded["assignments"] = json!([
        assignment("groupAssignmentTarget", Some(GROUP)),
        assignment("exclusionGroupAssignmentTarget", Some(&GROUP.to_uppercase())),
    ]);
    let checked = check(&excluded);
    assert!(codes(&checked).contains(&Code::IntuneContradiction), "{:?}", codes(&checked));
    let text = import(&excluded);
    assert!(!text.contains("for any") && !text.contains("except"), "{text}");
    assert!(!Compiler::new().check("p.mam", &text).has_errors(), "{text}");
}

#[test]
fn a_policy_for_managed_phones_keeps_its_filter() {
    let pin = json!({ "pinRequired": true, "printBlocked": true });
    let list = [filtered("groupAssignmentTarget", Some(GROUP), FILTER, "include")];
    let mut own = policy("ios", "P", pin);
    own["assignments"] = json!(list);
    let filter = ios_filter(FILTER, "Managed", "(app.deviceManagementType -eq \"Managed\")");
    let (text, _) = read_one(&json!([own, filter]));
    has_line(&text, "  devices   intune  // with an assignment filter");
    let checked = Compiler::new().check("p.mam", &text);
    let exported = export(&checked, &Options::new(Platform::Ios)).unwrap();
    assert!(exported.reports.is_empty(), "{:?}", exported.reports);
    let object: Value = serde_json::from_str(&exported.text).unwrap();
    assert_eq!(object["assignments"], json!(list));
    assert_eq!(object["targetedAppManagementLevels"], Value::Null);
}

#[test]
fn a_policy_without_known_apps_keeps_its_settings() {
    for level in ["none", "orgDestinationOrgSource", "orgDestinationAnySource"] {
        let own = json!({
            "@odata.type": "#microsoft.graph.windowsManagedAppProtection", "displayName": "W",
            "assignments": [assignment(EVERYBODY, None)],
            "allowedOutboundClipboardSharingLevel": level,
        });
        let (text, _) = read_one(&own);
        let checked = Compiler::new().check("p.mam", &text);
        let exported = export(&checked, &Options::new(Platform::Windows)).unwrap();
        let object: Value = serde_json::from_str(&exported.text).unwrap();
        assert_eq!(object["allowedOutboundClipboardSharingLevel"], level);
        assert_eq!(object.get("apps"), None);
    }
}

#[test]
fn an_own_app_beside_all_apps_is_listed_on_both_sides() {
    let mut own = policy("ios", "P", json!({ "appGroupType": "allApps", "printBlocked": true }));
    own["apps"] = json!([app("com.contoso.line"), app("com.microsoft.office.outlook")]);
    let (text, _) = read_one(&own);
    has_line(&text, "  protect   any");
    let written = Compiler::new().check("p.mam", &text);
    let exported = export(&written, &Options::new(Platform::Ios)).unwrap();
    let object: Value = serde_json::from_str(&exported.text).unwrap();
    assert_eq!(object["apps"], json!([app("com.contoso.line")]));
    let stated = Compiler::new().check("p.json", &own.to_string());
    let found = intune::export::compare_settings(&written, &stated).unwrap();
    assert!(found.pairs.iter().all(|pair| pair.settings.is_empty()), "{:?}", found.pairs);
}

#[test]
fn an_object_without_a_type_is_known_by_its_apps() {
    for (identifier, platform) in [
        (json!({ "bundleId": "com.microsoft.office.outlook" }), "ios"),
        (json!({ "packageId": "com.microsoft.office.outlook" }), "android"),
        (json!({ "windowsAppId": "com.microsoft.edge" }), "windows"),
    ] {
        let document = json!({ "displayName": "P", "printBlocked": true, "assignments": [],
            "apps": [{ "mobileAppIdentifier": identifier }] });
        has_line(&read_one(&document).0, &format!("  on        {platform}"));
    }
}

#[test]
fn a_policy_that_stands_twice_counts_once() {
    let mut own = policy("ios", "P", json!({ "printBlocked": true }));
    own["id"] = json!("T_1");
    let copy: serde_json::Map<String, Value> =
        own.as_object().unwrap().clone().into_iter().rev().collect();
    let (text, codes) = read(&[("a.json", &own), ("b.json", &Value::Object(copy))]);
    assert_eq!((text.matches("\npolicy ").count(), codes), (1, vec![]));
    let mut other = own.clone();
    other["printBlocked"] = json!(false);
    assert_eq!(refused(&json!([own, other])), Code::IntuneBadValue);
    // Assignments that stand apart are a part of it.
    let apart = |group: &str| {
        json!({ "@odata.type": "#microsoft.graph.targetedManagedAppPolicyAssignment",
            "target": assignment("groupAssignmentTarget", Some(group))["target"] })
    };
    own.as_object_mut().unwrap().remove("assignments");
    let documents = |group: &str| {
        [
            ("a/P.json", own.clone()),
            ("a/Assignments/P.json", json!([apart(GROUP)])),
            ("b/P.json", own.clone()),
            ("b/Assignments/P.json", json!([apart(group)])),
        ]
        .map(|(name, document)| (name, document.to_string()))
    };
    let import = |documents: [(&str, String); 4]| {
        let documents: Vec<_> =
            documents.iter().map(|(name, text)| (*name, text.as_str())).collect();
        intune::import(&documents, &Limits::default())
    };
    assert_eq!(import(documents(GROUP)).unwrap().text.matches("\npolicy ").count(), 1);
    assert_eq!(import(documents(OTHER)).unwrap_err().code(), Some(Code::IntuneBadValue));
}

/// The effect of printing from Outlook on an unmanaged phone, for somebody in a group.
#[track_caller]
fn printing(documents: &Value) -> Effect {
    let (text, _) = read_one(documents);
    let checked = Compiler::new().check("p.mam", &text);
    let people = if text.contains("users group-aaaaaaaa") { "group-aaaaaaaa" } else { "none" };
    let question =
        format!("print from outlook as work for exactly {people} on ios devices unmanaged");
    let analysis = mam::Analysis::new(&checked).unwrap();
    let parts = analysis.decide(&checked.question(&question).unwrap()).unwrap();
    assert_eq!(parts.len(), 1, "{text}");
    parts[0].answer.effect
}

#[test]
fn a_policy_that_may_not_hold_puts_no_other_aside() {
    let list = json!([assignment("groupAssignmentTarget", Some(GROUP))]);
    let own = |title: &str, more: Value| {
        let mut own = policy("ios", title, json!({ "assignments": list }));
        own.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        own
    };
    let unlisted = json!({ "appGroupType": "selectedPublicApps", "apps": null,
        "targetedAppManagementLevels": "unmanaged" });
    let unassigned = json!({ "targetedAppManagementLevels": "unmanaged", "assignments": null });
    let known = json!({ "targetedAppManagementLevels": "unmanaged" });
    let general = own("B", json!({ "printBlocked": true }));
    assert_eq!(printing(&json!([own("A", known), general])), Effect::Allow);
    for uncertain in [&unlisted, &unassigned] {
        assert_eq!(printing(&json!([own("A", uncertain.clone()), general])), Effect::Block);
    }
    let default = json!({ "@odata.type": "#microsoft.graph.defaultManagedAppProtection",
        "displayName": "D", "printBlocked": true, "deployedAppCount": 1,
        "apps": [app("com.microsoft.office.outlook")], "assignments": [] });
    assert_eq!(printing(&json!([own("A", unlisted), default])), Effect::Block);
    assert_eq!(printing(&json!([own("A", json!({})), default])), Effect::Allow);
    let beside = json!([own("A", json!({ "assignments": null })), default]);
    assert_eq!(printing(&beside), Effect::Block);
    let exported = export(&check(&beside), &Options::new(Platform::Ios)).unwrap();
    assert_eq!(printing(&serde_json::from_str(&exported.text).unwrap()), Effect::Block);
    let (text, _) = read_one(&beside);
    let again = Compiler::new().check("p.mam", &text);
    let exported = export(&again, &Options::new(Platform::Ios)).unwrap();
    assert_eq!(printing(&serde_json::from_str(&exported.text).unwrap()), Effect::Block);
    // Of the default policy an empty list of assignments says nothing.
    let (text, codes) = read_one(&default);
    has_line(&text, "  for       any  // for users whom no other policy reaches");
    assert!(!codes.contains(&Code::IntuneUnknownApps), "{text}");
}

#[test]
fn lists_that_contradict_their_counts_are_not_whole() {
    let mut own = policy("ios", "P", json!({ "isAssigned": true }));
    own["assignments"] = json!([]);
    let (text, codes) = read_one(&own);
    has_line(&text, "  for       any  // the export has no assignments");
    assert_eq!(codes, [Code::IntuneUnknownAssignments]);
    for count in [json!(12), json!("12")] {
        let mut own = selected("P", &["com.microsoft.office.outlook"], json!({}));
        own["deployedAppCount"] = count;
        assert_eq!(read_one(&own).1, [Code::IntuneUnknownApps]);
    }
    for name in ["Microsoft.Graph.PowerShell.Models.MicrosoftGraphManagedMobileApp", "@{id=1}"] {
        let mut own = selected("P", &[], json!({}));
        own["apps"] = json!([name]);
        assert_eq!(refused(&own), Code::IntuneBadValue, "{name}");
    }
    // Ids in braces are ids.
    let braced = [assignment("groupAssignmentTarget", Some(&format!(" {{{GROUP}}}")))];
    let (text, _) = read_one(&policy("ios", "P", json!({ "assignments": braced })));
    has_line(&text, &format!("users group-aaaaaaaa \"{GROUP}\""));
}

#[test]
fn unknown_targets_are_refused_in_files_of_their_own_too() {
    let mut own = policy("ios", "P", json!({}));
    own.as_object_mut().unwrap().remove("assignments");
    for target in
        [json!({ "@odata.type": "#microsoft.graph.martianTarget" }), json!({ "groupId": GROUP })]
    {
        let apart = json!([assignment("groupAssignmentTarget", Some(GROUP)), { "target": target }]);
        let documents =
            [("a/P.json", own.to_string()), ("a/Assignments/P.json", apart.to_string())];
        let documents: Vec<_> =
            documents.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let errors = intune::import(&documents, &Limits::default()).unwrap_err();
        assert_eq!(errors.code(), Some(Code::IntuneBadValue), "{target}");
    }
}
