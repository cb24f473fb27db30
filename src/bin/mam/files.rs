//! Reading files, finding those that others `use`, and writing new ones.
//!
//! The only place that opens files for reading. No more of a file is read than the limit allows, and
//! no file outside the folder of a root file is reached by `use`. Knows nothing of the language.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read, Write as _};
use std::path::{Component, Path, PathBuf};

use mam::source::SourceKind;
use mam::table::{LoadTableError, is_table};
use mam::{Limits, LoadError, Loaded, Loader, Table};

use crate::failure::{Failure, why};

/// How standard input is called in messages.
pub(crate) const STDIN: &str = "<stdin>";

/// Whether an argument stands for standard input.
pub(crate) fn is_stdin(argument: &OsStr) -> bool {
    argument == "-"
}

/// How a file is called in messages.
pub(crate) fn display(argument: &OsStr) -> String {
    if is_stdin(argument) { STDIN.to_owned() } else { argument.to_string_lossy().into_owned() }
}

/// The text of a file that was given as an argument.
///
/// # Errors
///
/// When it cannot be read, is too large, or is no UTF-8.
pub(crate) fn read(argument: &OsStr, limits: &Limits) -> Result<String, Failure> {
    let text = if is_stdin(argument) {
        text(io::stdin().lock(), limits)
    } else {
        text_of(Path::new(argument), limits)
    };
    text.map_err(|reason| Failure::stop(cannot_read(argument, &reason)))
}

/// Opens a file that was given as an argument, to be read bit by bit.
///
/// # Errors
///
/// When it cannot be opened.
pub(crate) fn open(argument: &OsStr) -> Result<Box<dyn Read + Send>, Failure> {
    if is_stdin(argument) {
        return Ok(Box::new(io::stdin()));
    }
    match open_path(Path::new(argument)) {
        Ok(file) => Ok(Box::new(file)),
        Err(reason) => Err(Failure::stop(cannot_read(argument, &reason))),
    }
}

/// The compiled table in a file that was given as an argument; `None` if it is something else.
///
/// # Errors
///
/// When the file cannot be read, or the table in it cannot be loaded.
pub(crate) fn table(argument: &OsStr, limits: &Limits) -> Result<Option<Table>, Failure> {
    if is_stdin(argument) {
        return Ok(None);
    }
    let Some(bytes) = table_bytes(argument, limits)? else { return Ok(None) };
    let loaded = Table::from_bytes(&bytes)
        .map_err(|error| Failure::stop_with(cannot_load(argument, &error), error.help()))?;
    Ok(Some(loaded))
}

/// The bytes of a file that begins as a compiled table does; `None` if it does not.
///
/// # Errors
///
/// When the file cannot be read, or is too large.
pub(crate) fn table_bytes(argument: &OsStr, limits: &Limits) -> Result<Option<Vec<u8>>, Failure> {
    let cannot = |reason: String| Failure::stop(cannot_read(argument, &reason));
    let mut file = open_path(Path::new(argument)).map_err(cannot)?;
    let start = bounded((&mut file).take(8), 8).map_err(cannot)?;
    if !is_table(&start) {
        return Ok(None);
    }
    bounded(start.chain(file), limits.table_bytes).map(Some).map_err(cannot)
}

/// The bytes of a small file that was given as an argument, such as a signature.
///
/// # Errors
///
/// When it cannot be read, or is too large.
pub(crate) fn bytes(argument: &OsStr, limits: &Limits) -> Result<Vec<u8>, Failure> {
    let cannot = |reason: String| Failure::stop(cannot_read(argument, &reason));
    let file = open_path(Path::new(argument)).map_err(cannot)?;
    bounded(file, limits.file_bytes).map_err(cannot)
}

/// What to say of a compiled table that cannot be loaded.
pub(crate) fn cannot_load(argument: &OsStr, error: &LoadTableError) -> String {
    format!("cannot load `{}`: {error} [{}]", display(argument), error.code())
}

/// What to say of a file that cannot be read.
pub(crate) fn cannot_read(argument: &OsStr, reason: &str) -> String {
    format!("cannot read `{}`: {reason}", display(argument))
}

