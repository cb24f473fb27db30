//! Scopes: channels, sets of endpoints, people, platforms and device states.

use super::node::{Name, Text};
use crate::source::{Span, Spanned};
use crate::vocabulary::{Account, Channel, SetWord};

/// The scope of a rule, an expectation or a query: channels and clauses.
///
/// One type serves all of them. The grammar decides which clauses each may have; the rest are
/// `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// The channels, in source order.
    pub channels: Vec<Spanned<ChannelWord>>,
    /// The sources: `from SET`.
    pub from: Option<Set>,
    /// The targets: `to SET`.
    pub to: Option<Set>,
    /// The excluded intermediate stations of a path: `avoiding SET`.
    pub avoiding: Option<Set>,
    /// The limit `up to N characters`.
    pub up_to: Option<Spanned<u64>>,
    /// The limit `without content`.
    pub without_content: Option<Span>,
    /// The obligation `tagged work`.
    pub tagged: Option<Span>,
    /// The keyword `app-wide`.
    pub app_wide: Option<Span>,
    /// The users: `for PEOPLE`.
    pub people: Option<People>,
    /// The platforms: `on PLATFORMS`.
    pub platforms: Option<Words>,
    /// The device management states: `devices STATES`.
    pub devices: Option<Words>,
    /// The reason shown to users: `because "…"`.
    pub because: Option<Text>,
}

/// A channel, or `any`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChannelWord {
    /// Every channel that the statement can be about.
    Any,
    /// A single channel.
    One(Channel),
}

/// A set of endpoints: a union of terms minus a union of terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Set {
    /// The terms before `except`, at least one.
    pub terms: Vec<Term>,
    /// The terms behind `except`.
    pub except: Vec<Term>,
    /// The bytes of the set.
    pub span: Span,
}

/// A term of a set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The word, name or id.
    pub what: TermKind,
    /// The qualifier `as ACCOUNT`.
    pub account: Option<Spanned<AccountWord>>,
    /// The qualifier `deployed`.
    pub deployed: Option<Span>,
    /// The bytes of the term, qualifiers included.
    pub span: Span,
}

/// A term without its qualifiers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TermKind {
    /// A keyword for a set.
    Word(SetWord),
    /// A declared name.
    Name(Name),
    /// An app id: `"ios:com.example"`.
    Id(Text),
}

/// The account behind `as`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountWord {
    /// Every account.
    Any,
    /// A single account.
    One(Account),
}

/// A test of a filter: `matching f` or `not matching f`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matching {
    /// The filter.
    pub filter: Name,
    /// Whether it has to hold, or must not.
    pub holds: bool,
}

/// A term of a `for` clause: a group with its tests of filters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The group; `None` stands for `any`, and behind `exactly` for `none`.
    pub group: Option<Name>,
    /// The tests, which must all pass.
    pub matching: Vec<Matching>,
}

impl From<Name> for Member {
    fn from(group: Name) -> Self {
        Self { group: Some(group), matching: Vec::new() }
    }
}

/// The users of a `for` clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum People {
    /// `for a, b except c`: users of at least one of the first terms and of none of the last.
    Some {
        /// The terms before `except`; `None` stands for `any` without tests.
        of: Option<Vec<Member>>,
        /// The terms behind `except`.
        except: Vec<Member>,
        /// The bytes of the clause, `for` excluded.
        span: Span,
    },
    /// `for a and b except c`: users of all of the first terms and of none of the last.
    Every {
        /// The terms before `except`, at least two.
        of: Vec<Member>,
        /// The terms behind `except`.
        except: Vec<Member>,
        /// The bytes of the clause, `for` excluded.
        span: Span,
    },
    /// `for exactly a, b`: members of these groups and of no other, where all tests pass.
    Exactly {
        /// The terms; empty for `exactly none` without tests.
        of: Vec<Member>,
        /// The bytes of the clause, `for` excluded.
        span: Span,
    },
}

impl People {
    /// The bytes of the clause, `for` excluded.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Some { span, .. } | Self::Every { span, .. } | Self::Exactly { span, .. } => {
                *span
            }
        }
    }
}

/// The words of an `on` or `devices` clause: platforms or device management states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The words before `except`; `None` stands for `any`.
    pub of: Option<Vec<Name>>,
    /// The words behind `except`.
    pub except: Vec<Name>,
    /// The bytes of the words.
    pub span: Span,
}
