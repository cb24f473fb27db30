//! Questions about movements: are they decided as wanted, and if not, what decides them?

use std::ops::ControlFlow;

use super::unmet::{Status, Unmet};
use crate::analysis::engine::endpoints::not_deployed;
use crate::analysis::engine::query::Query;
use crate::analysis::engine::space::{Pair, ScopeSpace};
use crate::analysis::subject::Analysis;
use crate::decision::Effect;
use crate::limits::LimitExceeded;
use crate::model::Scope;
use crate::table::{DecisionId, Outcome};
use crate::vocabulary::Side;

/// Whether the movements of a scope are decided as wanted, and if not, what decides them.
pub(super) fn status(
    analysis: &Analysis<'_>,
    scope: &Scope,
    wanted: Effect,
) -> Result<Status, LimitExceeded> {
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
        (true, _) => Status::Empty,
        (_, true) => Status::Met,
        _ => Status::Unmet(unmet),
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
    let [judged, others] = match channel.own_side() {
        Side::Source => [&source.members, &target.members],
        Side::Target => [&target.members, &source.members],
    };
    unmet.ends.extend(judged.iter().map(|member| not_deployed(member.view.end)));
    unmet.other_ends.extend(others.iter().map(|member| not_deployed(member.view.end)));
    let users = query.manager().preimage(outcome, |id| wrong.contains(&id))?;
    let unwanted = match wanted {
        Effect::Allow => Effect::Block,
        Effect::Block => Effect::Allow,
    };
    for all in pair.applicable_rules(query, None)? {
        let determining = query.users.rules_of_effect(all, unwanted, users)?;
        unmet.policies.extend(determining.iter().map(|one| one.policy));
        unmet.determining.extend(determining);
    }
    Ok(())
}
