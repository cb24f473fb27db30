//! The lines of one bundle: what its rules' sets tell apart on one side.
//!
//! Takes in the classes of a bundle and the sets of its rules, gives out for each platform, class and variant
//! a line, which is the rules whose set on this side holds it. Channels, devices and users are not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "rules, terms and names are numbered by the bundle that these lists belong to"
)]

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::super::ir::{EndpointIndex, term_holds};
use super::super::runtime::Variant;
use super::partition::{Class, Partition};
use crate::bits::Bits;
use crate::limits::{LimitExceeded, index};
use crate::model::{AppId, EndpointSet, Model, Term, What};
use crate::movement::Endpoint;
use crate::vocabulary::{Account, Platform};

/// The terms of the sets of one side.
pub(super) struct Terms {
    list: Vec<Term>,
    /// By term: the rules whose sets name it, and those that have it behind `except`.
    naming: Vec<Bits>,
    excepting: Vec<Bits>,
    /// The rules without a set, which hold everything.
    everything: Bits,
    /// The terms that are words, and by name the terms with this name.
    words: Vec<usize>,
    by_name: Vec<Vec<usize>>,
    /// Whether some term says `deployed`.
    tells_deployed: bool,
}

/// The lines of one side.
pub(super) struct Lines {
    /// The rules of each line.
    pub(super) list: Vec<Bits>,
    /// By platform, class and variant: the line.
    pub(super) of: [Vec<u32>; Platform::ALL.len()],
}

impl Terms {
    /// Gathers the terms of the sets of rules. New names are added to `names`.
    pub(super) fn new(sets: &[Option<&EndpointSet>], names: &mut Names) -> Self {
        let everything = Bits::collect(sets.iter().map(Option::is_none));
        let mut found = Self {
            list: Vec::new(),
            naming: Vec::new(),
            excepting: Vec::new(),
            everything,
            words: Vec::new(),
            by_name: Vec::new(),
            tells_deployed: false,
        };
        let mut known = HashMap::default();
        for (rule, set) in sets.iter().enumerate() {
            let Some(set) = set else { continue };
            for term in &set.terms {
                let term = found.number(*term, sets.len(), names, &mut known);
                found.naming[term].insert(rule);
            }
            for term in &set.except {
                let term = found.number(*term, sets.len(), names, &mut known);
                found.excepting[term].insert(rule);
            }
        }
        found
    }

    fn number(
        &mut self,
        term: Term,
        rules: usize,
        names: &mut Names,
        known: &mut HashMap<Term, usize, FxBuildHasher>,
    ) -> usize {
        if let Some(number) = known.get(&term) {
            return *number;
        }
        let number = self.list.len();
        known.insert(term, number);
        self.list.push(term);
        self.naming.push(Bits::new(rules));
        self.excepting.push(Bits::new(rules));
        self.tells_deployed |= term.deployed;
        match names.number(term.what) {
            None => self.words.push(number),
            Some(name) => {
                let length = self.by_name.len().max(name + 1);
                self.by_name.resize(length, Vec::new());
                self.by_name[name].push(number);
            }
        }
        number
    }

    /// The terms that can hold things of a class.
    fn of_class<'t>(&'t self, class: &'t Class) -> impl Iterator<Item = usize> + 't {
        let named = class.names.iter().filter_map(|name| self.by_name.get(*name as usize));
        self.words.iter().chain(named.flatten()).copied()
    }
}

/// The names in the sets of a bundle, each once. Words are no names.
#[derive(Default)]
pub(super) struct Names {
    pub(super) list: Vec<What>,
    known: HashMap<What, usize, FxBuildHasher>,
}

impl Names {
    fn number(&mut self, what: What) -> Option<usize> {
        if matches!(what, What::Word(_) | What::Unnamed(..)) {
            return None;
        }
        Some(*self.known.entry(what).or_insert_with(|| {
            self.list.push(what);
            self.list.len() - 1
        }))
    }
}

// ---------------------------------------------------------------- lines

/// Numbers the lines of one side while they are found.
struct LineBuilder<'a> {
    model: &'a Model,
    terms: &'a Terms,
    list: Vec<Bits>,
    known: HashMap<Bits, u32, FxBuildHasher>,
}

impl Lines {
    pub(super) fn new(
        model: &Model,
        endpoints: EndpointIndex,
        partition: &Partition,
        terms: &Terms,
    ) -> Result<Self, LimitExceeded> {
        let known = HashMap::default();
        let mut builder = LineBuilder { model, terms, list: Vec::new(), known };
        let mut of = std::array::from_fn(|_| Vec::new());
        for (platform, of) in Platform::ALL.iter().zip(&mut of) {
            for class in &partition.classes {
                of.extend(builder.of_class(endpoints, *platform, class)?);
            }
        }
        Ok(Self { list: builder.list, of })
    }
}

impl LineBuilder<'_> {
    /// The lines of a class, by variant. Variants that do not occur get the line of another.
    fn of_class(
        &mut self,
        endpoints: EndpointIndex,
        on: Platform,
        class: &Class,
    ) -> Result<[u32; Variant::COUNT], LimitExceeded> {
        let end = endpoints.example(class.example as usize);
        let Endpoint::App { app, .. } = end else {
            return Ok([self.line(on, class, end, false)?; Variant::COUNT]);
        };
        let mut lines = [0; Variant::COUNT];
        for deployed in [false, true] {
            if deployed && !self.terms.tells_deployed {
                // The variants of an app that is deployed stand behind those of one that is not.
                lines.as_chunks_mut().0.iter_mut().for_each(|[not, deployed]| *deployed = *not);
            } else {
                self.add_accounts(on, class, (app, deployed), &mut lines)?;
            }
        }
        Ok(lines)
    }

    /// Adds the lines of an app class, by account.
    fn add_accounts(
        &mut self,
        on: Platform,
        class: &Class,
        (app, deployed): (AppId, bool),
        lines: &mut [u32; Variant::COUNT],
    ) -> Result<(), LimitExceeded> {
        let traits = self.model.app(app);
        // Any other app is judged under its personal account.
        let has_accounts = traits.sdk && traits.platforms.contains(on);
        let unmanaged = Account::ALL.iter().map(|account| (*account, false));
        for (account, managed) in unmanaged.chain([(Account::Work, true)]) {
            let seen = if has_accounts { (account, managed) } else { (Account::Personal, false) };
            let end = Endpoint::App { app, account: seen.0, deployed };
            let line = self.line(on, class, end, seen.1)?;
            lines[Variant::new(account, managed, deployed).index()] = line;
        }
        Ok(())
    }

    /// The line of an endpoint of a class.
    fn line(
        &mut self,
        on: Platform,
        class: &Class,
        end: Endpoint,
        managed: bool,
    ) -> Result<u32, LimitExceeded> {
        let mut held = self.terms.everything.clone();
        let holds =
            |term: &usize| term_holds(self.model, &self.terms.list[*term], end, on, managed);
        let terms: Vec<usize> = self.terms.of_class(class).filter(holds).collect();
        terms.iter().for_each(|term| held.add_all(&self.terms.naming[*term]));
        terms.iter().for_each(|term| held.remove_all(&self.terms.excepting[*term]));
        if let Some(known) = self.known.get(&held) {
            return Ok(*known);
        }
        let number = index(self.list.len())?;
        self.list.push(held.clone());
        self.known.insert(held, number);
        Ok(number)
    }
}
