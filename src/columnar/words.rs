//! Columns of words of the vocabulary, and of flags.

use arrow_array::cast::AsArray;
use arrow_array::{Array, BooleanArray};

use super::error::RowError;
use super::schema::ReadError;
use super::texts::Texts;
use crate::spelling::closest;
use crate::vocabulary::{Account, Channel, DeviceState, Platform};

/// A word of a closed vocabulary.
pub(super) trait Word: Copy + 'static {
    /// Every word, in the order of output.
    const WORDS: &'static [Self];

    fn word(self) -> &'static str;

    /// The place among all words.
    fn place(self) -> u32;
}

macro_rules! words {
    ($($name:ident)*) => { $(
        impl Word for $name {
            const WORDS: &'static [Self] = Self::ALL;

            fn word(self) -> &'static str {
                self.word()
            }

            fn place(self) -> u32 {
                self.index() as u32
            }
        }
    )* };
}

words!(Account Channel DeviceState Platform);

/// What a row has in a column of words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value<T> {
    Null,
    Known(T),
    Unknown,
}

/// A column of words.
#[derive(Debug)]
pub(super) struct Words<'b, T> {
    texts: Texts<'b>,
    /// By number of a text.
    values: Vec<Value<T>>,
}

impl<T> Default for Words<'_, T> {
    fn default() -> Self {
        Self { texts: Texts::default(), values: Vec::new() }
    }
}

impl<'b, T: Word> Words<'b, T> {
    /// The words of an array of text.
    pub(super) fn new(array: &'b dyn Array) -> Result<Self, ReadError> {
        let texts = Texts::new(array)?;
        let value = |number: usize| match u32::try_from(number).ok().and_then(|one| texts.text(one))
        {
            None => Value::Null,
            Some(text) => {
                let known = T::WORDS.iter().find(|one| one.word() == text);
                known.map_or(Value::Unknown, |one| Value::Known(*one))
            }
        };
        let values = (0..texts.count()).map(value).collect();
        Ok(Self { texts, values })
    }

    /// What a row has.
    #[inline(always)]
    pub(super) fn value(&self, row: usize) -> Value<T> {
        self.values.get(self.texts.number(row) as usize).copied().unwrap_or(Value::Null)
    }

    /// By number of a text: 0 for null, then the words, then one for all that are unknown.
    pub(super) fn digits(&self) -> impl Iterator<Item = u32> {
        self.values.iter().map(|value| match value {
            Value::Null => 0,
            Value::Known(word) => 1 + word.place(),
            Value::Unknown => 1 + T::WORDS.len() as u32,
        })
    }

    /// The numbers of the texts in all rows.
    pub(super) fn numbers(&self) -> &[u32] {
        self.texts.numbers()
    }

    /// The number of the text in a row.
    pub(super) fn number(&self, row: usize) -> u32 {
        self.texts.number(row)
    }

    /// The word in a row, if there is one.
    pub(super) fn get(&self, column: &'static str, row: usize) -> Result<Option<T>, RowError> {
        match self.value(row) {
            Value::Null => Ok(None),
            Value::Known(word) => Ok(Some(word)),
            Value::Unknown => Err(unknown::<T>(column, self.texts.get(row).unwrap_or_default())),
        }
    }

    /// The word in a row, which every request has.
    pub(super) fn required(&self, column: &'static str, row: usize) -> Result<T, RowError> {
        self.get(column, row)?.ok_or(RowError::MissingValue { column })
    }
}

fn unknown<T: Word>(column: &'static str, word: &str) -> RowError {
    let words = || T::WORDS.iter().map(|one| one.word());
    let help = match closest(&word.to_lowercase(), words()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => {
            let words: Vec<_> = words().map(|one| format!("`{one}`")).collect();
            format!("the words are {}", words.join(", "))
        }
    };
    RowError::UnknownWord { column, word: word.to_owned(), help }
}

/// A column of flags. One of nulls alone has no array.
#[derive(Debug, Default)]
pub(super) struct Flags<'b>(Option<&'b BooleanArray>);

impl<'b> Flags<'b> {
    /// The flags of an array.
    pub(super) fn new(array: &'b dyn Array) -> Result<Self, ReadError> {
        array.as_boolean_opt().map(|one| Self(Some(one))).ok_or(ReadError::WrongType("Boolean"))
    }

    /// The flag in a row.
    #[inline(always)]
    pub(super) fn get(&self, row: usize) -> Option<bool> {
        let array = self.0?;
        (row < array.len() && array.is_valid(row)).then(|| array.value(row))
    }

    /// Whether all flags are null.
    pub(super) const fn is_null(&self) -> bool {
        self.0.is_none()
    }

    /// The number of the flag in a row: 0 for null, 1 for false, 2 for true.
    #[inline(always)]
    pub(super) fn number(&self, row: usize) -> u32 {
        self.get(row).map_or(0, |flag| 1 + u32::from(flag))
    }
}
