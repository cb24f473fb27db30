//! Decisions, and the combining algorithm: deny-overrides, with obligations joined.
//!
//! Plain data and one lattice operation. Does not know which rules match a movement.

use std::cmp::Reverse;

use serde::Serialize;

use crate::model::{Directory, PolicyId, RuleId};
use crate::vocabulary::Account;
pub use crate::vocabulary::{Effect, Obligations, Reason, Side};

/// An effect with its obligations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Verdict {
    /// The effect.
    pub effect: Effect,
    /// The obligations; none with [`Effect::Block`].
    pub obligations: Obligations,
}

impl Verdict {
    /// Allowed without obligations: the neutral element of [`join`](Self::join).
    pub const FREE: Self = Self::allowed(Obligations::NONE);

    /// Blocked: the absorbing element of [`join`](Self::join).
    pub const BLOCKED: Self = Self { effect: Effect::Block, obligations: Obligations::NONE };

    /// Allowed with obligations.
    #[must_use]
    pub const fn allowed(obligations: Obligations) -> Self {
        Self { effect: Effect::Allow, obligations }
    }

    /// The least verdict that is as strict as both: blocked if one blocks, else the union of obligations
    /// with the smaller number of characters. Associative, commutative and idempotent.
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
        Self::allowed(obligations)
    }

    /// The rank in the order of strictness: a block, then the smaller number of characters, then the
    /// other obligations.
    fn strictness(self) -> impl Ord {
        let Obligations { characters, without_content, tagged } = self.obligations;
        (self.effect, characters.map(Reverse), without_content, tagged)
    }
}

/// A determining rule, or the determining default of a policy, on one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct DeterminingRule {
    /// The policy.
    pub policy: PolicyId,
    /// The side that it judged.
    pub side: Side,
    /// The rule; `None` for the policy's default.
    pub rule: Option<RuleId>,
    /// Its effect.
    pub effect: Effect,
}

impl DeterminingRule {
    /// The place among the rules of one decision: the source's side first, then policies and rules in order.
    pub(crate) fn rank(&self) -> (Side, PolicyId, Option<RuleId>) {
        (self.side, self.policy, self.rule)
    }
}

/// A decision about a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct Decision {
    /// The combined verdict of all policies that apply.
    pub verdict: Verdict,
    /// The reason for which no policy applies; `None` if one applies.
    pub reason: Option<Reason>,
    /// The account of the target under which it was decided, if several were possible: the one with the
    /// strictest decision.
    pub assumed: Option<Account>,
}

/// The permission that a decision gives. Of a text within the limit on characters it is limited, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// The data may move.
    Free,
    /// The data may move within limits, which the host sees to.
    Limited(Obligations),
    /// The data may not move.
    Denied,
}

/// The determining rules of a decision. To work them out costs more than the decision itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[non_exhaustive]
pub struct Determining {
    /// Every rule and default with the winning effect, on both sides.
    pub by: Vec<DeterminingRule>,
    /// For each report-only policy, the rules and defaults that determine its would-be effect.
    pub report_only: Vec<DeterminingRule>,
}

impl Decision {
    /// The decision about a movement that was resolved by another table.
    pub(crate) const FOREIGN: Self =
        Self { reason: Some(Reason::ForeignMovement), ..Self::enforced(Verdict::BLOCKED) };

    /// The decision of policies that apply.
    #[must_use]
    pub const fn enforced(verdict: Verdict) -> Self {
        Self { verdict, reason: None, assumed: None }
    }

    /// The decision if no policy applies.
    #[must_use]
    pub const fn not_enforced(reason: Reason) -> Self {
        Self { verdict: Verdict::FREE, reason: Some(reason), assumed: None }
    }

    /// The decision with the account of the target that it is about.
    pub(crate) const fn assuming(self, account: Account) -> Self {
        Self { assumed: Some(account), ..self }
    }

    /// The decision about a text of some length: `block` beyond the limit in force.
    #[inline]
    pub(crate) fn of_characters(self, characters: u32) -> Self {
        match self.verdict.obligations.characters {
            Some(limit) if characters > limit => Self { verdict: Verdict::BLOCKED, ..self },
            _ => self,
        }
    }

    /// Whether it permits less than another: it blocks, or has a smaller limit on characters, or else more
    /// of the other obligations.
    pub(crate) fn is_stricter_than(&self, other: &Self) -> bool {
        self.verdict.strictness() > other.verdict.strictness()
    }

