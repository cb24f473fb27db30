//! How could something be allowed or blocked?
//!
//! Takes in an analysed set and a scope, gives out the smallest edits of the set's text after which every
//! movement of the scope is decided as wanted, each with everything else that it would change. Each edit
//! is made and the result compared on all movements; nothing is guessed. What an edit looks like is
//! known in `edits`.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Analysis;
use super::crowd::NOWHERE;
use super::diff::{Change, diff};
use super::edits::{Asked, Step, Unmet, steps};
use super::space::{Lens, Pair, Space, plain};
use crate::compiler::Checked;
use crate::decision::Effect;
use crate::diagnostic::Errors;
use crate::diagram::Diagram;
use crate::model::{People, Scope, UsersId};
use crate::syntax;
use crate::table::Seen;
use crate::vocabulary::Side;

/// So many edits are joined at most.
const STEPS: usize = 3;

/// So many sets that are not there yet are gone on from.
const LEAST: usize = 8;

/// So many sets are tried.
const TRIED: usize = 120;

/// Edits that together lead to the wanted decision, and what they cost.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Remedy {
    /// The edits.
    pub steps: Vec<RemedyStep>,
    /// Everything that would be decided differently, what was asked for included.
    pub changes: Vec<Change>,
    /// The edited files: their names and what they would hold.
    #[serde(skip)]
    pub files: Vec<(String, String)>,
}

/// One edit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RemedyStep {
    /// What is done.
    pub kind: StepKind,
    /// The policy; `None` where a user joins or leaves a group.
    pub policy: Option<String>,
    /// The file, and the line on which the edited statement begins, or behind which a new one goes.
    pub file: Option<String>,
    /// See `file`.
    pub line: Option<usize>,
    /// What stands there now.
    pub before: Option<String>,
    /// What would stand there; of a membership, what becomes of the user.
    pub after: Option<String>,
}

/// What an edit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepKind {
    /// It adds a rule.
    Add,
    /// It changes a rule or a clause of a policy's head.
    Change,
    /// It takes a rule out.
    Remove,
    /// It edits nothing: a user joins or leaves a group.
    Membership,
}

/// Why there is no remedy.
#[derive(Debug, Clone)]
pub enum NoRemedy {
    /// The scope cannot be read.
    Scope(Errors),
    /// The scope holds no movement.
    Empty,
    /// Every movement of the scope is decided so already.
    AlreadySo,
    /// None was found among the edits that are tried: so many at once, so many sets.
    NotFound,
}

pub(super) fn remedies(
    analysis: &Analysis<'_>,
    question: &str,
    wanted: Effect,
) -> Result<Vec<Remedy>, NoRemedy> {
    let scope = analysis.checked.question(question).map_err(NoRemedy::Scope)?;
    let asked = asked(analysis, question, wanted)?;
    let unmet = match look(analysis, &scope, wanted) {
        Found::Nothing => return Err(NoRemedy::Empty),
        Found::Met => return Err(NoRemedy::AlreadySo),
        Found::Unmet(unmet) => unmet,
    };
    let mut found = memberships(analysis, &scope, wanted);
    found.extend(edits(analysis, question, &asked, unmet));
    if found.is_empty() {
        return Err(NoRemedy::NotFound);
    }
    found.sort_by(|a, b| cost(a).cmp(&cost(b)));
    Ok(found)
}

/// The fewest edits first, then what changes the least.
fn cost(remedy: &Remedy) -> (usize, usize, &[RemedyStep]) {
    (remedy.steps.len(), remedy.changes.len(), &remedy.steps)
}

/// The scope as it is written.
fn asked(analysis: &Analysis<'_>, question: &str, wanted: Effect) -> Result<Asked, NoRemedy> {
    let mut sources = analysis.checked.sources().clone();
    let id = sources.add("scope", question);
    let (ast, _) = syntax::parse_scope(&sources, id, analysis.checked.limits());
    ast.map(|scope| Asked { scope, wanted }).ok_or(NoRemedy::Empty)
}

// ---------------------------------------------------------------- what is decided

enum Found {
    Nothing,
    Met,
    Unmet(Unmet),
}

/// What keeps the movements of a scope from being decided as wanted.
fn look(analysis: &Analysis<'_>, scope: &Scope, wanted: Effect) -> Found {
    let lens = &mut Lens::new(analysis, &analysis.table, scope.people.iter());
    let mut space = Space::new(lens, scope, None);
    let (mut is_empty, mut is_met, mut unmet) = (true, true, Unmet::default());
    space.visit(lens, |space, lens, pair| {
        let outcome = space.decided(lens, pair);
        let numbers = lens.crowd.verdicts.diagrams.numbers(outcome).into_iter();
        let decided: Vec<u32> = numbers.filter(|number| *number != NOWHERE).collect();
        is_empty &= decided.is_empty();
        let is_wrong = |lens: &Lens<'_>, one: u32| lens.crowd.decision(one).effect() != wanted;
        let wrong: Vec<u32> = decided.into_iter().filter(|one| is_wrong(lens, *one)).collect();
        if !wrong.is_empty() {
            is_met = false;
            blame(lens, pair, (outcome, &wrong), wanted, &mut unmet);
        }
        Seen::More
    });
    match (is_empty, is_met) {
        (true, _) => Found::Nothing,
        (_, true) => Found::Met,
        _ => Found::Unmet(unmet),
    }
}

