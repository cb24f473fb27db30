//! Requirements as they are in force: the join of `require` statements on one device.
//!
//! Takes in requirements of the model, gives out their least upper bound, field by field. The join is
//! associative, commutative and idempotent. A field that no statement says has its laxest value. Does not
//! know which statements are in force.

use crate::model::{AccessId, Biometrics, EncryptionClass, PinKind};
#[cfg(feature = "compile")]
use crate::model::{Pin, Requirement};
use crate::vocabulary::{DeviceState, Platform};

/// The requirements in force on a device. Two are equal if they ask for the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub struct Requirements {
    /// A PIN.
    pub pin: Option<PinRequirement>,
    /// The work account's credentials, besides a PIN.
    pub credentials: Option<CredentialsRequirement>,
    /// The encryption of company data at rest.
    pub encryption: Option<EncryptionRequirement>,
}

/// The requirements on a PIN. Fields that are `None`, `false` or 0 ask for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct PinRequirement {
    /// The least number of characters.
    pub length: Option<u8>,
    /// Its characters.
    pub kind: PinKind,
    /// Whether it must not run in sequence or repeat itself.
    pub simple_blocked: bool,
    /// The number of attempts after which a new PIN is set.
    pub reset_after: Option<u32>,
    /// The number of attempts after which the work account's data is removed.
    pub wipe_after: Option<u32>,
    /// The number of earlier PINs that it must not repeat.
    pub history: u8,
    /// Days after which it must be changed.
    pub expires_days: Option<u32>,
    /// The biometrics that may take its place.
    pub biometrics: Biometrics,
    /// Minutes without use after which it is asked for in spite of biometrics.
    pub biometrics_override_minutes: Option<u32>,
    /// Whether biometrics must be of class 3.
    pub class_3: bool,
    /// Whether it is asked for when the device's biometrics have changed.
    pub asks_after_change: bool,
    /// Minutes without use after which it is asked for again.
    pub recheck_minutes: Option<u32>,
    /// Whether it is not asked for where the device has a PIN of its own: every statement says so.
    pub skips_with_device_pin: bool,
}

/// The requirement of the work account's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct CredentialsRequirement {
    /// Minutes without use after which they are asked for again.
    pub recheck_minutes: Option<u32>,
}

/// The requirement that company data at rest is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct EncryptionRequirement {
    /// The times at which data is unreadable; `None` on Android, which has no classes.
    pub class: Option<EncryptionClass>,
}

/// A part of requirements that statements can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
#[expect(missing_docs, reason = "requirements and their fields")]
pub enum RequirementPart {
    Pin,
    Length,
    Kind,
    Simple,
    Attempts,
    History,
    Expires,
    Biometrics,
    BiometricsOverride,
    BiometricsClass,
    BiometricsChange,
    Recheck,
    SkipWithDevicePin,
    Credentials,
    CredentialsRecheck,
    Encryption,
    Class,
}

impl RequirementPart {
    /// Every part, in the order of output.
    pub const ALL: &'static [Self] = &[
        Self::Pin,
        Self::Length,
        Self::Kind,
        Self::Simple,
        Self::Attempts,
        Self::History,
        Self::Expires,
        Self::Biometrics,
        Self::BiometricsOverride,
        Self::BiometricsClass,
        Self::BiometricsChange,
        Self::Recheck,
        Self::SkipWithDevicePin,
        Self::Credentials,
        Self::CredentialsRecheck,
        Self::Encryption,
        Self::Class,
    ];

    /// The word of the requirement or field in `.mam` text.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pin => "pin",
            Self::Length => "length",
            Self::Kind => "kind",
            Self::Simple => "simple",
            Self::Attempts => "attempts",
            Self::History => "history",
            Self::Expires => "expires",
            Self::Biometrics => "biometrics",
            Self::BiometricsOverride => "biometrics-override",
            Self::BiometricsClass => "biometrics-class",
            Self::BiometricsChange => "biometrics-change",
            Self::Recheck | Self::CredentialsRecheck => "recheck",
            Self::SkipWithDevicePin => "skip-with-device-pin",
            Self::Credentials => "credentials",
            Self::Encryption => "encryption",
            Self::Class => "class",
        }
    }

    /// The requirement that has the part.
    #[must_use]
    pub const fn requirement(self) -> Self {
        match self {
            Self::Credentials | Self::CredentialsRecheck => Self::Credentials,
            Self::Encryption | Self::Class => Self::Encryption,
            _ => Self::Pin,
        }
    }
}

impl Requirements {
    /// The requirements that ask for nothing.
    pub const NONE: Self = Self { pin: None, credentials: None, encryption: None };

    #[cfg(feature = "compile")]
    /// The requirements of a statement on a device, where it is in force.
    #[must_use]
    pub fn of(requirement: &Requirement, platform: Platform, state: DeviceState) -> Self {
        Self::said(requirement).on(platform, state)
    }

