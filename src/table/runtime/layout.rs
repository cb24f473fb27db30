//! The layout of a table: for each bundle of policies its matrices, equal parts of all bundles once.
//!
//! A *bundle* is the live policies with one head. It divides apps, storages and places into classes of
//! its own: those that its rules and its `protect` name have a bit and a class, all others the class of
//! their traits. A class in a *variant* (its account as rules see it, managed, deployed) has a *line* on
//! each side, and each matrix maps lines to its rows and columns. Users and decisions are not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers are of the table itself: the build made them, or the loader checked them"
)]

use super::super::ir::{DeviceKind, Range32};
use super::code::Code;
use crate::dd::Cond;
use crate::vocabulary::{Account, Channel, DeviceStates, Effect, Platform, Platforms, Side};

/// The live policies with one head.
#[derive(Debug, Clone)]
pub(crate) struct Bundle {
    /// The users it is for.
    pub(crate) people: Cond,
    pub(crate) platforms: Platforms,
    pub(crate) devices: DeviceStates,
    /// The default effect on the source's side, for the outcomes of layers.
    pub(crate) otherwise: Effect,
    /// Whether it is unknown which of its apps it protects.
    pub(crate) unconfirmed: bool,
    /// The bundles that it yields to, each of a smaller number, ascending.
    pub(crate) yields_to: Range32,
    /// The start of its bits in `words`.
    pub(crate) words: u32,
    /// In `lists`, the classes of named things.
    pub(crate) classes: Range32,
    /// In `lists`, by class: the platforms on which it protects the class.
    pub(crate) protects: Range32,
    /// By side and platform: the start in `lists` of the lines, by class and variant.
    pub(crate) lines: [[u32; Platform::ALL.len()]; 2],
    /// How many lines each side has.
    pub(crate) line_counts: [u32; 2],
    /// The start of its matrices in `sets_by_kind`.
    pub(crate) sets: u32,
    /// Its rules as layers by the users that they are for; none if all rules are for all users.
    pub(crate) layers: Range32,
}

/// The rules of a policy that are for the same users. Of a policy with layers, the first one has the rules
/// for all users.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Layer {
    pub(crate) people: Cond,
    /// The start of its matrices in `sets_by_kind`.
    pub(crate) sets: u32,
}

/// A constant outcome, or the position of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct MatrixRef(u32);

/// The bit that tells constants from positions.
const CONSTANT: u32 = 1 << 31;

impl MatrixRef {
    pub(crate) const fn constant(code: Code) -> Self {
        Self(CONSTANT | code.bits() as u32)
    }

    /// The matrix at a position below 2³¹.
    pub(crate) const fn of_position(position: u32) -> Self {
        Self(position & !CONSTANT)
    }

    /// The constant outcome, or the position of the matrix.
    #[inline]
    pub(crate) fn get(self) -> Result<Code, usize> {
        // A constant was made from a code.
        if self.0 & CONSTANT == 0 { Err(self.0 as usize) } else { Ok(Code::of_bits(self.0 as u16)) }
    }

    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    pub(crate) const fn of_bits(bits: u32) -> Self {
        Self(bits)
    }
}

/// The outcomes of a bundle on a channel and a side, between its lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Matrix {
    /// The start in `lists` of the row of each source line.
    pub(crate) rows: u32,
    /// The start in `lists` of the column of each target line.
    pub(crate) columns: u32,
    /// How many lines of each side it knows.
    pub(crate) lines: [u32; 2],
    pub(crate) cells: u32,
    /// The number of its columns.
    pub(crate) width: u32,
}

/// How many matrices a bundle has on one kind of device: one for each channel as the policy of the
/// source, and one for each channel that is judged at targets.
pub(crate) const SET_SIZE: usize = Channel::ALL.len() + 4;

/// The position of a matrix in its set; `None` if the channel is not judged on the side.
#[inline]
pub(crate) const fn position_in_set(channel: Channel, side: Side) -> Option<usize> {
    match (side, channel) {
        (Side::Source, Channel::Open) => None,
        (Side::Source, _) => Some(channel.index()),
        (Side::Target, Channel::Share) => Some(Channel::ALL.len()),
        (Side::Target, Channel::Invoke) => Some(Channel::ALL.len() + 1),
        (Side::Target, Channel::Copy) => Some(Channel::ALL.len() + 2),
        (Side::Target, Channel::Open) => Some(Channel::ALL.len() + 3),
        (Side::Target, _) => None,
    }
}

/// The sets of matrices for policies that apply, and for the `app-wide` rules of those that protect the
/// app under another account.
pub(crate) type SetPair = [u32; 2];

/// No set: the bundle is not for the kind of device, or has no `app-wide` rule.
pub(crate) const NO_SET: u32 = u32::MAX;

/// How rules see an endpoint: the account under which it is judged, managed or not, deployed or not.
/// Storages and places have one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Variant(u8);

impl Variant {
    pub(crate) const COUNT: usize = 8;
    pub(crate) const OTHER: Self = Self(0);

    #[inline]
    pub(crate) fn new(account: Account, managed: bool, deployed: bool) -> Self {
        // There are three accounts.
        let seen = if managed { 0 } else { account.index() as u8 + 1 };
        Self(seen * 2 + u8::from(deployed))
    }

    #[inline]
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

/// The most views of things by bundles that a small table has at hand.
const AT_HAND: usize = 1 << 14;

/// An app, storage or place as a bundle sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// Its class.
    pub(crate) class: u16,
    /// The platforms on which the bundle protects it.
    pub(crate) protected_on: Platforms,
}

