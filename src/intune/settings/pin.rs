//! Access requirements, a family of settings: a PIN, the account's credentials.

use super::reader::SettingsReader;
use crate::intune::emit::members::MemberEmitter;
use crate::intune::emit::rules::RuleEmitter;
use crate::intune::emit::statement::{At, Line};
use crate::intune::value::Value;
use crate::model::{self, Attempts, PinKind, Requirement};
use crate::syntax::ast::{self, Field};
use crate::vocabulary::Platform;

/// The biometrics that are accepted instead of the PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intune) enum Biometrics {
    Any,
    Face,
    Touch,
    No,
}

impl Biometrics {
    /// The biometrics that both accept.
    const fn join(self, other: Self) -> Self {
        match (self, other) {
            (Self::Any, one) | (one, Self::Any) => one,
            (Self::Face, Self::Face) => Self::Face,
            (Self::Touch, Self::Touch) => Self::Touch,
            _ => Self::No,
        }
    }
}

/// The requirements on a PIN.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of the portal")]
pub(in crate::intune) struct Pin {
    pub(in crate::intune) length: u32,
    pub(in crate::intune) alphanumeric: bool,
    pub(in crate::intune) simple_blocked: bool,
    pub(in crate::intune) attempts: u32,
    pub(in crate::intune) wipes: bool,
    pub(in crate::intune) history: u32,
    /// In days; 0 stands for never.
    pub(in crate::intune) expires: u32,
    pub(in crate::intune) biometrics: Biometrics,
    /// In minutes; 0 stands for never.
    pub(in crate::intune) biometrics_override: u32,
    pub(in crate::intune) class_3: bool,
    pub(in crate::intune) asks_after_change: bool,
    pub(in crate::intune) skips_with_device_pin: bool,
}

/// The access requirements of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) struct Access {
    pub(in crate::intune) pin: Option<Pin>,
    pub(in crate::intune) credentials: bool,
    /// Minutes of inactivity before the next check; `None` if there is none, and without a requirement.
    pub(in crate::intune) recheck: Option<u32>,
}

const DAY: u32 = 24 * 60;
/// The member with the time between checks of PIN and credentials.
pub(in crate::intune) const RECHECK: &str = "periodOnlineBeforeAccessCheck";

impl Access {
    pub(super) fn read(reader: &mut SettingsReader<'_>) -> Self {
        let members = reader.members;
        let pin = members.bool("pinRequired").then(|| read_pin(reader));
        let credentials = members.bool("organizationalCredentialsRequired");
        let recheck = members.duration(RECHECK).filter(|minutes| (1..=65_535).contains(minutes));
        let is_asked = pin.is_some() || credentials;
        let recheck = recheck.filter(|_| is_asked);
        Self { pin, credentials, recheck }
    }

    /// The strictest of some requirements, field by field.
    pub(super) fn of(requirements: &[&Requirement]) -> Self {
        let pins = requirements.iter().filter_map(|requirement| match requirement {
            Requirement::Pin(pin) => Some(Pin::of(pin)),
            Requirement::Credentials { .. } | Requirement::Encryption { .. } => None,
        });
        let rechecks = requirements.iter().filter_map(|requirement| match requirement {
            Requirement::Pin(pin) => pin.recheck_minutes,
            Requirement::Credentials { recheck_minutes } => *recheck_minutes,
            Requirement::Encryption { .. } => None,
        });
        Self {
            pin: pins.reduce(Pin::join),
            credentials: requirements
                .iter()
                .any(|requirement| matches!(requirement, Requirement::Credentials { .. })),
            recheck: rechecks.map(|minutes| minutes.value).min(),
        }
    }

    pub(super) fn lines(&self, emitter: &RuleEmitter<'_>) -> Vec<Line> {
        let recheck = self.recheck.map(|minutes| {
            let at = emitter.at(RECHECK);
            at.field("recheck", Some(at.amount(minutes, "minute")))
        });
        let mut lines = Vec::new();
        if let Some(pin) = &self.pin {
            let mut fields = pin.fields(emitter);
            // `skip-with-device-pin` stands last.
            let skip = fields.iter().position(|field| field.name.text == "skip-with-device-pin");
            let end = skip.unwrap_or(fields.len());
            fields.splice(end..end, recheck.clone());
            lines.push(emitter.at("pinRequired").require("pin", fields, &[]));
        }
        if self.credentials {
            let at = emitter.at("organizationalCredentialsRequired");
            lines.push(at.require("credentials", recheck.into_iter().collect(), &[]));
        }
        lines
    }

    pub(super) fn write(&self, emitter: &mut MemberEmitter<'_>) {
        emitter.bool("pinRequired", self.pin.is_some());
        emitter.bool("organizationalCredentialsRequired", self.credentials);
        match self.recheck {
            Some(minutes) => emitter.set(RECHECK, Value::Duration(minutes)),
            // No statement gives a time.
            None if self.pin.is_some() || self.credentials => emitter.set(RECHECK, Value::Unset),
            None => {}
        }
        if let Some(pin) = &self.pin {
            pin.write(emitter);
        }
    }
}

