//! The encoding of values: little-endian numbers of 32 bits.
//!
//! Takes in values, gives out bytes, and reads them back with every number in its range. Invariants between
//! values are not known here; `check` has them.

use crate::dd::{Func, NodeId};
use crate::model::{
    AccessId, Action, AppId, Biometrics, EncryptionClass, PinKind, PolicyId, RuleId, StorageId,
    UsersId,
};
use crate::table::access::Probe;
use crate::table::runtime::{Code, MatrixRef};
use crate::vocabulary::{
    Channel, Channels, DeviceState, DeviceStates, Effect, Platform, Platforms, RuleEffect,
};

/// Why bytes are no value: what is wrong, in a few words.
pub(super) type Flaw = &'static str;

/// Refuses values of which something does not hold.
pub(super) fn demand(holds: bool, flaw: Flaw) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(flaw) }
}

/// The bytes that are left to read.
#[derive(Debug)]
pub(super) struct Reader<'b> {
    rest: &'b [u8],
}

impl<'b> Reader<'b> {
    pub(super) fn new(rest: &'b [u8]) -> Self {
        Self { rest }
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.rest.len()
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'b [u8], Flaw> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or("it ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    /// The zeros behind so many bytes, up to the next number.
    fn zeros(&mut self, length: usize) -> Result<(), Flaw> {
        let zeros = self.take(length.next_multiple_of(4) - length)?;
        if zeros.iter().any(|byte| *byte != 0) {
            return Err("a text or list is followed by something else than zeros");
        }
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Result<u32, Flaw> {
        let (number, rest) = self.rest.split_first_chunk().ok_or("it ends too early")?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*number))
    }
}

/// A value that always takes as many bytes.
pub(super) trait Record: Sized {
    /// How many.
    const SIZE: usize;

    fn write(&self, out: &mut Vec<u8>);

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw>;
}

/// A value whose length depends on what it is.
pub(super) trait Part: Sized {
    fn write(&self, out: &mut Vec<u8>);

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw>;
}

/// A list: how many there are, and then each.
impl<T: Record> Part for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        length(self.len()).write(out);
        out.reserve(self.len() * T::SIZE);
        self.iter().for_each(|one| one.write(out));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        let count = from.number()? as usize;
        let size = count.checked_mul(T::SIZE).ok_or("a list is longer than what is left")?;
        if size > from.left() {
            return Err("a list is longer than what is left");
        }
        let mut list = Self::with_capacity(count);
        for record in from.take(size)?.chunks_exact(T::SIZE) {
            list.push(T::read(&mut Reader::new(record))?);
        }
        Ok(list)
    }
}

/// Numbers of 16 bits: how many there are, each in two bytes, and zeros up to the next number.
macro_rules! narrow_lists {
    ($($of:ty: $bits:ident, $of_bits:expr;)*) => { $(
        impl Part for Vec<$of> {
            fn write(&self, out: &mut Vec<u8>) {
                length(self.len()).write(out);
                self.iter().for_each(|one| out.extend_from_slice(&one.$bits().to_le_bytes()));
                out.resize(out.len().next_multiple_of(4), 0);
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
                let count = from.number()? as usize;
                let size = count.checked_mul(2).filter(|size| *size <= from.left());
                let bytes = from.take(size.ok_or("a list is longer than what is left")?)?;
                from.zeros(bytes.len())?;
                let (numbers, _) = bytes.as_chunks();
                Ok(numbers.iter().map(|one| $of_bits(u16::from_le_bytes(*one))).collect())
            }
        }
    )* };
}

narrow_lists! {
    u16: to_owned, std::convert::identity;
    Code: bits, Code::of_bits;
}

/// As many parts as the type says.
impl<T: Part, const N: usize> Part for [T; N] {
    fn write(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|one| one.write(out));
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        let parts: Vec<T> = (0..N).map(|_| T::read(from)).collect::<Result<_, _>>()?;
        parts.try_into().map_err(|_| "a part is missing")
    }
}

/// Its length in bytes, the text, and zeros up to the next number.
impl Part for String {
    fn write(&self, out: &mut Vec<u8>) {
        length(self.len()).write(out);
        out.extend_from_slice(self.as_bytes());
        out.resize(out.len().next_multiple_of(4), 0);
    }

    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        let length = from.number()? as usize;
        let text = from.take(length)?;
        from.zeros(length)?;
        let text = std::str::from_utf8(text).map_err(|_| "a text is no UTF-8")?;
        Ok(text.to_owned())
    }
}

/// A length as a number. One beyond 32 bits is refused when it is read; no limits allow such a table.
pub(super) fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

// ---------------------------------------------------------------- numbers

impl Record for u32 {
    const SIZE: usize = 4;

    #[inline]
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        from.number()
    }
}

/// The lower half, then the upper one.
impl Record for u64 {
    const SIZE: usize = 8;

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        let (low, high) = (from.number()?, from.number()?);
        Ok(Self::from(low) | Self::from(high) << 32)
    }
}

impl Record for u8 {
    const SIZE: usize = 4;

    fn write(&self, out: &mut Vec<u8>) {
        u32::from(*self).write(out);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        Self::try_from(from.number()?).map_err(|_| "a number is too large")
    }
}

