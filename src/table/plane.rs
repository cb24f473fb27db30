//! What is decided between all sources and all targets on one channel and kind of device.
//!
//! Takes in a rulebook and the forms of ends, gives out a matrix of functions from users to what is said:
//! ends of which the same is said share a row or a column. Works row by row on sets of columns: each
//! rule touches the columns that it names and nothing else.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::NO_LINE;
use super::judge::Voice;
use super::rulebook::{Line, Rulebook};
use super::sets::{Holders, Sets};
use super::verdicts::{SILENCE, Verdicts};
use super::world::Form;
use crate::bits::Bits;
use crate::decision::{Decision, Verdict};
use crate::diagram::Diagram;
use crate::model::{PolicyId, RuleId};
use crate::vocabulary::{Channel, DeviceState, Effect, Platform, Side};

/// The functions between groups of sources and groups of targets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Plane {
    /// The rows of each class of sources: of all as rules see them not managed, then of all managed.
    pub(super) rows: Vec<u32>,
    /// The columns of each class of targets, alike.
    pub(super) columns: Vec<u32>,
    pub(super) width: usize,
    /// Row by row.
    pub(super) cells: Vec<Diagram>,
}

/// An end of one class, as far as a plane can tell it from others.
pub(super) struct SeenEnd<'f> {
    /// The forms in which rules see it; none if it cannot stand at this end of the channel.
    pub(super) forms: &'f [Form],
    /// Why nobody has a say, if this end decides that.
    pub(super) reason: Option<Diagram>,
}

/// All ends of one side.
pub(super) struct SeenEnds<'f, 'e> {
    /// By class.
    pub(super) seen: Vec<SeenEnd<'f>>,
    /// Which terms hold them.
    pub(super) holders: &'e Holders,
    /// The classes in the order in which they are shown.
    pub(super) order: &'f [usize],
}

/// A rule that can match on the plane.
pub(super) struct Candidate {
    pub(super) id: RuleId,
    /// What it says to those for whom it is.
    said: Diagram,
    /// Its columns.
    pub(super) columns: Bits,
}

/// The rules of one policy for one side, by their positions on the plane.
struct Own {
    allowing: Bits,
    blocking: Bits,
}

/// Everything about a form that decides: forms with equal profiles behave alike.
pub(super) struct Profile<'f> {
    pub(super) voices: &'f [(PolicyId, Voice, Diagram)],
    pub(super) reason: Option<Diagram>,
    /// The plane's rules whose set on this side holds the form.
    pub(super) rules: Bits,
}

/// The profiles of one side, and for each class where it shows which, and to whom.
pub(super) struct Profiles<'f> {
    pub(super) list: Vec<Profile<'f>>,
    /// By class: its forms, of which there are two at most.
    pub(super) of_class: Vec<[Option<Shown>; 2]>,
    /// The classes in the order in which they are shown.
    pub(super) order: &'f [usize],
}

/// A form in which rules see a class.
#[derive(Clone, Copy)]
pub(super) struct Shown {
    /// For whom they see it so.
    pub(super) when: Diagram,
    pub(super) profile: usize,
    /// Whether they see a managed app.
    pub(super) managed: bool,
}

/// A policy that speaks about some columns.
pub(super) struct Speaker {
    pub(super) policy: PolicyId,
    pub(super) voice: Voice,
    pub(super) when: Diagram,
    pub(super) columns: Bits,
}

/// Where the plane is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) channel: Channel,
    pub(super) platform: Platform,
    pub(super) state: DeviceState,
}

/// Columns that say the same.
pub(super) type Pieces = Vec<(Bits, Diagram)>;

/// The rules that can match in a place, in order.
fn rules(book: &Rulebook, place: Place) -> Vec<RuleId> {
    let Place { channel, platform, state } = place;
    if !channel.exists_on(platform) {
        return Vec::new();
    }
    let live = book.heads.iter().filter(|head| !head.reports);
    let rules = live.flat_map(|head| book.rules(head).iter().copied());
    rules.filter(|id| book.line(*id).is_for(channel, platform, state)).collect()
}

