//! What is decided between all sources and all targets on one channel and kind of device.
//!
//! Takes in a rulebook and the forms of ends, gives out a matrix of functions from users to decisions:
//! ends that are decided alike share a row or a column. Works row by row on sets of columns: each
//! rule touches the columns that it names and nothing else.

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::judge::Voice;
use super::rulebook::Rulebook;
use super::verdicts::{SILENCE, Verdicts};
use super::world::{Form, Voices};
use crate::bits::Bits;
use crate::decision::{Decision, Verdict};
use crate::diagram::Diagram;
use crate::model::{PolicyId, RuleId};
use crate::vocabulary::{Channel, DeviceState, Effect, Platform, Side};

/// The functions between groups of sources and groups of targets.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Plane {
    /// The row of each class of sources.
    pub(super) rows: Vec<u32>,
    /// The column of each class of targets.
    pub(super) columns: Vec<u32>,
    pub(super) width: usize,
    /// Row by row.
    pub(super) cells: Vec<Diagram>,
}

/// An end of one class, as far as a plane can tell it from others.
pub(super) struct Seen<'f> {
    /// The forms in which rules see it; none if it cannot stand at this end of the channel.
    pub(super) forms: &'f [Form],
    /// Why nobody has a say, if this end decides that.
    pub(super) reason: Option<Diagram>,
}

/// A rule that can match on the plane.
struct Candidate {
    id: RuleId,
    /// What it says to those for whom it is.
    said: Diagram,
    /// Its columns.
    columns: Bits,
}

/// The rules of one policy for one side, by their positions on the plane.
#[derive(Default)]
struct Own {
    allowing: Vec<usize>,
    blocking: Vec<usize>,
}

/// Everything about a form that decides: forms with equal profiles behave alike.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Profile<'f> {
    voices: &'f [(PolicyId, Voice, Diagram)],
    reason: Option<Diagram>,
    /// The plane's rules whose set on this side holds the form.
    rules: Bits,
}

/// The profiles of one side, and for each class where it shows which, and to whom.
struct Profiles<'f> {
    list: Vec<Profile<'f>>,
    of_class: Vec<Vec<(Diagram, usize)>>,
}

/// A policy that speaks about some columns.
struct Speaker {
    policy: PolicyId,
    voice: Voice,
    when: Diagram,
    columns: Bits,
}

/// Where the plane is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) channel: Channel,
    pub(super) platform: Platform,
    pub(super) state: DeviceState,
}

/// Columns that say the same.
type Pieces = Vec<(Bits, Diagram)>;

