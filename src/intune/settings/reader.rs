//! The reader of settings: typed members, with the names and diagnostics that families of settings add.
//!
//! Takes in the members of one policy and gives families access to them. Which members a family needs
//! is not known here.

use crate::diagnostic::{Code, Diagnostic};
use crate::intune::levels::ManagementLevels;
use crate::intune::names::{AppRef, Names, id_kind};
use crate::intune::read::members::Members;
use crate::intune::value::scheme;
use crate::syntax::ast::IdKind;
use crate::syntax::print::quote;
use crate::vocabulary::Platform;

/// The input of a family's `read`.
pub(in crate::intune) struct SettingsReader<'r> {
    pub(in crate::intune) members: &'r Members<'r>,
    pub(in crate::intune) levels: &'r ManagementLevels,
    pub(in crate::intune) names: &'r mut Names,
    pub(in crate::intune) found: &'r mut Vec<Diagnostic>,
}

impl SettingsReader<'_> {
    pub(super) const fn platform(&self) -> Platform {
        self.members.platform
    }

    /// Reports a member that another setting overrides.
    pub(super) fn contradiction(&mut self, name: &str, message: &str, help: &str) {
        let message = format!("`{}` {message}", self.members.path.member(name));
        let diagnostic = Diagnostic::new(Code::IntuneContradiction, message);
        self.found.push(diagnostic.at(self.members.span(name), "").help(help));
    }

    /// Refuses a member with a text that is no value of its type.
    pub(super) fn unreadable(&mut self, member: &str, text: &str, help: &str) {
        let message =
            format!("`{}` has no value {}", self.members.path.member(member), quote(text));
        let diagnostic = Diagnostic::new(Code::IntuneBadValue, message);
        let help = format!("{help}; a member that is left out has the value of a new policy");
        self.found.push(diagnostic.at(self.members.span(member), "").help(help));
    }

    /// Reports a member whose value no rule can state.
    pub(super) fn kept(&mut self, member: &str, help: &str) {
        let message = format!("no rule can state `{}`", self.members.path.member(member));
        let help = format!("{help}; the value is kept as a `setting` and decides nothing");
        let diagnostic = Diagnostic::new(Code::IntuneKept, message);
        self.found.push(diagnostic.at(self.members.span(member), "").help(help));
    }

    /// The app with an id as a setting writes it: a scheme on iOS, a package elsewhere. With a title, an
    /// unknown app is declared.
    pub(super) fn app(&mut self, id: &str, title: Option<&str>, member: &str) -> AppRef {
        let span = self.members.span(member);
        let (kind, id) = match self.platform() {
            Platform::Ios => (IdKind::Url, format!("{}:", scheme(id).unwrap_or(id))),
            platform => (id_kind(platform), id.to_owned()),
        };
        let mut apps = self.names.apps_with(kind, &[&id], title, span);
        apps.pop().unwrap_or(AppRef::Id(kind, id))
    }
}
