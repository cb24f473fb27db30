//! Objects in the spelling of other tools: PowerShell objects, Microsoft365DSC, Terraform states.
//!
//! Takes in a tree, gives out a tree in which such objects are spelt as Graph spells them. Values keep their
//! places. What the objects are is not known here, except for the types that a tool's own words name.

use crate::intune::duration;
use crate::intune::json::{Member, Node, NodeKind};
use crate::intune::schema::{Property, READ_ONLY, ValueType};

/// The number of members by which a spelling is recognised.
const ENOUGH: usize = 3;

/// A spelling of member names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spelling {
    /// `PrintBlocked`: PowerShell objects of Graph, and Microsoft365DSC.
    Pascal,
    /// `print_blocked`: attributes of Terraform.
    Snake,
}

/// Members that Microsoft365DSC adds to every resource.
const OF_DSC: &[&str] = &[
    "resourceName",
    "resourceInstanceName",
    "resourceId",
    "credential",
    "applicationId",
    "applicationSecret",
    "tenantId",
    "certificateThumbprint",
    "managedIdentity",
    "accessTokens",
    "identity",
];

/// The block of Terraform with the times that its own requests may take.
const TIMEOUTS: &str = "timeouts";

/// The member of Microsoft365DSC that tells whether a policy is to be there.
const ENSURE: &str = "ensure";

/// Words in the names of other tools' types, with the types of Graph.
const TYPES: &[(&str, &str)] = &[
    ("iosmanagedappprotection", "iosManagedAppProtection"),
    ("androidmanagedappprotection", "androidManagedAppProtection"),
    ("windowsmanagedappprotection", "windowsManagedAppProtection"),
    ("intuneappprotectionpolicyios", "iosManagedAppProtection"),
    ("intuneappprotectionpolicyandroid", "androidManagedAppProtection"),
    ("intuneappprotectionpolicywindows", "windowsManagedAppProtection"),
];

/// An object as Graph spells it; the object itself if it is spelt so already.
pub(super) fn respelt(node: Node) -> Node {
    if let Some(resource) = resource(&node) {
        return resource;
    }
    match spelling(&node) {
        Some(spelling) => spell(node, spelling),
        None => node,
    }
}

/// The spelling of an object, if it is another one than Graph's and the object is a policy's.
fn spelling(node: &Node) -> Option<Spelling> {
    let members = node.object()?;
    [Spelling::Pascal, Spelling::Snake].into_iter().find(|spelling| {
        let is_known = |member: &&Member| {
            let name = spelling.of_graph(&member.name);
            name != member.name && (Property::is_known(&name) || READ_ONLY.contains(&name.as_str()))
        };
        members.iter().filter(is_known).count() >= ENOUGH
    })
}

/// The attributes of a resource in a Terraform state or plan.
fn resource(node: &Node) -> Option<Node> {
    let kind = graph_type(node.text("type")?)?;
    let found: Vec<Node> = if let Some(instances) = node.get("instances").and_then(Node::array) {
        instances.iter().filter_map(|one| one.get("attributes")).cloned().collect()
    } else {
        node.get("values").filter(|values| values.object().is_some()).cloned().into_iter().collect()
    };
    let typed = found.into_iter().map(|one| with_type(spell(one, Spelling::Snake), kind));
    let kind = NodeKind::Array(typed.collect());
    Some(Node { span: node.span, kind })
}

/// The type of Graph in the name of another tool's type.
fn graph_type(name: &str) -> Option<&'static str> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let plain = plain.to_lowercase();
    TYPES.iter().find(|(word, _)| plain.ends_with(word)).map(|(_, kind)| *kind)
}

/// The object with a type of Graph, if it names none.
fn with_type(node: Node, kind: &str) -> Node {
    let span = node.span;
    match node.kind {
        NodeKind::Object(mut members) if !members.iter().any(|one| one.name == "@odata.type") => {
            let text = format!("#microsoft.graph.{kind}");
            let value = Node { span, kind: NodeKind::String(text) };
            members.insert(0, Member { name: "@odata.type".to_owned(), span, value });
            Node { span, kind: NodeKind::Object(members) }
        }
        kind => Node { span, kind },
    }
}

