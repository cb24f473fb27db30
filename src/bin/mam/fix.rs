//! Suggested edits, made.
//!
//! Takes in files, makes the edits that change no decision until there are none left, and proves that
//! none changed: what the set decided before and what it decides after are compared, movement by
//! movement. Nothing is written if they differ.

#![allow(clippy::indexing_slicing, reason = "the lists have a member for each file of the set")]

use std::ffi::OsString;
use std::path::Path;

use mam::diagnostic::Edit;
use mam::source::SourceKind;
use mam::{Analysis, Checked, analysis};

use crate::commands::check::found_by_analysis;
use crate::diff;
use crate::failure::Failure;
use crate::files::is_stdin;
use crate::output::{Terminal, count};
use crate::replace::replace;
use crate::set::{self, Budget, Set};

/// So often the set is looked at again for edits that earlier ones left.
const ROUNDS: usize = 50;

/// Makes every safe edit in some files; with `show` prints what would be written instead.
///
/// # Errors
///
/// When a file cannot be read or written, is no policy text, or when a decision would change.
pub(crate) fn run(
    files: &[OsString],
    budget: Budget,
    show: bool,
    terminal: &mut Terminal,
) -> Result<(), Failure> {
    let paths = editable(files)?;
    let Set { checked: before, names, texts } = set::check(&paths, budget)?;
    only_policies(&names, &texts)?;
    if before.has_errors() {
        return Ok(());
    }
    let mut work =
        Work { paths: &paths, names: &names, budget, now: texts.clone(), after: before.clone() };
    let mut made = 0;
    for _ in 0..ROUNDS {
        match work.round()? {
            0 => break,
            some => made += some,
        }
    }
    prove(&before, &work.after)?;
    for (at, path) in paths.iter().enumerate().filter(|(at, _)| work.now[*at] != texts[*at]) {
        let (name, text) = (&names[at], &work.now[at]);
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
    Ok(())
}

/// Refuses texts that are not in the language.
fn only_policies(names: &[String], texts: &[String]) -> Result<(), Failure> {
    let is_other = |(_, text): &(&String, &String)| SourceKind::of(text) != SourceKind::Policy;
    let Some((name, _)) = names.iter().zip(texts).find(is_other) else { return Ok(()) };
    let message = format!("`{name}` is JSON and cannot be edited");
    Err(Failure::stop_with(message, "make a `.mam` file of it first: `mam import`"))
}

/// The files, each once, if all of them are files.
fn editable(files: &[OsString]) -> Result<Vec<OsString>, Failure> {
    let mut found: Vec<OsString> = Vec::new();
    for file in files.iter() {
        if is_stdin(file) {
            return Err(Failure::stop("standard input cannot be edited"));
        }
        if !found.contains(file) {
            found.push(file.clone());
        }
    }
    Ok(found)
}

/// Files while they are edited.
struct Work<'w> {
    paths: &'w [OsString],
    names: &'w [String],
    budget: Budget,
    now: Vec<String>,
    /// The set with these texts.
    after: Checked,
}

impl Work<'_> {
    /// Makes as many edits as can be made together; gives their number. Each is safe by itself: of two
    /// rules that say the same, either can go. Where several change a decision, fewer are tried.
    fn round(&mut self) -> Result<usize, Failure> {
        let findings = self.findings()?;
        let mut number = findings.len();
        while number > 0 {
            let now = self.with(&findings[..number]);
            let after = set::check_texts(self.paths, &now, self.budget)?;
            if number == 1 || decides_alike(&self.after, &after)? == Some(true) {
                (self.now, self.after) = (now, after);
                return Ok(number);
            }
            number /= 2;
        }
        Ok(0)
    }

    /// The edits of every finding that a tool may mend, those left out that meet others.
    fn findings(&self) -> Result<Vec<Vec<Edit>>, Failure> {
        let mut found: Vec<Vec<Edit>> = Vec::new();
        let by_analysis = found_by_analysis(&self.after, true);
        if let Some(limit) = by_analysis.iter().find(|report| report.code().is_limit()) {
            return Err(Failure::stop_with(&limit.diagnostic().message, "nothing was written"));
        }
        let reports = self.after.reports().into_iter().chain(by_analysis);
        for report in reports.map(|report| report.diagnostic().clone()) {
            let meets = |edit: &Edit| {
                found.iter().flatten().any(|one| {
                    one.span.source == edit.span.source
                        && one.span.start <= edit.span.end
                        && edit.span.start <= one.span.end
                })
            };
            let is_here = |edit: &Edit| self.home(edit).is_some();
            let edits = &report.edits;
            let fits = edits.iter().all(is_here) && !edits.iter().any(meets);
            if report.is_safe && fits && !edits.is_empty() {
                found.push(report.edits);
            }
        }
        Ok(found)
    }

    /// The file of an edit.
    fn home(&self, edit: &Edit) -> Option<usize> {
        let name = self.after.sources().name(edit.span.source);
        self.names.iter().position(|one| one == name)
    }

    /// The texts with some edits made, from the end of each text to its beginning.
    fn with(&self, findings: &[Vec<Edit>]) -> Vec<String> {
        let mut texts = self.now.clone();
        let mut edits: Vec<&Edit> = findings.iter().flatten().collect();
        edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
        for edit in edits {
            let place = edit.span.start as usize..edit.span.end as usize;
            let text = self.home(edit).and_then(|home| texts.get_mut(home));
            if let Some(text) = text.filter(|text| text.get(place.clone()).is_some()) {
                text.replace_range(place, &edit.text);
            }
        }
        texts
    }
}

/// Proves that the set decides as it did before.
fn prove(before: &Checked, after: &Checked) -> Result<(), Failure> {
    let refuse = |what: &str| {
        let help = "nothing was written; please report this with the policy";
        Err(Failure::stop_with(format!("the edits {what}"), help))
    };
    match decides_alike(before, after)? {
        Some(true) => Ok(()),
        Some(false) => refuse("would change decisions"),
        None => refuse("would break the policy set"),
    }
}

/// Whether two sets decide alike; `None` where one of them has errors.
fn decides_alike(before: &Checked, after: &Checked) -> Result<Option<bool>, Failure> {
    let (Ok(before), Ok(after)) = (Analysis::new(before), Analysis::new(after)) else {
        return Ok(None);
    };
    let changes = analysis::diff(&before, &after);
    let changes =
        changes.map_err(|error| Failure::stop_with(error.to_string(), "nothing was written"))?;
    Ok(Some(changes.is_empty()))
}
