//! Published tests (§8), each under its number, asked of the engine alone.
//!
//! A row has the policies that its source describes, as small pieces of JSON of our own, and what must
//! come out of scopes of movements: every movement of a scope, not an example of it.

use mam::analysis::Analysis;
use mam::{Answer, Compiler, Effect};
use serde_json::{Value, json};

pub(crate) const TESTS: crate::Tests =
    tests![published_rows_come_out_as_published, every_published_row_is_tried_or_set_aside,];

/// What must come out of every movement of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expected {
    Allow,
    Block,
    UpTo(u32),
    WithoutContent,
    TaggedWork,
}

use Expected::{Allow, Block, TaggedWork, UpTo, WithoutContent};

/// A row: its number, the policies, and what they must make of which movements.
struct Row(&'static str, Vec<Value>, Vec<(&'static str, Expected)>);

/// Rows that say nothing of movements as they are understood here, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    (
        "T70",
        "an app that is missing from a work profile; the engine does not know what is installed",
    ),
    ("T81", "an app that is paused and resumed; a decision has no memory"),
    ("T83", "a second managed account is refused at sign-in, which is no movement"),
    ("T84", "signing out removes data, which is no movement"),
    ("T85", "a selective wipe removes data, which is no movement"),
    ("T87", "switching accounts runs conditional launch: access, not movement"),
    ("T92", "conditional launch: access, not movement"),
    ("T93", "which PINs are simple: access, not movement"),
    ("T94", "device models of two policies: access, not movement"),
    ("T98", "which apps share a PIN: access, not movement"),
    ("T99", "offline grace: access, not movement"),
    ("T100", "offline grace: access, not movement"),
];

/// The published rows; numbers that are missing here are missing there.
const NUMBERS: &[u32] = &[
    1, 2, 3, 4, 6, 8, 10, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 24, 26, 28, 29, 30, 31, 40, 41,
    43, 44, 46, 50, 52, 54, 55, 56, 57, 60, 61, 62, 63, 64, 65, 67, 68, 70, 80, 81, 82, 83, 84, 85,
    87, 92, 93, 94, 97, 98, 99, 100,
];

// ---------------------------------------------------------------- policies

/// A policy of iOS for some apps: Outlook, Word, Excel, Edge, and one that has one account at a time.
fn ios(settings: Value) -> Value {
    let ids = [
        "com.microsoft.office.outlook",
        "com.microsoft.office.word",
        "com.microsoft.office.excel",
        "com.microsoft.msedge",
        "com.microsoft.skydrive",
        "com.microsoft.sharepoint",
    ];
    let app = |id: &str| {
        json!({"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.iosMobileAppIdentifier", "bundleId": id}})
    };
    policy("ios", ids.map(app).to_vec(), settings)
}

/// The same for Android.
fn android(settings: Value) -> Value {
    let ids = [
        "com.microsoft.office.outlook",
        "com.microsoft.office.word",
        "com.microsoft.office.excel",
        "com.microsoft.emmx",
        "com.microsoft.skydrive",
        "com.microsoft.sharepoint",
    ];
    let app = |id: &str| {
        json!({"mobileAppIdentifier": {
            "@odata.type": "#microsoft.graph.androidMobileAppIdentifier", "packageId": id}})
    };
    policy("android", ids.map(app).to_vec(), settings)
}

fn policy(platform: &str, apps: Vec<Value>, settings: Value) -> Value {
    let mut policy = json!({
        "@odata.type": format!("#microsoft.graph.{platform}ManagedAppProtection"),
        "displayName": format!("Fixture for {platform}"),
        "appGroupType": "selectedPublicApps",
        "apps": apps,
    });
    let members = settings.as_object().unwrap().clone();
    policy.as_object_mut().unwrap().extend(members);
    policy
}

/// Both platforms, as most rows have it.
fn phones(settings: Value) -> Vec<Value> {
    vec![ios(settings.clone()), android(settings)]
}

/// What the rows on transfer say: send to, and receive from, policy managed apps.
fn managed() -> Value {
    json!({
        "allowedOutboundDataTransferDestinations": "managedApps",
        "allowedInboundDataTransferSources": "managedApps",
    })
}

