//! The members of one policy's object as typed values.
//!
//! Takes in an object and its platform, gives out [`Members`] together with diagnostics: wrong
//! types, unknown words, numbers out of range, doublets. What values decide is not known here.

use std::collections::BTreeMap;

use super::json::{Kind as Json, Member, Node, Path};
use super::period;
use super::protection::listed;
use super::schema::{Kind, Property, READ_ONLY};
use crate::diagnostic::{Code, Diagnostic, closest};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::print::quote;
use crate::vocabulary::Platform;

/// A pair of `name` and `value`.
pub(super) type Pair = (String, String);

/// A typed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Unset,
    Bool(bool),
    Int(u32),
    Word(&'static str),
    /// In the order of the schema.
    Words(Vec<&'static str>),
    /// In minutes.
    Period(u32),
    Text(String),
    /// Sorted, each once: their order means nothing.
    Texts(Vec<String>),
    /// Sorted; lists within are too: their order means nothing.
    Pairs(Vec<Pair>),
    Kept(ast::Json),
}

impl Value {
    /// What a property has where nobody set it.
    pub(super) fn usual(kind: Kind) -> Self {
        match kind {
            Kind::Bool => Self::Bool(false),
            Kind::Int { usual, .. } => Self::Int(usual),
            Kind::Word(words) => words.first().map_or(Self::Unset, |word| Self::Word(word)),
            Kind::Words(_) => Self::Words(Vec::new()),
            Kind::Period(Some(minutes)) => Self::Period(minutes),
            Kind::Texts => Self::Texts(Vec::new()),
            Kind::Pairs => Self::Pairs(Vec::new()),
            Kind::WordOrNull(_) | Kind::Period(None) | Kind::Text | Kind::Kept | Kind::Special => {
                Self::Unset
            }
        }
    }
}

/// A member that was read.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) value: Value,
    pub(super) span: Span,
    pub(super) json: ast::Json,
}

/// A member that no type of Graph has, or that this platform's type lacks.
#[derive(Debug, Clone)]
pub(super) struct Stranger {
    pub(super) name: String,
    pub(super) json: ast::Json,
    pub(super) span: Span,
}

/// A policy's members.
#[derive(Debug)]
pub(super) struct Members<'a> {
    pub(super) platform: Platform,
    pub(super) object: &'a Node,
    pub(super) path: Path<'a>,
    entries: BTreeMap<&'static str, Entry>,
    pub(super) strangers: Vec<Stranger>,
    /// Whether the object is for several platforms, and this is what it says on one.
    pub(super) is_half: bool,
}

impl<'a> Members<'a> {
    /// Reads an object.
    pub(super) fn read(
        object: &'a Node,
        path: Path<'a>,
        platform: Platform,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let (entries, strangers) = (BTreeMap::new(), Vec::new());
        let mut members = Self { platform, object, path, entries, strangers, is_half: false };
        for member in object.object().unwrap_or_default() {
            members.add(member, found);
        }
        members
    }

    fn add(&mut self, member: &Member, found: &mut Vec<Diagnostic>) {
        let name = &*member.name;
        // Annotations and bound actions: `apps@odata.context`, `#microsoft.graph.assign`.
        if name.contains('@') || name.starts_with('#') || READ_ONLY.contains(&name) {
            return;
        }
        let Some(property) = Property::find(name, self.platform) else {
            self.add_stranger(member, found);
            return;
        };
        let path = self.path;
        match typed(property, &member.value, path.member(name)) {
            Ok(value) => {
                let entry = Entry { value, span: member.span, json: member.value.to_ast() };
                self.entries.insert(property.name, entry);
            }
            Err(diagnostics) => found.extend(diagnostics),
        }
    }

    /// Keeps what is not known here. A property of another platform that is not set is nothing.
    fn add_stranger(&mut self, member: &Member, found: &mut Vec<Diagnostic>) {
        let (name, platform) = (&*member.name, self.platform);
        let path = self.path;
        let known = Property::is_known(name);
        if known && is_off(&member.value) {
            return;
        }
        let (code, message, help) = if known {
            let on: Vec<_> = Property::platforms(name).iter().map(Platform::word).collect();
            (
                Code::IntuneIdle,
                format!("`{}` does nothing on {platform}", path.member(name)),
                format!("it belongs to policies for {}; it is kept as a `setting`", on.join(", ")),
            )
        } else {
            let near = closest(name, Property::all(platform).map(|one| one.name));
            let near = near.map(|near| format!("did you mean `{near}`? as it stands, "));
            (
                Code::IntuneUnknownMember,
                format!("`{}` is no member that this version knows", path.member(name)),
                format!(
                    "{}it decides nothing and is kept as a `setting`",
                    near.unwrap_or_default()
                ),
            )
        };
        found.push(Diagnostic::new(code, message).at(member.head(), "").help(help));
        self.strangers.push(Stranger {
            name: name.to_owned(),
            json: member.value.to_ast(),
            span: member.span,
        });
    }

