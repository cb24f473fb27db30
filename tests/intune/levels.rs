//! The levels of Microsoft's data protection framework.
//!
//! `tests/levels` has a policy for each level and platform as Graph has it; `examples/intune` says
//! those of iOS and Android in the language. Both are held against the table in the crate, and the
//! table against what Microsoft published, which is among the exports of tenants.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use mam::intune::{self, PolicyLevel};
use mam::{Analysis, Code, Compiler, Effect, Limits, Platform, interpret};
use serde_json::{Map, Value, json};

use crate::corpus;
use crate::universe::{self, Universe};

pub(crate) const TESTS: crate::Tests = tests![
    every_policy_reaches_its_level_and_no_other,
    making_the_changes_that_are_told_reaches_the_level,
    every_setting_of_a_level_counts,
    a_stricter_value_reaches_a_level_too,
    a_laxer_value_is_told_with_both_values,
    an_exemption_that_defeats_the_dialer_is_told,
    decisions_reach_the_level_that_settings_reach,
    every_statement_of_a_level_counts_in_decisions,
    all_policies_of_a_person_reach_a_level_together,
    a_policy_that_asks_for_a_filter_has_a_level,
    users_whom_no_assignment_means_have_a_level,
    the_examples_read_as_an_import_does,
    a_level_never_permits_more_than_the_one_below,
    text_lacks_what_its_export_lacks,
];

pub(crate) const OF_EXPORTS: crate::Tests = tests![
    published_templates_reach_their_levels_but_for_known_deviations,
    the_published_table_asks_for_the_same,
];

const PLATFORMS: [&str; 3] = ["ios", "android", "windows"];

