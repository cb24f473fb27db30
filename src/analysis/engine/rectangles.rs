//! Rectangle covers: facts about pairs of atoms, joined into sources × targets × users.
//!
//! Takes in atoms with the facts between them, gives out rectangles with their sides as text. A fact may be
//! a decision, a difference or anything else that can be compared.

#![allow(
    clippy::indexing_slicing,
    reason = "rows and columns are numbered by the pairs that these lists are made of"
)]

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use super::endpoints::{Universe, every_endpoint, views_of_endpoint};
use super::family::{Excluded, Family};
use super::naming::{NamedPart, Names, Naming};
use super::query::Query;
use super::space::{Atom, DeviceBlock};
use super::users::Users;
use crate::bits::Bits;
use crate::dd::{Cond, keep_of};
use crate::limits::LimitExceeded;
use crate::model::{Model, Scope};
use crate::table::{EndpointView, set_holds};
use crate::vocabulary::{Channel, Platform, Side};

/// The facts between two atoms, each with its users. Users for whom there is no movement have none.
pub(in crate::analysis) type FactCell<K> = Vec<(K, Cond)>;

/// All facts on one channel and block of devices.
pub(in crate::analysis) struct FactGrid<K> {
    /// By source and target: the users for whom data can move between them in the scope.
    pub(in crate::analysis) moving: Rc<Table<Moving>>,
    /// By source and target. A fact may hold for further users for whom there is no movement.
    pub(in crate::analysis) cells: Vec<Vec<FactCell<K>>>,
}

/// The users for whom data can move between two atoms, or between some of several pairs: those who meet one
/// of these conditions. Their disjunction can be far larger than they are, and is rarely needed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(in crate::analysis) struct Moving(Vec<Cond>);

/// The most texts, and sets of views, that are held for the atoms of one channel and block of devices. There can be
/// hundreds of these at once.
const MOST_HELD: usize = 1 << 9;

/// The most conditions that are joined for a plainer text.
const MOST_JOINED: usize = 16;

impl Moving {
    pub(in crate::analysis) fn new(conditions: impl Iterator<Item = Cond>) -> Self {
        let conditions: BTreeSet<Cond> = conditions.filter(|one| !one.is_never()).collect();
        Self(conditions.into_iter().collect())
    }

    /// Those of several pairs.
    pub(in crate::analysis) fn of_pairs<'m>(all: impl Iterator<Item = &'m Self>) -> Self {
        Self::new(all.flat_map(|one| &one.0).copied())
    }

    /// The conditions.
    pub(in crate::analysis) fn conditions(&self) -> &[Cond] {
        &self.0
    }

    /// Whether there are none among some users.
    pub(in crate::analysis) fn is_disjoint(
        &self,
        users: &mut Users,
        of: Cond,
    ) -> Result<bool, LimitExceeded> {
        for one in &self.0 {
            if !users.manager().are_disjoint(*one, of)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// As one condition.
    fn joined(&self, users: &mut Users) -> Result<Cond, LimitExceeded> {
        users.manager().any(self.0.iter().copied())
    }
}

/// Names a set of atoms of one side for some users. The marks say which atoms are wanted, and which ones
/// the set may hold or not. Where no text means just these, there are several.
pub(in crate::analysis) type Name<'n> =
    dyn FnMut(&mut Users, Side, Cond, [&[bool]; 2]) -> Result<Vec<MarkedText>, LimitExceeded> + 'n;

/// The targets to which data can move from some sources of a grid for some of the users.
pub(in crate::analysis) type OpenTargets<'n> =
    dyn FnMut(&mut Users, &[usize], Cond) -> Result<Vec<bool>, LimitExceeded> + 'n;

/// A text, the atoms that it names a part of, and the views of these that it names.
pub(in crate::analysis) type MarkedText = (String, Vec<bool>, Bits);

/// Sources, targets and users that share one fact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::analysis) struct Rectangle<K> {
    pub(in crate::analysis) from: String,
    pub(in crate::analysis) to: String,
    pub(in crate::analysis) users: Cond,
    pub(in crate::analysis) fact: K,
}

impl<K> Rectangle<K> {
    /// The rectangle with another fact.
    pub(in crate::analysis) fn with<L>(self, fact: L) -> Rectangle<L> {
        let Self { from, to, users, .. } = self;
        Rectangle { from, to, users, fact }
    }
}

