//! Sessions: one user on one device, resolved once for many movements.
//!
//! Takes in endpoints by name and resolves each for its user and device, once; gives out decisions
//! between two resolved endpoints, each a few array reads. Determining rules are the table's affair.

use super::cache::JoinCache;
use super::code::Code;
use super::resolved::Resolved;
use super::table::{Table, next_stamp};
use super::user::{SeenEndpoint, User};
use crate::decision::Decision;
use crate::movement::Endpoint;
use crate::request::{
    DeviceRequest, EndpointRequest, ResolveError, UserRequest, any_endpoint, usual_endpoint,
};
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
/// let session = table.session(&user, &device)?;
///
/// let notes = session.source(Channel::Share, &EndpointRequest::app("notes"))?;
/// let chat = session.target(Channel::Share, &EndpointRequest::app("ios:com.example.chat"))?;
/// assert!(session.decide(Channel::Share, notes, chat).is_blocked());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct Session {
    table: Table,
    /// The session's own number: endpoints that another session resolved are refused by it.
    stamp: u64,
    user: User,
    /// The device; its filters are among what is true of the user.
    device: DeviceRequest<'static>,
    /// For a user of several bundles of policies.
    cache: Option<JoinCache>,
}

/// The most bundles of a user that are joined faster than they are looked up in a cache.
const FEW: usize = 3;

/// A source, resolved for the user and the device of a session and its clones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedSource(ResolvedEndpoint);

/// A target, resolved for the user and the device of a session and its clones. An app of several accounts
/// of which the request named none keeps all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResolvedTarget(ResolvedEndpoint);

/// An endpoint with everything that a decision needs of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct ResolvedEndpoint {
    /// The number of the session.
    stamp: u64,
    /// The number of the app, or [`Self::NO_APP`].
    app: u32,
    /// The number of the endpoint.
    number: u32,
    /// Whether it stands for all accounts of the app, and is seen under the first.
    any_account: bool,
    seen: SeenEndpoint,
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
    /// When the device state does not exist on the platform, or when the policies declare filters and the device
    /// tells none.
    pub fn session(
        &self,
        user: &UserRequest<'_>,
        device: &DeviceRequest<'_>,
    ) -> Result<Session, ResolveError> {
        let directory = &self.0.directory;
        device.check(directory)?;
        let DeviceRequest { platform, management, .. } = *device;
        let known = user.known(directory).chain(device.known(directory));
        let user = self.0.user_on(known, platform, management);
        let user = user.ok_or_else(|| device.unknown())?;
        Ok(Session::new(self, user, DeviceRequest::new(platform, management)))
    }
}

impl Session {
    fn new(table: &Table, user: User, device: DeviceRequest<'static>) -> Self {
        let is_cached = user.bundles() > FEW && JoinCache::fits(table.0.endpoints.len());
        let cache = is_cached.then(JoinCache::new);
        Self { table: table.clone(), stamp: next_stamp(), user, device, cache }
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
        let endpoint =
            match usual_endpoint(directory, request, Side::Source, channel, self.device.platform) {
                Some(endpoint) => endpoint,
                None => any_endpoint(directory, request, Side::Source, channel, &self.device)?,
            };
        Ok(ResolvedSource(self.resolved(Side::Source, endpoint, false)))
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
        let endpoint =
            match usual_endpoint(directory, request, Side::Target, channel, self.device.platform) {
                Some(endpoint) => endpoint,
                None => any_endpoint(directory, request, Side::Target, channel, &self.device)?,
            };
        let any_account = request.leaves_open(directory, endpoint);
        Ok(ResolvedTarget(self.resolved(Side::Target, endpoint, any_account)))
    }

    #[inline(always)]
    fn resolved(&self, side: Side, end: Endpoint, any_account: bool) -> ResolvedEndpoint {
        let data = &*self.table.0;
        let app = match end {
            Endpoint::App { app, .. } if app != data.directory.unlisted_app() => app.number(),
            _ => ResolvedEndpoint::NO_APP,
        };
        // Endpoints are numbered with 32 bits, which the build and the loader check.
        let number = data.endpoints.number(end) as u32;
        let seen = data.see_with_lines(&self.user, side, end);
        ResolvedEndpoint { stamp: self.stamp, app, number, any_account, seen }
    }

