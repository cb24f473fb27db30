//! `require` and `launch`: who may open an app, and in which state, as typed and checked data.
//!
//! Takes in the statements of one policy together with where that policy applies, gives out
//! [`Access`] and diagnostics: what is wrong about a statement, and what is odd about all of them
//! together. It evaluates nothing, and knows nothing of movements, apps and users. Which platform
//! has which field and which condition is written down in [`Field`] and [`Subject`].

use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

use super::words::{self, quoted};
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::source::Span;
use crate::syntax::ast::{self, Name, Spanned, Test, Text, Value, Words};
use crate::syntax::print::quote;
use crate::vocabulary::{DeviceState, DeviceStates, Platform, Platforms};

// ---------------------------------------------------------------- the data

/// Enums whose values are words of the language, each listed once, the laxest first.
macro_rules! words {
    ($(
        $(#[$meta:meta])*
        $vis:vis $name:ident { $( $(#[$about:meta])* $variant:ident = $word:literal, )* }
    )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $( $(#[$about])* $variant, )* }

        impl $name {
            const WORDS: &'static [(&'static str, Self)] = &[ $( ($word, Self::$variant), )* ];

            /// The word that stands for this value in `.mam` text.
            #[must_use]
            $vis const fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.word())
            }
        }
    )* };
}

words! {
    /// What happens when a launch condition holds.
    pub Action {
        /// The user is told, and may go on.
        Warn = "warn",
        /// The work account cannot be used until the condition no longer holds.
        Block = "block",
        /// The work account's data is removed from the app.
        Wipe = "wipe",
    }

    /// What a PIN is made of.
    pub PinKind {
        /// Digits.
        Numeric = "numeric",
        /// Digits, letters and symbols.
        Alphanumeric = "alphanumeric",
    }

    /// What may take the place of the PIN.
    pub Biometrics {
        /// Whatever the device has.
        Yes = "yes",
        /// On iOS the face, not the finger.
        Face = "face",
        /// On iOS the finger, not the face.
        Touch = "touch",
        /// Nothing.
        No = "no",
    }

    /// What happens when the last attempt has failed.
    pub AfterAttempts {
        /// The user sets a new PIN, with the account's credentials.
        Reset = "reset",
        /// The work account's data is removed from the app.
        Wipe = "wipe",
    }

    /// When iOS keeps data at rest unreadable.
    pub EncryptionClass {
        /// Until the device is unlocked for the first time after a start.
        Restart = "restart",
        /// While the device is locked, but for files that are open.
        OpenFiles = "open-files",
        /// While the device is locked.
        Locked = "locked",
    }

    /// How endangered a device is, as its threat defence says.
    pub Threat {
        /// No threats.
        Secured = "secured",
        /// Low.
        Low = "low",
        /// Medium.
        Medium = "medium",
        /// High.
        High = "high",
    }

    /// What the platform attests of an Android device.
    pub Integrity {
        /// It passes basic checks.
        Basic = "basic",
        /// It is a certified device as well.
        Device = "device",
        /// The hardware vouches for that.
        Strong = "strong",
    }

    /// How hard the screen lock of an Android device is to guess.
    pub DeviceLock {
        /// A pattern, or a short PIN.
        Low = "low",
        /// A PIN or password of some length.
        Medium = "medium",
        /// A long PIN or password.
        High = "high",
    }

    /// How Samsung's attestation of a device went wrong.
    pub Knox {
        /// It failed on a device that can attest.
        FailedIfSupported = "failed-if-supported",
        /// It failed, or the device cannot attest.
        Failed = "failed",
    }
}

/// A requirement or a launch condition of a policy, with where it applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// What it says.
    pub kind: AccessKind,
    /// The platforms of the policy on which the statement says it and which have such a thing.
    pub platforms: Platforms,
    /// The device management states of the policy in which the statement says it.
    pub devices: DeviceStates,
    /// Its place, without the keyword.
    pub span: Span,
}

/// What an [`Access`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessKind {
    /// What a user must do, or the app be, before it opens.
    Require(Requirement),
    /// What happens at start in a given state.
    Launch {
        /// What happens.
        action: Action,
        /// In which state.
        condition: Condition,
    },
}

/// What a user must do, or the app be, before it opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// A PIN for the apps of the policy.
    Pin(Box<Pin>),
    /// The work account's credentials, besides a PIN.
    Credentials {
        /// Minutes without use after which they are asked for again.
        recheck_minutes: Option<Spanned<u32>>,
    },
    /// Company data at rest is encrypted.
    Encryption {
        /// When it is unreadable; only on iOS.
        class: Option<Spanned<EncryptionClass>>,
    },
}

/// The fields of `require pin`, each with the place of all of it. `None` is not written: what then
/// holds is the system's affair.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pin {
    /// Characters that it has at least.
    pub length: Option<Spanned<u8>>,
    /// What it is made of.
    pub kind: Option<Spanned<PinKind>>,
    /// Whether it may run in sequence or repeat itself.
    pub simple: Option<Spanned<bool>>,
    /// How often it may be wrong.
    pub attempts: Option<Spanned<Attempts>>,
    /// Earlier PINs that it must not repeat; only on Android.
    pub history: Option<Spanned<u8>>,
    /// Days after which it is to be changed.
    pub expires_days: Option<Spanned<u16>>,
    /// What may take its place.
    pub biometrics: Option<Spanned<Biometrics>>,
    /// Minutes without use after which it is asked for all the same.
    pub biometrics_override_minutes: Option<Spanned<u32>>,
    /// The class that biometrics must be of; only on Android.
    pub biometrics_class: Option<Spanned<u8>>,
    /// It is asked for when the device's biometrics have changed; only on Android.
    pub biometrics_change_ask: Option<Span>,
    /// Minutes without use after which it is asked for again.
    pub recheck_minutes: Option<Spanned<u32>>,
    /// It is not asked for where an enrolled device has a PIN of its own.
    pub skip_with_device_pin: Option<Span>,
}

/// How often a PIN may be wrong, and what happens then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempts {
    /// How often.
    pub count: u16,
    /// What happens then.
    pub then: AfterAttempts,
}

/// The state in which a launch condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// The operating system is older.
    OsBelow(Version),
    /// The operating system is newer.
    OsAbove(Version),
    /// The last security patch of an Android device is older.
    PatchBefore(Date),
    /// The app is older.
    AppBelow(Version),
    /// The MAM SDK in the app is older.
    SdkBelow(Version),
    /// The Company Portal of an Android device is older.
    CompanyPortalBelow(Version),
    /// The Company Portal of an Android device was updated longer ago.
    CompanyPortalOlder {
        /// How long ago, in days; zero never holds.
        days: u16,
    },
    /// The app has not reached the service for longer.
    Offline {
        /// How long, in minutes.
        minutes: u32,
    },
    /// The device is jailbroken or rooted.
    Jailbroken,
    /// The work account is disabled or deleted.
    AccountDisabled,
    /// The device is more endangered, or nothing is known of that.
    ThreatAbove(Threat),
    /// The platform attests less of an Android device.
    IntegrityBelow(Integrity),
    /// An Android device does not scan its apps for threats.
    AppScanOff,
    /// The screen lock of an Android device is easier to guess.
    DeviceLockBelow(DeviceLock),
    /// Samsung's attestation went wrong.
    Knox(Knox),
    /// The device is of none of these models.
    ModelNotIn(NameList),
    /// The device is from none of these manufacturers.
    ManufacturerNotIn(NameList),
    /// The user is not at work.
    OffDuty,
}

/// A version: one to four numbers. Missing ones count as zero.
#[derive(Debug, Clone)]
pub struct Version(Vec<u32>);

impl Version {
    /// The most numbers that a version has.
    const PARTS: usize = 4;

    /// Its numbers, as many as are written.
    #[must_use]
    pub fn parts(&self) -> &[u32] {
        &self.0
    }

