//! The definition of the language: the decision about one movement.
//!
//! Takes in a checked model and a movement, gives out the decision, its determining rules, and the verdict
//! of each policy. It is written to be read, not to be fast, and shares no helper with the compiled table,
//! which must agree with it on every movement. Does not know equivalence classes and tables.

use std::collections::BTreeMap;

use crate::decision::{Decision, Determining, DeterminingRule, Verdict};
use crate::model::{
    AppId, EndpointSet, Model, Origin, People, Policy, PolicyId, Rule, RuleId, Scope, SetWord,
    Term, What, Yields,
};
use crate::movement::{Context, Endpoint, Movement};
use crate::vocabulary::{
    Account, Channel, DeviceState, Effect, Obligations, Platforms, Reason, Side,
};

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
    let live = Interpreter { model, movement, what_if: None };
    if live.stays_inside_one_app() {
        let decision = Decision::not_enforced(Reason::SameApp);
        return Judgement { decision, determining: Determining::default(), policies: Vec::new() };
    }
    let policies = live.judgements(|id| live.is_live(id));
    let mut report_only = Vec::new();
    let mut reports = Vec::new();
    for id in model.policy_ids().filter(|id| model.policy(*id).report_only) {
        let own = Interpreter { what_if: Some(id), ..live }.judgements(|other| other == id);
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
    let interpreter = Interpreter { model, movement, what_if: Some(what_if) };
    if interpreter.stays_inside_one_app() {
        let decision = Decision::not_enforced(Reason::SameApp);
        return Judgement { decision, determining: Determining::default(), policies: Vec::new() };
    }
    let policies = interpreter.judgements(|id| interpreter.is_live(id));
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
    let interpreter = Interpreter { model, movement, what_if };
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

/// Whether a `for` clause holds for the user.
fn is_meant(people: &People, context: &Context) -> bool {
    let in_one_of = |groups: &[_]| groups.iter().any(|group| context.users.contains(group));
    match people {
        People::Some { of, except } => {
            of.as_ref().is_none_or(|of| in_one_of(of)) && !in_one_of(except)
        }
        People::All { of, except } => {
            of.iter().all(|group| context.users.contains(group)) && !in_one_of(except)
        }
        People::Exactly(groups) => *groups == context.users,
    }
}

/// A movement, and the policies in force: the live ones, and with `what_if` that report-only one.
#[derive(Clone, Copy)]
struct Interpreter<'a> {
    model: &'a Model,
    movement: &'a Movement,
    what_if: Option<PolicyId>,
}

