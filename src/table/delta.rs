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
use std::rc::Rc;

use smallvec::SmallVec;

use super::applicability::{Participant, Participation, View};
use super::attribution::{ApplicableRules, Attribution, MatchingRules, RuleKey};
use super::decisions::{Combiner, DecisionId, NOT_APPLICABLE, Outcome};
use super::folded::{DeviceContext, FoldedModel};
use super::ir::{DeviceKind, Ir};
use super::lazy::EndpointView;
use super::logic::OneUser;
use super::matrix::{MatrixBuilder, PolicySide, Signatures, SignedView};
use crate::bits::Bits;
use crate::dd::{ApplyCache, Cond, Manager};
use crate::decision::Verdict;
use crate::limits::LimitExceeded;
use crate::model::{PolicyId, RuleId};
use crate::movement::Endpoint;
use crate::vocabulary::{Channel, Effect, Side};

/// An edit of the rules of policies: some are taken out, others are put in.
#[derive(Debug, Clone, Default)]
pub(crate) struct RuleEdit {
    pub(crate) removes: Vec<RuleId>,
    pub(crate) adds: Vec<RuleId>,
}

/// Movements of one matrix that an edit affects or that a rule matches.
#[derive(Clone)]
pub(crate) struct Affected {
    pub(crate) kind: DeviceKind,
    pub(crate) channel: Channel,
    /// Classes of sources.
    pub(crate) sources: Vec<AffectedClass>,
    /// Classes of targets.
    pub(crate) targets: Vec<AffectedClass>,
    /// The outcomes before and after the edit: of all policies, or of the edited policy alone where the
    /// matches of a rule are asked for.
    pub(crate) before: Outcome,
    pub(crate) after: Outcome,
    /// The users concerned.
    pub(crate) users: Cond,
    matrix: Rc<MatrixBuilder>,
}

/// A class of endpoints in one view.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AffectedClass {
    pub(crate) class: usize,
    /// The number of its signature: views of one signature are decided alike.
    pub(crate) signature: usize,
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
#[derive(Clone)]
struct Cells {
    source: usize,
    columns: Bits,
    before: Outcome,
    after: Outcome,
    users: Cond,
}

/// The rules of a matrix that an edit concerns.
struct EditedRules {
    /// The rules that are taken out or put in, and those in force after the edit.
    edited: Bits,
    active: Bits,
    /// The columns that an edited rule holds.
    columns: Bits,
}