/// Sources and targets by position in a grid.
pub(in crate::analysis) type Pairs = Vec<(usize, usize)>;

/// What a rectangle holds of a grid: its pairs of atoms, and the sources and targets that its texts name, as
/// positions of views. An atom can be named in part.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct Held {
    pub(in crate::analysis) pairs: Pairs,
    pub(in crate::analysis) views: [Bits; 2],
}

/// Sources, and marks of the targets that go with all of them.
type RowPart = (Vec<usize>, Vec<bool>);

impl<K: Clone + Ord> FactGrid<K> {
    /// Asks for the facts between every two atoms, and for the users for whom data can move there.
    pub(in crate::analysis) fn new<A>(
        sources: &[A],
        targets: &[A],
        mut ask: impl FnMut(&A, &A) -> Result<(Cond, FactCell<K>), LimitExceeded>,
    ) -> Result<Self, LimitExceeded> {
        let (moving, cells) = between(sources, targets, &mut ask)?;
        let moving = moving.into_iter().map(|row| {
            let of_pair = |one| Moving::new(std::iter::once(one));
            row.into_iter().map(of_pair).collect()
        });
        Ok(Self { moving: Rc::new(moving.collect()), cells })
    }

    /// The facts that are wanted, as rectangles, each with the pairs of atoms that it is made of. The users
    /// of a rectangle are those who have its movements, or more of those for whom the fact holds, whichever
    /// makes fewer rectangles.
    pub(in crate::analysis) fn rectangles(
        &self,
        users: &mut Users,
        name: &mut Name<'_>,
        wanted: impl Fn(&K) -> bool,
    ) -> Result<Vec<(Rectangle<K>, Held)>, LimitExceeded> {
        let tight = self.tight(users)?;
        let (rows, rows_of_tight) = (self.joined_rows(), tight.joined_rows());
        if count(&rows_of_tight, &wanted) <= count(&rows, &wanted) {
            let open =
                &mut |users: &mut Users, row: &[usize], of| tight.open_targets(users, row, of);
            tight.named(users, (name, open), &rows_of_tight, wanted)
        } else {
            let open =
                &mut |users: &mut Users, row: &[usize], of| self.open_targets(users, row, of);
            self.named(users, (name, open), &rows, wanted)
        }
    }

    /// As [`rectangles`](Self::rectangles), with the users for whom the facts hold.
    pub(in crate::analysis) fn loose_rectangles(
        &self,
        users: &mut Users,
        name: &mut Name<'_>,
        open: &mut OpenTargets<'_>,
        wanted: impl Fn(&K) -> bool,
    ) -> Result<Vec<(Rectangle<K>, Held)>, LimitExceeded> {
        self.named(users, (name, open), &self.joined_rows(), wanted)
    }

    /// The facts with the users who have movements.
    fn tight(&self, users: &mut Users) -> Result<Self, LimitExceeded> {
        let mut found = Self { moving: Rc::clone(&self.moving), cells: self.cells.clone() };
        for (row, moving) in found.cells.iter_mut().zip(&*found.moving) {
            for (cell, moving) in row.iter_mut().zip(moving) {
                let moving = moving.joined(users)?;
                for (_, of) in cell.iter_mut() {
                    *of = users.manager().and(*of, moving)?;
                }
                cell.retain(|(_, of)| !of.is_never());
                cell.sort_unstable();
            }
        }
        Ok(found)
    }

