//! Model to table.
//!
//! Works out one plane for each kind of device and channel and stores equal parts once. Shares nothing
//! with the interpreter but the model and the join.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxBuildHasher;

use super::classes::{ClassKey, Classes, Points};
use super::devices::{Device, Devices};
use super::groups::Groups;
use super::plane::{Place, Plane, Seen, plane};
use super::rulebook::Rulebook;
use super::verdicts::Verdicts;
use super::world::{Form, World};
use super::{Cells, Inner, Mask, PlaneAt, Table};
use crate::diagram::{Diagram, Diagrams, Node};
use crate::limits::Limits;
use crate::model::{Model, People, PolicyId};
use crate::vocabulary::{Channel, Kind, Reason, Side};

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

/// Stamps for tables; they tell tables apart and are never shown.
static NEXT_STAMP: AtomicU64 = AtomicU64::new(1);

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
    let points = Points::new(model.apps().len(), model.storages().len());
    let classes = [Side::Source, Side::Target].map(|side| Classes::new(model, side, points));
    let mut diagrams = Diagrams::new(limits.nodes);
    let both = [&classes[0], &classes[1]];
    let book = Rulebook::new(model, guest, both, &groups, &mut diagrams);
    let mut builder = Builder {
        book: &book,
        classes: both,
        verdicts: Verdicts::new(diagrams),
        shelves: Shelves::default(),
        limits,
    };
    let devices = Devices::new(model);
    let mut managed = Vec::with_capacity(devices.len());
    for device in &devices.witnesses {
        managed.push(builder.device(*device)?);
    }
    let Builder { verdicts, shelves, .. } = builder;
    if verdicts.diagrams.is_exhausted() {
        return Err(BuildError::Nodes { limit: limits.nodes });
    }
    let mut parts = Parts { book, managed, cells: shelves.cells, nodes: Vec::new() };
    parts.keep_what_is_used(&verdicts.diagrams);
    Ok(Table(Arc::new(Inner {
        stamp: NEXT_STAMP.fetch_add(1, Ordering::Relaxed),
        directory: Arc::clone(model.directory()),
        groups,
        devices,
        points,

        classes,
        cells: parts.cells,
        nodes: parts.nodes,
        decisions: verdicts.decisions().to_vec(),
        managed: parts.managed,
        book: parts.book,
    })))
}

/// Every `for` clause of policies and rules.
fn clauses(model: &Model) -> impl Iterator<Item = &People> {
    let heads = model.policies().iter().map(|policy| &policy.people);
    heads.chain(model.rules().iter().filter_map(|rule| rule.scope.people.as_ref()))
}

struct Builder<'a> {
    book: &'a Rulebook,
    /// Of sources and of targets.
    classes: [&'a Classes; 2],
    verdicts: Verdicts,
    shelves: Shelves,
    limits: &'a Limits,
}

/// What is known of one end of movements on a kind of device.
struct Ends {
    /// By class.
    forms: Vec<Vec<Form>>,
    reasons: Vec<Diagram>,
}

impl Builder<'_> {
    /// Works out the planes of a kind of device; gives for whom each kind of protection is managed.
    fn device(&mut self, device: Device) -> Result<Vec<Diagram>, BuildError> {
        let book = self.book;
        let diagrams = &mut self.verdicts.diagrams;
        let world = World::new(book, diagrams, device, None, &mut |_, people| people);
        let ends = [0, 1].map(|side| self.ends(&world, side));
        for channel in Channel::ALL {
            let place = Place { channel: *channel, platform: device.platform, state: device.state };
            let [sources, targets] = [Side::Source, Side::Target]
                .map(|side| self.seen(&ends[side as usize], *channel, side));
            let plane = plane(book, &mut self.verdicts, place, &sources, &targets);
            self.shelves.add(plane);
            if self.shelves.cells.cells.len() > self.limits.cells {
                return Err(BuildError::Cells { limit: self.limits.cells });
            }
            if self.verdicts.diagrams.is_exhausted() {
                return Err(BuildError::Nodes { limit: self.limits.nodes });
            }
        }
        let examples = book.protection_examples();
        Ok(examples.map(|app| world.managed(book, app)).collect())
    }

    fn ends(&mut self, world: &World, side: usize) -> Ends {
        let (book, classes) = (self.book, self.classes[side]);
        let all = || 0..classes.len();
        let diagrams = &mut self.verdicts.diagrams;
        let forms = all().map(|class| world.forms(book, diagrams, classes, class)).collect();
        let numbers: Vec<Diagram> =
            all().map(|class| world.reason(book, diagrams, classes, class)).collect();
        let mut known: HashMap<Diagram, Diagram, FxBuildHasher> = HashMap::default();
        let reasons = numbers.into_iter().map(|numbers| {
            *known.entry(numbers).or_insert_with(|| self.verdicts.not_enforced(numbers))
        });
        Ends { forms, reasons: reasons.collect() }
    }

    /// The ends as one channel sees them.
    fn seen<'e>(&self, ends: &'e Ends, channel: Channel, side: Side) -> Vec<Seen<'e>> {
        let decides_reason = match channel {
            Channel::Open => side == Side::Target,
            _ => side == Side::Source,
        };
        let keys = self.classes[side as usize].keys.iter();
        let ends = keys.zip(&ends.forms).zip(&ends.reasons);
        ends.map(|((key, forms), reason)| Seen {
            forms: if fits(channel, side, *key) { forms } else { &[] },
            reason: decides_reason.then_some(*reason),
        })
        .collect()
    }
}

/// Whether a class can stand at this end of the channel.
fn fits(channel: Channel, side: Side, key: ClassKey) -> bool {
    let kind = match side {
        Side::Source => channel.source_kind(),
        Side::Target => channel.target_kind(),
    };
    match key {
        ClassKey::App { .. } => kind == Kind::App,
        ClassKey::Storage { .. } => kind == Kind::Storage,
        ClassKey::Place(place) => channel.places().contains(&place),
    }
}

impl Verdicts {
    /// The decisions where nobody has a say, from the numbers of reasons.
    fn not_enforced(&mut self, reasons: Diagram) -> Diagram {
        let mut numbers = Vec::new();
        for reason in Reason::ALL {
            let decision = crate::decision::Decision::not_enforced(*reason);
            numbers.push(self.all(decision).number().unwrap_or_default());
        }
        self.diagrams.map(reasons, |reason| numbers.get(reason as usize).copied().unwrap_or(0))
    }
}

// ---------------------------------------------------------------- storing equal parts once

#[derive(Default)]
struct Shelves {
    cells: Cells,
    maps: HashMap<Vec<u32>, u32, FxBuildHasher>,
    matrices: HashMap<(usize, Vec<Diagram>), u32, FxBuildHasher>,
}

impl Shelves {
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
    managed: Vec<Vec<Diagram>>,
    cells: Cells,
    nodes: Vec<Node>,
}

impl Parts {
    /// Drops the nodes that only led to others, and numbers the rest anew.
    fn keep_what_is_used(&mut self, diagrams: &Diagrams) {
        let mut kept = crate::diagram::Kept::new(diagrams);
        let heads = self.book.heads.iter_mut().map(|head| &mut head.people);
        let lines = self.book.lines.iter_mut().map(|line| &mut line.people);
        let managed = self.managed.iter_mut().flatten();
        for one in heads.chain(lines).chain(managed).chain(&mut self.cells.cells) {
            *one = kept.keep(*one);
        }
        self.nodes = kept.into_nodes();
    }
}
