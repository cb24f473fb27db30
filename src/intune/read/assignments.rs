//! The assignees of a policy.
//!
//! Takes in assignments and the filters of the tenant, gives out groups of users by name, each with its
//! filter, or devices where the model can say what a filter asks for. How rules of filters are read is not
//! known here.

use std::collections::{BTreeMap, BTreeSet};

use super::members::{Members, bad_value};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::filter::AssignmentFilter;
use crate::intune::json::{Node, NodeKind};
use crate::intune::names::Names;
use crate::source::Span;
use crate::syntax::ast;
use crate::vocabulary::{DeviceState, DeviceStates};

/// The users to whom a policy is assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) enum Assignees {
    /// The export has no assignments.
    Unknown,
    /// The list of assignments is empty.
    Nobody,
    /// Those of one of the first, and of none of the groups behind.
    Some { of: BTreeSet<Assignee>, except: BTreeSet<String> },
}

/// Users of one assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::intune) struct Assignee {
    /// The name of a group; `None` stands for all licensed users.
    pub(in crate::intune) group: Option<String>,
    /// The filter of the assignment, by name.
    pub(in crate::intune) filter: Option<FilterUse>,
}

/// The use of a filter.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::intune) struct FilterUse {
    pub(in crate::intune) name: String,
    /// Whether it includes what it holds for, or excludes it.
    pub(in crate::intune) holds: bool,
}

impl Assignee {
    /// All licensed users.
    pub(in crate::intune) const ALL: Self = Self { group: None, filter: None };
}

/// The assignments of a policy.
pub(super) struct ReadAssignments {
    pub(super) assignees: Assignees,
    /// The devices that filters leave, where the model can say what they ask for.
    pub(super) devices: Option<DeviceStates>,
    /// The objects of its filters, as far as they are known.
    pub(super) filters: Vec<ast::Json>,
}

/// The input of reading assignments.
pub(super) struct AssignmentReader<'a> {
    pub(super) members: &'a Members<'a>,
    pub(super) names: &'a mut Names,
    pub(super) filters: &'a Filters,
    pub(super) found: &'a mut Vec<Diagnostic>,
}

