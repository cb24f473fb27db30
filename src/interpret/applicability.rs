//! Applicability: which policies apply to an app, for a user on a device.
//!
//! Takes in a model and a context, gives out for each policy whether it applies and, if not, why. What a
//! policy then says of movements and accesses is not known here.

use std::collections::{BTreeMap, BTreeSet};

use super::Standing;
use crate::model::{
    AppId, FilterTest, Member, Model, Origin, People, Policy, PolicyId, SetWord, What, Yields,
};
use crate::movement::Context;
use crate::vocabulary::{Account, DeviceState, Platforms, Reason};

/// Whether a `for` clause holds for the user on the device.
pub(super) fn is_meant(people: &People, context: &Context) -> bool {
    let passes = |test: &FilterTest| context.filters.contains(&test.filter) == test.holds;
    let is_in = |member: &Member| {
        member.group.is_none_or(|group| context.users.contains(&group))
            && member.matching.iter().all(passes)
    };
    let in_one_of = |members: &[Member]| members.iter().any(is_in);
    match people {
        People::Some { of, except } => {
            of.as_ref().is_none_or(|of| in_one_of(of)) && !in_one_of(except)
        }
        People::All { of, except } => of.iter().all(is_in) && !in_one_of(except),
        People::Exactly { of, matching } => *of == context.users && matching.iter().all(passes),
    }
}

/// Whether a `for` clause holds for the user under some answer of the filters. Each alternative of the clause fixes
/// the filters that it tests; those behind `except`, which are few, are tried both ways.
fn could_be_meant(people: &People, context: &Context) -> bool {
    let (alternatives, except): (Vec<&[Member]>, &[Member]) = match people {
        People::Some { of: None, except } => (vec![&[]], except),
        People::Some { of: Some(of), except } => (of.chunks(1).collect(), except),
        People::All { of, except } => (vec![of], except),
        People::Exactly { of, .. } => return *of == context.users,
    };
    let left_out = || except.iter().flat_map(|member| &member.matching).map(|test| test.filter);
    alternatives.into_iter().any(|members| {
        let tests = || members.iter().flat_map(|member| &member.matching);
        let filters = tests().filter(|test| test.holds).map(|test| test.filter).collect();
        let mut contexts = vec![Context { filters, ..context.clone() }];
        let free = left_out().filter(|filter| tests().all(|test| test.filter != *filter));
        for filter in free.collect::<BTreeSet<_>>() {
            let mut others = contexts.clone();
            others.iter_mut().for_each(|other| other.filters.push(filter));
            contexts.extend(others);
        }
        contexts.iter().any(|context| is_meant(people, context))
    })
}

/// The policies in force in a context: the live ones, and with `what_if` that report-only one.
#[derive(Clone, Copy)]
pub(super) struct Applicability<'a> {
    pub(super) model: &'a Model,
    pub(super) context: &'a Context,
    pub(super) what_if: Option<PolicyId>,
}

impl Applicability<'_> {
    pub(super) fn is_live(&self, id: PolicyId) -> bool {
        !self.model.policy(id).report_only || self.what_if == Some(id)
    }

    /// The applicability of a policy to an app, under any account.
    pub(super) fn applies(&self, id: PolicyId, app: AppId) -> Standing {
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
        let (model, context) = (self.model, self.context);
        let protected = policy.protect.iter().find(|(protected, _)| *protected == app);
        let here = |(_, on): &(AppId, Platforms)| on.contains(context.platform);
        let tests = [
            (could_be_meant(&policy.people, context), Reason::UserNotAssigned),
            (protected.is_some(), Reason::AppNotProtected),
            (
                policy.platforms.contains(context.platform)
                    && protected.is_some_and(here)
                    && model.exists(app, context.platform),
                Reason::Platform,
            ),
            (policy.devices.contains(context.state), Reason::DeviceState),
            (is_meant(&policy.people, context), Reason::Filter),
            (!self.is_unsupported(app), Reason::Unsupported),
        ];
        tests.into_iter().find(|(passed, _)| !passed).map(|(_, reason)| reason)
    }

    /// On-premises data on devices with Configuration Manager is beyond the product.
    fn is_unsupported(&self, app: AppId) -> bool {
        self.model.app(app).on_premises && self.context.state == DeviceState::Configmgr
    }

    /// The policies in force that a policy yields to. One that may not protect its apps puts no other aside.
    fn precedence(&self, policy: &Policy) -> Vec<PolicyId> {
        let live =
            |id: &PolicyId| self.is_live(*id) && self.model.policy(*id).unconfirmed.is_none();
        match &policy.yields {
            Yields::No => Vec::new(),
            Yields::To(ids) => ids.iter().copied().filter(live).collect(),
            Yields::Any { except } => {
                let stays =
                    |id: &PolicyId| !self.model.policy(*id).yields.is_any() && !except.contains(id);
                self.model.policy_ids().filter(live).filter(stays).collect()
            }
        }
    }

    /// Whether a policy applies of which it is known that it protects the app.
    fn is_confirmed(&self, app: AppId) -> bool {
        self.applying(app).any(|id| self.model.policy(id).unconfirmed.is_none())
    }

    fn applying(&self, app: AppId) -> impl Iterator<Item = PolicyId> {
        let live = self.model.policy_ids().filter(|id| self.is_live(*id));
        live.filter(move |id| self.applies(*id, app) == Standing::Applies)
    }

    /// The account under which sets see an app.
    pub(super) fn judged_account(&self, app: AppId, account: Account) -> Account {
        let one = self.model.app(app);
        if !one.sdk || !self.model.exists(app, self.context.platform) {
            return Account::Personal;
        }
        if !one.multi_identity && self.is_confirmed(app) {
            return Account::Work;
        }
        account
    }

    pub(super) fn is_managed(&self, app: AppId, account: Account) -> bool {
        self.judged_account(app, account) == Account::Work && self.is_confirmed(app)
    }

    /// Whether a term of a set names an app, seen under an account.
    pub(super) fn names_app(&self, what: What, app: AppId, account: Account) -> bool {
        let platform = self.context.platform;
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

    /// The applicability of a policy to an app under an account, as rules see it.
    pub(super) fn standing(&self, id: PolicyId, app: AppId, account: Account) -> Standing {
        let account = match self.judged_account(app, account) {
            // Unconfirmed policies judge every account of an app that does not separate them.
            Account::Personal | Account::Other if self.has_one_account(app) => Account::Work,
            account => account,
        };
        match (self.applies(id, app), account) {
            (Standing::Applies, Account::Work) => Standing::Applies,
            (Standing::Applies, Account::Personal | Account::Other) => Standing::AppWide,
            (Standing::Not(Reason::UserNotAssigned | Reason::AppNotProtected), _)
            | (_, Account::Work) => self.applies(id, app),
            (_, Account::Personal) => Standing::Not(Reason::PersonalAccount),
            (_, Account::Other) => Standing::Not(Reason::OtherOrganisation),
        }
    }

    /// Whether some policy applies to an app that has one account at a time.
    fn has_one_account(&self, app: AppId) -> bool {
        let one = self.model.app(app);
        let exists = one.sdk && self.model.exists(app, self.context.platform);
        exists && !one.multi_identity && self.applying(app).next().is_some()
    }

    /// The reason if no policy applies to an app under an account.
    pub(super) fn reason(&self, app: AppId, account: Account) -> Reason {
        if !self.model.exists(app, self.context.platform) {
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
            Reason::Filter,
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
