//! Columns of lists of names: a small number for each distinct list.

use std::borrow::Cow;
use std::num::TryFromIntError;
use std::ops::Range;

use arrow_array::Array;
use arrow_array::cast::AsArray;
use hashbrown::HashTable;

use super::error::RowError;
use super::schema::ReadError;
use super::texts::{NULL, Texts, hash_of_numbers};

/// A column of lists of names. One of nulls alone has no rows.
#[derive(Debug, Default)]
pub(super) struct Lists<'b> {
    names: Texts<'b>,
    /// By row: the number of its list.
    numbers: Vec<u32>,
    /// By number, from 1 on: where the names of the list are.
    lists: Vec<Range<usize>>,
}

impl<'b> Lists<'b> {
    /// What a column of lists can be.
    const TYPES: &'static str = "a list of text (List, LargeList or FixedSizeList)";

    /// The lists of an array.
    pub(super) fn new(array: &'b dyn Array) -> Result<Self, ReadError> {
        if array.len() >= u32::MAX as usize {
            return Err(ReadError::TooLong);
        }
        if let Some(lists) = array.as_list_opt::<i32>() {
            let ends = lists.value_offsets().iter().map(|end| usize::try_from(*end));
            return Self::of(array, lists.values(), ends.collect::<Result<_, _>>());
        }
        if let Some(lists) = array.as_list_opt::<i64>() {
            let ends = lists.value_offsets().iter().map(|end| usize::try_from(*end));
            return Self::of(array, lists.values(), ends.collect::<Result<_, _>>());
        }
        let wrong = ReadError::WrongType(Self::TYPES);
        let lists = array.as_fixed_size_list_opt().ok_or(wrong)?;
        let length = usize::try_from(lists.value_length()).map_err(|_| ReadError::Damaged)?;
        // The values of a slice begin with those of its first row.
        let ends = (0..=lists.len()).map(|row| row * length).collect();
        Self::of(array, lists.values(), Ok(ends))
    }

    /// Lists with these names; the names of a row lie between two ends.
    fn of(
        array: &'b dyn Array,
        names: &'b dyn Array,
        ends: Result<Vec<usize>, TryFromIntError>,
    ) -> Result<Self, ReadError> {
        let ends = ends.map_err(|_| ReadError::Damaged)?;
        let names = Texts::new(names).map_err(|error| match error {
            ReadError::WrongType(_) => ReadError::WrongType(Self::TYPES),
            other => other,
        });
        let mut lists = Self { names: names?, ..Self::default() };
        lists.number_rows(array, &ends)?;
        Ok(lists)
    }

    /// Numbers lists in the order in which they come. Lists of one name, as most are, are found by that name.
    fn number_rows(&mut self, array: &dyn Array, ends: &[usize]) -> Result<(), ReadError> {
        let names = self.names.numbers();
        let mut known: HashTable<(u64, u32)> = HashTable::new();
        let mut of_one = vec![NULL; self.names.count()];
        self.numbers.reserve(array.len());
        let nulls = array.nulls().filter(|nulls| nulls.null_count() > 0);
        let ranges = ends.iter().zip(ends.iter().skip(1)).map(|(start, end)| *start..*end);
        for (row, range) in ranges.enumerate() {
            if nulls.is_some_and(|nulls| nulls.is_null(row)) {
                self.numbers.push(NULL);
                continue;
            }
            let list = names.get(range.clone()).ok_or(ReadError::Damaged)?;
            let next = self.lists.len() as u32 + 1;
            let number = match list {
                [name] => {
                    let number = of_one.get_mut(*name as usize).ok_or(ReadError::Damaged)?;
                    *number = if *number == NULL { next } else { *number };
                    *number
                }
                _ => {
                    let hash = hash_of_numbers(list);
                    let lists = &self.lists;
                    let is_same = |(other, number): &(u64, u32)| {
                        let first = lists.get(*number as usize - 1);
                        let first = first.and_then(|one| names.get(one.clone()));
                        *other == hash && first == Some(list)
                    };
                    let entry = known.entry(hash, is_same, |(hash, _)| *hash);
                    entry.or_insert((hash, next)).get().1
                }
            };
            if number == next {
                self.lists.push(range);
            }
            self.numbers.push(number);
        }
        Ok(())
    }

    /// The number of the list in a row; [`NULL`] in a column without rows.
    #[inline(always)]
    pub(super) fn number(&self, row: usize) -> u32 {
        self.numbers.get(row).copied().unwrap_or(NULL)
    }

    /// How many numbers there are: each is below.
    pub(super) fn count(&self) -> usize {
        self.lists.len() + 1
    }

    /// The names of a number's list; `None` for a null.
    pub(super) fn names(
        &self,
        column: &'static str,
        number: u32,
    ) -> Result<Option<Vec<Cow<'b, str>>>, RowError> {
        let list = (number as usize).checked_sub(1).and_then(|index| self.lists.get(index));
        let Some(list) = list else { return Ok(None) };
        let numbers = self.names.numbers().get(list.clone()).unwrap_or_default();
        let name = |number: &u32| self.names.text(*number).map(Cow::Borrowed);
        let names = numbers.iter().map(|one| name(one).ok_or(RowError::NullInList { column }));
        names.collect::<Result<_, _>>().map(Some)
    }
}