/// Notes who decides between two atoms as it is not wanted.
fn blame(
    lens: &mut Lens<'_>,
    pair: Pair<'_>,
    (outcome, wrong): (Diagram, &[u32]),
    wanted: Effect,
    unmet: &mut Unmet,
) {
    unmet.reasons.extend(wrong.iter().filter_map(|one| lens.crowd.decision(*one).reason));
    let Pair { spot, channel, source, target } = pair;
    let judged = match channel.own_side() {
        Side::Source => &source.ends,
        Side::Target => &target.ends,
    };
    unmet.ends.extend(judged.iter().copied().map(plain));
    let users = lens.crowd.verdicts.diagrams.is_among(outcome, |one| wrong.contains(&one));
    let (Some(from), Some(to)) = (source.ends.first(), target.ends.first()) else { return };
    for (ground, when) in lens.contributions(spot.kind, None, channel, [*from, *to]) {
        if ground.effect != wanted && !lens.crowd.are_apart(when, users) {
            unmet.grounds.insert(ground);
        }
    }
}

// ---------------------------------------------------------------- edits

/// A set on the way to a remedy.
struct Node {
    checked: Checked,
    steps: Vec<RemedyStep>,
    unmet: Unmet,
}

/// The smallest numbers of edits that lead to the wanted decision.
fn edits(analysis: &Analysis<'_>, question: &str, asked: &Asked, unmet: Unmet) -> Vec<Remedy> {
    let mut found: Vec<Remedy> = Vec::new();
    let mut seen: BTreeSet<Vec<(String, String)>> = BTreeSet::new();
    let first = Node { checked: analysis.checked.clone(), steps: Vec::new(), unmet };
    let (mut open, mut tried) = (vec![first], 0);
    for _ in 0..STEPS {
        let mut next = Vec::new();
        for node in &open {
            for step in steps(&node.checked, &node.unmet, asked) {
                if tried >= TRIED {
                    return found;
                }
                let Some((checked, files)) = made(analysis, node, &step, &mut seen) else {
                    continue;
                };
                tried += 1;
                let steps = [&node.steps[..], &[in_first_set(step.told, &node.steps)]].concat();
                match try_out(analysis, &checked, question, asked.wanted) {
                    Some(Tried::Solved(changes)) => found.push(Remedy { steps, changes, files }),
                    Some(Tried::Unmet(unmet)) => next.push(Node { checked, steps, unmet }),
                    None => {}
                }
            }
        }
        if !found.is_empty() {
            return found;
        }
        // What is left to do after the steps that leave the least.
        next.sort_by_key(|node| node.unmet.grounds.len() + node.unmet.reasons.len());
        next.truncate(LEAST);
        open = next;
    }
    found
}

/// The set with an edit, and the files that differ from the first set; `None` where that is in error or
/// known already.
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

/// The step with its line as the first set has it: each rule that was added before it is a line more.
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

enum Tried {
    Solved(Vec<Change>),
    Unmet(Unmet),
}

/// What an edited set decides of the scope.
fn try_out(
    analysis: &Analysis<'_>,
    checked: &Checked,
    question: &str,
    wanted: Effect,
) -> Option<Tried> {
    let edited = Analysis::new(checked).ok()?;
    let scope = checked.question(question).ok()?;
    match look(&edited, &scope, wanted) {
        Found::Met => Some(Tried::Solved(diff(analysis, &edited))),
        Found::Unmet(unmet) => Some(Tried::Unmet(unmet)),
        Found::Nothing => None,
    }
}

// ---------------------------------------------------------------- memberships

/// Groups that the user of a scope could join or leave.
fn memberships(analysis: &Analysis<'_>, scope: &Scope, wanted: Effect) -> Vec<Remedy> {
    let Some(People::Exactly(groups)) = &scope.people else { return Vec::new() };
    let users = analysis.model.users().iter().enumerate();
    let remedies = users.filter_map(|(number, group)| {
        let id = UsersId::new(number);
        let (mut with, word) =
            (groups.clone(), if groups.contains(&id) { "leaves" } else { "joins" });
        match groups.iter().position(|one| *one == id) {
            Some(at) => drop(with.remove(at)),
            None => with.push(id),
        }
        with.sort_unstable();
        let scope = Scope { people: Some(People::Exactly(with)), ..scope.clone() };
        let step = RemedyStep {
            kind: StepKind::Membership,
            policy: None,
            file: None,
            line: None,
            before: None,
            after: Some(format!("the user {word} `{}`", group.name)),
        };
        let remedy = Remedy { steps: vec![step], changes: Vec::new(), files: Vec::new() };
        matches!(look(analysis, &scope, wanted), Found::Met).then_some(remedy)
    });
    remedies.collect()
}
