//! Sizes of a table.

use super::super::ir::EndpointClasses;
use super::table::{Layout, Table, TableData};

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
    /// Cells of all distinct matrices.
    pub cells: usize,
    /// Nodes of decision diagrams over groups.
    pub nodes: usize,
    /// Distinct decisions.
    pub decisions: usize,
    /// Bytes of memory: cells, names, and what is needed to name the determining rules.
    pub bytes: usize,
}

impl Stats {
    fn of(data: &TableData) -> Self {
        let Layout { matrices, lines, cells } = &data.layout;
        let classes = data.classes.iter().map(EndpointClasses::heap_bytes);
        Self {
            device_kinds: data.devices.len(),
            user_groups: data.groups.len(),
            source_classes: data.classes[0].len(),
            target_classes: data.classes[1].len(),
            cells: cells.len(),
            nodes: data.nodes.len(),
            decisions: data.decisions.len(),
            bytes: size_of_val(lines.as_slice())
                + size_of_val(cells.as_slice())
                + size_of_val(matrices.as_slice())
                + size_of_val(data.facts.as_slice())
                + size_of_val(data.nodes.as_slice())
                + size_of_val(data.decisions.as_slice())
                + classes.sum::<usize>()
                + data.ir.heap_bytes()
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
