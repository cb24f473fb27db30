//! The head of a policy: title, apps, device management levels, assignees.
//!
//! Takes in the members of one policy, gives out [`Head`]. Settings are not known here.

use std::collections::BTreeSet;

use super::apps::{self, ProtectedApps};
use super::assignments::{Assignees, AssignmentReader, ReadAssignments, TenantParts};
use super::members::{Members, bad_value};
use crate::diagnostic::{Code, Diagnostic};
use crate::intune::levels::ManagementLevels;
use crate::intune::names::Names;
use crate::syntax::ast;
use crate::syntax::print::quote;
use crate::vocabulary::{DeviceStates, Platform};

/// The head of one policy on one platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::intune) struct Head {
    pub(in crate::intune) title: String,
    pub(in crate::intune) description: String,
    pub(in crate::intune) apps: ProtectedApps,
    /// Apps that it lists beside an app group.
    pub(in crate::intune) beside: BTreeSet<String>,
    pub(in crate::intune) levels: ManagementLevels,
    pub(in crate::intune) assignees: Assignees,
    /// The devices that assignment filters leave, where the model can say what they ask for.
    pub(in crate::intune) filtered: Option<DeviceStates>,
    /// The objects of its assignment filters, as far as they are known.
    pub(in crate::intune) filters: Vec<ast::Json>,
    /// Whether an export of the assignees gives the list of assignments back.
    pub(in crate::intune) has_exact_assignees: bool,
}

impl Head {
    /// Reads the head.
    pub(in crate::intune) fn read(
        members: &Members<'_>,
        parts: TenantParts<'_>,
        names: &mut Names,
        found: &mut Vec<Diagnostic>,
    ) -> Self {
        let title = text(members, "displayName", found);
        let description = text(members, "description", found).unwrap_or_default();
        if title.as_ref().is_some_and(String::is_empty) {
            let message = format!("`{}` has no `displayName`", members.path);
            let help = "every policy of Intune has a name; add one";
            let diagnostic = Diagnostic::new(Code::IntuneBadValue, message);
            found.push(diagnostic.at(members.head(), "").help(help));
        }
        let levels = read_levels(members, found);
        let apps = apps::read(members, names, found);
        let beside = apps::beside(members, &apps, names);
        let mut reader = AssignmentReader { members, names, parts, found };
        let ReadAssignments { mut assignees, devices: filtered, filters, is_exact } = reader.read();
        let left = filtered.map(|filtered| levels.within(filtered, members.platform));
        if left == Some(None) {
            found.push(nowhere(members));
            assignees = Assignees::Nobody;
        }
        Self {
            title: title.unwrap_or_default(),
            description,
            apps,
            beside,
            levels,
            assignees,
            filtered,
            filters,
            has_exact_assignees: is_exact,
        }
    }

    /// The levels of the devices on which the policy holds: those that its filters leave of its own. If they
    /// leave none, the policy is for nobody, and its own are given.
    pub(in crate::intune) fn devices(&self, platform: Platform) -> ManagementLevels {
        let left = self.filtered.and_then(|filtered| self.levels.within(filtered, platform));
        left.unwrap_or(self.levels)
    }
}

/// The warning about a policy whose filter leaves no device of its device types.
fn nowhere(members: &Members<'_>) -> Diagnostic {
    let message =
        format!("`{}` holds on no device: its filter leaves none of its types", members.path);
    let help = "the assignment filter and \"Device types\" (`targetedAppManagementLevels`) have to hold both; \
                it is read as a policy for nobody";
    let diagnostic = Diagnostic::new(Code::IntuneFilter, message);
    diagnostic.at(members.span("assignments"), "").help(help)
}

/// A text member: empty if the object lacks it, `None` if its value is no text.
fn text(members: &Members<'_>, name: &str, found: &mut Vec<Diagnostic>) -> Option<String> {
    let Some(node) = members.object.given(name) else {
        return Some(String::new());
    };
    if node.string().is_none() {
        let (path, what) = (members.path, format!("takes a string, not {}", node.noun()));
        found.push(bad_value(path.member(name), node, &what));
    }
    node.string().map(|text| text.trim().to_owned())
}

fn read_levels(members: &Members<'_>, found: &mut Vec<Diagnostic>) -> ManagementLevels {
    if members.platform == Platform::Windows {
        return ManagementLevels::All;
    }
    let name = "targetedAppManagementLevels";
    let Some(node) = members.object.given(name) else {
        return ManagementLevels::All;
    };
    let levels = node.string().and_then(|text| ManagementLevels::read(text, members.platform));
    levels.unwrap_or_else(|| {
        let path = members.path;
        let known: Vec<_> =
            ManagementLevels::flags(members.platform).map(|(flag, _)| *flag).collect();
        let help = format!("it takes `unspecified`, or a list of {}", known.join(", "));
        let what = match node.string() {
            Some(text) => format!("has no value {}", quote(text)),
            None => format!("takes a string, not {}", node.noun()),
        };
        found.push(bad_value(path.member(name), node, &what).help(help));
        ManagementLevels::All
    })
}
