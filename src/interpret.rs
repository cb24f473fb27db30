//! The definition of the language: the decision about one movement, and about one access.
//!
//! Takes in a checked model and a movement, gives out the decision, its determining rules, and the verdict
//! of each policy. `applicability` has the policies that apply, `access` decides who may open an app. It is written to be read, not to be fast, and shares no helper with the compiled table,
//! which must agree with it on every movement. Does not know equivalence classes and tables.

mod access;
mod applicability;

pub(crate) use access::fires;
pub use access::{
    AccessJudgement, access_scope_holds, decide_access, judge_access, judge_access_what_if,
};
use applicability::{Applicability, is_meant};

use crate::decision::{Decision, Determining, DeterminingRule, Verdict};
use crate::model::{
    EndpointSet, Model, Origin, PolicyId, Rule, RuleId, Scope, SetWord, Term, What,
};
use crate::movement::{Context, Endpoint, Movement};
use crate::vocabulary::{Channel, Effect, Obligations, Reason, Side};

/// The decision about a movement.
#[must_use]
pub fn decide(model: &Model, movement: &Movement) -> Decision {
    judge(model, movement).decision
}

/// A decision with its determining rules and the verdict of every policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Judgement {
    /// The decision.
    pub decision: Decision,
    /// Its determining rules.
    pub determining: Determining,
    /// The judgements of single policies, those of the source's side first. Empty for a movement inside
    /// one app under one account.
    pub policies: Vec<PolicyJudgement>,
}

/// The judgement of one policy on one side of a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PolicyJudgement {
    /// The policy.
    pub policy: PolicyId,
    /// The side.
    pub side: Side,
    /// Whether the policy applies to the endpoint.
    pub standing: Standing,
    /// Its rules for this side that match the movement, in the order of the text.
    pub matching: Vec<RuleId>,
    /// Its verdict; `None` if it is not applicable.
    pub verdict: Option<Verdict>,
    /// The rules, or the default, that determine the verdict.
    pub determining: Vec<DeterminingRule>,
}

/// The applicability of a policy to one endpoint of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// The policy applies: the endpoint is judged as the work account.
    Applies,
    /// The policy protects the app under another account: only its `app-wide` rules apply.
    AppWide,
    /// The policy does not apply, for a reason.
    Not(Reason),
    /// The policy does not apply, since it yields to this policy, which applies.
    YieldsTo(PolicyId),
    /// No policy applies: the endpoint is no app.
    NoApp,
    /// No policy applies: the channel is not judged on this side.
    NotJudged,
}

/// The judgement of a movement by the live policies. Each report-only policy is judged by itself.
#[must_use]
pub fn judge(model: &Model, movement: &Movement) -> Judgement {
    let live = Interpreter::new(model, movement, None);
    if live.stays_inside_one_app() {
        let decision = Decision::not_enforced(Reason::SameApp);
        return Judgement { decision, determining: Determining::default(), policies: Vec::new() };
    }
    let policies = live.judgements(|id| live.policies.is_live(id));
    let mut report_only = Vec::new();
    let mut reports = Vec::new();
    for id in model.policy_ids().filter(|id| model.policy(*id).report_only) {
        let own = Interpreter::new(model, movement, Some(id)).judgements(|other| other == id);
        report_only.extend(join(&own).map(|(_, determining)| determining).unwrap_or_default());
        reports.extend(own);
    }
    let (decision, by) = match join(&policies) {
        Some((verdict, by)) => (Decision::enforced(verdict), by),
        None => (Decision::not_enforced(live.reason()), Vec::new()),
    };
    let determining = Determining { by, report_only };
    Judgement { decision, determining, policies: policies.into_iter().chain(reports).collect() }
}

/// The judgement of the movements that a request can mean: that of the strictest decision, with its movement.
/// Of several as strict as each other it is the first. `None` if there is no movement.
#[must_use]
pub fn judge_request<'m>(
    model: &Model,
    movements: &'m [Movement],
) -> Option<(&'m Movement, Judgement)> {
    let mut strictest: Option<(&Movement, Judgement)> = None;
    for movement in movements {
        let mut judgement = judge(model, movement);
        if let (Endpoint::App { account, .. }, [_, _, ..]) = (movement.target, movements) {
            judgement.decision.assumed = Some(account);
        }
        let known = strictest.as_ref().map(|(_, known)| known.decision);
        if known.is_none_or(|known| judgement.decision.is_stricter_than(&known)) {
            strictest = Some((movement, judgement));
        }
    }
    strictest
}

