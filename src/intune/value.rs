//! Values of policy members, typed.
//!
//! Takes in nothing and gives out [`Value`], the domain of the settings, with the canonical forms of
//! texts inside it. Neither JSON nor the meaning of a value is known here.

use std::collections::BTreeSet;

use crate::intune::schema::ValueType;
use crate::syntax::ast;

/// A pair of `name` and `value`.
pub(super) type Pair = (String, String);

/// A value of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// No value: null, an empty text, or a member that the object lacks.
    Unset,
    Bool(bool),
    Int(u32),
    Word(&'static str),
    /// A subset of the property's words, in the order of the schema.
    Words(Vec<&'static str>),
    /// A duration in minutes.
    Duration(u32),
    Text(String),
    /// A set of texts, sorted.
    Texts(Vec<String>),
    /// A set of pairs, sorted, each with a canonical list as its value.
    Pairs(Vec<Pair>),
    /// JSON that decides nothing.
    Kept(ast::Json),
}

impl Value {
    /// The default of a property: its value in a policy in which nobody set it.
    pub(super) fn default_of(kind: ValueType) -> Self {
        match kind {
            ValueType::Bool => Self::Bool(false),
            ValueType::Int { default, .. } => Self::Int(default),
            ValueType::Word(words) => words.first().map_or(Self::Unset, |word| Self::Word(word)),
            ValueType::Words(_) => Self::Words(Vec::new()),
            ValueType::Duration(Some(minutes)) => Self::Duration(minutes),
            ValueType::Texts => Self::Texts(Vec::new()),
            ValueType::Pairs => Self::Pairs(Vec::new()),
            ValueType::WordOrNull(_)
            | ValueType::Duration(None)
            | ValueType::Text
            | ValueType::Kept
            | ValueType::Special => Self::Unset,
        }
    }
}

// ---------------------------------------------------------------- texts inside values

/// The pair of exempt schemes that a new policy for iOS has.
pub(super) const DEFAULT_SCHEMES: (&str, &str) =
    ("Default", "skype;app-settings;calshow;itms;itmss;itms-apps;itms-appss;itms-services;");

/// The entries of a list that is written with semicolons.
pub(super) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|one| !one.is_empty())
}

/// The canonical form of a list of schemes or packages: sorted, each entry once. Only the default list
/// keeps the order in which Graph writes it.
pub(super) fn canonical_list(text: &str) -> String {
    let sorted: BTreeSet<&str> = split(text).collect();
    if sorted == split(DEFAULT_SCHEMES.1).collect() {
        return DEFAULT_SCHEMES.1.to_owned();
    }
    sorted.into_iter().collect::<Vec<_>>().join(";")
}

/// The scheme in a text such as `contoso` or `contoso://`; `None` if the text has no other characters.
pub(super) fn scheme(text: &str) -> Option<&str> {
    let scheme = text.trim().trim_end_matches('/').trim_end_matches(':').trim_end();
    (!scheme.is_empty()).then_some(scheme)
}
