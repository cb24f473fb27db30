//! What the parts of a table must say of each other, so that whatever is asked of it stays inside.
//!
//! Takes in parts whose numbers are each in their range, tells what is wrong with them together.

use super::codec::Flaw;
use crate::diagram::{Diagram, Node};
use crate::model::{Entries, Text};
use crate::table::devices::Devices;
use crate::table::rulebook::{Rulebook, Stretch};
use crate::table::sets::Sets;
use crate::table::{Aspect, Cells, Inner, Mask, NO_LINE, PlaneAt};
use crate::vocabulary::{Channel, DeviceState, Platform};

fn demand(holds: bool, flaw: Flaw) -> Result<(), Flaw> {
    if holds { Ok(()) } else { Err(flaw) }
}

/// Names stand in the texts, and what is numbered is there.
pub(super) fn entries(entries: &Entries) -> Result<(), Flaw> {
    let Entries { texts, apps, storages, users, policies, rules, ids, urls } = entries;
    demand(!apps.is_empty() && !storages.is_empty(), "nothing stands for what is not named")?;
    let named = apps.iter().map(|app| app.name).chain(storages.iter().map(|one| one.name));
    let named = named.chain(users.iter().copied()).chain(urls.iter().map(|(url, _)| *url));
    let named = named.chain(ids.iter().flatten().map(|(id, _)| *id));
    let shown = policies.iter().flat_map(|policy| [policy.name, policy.file]);
    let said = rules.iter().flat_map(|rule| [Some(rule.text), Some(rule.file), rule.because]);
    let mut all = named.chain(shown).chain(said.flatten());
    demand(all.all(|text: Text| texts.holds(text)), "a name stands outside of the texts")?;
    let mut owners = ids.iter().flatten().chain(urls).map(|(_, app)| app.index());
    demand(owners.all(|app| app < apps.len()), "an id belongs to no app")?;
    let mut owners = rules.iter().map(|rule| rule.policy.index());
    demand(owners.all(|policy| policy < policies.len()), "a rule belongs to no policy")
}

/// Each question is asked of some group, and a user's answers have room.
pub(super) fn questions(questions: &[Option<u32>]) -> Result<(), Flaw> {
    let mut asked: Vec<u32> = questions.iter().copied().flatten().collect();
    asked.sort_unstable();
    asked.dedup();
    demand(asked.len() <= Mask::CAPACITY, "more is asked of users than they can answer")?;
    demand(asked.iter().zip(0..).all(|(one, next)| *one == next), "a question is asked of nobody")
}

/// Classes are numbered in the order of their first ends.
pub(super) fn classes(of_point: &[u32], ends: usize) -> Result<(), Flaw> {
    demand(of_point.len() == ends, "there are more or fewer ends than classes tell of")?;
    let mut next = 0;
    for class in of_point {
        demand(*class <= next, "a class has no end")?;
        next += u32::from(*class == next);
    }
    Ok(())
}

/// Everything else, once the parts are there.
pub(super) fn table(table: &Inner) -> Result<(), Flaw> {
    let ends = Ends::new(&table.nodes, table.groups.len())?;
    let decisions = u32::try_from(table.decisions.len()).unwrap_or(u32::MAX);
    demand(decisions > 0, "there is no decision")?;
    devices(&table.devices)?;
    let classes = table.classes.each_ref().map(|classes| classes.len());
    let kinds = table.devices.len();
    aspects(&table.aspects_at, &table.aspects, kinds, classes)?;
    let diagrams = table.aspects.iter().map(|aspect| aspect.managed);
    demand(ends.all_below(diagrams, 2), "who is managed is neither true nor false")?;
    let diagrams = table.aspects.iter().map(|aspect| aspect.reason);
    let diagrams = diagrams.chain(table.cells.cells.iter().copied());
    demand(ends.all_below(diagrams, decisions), "a cell leads to no decision")?;
    cells(&table.cells, kinds, classes)?;
    book(&table.book, table, &ends)
}

// ---------------------------------------------------------------- diagrams

