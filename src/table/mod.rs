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
mod session;
mod sets;
mod trial;
mod verdicts;
mod wire;
mod workshop;
mod world;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use build::BuildError;
pub(crate) use classes::{set_holds, term_holds};
pub(crate) use devices::{Device, DeviceKind};
pub(crate) use groups::Groups;
#[cfg(feature = "intune")]
pub(crate) use groups::kinds_of_users;
pub use session::{Session, SourceEnd, TargetEnd};
pub(crate) use trial::{Showing, Trial};
pub(crate) use verdicts::{SILENCE, Verdicts};
pub use wire::{LoadTableError, is_table};
pub(crate) use workshop::{Seen, Touched, Workshop};
pub(crate) use world::World;

use crate::decision::{Answer, Decision, Determining, Verdict};
use crate::diagram::{Diagram, Node, evaluate};
use crate::limits::Limits;
use crate::model::{AppId, Directory, Model, PolicyId, UsersId};
use crate::movement::{Context, Endpoint, Movement};
use crate::request::{DeviceRequest, Ends, Request, ResolveError, UserRequest};
use crate::vocabulary::{Account, Channel, DeviceState, Platform, Reason, Side};
use classes::{Classes, Guise, Points};
use devices::Devices;
use grounds::Moving;
use rulebook::Rulebook;
use verdicts::SILENT;

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
    /// By kind of device: where the aspects of the classes of sources and of targets begin.
    aspects_at: Vec<[u32; 2]>,
    aspects: Vec<Aspect>,
    cells: Cells,
    /// What cells and aspects ask about users.
    nodes: Vec<Node>,
    /// What the numbers at the ends of diagrams stand for; the first is silence.
    decisions: Vec<Decision>,
    book: Rulebook,
    /// The limits on characters that rules set, the smallest first.
    limits: Vec<u32>,
}

/// What is known of a class of ends on a kind of device, whatever the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Aspect {
    /// For whom rules see a managed app.
    managed: Diagram,
    /// The decision where nobody has a say.
    reason: Diagram,
}

/// The cells themselves: one plane for each kind of device and channel, equal parts stored once.
#[derive(Debug, Default)]
struct Cells {
    planes: Vec<PlaneAt>,
    /// Two rows for each class of sources, and two columns for each class of targets: all of them as rules
    /// see them not managed, then all managed.
    maps: Vec<u32>,
    /// What is said, as functions of users for whom both ends are so; silence where nobody has a say.
    cells: Vec<Diagram>,
}

impl Cells {
    /// The cell between two ends; `None` where one cannot stand at its end of the channel.
    #[inline]
    fn cell(&self, plane: &PlaneAt, source: Guise, target: Guise) -> Option<u32> {
        plane.cell(self.line(plane, Side::Source, source), self.line(plane, Side::Target, target))
    }

    /// The row or column of an end on a plane.
    #[inline]
    fn line(&self, plane: &PlaneAt, side: Side, end: Guise) -> u32 {
        let first = match side {
            Side::Source => plane.rows,
            Side::Target => plane.columns,
        };
        self.maps[(first + end.0) as usize]
    }
}

/// Where the parts of a plane begin.
#[derive(Debug, Clone, Copy)]
struct PlaneAt {
    rows: u32,
    columns: u32,
    cells: u32,
    width: u32,
}

impl PlaneAt {
    /// The number of a cell; `None` where a class cannot stand at its end of the channel.
    #[inline]
    fn cell(&self, row: u32, column: u32) -> Option<u32> {
        let is_there = row != NO_LINE && column != NO_LINE;
        is_there.then(|| self.cells + row * self.width + column)
    }
}

/// What a user's rules make of an end.
struct Sight {
    guise: Guise,
    is_managed: bool,
    /// The decision where nobody has a say, if this end tells.
    reason: Diagram,
}

/// The groups that a user is in, as far as policies ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
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
    cell: u32,
    /// The decision if nobody has a say.
    reason: Diagram,
    /// The kind of device and the channel.
    plane: u32,
    source: u32,
    target: u32,
    /// A movement inside one app under one account.
    inside: bool,
    characters: u32,
}