fn fixture(platform: &str, level: u8) -> Map<String, Value> {
    let path = root().join(format!("tests/levels/{platform}-level-{level}.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn assess(policy: &Map<String, Value>) -> PolicyLevel {
    let text = serde_json::to_string(policy).unwrap();
    let checked = Compiler::new().check("policy.json", &text);
    intune::framework_levels(&checked).unwrap().remove(0)
}

/// The members that are to change for a level.
fn lacking(policy: &Map<String, Value>, level: u8) -> Vec<&'static str> {
    let changes = assess(policy);
    let changes = changes.missing(level).iter().flat_map(|one| &one.changes);
    changes.map(|one| one.member).collect()
}

fn empty(platform: &str) -> Map<String, Value> {
    let kind = format!("#microsoft.graph.{platform}ManagedAppProtection");
    let policy = json!({ "@odata.type": kind, "displayName": "New" });
    policy.as_object().unwrap().clone()
}

/// A policy with everything that a level asks for, and nothing else.
fn made_for(platform: &str, level: u8) -> Map<String, Value> {
    let mut policy = empty(platform);
    // What depends on a setting is asked for when that is there.
    for _ in 0..3 {
        for one in assess(&policy).missing(level).iter().flat_map(|one| &one.changes) {
            let choice = || match one.member {
                "minimumRequiredPatchVersion" => json!("2025-06-01"),
                "approvedKeyboards" => json!([{ "name": "com.example.keys", "value": "Keys" }]),
                "customDialerAppProtocol" => json!("dialer"),
                _ => json!("12.0"),
            };
            let wanted = one.wanted.map_or_else(choice, |text| serde_json::from_str(text).unwrap());
            policy.insert(one.member.to_owned(), wanted);
        }
    }
    policy
}

// ---------------------------------------------------------------- own policies

fn every_policy_reaches_its_level_and_no_other() {
    for platform in PLATFORMS {
        for level in 1..=3 {
            let found = assess(&fixture(platform, level));
            assert_eq!(found.reached, level, "{platform}: {:#?}", found.missing(level));
            assert_eq!(found.platform.word(), platform);
        }
        assert_eq!(assess(&empty(platform)).reached, 0, "a new policy");
    }
}

fn making_the_changes_that_are_told_reaches_the_level() {
    for platform in PLATFORMS {
        for level in 1..=3 {
            let policy = made_for(platform, level);
            assert_eq!(assess(&policy).reached, level, "{platform}: {policy:#?}");
        }
    }
}

/// Members of the policies whose absence leaves the level as it is: head, values that a new policy has
/// as well, and lists that let less in when they are empty.
fn is_idle(member: &str, value: &Value, level: u8) -> bool {
    match member {
        "@odata.type"
        | "displayName"
        | "description"
        | "assignments"
        | "apps"
        | "appGroupType"
        | "targetedAppManagementLevels"
        | "pinCharacterSet"
        | "maximumPinRetries"
        | "appActionIfMaximumPinRetriesExceeded"
        | "mobileThreatDefenseRemediationAction"
        | "appActionIfAndroidSafetyNetDeviceAttestationFailed"
        | "appActionIfAndroidSafetyNetAppsVerificationFailed"
        | "periodOnlineBeforeAccessCheck" => true,
        "allowedDataStorageLocations" | "allowedDataIngestionLocations" | "approvedKeyboards" => {
            true
        }
        // Without a browser, Edge is meant; without a dialer, none.
        "managedBrowser" | "customDialerAppProtocol" => true,
        "minimumPinLength" => level < 3,
        "appActionIfDeviceComplianceRequired" => value == "block",
        "requiredAndroidSafetyNetEvaluationType" => value == "basic",
        _ => false,
    }
}

fn every_setting_of_a_level_counts() {
    for platform in PLATFORMS {
        for level in 1..=3 {
            let whole = fixture(platform, level);
            let counted = whole.iter().filter(|(member, value)| !is_idle(member, value, level));
            for (member, _) in counted {
                let mut policy = whole.clone();
                policy.remove(member);
                let reached = assess(&policy).reached;
                assert!(reached < level, "{platform} {level} {member}");
            }
        }
    }
}

fn a_stricter_value_reaches_a_level_too() {
    let stricter = [
        ("ios", 2, "allowedOutboundDataTransferDestinations", json!("none")),
        ("ios", 2, "filterOpenInToOnlyManagedApps", json!(true)),
        ("ios", 2, "disableProtectionOfManagedOutboundOpenInData", json!(true)),
        ("ios", 2, "allowedDataStorageLocations", json!(["sharePoint"])),
        ("ios", 2, "allowedDataStorageLocations", json!([])),
        ("ios", 2, "allowedOutboundClipboardSharingLevel", json!("blocked")),
        ("ios", 2, "notificationRestriction", json!("block")),
        ("ios", 2, "periodOfflineBeforeAccessCheck", json!("PT12H")),
        ("ios", 2, "periodOfflineBeforeWipeIsEnforced", json!("P7D")),
        ("ios", 2, "exemptedAppProtocols", json!([])),
        ("ios", 1, "minimumPinLength", json!(8)),
        ("ios", 1, "maximumPinRetries", json!(3)),
        ("ios", 1, "pinRequiredInsteadOfBiometricTimeout", json!("PT30M")),
        ("ios", 1, "appActionIfDeviceComplianceRequired", json!("wipe")),
        ("ios", 3, "allowedInboundDataTransferSources", json!("none")),
        ("ios", 3, "dialerRestrictionLevel", json!("blocked")),
        ("android", 3, "dialerRestrictionLevel", json!("blocked")),
        ("android", 1, "appActionIfDevicePasscodeComplexityLessThanHigh", json!("wipe")),
        ("android", 2, "appActionIfSamsungKnoxAttestationRequired", json!("wipe")),
        ("windows", 1, "maximumAllowedDeviceThreatLevel", json!("secured")),
    ];
    for (platform, level, member, value) in stricter {
        let mut policy = fixture(platform, level);
        policy.insert(member.to_owned(), value.clone());
        let found = assess(&policy);
        assert!(found.reached >= level, "{member} {value}: {:#?}", found.missing(level));
    }
}

fn a_laxer_value_is_told_with_both_values() {
    let laxer = [
        ("ios", 2, "allowedDataStorageLocations", json!(["box", "sharePoint"])),
        ("ios", 2, "exemptedAppProtocols", json!([{ "name": "Webex", "value": "wbx" }])),
        ("ios", 2, "allowedOutboundClipboardSharingExceptionLength", json!(50)),
        ("ios", 1, "pinRequiredInsteadOfBiometricTimeout", json!("P2D")),
        ("ios", 1, "appDataEncryptionType", json!("useDeviceSettings")),
        ("ios", 1, "disableAppPinIfDevicePinIsSet", json!(true)),
        ("android", 1, "disableAppEncryptionIfDeviceEncryptionIsEnabled", json!(true)),
        ("android", 1, "requiredAndroidSafetyNetDeviceAttestationType", json!("basicIntegrity")),
        ("android", 1, "appActionIfAndroidSafetyNetAppsVerificationFailed", json!("warn")),
        ("android", 2, "appActionIfDevicePasscodeComplexityLessThanMedium", json!("warn")),
        ("windows", 2, "allowedOutboundClipboardSharingLevel", json!("orgDestinationOrgSource")),
    ];
    for (platform, level, member, value) in laxer {
        let mut policy = fixture(platform, level);
        policy.insert(member.to_owned(), value.clone());
        let found = assess(&policy);
        let changes = found.missing(level).iter().flat_map(|one| &one.changes);
        let changes: Vec<_> = changes.filter(|one| one.member == member).collect();
        assert_eq!(changes.len(), 1, "{member} {value}: {:#?}", found.missing(level));
        assert_eq!(serde_json::from_str::<Value>(&changes[0].found).unwrap(), value);
    }
}

fn an_exemption_that_defeats_the_dialer_is_told() {
    let mut policy = fixture("ios", 3);
    let value = json!([{ "name": "Default", "value": "skype;tel;telprompt" }]);
    policy.insert("exemptedAppProtocols".to_owned(), value);
    let found = assess(&policy);
    let told: Vec<_> = found.missing(3).iter().map(|one| one.setting).collect();
    assert_eq!(told, ["Select apps to exempt", "Transfer telecommunication data to"]);
    assert_eq!(found.missing(3)[1].changes[0].found, r#""customApp""#);
}

// ---------------------------------------------------------------- decisions

/// The level that the one policy of a text reaches by what it decides, with the numbers of missing settings.
fn decided(text: &str) -> PolicyLevel {
    let checked = Compiler::new().check("level.mam", text);
    let mut levels =
        intune::framework_levels(&checked).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(levels.len(), 1, "{text}");
    levels.remove(0)
}

fn imported(policy: &Map<String, Value>) -> String {
    let text = serde_json::to_string(policy).unwrap();
    intune::import(&[("x.json", &text)], &Limits::default()).unwrap().text
}

/// The settings that a policy lacks for a level.
fn lacked(found: &PolicyLevel, level: u8) -> Vec<&'static str> {
    found.missing(level).iter().map(|one| one.setting).collect()
}

fn decisions_reach_the_level_that_settings_reach() {
    for platform in PLATFORMS {
        for level in 1..=3 {
            let policy = fixture(platform, level);
            let (written, decided) = (assess(&policy), decided(&imported(&policy)));
            assert_eq!(decided.reached, level, "{platform}: {:#?}", decided.missing(level));
            for level in 1..=3 {
                // Without "Send org data" nothing needs an exemption, and everything has one.
                let is_inner = |setting: &&str| *setting != "Select apps to exempt";
                let decided: Vec<_> =
                    lacked(&decided, level).into_iter().filter(is_inner).collect();
                assert_eq!(decided, lacked(&written, level), "{platform} {level}");
            }
        }
    }
}

/// Statements without which a level is reached: of what the framework does not ask for.
const NOT_ASKED: [&str; 6] = [
    "refuse open from corporate-storage to unmanaged app-wide",
    "block  save from unmanaged to corporate-storage app-wide",
    "block  capture",
    "block  assist to assistant",
    "biometrics-class",
    "description",
];

fn every_statement_of_a_level_counts_in_decisions() {
    for platform in ["ios", "android"] {
        for level in 2..=3 {
            let text = imported(&fixture(platform, level));
            let lines: Vec<&str> = text.lines().collect();
            let (start, end) = (text.find("otherwise").unwrap(), text.rfind('}').unwrap());
            let mut tried = 0;
            for line in text[start..end].lines().skip(1) {
                let is_asked = !NOT_ASKED.iter().any(|one| line.trim().starts_with(one))
                    || platform == "android" && line.contains("capture");
                if line.trim().len() < 3 || line.contains("require pin") || !is_asked {
                    continue;
                }
                let left: Vec<&str> = lines.iter().copied().filter(|one| *one != line).collect();
                let found = decided(&left.join("\n"));
                assert!(found.reached < level, "{platform} {level}: without `{line}`");
                tried += 1;
            }
            assert!(tried > 10, "{platform} {level}: {tried}");
        }
    }
}

/// Two policies that do not reach a level alone reach it together: decisions count, and not who makes them.
fn all_policies_of_a_person_reach_a_level_together() {
    let text = imported(&fixture("ios", 2));
    let cut = text.find("  require pin").unwrap();
    let (movements, access) = text.split_at(cut);
    let text = format!(
        "{movements}}}\n\npolicy access {{\n  for any\n  on ios\n  protect core-microsoft-apps\n  \
         otherwise allow\n{access}"
    );
    let checked = Compiler::new().check("both.mam", &text);
    let alone = intune::framework_levels(&checked).unwrap();
    let reached: Vec<u8> = alone.iter().map(|one| one.reached).collect();
    assert_eq!(reached, [0, 1], "the first level asks for access only");
    let scope = checked.access_question("launch outlook as work on ios devices unmanaged").unwrap();
    let kinds = Analysis::new(&checked).unwrap().effective(&scope).unwrap();
    let [kind] = kinds.as_slice() else { panic!("{kinds:#?}") };
    let [level] = kind.levels.as_slice() else { panic!("{kind:#?}") };
    assert_eq!((level.platform, level.reached), (Platform::Ios, 2), "{:#?}", level.missing);
    assert!(level.missing.iter().all(|one| one.level == 3));
    assert!(level.missing.iter().any(|one| one.setting == "Printing org data"));
    assert_eq!(level.policies, ["ios-level-2", "access"]);
}

/// No export takes filters, and yet decisions have a level where the filter lets the policy in.
fn a_policy_that_asks_for_a_filter_has_a_level() {
    for platform in PLATFORMS {
        let text = imported(&fixture(platform, 2));
        let filtered = text.replace("for       any", "for       any matching own");
        assert_ne!(text, filtered);
        let found = decided(&format!("{filtered}\nfilter own\n"));
        assert_eq!(found.reached, 2, "{platform}: {:#?}", found.missing(2));
        let laxer = filtered.replace("launch  block when account-disabled", "");
        let laxer = laxer.replace("launch block when account-disabled", "");
        assert_eq!(decided(&format!("{laxer}\nfilter own\n")).reached, 1, "{platform}");
    }
}

/// Rules tell users apart as no assignment can, and apps have no id: the level is that of all of them together.
fn users_whom_no_assignment_means_have_a_level() {
    let text = imported(&fixture("ios", 2));
    let declared = "\nusers red\nusers blue\napp notes { android \"a.b\" ios \"c.d\" sdk }\n";
    assert_eq!(decided(&format!("{text}{declared}")).reached, 2);
    let laxer = text.replace("backup\n", "backup for red and blue\n") + declared;
    assert!(laxer.contains("backup for red and blue"));
    let found = decided(&laxer);
    assert_eq!(found.reached, 1, "{:#?}", found.missing(2));
    assert_eq!(lacked(&found, 2), ["Backup org data"], "what somebody may do is allowed");
}

// ---------------------------------------------------------------- the examples

fn the_examples_read_as_an_import_does() {
    for platform in ["ios", "android"] {
        for level in 1..=3 {
            let text = serde_json::to_string(&fixture(platform, level)).unwrap();
            let imported = intune::import(&[("x.json", &text)], &Limits::default()).unwrap();
            // The framework asks for Knox from phones of every maker, and takes keyboards from the
            // whole app.
            let known = [Code::IntuneKnox, Code::IntunePersonal];
            let mut codes = imported.reports.iter().map(|report| report.diagnostic().code);
            assert!(codes.all(|code| known.contains(&code)));
            let example = std::fs::read_to_string(example(platform, level)).unwrap();
            assert_eq!(statements(&imported.text), statements(&example), "{platform} {level}");
        }
    }
}

fn example(platform: &str, level: u8) -> PathBuf {
    root().join(format!("examples/intune/{platform}-level-{level}.mam"))
}

/// The lines without comments and expectations.
fn statements(text: &str) -> Vec<&str> {
    let is_doc = |line: &str| line.trim_start().starts_with("///");
    let bare = |line| if is_doc(line) { line } else { line.split("//").next().unwrap() };
    let lines = text.lines().map(bare).map(str::trim_end);
    lines.filter(|line| !line.is_empty() && !line.trim_start().starts_with("expect ")).collect()
}

fn a_level_never_permits_more_than_the_one_below() {
    for platform in ["ios", "android"] {
        for upper in 2..=3 {
            let [lower, upper] = [upper - 1, upper].map(|level| {
                let text = std::fs::read_to_string(example(platform, level)).unwrap();
                Compiler::new().check("level.mam", &text)
            });
            let table = lower.compile().unwrap();
            let model = upper.model().unwrap();
            let names: Vec<&str> = (upper.sources().iter().chain(lower.sources().iter()))
                .filter(|(_, source)| source.name() == "level.mam")
                .flat_map(|(_, source)| {
                    source.text().split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
                })
                .collect();
            let universe = Universe::folded(model, &names);
            let (mut laxer, mut compared) = (Vec::new(), 0);
            for context in universe.contexts() {
                universe.visit(&context, |movement| {
                    let above = interpret::decide(model, movement);
                    let below = table.answer(&universe::request(model, movement)).unwrap();
                    compared += 1;
                    let moves = above.effect() == Effect::Allow;
                    let shows = above.limits().content.is_none() && below.limits.content.is_some();
                    if moves && (below.effect == Effect::Block || shows) {
                        laxer.push(universe::words(model, movement));
                    }
                });
            }
            assert!(compared > 1000 && laxer.is_empty(), "{platform}: {laxer:#?}");
        }
    }
}

// ---------------------------------------------------------------- what was published

/// Where the published templates are below the level that they are named after: they are older than
/// the framework's present text.
const DEVIATIONS: &[(&str, u8, &[&str])] = &[
    ("iOS", 1, &[]),
    (
        "iOS",
        2,
        &[
            // 90 days at every level; now 30 from level 2 on.
            "periodOfflineBeforeWipeIsEnforced",
        ],
    ),
    (
        "iOS",
        3,
        &[
            // `tel;telprompt` among the exemptions, which defeats the template's own dialer.
            "exemptedAppProtocols",
            "dialerRestrictionLevel",
            "periodOfflineBeforeWipeIsEnforced",
        ],
    ),
    ("Android", 1, &[]),
    (
        "Android",
        2,
        &[
            "periodOfflineBeforeWipeIsEnforced",
            // The older switch knows one strength of lock only.
            "appActionIfDevicePasscodeComplexityLessThanMedium",
            // Newer than the template.
            "appActionIfSamsungKnoxAttestationRequired",
            // The day is left to whoever uses the template.
            "minimumRequiredPatchVersion",
        ],
    ),
    (
        "Android",
        3,
        &[
            // Newer than the template.
            "requireClass3Biometrics",
            "requirePinAfterBiometricChange",
            "periodOfflineBeforeWipeIsEnforced",
            "appActionIfDevicePasscodeComplexityLessThanHigh",
            "appActionIfSamsungKnoxAttestationRequired",
            "minimumRequiredPatchVersion",
        ],
    ),
];

fn published_templates_reach_their_levels_but_for_known_deviations() {
    let folder = corpus::part(corpus::TEMPLATES);
    for (platform, level, deviations) in DEVIATIONS {
        let files = std::fs::read_dir(&folder).unwrap().map(|one| one.unwrap().path());
        let is_meant = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let (start, end) = (format!("level-{level}-"), format!("-{platform}.json"));
            name.starts_with(&start) && name.ends_with(&end)
        };
        let path = files.into_iter().find(is_meant).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let policy = serde_json::from_str(&text).unwrap();
        assert_eq!(lacking(&policy, *level), *deviations, "{}", path.display());
    }
}

