//! Determining rules of parts: each with the movements that it decides.
//!
//! Takes in rectangles with, for each channel and block of devices, the rules that decide between sets of
//! views; gives out parts as scopes. A rule decides every movement of its part, or it is listed with the
//! scopes in which it does. A part with a rule that would need many scopes is split by that rule.

#![allow(
    clippy::indexing_slicing,
    reason = "rows and columns are numbered by the grid that these lists belong to"
)]

use std::cell::OnceCell;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::contexts::{Context, DeviceSet, contexts};
use super::family::{Excluded, Family};
use super::rectangles::{
    AtomNames, FactGrid, Gone, Held, JoinedLine, Moving, Rectangle, Table, joined,
};
use super::users::{Chosen, Users};
use crate::bits::Bits;
use crate::dd::Cond;
use crate::decision::RuleScope;
use crate::limits::LimitExceeded;
use crate::vocabulary::{Channel, Channels, DeviceStates, Platform};

/// The most scopes that are listed for a rule.
const MOST_SCOPES: usize = 8;

/// The steps that a byte of an answer counts: answers that the usual limit lets pass stay well below a gigabyte.
const STEPS_OF_BYTE: usize = 8;

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
/// data can move. The conditions may hold for further users.
pub(in crate::analysis) type RuleCell<R> = Option<BTreeMap<R, Cond>>;

/// The position of a cell by row and column.
type At = (usize, usize);

/// The cells in which a rule decides, each with the users for whom it does.
type Deciding = Vec<(At, Cond)>;

/// The movements of a rectangle on one channel and block of devices, with the rules that determine their
/// decisions.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct RuleGrid<R> {
    devices: (Platform, DeviceStates),
    /// The names of rows and of columns.
    names: [AtomNames; 2],
    /// By row and column: the users for whom data can move.
    moving: Rc<Table<Moving>>,
    /// The cells in which each rule decides for some users.
    rules: BTreeMap<R, Deciding>,
}

/// Rectangles of parts, by channel.
pub(in crate::analysis) type RuledRectangles<K, R> =
    BTreeMap<(Rectangle<K>, Channel), Vec<RuleGrid<R>>>;

/// Values on channels and blocks of devices, each with its channel.
type Places<T> = Vec<(Channel, T)>;

/// A rectangle on some channels and devices. `T` is what there is on one channel and block of devices.
struct JoinedRectangle<K, T> {
    rectangle: Rectangle<K>,
    devices: DeviceSet,
    places: Places<T>,
}

/// A part with its rules, or a rule that would need too many scopes in it.
enum Ruled<K, R> {
    Part(RuledPart<K, R>),
    Split(R),
}

/// A part that is looked at: one box of users and devices of a rectangle.
struct OpenPart<'b, K, R> {
    rectangle: &'b Rectangle<K>,
    context: Context,
    /// The grids with movements.
    grids: Vec<OpenGrid<'b, R>>,
}

/// A grid of a part.
struct OpenGrid<'b, R> {
    channel: Channel,
    grid: &'b RuleGrid<R>,
    movements: &'b Movements,
    /// The users of the part.
    of: Cond,
    /// The conditions of movements that none of these users meets.
    closed: Excluded,
    /// The cells that have movements of these users.
    cells: Vec<At>,
    /// The views of rows and of columns that exist for none of these users.
    gone: OnceCell<[Gone; 2]>,
}

