//! The definition of accesses: the decision about one app that is opened.
//!
//! Takes in a checked model, an access and its facts, gives out the decision, the statements behind it, and
//! the standing of each policy. Every statement of every policy that applies counts; which policy it stands
//! in makes no difference.

use super::Standing;
use super::applicability::{Applicability, is_meant};
use crate::access::{
    AccessDecision, AccessDetails, AccessEffect, AppAccess, Facts, Fired, Requirements, Requiring,
    Shadow, Wipe, required_by,
};
use crate::model::{
    Access, AccessKind, AccessScope, Action, Condition, DeviceLock, EndpointSet, Fact,
    FactPredicate, FactSet, FactTest, FactValue, Integrity, IntegrityVerdict, Knox, KnoxResult,
    LockComplexity, Model, NameList, PolicyId, Term,
};
use crate::vocabulary::{Account, Platform};

/// The decision about an access.
#[must_use]
pub fn decide_access(model: &Model, access: &AppAccess, facts: &Facts<'_>) -> AccessDecision {
    judge_access(model, access, facts).decision
}

/// A decision about an access with the statements behind it and the standing of every policy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccessJudgement {
    /// The decision.
    pub decision: AccessDecision,
    /// The statements behind it.
    pub details: AccessDetails,
    /// Whether each policy applies, in order; report-only policies in their own shadow.
    pub policies: Vec<(PolicyId, Standing)>,
}

/// The judgement of an access by the live policies. Each report-only policy is judged by itself.
#[must_use]
pub fn judge_access(model: &Model, access: &AppAccess, facts: &Facts<'_>) -> AccessJudgement {
    let live = AccessInterpreter::new(model, access, facts, None);
    let mut policies = Vec::new();
    let mut report_only = Vec::new();
    let mut applying = Vec::new();
    for id in model.policy_ids() {
        if !model.policy(id).report_only {
            let standing = live.standing(id);
            policies.push((id, standing));
            applying.extend((standing == Standing::Applies).then_some(id));
            continue;
        }
        let own = AccessInterpreter::new(model, access, facts, Some(id));
        let standing = own.standing(id);
        policies.push((id, standing));
        report_only.extend((standing == Standing::Applies).then(|| own.shadow(id)));
    }
    let (decision, mut details) = live.decision(&applying);
    details.report_only = report_only;
    AccessJudgement { decision, details, policies }
}

/// The judgement of an access by the live policies and a report-only policy, as if that were live.
#[must_use]
pub fn judge_access_what_if(
    model: &Model,
    access: &AppAccess,
    facts: &Facts<'_>,
    what_if: PolicyId,
) -> AccessJudgement {
    let interpreter = AccessInterpreter::new(model, access, facts, Some(what_if));
    let in_force = model.policy_ids().filter(|id| interpreter.policies.is_live(*id));
    let policies: Vec<_> = in_force.map(|id| (id, interpreter.standing(id))).collect();
    let applies =
        |(id, standing): &(PolicyId, Standing)| (*standing == Standing::Applies).then_some(*id);
    let applying: Vec<_> = policies.iter().filter_map(applies).collect();
    let (decision, details) = interpreter.decision(&applying);
    AccessJudgement { decision, details, policies }
}

/// An access with its facts, and the policies in force.
struct AccessInterpreter<'a> {
    model: &'a Model,
    access: &'a AppAccess,
    facts: &'a Facts<'a>,
    policies: Applicability<'a>,
}

impl<'a> AccessInterpreter<'a> {
    fn new(
        model: &'a Model,
        access: &'a AppAccess,
        facts: &'a Facts<'a>,
        what_if: Option<PolicyId>,
    ) -> Self {
        let policies = Applicability { model, context: &access.context, what_if };
        Self { model, access, facts, policies }
    }

    /// Whether a policy applies. Under another account than the work account none does.
    fn standing(&self, id: PolicyId) -> Standing {
        self.policies.standing(id, self.access.app, self.access.account)
    }

