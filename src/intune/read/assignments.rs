//! The assignees of a policy.
//!
//! Takes in assignments and the filters of the tenant, gives out groups of users by name, each with its
//! filter, or devices where the model can say what a filter asks for. How rules of filters are read is not
//! known here.

use std::collections::{BTreeMap, BTreeSet};

use super::members::{Members, bad_value};
use super::paging::{next_page, request_too};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::filter::{AssignmentFilter, Filters};
use crate::intune::json::{Member, Node, NodeKind};
use crate::intune::levels::existing;
use crate::intune::names::Names;
use crate::source::Span;
use crate::syntax::ast;
use crate::syntax::print::quote;
use crate::vocabulary::{DeviceStates, Platform};

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

    /// Whether these are all of some others.
    pub(in crate::intune) fn covers(&self, other: &Self) -> bool {
        (self.group.is_none() || self.group == other.group)
            && (self.filter.is_none() || self.filter == other.filter)
    }
}

impl Assignees {
    /// Whether these are all of some others, as far as the export says it. Whom a policy without assignments
    /// will be for is not known.
    pub(in crate::intune) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Some { of, except }, Self::Some { of: others, except: left_out }) => {
                others.iter().all(|one| of.iter().any(|own| own.covers(one)))
                    && except.is_subset(left_out)
            }
            _ => false,
        }
    }
}

/// The assignments of a policy.
pub(super) struct ReadAssignments {
    pub(super) assignees: Assignees,
    /// The devices that filters leave, where the model can say what they ask for.
    pub(super) devices: Option<DeviceStates>,
    /// The objects of its filters, as far as they are known.
    pub(super) filters: Vec<ast::Json>,
    /// Whether the assignees are all that the list says.
    pub(super) is_exact: bool,
}

impl ReadAssignments {
    const fn of(assignees: Assignees) -> Self {
        Self { assignees, devices: None, filters: Vec::new(), is_exact: true }
    }
}

/// The parts of a tenant that an object refers to and does not hold itself.
#[derive(Clone, Copy)]
pub(in crate::intune) struct TenantParts<'t> {
    /// Its assignments, if they stand apart from it.
    pub(in crate::intune) assignments: Option<&'t [&'t Node]>,
    pub(in crate::intune) filters: &'t Filters,
    /// Whether it may be assigned to all devices, as configurations are.
    pub(in crate::intune) takes_devices: bool,
}

/// The input of reading assignments.
pub(super) struct AssignmentReader<'a> {
    pub(super) members: &'a Members<'a>,
    pub(super) names: &'a mut Names,
    pub(super) parts: TenantParts<'a>,
    pub(super) found: &'a mut Vec<Diagnostic>,
}

impl<'a> AssignmentReader<'a> {
    /// The assignees by the policy's own assignments; by those that stand apart if it has none.
    pub(super) fn read(&mut self) -> ReadAssignments {
        let object = self.members.object;
        let apart = self.parts.assignments;
        let is_assigned =
            object.get("isAssigned").map(|node| matches!(node.kind, NodeKind::Bool(true)));
        let own = object.given("assignments");
        if let Some(link) = next_page(object, "assignments") {
            self.found.push(self.unknown(&request_too(link)));
            return ReadAssignments::of(Assignees::Unknown);
        }
        if self.members.is_of_default {
            // It is for whom no other policy reaches, and has no assignments of its own.
            return ReadAssignments::of(Assignees::Unknown);
        }
        let says_nobody = own.is_none_or(|node| node.array().is_some_and(<[Node]>::is_empty))
            && apart.is_none_or(<[&Node]>::is_empty);
        if is_assigned == Some(true) && says_nobody && (own.is_some() || apart.is_some()) {
            self.found.push(self.unknown(
                "it is assigned, and lists nobody: request it with `$expand=assignments`",
            ));
            return ReadAssignments::of(Assignees::Unknown);
        }
        let nodes: Vec<&Node> = match own.map(|node| (node, node.array())) {
            Some((_, Some(nodes))) if !nodes.is_empty() || apart.is_none() => {
                self.compare(nodes, apart);
                nodes.iter().collect()
            }
            Some((node, None)) => {
                let path = self.members.path;
                let what = format!("takes an array, not {}", node.noun());
                self.found.push(bad_value(path.member("assignments"), node, &what));
                return ReadAssignments::of(Assignees::Nobody);
            }
            _ => match apart {
                Some(nodes) => nodes.to_vec(),
                None if is_assigned == Some(false) => {
                    return ReadAssignments::of(Assignees::Nobody);
                }
                None => {
                    self.found.push(self.unknown("request it with `$expand=assignments`"));
                    return ReadAssignments::of(Assignees::Unknown);
                }
            },
        };
        let count = nodes.len();
        let targets: Vec<Target<'a>> =
            nodes.into_iter().filter_map(|node| self.target(node)).collect();
        let is_exact = targets.len() == count && targets.iter().all(|target| target.is_exact);
        let found = self.assignees(targets);
        ReadAssignments { is_exact: is_exact && found.is_exact, ..found }
    }

