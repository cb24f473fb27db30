//! Lints of policies: policies that apply to nobody, policies that others make superfluous, and gaps
//! between policies.

#![allow(
    clippy::indexing_slicing,
    reason = "policies are numbered by the model that these lists belong to"
)]

use std::collections::BTreeSet;

use super::linter::Linter;
use crate::analysis::access::AccessDifferences;
use crate::analysis::compare::comparer::Comparison;
use crate::analysis::what_if::effects::EditableModel;
use crate::dd::Cond;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::LimitExceeded;
use crate::model::{AppId, People, Policy, PolicyId, UsersId, Yields};
use crate::vocabulary::{DeviceState, Platform, Platforms};

/// By kind of device: the policies that apply to some app, each with the users for whom it does.
type Applying = [Vec<(PolicyId, Cond)>];

impl Linter<'_> {
    /// Lints of policies; gives the live policies that apply to nobody.
    pub(super) fn policies(
        &self,
        found: &mut Vec<Diagnostic>,
    ) -> Result<BTreeSet<PolicyId>, LimitExceeded> {
        let mut editable = self.editable(None, &[])?;
        let applying = editable.applying()?;
        let mut inapplicable = BTreeSet::new();
        for id in self.model.policy_ids() {
            let policy = self.model.policy(id);
            let applies = applying.iter().flatten().any(|(one, _)| *one == id);
            if !policy.report_only && !applies {
                inapplicable.insert(id);
                found.extend(policy.rules.iter().filter_map(|rule| self.unseen(*rule)));
                let message = format!("`{}` applies to nobody", policy.name);
                let help = "its users, apps, platforms and devices never meet, or it always yields";
                let diagnostic = Diagnostic::new(Code::LintNobody, message);
                let edits = self.policy_at(policy.span).map(|span| self.without_statement(span));
                // Whoever wrote who may open an app will want to see why nobody is meant.
                let edits =
                    edits.filter(|_| policy.access.is_empty() && policy.settings.is_empty());
                let diagnostic = diagnostic.at(policy.span, "this never applies").help(help);
                found.push(diagnostic.edits(edits.unwrap_or_default()));
            }
        }
        self.superfluous(&inapplicable, found)?;
        self.device_gaps(found);
        self.user_gaps(&applying, &mut editable, found)?;
        Ok(inapplicable)
    }

    // ------------------------------------------------------------ superfluous policies

    /// Policies without which every movement and access would be decided alike and no setting be missing.
    fn superfluous(
        &self,
        inapplicable: &BTreeSet<PolicyId>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<(), LimitExceeded> {
        let live: Vec<PolicyId> = (self.model.policy_ids())
            .filter(|id| !self.model.policy(*id).report_only && !inapplicable.contains(id))
            .collect();
        for id in &live {
            let others = live.iter().filter(|other| *other != id);
            let cover =
                |other: &PolicyId| self.covers(*other, *id) && self.have_equal_filters(*other, *id);
            let Some(cover) = others.copied().find(cover) else {
                continue;
            };
            let (one, other) = (self.model.policy(*id), self.model.policy(cover));
            let is_kept = one.settings.iter().all(|setting| other.settings.contains(setting))
                && !self.shows_reasons(one);
            if self.yields_to(*id) || !is_kept || !self.changes_nothing(*id)? {
                continue;
            }
            let message = format!("without `{}` nothing would be decided differently", one.name);
            let diagnostic = Diagnostic::new(Code::LintSuperfluous, message)
                .at(one.span, "this changes nothing")
                .at(other.span, "this is for the same people, apps and devices")
                .help(format!(
                    "take `{}` out, and check again before you follow other advice",
                    one.name
                ));
            let edits = self.policy_at(one.span).map(|span| self.without_statement(span));
            found.push(diagnostic.edits(edits.unwrap_or_default()));
        }
        Ok(())
    }

    /// Whether a policy is for all people, apps and devices that another one is for.
    fn covers(&self, wide: PolicyId, narrow: PolicyId) -> bool {
        let (wide, narrow) = (self.model.policy(wide), self.model.policy(narrow));
        let apps = |(app, on): &(AppId, Platforms)| {
            wide.protect.iter().any(|(one, also)| one == app && also.and(*on) == *on)
        };
        wide.yields == Yields::No
            && wide.platforms.and(narrow.platforms) == narrow.platforms
            && wide.devices.and(narrow.devices) == narrow.devices
            && narrow.protect.iter().all(apps)
            && (wide.people == narrow.people || wide.people == People::ANYBODY)
    }

    /// Whether a statement of a policy says something to those whom it holds back.
    fn shows_reasons(&self, policy: &Policy) -> bool {
        let directory = self.model.directory();
        policy.rules.iter().any(|rule| self.model.rule(*rule).because.is_some())
            || policy.access.iter().any(|one| directory.access(one.id).because.is_some())
    }

    /// Whether some policy yields to a policy.
    fn yields_to(&self, id: PolicyId) -> bool {
        self.model.policies().iter().any(|policy| match &policy.yields {
            Yields::No => false,
            Yields::Any { except } => !except.contains(&id),
            Yields::To(ids) => ids.contains(&id),
        })
    }

    /// Whether every movement and access would be decided alike if a policy applied to nobody.
    fn changes_nothing(&self, id: PolicyId) -> Result<bool, LimitExceeded> {
        let mut model = self.model.clone();
        model.policies[id.index()].people = People::NOBODY;
        let comparison = Comparison::of([self.model, &model], self.analysis.limits());
        Ok(!comparison.is_any()? && AccessDifferences::some(&comparison)?.is_empty())
    }

    // ------------------------------------------------------------ gaps

    fn live(&self) -> impl Iterator<Item = &Policy> {
        self.model.policies().iter().filter(|policy| !policy.report_only)
    }

    /// Kinds of devices that no policy is for, on platforms that some policy is for.
    fn device_gaps(&self, found: &mut Vec<Diagnostic>) {
        let Some(first) = self.live().find(|policy| self.is_own(policy.span)) else { return };
        let covered = |platform: Platform, state: Option<DeviceState>| {
            let mut here = self.live().filter(|policy| policy.platforms.contains(platform));
            here.any(|policy| state.is_none_or(|state| policy.devices.contains(state)))
        };
        // On Windows the service protects data on devices that nobody manages, and on no others.
        let platforms = Platform::ALL.iter().filter(|platform| **platform != Platform::Windows);
        for platform in platforms.filter(|platform| covered(**platform, None)) {
            let open = DeviceState::ALL
                .iter()
                .filter(|state| state.exists_on(*platform) && !covered(*platform, Some(**state)));
            let open: Vec<_> = open.map(|state| state.word()).collect();
            if !open.is_empty() {
                let words = open.join(", ");
                let message = format!("no policy is for devices `{words}` on `{platform}`");
                let help = "company data moves freely there; say so with a policy, or widen one";
                let diagnostic = Diagnostic::new(Code::LintGap, message);
                found.push(diagnostic.at(first.span, "the first policy of the set").help(help));
            }
        }
    }

    /// Groups of people whose members, if in no other group, have no policy.
    fn user_gaps(
        &self,
        applying: &Applying,
        editable: &mut EditableModel<'_>,
        found: &mut Vec<Diagnostic>,
    ) -> Result<(), LimitExceeded> {
        if !self.live().any(|policy| self.is_own(policy.span)) {
            return Ok(());
        }
        let users = &mut editable.users;
        let conditions = applying.iter().flatten().map(|(_, when)| *when);
        let covered = users.manager().any(conditions)?;
        // A policy that asks for a filter is a policy for the group.
        let covered = users.assigned(covered)?;
        for (number, group) in self.model.users().iter().enumerate() {
            if users.meets(covered, &[UsersId::new(number)]) {
                continue;
            }
            let declaration = self.declaration(&group.name);
            let Some(span) = declaration.filter(|span| self.is_own(*span)) else { continue };
            let message = format!("no policy is for people who are only in `{}`", group.name);
            let help = "company data moves freely for them; let a policy be for them, too";
            let diagnostic = Diagnostic::new(Code::LintGap, message);
            found.push(diagnostic.at(span, "declared here").help(help));
        }
        Ok(())
    }
}
