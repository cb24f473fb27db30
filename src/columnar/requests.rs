//! The rows of a batch as requests.

use arrow_array::{Array, RecordBatch};

use super::error::{BatchError, RowError};
use super::lists::Lists;
use super::numbers::Numbers;
use super::schema::{Found, ReadError, RequestKind, fact_column, is_flag};
use super::texts::Texts;
use super::words::{Flags, Words};
use crate::access::{AccessRequest, Facts, LaunchRequest};
use crate::model::Fact;
use crate::request::{DeviceRequest, EndpointRequest, Request, UserRequest};
use crate::vocabulary::{Account, Channel, DeviceState, Kind, Platform, Side};

/// The rows of a batch, each a request.
#[derive(Debug)]
pub struct RowRequests<'b> {
    columns: Columns<'b>,
    rows: usize,
}

/// The request of a row, of either kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowRequest<'b> {
    /// A request about a movement.
    Movement(Request<'b>),
    /// A request about an access.
    Access(AccessRequest<'b>),
}

/// The columns of a batch, by the kind of its requests.
#[derive(Debug)]
pub(super) enum Columns<'b> {
    Movements(Box<Movements<'b>>),
    Accesses(Box<Accesses<'b>>),
}

impl<'b> RowRequests<'b> {
    /// The requests of a batch.
    ///
    /// # Errors
    ///
    /// When the batch lacks a column, has one that no request has or one of another type.
    pub fn new(batch: &'b RecordBatch) -> Result<Self, BatchError> {
        let mut found = Found::new(batch);
        let rows = batch.num_rows();
        let columns = match found.kind {
            RequestKind::Movements => {
                Columns::Movements(Box::new(Movements::read(&mut found, rows)))
            }
            RequestKind::Accesses => Columns::Accesses(Box::new(Accesses::read(&mut found, rows))),
        };
        match found.mistakes {
            mistakes if mistakes.is_empty() => Ok(Self { columns, rows }),
            mistakes => Err(BatchError::Columns(mistakes)),
        }
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.rows
    }

    /// Whether there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The request of a row.
    ///
    /// # Errors
    ///
    /// When a value is null that every request has, or no value of its column.
    pub fn get(&self, row: usize) -> Result<RowRequest<'b>, RowError> {
        Ok(match &self.columns {
            Columns::Movements(columns) => RowRequest::Movement(columns.request(row)?),
            Columns::Accesses(columns) => RowRequest::Access(columns.request(row)?),
        })
    }

    pub(super) fn columns(&self) -> &Columns<'b> {
        &self.columns
    }
}

/// The columns of users and devices.
#[derive(Debug)]
pub(super) struct Users<'b> {
    pub(super) groups: Lists<'b>,
    pub(super) filters: Lists<'b>,
    pub(super) platform: Words<'b, Platform>,
    pub(super) management: Words<'b, DeviceState>,
}

impl<'b> Users<'b> {
    fn read(found: &mut Found<'b>) -> Self {
        Self {
            groups: found.read("groups", Lists::new),
            filters: found.read("filters", Lists::new),
            platform: found.read("platform", Words::new),
            management: found.read("management", Words::new),
        }
    }

    /// The user of a row.
    pub(super) fn user(&self, row: usize) -> Result<UserRequest<'b>, RowError> {
        let groups = self.groups.names("groups", self.groups.number(row))?;
        let groups = groups.ok_or(RowError::MissingValue { column: "groups" })?;
        Ok(UserRequest { groups })
    }

    /// The device of a row.
    pub(super) fn device(&self, row: usize) -> Result<DeviceRequest<'b>, RowError> {
        let platform = self.platform.required("platform", row)?;
        let management = self.management.required("management", row)?;
        let filters = self.filters.names("filters", self.filters.number(row))?;
        Ok(DeviceRequest { filters, ..DeviceRequest::new(platform, management) })
    }

    /// The numbers of everything in a row.
    pub(super) fn numbers(&self, row: usize) -> [u32; 4] {
        [
            self.groups.number(row),
            self.filters.number(row),
            self.platform.number(row),
            self.management.number(row),
        ]
    }
}

/// The columns of endpoints on one side.
#[derive(Debug)]
pub(super) struct Ends<'b> {
    side: Side,
    pub(super) name: Texts<'b>,
    pub(super) account: Words<'b, Account>,
    pub(super) deployed: Flags<'b>,
}

impl<'b> Ends<'b> {
    fn read(found: &mut Found<'b>, side: Side) -> Self {
        let [name, account, deployed] = Self::columns(side);
        Self {
            side,
            name: found.read(name, Texts::new),
            account: found.read(account, Words::new),
            deployed: found.read(deployed, Flags::new),
        }
    }

    const fn columns(side: Side) -> [&'static str; 3] {
        match side {
            Side::Source => ["source", "source_account", "source_deployed"],
            Side::Target => ["target", "target_account", "target_deployed"],
        }
    }