/// The lower half, then the upper one.
impl Record for u128 {
    const SIZE: usize = 16;

    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.to_le_bytes());
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        let (low, high) = (u64::read(from)?, u64::read(from)?);
        Ok(Self::from(low) | Self::from(high) << 64)
    }
}

impl Record for bool {
    const SIZE: usize = 4;

    fn write(&self, out: &mut Vec<u8>) {
        u32::from(*self).write(out);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        match from.number()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err("a truth value is neither 0 nor 1"),
        }
    }
}

/// 1 and the value, or zeros.
impl<T: Record> Record for Option<T> {
    const SIZE: usize = 4 + T::SIZE;

    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        match self {
            Some(value) => value.write(out),
            None => out.resize(out.len() + T::SIZE, 0),
        }
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        if bool::read(from)? {
            return T::read(from).map(Some);
        }
        if from.take(T::SIZE)?.iter().any(|byte| *byte != 0) {
            return Err("a value is there that should not be");
        }
        Ok(None)
    }
}

impl<A: Record, B: Record> Record for (A, B) {
    const SIZE: usize = A::SIZE + B::SIZE;

    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
        self.1.write(out);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        Ok((A::read(from)?, B::read(from)?))
    }
}

/// As many of one kind as the type says.
macro_rules! rows {
    ($($count:literal: $($name:ident)*;)*) => { $(
        impl<T: Record> Record for [T; $count] {
            const SIZE: usize = T::SIZE * $count;

            fn write(&self, out: &mut Vec<u8>) {
                self.iter().for_each(|one| one.write(out));
            }

            #[inline]
            fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
                $( let $name = T::read(from)?; )*
                Ok([$($name),*])
            }
        }
    )* };
}

rows! { 2: a b; 3: a b c; }

/// A word is its position among all words of its kind.
macro_rules! words {
    ($($word:ident $(in $set:ident)?;)*) => { $(
        impl Record for $word {
            const SIZE: usize = 4;

            fn write(&self, out: &mut Vec<u8>) {
                length(self.index()).write(out);
            }

            #[inline]
            fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
                let word = $word::ALL.get(from.number()? as usize);
                word.copied().ok_or(concat!("no word has such a number: ", stringify!($word)))
            }
        }

        $(
            /// Of a set, the bits at the positions of its words.
            impl Record for $set {
                const SIZE: usize = 4;

                fn write(&self, out: &mut Vec<u8>) {
                    u32::from(self.bits()).write(out);
                }

                #[inline]
                fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
                    let set = u16::try_from(from.number()?).ok().and_then($set::of_bits);
                    set.ok_or(concat!("no word has such a bit: ", stringify!($word)))
                }
            }
        )?
    )* };
}

words! {
    Effect; RuleEffect; Action; Probe; PinKind; Biometrics; EncryptionClass;
    Channel in Channels; Platform in Platforms; DeviceState in DeviceStates;
}

/// An id is its number.
macro_rules! ids {
    ($($id:ident)*) => { $(
        impl Record for $id {
            const SIZE: usize = 4;

            fn write(&self, out: &mut Vec<u8>) {
                self.number().write(out);
            }

            #[inline]
            fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
                from.number().map($id::of)
            }
        }
    )* };
}

ids! { AppId StorageId UsersId PolicyId RuleId AccessId }

macro_rules! tagged_positions {
    ($($of:ident)*) => { $(
        impl Record for $of {
            const SIZE: usize = 4;

            fn write(&self, out: &mut Vec<u8>) {
                self.bits().write(out);
            }

            #[inline]
            fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
                from.number().map(Self::of_bits)
            }
        }
    )* };
}

// The highest bit tells terminals from the positions of nodes, and constants from those of matrices.
tagged_positions! { NodeId MatrixRef }

/// A function is its first node.
impl<T> Record for Func<T> {
    const SIZE: usize = NodeId::SIZE;

    fn write(&self, out: &mut Vec<u8>) {
        self.id().write(out);
    }

    #[inline]
    fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
        NodeId::read(from).map(Self::of_id)
    }
}

// ---------------------------------------------------------------- compound values

/// Records of named fields, which are written in this order.
macro_rules! record {
    ($(
        $type:ty { $($field:tt: $of:ty),* $(,)? } $(else { $($apart:ident: $value:expr),* })?
    )*) => { $(
        impl Record for $type {
            const SIZE: usize = 0 $(+ <$of as Record>::SIZE)*;

            fn write(&self, out: &mut Vec<u8>) {
                $( self.$field.write(out); )*
            }

            #[inline]
            fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
                Ok(Self {
                    $( $field: <$of as Record>::read(from)?, )*
                    $( $( $apart: $value, )* )?
                })
            }
        }
    )* };
}

/// Parts of named fields, which are written in this order.
macro_rules! part {
    ($($type:ty { $($field:ident),* $(,)? })*) => { $(
        impl Part for $type {
            fn write(&self, out: &mut Vec<u8>) {
                $( self.$field.write(out); )*
            }

            fn read(from: &mut Reader<'_>) -> Result<Self, Flaw> {
                Ok(Self { $( $field: Part::read(from)? ),* })
            }
        }
    )* };
}

pub(super) use {part, record};
