//! The layout of a table while it grows: equal lists, cells, matrices and sets of all bundles are stored once
//! (hash-consing).
//!
//! Takes in the parts of bundles, gives out their positions. What cells mean is not known here.

use std::collections::HashMap;
use std::hash::Hash;

use rustc_hash::FxBuildHasher;

use super::super::ir::Range32;
use super::super::runtime::{Code, Layer, Layout, Matrix, MatrixRef, SET_SIZE, SetPair};
use crate::limits::{LimitExceeded, Resource, index};

type Known<K> = HashMap<K, u32, FxBuildHasher>;

/// The arrays of a table while they grow.
#[derive(Default)]
pub(super) struct LayoutBuilder {
    pub(super) layout: Layout,
    lists: Known<Vec<u16>>,
    words: Known<Vec<u64>>,
    yields: Known<Vec<u32>>,
    cells: Known<Vec<Code>>,
    matrices: Known<Matrix>,
    sets: Known<[MatrixRef; SET_SIZE]>,
    kinds: Known<Vec<SetPair>>,
    layers: Known<Vec<Layer>>,
    /// The limit on cells.
    limit: usize,
}

impl LayoutBuilder {
    pub(super) fn new(traits: Vec<u16>, limit: usize) -> Self {
        Self { layout: Layout { traits, ..Layout::default() }, limit, ..Self::default() }
    }

    /// The place of a list of numbers, each of which must fit 16 bits.
    pub(super) fn list(&mut self, list: &[u32]) -> Result<u32, LimitExceeded> {
        let list: Result<Vec<u16>, _> = list.iter().map(|one| narrow(*one)).collect();
        intern(&mut self.lists, list?, &mut self.layout.lists, |list| list.as_slice())
    }

    /// The place of a list of numbers, with its length.
    pub(super) fn range(&mut self, list: &[u32]) -> Result<Range32, LimitExceeded> {
        Ok(Range32 { start: self.list(list)?, length: index(list.len())? })
    }

    pub(super) fn words(&mut self, words: Vec<u64>) -> Result<u32, LimitExceeded> {
        intern(&mut self.words, words, &mut self.layout.words, |words| words.as_slice())
    }

    pub(super) fn yields_to(&mut self, bundles: Vec<u32>) -> Result<Range32, LimitExceeded> {
        intern_range(&mut self.yields, bundles, &mut self.layout.yields_to)
    }

    /// A matrix, given the rows and columns of lines.
    pub(super) fn matrix(
        &mut self,
        [rows, columns]: [&[u32]; 2],
        cells: Vec<Code>,
        width: usize,
    ) -> Result<MatrixRef, LimitExceeded> {
        let lines = [index(rows.len())?, index(columns.len())?];
        let (rows, columns) = (self.list(rows)?, self.list(columns)?);
        let needed = self.layout.cells.len().saturating_add(cells.len());
        if needed > self.limit && !self.cells.contains_key(&cells) {
            return Err(LimitExceeded::new(Resource::Cells, needed, self.limit));
        }
        let into = &mut self.layout.cells;
        let cells = intern(&mut self.cells, cells, into, |cells| cells.as_slice())?;
        let matrix = Matrix { rows, columns, lines, cells, width: index(width)? };
        let into = &mut self.layout.matrices;
        let position = intern(&mut self.matrices, matrix, into, std::slice::from_ref)?;
        if position > i32::MAX as u32 {
            let most = i32::MAX as usize;
            return Err(LimitExceeded::new(Resource::Indices, position as usize, most));
        }
        Ok(MatrixRef::of_position(position))
    }

    /// The number of a set of matrices.
    pub(super) fn set(&mut self, set: [MatrixRef; SET_SIZE]) -> Result<u32, LimitExceeded> {
        let start = intern(&mut self.sets, set, &mut self.layout.sets, |set| set.as_slice())?;
        Ok(start / SET_SIZE as u32)
    }

    /// The place of the sets of all kinds of devices.
    pub(super) fn sets_by_kind(&mut self, sets: Vec<SetPair>) -> Result<u32, LimitExceeded> {
        intern(&mut self.kinds, sets, &mut self.layout.sets_by_kind, |sets| sets.as_slice())
    }

    pub(super) fn layers(&mut self, layers: Vec<Layer>) -> Result<Range32, LimitExceeded> {
        intern_range(&mut self.layers, layers, &mut self.layout.layers)
    }

    /// The arrays. A table does not grow: room for more is given back.
    pub(super) fn finish(self) -> Layout {
        let mut layout = self.layout;
        layout.shrink();
        layout
    }
}

/// A number of 16 bits.
fn narrow(number: u32) -> Result<u16, LimitExceeded> {
    let most = usize::from(u16::MAX);
    let error = || LimitExceeded::new(Resource::Indices, number as usize, most);
    u16::try_from(number).map_err(|_| error())
}

/// The range of a list in an array; a new list is appended.
fn intern_range<T: Copy + Eq + Hash>(
    known: &mut Known<Vec<T>>,
    list: Vec<T>,
    into: &mut Vec<T>,
) -> Result<Range32, LimitExceeded> {
    let length = index(list.len())?;
    Ok(Range32 { start: intern(known, list, into, Vec::as_slice)?, length })
}

/// The place of a list in an array; a new list is appended.
fn intern<K: Eq + Hash, T: Copy>(
    known: &mut Known<K>,
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
