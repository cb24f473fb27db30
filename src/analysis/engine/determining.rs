//! Determining rules of parts: each with the movements that it decides.
//!
//! Takes in rectangles with, for each channel and block of devices, the rules that decide between sets of
//! views; gives out parts as scopes. A rule decides every movement of its part, or it is listed with the
//! scopes in which it does. A part with a rule that would need many scopes is split by that rule.

#![allow(
    clippy::indexing_slicing,
    reason = "rows and columns are numbered by the grid that these lists belong to"
)]

use std::collections::{BTreeMap, BTreeSet};

use super::contexts::{Context, DeviceSet, contexts};
use super::rectangles::{AtomNames, FactGrid, JoinedLine, Pairs, Rectangle, joined};
use super::users::{Chosen, Users};
use crate::bits::Bits;
use crate::dd::Cond;
use crate::decision::RuleScope;
use crate::limits::LimitExceeded;
use crate::vocabulary::{Channel, Channels, DeviceStates, Platform};

/// The most scopes that are listed for a rule.
const MOST_SCOPES: usize = 8;

/// A part: movements with one fact, and the rules that determine it.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct RuledPart<K, R> {
    pub(in crate::analysis) channels: Channels,
    pub(in crate::analysis) from: String,
    pub(in crate::analysis) to: String,
    /// Users and devices, as further clauses.
    pub(in crate::analysis) context: String,
    pub(in crate::analysis) fact: K,
    /// The rules, in order. One without scopes decides every movement.
    pub(in crate::analysis) rules: Vec<(R, Vec<RuleScope>)>,
}

impl<K, R> RuledPart<K, R> {
    /// The movements.
    pub(in crate::analysis) fn scope(&self) -> String {
        let Self { channels, from, to, context, .. } = self;
        format!("{} from {from} to {to}{context}", words_of(*channels))
    }
}

/// Channels in words.
pub(in crate::analysis) fn words_of(channels: Channels) -> String {
    channels.iter().map(Channel::word).collect::<Vec<_>>().join(", ")
}

/// The rules that determine the decisions between two sets of views, each with its users; `None` where no
/// data can move.
pub(in crate::analysis) type RuleCell<R> = Option<BTreeMap<R, Cond>>;

/// The movements of a rectangle on one channel and block of devices, with the rules that determine their
/// decisions.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct RuleGrid<R> {
    devices: (Platform, DeviceStates),
    /// The names of rows and of columns.
    names: [AtomNames; 2],
    /// By row and column: the users for whom data can move.
    moving: Vec<Vec<Cond>>,
    cells: Vec<Vec<RuleCell<R>>>,
}

/// Rectangles of parts, by channel.
pub(in crate::analysis) type RuledRectangles<K, R> =
    BTreeMap<(Rectangle<K>, Channel), Vec<RuleGrid<R>>>;

/// A rectangle on some channels and devices, with its grids.
struct Block<K, R> {
    rectangle: Rectangle<K>,
    devices: DeviceSet,
    grids: Vec<(Channel, RuleGrid<R>)>,
}

/// A part that is looked at: one box of users and devices of a rectangle.
struct OpenPart<'b, K, R> {
    rectangle: &'b Rectangle<K>,
    context: Context,
    grids: Vec<(Channel, &'b RuleGrid<R>)>,
}

/// Where a rule decides on one channel and block of devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    Nowhere,
    Somewhere,
    Everywhere,
}

impl<R: Copy + Ord> RuleGrid<R> {
    /// A grid of rows and columns, with the views of each as positions among the names. Rows and columns that
    /// look alike are joined.
    pub(in crate::analysis) fn new(
        users: &mut Users,
        devices: (Platform, DeviceStates),
        names: [&AtomNames; 2],
        [sources, targets]: [&[Bits]; 2],
        (moving, cells): (&[Vec<Cond>], &[Vec<RuleCell<R>>]),
    ) -> Result<Self, LimitExceeded> {
        let rows = joined(cells.iter(), Option::is_none);
        let width = cells.first().map_or(0, Vec::len);
        let columns: Vec<Vec<RuleCell<R>>> =
            (0..width).map(|at| rows.iter().map(|row| row.values[at].clone()).collect()).collect();
        let columns = joined(columns.iter(), Option::is_none);
        let mut joined_moving = Vec::with_capacity(rows.len());
        for row in &rows {
            let mut line = Vec::with_capacity(columns.len());
            for column in &columns {
                let all = row
                    .members
                    .iter()
                    .flat_map(|from| column.members.iter().map(move |to| moving[*from][*to]));
                line.push(users.manager().any(all)?);
            }
            joined_moving.push(line);
        }
        let cell = |row: usize| columns.iter().map(|column| column.values[row].clone()).collect();
        let cells = (0..rows.len()).map(cell).collect();
        let [row_names, column_names] = names;
        let names = [
            row_names.of_views(union_of_members(&rows, sources)),
            column_names.of_views(union_of_members(&columns, targets)),
        ];
        Ok(Self { devices, names, moving: joined_moving, cells })
    }

