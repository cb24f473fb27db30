//! Functions with the type of their terminals.
//!
//! Takes in typed functions, gives out typed functions; the type costs nothing at run time. All that
//! other modules see of decision diagrams is here.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};
use std::marker::PhantomData;

use rustc_hash::FxBuildHasher;

use super::manager::{Exhausted, Manager, Node, NodeId, keep};
use super::ops::Cache;
use crate::limits::LimitExceeded;

/// The value at the end of a diagram.
pub(crate) trait Terminal: Copy {
    /// The number that stands for it: below 2³¹.
    fn number(self) -> u32;

    /// The value of a number that [`number`](Self::number) gave.
    fn of_number(number: u32) -> Self;
}

impl Terminal for bool {
    fn number(self) -> u32 {
        u32::from(self)
    }

    fn of_number(number: u32) -> Self {
        number != 0
    }
}

/// A function from variables to values of one type, as a handle of its [`Manager`].
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Func<T>(NodeId, PhantomData<T>);

// Derived, they would ask for values that can be copied.
impl<T> Clone for Func<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Func<T> {}

/// A condition: a function to true and false.
pub(crate) type Cond = Func<bool>;

impl<T> Func<T> {
    pub(super) const fn of(id: NodeId) -> Self {
        Self(id, PhantomData)
    }

    /// The constant function to the value of a number.
    pub(crate) const fn of_terminal(number: u32) -> Self {
        Self::of(NodeId::of_terminal(number))
    }

    /// The node, for whoever stores and checks nodes.
    pub(crate) const fn id(self) -> NodeId {
        self.0
    }

    /// The function of a node that was stored.
    pub(crate) const fn of_id(id: NodeId) -> Self {
        Self::of(id)
    }
}

impl<T: Terminal> Func<T> {
    /// The constant function to a value.
    pub(crate) fn constant(value: T) -> Self {
        Self::of_terminal(value.number())
    }
}

impl Cond {
    pub(crate) const FALSE: Self = Self::of(NodeId::FALSE);
    pub(crate) const TRUE: Self = Self::of(NodeId::TRUE);

    /// Whether no assignment meets the condition.
    pub(crate) fn is_never(self) -> bool {
        self == Self::FALSE
    }
}

/// The operation cache of [`Manager::apply`] for one combination of terminals, and for no other.
#[derive(Debug)]
pub(crate) struct ApplyCache<A, B, C>(Cache, PhantomData<(A, B, C)>);

impl<A, B, C> Default for ApplyCache<A, B, C> {
    fn default() -> Self {
        Self(Cache::default(), PhantomData)
    }
}

/// Results of [`Manager::restrict`].
#[derive(Debug, Default)]
pub(crate) struct RestrictCache(Cache);

impl Manager {
    fn checked<T>(&self, made: Result<NodeId, Exhausted>) -> Result<Func<T>, LimitExceeded> {
        made.map(Func::of).map_err(|bound| self.exceeded(bound))
    }

    /// The condition that a variable is true.
    pub(crate) fn variable(&mut self, variable: u32) -> Result<Cond, LimitExceeded> {
        let made = self.mk(variable, NodeId::FALSE, NodeId::TRUE);
        self.checked(made)
    }

    /// If-then-else.
    pub(crate) fn ite<T>(
        &mut self,
        when: Cond,
        then: Func<T>,
        other: Func<T>,
    ) -> Result<Func<T>, LimitExceeded> {
        let made = self.ite_node(when.0, then.0, other.0);
        self.checked(made)
    }

    pub(crate) fn and(&mut self, a: Cond, b: Cond) -> Result<Cond, LimitExceeded> {
        // In one order, so that the result is known for both.
        self.ite(a.min(b), a.max(b), Cond::FALSE)
    }

    /// `a` and not `b`.
    pub(crate) fn and_not(&mut self, a: Cond, b: Cond) -> Result<Cond, LimitExceeded> {
        self.ite(b, Cond::FALSE, a)
    }

    pub(crate) fn or(&mut self, a: Cond, b: Cond) -> Result<Cond, LimitExceeded> {
        self.ite(a.min(b), Cond::TRUE, a.max(b))
    }

    pub(crate) fn not(&mut self, a: Cond) -> Result<Cond, LimitExceeded> {
        self.ite(a, Cond::FALSE, Cond::TRUE)
    }

    /// The conjunction of conditions; true of none.
    pub(crate) fn all(&mut self, conditions: &[Cond]) -> Result<Cond, LimitExceeded> {
        conditions.iter().try_fold(Cond::TRUE, |all, one| self.and(all, *one))
    }

