//! Decision diagrams: functions of yes-or-no questions, each stored once.
//!
//! Takes in questions by number, gives out functions of them that end in numbers; truth values are
//! the numbers 0 and 1. Functions that are equal are one [`Diagram`], so comparing two of them costs
//! nothing. What the questions ask (here: in which groups a user is) and what the numbers stand for is
//! not known here. (Bryant 1986; with numbers at the leaves they are known as MTBDDs.)

use std::collections::{BTreeSet, HashMap};

use rustc_hash::FxBuildHasher;

/// A function, as a number in its [`Diagrams`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Diagram(u32);

const LEAF: u32 = 1 << 31;

impl Diagram {
    pub(crate) const FALSE: Self = Self::leaf(0);
    pub(crate) const TRUE: Self = Self::leaf(1);

    /// The function that is the same whatever the answers.
    pub(crate) const fn leaf(number: u32) -> Self {
        Self(LEAF | number)
    }

    /// The number of a function that asks nothing.
    pub(crate) const fn number(self) -> Option<u32> {
        if self.0 & LEAF != 0 { Some(self.0 & !LEAF) } else { None }
    }

    /// The number that stands for it in a list of nodes.
    pub(crate) const fn bits(self) -> u32 {
        self.0
    }

    /// What a number stands for.
    pub(crate) const fn of_bits(bits: u32) -> Self {
        Self(bits)
    }

    /// The position of its first question among the nodes.
    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }

    pub(crate) const fn truth(holds: bool) -> Self {
        if holds { Self::TRUE } else { Self::FALSE }
    }
}

/// A question with the functions that are left after each answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Node {
    pub(crate) question: u32,
    pub(crate) no: Diagram,
    pub(crate) yes: Diagram,
}

/// What was worked out before, for one operation.
pub(crate) type Memo = HashMap<(Diagram, Diagram), Diagram, FxBuildHasher>;

/// A store of functions. Questions are asked in the order of their numbers.
#[derive(Debug, Clone)]
pub(crate) struct Diagrams {
    nodes: Vec<Node>,
    known: HashMap<Node, Diagram, FxBuildHasher>,
    chosen: HashMap<(Diagram, Diagram, Diagram), Diagram, FxBuildHasher>,
    bound: usize,
}

impl Diagrams {
    /// A store that holds at most so many nodes.
    pub(crate) fn new(bound: usize) -> Self {
        Self { nodes: Vec::new(), known: HashMap::default(), chosen: HashMap::default(), bound }
    }

    /// Whether the bound was met: what was worked out since then is void.
    pub(crate) fn is_exhausted(&self) -> bool {
        self.nodes.len() > self.bound
    }

    /// The question that a function asks first.
    pub(crate) fn node(&self, diagram: Diagram) -> Option<Node> {
        if diagram.number().is_some() { None } else { self.nodes.get(diagram.0 as usize).copied() }
    }

    fn make(&mut self, question: u32, no: Diagram, yes: Diagram) -> Diagram {
        if no == yes {
            return no;
        }
        if self.is_exhausted() {
            return Diagram::FALSE;
        }
        let node = Node { question, no, yes };
        let next = Diagram(u32::try_from(self.nodes.len()).unwrap_or(LEAF - 1));
        *self.known.entry(node).or_insert_with(|| {
            self.nodes.push(node);
            next
        })
    }

    /// The answer to a question.
    pub(crate) fn answer(&mut self, question: u32) -> Diagram {
        self.make(question, Diagram::FALSE, Diagram::TRUE)
    }

    /// What two functions have in common before and after their first question.
    fn split(&self, question: u32, diagram: Diagram) -> (Diagram, Diagram) {
        match self.node(diagram) {
            Some(node) if node.question == question => (node.no, node.yes),
            _ => (diagram, diagram),
        }
    }

    fn first_question(&self, diagrams: &[Diagram]) -> Option<u32> {
        let questions = diagrams.iter().filter_map(|one| self.node(*one));
        questions.map(|node| node.question).min()
    }