    // ------------------------------------------------------------ decisions

    /// The decision of the policies that apply, with the statements behind it.
    fn decision(&self, applying: &[PolicyId]) -> (AccessDecision, AccessDetails) {
        if applying.is_empty() {
            let reason = self.policies.reason(self.access.app, self.access.account);
            return (AccessDecision::not_enforced(reason), AccessDetails::default());
        }
        let fired = self.fired(applying);
        let requiring = self.requiring(applying);
        let requirements = join(&requiring);
        let effect = effect(&fired);
        let decision = AccessDecision::enforced(
            effect,
            requirements.effective(),
            self.wipe(applying),
            self.unknown(applying),
        );
        let required_by = required_by(requirements, &requiring);
        (decision, AccessDetails { fired, required_by, report_only: Vec::new() })
    }

    /// The effect and the requirements of a report-only policy by itself.
    fn shadow(&self, policy: PolicyId) -> Shadow {
        let fired = self.fired(&[policy]);
        let requiring = self.requiring(&[policy]);
        let requirements = join(&requiring);
        let required_by = required_by(requirements, &requiring);
        Shadow { policy, effect: effect(&fired), fired, requirements, required_by }
    }

    // ------------------------------------------------------------ statements in force

    /// The statements of some policies that are for the device.
    fn statements(&self, applying: &[PolicyId]) -> Vec<&'a Access> {
        let (model, context) = (self.model, &self.access.context);
        let all = applying.iter().flat_map(|id| &model.policy(*id).access);
        all.filter(|one| {
            one.platforms.contains(context.platform) && one.devices.contains(context.state)
        })
        .collect()
    }

    /// The launch conditions in force.
    fn conditions(&self, applying: &[PolicyId]) -> Vec<(&'a Access, Action, &'a Condition)> {
        let statements = self.statements(applying).into_iter();
        let launch = |one: &'a Access| match &one.kind {
            AccessKind::Launch { action, condition } => Some((one, *action, condition)),
            AccessKind::Require(_) => None,
        };
        statements.filter_map(launch).collect()
    }

    /// The requirements in force, each with what it asks for on the device.
    fn requiring(&self, applying: &[PolicyId]) -> Vec<Requiring> {
        let context = &self.access.context;
        let statements = self.statements(applying).into_iter();
        let require = |one: &'a Access| match &one.kind {
            AccessKind::Require(requirement) => {
                let said = Requirements::said(requirement);
                Some((one.id, said, said.on(context.platform, context.state)))
            }
            AccessKind::Launch { .. } => None,
        };
        statements.filter_map(require).collect()
    }

    // ------------------------------------------------------------ conditions

    /// The conditions that fire: the strictest effect first, then by fact, `<` before `>`, then as they
    /// stand in the files.
    fn fired(&self, applying: &[PolicyId]) -> Vec<Fired> {
        let mut fired = Vec::new();
        for (statement, action, condition) in self.conditions(applying) {
            if let Some(effect) = fires(condition, action, self.facts) {
                let is_above = matches!(condition, Condition::OsAbove(_));
                let rank = (std::cmp::Reverse(effect), condition.fact(), is_above, statement.id);
                fired.push((rank, Fired::new(statement.id, effect)));
            }
        }
        fired.sort_by_key(|(rank, _)| *rank);
        fired.into_iter().map(|(_, fired)| fired).collect()
    }

    /// The facts that a condition in force asks for and that are unknown.
    fn unknown(&self, applying: &[PolicyId]) -> FactSet {
        let conditions = self.conditions(applying).into_iter();
        let asked: FactSet = conditions.map(|(.., condition)| condition.fact()).collect();
        asked.without(self.facts.known())
    }

    /// The data that a wipe removes. It can be averted if time without contact alone asks for it.
    fn wipe(&self, applying: &[PolicyId]) -> Wipe {
        let mut wiping = self.conditions(applying).into_iter().filter(|(_, action, condition)| {
            fires(condition, *action, self.facts) == Some(AccessEffect::Wipe)
        });
        let unless_sign_in = wiping.all(|(.., condition)| condition.fact() == Fact::Offline);
        Wipe::new(!self.model.app(self.access.app).multi_identity, unless_sign_in)
    }
}

