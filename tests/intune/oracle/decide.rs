//! The procedures: what becomes of a movement under some policies.
//!
//! One procedure for each channel, each with the number of the section that it writes down. *Blocked*
//! means that no readable company data arrives, whether the target is not offered, gets a notice or
//! ciphertext, or another app opens.

use mam::vocabulary::{Account, Channel, DeviceState, Place, Platform};

use super::movement::{App, Device, End, Movement, Party, Storage, User};
use super::policy::{Apps, Clipboard, Notifications, People, Policy, Receive, Redirect, Send};

/// What becomes of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    Allowed(Limits),
    Blocked,
}

/// Under which limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Limits {
    /// No more than this many characters.
    pub(crate) characters: Option<u32>,
    /// A notification without content.
    pub(crate) without_content: bool,
    /// The data becomes company data on arrival.
    pub(crate) tagged: bool,
}

/// What a policy says of one side of a movement, and by which member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Say {
    pub(crate) outcome: Outcome,
    pub(crate) by: &'static str,
}

fn allow(by: &'static str) -> Say {
    Say { outcome: Outcome::Allowed(Limits::default()), by }
}

fn within(limits: Limits, by: &'static str) -> Say {
    Say { outcome: Outcome::Allowed(limits), by }
}

fn block(by: &'static str) -> Say {
    Say { outcome: Outcome::Blocked, by }
}

fn block_if(blocked: bool, by: &'static str) -> Say {
    if blocked { block(by) } else { allow(by) }
}

/// What becomes of a movement; `None` where no policy has anything to say and the data moves freely.
///
/// §1.6: of several policies the strictest counts, setting by setting. That numbers in conflict fall
/// back to a default is left out: which numbers do is not known.
pub(crate) fn decide(policies: &[Policy], movement: &Movement<'_>) -> Option<Say> {
    let case = |policy| Case { policies, policy, movement };
    policies.iter().filter_map(|policy| case(policy).decide()).reduce(both)
}

/// The stricter of two; limits add up.
fn both(a: Say, b: Say) -> Say {
    match (a.outcome, b.outcome) {
        (Outcome::Blocked, _) => a,
        (_, Outcome::Blocked) => b,
        (Outcome::Allowed(one), Outcome::Allowed(other)) => {
            let characters = [one.characters, other.characters].into_iter().flatten().min();
            let limits = Limits {
                characters,
                without_content: one.without_content || other.without_content,
                tagged: one.tagged || other.tagged,
            };
            let by = if other == Limits::default() { a.by } else { b.by };
            within(limits, by)
        }
    }
}

/// One policy among others, and a movement.
struct Case<'a> {
    policies: &'a [Policy],
    policy: &'a Policy,
    movement: &'a Movement<'a>,
}