fn managed_and(more: Value) -> Value {
    let mut settings = managed();
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings
}

// ---------------------------------------------------------------- rows

/// §8.1.
fn transfer() -> Vec<Row> {
    let dropbox_ios = "share from outlook as work to \"ios:com.getdropbox.Dropbox\" on ios";
    let exempt = |schemes: &str| {
        managed_and(json!({
            "allowedOutboundClipboardSharingLevel": "managedApps",
            "exemptedAppProtocols": [{"name": "Default", "value": schemes}],
        }))
    };
    vec![
        Row(
            "T1",
            phones(managed()),
            vec![
                ("share from outlook as work to unlisted on ios, android", Block),
                ("share from outlook as work to word as personal on ios, android", Block),
            ],
        ),
        Row(
            "T2",
            phones(managed()),
            vec![("share from outlook as work to word as work on ios, android", Allow)],
        ),
        Row(
            "T3",
            phones(managed()),
            vec![
                ("share from outlook as personal to word as work on ios, android", Block),
                ("share from unlisted to word as work on ios, android", Block),
            ],
        ),
        Row(
            "T4",
            phones(managed()),
            vec![("share from outlook as personal to unlisted on ios, android", Allow)],
        ),
        Row(
            "T6",
            phones(managed()),
            vec![("share from word as work to outlook as work on ios, android", Allow)],
        ),
        Row(
            "T8",
            phones(managed()),
            vec![("share from unlisted to outlook as personal on ios, android", Allow)],
        ),
        Row(
            "T10",
            phones(managed()),
            vec![("share from excel as work to word as work on ios, android", Allow)],
        ),
        Row(
            "T12",
            phones(managed()),
            vec![
                ("share from word as personal to outlook as personal on ios, android", Allow),
                ("share from unlisted to outlook as personal on ios, android", Allow),
            ],
        ),
        Row(
            "T13",
            phones(managed()),
            vec![
                (
                    "share from sharepoint-app to unmanaged except android-exempt on ios, android",
                    Block,
                ),
                (
                    "share from sharepoint-app to managed except sharepoint-app on ios, android",
                    Allow,
                ),
            ],
        ),
        Row(
            "T14",
            phones(managed()),
            vec![
                (
                    "share from unmanaged except android-exempt to sharepoint-app on ios, android",
                    Block,
                ),
                (
                    "share from managed except sharepoint-app to sharepoint-app on ios, android",
                    Allow,
                ),
            ],
        ),
        Row(
            "T15",
            phones(managed()),
            vec![("share from unlisted to sharepoint-app on ios, android", Block)],
        ),
        Row(
            "T16",
            phones(managed()),
            vec![("share from outlook as work to sharepoint-app on ios, android", Allow)],
        ),
        Row(
            "T19",
            vec![android(json!({
                "allowedOutboundDataTransferDestinations": "managedApps",
                "allowedInboundDataTransferSources": "allApps",
            }))],
            vec![
                ("share from unlisted to outlook as work on android", Allow),
                ("share from outlook as work to word as work on android", Allow),
                ("share from outlook as work to \"android:com.android.chrome\" on android", Block),
            ],
        ),
        Row(
            "T20",
            vec![ios(managed())],
            vec![("share from outlook as work to word as work on ios", Allow)],
        ),
        // What arrives is not readable, which is what `block` means.
        Row(
            "T21",
            vec![ios(managed())],
            vec![("share from outlook as work to unlisted on ios", Block)],
        ),
        Row(
            "T21",
            vec![ios(json!({"allowedOutboundDataTransferDestinations": "none"}))],
            vec![("share from outlook as work to unlisted on ios", Block)],
        ),
        // "Save to Files" of the share sheet is a movement to an app here; saving copies is a setting
        // of its own.
        Row(
            "T22",
            vec![ios(managed_and(json!({"filterOpenInToOnlyManagedApps": true})))],
            vec![
                (dropbox_ios, Block),
                ("share from outlook as work to any-app except managed on ios", Block),
            ],
        ),
        Row(
            "T23",
            vec![ios(managed_and(json!({
                "disableProtectionOfManagedOutboundOpenInData": true,
            })))],
            vec![
                (
                    "share from onedrive-app as work to unlisted deployed on ios devices enrolled",
                    Allow,
                ),
                ("share from onedrive-app as work to unlisted on ios devices unmanaged", Block),
            ],
        ),
        Row(
            "T24",
            vec![ios(json!({
                "allowedInboundDataTransferSources": "allApps",
                "protectInboundDataFromUnknownSources": true,
            }))],
            vec![
                (
                    "share from unlisted deployed to word as work on ios devices enrolled",
                    TaggedWork,
                ),
                ("share from unlisted to word as work on ios devices unmanaged", Allow),
            ],
        ),
        // The source attributes the failure of pasting to sending as well; that half is doubtful.
        Row(
            "T26",
            phones(json!({"allowedOutboundDataTransferDestinations": "none"})),
            vec![("share from outlook as work to word as work on ios, android", Block)],
        ),
        Row(
            "T28",
            vec![ios(exempt("skype"))],
            vec![
                ("invoke from outlook as work to skype on ios", Allow),
                ("copy from outlook as work to skype on ios", Block),
                ("share from outlook as work to skype on ios", Block),
            ],
        ),
        Row(
            "T29",
            phones(managed()),
            vec![
                ("share from outlook as work to excel as work on ios, android", Allow),
                (dropbox_ios, Block),
                ("share from outlook as work to \"android:com.dropbox.android\" on android", Block),
            ],
        ),
        Row(
            "T30",
            vec![ios(exempt("wbx"))],
            vec![
                ("invoke from outlook as work to webex on ios", Allow),
                ("invoke from outlook as work to unlisted, apple-maps, skype on ios", Block),
            ],
        ),
        Row(
            "T31",
            vec![android(managed())],
            vec![("share from outlook as work to unlisted on android", Block)],
        ),
    ]
}

