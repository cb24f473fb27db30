//! What it would change to take rules out and to put others in.
//!
//! Takes in a plane's work and a trial, gives out the columns of which something else is decided. Only
//! the rows and columns that the tried rules hold are looked at, and most of them only as far as
//! one policy is concerned.

use super::judge::Voice;
use super::plane::{Pieces, Profiles, Speaker, Spoken, Work};
use super::verdicts::Verdicts;
use super::workshop::Seen;
use crate::bits::Bits;
use crate::diagram::Diagram;
use crate::model::{PolicyId, RuleId};
use crate::vocabulary::Side;

/// A change to the rules of policies: some are taken out, some others are put in.
#[derive(Debug, Clone, Default)]
pub(crate) struct Trial {
    pub(crate) removes: Vec<RuleId>,
    pub(crate) adds: Vec<RuleId>,
}

/// What a trial changes between the ends of one profile and some columns.
pub(super) struct Touch {
    /// The profile of the sources.
    pub(super) source: usize,
    pub(super) columns: Bits,
    pub(super) before: Diagram,
    pub(super) after: Diagram,
    /// For whom.
    pub(super) users: Diagram,
}

impl Work<'_> {
    /// Shows what a trial changes until enough is seen of it.
    pub(super) fn touches(
        &self,
        verdicts: &mut Verdicts,
        trial: &Trial,
        show: &mut dyn FnMut(&mut Verdicts, Touch) -> Seen,
    ) -> Seen {
        let at = |ids: &[RuleId]| -> Vec<usize> {
            ids.iter().filter_map(|id| self.positions.get(id).copied()).collect()
        };
        let (removes, adds) = (at(&trial.removes), at(&trial.adds));
        let mut columns = Bits::new(self.targets.list.len());
        let mut active = self.active.clone();
        let mut tried = Bits::new(self.candidates.len());
        for at in removes.iter().chain(&adds) {
            columns.add_all(&self.candidates[*at].columns);
            tried.insert(*at);
        }
        removes.iter().for_each(|at| active.remove(*at));
        adds.iter().for_each(|at| active.insert(*at));
        for source in 0..self.sources.list.len() {
            if !columns.is_empty()
                && self.sources.list[source].rules.meets(&tried)
                && self.says_other(verdicts, source, &tried, &active, &columns)
                && self.touch(verdicts, source, &active, &columns, show) == Seen::Enough
            {
                return Seen::Enough;
            }
        }
        Seen::More
    }

    /// Whether one of the policies whose rules are tried says something else about a source.
    fn says_other(
        &self,
        verdicts: &mut Verdicts,
        source: usize,
        tried: &Bits,
        active: &Bits,
        columns: &Bits,
    ) -> bool {
        let profile = &self.sources.list[source];
        let (before, after) = (profile.rules.and(&self.active), profile.rules.and(active));
        let mut owners: Vec<(PolicyId, Side)> = tried
            .iter()
            .map(|at| self.book.line(self.candidates[at].id))
            .map(|line| (line.policy, line.effect.side()))
            .collect();
        owners.sort_unstable();
        owners.dedup();
        owners.into_iter().any(|(policy, side)| {
            let voices = match side {
                Side::Source => {
                    let own = profile.voices.iter().filter(|(id, ..)| *id == policy);
                    own.map(|(_, voice, _)| (*voice, columns.clone())).collect::<Vec<_>>()
                }
                Side::Target => {
                    let own = self.speakers.iter().filter(|one| one.policy == policy);
                    own.map(|one| (one.voice, one.columns.and(columns))).collect()
                }
            };
            voices.into_iter().any(|(voice, columns)| {
                let own = Spoken { policy, side, voice };
                let before = self.said(verdicts, own, &before, &columns);
                let after = self.said(verdicts, own, &after, &columns);
                !same(&before, &after)
            })
        })
    }

    /// Shows where a row is another one with other rules in force.
    fn touch(
        &self,
        verdicts: &mut Verdicts,
        source: usize,
        active: &Bits,
        columns: &Bits,
        show: &mut dyn FnMut(&mut Verdicts, Touch) -> Seen,
    ) -> Seen {
        let before = self.row(verdicts, source, &self.active, columns);
        let after = self.row(verdicts, source, active, columns);
        for (held, before) in &before {
            for (others, after) in &after {
                let common = held.and(others);
                if before == after || common.is_empty() {
                    continue;
                }
                let mut pieces: Vec<(Diagram, Diagram, Bits)> = Vec::new();
                for column in common.iter() {
                    let before = self.with_reason(verdicts, source, column, *before);
                    let after = self.with_reason(verdicts, source, column, *after);
                    match pieces.iter_mut().find(|one| (one.0, one.1) == (before, after)) {
                        Some((_, _, columns)) => columns.insert(column),
                        None => {
                            let mut columns = Bits::new(self.targets.list.len());
                            columns.insert(column);
                            pieces.push((before, after, columns));
                        }
                    }
                }
                for (before, after, columns) in pieces {
                    let touch = Touch { source, columns, before, after, users: Diagram::TRUE };
                    if show(verdicts, touch) == Seen::Enough {
                        return Seen::Enough;
                    }
                }
            }
        }
        Seen::More
    }

    /// What is decided between a source and a column: one of the two says why nobody has a say.
    fn with_reason(
        &self,
        verdicts: &mut Verdicts,
        source: usize,
        column: usize,
        said: Diagram,
    ) -> Diagram {
        let reason = self.sources.list[source].reason.or(self.targets.list[column].reason);
        reason.map_or(said, |reason| verdicts.otherwise(said, reason))
    }

    /// What is decided of everything that a rule matches where its policy speaks.
    pub(super) fn region(&self, verdicts: &mut Verdicts, rule: RuleId) -> Vec<Touch> {
        let Some(at) = self.positions.get(&rule).copied() else { return Vec::new() };
        let line = self.book.line(rule);
        let heard = |voice: Voice| voice == Voice::Full || line.app_wide;
        let own = &self.candidates[at].columns;
        let mut found = Vec::new();
        for (source, profile) in self.sources.list.iter().enumerate() {
            let spoken: Vec<(Bits, Diagram)> = match line.effect.side() {
                _ if !profile.rules.contains(at) => Vec::new(),
                Side::Source => {
                    let voices = profile.voices.iter();
                    let heard = voices.filter(|(id, voice, _)| *id == line.policy && heard(*voice));
                    heard.map(|(_, _, when)| (own.clone(), *when)).collect()
                }
                Side::Target => {
                    let heard = |one: &&Speaker| one.policy == line.policy && heard(one.voice);
                    let speakers = self.speakers.iter().filter(heard);
                    speakers.map(|one| (one.columns.and(own), one.when)).collect()
                }
            };
            for (columns, users) in spoken {
                let users = verdicts.diagrams.and(users, line.people);
                for (columns, said) in self.row(verdicts, source, &self.active, &columns) {
                    if !columns.is_empty() && users != Diagram::FALSE {
                        found.push(Touch { source, columns, before: said, after: said, users });
                    }
                }
            }
        }
        found
    }

    /// The classes of sources that show a profile.
    pub(super) fn sources_of(&self, profile: usize) -> Vec<Showing> {
        self.sources.showing(&|number| number == profile)
    }

    /// The classes of targets that show some columns.
    pub(super) fn targets_of(&self, columns: &Bits) -> Vec<Showing> {
        self.targets.showing(&|number| columns.contains(number))
    }
}

/// A class of ends as rules see it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Showing {
    pub(crate) class: usize,
    /// Whether they see a managed app.
    pub(crate) managed: bool,
    /// For whom they see it so.
    pub(crate) when: Diagram,
}

impl Profiles<'_> {
    /// The classes that show one of some profiles.
    fn showing(&self, wanted: &dyn Fn(usize) -> bool) -> Vec<Showing> {
        let classes = self.order.iter().map(|class| (*class, &self.of_class[*class]));
        let shown = classes.flat_map(|(class, forms)| {
            let forms = forms.iter().flatten().filter(|form| wanted(form.profile));
            forms.map(move |form| Showing { class, managed: form.managed, when: form.when })
        });
        shown.collect()
    }
}

/// Whether two cuts of the same columns say the same.
fn same(some: &Pieces, others: &Pieces) -> bool {
    some.iter().all(|(columns, said)| {
        others.iter().all(|(other, also)| said == also || !columns.meets(other))
    })
}
