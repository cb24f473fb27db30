//! Random batches of requests: the rows, and Arrow columns that have them in any encoding.
//!
//! Takes in bytes and names, gives out rows and a record batch. Encodings are plain text, views and
//! dictionaries with unused, repeated and null values; the batch is a slice of a longer one. Property tests
//! and the fuzz target share it.

use std::sync::Arc;

use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, DictionaryArray, FixedSizeListArray, Float64Array,
    GenericListArray, Int16Array, Int64Array, LargeStringArray, NullArray, OffsetSizeTrait,
    PrimitiveArray, RecordBatch, StringArray, StringViewArray, UInt32Array,
};
use arrow_buffer::{ArrowNativeType, NullBuffer, OffsetBuffer};
use arrow_schema::{DataType, Field};

use super::policy_set::Choices;

/// The names that rows are made of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    pub(crate) ends: Vec<String>,
    pub(crate) groups: Vec<String>,
    pub(crate) filters: Vec<String>,
}

/// A column of one batch, by its values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Values {
    Text(Vec<Option<String>>),
    Flags(Vec<Option<bool>>),
    Numbers(Vec<Option<i64>>),
    Lists(Vec<Option<Vec<Option<String>>>>),
}

/// A batch with what is in it.
#[derive(Debug, Clone)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<(&'static str, Values)>,
    pub(crate) batch: RecordBatch,
    /// The columns that a batch cannot have so, or lacks.
    pub(crate) mistakes: Vec<String>,
}

impl Rows {
    pub(crate) fn text(&self, column: &str, row: usize) -> Option<&str> {
        match self.values(column)? {
            Values::Text(values) => values[row].as_deref(),
            other => panic!("{column} is no text: {other:?}"),
        }
    }

    pub(crate) fn flag(&self, column: &str, row: usize) -> Option<bool> {
        match self.values(column)? {
            Values::Flags(values) => values[row],
            other => panic!("{column} is no flag: {other:?}"),
        }
    }

    pub(crate) fn number(&self, column: &str, row: usize) -> Option<i64> {
        match self.values(column)? {
            Values::Numbers(values) => values[row],
            other => panic!("{column} is no number: {other:?}"),
        }
    }

    pub(crate) fn list(&self, column: &str, row: usize) -> Option<&[Option<String>]> {
        match self.values(column)? {
            Values::Lists(values) => values[row].as_deref(),
            other => panic!("{column} is no list: {other:?}"),
        }
    }

    fn values(&self, column: &str) -> Option<&Values> {
        self.columns.iter().find(|(name, _)| *name == column).map(|(_, values)| values)
    }
}

// ---------------------------------------------------------------- making rows up

const CHANNELS: &[&str] = &[
    "share", "copy", "copy", "open", "save", "print", "invoke", "type", "link", "notify",
    "capture", "assist", "backup", "sync", "call", "message",
];
const STATES: &[&str] = &[
    "unmanaged",
    "unmanaged",
    "intune",
    "intune",
    "configmgr",
    "third-party",
    "android-enterprise",
    "android-dedicated",
    "aosp",
    "aosp-userless",
];
const PLATFORMS: &[&str] = &["ios", "android", "windows"];
const ACCOUNTS: &[&str] = &["work", "personal", "other"];
/// Names that are always there, and names that are nowhere.
const ENDS: &[&str] = &[
    "ios:x",
    "IOS:x",
    "ios:X",
    "android:x",
    "android:y",
    "windows:x",
    "ios:",
    "url:https://example.com/a",
    "url:no url",
    "unlisted",
    "printer",
    "widgets",
    "browser",
    "camera",
    "device-storage",
    "nowhere",
    "",
];
const COUNTS: &[i64] = &[0, 1, 9, 10, 11, 25, 26, 50, 51, 4_294_967_295, 4_294_967_296, -1];

/// One of some words; now and then none, or another one.
fn word(choices: &mut Choices<'_>, words: &[&str], absent: usize) -> Option<String> {
    match choices.below(absent) {
        1 => None,
        2 if choices.below(8) == 1 => Some("nonsense".to_owned()),
        _ => Some(words[choices.below(words.len())].to_owned()),
    }
}

