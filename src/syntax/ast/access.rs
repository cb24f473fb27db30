//! Access statements (`require`, `launch`) and settings of other systems.

use super::node::{Name, Text};
use super::scope::{People, Set, Words};
use crate::source::{Span, Spanned};

/// A requirement for opening an app: `require pin { … }`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Require {
    /// The kind of requirement: `pin`, `credentials`, `encryption`.
    pub what: Name,
    /// The fields, in source order.
    pub fields: Vec<Field>,
    /// The platforms: `on …`.
    pub platforms: Option<Words>,
    /// The device management states: `devices …`.
    pub devices: Option<Words>,
}

/// A field of a requirement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The field's name.
    pub name: Name,
    /// The field's value, if written.
    pub value: Option<Value>,
    /// The bytes of the field, value included.
    pub span: Span,
}

/// The value of a field or a condition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Value {
    /// A number: `6`.
    Number(Spanned<u64>),
    /// A duration in the named unit: `30 minutes`.
    Amount(Spanned<u64>, Name),
    /// Numbers of attempts, each with the action behind them: `3 then reset, 5 then wipe`.
    Then(Vec<(Spanned<u64>, Name)>),
    /// A word: `numeric`.
    Word(Name),
    /// A version: `17.0`.
    Version(Name),
    /// A date: `2026-01-01`.
    Date(Name),
}

/// A condition at the start of an app: `launch wipe when …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Launch {
    /// The action if the condition holds: `warn`, `block`, `wipe`.
    pub action: Name,
    /// The tested property of the device, the app or the account.
    pub subject: Name,
    /// The comparison.
    pub test: Test,
    /// The platforms: `on …`.
    pub platforms: Option<Words>,
    /// The device management states: `devices …`.
    pub devices: Option<Words>,
    /// The text for a user who is warned or refused.
    pub because: Option<Text>,
}

/// The comparison of a launch condition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Test {
    /// The property is present: `jailbroken`.
    Holds,
    /// The property has this state: `app-scan off`.
    Is(Name),
    /// The property is less than a value: `os < 17.0`.
    Less(Value),
    /// The property is greater than a value: `offline > 90 days`.
    Greater(Value),
    /// The property is none of these strings: `model not in "…", "…"`.
    NotIn(Vec<Text>),
    /// In a scope, the property has this value: `os 16.4`.
    Equals(Value),
    /// In a scope, the property is this string: `model "iPhone14,2"`.
    Named(Text),
}

/// A set of accesses: `launch SET for … on … devices … when …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessScope {
    /// The apps.
    pub set: Option<Set>,
    /// The users: `for PEOPLE`.
    pub people: Option<People>,
    /// The platforms: `on …`.
    pub platforms: Option<Words>,
    /// The device management states: `devices …`.
    pub devices: Option<Words>,
    /// The facts: `when …`.
    pub when: Option<When>,
    /// The bytes of the scope.
    pub span: Span,
}

/// A condition on facts: `when os < 17.0, not jailbroken, rest unknown`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    /// The tests, all of which hold.
    pub tests: Vec<FactTest>,
    /// The words `rest unknown`, if they are written.
    pub rest_unknown: Option<Span>,
}

/// A test of a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactTest {
    /// Whether `not` precedes it.
    pub is_negated: bool,
    /// The fact.
    pub subject: Name,
    /// The test.
    pub test: Test,
    /// The bytes of the test, `not` included.
    pub span: Span,
}

/// An expectation about accesses: `expect … launch …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectAccess {
    /// The claim about every access of the scope.
    pub claim: AccessClaim,
    /// The accesses that the claim is about.
    pub scope: AccessScope,
}

/// The claim of an expectation about accesses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccessClaim {
    /// The effect: `allow`, `warn`, `block`, `wipe`.
    Effect(Name),
    /// A requirement that is in force, without clauses of its own.
    Require(Require),
}

/// A property of another system, kept verbatim: `setting "NAME" = JSON`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// The property's name.
    pub name: Text,
    /// The property's value.
    pub value: Json,
}

/// A JSON value. Numbers and strings keep their source text, so that printing changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the kinds of JSON")]
pub enum Json {
    Null,
    Bool(bool),
    Number(String),
    /// The literal, with quotes and escapes.
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// The value with the members of its objects in alphabetical order: their order means nothing.
    #[must_use]
    pub fn sorted(&self) -> Self {
        match self {
            Self::Array(values) => Self::Array(values.iter().map(Self::sorted).collect()),
            Self::Object(members) => {
                let sorted = members.iter().map(|(name, value)| (name.clone(), value.sorted()));
                let mut members: Vec<_> = sorted.collect();
                members.sort_by(|(one, _), (other, _)| one.cmp(other));
                Self::Object(members)
            }
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => self.clone(),
        }
    }
}
