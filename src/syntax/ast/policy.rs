//! Policies, their statements and expectations.

use super::access::{ExpectAccess, Launch, Require, Setting};
use super::node::{Name, Text};
use super::scope::{People, Scope, Set, Words};
use crate::source::{Span, Spanned};
use crate::vocabulary::{Effect, RuleEffect};

/// A policy: `policy NAME "title" report-only { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The policy's name.
    pub name: Name,
    /// The title, for display.
    pub title: Option<Text>,
    /// The keyword `report-only`, if written.
    pub report_only: Option<Span>,
    /// The statements in braces, in source order.
    pub body: Vec<Statement>,
    /// Whether the policy has no syntax error. Later checks report no missing clause of an
    /// incomplete policy, since the clause may be the unreadable one.
    pub complete: bool,
}

impl Policy {
    /// A policy without title, flags and statements.
    #[must_use]
    pub const fn empty(name: Name) -> Self {
        Self { name, title: None, report_only: None, body: Vec::new(), complete: true }
    }
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The `///` lines above the statement.
    pub docs: Vec<Text>,
    /// The bytes of the statement, documentation excluded.
    pub span: Span,
    /// The statement itself.
    pub kind: StatementKind,
}

/// A statement, by the keyword that opens it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "each variant is the keyword that opens it")]
pub enum StatementKind {
    For(People),
    Protect(Protect),
    On(Words),
    Devices(Words),
    Yields(Yields),
    Otherwise(Effect),
    Rule(Rule),
    Require(Require),
    Launch(Launch),
    Setting(Setting),
    Expect(Expect),
    ExpectAccess(ExpectAccess),
}

impl StatementKind {
    /// Whether it is a clause of its policy's head.
    #[must_use]
    pub const fn is_of_head(&self) -> bool {
        matches!(
            self,
            Self::For(_)
                | Self::Protect(_)
                | Self::On(_)
                | Self::Devices(_)
                | Self::Yields(_)
                | Self::Otherwise(_)
        )
    }
}

/// The protected apps: `protect outlook, word`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protect {
    /// The apps.
    pub set: Set,
    /// The place of `unconfirmed`: some of the apps may not be protected.
    pub unconfirmed: Option<Span>,
}

/// The policies that override this one: `yields to …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Yields {
    /// Every other policy: `yields to any`, `yields to any except a, b`.
    Any {
        /// The policies that are left out.
        except: Vec<Name>,
    },
    /// The named policies: `yields to a, b`.
    To(Vec<Name>),
}

/// A rule: `allow share to managed …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The effect on matching movements.
    pub effect: Spanned<RuleEffect>,
    /// The movements that match, with the rule's limits.
    pub scope: Scope,
}

/// An expectation, a test of the policy set: `expect …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    /// The claim about every movement of the scope.
    pub claim: Claim,
    /// The movements that the claim is about.
    pub scope: Scope,
}

/// The claim of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// Every movement of the scope has this effect.
    Effect(Effect),
    /// No path of allowed movements leads from the first set to the second.
    NoPath,
}
