//! Covers: the named sets of which a text for a set of views can be made.
//!
//! Takes in named sets, gives out the text with the fewest names that was found. The set cover is greedy: always
//! the name that adds the most (Chvátal 1979), so that a text can be longer than the shortest possible one, but
//! never wrong. Models are not known here.

#![allow(clippy::indexing_slicing, reason = "positions are of the lists that are indexed")]

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::Range;

use crate::bits::Bits;

/// A set of views of endpoints with a text that means it.
#[derive(Debug)]
pub(super) struct NamedSet {
    pub(super) text: String,
    /// Its views, by position in the universe.
    pub(super) holds: Bits,
    /// Where these stand: the views of one endpoint stand together, so that most sets are short.
    span: Range<usize>,
    /// Whether the text can stand before `except`.
    is_base: bool,
    /// Whether it is a word about apps of any name.
    is_word: bool,
}

impl NamedSet {
    pub(super) fn new(text: String, holds: Bits, is_base: bool) -> Self {
        let span = holds.span();
        let is_word = ["any", "managed", "unmanaged"].contains(&first_word(&text));
        Self { text, holds, span, is_base, is_word }
    }

    fn meets(&self, views: &Bits) -> bool {
        self.holds.meets_within(views, &self.span)
    }

    fn count_common(&self, views: &Bits) -> usize {
        self.holds.count_common_within(views, &self.span)
    }
}

/// The positions of named sets, in order.
#[derive(Debug)]
pub(super) struct SetIndex {
    /// By view: the sets that hold it.
    pub(super) holding: Vec<Vec<usize>>,
    /// Positions of sets whose text can stand before `except`.
    bases: Vec<usize>,
    /// The words about apps of any name.
    words: Vec<usize>,
    /// Positions of sets with more views than [`FEW_VIEWS`].
    large: Vec<usize>,
}

/// As many views as an app has at most: managed and not, under each account, deployed and not.
const FEW_VIEWS: usize = 12;

impl SetIndex {
    pub(super) fn new(sets: &[NamedSet], views: usize) -> Self {
        let mut holding = vec![Vec::new(); views];
        for (at, one) in sets.iter().enumerate() {
            one.holds.iter().for_each(|view| holding[view].push(at));
        }
        let positions = |is_it: fn(&NamedSet) -> bool| -> Vec<usize> {
            let all = sets.iter().enumerate().filter(|(_, one)| is_it(one));
            all.map(|(at, _)| at).collect()
        };
        let (bases, words) = (positions(|one| one.is_base), positions(|one| one.is_word));
        Self { holding, bases, words, large: positions(|one| one.holds.len() > FEW_VIEWS) }
    }

    /// The sets that hold some of these views.
    fn meeting(&self, views: &Bits, count: usize) -> impl Iterator<Item = usize> {
        let mut found = Bits::new(count);
        views.iter().for_each(|view| self.holding[view].iter().for_each(|at| found.insert(*at)));
        found.iter().collect::<Vec<_>>().into_iter()
    }
}

/// The name that a text begins with.
pub(in crate::analysis) fn first_word(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

/// The named sets that a text can be made of.
pub(super) struct Candidates<'v> {
    pub(super) all: &'v [NamedSet],
    pub(super) index: &'v SetIndex,
    /// The number of views of the universe.
    pub(super) views: usize,
    pub(super) loose: &'v Bits,
}

impl<'v> Candidates<'v> {
    /// The text of some views; those of `may` are don't-cares. `None` where no text means just these.
    pub(super) fn text(&self, wanted: &Bits, may: &Bits) -> Option<String> {
        let forbidden = wanted.or(may).not(self.views);
        let mut best = Shortest::default();
        best.take(self.cover(wanted, &forbidden, best.room(0)), None);
        let sets = |positions: &'v [usize]| positions.iter().map(|at| &self.all[*at]);
        for base in sets(&self.index.bases).filter(|one| wanted.is_within(&one.holds)) {
            let except = self.cover(&base.holds.and(&forbidden), wanted, best.room(1));
            best.take(except, Some((1, base.text.as_str().into())));
        }
        // Names of which a word leaves out what is not wanted.
        for word in sets(&self.index.words).filter(|one| !one.meets(wanted)) {
            self.with_exceptions(wanted, (&forbidden, &word.holds), &mut best);
        }
        // An app that is not deployed has no name of its own: its name holds the deployed one, too; and
        // `unlisted` holds apps that ids name.
        if best.text.is_none() {
            self.with_exceptions(wanted, (&forbidden, self.loose), &mut best);
        }
        best.text
    }

