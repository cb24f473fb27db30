//! Analyser: a thread that works out what takes long, when the editor is idle.
//!
//! Takes in checked sets, waits until nothing newer comes, and gives out the outcomes of expectations, lints, changes,
//! coverage and limits in force, each as soon as it is there. A newer state of a set stops the work for it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use super::changes::{Changes, Earlier, earlier};
use super::events::Event;
use super::in_force::in_force;
use super::sets::{AnalysisPart, ChangesSince, Verdicts};
use super::threads::guarded;
use super::workspace::{SetKey, Snapshot};
use crate::analysis::Analysis;
use crate::compiler::Checked;
use crate::limits::Interrupt;

/// A checked set to analyse.
#[derive(Debug)]
pub(super) struct AnalysisJob {
    pub(super) key: SetKey,
    /// The number of the state that was checked.
    pub(super) state: u64,
    pub(super) interrupt: Interrupt,
    pub(super) checked: Arc<Checked>,
    pub(super) texts: Snapshot,
    /// Whether changes alone are wanted: after a save, the rest is as it was.
    pub(super) only_changes: bool,
}

/// The options of the editor about analysis.
#[derive(Debug, Clone, Copy)]
pub(super) struct AnalyserOptions {
    /// The pause before the work begins.
    pub(super) idle: Duration,
    /// Whether rules and policies that change nothing are looked for.
    pub(super) lints: bool,
}

/// Works until no more jobs can come.
pub(super) fn work(jobs: &Receiver<AnalysisJob>, events: &Sender<Event>, options: AnalyserOptions) {
    let mut open = BTreeMap::new();
    loop {
        let next = if open.is_empty() {
            jobs.recv().map_err(|_| true)
        } else {
            jobs.recv_timeout(options.idle).map_err(|error| error.is_disconnected())
        };
        match next {
            Ok(job) if job.only_changes => drop(open.entry(job.key.clone()).or_insert(job)),
            Ok(job) => drop(open.insert(job.key.clone(), job)),
            Err(true) => return,
            Err(false) => {
                for job in std::mem::take(&mut open).into_values() {
                    // The event tells of a panic.
                    let _told = guarded("analysis", events, || analyse(&job, events, options));
                }
            }
        }
    }
}

/// A step of the analysis.
type Step<'a> = &'a dyn Fn() -> AnalysisPart;

fn analyse(job: &AnalysisJob, events: &Sender<Event>, options: AnalyserOptions) {
    let checked = job.checked.stopped_by(job.interrupt.clone());
    let Ok(analysis) = Analysis::new(&checked) else { return };
    // The first step keeps the outcomes for the second one.
    let verdicts = OnceCell::new();
    let verdicts = || {
        Arc::clone(verdicts.get_or_init(|| {
            let (movements, accesses) = (analysis.test(), analysis.test_access());
            Arc::new(Verdicts { movements, accesses })
        }))
    };
    let is_open = |path: &str| job.texts.documents.get(path).is_some();
    let steps: [Step<'_>; 5] = [
        &|| AnalysisPart::Verdicts(verdicts()),
        &|| {
            let Verdicts { movements, accesses } = &*verdicts();
            let findings = analysis.findings_beside(movements, accesses, options.lints);
            AnalysisPart::Findings(findings)
        },
        &|| AnalysisPart::Changes(changes(job, &checked)),
        &|| AnalysisPart::Coverage(analysis.coverage_without_proposals()),
        &|| AnalysisPart::InForce(in_force(&analysis, &checked, &is_open)),
    ];
    let wanted = if job.only_changes { 2..3 } else { 0..steps.len() };
    for step in steps.get(wanted).unwrap_or_default() {
        let (part, checked) = (step(), Arc::clone(&job.checked));
        // The part may have met the interrupt, and lack what comes behind.
        if job.interrupt.is_stopped() {
            return;
        }
        let event = Event::Analysed { state: job.state, key: job.key.clone(), checked, part };
        if events.send(event).is_err() {
            return;
        }
    }
}

fn changes(job: &AnalysisJob, checked: &Checked) -> ChangesSince {
    ChangesSince {
        committed: since(job, checked, Earlier::Committed, |_| true),
        saved: since(job, checked, Earlier::Saved, |before| !have_equal_texts(before, checked)),
    }
}

/// The changes since an earlier state that matters; `None` if there is none.
fn since(
    job: &AnalysisJob,
    checked: &Checked,
    which: Earlier,
    matters: impl FnOnce(&Checked) -> bool,
) -> Result<Option<Changes>, String> {
    match earlier(&job.key, &job.texts, which)? {
        Some(before) if matters(&before) => {
            Changes::between(&before.stopped_by(job.interrupt.clone()), checked).map(Some)
        }
        _ => Ok(None),
    }
}

fn have_equal_texts(one: &Checked, other: &Checked) -> bool {
    let texts = |of: &Checked| {
        let sources = of.sources().iter();
        sources.map(|(_, source)| Arc::clone(source.text())).collect::<Vec<_>>()
    };
    texts(one) == texts(other)
}
