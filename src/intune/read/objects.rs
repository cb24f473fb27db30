//! The objects of a document: policies, assignments, other objects of Intune.
//!
//! Takes in a JSON tree, gives out its objects with their types. Tools wrap exports in many ways. The
//! members of an object are not known here, except for those that tell its type.

use super::apps::id_member;
use super::foreign;
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::{Home, Member, Node, NodeKind, Path, parse};
use crate::intune::schema::{PROPERTIES, Property, READ_ONLY};
use crate::limits::Limits;
use crate::source::Span;
use crate::syntax::print::quote;
use crate::vocabulary::Platform;

/// An object of a document with its type.
#[derive(Debug)]
pub(in crate::intune) struct ListedObject<'n> {
    pub(in crate::intune) node: &'n Node,
    pub(in crate::intune) path: String,
    pub(in crate::intune) what: ObjectType,
    /// The `@odata.context` of the answer that it was part of.
    pub(in crate::intune) context: Option<&'n str>,
}

/// The type of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intune) enum ObjectType {
    /// A policy for one platform.
    Policy(Platform),
    /// The policy for users whom no other policy reaches, on iOS and Android.
    Default,
    /// An assignment apart from its policy; an empty array is a list of none.
    Assignment,
    /// An assignment filter.
    Filter,
    /// A configuration of apps.
    Configuration,
    /// An object that decides no movement, with a noun for it.
    Other(&'static str),
}

/// Types that decide no movement, with nouns for them.
const OTHERS: &[(&str, &str)] = &[
    ("mdmWindowsInformationProtectionPolicy", "Windows Information Protection"),
    ("windowsInformationProtectionPolicy", "Windows Information Protection"),
    ("windowsInformationProtection", "Windows Information Protection"),
];

/// Types by name.
const TYPES: &[(&str, ObjectType)] = &[
    ("iosManagedAppProtection", ObjectType::Policy(Platform::Ios)),
    ("androidManagedAppProtection", ObjectType::Policy(Platform::Android)),
    ("windowsManagedAppProtection", ObjectType::Policy(Platform::Windows)),
    ("defaultManagedAppProtection", ObjectType::Default),
    ("targetedManagedAppPolicyAssignment", ObjectType::Assignment),
    ("deviceAndAppManagementAssignmentFilter", ObjectType::Filter),
    ("payloadCompatibleAssignmentFilter", ObjectType::Filter),
    ("targetedManagedAppConfiguration", ObjectType::Configuration),
    ("iosMobileAppConfiguration", ObjectType::Configuration),
    ("androidManagedStoreAppConfiguration", ObjectType::Configuration),
];

/// Replaces strings that hold JSON by their values, since some tools wrap policies in strings, and spells
/// objects of other tools as Graph does. Policies themselves are left as they are.
pub(in crate::intune) fn unwrap(node: Node, limits: &Limits) -> Result<Node, Diagnostic> {
    let node = foreign::respelt(node);
    if !matches!(classify(&node, Path::ROOT, None), Ok(None)) {
        return Ok(node);
    }
    let Node { span, kind } = node;
    let kind = match kind {
        NodeKind::Array(nodes) => NodeKind::Array(
            nodes
                .into_iter()
                .map(|node| unwrap_value(node, true, limits))
                .collect::<Result<_, _>>()?,
        ),
        NodeKind::Object(members) => {
            let members = members.into_iter().map(|member| {
                let Member { name, span, value } = member;
                let is_wrapper = ["RAWJson", "JSON", "value"];
                let is_wrapper = is_wrapper.iter().any(|one| name.eq_ignore_ascii_case(one));
                Ok(Member { name, span, value: unwrap_value(value, is_wrapper, limits)? })
            });
            NodeKind::Object(members.collect::<Result<_, Diagnostic>>()?)
        }
        other => other,
    };
    Ok(Node { span, kind })
}

/// A value without wrappers, and without the string around it where JSON may stand in one.
fn unwrap_value(value: Node, is_wrapper: bool, limits: &Limits) -> Result<Node, Diagnostic> {
    match &value.kind {
        NodeKind::String(text) if is_wrapper && text.trim_start().starts_with(['{', '[']) => {
            unwrap(parse(text, Home::Inside(value.span), limits)?, limits)
        }
        _ => unwrap(value, limits),
    }
}