/// The longest time before a biometric sensor gives way, in minutes, and the greatest number of days of a PIN.
const LONGEST: u32 = 65_535;

/// The days after which a PIN expires: whole ones, rounded to the strict side; 0 stands for never.
fn days(minutes: u32) -> u32 {
    if minutes == 0 { 0 } else { (minutes / DAY).clamp(1, LONGEST) }
}

/// Reports numbers of a PIN that no rule can state. The nearest that one can is taken.
fn report_bounds(reader: &mut SettingsReader<'_>) {
    let members = reader.members;
    let length = members.int("minimumPinLength");
    if !(4..=16).contains(&length) {
        reader.kept(
            "minimumPinLength",
            "a PIN has 4 to 16 digits or signs, and the nearest number counts",
        );
    }
    let expires = members.duration("periodBeforePinReset").unwrap_or(0);
    if days(expires).checked_mul(DAY) != Some(expires) {
        reader.kept(
            "periodBeforePinReset",
            "a PIN expires after whole days, 65535 at most, and fewer count",
        );
    }
    if members.duration("pinRequiredInsteadOfBiometricTimeout").is_some_and(|time| time > LONGEST) {
        let help = "the longest time is 65535 minutes, which counts";
        reader.kept("pinRequiredInsteadOfBiometricTimeout", help);
    }
}

fn read_pin(reader: &mut SettingsReader<'_>) -> Pin {
    report_bounds(reader);
    let members = reader.members;
    let expires = members.duration("periodBeforePinReset").unwrap_or(0);
    let timeout = members.duration("pinRequiredInsteadOfBiometricTimeout").unwrap_or(0);
    let finger = members.bool("fingerprintBlocked");
    let face = match reader.platform() {
        Platform::Ios => members.bool("faceIdBlocked"),
        // Older schemas have fingerprints only.
        _ if members.has("biometricAuthenticationBlocked") => {
            members.bool("biometricAuthenticationBlocked")
        }
        _ => finger,
    };
    let biometrics = match (finger, face) {
        (false, false) => Biometrics::Any,
        (true, true) => Biometrics::No,
        (true, false) if reader.platform() == Platform::Ios => Biometrics::Face,
        (false, true) if reader.platform() == Platform::Ios => Biometrics::Touch,
        // Android has no word for one sensor alone.
        _ => Biometrics::Any,
    };
    Pin {
        length: members.int("minimumPinLength").clamp(4, 16),
        alphanumeric: members.word("pinCharacterSet") == "alphanumericAndSymbol",
        simple_blocked: members.bool("simplePinBlocked"),
        attempts: members.int("maximumPinRetries"),
        wipes: members.word("appActionIfMaximumPinRetriesExceeded") == "wipe",
        history: match reader.platform() {
            Platform::Android => members.int("previousPinBlockCount"),
            Platform::Ios | Platform::Windows => 0,
        },
        expires: days(expires),
        biometrics,
        biometrics_override: match biometrics {
            Biometrics::No => 0,
            _ => timeout.min(LONGEST),
        },
        class_3: members.bool("requireClass3Biometrics") && biometrics != Biometrics::No,
        asks_after_change: members.bool("requirePinAfterBiometricChange")
            && biometrics != Biometrics::No,
        skips_with_device_pin: members.bool("disableAppPinIfDevicePinIsSet"),
    }
}

/// The number of attempts after which something happens.
fn first(attempts: Attempts) -> Option<u16> {
    attempts.reset.into_iter().chain(attempts.wipe).min()
}

impl Pin {
    /// The PIN of a requirement. Fields that it leaves out have the defaults of a new policy.
    fn of(pin: &model::Pin) -> Self {
        let attempts = pin.attempts.map(|field| field.value);
        let biometrics = match pin.biometrics.map(|field| field.value) {
            None | Some(model::Biometrics::Yes) => Biometrics::Any,
            Some(model::Biometrics::Face) => Biometrics::Face,
            Some(model::Biometrics::Touch) => Biometrics::Touch,
            Some(model::Biometrics::No) => Biometrics::No,
        };
        Self {
            length: pin.length.map_or(4, |field| u32::from(field.value)),
            alphanumeric: pin.kind.is_some_and(|field| field.value == PinKind::Alphanumeric),
            simple_blocked: pin.simple.is_some_and(|field| !field.value),
            attempts: attempts.and_then(first).map_or(5, u32::from),
            wipes: attempts.is_some_and(|attempts| attempts.wipe.is_some()),
            history: pin.history.map_or(0, |field| u32::from(field.value)),
            expires: pin.expires_days.map_or(0, |field| u32::from(field.value)),
            biometrics,
            biometrics_override: pin.biometrics_override_minutes.map_or(0, |field| field.value),
            class_3: pin.biometrics_class.is_some(),
            asks_after_change: pin.biometrics_change_ask.is_some(),
            skips_with_device_pin: pin.skip_with_device_pin.is_some(),
        }
    }

