//! Progress of work that may take long.
//!
//! Takes in work, gives out its result. Until then a terminal on standard error shows that it goes on.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

/// Does some work, and shows for how long on a terminal.
pub(crate) fn shown<T>(what: &'static str, work: impl FnOnce() -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work();
    }
    let bar = ProgressBar::new_spinner().with_message(what);
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}, {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(200));
    let found = work();
    bar.finish_and_clear();
    found
}