    /// All four numbers.
    fn padded(&self) -> impl Iterator<Item = u32> {
        self.0.iter().copied().chain(std::iter::repeat(0)).take(Self::PARTS)
    }
}

impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.padded().cmp(other.padded())
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Version {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Version {}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    // INVARIANT: the order of the fields is that of the comparison.
    year: u16,
    month: u8,
    day: u8,
}

impl Date {
    /// The day, if the calendar has it.
    #[must_use]
    pub const fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let is_leap =
            year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => 0,
        };
        if year == 0 || day == 0 || day > days { None } else { Some(Self { year, month, day }) }
    }

    /// Its year.
    #[must_use]
    pub const fn year(self) -> u16 {
        self.year
    }

    /// Its month, from 1.
    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    /// Its day in the month, from 1.
    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    /// The day of a text like `2026-01-01`.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
        Self::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

/// Names of models or manufacturers. Upper and lower case are one.
#[derive(Debug, Clone)]
pub struct NameList {
    written: Vec<String>,
    folded: BTreeSet<String>,
}

impl NameList {
    fn new(written: Vec<String>) -> Self {
        let folded = written.iter().map(|name| name.to_lowercase()).collect();
        Self { written, folded }
    }

    /// The names, as they are written.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.written
    }

    /// Whether a name is in the list.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.folded.contains(&name.to_lowercase())
    }
}

impl PartialEq for NameList {
    fn eq(&self, other: &Self) -> bool {
        self.folded == other.folded
    }
}

impl Eq for NameList {}

impl fmt::Display for NameList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, name) in self.written.iter().enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{}", quote(name))?;
        }
        Ok(())
    }
}

impl fmt::Display for Condition {
    /// As `.mam` text writes it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OsBelow(version) => write!(f, "os < {version}"),
            Self::OsAbove(version) => write!(f, "os > {version}"),
            Self::PatchBefore(date) => write!(f, "patch < {date}"),
            Self::AppBelow(version) => write!(f, "app < {version}"),
            Self::SdkBelow(version) => write!(f, "sdk < {version}"),
            Self::CompanyPortalBelow(version) => write!(f, "company-portal < {version}"),
            Self::CompanyPortalOlder { days } => write!(f, "company-portal-age > {days} days"),
            Self::Offline { minutes } => write!(f, "offline > {}", duration(*minutes)),
            Self::Jailbroken => f.write_str("jailbroken"),
            Self::AccountDisabled => f.write_str("account-disabled"),
            Self::ThreatAbove(threat) => write!(f, "threat > {threat}"),
            Self::IntegrityBelow(integrity) => write!(f, "integrity < {integrity}"),
            Self::AppScanOff => f.write_str("app-scan off"),
            Self::DeviceLockBelow(lock) => write!(f, "device-lock < {lock}"),
            Self::Knox(knox) => write!(f, "knox {knox}"),
            Self::ModelNotIn(list) => write!(f, "model not in {list}"),
            Self::ManufacturerNotIn(list) => write!(f, "manufacturer not in {list}"),
            Self::OffDuty => f.write_str("off-duty"),
        }
    }
}

/// Minutes in the largest unit that holds them without a rest.
fn duration(minutes: u32) -> String {
    let fits = |unit: u32| minutes >= unit && minutes.is_multiple_of(unit);
    let (count, unit) = if fits(DAY) {
        (minutes / DAY, "day")
    } else if fits(HOUR) {
        (minutes / HOUR, "hour")
    } else {
        (minutes, "minute")
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

// ---------------------------------------------------------------- what exists where

const ALL: &[Platform] = Platform::ALL;
const MOBILE: &[Platform] = &[Platform::Ios, Platform::Android];
const NOT_ANDROID: &[Platform] = &[Platform::Ios, Platform::Windows];
const IOS: &[Platform] = &[Platform::Ios];
const ANDROID: &[Platform] = &[Platform::Android];
const NONE: &[Platform] = &[];

words! {
    /// What `require` can name. All of it exists on phones only.
    What {
        Pin = "pin",
        Credentials = "credentials",
        Encryption = "encryption",
    }

    /// A field of a requirement.
    Field {
        Length = "length",
        Kind = "kind",
        Simple = "simple",
        Attempts = "attempts",
        History = "history",
        Expires = "expires",
        Biometrics = "biometrics",
        BiometricsOverride = "biometrics-override",
        BiometricsClass = "biometrics-class",
        BiometricsChange = "biometrics-change",
        Recheck = "recheck",
        SkipWithDevicePin = "skip-with-device-pin",
        Class = "class",
    }

    /// What a launch condition can ask for.
    Subject {
        Os = "os",
        Patch = "patch",
        App = "app",
        Sdk = "sdk",
        CompanyPortal = "company-portal",
        CompanyPortalAge = "company-portal-age",
        Offline = "offline",
        Jailbroken = "jailbroken",
        AccountDisabled = "account-disabled",
        Threat = "threat",
        Integrity = "integrity",
        AppScan = "app-scan",
        DeviceLock = "device-lock",
        Knox = "knox",
        Model = "model",
        Manufacturer = "manufacturer",
        OffDuty = "off-duty",
    }
}

impl Field {
    /// The requirements that have it.
    const fn of(self) -> &'static [What] {
        match self {
            Self::Length
            | Self::Kind
            | Self::Simple
            | Self::Attempts
            | Self::History
            | Self::Expires
            | Self::Biometrics
            | Self::BiometricsOverride
            | Self::BiometricsClass
            | Self::BiometricsChange
            | Self::SkipWithDevicePin => &[What::Pin],
            Self::Recheck => &[What::Pin, What::Credentials],
            Self::Class => &[What::Encryption],
        }
    }

    /// Where it exists.
    const fn platforms(self) -> &'static [Platform] {
        match self {
            Self::Length
            | Self::Kind
            | Self::Simple
            | Self::Attempts
            | Self::Expires
            | Self::Biometrics
            | Self::BiometricsOverride
            | Self::Recheck
            | Self::SkipWithDevicePin => MOBILE,
            Self::History | Self::BiometricsClass | Self::BiometricsChange => ANDROID,
            Self::Class => IOS,
        }
    }

    /// How it is written.
    const fn example(self) -> &'static str {
        match self {
            Self::Length => "length 6",
            Self::Kind => "kind numeric",
            Self::Simple => "simple no",
            Self::Attempts => "attempts 5 then reset",
            Self::History => "history 3",
            Self::Expires => "expires 365 days",
            Self::Biometrics => "biometrics no",
            Self::BiometricsOverride => "biometrics-override 30 minutes",
            Self::BiometricsClass => "biometrics-class 3",
            Self::BiometricsChange => "biometrics-change ask",
            Self::Recheck => "recheck 30 minutes",
            Self::SkipWithDevicePin => "skip-with-device-pin",
            Self::Class => "class locked",
        }
    }
}

/// How a launch condition asks for its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Alone,
    Word,
    Below,
    Above,
    BelowOrAbove,
    List,
}

impl Subject {
    /// Where it can lead to `warn`, to `block` and to `wipe`.
    const fn reach(self) -> [&'static [Platform]; 3] {
        match self {
            Self::Os | Self::App => [ALL, ALL, ALL],
            Self::Sdk => [IOS, NOT_ANDROID, NOT_ANDROID],
            Self::Patch
            | Self::CompanyPortal
            | Self::CompanyPortalAge
            | Self::Integrity
            | Self::DeviceLock
            | Self::Knox => [ANDROID, ANDROID, ANDROID],
            Self::AppScan => [ANDROID, ANDROID, NONE],
            Self::OffDuty => [MOBILE, MOBILE, NONE],
            Self::Offline | Self::AccountDisabled | Self::Threat => [NONE, ALL, ALL],
            Self::Jailbroken | Self::Model => [NONE, MOBILE, MOBILE],
            Self::Manufacturer => [NONE, ANDROID, ANDROID],
        }
    }

