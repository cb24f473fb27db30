//! Data transfer, a family of settings: sending, receiving, saving copies, opening data.

use std::collections::BTreeSet;

use super::exemptions::{self, default_apps, package_pairs, scheme_pairs, schemes_of};
use super::observed::{Counterpart, EffectCount, Observed, blocks};
use super::reader::SettingsReader;
use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::{At, Line, RuleBuilder};
use crate::intune::names::{AppRef, Names};
use crate::intune::schema::{INGESTION, STORAGES};
use crate::intune::value::Value;
use crate::syntax::ast::{SetWord, Term};
use crate::vocabulary::{Channel, Place, Platform, RuleEffect, Side};

/// The choices of "Send org data to other apps", the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::intune) enum Send {
    All,
    /// Policy managed apps with OS sharing (iOS).
    OsSharing,
    Managed,
    None,
}

/// The choices of "Receive data from other apps", the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::intune) enum Receive {
    All,
    /// All apps with incoming org data (iOS).
    Tagged,
    Managed,
    None,
}

/// The settings for data between apps, and between apps and storages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) struct Transfer {
    pub(in crate::intune) send: Send,
    /// The exempt apps, if "Send org data" is for managed apps only: they may be opened by their schemes
    /// (iOS), or data may be exchanged with them (Android).
    pub(in crate::intune) exempt: BTreeSet<AppRef>,
    /// The services to which copies may be saved; `None` stands for all.
    pub(in crate::intune) save: Option<BTreeSet<&'static str>>,
    pub(in crate::intune) receive: Receive,
    /// The services from which data may be opened; `None` stands for all.
    pub(in crate::intune) open: Option<BTreeSet<&'static str>>,
}

/// Services in the words of Graph, with their storages.
const SERVICES: &[(&str, &str)] = &[
    ("oneDriveForBusiness", "onedrive"),
    ("sharePoint", "sharepoint"),
    ("box", "box"),
    ("localStorage", "device-storage"),
    ("photoLibrary", "photo-library"),
    ("iManage", "imanage"),
    ("egnyte", "egnyte"),
    ("camera", "camera"),
];

const INGESTION_LOCATIONS: &str = "allowedDataIngestionLocations";

/// The storage of a service.
fn storage_of(service: &str) -> Option<&'static str> {
    SERVICES.iter().find(|(known, _)| *known == service).map(|(_, storage)| *storage)
}

impl Send {
    /// Whether some app is blocked.
    pub(in crate::intune) const fn is_held(self) -> bool {
        !matches!(self, Self::All)
    }

    /// Whether only unmanaged apps are blocked.
    pub(in crate::intune) const fn is_managed(self) -> bool {
        matches!(self, Self::OsSharing | Self::Managed)
    }
}