fn end(choices: &mut Choices<'_>, names: &Names) -> Option<String> {
    match choices.below(16) {
        0..=9 if !names.ends.is_empty() => {
            Some(names.ends[choices.below(names.ends.len())].clone())
        }
        15 => None,
        _ => Some(ENDS[choices.below(ENDS.len())].to_owned()),
    }
}

fn list(choices: &mut Choices<'_>, names: &[String]) -> Option<Vec<Option<String>>> {
    if choices.below(40) == 1 {
        return None;
    }
    let one = |choices: &mut Choices<'_>| match choices.below(40) {
        1 => None,
        2 => Some("undeclared".to_owned()),
        _ if names.is_empty() => Some("nobody".to_owned()),
        _ => Some(names[choices.below(names.len())].clone()),
    };
    let many = choices.below(4);
    Some((0..many).map(|_| one(choices)).collect())
}

fn flag(choices: &mut Choices<'_>) -> Option<bool> {
    [None, Some(false), Some(true)][choices.below(3)]
}

/// So many values of a column.
fn values(column: &str, rows: usize, names: &Names, choices: &mut Choices<'_>) -> Values {
    let mut texts = |of: &mut dyn FnMut(&mut Choices<'_>) -> Option<String>| {
        Values::Text((0..rows).map(|_| of(choices)).collect())
    };
    match column {
        "channel" => texts(&mut |choices| word(choices, CHANNELS, 40)),
        "platform" => texts(&mut |choices| word(choices, PLATFORMS, 40)),
        "management" => texts(&mut |choices| word(choices, STATES, 40)),
        "source_account" | "target_account" | "launch_account" => {
            texts(&mut |choices| word(choices, ACCOUNTS, 3))
        }
        "source" | "target" | "launch_app" => texts(&mut |choices| end(choices, names)),
        "source_deployed" | "target_deployed" | "jailbroken" | "app_scan" | "off_duty"
        | "account_disabled" => Values::Flags((0..rows).map(|_| flag(choices)).collect()),
        "characters" => {
            let count = |choices: &mut Choices<'_>| {
                (choices.below(4) == 1).then(|| COUNTS[choices.below(COUNTS.len())])
            };
            Values::Numbers((0..rows).map(|_| count(choices)).collect())
        }
        "groups" => Values::Lists((0..rows).map(|_| list(choices, &names.groups)).collect()),
        "filters" => Values::Lists((0..rows).map(|_| list(choices, &names.filters)).collect()),
        fact => {
            let words = fact_words(fact);
            texts(&mut |choices| word(choices, words, 3))
        }
    }
}

fn fact_words(fact: &str) -> &'static [&'static str] {
    match fact {
        "patch" => &["2026-01-01", "2025-12-31", "2026-03-01"],
        "offline" => &["0 minutes", "12 hours", "721 minutes", "91 days"],
        "company_portal_age" => &["30 days", "31 days"],
        "threat" => &["secured", "low", "medium", "high"],
        "integrity" => &["none", "basic", "device", "strong", "expired"],
        "device_lock" => &["none", "low", "medium", "high"],
        "knox" => &["passed", "failed", "unsupported"],
        "model" | "manufacturer" => &["a", "B", "c"],
        _ => &["15", "16.4", "16.4.0.1", "17", "4.2", "20.1"],
    }
}

/// The columns of movements, and then those that may be missing.
pub(crate) const MOVEMENTS: (&[&str], &[&str]) = (
    &["channel", "source", "target", "groups", "platform", "management"],
    &[
        "source_account",
        "source_deployed",
        "target_account",
        "target_deployed",
        "filters",
        "characters",
    ],
);

/// The columns of accesses likewise.
pub(crate) const ACCESSES: (&[&str], &[&str]) = (
    &["launch_app", "groups", "platform", "management"],
    &[
        "launch_account",
        "filters",
        "sdk",
        "app",
        "os",
        "patch",
        "offline",
        "account_disabled",
        "jailbroken",
        "threat",
        "integrity",
        "app_scan",
        "device_lock",
        "knox",
        "company_portal",
        "company_portal_age",
        "model",
        "manufacturer",
        "off_duty",
    ],
);

