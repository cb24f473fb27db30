//! Threads: work beside the main loop, whose mistakes are told and end nothing.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::JoinHandle;

use crossbeam_channel::Sender;

use super::events::Event;

/// Starts a thread with a name.
///
/// # Errors
///
/// When the system has no thread to give.
pub(super) fn start<T: Send + 'static>(
    name: &str,
    work: impl FnOnce() -> T + Send + 'static,
) -> std::io::Result<JoinHandle<T>> {
    std::thread::Builder::new().name(format!("mam {name}")).spawn(work)
}

/// The result of some work. A panic in it becomes an event, and the thread goes on with its next job; nothing that the
/// work has changed is used again.
pub(super) fn guarded<T>(
    name: &'static str,
    events: &Sender<Event>,
    work: impl FnOnce() -> T,
) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            let reason = text.unwrap_or("a panic without a message").to_owned();
            // The server has gone: there is nobody to tell.
            let _gone = events.send(Event::Failed { work: name, reason });
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_and_the_thread_goes_on() {
        let (sender, events) = crossbeam_channel::unbounded();
        assert_eq!(guarded("check", &sender, || 1), Some(1));
        assert!(events.is_empty());
        let none: Option<()> = guarded("check", &sender, || panic!("number {}", 7));
        assert!(none.is_none());
        let Ok(Event::Failed { work: "check", reason }) = events.recv() else { panic!("no event") };
        assert_eq!(reason, "number 7");
    }
}
