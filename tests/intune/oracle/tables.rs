//! The oracle against the truth tables of the reference, so that a slip in it is not looked for in the
//! engine. Nothing of the engine is asked here.

use mam::vocabulary::{Account, Channel, DeviceState, Place, Platform};
use serde_json::{Value, json};

use super::decide::{Limits, Outcome, decide};
use super::movement::{App, Device, End, Movement, Party, Storage, User};
use super::policy::Policy;

pub(crate) const TESTS: crate::Tests = tests![
    identities_by_channels,
    transfer_by_receivers,
    clipboard_by_levels,
    the_exception_is_for_company_data,
    incoming_data_is_tagged,
    places_by_accounts,
];

/// Who takes part: the managed identity of an app, a personal account of the same app, another app
/// with either, an app without the SDK, and one that an exemption names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Work,
    Personal,
    OtherWork,
    OtherPersonal,
    Unmanaged,
    Exempt,
    /// Without the SDK, installed by the MDM.
    Deployed,
}

use Who::{Deployed, Exempt, OtherPersonal, OtherWork, Personal, Unmanaged, Work};

/// Whether something gets through.
const YES: bool = true;
const NO: bool = false;

struct Table {
    policies: [Policy; 1],
    device: Device,
    mail: App,
    docs: App,
    chat: App,
    exempt: App,
}

impl Table {
    fn new(platform: Platform, state: DeviceState, settings: &Value) -> Self {
        let (id_member, ids) = match platform {
            Platform::Ios => ("bundleId", ["mail", "docs"]),
            Platform::Android => ("packageId", ["mail", "docs"]),
            Platform::Windows => ("windowsAppId", ["mail", "docs"]),
            other => panic!("no id is known for {other}"),
        };
        let apps = ids.map(|id| json!({"mobileAppIdentifier": {id_member: id}}));
        let mut json = json!({
            "@odata.type": format!("#microsoft.graph.{platform}ManagedAppProtection"),
            "apps": apps,
            "exemptedAppProtocols": [{"name": "Skype", "value": "skype;"}],
            "exemptedAppPackages": [{"name": "Skype", "value": "com.skype.raider"}],
        });
        json.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let app = |id: &str, sdk: bool| App {
            name: id.to_owned(),
            ids: vec![id.to_owned()],
            urls: Vec::new(),
            sdk,
            multi_identity: sdk,
            stand_in: false,
            core: false,
            microsoft: false,
        };
        Self {
            policies: [Policy::read(&json).unwrap()],
            device: Device { platform, state },
            mail: app("mail", true),
            docs: app("docs", true),
            chat: app("chat", false),
            exempt: App { urls: vec!["skype:".to_owned()], ..app("com.skype.raider", false) },
        }
    }

    fn end(&self, who: Who) -> End<'_> {
        let (app, account) = match who {
            Work => (&self.mail, Account::Work),
            Personal => (&self.mail, Account::Personal),
            OtherWork => (&self.docs, Account::Work),
            OtherPersonal => (&self.docs, Account::Personal),
            Unmanaged | Deployed => (&self.chat, Account::Personal),
            Exempt => (&self.exempt, Account::Personal),
        };
        End::App(Party { app, account, deployed: who == Deployed })
    }

    fn outcome(&self, channel: Channel, source: End<'_>, target: End<'_>) -> Option<Outcome> {
        let name = |end| match end {
            End::App(Party { app, .. }) => Some(app.name.clone()),
            End::Storage(_) | End::Place(_) => None,
        };
        let movement = Movement {
            channel,
            source,
            target,
            device: self.device,
            user: &User::default(),
            one_app: name(source).is_some() && name(source) == name(target),
            characters: None,
        };
        decide(&self.policies, &movement).map(|say| say.outcome)
    }

    fn passes(&self, channel: Channel, source: End<'_>, target: End<'_>) -> bool {
        self.outcome(channel, source, target) != Some(Outcome::Blocked)
    }

    fn moves(&self, channel: Channel, source: Who, target: Who) -> bool {
        self.passes(channel, self.end(source), self.end(target))
    }

    fn saves(&self, source: Who, name: &str, corporate: bool) -> bool {
        let storage = End::Storage(Storage { name, corporate });
        self.passes(Channel::Save, self.end(source), storage)
    }

    fn opens(&self, name: &str, corporate: bool, target: Who) -> bool {
        let storage = End::Storage(Storage { name, corporate });
        self.passes(Channel::Open, storage, self.end(target))
    }
}

