//! Statements of a policy's head: `for`, `on`, `devices`, `protect`, `otherwise`.
//!
//! Takes in a head, gives out statements with the places of its members. Which policy yields to which
//! is not known here.

use super::statement::{At, Line};
use crate::intune::names::Names;
use crate::intune::read::apps::{CORE, MICROSOFT, ProtectedApps};
use crate::intune::read::assignments::{Assignee, Assignees};
use crate::intune::read::head::Head;
use crate::intune::read::members::Members;
use crate::syntax::ast::{Effect, Matching, Member, SetWord};
use crate::vocabulary::Platform;

impl Head {
    /// The statements of the head, without `yields to`.
    pub(in crate::intune) fn lines(&self, members: &Members<'_>, names: &mut Names) -> Vec<Line> {
        let at = |name: &str| At(members.span(name));
        let mut lines = vec![self.assignees_line(at("assignments"), members.is_of_default, names)];
        lines.push(At(members.head()).on(members.platform.word()));
        let words = self.devices(members.platform).words(members.platform);
        if members.platform == Platform::Windows {
            let line = At(members.head()).devices(&["unmanaged"]);
            lines.push(line.note("the policy ends where a device is managed"));
        } else if !words.is_empty() {
            let line = at("targetedAppManagementLevels").devices(&words);
            lines.push(match self.filtered {
                Some(_) => line.note("with an assignment filter"),
                None => line,
            });
        }
        lines.push(self.protect(At(members.first_span(&["appGroupType", "apps"])), names));
        lines.push(At(members.head()).otherwise(Effect::Allow));
        lines
    }

    fn assignees_line(&self, at: At, is_default: bool, names: &mut Names) -> Line {
        let member = |one: &Assignee| Member {
            group: one.group.as_ref().map(|name| at.name(name)),
            matching: (one.filter.iter())
                .map(|filter| Matching { filter: at.name(&filter.name), holds: filter.holds })
                .collect(),
        };
        match &self.assignees {
            Assignees::Unknown => at.head_for(None, vec![]).note(match is_default {
                true => "for users whom no other policy reaches",
                false => "the export has no assignments",
            }),
            Assignees::Nobody => {
                let nobody = Member::from(at.name(&names.unassigned(at.0)));
                at.head_for(Some(vec![nobody]), vec![])
            }
            Assignees::Some { of, except } => {
                let of = (!of.contains(&Assignee::ALL)).then(|| of.iter().map(member).collect());
                at.head_for(of, except.iter().map(|name| at.name(name).into()).collect())
            }
        }
    }

    /// An app group, and what is listed beside it.
    fn protect_group(&self, group: &str, at: At) -> Line {
        let beside = self.beside.iter().map(|name| at.named(name));
        at.protect(at.set(std::iter::once(at.named(group)).chain(beside).collect(), vec![]))
    }

    fn protect(&self, at: At, names: &mut Names) -> Line {
        let any = || at.set(vec![at.word(SetWord::Any)], vec![]);
        match &self.apps {
            ProtectedApps::Core => self.protect_group(CORE, at),
            ProtectedApps::Microsoft => self.protect_group(MICROSOFT, at),
            ProtectedApps::All => at.protect(any()),
            ProtectedApps::Unknown => {
                at.protect_unconfirmed(any()).note("the export does not say which apps")
            }
            ProtectedApps::Selected(apps) if apps.is_empty() => {
                let name = names.nothing_selected(at.0);
                at.protect(at.set(vec![at.named(&name)], vec![]))
            }
            ProtectedApps::Selected(apps) => {
                let terms = apps.iter().map(|name| at.named(name)).collect();
                at.protect(at.set(terms, vec![]))
            }
        }
    }
}