impl Case<'_> {
    /// What the policy says.
    fn decide(&self) -> Option<Say> {
        if self.stays_inside() {
            return None;
        }
        let policy = self.policy;
        let says = match self.movement.channel {
            Channel::Share | Channel::Invoke => [self.send(), self.receive()],
            Channel::Copy => [self.copy_out(), self.paste_in()],
            Channel::Save => [self.save(), self.save_into_work_account()],
            Channel::Open => [self.open(), self.open_from_work_account()],
            Channel::Link => [self.link(), None],
            Channel::Call => [self.call(), None],
            Channel::Message => [self.message(), None],
            Channel::Type => [self.keyboard(), self.keyboard_for_all_accounts()],
            Channel::Print => {
                [self.leaving_work(|| block_if(policy.print_blocked, "§5.9 printBlocked")), None]
            }
            Channel::Backup => [
                self.leaving_work(|| block_if(policy.backup_blocked, "§5.13 dataBackupBlocked")),
                None,
            ],
            Channel::Notify => [self.leaving_work(|| self.notify()), None],
            Channel::Capture => [self.leaving_work(|| self.capture()), None],
            Channel::Sync => [self.leaving_work(|| self.sync()), None],
            Channel::Assist => [self.leaving_work(|| self.assist()), None],
            other => panic!("nothing is known of {other}"),
        };
        // §5.0: a movement is judged twice and must pass both.
        says.into_iter().flatten().reduce(both)
    }

    // ------------------------------------------------------------ when the policy applies

    /// §1.2: the user, the app and the device must all be meant by a policy.
    fn is_meant(&self, policy: &Policy, app: &App) -> bool {
        let Device { platform, state } = self.movement.device;
        platform == policy.platform
            && policy.binds(self.movement.user)
            && app.sdk
            && is_targeted(&policy.apps, app)
            && is_level(&policy.levels, platform, state)
    }

    /// §1.6, rule 6: a policy for all device states gives way to one for the state of this device. One that may be
    /// for others puts none aside.
    fn applies(&self, policy: &Policy, app: &App) -> bool {
        let is_specific = |other: &&Policy| !other.levels.is_empty() && other.is_certain;
        let gives_way = policy.levels.is_empty()
            && self.policies.iter().filter(is_specific).any(|other| self.is_meant(other, app));
        self.is_meant(policy, app) && !gives_way
    }

    /// §1.5: under a managed identity, by whichever policy. An app that has one account at a time has
    /// no other then.
    fn is_managed(&self, end: End<'_>) -> bool {
        let End::App(Party { app, account, .. }) = end else { return false };
        self.policies.iter().any(|policy| self.applies(policy, app))
            && (account == Account::Work || !app.multi_identity)
    }

    fn source_is_managed(&self) -> bool {
        self.is_managed(self.movement.source)
    }

    fn target_is_managed(&self) -> bool {
        self.is_managed(self.movement.target)
    }

    /// An end that the policy protects: its app, under the managed identity.
    fn is_protected(&self, end: End<'_>) -> bool {
        let End::App(Party { app, .. }) = end else { return false };
        self.applies(self.policy, app) && self.is_managed(end)
    }

    /// Another account in an app that the policy protects.
    fn is_beside_work(&self, end: End<'_>) -> bool {
        let End::App(Party { app, .. }) = end else { return false };
        self.applies(self.policy, app) && !self.is_managed(end)
    }

    /// §5.0: one app, one identity.
    fn stays_inside(&self) -> bool {
        let channels = [
            Channel::Share,
            Channel::Invoke,
            Channel::Copy,
            Channel::Link,
            Channel::Call,
            Channel::Message,
        ];
        channels.contains(&self.movement.channel)
            && self.movement.one_app
            && self.source_is_managed()
            && self.target_is_managed()
    }

    /// Says something of what leaves the managed identity, and nothing of anything else.
    fn leaving_work(&self, say: impl FnOnce() -> Say) -> Option<Say> {
        self.is_protected(self.movement.source).then(say)
    }

    fn entering_work(&self, say: impl FnOnce() -> Say) -> Option<Say> {
        self.is_protected(self.movement.target).then(say)
    }

    fn on(&self, platform: Platform) -> bool {
        self.policy.platform == platform
    }

    /// A device of an MDM: on iOS it tells the apps who the work account is (§1.4).
    fn is_enrolled(&self) -> bool {
        self.movement.device.state != DeviceState::Unmanaged
    }

    /// §2.2: exemptions are offered with "policy managed apps" only.
    fn has_exemptions(&self) -> bool {
        matches!(self.policy.send, Send::Managed | Send::OsSharing | Send::Filtered)
    }

    // ------------------------------------------------------------ §5.1 transfer, outwards

    fn send(&self) -> Option<Say> {
        let by = "§5.1 allowedOutboundDataTransferDestinations";
        let is_managed = self.target_is_managed();
        let End::App(target) = self.movement.target else { return None };
        self.leaving_work(|| match self.policy.send {
            Send::All => allow(by),
            Send::None => block(by),
            _ if is_managed => allow(by),
            _ if self.is_exempt(target.app) => allow("§3 exemptions"),
            // §5.1: the system decides, and lets the data go where the MDM rules.
            Send::OsSharing if self.movement.channel == Channel::Share && self.is_enrolled() => {
                block_if(!target.deployed, "§5.1 disableProtectionOfManagedOutboundOpenInData")
            }
            _ => block(by),
        })
    }

    /// §3.1, §3.3: on iOS by the scheme that invokes the app, on Android by the package, where some
    /// packages are exempt by themselves.
    fn is_exempt(&self, app: &App) -> bool {
        let named = |is: &dyn Fn(&str) -> bool| {
            self.has_exemptions() && self.policy.exempt.iter().any(|one| is(one))
        };
        match (self.policy.platform, self.movement.channel) {
            (Platform::Ios, Channel::Invoke) => named(&|scheme| app.has_scheme(scheme)),
            (Platform::Android, Channel::Share) => {
                ALWAYS_EXEMPT.iter().any(|id| app.has_id(id)) || named(&|id| app.has_id(id))
            }
            _ => false,
        }
    }

    // ------------------------------------------------------------ §5.4 transfer, inwards

    fn receive(&self) -> Option<Say> {
        let by = "§5.4 allowedInboundDataTransferSources";
        let is_managed = self.source_is_managed();
        let End::App(source) = self.movement.source else { return None };
        self.entering_work(|| match self.policy.receive {
            Receive::All => allow(by),
            Receive::Incoming => {
                let tagged = self.is_enrolled() && !is_managed;
                within(
                    Limits { tagged, ..Limits::default() },
                    "§5.4 protectInboundDataFromUnknownSources",
                )
            }
            Receive::Managed if is_managed => allow(by),
            Receive::Managed if self.on(Platform::Android) && self.is_exempt(source.app) => {
                allow("§3 exemptions")
            }
            Receive::Managed | Receive::None => block(by),
        })
    }

    // ------------------------------------------------------------ §5.3 saving

    fn save(&self) -> Option<Say> {
        let End::Storage(storage) = self.movement.target else { return None };
        self.leaving_work(|| match self.policy.send {
            Send::All => allow("§5.3 allowedOutboundDataTransferDestinations"),
            Send::None => block("§5.3 allowedOutboundDataTransferDestinations"),
            _ if !self.policy.save_as_blocked => allow("§5.3 saveAsBlocked"),
            _ => block_if(
                !is_selected(&self.policy.allowed_storage, storage),
                "§5.3 allowedDataStorageLocations",
            ),
        })
    }

    /// §5.3, the other side: data of another account arrives in the work account's storage.
    fn save_into_work_account(&self) -> Option<Say> {
        let End::Storage(storage) = self.movement.target else { return None };
        let arrives = storage.corporate && self.is_beside_work(self.movement.source);
        let refused = match self.policy.receive {
            Receive::All | Receive::Incoming => false,
            Receive::None => true,
            Receive::Managed => self.policy.block_ingestion,
        };
        (arrives && refused).then_some(block("§5.3 the account of the destination"))
    }

    // ------------------------------------------------------------ §5.5 opening

    fn open(&self) -> Option<Say> {
        let End::Storage(storage) = self.movement.source else { return None };
        self.entering_work(|| match self.policy.receive {
            Receive::All | Receive::Incoming => allow("§5.5 allowedInboundDataTransferSources"),
            Receive::None => block("§5.5 allowedInboundDataTransferSources"),
            Receive::Managed if !self.policy.block_ingestion => {
                allow("§5.5 blockDataIngestionIntoOrganizationDocuments")
            }
            Receive::Managed => block_if(
                !is_selected(&self.policy.allowed_ingestion, storage),
                "§5.5 allowedDataIngestionLocations",
            ),
        })
    }

    /// §5.5, the other side: data of the work account's storage leaves it for another account.
    fn open_from_work_account(&self) -> Option<Say> {
        let End::Storage(storage) = self.movement.source else { return None };
        let leaves = storage.corporate && self.is_beside_work(self.movement.target);
        let refused = match self.policy.send {
            Send::All => false,
            Send::None => true,
            _ => self.policy.save_as_blocked,
        };
        (leaves && refused).then_some(block("§5.5 the account of the location"))
    }

    // ------------------------------------------------------------ §5.6 clipboard

    fn copy_out(&self) -> Option<Say> {
        let is_managed = self.target_is_managed();
        let by = "§5.6 allowedOutboundClipboardSharingLevel, out";
        self.leaving_work(|| match self.policy.clipboard {
            Clipboard::Any => allow(by),
            Clipboard::PasteIn | Clipboard::Managed if is_managed => allow(by),
            _ => self.up_to_the_exception(by),
        })
    }

    /// Data of a managed identity comes in by the exception as it goes out by it; other data does not.
    fn paste_in(&self) -> Option<Say> {
        let is_managed = self.source_is_managed();
        let by = "§5.6 allowedOutboundClipboardSharingLevel, in";
        self.entering_work(|| match self.policy.clipboard {
            Clipboard::Any | Clipboard::PasteIn => allow(by),
            Clipboard::Managed => block_if(!is_managed, by),
            Clipboard::Blocked if is_managed => self.up_to_the_exception(by),
            Clipboard::Blocked => block(by),
        })
    }

    fn up_to_the_exception(&self, by: &'static str) -> Say {
        let limit = self.policy.exception;
        let is_longer = self.movement.characters.is_some_and(|length| length > limit);
        if limit == 0 || is_longer {
            return block(by);
        }
        within(
            Limits { characters: Some(limit), ..Limits::default() },
            "§5.6 allowedOutboundClipboardSharingExceptionLength",
        )
    }

    // ------------------------------------------------------------ links

    /// §5.7: phone numbers.
    fn call(&self) -> Option<Say> {
        let is_exempt = self.is_exempt_scheme("tel") || self.is_exempt_scheme("telprompt");
        self.redirect(&self.policy.dialer, is_exempt, "§5.7 dialerRestrictionLevel")
    }

    /// §5.8: messages.
    fn message(&self) -> Option<Say> {
        let is_exempt = self.is_exempt_scheme("sms");
        self.redirect(&self.policy.messaging, is_exempt, "§5.8 protectedMessagingRedirectAppType")
    }

    /// On iOS an exempt scheme beats the setting.
    fn is_exempt_scheme(&self, scheme: &str) -> bool {
        self.on(Platform::Ios)
            && self.has_exemptions()
            && self.policy.exempt.iter().any(|one| one == scheme)
    }

    fn redirect(&self, level: &Redirect, is_exempt: bool, by: &'static str) -> Option<Say> {
        let is_managed = self.target_is_managed();
        let End::App(target) = self.movement.target else { return None };
        self.leaving_work(|| match level {
            _ if self.on(Platform::Windows) => allow("§2.5 no such setting"),
            _ if is_exempt => allow("§3.1 exempt scheme"),
            Redirect::Any => allow(by),
            Redirect::Managed => block_if(!is_managed, by),
            Redirect::App(named) => block_if(
                !named.as_ref().is_some_and(|named| self.answers_to(target.app, named)),
                by,
            ),
            Redirect::Blocked => block(by),
        })
    }

    /// Whether an app is the one that a policy names, by scheme or by package.
    fn answers_to(&self, app: &App, named: &str) -> bool {
        match self.policy.platform {
            Platform::Ios => app.has_scheme(named),
            _ => app.has_id(named),
        }
    }

    /// §5.10: web links.
    fn link(&self) -> Option<Say> {
        let is_managed = self.target_is_managed();
        let End::App(target) = self.movement.target else { return None };
        let is_work = target.account == Account::Work || is_managed;
        let opens = |links: &[String]| target.app.has_all_links_in(links);
        self.leaving_work(|| {
            if !self.policy.browser_required || self.on(Platform::Windows) {
                return allow("§5.10 managedBrowserToOpenLinksRequired");
            }
            if self.on(Platform::Ios) {
                if opens(&self.policy.exempt_links) {
                    return allow("§5.10 exemptedUniversalLinks");
                }
                if opens(&self.policy.managed_links) && target.app.sdk && is_work {
                    return allow("§5.10 managedUniversalLinks");
                }
            } else if is_managed {
                // The SDK cannot tell browsers apart.
                return allow("§5.10 other managed browsers");
            }
            match &self.policy.custom_browser {
                Some(named) => {
                    block_if(!self.answers_to(target.app, named), "§5.10 the custom browser")
                }
                None => block_if(!(target.app.name == "edge" && is_work), "§5.10 managedBrowser"),
            }
        })
    }

    // ------------------------------------------------------------ §5.14 keyboards

    /// Android: none but the approved ones, for work data.
    fn keyboard(&self) -> Option<Say> {
        let End::App(target) = self.movement.target else { return None };
        self.leaving_work(|| match &self.policy.keyboards {
            _ if self.policy.third_party_keyboards_blocked => {
                block("§5.14 thirdPartyKeyboardsBlocked")
            }
            Some(approved) => block_if(
                !approved.iter().any(|id| target.app.has_id(id)),
                "§5.14 approvedKeyboards",
            ),
            None => allow("§5.14 no keyboard is restricted"),
        })
    }

    /// iOS: the whole app has the system's keyboard only, whatever the account.
    fn keyboard_for_all_accounts(&self) -> Option<Say> {
        let other = self.is_beside_work(self.movement.source);
        (other && self.policy.third_party_keyboards_blocked)
            .then_some(block("§5.14 thirdPartyKeyboardsBlocked"))
    }

    // ------------------------------------------------------------ places

    /// §5.11: only what belongs to the managed account is held back.
    fn notify(&self) -> Say {
        let by = "§5.11 notificationRestriction";
        match self.policy.notifications {
            _ if self.on(Platform::Windows) => allow("§2.5 no such setting"),
            Notifications::Allow => allow(by),
            Notifications::WithoutContent => {
                within(Limits { without_content: true, ..Limits::default() }, by)
            }
            Notifications::Block => block(by),
        }
    }

    /// §5.12: without a state of its own, iOS blocks where sending is restricted.
    fn capture(&self) -> Say {
        match (self.policy.platform, self.policy.screen_capture) {
            (Platform::Windows, _) => allow("§2.5 no such setting"),
            (Platform::Android, blocked) => {
                block_if(blocked == Some(true), "§5.12 screenCaptureBlocked")
            }
            (Platform::Ios, Some(blocked)) => {
                block_if(blocked, "§5.12 screenCaptureConfigurationState")
            }
            (Platform::Ios, None) => {
                block_if(self.policy.send != Send::All, "§5.12 no screenCaptureConfigurationState")
            }
            (other, _) => panic!("nothing is known of {other}"),
        }
    }

    /// §5.12, and the side effects of §5.1.
    fn assist(&self) -> Say {
        match (self.movement.target, self.policy.platform) {
            (End::Place(Place::Genmoji), Platform::Ios) => {
                block_if(self.policy.genmoji_blocked, "§5.12 genmojiConfigurationState")
            }
            (End::Place(Place::WritingTools), Platform::Ios) => {
                block_if(self.policy.writing_tools_blocked, "§5.12 writingToolsConfigurationState")
            }
            (End::Place(Place::Assistant), Platform::Ios) => {
                block_if(self.policy.send != Send::All, "§5.1 side effects of sending")
            }
            (End::Place(Place::Assistant), Platform::Android) => {
                block_if(self.policy.screen_capture == Some(true), "§5.12 screenCaptureBlocked")
            }
            _ => allow("§5.12 no such setting"),
        }
    }

    /// §5.15: widgets have a switch of their own.
    fn sync(&self) -> Say {
        let spared =
            self.movement.target == End::Place(Place::Widgets) && self.policy.widgets_allowed;
        block_if(self.policy.sync_blocked && !spared, "§5.15 contactSyncBlocked")
    }
}