/// The most cells of a row in which an effect is looked for among single users.
const PROBES: usize = 4;

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
        self.visit_edits(combiner, contexts, edits, |combiner, at, number| {
            at.builder.effects(&self.ir, combiner, &edits[number], &mut |combiner, cells| {
                show(combiner, number, self.affected(at, cells))
            })
        })
    }

    /// Whether some movement shows for a single user that an edit has an effect, edit by edit. An edit
    /// without one may have an effect all the same. `exists` gives the users of some movement among those
    /// of some cells for some users, or nobody.
    pub(crate) fn probe(
        &self,
        combiner: &mut Combiner,
        contexts: &[DeviceContext],
        edits: &[RuleEdit],
        mut exists: impl FnMut(&mut Combiner, Affected) -> Result<Cond, LimitExceeded>,
    ) -> Result<Vec<bool>, LimitExceeded> {
        let mut found = vec![false; edits.len()];
        self.visit_edits(combiner, contexts, edits, |combiner, at, number| {
            let mut exists =
                |combiner: &mut Combiner, cells| exists(combiner, self.affected(at, cells));
            found[number] = at.builder.probe(&self.ir, combiner, &edits[number], &mut exists)?;
            Ok(if found[number] { ControlFlow::Break(()) } else { ControlFlow::Continue(()) })
        })?;
        Ok(found)
    }

    /// Visits every matrix once for each edit that has a rule there.
    fn visit_edits(
        &self,
        combiner: &mut Combiner,
        contexts: &[DeviceContext],
        edits: &[RuleEdit],
        visit: impl FnMut(&mut Combiner, MatrixPlace<'_>, usize) -> Flow,
    ) -> Result<(), LimitExceeded> {
        let mut extra: Vec<_> = edits.iter().flat_map(|edit| edit.adds.iter().copied()).collect();
        extra.sort_unstable();
        extra.dedup();
        let rules = |number: usize| edits[number].removes.iter().chain(&edits[number].adds);
        self.visit_matrices(combiner, contexts, edits.len(), &rules, &extra, visit)
    }

    /// Calls `show` with the movements that each rule matches and the position of the rule, matrix by
    /// matrix; `contexts` are those of all kinds of devices. The outcomes are those of the rule's policy
    /// alone, with the rule and without it. A break ends the visits for that rule only.
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
                let builder = &Rc::new(self.matrix(combiner, on, *channel, extra)?);
                for number in numbers {
                    let at = MatrixPlace { kind, channel: *channel, builder };
                    open[number] = visit(combiner, at, number)?.is_continue();
                }
            }
        }
        Ok(())
    }

    /// The rules and defaults by which policies would decide between two views without a rule, for the
    /// users for whom the views exist: all policies, or one.
    pub(crate) fn rules_without(
        &self,
        manager: &mut Manager,
        on: &DeviceContext,
        (affected, [source, target]): (&Affected, [AffectedClass; 2]),
        without: RuleId,
        of_policy: Option<PolicyId>,
    ) -> Result<ApplicableRules<Cond>, LimitExceeded> {
        let views = [(Side::Source, source), (Side::Target, target)].map(|(side, one)| {
            let views = on.sides[side as usize].views[one.class].iter();
            let own = views.filter(|view| view.is_managed() == one.managed);
            let alike = |view: &View| Rc::clone(&view.participants);
            own.map(|view| View { when: Cond::TRUE, participants: alike(view), ..*view })
                .collect::<Vec<View>>()
        });
        let attribution = Attribution {
            ir: &self.ir,
            channel: affected.channel,
            device: on.device,
            views: [&views[0], &views[1]],
            of_policy,
            without: Some(without),
            matching: &BetweenSignatures {
                matrix: &affected.matrix,
                signatures: [source.signature, target.signature],
            },
        };
        attribution.applicable_rules(manager)
    }

    /// Whether some policy would block between two views without a rule, for one of the users for whom the
    /// views exist: the one in the groups of these variables.
    pub(crate) fn is_blocked_without(
        &self,
        manager: &Manager,
        on: &DeviceContext,
        (affected, [source, target]): (&Affected, [AffectedClass; 2]),
        without: RuleId,
        user: &[u32],
    ) -> Result<bool, LimitExceeded> {
        let is_member = |variable: u32| user.contains(&variable);
        let meets = |condition: Cond| manager.eval(condition, is_member);
        let views = [(Side::Source, source), (Side::Target, target)].map(|(side, one)| {
            let views = on.sides[side as usize].views[one.class].iter();
            let own = views.filter(|view| view.is_managed() == one.managed);
            let alike = |view: &View| -> View<bool> {
                let all = view.participants.iter().filter(|one| meets(one.when));
                let participants = all.map(|one| Participant {
                    policy: one.policy,
                    participation: one.participation,
                    when: true,
                });
                View { when: true, number: view.number, participants: participants.collect() }
            };
            own.map(alike).collect::<Vec<View<bool>>>()
        });
        let attribution = Attribution {
            ir: &self.ir,
            channel: affected.channel,
            device: on.device,
            views: [&views[0], &views[1]],
            of_policy: None,
            without: Some(without),
            matching: &BetweenSignatures {
                matrix: &affected.matrix,
                signatures: [source.signature, target.signature],
            },
        };
        let logic = &mut OneUser { nodes: manager.nodes(), is_member };
        let all = attribution.applicable_rules(logic)?;
        Ok(all.keys().any(|cause| cause.effect == Effect::Block))
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
            matrix: Rc::clone(builder),
        }
    }
}

/// The rules between two signatures of a matrix.
struct BetweenSignatures<'m> {
    matrix: &'m MatrixBuilder,
    signatures: [usize; 2],
}

