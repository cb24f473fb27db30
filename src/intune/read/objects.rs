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
    /// An app of the tenant, to which configurations refer.
    App,
    /// An object that decides no movement, with a noun for it.
    Idle(&'static str),
}

impl ObjectType {
    /// Whether it says something by itself, as neither an assignment nor an app does, nor a list.
    const fn is_tenants(self) -> bool {
        !matches!(self, Self::Assignment | Self::EmptyList | Self::App)
    }
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
    ("iosStoreApp", ObjectType::App),
    ("iosVppApp", ObjectType::App),
    ("iosLobApp", ObjectType::App),
    ("managedIOSStoreApp", ObjectType::App),
    ("managedIOSLobApp", ObjectType::App),
    // The set that holds both.
    ("mobileAppConfiguration", ObjectType::Configuration(Delivery::Device(None))),
];

/// Replaces strings that hold JSON by their values, since some tools wrap policies in strings, and spells
/// objects of other tools as Graph does. Policies themselves are left as they are.
pub(in crate::intune) fn unwrap(node: Node, limits: &Limits) -> Result<Node, Diagnostic> {
    Unwrapper { limits, is_wrapper: true, strings: 0 }.unwrap(node)
}

/// The most strings with JSON inside each other.
const MOST_STRINGS: usize = 8;

/// A place at which nodes are unwrapped.
#[derive(Clone, Copy)]
struct Unwrapper<'l> {
    limits: &'l Limits,
    /// Whether a tool writes policies here: a string that begins as JSON has to be JSON.
    is_wrapper: bool,
    /// The number of strings around.
    strings: usize,
}

impl Unwrapper<'_> {
    fn unwrap(self, node: Node) -> Result<Node, Diagnostic> {
        let node = foreign::respelt(node);
        if !matches!(classify(&node, Path::ROOT, None), Ok(None)) {
            return Ok(node);
        }
        let Node { span, kind } = node;
        let kind = match kind {
            NodeKind::Array(nodes) => {
                let nodes = nodes.into_iter().map(|node| self.unwrap_value(node));
                NodeKind::Array(nodes.collect::<Result<_, _>>()?)
            }
            NodeKind::Object(members) => {
                let members = members.into_iter().map(|member| {
                    let Member { name, span, value } = member;
                    let is_wrapper = is_raw(&name) || self.is_wrapper && WRAPPING.contains(&&*name);
                    let inside = Self { is_wrapper, ..self };
                    Ok(Member { name, span, value: inside.unwrap_value(value)? })
                });
                NodeKind::Object(members.collect::<Result<_, Diagnostic>>()?)
            }
            other => other,
        };
        Ok(Node { span, kind })
    }

    /// A value without wrappers, and without the string around it where JSON may stand in one: in a wrapper, or
    /// wherever an object of a known type is inside.
    fn unwrap_value(self, value: Node) -> Result<Node, Diagnostic> {
        let NodeKind::String(text) = &value.kind else { return self.unwrap(value) };
        if !text.trim_start().starts_with(['{', '[']) {
            return Ok(value);
        }
        let inside = Self { strings: self.strings + 1, ..self };
        if inside.strings > MOST_STRINGS {
            let found = format!("JSON in {} strings inside each other", inside.strings);
            let help = "no tool needs that; give the export as the service wrote it";
            let message = format!("{found}, the limit is {MOST_STRINGS}");
            return Err(Diagnostic::new(Code::Nesting, message).at(value.span, "").help(help));
        }
        let parsed = parse(text, Home::Inside(value.span), self.limits);
        match parsed.and_then(|node| inside.unwrap(node)) {
            Ok(node) if self.is_wrapper || has_known(&node) => Ok(node),
            Err(diagnostic) if self.is_wrapper || diagnostic.code == Code::Nesting => {
                Err(diagnostic)
            }
            _ => Ok(value),
        }
    }
}

/// Whether a member is one in which tools keep the text of a policy.
fn is_raw(name: &str) -> bool {
    ["RAWJson", "JSON"].iter().any(|one| name.eq_ignore_ascii_case(one))
}