    /// The effect.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        self.verdict.effect
    }

    /// The permission: free, within limits, or denied.
    ///
    /// ```
    /// use mam::decision::Permission;
    ///
    /// # fn show(decision: mam::Decision) -> String {
    /// match decision.permission() {
    ///     Permission::Free => "go on".to_owned(),
    ///     Permission::Limited(limits) => format!("up to {:?} characters", limits.characters),
    ///     Permission::Denied => "not from here to there".to_owned(),
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn permission(&self) -> Permission {
        match self.effect() {
            Effect::Block => Permission::Denied,
            Effect::Allow if self.verdict == Verdict::FREE => Permission::Free,
            Effect::Allow => Permission::Limited(self.verdict.obligations),
        }
    }

    /// Whether the data may not move.
    #[must_use]
    pub const fn is_blocked(&self) -> bool {
        matches!(self.effect(), Effect::Block)
    }

    /// Whether some policy applies.
    #[must_use]
    pub const fn is_enforced(&self) -> bool {
        self.reason.is_none()
    }

    /// The obligations in their JSON form.
    #[must_use]
    pub fn limits(&self) -> LimitsAnswer {
        let obligations = self.verdict.obligations;
        LimitsAnswer {
            characters: obligations.characters,
            content: obligations.without_content.then_some(false),
            tagged: obligations.tagged.then_some("work"),
        }
    }

    /// The decision in its JSON form, with names for ids.
    #[must_use]
    pub fn answer(&self, found: &Determining, directory: &Directory) -> Answer {
        let spell = |determining: &[DeterminingRule]| {
            determining.iter().map(|cause| RuleAnswer::new(cause, directory)).collect()
        };
        Answer {
            effect: self.effect(),
            enforced: self.is_enforced(),
            reason: self.reason,
            assumed: self.assumed,
            limits: self.limits(),
            by: spell(&found.by),
            report_only: spell(&found.report_only),
        }
    }
}

/// The JSON form of a [`Decision`] with its determining rules.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Answer {
    /// The effect.
    pub effect: Effect,
    /// Whether some policy applies.
    pub enforced: bool,
    /// The reason for which none applies.
    pub reason: Option<Reason>,
    /// The account of the target that the decision is about, if the request leaves several open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assumed: Option<Account>,
    /// The obligations in force.
    pub limits: LimitsAnswer,
    /// The determining rules.
    pub by: Vec<RuleAnswer>,
    /// The determining rules of report-only policies.
    pub report_only: Vec<RuleAnswer>,
}

/// The JSON form of obligations; those that are not in force are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LimitsAnswer {
    /// The most characters that may be copied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub characters: Option<u32>,
    /// `false`: the notification must not show content.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<bool>,
    /// `"work"`: the data becomes company data where it arrives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tagged: Option<&'static str>,
}

/// The JSON form of a [`DeterminingRule`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RuleAnswer {
    /// The policy's name.
    pub policy: String,
    /// The side that it judged.
    pub side: Side,
    /// Its effect.
    pub effect: Effect,
    /// The rule's canonical text without `because`, or the text of the default.
    pub rule: String,
    /// The file in which it stands.
    pub file: String,
    /// The line on which it begins.
    pub line: u32,
    /// The reason shown to a user whose data is blocked.
    pub because: Option<String>,
    /// The scopes in which the rule decides; none where it decides every movement of the answer.
    #[serde(rename = "in", skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<RuleScope>,
}

/// A scope in which a rule decides, within the scope of an answer. Its JSON form is the full scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
#[non_exhaustive]
pub struct RuleScope {
    /// The movements, as a full scope.
    pub scope: String,
    /// The clauses of the scope that the answer's scope does not have: `for contractors`.
    #[serde(skip)]
    pub clauses: String,
}

impl RuleAnswer {
    /// A rule that decides in some scopes; everywhere without any.
    pub(crate) fn within(
        cause: &DeterminingRule,
        within: Vec<RuleScope>,
        directory: &Directory,
    ) -> Self {
        Self { within, ..Self::new(cause, directory) }
    }

    pub(crate) fn new(cause: &DeterminingRule, directory: &Directory) -> Self {
        let policy = directory.policy(cause.policy);
        let (rule, file, line, because) = match cause.rule {
            Some(id) => {
                let rule = directory.rule(id);
                (rule.text, rule.file, rule.line, rule.because)
            }
            None => {
                let text = directory.default_text(cause.policy, cause.side);
                // What comes in has no written default.
                let line = match cause.side {
                    Side::Source => policy.otherwise_line,
                    Side::Target => policy.line,
                };
                (text, policy.file, line, None)
            }
        };
        Self {
            policy: policy.name.to_owned(),
            side: cause.side,
            effect: cause.effect,
            rule: rule.to_owned(),
            file: file.to_owned(),
            line,
            because: because.map(str::to_owned),
            within: Vec::new(),
        }
    }
}