/// Settings in which the framework's present text differs from the older table.
const CHANGED: &[(&str, &[u8])] = &[
    // 1440 minutes where there were 720.
    ("pinRequiredInsteadOfBiometricTimeout", &[1, 2, 3]),
    // 10080 minutes where there were 720.
    ("periodOfflineBeforeAccessCheck", &[1, 2, 3]),
    // 30 days where there were 90.
    ("periodOfflineBeforeWipeIsEnforced", &[2, 3]),
    // The photo library was added.
    ("allowedDataStorageLocations", &[2, 3]),
];

fn the_published_table_asks_for_the_same() {
    let table = std::fs::read_to_string(corpus::part(corpus::LEVELS)).unwrap();
    let (mut differing, mut expected) = (BTreeSet::new(), BTreeSet::new());
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let (member, platforms) = (cells[0], cells[1].to_lowercase());
        for platform in platforms.split(',') {
            for level in 1..=3_u8 {
                let asked = made_for(platform, level);
                let known =
                    |(one, levels): &&(&str, &[u8])| *one == member && levels.contains(&level);
                if CHANGED.iter().any(|one| known(&one)) {
                    expected.insert((platform.to_owned(), level, member));
                }
                if !agrees(asked.get(member), cells[usize::from(level) + 1]) {
                    differing.insert((platform.to_owned(), level, member));
                }
            }
        }
    }
    assert_eq!(differing, expected);
}

