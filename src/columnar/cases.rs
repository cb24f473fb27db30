//! The cache keys of the users and endpoints in columns: each distinct one is resolved once.

#![allow(
    clippy::indexing_slicing,
    reason = "tables are as long as the columns have numbers, and lists as the keys that they gave out"
)]

use rustc_hash::FxHashMap;

use super::answers::UserRows;
use super::requests::{Ends, Users};
use super::shapes::{DEVICES, Device, LISTS, Shape, index_of};
use crate::request::DeviceRequest;
use crate::table::{EndpointCase, Session, Table, UserCase};
use crate::vocabulary::Side;

// ---------------------------------------------------------------- users

/// The cache keys of users on devices, as numbers.
pub(super) struct UserCases<'d, 'b> {
    columns: &'d Users<'b>,
    /// By row, if there are filters: the number of its groups and filters. Without filters it is that of its groups.
    numbers: Vec<u32>,
    /// By number of groups and filters: a row that has them, and how many there are.
    who: Vec<(u32, u64)>,
    /// By device, then by number of groups and filters.
    cases: Vec<Vec<Slot<u32>>>,
    /// The numbers of distinct keys.
    known: FxHashMap<UserCase, u32>,
    /// By number of a key: a session of such a user, once it is needed.
    sessions: Vec<Option<Session>>,
}

/// What is known of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot<T> {
    Unseen,
    /// It cannot be resolved.
    Failed,
    Known(T),
}

impl<'d, 'b> UserCases<'d, 'b> {
    pub(super) fn new(columns: &'d Users<'b>, rows: usize) -> Self {
        let mut pairs: FxHashMap<(u32, u32), u32> = FxHashMap::default();
        let numbers = if columns.filters.count() == 1 {
            Vec::new()
        } else {
            let pair = |row| (columns.groups.number(row), columns.filters.number(row));
            let number = |row| {
                let next = pairs.len() as u32;
                *pairs.entry(pair(row)).or_insert(next)
            };
            (0..rows).map(number).collect()
        };
        let count = columns.groups.count().max(pairs.len());
        Self {
            columns,
            numbers,
            who: vec![(0, 0); count],
            cases: vec![Vec::new(); DEVICES],
            known: FxHashMap::default(),
            sessions: Vec::new(),
        }
    }

    /// The session of a row's user, whose key has this number.
    pub(super) fn session(&mut self, table: &Table, case: u32, row: usize) -> Option<&Session> {
        self.sessions.resize(self.known.len(), None);
        let session = &mut self.sessions[case as usize];
        if session.is_none() {
            let (user, device) = (self.columns.user(row).ok()?, self.columns.device(row).ok()?);
            *session = table.session(&user, &device).ok();
        }
        session.as_ref()
    }

    #[inline(always)]
    fn number(&self, row: usize) -> usize {
        let pair = self.numbers.get(row).copied();
        pair.unwrap_or_else(|| self.columns.groups.number(row)) as usize
    }

    /// The number of the cache key of a row's user, who is on this device.
    #[inline(always)]
    pub(super) fn case(&mut self, table: &Table, device: Device, row: usize) -> Option<u32> {
        let number = self.number(row);
        let known = self.cases[index_of(device)].get(number).copied();
        match known.unwrap_or(Slot::Unseen) {
            Slot::Known(case) => Some(case),
            Slot::Failed => None,
            Slot::Unseen => self.resolve(table, device, (number, row)),
        }
    }

    #[cold]
    fn resolve(
        &mut self,
        table: &Table,
        device: Device,
        (number, row): (usize, usize),
    ) -> Option<u32> {
        let request = self.columns.user(row).ok().zip(self.columns.device(row).ok());
        let case = request.and_then(|(user, device)| table.user_case(&user, &device).ok());
        let case = case.map(|case| {
            let next = self.known.len() as u32;
            *self.known.entry(case).or_insert(next)
        });
        let cases = &mut self.cases[index_of(device)];
        cases.resize(self.who.len(), Slot::Unseen);
        cases[number] = case.map_or(Slot::Failed, Slot::Known);
        case
    }

    /// Counts a row for its groups and filters.
    #[inline(always)]
    pub(super) fn count(&mut self, row: usize) {
        let number = self.number(row);
        let (first, rows) = &mut self.who[number];
        // There are no more rows than 32 bits number.
        *first = row as u32;
        *rows += 1;
    }

    /// The groups and filters that were counted.
    pub(super) fn rows(&self) -> Vec<UserRows<'b>> {
        let counted = self.who.iter().filter(|(_, rows)| *rows > 0);
        let rows = counted.filter_map(|(row, rows)| {
            let row = *row as usize;
            let user = self.columns.user(row).unwrap_or_default();
            let device = self.columns.device(row).ok()?;
            Some(UserRows { user, device, rows: *rows })
        });
        rows.collect()
    }
}

// ---------------------------------------------------------------- endpoints

/// The cache keys of endpoints on one side.
pub(super) struct EndpointCases<'d, 'b> {
    side: Side,
    columns: &'d Ends<'b>,
    /// By everything but the name, then by the number of the name.
    lists: Vec<Vec<Slot<EndpointCase>>>,
}

impl<'d, 'b> EndpointCases<'d, 'b> {
    pub(super) fn new(side: Side, columns: &'d Ends<'b>) -> Self {
        Self { side, columns, lists: vec![Vec::new(); LISTS] }
    }

    /// The cache key of the endpoint of a row of some shape.
    #[inline(always)]
    pub(super) fn case(&mut self, table: &Table, shape: Shape, row: usize) -> Option<EndpointCase> {
        let list = shape.lists[self.side as usize] as usize;
        let name = self.columns.name.number(row) as usize;
        match self.lists[list].get(name) {
            Some(Slot::Known(case)) => Some(*case),
            Some(Slot::Failed) => None,
            Some(Slot::Unseen) | None => self.resolve(table, shape, (list, name), row),
        }
    }

    #[cold]
    fn resolve(
        &mut self,
        table: &Table,
        Shape { channel, device: (platform, state), .. }: Shape,
        (list, name): (usize, usize),
        row: usize,
    ) -> Option<EndpointCase> {
        let device = DeviceRequest::new(platform, state);
        let request = self.columns.request(channel, row).ok()?;
        let case = match self.side {
            Side::Source => table.source_case(channel, &request.unwrap_or_default(), &device),
            Side::Target => table.target_case(channel, request.as_ref(), &device),
        };
        let cases = &mut self.lists[list];
        cases.resize(self.columns.name.count(), Slot::Unseen);
        let case = case.ok();
        cases[name] = case.map_or(Slot::Failed, Slot::Known);
        case
    }
}
