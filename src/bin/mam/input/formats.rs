//! Formats of requests in columns, by the first bytes of a file.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// The format of a file of columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Parquet,
    IpcFile,
    IpcStream,
}

/// The format of a file; `None` if it has no columns, or cannot be read.
pub(crate) fn format_of(path: &OsStr) -> Option<Format> {
    let mut start = [0; 8];
    let mut file = File::open(Path::new(path)).ok()?;
    let length = file.read(&mut start).ok()?;
    match start.get(..length)? {
        [b'P', b'A', b'R', b'1', ..] => Some(Format::Parquet),
        [b'A', b'R', b'R', b'O', b'W', b'1', ..] => Some(Format::IpcFile),
        [0xFF, 0xFF, 0xFF, 0xFF, ..] => Some(Format::IpcStream),
        _ => None,
    }
}

/// Whether the requests of an argument are columns: it is a folder, or a file of such a format. A pipe is
/// not looked into, and has lines.
pub(crate) fn are_columns(argument: &OsStr) -> bool {
    let path = Path::new(argument);
    path.is_dir() || path.is_file() && format_of(argument).is_some()
}
