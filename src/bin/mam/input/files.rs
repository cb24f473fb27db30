//! Files: reading arguments, and loading the files that policies `use`.
//!
//! Takes in paths, gives out texts and bytes. The only module that opens files for reading; `folders` finds
//! the files of a folder. Never reads more than the limit, and `use` never leaves the folder of a root file.
//! Does not know the language.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};
use mam::source::SourceKind;
use mam::table::{LoadTableError, is_table};
use mam::{Limits, LoadError, Loaded, Loader, Table};

use super::folders::{self, FileKind, FolderCount};
use crate::failure::{CANNOT_READ, Failure, io_reason};
use crate::render::text::count;

/// Name of standard input in messages.
pub(crate) const STDIN: &str = "<stdin>";

/// Whether an argument is standard input.
pub(crate) fn is_stdin(argument: &OsStr) -> bool {
    argument == "-"
}

/// Name of a file argument in messages.
pub(crate) fn display(argument: &OsStr) -> String {
    if is_stdin(argument) { STDIN.to_owned() } else { argument.to_string_lossy().into_owned() }
}

/// The text of a file argument.
///
/// # Errors
///
/// When it cannot be read, is too large, or is not UTF-8.
pub(crate) fn read(argument: &OsStr, limits: &Limits) -> Result<String, Failure> {
    text_in(argument, limits).map_err(|reason| Failure::new(cannot_read(argument, &reason)))
}

/// The text of a file argument, or the reason why there is none.
fn text_in(argument: &OsStr, limits: &Limits) -> Result<String, String> {
    match is_stdin(argument) {
        true => text(io::stdin().lock(), limits, false),
        false => text_of(Path::new(argument), limits),
    }
}

/// A reader of a file argument.
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
        Err(reason) => Err(Failure::new(cannot_read(argument, &reason))),
    }
}

/// The compiled table in a file argument; `None` if the file is something else.
///
/// # Errors
///
/// When the file cannot be read, or the table in it cannot be loaded.
pub(crate) fn table(argument: &OsStr, limits: &Limits) -> Result<Option<Table>, Failure> {
    if is_stdin(argument) {
        return Ok(None);
    }
    table_bytes(argument, limits)?.map(|bytes| load(argument, &bytes)).transpose()
}

/// The compiled table in the bytes of a file argument.
///
/// # Errors
///
/// When the table cannot be loaded.
pub(crate) fn load(argument: &OsStr, bytes: &[u8]) -> Result<Table, Failure> {
    Table::from_bytes(bytes)
        .map_err(|error| Failure::with_help(cannot_load(argument, &error), error.help()))
}

/// The bytes of a file that begins like a compiled table; `None` if it does not.
///
/// # Errors
///
/// When the file cannot be read, or is too large.
pub(crate) fn table_bytes(argument: &OsStr, limits: &Limits) -> Result<Option<Vec<u8>>, Failure> {
    let cannot = |reason: String| Failure::new(cannot_read(argument, &reason));
    let mut file = open_path(Path::new(argument)).map_err(cannot)?;
    let start = bounded((&mut file).take(8), 8).map_err(cannot)?;
    if !is_table(&start) {
        return Ok(None);
    }
    bounded(start.chain(file), limits.table_bytes).map(Some).map_err(cannot)
}

/// The bytes of a small file argument, for example a signature.
///
/// # Errors
///
/// When it cannot be read, or is too large.
pub(crate) fn bytes(argument: &OsStr, limits: &Limits) -> Result<Vec<u8>, Failure> {
    let cannot = |reason: String| Failure::new(cannot_read(argument, &reason));
    let file = open_path(Path::new(argument)).map_err(cannot)?;
    bounded(file, limits.file_bytes).map_err(cannot)
}

/// Message about a compiled table that cannot be loaded.
pub(crate) fn cannot_load(argument: &OsStr, error: &LoadTableError) -> String {
    format!("cannot load `{}`: {error} [{}]", display(argument), error.code())
}

/// Message about a file that cannot be read, or is not what it should be.
pub(crate) fn cannot_read(argument: &OsStr, reason: &str) -> String {
    format!("cannot read `{}`: {reason} [{CANNOT_READ}]", display(argument))
}

fn open_path(path: &Path) -> Result<File, String> {
    let file = File::open(path).map_err(|error| io_reason(&error))?;
    match file.metadata() {
        Ok(metadata) if metadata.is_dir() => Err("it is a directory".to_owned()),
        Ok(_) => Ok(file),
        Err(error) => Err(io_reason(&error)),
    }
}

