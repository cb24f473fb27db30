//! The objects of a document: policies, assignments, other objects of Intune.
//!
//! Takes in a JSON tree, gives out its objects with their types. Tools wrap exports in many ways. The
//! members of an object are not known here, except for those that tell its type.

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
    /// An object that decides no movement, with a noun for it.
    Other(&'static str),
}

/// Types that decide no movement, with nouns for them.
const OTHERS: &[(&str, &str)] = &[
    ("targetedManagedAppConfiguration", "app configuration"),
    ("mdmWindowsInformationProtectionPolicy", "Windows Information Protection"),
    ("windowsInformationProtectionPolicy", "Windows Information Protection"),
    ("windowsInformationProtection", "Windows Information Protection"),
    ("deviceAndAppManagementAssignmentFilter", "an assignment filter"),
    ("payloadCompatibleAssignmentFilter", "an assignment filter"),
];

/// Replaces strings that hold JSON by their values: some tools wrap policies in strings. Policies
/// themselves are left as they are.
pub(in crate::intune) fn unwrap(node: Node, limits: &Limits) -> Result<Node, Diagnostic> {
    if !matches!(classify(&node, Path::ROOT, None), Ok(None)) {
        return Ok(node);
    }
    let Node { span, kind } = node;
    let kind = match kind {
        NodeKind::Array(nodes) => NodeKind::Array(
            nodes.into_iter().map(|node| unwrap(node, limits)).collect::<Result<_, _>>()?,
        ),
        NodeKind::Object(members) => {
            let members = members.into_iter().map(|member| {
                let Member { name, span, value } = member;
                let is_wrapped = name.eq_ignore_ascii_case("RAWJson") || name == "value";
                let value = match &value.kind {
                    NodeKind::String(text)
                        if is_wrapped && text.trim_start().starts_with(['{', '[']) =>
                    {
                        unwrap(parse(text, Home::Inside(value.span), limits)?, limits)?
                    }
                    _ => unwrap(value, limits)?,
                };
                Ok(Member { name, span, value })
            });
            NodeKind::Object(members.collect::<Result<_, Diagnostic>>()?)
        }
        other => other,
    };
    Ok(Node { span, kind })
}

/// The objects of known types, with a diagnostic for each other one.
pub(in crate::intune) fn find<'n>(
    root: &'n Node,
    found: &mut Vec<Diagnostic>,
) -> Vec<ListedObject<'n>> {
    let before = found.len();
    let mut objects = Vec::new();
    visit(root, Path::ROOT, None, &mut objects, found);
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
        let is_holder = member.name.eq_ignore_ascii_case("RAWJson")
            || member.name == "value"
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
        let policies = [
            ("iosManagedAppProtection", ObjectType::Policy(Platform::Ios)),
            ("androidManagedAppProtection", ObjectType::Policy(Platform::Android)),
            ("windowsManagedAppProtection", ObjectType::Policy(Platform::Windows)),
            ("defaultManagedAppProtection", ObjectType::Default),
            ("targetedManagedAppPolicyAssignment", ObjectType::Assignment),
        ];
        if let Some((_, what)) = policies.into_iter().find(|(known, _)| is(known)) {
            return Ok(Some(what));
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
        "iosManagedAppProtections" => Some(ObjectType::Policy(Platform::Ios)),
        "androidManagedAppProtections" => Some(ObjectType::Policy(Platform::Android)),
        "windowsManagedAppProtections" => Some(ObjectType::Policy(Platform::Windows)),
        "defaultManagedAppProtections" => Some(ObjectType::Default),
        "assignments" => Some(ObjectType::Assignment),
        _ => None,
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
    match (own(Platform::Ios), own(Platform::Android)) {
        (Some(_), None) => Ok(Some(Platform::Ios)),
        (None, Some(_)) => Ok(Some(Platform::Android)),
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
