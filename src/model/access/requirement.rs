//! Requirements and their fields.
//!
//! The table [`Field::about`] says on which platforms a field exists and how it is written.

use super::platforms::{ANDROID, IOS, MOBILE};
use super::requirement_value::{Attempts, Biometrics, EncryptionClass, PinKind};
use crate::source::Span;
use crate::syntax::ast::Spanned;
use crate::vocabulary::Platform;

words! {
    /// The kind of a requirement. All exist on phones only.
    pub(super) What {
        Pin = "pin",
        Credentials = "credentials",
        Encryption = "encryption",
    }

    /// A field of a requirement.
    pub(super) Field {
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
}

/// A requirement on the user or the app before the app opens.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
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
        /// The times at which data is unreadable; only on iOS.
        class: Option<Spanned<EncryptionClass>>,
    },
}

/// The fields of `require pin`, each with its place. A field that is `None` was not written and
/// requires nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pin {
    /// The least number of characters.
    pub length: Option<Spanned<u8>>,
    /// Its characters.
    pub kind: Option<Spanned<PinKind>>,
    /// Whether it may run in sequence or repeat itself.
    pub simple: Option<Spanned<bool>>,
    /// The numbers of attempts.
    pub attempts: Option<Spanned<Attempts>>,
    /// The number of earlier PINs that it must not repeat; only on Android.
    pub history: Option<Spanned<u8>>,
    /// Days after which it must be changed.
    pub expires_days: Option<Spanned<u16>>,
    /// The biometrics that may take its place.
    pub biometrics: Option<Spanned<Biometrics>>,
    /// Minutes without use after which it is asked for in spite of biometrics.
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

impl Field {
    /// The requirements that have the field, its platforms, and an example.
    pub(super) const fn about(self) -> (&'static [What], &'static [Platform], &'static str) {
        const PIN: &[What] = &[What::Pin];
        match self {
            Self::Length => (PIN, MOBILE, "length 6"),
            Self::Kind => (PIN, MOBILE, "kind numeric"),
            Self::Simple => (PIN, MOBILE, "simple no"),
            Self::Attempts => (PIN, MOBILE, "attempts 5 then reset"),
            Self::History => (PIN, ANDROID, "history 3"),
            Self::Expires => (PIN, MOBILE, "expires 365 days"),
            Self::Biometrics => (PIN, MOBILE, "biometrics no"),
            Self::BiometricsOverride => (PIN, MOBILE, "biometrics-override 30 minutes"),
            Self::BiometricsClass => (PIN, ANDROID, "biometrics-class 3"),
            Self::BiometricsChange => (PIN, ANDROID, "biometrics-change ask"),
            Self::Recheck => (&[What::Pin, What::Credentials], MOBILE, "recheck 30 minutes"),
            Self::SkipWithDevicePin => (PIN, MOBILE, "skip-with-device-pin"),
            Self::Class => (&[What::Encryption], IOS, "class locked"),
        }
    }
}

/// A field that a requirement states.
pub(super) struct Stated {
    pub(super) field: Field,
    /// Its place in the text.
    pub(super) span: Span,
    /// The platforms on which its value exists.
    pub(super) platforms: &'static [Platform],
}

impl Requirement {
    pub(super) fn what(&self) -> What {
        match self {
            Self::Pin(_) => What::Pin,
            Self::Credentials { .. } => What::Credentials,
            Self::Encryption { .. } => What::Encryption,
        }
    }

    pub(super) fn pin(&self) -> Option<&Pin> {
        match self {
            Self::Pin(pin) => Some(pin),
            Self::Credentials { .. } | Self::Encryption { .. } => None,
        }
    }

    /// The fields that it states.
    pub(super) fn fields(&self) -> Vec<Stated> {
        fn place<T>(field: &Option<Spanned<T>>) -> Option<Span> {
            field.as_ref().map(|field| field.span)
        }
        let fields = match self {
            Self::Pin(pin) => vec![
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
            Self::Credentials { recheck_minutes } => vec![(Field::Recheck, place(recheck_minutes))],
            Self::Encryption { class } => vec![(Field::Class, place(class))],
        };
        let sensor = self.pin().and_then(|pin| pin.biometrics).map(|field| field.value);
        let stated = |(field, span): (Field, Option<Span>)| {
            let sensor = sensor.filter(|_| field == Field::Biometrics);
            let platforms = sensor.map_or(field.about().1, Biometrics::platforms);
            Some(Stated { field, span: span?, platforms })
        };
        fields.into_iter().filter_map(stated).collect()
    }
}
