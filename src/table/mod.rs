//! The compiled form of a model: a decision table.
//!
//! Takes in a checked model, gives out decisions in a few array reads. Apps that no rule tells apart
//! are one class, contexts that no policy tells apart are one context, equal rows are stored once.
//! The table never looks at the interpreter; that both agree on every movement is tested.

mod applies;
mod build;
mod classes;
mod contexts;
mod judge;
mod membership;
mod users;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use build::BuildError;
pub use contexts::ContextId;

pub(crate) use applies::Precedence;
pub(crate) use classes::{set_holds, term_holds};
pub(crate) use users::{UserClass, user_classes};

use crate::bits::Bits;
use crate::decision::{Answer, Decision, Verdict};
use crate::limits::Limits;
use crate::model::{Directory, Model, People, PolicyId, UsersId};
use crate::movement::{Endpoint, Movement};
use crate::request::{
    DeviceRequest, EndpointRequest, Request, ResolveError, UserRequest, context, endpoint,
};
use crate::vocabulary::{Account, Channel, DeviceState, Platform, Reason};
use classes::{Classes, Points};
use contexts::Contexts;

/// A policy set, compiled. Cheap to clone and safe to share between threads.
#[derive(Debug, Clone)]
pub struct Table(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Tells this table's movements from those of others.
    stamp: u64,
    directory: Arc<Directory>,
    contexts: Contexts,
    points: Points,
    /// The class of every point, as source and as target.
    source_class: Vec<u32>,
    target_class: Vec<u32>,
    sources: usize,
    targets: usize,
    cells: Cells,
    /// By context: the apps to which a policy applies.
    managed: Vec<Bits>,
    /// By app: whether it holds one account at a time.
    single_identity: Vec<bool>,
    same_app: Decision,
    foreign: Decision,
}

/// The cells themselves: planes of rows of decisions, equal ones stored once.
#[derive(Debug, Default)]
struct Cells {
    /// By context and channel: the number of a plane.
    planes: Vec<u32>,
    /// By plane and class of source: the number of a row.
    rows: Vec<u32>,
    /// By row and class of target: the number of an entry.
    cells: Vec<u32>,
    entries: Vec<Entry>,
}

/// A decision, and the one for texts that are longer than its limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Entry {
    decision: Decision,
    /// A number of characters, and the entry for texts with more.
    beyond: Option<(u32, u32)>,
}

impl Entry {
    /// The entry of cells that no movement can reach.
    const IMPOSSIBLE: Self = Self {
        decision: Decision::not_enforced(Reason::AppNotProtected, Vec::new()),
        beyond: None,
    };
}

/// A movement that a table has resolved: nothing is left but array reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resolved {
    stamp: u64,
    /// Where the planes of the context begin, plus the channel.
    plane: u32,
    source: u32,
    target: u32,
    /// A movement inside one app under one account.
    inside: bool,
    characters: u32,
}