/// The users for whom data can move in a grid, as conditions that are there once.
struct Movements {
    family: Family,
    /// By row and column: those who meet one of these conditions.
    cells: Table<Vec<usize>>,
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
        devices: (Platform, DeviceStates),
        names: [&AtomNames; 2],
        [sources, targets]: [&[Bits]; 2],
        (moving, cells): (&[Vec<Cond>], &[Vec<RuleCell<R>>]),
    ) -> Self {
        let rows = joined(cells.iter(), Option::is_none);
        let width = cells.first().map_or(0, Vec::len);
        let column = |at: usize| rows.iter().map(|row| row.values[at].clone()).collect();
        let columns: Vec<Vec<RuleCell<R>>> = (0..width).map(column).collect();
        let columns = joined(columns.iter(), Option::is_none);
        let mut rules: BTreeMap<R, Deciding> = BTreeMap::new();
        let mut moves = Vec::with_capacity(rows.len());
        for (from, row) in rows.iter().enumerate() {
            let mut line = Vec::with_capacity(columns.len());
            for (to, column) in columns.iter().enumerate() {
                let all = row
                    .members
                    .iter()
                    .flat_map(|from| column.members.iter().map(move |to| moving[*from][*to]));
                line.push(Moving::new(all));
                for (rule, when) in column.values[from].iter().flatten() {
                    rules.entry(*rule).or_default().push(((from, to), *when));
                }
            }
            moves.push(line);
        }
        let names = [
            names[0].of_views(union_of_members(&rows, sources)),
            names[1].of_views(union_of_members(&columns, targets)),
        ];
        Self { devices, names, moving: Rc::new(moves), rules }
    }

    /// The grid of some pairs and views.
    fn restricted(&self, held: &Held) -> Self {
        let pairs: BTreeSet<_> = held.pairs.iter().copied().collect();
        let mut found = self.clone();
        for (names, views) in found.names.iter_mut().zip(&held.views) {
            names.restrict(views);
        }
        for (row, moving) in Rc::make_mut(&mut found.moving).iter_mut().enumerate() {
            for (column, moving) in moving.iter_mut().enumerate() {
                if !pairs.contains(&(row, column)) {
                    *moving = Moving::default();
                }
            }
        }
        found
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
        for joined in joined_channels(rectangles, |grid: &RuleGrid<R>| grid.devices) {
            let JoinedRectangle { rectangle, devices, places } = joined;
            let with_movements = |(channel, grid): (Channel, RuleGrid<R>)| {
                let movements = Movements::new(&grid.moving);
                ((channel, grid), movements)
            };
            let grids: Vec<_> = places.into_iter().map(with_movements).collect();
            for context in contexts(users, people, (rectangle.users, &chosen), &devices)? {
                let part = OpenPart::new(users, &rectangle, context, &grids)?;
                // The texts of a set can be several, of which one names only what has no movement.
                if part.grids.is_empty() {
                    continue;
                }
                match part.ruled(users, people)? {
                    Ruled::Part(part) => found.push(part),
                    Ruled::Split(rule) => {
                        open.push((part.split(users, rule)?, part.context.chosen))
                    }
                }
            }
        }
    }
    Ok(found)
}

