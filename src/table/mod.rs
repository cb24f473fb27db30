//! The compiled form of a model: a decision table.
//!
//! Takes in a checked model, gives out decisions in a few array reads. Apps that no rule tells apart
//! are one class, devices that no policy tells apart are one kind, equal parts are stored once. Where
//! it depends on the user what becomes of a movement, a cell holds a decision diagram over the
//! groups that policies name; users are never enumerated. The table never looks at the interpreter;
//! that both agree on every movement is tested.

mod build;
mod classes;
mod contributions;
mod devices;
mod grounds;
mod groups;
mod judge;
mod plane;
mod rulebook;
mod trial;
mod verdicts;
mod workshop;
mod world;

use std::sync::Arc;

pub use build::BuildError;
pub(crate) use classes::{set_holds, term_holds};
pub(crate) use devices::{Device, DeviceKind};
pub(crate) use groups::Groups;
#[cfg(feature = "intune")]
pub(crate) use groups::kinds_of_users;
pub(crate) use trial::{Showing, Trial};
pub(crate) use verdicts::Verdicts;
pub(crate) use workshop::{Seen, Touched, Workshop};
pub(crate) use world::World;

use crate::decision::{Answer, Decision, Grounds, Verdict};
use crate::diagram::{Diagram, Node, evaluate};
use crate::limits::Limits;
use crate::model::{Directory, Model, PolicyId, UsersId};
use crate::movement::{Context, Endpoint, Movement};
use crate::request::{
    DeviceRequest, EndpointRequest, Request, ResolveError, UserRequest, context, endpoint,
};
use crate::vocabulary::{Account, Channel, DeviceState, Platform, Reason, Side};
use classes::{Classes, Points};
use devices::Devices;
use grounds::Moving;
use rulebook::Rulebook;

/// A policy set, compiled. Cheap to clone and safe to share between threads.
#[derive(Debug, Clone)]
pub struct Table(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Tells this table's movements from those of others.
    stamp: u64,
    directory: Arc<Directory>,
    groups: Groups,
    devices: Devices,
    points: Points,
    /// The classes of sources and of targets.
    classes: [Classes; 2],
    cells: Cells,
    /// What cells ask about users.
    nodes: Vec<Node>,
    /// What the numbers at the ends of diagrams stand for.
    decisions: Vec<Decision>,
    /// By kind of device and kind of protection: for whom a policy applies.
    managed: Vec<Vec<Diagram>>,
    book: Rulebook,
}

/// The cells themselves: one plane for each kind of device and channel, equal parts stored once.
#[derive(Debug, Default)]
struct Cells {
    planes: Vec<PlaneAt>,
    /// Rows of classes of sources, and columns of classes of targets.
    maps: Vec<u32>,
    cells: Vec<Diagram>,
}

/// Where the parts of a plane begin.
#[derive(Debug, Clone, Copy)]
struct PlaneAt {
    rows: u32,
    columns: u32,
    cells: u32,
    width: u32,
}

/// The groups that a user is in, as far as policies ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Mask([u64; 4]);

impl Mask {
    /// How many questions it can answer.
    const CAPACITY: usize = 256;

    fn insert(&mut self, question: u32) {
        if let Some(word) = self.0.get_mut(question as usize / 64) {
            *word |= 1 << (question % 64);
        }
    }

    #[inline]
    fn contains(&self, question: u32) -> bool {
        // No table asks more questions than a mask can answer.
        self.0[question as usize / 64 % 4] & 1 << (question % 64) != 0
    }
}

/// A movement that a table has resolved: nothing is left but array reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    stamp: u64,
    users: Mask,
    /// The kind of device and the channel.
    plane: u32,
    source: u32,
    target: u32,
    /// A movement inside one app under one account.
    inside: bool,
    characters: u32,
}

impl Table {
    /// Compiles a model.
    ///
    /// # Errors
    ///
    /// When the model tells apart more than the limits allow.
    pub fn new(model: &Model, limits: &Limits) -> Result<Self, BuildError> {
        build::build(model, None, limits)
    }

    /// Compiles a model as if one policy that only reports were live.
    pub(crate) fn with_guest(
        model: &Model,
        guest: PolicyId,
        limits: &Limits,
    ) -> Result<Self, BuildError> {
        build::build(model, Some(guest), limits)
    }

