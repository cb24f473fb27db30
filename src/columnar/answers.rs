//! Answers to a batch, and the columns that tell them.
//!
//! Takes in the distinct answers and which of them each row has, gives out a record batch: every answer is
//! put into words once.

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Int32Array, RecordBatch, StringArray, StructArray,
    UInt32Array,
};
use arrow_buffer::{BooleanBuffer, NullBuffer};
use arrow_schema::{ArrowError, Field, Fields};
use rustc_hash::FxHashMap;
use serde::Serialize;

use super::error::{BatchError, RowError};
use super::options::BadRows;
use super::schema::RequestKind;
use crate::access::{AccessAnswer, AccessDecision, AccessDetails};
use crate::decision::LimitsAnswer;
use crate::request::{DeviceRequest, UserRequest};
use crate::table::{Resolved, Table};
use crate::vocabulary::{Account, Channel, Reason};

/// The answers to the rows of a batch, each distinct one once.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Answers<'b> {
    pub(super) kind: RequestKind,
    /// Whether answers that differ in the rules behind them are distinct.
    pub(super) rules: bool,
    /// By row: the index of its answer.
    pub rows: Vec<u32>,
    /// The distinct answers.
    pub distinct: Vec<RowAnswer>,
    /// Of movements: the groups and filters that rows name, each combination once.
    pub users: Vec<UserRows<'b>>,
}

/// The answer to a row.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RowAnswer {
    /// A movement: that of the first such row. [`Table::determining`] is about all of the rows only if rules
    /// were asked for.
    Movement {
        /// The channel.
        channel: Channel,
        /// The movement.
        movement: Resolved,
    },
    /// An access.
    Access {
        /// The decision.
        decision: AccessDecision,
        /// The statements behind it, if they were asked for.
        rules: Option<Box<AccessRules>>,
    },
    /// A mistake.
    Error(RowError),
}

/// The statements behind a decision about an access, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct AccessRules {
    /// The conditions that fired.
    pub fired: String,
    /// The requirements in force.
    pub requirements: String,
    /// The report-only policies that would apply.
    pub report_only: String,
}

impl AccessRules {
    pub(super) fn new(answer: &AccessAnswer) -> Self {
        Self {
            fired: json(&answer.fired),
            requirements: json(&answer.requirements),
            report_only: json(&answer.report_only),
        }
    }
}

/// The rows of users in some groups on devices where some filters hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UserRows<'b> {
    /// The user.
    pub user: UserRequest<'b>,
    /// The filters, with the device of one of the rows.
    pub device: DeviceRequest<'b>,
    /// How many rows there are.
    pub rows: u64,
}

/// The JSON form of a part of an answer. Answers have no keys but texts, so that nothing can fail.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

impl Answers<'_> {
    /// The answers as a record batch, with one row for each row that was decided.
    ///
    /// # Errors
    ///
    /// With [`BadRows::Error`], when a row cannot be answered.
    pub fn to_batch(&self, table: &Table, bad_rows: BadRows) -> Result<RecordBatch, BatchError> {
        if bad_rows == BadRows::Error {
            self.refuse_bad_rows()?;
        }
        let words = self.distinct.iter().map(|one| Words::new(one, table, self.rules));
        let words: Vec<Words> = words.collect();
        let columns = Columns { rows: &self.rows, words: &words };
        let batch = columns.batch(self.kind, self.rules, bad_rows);
        batch.map_err(|error| BatchError::Answers(error.to_string()))
    }

    fn refuse_bad_rows(&self) -> Result<(), BatchError> {
        if !self.distinct.iter().any(|one| matches!(one, RowAnswer::Error(_))) {
            return Ok(());
        }
        for (row, answer) in self.rows.iter().enumerate() {
            if let Some(RowAnswer::Error(error)) = self.distinct.get(*answer as usize) {
                return Err(BatchError::Row { row, error: error.clone() });
            }
        }
        Ok(())
    }
}

// ---------------------------------------------------------------- words

/// An answer in the words of its columns. What an answer does not have is `None`.
#[derive(Debug, Default)]
struct Words {
    effect: Option<&'static str>,
    enforced: Option<bool>,
    reason: Option<&'static str>,
    assumed: Option<&'static str>,
    limits: Option<LimitsAnswer>,
    wipe: Option<String>,
    unknown: Option<String>,
    by: Option<String>,
    fired: Option<String>,
    requirements: Option<String>,
    report_only: Option<String>,
    error_code: Option<&'static str>,
    error: Option<String>,
}