impl<'f> Profiles<'f> {
    fn new(
        book: &Rulebook,
        place: Place,
        side: Side,
        rules: &[RuleId],
        ends: &SeenEnds<'f, '_>,
    ) -> Self {
        let number = side as usize;
        let named = rules.iter().map(|id| book.line(*id).sets[number]);
        let held = Held::new(&book.sets[number], ends.holders, named);
        let speaks = place.channel.judged_at(side) && place.channel.exists_on(place.platform);
        let mut numbers: HashMap<_, usize, FxBuildHasher> = HashMap::default();
        let of_class = Vec::with_capacity(ends.seen.len());
        let mut found = Self { list: Vec::new(), of_class, order: ends.order };
        for end in &ends.seen {
            let mut of_class = [None, None];
            for (form, shown) in end.forms.iter().zip(&mut of_class) {
                let row = held.of_list[ends.holders.list(form.number)];
                let voices: &'f [(PolicyId, Voice, Diagram)] =
                    if speaks { &form.voices } else { &[] };
                // Equal voices are one list, and equal rows have one number.
                let key = (voices.as_ptr(), voices.len(), end.reason, row);
                let profile = *numbers.entry(key).or_insert_with(|| {
                    let rules = held.rows[row].clone();
                    found.list.push(Profile { voices, reason: end.reason, rules });
                    found.list.len() - 1
                });
                let managed = form.is_managed();
                *shown = Some(Shown { when: form.when, profile, managed });
            }
            found.of_class.push(of_class);
        }
        found
    }
}

/// Which of a plane's rules hold which forms on one side: a row for each list of terms that hold the same
/// forms, equal rows once.
struct Held {
    rows: Vec<Bits>,
    /// By list of terms: the number of its row.
    of_list: Vec<usize>,
}

impl Held {
    fn new(
        sets: &Sets,
        holders: &Holders,
        named: impl ExactSizeIterator<Item = Option<u32>> + Clone,
    ) -> Self {
        // Rules that name no set hold every form.
        let everything = Bits::collect(named.clone().map(|set| set.is_none()));
        // By term: the rules whose sets name it, and those whose sets leave it out.
        let rules = named.len();
        let [mut naming, mut leaving_out] = [(); 2].map(|()| vec![None; sets.terms.len()]);
        let mark = |terms: &mut [Option<Bits>], term: u32, rule: usize| {
            terms[term as usize].get_or_insert_with(|| Bits::new(rules)).insert(rule);
        };
        for (at, set) in named.enumerate() {
            let [named, except] = set.map_or([&[][..]; 2], |set| sets.terms_of(set));
            named.iter().for_each(|term| mark(&mut naming, *term, at));
            except.iter().for_each(|term| mark(&mut leaving_out, *term, at));
        }
        let rows = holders.lists.iter().map(|terms| {
            let terms = || terms.iter().map(|term| *term as usize);
            let mut row = everything.clone();
            terms().filter_map(|term| naming[term].as_ref()).for_each(|one| row.add_all(one));
            terms()
                .filter_map(|term| leaving_out[term].as_ref())
                .for_each(|one| row.remove_all(one));
            row
        });
        let rows: Vec<Bits> = rows.collect();
        let (rows, of_list) = distinct(&rows);
        Self { rows, of_list }
    }
}

impl Profiles<'_> {
    /// What classes have not managed, then what they have managed, given what each profile has. A class
    /// that is seen in one form only has that in both, and one that cannot stand here has nothing.
    fn by_form(&self, of_profile: &[usize]) -> Vec<u32> {
        let mut found = Vec::with_capacity(self.of_class.len() * 2);
        for wanted in [false, true] {
            for forms in &self.of_class {
                let shown = || forms.iter().flatten();
                let form = shown().find(|form| form.managed == wanted).or_else(|| shown().next());
                let line = form.map(|form| of_profile[form.profile]);
                found.push(line.and_then(|line| u32::try_from(line).ok()).unwrap_or(NO_LINE));
            }
        }
        found
    }
}

/// Who speaks about which targets.
fn speakers(targets: &Profiles<'_>) -> Vec<Speaker> {
    let mut found: Vec<Speaker> = Vec::new();
    let mut known: HashMap<(PolicyId, Voice, Diagram), usize, FxBuildHasher> = HashMap::default();
    for (column, profile) in targets.list.iter().enumerate() {
        for (policy, voice, when) in profile.voices {
            let at = *known.entry((*policy, *voice, *when)).or_insert_with(|| {
                let columns = Bits::new(targets.list.len());
                found.push(Speaker { policy: *policy, voice: *voice, when: *when, columns });
                found.len() - 1
            });
            found[at].columns.insert(column);
        }
    }
    found
}

/// What rows are worked out from.
pub(super) struct Work<'a> {
    pub(super) book: &'a Rulebook,
    pub(super) candidates: Vec<Candidate>,
    /// By rule: its position among the candidates.
    pub(super) positions: HashMap<RuleId, usize, FxBuildHasher>,
    own: HashMap<(PolicyId, Side), Own, FxBuildHasher>,
    pub(super) speakers: Vec<Speaker>,
    pub(super) sources: Profiles<'a>,
    pub(super) targets: Profiles<'a>,
    /// The candidates that are in force.
    pub(super) active: Bits,
}

