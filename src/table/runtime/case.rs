//! Cache keys of requests, part by part: one for user and device, one for each endpoint.
//!
//! Takes in the parts of requests by name, gives out keys. A host that decides many requests resolves each
//! distinct part once and finds decisions by keys. Decisions are not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "endpoints are numbered by the table, and so are their classes"
)]

use super::super::ir::DeviceKind;
use super::groups::UserGroups;
use super::table::Table;
use crate::model::AppId;
use crate::movement::Endpoint;
use crate::request::{
    DeviceRequest, EndpointRequest, ResolveError, UserRequest, any_endpoint, any_target,
};
use crate::vocabulary::{Channel, Side};

/// A cache key for users on devices: no policy of its table tells those with equal keys apart.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct UserCase {
    stamp: u64,
    groups: UserGroups,
    kind: DeviceKind,
}

/// A cache key for the endpoints of one table on one side.
///
/// Requests on one channel are decided alike, and by the same rules, if their users have equal keys, their
/// sources and their targets have equal [numbers](Self::number), their texts exceed as
/// [many limits](Table::limits_exceeded), and source and target are one app in all of them or in none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EndpointCase {
    class: u32,
    any_account: bool,
    is_deployed: bool,
    app: Option<AppId>,
}

impl EndpointCase {
    /// The number that endpoints have in common which no policy tells apart.
    #[must_use]
    pub const fn number(self) -> u64 {
        (self.class as u64) << 1 | self.any_account as u64
    }

    /// The app; `None` for a storage or place. Two unlisted apps are one only if both are named by one id.
    #[must_use]
    pub const fn app(self) -> Option<AppId> {
        self.app
    }

    /// Whether the device's MDM installed the app.
    #[must_use]
    pub const fn is_deployed(self) -> bool {
        self.is_deployed
    }
}

impl Table {
    /// The cache key of a user on a device.
    ///
    /// # Errors
    ///
    /// When the device state does not exist on the platform, or when the policies declare filters and the
    /// device tells none.
    pub fn user_case(
        &self,
        user: &UserRequest<'_>,
        device: &DeviceRequest<'_>,
    ) -> Result<UserCase, ResolveError> {
        let directory = &self.0.directory;
        device.check(directory)?;
        let kind = self.0.devices.number(device.platform, device.management);
        let kind = kind.ok_or_else(|| device.unknown())?;
        let known = user.known(directory).chain(device.known(directory));
        Ok(UserCase { stamp: self.0.stamp, groups: self.0.user_groups(known), kind })
    }

    /// The cache key of a source on a channel, for a device.
    ///
    /// # Errors
    ///
    /// When the name is unknown or no such endpoint exists.
    pub fn source_case(
        &self,
        channel: Channel,
        request: &EndpointRequest<'_>,
        device: &DeviceRequest<'_>,
    ) -> Result<EndpointCase, ResolveError> {
        let end = any_endpoint(&self.0.directory, request, Side::Source, channel, device)?;
        Ok(self.endpoint_case(Side::Source, end, false))
    }

    /// The cache key of a target on a channel, for a device. It may be `None` on a channel with one place.
    ///
    /// # Errors
    ///
    /// When the name is unknown or no such endpoint exists.
    pub fn target_case(
        &self,
        channel: Channel,
        request: Option<&EndpointRequest<'_>>,
        device: &DeviceRequest<'_>,
    ) -> Result<EndpointCase, ResolveError> {
        let directory = &self.0.directory;
        let end = any_target(directory, request, channel, device)?;
        let any_account = request.is_some_and(|request| request.leaves_open(directory, end));
        Ok(self.endpoint_case(Side::Target, end, any_account))
    }

    fn endpoint_case(&self, side: Side, end: Endpoint, any_account: bool) -> EndpointCase {
        let data = &*self.0;
        let class = data.classes[side as usize].of_endpoint[data.endpoints.number(end)];
        let (app, is_deployed) = match end {
            Endpoint::App { app, deployed, .. } => (Some(app), deployed),
            Endpoint::Storage(_) | Endpoint::Place(_) => (None, false),
        };
        EndpointCase { class, any_account, is_deployed, app }
    }

    /// How many limits on characters, of all that rules of the table set, a text exceeds.
    #[must_use]
    pub fn limits_exceeded(&self, characters: u32) -> usize {
        self.0.character_limits.partition_point(|limit| *limit < characters)
    }
}
