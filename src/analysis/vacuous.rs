//! Expectations that no policy could break.
//!
//! Takes in an expectation, tells whether it would hold whatever rules said: a chain that no movement
//! makes, or movements in which no policy could have a say. A promise that cannot be broken is none.

use std::collections::BTreeMap;

use super::Analysis;
use super::expect::{lens, owns};
use super::flow::{self, Flow};
use super::space::{Atom, Lens, Space};
use crate::model::{Claim, EndpointSet, Expectation, Model};
use crate::movement::Endpoint;
use crate::table::Seen;
use crate::vocabulary::{Channel, Effect, Side};

/// Every expectation that cannot be broken, with the reason.
pub(super) fn find<'a>(analysis: &'a Analysis<'_>) -> Vec<(&'a Expectation, &'static str)> {
    let mut lenses = BTreeMap::new();
    let found = analysis.model.expectations().iter().filter_map(|expectation| {
        let guest = expectation.policy.filter(|id| analysis.guests.contains_key(id));
        let lens = lenses.entry(guest).or_insert_with(|| lens(analysis, guest));
        why(lens, expectation).map(|why| (expectation, why))
    });
    found.collect()
}

/// Why an expectation cannot be broken, if it cannot.
fn why<'a>(lens: &mut Lens<'a>, expectation: &'a Expectation) -> Option<&'static str> {
    match &expectation.claim {
        Claim::NoPath { avoiding } => {
            let leads = could_lead(lens, expectation, avoiding.as_ref());
            (!leads).then_some("even if everything were allowed, no chain would lead there")
        }
        Claim::Decided { effect: Effect::Allow, .. } => {
            let is_open = could_be_judged(lens, expectation);
            (!is_open)
                .then_some("no policy can have a say here: no end is an app that one could protect")
        }
        // What is blocked is blocked by some policy.
        Claim::Decided { effect: Effect::Block, .. } => None,
    }
}

/// Whether some chain would lead there if every movement were allowed.
fn could_lead<'a>(
    lens: &mut Lens<'a>,
    expectation: &'a Expectation,
    avoiding: Option<&'a EndpointSet>,
) -> bool {
    let Expectation { scope, policy, .. } = expectation;
    let asked = flow::Asked { scope, avoiding, policy: *policy, across: false };
    let mut flow = Flow::new(lens, asked);
    flow.let_everything_pass();
    owns(expectation).iter().any(|own| {
        flow.only(*own);
        flow.shortest().is_some()
    })
}

/// Whether the scope holds a movement of which some policy could judge an end.
fn could_be_judged<'a>(lens: &mut Lens<'a>, expectation: &'a Expectation) -> bool {
    let model = lens.model;
    let mut space = Space::new(lens, &expectation.scope, expectation.policy);
    let mut found = false;
    space.visit(lens, |space, lens, pair| {
        let ends = [(Side::Source, pair.source), (Side::Target, pair.target)];
        let mut judged =
            ends.iter().filter(|(side, atom)| judges(model, pair.channel, *side, atom));
        found = judged.next().is_some() && space.holds(lens, pair);
        if found { Seen::Enough } else { Seen::More }
    });
    found
}

/// Whether a policy that protected one of the ends would judge it.
fn judges(model: &Model, channel: Channel, side: Side, atom: &Atom) -> bool {
    channel.judged_at(side)
        && atom.ends.iter().any(|end| match end {
            Endpoint::App { app, .. } => model.app(*app).can_be_protected(),
            Endpoint::Storage(_) | Endpoint::Place(_) => false,
        })
}
