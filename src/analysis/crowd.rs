//! Users, never enumerated: conditions on the groups that a user is in.
//!
//! Takes in the `for` clauses that matter and the diagrams of tables, gives out conditions that can be
//! combined, examples of users, and clauses that say who is meant. Apps and devices are not known here.

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

use crate::decision::Decision;
use crate::diagram::{Diagram, Diagrams};
use crate::model::{People, UsersId};
use crate::movement::Endpoint;
use crate::table::{Cell, DeviceKind, Groups, SILENCE, Table, Verdicts};

/// A condition that takes more clauses than this is told by them and an example of the rest.
const CLAUSES: usize = 256;

/// So many groups are named behind `except`; of more than these, `exactly` is plainer.
const EXCEPTIONS: usize = 3;

/// The number of “there is no such movement”: nothing is said of it.
pub(super) const NOWHERE: u32 = 0;

/// All users, as far as clauses tell them apart.
pub(super) struct Crowd {
    pub(super) groups: Groups,
    pub(super) verdicts: Verdicts,
}

impl Crowd {
    /// The users that clauses tell apart, in some of so many groups; these must hold every clause that is asked for
    /// later.
    pub(super) fn new<'c>(
        clauses: impl Iterator<Item = &'c People>,
        groups: usize,
        nodes: usize,
    ) -> Self {
        Self { groups: Groups::new(clauses, groups), verdicts: Verdicts::new(Diagrams::new(nodes)) }
    }

    /// Those whom a clause means.
    pub(super) fn clause(&mut self, people: &People) -> Diagram {
        self.groups.clause(&mut self.verdicts.diagrams, people)
    }

    /// The user who is in these groups and in no other.
    pub(super) fn user(&mut self, groups: &[UsersId]) -> Diagram {
        let yes: BTreeSet<u32> =
            groups.iter().filter_map(|group| self.groups.question(*group)).collect();
        let all = 0..u32::try_from(self.groups.len()).unwrap_or_default();
        let no = all.filter(|question| !yes.contains(question)).collect();
        self.way(&yes.into_iter().collect::<Vec<_>>(), &no)
    }

    /// The decision that a number stands for.
    pub(super) fn decision(&self, number: u32) -> Decision {
        self.verdicts.decisions()[number as usize]
    }

    /// The number that a function gives a user in these groups.
    pub(super) fn at(&self, outcome: Diagram, groups: &[UsersId]) -> u32 {
        let yes: BTreeSet<u32> =
            groups.iter().filter_map(|group| self.groups.question(*group)).collect();
        self.verdicts.diagrams.at(outcome, |question| yes.contains(&question))
    }

    /// The numbers of a function, each with those for whom it gives it.
    pub(super) fn parts(&mut self, outcome: Diagram) -> Vec<(u32, Diagram)> {
        let numbers = self.verdicts.diagrams.numbers(outcome).into_iter();
        numbers
            .map(|number| (number, self.verdicts.diagrams.is_among(outcome, |one| one == number)))
            .collect()
    }

    pub(super) fn and(&mut self, conditions: &[Diagram]) -> Diagram {
        let all = conditions.iter();
        all.fold(Diagram::TRUE, |all, one| self.verdicts.diagrams.and(all, *one))
    }

    /// Whether all who meet the first condition meet the second.
    pub(super) fn is_within(&mut self, a: Diagram, b: Diagram) -> bool {
        self.verdicts.diagrams.choose(b, Diagram::FALSE, a) == Diagram::FALSE
    }

    /// Whether nobody meets both conditions.
    pub(super) fn are_apart(&mut self, a: Diagram, b: Diagram) -> bool {
        self.verdicts.diagrams.and(a, b) == Diagram::FALSE
    }

    /// The groups of a user who meets a condition; as few as possible.
    pub(super) fn example(&self, condition: Diagram) -> Option<Vec<UsersId>> {
        let questions = self.verdicts.diagrams.fewest(condition)?;
        let first = questions.iter().filter_map(|question| self.groups.members(*question).first());
        let mut users: Vec<UsersId> = first.copied().collect();
        users.sort_unstable();
        Some(users)
    }

    // ------------------------------------------------------------ as clauses

    /// A condition as clauses that together mean exactly those who meet it. They may overlap. Of a condition
    /// that would take very many, an example stands for the rest.
    pub(super) fn clauses(&mut self, condition: Diagram) -> Vec<People> {
        if condition == Diagram::TRUE {
            return vec![People::ANYBODY];
        }
        let (mut left, mut found) = (condition, Vec::new());
        let mut example = None;
        while let Some(yes) = self.verdicts.diagrams.fewest(left) {
            if found.len() >= CLAUSES {
                example = self.example(left).map(People::Exactly);
                break;
            }
            let no = self.excluded(condition, &yes);
            let way = self.way(&yes, &no);
            left = self.verdicts.diagrams.choose(way, Diagram::FALSE, left);
            found.push((yes, no));
        }
        // Whoever is in one of several groups can be said at once.
        let mut joined: Vec<(Vec<Vec<u32>>, BTreeSet<u32>)> = Vec::new();
        for (yes, no) in found {
            let fits = |(known, without): &&mut (Vec<Vec<u32>>, BTreeSet<u32>)| {
                *without == no && yes.len() == 1 && known.iter().all(|one| one.len() == 1)
            };
            match joined.iter_mut().find(fits) {
                Some((known, _)) => known.push(yes),
                None => joined.push((vec![yes], no)),
            }
        }
        joined.iter().flat_map(|(yes, no)| self.people(yes, no)).chain(example).collect()
    }

    /// The questions that must be answered with no so that whoever answers some with yes meets a
    /// condition: as few as can be found one by one.
    fn excluded(&mut self, condition: Diagram, yes: &[u32]) -> BTreeSet<u32> {
        let all = self.verdicts.diagrams.questions(condition);
        let mut no: BTreeSet<u32> = all.into_iter().filter(|one| !yes.contains(one)).collect();
        for question in no.clone() {
            no.remove(&question);
            let way = self.way(yes, &no);
            if self.verdicts.diagrams.choose(condition, Diagram::FALSE, way) != Diagram::FALSE {
                no.insert(question);
            }
        }
        no
    }

    fn way(&mut self, yes: &[u32], no: &BTreeSet<u32>) -> Diagram {
        let mut found = Diagram::TRUE;
        for question in yes {
            let answer = self.verdicts.diagrams.answer(*question);
            found = self.verdicts.diagrams.and(answer, found);
        }
        for question in no {
            let answer = self.verdicts.diagrams.answer(*question);
            found = self.verdicts.diagrams.choose(answer, Diagram::FALSE, found);
        }
        found
    }

    /// Those who answer all of one list of questions with yes, and none of the others.
    fn people(&self, yes: &[Vec<u32>], no: &BTreeSet<u32>) -> Vec<People> {
        let members = |questions: &mut dyn Iterator<Item = u32>| -> Vec<UsersId> {
            let mut members: Vec<_> =
                questions.flat_map(|one| self.groups.members(one).iter().copied()).collect();
            members.sort_unstable();
            members
        };
        let except = members(&mut no.iter().copied());
        let single = |one: &u32| self.groups.members(*one).len() == 1;
        if let [one] = yes
            && one.len() + no.len() == self.groups.len()
            && one.iter().all(single)
            && self.groups.are_all()
            && except.len() > EXCEPTIONS
        {
            return vec![People::Exactly(members(&mut one.iter().copied()))];
        }
        match yes {
            [one] if one.is_empty() => vec![People::Some { of: None, except }],
            _ if yes.iter().all(|one| one.len() == 1) => {
                let of = members(&mut yes.iter().flatten().copied());
                vec![People::Some { of: Some(of), except }]
            }
            _ => yes.iter().flat_map(|one| self.in_each(one, &except)).collect(),
        }
    }

    /// Those who are in a group of each question.
    fn in_each(&self, questions: &[u32], except: &[UsersId]) -> Vec<People> {
        let mut chosen: Vec<Vec<UsersId>> = vec![Vec::new()];
        for question in questions {
            let members = self.groups.members(*question);
            let with = |chosen: &Vec<UsersId>| -> Vec<Vec<UsersId>> {
                members.iter().map(|group| [chosen.as_slice(), &[*group]].concat()).collect()
            };
            chosen = chosen.iter().flat_map(with).collect();
        }
        let people = chosen.into_iter().map(|mut of| {
            of.sort_unstable();
            People::All { of, except: except.to_vec() }
        });
        people.collect()
    }
}

