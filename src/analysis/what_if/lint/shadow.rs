//! Shadows: the rules and defaults that decide, beside a rule without effect, where the rule matches.
//!
//! Takes in rules without effect, gives out for each the rules and defaults that make it so for its own
//! users. A policy that decides the same without its rule explains that by itself; other policies are asked
//! only where it would not. So policies for other people make no difference. The text of findings is not
//! known here.

#![allow(
    clippy::indexing_slicing,
    reason = "rules are numbered by the list that these shadows belong to"
)]

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

use super::linter::Linter;
use crate::analysis::threads::in_parts;
use crate::analysis::what_if::effects::{DiffersCache, EditableModel, Stage, break_if};
use crate::dd::{Cond, Manager};
use crate::decision::DeterminingRule;
use crate::limits::LimitExceeded;
use crate::model::{PolicyId, Rule, RuleId};
use crate::table::{Affected, AffectedClass, ApplicableRules, Flow};
use crate::vocabulary::Effect;

/// The most pairs of views that are examined for one rule.
const PAIRS: usize = 2_000;

/// The most rules that are looked at in one go, and the parts of more rules, on every machine.
const MANY: usize = 500;
const PARTS: usize = 4;

/// Rules and defaults, each with the pairs in which it decides for all users of the rule.
type Causes = BTreeMap<DeterminingRule, usize>;

/// The rules and defaults behind which a rule has no effect.
#[derive(Debug, Clone)]
pub(super) struct Shadow {
    /// The pairs of views that the rule matches.
    pairs: usize,
    causes: Causes,
    /// The causes that block, as long as everything is blocked.
    blocking: Causes,
    /// Whether everything is blocked that the rule allows.
    pub(super) is_blocked: bool,
    /// Whether the rule is without effect only where devices pass the filters of other policies.
    pub(super) depends_on_filters: bool,
}

/// A pair of views that a rule matches.
struct Match<'m> {
    affected: &'m Affected,
    views: [AffectedClass; 2],
    /// The users of the rule for whom both views exist.
    users: Cond,
    /// Those for whom its policy would decide otherwise without it.
    changed: Cond,
}

impl Shadow {
    fn new(rule: &Rule) -> Self {
        let is_blocked = rule.effect.effect() == Effect::Allow;
        let (causes, blocking) = (Causes::new(), Causes::new());
        Self { pairs: 0, causes, blocking, is_blocked, depends_on_filters: false }
    }

    /// Whether the rule matches no movement.
    pub(super) fn is_empty(&self) -> bool {
        self.pairs == 0
    }

    /// The rules and defaults to name: one that is enough, or all. Rules come before defaults, and those of
    /// the rule's own policy first.
    pub(super) fn by(&self, policy: PolicyId) -> Vec<DeterminingRule> {
        let causes = if self.is_blocked { &self.blocking } else { &self.causes };
        let mut found: Vec<DeterminingRule> = causes.keys().copied().collect();
        found.sort_by_key(|cause| (cause.rule.is_none(), cause.policy != policy, *cause));
        let is_enough = |cause: &&DeterminingRule| causes.get(cause) == Some(&self.pairs);
        match found.iter().find(is_enough) {
            Some(enough) => vec![*enough],
            None => found,
        }
    }
}

/// Adds the rules and defaults that decide for some of `among`; `users` are all users of the rule.
fn add(
    causes: &mut Causes,
    manager: &mut Manager,
    found: &ApplicableRules<Cond>,
    [among, users]: [Cond; 2],
) -> Result<(), LimitExceeded> {
    for (cause, when) in found {
        if !manager.are_disjoint(*when, among)? {
            let covers = manager.implies(users, *when)?;
            *causes.entry(*cause).or_default() += usize::from(covers);
        }
    }
    Ok(())
}

