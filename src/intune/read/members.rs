//! The members of one policy's object, typed.
//!
//! Takes in an object and its platform, gives out [`Members`], with diagnostics about wrong types,
//! unknown words, numbers out of range, unknown members. The meaning of values is not known here.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic, closest};
use crate::intune::duration;
use crate::intune::json::{Member, Node, NodeKind, Path};
use crate::intune::schema::{Property, READ_ONLY, ValueType};
use crate::intune::value::{Pair, Value, canonical_list};
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::print::quote;
use crate::vocabulary::Platform;

/// A member of the schema, as the object states it.
#[derive(Debug, Clone)]
pub(in crate::intune) struct StatedMember {
    pub(in crate::intune) value: Value,
    pub(in crate::intune) span: Span,
    pub(in crate::intune) json: ast::Json,
}

/// A member that the platform's type lacks.
#[derive(Debug, Clone)]
pub(in crate::intune) struct UnknownMember {
    pub(in crate::intune) name: String,
    pub(in crate::intune) json: ast::Json,
    pub(in crate::intune) span: Span,
}

/// The members of one policy on one platform.
#[derive(Debug)]
pub(in crate::intune) struct Members<'a> {
    pub(in crate::intune) platform: Platform,
    pub(in crate::intune) object: &'a Node,
    pub(in crate::intune) path: Path<'a>,
    entries: BTreeMap<&'static str, StatedMember>,
    pub(in crate::intune) unknown: Vec<UnknownMember>,
    /// Whether the object is a default policy, of which these are the members on one platform.
    pub(in crate::intune) is_of_default: bool,
    /// Whether a configuration of the apps lets screens be captured.
    pub(in crate::intune) frees_capture: bool,
}

impl<'a> Members<'a> {
    /// Reads an object.
    pub(in crate::intune) fn read(
        object: &'a Node,
        path: Path<'a>,
        platform: Platform,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let (entries, unknown) = (BTreeMap::new(), Vec::new());
        let (is_of_default, frees_capture) = (false, false);
        let mut members =
            Self { platform, object, path, entries, unknown, is_of_default, frees_capture };
        for member in object.object().unwrap_or_default() {
            members.add(member, found);
        }
        members
    }

    /// Adds a member, unless it is read-only.
    fn add(&mut self, member: &Member, found: &mut Vec<Diagnostic>) {
        let name = &*member.name;
        // Annotations and bound actions: `apps@odata.context`, `#microsoft.graph.assign`.
        if name.contains('@') || name.starts_with('#') || READ_ONLY.contains(&name) {
            return;
        }
        if name == "customSettings" {
            self.unknown.extend((!is_off(&member.value)).then(|| UnknownMember {
                name: name.to_owned(),
                json: member.value.to_ast(),
                span: member.span,
            }));
            return;
        }
        let Some(property) = Property::find(name, self.platform) else {
            self.add_unknown(member, found);
            return;
        };
        let path = self.path;
        match typed(property, &member.value, path.member(name)) {
            Ok(value) => {
                let entry = StatedMember { value, span: member.span, json: member.value.to_ast() };
                self.entries.insert(property.name, entry);
            }
            Err(diagnostics) => found.extend(diagnostics),
        }
    }

    /// Adds a member that the type lacks, with a warning. A property of another platform that is not set
    /// is dropped.
    fn add_unknown(&mut self, member: &Member, found: &mut Vec<Diagnostic>) {
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
            let renamed = RENAMED.iter().find(|(old, _)| *old == name).map(|(_, new)| *new);
            let near =
                renamed.or_else(|| closest(name, Property::all(platform).map(|one| one.name)));
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
        self.unknown.push(UnknownMember {
            name: name.to_owned(),
            json: member.value.to_ast(),
            span: member.span,
        });
    }

    // ------------------------------------------------------------ values

    /// Whether the object states a member.
    pub(in crate::intune) fn has(&self, name: &str) -> bool {
        self.entries.contains_key(name)
    }

