//! Disk: the files that the language server reads.
//!
//! Takes in paths, gives out texts as they are saved, and as they were committed last. Does not know the
//! language.

use std::collections::VecDeque;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use mam::lsp::Files;
use mam::{Limits, LoadError};

use super::files::text_of;
use crate::failure::io_reason;

/// The most files that a folder of an editor is searched for, and the most entries of folders that are looked at: an editor
/// may have been started in the home folder.
const MOST_FILES: usize = 10_000;
const MOST_ENTRIES: usize = 100_000;

/// Folders that hold no policies, however many files they have.
const SKIPPED: &[&str] = &["target", "node_modules", "vendor"];

/// The files of this machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Disk;

impl Files for Disk {
    fn read(&self, path: &str, root: &str) -> Result<String, LoadError> {
        let cannot = |error: std::io::Error| LoadError::CannotRead(io_reason(&error));
        let place = fs::canonicalize(path).map_err(cannot)?;
        let root = fs::canonicalize(root).map_err(cannot)?;
        if !place.starts_with(&root) {
            return Err(LoadError::OutsideFolder);
        }
        if !place.is_file() {
            return Err(LoadError::CannotRead("it is no ordinary file".to_owned()));
        }
        text_of(&place, &Limits::default()).map_err(LoadError::CannotRead)
    }

    fn list(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut entries_seen = 0;
        // The nearest folders first.
        let mut open = VecDeque::from([Path::new(folder).to_owned()]);
        while let Some(folder) = open.pop_front() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                entries_seen += 1;
                let name = entry.file_name();
                let name = name.to_string_lossy();
                // Links are not followed: they may lead in a circle.
                let Ok(kind) = entry.file_type() else { continue };
                if kind.is_dir() && !name.starts_with('.') && !SKIPPED.contains(&&*name) {
                    open.push_back(entry.path());
                } else if kind.is_file() && name.ends_with(".mam") {
                    found.push(entry.path().to_string_lossy().replace('\\', "/"));
                }
            }
            if found.len() > MOST_FILES || entries_seen > MOST_ENTRIES {
                break;
            }
        }
        found.sort();
        found
    }

    fn committed(&self, path: &str) -> Result<String, LoadError> {
        let cannot = |reason: &str| LoadError::CannotRead(reason.to_owned());
        let path = Path::new(path);
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return Err(cannot("it has no folder"));
        };
        let object = format!("HEAD:./{}", name.to_string_lossy());
        let mut git = Command::new("git");
        git.arg("-C").arg(folder).args(["show", &object]);
        git.stdin(Stdio::null()).stderr(Stdio::null());
        let output = git.output().map_err(|error| LoadError::CannotRead(io_reason(&error)))?;
        if !output.status.success() {
            return Err(cannot("it was never committed"));
        }
        String::from_utf8(output.stdout).map_err(|_| cannot("it is not UTF-8"))
    }
}