impl Words {
    fn new(answer: &RowAnswer, table: &Table, rules: bool) -> Self {
        match answer {
            RowAnswer::Movement { movement, .. } => Self::of_movement(movement, table, rules),
            RowAnswer::Access { decision, rules } => {
                Self::of_access(decision, rules.as_deref(), table)
            }
            RowAnswer::Error(error) => Self {
                error_code: Some(error.code()),
                error: Some(error.text()),
                ..Self::default()
            },
        }
    }

    fn of_movement(movement: &Resolved, table: &Table, rules: bool) -> Self {
        let decision = table.decide(movement);
        let limits = (!decision.verdict.obligations.is_none()).then(|| decision.limits());
        let rules = rules.then(|| table.spell_out(movement));
        Self {
            effect: Some(decision.effect().word()),
            enforced: Some(decision.is_enforced()),
            reason: decision.reason.map(Reason::word),
            assumed: decision.assumed.map(Account::word),
            limits,
            by: rules.as_ref().map(|answer| json(&answer.by)),
            report_only: rules.as_ref().map(|answer| json(&answer.report_only)),
            ..Self::default()
        }
    }

    fn of_access(decision: &AccessDecision, rules: Option<&AccessRules>, table: &Table) -> Self {
        let answer = decision.answer(&AccessDetails::default(), table.directory());
        Self {
            effect: Some(decision.effect.word()),
            enforced: Some(decision.is_enforced()),
            reason: decision.reason.map(Reason::word),
            wipe: answer.wipe.as_ref().map(json),
            unknown: Some(json(&answer.unknown)),
            fired: rules.map(|rules| rules.fired.clone()),
            requirements: rules.map(|rules| rules.requirements.clone()),
            report_only: rules.map(|rules| rules.report_only.clone()),
            ..Self::default()
        }
    }
}

// ---------------------------------------------------------------- columns

/// The columns of answers: the index of an answer for each row, and the answers.
#[derive(Clone, Copy)]
struct Columns<'a> {
    rows: &'a [u32],
    words: &'a [Words],
}

