//! The decision matrix of one channel and kind of device: outcomes between all sources and all targets.
//!
//! Takes in the IR and the views of endpoints, gives out outcomes row by row. Views with equal signatures
//! (participants, reason, and rules whose set holds them) share a row or a column. A row is a partition of
//! the columns by outcome. Each rule refines the partition within the columns that its target set holds, as
//! an operation on bit sets; so the cost of a row follows its policies and rules rather than its columns.
//! (Compare aggregated bit vectors in packet classification: Baboescu and Varghese 2001.)

#![allow(
    clippy::indexing_slicing,
    reason = "views, signatures and rules are numbered by the IR or by the builder that fills these lists"
)]

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use rustc_hash::FxBuildHasher;

use super::applicability::{Participant, Participants, Participation, View};
use super::decisions::{Combiner, NOT_APPLICABLE, Outcome};
use super::ir::{Ir, RuleIr, Sets, TermLists};
use super::numbered::Numbered;
use crate::bits::Bits;
use crate::dd::Cond;
use crate::decision::Verdict;
use crate::limits::LimitExceeded;
use crate::model::{PolicyId, RuleId};
use crate::vocabulary::{Channel, DeviceState, Effect, Platform, Side};

/// The matrix that a builder is for.
#[derive(Clone, Copy)]
pub(super) struct MatrixKey {
    pub(super) channel: Channel,
    pub(super) platform: Platform,
    pub(super) state: DeviceState,
}

/// A class as one channel sees it.
pub(super) struct ClassViews<'f> {
    /// Its views; none if its endpoints cannot stand on this side of the channel.
    pub(super) views: &'f [View],
    /// The decision where no policy applies, if this side gives the reason.
    pub(super) reason: Option<Outcome>,
}

/// The classes of one side.
pub(super) struct SideViews<'f> {
    /// By class.
    pub(super) classes: Vec<ClassViews<'f>>,
    pub(super) terms: &'f TermLists,
}

/// Everything that decides about a view: views with equal signatures are decided alike.
pub(super) struct Signature {
    pub(super) participants: Participants,
    /// The users for whom the participants judge such a view; everybody where there are none.
    pub(super) exists: Cond,
    /// The decision where no policy applies, if this side gives the reason and none may apply.
    pub(super) reason: Option<Outcome>,
    /// The matrix's rules whose set on this side holds the view.
    pub(super) rules: Bits,
}

/// The signatures of one side.
pub(super) struct Signatures {
    pub(super) list: Vec<Signature>,
    /// By class: its views, of which there are two at most.
    pub(super) of_class: Vec<[Option<SignedView>; 2]>,
}

/// A view of a class with its signature.
#[derive(Clone, Copy)]
pub(super) struct SignedView {
    /// The users for whom rules use this view.
    pub(super) when: Cond,
    pub(super) signature: usize,
    /// Whether this is the managed view.
    pub(super) managed: bool,
}

/// A rule that can match in a matrix.
pub(super) struct MatrixRule {
    pub(super) id: RuleId,
    /// Its verdict for the users it is for.
    outcome: Outcome,
    /// The columns that its target set holds.
    pub(super) columns: Bits,
    pub(super) app_wide: bool,
}

/// The rules of one policy for one side, by position in the matrix.
struct PolicyRules {
    allowing: Bits,
    blocking: Bits,
}

/// A policy that judges some columns from the target's side.
pub(super) struct TargetPolicy {
    pub(super) participant: Participant,
    pub(super) columns: Bits,
}

/// The outcomes of the policies that judge targets, worked out so far. They depend on the source by the
/// target's rules that hold it, and by nothing else.
#[derive(Default)]
struct TargetOutcomes {
    /// Sets of rules, by number.
    held: HashMap<Bits, usize, FxBuildHasher>,
    /// By set of rules and column.
    known: HashMap<(usize, usize), Outcome, FxBuildHasher>,
}

/// Verdicts about some columns: those of the policies that apply, each with its users.
type Verdicts = Vec<(Cond, Outcome)>;

/// A partition of columns by outcome.
pub(super) type Partition = Vec<(Bits, Outcome)>;

/// One side of one policy.
#[derive(Clone, Copy)]
pub(super) struct PolicySide {
    pub(super) policy: PolicyId,
    pub(super) side: Side,
    pub(super) participation: Participation,
}

