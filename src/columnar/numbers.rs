//! The column of numbers of characters.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type,
    UInt32Type, UInt64Type,
};

use super::error::RowError;
use super::schema::ReadError;

/// A column of numbers from 0 to the largest of 32 bits. One of nulls alone has no rows.
#[derive(Debug, Default)]
pub(super) struct Numbers(Vec<i64>);

/// A null, and a number that is too small or too large.
const NULL: i64 = -1;
const BAD: i64 = -2;

impl Numbers {
    /// The numbers of an array of integers.
    pub(super) fn new(array: &dyn Array) -> Result<Self, ReadError> {
        fn of<K: ArrowPrimitiveType<Native: TryInto<u32>>>(array: &dyn Array) -> Option<Vec<i64>> {
            let array = array.as_primitive_opt::<K>()?;
            let number = |one: Option<K::Native>| match one.map(TryInto::<u32>::try_into) {
                None => NULL,
                Some(Ok(number)) => i64::from(number),
                Some(Err(_)) => BAD,
            };
            Some(array.iter().map(number).collect())
        }
        macro_rules! of_any {
            ($($kind:ty),*) => { None$(.or_else(|| of::<$kind>(array)))* };
        }
        let numbers = of_any!(
            UInt32Type, Int32Type, Int64Type, UInt64Type, Int16Type, UInt16Type, Int8Type,
            UInt8Type
        );
        numbers.map(Self).ok_or(ReadError::WrongType("an integer"))
    }

    /// The number in a row, as it is stored: below 0 there is none.
    #[inline(always)]
    pub(super) fn stored(&self, row: usize) -> i64 {
        self.0.get(row).copied().unwrap_or(NULL)
    }

    /// The number in a row, if there is one.
    pub(super) fn get(&self, column: &'static str, row: usize) -> Result<Option<u32>, RowError> {
        match self.stored(row) {
            NULL => Ok(None),
            number => u32::try_from(number).map(Some).map_err(|_| RowError::BadNumber { column }),
        }
    }
}
