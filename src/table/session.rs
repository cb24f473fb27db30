//! What a sign-in fixes: one user on one device, for many movements.
//!
//! Takes in ends by name and resolves each for its user and device, once; gives out decisions between
//! two such ends, which is then a few array reads. Who makes a decision is asked of the table.

use super::{
    DeviceKind, Guise, Mask, NO_LINE, PlaneAt, Resolved, Sight, Table, next_stamp, number,
    plane_number,
};
use crate::decision::Decision;
use crate::diagram::Diagram;
use crate::model::AppId;
use crate::movement::Endpoint;
use crate::request::{DeviceRequest, EndpointRequest, ResolveError, endpoint};
use crate::vocabulary::{Account, Channel, Reason, Side};

/// One user on one device. Ends of movements are resolved for both, and then decide by themselves.
///
/// Holds its table, which it keeps alive.
///
/// ```
/// use mam::{Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, UserRequest};
///
/// let table = mam::compile("notes.mam", "mam 1\nusers staff\n\
///     app notes { ios \"com.example.notes\"  sdk }\n\
///     policy baseline { for staff  protect notes  allow share to managed }")?;
/// let user = UserRequest { groups: vec!["staff".into()] };
/// let device = DeviceRequest { platform: Platform::Ios, management: DeviceState::Unmanaged };
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
    /// Tells this session's ends from those of others.
    stamp: u64,
    users: Mask,
    kind: DeviceKind,
    device: DeviceRequest,
}

/// Where data comes from, resolved for the user and the device of a session and its clones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceEnd(End);

/// Where data goes, resolved for the user and the device of a session and its clones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetEnd(End);

/// What decides of an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct End {
    /// Of the session.
    stamp: u64,
    /// The number of the app, or [`Self::NO_APP`].
    app: u32,
    account: Account,
    guise: Guise,
    is_managed: bool,
    /// The decision where nobody has a say, if this end tells: for this user a constant.
    reason: Diagram,
    point: u32,
}

impl End {
    /// The app of what is none, and of what cannot be told from others.
    const NO_APP: u32 = u32::MAX;
}

impl Session {
    pub(super) fn new(table: &Table, users: Mask, kind: DeviceKind, device: DeviceRequest) -> Self {
        Self { table: table.clone(), stamp: next_stamp(), users, kind, device }
    }

    /// The table that decides.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Resolves where data comes from on a channel. It can be used on every channel that begins at an
    /// end of its kind.
    ///
    /// # Errors
    ///
    /// When the name is unknown or no such end exists.
    pub fn source(
        &self,
        channel: Channel,
        end: &EndpointRequest<'_>,
    ) -> Result<SourceEnd, ResolveError> {
        let kind = channel.source_kind();
        let directory = self.table.directory();
        let end = endpoint(directory, end, kind, "source", channel, self.device)?;
        Ok(SourceEnd(self.end(Side::Source, end)))
    }

    /// Resolves where data goes on a channel. It can be used on every channel that leads to ends of
    /// its kind.
    ///
    /// # Errors
    ///
    /// When the name is unknown or no such end exists.
    pub fn target(
        &self,
        channel: Channel,
        end: &EndpointRequest<'_>,
    ) -> Result<TargetEnd, ResolveError> {
        let kind = channel.target_kind();
        let directory = self.table.directory();
        let end = endpoint(directory, end, kind, "target", channel, self.device)?;
        Ok(TargetEnd(self.end(Side::Target, end)))
    }

    #[inline(always)]
    fn end(&self, side: Side, end: Endpoint) -> End {
        let Self { table, stamp, users, kind, .. } = self;
        let point = table.0.points.number(end);
        let Sight { guise, is_managed, reason } = table.see(*kind, users, side, point);
        let (app, account) = match end {
            Endpoint::App { app, account, .. } if app != table.directory().unlisted_app() => {
                (app.number(), account)
            }
            _ => (End::NO_APP, Account::Personal),
        };
        let reason = Diagram::leaf(table.evaluate(reason, users));
        End { stamp: *stamp, app, account, guise, is_managed, reason, point: number(point) }
    }