    /// Every rule that decides for some of the users, with its reach.
    fn reach(&self, users: &mut Users, of: Cond) -> Result<BTreeMap<R, Reach>, LimitExceeded> {
        let mut counts: BTreeMap<R, usize> = BTreeMap::new();
        let mut partly: BTreeSet<R> = BTreeSet::new();
        let mut movements = 0;
        for (moving, cells) in self.moving.iter().zip(&self.cells) {
            for (moving, cell) in moving.iter().zip(cells) {
                let manager = users.manager();
                let moved = manager.and(*moving, of)?;
                if moved.is_never() {
                    continue;
                }
                movements += 1;
                for (rule, when) in cell.iter().flatten() {
                    let both = manager.and(moved, *when)?;
                    if !both.is_never() {
                        *counts.entry(*rule).or_default() += 1;
                        if both != moved {
                            partly.insert(*rule);
                        }
                    }
                }
            }
        }
        let reach = |(rule, count)| {
            let is_whole = count == movements && !partly.contains(&rule);
            (rule, if is_whole { Reach::Everywhere } else { Reach::Somewhere })
        };
        Ok(counts.into_iter().map(reach).collect())
    }

    /// The rectangles of the movements that a rule decides; with `others`, of the other ones, too.
    fn rectangles(
        &self,
        users: &mut Users,
        rule: R,
        of: Cond,
        others: bool,
    ) -> Result<Vec<(Rectangle<bool>, Pairs)>, LimitExceeded> {
        let mut grid = FactGrid { moving: self.moving.clone(), cells: Vec::new() };
        for (moving, cells) in grid.moving.iter_mut().zip(&self.cells) {
            let mut row = Vec::with_capacity(cells.len());
            for (moving, cell) in moving.iter_mut().zip(cells) {
                let manager = users.manager();
                *moving = manager.and(*moving, of)?;
                let when = cell.as_ref().and_then(|cell| cell.get(&rule));
                let yes = manager.and(when.copied().unwrap_or(Cond::FALSE), of)?;
                let facts = [(true, yes), (false, manager.and_not(of, yes)?)];
                let mut facts = facts.to_vec();
                facts.retain(|(_, users)| !moving.is_never() && !users.is_never());
                row.push(facts);
            }
            grid.cells.push(row);
        }
        let mut names = self.names.clone();
        grid.rectangles(
            users,
            &mut |users, side, of, marks| names[side as usize].texts(users, of, marks),
            |decides| *decides || others,
        )
    }

    /// The grid of some pairs for some users.
    fn restricted(
        &self,
        users: &mut Users,
        pairs: &Pairs,
        of: Cond,
    ) -> Result<Self, LimitExceeded> {
        let pairs: BTreeSet<_> = pairs.iter().copied().collect();
        let mut found = self.clone();
        for (row, moving) in found.moving.iter_mut().enumerate() {
            for (column, moving) in moving.iter_mut().enumerate() {
                let is_of_it = pairs.contains(&(row, column));
                let of = if is_of_it { of } else { Cond::FALSE };
                *moving = users.manager().and(*moving, of)?;
            }
        }
        Ok(found)
    }
}

/// The views of joined lines.
fn union_of_members<T>(lines: &[JoinedLine<T>], views: &[Bits]) -> Vec<Bits> {
    let union = |line: &JoinedLine<T>| {
        let mut all = views[line.members[0]].clone();
        line.members.iter().for_each(|at| all.add_all(&views[*at]));
        all
    };
    lines.iter().map(union).collect()
}

// ---------------------------------------------------------------- parts

/// Rectangles as parts with their rules. `people` are the names of the groups of people.
pub(in crate::analysis) fn ruled_parts<K: Clone + Ord, R: Copy + Ord>(
    users: &mut Users,
    people: &[&str],
    rectangles: RuledRectangles<K, R>,
) -> Result<Vec<RuledPart<K, R>>, LimitExceeded> {
    let mut found = Vec::new();
    let mut open = vec![(rectangles, Chosen::new())];
    while let Some((rectangles, chosen)) = open.pop() {
        for block in blocks(rectangles) {
            let Block { rectangle, devices, grids } = &block;
            for context in contexts(users, people, (rectangle.users, &chosen), devices)? {
                let here =
                    |(_, grid): &&(Channel, RuleGrid<R>)| context.on.contains(&grid.devices.0);
                let grids = grids.iter().filter(here).map(|(channel, grid)| (*channel, grid));
                let grids = grids.collect();
                let part = OpenPart { rectangle, context, grids };
                match part.ruled(users, people)? {
                    Ok(part) => found.push(part),
                    Err(rule) => open.push((part.split(users, rule)?, part.context.chosen)),
                }
            }
        }
    }
    Ok(found)
}

/// Joins channels on which equal rectangles hold for equal devices.
fn blocks<K: Clone + Ord, R>(rectangles: RuledRectangles<K, R>) -> Vec<Block<K, R>> {
    let mut found: BTreeMap<(Rectangle<K>, DeviceSet), Vec<(Channel, RuleGrid<R>)>> =
        BTreeMap::new();
    for ((rectangle, channel), grids) in rectangles {
        let devices = grids.iter().map(|grid| grid.devices).collect();
        let of_channel = grids.into_iter().map(|grid| (channel, grid));
        found.entry((rectangle, devices)).or_default().extend(of_channel);
    }
    let block = |((rectangle, devices), grids)| Block { rectangle, devices, grids };
    found.into_iter().map(block).collect()
}