    #[cfg(feature = "compile")]
    /// The requirements that a statement says, wherever it is in force.
    pub(crate) fn said(requirement: &Requirement) -> Self {
        let mut said = Self::default();
        match requirement {
            Requirement::Pin(pin) => said.pin = Some(PinRequirement::said(pin)),
            Requirement::Credentials { recheck_minutes } => {
                let recheck_minutes = recheck_minutes.map(|field| field.value);
                said.credentials = Some(CredentialsRequirement { recheck_minutes });
            }
            Requirement::Encryption { class } => {
                let class = class.map(|field| field.value);
                said.encryption = Some(EncryptionRequirement { class });
            }
        }
        said
    }

    /// The requirements among these that a device has. Where no class of encryption is said, the strictest is meant.
    pub(crate) fn on(self, platform: Platform, state: DeviceState) -> Self {
        let class = |said: EncryptionRequirement| match platform {
            Platform::Ios => Some(said.class.unwrap_or(EncryptionClass::Locked)),
            Platform::Android | Platform::Windows => None,
        };
        Self {
            pin: self.pin.map(|pin| pin.on(platform, state)),
            encryption: self.encryption.map(|said| EncryptionRequirement { class: class(said) }),
            ..self
        }
    }

    /// The least requirements that are as strict as both.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self {
            pin: joined(self.pin, other.pin, PinRequirement::join),
            credentials: joined(self.credentials, other.credentials, |a, b| {
                let recheck_minutes = least(a.recheck_minutes, b.recheck_minutes);
                CredentialsRequirement { recheck_minutes }
            }),
            encryption: joined(self.encryption, other.encryption, |a, b| EncryptionRequirement {
                class: a.class.max(b.class),
            }),
        }
    }

    /// The requirements without what has no effect beside the rest.
    #[must_use]
    pub fn effective(self) -> Self {
        Self { pin: self.pin.map(PinRequirement::effective), ..self }
    }

    /// Whether these requirements are at least as strict as others: to join those changes nothing.
    #[must_use]
    pub fn meet(self, other: Self) -> bool {
        self.join(other).effective() == self.effective()
    }

    /// Whether nothing is required.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a part asks for something.
    #[must_use]
    pub fn has(&self, part: RequirementPart) -> bool {
        match part.requirement() {
            RequirementPart::Credentials => self.credentials.is_some_and(|credentials| {
                part == RequirementPart::Credentials || credentials.recheck_minutes.is_some()
            }),
            RequirementPart::Encryption => self.encryption.is_some_and(|encryption| {
                part == RequirementPart::Encryption || encryption.class.is_some()
            }),
            _ => self.pin.is_some_and(|pin| pin.has(part)),
        }
    }
}

impl PinRequirement {
    /// A PIN of any kind.
    pub(crate) const ANY: Self = Self {
        length: None,
        kind: PinKind::Numeric,
        simple_blocked: false,
        reset_after: None,
        wipe_after: None,
        history: 0,
        expires_days: None,
        biometrics: Biometrics::Yes,
        biometrics_override_minutes: None,
        class_3: false,
        asks_after_change: false,
        recheck_minutes: None,
        skips_with_device_pin: false,
    };

    #[cfg(feature = "compile")]
    fn said(pin: &Pin) -> Self {
        let attempts = pin.attempts.map(|field| field.value).unwrap_or_default();
        Self {
            length: pin.length.map(|field| field.value),
            kind: pin.kind.map_or(PinKind::Numeric, |field| field.value),
            simple_blocked: pin.simple.is_some_and(|field| !field.value),
            reset_after: attempts.reset.map(u32::from),
            wipe_after: attempts.wipe.map(u32::from),
            history: pin.history.map_or(0, |field| field.value),
            expires_days: pin.expires_days.map(|field| field.value.into()),
            biometrics: pin.biometrics.map_or(Biometrics::Yes, |field| field.value),
            biometrics_override_minutes: pin.biometrics_override_minutes.map(|field| field.value),
            class_3: pin.biometrics_class.is_some(),
            asks_after_change: pin.biometrics_change_ask.is_some(),
            recheck_minutes: pin.recheck_minutes.map(|field| field.value),
            skips_with_device_pin: pin.skip_with_device_pin.is_some(),
        }
    }

    fn on(self, platform: Platform, state: DeviceState) -> Self {
        let is_android = platform == Platform::Android;
        let has_sensor = self.biometrics.exists_on(platform);
        Self {
            history: if is_android { self.history } else { 0 },
            biometrics: if has_sensor { self.biometrics } else { Biometrics::Yes },
            class_3: is_android && self.class_3,
            asks_after_change: is_android && self.asks_after_change,
            skips_with_device_pin: self.skips_with_device_pin && state.has_known_pin(platform),
            ..self
        }
    }