    /// Tries names that hold some forbidden views as well, which are left out again behind `except`.
    fn with_exceptions(
        &self,
        wanted: &Bits,
        (forbidden, loose): (&Bits, &Bits),
        best: &mut Shortest,
    ) {
        let mut firmly = forbidden.clone();
        firmly.remove_all(loose);
        if let Some(held) = self.cover(wanted, &firmly, best.room(1)) {
            let except = self.cover(&held.holds.and(forbidden), wanted, best.room(held.count()));
            best.take(except, Some((held.count(), held.text().into())));
        }
    }

    /// A cover of the wanted endpoints by sets that hold no forbidden one: always the set that adds the
    /// most, of two that add as many the smaller one. `None` if there is none of so few sets.
    fn cover(&self, wanted: &Bits, forbidden: &Bits, most: Option<usize>) -> Option<Cover<'v>> {
        let most = most?;
        if self.needs_more_than(most, wanted, forbidden) {
            return None;
        }
        let mut left = wanted.clone();
        let usable = self.index.meeting(wanted, self.all.len());
        let usable = usable.filter(|at| !self.all[*at].meets(forbidden));
        // Of each: what it adds, its size among the wanted ones, its position.
        let rank = |at: usize, gain: usize, size: usize| (gain, Reverse(size), Reverse(at));
        let ranked = usable.map(|at| {
            let size = self.all[at].count_common(wanted);
            rank(at, size, size)
        });
        let mut ranked: BinaryHeap<_> = ranked.collect();
        let mut cover = Cover { chosen: Vec::new(), holds: Bits::new(self.views) };
        while !left.is_empty() {
            let (known, Reverse(size), Reverse(at)) = ranked.pop()?;
            // A set only ever adds less than before, so the first that adds as much as is known adds the most.
            let now = self.all[at].count_common(&left);
            if now < known {
                ranked.extend((now > 0).then(|| rank(at, now, size)));
                continue;
            }
            if cover.count() == most {
                return None;
            }
            left.remove_all(&self.all[at].holds);
            cover.holds.add_all(&self.all[at].holds);
            cover.chosen.push((at, &self.all[at].text));
        }
        Some(cover)
    }

    /// Whether more sets than these cannot be avoided: what no large set holds takes many of the others.
    fn needs_more_than(&self, most: usize, wanted: &Bits, forbidden: &Bits) -> bool {
        if most == usize::MAX {
            return false;
        }
        let mut left = wanted.clone();
        let large = self.index.large.iter().map(|at| &self.all[*at]);
        large.filter(|one| !one.meets(forbidden)).for_each(|one| left.remove_all(&one.holds));
        left.len() > most.saturating_mul(FEW_VIEWS)
    }
}

/// The text with the fewest names among those that were tried.
#[derive(Default)]
struct Shortest {
    text: Option<String>,
    count: usize,
}

impl Shortest {
    /// The most names that a shorter text can have beside so many others; `None` where it would be no
    /// shorter with none.
    fn room(&self, others: usize) -> Option<usize> {
        match self.text {
            Some(_) => self.count.checked_sub(others + 1),
            None => Some(usize::MAX),
        }
    }

    /// Takes a cover as the text; with `base`, as the exceptions from a text of so many names.
    fn take(&mut self, cover: Option<Cover<'_>>, base: Option<(usize, Cow<'_, str>)>) {
        let Some(cover) = cover else { return };
        let (count, text) = match base {
            Some((names, base)) if cover.count() == 0 => (names, base.into_owned()),
            Some((names, base)) => {
                (names + cover.count(), format!("{base} except {}", cover.text()))
            }
            None => (cover.count(), cover.text()),
        };
        (self.count, self.text) = (count, Some(text));
    }
}

/// Named sets that together hold some endpoints.
struct Cover<'v> {
    /// The texts, with their positions.
    chosen: Vec<(usize, &'v str)>,
    holds: Bits,
}

impl Cover<'_> {
    fn count(&self) -> usize {
        self.chosen.len()
    }

    /// The texts in the order of their positions.
    fn text(&self) -> String {
        let mut chosen = self.chosen.clone();
        chosen.sort_unstable();
        chosen.iter().map(|(_, text)| *text).collect::<Vec<_>>().join(", ")
    }
}