    /// The disjunction of conditions; false of none.
    pub(crate) fn any(
        &mut self,
        conditions: impl IntoIterator<Item = Cond>,
    ) -> Result<Cond, LimitExceeded> {
        // From the last variable to the first each step adds to the top of what is there.
        let mut conditions: Vec<Cond> = conditions.into_iter().collect();
        conditions.sort_unstable_by_key(|one| Reverse((self.top_variable(&[one.0]), *one)));
        conditions.dedup();
        conditions.retain(|one| !one.is_never());
        match conditions.as_slice() {
            [] => return Ok(Cond::FALSE),
            [one] => return Ok(*one),
            all if all.contains(&Cond::TRUE) => return Ok(Cond::TRUE),
            _ => {}
        }
        let ids: Vec<NodeId> = conditions.iter().map(|one| one.id()).collect();
        if let Some(known) = self.disjunctions.get(&ids) {
            return Ok(Cond::of(*known));
        }
        let any = conditions.iter().try_fold(Cond::FALSE, |any, one| self.or(*one, any))?;
        keep(&mut self.disjunctions, ids, any.0);
        Ok(any)
    }

    /// Whether one condition implies another.
    pub(crate) fn implies(&mut self, a: Cond, b: Cond) -> Result<bool, LimitExceeded> {
        self.implies_node(a.0, b.0).map_err(|bound| self.exceeded(bound))
    }

    /// Whether two conditions exclude each other.
    pub(crate) fn are_disjoint(&mut self, a: Cond, b: Cond) -> Result<bool, LimitExceeded> {
        self.are_disjoint_nodes(a.0, b.0).map_err(|bound| self.exceeded(bound))
    }

    /// Whether a condition holds whatever the variables are that `assignment` leaves open.
    pub(crate) fn holds_under(
        &mut self,
        condition: Cond,
        assignment: impl Fn(u32) -> Option<bool>,
    ) -> Result<bool, LimitExceeded> {
        let holds = self.holds_under_node(condition.0, &assignment);
        holds.map_err(|bound| self.exceeded(bound))
    }

    /// The function whose terminals are those of two functions, combined by `op`.
    pub(crate) fn apply<A: Terminal, B: Terminal, C: Terminal>(
        &mut self,
        a: Func<A>,
        b: Func<B>,
        cache: &mut ApplyCache<A, B, C>,
        mut op: impl FnMut(A, B) -> C,
    ) -> Result<Func<C>, LimitExceeded> {
        let op = &mut |a: u32, b: u32| op(A::of_number(a), B::of_number(b)).number();
        let made = self.apply_node(a.0, b.0, &mut cache.0, op);
        self.checked(made)
    }

    /// The function with other terminals.
    pub(crate) fn map<A: Terminal, B: Terminal>(
        &mut self,
        a: Func<A>,
        mut with: impl FnMut(A) -> B,
    ) -> Result<Func<B>, LimitExceeded> {
        self.apply(a, Cond::FALSE, &mut ApplyCache::default(), |value, _| with(value))
    }

    /// The preimage of some values: the condition under which a function gives one of them.
    pub(crate) fn preimage<T: Terminal>(
        &mut self,
        a: Func<T>,
        holds: impl Fn(T) -> bool,
    ) -> Result<Cond, LimitExceeded> {
        self.map(a, holds)
    }

    /// Existential quantification over some variables.
    pub(crate) fn exists(
        &mut self,
        a: Cond,
        is_quantified: impl Fn(u32) -> bool,
    ) -> Result<Cond, LimitExceeded> {
        let cache = &mut HashMap::with_hasher(FxBuildHasher);
        let made = self.exists_node(a.0, &is_quantified, cache);
        self.checked(made)
    }

    /// A small function that equals `a` where `care` holds.
    pub(crate) fn restrict<T>(
        &mut self,
        a: Func<T>,
        care: Cond,
        cache: &mut RestrictCache,
    ) -> Result<Func<T>, LimitExceeded> {
        let made = self.restrict_node(a.0, care.0, &mut cache.0);
        self.checked(made)
    }

    // ------------------------------------------------------------ queries

    /// The value of a function under an assignment.
    pub(crate) fn eval<T: Terminal>(&self, a: Func<T>, assignment: impl Fn(u32) -> bool) -> T {
        eval(self.nodes(), a, assignment)
    }