/// Whether a level asks for what a cell of the table says. What it does not ask for has to be what
/// a new policy has.
fn agrees(asked: Option<&Value>, cell: &str) -> bool {
    let sorted = |value: &Value| {
        let items = value.as_array().into_iter().flatten().map(Value::to_string);
        items.collect::<BTreeSet<_>>()
    };
    let usual = ["false", "5", "4", "\"PT0S\"", "\"PT30M\"", "\"allApps\"", "\"allow\""];
    let usual = [&usual[..], &["\"notConfigured\"", "\"numeric\"", "\"block\"", "-"]].concat();
    match (asked, cell) {
        (None, cell) => usual.contains(&cell),
        (Some(value), "(set)") => !value.is_null(),
        (Some(value), cell) => serde_json::from_str::<Value>(cell)
            .is_ok_and(|cell| *value == cell || value.is_array() && sorted(value) == sorted(&cell)),
    }
}

fn text_lacks_what_its_export_lacks() {
    for platform in ["ios", "android"] {
        let mut policy = fixture(platform, 1);
        policy.retain(|member, _| member.starts_with('@') || member == "displayName");
        policy.insert("appGroupType".to_owned(), json!("allCoreMicrosoftApps"));
        policy.insert("printBlocked".to_owned(), json!(true));
        let titles = |level: &PolicyLevel| -> Vec<_> {
            level.missing(3).iter().map(|one| (one.level, one.setting)).collect()
        };
        assert_eq!(titles(&decided(&imported(&policy))), titles(&assess(&policy)), "{platform}");
        // The time between checks, which some exports leave out.
        for (pin, credentials) in [(true, false), (true, true), (false, true), (false, false)] {
            for time in [None, Some("PT30M"), Some("PT15M"), Some("PT1H"), Some("PT0S")] {
                let mut policy = fixture(platform, 1);
                policy.insert("pinRequired".to_owned(), json!(pin));
                policy.insert("organizationalCredentialsRequired".to_owned(), json!(credentials));
                policy.remove("periodOnlineBeforeAccessCheck");
                let time =
                    time.map(|time| ("periodOnlineBeforeAccessCheck".to_owned(), json!(time)));
                policy.extend(time.clone());
                let (text, export) = (decided(&imported(&policy)), assess(&policy));
                let what = format!("{platform} {pin} {credentials} {time:?}");
                assert_eq!(titles(&text), titles(&export), "{what}");
                assert!(time.is_some() || !pin || export.reached == 1, "{what}");
            }
        }
    }
}