/// §5.17: sending, receiving and pasting among policy managed apps; OneDrive alone to save to and to
/// open from.
fn identities_by_channels() {
    let settings = json!({
        "allowedOutboundDataTransferDestinations": "managedApps",
        "allowedInboundDataTransferSources": "managedApps",
        "allowedOutboundClipboardSharingLevel": "managedApps",
        "saveAsBlocked": true,
        "allowedDataStorageLocations": ["oneDriveForBusiness"],
        "blockDataIngestionIntoOrganizationDocuments": true,
        "allowedDataIngestionLocations": ["oneDriveForBusiness"],
    });
    for platform in [Platform::Ios, Platform::Android] {
        let table = Table::new(platform, DeviceState::Unmanaged, &settings);
        let rows = [
            (Work, OtherWork, YES),
            (Work, Personal, NO),
            (Work, OtherPersonal, NO),
            (Work, Unmanaged, NO),
            (Personal, Work, NO),
            (OtherPersonal, Work, NO),
            (Unmanaged, Work, NO),
            (Personal, OtherPersonal, YES),
            (Personal, Unmanaged, YES),
            (Unmanaged, Personal, YES),
        ];
        for (from, to, expected) in rows {
            for channel in [Channel::Share, Channel::Copy] {
                let found = table.moves(channel, from, to);
                assert_eq!(found, expected, "{platform}: {channel} from {from:?} to {to:?}");
            }
        }
        for (who, name, corporate, expected) in [
            (Work, "onedrive", true, YES),
            (Work, "sharepoint", true, NO),
            (Work, "dropbox", false, NO),
            (Work, "device-storage", false, NO),
            (Personal, "onedrive", true, NO),
            (Personal, "dropbox", false, YES),
        ] {
            assert_eq!(table.saves(who, name, corporate), expected, "save from {who:?} to {name}");
            assert_eq!(table.opens(name, corporate, who), expected, "open from {name} to {who:?}");
        }
    }
}

/// §5.1: the sender's level by who receives; ingress is open.
fn transfer_by_receivers() {
    let (all, managed, none) = (
        json!({"allowedOutboundDataTransferDestinations": "allApps"}),
        json!({"allowedOutboundDataTransferDestinations": "managedApps"}),
        json!({"allowedOutboundDataTransferDestinations": "none"}),
    );
    let filtered = json!({
        "allowedOutboundDataTransferDestinations": "managedApps",
        "filterOpenInToOnlyManagedApps": true,
    });
    let os_sharing = json!({
        "allowedOutboundDataTransferDestinations": "managedApps",
        "disableProtectionOfManagedOutboundOpenInData": true,
    });
    let (alone, enrolled) = (DeviceState::Unmanaged, DeviceState::Intune);
    let (ios, android) = (Platform::Ios, Platform::Android);
    let share = Channel::Share;
    // By receiver: the same identity, no managed identity, unmanaged, exempt, deployed.
    let rows = [
        (ios, enrolled, share, &all, [YES, YES, YES, YES, YES]),
        (ios, enrolled, share, &managed, [YES, NO, NO, NO, NO]),
        (ios, enrolled, share, &filtered, [YES, NO, NO, NO, NO]),
        (ios, enrolled, share, &os_sharing, [YES, NO, NO, NO, YES]),
        (ios, alone, share, &os_sharing, [YES, NO, NO, NO, NO]),
        (ios, enrolled, share, &none, [NO, NO, NO, NO, NO]),
        (ios, enrolled, Channel::Invoke, &managed, [YES, NO, NO, YES, NO]),
        (ios, enrolled, Channel::Invoke, &none, [NO, NO, NO, NO, NO]),
        (android, enrolled, share, &all, [YES, YES, YES, YES, YES]),
        (android, enrolled, share, &managed, [YES, NO, NO, YES, NO]),
        (android, enrolled, share, &none, [NO, NO, NO, NO, NO]),
    ];
    for (platform, state, channel, settings, expected) in rows {
        let table = Table::new(platform, state, settings);
        let receivers = [OtherWork, OtherPersonal, Unmanaged, Exempt, Deployed];
        let found = receivers.map(|who| table.moves(channel, Work, who));
        assert_eq!(found, expected, "{platform} {state} {channel} {settings}");
    }
}

