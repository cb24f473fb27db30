//! The sets of ends that rules name, closed over the forms in which rules can see ends.
//!
//! Takes in the sets of a model and its classes, tells which forms each of them holds. A set is kept
//! as the terms that it names, a term as runs of forms: there are many sets, but they share few terms,
//! and a term names few ends or neighbours.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::classes::{ClassKey, Classes, term_holds};
use super::rulebook::{Stretch, form};
use crate::bits::Bits;
use crate::model::{AccountReading, AppId, EndpointSet, Model, Term, What};
use crate::movement::Endpoint;
use crate::vocabulary::{Account, Platform};

/// The sets of one side.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Sets {
    pub(super) sets: Vec<SetAt>,
    /// The terms of all sets, by number.
    pub(super) members: Vec<u32>,
    /// By term and platform: where its runs are.
    pub(super) terms: Vec<[Stretch; Platform::ALL.len()]>,
    pub(super) runs: Vec<Run>,
}

/// Where the terms of a set are: those that it names, and those that it leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SetAt {
    pub(super) named: Stretch,
    pub(super) except: Stretch,
}

/// Forms from the first to the last, that one included. The runs of a term are ordered and do not
/// touch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Run {
    pub(super) first: u32,
    pub(super) last: u32,
}

impl Sets {
    /// Whether a set holds a form.
    pub(super) fn holds(&self, set: u32, platform: Platform, form: usize) -> bool {
        let [named, except] = self.terms_of(set);
        let holds = |term: &u32| {
            let runs = self.runs(*term, platform);
            let next = runs.partition_point(|run| (run.last as usize) < form);
            runs.get(next).is_some_and(|run| run.first as usize <= form)
        };
        named.iter().any(holds) && !except.iter().any(holds)
    }

    /// The terms that a set names, and those that it leaves out.
    pub(super) fn terms_of(&self, set: u32) -> [&[u32]; 2] {
        let SetAt { named, except } = self.sets[set as usize];
        [named.of(&self.members), except.of(&self.members)]
    }

    fn runs(&self, term: u32, platform: Platform) -> &[Run] {
        self.terms[term as usize][platform.index()].of(&self.runs)
    }

    /// The bytes that the sets take.
    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(self.sets.as_slice())
            + size_of_val(self.members.as_slice())
            + size_of_val(self.terms.as_slice())
            + size_of_val(self.runs.as_slice())
    }
}

/// The terms of one side by the forms that they hold on a platform.
pub(super) struct Holders {
    /// By form: the number of the list of terms that hold it. The first list is empty.
    of_form: Vec<u32>,
    /// The lists; equal ones are one.
    pub(super) lists: Vec<Vec<u32>>,
}

impl Holders {
    pub(super) fn new(sets: &Sets, platform: Platform, forms: usize) -> Self {
        let mut holders = vec![Vec::new(); forms];
        for term in 0..length(sets.terms.len()) {
            for run in sets.runs(term, platform) {
                let held = holders.get_mut(run.first as usize..=run.last as usize);
                held.into_iter().flatten().for_each(|terms| terms.push(term));
            }
        }
        let mut lists = vec![Vec::new()];
        let mut known: HashMap<Vec<u32>, u32, FxBuildHasher> = HashMap::default();
        known.insert(Vec::new(), 0);
        let numbered = holders.into_iter().map(|terms| {
            *known.entry(terms).or_insert_with_key(|terms| {
                lists.push(terms.clone());
                length(lists.len() - 1)
            })
        });
        let of_form = numbered.collect();
        Self { of_form, lists }
    }

    /// The number of the list of a form.
    pub(super) fn list(&self, form: usize) -> usize {
        self.of_form.get(form).map_or(0, |number| *number as usize)
    }
}

/// Collects the sets of one side.
pub(super) struct Collector<'m> {
    model: &'m Model,
    classes: &'m Classes,
    found: Sets,
    numbers: HashMap<&'m EndpointSet, u32, FxBuildHasher>,
    terms: HashMap<Term, u32, FxBuildHasher>,
    known: HashMap<Vec<Run>, Stretch, FxBuildHasher>,
}

