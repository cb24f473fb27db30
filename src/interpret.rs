//! The meaning of a policy set: what becomes of one movement.
//!
//! Takes in a checked model and a movement, gives out the decision with everything that led to it.
//! This is the definition. It is written to be read, not to be fast, and shares no helper with the
//! compiled table that must agree with it on every movement.

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

/// What becomes of a movement.
#[must_use]
pub fn decide(model: &Model, movement: &Movement) -> Decision {
    judge(model, movement).decision
}

/// A decision together with who made it and what every policy contributed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// What becomes of the movement.
    pub decision: Decision,
    /// Who made it.
    pub determining: Determining,
    /// What each policy had to say, policy by policy, the source's side first. Empty for a movement
    /// inside one app under one account.
    pub policies: Vec<PolicyJudgement>,
}

/// What one policy had to say on one side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyJudgement {
    /// The policy.
    pub policy: PolicyId,
    /// The side.
    pub side: Side,
    /// Whether it applies there.
    pub standing: Standing,
    /// Its rules for this side that match the movement, in order.
    pub matching: Vec<RuleId>,
    /// Its verdict, if it has one.
    pub verdict: Option<Verdict>,
    /// What gave that verdict.
    pub determining: Vec<DeterminingRule>,
}

/// Whether a policy applies to one end of a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It does, and judges the work account.
    Applies,
    /// It protects the app; of this account only its `app-wide` rules speak.
    AppWide,
    /// It does not.
    Not(Reason),
    /// It does not: this policy applies, to which it yields.
    YieldsTo(PolicyId),
    /// This end is no app.
    NoApp,
    /// Policies of this side have no say on the channel.
    NoSay,
}

/// Judges a movement by the live policies; those that only report are judged each by itself.
#[must_use]
pub fn judge(model: &Model, movement: &Movement) -> Judgement {
    let live = Evaluation { model, movement, what_if: None };
    if live.stays_inside_one_app() {
        let decision = Decision::not_enforced(Reason::SameApp);
        return Judgement { decision, determining: Determining::default(), policies: Vec::new() };
    }
    let policies = live.judgements(|id| live.is_live(id));
    let mut report_only = Vec::new();
    let mut reports = Vec::new();
    for id in model.policy_ids().filter(|id| model.policy(*id).report_only) {
        let own = Evaluation { what_if: Some(id), ..live }.judgements(|other| other == id);
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

/// Judges a movement by the live policies and one that only reports, as if it were live.
#[must_use]
pub fn judge_with(model: &Model, movement: &Movement, what_if: PolicyId) -> Judgement {
    let evaluation = Evaluation { model, movement, what_if: Some(what_if) };
    if evaluation.stays_inside_one_app() {
        let decision = Decision::not_enforced(Reason::SameApp);
        return Judgement { decision, determining: Determining::default(), policies: Vec::new() };
    }
    let policies = evaluation.judgements(|id| evaluation.is_live(id));
    let (decision, by) = match join(&policies) {
        Some((verdict, by)) => (Decision::enforced(verdict), by),
        None => (Decision::not_enforced(evaluation.reason()), Vec::new()),
    };
    Judgement { decision, determining: Determining { by, report_only: Vec::new() }, policies }
}

/// Whether a movement is in a scope. Accounts are taken as they are; what is managed depends on the
/// live policies, and on `what_if` where that is asked for.
#[must_use]
pub fn scope_holds(
    model: &Model,
    scope: &Scope,
    movement: &Movement,
    what_if: Option<PolicyId>,
) -> bool {
    let evaluation = Evaluation { model, movement, what_if };
    let context = &movement.context;
    scope.channels.contains(movement.channel)
        && scope.platforms.contains(context.platform)
        && scope.devices.contains(context.state)
        && scope.people.as_ref().is_none_or(|people| is_meant(people, context))
        && scope.from.as_ref().is_none_or(|set| evaluation.set_holds(set, movement.source, false))
        && scope.to.as_ref().is_none_or(|set| evaluation.set_holds(set, movement.target, false))
}

/// All verdicts together: the strictest, with everything that gave it. `None` where nobody has one.
fn join(policies: &[PolicyJudgement]) -> Option<(Verdict, Vec<DeterminingRule>)> {
    let verdict = policies.iter().filter_map(|policy| policy.verdict).reduce(Verdict::join)?;
    let determining = policies.iter().flat_map(|policy| &policy.determining);
    Some((verdict, determining.filter(|cause| cause.effect == verdict.effect).copied().collect()))
}

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

/// A movement among the policies that are in force: the live ones, and perhaps one (`what_if`) that only
/// reports and is judged as if it were added to them.
#[derive(Clone, Copy)]
struct Evaluation<'a> {
    model: &'a Model,
    movement: &'a Movement,
    what_if: Option<PolicyId>,
}

impl Evaluation<'_> {
    fn context(&self) -> &Context {
        &self.movement.context
    }

    fn is_live(&self, id: PolicyId) -> bool {
        !self.model.policy(id).report_only || self.what_if == Some(id)
    }

    // ------------------------------------------------------------ who applies to what

    /// Whether a policy applies to an app, whatever the account.
    fn applies(&self, id: PolicyId, app: AppId) -> Standing {
        self.settle(id, app, &mut BTreeMap::new())
    }

    /// The same, keeping what is known of other policies: several may yield to the same one.
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

    /// The policies that a policy yields to. One that only reports does not count.
    fn precedence(&self, policy: &Policy) -> Vec<PolicyId> {
        let live = |id: &PolicyId| !self.model.policy(*id).report_only;
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

    /// Whether a set holds an end of the movement: `judged` takes the account under which the app is
    /// judged, as rules do, instead of the one that it has.
    fn set_holds(&self, set: &EndpointSet, end: Endpoint, judged: bool) -> bool {
        let holds = |term: &Term| match end {
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
            What::UnlistedOn(on) => origin == Origin::Unlisted && on == platform,
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
            | What::UnlistedOn(_)
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
        let speaks = |rule: &Rule| match standing {
            Standing::Applies => true,
            Standing::AppWide => rule.app_wide,
            _ => false,
        };
        let rules = self.model.policy(id).rules.iter().copied();
        let matching: Vec<RuleId> = rules
            .filter(|rule| {
                let rule = self.model.rule(*rule);
                rule.effect.side() == side && speaks(rule) && self.rule_matches(rule)
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
        let end = match side {
            Side::Source => self.movement.source,
            Side::Target => self.movement.target,
        };
        let Endpoint::App { app, account, .. } = end else { return Standing::NoApp };
        if !self.movement.channel.judged_at(side) {
            return Standing::NoSay;
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

    /// The three steps: a blocking rule; else an allowing rule, with the weakest limits; else the
    /// default.
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

    // ------------------------------------------------------------ nobody has a say

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

    /// Why no policy has a say. It speaks of the source; for `open`, of the target.
    fn reason(&self) -> Reason {
        let end = match self.movement.channel {
            Channel::Open => self.movement.target,
            _ => self.movement.source,
        };
        let Endpoint::App { app, account, .. } = end else { return Reason::AppNotProtected };
        if !self.model.exists(app, self.context().platform) {
            return Reason::Platform;
        }
        let account = if self.model.app(app).sdk { account } else { Account::Personal };
        match account {
            Account::Personal => return Reason::PersonalAccount,
            Account::Other => return Reason::OtherOrganisation,
            Account::Work => {}
        }
        // Each policy fails at one test; the furthest that one got is the first that leaves none.
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

/// The weakest of two limits, each kind by itself.
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