/// The strictest effect.
fn effect(fired: &[Fired]) -> AccessEffect {
    fired.iter().map(|one| one.effect).max().unwrap_or(AccessEffect::Allow)
}

/// The join of requirements, without what has no effect in it.
fn join(requiring: &[Requiring]) -> Requirements {
    let own = requiring.iter().map(|(.., own)| *own);
    own.reduce(Requirements::join).unwrap_or_default().effective()
}

/// The effect with which a condition fires; `None` if it does not. A condition that fires without a value
/// blocks, whatever its action is.
pub(crate) fn fires(
    condition: &Condition,
    action: Action,
    facts: &Facts<'_>,
) -> Option<AccessEffect> {
    let holds = match condition {
        Condition::SdkBelow(least) => facts.sdk.is_some_and(|sdk| sdk < *least),
        Condition::AppBelow(least) => facts.app.is_some_and(|app| app < *least),
        Condition::OsBelow(least) => facts.os.is_some_and(|os| os < *least),
        Condition::OsAbove(most) => facts.os.is_some_and(|os| os > *most),
        Condition::PatchBefore(least) => facts.patch.is_some_and(|patch| patch < *least),
        Condition::Offline { minutes } => facts.offline_minutes.is_some_and(|now| now > *minutes),
        Condition::AccountDisabled => facts.account_disabled == Some(true),
        Condition::Jailbroken => facts.jailbroken == Some(true),
        Condition::ThreatAbove(most) => match facts.threat {
            Some(threat) => threat > *most,
            None => return Some(AccessEffect::Block),
        },
        Condition::IntegrityBelow(least) => match facts.integrity {
            Some(IntegrityVerdict::Expired) => return Some(AccessEffect::Block),
            Some(verdict) => is_weaker(verdict, *least),
            None => false,
        },
        Condition::AppScanOff => facts.app_scan == Some(false),
        Condition::DeviceLockBelow(least) => {
            facts.device_lock.is_some_and(|lock| is_simpler(lock, *least))
        }
        Condition::Knox(Knox::Failed) => {
            matches!(facts.knox, Some(KnoxResult::Failed | KnoxResult::Unsupported))
        }
        Condition::Knox(Knox::FailedIfSupported) => facts.knox == Some(KnoxResult::Failed),
        Condition::CompanyPortalBelow(least) => {
            facts.company_portal.is_some_and(|portal| portal < *least)
        }
        Condition::CompanyPortalOlder { days } => {
            facts.company_portal_days.is_some_and(|now| now > u32::from(*days))
        }
        Condition::ModelNotIn(list) => {
            facts.model.as_ref().is_some_and(|model| !list.contains(model))
        }
        Condition::ManufacturerNotIn(list) => {
            facts.manufacturer.as_ref().is_some_and(|maker| !list.contains(maker))
        }
        Condition::OffDuty => facts.off_duty == Some(true),
    };
    holds.then(|| action.into())
}

/// Whether a verdict is below the least that is asked for.
fn is_weaker(verdict: IntegrityVerdict, least: Integrity) -> bool {
    let least = match least {
        Integrity::Basic => IntegrityVerdict::Basic,
        Integrity::Device => IntegrityVerdict::Device,
        Integrity::Strong => IntegrityVerdict::Strong,
    };
    verdict < least
}

/// Whether a lock is below the least that is asked for.
fn is_simpler(lock: LockComplexity, least: DeviceLock) -> bool {
    let least = match least {
        DeviceLock::Low => LockComplexity::Low,
        DeviceLock::Medium => LockComplexity::Medium,
        DeviceLock::High => LockComplexity::High,
    };
    lock < least
}

