//! Deltas of rule edits: the movements whose decision changes when rules are removed and others added.
//!
//! Takes in a folded model and edits, gives out the affected classes with the outcomes before and after.
//! Only rows and columns that edited rules hold are worked out; a row is skipped if no edited policy
//! changes its own verdict there. The purpose of an edit is not known here.

#![allow(
    clippy::indexing_slicing,
    reason = "classes, views and rules are numbered by the folded model that these lists belong to"
)]

use std::ops::ControlFlow;

use super::applicability::Participation;
use super::decisions::{Combiner, Outcome};
use super::folded::{DeviceContext, FoldedModel};
use super::ir::{DeviceKind, Ir};
use super::lazy::EndpointView;
use super::matrix::{MatrixBuilder, Partition, PolicySide, Signatures};
use crate::bits::Bits;
use crate::dd::Cond;
use crate::limits::LimitExceeded;
use crate::model::{PolicyId, RuleId};
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Side};

/// An edit of the rules of policies: some are taken out, others are put in.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleEdit {
    pub(crate) removes: Vec<RuleId>,
    pub(crate) adds: Vec<RuleId>,
}

/// Movements of one matrix that an edit affects or that a rule matches.
#[derive(Debug, Clone)]
pub(crate) struct Affected {
    pub(crate) kind: DeviceKind,
    pub(crate) channel: Channel,
    /// Classes of sources.
    pub(crate) sources: Vec<AffectedClass>,
    /// Classes of targets.
    pub(crate) targets: Vec<AffectedClass>,
    /// The outcomes before and after the edit; equal where a rule's matches are asked for.
    pub(crate) before: Outcome,
    pub(crate) after: Outcome,
    /// The users concerned.
    pub(crate) users: Cond,
}

/// A class of endpoints in one view.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AffectedClass {
    pub(crate) class: usize,
    /// Whether this is the managed view.
    pub(crate) managed: bool,
    /// The users for whom rules use this view.
    pub(crate) when: Cond,
}

impl AffectedClass {
    /// This view of an endpoint of the class.
    pub(crate) fn view(&self, end: Endpoint) -> EndpointView {
        EndpointView { end, managed: self.managed }
    }
}

/// The result of a visitor: to go on, to break off, or a limit that was exceeded.
pub(crate) type Flow = Result<ControlFlow<()>, LimitExceeded>;

/// Affected cells of one matrix, by signature.
struct Cells {
    source: usize,
    columns: Bits,
    before: Outcome,
    after: Outcome,
    users: Cond,
}

impl FoldedModel {
    /// Calls `show` with the movements that each edit affects and the position of the edit, matrix by
    /// matrix; `contexts` are those of all kinds of devices. A break ends the visits for that edit only.
    pub(crate) fn effects(
        &self,
        combiner: &mut Combiner,
        contexts: &[DeviceContext],
        edits: &[RuleEdit],
        mut show: impl FnMut(&mut Combiner, usize, Affected) -> Flow,
    ) -> Result<(), LimitExceeded> {
        let mut extra: Vec<_> = edits.iter().flat_map(|edit| edit.adds.iter().copied()).collect();
        extra.sort_unstable();
        extra.dedup();
        let rules = |number: usize| edits[number].removes.iter().chain(&edits[number].adds);
        let count = edits.len();
        self.visit_matrices(combiner, contexts, count, &rules, &extra, |combiner, at, number| {
            at.builder.effects(&self.ir, combiner, &edits[number], &mut |combiner, cells| {
                show(combiner, number, self.affected(at, cells))
            })
        })
    }

