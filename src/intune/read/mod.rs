//! The reader of exports.
//!
//! Takes in JSON texts of a set together with its `.mam` files, gives out [`ImportedPolicies`]. All
//! texts are read together: they share names, and a policy for all devices yields to one for particular
//! devices. How movements are decided is not known here.

mod apart;
pub(in crate::intune) mod apps;
pub(in crate::intune) mod assignments;
mod foreign;
pub(in crate::intune) mod head;
pub(in crate::intune) mod kept;
pub(in crate::intune) mod members;
mod objects;
pub(in crate::intune) mod policy;

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::intune::configuration::{Configuration, HANDED_OVER};
use crate::intune::emit::statement::{At, Line};
use crate::intune::filter::AssignmentFilter;
use crate::intune::json::{Home, Node, Path, doublets, long_strings, parse};
use crate::intune::lint::{conflicts, tenant};
use crate::intune::names::Names;
use crate::limits::Limits;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::ast::{File, StatementKind, Yields};
use crate::vocabulary::Platform;
use apart::Apart;
use assignments::{Filters, Others};
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
    let before = found.len();
    let roots: Vec<(SourceId, Node)> =
        documents.iter().filter_map(|id| Some((*id, root(sources, *id, limits, found)?))).collect();
    let mut objects = Vec::new();
    for (source, root) in &roots {
        objects.extend(objects::find(root, found).into_iter().map(|object| (*source, object)));
    }
    let name = |source: SourceId| sources.name(source);
    let apart = Apart::new(&objects, &name, found);
    let mut policies = ImportedPolicies { list: Vec::new(), names: Names::new(files) };
    let filters = filters(&objects);
    let configurations: Vec<Configuration<'_>> = objects
        .iter()
        .filter(|(_, one)| one.what == ObjectType::Configuration)
        .map(|(_, one)| Configuration::read(one.node, limits))
        .collect();
    let mut has_freed_capture = vec![false; configurations.len()];
    for (at, (source, object)) in objects.iter().enumerate() {
        let platforms: &[Platform] = match object.what {
            ObjectType::Policy(Platform::Ios) => &[Platform::Ios],
            ObjectType::Policy(Platform::Android) => &[Platform::Android],
            ObjectType::Policy(Platform::Windows) => &[Platform::Windows],
            ObjectType::Default => &[Platform::Ios, Platform::Android],
            ObjectType::Other(what) => {
                found.push(no_rules(object, what));
                continue;
            }
            ObjectType::Assignment | ObjectType::Filter | ObjectType::Configuration => continue,
        };
        long_strings(object.node, Path::known(&object.path), limits, found);
        let assignments = apart.of(at);
        let freeing = configurations.iter().map(|one| one.frees_capture(object.node, assignments));
        let freeing: Vec<bool> = freeing.collect();
        has_freed_capture.iter_mut().zip(&freeing).for_each(|(known, frees)| *known |= frees);
        let frees_capture = freeing.contains(&true);
        let others = Others { assignments, filters: &filters, frees_capture };
        for platform in platforms {
            let policy =
                policy::read(*source, object, *platform, others, &mut policies.names, found);
            policies.list.push(policy);
        }
    }
    let told = configurations.iter().zip(has_freed_capture);
    found.extend(told.filter_map(|(one, has_freed)| one.diagnostic(has_freed)));
    let opaque = configurations.iter().filter(|one| one.is_opaque()).flat_map(|_| HANDED_OVER);
    let handed_over = configurations.iter().flat_map(Configuration::handed_over).chain(opaque);
    tenant::find(&policies, &handed_over.collect(), found);
    conflicts::find(&policies, limits.diagnostics, found);
    settle_precedence(&mut policies.list);
    cap(found, before);
    policies
}

/// Whether each document has something that is read: a policy, a filter, a configuration of apps, or an
/// assignment of a policy that is among the documents. One that is no JSON counts, so that it is reported.
pub(in crate::intune) fn recognised(documents: &[(&str, &str)], limits: &Limits) -> Vec<bool> {
    let mut sources = Sources::default();
    let mut roots = Vec::with_capacity(documents.len());
    for (name, text) in documents {
        let source = sources.add(name, text);
        roots.push((source, root(&sources, source, limits, &mut Vec::new())));
    }
    let mut objects = Vec::new();
    for (source, root) in &roots {
        let root = root.iter();
        let own = root.flat_map(|root| objects::find(root, &mut Vec::new()));
        objects.extend(own.map(|object| (*source, object)));
    }
    let mut found = Vec::new();
    let name = |source: SourceId| sources.name(source);
    let apart = Apart::new(&objects, &name, &mut found);
    let is_read = |(at, (source, object)): (usize, &(SourceId, ListedObject<'_>))| {
        let is_needed = object.what != ObjectType::Assignment || apart.is_matched(at);
        is_needed.then_some(*source)
    };
    let read: BTreeSet<SourceId> = objects.iter().enumerate().filter_map(is_read).collect();
    roots.iter().map(|(source, root)| root.is_none() || read.contains(source)).collect()
}

/// The most warnings of one kind in one document that are told.
const MOST_ALIKE: usize = 8;

/// Keeps the first findings of each kind in each document, and tells how many more there are.
fn cap(found: &mut Vec<Diagnostic>, before: usize) {
    let own: Vec<Diagnostic> = found.drain(before..).collect();
    let mut counts: BTreeMap<(SourceId, Code), usize> = BTreeMap::new();
    let mut last: BTreeMap<(SourceId, Code), usize> = BTreeMap::new();
    for one in own {
        let span = one.span().filter(|_| one.severity != Severity::Error);
        let Some(span) = span else {
            found.push(one);
            continue;
        };
        let key = (span.source, one.code);
        let count = counts.entry(key).or_default();
        *count += 1;
        if *count <= MOST_ALIKE {
            last.insert(key, found.len());
            found.push(one);
        }
    }
    for (key, count) in counts.into_iter().filter(|(_, count)| *count > MOST_ALIKE) {
        if let Some(one) = last.get(&key).and_then(|at| found.get_mut(*at)) {
            let more = count - MOST_ALIKE;
            one.message.push_str(&format!(", and {more} more like this in the document"));
        }
    }
}

/// The assignment filters among some objects.
fn filters(objects: &[(SourceId, ListedObject<'_>)]) -> Filters {
    let mut filters = Filters::default();
    let nodes = objects.iter().filter(|(_, one)| one.what == ObjectType::Filter);
    nodes.filter_map(|(_, one)| AssignmentFilter::read(one.node)).for_each(|one| filters.add(one));
    filters
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
