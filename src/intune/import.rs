//! From documents to policies.
//!
//! Takes in JSON texts of a set together with its `.mam` files, gives out one file of AST a text,
//! whose statements stand where the members stand that they come from. All texts are read together:
//! names are shared, and what a policy for all devices leaves to a particular one is settled here.

use std::collections::{BTreeMap, BTreeSet};

use super::conflict;
use super::graph::{app_ids, flags};
use super::head::{Apps, Head, People, any_id, assignment_key};
use super::json::{Home, Node, Path, doublets, long_strings, parse};
use super::levels::Levels;
use super::lint;
use super::members::{Entry, Members};
use super::names::Names;
use super::protection::{Draft, Protection, Reading};
use super::schema::{Kind, Property};
use super::shape::{self, Found, What};
use super::write::{At, Line};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::ast::{self, File, StatementKind, Yields};
use crate::syntax::print;
use crate::vocabulary::Platform;

/// A policy as it was read.
#[derive(Debug)]
pub(super) struct Policy {
    pub(super) source: SourceId,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) docs: Vec<String>,
    pub(super) platform: Platform,
    pub(super) is_default: bool,
    pub(super) head: Head,
    pub(super) protection: Protection,
    /// The members that it was read from.
    pub(super) stated: BTreeMap<&'static str, Entry>,
    pub(super) lines: Vec<Line>,
    /// Where it is named.
    pub(super) place: Span,
    span: Span,
}

/// All policies of some documents.
#[derive(Debug)]
pub(super) struct Policies {
    pub(super) list: Vec<Policy>,
    pub(super) names: Names,
}

/// Reads documents.
pub(super) fn read(
    sources: &Sources,
    documents: &[SourceId],
    files: &[File],
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Policies {
    let roots: Vec<(SourceId, Node)> =
        documents.iter().filter_map(|id| Some((*id, root(sources, *id, limits, found)?))).collect();
    let mut objects = Vec::new();
    for (source, root) in &roots {
        objects.extend(shape::find(root, found).into_iter().map(|object| (*source, object)));
    }
    let apart = apart(&objects, found);
    let mut policies = Policies { list: Vec::new(), names: Names::new(files) };
    for (source, object) in &objects {
        let platforms: &[Platform] = match object.what {
            What::Policy(Platform::Ios) => &[Platform::Ios],
            What::Policy(Platform::Android) => &[Platform::Android],
            What::Policy(Platform::Windows) => &[Platform::Windows],
            What::Default => &[Platform::Ios, Platform::Android],
            What::Other(what) => {
                found.push(no_rules(object, what));
                continue;
            }
            What::Assignment => continue,
        };
        long_strings(object.node, Path::known(&object.path), limits, found);
        let assignments = object.node.text("id").and_then(|id| apart.get(id));
        let assignments = assignments.or_else(|| apart.get("")).map(Vec::as_slice);
        for platform in platforms {
            let policy =
                policy(*source, object, *platform, assignments, &mut policies.names, found);
            policies.list.push(policy);
        }
    }
    conflict::find(&policies, limits.diagnostics, found);
    policies.settle_precedence();
    policies
}

/// The tree of a document.
fn root(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let text = sources.get(id)?.text();
    let home = Home::Whole(Span { source: id, start: 0, end: 0 });
    let root = parse(text, home, limits).and_then(|root| shape::unwrap(root, limits));
    let root = root.map_err(|diagnostic| found.push(diagnostic)).ok()?;
    doublets(&root, Path::ROOT, found);
    Some(root)
}

fn no_rules(object: &Found<'_>, what: &str) -> Diagnostic {
    let title = object.node.text("displayName").unwrap_or("without a name");
    let message = format!("\"{title}\" is {what}, which decides no movement between apps");
    let diagnostic = Diagnostic::new(Code::IntuneNoRules, message).at(object.node.head(), "");
    diagnostic.help("it is recognised and left out; nothing follows from it here")
}

/// Assignments that stand apart from their policies, by the policy's id; with an empty id where there
/// is one policy only, so that it must be meant.
fn apart<'n>(
    objects: &[(SourceId, Found<'n>)],
    found: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Vec<&'n Node>> {
    let policies = objects.iter().filter(|(_, one)| matches!(one.what, What::Policy(_)));
    let ids = policies.clone().filter_map(|(_, one)| one.node.text("id"));
    let ids: Vec<&str> = ids.filter(|id| !id.is_empty()).collect();
    let is_only = policies.count() == 1;
    let mut apart: BTreeMap<String, Vec<&Node>> = BTreeMap::new();
    for (_, object) in objects.iter().filter(|(_, one)| one.what == What::Assignment) {
        let texts = ["policyId", "sourceId", "@odata.id", "id"].into_iter();
        let texts = texts.filter_map(|name| object.node.text(name)).chain(object.context);
        let texts: Vec<&str> = texts.collect();
        let id = ids.iter().find(|id| texts.iter().any(|text| names_id(text, id)));
        let id = id.map(|id| (*id).to_owned()).or(is_only.then(String::new));
        match id {
            Some(id) => {
                let nodes = apart.entry(id).or_default();
                nodes.extend(object.node.object().map(|_| object.node));
            }
            None => {
                let message =
                    format!("`{}` is an assignment of a policy that is not here", object.path);
                let help = "give the file of the policy as well, with its `id`";
                let diagnostic = Diagnostic::new(Code::IntuneNoRules, message);
                found.push(diagnostic.at(object.node.head(), "").help(help));
            }
        }
    }
    apart
}

/// Whether a text has an id in it, and not only the beginning of a longer one.
fn names_id(text: &str, id: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.match_indices(id).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + id.len()..).unwrap_or_default();
        !before.ends_with(is_part) && !behind.starts_with(is_part)
    })
}

