//! Emitters: statements of the language, members of Graph, files of AST.
//!
//! Take in settings and heads of policies, give out AST with places, and JSON. How either is read is
//! not known here.

pub(in crate::intune) mod files;
pub(in crate::intune) mod graph;
pub(in crate::intune) mod head;
pub(in crate::intune) mod members;
pub(in crate::intune) mod rules;
pub(in crate::intune) mod statement;