impl MatchingRules for BetweenSignatures<'_> {
    fn matching(&self, RuleKey { policy, side, effect, .. }: RuleKey) -> SmallVec<[RuleId; 4]> {
        self.matrix.rules_between((policy, side, effect), self.signatures).collect()
    }
}

/// A matrix that is visited.
#[derive(Clone, Copy)]
struct MatrixPlace<'m> {
    kind: DeviceKind,
    channel: Channel,
    builder: &'m Rc<MatrixBuilder>,
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
        views.map(move |view| {
            let SignedView { signature, managed, when } = *view;
            AffectedClass { class, signature, managed, when }
        })
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
        let rules = self.edited_rules(edit);
        for source in self.sources_of(&rules) {
            let changed = self.own_changes(ir, combiner, source, &rules)?;
            let mut columns = Bits::new(self.width());
            changed.iter().for_each(|cells| columns.add_all(&cells.columns));
            if !columns.is_empty()
                && self
                    .changed_cells(ir, combiner, source, &rules.active, &columns, show)?
                    .is_break()
            {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    fn edited_rules(&self, edit: &RuleEdit) -> EditedRules {
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
        EditedRules { edited, active, columns }
    }

    /// The sources that an edited rule holds; none if no edited rule holds a target.
    fn sources_of(&self, rules: &EditedRules) -> impl Iterator<Item = usize> {
        let all = 0..if rules.columns.is_empty() { 0 } else { self.sources.list.len() };
        all.filter(|source| self.sources.list[*source].rules.meets(&rules.edited))
    }

    /// The cells of a row in which a policy whose rules are edited changes its own verdict.
    fn own_changes(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        source: usize,
        rules: &EditedRules,
    ) -> Result<Vec<Cells>, LimitExceeded> {
        let holding = &self.sources.list[source].rules;
        let holding = [holding.and(&self.active), holding.and(&rules.active)];
        let mut owners: Vec<(PolicyId, Side)> = (rules.edited.iter())
            .map(|at| ir.rule(self.rules[at].id))
            .map(|rule| (rule.policy, rule.effect.side()))
            .collect();
        owners.sort_unstable();
        owners.dedup();
        let mut found = Vec::new();
        for (policy, side) in owners {
            for (participant, columns) in self.participations(source, policy, side, &rules.columns)
            {
                let acting = PolicySide { policy, side, participation: participant.participation };
                let cells = Cells { source, columns, ..Cells::of_users(participant.when) };
                let all = self.own_verdicts(ir, combiner, acting, &holding, &cells)?;
                found.extend(all.into_iter().filter(|cells| cells.before != cells.after));
            }
        }
        Ok(found)
    }

    /// Cells with the verdicts of one side of a policy by two sets of rules.
    fn own_verdicts(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        acting: PolicySide,
        [before, after]: &[Bits; 2],
        cells: &Cells,
    ) -> Result<Vec<Cells>, LimitExceeded> {
        let before = self.evaluate(ir, combiner, acting, before, &cells.columns)?;
        let after = self.evaluate(ir, combiner, acting, after, &cells.columns)?;
        let mut found = Vec::new();
        for (held, before) in &before {
            for (others, after) in &after {
                let columns = held.and(others);
                if !columns.is_empty() {
                    found.push(Cells { columns, before: *before, after: *after, ..*cells });
                }
            }
        }
        Ok(found)
    }

    /// Whether an edit has an effect for a single user in one of a few cells of each row.
    fn probe(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        edit: &RuleEdit,
        exists: &mut dyn FnMut(&mut Combiner, Cells) -> Result<Cond, LimitExceeded>,
    ) -> Result<bool, LimitExceeded> {
        let rules = self.edited_rules(edit);
        let mut cache = ApplyCache::default();
        for source in self.sources_of(&rules) {
            for cells in self.own_changes(ir, combiner, source, &rules)? {
                let (before, after) = (cells.before, cells.after);
                let users = combiner.manager.apply(before, after, &mut cache, |a, b| a != b)?;
                let users = combiner.manager.and(users, cells.users)?;
                for column in cells.columns.iter().take(PROBES) {
                    let mut columns = Bits::new(self.width());
                    columns.insert(column);
                    let users = exists(combiner, Cells { columns, users, ..cells })?;
                    if self.differs(ir, combiner, [source, column], &rules.active, users)? {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }

    /// Whether other active rules decide differently in a cell about the user in the fewest groups among
    /// some.
    fn differs(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        cell: [usize; 2],
        active: &Bits,
        users: Cond,
    ) -> Result<bool, LimitExceeded> {
        let Some(user) = combiner.manager.minimal_model(users) else { return Ok(false) };
        let before = self.verdict_for(ir, combiner, cell, &self.active, &user)?;
        Ok(before != self.verdict_for(ir, combiner, cell, active, &user)?)
    }

    /// The verdict in a cell about one user, who is in the groups of some variables.
    fn verdict_for(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        [source, column]: [usize; 2],
        active: &Bits,
        user: &[u32],
    ) -> Result<Option<Verdict>, LimitExceeded> {
        let holding = self.sources.list[source].rules.and(active);
        let mut columns = Bits::new(self.width());
        columns.insert(column);
        let participants = [&self.sources.list[source], &self.targets.list[column]];
        let mut found: Option<Verdict> = None;
        for (signature, side) in participants.into_iter().zip([Side::Source, Side::Target]) {
            for Participant { policy, participation, when } in signature.participants.iter() {
                if !combiner.manager.eval(*when, |one| user.contains(&one)) {
                    continue;
                }
                let acting = PolicySide { policy: *policy, side, participation: *participation };
                for (_, outcome) in self.evaluate(ir, combiner, acting, &holding, &columns)? {
                    let id = combiner.manager.eval(outcome, |one| user.contains(&one));
                    if id != DecisionId::NONE {
                        let own = combiner.decision(id).verdict;
                        found = Some(found.map_or(own, |known| known.join(own)));
                    }
                }
            }
        }
        Ok(found)
    }

    /// How a policy takes part in judging movements from a source to some columns.
    fn participations(
        &self,
        source: usize,
        policy: PolicyId,
        side: Side,
        columns: &Bits,
    ) -> Vec<(Participant, Bits)> {
        match side {
            Side::Source => {
                let own = self.sources.list[source].participants.iter();
                let own = own.filter(|one| one.policy == policy);
                own.map(|one| (*one, columns.clone())).collect()
            }
            Side::Target => {
                let own = self.target_policies.iter();
                let own = own.filter(|one| one.participant.policy == policy);
                own.map(|one| (one.participant, one.columns.and(columns))).collect()
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

    /// The cells that a rule matches where its policy applies, with the policy's own verdicts: with the
    /// rule and without it.
    fn matches(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        id: RuleId,
    ) -> Result<Vec<Cells>, LimitExceeded> {
        let Some(at) = self.positions.get(&id).copied() else { return Ok(Vec::new()) };
        let (rule, own) = (ir.rule(id), &self.rules[at]);
        let (policy, side) = (rule.policy, rule.effect.side());
        let mut found = Vec::new();
        for (source, signature) in self.sources.list.iter().enumerate() {
            if !signature.rules.contains(at) {
                continue;
            }
            let with = signature.rules.and(&self.active);
            let mut without = with.clone();
            without.remove(at);
            let holding = [with, without];
            for (participant, columns) in self.participations(source, policy, side, &own.columns) {
                let Participant { participation, when, .. } = participant;
                let users = combiner.manager.and(when, rule.people)?;
                let takes_part = participation == Participation::Full || own.app_wide;
                if takes_part && !users.is_never() {
                    let acting = PolicySide { policy, side, participation };
                    let cells = Cells { source, columns, ..Cells::of_users(users) };
                    found.extend(self.own_verdicts(ir, combiner, acting, &holding, &cells)?);
                }
            }
        }
        Ok(found)
    }
}

impl Cells {
    /// No cells, for some users.
    fn of_users(users: Cond) -> Self {
        let nothing = NOT_APPLICABLE;
        Self { source: 0, columns: Bits::new(0), before: nothing, after: nothing, users }
    }
}