fn policy(
    source: SourceId,
    object: &Found<'_>,
    platform: Platform,
    assignments: Option<&[&Node]>,
    names: &mut Names,
    found: &mut Vec<Diagnostic>,
) -> Policy {
    let before = found.len();
    let is_default = object.what == What::Default;
    let mut members = Members::read(object.node, Path::known(&object.path), platform, found);
    members.is_half = is_default;
    let head = Head::read(&members, assignments, names, found);
    let mut reading = Reading { members: &members, levels: &head.levels, names, found };
    let protection = Protection::read(&mut reading);
    lint::policy(&members, &head, &protection, names, found);
    keep_once(found, before, is_default);
    let mut lines = head.lines(&members, names);
    let draft = Draft {
        platform,
        levels: &head.levels,
        names,
        members: Some(&members),
        nowhere: members.head(),
    };
    lines.extend(protection.lines(&draft));
    lines.extend(settings(&members, &head, &protection, is_default, names));
    let suffix = if is_default { format!(" ({platform})") } else { String::new() };
    let title = format!("{}{suffix}", head.title);
    Policy {
        source,
        name: names.policy(&title),
        docs: docs(&head.description),
        title,
        platform,
        is_default,
        lines,
        place: members.head(),
        span: object.node.span,
        head,
        protection,
        stated: members.into_entries(),
    }
}

/// Both halves of a default policy find the same mistakes.
fn keep_once(found: &mut Vec<Diagnostic>, before: usize, is_default: bool) {
    let twice: Vec<Diagnostic> = found.drain(before..).collect();
    for one in twice {
        if !is_default || !found.contains(&one) && one.code != Code::IntuneIdle {
            found.push(one);
        }
    }
}