    // ------------------------------------------------------------ operations

    /// Where a condition holds the one function, elsewhere the other.
    pub(crate) fn choose(&mut self, when: Diagram, then: Diagram, other: Diagram) -> Diagram {
        match when {
            Diagram::TRUE => return then,
            Diagram::FALSE => return other,
            _ if then == other => return then,
            _ if then == Diagram::TRUE && other == Diagram::FALSE => return when,
            _ => {}
        }
        if let Some(known) = self.chosen.get(&(when, then, other)) {
            return *known;
        }
        let Some(question) = self.first_question(&[when, then, other]) else { return other };
        let (a, b, c) =
            (self.split(question, when), self.split(question, then), self.split(question, other));
        let no = self.choose(a.0, b.0, c.0);
        let yes = self.choose(a.1, b.1, c.1);
        let found = self.make(question, no, yes);
        self.chosen.insert((when, then, other), found);
        found
    }

    pub(crate) fn and(&mut self, a: Diagram, b: Diagram) -> Diagram {
        self.choose(a, b, Diagram::FALSE)
    }

    pub(crate) fn or(&mut self, a: Diagram, b: Diagram) -> Diagram {
        self.choose(a, Diagram::TRUE, b)
    }

    pub(crate) fn not(&mut self, a: Diagram) -> Diagram {
        self.choose(a, Diagram::FALSE, Diagram::TRUE)
    }

    /// The function that joins the numbers of two functions, answer by answer. A `memo` belongs to one
    /// way to join.
    pub(crate) fn join(
        &mut self,
        a: Diagram,
        b: Diagram,
        memo: &mut Memo,
        with: &mut impl FnMut(u32, u32) -> u32,
    ) -> Diagram {
        if let (Some(a), Some(b)) = (a.number(), b.number()) {
            return Diagram::leaf(with(a, b));
        }
        if let Some(known) = memo.get(&(a, b)) {
            return *known;
        }
        let Some(question) = self.first_question(&[a, b]) else { return a };
        let (left, right) = (self.split(question, a), self.split(question, b));
        let no = self.join(left.0, right.0, memo, with);
        let yes = self.join(left.1, right.1, memo, with);
        let found = self.make(question, no, yes);
        memo.insert((a, b), found);
        found
    }

    /// The function with other numbers.
    pub(crate) fn map(&mut self, a: Diagram, mut with: impl FnMut(u32) -> u32) -> Diagram {
        self.join(a, Diagram::FALSE, &mut Memo::default(), &mut |number, _| with(number))
    }

    /// Where a condition holds for some answers to the questions from `first` on.
    pub(crate) fn whatever(&mut self, a: Diagram, first: u32) -> Diagram {
        let mut known = HashMap::default();
        self.whatever_known(a, first, &mut known)
    }

    fn whatever_known(
        &mut self,
        a: Diagram,
        first: u32,
        known: &mut HashMap<Diagram, Diagram, FxBuildHasher>,
    ) -> Diagram {
        let Some(node) = self.node(a) else { return a };
        // What still asks has answers with which it holds.
        if node.question >= first {
            return Diagram::TRUE;
        }
        if let Some(found) = known.get(&a) {
            return *found;
        }
        let no = self.whatever_known(node.no, first, known);
        let yes = self.whatever_known(node.yes, first, known);
        let found = self.make(node.question, no, yes);
        known.insert(a, found);
        found
    }

    /// A function that is the same where a condition holds, and elsewhere whatever makes it small.
    /// (Coudert and Madre 1990 call this `restrict`.)
    pub(crate) fn simplify(&mut self, a: Diagram, care: Diagram, memo: &mut Memo) -> Diagram {
        if a.number().is_some() || care.number().is_some() {
            return a;
        }
        if let Some(known) = memo.get(&(a, care)) {
            return *known;
        }
        let Some(question) = self.first_question(&[a, care]) else { return a };
        let (left, right) = (self.split(question, a), self.split(question, care));
        let found = if right.0 == Diagram::FALSE {
            self.simplify(left.1, right.1, memo)
        } else if right.1 == Diagram::FALSE {
            self.simplify(left.0, right.0, memo)
        } else if left.0 == left.1 {
            let care = self.or(right.0, right.1);
            self.simplify(a, care, memo)
        } else {
            let no = self.simplify(left.0, right.0, memo);
            let yes = self.simplify(left.1, right.1, memo);
            self.make(question, no, yes)
        };
        memo.insert((a, care), found);
        found
    }

