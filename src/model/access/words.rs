//! Words: what may stand behind a fact or a field, for editors.
//!
//! Takes in a fact or the word of a field, gives out signs, words and units. The tables that statements are checked by
//! are the same.

use super::action::Action;
use super::condition::{Condition, DeviceLock, Integrity, Knox, Threat};
use super::fact::{Fact, IntegrityVerdict, KnoxResult, LockComplexity};
use super::launch::Shape;
use super::platforms::MOBILE;
use super::requirement::Field;
use super::requirement_value::{AfterAttempts, Biometrics, EncryptionClass, PinKind};
use super::slot::words_of;
use crate::vocabulary::Platform;

impl Fact {
    /// The signs with which a condition compares it.
    pub(crate) const fn signs(self) -> &'static [&'static str] {
        match self.form().0 {
            Shape::Alone | Shape::Word => &[],
            Shape::Below => &["<"],
            Shape::Above => &[">"],
            Shape::BelowOrAbove => &["<", ">"],
            Shape::List => &["not in"],
        }
    }

    /// Whether a condition on it is whole without a value.
    pub(crate) const fn stands_alone(self) -> bool {
        matches!(self.form().0, Shape::Alone)
    }

    /// The words of a condition on it that can lead to an action, behind the sign if it has one.
    pub(crate) fn condition_words(self, action: Action) -> Vec<&'static str> {
        match self {
            Self::Threat => words_of(Threat::WORDS),
            Self::Integrity => words_of(Integrity::WORDS),
            Self::DeviceLock => words_of(DeviceLock::WORDS),
            Self::Knox => {
                let words = Knox::WORDS.iter();
                let fitting = words.filter(|(_, knox)| Condition::Knox(*knox).takes(action));
                fitting.map(|(word, _)| *word).collect()
            }
            Self::AppScan => vec!["off"],
            _ => Vec::new(),
        }
    }

    /// The words that a test of an expectation may name as its value, without a sign.
    pub(crate) fn value_words(self) -> Vec<&'static str> {
        let mut words = match self {
            Self::Threat => words_of(Threat::WORDS),
            Self::Integrity => words_of(IntegrityVerdict::WORDS),
            Self::DeviceLock => words_of(LockComplexity::WORDS),
            Self::Knox => {
                let mut words = words_of(Knox::WORDS);
                words.extend(words_of(KnoxResult::WORDS));
                words.dedup();
                words
            }
            Self::AppScan => vec!["off"],
            _ => Vec::new(),
        };
        words.push("unknown");
        words
    }

    /// The units in which it is counted, if it is a time.
    pub(crate) const fn units(self) -> &'static [&'static str] {
        match self {
            Self::Offline => &["minutes", "hours", "days"],
            Self::CompanyPortalAge => &["days"],
            _ => &[],
        }
    }
}

/// The values of a field of a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FieldValues {
    /// None: it stands alone.
    None,
    /// A number.
    Number,
    /// A number with one of some units.
    Time(&'static [&'static str]),
    /// Numbers of attempts, each with `then` and one of some words.
    Attempts(Vec<&'static str>),
    /// One of some words.
    Words(Vec<&'static str>),
}

/// The platforms on which requirements exist.
pub(crate) const fn requirement_platforms() -> &'static [Platform] {
    MOBILE
}

/// The platforms on which the field with a word exists.
pub(crate) fn field_platforms(word: &str) -> Option<&'static [Platform]> {
    let (_, platforms, _) = Field::from_word(word)?.about();
    Some(platforms)
}

/// The values of the field with a word.
pub(crate) fn field_values(word: &str) -> Option<FieldValues> {
    Some(match Field::from_word(word)? {
        Field::Length | Field::History | Field::BiometricsClass => FieldValues::Number,
        Field::Expires => FieldValues::Time(&["days"]),
        Field::BiometricsOverride | Field::Recheck => {
            FieldValues::Time(&["minutes", "hours", "days"])
        }
        Field::Attempts => FieldValues::Attempts(words_of(AfterAttempts::WORDS)),
        Field::Kind => FieldValues::Words(words_of(PinKind::WORDS)),
        Field::Simple => FieldValues::Words(vec!["yes", "no"]),
        Field::Biometrics => FieldValues::Words(words_of(Biometrics::WORDS)),
        Field::BiometricsChange => FieldValues::Words(vec!["ask"]),
        Field::Class => FieldValues::Words(words_of(EncryptionClass::WORDS)),
        Field::SkipWithDevicePin => FieldValues::None,
    })
}
