//! Outcomes of a command and their exit statuses.
//!
//! Plain data. Does not know the commands.

use std::io;

/// Code of a file, or of standard input, that cannot be read.
pub(crate) const CANNOT_READ: &str = "mam::io::cannot-read";

/// Code of a file, or of standard output, that cannot be written.
pub(crate) const CANNOT_WRITE: &str = "mam::io::cannot-write";

/// Status of a command that ran to its end, in order: of several, the last one wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Status {
    /// The command succeeded, or the answer is yes.
    Success,
    /// The answer is no: something was found that should not be.
    Negative,
    /// A limit was met. The part of the answer that depends on it is missing, which is reported.
    LimitMet,
}

impl Status {
    /// `Negative` if something was found.
    pub(crate) const fn negative_if(found: bool) -> Self {
        if found { Self::Negative } else { Self::Success }
    }

    /// Exit status of the process.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Negative => 1,
            Self::LimitMet => 2,
        }
    }
}

/// Reason for which a command has no answer.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command could not run. The reason is not reported yet.
    CannotRun {
        /// The problem: lower case, no full stop.
        message: String,
        /// Advice for the user.
        help: Option<String>,
    },
    /// The policy set has errors, which are reported.
    PolicyErrors,
    /// The arguments have errors, which are reported.
    BadUsage,
    /// A limit was met, which is reported.
    LimitMet,
    /// The reader of standard output closed it.
    OutputClosed,
}

impl Failure {
    /// A command that could not run.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::CannotRun { message: message.into(), help: None }
    }

    /// A command that could not run, with advice.
    pub(crate) fn with_help(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self::CannotRun { message: message.into(), help: Some(help.into()) }
    }

    /// Exit status of the process.
    pub(crate) const fn code(&self) -> u8 {
        match self {
            Self::CannotRun { .. } | Self::BadUsage | Self::LimitMet => 2,
            Self::PolicyErrors => 1,
            Self::OutputClosed => 0,
        }
    }
}

/// The reason of an input or output error, in a few words: lower case, no full stop.
pub(crate) fn io_reason(error: &io::Error) -> String {
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
