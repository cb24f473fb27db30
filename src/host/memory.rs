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

/// What a host remembers of one app and account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Memory {
    /// The latest time that was seen.
    latest: Minutes,
    /// When the app was last in use.
    used: Option<Minutes>,
    /// When the PIN was set.
    pin_set: Option<Minutes>,
    /// When the PIN was last entered.
    pin_entered: Option<Minutes>,
    /// When the PIN was entered or biometrics recognised the user.
    recognised: Option<Minutes>,
    credentials_entered: Option<Minutes>,
    checked_in: Option<Minutes>,
    verdict: Option<(Minutes, IntegrityVerdict)>,
    /// Wrong PINs since the last right one or the last new one.
    failed_attempts: u32,
    /// A new PIN is to be set, with the account's credentials.
    is_reset: bool,
    biometrics_changed: bool,
    verdict_failed: bool,
    is_wiped: bool,
}

impl Memory {
    /// The memory of an app whose work account is added now.
    #[must_use]
    pub fn new(now: u32) -> Self {
        Self {
            latest: now,
            checked_in: Some(now),
            credentials_entered: Some(now),
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
        match event {
            Event::Opened | Event::Left => next.used = Some(now),
            Event::PinSet => {
                next.pin_set = Some(now);
                next.is_reset = false;
                next.enter_pin(now);
            }
            // A PIN that has to be replaced opens nothing.
            Event::RightPin if next.is_reset || next.pin_set.is_none() => {}
            Event::RightPin => next.enter_pin(now),
            Event::WrongPin => next.fail(required.pin.as_ref()),
            Event::RightBiometrics if next.biometrics_changed => {}
            Event::RightBiometrics => next.recognise(now),
            Event::BiometricsChanged => next.biometrics_changed = true,
            Event::RightCredentials => {
                next.credentials_entered = Some(now);
                next.checked_in = Some(now);
            }
            Event::CheckedIn => next.checked_in = Some(now),
            Event::Attested(verdict) => {
                next.verdict = Some((now, verdict));
                next.verdict_failed = false;
            }
            Event::NotAttested => next.verdict_failed = true,
            Event::Restarted => next.restart(),
            Event::Wiped => next.is_wiped = true,
        }
        next
    }

    /// The right PIN: attempts are counted anew.
    const fn enter_pin(&mut self, now: Minutes) {
        self.pin_entered = Some(now);
        self.failed_attempts = 0;
        self.biometrics_changed = false;
        self.recognise(now);
    }

    const fn recognise(&mut self, now: Minutes) {
        self.recognised = Some(now);
        self.used = Some(now);
    }

    /// A wrong PIN: at the number of attempts the PIN is reset, or data is wiped.
    fn fail(&mut self, required: Option<&PinRequirement>) {
        self.failed_attempts = self.failed_attempts.saturating_add(1);
        let reaches = |limit: Option<u32>| limit.is_some_and(|most| self.failed_attempts >= most);
        let (reset, wipe) = required.map_or((None, None), |pin| (pin.reset_after, pin.wipe_after));
        let (is_reset, is_wiped) = (reaches(reset), reaches(wipe));
        self.is_reset |= is_reset;
        self.is_wiped |= is_wiped;
    }

    /// A start of the device: nobody is recognised, and a verdict that was not renewed is none.
    const fn restart(&mut self) {
        self.recognised = None;
        if self.verdict_failed {
            self.verdict = None;
        }
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
            self.is_over(self.credentials_entered, credentials.recheck_minutes, now)
        });
        let pin = pin.and_then(|pin| self.asks_pin(&pin, now));
        let resets = self.is_reset && pin == Some(Ask::NewPin);
        (credentials || resets).then_some(Ask::Credentials).into_iter().chain(pin).collect()
    }

    fn asks_pin(&self, required: &PinRequirement, now: Minutes) -> Option<Ask> {
        let Some(set) = self.pin_set.filter(|_| !self.is_reset) else { return Some(Ask::NewPin) };
        let days = required.expires_days;
        if days.is_some_and(|days| now - set >= days.saturating_mul(24 * 60)) {
            return Some(Ask::NewPin);
        }
        let is_changed = self.biometrics_changed && required.asks_after_change;
        let is_overdue = required
            .biometrics_override_minutes
            .is_some_and(|minutes| self.is_over(self.pin_entered, Some(minutes), now));
        let needs_pin = required.biometrics == Biometrics::No || is_overdue || is_changed;
        if !is_changed && !self.is_over(self.recognised, required.recheck_minutes, now) {
            return None;
        }
        Some(if needs_pin { Ask::Pin } else { Ask::Biometrics })
    }

    /// Whether something never happened, or the app was not in use for some time since. Without a time, once
    /// is enough.
    fn is_over(&self, happened: Option<Minutes>, minutes: Option<u32>, now: Minutes) -> bool {
        let Some(happened) = happened else { return true };
        let since = self.used.map_or(happened, |used| used.max(happened));
        minutes.is_some_and(|minutes| now - since >= minutes)
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