/// A value and all inside it in the spelling of Graph.
fn spell(node: Node, spelling: Spelling) -> Node {
    let Node { span, kind } = node;
    let kind = match kind {
        NodeKind::Array(nodes) => {
            NodeKind::Array(nodes.into_iter().map(|one| spell(one, spelling)).collect())
        }
        NodeKind::Object(members) => NodeKind::Object(spell_members(members, spelling)),
        other => other,
    };
    let node = Node { span, kind };
    let Some(kind) = node.text("resourceName").and_then(graph_type) else { return node };
    let mut node = with_type(node, kind);
    let is_present = node.text(ENSURE).is_none_or(|text| text.eq_ignore_ascii_case("present"));
    if let NodeKind::Object(members) = &mut node.kind {
        let is_own = |name: &str| OF_DSC.contains(&name) || is_present && name == ENSURE;
        members.retain(|member| !is_own(&member.name));
        join_groups(members);
    }
    node
}

/// Makes assignments of the lists of group ids in which some versions of Microsoft365DSC have them.
fn join_groups(members: &mut Vec<Member>) {
    let excluded = members.iter().position(|member| member.name == EXCLUDED);
    let excluded = excluded.map(|at| members.remove(at));
    let at = members.iter().position(|member| member.name == "assignments");
    let at = match (at, &excluded) {
        (Some(at), _) => at,
        (None, Some(excluded)) => {
            let value = Node { kind: NodeKind::Array(Vec::new()), ..excluded.value.clone() };
            members.push(Member { name: "assignments".to_owned(), span: excluded.span, value });
            members.len() - 1
        }
        (None, None) => return,
    };
    let Some(assignments) = members.get_mut(at) else { return };
    let NodeKind::Array(nodes) = &mut assignments.value.kind else { return };
    nodes.iter_mut().for_each(|node| to_target(node, "groupAssignmentTarget"));
    if let Some(Node { kind: NodeKind::Array(mut others), .. }) = excluded.map(|one| one.value) {
        others.iter_mut().for_each(|node| to_target(node, "exclusionGroupAssignmentTarget"));
        nodes.append(&mut others);
    }
}

/// Makes a target of a group's id.
fn to_target(node: &mut Node, kind: &str) {
    let span = node.span;
    let NodeKind::String(id) = &node.kind else { return };
    let text = |text: &str| Node { span, kind: NodeKind::String(text.to_owned()) };
    let member = |name: &str, value| Member { name: name.to_owned(), span, value };
    let members = vec![member("@odata.type", text(kind)), member("groupId", text(id))];
    node.kind = NodeKind::Object(members);
}

/// The member of Microsoft365DSC with the ids of excluded groups.
const EXCLUDED: &str = "excludedGroups";

/// Whether an object states that Microsoft365DSC is to remove the policy.
pub(super) fn is_to_be_removed(node: &Node) -> bool {
    node.text(ENSURE).is_some_and(|text| text.eq_ignore_ascii_case("absent"))
}

fn spell_members(members: Vec<Member>, spelling: Spelling) -> Vec<Member> {
    let mut found: Vec<Member> = Vec::with_capacity(members.len());
    let mut additional = Vec::new();
    for Member { name, span, value } in members {
        let name = spelling.of_graph(&name);
        if spelling == Spelling::Snake && name == TIMEOUTS {
            continue;
        }
        let is_duration =
            Property::rows(&name).any(|one| matches!(one.kind, ValueType::Duration(_)));
        let time = is_duration.then(|| time(&value.kind)).flatten();
        let value = match time {
            Some(time) => Node { kind: NodeKind::String(time), ..value },
            None => spell(value, spelling),
        };
        match value.kind {
            // What the type of a PowerShell object lacks.
            NodeKind::Object(more) if name == "additionalProperties" => {
                additional.extend(more);
            }
            kind => found.push(Member { name, span, value: Node { kind, ..value } }),
        }
    }
    additional.retain(|member| found.iter().all(|known| known.name != member.name));
    found.extend(additional);
    found
}

