//! The matrices of one bundle: the outcomes of its rules between its lines.
//!
//! Takes in the rules of a bundle and its lines, gives out for each channel, kind of device and side a constant
//! or a matrix. Lines that hold the same of a matrix's rules share a row or a column; each row is worked out
//! rule by rule, so that its cost follows what the rules hold. Equal rows and equal columns are one. Matrices
//! of equal rules are worked out once.

#![allow(
    clippy::indexing_slicing,
    reason = "rules, lines, rows and columns are numbered by the bundle that these lists belong to"
)]

use std::collections::HashMap;

use rustc_hash::FxBuildHasher;

use super::super::ir::{Ir, RuleIr};
use super::super::numbered::Numbered;
use super::super::runtime::Code;
use crate::bits::Bits;
use crate::decision::Verdict;
use crate::limits::{LimitExceeded, Resource};
use crate::model::{PolicyId, RuleId};
use crate::vocabulary::{Effect, Side};

/// The rules of a bundle, policy by policy.
pub(super) struct BundleRules {
    pub(super) rules: Vec<BundleRule>,
    policies: Vec<PolicyId>,
    /// By rule: the position of its policy.
    policy_of: Vec<usize>,
}

/// A rule of a bundle.
pub(super) struct BundleRule {
    pub(super) id: RuleId,
    code: Code,
}

/// A constant outcome, or the number of a matrix of the bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Outcomes {
    Constant(Code),
    Matrix(usize),
}

/// A matrix before it is laid out.
#[derive(Debug)]
pub(super) struct BundleMatrix {
    /// By line of sources its row, by line of targets its column.
    pub(super) of_line: [Vec<u32>; 2],
    pub(super) cells: Vec<Code>,
    pub(super) width: usize,
}

/// The rules of a matrix.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct MatrixKey {
    side: Side,
    fallback: Fallback,
    /// The positions of the rules.
    active: Vec<usize>,
}

/// The outcome where no rule matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fallback {
    /// The default of each policy.
    Default,
    /// None: for `app-wide` rules, and for layers.
    NotApplicable,
}

/// Works out the matrices of a bundle.
pub(super) struct MatrixBuilder<'a> {
    ir: &'a Ir,
    rules: &'a BundleRules,
    /// By side: the rules of each line.
    lines: [&'a [Bits]; 2],
    pub(super) matrices: Vec<BundleMatrix>,
    known: HashMap<MatrixKey, Outcomes, FxBuildHasher>,
    /// The limit on cells.
    limit: usize,
}

impl BundleRules {
    pub(super) fn new(
        ir: &Ir,
        policies: &[PolicyId],
        character_limits: &[u32],
    ) -> Result<Self, LimitExceeded> {
        let (mut rules, mut policy_of) = (Vec::new(), Vec::new());
        for (at, policy) in policies.iter().enumerate() {
            for id in ir.rules_of(ir.policy(*policy)) {
                let code = Code::new(verdict(ir.rule(*id)), character_limits)?;
                rules.push(BundleRule { id: *id, code });
                policy_of.push(at);
            }
        }
        Ok(Self { rules, policies: policies.to_vec(), policy_of })
    }
}

fn verdict(rule: &RuleIr) -> Verdict {
    match rule.effect.effect() {
        Effect::Block => Verdict::BLOCKED,
        Effect::Allow => Verdict::allowed(rule.obligations),
    }
}

