//! Decisions about accesses in columns.
//!
//! Takes in columns, gives out answers. Rows in which everything is equal are decided once; an app under an
//! account, for a user on a device, is resolved once for all facts.

use hashbrown::HashTable;
use rustc_hash::FxHashMap;

use super::answers::{AccessRules, Answers, RowAnswer};
use super::error::RowError;
use super::requests::{Accesses, Opened};
use super::schema::RequestKind;
use super::texts::hash_of_numbers;
use crate::access::{AccessDecision, AccessRequest, Facts};
use crate::request::ResolveError;
use crate::table::{ResolvedAccess, Table};

/// Decides every row. With `rules`, answers have the statements behind them.
pub(super) fn decide<'b>(table: &Table, columns: &Accesses<'b>, rules: bool) -> Answers<'b> {
    let mut decider = Decider {
        table,
        columns,
        rules,
        known: HashTable::new(),
        accesses: FxHashMap::default(),
        numbers: FxHashMap::default(),
        distinct: Vec::new(),
    };
    let mut key = Vec::new();
    let rows = (0..columns.rows).map(|row| decider.row(row, &mut key)).collect();
    let Decider { distinct, .. } = decider;
    Answers { kind: RequestKind::Accesses, rules, rows, distinct, users: Vec::new() }
}

/// A distinct answer: a decision with the statements behind it, or a mistake.
type Distinct = Result<(AccessDecision, Option<AccessRules>), String>;

struct Decider<'d, 'b> {
    table: &'d Table,
    columns: &'d Accesses<'b>,
    rules: bool,
    /// Rows that have been decided, each the first with its values: the hash, the row and the answer.
    known: HashTable<(u64, u32, u32)>,
    /// The accesses that have been resolved, and the errors of those that cannot be.
    accesses: FxHashMap<Opened, Result<ResolvedAccess, ResolveError>>,
    /// The numbers of distinct answers.
    numbers: FxHashMap<Distinct, u32>,
    distinct: Vec<RowAnswer>,
}

impl Decider<'_, '_> {
    /// The number of a row's answer.
    fn row(&mut self, row: usize, key: &mut Vec<u32>) -> u32 {
        let columns = self.columns;
        let numbers = |row| columns.opened(row).into_iter().chain(columns.facts_of(row));
        key.clear();
        key.extend(numbers(row));
        let hash = hash_of_numbers(key);
        let is_same = |(other, first, _): &(u64, u32, u32)| {
            *other == hash && numbers(*first as usize).eq(key.iter().copied())
        };
        if let Some((.., answer)) = self.known.find(hash, is_same) {
            return *answer;
        }
        let answer = self.ask(row);
        self.known.insert_unique(hash, (hash, row as u32, answer), |(hash, ..)| *hash);
        answer
    }

    /// The number of the answer to a row that is like none before.
    fn ask(&mut self, row: usize) -> u32 {
        let answer = self.columns.request(row).and_then(|request| self.decide(row, &request));
        let distinct = match &answer {
            Ok(answer) => Ok(answer.clone()),
            Err(error) => Err(format!("{} {}", error.column(), error.text())),
        };
        // There are no more answers than rows, which 32 bits number.
        let next = self.distinct.len() as u32;
        let number = *self.numbers.entry(distinct).or_insert(next);
        if number == next {
            self.distinct.push(match answer {
                Ok((decision, rules)) => RowAnswer::Access { decision, rules: rules.map(Box::new) },
                Err(error) => RowAnswer::Error(error),
            });
        }
        number
    }

    fn decide(
        &mut self,
        row: usize,
        request: &AccessRequest<'_>,
    ) -> Result<(AccessDecision, Option<AccessRules>), RowError> {
        // An error of facts is one of this request alone.
        let platform = request.device.platform;
        let missing = request.facts.known().iter().find(|fact| !fact.exists_on(platform));
        let resolve = || self.table.resolve_access(request);
        let access =
            self.accesses.entry(self.columns.opened(row)).or_insert_with(|| match missing {
                None => resolve(),
                Some(_) => {
                    let request = AccessRequest { facts: Facts::default(), ..request.clone() };
                    self.table.resolve_access(&request)
                }
            });
        let access = match (access, missing) {
            (Err(error), None) => return Err(error.clone().into()),
            (Err(error), Some(_)) if *error != ResolveError::NoAccess => {
                return Err(error.clone().into());
            }
            (_, Some(fact)) => return Err(ResolveError::NoSuchFact { fact, platform }.into()),
            (Ok(access), None) => access,
        };
        let decision = self.table.decide_access(access, &request.facts);
        let rules = self
            .rules
            .then(|| AccessRules::new(&self.table.spell_out_access(access, &request.facts)));
        Ok((decision, rules))
    }
}
