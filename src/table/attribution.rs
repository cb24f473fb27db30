//! Attribution: the rules and defaults that determine decisions.
//!
//! Takes in the IR and the views of two endpoints, gives out every rule and default that its policy
//! decides by, each with the users for whom it does. The logic is that of one user or of all users.

#![allow(
    clippy::indexing_slicing,
    reason = "views and policies are numbered by the IR that these lists belong to"
)]

use std::collections::BTreeMap;

use smallvec::SmallVec;

use super::applicability::{Participation, View};
use super::ir::{Device, Ir};
use super::logic::UserLogic;
use crate::decision::DeterminingRule;
use crate::limits::LimitExceeded;
use crate::model::{PolicyId, RuleId};
use crate::vocabulary::{Channel, Effect, Obligations, Side};

/// Rules and defaults with the users for whom their policies decide by them.
pub(crate) type ApplicableRules<C> = BTreeMap<DeterminingRule, C>;

/// Movements between two classes on a channel and a device.
pub(super) struct Attribution<'a, C> {
    pub(super) ir: &'a Ir,
    pub(super) channel: Channel,
    pub(super) device: Device,
    /// The views of the source and of the target.
    pub(super) views: [&'a [View<C>]; 2],
    /// The only policy that is asked about; every one where it is `None`.
    pub(super) of_policy: Option<PolicyId>,
    /// A rule that does not count.
    pub(super) without: Option<RuleId>,
    /// The rules that hold the views.
    pub(super) matching: &'a dyn MatchingRules,
}

/// The rules between two views.
pub(super) trait MatchingRules {
    /// The rules of one side of a policy with an effect whose scope holds both views, for whatever user.
    fn matching(&self, of: RuleKey) -> SmallVec<[RuleId; 4]>;
}

/// The rules that are asked for: those of one side of a policy with an effect, between two views by number.
#[derive(Clone, Copy)]
pub(super) struct RuleKey {
    pub(super) policy: PolicyId,
    pub(super) side: Side,
    pub(super) effect: Effect,
    pub(super) views: [usize; 2],
}

/// The rules of the IR on a channel and a device, of which each is looked at.
pub(super) struct EveryRule<'a> {
    pub(super) ir: &'a Ir,
    pub(super) channel: Channel,
    pub(super) device: Device,
}

impl MatchingRules for EveryRule<'_> {
    fn matching(&self, of: RuleKey) -> SmallVec<[RuleId; 4]> {
        let Device { platform, state } = self.device;
        let rules = self.ir.rules_of(self.ir.policy(of.policy)).iter().copied();
        let matches = |id: &RuleId| {
            let rule = self.ir.rule(*id);
            let holds = |side: Side| self.ir.holds(rule, side, platform, of.views[side as usize]);
            rule.effect.side() == of.side
                && rule.effect.effect() == of.effect
                && rule.is_for(self.channel, platform, state)
                && holds(Side::Source)
                && holds(Side::Target)
        };
        rules.filter(matches).collect()
    }
}

/// One view of each endpoint.
struct ViewPair<'a, C> {
    views: [&'a View<C>; 2],
    when: C,
}

