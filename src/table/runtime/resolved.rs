//! Resolved movements: every name looked up, nothing left but array reads.

#![allow(
    clippy::indexing_slicing,
    reason = "a movement's channel is below the number of channels, and a group bit has one of four words"
)]

use super::super::decisions::Outcome;
use super::super::ir::DeviceKind;
use crate::vocabulary::Channel;

/// The membership of a user in groups: a bit for each group variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct GroupBits([u64; 4]);

impl GroupBits {
    /// How many variables have a bit.
    pub(crate) const CAPACITY: usize = 256;

    pub(super) fn insert(&mut self, variable: u32) {
        if let Some(word) = self.0.get_mut(variable as usize / 64) {
            *word |= 1 << (variable % 64);
        }
    }

    #[inline]
    pub(super) fn contains(&self, variable: u32) -> bool {
        // No table has more variables than there are bits.
        self.0[variable as usize / 64 % 4] & 1 << (variable % 64) != 0
    }
}

/// A movement that a table has resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    pub(super) stamp: u64,
    pub(super) groups: GroupBits,
    pub(super) cell: u32,
    /// The decision if no policy applies.
    pub(super) reason: Outcome,
    /// The kind of device and the channel.
    pub(super) matrix: u32,
    /// The numbers of the endpoints.
    pub(super) source: u32,
    pub(super) target: u32,
    /// Whether data stays inside one app under one account.
    pub(super) inside: bool,
    pub(super) characters: u32,
}

impl Resolved {
    /// A movement that does not exist. No table has this stamp, so that every table refuses it.
    pub(super) const NOWHERE: Self = Self {
        stamp: 0,
        groups: GroupBits([0; 4]),
        cell: 0,
        reason: Outcome::of_terminal(0),
        matrix: 0,
        source: 0,
        target: 0,
        inside: false,
        characters: 0,
    };

    pub(super) fn kind_and_channel(&self) -> (DeviceKind, Channel) {
        // There are few channels.
        let channels = Channel::ALL.len() as u32;
        let channel = Channel::ALL[(self.matrix % channels) as usize];
        (DeviceKind(self.matrix / channels), channel)
    }
}

/// A cache key for movements: those with equal keys have the same decision and the same determining
/// rules. For hosts that count or cache decisions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Case {
    pub(super) stamp: u64,
    pub(super) groups: GroupBits,
    pub(super) matrix: u32,
    /// The classes of the endpoints.
    pub(super) classes: [u32; 2],
    pub(super) inside: bool,
    /// How many limits on characters a text exceeds.
    pub(super) exceeded: usize,
}

/// The number of the matrix of a kind of device and a channel.
#[inline]
pub(super) fn matrix_number(kind: DeviceKind, channel: Channel) -> usize {
    kind.index() * Channel::ALL.len() + channel.index()
}