/// A batch of these columns. With `odd`, some columns are missing, unknown, or of a wrong type.
pub(crate) fn rows(
    choices: &mut Choices<'_>,
    names: &Names,
    (required, optional): (&[&'static str], &[&'static str]),
    odd: bool,
) -> Rows {
    let (before, count, after) = (choices.below(3), choices.below(48), choices.below(3));
    let all = before + count + after;
    let mut columns = Vec::new();
    let mut arrays: Vec<(String, ArrayRef)> = Vec::new();
    let mut mistakes = Vec::new();
    let wanted = required.iter().map(|name| (*name, true));
    for (name, is_required) in wanted.chain(optional.iter().map(|name| (*name, false))) {
        if odd && choices.below(12) == 1 || !is_required && choices.below(3) == 1 {
            mistakes.extend(is_required.then(|| name.to_owned()));
            continue;
        }
        let mut values = values(name, all, names, choices);
        let array = if odd && choices.below(12) == 1 {
            mistakes.push(name.to_owned());
            wrong(&values, all, choices)
        } else if choices.below(24) == 1 {
            values.clear();
            Arc::new(NullArray::new(all))
        } else {
            encoded(&values, choices)
        };
        values.slice(before, count);
        arrays.push((name.to_owned(), array));
        columns.push((name, values));
    }
    if odd && choices.below(12) == 1 {
        mistakes.push("weather".to_owned());
        arrays.push(("weather".to_owned(), Arc::new(NullArray::new(all))));
    }
    let batch = if arrays.is_empty() {
        RecordBatch::new_empty(Arc::new(arrow_schema::Schema::empty()))
    } else {
        RecordBatch::try_from_iter(arrays).unwrap().slice(before, count)
    };
    Rows { columns, batch, mistakes }
}

impl Values {
    /// Makes every value null.
    fn clear(&mut self) {
        match self {
            Self::Text(values) => values.iter_mut().for_each(|one| *one = None),
            Self::Flags(values) => values.iter_mut().for_each(|one| *one = None),
            Self::Numbers(values) => values.iter_mut().for_each(|one| *one = None),
            Self::Lists(values) => values.iter_mut().for_each(|one| *one = None),
        }
    }

    fn slice(&mut self, from: usize, count: usize) {
        match self {
            Self::Text(values) => *values = values[from..from + count].to_vec(),
            Self::Flags(values) => *values = values[from..from + count].to_vec(),
            Self::Numbers(values) => *values = values[from..from + count].to_vec(),
            Self::Lists(values) => *values = values[from..from + count].to_vec(),
        }
    }
}

// ---------------------------------------------------------------- encodings

/// An array of a type that no column of such values has.
fn wrong(values: &Values, rows: usize, choices: &mut Choices<'_>) -> ArrayRef {
    let numbers = || Arc::new(Float64Array::from(vec![Some(1.5); rows])) as ArrayRef;
    match values {
        Values::Flags(_) | Values::Lists(_) if choices.below(2) == 1 => {
            Arc::new(StringArray::from(vec![Some("share"); rows]))
        }
        Values::Text(_) | Values::Numbers(_) if choices.below(2) == 1 => {
            Arc::new(BooleanArray::from(vec![Some(true); rows]))
        }
        _ => numbers(),
    }
}

/// The values in one of the encodings that they can have.
fn encoded(values: &Values, choices: &mut Choices<'_>) -> ArrayRef {
    match values {
        Values::Text(values) => {
            let values: Vec<_> = values.iter().map(Option::as_deref).collect();
            text(&values, choices)
        }
        Values::Flags(values) => Arc::new(BooleanArray::from(values.clone())),
        Values::Numbers(values) => numbers(values, choices),
        Values::Lists(values) => lists(values, choices),
    }
}

fn numbers(values: &[Option<i64>], choices: &mut Choices<'_>) -> ArrayRef {
    let fits = |most: i64| values.iter().flatten().all(|one| (0..=most).contains(one));
    match choices.below(3) {
        1 if fits(u32::MAX.into()) => {
            let values = values.iter().map(|one| one.map(|one| u32::try_from(one).unwrap()));
            Arc::new(values.collect::<UInt32Array>())
        }
        2 if fits(i16::MAX.into()) => {
            let values = values.iter().map(|one| one.map(|one| i16::try_from(one).unwrap()));
            Arc::new(values.collect::<Int16Array>())
        }
        _ => Arc::new(Int64Array::from(values.to_vec())),
    }
}