    /// Names and ids, as requests use them and answers show them.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// Resolves a request: every name, once.
    ///
    /// # Errors
    ///
    /// When a name is unknown or the movement does not exist; see [`Request::resolve`].
    pub fn resolve(&self, request: &Request) -> Result<Resolved, ResolveError> {
        Ok(self.resolve_movement(&request.resolve(&self.0.directory)?))
    }

    /// Resolves a movement of ids of the model that this table was compiled from.
    #[must_use]
    pub fn resolve_movement(&self, movement: &Movement) -> Resolved {
        let Context { users, platform, state } = &movement.context;
        let view = self.view(users, *platform, *state);
        let ends = (movement.source, movement.target);
        let inside = movement.same_app
            && movement.channel.stays_inside()
            && view.is_some_and(|view| view.is_one_account(ends));
        let characters = movement.characters.unwrap_or(0);
        Resolved { inside, characters, ..self.numbered(view, movement.channel, ends) }
    }

    /// A movement between two apps, of a text within every limit.
    fn numbered(
        &self,
        view: Option<View<'_>>,
        channel: Channel,
        (source, target): (Endpoint, Endpoint),
    ) -> Resolved {
        let inner = &*self.0;
        let index = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        Resolved {
            // No table has this stamp: a device that does not exist is refused.
            stamp: view.map_or(0, |_| inner.stamp),
            users: view.map_or(Mask::default(), |view| view.users),
            plane: view.map_or(0, |view| index(plane_number(view.kind, channel))),
            source: index(inner.points.number(source)),
            target: index(inner.points.number(target)),
            inside: false,
            characters: 0,
        }
    }

    /// What becomes of a movement. Never fails and never allocates.
    ///
    /// A movement that another table resolved is refused: its decision is `block` with the reason
    /// [`Reason::ForeignMovement`].
    #[must_use]
    #[inline]
    pub fn decide(&self, movement: &Resolved) -> Decision {
        let inner = &*self.0;
        if movement.stamp != inner.stamp {
            return Decision { verdict: Verdict::BLOCKED, reason: Some(Reason::ForeignMovement) };
        }
        if movement.inside {
            return Decision::not_enforced(Reason::SameApp);
        }
        let source = inner.classes[0].of_point[movement.source as usize];
        let target = inner.classes[1].of_point[movement.target as usize];
        let cell = self.cell(movement.plane as usize, source, target);
        let decision = inner.decisions[self.evaluate(cell, &movement.users) as usize];
        match decision.verdict.obligations.characters {
            Some(limit) if movement.characters > limit => Decision::enforced(Verdict::BLOCKED),
            _ => decision,
        }
    }

    #[inline]
    fn cell(&self, plane: usize, source: u32, target: u32) -> Diagram {
        let cells = &self.0.cells;
        let plane = &cells.planes[plane];
        let row = cells.maps[(plane.rows + source) as usize];
        let column = cells.maps[(plane.columns + target) as usize];
        cells.cells[(plane.cells + row * plane.width + column) as usize]
    }

    #[inline]
    fn evaluate(&self, diagram: Diagram, users: &Mask) -> u32 {
        evaluate(&self.0.nodes, diagram, |question| users.contains(question))
    }

    /// Who made the decision about a movement: rules and defaults. This takes much longer than to
    /// decide.
    #[must_use]
    pub fn grounds(&self, movement: &Resolved) -> Grounds {
        let inner = &*self.0;
        let kind = movement.plane as usize / Channel::ALL.len();
        if movement.stamp != inner.stamp || movement.inside {
            return Grounds::default();
        }
        let ends = [movement.source, movement.target].map(|point| inner.points.end(point as usize));
        let moving = Moving {
            channel: Channel::ALL[movement.plane as usize % Channel::ALL.len()],
            device: inner.devices.witnesses[kind],
            users: movement.users,
            ends,
            characters: movement.characters,
        };
        grounds::grounds(self, moving)
    }

    /// The decision about a movement with its grounds, every id spelt out.
    #[must_use]
    pub fn spell_out(&self, movement: &Resolved) -> Answer {
        self.decide(movement).answer(&self.grounds(movement), &self.0.directory)
    }

