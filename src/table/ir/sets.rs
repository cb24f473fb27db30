//! The endpoint sets of rules, closed over views of classes.
//!
//! Takes in the sets of a model and its classes, gives out the views that each set holds. A set is a list
//! of terms, and a term a list of ranges of views. This is small: many sets share few terms, and the
//! views of a term are few or neighbours.

#![allow(
    clippy::indexing_slicing,
    reason = "sets and views are numbered by the IR that these lists belong to"
)]

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::classes::{ClassKey, EndpointClasses};
#[cfg(feature = "compile")]
use super::membership::term_holds;
use super::range::Range32;
use crate::bits::Bits;
use crate::limits::{LimitExceeded, index};
use crate::model::AppId;
#[cfg(feature = "compile")]
use crate::model::{AccountReading, EndpointSet, Model, Term, What};
use crate::movement::Endpoint;
use crate::vocabulary::{Account, Platform};

/// The number of a view in endpoint sets: those of one class are neighbours, the managed one odd.
pub(crate) fn view_number(class: usize, managed: bool) -> usize {
    class * 2 + usize::from(managed)
}

/// The sets of one side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Sets {
    pub(crate) sets: Vec<SetTerms>,
    /// The terms of all sets.
    pub(crate) members: Vec<u32>,
    /// By term and platform: its ranges.
    pub(crate) terms: Vec<[Range32; Platform::ALL.len()]>,
    pub(crate) ranges: Vec<ViewRange>,
}

/// The terms of a set: those before `except` and those behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SetTerms {
    pub(crate) named: Range32,
    pub(crate) except: Range32,
}

/// Views from the first to the last, both included. The ranges of a term are ordered and do not touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ViewRange {
    pub(crate) first: u32,
    pub(crate) last: u32,
}

impl Sets {
    /// Whether a set holds a view.
    pub(crate) fn holds(&self, set: u32, platform: Platform, view: usize) -> bool {
        let [named, except] = self.terms_of(set);
        let holds = |term: &u32| {
            let ranges = self.ranges(*term, platform);
            let next = ranges.partition_point(|range| (range.last as usize) < view);
            ranges.get(next).is_some_and(|range| range.first as usize <= view)
        };
        named.iter().any(holds) && !except.iter().any(holds)
    }

    /// The terms of a set before `except` and behind it.
    pub(crate) fn terms_of(&self, set: u32) -> [&[u32]; 2] {
        let SetTerms { named, except } = self.sets[set as usize];
        [named.of(&self.members), except.of(&self.members)]
    }

    fn ranges(&self, term: u32, platform: Platform) -> &[ViewRange] {
        self.terms[term as usize][platform.index()].of(&self.ranges)
    }

    /// The bytes on the heap.
    pub(crate) fn heap_bytes(&self) -> usize {
        size_of_val(self.sets.as_slice())
            + size_of_val(self.members.as_slice())
            + size_of_val(self.terms.as_slice())
            + size_of_val(self.ranges.as_slice())
    }
}

#[cfg(feature = "compile")]
/// The inverted index of one side on a platform: by view, the terms that hold it.
pub(crate) struct TermLists {
    /// By view: its list. The first list is empty.
    of_view: Vec<usize>,
    /// The lists; equal ones are one.
    pub(crate) lists: Vec<Vec<u32>>,
}

#[cfg(feature = "compile")]
impl TermLists {
    pub(crate) fn new(sets: &Sets, platform: Platform, views: usize) -> Self {
        let mut holders = vec![Vec::new(); views];
        for (term, _) in (0..).zip(&sets.terms) {
            for range in sets.ranges(term, platform) {
                let held = holders.get_mut(range.first as usize..=range.last as usize);
                held.into_iter().flatten().for_each(|terms| terms.push(term));
            }
        }
        let mut lists = vec![Vec::new()];
        let mut known: HashMap<Vec<u32>, usize, FxBuildHasher> = HashMap::default();
        known.insert(Vec::new(), 0);
        let numbered = holders.into_iter().map(|terms| {
            *known.entry(terms).or_insert_with_key(|terms| {
                lists.push(terms.clone());
                lists.len() - 1
            })
        });
        let of_view = numbered.collect();
        Self { of_view, lists }
    }

    /// The list of a view.
    pub(crate) fn list(&self, view: usize) -> usize {
        self.of_view.get(view).copied().unwrap_or_default()
    }
}

#[cfg(feature = "compile")]
/// Numbers the sets of one side, equal ones once.
pub(crate) struct SetBuilder<'m> {
    model: &'m Model,
    classes: &'m EndpointClasses,
    found: Sets,
    numbers: HashMap<&'m EndpointSet, u32, FxBuildHasher>,
    terms: HashMap<Term, u32, FxBuildHasher>,
    known: HashMap<Vec<ViewRange>, Range32, FxBuildHasher>,
}

#[cfg(feature = "compile")]
impl<'m> SetBuilder<'m> {
    pub(crate) fn new(model: &'m Model, classes: &'m EndpointClasses) -> Self {
        Self {
            model,
            classes,
            found: Sets::default(),
            numbers: HashMap::default(),
            terms: HashMap::default(),
            known: HashMap::default(),
        }
    }

    pub(crate) fn finish(self) -> Sets {
        self.found
    }

