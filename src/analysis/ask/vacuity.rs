//! Vacuity: expectations that no rule could break.
//!
//! Takes in expectations, gives out those that hold under any rules: `no path` where none exists even if
//! everything is allowed, and `allow` for movements that no policy could judge. (Beer, Ben-David, Eisner
//! and Rodeh 1997 call this vacuous satisfaction.)

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use crate::analysis::ask::expect::{Verdict, roles, shared_query, verdict};
use crate::analysis::engine::query::Query;
use crate::analysis::engine::space::{Atom, ScopeSpace};
use crate::analysis::reach::graph::ChainQuestion;
use crate::analysis::reach::search::Search;
use crate::analysis::subject::Analysis;
use crate::limits::LimitExceeded;
use crate::model::{Claim, EndpointSet, Expectation, Model};
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Effect, Side};

/// Every vacuous expectation that speaks of some movement, with the reason.
pub(in crate::analysis) fn find<'t>(
    analysis: &'t Analysis<'_>,
) -> Result<Vec<(&'t Expectation, &'static str)>, LimitExceeded> {
    let mut queries = BTreeMap::new();
    let mut found = Vec::new();
    for expectation in analysis.model.expectations() {
        let what_if = analysis.what_if_of(expectation.policy);
        let mut query = match queries.remove(&what_if) {
            Some(query) => query,
            None => shared_query(analysis, what_if)?,
        };
        // One that speaks of no movement is reported as that, which is the reason.
        if let Some(reason) = reason(&mut query, expectation)?
            && !matches!(verdict(&mut query, expectation)?, Verdict::Empty)
        {
            found.push((expectation, reason));
        }
        queries.insert(what_if, query);
    }
    Ok(found)
}

/// The reason why an expectation is vacuous, if it is.
fn reason<'t>(
    query: &mut Query<'t>,
    expectation: &'t Expectation,
) -> Result<Option<&'static str>, LimitExceeded> {
    Ok(match &expectation.claim {
        Claim::NoPath { avoiding } => {
            let leads = could_lead(query, expectation, avoiding.as_ref())?;
            (!leads).then_some("even if everything were allowed, no chain would lead there")
        }
        Claim::Decided { effect: Effect::Allow, .. } => {
            let is_open = could_be_judged(query, expectation)?;
            (!is_open).then_some("no policy can apply here: no app of these could be protected")
        }
        // Whatever is blocked is blocked by some policy.
        Claim::Decided { effect: Effect::Block, .. } => None,
    })
}

/// Whether some chain would lead there if every movement were allowed.
fn could_lead<'t>(
    query: &mut Query<'t>,
    expectation: &'t Expectation,
    avoiding: Option<&'t EndpointSet>,
) -> Result<bool, LimitExceeded> {
    let Expectation { scope, policy, .. } = expectation;
    let question = ChainQuestion { scope, avoiding, policy: *policy, across_devices: false };
    let mut search = Search::new(query, question)?;
    search.allow_everything();
    for role in roles(*policy, scope) {
        search.set_role(*role);
        if search.shortest()?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether the scope holds a movement that some policy could judge.
fn could_be_judged<'t>(
    query: &mut Query<'t>,
    expectation: &'t Expectation,
) -> Result<bool, LimitExceeded> {
    let model = query.model;
    let mut space = ScopeSpace::new(query, &expectation.scope, expectation.policy)?;
    let mut found = false;
    space.visit(query, |space, query, pair| {
        let ends = [(Side::Source, pair.source), (Side::Target, pair.target)];
        let is_judged = ends.iter().any(|(side, atom)| judges(model, pair.channel, *side, atom));
        found = is_judged && space.holds(query, pair)?;
        Ok(if found { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
    })?;
    Ok(found)
}

/// Whether a policy that protected one of the endpoints would judge it.
fn judges(model: &Model, channel: Channel, side: Side, atom: &Atom) -> bool {
    channel.judged_at(side)
        && atom.members.iter().any(|member| match member.view.end {
            Endpoint::App { app, .. } => model.app(app).can_be_protected(),
            Endpoint::Storage(_) | Endpoint::Place(_) => false,
        })
}
