//! The objects of a document: policies, assignments, other objects of Intune.
//!
//! Takes in a JSON tree, gives out its objects with their types. Tools wrap exports in many ways. The
//! members of an object are not known here, except for those that tell its type.

use super::apps::{id_member, id_type};
use super::{foreign, paging};
use crate::diagnostic::{Code, Diagnostic, Severity};
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
    /// The object of a tool that holds it together with others.
    pub(in crate::intune) wrapper: Option<&'n Node>,
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
    /// An empty list, which may be one of assignments by the name of its file.
    EmptyList,
    /// An assignment filter.
    Filter,
    /// A configuration of apps.
    Configuration(Delivery),
    /// An object that decides no movement, with a noun for it.
    Idle(&'static str),
}

/// The means by which a configuration reaches apps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::intune) enum Delivery {
    /// The account in the app, as policies do.
    Account,
    /// The management of the device, of a platform if the type names one.
    Device(Option<Platform>),
}

impl Delivery {
    /// The platforms of the apps that it reaches.
    pub(in crate::intune) const fn platforms(self) -> &'static [Platform] {
        match self {
            Self::Device(Some(Platform::Ios)) => &[Platform::Ios],
            Self::Device(Some(Platform::Android)) => &[Platform::Android],
            Self::Account | Self::Device(_) => Platform::ALL,
        }
    }
}

/// Types that decide no movement, with nouns for them.
const IDLE: &[(&str, &str)] = &[
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
    ("targetedManagedAppConfiguration", ObjectType::Configuration(Delivery::Account)),
    ("iosMobileAppConfiguration", ObjectType::Configuration(Delivery::Device(Some(Platform::Ios)))),
    (
        "androidManagedStoreAppConfiguration",
        ObjectType::Configuration(Delivery::Device(Some(Platform::Android))),
    ),
    // The set that holds both.
    ("mobileAppConfiguration", ObjectType::Configuration(Delivery::Device(None))),
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
    let mut visitor = Visitor { objects: Vec::new(), found };
    visitor.visit(root, Path::ROOT, Around { context: None, wrapper: None });
    let Visitor { mut objects, found } = visitor;
    if !objects.is_empty() {
        let others = found.iter_mut().skip(before);
        for one in others.filter(|one| one.code == Code::IntuneNotAPolicy) {
            let mut passed = Diagnostic::new(Code::IntuneNoRules, one.message.clone());
            passed.labels.clone_from(&one.labels);
            *one = passed.help("it is passed over");
        }
    }
    let has_error = found.iter().skip(before).any(|one| one.severity == Severity::Error);
    if objects.is_empty() && !has_error {
        let (path, what) = (Path::ROOT.to_string(), ObjectType::EmptyList);
        objects.push(ListedObject { node: root, path, what, context: None, wrapper: None });
    }
    objects
}

/// What stands around a node.
#[derive(Clone, Copy)]
struct Around<'n> {
    context: Option<&'n str>,
    wrapper: Option<&'n Node>,
}

/// The search for objects.
struct Visitor<'n, 'f> {
    objects: Vec<ListedObject<'n>>,
    found: &'f mut Vec<Diagnostic>,
}

impl<'n> Visitor<'n, '_> {
    fn visit(&mut self, node: &'n Node, path: Path<'_>, around: Around<'n>) {
        if let Some(nodes) = node.array() {
            let says_nobody = nodes.is_empty()
                && around.context.and_then(of_context) == Some(ObjectType::Assignment);
            if says_nobody {
                self.add(node, path, ObjectType::Assignment, around);
            }
            for (index, node) in nodes.iter().enumerate() {
                self.visit(node, path.index(index), around);
            }
            return;
        }
        if node.object().is_none() {
            let message = format!("`{path}` is {}, not a policy", node.noun());
            self.found.push(no_policy(message, node.head()));
            return;
        }
        let around = Around { context: node.text("@odata.context").or(around.context), ..around };
        match classify(node, path, around.context) {
            Ok(Some(what)) => self.add(node, path, what, around),
            Ok(None) => self.visit_wrapped(node, path, around),
            Err(diagnostic) => self.found.push(diagnostic),
        }
    }

    fn add(&mut self, node: &'n Node, path: Path<'_>, what: ObjectType, around: Around<'n>) {
        let Around { context, wrapper } = around;
        self.objects.push(ListedObject { node, path: path.to_string(), what, context, wrapper });
    }

    /// Visits all that a wrapper holds. What else is in it is reported.
    fn visit_wrapped(&mut self, node: &'n Node, path: Path<'_>, around: Around<'n>) {
        let wrapping: Vec<&Member> = wrapping(node).collect();
        if wrapping.is_empty() {
            self.found.push(unknown(node, path));
            return;
        }
        self.found.extend(paging::collection(node, path));
        self.found.extend(passed_over(node, path));
        let wrapper = if wrapping.len() > 1 { Some(node) } else { around.wrapper };
        for member in wrapping {
            let is_list = member.name == "assignments";
            let context = if is_list { around.context.or(ASSIGNMENTS) } else { around.context };
            self.visit(&member.value, path.member(&member.name), Around { context, wrapper });
        }
    }
}

/// The context of a list under `assignments`, which tools write without one.
const ASSIGNMENTS: Option<&str> = Some("#assignments");

