//! `mam check --fix`: suggested edits that change no decision.
//!
//! Takes in files, applies safe edits until there are none left, and proves the result: the decisions of the
//! set before and after are compared on every movement. Nothing is written if they differ. Does not know
//! which edits are suggested.

#![allow(clippy::indexing_slicing, reason = "the lists have a member for each file of the set")]

use std::ffi::OsString;
use std::path::Path;

use mam::diagnostic::Edit;
use mam::source::SourceKind;
use mam::{Analysis, Checked, Limits, analysis};

use super::lint;
use crate::failure::Failure;
use crate::format::diff;
use crate::input::files::{Files, STDIN, is_stdin};
use crate::input::inputs::{self, Inputs, LimitOptions};
use crate::render::terminal::Terminal;
use crate::render::text::count;
use crate::write::replace;

/// Bound of the rounds of checking and editing.
const ROUNDS: usize = 50;

/// Applies every safe edit to some files; with `show`, prints the differences and writes nothing. Tells
/// whether it did: a set with errors is left alone.
///
/// # Errors
///
/// When a file cannot be read or written, is no policy text, when a decision would change, or a limit is
/// met.
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
    let mut editing =
        Editing { paths: &paths, names: &names, limits, now: texts.clone(), after: before.clone() };
    let mut made = 0;
    for _ in 0..ROUNDS {
        match editing.round()? {
            0 => break,
            some => made += some,
        }
    }
    prove(&before, &editing.after)?;
    for (at, path) in paths.iter().enumerate().filter(|(at, _)| editing.now[*at] != texts[*at]) {
        let (name, text) = (&names[at], &editing.now[at]);
        if show {
            let diff = diff::unified(name, "fixed", [&texts[at], text], terminal.out);
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

/// Files that are being edited.
struct Editing<'w> {
    paths: &'w [OsString],
    names: &'w [String],
    limits: LimitOptions,
    now: Vec<String>,
    /// The set checked with these texts.
    after: Checked,
}

impl Editing<'_> {
    /// Applies as many suggestions as are safe together; gives their number. Each one should be safe by
    /// itself, but two may not be: of two equal rules, one must stay. If the set breaks or a decision
    /// changes, half as many are tried, and a suggestion that is not safe alone is passed over.
    fn round(&mut self) -> Result<usize, Failure> {
        let suggestions = self.suggestions()?;
        for first in 0..suggestions.len() {
            let mut rest = &suggestions[first..];
            while !rest.is_empty() {
                let now = self.with(rest);
                let after = inputs::check_texts(self.paths, &now, self.limits)?;
                if decides_alike(&self.after, &after)? == Some(true) {
                    let number = rest.len();
                    (self.now, self.after) = (now, after);
                    return Ok(number);
                }
                rest = &rest[..rest.len() / 2];
            }
        }
        Ok(0)
    }

    /// The edits of every safe suggestion, without those that touch the edits of an earlier one.
    fn suggestions(&self) -> Result<Vec<Vec<Edit>>, Failure> {
        let mut found: Vec<Vec<Edit>> = Vec::new();
        let lints = lint::reports(&self.after, true);
        if let Some(limit) = lints.iter().find(|report| report.code().is_limit()) {
            return Err(Failure::with_help(&limit.diagnostic().message, "nothing was written"));
        }
        let reports = self.after.reports().into_iter().chain(lints);
        for report in reports.map(|report| report.diagnostic().clone()) {
            let meets = |edit: &Edit| {
                found.iter().flatten().any(|one| {
                    one.span.source == edit.span.source
                        && one.span.start <= edit.span.end
                        && edit.span.start <= one.span.end
                })
            };
            let is_here = |edit: &Edit| self.file_of(edit).is_some();
            let edits = &report.edits;
            let fits = edits.iter().all(is_here) && !edits.iter().any(meets);
            if report.is_safe && fits && !edits.is_empty() {
                found.push(report.edits);
            }
        }
        Ok(found)
    }

    /// Index of the file of an edit.
    fn file_of(&self, edit: &Edit) -> Option<usize> {
        let name = self.after.sources().name(edit.span.source);
        self.names.iter().position(|one| one == name)
    }

    /// The texts with some edits applied, from the end of each text to its beginning.
    fn with(&self, suggestions: &[Vec<Edit>]) -> Vec<String> {
        let mut texts = self.now.clone();
        let mut edits: Vec<&Edit> = suggestions.iter().flatten().collect();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            let place = edit.span.start as usize..edit.span.end as usize;
            let text = self.file_of(edit).and_then(|index| texts.get_mut(index));
            if let Some(text) = text.filter(|text| text.get(place.clone()).is_some()) {
                text.replace_range(place, &edit.text);
            }
        }
        texts
    }
}

/// Proves that the edits change no decision.
fn prove(before: &Checked, after: &Checked) -> Result<(), Failure> {
    let refuse = |what: &str| {
        let help = "nothing was written; please report this with the policy";
        Err(Failure::with_help(format!("the edits {what}"), help))
    };
    match decides_alike(before, after)? {
        Some(true) => Ok(()),
        Some(false) => refuse("would change decisions"),
        None => refuse("would break the policy set"),
    }
}

/// Whether two sets decide every movement alike; `None` if one of them has errors.
fn decides_alike(before: &Checked, after: &Checked) -> Result<Option<bool>, Failure> {
    let (Ok(before), Ok(after)) = (Analysis::new(before), Analysis::new(after)) else {
        return Ok(None);
    };
    let changes = analysis::diff(&before, &after);
    let changes =
        changes.map_err(|error| Failure::with_help(error.to_string(), "nothing was written"))?;
    Ok(Some(changes.is_empty()))
}