/// The arrays of all bundles.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// By app, storage and place: the class that it has where no policy of a bundle names it.
    pub(crate) traits: Vec<u16>,
    pub(crate) bundles: Vec<Bundle>,
    pub(crate) yields_to: Vec<u32>,
    /// The bits of named things, 64 to a word.
    pub(crate) words: Vec<u64>,
    /// By word: how many bits the words before it have in their bundle.
    pub(crate) ranks: Vec<u32>,
    /// By bundle and thing, in small tables: how the bundle sees the thing.
    pub(crate) seen: Vec<Seen>,
    /// Classes, protected platforms, lines, rows and columns.
    pub(crate) lists: Vec<u16>,
    /// By kind of device.
    pub(crate) sets_by_kind: Vec<SetPair>,
    /// The sets, one behind the other.
    pub(crate) sets: Vec<MatrixRef>,
    pub(crate) layers: Vec<Layer>,
    pub(crate) matrices: Vec<Matrix>,
    pub(crate) cells: Vec<Code>,
}

impl Layout {
    /// The words of each bundle.
    pub(crate) fn words_of_bundle(&self) -> usize {
        self.traits.len().div_ceil(64)
    }

    /// Prepares the look-up of things in bundles.
    pub(crate) fn prepare(&mut self) {
        self.rank_words();
        if self.bundles.len().saturating_mul(self.traits.len()) <= AT_HAND {
            let things = 0..self.traits.len();
            let all = |bundle| things.clone().map(move |thing| (bundle, thing));
            self.seen =
                self.bundles.iter().flat_map(all).map(|(one, at)| self.look_up(one, at)).collect();
        }
    }

    /// Counts the bits before each word.
    fn rank_words(&mut self) {
        let size = self.words_of_bundle().max(1);
        self.ranks.clear();
        for words in self.words.chunks(size) {
            let mut bits = 0;
            for word in words {
                self.ranks.push(bits);
                bits += word.count_ones();
            }
        }
    }

    /// Gives back room for more.
    pub(crate) fn shrink(&mut self) {
        self.bundles.shrink_to_fit();
        self.yields_to.shrink_to_fit();
        self.words.shrink_to_fit();
        self.lists.shrink_to_fit();
        self.sets_by_kind.shrink_to_fit();
        self.sets.shrink_to_fit();
        self.layers.shrink_to_fit();
        self.matrices.shrink_to_fit();
        self.cells.shrink_to_fit();
    }

    /// An app, storage or place as the bundle of a number sees it.
    #[inline(always)]
    pub(crate) fn seen(&self, bundle: u32, thing: usize) -> Seen {
        // Only a small table has them at hand, where positions are small.
        let at = (bundle as usize).wrapping_mul(self.traits.len()).wrapping_add(thing);
        match self.seen.get(at) {
            Some(seen) => *seen,
            None => self.look_up(&self.bundles[bundle as usize], thing),
        }
    }

    fn look_up(&self, bundle: &Bundle, thing: usize) -> Seen {
        let class = self.class(bundle, thing);
        Seen { class, protected_on: self.protects(bundle, class) }
    }

    /// The class of an app, storage or place in a bundle.
    fn class(&self, bundle: &Bundle, thing: usize) -> u16 {
        let at = bundle.words as usize + thing / 64;
        let (word, bit) = (self.words[at], 1 << (thing % 64));
        if word & bit == 0 {
            return self.traits[thing];
        }
        let before = self.ranks[at] + (word & (bit - 1)).count_ones();
        self.lists[(bundle.classes.start + before) as usize]
    }

    /// The platforms on which a bundle protects a class.
    fn protects(&self, bundle: &Bundle, class: u16) -> Platforms {
        let bits = self.lists[bundle.protects.start as usize + usize::from(class)];
        Platforms::of_bits(bits).unwrap_or(Platforms::NONE)
    }

    /// The line of a class in a variant.
    #[inline]
    pub(crate) fn line(
        &self,
        bundle: &Bundle,
        (side, platform): (Side, Platform),
        class: u16,
        variant: Variant,
    ) -> u16 {
        let first = bundle.lines[side as usize][platform.index()] as usize;
        self.lists[first + usize::from(class) * Variant::COUNT + variant.index()]
    }

    /// The sets of a bundle or layer on a kind of device.
    #[inline]
    pub(crate) fn set_pair(&self, first: u32, kind: DeviceKind) -> SetPair {
        self.sets_by_kind[first as usize + kind.index()]
    }

    /// The outcome between two lines in a matrix of a set.
    #[inline]
    pub(crate) fn outcome(&self, set: u32, position: usize, source: u16, target: u16) -> Code {
        match self.sets[set as usize * SET_SIZE + position].get() {
            Ok(code) => code,
            Err(matrix) => {
                let matrix = &self.matrices[matrix];
                let row = self.lists[matrix.rows as usize + usize::from(source)];
                let column = self.lists[matrix.columns as usize + usize::from(target)];
                let at = u32::from(row) * matrix.width + u32::from(column);
                self.cells[(matrix.cells + at) as usize]
            }
        }
    }

    /// The bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(self.traits.as_slice())
            + size_of_val(self.bundles.as_slice())
            + size_of_val(self.yields_to.as_slice())
            + size_of_val(self.words.as_slice())
            + size_of_val(self.ranks.as_slice())
            + size_of_val(self.seen.as_slice())
            + size_of_val(self.lists.as_slice())
            + size_of_val(self.sets_by_kind.as_slice())
            + size_of_val(self.sets.as_slice())
            + size_of_val(self.layers.as_slice())
            + size_of_val(self.matrices.as_slice())
            + size_of_val(self.cells.as_slice())
    }
}