impl<'a> Work<'a> {
    /// Prepares a place. `extra` are rules that are not in force but may be tried.
    pub(super) fn new(
        book: &'a Rulebook,
        verdicts: &mut Verdicts,
        place: Place,
        [sources, targets]: [SeenEnds<'a, '_>; 2],
        extra: &[RuleId],
    ) -> Self {
        let mut rules = rules(book, place);
        let in_force = rules.len();
        rules.extend(extra.iter().filter(|id| {
            let Place { channel, platform, state } = place;
            book.line(**id).is_for(channel, platform, state)
        }));
        let sources = Profiles::new(book, place, Side::Source, &rules, &sources);
        let targets = Profiles::new(book, place, Side::Target, &rules, &targets);
        let columns = Bits::new(targets.list.len());
        let candidates = rules.iter().map(|id| Candidate {
            id: *id,
            said: said_by(book.line(*id), verdicts),
            columns: columns.clone(),
        });
        let mut candidates: Vec<Candidate> = candidates.collect();
        for (column, profile) in targets.list.iter().enumerate() {
            profile.rules.iter().for_each(|at| candidates[at].columns.insert(column));
        }
        let mut own: HashMap<(PolicyId, Side), Own, FxBuildHasher> = HashMap::default();
        for (at, candidate) in candidates.iter().enumerate() {
            let line = book.line(candidate.id);
            let none = || Bits::new(candidates.len());
            let own = own
                .entry((line.policy, line.effect.side()))
                .or_insert_with(|| Own { allowing: none(), blocking: none() });
            match line.effect.effect() {
                Effect::Allow => own.allowing.insert(at),
                Effect::Block => own.blocking.insert(at),
            }
        }
        let positions = rules.iter().copied().zip(0..).collect();
        let active = Bits::collect((0..rules.len()).map(|at| at < in_force));
        let speakers = speakers(&targets);
        Self { book, candidates, positions, own, speakers, sources, targets, active }
    }

    /// Works out the plane. Where nobody has a say it is silent.
    pub(super) fn plane(&self, verdicts: &mut Verdicts) -> Plane {
        let width = self.targets.list.len();
        let everywhere = Bits::new(width).not(width);
        let rows = (0..self.sources.list.len()).map(|source| {
            let mut cells = vec![SILENCE; width];
            for (columns, said) in self.row(verdicts, source, &self.active, &everywhere) {
                columns.iter().for_each(|column| cells[column] = said);
            }
            cells
        });
        let rows: Vec<Vec<Diagram>> = rows.collect();
        fold(&self.sources, &self.targets, &rows)
    }

    /// What is said between the ends of one profile and some columns by the rules that are in force.
    pub(super) fn row(
        &self,
        verdicts: &mut Verdicts,
        source: usize,
        active: &Bits,
        columns: &Bits,
    ) -> Pieces {
        let source = &self.sources.list[source];
        let holding = source.rules.and(active);
        let mut row = vec![(columns.clone(), SILENCE)];
        for (policy, voice, when) in source.voices {
            let own = Spoken { policy: *policy, side: Side::Source, voice: *voice };
            let said = self.said(verdicts, own, &holding, columns);
            join(verdicts, &mut row, said, *when);
        }
        for speaker in self.speakers.iter().filter(|one| one.columns.meets(columns)) {
            let Speaker { policy, voice, when, .. } = *speaker;
            let own = Spoken { policy, side: Side::Target, voice };
            let said = self.said(verdicts, own, &holding, &speaker.columns.and(columns));
            join(verdicts, &mut row, said, when);
        }
        row
    }

    // ------------------------------------------------------------ one policy