    /// The value of a member; its default if the object lacks it.
    pub(in crate::intune) fn value(&self, name: &str) -> Value {
        match self.entries.get(name) {
            Some(entry) => entry.value.clone(),
            None => Property::find(name, self.platform)
                .map_or(Value::Unset, |property| Value::default_of(property.kind)),
        }
    }

    pub(in crate::intune) fn bool(&self, name: &str) -> bool {
        self.value(name) == Value::Bool(true)
    }

    /// A word; empty for null.
    pub(in crate::intune) fn word(&self, name: &str) -> &'static str {
        match self.value(name) {
            Value::Word(word) => word,
            _ => "",
        }
    }

    pub(in crate::intune) fn words(&self, name: &str) -> Vec<&'static str> {
        match self.value(name) {
            Value::Words(words) => words,
            _ => Vec::new(),
        }
    }

    pub(in crate::intune) fn int(&self, name: &str) -> u32 {
        match self.value(name) {
            Value::Int(number) => number,
            _ => 0,
        }
    }

    /// A duration in minutes; `None` if it is not set.
    pub(in crate::intune) fn duration(&self, name: &str) -> Option<u32> {
        match self.value(name) {
            Value::Duration(minutes) => Some(minutes),
            _ => None,
        }
    }

    /// A text; `None` if it is empty.
    pub(in crate::intune) fn text(&self, name: &str) -> Option<String> {
        match self.value(name) {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A set of texts; `None` if the object lacks the member.
    pub(in crate::intune) fn texts(&self, name: &str) -> Option<Vec<String>> {
        match self.entries.get(name).map(|entry| &entry.value) {
            Some(Value::Texts(texts)) => Some(texts.clone()),
            _ => None,
        }
    }

    /// A set of pairs; `None` if the object lacks the member.
    pub(in crate::intune) fn pairs(&self, name: &str) -> Option<Vec<Pair>> {
        match self.entries.get(name).map(|entry| &entry.value) {
            Some(Value::Pairs(pairs)) => Some(pairs.clone()),
            _ => None,
        }
    }

    /// The place of a member; of the policy's name if the object lacks it.
    pub(in crate::intune) fn span(&self, name: &str) -> Span {
        self.entries.get(name).map_or_else(|| self.head(), |entry| entry.span)
    }

    /// The place of the first of some members that the object has.
    pub(in crate::intune) fn first_span(&self, names: &[&str]) -> Span {
        let found = names.iter().find_map(|name| self.entries.get(name));
        found.map_or_else(|| self.head(), |entry| entry.span)
    }

    /// The place of the policy's name, or of the beginning of its object.
    pub(in crate::intune) fn head(&self) -> Span {
        self.object.head()
    }

    /// The stated members by name.
    pub(in crate::intune) fn into_entries(self) -> BTreeMap<&'static str, StatedMember> {
        self.entries
    }

    /// A stated member: its value, its JSON, its place.
    pub(in crate::intune) fn entry(&self, name: &str) -> Option<(&Value, &ast::Json, Span)> {
        self.entries.get(name).map(|entry| (&entry.value, &entry.json, entry.span))
    }
}

/// Names that documents of other times and tools have for members.
const RENAMED: &[(&str, &str)] =
    &[("allowedOutboundClipboardTransferLevel", "allowedOutboundClipboardSharingLevel")];

/// Whether a value of any type means that a property is not set.
fn is_off(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Null | NodeKind::Bool(false) => true,
        NodeKind::Number(text) => text == "0",
        NodeKind::String(text) => {
            matches!(
                &**text,
                "" | "notConfigured" | "none" | "allow" | "allApps" | "anyApp" | "PT0S"
            )
        }
        NodeKind::Array(nodes) => nodes.is_empty(),
        NodeKind::Bool(true) | NodeKind::Object(_) => false,
    }
}

// ---------------------------------------------------------------- types