/// Whether some of the users have a movement in some cells of grids.
fn has_movements<'g, R: 'g>(
    users: &mut Users,
    grids: &mut dyn Iterator<Item = &'g (&'g RuleGrid<R>, Vec<At>)>,
    of: Cond,
) -> Result<bool, LimitExceeded> {
    for (grid, cells) in grids {
        for (from, to) in cells {
            if !grid.moving[*from][*to].is_disjoint(users, of)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Joins channels on which equal rectangles hold for equal devices.
fn joined_channels<K: Ord, T>(
    found: BTreeMap<(Rectangle<K>, Channel), Vec<T>>,
    devices: impl Fn(&T) -> (Platform, DeviceStates),
) -> Vec<JoinedRectangle<K, T>> {
    let mut joined: BTreeMap<(Rectangle<K>, DeviceSet), Places<T>> = BTreeMap::new();
    for ((rectangle, channel), places) in found {
        let devices = places.iter().map(&devices).collect();
        let of_channel = places.into_iter().map(|one| (channel, one));
        joined.entry((rectangle, devices)).or_default().extend(of_channel);
    }
    let joined = joined.into_iter();
    joined
        .map(|((rectangle, devices), places)| JoinedRectangle { rectangle, devices, places })
        .collect()
}

impl Movements {
    fn new(moving: &Table<Moving>) -> Self {
        let all: BTreeSet<Cond> =
            moving.iter().flatten().flat_map(Moving::conditions).copied().collect();
        let conditions: Vec<Cond> = all.into_iter().collect();
        let number = |one: &Cond| conditions.binary_search(one).ok();
        let numbers = |moving: &Moving| moving.conditions().iter().filter_map(number).collect();
        let cells = moving.iter().map(|row| row.iter().map(numbers).collect()).collect();
        Self { family: Family::new(conditions), cells }
    }
}

impl<'b, R: Copy + Ord> OpenGrid<'b, R> {
    fn new(
        users: &mut Users,
        (channel, grid): &'b (Channel, RuleGrid<R>),
        movements: &'b Movements,
        of: Cond,
    ) -> Result<Self, LimitExceeded> {
        let closed = movements.family.excluded(users.manager(), of)?;
        let mut cells = Vec::new();
        for (from, row) in movements.cells.iter().enumerate() {
            let is_open = |all: &Vec<usize>| all.iter().any(|one| !closed.contains(*one));
            let open = row.iter().enumerate().filter(|(_, all)| is_open(all));
            cells.extend(open.map(|(to, _)| (from, to)));
        }
        Ok(Self { channel: *channel, grid, movements, of, closed, cells, gone: OnceCell::new() })
    }

    /// Where a rule decides for the users of the part.
    fn reach(&self, users: &mut Users, rule: R) -> Result<Reach, LimitExceeded> {
        let Some(deciding) = self.grid.rules.get(&rule) else { return Ok(Reach::Nowhere) };
        let (mut is_somewhere, mut deciding_cells) = (false, 0);
        let mut is_everywhere = true;
        // Of most rules the users are the same in every cell.
        let (mut of, mut own, mut others) = (None, Cond::FALSE, Cond::FALSE);
        for (at @ (from, to), when) in deciding {
            if of != Some(*when) {
                of = Some(*when);
                own = users.manager().and(self.of, *when)?;
                others = users.manager().and_not(self.of, *when)?;
            }
            let moving = &self.grid.moving[*from][*to];
            if is_everywhere && self.cells.binary_search(at).is_ok() {
                deciding_cells += 1;
                is_everywhere = moving.is_disjoint(users, others)?;
            }
            if !is_somewhere {
                is_somewhere = !moving.is_disjoint(users, own)?;
            }
            if is_somewhere && !is_everywhere {
                return Ok(Reach::Somewhere);
            }
        }
        Ok(match (is_somewhere, is_everywhere && deciding_cells == self.cells.len()) {
            (false, _) => Reach::Nowhere,
            (true, true) => Reach::Everywhere,
            (true, false) => Reach::Somewhere,
        })
    }

    /// The rectangles of the movements that a rule decides; with `others`, of the other ones, too.
    fn rectangles(
        &self,
        users: &mut Users,
        rule: R,
        others: bool,
    ) -> Result<Vec<(Rectangle<bool>, Held)>, LimitExceeded> {
        users.manager().take_steps(self.cells.len())?;
        let grid = self.facts(users, rule, others)?;
        let gone = self.gone(users)?;
        let names = &self.grid.names;
        grid.loose_rectangles(
            users,
            &mut |users, side, of, marks| {
                let side = side as usize;
                names[side].texts_among(users, (of, Some(&gone[side])), marks)
            },
            &mut |users, sources, of| self.open_targets(users, sources, of),
            |decides| *decides || others,
        )
    }

    /// Whether a rule decides, by cell.
    fn facts(
        &self,
        users: &mut Users,
        rule: R,
        others: bool,
    ) -> Result<FactGrid<bool>, LimitExceeded> {
        let deciding = self.grid.rules.get(&rule).map_or(&[][..], Vec::as_slice);
        let moving = &self.grid.moving;
        let width = moving.first().map_or(0, Vec::len);
        let mut cells: Table<_> = moving.iter().map(|row| vec![Vec::new(); row.len()]).collect();
        // Rows and columns without the rule are not named.
        let (mut rows, mut columns) = (vec![false; moving.len()], vec![false; width]);
        for ((row, column), _) in deciding {
            (rows[*row], columns[*column]) = (true, true);
        }
        // Of most rules the users are the same in every cell.
        let (mut of, mut facts) = (None, Vec::new());
        for at in self.cells.iter().filter(|at| others || rows[at.0] && columns[at.1]) {
            let known = deciding.binary_search_by_key(at, |(at, _)| *at);
            let when = known.map_or(Cond::FALSE, |known| deciding[known].1);
            if of != Some(when) {
                of = Some(when);
                let yes = users.manager().and(when, self.of)?;
                facts = vec![(true, yes), (false, users.manager().and_not(self.of, yes)?)];
                facts.retain(|(_, users)| !users.is_never());
            }
            cells[at.0][at.1].clone_from(&facts);
        }
        Ok(FactGrid { moving: Rc::clone(moving), cells })
    }

    /// The targets to which data can move from some sources for some users of the part.
    fn open_targets(
        &self,
        users: &mut Users,
        sources: &[usize],
        of: Cond,
    ) -> Result<Vec<bool>, LimitExceeded> {
        let also = self.movements.family.also_excluded(users.manager(), of, &self.closed)?;
        let is_open = |one: &usize| !self.closed.contains(*one) && also.binary_search(one).is_err();
        let cells = &self.movements.cells;
        let width = cells.first().map_or(0, Vec::len);
        let open = |to: usize| sources.iter().any(|from| cells[*from][to].iter().any(is_open));
        Ok((0..width).map(open).collect())
    }

    /// The views of rows and of columns that exist for none of the users.
    fn gone(&self, users: &mut Users) -> Result<&[Gone; 2], LimitExceeded> {
        if let Some(known) = self.gone.get() {
            return Ok(known);
        }
        let [rows, columns] = &self.grid.names;
        let gone = [rows.gone_of(users, self.of)?, columns.gone_of(users, self.of)?];
        Ok(self.gone.get_or_init(|| gone))
    }
}

impl<'b, K: Clone + Ord, R: Copy + Ord> OpenPart<'b, K, R> {
    fn new(
        users: &mut Users,
        rectangle: &'b Rectangle<K>,
        context: Context,
        grids: &'b [((Channel, RuleGrid<R>), Movements)],
    ) -> Result<Self, LimitExceeded> {
        let mut found = Vec::with_capacity(grids.len());
        for (grid, movements) in grids {
            if context.on.contains(&grid.1.devices.0) {
                let open = OpenGrid::new(users, grid, movements, context.users)?;
                found.extend((!open.cells.is_empty()).then_some(open));
            }
        }
        Ok(Self { rectangle, context, grids: found })
    }

    fn channels(&self) -> Channels {
        self.grids.iter().map(|one| one.channel).collect()
    }

    /// The part with its rules, or a rule that would need too many scopes.
    fn ruled(&self, users: &mut Users, people: &[&str]) -> Result<Ruled<K, R>, LimitExceeded> {
        let all: BTreeSet<R> =
            self.grids.iter().flat_map(|one| one.grid.rules.keys().copied()).collect();
        let mut rules = Vec::with_capacity(all.len());
        // Many rules of a policy decide in the same places.
        let mut known: BTreeMap<Vec<Option<&Deciding>>, Option<Vec<RuleScope>>> = BTreeMap::new();
        for rule in all {
            let places = self.grids.iter().map(|one| one.grid.rules.get(&rule)).collect();
            let scopes = match known.entry(places) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(new) => new.insert(self.deciding(users, people, rule)?).clone(),
            };
            let Some(scopes) = scopes else { continue };
            if scopes.len() > MOST_SCOPES {
                return Ok(Ruled::Split(rule));
            }
            // Answers are kept whole, so that their length is a bound on memory.
            let bytes = scopes.iter().map(|one| one.scope.len() + one.clauses.len());
            users.manager().take_steps(STEPS_OF_BYTE * bytes.sum::<usize>())?;
            rules.push((rule, scopes));
        }
        Ok(Ruled::Part(RuledPart {
            channels: self.channels(),
            from: self.rectangle.from.clone(),
            to: self.rectangle.to.clone(),
            context: self.context.to_string(),
            fact: self.rectangle.fact.clone(),
            rules,
        }))
    }

    /// The scopes in which a rule decides, if it does somewhere; none where it decides everything.
    fn deciding(
        &self,
        users: &mut Users,
        people: &[&str],
        rule: R,
    ) -> Result<Option<Vec<RuleScope>>, LimitExceeded> {
        let mut reach = Vec::with_capacity(self.grids.len());
        for grid in &self.grids {
            reach.push(grid.reach(users, rule)?);
        }
        let is_all = |wanted: Reach| reach.iter().all(|one| *one == wanted);
        Ok(match (is_all(Reach::Nowhere), is_all(Reach::Everywhere)) {
            (true, _) => None,
            (_, true) => Some(Vec::new()),
            (false, false) => Some(self.scopes(users, people, rule, &reach)?),
        })
    }

    /// The scopes in which a rule decides, without those in which nobody has a movement.
    fn scopes(
        &self,
        users: &mut Users,
        people: &[&str],
        rule: R,
        reach: &[Reach],
    ) -> Result<Vec<RuleScope>, LimitExceeded> {
        let mut places: BTreeMap<(Rectangle<()>, Channel), Vec<_>> = BTreeMap::new();
        for (open, reach) in self.grids.iter().zip(reach) {
            let rectangles = match reach {
                Reach::Nowhere => Vec::new(),
                Reach::Everywhere => vec![(self.whole(), open.cells.clone())],
                Reach::Somewhere => {
                    let found = open.rectangles(users, rule, false)?;
                    found.into_iter().map(|(one, held)| (one.with(()), held.pairs)).collect()
                }
            };
            for (rectangle, cells) in rectangles {
                places.entry((rectangle, open.channel)).or_default().push((open.grid, cells));
            }
        }
        let mut found = Vec::new();
        for joined in joined_channels(places, |(grid, _)| grid.devices) {
            let JoinedRectangle { rectangle, devices, places } = joined;
            let channels = places.iter().map(|(channel, _)| *channel).collect();
            let of = (rectangle.users, &self.context.chosen);
            for context in contexts(users, people, of, &devices)? {
                let grids = places.iter().map(|(_, place)| place);
                let mut here = grids.filter(|(grid, _)| context.on.contains(&grid.devices.0));
                if has_movements(users, &mut here, context.users)? {
                    found.push(self.scope(channels, &rectangle, &context));
                }
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
        for open in &self.grids {
            for (rectangle, held) in open.rectangles(users, rule, true)? {
                let grid = open.grid.restricted(&held);
                let rectangle = rectangle.with(self.rectangle.fact.clone());
                found.entry((rectangle, open.channel)).or_default().push(grid);
            }
        }
        Ok(found)
    }
}