fn plain(values: &[Option<&str>], choices: &mut Choices<'_>) -> ArrayRef {
    match choices.below(3) {
        0 => Arc::new(StringArray::from(values.to_vec())),
        1 => Arc::new(LargeStringArray::from(values.to_vec())),
        _ => Arc::new(StringViewArray::from(values.to_vec())),
    }
}

fn text(values: &[Option<&str>], choices: &mut Choices<'_>) -> ArrayRef {
    match choices.below(12) {
        0 => dictionary::<Int8Type>(values, choices),
        1 => dictionary::<Int16Type>(values, choices),
        2 => dictionary::<Int32Type>(values, choices),
        3 => dictionary::<Int64Type>(values, choices),
        4 => dictionary::<UInt8Type>(values, choices),
        5 => dictionary::<UInt16Type>(values, choices),
        6 => dictionary::<UInt32Type>(values, choices),
        7 => dictionary::<UInt64Type>(values, choices),
        _ => plain(values, choices),
    }
}

/// A dictionary with a value that no key has, some values twice, and a null among the values.
fn dictionary<K: ArrowDictionaryKeyType>(
    values: &[Option<&str>],
    choices: &mut Choices<'_>,
) -> ArrayRef {
    let mut texts: Vec<Option<&str>> = vec![Some("unused"), None];
    let mut keys = Vec::new();
    for value in values {
        let known = texts.iter().position(|text| text == value).filter(|_| choices.below(6) != 1);
        keys.push(match (value, known) {
            (None, _) if choices.below(2) == 1 => None,
            (_, Some(known)) => Some(known),
            (_, None) if texts.len() < 120 => {
                texts.push(*value);
                Some(texts.len() - 1)
            }
            // Text that is repeated no more has its first key.
            (value, None) => texts.iter().position(|text| text == value),
        });
    }
    let keys = keys.into_iter().map(|key| key.map(|key| K::Native::from_usize(key).unwrap()));
    let keys: PrimitiveArray<K> = keys.collect();
    Arc::new(DictionaryArray::<K>::try_new(keys, plain(&texts, choices)).unwrap())
}

type NameList = Option<Vec<Option<String>>>;

fn lists(values: &[NameList], choices: &mut Choices<'_>) -> ArrayRef {
    let mut lengths = values.iter().map(|list| list.as_ref().map_or(0, Vec::len));
    let length = lengths.next().filter(|first| lengths.all(|one| one == *first));
    match (choices.below(3), length) {
        (1, _) => list_array::<i64>(values, choices),
        (2, Some(length)) => {
            let names = names_of(values.iter().flatten());
            let names = text(&names, choices);
            let nulls = NullBuffer::from_iter(values.iter().map(Option::is_some));
            let field = Arc::new(Field::new("item", names.data_type().clone(), true));
            let size = i32::try_from(length).unwrap();
            if values.iter().all(Option::is_some) && length > 0 {
                return Arc::new(FixedSizeListArray::new(field, size, names, Some(nulls)));
            }
            list_array::<i32>(values, choices)
        }
        _ => list_array::<i32>(values, choices),
    }
}

fn names_of<'v>(lists: impl Iterator<Item = &'v Vec<Option<String>>>) -> Vec<Option<&'v str>> {
    lists.flatten().map(Option::as_deref).collect()
}

/// Lists with ends; a null can have names, too, which do not count.
fn list_array<O: OffsetSizeTrait>(values: &[NameList], choices: &mut Choices<'_>) -> ArrayRef {
    let stray = vec![Some("stray".to_owned())];
    let stored: Vec<_> = values
        .iter()
        .map(|list| match list {
            Some(list) => list.clone(),
            None if choices.below(2) == 1 => stray.clone(),
            None => Vec::new(),
        })
        .collect();
    let ends = OffsetBuffer::<O>::from_lengths(stored.iter().map(Vec::len));
    let names = text(&names_of(stored.iter()), choices);
    let names = match names.data_type() {
        DataType::Utf8 if names.is_empty() => Arc::new(NullArray::new(0)) as ArrayRef,
        _ => names,
    };
    let nulls = NullBuffer::from_iter(values.iter().map(Option::is_some));
    let field = Arc::new(Field::new("item", names.data_type().clone(), true));
    Arc::new(GenericListArray::<O>::new(field, ends, names, Some(nulls)))
}