/// A table's diagrams among the users of a crowd.
pub(super) struct Import<'t> {
    pub(super) table: &'t Table,
    /// By question of the table: who answers yes.
    answers: Vec<Diagram>,
    conditions: HashMap<Diagram, Diagram, FxBuildHasher>,
    outcomes: HashMap<Diagram, Diagram, FxBuildHasher>,
    cells: HashMap<Cell, Diagram, FxBuildHasher>,
}

impl<'t> Import<'t> {
    /// `translate` gives the clause that a table's groups of people are in the model of the crowd.
    pub(super) fn new(
        table: &'t Table,
        crowd: &mut Crowd,
        translate: impl Fn(UsersId) -> Option<UsersId>,
    ) -> Self {
        let questions = 0..u32::try_from(table.groups().len()).unwrap_or_default();
        let answers = questions.map(|question| {
            let members = table.groups().members(question).iter();
            let of = members.filter_map(|group| translate(*group)).collect();
            crowd.clause(&People::Some { of: Some(of), except: Vec::new() })
        });
        let answers = answers.collect();
        Self {
            table,
            answers,
            conditions: HashMap::default(),
            outcomes: HashMap::default(),
            cells: HashMap::default(),
        }
    }

    /// A condition of the table.
    pub(super) fn condition(&mut self, crowd: &mut Diagrams, diagram: Diagram) -> Diagram {
        if diagram.number().is_some() {
            return diagram;
        }
        if let Some(known) = self.conditions.get(&diagram) {
            return *known;
        }
        let node = self.table.nodes()[diagram.index()];
        let no = self.condition(crowd, node.no);
        let yes = self.condition(crowd, node.yes);
        let found = crowd.choose(self.answers[node.question as usize], yes, no);
        self.conditions.insert(diagram, found);
        found
    }