    // ------------------------------------------------------------ values

    /// Whether the object has a member.
    pub(super) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// A member's value; where it is absent, what it has where nobody set it.
    pub(super) fn value(&self, name: &str) -> Value {
        match self.entries.get(name) {
            Some(entry) => entry.value.clone(),
            None => Property::find(name, self.platform)
                .map_or(Value::Unset, |property| Value::usual(property.kind)),
        }
    }

    pub(super) fn bool(&self, name: &str) -> bool {
        self.value(name) == Value::Bool(true)
    }

    /// A word; empty where it is null.
    pub(super) fn word(&self, name: &str) -> &'static str {
        match self.value(name) {
            Value::Word(word) => word,
            _ => "",
        }
    }

    pub(super) fn words(&self, name: &str) -> Vec<&'static str> {
        match self.value(name) {
            Value::Words(words) => words,
            _ => Vec::new(),
        }
    }

    pub(super) fn int(&self, name: &str) -> u32 {
        match self.value(name) {
            Value::Int(number) => number,
            _ => 0,
        }
    }

    /// Minutes; `None` where it is not set.
    pub(super) fn period(&self, name: &str) -> Option<u32> {
        match self.value(name) {
            Value::Period(minutes) => Some(minutes),
            _ => None,
        }
    }

    /// A text; `None` where it is empty.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        match self.value(name) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Texts; `None` where the member is absent.
    pub(super) fn texts(&self, name: &str) -> Option<Vec<String>> {
        match self.entries.get(name).map(|entry| &entry.value) {
            Some(Value::Texts(texts)) => Some(texts.clone()),
            _ => None,
        }
    }

    /// Pairs; `None` where the member is absent.
    pub(super) fn pairs(&self, name: &str) -> Option<Vec<Pair>> {
        match self.entries.get(name).map(|entry| &entry.value) {
            Some(Value::Pairs(pairs)) => Some(pairs.clone()),
            _ => None,
        }
    }

    /// The place of a member; of the whole object where it is absent.
    pub(super) fn span(&self, name: &str) -> Span {
        self.entries.get(name).map_or_else(|| self.head(), |entry| entry.span)
    }

    /// The place of the first of some members that is there.
    pub(super) fn first_span(&self, names: &[&str]) -> Span {
        let found = names.iter().find_map(|name| self.entries.get(name));
        found.map_or_else(|| self.head(), |entry| entry.span)
    }

    /// Where the policy is named; else where its object begins.
    pub(super) fn head(&self) -> Span {
        self.object.head()
    }

    /// Every member that was read, by name.
    pub(super) fn into_entries(self) -> BTreeMap<&'static str, Entry> {
        self.entries
    }

    /// A member that was read: its value, the JSON that it was read from, its place.
    pub(super) fn entry(&self, name: &str) -> Option<(&Value, &ast::Json, Span)> {
        self.entries.get(name).map(|entry| (&entry.value, &entry.json, entry.span))
    }
}

/// Whether a value says that something is not set, whatever its type.
fn is_off(node: &Node) -> bool {
    match &node.kind {
        Json::Null | Json::Bool(false) => true,
        Json::Number(text) => text == "0",
        Json::String(text) => {
            matches!(
                &**text,
                "" | "notConfigured" | "none" | "allow" | "allApps" | "anyApp" | "PT0S"
            )
        }
        Json::Array(nodes) => nodes.is_empty(),
        Json::Bool(true) | Json::Object(_) => false,
    }
}

// ---------------------------------------------------------------- types

