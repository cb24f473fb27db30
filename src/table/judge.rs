//! What policies say of one pair of groups, joined.
//!
//! Takes in the rules that match and how much each policy speaks of each end, gives out decisions:
//! one for texts within every limit, and one for each limit that longer texts exceed.

use crate::decision::{Decision, Ground, Verdict};
use crate::model::{Model, PolicyId, RuleId};
use crate::vocabulary::{Effect, Obligations, Reason, Side};

/// How much of a policy speaks about one end of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Voice {
    /// Nothing.
    None,
    /// Its `app-wide` rules.
    AppWide,
    /// All of it.
    Full,
}

/// A policy with the side that it judges and how much it has to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Speaker {
    pub(super) policy: PolicyId,
    pub(super) side: Side,
    pub(super) voice: Voice,
    /// Whether the policy only reports.
    pub(super) reports: bool,
}

/// What one policy says on one side, whatever the length of a text.
pub(super) struct View {
    speaker: Speaker,
    /// The rules that decide; none for the default.
    rules: Vec<RuleId>,
    effect: Effect,
    /// The limits of the rules that allow; `None` for a block or the default.
    obligations: Option<Obligations>,
}

/// A view of a text of some length.
struct Said {
    speaker: Speaker,
    verdict: Verdict,
    grounds: Vec<Ground>,
}

impl View {
    /// What a policy says, given the rules of all policies that match.
    pub(super) fn new(model: &Model, speaker: Speaker, matching: &[RuleId]) -> Option<Self> {
        let rules = matching.iter().copied().filter(|rule| {
            let rule = model.rule(*rule);
            let speaks = match speaker.voice {
                Voice::None => false,
                Voice::AppWide => rule.app_wide,
                Voice::Full => true,
            };
            rule.policy == speaker.policy && rule.effect.side() == speaker.side && speaks
        });
        let (blocking, allowing): (Vec<_>, Vec<_>) =
            rules.partition(|rule| model.rule(*rule).effect.effect() == Effect::Block);
        match speaker.voice {
            Voice::None => return None,
            Voice::AppWide if blocking.is_empty() => return None,
            Voice::AppWide | Voice::Full => {}
        }
        if !blocking.is_empty() {
            let effect = Effect::Block;
            return Some(Self { speaker, rules: blocking, effect, obligations: None });
        }
        let limits = allowing.iter().map(|rule| model.rule(*rule).obligations);
        // Of several rules that allow, the mildest limit of each kind counts.
        let obligations = limits.reduce(|a, b| Obligations {
            characters: a.characters.zip(b.characters).map(|(a, b)| a.max(b)),
            without_content: a.without_content & b.without_content,
            tagged: a.tagged & b.tagged,
        });
        let effect = match (speaker.side, obligations) {
            (Side::Source, None) => model.policy(speaker.policy).otherwise,
            (Side::Target, None) | (_, Some(_)) => Effect::Allow,
        };
        Some(Self { speaker, rules: allowing, effect, obligations })
    }

    /// The limit on characters that it sets.
    pub(super) fn characters(&self) -> Option<u32> {
        self.obligations.and_then(|limits| limits.characters)
    }

    fn say(&self, longer_than: Option<u32>) -> Said {
        let exceeded = match (self.characters(), longer_than) {
            (Some(limit), Some(length)) => limit <= length,
            _ => false,
        };
        let effect = if exceeded { Effect::Block } else { self.effect };
        let verdict = match effect {
            Effect::Block => Verdict::BLOCKED,
            Effect::Allow => Verdict { effect, obligations: self.obligations.unwrap_or_default() },
        };
        let Speaker { policy, side, .. } = self.speaker;
        let ground = |rule| Ground { policy, side, rule, effect };
        let grounds = if self.rules.is_empty() {
            vec![ground(None)]
        } else {
            self.rules.iter().map(|rule| ground(Some(*rule))).collect()
        };
        Said { speaker: self.speaker, verdict, grounds }
    }
}

/// All views together, for a text longer than `longer_than` characters if that is given. `reason` is
/// why nobody has a say, should that be so.
pub(super) fn join(views: &[View], reason: Reason, longer_than: Option<u32>) -> Decision {
    let said: Vec<_> = views.iter().map(|view| view.say(longer_than)).collect();
    let report_only = reports(&said);
    let live = || said.iter().filter(|one| !one.speaker.reports);
    let Some(verdict) = live().map(|one| one.verdict).reduce(Verdict::join) else {
        return Decision::not_enforced(reason, report_only);
    };
    let by = live()
        .filter(|one| one.verdict.effect == verdict.effect)
        .flat_map(|one| one.grounds.iter().copied())
        .collect();
    Decision { verdict, reason: None, by, report_only }
}

/// Of each policy that only reports, what gave its strictest effect.
fn reports(said: &[Said]) -> Vec<Ground> {
    let mut policies: Vec<_> =
        said.iter().filter(|one| one.speaker.reports).map(|one| one.speaker.policy).collect();
    policies.sort_unstable();
    policies.dedup();
    let mut grounds = Vec::new();
    for id in policies {
        let own = || said.iter().filter(|one| one.speaker.reports && one.speaker.policy == id);
        let Some(verdict) = own().map(|one| one.verdict).reduce(Verdict::join) else { continue };
        let strictest = own().filter(|one| one.verdict.effect == verdict.effect);
        grounds.extend(strictest.flat_map(|one| one.grounds.iter().copied()));
    }
    grounds
}