/// The judgement of a movement by the live policies and a report-only policy, as if that were live.
#[must_use]
pub fn judge_what_if(model: &Model, movement: &Movement, what_if: PolicyId) -> Judgement {
    let interpreter = Interpreter::new(model, movement, Some(what_if));
    if interpreter.stays_inside_one_app() {
        let decision = Decision::not_enforced(Reason::SameApp);
        return Judgement { decision, determining: Determining::default(), policies: Vec::new() };
    }
    let policies = interpreter.judgements(|id| interpreter.policies.is_live(id));
    let (decision, by) = match join(&policies) {
        Some((verdict, by)) => (Decision::enforced(verdict), by),
        None => (Decision::not_enforced(interpreter.reason()), Vec::new()),
    };
    Judgement { decision, determining: Determining { by, report_only: Vec::new() }, policies }
}

/// Whether a movement is in a scope. Accounts are taken as the movement has them. `managed` depends on the
/// live policies and on `what_if`, a report-only policy that counts as live.
#[must_use]
pub fn scope_holds(
    model: &Model,
    scope: &Scope,
    movement: &Movement,
    what_if: Option<PolicyId>,
) -> bool {
    let interpreter = Interpreter::new(model, movement, what_if);
    let context = &movement.context;
    scope.channels.contains(movement.channel)
        && scope.platforms.contains(context.platform)
        && scope.devices.contains(context.state)
        && scope.people.as_ref().is_none_or(|people| is_meant(people, context))
        && scope.from.as_ref().is_none_or(|set| interpreter.set_holds(set, movement.source, false))
        && scope.to.as_ref().is_none_or(|set| interpreter.set_holds(set, movement.target, false))
}

/// The combined verdict (deny-overrides) with its determining rules; `None` if no policy is applicable.
fn join(policies: &[PolicyJudgement]) -> Option<(Verdict, Vec<DeterminingRule>)> {
    let verdict = policies.iter().filter_map(|policy| policy.verdict).reduce(Verdict::join)?;
    let determining = policies.iter().flat_map(|policy| &policy.determining);
    Some((verdict, determining.filter(|cause| cause.effect == verdict.effect).copied().collect()))
}

/// A movement, and the policies in force.
#[derive(Clone, Copy)]
struct Interpreter<'a> {
    model: &'a Model,
    movement: &'a Movement,
    policies: Applicability<'a>,
}

impl<'a> Interpreter<'a> {
    fn new(model: &'a Model, movement: &'a Movement, what_if: Option<PolicyId>) -> Self {
        let policies = Applicability { model, context: &movement.context, what_if };
        Self { model, movement, policies }
    }
}

