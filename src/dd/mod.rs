//! Multi-terminal binary decision diagrams (MTBDDs): functions of Boolean variables, each stored once.
//!
//! Takes in variables and terminals by number, gives out functions of the variables. Equal functions are
//! one node, so comparing two of them costs nothing. Every operation that can create nodes returns the
//! limit's error once the manager is full; no operation guesses. What variables and terminals stand for
//! is not known here, but the type of a terminal is: a condition ([`Cond`]) cannot be taken for a
//! function to decisions.
//!
//! The diagrams are reduced and ordered (Bryant 1986); with terminals other than true and false they
//! are MTBDDs (Clarke, Fujita, McGeer, McMillan, Yang and Zhao 1993). There are no complement edges and
//! no reordering: variables are tested in the order of their numbers.

mod compact;
mod manager;
mod ops;
mod typed;

pub(crate) use compact::Compaction;
pub(crate) use manager::{Manager, Node, NodeId, keep_of};
pub(crate) use typed::{ApplyCache, Cond, Func, RestrictCache, Terminal, eval};
