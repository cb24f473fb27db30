//! Columns of text: a small number for each distinct value.
//!
//! Takes in arrays of text, dictionaries among them, gives out a number for each row and a text for each
//! number. Equal texts of a plain array have equal numbers; a dictionary's are taken as they are.

use std::hash::{BuildHasher, BuildHasherDefault, Hasher};

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayAccessor, LargeStringArray, PrimitiveArray, StringArray, StringViewArray,
};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;
use hashbrown::HashTable;
use rustc_hash::FxHasher;

use super::schema::ReadError;

/// The number of a null.
pub(super) const NULL: u32 = 0;

/// A column of text. One of nulls alone has no rows.
#[derive(Debug, Default)]
pub(super) struct Texts<'b> {
    /// By row: the number of its text.
    numbers: Vec<u32>,
    /// By number, from 1 on: where in the array the text is. Empty if that is the number less 1.
    firsts: Vec<u32>,
    /// How many numbers there are, that of nulls included.
    count: usize,
    texts: TextArray<'b>,
}

/// An array of text.
#[derive(Debug, Clone, Copy, Default)]
enum TextArray<'b> {
    #[default]
    None,
    Small(&'b StringArray),
    Large(&'b LargeStringArray),
    View(&'b StringViewArray),
}

impl<'b> TextArray<'b> {
    fn of(array: &'b dyn Array) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Utf8 => Self::Small(array.as_string_opt()?),
            DataType::LargeUtf8 => Self::Large(array.as_string_opt()?),
            DataType::Utf8View => Self::View(array.as_string_view_opt()?),
            _ => return None,
        })
    }

    fn get(self, index: usize) -> Option<&'b str> {
        fn one<'b>(array: impl ArrayAccessor<Item = &'b str>, index: usize) -> Option<&'b str> {
            (index < array.len() && array.is_valid(index)).then(|| array.value(index))
        }
        match self {
            Self::None => None,
            Self::Small(array) => one(array, index),
            Self::Large(array) => one(array, index),
            Self::View(array) => one(array, index),
        }
    }

    /// A number for each row, and where each number is found first.
    fn interned(self) -> (Vec<u32>, Vec<u32>) {
        match self {
            Self::None => Default::default(),
            Self::Small(array) => interned(array),
            Self::Large(array) => interned(array),
            Self::View(array) => interned(array),
        }
    }
}

impl<'b> Texts<'b> {
    /// What a column of text can be.
    pub(super) const TYPES: &'static str = "text (Utf8, LargeUtf8, Utf8View or a dictionary of it)";

    /// The texts of an array.
    pub(super) fn new(array: &'b dyn Array) -> Result<Self, ReadError> {
        if array.len() >= u32::MAX as usize {
            return Err(ReadError::TooLong);
        }
        if array.data_type().is_null() {
            return Ok(Self { numbers: vec![NULL; array.len()], ..Self::default() });
        }
        if let Some(texts) = TextArray::of(array) {
            let (numbers, firsts) = texts.interned();
            let count = firsts.len() + 1;
            return Ok(Self { numbers, firsts, count, texts });
        }
        let wrong = ReadError::WrongType(Self::TYPES);
        let dictionary = array.as_any_dictionary_opt().ok_or(wrong)?;
        let values: &'b dyn Array = dictionary.values().as_ref();
        if values.len() >= u32::MAX as usize {
            return Err(ReadError::TooLong);
        }
        let texts = match values.data_type() {
            DataType::Null => TextArray::None,
            _ => TextArray::of(values).ok_or(wrong)?,
        };
        let mut numbers = numbers_of_keys(dictionary.keys()).ok_or(wrong)?;
        if numbers.iter().max().is_some_and(|most| *most as usize > values.len()) {
            return Err(ReadError::Damaged);
        }
        if values.logical_null_count() > 0 {
            let is_null = |number: u32| texts.get((number as usize).wrapping_sub(1)).is_none();
            numbers.iter_mut().filter(|one| is_null(**one)).for_each(|one| *one = NULL);
        }
        Ok(Self { numbers, firsts: Vec::new(), count: values.len() + 1, texts })
    }