impl Transfer {
    pub(super) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let send = read_send(reader);
        let receive = read_receive(reader);
        let exempt = if send.is_managed() { exemptions::read(reader) } else { BTreeSet::new() };
        let save = read_save(reader, send);
        let open = read_open(reader, receive);
        Self { send, exempt, save, receive, open }
    }

    /// The weakest settings that are at least as strict as observed.
    pub(super) fn fit(observed: &Observed, names: &Names) -> Self {
        let saves_held = observed.leaving(Channel::Save).any(|(_, verdict)| blocks(verdict));
        let opens_held = observed.arriving(Channel::Open).any(|(_, verdict)| blocks(verdict));
        let send = fit_send(observed, saves_held);
        let receive = fit_receive(observed, opens_held);
        let chosen = |side, channel, services: &[&'static str]| -> BTreeSet<&'static str> {
            let free = observed.free_storages(side, channel);
            let is_free =
                |service: &&str| storage_of(service).is_some_and(|one| free.contains(one));
            services.iter().copied().filter(is_free).collect()
        };
        let save = match send {
            Send::All => None,
            Send::None => Some(BTreeSet::new()),
            Send::OsSharing | Send::Managed => {
                saves_held.then(|| chosen(Side::Source, Channel::Save, STORAGES))
            }
        };
        let open = match receive {
            Receive::All | Receive::Tagged => None,
            Receive::None => Some(BTreeSet::new()),
            Receive::Managed => opens_held.then(|| chosen(Side::Target, Channel::Open, INGESTION)),
        };
        let exempt = if send.is_managed() {
            exemptions::fit(observed, receive == Receive::Managed, names)
        } else {
            BTreeSet::new()
        };
        Self { send, exempt, save, receive, open }
    }

    /// Whether one of some schemes is exempt.
    pub(in crate::intune) fn exempts(&self, schemes: &[&str], names: &Names) -> bool {
        self.exempt.iter().any(|app| schemes_of(app, names).any(|one| schemes.contains(&one)))
    }

    // ------------------------------------------------------------ rules

    /// Rules for data that leaves for other apps.
    pub(super) fn leaving(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let at = emitter.at("allowedOutboundDataTransferDestinations");
        let is_android = emitter.platform == Platform::Android;
        let share = || at.block(&[Channel::Share]);
        match self.send {
            Send::All => Vec::new(),
            Send::None => {
                let block = at.block(transfer_channels(emitter.platform));
                vec![block.target(SetWord::Any, vec![]).line()]
            }
            Send::Managed if is_android => {
                let except = self.exempt_packages(emitter, at);
                vec![share().target(SetWord::Unmanaged, except).line()]
            }
            Send::Managed => {
                let share = share().target(SetWord::Unmanaged, vec![]).line();
                vec![share, self.invoking(emitter)]
            }
            Send::OsSharing => {
                let deployed = Term { deployed: Some(at.0), ..at.word(SetWord::Any) };
                let (alone, managed) =
                    (emitter.levels.has_unmanaged(), emitter.levels.has_enrolled());
                let on = |rule: RuleBuilder, state| {
                    if alone && managed { rule.devices(&[state]) } else { rule }
                };
                let mut lines = Vec::new();
                if alone {
                    let rule = share().target(SetWord::Unmanaged, vec![]);
                    lines.push(on(rule, "unmanaged").line());
                }
                if managed {
                    let rule = share().target(SetWord::Unmanaged, vec![deployed]);
                    let note = "with OS sharing: the MDM keeps deployed apps to themselves";
                    lines.push(on(rule, "enrolled").note(note));
                }
                lines.push(self.invoking(emitter));
                lines
            }
        }
    }

    /// The rule for apps that are opened by their schemes, with the exempt ones.
    fn invoking(&self, emitter: &RuleEmitter<'_>) -> Line {
        let members = ["exemptedAppProtocols", "allowedOutboundDataTransferDestinations"];
        let at = emitter.at_first(&members);
        let usual = default_apps(emitter.names);
        let (mut except, rest): (_, Vec<&AppRef>) = if usual.is_subset(&self.exempt) {
            (at.names(&["ios-exempt"]), self.exempt.difference(&usual).collect())
        } else {
            (Vec::new(), self.exempt.iter().collect())
        };
        except.extend(emitter.whole(rest, at));
        at.block(&[Channel::Invoke]).target(SetWord::Unmanaged, except).line()
    }

    fn exempt_packages(&self, emitter: &RuleEmitter<'_>, at: At) -> Vec<Term> {
        let mut terms = at.names(&["android-exempt"]);
        terms.extend(emitter.whole(&self.exempt, at));
        terms
    }

    /// Rules for copies that are saved.
    pub(super) fn saving(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let Some(services) = &self.save else { return Vec::new() };
        let at = emitter.at_first(match self.send {
            Send::None => &["allowedOutboundDataTransferDestinations"],
            _ => &["saveAsBlocked", "allowedOutboundDataTransferDestinations"],
        });
        let save = at.block(&[Channel::Save]).target(SetWord::Any, storages(at, services));
        let own = at.refuse(&[Channel::Open]);
        let own = own.source(SetWord::CorporateStorage, vec![]);
        let own = own.target(SetWord::Unmanaged, vec![]).app_wide();
        vec![save.line(), own.note("personal accounts as well")]
    }

    /// Rules for data that arrives from other apps.
    pub(super) fn arriving(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let at = emitter.at("allowedInboundDataTransferSources");
        let channels = transfer_channels(emitter.platform);
        let refuse = at.refuse(channels);
        match self.receive {
            Receive::All => Vec::new(),
            Receive::Tagged => {
                let at = emitter.at("protectInboundDataFromUnknownSources");
                let rule = at.rule(RuleEffect::Accept, channels);
                let rule = rule.source(SetWord::Unmanaged, vec![]).tagged();
                let narrow = emitter.levels.has_unmanaged();
                vec![if narrow { rule.devices(&["enrolled"]) } else { rule }.line()]
            }
            Receive::Managed => {
                let except = match emitter.platform {
                    Platform::Android if self.send == Send::Managed => {
                        self.exempt_packages(emitter, at)
                    }
                    Platform::Android => at.names(&["android-exempt"]),
                    Platform::Ios | Platform::Windows => Vec::new(),
                };
                vec![refuse.source(SetWord::Unmanaged, except).line()]
            }
            Receive::None => vec![refuse.source(SetWord::Any, vec![]).line()],
        }
    }

    /// Rules for data that is opened or inserted.
    pub(super) fn opening(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let Some(services) = &self.open else { return Vec::new() };
        let at = emitter.at_first(match self.receive {
            Receive::None => &["allowedInboundDataTransferSources"],
            _ => &[
                "blockDataIngestionIntoOrganizationDocuments",
                "allowedInboundDataTransferSources",
            ],
        });
        let open = at.refuse(&[Channel::Open]).source(SetWord::Any, storages(at, services));
        let own = at.block(&[Channel::Save]).source(SetWord::Unmanaged, vec![]);
        let own = own.target(SetWord::CorporateStorage, vec![]).app_wide();
        vec![open.line(), own.note("personal accounts as well")]
    }

    // ------------------------------------------------------------ members

    pub(super) fn write(&self, emitter: &mut MemberEmitter<'_>) {
        let send = match self.send {
            Send::All => "allApps",
            Send::OsSharing | Send::Managed => "managedApps",
            Send::None => "none",
        };
        emitter.word("allowedOutboundDataTransferDestinations", send);
        emitter.bool("disableProtectionOfManagedOutboundOpenInData", self.send == Send::OsSharing);
        let usual = default_apps(emitter.names);
        let exempt = if self.send.is_managed() { &self.exempt } else { &usual };
        emitter.set("exemptedAppProtocols", Value::Pairs(scheme_pairs(exempt, emitter.names)));
        emitter
            .set("exemptedAppPackages", Value::Pairs(package_pairs(&self.exempt, emitter.names)));
        emitter.bool("saveAsBlocked", self.save.is_some());
        emitter.set("allowedDataStorageLocations", services(self.save.as_ref(), STORAGES, &[]));

        let receive = match self.receive {
            Receive::All | Receive::Tagged => "allApps",
            Receive::Managed => "managedApps",
            Receive::None => "none",
        };
        emitter.word("allowedInboundDataTransferSources", receive);
        emitter.bool("protectInboundDataFromUnknownSources", self.receive == Receive::Tagged);
        emitter.bool("blockDataIngestionIntoOrganizationDocuments", self.open.is_some());
        // A new policy has all services selected.
        emitter.set(INGESTION_LOCATIONS, services(self.open.as_ref(), INGESTION, INGESTION));
    }
}

