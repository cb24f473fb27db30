//! Sessions: one user on one device, resolved once for many movements.
//!
//! Takes in endpoints by name and resolves each for its user and device, once; gives out decisions
//! between two resolved endpoints, each a few array reads. Determining rules are the table's affair.

#![allow(
    clippy::indexing_slicing,
    reason = "numbers are of the session's table: the build made them, or the loader checked them"
)]

use super::super::decisions::Outcome;
use super::super::ir::{DeviceKind, ViewIndex};
use super::resolved::{GroupBits, Resolved, matrix_number};
use super::table::{EndpointFacts, MatrixAt, NO_LINE, Table, next_stamp};
use crate::dd::Func;
use crate::decision::Decision;
use crate::model::AppId;
use crate::movement::Endpoint;
use crate::request::{DeviceRequest, EndpointRequest, ResolveError, UserRequest, endpoint};
use crate::vocabulary::{Account, Channel, Reason, Side};

/// One user on one device. Endpoints are resolved for both, and movements between them are decided
/// without looking at user and device again.
///
/// Holds its table, which it keeps alive.
///
/// ```
/// use mam::{Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, UserRequest};
///
/// let table = mam::compile("notes.mam", "mam 1\nusers staff\n\
///     app notes { ios \"com.example.notes\"  sdk }\n\
///     policy baseline { for staff  protect notes  allow share to managed }")?;
/// let user = UserRequest::new(["staff"]);
/// let device = DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged);
/// let session = table.session(&user, device)?;
///
/// let notes = session.source(Channel::Share, &EndpointRequest::app("notes"))?;
/// let chat = session.target(Channel::Share, &EndpointRequest::app("ios:com.example.chat"))?;
/// assert!(!session.decide(Channel::Share, notes, chat).is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Session {
    table: Table,
    /// The session's own number: endpoints that another session resolved are refused by it.
    stamp: u64,
    groups: GroupBits,
    kind: DeviceKind,
    device: DeviceRequest,
}

/// A source, resolved for the user and the device of a session and its clones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedSource(ResolvedEndpoint);

/// A target, resolved for the user and the device of a session and its clones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedTarget(ResolvedEndpoint);

/// An endpoint with everything that a decision needs of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ResolvedEndpoint {
    /// The number of the session.
    stamp: u64,
    /// The number of the app, or [`Self::NO_APP`].
    app: u32,
    account: Account,
    view: ViewIndex,
    is_managed: bool,
    /// The decision where no policy applies, if this endpoint gives the reason: for one user a constant.
    reason: Outcome,
    /// The number of the endpoint.
    number: u32,
}

impl ResolvedEndpoint {
    /// The app of a storage or place, and of the unlisted app: two unlisted apps are not one.
    const NO_APP: u32 = u32::MAX;
}

impl Table {
    /// Opens a session: resolves user and device once, for many movements.
    ///
    /// # Errors
    ///
    /// When the device state does not exist on the platform.
    pub fn session(
        &self,
        user: &UserRequest<'_>,
        device: DeviceRequest,
    ) -> Result<Session, ResolveError> {
        device.check()?;
        let groups = self.group_bits(user.known(&self.0.directory));
        let kind = self.0.devices.number(device.platform, device.management);
        let kind = kind.ok_or_else(|| device.unknown())?;
        Ok(Session::new(self, groups, kind, device))
    }
}

impl Session {
    fn new(table: &Table, groups: GroupBits, kind: DeviceKind, device: DeviceRequest) -> Self {
        Self { table: table.clone(), stamp: next_stamp(), groups, kind, device }
    }

    /// The table that decides.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Resolves a source on a channel. It can be used on every channel whose sources are of its kind.
    ///
    /// # Errors
    ///
    /// When the name is unknown or no such endpoint exists.
    pub fn source(
        &self,
        channel: Channel,
        request: &EndpointRequest<'_>,
    ) -> Result<ResolvedSource, ResolveError> {
        let directory = self.table.directory();
        let endpoint = endpoint(directory, request, Side::Source, channel, self.device)?;
        Ok(ResolvedSource(self.resolved(Side::Source, endpoint)))
    }

    /// Resolves a target on a channel. It can be used on every channel whose targets are of its kind.
    ///
    /// # Errors
    ///
    /// When the name is unknown or no such endpoint exists.
    pub fn target(
        &self,
        channel: Channel,
        request: &EndpointRequest<'_>,
    ) -> Result<ResolvedTarget, ResolveError> {
        let directory = self.table.directory();
        let endpoint = endpoint(directory, request, Side::Target, channel, self.device)?;
        Ok(ResolvedTarget(self.resolved(Side::Target, endpoint)))
    }

