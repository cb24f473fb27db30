//! Analysis of accesses: who may open an app, for all users, devices and facts of a scope.
//!
//! Takes in a checked set and scopes of accesses, gives out whether expectations hold, with examples.
//! `cells` divides the values of each fact where conditions and tests do, `space` walks apps, accounts and
//! devices, `expect` checks claims. `statements` compares the texts of two sets.

mod cells;
mod expect;
mod one;
mod people;
pub(super) mod space;
mod statements;
pub(super) mod tables;

pub(super) use expect::test;
pub use expect::{AccessCounterexample, AccessExpectationResult, AccessVerdict};
pub use one::NotOneAccess;
pub(super) use one::one_access;
pub(super) use statements::says_alone;
pub use statements::{StatementChange, StatementChangeKind, StatementWord, diff_statements};
pub(super) use tables::parts;
pub use tables::{AccessPart, AccessRow};