impl Interpreter<'_> {
    fn context(&self) -> &Context {
        &self.movement.context
    }

    // ------------------------------------------------------------ sets and rules

    /// Whether an endpoint is in a set. Rules see an app under its `judged` account, scopes under the account
    /// of the movement.
    fn set_holds(&self, set: &EndpointSet, endpoint: Endpoint, judged: bool) -> bool {
        let holds = |term: &Term| match endpoint {
            Endpoint::App { app, account, deployed } => {
                let account =
                    if judged { self.policies.judged_account(app, account) } else { account };
                (deployed || !term.deployed)
                    && term.accounts.holds(account, self.model.app(app).sdk)
                    && self.policies.names_app(term.what, app, account)
            }
            Endpoint::Storage(_) | Endpoint::Place(_) if term.names_apps_only() => false,
            Endpoint::Storage(storage) => self.names_storage(term.what, storage),
            Endpoint::Place(place) => match term.what {
                What::Word(SetWord::Any) => true,
                What::Place(named) => named == place,
                What::Group(group) => self.model.group(group).places.contains(&place),
                _ => false,
            },
        };
        set.terms.iter().any(holds) && !set.except.iter().any(holds)
    }

    fn names_storage(&self, what: What, storage: crate::model::StorageId) -> bool {
        let one = self.model.storage(storage);
        match what {
            What::Word(SetWord::Any | SetWord::AnyStorage) => true,
            What::Word(SetWord::CorporateStorage) => one.corporate,
            What::Word(SetWord::PersonalStorage) => !one.corporate,
            What::Word(SetWord::Unlisted) => one.origin == Origin::Unlisted,
            What::Storage(named) => named == storage,
            What::Group(group) => self.model.group(group).storages.contains(&storage),
            What::Word(SetWord::AnyApp | SetWord::Managed | SetWord::Unmanaged)
            | What::App(..)
            | What::Unnamed(..)
            | What::Place(_) => false,
        }
    }

    fn rule_matches(&self, rule: &Rule) -> bool {
        let (scope, movement, context) = (&rule.scope, self.movement, self.context());
        scope.channels.contains(movement.channel)
            && scope.platforms.contains(context.platform)
            && scope.devices.contains(context.state)
            && scope.people.as_ref().is_none_or(|people| is_meant(people, context))
            && scope.from.as_ref().is_none_or(|set| self.set_holds(set, movement.source, true))
            && scope.to.as_ref().is_none_or(|set| self.set_holds(set, movement.target, true))
    }

    // ------------------------------------------------------------ one policy, one side

    fn judgements(&self, which: impl Fn(PolicyId) -> bool) -> Vec<PolicyJudgement> {
        let ids = || self.model.policy_ids().filter(|id| which(*id));
        Side::ALL.iter().flat_map(|side| ids().map(|id| self.judgement(id, *side))).collect()
    }

    fn judgement(&self, id: PolicyId, side: Side) -> PolicyJudgement {
        let standing = self.standing(id, side);
        let takes_part = |rule: &Rule| match standing {
            Standing::Applies => true,
            Standing::AppWide => rule.app_wide,
            _ => false,
        };
        let rules = self.model.policy(id).rules.iter().copied();
        let matching: Vec<RuleId> = rules
            .filter(|rule| {
                let rule = self.model.rule(*rule);
                rule.effect.side() == side && takes_part(rule) && self.rule_matches(rule)
            })
            .collect();
        let (verdict, determining) = match standing {
            Standing::Applies => self.verdict(id, side, &matching),
            Standing::AppWide if !matching.is_empty() => self.verdict(id, side, &matching),
            _ => {
                return PolicyJudgement {
                    policy: id,
                    side,
                    standing,
                    matching,
                    verdict: None,
                    determining: Vec::new(),
                };
            }
        };
        PolicyJudgement {
            policy: id,
            side,
            standing,
            matching,
            verdict: Some(verdict),
            determining,
        }
    }

    fn standing(&self, id: PolicyId, side: Side) -> Standing {
        let endpoint = match side {
            Side::Source => self.movement.source,
            Side::Target => self.movement.target,
        };
        let Endpoint::App { app, account, .. } = endpoint else { return Standing::NoApp };
        if !self.movement.channel.judged_at(side) {
            return Standing::NotJudged;
        }
        self.policies.standing(id, app, account)
    }

    /// The verdict in three steps: a blocking rule; else the allowing rules, with the weakest obligations;
    /// else the default.
    fn verdict(
        &self,
        id: PolicyId,
        side: Side,
        matching: &[RuleId],
    ) -> (Verdict, Vec<DeterminingRule>) {
        let cause = |rule, effect| DeterminingRule { policy: id, side, rule, effect };
        let (allowing, blocking): (Vec<RuleId>, Vec<RuleId>) = matching
            .iter()
            .partition(|rule| self.model.rule(**rule).effect.effect() == Effect::Allow);
        let determining = |rules: &[RuleId], effect| {
            rules.iter().map(|rule| cause(Some(*rule), effect)).collect()
        };
        if !blocking.is_empty() {
            return (Verdict::BLOCKED, determining(&blocking, Effect::Block));
        }
        let limits = allowing.iter().map(|rule| self.model.rule(*rule).obligations);
        if let Some(obligations) = limits.reduce(weakest) {
            let exceeded = match (self.movement.characters, obligations.characters) {
                (Some(found), Some(limit)) => found > limit,
                _ => false,
            };
            return if exceeded {
                (Verdict::BLOCKED, determining(&allowing, Effect::Block))
            } else {
                (
                    Verdict { effect: Effect::Allow, obligations },
                    determining(&allowing, Effect::Allow),
                )
            };
        }
        let effect = match side {
            Side::Source => self.model.policy(id).otherwise,
            Side::Target => Effect::Allow,
        };
        (Verdict { effect, obligations: Obligations::NONE }, vec![cause(None, effect)])
    }

    // ------------------------------------------------------------ not applicable

    fn stays_inside_one_app(&self) -> bool {
        let (Endpoint::App { app, account: from, .. }, Endpoint::App { account: to, .. }) =
            (self.movement.source, self.movement.target)
        else {
            return false;
        };
        self.movement.same_app
            && self.movement.channel.stays_inside()
            && (from == to
                || self.policies.judged_account(app, from) == self.policies.judged_account(app, to))
    }

    /// The reason if no policy applies. It is about the source, and on `open` about the target.
    fn reason(&self) -> Reason {
        let endpoint = match self.movement.channel {
            Channel::Open => self.movement.target,
            _ => self.movement.source,
        };
        let Endpoint::App { app, account, .. } = endpoint else { return Reason::AppNotProtected };
        self.policies.reason(app, account)
    }
}

/// The weakest of two obligations, each kind by itself.
fn weakest(a: Obligations, b: Obligations) -> Obligations {
    Obligations {
        characters: match (a.characters, b.characters) {
            (Some(a), Some(b)) => Some(a.max(b)),
            _ => None,
        },
        without_content: a.without_content && b.without_content,
        tagged: a.tagged && b.tagged,
    }
}