impl Spelling {
    /// The name of a member as Graph spells it.
    fn of_graph(self, name: &str) -> String {
        let plain = match self {
            Self::Pascal => {
                let mut chars = name.chars();
                let first = chars.next().map(|first| first.to_ascii_lowercase());
                first.into_iter().chain(chars).collect()
            }
            Self::Snake => {
                let mut parts = name.split('_');
                let first = parts.next().unwrap_or_default().to_owned();
                parts.fold(first, |mut name, part| {
                    let mut chars = part.chars();
                    name.extend(chars.next().map(|first| first.to_ascii_uppercase()));
                    name.push_str(chars.as_str());
                    name
                })
            }
        };
        if plain.eq_ignore_ascii_case("odataType") { "@odata.type".to_owned() } else { plain }
    }
}

/// The duration in a value of .NET; `None` if it is none of whole minutes.
fn time(kind: &NodeKind) -> Option<String> {
    match kind {
        NodeKind::Object(members) => time_span(members),
        NodeKind::String(text) => clock_time(text),
        _ => None,
    }
}

/// The duration in an object of .NET, which has its length in ticks of 100 nanoseconds.
fn time_span(members: &[Member]) -> Option<String> {
    const MINUTE: u64 = 600_000_000;
    let ticks = members.iter().find(|member| member.name.eq_ignore_ascii_case("ticks"))?;
    let NodeKind::Number(ticks) = &ticks.value.kind else { return None };
    let ticks = ticks.parse::<u64>().ok().filter(|ticks| ticks.is_multiple_of(MINUTE))?;
    Some(duration::write(u32::try_from(ticks / MINUTE).ok()?))
}

/// The duration in a text of .NET, such as `12:00:00` or `90.00:00:00`.
fn clock_time(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split(':').collect();
    let [hours, minutes, "00"] = parts.as_slice() else { return None };
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let number = |text: &str| -> Option<u32> {
        let is_number = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        text.parse().ok().filter(|_| is_number)
    };
    let days = number(days)?.checked_mul(24 * 60)?;
    let hours = number(hours).filter(|hours| *hours < 24)? * 60;
    let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
    Some(duration::write(days.checked_add(hours + minutes)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_as_graph_spells_them() {
        assert_eq!(Spelling::Pascal.of_graph("PrintBlocked"), "printBlocked");
        assert_eq!(Spelling::Pascal.of_graph("OdataType"), "@odata.type");
        assert_eq!(Spelling::Snake.of_graph("face_id_blocked"), "faceIdBlocked");
        assert_eq!(Spelling::Snake.of_graph("apps"), "apps");
    }

    #[test]
    fn times_of_dot_net_are_durations() {
        assert_eq!(clock_time("12:00:00").as_deref(), Some("PT12H"));
        assert_eq!(clock_time("90.00:00:00").as_deref(), Some("P90D"));
        assert_eq!(clock_time("0.00:30:00").as_deref(), Some("PT30M"));
        for text in ["12:00", "12:00:01", "x:00:00", "24:00:00", "1.2.3:00:00", "", ":00:00"] {
            assert_eq!(clock_time(text), None, "{text}");
        }
    }

    #[test]
    fn types_of_other_tools_are_known() {
        let terraform =
            "microsoft365_graph_beta_device_and_app_management_ios_managed_app_protection";
        assert_eq!(graph_type(terraform), Some("iosManagedAppProtection"));
        let dsc = "IntuneAppProtectionPolicyAndroid";
        assert_eq!(graph_type(dsc), Some("androidManagedAppProtection"));
        assert_eq!(graph_type("IntuneDeviceCompliancePolicyiOS"), None);
    }
}