/// §8.2.
fn storages() -> Vec<Row> {
    let save = |blocked: bool, services: &[&str]| {
        phones(managed_and(json!({
            "saveAsBlocked": blocked, "allowedDataStorageLocations": services,
        })))
    };
    let open = |blocked: bool, services: &[&str]| {
        phones(managed_and(json!({
            "blockDataIngestionIntoOrganizationDocuments": blocked,
            "allowedDataIngestionLocations": services,
        })))
    };
    let onedrive = &["oneDriveForBusiness"];
    vec![
        Row(
            "T40",
            save(false, &[]),
            vec![("save from word as work to onedrive on ios, android", Allow)],
        ),
        Row(
            "T41",
            save(true, onedrive),
            vec![
                ("save from word as work to onedrive on ios, android", Allow),
                ("save from word as work to any-storage except onedrive on ios, android", Block),
            ],
        ),
        Row(
            "T43",
            open(false, &[]),
            vec![("open from onedrive to word as work on ios, android", Allow)],
        ),
        Row(
            "T44",
            open(true, onedrive),
            vec![
                ("open from onedrive to word as work on ios, android", Allow),
                ("open from any-storage except onedrive to word as work on ios, android", Block),
            ],
        ),
        Row(
            "T46",
            phones(json!({"allowedOutboundDataTransferDestinations": "none"})),
            vec![("save from word as work to device-storage on ios, android", Block)],
        ),
        Row(
            "T46",
            save(true, onedrive),
            vec![("save from word as work to device-storage on ios, android", Block)],
        ),
    ]
}

