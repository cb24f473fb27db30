//! The bounds that keep hostile or runaway input from costing more than it should.
//!
//! Plain data with defaults; whoever refuses something because of one names both numbers.

/// Upper bounds on what a policy set may cost to read and to compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of one file.
    pub file_bytes: usize,
    /// Bytes of one statement or declaration, a policy's body not counted.
    pub statement_bytes: usize,
    /// Files of one set, catalogues included.
    pub files: usize,
    /// Bytes of one name or string.
    pub name_bytes: usize,
    /// Brackets inside each other.
    pub nesting: usize,
    /// Declarations of one set: apps, storages, groups, users and policies.
    pub declarations: usize,
    /// Statements of all policies of a set.
    pub statements: usize,
    /// Diagnostics that are kept; the rest is counted.
    pub diagnostics: usize,
    /// Groups of people that policies tell apart; a table holds no more than 256.
    pub user_groups: usize,
    /// Cells of the decision table.
    pub cells: usize,
    /// Nodes of the diagrams that tell users apart.
    pub nodes: usize,
    /// Bytes of a compiled table that the command line loads.
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