/// What a table tells of a movement: movements of one case have the same decision and the same
/// grounds. For whoever counts or caches what was decided and by whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Case {
    stamp: u64,
    users: Mask,
    plane: u32,
    /// The classes of the ends.
    classes: [u32; 2],
    inside: bool,
    /// How many limits on characters a text exceeds.
    exceeded: usize,
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

    /// The table as bytes, for [`from_bytes`](Self::from_bytes): names, ids and texts of rules
    /// included, so that whoever loads it needs neither policies nor parser. Equal policy sets give
    /// equal bytes, on every platform. `docs/format.md` describes them.
    ///
    /// ```
    /// let table = mam::compile("notes.mam", "mam 1\napp notes { sdk }\nusers staff\n\
    ///     policy p { for staff  protect notes }")?;
    /// let loaded = mam::Table::from_bytes(&table.to_bytes())?;
    /// assert_eq!(loaded.stats(), table.stats());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::write(&self.0)
    }

    /// Loads a table. Everything in it is checked once, here, and takes no more memory than a few
    /// times the length of the bytes. They are trusted to be what their maker compiled: where
    /// somebody could have changed them on the way, check a signature first (feature `sign`).
    ///
    /// A loaded table refuses movements that the original resolved, as any other table does.
    ///
    /// # Errors
    ///
    /// When the bytes are no table, of another version, cut off, damaged or inconsistent.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadTableError> {
        wire::read(bytes)
    }

    /// Names and ids, as requests use them and answers show them.
    #[must_use]
    pub fn directory(&self) -> &Directory {
        &self.0.directory
    }

    /// Resolves a request: every name, once. Allocates for web links, and where it fails.
    ///
    /// # Errors
    ///
    /// When a name is unknown or the movement does not exist; see [`Request::resolve`].
    pub fn resolve(&self, request: &Request<'_>) -> Result<Resolved, ResolveError> {
        let directory = &self.0.directory;
        let ends = request.ends(directory)?;
        let DeviceRequest { platform, management } = request.device;
        let view = self.view(request.user.known(directory), platform, management);
        Ok(self.resolved(view, request.channel, ends, request.characters))
    }

    /// Resolves a movement of ids of the model that this table was compiled from.
    #[must_use]
    pub fn resolve_movement(&self, movement: &Movement) -> Resolved {
        let Context { users, platform, state } = &movement.context;
        let view = self.view(users.iter().copied(), *platform, *state);
        let Movement { channel, source, target, same_app, characters, .. } = *movement;
        self.resolved(view, channel, Ends { source, target, same_app }, characters)
    }

    #[inline]
    fn resolved(
        &self,
        view: Option<View<'_>>,
        channel: Channel,
        ends: Ends,
        characters: Option<u32>,
    ) -> Resolved {
        let inside = ends.same_app
            && channel.stays_inside()
            && view.is_some_and(|view| view.is_one_account(ends));
        let characters = characters.unwrap_or(0);
        Resolved { inside, characters, ..self.numbered(view, channel, ends) }
    }

    /// A movement between two apps, of a text within every limit.
    #[inline]
    fn numbered(&self, view: Option<View<'_>>, channel: Channel, ends: Ends) -> Resolved {
        let Some(view) = view else { return Resolved::NOWHERE };
        let inner = &*self.0;
        let plane = plane_number(view.kind, channel);
        let (from, to) = (inner.points.number(ends.source), inner.points.number(ends.target));
        let source = self.see(view.kind, &view.users, Side::Source, from);
        let target = self.see(view.kind, &view.users, Side::Target, to);
        let at = &inner.cells.planes[plane];
        let Some(cell) = inner.cells.cell(at, source.guise, target.guise) else {
            return Resolved::NOWHERE;
        };
        Resolved {
            stamp: inner.stamp,
            users: view.users,
            cell,
            reason: match channel.own_side() {
                Side::Source => source.reason,
                Side::Target => target.reason,
            },
            plane: number(plane),
            source: number(from),
            target: number(to),
            inside: false,
            characters: 0,
        }
    }

    /// What rules make of an end by its point.
    #[inline(always)]
    fn see(&self, kind: DeviceKind, users: &Mask, side: Side, point: usize) -> Sight {
        let classes = &self.0.classes[side as usize];
        let class = classes.of_point[point];
        let Aspect { managed, reason } = self.aspect(kind, side, class);
        let managed = self.evaluate(managed, users);
        Sight { guise: classes.guise(class, managed), is_managed: managed == 1, reason }
    }

    #[inline]
    fn aspect(&self, kind: DeviceKind, side: Side, class: u32) -> Aspect {
        let first = self.0.aspects_at[kind.0 as usize][side as usize];
        self.0.aspects[(first + class) as usize]
    }

    /// What becomes of a movement. Never fails and never allocates.
    ///
    /// A movement that another table resolved is refused, and so is one that no channel knows: the
    /// decision is `block` with the reason [`Reason::ForeignMovement`].
    #[must_use]
    #[inline]
    pub fn decide(&self, movement: &Resolved) -> Decision {
        let inner = &*self.0;
        if movement.stamp != inner.stamp {
            return Decision::FOREIGN;
        }
        if movement.inside {
            return Decision::not_enforced(Reason::SameApp);
        }
        let decision = self.decided(movement.cell, &movement.users, movement.reason);
        match decision.verdict.obligations.characters {
            Some(limit) if movement.characters > limit => Decision::enforced(Verdict::BLOCKED),
            _ => decision,
        }
    }

    /// What becomes of a text within every limit, given the decision where nobody has a say.
    #[inline]
    fn decided(&self, cell: u32, users: &Mask, reason: Diagram) -> Decision {
        let mut said = self.evaluate(self.0.cells.cells[cell as usize], users);
        if said == SILENT {
            said = self.evaluate(reason, users);
        }
        self.0.decisions[said as usize]
    }

    /// The account that an app is judged under; `None` for the one that all accounts are judged under
    /// that rules see managed, and all of an app that the platform lacks.
    #[inline]
    fn judged_account(
        &self,
        on: Platform,
        app: AppId,
        account: Account,
        is_managed: bool,
    ) -> Option<Account> {
        let exists = self.0.directory.platforms(app).contains(on);
        (exists && !is_managed).then_some(account)
    }

    #[inline]
    fn evaluate(&self, diagram: Diagram, users: &Mask) -> u32 {
        evaluate(&self.0.nodes, diagram, |question| users.contains(question))
    }

    /// What of a movement decides.
    #[must_use]
    pub fn case(&self, movement: &Resolved) -> Case {
        let inner = &*self.0;
        let class = |side: usize, point: u32| {
            inner.classes[side].of_point.get(point as usize).copied().unwrap_or_default()
        };
        Case {
            stamp: movement.stamp,
            users: movement.users,
            plane: movement.plane,
            classes: [class(0, movement.source), class(1, movement.target)],
            inside: movement.inside,
            exceeded: inner.limits.partition_point(|limit| *limit < movement.characters),
        }
    }

    /// Who made the decision about a movement: rules and defaults. This takes much longer than to
    /// decide.
    #[must_use]
    pub fn grounds(&self, movement: &Resolved) -> Determining {
        let inner = &*self.0;
        let kind = movement.plane as usize / Channel::ALL.len();
        if movement.stamp != inner.stamp || movement.inside {
            return Determining::default();
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
    pub fn answer(&self, request: &Request<'_>) -> Result<Answer, ResolveError> {
        Ok(self.spell_out(&self.resolve(request)?))
    }

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
        let users = self.0.groups.mask(user.known(&self.0.directory));
        let kind = self.0.devices.number(device.platform, device.management);
        let kind = kind.ok_or_else(|| device.unknown())?;
        Ok(Session::new(self, users, kind, device))
    }

    // ------------------------------------------------------------ for analysis

    /// What one user sees on one device; `None` where the platform lacks the state.
    pub(crate) fn view(
        &self,
        users: impl Iterator<Item = UsersId>,
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

    /// How an end is decided on a channel.
    pub(crate) fn seat(
        &self,
        kind: DeviceKind,
        channel: Channel,
        side: Side,
        end: Endpoint,
    ) -> Seat {
        let inner = &*self.0;
        let plane = &inner.cells.planes[plane_number(kind, channel)];
        let class = self.class_of(side, end);
        let Aspect { managed, reason } = self.aspect(kind, side, class);
        Seat {
            lines: [0, 1].map(|managed| {
                let classes = &inner.classes[side as usize];
                inner.cells.line(plane, side, classes.guise(class, managed))
            }),
            managed,
            reason: (side == channel.own_side()).then_some(reason),
        }
    }

    /// The class of an end: what no set of any rule tells apart.
    pub(crate) fn class_of(&self, side: Side, end: Endpoint) -> u32 {
        self.0.classes[side as usize].of_point[self.0.points.number(end)]
    }

    /// What is decided between two seats.
    pub(crate) fn cell_at(
        &self,
        kind: DeviceKind,
        channel: Channel,
        source: Seat,
        target: Seat,
    ) -> Cell {
        let cells = &self.0.cells;
        let plane = &cells.planes[plane_number(kind, channel)];
        let said = source.lines.map(|row| {
            target.lines.map(|column| {
                plane.cell(row, column).map_or(SILENCE, |at| cells.cells[at as usize])
            })
        });
        let reason = source.reason.or(target.reason).unwrap_or(SILENCE);
        Cell { said, managed: [source.managed, target.managed], reason }
    }

    /// For whom an end is an app that a policy protects, under its work account or judged as that.
    pub(crate) fn managed(&self, kind: DeviceKind, end: Endpoint) -> Diagram {
        self.aspect(kind, Side::Source, self.class_of(Side::Source, end)).managed
    }

    /// Counts and sizes, for people who tune.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let inner = &*self.0;
        let Cells { planes, maps, cells } = &inner.cells;
        let classes = inner.classes.iter().map(Classes::heap_bytes);
        Stats {
            device_kinds: inner.devices.len(),
            user_groups: inner.groups.len(),
            source_classes: inner.classes[0].len(),
            target_classes: inner.classes[1].len(),
            cells: cells.len(),
            nodes: inner.nodes.len(),
            decisions: inner.decisions.len(),
            bytes: size_of_val(maps.as_slice())
                + size_of_val(cells.as_slice())
                + size_of_val(planes.as_slice())
                + size_of_val(inner.aspects.as_slice())
                + size_of_val(inner.nodes.as_slice())
                + size_of_val(inner.decisions.as_slice())
                + classes.sum::<usize>()
                + inner.book.heap_bytes()
                + inner.directory.heap_bytes(),
        }
    }
}