    /// Reports assignments that stand apart and are not the policy's own.
    fn compare(&mut self, own: &[Node], apart: Option<&[&Node]>) {
        let Some(apart) = apart else { return };
        let own: BTreeSet<_> = own.iter().map(identity).collect();
        if own == apart.iter().copied().map(identity).collect() {
            return;
        }
        let path = self.members.path;
        let message = format!(
            "`{}` are not those in the file of its assignments",
            path.member("assignments")
        );
        let help = "the policy's own count; leave out what is out of date";
        let diagnostic = Diagnostic::new(Code::IntuneContradiction, message);
        self.found.push(diagnostic.at(self.members.span("assignments"), "").help(help));
    }

    /// The warning about a policy without a whole list of its assignments.
    fn unknown(&self, request: &str) -> Diagnostic {
        let message = format!("`{}` does not say to whom it is assigned", self.members.path);
        let help = format!("{request}; until then it is read as a policy for everybody");
        let diagnostic = Diagnostic::new(Code::IntuneUnknownAssignments, message);
        diagnostic.at(self.members.head(), "").help(help)
    }

    /// The assignees of targets. Filters become devices if all have the same one and the model can say what
    /// it asks for.
    fn assignees(&mut self, targets: Vec<Target<'a>>) -> ReadAssignments {
        let (mut included, mut except) = (Vec::new(), BTreeSet::new());
        for target in targets {
            match target.is_excluded {
                true => except.extend(target.group),
                false => included.push(target),
            }
        }
        let known = known_filters(&included);
        let devices = self.meaning(&included);
        if devices.is_some() {
            included.iter_mut().for_each(|target| target.filter = None);
        }
        let (included, mut is_exact) = distinct(included);
        let mut of = self.named(included);
        if of.len() > 1 && of.iter().any(|one| one.group.is_none()) {
            self.found.push(self.mixed());
            of = [Assignee::ALL].into_iter().collect();
            is_exact = false;
        }
        is_exact &= devices.is_none();
        let is_excluded = |one: &Assignee| one.group.as_ref().is_some_and(|it| except.contains(it));
        let assignees = match of.iter().all(is_excluded) {
            true => Assignees::Nobody,
            false => Assignees::Some { of: of.clone(), except },
        };
        if assignees == Assignees::Nobody && !of.is_empty() {
            self.found.push(self.all_excluded());
            is_exact = false;
        }
        ReadAssignments { assignees, devices, filters: known, is_exact }
    }

    /// The warning about assignments that leave nobody.
    fn all_excluded(&self) -> Diagnostic {
        let path = self.members.path;
        let message =
            format!("`{}` excludes every group that it includes", path.member("assignments"));
        Diagnostic::new(Code::IntuneContradiction, message)
            .at(self.members.span("assignments"), "")
            .help("it is read as a policy for nobody")
    }

    /// Targets by the names of their groups and filters. A filter that stays a fact is reported once.
    fn named(&mut self, targets: Vec<Target<'a>>) -> BTreeSet<Assignee> {
        let mut reported = BTreeSet::new();
        let mut of = BTreeSet::new();
        for Target { group, filter, .. } in targets {
            let filter = filter.map(|filter| {
                if reported.insert(filter.id.to_lowercase()) {
                    self.found.push(filter.diagnostic(self.members.platform));
                }
                let title = filter.known.map(|known| known.title.as_str());
                let name = self.names.filter(&filter.id, title, filter.span);
                FilterUse { name, holds: filter.holds }
            });
            of.insert(Assignee { group, filter });
        }
        of
    }

    /// The warning about everybody with a filter, beside others: one clause cannot name both.
    fn mixed(&self) -> Diagnostic {
        let path = self.members.path;
        let message = format!(
            "`{}` has all users with a filter beside others, which no clause can name together",
            path.member("assignments")
        );
        let help = "it is read as a policy for everybody on every device; make two policies of it";
        Diagnostic::new(Code::IntuneFilter, message)
            .at(self.members.span("assignments"), "")
            .help(help)
    }