impl Linter<'_> {
    /// The shadows of rules without effect, rule by rule. Many rules are looked at in parts, on several cores.
    pub(super) fn shadows(
        &self,
        rules: &[RuleId],
        what_if: Option<PolicyId>,
        editable: &mut EditableModel<'_>,
    ) -> Result<Vec<Shadow>, LimitExceeded> {
        if rules.len() <= MANY {
            return self.shadows_of(rules, editable);
        }
        let found = in_parts(rules, PARTS, |_, rules| {
            let found = self.editable(what_if, &[]);
            match found.and_then(|mut editable| self.shadows_of(rules, &mut editable)) {
                Ok(shadows) => shadows.into_iter().map(Ok).collect(),
                Err(limit) => vec![Err(limit)],
            }
        });
        found.into_iter().collect()
    }

    fn shadows_of(
        &self,
        rules: &[RuleId],
        editable: &mut EditableModel<'_>,
    ) -> Result<Vec<Shadow>, LimitExceeded> {
        let shadow = |id: &RuleId| Shadow::new(self.model.rule(*id));
        let mut found: Vec<Shadow> = rules.iter().map(shadow).collect();
        let mut cache = DiffersCache::default();
        editable.show_matches(rules, |combiner, stage, number, affected| {
            let manager = &mut combiner.manager;
            let (before, after) = (affected.before, affected.after);
            let changed = manager.apply(before, after, &mut cache, |a, b| a != b)?;
            self.examine(manager, stage, (rules[number], affected, changed), &mut found[number])
        })?;
        Ok(found)
    }

    /// Adds what decides in the cells of a matrix that a rule matches.
    fn examine(
        &self,
        manager: &mut Manager,
        stage: Stage<'_>,
        (id, affected, changed): (RuleId, &Affected, Cond),
        shadow: &mut Shadow,
    ) -> Flow {
        let [sources, targets] = [&affected.sources, &affected.targets].map(|one| alike(one));
        for source in &sources {
            let from = manager.and(affected.users, source[0].when)?;
            for target in &targets {
                let users = manager.and(from, target[0].when)?;
                let Some(views) = moving(stage, affected, [source, target]) else { continue };
                if users.is_never() {
                    continue;
                }
                let changed = manager.and(users, changed)?;
                let one = Match { affected, views, users, changed };
                self.explain(manager, stage, id, &one, shadow)?;
                if shadow.pairs >= PAIRS {
                    shadow.is_blocked = false;
                    return Ok(ControlFlow::Break(()));
                }
            }
        }
        Ok(break_if(false))
    }

    /// Adds what decides between two views that a rule matches.
    fn explain(
        &self,
        manager: &mut Manager,
        stage: Stage<'_>,
        id: RuleId,
        one: &Match<'_>,
        shadow: &mut Shadow,
    ) -> Result<(), LimitExceeded> {
        let rule = self.model.rule(id);
        let Match { affected, views, users, changed } = *one;
        shadow.pairs += 1;
        let is_own = |cause: &DeterminingRule| {
            cause.policy == rule.policy && cause.side == rule.effect.side()
        };
        let mut own = stage.rules_without(manager, affected, views, id, Some(rule.policy))?;
        own.retain(|cause, _| is_own(cause));
        let same = manager.and_not(users, changed)?;
        add(&mut shadow.causes, manager, &own, [same, users])?;
        // One user whom nobody blocks shows that not everything is blocked.
        if shadow.is_blocked
            && let Some(user) = manager.minimal_model(users)
        {
            shadow.is_blocked = stage.is_blocked_without(manager, affected, views, id, &user)?;
        }
        if changed.is_never() && !shadow.is_blocked {
            return Ok(());
        }
        let mut all = stage.rules_without(manager, affected, views, id, None)?;
        let count = all.len();
        all.retain(|cause, _| self.have_equal_filters(cause.policy, rule.policy));
        if !changed.is_never() {
            let is_blocked = blocks(manager, &all, changed)?;
            shadow.depends_on_filters |= count > all.len() && !is_blocked;
            let mut relevant = all.clone();
            // A block decides alone; limits come from the rules of every policy.
            relevant.retain(|cause, _| match cause.effect {
                Effect::Block => true,
                Effect::Allow => !is_blocked && cause.rule.is_some(),
            });
            add(&mut shadow.causes, manager, &relevant, [changed, users])?;
        }
        shadow.is_blocked = shadow.is_blocked && blocks(manager, &all, users)?;
        if shadow.is_blocked {
            all.retain(|cause, _| cause.effect == Effect::Block);
            add(&mut shadow.blocking, manager, &all, [users, users])?;
        }
        Ok(())
    }
}

/// Whether some of the rules and defaults block for each of the users.
fn blocks(
    manager: &mut Manager,
    causes: &ApplicableRules<Cond>,
    users: Cond,
) -> Result<bool, LimitExceeded> {
    let blocking = causes.iter().filter(|(cause, _)| cause.effect == Effect::Block);
    let all = manager.any(blocking.map(|(_, when)| *when))?;
    manager.implies(users, all)
}

/// The views that exist for the same users and are decided alike.
fn alike(views: &[AffectedClass]) -> Vec<Vec<AffectedClass>> {
    let mut found: Vec<Vec<AffectedClass>> = Vec::new();
    let mut numbers = HashMap::new();
    for view in views {
        let next = found.len();
        let at = *numbers.entry((view.signature, view.when)).or_insert(next);
        if at == next {
            found.push(Vec::new());
        }
        found[at].push(*view);
    }
    found
}

/// Two views, one of each list, between which there are movements.
fn moving(
    stage: Stage<'_>,
    affected: &Affected,
    [sources, targets]: [&[AffectedClass]; 2],
) -> Option<[AffectedClass; 2]> {
    let pairs = sources.iter().flat_map(|from| targets.iter().map(move |to| [*from, *to]));
    pairs.into_iter().find(|views| stage.ends(affected, *views).is_some())
}