/// §8.3.
fn clipboard() -> Vec<Row> {
    let level = |level: &str| phones(json!({"allowedOutboundClipboardSharingLevel": level}));
    let exception = |level: &str, length: u32| {
        phones(json!({
            "allowedOutboundClipboardSharingLevel": level,
            "allowedOutboundClipboardSharingExceptionLength": length,
        }))
    };
    let between = "copy from outlook as work to word as work on ios, android";
    let out = "copy from outlook as work to unmanaged on ios, android";
    let inwards = "copy from unmanaged to outlook as work on ios, android";
    vec![
        Row("T50", level("managedApps"), vec![(out, Block), (between, Allow), (inwards, Block)]),
        Row("T52", level("blocked"), vec![(out, Block), (between, Block), (inwards, Block)]),
        Row(
            "T54",
            level("managedAppsWithPasteIn"),
            vec![(between, Allow), (inwards, Allow), (out, Block)],
        ),
        Row("T55", level("allApps"), vec![(between, Allow), (inwards, Allow), (out, Allow)]),
        Row("T56", exception("managedApps", 25), vec![(out, UpTo(25)), (between, Allow)]),
        Row("T56", exception("blocked", 25), vec![(out, UpTo(25)), (between, UpTo(25))]),
        Row("T56", exception("blocked", 65535), vec![(out, UpTo(65535))]),
        Row(
            "T57",
            vec![
                ios(managed_and(json!({
                    "allowedOutboundClipboardSharingLevel": "managedApps",
                    "exemptedAppProtocols": [{"name": "Webex", "value": "wbx"}],
                }))),
                android(managed_and(json!({
                    "allowedOutboundClipboardSharingLevel": "managedApps",
                    "exemptedAppPackages":
                        [{"name": "Webex", "value": "com.cisco.webex.meetings"}],
                }))),
            ],
            vec![("copy from outlook as work to webex on ios, android", Block)],
        ),
    ]
}

/// §8.4.
fn other_channels() -> Vec<Row> {
    let edge = managed_and(json!({
        "managedBrowserToOpenLinksRequired": true, "managedBrowser": "microsoftEdge",
    }));
    let gboard = json!([{"name": "com.google.android.inputmethod.latin", "value": "Gboard"}]);
    vec![
        Row(
            "T60",
            vec![android(json!({"screenCaptureBlocked": true}))],
            vec![
                ("capture from outlook as work, word as work on android", Block),
                ("capture from outlook as personal on android", Allow),
            ],
        ),
        Row(
            "T61",
            vec![
                ios(json!({"screenCaptureConfigurationState": "blocked"})),
                android(json!({"screenCaptureBlocked": true})),
            ],
            vec![("capture from word as work on ios, android", Block)],
        ),
        Row(
            "T61",
            vec![
                ios(managed_and(json!({"screenCaptureConfigurationState": "notBlocked"}))),
                android(managed_and(json!({"screenCaptureBlocked": false}))),
            ],
            vec![("capture from word as work on ios, android", Allow)],
        ),
        Row(
            "T62",
            phones(json!({"printBlocked": true})),
            vec![("print from word as work on ios, android", Block)],
        ),
        Row(
            "T62",
            phones(json!({"printBlocked": false})),
            vec![("print from word as work on ios, android", Allow)],
        ),
        Row(
            "T63",
            phones(edge),
            vec![
                ("link from outlook as work to edge as work on ios, android", Allow),
                ("link from outlook as work to browser, unlisted on ios, android", Block),
            ],
        ),
        Row(
            "T64",
            vec![android(json!({"keyboardsRestricted": true, "approvedKeyboards": gboard}))],
            vec![
                ("type from outlook as work to gboard on android", Allow),
                ("type from outlook as work to swiftkey, unlisted on android", Block),
            ],
        ),
        // For accounts that are not managed the sources differ; the SDK's contract leaves them alone.
        Row(
            "T65",
            phones(json!({"notificationRestriction": "block"})),
            vec![("notify from outlook as work on ios, android", Block)],
        ),
        Row(
            "T67",
            phones(json!({"notificationRestriction": "allow"})),
            vec![("notify from outlook as any on ios, android", Allow)],
        ),
        // That the scheme is `mybrowser` for http and `mybrowsers` for https is the host's affair.
        Row(
            "T68",
            vec![ios(json!({
                "managedBrowserToOpenLinksRequired": true, "customBrowserProtocol": "mybrowser",
            }))],
            vec![
                ("link from outlook as work to \"url:mybrowser:\" on ios", Allow),
                (
                    "link from outlook as work to browser, edge, unlisted except \"url:mybrowser:\" on ios",
                    Block,
                ),
            ],
        ),
    ]
}