    /// Where it can lead to this action.
    const fn platforms(self, action: Action) -> &'static [Platform] {
        let [warn, block, wipe] = self.reach();
        match action {
            Action::Warn => warn,
            Action::Block => block,
            Action::Wipe => wipe,
        }
    }

    /// Where it can be asked for at all: no subject lacks `block`.
    const fn exists(self) -> &'static [Platform] {
        self.platforms(Action::Block)
    }

    /// How it is asked for.
    const fn shape(self) -> Shape {
        match self {
            Self::Jailbroken | Self::AccountDisabled | Self::OffDuty => Shape::Alone,
            Self::AppScan | Self::Knox => Shape::Word,
            Self::Os => Shape::BelowOrAbove,
            Self::Patch
            | Self::App
            | Self::Sdk
            | Self::CompanyPortal
            | Self::Integrity
            | Self::DeviceLock => Shape::Below,
            Self::CompanyPortalAge | Self::Offline | Self::Threat => Shape::Above,
            Self::Model | Self::Manufacturer => Shape::List,
        }
    }

    /// How it is written.
    const fn example(self) -> &'static str {
        match self {
            Self::Os => "os < 17.0",
            Self::Patch => "patch < 2026-01-01",
            Self::App => "app < 4.2",
            Self::Sdk => "sdk < 20.1",
            Self::CompanyPortal => "company-portal < 5.0",
            Self::CompanyPortalAge => "company-portal-age > 30 days",
            Self::Offline => "offline > 12 hours",
            Self::Jailbroken => "jailbroken",
            Self::AccountDisabled => "account-disabled",
            Self::Threat => "threat > low",
            Self::Integrity => "integrity < device",
            Self::AppScan => "app-scan off",
            Self::DeviceLock => "device-lock < medium",
            Self::Knox => "knox failed",
            Self::Model => "model not in \"iPhone14,2\"",
            Self::Manufacturer => "manufacturer not in \"Google\"",
            Self::OffDuty => "off-duty",
        }
    }
}

/// Characters of a PIN.
const LENGTH: RangeInclusive<u64> = 4..=16;
/// Wrong PINs.
const ATTEMPTS: RangeInclusive<u64> = 1..=65_535;
/// Earlier PINs.
const HISTORY: RangeInclusive<u64> = 0..=24;
/// The one class of biometrics that can be asked for.
const CLASS: RangeInclusive<u64> = 3..=3;
/// Days of a PIN's life.
const EXPIRES: RangeInclusive<u64> = 1..=65_535;
/// Days since the Company Portal was updated; zero turns the check off.
const PORTAL_AGE: RangeInclusive<u64> = 0..=365;
/// Minutes without use.
const IDLE: RangeInclusive<u32> = 1..=65_535;
/// Minutes without connection.
const OFFLINE_MOST: u32 = 65_535 * DAY;

const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

/// The units that a duration is written in, with their minutes.
const UNITS: &[(&str, u32)] =
    &[("minutes", 1), ("minute", 1), ("hours", HOUR), ("hour", HOUR), ("days", DAY), ("day", DAY)];

// ---------------------------------------------------------------- places

/// Where a policy, or a statement in it, applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Its platforms.
    pub(super) platforms: Platforms,
    /// Its device management states.
    pub(super) devices: DeviceStates,
}

impl Place {
    fn of(access: &Access) -> Self {
        Self { platforms: access.platforms, devices: access.devices }
    }

    /// The devices that both hold. No platform is left without a state, and no state without a
    /// platform.
    fn and(self, other: Self) -> Self {
        let (platforms, devices) =
            (self.platforms.and(other.platforms), self.devices.and(other.devices));
        let has_state = |on: &Platform| devices.iter().any(|state| state.exists_on(*on));
        let platforms: Platforms = platforms.iter().filter(has_state).collect();
        let has_platform = |state: &DeviceState| platforms.iter().any(|on| state.exists_on(on));
        Self { platforms, devices: devices.iter().filter(has_platform).collect() }
    }

    /// The part on some platforms.
    fn on(self, platforms: &[Platform]) -> Self {
        self.and(Self { platforms: platforms.iter().copied().collect(), ..self })
    }

    fn is_empty(self) -> bool {
        self.platforms.is_empty()
    }

    fn is_within(self, other: Self) -> bool {
        self.and(other) == self
    }

    /// Every platform with every state that it has here.
    fn cells(self) -> impl Iterator<Item = (Platform, DeviceState)> {
        self.platforms.iter().flat_map(move |on| {
            self.devices
                .iter()
                .filter(move |state| state.exists_on(on))
                .map(move |state| (on, state))
        })
    }
}

/// Where a statement applies: its `on` and `devices` narrow the place of its policy.
fn narrow(
    head: Place,
    on: Option<&Words>,
    devices: Option<&Words>,
    found: &mut Vec<Diagnostic>,
) -> Option<Place> {
    let platforms = match on {
        Some(words) => words::platforms(words, found),
        None => Some(head.platforms),
    };
    let states = match devices {
        Some(words) => words::devices(words, found),
        None => Some(head.devices),
    };
    let own = Place { platforms: platforms?, devices: states? };
    let place = head.and(own);
    if !place.is_empty() {
        return Some(place);
    }
    if head.and(head).is_empty() {
        // That is reported where the policy says where it applies.
        return None;
    }
    let (platforms, states) = (head.platforms.and(own.platforms), head.devices.and(own.devices));
    let (clause, why) = if platforms.is_empty() {
        (on, format!("the policy applies on {}", listed(head.platforms)))
    } else if states.is_empty() {
        (devices, format!("the policy applies in {}", states_listed(head.devices)))
    } else {
        (devices.or(on), format!("no device on {} is in such a state", listed(platforms)))
    };
    let message = "a statement that applies on no device";
    let diagnostic = Diagnostic::new(Code::EmptySet, message).at(clause?.span, why);
    found.push(diagnostic.help("name a platform and a state in which the policy applies"));
    None
}

/// Warns of platforms and states that a statement names although it does nothing there.
fn idle_words(
    on: Option<&Words>,
    devices: Option<&Words>,
    (head, reach): (Place, Place),
    statement: &str,
    found: &mut Vec<Diagnostic>,
) {
    let mut warn = |name: &Name, in_policy: bool| {
        let why = if in_policy {
            format!("`{statement}` does not exist there")
        } else {
            "the policy does not apply there".to_owned()
        };
        let message = format!("`{}` has no effect here", name.text);
        found
            .push(Diagnostic::new(Code::NoEffect, message).at(name.span, why).help("leave it out"));
    };
    let names =
        |words: Option<&Words>| words.and_then(|words| words.of.clone()).unwrap_or_default();
    for name in names(on) {
        if let Some(platform) = Platform::from_word(&name.text)
            && !reach.platforms.contains(platform)
        {
            warn(&name, head.platforms.contains(platform));
        }
    }
    for name in names(devices) {
        if let Some(state) = DeviceState::from_word(&name.text)
            && !reach.devices.contains(state)
        {
            warn(&name, head.devices.contains(state));
        }
    }
}

fn listed(platforms: Platforms) -> String {
    plain(platforms.iter().map(Platform::word).collect())
}

fn states_listed(states: DeviceStates) -> String {
    plain(states.iter().map(DeviceState::word).collect())
}

/// Words as a sentence lists them, without marks.
fn plain(words: Vec<&str>) -> String {
    match words.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        words => words.concat(),
    }
}

// ---------------------------------------------------------------- values

/// A place that takes a value: a field, or what a condition compares with.
struct Slot {
    /// What messages call it.
    word: &'static str,
    /// What stands before the value.
    opening: String,
    /// The place of the word.
    place: Span,
    /// What is written there.
    value: Option<Value>,
    /// How it is written well.
    example: &'static str,
}

