//! The search: edits are made, one after another, until the question is decided as wanted.

use std::collections::BTreeSet;

use super::asked::Asked;
use super::editor::Step;
use super::edits::steps;
use super::question::Question;
use super::remedy::{Remedy, RemedyStep, StepKind};
use super::unmet::{Found, Unmet};
use crate::analysis::access::diff_access;
use crate::analysis::compare::changes::diff;
use crate::analysis::subject::Analysis;
use crate::compiler::Checked;
use crate::limits::LimitExceeded;
use crate::model::{Access, Model, Policy};

/// The most edits of one remedy.
const STEPS: usize = 3;

/// The most sets from which the search goes on after each edit.
const BEAM: usize = 8;

/// The most edited sets that are tried.
const TRIED: usize = 120;

/// An edited set that is not decided as wanted yet.
struct Node {
    checked: Checked,
    steps: Vec<RemedyStep>,
    unmet: Unmet,
}

/// The remedies of the fewest edits. Beam search by number of edits: each round edits the [`BEAM`] sets
/// with the fewest unwanted causes, and the search ends with the first round that finds a remedy, after
/// [`STEPS`] rounds, or after [`TRIED`] sets. It may therefore miss a remedy, but none that it finds is
/// wrong.
pub(super) fn edits(
    analysis: &Analysis<'_>,
    asked: &Asked,
    unmet: Unmet,
) -> Result<Vec<Remedy>, LimitExceeded> {
    let mut solved: Vec<Remedy> = Vec::new();
    let mut seen: BTreeSet<Vec<(String, String)>> = BTreeSet::new();
    let first = Node { checked: analysis.checked.clone(), steps: Vec::new(), unmet };
    let (mut open, mut tried) = (vec![first], 0);
    for _ in 0..STEPS {
        let mut next = Vec::new();
        for node in &open {
            for step in steps(&node.checked, &node.unmet, asked) {
                if tried >= TRIED {
                    return Ok(solved);
                }
                let Some((checked, files)) = made(analysis, node, &step, &mut seen) else {
                    continue;
                };
                tried += 1;
                let step = in_first_set(step.step, &node.steps);
                let steps = with_step(&node.steps, step);
                let Ok(edited) = Analysis::new(&checked) else { continue };
                let Some(question) = Question::read(&checked, asked) else { continue };
                match question.found(&edited)? {
                    Found::Met => solved.push(remedy([analysis, &edited], steps, files)?),
                    Found::Unmet(unmet) => next.push(Node { checked, steps, unmet }),
                    Found::Nothing => {}
                }
            }
        }
        if !solved.is_empty() {
            return Ok(solved);
        }
        // The search goes on from the sets in which the least is left to do.
        next.sort_by_key(|node| node.unmet.len());
        next.truncate(BEAM);
        open = next;
    }
    Ok(solved)
}

/// The set with an edit, and the files that differ from the first set; `None` where the set has errors then
/// or was tried before.
fn made(
    analysis: &Analysis<'_>,
    node: &Node,
    step: &Step,
    seen: &mut BTreeSet<Vec<(String, String)>>,
) -> Option<(Checked, Vec<(String, String)>)> {
    let checked = node.checked.with_edits(std::slice::from_ref(&step.edit));
    let texts = checked.sources().iter().zip(analysis.checked.sources().iter());
    let changed = texts.filter(|((_, now), (_, before))| now.text() != before.text());
    let files: Vec<(String, String)> =
        changed.map(|((_, now), _)| (now.name().to_owned(), now.text().to_string())).collect();
    (!checked.has_errors() && seen.insert(files.clone())).then_some((checked, files))
}

/// The step with its line as the first set has it: each statement that was added before it is a line more.
fn in_first_set(mut step: RemedyStep, before: &[RemedyStep]) -> RemedyStep {
    for earlier in before.iter().rev() {
        let is_above = earlier.file == step.file && earlier.line < step.line;
        let is_new = earlier.before.is_none() && earlier.kind != StepKind::Membership;
        if is_above && is_new {
            step.line = step.line.map(|line| line.saturating_sub(1));
        }
    }
    step
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

/// Edits with everything that they change.
pub(super) fn remedy(
    sets: [&Analysis<'_>; 2],
    steps: Vec<RemedyStep>,
    files: Vec<(String, String)>,
) -> Result<Remedy, LimitExceeded> {
    let [before, after] = sets;
    let changes = diff(before, after)?;
    let (accesses, requirements) = match decide_accesses_alike(before.model, after.model) {
        true => Default::default(),
        false => diff_access(before, after)?,
    };
    Ok(Remedy { steps, changes, accesses, requirements, files })
}

/// Whether the policies of two models differ in their rules alone, which decide no access.
fn decide_accesses_alike(before: &Model, after: &Model) -> bool {
    let statements = |model: &'_ Model, policy: &Policy| -> Vec<_> {
        let text = |one: &Access| model.directory().access(one.id).text.to_owned();
        policy.access.iter().map(|one| (text(one), one.platforms, one.devices)).collect()
    };
    let is_alike = |(a, b): (&Policy, &Policy)| {
        (&a.people, &a.protect, &a.yields) == (&b.people, &b.protect, &b.yields)
            && (a.platforms, a.devices, a.report_only) == (b.platforms, b.devices, b.report_only)
            && statements(before, a) == statements(after, b)
    };
    let mut policies = before.policies().iter().zip(after.policies());
    before.policies().len() == after.policies().len() && policies.all(is_alike)
}
