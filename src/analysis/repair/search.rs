//! The search: edits are made, one after another, until the question is decided as wanted.

use std::collections::BTreeSet;

use super::editor::Step;
use super::edits::steps;
use super::goal::Goal;
use super::lines::{Replaced, first_line};
use super::question::Question;
use super::remedy::{Remedy, RemedyStep, StepKind};
use super::unmet::{Status, Unmet};
use crate::analysis::subject::Analysis;
use crate::compiler::Checked;
use crate::limits::LimitExceeded;

/// The most edits of one remedy.
const STEPS: usize = 3;

/// The most sets from which the search goes on after each edit.
const BEAM: usize = 8;

/// The most edited sets that are tried, those with errors included.
const TRIED: usize = 200;

/// An edited set that is not decided as wanted yet.
struct Node {
    checked: Checked,
    steps: Vec<RemedyStep>,
    unmet: Unmet,
    /// Whether an edit lets a policy apply to less.
    narrows: bool,
    /// How its texts came out of those of the first set.
    replaced: Vec<Replaced>,
}

/// A search for edits, and how far it is.
pub(super) struct Search<'s, 'c> {
    analysis: &'s Analysis<'c>,
    goal: &'s Goal,
    /// The edited files of the sets that were tried.
    seen: BTreeSet<Vec<(String, String)>>,
    solved: Vec<Remedy>,
    /// Whether a remedy was found that lets no policy apply to less.
    is_solved: bool,
    /// The number of edited sets that were tried.
    pub(super) tried: usize,
}

impl<'s, 'c> Search<'s, 'c> {
    pub(super) fn new(analysis: &'s Analysis<'c>, goal: &'s Goal) -> Self {
        // The set as it is needs no second look.
        let (seen, solved) = (BTreeSet::from([Vec::new()]), Vec::new());
        Self { analysis, goal, seen, solved, is_solved: false, tried: 0 }
    }

    /// The remedies of the fewest edits. Beam search by number of edits: each round edits the [`BEAM`] sets
    /// with the fewest unwanted causes, and the search ends with the first round that finds a remedy, after
    /// [`STEPS`] rounds, or after [`TRIED`] sets. A remedy that lets a policy apply to less ends no search: edits of what
    /// the policy says may open less. A set that meets a limit ends the search with it. Else the search may miss a remedy, but
    /// none that it finds is wrong.
    pub(super) fn edits(&mut self, unmet: Unmet) -> Result<Vec<Remedy>, LimitExceeded> {
        let (checked, steps) = (self.analysis.checked.clone(), Vec::new());
        let mut open = vec![Node { checked, steps, unmet, narrows: false, replaced: Vec::new() }];
        for _ in 0..STEPS {
            let mut next: Vec<Node> = Vec::new();
            for node in &open {
                next.extend(self.edited(node)?);
            }
            if self.is_solved {
                break;
            }
            // The search goes on from the sets in which the least is left to do.
            next.sort_by_key(|node| node.unmet.len());
            next.truncate(BEAM);
            open = next;
        }
        Ok(std::mem::take(&mut self.solved))
    }

    /// The sets that come out of one by an edit and are not decided as wanted yet. Those that are become remedies.
    fn edited(&mut self, node: &Node) -> Result<Vec<Node>, LimitExceeded> {
        let mut next = Vec::new();
        for step in steps(&node.checked, &node.unmet, self.goal, node.steps.is_empty()) {
            if self.tried >= TRIED {
                break;
            }
            next.extend(self.tried_with(node, step)?);
        }
        Ok(next)
    }

    /// The set with one more edit, if something is left to do then. If not, the edits are a remedy.
    fn tried_with(&mut self, node: &Node, step: Step) -> Result<Option<Node>, LimitExceeded> {
        if self.is_superfluous(node, &step.step) {
            return Ok(None);
        }
        let checked = node.checked.with_edits(std::slice::from_ref(&step.edit));
        let files = changed_files(self.analysis.checked, &checked);
        if !self.seen.insert(files.clone()) {
            return Ok(None);
        }
        self.tried += 1;
        let (Ok(edited), Some(question)) =
            (Analysis::new(&checked), Question::read(&checked, self.goal))
        else {
            return Ok(None);
        };
        let found = question.status(&edited)?;
        if matches!(found, Status::Empty) {
            return Ok(None);
        }
        let line = first_line(self.analysis.checked.sources(), &node.replaced, step.edit.span);
        let steps = with_step(&node.steps, RemedyStep { line: Some(line), ..step.step });
        let narrows = node.narrows || step.narrows;
        let Status::Unmet(unmet) = found else {
            self.is_solved |= !narrows;
            self.solved.push(Remedy::of([self.analysis, &edited], steps, files)?);
            return Ok(None);
        };
        let mut replaced = node.replaced.clone();
        replaced.extend(Replaced::of(&node.checked, &checked, step.edit.span));
        Ok(Some(Node { checked, steps, unmet, narrows, replaced }))
    }
}

impl Search<'_, '_> {
    /// Whether a remedy that is known makes do without some of the edits.
    fn is_superfluous(&self, node: &Node, step: &RemedyStep) -> bool {
        let edit = |one: &RemedyStep| {
            let RemedyStep { kind, policy, before, after, .. } = one.clone();
            (kind, policy, before, after)
        };
        let edits: BTreeSet<_> = node.steps.iter().chain([step]).map(edit).collect();
        self.solved.iter().any(|known| known.steps.iter().all(|one| edits.contains(&edit(one))))
    }
}

/// The files of a set that differ from those of another one: their names and texts.
fn changed_files(before: &Checked, after: &Checked) -> Vec<(String, String)> {
    let texts = after.sources().iter().zip(before.sources().iter());
    let changed = texts.filter(|((_, now), (_, before))| now.text() != before.text());
    changed.map(|((_, now), _)| (now.name().to_owned(), now.text().to_string())).collect()
}

/// Some steps and one more. Two edits of one statement are one.
fn with_step(before: &[RemedyStep], step: RemedyStep) -> Vec<RemedyStep> {
    let mut steps = before.to_vec();
    let is_edited = |one: &&mut RemedyStep| {
        one.after.is_some()
            && one.after == step.before
            && (&one.policy, &one.file, one.line) == (&step.policy, &step.file, step.line)
    };
    match steps.iter_mut().find(is_edited) {
        Some(first) => {
            first.after = step.after;
            if first.after.is_none() {
                first.kind = StepKind::Remove;
            }
        }
        None => steps.push(step),
    }
    steps
}
