//! Lints of launch conditions across policies: conditions that never decide, and facts of which no value passes.
//!
//! What stands in one policy alone is reported where the policy is checked.

use std::collections::{BTreeMap, BTreeSet};

use super::linter::Linter;
use crate::access::AccessEffect;
use crate::analysis::access::{Launches, PlacedLaunch, visit_launches};
use crate::analysis::engine::query::Query;
use crate::dd::Cond;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::LimitExceeded;
use crate::model::{Access, AccessId, PolicyId};

/// A statement of a policy.
type Stated<'m> = (PolicyId, &'m Access);

/// What is known of launch conditions so far.
#[derive(Default)]
struct Seen<'m> {
    /// Every condition that is in force somewhere.
    all: BTreeMap<AccessId, Stated<'m>>,
    /// Those that decide some access.
    deciding: BTreeSet<AccessId>,
    /// By condition: those that decide where it fires.
    by: BTreeMap<AccessId, BTreeSet<AccessId>>,
    /// Conditions of several policies that together let no value of a fact pass.
    closed: BTreeSet<Vec<AccessId>>,
}

impl Linter<'_> {
    /// Lints of launch conditions.
    pub(super) fn accesses(&self, found: &mut Vec<Diagnostic>) -> Result<(), LimitExceeded> {
        let live = self.model.policies().iter().filter(|policy| !policy.report_only);
        if live.filter(|policy| !policy.access.is_empty()).count() < 2 {
            return Ok(());
        }
        let query = &mut Query::new(self.model, None, self.analysis.limits(), std::iter::empty())?;
        let mut seen = Seen::default();
        visit_launches(query, &mut |query, launches| {
            self.deciding(query, launches, &mut seen)?;
            self.closed(query, launches, &mut seen)
        })?;
        for (id, one) in &seen.all {
            let by = seen.by.get(id).into_iter().flatten().filter_map(|id| seen.all.get(id));
            let by: Vec<Stated<'_>> = by.copied().collect();
            let is_across = by.iter().any(|(policy, _)| *policy != one.0);
            if !seen.deciding.contains(id) && is_across && self.is_own(one.1.span) {
                found.push(self.never_decides(*one, &by));
            }
        }
        for ids in &seen.closed {
            let all: Vec<Stated<'_>> =
                ids.iter().filter_map(|id| seen.all.get(id)).copied().collect();
            if all.iter().any(|(_, one)| self.is_own(one.span)) {
                found.extend(self.nobody_passes(&all));
            }
        }
        Ok(())
    }

    /// Notes which conditions on one fact of some accesses decide there. Of several that fire with one effect that is
    /// the one that fires for the most values, and of these the first.
    fn deciding<'m>(
        &self,
        query: &mut Query<'m>,
        launches: &Launches<'m>,
        seen: &mut Seen<'m>,
    ) -> Result<(), LimitExceeded> {
        let rank = |one: &PlacedLaunch<'_>, cell: usize| {
            let effect = one.effects.get(cell).copied().unwrap_or(AccessEffect::Allow);
            let values = one.effects.iter().filter(|effect| **effect != AccessEffect::Allow);
            (effect, values.count(), std::cmp::Reverse(one.access.id))
        };
        for one in &launches.list {
            seen.all.insert(one.access.id, (one.policy, one.access));
            for cell in 0..one.effects.len() {
                let own = rank(one, cell);
                if own.0 == AccessEffect::Allow {
                    continue;
                }
                let mut left = one.users;
                for other in launches.list.iter().filter(|other| rank(other, cell) > own) {
                    if !self.have_equal_filters(one.policy, other.policy) {
                        continue;
                    }
                    if !query.manager().are_disjoint(left, other.users)? {
                        seen.by.entry(one.access.id).or_default().insert(other.access.id);
                    }
                    left = query.manager().and_not(left, other.users)?;
                }
                if !left.is_never() {
                    seen.deciding.insert(one.access.id);
                }
            }
        }
        Ok(())
    }

    /// Notes conditions of several policies that together refuse every known value of a fact.
    fn closed<'m>(
        &self,
        query: &mut Query<'m>,
        launches: &Launches<'m>,
        seen: &mut Seen<'m>,
    ) -> Result<(), LimitExceeded> {
        let blocks = |one: &PlacedLaunch<'_>, cell: usize| {
            one.effects.get(cell).is_some_and(|effect| *effect >= AccessEffect::Block)
        };
        let mut closed = Cond::TRUE;
        for cell in 1..launches.cells {
            let here = launches.list.iter().filter(|one| blocks(one, cell)).map(|one| one.users);
            let refused = query.manager().any(here)?;
            closed = query.manager().and(closed, refused)?;
        }
        // A policy that refuses everything by itself is told where it is checked.
        let policies: BTreeSet<PolicyId> = launches.list.iter().map(|one| one.policy).collect();
        for policy in policies {
            let own = || launches.list.iter().filter(|one| one.policy == policy);
            if (1..launches.cells).all(|cell| own().any(|one| blocks(one, cell)))
                && let Some(one) = own().next()
            {
                closed = query.manager().and_not(closed, one.users)?;
            }
        }
        let Some(groups) = query.users.example(closed) else { return Ok(()) };
        let applies = |one: &&PlacedLaunch<'_>| {
            query.users.meets(one.users, &groups) && (1..launches.cells).any(|at| blocks(one, at))
        };
        let ids = launches.list.iter().filter(applies).map(|one| one.access.id);
        seen.closed.insert(ids.collect());
        Ok(())
    }

    /// The diagnostic about a condition that never decides.
    fn never_decides(&self, (_, one): Stated<'_>, by: &[Stated<'_>]) -> Diagnostic {
        let directory = self.model.directory();
        let message = format!("`launch {}` never decides", directory.access(one.id).text);
        let mut diagnostic = Diagnostic::new(Code::LintIdleLaunch, message)
            .at(one.span, "this shows nowhere")
            .help("others say more for the same people, apps and devices: leave it out, or let it hold where they do not");
        for (policy, other) in by.iter().take(3) {
            let label = format!("`{}` has this", self.model.policy(*policy).name);
            diagnostic = diagnostic.at(other.span, label);
        }
        diagnostic
    }

    /// The diagnostic about conditions of which one fires for every value of a fact.
    fn nobody_passes(&self, all: &[Stated<'_>]) -> Option<Diagnostic> {
        let (_, first) = all.first()?;
        let fact = first.fact()?;
        let message = format!("policies that together let no `{fact}` pass");
        let help = "some people are under all of these policies, and are always refused; give the \
                    policies conditions that some device meets, or keep their people apart";
        let mut diagnostic = Diagnostic::new(Code::LintClosedLaunch, message).help(help);
        for (policy, one) in all.iter().take(4) {
            let label = format!("by `{}`", self.model.policy(*policy).name);
            diagnostic = diagnostic.at(one.span, label);
        }
        Some(diagnostic)
    }
}
