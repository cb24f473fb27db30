//! Repetition of a command whenever an input file changes.
//!
//! Takes in files and an action. Polls the files a few times a second, which works with every editor and
//! file system and costs little for a few files. Does not know the action.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use crate::failure::{Failure, Status};
use crate::input::files::is_stdin;
use crate::input::inputs::{self, LimitOptions};
use crate::render::terminal::Terminal;
use crate::render::text::count;

/// Time between two polls.
const PAUSE: Duration = Duration::from_millis(250);

/// Paths with time of modification and length in bytes; `None` for a file that is not there.
type Stamps = Vec<(PathBuf, Option<(SystemTime, u64)>)>;

/// Runs an action, and again whenever one of the files changes, or a file that they use. Ends when the
/// reader of standard output closes it.
///
/// # Errors
///
/// When standard input is among the files.
pub(crate) fn watch(
    files: &[OsString],
    limits: LimitOptions,
    terminal: &mut Terminal,
    mut run: impl FnMut(&mut Terminal) -> Result<Status, Failure>,
) -> Result<Status, Failure> {
    if files.iter().any(|file| is_stdin(file)) {
        return Err(Failure::new("standard input cannot be watched"));
    }
    loop {
        let before = stamps(files, limits);
        terminal.clear();
        match run(terminal) {
            Ok(_) | Err(Failure::PolicyErrors | Failure::BadUsage | Failure::LimitMet) => {}
            Err(Failure::OutputClosed) => return Err(Failure::OutputClosed),
            Err(Failure::CannotRun { message, help }) => terminal.error(&message, help.as_deref()),
        }
        terminal.line(format!("watching {}; stop with Ctrl+C", count(before.len(), "file")));
        terminal.flush()?;
        while stamps_of(before.iter().map(|(path, _)| path.clone())) == before {
            sleep(PAUSE);
        }
    }
}

/// Stamps of the files, and of the files that they use.
fn stamps(files: &[OsString], limits: LimitOptions) -> Stamps {
    let mut paths: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
    if let Ok(set) = inputs::check(files, limits) {
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