    fn named(
        &self,
        users: &mut Users,
        (name, open): (&mut Name<'_>, &mut OpenTargets<'_>),
        joined: &[JoinedLine<FactCell<K>>],
        wanted: impl Fn(&K) -> bool,
    ) -> Result<Vec<(Rectangle<K>, Held)>, LimitExceeded> {
        let mut rows: BTreeMap<(String, Cond, K), (Vec<RowPart>, Bits)> = BTreeMap::new();
        for row in joined {
            let facts = row.values.iter().flatten().filter(|(fact, _)| wanted(fact));
            let facts: BTreeSet<(Cond, K)> =
                facts.map(|(fact, users)| (*users, fact.clone())).collect();
            for (of, fact) in facts {
                let is_it = |(one, to): &(K, Cond)| *one == fact && *to == of;
                let open = open(users, &row.members, of)?;
                let of_fact: Vec<bool> = (row.values.iter().zip(&open))
                    .map(|(cell, open)| *open && cell.iter().any(is_it))
                    .collect();
                if !of_fact.contains(&true) {
                    continue;
                }
                let free: Vec<bool> = open.iter().map(|open| !open).collect();
                let pairs = self.pairs(&[(row.members.clone(), of_fact.clone())]);
                let marks = [of_fact.as_slice(), &free];
                let (of, texts) =
                    self.plain_texts(users, name, Side::Target, (of, &pairs), marks)?;
                for (to, part, views) in texts {
                    let known = rows.entry((to, of, fact.clone()));
                    let (parts, all) = known.or_insert_with(|| (Vec::new(), views.clone()));
                    parts.push((row.members.clone(), part));
                    all.add_all(&views);
                }
            }
        }
        let mut found = Vec::with_capacity(rows.len());
        for ((to, of, fact), (parts, targets)) in rows {
            let count = self.cells.len();
            let is_wanted = |at: usize| parts.iter().any(|(sources, _)| sources.contains(&at));
            let marks: Vec<bool> = (0..count).map(is_wanted).collect();
            let pairs = self.pairs(&parts);
            let marks = [marks.as_slice(), &vec![false; count]];
            let (of, texts) = self.plain_texts(users, name, Side::Source, (of, &pairs), marks)?;
            for (from, part, sources) in texts {
                let rectangle = Rectangle { from, to: to.clone(), users: of, fact: fact.clone() };
                let pairs = pairs.iter().copied().filter(|(source, _)| part[*source]).collect();
                found.push((rectangle, Held { pairs, views: [sources, targets.clone()] }));
            }
        }
        Ok(found)
    }

    /// Texts of a set of atoms for some users, or, where these are plainer, for the users among them for whom
    /// data can move between some pairs: no others have a movement there.
    fn plain_texts(
        &self,
        users: &mut Users,
        name: &mut Name<'_>,
        side: Side,
        (of, pairs): (Cond, &Pairs),
        marks: [&[bool]; 2],
    ) -> Result<(Cond, Vec<MarkedText>), LimitExceeded> {
        let texts = name(users, side, of, marks)?;
        if matches!(texts.as_slice(), [(text, ..)] if !text.contains(" except ")) {
            return Ok((of, texts));
        }
        let moving = Moving::of_pairs(pairs.iter().map(|(from, to)| &self.moving[*from][*to]));
        if moving.0.len() > MOST_JOINED {
            return Ok((of, texts));
        }
        let moving = moving.joined(users)?;
        let tight = users.manager().and(of, moving)?;
        let others = name(users, side, tight, marks)?;
        let length =
            |texts: &[MarkedText]| texts.iter().map(|(text, ..)| text.len()).sum::<usize>();
        Ok(if length(&others) < length(&texts) { (tight, others) } else { (of, texts) })
    }

    /// The targets to which data can move from some sources for some of the users.
    fn open_targets(
        &self,
        users: &mut Users,
        sources: &[usize],
        of: Cond,
    ) -> Result<Vec<bool>, LimitExceeded> {
        // Many pairs have the same users.
        let mut known: HashMap<&Moving, bool, FxBuildHasher> = HashMap::default();
        let width = self.moving.first().map_or(0, Vec::len);
        let mut open = Vec::with_capacity(width);
        for target in 0..width {
            let mut is_open = false;
            for moving in sources.iter().map(|source| &self.moving[*source][target]) {
                is_open = match known.entry(moving) {
                    Entry::Occupied(known) => *known.get(),
                    Entry::Vacant(new) => *new.insert(!moving.is_disjoint(users, of)?),
                };
                if is_open {
                    break;
                }
            }
            open.push(is_open);
        }
        Ok(open)
    }

    fn pairs(&self, parts: &[RowPart]) -> Pairs {
        let pairs = parts.iter().flat_map(|(sources, targets)| {
            let targets = (0..targets.len()).filter(|at| targets[*at]);
            targets.flat_map(|to| sources.iter().map(move |from| (*from, to)))
        });
        pairs.filter(|(from, to)| !self.cells[*from][*to].is_empty()).collect()
    }

    /// Joins sources whose rows agree.
    fn joined_rows(&self) -> Vec<JoinedLine<FactCell<K>>> {
        joined(self.cells.iter(), Vec::is_empty)
    }
}

