//! Access statements: `require` and `launch` as typed and checked data.
//!
//! Takes in the statements of one policy and the devices to which it applies, gives out [`Access`] and
//! diagnostics about single statements and about all of them together. Evaluates nothing. Does not know
//! movements, apps and users. Two tables say what exists on which platform: the fields in
//! [`requirement`], the facts in [`fact`].

/// Enums whose values are words of the language, each listed once, the mildest first.
macro_rules! words {
    ($(
        $(#[$meta:meta])*
        $vis:vis $name:ident { $( $(#[$about:meta])* $variant:ident = $word:literal, )* }
    )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $( $(#[$about])* $variant, )* }

        impl $name {
            #[allow(dead_code, reason = "only some words stand in statements")]
            pub(super) const WORDS: &'static [(&'static str, Self)] =
                &[ $( ($word, Self::$variant), )* ];

            /// Every value, in the order of its words.
            #[allow(dead_code, reason = "only some words are walked")]
            $vis const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The position among all values.
            #[allow(dead_code, reason = "only some words stand in tables")]
            pub(crate) const fn index(self) -> usize {
                self as usize
            }

            /// The value with this word.
            #[allow(dead_code, reason = "only some words stand in requests")]
            #[must_use]
            $vis fn from_word(word: &str) -> Option<Self> {
                match word { $( $word => Some(Self::$variant), )* _ => None }
            }

            /// The word that stands for this value in `.mam` text.
            #[must_use]
            $vis const fn word(self) -> &'static str {
                match self { $( Self::$variant => $word, )* }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }
    )* };
}

mod action;
mod condition;
#[cfg(feature = "compile")]
mod conflict;
#[cfg(feature = "compile")]
mod device_set;
mod fact;
#[cfg(feature = "compile")]
mod launch;
mod platforms;
#[cfg(feature = "compile")]
mod predicate;
#[cfg(feature = "compile")]
mod require;
#[cfg(feature = "compile")]
mod requirement;
mod requirement_value;
#[cfg(feature = "compile")]
mod slot;
#[cfg(feature = "compile")]
mod statement;
#[cfg(feature = "compile")]
#[cfg(test)]
mod tests;
mod value;
#[cfg(feature = "lsp")]
mod words;

pub use action::{AccessEffect, Action};
pub use condition::{Condition, DeviceLock, Integrity, Knox, Threat};
#[cfg(feature = "compile")]
pub(super) use conflict::check;
#[cfg(feature = "compile")]
pub(super) use device_set::DeviceSet;
pub use fact::{Fact, FactSet, IntegrityVerdict, KnoxResult, LockComplexity};
#[cfg(feature = "intune")]
pub(crate) use launch::leads_to;
#[cfg(feature = "compile")]
pub(super) use launch::resolve_launch;
#[cfg(feature = "compile")]
pub use predicate::{FactPredicate, FactTest, FactValue};
#[cfg(feature = "compile")]
pub(super) use predicate::{resolve_effect, resolve_test};
#[cfg(feature = "compile")]
pub(super) use require::{resolve_claim, resolve_require};
#[cfg(feature = "compile")]
pub use requirement::{Pin, Requirement};
pub use requirement_value::{AfterAttempts, Attempts, Biometrics, EncryptionClass, PinKind};
#[cfg(feature = "compile")]
pub use statement::{Access, AccessKind};
pub use value::{Date, NameList, Version};
pub(crate) use value::{days_of, duration, fold, minutes_of};
#[cfg(feature = "lsp")]
pub(crate) use words::{FieldValues, field_platforms, field_values, requirement_platforms};
