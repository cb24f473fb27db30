//! Worker: a thread that carries out commands, one after the other.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};
use lsp_server::RequestId;

use super::commands::Task;
use super::events::Event;
use super::threads::guarded;
use crate::limits::Interrupt;

/// A request that the worker answers.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) interrupt: Interrupt,
    pub(super) about: AskedText,
}

/// The document that a request is about, and the text that it had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct AskedText {
    pub(super) path: String,
    pub(super) text: Option<Arc<str>>,
}

/// A request to answer.
#[derive(Debug)]
pub(super) struct WorkJob {
    pub(super) id: RequestId,
    pub(super) task: Task,
    pub(super) interrupt: Interrupt,
}

/// Works until no more jobs can come. Requests that are taken back are passed over or stopped.
pub(super) fn work(jobs: &Receiver<WorkJob>, events: &Sender<Event>) {
    for WorkJob { id, task, interrupt } in jobs {
        if interrupt.is_stopped() {
            continue;
        }
        let result = guarded("command", events, || task.stopped_by(&interrupt).run());
        let result =
            result.unwrap_or_else(|| Err("the command ended in a mistake of `mam`".to_owned()));
        if events.send(Event::Answered { id, result }).is_err() {
            return;
        }
    }
}