    /// Where a function gives one of some numbers.
    pub(crate) fn is_among(&mut self, a: Diagram, holds: impl Fn(u32) -> bool) -> Diagram {
        self.map(a, |number| u32::from(holds(number)))
    }

    // ------------------------------------------------------------ looking at one

    /// The number that some answers lead to.
    pub(crate) fn at(&self, diagram: Diagram, answer: impl Fn(u32) -> bool) -> u32 {
        evaluate(&self.nodes, diagram, answer)
    }

    /// Every number that a function gives.
    pub(crate) fn numbers(&self, diagram: Diagram) -> BTreeSet<u32> {
        let (mut found, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![diagram]);
        while let Some(diagram) = open.pop() {
            match (diagram.number(), self.node(diagram)) {
                (Some(number), _) => drop(found.insert(number)),
                (None, Some(node)) if seen.insert(diagram) => open.extend([node.no, node.yes]),
                (None, _) => {}
            }
        }
        found
    }

    /// The questions to answer with yes so that a condition holds, all others with no: as few as
    /// possible, and of as many those with the smallest numbers.
    pub(crate) fn fewest(&self, condition: Diagram) -> Option<Vec<u32>> {
        let mut counts = HashMap::default();
        self.count_fewest(condition, &mut counts)?;
        let (mut chosen, mut diagram) = (Vec::new(), condition);
        while let Some(node) = self.node(diagram) {
            let count = |one: Diagram| counts.get(&one).copied().flatten().unwrap_or(usize::MAX);
            // Of as many, a yes now has the smaller number.
            if count(node.yes).saturating_add(1) <= count(node.no) {
                chosen.push(node.question);
                diagram = node.yes;
            } else {
                diagram = node.no;
            }
        }
        Some(chosen)
    }

    fn count_fewest(
        &self,
        diagram: Diagram,
        known: &mut HashMap<Diagram, Option<usize>, FxBuildHasher>,
    ) -> Option<usize> {
        if let Some(count) = known.get(&diagram) {
            return *count;
        }
        let count = match self.node(diagram) {
            None => (diagram != Diagram::FALSE).then_some(0),
            Some(node) => {
                let no = self.count_fewest(node.no, known);
                let yes = self.count_fewest(node.yes, known).map(|count| count + 1);
                match (no, yes) {
                    (Some(no), Some(yes)) => Some(no.min(yes)),
                    (one, None) | (None, one) => one,
                }
            }
        };
        known.insert(diagram, count);
        count
    }

    /// Every question that a function asks.
    pub(crate) fn questions(&self, diagram: Diagram) -> BTreeSet<u32> {
        let (mut found, mut seen, mut open) = (BTreeSet::new(), BTreeSet::new(), vec![diagram]);
        while let Some(diagram) = open.pop() {
            if let Some(node) = self.node(diagram)
                && seen.insert(diagram)
            {
                found.insert(node.question);
                open.extend([node.no, node.yes]);
            }
        }
        found
    }
}

/// The nodes that some functions need, numbered anew.
pub(crate) struct Kept<'d> {
    from: &'d Diagrams,
    numbers: HashMap<Diagram, Diagram, FxBuildHasher>,
    nodes: Vec<Node>,
}

impl<'d> Kept<'d> {
    pub(crate) fn new(from: &'d Diagrams) -> Self {
        Self { from, numbers: HashMap::default(), nodes: Vec::new() }
    }