    /// What becomes of data between two ends, of a text within every limit. Two ends that are unlisted
    /// apps count as two apps.
    ///
    /// Ends of another session are refused, and so is what no channel knows: the decision is `block`
    /// with the reason [`Reason::ForeignMovement`].
    #[must_use]
    #[inline]
    pub fn decide(&self, channel: Channel, source: SourceEnd, target: TargetEnd) -> Decision {
        self.leave(channel, source).decide(target)
    }

    /// What becomes of data from one end to each of many, such as the apps of a share sheet: the same
    /// as [`decide`](Self::decide) says of each, in less time. As many are decided as the shorter
    /// slice has.
    pub fn decide_all(
        &self,
        channel: Channel,
        source: SourceEnd,
        targets: &[TargetEnd],
        decisions: &mut [Decision],
    ) {
        let from = self.leave(channel, source);
        for (target, decision) in targets.iter().zip(decisions) {
            *decision = from.decide(*target);
        }
    }

    /// A movement between two ends, for [`Table::decide`] and [`Table::grounds`].
    #[must_use]
    pub fn resolve(&self, channel: Channel, source: SourceEnd, target: TargetEnd) -> Resolved {
        let from = self.leave(channel, source);
        let Some(cell) = from.cell(target) else { return Resolved::NOWHERE };
        Resolved {
            stamp: self.table.0.stamp,
            users: self.users,
            cell,
            reason: from.reason(target),
            plane: number(plane_number(self.kind, channel)),
            source: source.0.point,
            target: target.0.point,
            inside: from.stays_inside(target),
            characters: 0,
        }
    }

    #[inline(always)]
    fn leave(&self, channel: Channel, source: SourceEnd) -> Leaving<'_> {
        let SourceEnd(source) = source;
        let cells = &self.table.0.cells;
        let plane = &cells.planes[plane_number(self.kind, channel)];
        let is_own = source.stamp == self.stamp;
        let row = if is_own { cells.line(plane, Side::Source, source.guise) } else { NO_LINE };
        Leaving { session: self, channel, source, plane, row }
    }
}

/// Data that leaves its source on a channel.
struct Leaving<'s> {
    session: &'s Session,
    channel: Channel,
    source: End,
    plane: &'s PlaneAt,
    row: u32,
}

impl Leaving<'_> {
    #[inline(always)]
    fn decide(&self, target: TargetEnd) -> Decision {
        let Some(cell) = self.cell(target) else { return Decision::FOREIGN };
        if self.stays_inside(target) {
            return Decision::not_enforced(Reason::SameApp);
        }
        let Session { table, users, .. } = self.session;
        table.decided(cell, users, self.reason(target))
    }

    /// The cell of the movement; `None` where an end is foreign or cannot stand here.
    #[inline]
    fn cell(&self, TargetEnd(target): TargetEnd) -> Option<u32> {
        let Session { table, stamp, .. } = self.session;
        if target.stamp != *stamp {
            return None;
        }
        self.plane.cell(self.row, table.0.cells.line(self.plane, Side::Target, target.guise))
    }

    /// Whether data stays inside one app under one account.
    #[inline(always)]
    fn stays_inside(&self, TargetEnd(target): TargetEnd) -> bool {
        self.source.app == target.app
            && target.app != End::NO_APP
            && self.channel.stays_inside()
            && self.is_one_account(target)
    }

    /// Whether two ends in one app are judged under one account.
    #[cold]
    fn is_one_account(&self, target: End) -> bool {
        let Session { table, device, .. } = self.session;
        let account = |end: End| {
            table.judged_account(device.platform, AppId::of(end.app), end.account, end.is_managed)
        };
        account(self.source) == account(target)
    }

    /// The decision where nobody has a say.
    #[inline]
    fn reason(&self, TargetEnd(target): TargetEnd) -> Diagram {
        match self.channel.own_side() {
            Side::Source => self.source.reason,
            Side::Target => target.reason,
        }
    }
}
