//! What becomes of a movement, and the join of several verdicts: the strictest wins (XACML:
//! deny-overrides).
//!
//! Plain data. Who reaches which verdict is not known here.

use serde::Serialize;

use crate::model::{Directory, PolicyId, RuleId};
pub use crate::vocabulary::{Effect, Obligations, Reason, Side};

/// An effect with the limits that go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Verdict {
    /// May the data move?
    pub effect: Effect,
    /// Within which limits; none if it may not.
    pub obligations: Obligations,
}

impl Verdict {
    /// Data moves freely: the neutral element of [`join`](Self::join).
    pub const FREE: Self = Self { effect: Effect::Allow, obligations: Obligations::NONE };

    /// Data does not move.
    pub const BLOCKED: Self = Self { effect: Effect::Block, obligations: Obligations::NONE };

    /// The strictest of two verdicts: blocked if one blocks; limits add up, the smallest number of
    /// characters counts. Associative, commutative and idempotent.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        if self.effect == Effect::Block || other.effect == Effect::Block {
            return Self::BLOCKED;
        }
        let (a, b) = (self.obligations, other.obligations);
        let characters = match (a.characters, b.characters) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        let obligations = Obligations {
            characters,
            without_content: a.without_content || b.without_content,
            tagged: a.tagged || b.tagged,
        };
        Self { effect: Effect::Allow, obligations }
    }
}

/// A rule, or the default of a policy, that gave a verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ground {
    /// The policy.
    pub policy: PolicyId,
    /// The side that it judged.
    pub side: Side,
    /// The rule; `None` for the policy's default.
    pub rule: Option<RuleId>,
    /// What it said.
    pub effect: Effect,
}

/// What becomes of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decision {
    /// May the data move, and within which limits?
    pub verdict: Verdict,
    /// Why nobody's policy has a say; `None` where one has.
    pub reason: Option<Reason>,
}

/// Who made a decision. Working this out costs more than the decision itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Grounds {
    /// Every rule and default that gave the winning effect, on either side.
    pub by: Vec<Ground>,
    /// What policies that only report would have said: of each, what gave its strictest effect.
    pub report_only: Vec<Ground>,
}

impl Decision {
    /// The refusal of what is no movement of a table.
    pub(crate) const FOREIGN: Self =
        Self { verdict: Verdict::BLOCKED, reason: Some(Reason::ForeignMovement) };

    /// The decision of policies that have a say.
    #[must_use]
    pub const fn enforced(verdict: Verdict) -> Self {
        Self { verdict, reason: None }
    }

    /// The decision where no policy has a say.
    #[must_use]
    pub const fn not_enforced(reason: Reason) -> Self {
        Self { verdict: Verdict::FREE, reason: Some(reason) }
    }

    /// May the data move?
    #[must_use]
    pub const fn effect(&self) -> Effect {
        self.verdict.effect
    }

    /// Whether the data may move at all, limited or not.
    #[must_use]
    pub fn is_allowed(&self) -> bool {
        self.effect() == Effect::Allow
    }

    /// Whether some policy has a say.
    #[must_use]
    pub const fn is_enforced(&self) -> bool {
        self.reason.is_none()
    }

    /// The limits in force, as JSON shows them.
    #[must_use]
    pub fn limits(&self) -> LimitsAnswer {
        let obligations = self.verdict.obligations;
        LimitsAnswer {
            characters: obligations.characters,
            content: obligations.without_content.then_some(false),
            tagged: obligations.tagged.then_some("work"),
        }
    }

    /// The decision with every id spelt out, as JSON shows it.
    #[must_use]
    pub fn answer(&self, found: &Grounds, directory: &Directory) -> Answer {
        let spell = |grounds: &[Ground]| {
            grounds.iter().map(|ground| GroundAnswer::new(ground, directory)).collect()
        };
        Answer {
            effect: self.effect(),
            enforced: self.is_enforced(),
            reason: self.reason,
            limits: self.limits(),
            by: spell(&found.by),
            report_only: spell(&found.report_only),
        }
    }
}

/// A [`Decision`] as JSON shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// May the data move?
    pub effect: Effect,
    /// Whether some policy has a say.
    pub enforced: bool,
    /// Why none has.
    pub reason: Option<Reason>,
    /// The limits in force.
    pub limits: LimitsAnswer,
    /// Every rule that gave the winning effect.
    pub by: Vec<GroundAnswer>,
    /// What policies that only report would have said.
    pub report_only: Vec<GroundAnswer>,
}

/// The limits of an [`Answer`], as far as they are in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LimitsAnswer {
    /// No more than this many characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub characters: Option<u32>,
    /// `false`: the notification must not show content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<bool>,
    /// `"work"`: the data becomes company data on arrival.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tagged: Option<&'static str>,
}

/// A [`Ground`] with its ids spelt out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct GroundAnswer {
    /// The policy's name.
    pub policy: String,
    /// The side that it judged.
    pub side: Side,
    /// What it said.
    pub effect: Effect,
    /// The rule's canonical text, without `because`.
    pub rule: String,
    /// The file that it stands in.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// What whoever is refused gets to read.
    pub because: Option<String>,
}

impl GroundAnswer {
    pub(crate) fn new(ground: &Ground, directory: &Directory) -> Self {
        let policy = directory.policy(ground.policy);
        let (rule, file, line, because) = match ground.rule {
            Some(id) => {
                let rule = directory.rule(id);
                (rule.text, rule.file, rule.line, rule.because)
            }
            None => {
                let text = directory.default_text(ground.policy, ground.side);
                (text, policy.file, policy.otherwise_line, None)
            }
        };
        Self {
            policy: policy.name.to_owned(),
            side: ground.side,
            effect: ground.effect,
            rule: rule.to_owned(),
            file: file.to_owned(),
            line,
            because: because.map(str::to_owned),
        }
    }
}
