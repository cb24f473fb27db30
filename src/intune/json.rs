//! JSON with places.
//!
//! Takes in a text, gives out a tree of nodes with their places, and paths that name nodes. Members keep
//! their order and doublets. The meaning of members is not known here.

use std::collections::HashMap;
use std::fmt;

use jsonc_parser::ast::Value as Ast;
use jsonc_parser::common::{Range, Ranged};
use jsonc_parser::errors::ParseErrorKind;
use jsonc_parser::{CollectOptions, ParseOptions, parse_to_ast};

use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::{SourceId, Span};
use crate::syntax::ast;

/// A JSON value with its place.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) span: Span,
    pub(super) kind: NodeKind,
}

/// The value of a node.
#[derive(Debug, Clone)]
pub(super) enum NodeKind {
    Null,
    Bool(bool),
    /// A number as it is written.
    Number(String),
    String(String),
    Array(Vec<Node>),
    Object(Vec<Member>),
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) name: String,
    /// The place of name and value.
    pub(super) span: Span,
    pub(super) value: Node,
}

impl Member {
    /// The place for a diagnostic: the member, or its beginning if the value is an object or array.
    pub(super) fn head(&self) -> Span {
        match &self.value.kind {
            NodeKind::Array(_) | NodeKind::Object(_) => {
                Span { end: self.value.span.start.saturating_add(1), ..self.span }
            }
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {
                self.span
            }
        }
    }
}

impl Node {
    pub(super) fn object(&self) -> Option<&[Member]> {
        match &self.kind {
            NodeKind::Object(members) => Some(members),
            _ => None,
        }
    }

    pub(super) fn array(&self) -> Option<&[Self]> {
        match &self.kind {
            NodeKind::Array(nodes) => Some(nodes),
            _ => None,
        }
    }

    pub(super) fn string(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::String(text) => Some(text),
            _ => None,
        }
    }

    /// The member of a name; the first one of doublets, which are reported elsewhere.
    pub(super) fn member(&self, name: &str) -> Option<&Member> {
        self.object()?.iter().find(|member| member.name == name)
    }

    /// The value of a member.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        self.member(name).map(|member| &member.value)
    }

    /// The value of a member, unless it is null.
    pub(super) fn given(&self, name: &str) -> Option<&Self> {
        self.get(name).filter(|node| !matches!(node.kind, NodeKind::Null))
    }

    /// The value of a string member.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.string()
    }

    /// The place for a diagnostic: the name of an object, else the beginning of an object or array.
    pub(super) fn head(&self) -> Span {
        let first = Span { end: self.span.start.saturating_add(1), ..self.span };
        match &self.kind {
            NodeKind::Object(members) => {
                let name = members.iter().find(|member| member.name == "displayName");
                name.map_or(first, |member| member.span)
            }
            NodeKind::Array(_) => first,
            NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {
                self.span
            }
        }
    }

    /// A noun for the value in messages.
    pub(super) fn noun(&self) -> &'static str {
        match self.kind {
            NodeKind::Null => "null",
            NodeKind::Bool(_) => "a boolean",
            NodeKind::Number(_) => "a number",
            NodeKind::String(_) => "a string",
            NodeKind::Array(_) => "an array",
            NodeKind::Object(_) => "an object",
        }
    }

    /// The AST of the value.
    pub(super) fn to_ast(&self) -> ast::Json {
        match &self.kind {
            NodeKind::Null => ast::Json::Null,
            NodeKind::Bool(value) => ast::Json::Bool(*value),
            NodeKind::Number(text) => ast::Json::Number(text.clone()),
            NodeKind::String(text) => string(text),
            NodeKind::Array(nodes) => ast::Json::Array(nodes.iter().map(Self::to_ast).collect()),
            NodeKind::Object(members) => ast::Json::Object(
                members
                    .iter()
                    .map(|member| (escaped(&member.name), member.value.to_ast()))
                    .collect(),
            ),
        }
    }
}

/// The AST of a string, which keeps quotes and escapes.
pub(super) fn string(text: &str) -> ast::Json {
    ast::Json::String(escaped(text))
}