impl Slot {
    /// Nothing may stand there.
    fn nothing(&self, found: &mut Vec<Diagnostic>) -> Option<()> {
        if self.value.is_some() {
            let message = format!("`{}` takes no value", self.word);
            found.push(self.wrong(message));
        }
        self.value.is_none().then_some(())
    }

    /// A number without a unit.
    fn number<T: TryFrom<u64>>(
        &self,
        range: RangeInclusive<u64>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        match &self.value {
            Some(Value::Number(number)) => self.within(*number, &range, "", found),
            Some(Value::Amount(number, more) | Value::Then(number, more)) => {
                let message = format!("`{}` is a number and nothing else", self.word);
                let help = format!("write `{} {}`", self.opening, number.value);
                found.push(bad(message).at(more.span, "").help(help));
                None
            }
            Some(Value::Word(_) | Value::Version(_) | Value::Date(_)) | None => {
                self.needs("a number", found)
            }
        }
    }

    /// A number of days.
    fn days<T: TryFrom<u64>>(
        &self,
        range: RangeInclusive<u64>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        let (number, unit) = self.amount("days", found)?;
        if !matches!(unit.text.as_str(), "day" | "days") {
            let message = format!("`{}` is counted in days", self.word);
            let help = format!("write `{}`", self.example);
            found.push(bad(message).at(unit.span, "").help(help));
            return None;
        }
        self.within(number, &range, " days", found)
    }

    /// A duration, in minutes.
    fn minutes(&self, range: RangeInclusive<u32>, found: &mut Vec<Diagnostic>) -> Option<u32> {
        let (number, unit) = self.amount("minutes", found)?;
        let factor = UNITS.iter().find(|(word, _)| *word == unit.text).map(|(_, minutes)| *minutes);
        let minutes = factor.and_then(|factor| number.value.checked_mul(u64::from(factor)));
        let fitting = minutes.and_then(|minutes| u32::try_from(minutes).ok());
        let fitting = fitting.filter(|minutes| range.contains(minutes));
        if fitting.is_none() {
            let (least, most) = (duration(*range.start()), duration(*range.end()));
            let message = format!("`{}` takes {least} to {most}", self.word);
            let help = format!("write `{}`, for example", self.example);
            found.push(bad(message).at(number.span.to(unit.span), "").help(help));
        }
        fitting
    }

    /// A number with a unit.
    fn amount(&self, unit: &str, found: &mut Vec<Diagnostic>) -> Option<(Spanned<u64>, &Name)> {
        match &self.value {
            Some(Value::Amount(number, unit)) => Some((*number, unit)),
            Some(Value::Number(number)) => {
                let message = format!("`{}` needs a unit", self.word);
                let help = format!("write `{} {} {unit}`", self.opening, number.value);
                found.push(bad(message).at(number.span, "").help(help));
                None
            }
            Some(Value::Then(..) | Value::Word(_) | Value::Version(_) | Value::Date(_)) | None => {
                self.needs(&format!("a number of {unit}"), found)
            }
        }
    }

    /// A number of attempts with what comes then.
    fn attempts(&self, found: &mut Vec<Diagnostic>) -> Option<Attempts> {
        let (number, word) = match &self.value {
            Some(Value::Then(number, word)) => (*number, word),
            Some(Value::Number(number)) => {
                let message = format!("`{}` needs to say what happens then", self.word);
                let first = format!("{} {} then", self.opening, number.value);
                let help = format!("write `{first} reset` or `{first} wipe`");
                found.push(bad(message).at(number.span, "").help(help));
                return None;
            }
            Some(Value::Amount(..) | Value::Word(_) | Value::Version(_) | Value::Date(_))
            | None => return self.needs("a number and what happens then", found),
        };
        let count = self.within(number, &ATTEMPTS, "", found);
        let then = among(word, "outcome", AfterAttempts::WORDS, found);
        Some(Attempts { count: count?, then: then? })
    }

    /// One of some words.
    fn choice<T: Copy>(&self, options: &[(&str, T)], found: &mut Vec<Diagnostic>) -> Option<T> {
        match &self.value {
            Some(Value::Word(word)) => {
                among(word, &format!("value of `{}`", self.word), options, found)
            }
            Some(
                Value::Number(_)
                | Value::Amount(..)
                | Value::Then(..)
                | Value::Version(_)
                | Value::Date(_),
            )
            | None => self.needs(&quoted(&words_of(options), "or"), found),
        }
    }

    /// A version.
    fn version(&self, found: &mut Vec<Diagnostic>) -> Option<Version> {
        let (text, span) = match &self.value {
            Some(Value::Number(number)) => (number.value.to_string(), number.span),
            Some(Value::Version(name)) => (name.text.clone(), name.span),
            Some(Value::Amount(..) | Value::Then(..) | Value::Word(_) | Value::Date(_)) | None => {
                return self.needs("a version", found);
            }
        };
        let parts: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
        let message = match parts {
            Some(parts) if parts.len() <= Version::PARTS => return Some(Version(parts)),
            Some(_) => format!("a version has at most {} numbers", Version::PARTS),
            None => format!("the numbers of a version go up to {}", u32::MAX),
        };
        found
            .push(bad(message).at(span, "").help(format!("write `{}`, for example", self.example)));
        None
    }

    /// A day of the calendar.
    fn date(&self, found: &mut Vec<Diagnostic>) -> Option<Date> {
        let Some(Value::Date(name)) = &self.value else { return self.needs("a date", found) };
        let date = Date::read(&name.text);
        if date.is_none() {
            let message = format!("the calendar has no `{}`", name.text);
            let help = "write year, month and day: `2026-01-31`";
            found.push(bad(message).at(name.span, "").help(help));
        }
        date
    }

    /// Checks a number's range.
    fn within<T: TryFrom<u64>>(
        &self,
        number: Spanned<u64>,
        range: &RangeInclusive<u64>,
        unit: &str,
        found: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        let fitting = Some(number.value).filter(|value| range.contains(value));
        let fitting = fitting.and_then(|value| T::try_from(value).ok());
        if fitting.is_none() {
            let takes = match (range.start(), range.end()) {
                (least, most) if least == most => format!("only {least}"),
                (least, most) => format!("{least} to {most}{unit}"),
            };
            let message = format!("`{}` takes {takes}", self.word);
            let help = format!("write `{}`, for example", self.example);
            found.push(bad(message).at(number.span, "").help(help));
        }
        fitting
    }

    /// Something else must stand there.
    fn needs<T>(&self, what: &str, found: &mut Vec<Diagnostic>) -> Option<T> {
        let verb = if self.value.is_some() { "takes" } else { "needs" };
        found.push(self.wrong(format!("`{}` {verb} {what}", self.word)));
        None
    }

    fn wrong(&self, message: String) -> Diagnostic {
        let place = self.value.as_ref().map_or(self.place, value_span);
        bad(message).at(place, "").help(format!("write `{}`", self.example))
    }
}

fn bad(message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::BadAccess, message)
}

fn value_span(value: &Value) -> Span {
    match value {
        Value::Number(number) => number.span,
        Value::Amount(number, word) | Value::Then(number, word) => number.span.to(word.span),
        Value::Word(name) | Value::Version(name) | Value::Date(name) => name.span,
    }
}

fn words_of<'a, T>(options: &[(&'a str, T)]) -> Vec<&'a str> {
    options.iter().map(|(word, _)| *word).collect()
}

/// What a word stands for.
fn among<T: Copy>(
    name: &Name,
    noun: &str,
    options: &[(&str, T)],
    found: &mut Vec<Diagnostic>,
) -> Option<T> {
    let known = options.iter().find(|(word, _)| *word == name.text);
    if known.is_none() {
        let words = words_of(options);
        let meant = closest(&name.text, words.iter().copied());
        found.push(words::unknown(name, noun, meant, &words));
    }
    known.map(|(_, value)| *value)
}

