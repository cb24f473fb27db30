//! Rules for PINs.
//!
//! Takes in a PIN and what is required of it, gives out the first rule that it breaks. Keeps nothing of it.

use crate::access::PinRequirement;
use crate::model::PinKind;

/// A rule that a PIN breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinFlaw {
    /// It has too few characters.
    #[error("the PIN needs at least {least} characters")]
    TooShort {
        /// The least number of characters.
        least: u8,
    },
    /// It has neither a letter nor a special character.
    #[error("the PIN needs a letter or a special character")]
    OnlyDigits,
    /// It lacks a digit, a letter or a special character.
    #[error("the PIN needs a digit, a letter and a special character")]
    OneKindMissing,
    /// Three characters in a row are equal or follow each other.
    #[error("the PIN must not have three characters that repeat or run in sequence")]
    Simple,
    /// It is one of the last PINs.
    #[error("the PIN was used before")]
    UsedBefore,
}

/// The first rule that a PIN breaks; `None` if it may be set. `was_used` tells whether it is among so many
/// last PINs, which the host keeps in whatever form it likes; it is asked only if a history is required.
pub fn pin_flaw(
    pin: &str,
    required: &PinRequirement,
    was_used: impl FnOnce(u8) -> bool,
) -> Option<PinFlaw> {
    let has = |is: fn(&char) -> bool| pin.chars().any(|letter| is(&letter));
    let has_digit = has(char::is_ascii_digit);
    let has_letter = has(|letter| letter.is_alphabetic());
    let has_special = has(|letter| !letter.is_alphanumeric());
    let is_passcode = required.kind == PinKind::Alphanumeric;
    // No characters are no PIN, whatever is required.
    let least = required.length.unwrap_or(1);
    if pin.chars().count() < usize::from(least) {
        return Some(PinFlaw::TooShort { least });
    }
    if is_passcode && !has_letter && !has_special {
        return Some(PinFlaw::OnlyDigits);
    }
    if required.simple_blocked {
        if is_passcode && !(has_digit && has_letter && has_special) {
            return Some(PinFlaw::OneKindMissing);
        }
        if is_simple(pin) {
            return Some(PinFlaw::Simple);
        }
    }
    (required.history > 0 && was_used(required.history)).then_some(PinFlaw::UsedBefore)
}

/// Whether three characters in a row are equal, or each is the next, or each the one before.
fn is_simple(pin: &str) -> bool {
    let letters: Vec<u32> = pin.chars().map(u32::from).collect();
    letters.windows(3).any(|window| match window {
        [a, b, c] => {
            let (first, second) = (b.wrapping_sub(*a), c.wrapping_sub(*b));
            first == second && matches!(first, 0 | 1 | u32::MAX)
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(pin: &str, kind: PinKind, simple_blocked: bool) -> Option<PinFlaw> {
        let required = PinRequirement { kind, simple_blocked, ..PinRequirement::ANY };
        pin_flaw(pin, &required, |_| false)
    }

    #[test]
    fn sequences_and_repetitions_are_simple() {
        for pin in ["1234", "1111", "1235", "1112", "4321", "abcd", "aaaa", "9875"] {
            assert_eq!(flaw(pin, PinKind::Numeric, true), Some(PinFlaw::Simple), "{pin}");
            assert_eq!(flaw(pin, PinKind::Numeric, false), None, "{pin}");
        }
        for pin in ["1122", "1357", "2580", "0819"] {
            assert_eq!(flaw(pin, PinKind::Numeric, true), None, "{pin}");
        }
    }

    #[test]
    fn passcodes_have_more_than_digits() {
        assert_eq!(flaw("2580", PinKind::Alphanumeric, false), Some(PinFlaw::OnlyDigits));
        assert_eq!(flaw("258x", PinKind::Alphanumeric, false), None);
        assert_eq!(flaw("258!", PinKind::Alphanumeric, false), None);
        assert_eq!(flaw("258x", PinKind::Alphanumeric, true), Some(PinFlaw::OneKindMissing));
        assert_eq!(flaw("25x!", PinKind::Alphanumeric, true), None);
    }

    #[test]
    fn length_and_history_are_asked_for_where_they_are_required() {
        let required = PinRequirement { length: Some(6), history: 3, ..PinRequirement::ANY };
        assert_eq!(pin_flaw("12345", &required, |_| true), Some(PinFlaw::TooShort { least: 6 }));
        assert_eq!(pin_flaw("258036", &required, |last| last == 3), Some(PinFlaw::UsedBefore));
        assert_eq!(pin_flaw("258036", &required, |_| false), None);
        let free = PinRequirement::ANY;
        assert_eq!(pin_flaw("1", &free, |_| panic!("no history is required")), None);
        assert_eq!(pin_flaw("", &free, |_| false), Some(PinFlaw::TooShort { least: 1 }));
    }
}