    /// The devices for which the one filter of all targets lets the policy in; `None` if there is none, or
    /// the model cannot say it.
    fn meaning(&self, targets: &[Target<'_>]) -> Option<DeviceStates> {
        let platform = self.members.platform;
        let first = targets.first()?.filter.as_ref()?;
        let is_same =
            |target: &Target<'_>| target.filter.as_ref().is_some_and(|one| one.is_same(first));
        if !targets.iter().all(is_same) {
            return None;
        }
        let held = first.known?.states(platform)?;
        let kept = existing(platform).iter().filter(|state| held.contains(*state) == first.holds);
        Some(kept.collect())
    }

    fn target(&mut self, node: &Node) -> Option<Target<'a>> {
        let target = node.get("target").unwrap_or(node);
        let kind = self.kind(target)?;
        let is_excluded = kind == TargetKind::ExcludedGroup;
        let before = self.found.len();
        let filter = self.filter(target);
        let is_exact = self.found.len() == before;
        if is_excluded && filter.is_some() {
            let message = "excludes a group with a filter, which Intune does not take";
            self.found.push(self.odd_filter(target, message, "take the filter out"));
            return None;
        }
        if matches!(kind, TargetKind::Everybody | TargetKind::Devices) {
            return Some(Target { group: None, filter, is_excluded, is_exact });
        }
        let display = ["groupDisplayName", "groupName", "displayName"].into_iter();
        let display =
            display.filter_map(|name| target.text(name).or_else(|| node.text(name))).next();
        let display = display.filter(|name| !name.is_empty());
        // Some tools name groups and leave their ids out.
        let id = target.text("groupId").map(|id| id.trim().trim_matches(['{', '}']));
        let id = id.filter(|id| !id.is_empty());
        let is_exact = is_exact && id.is_some();
        let Some(id) = id.or(display) else {
            self.found.push(self.no_target(target, "has a target without `groupId`"));
            return None;
        };
        let place = target.get("groupId").map_or(target.span, |node| node.span);
        let group = Some(self.names.users(id, display, place));
        Some(Target { group, filter, is_excluded, is_exact })
    }

    /// The type of a target; `None` with an error if it is not known.
    fn kind(&mut self, target: &Node) -> Option<TargetKind> {
        let kind = ["@odata.type", "dataType", "type"].into_iter().find_map(|one| target.text(one));
        let name = kind.unwrap_or_default().rsplit('.').next().unwrap_or_default();
        let found = TARGETS.iter().find(|(known, _)| name.eq_ignore_ascii_case(known));
        match found.map(|(_, kind)| *kind) {
            Some(TargetKind::Devices) if !self.parts.takes_devices => {
                let what = "has a target that is neither a group nor all licensed users";
                self.found.push(self.no_target(target, what));
                None
            }
            None => {
                let what = match kind {
                    Some(kind) => format!("has a target of an unknown type, {}", quote(kind)),
                    None => "has a target without `@odata.type`".to_owned(),
                };
                self.found.push(self.no_target(target, &what));
                None
            }
            known => known,
        }
    }

    fn no_target(&self, target: &Node, what: &str) -> Diagnostic {
        let path = self.members.path;
        let help = "policies are for groups of users or for all of them; take this one out";
        bad_value(path.member("assignments"), target, what).help(help)
    }

    /// The filter of a target, if it has one. A filter without a known direction is refused.
    fn filter(&mut self, target: &Node) -> Option<TargetFilter<'a>> {
        let get = |what: &str| {
            let name = format!("deviceAndAppManagementAssignmentFilter{what}");
            target.given(&name).or_else(|| target.given(&format!("filter{what}")))
        };
        let id = get("Id").filter(|node| node.string() != Some(""));
        let direction = get("Type").map(|node| node.string().unwrap_or("?").to_lowercase());
        let holds = match (id, direction.as_deref()) {
            (_, Some("none" | "")) | (None, None) => return None,
            (Some(_), Some("include")) => true,
            (Some(_), Some("exclude")) => false,
            (id, _) => {
                let what = match id {
                    Some(_) => "has a filter that is neither included nor excluded",
                    None => "has the direction of a filter and no filter",
                };
                let help = "give `deviceAndAppManagementAssignmentFilterId` and `…Type`, `include` or \
                            `exclude`";
                self.found.push(self.odd_filter(target, what, help));
                return None;
            }
        };
        let node = id?;
        let Some(text) = node.string() else {
            let path = self.members.path;
            let what = format!("has a filter whose id is {}", node.noun());
            self.found.push(bad_value(path.member("assignments"), node, &what));
            return None;
        };
        let known = self.parts.filters.get(text);
        let id = known.map_or(text, |known| known.id.as_str()).to_owned();
        Some(TargetFilter { id, known, holds, span: node.span })
    }

    /// The error about a filter that assignments cannot have.
    fn odd_filter(&self, target: &Node, what: &str, help: &str) -> Diagnostic {
        bad_value(self.members.path.member("assignments"), target, what).help(help)
    }
}