// ---------------------------------------------------------------- require

/// Checks a `require` statement of a policy that applies at `head`.
pub(super) fn resolve_require(
    ast: &ast::Require,
    head: Place,
    found: &mut Vec<Diagnostic>,
) -> Option<Access> {
    let (on, devices) = (ast.platforms.as_ref(), ast.devices.as_ref());
    let place = narrow(head, on, devices, found);
    let what = among(&ast.what, "requirement", What::WORDS, found);
    let (place, what) = (place?, what?);
    let statement = format!("require {what}");
    let reach = existing(place, MOBILE, &statement, ast.what.span, found)?;
    let requirement = Draft::read(what, &ast.fields, reach, found)?;
    idle_words(on, devices, (head, reach), &statement, found);
    let last = ast.fields.iter().map(|field| field.span);
    Some(Access {
        kind: AccessKind::Require(requirement),
        platforms: reach.platforms,
        devices: reach.devices,
        span: whole(ast.what.span, last, on, devices),
    })
}

/// From the first word of a statement to the end of its last.
fn whole(
    first: Span,
    more: impl IntoIterator<Item = Span>,
    on: Option<&Words>,
    devices: Option<&Words>,
) -> Span {
    let clauses = [on, devices].into_iter().flatten().map(|words| words.span);
    more.into_iter().chain(clauses).fold(first, Span::to)
}

/// The part of a place where something exists.
fn existing(
    place: Place,
    platforms: &'static [Platform],
    thing: &str,
    span: Span,
    found: &mut Vec<Diagnostic>,
) -> Option<Place> {
    let reach = place.on(platforms);
    if !reach.is_empty() {
        return Some(reach);
    }
    let message = format!("`{thing}` does not exist on {}", listed(place.platforms));
    let there = listed(platforms.iter().copied().collect());
    let help = format!("leave it out, or state it where the policy applies on {there}");
    found.push(bad(message).at(span, format!("exists on {there} only")).help(help));
    None
}

/// A requirement as far as it has been read.
#[derive(Default)]
struct Draft {
    pin: Pin,
    class: Option<Spanned<EncryptionClass>>,
    seen: Vec<(Field, Span)>,
}

impl Draft {
    fn read(
        what: What,
        fields: &[ast::Field],
        reach: Place,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Requirement> {
        let mut draft = Self::default();
        let mut complete = true;
        for field in fields {
            complete &= draft.field(what, field, reach, found).is_some();
        }
        let requirement = match what {
            What::Credentials => {
                Requirement::Credentials { recheck_minutes: draft.pin.recheck_minutes }
            }
            What::Encryption => Requirement::Encryption { class: draft.class },
            What::Pin => Requirement::Pin(Box::new(draft.pin)),
        };
        complete.then_some(requirement)
    }

    fn field(
        &mut self,
        what: What,
        ast: &ast::Field,
        place: Place,
        found: &mut Vec<Diagnostic>,
    ) -> Option<()> {
        let field = field_of(what, &ast.name, found)?;
        if let Some((_, first)) = self.seen.iter().find(|(seen, _)| *seen == field) {
            let diagnostic = bad(format!("`{field}` is stated twice"));
            let diagnostic = diagnostic.at(ast.span, "again here").at(*first, "first here");
            found.push(diagnostic.help("keep one of them"));
            return None;
        }
        self.seen.push((field, ast.span));
        let reach = existing(place, field.platforms(), field.word(), ast.name.span, found)?;
        let slot = Slot {
            word: field.word(),
            opening: field.word().to_owned(),
            place: ast.name.span,
            value: ast.value.clone(),
            example: field.example(),
        };
        self.value(field, &slot, ast.span, found)?;
        self.exists(field, ast.span, reach, found)
    }

    /// Reads the value of a field.
    fn value(
        &mut self,
        field: Field,
        slot: &Slot,
        span: Span,
        found: &mut Vec<Diagnostic>,
    ) -> Option<()> {
        const YES_NO: &[(&str, bool)] = &[("yes", true), ("no", false)];
        let pin = &mut self.pin;
        match field {
            Field::Length => pin.length = at(span, slot.number(LENGTH, found)?),
            Field::Kind => pin.kind = at(span, slot.choice(PinKind::WORDS, found)?),
            Field::Simple => pin.simple = at(span, slot.choice(YES_NO, found)?),
            Field::Attempts => pin.attempts = at(span, slot.attempts(found)?),
            Field::History => pin.history = at(span, slot.number(HISTORY, found)?),
            Field::Expires => pin.expires_days = at(span, slot.days(EXPIRES, found)?),
            Field::Biometrics => {
                pin.biometrics = at(span, slot.choice(Biometrics::WORDS, found)?);
            }
            Field::BiometricsOverride => {
                pin.biometrics_override_minutes = at(span, slot.minutes(IDLE, found)?);
            }
            Field::BiometricsClass => {
                pin.biometrics_class = at(span, slot.number(CLASS, found)?);
            }
            Field::BiometricsChange => {
                slot.choice(&[("ask", ())], found)?;
                pin.biometrics_change_ask = Some(span);
            }
            Field::Recheck => pin.recheck_minutes = at(span, slot.minutes(IDLE, found)?),
            Field::SkipWithDevicePin => {
                slot.nothing(found)?;
                pin.skip_with_device_pin = Some(span);
            }
            Field::Class => self.class = at(span, slot.choice(EncryptionClass::WORDS, found)?),
        }
        Some(())
    }

    /// Some fields depend on more than the platform.
    fn exists(
        &self,
        field: Field,
        span: Span,
        reach: Place,
        found: &mut Vec<Diagnostic>,
    ) -> Option<()> {
        if field == Field::Biometrics
            && let Some(biometrics) = self.pin.biometrics
        {
            let thing = format!("biometrics {}", biometrics.value);
            existing(reach, biometric_platforms(biometrics.value), &thing, span, found)?;
        }
        if field == Field::SkipWithDevicePin && !reach.cells().any(knows_device_pin) {
            let message = format!("`{field}` has no effect here");
            let why = format!("the statement applies in {}", states_listed(reach.devices));
            let help = "leave it out: the PIN of a device is known only where it is enrolled";
            found.push(Diagnostic::new(Code::NoEffect, message).at(span, why).help(help));
        }
        Some(())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "a field that is written is never `None`")]
fn at<T>(span: Span, value: T) -> Option<Spanned<T>> {
    Some(Spanned { value, span })
}

/// Only iOS lets an app tell one sensor from the other.
fn biometric_platforms(biometrics: Biometrics) -> &'static [Platform] {
    match biometrics {
        Biometrics::Face | Biometrics::Touch => IOS,
        Biometrics::Yes | Biometrics::No => MOBILE,
    }
}

/// Whether an app learns there that the device has a PIN. To Android's, any other MDM is none.
fn knows_device_pin((platform, state): (Platform, DeviceState)) -> bool {
    let foreign = platform == Platform::Android && state == DeviceState::ThirdParty;
    state.is_enrolled() && !foreign
}

/// The field of this name, if the requirement has it.
fn field_of(what: What, name: &Name, found: &mut Vec<Diagnostic>) -> Option<Field> {
    let own: Vec<_> =
        Field::WORDS.iter().filter(|(_, field)| field.of().contains(&what)).copied().collect();
    let Some((_, field)) = Field::WORDS.iter().find(|(word, _)| *word == name.text) else {
        return among(name, &format!("field of `{what}`"), &own, found);
    };
    if field.of().contains(&what) {
        return Some(*field);
    }
    let owners: Vec<_> = field.of().iter().map(|what| format!("`require {what}`")).collect();
    let help = format!("`{what}` takes {}", quoted(&words_of(&own), "and"));
    let why = format!("belongs to {}", owners.join(" and "));
    found.push(bad(format!("`{what}` has no `{field}`")).at(name.span, why).help(help));
    None
}

