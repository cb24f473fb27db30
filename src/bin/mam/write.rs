//! Writing of files: new ones, and replacements that readers never see half written.
//!
//! Takes in a path and its new content. A reader of a file that is being replaced finds the old content or
//! the new one. Does not know what the content means.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crate::failure::{Failure, io_reason};

/// Writes a file that does not exist yet.
///
/// # Errors
///
/// When there is a file of this name, or it cannot be written.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let file = File::options().write(true).create_new(true).open(path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| {
        let message = format!("cannot write `{}`: {}", path.display(), io_reason(&error));
        match error.kind() {
            io::ErrorKind::AlreadyExists => {
                Failure::with_help(message, "remove it first, or give another name")
            }
            _ => Failure::new(message),
        }
    })
}

/// Replaces the content of an existing file, which messages call `name`.
///
/// # Errors
///
/// When it cannot be written; then it is unchanged.
pub(crate) fn replace(path: &Path, name: &str, text: &str) -> Result<(), Failure> {
    swap(path, text.as_bytes()).map_err(|error| {
        let reason = io_reason(&error);
        Failure::new(format!("cannot write `{name}`, it is unchanged: {reason}"))
    })
}

/// Writes a file, which messages call `name`; an existing one is replaced.
///
/// # Errors
///
/// When it cannot be written; then an existing one is unchanged.
pub(crate) fn write(path: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let written = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => swap(path, bytes),
        // The path is a pipe, a device, or free.
        _ => fs::write(path, bytes),
    };
    written.map_err(|error| Failure::new(format!("cannot write `{name}`: {}", io_reason(&error))))
}

/// Replaces a file atomically: the new content is written to a file beside it, which then takes its name.
/// A symbolic link stays; the file that it points to is replaced.
fn swap(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let metadata = fs::metadata(&path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    if metadata.permissions().readonly() {
        return Err(io::Error::other("it is write-protected"));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut beside = tempfile::Builder::new().prefix(".mam-").suffix(".tmp").tempfile_in(folder)?;
    beside.write_all(bytes)?;
    let file = beside.as_file();
    file.set_permissions(metadata.permissions())?;
    keep_owner(file, &metadata)?;
    file.sync_all()?;
    beside.persist(&path)?;
    Ok(())
}

/// Gives a new file the owner of the old one, if the system has owners and permits it.
#[cfg(unix)]
fn keep_owner(file: &File, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid()) {
        let _not_permitted = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}