impl<'m> Collector<'m> {
    pub(super) fn new(model: &'m Model, classes: &'m Classes) -> Self {
        Self {
            model,
            classes,
            found: Sets::default(),
            numbers: HashMap::default(),
            terms: HashMap::default(),
            known: HashMap::default(),
        }
    }

    pub(super) fn finish(self) -> Sets {
        self.found
    }

    /// The number of a set.
    pub(super) fn number(&mut self, set: &'m EndpointSet) -> u32 {
        if let Some(number) = self.numbers.get(set) {
            return *number;
        }
        let [named, except] = [&set.terms, &set.except].map(|terms| {
            let terms: Vec<_> = terms.iter().map(|term| self.term(term)).collect();
            Stretch::add(&mut self.found.members, terms)
        });
        let number = length(self.found.sets.len());
        self.found.sets.push(SetAt { named, except });
        self.numbers.insert(set, number);
        number
    }

    fn term(&mut self, term: &Term) -> u32 {
        if let Some(number) = self.terms.get(term) {
            return *number;
        }
        let at = Platform::ALL.iter().map(|platform| self.runs_on(term, *platform));
        let at: Vec<Stretch> = at.collect();
        let number = length(self.found.terms.len());
        self.found.terms.push([at[0], at[1], at[2]]);
        self.terms.insert(*term, number);
        number
    }

    fn runs_on(&mut self, term: &Term, platform: Platform) -> Stretch {
        let runs = runs(&self.forms(term, platform));
        let all = &mut self.found.runs;
        *self.known.entry(runs).or_insert_with_key(|runs| Stretch::add(all, runs.iter().copied()))
    }

    /// The forms that a term holds.
    fn forms(&self, term: &Term, platform: Platform) -> Bits {
        let (model, classes) = (self.model, self.classes);
        let mut held = Bits::new(classes.len() * 2);
        let mut add = |class: usize, end: Endpoint, managed: bool| {
            if term_holds(model, term, end, platform, managed) {
                held.insert(form(class, managed));
            }
        };
        for (class, key) in classes.others() {
            add(class, classes.example(key), false);
        }
        for number in self.app_classes(term.what) {
            let app = classes.apps[number];
            for managed in [false, true].into_iter().filter(|managed| {
                // Of most classes no form can be held: one look tells.
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

    /// The classes of apps of which a term can hold some.
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
            What::Word(_) | What::UnlistedOn(_) => (0..self.classes.apps.len()).collect(),
            What::Storage(_) | What::Place(_) => Vec::new(),
        }
    }
}

fn length(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn runs(forms: &Bits) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for form in forms.iter().map(length) {
        match runs.last_mut() {
            Some(run) if run.last + 1 == form => run.last = form,
            _ => runs.push(Run { first: form, last: form }),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_their_terms_hold() {
        let bits = |forms: &[usize]| {
            let mut bits = Bits::new(20);
            forms.iter().for_each(|form| bits.insert(*form));
            bits
        };
        let all = runs(&bits(&[0, 1, 2, 5, 9, 10]));
        assert_eq!(all.len(), 3);
        let at = |start, length| [Stretch { start, length }; 3];
        let sets = Sets {
            sets: vec![SetAt {
                named: Stretch { start: 0, length: 1 },
                except: Stretch { start: 1, length: 1 },
            }],
            members: vec![0, 1],
            terms: vec![at(0, 3), at(1, 1)],
            runs: all,
        };
        let held: Vec<_> = (0..20).filter(|form| sets.holds(0, Platform::Ios, *form)).collect();
        assert_eq!(held, [0, 1, 2, 9, 10]);
        let holders = Holders::new(&sets, Platform::Ios, 20);
        let lists: Vec<_> = [0, 5, 7].map(|form| &holders.lists[holders.list(form)]).into();
        assert_eq!(lists, [&vec![0], &vec![0, 1], &vec![]]);
        assert_eq!((holders.list(0), holders.lists.len()), (holders.list(10), 3));
    }
}