// ---------------------------------------------------------------- launch

/// Checks a `launch` statement of a policy that applies at `head`.
pub(super) fn resolve_launch(
    ast: &ast::Launch,
    head: Place,
    found: &mut Vec<Diagnostic>,
) -> Option<Access> {
    let (on, devices) = (ast.platforms.as_ref(), ast.devices.as_ref());
    let place = narrow(head, on, devices, found);
    let action = among(&ast.action, "action", Action::WORDS, found);
    let subject = among(&ast.subject, "launch condition", Subject::WORDS, found);
    let (place, action, subject) = (place?, action?, subject?);
    let condition = condition(ast, subject, action, found);
    let reach = launch_reach(ast, subject, action, place, found);
    let (condition, reach) = (condition?, reach?);
    idle_words(on, devices, (head, reach), &format!("launch {action} when {subject}"), found);
    Some(Access {
        kind: AccessKind::Launch { action, condition },
        platforms: reach.platforms,
        devices: reach.devices,
        span: whole(ast.action.span, [test_span(ast)], on, devices),
    })
}

/// Where the subject can lead to the action.
fn launch_reach(
    ast: &ast::Launch,
    subject: Subject,
    action: Action,
    place: Place,
    found: &mut Vec<Diagnostic>,
) -> Option<Place> {
    let exists = existing(place, subject.exists(), subject.word(), ast.subject.span, found)?;
    let reach = exists.on(subject.platforms(action));
    if !reach.is_empty() {
        return Some(reach);
    }
    let possible =
        |(_, action): &&(&str, Action)| !exists.on(subject.platforms(*action)).is_empty();
    let possible: Vec<_> = Action::WORDS.iter().filter(possible).copied().collect();
    let place = if subject.platforms(action).is_empty() {
        String::new()
    } else {
        format!(" on {}", listed(exists.platforms))
    };
    let message = format!("`{subject}` has no action `{action}`{place}");
    let help = format!("write {}", quoted(&words_of(&possible), "or"));
    found.push(bad(message).at(ast.action.span, "").help(help));
    None
}

/// The whole test, its subject included.
fn test_span(ast: &ast::Launch) -> Span {
    let subject = ast.subject.span;
    match &ast.test {
        Test::Holds => subject,
        Test::Is(word) => subject.to(word.span),
        Test::Less(value) | Test::Greater(value) => subject.to(value_span(value)),
        Test::NotIn(texts) => texts.iter().map(|text| text.span).fold(subject, Span::to),
    }
}

/// Reads the condition of a launch statement.
fn condition(
    ast: &ast::Launch,
    subject: Subject,
    action: Action,
    found: &mut Vec<Diagnostic>,
) -> Option<Condition> {
    has_shape(ast, subject, found)?;
    let slot = test_slot(ast, subject);
    Some(match subject {
        Subject::Os if matches!(ast.test, Test::Greater(_)) => {
            Condition::OsAbove(slot.version(found)?)
        }
        Subject::Os => Condition::OsBelow(slot.version(found)?),
        Subject::Patch => Condition::PatchBefore(slot.date(found)?),
        Subject::App => Condition::AppBelow(slot.version(found)?),
        Subject::Sdk => Condition::SdkBelow(slot.version(found)?),
        Subject::CompanyPortal => Condition::CompanyPortalBelow(slot.version(found)?),
        Subject::CompanyPortalAge => {
            Condition::CompanyPortalOlder { days: slot.days(PORTAL_AGE, found)? }
        }
        Subject::Offline => Condition::Offline { minutes: offline(&slot, action, found)? },
        Subject::Jailbroken => Condition::Jailbroken,
        Subject::AccountDisabled => Condition::AccountDisabled,
        Subject::Threat => Condition::ThreatAbove(slot.choice(Threat::WORDS, found)?),
        Subject::Integrity => Condition::IntegrityBelow(slot.choice(Integrity::WORDS, found)?),
        Subject::AppScan => {
            slot.choice(&[("off", ())], found)?;
            Condition::AppScanOff
        }
        Subject::DeviceLock => Condition::DeviceLockBelow(slot.choice(DeviceLock::WORDS, found)?),
        Subject::Knox => Condition::Knox(knox(&slot, &ast.action, action, found)?),
        Subject::Model => Condition::ModelNotIn(name_list(subject, &ast.test, found)?),
        Subject::Manufacturer => {
            Condition::ManufacturerNotIn(name_list(subject, &ast.test, found)?)
        }
        Subject::OffDuty => Condition::OffDuty,
    })
}

/// What the subject is compared with.
fn test_slot(ast: &ast::Launch, subject: Subject) -> Slot {
    let (value, sign) = match &ast.test {
        Test::Less(value) => (Some(value.clone()), " <"),
        Test::Greater(value) => (Some(value.clone()), " >"),
        Test::Is(name) => (Some(Value::Word(name.clone())), ""),
        Test::Holds | Test::NotIn(_) => (None, ""),
    };
    Slot {
        word: subject.word(),
        opening: format!("{subject}{sign}"),
        place: ast.subject.span,
        value,
        example: subject.example(),
    }
}

/// Refuses a comparison that makes no sense for the subject.
fn has_shape(ast: &ast::Launch, subject: Subject, found: &mut Vec<Diagnostic>) -> Option<()> {
    let (fits, takes) = match subject.shape() {
        Shape::Alone => (matches!(ast.test, Test::Holds), "stands alone"),
        Shape::Word => (matches!(ast.test, Test::Is(_)), "takes a word"),
        Shape::Below => (matches!(ast.test, Test::Less(_)), "is compared with `<`"),
        Shape::Above => (matches!(ast.test, Test::Greater(_)), "is compared with `>`"),
        Shape::BelowOrAbove => {
            (matches!(ast.test, Test::Less(_) | Test::Greater(_)), "is compared with `<` or `>`")
        }
        Shape::List => (matches!(ast.test, Test::NotIn(_)), "takes `not in`"),
    };
    if !fits {
        let message = format!("`{subject}` {takes}");
        let help = format!("write `{}`", subject.example());
        found.push(bad(message).at(test_span(ast), "").help(help));
    }
    fits.then_some(())
}

/// Being offline may block at once, but not wipe: then no data would survive a tunnel.
fn offline(slot: &Slot, action: Action, found: &mut Vec<Diagnostic>) -> Option<u32> {
    let least = u32::from(action == Action::Wipe);
    slot.minutes(least..=OFFLINE_MOST, found)
}

/// Where a device cannot attest, nothing but blocking can be put off.
fn knox(slot: &Slot, place: &Name, action: Action, found: &mut Vec<Diagnostic>) -> Option<Knox> {
    let knox = slot.choice(Knox::WORDS, found)?;
    if knox == Knox::FailedIfSupported && action != Action::Block {
        let message = format!("`knox {knox}` has no action `{action}`");
        let help = format!("write `block`, or `knox {}`", Knox::Failed);
        found.push(bad(message).at(place.span, "").help(help));
        return None;
    }
    Some(knox)
}

/// The names behind `not in`: none empty, none twice, none a list by itself.
fn name_list(subject: Subject, test: &Test, found: &mut Vec<Diagnostic>) -> Option<NameList> {
    let Test::NotIn(texts) = test else { return None };
    let errors = found.len();
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for text in texts {
        if text.value.trim().is_empty() {
            let diagnostic = bad(format!("a {subject} without a name"));
            found.push(diagnostic.at(text.span, "").help("name it, or leave it out"));
        } else if text.value.contains(';') {
            found.push(several_names(subject, text));
        } else if let Some(first) = seen.insert(text.value.to_lowercase(), text.span) {
            let diagnostic = bad(format!("the {subject} `{}` is listed twice", text.value));
            let diagnostic = diagnostic.at(text.span, "again here").at(first, "first here");
            found.push(diagnostic.help("keep one of them: upper and lower case are one"));
        }
    }
    let names = || NameList::new(texts.iter().map(|text| text.value.clone()).collect());
    (found.len() == errors).then(names)
}

