//! Relocation: trees of a piece of text as those of the same piece elsewhere.
//!
//! Takes in a tree and how far its text moved, changes every span of it. Each type is taken apart field by
//! field, so that a new field cannot be forgotten. Does not look at texts.

use super::ast::{
    AccessClaim, AccessScope, App, AppEntry, Expect, ExpectAccess, FactTest, Field, Filter, Group,
    Item, ItemKind, Launch, Matching, Member, Name, People, Policy, Protect, Require, Rule, Scope,
    Set, Setting, Spanned, Statement, StatementKind, Storage, Tenant, Term, TermKind, Test, Text,
    Use, Users, Value, When, Words, Yields,
};
use crate::source::{SourceId, Span};

/// A move of text: to a source, and by a number of bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Move {
    source: SourceId,
    from: u32,
    to: u32,
}

impl Move {
    /// The move of a text that began at the byte `from`, to the byte `to` of a source.
    pub(super) const fn new(from: u32, source: SourceId, to: u32) -> Self {
        Self { source, from, to }
    }

    fn byte(self, at: u32) -> u32 {
        at.saturating_sub(self.from).saturating_add(self.to)
    }
}

/// A tree whose spans can be moved.
pub(super) trait Relocate {
    /// Moves every span.
    fn relocate(&mut self, by: Move);
}

impl Relocate for Span {
    fn relocate(&mut self, by: Move) {
        *self = Self { source: by.source, start: by.byte(self.start), end: by.byte(self.end) };
    }
}

impl<T> Relocate for Spanned<T> {
    fn relocate(&mut self, by: Move) {
        self.span.relocate(by);
    }
}

impl<T: Relocate> Relocate for Option<T> {
    fn relocate(&mut self, by: Move) {
        self.iter_mut().for_each(|one| one.relocate(by));
    }
}

impl<T: Relocate> Relocate for Vec<T> {
    fn relocate(&mut self, by: Move) {
        self.iter_mut().for_each(|one| one.relocate(by));
    }
}

impl<T> Relocate for (Spanned<T>, Name) {
    fn relocate(&mut self, by: Move) {
        self.0.relocate(by);
        self.1.relocate(by);
    }
}

/// Implements the trait for structs: the fields with spans, and behind `|` those without.
macro_rules! structs {
    ($($name:ident { $($field:ident),* $(| $($plain:ident),+)? })*) => {$(
        impl Relocate for $name {
            fn relocate(&mut self, by: Move) {
                let Self { $($field,)* $($($plain: _,)+)? } = self;
                $($field.relocate(by);)*
            }
        }
    )*};
}

/// Implements the trait for enums: the variants with spans and their fields, and behind `|` those without.
macro_rules! enums {
    ($($name:ident { $($variant:ident($($field:ident),+)),+ $(| $($plain:pat),+)? })*) => {$(
        impl Relocate for $name {
            fn relocate(&mut self, by: Move) {
                match self {
                    $(Self::$variant($($field),+) => { $($field.relocate(by);)+ })+
                    $($($plain => {})+)?
                }
            }
        }
    )*};
}

structs! {
    Name { span | text }
    Text { span | value }
    Item { docs, span, kind }
    Tenant { name, domain }
    App { name, title, entries }
    Storage { name, title | corporate }
    Group { name, set }
    Filter { name, title }
    Users { name, title }
    Policy { name, title, report_only, body | complete }
    Statement { docs, span, kind }
    Protect { set, unconfirmed }
    Rule { effect, scope }
    Expect { scope | claim }
    Scope {
        channels, from, to, avoiding, up_to, without_content, tagged, app_wide, people, platforms,
        devices, because
    }
    Set { terms, except, span }
    Term { what, account, deployed, span }
    Matching { filter | holds }
    Member { group, matching }
    Words { of, except, span }
    Require { what, fields, platforms, devices }
    Field { name, value, span }
    Launch { action, subject, test, platforms, devices, because }
    AccessScope { set, people, platforms, devices, when, span }
    When { tests, rest_unknown }
    FactTest { subject, test, span | is_negated }
    ExpectAccess { claim, scope }
    Setting { name | value }
}

enums! {
    ItemKind {
        Version(one), Use(one), Tenant(one), App(one), Storage(one), Group(one), Users(one),
        Filter(one), Policy(one), Expect(one), ExpectAccess(one)
    }
    Use { Catalogue(name), File(path) }
    AppEntry { Ids(kind, ids), Trait(word) }
    StatementKind {
        For(one), Protect(one), On(one), Devices(one), Yields(one), Rule(one), Require(one),
        Launch(one), Setting(one), Expect(one), ExpectAccess(one) | Self::Otherwise(_)
    }
    TermKind { Name(name), Id(text) | Self::Word(_) }
    Value {
        Number(one), Amount(number, unit), Then(steps), Word(name), Version(name), Date(name)
    }
    Test {
        Is(name), Less(value), Greater(value), NotIn(texts), Equals(value), Named(text)
        | Self::Holds
    }
    AccessClaim { Effect(name), Require(require) }
}

impl Relocate for Yields {
    fn relocate(&mut self, by: Move) {
        let (Self::To(names) | Self::Any { except: names }) = self;
        names.relocate(by);
    }
}

impl Relocate for People {
    fn relocate(&mut self, by: Move) {
        match self {
            Self::Some { of, except, span } => {
                of.relocate(by);
                except.relocate(by);
                span.relocate(by);
            }
            Self::Every { of, except, span } => {
                of.relocate(by);
                except.relocate(by);
                span.relocate(by);
            }
            Self::Exactly { of, span } => {
                of.relocate(by);
                span.relocate(by);
            }
        }
    }
}