    #[inline(always)]
    fn resolved(&self, side: Side, end: Endpoint) -> ResolvedEndpoint {
        let Self { table, stamp, groups, kind, .. } = self;
        let number = table.0.endpoints.number(end);
        let EndpointFacts { view, is_managed, reason } = table.facts(*kind, groups, side, number);
        let (app, account) = match end {
            Endpoint::App { app, account, .. } if app != table.directory().unlisted_app() => {
                (app.number(), account)
            }
            _ => (ResolvedEndpoint::NO_APP, Account::Personal),
        };
        let reason = Func::constant(table.eval(reason, groups));
        // Endpoints are numbered with 32 bits, which the build and the loader check.
        let number = number as u32;
        ResolvedEndpoint { stamp: *stamp, app, account, view, is_managed, reason, number }
    }

    /// Decides a movement between two endpoints, of a text within every limit. Two unlisted apps count as
    /// two apps.
    ///
    /// Endpoints of another session are refused, and so is a movement that does not exist on its channel:
    /// the decision is `block` with the reason [`Reason::ForeignMovement`].
    #[must_use]
    #[inline]
    pub fn decide(
        &self,
        channel: Channel,
        source: ResolvedSource,
        target: ResolvedTarget,
    ) -> Decision {
        self.from(channel, source).decide(target)
    }

    /// Decides movements from one source to many targets, such as the apps of a share sheet: as
    /// [`decide`](Self::decide) does for each, in less time. The shorter slice says how many.
    pub fn decide_all(
        &self,
        channel: Channel,
        source: ResolvedSource,
        targets: &[ResolvedTarget],
        decisions: &mut [Decision],
    ) {
        let from = self.from(channel, source);
        for (target, decision) in targets.iter().zip(decisions) {
            *decision = from.decide(*target);
        }
    }

    /// A movement between two endpoints, for [`Table::decide`] and [`Table::determining`].
    #[must_use]
    pub fn resolve(
        &self,
        channel: Channel,
        source: ResolvedSource,
        target: ResolvedTarget,
    ) -> Resolved {
        let from = self.from(channel, source);
        let Some(cell) = from.cell(target) else { return Resolved::NOWHERE };
        Resolved {
            stamp: self.table.0.stamp,
            groups: self.groups,
            cell,
            reason: from.reason(target),
            // Few kinds of devices and channels.
            matrix: matrix_number(self.kind, channel) as u32,
            source: source.0.number,
            target: target.0.number,
            inside: from.stays_inside(target),
            characters: 0,
        }
    }

    #[inline(always)]
    fn from(&self, channel: Channel, source: ResolvedSource) -> FromSource<'_> {
        let ResolvedSource(source) = source;
        let layout = &self.table.0.layout;
        let matrix = &layout.matrices[matrix_number(self.kind, channel)];
        let is_own = source.stamp == self.stamp;
        let row = if is_own { layout.line(matrix, Side::Source, source.view) } else { NO_LINE };
        FromSource { session: self, channel, source, matrix, row }
    }
}

/// The row of a source in the matrix of a channel.
struct FromSource<'s> {
    session: &'s Session,
    channel: Channel,
    source: ResolvedEndpoint,
    matrix: &'s MatrixAt,
    row: u32,
}

impl FromSource<'_> {
    #[inline(always)]
    fn decide(&self, target: ResolvedTarget) -> Decision {
        let Some(cell) = self.cell(target) else { return Decision::FOREIGN };
        if self.stays_inside(target) {
            return Decision::not_enforced(Reason::SameApp);
        }
        let Session { table, groups, .. } = self.session;
        table.decided(cell, groups, self.reason(target))
    }

    /// The cell of the movement; `None` where an endpoint is foreign or cannot stand on its side.
    #[inline]
    fn cell(&self, ResolvedTarget(target): ResolvedTarget) -> Option<u32> {
        let Session { table, stamp, .. } = self.session;
        if target.stamp != *stamp {
            return None;
        }
        self.matrix.cell(self.row, table.0.layout.line(self.matrix, Side::Target, target.view))
    }

    /// Whether data stays inside one app under one account.
    #[inline(always)]
    fn stays_inside(&self, ResolvedTarget(target): ResolvedTarget) -> bool {
        self.source.app == target.app
            && target.app != ResolvedEndpoint::NO_APP
            && self.channel.stays_inside()
            && self.is_one_account(target)
    }

    /// Whether source and target, in one app, are judged under one account.
    #[cold]
    fn is_one_account(&self, target: ResolvedEndpoint) -> bool {
        let Session { table, device, .. } = self.session;
        let account = |end: ResolvedEndpoint| {
            table.judged_account(device.platform, AppId::of(end.app), end.account, end.is_managed)
        };
        account(self.source) == account(target)
    }

    /// The decision where no policy applies.
    #[inline]
    fn reason(&self, ResolvedTarget(target): ResolvedTarget) -> Outcome {
        match self.channel.own_side() {
            Side::Source => self.source.reason,
            Side::Target => target.reason,
        }
    }
}
