//! Sets side by side as administrators see them: settings, levels, groups by their ids, exports read back.

#![allow(clippy::unwrap_used, reason = "a test fails where it stands")]

use std::collections::BTreeMap;

use mam::intune::export::{Options, compare_settings, export};
use mam::{Analysis, Compiler, Platform, analysis};
use serde_json::{Value, json};

use crate::tenant::{check, policy};

#[test]
fn groups_of_one_object_id_are_one_group() {
    let text = |name: &str, id: &str| {
        format!(
            "mam 1\nuse microsoft\nusers {name} \"{id}\"\npolicy p {{\n  for {name}\n  on ios\n  \
             protect outlook\n  otherwise allow\n  block print\n}}\n"
        )
    };
    let (one, other) =
        ("11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555");
    let scopes = |old: &str, new: &str| -> Vec<String> {
        let [old, new] = [old, new].map(|text| Compiler::new().check("p.mam", text));
        let [old, new] = [&old, &new].map(|set| Analysis::new(set).unwrap());
        analysis::diff(&old, &new).unwrap().into_iter().map(|one| one.scope).collect()
    };
    assert_eq!(scopes(&text("staff", one), &text("crew", one)), [""; 0]);
    assert!(!scopes(&text("staff", one), &text("crew", other)).is_empty());
    // A name that another group had before, and ids that two groups have, are told apart.
    let two = text("staff", one) + &format!("users crew \"{other}\"\n");
    let swapped = text("staff", other) + &format!("users crew \"{one}\"\n");
    let found = scopes(&two, &swapped);
    assert!(found.iter().any(|scope| scope.contains("staff")), "{found:?}");
    assert!(found.iter().any(|scope| scope.contains("crew")), "{found:?}");
    let twice = text("staff", one) + &format!("users crew \"{one}\"\n");
    assert_eq!(scopes(&twice, &twice), [""; 0]);
}

#[test]
fn settings_are_compared_as_they_are_stated() {
    let base = json!({ "pinRequired": true, "previousPinBlockCount": 0, "customFuture": "a" });
    let mut old = policy("ios", "Phones", base);
    old["id"] = json!("T_1");
    let changed = |changes: Value| {
        let mut new = old.clone();
        for (member, value) in changes.as_object().unwrap() {
            new[member] = value.clone();
        }
        let found = compare_settings(&check(&old), &check(&new)).unwrap();
        let told = found.pairs.iter().flat_map(|pair| &pair.settings);
        let told = told.map(|one| format!("{} {}", one.direction.word(), one.member));
        (found.unpaired.concat(), told.collect::<Vec<_>>())
    };
    for (changes, expected) in [
        (json!({}), vec![]),
        (json!({ "previousPinBlockCount": 5 }), vec!["tighter previousPinBlockCount"]),
        (
            json!({ "pinRequired": false, "previousPinBlockCount": 5 }),
            vec!["looser pinRequired", "idle previousPinBlockCount"],
        ),
        (json!({ "customFuture": "b" }), vec!["incomparable customFuture"]),
        (
            json!({ "filterOpenInToOnlyManagedApps": true }),
            vec!["idle filterOpenInToOnlyManagedApps"],
        ),
        (
            json!({ "purviewContentEvaluationRequired": "required" }),
            vec!["incomparable purviewContentEvaluationRequired"],
        ),
        (
            json!({ "saveAsBlocked": true, "allowedDataStorageLocations": ["box"] }),
            vec!["tighter saveAsBlocked", "idle allowedDataStorageLocations"],
        ),
        (
            json!({ "targetedAppManagementLevels": "unmanaged" }),
            vec!["incomparable targetedAppManagementLevels"],
        ),
        // A policy is known by its id, whatever it is called.
        (json!({ "displayName": "Other", "printBlocked": true }), vec!["tighter printBlocked"]),
    ] {
        assert_eq!(
            changed(changes.clone()),
            (vec![], expected.into_iter().map(str::to_owned).collect()),
            "{changes}"
        );
    }
    let (unpaired, _) = changed(
        json!({ "id": "T_2", "displayName": "Other", "@odata.type": "#microsoft.graph.androidManagedAppProtection" }),
    );
    assert_eq!(unpaired.len(), 2, "{unpaired:?}");
}

#[test]
fn levels_are_told_of_exports_that_a_file_uses() {
    let export = policy("ios", "Phones", json!({ "printBlocked": true })).to_string();
    let mut files = [("phones.json".to_owned(), export)].into_iter().collect::<BTreeMap<_, _>>();
    let checked =
        Compiler::new().loader(&mut files).check("root.mam", "mam 1\nuse \"phones.json\"\n");
    let levels = mam::intune::framework_levels(&checked).unwrap();
    assert_eq!(levels.len(), 1);
    assert_eq!(levels[0].file, "phones.json");
}

#[test]
fn own_apps_stand_beside_the_group_of_all_apps() {
    let text = "mam 1\nuse microsoft\nusers staff \"11111111-2222-3333-4444-555555555555\"\n\
                app field { android \"com.contoso.field\"  sdk }\n\
                policy p { for staff  on android  protect any  otherwise allow  block print }\n";
    let checked = Compiler::new().check("p.mam", text);
    let export = export(&checked, &Options::new(Platform::Android)).unwrap();
    assert!(export.text.contains("com.contoso.field"), "{}", export.text);
    let back = Compiler::new().check("p.json", &export.text);
    let [old, new] = [&checked, &back].map(|set| Analysis::new(set).unwrap());
    assert_eq!(
        analysis::diff(&old, &new).unwrap().into_iter().map(|one| one.scope).collect::<Vec<_>>(),
        [""; 0]
    );
}

#[test]
fn policies_of_one_title_are_paired_by_what_they_say() {
    let printing = |blocked: bool| policy("ios", "Phones", json!({ "printBlocked": blocked }));
    let [old, new] = [[true, false], [false, true]].map(|order| check(&json!(order.map(printing))));
    let found = compare_settings(&old, &new).unwrap();
    assert!(found.pairs.iter().all(|pair| pair.settings.is_empty()), "{found:?}");
    assert_eq!(found.pairs.len(), 2);
}