/// Values between every source and every target, by source and target.
pub(in crate::analysis) type Table<T> = Vec<Vec<T>>;

/// The users for whom data can move between every source and every target, and what else is asked there.
pub(in crate::analysis) fn between<A, T>(
    sources: &[A],
    targets: &[A],
    ask: &mut impl FnMut(&A, &A) -> Result<(Cond, T), LimitExceeded>,
) -> Result<(Table<Cond>, Table<T>), LimitExceeded> {
    let (mut moving, mut found) = (Vec::new(), Vec::new());
    for source in sources {
        let row = targets.iter().map(|target| ask(source, target));
        let (moves, values): (Vec<_>, Vec<_>) = row.collect::<Result<_, _>>()?;
        moving.push(moves);
        found.push(values);
    }
    Ok((moving, found))
}

/// The number of wanted facts in joined rows.
fn count<K: Ord>(rows: &[JoinedLine<FactCell<K>>], wanted: impl Fn(&K) -> bool) -> usize {
    let facts = rows.iter().map(|row| {
        let facts = row.values.iter().flatten().filter(|(fact, _)| wanted(fact));
        facts.collect::<BTreeSet<_>>().len()
    });
    facts.sum()
}

/// Lines that agree, joined.
pub(in crate::analysis) struct JoinedLine<T> {
    /// The lines, by position.
    pub(in crate::analysis) members: Vec<usize>,
    /// In each place: the value of the lines that have one.
    pub(in crate::analysis) values: Vec<T>,
}

/// Joins lines that agree wherever both have a value; lines without any are left out.
pub(in crate::analysis) fn joined<'l, T: Clone + PartialEq + 'l>(
    lines: impl Iterator<Item = &'l Vec<T>>,
    is_open: impl Fn(&T) -> bool,
) -> Vec<JoinedLine<T>> {
    let mut found: Vec<JoinedLine<T>> = Vec::new();
    for (at, line) in lines.enumerate() {
        if line.iter().all(&is_open) {
            continue;
        }
        let agrees = |known: &&mut JoinedLine<T>| {
            let mut places = known.values.iter().zip(line);
            places.all(|(a, b)| is_open(a) || is_open(b) || a == b)
        };
        match found.iter_mut().find(agrees) {
            Some(known) => {
                known.members.push(at);
                let places = known.values.iter_mut().zip(line);
                places.filter(|(a, _)| is_open(a)).for_each(|(a, b)| a.clone_from(b));
            }
            None => found.push(JoinedLine { members: vec![at], values: line.clone() }),
        }
    }
    found
}

// ---------------------------------------------------------------- names of atoms

/// The names of a model for the answer to a question, worked out once for each universe of endpoints.
pub(in crate::analysis) struct NameCache<'a> {
    model: &'a Model,
    question: &'a Scope,
    names: HashMap<Universe, Rc<Names>>,
}

/// A text of a question for one side, with the views that it means.
type QuestionSide = (String, Bits);

/// The names of the atoms of one side of a channel.
#[derive(Debug, Clone)]
pub(in crate::analysis) struct AtomNames {
    names: Rc<Names>,
    exist: Rc<Existence>,
    /// By atom: its views, by position in the universe.
    atoms: Vec<Bits>,
    /// The text of the question, with its views.
    question: Option<Rc<QuestionSide>>,
    /// By users: the views that exist for none of them. Other atoms of the universe share it.
    gone: Rc<RefCell<HashMap<Cond, Rc<Bits>, FxBuildHasher>>>,
    /// Texts that were asked for before, shared likewise.
    named: Rc<RefCell<NamedTexts>>,
}

/// Conditions on users, and by each the views that exist for them, as positions in the universe.
#[derive(Debug)]
struct Existence {
    family: Family,
    views: Vec<Bits>,
}

/// The views that exist for none of some users.
#[derive(Debug)]
pub(in crate::analysis) struct Gone {
    excluded: Excluded,
    views: Rc<Bits>,
}

/// Users, the views that are wanted, and those that may be named as well.
type NamedKey = (Cond, Bits, Bits);

/// Texts that were asked for.
type NamedTexts = HashMap<NamedKey, Rc<[NamedPart]>, FxBuildHasher>;

impl<'a> NameCache<'a> {
    pub(in crate::analysis) fn new(model: &'a Model, question: &'a Scope) -> Self {
        Self { model, question, names: HashMap::new() }
    }