    /// The stricter of two PINs, field by field.
    fn join(self, other: Self) -> Self {
        // 0 stands for never.
        let soonest = |a: u32, b: u32| if a == 0 || b == 0 { a.max(b) } else { a.min(b) };
        Self {
            length: self.length.max(other.length),
            alphanumeric: self.alphanumeric || other.alphanumeric,
            simple_blocked: self.simple_blocked || other.simple_blocked,
            attempts: self.attempts.min(other.attempts),
            wipes: self.wipes || other.wipes,
            history: self.history.max(other.history),
            expires: soonest(self.expires, other.expires),
            biometrics: self.biometrics.join(other.biometrics),
            biometrics_override: soonest(self.biometrics_override, other.biometrics_override),
            class_3: self.class_3 || other.class_3,
            asks_after_change: self.asks_after_change || other.asks_after_change,
            skips_with_device_pin: self.skips_with_device_pin && other.skips_with_device_pin,
        }
    }

    fn fields(&self, emitter: &RuleEmitter<'_>) -> Vec<Field> {
        let word = |at: At, text: &str| Some(ast::Value::Word(at.name(text)));
        let mut fields = Vec::new();
        let mut add = |member: &str, name: &str, value: &dyn Fn(At) -> Option<ast::Value>| {
            let at = emitter.at(member);
            fields.push(at.field(name, value(at)));
        };
        add("minimumPinLength", "length", &|at| Some(at.number(self.length)));
        if self.alphanumeric {
            add("pinCharacterSet", "kind", &|at| word(at, "alphanumeric"));
        }
        if self.simple_blocked {
            add("simplePinBlocked", "simple", &|at| word(at, "no"));
        }
        let then = if self.wipes { "wipe" } else { "reset" };
        add("maximumPinRetries", "attempts", &|at| {
            let outcome = (at.spanned(u64::from(self.attempts)), at.name(then));
            Some(ast::Value::Then(vec![outcome]))
        });
        if self.history > 0 {
            add("previousPinBlockCount", "history", &|at| Some(at.number(self.history)));
        }
        if self.expires > 0 {
            add("periodBeforePinReset", "expires", &|at| Some(at.amount(self.expires, "day")));
        }
        match self.biometrics {
            Biometrics::Any => {}
            Biometrics::Face => add("fingerprintBlocked", "biometrics", &|at| word(at, "face")),
            Biometrics::Touch => add("faceIdBlocked", "biometrics", &|at| word(at, "touch")),
            Biometrics::No => add("fingerprintBlocked", "biometrics", &|at| word(at, "no")),
        }
        if self.biometrics_override > 0 {
            add("pinRequiredInsteadOfBiometricTimeout", "biometrics-override", &|at| {
                Some(at.amount(self.biometrics_override, "minute"))
            });
        }
        if self.class_3 {
            add("requireClass3Biometrics", "biometrics-class", &|at| Some(at.number(3)));
        }
        if self.asks_after_change {
            add("requirePinAfterBiometricChange", "biometrics-change", &|at| word(at, "ask"));
        }
        if self.skips_with_device_pin {
            add("disableAppPinIfDevicePinIsSet", "skip-with-device-pin", &|_| None);
        }
        fields
    }

    fn write(&self, emitter: &mut MemberEmitter<'_>) {
        emitter.set("minimumPinLength", Value::Int(self.length));
        let kind = if self.alphanumeric { "alphanumericAndSymbol" } else { "numeric" };
        emitter.word("pinCharacterSet", kind);
        emitter.bool("simplePinBlocked", self.simple_blocked);
        emitter.set("maximumPinRetries", Value::Int(self.attempts));
        let then = if self.wipes { "wipe" } else { "block" };
        emitter.word("appActionIfMaximumPinRetriesExceeded", then);
        emitter.set("previousPinBlockCount", Value::Int(self.history));
        emitter.set("periodBeforePinReset", Value::Duration(self.expires.saturating_mul(DAY)));
        let (finger, face) = match self.biometrics {
            Biometrics::Any => (false, false),
            Biometrics::Face => (true, false),
            Biometrics::Touch => (false, true),
            Biometrics::No => (true, true),
        };
        emitter.bool("fingerprintBlocked", finger);
        emitter.bool("faceIdBlocked", face);
        emitter.bool("biometricAuthenticationBlocked", finger && face);
        let timeout = Value::Duration(self.biometrics_override);
        emitter.set("pinRequiredInsteadOfBiometricTimeout", timeout);
        emitter.bool("requireClass3Biometrics", self.class_3);
        emitter.bool("requirePinAfterBiometricChange", self.asks_after_change);
        emitter.bool("disableAppPinIfDevicePinIsSet", self.skips_with_device_pin);
    }
}