/// A description as the lines of documentation that stand above a policy. Joined by blanks they are
/// the description again, if that has no line breaks.
fn docs(description: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in description.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= DOCS_WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// With slashes, as wide as other lines.
const DOCS_WIDTH: usize = 96;

// ---------------------------------------------------------------- what rules do not bring back

/// A `setting` for each member that rules and head would not give back.
fn settings(
    members: &Members<'_>,
    head: &Head,
    protection: &Protection,
    is_default: bool,
    names: &Names,
) -> Vec<Line> {
    let expected = protection.told(names).members(members.platform, names);
    let special = head.members(members.platform, names);
    let mut lines = Vec::new();
    for property in Property::all(members.platform) {
        let Some((value, json, span)) = members.entry(property.name) else { continue };
        let comes_back = match property.kind {
            Kind::Special => {
                comes_back(property.name, json, head, special.get(property.name), members, names)
            }
            _ => expected.get(property.name) == Some(value),
        };
        if !comes_back {
            lines.push(At(span).setting(property.name, json.clone()));
        }
    }
    // Without these, the way back would assign the policy to everybody, or to all apps.
    let unsaid = [
        ("assignments", head.people == People::Unsaid),
        (
            "appGroupType",
            head.apps == Apps::Unsaid
                && members.platform != Platform::Windows
                && members.object.given("appGroupType").is_none(),
        ),
    ];
    for (name, _) in unsaid.into_iter().filter(|(_, is_unsaid)| *is_unsaid && !is_default) {
        lines.push(At(members.head()).setting(name, ast::Json::Null));
    }
    // The order of members means nothing.
    let mut strangers: Vec<_> = members.strangers.iter().collect();
    strangers.sort_by(|one, other| one.name.cmp(&other.name));
    lines.extend(strangers.iter().map(|one| At(one.span).setting(&one.name, one.json.clone())));
    lines
}

fn comes_back(
    name: &str,
    json: &ast::Json,
    head: &Head,
    expected: Option<&serde_json::Value>,
    members: &Members<'_>,
    names: &Names,
) -> bool {
    match name {
        "assignments" => {
            let keys = |json: &ast::Json| match json {
                ast::Json::Array(nodes) => nodes.iter().filter_map(assignment_key).collect(),
                _ => BTreeSet::new(),
            };
            let expected = expected.and_then(as_ast);
            !head.is_filtered && expected.is_none_or(|expected| keys(&expected) == keys(json))
        }
        // The list of a group of apps is what the service knew on that day.
        "apps" => match &head.apps {
            Apps::Selected(apps) => {
                let listed = members.object.get("apps").and_then(Node::array).unwrap_or_default();
                let own = |node: &Node| {
                    let id = node.get("mobileAppIdentifier").unwrap_or(node);
                    any_id(id).map(str::to_lowercase)
                };
                let listed: BTreeSet<String> = listed.iter().filter_map(own).collect();
                listed == app_ids(apps, members.platform, names)
            }
            Apps::Core | Apps::Microsoft | Apps::All | Apps::Unsaid => true,
        },
        // Without its list, a selection of apps would come back as all apps.
        "appGroupType" if head.apps == Apps::Unsaid => *json == ast::Json::Null,
        "targetedAppManagementLevels" => {
            let text = members.object.text(name).unwrap_or("unspecified");
            let set = |text: &str| -> BTreeSet<String> {
                text.split(',').map(|flag| flag.trim().to_lowercase()).collect()
            };
            set(text) == set(&flags(stated(head, members.platform), members.platform))
        }
        "description" => {
            let text = members.object.text(name).unwrap_or_default();
            docs(&head.description).join(" ") == text
        }
        _ => expected.is_none_or(|expected| as_ast(expected).as_ref() == Some(json)),
    }
}

/// The states that the clause `devices` names.
fn stated(head: &Head, platform: Platform) -> crate::vocabulary::DeviceStates {
    if head.levels.words(platform).is_empty() {
        Levels::all().states()
    } else {
        head.levels.states()
    }
}

/// The same value as an AST writes it.
pub(super) fn as_ast(value: &serde_json::Value) -> Option<ast::Json> {
    use serde_json::Value as Serde;
    Some(match value {
        Serde::Null => ast::Json::Null,
        Serde::Bool(value) => ast::Json::Bool(*value),
        Serde::Number(number) => ast::Json::Number(number.to_string()),
        Serde::String(text) => super::json::string(text),
        Serde::Array(values) => ast::Json::Array(values.iter().map(as_ast).collect::<Option<_>>()?),
        Serde::Object(members) => ast::Json::Object(
            members
                .iter()
                .map(|(name, value)| Some((Serde::from(&**name).to_string(), as_ast(value)?)))
                .collect::<Option<_>>()?,
        ),
    })
}

// ---------------------------------------------------------------- precedence

impl Policies {
    /// A policy for all devices gives way to one for particular devices, and the default policy to
    /// every other one.
    fn settle_precedence(&mut self) {
        let specific: Vec<(Platform, String)> = (self.list.iter())
            .filter(|policy| policy.head.levels.is_specific() && !policy.is_default)
            .map(|policy| (policy.platform, policy.name.clone()))
            .collect();
        for policy in &mut self.list {
            let at = At(policy.place);
            let same = specific.iter().filter(|(platform, _)| *platform == policy.platform);
            let others: Vec<_> = same.map(|(_, name)| at.name(name)).collect();
            let yields = if policy.is_default {
                Yields::Any
            } else if !others.is_empty() && !policy.head.levels.is_specific() {
                Yields::To(others)
            } else {
                continue;
            };
            let is_otherwise =
                |line: &Line| matches!(line.statement.kind, StatementKind::Otherwise(_));
            let place = policy.lines.iter().position(is_otherwise).unwrap_or(0);
            let line = at.yields(yields);
            let line = match policy.is_default {
                true => line,
                false => line.note("a policy for all device types gives way to a specific one"),
            };
            policy.lines.insert(place, line);
        }
    }

    // ------------------------------------------------------------ files

    /// One file of AST for each document; the declarations are in the first.
    pub(super) fn into_files(self, documents: &[SourceId]) -> Vec<File> {
        let mut declarations = self.names.into_items();
        documents
            .iter()
            .map(|source| {
                let mut items = prelude(*source);
                items.append(&mut declarations);
                let own = self.list.iter().filter(|policy| policy.source == *source);
                items.extend(own.map(Policy::item));
                File { source: *source, items, comments: Vec::new(), broken: Vec::new() }
            })
            .collect()
    }

    /// All of it as the text of one file.
    pub(super) fn into_text(self, documents: &[SourceId]) -> String {
        let Some(source) = documents.first() else { return String::new() };
        let mut layout = Layout { source: *source, next: 0, comments: Vec::new() };
        let mut items = prelude(*source);
        items.extend(self.names.into_items());
        items.iter_mut().for_each(|item| layout.declaration(item));
        items.extend(self.list.iter().map(|policy| layout.policy(policy)));
        let file = File { source: *source, items, comments: layout.comments, broken: Vec::new() };
        print::print(&file, &Sources::default())
    }
}

/// The first lines of a file: version and catalogue.
fn prelude(source: SourceId) -> Vec<ast::Item> {
    let span = Span { source, start: 0, end: 0 };
    let at = At(span);
    let item = |kind| ast::Item { docs: Vec::new(), span, kind };
    vec![
        item(ast::ItemKind::Version(at.spanned(1))),
        item(ast::ItemKind::Use(ast::Use::Catalogue(at.name("microsoft")))),
    ]
}

impl Policy {
    /// Where a member of it stands; where the policy is named, if it is absent.
    pub(super) fn stated_at(&self, member: &str) -> Span {
        self.stated.get(member).map_or(self.place, |entry| entry.span)
    }

    fn item(&self) -> ast::Item {
        let at = At(self.place);
        let body = self.lines.iter().map(|line| line.statement.clone()).collect();
        let policy = ast::Policy {
            name: at.name(&self.name),
            title: Some(at.text(&self.title)),
            report_only: None,
            body,
            complete: true,
        };
        let docs = self.docs.iter().map(|line| at.text(line)).collect();
        ast::Item { docs, span: self.span, kind: ast::ItemKind::Policy(policy) }
    }
}

/// Made-up places, so that notes come out as comments behind their statements.
struct Layout {
    source: SourceId,
    next: u32,
    comments: Vec<ast::Comment>,
}

impl Layout {
    fn span(&mut self) -> Span {
        let start = self.next;
        self.next = start.saturating_add(2);
        Span { source: self.source, start: start.saturating_add(1), end: start.saturating_add(2) }
    }

    fn declaration(&mut self, item: &mut ast::Item) {
        let start = self.span();
        if let ast::ItemKind::App(app) = &mut item.kind {
            for entry in app.entries.iter_mut().flatten() {
                let span = self.span();
                match entry {
                    ast::AppEntry::Ids(kind, ids) => {
                        kind.span = span;
                        ids.iter_mut().for_each(|id| id.span = span);
                    }
                    ast::AppEntry::Trait(word) => word.span = span,
                }
            }
        }
        item.span = start.to(self.span());
    }

    fn policy(&mut self, policy: &Policy) -> ast::Item {
        let mut item = policy.item();
        let start = self.span();
        item.docs.iter_mut().for_each(|line| line.span = start);
        if let ast::ItemKind::Policy(ast) = &mut item.kind {
            for (statement, line) in ast.body.iter_mut().zip(&policy.lines) {
                statement.span = self.span();
                if let Some(note) = &line.note {
                    let text = format!("// {note}");
                    let span = self.span();
                    self.comments.push(ast::Comment { text, span, trailing: true });
                }
            }
        }
        item.span = start.to(self.span());
        item
    }
}
