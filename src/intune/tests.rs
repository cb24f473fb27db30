//! No value of any member is lost: the table of the schema, row by row.

use serde_json::{Value as Json, json};

use crate::diagnostic::Severity;
use crate::intune::json::{Home, parse};
use crate::intune::schema::{PROPERTIES, Property, ValueType};
use crate::intune::settings::launch::flaw_of;
use crate::limits::Limits;
use crate::model::{self, NoFiles};
use crate::source::{Sources, Span};
use crate::syntax::{parse as parse_file, print};
use crate::vocabulary::Platform;

/// A policy of a platform with no setting, and one in which parents let their children speak.
fn bases(platform: Platform) -> [Json; 2] {
    let (kind, managed, clipboard) = match platform {
        Platform::Ios => ("ios", "managedApps", "managedApps"),
        Platform::Android => ("android", "managedApps", "managedApps"),
        Platform::Windows => ("windows", "none", "orgDestinationOrgSource"),
    };
    let bare = json!({
        "@odata.type": format!("#microsoft.graph.{kind}ManagedAppProtection"),
        "displayName": "Policy",
        "assignments": [],
    });
    let mut full = bare.clone();
    let settings = json!({
        "allowedOutboundDataTransferDestinations": managed,
        "allowedInboundDataTransferSources": managed,
        "allowedOutboundClipboardSharingLevel": clipboard,
        "saveAsBlocked": true,
        "blockDataIngestionIntoOrganizationDocuments": true,
        "managedBrowserToOpenLinksRequired": true,
        "dialerRestrictionLevel": "customApp",
        "protectedMessagingRedirectAppType": "specificApps",
        "keyboardsRestricted": true,
        "contactSyncBlocked": true,
        "encryptAppData": true,
        "pinRequired": true,
        "deviceComplianceRequired": true,
        "maximumAllowedDeviceThreatLevel": "low",
        "requiredAndroidSafetyNetDeviceAttestationType": "basicIntegrity",
        "requiredAndroidSafetyNetAppsVerificationType": "enabled",
        "allowedIosDeviceModels": "Phone1,1",
        "allowedAndroidDeviceModels": ["Phone"],
        "allowedAndroidDeviceManufacturers": "Contoso",
    });
    for (name, value) in settings.as_object().unwrap() {
        if Property::find(name, platform).is_some() {
            full[name] = value.clone();
        }
    }
    [bare, full]
}

/// Values of a kind that mean different things.
fn values(kind: ValueType) -> Vec<Json> {
    match kind {
        ValueType::Bool => vec![json!(false), json!(true)],
        ValueType::Int { from, to, .. } => vec![json!(from), json!(from + 1), json!(to)],
        ValueType::Word(words) => words.iter().map(|word| json!(word)).collect(),
        ValueType::WordOrNull(words) => {
            words.iter().map(|word| json!(word)).chain([Json::Null]).collect()
        }
        ValueType::Words(words) => {
            let each = words.iter().map(|word| json!([word]));
            each.chain([json!([]), json!(words)]).collect()
        }
        ValueType::Duration(_) => {
            ["PT1M", "PT12H", "P1D", "P90D", "P99999D"].iter().map(|text| json!(text)).collect()
        }
        ValueType::Text => [
            "",
            "17",
            "17.0",
            "17.1.2.3",
            "1.2.3.4.5",
            "2026-01-31",
            "2026-02-30",
            "com.example",
            "Example;Sample",
            "a \"b\" \\ \u{7} c",
            "Bücher",
        ]
        .iter()
        .map(|text| json!(text))
        .collect(),
        ValueType::Texts => {
            vec![json!([]), json!(["a"]), json!(["a", "b"]), json!(["https://a.b/*"])]
        }
        ValueType::Pairs => vec![
            json!([]),
            json!([{ "name": "Default", "value": "skype" }]),
            json!([{ "name": "Maps", "value": "maps" }]),
            json!([{ "name": "Notes", "value": "com.example.notes;com.example.pad" }]),
            json!([{ "name": "", "value": "x y" }]),
            json!([{ "name": "com.example.keys", "value": "" }]),
        ],
        ValueType::Kept => vec![
            json!("some"),
            json!(true),
            json!(1e300),
            json!({ "nested": [{ "deep": [null, -0.5, "\u{1b}"] }] }),
        ],
        ValueType::Special => Vec::new(),
    }
}

