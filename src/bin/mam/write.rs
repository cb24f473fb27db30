//! Writing of files: new ones, and replacements that readers never see half written.
//!
//! Takes in a path and its new content. A reader of a file that is being replaced finds the old content or
//! the new one. Does not know what the content means.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

use crate::failure::{CANNOT_WRITE, Failure, io_reason};

/// Writes a file that does not exist yet.
///
/// # Errors
///
/// When there is a file of this name, or it cannot be written; then no part of it is there.
pub(crate) fn create(path: &Path, text: &str) -> Result<(), Failure> {
    let written = beside(path, text.as_bytes()).and_then(|file| {
        file.persist_noclobber(path)?;
        Ok(())
    });
    written.map_err(|error| {
        let message = cannot_write(&path.to_string_lossy(), &error);
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
        Failure::new(format!("cannot write `{name}`, it is unchanged: {reason} [{CANNOT_WRITE}]"))
    })
}

/// Writes a file, which messages call `name`; an existing one is replaced.
///
/// # Errors
///
/// When it cannot be written; then an existing one is unchanged, and there is no new one.
pub(crate) fn write(path: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let written = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => swap(path, bytes),
        // A pipe or a device holds no content that could be replaced.
        Ok(_) => fs::write(path, bytes),
        Err(_) if path.is_symlink() => Err(io::Error::other("it is a link that leads nowhere")),
        Err(_) => beside(path, bytes).and_then(|file| {
            file.persist(path)?;
            Ok(())
        }),
    };
    written.map_err(|error| Failure::new(cannot_write(name, &error)))
}

/// A new file that takes the name of a path when it is [finished](finish), or else is removed.
///
/// # Errors
///
/// When it cannot be made.
#[cfg(feature = "columns")]
pub(crate) fn begin(path: &Path) -> Result<NamedTempFile, Failure> {
    beside(path, b"").map_err(|error| Failure::new(cannot_write(&path.to_string_lossy(), &error)))
}

/// Gives a new file its name; an existing file of this name is replaced.
///
/// # Errors
///
/// When it cannot be written.
#[cfg(feature = "columns")]
pub(crate) fn finish(file: NamedTempFile, path: &Path) -> Result<(), Failure> {
    let kept = file.as_file().sync_all().and_then(|()| Ok(file.persist(path)?));
    kept.map(drop).map_err(|error| Failure::new(cannot_write(&path.to_string_lossy(), &error)))
}

fn cannot_write(name: &str, error: &io::Error) -> String {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such folder".to_owned(),
        _ => io_reason(error),
    };
    format!("cannot write `{name}`: {reason} [{CANNOT_WRITE}]")
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
    let beside = beside(&path, bytes)?;
    let file = beside.as_file();
    file.set_permissions(metadata.permissions())?;
    keep_owner(file, &metadata)?;
    beside.persist(&path)?;
    Ok(())
}

/// A file with the content in the folder of a path, whose name it can take at once. It is removed if it
/// does not.
fn beside(path: &Path, bytes: &[u8]) -> io::Result<NamedTempFile> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    builder.prefix(".mam-").suffix(".tmp");
    readable(&mut builder);
    let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Gives a new file the permissions that new files have.
#[cfg(unix)]
fn readable(builder: &mut tempfile::Builder<'_, '_>) {
    use std::os::unix::fs::PermissionsExt as _;
    // The process's mask takes some away.
    builder.permissions(fs::Permissions::from_mode(0o666));
}

#[cfg(not(unix))]
fn readable(_: &mut tempfile::Builder<'_, '_>) {}

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
