//! What stands in a file, as plain data with places. No name is resolved and nothing is checked
//! beyond the grammar; what was left out is `None`, never a default.

use crate::source::{SourceId, Span};
pub use crate::vocabulary::{Account, Channel, Effect, RuleEffect};

/// A word with its place: a name, a platform, a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// The word as it is written.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A string with its place, escapes undone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// What it says.
    pub value: String,
    /// Its place, quotes included.
    pub span: Span,
}

/// Something with its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The thing.
    pub value: T,
    /// Its place.
    pub span: Span,
}

/// A `//` comment. The printer puts it back where it stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// All of it, slashes included, without the blanks at its end.
    pub text: String,
    /// Its place.
    pub span: Span,
    /// Whether something else stands before it on its line.
    pub trailing: bool,
}

/// A whole file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Which text it is.
    pub source: SourceId,
    /// Its declarations, in order.
    pub items: Vec<Item>,
    /// Its comments, in order.
    pub comments: Vec<Comment>,
    /// Names whose declarations could not be read; using them is no second mistake.
    pub broken: Vec<Name>,
}

/// One declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The `///` lines above it.
    pub docs: Vec<Text>,
    /// All of it, without its documentation.
    pub span: Span,
    /// What it declares.
    pub kind: ItemKind,
}

/// What an [`Item`] declares.
#[expect(clippy::large_enum_variant, reason = "a file has few declarations; a box gains nothing")]
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the keyword that opens it")]
pub enum ItemKind {
    Version(Spanned<u64>),
    Use(Use),
    Tenant(Tenant),
    App(App),
    Storage(Storage),
    Group(Group),
    Users(Users),
    Policy(Policy),
    Expect(Expect),
}

/// `use microsoft`, `use "file.mam"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Use {
    /// A catalogue built into the crate.
    Catalogue(Name),
    /// Another file, as the path from the one that names it.
    File(Text),
}

/// `tenant NAME "domain"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    /// Its name.
    pub name: Name,
    /// Its domain.
    pub domain: Text,
}

/// `app NAME "title" { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
    /// What stands in the braces, if there are any.
    pub entries: Option<Vec<AppEntry>>,
}

/// A line in an app's braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppEntry {
    /// `ios "a", "b"`.
    Ids(Spanned<IdKind>, Vec<Text>),
    /// `sdk`.
    Trait(Spanned<AppTrait>),
}

/// What kind of id a string is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdKind {
    /// A bundle id.
    Ios,
    /// A package name.
    Android,
    /// A Windows app id.
    Windows,
    /// A scheme or universal link that opens the app on iOS.
    Url,
}

impl IdKind {
    /// The word that opens a line of such ids.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ios => "ios",
            Self::Android => "android",
            Self::Windows => "windows",
            Self::Url => "url",
        }
    }
}

/// A property that an app has or lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AppTrait {
    /// Carries the MAM SDK: a policy can protect it.
    Sdk,
    /// Holds work and personal accounts side by side.
    MultiIdentity,
    /// Another vendor's MAM or secure container.
    Container,
    /// Its work data lives on the company's own servers.
    OnPremises,
}

impl AppTrait {
    /// The word that gives an app the property.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Sdk => "sdk",
            Self::MultiIdentity => "multi-identity",
            Self::Container => "container",
            Self::OnPremises => "on-premises",
        }
    }
}

/// `storage NAME "title" corporate|personal`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Storage {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
    /// Whether the company's data may rest there under its own account.
    pub corporate: bool,
}

/// `group NAME = set`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name.
    pub name: Name,
    /// What it holds.
    pub set: Set,
}

/// `users NAME "title"`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Users {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
}

/// `policy NAME "title" report-only { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<Text>,
    /// The words `report-only`.
    pub report_only: Option<Span>,
    /// What stands in the braces.
    pub body: Vec<Statement>,
    /// Whether all of the body could be read; if not, what is missing is no second mistake.
    pub complete: bool,
}

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The `///` lines above it.
    pub docs: Vec<Text>,
    /// All of it, without its documentation.
    pub span: Span,
    /// What it states.
    pub kind: StatementKind,
}

/// What a [`Statement`] states.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the keyword that opens it")]
pub enum StatementKind {
    For(People),
    Protect(Set),
    On(Words),
    Devices(Words),
    Yields(Yields),
    Otherwise(Effect),
    Rule(Rule),
    Require(Require),
    Launch(Launch),
    Setting(Setting),
    Expect(Expect),
}

/// `yields to …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yields {
    /// `yields to any`.
    Any,
    /// `yields to a, b`.
    To(Vec<Name>),
}

/// `allow share to managed …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The effect that it states.
    pub effect: Spanned<RuleEffect>,
    /// Its scope and limits.
    pub scope: Scope,
}