/// The channels of "Send org data" and "Receive data".
const fn transfer_channels(platform: Platform) -> &'static [Channel] {
    match platform {
        Platform::Android => &[Channel::Share],
        Platform::Ios | Platform::Windows => &[Channel::Share, Channel::Invoke],
    }
}

/// Services in the order of the schema; the default if none are chosen.
fn services(
    chosen: Option<&BTreeSet<&'static str>>,
    order: &[&'static str],
    usual: &[&'static str],
) -> Value {
    Value::Words(match chosen {
        Some(chosen) => order.iter().copied().filter(|one| chosen.contains(one)).collect(),
        None => usual.to_vec(),
    })
}

fn storages(at: At, services: &BTreeSet<&'static str>) -> Vec<Term> {
    let chosen = SERVICES.iter().filter(|(service, _)| services.contains(service));
    chosen.map(|(_, storage)| at.named(storage)).collect()
}

// ---------------------------------------------------------------- fitting

fn fit_send(observed: &Observed, saves_held: bool) -> Send {
    let channels = transfer_channels(observed.platform);
    let effects = |managed| {
        let ends = channels.iter().flat_map(|channel| observed.leaving(*channel));
        EffectCount::of(ends, managed)
    };
    let (managed, unmanaged) = (effects(true), effects(false));
    // Siri and Spotlight count as other apps. Only this setting blocks them.
    let is_ios = observed.platform == Platform::Ios;
    let assistant_held = is_ios && observed.is_held_from(Channel::Assist, Place::Assistant);
    if !(managed.is_held() || unmanaged.is_held() || saves_held || assistant_held) {
        return Send::All;
    }
    if managed.is_held() || observed.platform == Platform::Windows {
        return Send::None;
    }
    if is_ios && is_os_sharing(observed) { Send::OsSharing } else { Send::Managed }
}

/// Whether the share sheet is blocked for all unmanaged apps but those that the MDM deployed.
fn is_os_sharing(observed: &Observed) -> bool {
    let unmanaged = |wanted: bool| {
        let is = move |other: &Counterpart| matches!(other, Counterpart::App { managed: false, deployed, .. } if *deployed == wanted);
        EffectCount::of(observed.leaving(Channel::Share).filter(move |(other, _)| is(other)), false)
    };
    unmanaged(true).is_free() && unmanaged(false).is_held()
}

fn fit_receive(observed: &Observed, opens_held: bool) -> Receive {
    let channels = transfer_channels(observed.platform);
    let ends = || channels.iter().flat_map(|channel| observed.arriving(*channel));
    let (managed, unmanaged) = (EffectCount::of(ends(), true), EffectCount::of(ends(), false));
    if managed.is_held() || unmanaged.is_held() || opens_held {
        let is_none = managed.is_held() || observed.platform == Platform::Windows;
        return if is_none { Receive::None } else { Receive::Managed };
    }
    let is_tagged = ends().any(|(_, verdict)| verdict.obligations.tagged);
    if is_tagged && observed.platform == Platform::Ios { Receive::Tagged } else { Receive::All }
}

// ---------------------------------------------------------------- reading

fn read_send(reader: &mut SettingsReader<'_>) -> Send {
    let members = reader.members;
    let os_sharing = members.bool("disableProtectionOfManagedOutboundOpenInData");
    let filtered = members.bool("filterOpenInToOnlyManagedApps");
    let send = match members.word("allowedOutboundDataTransferDestinations") {
        "managedApps" => Send::Managed,
        "none" => Send::None,
        _ => Send::All,
    };
    let flags = [
        ("disableProtectionOfManagedOutboundOpenInData", os_sharing),
        ("filterOpenInToOnlyManagedApps", filtered),
    ];
    if send != Send::Managed {
        for (name, _) in flags.into_iter().filter(|(_, set)| *set) {
            let help = "it counts only if org data is sent to policy managed apps";
            reader.contradiction(name, "does nothing here", help);
        }
        return send;
    }
    if os_sharing && !reader.levels.has_enrolled() {
        let name = "disableProtectionOfManagedOutboundOpenInData";
        let help = "OS sharing needs an MDM; data goes to policy managed apps, as it does without";
        reader.contradiction(name, "does nothing on unmanaged devices", help);
        return Send::Managed;
    }
    if os_sharing && filtered {
        let help = "filtering counts only without OS sharing, and OS sharing wins";
        reader.contradiction("filterOpenInToOnlyManagedApps", "contradicts OS sharing", help);
    }
    // Filtering decides nothing more; it is kept as a `setting`.
    if os_sharing { Send::OsSharing } else { Send::Managed }
}

fn read_receive(reader: &mut SettingsReader<'_>) -> Receive {
    let members = reader.members;
    let tagged = members.bool("protectInboundDataFromUnknownSources");
    let receive = match members.word("allowedInboundDataTransferSources") {
        "managedApps" => Receive::Managed,
        "none" => Receive::None,
        _ if tagged => Receive::Tagged,
        _ => Receive::All,
    };
    let name = "protectInboundDataFromUnknownSources";
    if tagged && receive != Receive::Tagged {
        let help = "it counts only if data is received from all apps";
        reader.contradiction(name, "does nothing here", help);
    }
    if receive == Receive::Tagged && !reader.levels.has_enrolled() {
        let help = "only an enrolled device knows the work account of arriving data";
        reader.contradiction(name, "does nothing on unmanaged devices", help);
        return Receive::All;
    }
    receive
}

fn read_save(reader: &mut SettingsReader<'_>, send: Send) -> Option<BTreeSet<&'static str>> {
    let members = reader.members;
    let blocked = members.bool("saveAsBlocked");
    let chosen: BTreeSet<_> = members.words("allowedDataStorageLocations").into_iter().collect();
    match send {
        Send::All => {
            if blocked {
                let help = "data may be sent to all apps, which forces \"Save copies\" to Allow";
                reader.contradiction("saveAsBlocked", "does nothing here", help);
            }
            None
        }
        Send::None => {
            if !chosen.is_empty() && blocked {
                let help = "data is sent to no app, which forces \"Save copies\" to Block";
                reader.contradiction("allowedDataStorageLocations", "does nothing here", help);
            }
            Some(BTreeSet::new())
        }
        Send::OsSharing | Send::Managed => blocked.then_some(chosen),
    }
}

fn read_open(reader: &mut SettingsReader<'_>, receive: Receive) -> Option<BTreeSet<&'static str>> {
    let members = reader.members;
    let blocked = members.bool("blockDataIngestionIntoOrganizationDocuments");
    let chosen: BTreeSet<_> = if members.has(INGESTION_LOCATIONS) {
        members.words(INGESTION_LOCATIONS).into_iter().collect()
    } else {
        // A new policy has all services selected.
        INGESTION.iter().copied().collect()
    };
    match receive {
        Receive::All | Receive::Tagged => {
            if blocked {
                let help = "data is received from all apps, which forces \"Open data into Org \
                            documents\" to Allow; old clients are known to block all the same";
                let name = "blockDataIngestionIntoOrganizationDocuments";
                reader.contradiction(name, "does nothing here", help);
            }
            None
        }
        Receive::Managed => blocked.then_some(chosen),
        Receive::None => Some(BTreeSet::new()),
    }
}
