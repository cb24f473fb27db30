//! The layout of a table: hash-consed, so that equal row maps, column maps and matrices are stored once.
//!
//! Takes in matrices, gives out arrays. What cells mean is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "rows and cells are numbered by the builder that fills these lists"
)]

use std::collections::HashMap;
use std::hash::Hash;

use rustc_hash::FxBuildHasher;

use super::super::decisions::{Combiner, Outcome};
use super::super::ir::Ir;
use super::super::matrix::{MatrixBuilder, Signatures, distinct};
use super::super::runtime::{ClassFacts, Layout, MatrixAt, NO_LINE};
use crate::limits::{LimitExceeded, Resource, index};

/// The arrays of a table while they grow.
pub(super) struct LayoutBuilder {
    pub(super) facts_at: Vec<[u32; 2]>,
    pub(super) facts: Vec<ClassFacts>,
    pub(super) layout: Layout,
    fact_lists: HashMap<Vec<ClassFacts>, u32, FxBuildHasher>,
    line_maps: HashMap<Vec<u32>, u32, FxBuildHasher>,
    matrices: HashMap<(usize, Vec<Outcome>), u32, FxBuildHasher>,
    /// The limit on cells.
    limit: usize,
}

impl LayoutBuilder {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            facts_at: Vec::new(),
            facts: Vec::new(),
            layout: Layout::default(),
            fact_lists: HashMap::default(),
            line_maps: HashMap::default(),
            matrices: HashMap::default(),
            limit,
        }
    }

    /// Adds the facts of the classes of sources and of targets on the next kind of device.
    pub(super) fn add_facts(
        &mut self,
        [sources, targets]: [Vec<ClassFacts>; 2],
    ) -> Result<(), LimitExceeded> {
        let Self { fact_lists, facts, .. } = self;
        let sources = intern(fact_lists, sources, facts, Vec::as_slice)?;
        let targets = intern(fact_lists, targets, facts, Vec::as_slice)?;
        self.facts_at.push([sources, targets]);
        Ok(())
    }

    /// Adds the matrix of the next channel. Rows that turn out equal are one, and so are columns.
    pub(super) fn add_matrix(
        &mut self,
        ir: &Ir,
        combiner: &mut Combiner,
        matrix: &MatrixBuilder,
    ) -> Result<(), LimitExceeded> {
        let mut rows = Vec::with_capacity(matrix.sources.list.len());
        for source in 0..matrix.sources.list.len() {
            rows.push(matrix.full_row(ir, combiner, source)?);
        }
        let (rows, row_of_signature) = distinct(&rows);
        let transposed: Vec<Vec<Outcome>> = (0..matrix.width())
            .map(|column| rows.iter().map(|row| row[column]).collect())
            .collect();
        let (columns, column_of_signature) = distinct(&transposed);
        let width = columns.len();
        let needed = self.layout.cells.len().saturating_add(rows.len() * width);
        let cells = (0..rows.len()).flat_map(|row| columns.iter().map(move |column| column[row]));
        let key = (width, cells.collect());
        if needed > self.limit && !self.matrices.contains_key(&key) {
            return Err(LimitExceeded::new(Resource::Cells, needed, self.limit));
        }
        let rows = self.line_map(&matrix.sources, &row_of_signature)?;
        let columns = self.line_map(&matrix.targets, &column_of_signature)?;
        let cells =
            intern(&mut self.matrices, key, &mut self.layout.cells, |(_, cells)| cells.as_slice())?;
        self.layout.matrices.push(MatrixAt { rows, columns, cells, width: index(width)? });
        Ok(())
    }

    /// The place of the map from view indices to lines.
    fn line_map(
        &mut self,
        signatures: &Signatures,
        line_of_signature: &[usize],
    ) -> Result<u32, LimitExceeded> {
        let lines = line_of_signature.iter().map(|line| index(*line));
        let lines: Vec<u32> = lines.collect::<Result<_, _>>()?;
        let map = signatures.by_view(&lines, NO_LINE);
        intern(&mut self.line_maps, map, &mut self.layout.lines, Vec::as_slice)
    }
}

/// The place of a list in an array; a new list is appended.
fn intern<K: Eq + Hash, T: Copy>(
    known: &mut HashMap<K, u32, FxBuildHasher>,
    key: K,
    into: &mut Vec<T>,
    list: impl Fn(&K) -> &[T],
) -> Result<u32, LimitExceeded> {
    if let Some(at) = known.get(&key) {
        return Ok(*at);
    }
    let at = index(into.len())?;
    into.extend_from_slice(list(&key));
    known.insert(key, at);
    // The last position must have a number, too.
    index(into.len())?;
    Ok(at)
}
