//! Files that are rewritten in place.
//!
//! Takes in a path and what is to stand there. Whoever reads the file meanwhile finds the old text or
//! the new one, and nothing in between.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::failure::{Failure, why};

/// Replaces what is in a file that is called `name` in messages.
///
/// # Errors
///
/// When it cannot be written; it is unchanged then.
pub(crate) fn replace(path: &Path, name: &str, text: &str) -> Result<(), Failure> {
    swap(path, text.as_bytes()).map_err(|error| {
        Failure::stop(format!("cannot write `{name}`, it is unchanged: {}", why(&error)))
    })
}

/// Writes a file; one that is there already is replaced.
///
/// # Errors
///
/// When it cannot be written; one that is there is unchanged then.
pub(crate) fn write(path: &Path, name: &str, bytes: &[u8]) -> Result<(), Failure> {
    let written = match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => swap(path, bytes),
        // What is there is a pipe or a device, or nothing.
        _ => fs::write(path, bytes),
    };
    written.map_err(|error| Failure::stop(format!("cannot write `{name}`: {}", why(&error))))
}

/// Replaces what is in a file, all at once: what is new is written beside it and takes its name.
/// Of a link, the file that it points to is replaced.
fn swap(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let metadata = fs::metadata(&path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no ordinary file"));
    }
    if metadata.permissions().readonly() {
        return Err(io::Error::other("it is write-protected"));
    }
    let (beside, mut file) = create_beside(&path)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_permissions(metadata.permissions()))
        .and_then(|()| keep_owner(&file, &metadata))
        .and_then(|()| file.sync_all())
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _stays = fs::remove_file(&beside);
    }
    written
}

/// A new file in the same folder, under a name that nobody has.
fn create_beside(path: &Path) -> io::Result<(PathBuf, fs::File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut number = 0;
    loop {
        let beside = path.with_file_name(format!(".{name}.{}-{number}.tmp", std::process::id()));
        match OpenOptions::new().write(true).create_new(true).open(&beside) {
            Ok(file) => return Ok((beside, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && number < 100 => {
                number += 1
            }
            Err(error) => return Err(error),
        }
    }
}

/// The owner stays as well where the system has such a thing and lets us.
#[cfg(unix)]
fn keep_owner(file: &fs::File, metadata: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid()) {
        let _may_not = fchown(file, Some(metadata.uid()), Some(metadata.gid()));
    }
    Ok(())
}

#[cfg(not(unix))]
fn keep_owner(_: &fs::File, _: &fs::Metadata) -> io::Result<()> {
    Ok(())
}