    fn join(self, other: Self) -> Self {
        let override_minutes = [self, other].map(|pin| pin.biometrics_override_minutes);
        Self {
            length: self.length.max(other.length),
            kind: self.kind.max(other.kind),
            simple_blocked: self.simple_blocked || other.simple_blocked,
            reset_after: least(self.reset_after, other.reset_after),
            wipe_after: least(self.wipe_after, other.wipe_after),
            history: self.history.max(other.history),
            expires_days: least(self.expires_days, other.expires_days),
            biometrics: self.biometrics.and(other.biometrics),
            biometrics_override_minutes: override_minutes.into_iter().flatten().min(),
            class_3: self.class_3 || other.class_3,
            asks_after_change: self.asks_after_change || other.asks_after_change,
            recheck_minutes: least(self.recheck_minutes, other.recheck_minutes),
            skips_with_device_pin: self.skips_with_device_pin && other.skips_with_device_pin,
        }
    }

    fn effective(self) -> Self {
        let mut left = self;
        // By then everything is wiped.
        if let (Some(reset), Some(wipe)) = (self.reset_after, self.wipe_after)
            && reset >= wipe
        {
            left.reset_after = None;
        }
        if self.biometrics == Biometrics::No {
            left.biometrics_override_minutes = None;
            left.class_3 = false;
            left.asks_after_change = false;
        }
        left
    }

    fn has(self, part: RequirementPart) -> bool {
        match part {
            RequirementPart::Length => self.length.is_some(),
            RequirementPart::Kind => self.kind != PinKind::Numeric,
            RequirementPart::Simple => self.simple_blocked,
            RequirementPart::Attempts => self.reset_after.or(self.wipe_after).is_some(),
            RequirementPart::History => self.history > 0,
            RequirementPart::Expires => self.expires_days.is_some(),
            RequirementPart::Biometrics => self.biometrics != Biometrics::Yes,
            RequirementPart::BiometricsOverride => self.biometrics_override_minutes.is_some(),
            RequirementPart::BiometricsClass => self.class_3,
            RequirementPart::BiometricsChange => self.asks_after_change,
            RequirementPart::Recheck => self.recheck_minutes.is_some(),
            RequirementPart::SkipWithDevicePin => self.skips_with_device_pin,
            _ => true,
        }
    }
}

fn joined<T>(a: Option<T>, b: Option<T>, join: impl Fn(T, T) -> T) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(join(a, b)),
        (one, None) | (None, one) => one,
    }
}

/// The smaller of two numbers that may be missing.
fn least<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    joined(a, b, Ord::min)
}

/// A statement among those in force: what it says, and what of it the device has.
pub(crate) type Requiring = (AccessId, Requirements, Requirements);

/// The statements behind each part of joined requirements.
pub(crate) fn required_by(
    joined: Requirements,
    statements: &[Requiring],
) -> Vec<(RequirementPart, Vec<AccessId>)> {
    let parts = RequirementPart::ALL.iter().filter(|part| joined.has(**part));
    let by = parts.map(|part| (*part, statements_of(*part, joined, statements)));
    by.filter(|(_, by)| !by.is_empty()).collect()
}

/// The statements that say a part of joined requirements: those that require it at all, or whose field has
/// the winning value.
fn statements_of(
    part: RequirementPart,
    joined: Requirements,
    statements: &[Requiring],
) -> Vec<AccessId> {
    let says = |(_, said, own): &&Requiring| {
        let own_pin = own.pin.unwrap_or(PinRequirement::ANY);
        let pin = joined.pin.unwrap_or(PinRequirement::ANY);
        own.has(part)
            && match part {
                RequirementPart::Length => own_pin.length == pin.length,
                RequirementPart::Attempts => {
                    let is = |own: Option<u32>, won: Option<u32>| own.is_some() && own == won;
                    is(own_pin.reset_after, pin.reset_after)
                        || is(own_pin.wipe_after, pin.wipe_after)
                }
                RequirementPart::History => own_pin.history == pin.history,
                RequirementPart::Expires => own_pin.expires_days == pin.expires_days,
                RequirementPart::Biometrics => says_biometrics(own_pin, pin, statements),
                RequirementPart::BiometricsOverride => {
                    own_pin.biometrics_override_minutes == pin.biometrics_override_minutes
                }
                RequirementPart::Recheck => own_pin.recheck_minutes == pin.recheck_minutes,
                RequirementPart::CredentialsRecheck => own.credentials == joined.credentials,
                RequirementPart::Class => {
                    let is_said = said.encryption.is_some_and(|said| said.class.is_some());
                    is_said && own.encryption == joined.encryption
                }
                _ => true,
            }
    };
    statements.iter().filter(says).map(|(id, ..)| *id).collect()
}

/// Whether a PIN says the biometrics that are left: one sensor each may add up to none.
fn says_biometrics(own: PinRequirement, joined: PinRequirement, all: &[Requiring]) -> bool {
    let biometrics = |own: &Requirements| own.pin.map(|pin| pin.biometrics);
    let is_said = all.iter().any(|(.., own)| biometrics(own) == Some(joined.biometrics));
    own.biometrics == joined.biometrics || !is_said
}
