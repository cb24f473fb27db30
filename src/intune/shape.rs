//! Where in a document the policies are, and what else is there.
//!
//! Takes in a JSON tree, gives out the objects in it by kind. Tools wrap exports in many ways; what
//! an object means is not known here.

use super::json::{Home, Kind, Member, Node, Path, parse};
use super::schema::{PROPERTIES, Property, READ_ONLY};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::Span;
use crate::syntax::print::quote;
use crate::vocabulary::Platform;

/// An object of a document.
#[derive(Debug)]
pub(super) struct Found<'n> {
    pub(super) node: &'n Node,
    pub(super) path: String,
    pub(super) what: What,
    /// What the answer that it was part of says of itself, `@odata.context`.
    pub(super) context: Option<&'n str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A policy for one platform.
    Policy(Platform),
    /// The policy for users whom no other one reaches, on iOS and Android.
    Default,
    /// An assignment that stands apart from its policy; an empty array says that there is none.
    Assignment,
    /// Something of Intune that decides no movement, in a few words.
    Other(&'static str),
}

/// Objects of Intune that are known and decide no movement.
const OTHERS: &[(&str, &str)] = &[
    ("targetedManagedAppConfiguration", "app configuration"),
    ("mdmWindowsInformationProtectionPolicy", "Windows Information Protection"),
    ("windowsInformationProtectionPolicy", "Windows Information Protection"),
    ("windowsInformationProtection", "Windows Information Protection"),
    ("deviceAndAppManagementAssignmentFilter", "an assignment filter"),
    ("payloadCompatibleAssignmentFilter", "an assignment filter"),
];

/// Replaces JSON text in strings, as some tools wrap policies in it, by what it says. What is inside
/// a policy stays as it is.
pub(super) fn unwrap(node: Node, limits: &Limits) -> Result<Node, Diagnostic> {
    if !matches!(classify(&node, Path::ROOT, None), Ok(None)) {
        return Ok(node);
    }
    let Node { span, kind } = node;
    let kind = match kind {
        Kind::Array(nodes) => Kind::Array(
            nodes.into_iter().map(|node| unwrap(node, limits)).collect::<Result<_, _>>()?,
        ),
        Kind::Object(members) => {
            let members = members.into_iter().map(|member| {
                let Member { name, span, value } = member;
                let is_wrapped = name.eq_ignore_ascii_case("RAWJson") || name == "value";
                let value = match &value.kind {
                    Kind::String(text)
                        if is_wrapped && text.trim_start().starts_with(['{', '[']) =>
                    {
                        unwrap(parse(text, Home::Inside(value.span), limits)?, limits)?
                    }
                    _ => unwrap(value, limits)?,
                };
                Ok(Member { name, span, value })
            });
            Kind::Object(members.collect::<Result<_, Diagnostic>>()?)
        }
        other => other,
    };
    Ok(Node { span, kind })
}

/// Every object that is known, and one diagnostic for each that is not.
pub(super) fn find<'n>(root: &'n Node, found: &mut Vec<Diagnostic>) -> Vec<Found<'n>> {
    let before = found.len();
    let mut objects = Vec::new();
    visit(root, Path::ROOT, None, &mut objects, found);
    if objects.is_empty() && found.len() == before {
        // Graph answers so where a tenant has none.
        let diagnostic = Diagnostic::new(Code::IntuneNoRules, "the document lists no policy");
        found.push(diagnostic.at(root.head(), "").help("nothing follows from it; leave it out"));
    }
    objects
}

fn visit<'n>(
    node: &'n Node,
    path: Path<'_>,
    context: Option<&'n str>,
    objects: &mut Vec<Found<'n>>,
    found: &mut Vec<Diagnostic>,
) {
    if let Some(nodes) = node.array() {
        let says_nobody =
            nodes.is_empty() && context.and_then(of_context) == Some(What::Assignment);
        if says_nobody {
            let path = path.to_string();
            objects.push(Found { node, path, what: What::Assignment, context });
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
        Ok(Some(what)) => objects.push(Found { node, path: path.to_string(), what, context }),
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

/// The context of a list that a tool wrote without.
const ASSIGNMENTS: Option<&str> = Some("#assignments");

/// The member that holds what a wrapper wraps.
fn wrapped(node: &Node) -> Option<(&str, &Node)> {
    let members = node.object()?;
    let is_named = members.iter().any(|member| member.name == "displayName");
    let holds = |member: &&Member| {
        let is_holder = member.name.eq_ignore_ascii_case("RAWJson")
            || member.name == "value"
            || !is_named && matches!(&*member.name, "assignments" | "policy");
        is_holder && matches!(member.value.kind, Kind::Array(_) | Kind::Object(_))
    };
    members.iter().find(holds).map(|member| (&*member.name, &member.value))
}

fn classify(
    node: &Node,
    path: Path<'_>,
    context: Option<&str>,
) -> Result<Option<What>, Diagnostic> {
    if let Some(text) = node.text("@odata.type") {
        let name = text.rsplit('.').next().unwrap_or(text);
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        let policies = [
            ("iosManagedAppProtection", What::Policy(Platform::Ios)),
            ("androidManagedAppProtection", What::Policy(Platform::Android)),
            ("windowsManagedAppProtection", What::Policy(Platform::Windows)),
            ("defaultManagedAppProtection", What::Default),
            ("targetedManagedAppPolicyAssignment", What::Assignment),
        ];
        if let Some((_, what)) = policies.into_iter().find(|(known, _)| is(known)) {
            return Ok(Some(what));
        }
        if let Some((_, what)) = OTHERS.iter().find(|(known, _)| is(known)) {
            return Ok(Some(What::Other(what)));
        }
    }
    let target = node.get("target").and_then(|target| target.text("@odata.type"));
    if target.is_some_and(|text| text.ends_with("AssignmentTarget")) {
        return Ok(Some(What::Assignment));
    }
    // The service leaves the type out where the context of its answer says it.
    let said = context.filter(|_| node.get("@odata.type").is_none() && wrapped(node).is_none());
    if let Some(what) = said.and_then(of_context) {
        return Ok(Some(what));
    }
    infer(node, path).map(|platform| platform.map(What::Policy))
}

/// What a context says of the objects below it: `…#deviceAppManagement/iosManagedAppProtections`,
/// perhaps followed by `/$entity`.
fn of_context(context: &str) -> Option<What> {
    let (_, set) = context.rsplit_once('#')?;
    let set = set.strip_suffix("/$entity").unwrap_or(set);
    // `(assignments(),apps())` lists what was expanded.
    let segment = set.split('/').rfind(|part| !part.is_empty())?;
    match segment.split('(').next()? {
        "iosManagedAppProtections" => Some(What::Policy(Platform::Ios)),
        "androidManagedAppProtections" => Some(What::Policy(Platform::Android)),
        "windowsManagedAppProtections" => Some(What::Policy(Platform::Windows)),
        "defaultManagedAppProtections" => Some(What::Default),
        "assignments" => Some(What::Assignment),
        _ => None,
    }
}

/// The platform of a policy that does not name its type: the one whose own members it has.
fn infer(node: &Node, path: Path<'_>) -> Result<Option<Platform>, Diagnostic> {
    let members = node.object().unwrap_or_default();
    let settings = members.iter().filter(|one| Property::is_known(&one.name));
    // Names alone make no policy: other objects have those too.
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
            format!("`{path}` names no `@odata.type`, and its members do not tell the platform"),
            "add `\"@odata.type\": \"#microsoft.graph.iosManagedAppProtection\"`, or that of \
             another platform",
        )),
    }
}

/// Members that many objects of Graph have.
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
