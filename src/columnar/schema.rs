//! The columns of batches: their names, which of them are required, and those that a batch has.

use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use super::error::ColumnError;
use crate::model::Fact;
use crate::spelling::closest;

/// A kind of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestKind {
    Movements,
    Accesses,
}

/// The columns of movements, with whether each is required.
const MOVEMENTS: &[(&str, bool)] = &[
    ("channel", true),
    ("source", true),
    ("source_account", false),
    ("source_deployed", false),
    ("target", true),
    ("target_account", false),
    ("target_deployed", false),
    ("characters", false),
];

/// The columns of accesses but for facts.
const ACCESSES: &[(&str, bool)] = &[("launch_app", true), ("launch_account", false)];

/// The columns of users and devices.
const USERS: &[(&str, bool)] =
    &[("groups", true), ("platform", true), ("management", true), ("filters", false)];

/// The column of a fact: its word with `_` for `-`.
pub(super) const fn fact_column(fact: Fact) -> &'static str {
    match fact {
        Fact::AccountDisabled => "account_disabled",
        Fact::AppScan => "app_scan",
        Fact::DeviceLock => "device_lock",
        Fact::CompanyPortal => "company_portal",
        Fact::CompanyPortalAge => "company_portal_age",
        Fact::OffDuty => "off_duty",
        other => other.word(),
    }
}

/// Whether a fact is true or false.
pub(super) const fn is_flag(fact: Fact) -> bool {
    matches!(fact, Fact::AccountDisabled | Fact::Jailbroken | Fact::AppScan | Fact::OffDuty)
}

/// The columns of a kind of requests, with whether each is required.
fn known(kind: RequestKind) -> Vec<(&'static str, bool)> {
    let facts = Fact::ALL.iter().map(|fact| (fact_column(*fact), false));
    match kind {
        RequestKind::Movements => [MOVEMENTS, USERS].concat(),
        RequestKind::Accesses => [ACCESSES, USERS].concat().into_iter().chain(facts).collect(),
    }
}

/// The columns of requests about movements, or of those about accesses.
#[must_use]
pub fn request_columns(about_accesses: bool) -> Vec<&'static str> {
    let kind = if about_accesses { RequestKind::Accesses } else { RequestKind::Movements };
    known(kind).into_iter().map(|(name, _)| name).collect()
}

/// The columns of one batch by name, and the mistakes that were found in them.
#[derive(Debug)]
pub(super) struct Found<'b> {
    batch: &'b RecordBatch,
    pub(super) kind: RequestKind,
    pub(super) mistakes: Vec<ColumnError>,
}

impl<'b> Found<'b> {
    /// The columns of a batch, after their names were checked.
    pub(super) fn new(batch: &'b RecordBatch) -> Self {
        let schema = batch.schema_ref();
        let has = |name: &str| schema.fields().iter().any(|field| field.name() == name);
        let mut mistakes = Vec::new();
        let kind = match (has("channel"), has("launch_app")) {
            (true, false) => RequestKind::Movements,
            (false, true) => RequestKind::Accesses,
            (both, _) => {
                mistakes.push(ColumnError::Kind { both });
                RequestKind::Movements
            }
        };
        if mistakes.is_empty() {
            let known = known(kind);
            let required = known.iter().filter(|(name, required)| *required && !has(name));
            mistakes.extend(required.map(|(column, _)| ColumnError::Missing { column }));
            let mut names: Vec<&str> = Vec::new();
            for name in schema.fields().iter().map(|field| field.name().as_str()) {
                if names.contains(&name) {
                    mistakes.push(ColumnError::Twice { column: name.to_owned() });
                } else if !known.iter().any(|(one, _)| *one == name) {
                    let candidates = known.iter().map(|(one, _)| *one).filter(|one| !has(one));
                    let meant = closest(name, candidates).map(str::to_owned);
                    mistakes.push(ColumnError::Unknown { column: name.to_owned(), meant });
                }
                names.push(name);
            }
        }
        Self { batch, kind, mistakes }
    }

    /// Reads a column. It is `None` for one that is not there, or that has nothing but nulls by its type. A
    /// mistake in it is kept.
    pub(super) fn read<T: Default>(
        &mut self,
        column: &'static str,
        read: impl FnOnce(&'b dyn Array) -> Result<T, ReadError>,
    ) -> T {
        let array: Option<&'b dyn Array> = self.batch.column_by_name(column).map(AsRef::as_ref);
        let Some(array) = array.filter(|array| *array.data_type() != DataType::Null) else {
            return T::default();
        };
        read(array).unwrap_or_else(|error| {
            self.mistakes.push(match error {
                ReadError::WrongType(expected) => {
                    ColumnError::WrongType { column, found: array.data_type().clone(), expected }
                }
                ReadError::Damaged => ColumnError::Damaged { column },
                ReadError::TooLong => ColumnError::TooLong { column },
            });
            T::default()
        })
    }
}

/// A mistake in a column whose name is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadError {
    /// The types that it can have.
    WrongType(&'static str),
    Damaged,
    TooLong,
}
