//! Endpoint sets: what stands behind `from` and `to`, with ids for names and readings decided.

use super::ids::{AppId, GroupId, StorageId};
use crate::vocabulary::{Account, Accounts, Place, Platform, Platforms, SetWord};

/// A set of endpoints: the union of some terms minus the union of others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct EndpointSet {
    /// The terms that are in.
    pub terms: Vec<Term>,
    /// The terms behind `except`.
    pub except: Vec<Term>,
}

impl EndpointSet {
    /// Apps, each under one account, deployed or not.
    pub(crate) fn of_apps(apps: impl Iterator<Item = (AppId, Account)>) -> Self {
        let term = |(app, account)| Term {
            what: What::App(app, Platforms::all()),
            accounts: AccountReading::Named([account].into_iter().collect()),
            deployed: false,
        };
        Self { terms: apps.map(term).collect(), except: Vec::new() }
    }

    /// The set in a model that has the unnamed apps, the first of them with this id.
    pub(super) fn with_apps(&self, first: AppId) -> Self {
        let named = |terms: &[Term]| terms.iter().map(|term| term.with_apps(first)).collect();
        Self { terms: named(&self.terms), except: named(&self.except) }
    }
}

impl Term {
    fn with_apps(self, first: AppId) -> Self {
        let What::Unnamed(platform, number) = self.what else { return self };
        let app = AppId::new(first.index() + number);
        Self { what: What::App(app, [platform].into_iter().collect()), ..self }
    }
}

/// One term of an endpoint set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Term {
    /// The things that it names.
    pub what: What,
    /// The accounts of them.
    pub accounts: AccountReading,
    /// Whether only apps that the device's MDM installed are meant.
    pub deployed: bool,
}

/// The things that a term names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum What {
    /// A word of the language.
    Word(SetWord),
    /// An app, on these platforms.
    App(AppId, Platforms),
    /// In a question: an app of which only an id is known, by its position in
    /// [`Scope::unnamed`](super::Scope::unnamed). A model that does not have the app takes it for the unlisted
    /// one.
    Unnamed(Platform, usize),
    /// A storage.
    Storage(StorageId),
    /// A place.
    Place(Place),
    /// Every member of a group.
    Group(GroupId),
}

/// The accounts that a term means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum AccountReading {
    /// The work account of an app with the SDK, the only account of any other app.
    Work,
    /// The accounts written behind `as`.
    Named(Accounts),
    /// Every account.
    Every,
}

impl AccountReading {
    /// Whether the term means this account of an app with or without the SDK.
    #[must_use]
    pub fn holds(self, account: Account, sdk: bool) -> bool {
        match self {
            Self::Work => !sdk || account == Account::Work,
            Self::Named(accounts) => accounts.contains(account),
            Self::Every => true,
        }
    }
}

impl Term {
    /// Whether the term has a qualifier that only apps have: an account or `deployed`.
    #[must_use]
    pub fn names_apps_only(&self) -> bool {
        self.deployed || matches!(self.accounts, AccountReading::Named(_))
    }
}

/// The platform (`None` for a url) and the rest of an id as a string term writes it.
pub(in crate::model) fn split_id(id: &str) -> Option<(Option<Platform>, &str)> {
    let (kind, rest) = id.split_once(':')?;
    if rest.is_empty() {
        return None;
    }
    match kind {
        "url" => Some((None, rest)),
        _ => Platform::from_word(kind).map(|platform| (Some(platform), rest)),
    }
}
