//! Who decides one movement.
//!
//! Takes in the rules that match and how much each policy speaks of each end, gives out the rules and
//! defaults that made the decision. The decision itself is in the table; what is worked out here only
//! names its grounds.

use super::rulebook::Rulebook;
use crate::decision::{Determining, Ground, Verdict};
use crate::model::{PolicyId, RuleId};
use crate::vocabulary::{Effect, Obligations, Side};

/// How much of a policy speaks about one end of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Voice {
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

/// What one policy says on one side.
struct Said {
    speaker: Speaker,
    verdict: Verdict,
    grounds: Vec<Ground>,
}

/// What a policy says of a text so long, given the rules of all policies that match.
fn say(book: &Rulebook, speaker: Speaker, matching: &[RuleId], characters: u32) -> Option<Said> {
    let Speaker { policy, side, voice, .. } = speaker;
    let rules = matching.iter().copied().filter(|rule| {
        let line = book.line(*rule);
        let speaks = voice == Voice::Full || line.app_wide;
        line.policy == policy && line.effect.side() == side && speaks
    });
    let (blocking, allowing): (Vec<_>, Vec<_>) =
        rules.partition(|rule| book.line(*rule).effect.effect() == Effect::Block);
    let by = |rules: &[RuleId], effect| {
        rules.iter().map(|rule| Ground { policy, side, rule: Some(*rule), effect }).collect()
    };
    if !blocking.is_empty() {
        let grounds = by(&blocking, Effect::Block);
        return Some(Said { speaker, verdict: Verdict::BLOCKED, grounds });
    }
    if voice == Voice::AppWide {
        return None;
    }
    let limits = allowing.iter().map(|rule| book.line(*rule).obligations);
    // Of several rules that allow, the mildest limit of each kind counts.
    let obligations = limits.reduce(|a, b| Obligations {
        characters: a.characters.zip(b.characters).map(|(a, b)| a.max(b)),
        without_content: a.without_content & b.without_content,
        tagged: a.tagged & b.tagged,
    });
    let Some(obligations) = obligations else {
        let effect = match side {
            Side::Source => book.head(policy).otherwise,
            Side::Target => Effect::Allow,
        };
        let verdict = Verdict { effect, obligations: Obligations::NONE };
        let grounds = vec![Ground { policy, side, rule: None, effect }];
        return Some(Said { speaker, verdict, grounds });
    };
    let exceeded = obligations.characters.is_some_and(|limit| limit < characters);
    let effect = if exceeded { Effect::Block } else { Effect::Allow };
    let verdict = if exceeded { Verdict::BLOCKED } else { Verdict { effect, obligations } };
    Some(Said { speaker, verdict, grounds: by(&allowing, effect) })
}

/// The grounds of a decision. Speakers come in the order in which grounds are shown.
pub(super) fn grounds(
    book: &Rulebook,
    speakers: &[Speaker],
    matching: &[RuleId],
    characters: u32,
) -> Determining {
    let said: Vec<_> =
        speakers.iter().filter_map(|speaker| say(book, *speaker, matching, characters)).collect();
    let strictest = |said: &[&Said]| -> Vec<Ground> {
        let verdict = said.iter().map(|one| one.verdict).reduce(Verdict::join);
        let effect = verdict.map(|verdict| verdict.effect);
        let winning = said.iter().filter(|one| Some(one.verdict.effect) == effect);
        winning.flat_map(|one| one.grounds.iter().copied()).collect()
    };
    let (reports, live): (Vec<&Said>, Vec<&Said>) =
        said.iter().partition(|one| one.speaker.reports);
    let mut policies: Vec<_> = reports.iter().map(|one| one.speaker.policy).collect();
    policies.sort_unstable();
    policies.dedup();
    let of = |id: PolicyId| -> Vec<&Said> {
        reports.iter().copied().filter(|one| one.speaker.policy == id).collect()
    };
    Determining {
        by: strictest(&live),
        report_only: policies.into_iter().flat_map(|id| strictest(&of(id))).collect(),
    }
}
