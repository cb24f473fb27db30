//! Repair: edits after which a scope is allowed or blocked.
//!
//! Takes in a set and a scope, gives out the smallest edits of the set's text after which every movement of
//! the scope is decided as wanted, each with everything else that it would change. Each edit is made and the
//! result compared on all movements; nothing is guessed. The form of edits is known in `edits`.

mod edits;
mod remedy;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::analysis::compare::changes::{Change, ChangeKind, diff};
use crate::analysis::engine::endpoints::not_deployed;
use crate::analysis::engine::naming::{Naming, names_of_users};
use crate::analysis::engine::query::Query;
use crate::analysis::engine::space::{Pair, ScopeSpace};
use crate::analysis::engine::users::Users;
use crate::analysis::subject::Analysis;
use crate::compiler::Checked;
use crate::decision::Effect;
use crate::limits::LimitExceeded;
use crate::model::{Model, People, Scope, UsersId};
use crate::table::{Clauses, DecisionId, Outcome};
use crate::vocabulary::Side;
use edits::{Asked, Step, Unmet, steps};
pub use remedy::{NoRemedy, Remedy, RemedyStep, StepKind};

/// The most edits of one remedy.
const STEPS: usize = 3;

/// The most sets from which the search goes on after each edit.
const BEAM: usize = 8;

/// The most edited sets that are tried.
const TRIED: usize = 120;

pub(in crate::analysis) fn remedies(
    analysis: &Analysis<'_>,
    question: &str,
    wanted: Effect,
) -> Result<Vec<Remedy>, NoRemedy> {
    let scope = analysis.checked.question(question).map_err(NoRemedy::Scope)?;
    let asked = asked(analysis, question, wanted)?;
    let unmet = match decided(analysis, &scope, wanted)? {
        Found::Nothing => return Err(NoRemedy::Empty),
        Found::Met => return Err(NoRemedy::AlreadySo),
        Found::Unmet(unmet) => unmet,
    };
    let mut found = memberships(analysis, &scope, wanted)?;
    found.extend(edits(analysis, question, &asked, unmet)?);
    if found.is_empty() {
        return Err(NoRemedy::NotFound);
    }
    found.sort_by(|a, b| cost(a).cmp(&cost(b)));
    Ok(found)
}

/// Edits before changes of memberships; of edits those that loosen the least, then those that change the
/// least, then the fewest.
fn cost(remedy: &Remedy) -> (bool, [usize; 3], &[RemedyStep]) {
    let is_membership = remedy.steps.iter().any(|step| step.kind == StepKind::Membership);
    let is_looser =
        |change: &&Change| matches!(change.kind, ChangeKind::Looser | ChangeKind::Limits);
    let looser = remedy.changes.iter().filter(is_looser).count();
    (is_membership, [looser, remedy.changes.len(), remedy.steps.len()], &remedy.steps)
}

/// The scope as it is written.
fn asked(analysis: &Analysis<'_>, question: &str, wanted: Effect) -> Result<Asked, NoRemedy> {
    let scope = analysis.checked.parsed_question(question).ok_or(NoRemedy::Empty)?;
    Ok(Asked { scope, wanted })
}

/// Whether a question can be read and holds movements, and all of them have the wanted effect.
#[cfg(feature = "intune")]
pub(in crate::analysis) fn is_met(
    analysis: &Analysis<'_>,
    question: &str,
    wanted: Effect,
) -> Result<bool, LimitExceeded> {
    let Ok(scope) = analysis.checked.question(question) else { return Ok(false) };
    Ok(matches!(decided(analysis, &scope, wanted)?, Found::Met))
}

// ---------------------------------------------------------------- the decision about a scope

/// Whether a scope is decided as wanted.
enum Found {
    Nothing,
    Met,
    Unmet(Unmet),
}