/// The objects of known types, with a diagnostic for each other one: an error, or a warning beside objects
/// that are read.
pub(in crate::intune) fn find<'n>(
    root: &'n Node,
    found: &mut Vec<Diagnostic>,
) -> Vec<ListedObject<'n>> {
    let before = found.len();
    let mut objects = Vec::new();
    visit(root, Path::ROOT, None, &mut objects, found);
    if !objects.is_empty() {
        let others = found.iter_mut().skip(before);
        for one in others.filter(|one| one.code == Code::IntuneNotAPolicy) {
            let mut passed = Diagnostic::new(Code::IntuneNoRules, one.message.clone());
            passed.labels.clone_from(&one.labels);
            *one = passed.help("it is passed over");
        }
    }
    if objects.is_empty() && found.len() == before {
        // Graph gives an empty list for a tenant without policies.
        let diagnostic = Diagnostic::new(Code::IntuneNoRules, "the document lists no policy");
        found.push(diagnostic.at(root.head(), "").help("it decides nothing; leave it out"));
    }
    objects
}

fn visit<'n>(
    node: &'n Node,
    path: Path<'_>,
    context: Option<&'n str>,
    objects: &mut Vec<ListedObject<'n>>,
    found: &mut Vec<Diagnostic>,
) {
    if let Some(nodes) = node.array() {
        let says_nobody =
            nodes.is_empty() && context.and_then(of_context) == Some(ObjectType::Assignment);
        if says_nobody {
            let path = path.to_string();
            objects.push(ListedObject { node, path, what: ObjectType::Assignment, context });
        }
        for (index, node) in nodes.iter().enumerate() {
            visit(node, path.index(index), context, objects, found);
        }
        return;
    }
    if node.object().is_none() {
        let message = format!("`{path}` is {}, not a policy", node.noun());
        found.push(no_policy(message, node.head()));
        return;
    }
    let context = node.text("@odata.context").or(context);
    match classify(node, path, context) {
        Ok(Some(what)) => {
            objects.push(ListedObject { node, path: path.to_string(), what, context })
        }
        Ok(None) => match wrapped(node) {
            Some((name, inner)) => {
                let context = if name == "assignments" { context.or(ASSIGNMENTS) } else { context };
                visit(inner, path.member(name), context, objects, found);
            }
            None => found.push(unknown(node, path)),
        },
        Err(diagnostic) => found.push(diagnostic),
    }
}

/// The context of a list under `assignments`, which tools write without one.
const ASSIGNMENTS: Option<&str> = Some("#assignments");

/// The member of a wrapper that holds the wrapped value.
fn wrapped(node: &Node) -> Option<(&str, &Node)> {
    let members = node.object()?;
    let is_named = members.iter().any(|member| member.name == "displayName");
    let holds = |member: &&Member| {
        let is_holder = ["RAWJson", "JSON"].iter().any(|one| member.name.eq_ignore_ascii_case(one))
            || matches!(&*member.name, "value" | "resources" | "root_module" | "values")
            || !is_named && matches!(&*member.name, "assignments" | "policy");
        is_holder && matches!(member.value.kind, NodeKind::Array(_) | NodeKind::Object(_))
    };
    members.iter().find(holds).map(|member| (&*member.name, &member.value))
}

/// The type of an object: by `@odata.type`, by its target, by the context, by its members.
fn classify(
    node: &Node,
    path: Path<'_>,
    context: Option<&str>,
) -> Result<Option<ObjectType>, Diagnostic> {
    if let Some(text) = node.text("@odata.type") {
        let name = text.rsplit('.').next().unwrap_or(text);
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if let Some((_, what)) = TYPES.iter().find(|(known, _)| is(known)) {
            return Ok(Some(*what));
        }
        if let Some((_, what)) = OTHERS.iter().find(|(known, _)| is(known)) {
            return Ok(Some(ObjectType::Other(what)));
        }
    }
    let target = node.get("target").and_then(|target| target.text("@odata.type"));
    if target.is_some_and(|text| text.ends_with("AssignmentTarget")) {
        return Ok(Some(ObjectType::Assignment));
    }
    // Graph leaves the type out if the context of its answer names it.
    let named = context.filter(|_| node.get("@odata.type").is_none() && wrapped(node).is_none());
    if let Some(what) = named.and_then(of_context) {
        return Ok(Some(what));
    }
    infer(node, path).map(|platform| platform.map(ObjectType::Policy))
}

