//! How a command ends: with an answer, or without one.
//!
//! Plain data, with the exit status that belongs to each.

use std::io;

/// What a command that ran has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Status {
    /// All is well.
    Well,
    /// The answer is no.
    No,
    /// A limit was met: a part of the answer is missing, and says so.
    Limited,
}

impl Status {
    /// `No` where something was found.
    pub(crate) const fn no_if(found: bool) -> Self {
        if found { Self::No } else { Self::Well }
    }

    /// The exit status.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::No => 1,
            Self::Limited => 2,
        }
    }
}

/// Why a command has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not run, for this reason.
    Stop {
        /// What went wrong: lower case, no full stop.
        message: String,
        /// What to do.
        help: Option<String>,
    },
    /// The policy set has errors; they are reported already.
    Refused,
    /// The question has errors; they are reported already.
    BadQuestion,
    /// A limit was met, and there is no answer; it is reported already.
    LimitMet,
    /// Nobody reads the output any more.
    Closed,
}

impl Failure {
    /// A reason without help.
    pub(crate) fn stop(message: impl Into<String>) -> Self {
        Self::Stop { message: message.into(), help: None }
    }

    /// A reason, with what to do about it.
    pub(crate) fn stop_with(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::Stop { message: message.into(), help: Some(help.into()) }
    }

    /// The exit status.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::Stop { .. } | Self::BadQuestion | Self::LimitMet => 2,
            Self::Refused => 1,
            Self::Closed => 0,
        }
    }
}

/// Why the system refused something, in a few words.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission is denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a directory".to_owned(),
        io::ErrorKind::NotADirectory => "a part of the path is no directory".to_owned(),
        _ => {
            let text = error.to_string();
            let bare = text.split(" (os error").next().unwrap_or(&text);
            let mut letters = bare.chars();
            let first = letters.next().map(|letter| letter.to_lowercase().to_string());
            format!("{}{}", first.unwrap_or_default(), letters.as_str())
        }
    }
}