fn escaped(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The AST of a JSON value.
pub(super) fn ast_of(value: &serde_json::Value) -> ast::Json {
    use serde_json::Value as Serde;
    match value {
        Serde::Null => ast::Json::Null,
        Serde::Bool(value) => ast::Json::Bool(*value),
        Serde::Number(number) => ast::Json::Number(number.to_string()),
        Serde::String(text) => string(text),
        Serde::Array(values) => ast::Json::Array(values.iter().map(ast_of).collect()),
        Serde::Object(members) => {
            let member = |(name, value): (&String, &Serde)| (escaped(name), ast_of(value));
            ast::Json::Object(members.iter().map(member).collect())
        }
    }
}

// ---------------------------------------------------------------- paths

/// The path from a document's root to a node, such as `$.value[2].apps` in messages.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

/// The last step of a path.
#[derive(Debug, Clone, Copy)]
enum Step<'a> {
    Root,
    /// A path as a text.
    Known(&'a str),
    Member(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    pub(super) const ROOT: Self = Self { parent: None, step: Step::Root };

    /// The path with a given text.
    pub(super) const fn known(text: &'a str) -> Self {
        Self { parent: None, step: Step::Known(text) }
    }

    pub(super) const fn member(&'a self, name: &'a str) -> Self {
        Self { parent: Some(self), step: Step::Member(name) }
    }

    pub(super) const fn index(&'a self, index: usize) -> Self {
        Self { parent: Some(self), step: Step::Index(index) }
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
        }
        let is_plain = |name: &str| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        match self.step {
            Step::Root => f.write_str("$"),
            Step::Known(text) => f.write_str(text),
            Step::Member(name) if is_plain(name) => write!(f, ".{name}"),
            Step::Member(name) => write!(f, "[{}]", escaped(name)),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

// ---------------------------------------------------------------- reading

/// Strict JSON, without the extensions of the parser.
const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// The location of a JSON text: a whole source, or a string inside one.
#[derive(Debug, Clone, Copy)]
pub(super) enum Home {
    /// A source. Nodes have places of their own.
    Whole(Span),
    /// A string. Every node has the place of the string.
    Inside(Span),
}

impl Home {
    fn span(self, range: Range) -> Span {
        let at = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        match self {
            Self::Whole(span) => Span { start: at(range.start), end: at(range.end), ..span },
            Self::Inside(span) => span,
        }
    }
}

/// The levels of nesting that the parser reads. Its limit is far above ours.
const PARSER_DEPTH: usize = 512;

/// Reads a text as JSON.
///
/// # Errors
///
/// The first mistake. JSON after a mistake is not read.
pub(super) fn parse(text: &str, home: Home, limits: &Limits) -> Result<Node, Diagnostic> {
    let error = |message: String, range: Range| {
        let diagnostic = Diagnostic::new(Code::IntuneJson, message).at(home.span(range), "");
        diagnostic
            .help("an export of policies is JSON: one object, an array, or `{\"value\": […]}`")
    };
    let whole = Range { start: 0, end: text.len() };
    if text.len() > limits.export_bytes {
        let (found, limit) = (text.len(), limits.export_bytes);
        let message = format!("the file has {found} bytes, the limit is {limit}");
        return Err(Diagnostic::new(Code::FileSize, message)
            .at(home.span(Range { start: 0, end: 0 }), "")
            .help("export fewer policies at once, or raise the limit"));
    }
    let parsed = parse_to_ast(text, &CollectOptions::default(), &STRICT).map_err(|mistake| {
        match mistake.kind() {
            ParseErrorKind::NestingDepthExceeded => {
                let message = format!("JSON nested at least {} deep", PARSER_DEPTH + 1);
                too_deep(&message, home.span(mistake.range()), limits)
            }
            kind => {
                use ParseErrorKind::{UnterminatedArray, UnterminatedObject};
                let Range { start, end } = mistake.range();
                // The range of an unclosed value ends where the text ends.
                let is_open = matches!(kind, UnterminatedArray | UnterminatedObject);
                let end = if is_open { start.saturating_add(1) } else { end };
                let message = format!("this is no JSON: {}", lower_first(kind));
                error(message, Range { start, end })
            }
        }
    })?;
    match parsed.value {
        Some(value) => node(&value, home, limits, 1),
        None => Err(error("this is no JSON: the text is empty".to_owned(), whole)),
    }
}

fn lower_first(kind: &ParseErrorKind) -> String {
    let text = kind.to_string();
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_lowercase().chain(chars).collect())
}

/// The diagnostic for a text that does not begin as JSON.
pub(super) fn no_document(text: &str, source: SourceId) -> Diagnostic {
    let what = match text.trim().is_empty() {
        true => "the text is empty",
        false => "it begins with neither `{` nor `[`",
    };
    let first = text.chars().next().map_or(0, char::len_utf8);
    let end = u32::try_from(first).unwrap_or(0);
    let message = format!("this is no JSON: {what}");
    Diagnostic::new(Code::IntuneJson, message)
        .at(Span { source, start: 0, end }, "")
        .help("give the exports only; files of the language need no import")
}

fn too_deep(what: &str, place: Span, limits: &Limits) -> Diagnostic {
    let message = format!("{what}, the limit is {}", limits.nesting);
    let diagnostic = Diagnostic::new(Code::Nesting, message).at(place, "one too many");
    diagnostic.help("no policy needs that; give the export as the service or the tool wrote it")
}

fn node(value: &Ast<'_>, home: Home, limits: &Limits, depth: usize) -> Result<Node, Diagnostic> {
    let span = home.span(value.range());
    if depth > limits.nesting {
        let first = Span { end: span.end.min(span.start.saturating_add(1)), ..span };
        return Err(too_deep(&format!("JSON nested {depth} deep"), first, limits));
    }
    let below = |value: &Ast<'_>| node(value, home, limits, depth + 1);
    let kind = match value {
        Ast::NullKeyword(_) => NodeKind::Null,
        Ast::BooleanLit(literal) => NodeKind::Bool(literal.value),
        Ast::NumberLit(literal) => NodeKind::Number(literal.value.to_owned()),
        Ast::StringLit(literal) => NodeKind::String(literal.value.to_string()),
        Ast::Array(array) => {
            NodeKind::Array(array.elements.iter().map(below).collect::<Result<_, _>>()?)
        }
        Ast::Object(object) => {
            let members = object.properties.iter().map(|member| {
                Ok(Member {
                    name: member.name.as_str().to_owned(),
                    span: home.span(member.range()),
                    value: below(&member.value)?,
                })
            });
            NodeKind::Object(members.collect::<Result<_, Diagnostic>>()?)
        }
    };
    Ok(Node { span, kind })
}

/// Reports members that stand twice in their object.
pub(super) fn doublets(node: &Node, path: Path<'_>, found: &mut Vec<Diagnostic>) {
    match &node.kind {
        NodeKind::Array(nodes) => {
            for (index, node) in nodes.iter().enumerate() {
                doublets(node, path.index(index), found);
            }
        }
        NodeKind::Object(members) => {
            let mut seen: HashMap<&str, Span> = HashMap::new();
            for member in members {
                match seen.get(&*member.name) {
                    Some(first) => found.push(doublet(member, *first, path)),
                    None => drop(seen.insert(&member.name, member.head())),
                }
                doublets(&member.value, path.member(&member.name), found);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => {}
    }
}

fn doublet(member: &Member, first: Span, path: Path<'_>) -> Diagnostic {
    let message = format!("`{}` stands twice", path.member(&member.name));
    let diagnostic = Diagnostic::new(Code::IntuneDoublet, message);
    let diagnostic = diagnostic.at(member.head(), "again here").at(first, "first here");
    diagnostic.help("programs differ in which of the two they read; leave one out")
}

/// Reports names and strings that are longer than the language allows.
pub(super) fn long_strings(
    node: &Node,
    path: Path<'_>,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) {
    let mut check = |text: &str, span: Span, path: Path<'_>| {
        let (length, limit) = (escaped(text).len(), limits.name_bytes);
        if length > limit {
            let message = format!("`{path}` is a string of {length} bytes, the limit is {limit}");
            let start = Span { end: span.start, ..span };
            let diagnostic = Diagnostic::new(Code::NameLength, message).at(start, "begins here");
            found.push(diagnostic.help("shorten it, or raise the limit"));
        }
    };
    match &node.kind {
        NodeKind::String(text) => check(text, node.span, path),
        NodeKind::Array(nodes) => {
            for (index, node) in nodes.iter().enumerate() {
                long_strings(node, path.index(index), limits, found);
            }
        }
        NodeKind::Object(members) => {
            for member in members {
                check(&member.name, member.span, path);
            }
            for member in members {
                long_strings(&member.value, path.member(&member.name), limits, found);
            }
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) => {}
    }
}