    /// The new name of a function.
    pub(crate) fn keep(&mut self, diagram: Diagram) -> Diagram {
        let Some(node) = self.from.node(diagram) else { return diagram };
        if let Some(known) = self.numbers.get(&diagram) {
            return *known;
        }
        let node = Node { no: self.keep(node.no), yes: self.keep(node.yes), ..node };
        let number = Diagram(u32::try_from(self.nodes.len()).unwrap_or(LEAF - 1));
        self.nodes.push(node);
        self.numbers.insert(diagram, number);
        number
    }

    pub(crate) fn into_nodes(self) -> Vec<Node> {
        self.nodes
    }
}

/// The number that some answers lead to, from a function in a list of nodes.
#[inline]
pub(crate) fn evaluate(nodes: &[Node], mut diagram: Diagram, answer: impl Fn(u32) -> bool) -> u32 {
    loop {
        match diagram.number() {
            Some(number) => return number,
            None => {
                let node = &nodes[diagram.0 as usize];
                diagram = if answer(node.question) { node.yes } else { node.no };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_functions_are_one() {
        let mut all = Diagrams::new(1000);
        let (a, b) = (all.answer(0), all.answer(1));
        let (both, either) = (all.and(a, b), all.or(a, b));
        let (not_a, not_b) = (all.not(a), all.not(b));
        let neither = all.and(not_a, not_b);
        assert_eq!(all.not(either), neither);
        let one = all.or(not_a, not_b);
        assert_eq!(all.not(both), one);
        assert_eq!(all.choose(a, b, b), b);
    }

    #[test]
    fn numbers_are_joined_answer_by_answer() {
        let mut all = Diagrams::new(1000);
        let (a, b) = (all.answer(0), all.answer(1));
        let ten = all.choose(a, Diagram::leaf(10), Diagram::leaf(0));
        let five = all.choose(b, Diagram::leaf(5), Diagram::leaf(1));
        let sum = all.join(ten, five, &mut Memo::default(), &mut |a, b| a + b);
        assert_eq!(all.numbers(sum), [1, 5, 11, 15].into_iter().collect());
        assert_eq!(all.at(sum, |question| question == 0), 11);
        let large = all.is_among(sum, |number| number > 10);
        assert_eq!(large, a);
    }

    #[test]
    fn the_fewest_answers_are_found() {
        let mut all = Diagrams::new(1000);
        let (a, b, c) = (all.answer(0), all.answer(1), all.answer(2));
        let both = all.and(a, b);
        let one = all.or(both, c);
        assert_eq!(all.fewest(one), Some(vec![2]));
        assert_eq!(all.fewest(both), Some(vec![0, 1]));
        assert_eq!(all.fewest(Diagram::FALSE), None);
        assert_eq!(all.fewest(Diagram::TRUE), Some(vec![]));
        assert_eq!(all.questions(one), [0, 1, 2].into_iter().collect());
    }

    #[test]
    fn a_simplified_function_is_the_same_where_it_counts() {
        let mut all = Diagrams::new(1000);
        let (a, b, c) = (all.answer(0), all.answer(1), all.answer(2));
        let (either, both) = (all.or(a, b), all.and(b, c));
        let function = all.choose(either, Diagram::leaf(7), both);
        let simple = all.simplify(function, either, &mut Memo::default());
        assert_eq!(simple, Diagram::leaf(7));
        let simple = all.simplify(function, b, &mut Memo::default());
        assert_eq!(simple, Diagram::leaf(7));
        let not_a = all.not(a);
        let simple = all.simplify(function, not_a, &mut Memo::default());
        let (one, other) = (all.choose(not_a, simple, a), all.choose(not_a, function, a));
        assert_eq!(one, other);
    }

    #[test]
    fn the_bound_holds() {
        let mut all = Diagrams::new(8);
        let mut odd = Diagram::FALSE;
        for question in 0..20 {
            let (answer, even) = (all.answer(question), all.not(odd));
            odd = all.choose(answer, even, odd);
        }
        assert!(all.is_exhausted() && all.nodes.len() <= 9);
    }
}