    /// The endpoint of a row: an app, or a storage or place, as the channel has it on this side. `None` if
    /// nothing is known of it.
    pub(super) fn request(
        &self,
        channel: Channel,
        row: usize,
    ) -> Result<Option<EndpointRequest<'b>>, RowError> {
        let [_, column, _] = Self::columns(self.side);
        let account = self.account.get(column, row)?;
        let (name, deployed) = (self.name.get(row), self.deployed.get(row));
        if name.is_none() && account.is_none() && deployed.is_none() {
            return Ok(None);
        }
        let request = match (name, channel.kind_at(self.side)) {
            (None, _) => EndpointRequest::default(),
            (Some(name), Kind::App) => EndpointRequest::app(name),
            (Some(name), Kind::Storage | Kind::Place) => EndpointRequest::storage(name),
        };
        Ok(Some(EndpointRequest { account, deployed, ..request }))
    }
}

/// The columns of movements.
#[derive(Debug)]
pub(super) struct Movements<'b> {
    pub(super) rows: usize,
    pub(super) channel: Words<'b, Channel>,
    pub(super) source: Ends<'b>,
    pub(super) target: Ends<'b>,
    pub(super) characters: Numbers,
    pub(super) users: Users<'b>,
}

impl<'b> Movements<'b> {
    fn read(found: &mut Found<'b>, rows: usize) -> Self {
        Self {
            rows,
            channel: found.read("channel", Words::new),
            source: Ends::read(found, Side::Source),
            target: Ends::read(found, Side::Target),
            characters: found.read("characters", Numbers::new),
            users: Users::read(found),
        }
    }

    /// The request of a row.
    pub(super) fn request(&self, row: usize) -> Result<Request<'b>, RowError> {
        let channel = self.channel.required("channel", row)?;
        let source = self.source.request(channel, row)?.unwrap_or_default();
        let target = self.target.request(channel, row)?;
        let (user, device) = (self.users.user(row)?, self.users.device(row)?);
        let characters = self.characters.get("characters", row)?;
        Ok(Request { characters, ..Request::new(channel, source, target, user, device) })
    }
}

/// The column of a fact.
#[derive(Debug)]
struct FactColumn<'b> {
    fact: Fact,
    texts: Texts<'b>,
    flags: Flags<'b>,
}

impl<'b> FactColumn<'b> {
    fn read(found: &mut Found<'b>, fact: Fact) -> Self {
        fn unless<'b, T: Default>(
            is_other: bool,
            found: &mut Found<'b>,
            fact: Fact,
            read: impl FnOnce(&'b dyn Array) -> Result<T, ReadError>,
        ) -> T {
            if is_other { T::default() } else { found.read(fact_column(fact), read) }
        }
        Self {
            fact,
            texts: unless(is_flag(fact), found, fact, Texts::new),
            flags: unless(!is_flag(fact), found, fact, Flags::new),
        }
    }

    /// The number of the fact in a row.
    fn number(&self, row: usize) -> u32 {
        if is_flag(self.fact) { self.flags.number(row) } else { self.texts.number(row) }
    }

    /// Sets the fact to the value in a row.
    fn set(&self, facts: &mut Facts<'b>, row: usize) -> Result<(), RowError> {
        let column = fact_column(self.fact);
        let bad = |text: &str, takes| {
            let (text, help) = (text.to_owned(), format!("it takes {takes}"));
            RowError::BadFact { column, text, help }
        };
        if let Some(flag) = self.flags.get(row) {
            facts.set_flag(self.fact, flag).map_err(|takes| bad("a flag", takes))?;
        }
        if let Some(text) = self.texts.get(row) {
            facts.set_text(self.fact, text).map_err(|takes| bad(text, takes))?;
        }
        Ok(())
    }
}

/// The numbers of everything in a row of accesses but for facts.
pub(super) type Opened = [u32; 6];

/// The columns of accesses.
#[derive(Debug)]
pub(super) struct Accesses<'b> {
    pub(super) rows: usize,
    app: Texts<'b>,
    account: Words<'b, Account>,
    users: Users<'b>,
    facts: Vec<FactColumn<'b>>,
}

impl<'b> Accesses<'b> {
    fn read(found: &mut Found<'b>, rows: usize) -> Self {
        Self {
            rows,
            app: found.read("launch_app", Texts::new),
            account: found.read("launch_account", Words::new),
            users: Users::read(found),
            facts: Fact::ALL.iter().map(|fact| FactColumn::read(found, *fact)).collect(),
        }
    }

    /// The numbers of everything in a row but for facts.
    pub(super) fn opened(&self, row: usize) -> Opened {
        let [groups, filters, platform, management] = self.users.numbers(row);
        let app = [self.app.number(row), self.account.number(row)];
        [app[0], app[1], groups, filters, platform, management]
    }

    /// The numbers of the facts in a row.
    pub(super) fn facts_of(&self, row: usize) -> impl Iterator<Item = u32> {
        self.facts.iter().map(move |column| column.number(row))
    }

    /// The request of a row.
    pub(super) fn request(&self, row: usize) -> Result<AccessRequest<'b>, RowError> {
        let app = self.app.get(row).ok_or(RowError::MissingValue { column: "launch_app" })?;
        let account = self.account.get("launch_account", row)?;
        let (user, device) = (self.users.user(row)?, self.users.device(row)?);
        let mut facts = Facts::default();
        self.facts.iter().try_for_each(|column| column.set(&mut facts, row))?;
        let launch = LaunchRequest { account, ..LaunchRequest::app(app) };
        Ok(AccessRequest::new(launch, user, device, facts))
    }
}