/// A list as the product's own pages write it.
fn several_names(subject: Subject, text: &Text) -> Diagnostic {
    let names = text.value.split(';').map(str::trim).filter(|name| !name.is_empty());
    let names: Vec<_> = names.map(quote).collect();
    let help = match names.as_slice() {
        [] => "name it, or leave it out".to_owned(),
        names => format!("write `{}`", names.join(", ")),
    };
    bad(format!("several names in one {subject}")).at(text.span, "").help(help)
}

// ---------------------------------------------------------------- all statements together

/// How many statements of a policy are compared with each other. No one writes more by hand, and
/// comparing all of a generated policy would take longer than compiling it.
const COMPARED: usize = 400;

/// Warns of statements of one policy that contradict or repeat each other.
pub(super) fn check(all: &[Access], found: &mut Vec<Diagnostic>) {
    let all = all.get(..COMPARED).unwrap_or(all);
    let mut requirements = Vec::new();
    let mut launches = Vec::new();
    for (index, access) in all.iter().enumerate() {
        let (place, span) = (Place::of(access), access.span);
        match &access.kind {
            AccessKind::Require(what) => requirements.push(Required { what, place, span }),
            AccessKind::Launch { action, condition } => {
                launches.push(Launched { index, action: *action, condition, place, span });
            }
        }
    }
    check_requirements(&requirements, found);
    check_biometrics(&requirements, found);
    check_coverage(&launches, found);
    check_contradictions(&launches, found);
}

/// A `require` statement among others.
struct Required<'a> {
    what: &'a Requirement,
    place: Place,
    span: Span,
}

impl Required<'_> {
    fn kind(&self) -> What {
        match self.what {
            Requirement::Pin(_) => What::Pin,
            Requirement::Credentials { .. } => What::Credentials,
            Requirement::Encryption { .. } => What::Encryption,
        }
    }

    /// The fields that it states, with their places.
    fn fields(&self) -> Vec<(Field, Span)> {
        fn place<T>(field: &Option<Spanned<T>>) -> Option<Span> {
            field.as_ref().map(|field| field.span)
        }
        let fields = match self.what {
            Requirement::Pin(pin) => vec![
                (Field::Length, place(&pin.length)),
                (Field::Kind, place(&pin.kind)),
                (Field::Simple, place(&pin.simple)),
                (Field::Attempts, place(&pin.attempts)),
                (Field::History, place(&pin.history)),
                (Field::Expires, place(&pin.expires_days)),
                (Field::Biometrics, place(&pin.biometrics)),
                (Field::BiometricsOverride, place(&pin.biometrics_override_minutes)),
                (Field::BiometricsClass, place(&pin.biometrics_class)),
                (Field::BiometricsChange, pin.biometrics_change_ask),
                (Field::Recheck, place(&pin.recheck_minutes)),
                (Field::SkipWithDevicePin, pin.skip_with_device_pin),
            ],
            Requirement::Credentials { recheck_minutes } => {
                vec![(Field::Recheck, place(recheck_minutes))]
            }
            Requirement::Encryption { class } => vec![(Field::Class, place(class))],
        };
        fields.into_iter().filter_map(|(field, span)| Some((field, span?))).collect()
    }

    /// Where one of its fields applies.
    fn place_of(&self, field: Field) -> Place {
        let place = self.place.on(field.platforms());
        match self.what {
            Requirement::Pin(pin) if field == Field::Biometrics => match pin.biometrics {
                Some(biometrics) => place.on(biometric_platforms(biometrics.value)),
                None => place,
            },
            Requirement::Pin(_)
            | Requirement::Credentials { .. }
            | Requirement::Encryption { .. } => place,
        }
    }

    /// Whether it has no field, and the other one is for the same devices at least.
    fn adds_nothing_to(&self, other: &Self) -> bool {
        self.fields().is_empty() && self.place.is_within(other.place)
    }

    fn pin(&self) -> Option<&Pin> {
        match self.what {
            Requirement::Pin(pin) => Some(pin),
            Requirement::Credentials { .. } | Requirement::Encryption { .. } => None,
        }
    }
}

/// A requirement or a field of it that two statements state for the same devices.
fn check_requirements(all: &[Required<'_>], found: &mut Vec<Diagnostic>) {
    for (index, later) in all.iter().enumerate() {
        let fields = later.fields();
        let earlier = || {
            let alike = |earlier: &&Required<'_>| earlier.kind() == later.kind();
            all.iter().take(index).filter(alike)
        };
        for (field, span) in &fields {
            // The first one is enough: more would say the same again.
            let first = earlier().find_map(|one| stated_too(one, later, *field));
            if let Some((first, place)) = first {
                found.push(field_twice(*field, (*span, first), place));
            }
        }
        let repeats = earlier().find_map(|one| {
            let pairs = [(later, one), (one, later)];
            pairs.into_iter().find(|(idle, other)| idle.adds_nothing_to(other))
        });
        if let Some((idle, other)) = repeats {
            let message = format!("`require {}` is stated twice", idle.kind());
            let diagnostic = Diagnostic::new(Code::AccessConflict, message)
                .at(idle.span, "adds nothing")
                .at(other.span, "requires it already");
            found.push(diagnostic.help("leave it out"));
        }
    }
}

/// Where an earlier statement has the field as well, and the devices that both mean.
fn stated_too(earlier: &Required<'_>, later: &Required<'_>, field: Field) -> Option<(Span, Place)> {
    let (_, span) = earlier.fields().into_iter().find(|(other, _)| *other == field)?;
    let place = earlier.place_of(field).and(later.place_of(field));
    (!place.is_empty()).then_some((span, place))
}

fn field_twice(field: Field, (later, first): (Span, Span), place: Place) -> Diagnostic {
    let message = format!("`{field}` is stated twice for devices on {}", listed(place.platforms));
    Diagnostic::new(Code::AccessConflict, message)
        .at(later, "again here")
        .at(first, "first here")
        .help("the stricter one counts; keep one, or let `on` and `devices` keep them apart")
}

/// Fields about biometrics that other fields, of the same statement or another, leave idle.
fn check_biometrics(all: &[Required<'_>], found: &mut Vec<Diagnostic>) {
    for one in all {
        let Some(pin) = one.pin() else { continue };
        let near = || {
            let near = all.iter().filter(|other| !one.place.and(other.place).is_empty());
            near.filter_map(Required::pin)
        };
        let mut biometrics = near().filter_map(|pin| pin.biometrics);
        if let Some(none) = biometrics.find(|biometrics| biometrics.value == Biometrics::No) {
            found.extend(idle_biometrics(pin, none.span));
        }
        let Some(timeout) = pin.biometrics_override_minutes else { continue };
        let mut rechecks = near().filter_map(|pin| pin.recheck_minutes);
        if let Some(recheck) = rechecks.find(|recheck| recheck.value > timeout.value) {
            found.push(short_override(timeout, recheck));
        }
    }
}

/// The fields that say how biometrics are used, beside one that allows none.
fn idle_biometrics(pin: &Pin, none: Span) -> impl Iterator<Item = Diagnostic> {
    let fields = [
        ("biometrics-override", pin.biometrics_override_minutes.map(|field| field.span)),
        ("biometrics-class", pin.biometrics_class.map(|field| field.span)),
        ("biometrics-change", pin.biometrics_change_ask),
    ];
    fields.into_iter().filter_map(move |(word, span)| {
        let message = format!("`{word}` has no effect beside `biometrics no`");
        let diagnostic = Diagnostic::new(Code::AccessConflict, message)
            .at(span?, "")
            .at(none, "no biometrics are allowed");
        Some(diagnostic.help("keep one of them"))
    })
}

/// Biometrics that are overridden before they are ever asked for.
fn short_override(timeout: Spanned<u32>, recheck: Spanned<u32>) -> Diagnostic {
    let message = "biometrics that never take the place of the PIN";
    let help = format!("let `biometrics-override` be longer than {}", duration(recheck.value));
    Diagnostic::new(Code::AccessConflict, message)
        .at(timeout.span, "by then the PIN is asked for")
        .at(recheck.span, "nothing is asked for before")
        .help(help)
}

/// A `launch` statement among others.
struct Launched<'a> {
    index: usize,
    action: Action,
    condition: &'a Condition,
    place: Place,
    span: Span,
}

impl fmt::Display for Launched<'_> {
    /// As a message quotes it: a list would make a line of it that nobody reads.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (action, condition) = (self.action, self.condition);
        match condition {
            Condition::ModelNotIn(_) => write!(f, "`launch {action} when model not in …`"),
            Condition::ManufacturerNotIn(_) => {
                write!(f, "`launch {action} when manufacturer not in …`")
            }
            condition => write!(f, "`launch {action} when {condition}`"),
        }
    }
}

