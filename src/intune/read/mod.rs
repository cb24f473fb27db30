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
pub(in crate::intune) mod objects;
mod paging;
pub(in crate::intune) mod policy;
mod reach;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::intune::configuration::{self, Configurations};
use crate::intune::emit::statement::{At, Line};
use crate::intune::filter::Filters;
use crate::intune::json::{Home, Node, Path, doublets, long_strings, parse};
use crate::intune::lint::{conflicts, tenant};
use crate::intune::names::Names;
use crate::limits::Limits;
use crate::source::{SourceId, Sources, Span};
use crate::syntax::ast::{File, StatementKind, Yields};
use crate::syntax::print::quote;
use crate::vocabulary::Platform;
use apart::{Apart, NameOf};
use assignments::{Assignees, TenantParts};
use objects::{ListedObject, ObjectType};
use policy::{HeadedPolicy, ImportedPolicies, ImportedPolicy};

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
    let name = |source: SourceId| sources.name(source);
    let tenant = Tenant::new(&roots, &name, limits, found);
    let mut names = Names::new(files);
    let heads = tenant.heads(&mut names, found);
    let mut configurations =
        Configurations::read(tenant.configurations(), &tenant.apps(), &names, limits);
    let list = heads.into_iter().map(|policy| {
        let frees_capture = configurations.free_capture(&policy.head, policy.platform);
        policy.finish(frees_capture, &mut names, found)
    });
    let list = list.collect();
    let mut policies = ImportedPolicies { list, names };
    found.extend(configurations.diagnostics());
    tenant::find(&policies, &configurations, found);
    conflicts::find(&policies, found);
    settle_precedence(&mut policies.list);
    cap(found, before);
    policies
}

/// The objects of some documents.
struct Tenant<'r> {
    objects: Vec<(SourceId, ListedObject<'r>)>,
    apart: Apart<'r>,
    filters: Filters,
    limits: &'r Limits,
}

impl<'r> Tenant<'r> {
    fn new(
        roots: &'r [(SourceId, Node)],
        name: &NameOf<'_>,
        limits: &'r Limits,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut objects = Vec::new();
        for (source, root) in roots {
            objects.extend(objects::find(root, found).into_iter().map(|object| (*source, object)));
        }
        let apart = Apart::new(&objects, name, found);
        let filters = objects.iter().filter(|(_, one)| one.what == ObjectType::Filter);
        let filters = Filters::read(filters.map(|(_, one)| one.node), found);
        Self { objects, apart, filters, limits }
    }

    /// The parts of the tenant that the object at a position refers to.
    fn parts(&self, at: usize, takes_devices: bool) -> TenantParts<'_> {
        TenantParts { assignments: self.apart.of(at), filters: &self.filters, takes_devices }
    }

    /// The heads of all policies.
    fn heads<'t>(
        &'t self,
        names: &mut Names,
        found: &mut Vec<Diagnostic>,
    ) -> Vec<HeadedPolicy<'t>> {
        let mut heads = Vec::new();
        let (repeated, targets) = (self.repeated(found), self.targets());
        for (at, (source, object)) in self.objects.iter().enumerate() {
            if repeated.contains(&at) {
                continue;
            }
            let platforms: &[Platform] = match object.what {
                ObjectType::Policy(Platform::Ios) => &[Platform::Ios],
                ObjectType::Policy(Platform::Android) => &[Platform::Android],
                ObjectType::Policy(Platform::Windows) => &[Platform::Windows],
                ObjectType::Default => &[Platform::Ios, Platform::Android],
                ObjectType::Idle(what) => {
                    found.push(no_rules(object, what));
                    continue;
                }
                ObjectType::Assignment
                | ObjectType::EmptyList
                | ObjectType::Filter
                | ObjectType::Configuration(_) => continue,
                ObjectType::App => {
                    if !is_targeted(&targets, object) {
                        found.push(no_rules(object, "an app"));
                    }
                    continue;
                }
            };
            long_strings(object.node, Path::known(&object.path), self.limits, found);
            for platform in platforms {
                let parts = self.parts(at, false);
                let head = HeadedPolicy::read((*source, object), *platform, parts, names, found);
                heads.push(head);
            }
        }
        heads
    }

    /// The apps of the tenant on iOS, by id in lower case.
    fn apps(&self) -> BTreeMap<String, &str> {
        let apps = self.objects.iter().filter(|(_, one)| one.what == ObjectType::App);
        let entry = |(_, one): &'_ (SourceId, ListedObject<'r>)| {
            Some((one.node.text("id")?.to_lowercase(), one.node.text("bundleId")?))
        };
        apps.filter_map(entry).collect()
    }

    /// The ids, in lower case, of the apps of the tenant that configurations name.
    fn targets(&self) -> BTreeSet<String> {
        let targets = self.configurations().flat_map(|(one, _)| configuration::targets(one.node));
        targets.filter_map(|target| Some(target.string()?.to_lowercase())).collect()
    }

    /// The positions of policies that stand in the documents before, with equal content. One that differs from
    /// another of its id is refused.
    fn repeated(&self, found: &mut Vec<Diagnostic>) -> BTreeSet<usize> {
        let mut known: HashMap<String, usize> = HashMap::new();
        let mut repeated = BTreeSet::new();
        for (at, (_, object)) in self.objects.iter().enumerate() {
            let is_policy = matches!(object.what, ObjectType::Policy(_) | ObjectType::Default);
            let id = object.node.text("id").filter(|id| is_policy && !id.is_empty());
            let Some(id) = id else { continue };
            match known.get(&id.to_lowercase()) {
                None => drop(known.insert(id.to_lowercase(), at)),
                Some(first) if self.is_same(*first, at) => drop(repeated.insert(at)),
                Some(_) => found.push(disputed(id, object)),
            }
        }
        repeated
    }

    /// Whether two policies have equal members and equal assignments.
    fn is_same(&self, one: usize, other: usize) -> bool {
        let content = |at: usize| {
            let own = self.objects.get(at).map(|(_, object)| (object.what, object.node.to_ast()));
            let assignments = self.apart.of(at).unwrap_or_default().iter();
            let assignments: Vec<_> = assignments.map(|node| node.to_ast().sorted()).collect();
            (own.map(|(what, json)| (what, json.sorted())), assignments)
        };
        content(one) == content(other)
    }

    /// The configurations of apps.
    fn configurations<'t>(
        &'t self,
    ) -> impl Iterator<Item = (&'t ListedObject<'t>, TenantParts<'t>)> {
        let listed = self.objects.iter().enumerate();
        let is_one = |one: &ListedObject<'_>| matches!(one.what, ObjectType::Configuration(_));
        let listed = listed.filter(move |(_, (_, object))| is_one(object));
        listed.map(|(at, (_, object))| (object, self.parts(at, true)))
    }
}

