//! Decisions about movements in columns.
//!
//! Takes in columns, gives out answers. Each user on each device and each endpoint becomes a cache key of the
//! table, once; rows of equal keys have one answer, which a session gives to the first of them. Users of
//! equal keys share a session. Rows that cannot be answered are looked up by everything that is in them.

#![allow(
    clippy::indexing_slicing,
    reason = "tables are as long as the columns have numbers, and lists as the keys that they gave out"
)]

use rustc_hash::FxHashMap;

use super::answers::{Answers, RowAnswer};
use super::cases::{EndpointCases, UserCases};
use super::error::RowError;
use super::requests::Movements;
use super::schema::RequestKind;
use super::shapes::{Shape, Shapes};
use crate::decision::Decision;
use crate::model::AppId;
use crate::table::{Resolved, Table};
use crate::vocabulary::{Channel, Side};

/// Decides every row.
pub(super) fn decide<'b>(table: &Table, columns: &Movements<'b>, rules: bool) -> Answers<'b> {
    let mut decider = Decider {
        table,
        columns,
        rules,
        shapes: Shapes::new(columns),
        users: UserCases::new(&columns.users, columns.rows),
        sources: EndpointCases::new(Side::Source, &columns.source),
        targets: EndpointCases::new(Side::Target, &columns.target),
        known: FxHashMap::default(),
        unusual: FxHashMap::default(),
        decisions: FxHashMap::default(),
        distinct: Vec::new(),
    };
    let rows = (0..columns.rows).map(|row| decider.row(row)).collect();
    let users = decider.users.rows();
    Answers { kind: RequestKind::Movements, rules, rows, distinct: decider.distinct, users }
}

/// Everything that an answer depends on: the user, the channel and what is true of both endpoints; then the
/// endpoints.
type Key = (u64, u64);

/// The numbers of everything in a row.
type Numbers = [u32; 13];

/// A row whose parts can be resolved and belong together.
#[derive(Debug, Clone, Copy)]
struct Usual {
    key: Key,
    shape: Shape,
    user: u32,
    /// Whether source and target are one app that no policy names.
    is_one_unlisted_app: bool,
}

struct Decider<'d, 'b> {
    table: &'d Table,
    columns: &'d Movements<'b>,
    /// Whether answers that differ in the rules behind them are distinct.
    rules: bool,
    shapes: Shapes,
    users: UserCases<'d, 'b>,
    sources: EndpointCases<'d, 'b>,
    targets: EndpointCases<'d, 'b>,
    /// The answers by key.
    known: FxHashMap<Key, u32>,
    /// The answers of rows that have no key.
    unusual: FxHashMap<Numbers, u32>,
    /// The answers by decision, if rules do not matter.
    decisions: FxHashMap<(Channel, Decision), u32>,
    distinct: Vec<RowAnswer>,
}

impl Decider<'_, '_> {
    /// The number of a row's answer.
    #[inline]
    fn row(&mut self, row: usize) -> u32 {
        let Some(usual) = self.usual(row) else { return self.unusual_row(row) };
        self.users.count(row);
        if let Some(answer) = self.known.get(&usual.key) {
            return *answer;
        }
        let answer = self.ask_session(row, usual).unwrap_or_else(|| self.ask(row));
        self.known.insert(usual.key, answer);
        answer
    }

    /// The key of a row, if it has one.
    #[inline(always)]
    fn usual(&mut self, row: usize) -> Option<Usual> {
        let shape = self.shapes.of(row)?;
        let channel = shape.channel;
        let source = self.sources.case(self.table, shape, row)?;
        let target = self.targets.case(self.table, shape, row)?;
        let exceeded = match self.columns.characters.stored(row) {
            -1 => 0,
            number if channel == Channel::Copy => {
                self.table.limits_exceeded(u32::try_from(number).ok()?)
            }
            _ => return None,
        };
        let [is_same_app, is_one_unlisted_app] = match (source.app(), target.app()) {
            (Some(one), Some(other)) if one == other => self.same_app(one, row),
            _ => [false; 2],
        };
        if is_same_app && source.is_deployed() != target.is_deployed() {
            return None;
        }
        let user = self.users.case(self.table, shape.device, row)?;
        let exceeded = u64::from(u16::try_from(exceeded).ok()?);
        let rest = exceeded << 5 | (channel.index() as u64) << 1 | u64::from(is_same_app);
        let [source, target] = [source, target].map(|end| u32::try_from(end.number()).ok());
        let ends = u64::from(source?) << 32 | u64::from(target?);
        let key = (u64::from(user) << 32 | rest, ends);
        Some(Usual { key, shape, user, is_one_unlisted_app })
    }

