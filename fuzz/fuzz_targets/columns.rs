//! Batches of any schema: refused with all that is wrong, or every row is answered as it is by itself.

#![no_main]

#[path = "../../tests/it/support/batches.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod batches;
#[path = "../../tests/it/support/policy_set.rs"]
#[allow(dead_code, reason = "the tests use more of it")]
mod policy_set;

use std::sync::{Arc, LazyLock};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch, new_null_array};
use arrow_schema::{DataType, Field};
use libfuzzer_sys::fuzz_target;
use mam::Table;
use mam::columnar::{
    BadRows, BatchError, Options, RowError, RowRequest, RowRequests, column_of_member, decide_batch,
};

use batches::{ACCESSES, MOVEMENTS, Names, Rows};
use policy_set::Choices;

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let text = include_str!("../seeds/access.mam");
    mam::compile("access.mam", text).expect("the seed compiles")
});

fn names() -> Names {
    let directory = TABLE.directory();
    let declared = ["mail", "notes", "ios:com.example.mail", "android:com.example.mail"];
    let groups = ["staff", "guests"];
    let known = groups.iter().filter(|name| directory.users_named(name).is_some());
    Names {
        ends: declared.map(str::to_owned).to_vec(),
        groups: known.map(|name| (*name).to_owned()).collect(),
        filters: Vec::new(),
    }
}

fuzz_target!(|bytes: &[u8]| {
    let choices = &mut Choices::new(bytes);
    let kind = if choices.below(2) == 0 { MOVEMENTS } else { ACCESSES };
    let is_odd = choices.below(2) == 1;
    let mut rows = batches::rows(choices, &names(), kind, is_odd);
    if choices.below(4) == 1 {
        replace_column(&mut rows, choices);
    }
    check(&rows.batch);
});

/// Puts an array of any type in the place of a column.
fn replace_column(rows: &mut Rows, choices: &mut Choices<'_>) {
    let (schema, count) = (rows.batch.schema(), rows.batch.num_rows());
    if schema.fields().is_empty() {
        return;
    }
    let at = choices.below(schema.fields().len());
    let array = new_null_array(&data_type(choices, 3), count);
    let columns = schema.fields().iter().zip(rows.batch.columns()).enumerate();
    let columns = columns.map(|(index, (field, column))| {
        let column: ArrayRef = if index == at { Arc::clone(&array) } else { Arc::clone(column) };
        (field.name().clone(), column)
    });
    let columns: Vec<_> = columns.collect();
    rows.batch = RecordBatch::try_from_iter(columns).expect("the columns are of one length");
}

fn data_type(choices: &mut Choices<'_>, depth: usize) -> DataType {
    let inner = |choices: &mut Choices<'_>| {
        Arc::new(Field::new("item", data_type(choices, depth - 1), true))
    };
    match choices.below(if depth == 0 { 9 } else { 15 }) {
        0 => DataType::Utf8,
        1 => DataType::LargeUtf8,
        2 => DataType::Utf8View,
        3 => DataType::Boolean,
        4 => DataType::Int64,
        5 => DataType::Float32,
        6 => DataType::Date32,
        7 => DataType::Binary,
        8 => DataType::Null,
        9 => DataType::List(inner(choices)),
        10 => DataType::LargeList(inner(choices)),
        11 => DataType::FixedSizeList(inner(choices), choices.below(4) as i32),
        12 => DataType::Struct(vec![inner(choices)].into()),
        13 => DataType::Dictionary(Box::new(DataType::Int8), Box::new(data_type(choices, 0))),
        _ => DataType::Dictionary(Box::new(DataType::UInt64), Box::new(data_type(choices, 0))),
    }
}

/// Refuses the batch, or answers each row as by itself.
fn check(batch: &RecordBatch) {
    let options = Options::default().with_bad_rows(BadRows::Null).with_rules(true);
    let answers = decide_batch(&TABLE, batch, &options);
    let requests = match RowRequests::new(batch) {
        Ok(requests) => requests,
        Err(error) => {
            let BatchError::Columns(errors) = &error else { panic!("{error}") };
            assert!(!errors.is_empty());
            assert_eq!(answers.expect_err("the columns are refused"), error);
            return;
        }
    };
    let answers = answers.expect("the columns are accepted");
    for row in 0..requests.len() {
        let effect = requests.get(row).and_then(|request| match request {
            RowRequest::Movement(request) => {
                TABLE.answer(&request).map(|one| one.effect.word()).map_err(RowError::Resolve)
            }
            RowRequest::Access(request) => {
                let answer = TABLE.answer_access(&request);
                answer.map(|one| one.effect.word()).map_err(RowError::Resolve)
            }
            other => panic!("{other:?}"),
        });
        assert_eq!(text(&answers, "effect", row), effect.as_ref().ok().copied());
        assert_eq!(text(&answers, "error_code", row), effect.as_ref().err().map(RowError::code));
        if let Err(RowError::Resolve(error)) = effect {
            assert!(!column_of_member(error.member()).is_empty());
        }
    }
}

fn text<'a>(answers: &'a RecordBatch, column: &str, row: usize) -> Option<&'a str> {
    let column = answers.column_by_name(column)?.as_any_dictionary();
    let keys = column.keys().as_primitive::<arrow_array::types::Int32Type>();
    let key = keys.is_valid(row).then(|| keys.value(row))?;
    Some(column.values().as_string::<i32>().value(usize::try_from(key).ok()?))
}