/// Works out a plane.
pub(super) fn plane(
    book: &Rulebook,
    verdicts: &mut Verdicts,
    place: Place,
    sources: &[Seen<'_>],
    targets: &[Seen<'_>],
) -> Plane {
    let rules = rules(book, place);
    let sources = Profiles::new(book, place, Side::Source, &rules, sources);
    let targets = Profiles::new(book, place, Side::Target, &rules, targets);
    let width = targets.list.len();
    let candidates = rules.iter().enumerate().map(|(at, id)| {
        let line = book.line(*id);
        let said = match line.effect.effect() {
            Effect::Block => {
                let block = verdicts.block();
                verdicts.diagrams.choose(line.people, block, SILENCE)
            }
            Effect::Allow => verdicts.allow(line.people, line.obligations),
        };
        let holds = targets.list.iter().map(|profile| profile.rules.contains(at));
        Candidate { id: *id, said, columns: Bits::collect(holds) }
    });
    let candidates: Vec<Candidate> = candidates.collect();
    let mut own: HashMap<(PolicyId, Side), Own, FxBuildHasher> = HashMap::default();
    for (at, candidate) in candidates.iter().enumerate() {
        let line = book.line(candidate.id);
        let own = own.entry((line.policy, line.effect.side())).or_default();
        match line.effect.effect() {
            Effect::Allow => own.allowing.push(at),
            Effect::Block => own.blocking.push(at),
        }
    }
    let speakers = speakers(&targets);
    let mut work = Work { book, verdicts, candidates, own, speakers, width };
    let rows: Vec<Vec<Diagram>> =
        sources.list.iter().map(|source| work.row(source, &targets)).collect();
    fold(&mut work.verdicts.diagrams, &sources, &targets, &rows)
}

/// The rules that can match in a place, in order.
fn rules(book: &Rulebook, place: Place) -> Vec<RuleId> {
    let Place { channel, platform, state } = place;
    if !channel.exists_on(platform) {
        return Vec::new();
    }
    let live = book.heads.iter().filter(|head| !head.reports);
    let rules = live.flat_map(|head| head.rules.iter().copied());
    rules.filter(|id| book.line(*id).is_for(channel, platform, state)).collect()
}

impl<'f> Profiles<'f> {
    fn new(book: &Rulebook, place: Place, side: Side, rules: &[RuleId], ends: &[Seen<'f>]) -> Self {
        let forms = ends.iter().flat_map(|end| end.forms).map(|form| form.number + 1);
        let mut held = vec![Bits::new(rules.len()); forms.max().unwrap_or(0)];
        for (at, id) in rules.iter().enumerate() {
            match book.held(book.line(*id), side, place.platform) {
                Some(set) => set.iter().for_each(|form| {
                    if let Some(held) = held.get_mut(form) {
                        held.insert(at);
                    }
                }),
                None => held.iter_mut().for_each(|held| held.insert(at)),
            }
        }
        let speaks = place.channel.judged_at(side) && place.channel.exists_on(place.platform);
        let mut numbers: HashMap<Profile<'f>, usize, FxBuildHasher> = HashMap::default();
        let mut found = Self { list: Vec::new(), of_class: Vec::new() };
        for end in ends {
            let of_class = end.forms.iter().map(|form| {
                let voices: &'f Voices = &form.voices;
                let voices = if speaks { voices.as_slice() } else { &[] };
                let rules = held[form.number].clone();
                let profile = Profile { voices, reason: end.reason, rules };
                let number = *numbers.entry(profile).or_insert_with_key(|profile| {
                    found.list.push(profile.clone());
                    found.list.len() - 1
                });
                (form.when, number)
            });
            let of_class = of_class.collect();
            found.of_class.push(of_class);
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
struct Work<'a> {
    book: &'a Rulebook,
    verdicts: &'a mut Verdicts,
    candidates: Vec<Candidate>,
    own: HashMap<(PolicyId, Side), Own, FxBuildHasher>,
    speakers: Vec<Speaker>,
    width: usize,
}

impl Work<'_> {
    /// What is decided between the ends of one profile and every column.
    fn row(&mut self, source: &Profile<'_>, targets: &Profiles<'_>) -> Vec<Diagram> {
        let everywhere = Bits::new(self.width).not(self.width);
        let mut row = vec![(everywhere.clone(), SILENCE)];
        for (policy, voice, when) in source.voices {
            let said = self.said(*policy, Side::Source, *voice, &source.rules, &everywhere);
            self.join(&mut row, said, *when);
        }
        for at in 0..self.speakers.len() {
            let Speaker { policy, voice, when, ref columns } = self.speakers[at];
            let columns = columns.clone();
            let said = self.said(policy, Side::Target, voice, &source.rules, &columns);
            self.join(&mut row, said, when);
        }
        let mut cells = vec![SILENCE; self.width];
        for (columns, said) in row {
            columns.iter().for_each(|column| cells[column] = said);
        }
        for (cell, target) in cells.iter_mut().zip(&targets.list) {
            // One of the two ends says why nobody has a say.
            if let Some(reason) = source.reason.or(target.reason) {
                *cell = self.verdicts.otherwise(*cell, reason);
            }
        }
        cells
    }

    /// What a policy says about some columns, of a source that some rules hold.
    fn said(
        &mut self,
        policy: PolicyId,
        side: Side,
        voice: Voice,
        holding: &Bits,
        columns: &Bits,
    ) -> Pieces {
        let Self { book, verdicts, candidates, own, .. } = self;
        let mut said = vec![(columns.clone(), SILENCE)];
        let own = own.get(&(policy, side));
        let rules = |list: &'_ [usize]| -> Vec<usize> {
            list.iter().copied().filter(|at| holding.contains(*at)).collect()
        };
        if voice == Voice::Full {
            for at in own.map_or(Vec::new(), |own| rules(&own.allowing)) {
                let one = &candidates[at];
                change(&mut said, &one.columns, |before| verdicts.mildest(before, one.said));
            }
            let default = match side {
                Side::Source => book.head(policy).otherwise,
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
        for at in own.map_or(Vec::new(), |own| rules(&own.blocking)) {
            let one = &candidates[at];
            if voice == Voice::Full || book.line(one.id).app_wide {
                change(&mut said, &one.columns, |before| verdicts.strictest(before, one.said));
            }
        }
        said
    }

    /// Adds what a policy says, to those for whom it applies.
    fn join(&mut self, row: &mut Pieces, said: Pieces, when: Diagram) {
        for (columns, said) in said {
            let said = self.verdicts.diagrams.choose(when, said, SILENCE);
            if said != SILENCE {
                change(row, &columns, |before| self.verdicts.strictest(before, said));
            }
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

/// From profiles to classes: an end that rules see in several forms is decided by the one that it has
/// for the user. Rows that turn out equal are one, and so are columns.
fn fold(
    diagrams: &mut crate::diagram::Diagrams,
    sources: &Profiles<'_>,
    targets: &Profiles<'_>,
    rows: &[Vec<Diagram>],
) -> Plane {
    let (source_groups, of_source) = distinct(&sources.of_class);
    let (target_groups, of_target) = distinct(&targets.of_class);
    let mut seen = |forms: &[(Diagram, usize)], cell: &dyn Fn(usize) -> Diagram| {
        let mut found = SILENCE;
        for (when, number) in forms {
            found = diagrams.choose(*when, cell(*number), found);
        }
        found
    };
    let mut matrix = Vec::with_capacity(source_groups.len());
    for source in &source_groups {
        let row = target_groups.iter().map(|target| match (source.as_slice(), target.as_slice()) {
            ([(Diagram::TRUE, row)], [(Diagram::TRUE, column)]) => rows[*row][*column],
            _ => {
                let cells: Vec<(Diagram, Diagram)> = (source.iter())
                    .map(|(when, row)| (*when, seen(target, &|column| rows[*row][column])))
                    .collect();
                let forms: Vec<_> = (0..cells.len()).map(|at| (cells[at].0, at)).collect();
                seen(&forms, &|at| cells[at].1)
            }
        });
        matrix.push(row.collect::<Vec<_>>());
    }
    let (matrix, row_of_group) = distinct(&matrix);
    let transposed: Vec<Vec<Diagram>> = (0..target_groups.len())
        .map(|column| matrix.iter().map(|row| row[column]).collect())
        .collect();
    let (columns, column_of_group) = distinct(&transposed);
    let width = columns.len();
    let cells = (0..matrix.len()).flat_map(|row| columns.iter().map(move |column| column[row]));
    let number = |groups: &[usize], of: &[usize]| -> Vec<u32> {
        of.iter().map(|group| u32::try_from(groups[*group]).unwrap_or(u32::MAX)).collect()
    };
    Plane {
        rows: number(&row_of_group, &of_source),
        columns: number(&column_of_group, &of_target),
        width,
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