    fn names(&mut self, devices: &DeviceBlock, channel: Channel, side: Side) -> Rc<Names> {
        let DeviceBlock { platform, state, .. } = *devices;
        let model = self.model;
        let known = self.names.entry(Universe::new(channel, side, platform, state));
        let names = known.or_insert_with(|| {
            let ends = every_endpoint(model, channel, side, platform, state);
            let universe = ends.into_iter().flat_map(|end| views_of_endpoint(model, end)).collect();
            Rc::new(Naming::new(model).names(universe, platform))
        });
        Rc::clone(names)
    }

    /// The names of the atoms of one side of a channel.
    pub(in crate::analysis) fn of_atoms(
        &mut self,
        query: &mut Query<'_>,
        (devices, channel, side): (&DeviceBlock, Channel, Side),
        atoms: &[Atom],
    ) -> Result<AtomNames, LimitExceeded> {
        let names = self.names(devices, channel, side);
        let mut exist = vec![Cond::FALSE; names.universe().len()];
        for end in names.universe().iter().filter(|view| !view.managed).map(|view| view.end) {
            for (view, users) in query.views(devices.kind, end)? {
                if let Some(at) = names.position(view) {
                    exist[at] = users;
                }
            }
        }
        let mut found = AtomNames::new(names, &exist);
        found.question = self.question_side(&found, devices.platform, side).map(Rc::new);
        let views = |atom: &Atom| found.views(atom.members.iter().map(|one| one.view));
        Ok(found.of_views(atoms.iter().map(views).collect()))
    }

    /// The text of the question for one side, with its views.
    fn question_side(
        &self,
        names: &AtomNames,
        platform: Platform,
        side: Side,
    ) -> Option<QuestionSide> {
        let text = self.question.asked[side as usize].clone()?;
        let set = self.question.side(side)?;
        let universe = names.names.universe().iter();
        let is_held =
            |view: &EndpointView| set_holds(self.model, set, view.end, platform, view.managed);
        Some((text, Bits::collect(universe.map(is_held))))
    }
}

impl AtomNames {
    /// Names of a universe of views, with the users for whom each exists; of no atom.
    pub(in crate::analysis) fn new(names: Rc<Names>, exist: &[Cond]) -> Self {
        let mut views: BTreeMap<Cond, Bits> = BTreeMap::new();
        for (at, exists) in exist.iter().enumerate() {
            views.entry(*exists).or_insert_with(|| Bits::new(exist.len())).insert(at);
        }
        let (conditions, views) = views.into_iter().unzip();
        let exist = Rc::new(Existence { family: Family::new(conditions), views });
        let (gone, named) = (Rc::default(), Rc::default());
        Self { names, exist, atoms: Vec::new(), question: None, gone, named }
    }

    /// The names of atoms, with the views of each.
    pub(in crate::analysis) fn of_views(&self, atoms: Vec<Bits>) -> Self {
        let (names, exist) = (Rc::clone(&self.names), Rc::clone(&self.exist));
        let (gone, named) = (Rc::clone(&self.gone), Rc::clone(&self.named));
        Self { names, exist, atoms, question: self.question.clone(), gone, named }
    }

    /// Takes the views out of every atom that are not among these.
    pub(in crate::analysis) fn restrict(&mut self, views: &Bits) {
        self.atoms.iter_mut().for_each(|atom| *atom = atom.and(views));
    }

    /// The position of a view.
    pub(in crate::analysis) fn position(&self, view: EndpointView) -> Option<usize> {
        self.names.position(view)
    }

    fn no_views(&self) -> Bits {
        Bits::new(self.names.universe().len())
    }

    /// Some views as positions.
    pub(in crate::analysis) fn views(&self, views: impl Iterator<Item = EndpointView>) -> Bits {
        self.of_positions(views.filter_map(|view| self.names.position(view)))
    }

    /// A set of positions.
    pub(in crate::analysis) fn of_positions(&self, positions: impl Iterator<Item = usize>) -> Bits {
        let mut found = self.no_views();
        positions.for_each(|at| found.insert(at));
        found
    }

    /// The texts of a set of atoms for some users; the marks are those of [`Name`].
    pub(in crate::analysis) fn texts(
        &self,
        users: &mut Users,
        of: Cond,
        marks: [&[bool]; 2],
    ) -> Result<Vec<MarkedText>, LimitExceeded> {
        self.texts_among(users, (of, None), marks)
    }