    /// For whom an end is managed.
    pub(super) fn managed(
        &mut self,
        crowd: &mut Crowd,
        kind: DeviceKind,
        end: Endpoint,
    ) -> Diagram {
        let condition = self.table.managed(kind, end);
        self.condition(&mut crowd.verdicts.diagrams, condition)
    }

    /// What is decided in a cell of the table, with decisions as the crowd numbers them.
    pub(super) fn outcome(&mut self, crowd: &mut Crowd, cell: Cell) -> Diagram {
        if let Some(known) = self.cells.get(&cell) {
            return *known;
        }
        let said = cell.said.map(|row| row.map(|said| self.decided(crowd, said)));
        let reason = self.decided(crowd, cell.reason);
        let diagrams = &mut crowd.verdicts.diagrams;
        let [source, target] = cell.managed.map(|when| self.condition(diagrams, when));
        let [not_managed, managed] = said.map(|[no, yes]| diagrams.choose(target, yes, no));
        let said = diagrams.choose(source, managed, not_managed);
        let found = crowd.verdicts.otherwise(said, reason);
        self.cells.insert(cell, found);
        found
    }

    /// A function that ends in decisions, as the crowd numbers them; silence stays silence.
    fn decided(&mut self, crowd: &mut Crowd, diagram: Diagram) -> Diagram {
        if diagram == SILENCE {
            return SILENCE;
        }
        if let Some(number) = diagram.number() {
            return crowd.verdicts.all(self.table.decisions()[number as usize]);
        }
        if let Some(known) = self.outcomes.get(&diagram) {
            return *known;
        }
        let node = self.table.nodes()[diagram.index()];
        let no = self.decided(crowd, node.no);
        let yes = self.decided(crowd, node.yes);
        let found = crowd.verdicts.diagrams.choose(self.answers[node.question as usize], yes, no);
        self.outcomes.insert(diagram, found);
        found
    }
}
