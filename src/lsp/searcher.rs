//! Searcher: a thread that finds the policy files of folders, and what they use.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::events::Event;
use super::files::Files;
use super::threads::guarded;
use super::uri::folder_of;
use super::workspace::{UsedFiles, used_by};

/// A folder to search, which ends with a slash.
pub(super) struct SearchJob {
    pub(super) folder: String,
    pub(super) files: Arc<dyn Files>,
}

/// Works until no more jobs can come.
pub(super) fn work(jobs: &Receiver<SearchJob>, events: &Sender<Event>) {
    for SearchJob { folder, files } in jobs {
        let found = guarded("search", events, || search(&folder, &*files)).unwrap_or_default();
        if events.send(Event::Searched { folder, files: found }).is_err() {
            return;
        }
    }
}

/// The policy files of a folder that can be read, as they are saved.
fn search(folder: &str, files: &dyn Files) -> UsedFiles {
    let read = |path: String| {
        let text = files.read(&path, folder_of(&path)).ok()?;
        let used = used_by(&path, &text);
        Some((path, used))
    };
    files.list(folder).into_iter().filter_map(read).collect()
}
