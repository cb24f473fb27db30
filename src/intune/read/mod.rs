//! The reader of exports.
//!
//! Takes in JSON texts of a set together with its `.mam` files, gives out [`ImportedPolicies`]. All
//! texts are read together: they share names, and a policy for all devices yields to one for particular
//! devices. How movements are decided is not known here.

pub(in crate::intune) mod apps;
pub(in crate::intune) mod assignments;
pub(in crate::intune) mod head;
mod kept;
pub(in crate::intune) mod members;
mod objects;
pub(in crate::intune) mod policy;

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::emit::statement::{At, Line};
use crate::intune::json::{Home, Node, Path, doublets, long_strings, parse};
use crate::intune::lint::conflicts;
use crate::intune::names::Names;
use crate::limits::Limits;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::ast::{File, StatementKind, Yields};
use crate::vocabulary::Platform;
use objects::{ListedObject, ObjectType};
use policy::{ImportedPolicies, ImportedPolicy};

/// Reads documents of a set; `files` are its files in the language.
pub(in crate::intune) fn read(
    sources: &Sources,
    documents: &[SourceId],
    files: &[File],
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> ImportedPolicies {
    let roots: Vec<(SourceId, Node)> =
        documents.iter().filter_map(|id| Some((*id, root(sources, *id, limits, found)?))).collect();
    let mut objects = Vec::new();
    for (source, root) in &roots {
        objects.extend(objects::find(root, found).into_iter().map(|object| (*source, object)));
    }
    let apart = apart(&objects, found);
    let mut policies = ImportedPolicies { list: Vec::new(), names: Names::new(files) };
    for (source, object) in &objects {
        let platforms: &[Platform] = match object.what {
            ObjectType::Policy(Platform::Ios) => &[Platform::Ios],
            ObjectType::Policy(Platform::Android) => &[Platform::Android],
            ObjectType::Policy(Platform::Windows) => &[Platform::Windows],
            ObjectType::Default => &[Platform::Ios, Platform::Android],
            ObjectType::Other(what) => {
                found.push(no_rules(object, what));
                continue;
            }
            ObjectType::Assignment => continue,
        };
        long_strings(object.node, Path::known(&object.path), limits, found);
        let assignments = object.node.text("id").and_then(|id| apart.get(id));
        let assignments = assignments.or_else(|| apart.get("")).map(Vec::as_slice);
        for platform in platforms {
            let policy =
                policy::read(*source, object, *platform, assignments, &mut policies.names, found);
            policies.list.push(policy);
        }
    }
    conflicts::find(&policies, limits.diagnostics, found);
    settle_precedence(&mut policies.list);
    policies
}

/// The tree of a document; `None` with a diagnostic if the text is no JSON.
fn root(
    sources: &Sources,
    id: SourceId,
    limits: &Limits,
    found: &mut Vec<Diagnostic>,
) -> Option<Node> {
    let text = sources.get(id)?.text();
    let home = Home::Whole(Span { source: id, start: 0, end: 0 });
    let root = parse(text, home, limits).and_then(|root| objects::unwrap(root, limits));
    let root = root.map_err(|diagnostic| found.push(diagnostic)).ok()?;
    doublets(&root, Path::ROOT, found);
    Some(root)
}

/// The warning about an object that decides no movement.
fn no_rules(object: &ListedObject<'_>, what: &str) -> Diagnostic {
    let title = object.node.text("displayName").unwrap_or("without a name");
    let message = format!("\"{title}\" is {what}, which decides no movement between apps");
    let diagnostic = Diagnostic::new(Code::IntuneNoRules, message).at(object.node.head(), "");
    diagnostic.help("it is recognised and left out")
}

/// Assignments that stand apart from their policies, by the id of the policy. With one policy only they
/// are its own, under an empty id.
fn apart<'n>(
    objects: &[(SourceId, ListedObject<'n>)],
    found: &mut Vec<Diagnostic>,
) -> BTreeMap<String, Vec<&'n Node>> {
    let policies = objects.iter().filter(|(_, one)| matches!(one.what, ObjectType::Policy(_)));
    let ids = policies.clone().filter_map(|(_, one)| one.node.text("id"));
    let ids: Vec<&str> = ids.filter(|id| !id.is_empty()).collect();
    let is_only = policies.count() == 1;
    let mut apart: BTreeMap<String, Vec<&Node>> = BTreeMap::new();
    for (_, object) in objects.iter().filter(|(_, one)| one.what == ObjectType::Assignment) {
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

/// Whether a text contains an id as a whole.
fn names_id(text: &str, id: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.match_indices(id).any(|(at, _)| {
        let before = text.get(..at).unwrap_or_default();
        let behind = text.get(at + id.len()..).unwrap_or_default();
        !before.ends_with(is_part) && !behind.starts_with(is_part)
    })
}

/// Adds `yields to`: a policy for all devices yields to those for particular devices, the default policy
/// to every other one.
fn settle_precedence(policies: &mut [ImportedPolicy]) {
    let specific: Vec<(Platform, String)> = policies
        .iter()
        .filter(|policy| policy.head.levels.is_specific() && !policy.is_default)
        .map(|policy| (policy.platform, policy.name.clone()))
        .collect();
    for policy in policies {
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
        let is_otherwise = |line: &Line| matches!(line.statement.kind, StatementKind::Otherwise(_));
        let place = policy.lines.iter().position(is_otherwise).unwrap_or(0);
        let line = at.yields(yields);
        let line = match policy.is_default {
            true => line,
            false => line.note("a policy for all device types yields to a specific one"),
        };
        policy.lines.insert(place, line);
    }
}
