//! The query engine: movements of scopes in equivalence classes, for all users at once.
//!
//! Takes in a model and a scope, gives out atoms (endpoints that the scope and the rules treat alike), the
//! outcomes between them, and scope text for sets of them. One engine serves every analysis: over one model
//! it answers questions, over two aligned models it compares. The purpose of a question is not known here.

pub(super) mod align;
mod answer;
pub(super) mod contexts;
pub(super) mod covers;
pub(super) mod determining;
pub(super) mod endpoints;
mod family;
pub(super) mod naming;
pub(super) mod open;
pub(super) mod query;
pub(super) mod rectangles;
pub(in crate::analysis) mod relevant;
pub(super) mod space;
pub(super) mod users;
