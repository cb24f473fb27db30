//! The groups of people that clauses tell apart, as questions of decision diagrams.
//!
//! Takes in the `for` clauses of a set, gives out one question for groups that no clause tells apart
//! and the diagram of each clause. Users are the answers to the questions; they are never enumerated.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::Mask;
use crate::diagram::{Diagram, Diagrams};
use crate::model::{People, UsersId};

/// The questions to users: “are you in one of these groups?”
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    /// By group: the number of its question.
    question: Vec<Option<u32>>,
    /// By question: its groups, which no clause tells apart.
    members: Vec<Vec<UsersId>>,
}

/// What a clause says of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Role {
    /// One of those of which one is enough.
    Enough,
    /// Nobody who is in it is meant.
    Excluded,
    /// Needed by itself.
    Needed(UsersId),
}

impl Groups {
    /// The questions that clauses ask. Those of one clause have numbers that are near each other, which
    /// keeps diagrams small.
    pub(crate) fn new<'c>(clauses: impl Iterator<Item = &'c People>, groups: usize) -> Self {
        let (mut order, mut known) = (Vec::new(), BTreeSet::new());
        let mut roles: HashMap<UsersId, Vec<(usize, Role)>> = HashMap::new();
        let mut asks_for_all = false;
        for (number, clause) in clauses.enumerate() {
            asks_for_all |= matches!(clause, People::Exactly(_));
            for (group, role) in roles_of(clause) {
                if known.insert(group) {
                    order.push(group);
                }
                roles.entry(group).or_default().push((number, role));
            }
        }
        if asks_for_all {
            order.extend((0..groups).map(UsersId::new).filter(|group| known.insert(*group)));
        }
        let mut found = Self { question: vec![None; groups], members: Vec::new() };
        let mut questions = HashMap::new();
        for group in order {
            let signature = roles.remove(&group).unwrap_or_default();
            let question = *questions.entry(signature).or_insert_with(|| {
                found.members.push(Vec::new());
                found.members.len() - 1
            });
            found.members[question].push(group);
            found.question[group.index()] = u32::try_from(question).ok();
        }
        found
    }

    /// Groups with the numbers of their questions; every number up to the highest is there.
    pub(super) fn of(question: Vec<Option<u32>>) -> Self {
        let count = question.iter().flatten().max().map_or(0, |last| *last as usize + 1);
        let mut members = vec![Vec::new(); count];
        for (group, question) in question.iter().enumerate() {
            if let Some(question) = question {
                members[*question as usize].push(UsersId::new(group));
            }
        }
        Self { question, members }
    }

    /// By group: the number of its question.
    pub(super) fn questions(&self) -> &[Option<u32>] {
        &self.question
    }

    /// How many questions there are.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether every group belongs to a question.
    pub(crate) fn are_all(&self) -> bool {
        self.question.iter().all(Option::is_some)
    }

    /// The groups of a question.
    pub(crate) fn members(&self, question: u32) -> &[UsersId] {
        self.members.get(question as usize).map_or(&[], Vec::as_slice)
    }

    /// Every question as a clause: “in one of these groups”.
    pub(crate) fn as_clauses(&self) -> Vec<People> {
        let clause =
            |members: &Vec<UsersId>| People::Some { of: Some(members.clone()), except: Vec::new() };
        self.members.iter().map(clause).collect()
    }

    /// The question that a group belongs to, if some clause asks for it.
    pub(crate) fn question(&self, group: UsersId) -> Option<u32> {
        self.question.get(group.index()).copied().flatten()
    }

    /// What a user in these groups answers. Questions beyond what a mask holds are not asked by
    /// tables.
    pub(super) fn mask(&self, users: impl Iterator<Item = UsersId>) -> Mask {
        let mut mask = Mask::default();
        users.filter_map(|group| self.question(group)).for_each(|one| mask.insert(one));
        mask
    }

    /// Those whom a clause means.
    pub(crate) fn clause(&self, diagrams: &mut Diagrams, clause: &People) -> Diagram {
        let questions = |groups: &[UsersId]| -> BTreeSet<u32> {
            groups.iter().filter_map(|group| self.question(*group)).collect()
        };
        let mut found = Diagram::TRUE;
        match clause {
            People::Some { of, except } => {
                let excluded = questions(except);
                if let Some(of) = of {
                    found = Diagram::FALSE;
                    for question in questions(of).into_iter().rev() {
                        let answer = diagrams.answer(question);
                        found = diagrams.or(answer, found);
                    }
                }
                exclude(diagrams, found, &excluded)
            }
            People::All { of, except } => {
                for question in questions(of).into_iter().rev() {
                    let answer = diagrams.answer(question);
                    found = diagrams.and(answer, found);
                }
                exclude(diagrams, found, &questions(except))
            }
            People::Exactly(groups) => {
                let needed = questions(groups);
                let all = u32::try_from(self.len()).unwrap_or(u32::MAX);
                for question in (0..all).rev() {
                    let answer = diagrams.answer(question);
                    let answer =
                        if needed.contains(&question) { answer } else { diagrams.not(answer) };
                    found = diagrams.and(answer, found);
                }
                found
            }
        }
    }
}