/// §5.6: the levels of the clipboard, on phones and on Windows.
fn clipboard_by_levels() {
    let rows = [
        (Platform::Ios, "allApps", [YES, YES, YES, YES]),
        (Platform::Ios, "managedAppsWithPasteIn", [YES, NO, YES, YES]),
        (Platform::Ios, "managedApps", [YES, NO, YES, NO]),
        (Platform::Ios, "blocked", [NO, NO, NO, NO]),
        (Platform::Windows, "anyDestinationAnySource", [YES, YES, YES, YES]),
        (Platform::Windows, "orgDestinationAnySource", [YES, NO, YES, YES]),
        (Platform::Windows, "orgDestinationOrgSource", [YES, NO, YES, NO]),
        (Platform::Windows, "none", [NO, NO, NO, NO]),
    ];
    for (platform, level, expected) in rows {
        let level = json!({"allowedOutboundClipboardSharingLevel": level});
        let table = Table::new(platform, DeviceState::Unmanaged, &level);
        let pairs = [(Work, OtherWork), (Work, Unmanaged), (OtherWork, Work), (Unmanaged, Work)];
        let found = pairs.map(|(from, to)| table.moves(Channel::Copy, from, to));
        assert_eq!(found, expected, "{platform} {level}");
        assert!(table.moves(Channel::Copy, Work, Work), "inside one app under one account");
        assert!(table.moves(Channel::Copy, Personal, Unmanaged), "personal data");
    }
}

/// §5.6: the exception lets company data out, and nothing in.
fn the_exception_is_for_company_data() {
    let settings = json!({
        "allowedOutboundClipboardSharingLevel": "blocked",
        "allowedOutboundClipboardSharingExceptionLength": 25,
    });
    let table = Table::new(Platform::Ios, DeviceState::Unmanaged, &settings);
    let copy = |from, to| table.outcome(Channel::Copy, table.end(from), table.end(to));
    let limited = Some(Outcome::Allowed(Limits { characters: Some(25), ..Limits::default() }));
    assert_eq!(copy(Work, Unmanaged), limited);
    assert_eq!(copy(Work, OtherWork), limited);
    assert_eq!(copy(Unmanaged, Work), Some(Outcome::Blocked));
    assert_eq!(copy(Personal, Unmanaged), None);
}

/// §5.4: data that arrives from outside becomes the company's on enrolled devices only.
fn incoming_data_is_tagged() {
    let settings = json!({"protectInboundDataFromUnknownSources": true});
    for (state, tagged) in [(DeviceState::Unmanaged, false), (DeviceState::Intune, true)] {
        let table = Table::new(Platform::Ios, state, &settings);
        let share = |from| table.outcome(Channel::Share, table.end(from), table.end(Work));
        let expected = Some(Outcome::Allowed(Limits { tagged, ..Limits::default() }));
        assert_eq!(share(Unmanaged), expected, "{state}");
        assert_eq!(share(OtherWork), Some(Outcome::Allowed(Limits::default())), "{state}");
    }
}

/// §5.11 to §5.15, for the managed identity and for the personal account beside it.
fn places_by_accounts() {
    let settings = json!({
        "printBlocked": true,
        "dataBackupBlocked": true,
        "notificationRestriction": "block",
        "contactSyncBlocked": true,
        "allowWidgetContentSync": true,
        "genmojiConfigurationState": "blocked",
        "thirdPartyKeyboardsBlocked": true,
        "allowedOutboundDataTransferDestinations": "managedApps",
    });
    let table = Table::new(Platform::Ios, DeviceState::Unmanaged, &settings);
    for (channel, place, expected) in [
        (Channel::Print, Place::Printer, NO),
        (Channel::Backup, Place::DeviceBackup, NO),
        (Channel::Notify, Place::Notifications, NO),
        (Channel::Capture, Place::Screen, NO),
        (Channel::Sync, Place::NativeContacts, NO),
        (Channel::Sync, Place::Widgets, YES),
        (Channel::Assist, Place::Assistant, NO),
        (Channel::Assist, Place::Genmoji, NO),
        (Channel::Assist, Place::WritingTools, YES),
    ] {
        let passes = |who| table.passes(channel, table.end(who), End::Place(place));
        assert_eq!(passes(Work), expected, "{channel} to {place}");
        assert!(passes(Personal), "{channel} to {place}");
    }
    assert!(!table.moves(Channel::Type, Work, Unmanaged));
    assert!(!table.moves(Channel::Type, Personal, Unmanaged), "keyboards belong to the app");
}
