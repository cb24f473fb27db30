//! `mam check --fix`: suggested edits that change no decision.
//!
//! Takes in files, writes them with the safe edits that the library finds. Each step there is kept only if the set
//! decides every movement and access as before. Nothing is written where that cannot be told. Does not know which edits
//! are suggested.

use std::ffi::OsString;
use std::path::Path;

use mam::analysis::Fixed;
use mam::source::SourceKind;
use mam::{Checked, Errors, Limits, analysis};

use crate::failure::Failure;
use crate::format::diff;
use crate::input::files::{Files, STDIN, is_stdin};
use crate::input::inputs::{self, Inputs, LimitOptions};
use crate::render::terminal::Terminal;
use crate::render::text::count;
use crate::write::replace;

/// Applies every safe edit to some files; with `show`, prints the differences and writes nothing. Tells
/// whether it did: a set with errors is left alone.
///
/// # Errors
///
/// When a file cannot be read or written, is no policy text, or a limit is met.
pub(crate) fn run(
    files: &[OsString],
    limits: LimitOptions,
    show: bool,
    terminal: &mut Terminal,
) -> Result<bool, Failure> {
    let paths = editable(files)?;
    let Inputs { checked: before, names, texts, .. } = inputs::check(&paths, limits)?;
    only_policies(&names, &texts)?;
    if before.has_errors() {
        return Ok(false);
    }
    let is_meant = |name: &str| names.iter().any(|one| one == name);
    let Fixed { checked: after, made, .. } =
        analysis::fixed(&before, &is_meant).map_err(|errors| not_written(&errors))?;
    for (path, name) in paths.iter().zip(&names) {
        let (old, text) = (text_of(&before, name), text_of(&after, name));
        if old == text {
            continue;
        }
        if show {
            let diff = diff::unified(name, "fixed", [old, text], terminal.out);
            diff.lines().for_each(|line| terminal.line(line));
        } else {
            replace(Path::new(path), name, text)?;
        }
    }
    if made > 0 && !show {
        terminal.line(format!("made {}; no decision changed", count(made, "edit")));
    }
    Ok(true)
}

/// Refuses texts that are not policy text.
fn only_policies(names: &[String], texts: &[String]) -> Result<(), Failure> {
    let is_other = |(_, text): &(&String, &String)| SourceKind::of(text) != SourceKind::Policy;
    let Some((name, _)) = names.iter().zip(texts).find(is_other) else { return Ok(()) };
    let message = format!("`{name}` is JSON and cannot be edited");
    Err(Failure::with_help(message, "make a `.mam` file of it first: `mam import`"))
}

/// The file arguments, each once; standard input is refused.
fn editable(files: &[OsString]) -> Result<Vec<OsString>, Failure> {
    let mut found: Vec<OsString> = Vec::new();
    for file in files {
        if is_stdin(file) {
            return Err(Failure::new("standard input cannot be edited"));
        }
        let paths = match Path::new(file).is_dir() {
            true => paths_of(file)?,
            false => vec![file.clone()],
        };
        for path in paths {
            if !found.contains(&path) {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// The files of a folder.
fn paths_of(folder: &OsString) -> Result<Vec<OsString>, Failure> {
    let files = Files::read(std::slice::from_ref(folder), Limits::default(), STDIN)?;
    Ok(files.roots.into_iter().map(|(name, _)| OsString::from(name)).collect())
}

/// The text of a file of a set.
fn text_of<'c>(set: &'c Checked, name: &str) -> &'c str {
    let named = set.sources().iter().find(|(_, source)| source.name() == name);
    named.map_or("", |(_, source)| source.text())
}

/// The first of some errors, for which nothing was written.
fn not_written(errors: &Errors) -> Failure {
    let first = errors.reports().first();
    let message = first.map_or_else(|| errors.to_string(), |one| one.diagnostic().message.clone());
    Failure::with_help(message, "nothing was written")
}