fn open_path(path: &Path) -> Result<File, String> {
    let file = File::open(path).map_err(|error| why(&error))?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err("it is a directory".to_owned()),
        Ok(_) => Ok(file),
        Err(error) => Err(why(&error)),
    }
}

fn text_of(path: &Path, limits: &Limits) -> Result<String, String> {
    text(open_path(path)?, limits)
}

/// All bytes, unless there are more than the limit: then hardly more than that is read.
fn bounded(from: impl Read, limit: usize) -> Result<Vec<u8>, String> {
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(bound).read_to_end(&mut bytes).map_err(|error| why(&error))?;
    if bytes.len() > limit {
        return Err(format!("it has more than {limit} bytes, the limit"));
    }
    Ok(bytes)
}

/// All of a text, unless it is larger than the limit: then hardly more than that is read.
fn text(from: impl Read, limits: &Limits) -> Result<String, String> {
    let bytes = bounded(from, limits.file_bytes)?;
    if is_table(&bytes) {
        return Err(
            "it is a compiled table; this needs the policies that it was compiled from".into()
        );
    }
    if let Some(text) = utf16(&bytes) {
        return Ok(text);
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("it is not UTF-8 (line {line}, byte {} of the file)", good.len() + 1)
    })
}

/// The text of an export in UTF-16, which scripts on Windows write; with a byte order mark or, since
/// JSON begins with an ASCII character, without. The language itself is UTF-8.
fn utf16(bytes: &[u8]) -> Option<String> {
    let encoding = match bytes {
        [0xFF, 0xFE, ..] => encoding_rs::UTF_16LE,
        [0xFE, 0xFF, ..] => encoding_rs::UTF_16BE,
        [first, 0, ..] if first.is_ascii() => encoding_rs::UTF_16LE,
        [0, second, ..] if second.is_ascii() => encoding_rs::UTF_16BE,
        _ => return None,
    };
    let (text, failed) = encoding.decode_with_bom_removal(bytes);
    let is_json = SourceKind::of(&text) == SourceKind::Json;
    (is_json && !failed).then(|| text.into_owned())
}

/// Writes a file that does not exist yet.
///
/// # Errors
///
/// When there is such a file, or it cannot be written.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let file = File::options().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let message = format!("cannot write `{}`: {}", path.display(), why(&error));
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::stop_with(message, "remove it first, or give another name")
            }
            _ => Failure::stop(message),
        }
    })
}

/// Where a file of the set lives.
#[derive(Debug, Clone)]
struct Home {
    /// The folder that its own paths start from.
    folder: PathBuf,
    /// The folder of its root file, which no path may leave.
    root: PathBuf,
    /// How that folder is called in messages.
    shown: PathBuf,
}

/// The files of a set: the ones given, and the door to those that they use.
#[derive(Debug)]
pub(crate) struct Files {
    /// Names and texts of the files given, in order.
    pub(crate) roots: Vec<(String, String)>,
    limits: Limits,
    /// By name: where the file lives.
    homes: BTreeMap<String, Home>,
    /// By place: the name of a file, however it was spelt.
    names: BTreeMap<PathBuf, String>,
}

impl Files {
    /// Reads the files that were given.
    ///
    /// # Errors
    ///
    /// When one of them cannot be read.
    pub(crate) fn read(arguments: &[OsString], limits: Limits) -> Result<Self, Failure> {
        let mut files =
            Self { roots: Vec::new(), limits, homes: BTreeMap::new(), names: BTreeMap::new() };
        for argument in arguments {
            files.add_root(argument)?;
        }
        Ok(files)
    }

    fn add_root(&mut self, argument: &OsStr) -> Result<(), Failure> {
        let path = Path::new(argument);
        let (place, shown) = if is_stdin(argument) {
            (PathBuf::from(STDIN), PathBuf::new())
        } else {
            let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
            (place, path.parent().unwrap_or(Path::new("")).to_owned())
        };
        if self.names.contains_key(&place) {
            return Ok(());
        }
        let text = read(argument, &self.limits)?;
        let here = if shown.as_os_str().is_empty() { Path::new(".") } else { &shown };
        let folder = fs::canonicalize(here).unwrap_or_else(|_| here.to_owned());
        let name = self.free_name(&display(argument));
        self.homes.insert(name.clone(), Home { root: folder.clone(), folder, shown });
        self.names.insert(place, name.clone());
        self.roots.push((name, text));
        Ok(())
    }

