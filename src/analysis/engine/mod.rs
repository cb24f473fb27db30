//! The query engine: movements of scopes in equivalence classes, for all users at once.
//!
//! Takes in a model and a scope, gives out atoms (endpoints that the scope and the rules treat alike), the
//! outcomes between them, and words for both. One engine serves every analysis: over one model it
//! answers questions, over two aligned models it compares. What an analysis wants to know is not known
//! here.

pub(super) mod align;
mod answer;
pub(super) mod endpoints;
pub(super) mod naming;
pub(super) mod query;
pub(super) mod rectangles;
pub(super) mod space;
pub(super) mod users;
