//! Threads and progress, which replays of lines and of columns share.

use std::io::IsTerminal as _;
use std::thread;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::Failure;

/// Number of threads that decide: as asked for, or one for each core.
pub(super) fn number(asked: Option<u16>) -> usize {
    match asked {
        Some(threads) => usize::from(threads),
        None => thread::available_parallelism().map_or(1, usize::from),
    }
}

/// The counts of a thread that ran to its end.
pub(super) fn whole<T>(joined: thread::Result<T>) -> Result<T, Failure> {
    joined.map_err(|_| {
        let help = "this is an error of this program; please report it with the requests";
        Failure::with_help("a thread stopped early: some requests are not decided", help)
    })
}

/// A progress bar on standard error, if that is a terminal and answers go elsewhere.
pub(super) fn progress(length: Option<u64>, answers: bool) -> ProgressBar {
    if !std::io::stderr().is_terminal() || answers && std::io::stdout().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = match length {
        Some(length) => ProgressBar::new(length),
        None => ProgressBar::new_spinner(),
    };
    let caps = match length {
        Some(_) => "{bar:30} {binary_bytes} of {binary_total_bytes}, {eta} left",
        None => "{spinner} {binary_bytes}, {elapsed}",
    };
    if let Ok(style) = ProgressStyle::with_template(caps) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_stops_early_is_no_empty_count() {
        let joined = thread::spawn(|| panic!("on purpose")).join();
        assert!(matches!(whole(joined), Err(Failure::CannotRun { .. })));
    }
}