    /// A name that is neither a catalogue's nor another file's.
    fn free_name(&self, name: &str) -> String {
        let mut free = name.to_owned();
        while self.homes.contains_key(&free) || mam::catalogue::get(&free).is_some() {
            free.insert_str(0, "./");
        }
        free
    }

    /// The place of a file that another one uses, and what is known of its home.
    fn find(&self, path: &str, from: &str) -> Result<(PathBuf, Home), LoadError> {
        let Some(home) = self.homes.get(from) else {
            return Err(LoadError::CannotRead(format!("it is not known where `{from}` lives")));
        };
        let inside = home.folder.strip_prefix(&home.root).unwrap_or(Path::new(""));
        if leaves(Path::new(path), inside.components().count()) {
            return Err(LoadError::OutsideFolder);
        }
        let place = walk(&home.folder, Path::new(path), &home.root)?;
        let folder = place.parent().unwrap_or(&home.root).to_owned();
        Ok((place, Home { folder, ..home.clone() }))
    }
}

impl Loader for Files {
    fn load(&mut self, path: &str, from: &str) -> Result<Loaded, LoadError> {
        let (place, home) = self.find(path, from)?;
        if let Some(name) = self.names.get(&place) {
            // Its text is loaded already; the name says which one it is.
            return Ok(Loaded::new(name.clone(), ""));
        }
        let text = text_of(&place, &self.limits).map_err(LoadError::CannotRead)?;
        let inside = place.strip_prefix(&home.root).unwrap_or(&place);
        let name = self.free_name(&home.shown.join(inside).to_string_lossy());
        self.homes.insert(name.clone(), home);
        self.names.insert(place, name.clone());
        Ok(Loaded::new(name, text))
    }
}

/// The place that a path leads to, links followed, without a step out of the root folder.
fn walk(folder: &Path, path: &Path, root: &Path) -> Result<PathBuf, LoadError> {
    let mut place = folder.to_owned();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                place.pop();
            }
            other => {
                let next = fs::canonicalize(place.join(other));
                place = next.map_err(|error| LoadError::CannotRead(why(&error)))?;
            }
        }
        if !place.starts_with(root) {
            return Err(LoadError::OutsideFolder);
        }
    }
    Ok(place)
}

/// Whether a path, as it is written, leads out of the folder that is `depth` folders above.
fn leaves(path: &Path, mut depth: usize) -> bool {
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(_) => depth += 1,
            Component::ParentDir => match depth.checked_sub(1) {
                Some(above) => depth = above,
                None => return true,
            },
            Component::RootDir | Component::Prefix(_) => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_may_not_leave_the_folder() {
        let leaves = |path: &str, depth| leaves(Path::new(path), depth);
        assert!(!leaves("a.mam", 0));
        assert!(!leaves("sub/../a.mam", 0));
        assert!(!leaves("../a.mam", 1));
        assert!(leaves("../a.mam", 0));
        assert!(leaves("sub/../../a.mam", 0));
        assert!(leaves("../folder/a.mam", 0));
        assert!(leaves("/etc/passwd", 3));
    }

    #[test]
    fn no_more_is_read_than_the_limit() {
        let limits = Limits::default();
        let error = text(io::repeat(b'a'), &limits).expect_err("endless input is too large");
        assert_eq!(error, format!("it has more than {} bytes, the limit", limits.file_bytes));
        assert_eq!(text(&b"mam 1\n"[..], &limits).as_deref(), Ok("mam 1\n"));
        let error = text(&b"mam 1\n\xff"[..], &limits).expect_err("this is no UTF-8");
        assert_eq!(error, "it is not UTF-8 (line 2, byte 7 of the file)");
    }
}
