//! The observed behaviour of one policy, app by app.
//!
//! Takes in a model and a policy, asks tables in which no other policy decides, gives out [`Observed`].
//! Settings are not known here.

use std::collections::BTreeSet;

use crate::analysis::every_endpoint;
use crate::intune::{AppRef, Counterpart, Observed};
use crate::limits::{LimitExceeded, Limits};
use crate::model::{AppId, Model, Origin, People, PolicyId, RuleId, UsersId, Yields};
use crate::movement::Endpoint;
use crate::syntax::ast::IdKind;
use crate::table::Table;
use crate::vocabulary::{Account, Channel, DeviceState, DeviceStates, Effect, Platform, Side};

/// The observer of one policy.
pub(super) struct Observer<'a> {
    model: &'a Model,
    policy: PolicyId,
    platform: Platform,
    /// The table in which only the policy decides, on data that leaves.
    leaving: Table,
    /// The table in which only the policy decides, on data that arrives.
    arriving: Table,
    /// Apps with which Android always exchanges data, whatever a policy says.
    exempt: BTreeSet<AppId>,
}

/// The properties of an app on which the decisions of one policy can depend.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct AppTraits {
    /// Whether it is named, by term of the policy's rules.
    named: Vec<bool>,
    sdk: bool,
    multi_identity: bool,
    on_premises: bool,
    container: bool,
    origin: Origin,
    /// The app itself, where the policy tells deployed apps from others.
    app: Option<AppId>,
}

impl<'a> Observer<'a> {
    /// Compiles the tables, for some users. Policies that apply to none of them are left out.
    pub(super) fn new<'u>(
        model: &'a Model,
        policy: PolicyId,
        platform: Platform,
        users: impl Iterator<Item = &'u [UsersId]> + Clone,
        limits: &Limits,
    ) -> Result<Self, LimitExceeded> {
        let table = |side| {
            let mut alone = alone(model, policy, Some(side));
            // Settings say what holds for the apps that the policy has, whoever knows which they are.
            alone.policy_mut(policy).unconfirmed = None;
            for id in model.policy_ids().filter(|id| *id != policy) {
                let people = &model.policy(id).people;
                let mut users = users.clone();
                let may_apply = matches!(people, People::Exactly { .. })
                    || users.any(|one| people.contains(one, one));
                if !may_apply {
                    retire(&mut alone, id);
                }
            }
            Table::new(&alone, limits)
        };
        Ok(Self {
            model,
            policy,
            platform,
            leaving: table(Side::Source)?,
            arriving: table(Side::Target)?,
            exempt: always_exempt(model, platform),
        })
    }

    /// The behaviour on an app under its work account, for a user on devices in some states.
    pub(super) fn see(&self, app: AppId, users: &[UsersId], states: DeviceStates) -> Observed {
        let mut observed = Observed::new(self.platform);
        for state in states.iter().filter(|state| self.applies(app, *state)) {
            for channel in Channel::ALL.iter().filter(|one| one.exists_on(self.platform)) {
                for side in Side::ALL.iter().filter(|side| channel.judged_at(**side)) {
                    self.look(app, (users, state), *channel, *side, &mut observed);
                }
            }
        }
        observed
    }

    /// What the policy can tell an app by. Apps with equal traits behave alike.
    pub(super) fn traits(&self, app: AppId) -> AppTraits {
        let rules = self.model.policy(self.policy).rules.iter();
        let scopes = rules.map(|rule| &self.model.rule(*rule).scope);
        let sets = scopes.flat_map(|scope| scope.from.iter().chain(&scope.to));
        let terms = || sets.clone().flat_map(|set| set.terms.iter().chain(&set.except));
        let named = terms().map(|term| term.names(self.model, app, self.platform)).collect();
        let declared = self.model.app(app);
        AppTraits {
            named,
            sdk: declared.sdk,
            multi_identity: declared.multi_identity,
            on_premises: declared.on_premises,
            container: declared.container,
            origin: declared.origin,
            // Only movements inside an app have a deployed app on the policy's side.
            app: terms().any(|term| term.deployed).then_some(app),
        }
    }

    fn applies(&self, app: AppId, state: DeviceState) -> bool {
        let is_unsupported = self.model.app(app).on_premises && state == DeviceState::Configmgr;
        self.model.policy(self.policy).devices.contains(state) && !is_unsupported
    }

    /// Adds the verdicts on movements on one channel; `side` is the side of the app.
    fn look(
        &self,
        app: AppId,
        (users, state): (&[UsersId], DeviceState),
        channel: Channel,
        side: Side,
        observed: &mut Observed,
    ) {
        let table = if side == Side::Source { &self.leaving } else { &self.arriving };
        let user = table.user_on_device(users.iter().copied(), self.platform, state);
        let Some(user) = user else { return };
        let own = |deployed| Endpoint::App { app, account: Account::Work, deployed };
        let across = match side {
            Side::Source => Side::Target,
            Side::Target => Side::Source,
        };
        for other in every_endpoint(self.model, channel, across, self.platform, state) {
            let deployed = matches!(other, Endpoint::App { app: one, deployed, .. }
                if one == app && deployed);
            // Nothing moves inside the app. The verdict on it distinguishes `to any` from `to unmanaged`
            // if it is the only managed app.
            let is_managed = user.is_managed(other);
            if self.is_exempt(channel, other) {
                continue;
            }
            let (source, target) = match side {
                Side::Source => (own(deployed), other),
                Side::Target => (other, own(deployed)),
            };
            let verdict = user.decide(channel, source, target).verdict;
            observed.note(side, channel, self.named(other, is_managed), verdict);
        }
    }

    fn is_exempt(&self, channel: Channel, other: Endpoint) -> bool {
        channel == Channel::Share
            && matches!(other, Endpoint::App { app, .. } if self.exempt.contains(&app))
    }

    fn named(&self, end: Endpoint, managed: bool) -> Counterpart {
        match end {
            Endpoint::App { app, account, deployed } => {
                Counterpart::App { app: app_ref(self.model, app), account, deployed, managed }
            }
            Endpoint::Storage(id) => Counterpart::Storage(self.model.storage(id).name.clone()),
            Endpoint::Place(place) => Counterpart::Place(place),
        }
    }
}

