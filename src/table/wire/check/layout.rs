//! The invariants of bundles and their matrices.

#![allow(clippy::indexing_slicing, reason = "starts are checked before the lists are read there")]

use std::collections::BTreeSet;

use super::super::codec::{Flaw, demand};
use super::conditions::Conditions;
use super::ranges::{Largest, distinct, is_within, part};
use crate::table::ir::Range32;
use crate::table::runtime::{
    Bundle, Layer, Layout, MOST_BUNDLES, Matrix, MatrixRef, NO_SET, Parts, SET_SIZE, Variant,
};
use crate::vocabulary::Platforms;

/// A layout with what is known of its parts.
struct Known<'l> {
    layout: &'l Layout,
    kinds: usize,
    /// How many classes the traits of things tell apart.
    unnamed: usize,
    largest: Largest,
    /// By group of words: how many bits it has.
    bits: Vec<usize>,
    /// By set: the numbers of lines that its matrices know; nothing where all are constant.
    lines_of_set: Vec<Option<[u32; 2]>>,
}

pub(super) fn layout(parts: &Parts, conditions: &Conditions<'_>) -> Result<(), Flaw> {
    let layout = &parts.layout;
    demand(layout.traits.len() == parts.endpoints.things(), "an app, storage or place is missing")?;
    demand(layout.bundles.len() <= MOST_BUNDLES, "there are too many bundles of policies")?;
    let largest = Largest::new(&layout.lists, lists(layout))?;
    let lines_of_set = sets(layout, &largest, parts.ir.character_limits().len())?;
    let people = layout.bundles.iter().map(|bundle| bundle.people);
    conditions.hold(people.chain(layout.layers.iter().map(|layer| layer.people)))?;
    yields_to(layout)?;
    let unnamed = layout.traits.iter().max().map_or(0, |last| usize::from(*last) + 1);
    let size = layout.words_of_bundle().max(1);
    demand(layout.words.len().is_multiple_of(size), "a word is missing")?;
    let words = layout.words.chunks(size);
    let bits = words.map(|words| words.iter().map(|word| word.count_ones() as usize).sum());
    let (kinds, bits) = (parts.devices.len(), bits.collect());
    let known = Known { layout, kinds, unnamed, largest, bits, lines_of_set };
    layout.bundles.iter().try_for_each(|bundle| known.bundle(bundle))?;
    known.layers()
}

/// Every range of the lists that all parts share.
fn lists(layout: &Layout) -> impl Iterator<Item = Range32> {
    let of_bundles = layout.bundles.iter().flat_map(|bundle| {
        let starts = bundle.lines.iter().flatten();
        let lines = starts.map(|start| Range32 { start: *start, length: line_list(bundle) });
        lines.chain([bundle.classes, bundle.protects])
    });
    of_bundles.chain(layout.matrices.iter().flat_map(lines_of))
}

/// How many lines a bundle lists, by class and variant.
fn line_list(bundle: &Bundle) -> u32 {
    bundle.protects.length.saturating_mul(Variant::COUNT as u32)
}

/// The rows and columns of a matrix.
fn lines_of(matrix: &Matrix) -> [Range32; 2] {
    let [sources, targets] = matrix.lines;
    [
        Range32 { start: matrix.rows, length: sources },
        Range32 { start: matrix.columns, length: targets },
    ]
}

// ---------------------------------------------------------------- matrices

/// The numbers of lines of each set.
fn sets(layout: &Layout, largest: &Largest, limits: usize) -> Result<Vec<Option<[u32; 2]>>, Flaw> {
    demand(layout.cells.iter().all(|code| code.is_valid(limits)), "a cell has no meaning")?;
    let cells = layout.matrices.iter().map(|matrix| cells(matrix, largest));
    let cells: Vec<Range32> = cells.collect::<Result<_, _>>()?;
    distinct(cells.into_iter(), layout.cells.len())?;
    demand(layout.sets.len().is_multiple_of(SET_SIZE), "a matrix is missing")?;
    let sets = layout.sets.chunks(SET_SIZE);
    sets.map(|set| lines_of_set(set, &layout.matrices, limits)).collect()
}

/// The cells of a matrix.
fn cells(matrix: &Matrix, largest: &Largest) -> Result<Range32, Flaw> {
    let [height, width] = lines_of(matrix).map(|range| largest.bound(range));
    demand(width == matrix.width as usize, "a column is beyond its matrix")?;
    let length = height.checked_mul(width).and_then(|size| u32::try_from(size).ok());
    Ok(Range32 { start: matrix.cells, length: length.ok_or("a matrix is too large")? })
}