impl AssignmentReader<'_> {
    /// The assignees by the policy's own assignments; by those that stand apart if it has none.
    pub(super) fn read(&mut self, apart: Option<&[&Node]>) -> ReadAssignments {
        let of = |assignees| ReadAssignments { assignees, devices: None, filters: Vec::new() };
        let object = self.members.object;
        let own = object.given("assignments");
        let is_assigned =
            object.get("isAssigned").map(|node| matches!(node.kind, NodeKind::Bool(true)));
        let nodes: Vec<&Node> = match own.map(|node| (node, node.array())) {
            Some((_, Some(nodes))) if !nodes.is_empty() || apart.is_none() => {
                nodes.iter().collect()
            }
            Some((node, None)) => {
                let path = self.members.path;
                let what = format!("takes an array, not {}", node.noun());
                self.found.push(bad_value(path.member("assignments"), node, &what));
                return of(Assignees::Nobody);
            }
            _ => match apart {
                Some(nodes) => nodes.to_vec(),
                None if is_assigned == Some(false) => return of(Assignees::Nobody),
                None => {
                    self.found.extend((!self.members.is_half).then(|| self.unknown()));
                    return of(Assignees::Unknown);
                }
            },
        };
        let targets: Vec<Target> = nodes.into_iter().filter_map(|node| self.target(node)).collect();
        self.assignees(targets)
    }

    /// The warning about a policy without a list of its assignments.
    fn unknown(&self) -> Diagnostic {
        let message = format!("`{}` does not say to whom it is assigned", self.members.path);
        let help = "request it with `$expand=assignments`; until then it is read as a policy for everybody";
        let diagnostic = Diagnostic::new(Code::IntuneUnknownAssignments, message);
        diagnostic.at(self.members.head(), "").help(help)
    }

    /// The assignees of targets. Filters become devices if all have the same one and the model can say what
    /// it asks for.
    fn assignees(&mut self, targets: Vec<Target>) -> ReadAssignments {
        let (mut included, mut except) = (Vec::new(), BTreeSet::new());
        for target in targets {
            match target.is_excluded {
                true => drop(target.group.map(|group| except.insert(group))),
                false => included.push(target),
            }
        }
        let known = self.known_filters(&included);
        let devices = self.meaning(&included);
        if devices.is_some() {
            included.iter_mut().for_each(|target| target.filter = None);
        }
        let mut of: BTreeSet<Assignee> = BTreeSet::new();
        for Target { group, filter, .. } in included {
            let filter = filter.map(|one| self.free_filter(&one));
            of.insert(Assignee { group, filter });
        }
        let is_for_all = |one: &Assignee| one.group.is_none();
        if of.contains(&Assignee::ALL) || of.iter().any(is_for_all) && of.len() > 1 {
            of = [Assignee::ALL].into_iter().collect();
        }
        let assignees = match of.is_empty() {
            true => Assignees::Nobody,
            false => Assignees::Some { of, except },
        };
        ReadAssignments { assignees, devices, filters: known }
    }

    /// The devices for which the one filter of all targets lets the policy in; `None` if there is none, or
    /// the model cannot say it.
    fn meaning(&self, targets: &[Target]) -> Option<DeviceStates> {
        let platform = self.members.platform;
        let first = targets.first()?.filter.as_ref()?;
        let is_same = |target: &Target| {
            target
                .filter
                .as_ref()
                .is_some_and(|one| (&one.id, one.holds) == (&first.id, first.holds))
        };
        if !targets.iter().all(is_same) {
            return None;
        }
        let held = self.filters.get(&first.id)?.states(platform)?;
        let exist = DeviceState::ALL.iter().filter(|state| state.exists_on(platform));
        let kept = exist.copied().filter(|state| held.contains(*state) == first.holds);
        let kept: DeviceStates = kept.collect();
        (!kept.is_empty()).then_some(kept)
    }

    /// The objects of the filters of targets, each once.
    fn known_filters(&self, targets: &[Target]) -> Vec<ast::Json> {
        let used = targets.iter().filter_map(|target| target.filter.as_ref());
        let ids: BTreeSet<&str> = used.map(|filter| filter.id.as_str()).collect();
        ids.into_iter().filter_map(|id| Some(self.filters.get(id)?.json.clone())).collect()
    }

    /// A filter that stays a fact of app and device, with a warning.
    fn free_filter(&mut self, filter: &TargetFilter) -> FilterUse {
        let TargetFilter { id, holds, span } = filter;
        let known = self.filters.get(id);
        let title = known.map(|filter| filter.title.clone());
        let name = self.names.filter(id, title.as_deref(), *span);
        let (message, help) = match known {
            Some(known) => (
                format!("the model cannot say for which devices \"{}\" holds", known.title),
                format!(
                    "its rule is `{}`; whether it holds is told with each request, in `device.filters`",
                    known.rule
                ),
            ),
            None => (
                format!("the assignment filter `{id}` is not known here"),
                "give its object as well, from `deviceManagement/assignmentFilters`; whether it holds is \
                 told with each request, in `device.filters`"
                    .to_owned(),
            ),
        };
        let diagnostic = Diagnostic::new(Code::IntuneFilter, message);
        self.found.push(diagnostic.at(*span, "").help(help));
        FilterUse { name, holds: *holds }
    }

    fn target(&mut self, node: &Node) -> Option<Target> {
        let target = node.get("target").unwrap_or(node);
        let kind = ["@odata.type", "dataType", "type"].into_iter().find_map(|one| target.text(one));
        let kind = kind.unwrap_or_default().rsplit('.').next().unwrap_or_default();
        let filter = filter_of(target);
        if kind.eq_ignore_ascii_case("allLicensedUsersAssignmentTarget") {
            return Some(Target { group: None, filter, is_excluded: false });
        }
        let display = ["groupDisplayName", "groupName", "displayName"].into_iter();
        let display =
            display.filter_map(|name| target.text(name).or_else(|| node.text(name))).next();
        let display = display.filter(|name| !name.is_empty());
        // Some tools name groups and leave their ids out.
        let id = target.text("groupId").filter(|id| !id.is_empty()).or(display);
        let Some(id) = id else {
            let path = self.members.path;
            let message = "has a target that is neither a group nor all licensed users";
            let help = "policies are for groups of users or for all of them; take this one out";
            let diagnostic = bad_value(path.member("assignments"), target, message);
            self.found.push(diagnostic.help(help));
            return None;
        };
        let place = target.get("groupId").map_or(target.span, |node| node.span);
        let name = self.names.users(id, display, place);
        let is_excluded = kind.eq_ignore_ascii_case("exclusionGroupAssignmentTarget");
        Some(Target { group: Some(name), filter, is_excluded })
    }
}