    /// Decides a movement between two endpoints; a copy, of a text within every limit: for one that is longer
    /// there is [`decide_copy`](Self::decide_copy). Two unlisted apps count as
    /// two apps. A target that keeps several accounts is decided under the one with the strictest decision,
    /// which [`Decision::assumed`] names.
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
        let (ResolvedSource(source), ResolvedTarget(target)) = (source, target);
        self.decision(channel, &source, &target, 0)
    }

    /// Decides a copy of a text of some characters: `block` beyond the limit in force.
    ///
    /// ```
    /// use mam::{Channel, DeviceRequest, DeviceState, EndpointRequest, Platform, UserRequest};
    ///
    /// let table = mam::compile("notes.mam", "mam 1\nusers staff\n\
    ///     app notes { ios \"com.example.notes\"  sdk }\n\
    ///     policy baseline { for staff  protect notes  \
    ///       allow copy to any up to 50 characters because \"No long texts\" }")?;
    /// let device = DeviceRequest::new(Platform::Ios, DeviceState::Unmanaged);
    /// let session = table.session(&UserRequest::new(["staff"]), &device)?;
    /// let notes = session.source(Channel::Copy, &EndpointRequest::app("notes"))?;
    /// let chat = session.target(Channel::Copy, &EndpointRequest::app("ios:com.example.chat"))?;
    ///
    /// assert!(!session.decide_copy(notes, chat, 50).is_blocked());
    /// assert!(session.decide_copy(notes, chat, 51).is_blocked());
    /// let answer = table.spell_out(&session.resolve_copy(notes, chat, 51));
    /// assert_eq!(answer.by[0].because.as_deref(), Some("No long texts"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    #[inline]
    pub fn decide_copy(
        &self,
        source: ResolvedSource,
        target: ResolvedTarget,
        characters: u32,
    ) -> Decision {
        let decision = self.decision(Channel::Copy, &source.0, &target.0, characters);
        decision.of_characters(characters)
    }

    /// Decides movements from one source to many targets, such as the apps of a share sheet: as
    /// [`decide`](Self::decide) does for each. The shorter slice says how many.
    pub fn decide_all(
        &self,
        channel: Channel,
        source: ResolvedSource,
        targets: &[ResolvedTarget],
        decisions: &mut [Decision],
    ) {
        for (ResolvedTarget(target), decision) in targets.iter().zip(decisions) {
            *decision = self.decision(channel, &source.0, target, 0);
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
        self.movement(channel, &source.0, &target.0, 0)
    }

    /// A copy of a text of some characters, for [`Table::decide`] and [`Table::determining`].
    #[must_use]
    pub fn resolve_copy(
        &self,
        source: ResolvedSource,
        target: ResolvedTarget,
        characters: u32,
    ) -> Resolved {
        self.movement(Channel::Copy, &source.0, &target.0, characters)
    }

    fn movement(
        &self,
        channel: Channel,
        source: &ResolvedEndpoint,
        target: &ResolvedEndpoint,
        characters: u32,
    ) -> Resolved {
        let decision = self.decision(channel, source, target, characters);
        if decision == Decision::FOREIGN {
            return Resolved::NOWHERE;
        }
        let target = decision.assumed.map_or(*target, |account| self.under(target, account));
        Resolved {
            stamp: self.table.0.stamp,
            groups: self.user.groups.clone(),
            kind: self.user.kind,
            channel,
            source: source.number,
            target: target.number,
            decision,
            characters,
        }
    }

    /// The decision about a text within every limit, under the account with the strictest decision about a
    /// text of some characters.
    #[inline(always)]
    fn decision(
        &self,
        channel: Channel,
        source: &ResolvedEndpoint,
        target: &ResolvedEndpoint,
        characters: u32,
    ) -> Decision {
        if target.any_account {
            return self.under_any_account(channel, source, target, characters);
        }
        self.decision_of_one(channel, source, target)
    }

    #[cold]
    fn under_any_account(
        &self,
        channel: Channel,
        source: &ResolvedEndpoint,
        target: &ResolvedEndpoint,
        characters: u32,
    ) -> Decision {
        let mut strictest = Decision::FOREIGN;
        if target.stamp != self.stamp {
            return strictest;
        }
        for account in Account::ALL {
            let target = self.under(target, *account);
            let decision = self.decision_of_one(channel, source, &target);
            if decision == Decision::FOREIGN {
                return decision;
            }
            let known = strictest.of_characters(characters);
            if strictest == Decision::FOREIGN
                || decision.of_characters(characters).is_stricter_than(&known)
            {
                strictest = decision.assuming(*account);
            }
        }
        strictest
    }

    /// A target of this session under one of its accounts.
    fn under(&self, target: &ResolvedEndpoint, account: Account) -> ResolvedEndpoint {
        let end = self.table.0.endpoints.end(target.number as usize);
        self.resolved(Side::Target, end.with_account(account), false)
    }

    #[inline(always)]
    fn decision_of_one(
        &self,
        channel: Channel,
        source: &ResolvedEndpoint,
        target: &ResolvedEndpoint,
    ) -> Decision {
        let is_own = source.stamp == self.stamp && target.stamp == self.stamp;
        if !is_own || !source.seen.channels.and(target.seen.channels).contains(channel) {
            return Decision::FOREIGN;
        }
        if source.app == target.app && stays_inside(channel, source, target) {
            return Decision::not_enforced(Reason::SameApp);
        }
        let own = if channel.own_side() == Side::Source { source } else { target };
        self.table.0.decision(self.code(channel, source, target), own.seen.reason)
    }

    #[inline]
    fn code(&self, channel: Channel, source: &ResolvedEndpoint, target: &ResolvedEndpoint) -> Code {
        let join = || self.table.0.code(&self.user, channel, [&source.seen, &target.seen]);
        match &self.cache {
            Some(cache) => cache.get_or(channel, [source.number, target.number], join),
            None => join(),
        }
    }
}

/// Whether data stays inside one app under one account.
#[cold]
fn stays_inside(channel: Channel, source: &ResolvedEndpoint, target: &ResolvedEndpoint) -> bool {
    target.app != ResolvedEndpoint::NO_APP
        && channel.stays_inside()
        && source.seen.account == target.seen.account
}
