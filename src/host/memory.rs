//! The memory of a host: what has happened, and when.
//!
//! A state machine of one app and account. The latest time that was seen is remembered, so that a clock that is
//! set back makes nothing younger.

use crate::access::{Facts, PinRequirement, Requirements};
use crate::model::{Biometrics, IntegrityVerdict};

/// Minutes since a moment that the host chooses.
type Minutes = u32;

/// How long a verdict that could not be renewed still counts.
const VERDICT_KEPT: Minutes = 24 * 60;

/// Something that happened to the app or the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The app came to the foreground.
    Opened,
    /// The app left the foreground.
    Left,
    /// The user set a PIN, the first one or a new one.
    PinSet,
    /// The user entered the right PIN.
    RightPin,
    /// The user entered a wrong PIN.
    WrongPin,
    /// The user was recognised by biometrics.
    RightBiometrics,
    /// Fingers or faces of the device have changed.
    BiometricsChanged,
    /// The user signed in with the account's credentials.
    RightCredentials,
    /// The app reached the service.
    CheckedIn,
    /// The device was attested.
    Attested(IntegrityVerdict),
    /// The device could not be attested.
    NotAttested,
    /// The device was started.
    Restarted,
    /// The work account's data was removed.
    Wiped,
}

/// What the host asks the user for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Ask {
    /// The account's credentials.
    Credentials,
    /// A new PIN.
    NewPin,
    /// The PIN, and nothing else.
    Pin,
    /// Biometrics, or the PIN.
    Biometrics,
}

/// When something was last done, and the last use of the app for which that still counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Done {
    at: Option<Minutes>,
    used: Option<Minutes>,
}

impl Done {
    const fn now(now: Minutes) -> Self {
        Self { at: Some(now), used: Some(now) }
    }

    /// Whether it never happened, or the app was not in use for some time since. Without a time, once is enough.
    fn is_over(self, minutes: Option<u32>, now: Minutes) -> bool {
        let Some(last) = self.at.max(self.used) else { return true };
        minutes.is_some_and(|minutes| now - last >= minutes)
    }

    /// The app is in use. What has to be done again stays so.
    fn use_at(&mut self, minutes: Option<u32>, now: Minutes) {
        if !self.is_over(minutes, now) {
            self.used = Some(now);
        }
    }
}

/// A PIN that has to be replaced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Reset {
    #[default]
    No,
    /// The account's credentials come first.
    Demanded,
    /// They were entered.
    SignedIn,
}

/// What a host remembers of one app and account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// The latest time that was seen.
    latest: Minutes,
    /// When the PIN was set.
    pin_set: Option<Minutes>,
    /// The PIN was entered.
    pin_entered: Done,
    /// The PIN was entered, or biometrics recognised the user.
    recognised: Done,
    credentials_entered: Done,
    checked_in: Option<Minutes>,
    verdict: Option<(Minutes, IntegrityVerdict)>,
    /// Wrong PINs since the last right one or the last new one.
    failed_attempts: u32,
    reset: Reset,
    biometrics_changed: bool,
    verdict_failed: bool,
    /// The device was started since the verdict.
    restarted: bool,
    is_wiped: bool,
}

impl Memory {
    /// The memory of an app whose work account is added now.
    #[must_use]
    pub fn new(now: u32) -> Self {
        Self {
            latest: now,
            checked_in: Some(now),
            credentials_entered: Done::now(now),
            ..Self::default()
        }
    }

    /// Whether the work account's data is gone. That is final: a new account begins with a new memory.
    #[must_use]
    pub const fn is_wiped(&self) -> bool {
        self.is_wiped
    }

    /// The wrong PINs since the last right one or the last new one.
    #[must_use]
    pub const fn failed_attempts(&self) -> u32 {
        self.failed_attempts
    }

    /// The memory after an event.
    #[must_use]
    pub fn after(self, event: Event, now: u32, required: &Requirements) -> Self {
        if self.is_wiped {
            return self;
        }
        let now = now.max(self.latest);
        let mut next = Self { latest: now, ..self };
        if next.takes(event, now, required.pin.as_ref()) {
            next.use_at(required, now);
        }
        next
    }

    /// Remembers an event; gives whether the app is in use with it.
    fn takes(&mut self, event: Event, now: Minutes, pin: Option<&PinRequirement>) -> bool {
        match event {
            Event::Opened | Event::Left => return true,
            Event::PinSet => return self.set_pin(now, pin),
            Event::RightPin => return self.take_right_pin(now),
            Event::RightBiometrics => return self.recognise(now, pin),
            Event::RightCredentials => {
                self.sign_in(now);
                return true;
            }
            Event::WrongPin => self.fail(pin),
            Event::BiometricsChanged => self.biometrics_changed = true,
            Event::CheckedIn => self.checked_in = Some(now),
            Event::Attested(verdict) => {
                self.verdict = Some((now, verdict));
                (self.verdict_failed, self.restarted) = (false, false);
            }
            Event::NotAttested => {
                self.verdict_failed = true;
                self.forget_verdict();
            }
            Event::Restarted => {
                self.recognised = Done::default();
                self.restarted = true;
                self.forget_verdict();
            }
            Event::Wiped => self.is_wiped = true,
        }
        false
    }

    /// A new PIN. Who has not signed in sets none after a reset, and who is not recognised replaces none.
    fn set_pin(&mut self, now: Minutes, required: Option<&PinRequirement>) -> bool {
        let is_unknown = required.is_some_and(|pin| self.is_unknown(pin, now));
        if self.reset == Reset::Demanded || is_unknown {
            return false;
        }
        self.pin_set = Some(now);
        self.reset = Reset::No;
        self.enter_pin(now);
        true
    }

