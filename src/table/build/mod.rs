//! Building: from a model to a table.
//!
//! Takes in a model and limits, gives out a table or the limit that it would exceed. Works out one matrix
//! for each kind of device and channel and has `layout` store equal parts once. Shares nothing with the
//! interpreter but the model and the join of verdicts.

mod layout;

use std::sync::Arc;

use super::decisions::Combiner;
use super::folded::FoldedModel;
use super::ir::{GroupVariables, Ir, clauses_of};
use super::runtime::{ClassFacts, GroupBits, Layout, Table, TableData, next_stamp};
use crate::dd::{Compaction, Manager, Node};
use crate::limits::{LimitExceeded, Limits, Resource, index};
use crate::model::{Model, People};
use crate::vocabulary::Channel;
use layout::LayoutBuilder;

impl Table {
    /// Compiles a model.
    ///
    /// # Errors
    ///
    /// When the table would need more than the limits allow.
    pub fn new(model: &Model, limits: &Limits) -> Result<Self, LimitExceeded> {
        let groups = GroupVariables::new(clauses_of(model), model.users().len());
        let limit = limits.user_groups.min(GroupBits::CAPACITY);
        if groups.len() > limit {
            return Err(LimitExceeded::new(Resource::UserGroups, groups.len(), limit));
        }
        let combiner = &mut Combiner::new(Manager::new(limits.nodes));
        let clause = |manager: &mut Manager, people: &People| groups.clause(manager, people);
        let folded = FoldedModel::new(model, None, &[], &mut combiner.manager, &clause)?;
        let mut builder = LayoutBuilder::new(limits.cells);
        for (kind, _) in folded.device_kinds() {
            let mut on = folded.device_context(combiner, kind, None)?;
            on.restrict_to_views(&mut combiner.manager)?;
            builder.add_facts(on.class_facts())?;
            for channel in Channel::ALL {
                let matrix = folded.matrix(combiner, &on, *channel, &[])?;
                builder.add_matrix(&folded.ir, combiner, &matrix)?;
            }
        }
        // Endpoints are numbered with 32 bits.
        index(folded.endpoints.len())?;
        let FoldedModel { ir, classes, devices, endpoints, .. } = folded;
        let LayoutBuilder { facts_at, facts, layout, .. } = builder;
        let mut parts = Parts { ir, facts, layout, nodes: Vec::new() };
        parts.compact(&combiner.manager);
        Ok(Self(Arc::new(TableData {
            stamp: next_stamp(),
            directory: Arc::clone(model.directory()),
            groups,
            devices,
            endpoints,
            classes,
            facts_at,
            facts: parts.facts,
            layout: parts.layout,
            nodes: parts.nodes,
            decisions: combiner.decisions().to_vec(),
            character_limits: parts.ir.character_limits(),
            ir: parts.ir,
        })))
    }
}

/// Everything in a table that refers to nodes.
struct Parts {
    ir: Ir,
    facts: Vec<ClassFacts>,
    layout: Layout,
    nodes: Vec<Node>,
}

impl Parts {
    /// Drops the nodes that nothing refers to, and numbers the rest anew.
    fn compact(&mut self, manager: &Manager) {
        let mut kept = Compaction::new(manager);
        let heads = self.ir.policies.iter_mut().map(|policy| &mut policy.people);
        for people in heads.chain(self.ir.rules.iter_mut().map(|rule| &mut rule.people)) {
            *people = kept.keep(*people);
        }
        for facts in &mut self.facts {
            facts.managed = kept.keep(facts.managed);
            facts.reason = kept.keep(facts.reason);
        }
        for cell in &mut self.layout.cells {
            *cell = kept.keep(*cell);
        }
        self.nodes = kept.into_nodes();
        // A table does not grow: room for more is given back.
        self.nodes.shrink_to_fit();
        self.facts.shrink_to_fit();
        let Layout { matrices, lines, cells } = &mut self.layout;
        matrices.shrink_to_fit();
        lines.shrink_to_fit();
        cells.shrink_to_fit();
    }
}