fn import(object: &Json) -> String {
    let text = object.to_string();
    match super::import(&[("policy.json", &text)], &Limits::default()) {
        Ok(import) => import.text,
        Err(errors) => panic!("{text}\n{errors}"),
    }
}

/// What keeps a text from being compiled.
fn errors(text: &str) -> Vec<String> {
    let limits = Limits::default();
    let (sources, loaded, mut found) = model::load(&[("p.mam", text)], &mut NoFiles, &limits);
    let _ = model::resolve(&sources, &loaded.files, &limits, &mut found);
    let errors = found.into_iter().filter(|one| one.severity == Severity::Error);
    errors.map(|one| one.message).collect()
}

#[test]
fn every_value_of_every_member_is_told_from_every_other() {
    let mut failures = Vec::new();
    for platform in [Platform::Ios, Platform::Android, Platform::Windows] {
        let each = Property::all(platform)
            .flat_map(|property| bases(platform).map(|base| (property, base)));
        for (property, base) in each {
            let is_full = base.get("allowedInboundDataTransferSources").is_some();
            let mut seen: Vec<(String, Json)> = Vec::new();
            // What is no version and no day is refused.
            let is_value = |value: &Json| {
                value
                    .as_str()
                    .is_none_or(|text| text.is_empty() || flaw_of(property.name, text).is_none())
            };
            for value in values(property.kind).into_iter().filter(is_value) {
                let mut object = base.clone();
                object[property.name] = value.clone();
                let text = import(&object);
                // Parents that are off have nothing to say that could be wrong.
                let errors = if is_full { errors(&text) } else { Vec::new() };
                failures.extend(errors.iter().map(|error| format!("{error}: {object}")));
                if let Some((_, other)) = seen.iter().find(|(known, _)| *known == text) {
                    let name = property.name;
                    failures.push(format!("{platform}: {name} {value} reads like {other}"));
                }
                seen.push((text, value));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn unknown_members_are_kept_as_they_are() {
    let values = [
        "null",
        "false",
        "0",
        "-0",
        "1E400",
        "12345678901234567890123",
        "\"\"",
        "\"\\u0000\\ud83d\\ude00\"",
        "[]",
        "{}",
        "{\"a\": {\"b\": [1, {\"c\": null}]}}",
        "\"</script>\\/\"",
    ];
    for value in values {
        let text = format!(
            "{{\"@odata.type\": \"#microsoft.graph.iosManagedAppProtection\", \"displayName\": \"P\", \
             \"appGroupType\": \"allApps\", \"assignments\": [], \"added by \\\"a\\\" tool\": {value}}}"
        );
        let import = super::import(&[("policy.json", &text)], &Limits::default()).unwrap();
        assert_eq!(import.reports.len(), 1, "{text}");
        let mut sources = Sources::default();
        let source = sources.add("policy.mam", &import.text);
        let (_, found) = parse_file(&sources, source, &Limits::default());
        assert!(found.is_empty(), "{}\n{found:?}", import.text);
        let line = import.text.lines().find(|line| line.contains("added by")).unwrap();
        let (name, kept) = line.split_once(" = ").unwrap();
        assert_eq!(name, "  setting \"added by \\\"a\\\" tool\"");
        let home = Home::Whole(Span { source, start: 0, end: 0 });
        let read = |text: &str| {
            let node = parse(text, home, &Limits::default()).unwrap();
            print::json(&node.to_ast())
        };
        assert_eq!(read(kept), read(value), "{line}");
    }
}

#[test]
fn the_schema_has_one_row_for_each_member_of_a_platform() {
    for (index, row) in PROPERTIES.iter().enumerate() {
        let again = PROPERTIES[index + 1..].iter().find(|other| {
            other.name == row.name && other.on.iter().any(|platform| row.on.contains(platform))
        });
        assert!(again.is_none(), "{}", row.name);
    }
}
