//! The assignees of a policy.
//!
//! Takes in assignments, gives out groups of users by name. Assignment filters are reported, and their
//! rules are not known here.

use std::collections::BTreeSet;

use super::members::{Members, bad_value};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::json::{Node, NodeKind};
use crate::intune::names::Names;
use crate::syntax::ast;

/// The users to whom a policy is assigned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) enum Assignees {
    /// The export has no assignments.
    Unknown,
    /// The list of assignments is empty.
    Nobody,
    /// Groups by name; `of` is `None` for all licensed users.
    Some { of: Option<BTreeSet<String>>, except: BTreeSet<String> },
}

/// The input of reading assignments.
pub(super) struct AssignmentReader<'a> {
    members: &'a Members<'a>,
    names: &'a mut Names,
    found: &'a mut Vec<Diagnostic>,
    /// Whether an assignment had a filter.
    pub(super) is_filtered: bool,
}

impl<'a> AssignmentReader<'a> {
    pub(super) const fn new(
        members: &'a Members<'a>,
        names: &'a mut Names,
        found: &'a mut Vec<Diagnostic>,
    ) -> Self {
        Self { members, names, found, is_filtered: false }
    }

    /// The assignees by the policy's own assignments; by those that stand apart if it has none.
    pub(super) fn read(&mut self, apart: Option<&[&Node]>) -> Assignees {
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
                return Assignees::Nobody;
            }
            _ => match apart {
                Some(nodes) => nodes.to_vec(),
                None if is_assigned == Some(false) => return Assignees::Nobody,
                None => return Assignees::Unknown,
            },
        };
        let (mut all, mut of, mut except) = (false, BTreeSet::new(), BTreeSet::new());
        for node in nodes {
            match self.target(node) {
                Some(Target::All) => all = true,
                Some(Target::Include(name)) => drop(of.insert(name)),
                Some(Target::Exclude(name)) => drop(except.insert(name)),
                None => {}
            }
        }
        match (all, of.is_empty()) {
            (true, _) => Assignees::Some { of: None, except },
            (false, false) => Assignees::Some { of: Some(of), except },
            (false, true) => Assignees::Nobody,
        }
    }

    fn target(&mut self, node: &Node) -> Option<Target> {
        let target = node.get("target").unwrap_or(node);
        let kind = target.text("@odata.type").unwrap_or_default();
        let kind = kind.rsplit('.').next().unwrap_or_default();
        self.filter(target);
        if kind == "allLicensedUsersAssignmentTarget" {
            return Some(Target::All);
        }
        let Some(id) = target.text("groupId").filter(|id| !id.is_empty()) else {
            let path = self.members.path;
            let message = "has a target that is neither a group nor all licensed users";
            let help = "policies are for groups of users or for all of them; take this one out";
            let diagnostic = bad_value(path.member("assignments"), target, message);
            self.found.push(diagnostic.help(help));
            return None;
        };
        let display = ["groupDisplayName", "groupName", "displayName"].into_iter();
        let display =
            display.filter_map(|name| target.text(name).or_else(|| node.text(name))).next();
        let place = target.get("groupId").map_or(target.span, |node| node.span);
        let name = self.names.users(id, display, place);
        let excluded = kind == "exclusionGroupAssignmentTarget";
        Some(if excluded { Target::Exclude(name) } else { Target::Include(name) })
    }

    /// Warns of an assignment filter: its rule is no part of an export of policies.
    fn filter(&mut self, target: &Node) {
        let kind = target.text("deviceAndAppManagementAssignmentFilterType").unwrap_or("none");
        let Some(node) = target.get("deviceAndAppManagementAssignmentFilterId") else { return };
        let id = node.string().unwrap_or_default();
        if kind == "none" || id.is_empty() {
            return;
        }
        self.is_filtered = true;
        let message = format!("the assignment filter `{id}` is not known here");
        let help = "rules of the policy hold only on devices that the filter lets in; a filter on device \
                    management types can be written as `devices …`";
        let diagnostic = Diagnostic::new(Code::IntuneFilter, message);
        self.found.push(diagnostic.at(node.span, "").help(help));
    }
}

/// The target of one assignment.
enum Target {
    All,
    Include(String),
    Exclude(String),
}

/// The identity of an assignment: target type, group, filter. Tools write the rest differently.
pub(in crate::intune) fn assignment_key(node: &ast::Json) -> Option<(String, String, String)> {
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
    let kind = text("@odata.type");
    Some((
        kind.trim_matches('"').rsplit('.').next().unwrap_or_default().to_owned(),
        text("groupId"),
        text("deviceAndAppManagementAssignmentFilterId"),
    ))
}