impl<K: Clone + Ord, R: Copy + Ord> OpenPart<'_, K, R> {
    fn channels(&self) -> Channels {
        let mut channels = Channels::NONE;
        self.grids.iter().for_each(|(channel, _)| channels.insert(*channel));
        channels
    }

    /// The part with its rules, or a rule that would need too many scopes.
    fn ruled(
        &self,
        users: &mut Users,
        people: &[&str],
    ) -> Result<Result<RuledPart<K, R>, R>, LimitExceeded> {
        let mut reach = Vec::with_capacity(self.grids.len());
        for (_, grid) in &self.grids {
            reach.push(grid.reach(users, self.context.users)?);
        }
        let all: BTreeSet<R> = reach.iter().flat_map(|rules| rules.keys().copied()).collect();
        let mut rules = Vec::with_capacity(all.len());
        for rule in all {
            let of_rule: Vec<Reach> = reach
                .iter()
                .map(|rules| rules.get(&rule).copied().unwrap_or(Reach::Nowhere))
                .collect();
            let scopes = match of_rule.iter().all(|one| *one == Reach::Everywhere) {
                true => Vec::new(),
                false => self.scopes(users, people, rule, &of_rule)?,
            };
            if scopes.len() > MOST_SCOPES {
                return Ok(Err(rule));
            }
            rules.push((rule, scopes));
        }
        Ok(Ok(RuledPart {
            channels: self.channels(),
            from: self.rectangle.from.clone(),
            to: self.rectangle.to.clone(),
            context: self.context.to_string(),
            fact: self.rectangle.fact.clone(),
            rules,
        }))
    }

    /// The scopes in which a rule decides.
    fn scopes(
        &self,
        users: &mut Users,
        people: &[&str],
        rule: R,
        reach: &[Reach],
    ) -> Result<Vec<RuleScope>, LimitExceeded> {
        let of = self.context.users;
        let mut places: BTreeMap<(Rectangle<()>, Channel), DeviceSet> = BTreeMap::new();
        for ((channel, grid), reach) in self.grids.iter().zip(reach) {
            let rectangles = match reach {
                Reach::Nowhere => Vec::new(),
                Reach::Everywhere => vec![self.whole()],
                Reach::Somewhere => {
                    let found = grid.rectangles(users, rule, of, false)?;
                    found.into_iter().map(|(one, _)| one.with(())).collect()
                }
            };
            for rectangle in rectangles {
                places.entry((rectangle, *channel)).or_default().insert(grid.devices);
            }
        }
        let mut joined: BTreeMap<(Rectangle<()>, DeviceSet), Channels> = BTreeMap::new();
        for ((rectangle, channel), devices) in places {
            joined.entry((rectangle, devices)).or_insert(Channels::NONE).insert(channel);
        }
        let mut found = Vec::new();
        for ((rectangle, devices), channels) in joined {
            let of = (rectangle.users, &self.context.chosen);
            for context in contexts(users, people, of, &devices)? {
                found.push(self.scope(channels, &rectangle, &context));
            }
        }
        found.sort();
        Ok(found)
    }

    /// The movements of the part on one channel and block of devices.
    fn whole(&self) -> Rectangle<()> {
        Rectangle { users: self.context.users, ..self.rectangle.clone().with(()) }
    }

    fn scope(&self, channels: Channels, rectangle: &Rectangle<()>, within: &Context) -> RuleScope {
        let clauses = |channels: Channels, from: &str, to: &str, context: &Context| {
            let Context { people, platforms, devices, .. } = context;
            let ends = [format!(" from {from}"), format!(" to {to}")];
            let context = [people, platforms, devices].map(String::clone);
            [vec![words_of(channels)], ends.to_vec(), context.to_vec()].concat()
        };
        let own = clauses(channels, &rectangle.from, &rectangle.to, within);
        let Rectangle { from, to, .. } = self.rectangle;
        let of_part = clauses(self.channels(), from, to, &self.context);
        let differing = own.iter().zip(&of_part).filter(|(own, part)| own != part);
        let differing: String = differing.map(|(own, _)| own.as_str()).collect();
        RuleScope { scope: own.concat(), clauses: differing.trim_start().to_owned() }
    }

    /// The rectangles of the part, split by whether a rule decides.
    fn split(&self, users: &mut Users, rule: R) -> Result<RuledRectangles<K, R>, LimitExceeded> {
        let mut found = RuledRectangles::new();
        for (channel, grid) in &self.grids {
            let of = self.context.users;
            for (rectangle, pairs) in grid.rectangles(users, rule, of, true)? {
                let grid = grid.restricted(users, &pairs, rectangle.users)?;
                let rectangle = rectangle.with(self.rectangle.fact.clone());
                found.entry((rectangle, *channel)).or_default().push(grid);
            }
        }
        Ok(found)
    }
}
