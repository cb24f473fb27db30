//! Lowering: pairs of the grammar to nodes of the tree.
//!
//! Takes in pest's pairs of one piece of text, gives out plain data, or `None` with a diagnostic. The
//! grammar guarantees the shape of pairs: pairs of other rules are skipped, and `None` without a
//! diagnostic cannot occur. Only numbers, escapes, repeated clauses and repeated keys can be invalid.
//! Does not resolve names.

mod access;
mod declaration;
mod json;
mod node;
mod policy;
mod scope;

pub(super) use node::Lower;
