//! Abstract syntax tree of a `.mam` file.
//!
//! Plain data with source spans: the output of the parser, the input of the printer and of name
//! resolution. Holds what the author wrote and nothing else: names are unresolved text, an absent
//! clause is `None` and never a default, and the only guarantee is that the grammar accepts it.

mod access;
mod declaration;
mod node;
mod policy;
mod scope;

pub use self::access::{
    AccessClaim, AccessScope, ExpectAccess, FactTest, Field, Json, Launch, Require, Setting, Test,
    Value, When,
};
pub use self::declaration::{
    App, AppEntry, AppTrait, File, Filter, Group, IdKind, Item, ItemKind, Storage, Tenant, Use,
    Users,
};
pub use self::node::{Comment, Name, Text};
pub use self::policy::{Claim, Expect, Policy, Protect, Rule, Statement, StatementKind, Yields};
pub use self::scope::{
    AccountWord, ChannelWord, Matching, Member, People, Scope, Set, Term, TermKind, Words,
};
pub use crate::source::Spanned;
pub use crate::vocabulary::{Account, Channel, Effect, RuleEffect, SetWord};