/// §8.5, §8.6: what of them is a movement.
fn accounts_and_merging() -> Vec<Row> {
    let strict = managed_and(json!({
        "printBlocked": true, "dataBackupBlocked": true, "contactSyncBlocked": true,
        "notificationRestriction": "blockOrganizationalData",
    }));
    let keyboards = |ids: &[&str]| {
        let pairs: Vec<_> = ids.iter().map(|id| json!({"name": id, "value": "Keys"})).collect();
        android(json!({"keyboardsRestricted": true, "approvedKeyboards": pairs}))
    };
    let (gboard, swiftkey, samsung) = (
        "com.google.android.inputmethod.latin",
        "com.touchtype.swiftkey",
        "com.samsung.android.honeyboard",
    );
    vec![
        // Views of several accounts at once are not known here.
        Row(
            "T80",
            phones(strict.clone()),
            vec![
                ("print, backup, sync from outlook as work to any on ios, android", Block),
                (
                    "print, backup, sync, notify from outlook as personal to any on ios, android",
                    Allow,
                ),
            ],
        ),
        Row(
            "T82",
            phones(strict),
            vec![
                ("notify from outlook as work on ios, android", WithoutContent),
                ("notify from outlook as personal, outlook as other on ios, android", Allow),
                ("share from outlook as work to outlook as personal on ios, android", Block),
                ("share from outlook as personal to outlook as work on ios, android", Block),
            ],
        ),
        Row(
            "T97",
            vec![keyboards(&[gboard, swiftkey]), keyboards(&[swiftkey, samsung])],
            vec![
                ("type from outlook as work to swiftkey on android", Allow),
                (
                    "type from outlook as work to gboard, samsung-keyboard, unlisted on android",
                    Block,
                ),
            ],
        ),
    ]
}

/// §8.7: the levels of the data protection framework, as far as they speak of movements. They are
/// derived from its tables, not published as rows.
fn levels() -> Vec<Row> {
    let core = |platform: &str, settings: &Value| {
        let mut policy = policy(platform, Vec::new(), settings.clone());
        policy.as_object_mut().unwrap().remove("apps");
        policy["appGroupType"] = json!("allCoreMicrosoftApps");
        policy
    };
    let both = |settings: &Value| vec![core("ios", settings), core("android", settings)];
    let one = json!({});
    let mut two = json!({
        "dataBackupBlocked": true,
        "allowedOutboundDataTransferDestinations": "managedApps",
        "saveAsBlocked": true,
        "allowedDataStorageLocations": ["oneDriveForBusiness", "sharePoint", "photoLibrary"],
        "allowedOutboundClipboardSharingLevel": "managedAppsWithPasteIn",
        "screenCaptureBlocked": true,
        "managedBrowserToOpenLinksRequired": true,
        "managedBrowser": "microsoftEdge",
        "notificationRestriction": "blockOrganizationalData",
    });
    let level_two = both(&two);
    two.as_object_mut().unwrap().extend(
        json!({
            "allowedInboundDataTransferSources": "managedApps",
            "blockDataIngestionIntoOrganizationDocuments": true,
            "allowedDataIngestionLocations":
                ["oneDriveForBusiness", "sharePoint", "camera", "photoLibrary"],
            "thirdPartyKeyboardsBlocked": true,
            "keyboardsRestricted": true,
            "approvedKeyboards": [{"name": "com.touchtype.swiftkey", "value": "SwiftKey"}],
            "printBlocked": true,
        })
        .as_object()
        .unwrap()
        .clone(),
    );
    let saved = "save from word as work to onedrive, sharepoint, photo-library on ios, android";
    let not_saved = "save from word as work to any-storage except onedrive, sharepoint, \
                     photo-library on ios, android";
    vec![
        Row(
            "level 1",
            both(&one),
            vec![
                ("any from outlook as work to any on ios, android", Allow),
                ("any from any to outlook as work on ios, android", Allow),
            ],
        ),
        Row(
            "level 2",
            level_two,
            vec![
                ("share from outlook as work to unlisted on ios, android", Block),
                ("share from outlook as work to word as work on ios, android", Allow),
                ("share from unlisted to outlook as work on ios, android", Allow),
                ("copy from outlook as work to unmanaged on ios, android", Block),
                ("copy from unmanaged to outlook as work on ios, android", Allow),
                (saved, Allow),
                (not_saved, Block),
                ("open from any to word as work on ios, android", Allow),
                ("link from outlook as work to edge as work on ios, android", Allow),
                ("link from outlook as work to browser, unlisted on ios, android", Block),
                ("notify from outlook as work on ios, android", WithoutContent),
                ("print from outlook as work on ios, android", Allow),
                ("backup from outlook as work on ios, android", Block),
                ("capture from outlook as work on android", Block),
                ("type from outlook as work to any on ios, android", Allow),
            ],
        ),
        Row(
            "level 3",
            both(&two),
            vec![
                ("share from unlisted to outlook as work on ios, android", Block),
                ("share from word as work to outlook as work on ios, android", Allow),
                (
                    "open from onedrive, sharepoint, camera, photo-library to word as work on ios, \
                 android",
                    Allow,
                ),
                (
                    "open from any-storage except onedrive, sharepoint, camera, photo-library to word \
                 as work on ios, android",
                    Block,
                ),
                ("print from outlook as work on ios, android", Block),
                ("type from outlook as any to any on ios", Block),
                ("type from outlook as work to swiftkey on android", Allow),
                ("type from outlook as work to gboard, unlisted on android", Block),
                ("copy from unmanaged to outlook as work on ios, android", Allow),
            ],
        ),
    ]
}