/// Stamps for tables; they tell tables apart and are never shown.
static NEXT_STAMP: AtomicU64 = AtomicU64::new(1);

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

    fn assemble(
        model: &Model,
        contexts: Contexts,
        points: Points,
        (sources, targets): (Classes, Classes),
        cells: Cells,
        managed: Vec<Bits>,
    ) -> Self {
        let foreign = Decision {
            verdict: Verdict::BLOCKED,
            ..Decision::not_enforced(Reason::ForeignMovement, Vec::new())
        };
        Self(Arc::new(Inner {
            stamp: NEXT_STAMP.fetch_add(1, Ordering::Relaxed),
            directory: Arc::clone(model.directory()),
            contexts,
            points,
            sources: sources.len(),
            targets: targets.len(),
            source_class: sources.of_point,
            target_class: targets.of_point,
            cells,
            managed,
            single_identity: model
                .apps()
                .iter()
                .map(|app| app.sdk && !app.multi_identity)
                .collect(),
            same_app: Decision::not_enforced(Reason::SameApp, Vec::new()),
            foreign,
        }))
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
        let movement = request.resolve(&self.0.directory)?;
        let context = &movement.context;
        let id = self.context_id(&context.users, context.platform, context.state);
        Ok(self.resolved(id, &movement))
    }

    /// Resolves a movement of ids of the model that this table was compiled from.
    #[must_use]
    pub fn resolve_movement(&self, movement: &Movement) -> Resolved {
        let context = &movement.context;
        let id = self.context_id(&context.users, context.platform, context.state);
        self.resolved(id, movement)
    }

    fn resolved(&self, context: Option<ContextId>, movement: &Movement) -> Resolved {
        let ends = (movement.source, movement.target);
        let inside = movement.same_app
            && movement.channel.stays_inside()
            && context.is_some_and(|id| self.is_one_account(id, movement.context.platform, ends));
        let characters = movement.characters.unwrap_or(0);
        Resolved { inside, characters, ..self.numbered(context, movement.channel, ends) }
    }

    /// A movement between two apps, of a text within every limit.
    fn numbered(
        &self,
        context: Option<ContextId>,
        channel: Channel,
        (source, target): (Endpoint, Endpoint),
    ) -> Resolved {
        let inner = &*self.0;
        let index = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        Resolved {
            // No table has this stamp: a context that does not exist is refused.
            stamp: context.map_or(0, |_| inner.stamp),
            plane: context.map_or(0, |id| id.0) * index(Channel::ALL.len())
                + index(channel.index()),
            source: index(inner.points.number(source)),
            target: index(inner.points.number(target)),
            inside: false,
            characters: 0,
        }
    }

    /// Whether two ends in one app are judged under one account. An app that does not exist on the
    /// platform has only one.
    fn is_one_account(
        &self,
        context: ContextId,
        platform: Platform,
        ends: (Endpoint, Endpoint),
    ) -> bool {
        match ends {
            (Endpoint::App { account: a, .. }, Endpoint::App { app, account: b, .. }) => {
                let one_at_a_time = self.0.single_identity[app.index()];
                a == b
                    || one_at_a_time && self.is_protected(context, app.index())
                    || !self.0.directory.app(app).platforms.contains(platform)
            }
            _ => false,
        }
    }

    fn is_protected(&self, context: ContextId, app: usize) -> bool {
        self.0.managed.get(context.0 as usize).is_some_and(|apps| apps.contains(app))
    }

    /// Whether an end is an app, under its work account, that a policy protects in a context.
    pub(crate) fn is_managed(&self, context: ContextId, end: Endpoint) -> bool {
        match end {
            Endpoint::App { app, account, .. } => {
                self.is_protected(context, app.index())
                    && (account == Account::Work || self.0.single_identity[app.index()])
            }
            Endpoint::Storage(_) | Endpoint::Place(_) => false,
        }
    }

    /// What becomes of a movement. Never fails and never allocates.
    ///
    /// A movement that another table resolved is refused: its decision is `block` with the reason
    /// [`Reason::ForeignMovement`].
    #[must_use]
    #[inline]
    pub fn decide(&self, movement: &Resolved) -> &Decision {
        let inner = &*self.0;
        if movement.stamp != inner.stamp {
            return &inner.foreign;
        }
        if movement.inside {
            return &inner.same_app;
        }
        let cells = &inner.cells;
        let plane = cells.planes[movement.plane as usize] as usize;
        let source = inner.source_class[movement.source as usize] as usize;
        let row = cells.rows[plane * inner.sources + source] as usize;
        let target = inner.target_class[movement.target as usize] as usize;
        let mut entry = &cells.entries[cells.cells[row * inner.targets + target] as usize];
        while let Some((limit, next)) = entry.beyond
            && movement.characters > limit
        {
            entry = &cells.entries[next as usize];
        }
        &entry.decision
    }

    /// Decides a request and spells the answer out, as `mam decide` prints it.
    ///
    /// # Errors
    ///
    /// When the request cannot be resolved.
    pub fn answer(&self, request: &Request) -> Result<Answer, ResolveError> {
        Ok(self.decide(&self.resolve(request)?).answer(&self.0.directory))
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
        let id = self.context_id(&context.users, context.platform, context.state);
        Ok(Session { table: self.clone(), id, device })
    }

    // ------------------------------------------------------------ for analysis

    pub(crate) fn context_id(
        &self,
        users: &[UsersId],
        platform: Platform,
        state: DeviceState,
    ) -> Option<ContextId> {
        self.0.contexts.number(users, platform, state)
    }

    /// The `for` clauses that tell users apart.
    pub(crate) fn user_clauses(&self) -> &[People] {
        self.0.contexts.clauses()
    }

    /// The classes of an end, as source and as target.
    pub(crate) fn classes(&self, end: Endpoint) -> (u32, u32) {
        let point = self.0.points.number(end);
        (self.0.source_class[point], self.0.target_class[point])
    }

    /// The decision for the classes of two ends, for a text within every limit.
    pub(crate) fn decide_classes(
        &self,
        context: ContextId,
        channel: Channel,
        source: u32,
        target: u32,
    ) -> &Decision {
        let inner = &*self.0;
        let plane = self.plane(context, channel) as usize;
        let row = inner.cells.rows[plane * inner.sources + source as usize] as usize;
        let cell = inner.cells.cells[row * inner.targets + target as usize] as usize;
        &inner.cells.entries[cell].decision
    }

    /// The number of the plane of a context and channel: equal planes hold equal decisions.
    pub(crate) fn plane(&self, context: ContextId, channel: Channel) -> u32 {
        self.0.cells.planes[context.0 as usize * Channel::ALL.len() + channel.index()]
    }

    /// Counts and sizes, for people who tune.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let inner = &*self.0;
        let cells = &inner.cells;
        let words = cells.planes.len()
            + cells.rows.len()
            + cells.cells.len()
            + inner.source_class.len()
            + inner.target_class.len();
        Stats {
            contexts: inner.contexts.len(),
            source_classes: inner.sources,
            target_classes: inner.targets,
            planes: cells.rows.len() / inner.sources.max(1),
            rows: cells.cells.len() / inner.targets.max(1),
            decisions: cells.entries.len(),
            bytes: words * size_of::<u32>() + cells.entries.len() * size_of::<Entry>(),
        }
    }
}

/// How large a [`Table`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Stats {
    /// Kinds of users on kinds of devices.
    pub contexts: usize,
    /// Kinds of sources.
    pub source_classes: usize,
    /// Kinds of targets.
    pub target_classes: usize,
    /// Distinct planes: tables of sources by targets.
    pub planes: usize,
    /// Distinct rows of planes.
    pub rows: usize,
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
    id: Option<ContextId>,
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
    pub fn decide(&self, channel: Channel, source: Endpoint, target: Endpoint) -> &Decision {
        let (table, platform) = (&self.table, self.device.platform);
        let unlisted = table.directory().unlisted_app();
        let same_app = matches!(
            (source, target),
            (Endpoint::App { app: a, .. }, Endpoint::App { app: b, .. }) if a == b && a != unlisted
        );
        let ends = (source, target);
        let inside = same_app
            && channel.stays_inside()
            && self.id.is_some_and(|id| table.is_one_account(id, platform, ends));
        table.decide(&Resolved { inside, ..table.numbered(self.id, channel, ends) })
    }
}