impl Policy {
    /// §1.2: exclusion beats inclusion.
    pub(crate) fn binds(&self, user: &User) -> bool {
        let is_in = |groups: &[String]| groups.iter().any(|group| user.groups.contains(group));
        match &self.people {
            People::Everybody { but } => !is_in(but),
            People::Groups { of, but } => is_in(of) && !is_in(but),
            People::Nobody => user.declared,
        }
    }
}

/// §1.3.
fn is_targeted(apps: &Apps, app: &App) -> bool {
    match apps {
        Apps::Selected(ids) if ids.is_empty() => app.stand_in,
        Apps::Selected(ids) => ids.iter().any(|id| app.has_id(id)),
        Apps::Beside(group, ids) => is_targeted(group, app) || ids.iter().any(|id| app.has_id(id)),
        Apps::CoreMicrosoft => app.core,
        Apps::Microsoft => app.microsoft,
        Apps::All => true,
    }
}

/// §1.4, §1.9.
fn is_level(levels: &[String], platform: Platform, state: DeviceState) -> bool {
    let level = match (platform, state) {
        // A managed device gets no policy at all.
        (Platform::Windows, _) => return state == DeviceState::Unmanaged,
        (_, DeviceState::Unmanaged) | (Platform::Android, DeviceState::ThirdParty) => "unmanaged",
        (_, DeviceState::Intune | DeviceState::Configmgr | DeviceState::ThirdParty) => "mdm",
        (_, DeviceState::AndroidEnterprise) => "androidEnterprise",
        (_, DeviceState::AndroidDedicated) => {
            "androidEnterpriseDedicatedDevicesWithAzureAdSharedMode"
        }
        (_, DeviceState::Aosp) => "androidOpenSourceProjectUserAssociated",
        (_, DeviceState::AospUserless) => "androidOpenSourceProjectUserless",
        (_, other) => panic!("no level is known for {other}"),
    };
    levels.is_empty() || levels.iter().any(|one| one == level)
}

/// Whether a storage is among the selected services. What belongs to an account must belong to the
/// managed one, and those that Intune cannot select are never among them.
fn is_selected(services: &[String], storage: Storage<'_>) -> bool {
    let service = match (storage.name, storage.corporate) {
        ("onedrive", true) => "oneDriveForBusiness",
        ("sharepoint", true) => "sharePoint",
        ("box", true) => "box",
        ("egnyte", true) => "egnyte",
        ("imanage", true) => "iManage",
        ("device-storage", false) => "localStorage",
        ("photo-library", false) => "photoLibrary",
        ("camera", false) => "camera",
        _ => return false,
    };
    services.iter().any(|one| one == service)
}

/// §3.3: the packages that exchange data with every protected app, in both directions.
const ALWAYS_EXEMPT: &[&str] = &[
    "com.android.phone",
    "com.android.vending",
    "com.google.android.webview",
    "com.android.webview",
    "com.google.android.tts",
    "com.android.providers.settings",
    "com.android.settings",
    "com.azure.authenticator",
    "com.microsoft.windowsintune.companyportal",
    "com.android.providers.contacts",
    "com.samsung.android.providers.contacts",
    "com.android.providers.blockednumber",
];
