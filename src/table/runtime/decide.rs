//! Decisions: requests and movements resolved, and the cells that decide them.
//!
//! Takes in requests by name or movements by id, gives out decisions. Determining rules are not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers are of the table itself: the build made them, or the loader checked them"
)]

use super::super::ir::DeviceKind;
use super::resolved::{Case, GroupBits, Resolved, matrix_number};
use super::table::Table;
use crate::decision::{Decision, Verdict};
use crate::model::UsersId;
use crate::movement::{Context, Endpoint, Movement};
use crate::request::{DeviceRequest, Endpoints, Request, ResolveError};
use crate::vocabulary::{Channel, DeviceState, Platform, Reason, Side};

/// One user on one device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct UserOnDevice<'t> {
    pub(super) table: &'t Table,
    pub(super) groups: GroupBits,
    pub(super) kind: DeviceKind,
    pub(super) platform: Platform,
}

impl UserOnDevice<'_> {
    /// Whether an endpoint is a managed app: some policy applies to the app, and the account is its work
    /// account or is judged as such.
    pub(crate) fn is_managed(&self, end: Endpoint) -> bool {
        let number = self.table.0.endpoints.number(end);
        self.table.facts(self.kind, &self.groups, Side::Source, number).is_managed
    }

    /// Whether two endpoints of one app are judged under one account.
    pub(super) fn is_one_account(&self, endpoints: Endpoints) -> bool {
        let account = |end: Endpoint| {
            let Endpoint::App { app, account, .. } = end else { return None };
            let is_managed = self.is_managed(end);
            Some(self.table.judged_account(self.platform, app, account, is_managed))
        };
        account(endpoints.source) == account(endpoints.target)
    }

    /// The decision between two endpoints, for a text within every limit.
    #[cfg(feature = "intune")]
    pub(crate) fn decide(&self, channel: Channel, source: Endpoint, target: Endpoint) -> Decision {
        let endpoints = Endpoints { source, target, same_app: false };
        self.table.decide(&self.table.between(Some(*self), channel, endpoints))
    }
}

impl Table {
    /// Resolves a request: every name, once. Allocates for web links, and where it fails.
    ///
    /// # Errors
    ///
    /// When a name is unknown or the movement does not exist; see [`Request::resolve`].
    pub fn resolve(&self, request: &Request<'_>) -> Result<Resolved, ResolveError> {
        let directory = &self.0.directory;
        let endpoints = request.endpoints(directory)?;
        let DeviceRequest { platform, management } = request.device;
        let user = self.user_on_device(request.user.known(directory), platform, management);
        Ok(self.resolved(user, request.channel, endpoints, request.characters))
    }

    /// Resolves a movement of ids of the model that this table was compiled from.
    #[must_use]
    pub fn resolve_movement(&self, movement: &Movement) -> Resolved {
        let Context { users, platform, state } = &movement.context;
        let user = self.user_on_device(users.iter().copied(), *platform, *state);
        let Movement { channel, source, target, same_app, characters, .. } = *movement;
        self.resolved(user, channel, Endpoints { source, target, same_app }, characters)
    }

    #[inline]
    fn resolved(
        &self,
        user: Option<UserOnDevice<'_>>,
        channel: Channel,
        endpoints: Endpoints,
        characters: Option<u32>,
    ) -> Resolved {
        let inside = endpoints.same_app
            && channel.stays_inside()
            && user.is_some_and(|user| user.is_one_account(endpoints));
        let characters = characters.unwrap_or(0);
        Resolved { inside, characters, ..self.between(user, channel, endpoints) }
    }

    /// A movement between two endpoints, of a text within every limit, with its cell looked up.
    #[inline]
    pub(super) fn between(
        &self,
        user: Option<UserOnDevice<'_>>,
        channel: Channel,
        endpoints: Endpoints,
    ) -> Resolved {
        let Some(user) = user else { return Resolved::NOWHERE };
        let data = &*self.0;
        let matrix = matrix_number(user.kind, channel);
        let (from, to) =
            (data.endpoints.number(endpoints.source), data.endpoints.number(endpoints.target));
        let source = self.facts(user.kind, &user.groups, Side::Source, from);
        let target = self.facts(user.kind, &user.groups, Side::Target, to);
        let at = &data.layout.matrices[matrix];
        let Some(cell) = data.layout.cell(at, source.view, target.view) else {
            return Resolved::NOWHERE;
        };
        Resolved {
            stamp: data.stamp,
            groups: user.groups,
            cell,
            reason: match channel.own_side() {
                Side::Source => source.reason,
                Side::Target => target.reason,
            },
            // The counts below fit 32 bits: the build and the loader check them.
            matrix: matrix as u32,
            source: from as u32,
            target: to as u32,
            inside: false,
            characters: 0,
        }
    }

    /// One user on one device; `None` where the platform lacks the state.
    pub(crate) fn user_on_device(
        &self,
        users: impl Iterator<Item = UsersId>,
        platform: Platform,
        state: DeviceState,
    ) -> Option<UserOnDevice<'_>> {
        let kind = self.0.devices.number(platform, state)?;
        Some(UserOnDevice { table: self, groups: self.group_bits(users), kind, platform })
    }

    /// Decides a movement. Never fails and never allocates.
    ///
    /// A movement that another table resolved is refused, and so is one that does not exist on its
    /// channel: the decision is `block` with the reason [`Reason::ForeignMovement`].
    #[must_use]
    #[inline]
    pub fn decide(&self, movement: &Resolved) -> Decision {
        if movement.stamp != self.0.stamp {
            return Decision::FOREIGN;
        }
        if movement.inside {
            return Decision::not_enforced(Reason::SameApp);
        }
        let decision = self.decided(movement.cell, &movement.groups, movement.reason);
        match decision.verdict.obligations.characters {
            Some(limit) if movement.characters > limit => Decision::enforced(Verdict::BLOCKED),
            _ => decision,
        }
    }

    /// The cache key of a movement.
    #[must_use]
    pub fn case(&self, movement: &Resolved) -> Case {
        let data = &*self.0;
        let class = |side: usize, endpoint: u32| {
            data.classes[side].of_endpoint.get(endpoint as usize).copied().unwrap_or_default()
        };
        let limits = &data.character_limits;
        Case {
            stamp: movement.stamp,
            groups: movement.groups,
            matrix: movement.matrix,
            classes: [class(0, movement.source), class(1, movement.target)],
            inside: movement.inside,
            exceeded: limits.partition_point(|limit| *limit < movement.characters),
        }
    }
}
