//! Model to table.
//!
//! Works out one plane for each kind of device and channel and stores equal parts once. Shares nothing
//! with the interpreter but the model and the join.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;

use super::groups::Groups;
use super::plane::Plane;
use super::rulebook::Rulebook;
use super::verdicts::Verdicts;
use super::workshop::Workshop;
use super::{Aspect, Cells, Inner, Mask, PlaneAt, Table, next_stamp};
use crate::diagram::{Diagram, Diagrams, Node};
use crate::limits::Limits;
use crate::model::{Model, People, PolicyId};
use crate::vocabulary::Channel;

/// Why a model has no table within the limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BuildError {
    /// Policies tell apart more groups of people than the limit.
    #[error("policies tell apart {groups} groups of people, the limit is {limit}")]
    UserGroups {
        /// How many.
        groups: usize,
        /// The limit.
        limit: usize,
    },
    /// The table would have more cells than the limit.
    #[error("the table would have more than {limit} cells")]
    Cells {
        /// The limit.
        limit: usize,
    },
    /// Policies combine groups of people in more ways than the limit.
    #[error("the table would need more than {limit} nodes to tell users apart")]
    Nodes {
        /// The limit.
        limit: usize,
    },
}

/// Compiles a model. With a `guest`, that policy, which only reports, is treated as if it were live.
pub(super) fn build(
    model: &Model,
    guest: Option<PolicyId>,
    limits: &Limits,
) -> Result<Table, BuildError> {
    let groups = Groups::new(clauses(model), model.users().len());
    let limit = limits.user_groups.min(Mask::CAPACITY);
    if groups.len() > limit {
        return Err(BuildError::UserGroups { groups: groups.len(), limit });
    }
    let mut verdicts = Verdicts::new(Diagrams::new(limits.nodes));
    let shop = Workshop::new(model, guest, &[], &groups, &mut verdicts);
    let mut shelves = Shelves::default();
    for device in &shop.devices.witnesses {
        let mut place = shop.place(&mut verdicts, *device);
        place.simplify(&mut verdicts.diagrams);
        shelves.add_aspects(place.aspects());
        for channel in Channel::ALL {
            let work = shop.work(&mut verdicts, &place, *channel, &[]);
            shelves.add(work.plane(&mut verdicts));
            if shelves.cells.cells.len() > limits.cells {
                return Err(BuildError::Cells { limit: limits.cells });
            }
            if verdicts.diagrams.is_exhausted() {
                return Err(BuildError::Nodes { limit: limits.nodes });
            }
        }
    }
    let Workshop { book, classes, devices, points, .. } = shop;
    let Shelves { aspects_at, aspects, cells, .. } = shelves;
    let mut parts = Parts { book, aspects, cells, nodes: Vec::new() };
    parts.keep_what_is_used(&verdicts.diagrams);
    Ok(Table(Arc::new(Inner {
        stamp: next_stamp(),
        directory: Arc::clone(model.directory()),
        groups,
        devices,
        points,
        classes,
        aspects_at,
        aspects: parts.aspects,
        cells: parts.cells,
        nodes: parts.nodes,
        decisions: verdicts.decisions().to_vec(),
        limits: parts.book.limits(),
        book: parts.book,
    })))
}

/// Every `for` clause of policies and rules.
fn clauses(model: &Model) -> impl Iterator<Item = &People> {
    let heads = model.policies().iter().map(|policy| &policy.people);
    heads.chain(model.rules().iter().filter_map(|rule| rule.scope.people.as_ref()))
}

// ---------------------------------------------------------------- storing equal parts once

#[derive(Default)]
struct Shelves {
    aspects_at: Vec<[u32; 2]>,
    aspects: Vec<Aspect>,
    aspect_lists: HashMap<Vec<Aspect>, u32, FxBuildHasher>,
    cells: Cells,
    maps: HashMap<Vec<u32>, u32, FxBuildHasher>,
    matrices: HashMap<(usize, Vec<Diagram>), u32, FxBuildHasher>,
}

impl Shelves {
    fn add_aspects(&mut self, of_sides: [Vec<Aspect>; 2]) {
        let at = of_sides
            .map(|list| put(&mut self.aspect_lists, list, &mut self.aspects, Vec::as_slice));
        self.aspects_at.push(at);
    }

    fn add(&mut self, plane: Plane) {
        let rows = put(&mut self.maps, plane.rows, &mut self.cells.maps, |key| key.as_slice());
        let columns =
            put(&mut self.maps, plane.columns, &mut self.cells.maps, |key| key.as_slice());
        let matrix = (plane.width, plane.cells);
        let cells = put(&mut self.matrices, matrix, &mut self.cells.cells, |key| &key.1);
        let width = u32::try_from(plane.width).unwrap_or(u32::MAX);
        self.cells.planes.push(PlaneAt { rows, columns, cells, width });
    }
}

/// Where a list begins; a new one is written behind the others.
fn put<K: Eq + Hash, T: Copy>(
    known: &mut HashMap<K, u32, FxBuildHasher>,
    key: K,
    into: &mut Vec<T>,
    list: impl Fn(&K) -> &[T],
) -> u32 {
    let next = u32::try_from(into.len()).unwrap_or(u32::MAX);
    *known.entry(key).or_insert_with_key(|key| {
        into.extend_from_slice(list(key));
        next
    })
}

/// Everything in a table that points at nodes.
struct Parts {
    book: Rulebook,
    aspects: Vec<Aspect>,
    cells: Cells,
    nodes: Vec<Node>,
}

impl Parts {
    /// Drops the nodes that only led to others, and numbers the rest anew.
    fn keep_what_is_used(&mut self, diagrams: &Diagrams) {
        let mut kept = crate::diagram::Kept::new(diagrams);
        let heads = self.book.heads.iter_mut().map(|head| &mut head.people);
        let lines = self.book.lines.iter_mut().map(|line| &mut line.people);
        let aspects = self.aspects.iter_mut().flat_map(|one| [&mut one.managed, &mut one.reason]);
        for one in heads.chain(lines).chain(aspects).chain(&mut self.cells.cells) {
            *one = kept.keep(*one);
        }
        self.nodes = kept.into_nodes();
        // What was written list by list has room for more, and a table gets no more.
        self.nodes.shrink_to_fit();
        self.aspects.shrink_to_fit();
        let Cells { planes, maps, cells } = &mut self.cells;
        planes.shrink_to_fit();
        maps.shrink_to_fit();
        cells.shrink_to_fit();
    }
}
