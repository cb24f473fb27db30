//! Checker: a thread that reads and checks sets.
//!
//! Takes in jobs, of which a newer one replaces those before it, and gives out checked sets.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use super::events::Event;
use super::workspace::{SetKey, Snapshot, check};

/// Sets to check as of a moment.
#[derive(Debug)]
pub(super) struct CheckJob {
    /// The number of the moment; later ones are greater.
    pub(super) generation: u64,
    pub(super) sets: Vec<SetKey>,
    pub(super) texts: Snapshot,
}

/// Works until no more jobs can come.
pub(super) fn work(jobs: &Receiver<CheckJob>, events: &Sender<Event>) {
    while let Ok(mut job) = jobs.recv() {
        while let Ok(newer) = jobs.try_recv() {
            job = merged(job, newer);
        }
        for key in job.sets {
            let checked = check(&key, &job.texts).map(Arc::new);
            let event = Event::Checked { generation: job.generation, key, checked };
            if events.send(event).is_err() {
                return;
            }
        }
    }
}

/// A job for the sets of two, as of the later one.
fn merged(job: CheckJob, mut newer: CheckJob) -> CheckJob {
    let missing = job.sets.into_iter().filter(|one| !newer.sets.contains(one));
    let missing: Vec<SetKey> = missing.collect();
    newer.sets.extend(missing);
    newer
}