/// The typed value of a node.
fn typed(property: &Property, node: &Node, path: Path<'_>) -> Result<Value, Vec<Diagnostic>> {
    let bad = |what: &str| vec![bad_value(path, node, what)];
    let wrong = |takes: &str| bad(&format!("takes {takes}, not {}", node.noun()));
    if matches!(node.kind, NodeKind::Null) {
        return Ok(Value::default_of(property.kind));
    }
    match property.kind {
        ValueType::Bool => match node.kind {
            NodeKind::Bool(value) => Ok(Value::Bool(value)),
            _ => Err(wrong("true or false")),
        },
        ValueType::Int { from, to, .. } => match &node.kind {
            NodeKind::Number(text) => match text.parse() {
                Ok(number) if (from..=to).contains(&number) => Ok(Value::Int(number)),
                _ => Err(bad(&format!("takes {from} to {to}, not {text}"))),
            },
            _ => Err(wrong("a number")),
        },
        ValueType::Word(words) | ValueType::WordOrNull(words) => match node.string() {
            Some(text) => word(text, words, node, path).map(Value::Word).map_err(|one| vec![one]),
            None => Err(wrong("a string")),
        },
        ValueType::Words(words) => {
            let nodes = node.array().ok_or_else(|| wrong("an array of strings"))?;
            let mut found = all(nodes
                .iter()
                .enumerate()
                .map(|(index, node)| word(text(node, path.index(index))?, words, node, path)))?;
            found.sort_by_key(|word| words.iter().position(|known| known == word));
            found.dedup();
            Ok(Value::Words(found))
        }
        ValueType::Duration(_) => match node.string() {
            Some(text) => duration::read(text)
                .map(Value::Duration)
                .ok_or_else(|| bad("takes a duration in whole minutes, for example \"PT12H\"")),
            None => Err(wrong("a duration in a string")),
        },
        ValueType::Text => match node.string() {
            Some("0000-00-00" | "0.0") => Ok(Value::Unset),
            Some(text) if text.trim().is_empty() => Ok(Value::Unset),
            Some(text) => Ok(Value::Text(text.to_owned())),
            None => Err(wrong("a string")),
        },
        ValueType::Texts => {
            let nodes = node.array().ok_or_else(|| wrong("an array of strings"))?;
            let mut found = all(nodes
                .iter()
                .enumerate()
                .map(|(index, node)| text(node, path.index(index)).map(str::to_owned)))?;
            found.sort_unstable();
            found.dedup();
            Ok(Value::Texts(found))
        }
        ValueType::Pairs => {
            let nodes = node.array().ok_or_else(|| wrong("an array of pairs"))?;
            let mut pairs =
                all(nodes.iter().enumerate().map(|(index, node)| pair(node, path.index(index))))?;
            pairs.retain(|(name, value)| !(name.trim().is_empty() && value.trim().is_empty()));
            pairs.iter_mut().for_each(|(_, value)| *value = canonical_list(value));
            pairs.sort_unstable();
            Ok(Value::Pairs(pairs))
        }
        ValueType::Kept | ValueType::Special => Ok(Value::Kept(node.to_ast())),
    }
}

/// All values, or all diagnostics.
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
        Some(NodeKind::String(text)) => Ok(text.clone()),
        Some(NodeKind::Null) | None if node.object().is_some() => Ok(String::new()),
        _ => Err(bad_value(path, node, "takes an object with `name` and `value`, both strings")),
    };
    Ok((part("name")?, part("value")?))
}

/// One of some words, whatever the case of its letters.
pub(in crate::intune) fn word(
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

/// The diagnostic for a value of the wrong type or out of range.
pub(in crate::intune) fn bad_value(path: Path<'_>, node: &Node, what: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::IntuneBadValue, format!("`{path}` {what}"));
    let help = "correct it; a member that is left out has the value of a new policy";
    diagnostic.at(node.head(), "").help(help)
}