    /// What a policy says about some columns, of a source that some rules hold.
    pub(super) fn said(
        &self,
        verdicts: &mut Verdicts,
        own: Spoken,
        holding: &Bits,
        columns: &Bits,
    ) -> Pieces {
        let Spoken { policy, side, voice } = own;
        let mut said = vec![(columns.clone(), SILENCE)];
        let (allowing, blocking) = match self.own.get(&(policy, side)) {
            Some(own) => (own.allowing.and(holding), own.blocking.and(holding)),
            None => (Bits::new(0), Bits::new(0)),
        };
        if voice == Voice::Full {
            for (allowed, columns) in self.by_what_they_say(allowing.iter()) {
                change(&mut said, &columns, |before| verdicts.mildest(before, allowed));
            }
            let default = match side {
                Side::Source => self.book.head(policy).otherwise,
                Side::Target => Effect::Allow,
            };
            let default = verdicts.all(Decision::enforced(match default {
                Effect::Allow => Verdict::FREE,
                Effect::Block => Verdict::BLOCKED,
            }));
            for (_, one) in &mut said {
                *one = verdicts.otherwise(*one, default);
            }
        }
        let is_heard =
            |at: &usize| voice == Voice::Full || self.book.line(self.candidates[*at].id).app_wide;
        for (blocked, columns) in self.by_what_they_say(blocking.iter().filter(is_heard)) {
            change(&mut said, &columns, |before| verdicts.strictest(before, blocked));
        }
        said
    }

    /// What rules say and about which columns; those that say the same are one.
    fn by_what_they_say(&self, rules: impl Iterator<Item = usize>) -> Vec<(Diagram, Bits)> {
        let mut found: Vec<(Diagram, Bits)> = Vec::new();
        for Candidate { said, columns, .. } in rules.map(|at| &self.candidates[at]) {
            match found.iter_mut().find(|(known, _)| known == said) {
                Some((_, all)) => all.add_all(columns),
                None => found.push((*said, columns.clone())),
            }
        }
        found
    }
}

/// A policy with the side that it judges and how much it has to say.
#[derive(Clone, Copy)]
pub(super) struct Spoken {
    pub(super) policy: PolicyId,
    pub(super) side: Side,
    pub(super) voice: Voice,
}

/// What a rule says to those for whom it is.
fn said_by(line: &Line, verdicts: &mut Verdicts) -> Diagram {
    match line.effect.effect() {
        Effect::Block => {
            let block = verdicts.block();
            verdicts.diagrams.choose(line.people, block, SILENCE)
        }
        Effect::Allow => verdicts.allow(line.people, line.obligations),
    }
}

/// Adds what a policy says to a row, to those for whom it applies.
fn join(verdicts: &mut Verdicts, row: &mut Pieces, said: Pieces, when: Diagram) {
    for (columns, said) in said {
        let said = verdicts.diagrams.choose(when, said, SILENCE);
        if said != SILENCE {
            change(row, &columns, |before| verdicts.strictest(before, said));
        }
    }
}

/// Changes what is said about some columns.
fn change(pieces: &mut Pieces, columns: &Bits, mut change: impl FnMut(Diagram) -> Diagram) {
    let mut changed: Pieces = Vec::with_capacity(pieces.len() + 1);
    let mut add =
        |columns: Bits, said: Diagram| match changed.iter_mut().find(|(_, known)| *known == said) {
            Some((known, _)) => known.add_all(&columns),
            None => changed.push((columns, said)),
        };
    for (held, said) in pieces.drain(..) {
        if !held.meets(columns) {
            add(held, said);
            continue;
        }
        let after = change(said);
        if after == said {
            add(held, said);
            continue;
        }
        add(held.and(columns), after);
        let mut rest = held;
        rest.remove_all(columns);
        if !rest.is_empty() {
            add(rest, said);
        }
    }
    *pieces = changed;
}

// ---------------------------------------------------------------- from profiles to classes

/// From profiles to classes. Rows that turn out equal are one, and so are columns.
fn fold(sources: &Profiles<'_>, targets: &Profiles<'_>, rows: &[Vec<Diagram>]) -> Plane {
    let (matrix, row_of_profile) = distinct(rows);
    let transposed: Vec<Vec<Diagram>> = (0..targets.list.len())
        .map(|column| matrix.iter().map(|row| row[column]).collect())
        .collect();
    let (columns, column_of_profile) = distinct(&transposed);
    let cells = (0..matrix.len()).flat_map(|row| columns.iter().map(move |column| column[row]));
    Plane {
        rows: sources.by_form(&row_of_profile),
        columns: targets.by_form(&column_of_profile),
        width: columns.len(),
        cells: cells.collect(),
    }
}

/// The distinct ones of a list, in order, and for each member of the list which it is.
fn distinct<T: Clone + Eq + std::hash::Hash>(list: &[T]) -> (Vec<T>, Vec<usize>) {
    let mut numbers: HashMap<&T, usize, FxBuildHasher> = HashMap::default();
    let mut found = Vec::new();
    let of = list.iter().map(|one| {
        *numbers.entry(one).or_insert_with(|| {
            found.push(one.clone());
            found.len() - 1
        })
    });
    let of = of.collect();
    (found, of)
}