/// The text of a file.
///
/// # Errors
///
/// When it cannot be read, is too large, or is not UTF-8, with the reason.
pub(crate) fn text_of(path: &Path, limits: &Limits) -> Result<String, String> {
    text(open_path(path)?, limits, folders::is_yaml(path))
}

/// All bytes of a reader. Reads at most one byte more than the limit.
fn bounded(from: impl Read, limit: usize) -> Result<Vec<u8>, String> {
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    from.take(bound).read_to_end(&mut bytes).map_err(|error| io_reason(&error))?;
    if bytes.len() > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// All of a text, UTF-8 or a UTF-16 export. Reads at most one byte more than the limit, which is larger for
/// exports than for policies.
fn text(mut from: impl Read, limits: &Limits, is_yaml: bool) -> Result<String, String> {
    let mut bytes = Vec::new();
    let first = u64::try_from(limits.file_bytes).unwrap_or(u64::MAX).saturating_add(1);
    (&mut from).take(first).read_to_end(&mut bytes).map_err(|error| io_reason(&error))?;
    if bytes.len() > limits.file_bytes {
        if !begins_as_json(&bytes) {
            return Err(too_large(limits.file_bytes));
        }
        bytes = bounded(io::Cursor::new(bytes).chain(from), limits.export_bytes)?;
    }
    if is_table(&bytes) {
        return Err(
            "it is a compiled table; this needs the policies that it was compiled from".into()
        );
    }
    if let Some(encoding) = utf16(&bytes) {
        return from_utf16(encoding, &bytes, is_yaml);
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        format!("it is not UTF-8 (line {line}, byte {} of the file)", good.len() + 1)
    })
}

