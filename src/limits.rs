//! Limits: upper bounds on what a policy set may cost, and the error of whatever exceeds one.
//!
//! Plain data with defaults. Nothing that meets a limit goes on with a partial answer: it ends in
//! [`LimitExceeded`] or in a diagnostic, which name both numbers.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A stop for analyses that nobody waits for any more. Clones stop together.
///
/// ```
/// use mam::analysis::Verdict;
/// use mam::{Analysis, Compiler, Interrupt, Limits, Resource};
///
/// let interrupt = Interrupt::default();
/// let mut limits = Limits::default();
/// limits.interrupt = Some(interrupt.clone());
/// let checked = Compiler::new().limits(limits).check("notes.mam", "mam 1\n\
///     app notes { ios \"com.example.notes\"  sdk }\n\
///     policy p { for any  protect notes  allow share to managed }\n\
///     expect block print from notes as work");
/// let analysis = Analysis::new(&checked)?;
/// assert_eq!(analysis.test()[0].verdict, Verdict::Holds);
/// interrupt.stop();
/// let Verdict::Limit(limit) = analysis.test()[0].verdict else { panic!() };
/// assert_eq!(limit.resource(), Resource::Time);
/// # Ok::<(), mam::Errors>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Stops the work, for ever.
    pub fn stop(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether the work is stopped.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// Whether they are clones of each other.
impl PartialEq for Interrupt {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Interrupt {}

/// Upper bounds on what a policy set may cost to read, to compile and to analyse.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of a file in the language.
    pub file_bytes: usize,
    /// Bytes of an export of policies.
    pub export_bytes: usize,
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
    /// Groups of people that policies distinguish.
    pub user_groups: usize,
    /// Cells of all matrices of a table.
    pub cells: usize,
    /// Nodes of the decision diagrams over groups of people.
    pub nodes: usize,
    /// Steps of one question: nodes of decision diagrams that are made or found again, and cells of
    /// matrices that are worked out. No clock is read, so that a question ends alike on every machine.
    pub steps: usize,
    /// Kinds of users for which one question gets a matrix each.
    pub user_kinds: usize,
    /// `for` clauses that name the users of a part of an answer.
    pub user_clauses: usize,
    /// Bytes of a compiled table. Only the command line checks it, before loading.
    pub table_bytes: usize,
    /// A stop for the work, from another thread. What was stopped ends in an error, as if it had met a limit.
    pub interrupt: Option<Interrupt>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 4 << 20,
            export_bytes: 64 << 20,
            statement_bytes: 256 << 10,
            files: 256,
            name_bytes: 4096,
            nesting: 64,
            declarations: 50_000,
            statements: 100_000,
            diagnostics: 200,
            user_groups: 100_000,
            cells: 100_000_000,
            nodes: 16_000_000,
            steps: 1_000_000_000,
            user_kinds: 256,
            user_clauses: 1_000,
            table_bytes: 64 << 20,
            interrupt: None,
        }
    }
}

impl Limits {
    /// Whether the work may go on.
    ///
    /// # Errors
    ///
    /// When it is stopped.
    pub(crate) fn go_on(&self) -> Result<(), LimitExceeded> {
        match &self.interrupt {
            Some(interrupt) if interrupt.is_stopped() => Err(LimitExceeded::STOPPED),
            _ => Ok(()),
        }
    }
}

/// A resource that compiling or analysis can run out of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Resource {
    /// Groups of people that policies and expectations tell apart: [`Limits::user_groups`].
    UserGroups,
    /// Cells of all matrices of a table: [`Limits::cells`].
    Cells,
    /// Nodes of decision diagrams: [`Limits::nodes`].
    Nodes,
    /// Steps of a question: [`Limits::steps`].
    Steps,
    /// Kinds of users that a question leaves open: [`Limits::user_kinds`].
    UserKinds,
    /// `for` clauses of one part of an answer: [`Limits::user_clauses`].
    UserClauses,
    /// Numbers of 32 bits, by which tables name their parts.
    Indices,
    /// Time: whoever asked has stopped the work by [`Limits::interrupt`].
    Time,
}

/// A computation that needs more of a resource than its limit. There is no answer then, not even a
/// partial one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct LimitExceeded {
    resource: Resource,
    needed: usize,
    limit: usize,
}

impl LimitExceeded {
    /// The error of work that was stopped.
    pub(crate) const STOPPED: Self = Self::new(Resource::Time, 0, 0);

    pub(crate) const fn new(resource: Resource, needed: usize, limit: usize) -> Self {
        Self { resource, needed, limit }
    }

    /// The resource that ran out.
    #[must_use]
    pub const fn resource(&self) -> Resource {
        self.resource
    }

    /// The amount that is needed at least.
    #[must_use]
    pub const fn needed(&self) -> usize {
        self.needed
    }

    /// The limit that was in force.
    #[must_use]
    pub const fn limit(&self) -> usize {
        self.limit
    }
}

impl fmt::Display for LimitExceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource, needed, limit } = self;
        match resource {
            Resource::UserGroups => {
                write!(f, "{needed} groups of people are told apart, the limit is {limit}")
            }
            Resource::Cells => {
                write!(f, "the decision table needs at least {needed} cells, the limit is {limit}")
            }
            Resource::Nodes => {
                write!(f, "decision diagrams need at least {needed} nodes, the limit is {limit}")
            }
            Resource::Steps => {
                write!(f, "the question takes at least {needed} steps, the limit is {limit}")
            }
            Resource::UserKinds => write!(
                f,
                "the scope leaves open at least {needed} kinds of users, the limit is {limit}"
            ),
            Resource::UserClauses => write!(
                f,
                "the users of one part of the answer take at least {needed} `for` clauses, the \
                 limit is {limit}"
            ),
            Resource::Time => f.write_str("the work was stopped"),
            Resource::Indices => {
                write!(f, "a part of the table has {needed} members, the limit is {limit}")
            }
        }
    }
}

impl std::error::Error for LimitExceeded {}

/// A position as a number of 32 bits. The highest value is no position, so that tables can use it for
/// "none".
pub(crate) fn index(position: usize) -> Result<u32, LimitExceeded> {
    const LAST: u32 = u32::MAX - 1;
    match u32::try_from(position) {
        Ok(index) if index <= LAST => Ok(index),
        _ => Err(LimitExceeded::new(
            Resource::Indices,
            position.saturating_add(1),
            LAST as usize + 1,
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_beyond_32_bits_are_errors_with_both_numbers() {
        assert_eq!(index(7), Ok(7));
        assert_eq!(index(u32::MAX as usize - 1), Ok(u32::MAX - 1));
        let error = index(u32::MAX as usize).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a part of the table has 4294967296 members, the limit is 4294967295"
        );
    }
}
