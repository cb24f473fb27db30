//! Checker: a thread that reads and checks sets.
//!
//! Takes in jobs, of which a newer one for a set replaces the older ones, and gives out checked sets.

use std::collections::BTreeMap;

use crossbeam_channel::{Receiver, Sender};

use super::events::Event;
use super::threads::guarded;
use super::workspace::{SetKey, Snapshot, check};
use crate::limits::Interrupt;

/// A set to check in a state of the texts.
#[derive(Debug)]
pub(super) struct CheckJob {
    pub(super) key: SetKey,
    /// The number of the state; later ones are greater.
    pub(super) state: u64,
    pub(super) interrupt: Interrupt,
    pub(super) texts: Snapshot,
}

/// Works until no more jobs can come.
pub(super) fn work(jobs: &Receiver<CheckJob>, events: &Sender<Event>) {
    let mut open: BTreeMap<SetKey, CheckJob> = BTreeMap::new();
    loop {
        if open.is_empty() {
            let Ok(job) = jobs.recv() else { return };
            open.insert(job.key.clone(), job);
        }
        open.extend(jobs.try_iter().map(|job| (job.key.clone(), job)));
        let Some((key, job)) = open.pop_first() else { continue };
        if job.interrupt.is_stopped() {
            continue;
        }
        let check = guarded("check", events, || check(&key, &job.texts)).flatten().map(Box::new);
        if events.send(Event::Checked { state: job.state, key, check }).is_err() {
            return;
        }
    }
}
