//! Doing something again whenever a file changes.
//!
//! Looks at the files a few times a second: that works with every editor and on every file system, and
//! costs next to nothing for a few files. What is done is the command's affair.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::failure::{Failure, Status};
use crate::files::is_stdin;
use crate::output::{Terminal, count};
use crate::set;

/// How long between two looks.
const PAUSE: Duration = Duration::from_millis(250);

/// When files were changed last, and how long they are.
type Stamps = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

/// Does something, and again whenever one of the files changes, or one that they use. Ends only if nobody
/// reads the output any more.
///
/// # Errors
///
/// When standard input is among the files.
pub(crate) fn watch(
    files: &[OsString],
    budget: set::Budget,
    terminal: &mut Terminal,
    mut run: impl FnMut(&mut Terminal) -> Result<Status, Failure>,
) -> Result<Status, Failure> {
    if files.iter().any(|file| is_stdin(file)) {
        return Err(Failure::stop("standard input cannot be watched"));
    }
    loop {
        let before = stamps(files, budget);
        terminal.clear();
        match run(terminal) {
            Ok(_) | Err(Failure::Refused | Failure::BadQuestion | Failure::LimitMet) => {}
            Err(Failure::Closed) => return Err(Failure::Closed),
            Err(Failure::Stop { message, help }) => terminal.complain(&message, help.as_deref()),
        }
        terminal.line(format!("watching {}; stop with Ctrl+C", count(before.len(), "file")));
        terminal.flush()?;
        while stamps_of(before.iter().map(|(path, _)| path.clone())) == before {
            sleep(PAUSE);
        }
    }
}

/// The files, and those that they use, as they are now.
fn stamps(files: &[OsString], budget: set::Budget) -> Stamps {
    let mut paths: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    if let Ok(set) = set::check(files, budget) {
        let sources = set.checked.sources();
        let used = sources.iter().map(|(_, source)| Path::new(source.name()).to_owned());
        paths.extend(used.filter(|path| path.is_file()));
    }
    paths.sort();
    paths.dedup();
    stamps_of(paths.into_iter())
}

fn stamps_of(paths: impl Iterator<Item = PathBuf>) -> Stamps {
    let stamp = |path: &PathBuf| {
        let metadata = path.metadata().ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    paths.map(|path| (path.clone(), stamp(&path))).collect()
}