impl Interpreter<'_> {
    fn context(&self) -> &Context {
        &self.movement.context
    }

    fn is_live(&self, id: PolicyId) -> bool {
        !self.model.policy(id).report_only || self.what_if == Some(id)
    }

    // ------------------------------------------------------------ applicability

    /// The applicability of a policy to an app, under any account.
    fn applies(&self, id: PolicyId, app: AppId) -> Standing {
        self.settle(id, app, &mut BTreeMap::new())
    }

    /// The applicability, with a memo of other policies': several may yield to one policy.
    fn settle(
        &self,
        id: PolicyId,
        app: AppId,
        known: &mut BTreeMap<PolicyId, Standing>,
    ) -> Standing {
        if let Some(standing) = known.get(&id) {
            return *standing;
        }
        let policy = self.model.policy(id);
        let standing = match self.failed_test(policy, app) {
            Some(reason) => Standing::Not(reason),
            None => self
                .precedence(policy)
                .into_iter()
                .find(|other| self.settle(*other, app, known) == Standing::Applies)
                .map_or(Standing::Applies, Standing::YieldsTo),
        };
        known.insert(id, standing);
        standing
    }

    /// The first test of a policy's head that fails.
    fn failed_test(&self, policy: &Policy, app: AppId) -> Option<Reason> {
        let (model, context) = (self.model, self.context());
        let protected = policy.protect.iter().find(|(protected, _)| *protected == app);
        let here = |(_, on): &(AppId, Platforms)| on.contains(context.platform);
        let tests = [
            (is_meant(&policy.people, context), Reason::UserNotAssigned),
            (protected.is_some(), Reason::AppNotProtected),
            (
                policy.platforms.contains(context.platform)
                    && protected.is_some_and(here)
                    && model.exists(app, context.platform),
                Reason::Platform,
            ),
            (policy.devices.contains(context.state), Reason::DeviceState),
            (!self.is_unsupported(app), Reason::Unsupported),
        ];
        tests.into_iter().find(|(passed, _)| !passed).map(|(_, reason)| reason)
    }

    /// On-premises data on devices with Configuration Manager is beyond the product.
    fn is_unsupported(&self, app: AppId) -> bool {
        self.model.app(app).on_premises && self.context().state == DeviceState::Configmgr
    }

    /// The policies in force that a policy yields to.
    fn precedence(&self, policy: &Policy) -> Vec<PolicyId> {
        let live = |id: &PolicyId| self.is_live(*id);
        match &policy.yields {
            Yields::No => Vec::new(),
            Yields::To(ids) => ids.iter().copied().filter(live).collect(),
            Yields::Any => {
                let stays = |id: &PolicyId| self.model.policy(*id).yields != Yields::Any;
                self.model.policy_ids().filter(live).filter(stays).collect()
            }
        }
    }

    fn some_policy_applies(&self, app: AppId) -> bool {
        self.model
            .policy_ids()
            .any(|id| self.is_live(id) && self.applies(id, app) == Standing::Applies)
    }

    /// The account under which an app is judged.
    fn judged_account(&self, app: AppId, account: Account) -> Account {
        let one = self.model.app(app);
        if !one.sdk || !self.model.exists(app, self.context().platform) {
            return Account::Personal;
        }
        if !one.multi_identity && self.some_policy_applies(app) {
            return Account::Work;
        }
        account
    }

    fn is_managed(&self, app: AppId, account: Account) -> bool {
        self.judged_account(app, account) == Account::Work && self.some_policy_applies(app)
    }

    // ------------------------------------------------------------ sets and rules

    /// Whether an endpoint is in a set. Rules see an app under its `judged` account, scopes under the account
    /// of the movement.
    fn set_holds(&self, set: &EndpointSet, endpoint: Endpoint, judged: bool) -> bool {
        let holds = |term: &Term| match endpoint {
            Endpoint::App { app, account, deployed } => {
                let account = if judged { self.judged_account(app, account) } else { account };
                (deployed || !term.deployed)
                    && term.accounts.holds(account, self.model.app(app).sdk)
                    && self.names_app(term.what, app, account)
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

    fn names_app(&self, what: What, app: AppId, account: Account) -> bool {
        let platform = self.context().platform;
        let exists = self.model.exists(app, platform);
        let origin = self.model.app(app).origin;
        match what {
            What::Word(SetWord::Any | SetWord::AnyApp) => true,
            What::Word(SetWord::Managed) => self.is_managed(app, account),
            What::Word(SetWord::Unmanaged) => !self.is_managed(app, account),
            What::Word(SetWord::Unlisted) => {
                !exists || matches!(origin, Origin::Unlisted | Origin::Id)
            }
            What::App(named, on) => named == app && exists && on.contains(platform),
            What::Unnamed(on, _) => origin == Origin::Unlisted && on == platform,
            What::Group(group) => {
                let mut apps = self.model.group(group).apps.iter();
                exists && apps.any(|(named, on)| *named == app && on.contains(platform))
            }
            What::Word(_) | What::Storage(_) | What::Place(_) => false,
        }
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
        let account = self.judged_account(app, account);
        match (self.applies(id, app), account) {
            (Standing::Applies, Account::Work) => Standing::Applies,
            (Standing::Applies, Account::Personal | Account::Other) => Standing::AppWide,
            (Standing::Not(Reason::UserNotAssigned | Reason::AppNotProtected), _)
            | (_, Account::Work) => self.applies(id, app),
            (_, Account::Personal) => Standing::Not(Reason::PersonalAccount),
            (_, Account::Other) => Standing::Not(Reason::OtherOrganisation),
        }
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
            && (from == to || self.judged_account(app, from) == self.judged_account(app, to))
    }

    /// The reason if no policy applies. It is about the source, and on `open` about the target.
    fn reason(&self) -> Reason {
        let endpoint = match self.movement.channel {
            Channel::Open => self.movement.target,
            _ => self.movement.source,
        };
        let Endpoint::App { app, account, .. } = endpoint else { return Reason::AppNotProtected };
        if !self.model.exists(app, self.context().platform) {
            return Reason::Platform;
        }
        let account = if self.model.app(app).sdk { account } else { Account::Personal };
        match account {
            Account::Personal => return Reason::PersonalAccount,
            Account::Other => return Reason::OtherOrganisation,
            Account::Work => {}
        }
        // Each policy fails one test. The last of these is the first test that leaves no policy.
        let tests = [
            Reason::UserNotAssigned,
            Reason::AppNotProtected,
            Reason::Platform,
            Reason::DeviceState,
            Reason::Unsupported,
        ];
        let failed = |reason: Reason| tests.iter().position(|test| *test == reason).unwrap_or(0);
        let live = self.model.policy_ids().filter(|id| self.is_live(*id));
        let furthest = live
            .map(|id| match self.applies(id, app) {
                Standing::Not(reason) => failed(reason),
                _ => tests.len() - 1,
            })
            .max();
        tests.get(furthest.unwrap_or(0)).copied().unwrap_or(Reason::UserNotAssigned)
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