/// The row or column of a class that cannot stand at this end of the channel.
const NO_LINE: u32 = u32::MAX;

/// How an end is decided on one channel and kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Seat {
    /// Its row or column, as rules see it not managed, and managed.
    lines: [u32; 2],
    /// For whom they see it managed.
    managed: Diagram,
    /// The decision where nobody has a say, if this end tells.
    reason: Option<Diagram>,
}

/// What is decided between two seats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Cell {
    /// What is said, by whether rules see the source managed and by whether they see the target so.
    pub(crate) said: [[Diagram; 2]; 2],
    /// For whom they see source and target so.
    pub(crate) managed: [Diagram; 2],
    /// The decision where nobody has a say.
    pub(crate) reason: Diagram,
}

/// Tells a table from all others. Stamps are never shown.
fn next_stamp() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

impl Resolved {
    /// What is no movement: no table has this stamp, so that every table refuses it.
    const NOWHERE: Self = Self {
        stamp: 0,
        users: Mask([0; 4]),
        cell: 0,
        reason: Diagram::FALSE,
        plane: 0,
        source: 0,
        target: 0,
        inside: false,
        characters: 0,
    };
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

    /// Whether two ends in one app are judged under one account.
    fn is_one_account(&self, ends: Ends) -> bool {
        let account = |end| match end {
            Endpoint::App { app, account, .. } => {
                let is_managed = self.is_managed(end);
                Some(self.table.judged_account(self.platform, app, account, is_managed))
            }
            Endpoint::Storage(_) | Endpoint::Place(_) => None,
        };
        account(ends.source) == account(ends.target)
    }

    /// What is decided between two ends, for a text within every limit.
    #[cfg(feature = "intune")]
    pub(crate) fn decide(&self, channel: Channel, source: Endpoint, target: Endpoint) -> Decision {
        let ends = Ends { source, target, same_app: false };
        self.table.decide(&self.table.numbered(Some(*self), channel, ends))
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
    /// Bytes of memory: cells, names, and what is needed to say who decided.
    pub bytes: usize,
}