fn typed(property: &Property, node: &Node, path: Path<'_>) -> Result<Value, Vec<Diagnostic>> {
    let bad = |what: &str| vec![bad_value(path, node, what)];
    let wrong = |takes: &str| bad(&format!("takes {takes}, not {}", node.noun()));
    if matches!(node.kind, Json::Null) {
        return Ok(Value::usual(property.kind));
    }
    match property.kind {
        Kind::Bool => match node.kind {
            Json::Bool(value) => Ok(Value::Bool(value)),
            _ => Err(wrong("true or false")),
        },
        Kind::Int { from, to, .. } => match &node.kind {
            Json::Number(text) => match text.parse() {
                Ok(number) if (from..=to).contains(&number) => Ok(Value::Int(number)),
                _ => Err(bad(&format!("takes {from} to {to}, not {text}"))),
            },
            _ => Err(wrong("a number")),
        },
        Kind::Word(words) | Kind::WordOrNull(words) => match node.string() {
            Some(text) => word(text, words, node, path).map(Value::Word).map_err(|one| vec![one]),
            None => Err(wrong("a string")),
        },
        Kind::Words(words) => {
            let nodes = node.array().ok_or_else(|| wrong("an array of strings"))?;
            let mut found = all(nodes
                .iter()
                .enumerate()
                .map(|(index, node)| word(text(node, path.index(index))?, words, node, path)))?;
            found.sort_by_key(|word| words.iter().position(|known| known == word));
            found.dedup();
            Ok(Value::Words(found))
        }
        Kind::Period(_) => match node.string() {
            Some(text) => period::read(text)
                .map(Value::Period)
                .ok_or_else(|| bad("takes a duration in whole minutes, for example \"PT12H\"")),
            None => Err(wrong("a duration in a string")),
        },
        Kind::Text => match node.string() {
            Some("0000-00-00" | "0.0") => Ok(Value::Unset),
            Some(text) if text.trim().is_empty() => Ok(Value::Unset),
            Some(text) => Ok(Value::Text(text.to_owned())),
            None => Err(wrong("a string")),
        },
        Kind::Texts => {
            let nodes = node.array().ok_or_else(|| wrong("an array of strings"))?;
            let mut found = all(nodes
                .iter()
                .enumerate()
                .map(|(index, node)| text(node, path.index(index)).map(str::to_owned)))?;
            found.sort_unstable();
            found.dedup();
            Ok(Value::Texts(found))
        }
        Kind::Pairs => {
            let nodes = node.array().ok_or_else(|| wrong("an array of pairs"))?;
            let mut pairs =
                all(nodes.iter().enumerate().map(|(index, node)| pair(node, path.index(index))))?;
            pairs.retain(|(name, value)| !(name.trim().is_empty() && value.trim().is_empty()));
            pairs.iter_mut().for_each(|(_, value)| *value = listed(value));
            pairs.sort_unstable();
            Ok(Value::Pairs(pairs))
        }
        Kind::Kept | Kind::Special => Ok(Value::Kept(node.to_ast())),
    }
}

/// All of some values, or everything that is wrong with them.
fn all<T>(values: impl Iterator<Item = Result<T, Diagnostic>>) -> Result<Vec<T>, Vec<Diagnostic>> {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for value in values {
        match value {
            Ok(value) => good.push(value),
            Err(diagnostic) => bad.push(diagnostic),
        }
    }
    if bad.is_empty() { Ok(good) } else { Err(bad) }
}

fn text<'n>(node: &'n Node, path: Path<'_>) -> Result<&'n str, Diagnostic> {
    let wrong = || bad_value(path, node, &format!("takes a string, not {}", node.noun()));
    node.string().ok_or_else(wrong)
}

fn pair(node: &Node, path: Path<'_>) -> Result<Pair, Diagnostic> {
    let part = |name: &str| match node.get(name).map(|part| &part.kind) {
        Some(Json::String(text)) => Ok(text.clone()),
        Some(Json::Null) | None if node.object().is_some() => Ok(String::new()),
        _ => Err(bad_value(path, node, "takes an object with `name` and `value`, both strings")),
    };
    Ok((part("name")?, part("value")?))
}

/// One of some words, in any case of letters.
pub(super) fn word(
    text: &str,
    words: &'static [&'static str],
    node: &Node,
    path: Path<'_>,
) -> Result<&'static str, Diagnostic> {
    let known = words.iter().copied().find(|word| word.eq_ignore_ascii_case(text));
    known.ok_or_else(|| {
        let takes: Vec<_> = words.iter().map(|word| quote(word)).collect();
        let near = closest(text, words.iter().copied());
        let near = near.map(|near| format!("; did you mean {}?", quote(near)));
        let message = format!("has no value {}", quote(text));
        let help = format!("it takes {}{}", takes.join(", "), near.unwrap_or_default());
        bad_value(path, node, &message).help(help)
    })
}

/// A value of the wrong type, or out of range.
pub(super) fn bad_value(path: Path<'_>, node: &Node, what: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::IntuneBadValue, format!("`{path}` {what}"));
    let help = "correct it; a member that is left out has the value of a new policy";
    diagnostic.at(node.head(), "").help(help)
}