// ---------------------------------------------------------------- checks

fn rows() -> Vec<Row> {
    [transfer(), storages(), clipboard(), other_channels(), accounts_and_merging(), levels()]
        .into_iter()
        .flatten()
        .collect()
}

fn published_rows_come_out_as_published() {
    let failures: Vec<_> = rows().iter().flat_map(failures).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

fn every_published_row_is_tried_or_set_aside() {
    let rows = rows();
    for number in NUMBERS.iter().map(|number| format!("T{number}")) {
        let tried = rows.iter().any(|Row(row, ..)| *row == number);
        let set_aside = ELSEWHERE.iter().any(|(row, why)| *row == number && !why.is_empty());
        assert!(tried != set_aside, "{number} is tried: {tried}, set aside: {set_aside}");
    }
}

/// What does not come out of a row as it must.
fn failures(Row(number, policies, claims): &Row) -> Vec<String> {
    let texts: Vec<_> = (policies.iter().zip(1..))
        .map(|(policy, at)| (format!("policy-{at}.json"), policy.to_string()))
        .collect();
    let files: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let checked = Compiler::new().check_all(&files);
    let analysis = match Analysis::new(&checked) {
        Ok(analysis) => analysis,
        Err(errors) => return vec![format!("{number}: {errors}")],
    };
    let mut failures = Vec::new();
    for (text, expected) in claims {
        let scope = match checked.question(text) {
            Ok(scope) => scope,
            Err(errors) => {
                failures.push(format!("{number}: {text}: {errors}"));
                continue;
            }
        };
        let parts = analysis.decide(&scope).unwrap();
        if parts.is_empty() {
            failures.push(format!("{number}: {text}: no such movement"));
        }
        failures.extend(parts.iter().filter(|part| !is(&part.answer, *expected)).map(|part| {
            let (scope, answer) = (&part.scope, &part.answer);
            format!("{number}: {scope}: {expected:?} is published, found {answer:?}")
        }));
    }
    failures
}

fn is(answer: &Answer, expected: Expected) -> bool {
    let limits = &answer.limits;
    let limits = (limits.characters, limits.content, limits.tagged);
    match (answer.effect, expected) {
        (Effect::Block, Block) => true,
        (Effect::Allow, Allow) => limits == (None, None, None),
        (Effect::Allow, UpTo(characters)) => limits == (Some(characters), None, None),
        (Effect::Allow, WithoutContent) => limits == (None, Some(false), None),
        (Effect::Allow, TaggedWork) => limits == (None, None, Some("work")),
        _ => false,
    }
}