/// The texts that tell one assignment from another: target type, group, filter.
fn identity(node: &Node) -> Vec<String> {
    let target = node.get("target").unwrap_or(node);
    let members = target.object().unwrap_or_default().iter();
    let text = |member: &Member| {
        let value = member.value.string().filter(|value| !matches!(*value, "" | "none"))?;
        Some(format!("{} {}", member.name, value).to_lowercase())
    };
    let mut texts: Vec<String> = members.filter_map(text).collect();
    texts.sort_unstable();
    texts
}

/// The types of targets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TargetKind {
    Everybody,
    Group,
    ExcludedGroup,
    /// All devices, to which configurations are assigned.
    Devices,
}

const TARGETS: &[(&str, TargetKind)] = &[
    ("allLicensedUsersAssignmentTarget", TargetKind::Everybody),
    ("groupAssignmentTarget", TargetKind::Group),
    ("exclusionGroupAssignmentTarget", TargetKind::ExcludedGroup),
    ("allDevicesAssignmentTarget", TargetKind::Devices),
];

/// The target of one assignment.
struct Target<'f> {
    group: Option<String>,
    filter: Option<TargetFilter<'f>>,
    is_excluded: bool,
    /// Whether this is all that the assignment says.
    is_exact: bool,
}

/// The filter of a target.
struct TargetFilter<'f> {
    /// The id of its object; what the target says if the object is not known.
    id: String,
    known: Option<&'f AssignmentFilter>,
    holds: bool,
    span: Span,
}

impl TargetFilter<'_> {
    fn is_same(&self, other: &Self) -> bool {
        self.holds == other.holds && self.id.eq_ignore_ascii_case(&other.id)
    }

    /// The warning about a filter that stays a fact of app and device.
    fn diagnostic(&self, platform: Platform) -> Diagnostic {
        if let Some(known) = self.known {
            return known.stays_a_fact(Some(platform), self.span);
        }
        let message = format!("the assignment filter `{}` is not known here", self.id);
        let help = "give its object as well, from `deviceManagement/assignmentFilters`; whether it holds is told \
                    with each request, in `device.filters`";
        Diagnostic::new(Code::IntuneFilter, message).at(self.span, "").help(help)
    }
}

impl Target<'_> {
    /// Whether another target adds nothing to this one.
    fn covers(&self, other: &Self) -> bool {
        let is_same = match (&self.filter, &other.filter) {
            (None, _) => true,
            (Some(own), Some(other)) => own.is_same(other),
            (Some(_), None) => false,
        };
        is_same && (self.group.is_none() || self.group == other.group)
    }
}

/// The targets that none of the others covers, each once, and whether these are all that differ.
fn distinct(targets: Vec<Target<'_>>) -> (Vec<Target<'_>>, bool) {
    let mut found: Vec<Target<'_>> = Vec::new();
    let mut is_all = true;
    for target in targets {
        if let Some(known) = found.iter().find(|one| one.covers(&target)) {
            is_all &= target.covers(known);
            continue;
        }
        let before = found.len();
        found.retain(|one| !target.covers(one));
        is_all &= found.len() == before;
        found.push(target);
    }
    (found, is_all)
}

/// The objects of the filters of targets, each once.
fn known_filters(targets: &[Target<'_>]) -> Vec<ast::Json> {
    let known = targets.iter().filter_map(|target| target.filter.as_ref()?.known);
    let by_id: BTreeMap<&str, &AssignmentFilter> =
        known.filter(|one| !one.is_disputed).map(|one| (one.id.as_str(), one)).collect();
    by_id.into_values().map(|one| one.json.clone()).collect()
}
