//! Decisions about columns: batches of requests as Apache Arrow has them, in and out.
//!
//! Takes in a [`Table`] and record batches with a request in each row, gives out a batch with the answers.
//! `schema` finds and checks the columns, `texts`, `words` and `lists` give each a number for every distinct
//! value, `requests` reads single rows as requests. `movements` and `accesses` decide: every distinct value,
//! user, device and endpoint is resolved once in a batch (`cases`, `shapes`), and each row is a few array reads.
//! `answers` makes columns of what was decided. Does not know where batches come from, and decides nothing
//! that the table does not.
//!
//! # Columns
//!
//! A batch is about movements, with the column `channel`, or about accesses, with `launch_app`. The columns
//! are the members of requests as `docs/json.md` describes them. A null is an absent member.
//!
//! | column | of | type |
//! | --- | --- | --- |
//! | `channel`, `source`, `target` | movements, required | text; an endpoint is an app, storage or place, as its channel has it |
//! | `source_account`, `target_account` | movements | text |
//! | `source_deployed`, `target_deployed` | movements | Boolean |
//! | `characters` | movements | integer |
//! | `launch_app` | accesses, required | text |
//! | `launch_account` | accesses | text |
//! | `platform`, `management` | both, required | text |
//! | `groups` | both, required | list of text |
//! | `filters` | both | list of text |
//! | `os`, `offline`, `company_portal_age` and all other facts, with `_` for `-` | accesses | text, or Boolean for facts that are true or false |
//!
//! Text is `Utf8`, `LargeUtf8`, `Utf8View`, or a dictionary of these with any keys. A list is a `List`,
//! `LargeList` or `FixedSizeList` of text. A column of the type `Null` is one of nulls.
//!
//! # Answers
//!
//! | column | of | contents |
//! | --- | --- | --- |
//! | `effect`, `reason` | both | dictionaries of words |
//! | `enforced` | both | Boolean |
//! | `limits` | movements | structure of `characters`, `content` and `tagged`; null if there are none |
//! | `assumed` | movements | dictionary of accounts |
//! | `wipe`, `unknown` | accesses | dictionaries of JSON |
//! | `by` | movements, with [`Options::rules`] | dictionary of JSON: the determining rules |
//! | `fired`, `requirements` | accesses, with [`Options::rules`] | dictionaries of JSON |
//! | `report_only` | both, with [`Options::rules`] | dictionary of JSON |
//! | `error_code`, `error` | both, with [`BadRows::Null`] | dictionaries: why all other columns are null |
//!
//! ```
//! use std::sync::Arc;
//!
//! use arrow_array::builder::{ListBuilder, StringBuilder};
//! use arrow_array::cast::AsArray;
//! use arrow_array::types::Int32Type;
//! use arrow_array::{ArrayRef, RecordBatch, StringArray};
//! use mam::columnar::{Options, decide_batch};
//!
//! let table = mam::compile("notes.mam", "mam 1\nusers staff\n\
//!     app notes { ios \"com.example.notes\"  sdk }\n\
//!     policy baseline { for staff  protect notes  allow share to managed }")?;
//! let text = |values: [&'static str; 2]| Arc::new(StringArray::from_iter_values(values)) as ArrayRef;
//! let mut groups = ListBuilder::new(StringBuilder::new());
//! groups.append_value([Some("staff")]);
//! groups.append_value([Some("visitors")]);
//! let batch = RecordBatch::try_from_iter([
//!     ("channel", text(["share", "share"])),
//!     ("source", text(["notes", "notes"])),
//!     ("target", text(["ios:com.example.chat", "ios:com.example.chat"])),
//!     ("groups", Arc::new(groups.finish()) as ArrayRef),
//!     ("platform", text(["ios", "ios"])),
//!     ("management", text(["unmanaged", "unmanaged"])),
//! ])?;
//! let answers = decide_batch(&table, &batch, &Options::default())?;
//! let effects = answers.column_by_name("effect").unwrap().as_dictionary::<Int32Type>();
//! let effects = effects.downcast_dict::<StringArray>().unwrap();
//! assert!(effects.into_iter().eq([Some("block"), Some("allow")]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod accesses;
mod answers;
mod cases;
mod error;
mod lists;
mod movements;
mod numbers;
mod options;
mod requests;
mod schema;
mod shapes;
mod texts;
mod words;

use arrow_array::RecordBatch;

pub use answers::{AccessRules, Answers, RowAnswer, UserRows};
pub use error::{BatchError, ColumnError, RowError, column_of_member};
pub use options::{BadRows, Options};
pub use requests::{RowRequest, RowRequests};
pub use schema::request_columns;

use crate::table::Table;

/// Decides every row of a batch. The module tells which columns go in and come out.
///
/// # Errors
///
/// When the batch lacks a column, has one that no request has or one of another type: all of these at once.
/// With [`BadRows::Error`], when a row cannot be answered, too.
pub fn decide_batch(
    table: &Table,
    batch: &RecordBatch,
    options: &Options,
) -> Result<RecordBatch, BatchError> {
    decide_rows(table, batch, options.rules)?.to_batch(table, options.bad_rows)
}

/// Decides every row of a batch, for callers who count answers: each distinct one is there once. With
/// `rules`, answers that differ only in the rules behind them are distinct.
///
/// # Errors
///
/// When the batch lacks a column, has one that no request has or one of another type: all of these at once.
pub fn decide_rows<'b>(
    table: &Table,
    batch: &'b RecordBatch,
    rules: bool,
) -> Result<Answers<'b>, BatchError> {
    Ok(match RowRequests::new(batch)?.columns() {
        requests::Columns::Movements(rows) => movements::decide(table, rows, rules),
        requests::Columns::Accesses(rows) => accesses::decide(table, rows, rules),
    })
}
