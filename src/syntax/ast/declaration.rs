//! Files and their declarations.

use super::access::ExpectAccess;
use super::node::{Comment, Name, Text};
use super::policy::{Expect, Policy};
use super::scope::Set;
use crate::source::{SourceId, Span, Spanned};

/// The tree of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// The source that was parsed.
    pub source: SourceId,
    /// The declarations, in source order.
    pub items: Vec<Item>,
    /// The comments, in source order.
    pub comments: Vec<Comment>,
    /// Names of declarations that have syntax errors. Name resolution reports no use of them, since
    /// the cause is already reported.
    pub broken: Vec<Name>,
}

/// A declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The `///` lines above the declaration.
    pub docs: Vec<Text>,
    /// The bytes of the declaration, documentation excluded.
    pub span: Span,
    /// The declaration itself.
    pub kind: ItemKind,
}

/// A declaration, by the keyword that opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the keyword that opens it")]
pub enum ItemKind {
    Version(Spanned<u64>),
    Use(Use),
    Tenant(Tenant),
    App(App),
    Storage(Storage),
    Group(Group),
    Users(Users),
    /// A filter.
    Filter(Filter),
    Policy(Policy),
    Expect(Expect),
    ExpectAccess(ExpectAccess),
}

/// An import: `use microsoft`, `use "file.mam"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// The name of a catalogue that is built into the crate.
    Catalogue(Name),
    /// The path of another file, relative to the importing file.
    File(Text),
}

/// A tenant: `tenant NAME "domain"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// The tenant's name.
    pub name: Name,
    /// The tenant's domain.
    pub domain: Text,
}

/// An app: `app NAME "title" { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// The app's name.
    pub name: Name,
    /// The title, for display.
    pub title: Option<Text>,
    /// The lines in braces; `None` without braces.
    pub entries: Option<Vec<AppEntry>>,
}

/// A line in the braces of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AppEntry {
    /// App ids of one kind: `ios "a", "b"`.
    Ids(Spanned<IdKind>, Vec<Text>),
    /// A property: `sdk`.
    Trait(Spanned<AppTrait>),
}

/// The kind of an app id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IdKind {
    /// A bundle id of iOS.
    Ios,
    /// A package name of Android.
    Android,
    /// An app id of Windows.
    Windows,
    /// A URL scheme or universal link that opens the app on iOS.
    Url,
}

impl IdKind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Ios, Self::Android, Self::Windows, Self::Url];

    /// The keyword that opens a line of such ids.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ios => "ios",
            Self::Android => "android",
            Self::Windows => "windows",
            Self::Url => "url",
        }
    }

    /// The kind with this keyword.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.word() == word)
    }
}

/// A property of an app, absent by default.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AppTrait {
    /// The app carries the MAM SDK: policies can protect it.
    Sdk,
    /// The app keeps work and personal accounts apart.
    MultiIdentity,
    /// The app is a secure container of another vendor.
    Container,
    /// The app keeps its work data on servers of the company.
    OnPremises,
}

impl AppTrait {
    /// Every property.
    pub const ALL: &'static [Self] =
        &[Self::Sdk, Self::MultiIdentity, Self::Container, Self::OnPremises];

    /// The keyword of the property.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sdk => "sdk",
            Self::MultiIdentity => "multi-identity",
            Self::Container => "container",
            Self::OnPremises => "on-premises",
        }
    }

    /// The property with this keyword.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.word() == word)
    }
}

/// A storage: `storage NAME "title" corporate|personal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// The storage's name.
    pub name: Name,
    /// The title, for display.
    pub title: Option<Text>,
    /// Whether the storage is `corporate` rather than `personal`.
    pub corporate: bool,
}

/// A named set of apps and storages: `group NAME = set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The group's name.
    pub name: Name,
    /// The members.
    pub set: Set,
}

/// A yes/no fact of app and device: `filter NAME "title"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The filter's name.
    pub name: Name,
    /// The title, for display.
    pub title: Option<Text>,
}

/// A group of people: `users NAME "title"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// The group's name.
    pub name: Name,
    /// The title, for display.
    pub title: Option<Text>,
}
