//! Any text: reading policies of Intune never panics, and what is imported means what the JSON means.
//!
//! Half of the texts are the bytes themselves, the others are policies with every member, changed at
//! random places.

#![no_main]

use arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use mam::source::Sources;
use mam::syntax::ast::File;
use mam::syntax::{parse, print};
use mam::{Compiler, Limits, intune};
use serde_json::{Value, json};

const POLICIES: [&str; 3] = [
    include_str!("../seeds/ios.json"),
    include_str!("../seeds/android.json"),
    include_str!("../seeds/windows.json"),
];

fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((b'{' | b'[', _)) => std::str::from_utf8(bytes).map_or((), check),
        _ => document(&mut Unstructured::new(bytes)).map_or((), |text| check(&text)),
    }
});

fn check(text: &str) {
    let checked = Compiler::new().check("fuzz.json", text);
    for diagnostic in checked.diagnostics() {
        for label in &diagnostic.labels {
            let source = checked.sources().get(label.span.source).expect("a known text");
            let range = label.span.start as usize..label.span.end as usize;
            assert!(source.text().get(range).is_some(), "{diagnostic:?} in {text:?}");
        }
    }
    let Ok(import) = intune::import(&[("fuzz.json", text)], &Limits::default()) else { return };
    let errors = checked.errors();
    assert!(!checked.has_errors(), "imported in spite of {:?}\n{text}", errors.reports());
    let again = Compiler::new().check("fuzz.mam", &import.text);
    let errors = again.errors();
    assert!(!again.has_errors(), "{:?}\n{}\n{text}", errors.reports(), import.text);
    assert_eq!(formatted(&import.text), import.text, "of {text}");
    let (own, other) = (checked.files().last(), again.files().first());
    assert_eq!(own.map(statements), other.map(statements), "of {text}");
}

/// What a file says, without comments.
fn statements(file: &File) -> String {
    let file = File { comments: Vec::new(), ..file.clone() };
    print::print(&file, &Sources::default())
}

fn formatted(text: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("fuzz.mam", text);
    print::print(&parse(&sources, id, &Limits::default()).0, &sources)
}

/// A few policies, changed here and there.
fn document(choices: &mut Unstructured<'_>) -> Result<String> {
    let count = choices.int_in_range(1..=2)?;
    let policies = (0..count).map(|_| policy(choices)).collect::<Result<Vec<_>>>()?;
    Ok(Value::from(policies).to_string())
}

fn policy(choices: &mut Unstructured<'_>) -> Result<Value> {
    let mut policy: Value = serde_json::from_str(choices.choose(&POLICIES)?).expect("JSON");
    let members = policy.as_object_mut().expect("an object");
    if choices.ratio(1, 2)? {
        // Few settings interact more than many.
        let mut keep = choices.int_in_range(0..=u8::MAX)?;
        members.retain(|name, _| {
            keep = keep.rotate_left(3).wrapping_mul(31).wrapping_add(7);
            keep % 4 == 0 || matches!(&**name, "@odata.type" | "displayName")
        });
    }
    let names: Vec<String> = members.keys().cloned().collect();
    // With many changes hardly any document would be free of errors.
    for _ in 0..choices.int_in_range(0..=4)? {
        let name = choices.choose(&names)?;
        let value = change(choices, members.get(name).unwrap_or(&Value::Null))?;
        members.insert(name.clone(), value);
    }
    if choices.ratio(1, 8)? {
        members.insert(text(choices)?, change(choices, &Value::Null)?);
    }
    Ok(policy)
}

fn change(choices: &mut Unstructured<'_>, value: &Value) -> Result<Value> {
    Ok(match value {
        _ if choices.ratio(1, 12)? => Value::Null,
        Value::Bool(value) => Value::Bool(!value),
        Value::Number(_) => json!(choices.choose(&[0, 1, 3, 4, 16, 17, 24, 255, 65_535, 65_536])?),
        Value::Array(values) => {
            let mut values = values.clone();
            if let Some(first) = values.first_mut() {
                *first = change(choices, &first.clone())?;
            }
            let end = choices.int_in_range(0..=values.len())?;
            values.truncate(end);
            Value::from(values)
        }
        Value::Object(members) => {
            let mut members = members.clone();
            let names: Vec<String> = members.keys().cloned().collect();
            if let Some(name) = names.get(choices.int_in_range(0..=2)?) {
                let value = change(choices, &members[name].clone())?;
                members.insert(name.clone(), value);
            }
            Value::Object(members)
        }
        Value::Null | Value::String(_) => Value::from(text(choices)?),
    })
}

/// Words that members know, and others.
fn text(choices: &mut Unstructured<'_>) -> Result<String> {
    const WORDS: &[&str] = &[
        "",
        " ",
        "allApps",
        "managedApps",
        "managedAppsWithPasteIn",
        "none",
        "blocked",
        "notBlocked",
        "block",
        "warn",
        "wipe",
        "blockWhenSettingIsSupported",
        "customApp",
        "anyApp",
        "anyManagedApp",
        "specificApps",
        "unmanaged",
        "mdm",
        "unmanaged,mdm",
        "androidEnterprise",
        "selectedPublicApps",
        "allCoreMicrosoftApps",
        "allMicrosoftApps",
        "numeric",
        "low",
        "secured",
        "notConfigured",
        "microsoftEdge",
        "hardwareBacked",
        "basic",
        "basicIntegrity",
        "useDeviceSettings",
        "afterDeviceRestart",
        "whenDeviceLockedExceptOpenFiles",
        "anyDestinationAnySource",
        "orgDestinationOrgSource",
        "allow",
        "blockOrganizationalData",
        "PT0S",
        "PT1M",
        "P1D",
        "P30D",
        "1",
        "1.2.3.4",
        "99999999999.1",
        "2026-02-29",
        "tel;sms",
        "com.microsoft.office.outlook",
        "com.microsoft.emmx",
        "com.android.vending",
        "maps",
        ";;",
        "http://",
        "https://*.sharepoint.com/*",
        "itms:",
        "Default",
        "office",
        "policy",
        "ios:x",
        "#microsoft.graph.allLicensedUsersAssignmentTarget",
    ];
    if choices.ratio(5, 6)? {
        return choices.choose(WORDS).map(|word| (*word).to_owned());
    }
    let length = choices.int_in_range(1..=6)?;
    (0..length).map(|_| choices.arbitrary::<char>()).collect()
}