/// The target of one assignment.
struct Target {
    group: Option<String>,
    filter: Option<TargetFilter>,
    is_excluded: bool,
}

/// The filter of a target, by id.
struct TargetFilter {
    id: String,
    holds: bool,
    span: Span,
}

/// The filter of a target, if it has one.
fn filter_of(target: &Node) -> Option<TargetFilter> {
    let get = |what: &str| {
        let name = format!("deviceAndAppManagementAssignmentFilter{what}");
        target.get(&name).or_else(|| target.get(&format!("filter{what}")))
    };
    let kind = get("Type").and_then(Node::string).unwrap_or("none");
    let node = get("Id")?;
    let id = node.string().filter(|id| !id.is_empty())?;
    let holds = match kind.to_lowercase().as_str() {
        "include" => true,
        "exclude" => false,
        _ => return None,
    };
    Some(TargetFilter { id: id.to_owned(), holds, span: node.span })
}

/// What of a tenant a policy refers to and does not hold itself.
#[derive(Clone, Copy)]
pub(in crate::intune) struct Others<'o> {
    /// Its assignments, if they stand apart from it.
    pub(in crate::intune) assignments: Option<&'o [&'o Node]>,
    pub(in crate::intune) filters: &'o Filters,
    /// Whether a configuration of its apps lets screens be captured.
    pub(in crate::intune) frees_capture: bool,
}

/// The assignment filters of a tenant, by id in lower case.
#[derive(Debug, Default)]
pub(in crate::intune) struct Filters(BTreeMap<String, AssignmentFilter>);

impl Filters {
    pub(in crate::intune) fn add(&mut self, filter: AssignmentFilter) {
        self.0.insert(filter.id.to_lowercase(), filter);
    }

    /// The filter of an id; of a title, where a tool names filters by that.
    fn get(&self, id: &str) -> Option<&AssignmentFilter> {
        let by_title = || self.0.values().find(|one| one.title.eq_ignore_ascii_case(id));
        self.0.get(&id.to_lowercase()).or_else(by_title)
    }
}

/// The identity of an assignment: target type, group, filter. Tools write the rest differently.
pub(in crate::intune) fn assignment_key(node: &ast::Json) -> Option<[String; 4]> {
    let ast::Json::Object(members) = node else { return None };
    let get = |members: &[(String, ast::Json)], name: &str| {
        let name = serde_json::Value::from(name).to_string();
        members.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone())
    };
    let target = match get(members, "target") {
        Some(ast::Json::Object(target)) => target,
        _ => members.clone(),
    };
    let text = |name: &str| match get(&target, name) {
        Some(ast::Json::String(text)) => text.to_lowercase(),
        _ => String::new(),
    };
    let kind =
        ["@odata.type", "dataType", "type"].into_iter().map(text).find(|one| !one.is_empty());
    let kind = kind.unwrap_or_default();
    let mut filter = text("deviceAndAppManagementAssignmentFilterId");
    let mut direction = text("deviceAndAppManagementAssignmentFilterType");
    // An empty id and `none` both mean that there is no filter.
    if matches!(filter.as_str(), "" | "\"\"") || matches!(direction.as_str(), "" | "\"none\"") {
        (filter, direction) = (String::new(), String::new());
    }
    Some([
        kind.trim_matches('"').rsplit('.').next().unwrap_or_default().to_owned(),
        text("groupId"),
        filter,
        direction,
    ])
}