fn lines_of_set(
    set: &[MatrixRef],
    matrices: &[Matrix],
    limits: usize,
) -> Result<Option<[u32; 2]>, Flaw> {
    let mut lines = None;
    for one in set {
        match one.get() {
            Ok(code) => {
                let is_code = *one == MatrixRef::constant(code) && code.is_valid(limits);
                demand(is_code, "a constant has no meaning")?;
            }
            Err(at) => {
                let matrix = matrices.get(at).ok_or("there is no such matrix")?;
                let known = *lines.get_or_insert(matrix.lines);
                demand(known == matrix.lines, "the matrices of a set differ in their lines")?;
            }
        }
    }
    Ok(lines)
}

// ---------------------------------------------------------------- bundles

/// Each list of bundles that others yield to is ascending and ends before those.
fn yields_to(layout: &Layout) -> Result<(), Flaw> {
    let ranges = layout.bundles.iter().map(|bundle| bundle.yields_to);
    let ranges = distinct(ranges, layout.yields_to.len())?;
    let mut lists = ranges.iter().filter_map(|range| part(&layout.yields_to, *range));
    let are_ascending = lists.all(|list| list.is_sorted_by(|a, b| a < b));
    demand(are_ascending, "the bundles that one yields to are not ordered")?;
    let comes_later = |(number, bundle): (u32, &Bundle)| {
        let last = part(&layout.yields_to, bundle.yields_to).and_then(<[u32]>::last);
        last.is_none_or(|last| *last < number)
    };
    let are_ordered = (0..).zip(&layout.bundles).all(comes_later);
    demand(are_ordered, "a bundle stands before one that it yields to")
}

impl Known<'_> {
    fn bundle(&self, bundle: &Bundle) -> Result<(), Flaw> {
        let classes = bundle.protects.length as usize;
        demand(self.unnamed <= classes, "a class has no lines")?;
        let platforms = usize::from(Platforms::all().bits()) + 1;
        demand(self.largest.bound(bundle.protects) <= platforms, "there is no such platform")?;
        let size = self.layout.words_of_bundle().max(1);
        demand((bundle.words as usize).is_multiple_of(size), "a word is missing")?;
        let named = self.bits.get(bundle.words as usize / size).ok_or("a word is missing")?;
        demand(*named == bundle.classes.length as usize, "a named app has no class")?;
        demand(self.largest.bound(bundle.classes) <= classes, "there is no such class")?;
        for (lines, count) in bundle.lines.iter().zip(bundle.line_counts) {
            let mut lists =
                lines.iter().map(|start| Range32 { start: *start, length: line_list(bundle) });
            let are_there = lists.all(|list| self.largest.bound(list) <= count as usize);
            demand(are_there, "there is no such line")?;
        }
        self.sets_by_kind(bundle.sets, bundle.line_counts)
    }

    /// The sets of a bundle or layer are there, and know its lines.
    fn sets_by_kind(&self, start: u32, lines: [u32; 2]) -> Result<(), Flaw> {
        demand(is_within(start, self.kinds, self.layout.sets_by_kind.len()), "a set is missing")?;
        let pairs = self.layout.sets_by_kind.iter().skip(start as usize).take(self.kinds);
        for set in pairs.flatten().filter(|set| **set != NO_SET) {
            let known = self.lines_of_set.get(*set as usize).ok_or("there is no such set")?;
            demand(known.is_none_or(|known| known == lines), "a matrix does not know a line")?;
        }
        Ok(())
    }

    /// The layers of bundles are there, and their matrices know the lines of the bundle.
    fn layers(&self) -> Result<(), Flaw> {
        let Layout { bundles, layers, .. } = self.layout;
        distinct(bundles.iter().map(|bundle| bundle.layers), layers.len())?;
        let all = bundles.iter().map(|bundle| (bundle.layers, bundle.line_counts));
        for (range, lines) in all.collect::<BTreeSet<_>>() {
            let layers = part(layers, range).unwrap_or_default().iter();
            let mut sets = layers.map(|Layer { sets, .. }| self.sets_by_kind(*sets, lines));
            sets.try_for_each(|one| one)?;
        }
        Ok(())
    }
}