    /// Decides a request and spells the answer out, as `mam decide` prints it.
    ///
    /// # Errors
    ///
    /// When the request cannot be resolved.
    pub fn answer(&self, request: &Request) -> Result<Answer, ResolveError> {
        Ok(self.spell_out(&self.resolve(request)?))
    }

    /// Opens a session: resolves user and device once, for many movements.
    ///
    /// # Errors
    ///
    /// When the device state does not exist on the platform.
    pub fn session(
        &self,
        user: &UserRequest,
        device: DeviceRequest,
    ) -> Result<Session, ResolveError> {
        let context = context(&self.0.directory, user, device)?;
        let users = self.0.groups.mask(&context.users);
        let kind = self.0.devices.number(context.platform, context.state);
        Ok(Session { table: self.clone(), users, kind, device })
    }

    // ------------------------------------------------------------ for analysis

    /// What one user sees on one device; `None` where the platform lacks the state.
    pub(crate) fn view(
        &self,
        users: &[UsersId],
        platform: Platform,
        state: DeviceState,
    ) -> Option<View<'_>> {
        let kind = self.0.devices.number(platform, state)?;
        Some(View { table: self, users: self.0.groups.mask(users), kind, platform })
    }

    pub(crate) fn device_kind(&self, platform: Platform, state: DeviceState) -> Option<DeviceKind> {
        self.0.devices.number(platform, state)
    }

    /// The questions about users that diagrams ask.
    pub(crate) fn groups(&self) -> &Groups {
        &self.0.groups
    }

    pub(crate) fn nodes(&self) -> &[Node] {
        &self.0.nodes
    }

    /// What a number at the end of a diagram stands for.
    pub(crate) fn decisions(&self) -> &[Decision] {
        &self.0.decisions
    }

    /// Where an end stands in a plane: its row, or its column.
    pub(crate) fn place_in_plane(
        &self,
        kind: DeviceKind,
        channel: Channel,
        side: Side,
        end: Endpoint,
    ) -> u32 {
        let inner = &*self.0;
        let plane = &inner.cells.planes[plane_number(kind, channel)];
        let class = inner.classes[side as usize].of_point[inner.points.number(end)];
        match side {
            Side::Source => inner.cells.maps[(plane.rows + class) as usize],
            Side::Target => inner.cells.maps[(plane.columns + class) as usize],
        }
    }

    /// The class of an end: what no set of any rule tells apart.
    pub(crate) fn class_of(&self, side: Side, end: Endpoint) -> u32 {
        self.0.classes[side as usize].of_point[self.0.points.number(end)]
    }

    /// What is decided between a row and a column, as a function of the user.
    pub(crate) fn cell_at(
        &self,
        kind: DeviceKind,
        channel: Channel,
        row: u32,
        column: u32,
    ) -> Diagram {
        let plane = &self.0.cells.planes[plane_number(kind, channel)];
        self.0.cells.cells[(plane.cells + row * plane.width + column) as usize]
    }

    /// For whom an end is an app that a policy protects, under its work account or judged as that.
    pub(crate) fn managed(&self, kind: DeviceKind, end: Endpoint) -> Diagram {
        let Endpoint::App { app, account, .. } = end else { return Diagram::FALSE };
        let traits = self.0.book.apps[app.index()];
        if account == Account::Work || traits.sdk && !traits.multi_identity {
            self.0.managed[kind.0 as usize][self.0.book.protection(app)]
        } else {
            Diagram::FALSE
        }
    }

    /// Counts and sizes, for people who tune.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let inner = &*self.0;
        let Cells { planes, maps, cells } = &inner.cells;
        let points = inner.classes[0].of_point.len() + inner.classes[1].of_point.len();
        let words = maps.len() + cells.len() + points;
        Stats {
            device_kinds: inner.devices.len(),
            user_groups: inner.groups.len(),
            source_classes: inner.classes[0].len(),
            target_classes: inner.classes[1].len(),
            cells: cells.len(),
            nodes: inner.nodes.len(),
            decisions: inner.decisions.len(),
            bytes: words * size_of::<u32>()
                + planes.len() * size_of::<PlaneAt>()
                + inner.nodes.len() * size_of::<Node>()
                + inner.decisions.len() * size_of::<Decision>(),
        }
    }
}

