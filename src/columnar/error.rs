//! Mistakes in batches: of columns, and of single rows.
//!
//! Every mistake has a code, a message and help. Messages are put together when they are printed.

use std::fmt;

use arrow_schema::DataType;

use crate::request::ResolveError;

/// The error of a batch that is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BatchError {
    /// Columns that do not make requests: all mistakes in them.
    Columns(Vec<ColumnError>),
    /// Answers that make no batch, with the reason: there are too many distinct ones for a dictionary.
    Answers(String),
    /// A row that cannot be answered, the first one.
    Row {
        /// Its index.
        row: usize,
        /// The mistake.
        error: RowError,
    },
}

impl fmt::Display for BatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Columns(errors) => {
                let errors: Vec<String> =
                    errors.iter().map(|one| format!("{one}: {}", one.help())).collect();
                f.write_str(&errors.join("\n"))
            }
            Self::Answers(reason) => write!(f, "the answers make no batch: {reason}"),
            Self::Row { row, error } => write!(f, "row {row}: {}", error.text()),
        }
    }
}

impl std::error::Error for BatchError {}

impl BatchError {
    /// The stable code of the error: of the first one, if there are several.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Columns(errors) => errors.first().map_or("mam::columns", ColumnError::code),
            Self::Answers(_) => "mam::columns::too-many-answers",
            Self::Row { error, .. } => error.code(),
        }
    }
}

/// A mistake in the columns of a batch. `docs/scale.md` lists the codes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ColumnError {
    /// Neither the column of movements nor the one of accesses, or both.
    #[error("the batch has {} `channel` and `launch_app`", if *.both { "both" } else { "neither of" })]
    Kind {
        /// Whether both are there.
        both: bool,
    },
    /// A required column that is missing.
    #[error("the column `{column}` is missing")]
    Missing {
        /// The column.
        column: &'static str,
    },
    /// A column that no such request has.
    #[error("the column `{column}` is no member of such a request")]
    Unknown {
        /// The column.
        column: String,
        /// The column that was probably meant.
        meant: Option<String>,
    },
    /// A column that is there twice.
    #[error("the column `{column}` is there twice")]
    Twice {
        /// The column.
        column: String,
    },
    /// A column of a type that it cannot have.
    #[error("the column `{column}` is {found}, not {expected}")]
    WrongType {
        /// The column.
        column: &'static str,
        /// Its type.
        found: DataType,
        /// The types that it can have, as a noun.
        expected: &'static str,
    },
    /// A column that refers to values which it does not have.
    #[error("the column `{column}` refers to values that it does not have")]
    Damaged {
        /// The column.
        column: &'static str,
    },
    /// A batch of more rows or values than 32 bits number.
    #[error("the column `{column}` has more than 4294967294 values")]
    TooLong {
        /// The column.
        column: &'static str,
    },
}

impl ColumnError {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Kind { .. } => "mam::columns::kind",
            Self::Missing { .. } => "mam::columns::missing-column",
            Self::Unknown { .. } => "mam::columns::unknown-column",
            Self::Twice { .. } => "mam::columns::duplicate-column",
            Self::WrongType { .. } => "mam::columns::wrong-type",
            Self::Damaged { .. } => "mam::columns::damaged",
            Self::TooLong { .. } => "mam::columns::too-long",
        }
    }

    /// The help: one sentence in the imperative, or a question.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Kind { both: true } => "put movements and accesses into two batches".to_owned(),
            Self::Kind { both: false } => {
                "name the channel of movements, or the app that is opened".to_owned()
            }
            Self::Missing { column } => format!("add `{column}`, or rename the column that has it"),
            Self::Unknown { meant: Some(meant), .. } => format!("did you mean `{meant}`?"),
            Self::Unknown { .. } => "leave it out".to_owned(),
            Self::Twice { .. } => "leave one of the two out".to_owned(),
            Self::WrongType { expected, .. } => format!("cast it to {expected}"),
            Self::Damaged { .. } => "write the batch again".to_owned(),
            Self::TooLong { .. } => "cut the batch into smaller ones".to_owned(),
        }
    }
}

/// A mistake in one row.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RowError {
    /// A request that the policy set cannot answer.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A null where every request has a value.
    #[error("`{column}` is null")]
    MissingValue {
        /// The column.
        column: &'static str,
    },
    /// A null in a list of names.
    #[error("a name in `{column}` is null")]
    NullInList {
        /// The column.
        column: &'static str,
    },
    /// A word that the column cannot have.
    #[error("unknown word `{word}` in `{column}`")]
    UnknownWord {
        /// The column.
        column: &'static str,
        /// The word.
        word: String,
        /// The help.
        help: String,
    },
    /// A number below 0 or above 4,294,967,295.
    #[error("the number in `{column}` is not between 0 and 4294967295")]
    BadNumber {
        /// The column.
        column: &'static str,
    },
    /// A text that is no value of a fact.
    #[error("`{text}` is no value of `{column}`")]
    BadFact {
        /// The column.
        column: &'static str,
        /// The text.
        text: String,
        /// The help.
        help: String,
    },
}

impl RowError {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Resolve(error) => error.code(),
            Self::MissingValue { .. } => "mam::columns::missing-value",
            Self::NullInList { .. } => "mam::columns::null-in-list",
            Self::UnknownWord { .. } => "mam::columns::unknown-word",
            Self::BadNumber { .. } => "mam::columns::bad-number",
            Self::BadFact { .. } => "mam::columns::bad-fact",
        }
    }

    /// The column that is wrong.
    #[must_use]
    pub fn column(&self) -> &'static str {
        match self {
            Self::Resolve(error) => column_of_member(error.member()),
            Self::MissingValue { column }
            | Self::NullInList { column }
            | Self::UnknownWord { column, .. }
            | Self::BadNumber { column }
            | Self::BadFact { column, .. } => column,
        }
    }

    /// The help: one sentence in the imperative, or a question.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Resolve(error) => error.help(),
            Self::MissingValue { column } => format!("give every row a value of `{column}`"),
            Self::NullInList { .. } => "leave nulls out of the list".to_owned(),
            Self::BadNumber { .. } => "leave it null if it is not known".to_owned(),
            Self::UnknownWord { help, .. } | Self::BadFact { help, .. } => help.clone(),
        }
    }

    /// Whether the row is a request, and only this policy set cannot answer it.
    pub(super) const fn is_request(&self) -> bool {
        matches!(self, Self::Resolve(_))
    }

    /// The message with its help, on one line.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{self}; {}", self.help())
    }
}

/// The column that has a member of a request, by the member's path in the JSON form.
#[must_use]
pub fn column_of_member(member: &str) -> &'static str {
    match member {
        "channel" => "channel",
        "source" | "source.app" | "source.storage" => "source",
        "source.account" => "source_account",
        "source.deployed" => "source_deployed",
        "target" | "target.app" | "target.storage" => "target",
        "target.account" => "target_account",
        "target.deployed" => "target_deployed",
        "user.groups" => "groups",
        "device.platform" => "platform",
        "device.management" => "management",
        "device.filters" => "filters",
        "characters" => "characters",
        "launch.account" => "launch_account",
        // Of facts, the error tells which.
        _ => "launch_app",
    }
}
