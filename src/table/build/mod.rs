//! Building: from a model to a table.
//!
//! Takes in a model and limits, gives out a table or the limit that it would exceed. `bundles` gathers the
//! policies with one head; `bundle` builds the parts of each: `partition` its classes of apps, `lines` what
//! its rules tell apart, `matrices` its outcomes. `layout` stores equal parts once. What is built grows with
//! what is written, since no policy is combined with one of another head. Shares nothing with the
//! interpreter but the model and the join of verdicts.

mod bundle;
mod bundles;
mod layout;
mod lines;
mod matrices;
mod partition;

use std::sync::Arc;

use super::access::{AccessIr, AccessLayout};
use super::ir::{Clauses, DeviceKinds, EndpointClasses, EndpointIndex, GroupVariables, Ir};
use super::runtime::{AccessParts, Layout, Parts, Table};
use crate::dd::{Compaction, Cond, Manager, Node};
use crate::limits::{LimitExceeded, Limits, Resource, index};
use crate::model::{Model, People};
use crate::vocabulary::Side;
use bundle::Source;
use bundles::{Bundles, PolicyBundle};
use layout::LayoutBuilder;
use partition::Traits;

impl Table {
    /// Compiles a model.
    ///
    /// # Errors
    ///
    /// When the table would need more than the limits allow.
    pub fn new(model: &Model, limits: &Limits) -> Result<Self, LimitExceeded> {
        let groups = GroupVariables::new(&Clauses::of(model), model.attributes());
        if groups.len() > limits.user_groups {
            return Err(LimitExceeded::new(Resource::UserGroups, groups.len(), limits.user_groups));
        }
        let mut manager = Manager::new(limits.nodes).stopped_by(limits.interrupt.clone());
        let clause = |manager: &mut Manager, people: &People| groups.clause(manager, people);
        let endpoints = EndpointIndex::new(model.apps().len(), model.storages().len());
        let classes = |side| EndpointClasses::new(model, model.rules().iter(), side, endpoints);
        let classes = [classes(Side::Source)?, classes(Side::Target)?];
        // Endpoints are numbered with 32 bits.
        index(endpoints.len())?;
        let mut ir = Ir::new(model, None, &[], classes.each_ref(), &mut manager, &clause)?;
        let devices = DeviceKinds::new(model, &[]);
        let bundles = Bundles::new(&ir)?.list;
        let mut layout = layout(model, &ir, &devices, endpoints, &bundles, limits)?;
        let access = Some(access(model, &bundles)?);
        let mut assigned = assigned(&groups, &layout, &mut manager)?;
        let nodes = compact(&manager, &mut ir, &mut layout, &mut assigned);
        let directory = Arc::clone(model.directory());
        Ok(Self::of(Parts {
            directory,
            groups,
            devices,
            endpoints,
            classes,
            layout,
            nodes,
            ir,
            access,
            assigned,
        }))
    }
}

/// By bundle: the users whom it is for under some answer of the filters. Empty where none is declared.
fn assigned(
    groups: &GroupVariables,
    layout: &Layout,
    manager: &mut Manager,
) -> Result<Vec<Cond>, LimitExceeded> {
    if !groups.has_filters() {
        return Ok(Vec::new());
    }
    let people = layout.bundles.iter().map(|bundle| bundle.people);
    people.map(|people| groups.without_filters(manager, people)).collect()
}

/// The matrices of all bundles.
fn layout(
    model: &Model,
    ir: &Ir,
    devices: &DeviceKinds,
    endpoints: EndpointIndex,
    bundles: &[PolicyBundle],
    limits: &Limits,
) -> Result<Layout, LimitExceeded> {
    let traits = Traits::new(model);
    let mut builder = LayoutBuilder::new(traits.of_thing.clone(), limits.cells);
    let character_limits = &ir.character_limits();
    let (traits, cells) = (&traits, limits.cells);
    let source = Source { model, ir, devices, endpoints, traits, character_limits, cells };
    for bundle in bundles {
        source.add(bundle, &mut builder)?;
    }
    Ok(builder.finish())
}

/// The access statements of all policies, folded for each bundle.
fn access(model: &Model, bundles: &[PolicyBundle]) -> Result<AccessParts, LimitExceeded> {
    let mut ir = AccessIr::new(model)?;
    let policies = bundles.iter().map(|bundle| bundle.policies.as_slice());
    let layout = AccessLayout::new(&mut ir, policies)?;
    Ok(AccessParts { ir, layout })
}

/// Drops the nodes that nothing refers to, and numbers the rest anew.
fn compact(
    manager: &Manager,
    ir: &mut Ir,
    layout: &mut Layout,
    assigned: &mut [Cond],
) -> Vec<Node> {
    let mut kept = Compaction::new(manager);
    let policies = ir.policies.iter_mut().map(|policy| &mut policy.people);
    let rules = ir.rules.iter_mut().map(|rule| &mut rule.people);
    let bundles = layout.bundles.iter_mut().map(|bundle| &mut bundle.people);
    let layers = layout.layers.iter_mut().map(|layer| &mut layer.people);
    for people in policies.chain(rules).chain(bundles).chain(layers).chain(assigned) {
        *people = kept.keep(*people);
    }
    let mut nodes = kept.into_nodes();
    // A table does not grow: room for more is given back.
    nodes.shrink_to_fit();
    nodes
}
