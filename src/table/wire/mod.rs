//! The byte format of tables, which devices load instead of policies.
//!
//! Takes in a table, gives out bytes, and the other way round. Reading checks once, in this order: the
//! frame (magic, version, length, checksum), each number as it comes, the parts against each other. After
//! that nothing is checked again. Bytes are trusted to be a compiled table: signatures tell whose.

mod check;
mod codec;
mod records;

use codec::Reader;
use records::{VERSION, WITHOUT_ACCESS};

use super::runtime::{Parts, Table, TableData};

/// The first bytes of a table. No text begins with them, and a conversion of line ends destroys them.
const MAGIC: [u8; 8] = *b"\x89MAM\r\n\x1a\n";

/// The length of the frame: magic, version, length of the body, its checksum.
const FRAME: usize = 20;

/// The error for bytes that are no table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoadTableError {
    /// Bytes that do not begin as a table does.
    #[error("these bytes are no compiled policy set")]
    NoTable,
    /// A table of another version of the format.
    #[error("the table is of version {found} of the format, this build reads version {known}")]
    Version {
        /// The version in the bytes.
        found: u32,
        /// The version that can be read.
        known: u32,
    },
    /// Bytes that are cut off, or that something follows.
    #[error("the table should have {expected} bytes, but there are {found}")]
    Length {
        /// The number of bytes.
        found: usize,
        /// The number of bytes according to the frame.
        expected: u64,
    },
    /// Bytes that were changed after they were written.
    #[error("the table is damaged: its checksum is {found:08x}, it should be {expected:08x}")]
    Checksum {
        /// The checksum of the body.
        found: u32,
        /// The checksum in the frame.
        expected: u32,
    },
    /// A body that is no table.
    #[error("the table makes no sense: {what} (byte {byte})")]
    Malformed {
        /// The mistake.
        what: &'static str,
        /// The number of bytes that had been read.
        byte: usize,
    },
}

impl LoadTableError {
    /// The stable code of the error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoTable => "mam::table::no-table",
            Self::Version { .. } => "mam::table::version",
            Self::Length { .. } => "mam::table::length",
            Self::Checksum { .. } => "mam::table::checksum",
            Self::Malformed { .. } => "mam::table::malformed",
        }
    }

    /// The help: one sentence in the imperative.
    #[must_use]
    pub const fn help(&self) -> &'static str {
        match self {
            Self::NoTable => "`mam compile` writes tables",
            Self::Version { .. } => "compile the policies again with this version of `mam`",
            Self::Length { .. } | Self::Checksum { .. } => "copy the file again, as binary data",
            Self::Malformed { .. } => "compile the policies again",
        }
    }
}

/// Whether bytes begin as a table does.
#[must_use]
pub fn is_table(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

impl Table {
    /// The table as bytes, for [`from_bytes`](Self::from_bytes): names, ids and texts of rules
    /// included, so that whoever loads it needs neither policies nor parser. Equal policy sets give
    /// equal bytes, on every platform. `docs/format.md` describes them.
    ///
    /// ```
    /// let table = mam::compile("notes.mam", "mam 1\napp notes { sdk }\nusers staff\n\
    ///     policy p { for staff  protect notes }")?;
    /// let loaded = mam::Table::from_bytes(&table.to_bytes())?;
    /// assert_eq!(loaded.stats(), table.stats());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        write(&self.0)
    }

    /// Loads a table. Everything in it is checked once, here, and takes no more memory than a few
    /// times the length of the bytes. They are trusted to be what their maker compiled: where
    /// somebody could have changed them on the way, check a signature first (feature `sign`).
    ///
    /// A loaded table refuses movements that the original resolved, as any other table does.
    ///
    /// # Errors
    ///
    /// When the bytes are no table, of another version, cut off, damaged or inconsistent.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadTableError> {
        read(bytes)
    }
}

fn write(table: &TableData) -> Vec<u8> {
    let mut out = vec![0; FRAME];
    let version = records::write(table, &mut out);
    let (start, body) = out.split_at_mut(FRAME);
    let numbers = [version, codec::length(body.len()), checksum(body)];
    let numbers = numbers.iter().flat_map(|number| number.to_le_bytes());
    let frame: Vec<u8> = MAGIC.into_iter().chain(numbers).collect();
    start.copy_from_slice(&frame);
    out
}

/// CRC-32 as in zip and png.
fn checksum(body: &[u8]) -> u32 {
    crc32fast::hash(body)
}

fn read(bytes: &[u8]) -> Result<Table, LoadTableError> {
    let (magic, rest) = bytes.split_at_checked(MAGIC.len()).ok_or(LoadTableError::NoTable)?;
    if magic != MAGIC {
        return Err(LoadTableError::NoTable);
    }
    let number = |at: usize| {
        let bytes = rest.get(at..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    };
    let cut = LoadTableError::Length { found: bytes.len(), expected: FRAME as u64 };
    let version = number(0).ok_or(cut)?;
    if !(WITHOUT_ACCESS..=VERSION).contains(&version) {
        return Err(LoadTableError::Version { found: version, known: VERSION });
    }
    let (length, expected) = number(4).zip(number(8)).ok_or(cut)?;
    let body = bytes.get(FRAME..).unwrap_or_default();
    if body.len() as u64 != u64::from(length) {
        let expected = FRAME as u64 + u64::from(length);
        return Err(LoadTableError::Length { found: bytes.len(), expected });
    }
    let found = checksum(body);
    if found != expected {
        return Err(LoadTableError::Checksum { found, expected });
    }
    let mut reader = Reader::new(body);
    let parts = parts(&mut reader, version).map_err(|what| {
        let byte = bytes.len() - reader.left();
        LoadTableError::Malformed { what, byte }
    })?;
    Ok(Table::of(parts))
}

fn parts(reader: &mut Reader<'_>, version: u32) -> Result<Parts, codec::Flaw> {
    let parts = records::read(reader, version)?;
    if reader.left() > 0 {
        return Err("something follows the last part");
    }
    check::table(&parts)?;
    Ok(parts)
}