/// Whether bytes are the beginning of an object or an array.
fn begins_as_json(bytes: &[u8]) -> bool {
    if utf16(bytes).is_some() {
        return true;
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    matches!(first, Some(b'{' | b'['))
}

fn too_large(limit: usize) -> String {
    format!("it has more than {limit} bytes, the limit")
}

/// The byte order of a text in UTF-16, which scripts on Windows write. Without a byte order mark, the zero
/// byte beside the first ASCII character tells it.
fn utf16(bytes: &[u8]) -> Option<&'static Encoding> {
    match bytes {
        [0xFF, 0xFE, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] => Some(UTF_16BE),
        [first, 0, ..] if first.is_ascii() && *first != 0 => Some(UTF_16LE),
        [0, second, ..] if second.is_ascii() && *second != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// The text of an export in UTF-16. Policy files are UTF-8 only.
fn from_utf16(encoding: &'static Encoding, bytes: &[u8], is_yaml: bool) -> Result<String, String> {
    let name = encoding.name();
    if bytes.len() % 2 == 1 {
        let found = bytes.len();
        return Err(format!("it is {name} of {found} bytes, an odd number: the end is missing"));
    }
    let (text, failed) = encoding.decode_with_bom_removal(bytes);
    match SourceKind::of(&text) {
        _ if failed => Err(format!("it is {name} with half a character in it")),
        SourceKind::Json => Ok(text.into_owned()),
        SourceKind::Policy if is_yaml => Ok(text.into_owned()),
        _ => Err(format!("it is {name}, and not UTF-8 as policy files are")),
    }
}

/// Location of a file of the set.
#[derive(Debug, Clone)]
struct Location {
    /// Folder that the paths in this file start from.
    folder: PathBuf,
    /// Folder of its root file, which no path may leave.
    root: PathBuf,
    /// Name of the root folder in messages.
    shown: PathBuf,
}

/// An argument with what is in it.
enum Given<'a> {
    File(&'a OsStr, String),
    Folder(&'a OsStr, Vec<FolderFile>),
}

/// A file of a folder.
struct FolderFile {
    path: PathBuf,
    kind: FileKind,
}

/// Whether each file of each argument is read. What a file of a folder is can depend on every other file, such
/// as the policy of an assignment. Files that are named as arguments are always read.
fn recognised(given: &[Given<'_>], limits: &Limits) -> Vec<Vec<bool>> {
    let mut documents = Vec::new();
    for one in given {
        match one {
            Given::File(argument, text) => documents.push((display(argument), text.as_str())),
            Given::Folder(_, files) => documents.extend(files.iter().filter_map(|file| {
                let FileKind::Document(text) = &file.kind else { return None };
                Some((file.path.to_string_lossy().into_owned(), text.as_str()))
            })),
        }
    }
    if !given.iter().any(|one| matches!(one, Given::Folder(..))) {
        return given.iter().map(|_| vec![true]).collect();
    }
    documents.retain(|(_, text)| mam::intune::is_document(text));
    let named: Vec<(&str, &str)> = documents.iter().map(|(name, text)| (&**name, *text)).collect();
    let found = mam::intune::recognised(&named, limits);
    let found: BTreeMap<&str, bool> = named.iter().map(|(name, _)| *name).zip(found).collect();
    let is_read = |file: &FolderFile| match &file.kind {
        FileKind::Policy(_) => true,
        FileKind::Document(_) => found.get(&*file.path.to_string_lossy()).is_some_and(|read| *read),
        FileKind::Other => false,
    };
    let of = |one: &Given<'_>| match one {
        Given::File(..) => vec![true],
        Given::Folder(_, files) => files.iter().map(is_read).collect(),
    };
    given.iter().map(of).collect()
}

/// Files of a set: the arguments, and a loader of the files that they `use`.
#[derive(Debug)]
pub(crate) struct Files {
    /// Names and texts of the arguments, in order.
    pub(crate) roots: Vec<(String, String)>,
    /// The numbers and names of files in folders.
    pub(crate) folders: FolderCount,
    limits: Limits,
    /// Location by name.
    locations: BTreeMap<String, Location>,
    /// Name by canonical path.
    names: BTreeMap<PathBuf, String>,
}

impl Files {
    /// Reads the file arguments; `stdin` is the name of standard input.
    ///
    /// # Errors
    ///
    /// When some of them cannot be read: all of these.
    pub(crate) fn read(
        arguments: &[OsString],
        limits: Limits,
        stdin: &str,
    ) -> Result<Self, Failure> {
        let mut files = Self {
            roots: Vec::new(),
            folders: FolderCount::default(),
            limits,
            locations: BTreeMap::new(),
            names: BTreeMap::new(),
        };
        let (mut given, mut unreadable) = (Vec::with_capacity(arguments.len()), Vec::new());
        for argument in arguments {
            if !is_stdin(argument) && Path::new(argument).is_dir() {
                let found = files.folder(Path::new(argument), &mut unreadable);
                given.push(Given::Folder(argument, found));
                continue;
            }
            let text = text_in(argument, &files.limits)
                .and_then(|text| folders::as_json(Path::new(argument), text));
            match text {
                Ok(text) => given.push(Given::File(argument, text)),
                Err(reason) => unreadable.push(cannot_read(argument, &reason)),
            }
        }
        if !unreadable.is_empty() {
            return Err(Failure::new(unreadable.join("\n       ")));
        }
        for (given, is_read) in given.iter().zip(recognised(&given, &files.limits)) {
            match given {
                Given::File(argument, text) => files.add_root(argument, text, stdin),
                Given::Folder(argument, found) => files.add_folder(argument, found, &is_read)?,
            }
        }
        Ok(files)
    }

    /// The files of a folder that can hold policies, and messages about those that cannot be read.
    fn folder(&self, root: &Path, unreadable: &mut Vec<String>) -> Vec<FolderFile> {
        let paths = folders::files(root).unwrap_or_else(|(folder, reason)| {
            unreadable.push(cannot_read(folder.as_os_str(), &reason));
            Vec::new()
        });
        let mut files = Vec::with_capacity(paths.len());
        for path in paths {
            let text = text_of(&path, &self.limits);
            match text.and_then(|text| folders::kind(&path, text)) {
                Ok(kind) => files.push(FolderFile { path, kind }),
                Err(reason) => unreadable.push(cannot_read(path.as_os_str(), &reason)),
            }
        }
        files
    }

    /// Adds the files of a folder that are policies, or objects of Intune that this version reads. `is_read`
    /// tells which.
    fn add_folder(
        &mut self,
        argument: &OsStr,
        files: &[FolderFile],
        is_read: &[bool],
    ) -> Result<(), Failure> {
        let before = self.folders.read;
        for (file, is_read) in files.iter().zip(is_read) {
            match &file.kind {
                FileKind::Policy(text) | FileKind::Document(text) if *is_read => {
                    self.folders.read += 1;
                    self.add_file_of(Path::new(argument), &file.path, text.clone());
                }
                _ => self.folders.unread.push(file.path.to_string_lossy().into_owned()),
            }
        }
        if self.folders.read == before {
            let message = format!("no policy is in the folder `{}`", display(argument));
            let found = count(files.len(), "file");
            let help = format!(
                "it has {found} of another kind; policies are `.mam` files, or JSON or YAML of Microsoft Intune"
            );
            return Err(Failure::with_help(message, help));
        }
        Ok(())
    }

    /// Adds a file of a folder, which its paths may not leave.
    fn add_file_of(&mut self, root: &Path, path: &Path, text: String) {
        let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let (place, inside) = (real(path), real(root));
        if self.names.contains_key(&place) {
            return;
        }
        let folder = place.parent().unwrap_or(&inside).to_owned();
        let name = self.free_name(&path.to_string_lossy());
        let location = Location { folder, root: inside, shown: root.to_owned() };
        self.locations.insert(name.clone(), location);
        self.names.insert(place, name.clone());
        self.roots.push((name, text));
    }

    fn add_root(&mut self, argument: &OsStr, text: &str, stdin: &str) {
        let path = Path::new(if is_stdin(argument) { OsStr::new(stdin) } else { argument });
        let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let shown = path.parent().unwrap_or(Path::new("")).to_owned();
        if self.names.contains_key(&place) {
            return;
        }
        let here = if shown.as_os_str().is_empty() { Path::new(".") } else { &shown };
        let folder = fs::canonicalize(here).unwrap_or_else(|_| here.to_owned());
        let name = self.free_name(&path.to_string_lossy());
        self.locations.insert(name.clone(), Location { root: folder.clone(), folder, shown });
        self.names.insert(place, name.clone());
        self.roots.push((name, text.to_owned()));
    }

    /// A name that no catalogue and no other file has.
    fn free_name(&self, name: &str) -> String {
        let mut free = name.to_owned();
        while self.locations.contains_key(&free) || mam::catalogue::get(&free).is_some() {
            free.insert_str(0, "./");
        }
        free
    }

    /// Canonical path and location of a file that another one uses.
    fn find(&self, path: &str, from: &str) -> Result<(PathBuf, Location), LoadError> {
        let Some(location) = self.locations.get(from) else {
            return Err(LoadError::CannotRead(format!("the location of `{from}` is unknown")));
        };
        let inside = location.folder.strip_prefix(&location.root).unwrap_or(Path::new(""));
        if leaves(Path::new(path), inside.components().count()) {
            return Err(LoadError::OutsideFolder);
        }
        let place = walk(&location.folder, Path::new(path), &location.root)?;
        let folder = place.parent().unwrap_or(&location.root).to_owned();
        Ok((place, Location { folder, ..location.clone() }))
    }
}

impl Loader for Files {
    fn load(&mut self, path: &str, from: &str) -> Result<Loaded, LoadError> {
        let (place, location) = self.find(path, from)?;
        if let Some(name) = self.names.get(&place) {
            // Its text is loaded already; the name identifies it.
            return Ok(Loaded::new(name.clone(), ""));
        }
        if !place.is_file() && !place.is_dir() {
            // A pipe may never end, and a device never does.
            return Err(LoadError::CannotRead("it is no ordinary file".to_owned()));
        }
        let text = text_of(&place, &self.limits).and_then(|text| folders::as_json(&place, text));
        let text = text.map_err(LoadError::CannotRead)?;
        let inside = place.strip_prefix(&location.root).unwrap_or(&place);
        let name = self.free_name(&location.shown.join(inside).to_string_lossy());
        self.locations.insert(name.clone(), location);
        self.names.insert(place, name.clone());
        Ok(Loaded::new(name, text))
    }
}

/// Canonical path of a relative path. Links are followed, but never out of the root folder.
fn walk(folder: &Path, path: &Path, root: &Path) -> Result<PathBuf, LoadError> {
    let mut place = folder.to_owned();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                place.pop();
            }
            other => {
                let next = fs::canonicalize(place.join(other));
                place = next.map_err(|error| LoadError::CannotRead(io_reason(&error)))?;
            }
        }
        if !place.starts_with(root) {
            return Err(LoadError::OutsideFolder);
        }
    }
    Ok(place)
}

/// Whether a path as written leaves the folder that is `depth` folders above.
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
        let error = text(io::repeat(b'a'), &limits, false).expect_err("endless input is too large");
        assert_eq!(error, format!("it has more than {} bytes, the limit", limits.file_bytes));
        // An export may be larger, and is bounded as well.
        let export = format!("[{}]", " ".repeat(limits.file_bytes));
        assert_eq!(text(export.as_bytes(), &limits, false).as_deref(), Ok(export.as_str()));
        let error = text(b"[".chain(io::repeat(b' ')), &limits, false).expect_err("endless too");
        assert_eq!(error, format!("it has more than {} bytes, the limit", limits.export_bytes));
        assert_eq!(text(&b"mam 1\n"[..], &limits, false).as_deref(), Ok("mam 1\n"));
        let error = text(&b"mam 1\n\xff"[..], &limits, false).expect_err("this is no UTF-8");
        assert_eq!(error, "it is not UTF-8 (line 2, byte 7 of the file)");
    }
}