/// Members of wrappers that hold what is wrapped.
const WRAPPING: &[&str] =
    &["value", "resources", "root_module", "child_modules", "values", "planned_values"];

/// Members of Terraform's states and plans that hold something else.
const BESIDE: &[&str] = &[
    "outputs",
    "check_results",
    "checks",
    "configuration",
    "prior_state",
    "provider_config",
    "relevant_attributes",
    "resource_changes",
    "resource_drift",
    "output_changes",
    "sensitive_values",
    "variables",
];

/// The members of a wrapper that hold what is wrapped.
fn wrapping(node: &Node) -> impl Iterator<Item = &Member> {
    let members = node.object().unwrap_or_default();
    let is_named = members.iter().any(|member| member.name == "displayName");
    let holds = move |member: &&Member| {
        let is_wrapping =
            ["RAWJson", "JSON"].iter().any(|one| member.name.eq_ignore_ascii_case(one))
                || WRAPPING.contains(&&*member.name)
                || !is_named && matches!(&*member.name, "assignments" | "policy");
        is_wrapping && matches!(member.value.kind, NodeKind::Array(_) | NodeKind::Object(_))
    };
    members.iter().filter(holds)
}

/// The warning about members of a wrapper that hold objects and are not looked into.
fn passed_over(node: &Node, path: Path<'_>) -> Option<Diagnostic> {
    let is_held =
        |member: &&Member| wrapping(node).any(|member_around| std::ptr::eq(member_around, *member));
    let is_other = |member: &&Member| {
        !member.name.contains('@') && !BESIDE.contains(&&*member.name) && has_objects(&member.value)
    };
    let members = node.object().unwrap_or_default().iter();
    let others: Vec<&Member> = members.filter(is_other).filter(|one| !is_held(one)).collect();
    let first = others.first()?;
    let names: Vec<String> = others.iter().map(|member| format!("`{}`", member.name)).collect();
    let message = format!("`{path}` holds {} beside what is read", names.join(", "));
    let diagnostic = Diagnostic::new(Code::IntuneNoRules, message).at(first.head(), "");
    Some(diagnostic.help("if policies are in there, give them in a file of their own"))
}

/// Whether a value is an object with members, or has one inside.
fn has_objects(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Object(members) => !members.is_empty(),
        NodeKind::Array(nodes) => nodes.iter().any(has_objects),
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => false,
    }
}

/// The type of an object: by `@odata.type`, by its target, by the context, by its members.
fn classify(
    node: &Node,
    path: Path<'_>,
    context: Option<&str>,
) -> Result<Option<ObjectType>, Diagnostic> {
    if foreign::is_to_be_removed(node) {
        return Ok(Some(ObjectType::Idle("a policy that is to be removed")));
    }
    if let Some(text) = node.text("@odata.type") {
        let name = text.rsplit('.').next().unwrap_or(text);
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if let Some((_, what)) = TYPES.iter().find(|(known, _)| is(known)) {
            return Ok(Some(*what));
        }
        if let Some((_, what)) = IDLE.iter().find(|(known, _)| is(known)) {
            return Ok(Some(ObjectType::Idle(what)));
        }
    }
    // Whom an unknown target means is an error of the assignments.
    let target = node.get("target").filter(|target| target.object().is_some());
    let is_target = |target: &Node| {
        target.text("@odata.type").is_some_and(|text| text.ends_with("Target"))
            || target.get("groupId").is_some()
    };
    if target.is_some_and(is_target) {
        return Ok(Some(ObjectType::Assignment));
    }
    // Graph leaves the type out if the context of its answer names it.
    if node.given("@odata.type").is_some() {
        return Ok(None);
    }
    let named = context.filter(|_| wrapping(node).next().is_none());
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
    let of_apps = platform_of_apps(node);
    // Objects of other types have a few of these names, too, and configurations list apps.
    let enough = if of_apps.is_some() { 1 } else { 3 };
    if settings.clone().filter(|one| !is_common_member(&one.name)).count() < enough {
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
    if node.given(WINDOWS_APP).is_some() {
        return Some(Platform::Windows);
    }
    let apps = node.get("apps").and_then(Node::array).unwrap_or_default();
    let mut platforms = apps.iter().map(platform_of_app);
    let first = platforms.next()??;
    platforms.all(|one| one == Some(first)).then_some(first)
}

/// The platform of an app, by the type of its identifier or the member that holds its id.
fn platform_of_app(app: &Node) -> Option<Platform> {
    let id = ["mobileAppIdentifier", WINDOWS_APP].iter().find_map(|name| app.given(name));
    let id = id.unwrap_or(app);
    let kind = id.text("@odata.type").and_then(|text| text.rsplit('.').next()).unwrap_or_default();
    let is_of = |platform: &Platform| {
        id.get(id_member(*platform)).is_some() || kind.eq_ignore_ascii_case(id_type(*platform))
    };
    Platform::ALL.iter().copied().find(is_of)
}

/// The type of identifiers of apps on Windows, which some tools write as a member's name.
const WINDOWS_APP: &str = "windowsAppIdentifier";

/// Whether many types of Graph have a member.
fn is_common_member(name: &str) -> bool {
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
