//! Where in a document the policies are, and what else is there.
//!
//! Takes in a JSON tree, gives out the objects in it by kind. Tools wrap exports in many ways; what
//! an object means is not known here.

use super::json::{Home, Kind, Member, Node, Path, parse};
use super::schema::{PROPERTIES, Property, READ_ONLY};
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::vocabulary::Platform;

/// An object of a document.
#[derive(Debug)]
pub(super) struct Found<'n> {
    pub(super) node: &'n Node,
    pub(super) path: String,
    pub(super) what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A policy for one platform.
    Policy(Platform),
    /// The policy for users whom no other one reaches, on iOS and Android.
    Default,
    /// An assignment that stands apart from its policy.
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
];

/// Replaces JSON text in strings, as some tools write it, by what it says.
pub(super) fn unwrap(node: Node, limits: &Limits) -> Result<Node, Diagnostic> {
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
                    Kind::String(text) if is_wrapped && text.trim_start().starts_with('{') => {
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
    let mut objects = Vec::new();
    visit(root, Path::ROOT, &mut objects, found);
    if objects.is_empty() && found.is_empty() {
        found.push(no_policy(root, Path::ROOT, "the document holds nothing"));
    }
    objects
}

fn visit<'n>(
    node: &'n Node,
    path: Path<'_>,
    objects: &mut Vec<Found<'n>>,
    found: &mut Vec<Diagnostic>,
) {
    if let Some(nodes) = node.array() {
        for (index, node) in nodes.iter().enumerate() {
            visit(node, path.index(index), objects, found);
        }
        return;
    }
    if node.object().is_none() {
        found.push(no_policy(node, path, &format!("`{path}` is {}", node.noun())));
        return;
    }
    match classify(node, path) {
        Ok(Some(what)) => objects.push(Found { node, path: path.to_string(), what }),
        Ok(None) => match wrapped(node) {
            Some((name, inner)) => visit(inner, path.member(name), objects, found),
            None => found.push(unknown(node, path)),
        },
        Err(diagnostic) => found.push(diagnostic),
    }
}

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

fn classify(node: &Node, path: Path<'_>) -> Result<Option<What>, Diagnostic> {
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
    infer(node, path).map(|platform| platform.map(What::Policy))
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
        Diagnostic::new(Code::IntunePlatform, message).at(node.span, "").help(help.to_owned())
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
    let name = ["@odata.type", "displayName", "name", "title"].into_iter();
    let name = name.filter_map(|member| Some((member, node.text(member)?))).next();
    let shown = match name {
        Some((member, text)) => format!("`{path}`, whose `{member}` is \"{text}\", is"),
        None => format!("`{path}` is"),
    };
    no_policy(node, path, &format!("{shown} no app protection policy of Microsoft Graph"))
}

fn no_policy(node: &Node, _: Path<'_>, message: &str) -> Diagnostic {
    let diagnostic = Diagnostic::new(Code::IntuneNotAPolicy, message.to_owned()).at(node.span, "");
    diagnostic.help(
        "`mam` reads what Graph returns under `deviceAppManagement`: iosManagedAppProtections, \
         androidManagedAppProtections, windowsManagedAppProtections; other products' and tools' own \
         formats are not read",
    )
}