    /// The right PIN. One that has to be replaced opens nothing.
    fn take_right_pin(&mut self, now: Minutes) -> bool {
        let is_taken = self.reset == Reset::No && self.pin_set.is_some();
        if is_taken {
            self.enter_pin(now);
        }
        is_taken
    }

    /// Biometrics, which are no answer where the PIN is asked for.
    fn recognise(&mut self, now: Minutes, required: Option<&PinRequirement>) -> bool {
        let is_taken = !required.is_some_and(|pin| self.needs_pin(pin, now));
        if is_taken {
            self.recognised = Done::now(now);
        }
        is_taken
    }

    fn sign_in(&mut self, now: Minutes) {
        self.credentials_entered = Done::now(now);
        self.checked_in = Some(now);
        if self.reset == Reset::Demanded {
            self.reset = Reset::SignedIn;
        }
    }

    /// A verdict that cannot be renewed counts until the device is started.
    const fn forget_verdict(&mut self) {
        if self.verdict_failed && self.restarted {
            self.verdict = None;
        }
    }

    /// The app is in use. What is asked for already stays asked for.
    fn use_at(&mut self, required: &Requirements, now: Minutes) {
        let Requirements { pin, credentials, .. } = required;
        let (recheck, over) =
            pin.map_or((None, None), |pin| (pin.recheck_minutes, pin.biometrics_override_minutes));
        self.recognised.use_at(recheck, now);
        self.pin_entered.use_at(over, now);
        self.credentials_entered.use_at(credentials.and_then(|one| one.recheck_minutes), now);
    }

    /// The right PIN: attempts are counted anew.
    const fn enter_pin(&mut self, now: Minutes) {
        self.pin_entered = Done::now(now);
        self.recognised = Done::now(now);
        self.failed_attempts = 0;
        self.biometrics_changed = false;
    }

    /// A wrong PIN: at the number of attempts the PIN is reset, or data is wiped.
    fn fail(&mut self, required: Option<&PinRequirement>) {
        self.failed_attempts = self.failed_attempts.saturating_add(1);
        let reaches = |limit: Option<u32>| limit.is_some_and(|most| self.failed_attempts >= most);
        let (reset, wipe) = required.map_or((None, None), |pin| (pin.reset_after, pin.wipe_after));
        let (is_reset, is_wiped) = (reaches(reset), reaches(wipe));
        if is_reset {
            self.reset = Reset::Demanded;
        }
        self.is_wiped |= is_wiped;
    }

    /// What to ask for now, in this order; nothing after a wipe. `device_has_pin` tells whether the device has
    /// a PIN of its own.
    #[must_use]
    pub fn asks(&self, required: &Requirements, device_has_pin: bool, now: u32) -> Vec<Ask> {
        if self.is_wiped {
            return Vec::new();
        }
        let now = now.max(self.latest);
        let pin = required.pin.filter(|pin| !(pin.skips_with_device_pin && device_has_pin));
        let credentials = required.credentials.is_some_and(|credentials| {
            self.credentials_entered.is_over(credentials.recheck_minutes, now)
        });
        let pin = pin.map_or_else(Vec::new, |pin| self.asks_pin(&pin, now));
        let resets = self.reset == Reset::Demanded && pin.contains(&Ask::NewPin);
        (credentials || resets).then_some(Ask::Credentials).into_iter().chain(pin).collect()
    }

    /// The user is recognised before a PIN that is too old is replaced.
    fn asks_pin(&self, required: &PinRequirement, now: Minutes) -> Vec<Ask> {
        let Some(set) = self.pin_set.filter(|_| self.reset == Reset::No) else {
            return vec![Ask::NewPin];
        };
        let is_changed = self.biometrics_changed && required.asks_after_change;
        let is_due = is_changed || self.recognised.is_over(required.recheck_minutes, now);
        let ask = if self.needs_pin(required, now) { Ask::Pin } else { Ask::Biometrics };
        let days = required.expires_days;
        let is_old = days.is_some_and(|days| now - set >= days.saturating_mul(24 * 60));
        let new = is_old.then_some(Ask::NewPin);
        is_due.then_some(ask).into_iter().chain(new).collect()
    }

    /// Whether the user has to be recognised before anything else.
    fn is_unknown(&self, required: &PinRequirement, now: Minutes) -> bool {
        let asked = self.asks_pin(required, now);
        asked.iter().any(|ask| matches!(ask, Ask::Pin | Ask::Biometrics))
    }

    /// Whether biometrics are not enough.
    fn needs_pin(&self, required: &PinRequirement, now: Minutes) -> bool {
        let minutes = required.biometrics_override_minutes;
        required.biometrics == Biometrics::No
            || minutes.is_some() && self.pin_entered.is_over(minutes, now)
            || self.biometrics_changed && required.asks_after_change
    }

    /// Sets the facts that the host remembers: the time without contact, and the integrity verdict.
    pub fn remember(&self, facts: &mut Facts<'_>, now: u32) {
        let now = now.max(self.latest);
        facts.offline_minutes = self.checked_in.map(|then| now - then);
        let Some((then, verdict)) = self.verdict else {
            facts.integrity = self.verdict_failed.then_some(IntegrityVerdict::Expired);
            return;
        };
        let is_expired = self.verdict_failed && now - then >= VERDICT_KEPT;
        facts.integrity = Some(if is_expired { IntegrityVerdict::Expired } else { verdict });
    }
}
