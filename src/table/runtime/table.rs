//! The table itself: its arrays, its stamp, and what is derived from the arrays.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::access::{AccessIr, AccessLayout};
use super::super::ir::{DeviceKinds, EndpointClasses, EndpointIndex, GroupVariables, Ir};
use super::code::Code;
use super::groups::{Candidates, UserGroups};
use super::layout::Layout;
use crate::dd::{Cond, Node};
use crate::decision::Decision;
use crate::model::{Directory, UsersId};
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Channels, Kind, Place, Reason, Side};

/// A compiled policy set. Cheap to clone and safe to share between threads.
#[derive(Debug, Clone)]
pub struct Table(pub(crate) Arc<TableData>);

/// The arrays of a table.
#[derive(Debug)]
pub(crate) struct TableData {
    /// The table's own number: movements that another table resolved are refused by it.
    pub(crate) stamp: u64,
    pub(crate) directory: Arc<Directory>,
    pub(crate) groups: GroupVariables,
    pub(crate) devices: DeviceKinds,
    pub(crate) endpoints: EndpointIndex,
    /// The classes of sources and of targets, for determining rules and cache keys.
    pub(crate) classes: [EndpointClasses; 2],
    pub(crate) layout: Layout,
    /// The nodes of all conditions on users.
    pub(crate) nodes: Vec<Node>,
    pub(crate) ir: Ir,
    /// The limits on characters that rules set, the smallest first.
    pub(crate) character_limits: Vec<u32>,
    pub(crate) candidates: Candidates,
    /// What decides accesses; `None` in a table of a format without it.
    pub(crate) access: Option<AccessParts>,
    /// By bundle: the users whom it is for under some answer of the filters. Empty without filters.
    pub(crate) assigned: Vec<Cond>,
    /// The channels of sources and of targets.
    pub(super) channels: [EndpointChannels; 2],
}

/// The parts from which a table is made.
pub(crate) struct Parts {
    pub(crate) directory: Arc<Directory>,
    pub(crate) groups: GroupVariables,
    pub(crate) devices: DeviceKinds,
    pub(crate) endpoints: EndpointIndex,
    pub(crate) classes: [EndpointClasses; 2],
    pub(crate) layout: Layout,
    pub(crate) nodes: Vec<Node>,
    pub(crate) ir: Ir,
    pub(crate) access: Option<AccessParts>,
    pub(crate) assigned: Vec<Cond>,
}

/// The statements about accesses, and what is left of them for each bundle.
#[derive(Debug)]
pub(crate) struct AccessParts {
    pub(crate) ir: AccessIr,
    pub(crate) layout: AccessLayout,
}

impl AccessParts {
    /// The bytes on the heap.
    pub(super) fn heap_bytes(&self) -> usize {
        self.ir.heap_bytes() + self.layout.heap_bytes()
    }
}

/// The channels on which endpoints can stand on one side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EndpointChannels {
    apps: Channels,
    storages: Channels,
    places: [Channels; Place::ALL.len()],
}

impl EndpointChannels {
    fn new(side: Side) -> Self {
        let of =
            |kind: Kind| Channel::ALL.iter().copied().filter(move |one| one.kind_at(side) == kind);
        let mut places = [Channels::NONE; Place::ALL.len()];
        for (place, channels) in Place::ALL.iter().zip(&mut places) {
            *channels = of(Kind::Place).filter(|one| one.places().contains(place)).collect();
        }
        Self { apps: of(Kind::App).collect(), storages: of(Kind::Storage).collect(), places }
    }

    #[inline]
    pub(super) fn of(&self, end: Endpoint) -> Channels {
        match end {
            Endpoint::App { .. } => self.apps,
            Endpoint::Storage(_) => self.storages,
            Endpoint::Place(place) => {
                self.places.get(place.index()).copied().unwrap_or(Channels::NONE)
            }
        }
    }
}

impl Table {
    /// A table of these parts, which belong together.
    pub(crate) fn of(parts: Parts) -> Self {
        let Parts { directory, groups, devices, endpoints, classes, .. } = parts;
        let Parts { mut layout, nodes, ir, access, assigned, .. } = parts;
        layout.prepare();
        let bundles = layout.bundles.iter().map(|bundle| bundle.people);
        let people = if assigned.is_empty() { bundles.collect() } else { assigned.clone() };
        Self(Arc::new(TableData {
            stamp: next_stamp(),
            candidates: Candidates::new(&nodes, &people, groups.len(), assigned.is_empty()),
            character_limits: ir.character_limits(),
            channels: [EndpointChannels::new(Side::Source), EndpointChannels::new(Side::Target)],
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

    /// Names and ids, as requests use them and answers show them.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }
}

impl TableData {
    /// The variables that are true of a user in some groups on a device where some filters hold.
    #[inline]
    pub(super) fn user_groups(&self, users: impl Iterator<Item = UsersId>) -> UserGroups {
        let variables = users.filter_map(|group| self.groups.variable(group));
        UserGroups::new(variables, self.groups.len())
    }

    /// The decision of a code about a text within every limit.
    #[inline]
    pub(super) fn decision(&self, code: Code, reason: Reason) -> Decision {
        if code == Code::NOT_APPLICABLE {
            return Decision::not_enforced(reason);
        }
        Decision::enforced(code.verdict(&self.character_limits))
    }
}

/// A number that no table and no session had before. Stamps are never shown.
pub(crate) fn next_stamp() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