    /// Whether both endpoints of a row, whose apps have one number, are one app, and whether it is unlisted: then
    /// the names tell.
    #[inline]
    fn same_app(&self, app: AppId, row: usize) -> [bool; 2] {
        if app != self.table.directory().unlisted_app() {
            return [true, false];
        }
        let names = self.columns.source.name.get(row).zip(self.columns.target.name.get(row));
        let is_one =
            |(one, other): (&str, &str)| one.eq_ignore_ascii_case(other) && one.contains(':');
        [names.is_some_and(is_one); 2]
    }

    /// The number of the answer of a row that has no key.
    #[cold]
    fn unusual_row(&mut self, row: usize) -> u32 {
        let Movements { channel, source, target, characters, users, .. } = self.columns;
        let [groups, filters, platform, management] = users.numbers(row);
        let characters = characters.stored(row);
        let numbers = [
            channel.number(row),
            source.name.number(row),
            source.account.number(row),
            source.deployed.number(row),
            target.name.number(row),
            target.account.number(row),
            target.deployed.number(row),
            groups,
            filters,
            platform,
            management,
            characters as u32,
            (characters >> 32) as u32,
        ];
        let answer = match self.unusual.get(&numbers) {
            Some(answer) => *answer,
            None => {
                let answer = self.ask(row);
                self.unusual.insert(numbers, answer);
                answer
            }
        };
        if !matches!(&self.distinct[answer as usize], RowAnswer::Error(error) if !error.is_request())
        {
            self.users.count(row);
        }
        answer
    }

    /// The number of the answer that a session has, which is that of the table; `None` where only the table
    /// knows it.
    fn ask_session(&mut self, row: usize, usual: Usual) -> Option<u32> {
        let Usual { shape, user, is_one_unlisted_app, .. } = usual;
        let Shape { channel, device: (platform, _), .. } = shape;
        let session = self.users.session(self.table, user, row)?;
        if is_one_unlisted_app || !channel.exists_on(platform) {
            return None;
        }
        let source = self.columns.source.request(channel, row).ok()?.unwrap_or_default();
        let source = session.source(channel, &source).ok()?;
        let target = self.columns.target.request(channel, row).ok()??;
        let target = session.target(channel, &target).ok()?;
        let characters = self.columns.characters.get("characters", row).ok()?;
        let movement = match characters {
            Some(characters) => session.resolve_copy(source, target, characters),
            None => session.resolve(channel, source, target),
        };
        Some(self.number(channel, movement))
    }

    /// The number of the answer that the table has for the request of a row.
    fn ask(&mut self, row: usize) -> u32 {
        let request = self.columns.request(row);
        let movement = request.and_then(|request| {
            let movement = self.table.resolve(&request).map_err(RowError::Resolve)?;
            Ok((request.channel, movement))
        });
        match movement {
            Ok((channel, movement)) => self.number(channel, movement),
            Err(error) => self.next(RowAnswer::Error(error)),
        }
    }

    /// The number of the answer about a movement.
    fn number(&mut self, channel: Channel, movement: Resolved) -> u32 {
        if self.rules {
            return self.next(RowAnswer::Movement { channel, movement });
        }
        let decision = (channel, self.table.decide(&movement));
        if let Some(answer) = self.decisions.get(&decision) {
            return *answer;
        }
        let answer = self.next(RowAnswer::Movement { channel, movement });
        self.decisions.insert(decision, answer);
        answer
    }

    /// The number of a new answer.
    fn next(&mut self, answer: RowAnswer) -> u32 {
        self.distinct.push(answer);
        // There are no more answers than rows, which 32 bits number.
        self.distinct.len() as u32 - 1
    }
}