// ---------------------------------------------------------------- scopes

/// Whether an access with its facts is in a scope. In the body of a policy, `policy`, a scope lies within the
/// policy's apps, users and devices, and means work accounts where it names no app. `managed` depends on the
/// live policies and on `what_if`, a report-only policy that counts as live.
#[must_use]
pub fn access_scope_holds(
    model: &Model,
    scope: &AccessScope,
    policy: Option<PolicyId>,
    (access, facts): (&AppAccess, &Facts<'_>),
    what_if: Option<PolicyId>,
) -> bool {
    let AppAccess { app, account, context } = access;
    let policies = Applicability { model, context, what_if };
    let is_own = |id: PolicyId| {
        let policy = model.policy(id);
        let mut protected = policy.protect.iter();
        is_meant(&policy.people, context)
            && policy.platforms.contains(context.platform)
            && policy.devices.contains(context.state)
            && protected.any(|(own, on)| own == app && on.contains(context.platform))
            && (scope.apps.is_some() || *account == Account::Work)
    };
    let names = |term: &Term| {
        term.accounts.holds(*account, model.app(*app).sdk)
            && policies.names_app(term.what, *app, *account)
    };
    let holds_app =
        |set: &EndpointSet| set.terms.iter().any(names) && !set.except.iter().any(names);
    model.exists(*app, context.platform)
        && policy.is_none_or(is_own)
        && scope.apps.as_ref().is_none_or(holds_app)
        && scope.people.as_ref().is_none_or(|people| is_meant(people, context))
        && scope.platforms.contains(context.platform)
        && scope.devices.contains(context.state)
        && scope.tests.iter().all(|test| passes(test, context.platform, facts))
        && (!scope.rest_unknown || rest_is_unknown(scope, facts))
}

/// Whether facts pass a test. On a platform that lacks the fact only tests with `not` hold.
fn passes(test: &FactTest, platform: Platform, facts: &Facts<'_>) -> bool {
    let holds = test.predicate.fact().exists_on(platform)
        && match &test.predicate {
            FactPredicate::Fires(condition) => fires(condition, Action::Block, facts).is_some(),
            FactPredicate::Unknown(fact) => !facts.known().contains(*fact),
            FactPredicate::Is(fact, value) => has_value(*fact, value, facts),
        };
    holds != test.is_negated
}

/// Whether every fact that no test names is unknown.
fn rest_is_unknown(scope: &AccessScope, facts: &Facts<'_>) -> bool {
    let named: FactSet = scope.tests.iter().map(|test| test.predicate.fact()).collect();
    facts.known().without(named) == FactSet::NONE
}

/// Whether a fact has a value.
fn has_value(fact: Fact, value: &FactValue, facts: &Facts<'_>) -> bool {
    match value {
        FactValue::Version(version) => {
            let own = match fact {
                Fact::Sdk => facts.sdk,
                Fact::App => facts.app,
                Fact::CompanyPortal => facts.company_portal,
                _ => facts.os,
            };
            own == Some(*version)
        }
        FactValue::Date(date) => facts.patch == Some(*date),
        FactValue::Minutes(minutes) => facts.offline_minutes == Some(*minutes),
        FactValue::Days(days) => facts.company_portal_days == Some(*days),
        FactValue::Threat(threat) => facts.threat == Some(*threat),
        FactValue::Integrity(verdict) => facts.integrity == Some(*verdict),
        FactValue::DeviceLock(lock) => facts.device_lock == Some(*lock),
        FactValue::Knox(result) => facts.knox == Some(*result),
        FactValue::Name(name) => {
            let own = if fact == Fact::Model { &facts.model } else { &facts.manufacturer };
            // Names are compared in any case, as in a list of one name.
            let list: NameList = [name.clone()].into_iter().collect();
            own.as_ref().is_some_and(|own| list.contains(own))
        }
    }
}
