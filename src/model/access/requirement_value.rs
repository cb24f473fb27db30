//! Values of the fields of requirements.
//!
//! Plain values, which compiled tables hold, too. Statements and their places are not known here.

use super::platforms::{IOS, MOBILE};
use crate::vocabulary::Platform;

words! {
    /// The characters of a PIN.
    pub PinKind {
        /// Digits.
        Numeric = "numeric",
        /// Digits, letters and symbols.
        Alphanumeric = "alphanumeric",
    }

    /// The biometrics that may take the place of the PIN.
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

    /// The action after the last failed attempt.
    pub AfterAttempts {
        /// The user sets a new PIN, with the account's credentials.
        Reset = "reset",
        /// The work account's data is removed from the app.
        Wipe = "wipe",
    }

    /// The times at which iOS keeps data at rest unreadable.
    pub EncryptionClass {
        /// Until the device is unlocked for the first time after a start.
        Restart = "restart",
        /// While the device is locked, but for files that are open.
        OpenFiles = "open-files",
        /// While the device is locked.
        Locked = "locked",
    }
}

impl Biometrics {
    /// The biometrics that both accept.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, one) | (one, Self::Yes) => one,
            (Self::Face, Self::Face) => Self::Face,
            (Self::Touch, Self::Touch) => Self::Touch,
            _ => Self::No,
        }
    }

    /// Whether a platform can tell such biometrics from others.
    pub(crate) fn exists_on(self, platform: Platform) -> bool {
        self.platforms().contains(&platform)
    }

    /// Only iOS lets an app tell one sensor from the other.
    pub(super) const fn platforms(self) -> &'static [Platform] {
        match self {
            Self::Face | Self::Touch => IOS,
            Self::Yes | Self::No => MOBILE,
        }
    }
}

/// The numbers of attempts at a PIN after which something happens. At least one is stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Attempts {
    /// The number after which the user sets a new PIN.
    pub reset: Option<u16>,
    /// The number after which the work account's data is removed.
    pub wipe: Option<u16>,
}

impl Attempts {
    /// The number of attempts before an action.
    #[must_use]
    pub const fn until(self, then: AfterAttempts) -> Option<u16> {
        match then {
            AfterAttempts::Reset => self.reset,
            AfterAttempts::Wipe => self.wipe,
        }
    }

    pub(super) const fn until_mut(&mut self, then: AfterAttempts) -> &mut Option<u16> {
        match then {
            AfterAttempts::Reset => &mut self.reset,
            AfterAttempts::Wipe => &mut self.wipe,
        }
    }
}