/// The largest number at the end of each node.
struct Ends<'n> {
    nodes: &'n [Node],
    largest: Vec<u32>,
}

impl<'n> Ends<'n> {
    /// Every node comes behind those to which it leads, and asks before they do: whoever follows them
    /// arrives.
    fn new(nodes: &'n [Node], questions: usize) -> Result<Self, Flaw> {
        let mut ends = Self { nodes, largest: Vec::with_capacity(nodes.len()) };
        for node in nodes {
            demand((node.question as usize) < questions, "a node asks what nobody is asked")?;
            let mut largest = 0;
            for next in [node.no, node.yes] {
                let (number, question) = ends.look(next).ok_or("a node leads nowhere")?;
                demand(question.is_none_or(|one| one > node.question), "a node asks again")?;
                largest = largest.max(number);
            }
            ends.largest.push(largest);
        }
        Ok(ends)
    }

    /// The largest number at the end of a diagram, and what it asks first.
    fn look(&self, diagram: Diagram) -> Option<(u32, Option<u32>)> {
        match diagram.number() {
            Some(number) => Some((number, None)),
            None => {
                let largest = self.largest.get(diagram.index())?;
                Some((*largest, Some(self.nodes.get(diagram.index())?.question)))
            }
        }
    }

    fn all_below(&self, mut diagrams: impl Iterator<Item = Diagram>, bound: u32) -> bool {
        diagrams.all(|one| self.look(one).is_some_and(|(largest, _)| largest < bound))
    }
}

// ---------------------------------------------------------------- devices and cells

fn devices(devices: &Devices) -> Result<(), Flaw> {
    let exists = |platform: Platform, state: DeviceState| state.exists_on(platform);
    let states = DeviceState::ALL.len();
    demand(devices.numbers.len() == Platform::ALL.len() * states, "a device is missing")?;
    let mut numbers = devices.numbers.iter().enumerate();
    let fits = numbers.all(|(at, kind)| {
        let is_there = exists(Platform::ALL[at / states], DeviceState::ALL[at % states]);
        kind.is_some() == is_there && kind.is_none_or(|one| (one.0 as usize) < devices.len())
    });
    demand(fits, "a device is of no kind")?;
    let mut witnesses = devices.witnesses.iter();
    demand(witnesses.all(|one| exists(one.platform, one.state)), "there is no such device")
}

fn aspects(
    at: &[[u32; 2]],
    aspects: &[Aspect],
    kinds: usize,
    classes: [usize; 2],
) -> Result<(), Flaw> {
    demand(at.len() == kinds, "a kind of device is missing")?;
    let mut lists = at.iter().flat_map(|at| at.iter().zip(classes));
    let fit = lists.all(|(start, length)| is_within(*start, length, aspects.len()));
    demand(fit, "a class has no aspect")
}

fn is_within(start: u32, length: usize, all: usize) -> bool {
    (start as usize).checked_add(length).is_some_and(|end| end <= all)
}

fn cells(cells: &Cells, kinds: usize, classes: [usize; 2]) -> Result<(), Flaw> {
    demand(cells.planes.len() == kinds * Channel::ALL.len(), "a plane is missing")?;
    let mut maps = [Maps::new(cells, classes[0]), Maps::new(cells, classes[1])];
    for PlaneAt { rows, columns, cells: start, width } in &cells.planes {
        let [height, columns] = {
            let [of_rows, of_columns] = &mut maps;
            [of_rows.lines(*rows)?, of_columns.lines(*columns)?]
        };
        demand(columns <= *width as usize, "a column is beyond its plane")?;
        let size = height.checked_mul(*width as usize).ok_or("a plane is too large")?;
        demand(is_within(*start, size, cells.cells.len()), "a plane is beyond the cells")?;
    }
    Ok(())
}

/// How many lines each map leads to; planes share maps.
struct Maps<'c> {
    maps: &'c [u32],
    length: usize,
    known: Vec<(u32, usize)>,
}