/// The rows of a matrix, worked out on demand.
pub(super) struct MatrixBuilder {
    pub(super) rules: Vec<MatrixRule>,
    /// By rule: its position in the matrix.
    pub(super) positions: HashMap<RuleId, usize, FxBuildHasher>,
    of_policy: HashMap<(PolicyId, Side), PolicyRules, FxBuildHasher>,
    pub(super) target_policies: Vec<TargetPolicy>,
    pub(super) sources: Signatures,
    pub(super) targets: Signatures,
    /// The rules in force.
    pub(super) active: Bits,
    /// The rules by which targets are judged.
    of_targets: Bits,
    by_targets: RefCell<TargetOutcomes>,
}

impl MatrixBuilder {
    /// Prepares a matrix. `extra` are rules that are not in force; an edit may add them (see `delta`).
    pub(super) fn new(
        ir: &Ir,
        combiner: &mut Combiner,
        key: MatrixKey,
        [sources, targets]: [SideViews<'_>; 2],
        extra: &[RuleId],
    ) -> Result<Self, LimitExceeded> {
        let mut ids = live_rules(ir, key);
        let in_force = ids.len();
        ids.extend(extra.iter().filter(|id| key.concerns(ir.rule(**id))));
        let sources = Signatures::new(ir, key, Side::Source, &ids, &sources);
        let targets = Signatures::new(ir, key, Side::Target, &ids, &targets);
        let rules = matrix_rules(ir, combiner, &ids, &targets)?;
        let mut of_policy: HashMap<(PolicyId, Side), PolicyRules, FxBuildHasher> =
            HashMap::default();
        for (at, id) in ids.iter().enumerate() {
            let rule = ir.rule(*id);
            let none = || Bits::new(ids.len());
            let own = of_policy
                .entry((rule.policy, rule.effect.side()))
                .or_insert_with(|| PolicyRules { allowing: none(), blocking: none() });
            match rule.effect.effect() {
                Effect::Allow => own.allowing.insert(at),
                Effect::Block => own.blocking.insert(at),
            }
        }
        let positions = ids.iter().copied().zip(0..).collect();
        let active = Bits::collect((0..ids.len()).map(|at| at < in_force));
        let target_policies = target_policies(&targets);
        let judges_targets = |id: &RuleId| ir.rule(*id).effect.side() == Side::Target;
        let of_targets = Bits::collect(ids.iter().map(judges_targets));
        let by_targets = RefCell::default();
        Ok(Self {
            rules,
            positions,
            of_policy,
            target_policies,
            sources,
            targets,
            active,
            of_targets,
            by_targets,
        })
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.targets.list.len()
    }

    /// The outcomes between a source and some columns under the active rules.
    pub(super) fn row(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        source: usize,
        active: &Bits,
        columns: &Bits,
    ) -> Result<Partition, LimitExceeded> {
        let held = self.held_for_targets(source, active);
        let mut row = Partition::new();
        for (columns, outcome) in self.by_source(ir, combiner, source, active, columns)? {
            for column in columns.iter() {
                let other = self.by_target(ir, combiner, &held, column)?;
                let outcome = combiner.deny_overrides(outcome, other)?;
                add(&mut row, column, self.width(), outcome);
            }
        }
        Ok(row)
    }

    /// The outcomes between a source and some columns as far as policies of the source decide them.
    pub(super) fn by_source(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        source: usize,
        active: &Bits,
        columns: &Bits,
    ) -> Result<Partition, LimitExceeded> {
        let source = &self.sources.list[source];
        let holding = source.rules.and(active);
        let mut verdicts = vec![(columns.clone(), Verdicts::new())];
        for Participant { policy, participation, when } in source.participants.iter() {
            let acting =
                PolicySide { policy: *policy, side: Side::Source, participation: *participation };
            let outcomes = self.evaluate(ir, combiner, acting, &holding, columns)?;
            refine(&mut verdicts, &outcomes, *when);
        }
        let mut row = Partition::with_capacity(verdicts.len());
        for (columns, verdicts) in verdicts {
            row.push((columns, combiner.joined(verdicts)?));
        }
        Ok(row)
    }

    /// By column: the first column that is decided alike, wherever both exist. Policies that say nothing of
    /// their own about what comes in make no difference.
    pub(super) fn alike_columns(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
    ) -> Result<Vec<usize>, LimitExceeded> {
        let nothing = Bits::new(self.rules.len());
        let mut known: HashMap<_, usize, FxBuildHasher> = HashMap::default();
        let mut found = Vec::with_capacity(self.width());
        for (column, signature) in self.targets.list.iter().enumerate() {
            let has_rules =
                |one: &Participant| self.of_policy.contains_key(&(one.policy, Side::Target));
            if signature.participants.iter().any(has_rules) {
                found.push(column);
                continue;
            }
            let outcome = self.by_target(ir, combiner, &nothing, column)?;
            let outcome = combiner.restricted(outcome, signature.exists)?;
            let key = (&signature.rules, signature.reason, outcome);
            found.push(*known.entry(key).or_insert(column));
        }
        Ok(found)
    }

    /// The rules of targets that hold a source.
    pub(super) fn held_for_targets(&self, source: usize, active: &Bits) -> Bits {
        self.sources.list[source].rules.and(active).and(&self.of_targets)
    }

    /// The outcome in a column as far as policies of the target decide it. `held` are the rules of targets
    /// that hold the source.
    pub(super) fn by_target(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        held: &Bits,
        column: usize,
    ) -> Result<Outcome, LimitExceeded> {
        let participants = &self.targets.list[column].participants;
        if participants.is_empty() {
            return Ok(NOT_APPLICABLE);
        }
        let key = (self.number_of(held), column);
        if let Some(known) = self.by_targets.borrow().known.get(&key) {
            return Ok(*known);
        }
        let mut columns = Bits::new(self.width());
        columns.insert(column);
        let mut verdicts = Verdicts::new();
        for Participant { policy, participation, when } in participants.iter() {
            let acting =
                PolicySide { policy: *policy, side: Side::Target, participation: *participation };
            let outcomes = self.evaluate(ir, combiner, acting, held, &columns)?;
            verdicts.extend(outcomes.into_iter().map(|(_, outcome)| (*when, outcome)));
        }
        let found = combiner.joined(verdicts)?;
        self.by_targets.borrow_mut().known.insert(key, found);
        Ok(found)
    }

    fn number_of(&self, held: &Bits) -> usize {
        let sets = &mut self.by_targets.borrow_mut().held;
        if let Some(known) = sets.get(held) {
            return *known;
        }
        let next = sets.len();
        sets.insert(held.clone(), next);
        next
    }

    /// The rules in force of one side of a policy with an effect, between a source and a column.
    pub(super) fn rules_between(
        &self,
        (policy, side, effect): (PolicyId, Side, Effect),
        [source, column]: [usize; 2],
    ) -> impl Iterator<Item = RuleId> {
        let own = self.of_policy.get(&(policy, side)).map(|own| match effect {
            Effect::Allow => &own.allowing,
            Effect::Block => &own.blocking,
        });
        let (by_source, by_target) =
            (&self.sources.list[source].rules, &self.targets.list[column].rules);
        let in_force = own.map(|own| own.and(&self.active).and(by_source).and(by_target));
        let found: Vec<usize> = in_force.iter().flat_map(Bits::iter).collect();
        found.into_iter().map(|at| self.rules[at].id)
    }

    // ------------------------------------------------------------ one policy

    /// The verdicts of one side of a policy about some columns: blocking rules, else allowing ones, else
    /// the default. `holding` are the rules whose source set holds the source.
    pub(super) fn evaluate(
        &self,
        ir: &Ir,
        combiner: &mut Combiner,
        acting: PolicySide,
        holding: &Bits,
        columns: &Bits,
    ) -> Result<Partition, LimitExceeded> {
        let PolicySide { policy, side, participation } = acting;
        let mut outcomes = vec![(columns.clone(), NOT_APPLICABLE)];
        let (allowing, blocking) = match self.of_policy.get(&(policy, side)) {
            Some(own) => (own.allowing.and(holding), own.blocking.and(holding)),
            None => (Bits::new(0), Bits::new(0)),
        };
        if participation == Participation::Full {
            for (allowed, columns) in self.by_outcome(allowing.iter()) {
                change(&mut outcomes, &columns, |one| combiner.weakest_obligations(one, allowed))?;
            }
            let default = match ir.default_effect(policy, side) {
                Effect::Allow => Verdict::FREE,
                Effect::Block => Verdict::BLOCKED,
            };
            let default = combiner.verdict(Cond::TRUE, default)?;
            for (_, one) in &mut outcomes {
                *one = combiner.or_else(*one, default)?;
            }
        }
        let takes_part =
            |at: &usize| participation == Participation::Full || self.rules[*at].app_wide;
        for (blocked, columns) in self.by_outcome(blocking.iter().filter(takes_part)) {
            change(&mut outcomes, &columns, |one| combiner.deny_overrides(one, blocked))?;
        }
        Ok(outcomes)
    }

    /// The outcomes of some rules, each with the columns of all rules that share it.
    fn by_outcome(&self, rules: impl Iterator<Item = usize>) -> Vec<(Outcome, Bits)> {
        let mut found: Vec<(Outcome, Bits)> = Vec::new();
        for MatrixRule { outcome, columns, .. } in rules.map(|at| &self.rules[at]) {
            match found.iter_mut().find(|(known, _)| known == outcome) {
                Some((_, all)) => all.add_all(columns),
                None => found.push((*outcome, columns.clone())),
            }
        }
        found
    }
}

impl MatrixKey {
    /// Whether a rule can match in the matrix.
    pub(super) fn concerns(self, rule: &RuleIr) -> bool {
        rule.is_for(self.channel, self.platform, self.state)
    }
}

/// The rules of live policies that can match in a matrix, in order.
fn live_rules(ir: &Ir, key: MatrixKey) -> Vec<RuleId> {
    if !key.channel.exists_on(key.platform) {
        return Vec::new();
    }
    let live = ir.policies.iter().filter(|policy| !policy.report_only);
    let rules = live.flat_map(|policy| ir.rules_of(policy).iter().copied());
    rules.filter(|id| key.concerns(ir.rule(*id))).collect()
}

fn matrix_rules(
    ir: &Ir,
    combiner: &mut Combiner,
    ids: &[RuleId],
    targets: &Signatures,
) -> Result<Vec<MatrixRule>, LimitExceeded> {
    let mut rules = Vec::with_capacity(ids.len());
    for id in ids {
        let rule = ir.rule(*id);
        let verdict = match rule.effect.effect() {
            Effect::Block => Verdict::BLOCKED,
            Effect::Allow => Verdict { effect: Effect::Allow, obligations: rule.obligations },
        };
        let outcome = combiner.verdict(rule.people, verdict)?;
        let columns = Bits::new(targets.list.len());
        rules.push(MatrixRule { id: *id, outcome, columns, app_wide: rule.app_wide });
    }
    for (column, signature) in targets.list.iter().enumerate() {
        signature.rules.iter().for_each(|at| rules[at].columns.insert(column));
    }
    Ok(rules)
}

/// The policies that judge targets, each with its columns.
fn target_policies(targets: &Signatures) -> Vec<TargetPolicy> {
    let mut found: Vec<TargetPolicy> = Vec::new();
    let mut known: HashMap<Participant, usize, FxBuildHasher> = HashMap::default();
    for (column, signature) in targets.list.iter().enumerate() {
        for participant in signature.participants.iter() {
            let at = *known.entry(*participant).or_insert_with(|| {
                let columns = Bits::new(targets.list.len());
                found.push(TargetPolicy { participant: *participant, columns });
                found.len() - 1
            });
            found[at].columns.insert(column);
        }
    }
    found
}

/// Splits sets of columns by the verdicts of one more policy, which applies for some users.
fn refine(verdicts: &mut Vec<(Bits, Verdicts)>, outcomes: &Partition, when: Cond) {
    if let [(_, outcome)] = outcomes.as_slice() {
        verdicts.iter_mut().for_each(|(_, known)| known.push((when, *outcome)));
        return;
    }
    let mut split = Vec::with_capacity(verdicts.len() + outcomes.len());
    for (columns, known) in verdicts.drain(..) {
        for (held, outcome) in outcomes {
            let common = columns.and(held);
            if !common.is_empty() {
                let mut known = known.clone();
                known.push((when, *outcome));
                split.push((common, known));
            }
        }
    }
    *verdicts = split;
}

/// Adds a column to a partition.
fn add(partition: &mut Partition, column: usize, width: usize, outcome: Outcome) {
    match partition.iter_mut().find(|(_, known)| *known == outcome) {
        Some((columns, _)) => columns.insert(column),
        None => {
            let mut columns = Bits::new(width);
            columns.insert(column);
            partition.push((columns, outcome));
        }
    }
}

/// Changes the outcome of some columns.
fn change(
    partition: &mut Partition,
    columns: &Bits,
    mut change: impl FnMut(Outcome) -> Result<Outcome, LimitExceeded>,
) -> Result<(), LimitExceeded> {
    let mut changed: Partition = Vec::with_capacity(partition.len() + 1);
    let mut add = |columns: Bits, outcome: Outcome| match changed
        .iter_mut()
        .find(|(_, known)| *known == outcome)
    {
        Some((known, _)) => known.add_all(&columns),
        None => changed.push((columns, outcome)),
    };
    for (held, outcome) in partition.drain(..) {
        if !held.meets(columns) {
            add(held, outcome);
            continue;
        }
        let after = change(outcome)?;
        if after == outcome {
            add(held, outcome);
            continue;
        }
        add(held.and(columns), after);
        let mut rest = held;
        rest.remove_all(columns);
        if !rest.is_empty() {
            add(rest, outcome);
        }
    }
    *partition = changed;
    Ok(())
}

// ---------------------------------------------------------------- signatures

impl Signatures {
    fn new(ir: &Ir, key: MatrixKey, side: Side, rules: &[RuleId], views: &SideViews<'_>) -> Self {
        let sets = rules.iter().map(|id| ir.rule(*id).sets[side as usize]);
        let holding = HoldingRules::new(&ir.sets[side as usize], views.terms, sets);
        let is_judged = key.channel.judged_at(side) && key.channel.exists_on(key.platform);
        let nobody: Participants = [].into();
        let mut numbers: HashMap<_, usize, FxBuildHasher> = HashMap::default();
        let of_class = Vec::with_capacity(views.classes.len());
        let mut found = Self { list: Vec::new(), of_class };
        for ClassViews { views: of_class, reason } in &views.classes {
            let mut signed = [None, None];
            for (view, signed) in of_class.iter().zip(&mut signed) {
                let row = holding.of_list[views.terms.list(view.number)];
                let participants = if is_judged { &view.participants } else { &nobody };
                // A policy applies to whoever is managed.
                let reason = reason.filter(|_| !view.is_managed());
                // Where policies are unconfirmed, views with equal participants can exist for different users.
                let exists = if participants.is_empty() { Cond::TRUE } else { view.when };
                let key = (identity(participants), exists, reason, row);
                let signature = *numbers.entry(key).or_insert_with(|| {
                    let rules = holding.rows[row].clone();
                    let participants = Rc::clone(participants);
                    found.list.push(Signature { participants, exists, reason, rules });
                    found.list.len() - 1
                });
                let managed = view.is_managed();
                *signed = Some(SignedView { when: view.when, signature, managed });
            }
            found.of_class.push(signed);
        }
        found
    }
}

/// Equal lists of participants are shared; all empty ones count as one.
fn identity(participants: &Participants) -> (*const Participant, usize) {
    match participants.len() {
        0 => (std::ptr::null(), 0),
        length => (participants.as_ptr(), length),
    }
}

/// The rules of a matrix whose sets hold a view, on one side: a row for each list of terms, equal rows
/// once.
struct HoldingRules {
    rows: Vec<Bits>,
    /// By list of terms: its row.
    of_list: Vec<usize>,
}

impl HoldingRules {
    fn new(
        sets: &Sets,
        terms: &TermLists,
        named: impl ExactSizeIterator<Item = Option<u32>> + Clone,
    ) -> Self {
        // Rules without a set hold every view.
        let everything = Bits::collect(named.clone().map(|set| set.is_none()));
        // By term: the rules whose sets name it, and those that have it behind `except`.
        let rules = named.len();
        let [mut naming, mut excepting] = [(); 2].map(|()| vec![None; sets.terms.len()]);
        let mark = |terms: &mut [Option<Bits>], term: u32, rule: usize| {
            terms[term as usize].get_or_insert_with(|| Bits::new(rules)).insert(rule);
        };
        for (at, set) in named.enumerate() {
            let [named, except] = set.map_or([&[][..]; 2], |set| sets.terms_of(set));
            named.iter().for_each(|term| mark(&mut naming, *term, at));
            except.iter().for_each(|term| mark(&mut excepting, *term, at));
        }
        let rows = terms.lists.iter().map(|terms| {
            let terms = || terms.iter().map(|term| *term as usize);
            let mut row = everything.clone();
            terms().filter_map(|term| naming[term].as_ref()).for_each(|one| row.add_all(one));
            terms().filter_map(|term| excepting[term].as_ref()).for_each(|one| row.remove_all(one));
            row
        });
        let mut numbered = Numbered::default();
        let of_list = rows.map(|row| numbered.number(row) as usize).collect();
        Self { rows: numbered.list, of_list }
    }
}
