//! Resolved movements: every name looked up, and the policies that apply joined.

use super::super::ir::DeviceKind;
use super::groups::UserGroups;
use crate::decision::Decision;
use crate::vocabulary::{Account, Channel, Reason};

/// A movement that a table has resolved.
///
/// A user in more than eight groups that policies tell apart takes memory on the heap, which clones
/// share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolved {
    pub(super) stamp: u64,
    pub(super) groups: UserGroups,
    pub(super) kind: DeviceKind,
    pub(super) channel: Channel,
    /// The numbers of the endpoints.
    pub(super) source: u32,
    pub(super) target: u32,
    /// The decision about a text within every limit.
    pub(super) decision: Decision,
    pub(super) characters: u32,
}

impl Resolved {
    /// A movement that does not exist. No table has this stamp, so that every table refuses it.
    pub(super) const NOWHERE: Self = Self {
        stamp: 0,
        groups: UserGroups::NONE,
        kind: DeviceKind(0),
        channel: Channel::Share,
        source: 0,
        target: 0,
        decision: Decision::FOREIGN,
        characters: 0,
    };

    /// Whether data stays inside one app under one account.
    pub(super) fn stays_inside(&self) -> bool {
        self.decision.reason == Some(Reason::SameApp)
    }
}

/// A cache key for movements: those with equal keys have the same decision and the same determining
/// rules. For hosts that count or cache decisions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Case {
    pub(super) stamp: u64,
    pub(super) groups: UserGroups,
    pub(super) kind: DeviceKind,
    pub(super) channel: Channel,
    /// The classes of the endpoints.
    pub(super) classes: [u32; 2],
    pub(super) inside: bool,
    pub(super) assumed: Option<Account>,
    /// How many limits on characters a text exceeds.
    pub(super) exceeded: usize,
}
