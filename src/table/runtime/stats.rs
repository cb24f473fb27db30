//! Sizes of a table.

use super::super::ir::EndpointClasses;
use super::table::{AccessParts, Table, TableData};

/// The size of a [`Table`](super::Table).
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[non_exhaustive]
pub struct Stats {
    /// Kinds of devices.
    pub device_kinds: usize,
    /// Groups of people that policies tell apart.
    pub user_groups: usize,
    /// Equivalence classes of sources.
    pub source_classes: usize,
    /// Equivalence classes of targets.
    pub target_classes: usize,
    /// Bundles of live policies with equal heads.
    pub bundles: usize,
    /// Distinct matrices of bundles.
    pub matrices: usize,
    /// Cells of all distinct matrices.
    pub cells: usize,
    /// Nodes of the conditions on groups.
    pub nodes: usize,
    /// Bytes of memory: matrices, names, and what is needed to name the determining rules.
    pub bytes: usize,
}

impl Stats {
    fn of(data: &TableData) -> Self {
        let classes = data.classes.each_ref();
        let [sources, targets] = classes.map(EndpointClasses::len);
        Self {
            device_kinds: data.devices.len(),
            user_groups: data.groups.len(),
            source_classes: sources,
            target_classes: targets,
            bundles: data.layout.bundles.len(),
            matrices: data.layout.matrices.len(),
            cells: data.layout.cells.len(),
            nodes: data.nodes.len(),
            bytes: data.layout.heap_bytes()
                + data.candidates.heap_bytes()
                + size_of_val(data.nodes.as_slice())
                + classes.map(EndpointClasses::heap_bytes).iter().sum::<usize>()
                + data.ir.heap_bytes()
                + data.access.as_ref().map_or(0, AccessParts::heap_bytes)
                + data.directory.heap_bytes(),
        }
    }
}

impl Table {
    /// Counts and sizes, for people who tune.
    #[must_use]
    pub fn stats(&self) -> Stats {
        Stats::of(&self.0)
    }
}