/// Whether an object of a known type is in a tree.
fn has_known(node: &Node) -> bool {
    match &node.kind {
        NodeKind::Array(nodes) => nodes.iter().any(has_known),
        NodeKind::Object(members) => {
            let context = node.text("@odata.context");
            let is_known = |what: ObjectType| what.is_tenants();
            context.and_then(of_context).is_some_and(is_known)
                || matches!(classify(node, Path::ROOT, None), Ok(Some(what)) if is_known(what))
                || members.iter().any(|member| has_known(&member.value))
        }
        NodeKind::Null | NodeKind::Bool(_) | NodeKind::Number(_) | NodeKind::String(_) => false,
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
    let around = Around { context: None, wrapper: None, is_unknown: false };
    visitor.visit(root, Path::ROOT, around);
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
    /// Whether it is in an object of no known kind, of which most is something else.
    is_unknown: bool,
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
            if !around.is_unknown {
                let message = format!("`{path}` is {}, not a policy", node.noun());
                self.found.push(no_policy(message, node.head()));
            }
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
        let Around { context, wrapper, .. } = around;
        self.objects.push(ListedObject { node, path: path.to_string(), what, context, wrapper });
    }

    /// Visits all that a wrapper holds. What else is in it is reported.
    fn visit_wrapped(&mut self, node: &'n Node, path: Path<'_>, around: Around<'n>) {
        let wrapping: Vec<&Member> = wrapping(node).collect();
        if wrapping.is_empty() {
            self.visit_unknown(node, path, around);
            return;
        }
        self.found.extend(paging::collection(node, path));
        let mut others = beside(node);
        others.retain(|member| !self.pass_over(member, path));
        self.found.extend(passed_over(&others, path));
        let wrapper = if wrapping.len() > 1 { Some(node) } else { around.wrapper };
        for member in wrapping {
            let is_list = member.name == "assignments";
            let context = if is_list { around.context.or(ASSIGNMENTS) } else { around.context };
            let around = Around { context, wrapper, ..around };
            self.visit(&member.value, path.member(&member.name), around);
        }
    }

    /// Looks for objects at any depth in an object of no known kind. In one that states another type they are its
    /// parts, and named as not read.
    fn visit_unknown(&mut self, node: &'n Node, path: Path<'_>, around: Around<'n>) {
        let members = beside(node);
        let wrapper = if members.len() > 1 { Some(node) } else { around.wrapper };
        let inside = Around { context: None, wrapper, is_unknown: true };
        let before = self.found.len();
        let mut objects = self.search(&members, path, inside);
        if !objects.iter().any(|one| one.what.is_tenants()) {
            self.found.truncate(before);
            if !around.is_unknown {
                self.found.push(unknown(node, path));
            }
            return;
        }
        self.found.extend(paging::collection(node, path));
        if node.given("@odata.type").is_some() {
            leave_out(&mut objects, "part of an object of another type");
        }
        self.objects.extend(objects);
    }

    /// The objects in some members.
    fn search(
        &mut self,
        members: &[&'n Member],
        path: Path<'_>,
        around: Around<'n>,
    ) -> Vec<ListedObject<'n>> {
        let before = self.objects.len();
        for member in members {
            self.visit(&member.value, path.member(&member.name), around);
        }
        self.objects.split_off(before)
    }

    /// Names the objects in a member beside those that are read, and tells whether there are any.
    fn pass_over(&mut self, member: &'n Member, path: Path<'_>) -> bool {
        let before = self.found.len();
        let around = Around { context: None, wrapper: None, is_unknown: true };
        let mut objects = self.search(&[member], path, around);
        self.found.truncate(before);
        leave_out(&mut objects, "an object beside those of its wrapper");
        let has_any = !objects.is_empty();
        self.objects.extend(objects);
        has_any
    }
}

/// Makes objects of a tenant such that are named and not read; others are dropped.
fn leave_out(objects: &mut Vec<ListedObject<'_>>, why: &'static str) {
    objects.retain(|one| one.what.is_tenants());
    objects.iter_mut().for_each(|one| one.what = ObjectType::Idle(why));
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
    let is_named = is_named(node);
    members.iter().filter(move |member| holds_wrapped(member, is_named))
}

fn is_named(node: &Node) -> bool {
    node.get("displayName").is_some()
}

/// Whether a member of a wrapper, with a name or without, holds what is wrapped.
fn holds_wrapped(member: &Member, is_named: bool) -> bool {
    let is_wrapping = is_raw(&member.name)
        || WRAPPING.contains(&&*member.name)
        || !is_named && matches!(&*member.name, "assignments" | "policy");
    is_wrapping && matches!(member.value.kind, NodeKind::Array(_) | NodeKind::Object(_))
}

/// The members of an object that hold objects, but for those that hold what is wrapped.
fn beside(node: &Node) -> Vec<&Member> {
    let (is_of_tool, is_named) = (is_of_terraform(node), is_named(node));
    let members = node.object().unwrap_or_default().iter();
    let is_other = |member: &&Member| {
        let is_of_tool = is_of_tool && BESIDE.contains(&&*member.name);
        let is_annotation = member.name.contains('@');
        let is_left_out = is_annotation || is_of_tool || holds_wrapped(member, is_named);
        !is_left_out && has_objects(&member.value)
    };
    members.filter(is_other).collect()
}

/// Whether an object is a state or a plan of Terraform, or a part of one.
fn is_of_terraform(node: &Node) -> bool {
    let own = [
        "format_version",
        "terraform_version",
        "planned_values",
        "root_module",
        "child_modules",
        "provider_name",
    ];
    own.iter().any(|name| node.given(name).is_some())
}

/// The warning about members of a wrapper that hold objects of other kinds.
fn passed_over(others: &[&Member], path: Path<'_>) -> Option<Diagnostic> {
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