/// Channels and clauses: the scope of a rule, an expectation or a question, with the limits of the
/// first two.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The channels, in the order in which they are written.
    pub channels: Vec<Spanned<ChannelWord>>,
    /// `from SET`.
    pub from: Option<Set>,
    /// `to SET`.
    pub to: Option<Set>,
    /// `avoiding SET`; only in `expect no path`.
    pub avoiding: Option<Set>,
    /// `up to N characters`.
    pub up_to: Option<Spanned<u64>>,
    /// `without content`.
    pub without_content: Option<Span>,
    /// `tagged work`.
    pub tagged: Option<Span>,
    /// `app-wide`.
    pub app_wide: Option<Span>,
    /// `for PEOPLE`.
    pub people: Option<People>,
    /// `on PLATFORMS`.
    pub platforms: Option<Words>,
    /// `devices STATES`.
    pub devices: Option<Words>,
    /// `because "…"`.
    pub because: Option<Text>,
}

/// A channel, or `any`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelWord {
    /// All that fit.
    Any,
    /// This one.
    One(Channel),
}

/// A set of endpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// What it holds.
    pub terms: Vec<Term>,
    /// What of that it leaves out.
    pub except: Vec<Term>,
    /// All of it.
    pub span: Span,
}

/// One term of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// What it names.
    pub what: TermKind,
    /// `as ACCOUNT`.
    pub account: Option<Spanned<AccountWord>>,
    /// `deployed`.
    pub deployed: Option<Span>,
    /// All of it.
    pub span: Span,
}

/// What a [`Term`] names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TermKind {
    /// One of the language's words.
    Word(SetWord),
    /// A declared name.
    Name(Name),
    /// An app's id.
    Id(Text),
}

/// A word that stands for a set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each variant is the word itself")]
pub enum SetWord {
    Any,
    AnyApp,
    AnyStorage,
    CorporateStorage,
    PersonalStorage,
    Managed,
    Unmanaged,
    Unlisted,
}

impl SetWord {
    /// The word as it is written.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::AnyApp => "any-app",
            Self::AnyStorage => "any-storage",
            Self::CorporateStorage => "corporate-storage",
            Self::PersonalStorage => "personal-storage",
            Self::Managed => "managed",
            Self::Unmanaged => "unmanaged",
            Self::Unlisted => "unlisted",
        }
    }
}

/// The account behind `as`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountWord {
    /// Every account.
    Any,
    /// This one.
    One(Account),
}

/// `for …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum People {
    /// `for a, b except c`: in one of the first and none of the last. `None` stands for `any`.
    Some {
        /// Those who are meant.
        of: Option<Vec<Name>>,
        /// Those who are not.
        except: Vec<Name>,
        /// All of the clause, without `for`.
        span: Span,
    },
    /// `for a and b except c`: in all of the first and none of the last.
    Every {
        /// Those who are meant, at least two.
        of: Vec<Name>,
        /// Those who are not.
        except: Vec<Name>,
        /// All of the clause, without `for`.
        span: Span,
    },
    /// `for exactly a, b`: in these groups and no other; none of them for `exactly none`.
    Exactly {
        /// The groups.
        of: Vec<Name>,
        /// All of the clause, without `for`.
        span: Span,
    },
}

impl People {
    /// All of the clause, without `for`.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Some { span, .. } | Self::Every { span, .. } | Self::Exactly { span, .. } => {
                *span
            }
        }
    }
}

/// Platforms or device states: words, then what to leave out. `None` stands for `any`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// Those that are meant.
    pub of: Option<Vec<Name>>,
    /// Those that are not.
    pub except: Vec<Name>,
    /// All of it.
    pub span: Span,
}

/// `expect …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// What is claimed.
    pub claim: Claim,
    /// Of which movements.
    pub scope: Scope,
}

/// What an expectation claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claim {
    /// Every movement of the scope has this effect.
    Effect(Effect),
    /// No chain of allowed movements leads from the first set to the second.
    NoPath,
}

/// `require pin { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require {
    /// `pin`, `credentials`, `encryption`.
    pub what: Name,
    /// The fields.
    pub fields: Vec<Field>,
    /// `on …`.
    pub platforms: Option<Words>,
    /// `devices …`.
    pub devices: Option<Words>,
}

/// A field of a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its value.
    pub value: Option<Value>,
    /// All of it.
    pub span: Span,
}

/// The value of a field or a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `6`.
    Number(Spanned<u64>),
    /// `30 minutes`.
    Amount(Spanned<u64>, Name),
    /// `5 then reset`.
    Then(Spanned<u64>, Name),
    /// `numeric`.
    Word(Name),
    /// `17.0`.
    Version(Name),
    /// `2026-01-01`.
    Date(Name),
}

/// `launch wipe when …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// `warn`, `block`, `wipe`.
    pub action: Name,
    /// What the device, the app or the account is asked for.
    pub subject: Name,
    /// How it is compared.
    pub test: Test,
    /// `on …`.
    pub platforms: Option<Words>,
    /// `devices …`.
    pub devices: Option<Words>,
}

/// The second half of a launch condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// `jailbroken`.
    Holds,
    /// `app-scan off`.
    Is(Name),
    /// `os < 17.0`.
    Less(Value),
    /// `offline > 90 days`.
    Greater(Value),
    /// `model not in "…", "…"`.
    NotIn(Vec<Text>),
}

/// `setting "NAME" = JSON`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The property's name.
    pub name: Text,
    /// Its value.
    pub value: Json,
}

/// A JSON value. Numbers and strings keep the text that they were written with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the kinds of JSON")]
pub enum Json {
    Null,
    Bool(bool),
    Number(String),
    /// With its quotes and escapes.
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}