impl Launched<'_> {
    /// Whether they differ in their devices at most.
    fn says_the_same(&self, other: &Self) -> bool {
        self.action == other.action
            && self.condition.implies(other.condition)
            && other.condition.implies(self.condition)
    }

    /// Whether, where both apply, the other one adds nothing to this one. Of two that say the same,
    /// the one for more devices stays, then the first: never may each be idle for the other's sake.
    fn outranks(&self, other: &Self) -> bool {
        let rank = |one: &Self| (Reverse(one.place.cells().count()), one.index);
        let covers = self.action >= other.action && other.condition.implies(self.condition);
        covers && (!self.says_the_same(other) || rank(self) < rank(other))
    }
}

impl Condition {
    /// Whether the other condition holds wherever this one does.
    fn implies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::OsBelow(a), Self::OsBelow(b))
            | (Self::AppBelow(a), Self::AppBelow(b))
            | (Self::SdkBelow(a), Self::SdkBelow(b))
            | (Self::CompanyPortalBelow(a), Self::CompanyPortalBelow(b)) => a <= b,
            (Self::OsAbove(a), Self::OsAbove(b)) => a >= b,
            (Self::PatchBefore(a), Self::PatchBefore(b)) => a <= b,
            (Self::CompanyPortalOlder { days: a }, Self::CompanyPortalOlder { days: b }) => a >= b,
            (Self::Offline { minutes: a }, Self::Offline { minutes: b }) => a >= b,
            (Self::ThreatAbove(a), Self::ThreatAbove(b)) => a >= b,
            (Self::IntegrityBelow(a), Self::IntegrityBelow(b)) => a <= b,
            (Self::DeviceLockBelow(a), Self::DeviceLockBelow(b)) => a <= b,
            (Self::Knox(a), Self::Knox(b)) => a <= b,
            (Self::ModelNotIn(a), Self::ModelNotIn(b))
            | (Self::ManufacturerNotIn(a), Self::ManufacturerNotIn(b)) => {
                b.folded.is_subset(&a.folded)
            }
            // Conditions of different kinds say nothing of each other.
            (one, other) => one == other,
        }
    }

    /// Whether some device can be in this state.
    fn can_hold(&self) -> bool {
        match self {
            Self::OsBelow(version)
            | Self::AppBelow(version)
            | Self::SdkBelow(version)
            | Self::CompanyPortalBelow(version) => version.padded().any(|part| part > 0),
            Self::CompanyPortalOlder { days } => *days > 0,
            Self::OsAbove(_)
            | Self::PatchBefore(_)
            | Self::Offline { .. }
            | Self::Jailbroken
            | Self::AccountDisabled
            | Self::ThreatAbove(_)
            | Self::IntegrityBelow(_)
            | Self::AppScanOff
            | Self::DeviceLockBelow(_)
            | Self::Knox(_)
            | Self::ModelNotIn(_)
            | Self::ManufacturerNotIn(_)
            | Self::OffDuty => true,
        }
    }

    /// What to do if on every device this condition or the other one holds.
    fn contradiction(&self, other: &Self) -> Option<&'static str> {
        let versions = matches!(
            (self, other),
            (Self::OsBelow(least), Self::OsAbove(most))
            | (Self::OsAbove(most), Self::OsBelow(least))
                if least > most
        );
        let lists = matches!(
            (self, other),
            (Self::ModelNotIn(a), Self::ModelNotIn(b))
            | (Self::ManufacturerNotIn(a), Self::ManufacturerNotIn(b))
                if a.folded.is_disjoint(&b.folded)
        );
        if versions {
            Some("`os <` takes the oldest version that may run, `os >` the newest")
        } else if lists {
            Some("a device must be in both lists; write one list, or use `on` and `devices`")
        } else {
            None
        }
    }
}

/// Launch conditions that never show, because they cannot hold or others come first.
fn check_coverage(all: &[Launched<'_>], found: &mut Vec<Diagnostic>) {
    for one in all {
        if !one.condition.can_hold() {
            let message = format!("`{}` can never hold", one.condition);
            let diagnostic = Diagnostic::new(Code::AccessConflict, message).at(one.span, "");
            found.push(diagnostic.help("zero turns the check off; leave the statement out"));
            continue;
        }
        let covers = |other: &&Launched<'_>| other.condition.can_hold() && other.outranks(one);
        let mut covering: Vec<_> = all.iter().filter(covers).collect();
        // One that does it alone says more than several that do it together.
        covering.sort_by_key(|other| !one.place.is_within(other.place));
        let mut cells: Vec<_> = one.place.cells().collect();
        covering.retain(|other| {
            let before = cells.len();
            let theirs: Vec<_> = other.place.cells().collect();
            cells.retain(|cell| !theirs.contains(cell));
            cells.len() < before
        });
        if cells.is_empty() {
            found.push(covered(one, &covering));
        }
    }
}

/// A launch statement that others leave nothing to do.
fn covered(one: &Launched<'_>, covering: &[&Launched<'_>]) -> Diagnostic {
    let again = covering.iter().all(|other| other.says_the_same(one));
    let (message, label, help) = if again {
        (format!("{one} is stated twice"), "again here", "leave it out")
    } else {
        let help = "leave it out, or let it hold where the other does not";
        (format!("{one} has no effect"), "never shows", help)
    };
    let mut diagnostic = Diagnostic::new(Code::AccessConflict, message).at(one.span, label);
    for other in covering {
        let why = if other.says_the_same(one) {
            "says the same".to_owned()
        } else if other.action == one.action {
            format!("`{}` already wherever that one holds", other.action)
        } else {
            format!("`{}` comes before `{}`", other.action, one.action)
        };
        diagnostic = diagnostic.at(other.span, why);
    }
    diagnostic.help(help)
}

/// Launch conditions that together leave no device without one of them.
fn check_contradictions(all: &[Launched<'_>], found: &mut Vec<Diagnostic>) {
    for (index, later) in all.iter().enumerate() {
        let contradicts = |earlier: &Launched<'_>| {
            let place = later.place.and(earlier.place);
            let help = later.condition.contradiction(earlier.condition)?;
            (!place.is_empty()).then_some((earlier.span, place, help))
        };
        let earlier = all.iter().take(index).find_map(contradicts);
        let Some((earlier, place, help)) = earlier else { continue };
        let place = listed(place.platforms);
        let message = format!("no device on {place} passes both of two launch conditions");
        let diagnostic = Diagnostic::new(Code::AccessConflict, message)
            .at(later.span, "either this one holds")
            .at(earlier, "or this one does");
        found.push(diagnostic.help(help));
    }
}
