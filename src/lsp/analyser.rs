//! Linter: a thread that works out what takes long, when the editor is idle.
//!
//! Takes in checked sets, waits until nothing newer comes, and gives out lints, the outcomes of expectations and
//! coverage, as soon as each is there. A newer text ends the work between two of them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::changes::{Against, Changes, earlier};
use super::events::{Event, Findings};
use super::workspace::{SetKey, Snapshot};
use crate::analysis::Analysis;
use crate::compiler::Checked;

/// A checked set to look into.
#[derive(Debug)]
pub(super) struct LintJob {
    pub(super) generation: u64,
    pub(super) key: SetKey,
    pub(super) checked: Arc<Checked>,
    pub(super) texts: Snapshot,
}

/// When to work, and on what.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    pub(super) idle: Duration,
    pub(super) lints: bool,
    /// The number of the newest text.
    pub(super) newest: Arc<AtomicU64>,
}

impl Pace {
    fn is_stale(&self, generation: u64) -> bool {
        self.newest.load(Ordering::Acquire) > generation
    }
}

/// Works until no more jobs can come.
pub(super) fn work(jobs: &Receiver<LintJob>, events: &Sender<Event>, pace: &Pace) {
    let mut open = BTreeMap::new();
    loop {
        let next = if open.is_empty() {
            jobs.recv().map_err(|_| true)
        } else {
            jobs.recv_timeout(pace.idle).map_err(|error| error.is_disconnected())
        };
        match next {
            Ok(job) => drop(open.insert(job.key.clone(), job)),
            Err(true) => return,
            Err(false) => {
                let all = std::mem::take(&mut open);
                all.into_values().for_each(|job| look_into(&job, events, pace));
            }
        }
    }
}

fn look_into(job: &LintJob, events: &Sender<Event>, pace: &Pace) {
    let Ok(analysis) = Analysis::new(&job.checked) else { return };
    let mut findings = Findings::default();
    let send = |findings: &Findings| {
        let (generation, key) = (job.generation, job.key.clone());
        let checked = Arc::clone(&job.checked);
        // The server has gone: there is nobody to tell.
        let _gone =
            events.send(Event::Found { generation, key, checked, findings: findings.clone() });
    };
    let steps: [&dyn Fn(&mut Findings); 4] = [
        &|findings| findings.reports = analysis.findings(pace.lints),
        &|findings| {
            findings.expectations = analysis.test();
            findings.accesses = analysis.test_access();
        },
        &|findings| {
            let before = earlier(&job.key, &job.texts, Against::Commit);
            findings.changes = before.and_then(|it| Changes::between(&it, &job.checked).ok());
        },
        &|findings| {
            findings.coverage = analysis.coverage_without_proposals().ok();
            findings.is_complete = true;
        },
    ];
    for step in steps {
        if pace.is_stale(job.generation) {
            return;
        }
        step(&mut findings);
        send(&findings);
    }
}
