//! What tools put around policies that nobody has described: everything of a tenant is found, or named.

use super::*;

/// The messages about some documents by name.
#[track_caller]
fn said(documents: &[(&str, &Value)]) -> Vec<String> {
    let texts: Vec<_> = documents.iter().map(|(name, one)| (*name, one.to_string())).collect();
    let texts: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let import =
        intune::import(&texts, &Limits::default()).unwrap_or_else(|errors| panic!("{errors}"));
    import.reports.iter().map(|one| one.diagnostic().message.clone()).collect()
}

fn is_recognised(document: &Value) -> bool {
    let text = document.to_string();
    intune::recognised(&[("a.json", &text)], &Limits::default()) == [true]
}

#[test]
fn policies_in_unknown_wrappers_are_found() {
    let own = policy("ios", "P", json!({ "printBlocked": true }));
    let expected = import(&own);
    let context =
        "https://graph.example/beta/$metadata#deviceAppManagement/iosManagedAppProtections";
    let mut bare = own.clone();
    bare.as_object_mut().unwrap().remove("@odata.type");
    let answer = json!({ "@odata.context": context, "value": [bare] });
    let batch = |body: &Value| {
        json!({ "responses": [
            { "id": "1", "status": 200, "headers": { "Content-Type": "application/json" }, "body": body },
            { "id": "2", "status": 200, "body": { "value": [] } },
        ] })
    };
    let mut deep = own.clone();
    (0..20).for_each(|_| deep = json!({ "x": deep, "note": "a", "list": [1, "two"] }));
    for document in [
        json!({ "policies": [own] }),
        json!({ "tenant": { "name": "Contoso", "deviceAppManagement": { "ios": [own] } } }),
        json!({ "policies": [own.to_string()], "ids": ["{aaaaaaaa-2222}", "[x"] }),
        json!({ "payload": own.to_string() }),
        json!({ "payload": json!({ "inner": [own.to_string()] }).to_string() }),
        json!({ "configuration": own, "version": 3 }),
        json!([{ "policy-set": { "variables": [own] } }]),
        batch(&answer),
        batch(&json!({ "value": [own] })),
        json!({ "body": answer.to_string() }),
        deep,
    ] {
        assert!(is_recognised(&document), "{document}");
        assert_eq!(import(&document), expected, "{document}");
    }
    // Filters and configurations are parts of a tenant, too.
    let all = json!({ "filters": [filter("x")] });
    assert!(is_recognised(&all));
    for nothing in [
        json!({ "policies": [] }),
        json!({ "policies": [{ "@odata.type": "#microsoft.graph.iosCompliancePolicy" }] }),
        json!({ "policies": [{ "displayName": "X", "assignments": to_group(None) }] }),
        json!({ "text": "{ \"@odata.type\": \"#microsoft.graph.iosCompliancePolicy\" }" }),
    ] {
        assert!(!is_recognised(&nothing), "{nothing}");
    }
}

#[test]
fn what_is_no_part_of_a_wrapper_is_named() {
    let own = policy("ios", "Old", json!({}));
    let beside = json!({ "value": [policy("ios", "P", json!({}))], "archive": { "2020": [own] } });
    let named = "\"Old\" is an object beside those of its wrapper, which is not read here";
    assert_eq!(said(&[("a.json", &beside)]), [named]);
    let beside = json!({ "value": [], "policies": [own] });
    assert!(is_recognised(&beside));
    assert_eq!(said(&[("a.json", &beside)]), [named]);
    // What was applied to a phone is no policy of the tenant.
    let registration = json!({ "@odata.type": "#microsoft.graph.iosManagedAppRegistration",
        "appliedPolicies": [own] });
    assert!(is_recognised(&registration));
    let named = "\"Old\" is part of an object of another type, which is not read here";
    assert_eq!(said(&[("a.json", &registration)]), [named]);
    assert_eq!(import(&registration).matches("\npolicy ").count(), 0);
}

#[test]
fn members_of_terraform_are_left_out_where_they_are_terraforms() {
    let own = policy("ios", "P", json!({}));
    for name in ["configuration", "prior_state", "variables", "resource_changes", "outputs"] {
        assert_eq!(import(&json!({ name: [own] })), import(&own), "{name}");
        let beside = json!({ "value": [own], name: [policy("ios", "Q", json!({}))] });
        assert_eq!(said(&[("a.json", &beside)]).len(), 1, "{name}");
        let plan = json!({ "format_version": "1.2", "values": {}, name: [own] });
        assert!(!is_recognised(&plan), "{name}");
    }
}

#[test]
fn strings_inside_strings_have_a_limit() {
    let own = policy("ios", "P", json!({}));
    let wrapped =
        |times: usize| (0..times).fold(own.clone(), |inner, _| json!({ "x": inner.to_string() }));
    assert_eq!(import(&wrapped(8)), import(&own));
    let text = wrapped(9).to_string();
    let errors = intune::import(&[("a.json", &text)], &Limits::default()).unwrap_err();
    assert_eq!(errors.code(), Some(Code::Nesting));
    assert!(is_recognised(&wrapped(9)));
}

#[test]
fn an_empty_answer_in_a_file_of_assignments_is_nobody() {
    let mut own = policy("ios", "P", json!({}));
    own.as_object_mut().unwrap().remove("assignments");
    for empty in [
        json!([]),
        json!({ "value": [] }),
        json!({ "@odata.count": 0, "value": [] }),
        json!({ "@odata.context": "https://graph.example/beta/$metadata#x/assignments", "value": [] }),
        json!({ "assignments": [] }),
    ] {
        let texts = [own.to_string(), empty.to_string()];
        let documents = [("b/P.json", texts[0].as_str()), ("b/Assignments/P.json", &texts[1])];
        let import = intune::import(&documents, &Limits::default());
        let import = import.unwrap_or_else(|errors| panic!("{errors} {empty}"));
        assert!(import.text.contains("for       unassigned"), "{empty}\n{}", import.text);
        assert_eq!(intune::recognised(&documents, &Limits::default()), [true, true], "{empty}");
    }
}

#[test]
fn blocks_of_terraform_are_no_members() {
    let kind = "microsoft365_graph_beta_device_and_app_management_ios_managed_app_protection";
    let attributes = json!({ "display_name": "P", "app_group_type": "allCoreMicrosoftApps",
        "print_blocked": true, "pin_required": true, "assignments": [],
        "timeouts": { "create": "10m", "read": null } });
    let state = json!({ "version": 4, "terraform_version": "1.9.0", "resources": [
        { "type": kind, "name": "p", "instances": [{ "attributes": attributes }] } ] });
    assert_eq!(said(&[("s.json", &state)]), [""; 0]);
    assert!(!import(&state).contains("timeouts"));
    // Of Graph it is a member that nobody knows.
    let own = policy("ios", "P", json!({ "timeouts": { "create": "10m" } }));
    assert!(import(&own).contains("setting \"timeouts\""));
}
