//! The partial order of strictness on access statements.
//!
//! Takes in two statements, gives out whether the second is provably at least as strict as the first.
//! A relation that cannot be proved does not hold: a field that is not written means what the service
//! chooses. Where the statements apply is not looked at.

use super::requirement::{Attempts, Biometrics, EncryptionClass, Pin, PinKind, Requirement};
use super::statement::AccessKind;
use crate::syntax::ast::Spanned;

impl AccessKind {
    /// Whether the other statement asks at least for what this one asks for.
    pub(crate) fn is_met_by(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Require(one), Self::Require(other)) => one.is_met_by(other),
            (
                Self::Launch { action, condition },
                Self::Launch { action: other_action, condition: other },
            ) => other_action >= action && condition.implies(other),
            (Self::Require(_), Self::Launch { .. }) | (Self::Launch { .. }, Self::Require(_)) => {
                false
            }
        }
    }
}

impl Requirement {
    fn is_met_by(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pin(one), Self::Pin(other)) => one.is_met_by(other),
            (
                Self::Credentials { recheck_minutes: a },
                Self::Credentials { recheck_minutes: b },
            ) => at_most(value(a), value(b), None),
            (Self::Encryption { class: a }, Self::Encryption { class: b }) => {
                at_least(value(a), value(b), Some(EncryptionClass::Locked))
            }
            (Self::Pin(_) | Self::Credentials { .. } | Self::Encryption { .. }, _) => false,
        }
    }
}

impl Pin {
    fn is_met_by(&self, other: &Self) -> bool {
        let biometrics = match (value(&self.biometrics), value(&other.biometrics)) {
            (one, other) if one == other => true,
            (Some(Biometrics::Yes), Some(_)) | (_, Some(Biometrics::No)) => true,
            (None | Some(_), None | Some(_)) => false,
        };
        let attempts = match (value(&self.attempts), value(&other.attempts)) {
            (None, None) => true,
            (Some(one), Some(other)) => one.is_met_by(other),
            (None, Some(_)) | (Some(_), None) => false,
        };
        // The mildest of these values is what holds where nothing is written.
        let counted = at_least(value(&self.length), value(&other.length), Some(0))
            && at_least(value(&self.history), value(&other.history), Some(0))
            && at_least(value(&self.biometrics_class), value(&other.biometrics_class), Some(0))
            && at_most(value(&self.expires_days), value(&other.expires_days), Some(u16::MAX));
        counted
            && biometrics
            && attempts
            && at_least(value(&self.kind), value(&other.kind), Some(PinKind::Alphanumeric))
            && at_most(value(&self.simple), value(&other.simple), Some(false))
            && at_most(value(&self.recheck_minutes), value(&other.recheck_minutes), None)
            && at_most(
                value(&self.biometrics_override_minutes),
                value(&other.biometrics_override_minutes),
                None,
            )
            && (self.biometrics_change_ask.is_none() || other.biometrics_change_ask.is_some())
            && (self.skip_with_device_pin.is_some() || other.skip_with_device_pin.is_none())
    }
}

impl Attempts {
    fn is_met_by(self, other: Self) -> bool {
        // A wipe makes a later reset idle.
        let reset = other.reset.into_iter().chain(other.wipe).min();
        let is_within = |one: Option<u16>, other: Option<u16>| {
            one.is_none_or(|one| other.is_some_and(|other| other <= one))
        };
        is_within(self.reset, reset) && is_within(self.wipe, other.wipe)
    }
}

fn value<T: Copy>(field: &Option<Spanned<T>>) -> Option<T> {
    field.as_ref().map(|field| field.value)
}

/// Whether the second value is not below the first. `known` is the least value that is as strict as
/// whatever holds where nothing is written.
fn at_least<T: Ord>(one: Option<T>, other: Option<T>, known: Option<T>) -> bool {
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => other >= one,
        (None, Some(other)) => known.is_some_and(|known| other >= known),
        (Some(_), None) => false,
    }
}

/// Whether the second value is not above the first; `known` as in [`at_least`], from above.
fn at_most<T: Ord>(one: Option<T>, other: Option<T>, known: Option<T>) -> bool {
    use std::cmp::Reverse;
    at_least(one.map(Reverse), other.map(Reverse), known.map(Reverse))
}

#[cfg(test)]
mod tests {
    use super::super::tests::fine;

    /// Whether the second statement meets the first.
    #[track_caller]
    fn meets(one: &str, other: &str) -> bool {
        fine(one).kind.is_met_by(&fine(other).kind)
    }

    #[test]
    fn what_is_stricter_meets_what_is_milder() {
        for (mild, strict) in [
            ("require pin", "require pin { length 4 }"),
            ("require pin { length 4 }", "require pin { length 6 }"),
            ("require pin { kind numeric }", "require pin { kind alphanumeric }"),
            ("require pin { simple yes }", "require pin { simple no }"),
            ("require pin", "require pin { simple no }"),
            ("require pin { attempts 10 then reset }", "require pin { attempts 5 then wipe }"),
            ("require pin", "require pin { expires 90 days }"),
            ("require pin { expires 90 days }", "require pin { expires 30 days }"),
            ("require pin { biometrics yes }", "require pin { biometrics face } on ios"),
            ("require pin { biometrics face } on ios", "require pin { biometrics no }"),
            ("require pin", "require pin { biometrics no }"),
            ("require pin { recheck 60 minutes }", "require pin { recheck 30 minutes }"),
            ("require pin { skip-with-device-pin } devices intune", "require pin devices intune"),
            ("require pin on android", "require pin { biometrics-change ask } on android"),
            ("require pin on android", "require pin { biometrics-class 3 } on android"),
            ("require credentials recheck 60 minutes", "require credentials recheck 30 minutes"),
            ("require encryption", "require encryption { class locked } on ios"),
            (
                "require encryption { class restart } on ios",
                "require encryption { class locked } on ios",
            ),
            ("launch warn when os < 17.0", "launch block when os < 17.0"),
            ("launch block when os < 17.0", "launch block when os < 18.0"),
            ("launch block when offline > 12 hours", "launch wipe when offline > 1 hours"),
        ] {
            assert!(meets(mild, strict), "{strict} does not meet {mild}");
            assert!(!meets(strict, mild), "{mild} meets {strict}");
            assert!(meets(mild, mild) && meets(strict, strict), "{mild} {strict}");
        }
    }

    #[test]
    fn what_cannot_be_proved_is_no_meeting() {
        for (one, other) in [
            ("require pin", "require credentials"),
            ("require pin", "launch block when jailbroken"),
            ("require pin", "require pin { attempts 10 then reset }"),
            ("require pin", "require pin { kind numeric }"),
            ("require pin", "require pin { recheck 30 minutes }"),
            ("require pin", "require pin { biometrics-override 30 minutes }"),
            ("require encryption on ios", "require encryption { class open-files } on ios"),
            ("require pin { attempts 10 then wipe }", "require pin { attempts 5 then reset }"),
            ("require pin { biometrics face } on ios", "require pin { biometrics touch } on ios"),
            ("require pin { length 6 }", "require pin { simple no }"),
            ("launch block when os < 17.0", "launch block when os > 17.0"),
            ("launch block when jailbroken", "launch block when account-disabled"),
        ] {
            assert!(!meets(one, other) && !meets(other, one), "{one} {other}");
        }
    }
}
