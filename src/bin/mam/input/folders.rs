//! Folders: the files of a policy set that lie in a folder, at any depth.
//!
//! Takes in a folder, gives out its files in the order of their paths, and tells what each of them is: a policy
//! or an object of Microsoft Intune, or something else, of which a backup of a tenant is full. Folders behind
//! links are not entered, so that a walk always ends.

use std::fs;
use std::path::{Path, PathBuf};

use mam::intune;

use super::yaml;
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
    pub(crate) unread: Vec<String>,
}

/// What a file of a folder is.
pub(crate) enum FileKind {
    /// A policy file, with its text.
    Policy(String),
    /// An object or an array of JSON, with its text.
    Document(String),
    /// Something of another kind: a number, several documents of YAML.
    Other,
}

impl FolderCount {
    /// Tells how many files are something else. With `--verbose` it names them.
    pub(crate) fn show(&self, terminal: &Terminal) {
        if self.unread.is_empty() {
            return;
        }
        let all = self.read + self.unread.len();
        let (is, others) = match self.unread.len() {
            1 => ("is no policy", "1".to_owned()),
            others => ("are no policies", others.to_string()),
        };
        let hint = if terminal.is_verbose { "" } else { "; `--verbose` names them" };
        let files = count(all, "file");
        terminal.note(&format!("{others} of {files} {is}{hint}"));
        if terminal.is_verbose {
            let names: Vec<_> = self.unread.iter().map(|name| format!("  {name}\n")).collect();
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

/// The endings of names of files that can hold policies.
const ENDINGS: &[&str] = &["mam", "json", "yaml", "yml"];

/// Whether the name of a file is one of a file with policies.
fn has_policies(path: &Path) -> bool {
    ENDINGS.iter().any(|ending| ends_with(path, ending))
}

fn ends_with(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}

/// The text of a file that is named as one of policies: YAML as JSON, everything else as it is.
///
/// # Errors
///
/// When the file has a name of YAML and is none, or has several documents: the reason.
pub(crate) fn as_json(path: &Path, text: String) -> Result<String, String> {
    match is_yaml(path) {
        true => yaml::to_json(&text)?.ok_or_else(|| "it is no single document of YAML".to_owned()),
        false => Ok(text),
    }
}

/// The kind of a file, by its name and text.
///
/// # Errors
///
/// When it is not what its name says: the reason.
pub(crate) fn kind(path: &Path, text: String) -> Result<FileKind, String> {
    if ends_with(path, "mam") {
        return Ok(FileKind::Policy(text));
    }
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    let text = match is_yaml(path) {
        true => match yaml::to_json(&text)? {
            Some(text) => text,
            None => return Ok(FileKind::Other),
        },
        false => text,
    };
    if intune::is_document(&text) {
        return Ok(FileKind::Document(text));
    }
    // Null, a number or a string is JSON, and no object of anything.
    match serde_json::from_str::<serde::de::IgnoredAny>(&text) {
        Ok(_) => Ok(FileKind::Other),
        Err(_) => Err("it is no JSON: it begins with neither `{` nor `[`".to_owned()),
    }
}

/// Whether the name of a file is one of YAML.
pub(crate) fn is_yaml(path: &Path) -> bool {
    ends_with(path, "yaml") || ends_with(path, "yml")
}