impl<'a> MatrixBuilder<'a> {
    pub(super) fn new(
        ir: &'a Ir,
        rules: &'a BundleRules,
        lines: [&'a [Bits]; 2],
        limit: usize,
    ) -> Self {
        Self { ir, rules, lines, matrices: Vec::new(), known: HashMap::default(), limit }
    }

    /// The outcomes of the rules that are active.
    pub(super) fn outcomes_of(
        &mut self,
        side: Side,
        fallback: Fallback,
        is_active: impl Fn(&RuleIr) -> bool,
    ) -> Result<Outcomes, LimitExceeded> {
        let rules = self.rules.rules.iter().enumerate();
        let active = rules.filter(|(_, rule)| is_active(self.ir.rule(rule.id)));
        let active = active.map(|(at, _)| at).collect();
        self.outcomes(MatrixKey { side, fallback, active })
    }

    fn outcomes(&mut self, key: MatrixKey) -> Result<Outcomes, LimitExceeded> {
        if let Some(known) = self.known.get(&key) {
            return Ok(*known);
        }
        let outcomes = if key.active.is_empty() {
            Outcomes::Constant(self.default_of_all(&key))
        } else {
            self.matrix(&key)?
        };
        self.known.insert(key, outcomes);
        Ok(outcomes)
    }

    /// The outcome where no rule of any policy matches.
    fn default_of_all(&self, key: &MatrixKey) -> Code {
        let policies = self.rules.policies.iter();
        let defaults = policies.map(|policy| self.default(key, *policy));
        defaults.fold(Code::NOT_APPLICABLE, Code::deny_overrides)
    }

    fn default(&self, key: &MatrixKey, policy: PolicyId) -> Code {
        match (key.fallback, self.ir.default_effect(policy, key.side)) {
            (Fallback::NotApplicable, _) => Code::NOT_APPLICABLE,
            (Fallback::Default, Effect::Block) => Code::BLOCKED,
            (Fallback::Default, Effect::Allow) => Code::FREE,
        }
    }

    fn matrix(&mut self, key: &MatrixKey) -> Result<Outcomes, LimitExceeded> {
        let mut active = Bits::new(self.rules.rules.len());
        key.active.iter().for_each(|rule| active.insert(*rule));
        let [sources, targets] = self.lines.map(|lines| restricted(lines, &active));
        let columns = self.columns(&targets.list);
        let width = targets.list.len();
        let mut rows = Numbered::default();
        let mut row_of_line = Vec::with_capacity(sources.list.len());
        for held in &sources.list {
            row_of_line.push(rows.number(self.row(key, held, &columns, width)));
            let needed = rows.list.len().saturating_mul(width);
            if needed > self.limit {
                return Err(LimitExceeded::new(Resource::Cells, needed, self.limit));
            }
        }
        let (rows, column_of_line) = merge_columns(&rows.list, width);
        let width = rows.first().map_or(0, Vec::len);
        let cells = rows.concat();
        if let [first, rest @ ..] = cells.as_slice()
            && rest.iter().all(|one| one == first)
        {
            return Ok(Outcomes::Constant(*first));
        }
        let of_line = [(sources, row_of_line), (targets, column_of_line)];
        let of_line = of_line
            .map(|(lines, merged)| lines.of.iter().map(|one| merged[*one as usize]).collect());
        self.matrices.push(BundleMatrix { of_line, cells, width });
        Ok(Outcomes::Matrix(self.matrices.len() - 1))
    }

    /// By rule: the columns that its target set holds.
    fn columns(&self, targets: &[Bits]) -> Vec<Vec<u32>> {
        let mut columns = vec![Vec::new(); self.rules.rules.len()];
        for (held, column) in targets.iter().zip(0..) {
            held.iter().for_each(|rule| columns[rule].push(column));
        }
        columns
    }

    /// The outcomes between a source and all columns, given the rules that hold the source.
    fn row(&self, key: &MatrixKey, held: &Bits, columns: &[Vec<u32>], width: usize) -> Vec<Code> {
        let held: Vec<usize> = held.iter().collect();
        let of_policies =
            held.chunk_by(|a, b| self.rules.policy_of[*a] == self.rules.policy_of[*b]);
        let of_policies: Vec<_> =
            of_policies.map(|rules| (self.rules.policy_of[rules[0]], rules)).collect();
        // Policies without a rule here decide by their default.
        let has_rules = |at: usize| of_policies.binary_search_by_key(&at, |one| one.0).is_ok();
        let others = (0..self.rules.policies.len()).filter(|at| !has_rules(*at));
        let default = |at: usize| self.default(key, self.rules.policies[at]);
        let default_of_others =
            others.map(default).fold(Code::NOT_APPLICABLE, Code::deny_overrides);
        let mut row = vec![default_of_others; width];
        for (policy, rules) in of_policies {
            let own = self.own_row(rules, columns, width);
            for (joined, own) in row.iter_mut().zip(own) {
                let own = own.or_default(default(policy));
                *joined = joined.deny_overrides(own).canonical();
            }
        }
        row
    }

    /// The outcomes of some rules of one policy.
    fn own_row(&self, rules: &[usize], columns: &[Vec<u32>], width: usize) -> Vec<Code> {
        let mut own = vec![Code::NOT_APPLICABLE; width];
        for rule in rules {
            let code = self.rules.rules[*rule].code;
            for column in &columns[*rule] {
                let outcome = &mut own[*column as usize];
                *outcome = outcome.within_policy(code);
            }
        }
        own
    }
}

/// The distinct sets of active rules of lines, and by line its set.
struct Restricted {
    list: Vec<Bits>,
    of: Vec<u32>,
}

fn restricted(lines: &[Bits], active: &Bits) -> Restricted {
    let mut numbered = Numbered::default();
    let of = lines.iter().map(|line| numbered.number(line.and(active))).collect();
    Restricted { list: numbered.list, of }
}

/// The rows with equal columns merged, and by column the one that stands for it.
fn merge_columns(rows: &[Vec<Code>], width: usize) -> (Vec<Vec<Code>>, Vec<u32>) {
    let mut numbered = Numbered::default();
    let column = |at: usize| rows.iter().map(|row| row[at]).collect::<Vec<Code>>();
    let of: Vec<u32> = (0..width).map(|at| numbered.number(column(at))).collect();
    let merged = (0..rows.len()).map(|row| numbered.list.iter().map(|one| one[row]).collect());
    (merged.collect(), of)
}