/// The reference to an app in settings; `None` for the app that stands for all unlisted ones.
pub(super) fn app_ref(model: &Model, app: AppId) -> Option<AppRef> {
    let app = model.app(app);
    match app.origin {
        Origin::Declared | Origin::BuiltIn => Some(AppRef::Named(app.name.clone())),
        Origin::Unlisted => None,
        Origin::Id => {
            let (kind, id) = app.name.split_once(':')?;
            let kinds = [IdKind::Ios, IdKind::Android, IdKind::Windows, IdKind::Url];
            let kind = kinds.into_iter().find(|one| one.word() == kind)?;
            Some(AppRef::Id(kind, id.to_owned()))
        }
    }
}

/// The apps with which Android exchanges data under every policy: a group of the catalogue.
pub(super) fn always_exempt(model: &Model, platform: Platform) -> BTreeSet<AppId> {
    let group = model.groups().iter().find(|group| group.name == "android-exempt");
    let apps = group.filter(|_| platform == Platform::Android).map(|group| &group.apps);
    apps.into_iter().flatten().map(|(app, _)| *app).collect()
}

/// Makes a policy apply to nobody.
pub(super) fn retire(model: &mut Model, id: PolicyId) {
    model.policy_mut(id).people = People::NOBODY;
}

/// The model in which one policy decides, on one side or on both, and every other policy protects its apps without
/// statements.
pub(super) fn alone(model: &Model, policy: PolicyId, side: Option<Side>) -> Model {
    let mut alone = model.clone();
    for id in model.policy_ids() {
        let rules = model.policy(id).rules.iter().copied();
        let is_own =
            |rule: &RuleId| side.is_none_or(|side| model.rule(*rule).effect.side() == side);
        let one = alone.policy_mut(id);
        if id == policy {
            one.rules = rules.filter(is_own).collect();
            one.yields = Yields::No;
        } else {
            one.rules = Vec::new();
            one.access = Vec::new();
        }
        if id != policy || side == Some(Side::Target) {
            one.otherwise = Effect::Allow;
        }
    }
    alone
}