    /// Every value that a function takes.
    pub(crate) fn terminals<T: Terminal + Ord>(&self, a: Func<T>) -> BTreeSet<T> {
        self.terminals_of(a.0).into_iter().map(T::of_number).collect()
    }

    /// Every variable that a function depends on.
    pub(crate) fn support<T>(&self, a: Func<T>) -> BTreeSet<u32> {
        self.support_of(a.0)
    }

    /// The literals whose conjunction a condition is, in the order of their variables; `None` where it is no
    /// such conjunction.
    pub(crate) fn literals(&self, condition: Cond) -> Option<Vec<(u32, bool)>> {
        self.literals_of(condition.0)
    }

    /// The true variables of a model of a condition, all others false: as few as possible, and of equally
    /// many those with the smallest numbers. `None` where there is no model.
    pub(crate) fn minimal_model(&self, condition: Cond) -> Option<Vec<u32>> {
        self.minimal_model_of(condition.0)
    }
}

/// The value of a function under an assignment, among stored nodes.
#[inline]
#[expect(
    clippy::indexing_slicing,
    reason = "children come before their parents: the manager makes them, or the loader checks them"
)]
pub(crate) fn eval<T: Terminal>(
    nodes: &[Node],
    function: Func<T>,
    assignment: impl Fn(u32) -> bool,
) -> T {
    let mut id = function.0;
    loop {
        match id.terminal() {
            Some(number) => return T::of_number(number),
            None => {
                let node = &nodes[id.index()];
                id = if assignment(node.variable) { node.high } else { node.low };
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{Interrupt, Resource};

    impl Terminal for u32 {
        fn number(self) -> u32 {
            self
        }

        fn of_number(number: u32) -> Self {
            number
        }
    }

    #[test]
    fn equal_functions_are_one() -> Result<(), LimitExceeded> {
        let mut all = Manager::new(1000);
        let (a, b) = (all.variable(0)?, all.variable(1)?);
        let (both, either) = (all.and(a, b)?, all.or(a, b)?);
        let (not_a, not_b) = (all.not(a)?, all.not(b)?);
        let neither = all.and(not_a, not_b)?;
        assert_eq!(all.not(either)?, neither);
        let one = all.or(not_a, not_b)?;
        assert_eq!(all.not(both)?, one);
        assert_eq!(all.and_not(a, b)?, all.and(a, not_b)?);
        assert_eq!(all.ite(a, b, b)?, b);
        assert!(all.implies(both, a)? && !all.implies(a, both)?);
        assert!(all.are_disjoint(neither, a)? && !all.are_disjoint(either, a)?);
        Ok(())
    }

    #[test]
    fn terminals_are_combined_assignment_by_assignment() -> Result<(), LimitExceeded> {
        let mut all = Manager::new(1000);
        let (a, b) = (all.variable(0)?, all.variable(1)?);
        let ten = all.ite(a, Func::<u32>::constant(10), Func::constant(0))?;
        let five = all.ite(b, Func::<u32>::constant(5), Func::constant(1))?;
        let sum = all.apply(ten, five, &mut ApplyCache::default(), |a, b| a + b)?;
        assert_eq!(all.terminals(sum), [1, 5, 11, 15].into_iter().collect());
        assert_eq!(all.eval(sum, |variable| variable == 0), 11);
        assert_eq!(all.preimage(sum, |number| number > 10)?, a);
        Ok(())
    }

    #[test]
    fn a_minimal_model_has_the_fewest_true_variables() -> Result<(), LimitExceeded> {
        let mut all = Manager::new(1000);
        let (a, b, c) = (all.variable(0)?, all.variable(1)?, all.variable(2)?);
        let both = all.and(a, b)?;
        let one = all.or(both, c)?;
        assert_eq!(all.minimal_model(one), Some(vec![2]));
        assert_eq!(all.minimal_model(both), Some(vec![0, 1]));
        assert_eq!(all.minimal_model(Cond::FALSE), None);
        assert_eq!(all.minimal_model(Cond::TRUE), Some(vec![]));
        assert_eq!(all.support(one), [0, 1, 2].into_iter().collect());
        let without = all.and_not(both, c)?;
        assert_eq!(all.literals(without), Some(vec![(0, true), (1, true), (2, false)]));
        assert_eq!(all.literals(Cond::TRUE), Some(vec![]));
        assert_eq!((all.literals(one), all.literals(Cond::FALSE)), (None, None));
        Ok(())
    }

    #[test]
    fn a_restricted_function_is_equal_where_it_counts() -> Result<(), LimitExceeded> {
        let mut all = Manager::new(1000);
        let (a, b, c) = (all.variable(0)?, all.variable(1)?, all.variable(2)?);
        let (either, both) = (all.or(a, b)?, all.and(b, c)?);
        let rest = all.ite(both, Func::<u32>::constant(1), Func::constant(0))?;
        let function = all.ite(either, Func::constant(7), rest)?;
        let cache = &mut RestrictCache::default();
        assert_eq!(all.restrict(function, either, cache)?, Func::constant(7));
        assert_eq!(all.restrict(function, b, cache)?, Func::constant(7));
        let not_a = all.not(a)?;
        let simple = all.restrict(function, not_a, cache)?;
        let nine = Func::constant(9);
        assert_eq!(all.ite(not_a, simple, nine)?, all.ite(not_a, function, nine)?);
        Ok(())
    }

    #[test]
    fn quantified_variables_do_not_matter() -> Result<(), LimitExceeded> {
        let mut all = Manager::new(1000);
        let (a, b, c) = (all.variable(0)?, all.variable(1)?, all.variable(2)?);
        let both = all.and(b, c)?;
        let either = all.or(a, both)?;
        assert_eq!(all.exists(either, |variable| variable == 2)?, all.or(a, b)?);
        assert_eq!(all.exists(either, |variable| variable == 1)?, all.or(a, c)?);
        assert_eq!(all.exists(both, |variable| variable == 1)?, c);
        assert_eq!(all.exists(either, |_| true)?, Cond::TRUE);
        assert_eq!(all.exists(either, |_| false)?, either);
        assert_eq!(all.exists(Cond::FALSE, |_| true)?, Cond::FALSE);
        Ok(())
    }

    /// The parity of so many variables.
    fn parity(all: &mut Manager, variables: u32) -> Result<Cond, LimitExceeded> {
        (0..variables).try_fold(Cond::FALSE, |odd, variable| {
            let (variable, even) = (all.variable(variable)?, all.not(odd)?);
            all.ite(variable, even, odd)
        })
    }

    #[test]
    fn a_full_manager_says_so_and_answers_nothing() {
        let mut all = Manager::new(8);
        let error = parity(&mut all, 20).unwrap_err();
        assert_eq!((error.resource(), error.needed(), error.limit()), (Resource::Nodes, 9, 8));
        assert_eq!(all.nodes().len(), 8);
    }

    #[test]
    fn an_interrupt_stops_work_that_has_begun_and_a_limit_holds_beside_it() {
        let interrupt = Interrupt::default();
        let mut manager = Manager::new(1000).with_steps(50_000).stopped_by(Some(interrupt.clone()));
        for _ in 0..10_000 {
            manager.take_steps(1).unwrap();
        }
        let mut other = manager.clone();
        let exceeded = (0..50_000).find_map(|_| other.take_steps(1).err()).unwrap();
        assert_eq!((exceeded.resource(), exceeded.limit()), (Resource::Steps, 50_000));
        interrupt.stop();
        let steps = (0..50_000).take_while(|_| manager.take_steps(1).is_ok()).count();
        assert!(steps < 5_000, "{steps}");
        assert_eq!(manager.take_steps(1).unwrap_err().resource(), Resource::Time);
        let mut late = Manager::new(1000).stopped_by(Some(interrupt));
        assert_eq!(late.take_steps(1).unwrap_err().resource(), Resource::Time);
    }

    #[test]
    fn steps_are_counted_whether_or_not_nodes_are_made() {
        let mut all = Manager::new(1000).with_steps(50);
        let error = parity(&mut all, 20).unwrap_err();
        assert_eq!((error.resource(), error.needed(), error.limit()), (Resource::Steps, 51, 50));
        assert!(parity(&mut Manager::new(1000).with_steps(2000), 20).is_ok());
    }

    #[test]
    fn any_limit_gives_the_function_or_the_error() {
        let unlimited = parity(&mut Manager::new(usize::MAX), 12).map(|_| ());
        assert_eq!(unlimited, Ok(()));
        let mut answered = 0;
        for limit in 0..200 {
            let mut all = Manager::new(limit);
            match parity(&mut all, 12) {
                Ok(odd) => {
                    answered += 1;
                    assert!(all.eval(odd, |variable| variable == 3));
                    assert!(!all.eval(odd, |variable| variable < 6));
                }
                Err(error) => assert_eq!(error.limit(), limit),
            }
            assert!(all.nodes().len() <= limit);
        }
        assert!(answered > 0 && answered < 200);
    }
}