impl<C: Copy + Ord> Attribution<'_, C> {
    /// The rules and defaults by which each policy decides, before policies are combined: a permit is
    /// listed even if another policy blocks.
    pub(super) fn applicable_rules<L: UserLogic<Cond = C>>(
        &self,
        logic: &mut L,
    ) -> Result<ApplicableRules<C>, LimitExceeded> {
        let mut found = BTreeMap::new();
        for source in self.views[0] {
            for target in self.views[1] {
                let when = logic.and(source.when, target.when)?;
                if when != L::NEVER {
                    let pair = ViewPair { views: [source, target], when };
                    self.add(logic, &pair, &mut found)?;
                }
            }
        }
        found.retain(|_, when| *when != L::NEVER);
        Ok(found)
    }

    fn add<L: UserLogic<Cond = C>>(
        &self,
        logic: &mut L,
        pair: &ViewPair<'_, C>,
        found: &mut ApplicableRules<C>,
    ) -> Result<(), LimitExceeded> {
        for side in [Side::Source, Side::Target] {
            if !self.channel.judged_at(side) || !self.channel.exists_on(self.device.platform) {
                continue;
            }
            let participants = pair.views[side as usize].participants.iter();
            for one in participants.filter(|one| self.of_policy.is_none_or(|id| id == one.policy)) {
                let when = logic.and(pair.when, one.when)?;
                let acting = (one.policy, side, one.participation);
                for (cause, when) in self.evaluate(logic, pair, acting, when)? {
                    let known = found.entry(cause).or_insert(L::NEVER);
                    *known = logic.any([*known, when])?;
                }
            }
        }
        Ok(())
    }

    /// The rules and the default by which one side of a policy decides: rules that block, else rules that
    /// allow, else the default.
    fn evaluate<L: UserLogic<Cond = C>>(
        &self,
        logic: &mut L,
        pair: &ViewPair<'_, C>,
        (policy, side, participation): (PolicyId, Side, Participation),
        when: C,
    ) -> Result<Vec<(DeterminingRule, C)>, LimitExceeded> {
        let cause = |rule, effect| DeterminingRule { policy, side, rule, effect };
        let mut found = Vec::new();
        let mut undecided = when;
        for effect in [Effect::Block, Effect::Allow] {
            if effect == Effect::Allow && participation == Participation::AppWide {
                return Ok(found);
            }
            let mut rest = undecided;
            let views = pair.views.map(|view| view.number);
            let matching = self.matching.matching(RuleKey { policy, side, effect, views });
            for rule in matching.into_iter().filter(|id| self.without != Some(*id)) {
                let rule_ir = self.ir.rule(rule);
                if participation == Participation::AppWide && !rule_ir.app_wide {
                    continue;
                }
                let people = logic.clause(rule_ir.people);
                found.push((cause(Some(rule), effect), logic.and(undecided, people)?));
                rest = logic.and_not(rest, people)?;
            }
            undecided = rest;
        }
        found.push((cause(None, self.ir.default_effect(policy, side)), undecided));
        Ok(found)
    }
}

/// The applicable rules of one user's policies that determine the decision about a text of so many
/// characters: those with the strictest effect, the source's side first.
pub(super) fn determining(
    ir: &Ir,
    applicable_rules: ApplicableRules<bool>,
    characters: u32,
) -> Vec<DeterminingRule> {
    let mut found: Vec<DeterminingRule> = applicable_rules.into_keys().collect();
    let blocked = exceeded(ir, &found, characters);
    for cause in &mut found {
        if blocked.contains(&(cause.policy, cause.side)) {
            cause.effect = Effect::Block;
        }
    }
    keep_determining(&mut found);
    found
}

/// Keeps the rules with the strictest effect, the source's side first.
pub(crate) fn keep_determining(rules: &mut Vec<DeterminingRule>) {
    let blocks = rules.iter().any(|cause| cause.effect == Effect::Block);
    let strictest = if blocks { Effect::Block } else { Effect::Allow };
    rules.retain(|cause| cause.effect == strictest);
    rules.sort_by_key(DeterminingRule::rank);
}

/// The sides of policies whose limit a text exceeds: the weakest limit of the rules that allow.
fn exceeded(ir: &Ir, determining: &[DeterminingRule], characters: u32) -> Vec<(PolicyId, Side)> {
    let mut limits = BTreeMap::new();
    for cause in determining.iter().filter(|cause| cause.effect == Effect::Allow) {
        if let Some(rule) = cause.rule {
            let limit = ir.rule(rule).obligations;
            let known = limits.entry((cause.policy, cause.side)).or_insert(limit);
            *known = weakest(*known, limit);
        }
    }
    let exceeded = limits
        .into_iter()
        .filter(|(_, limit)| limit.characters.is_some_and(|limit| limit < characters));
    exceeded.map(|(side, _)| side).collect()
}

/// The weakest of two sets of limits, kind by kind.
pub(super) fn weakest(a: Obligations, b: Obligations) -> Obligations {
    Obligations {
        characters: a.characters.zip(b.characters).map(|(a, b)| a.max(b)),
        without_content: a.without_content & b.without_content,
        tagged: a.tagged & b.tagged,
    }
}
