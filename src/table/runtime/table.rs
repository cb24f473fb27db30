//! The table itself: arrays, and the reads that make a decision.
//!
//! A movement is resolved once: user, device, and endpoints become a cell. Deciding is then a comparison of
//! stamps, a cell, and a node for each variable on which the cell depends. A cell is an MTBDD over the group
//! variables; its terminals number `decisions`, and terminal 0 means that no policy applies.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers are of the table itself: the build made them, or the loader checked them"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::decisions::{DecisionId, Outcome};
use super::super::ir::{
    DeviceKind, DeviceKinds, EndpointClasses, EndpointIndex, GroupVariables, Ir, ViewIndex,
};
use super::resolved::GroupBits;
use crate::dd::{Cond, Func, Node, Terminal, eval};
use crate::decision::Decision;
use crate::model::{AppId, Directory, UsersId};
use crate::vocabulary::{Account, Platform, Side};

/// A compiled policy set. Cheap to clone and safe to share between threads.
#[derive(Debug, Clone)]
pub struct Table(pub(crate) Arc<TableData>);

/// The arrays of a table.
#[derive(Debug)]
pub(crate) struct TableData {
    /// The table's own number: movements that another table resolved are refused by it.
    pub(crate) stamp: u64,
    pub(crate) directory: Arc<Directory>,
    pub(crate) groups: GroupVariables,
    pub(crate) devices: DeviceKinds,
    pub(crate) endpoints: EndpointIndex,
    /// The classes of sources and of targets.
    pub(crate) classes: [EndpointClasses; 2],
    /// By kind of device: where the facts of the classes of sources and of targets begin.
    pub(crate) facts_at: Vec<[u32; 2]>,
    pub(crate) facts: Vec<ClassFacts>,
    pub(crate) layout: Layout,
    /// The nodes of all functions of users.
    pub(crate) nodes: Vec<Node>,
    /// By terminal: the decision. The first means that no policy applies.
    pub(crate) decisions: Vec<Decision>,
    pub(crate) ir: Ir,
    /// The limits on characters that rules set, the smallest first.
    pub(crate) character_limits: Vec<u32>,
}

/// The facts of a class of endpoints on a kind of device, whatever the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct ClassFacts {
    /// The users for whom rules see a managed app.
    pub(crate) managed: Cond,
    /// The decision where no policy applies.
    pub(crate) reason: Outcome,
}

/// An endpoint as the rules for a user see it.
pub(super) struct EndpointFacts {
    pub(super) view: ViewIndex,
    pub(super) is_managed: bool,
    /// The decision where no policy applies, if this endpoint gives the reason.
    pub(super) reason: Outcome,
}

/// The matrices of all kinds of devices and channels, equal parts once.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    /// By kind of device and channel.
    pub(crate) matrices: Vec<MatrixAt>,
    /// Row maps and column maps: by view index, the line of the view.
    pub(crate) lines: Vec<u32>,
    /// The cells of all matrices, row by row.
    pub(crate) cells: Vec<Outcome>,
}

/// The positions of a matrix's parts in a [`Layout`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct MatrixAt {
    /// The start of its row map in `lines`.
    pub(crate) rows: u32,
    /// The start of its column map in `lines`.
    pub(crate) columns: u32,
    /// The start of its cells in `cells`.
    pub(crate) cells: u32,
    /// The number of its columns.
    pub(crate) width: u32,
}

/// The line of a class that cannot stand on this side of the channel.
pub(crate) const NO_LINE: u32 = u32::MAX;

impl Layout {
    /// The cell between two views; `None` where one cannot stand on its side of the channel.
    #[inline]
    pub(crate) fn cell(
        &self,
        matrix: &MatrixAt,
        source: ViewIndex,
        target: ViewIndex,
    ) -> Option<u32> {
        matrix
            .cell(self.line(matrix, Side::Source, source), self.line(matrix, Side::Target, target))
    }

    /// The row or column of a view.
    #[inline]
    pub(crate) fn line(&self, matrix: &MatrixAt, side: Side, view: ViewIndex) -> u32 {
        let first = match side {
            Side::Source => matrix.rows,
            Side::Target => matrix.columns,
        };
        self.lines[(first + view.0) as usize]
    }
}

impl MatrixAt {
    /// The number of a cell; `None` where a line is none.
    #[inline]
    pub(crate) fn cell(&self, row: u32, column: u32) -> Option<u32> {
        let is_there = row != NO_LINE && column != NO_LINE;
        is_there.then(|| self.cells + row * self.width + column)
    }
}

impl Table {
    /// Names and ids, as requests use them and answers show them.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// The membership of a user in groups, by variable.
    pub(super) fn group_bits(&self, users: impl Iterator<Item = UsersId>) -> GroupBits {
        let mut bits = GroupBits::default();
        let variables = users.filter_map(|group| self.0.groups.variable(group));
        variables.for_each(|variable| bits.insert(variable));
        bits
    }

    /// An endpoint, by its number, as the rules for a user see it.
    #[inline(always)]
    pub(super) fn facts(
        &self,
        kind: DeviceKind,
        groups: &GroupBits,
        side: Side,
        endpoint: usize,
    ) -> EndpointFacts {
        let classes = &self.0.classes[side as usize];
        let class = classes.of_endpoint[endpoint];
        let ClassFacts { managed, reason } = self.class_facts(kind, side, class);
        let is_managed = self.eval(managed, groups);
        EndpointFacts { view: classes.view_index(class, is_managed), is_managed, reason }
    }

    #[inline]
    pub(super) fn class_facts(&self, kind: DeviceKind, side: Side, class: u32) -> ClassFacts {
        let first = self.0.facts_at[kind.index()][side as usize];
        self.0.facts[(first + class) as usize]
    }

    #[inline]
    pub(super) fn eval<T: Terminal>(&self, function: Func<T>, groups: &GroupBits) -> T {
        eval(&self.0.nodes, function, |variable| groups.contains(variable))
    }

    /// The account that an app is judged under. `None` stands for the account of a managed app, and for the
    /// only account of an app that the platform lacks.
    #[inline]
    pub(super) fn judged_account(
        &self,
        on: Platform,
        app: AppId,
        account: Account,
        is_managed: bool,
    ) -> Option<Account> {
        let exists = self.0.directory.platforms(app).contains(on);
        (exists && !is_managed).then_some(account)
    }

    /// The decision about a text within every limit, given the decision where no policy applies.
    #[inline]
    pub(super) fn decided(&self, cell: u32, groups: &GroupBits, reason: Outcome) -> Decision {
        let mut decided = self.eval(self.0.layout.cells[cell as usize], groups);
        if decided == DecisionId::NONE {
            decided = self.eval(reason, groups);
        }
        self.0.decisions[decided.index()]
    }
}

/// A number that no table and no session had before. Stamps are never shown.
pub(crate) fn next_stamp() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}