    /// The number of a set.
    pub(crate) fn number(&mut self, set: &'m EndpointSet) -> Result<u32, LimitExceeded> {
        if let Some(number) = self.numbers.get(set) {
            return Ok(*number);
        }
        let named = self.members(&set.terms)?;
        let except = self.members(&set.except)?;
        let number = index(self.found.sets.len())?;
        self.found.sets.push(SetTerms { named, except });
        self.numbers.insert(set, number);
        Ok(number)
    }

    fn members(&mut self, terms: &[Term]) -> Result<Range32, LimitExceeded> {
        let terms: Vec<_> =
            terms.iter().map(|term| self.term(term)).collect::<Result<_, LimitExceeded>>()?;
        Range32::append(&mut self.found.members, terms)
    }

    fn term(&mut self, term: &Term) -> Result<u32, LimitExceeded> {
        if let Some(number) = self.terms.get(term) {
            return Ok(*number);
        }
        let mut at = [Range32::default(); Platform::ALL.len()];
        for (at, platform) in at.iter_mut().zip(Platform::ALL) {
            *at = self.ranges_on(term, *platform)?;
        }
        let number = index(self.found.terms.len())?;
        self.found.terms.push(at);
        self.terms.insert(*term, number);
        Ok(number)
    }

    fn ranges_on(&mut self, term: &Term, platform: Platform) -> Result<Range32, LimitExceeded> {
        let ranges = ranges(&self.views(term, platform))?;
        if let Some(known) = self.known.get(&ranges) {
            return Ok(*known);
        }
        let at = Range32::append(&mut self.found.ranges, ranges.iter().copied())?;
        self.known.insert(ranges, at);
        Ok(at)
    }

    /// The views that a term holds.
    fn views(&self, term: &Term, platform: Platform) -> Bits {
        let (model, classes) = (self.model, self.classes);
        let mut held = Bits::new(classes.len() * 2);
        let mut add = |class: usize, end: Endpoint, managed: bool| {
            if term_holds(model, term, end, platform, managed) {
                held.insert(view_number(class, managed));
            }
        };
        for (class, key) in classes.without_apps() {
            add(class, classes.example(key), false);
        }
        for number in self.app_classes(term.what) {
            let app = classes.apps[number];
            for managed in [false, true].into_iter().filter(|managed| {
                // Most classes have no view that the term can hold: one test tells.
                let all = Term { deployed: false, accounts: AccountReading::Every, ..*term };
                let end = Endpoint::App { app, account: Account::Work, deployed: true };
                term_holds(model, &all, end, platform, *managed)
            }) {
                for account in Account::ALL {
                    for deployed in [false, true] {
                        let class = classes.of_app(number, *account, deployed);
                        let key = classes.keys[class];
                        if matches!(key, ClassKey::App { deployed: one, .. } if one == deployed) {
                            add(class, Endpoint::App { app, account: *account, deployed }, managed);
                        }
                    }
                }
            }
        }
        held
    }

    /// The app classes that a term can hold.
    fn app_classes(&self, what: What) -> Vec<usize> {
        let class = |app: AppId| self.classes.app_class(app);
        match what {
            What::App(app, _) => vec![class(app)],
            What::Group(group) => {
                let apps = self.model.group(group).apps.iter();
                let mut found: Vec<_> = apps.map(|(app, _)| class(*app)).collect();
                found.sort_unstable();
                found.dedup();
                found
            }
            What::Word(_) | What::Unnamed(..) => (0..self.classes.apps.len()).collect(),
            What::Storage(_) | What::Place(_) => Vec::new(),
        }
    }
}

#[cfg(feature = "compile")]
/// The views of a set of bits as ranges.
fn ranges(views: &Bits) -> Result<Vec<ViewRange>, LimitExceeded> {
    let mut ranges: Vec<ViewRange> = Vec::new();
    for view in views.iter() {
        let view = index(view)?;
        match ranges.last_mut() {
            Some(range) if range.last + 1 == view => range.last = view,
            _ => ranges.push(ViewRange { first: view, last: view }),
        }
    }
    Ok(ranges)
}

#[cfg(feature = "compile")]
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_the_views_of_their_terms() {
        let bits = |views: &[usize]| {
            let mut bits = Bits::new(20);
            views.iter().for_each(|view| bits.insert(*view));
            bits
        };
        let all = ranges(&bits(&[0, 1, 2, 5, 9, 10])).unwrap();
        assert_eq!(all.len(), 3);
        let at = |start, length| [Range32 { start, length }; 3];
        let sets = Sets {
            sets: vec![SetTerms {
                named: Range32 { start: 0, length: 1 },
                except: Range32 { start: 1, length: 1 },
            }],
            members: vec![0, 1],
            terms: vec![at(0, 3), at(1, 1)],
            ranges: all,
        };
        let held: Vec<_> = (0..20).filter(|view| sets.holds(0, Platform::Ios, *view)).collect();
        assert_eq!(held, [0, 1, 2, 9, 10]);
        let holders = TermLists::new(&sets, Platform::Ios, 20);
        let lists: Vec<_> = [0, 5, 7].map(|view| &holders.lists[holders.list(view)]).into();
        assert_eq!(lists, [&vec![0], &vec![0, 1], &vec![]]);
        assert_eq!((holders.list(0), holders.lists.len()), (holders.list(10), 3));
    }
}