/// The type of the objects below a context such as `…#deviceAppManagement/iosManagedAppProtections`,
/// which may end in `/$entity`.
fn of_context(context: &str) -> Option<ObjectType> {
    let (_, set) = context.rsplit_once('#')?;
    let set = set.strip_suffix("/$entity").unwrap_or(set);
    // `(assignments(),apps())` lists what was expanded.
    let segment = set.split('/').rfind(|part| !part.is_empty())?;
    match segment.split('(').next()? {
        "assignments" => Some(ObjectType::Assignment),
        "assignmentFilters" => Some(ObjectType::Filter),
        // A collection is the plural of its type; a cast is the type itself.
        name => {
            let name = name.strip_prefix("microsoft.graph.").unwrap_or(name);
            let name = name.strip_suffix('s').unwrap_or(name);
            TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, what)| *what)
        }
    }
}

/// The platform of a policy without a type: the only platform that has some of its members.
fn infer(node: &Node, path: Path<'_>) -> Result<Option<Platform>, Diagnostic> {
    let members = node.object().unwrap_or_default();
    let settings = members.iter().filter(|one| Property::is_known(&one.name));
    // Objects of other types have a few of these names, too.
    if settings.clone().filter(|one| !has_any_object(&one.name)).count() < 3 {
        return Ok(None);
    }
    let own = |platform: Platform| {
        settings.clone().find(move |one| {
            PROPERTIES.iter().any(|row| row.name == one.name && row.on == [platform])
                && Property::platforms(&one.name).len() == 1
        })
    };
    let error = |message: String, help: &str| {
        Diagnostic::new(Code::IntunePlatform, message).at(node.head(), "").help(help.to_owned())
    };
    let of_apps = platform_of_apps(node);
    match (own(Platform::Ios), own(Platform::Android)) {
        (Some(_), None) if of_apps.is_none_or(|one| one == Platform::Ios) => {
            Ok(Some(Platform::Ios))
        }
        (None, Some(_)) if of_apps.is_none_or(|one| one == Platform::Android) => {
            Ok(Some(Platform::Android))
        }
        (None, None) if of_apps.is_some() => Ok(of_apps),
        (Some(own), None) | (None, Some(own)) => Err(error(
            format!(
                "`{path}` names no `@odata.type`; `{}` and its apps belong to two platforms",
                own.name
            ),
            "add `\"@odata.type\": \"#microsoft.graph.iosManagedAppProtection\"`, or the one for \
             another platform, and leave out what belongs elsewhere",
        )),
        (Some(ios), Some(android)) => Err(error(
            format!(
                "`{path}` names no `@odata.type` and has members of both platforms: `{}`, `{}`",
                ios.name, android.name
            ),
            "add `\"@odata.type\": \"#microsoft.graph.iosManagedAppProtection\"`, or the one for \
             Android, and leave the members of the other platform out",
        )),
        (None, None) => Err(error(
            format!(
                "`{path}` names no `@odata.type`, and no member of it belongs to one platform only"
            ),
            "add `\"@odata.type\": \"#microsoft.graph.iosManagedAppProtection\"`, or that of \
             another platform",
        )),
    }
}

/// The platform of the apps in a policy, if all are of one.
fn platform_of_apps(node: &Node) -> Option<Platform> {
    let apps = node.get("apps").and_then(Node::array).unwrap_or_default();
    let platform = |app: &Node| {
        let id = app.get("mobileAppIdentifier").unwrap_or(app);
        Platform::ALL.iter().copied().find(|one| id.get(id_member(*one)).is_some())
    };
    let mut platforms = apps.iter().map(platform);
    let first = platforms.next()??;
    platforms.all(|one| one == Some(first)).then_some(first)
}

/// Whether many types of Graph have a member.
fn has_any_object(name: &str) -> bool {
    READ_ONLY.contains(&name)
        || matches!(
            name,
            "displayName" | "description" | "roleScopeTagIds" | "apps" | "assignments"
        )
}

fn unknown(node: &Node, path: Path<'_>) -> Diagnostic {
    let members = node.object().unwrap_or_default();
    let names = ["@odata.type", "displayName", "name", "title"].into_iter();
    let mut named = names.filter_map(|name| {
        let member = members.iter().find(|member| member.name == name)?;
        Some((member, member.value.string()?))
    });
    let (shown, place) = match named.next() {
        Some((member, text)) => {
            (format!("`{path}`, whose `{}` is {},", member.name, quote(text)), member.span)
        }
        None => (format!("`{path}`"), node.head()),
    };
    no_policy(format!("{shown} is no app protection policy of Microsoft Graph"), place)
}

fn no_policy(message: String, place: Span) -> Diagnostic {
    Diagnostic::new(Code::IntuneNotAPolicy, message).at(place, "").help(
        "`mam` reads what Graph returns under `deviceAppManagement`: iosManagedAppProtections, \
         androidManagedAppProtections, windowsManagedAppProtections; other products' and tools' own \
         formats are not read",
    )
}
