//! Decisions about requests and movements.
//!
//! Takes in requests by name or movements by id, gives out decisions. Determining rules are not known here.

use super::code::Code;
use super::resolved::{Case, Resolved};
use super::table::{Table, TableData};
use super::user::User;
use crate::decision::Decision;
use crate::model::UsersId;
#[cfg(feature = "intune")]
use crate::movement::Endpoint;
use crate::movement::{Context, Movement};
use crate::request::{DeviceRequest, Endpoints, Request, ResolveError};
use crate::vocabulary::{Channel, DeviceState, Platform, Reason, Side};

/// One user on one device, with the table that knows them.
#[cfg(feature = "intune")]
#[derive(Debug)]
pub(crate) struct UserOnDevice<'t> {
    table: &'t TableData,
    user: User,
}

#[cfg(feature = "intune")]
impl UserOnDevice<'_> {
    /// Whether an endpoint is a managed app: some policy applies to the app, and the account is its work
    /// account or is judged as such.
    pub(crate) fn is_managed(&self, end: Endpoint) -> bool {
        self.table.see(&self.user, Side::Source, end).is_managed
    }

    /// The decision between two endpoints, for a text within every limit.
    pub(crate) fn decide(&self, channel: Channel, source: Endpoint, target: Endpoint) -> Decision {
        let endpoints = Endpoints { source, target, same_app: false, any_account: false };
        self.table.between(&self.user, channel, endpoints)
    }
}

impl Table {
    /// Resolves a request: every name, once. Allocates for web links, for users in very many groups or of
    /// very many policies, and where it fails.
    ///
    /// # Errors
    ///
    /// When a name is unknown or the movement does not exist; see [`Request::resolve`].
    pub fn resolve(&self, request: &Request<'_>) -> Result<Resolved, ResolveError> {
        let directory = &self.0.directory;
        let endpoints = request.endpoints(directory)?;
        let DeviceRequest { platform, management, .. } = request.device;
        let Some(kind) = self.0.devices.number(platform, management) else {
            return Ok(Resolved::NOWHERE);
        };
        let known = request.user.known(directory).chain(request.device.known(directory));
        let groups = self.0.user_groups(known);
        // In two steps, so that it is made where it stays.
        let mut user = self.0.user_without_bundles(groups, kind, platform);
        self.0.add_bundles(&mut user);
        Ok(self.0.resolved(&user, request.channel, endpoints, request.characters))
    }

    /// Resolves a movement of ids of the model that this table was compiled from.
    #[must_use]
    pub fn resolve_movement(&self, movement: &Movement) -> Resolved {
        let Context { platform, state, .. } = movement.context;
        let attributes = movement.context.attributes();
        let Some(user) = self.0.user_on(attributes, platform, state) else {
            return Resolved::NOWHERE;
        };
        let Movement { channel, source, target, same_app, characters, .. } = *movement;
        let endpoints = Endpoints { source, target, same_app, any_account: false };
        self.0.resolved(&user, channel, endpoints, characters)
    }

    /// One user on one device, with this table.
    #[cfg(feature = "intune")]
    pub(crate) fn user_on_device(
        &self,
        users: impl Iterator<Item = UsersId>,
        platform: Platform,
        state: DeviceState,
    ) -> Option<UserOnDevice<'_>> {
        let user = self.0.user_on(users, platform, state)?;
        Some(UserOnDevice { table: &self.0, user })
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
        movement.decision.of_characters(movement.characters)
    }

    /// The cache key of a movement.
    #[must_use]
    pub fn case(&self, movement: &Resolved) -> Case {
        let data = &*self.0;
        let class = |side: usize, endpoint: u32| {
            let classes = data.classes.get(side).map(|classes| &classes.of_endpoint);
            classes.and_then(|of| of.get(endpoint as usize)).copied().unwrap_or_default()
        };
        Case {
            stamp: movement.stamp,
            groups: movement.groups.clone(),
            kind: movement.kind,
            channel: movement.channel,
            classes: [class(0, movement.source), class(1, movement.target)],
            inside: movement.stays_inside(),
            assumed: movement.decision.assumed,
            exceeded: self.limits_exceeded(movement.characters),
        }
    }
}

impl TableData {
    /// One user on one device; `None` where the platform lacks the state.
    #[inline(always)]
    pub(super) fn user_on(
        &self,
        users: impl Iterator<Item = UsersId>,
        platform: Platform,
        state: DeviceState,
    ) -> Option<User> {
        let kind = self.devices.number(platform, state)?;
        Some(self.user(self.user_groups(users), kind, platform))
    }

    #[inline(always)]
    fn resolved(
        &self,
        user: &User,
        channel: Channel,
        endpoints: Endpoints,
        characters: Option<u32>,
    ) -> Resolved {
        let characters = characters.unwrap_or(0);
        let (decision, endpoints) = if endpoints.any_account {
            self.under_any_account(user, channel, endpoints, characters)
        } else {
            (self.between(user, channel, endpoints), endpoints)
        };
        if decision == Decision::FOREIGN {
            return Resolved::NOWHERE;
        }
        let number = |end| self.endpoints.number(end) as u32;
        Resolved {
            stamp: self.stamp,
            decision,
            kind: user.kind,
            groups: user.groups.clone(),
            channel,
            // Endpoints are numbered with 32 bits, which the build and the loader check.
            source: number(endpoints.source),
            target: number(endpoints.target),
            characters,
        }
    }

    /// The strictest decision about a text under the accounts that the target may be under, and the
    /// endpoints with that account.
    #[cold]
    fn under_any_account(
        &self,
        user: &User,
        channel: Channel,
        endpoints: Endpoints,
        characters: u32,
    ) -> (Decision, Endpoints) {
        let mut strictest = (Decision::FOREIGN, endpoints);
        for (account, endpoints) in endpoints.under_each_account() {
            let decision = self.between(user, channel, endpoints);
            if decision == Decision::FOREIGN {
                return (decision, endpoints);
            }
            let known = strictest.0.of_characters(characters);
            if strictest.0 == Decision::FOREIGN
                || decision.of_characters(characters).is_stricter_than(&known)
            {
                strictest = (decision.assuming(account), endpoints);
            }
        }
        strictest
    }

    /// The decision between two endpoints, for a text within every limit. One that cannot stand on its side of
    /// the channel makes the movement a foreign one.
    #[inline(always)]
    fn between(&self, user: &User, channel: Channel, endpoints: Endpoints) -> Decision {
        let source = self.see(user, Side::Source, endpoints.source);
        let target = self.see(user, Side::Target, endpoints.target);
        if !source.channels.and(target.channels).contains(channel) {
            return Decision::FOREIGN;
        }
        let inside = endpoints.same_app && channel.stays_inside();
        if inside && source.account == target.account {
            return Decision::not_enforced(Reason::SameApp);
        }
        let code = self.code(user, channel, [&source, &target]);
        if code == Code::NOT_APPLICABLE {
            let (own, end) = match channel.own_side() {
                Side::Source => (&source, endpoints.source),
                Side::Target => (&target, endpoints.target),
            };
            return Decision::not_enforced(self.reason(user, own, end));
        }
        self.decision(code, Reason::AppNotProtected)
    }
}