    /// The number of the text in a row; [`NULL`] in a column without rows.
    #[inline(always)]
    pub(super) fn number(&self, row: usize) -> u32 {
        self.numbers.get(row).copied().unwrap_or(NULL)
    }

    /// The numbers of all rows.
    pub(super) fn numbers(&self) -> &[u32] {
        &self.numbers
    }

    /// How many numbers there are: each is below.
    pub(super) fn count(&self) -> usize {
        self.count.max(1)
    }

    /// The text of a number.
    pub(super) fn text(&self, number: u32) -> Option<&'b str> {
        let index = (number as usize).checked_sub(1)?;
        if self.firsts.is_empty() {
            return self.texts.get(index);
        }
        self.texts.get(*self.firsts.get(index)? as usize)
    }

    /// The text in a row.
    pub(super) fn get(&self, row: usize) -> Option<&'b str> {
        self.text(self.number(row))
    }
}

/// The hash of a text.
fn hash_of(text: &str) -> u64 {
    BuildHasherDefault::<FxHasher>::default().hash_one(text)
}

/// The hash of numbers.
pub(super) fn hash_of_numbers(numbers: &[u32]) -> u64 {
    let mut hasher = FxHasher::default();
    numbers.iter().for_each(|number| hasher.write_u32(*number));
    hasher.finish()
}

/// Numbers texts in the order in which they come. There are fewer than 32 bits number.
fn interned<'b>(array: impl ArrayAccessor<Item = &'b str>) -> (Vec<u32>, Vec<u32>) {
    let mut numbers = Vec::with_capacity(array.len());
    let mut firsts: Vec<u32> = Vec::new();
    let mut known: HashTable<(u64, u32)> = HashTable::new();
    let mut last: Option<(&str, u32)> = None;
    for row in 0..array.len() {
        if array.is_null(row) {
            numbers.push(NULL);
            continue;
        }
        let text = array.value(row);
        if let Some((before, number)) = last
            && before == text
        {
            numbers.push(number);
            continue;
        }
        let hash = hash_of(text);
        let is_same = |(other, number): &(u64, u32)| {
            let first = firsts.get(*number as usize - 1).map(|first| *first as usize);
            *other == hash && first.is_some_and(|first| array.value(first) == text)
        };
        let number = match known.find(hash, is_same) {
            Some((_, number)) => *number,
            None => {
                firsts.push(row as u32);
                let number = firsts.len() as u32;
                known.insert_unique(hash, (hash, number), |(hash, _)| *hash);
                number
            }
        };
        last = Some((text, number));
        numbers.push(number);
    }
    (numbers, firsts)
}

/// The numbers of a dictionary's keys: each key and 1.
fn numbers_of_keys(keys: &dyn Array) -> Option<Vec<u32>> {
    fn of<K: ArrowDictionaryKeyType>(keys: &PrimitiveArray<K>) -> Vec<u32> {
        // A key of more than 32 bits becomes one that no dictionary has.
        let number = |key: &K::Native| {
            u32::try_from(key.as_usize()).map_or(u32::MAX, |key| key.saturating_add(1))
        };
        let mut numbers: Vec<u32> = keys.values().iter().map(number).collect();
        if let Some(nulls) = keys.nulls().filter(|nulls| nulls.null_count() > 0) {
            for (number, is_valid) in numbers.iter_mut().zip(nulls) {
                *number = if is_valid { *number } else { NULL };
            }
        }
        numbers
    }
    macro_rules! of_any {
        ($($kind:ty),*) => {
            None$(.or_else(|| keys.as_primitive_opt::<$kind>().map(of)))*
        };
    }
    of_any!(
        Int32Type, UInt32Type, Int16Type, UInt16Type, Int8Type, UInt8Type, Int64Type, UInt64Type
    )
}
