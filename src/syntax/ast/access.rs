//! Access statements (`require`, `launch`) and settings of other systems.

use super::node::{Name, Text};
use super::scope::Words;
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