impl<'c> Maps<'c> {
    fn new(cells: &'c Cells, classes: usize) -> Self {
        Self { maps: &cells.maps, length: classes * 2, known: Vec::new() }
    }

    fn lines(&mut self, start: u32) -> Result<usize, Flaw> {
        let place = match self.known.binary_search_by_key(&start, |(start, _)| *start) {
            Ok(at) => return Ok(self.known[at].1),
            Err(place) => place,
        };
        demand(is_within(start, self.length, self.maps.len()), "a plane has no lines")?;
        let map = &self.maps[start as usize..][..self.length];
        let last = map.iter().filter(|line| **line != NO_LINE).max();
        let lines = last.map_or(0, |last| *last as usize + 1);
        self.known.insert(place, (start, lines));
        Ok(lines)
    }
}

// ---------------------------------------------------------------- policies and rules

fn book(book: &Rulebook, table: &Inner, ends: &Ends<'_>) -> Result<(), Flaw> {
    let entries = table.directory.entries();
    let (policies, rules) = (entries.policies.len(), entries.rules.len());
    let apps = entries.apps.len();
    demand(book.heads.len() == policies, "a policy is missing")?;
    demand(book.lines.len() == rules, "a rule is missing")?;
    demand(book.apps.len() == apps && book.protection.len() == apps, "an app is missing")?;
    demand(book.order.len() == policies, "the order of policies misses one")?;
    let mut ids = book.order.iter().chain(&book.above).map(|id| id.index());
    demand(ids.all(|id| id < policies), "there is no such policy")?;
    demand(book.rules.iter().all(|id| id.index() < rules), "there is no such rule")?;
    let mut ids = book.protected.iter().map(|(app, _)| app).chain(&book.examples);
    demand(ids.all(|app| app.index() < apps), "there is no such app")?;
    let mut kinds = book.protection.iter();
    demand(kinds.all(|kind| (*kind as usize) < book.examples.len()), "an app has no protection")?;
    for head in &book.heads {
        let fits = |part: Stretch, all: usize| is_within(part.start, part.length as usize, all);
        let are_there = fits(head.protected, book.protected.len())
            && fits(head.above, book.above.len())
            && fits(head.rules, book.rules.len());
        demand(are_there, "a policy has what is not there")?;
        let ordered = book.protected(head).is_sorted_by(|a, b| a.0 < b.0);
        demand(ordered, "the apps of a policy are not ordered")?;
    }
    let lines = book.lines.iter();
    demand(lines.clone().all(|one| one.policy.index() < policies), "there is no such policy")?;
    let has_sets = |side: usize, sets: &Sets| {
        let mut named = lines.clone().filter_map(|line| line.sets[side]);
        named.all(|set| (set as usize) < sets.sets.len())
    };
    let [sources, targets] = &book.sets;
    demand(has_sets(0, sources) && has_sets(1, targets), "there is no such set")?;
    book.sets.iter().try_for_each(sets)?;
    let people = book.heads.iter().map(|head| head.people);
    let people = people.chain(lines.map(|line| line.people));
    demand(ends.all_below(people, 2), "who is meant is neither true nor false")
}

fn sets(sets: &Sets) -> Result<(), Flaw> {
    let fits = |part: Stretch, all: usize| is_within(part.start, part.length as usize, all);
    let mut stretches = sets.sets.iter().flat_map(|set| [set.named, set.except]);
    demand(stretches.all(|part| fits(part, sets.members.len())), "a set has no terms")?;
    let mut members = sets.members.iter();
    demand(members.all(|term| (*term as usize) < sets.terms.len()), "there is no such term")?;
    let mut stretches = sets.terms.iter().flatten();
    demand(stretches.all(|part| fits(*part, sets.runs.len())), "a term has no runs")?;
    let are_ordered = sets.terms.iter().flatten().all(|part| {
        let runs = &sets.runs[part.start as usize..][..part.length as usize];
        runs.iter().all(|run| run.first <= run.last) && runs.is_sorted_by(|a, b| a.last < b.first)
    });
    demand(are_ordered, "the runs of a term are not ordered")
}
