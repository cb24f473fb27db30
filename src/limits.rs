//! Limits on the cost of a policy set.
//!
//! Gives out plain numbers with defaults. The layer that would exceed a limit reports an error with
//! both numbers, the one found and the limit. Does not know how a cost arises.

/// The upper bounds on parsing and compiling a policy set.
///
/// Start from [`Limits::default`] and change single fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a file.
    pub file_bytes: usize,
    /// Bytes of a statement or declaration. The body of a policy counts by its statements.
    pub statement_bytes: usize,
    /// Files of a policy set, catalogues included.
    pub files: usize,
    /// Bytes of a name or string.
    pub name_bytes: usize,
    /// Levels of nesting: of brackets, of groups, of policies that yield to each other.
    pub nesting: usize,
    /// Declarations of a policy set: apps, storages, groups, users and policies.
    pub declarations: usize,
    /// Statements of a policy set, over all policies.
    pub statements: usize,
    /// Diagnostics that are kept. Further ones are counted.
    pub diagnostics: usize,
    /// Groups of people that policies distinguish. A table cannot hold more than 256.
    pub user_groups: usize,
    /// Cells of the decision table.
    pub cells: usize,
    /// Nodes of the decision diagrams over groups of people.
    pub nodes: usize,
    /// Bytes of a compiled table. Only the command line checks it, before loading.
    pub table_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 4 << 20,
            statement_bytes: 256 << 10,
            files: 256,
            name_bytes: 4096,
            nesting: 64,
            declarations: 50_000,
            statements: 100_000,
            diagnostics: 200,
            user_groups: 256,
            cells: 100_000_000,
            nodes: 4_000_000,
            table_bytes: 64 << 20,
        }
    }
}
