//! Worker: a thread that carries out commands, one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender};
use lsp_server::RequestId;

use super::commands::Task;
use super::events::Event;
use super::threads::guarded;

/// A mark that the editor takes a request back.
#[derive(Debug, Clone, Default)]
pub(super) struct Canceled(Arc<AtomicBool>);

impl Canceled {
    pub(super) fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A request that the worker answers.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) canceled: Canceled,
    /// The document that it is about, and the version that it had.
    pub(super) path: String,
    pub(super) version: Option<i32>,
}

/// A request to answer.
#[derive(Debug)]
pub(super) struct WorkJob {
    pub(super) id: RequestId,
    pub(super) task: Task,
    pub(super) canceled: Canceled,
}

/// Works until no more jobs can come. Requests that are taken back are passed over.
pub(super) fn work(jobs: &Receiver<WorkJob>, events: &Sender<Event>) {
    for WorkJob { id, task, canceled } in jobs {
        if canceled.get() {
            continue;
        }
        let result = guarded("command", events, || task.run());
        let result =
            result.unwrap_or_else(|| Err("the command ended in a mistake of `mam`".to_owned()));
        if events.send(Event::Answered { id, result }).is_err() {
            return;
        }
    }
}