/// Whether the movements of a scope are decided as wanted, and if not, what decides them.
fn decided(analysis: &Analysis<'_>, scope: &Scope, wanted: Effect) -> Result<Found, LimitExceeded> {
    let query = &mut Query::new(analysis.model, None, analysis.limits(), scope.people.iter())?;
    let mut space = ScopeSpace::new(query, scope, None)?;
    let (mut is_empty, mut is_met, mut unmet) = (true, true, Unmet::default());
    space.visit(query, |space, query, pair| {
        let outcome = space.outcome(query, pair)?;
        let ids = query.users.combiner.manager.terminals(outcome).into_iter();
        let decisions: Vec<DecisionId> = ids.filter(|id| *id != DecisionId::NONE).collect();
        is_empty &= decisions.is_empty();
        let is_wrong = |id: &DecisionId| query.users.decision(*id).effect() != wanted;
        let wrong: Vec<DecisionId> = decisions.into_iter().filter(is_wrong).collect();
        if !wrong.is_empty() {
            is_met = false;
            add_unmet(query, pair, (outcome, &wrong), wanted, &mut unmet)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    Ok(match (is_empty, is_met) {
        (true, _) => Found::Nothing,
        (_, true) => Found::Met,
        _ => Found::Unmet(unmet),
    })
}

/// Adds the rules and reasons that decide between two atoms as it is not wanted.
fn add_unmet(
    query: &mut Query<'_>,
    pair: Pair<'_>,
    (outcome, wrong): (Outcome, &[DecisionId]),
    wanted: Effect,
    unmet: &mut Unmet,
) -> Result<(), LimitExceeded> {
    let Pair { channel, source, target, .. } = pair;
    unmet.reasons.extend(wrong.iter().filter_map(|id| query.users.decision(*id).reason));
    let judged = match channel.own_side() {
        Side::Source => &source.members,
        Side::Target => &target.members,
    };
    unmet.ends.extend(judged.iter().map(|member| not_deployed(member.view.end)));
    let users = query.manager().preimage(outcome, |id| wrong.contains(&id))?;
    let unwanted = match wanted {
        Effect::Allow => Effect::Block,
        Effect::Block => Effect::Allow,
    };
    for all in pair.applicable_rules(query, None)? {
        unmet.determining.extend(query.users.rules_of_effect(all, unwanted, users)?);
    }
    Ok(())
}

// ---------------------------------------------------------------- edits

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
fn edits(
    analysis: &Analysis<'_>,
    question: &str,
    asked: &Asked,
    unmet: Unmet,
) -> Result<Vec<Remedy>, LimitExceeded> {
    let mut found: Vec<Remedy> = Vec::new();
    let mut seen: BTreeSet<Vec<(String, String)>> = BTreeSet::new();
    let first = Node { checked: analysis.checked.clone(), steps: Vec::new(), unmet };
    let (mut open, mut tried) = (vec![first], 0);
    for _ in 0..STEPS {
        let mut next = Vec::new();
        for node in &open {
            for step in steps(&node.checked, &node.unmet, asked) {
                if tried >= TRIED {
                    return Ok(found);
                }
                let Some((checked, files)) = made(analysis, node, &step, &mut seen) else {
                    continue;
                };
                tried += 1;
                let step = in_first_set(step.step, &node.steps);
                let steps = [&node.steps[..], &[step]].concat();
                match try_edited(analysis, &checked, question, asked.wanted)? {
                    Some(Tried::Solved(changes)) => found.push(Remedy { steps, changes, files }),
                    Some(Tried::Unmet(unmet)) => next.push(Node { checked, steps, unmet }),
                    None => {}
                }
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
        // The search goes on from the sets in which the least is left to do.
        next.sort_by_key(|node| node.unmet.determining.len() + node.unmet.reasons.len());
        next.truncate(BEAM);
        open = next;
    }
    Ok(found)
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

/// The result of an edit.
enum Tried {
    Solved(Vec<Change>),
    Unmet(Unmet),
}

/// The decision of an edited set about the scope; `None` where the set or the scope has errors then, or the
/// scope holds no movement any more.
fn try_edited(
    analysis: &Analysis<'_>,
    checked: &Checked,
    question: &str,
    wanted: Effect,
) -> Result<Option<Tried>, LimitExceeded> {
    let (Ok(edited), Ok(scope)) = (Analysis::new(checked), checked.question(question)) else {
        return Ok(None);
    };
    Ok(match decided(&edited, &scope, wanted)? {
        Found::Met => Some(Tried::Solved(diff(analysis, &edited)?)),
        Found::Unmet(unmet) => Some(Tried::Unmet(unmet)),
        Found::Nothing => None,
    })
}

// ---------------------------------------------------------------- memberships

/// Groups that the user of a scope could join or leave.
fn memberships(
    analysis: &Analysis<'_>,
    scope: &Scope,
    wanted: Effect,
) -> Result<Vec<Remedy>, LimitExceeded> {
    let mut remedies = Vec::new();
    let Some(People::Exactly { of: groups, matching }) = &scope.people else {
        return Ok(remedies);
    };
    // Where a filter is open, it is not one user's device that is asked about.
    if matching.len() < analysis.model.filters().len() {
        return Ok(remedies);
    }
    for (number, group) in analysis.model.users().iter().enumerate() {
        let id = UsersId::new(number);
        let (mut with, word) =
            (groups.clone(), if groups.contains(&id) { "leaves" } else { "joins" });
        match groups.iter().position(|one| *one == id) {
            Some(at) => drop(with.remove(at)),
            None => with.push(id),
        }
        with.sort_unstable();
        let holding = matching.iter().filter(|test| test.holds).map(|test| test.filter);
        let [before, after] =
            [groups, &with].map(|groups| groups.iter().copied().chain(holding.clone()).collect());
        let people = People::Exactly { of: with, matching: matching.clone() };
        let scope = Scope { people: Some(people), ..scope.clone() };
        let step = RemedyStep {
            kind: StepKind::Membership,
            policy: None,
            file: None,
            line: None,
            before: None,
            after: Some(format!("the user {word} `{}`", group.name)),
        };
        if matches!(decided(analysis, &scope, wanted)?, Found::Met) {
            let changes = changes_for_user(analysis, [before, after])?;
            let files = Vec::new();
            remedies.push(Remedy { steps: vec![step], changes, files });
        }
    }
    Ok(remedies)
}

/// Everything that is decided differently about a user who is in other groups, where the same filters hold; both
/// are given in one list. Scopes name the user by the groups of afterwards.
fn changes_for_user(
    analysis: &Analysis<'_>,
    users: [Vec<UsersId>; 2],
) -> Result<Vec<Change>, LimitExceeded> {
    let [before, after] = users.each_ref().map(|users| for_user(analysis, users));
    let [before, after] = [before?, after?];
    let [old, new] = [&before, &after].map(|model| Analysis { model, ..*analysis });
    let exactly = analysis.model.exactly(&users[1]);
    let user = Naming::people(&names_of_users(analysis.model), &exactly);
    let mut changes = diff(&old, &new)?;
    for change in &mut changes {
        change.scope.push_str(&format!(" for {user}"));
    }
    Ok(changes)
}

/// The model as one user meets it: every clause is for anybody or for nobody.
fn for_user(analysis: &Analysis<'_>, groups: &[UsersId]) -> Result<Model, LimitExceeded> {
    let mut model = analysis.model.clone();
    let clauses = Clauses::of(analysis.model);
    let mut users = Users::new(&clauses, analysis.model.attributes(), analysis.limits())?;
    let mut settled = |people: &People| {
        let condition = users.clause(people)?;
        let is_meant = users.meets(condition, groups);
        Ok(if is_meant { People::ANYBODY } else { People::NOBODY })
    };
    for policy in &mut model.policies {
        policy.people = settled(&policy.people)?;
    }
    for rule in &mut model.rules {
        rule.scope.people = rule.scope.people.as_ref().map(&mut settled).transpose()?;
    }
    Ok(model)
}
