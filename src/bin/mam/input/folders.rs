//! Folders: the files of a policy set that lie in a folder, at any depth.
//!
//! Takes in a folder, gives out its files in the order of their paths, and tells what each of them is: a policy
//! or an object of Microsoft Intune, or something else, of which a backup of a tenant is full. Folders behind
//! links are not entered, so that a walk always ends.

use std::fs;
use std::path::{Path, PathBuf};

use mam::intune;

use crate::failure::io_reason;
use crate::render::terminal::Terminal;
use crate::render::text::count;

/// The most files of one folder that are looked at.
const MOST_FILES: usize = 100_000;

/// Files in folders: how many were read, and the names of the others.
#[derive(Debug, Default)]
pub(crate) struct FolderCount {
    /// How many files were read.
    pub(crate) read: usize,
    /// The files that are something else.
    pub(crate) others: Vec<String>,
}

/// What a file of a folder is.
pub(crate) enum FileKind {
    /// A policy file, with its text.
    Policy(String),
    /// JSON, with its text.
    Document(String),
    /// No JSON, although its name says so; with the reason.
    Broken(String),
}

impl FolderCount {
    /// Tells how many files are something else. With `--verbose` it names them.
    pub(crate) fn show(&self, terminal: &Terminal) {
        if self.others.is_empty() {
            return;
        }
        let all = self.read + self.others.len();
        let (is, others) = match self.others.len() {
            1 => ("is", "1".to_owned()),
            others => ("are", others.to_string()),
        };
        let hint = if terminal.is_verbose { "" } else { "; `--verbose` names them" };
        let files = count(all, "file");
        terminal.note(&format!("{others} of {files} {is} something else than policies{hint}"));
        if terminal.is_verbose {
            let names: Vec<_> = self.others.iter().map(|name| format!("  {name}\n")).collect();
            terminal.diagnose(&names.concat());
        }
    }
}

/// The files of a folder that can hold policies, at any depth, ordered by path. Hidden ones are left out.
///
/// # Errors
///
/// When a folder cannot be read, or holds too many files: the folder and the reason.
pub(crate) fn files(root: &Path) -> Result<Vec<PathBuf>, (PathBuf, String)> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        let cannot = |error| (folder.clone(), io_reason(&error));
        for entry in fs::read_dir(&folder).map_err(cannot)? {
            let entry = entry.map_err(cannot)?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            let path = entry.path();
            if entry.file_type().map_err(cannot)?.is_dir() {
                open.push(path);
            } else if has_policies(&path) && path.is_file() {
                found.push(path);
            }
        }
        if found.len() > MOST_FILES {
            let reason = format!("it holds more than {MOST_FILES} files, the limit");
            return Err((root.to_owned(), reason));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the name of a file is one of a file with policies.
fn has_policies(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    extension.is_some_and(|one| ["mam", "json"].iter().any(|known| one.eq_ignore_ascii_case(known)))
}

/// What a file is, by its text.
pub(crate) fn kind(path: &Path, text: String) -> FileKind {
    if path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("mam")) {
        return FileKind::Policy(text);
    }
    if !intune::is_document(&text) {
        let reason = match text.trim().is_empty() {
            true => "it is no JSON: the file is empty",
            false => "it is no JSON: it begins with neither `{` nor `[`",
        };
        return FileKind::Broken(reason.to_owned());
    }
    FileKind::Document(text)
}