    /// Calls `show` with the movements that each rule matches and the position of the rule, matrix by
    /// matrix; `contexts` are those of all kinds of devices. A break ends the visits for that rule only.
    pub(crate) fn matches(
        &self,
        combiner: &mut Combiner,
        contexts: &[DeviceContext],
        rules: &[RuleId],
        mut show: impl FnMut(&mut Combiner, usize, Affected) -> Flow,
    ) -> Result<(), LimitExceeded> {
        let own = |number: usize| std::iter::once(&rules[number]).chain(&[]);
        let count = rules.len();
        self.visit_matrices(combiner, contexts, count, &own, &[], |combiner, at, number| {
            for cells in at.builder.matches(&self.ir, combiner, rules[number])? {
                if show(combiner, number, self.affected(at, cells))?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            Ok(ControlFlow::Continue(()))
        })
    }

    /// Visits every matrix once for each of `count` subjects (edits or rules) that has a rule there. A
    /// break ends the visits for that subject only.
    fn visit_matrices<'r, R: Iterator<Item = &'r RuleId>>(
        &self,
        combiner: &mut Combiner,
        contexts: &[DeviceContext],
        count: usize,
        rules_of: &dyn Fn(usize) -> R,
        extra: &[RuleId],
        mut visit: impl FnMut(&mut Combiner, MatrixPlace<'_>, usize) -> Flow,
    ) -> Result<(), LimitExceeded> {
        let mut open = vec![true; count];
        for ((kind, device), on) in self.device_kinds().zip(contexts) {
            for channel in Channel::ALL.iter().filter(|one| one.exists_on(device.platform)) {
                let matters = |number: &usize| {
                    rules_of(*number)
                        .any(|id| self.ir.rule(*id).is_for(*channel, device.platform, device.state))
                };
                let numbers = (0..count).filter(|number| open[*number]).filter(matters);
                let numbers: Vec<usize> = numbers.collect();
                if numbers.is_empty() {
                    continue;
                }
                let builder = &self.matrix(combiner, on, *channel, extra)?;
                for number in numbers {
                    let at = MatrixPlace { kind, channel: *channel, builder };
                    open[number] = visit(combiner, at, number)?.is_continue();
                }
            }
        }
        Ok(())
    }

    fn affected(&self, at: MatrixPlace<'_>, cells: Cells) -> Affected {
        let MatrixPlace { kind, channel, builder } = at;
        let Cells { source, columns, before, after, users } = cells;
        let [of_sources, of_targets] = &self.orders;
        Affected {
            kind,
            channel,
            sources: classes_of(&builder.sources, of_sources, &|number| number == source),
            targets: classes_of(&builder.targets, of_targets, &|number| columns.contains(number)),
            before,
            after,
            users,
        }
    }
}

/// A matrix that is visited.
#[derive(Clone, Copy)]
struct MatrixPlace<'m> {
    kind: DeviceKind,
    channel: Channel,
    builder: &'m MatrixBuilder,
}

/// The classes with some signatures, in the order in which examples are looked for.
fn classes_of(
    signatures: &Signatures,
    order: &[usize],
    wanted: &dyn Fn(usize) -> bool,
) -> Vec<AffectedClass> {
    let classes = order.iter().map(|class| (*class, &signatures.of_class[*class]));
    let found = classes.flat_map(|(class, views)| {
        let views = views.iter().flatten().filter(|view| wanted(view.signature));
        views.map(move |view| AffectedClass { class, managed: view.managed, when: view.when })
    });
    found.collect()
}

// ---------------------------------------------------------------- one matrix

impl MatrixBuilder {
    /// Shows the cells that an edit affects.
    fn effects(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        edit: &RuleEdit,
        show: &mut dyn FnMut(&mut Combiner, Cells) -> Flow,
    ) -> Flow {
        let positions = |ids: &[RuleId]| -> Vec<usize> {
            ids.iter().filter_map(|id| self.positions.get(id).copied()).collect()
        };
        let (removes, adds) = (positions(&edit.removes), positions(&edit.adds));
        let mut columns = Bits::new(self.width());
        let mut active = self.active.clone();
        let mut edited = Bits::new(self.rules.len());
        for at in removes.iter().chain(&adds) {
            columns.add_all(&self.rules[*at].columns);
            edited.insert(*at);
        }
        removes.iter().for_each(|at| active.remove(*at));
        adds.iter().for_each(|at| active.insert(*at));
        if columns.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        for source in 0..self.sources.list.len() {
            if self.sources.list[source].rules.meets(&edited)
                && self.a_policy_changes(ir, combiner, source, &edited, &active, &columns)?
                && self.changed_cells(ir, combiner, source, &active, &columns, show)?.is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Whether a policy whose rules are edited changes its own verdict about a source.
    fn a_policy_changes(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        source: usize,
        edited: &Bits,
        active: &Bits,
        columns: &Bits,
    ) -> Result<bool, LimitExceeded> {
        let rules = &self.sources.list[source].rules;
        let (before, after) = (rules.and(&self.active), rules.and(active));
        let mut owners: Vec<(PolicyId, Side)> = edited
            .iter()
            .map(|at| ir.rule(self.rules[at].id))
            .map(|rule| (rule.policy, rule.effect.side()))
            .collect();
        owners.sort_unstable();
        owners.dedup();
        for (policy, side) in owners {
            for (participation, columns) in self.participations(source, policy, side, columns) {
                let acting = PolicySide { policy, side, participation };
                let before = self.evaluate(ir, combiner, acting, &before, &columns)?;
                let after = self.evaluate(ir, combiner, acting, &after, &columns)?;
                if !are_equal(&before, &after) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// How a policy takes part in judging movements from a source to some columns.
    fn participations(
        &self,
        source: usize,
        policy: PolicyId,
        side: Side,
        columns: &Bits,
    ) -> Vec<(Participation, Bits)> {
        match side {
            Side::Source => {
                let own = self.sources.list[source].participants.iter();
                let own = own.filter(|one| one.policy == policy);
                own.map(|one| (one.participation, columns.clone())).collect()
            }
            Side::Target => {
                let own = self.target_policies.iter();
                let own = own.filter(|one| one.participant.policy == policy);
                own.map(|one| (one.participant.participation, one.columns.and(columns))).collect()
            }
        }
    }

    /// Calls `show` with the cells of a row that other active rules decide differently.
    fn changed_cells(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        source: usize,
        active: &Bits,
        columns: &Bits,
        show: &mut dyn FnMut(&mut Combiner, Cells) -> Flow,
    ) -> Flow {
        let before = self.row(ir, combiner, source, &self.active, columns)?;
        let after = self.row(ir, combiner, source, active, columns)?;
        for (held, before) in &before {
            for (others, after) in &after {
                let common = held.and(others);
                if before == after || common.is_empty() {
                    continue;
                }
                for cells in self.with_reasons(combiner, source, &common, [*before, *after])? {
                    if show(combiner, cells)?.is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// The columns grouped by both outcomes, with the reason filled in where no policy applies.
    fn with_reasons(
        &self,
        combiner: &mut Combiner,
        source: usize,
        columns: &Bits,
        [before, after]: [Outcome; 2],
    ) -> Result<Vec<Cells>, LimitExceeded> {
        let mut found: Vec<Cells> = Vec::new();
        for column in columns.iter() {
            let before = self.decided(combiner, source, column, before)?;
            let after = self.decided(combiner, source, column, after)?;
            match found.iter_mut().find(|one| (one.before, one.after) == (before, after)) {
                Some(one) => one.columns.insert(column),
                None => {
                    let mut columns = Bits::new(self.width());
                    columns.insert(column);
                    found.push(Cells { source, columns, before, after, users: Cond::TRUE });
                }
            }
        }
        Ok(found)
    }

    /// The outcome between a source and a column, and its reason where no policy applies.
    pub(super) fn decided(
        &self,
        combiner: &mut Combiner,
        source: usize,
        column: usize,
        outcome: Outcome,
    ) -> Result<Outcome, LimitExceeded> {
        let reason = self.sources.list[source].reason.or(self.targets.list[column].reason);
        reason.map_or(Ok(outcome), |reason| combiner.or_else(outcome, reason))
    }

    /// The cells that a rule matches where its policy applies.
    fn matches(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        id: RuleId,
    ) -> Result<Vec<Cells>, LimitExceeded> {
        let Some(at) = self.positions.get(&id).copied() else { return Ok(Vec::new()) };
        let rule = ir.rule(id);
        let mut found = Vec::new();
        for (source, signature) in self.sources.list.iter().enumerate() {
            if !signature.rules.contains(at) {
                continue;
            }
            for (columns, when) in self.judged_by(source, at, rule.policy, rule.effect.side()) {
                let users = combiner.manager.and(when, rule.people)?;
                if users.is_never() {
                    continue;
                }
                for (columns, outcome) in self.row(ir, combiner, source, &self.active, &columns)? {
                    if !columns.is_empty() {
                        let (before, after) = (outcome, outcome);
                        found.push(Cells { source, columns, before, after, users });
                    }
                }
            }
        }
        Ok(found)
    }

    /// The columns in which a rule matches and its policy takes part, each with the users for whom the
    /// policy applies.
    fn judged_by(
        &self,
        source: usize,
        at: usize,
        policy: PolicyId,
        side: Side,
    ) -> Vec<(Bits, Cond)> {
        let rule = &self.rules[at];
        let takes_part = |one: &super::applicability::Participant| {
            one.policy == policy && (one.participation == Participation::Full || rule.app_wide)
        };
        match side {
            Side::Source => {
                let own = self.sources.list[source].participants.iter();
                let own = own.filter(|one| takes_part(one));
                own.map(|one| (rule.columns.clone(), one.when)).collect()
            }
            Side::Target => {
                let own = self.target_policies.iter();
                let own = own.filter(|one| takes_part(&one.participant));
                own.map(|one| (one.columns.and(&rule.columns), one.participant.when)).collect()
            }
        }
    }
}

/// Whether two partitions of the same columns have equal outcomes.
fn are_equal(some: &Partition, others: &Partition) -> bool {
    some.iter().all(|(columns, outcome)| {
        others.iter().all(|(other, also)| outcome == also || !columns.meets(other))
    })
}