/// A column with its name.
type Named = (&'static str, ArrayRef);

impl Columns<'_> {
    fn batch(
        self,
        kind: RequestKind,
        rules: bool,
        bad_rows: BadRows,
    ) -> Result<RecordBatch, ArrowError> {
        let mut columns = match kind {
            RequestKind::Movements => self.of_movements(rules)?,
            RequestKind::Accesses => self.of_accesses(rules)?,
        };
        if bad_rows == BadRows::Null {
            columns.push(("error_code", self.dictionary(|one| one.error_code)?));
            columns.push(("error", self.dictionary(|one| one.error.as_deref())?));
        }
        let columns = columns.into_iter().map(|(name, column)| (name, column, true));
        RecordBatch::try_from_iter_with_nullable(columns)
    }

    fn of_movements(self, rules: bool) -> Result<Vec<Named>, ArrowError> {
        let mut columns = vec![
            ("effect", self.dictionary(|one| one.effect)?),
            ("enforced", Arc::new(self.flags(|one| one.enforced)) as ArrayRef),
            ("reason", self.dictionary(|one| one.reason)?),
            ("limits", self.limits()?),
            ("assumed", self.dictionary(|one| one.assumed)?),
        ];
        if rules {
            columns.push(("by", self.dictionary(|one| one.by.as_deref())?));
            columns.push(("report_only", self.dictionary(|one| one.report_only.as_deref())?));
        }
        Ok(columns)
    }

    fn of_accesses(self, rules: bool) -> Result<Vec<Named>, ArrowError> {
        let mut columns = vec![
            ("effect", self.dictionary(|one| one.effect)?),
            ("enforced", Arc::new(self.flags(|one| one.enforced)) as ArrayRef),
            ("reason", self.dictionary(|one| one.reason)?),
            ("wipe", self.dictionary(|one| one.wipe.as_deref())?),
            ("unknown", self.dictionary(|one| one.unknown.as_deref())?),
        ];
        if rules {
            columns.push(("fired", self.dictionary(|one| one.fired.as_deref())?));
            columns.push(("requirements", self.dictionary(|one| one.requirements.as_deref())?));
            columns.push(("report_only", self.dictionary(|one| one.report_only.as_deref())?));
        }
        Ok(columns)
    }

    fn limits(self) -> Result<ArrayRef, ArrowError> {
        let of = |one: &Words| one.limits.as_ref().and_then(|limits| limits.characters);
        let characters = Arc::new(self.numbers(of)) as ArrayRef;
        let of = |one: &Words| one.limits.as_ref().and_then(|limits| limits.content);
        let content = Arc::new(self.flags(of)) as ArrayRef;
        let tagged = self.dictionary(|one| one.limits.as_ref().and_then(|limits| limits.tagged))?;
        let columns = [("characters", characters), ("content", content), ("tagged", tagged)];
        let fields = columns
            .iter()
            .map(|(name, column)| Field::new(*name, column.data_type().clone(), true));
        let fields: Fields = fields.collect();
        let columns = columns.into_iter().map(|(_, column)| column).collect();
        let nulls = self.nulls(|one| one.limits.is_some());
        Ok(Arc::new(StructArray::try_new(fields, columns, nulls)?))
    }

    /// A column of text: each distinct one once.
    fn dictionary<'w>(
        self,
        of: impl Fn(&'w Words) -> Option<&'w str>,
    ) -> Result<ArrayRef, ArrowError>
    where
        Self: 'w,
    {
        let mut texts: Vec<&str> = Vec::new();
        let mut known: FxHashMap<&str, i32> = FxHashMap::default();
        let mut keys = Vec::with_capacity(self.words.len());
        for text in self.words.iter().map(of) {
            keys.push(match text {
                None => None,
                Some(text) => {
                    let next = i32::try_from(texts.len())
                        .map_err(|_| ArrowError::DictionaryKeyOverflowError)?;
                    let key = *known.entry(text).or_insert(next);
                    if key == next {
                        texts.push(text);
                    }
                    Some(key)
                }
            });
        }
        let values = self.rows.iter().map(|row| pick(&keys, *row).unwrap_or(0));
        let nulls = self.nulls_at(|at| pick(&keys, at).is_some());
        let keys = Int32Array::new(values.collect(), nulls);
        let texts = Arc::new(StringArray::from_iter_values(texts));
        Ok(Arc::new(DictionaryArray::<Int32Type>::try_new(keys, texts)?))
    }

    fn flags(self, of: impl Fn(&Words) -> Option<bool>) -> BooleanArray {
        let flags: Vec<Option<bool>> = self.words.iter().map(of).collect();
        let flag = |at: u32| pick(&flags, at).unwrap_or(false);
        BooleanArray::new(self.bits(flag), self.nulls_at(|at| pick(&flags, at).is_some()))
    }

    fn numbers(self, of: impl Fn(&Words) -> Option<u32>) -> UInt32Array {
        let numbers: Vec<Option<u32>> = self.words.iter().map(of).collect();
        let values = self.rows.iter().map(|row| pick(&numbers, *row).unwrap_or(0));
        UInt32Array::new(values.collect(), self.nulls_at(|at| pick(&numbers, at).is_some()))
    }

    /// The nulls of a column whose values are there for some answers; `None` if all are.
    fn nulls(self, is_there: impl Fn(&Words) -> bool) -> Option<NullBuffer> {
        let are_there: Vec<Option<()>> =
            self.words.iter().map(|one| is_there(one).then_some(())).collect();
        self.nulls_at(|at| pick(&are_there, at).is_some())
    }

    /// The same, by index of an answer.
    fn nulls_at(self, is_there: impl Fn(u32) -> bool) -> Option<NullBuffer> {
        let there = (0..self.words.len() as u32).filter(|at| is_there(*at)).count();
        if there == self.words.len() {
            return None;
        }
        let none = || NullBuffer::new_null(self.rows.len());
        Some(if there == 0 { none() } else { NullBuffer::new(self.bits(is_there)) })
    }

    /// A bit for each row, by index of its answer.
    fn bits(self, bit: impl Fn(u32) -> bool) -> BooleanBuffer {
        let at = |row: usize| self.rows.get(row).copied().unwrap_or_default();
        BooleanBuffer::collect_bool(self.rows.len(), |row| bit(at(row)))
    }
}

/// The value of an answer, by index.
#[inline(always)]
fn pick<T: Copy>(values: &[Option<T>], at: u32) -> Option<T> {
    values.get(at as usize).copied().flatten()
}
