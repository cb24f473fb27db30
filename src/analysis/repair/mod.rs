//! Repair: edits after which a question is decided as wanted.
//!
//! Takes in a set and a question about movements or accesses, gives out the fewest edits of the set's text that a bounded
//! search finds, after which all of it is decided as wanted, each with everything else that it would change. Each edit is
//! made and the result compared on all movements and accesses; nothing is guessed.
//!
//! `goal` is the question as it is written, `question` as a set reads it; `movements` and `accesses` tell whether it is
//! met and what stands in its way (`unmet`). `edits` gives candidates, made with an `editor`: of `rules`, access
//! `statements` and `heads` (`words` are those of their `on` and `devices`). `search` tries them, and tells the `lines` of
//! the first set; `memberships` tries other groups for one user.

mod accesses;
mod editor;
mod edits;
mod goal;
mod heads;
mod lines;
mod memberships;
mod movements;
mod question;
mod remedy;
mod rules;
mod search;
mod statements;
mod unmet;
mod words;

use crate::analysis::access::AccessChangeKind;
use crate::analysis::compare::changes::{Change, ChangeKind};
use crate::analysis::subject::Analysis;
use crate::decision::Effect;
#[cfg(feature = "intune")]
use crate::limits::LimitExceeded;
use goal::Goal;
use memberships::memberships;
use question::Question;
pub use remedy::{NoRemedy, Remedy, RemedyStep, StepKind};
use search::Search;
use unmet::Status;

/// Remedies of a question about movements.
pub(in crate::analysis) fn remedies(
    analysis: &Analysis<'_>,
    question: &str,
    wanted: Effect,
) -> Result<Vec<Remedy>, NoRemedy> {
    remedies_of(analysis, &Goal::movements(analysis.checked, question, wanted)?)
}

/// Remedies of a claim about accesses.
pub(in crate::analysis) fn access_remedies(
    analysis: &Analysis<'_>,
    claim: &str,
) -> Result<Vec<Remedy>, NoRemedy> {
    remedies_of(analysis, &Goal::accesses(analysis.checked, claim)?)
}

fn remedies_of(analysis: &Analysis<'_>, goal: &Goal) -> Result<Vec<Remedy>, NoRemedy> {
    let question = Question::read(analysis.checked, goal).ok_or(NoRemedy::Empty)?;
    let unmet = match question.status(analysis)? {
        Status::Unmet(unmet) => unmet,
        Status::Met => return Err(NoRemedy::AlreadySo),
        Status::Empty => return Err(NoRemedy::Empty),
    };
    let mut search = Search::new(analysis, goal);
    let mut remedies = memberships(analysis, &question)?;
    remedies.extend(search.edits(unmet)?);
    if remedies.is_empty() {
        return Err(NoRemedy::NotFound { tried: search.tried });
    }
    remedies.sort_by(|a, b| cost(a).cmp(&cost(b)));
    Ok(remedies)
}

/// Edits before changes of memberships; of edits those that loosen the least, then those that change the
/// least, then the fewest.
fn cost(remedy: &Remedy) -> (bool, [usize; 3], &[RemedyStep]) {
    let Remedy { steps, changes, accesses, requirements, .. } = remedy;
    let is_membership = steps.iter().any(|step| step.kind == StepKind::Membership);
    let is_looser =
        |change: &&Change| matches!(change.kind, ChangeKind::Looser | ChangeKind::Limits);
    let looser = changes.iter().filter(is_looser).count();
    let of_accesses = accesses.iter().map(|one| (one.kind, one.scopes.len()));
    let of_requirements = requirements.iter().map(|one| (one.kind, one.scopes.len()));
    let scopes: Vec<_> = of_accesses.chain(of_requirements).collect();
    let opens = |kind| matches!(kind, AccessChangeKind::Looser | AccessChangeKind::Mixed);
    let opened = scopes.iter().filter(|(kind, _)| opens(*kind)).map(|(_, scopes)| scopes);
    let looser = looser + opened.sum::<usize>();
    let changed = changes.len() + scopes.iter().map(|(_, scopes)| scopes).sum::<usize>();
    (is_membership, [looser, changed, steps.len()], steps)
}

/// Whether a question can be read and holds movements, and all of them have the wanted effect.
#[cfg(feature = "intune")]
pub(in crate::analysis) fn is_met(
    analysis: &Analysis<'_>,
    question: &str,
    wanted: Effect,
) -> Result<bool, LimitExceeded> {
    let Ok(scope) = analysis.checked.question(question) else { return Ok(false) };
    Ok(matches!(movements::status(analysis, &scope, wanted)?, Status::Met))
}

/// Whether a claim about accesses can be read and is about some, and holds.
#[cfg(feature = "intune")]
pub(in crate::analysis) fn is_claim_met(
    analysis: &Analysis<'_>,
    claim: &str,
) -> Result<bool, LimitExceeded> {
    let Ok(expectation) = analysis.checked.access_claim(claim) else { return Ok(false) };
    Ok(matches!(accesses::status(analysis, &expectation)?, Status::Met))
}
