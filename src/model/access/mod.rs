//! `require` and `launch`: who may open an app, and in which state, as typed and checked data.
//!
//! Takes in the statements of one policy together with where that policy applies, gives out
//! [`Access`] and diagnostics: what is wrong about a statement, and what is odd about all of them
//! together. It evaluates nothing, and knows nothing of movements, apps and users. What exists
//! where is written down in two tables: of fields in [`requirement`], of subjects in [`launch`].

/// Enums whose values are words of the language, each listed once, the laxest first.
macro_rules! words {
    ($(
        $(#[$meta:meta])*
        $vis:vis $name:ident { $( $(#[$about:meta])* $variant:ident = $word:literal, )* }
    )*) => { $(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis enum $name { $( $(#[$about])* $variant, )* }

        impl $name {
            pub(super) const WORDS: &'static [(&'static str, Self)] =
                &[ $( ($word, Self::$variant), )* ];

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

mod condition;
mod conflict;
mod launch;
mod place;
mod require;
mod requirement;
mod slot;
mod strength;
#[cfg(test)]
mod tests;
mod value;

pub use condition::{Action, Condition, DeviceLock, Integrity, Knox, Threat};
pub(super) use conflict::check;
#[cfg(feature = "intune")]
pub(crate) use launch::leads_to;
pub(super) use launch::resolve_launch;
pub(super) use place::Place;
pub(super) use require::resolve_require;
pub use requirement::{
    AfterAttempts, Attempts, Biometrics, EncryptionClass, Pin, PinKind, Requirement,
};
pub use value::{Date, NameList, Version};

use crate::source::Span;
use crate::vocabulary::{DeviceStates, Platforms};

/// A requirement or a launch condition of a policy, with where it applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// What it says.
    pub kind: AccessKind,
    /// The platforms of the policy on which the statement says it and which have such a thing.
    pub platforms: Platforms,
    /// The device management states of the policy in which the statement says it.
    pub devices: DeviceStates,
    /// Its place, without the keyword.
    pub span: Span,
}

/// What an [`Access`] says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessKind {
    /// What a user must do, or the app be, before it opens.
    Require(Requirement),
    /// What happens at start in a given state.
    Launch {
        /// What happens.
        action: Action,
        /// In which state.
        condition: Condition,
    },
}