/// One of each kind of users that clauses tell apart, those in the fewest groups first, with its
/// answers to the clauses. No more than `bound`.
#[cfg(feature = "intune")]
pub(crate) fn kinds_of_users(
    clauses: &[People],
    groups: usize,
    bound: usize,
) -> Vec<(Vec<bool>, Vec<UsersId>)> {
    let groups = Groups::new(clauses.iter(), groups);
    let mut diagrams = Diagrams::new(usize::MAX);
    let mut kinds = vec![(Vec::new(), Diagram::TRUE)];
    for clause in clauses {
        let meant = groups.clause(&mut diagrams, clause);
        let not_meant = diagrams.not(meant);
        let mut split = Vec::new();
        for (answers, users) in kinds {
            for (answer, clause) in [(false, not_meant), (true, meant)] {
                let users = diagrams.and(users, clause);
                if users != Diagram::FALSE && split.len() < bound {
                    split.push(([answers.as_slice(), &[answer]].concat(), users));
                }
            }
        }
        kinds = split;
    }
    let example = |users| {
        let questions = diagrams.fewest(users).unwrap_or_default();
        let first = questions.iter().filter_map(|question| groups.members(*question).first());
        let mut example: Vec<UsersId> = first.copied().collect();
        example.sort_unstable();
        example
    };
    let mut found: Vec<_> =
        kinds.into_iter().map(|(answers, users)| (answers, example(users))).collect();
    found.sort_by(|(_, a), (_, b)| (a.len(), a).cmp(&(b.len(), b)));
    found
}

fn exclude(diagrams: &mut Diagrams, mut found: Diagram, excluded: &BTreeSet<u32>) -> Diagram {
    for question in excluded.iter().rev() {
        let answer = diagrams.answer(*question);
        found = diagrams.choose(answer, Diagram::FALSE, found);
    }
    found
}

/// The groups that a clause names, each with what it says of it. `exactly` leaves out every other
/// group, which is the same for all that it does not name.
fn roles_of(clause: &People) -> BTreeMap<UsersId, Role> {
    let mut roles = BTreeMap::new();
    let mut add = |groups: &[UsersId], role: &dyn Fn(UsersId) -> Role| {
        roles.extend(groups.iter().map(|group| (*group, role(*group))));
    };
    match clause {
        People::Some { of, except } => {
            add(of.as_deref().unwrap_or_default(), &|_| Role::Enough);
            add(except, &|_| Role::Excluded);
        }
        People::All { of, except } => {
            add(of, &Role::Needed);
            add(except, &|_| Role::Excluded);
        }
        People::Exactly(groups) => add(groups, &Role::Needed),
    }
    roles
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(groups: &[usize]) -> Vec<UsersId> {
        groups.iter().copied().map(UsersId::new).collect()
    }

    fn some(of: &[usize], except: &[usize]) -> People {
        People::Some { of: Some(ids(of)), except: ids(except) }
    }

    /// Whether each clause means users in each combination of groups.
    fn agrees(clauses: &[People], groups: usize) {
        let found = Groups::new(clauses.iter(), groups);
        let mut diagrams = Diagrams::new(10_000);
        for clause in clauses {
            let diagram = found.clause(&mut diagrams, clause);
            for bits in 0..1usize << groups {
                let users =
                    ids(&(0..groups).filter(|bit| bits >> bit & 1 == 1).collect::<Vec<_>>());
                let mask = found.mask(users.iter().copied());
                let meant = diagrams.at(diagram, |question| mask.contains(question)) == 1;
                assert_eq!(meant, clause.contains(&users), "{clause:?} {users:?}");
            }
        }
    }

    #[test]
    fn clauses_mean_whom_they_say() {
        agrees(
            &[
                some(&[0, 1, 2], &[3]),
                some(&[4], &[]),
                People::ANYBODY,
                People::Some { of: None, except: ids(&[4, 5]) },
            ],
            7,
        );
        agrees(&[some(&[0, 1], &[]), People::Exactly(ids(&[1])), People::Exactly(ids(&[]))], 5);
        agrees(&[People::All { of: ids(&[0, 2]), except: ids(&[1]) }, some(&[0, 2], &[1])], 4);
        agrees(&[some(&[0], &[0]), People::Some { of: Some(Vec::new()), except: Vec::new() }], 2);
    }

    #[test]
    fn groups_that_no_clause_tells_apart_are_one_question() {
        let all: Vec<usize> = (0..60).collect();
        let clauses = [some(&all, &[]), some(&all[..30], &[])];
        assert_eq!(Groups::new(clauses.iter(), 100).len(), 2);
        let exactly = [People::Exactly(ids(&[3]))];
        assert_eq!(Groups::new(exactly.iter(), 100).len(), 2);
        assert_eq!(Groups::new([].iter(), 100).len(), 0);
    }
}