    /// As [`texts`](Self::texts), with what is known of users among whom these are.
    pub(in crate::analysis) fn texts_among(
        &self,
        users: &mut Users,
        (of, among): (Cond, Option<&Gone>),
        marks: [&[bool]; 2],
    ) -> Result<Vec<MarkedText>, LimitExceeded> {
        let [wanted, may] = marks.map(|marks| {
            let mut marked = self.no_views();
            let atoms = self.atoms.iter().zip(marks).filter(|(_, mark)| **mark);
            atoms.for_each(|(atom, _)| marked.add_all(atom));
            marked
        });
        let texts = self.named(users, (of, among), [wanted, may])?;
        let marked = texts.iter().map(|(text, part)| {
            let of_part =
                self.atoms.iter().zip(marks[0]).map(|(atom, one)| *one && atom.meets(part));
            (text.clone(), of_part.collect(), part.clone())
        });
        Ok(marked.collect())
    }

    /// Texts of some views for some users, and the views that each names; `may` are those that can be named as well.
    fn named(
        &self,
        users: &mut Users,
        (of, among): (Cond, Option<&Gone>),
        [mut wanted, mut may]: [Bits; 2],
    ) -> Result<Rc<[NamedPart]>, LimitExceeded> {
        let key = (of, wanted.clone(), may.clone());
        if let Some(known) = self.named.borrow().get(&key) {
            return Ok(Rc::clone(known));
        }
        let gone = self.gone(users, of, among)?;
        let texts = match self.one_name([&wanted, &may], &gone) {
            Some(name) => [(name, wanted)].into(),
            None => {
                users.manager().take_steps(self.names.universe().len())?;
                wanted.remove_all(&gone);
                may.add_all(&gone);
                self.names.texts(&wanted, &may)
            }
        };
        keep_of(&mut self.named.borrow_mut(), MOST_HELD, key, Rc::clone(&texts));
        Ok(texts)
    }

    /// The text of the question, a name, or a name `except unmanaged`, that for some users means just these views,
    /// and others that may be named or exist for none of them.
    fn one_name(&self, [wanted, may]: [&Bits; 2], gone: &Bits) -> Option<String> {
        let allowed = wanted.or(may).or(gone);
        if let Some((text, holds)) = self.question.as_deref()
            && wanted.is_within(holds)
            && holds.is_within(&allowed)
        {
            return Some(text.clone());
        }
        let named = |allowed: &Bits| {
            let mut names = self.names.holding(wanted);
            names.find(|(_, holds)| holds.is_within(allowed)).map(|(name, _)| name)
        };
        if let Some(name) = named(&allowed) {
            return Some(name.to_owned());
        }
        let unmanaged = self.names.unmanaged().filter(|views| !views.meets(wanted))?;
        named(&allowed.or(unmanaged)).map(|name| format!("{name} except unmanaged"))
    }

    /// The views that exist for none of some users.
    pub(in crate::analysis) fn gone_of(
        &self,
        users: &mut Users,
        of: Cond,
    ) -> Result<Gone, LimitExceeded> {
        let excluded = self.exist.family.excluded(users.manager(), of)?;
        let mut views = self.no_views();
        excluded.iter().for_each(|at| views.add_all(&self.exist.views[at]));
        let views = Rc::new(views);
        keep_of(&mut self.gone.borrow_mut(), MOST_HELD, of, Rc::clone(&views));
        Ok(Gone { excluded, views })
    }

    fn gone(
        &self,
        users: &mut Users,
        of: Cond,
        among: Option<&Gone>,
    ) -> Result<Rc<Bits>, LimitExceeded> {
        if let Some(known) = self.gone.borrow().get(&of) {
            return Ok(Rc::clone(known));
        }
        let Some(among) = among else { return Ok(self.gone_of(users, of)?.views) };
        let mut views = (*among.views).clone();
        for at in self.exist.family.also_excluded(users.manager(), of, &among.excluded)? {
            views.add_all(&self.exist.views[at]);
        }
        let views = Rc::new(views);
        keep_of(&mut self.gone.borrow_mut(), MOST_HELD, of, Rc::clone(&views));
        Ok(views)
    }
}