/// Whether each document has something that is read: a policy, a filter, a configuration of apps, or an
/// assignment of one that is among the documents. One that is no JSON counts, so that it is reported.
pub(in crate::intune) fn recognised(documents: &[(&str, &str)], limits: &Limits) -> Vec<bool> {
    let mut sources = Sources::default();
    let mut roots = Vec::new();
    let mut broken = Vec::new();
    for (name, text) in documents {
        let source = sources.add(name, text);
        let root = root(&sources, source, limits, &mut Vec::new());
        broken.push((source, root.is_none()));
        roots.extend(root.map(|root| (source, root)));
    }
    let name = |source: SourceId| sources.name(source);
    let tenant = Tenant::new(&roots, &name, limits, &mut Vec::new());
    let targets = tenant.targets();
    let is_read = |(at, (source, object)): (usize, &(SourceId, ListedObject<'_>))| {
        let is_needed = match object.what {
            ObjectType::Assignment | ObjectType::EmptyList => tenant.apart.is_needed(at),
            ObjectType::App => is_targeted(&targets, object),
            _ => true,
        };
        is_needed.then_some(*source)
    };
    let read: BTreeSet<SourceId> = tenant.objects.iter().enumerate().filter_map(is_read).collect();
    broken.into_iter().map(|(source, is_broken)| is_broken || read.contains(&source)).collect()
}

/// Whether an app of the tenant is one of some ids.
fn is_targeted(ids: &BTreeSet<String>, app: &ListedObject<'_>) -> bool {
    app.node.text("id").is_some_and(|id| ids.contains(&id.to_lowercase()))
}

/// The most warnings of one kind in one document that are shown.
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

/// The error about a policy with the id of another one.
fn disputed(id: &str, object: &ListedObject<'_>) -> Diagnostic {
    let message = format!("two policies have the id {} and differ", quote(id));
    let diagnostic = Diagnostic::new(Code::IntuneBadValue, message).at(object.node.head(), "");
    diagnostic.help("leave out the one that is not the tenant's, such as an older backup")
}

/// The warning about an object that decides no movement.
fn no_rules(object: &ListedObject<'_>, what: &str) -> Diagnostic {
    let title = object.node.text("displayName").unwrap_or("without a name");
    let message = format!("\"{title}\" is {what}, which is not read here");
    let diagnostic = Diagnostic::new(Code::IntuneNoRules, message).at(object.node.head(), "");
    diagnostic.help("it is recognised and left out")
}

/// Adds `yields to`: a policy for all devices yields to those for particular devices, the default policy
/// to every other one, and none to one that may be for others than it seems.
fn settle_precedence(policies: &mut [ImportedPolicy]) {
    let named = |is_one: &dyn Fn(&ImportedPolicy) -> bool| -> Vec<(Platform, String)> {
        let list = policies.iter().filter(|policy| !policy.is_default && is_one(policy));
        list.map(|policy| (policy.platform, policy.name.clone())).collect()
    };
    let specific = named(&|policy| policy.head.levels.is_specific() && policy.is_certain());
    // Those whose apps are unknown are `unconfirmed`, to which nothing yields.
    let unassigned = named(&|policy| policy.head.assignees == Assignees::Unknown);
    for policy in policies {
        let at = At(policy.place);
        let of = |list: &[(Platform, String)]| -> Vec<_> {
            let same = list.iter().filter(|(platform, _)| *platform == policy.platform);
            same.map(|(_, name)| at.name(name)).collect()
        };
        let others = of(&specific);
        let yields = if policy.is_default {
            Yields::Any { except: of(&unassigned) }
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