fn plane_number(kind: DeviceKind, channel: Channel) -> usize {
    kind.0 as usize * Channel::ALL.len() + channel.index()
}

/// One user on one device.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'t> {
    table: &'t Table,
    users: Mask,
    kind: DeviceKind,
    platform: Platform,
}

impl View<'_> {
    /// Whether an end is an app, under its work account or judged as that, that a policy protects.
    pub(crate) fn is_managed(&self, end: Endpoint) -> bool {
        self.table.evaluate(self.table.managed(self.kind, end), &self.users) == 1
    }

    /// Whether two ends in one app are judged under one account. An app that does not exist on the
    /// platform has only one.
    fn is_one_account(&self, ends: (Endpoint, Endpoint)) -> bool {
        match ends {
            (Endpoint::App { account: a, .. }, Endpoint::App { app, account: b, .. }) => {
                a == b
                    || self.is_managed(ends.0) && self.is_managed(ends.1)
                    || !self.table.0.directory.app(app).platforms.contains(self.platform)
            }
            _ => false,
        }
    }

    /// What is decided between two ends, for a text within every limit.
    #[cfg(feature = "intune")]
    pub(crate) fn decide(&self, channel: Channel, source: Endpoint, target: Endpoint) -> Decision {
        self.table.decide(&self.table.numbered(Some(*self), channel, (source, target)))
    }
}

/// How large a [`Table`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Kinds of devices.
    pub device_kinds: usize,
    /// Groups of people that policies tell apart.
    pub user_groups: usize,
    /// Kinds of sources.
    pub source_classes: usize,
    /// Kinds of targets.
    pub target_classes: usize,
    /// Cells of all distinct planes.
    pub cells: usize,
    /// Questions about users.
    pub nodes: usize,
    /// Distinct decisions.
    pub decisions: usize,
    /// Bytes of the arrays; names and texts come on top.
    pub bytes: usize,
}

/// One user on one device: what a sign-in fixes. Movements resolve against it by their ends alone.
///
/// Holds its table, which it keeps alive.
#[derive(Debug, Clone)]
pub struct Session {
    table: Table,
    users: Mask,
    kind: Option<DeviceKind>,
    device: DeviceRequest,
}

impl Session {
    /// The table that decides.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// Resolves one end of movements on a channel.
    ///
    /// # Errors
    ///
    /// When the name is unknown or no such end exists.
    pub fn source(
        &self,
        channel: Channel,
        end: &EndpointRequest,
    ) -> Result<Endpoint, ResolveError> {
        let directory = self.table.directory();
        let kind = channel.source_kind();
        endpoint(directory, end, kind, "source", channel, self.device).map(|(end, _)| end)
    }

    /// Resolves the other end of movements on a channel.
    ///
    /// # Errors
    ///
    /// When the name is unknown or no such end exists.
    pub fn target(
        &self,
        channel: Channel,
        end: &EndpointRequest,
    ) -> Result<Endpoint, ResolveError> {
        let directory = self.table.directory();
        let kind = channel.target_kind();
        endpoint(directory, end, kind, "target", channel, self.device).map(|(end, _)| end)
    }

    /// What becomes of data between two ends. Two ends that are unlisted apps count as two apps.
    #[must_use]
    pub fn decide(&self, channel: Channel, source: Endpoint, target: Endpoint) -> Decision {
        self.table.decide(&self.resolve(channel, source, target))
    }

    /// A movement between two ends, for [`Table::decide`] and [`Table::grounds`].
    #[must_use]
    pub fn resolve(&self, channel: Channel, source: Endpoint, target: Endpoint) -> Resolved {
        let (table, platform) = (&self.table, self.device.platform);
        let view = self.kind.map(|kind| View { table, users: self.users, kind, platform });
        let unlisted = table.directory().unlisted_app();
        let same_app = matches!(
            (source, target),
            (Endpoint::App { app: a, .. }, Endpoint::App { app: b, .. }) if a == b && a != unlisted
        );
        let ends = (source, target);
        let inside = same_app
            && channel.stays_inside()
            && view.is_some_and(|view| view.is_one_account(ends));
        Resolved { inside, ..table.numbered(view, channel, ends) }
    }
}
